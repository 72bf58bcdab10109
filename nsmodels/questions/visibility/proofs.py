"""The two ends of a visibility as they are proved: how oracle and exact numbers prove what a search proposes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ...core.effort import NO_HINT, Hint
from ...core.functional import Functional
from ...core.hidden_states import HiddenStates
from ...errors import SolverError
from ...models.base import Support
from .bounds import difference
from .clock import AFTER_INTERRUPT, GRACE, Clock, timed
from .column_generation import Round
from .exact_model import ExactModel
from .lower_end import prove_mixture
from .search import Search
from .states import Columns
from .task import Task
from .upper_end import UpperEnd

__all__ = ["Proofs", "Standing", "ask", "prove_lower", "prove_none", "prove_upper", "states_met"]

SECONDS_AN_ENTRY = 2e-8
"""Seconds that it takes to prove the lower end, per pair of settings and hidden state."""
EARLY = 0.3
"""Share of the time limit in which a proof may be given up for a better functional."""


@dataclass(frozen=True, eq=False)
class Proofs:
    """What is proved of the two ends.

    Parameters
    ----------
    lower : ExactModel or None
        An explicit model in exact numbers.
    upper : UpperEnd or None
        An inequality with the proof of its bound.
    stats : mapping
        Of the last proof.
    """

    lower: ExactModel | None = None
    upper: UpperEnd | None = None
    stats: Mapping[str, float] | None = None

    @property
    def low(self) -> float:
        """The V that has a model; 0 where none is known."""
        return 0.0 if self.lower is None else self.lower.visibility

    @property
    def high(self) -> float:
        """The V that is excluded; 1 where none is, −∞ where all are."""
        return 1.0 if self.upper is None else self.upper.visibility

    def closed(self, tolerance: float) -> bool:
        """Whether this is an answer: V = 1, ends that meet, or no V at all."""
        if self.lower is None or self.lower.deviation > 0.0:
            return self.high == -math.inf
        return self.low >= 1.0 or (self.high < 1.0 and self.high - self.low <= tolerance)

    def with_lower(self, model: ExactModel | None) -> Proofs:
        """The same with this model, if it is better: an exact one before one that misses its target, the larger V."""
        if model is None or (self.lower is not None and _rank(model) >= _rank(self.lower)):
            return self
        return replace(self, lower=model)

    def with_upper(self, end: UpperEnd | None) -> Proofs:
        """The same with this inequality, if it excludes more."""
        if end is None or (self.upper is not None and end.visibility >= self.upper.visibility):
            return self
        return replace(self, upper=end)


def _rank(model: ExactModel) -> tuple[float, float]:
    """Less is better."""
    return model.deviation, -model.visibility


@dataclass(frozen=True, eq=False)
class Standing:
    """How far a question has got: the last round of the search, what is proved, and why it would end here."""

    round: Round
    proofs: Proofs = Proofs()
    reason: str = "tolerance_met"

    def proved(self, proofs: Proofs) -> Standing:
        """The same with other proofs."""
        return replace(self, proofs=proofs)

    def because(self, reason: str) -> Standing:
        """The same with another reason."""
        return replace(self, reason=reason)

    def failed(self, error: SolverError, clock: Clock) -> Standing:
        """Remember the first reason; a solver that fails because time is up says nothing new."""
        if self.reason != "tolerance_met":
            return self
        return self.because("time_limit" if clock.late() else str(error))


def ask(
    task: Task, search: Search, clock: Clock, now: Standing, functional: Functional, seconds: float,
    hint: Hint = NO_HINT, tolerance: float = 0.0,
) -> tuple[Standing, Support | None]:  # fmt: skip
    """Let the oracle prove a functional, and keep it where it is the best upper end so far."""
    whole = task.of_all(functional)
    known: dict[str, Any] = {} if hint is NO_HINT else {"hint": hint}
    try:
        with timed(search.seconds, "proof"):
            support = task.model.support(
                whole, tolerance=max(tolerance, 1e-13), time_limit_s=max(seconds, 0.05), seed=task.seed, **known
            )
    except SolverError as error:
        return now.failed(error, clock), None
    if support.value.reason == "interrupted":
        now = now.because("interrupted")
    late = float(support.stats.get("compile_seconds", 0.0))  # of what only hard functionals need
    clock.began += late
    search.seconds["proof"] -= late
    stats = {k: v for k, v in support.stats.items() if isinstance(v, int | float)}
    end = UpperEnd.of(whole, support.value, support.proof, task.model, task.target)
    return now.proved(replace(now.proofs, stats=stats).with_upper(end)), support


def prove_upper(
    task: Task, search: Search, clock: Clock, now: Standing, seconds: float | None = None
) -> tuple[Standing, Columns | None]:
    """Prove what the search proposes; the states met on the way if it is worth more than was thought at one of them."""
    proposal = now.round.bounds.proposal
    scaled = None if proposal is None else _scaled(proposal.functional)
    if proposal is None or scaled is None:
        return now, None
    functional, factor = scaled
    hint = NO_HINT
    if task.mixable.refutable and clock.elapsed() < EARLY * clock.limit:
        # a functional that cannot close the gap need not be proved: what refutes it helps the search
        step, noise = difference(functional, search.target)
        hint = Hint(refuted_above=noise + step * (now.round.bounds.lower + task.tolerance))
    if seconds is None:
        seconds = _patience(task, search, clock)
    now, support = ask(task, search, clock, now, functional, seconds, hint, 0.25 * task.tolerance * factor)
    if support is None:
        return now, None
    step, noise = difference(functional, search.target)
    if not step > 0.0:
        # worth the same on the behaviour and on the noise: what excludes both or neither gives no end
        return now, None
    missed = (support.value.lower - noise) / step - proposal.visibility
    if missed <= 0.2 * task.tolerance or len(task.parts) > 1:
        return now, None
    return now, states_met(task, support)


def prove_none(task: Task, search: Search, clock: Clock, now: Standing) -> tuple[Standing, Columns | None]:
    """Ask the oracle whether any mixture can exist; states that were missing, or None where that is all."""
    scaled = _scaled(search.master.vertex().functional)
    if scaled is None:
        return now, None
    functional = scaled[0]
    seconds = max(_patience(task, search, clock), 0.5)
    now, support = ask(task, search, clock, now, functional, seconds, tolerance=1e-10)
    if support is None or now.proofs.closed(task.tolerance):
        return now, None
    met = states_met(task, support)
    present = float(search.master.columns.values(functional).max())
    better = met.take(met.values(functional) > present + 1e-9 * (1.0 + abs(present)))
    return now, better if len(better) else None


def prove_lower(task: Task, search: Search, clock: Clock, now: Standing) -> Standing:
    """Keep what the search's mixture proves, where it is better than the model so far."""
    reached = now.round.bounds.reached
    if reached is None:
        return now
    entries = task.target.n_pairs * len(reached.columns) * task.order
    if SECONDS_AN_ENTRY * entries > max(clock.left(), 0.0) + AFTER_INTERRUPT and now.proofs.lower is not None:
        return now
    known = now.proofs.lower is not None and now.proofs.lower.deviation == 0.0
    deadline = -math.inf if known and now.reason == "interrupted" else clock.stop_at + GRACE
    columns, weights = task.states_of_all(*task.unfolded(reached.columns, reached.weights))
    model = prove_mixture(
        task.target, task.parts, columns, weights, reached.claimed, tolerance=task.tolerance, rng=search.rng,
        deadline=deadline,
    )  # fmt: skip
    return now.proved(now.proofs.with_lower(model))


def states_met(task: Task, support: Support) -> Columns:
    """The maximiser and the other local maximisers that the oracle met, of the settings that are kept."""
    state = support.state
    u = None if state.u is None else state.u[None]
    v = None if state.v is None else state.v[None]
    found = Columns.of(HiddenStates(state.alice[None], state.bob[None], u, v), state.part or 0)
    if support.others is not None:
        found = Columns.join([found, Columns.of(support.others, 0)])
    return task.states_of_kept(found)


def _patience(task: Task, search: Search, clock: Clock) -> float:
    """Seconds for one proof: another functional may be easier, and the lower end has to be proved as well."""
    lower_end = SECONDS_AN_ENTRY * task.target.n_pairs * len(search.master.columns)
    return min(clock.left() - lower_end, max(3.0, 3.0 * clock.elapsed()))


def _scaled(functional: Functional) -> tuple[Functional, float] | None:
    """The functional with largest coefficient 1, and the factor; None where it vanishes (behaviour and noise agree)."""
    size = max(float(np.abs(x).max()) for x in (functional.correlators, functional.alice, functional.bob))
    if not size > 0.0:
        return None
    factor = 1.0 / size
    return factor * functional, factor
