"""The loop of column generation: rows and hidden states are generated together until both ends meet, unproved.

Each round solves the restricted master program (interior point for its central duals, or simplex for a vertex), looks
for violated rows, and asks the model's heuristic oracle for hidden states that the proposed functional values more than
the master program thinks possible. Functionals are smoothed: the oracle is also asked about a mean of the best
functional so far and the new one, which has lower peaks (Wentges, Int. Trans. Oper. Res. 4, 151 (1997)).

Nothing here is proved. `nsmodels.questions.visibility.proofs` proves what this loop proposes.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...core.functional import Functional
from .bounds import Bounds, Reached, considered, corrected, difference, normalised
from .clock import timed
from .master import Master, MasterSolution
from .search import Search
from .states import Columns, propose

__all__ = ["Method", "Round", "rounds"]

SMALL_MASTER = 250_000
"""Rows times columns up to which the simplex method takes over where the interior point gets no further."""
FEW_ROWS = 300
"""Rows up to which a vertex is looked for at the end in any case: short inequalities and few states."""
FEASIBLE = 1e-8
"""Share of the target that a mixture may miss while it is looked for whether there is one."""
LARGE_PENALTY = 1e5
"""Penalty of master programs whose multipliers proved to be larger than usual."""
THOROUGH = 12
"""Ratio of starts to columns where a functional is about to be proved."""
PATIENCE, LONG_PATIENCE = 12, 60
"""Rounds without progress after which the interior point gives way to the simplex method, and that one gives up."""


class Method(Enum):
    """How the master program is solved, and what for."""

    INTERIOR = "interior"
    SIMPLEX = "simplex"
    ANY_MIXTURE = "any mixture"
    """By the simplex method, for any mixture at all: the penalty did not suffice, or there is none."""


@dataclass(frozen=True, eq=False)
class Round:
    """Where the loop is after a round.

    Parameters
    ----------
    number : int
    method : Method
    bounds : Bounds
    stopped : str or None
        Why this round was the last one: "gap", "stalled", "infeasible" or "time_limit".
    record : dict or None
        Sizes and ends of a round, for the statistics; None before the first and after the last one.
    """

    number: int = 0
    method: Method = Method.INTERIOR
    bounds: Bounds = field(default_factory=Bounds)
    stopped: str | None = None
    record: dict[str, Any] | None = None

    @staticmethod
    def first(search: Search) -> Round:
        """Before any round: the simplex method suits models with finitely many states that count."""
        smooth = any(part.smooth for part in search.parts)
        return Round(method=Method.INTERIOR if smooth else Method.SIMPLEX)

    def stop(self, why: str) -> Round:
        """The same, as the last one."""
        return replace(self, stopped=why, record=None)


# -- one round --------------------------------------------------------------------------------------------------------


def _solve(master: Master, now: Round, tolerance: float, deadline: float) -> MasterSolution:
    if now.method is not Method.INTERIOR:
        return master.vertex(max(deadline - time.perf_counter(), 0.05))
    wanted = max(0.04 * tolerance, min(1e-3, 0.1 * now.bounds.gap), 1e-11)
    return master.interior(wanted, deadline)


def _missing_rows(
    search: Search, bounds: Bounds, solution: MasterSolution, tolerance: float, deadline: float
) -> tuple[NDArray[np.intp], Bounds]:
    """Violated rows that the master program lacks, and the ends with what the solution reaches.

    Raises
    ------
    TimeoutError
        After the deadline.
    """
    target, columns = search.target, search.master.columns
    # an interior solution gives every state some weight: leave out what adds up to nothing
    order = np.argsort(solution.weights)
    light = np.searchsorted(np.cumsum(solution.weights[order]), min(1e-3 * tolerance, 1e-7))
    used = order[light:]
    weights = solution.weights[used] / solution.weights[used].sum()
    chosen = columns.take(used)
    sums = target.collect(target.sums(chosen.alice, chosen.bob, weights, deadline))
    slack = target.right + solution.visibility * target.slope - sums
    worst = float(max(-slack.min(), 0.0))
    if solution.elastic < 1e-7:
        guess = solution.visibility - 2.0 * worst - solution.elastic
        down = target.slope < -1e-12
        direct = float(((sums - target.right)[down] / target.slope[down]).min(initial=1.0))
        better = direct > guess and (target.right + direct * target.slope - sums).min() > -1e-10
        if better and not search.needs_equations:
            guess = min(direct, 1.0)
        if guess > bounds.lower:
            bounds = replace(bounds, reached=Reached(chosen, weights, max(guess, min(solution.visibility, 1.0)), guess))
    present = np.zeros(target.n_rows, dtype=bool)
    present[search.master.rows] = True
    missing = np.flatnonzero((slack < -1e-9) & ~present)
    return missing[np.argsort(slack[missing])][: 2 * search.width], bounds


def _lightest(search: Search, functional: Functional) -> Functional:
    """The same inequality with the smallest α and β: large ones that cancel would cost digits."""
    if search.projectors is None:
        return functional
    alice, bob = search.projectors
    return Functional(functional.correlators, alice @ functional.alice, bob @ functional.bob)


def _proposed(search: Search, functional: Functional, near: Columns, *, thorough: bool, deep: int = 32) -> Columns:
    """Hidden states that the functional values highly, from the heuristic oracles."""
    return propose(
        search.explorers, functional, search.count, rng=search.rng, near=near,
        starts=(THOROUGH if thorough else 3) * search.count, deep=deep if thorough else 0,
        antipodal=search.target.antipodal,
    )  # fmt: skip


def _price(
    search: Search, method: Method, bounds: Bounds, solution: MasterSolution, tolerance: float
) -> tuple[Columns, Bounds]:
    """New hidden states, and the ends with what the master's functional, or a smoother one, would prove."""
    master, target, simplex = search.master, search.target, method is not Method.INTERIOR
    budget = 0.02 * max(tolerance, min(bounds.gap, 1e-2))
    functional = None
    if method is not Method.ANY_MIXTURE:
        functional = normalised(solution.functional, target, budget)
    functional = _lightest(search, solution.functional if functional is None else functional)
    near = master.columns.take(np.argsort(solution.reduced)[: search.count // 2])
    asked = [functional]
    if bounds.best is not None and not simplex:
        asked.insert(0, 0.8 * bounds.best.functional + 0.2 * functional)
    found: list[Columns] = []
    for candidate in asked:
        states = _proposed(search, candidate, near, thorough=simplex or bounds.gap < 4.0 * tolerance)
        found.append(states)
        if len(states):
            highest = max(float(columns.values(candidate).max()) for columns in (states, master.columns))
            bounds = considered(bounds, candidate, target, highest, tolerance, vertex=simplex)
    columns = Columns.join(found)
    step, noise = difference(functional, target)
    level = noise + solution.visibility * step
    if solution.elastic > 1e-9:  # the target is not reached yet: worth adding is what tops the states so far
        level = min(level, float(master.columns.values(functional).max()))
    values = columns.values(functional) - level
    # worth adding: valued above what every state in use is worth; by 2 per cent of the best, not by rounding
    least = 1e-9 * (1.0 + abs(level)) if solution.elastic > 1e-9 else 1e-12
    margin = max(least, 0.02 * max(float(values.max(initial=0.0)), 0.0))
    worth = np.flatnonzero(values > margin)
    columns = columns.take(worth[np.argsort(-values[worth])])
    spacing = 0.1 if bounds.best is None else float(np.clip(0.3 * math.sqrt(max(bounds.gap, 1e-14)), 1e-6, 0.2))
    return columns.take(columns.distinct(spacing, target.antipodal)[: search.count]), bounds


def _confirm(search: Search, bounds: Bounds, tolerance: float) -> tuple[Bounds, bool]:
    """Look harder for states that contradict the best proposal; the ends then, and whether they stay together."""
    proposal = bounds.proposal
    if proposal is None:
        return bounds, True
    columns = search.master.columns
    near = columns.take(np.argsort(-columns.values(proposal.functional))[: search.count // 2])
    found = _proposed(search, proposal.functional, near, thorough=True, deep=160)
    values = found.values(proposal.functional)
    order = np.argsort(-values)[: search.count // 2]
    found = found.take(order)
    found = found.take(found.distinct(0.05 * math.sqrt(tolerance), search.target.antipodal))
    search.master.add_columns(found)
    bounds = corrected(bounds, found, search.target, tolerance)
    now = bounds.proposal
    agreed = now is not None and now.visibility <= max(proposal.visibility, bounds.lower + 0.5 * tolerance)
    return bounds, agreed


def _purge(search: Search, bounds: Bounds, solution: MasterSolution, tolerance: float) -> None:
    """Forget states far from being used and rows far from being active."""
    m, n = search.master.table.shape
    reduced, y = np.full(n, 0.0), np.zeros(m)
    reduced[: len(solution.reduced)] = solution.reduced
    y[: len(solution.y)] = solution.y
    keep_columns = reduced < 3.0 * max(bounds.gap, tolerance)
    keep_columns[: len(solution.weights)] |= solution.weights > 1e-6
    slack = np.full(m, -math.inf)
    slack[: len(solution.slack)] = solution.slack
    rank = np.empty(m)
    rank[np.argsort(slack)] = np.arange(m)
    keep_rows = (y > 3e-3 * y.max()) & (slack < 0.1)
    if m > 3 * search.width:
        keep_rows |= rank < 2.0 * search.width
    else:
        keep_rows[:] = True
    search.master.purge(keep_columns, keep_rows)


def _switch(search: Search, bounds: Bounds, tolerance: float, deadline: float) -> None:
    """Keep what the interior point found useful, before the simplex method goes on with it."""
    master = search.master
    solution = master.interior(max(0.04 * tolerance, 1e-10), deadline)
    gap = max(bounds.gap, tolerance, 1e-9)
    keep = (solution.weights > 1e-9) | (solution.reduced < 10.0 * gap)
    m, _n = master.table.shape
    if keep.sum() > 4 * m:
        keep &= solution.reduced <= np.partition(solution.reduced, 4 * m)[4 * m]
    master.purge(keep, np.ones(m, dtype=bool))


# -- the loop ---------------------------------------------------------------------------------------------------------


def rounds(search: Search, start: Round, tolerance: float, deadline: float) -> Iterator[Round]:
    """Go on until the last round, which says why it stopped.

    Parameters
    ----------
    search : Search
    start : Round
        Where an earlier search stopped, or `Round.first`.
    tolerance : float
        Wanted distance of the two (unproved) ends.
    deadline : float
        `time.perf_counter` value at which the loop stops.
    """
    now, changed, stalled = replace(start, stopped=None, record=None), 0, 0
    master, seconds = search.master, search.seconds
    wants_vertex = search.target.n_rows <= FEW_ROWS
    # with equations V = 1 is reached only up to the accuracy of the linear program
    nearly_one = 1.0 - (0.3 * tolerance if search.needs_equations else 0.0)
    while True:
        if time.perf_counter() > deadline:
            yield now.stop("time_limit")
            return
        before = now.bounds.gap
        solution = _solve(master, now, tolerance, deadline)
        now = replace(now, number=now.number + 1)
        try:
            with timed(seconds, "rows"):
                rows, bounds = _missing_rows(search, now.bounds, solution, tolerance, deadline)
        except TimeoutError:
            yield now.stop("time_limit")
            return
        with timed(seconds, "pricing"):
            columns, bounds = _price(search, now.method, bounds, solution, tolerance)
        record = _record(search, now.method, bounds, solution, rows, columns)
        now = replace(now, bounds=bounds, record=record)
        yield now
        if bounds.lower >= nearly_one:
            yield now.stop("gap")
            return
        simplex = now.method is not Method.INTERIOR
        enough = bounds.vertex is not None or (now.number > changed + 8 if simplex else not wants_vertex)
        if bounds.gap <= 0.35 * tolerance and enough:
            with timed(seconds, "pricing"):
                bounds, agreed = _confirm(search, bounds, tolerance)
            now = replace(now, bounds=bounds)
            if agreed:
                yield now.stop("gap")
                return
        stalled = 0 if bounds.gap < 0.98 * before or not math.isfinite(before) else stalled + 1
        reached = solution.elastic <= FEASIBLE
        if now.method is Method.ANY_MIXTURE and reached and len(rows) == 0:
            master.aim(1.0, LARGE_PENALTY)
            now, changed, stalled = replace(now, method=Method.SIMPLEX), now.number, 0
        elif len(rows) == len(columns) == 0 or stalled >= (LONG_PATIENCE if simplex else PATIENCE):
            if not reached and not math.isfinite(bounds.lower):
                if now.method is Method.ANY_MIXTURE:
                    yield now.stop("infeasible")
                    return
                master.aim(0.0, 1.0)
                now, changed, stalled = replace(now, method=Method.ANY_MIXTURE), now.number, 0
                continue
            m, n = master.table.shape
            if simplex or m * min(n, 3 * m) > SMALL_MASTER:
                yield now.stop("stalled")
                return
            _switch(search, bounds, tolerance, deadline)
            now, changed, stalled = replace(now, method=Method.SIMPLEX), now.number, 0
        elif not simplex and bounds.gap <= 0.4 * tolerance and wants_vertex:
            _switch(search, bounds, tolerance, deadline)
            now, changed = replace(now, method=Method.SIMPLEX), now.number
        master.add_columns(columns)
        master.add_rows(rows)
        if now.method is Method.INTERIOR and now.number >= 3 and math.isfinite(bounds.gap):
            _purge(search, bounds, solution, tolerance)


def _record(
    search: Search, method: Method, bounds: Bounds, solution: MasterSolution, rows: NDArray[np.intp], columns: Columns
) -> dict[str, Any]:
    m, n = search.master.table.shape
    return {
        "seconds": time.perf_counter() - search.began,
        "method": "interior" if method is Method.INTERIOR else "simplex",
        "rows": m,
        "columns": n,
        "new_rows": len(rows),
        "new_columns": len(columns),
        "lower": max(bounds.lower, 0.0),
        "upper": min(bounds.upper, 2.0),
        "iterations": solution.work,
    }
