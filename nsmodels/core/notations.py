"""The notations of a behaviour: p[a,b,x,y], Collins-Gisin, full correlators, counts. One place for each formula."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..common.arguments import floats, small
from ..common.arrays import Array, Mask
from ..errors import InputError
from .axis_orders import AXES, arranged, check_shape, in_order, possible, reading, with_order
from .no_signalling import signalling_p_value

__all__ = [
    "CountEstimate",
    "check_corner",
    "checked_counts",
    "collins_gisin",
    "estimate_from_counts",
    "full_correlators",
    "probabilities",
    "read_collins_gisin",
    "read_counts",
    "read_probabilities",
]

_SIGNS = np.array([1.0, -1.0])
_OUTCOMES = ("+", "−")


def probabilities(alice: Array, bob: Array, correlators: Array) -> Array:
    """p[a,b,x,y] = ¼ (1 + α A_x + β B_y + αβ C_xy), arXiv:0801.2241, eq. (6)."""
    alpha = _SIGNS[:, None, None, None]
    beta = _SIGNS[None, :, None, None]
    return 0.25 * (1.0 + alpha * alice[:, None] + beta * bob[None, :] + alpha * beta * correlators)


def full_correlators(alice: Array, bob: Array, correlators: Array) -> Array:
    """[[1, B], [A, C]]."""
    table = np.ones((len(alice) + 1, len(bob) + 1))
    table[1:, 0], table[0, 1:], table[1:, 1:] = alice, bob, correlators
    return table


def collins_gisin(alice: Array, bob: Array, correlators: Array) -> Array:
    """[[1, P(+|b)], [P(+|a), P(++|ab)]]."""
    table = np.ones((len(alice) + 1, len(bob) + 1))
    table[1:, 0], table[0, 1:] = 0.5 * (1.0 + alice), 0.5 * (1.0 + bob)
    table[1:, 1:] = 0.25 * (1.0 + alice[:, None] + bob[None, :] + correlators)
    return table


def read_collins_gisin(table: Array, tolerance: float) -> tuple[Array, Array, Array, Mask]:
    """(A, B, C, known): A = 2 P(+|a) − 1, C = 1 − 2 P(+|a) − 2 P(+|b) + 4 P(++|ab), unknown where P(++|ab) is NaN."""
    _check_tolerance(tolerance)
    known = ~np.isnan(table[1:, 1:])
    wrong = ~np.isfinite(table)
    wrong[1:, 1:] &= known
    if wrong.any():
        index = np.argwhere(wrong)[0].tolist()
        raise InputError(f"Behaviour: entry {index} of the Collins-Gisin table is {table[tuple(index)]}")
    plus_a, plus_b = table[1:, :1], table[:1, 1:]
    both = np.where(known, table[1:, 1:], plus_a * plus_b)
    p = np.array([[both, plus_a - both], [plus_b - both, 1.0 - plus_a - plus_b + both]])
    _check_positive(p, tolerance)
    alice, bob = 2.0 * plus_a[:, 0] - 1.0, 2.0 * plus_b[0] - 1.0
    correlators = 1.0 - 2.0 * plus_a - 2.0 * plus_b + 4.0 * both
    return np.clip(alice, -1.0, 1.0), np.clip(bob, -1.0, 1.0), np.clip(correlators, -1.0, 1.0), known


def _check_tolerance(tolerance: float) -> None:
    small(tolerance, "Behaviour: tolerance")


def _check_positive(p: Array, tolerance: float) -> None:
    if p.min() < -tolerance:
        index = [int(k) for k in np.unravel_index(p.argmin(), p.shape)]
        raise InputError(f"Behaviour: p{index} is {p.min():.6g}, negative by more than the tolerance {tolerance:g}")


def check_corner(table: Array, notation: str) -> None:
    """A table with constants and marginals first has at least two rows and columns, and 1 at [0, 0]."""
    if min(table.shape) < 2:
        raise InputError(f"Behaviour: a {notation} table has shape (n_A + 1, n_B + 1), got {table.shape}")
    if table[0, 0] != 1.0:
        raise InputError(f"Behaviour: entry [0, 0] of a {notation} table is 1, got {float(table[0, 0])!r}")


def _four_index(
    values: ArrayLike, name: str, order: str | None, best: Callable[[Array, list[str]], list[str]]
) -> Array:
    """A table with its axes in the order a, b, x, y; ``best`` chooses among orders that fit the shape."""
    given = floats(values, f"Behaviour: {reading(name, AXES)} is not a table of numbers, shape (2, 2, n_A, n_B)")
    array = in_order(given, order)
    check_shape(array, name, order, lambda orders: best(given, orders))
    if np.isinf(array).any():
        index = np.argwhere(np.isinf(array))[0].tolist()
        raise InputError(f"Behaviour: {name}{index} is {float(array[tuple(index)])}; entries must be finite")
    return array


def _check_settings_known(known: Mask, because: str) -> None:
    """Every setting of each party needs a pair about which something is known."""
    for party, axis in (("Alice", 1), ("Bob", 0)):
        missing = np.flatnonzero(~known.any(axis=axis))
        if missing.size:
            raise InputError(f"Behaviour: setting {int(missing[0])} of {party} has no {because}; leave it out")


def read_probabilities(
    p: ArrayLike, tolerance: float, order: str | None = None, known: ArrayLike | None = None
) -> tuple[Array, Array, Array, Mask]:
    """(A, B, C, known) of p[a,b,x,y], or an error that names the worst entry, its defect, and an order that fits.

    Blocks p[:,:,x,y] with a NaN, and those that ``known`` excludes, are unknown.
    """
    _check_tolerance(tolerance)
    allowed = None
    if known is not None:
        allowed = floats(known, "Behaviour: known is not a table of truth values") != 0.0

    def means(table: Array) -> tuple[Array, Array, Array, Mask]:
        mask = np.asarray(~np.isnan(table).any(axis=(0, 1)))
        if allowed is not None:
            if allowed.shape != mask.shape:
                raise InputError(f"Behaviour: known has shape {allowed.shape} for {mask.shape} pairs of settings")
            mask = mask & allowed
        _check_settings_known(mask, "pair that is known")
        return (*_means_of_probabilities(table, mask, tolerance), mask)

    def fits(given: Array, other: str) -> bool:
        try:
            means(arranged(given, other))
        except InputError:
            return False
        return True

    def best(given: Array, orders: list[str]) -> list[str]:
        more_outcomes = np.allclose(given.sum(axis=(0, 1)), 1.0)
        return [other for other in orders if fits(given, other)] or orders[: 0 if more_outcomes else 1]

    table = _four_index(p, "p", order, best)
    try:
        return means(table)
    except InputError as error:
        if order is not None:
            raise
        told = f"{error}; the order of the axes is {reading('p', AXES)}"
        if others := [other for other in possible(table.shape) if other != AXES and fits(table, other)]:
            told += f", and read as {reading('p', others[0])} nothing is wrong: {with_order(others)}"
        elif (table >= 0.0).all() and table.max() > 1.5:
            told += "; for counts use Behaviour.from_counts"
        raise InputError(told) from None


def _means_of_probabilities(table: Array, known: Mask, tolerance: float) -> tuple[Array, Array, Array]:
    """(A, B, C) of a table whose known blocks are finite, marginals averaged over known pairs; 0 for unknown C."""
    beyond = f"more than the tolerance {tolerance:g}"
    table = np.where(known, table, 0.0)
    _check_positive(table, tolerance)
    defect = np.where(known, np.abs(table.sum(axis=(0, 1)) - 1.0), 0.0)
    if defect.max() > tolerance:
        x, y = (int(k) for k in np.unravel_index(defect.argmax(), defect.shape))
        total = table[:, :, x, y].sum()
        raise InputError(f"Behaviour: p[:,:,{x},{y}] adds up to {total:.12g}, off 1 by {defect.max():.3g}, {beyond}")
    for party, marginal, axis in (("Alice", table.sum(axis=1), 2), ("Bob", table.sum(axis=0), 1)):
        most, least = np.where(known, marginal, -np.inf), np.where(known, marginal, np.inf)
        spread = most.max(axis=axis) - least.min(axis=axis)
        if spread.max() > tolerance:
            outcome, setting = (int(k) for k in np.unravel_index(spread.argmax(), spread.shape))
            at = (outcome, setting) if party == "Alice" else (outcome, slice(None), setting)
            high, low = int(most[at].argmax()), int(least[at].argmin())
            other = "Bob" if party == "Alice" else "Alice"
            raise InputError(
                f"Behaviour: signalling: {party}'s P({_OUTCOMES[outcome]}) at setting {setting} is "
                f"{most[at][high]:.12g} with {other}'s setting {high} and {least[at][low]:.12g} with {low}, "
                f"a difference of {spread.max():.3g}, {beyond}"
            )
    correlators = table[0, 0] + table[1, 1] - table[0, 1] - table[1, 0]
    alice = (table[0].sum(axis=0) - table[1].sum(axis=0)).sum(axis=1) / known.sum(axis=1)
    bob = (table[:, 0].sum(axis=0) - table[:, 1].sum(axis=0)).sum(axis=0) / known.sum(axis=0)
    return np.clip(alice, -1.0, 1.0), np.clip(bob, -1.0, 1.0), np.clip(correlators, -1.0, 1.0)


SIGNIFICANT = 1e-4
"""Probability below which counts signal significantly: that of signalling more by chance."""
CLEARLY = 1e3
"""Ratio of likelihoods not to signal above which another order of the axes must be meant."""


def _signalling(counts: Array) -> float:
    """The p-value of no-signalling of counts in the order a, b, x, y; 0 where a setting never occurs."""
    totals = counts.sum(axis=(0, 1))
    return signalling_p_value(counts) if totals.any(axis=0).all() and totals.any(axis=1).all() else 0.0


def _best_orders(counts: Array, orders: list[str]) -> list[str]:
    """The orders in which the counts do not signal at all, or that in which they do least; none where that is much."""
    values = [_signalling(np.nan_to_num(arranged(counts, order), nan=0.0)) for order in orders]
    least = [orders[int(np.argmax(values))]] if max(values) >= SIGNIFICANT else []
    return [order for order, p in zip(orders, values, strict=True) if p >= 0.05] or least


def read_counts(counts: ArrayLike, order: str | None = None) -> Array:
    """Counts n[a,b,x,y], with their order of axes tested unless it is given.

    Raises
    ------
    InputError
        Also where the counts signal significantly and in another order of the axes do not.
    """
    array = _nonnegative(_four_index(counts, "n", order, _best_orders))
    p = signalling_p_value(array) if order is None else 1.0
    if p < SIGNIFICANT:
        others = [other for other in possible(array.shape) if other != AXES]
        best = _best_orders(array, others)
        fitting = _signalling(arranged(array, best[0])) if best else 0.0
        if fitting >= max(SIGNIFICANT, CLEARLY * p):
            raise InputError(
                f"Behaviour: the counts signal as {reading('n', AXES)} (p = {p:.2g}), and not as "
                f'{reading("n", best[0])} (p = {fitting:.2g}); {with_order(best)}; order="{AXES}" if they do signal'
            )
    _check_settings_known(array.sum(axis=(0, 1)) > 0.0, "counts")
    return array


def checked_counts(counts: ArrayLike) -> Array:
    """Counts n[a,b,x,y] ≥ 0 in which every setting of each party occurs; blocks with a NaN were not measured."""
    array = _nonnegative(_four_index(counts, "n", None, _best_orders))
    _check_settings_known(array.sum(axis=(0, 1)) > 0.0, "counts")
    return array


def _nonnegative(array: Array) -> Array:
    """Counts with zeros for blocks that were not measured; negative ones and relative frequencies are refused."""
    array = np.where(np.isnan(array).any(axis=(0, 1)), 0.0, array)
    if array.min() < 0.0:
        index = [int(k) for k in np.unravel_index(array.argmin(), array.shape)]
        raise InputError(f"Behaviour: n{index} is {array.min():g}; counts are not negative")
    totals = array.sum(axis=(0, 1))
    broken = bool((array != np.round(array)).any())
    remedy = "give the numbers of events, or use Behaviour.from_probabilities"
    if array.any() and array.max() <= 1.0 and (broken or totals.max() <= 1.0):
        raise InputError(f"Behaviour: no entry of {reading('n', AXES)} is above 1: relative frequencies; {remedy}")
    if broken and (np.abs(totals[totals > 0.0] - 100.0) < 1e-6).all():
        raise InputError(f"Behaviour: every block of {reading('n', AXES)} adds up to 100, as percentages do; {remedy}")
    return array


@dataclass(frozen=True, slots=True)
class CountEstimate:
    """Mean values and standard errors estimated from counts."""

    correlators: Array
    alice: Array
    bob: Array
    known: NDArray[np.bool_]
    correlator_errors: Array
    alice_errors: Array
    bob_errors: Array


def estimate_from_counts(counts: Array) -> CountEstimate:
    """C = (N_same − N_different)/N with σ = √((1 − C²)/N) = 2 √(N_same N_different / N³), marginals pooled likewise."""

    def ratio(plus: Array, minus: Array) -> tuple[Array, Array]:
        total = plus + minus
        safe = np.where(total > 0.0, total, 1.0)
        return (plus - minus) / safe, 2.0 * np.sqrt(plus * minus / safe) / safe

    correlators, correlator_errors = ratio(counts[0, 0] + counts[1, 1], counts[0, 1] + counts[1, 0])
    alice, alice_errors = ratio(counts[0].sum(axis=(0, 2)), counts[1].sum(axis=(0, 2)))
    bob, bob_errors = ratio(counts[:, 0].sum(axis=(0, 1)), counts[:, 1].sum(axis=(0, 1)))
    known = counts.sum(axis=(0, 1)) > 0.0
    return CountEstimate(correlators, alice, bob, known, correlator_errors, alice_errors, bob_errors)
