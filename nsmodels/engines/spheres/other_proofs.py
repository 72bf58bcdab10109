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
from .threads import Share
from .tree import MINIMA, Tree

__all__ = ["OtherProofs"]

FLAT_NODES = 1_000
"""Nodes after which a side that spans a plane is left whole, and the other one searched anew."""
SQUARE_NODES = 3_000
"""Nodes after which a square proof at the root is tried, which takes as long as a thousand of them."""
LEAF_NODES, MANY_TERMS, LATER = 60_000, 40, 200_000
"""Nodes after which the search begins again with square leaves; later where many terms make them slow.

A square leaf takes as long as a hundred nodes, so that what ordinary leaves close in this number they close faster.
"""
Trial = Callable[[list[Share], float], "DiscCovering | SquareProof | None"]


class OtherProofs:
    """The other proofs of one search.

    Parameters
    ----------
    problem : SphereProblem
    width, goal, margin : float
        As in `search.advance`.

    Attributes
    ----------
    proof : DiscCovering, SquareProof or None
        The best one so far.
    leaves : SquareLeaves
        The square leaves of the search itself.
    before : list of Tree
        What the search without square leaves has come to, where it began again with them.
    compiling : float
        Seconds that went into compiling.
    """

    def __init__(self, problem: SphereProblem, width: float, goal: float, margin: float) -> None:
        self.problem, self.width, self.goal, self.margin = problem, width, goal, margin
        self.proof: DiscCovering | SquareProof | None = None
        self.leaves = SquareLeaves(problem.terms, problem.scales[1])
        self.before: list[Tree] = []
        self.saved: list[Tree] = []
        self.compiling = 0.0
        late = LEAF_NODES if len(problem.terms.ia) <= MANY_TERMS else LATER
        self.due: list[tuple[int, Trial]] = [
            (FLAT_NODES, self._discs),
            (SQUARE_NODES, self._square),
            (SQUARE_NODES, self._save),
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
        self.saved = [Tree(*(array.copy() for array in share.tree)) for share in shares]

    def _leaves(self, shares: list[Share], stop: float) -> None:
        """Begin again where the search was saved, with what it has learnt since, and with squares on patches."""
        self.compiling += compile_leaves()
        if len(self.saved) != len(shares):
            for share in shares:
                share.use(self.leaves)
        else:
            self.before = [share.tree for share in shares]
            for share, saved in zip(shares, self.saved):
                now = share.tree
                saved.best[:] = now.best
                saved.count[MINIMA] = now.count[MINIMA]
                known = {name: getattr(now, name).copy() for name in ("minima", "active", "active_tau")}
                share.use(self.leaves, saved._replace(**known))

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
