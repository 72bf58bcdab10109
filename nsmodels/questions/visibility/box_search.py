"""Visibilities in models whose states are whole boxes: the model's own functional above, a mixture of boxes below.

The model proposes the functional that forbids most (`nsmodels.models.whole_boxes`), its oracle proves the bound. Below,
boxes are generated: the dual of the largest mixture of the known ones is a functional, and boxes at which it is large
come in, until the ends meet or nothing better is found.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, cast

import numpy as np

from ...behaviours import uniform
from ...common.arrays import Array
from ...common.interrupts import ending, held, loading, released, taken
from ...common.versions import versions
from ...core.enclosure import NO_MODEL_PROVED, NOT_FOUND, Enclosure, Status
from ...core.functional import Functional, Inequality
from ...errors import SolverError
from ...models.base import Model, Support
from ...models.whole_boxes import BoxState, WholeBoxes
from ..answer import Question
from .box_mixture import BoxEnd, Goal, Pool, attained, master
from .result import DecomposeResult
from .rows import Target
from .stages import NOTHING_BETTER
from .upper_end import UpperEnd

__all__ = ["decompose_boxes"]

LEAST_GAIN = 1e-3
"""Share of the tolerance that a round must gain; a few rounds in a row that gain less end the search."""
PATIENCE = 4
MOST_NEAR = 12
"""Boxes of the best mixture near which better ones are looked for."""


@dataclass
class _Work:
    """What is known so far; it changes while the question is answered."""

    model: Model
    boxes: WholeBoxes
    target: Target
    question: Question
    pool: Pool
    began: float
    rng: np.random.Generator
    lower: BoxEnd | None = None
    upper: UpperEnd | None = None
    reason: str = ""
    rounds: int = 0
    history: list[dict[str, Any]] = field(default_factory=list)

    @property
    def tolerance(self) -> float:
        return cast(float, self.question.tolerance)

    def left(self) -> float:
        """Seconds that are left."""
        return cast(float, self.question.time_limit_s) - (time.perf_counter() - self.began)

    @property
    def high(self) -> float:
        return 1.0 if self.upper is None else self.upper.visibility


def decompose_boxes(
    model: Model, boxes: WholeBoxes, target: Target, question: Question, progress: Callable[..., None] | None
) -> DecomposeResult:
    """The answer to `nsmodels.decompose` for such a model."""
    with held():
        start = time.perf_counter()
        with loading():
            if not boxes.contains_by_name(target.behaviour):
                model.load()
        begin = time.perf_counter()
        work = _Work(
            model, boxes, target, question, Pool(Goal.of(target)), begin, np.random.default_rng(question.seed or 0)
        )
        for stage in (_by_name, _local, _above, _below, _again):
            if work.reason or work.high == -math.inf or (work.lower is not None and work.lower.visibility >= 1.0):
                break
            _tried(work, stage)
            if progress is not None:
                low = 0.0 if work.lower is None else work.lower.visibility
                progress(low, min(work.high, 1.0), work.rounds, time.perf_counter() - begin)
        result = _result(work, begin - start)
        taken()
    return replace(result, question=question)


def _tried(work: _Work, stage: Callable[[_Work], None]) -> None:
    """A stage, whatever ends it."""
    with ending() as end, released():
        stage(work)
    if end.interrupted:
        work.reason = "interrupted"
    elif end.failure is not None and work.left() <= 0.0:
        work.reason = "time_limit"
    elif end.failure is not None:
        work.history.append({"failure": str(end.failure)})


def _by_name(work: _Work) -> None:
    """Whether there is nothing to do."""
    if work.boxes.contains_by_name(work.target.behaviour):
        work.lower = BoxEnd.named(work.target.behaviour)


def _local(work: _Work) -> None:
    """What local boxes reach."""
    work.pool.add(work.boxes.start(work.rng))
    work.lower = attained(work.pool)


def _above(work: _Work) -> None:
    """The model's own functional; where it has none, those that part P, and N, from the model in white noise."""
    target, matched = work.target, len(work.target.margin_right) > 0
    white = uniform(*target.behaviour.shape)
    pairs = [(target.behaviour, target.noise), (target.behaviour, white)]
    for behaviour, noise in pairs:
        try:
            found = work.boxes.tightest(behaviour, noise, matched, max(work.left(), 0.1))
        except SolverError:
            if work.left() <= 0.0:
                raise
            continue
        if found is None:
            continue
        work.pool.add(found[1])
        _bounded(work, found[0])
        if work.upper is not None:
            break
    _improved(work)


def _bounded(work: _Work, functional: Functional) -> Support:
    """Ask the oracle for a bound, and remember what it excludes.

    Raises
    ------
    KeyboardInterrupt
        After an oracle that ended for one and told what it had.
    """
    answer = work.model.support(
        functional, tolerance=0.1 * work.tolerance, time_limit_s=max(work.left(), 0.1), seed=work.question.seed or 0
    )
    if hasattr(answer.state, "exact_behaviour"):
        work.pool.add([cast(BoxState, answer.state)])
    end = UpperEnd.of(functional, answer.value, answer.proof, work.model, work.target)
    if end is not None and end.visibility < work.high:
        work.upper = end
    if answer.value.reason == "interrupted":
        raise KeyboardInterrupt
    return answer


def _functional(work: _Work, multipliers: Array) -> Functional:
    """The functional of multipliers of the entries that count."""
    target = work.target
    table = np.zeros(target.behaviour.shape)
    count = len(target.first)
    table[target.first, target.second] = multipliers[:count]
    if not len(target.margin_right):
        return Functional(table)
    n_alice = table.shape[0]
    return Functional(table, multipliers[count : count + n_alice], multipliers[count + n_alice :])


def _below(work: _Work) -> None:
    """Boxes come in while they help."""
    idle, before, ceiling = 0, -math.inf, math.inf
    base = np.array([float(x) for x in work.pool.goal.base])
    while idle < PATIENCE and work.left() > 0.0:
        work.rounds += 1
        try:
            value, weights, multipliers = master(work.pool)
        except SolverError:
            if work.upper is None:
                raise
            value, weights, multipliers = 0.0, np.ones(len(work.pool.states)), np.zeros(len(base))
        record = {"seconds": time.perf_counter() - work.began, "lower": value, "upper": min(work.high, 1.0)}
        work.history.append({**record, "columns": len(work.pool.states)})
        if value >= 1.0 or min(work.high, ceiling) - value <= 0.5 * work.tolerance:
            break
        near = [work.pool.states[k] for k in np.argsort(-weights)[:MOST_NEAR] if weights[k] > 0.0]
        aims = [_functional(work, multipliers)] if multipliers.any() else []
        if work.upper is not None:  # between the dual and the model's functional, where duals jump about
            aims += [0.5 * work.upper.functional + 0.5 * aim for aim in aims] or [work.upper.functional]
        new = 0
        for k, aim in enumerate(aims):
            new += work.pool.add(work.boxes.better(aim, near, work.rng, max(work.left(), 0.1)))
            if not k and multipliers.any():  # what the dual would forbid if nothing were better than what was found
                ceiling = min(ceiling, work.pool.best(multipliers) - float(multipliers @ base))
        idle = idle + 1 if value - before < LEAST_GAIN * work.tolerance or not new else 0
        before = max(before, value)
    _improved(work)


def _again(work: _Work) -> None:
    """Where the ends are apart, the dual of the best mixture may forbid more than the model's functional."""
    low = 0.0 if work.lower is None else work.lower.visibility
    if work.high - low <= work.tolerance or work.left() <= 0.0:
        return
    _, _, multipliers = master(work.pool)
    if multipliers.any():
        _bounded(work, _functional(work, multipliers))
        _improved(work)


def _improved(work: _Work) -> None:
    """The best mixture, exactly."""
    found = attained(work.pool)
    if found is not None and (work.lower is None or found.visibility > work.lower.visibility):
        work.lower = found


def _result(work: _Work, compile_seconds: float) -> DecomposeResult:
    """What is proved, and why the work ended."""
    lower, upper = work.lower, work.upper
    if lower is not None and lower.visibility >= 1.0:
        upper = None
    high = 1.0 if upper is None else min(upper.visibility, 1.0)
    status, reason = Status.CERTIFIED, work.reason or ("time_limit" if work.left() <= 0.0 else NOTHING_BETTER)
    if lower is None:
        status = Status.NO_ANSWER
        reason = NO_MODEL_PROVED if high == -math.inf else reason if work.reason else NOT_FOUND
    elif high - lower.visibility <= work.tolerance:
        reason = "tolerance_met"
    low = 0.0 if lower is None else lower.visibility
    inequality = None
    if upper is not None:
        inequality = Inequality(upper.functional, upper.bound, upper.proof, work.model.name)
    stats: dict[str, Any] = {
        "seconds": time.perf_counter() - work.began,
        "compile_seconds": compile_seconds,
        "rounds": work.rounds,
        "rows": len(work.pool.goal.base),
        "columns": len(work.pool.states),
        "states": 0 if lower is None else len(lower.weights),
        "terms": 0 if upper is None else int(np.count_nonzero(upper.functional.correlators)),
        "history": [record for record in work.history if "failure" not in record],
        "versions": versions(),
    }
    failures = [record["failure"] for record in work.history if "failure" in record]
    if failures and reason in (NOTHING_BETTER, NOT_FOUND):
        reason = failures[-1]
    return DecomposeResult(
        Enclosure(low, max(high, low), status, reason), None if lower is None else lower.decomposition(work.model.name),
        inequality, work.model, work.target.behaviour, work.target.noise, stats, lower, upper,
    )  # fmt: skip
