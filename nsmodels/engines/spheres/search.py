"""Branch and bound over two unit spheres, for every function that offers a *leaf rule*.

A node is a pair of patches (`patches`), or of a patch and a whole sphere. The open node with the smallest bound is
looked at: its leaf rule bounds it, and closes it where that is enough. Otherwise whole spheres are cut into the faces
of a cube, and patches are bisected along the coordinate that promises most.

The leaf rule is what knows the function. It consists of the kernels below that are declared by `by_type`, one of each
for the type of the terms: `nsmodels.engines.spheres.leaf` for sums of absolute values of linear functions,
`nsmodels.engines.laws.leaf` where laws stand in place of linear functions.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..compiled import KernelArray as Array
from ..compiled import ahead, by_type, entry, kernel
from .patches import corners, frame, halve
from .tree import (
    FACES_U,
    FACES_V,
    HEAP,
    LINEAR,
    NODES,
    POPPED,
    RESUME,
    close_or_wait,
    geometry,
    heap_pop,
    open_child,
)

DONE, PROGRESS, FULL, DESCEND, LEAF = 0, 1, 2, 3, 4
"""Values that `advance` returns."""
CLOSED, SPLIT = 5, 6
"""Further values that `look` returns."""
SMALLEST = 2.0**-37
"""Least side of a patch that is bisected; certificates name patches down to 2^-40."""


class Place(NamedTuple):
    """Where a node is."""

    T: Array  # (2, 4, 3) corners of both patches
    gamma: Array  # (2,) see `patches`
    E: Array  # (2, 3, 3) centres and half-sides of the flat patches
    size: Array  # (2,) squares of half the diagonals
    x: Array  # (4,) a point of the flat patches, in their coordinates
    spread: Array  # (4,) total variation of the undecided terms along each coordinate
    T2: Array  # (2, 4, 3) the same of a child
    gamma2: Array  # (2,)


@by_type
def workspace(terms: Any) -> Any:
    """Arrays that the rule writes into, made once for many nodes."""


@by_type
def live(terms: Any) -> Any:
    """Whether the function depends on u, and on v."""


@by_type
def is_full(terms: Any, tree: Any) -> Any:
    """Whether an array of the tree must grow before one more node is looked at."""


@by_type
def look(
    terms: Any, tree: Any, work: Any, node: int, D: int, width: float, target: float, cut: int, resumed: bool,
    place: Place,
) -> Any:
    """Bound a node; `cut` is the side, 0 or 1, that is still a whole sphere, else −1.

    Returns CLOSED, SPLIT, or what `advance` is to return, with the node in ``count[RESUME]``.
    """


@by_type
def bound_of_child(terms: Any, tree: Any, work: Any, node: int, place: Place) -> Any:
    """What is known by inheritance of a child that is a face of a cube; ``T2`` and ``gamma2`` are its patches."""


@by_type
def promise(
    terms: Any, tree: Any, work: Any, node: int, q: int, target: float, place: Place, halves: Array
) -> Any:
    """How much is won by bisecting along coordinate q, and in `halves` (4, 2) what is known of the children."""


@kernel
def cut_into_faces(
    terms: Any, tree: Any, work: Any, parent: int, side: int, faces: int, target: float, place: Place
) -> None:
    """Replace the whole sphere of one side (0: u, 1: v) by its cube faces."""
    first = tree.count[NODES]
    tree.nodes[parent].axis = FACES_U if side == 0 else FACES_V
    tree.nodes[parent].child = first
    tree.nodes[parent].quad = faces
    tree.count[NODES] = first + faces
    for f in range(faces):
        open_child(tree, parent, first + f)
        tree.nodes[first + f].face[side] = f
        box = tree.nodes[first + f].box
        for q in range(2):
            box[4 * side + 2 * q] = -1.0
            box[4 * side + 2 * q + 1] = 1.0
        geometry(tree, first + f, place.T2, place.gamma2)
        close_or_wait(tree, first + f, bound_of_child(terms, tree, work, first + f, place), target)


@kernel
def half_patch(tree: Any, node: int, q: int, upper: int, place: Place) -> None:
    """Corners and γ of one half along coordinate q, into ``T2`` and ``gamma2``; the other side is left alone there."""
    box = tree.nodes[node].box
    side = q >> 1
    k = 4 * side
    s0 = box[k]
    s1 = box[k + 1]
    t0 = box[k + 2]
    t1 = box[k + 3]
    if q & 1 == 0:
        s0, s1 = (0.5 * (s0 + s1), s1) if upper == 1 else (s0, 0.5 * (s0 + s1))
    else:
        t0, t1 = (0.5 * (t0 + t1), t1) if upper == 1 else (t0, 0.5 * (t0 + t1))
    place.gamma2[side] = corners(tree.nodes[node].face[side], s0, s1, t0, t1, place.T2, side)


@kernel
def bisect(terms: Any, tree: Any, work: Any, node: int, target: float, place: Place, halves: Array) -> None:
    """Bisect a node along the coordinate that promises most."""
    axis = -1
    score = -1e300
    box = tree.nodes[node].box
    for q in range(4):
        if tree.nodes[node].face[q >> 1] < 0 or box[2 * q + 1] - box[2 * q] < SMALLEST:
            continue
        gain = promise(terms, tree, work, node, q, target, place, halves)
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
        close_or_wait(tree, first + upper, halves[axis, upper], target)


@kernel
def into_request(tree: Any, node: int, side: int, place: Place) -> None:
    """Put the point x of the flat patch into ``tree.request``; on a whole sphere, that of the incumbent."""
    E = place.E
    norm = 0.0
    for e in range(3):
        z = E[side, 0, e] + place.x[2 * side] * E[side, 1, e] + place.x[2 * side + 1] * E[side, 2, e]
        if tree.nodes[node].face[side] < 0:
            z = tree.best[3 * side + e]
        tree.request[3 * side + e] = z
        norm += z * z
    for e in range(3):
        tree.request[3 * side + e] /= np.sqrt(norm)


@entry
def advance(
    terms: Any, tree: Any, D: int, width: float, goal: float, margin: float, pops: int, mirror: bool
) -> Any:
    """Close or split up to `pops` open nodes.

    A node is closed when its bound, less the allowance `margin` for rounding, reaches min(incumbent − width, goal).
    `mirror`: G(−u, −v) = G(u, v), so half a sphere is enough. Returns DONE when nothing is left to do, PROGRESS when
    all pops are used, FULL when an array must grow first, DESCEND when a local search from tree.request is wanted
    before the node in count[RESUME] goes on, LEAF when a square proof of that node is.
    """
    work = workspace(terms)
    place = Place(
        np.empty((2, 4, 3)), np.empty(2), np.zeros((2, 3, 3)), np.empty(2), np.zeros(4), tree.request[7:11],
        np.empty((2, 4, 3)), np.empty(2),
    )  # fmt: skip
    halves = np.empty((4, 2))
    live_u, live_v = live(terms)
    for _pop in range(pops):
        target = min(tree.best[6] - width, goal) + margin
        resumed = tree.count[RESUME] > 0
        if resumed:
            node = tree.count[RESUME]
            tree.count[RESUME] = 0
        else:
            if tree.count[HEAP] == 0 or tree.heap_key[0] >= target:
                return DONE
            if tree.count[NODES] + 8 > tree.nodes.shape[0] or is_full(terms, tree):
                return FULL
            node = heap_pop(tree)
            tree.count[POPPED] += 1
        geometry(tree, node, place.T, place.gamma)
        for side in range(2):  # compiled once: with a number in its place, once for each
            place.size[side] = frame(place.T, place.E, side)
        cut = -1
        if tree.nodes[node].face[0] < 0 and live_u:
            cut = 0
        elif tree.nodes[node].face[1] < 0 and live_v:
            cut = 1
        told = look(terms, tree, work, node, D, width, target, cut, resumed, place)
        if told == SPLIT:
            if cut >= 0:
                faces = 3 if mirror and (cut == 0 or not live_u) else 6
                cut_into_faces(terms, tree, work, node, cut, faces, target, place)
            else:
                bisect(terms, tree, work, node, target, place, halves)
        elif told != CLOSED:
            return told
    return PROGRESS


def compile_children(terms: Any, tree: Any) -> None:
    """Compile how nodes are split, which `advance` needs last."""
    place = Place(*(np.empty((1,) * dimensions) for dimensions in (3, 1, 3, 1, 1, 1, 3, 1)))
    work = workspace(terms)
    ahead(cut_into_faces, terms, tree, work, 0, 0, 0, 0.0, place)
    ahead(bisect, terms, tree, work, 0, 0.0, place, np.empty((4, 2)))
