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
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np

from ...behaviours import uniform
from ...common.arguments import check_noun, check_options, one_of
from ...common.arguments import shown as said
from ...common.digits import at_most
from ...common.interrupts import ending, held, released, taken
from ...common.rationals import round_up
from ...common.versions import versions
from ...core.behaviour import Behaviour
from ...core.effort import Progress
from ...core.enclosure import NO_MODEL_PROVED, NOT_FOUND, Enclosure, Status
from ...core.functional import Inequality
from ...errors import InputError
from ...models.base import Model, require_model
from ...models.hidden_variables import prepared, with_safe_defaults
from ..answer import Question
from ..watching import tells_progress
from .box_search import decompose_boxes
from .clock import Clock, Journal
from .column_generation import Round
from .exact_model import LARGEST_MISS, ExactModel
from .measured import as_measured
from .proofs import Proofs, Standing
from .result import DecomposeResult, expand
from .rows import make_target
from .search import Search, make_search
from .stages import NOTHING_BETTER, Stage, alternate, exactly, finish
from .states import shown
from .symmetry import Symmetry
from .task import Task, make_task
from .upper_end import UpperEnd

__all__ = ["decompose"]

WIDEST = 0.25
"""Upper limit on tolerances, because V lies in [0, 1] anyway, and thresholds of the search follow from them."""


@tells_progress("round")
def decompose(
    behaviour: Behaviour,
    model: Model,
    *,
    noise: str | Behaviour = "white",
    marginals: str | None = None,
    tolerance: float = 1e-6,
    time_limit_s: float = 60.0,
    seed: int = 0,
    symmetry: Symmetry | str | None = "auto",
    allow_signalling: bool = False,
    progress: Progress | bool | None = None,
) -> DecomposeResult:
    """Enclose the largest V in [0, 1] for which V·P + (1 − V)·noise is a mixture of the model's boxes.

    Parameters
    ----------
    behaviour : Behaviour
        P. Pairs that it does not know are unconstrained (`Behaviour.with_pairs`).
    model : Model
        Of the same shape: `Leggett`, `Bell`, `NonSignalling`, `Unbiased`, `Finite`, `Hull`, or `Quantum`, whose states
        are whole boxes.
    noise : "white" or Behaviour
        White noise has vanishing mean values.
    marginals : {"match", "free"}, optional
        Whether the mixture reproduces the marginals too, where the behaviour has them. Unless anything is said it does,
        except those of a behaviour with errors, whose noise no law would fit. Where they are asked for and the measured
        table is no non-signalling box, the nearest one is decomposed, and ``measured`` says how far it is.
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
    allow_signalling : bool
        Whether counts that signal (p < 1e-4) are decomposed all the same.
    progress : callable or bool, optional
        True says on stderr how far it is. A function is called with
        (lower, upper, rounds, seconds); the ends are not proved yet, and may cross.
        What it raises ends the question.

    Returns
    -------
    DecomposeResult
        ``visibility``, ``decomposition``, ``inequality``, ``status``, ``reason``, ``stats``, and of a behaviour with
        errors ``measured``: what its noise means. On Ctrl-C what is proved
        so far, with ``reason`` = "interrupted"; where a solver fails, the same with its sentence as the reason, and
        ``no_answer`` where that is nothing.

    Raises
    ------
    InputError
        For shapes that differ, options out of range, data that signal, or a model without a decomposition: `TwoQubits`,
        or `Quantum` with constraints.

    Source: arXiv:0801.2241, eqs. (6)-(9), and the linear program of its Methods section for discrete hidden variables.

    Examples
    --------
    >>> import nsmodels as ns
    >>> d = ns.decompose(ns.behaviours.singlet(ns.settings.chsh()), ns.Bell((2, 2)))
    >>> print(round(d.visibility.upper, 5), d.inequality.functional.text())
    0.70711 C00 + C01 + C10 − C11
    """
    check_noun(behaviour, Behaviour, "behaviour", "decompose")
    require_model(model, "decompose")
    if behaviour.shape != model.shape:
        raise InputError(
            f"decompose: the behaviour has {behaviour.shape[0]}×{behaviour.shape[1]} settings, "
            f"the model {model.name} has {model.shape[0]}×{model.shape[1]}"
        )
    check_options("decompose", tolerance=tolerance, time_limit_s=time_limit_s, seed=seed, progress=progress)
    assert not isinstance(progress, bool)  # `tells_progress` has made a function of it
    if not isinstance(allow_signalling, bool):
        raise InputError(f"decompose: allow_signalling is {said(allow_signalling)}; it is True or False")
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
    boxes, mixable = model.whole_boxes(), with_safe_defaults(model)
    if boxes is None and mixable is None:
        raise InputError(f"decompose: {model!r} has no hidden states; use leggett, bell, nonsignalling, unbiased, …")
    width = min(tolerance, WIDEST)
    measured, marginals = as_measured(behaviour, marginals, allow_signalling)
    asked_for = behaviour if measured is None else measured.asked
    if boxes is not None or mixable is None:
        assert boxes is not None
        whole = make_target(asked_for, noise, marginals=marginals, symmetric_model=False)
        asked = Question(tolerance, time_limit_s, seed, marginals=marginals, allow_signalling=allow_signalling)
        result = decompose_boxes(model, boxes, whole, asked, progress)
        return replace(result, measured=None if measured is None else measured.judged(result.inequality))
    target = make_target(asked_for, noise, marginals=marginals, symmetric_model=mixable.symmetric)
    with held():
        start = time.perf_counter()
        waiting = not prepared(mixable.parts)
        clock, journal = Clock.started(time_limit_s), Journal(progress)
        compile_seconds = clock.began - start
        if waiting:
            clock.interrupt()
            symmetry = None
        task = make_task(model, mixable, target, symmetry, tolerance=width, seed=seed)
        search = make_search(task.searched, task.searched_parts, np.random.default_rng(seed))
        now = Standing(Round.first(search), reason="interrupted" if waiting else "tolerance_met")
        for stage in (exactly, finish) if waiting else (alternate, exactly, finish):
            now = _after(stage, task, search, clock, journal, now)
        result = _result(task, search, clock, journal, now, compile_seconds)
        taken()
        asked = Question(tolerance, time_limit_s, seed, marginals=marginals, allow_signalling=allow_signalling)
        worth = None if measured is None else measured.judged(result.inequality)
        return replace(result, question=asked, measured=worth)


def _after(stage: Stage, task: Task, search: Search, clock: Clock, journal: Journal, before: Standing) -> Standing:
    """What stands after a stage, whatever ended it."""
    now = before
    with ending() as end, released():
        for standing in stage(task, search, clock, journal, before):
            now = standing
    if end.failure is not None:
        return now.failed(end.failure, clock)
    if end.interrupted:
        clock.interrupt()
        return now.because("interrupted")
    return now


def _result(
    task: Task, search: Search, clock: Clock, journal: Journal, now: Standing, compile_seconds: float
) -> DecomposeResult:
    """The answer: what is proved, no more, and why the work ended."""
    lower, upper = _ends(now.proofs)
    low = 0.0 if lower is None else lower.visibility + 0.0
    high = 1.0 if upper is None else min(upper.visibility, 1.0)
    status, reason = _verdict(task, clock, now, lower, high)
    shown_lower = None if lower is None else expand(lower, task.target, task.parts)
    inequality = None
    if upper is not None:
        inequality = Inequality(upper.functional, upper.bound, upper.proof, task.model.name)
    stats: dict[str, Any] = {
        "seconds": clock.elapsed(),
        "compile_seconds": compile_seconds,
        "rounds": now.round.number,
        "rows": journal.most[0],
        "columns": journal.most[1],
        "states": 0 if lower is None else len(lower.weights) * (2 if lower.antipodal else 1),
        "terms": 0 if upper is None else int(np.count_nonzero(upper.functional.correlators)),
        "symmetry_order": task.order,
        "time": {**search.master.seconds, **search.seconds},
        "proof": now.proofs.stats or {},
        "history": journal.records,
        "versions": versions(),
    }
    return DecomposeResult(
        Enclosure(low, max(high, 0.0) if lower is None else high, status, reason), shown_lower, inequality, task.model,
        task.target.behaviour, task.target.noise, stats, lower, upper, len(task.parts),
    )  # fmt: skip


def _ends(proofs: Proofs) -> tuple[ExactModel | None, UpperEnd | None]:
    """The ends as they are stated: no inequality where V = 1, and no estimate above what is excluded.

    Ends may cross within the deviation that a model states; a lower V is missed by so much more. A model that misses
    its target by too much is no estimate.
    """
    lower, upper = proofs.lower, proofs.upper
    if lower is not None and lower.deviation > 0.0 and upper is not None:
        least = max(upper.visibility - 1e-12, 0.0)
        if lower.visibility > upper.visibility - 1e-12:
            more = Fraction(lower.deviation) + 2 * abs(Fraction(lower.visibility) - Fraction(least))
            lower = replace(lower, visibility=least, deviation=round_up(more))
    if lower is not None and lower.deviation > LARGEST_MISS:
        lower = None
    if (lower is not None and lower.visibility >= 1.0) or (upper is not None and upper.visibility >= 1.0):
        upper = None
    return lower, upper


def _verdict(task: Task, clock: Clock, now: Standing, lower: ExactModel | None, high: float) -> tuple[Status, str]:
    """The status of the answer, and its reason."""
    reason = now.reason
    if lower is None:
        if now.proofs.high == -math.inf:
            reason = NO_MODEL_PROVED
        elif reason == "tolerance_met" or (
            reason not in ("interrupted", "time_limit") and now.round.stopped == "infeasible"
        ):
            reason = NOT_FOUND
        return Status.NO_ANSWER, reason
    missing = np.flatnonzero(~shown(task.parts, lower.columns))
    if len(missing):
        part = task.parts[int(lower.columns.part[missing[0]])]
        return Status.ESTIMATE, f"the model {part.name} does not show that its states belong to it"
    if lower.deviation > 0.0:
        return Status.ESTIMATE, f"the model misses its target by up to {at_most(lower.deviation, 2)}"
    if high - lower.visibility <= task.tolerance:
        return Status.CERTIFIED, "tolerance_met"
    if reason == "tolerance_met":
        reason = "time_limit" if clock.left() <= 0 else NOTHING_BETTER
    return Status.CERTIFIED, reason
