"""Writing a finished search tree down: the byte streams of a `Covering`."""

from __future__ import annotations

from typing import Any

import numpy as np

from .compiled import entry, kernel
from .sphere_tree import FACES_U, QUADRATIC, Tree

Array = Any

LINEAR_LEAF, QUADRATIC_LEAF = 6, 7
LIST, REPLACE = 8, 16


@kernel
def children(tree: Tree, node: int) -> int:
    """How many children a node has."""
    axis = tree.nodes[node].axis
    if axis < 0:
        return 0
    if axis < FACES_U:
        return 2
    return tree.nodes[node].quad


@entry
def needed(tree: Tree, uses: Array, below: Array) -> None:
    """Mark nodes whose multipliers some leaf uses (`uses`) and those with such a node at or below them (`below`).

    Quadratic leaves need the lists (which terms are fixed) of all their ancestors.
    """
    for node in range(tree.count[0]):
        if tree.nodes[node].axis < 0 and tree.nodes[node].axis != QUADRATIC:
            uses[tree.nodes[node].source] = True
    # children come after their parents
    for node in range(tree.count[0] - 1, -1, -1):
        hit = uses[node] or tree.nodes[node].axis == QUADRATIC
        first = tree.nodes[node].child
        for p in range(children(tree, node)):
            hit = hit or below[first + p]
        below[node] = hit


@entry
def stream(tree: Tree, D: int, uses: Array, below: Array, nodes: Array, multipliers: Array, order: Array) -> Any:
    """Fill the streams in preorder; return their lengths."""
    stack = np.empty(4096 + tree.count[0], np.int32)
    top = 1
    stack[0] = 0
    n = 0
    m = 0
    q = 0
    while top > 0:
        top -= 1
        node = stack[top]
        axis = tree.nodes[node].axis
        if axis >= 0:
            code = int(axis)
        elif axis == QUADRATIC:
            code = QUADRATIC_LEAF
            order[q] = tree.nodes[node].quad
            q += 1
        else:
            code = LINEAR_LEAF
        # the root lists all terms with multipliers 0, which is what a reader starts from
        if node > 0 and tree.nodes[node].start >= 0 and below[node]:
            code += LIST
            if uses[node]:
                code += REPLACE
            start = tree.nodes[node].start
            for p in range(tree.nodes[node].length):
                t = tree.tau[start + p]
                if not uses[node] and abs(t) <= D:
                    t = 0
                multipliers[m] = t
                m += 1
        nodes[n] = code
        n += 1
        k = children(tree, node)
        first = tree.nodes[node].child
        for p in range(k - 1, -1, -1):
            stack[top] = first + p
            top += 1
    return n, m, q


def record(tree: Tree, D: int) -> tuple[Array, Array, Array]:
    """Streams of node bytes and of multipliers, and the order of the quadratic proofs."""
    number = int(tree.count[0])
    uses = np.zeros(number, np.bool_)
    below = np.zeros(number, np.bool_)
    needed(tree, uses, below)
    nodes = np.zeros(number, np.uint8)
    multipliers = np.zeros(int(tree.count[1]) + 1, np.int8)
    order = np.zeros(int(tree.count[2]) + 1, np.int32)
    n, m, q = stream(tree, D, uses, below, nodes, multipliers, order)
    return nodes[:n], multipliers[:m], order[:q]
