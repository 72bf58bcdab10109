"""From weights and states of a solver to an explicit model that anyone can check exactly.

Three steps make the numbers exact. Weights become multiples of 2^-50 that add up to 1; hidden vectors become rational
points of the sphere (stereographic projection of dyadic points); other marginals stay the doubles they are. Then V is
lowered until every row (see `rows`) holds with the rounding errors of its evaluation to spare:

- directly, where the rows leave an interval for V;
- else by mixing in a little of a model of the noise whose rows are strict: (1 − κ)(model of V) + κ(model of the noise)
  is a model of (1 − κ)V;
- else, for white noise and deterministic states, by the ball lemma: every vector of correlators and marginals of
  ℓ1 norm ≤ 1 is Bell-local (mix single correlators ±1 and single marginals ±1), so an ℓ1 error E is repaired by mixing
  in a share κ = E/(1 + E) of a local model of −error/E, and V falls to (1 − κ)V;
- else the model states its largest entry-wise deviation.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from ...common.arrays import Array
from ...common.rationals import rational, rationals, round_down
from ...models.hidden_variables import HiddenVariableModel
from .rows import Target
from .states import Columns

LARGEST_MISS = Fraction(1, 10**6)
"""Largest amount by which a model may miss its target, in a repair or as a deviation, and still prove a lower end."""

__all__ = ["ExactModel", "dyadic_weights", "exact_columns", "exact_model", "pair_right", "row_sums", "target_error"]


_WEIGHT_BITS = 50
_ULP = 2.0**-53


def dyadic_weights(weights: Array) -> Array:
    """Non-negative multiples of 2^-50 close to the weights whose sum is exactly 1."""
    one = 1 << _WEIGHT_BITS
    counts = [round(float(w) * one) for w in np.maximum(weights, 0.0) / np.maximum(weights, 0.0).sum()]
    counts[int(np.argmax(counts))] += one - sum(counts)
    return np.array([count / one for count in counts])


@dataclass(frozen=True, eq=False)
class ExactModel:
    """An explicit finite model of V·P + (1 − V)·noise.

    Parameters
    ----------
    visibility : float
        V, proved.
    weights : ndarray, shape (m,)
        Multiples of 2^-50 that add up to 1 exactly.
    columns : Columns
        The states; hidden vectors are the doubles nearest to rational points of the sphere.
    vectors : list of mapping
        The rational points "u" and "v" of each state, as far as it has hidden vectors.
    antipodal : bool
        Every state stands for itself and its negation, half the weight each.
    sums : ndarray, shape (2 n_pairs,)
        Σ w |A ± B| of the pair rows.
    deviation : float
        Largest entry-wise deviation; 0 where the model is exact.
    repair : Fraction
        κ of the ball lemma; 0 where it is not used.
    exact : tuple, optional
        V and the weights as fractions, where they are no doubles: ``visibility`` is V rounded down.
    """

    visibility: float
    weights: Array
    columns: Columns
    vectors: list[Mapping[str, tuple[Fraction, ...]]]
    antipodal: bool
    sums: Array
    deviation: float
    repair: Fraction
    exact: tuple[Fraction, tuple[Fraction, ...]] | None = None

    def certificate(self, n_parts: int) -> dict[str, Any]:
        """The lower end in exact rationals."""
        states: list[dict[str, Any]] = []
        for k, hidden in enumerate(self.vectors):
            state: dict[str, Any] = {}
            for vector, party, marginals in (("u", "alice", self.columns.alice), ("v", "bob", self.columns.bob)):
                if vector in hidden:
                    state[vector] = rationals(hidden[vector])
                else:
                    state[party] = rationals(marginals[:, k].tolist())
            if n_parts > 1:
                state["part"] = int(self.columns.part[k])
            states.append(state)
        visibility, weights = self.exact or (self.visibility, self.weights.tolist())
        return {
            "visibility": rational(visibility),
            "weights": rationals(weights),
            "states": states,
            "antipodal": self.antipodal,
            "deviation": rational(self.deviation),
            "repair": rational(self.repair),
        }


@dataclass(frozen=True, eq=False)
class _Rows:
    """Pair rows of some weights: Σ w |A ± B| and how far they may be from exact."""

    sums: Array
    error: float


def exact_columns(
    parts: Sequence[HiddenVariableModel], columns: Columns
) -> tuple[Columns, list[Mapping[str, Any]], float]:
    """Columns with rational hidden vectors, and a bound on the error of every stored marginal."""
    vectors: list[Mapping[str, Any]] = [{}] * len(columns)
    alice, bob = columns.alice.copy(), columns.bob.copy()
    u, v = columns.u.copy(), columns.v.copy()
    error = 0.0
    for k, part in enumerate(parts):
        mine = np.flatnonzero(columns.part == k)
        if len(mine) == 0:
            continue
        exact = part.rational(columns.states(k))
        alice[:, mine], bob[:, mine] = exact.states.alice.T, exact.states.bob.T
        for stored, values in ((u, exact.states.u), (v, exact.states.v)):
            if values is not None:
                stored[mine] = values
        for index, hidden in zip(mine.tolist(), exact.vectors, strict=True):
            vectors[index] = hidden
        error = max(error, exact.error)
    return Columns(alice, bob, u, v, columns.part), vectors, error


def row_sums(target: Target, columns: Columns, weights: Array, entry_error: float) -> _Rows:
    """Every pair row of some weights, and a bound on its error."""
    sums = target.sums(columns.alice, columns.bob, weights)
    size = float(np.abs(columns.alice).max(initial=0.0) + np.abs(columns.bob).max(initial=0.0))
    return _Rows(sums, 2.0 * entry_error + (len(weights) + 3) * 1.2e-16 * size)


def pair_right(target: Target) -> tuple[Array, Array]:
    """The right-hand sides 1 ± N and slopes ± D of all pair rows, symmetry or not."""
    start = target.noise.correlators[target.first, target.second]
    step = target.behaviour.correlators[target.first, target.second] - start
    return np.concatenate([1.0 + start, 1.0 - start]), np.concatenate([step, -step])


def target_error(target: Target, visibility: float) -> float:
    """Bound on the error of 1 ± (N + V D) as evaluated."""
    exact = (visibility == 1.0 or visibility == 0.0) and not target.noise.correlators.any()
    data = max(target.behaviour.rounding, target.noise.rounding)
    return data + (0.0 if exact else 6.0 * _ULP)


def _interval(right: Array, slope: Array, rows: Array, error: float) -> tuple[float, float]:
    """All V with rows + error ≤ right + V slope, as (least, largest); least > largest where there is none."""
    excess = rows + error - right
    down, up = slope < 0.0, slope > 0.0
    largest = float((excess[down] / slope[down]).min(initial=1.0))
    least = float((excess[up] / slope[up]).max(initial=0.0))
    flat = excess[slope == 0.0]
    if len(flat) and flat.max() > 0.0:
        return 1.0, 0.0
    return least, min(largest, 1.0)


def exact_model(
    target: Target,
    parts: Sequence[HiddenVariableModel],
    columns: Columns,
    weights: Array,
    visibility: float,
    *,
    noise_model: tuple[Columns, Array] | None = None,
    deadline: float = math.inf,
) -> ExactModel:
    """The explicit model with the largest V that these states and weights prove.

    Parameters
    ----------
    target : Target
        Without symmetry reduction.
    parts : sequence of Model
        The flattened model.
    columns, weights
        States (m of them) and weights as a solver left them.
    visibility : float
        V as the solver sees it.
    noise_model : tuple, optional
        States and weights whose rows are strict for the noise.
    deadline : float
        `time.perf_counter` value after which no further V is tried.
    """
    used = weights > 0.0
    columns, weights = columns.take(used), weights[used]
    columns, vectors, entry_error = exact_columns(parts, columns)
    right, slope = pair_right(target)
    equations = len(target.margin_right) > 0
    visibility = min(max(visibility, 0.0), 1.0)
    if equations:
        return _with_equations(target, columns, vectors, weights, visibility, entry_error, deadline)
    weights = dyadic_weights(weights)
    rows = row_sums(target, columns, weights, entry_error)

    def answer(v: float, deviation: float = 0.0, repair: Fraction = Fraction(0)) -> ExactModel:
        return ExactModel(v, weights, columns, vectors, target.antipodal, rows.sums, deviation, repair)

    if entry_error == 0.0:  # where all marginals vanish any mean value will do, and mean values are at most 1 in size
        vanish = rows.sums[: target.n_pairs] + rows.sums[target.n_pairs :] == 0.0
        right[np.concatenate([vanish, vanish])] = np.inf
    error = rows.error + target_error(target, 0.5)
    exact_error = rows.error + target_error(target, 1.0)
    least, largest = _interval(right, slope, rows.sums, exact_error)
    if least <= 1.0 <= largest:
        return answer(1.0)
    least, largest = _interval(right, slope, rows.sums, error)
    if least < largest - 4e-16 and largest >= visibility - 1e-7:
        return answer(math.nextafter(largest - 3e-16, 0.0))
    if noise_model is not None:
        mixed = _mix(target, parts, columns, vectors, weights, visibility, noise_model, entry_error)
        if mixed is not None and (mixed.visibility >= visibility - 1e-7 or mixed.visibility > largest):
            return mixed
    if least < largest - 4e-16:
        return answer(math.nextafter(largest - 3e-16, 0.0))
    white = not target.noise.correlators.any() and not (target.matched and not target.antipodal)
    if white and all(part.symmetric for part in parts):
        if any(part.local_points for part in parts):
            repaired = _repaired(target, answer, rows, visibility)
            if repaired.repair <= LARGEST_MISS:
                return repaired
    excess = rows.sums - right - visibility * slope
    return answer(visibility, deviation=float(max(excess.max(), 0.0)) + error)


def _repaired(target: Target, answer: Callable[..., ExactModel], rows: _Rows, visibility: float) -> ExactModel:
    """Repair an ℓ1 error by the ball lemma (a Bell-local correction, white noise, vanishing or free marginals)."""
    n = target.n_pairs
    wanted = visibility * target.behaviour.correlators[target.first, target.second]
    low, high = rows.sums[:n] - 1.0, 1.0 - rows.sums[n:]
    distance = np.maximum(np.maximum(low - wanted, wanted - high), 0.0)
    total = float(distance.sum()) * (1.0 + 1e-12) + n * (rows.error + target_error(target, 0.5))
    share = Fraction(total * (1.0 + 1e-9)) / (1 + Fraction(total))
    return answer(round_down(Fraction(visibility) * (1 - share)), repair=share)


def _mix(
    target: Target,
    parts: Sequence[HiddenVariableModel],
    columns: Columns,
    vectors: list[Mapping[str, Any]],
    weights: Array,
    visibility: float,
    noise_model: tuple[Columns, Array],
    entry_error: float,
) -> ExactModel | None:
    """Mix in just enough of a strict model of the noise."""
    extra, shares = noise_model
    extra, more_vectors, more_error = exact_columns(parts, extra)
    entry_error = max(entry_error, more_error)
    right, slope = pair_right(target)
    first = row_sums(target, columns, weights, entry_error)
    second = row_sums(target, extra, shares, entry_error)
    joined = Columns.join([columns, extra])
    kappa = 1e-14
    while kappa < 0.5:
        v = visibility * (1.0 - kappa)
        sums = (1.0 - kappa) * first.sums + kappa * second.sums
        error = 2.0 * (first.error + second.error) + target_error(target, 0.5) + len(joined) * 4e-15
        if (sums + error <= right + v * slope).all():
            both = dyadic_weights(np.concatenate([(1.0 - kappa) * weights, kappa * shares]))
            rows = row_sums(target, joined, both, entry_error)
            bound = rows.error + target_error(target, 0.5)
            least, largest = _interval(right, slope, rows.sums, bound)
            if least < largest - 4e-16:
                best = math.nextafter(largest - 3e-16, 0.0)
                return ExactModel(
                    best, both, joined, vectors + more_vectors, target.antipodal, rows.sums, 0.0, Fraction(0)
                )
        kappa *= 2.0
    return None


def _with_equations(
    target: Target, columns: Columns, vectors: list[Mapping[str, Any]], weights: Array, visibility: float,
    entry_error: float, deadline: float,
) -> ExactModel:  # fmt: skip
    """Lower V step by step, correct the weights for the marginals' equations, and state what is left of the error."""
    right, slope = pair_right(target)
    stacked = np.concatenate([columns.alice, columns.bob, np.ones((1, len(columns)))])
    loss, best = 0.0, None
    while loss < 2.0:
        v = max(visibility - loss, 0.0)
        wanted = np.concatenate([target.margin_right + v * target.margin_slope, [1.0]])
        corrected = weights.copy()
        for _ in range(3):
            active = corrected > 0.0
            # weights in proportion: small ones move little, so that none becomes negative
            scaled = stacked[:, active] * corrected[active]
            change = np.linalg.lstsq(scaled, wanted - stacked @ corrected, rcond=1e-12)[0]
            corrected[active] = np.maximum(corrected[active] * (1.0 + change), 0.0)
        exact = dyadic_weights(corrected)
        rows = row_sums(target, columns, exact, entry_error)
        error = rows.error + target_error(target, v)
        missed = np.abs(stacked[:-1] @ exact - wanted[:-1]).max(initial=0.0)
        data = entry_error + max(target.behaviour.rounding, target.noise.rounding) + (len(exact) + 8) * 1.2e-16
        deviation = float(missed) + data
        excess = float((rows.sums + error - right - v * slope).max())
        model = ExactModel(v, exact, columns, vectors, False, rows.sums, max(deviation, excess), Fraction(0))
        if excess <= 0.0:
            if best is None or model.deviation <= 1e-9:
                return model
        if best is None or model.deviation < best.deviation:
            best = model
        if v == 0.0 or time.perf_counter() > deadline:
            break
        loss = max(2.0 * loss, 1e-13)
        if loss > 1e-3 and best.deviation <= 1e-9:
            break
    assert best is not None
    return best
