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
from typing import Any, NamedTuple

import numpy as np

from ..compiled import KernelArray as Array
from ..compiled import entry, loaded
from .leaf_geometry import HALVES, affine_minimum, half_spaces, limits, moments, uncertainty
from .leaf_program import form, program
from .leaf_step import FREE, LIMITS, LeafProgram, Point
from .patches import minimum
from .small_matrices import cholesky
from .tree import TAU_BITS, Terms, Tree, empty, geometry

MOST_TERMS = 30
"""Terms without a sign; for more the program takes longer than the patches that it saves."""
CURVED, SHIFT = 0, 2
"""Places in ``numbers``: λ, μ; s."""


FINE = 70
"""Numbers of a leaf but the T are integers over 2^70."""

ROOM = 1e-3
"""Least value of L on the patches, in units of the largest term or of the linear part."""

LARGEST = 2.6e5
"""Upper limit on the coefficients of σ in the unit of a leaf; a reader allows them below 2^18."""

UNDECIDED, TURN = 0.9, 4
"""The share of terms without a sign up to which the moments of a program that fails say where to bisect; at every
fourth level they do not, because they leave patches of a curve of minimisers long and thin for ever."""

LARGEST_PRODUCT = 1000.0
"""Upper limit on the P, λ, μ and s; a reader allows them up to 2^10."""


class SquareLeaf(NamedTuple):
    """What proves one leaf: what `square_leaf` wrote."""

    exponent: int
    signs: Array
    sigma: Array
    tau: Array
    P: Array
    numbers: Array

    def to_json(self) -> dict[str, Any]:
        """Certificate form, in integers."""
        one = float(1 << FINE)
        return {
            "exponent": self.exponent,
            "signs": "".join("a+-"[sign] for sign in self.signs.tolist()),
            "s": math.ceil(self.numbers[SHIFT] * one),
            "sigma": [[round(x * one) for x in row] for row in self.sigma.tolist()],
            "tau": [round(x * 2.0**TAU_BITS) for x in self.tau.tolist()],
            "p": [round(x * one) for x in self.P.tolist()],
            "lambda": round(self.numbers[CURVED] * one),
            "mu": round(self.numbers[CURVED + 1] * one),
        }


class SquareLeaves:
    """The square leaves of one search; threads add to them."""

    def __init__(self, terms: Terms, weight: float) -> None:
        self.terms = terms
        self.exponent = round(math.log2(weight))
        self.found: list[SquareLeaf] = []
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
        exponent = self.exponent + math.frexp(unit)[1] - 1
        leaf = SquareLeaf(exponent, signs[:kept], sigma[:m].copy(), tau[: m * (m - 1) // 2].copy(), P, numbers)
        with self.lock:
            self.found.append(leaf)
            return len(self.found) - 1


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
    return loaded(_compiled)


@entry
def square_leaf(
    terms: Terms, tree: Tree, node: int, D: int, target: float, signs: Array, sigma: Array, tau: Array, P: Array,
    numbers: Array,
) -> float:  # fmt: skip
    """Try to prove ``target`` on a node; return the unit of what is written, 0 if that does not succeed.

    Where it fails, the moments of the program say along which coordinate to bisect, in ``tree.request``.

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
    vectors[:m] = rows[:m]
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
        if m < UNDECIDED * terms.ia.shape[0] and tree.nodes[node].depth % TURN > 0:
            uncertainty(data.basis, Y, tree.request[7:11])
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
