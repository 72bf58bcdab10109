"""Branch and bound for the minimum of a sum of absolute values over two unit spheres.

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

import numpy as np

from ..compiled import KernelArray as Array
from ..compiled import entry, kernel
from .descent import value_at
from .linear_proof import multipliers
from .patches import corners, frame, halve, minimum
from .quadratic_proof import distance2, nearest, quadratic_proof
from .tree import (
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
    SQUARES,
    Terms,
    Tree,
    add_open,
    cut_into_faces,
    geometry,
    heap_pop,
    open_child,
    side_bound,
)

DONE, PROGRESS, FULL, DESCEND, LEAF = 0, 1, 2, 3, 4
SMALLEST = 2.0**-37
"""Patches are not bisected below this; certificates name patches down to 2^-40."""


@kernel
def bisect(
    tree: Tree, node: int, target: float, spread: Array, T: Array, gamma: Array, E: Array, T2: Array, gamma2: Array
) -> None:
    """Bisect a node along the coordinate that promises most.

    The gain of the two halves with the present multipliers, the total variation of the undecided terms along the
    coordinate, and what the curvature of the sphere costs along it.
    """
    cd = tree.nodes[node].cd
    box = tree.nodes[node].box
    bounds = (side_bound(tree, node, 0, T, gamma), side_bound(tree, node, 1, T, gamma))
    axis = -1
    score = -1e300
    for q in range(4):
        side = q >> 1
        face = tree.nodes[node].face[side]
        k = 4 * side
        if face < 0 or box[k + 2 * (q & 1) + 1] - box[k + 2 * (q & 1)] < SMALLEST:
            continue
        x = cd[3 * side]
        y = cd[3 * side + 1]
        z = cd[3 * side + 2]
        gain = 0.0
        for upper in range(2):
            s0 = box[k]
            s1 = box[k + 1]
            t0 = box[k + 2]
            t1 = box[k + 3]
            if q & 1 == 0:
                s0, s1 = (0.5 * (s0 + s1), s1) if upper == 1 else (s0, 0.5 * (s0 + s1))
            else:
                t0, t1 = (0.5 * (t0 + t1), t1) if upper == 1 else (t0, 0.5 * (t0 + t1))
            g = corners(face, s0, s1, t0, t1, T2, side)
            half = minimum(x, y, z, face, T2, side, g) + bounds[1 - side]
            gain += min(half, target) - bounds[0] - bounds[1]
        p = 1 + (q & 1)
        extent = E[side, p, 0] ** 2 + E[side, p, 1] ** 2 + E[side, p, 2] ** 2
        gain = 0.5 * gain + 0.25 * spread[q] + 0.5 * math.sqrt(x * x + y * y + z * z) * extent
        if gain > score:
            score = gain
            axis = q
    if axis < 0:
        tree.nodes[node].axis = LINEAR  # as small as patches get: it stays with the bound that it has
        return
    first = tree.count[NODES]
    tree.count[NODES] = first + 2
    tree.nodes[node].axis = axis
    tree.nodes[node].child = first
    for upper in range(2):
        open_child(tree, node, first + upper)
        halve(tree.nodes[first + upper].box, 4 * (axis >> 1), axis & 1, upper)
        add_open(tree, first + upper, target, T2, gamma2)


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


@kernel
def ask_for_descent(terms: Terms, tree: Tree, node: int, x: Array, E: Array, size: Array) -> bool:
    """Is there a minimiser here that nobody knows? Then put the point x of the flat patches into tree.request.

    The sign of one is a value near the incumbent's, up to what the curvature of the patches and the undecided terms can
    do.
    """
    sag = 0.0
    for side in range(2):
        norm = 0.0
        force = 0.0
        for e in range(3):
            z = E[side, 0, e] + x[2 * side] * E[side, 1, e] + x[2 * side + 1] * E[side, 2, e]
            if tree.nodes[node].face[side] < 0:
                z = tree.best[3 * side + e]
            tree.request[3 * side + e] = z
            norm += z * z
            force += tree.nodes[node].cd[3 * side + e] ** 2
        for e in range(3):
            tree.request[3 * side + e] /= math.sqrt(norm)
        sag += math.sqrt(force) * size[side]
    value = value_at(terms, tree.request[:3], tree.request[3:6])
    first_order = tree.request[7] + tree.request[8] + tree.request[9] + tree.request[10]
    if value >= tree.best[6] + sag + 0.3 * first_order or tree.count[MINIMA] + 2 >= tree.minima.shape[0]:
        return False
    tree.request[6] = math.sqrt(size[0] + size[1])
    tree.nodes[node].descended = tree.nodes[node].depth
    tree.nodes[node].scanned = -100
    tree.count[DESCENTS] += 1
    tree.count[RESUME] = node
    return True


@entry
def advance(terms: Terms, tree: Tree, D: int, width: float, goal: float, margin: float, pops: int, mirror: bool) -> int:
    """Close or split up to `pops` open nodes.

    A node is closed when its bound, less the allowance `margin` for rounding, reaches min(incumbent − width, goal).
    `mirror`: G(−u, −v) = G(u, v), so half a sphere is enough. Returns DONE when nothing is left to do, PROGRESS when
    all pops are used, FULL when an array must grow first, DESCEND when a local search from tree.request is wanted
    before the node in count[RESUME] goes on, LEAF when a square proof of that node is.
    """
    K = terms.ia.shape[0]
    A = np.empty((terms.a.shape[0], 3))
    B = np.empty((terms.b.shape[0], 3))
    F = np.empty((14, max(K, 1)))
    place = np.empty(max(K, 1), np.int64)
    T = np.empty((2, 4, 3))
    T2 = np.empty((2, 4, 3))
    E = np.empty((2, 3, 3))
    gamma = np.empty(2)
    gamma2 = np.empty(2)
    size = np.empty(2)
    x = np.zeros(4)
    old = np.empty(6)
    spread = tree.request[7:11]
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
        geometry(tree, node, T, gamma)
        size[0] = frame(T, E, 0)
        size[1] = frame(T, E, 1)
        cut = 0 if fu < 0 and live_u else 1 if fv < 0 and live_v else -1
        if cut < 0 and not resumed:
            for e in range(6):
                old[e] = tree.nodes[node].cd[e]
            source = tree.nodes[node].source
            # the flat patch misses the sphere by the square of its size: be that careful before a sign is fixed
            sag = 0.5 * (size[0] + size[1])
            found = multipliers(terms, tree, node, D, target, T, gamma, E, sag, x, spread, A, B, F, place)
            if found > tree.nodes[node].bound:
                tree.nodes[node].bound = found
            else:
                for e in range(6):
                    tree.nodes[node].cd[e] = old[e]
                tree.nodes[node].source = source
            if tree.nodes[node].bound >= target:
                tree.nodes[node].axis = LINEAR
                continue
        # the quadratic proof, around a known minimiser in or near the patch
        if tree.nodes[node].depth >= tree.nodes[node].scanned + 3 or cut >= 0:
            tree.nodes[node].star = nearest(tree, E) if cut < 0 else 0
            tree.nodes[node].scanned = tree.nodes[node].depth
        star = tree.nodes[node].star
        close = (
            star >= 0
            and (fu < 0 or distance2(tree, star, 0, fu, T, gamma) < 6.0 * size[0])
            and (fv < 0 or distance2(tree, star, 1, fv, T, gamma) < 6.0 * size[1])
        )
        if close and quadratic_proof(terms, tree, node, D, target, star, T, gamma):
            tree.nodes[node].axis = QUADRATIC
            tree.nodes[node].bound = target
            continue
        if cut >= 0:
            faces = 3 if mirror and (cut == 0 or not live_u) else 6
            cut_into_faces(tree, node, cut, faces, target, T2, gamma2)
            continue
        if tree.count[SQUARES] == 1 and not resumed:
            tree.count[RESUME] = node
            tree.count[SQUARES] = 2
            return LEAF
        descended = resumed and tree.count[SQUARES] < 2  # a descent from here has just been made
        tree.count[SQUARES] = min(tree.count[SQUARES], 1)
        patient = close or descended or tree.nodes[node].depth < tree.nodes[node].descended + 10
        if not patient and ask_for_descent(terms, tree, node, x, E, size):
            return DESCEND
        bisect(tree, node, target, spread, T, gamma, E, T2, gamma2)
    return PROGRESS
