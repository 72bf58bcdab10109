"""Local minimisers of sums of weighted medians over one sphere, from many starts.

    G(v) = Σ_i min_{A_i} Σ_j w_ij |A_i − x_ij·v|

is convex and linear on cones, so that on the sphere all its local minima with G > 0 are corners: two ties x_ij·v = A_i,
besides the one of each row that is its median, hold at once, and v is orthogonal to the differences of what is tied.
The way there are iteratively reweighted squares: with √(y² + ε²) in place of |y|, majorised by a square, the best v is
the eigenvector of the least eigenvalue of a 3×3 matrix, and no step goes up.
"""

from __future__ import annotations

import math
from functools import cache

import numpy as np

from ...common.arrays import Array
from ..compiled import KernelArray, entry, kernel, loaded
from .medians import MedianProblem

__all__ = ["compile_kernels", "corners_near"]

FINEST = 1e-7
"""Last smoothing ε; the corner itself is computed from the ties."""
SHRINK = 0.2
PARALLEL = 1e-6
SWEEPS = 8
"""Sweeps of rotations; for a matrix of three rows five give all digits."""


def corners_near(problem: MedianProblem, v: Array, reach: float) -> Array:
    """The local minimiser next to each v, shape (k, 3), with a smoothing that begins with ``reach``."""
    corners = np.array(v, dtype=np.float64, order="C")
    weights = np.ascontiguousarray(problem.weights, dtype=np.float64)
    _descend(np.ascontiguousarray(problem.x, dtype=np.float64), weights, corners, max(reach, FINEST))
    return corners


@cache
def _compiled() -> None:
    _descend(np.ones((1, 1, 3)), np.ones((1, 1)), np.eye(3)[:1].copy(), 1.0)


def compile_kernels() -> float:
    """Compile the descents, or load them from disk; return the seconds that took, this time."""
    return loaded(_compiled)


@kernel
def _medians(x: KernelArray, w: KernelArray, v: KernelArray, y: KernelArray, at: KernelArray) -> float:
    """G at v, where the terms without A are y and the medians of the rows are the terms ``at``."""
    total = 0.0
    for i in range(w.shape[0]):
        for j in range(w.shape[1]):
            y[i, j] = x[i, j, 0] * v[0] + x[i, j, 1] * v[1] + x[i, j, 2] * v[2]
        best = math.inf
        at[i] = 0
        for j in range(w.shape[1]):
            if w[i, j] > 0.0:
                value = 0.0
                for k in range(w.shape[1]):
                    value += w[i, k] * abs(y[i, j] - y[i, k])
                if value < best:
                    best = value
                    at[i] = j
        if best < math.inf:
            total += best
    return total


@kernel
def _least(M: KernelArray, Q: KernelArray) -> int:
    """Which column of Q is the eigenvector of the least eigenvalue of M (3, 3), by Jacobi's rotations; M is used up."""
    Q[:, :] = 0.0
    for p in range(3):
        Q[p, p] = 1.0
    for _ in range(SWEEPS):
        for p in range(2):
            for q in range(p + 1, 3):
                if M[p, q] != 0.0:
                    theta = 0.5 * (M[q, q] - M[p, p]) / M[p, q]
                    t = 1.0 / (abs(theta) + math.sqrt(theta * theta + 1.0))
                    t = -t if theta < 0.0 else t
                    c = 1.0 / math.sqrt(t * t + 1.0)
                    s = t * c
                    for k in range(3):
                        left, right = M[k, p], M[k, q]
                        M[k, p] = c * left - s * right
                        M[k, q] = s * left + c * right
                    for k in range(3):
                        left, right = M[p, k], M[q, k]
                        M[p, k] = c * left - s * right
                        M[q, k] = s * left + c * right
                    for k in range(3):
                        left, right = Q[k, p], Q[k, q]
                        Q[k, p] = c * left - s * right
                        Q[k, q] = s * left + c * right
    best = 0
    for p in range(1, 3):
        if M[p, p] < M[best, best]:
            best = p
    return best


@kernel
def _corner(x: KernelArray, w: KernelArray, v: KernelArray, at: KernelArray, corner: KernelArray) -> bool:
    """The point next to v at which the two ties that nearly hold at v do hold; False where there are none."""
    first = np.zeros(3)
    unit = np.empty(3)
    for turn in range(2):
        nearest = math.inf
        found = np.zeros(3)
        for i in range(w.shape[0]):
            for j in range(w.shape[1]):
                length = 0.0
                for c in range(3):
                    unit[c] = x[i, j, c] - x[i, at[i], c]
                    length += unit[c] * unit[c]
                length = math.sqrt(length)
                if w[i, j] <= 0.0 or length <= PARALLEL:
                    continue
                gap = abs(unit[0] * v[0] + unit[1] * v[1] + unit[2] * v[2]) / length
                if gap >= nearest:
                    continue
                across = 1.0
                if turn == 1:
                    corner[0] = (first[1] * unit[2] - first[2] * unit[1]) / length
                    corner[1] = (first[2] * unit[0] - first[0] * unit[2]) / length
                    corner[2] = (first[0] * unit[1] - first[1] * unit[0]) / length
                    across = math.sqrt(corner[0] ** 2 + corner[1] ** 2 + corner[2] ** 2)
                if across > PARALLEL:
                    nearest = gap
                    for c in range(3):
                        found[c] = unit[c] / length if turn == 0 else corner[c] / across
        if nearest == math.inf:
            return False
        if turn == 0:
            first[:] = found
        else:
            along = found[0] * v[0] + found[1] * v[1] + found[2] * v[2]
            for c in range(3):
                corner[c] = -found[c] if along < 0.0 else found[c]
    return True


@entry
def _descend(x: KernelArray, w: KernelArray, V: KernelArray, reach: float) -> None:
    """Move every row of V (k, 3) in place to a local minimiser of G."""
    n, m = w.shape
    y, A, at = np.empty((n, m)), np.empty(n), np.zeros(n, np.int64)
    M, Q, centre, corner = np.empty((3, 3)), np.empty((3, 3)), np.empty((n, 3)), np.empty(3)
    for row in range(V.shape[0]):
        v = V[row]
        _medians(x, w, v, y, at)
        for i in range(n):
            A[i] = y[i, at[i]]
        smoothing = reach
        while True:
            M[:, :] = 0.0
            for i in range(n):
                total = 0.0
                centre[i] = 0.0
                for j in range(m):
                    gap = A[i] - (x[i, j, 0] * v[0] + x[i, j, 1] * v[1] + x[i, j, 2] * v[2])
                    omega = w[i, j] / math.sqrt(gap * gap + smoothing * smoothing)
                    total += omega
                    for c in range(3):
                        centre[i, c] += omega * x[i, j, c]
                        for d in range(3):
                            M[c, d] += omega * x[i, j, c] * x[i, j, d]
                if total > 0.0:
                    for c in range(3):
                        for d in range(3):
                            M[c, d] -= centre[i, c] * centre[i, d] / total
                    for c in range(3):
                        centre[i, c] /= total
            best = _least(M, Q)
            along = Q[0, best] * v[0] + Q[1, best] * v[1] + Q[2, best] * v[2]
            length = math.sqrt(Q[0, best] ** 2 + Q[1, best] ** 2 + Q[2, best] ** 2)
            for c in range(3):
                v[c] = -Q[c, best] / length if along < 0.0 else Q[c, best] / length
            for i in range(n):
                A[i] = centre[i, 0] * v[0] + centre[i, 1] * v[1] + centre[i, 2] * v[2]
            if smoothing <= FINEST:
                break
            smoothing = max(SHRINK * smoothing, FINEST)
        value = _medians(x, w, v, y, at)
        if _corner(x, w, v, at, corner) and _medians(x, w, corner, y, at) <= value:
            v[:] = corner
