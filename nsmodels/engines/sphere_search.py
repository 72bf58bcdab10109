"""Branch and bound for the minimum of a sum of absolute values over two unit spheres.

    G(u, v) = Σ_k w_k |y_k| − g·u − h·v,   y_k = a_i·u − s_k b_j·v,   |u| = |v| = 1

A node is a pair of patches (`sphere_patches`). Any multipliers τ_k in [−1, 1] prove

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
from typing import Any

import numpy as np

from .compiled import entry, kernel
from .sphere_descent import value_at
from .sphere_linear import multipliers
from .sphere_patches import corners, frame, half_diagonal2, halve, minimum
from .sphere_quadratic import near, quadratic_proof
from .sphere_tree import (
    DESCENTS,
    HEAP,
    LINEAR,
    MINIMA,
    NODES,
    POOL,
    POPPED,
    QPOOL,
    QUADRATIC,
    QUADS,
    RESUME,
    Terms,
    Tree,
    cut_into_faces,
    heap_pop,
    heap_push,
    inherited_bound,
    open_child,
)

Array = Any

DONE, PROGRESS, FULL, DESCEND = 0, 1, 2, 3


@kernel
def split_axis(
    tree: Tree, node: int, target: float, spread: Array, Tu: Array, gu: float, Tv: Array, gv: float, Eu: Array, Ev:
    Array, T: Array, box: Array,
) -> int:
    """The coordinate whose bisection promises most.

    The gain of the two halves with the present multipliers, the total variation of the undecided terms along the
    coordinate, and what the curvature of the sphere costs along it.
    """
    mu = minimum(tree.nodes[node].cd[:3], tree.nodes[node].face[0], Tu, gu)
    mv = minimum(tree.nodes[node].cd[3:], tree.nodes[node].face[1], Tv, gv)
    axis = -1
    score = -1e300
    for q in range(4):
        side = q >> 1
        face = tree.nodes[node].face[side]
        if face < 0:
            continue
        c = tree.nodes[node].cd[3 * side : 3 * side + 3]
        gain = 0.0
        for upper in range(2):
            for e in range(4):
                box[e] = tree.nodes[node].box[4 * side + e]
            halve(box, 0, q & 1, upper)
            gamma = corners(face, box, T)
            half = minimum(c, face, T, gamma)
            gain += min(half + (mv if side == 0 else mu), target) - (mu + mv)
        E = Eu if side == 0 else Ev
        p = 1 + (q & 1)
        extent = E[p, 0] ** 2 + E[p, 1] ** 2 + E[p, 2] ** 2
        force = math.sqrt(c[0] ** 2 + c[1] ** 2 + c[2] ** 2)
        gain = 0.5 * gain + 0.25 * spread[q] + 0.5 * force * extent
        if gain > score:
            score = gain
            axis = q
    return axis


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


@entry
def advance(
    terms: Terms, tree: Tree, D: int, width: float, goal: float, margin: float, pops: int, mirror: bool
) -> int:
    """Close or split up to `pops` open nodes.

    A node is closed when its bound, less the allowance `margin` for rounding, reaches min(incumbent − width, goal).
    `mirror`: G(−u, −v) = G(u, v), so half a sphere is enough. Returns DONE when nothing is left to do, PROGRESS when
    all pops are used, FULL when an array must grow first, DESCEND when a local search from tree.request is wanted
    before the node in count[RESUME] goes on.
    """
    K = terms.ia.shape[0]
    A = np.empty((terms.a.shape[0], 3))
    B = np.empty((terms.b.shape[0], 3))
    F = np.empty((14, max(K, 1)))
    place = np.empty(max(K, 1), np.int64)
    Tu = np.empty((4, 3))
    Tv = np.empty((4, 3))
    T = np.empty((4, 3))
    Eu = np.empty((3, 3))
    Ev = np.empty((3, 3))
    x = np.zeros(4)
    spread = tree.request[7:11]
    box = np.empty(8)
    live_u = moves(terms.a, terms.g)
    live_v = moves(terms.b, terms.h)
    for _pop in range(pops):
        target = min(tree.best[6] - width, goal) + margin
        resumed = tree.count[RESUME] > 0
        if resumed:
            node = tree.count[RESUME]
            tree.count[RESUME] = 0
        else:
            if tree.count[HEAP] == 0 or tree.heap_key[0] >= target:
                return DONE
            if (
                tree.count[NODES] + 8 > tree.nodes.shape[0]
                or tree.count[POOL] + K + 1 > tree.term.shape[0]
                or tree.count[QPOOL] + K + 1 > tree.qpool.shape[0]
                or tree.count[QUADS] + 1 > tree.quads.shape[0]
            ):
                return FULL
            node = heap_pop(tree)
            tree.count[POPPED] += 1
        fu = tree.nodes[node].face[0]
        fv = tree.nodes[node].face[1]
        gu = corners(fu, tree.nodes[node].box[:4], Tu)
        gv = corners(fv, tree.nodes[node].box[4:], Tv)
        frame(Tu, Eu)
        frame(Tv, Ev)
        cut = 0 if fu < 0 and live_u else 1 if fv < 0 and live_v else -1
        if cut < 0 and not resumed:
            for e in range(6):
                box[e] = tree.nodes[node].cd[e]
            source = tree.nodes[node].source
            found = multipliers(terms, tree, node, D, target, Tu, gu, Tv, gv, x, spread, A, B, F, place)
            if found > tree.nodes[node].bound:
                tree.nodes[node].bound = found
            else:
                for e in range(6):
                    tree.nodes[node].cd[e] = box[e]
                tree.nodes[node].source = source
            if tree.nodes[node].bound >= target:
                tree.nodes[node].axis = LINEAR
                continue
        # the quadratic proof, around the known minimisers in or near the patch
        size_u = half_diagonal2(Eu)
        size_v = half_diagonal2(Ev)
        closed = False
        tried = False
        for p in range(tree.count[MINIMA]):
            if near(tree.minima[p, :3], fu, Tu, gu, 6.0 * size_u) and near(
                tree.minima[p, 3:6], fv, Tv, gv, 6.0 * size_v
            ):
                tried = True
                closed = quadratic_proof(terms, tree, node, D, target, p, Tu, gu, Tv, gv)
                if closed:
                    break
        if closed:
            tree.nodes[node].axis = QUADRATIC
            tree.nodes[node].bound = target
            continue
        if cut >= 0:
            cut_into_faces(tree, node, cut, 3 if mirror and (cut == 0 or not live_u) else 6, T)
            continue
        if not tried and not resumed and tree.nodes[node].depth >= tree.nodes[node].descended + 6:
            # is there a minimiser here that nobody knows? G near the incumbent, up to what the curvature can do
            for side in range(2):
                E = Eu if side == 0 else Ev
                norm = 0.0
                for e in range(3):
                    z = E[0, e] + x[2 * side] * E[1, e] + x[2 * side + 1] * E[2, e]
                    if tree.nodes[node].face[side] < 0:
                        z = tree.best[3 * side + e]
                    tree.request[3 * side + e] = z
                    norm += z * z
                for e in range(3):
                    tree.request[3 * side + e] /= math.sqrt(norm)
            sag = 0.0
            for side in range(2):
                force = 0.0
                for e in range(3):
                    force += tree.nodes[node].cd[3 * side + e] ** 2
                sag += math.sqrt(force) * (size_u if side == 0 else size_v)
            value = value_at(
                terms.a, terms.b, terms.ia, terms.jb, terms.s, terms.w, terms.g, terms.h,
                tree.request[:3], tree.request[3:6],
            )  # fmt: skip
            if value < tree.best[6] + sag:
                tree.request[6] = 0.3 * math.sqrt(size_u + size_v)
                tree.nodes[node].descended = tree.nodes[node].depth
                tree.count[DESCENTS] += 1
                tree.count[RESUME] = node
                return DESCEND
        axis = split_axis(tree, node, target, spread, Tu, gu, Tv, gv, Eu, Ev, T, box)
        first = tree.count[NODES]
        tree.count[NODES] = first + 2
        tree.nodes[node].axis = axis
        tree.nodes[node].child = first
        for upper in range(2):
            kid = first + upper
            open_child(tree, node, kid)
            halve(tree.nodes[kid].box, 4 * (axis >> 1), axis & 1, upper)
            tree.nodes[kid].bound = inherited_bound(tree, kid, T)
            if tree.nodes[kid].bound >= target:
                tree.nodes[kid].axis = LINEAR
            else:
                heap_push(tree, tree.nodes[kid].bound, kid)
    return PROGRESS
