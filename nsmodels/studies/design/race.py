"""Many searches from many starts: what has been found, how often, and where to look next."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ...common.arrays import Array
from ...core.hidden_states import HiddenStates
from ...errors import SolverError
from .charts import Layout
from .inner import Place, evaluate
from .polish import polish, refreshed
from .search import PLATEAU, approach, arrive
from .starts import GROUPS, hop, random_start, symmetric_start
from .tasks import Objective, Task
from .tracked import Tracked

__all__ = ["Contest", "Optimum", "Race", "improve"]


CLOSE = 1e-6
"""Relative distance below which two values are one optimum."""
PROMISING = 0.01
"""Relative distance from the best within which searches are polished."""
NEAR = 1e-3
"""Distance from the best, after `QUICK` steps, within which searches are polished to the end."""
QUICK = 12
MOST_TOLD = 50
"""Optima that a result tells of."""
FINISHED = 3
"""Optima that are polished to the end when the race is over."""
ROUNDS = 4
"""Times that a polished point is looked at afresh and polished again when the race is over."""
SEARCHING = 0.8
"""Share of the time in which new searches begin; the rest is for polishing the best ones."""


@dataclass(frozen=True, eq=False)
class Contest:
    """A set of measured pairs with the layout of its directions."""

    task: Task
    layout: Layout


@dataclass
class Optimum:
    """A local optimum: its value and how often it was hit, and in which contest."""

    place: Place
    contest: int
    hits: int = 1


def improve(
    contest: Contest,
    place: Place,
    rng: np.random.Generator,
    deadline: float,
    rival: float = np.inf,
    rounds: int = ROUNDS,
) -> Place:
    """Polish, look at the place with many more starts of the oracle, and polish again until that changes nothing.

    Narrow valleys take many rounds; while the race is on, one has to do, so that more valleys are seen.
    """
    task, layout = contest.task, contest.layout
    for _ in range(rounds):
        before = place.value
        place = polish(task, layout, place, rng, deadline, rival=rival)
        if time.perf_counter() > deadline or place.value > rival + 1e-4 * max(1.0, abs(rival)):
            break
        new = evaluate(
            task, place.directions, place.tracked.states, place.coefficients, rng, tolerance=1e-11, fresh=100,
            deadline=deadline,
        )  # fmt: skip
        if new.value < place.value:
            place = new
        if before - place.value < 1e-10 * max(1.0, abs(before)):
            break
    return place


@dataclass
class Race:
    """The searches of one design.

    Parameters
    ----------
    contests : list of Contest
    rng : numpy.random.Generator
    deadline : float
        On the clock ``time.perf_counter``.
    groups : tuple of str
        Groups whose orbits are starts.
    told : callable
        Called with (best value, hits of the best, starts so far) after every start.
    """

    contests: list[Contest]
    rng: np.random.Generator
    deadline: float
    groups: tuple[str, ...] = GROUPS
    told: Callable[[float, int, int], None] = lambda best, hits, starts: None
    began: float = field(default_factory=time.perf_counter)
    optima: list[Optimum] = field(default_factory=list)
    history: list[dict[str, Any]] = field(default_factory=list)
    starts: int = 0
    idle: int = 0
    failed: int = 0
    named: Array | None = None
    """Directions to improve."""
    given: Optimum | None = None
    """These directions, with the objective there."""

    @property
    def best(self) -> Optimum | None:
        """The best so far."""
        return min(self.optima, key=lambda optimum: optimum.place.value, default=None)

    def run(self, random_starts: int, given: Array | None = None, first: int = 0) -> None:
        """Start from given directions, if any, and from random points number `first` and on, orbits and hops."""
        if given is not None:
            self._try("given", 0, lambda contest: arrive(contest.task, given, self.rng))
        for k in range(first, first + random_starts):
            number = k % len(self.contests)
            self._try("random", number, self._random)
            if k % 2 == 1 and self.optima:
                self._hop()
            if k % 3 == 2 and self.groups:
                self._symmetric(number, self.groups[int(self.rng.integers(len(self.groups)))])
            if self._late():
                break

    @property
    def last_start(self) -> float:
        """After this time no search begins."""
        return self.began + SEARCHING * (self.deadline - self.began)

    def _late(self) -> bool:
        return time.perf_counter() > self.last_start

    def _random(self, contest: Contest) -> Place:
        return random_start(contest.task, contest.layout, self.rng, self.deadline)

    def _hop(self) -> None:
        """From the best, or one of the next ones."""
        ranked = sorted(self.optima, key=lambda optimum: optimum.place.value)
        chosen = ranked[min(int(self.rng.geometric(0.6)) - 1, len(ranked) - 1)]
        self._try("hop", chosen.contest, lambda contest: hop(contest.task, contest.layout, chosen.place, self.rng))

    def _symmetric(self, number: int, name: str) -> None:
        """From orbits of a group: down within the symmetry first, then out of it."""
        contest = self.contests[number]
        if not contest.task.pairs.all() or contest.layout.count != len(contest.layout.leaders):
            return

        def begin(contest: Contest) -> Place | None:
            found = symmetric_start(contest.task, name, self.rng, self.deadline)
            if found is None:
                return None
            layout, place = found
            return approach(contest.task, layout, place, self.rng, self.deadline)

        self._try(name, number, begin)

    def _try(self, kind: str, number: int, begin: Callable[[Contest], Place | None]) -> None:
        """One search from one start; what a solver spoils is counted and left."""
        if self._late():
            return
        contest = self.contests[number]
        visible = Contest(replace(contest.task, objective=Objective()), contest.layout)
        try:
            place = begin(visible)
            if place is None:
                return
            self.starts += 1
            place = self._down(contest, visible, place)
        except SolverError:
            self.failed += 1
            return
        if place is not None:
            self._record(kind, number, place)
        best = self.best
        if best is not None:
            self.told(best.place.value, best.hits, self.starts)

    def _down(self, contest: Contest, visible: Contest, place: Place) -> Place | None:
        """To the local optimum, if it is a promising one."""
        place = approach(visible.task, contest.layout, place, self.rng, self.deadline)
        if place.value >= PLATEAU - 1e-5:
            self.idle += 1
            return None
        wanted = contest.task.objective.visibility
        if wanted is not None:
            if place.value >= wanted - 1e-4:
                return None
            place = evaluate(
                contest.task, place.directions, place.tracked.states, place.coefficients, self.rng, tolerance=1e-4
            )
            place = approach(contest.task, contest.layout, place, self.rng, self.deadline)
        own = min((o.place.value for o in self.optima if self.contests[o.contest] is contest), default=np.inf)
        if place.value > own * (1.0 + PROMISING):
            return refreshed(contest.task, place, self.rng, 100)
        place = polish(
            contest.task, contest.layout, place, self.rng, self.deadline, tolerance=1e-8, rival=own, steps=QUICK
        )
        if place.value > own * (1.0 + NEAR):
            return refreshed(contest.task, place, self.rng, 100)
        return improve(contest, place, self.rng, self.deadline, own, rounds=1) if np.isfinite(own) else place

    def finish(self) -> None:
        """Polish the best ones to the end."""
        ranked = sorted(self.optima, key=lambda optimum: optimum.place.value)
        for optimum in ranked[:FINISHED]:
            best = ranked[0].place.value
            if optimum.place.value <= best * (1.0 + NEAR) and time.perf_counter() < self.deadline:
                try:
                    optimum.place = improve(
                        self.contests[optimum.contest], optimum.place, self.rng, self.deadline, best
                    )
                except SolverError:
                    self.failed += 1

    def _record(self, kind: str, number: int, place: Place, hits: int = 1) -> None:
        """Add to the hits of an optimum, or to the optima."""
        scale = CLOSE * max(1.0, abs(place.value))
        best = self.best
        if best is None or place.value < best.place.value - 1e-9:
            seconds = time.perf_counter() - self.began
            self.history.append({"seconds": seconds, "start": self.starts, "kind": kind, "value": place.value})
        for optimum in self.optima:
            if optimum.contest == number and abs(optimum.place.value - place.value) <= scale:
                optimum.hits += hits
                if place.value < optimum.place.value:
                    optimum.place = place
                return
        self.optima.append(Optimum(place, number, hits))

    def absorb(self, optima: list[Optimum], kind: str, starts: int, idle: int, failed: int) -> None:
        """Add what another race hit, with how many of its searches came to nothing."""
        self.starts += starts
        self.idle += idle
        self.failed += failed
        for optimum in optima:
            self._record(kind, optimum.contest, optimum.place, optimum.hits)
        if self.best is not None:
            self.told(self.best.place.value, self.best.hits, self.starts)

    def look_at(self, directions: Array) -> None:
        """Remember the objective at the given directions, below which the answer must not fall behind."""
        contest = self.contests[0]
        try:
            place = arrive(replace(contest.task, objective=Objective()), directions, self.rng)
            place = evaluate(
                contest.task, directions, place.tracked.states, place.coefficients, self.rng, tolerance=1e-8,
                deadline=self.deadline,
            )  # fmt: skip
        except SolverError:
            return
        if np.isfinite(place.value):
            self.given = Optimum(place, 0, 0)

    def fallback(self) -> Optimum:
        """Something to answer with where nothing was found: random directions."""
        contest = self.contests[0]
        visible = replace(contest.task, objective=Objective())
        place = arrive(visible, contest.layout.random(self.rng), self.rng)
        self.optima.append(Optimum(place, 0, 0))
        return self.optima[0]

    def untried(self) -> Optimum:
        """The same after Ctrl-C, when nothing is searched any more, or the settings to improve; V = 1 is no claim."""
        contest = self.contests[0]
        X = contest.layout.random(self.rng) if self.named is None else self.named
        S = contest.task.correlators(X)
        nothing = Tracked(contest.task.on(X).scatter(0, self.rng), np.empty((0, *contest.task.pairs.shape)))
        self.optima.append(Optimum(Place(1.0, X, S / max(float(S @ S), 1e-12), math.inf, nothing), 0, 0))
        return self.optima[0]

    def summary(self, best: Optimum) -> dict[str, Any]:
        """What a result tells of the search."""
        ranked = sorted(self.optima, key=lambda optimum: optimum.place.value)
        optima = [
            {"value": o.place.value, "hits": o.hits, "directions": list(self.contests[o.contest].task.pairs.shape)}
            for o in ranked[:MOST_TOLD]
        ]
        return {
            "starts": self.starts,
            "hits": best.hits,
            "nothing_excluded": self.idle,
            "failed": self.failed,
            "optima": optima,
            "history": self.history,
        }

    def corrected(self, optimum: Optimum, states: HiddenStates) -> Optimum:
        """The optimum again after hidden states that the search had missed, as a new one in its place."""
        contest, place = self.contests[optimum.contest], optimum.place
        new = evaluate(
            contest.task, place.directions, HiddenStates.join([states, place.tracked.states]), place.coefficients,
            self.rng, tolerance=1e-11, fresh=300, deadline=self.deadline,
        )  # fmt: skip
        self.optima[self.optima.index(optimum)] = Optimum(
            improve(contest, new, self.rng, self.deadline), optimum.contest, optimum.hits
        )
        return optimum
