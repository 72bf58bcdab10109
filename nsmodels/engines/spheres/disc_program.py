"""Interior points for one patch times a disc (`flat_sides`): four coordinates, any number of terms.

    minimise  Σ_k |y_k| + slope·z   over z in [−1, 1]² × (the unit disc),   y = y0 + J z

|y| = α + β with y = α − β and α, β ≥ 0; T, sides and ring are the multipliers of |T| ≤ 1, of the box and of the disc.
Each step is a Newton step towards a tenth of the complementarity, a 4×4 system.
"""

from __future__ import annotations

import math

import numpy as np

from ..compiled import KernelArray as Array
from ..compiled import entry, kernel

STEPS = 40
OPEN, CLOSED = 0, 1
ALPHA, BETA, T, BENT, OFFSET, Y = range(6)
"""Rows of the work space: α, β, T, and what a step needs."""


@kernel
def solve4(H: Array, right: Array) -> None:
    """Replace `right` by the solution of H x = right; H (4, 4) positive definite is destroyed."""
    for i in range(4):
        pivot = max(H[i, i], 1e-300)
        for r in range(i + 1, 4):
            f = H[r, i] / pivot
            for c in range(i, 4):
                H[r, c] -= f * H[i, c]
            right[r] -= f * right[i]
    for i in range(3, -1, -1):
        for c in range(i + 1, 4):
            right[i] -= H[i, c] * right[c]
        right[i] /= max(H[i, i], 1e-300)


@entry
def disc_patch(
    x: Array, q: Array, other: Array, g: Array, hq: Array, h: Array, corners: Array, gamma: float, target: float,
    unit: float, tau: Array, z: Array,
) -> float:  # fmt: skip
    """Look for multipliers that prove `target` on a patch times the disc.

    x (K, 3) and g (3,) belong to the sphere of the patch with the given corners (4, 3), q (K, 2) and hq (2,) to the
    disc, other (K, 3) and h (3,) are q and hq in space. Writes multipliers, multiples of `unit`, into tau (K,), and the
    point where the function is small into z (4,): coordinates of the flat patch, of the disc. Returns the bound that
    the multipliers prove. Stops when that reaches the target, or when no multipliers can.
    """
    count = x.shape[0]
    E = np.zeros((3, 3))
    for e in range(3):
        E[0, e] = 0.25 * (corners[0, e] + corners[1, e] + corners[2, e] + corners[3, e])
        E[1, e] = 0.25 * (corners[1, e] + corners[3, e] - corners[0, e] - corners[2, e])
        E[2, e] = 0.25 * (corners[2, e] + corners[3, e] - corners[0, e] - corners[1, e])
    J = np.empty((count, 4))
    y0 = np.empty(count)
    F = np.empty((6, count))
    slope = np.zeros(4)
    constant = 0.0
    scale = 1e-300
    for e in range(3):
        constant -= E[0, e] * g[e]
        slope[0] -= E[1, e] * g[e]
        slope[1] -= E[2, e] * g[e]
        scale = max(scale, abs(g[e]))
    for p in range(2):
        slope[2 + p] = -hq[p]
        scale = max(scale, abs(hq[p]))
    for k in range(count):
        for p in range(3):
            s = x[k, 0] * E[p, 0] + x[k, 1] * E[p, 1] + x[k, 2] * E[p, 2]
            if p == 0:
                y0[k] = s
            else:
                J[k, p - 1] = s
        J[k, 2] = q[k, 0]
        J[k, 3] = q[k, 1]
        scale = max(scale, abs(x[k, 0]) + abs(x[k, 1]) + abs(x[k, 2]), abs(q[k, 0]) + abs(q[k, 1]))
    for p in range(4):
        slope[p] /= scale
        z[p] = 0.0
    for k in range(count):
        y0[k] /= scale
        for p in range(4):
            J[k, p] /= scale
        F[ALPHA, k] = max(y0[k], 0.0) + 0.5
        F[BETA, k] = max(-y0[k], 0.0) + 0.5
        F[T, k] = 0.0
    sides = np.full(4, 0.5)
    ring = 0.5
    order = 2 * count + 5
    H = np.empty((4, 4))
    right = np.empty(4)
    push = np.empty(4)
    c = np.empty(3)
    d = np.empty(3)
    bound = -1e300
    for _step in range(STEPS):
        disc = 0.5 * (1.0 - z[2] * z[2] - z[3] * z[3])
        gap = ring * disc
        for p in range(2):
            gap += sides[p] * (1.0 - z[p]) + sides[2 + p] * (1.0 + z[p])
        for k in range(count):
            gap += F[ALPHA, k] * (1.0 - F[T, k]) + F[BETA, k] * (1.0 + F[T, k])
        if gap < 1e-13 * order or not gap < 1e300:
            break
        aim = 0.1 * gap / order
        for p in range(4):
            right[p] = -slope[p]
            for r in range(4):
                H[p, r] = 0.0
        for k in range(count):
            minus = 1.0 - F[T, k]
            plus = 1.0 + F[T, k]
            bent = F[ALPHA, k] / minus + F[BETA, k] / plus
            y = y0[k] + J[k, 0] * z[0] + J[k, 1] * z[1] + J[k, 2] * z[2] + J[k, 3] * z[3]
            offset = y - aim / minus + aim / plus
            F[BENT, k] = bent
            F[OFFSET, k] = offset
            for p in range(4):
                right[p] -= J[k, p] * (F[T, k] + offset / bent)
                for r in range(p + 1):
                    H[p, r] += J[k, p] * J[k, r] / bent
        for p in range(2):
            low = 1.0 + z[p]
            high = 1.0 - z[p]
            push[p] = aim / high - sides[p]
            push[2 + p] = aim / low - sides[2 + p]
            right[p] += sides[2 + p] - sides[p] + push[2 + p] - push[p]
            H[p, p] += sides[p] / high + sides[2 + p] / low
            right[2 + p] -= aim / disc * z[2 + p]
            H[2 + p, 2 + p] += ring
            for r in range(p + 1):
                H[2 + p, 2 + r] += ring / disc * z[2 + p] * z[2 + r]
        trace = H[0, 0] + H[1, 1] + H[2, 2] + H[3, 3]
        for p in range(4):
            H[p, p] += 1e-15 * trace
            for r in range(p):
                H[r, p] = H[p, r]
        solve4(H, right)
        # how far everything may go
        first = 0.98  # the largest shares that steps take from a positive number
        second = 0.98
        for p in range(2):
            first = max(first, right[p] / (1.0 - z[p]), -right[p] / (1.0 + z[p]))
            push[p] += sides[p] / (1.0 - z[p]) * right[p]
            push[2 + p] -= sides[2 + p] / (1.0 + z[p]) * right[p]
            second = max(second, -push[p] / sides[p], -push[2 + p] / sides[2 + p])
        inward = z[2] * right[2] + z[3] * right[3]
        square = right[2] * right[2] + right[3] * right[3]
        if square > 0.0:
            first = max(first, square / (math.sqrt(inward * inward + 2.0 * square * disc) - inward))
        dring = aim / disc - ring + ring / disc * inward
        second = max(second, -dring / ring)
        for k in range(count):
            minus = 1.0 - F[T, k]
            plus = 1.0 + F[T, k]
            y = J[k, 0] * right[0] + J[k, 1] * right[1] + J[k, 2] * right[2] + J[k, 3] * right[3]
            change = (y + F[OFFSET, k]) / F[BENT, k]
            da = aim / minus - F[ALPHA, k] + F[ALPHA, k] / minus * change
            db = aim / plus - F[BETA, k] - F[BETA, k] / plus * change
            first = max(first, -da / F[ALPHA, k], -db / F[BETA, k])
            second = max(second, change / minus, -change / plus)
            F[BENT, k] = change
            F[OFFSET, k] = da
            F[Y, k] = db
        first = 0.98 / first
        second = 0.98 / second
        value = constant
        for p in range(4):
            z[p] += first * right[p]
            sides[p] += second * push[p]
            value += scale * slope[p] * z[p]
        ring += second * dring
        for e in range(3):
            c[e] = -g[e]
            d[e] = -h[e]
        for k in range(count):
            F[T, k] += second * F[BENT, k]
            F[ALPHA, k] += first * F[OFFSET, k]
            F[BETA, k] += first * F[Y, k]
            y = y0[k] + J[k, 0] * z[0] + J[k, 1] * z[1] + J[k, 2] * z[2] + J[k, 3] * z[3]
            value += scale * abs(y)
            n = unit * math.floor(min(max(F[T, k], -1.0), 1.0) / unit + 0.5)
            F[Y, k] = n
            for e in range(3):
                c[e] += n * x[k, e]
                d[e] += n * other[k, e]
        least = 1e300
        for i in range(4):
            least = min(least, c[0] * corners[i, 0] + c[1] * corners[i, 1] + c[2] * corners[i, 2])
        if least < 0.0:
            least = max(-math.sqrt(c[0] * c[0] + c[1] * c[1] + c[2] * c[2]), least / gamma)
        least -= math.sqrt(d[0] * d[0] + d[1] * d[1] + d[2] * d[2])
        if least > bound:
            bound = least
            for k in range(count):
                tau[k] = F[Y, k]
        if bound >= target or value < target:
            break
    return bound
