"""The three stages of a decomposition: search and prove in turn, solve exactly, prove what is left.

Each stage is a generator of what stands: whatever ends it, an interrupt or a solver, what it yielded before is kept.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from .bounds import corrected
from .clock import GRACE, Clock, Journal
from .column_generation import rounds
from .exact_mixture import MOST_ROUNDS, exact_mixture, first_pool, is_exact, restored
from .exact_model import LARGEST_MISS
from .lower_end import prove_noise
from .proofs import Standing, ask, prove_lower, prove_none, prove_upper, states_met
from .search import Search
from .states import Columns
from .task import Task

__all__ = ["NOTHING_BETTER", "Stage", "alternate", "exactly", "finish"]

Stage = Callable[[Task, Search, Clock, Journal, Standing], Iterator[Standing]]

MOST_PROOFS = 16
"""Times that the loop is resumed after a proof that leaves the ends apart."""
TIGHTENED = 0.7
"""Factor of the tolerance of a search whose proposals left the ends apart."""
NOTHING_BETTER = "the search found no better model or inequality"
"""Reason of an end that no limit brought about."""


def alternate(task: Task, search: Search, clock: Clock, journal: Journal, now: Standing) -> Iterator[Standing]:
    """Search and prove in turn until the ends meet or time is up."""
    tolerance = task.tolerance
    for attempt in range(MOST_PROOFS):
        for latest in rounds(search, now.round, tolerance, clock.search_until):
            now = replace(now, round=latest)
            yield now
            if latest.record is not None:
                journal.note(latest.record, latest.number, clock)
        searched, stopped = time.perf_counter(), now.round.stopped
        if stopped == "time_limit":
            now = now.because("time_limit")
        if stopped == "infeasible" and clock.left() > 0.0:
            now, met = prove_none(task, search, clock, now)
            yield now
            if met is None:
                break
            search.master.add_columns(met)
            now = replace(now, round=replace(now.round, stopped=None))
            continue
        if clock.left() <= 0.0:
            break
        if now.round.bounds.lower >= 1.0 - task.tolerance:
            now = prove_lower(task, search, clock, now)
            yield now
            if now.proofs.low >= 1.0:
                return
        now, better = prove_upper(task, search, clock, now)
        yield now
        high = min(now.proofs.high, 1.0)
        if high - now.round.bounds.lower <= task.tolerance or better is None or stopped == "time_limit":
            now = prove_lower(task, search, clock, now)
            yield now
        if high - now.proofs.low <= task.tolerance or now.reason == "interrupted":
            return
        proofs = time.perf_counter() - searched
        if clock.left() <= (max(0.05 * clock.limit, 1.5 * proofs) if stopped == "time_limit" else 0.0):
            yield now.because("time_limit")
            return
        clock.search_again()
        if now.reason == "time_limit":
            now = now.because("tolerance_met")
        else:
            # the proof found a state that the heuristic had missed, or the ends are still apart: tighten and go on
            tolerance *= TIGHTENED
        if better is not None:
            search.master.add_columns(better)
            bounds = corrected(now.round.bounds, better, search.target, tolerance)
            now = replace(now, round=replace(now.round, bounds=bounds))
        if stopped == "stalled" and better is None and attempt > 0:
            break
    yield now.because(NOTHING_BETTER) if now.reason == "tolerance_met" else now


def exactly(task: Task, search: Search, clock: Clock, journal: Journal, now: Standing) -> Iterator[Standing]:
    """Where floating point has not closed the question, solve it in rational numbers, or for the noise alone."""
    if now.proofs.closed(task.tolerance):
        return
    seconds = max(clock.left(), min(0.5, 0.2 * clock.limit))
    columns, weights, reached = search.master.columns, None, now.round.bounds.reached
    if reached is not None:
        columns = Columns.join([reached.columns, columns])
        weights = np.concatenate([reached.weights, np.zeros(len(columns) - len(reached.weights))])
    if task.symmetry is not None:
        columns, weights = task.unfolded(columns, np.ones(len(columns)) if weights is None else weights + 1e-9)
    for noise_only in (False, True):
        if not is_exact(task.kept, noise_only=noise_only) or now.proofs.closed(task.tolerance):
            continue
        lower = now.proofs.lower
        if noise_only and lower is not None and lower.deviation <= LARGEST_MISS:
            if 0.0 < lower.visibility < now.proofs.high + 1e-12:
                break  # an estimate that is better than nothing
        deadline = time.perf_counter() + seconds
        pool = first_pool(task.kept, columns, weights)
        for _ in range(MOST_ROUNDS):
            if pool is None:
                break
            mixture = exact_mixture(task.kept, pool.chosen, noise_only=noise_only, deadline=deadline)
            if mixture is None:
                break
            if mixture.model is not None:
                model = restored(mixture.model, task.target, task.reduction)
                now = now.proved(now.proofs.with_lower(model))
                yield now
            if now.proofs.closed(task.tolerance) or mixture.functional is None:
                break
            now, support = ask(task, search, clock, now, mixture.functional, max(clock.left(), GRACE))
            yield now
            if now.proofs.closed(task.tolerance):
                break
            met = None if support is None else states_met(task, support)
            pool = pool.enlarged(mixture, mixture.functional, met, task.searched_parts, search.rng)
        if not noise_only and now.proofs.lower is not None and now.proofs.lower.deviation == 0.0:
            break
    if now.proofs.closed(task.tolerance) and now.reason != "interrupted":
        yield now.because("tolerance_met")


def finish(task: Task, search: Search, clock: Clock, journal: Journal, now: Standing) -> Iterator[Standing]:
    """Prove what can be proved in the time that is left, at least briefly."""
    lower = now.proofs.lower
    excluded = now.proofs.high == -np.inf
    if not excluded and (lower is None or lower.deviation > LARGEST_MISS):
        few = search.master.columns.take(np.arange(min(len(search.master.columns), 200)))
        columns, _ = task.states_of_all(few, np.ones(len(few)))
        model = prove_noise(task.target, task.parts, columns, search.rng, clock.stop_at + GRACE)
        now = now.proved(now.proofs.with_lower(model))
        yield now
    if lower is None or now.reason == "interrupted":
        now = prove_lower(task, search, clock, now)
        yield now
    if now.proofs.low >= 1.0:
        yield now.because("tolerance_met")
    elif now.proofs.upper is None:
        now, _ = prove_upper(task, search, clock, now, max(clock.left(), GRACE))
        yield now
