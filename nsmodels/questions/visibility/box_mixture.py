"""The lower end of a visibility in models of whole boxes: an exact mixture, and what repairs its rounding.

Weights are rational and add up to 1, mean values of the boxes are exact. What is missing,

    R = V·P + (1 − V)·N − (1 − κ) Σ w_k M_k   (known correlators, and marginals where they count),

may have entries of total size κ: R/κ is then a local box (mix single correlators ±1 and single marginals ±1), and so
one of the model's. A behaviour that belongs to the model by its name is the whole mixture.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from ...common.arrays import Array, Index
from ...common.rationals import rational, rationals
from ...core.behaviour import Behaviour
from ...engines.solvers import lp
from ...errors import SolverError
from ...models.whole_boxes import BoxState, Means
from .exact_model import LARGEST_MISS, dyadic_weights
from .result import BoxDecomposition
from .rows import Target

__all__ = ["BoxEnd", "Goal", "Pool", "attained", "master"]

REPAIRS = (0.0, 1e-14, 1e-13, 1e-12, 1e-11, 1e-10, 1e-9, 1e-8, 1e-7, float(LARGEST_MISS))
"""Shares κ that are tried for what rounding leaves over."""


@dataclass(frozen=True, eq=False)
class BoxEnd:
    """A lower end: V, the boxes and their weights, and κ; or a behaviour that belongs to the model by its name."""

    visibility: float
    weights: tuple[Fraction, ...]
    states: tuple[BoxState, ...]
    means: tuple[Means, ...]
    repair: Fraction = Fraction(0)

    def certificate(self, n_parts: int = 1) -> dict[str, Any]:
        """The lower end in exact rationals."""
        return {
            "visibility": rational(self.visibility),
            "weights": rationals(self.weights),
            "states": [state.certificate() for state in self.states] or [{"named": True}],
            "repair": rational(self.repair),
        }

    def decomposition(self, name: str) -> BoxDecomposition:
        """The boxes in floats."""
        alice, bob = (np.array([[float(x) for x in side] for side in sides]) for sides in self._sides())
        tables = np.array([[[float(x) for x in row] for row in table] for *_, table in self.means])
        weights = np.array([float(w) for w in self.weights])
        return BoxDecomposition.of(weights, alice, bob, tables, self.visibility, name)

    def _sides(self) -> tuple[list[list[Fraction]], list[list[Fraction]]]:
        return [box[0] for box in self.means], [box[1] for box in self.means]

    @staticmethod
    def named(behaviour: Behaviour) -> BoxEnd:
        """The behaviour itself; marginals that it does not give vanish."""
        sides = [
            [Fraction(0)] * n if side is None else [Fraction(x) for x in side.tolist()]
            for side, n in zip((behaviour.alice, behaviour.bob), behaviour.shape)
        ]
        table = [[Fraction(x) for x in row] for row in behaviour.correlators.tolist()]
        return BoxEnd(1.0, (Fraction(1),), (), ((sides[0], sides[1], table),))


@dataclass(frozen=True, eq=False)
class Goal:
    """The entries that a mixture has to have, N + V·(P − N): exactly, and as floats; and what they are known to."""

    target: Target
    base: tuple[Fraction, ...]
    step: tuple[Fraction, ...]
    spare: Fraction

    @staticmethod
    def of(target: Target) -> Goal:
        """Of the rows that count."""
        first, second = target.first, target.second
        both = []
        for behaviour in (target.noise, target.behaviour):
            parts = [behaviour.correlators[first, second]]
            if len(target.margin_right):
                parts += [side for side in (behaviour.alice, behaviour.bob) if side is not None]
            both.append([Fraction(x) for part in parts for x in part.tolist()])
        base, end = both
        rounding = Fraction(target.behaviour.rounding) + Fraction(target.noise.rounding)
        return Goal(target, tuple(base), tuple(y - x for x, y in zip(base, end)), rounding * len(base))

    def entries(self, means: Means) -> list[Fraction]:
        """The entries of a box that count."""
        table = [means[2][i][j] for i, j in zip(self.target.first.tolist(), self.target.second.tolist())]
        return table + ([*means[0], *means[1]] if len(self.target.margin_right) else [])

    def missing(self, visibility: float, weights: Sequence[Fraction], rows: Sequence[Sequence[Fraction]]) -> Fraction:
        """Σ |N + V·(P − N) − Σ w M|, exactly, and what the entries themselves may be off by."""
        v = Fraction(visibility)
        total = self.spare
        for b, s, *column in zip(self.base, self.step, *rows):
            total += abs(b + v * s - sum((w * x for w, x in zip(weights, column)), Fraction(0)))
        return total


class Pool:
    """The boxes that are known, which become more: states, exact mean values, and the entries that count."""

    def __init__(self, goal: Goal) -> None:
        self.goal = goal
        self.states: list[BoxState] = []
        self.means: list[Means] = []
        self.exact: list[list[Fraction]] = []
        self.columns = np.zeros((len(goal.base), 0))

    def add(self, states: Sequence[BoxState]) -> int:
        """Add those that are new, and give their number."""
        before = len(self.states)
        fresh: list[Array] = []
        for state in states:
            means = state.exact_behaviour()
            exact = self.goal.entries(means)
            column = np.array([float(x) for x in exact])
            known = np.hstack([self.columns, *(x[:, None] for x in fresh)]) if fresh else self.columns
            if known.shape[1] and float(np.abs(known - column[:, None]).max(axis=0).min()) < 1e-13:
                continue
            fresh.append(column)
            self.states.append(state)
            self.means.append(means)
            self.exact.append(exact)
        if fresh:
            self.columns = np.hstack([self.columns, np.array(fresh).T])
        return len(self.states) - before

    def best(self, multipliers: Array) -> float:
        """The largest value of a functional of the entries."""
        return float((multipliers @ self.columns).max())


def master(pool: Pool, total: float = 1.0) -> tuple[float, Array, Array]:
    """The largest V of a mixture of the pool's boxes, their weights, and the functional of the entries that says so.

    Raises
    ------
    SolverError
        If no V has a mixture, or the solver fails.
    """
    base, step = (np.array([float(x) for x in part]) for part in (pool.goal.base, pool.goal.step))
    n = len(pool.states)
    A = np.zeros((len(base) + 1, n + 1))
    A[:-1, :n], A[:-1, n], A[-1, :n] = pool.columns, -step, 1.0
    cost, top = np.zeros(n + 1), np.full(n + 1, np.inf)
    cost[n], top[n] = -1.0, 1.0
    answer = lp.solve(cost, A_eq=A, b_eq=np.append(base, total), upper=top)
    multipliers = answer.equality_multipliers[:-1]
    slope = float(multipliers @ step)
    if slope < 0.0:
        multipliers, slope = -multipliers, -slope
    return min(float(answer.x[n]), 1.0), answer.x[:n], multipliers / slope if slope > 1e-12 else 0.0 * multipliers


def attained(pool: Pool) -> BoxEnd | None:
    """The best mixture of the pool's boxes in exact numbers, by the least repair that is enough; None if there is none.

    Local boxes of weight κ stand for what is missing, white noise where nothing is.
    """
    for kappa in REPAIRS:
        try:
            visibility, weights, _ = master(pool, 1.0 - kappa)
        except SolverError:
            continue
        used = np.flatnonzero(weights > 0.0)
        if not len(used):
            continue
        for joint in (False, True):
            found = _exactly(pool, used, weights[used], min(1.0, max(0.0, visibility)), kappa, joint)
            if found is not None:
                return found
    return None


def _exactly(pool: Pool, used: Index, weights: Array, visibility: float, kappa: float, joint: bool) -> BoxEnd | None:
    """The mixture with corrected weights (and V, if joint), where the repair is enough."""
    base, step = (np.array([float(x) for x in part]) for part in (pool.goal.base, pool.goal.step))
    rows = np.vstack([pool.columns[:, used], np.ones(len(used))])
    slope = np.append(step, 0.0)
    for _ in range(3):  # in proportion, so that no weight becomes negative
        rest = np.append(base + visibility * step, 1.0 - kappa) - rows @ weights
        table = np.column_stack([rows * weights, -slope]) if joint else rows * weights
        change = np.linalg.lstsq(table, rest, rcond=1e-12)[0]
        weights = np.maximum(weights * (1.0 + change[: len(used)]), 0.0)
        visibility = min(1.0, max(0.0, visibility + float(change[-1]))) if joint else visibility
    share = 1 - Fraction(kappa)
    exact = [Fraction(x) for x in dyadic_weights(weights).tolist()]
    missing = pool.goal.missing(visibility, [share * w for w in exact], [pool.exact[k] for k in used])
    if missing > Fraction(kappa):
        return None
    chosen = [(w, int(k)) for w, k in zip(exact, used) if w]
    return BoxEnd(
        visibility, tuple(w for w, _ in chosen), tuple(pool.states[k] for _, k in chosen),
        tuple(pool.means[k] for _, k in chosen), Fraction(kappa),
    )  # fmt: skip
