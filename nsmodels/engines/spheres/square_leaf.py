"""The square proof of a leaf: where the search crawls, one semidefinite program for a pair of patches.

On a pair of patches some terms have a sign; with the linear part they make ℓ(z), z = (1, u, v). For s ≥ 0 with
L = ℓ + s ≥ 0 there, and y_k the other terms,

    (ℓ + s + Σ|y_k|)² ≥ L² + 2 Σ_k (σ_k·z) y_k + Σ_kl T_kl y_k y_l

for affine σ_k with |σ_k·z| ≤ L on the patches, |T_kl| ≤ 1, T_kk = 1. If that exceeds (t + s)² by a positive
semidefinite form, plus λ(|u|² − 1) + μ(|v|² − 1), plus Σ P_ij h_i h_j with P ≥ 0 and affine functions h ≥ 0 on the
patches, then G ≥ t there. h: the four edges and the cap of either patch, and 1.

The program (`leaf_program`) is over all of these but s. Where ℓ may be negative s is a little more than what makes L
positive, so that σ has some room.
"""

from __future__ import annotations

import math
import threading
from functools import cache
from typing import Any

import numpy as np

from ..compiled import KernelArray as Array
from ..compiled import entry, kernel, loaded
from .leaf_program import compile_steps, form, program
from .leaf_step import FREE, LIMITS, LeafProgram, Point
from .patches import frame, minimum
from .small_matrices import cholesky
from .tree import TAU_BITS, Terms, Tree, empty, geometry

MOST_TERMS = 30
"""Terms without a sign; for more the program takes longer than the patches that it saves."""
HALVES = 11
"""Affine functions that are not negative on the patches; the last one is 1."""
CURVED, SHIFT = 0, 2
"""Places in ``numbers``: λ, μ; s."""


FINE = 70
"""Numbers of a leaf but the T are integers over 2^70."""

ROOM = 1e-3
"""What L is at least on the patches, in units of the largest term or of the linear part."""

LARGEST = 2.6e5
"""Upper limit on the coefficients of σ in the unit of a leaf; a reader allows them below 2^18."""

LARGEST_PRODUCT = 1000.0
"""Upper limit on the P, λ, μ and s; a reader allows them up to 2^10."""


class SquareLeaves:
    """The square leaves of one search; threads add to them."""

    def __init__(self, terms: Terms, weight: float) -> None:
        self.terms = terms
        self.exponent = round(math.log2(weight))
        self.written: list[dict[str, Any]] = []
        self.lock = threading.Lock()

    def prove(self, tree: Tree, node: int, D: int, target: float) -> int:
        """The place of a new leaf that proves ``target`` on a node, −1 if there is none."""
        signs = np.zeros(len(self.terms.ia), np.int64)
        sigma, tau = np.zeros((MOST_TERMS, 7)), np.zeros(MOST_TERMS * (MOST_TERMS - 1) // 2)
        P, numbers = np.zeros(HALVES * (HALVES - 1) // 2), np.zeros(3)
        unit = square_leaf(self.terms, tree, node, D, target, signs, sigma, tau, P, numbers)
        if unit == 0.0:
            return -1
        listed = int(tree.nodes["listed"][node])
        start, length = int(tree.nodes["start"][listed]), int(tree.nodes["length"][listed])
        kept = int((np.abs(tree.tau[start : start + length].astype(np.int64)) <= D).sum())
        m = int((signs[:kept] == 0).sum())
        one = float(1 << FINE)
        leaf = {
            "exponent": self.exponent + math.frexp(unit)[1] - 1,
            "signs": "".join("a+-"[sign] for sign in signs[:kept].tolist()),
            "s": math.ceil(numbers[SHIFT] * one),
            "sigma": [[round(x * one) for x in row] for row in sigma[:m].tolist()],
            "tau": [round(x * 2.0**TAU_BITS) for x in tau[: m * (m - 1) // 2].tolist()],
            "p": [round(x * one) for x in P.tolist()],
            "lambda": round(numbers[CURVED] * one),
            "mu": round(numbers[CURVED + 1] * one),
        }
        with self.lock:
            self.written.append(leaf)
            return len(self.written) - 1


@cache
def _compiled() -> None:
    tree = empty(1)
    tree.nodes["face"][0] = 0
    tree.nodes["box"][0] = np.tile([-1.0, 1.0], 4)
    axis = np.eye(3)[:1].copy()
    one, first = np.ones(1), np.zeros(1, np.int64)
    terms = Terms(axis, axis, first, first, one, one, np.zeros(3), np.zeros(3))
    SquareLeaves(terms, 1.0).prove(tree, 0, 1, 2.0)


def compile_leaves() -> float:
    """Compile the program, or load it from disk; return the seconds that took, this time."""
    return loaded(_compiled, _compiled, compile_steps)


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


@entry
def square_leaf(
    terms: Terms, tree: Tree, node: int, D: int, target: float, signs: Array, sigma: Array, tau: Array, P: Array,
    numbers: Array,
) -> float:  # fmt: skip
    """Try to prove ``target`` on a node; return the unit of what is written, 0 if that does not succeed.

    signs (K,): of the unfixed terms in the order of the pool, 0 for the active ones; sigma (30, 7); tau (435,) for
    l < k, row by row; P (55,) for i > j, row by row; numbers (3,): λ, μ, s. σ and s are in the unit, λ, μ and P in its
    square.
    """
    T = np.empty((2, 4, 3))
    gamma = np.empty(2)
    geometry(tree, node, T, gamma)
    face = tree.nodes[node].face
    start = tree.nodes[tree.nodes[node].listed].start
    number = tree.nodes[tree.nodes[node].listed].length
    L = np.zeros(7)
    for e in range(6):
        L[1 + e] = tree.nodes[node].base[e]
    rows = np.zeros((MOST_TERMS, 7))
    m = 0
    kept = 0
    size = 0.0
    for p in range(number):
        if abs(tree.tau[start + p]) > D:
            continue
        k = tree.term[start + p]
        w = terms.w[k]
        x0, x1, x2 = w * terms.a[terms.ia[k], 0], w * terms.a[terms.ia[k], 1], w * terms.a[terms.ia[k], 2]
        sw = -terms.s[k] * w
        b0, b1, b2 = sw * terms.b[terms.jb[k], 0], sw * terms.b[terms.jb[k], 1], sw * terms.b[terms.jb[k], 2]
        low = minimum(x0, x1, x2, face[0], T, 0, gamma[0]) + minimum(b0, b1, b2, face[1], T, 1, gamma[1])
        high = -minimum(-x0, -x1, -x2, face[0], T, 0, gamma[0]) - minimum(-b0, -b1, -b2, face[1], T, 1, gamma[1])
        # a sign is used as a multiplier, and needs no proof
        sign = 1 if low >= 0.0 else -1 if high <= 0.0 else 0
        signs[kept] = sign
        kept += 1
        if sign == 0:
            if m == MOST_TERMS:
                return 0.0
            rows[m, 1], rows[m, 2], rows[m, 3] = x0, x1, x2
            rows[m, 4], rows[m, 5], rows[m, 6] = b0, b1, b2
            length = 0.0
            for e in range(1, 7):
                length += rows[m, e] ** 2
            size = max(size, length)
            m += 1
        else:
            L[1] += sign * x0
            L[2] += sign * x1
            L[3] += sign * x2
            L[4] += sign * b0
            L[5] += sign * b1
            L[6] += sign * b2
    length = 0.0
    for e in range(1, 7):
        length += L[e] ** 2
    shift = max(0.0, ROOM * math.sqrt(max(size, length)) - affine_minimum(L, T, gamma, face))
    L[0] = shift
    length = 0.0
    for e in range(7):
        length += L[e] ** 2
    unit = 2.0 ** math.ceil(0.5 * math.log2(max(size, length, 1e-300)))
    right = (target + shift) / unit
    if not right > 0.0:
        return 0.0
    for e in range(7):
        L[e] /= unit
        for k in range(m):
            rows[k, e] /= unit
    Y = np.empty((7, 7))
    moments(T, Y)
    point = np.empty(7)
    C = np.zeros((7, 7))
    for i in range(7):
        for j in range(7):
            C[i, j] = L[i] * L[j]
            for k in range(m):
                C[i, j] += rows[k, i] * rows[k, j]
        C[i, i] -= 2e-12
    C[0, 0] -= right * right
    pairs = m * (m - 1) // 2
    n = pairs + HALVES * (HALVES - 1) // 2
    vectors = np.empty((m + HALVES, 7))
    for k in range(m):
        for e in range(7):
            vectors[k, e] = rows[k, e]
    half_spaces(T, gamma, face, vectors[m:])
    sizes = np.ones(HALVES)
    for i in range(HALVES - 1):  # of order one on the patches
        for e in range(7):
            point[e] = -vectors[m + i, e]
        sizes[i] = max(-affine_minimum(point, T, gamma, face), 1e-150)
        for e in range(7):
            vectors[m + i, e] /= sizes[i]
    data = LeafProgram(C, m, pairs, vectors, np.empty((7, 7)), np.empty((LIMITS, FREE)), np.empty(LIMITS))
    theta = limits(T, gamma, L, data.basis, data.limits, data.least)
    now = Point(
        Y, np.empty((7, 7)), np.empty(n), np.zeros((m, FREE)), sigma[:m], np.empty(3), np.empty(n), np.empty(n),
        np.empty((m, LIMITS)), np.empty((m, LIMITS)),
    )  # fmt: skip
    for k in range(m):
        now.s[k, 0] = theta
        now.s[k, 1] = theta
    x = now.x
    y = now.y
    if not program(data, now, 1e-12):
        return 0.0
    # written down: with what is left out, and with room for the rounding of a reader
    total = 0.0
    q = pairs
    for i in range(HALVES):
        for j in range(i):
            if not x[q] < -1e-13:
                x[q] = 0.0
            P[q - pairs] = -x[q] / (sizes[i] * sizes[j])
            total += P[q - pairs]
            q += 1
    if not max(total, abs(y[1]), abs(y[2]), L[0]) < LARGEST_PRODUCT:
        return 0.0
    for k in range(m):
        for e in range(7):
            sigma[k, e] *= 1.0 - 1e-13
            # small on a small patch, and yet with large coefficients: a reader charges their rounding, up to 2^-45
            if not abs(sigma[k, e]) < LARGEST:
                return 0.0
        for turned in (-1.0, 1.0):
            for e in range(7):
                point[e] = L[e] + turned * sigma[k, e]
            if affine_minimum(point, T, gamma, face) < 0.0:
                return 0.0
    S = np.empty((7, 7))
    W = np.zeros((7, 7))
    for i in range(7):
        C[i, i] += 2e-12 - 1e-13 - 4e-15 * total
    y[0] = -y[1] - y[2]
    form(data, x, sigma[:m], y, S)
    if not cholesky(S, W, 7):
        return 0.0
    for q in range(pairs):
        tau[q] = x[q]
    numbers[CURVED] = y[1]
    numbers[CURVED + 1] = y[2]
    numbers[SHIFT] = L[0]
    return unit
