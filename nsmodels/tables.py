"""The notations of a behaviour: p[a,b,x,y], Collins-Gisin, full correlators, counts. One place for each formula."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .arguments import floats, small
from .errors import InputError

__all__ = [
    "CountEstimate",
    "check_corner",
    "checked_counts",
    "collins_gisin",
    "estimate_from_counts",
    "full_correlators",
    "probabilities",
    "read_collins_gisin",
    "read_probabilities",
]

Array = NDArray[np.float64]
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


def read_collins_gisin(table: Array, tolerance: float) -> tuple[Array, Array, Array]:
    """(A, B, C) of a Collins-Gisin table: A = 2 P(+|a) − 1, C = 1 − 2 P(+|a) − 2 P(+|b) + 4 P(++|ab)."""
    _check_tolerance(tolerance)
    if not np.isfinite(table).all():
        index = np.argwhere(~np.isfinite(table))[0].tolist()
        raise InputError(f"Behaviour: entry {index} of the Collins-Gisin table is {table[tuple(index)]}")
    plus_a, plus_b = table[1:, :1], table[:1, 1:]
    both = table[1:, 1:]
    p = np.array([[both, plus_a - both], [plus_b - both, 1.0 - plus_a - plus_b + both]])
    _check_positive(p, tolerance)
    alice, bob = 2.0 * plus_a[:, 0] - 1.0, 2.0 * plus_b[0] - 1.0
    correlators = 1.0 - 2.0 * plus_a - 2.0 * plus_b + 4.0 * both
    return np.clip(alice, -1.0, 1.0), np.clip(bob, -1.0, 1.0), np.clip(correlators, -1.0, 1.0)


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


def _four_index(values: ArrayLike, name: str) -> Array:
    array = floats(values, f"Behaviour: {name}[a,b,x,y] is not a table of numbers, shape (2, 2, n_A, n_B)")
    if array.ndim != 4 or array.shape[:2] != (2, 2) or array.size == 0:
        raise InputError(f"Behaviour: {name}[a,b,x,y] has shape {array.shape}; it must be (2, 2, n_A, n_B)")
    if not np.isfinite(array).all():
        index = np.argwhere(~np.isfinite(array))[0].tolist()
        raise InputError(f"Behaviour: {name}{index} is {float(array[tuple(index)])}; entries must be finite")
    return array


def read_probabilities(p: ArrayLike, tolerance: float) -> tuple[Array, Array, Array]:
    """(A, B, C) of p[a,b,x,y], or an error that names the worst entry and its defect."""
    _check_tolerance(tolerance)
    table = _four_index(p, "p")
    beyond = f"more than the tolerance {tolerance:g}"
    _check_positive(table, tolerance)
    defect = np.abs(table.sum(axis=(0, 1)) - 1.0)
    if defect.max() > tolerance:
        x, y = (int(k) for k in np.unravel_index(defect.argmax(), defect.shape))
        total = table[:, :, x, y].sum()
        raise InputError(f"Behaviour: p[:,:,{x},{y}] adds up to {total:.12g}, off 1 by {defect.max():.3g}, {beyond}")
    for party, marginal, axis in (("Alice", table.sum(axis=1), 2), ("Bob", table.sum(axis=0), 1)):
        spread = marginal.max(axis=axis) - marginal.min(axis=axis)
        if spread.max() > tolerance:
            outcome, setting = (int(k) for k in np.unravel_index(spread.argmax(), spread.shape))
            row = marginal[outcome, setting, :] if party == "Alice" else marginal[outcome, :, setting]
            high, low = int(row.argmax()), int(row.argmin())
            other = "Bob" if party == "Alice" else "Alice"
            raise InputError(
                f"Behaviour: signalling: {party}'s P({_OUTCOMES[outcome]}) at setting {setting} is {row[high]:.12g} "
                f"with {other}'s setting {high} and {row[low]:.12g} with {low}, "
                f"a difference of {spread.max():.3g}, {beyond}"
            )
    correlators = table[0, 0] + table[1, 1] - table[0, 1] - table[1, 0]
    alice = (table[0].sum(axis=0) - table[1].sum(axis=0)).mean(axis=1)
    bob = (table[:, 0].sum(axis=0) - table[:, 1].sum(axis=0)).mean(axis=0)
    return np.clip(alice, -1.0, 1.0), np.clip(bob, -1.0, 1.0), np.clip(correlators, -1.0, 1.0)


def checked_counts(counts: ArrayLike) -> Array:
    """Counts n[a,b,x,y] ≥ 0 in which every setting of each party occurs."""
    array = _four_index(counts, "n")
    if array.min() < 0.0:
        index = [int(k) for k in np.unravel_index(array.argmin(), array.shape)]
        raise InputError(f"Behaviour: n{index} is {array.min():g}; counts are not negative")
    totals = array.sum(axis=(0, 1))
    for party, axis in (("Alice", 1), ("Bob", 0)):
        missing = np.flatnonzero(totals.sum(axis=axis) == 0.0)
        if missing.size:
            raise InputError(f"Behaviour: setting {int(missing[0])} of {party} has no counts; leave it out")
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
