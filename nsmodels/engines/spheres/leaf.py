"""The leaf rule for a sum of absolute values over two unit spheres (`search` has the branch and bound).

    G(u, v) = Σ_k w_k |y_k| − g·u − h·v,   y_k = a_i·u − s_k b_j·v,   |u| = |v| = 1

A node is a pair of patches (`patches`). Any multipliers τ_k in [−1, 1] prove

    G(u, v) ≥ c·u + d·v,   c = Σ τ_k w_k a_i − g,   d = −Σ τ_k w_k s_k b_j − h,

whose minimum over the two patches is a closed form: the *linear* proof of a leaf. Good multipliers come from a few
Newton steps on the smoothed G over the flat pair of patches; children inherit (c, d) and are often closed without any
work on the terms. A term whose sign is constant on a patch gets τ = ±1 there for all descendants, and is summed once.

Near a minimiser (u*, v*) the linear proof loses the curvature of the sphere. With δ = (u − u*, v − v*), c·u* = λ and
d·v* = μ,

    c·u = λ − λ|δu|²/2 + e·δu  with e = c − λu*   (because 1 − u·u* = |δu|²/2),
    w|y| ≥ w τ y + κ y²  for every κ ≤ w(1 − |τ|)/max|y|,      0 ≥ P[(u*·δu)² − (r²/4)|δu|²]  for P ≥ 0, r = max|δu|,

so that G ≥ λ + μ + ℓ·δ + δᵀQδ for a linear ℓ that vanishes at stationary points and a 6×6 form Q: where Q is positive
semidefinite the whole neighbourhood is closed at once, whatever the wanted width: the *quadratic* proof of a leaf.

Terms are stored row by row (ia non-decreasing). Multipliers are integers n/D: what is evaluated here is what the
checker sees.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from ..compiled import KernelArray as Array
from ..compiled import kernel
from . import search
from .descent import value_at
from .linear_proof import multipliers
from .patches import minimum
from .quadratic_proof import distance2, nearest, quadratic_proof
from .search import CLOSED, DESCEND, LEAF, SPLIT, Place, half_patch, into_request
from .tree import DESCENTS, LINEAR, MINIMA, POOL, QPOOL, QUADRATIC, QUADS, RESUME, SQUARES, Terms, Tree


class Work(NamedTuple):
    """Work space."""

    A: Array  # (nA, 3) directions in the coordinates of the flat patches
    B: Array
    F: Array  # (14, K) the undecided terms, see `linear_proof`
    place: Array  # (K,) where they stand in the pool
    before: Array  # (6,) (c, d) as it was inherited
    bounds: Array  # (2,) what (c, d) prove on either patch


@search.workspace.of(Terms)
def workspace(terms: Terms) -> Work:
    """Work space for functions of so many terms."""
    K = max(terms.ia.shape[0], 1)
    return Work(
        np.empty((terms.a.shape[0], 3)), np.empty((terms.b.shape[0], 3)), np.empty((14, K)), np.empty(K, np.int64),
        np.empty(6), np.empty(2),
    )  # fmt: skip


@kernel
def moves(vectors: Array, linear: Array) -> bool:
    """Whether G depends on this side at all."""
    for e in range(3):
        if linear[e] != 0.0:
            return True
        for i in range(vectors.shape[0]):
            if vectors[i, e] != 0.0:
                return True
    return False


@search.live.of(Terms)
def live(terms: Terms) -> tuple[bool, bool]:
    """Whether G depends on u, and on v."""
    return moves(terms.a, terms.g), moves(terms.b, terms.h)


@search.is_full.of(Terms)
def is_full(terms: Terms, tree: Tree) -> bool:
    """Whether the multipliers of one more node, or a quadratic proof, might find no room."""
    K = terms.ia.shape[0]
    return bool(
        tree.count[POOL] + K + 1 > tree.term.shape[0]
        or tree.count[QPOOL] + K + 1 > tree.qpool.shape[0]
        or tree.count[QUADS] + 1 > tree.quads.shape[0]
    )


@kernel
def side_bound(tree: Tree, node: int, side: int, T: Array, gamma: Array) -> float:
    """What (c, d) prove on one side of a node."""
    cd = tree.nodes[node].cd
    k = 3 * side
    return minimum(cd[k], cd[k + 1], cd[k + 2], tree.nodes[node].face[side], T, side, gamma[side])


@search.bound_of_child.of(Terms)
def bound_of_child(terms: Terms, tree: Tree, work: Work, node: int, place: Place) -> float:
    """What the inherited (c, d) prove."""
    return side_bound(tree, node, 0, place.T2, place.gamma2) + side_bound(tree, node, 1, place.T2, place.gamma2)


@search.promise.of(Terms)
def promise(
    terms: Terms, tree: Tree, work: Work, node: int, q: int, target: float, place: Place, halves: Array
) -> float:
    """What bisection along q gains.

    The gain of the two halves with the present multipliers, the total variation of the undecided terms along the
    coordinate, and what the curvature of the sphere costs along it.
    """
    side = q >> 1
    bounds = work.bounds
    gain = 0.0
    for upper in range(2):
        half_patch(tree, node, q, upper, place)
        halves[q, upper] = side_bound(tree, node, side, place.T2, place.gamma2) + bounds[1 - side]
        gain += min(halves[q, upper], target) - bounds[0] - bounds[1]
    p = 1 + (q & 1)
    E = place.E
    extent = E[side, p, 0] ** 2 + E[side, p, 1] ** 2 + E[side, p, 2] ** 2
    cd = tree.nodes[node].cd
    x = cd[3 * side]
    y = cd[3 * side + 1]
    z = cd[3 * side + 2]
    spread = (0.25 if tree.count[SQUARES] == 0 else 2.5) * place.spread[q]  # square proofs need other halves
    return 0.5 * gain + spread + 0.5 * math.sqrt(x * x + y * y + z * z) * extent


@kernel
def ask_for_descent(terms: Terms, tree: Tree, node: int, place: Place) -> bool:
    """Is there a minimiser here that nobody knows? Then put the point x of the flat patches into tree.request.

    The sign of one is a value near the incumbent's, up to what the curvature of the patches and the undecided terms can
    do.
    """
    sag = 0.0
    for side in range(2):
        into_request(tree, node, side, place)
        force = 0.0
        for e in range(3):
            force += tree.nodes[node].cd[3 * side + e] ** 2
        sag += math.sqrt(force) * place.size[side]
    value = value_at(terms, tree.request[:3], tree.request[3:6])
    first_order = place.spread[0] + place.spread[1] + place.spread[2] + place.spread[3]
    if value >= tree.best[6] + sag + 0.3 * first_order or tree.count[MINIMA] + 2 >= tree.minima.shape[0]:
        return False
    tree.request[6] = math.sqrt(place.size[0] + place.size[1])
    tree.nodes[node].descended = tree.nodes[node].depth
    tree.nodes[node].scanned = -100
    tree.count[DESCENTS] += 1
    tree.count[RESUME] = node
    return True


@search.look.of(Terms)
def look(
    terms: Terms, tree: Tree, work: Work, node: int, D: int, width: float, target: float, cut: int, resumed: bool,
    place: Place,
) -> int:
    """The linear proof, the quadratic proof around a known minimiser, then a square proof or a descent."""
    T = place.T
    gamma = place.gamma
    fu = tree.nodes[node].face[0]
    fv = tree.nodes[node].face[1]
    if cut < 0 and not resumed:
        for e in range(6):
            work.before[e] = tree.nodes[node].cd[e]
        source = tree.nodes[node].source
        # the flat patch misses the sphere by the square of its size: be that careful before a sign is fixed
        sag = 0.5 * (place.size[0] + place.size[1])
        found = multipliers(
            terms, tree, node, D, target, T, gamma, place.E, sag, place.x, place.spread, work.A, work.B, work.F,
            work.place,
        )  # fmt: skip
        if found > tree.nodes[node].bound:
            tree.nodes[node].bound = found
        else:
            for e in range(6):
                tree.nodes[node].cd[e] = work.before[e]
            tree.nodes[node].source = source
        if tree.nodes[node].bound >= target:
            tree.nodes[node].axis = LINEAR
            return CLOSED
    # the quadratic proof, around a known minimiser in or near the patch
    if tree.nodes[node].depth >= tree.nodes[node].scanned + 3 or cut >= 0:
        tree.nodes[node].star = nearest(tree, place.E) if cut < 0 else 0
        tree.nodes[node].scanned = tree.nodes[node].depth
    star = tree.nodes[node].star
    close = (
        star >= 0
        and (fu < 0 or distance2(tree, star, 0, fu, T, gamma) < 6.0 * place.size[0])
        and (fv < 0 or distance2(tree, star, 1, fv, T, gamma) < 6.0 * place.size[1])
    )
    if close and quadratic_proof(terms, tree, node, D, target, star, T, gamma):
        tree.nodes[node].axis = QUADRATIC
        tree.nodes[node].bound = target
        return CLOSED
    if cut >= 0:
        return SPLIT
    if tree.count[SQUARES] == 1 and not resumed:
        tree.count[RESUME] = node
        tree.count[SQUARES] = 2
        return LEAF
    descended = resumed and tree.count[SQUARES] < 2  # a descent from here has just been made
    tree.count[SQUARES] = min(tree.count[SQUARES], 1)
    patient = close or descended or tree.nodes[node].depth < tree.nodes[node].descended + 10
    if not patient and ask_for_descent(terms, tree, node, place):
        return DESCEND
    for side in range(2):
        work.bounds[side] = side_bound(tree, node, side, T, gamma)
    return SPLIT
