"""The small programs of the search: over coefficients at fixed settings, or over coefficients and a step together.

Coefficients are S = p − q with p, q ≥ 0, because Σ p (1 − |A − B|) − q (−1 + |A + B|) is the value of a hidden state
for any signs. With t ≥ the value of every tracked state:

    minimise  cost·(p + q) + c t + (∂cost/∂δ) δ      over p, q, t, δ
    subject to  value_k(p, q) + (∂h_k/∂δ) δ ≤ t,   gain·(p − q) − g t + (∂gain/∂δ) δ = 1,   |δ| ≤ radius.

Solvers only propose: the oracle looks at what comes out of them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...common.arrays import Array
from ...core.hidden_states import HiddenStates
from ...engines.solvers import quadratic_program
from ...engines.solvers.lp import solve
from .tasks import Task

__all__ = ["Proposal", "Step", "brackets", "minimum"]


LARGEST = 20.0
"""Largest coefficient, where the gain is 1."""


@dataclass(frozen=True, eq=False)
class Step:
    """Derivatives by the coordinates of a chart, for a step no longer than ``radius`` in each of them."""

    states: Array
    gain: Array
    cost: Array
    crowding: tuple[Array, Array]
    radius: float


@dataclass(frozen=True, eq=False)
class Proposal:
    """What a program proposes: the objective, S, the step, and a multiplier for each state."""

    value: float
    coefficients: Array
    step: Array
    weights: Array


def brackets(task: Task, states: HiddenStates) -> tuple[Array, Array]:
    """The ends of C_λ on the measured pairs, −1 + |A + B| and 1 − |A − B|, shape (m, K) each."""
    alice, bob = states.alice[:, task.first], states.bob[:, task.second]
    return np.abs(alice + bob) - 1.0, 1.0 - np.abs(alice - bob)


def minimum(task: Task, directions: Array, states: HiddenStates, step: Step | None = None) -> Proposal:
    """Solve the program of the module's text."""
    K = task.n_pairs
    size = 0 if step is None else len(step.gain)
    low, high = brackets(task, states)
    m = len(low)
    _, gain, _ = task.gain(np.zeros(K), directions)
    _, cost, _ = task.cost(np.ones(K), directions)
    curvature = task.curvature(directions)
    price = np.zeros(K) if curvature is not None else cost
    c = np.concatenate([price, price, [task.objective.bound_cost], np.zeros(size)])
    equality = np.concatenate([gain, -gain, [-task.objective.bound_gain], np.zeros(size)])
    rows = np.concatenate([high, -low, -np.ones((m, 1)), np.zeros((m, size))], axis=1)
    right = np.zeros(m)
    if step is not None:
        c[2 * K + 1 :] = step.cost
        equality[2 * K + 1 :] = step.gain
        rows[:, 2 * K + 1 :] = step.states
        room, slopes = step.crowding
        rows = np.concatenate([rows, np.concatenate([np.zeros((len(room), 2 * K + 1)), slopes], axis=1)])
        right = np.concatenate([right, room])
    radius = np.full(size, 0.0 if step is None else step.radius)
    lower = np.concatenate([np.zeros(2 * K + 1), -radius])
    upper = np.concatenate([np.full(2 * K, LARGEST), [1e4], radius])
    if curvature is None:
        answer = solve(c, rows, right, A_eq=equality[None], b_eq=[1.0], lower=lower, upper=upper)
        x, weights, value = answer.x, answer.upper_multipliers, answer.objective
    else:
        hessian = np.diag(np.concatenate([curvature, curvature, np.zeros(1 + size)]))
        solved = quadratic_program.solve(hessian, c, rows, right, equality, 1.0, lower, upper)
        x, weights, value = solved.x, solved.multipliers, solved.objective
    return Proposal(value, x[:K] - x[K : 2 * K], x[2 * K + 1 :], weights[:m])
