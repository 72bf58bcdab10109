"""Values of a law, and the affine bands between which it lies on an interval.

Kernels take a law as three arrays: the coefficients c of a polynomial, or places kx and values ky of the knots of a
piecewise linear function (the other arrays are empty).

On [m − h, m + h] write F(m + t) = Σ f_k t^k. With the slope p = f_1 + f_3 h² + f_5 h⁴ + … of the chord, the rest is

    F(m + t) − p t = f_0 + Σ_{k even} f_k t^k + Σ_{k odd ≥ 3} f_k (t^k − h^{k−1} t),

where t^k lies in [0, h^k] for even k and |t^k − h^{k−1} t| ≤ ((k−1)/k) h^k, or (77/200) h³ for k = 3, because
max |s^k − s| = ((k−1)/k) k^{−1/(k−1)} on [−1, 1]. So F(x) lies in p x + [r₋, r₊], exactly for polynomials of degree 2,
and the width is ½|F''| h² up to third order. A piecewise linear law lies between the extremes of F − p x, p the slope
of its chord, at the ends and at the knots inside: exactly.
"""

from __future__ import annotations

import math

from ..compiled import KernelArray as Array
from ..compiled import entry, kernel

CUBIC = 77.0 / 200.0
"""Upper limit on 2/(3√3) = 0.3849."""


@kernel
def at_knots(kx: Array, ky: Array, x: float) -> float:
    """The value of a piecewise linear law."""
    k = 0
    while k < kx.shape[0] - 2 and x > kx[k + 1]:
        k += 1
    return ky[k] + (ky[k + 1] - ky[k]) / (kx[k + 1] - kx[k]) * (x - kx[k])


@kernel
def smooth_value(c: Array, kx: Array, ky: Array, x: float, eps: float, out: Array) -> None:
    """F, F' and F'' at x into out (3,); the corners of a piecewise linear law are rounded off over a length eps."""
    f = 0.0
    g = 0.0
    h = 0.0
    if kx.shape[0] > 0:
        g = (ky[1] - ky[0]) / (kx[1] - kx[0])
        f = ky[0] + g * (x - kx[0])
        before = g
        for k in range(1, kx.shape[0] - 1):
            slope = (ky[k + 1] - ky[k]) / (kx[k + 1] - kx[k])
            bend = 0.5 * (slope - before)
            before = slope
            z = x - kx[k]
            r = math.sqrt(z * z + eps * eps)
            f += bend * (z + r)
            g += bend * (1.0 + (z / r if r > 0.0 else 0.0))
            h += bend * (eps * eps / (r * r * r) if r > 0.0 else 0.0)
    else:
        for k in range(c.shape[0] - 1, -1, -1):
            h = h * x + 2.0 * g
            g = g * x + f
            f = f * x + c[k]
    out[0] = f
    out[1] = g
    out[2] = h


@entry
def band(c: Array, kx: Array, ky: Array, low: float, high: float, work: Array, out: Array) -> None:
    """Write p, r₋, r₊ into out (3,): F(x) lies in p x + [r₋, r₊] for x in [low, high]; work (≥ degree + 1,)."""
    if kx.shape[0] > 0:
        first = at_knots(kx, ky, low)
        last = at_knots(kx, ky, high)
        p = (last - first) / (high - low) if high > low else 0.0
        least = min(first - p * low, last - p * high)
        most = max(first - p * low, last - p * high)
        for k in range(1, kx.shape[0] - 1):
            if low < kx[k] < high:
                r = ky[k] - p * kx[k]
                least = min(least, r)
                most = max(most, r)
        out[0] = p
        out[1] = least
        out[2] = most
        return
    m = 0.5 * (low + high)
    h = 0.5 * (high - low)
    n = c.shape[0]
    for k in range(n):
        work[k] = c[k]
    for i in range(n - 1):
        for k in range(n - 2, i - 1, -1):
            work[k] += m * work[k + 1]
    p = 0.0
    least = work[0]
    most = work[0]
    power = 1.0  # h^(k − 1)
    for k in range(1, n):
        if k & 1:
            p += work[k] * power
            if k > 1:
                r = abs(work[k]) * power * h * (CUBIC if k == 3 else (k - 1.0) / k)
                least -= r
                most += r
        else:
            r = work[k] * power * h
            least += min(r, 0.0)
            most += max(r, 0.0)
        power *= h
    out[0] = p
    out[1] = least - p * m
    out[2] = most - p * m
