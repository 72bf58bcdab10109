"""From near a local optimum to it: sequential quadratic programs in coefficients and directions together.

With w = |S| and coordinates δ at the current point, z = (w, δ), every tracked hidden state is a smooth function h_k(z),
re-descended wherever it is evaluated. The program is

    minimise  cost(z) + c t    where  h_k(z) ≤ t,  gain(z) − g t = 1,  w ≥ 0,

solved with a quadratic model of the Lagrangian on the plane that the active constraints leave free (its curvature by
differences of gradients, negative ones turned round), a trust region, and the oracle's word on each step. Where a step
meets hidden states that were missed, their linearisations at that step are rows of the next program.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np

from ...common.arrays import Array
from ...core.hidden_states import HiddenStates
from ...engines.solvers import quadratic_program
from ...errors import SolverError
from .charts import Chart, Layout
from .inner import Place
from .programs import LARGEST, brackets
from .tasks import Task
from .tracked import Tracked, distinct, follow, values

__all__ = ["polish"]


STEPS = 40
MARGIN = 0.02
"""Distance below the best value, relative to it, within which states are tracked."""
SPREAD = 2e-3
"""Least distance of tracked states."""
DIFFERENCE = 1e-4
PACE = 4
"""Steps over which the pace is measured."""
SMALLEST_RADIUS = 1e-10
FLATTEST = 1e-4
"""Least curvature; smaller ones are raised to it."""


@dataclass(frozen=True, eq=False)
class _Local:
    """The smooth functions of (w, δ) at a point, with signs of the coefficients fixed."""

    task: Task
    chart: Chart
    signs: Array

    def move(self, z: Array) -> tuple[Array, Array]:
        """S and the directions."""
        K = len(self.signs)
        return self.signs * np.maximum(z[:K], 0.0), self.chart.point(z[K:])

    def maxima(self, z: Array, states: HiddenStates, reach: float) -> tuple[Array, Array, Tracked]:
        """Each h_k and its derivatives (m, K + d), with the states there."""
        K = len(self.signs)
        w, X = np.maximum(z[:K], 1e-14), self.chart.point(z[K:])
        tracked = follow(self.task, self.signs * w, X, states, reach)
        low, high = brackets(self.task, tracked.states)
        shares = np.where(self.signs > 0.0, high, -low)
        slopes = self.chart.pull(tracked.slopes(self.task, self.signs * w, X), z[K:])
        return shares @ z[:K], np.concatenate([shares, slopes], axis=1), tracked

    def gain(self, z: Array) -> tuple[float, Array]:
        """The gain and its derivatives."""
        value, by_w, by_x = self.task.gain(*self.move(z))
        return value, np.concatenate([self.signs * by_w, self.chart.pull(by_x, z[len(self.signs) :])])

    def cost(self, z: Array) -> tuple[float, Array]:
        """The cost and its derivatives."""
        value, by_w, by_x = self.task.cost(*self.move(z))
        return value, np.concatenate([by_w, self.chart.pull(by_x, z[len(self.signs) :])])


@dataclass(frozen=True, eq=False)
class _Program:
    """The program at one point: rows of the tracked states and of cuts, and the equation of the gain.

    Parameters
    ----------
    local : _Local
    z : ndarray, shape (n,)
    tracked : Tracked
        The states of the first rows.
    rows, right : ndarray, shapes (m, n) and (m,)
        rows d − t ≤ right for states and cuts.
    crowd, room : ndarray
        crowd d ≤ room for directions that are too close.
    cost, cost_slope, gain, gain_slope
        At z.
    radius : float
    """

    local: _Local
    z: Array
    tracked: Tracked
    rows: Array
    right: Array
    crowd: Array
    room: Array
    cost: float
    cost_slope: Array
    gain: float
    gain_slope: Array
    radius: float

    def solve(self, hessian: Array) -> tuple[Array, float, Array, float]:
        """The step d, the objective of the linear model there, a multiplier for each row, that of the gain."""
        task, n, K = self.local.task, len(self.z), self.local.task.n_pairs
        c, g = task.objective.bound_cost, task.objective.bound_gain
        rows = np.zeros((len(self.rows) + len(self.crowd), n + 1))
        rows[: len(self.rows), :n], rows[: len(self.rows), n] = self.rows, -1.0
        rows[len(self.rows) :, :n] = self.crowd
        low, high = np.full(n + 1, -self.radius), np.full(n + 1, self.radius)
        low[:K] = np.maximum(-self.z[:K], -4.0 * self.radius)
        high[:K] = np.minimum(LARGEST - self.z[:K], 4.0 * self.radius)
        low[n], high[n] = 0.0, 1e4
        full = np.zeros((n + 1, n + 1))
        full[:n, :n] = hessian
        solved = quadratic_program.solve(
            full, np.append(self.cost_slope, c), rows, np.concatenate([self.right, self.room]),
            np.append(self.gain_slope, -g), 1.0 - self.gain, low, high,
        )  # fmt: skip
        x = solved.x
        promise = _linear(task, self.cost, float(self.cost_slope @ x[:n]), c * float(x[n]))
        return x[:n], promise, solved.multipliers[: len(self.rows)], solved.price

    def curvature(self, step: Array, weights: Array, price: float) -> Array:
        """The Hessian of the Lagrangian on what the active rows leave free, made positive definite there."""
        n, K = len(self.z), self.local.task.n_pairs
        active = np.flatnonzero(weights > 1e-6 * weights.max(initial=1e-300))
        vanished = np.flatnonzero(self.z[:K] + step[:K] < 1e-9)
        plane = [self.rows[active][1:] - self.rows[active][:1], self.gain_slope[None], np.eye(n)[vanished]]
        _, sizes, turn = np.linalg.svd(np.concatenate(plane), full_matrices=True)
        free = turn[int((sizes > 1e-9).sum()) :].T
        own = active[active < len(self.tracked)]
        if free.shape[1] == 0 or len(own) == 0:
            return np.zeros((n, n))
        states = self.tracked.states.take(own)

        def slope(at: Array) -> Array:
            _, rows, _ = self.local.maxima(at, states, 1e-3)
            total: Array = weights[own] @ rows + self.local.cost(at)[1] - price * self.local.gain(at)[1]
            return total

        changes = [slope(self.z + DIFFERENCE * e) - slope(self.z - DIFFERENCE * e) for e in free.T]
        reduced = np.array(changes) @ free / (2.0 * DIFFERENCE)
        bends, axes = np.linalg.eigh(0.5 * (reduced + reduced.T))
        turned = free @ axes
        curved: Array = (turned * np.maximum(np.abs(bends), FLATTEST)) @ turned.T
        return curved


def _program(
    task: Task, layout: Layout, place: Place, radius: float, cuts: list[tuple[Array, Array]]
) -> tuple[_Program, float]:
    """The program at a place, and h there."""
    X, S = place.directions, place.coefficients
    signs = np.where(task.correlators(X) < 0.0, -1.0, 1.0)
    local = _Local(task, layout.chart(X), np.where(np.abs(S) > 1e-9, np.sign(S), signs))
    z = np.concatenate([np.abs(S), np.zeros(local.chart.size)])
    value, rows, tracked = local.maxima(z, place.tracked.states, 1e-2)
    order = np.argsort(-value, kind="stable")
    order = order[value[order] > value.max() - MARGIN * abs(value.max())]
    kept = order[distinct(tracked.states.take(order), SPREAD)][: 3 * len(z)]
    top = max(place.top, float(value.max()))
    rows, right = rows[kept], -value[kept]
    if cuts:
        rows = np.concatenate([rows, *[cut[0] for cut in cuts]])
        right = np.concatenate([right, -np.minimum(np.concatenate([cut[1] for cut in cuts]), top - 1e-12)])
    room, crowding = task.crowding(X)
    crowd = np.concatenate([np.zeros((len(room), task.n_pairs)), local.chart.pull(crowding)], axis=1)
    program = _Program(
        local, z, tracked.take(kept), rows, right, crowd, np.maximum(room, -0.2 * radius),
        *local.cost(z), *local.gain(z), radius,
    )  # fmt: skip
    return program, top


def _oracle(
    task: Task, S: Array, X: Array, tracked: Tracked, fresh: int, rng: np.random.Generator
) -> tuple[float, Tracked]:
    """The value of f at its best maximiser, and all good ones: next to the tracked states, and from fresh starts."""
    near = follow(task, S, X, tracked.states, 1e-2)
    starts = HiddenStates.join([tracked.states, task.on(X).scatter(fresh, rng)])
    found = near.join(follow(task, S, X, starts))
    reached = values(task.functional(S), found.states)
    order = np.argsort(-reached, kind="stable")
    highest = float(reached.max())
    return highest, found.take(order[reached[order] > highest - MARGIN * abs(highest)])


def polish(
    task: Task,
    layout: Layout,
    place: Place,
    rng: np.random.Generator,
    deadline: float,
    *,
    radius: float = 0.05,
    fresh: int = 60,
    tolerance: float = 1e-12,
    rival: float = np.inf,
    steps: int = STEPS,
) -> Place:
    """Descend to the optimum nearby, until less than the (relative) tolerance is promised.

    It is given up as well where it does not get near ``rival``, the best value of other searches, at its pace.
    """
    gains: list[float] = []
    cuts: list[tuple[Array, Array]] = []
    place = refreshed(task, place, rng, 4 * fresh)
    for _ in range(steps):
        if time.perf_counter() > deadline or radius < SMALLEST_RADIUS:
            break
        program, top = _program(task, layout, place, radius, cuts)
        current = task.objective.merit(place.coefficients, task.correlators(place.directions), top)
        try:
            step, _, weights, price = program.solve(1e-9 * np.eye(len(program.z)))
            step, promise, _, _ = program.solve(program.curvature(step, weights, price))
        except SolverError:
            radius *= 0.3
            continue
        S, X = program.local.move(program.z + step)
        correlators = task.correlators(X)
        if not float(correlators @ S) > 0.0:
            radius *= 0.3
            continue
        highest, found = _oracle(task, S, X, program.tracked, fresh, rng)
        merit = task.objective.merit(S, correlators, highest)
        promised = current - promise
        ratio = (current - merit) / max(promised, 1e-300)
        gains.append(max(current - merit, 0.0))
        if len(gains) >= PACE and min(current, merit) - rival > STEPS * sum(gains[-PACE:]) / PACE:
            break
        if np.isfinite(merit) and ratio > 0.1:
            place = Place(merit, X, *task.objective.unit(S, correlators, highest), found.join(program.tracked))
            cuts = []
            radius = min(2.0 * radius, 0.2) if ratio > 0.7 else radius if ratio > 0.3 else 0.5 * radius
        else:
            missed, slopes, _ = program.local.maxima(program.z + step, found.states, 1e-4)
            cuts = [*cuts[-4:], (slopes, missed - slopes @ step)]
            place = Place(current, place.directions, place.coefficients, top, program.tracked.join(found))
            radius = 0.5 * min(radius, max(float(np.abs(step[task.n_pairs :]).max(initial=0.0)), 1e-9))
        if promised < tolerance * max(1.0, abs(current)):
            break
    return place


def refreshed(task: Task, place: Place, rng: np.random.Generator, fresh: int) -> Place:
    """The place with its objective corrected by many more starts of the oracle."""
    model, S = task.on(place.directions), place.coefficients
    more = follow(task, S, place.directions, HiddenStates.join([place.tracked.states, model.scatter(fresh, rng)]))
    tracked = more.take(np.argsort(-values(task.functional(S), more.states), kind="stable")).distinct()
    top = max(place.top, float(values(task.functional(S), tracked.states).max()))
    merit = task.objective.merit(S, task.correlators(place.directions), top)
    return Place(merit, place.directions, S, top, tracked.take(slice(0, 200)).join(place.tracked))


def _linear(task: Task, cost: float, change: float, bound: float) -> float:
    """The objective that the linear model promises."""
    if task.objective.equally:
        return float(np.sqrt(2.0 * max(cost + change, 0.0)))
    return cost + change + bound
