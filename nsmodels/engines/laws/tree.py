"""The search tree for laws: that of the two spheres, with lists of multipliers for all terms."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..compiled import KernelArray as Array
from ..compiled import record
from ..spheres.tree import HEAP, NODES, OPEN, POOL

LAW_NODE = record(
    [
        ("bound", "f8"),
        ("box", "f8", (8,)),
        ("list", "i4"),  # the multipliers that give the bound
        ("start", "i4"),  # the same where they were made here, else −1
        ("axis", "i4"),
        ("child", "i4"),
        ("quad", "i4"),  # number of children where cut into faces
        ("depth", "i4"),
        ("descended", "i4"),  # the depth of the last ancestor from which a descent was tried
        ("face", "i4", (2,)),
    ]
)
"""A pair of patches; what is named as in `spheres.tree` means the same."""

GROUPS = ((NODES, ("nodes", "heap_key", "heap_node")), (POOL, ("tau",)))
"""Which entry of `LawTree.count` says how much of an array is in use."""


class LawTree(NamedTuple):
    """All nodes with what proves them."""

    nodes: Array  # LAW_NODE
    tau: Array  # (lists, K) int8
    heap_key: Array
    heap_node: Array
    count: Array  # (10,) int64; POOL: the number of lists
    best: Array  # (7,) incumbent u, v, G
    request: Array  # (11,) where to descend from: u, v; and the spread


def planted(terms: int) -> LawTree:
    """A tree of the root alone, both spheres, for a function of so many terms; list 0 is that of no multipliers."""
    nodes, lists = 4096, 2048
    tree = LawTree(
        np.zeros(nodes, LAW_NODE), np.zeros((lists, max(terms, 1)), np.int8), np.zeros(nodes),
        np.zeros(nodes, np.int64), np.zeros(10, np.int64), np.full(7, np.inf), np.zeros(11),
    )  # fmt: skip
    root = tree.nodes[0]
    root["axis"], root["child"], root["start"], root["face"], root["bound"] = OPEN, -1, -1, -1, -1e300
    tree.count[NODES] = tree.count[POOL] = tree.count[HEAP] = 1
    tree.heap_key[0] = -1e300
    return tree
