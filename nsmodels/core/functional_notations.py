"""The notations of a functional: Collins-Gisin, p[a,b,x,y], full correlators. One place for each formula.

A table of coefficients g stands for the functional P ↦ Σ g · (the table of P in the same notation), so that its value
on a behaviour is the same in every notation. Sums are correctly rounded: each coefficient that is read is within 2^-53,
relatively, of the exact rational that the doubles of the table stand for, and ``Coefficients.exact`` says whether all
of them are exact. Tables of small integers always are.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..common.arguments import TWO_PARTIES, check_size, floats
from ..common.arrays import Array
from ..errors import InputError
from .axis_orders import AXES, in_order, reading

__all__ = [
    "Coefficients",
    "collins_gisin",
    "full_correlators",
    "game",
    "misfit",
    "probabilities",
    "read_collins_gisin",
    "read_full_correlators",
    "read_probabilities",
]

_ALPHA = np.array([1.0, -1.0])[:, None, None, None]
_BETA = np.array([1.0, -1.0])[None, :, None, None]
SMALLEST = 2.0**-1000
"""Least coefficient: smaller ones lose digits when they are divided by four."""
UNIT_SUM = 1e-9
"""Distance from 1 that the sum of the probabilities of a game's questions may have."""


@dataclass(frozen=True, slots=True)
class Coefficients:
    """S_ij, α_i, β_j and k, and whether they are the exact ones."""

    correlators: Array
    alice: Array
    bob: Array
    constant: float
    exact: bool


def misfit(shape: tuple[int, int], wanted: tuple[int, int]) -> str:
    """The remedy for one setting too many on either side: constants and marginals were read as correlators."""
    if shape != (wanted[0] + 1, wanted[1] + 1):
        return ""
    return (
        "; a table whose first row and column are marginals is read by Functional.from_collins_gisin (probabilities "
        "of +1) or Functional.from_full_correlators (mean values)"
    )


class _Sums:
    """Correctly rounded sums, and whether all of them were exact so far."""

    def __init__(self, notation: str) -> None:
        self.notation, self.exact = notation, True

    def __call__(self, terms: Iterable[float]) -> float:
        """A quarter of the sum."""
        listed = list(terms)
        try:
            total = math.fsum(listed)
        except (OverflowError, ValueError):  # of sums, and of infinite terms
            total = math.inf
        if not math.isfinite(total) or 0.0 < abs(total) < SMALLEST:
            size = "large" if abs(total) > 1.0 else "small"
            raise InputError(f"Functional: coefficients of the {self.notation} table are too {size}; scale the table")
        self.exact = self.exact and math.fsum([*listed, -total]) == 0.0
        return 0.25 * total


def _corner_table(values: ArrayLike, notation: str) -> Array:
    """A table with constants and marginals first: at least two rows and columns of finite numbers."""
    table = floats(values, f"Functional: the {notation} table is not a table of numbers with rows of equal length")
    if table.ndim != 2 or min(table.shape) < 2:
        more = f"; {TWO_PARTIES}" if table.ndim > 2 else ""
        raise InputError(f"Functional: a {notation} table has shape (n_A + 1, n_B + 1), got {table.shape}{more}")
    _check_finite(table, f"the {notation} table")
    check_size((table.shape[0] - 1, table.shape[1] - 1), "Functional")
    return table


def _check_finite(table: Array, name: str) -> None:
    if not np.isfinite(table).all():
        index = np.argwhere(~np.isfinite(table))[0].tolist()
        raise InputError(f"Functional: entry {index} of {name} is {float(table[tuple(index)])}; it must be finite")


def read_full_correlators(values: ArrayLike) -> Coefficients:
    """[[k, β], [α, S]]."""
    table = _corner_table(values, "full-correlator")
    return Coefficients(table[1:, 1:], table[1:, 0], table[0, 1:], float(table[0, 0]), True)


def full_correlators(correlators: Array, alice: Array, bob: Array, constant: float) -> Array:
    """[[k, β], [α, S]]."""
    return np.block([[np.array([[constant]]), bob[None, :]], [alice[:, None], correlators]])


def read_collins_gisin(values: ArrayLike) -> Coefficients:
    """From P(+|a) = ½(1 + A), P(++|ab) = ¼(1 + A + B + C): S = g_ij/4, α_i = g_i0/2 + Σ_j g_ij/4, likewise β, and k."""
    table = _corner_table(values, "Collins-Gisin")
    quarter = _Sums("Collins-Gisin")
    with np.errstate(over="ignore"):
        doubled, inner = 2.0 * table, table[1:, 1:]
    alice = np.array([quarter([first, *row]) for first, row in zip(doubled[1:, 0].tolist(), inner.tolist())])
    bob = np.array([quarter([first, *column]) for first, column in zip(doubled[0, 1:].tolist(), inner.T.tolist())])
    ends = [4.0 * float(table[0, 0]), *doubled[1:, 0].tolist(), *doubled[0, 1:].tolist()]
    constant = quarter([*ends, *inner.ravel().tolist()])
    correlators = np.array([[quarter([x]) for x in row] for row in inner.tolist()])
    return Coefficients(correlators, alice, bob, constant, quarter.exact)


def collins_gisin(correlators: Array, alice: Array, bob: Array, constant: float) -> Array:
    """From A = 2P(+|a) − 1, C = 1 − 2P(+|a) − 2P(+|b) + 4P(++|ab): g_ij = 4S, g_i0 = 2α_i − 2Σ_j S_ij, and so on."""
    table = np.empty((len(alice) + 1, len(bob) + 1))
    table[1:, 1:] = 4.0 * correlators
    table[1:, 0] = [2.0 * math.fsum([a, *row]) for a, row in zip(alice.tolist(), (-correlators).tolist())]
    table[0, 1:] = [2.0 * math.fsum([b, *row]) for b, row in zip(bob.tolist(), (-correlators.T).tolist())]
    table[0, 0] = math.fsum([constant, *(-alice).tolist(), *(-bob).tolist(), *correlators.ravel().tolist()])
    return table


def read_probabilities(values: ArrayLike, order: str | None = None) -> Coefficients:
    """From p[a,b,x,y] = ¼(1 + αA_x + βB_y + αβC_xy): S = ¼Σ αβ s, and so on, for coefficients s[a,b,x,y]."""
    given = floats(values, f"Functional: {reading('s', AXES)} is not a table of numbers, shape (2, 2, n_A, n_B)")
    table = in_order(given, order)
    if table.ndim != 4 or table.shape[:2] != (2, 2) or not table.size:
        fits = given.ndim == 4 and given.shape[2:] == (2, 2) and order is None and given.size
        remedy = 'give order="xyab" for a table s[x,y,a,b]' if fits else TWO_PARTIES
        raise InputError(
            f"Functional: {reading('s', AXES)} has shape {table.shape}; it must be (2, 2, n_A, n_B); {remedy}"
        )
    _check_finite(table, reading("s", AXES))
    check_size((table.shape[2], table.shape[3]), "Functional")
    quarter = _Sums("probability")
    signed = (table * _ALPHA, table * _BETA, table * _ALPHA * _BETA)
    alice = np.array([quarter(part) for part in np.moveaxis(signed[0], 2, 0).reshape(table.shape[2], -1).tolist()])
    bob = np.array([quarter(part) for part in np.moveaxis(signed[1], 3, 0).reshape(table.shape[3], -1).tolist()])
    blocks = signed[2].reshape(4, -1).T.tolist()
    correlators = np.array([quarter(block) for block in blocks]).reshape(table.shape[2:])
    return Coefficients(correlators, alice, bob, quarter(table.ravel().tolist()), quarter.exact)


def probabilities(correlators: Array, alice: Array, bob: Array, constant: float) -> Array:
    """s[a,b,x,y] = αβ S_xy + α α_x/n_B + β β_y/n_A + k/(n_A n_B): all settings of the other share a marginal's part."""
    n_alice, n_bob = correlators.shape
    spread = _ALPHA * (alice / n_bob)[:, None] + _BETA * (bob / n_alice) + constant / (n_alice * n_bob)
    return np.asarray(_ALPHA * _BETA * correlators + spread)


def game(questions: ArrayLike, wins: ArrayLike | Callable[[int, int, int, int], Any]) -> Coefficients:
    """The probability of winning, Σ π[x,y] wins[a,b,x,y] p[a,b,x,y]."""
    chances = floats(questions, "Functional: pi is not a table of numbers, shape (n_A, n_B)")
    if chances.ndim != 2 or not chances.size:
        raise InputError(f"Functional: pi has shape {chances.shape}; it must be (n_A, n_B)")
    _check_finite(chances, "pi")
    check_size((chances.shape[0], chances.shape[1]), "Functional")
    if (chances < 0.0).any():
        index = np.argwhere(chances < 0.0)[0].tolist()
        raise InputError(f"Functional: pi{index} is {float(chances[tuple(index)])!r}; probabilities are not negative")
    total = math.fsum(chances.ravel().tolist())
    if not abs(total - 1.0) <= UNIT_SUM:
        raise InputError(f"Functional: pi adds up to {total!r}; the probabilities of the questions add up to 1")
    table = _wins(wins, (chances.shape[0], chances.shape[1]))
    return read_probabilities(np.where(table, chances, 0.0))


def _wins(wins: Any, shape: tuple[int, int]) -> NDArray[np.bool_]:
    """Truth values wins[a,b,x,y], from a table or a rule."""
    if callable(wins):
        n_alice, n_bob = shape
        outcomes: Sequence[int] = range(2)
        wins = [[[[bool(wins(a, b, x, y)) for y in range(n_bob)] for x in range(n_alice)] for b in outcomes]
                for a in outcomes]  # fmt: skip
    table = floats(wins, "Functional: wins[a,b,x,y] is not a table of truth values, shape (2, 2, n_A, n_B)")
    if table.shape != (2, 2, *shape):
        raise InputError(
            f"Functional: wins[a,b,x,y] has shape {table.shape}; it must be {(2, 2, *shape)} for this pi; {TWO_PARTIES}"
        )
    odd = ~np.isin(table, (0.0, 1.0))
    if odd.any():
        index = np.argwhere(odd)[0].tolist()
        value = float(table[tuple(index)])
        remedy = "for payoffs use Functional.from_probabilities(pi * payoff)"
        raise InputError(f"Functional: wins{index} is {value!r}; it must be true or false; {remedy}")
    return table == 1.0
