"""A model of the noise whose rows hold strictly: mixed in by a hair, it makes room for rounding (`exact_model`)."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence

import numpy as np

from ...common.arrays import Array
from ...engines.solvers.interior_point import interior_point
from ...models.hidden_variables import HiddenVariableModel
from .rows import Target
from .states import Columns, starting_columns

__all__ = ["strict_noise_model"]


def strict_noise_model(
    target: Target, parts: Sequence[HiddenVariableModel], columns: Columns, rng: np.random.Generator,
    deadline: float = math.inf,
) -> tuple[Columns, Array] | None:  # fmt: skip
    """States and weights with Σ ρ K + σ ≤ right for every row at V = 0 and the largest σ, or None where σ = 0.

    The states are looked for among the given ones and the ones that `starting_columns` knows, until the deadline (of
    `time.perf_counter`).
    """
    if len(target.margin_right):
        return None
    start = starting_columns(parts, target.behaviour, antipodal=target.antipodal, rng=rng)
    mean = np.full(len(start), 1.0 / len(start))
    slack = target.right - target.collect(target.sums(start.alice, start.bob, mean))
    if slack.min() > 0.05:
        return start.take(np.arange(min(len(start), 700))), np.full(min(len(start), 700), 1.0 / min(len(start), 700))
    if time.perf_counter() > deadline:
        return None
    several = Columns.join([start, columns.take(np.arange(min(len(columns), 200)))])
    rows = np.arange(target.n_rows) if target.n_rows <= 800 else np.sort(np.argsort(slack)[:800])
    table = target.coefficients(several.alice, several.bob, rows)
    n = len(several)
    # variables: ρ, σ⁺, σ⁻;  maximise σ⁺ − σ⁻
    A = np.zeros((len(rows) + 2, n + 2))
    A[: len(rows), :n] = table
    A[: len(rows), n], A[: len(rows), n + 1] = 1.0, -1.0
    A[len(rows), n] = 1.0
    A[len(rows) + 1, :n] = 1.0
    b = np.concatenate([target.right[rows], [1.0, 1.0]])
    c = np.zeros(n + 2)
    c[n], c[n + 1] = -1.0, 1.0
    answer = interior_point(A, b, c, len(rows) + 1, tolerance=1e-6, deadline=deadline)
    weights = answer.x[:n] / answer.x[:n].sum()
    used = weights > 1e-7
    chosen, weights = several.take(used), weights[used] / weights[used].sum()
    slack = target.right - target.collect(target.sums(chosen.alice, chosen.bob, weights))
    return (chosen, weights) if slack.min() > 1e-6 else None
