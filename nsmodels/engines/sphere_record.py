"""Writing a finished search tree down: the byte streams of a `Covering`."""

from __future__ import annotations

from typing import Any

import numpy as np

from .sphere_tree import FACES_U, NODES, QUADRATIC, Tree

Array = Any

LINEAR_LEAF, QUADRATIC_LEAF = 6, 7
LIST, REPLACE = 8, 16


def record(tree: Tree, D: int) -> tuple[bytes, bytes, list[int]]:
    """Node bytes and multiplier lists in preorder, and the order of the quadratic proofs.

    A node writes its list if some leaf uses its multipliers (they replace (c, d) from there on), or if a leaf below
    needs to know which terms it fixed. The root starts with all terms unfixed and needs no list.
    """
    number = int(tree.count[NODES])
    nodes = tree.nodes[:number]
    axis, child, faces = nodes["axis"].tolist(), nodes["child"].tolist(), nodes["quad"].tolist()
    start, length = nodes["start"].tolist(), nodes["length"].tolist()
    uses = np.zeros(number, np.bool_)
    linear = (nodes["axis"] < 0) & (nodes["axis"] != QUADRATIC)
    uses[nodes["source"][linear]] = True
    used = uses.tolist()
    below = (uses | (nodes["axis"] == QUADRATIC)).tolist()
    families = [() if x < 0 else range(c, c + (2 if x < FACES_U else f)) for x, c, f in zip(axis, child, faces)]
    for node in range(number - 1, -1, -1):  # children come after their parents
        if not below[node]:
            below[node] = any(below[kid] for kid in families[node])
    stream = bytearray()
    lists: list[Array] = []
    order: list[int] = []
    stack = [0]
    while stack:
        node = stack.pop()
        code = axis[node]
        if code == QUADRATIC:
            code = QUADRATIC_LEAF
            order.append(faces[node])
        elif code < 0:
            code = LINEAR_LEAF
        if node > 0 and start[node] >= 0 and below[node]:
            code += LIST
            entries = tree.tau[start[node] : start[node] + length[node]]
            if used[node]:
                code += REPLACE
            else:
                entries = np.where(np.abs(entries) > D, entries, 0).astype(np.int8)
            lists.append(entries)
        stream.append(code)
        stack.extend(reversed(families[node]))
    return bytes(stream), b"".join(x.tobytes() for x in lists), order
