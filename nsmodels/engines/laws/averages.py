"""Averages of |F(u·a) + F(v·b)| over all rotations of the pair (u, v), for an odd law F that does not fall.

With γ the angle between u and v and θ that between a and b, φ(γ, θ) = E|F(u·a) + F(v·b)|. Since F does not fall the
sign of F(x) + F(y) is that of x + y, so that φ = 2 E[F(x) sgn(x + y)] is linear in F. By the addition theorem

    φ(γ, θ) = Σ_l k_l P_l(cos γ) P_l(cos θ),   k_l = (−1)^{l−1} ∫ F P_l (P_{l−1} − P_{l+1}) dx,   k_0 = ∫ x F dx,

with |k_l| ≤ D/(l(l + 1)), D = max|(F (1 − x²))'|, by parts; and |P_l(cos θ)| ≤ √(2/(π (l + ½) sin θ)) (Bernstein), so
that what lies beyond the term L is at most D √(2/(π sin θ)) (2/3) L^{−3/2}.

At γ = π the average is exact. Let x_1 lie along a − b and x_2 along a + b: φ(π, θ) = E[sgn(x_1) (F(c x_2 + s x_1) −
F(c x_2 − s x_1))] with s = sin(θ/2), c = cos(θ/2), and for odd p and even q

    E |x_1|^p x_2^q = ½ ((p − 1)/2)! (q − 1)!! 2^{−q/2} / ((p + q + 1)/2)!.

For F = x: φ(π, θ) = s. Other laws, and two different ones, have their averages by `caps`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from ..compiled import entry
from .caps import CapAverage

__all__ = ["CapAverage", "coefficients", "opposite_average", "series", "slope_of_average", "tail"]

Array = NDArray[np.float64]

TERMS = 20_000
"""L: how many Legendre polynomials are summed up."""


def opposite_average(law: Sequence[Fraction]) -> list[Fraction]:
    """The exact coefficients in s = sin(θ/2) of φ(π, θ), for an odd polynomial that does not fall."""
    total = [Fraction(0)] * max(len(law), 1)
    for k in range(1, len(law), 2):
        for p in range(1, k + 1, 2):
            q = k - p
            moment = Fraction(math.factorial((p - 1) // 2) * math.prod(range(1, q, 2)), 2 ** (q // 2))
            moment /= 2 * math.factorial((k + 1) // 2)
            # c^q = (1 − s²)^{q/2}
            for r in range(q // 2 + 1):
                total[p + 2 * r] += 2 * law[k] * math.comb(k, p) * moment * math.comb(q // 2, r) * (-1) ** r
    return total


def coefficients(law: Sequence[float]) -> Array:
    """k_0 … k_L of an odd polynomial: ∫ x^k P_l P_m dx by powers of the tridiagonal matrix of multiplication by x."""
    degree, size = len(law), TERMS + len(law) + 2
    l = np.arange(size, dtype=np.float64)  # noqa: E741  # as in P_l
    # x p_l = j_{l+1} p_{l+1} + j_l p_{l−1} for the orthonormal p_l = √(l + ½) P_l
    up = (l + 1.0) / np.sqrt((2.0 * l + 1.0) * (2.0 * l + 3.0))
    # rows of the power x^k: row[d][l] = ⟨p_l, x^k p_{l+d}⟩
    row: dict[int, Array] = {0: np.ones(size)}
    above, below = np.zeros(size), np.zeros(size)
    for k in range(1, degree):
        following: dict[int, Array] = {}
        for d, values in row.items():
            # multiply the right-hand side by x: p_{l+d} goes to p_{l+d+1} and p_{l+d−1}
            index = np.arange(size) + d
            inside = (index >= 0) & (index < size)
            steps = np.where(inside, up[np.clip(index, 0, size - 1)], 0.0)
            following[d + 1] = following.get(d + 1, 0.0) + values * steps
            lower = (index >= 1) & (index <= size)
            steps = np.where(lower, up[np.clip(index - 1, 0, size - 1)], 0.0)
            following[d - 1] = following.get(d - 1, 0.0) + values * steps
        row = following
        if law[k]:
            above += law[k] * row.get(1, 0.0)
            below += law[k] * row.get(-1, 0.0)
    # ∫ F P_l P_m = ⟨p_l, F p_m⟩ / √((l + ½)(m + ½))
    half = l + 0.5
    first = np.zeros(size)
    first[1:] = below[1:] / np.sqrt(half[1:] * half[:-1])
    second = above / np.sqrt(half * (half + 1.0))
    k_l = (first - second) * np.where(l % 2.0 == 1.0, 1.0, -1.0)
    k_l[0] = second[0]  # ∫ F P_0 P_1
    return np.ascontiguousarray(k_l[: TERMS + 1])


@entry
def series(weights: Array, x: Array, out: Array) -> None:
    """Write Σ_l weights_l P_l(x) into out, for every x in [−1, 1]."""
    for n in range(x.shape[0]):
        before = 1.0
        now = x[n]
        total = weights[0] + weights[1] * now
        for k in range(2, weights.shape[0]):
            following = ((2.0 * k - 1.0) * x[n] * now - (k - 1.0) * before) / k
            before = now
            now = following
            total += weights[k] * now
        out[n] = total


def tail(law: Sequence[float], sine: float) -> float:
    """What the terms beyond L, and rounding, may add to φ where sin θ is this, and γ is any angle."""
    # (F (1 − x²))' by moduli of its coefficients
    moduli = [0.0] * (len(law) + 2)
    for k, c in enumerate(law):
        moduli[k] += k * abs(c)
        moduli[k + 2] += (k + 2) * abs(c)
    largest = sum(moduli)
    return largest * math.sqrt(2.0 / (math.pi * sine)) * (2.0 / 3.0) * TERMS**-1.5 + 1e-9


def slope_of_average(law: Sequence[float]) -> float:
    """An upper end of |∂φ/∂γ|: E|F'(y)| √(1 − y²) (2/π), which is ½ ∫ F' √(1 − y²) dy (2/π) where F does not fall."""
    total = 0.0
    for k in range(1, len(law), 2):
        m = (k - 1) // 2
        total += k * law[k] * math.prod(range(1, 2 * m, 2)) / math.prod(range(2, 2 * m + 3, 2))
    return total * (1.0 + 1e-12)

