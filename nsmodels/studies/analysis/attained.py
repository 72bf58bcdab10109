"""The lower end for directions within angles of the stated ones: some of them, and a hidden state, that are shown.

For a fixed hidden state the best directions are a linear program, because each moves one marginal within an interval:
turned towards or away from the hidden vector. The hidden vectors move along their spheres in the same program, to first
order and by short steps: taken in turn, the two would come to rest at kinks. It begins at the best states for the
stated directions.
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
from ...models.values import attained_value, best_first, values_at

__all__ = ["Attained", "attained"]

Array = NDArray[np.float64]
Angles = tuple[Array, Array]

STARTS, FAILURES = 4, 3
"""Hidden states to begin with, and steps in vain from each of them."""
FIRST_STEP = 0.1
"""Longest step of the hidden vectors along each of two tangents."""
SMALLEST = 1e-6
"""Relative improvement that is worth a step."""
INSIDE = 1e-13
"""Radians by which directions stay inside their angles, so that rounding takes none outside."""


@dataclass(frozen=True, eq=False)
class Attained:
    """Directions within the angles, a hidden state, and the value of f there, rounded down."""

    settings: Settings
    state: HiddenState
    value: float


def attained(
    model: HiddenVariableModel, functional: Functional, angles: Angles, rng: np.random.Generator, count: int = STARTS,
    patience: int = FAILURES,
) -> Attained | None:  # fmt: skip
    """The largest value that was found from so many states; None for models that do not move with directions.

    From each of them steps are tried until so many of them have led to nothing better.
    """
    stated, problem = model.settings, model.within(functional, *angles)
    if stated is None or problem is None:
        return None
    best: Attained | None = None
    first = model.propose(functional, count, rng=rng)
    for k in range(len(first)):
        states, step, failures = first.take(slice(k, k + 1)), 0.0, 0
        top = float(values_at(functional, states.alice, states.bob)[0])
        reached = _rounded(model, stated, functional, states)
        best = reached if best is None or reached.value > best.value else best
        while failures < patience:
            turned = _turned(model, problem, functional, states, angles, step)
            if turned is None:
                break
            moved = model.moved(turned.settings)
            assert moved is not None
            near = turned.states
            found = HiddenStates.join([
                moved.restored(alice=near.alice, bob=near.bob, u=near.u, v=near.v),
                moved.propose(functional, 1, rng=rng, starts=near),
            ])  # fmt: skip
            found = best_first(functional, found, 1)
            value = float(values_at(functional, found.alice, found.bob)[0])
            if value > top + SMALLEST * abs(top):
                top, states = value, found
                reached = _rounded(moved, turned.settings, functional, found)
                best = reached if reached.value > best.value else best
            else:
                failures += 1
            if step and turned.hoped <= top + SMALLEST * abs(top):
                break
            step = FIRST_STEP * 0.25**failures
    return best


def _rounded(moved: HiddenVariableModel, settings: Settings, functional: Functional, found: HiddenStates) -> Attained:
    """What the first of these states attains for these directions, rounded down."""
    sure = round_down(attained_value(functional, found.alice[0], found.bob[0]))
    sure -= 2.0 * moved.rounding_effect(functional) + 4e-16 * abs(sure)
    return Attained(settings, found[0], math.nextafter(sure, -math.inf))


@dataclass(frozen=True, eq=False)
class _Law:
    """A party whose marginals are η cos of the angle between a direction and its hidden vector."""

    purity: float
    rows: Array
    hidden: Array
    widths: Array

    def angles(self, hidden: Array) -> tuple[Array, Array, Array]:
        """Those between a hidden vector and the stated directions, and the nearest and farthest that they may be."""
        angle = np.arccos(np.clip(self.rows @ hidden, -1.0, 1.0))
        return angle, np.maximum(angle - self.widths, 0.0), np.minimum(angle + self.widths, np.pi)

    def means(self) -> tuple[Array, Array]:
        """The intervals of the marginals."""
        _, near, far = self.angles(self.hidden)
        return self.purity * np.cos(far), self.purity * np.cos(near)

    def tangents(self) -> Array:
        """Two unit vectors (2, 3) along which the hidden vector can move."""
        first = np.cross(self.hidden, np.eye(3)[np.abs(self.hidden).argmin()])
        first /= np.linalg.norm(first)
        return np.array([first, np.cross(self.hidden, first)])

    def turned(self, hidden: Array, chosen: Array) -> Array:
        """The directions at which this hidden vector yields the marginals, as nearly as the angles allow."""
        angle, near, far = self.angles(hidden)
        turn = np.clip(np.arccos(np.clip(chosen / self.purity, -1.0, 1.0)), near, far) - angle
        across = hidden - np.cos(angle)[:, None] * self.rows
        size = np.linalg.norm(across, axis=1)
        across = np.where(size[:, None] > 1e-12, across / np.maximum(size, 1e-300)[:, None], 0.0)
        turn = np.where(size > 1e-12, turn, 0.0)
        return np.cos(turn)[:, None] * self.rows - np.sin(turn)[:, None] * across


@dataclass(frozen=True, eq=False)
class _Turned:
    """Directions, the hidden state there, and the value that the linear program hoped for."""

    settings: Settings
    states: HiddenStates
    hoped: float


def _turned(
    model: HiddenVariableModel, problem: Any, functional: Functional, states: HiddenStates, angles: Angles, step: float
) -> _Turned | None:
    """The best directions for one hidden state, whose vectors move by about a step at most."""
    stated = model.settings
    assert stated is not None
    laws: list[_Law | None] = []
    means, slopes = [], []
    for side, hidden, marginals, rows, widths in (
        (problem.alice, states.u, states.alice, stated.alice, angles[0]),
        (problem.bob, states.v, states.bob, stated.bob, angles[1]),
    ):
        if hidden is None or not side.lawful:
            laws.append(None)
            fixed = side.lawful or side.sine.any()
            means.append((marginals[0], marginals[0]) if fixed else (-side.bend, side.bend))
            slopes.append(np.zeros((len(rows), 0)))
            continue
        own = _Law(side.purity, rows, hidden[0], np.maximum(widths - INSIDE, 0.0))
        laws.append(own)
        means.append(own.means())
        slopes.append(side.purity * rows @ own.tangents().T)
    try:
        chosen, steps, hoped = _program(functional, means, slopes, step)
    except SolverError:
        return None
    rows_of: list[Array] = []
    vectors: list[Array | None] = []
    for law, marginals, moves, rows in zip(laws, chosen, steps, (stated.alice, stated.bob)):
        if law is None:
            vectors.append(None)
            rows_of.append(rows)
            continue
        hidden = law.hidden + moves @ law.tangents()
        hidden /= np.linalg.norm(hidden)
        vectors.append(hidden[None, :])
        rows_of.append(law.turned(hidden, marginals))
    alice, bob = (x[None, :] for x in chosen)
    u, v = (given if x is None else x for x, given in zip(vectors, (states.u, states.v)))
    there = model.restored(alice=alice, bob=bob, u=u, v=v)
    return _Turned(Settings(rows_of[0], rows_of[1], normalise=True), there, hoped)


def _program(
    functional: Functional, means: list[tuple[Array, Array]], slopes: list[Array], step: float
) -> tuple[list[Array], list[Array], float]:
    """The marginals, within intervals that move with the hidden vectors, at which f is largest, those moves, and f."""
    table = functional.correlators
    rows, columns = np.nonzero(table)
    n, m, k = *table.shape, len(rows)
    moves = [x.shape[1] for x in slopes]
    cost = np.concatenate([-functional.alice, -functional.bob, np.abs(table[rows, columns]), np.zeros(sum(moves))])
    y = np.zeros((k, n + m))
    y[np.arange(k), rows], y[np.arange(k), n + columns] = 1.0, -np.sign(table[rows, columns])
    eye, still = np.eye(k), np.zeros((k, sum(moves)))
    below = [np.concatenate([y, -eye, still], axis=1), np.concatenate([-y, -eye, still], axis=1)]
    limits = [np.zeros(2 * k)]
    low, high = [], []
    for p, (slope, (least, most)) in enumerate(zip(slopes, means)):
        if not moves[p]:
            low.append(least)
            high.append(most)
            continue
        within = np.zeros((len(least), n + m + k + sum(moves)))
        within[np.arange(len(least)), p * n + np.arange(len(least))] = 1.0
        at = n + m + k + p * moves[0]
        within[:, at : at + moves[p]] = -slope
        below += [within, -within]
        limits += [most, -least]
        low.append(np.full(len(least), -1.0))
        high.append(np.ones(len(least)))
    low += [np.zeros(k), np.full(sum(moves), -step)]
    high += [np.full(k, 4.0), np.full(sum(moves), step)]
    x = solve(cost, np.concatenate(below), np.concatenate(limits), lower=np.concatenate(low),
              upper=np.concatenate(high)).x  # fmt: skip
    last = x[n + m + k :]
    hoped = functional.constant + float(np.abs(table).sum() - cost @ x)
    return [x[:n], x[n : n + m]], [last[: moves[0]], last[moves[0] :]], hoped
