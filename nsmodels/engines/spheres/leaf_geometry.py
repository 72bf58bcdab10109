"""What the program of a square leaf (`square_leaf`) needs to know of a pair of patches, and what it tells of them.

Half-spaces that hold the patches, moments to begin with, limits on affine multipliers, and where to bisect.
"""

from __future__ import annotations

import math

import numpy as np

from ..compiled import KernelArray as Array
from ..compiled import kernel
from .leaf_step import LIMITS
from .patches import frame, minimum

__all__ = ["HALVES", "affine_minimum", "half_spaces", "limits", "moments", "uncertainty"]

HALVES = 11
"""Affine functions that are not negative on the patches; the last one is 1."""

THINNEST = 0.05
"""The least side of a patch that moments bisect, in units of the longest."""


@kernel
def half_spaces(T: Array, gamma: Array, face: Array, h: Array) -> None:
    """Write the affine functions h (11, 7) of a pair of patches with the corners T (2, 4, 3)."""
    order = (0, 1, 3, 2)
    for i in range(HALVES):
        for e in range(7):
            h[i, e] = 0.0
    h[HALVES - 1, 0] = 1.0
    for side in range(2):
        m0 = T[side, 0, 0] + T[side, 1, 0] + T[side, 2, 0] + T[side, 3, 0]
        m1 = T[side, 0, 1] + T[side, 1, 1] + T[side, 2, 1] + T[side, 3, 1]
        m2 = T[side, 0, 2] + T[side, 1, 2] + T[side, 2, 2] + T[side, 3, 2]
        for i in range(5):
            x, y, z = m0, m1, m2
            if i < 4:
                a = order[i]
                b = order[(i + 1) % 4]
                x = T[side, a, 1] * T[side, b, 2] - T[side, a, 2] * T[side, b, 1]
                y = T[side, a, 2] * T[side, b, 0] - T[side, a, 0] * T[side, b, 2]
                z = T[side, a, 0] * T[side, b, 1] - T[side, a, 1] * T[side, b, 0]
                if x * m0 + y * m1 + z * m2 < 0.0:
                    x, y, z = -x, -y, -z
            length = math.sqrt(x * x + y * y + z * z)
            x, y, z = x / length, y / length, z / length
            row = h[5 * side + i]
            row[1 + 3 * side] = x
            row[2 + 3 * side] = y
            row[3 + 3 * side] = z
            row[0] = -minimum(x, y, z, face[side], T, side, gamma[side])


@kernel
def moments(T: Array, Y: Array) -> None:
    """Moments Y (7, 7) of (1, u, v) for points all over the patches: a positive definite start."""
    for i in range(7):
        for j in range(7):
            Y[i, j] = 0.0
    z = np.empty(7)
    z[0] = 1.0
    u = np.empty((9, 3))
    v = np.empty((9, 3))
    for side in range(2):
        points = u if side == 0 else v
        for p in range(9):
            s = 0.15 + 0.35 * (p % 3)
            t = 0.15 + 0.35 * (p // 3)
            norm = 0.0
            for e in range(3):
                x = (1.0 - s) * (1.0 - t) * T[side, 0, e] + s * (1.0 - t) * T[side, 1, e]
                x += (1.0 - s) * t * T[side, 2, e] + s * t * T[side, 3, e]
                points[p, e] = x
                norm += x * x
            for e in range(3):
                points[p, e] /= math.sqrt(norm)
    for p in range(9):
        for q in range(9):
            for e in range(3):
                z[1 + e] = u[p, e]
                z[4 + e] = v[q, e]
            for i in range(7):
                for j in range(7):
                    Y[i, j] += z[i] * z[j] / 81.0


@kernel
def affine_minimum(c: Array, T: Array, gamma: Array, face: Array) -> float:
    """Lower bound of c·(1, u, v) over the patches."""
    least = minimum(c[1], c[2], c[3], face[0], T, 0, gamma[0])
    return c[0] + least + minimum(c[4], c[5], c[6], face[1], T, 1, gamma[1])


@kernel
def limits(T: Array, gamma: Array, L: Array, basis: Array, rows: Array, least: Array) -> tuple[float, float]:
    """Write the basis (7, 7) of affine functions and the limits (32, 9), (32,) of `LeafProgram`; return θ.

    The functions are 1 and the coordinates of either flat patch: along its sides, and how far out, all of them of order
    one at the corners and at their images at 1/γ.
    """
    E = np.empty((3, 3))
    point = np.empty(3)
    lowest = np.full(2, 1e300)
    for i in range(7):
        for j in range(7):
            basis[i, j] = 0.0
    for c in range(LIMITS):
        for e in range(9):
            rows[c, e] = 0.0
    basis[0, 0] = 1.0
    frames = np.empty((2, 3, 3))
    for side in range(2):
        frame(T, frames, side)
        E = frames[side]
        normal = np.empty(3)
        normal[0] = E[1, 1] * E[2, 2] - E[1, 2] * E[2, 1]
        normal[1] = E[1, 2] * E[2, 0] - E[1, 0] * E[2, 2]
        normal[2] = E[1, 0] * E[2, 1] - E[1, 1] * E[2, 0]
        out = 0.0
        for a in range(8):
            f = 1.0 if a < 4 else 1.0 / gamma[side]
            z = 0.0
            for e in range(3):
                z += normal[e] * (f * T[side, a % 4, e] - E[0, e])
            out = max(out, abs(z))
        for q in range(3):
            row = basis[1 + 3 * side + q]
            size = 0.0
            for e in range(3):
                x = E[q + 1, e] if q < 2 else normal[e]
                row[1 + 3 * side + e] = x
                size += x * x
            if q == 2:
                size = out
            for e in range(3):
                row[1 + 3 * side + e] /= size
                row[0] -= row[1 + 3 * side + e] * E[0, e]
        for a in range(8):
            f = 1.0 if a < 4 else 1.0 / gamma[side]
            c = 8 * side + a
            z = 0.5 * L[0]
            for e in range(3):
                point[e] = f * T[side, a % 4, e]
                z += L[1 + 3 * side + e] * point[e]
            least[c] = z
            lowest[side] = min(lowest[side], z)
            rows[c, 2] = 1.0 - side
            for q in range(3):
                row = basis[1 + 3 * side + q]
                z = 0.0
                for e in range(3):
                    z += row[1 + 3 * side + e] * (point[e] - E[0, e])
                rows[c, 3 + 3 * side + q] = z
            for e in range(2, 9):
                rows[16 + c, e] = -rows[c, e]
            least[16 + c] = least[c]
            rows[c, 0] = 1.0 - 2.0 * side
            rows[16 + c, 1] = 1.0 - 2.0 * side
    return 0.5 * (lowest[0] - lowest[1])


@kernel
def uncertainty(basis: Array, Y: Array, spread: Array) -> None:
    """Share out the sum of spread (4,) by the variances of moments Y (7, 7) along the coordinates of the patches."""
    variances = np.empty(4)
    sides = np.empty(4)
    total = 0.0
    below = 0.0
    for q in range(4):
        row = basis[1 + 3 * (q >> 1) + (q & 1)]
        length = 0.0
        first = 0.0
        second = 0.0
        for i in range(7):
            if i > 0:
                length += row[i] ** 2
            first += row[i] * Y[i, 0]
            for j in range(7):
                second += row[i] * Y[i, j] * row[j]
        sides[q] = 1.0 / length
        variances[q] = max(second - first * first, 0.0) / length
        total += spread[q]
    longest = max(sides[0], sides[1], sides[2], sides[3])
    for q in range(4):
        if sides[q] < THINNEST**2 * longest:
            variances[q] = 0.0
        below += variances[q]
    for q in range(4):
        spread[q] = variances[q] * total / below if below > 0.0 else spread[q]
