"""The objective at fixed settings: coefficients from a small program, hidden states from the oracle, in turn."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

import numpy as np

from ...common.arrays import Array
from ...core.hidden_states import HiddenStates
from ...errors import SolverError
from .programs import minimum
from .tasks import Task
from .tracked import Tracked, follow, values

__all__ = ["Place", "evaluate"]


ROUNDS = 30
KEPT = 60
"""How many of the best maximisers of a round are kept."""


@dataclass(frozen=True, eq=False)
class Place:
    """A point of the search with what is known there.

    Parameters
    ----------
    value : float
        The objective, as far as maximisers have been found: no proof.
    directions : ndarray, shape (n, 3)
    coefficients : ndarray, shape (K,)
        With gain − g t = 1.
    top : float
        h at these coefficients.
    tracked : Tracked
    """

    value: float
    directions: Array
    coefficients: Array
    top: float
    tracked: Tracked


def evaluate(
    task: Task,
    directions: Array,
    states: HiddenStates,
    coefficients: Array | None,
    rng: np.random.Generator,
    *,
    tolerance: float,
    fresh: int = 30,
    deadline: float = math.inf,
) -> Place:
    """The best coefficients at given settings, to within the (relative) tolerance where no maximiser is missed.

    Parameters
    ----------
    states : HiddenStates
        To begin with; also from settings nearby, where coefficients are given.
    coefficients : ndarray, optional
        To begin with.
    fresh : int
        Random starts of the oracle in each round.
    deadline : float
        On the clock ``time.perf_counter``; after it the best coefficients so far are returned.

    Raises
    ------
    SolverError
        If a solver fails.
    """
    model, correlators = task.on(directions), task.correlators(directions)
    objective = task.objective
    best: tuple[float, Array, float] | None = None
    pool: Tracked | None = None
    given = states
    lowest: float | None = None
    S = coefficients
    for _ in range(ROUNDS):
        if S is not None:
            starts = HiddenStates.join([given, model.scatter(fresh, rng)])
            found = follow(task, S, directions, starts)
            value = values(task.functional(S), found.states)
            merit = objective.merit(S, correlators, float(value.max()))
            if best is None or merit < best[0]:
                best = merit, S, float(value.max())
            order = np.argsort(-value, kind="stable")
            some = found.take(order).distinct().take(slice(0, KEPT))
            pool = some if pool is None else some.join(pool)
            if lowest is not None and best[0] - lowest <= tolerance * max(1.0, abs(lowest)):
                break
            if time.perf_counter() > deadline:
                break
        states = given if pool is None else pool.states
        answer = minimum(task, directions, states)
        S = answer.coefficients
        if not float(correlators @ S) > 0.0:
            raise SolverError("the program of the search for settings has no functional of positive value")
        lowest = answer.value if not objective.equally else float(np.sqrt(2.0 * max(answer.value, 0.0)))
        active = np.argsort(-answer.weights, kind="stable")[:40]
        given = states.take(active[answer.weights[active] > 0.0]) if (answer.weights > 0.0).any() else states
    assert best is not None
    assert pool is not None
    merit, S, top = best
    if np.isfinite(merit):
        S, top = objective.unit(S, correlators, top)
    return Place(merit, directions, S, top, pool)
