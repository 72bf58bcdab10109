"""The search tree as arrays, its heap of open nodes, and how nodes are made.

The kernels read no more of a tree than ``nodes`` with what they name, ``heap_key``, ``heap_node`` and ``count``: they
serve every tree that has these (`nsmodels.engines.laws.tree`).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..compiled import KernelArray as Array
from ..compiled import entry, kernel, record
from .patches import corners

OPEN, LINEAR, QUADRATIC, SQUARE = -1, -2, -3, -4
"""Values of `Tree.axis` at leaves; 0..3: bisected (s, t of u; s, t of v); FACES_U, FACES_V: cut into cube faces."""
FACES_U, FACES_V = 4, 5

# entries of `Tree.count`
NODES, POOL, QUADS, QPOOL, HEAP, MINIMA, POPPED, DESCENTS, RESUME, SQUARES = 0, 1, 2, 3, 4, 5, 6, 7, 8, 9

KAPPA_BITS = 40  # κ and P of quadratic proofs are integers over 2^40
TAU_BITS = 50  # their multipliers are integers over 2^50


class Terms(NamedTuple):
    """The function G: directions a (nA, 3), b (nB, 3), terms (ia, jb, s, w) in row order, linear parts g, h (3,)."""

    a: Array
    b: Array
    ia: Array
    jb: Array
    s: Array
    w: Array
    g: Array
    h: Array


NODE = record(
    [
        ("bound", "f8"),
        ("box", "f8", (8,)),  # s0, s1, t0, t1 of u, then of v
        ("cd", "f8", (6,)),  # the best (c, d) so far
        ("base", "f8", (6,)),  # (−g, −h) and all terms fixed at or above this node
        ("start", "i8"),  # where its multipliers begin in the pool, −1: none of its own
        ("length", "i4"),
        ("listed", "i4"),  # the node whose list names the unfixed terms here
        ("source", "i4"),  # the node whose multipliers gave cd
        ("axis", "i4"),  # how it is split, or what closed it
        ("child", "i4"),  # the first child
        ("quad", "i4"),  # index of the quadratic or square proof, −1: none; at nodes cut into faces their number
        ("depth", "i4"),
        ("descended", "i4"),  # the depth of the last ancestor from which a descent was tried
        ("star", "i4"),  # the known minimiser nearest to this node or an ancestor, −1: none
        ("scanned", "i4"),  # the depth of the ancestor that looked for it
        ("face", "i4", (2,)),
    ]
)
"""A pair of patches. A record, because compiling code for a dozen arrays takes five times as long."""

QUAD = record([("head", "f8", (12,)), ("start", "i8")])
"""A quadratic proof; head: u*, v*, λ, μ, P_u, P_v, node, number of terms."""

QTERM = record([("tau", "i8"), ("kappa", "f8"), ("term", "i4")])
"""A term in a quadratic proof: multiplier over 2^TAU_BITS, κ, index."""


class Tree(NamedTuple):
    """All nodes with what proves them; arrays are grown (`grown`) between calls of `advance`."""

    nodes: Array  # NODE
    term: Array  # pool: index of the term
    tau: Array  # pool: int8 multiplier n, |n| ≤ D; ±(D + 1): fixed to ±1 from here on
    quads: Array  # QUAD
    qpool: Array  # QTERM
    heap_key: Array
    heap_node: Array
    minima: Array  # (M, 7) known local minimisers: u, v, G
    active: Array  # (M, 1 + room): how many terms vanish at a minimiser, and which
    active_tau: Array  # (M, room): their multipliers
    count: Array  # (10,) int64; SQUARES: 1 where square leaves are wanted, 2 while one is tried
    request: Array  # (11,) where to descend from: u, v, first ε; and the spread of the node that waits
    best: Array  # (7,) incumbent u, v, G


def empty(terms: int) -> Tree:
    """A tree without nodes for a function of so many terms."""
    nodes, pool, quads, qpool = 4096, 64 * terms + 4096, 256, 64 * terms + 256
    # repeated settings make many terms vanish together
    minima, room = 2048 if terms <= 64 else 256, max(1, min(terms, 1024))
    tree = Tree(
        nodes=np.zeros(nodes, NODE),
        term=np.zeros(pool, np.int32),
        tau=np.zeros(pool, np.int8),
        quads=np.zeros(quads, QUAD),
        qpool=np.zeros(qpool, QTERM),
        heap_key=np.zeros(nodes),
        heap_node=np.zeros(nodes, np.int64),
        minima=np.zeros((minima, 7)),
        active=np.zeros((minima, 1 + room), np.int64),
        active_tau=np.zeros((minima, room)),
        count=np.zeros(10, np.int64),
        request=np.zeros(11),
        best=np.full(7, np.inf),
    )
    for name in ("axis", "child", "quad", "face", "start", "star"):
        tree.nodes[name][0] = -1
    return tree


def lowest(tree: Any) -> float:
    """The smallest bound of a leaf, closed or open."""
    nodes = tree.nodes[: int(tree.count[NODES])]
    return float(nodes["bound"][nodes["axis"] < 0].min())


GROUPS = (
    (NODES, ("nodes", "heap_key", "heap_node")),
    (POOL, ("term", "tau")),
    (QUADS, ("quads",)),
    (QPOOL, ("qpool",)),
)
"""Entries of `Tree.count` that say how much of each array is in use."""


def grown(tree: Any, terms: int, groups: Any = GROUPS) -> Any:
    """The same tree with room for more wherever it is nearly full."""
    changed: dict[str, Any] = {}
    for counter, names in groups:
        have = len(getattr(tree, names[0]))
        if tree.count[counter] + terms + 16 > have:
            for name in names:
                old = getattr(tree, name)
                new = np.zeros((2 * have + terms + 16, *old.shape[1:]), old.dtype)
                new[:have] = old
                changed[name] = new
    return tree._replace(**changed)


@kernel
def heap_put(tree: Tree, place: int, key: float, node: int) -> None:
    """Write an open node into a place of the heap."""
    tree.heap_key[place] = key
    tree.heap_node[place] = node


@entry
def heap_push(tree: Tree, key: float, node: int) -> None:
    """Push a node onto the binary heap of open nodes (smallest bound first; ties by age, so that runs repeat)."""
    p = tree.count[HEAP]
    tree.count[HEAP] += 1
    while p > 0:
        q = (p - 1) >> 1
        if tree.heap_key[q] < key or (tree.heap_key[q] == key and tree.heap_node[q] < node):
            break
        heap_put(tree, p, tree.heap_key[q], tree.heap_node[q])
        p = q
    heap_put(tree, p, key, node)


@kernel
def heap_pop(tree: Tree) -> int:
    """Pop the open node with the smallest bound."""
    top = tree.heap_node[0]
    n = tree.count[HEAP] - 1
    tree.count[HEAP] = n
    if n == 0:
        return top
    key = tree.heap_key[n]
    node = tree.heap_node[n]
    p = 0
    while True:
        q = 2 * p + 1
        if q >= n:
            break
        r = q + 1
        if r < n and (
            tree.heap_key[r] < tree.heap_key[q]
            or (tree.heap_key[r] == tree.heap_key[q] and tree.heap_node[r] < tree.heap_node[q])
        ):
            q = r
        if tree.heap_key[q] > key or (tree.heap_key[q] == key and tree.heap_node[q] > node):
            break
        heap_put(tree, p, tree.heap_key[q], tree.heap_node[q])
        p = q
    heap_put(tree, p, key, node)
    return top


@kernel
def open_child(tree: Tree, parent: int, node: int) -> None:
    """Give a new node what it inherits: all but proofs of its own."""
    tree.nodes[node] = tree.nodes[parent]
    new = tree.nodes[node]
    new.axis = OPEN
    new.child = -1
    new.depth += 1
    new.start = -1
    new.quad = -1


@kernel
def close_or_wait(tree: Tree, node: int, bound: float, target: float) -> None:
    """Give a new node its bound, and close it or push it onto the heap."""
    tree.nodes[node].bound = bound
    if bound >= target:
        tree.nodes[node].axis = LINEAR
    else:
        heap_push(tree, bound, node)


@kernel
def geometry(tree: Tree, node: int, T: Array, gamma: Array) -> None:
    """Corners T (2, 4, 3) and γ (2,) of both patches of a node."""
    box = tree.nodes[node].box
    for side in range(2):
        k = 4 * side
        gamma[side] = corners(tree.nodes[node].face[side], box[k], box[k + 1], box[k + 2], box[k + 3], T, side)
