"""Question 2: has a behaviour a model; if not, up to which visibility; and which inequality says no.

The largest V for which V·P + (1 − V)·noise = Σ ρ_λ P_λ with boxes of the model is a linear program with one column per
hidden state, because the correlators C_λ may be eliminated (`rows`). Its dual is the optimal inequality of Leggett's
type for these settings; its pricing problem is the model's oracle. `search` generates rows and columns together until
both ends meet in floating point; then

- the lower end is proved by an explicit model in exact numbers (`lower_end`, `exact_model`),
- the upper end is proved by the oracle: with f ≤ h on the model, V ≤ (h − f(N))/(f(P) − f(N)) (`UpperEnd`).

Linear programs only propose; where the oracle finds a better state while proving, the loop goes on.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...behaviours import uniform
from ...common.arguments import check_noun, check_options, one_of
from ...common.digits import at_most
from ...common.interrupts import arrived, held, loading, released, taken
from ...common.rationals import round_up
from ...common.versions import versions
from ...core.behaviour import Behaviour
from ...core.effort import NO_HINT, Hint, Progress
from ...core.enclosure import NO_MODEL_PROVED, NOT_FOUND, Enclosure, Status
from ...core.functional import Functional, Inequality
from ...core.hidden_states import HiddenStates
from ...errors import InputError, SolverError
from ...models.base import Model, Support, require_model
from ...models.hidden_variables import HiddenVariableModel, with_safe_defaults
from ..answer import Question
from .exact_mixture import Mixture, generate_exactly, is_exact, restored
from .exact_model import LARGEST_MISS, ExactModel
from .lower_end import prove_mixture, prove_noise
from .reduction import Reduction, find_reduction
from .result import DecomposeResult, expand
from .rows import make_target
from .search import Proposal, Search, difference
from .states import Columns, shown
from .symmetry import Symmetry, find_symmetry
from .upper_end import UpperEnd

__all__ = ["decompose"]

Array = NDArray[np.float64]

MOST_PROOFS = 16
"""How often the loop is resumed after a proof that leaves the ends apart."""
WIDEST = 0.25
"""Larger tolerances are taken for this one: V lies in [0, 1] anyway, and thresholds of the search follow from it."""
SECONDS_AN_ENTRY = 2e-8
"""What it takes to prove the lower end, per pair of settings and hidden state."""
SLICE = 0.65
"""Share of what is left of the time limit that a search may take before its proposals are proved, and it goes on."""
AFTER_INTERRUPT, GRACE = 0.5, 0.3
"""Seconds for proofs after Ctrl-C, and after any limit for one that has begun."""
EARLY = 0.3
"""Share of the time limit in which a proof may be given up for a better functional."""


def decompose(
    behaviour: Behaviour,
    model: Model,
    *,
    noise: str | Behaviour = "white",
    marginals: str = "match",
    tolerance: float = 1e-6,
    time_limit_s: float = 60.0,
    seed: int = 0,
    symmetry: Symmetry | str | None = "auto",
    progress: Progress | None = None,
) -> DecomposeResult:
    """Enclose the largest V in [0, 1] for which V·P + (1 − V)·noise is a mixture of the model's boxes.

    Parameters
    ----------
    behaviour : Behaviour
        P. Pairs that it does not know are unconstrained (`Behaviour.with_pairs`).
    model : Model
        Of the same shape: `Leggett`, `Bell`, `NonSignalling`, `Unbiased`, `Finite`, `Hull`.
    noise : "white" or Behaviour
        White noise has vanishing mean values.
    marginals : {"match", "free"}
        Whether the mixture reproduces the marginals too, where the behaviour has them.
    tolerance : float
        Wanted width of the enclosure, > 0.
    time_limit_s : float
        After so many seconds the best proved enclosure, model and inequality are returned.
    seed : int
        Seed of every random choice.
    symmetry : Symmetry, "auto" or None
        Relabellings that leave settings and correlations as they are reduce rows and columns by orbit; "auto" looks for
        them among up to 40 settings. Models that name no invariants are not relabelled. The answer is the same with and
        without.
    progress : callable, optional
        Called with (lower, upper, rounds, seconds); the ends are not proved yet, and may cross.
        What it raises ends the question.

    Returns
    -------
    DecomposeResult
        ``visibility``, ``decomposition``, ``inequality``, ``status``, ``reason``, ``stats``. On Ctrl-C what is proved
        so far, with ``reason`` = "interrupted"; where a solver fails, the same with its sentence as the reason, and
        ``no_answer`` where that is nothing.

    Raises
    ------
    InputError
        For shapes that differ, options out of range, or a model without a decomposition (`Quantum`).

    Source: arXiv:0801.2241, eqs. (6)-(9), and the linear program of its Methods section for discrete hidden variables.
    """
    check_noun(behaviour, Behaviour, "behaviour", "decompose")
    require_model(model, "decompose")
    if behaviour.shape != model.shape:
        raise InputError(
            f"decompose: the behaviour has {behaviour.shape[0]}×{behaviour.shape[1]} settings, "
            f"the model {model.name} has {model.shape[0]}×{model.shape[1]}"
        )
    check_options("decompose", tolerance=tolerance, time_limit_s=time_limit_s, seed=seed, progress=progress)
    if isinstance(symmetry, Symmetry):
        if not symmetry.fits(behaviour.shape):
            size = f"{behaviour.shape[0]}×{behaviour.shape[1]}"
            raise InputError(f"decompose: the symmetry is not one of {size} settings; give None or find_symmetry's")
    elif symmetry is not None:
        one_of(symmetry, ("auto", "None", "a Symmetry"), "decompose: symmetry")
    if isinstance(noise, str):
        if noise != "white":
            raise InputError(f'decompose: noise is {noise!r}; it is "white" or a Behaviour')
        noise = uniform(*behaviour.shape)
    check_noun(noise, Behaviour, "noise", "decompose")
    mixable = with_safe_defaults(model)
    if mixable is None:
        raise InputError(f"decompose: {model.name} has no hidden states; use leggett, bell, nonsignalling, unbiased, …")
    width = min(tolerance, WIDEST)
    task = _Task(behaviour, noise, model, mixable, marginals, width, time_limit_s, seed, progress)
    with held():
        result = task.run(symmetry)
        taken()
        asked = Question(tolerance, time_limit_s, seed, marginals=marginals)
        return replace(result, question=asked)


class _Task:
    """One call of `decompose`."""

    def __init__(
        self, behaviour: Behaviour, noise: Behaviour, model: Model, mixable: HiddenVariableModel, marginals: str,
        tolerance: float, time_limit_s: float, seed: int, progress: Progress | None,
    ) -> None:  # fmt: skip
        self.model, self.mixable, self.parts = model, mixable, mixable.parts
        self.tolerance, self.limit, self.seed, self.progress = tolerance, time_limit_s, seed, progress
        self.target = make_target(behaviour, noise, marginals=marginals, symmetric_model=mixable.symmetric)
        self.stop_at = math.inf
        self.reduction: Reduction | None = None
        self.upper: UpperEnd | None = None
        self.lower: ExactModel | None = None
        self.reason = "tolerance_met"
        self.proof_seconds = 0.0
        self.proof_stats: dict[str, Any] = {}
        self.shown = 0.0

    def _left(self) -> float:
        return self.stop_at - time.perf_counter()

    def _patience(self, search: Search) -> float:
        """Seconds for one proof: another functional may be easier, and the lower end has to be proved as well."""
        elapsed = time.perf_counter() - self.began
        lower_end = SECONDS_AN_ENTRY * self.target.n_pairs * len(search.master.columns)
        return min(self._left() - lower_end, max(3.0, 3.0 * elapsed))

    def _report(self, lower: float, upper: float, rounds: int) -> None:
        now = time.perf_counter()
        if self.progress is not None and now - self.shown > 0.1:
            self.shown = now
            self.progress(max(lower, 0.0), min(upper, 1.0), rounds, now - self.began)

    def run(self, symmetry: Symmetry | str | None) -> DecomposeResult:
        start = time.perf_counter()
        stages = [self._alternate, self._exactly, self._finish]
        with loading():
            for part in self.parts:
                part.prepare()
        if not self._undisturbed(lambda: None):
            stages, symmetry = [self._exactly, self._finish], None
        self.began = time.perf_counter()
        self.stop_at = min(self.stop_at, self.began + self.limit)
        target, found = self.target, None
        parts: Sequence[HiddenVariableModel] = self.parts
        like: dict[str, Any] = {
            "symmetric_model": target.antipodal, "marginals": "match" if target.matched else "free"
        }  # fmt: skip
        if not isinstance(symmetry, Symmetry):
            self.reduction = find_reduction(target, parts)
        if self.reduction is not None:
            parts = self.reduction.parts
            target = make_target(self.reduction.behaviour, self.reduction.noise, **like)
        self.small = target
        # relabelling states gives states only where every part of the model says so
        offered = all(part.invariants() is not None for part in parts)
        if symmetry is not None and offered and len(target.margin_right) == 0:
            found = symmetry if isinstance(symmetry, Symmetry) else find_symmetry(target, parts)
            if found is not None and found.order > 1:
                target = make_target(target.behaviour, target.noise, symmetry=found, **like)
            else:
                found = None
        rng = np.random.default_rng(self.seed)
        search = Search(target, parts, self.tolerance, self.began + SLICE * self._left(), rng, self._report)
        for stage in stages:
            try:
                self._undisturbed(partial(stage, search, found))
            except SolverError as error:
                self._failed(error, search)
        return self._result(search, found, self.began - start)

    def _undisturbed(self, work: Callable[[], object]) -> bool:
        """Do the work, which Ctrl-C may end; whether it did not."""
        try:
            with released():
                work()
                return True
        except KeyboardInterrupt:
            pass
        except Exception:  # an interrupt in the middle of an import or a compilation can surface as anything
            if not arrived():
                raise
        self.reason = "interrupted"
        self.stop_at = min(self.stop_at, time.perf_counter() + AFTER_INTERRUPT)
        return False

    def _failed(self, error: SolverError, search: Search) -> None:
        """Remember the first reason; a solver that fails because time is up says nothing new."""
        if self.reason == "tolerance_met":
            self.reason = "time_limit" if time.perf_counter() > search.deadline else str(error)

    def _alternate(self, search: Search, symmetry: Symmetry | None) -> None:
        """Search and prove in turn until the ends meet or time is up."""
        for attempt in range(MOST_PROOFS):
            stopped = search.run()
            searched = time.perf_counter()
            if stopped == "time_limit":
                self.reason = "time_limit"
            if search.infeasible and self._left() > 0.0:
                met = self._prove_none(search)
                if met is None:
                    break
                search.infeasible = False
                search.master.add_columns(met)
                continue
            if self._left() <= 0.0:
                break
            if search.lower >= 1.0 - self.tolerance:
                self.lower = self._prove_lower(search, symmetry)
                if self.lower is not None and self.lower.visibility >= 1.0:
                    return
            proposal = search.vertex if search.vertex is not None else search.best
            better = None if proposal is None else self._prove_upper(search, proposal, self._patience(search))
            high = 1.0 if self.upper is None else min(self.upper.visibility, 1.0)
            if high - search.lower <= self.tolerance or better is None or stopped == "time_limit":
                self.lower = self._prove_lower(search, symmetry)
            low = 0.0 if self.lower is None else self.lower.visibility
            if high - low <= self.tolerance or self.reason == "interrupted":
                return
            proofs = time.perf_counter() - searched
            if self._left() <= (max(0.05 * self.limit, 1.5 * proofs) if stopped == "time_limit" else 0.0):
                self.reason = "time_limit"
                return
            search.deadline = time.perf_counter() + SLICE * self._left()
            if self.reason == "time_limit":
                self.reason = "tolerance_met"
            else:
                # the proof found a state that the heuristic had missed, or the ends are still apart: tighten and go on
                search.tolerance *= 0.7
            if better is not None:
                search.learn(better)
            if stopped == "stalled" and better is None and attempt > 0:
                break
        self.reason = (
            "the search found no better model or inequality" if self.reason == "tolerance_met" else self.reason
        )

    def _closed(self) -> bool:
        """Whether what is proved is an answer: V = 1, ends that meet, or no V at all."""
        high = 1.0 if self.upper is None else self.upper.visibility
        if self.lower is None or self.lower.deviation > 0.0:
            return high == -math.inf
        low = self.lower.visibility
        return low >= 1.0 or (high < 1.0 and high - low <= self.tolerance)

    def _exactly(self, search: Search, symmetry: Symmetry | None) -> None:
        """Where floating point has not closed the question, solve it in rational numbers, or for the noise alone."""
        if self._closed():
            return
        seconds = max(self._left(), min(0.5, 0.2 * self.limit))
        columns, weights = search.master.columns, None
        if search.primal is not None:
            heavy, shares, _ = search.primal
            columns = Columns.join([heavy, columns])
            weights = np.concatenate([shares, np.zeros(len(columns) - len(shares))])
        if symmetry is not None:
            known = np.ones(len(columns)) if weights is None else weights + 1e-9
            columns, weights = symmetry.expand(columns, known, search.parts, self.target.antipodal)

        def prove(functional: Functional) -> Columns | None:
            support = self._ask(functional, search, max(self._left(), GRACE))
            return None if support is None else self._states_met(support)

        def finished(mixture: Mixture) -> bool:
            self._remember(None if mixture.model is None else restored(mixture.model, self.target, self.reduction))
            return self._closed()

        for noise_only in (False, True):
            if is_exact(self.small, noise_only=noise_only) and not self._closed():
                high = 1.0 if self.upper is None else self.upper.visibility
                if noise_only and self.lower is not None and self.lower.deviation <= LARGEST_MISS:
                    if 0.0 < self.lower.visibility < high + 1e-12:
                        break  # an estimate that is better than nothing
                generate_exactly(
                    self.small, search.parts, columns, weights, prove, finished, rng=search.rng, noise_only=noise_only,
                    deadline=time.perf_counter() + seconds,
                )  # fmt: skip
                if not noise_only and self.lower is not None and self.lower.deviation == 0.0:
                    break
        if self._closed() and self.reason != "interrupted":
            self.reason = "tolerance_met"

    def _remember(self, model: ExactModel | None) -> None:
        """Keep the better lower end: an exact one before one that misses its target, then the larger V."""
        if model is not None and (self.lower is None or _rank(model) < _rank(self.lower)):
            self.lower = model

    def _finish(self, search: Search, symmetry: Symmetry | None) -> None:
        """Prove what can be proved in the time that is left, at least briefly."""
        unproved = self.lower is None
        none = self.upper is not None and self.upper.visibility == -math.inf
        if not none and (self.lower is None or self.lower.deviation > LARGEST_MISS):
            few = search.master.columns.take(np.arange(min(len(search.master.columns), 200)))
            columns, _ = self._whole(few, np.ones(len(few)))
            self._remember(prove_noise(self.target, self.parts, columns, search.rng, self.stop_at + GRACE))
        if unproved or self.reason == "interrupted":
            self.lower = self._prove_lower(search, symmetry)
        if self.lower is not None and self.lower.visibility >= 1.0:
            self.reason = "tolerance_met"
            return
        if self.upper is None:
            proposal = search.vertex if search.vertex is not None else search.best
            if proposal is not None:
                self._prove_upper(search, proposal, max(self._left(), GRACE))

    def _prove_none(self, search: Search) -> Columns | None:
        """Ask the oracle whether any mixture can exist; states that were missing, or None where that is all."""
        proposal = _scaled(search.master.vertex().functional)
        if proposal is None:
            return None
        f = proposal[0]
        support = self._ask(f, search, max(self._patience(search), 0.5), tolerance=1e-10)
        if support is None or self._closed():
            return None
        met = self._states_met(support)
        present = float(search.master.columns.values(f).max())
        better = met.take(met.values(f) > present + 1e-9 * (1.0 + abs(present)))
        return better if len(better) else None

    def _prove_upper(self, search: Search, proposal: Proposal, seconds: float) -> Columns | None:
        """Prove a proposed functional; return the states met on the way if it is worth more than was thought at one."""
        f = _scaled(proposal.functional)
        if f is None:
            return None
        hint = NO_HINT
        if self.mixable.refutable and time.perf_counter() - self.began < EARLY * self.limit:
            # a functional that cannot close the gap need not be proved: what refutes it helps the search
            step, noise = difference(f[0], search.target)
            hint = Hint(refuted_above=noise + step * (search.lower + self.tolerance))
        support = self._ask(f[0], search, seconds, hint, 0.25 * self.tolerance * f[1])
        if support is None:
            return None
        step, noise = difference(f[0], search.target)
        if not step > 0.0:
            # worth the same on the behaviour and on the noise: what excludes both or neither gives no end
            return None
        missed = (support.value.lower - noise) / step - proposal.visibility
        if missed <= 0.2 * self.tolerance or len(self.parts) > 1:
            return None
        return self._states_met(support)

    def _states_met(self, support: Support) -> Columns:
        """The states that the oracle met, of the settings that the search looks at."""
        met = _met(support)
        return met if self.reduction is None else self.reduction.restricted(met)

    def _ask(
        self, functional: Functional, search: Search, seconds: float, hint: Hint = NO_HINT, tolerance: float = 0.0
    ) -> Support | None:
        """Let the oracle prove a functional, and keep it where it is the best upper end so far."""
        start = time.perf_counter()
        whole = functional if self.reduction is None else self.reduction.functional(functional)
        known: dict[str, Any] = {} if hint is NO_HINT else {"hint": hint}
        try:
            support = self.model.support(
                whole,
                tolerance=max(tolerance, 1e-13),
                time_limit_s=max(seconds, 0.05),
                seed=self.seed,
                **known,
            )
        except SolverError as error:
            self._failed(error, search)
            return None
        finally:
            self.proof_seconds += time.perf_counter() - start
        if support.value.reason == "interrupted":
            self.reason = "interrupted"
        late = float(support.stats.get("compile_seconds", 0.0))  # of what only hard functionals need
        self.began, self.proof_seconds = self.began + late, self.proof_seconds - late
        self.proof_stats = {k: v for k, v in support.stats.items() if isinstance(v, int | float)}
        end = UpperEnd.of(whole, support.value, support.proof, self.model, self.target)
        if end is not None and (self.upper is None or end.visibility < self.upper.visibility):
            self.upper = end
        return support

    def _prove_lower(self, search: Search, symmetry: Symmetry | None) -> ExactModel | None:
        """The better one of the model so far and of what the search's mixture proves."""
        if search.primal is None:
            return self.lower
        columns, weights, visibility = search.primal
        entries = self.target.n_pairs * len(columns) * (1 if symmetry is None else symmetry.order)
        if SECONDS_AN_ENTRY * entries > max(self._left(), 0.0) + AFTER_INTERRUPT and self.lower is not None:
            return self.lower
        if symmetry is not None:
            columns, weights = symmetry.expand(columns, weights, search.parts, self.target.antipodal)
        columns, weights = self._whole(columns, weights)
        model = prove_mixture(
            self.target, self.parts, columns, weights, visibility, tolerance=self.tolerance, rng=search.rng,
            deadline=self.stop_at + GRACE,
        )  # fmt: skip
        return model if self.lower is None or _rank(model) < _rank(self.lower) else self.lower

    def _not_shown(self, lower: ExactModel) -> str | None:
        """The name of a part that does not show all of its states to be its own, or None."""
        missing = np.flatnonzero(~shown(self.parts, lower.columns))
        return self.parts[int(lower.columns.part[missing[0]])].name if len(missing) else None

    def _whole(self, columns: Columns, weights: NDArray[np.float64]) -> tuple[Columns, NDArray[np.float64]]:
        """States of the whole model from those of the search."""
        return (columns, weights) if self.reduction is None else self.reduction.extended(columns, weights)

    def _result(self, search: Search, symmetry: Symmetry | None, compile_seconds: float) -> DecomposeResult:
        lower, upper = self.lower, self.upper
        lower = None if lower is None else _below(lower, upper)
        low = 0.0 if lower is None else lower.visibility + 0.0
        high = 1.0 if upper is None else min(upper.visibility, 1.0)
        status, reason = Status.CERTIFIED, self.reason
        unknown = None if lower is None else self._not_shown(lower)
        if lower is not None and low >= 1.0:
            upper, high = None, 1.0
        if upper is not None and upper.visibility >= 1.0:
            upper = None
        if lower is None:
            status = Status.NO_ANSWER
            if upper is not None and upper.visibility == -math.inf:
                reason = NO_MODEL_PROVED
            elif reason not in ("interrupted", "time_limit"):
                reason = NOT_FOUND if self.reason == "tolerance_met" or search.infeasible else self.reason
            high = max(high, 0.0)
        if status == Status.CERTIFIED and unknown is not None:
            status, reason = Status.ESTIMATE, f"the model {unknown} does not show that its states belong to it"
        elif status == Status.CERTIFIED and lower is not None and lower.deviation > 0.0:
            status, reason = Status.ESTIMATE, f"the model misses its target by up to {at_most(lower.deviation, 2)}"
        elif status == Status.CERTIFIED and high - low <= self.tolerance:
            reason = "tolerance_met"
        elif reason == "tolerance_met":
            reason = "time_limit" if self._left() <= 0 else "the search found no better model or inequality"
        m, n = search.most
        stats: dict[str, Any] = {
            "seconds": time.perf_counter() - self.began,
            "compile_seconds": compile_seconds,
            "rounds": search.rounds,
            "rows": m,
            "columns": n,
            "states": 0 if lower is None else len(lower.weights) * (2 if lower.antipodal else 1),
            "terms": 0 if upper is None else int(np.count_nonzero(upper.functional.correlators)),
            "symmetry_order": 1 if symmetry is None else symmetry.order,
            "time": {
                **search.master.seconds,
                "pricing": search.pricing_seconds,
                "rows": search.row_seconds,
                "proof": self.proof_seconds,
            },
            "proof": self.proof_stats,
            "history": search.history,
            "versions": versions(),
        }
        inequality = None
        if upper is not None:
            inequality = Inequality(upper.functional, upper.bound, upper.proof, self.model.name)
        return DecomposeResult(
            Enclosure(low, high, status, reason), None if lower is None else expand(lower, self.target), inequality,
            self.model, self.target.behaviour, self.target.noise, stats, lower, upper, len(self.parts),
        )  # fmt: skip


def _rank(model: ExactModel) -> tuple[float, float]:
    """Less is better: exact models before those that miss their target, then the larger V."""
    return model.deviation, -model.visibility


def _below(lower: ExactModel, upper: UpperEnd | None) -> ExactModel | None:
    """A model that misses its target, below the upper end; None where it misses it by too much for an estimate.

    Ends may cross within the deviation that a model states; a lower V is missed by so much more.
    """
    if lower.deviation > 0.0 and upper is not None and lower.visibility > upper.visibility - 1e-12:
        least = max(upper.visibility - 1e-12, 0.0)
        more = Fraction(lower.deviation) + 2 * abs(Fraction(lower.visibility) - Fraction(least))
        lower = replace(lower, visibility=least, deviation=round_up(more))
    return lower if lower.deviation <= LARGEST_MISS else None


def _scaled(functional: Functional) -> tuple[Functional, float] | None:
    """The functional with largest coefficient 1, and the factor; None where it vanishes (behaviour and noise agree)."""
    size = max(float(np.abs(x).max()) for x in (functional.correlators, functional.alice, functional.bob))
    if not size > 0.0:
        return None
    factor = 1.0 / size
    return factor * functional, factor


def _met(support: Support) -> Columns:
    """The maximiser and the other local maximisers that the oracle met."""
    state = support.state
    u = None if state.u is None else state.u[None]
    v = None if state.v is None else state.v[None]
    found = Columns.of(HiddenStates(state.alice[None], state.bob[None], u, v), state.part or 0)
    return found if support.others is None else Columns.join([found, Columns.of(support.others, 0)])
