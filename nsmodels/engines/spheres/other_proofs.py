"""What is tried where the search over pairs of patches does not come to its end: other proofs of the same lower end.

In this order, each once: where the directions of one party span a plane, only the other sphere is cut
(`flat_sides`); where minimisers form curves, one square may prove the whole bound (`square_proof`); at last all patches
that are still open may be closed by squares of their own (`square_leaf`). Ordinary instances are closed before any of
this is due.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from .descent import value_at
from .flat_sides import DiscCovering, compile_discs, disc_search, flat_side
from .problem import SphereProblem
from .square_leaf import SquareLeaves, compile_leaves
from .square_proof import SquareProof, square_proof
from .threads import Share, deal
from .tree import GROUPS, MINIMA, Tree

__all__ = ["OtherProofs"]

FLAT_NODES, FLAT_WORK = 1_000, 200_000
"""Nodes, or nodes times terms, after which a side that spans a plane is left whole, and the other one searched anew."""
SQUARE_NODES = 3_000
"""Nodes after which a square proof at the root is tried, which takes as long as a thousand of them."""
SAVE_NODES = 300
"""Nodes from which the search begins again where square leaves are due: their patches may be large."""
LEAF_NODES, MANY_TERMS, LATER = 20_000, 40, 200_000
"""Nodes after which the search begins again with square leaves; later where many terms make them slow.

A square leaf takes as long as a hundred nodes, so that what ordinary leaves close in this number they close faster;
and to compile square leaves takes as long as all the rest, for which ordinary problems shall not wait.
"""
Trial = Callable[[list[Share], float], "DiscCovering | SquareProof | None"]


class OtherProofs:
    """The other proofs of one search.

    Parameters
    ----------
    problem : SphereProblem
    whole : Tree
        That of the search.
    width, goal, margin : float
        As in `search.advance`.

    Attributes
    ----------
    proof : DiscCovering, SquareProof or None
        The best one so far.
    leaves : SquareLeaves
        The square leaves of the search itself.
    whole : Tree
        The tree that was dealt to the shares, or the only one.
    before : (Tree, list of Tree) or None
        The same and what the search without square leaves made of it, where that began again with them.
    compiling : float
        Seconds that went into compiling.
    """

    def __init__(self, problem: SphereProblem, whole: Tree, width: float, goal: float, margin: float) -> None:
        self.problem, self.width, self.goal, self.margin = problem, width, goal, margin
        self.proof: DiscCovering | SquareProof | None = None
        self.leaves = SquareLeaves(problem.terms, problem.scales[1])
        self.before: tuple[Tree, list[Tree]] | None = None
        self.saved: Tree | None = None
        self.compiling = 0.0
        self.whole = whole
        late = LEAF_NODES if len(problem.terms.ia) <= MANY_TERMS else LATER
        self.due: list[tuple[int, Trial]] = [
            (SAVE_NODES, self._save),
            (max(SAVE_NODES, min(FLAT_NODES, FLAT_WORK // max(len(problem.terms.ia), 1))), self._discs),
            (SQUARE_NODES, self._square),
            (late, self._leaves),
        ]

    def closes(self, best: float) -> bool:
        """Whether the proof is enough for an incumbent of this value."""
        aim = min(best - self.width, self.goal) * self.problem.scales[1]
        return self.proof is not None and self.proof.lower >= aim

    def attempt(self, shares: list[Share], nodes: int, stop: float) -> None:
        """Try what is due after so many nodes; all shares learn of better points."""
        while self.due and nodes >= self.due[0][0] and not self.closes(shares[0].best):
            _, trial = self.due.pop(0)
            found = trial(shares, stop)
            if found is not None and (self.proof is None or found.lower > self.proof.lower):
                self.proof = found

    def _discs(self, shares: list[Share], stop: float) -> DiscCovering | None:
        side = flat_side(self.problem, self.width)
        if side is None:
            return None
        compiling = compile_discs()
        self.compiling += compiling
        best = shares[0].tree.best
        found, best = disc_search(self.problem, side, best, self.width, self.goal, self.margin, stop + compiling)
        for share in shares:
            share.tree.best[:] = best
        return found

    def _save(self, shares: list[Share], stop: float) -> None:
        """Keep the search as it is, with patches that are still large, to come back to."""
        if len(shares) == 1:
            tree = shares[0].tree
            used = {name: getattr(tree, name)[: tree.count[counter]] for counter, names in GROUPS for name in names}
            changing = {**used, "count": tree.count, "request": tree.request, "best": tree.best}
            self.saved = tree._replace(**{name: array.copy() for name, array in changing.items()})

    def _leaves(self, shares: list[Share], stop: float) -> None:
        """Begin again where the search was saved, with what it has learnt since, and with squares on patches."""
        self.compiling += compile_leaves()
        if self.saved is None:
            for share in shares:
                share.use(self.leaves)
            return
        self.before = (shares[0].tree if len(shares) == 1 else self.whole), [share.tree for share in shares]
        self.whole = self.saved
        dealt = deal(self.saved, len(shares)) if len(shares) > 1 else [self.saved]
        for share, tree in zip(shares, dealt):
            now = share.tree
            tree.best[:] = now.best
            tree.count[MINIMA] = now.count[MINIMA]
            known = {name: getattr(now, name).copy() for name in ("minima", "active", "active_tau")}
            share.use(self.leaves, tree._replace(**known))

    def _square(self, shares: list[Share], stop: float) -> SquareProof | None:
        """Around the incumbent; and a better incumbent where that is what is missing."""
        best = shares[0].tree.best
        square = square_proof(self.problem, best[:3], best[3:6])
        if square is None:
            return None
        before, reached = float(best[6]), square.lower / self.problem.scales[1]
        for point in square.near() if before - reached > self.width else ():
            value = float(value_at(self.problem.terms, point[:3], point[3:]))
            if value < shares[0].best:
                for share in shares:
                    share.tree.best[:] = (*point, value)
            if value - reached <= self.width or time.perf_counter() > stop:
                break
        return square
