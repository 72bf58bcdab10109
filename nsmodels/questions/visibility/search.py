"""The loop of column generation: rows and hidden states are generated together until both ends meet, unproved.

Each round solves the restricted master program (interior point for its central duals, or simplex for a vertex), looks
for violated rows, and asks the model's heuristic oracle for hidden states that the proposed functional values more than
the master program thinks possible. Functionals are smoothed: the oracle is also asked about a mean of the best
functional so far and the new one, which has lower peaks (Wentges, Int. Trans. Oper. Res. 4, 151 (1997)).

Nothing here is proved. `nsmodels.questions.visibility.decompose` proves what this loop proposes.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...core.functional import Functional
from ...models.hidden_variables import HiddenVariableModel
from .master import Master, MasterSolution
from .rows import Target
from .states import Columns, propose, starting_columns

__all__ = ["Proposal", "Search", "normalised"]

Array = NDArray[np.float64]

MOST_ENTRIES = 50_000_000
"""Pairs of settings times hidden states that are looked at before the first round."""
SMALL_MASTER = 250_000
"""Rows times columns up to which the simplex method takes over where the interior point gets no further."""
FEW_ROWS = 300
"""Rows up to which a vertex is looked for at the end in any case: short inequalities and few states."""
FEASIBLE = 1e-8
"""How much of the target a mixture may miss while it is looked for whether there is one."""
LARGE_PENALTY = 1e5
"""For master programs whose multipliers proved to be larger than usual."""
THOROUGH = 12
"""How many times more starts than columns where a functional is about to be proved."""


@dataclass(frozen=True, eq=False)
class Proposal:
    """A functional with f(P) − f(N) = 1, and the visibility that it would prove if the heuristic maximum were right."""

    functional: Functional
    visibility: float


def difference(functional: Functional, target: Target) -> tuple[float, float]:
    """f(P) − f(N) and f(N) in floating point."""
    table = functional.correlators[target.first, target.second]
    noise = float(table @ target.noise.correlators[target.first, target.second])
    value = float(table @ target.behaviour.correlators[target.first, target.second])
    if len(target.margin_right):
        both = np.concatenate([functional.alice, functional.bob])
        noise += float(both @ target.margin_right)
        value += float(both @ (target.margin_right + target.margin_slope))
    return value - noise, noise


def normalised(functional: Functional, target: Target, budget: float) -> Functional | None:
    """Drop the smallest coefficients (up to the budget in all) and scale to f(P) − f(N) = 1; None where that fails."""
    step, _ = difference(functional, target)
    if not step > 1e-12:
        return None
    table = functional.correlators / step
    size = np.abs(table).ravel()
    order = np.argsort(size)
    dropped = order[: int(np.searchsorted(np.cumsum(size[order]), budget))]
    kept = table.ravel().copy()
    kept[dropped] = 0.0
    cleaned = Functional(kept.reshape(table.shape), functional.alice / step, functional.bob / step)
    step, _ = difference(cleaned, target)
    return (1.0 / step) * cleaned if step > 1e-12 else None


@dataclass
class Search:
    """State of the loop.

    Parameters
    ----------
    target : Target
    parts : sequence of HiddenVariableModel
        The flattened model.
    tolerance : float
        Wanted distance of the two (unproved) ends.
    deadline : float
        `time.perf_counter` value at which the loop stops.
    rng : numpy.random.Generator
    """

    target: Target
    parts: Sequence[HiddenVariableModel]
    tolerance: float
    deadline: float
    rng: np.random.Generator
    report: Callable[[float, float, int], None] | None = None
    lower: float = -math.inf
    upper: float = math.inf
    best: Proposal | None = None
    vertex: Proposal | None = None
    primal: tuple[Columns, Array, float] | None = None
    infeasible: bool = False
    seeking: bool = False
    rounds: int = 0
    history: list[dict[str, Any]] = field(default_factory=list)
    pricing_seconds: float = 0.0
    row_seconds: float = 0.0
    most: tuple[int, int] = (0, 0)

    def __post_init__(self) -> None:
        start = time.perf_counter()
        self.began = start
        behaviour = self.target.behaviour
        columns = starting_columns(self.parts, behaviour, antipodal=self.target.antipodal, rng=self.rng)
        self.explorers = [part.explorer(behaviour) for part in self.parts]
        n_a, n_b = behaviour.shape
        self.width = n_a + n_b
        self.count = int(np.clip(2 * self.width, 60, 500))
        laws = self.parts[0].span() if len(self.parts) == 1 else None
        self.master = Master(self.target, columns, self._first_rows(columns), laws)
        self.use_vertex = not any(part.smooth for part in self.parts)
        self.spans = self._marginal_spans()
        self.row_seconds += time.perf_counter() - start

    def _first_rows(self, columns: Columns) -> NDArray[np.intp]:
        """All rows of small problems, else those that the first columns together nearly violate."""
        target = self.target
        if target.n_rows <= max(400, 2 * self.width):
            return np.arange(target.n_rows)
        some = max(1, target.n_pairs * len(columns) // MOST_ENTRIES)
        columns = columns.take(np.arange(0, len(columns), some))
        weights = np.full(len(columns), 1.0 / len(columns))
        sums = target.collect(target.sums(columns.alice, columns.bob, weights))
        slack = target.right + 0.85 * target.slope - sums
        return np.sort(np.argsort(slack)[: int(2.5 * self.width)])

    def _marginal_spans(self) -> tuple[Array, Array] | None:
        """Projectors onto what counts of the coefficients α, β: on the model's marginals, and on both given ones."""
        spans = self.parts[0].span() if len(self.parts) == 1 and len(self.target.margin_right) else None
        if spans is None:
            return None
        n_a = len(spans[0])
        given = np.stack([self.target.margin_right, self.target.margin_slope], axis=1)
        projectors = []
        for counts in (np.hstack([spans[0], given[:n_a]]), np.hstack([spans[1], given[n_a:]])):
            basis, sizes, _ = np.linalg.svd(counts, full_matrices=False)
            basis = basis[:, sizes > 1e-12 * sizes[0]]
            projectors.append(basis @ basis.T)
        return projectors[0], projectors[1]

    def _lightest(self, functional: Functional) -> Functional:
        """The same inequality with the smallest α and β: large ones that cancel would cost digits."""
        if self.spans is None:
            return functional
        alice, bob = self.spans
        return Functional(functional.correlators, alice @ functional.alice, bob @ functional.bob)

    # -- one round --------------------------------------------------------------------------------------------------

    def _gap(self) -> float:
        return self.upper - self.lower

    def _solve(self) -> MasterSolution:
        if self.use_vertex:
            return self.master.vertex(max(self.deadline - time.perf_counter(), 0.05))
        wanted = max(0.04 * self.tolerance, min(1e-3, 0.1 * self._gap()), 1e-11)
        return self.master.interior(wanted, self.deadline)

    def _missing_rows(self, solution: MasterSolution) -> NDArray[np.intp]:
        """Violated rows that the master program lacks; updates the lower end."""
        start = time.perf_counter()
        target, columns = self.target, self.master.columns
        # an interior solution gives every state some weight: leave out what adds up to nothing
        order = np.argsort(solution.weights)
        light = np.searchsorted(np.cumsum(solution.weights[order]), min(1e-3 * self.tolerance, 1e-7))
        used = order[light:]
        weights = solution.weights[used] / solution.weights[used].sum()
        chosen = columns.take(used)
        sums = target.collect(target.sums(chosen.alice, chosen.bob, weights, self.deadline))
        slack = target.right + solution.visibility * target.slope - sums
        worst = float(max(-slack.min(), 0.0))
        if solution.elastic < 1e-7:
            guess = solution.visibility - 2.0 * worst - solution.elastic
            down = target.slope < -1e-12
            direct = float(((sums - target.right)[down] / target.slope[down]).min(initial=1.0))
            free = len(target.margin_right) == 0
            if free and direct > guess and (target.right + direct * target.slope - sums).min() > -1e-10:
                guess = min(direct, 1.0)
            if guess > self.lower:
                self.lower = guess
                self.primal = (chosen, weights, max(guess, min(solution.visibility, 1.0)))
        present = np.zeros(target.n_rows, dtype=bool)
        present[self.master.rows] = True
        missing = np.flatnonzero((slack < -1e-9) & ~present)
        self.row_seconds += time.perf_counter() - start
        return missing[np.argsort(slack[missing])][: 2 * self.width]

    def _price(self, solution: MasterSolution) -> tuple[Columns, float]:
        """New hidden states, and the visibility that the master's own functional would prove."""
        start = time.perf_counter()
        budget = 0.02 * max(self.tolerance, min(self._gap(), 1e-2))
        functional = None if self.seeking else normalised(solution.functional, self.target, budget)
        if functional is None:
            functional = solution.functional
        functional = self._lightest(functional)
        near = self.master.columns.take(np.argsort(solution.reduced)[: self.count // 2])
        asked = [functional]
        if self.best is not None and not self.use_vertex:
            asked.insert(0, 0.8 * self.best.functional + 0.2 * functional)
        found: list[Columns] = []
        own = math.inf
        for candidate in asked:
            states = self._propose(candidate, near, thorough=self.use_vertex or self._gap() < 4.0 * self.tolerance)
            found.append(states)
            own = self._consider(candidate, states)
        columns = Columns.join(found)
        step, noise = difference(functional, self.target)
        level = noise + solution.visibility * step
        if solution.elastic > 1e-9:  # the target is not reached yet: worth adding is what tops the states so far
            level = min(level, float(self.master.columns.values(functional).max()))
        values = columns.values(functional) - level
        # worth adding: valued above what every state in use is worth; by 2 per cent of the best, not by rounding
        least = 1e-9 * (1.0 + abs(level)) if solution.elastic > 1e-9 else 1e-12
        margin = max(least, 0.02 * max(float(values.max(initial=0.0)), 0.0))
        worth = np.flatnonzero(values > margin)
        columns = columns.take(worth[np.argsort(-values[worth])])
        spacing = float(np.clip(0.3 * math.sqrt(max(self._gap(), 1e-14)), 1e-6, 0.2)) if self.best else 0.1
        columns = columns.take(columns.distinct(spacing, self.target.antipodal)[: self.count])
        self.pricing_seconds += time.perf_counter() - start
        return columns, own

    def _propose(self, functional: Functional, near: Columns, *, thorough: bool, deep: int = 32) -> Columns:
        return propose(
            self.explorers, functional, self.count, rng=self.rng, near=near,
            starts=(THOROUGH if thorough else 3) * self.count, deep=deep if thorough else 0,
            antipodal=self.target.antipodal,
        )  # fmt: skip

    def learn(self, columns: Columns) -> None:
        """Take in states that were found elsewhere; the proposals' visibilities are corrected for them."""
        self.master.add_columns(columns)
        for name in ("best", "vertex"):
            proposal = getattr(self, name)
            if proposal is not None:
                step, noise = difference(proposal.functional, self.target)
                higher = (float(columns.values(proposal.functional).max()) - noise) / step
                setattr(self, name, Proposal(proposal.functional, max(proposal.visibility, higher)))
        self.upper = math.inf if self.best is None else self.best.visibility
        if self.vertex is not None and self.vertex.visibility > self.lower + 0.6 * self.tolerance:
            self.vertex = None

    def _confirm(self) -> bool:
        """Look harder for states that contradict the best proposals; False if there are any."""
        start = time.perf_counter()
        proposal = self.vertex if self.vertex is not None else self.best
        if proposal is None:
            return True
        columns = self.master.columns
        near = columns.take(np.argsort(-columns.values(proposal.functional))[: self.count // 2])
        found = self._propose(proposal.functional, near, thorough=True, deep=160)
        values = found.values(proposal.functional)
        order = np.argsort(-values)[: self.count // 2]
        found = found.take(order)
        found = found.take(found.distinct(0.05 * math.sqrt(self.tolerance), self.target.antipodal))
        before = proposal.visibility
        self.learn(found)
        self.pricing_seconds += time.perf_counter() - start
        now = self.vertex if self.vertex is not None else self.best
        return now is not None and now.visibility <= max(before, self.lower + 0.5 * self.tolerance)

    def _consider(self, functional: Functional, states: Columns) -> float:
        """The visibility that a functional would prove if its heuristic maximum were right; remember the best."""
        step, noise = difference(functional, self.target)
        if not step > 1e-12 or len(states) == 0:
            return math.inf
        highest = max(float(states.values(functional).max()), float(self.master.columns.values(functional).max()))
        visibility = (highest - noise) / step
        if visibility < self.upper:
            self.upper = visibility
            self.best = Proposal(functional, visibility)
        if self.use_vertex and visibility <= self.lower + 0.6 * self.tolerance:
            self.vertex = Proposal(functional, visibility)
        return visibility

    def _purge(self, solution: MasterSolution) -> None:
        """Forget states far from being used and rows far from being active."""
        gap = self._gap()
        if self.use_vertex or not math.isfinite(gap) or self.rounds < 3:
            return
        m, n = self.master.table.shape
        reduced, y = np.full(n, 0.0), np.zeros(m)
        reduced[: len(solution.reduced)] = solution.reduced
        y[: len(solution.y)] = solution.y
        keep_columns = reduced < 3.0 * max(gap, self.tolerance)
        keep_columns[: len(solution.weights)] |= solution.weights > 1e-6
        slack = np.full(m, -math.inf)
        slack[: len(solution.slack)] = solution.slack
        rank = np.empty(m)
        rank[np.argsort(slack)] = np.arange(m)
        keep_rows = (y > 3e-3 * y.max()) & (slack < 0.1)
        if m > 3 * self.width:
            keep_rows |= rank < 2.0 * self.width
        else:
            keep_rows[:] = True
        self.master.purge(keep_columns, keep_rows)

    # -- the loop ---------------------------------------------------------------------------------------------------

    def run(self) -> str:
        """Iterate; return why it stopped: "gap", "stalled", "infeasible" or "time_limit"."""
        stalled = 0
        switched_at = 0
        while True:
            if time.perf_counter() > self.deadline:
                return "time_limit"
            before = self._gap()
            solution = self._solve()
            self.rounds += 1
            try:
                rows = self._missing_rows(solution)
            except TimeoutError:
                return "time_limit"
            columns, own = self._price(solution)
            self._record(solution, rows, columns, own)
            # with equations V = 1 is reached only up to the accuracy of the linear program
            if self.lower >= 1.0 - (0.3 * self.tolerance if len(self.target.margin_right) else 0.0):
                return "gap"
            if self._gap() <= 0.35 * self.tolerance and self._finished_vertex(switched_at) and self._confirm():
                return "gap"
            improved = self._gap() < 0.98 * before or not math.isfinite(before)
            stalled = 0 if improved else stalled + 1
            nothing_new = len(rows) == 0 and len(columns) == 0
            if self.seeking and solution.elastic <= FEASIBLE and len(rows) == 0:
                self.seeking = False
                self.master.aim(1.0, LARGE_PENALTY)
                switched_at, stalled = self.rounds, 0
            elif nothing_new or stalled >= (12 if not self.use_vertex else 60):
                if solution.elastic > FEASIBLE and not math.isfinite(self.lower):
                    if self.seeking:
                        self.infeasible = True
                        return "infeasible"
                    self._seek()
                    switched_at, stalled = self.rounds, 0
                    continue
                if self.use_vertex or not self._may_use_vertex():
                    return "stalled"
                self._switch()
                switched_at, stalled = self.rounds, 0
            elif not self.use_vertex and self._gap() <= 0.4 * self.tolerance and self._wants_vertex():
                self._switch()
                switched_at = self.rounds
            self.master.add_columns(columns)
            self.master.add_rows(rows)
            if switched_at != self.rounds:
                self._purge(solution)

    def _seek(self) -> None:
        """Look for any mixture at all: the penalty did not suffice, or there is none."""
        self.seeking = self.use_vertex = True
        self.master.aim(0.0, 1.0)

    def _may_use_vertex(self) -> bool:
        m, n = self.master.table.shape
        return m * min(n, 3 * m) <= SMALL_MASTER

    def _wants_vertex(self) -> bool:
        return self.target.n_rows <= FEW_ROWS

    def _finished_vertex(self, switched_at: int) -> bool:
        """Whether the end may be declared: a vertex was found, or there is no point in looking for one."""
        if self.vertex is not None or not (self.use_vertex or self._wants_vertex()):
            return True
        return self.use_vertex and self.rounds > switched_at + 8

    def _switch(self) -> None:
        """Go on with the simplex method on what the interior point found useful."""
        solution = self.master.interior(max(0.04 * self.tolerance, 1e-10), self.deadline)
        gap = max(self._gap(), self.tolerance, 1e-9)
        keep = (solution.weights > 1e-9) | (solution.reduced < 10.0 * gap)
        m, _n = self.master.table.shape
        if keep.sum() > 4 * m:
            keep &= solution.reduced <= np.partition(solution.reduced, 4 * m)[4 * m]
        self.master.purge(keep, np.ones(m, dtype=bool))
        self.use_vertex = True

    def _record(self, solution: MasterSolution, rows: Any, columns: Columns, own: float) -> None:
        m, n = self.master.table.shape
        self.most = (max(self.most[0], m), max(self.most[1], n))
        if self.report is not None:
            self.report(self.lower, self.upper, self.rounds)
        if len(self.history) < 400:
            self.history.append(
                {
                    "seconds": time.perf_counter() - self.began,
                    "method": "simplex" if self.use_vertex else "interior",
                    "rows": m,
                    "columns": n,
                    "new_rows": len(rows),
                    "new_columns": len(columns),
                    "lower": max(self.lower, 0.0),
                    "upper": min(self.upper, 2.0),
                    "iterations": solution.work,
                }
            )
