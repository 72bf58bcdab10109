"""Pricing for `nsmodels.studies.joint_bias`: the marginal vector in {−1, 0, 1}^n with the largest g(m)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..common.arrays import Array
from ..engines.solvers.integer_program import minimise

__all__ = ["LARGEST_ENUMERATION", "SCALE", "Pricing", "price"]


LARGEST_ENUMERATION = 11
"""Settings of the smaller side: 3^11 = 177 147 rows are enumerated."""
SCALE = 2.0**34
"""Multipliers are integers over this, so that the enumeration adds integers below 2^53: exactly."""
COLUMNS_PER_ROUND = 24


@dataclass(frozen=True, eq=False)
class Pricing:
    """Multipliers (integers over `SCALE`), the weights used, an upper end of max g, and good columns.

    ``exact`` says whether ``value`` is the exact maximum for these multipliers and weights, rounded up.
    """

    multipliers: Array
    weights: Array
    value: float
    states: Array
    exact: bool


def price(y: Array, w: Array, enumerate_all: bool, threshold: float, seconds: float) -> Pricing:
    """Maximise g(m) = Σ w|m| − Σ y⁻|A − B| − Σ y⁺|A + B| over m in {−1, 0, 1}^n.

    Parameters
    ----------
    y : ndarray, shape (2, n_A, n_B)
        y⁻ and y⁺, ≥ 0.
    w : ndarray, shape (n_A + n_B,)
        ≥ 0.
    enumerate_all : bool
        Enumerate the smaller side. Otherwise alternate best responses from random starts and, where they find nothing
        above the threshold, solve a mixed-integer program by HiGHS.
    threshold : float
        Columns with larger g improve the master program.
    seconds : float
        Time limit of the mixed-integer program.

    Raises
    ------
    SolverError
        If the mixed-integer program has no verified answer.
    """
    multipliers = np.round(np.minimum(y, 64.0) * SCALE)
    weights = np.ceil(w * SCALE)  # not below w, so that the bound holds for w
    n_a = y.shape[1]
    if not enumerate_all:
        states, best = _alternate(multipliers / SCALE, w)
        if best > threshold + 1e-9 * (1.0 + abs(threshold)):
            return Pricing(multipliers, w, float("inf"), states, False)
        value, states = _by_program(multipliers / SCALE, weights / SCALE, seconds)
        return Pricing(multipliers, w, value, states, False)
    swap = y.shape[2] < n_a
    table = multipliers.transpose(0, 2, 1) if swap else multipliers
    size = table.shape[1]
    first, second = (weights[n_a:], weights[:n_a]) if swap else (weights[:n_a], weights[n_a:])
    rows = ((np.arange(3**size)[:, None] // 3 ** np.arange(size)) % 3 - 1).astype(np.float64)
    values, reply = _best_response(table, first, second, rows)
    order = np.argsort(-values, kind="stable")[:COLUMNS_PER_ROUND]
    best = float(values[order[0]])
    picked = np.hstack([reply[order], rows[order]] if swap else [rows[order], reply[order]])
    return Pricing(multipliers, w, float(np.nextafter(best / SCALE, np.inf)), _one_sign(picked), True)


def _best_response(table: Array, first: Array, second: Array, rows: Array) -> tuple[Array, Array]:
    """G at each row of the first party's marginals with the second party's best ones, and those."""
    away, along = table
    bias = rows @ (away - along)  # Σ_i A_i (y⁻ − y⁺), [row, j]
    totals = (away + along).sum(axis=0)
    options = np.stack([second - totals + bias, second - totals - bias, -np.abs(rows) @ (away + along)])
    values = np.abs(rows) @ first + options.max(axis=0).sum(axis=1)
    return values, np.array([1.0, -1.0, 0.0])[options.argmax(axis=0)]


def _one_sign(states: Array) -> Array:
    """Distinct rows, one of every two opposite ones: the first non-zero entry is positive."""
    leading = np.take_along_axis(states, (states != 0).argmax(axis=1)[:, None], axis=1)
    return np.unique(states * np.where(leading < 0.0, -1.0, 1.0), axis=0)


def _alternate(y: Array, w: Array) -> tuple[Array, float]:
    """Columns from alternating best responses, and the largest g among them."""
    n_a = y.shape[1]
    alice = np.random.default_rng(0).integers(-1, 2, size=(40 * COLUMNS_PER_ROUND, n_a)).astype(np.float64)
    for _ in range(8):
        _, bob = _best_response(y, w[:n_a], w[n_a:], alice)
        values, alice = _best_response(y.transpose(0, 2, 1), w[n_a:], w[:n_a], bob)
    order = np.argsort(-values, kind="stable")
    states = np.hstack([alice, bob])[order]
    _, index = np.unique(states, axis=0, return_index=True)
    return _one_sign(states[np.sort(index)[:COLUMNS_PER_ROUND]]), float(values[order[0]])


def _by_program(y: Array, w: Array, seconds: float) -> tuple[float, Array]:
    """The mixed-integer program: m = p − q with p + q ≤ 1 binary, e ≥ |A ∓ B| continuous."""
    from scipy.sparse import lil_array

    _, n_a, n_b = y.shape
    n = n_a + n_b
    kind, rows, columns = np.nonzero(y)
    count = len(kind)
    matrix = lil_array((n + 2 * count, 2 * n + count))
    upper = np.zeros(n + 2 * count)
    for k in range(n):
        matrix[k, k] = matrix[k, n + k] = 1.0
        upper[k] = 1.0
    for e, (t, i, j) in enumerate(zip(kind.tolist(), rows.tolist(), columns.tolist(), strict=True)):
        sign = -1.0 if t == 0 else 1.0
        for flip in range(2):
            row, s = n + 2 * e + flip, 1.0 - 2.0 * flip
            matrix[row, i], matrix[row, n + i] = s, -s
            matrix[row, n_a + j], matrix[row, n + n_a + j] = s * sign, -s * sign
            matrix[row, 2 * n + e] = -1.0
    cost = np.concatenate([-w, -w, y[kind, rows, columns]])
    answer = minimise(
        cost,
        matrix.tocsr(),
        upper,
        upper=np.concatenate([np.ones(2 * n), np.full(count, 2.0)]),
        integer=np.arange(2 * n + count) < 2 * n,
        time_limit_s=seconds,
    )
    return max(-answer.bound, 0.0) + 1e-9, np.round(answer.x[:n] - answer.x[n : 2 * n])[None, :]
