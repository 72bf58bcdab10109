"""Lower ends where equations hold only up to rounding: a hair of another model makes up for what is missed.

Two kinds of states can be mixed in without being listed, because any of a whole ball of targets is a mixture of them:

- *local points*: correlators and marginals of ℓ1 norm ≤ 1 are Bell-local (mix single correlators ±1 and single
  marginals ±1). With κ of them, a mixture M is a model of T where (1 − κ) M + κ L = T, that is Σ |T − (1 − κ) M| ≤ κ.
  So M is made for the target blown up by 1/(1 − κ): there is room for that where the target is not on the boundary;
- *mean vectors* (`visibility.mean_vectors`): states of Leggett's law average to any two mean vectors of length
  ≤ 1. With κ of them the marginals η a·(mean of u) are right if what is missing is η a_i·δ with |δ| ≤ κ, and each row
  Σ ρ |A ± B| grows by at most κ (η_A + η_B), for which `strictest` makes room: a mixture whose rows hold with as much
  to spare as possible.

The checker computes both sums again in rational numbers.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from ...common.arrays import Array
from ...engines.solvers.lp import solve
from ...errors import SolverError
from ...models.hidden_variables import HiddenVariableModel
from .exact_model import ExactModel, dyadic_weights, exact_columns, pair_right, row_sums, target_error
from .master import marginal_equations
from .rows import Target
from .states import Columns, starting_columns

__all__ = ["SHARES", "corrected", "given", "in_the_ball", "strictest"]


SHARES = (1e-13, 1e-12, 1e-11, 1e-10, 1e-9, 1e-8, 1e-7, 4e-7, 7e-7)
"""Shares κ that are mixed in, in turn."""
MOST_ENTRIES = 4_000_000
"""Rows times columns of the linear programs here."""


def _left(deadline: float) -> float:
    """Seconds for one linear program."""
    return min(max(deadline - time.perf_counter(), 0.05), 60.0)


def given(target: Target, visibility: float, scale: float = 1.0) -> Array:
    """The marginals that are to be matched at V, times the scale."""
    return scale * (target.margin_right + visibility * target.margin_slope)


def corrected(rows: Array, weights: Array, wanted: Array) -> Array:
    """Weights in proportion to the given ones whose mean rows are the wanted ones, as far as double precision goes."""
    stacked = np.concatenate([rows, np.ones((1, rows.shape[1]))])
    right = np.append(wanted, 1.0)
    for _ in range(3):
        active = weights > 0.0
        change = np.linalg.lstsq(stacked[:, active] * weights[active], right - stacked @ weights, rcond=1e-12)[0]
        weights = weights.copy()
        weights[active] = np.maximum(weights[active] * (1.0 + change), 0.0)
    return weights


def strictest(
    target: Target,
    parts: Sequence[HiddenVariableModel],
    columns: Columns,
    rng: np.random.Generator,
    *,
    visibility: float | None = None,
    deadline: float = math.inf,
) -> tuple[Columns, Array, float] | None:
    """States and weights with Σ ρ K + σ ≤ right + V slope in every row and the largest σ, and V, any or the given one.

    Where the marginals vanish at the given V and so does the model's mean over m and −m, every state comes with its
    negation, which leaves the rows as they are and needs no equations.

    None where σ would be 0, which is where no mixture leaves room, and where the deadline (of `time.perf_counter`) is
    over before.
    """
    if time.perf_counter() > deadline:
        return None
    seeds = starting_columns(parts, target.behaviour, antipodal=target.antipodal, rng=rng)
    several = Columns.join([seeds, columns])
    if target.n_rows * len(several) > MOST_ENTRIES:
        return None
    n = len(several)
    table = target.coefficients(several.alice, several.bob, np.arange(target.n_rows))
    # variables: ρ, V, σ
    below = np.hstack([table, -target.slope[:, None], np.ones((len(table), 1))])
    opposite = len(target.margin_right) > 0 and visibility is not None and all(part.symmetric for part in parts)
    opposite = opposite and not given(target, visibility or 0.0).any()
    equations = marginal_equations(target, parts[0].span() if len(parts) == 1 else None)
    if opposite:
        equations = equations[:0]
    equal = np.zeros((1 + len(equations), n + 2))
    equal[0, :n] = 1.0
    if len(equations):
        equal[1:, :n] = equations @ np.concatenate([several.alice, several.bob])
        equal[1:, n] = -equations @ target.margin_slope
    values = np.append(1.0, equations @ target.margin_right)
    low, high = np.zeros(n + 2), np.ones(n + 2)
    if visibility is not None:
        low[n] = high[n] = visibility
    cost = np.append(np.zeros(n + 1), -1.0)
    try:
        answer = solve(
            cost, below, target.right, A_eq=equal, b_eq=values, lower=low, upper=high,
            time_limit_s=_left(deadline),
        )  # fmt: skip
    except SolverError:
        return None
    weights = answer.x[:n]
    used = weights > 0.0
    if not answer.x[n + 1] > 1e-8 or not used.any():
        return None
    chosen, weights = several.take(used), weights[used] / weights[used].sum()
    if opposite:
        negated = Columns(-chosen.alice, -chosen.bob, -chosen.u, -chosen.v, chosen.part)
        chosen, weights = Columns.join([chosen, negated]), np.concatenate([weights, weights]) / 2.0
    return chosen, weights, float(answer.x[n])


def in_the_ball(
    target: Target, parts: Sequence[HiddenVariableModel], columns: Columns, *, tolerance: float,
    deadline: float = math.inf,
) -> ExactModel | None:  # fmt: skip
    """A model whose ℓ1 error is made up for by local points, or None where no part contains these."""
    if not any(part.local_points for part in parts) or 2 * target.n_pairs * len(columns) > MOST_ENTRIES:
        return None
    exact, vectors, entry_error = exact_columns(parts, columns)
    right, slope = pair_right(target)
    n, m = target.n_pairs, len(exact)
    table = target.coefficients(exact.alice, exact.bob, np.arange(2 * n))
    equal = np.zeros((1 + len(target.margin_right), m + 1))
    equal[0, :m] = 1.0
    if len(target.margin_right):
        equal[1:, :m] = np.concatenate([exact.alice, exact.bob])
    for share in SHARES[2:]:
        if share > 0.3 * tolerance and share < SHARES[-1]:
            continue
        if time.perf_counter() > deadline:
            return None
        scale = 1.0 / (1.0 - share)
        if len(target.margin_right):
            equal[1:, m] = -scale * target.margin_slope
        # rows of the target times the scale: ± (right − 1) · scale + 1
        below = np.hstack([table, -scale * slope[:, None]])
        high = np.append(np.full(m, np.inf), 1.0)
        try:
            answer = solve(
                np.append(np.zeros(m), -1.0), below, 1.0 + scale * (right - 1.0), A_eq=equal,
                b_eq=np.append(1.0, scale * target.margin_right), upper=high,
                time_limit_s=_left(deadline),
            )  # fmt: skip
        except SolverError:
            continue
        v = 1.0 if answer.x[m] >= 1.0 - 1e-12 else float(answer.x[m])
        weights = answer.x[:m]
        if len(target.margin_right):
            weights = corrected(equal[1:, :m], weights, given(target, v, scale))
        final = dyadic_weights(weights)
        sums = row_sums(target, exact, final, entry_error)
        wanted = scale * (right[:n] - 1.0 + v * slope[:n])
        low, top = sums.sums[:n] - 1.0, 1.0 - sums.sums[n:]
        total = float(np.maximum(np.maximum(low - wanted, wanted - top), 0.0).sum())
        total += n * (sums.error + scale * target_error(target, 0.5) + 1e-15)
        if len(target.margin_right):
            means = np.concatenate([exact.alice @ final, exact.bob @ final])
            rounding = max(target.behaviour.rounding, target.noise.rounding) + entry_error + 2e-15
            total += float(np.abs(means - given(target, v, scale)).sum()) + len(means) * rounding
        if total * 1.0001 <= share:
            kept = final > 0.0
            hidden = [vectors[k] for k in np.flatnonzero(kept).tolist()]
            return ExactModel(
                v, final[kept], exact.take(kept), hidden, target.antipodal, sums.sums, 0.0, Fraction(share)
            )
    return None
