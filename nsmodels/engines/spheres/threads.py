"""A search tree (`search`) shared out among threads and put together again, the same way in every run.

The open nodes are dealt in turn, best first, to copies of the tree; each copy is searched on its own for a fixed number
of nodes at a time, and in between all learn the best point that any of them knows. Nothing depends on the clock or on
the number of processors, so that the same problem gives the same proof everywhere.
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from . import search
from .covering import DENOMINATOR, fixed_only
from .descent import EPS_LAST, descend_many, pace
from .packing import LONG, PackedLists, packed_list
from .quadratic_proof import remember
from .square_leaf import SquareLeaves
from .tree import (
    DESCENTS,
    HEAP,
    MINIMA,
    NODES,
    OPEN,
    POOL,
    POPPED,
    QPOOL,
    QUADRATIC,
    QUADS,
    RESUME,
    SQUARE,
    SQUARES,
    Tree,
    grown,
)

__all__ = ["Share", "deal", "join", "packed_by", "share_best"]

WAIT = 8
"""Levels of the tree to wait, after a descent to a minimum that was known, before the next descent."""

POOLS = ((NODES, ("nodes",)), (POOL, ("tau",)), (QUADS, ("quads",)), (QPOOL, ("qpool",)))
"""What grows during the search and belongs to its proof: its entry of `Tree.count`, and the arrays."""


class Share:
    """A tree and the search in it: all of the search at first, then what one thread does of it."""

    def __init__(self, tree: Any, leaves: SquareLeaves | None = None) -> None:
        self.tree = tree
        self.leaves = leaves
        self.packed: PackedLists = {}
        self._seen = int(tree.count[POOL])

    def use(self, leaves: SquareLeaves, tree: Tree | None = None) -> None:
        """Try square leaves from here on, or from an earlier tree on."""
        if tree is not None:
            self.tree, self.packed, self._seen = tree, {}, int(tree.count[POOL])
        self.leaves = leaves
        self.tree.count[SQUARES] = 1

    @property
    def best(self) -> float:
        """G of the incumbent."""
        return float(self.tree.best[6])

    @property
    def nodes(self) -> int:
        """Nodes so far."""
        return int(self.tree.count[NODES])

    @property
    def multipliers(self) -> int:
        """Multipliers so far."""
        return int(self.tree.count[POOL])

    @property
    def lowest(self) -> float:
        """The smallest bound of an open node; the incumbent's value where none is left."""
        return min(float(self.tree.heap_key[0]), self.best) if self.tree.count[HEAP] else self.best

    def is_open(self, width: float, goal: float, margin: float) -> bool:
        """Whether an open node is left that is not good enough."""
        return bool(self.tree.count[HEAP] > 0 and self.tree.heap_key[0] < min(self.best - width, goal) + margin)

    def descend(self, terms: Any, mirror: bool) -> None:
        """The local search that was asked for."""
        u, v = self.tree.request[None, :3].copy(), self.tree.request[None, 3:6].copy()
        eps = max(float(self.tree.request[6]), EPS_LAST)
        descend_many(terms, u, v, eps, EPS_LAST, 0.2, pace(6))
        known = int(self.tree.count[MINIMA])
        remember(terms, self.tree, u[0], v[0], EPS_LAST, mirror)
        if int(self.tree.count[MINIMA]) == known:
            self.tree.nodes["descended"][self.tree.count[RESUME]] += WAIT

    def grow(self, terms: Any) -> None:
        """More room for nodes and multipliers."""
        self.tree = grown(self.tree, len(terms.ia))

    def advance(
        self, terms: Any, mirror: bool, pops: int, width: float, goal: float, margin: float, stop: float
    ) -> None:
        """Close or split so many open nodes, fewer where the time is up, and compress their long lists."""
        self._search(terms, mirror, pops, width, goal, margin, stop)
        if len(terms.ia) >= LONG:
            self.pack()

    def pack(self) -> None:
        """Compress the long lists that are new."""
        nodes = self.tree.nodes[: self.nodes]
        for node in np.flatnonzero((nodes["start"] >= self._seen) & (nodes["length"] >= LONG)).tolist():
            start = nodes["start"][node]
            entries = self.tree.tau[start : start + nodes["length"][node]]
            self.packed[node, True] = packed_list(entries)
            self.packed[node, False] = packed_list(fixed_only(entries, DENOMINATOR))
        self._seen = self.multipliers

    def _search(
        self, terms: Any, mirror: bool, pops: int, width: float, goal: float, margin: float, stop: float
    ) -> None:
        count = self.tree.count
        end = int(count[POPPED]) + pops
        while True:
            left = max(end - int(count[POPPED]), 1)
            code = search.advance(terms, self.tree, DENOMINATOR, width, goal, margin, left, mirror)
            if code == search.DESCEND:
                self.descend(terms, mirror)
            elif code == search.LEAF and self.leaves is not None:
                node, target = int(count[RESUME]), min(self.best - width, goal) + margin
                place = self.leaves.prove(self.tree, node, DENOMINATOR, target)
                if place >= 0:
                    self.tree.nodes["axis"][node], self.tree.nodes["quad"][node] = SQUARE, place
                    self.tree.nodes["bound"][node] = target
                    count[RESUME], count[SQUARES] = 0, 1
            elif code == search.FULL:
                self.grow(terms)
            elif code == search.DONE or int(count[POPPED]) >= end:
                return
            if time.perf_counter() > stop:
                return


def deal(tree: Tree, parts: int) -> list[Tree]:
    """Copies of the tree, each with its share of the open nodes on its heap."""
    n = int(tree.count[HEAP])
    order = np.lexsort((tree.heap_node[:n], tree.heap_key[:n]))
    dealt = []
    for part in range(parts):
        copy = Tree(*(array.copy() for array in tree))
        mine = order[part::parts]  # in order of their bounds, which is a heap
        copy.heap_key[: len(mine)] = tree.heap_key[mine]
        copy.heap_node[: len(mine)] = tree.heap_node[mine]
        copy.count[HEAP] = len(mine)
        dealt.append(copy)
    return dealt


def share_best(trees: list[Tree]) -> None:
    """Tell all trees the best point that one of them knows."""
    best = min(trees, key=lambda tree: float(tree.best[6])).best.copy()
    for tree in trees:
        tree.best[:] = best


def join(before: Tree, trees: list[Tree]) -> Tree:
    """One tree with all that the shares found, to be written down; ``before`` is the tree that was dealt.

    The terms to which its multipliers belong (`Tree.term`), which only a search needs, are left out.
    """
    old = {counter: int(before.count[counter]) for counter in (NODES, POOL, QUADS, QPOOL, MINIMA)}
    fields = {name: [getattr(before, name)[: old[c]].copy()] for c, names in POOLS for name in names}
    minima = [before.minima[: old[MINIMA]]]
    top = fields["nodes"][0]
    size = dict(old)
    for tree in trees:
        moved = {counter: size[counter] - old[counter] for counter in old}
        # what this share has done to the nodes that were dealt to it (it left the others alone), and its new nodes
        done = np.flatnonzero((top["axis"] == OPEN) & (tree.nodes["axis"][: old[NODES]] != OPEN))
        nodes = tree.nodes[np.concatenate([done, np.arange(old[NODES], tree.count[NODES])])]
        for name, counter in (("child", NODES), ("source", NODES), ("listed", NODES), ("start", POOL)):
            nodes[name][nodes[name] >= old[counter]] += moved[counter]
        # at nodes cut into faces `quad` is the number of faces
        nodes["quad"][(nodes["axis"] == QUADRATIC) & (nodes["quad"] >= old[QUADS])] += moved[QUADS]
        top[done] = nodes[: len(done)]
        fields["nodes"].append(nodes[len(done) :])
        quads = tree.quads[old[QUADS] : tree.count[QUADS]].copy()
        quads["start"] += moved[QPOOL]
        fields["quads"].append(quads)
        for counter, names in POOLS:
            size[counter] += int(tree.count[counter]) - old[counter]
            for name in names:
                if name not in ("nodes", "quads"):
                    fields[name].append(getattr(tree, name)[old[counter] : tree.count[counter]])
        minima.append(tree.minima[old[MINIMA] : tree.count[MINIMA]])
    share_best(trees)
    arrays = {name: np.concatenate(pieces) for name, pieces in fields.items()}
    count = before.count.copy()
    for counter in (NODES, POOL, QUADS, QPOOL):
        count[counter] = size[counter]
    for counter in (POPPED, DESCENTS):
        count[counter] += sum(int(tree.count[counter] - before.count[counter]) for tree in trees)
    heap = [np.concatenate([getattr(t, name)[: t.count[HEAP]] for t in trees]) for name in ("heap_key", "heap_node")]
    count[HEAP] = len(heap[0])
    found = np.concatenate(minima)
    count[MINIMA] = len(found)
    others = {"term": before.term[:0], "minima": found, "count": count}
    return trees[0]._replace(**arrays, **others, heap_key=heap[0], heap_node=heap[1])


def packed_by(before: Tree, shares: list[Share]) -> PackedLists:
    """Lists that are compressed, by their nodes in the tree that `join` makes of the shares."""
    old = moved = int(before.count[NODES])
    packed: PackedLists = {}
    for share in shares:
        for (node, whole), done in share.packed.items():
            packed[node if node < old else node - old + moved, whole] = done
        moved += share.nodes - old
    return packed
