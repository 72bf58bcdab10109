"""The lower end for directions within angles of the stated ones: some of them, and a hidden state, that are shown.

For a fixed hidden state the best directions are a linear program, because each moves one marginal within an interval:
turned towards or away from the hidden vector. For fixed directions the model improves the state. The two are taken in
turn from the best states for the stated directions.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...common.rationals import round_down
from ...core.functional import Functional
from ...core.hidden_states import HiddenState, HiddenStates
from ...core.settings import Settings
from ...engines.solvers.lp import solve
from ...errors import SolverError
from ...models.hidden_variables import HiddenVariableModel
from ...models.values import attained_value, values_at

__all__ = ["Attained", "attained"]

Array = NDArray[np.float64]
Angles = tuple[Array, Array]

STARTS, ROUNDS = 4, 8
INSIDE = 1e-13
"""Radians by which directions stay inside their angles, so that rounding takes none outside."""


@dataclass(frozen=True, eq=False)
class Attained:
    """Directions within the angles, a hidden state, and the value of f there, rounded down."""

    settings: Settings
    state: HiddenState
    value: float


def attained(
    model: HiddenVariableModel, functional: Functional, angles: Angles, rng: np.random.Generator, starts: int = STARTS
) -> Attained | None:
    """The largest value that was found; None for models that do not move with directions."""
    stated = model.settings
    problem = model.within(functional, *angles)
    if stated is None or problem is None:
        return None
    best: Attained | None = None
    first = model.propose(functional, starts, rng=rng)
    for k in range(min(starts, len(first))):
        states, top = first.take(slice(k, k + 1)), -math.inf
        for _ in range(ROUNDS):
            settings = _turned(problem, stated, functional, states, angles)
            if settings is None:
                break
            moved = model.moved(settings)
            assert moved is not None
            found = moved.propose(functional, 1, rng=rng, starts=states)
            value = float(values_at(functional, found.alice, found.bob).max()) if len(found) else -math.inf
            if value <= top + 1e-9 * abs(top):
                break
            top, states = value, found
            state = found[0]
            sure = round_down(attained_value(functional, found.alice[0], found.bob[0]))
            sure -= 2.0 * moved.rounding_effect(functional) + 4e-16 * abs(sure)
            if best is None or sure > best.value:
                best = Attained(settings, state, math.nextafter(sure, -math.inf))
    return best


def _turned(
    problem: Any, stated: Settings, functional: Functional, states: HiddenStates, angles: Angles
) -> Settings | None:
    """The best directions for one hidden state."""
    sides: list[Any] = []
    means = []
    for side, hidden, marginals, rows, widths in (
        (problem.alice, states.u, states.alice, stated.alice, angles[0]),
        (problem.bob, states.v, states.bob, stated.bob, angles[1]),
    ):
        if hidden is None or not side.lawful:
            sides.append(None)
            means.append((marginals[0], marginals[0]) if side.lawful or side.sine.any() else (-side.bend, side.bend))
            continue
        purity = side.purity
        angle = np.arccos(np.clip(rows @ hidden[0], -1.0, 1.0))
        width = np.maximum(widths - INSIDE, 0.0)
        near, far = np.maximum(angle - width, 0.0), np.minimum(angle + width, np.pi)
        sides.append((hidden[0], angle, near, far, purity))
        means.append((purity * np.cos(far), purity * np.cos(near)))
    try:
        best = _program(functional, means)
    except SolverError:
        return None
    rows_of = []
    for side, chosen, rows in zip(sides, best, (stated.alice, stated.bob)):
        if side is None:
            rows_of.append(rows)
            continue
        hidden, angle, near, far, purity = side
        wanted = np.arccos(np.clip(chosen / purity, -1.0, 1.0))
        turn = np.clip(wanted, near, far) - angle
        across = hidden - np.cos(angle)[:, None] * rows
        size = np.linalg.norm(across, axis=1)
        across = np.where(size[:, None] > 1e-12, across / np.maximum(size, 1e-300)[:, None], 0.0)
        turn = np.where(size > 1e-12, turn, 0.0)
        rows_of.append(np.cos(turn)[:, None] * rows - np.sin(turn)[:, None] * across)
    return Settings(rows_of[0], rows_of[1], normalise=True)


def _program(functional: Functional, means: list[tuple[Array, Array]]) -> tuple[Array, Array]:
    """The marginals within these intervals at which f is largest."""
    table = functional.correlators
    rows, columns = np.nonzero(table)
    n, m, k = *table.shape, len(rows)
    cost = np.concatenate([-functional.alice, -functional.bob, np.abs(table[rows, columns])])
    y = np.zeros((k, n + m))
    y[np.arange(k), rows], y[np.arange(k), n + columns] = 1.0, -np.sign(table[rows, columns])
    eye = np.eye(k)
    below = np.concatenate([np.concatenate([y, -eye], axis=1), np.concatenate([-y, -eye], axis=1)])
    low = np.concatenate([means[0][0], means[1][0], np.zeros(k)])
    high = np.concatenate([means[0][1], means[1][1], np.full(k, 4.0)])
    x = solve(cost, below, np.zeros(2 * k), lower=low, upper=high).x
    return x[:n], x[n : n + m]
