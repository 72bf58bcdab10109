"""How many settings and outcomes each party has, for more parties and outcomes: see `nsmodels.general`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import product

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..common.arguments import floats, listed, whole
from ..common.rationals import simplest, to_integers
from ..errors import InputError

__all__ = ["MOST_PARTIES", "Chosen", "Scenario", "read"]

Array = NDArray[np.float64]
Chosen = list[tuple[int, int, int]]
MOST_PARTIES = 8
MOST_STRATEGIES = 20_000
MOST_ENTRIES = 20_000
"""Entries of a table: they are columns of the linear program over non-signalling boxes."""
MOST_SUMS = 4_000_000
"""Entries of a table, times how many numbers a box without signalling has."""
TOLERANCE = 1e-9
"""Largest amount by which a table may signal, or the sum of a block of it differ from 1."""
SLACK = Fraction(1, 10**14)
"""Largest distance of probabilities from simple fractions, which they are read as: 0.1 is 1/10."""
SIMPLE, GRID = 10_000, 1 << 53
"""Largest denominator of simple fractions, and that of all other numbers, which are rounded."""


@dataclass(frozen=True)
class Scenario:
    """How many settings and outcomes each party has.

    Parameters
    ----------
    outcomes : sequence of sequences of int
        For each party the number of outcomes of each of its settings: ((2, 2), (2, 2)) for CHSH.

    Raises
    ------
    InputError
        For fewer than one setting or two outcomes, or for tables that are too large.
    """

    outcomes: tuple[tuple[int, ...], ...]

    def __init__(self, outcomes: Sequence[Sequence[int]]) -> None:
        remedy = "give a list of outcomes per setting for each party, such as ((2, 2), (3, 3))"
        parties = []
        for party in listed(outcomes, "general: outcomes", remedy):
            counts = listed(party, "general: the outcomes of a party", remedy)
            parties.append(tuple(whole(n, "general: a number of outcomes", 2, 100) for n in counts))
        if not parties or not all(parties):
            raise InputError(f"general: a party without settings; {remedy}")
        if len(parties) > MOST_PARTIES:
            raise InputError(f"general: {len(parties)} parties are above the limit of {MOST_PARTIES}; use fewer")
        object.__setattr__(self, "outcomes", tuple(parties))
        if math.prod(self.shape) > MOST_ENTRIES:
            size = math.prod(self.shape)
            raise InputError(f"general: tables of {size} entries are above the limit of {MOST_ENTRIES}; use fewer")

    @classmethod
    def alike(cls, parties: int, settings: int, outcomes: int) -> Scenario:
        """The scenario in which all parties have the same numbers of settings and outcomes.

        Raises
        ------
        InputError
        """
        parties = whole(parties, "general: the number of parties", 1, MOST_PARTIES)
        settings = whole(settings, "general: the number of settings", 1, MOST_ENTRIES)
        return cls([[outcomes] * settings] * parties)

    @classmethod
    def of(cls, table: Array) -> Scenario:
        """The scenario of a table, in which all settings of a party have the same number of outcomes."""
        parties = table.ndim // 2
        if table.ndim % 2 or not parties:
            raise InputError(f"general: a table of shape {table.shape}; give p[a, b, …, x, y, …], outcomes first")
        sides = zip(table.shape[:parties], table.shape[parties:])
        return cls([[outcomes] * settings for outcomes, settings in sides])

    @property
    def shape(self) -> tuple[int, ...]:
        """Of tables: the largest numbers of outcomes, then the numbers of settings."""
        return (*map(max, self.outcomes), *map(len, self.outcomes))

    def table(self, values: ArrayLike, name: str) -> Array:
        """A table of this shape; entries of outcomes that a setting does not have must be 0.

        Raises
        ------
        InputError
        """
        array = floats(values, f"general: {name} is not a table of numbers")
        if array.shape != self.shape:
            raise InputError(f"general: {name} has shape {array.shape}; it must be {self.shape}")
        if not np.isfinite(array).all():
            raise InputError(f"general: {name} has an entry that is not finite")
        if array[~self.exists()].any():
            raise InputError(f"general: {name} has an entry for an outcome that its setting does not have")
        return array

    def exists(self) -> NDArray[np.bool_]:
        """Which entries of a table there are: settings may have fewer outcomes than others."""
        parties = len(self.outcomes)
        found = np.ones(self.shape, dtype=bool)
        for k, counts in enumerate(self.outcomes):
            own = np.arange(max(counts))[:, None] < np.array(counts)[None, :]
            axes = [1] * (2 * parties)
            axes[k], axes[parties + k] = own.shape
            found &= own.reshape(axes)
        return found

    @cached_property
    def cells(self) -> NDArray[np.int64]:
        """The entries that there are, in the order of the table: rows of outcomes and then settings."""
        return np.argwhere(self.exists())

    def strategies(self) -> list[tuple[tuple[int, ...], ...]]:
        """All deterministic strategies: for each party the outcome at each setting.

        Raises
        ------
        InputError
            If there are more than 20,000.
        """
        self.check_strategies(self.outcomes)
        return list(product(*(list(product(*map(range, counts))) for counts in self.outcomes)))

    @staticmethod
    def check_strategies(parties: Sequence[tuple[int, ...]]) -> None:
        """Refuse to list more than 20,000 strategies of these parties."""
        count = math.prod(n for counts in parties for n in counts)
        if count > MOST_STRATEGIES:
            raise InputError(f"general: {count} deterministic strategies are above the limit of {MOST_STRATEGIES}")

    @cached_property
    def chosen(self) -> list[Chosen]:
        """What fixes a box: sets of (party, setting, outcome), no last outcomes, at most one setting of each party.

        The first one is empty: its probability is 1.

        Raises
        ------
        InputError
            If there are too many.
        """
        count = math.prod(1 + sum(n - 1 for n in counts) for counts in self.outcomes)
        if count * len(self.cells) > MOST_SUMS:
            size = f"{len(self.cells)} probabilities, {count - 1} of them independent,"
            raise InputError(f"general: {size} are too many for a linear program here; use fewer settings or outcomes")
        options: list[list[tuple[int, int, int] | None]] = [
            [None, *((k, x, a) for x, n in enumerate(counts) for a in range(n - 1))]
            for k, counts in enumerate(self.outcomes)
        ]
        return [[entry for entry in entries if entry is not None] for entries in product(*options)]

    def _matching(self, *, everywhere: bool) -> NDArray[np.int8]:
        """For each of `chosen` which entries have these outcomes; all other settings are the first, or any."""
        parties, cells = len(self.outcomes), self.cells
        found = np.zeros((len(self.chosen), len(cells)), dtype=np.int8)
        first = cells[:, parties:] == 0
        for row, entries in enumerate(self.chosen):
            fits = np.ones(len(cells), dtype=bool)
            for k, x, a in entries:
                fits &= (cells[:, k] == a) & (cells[:, parties + k] == x)
            if not everywhere:
                others = [k for k in range(parties) if k not in {entry[0] for entry in entries}]
                fits &= first[:, others].all(axis=1)
            found[row] = fits
        return found

    @cached_property
    def sums(self) -> NDArray[np.int8]:
        """Which entries of a box add up to the probability of each of `chosen`, all other settings being the first."""
        return self._matching(everywhere=False)

    def terms(self, row: Sequence[int]) -> dict[tuple[tuple[int, int, int], ...], int]:
        """The probability of an entry (outcomes, then settings), from those of `chosen`; last outcomes are the rest."""
        terms: dict[tuple[tuple[int, int, int], ...], int] = {(): 1}
        for k, (a, x) in enumerate(zip(row, row[len(self.outcomes) :])):
            last = self.outcomes[k][x] - 1
            less = {(*own, (k, x, b)): -sign for own, sign in terms.items() for b in range(last)}
            terms = {(*own, (k, x, a)): sign for own, sign in terms.items()} if a < last else {**terms, **less}
        return terms

    def entries(self, means: Sequence[Fraction]) -> list[Fraction]:
        """All probabilities of the box that has these ones of `chosen`."""
        place = {tuple(entries): p for entries, p in zip(self.chosen, means)}
        rows = self.cells.tolist()
        return [sum((sign * place[own] for own, sign in self.terms(row).items()), Fraction(0)) for row in rows]

    def spread(self, coefficients: Sequence[int]) -> NDArray[np.object_]:
        """Coefficients of entries that give Σ c_S P(S), S as in `chosen`; all other settings are the first."""
        return np.asarray(np.array(coefficients, dtype=object) @ self.sums.astype(object))

    def exact(self, table: Array, name: str) -> list[Fraction]:
        """The probabilities of `chosen` in a table, averaged over the settings of all others, as exact numbers.

        What is a fraction p/q with q ≤ 10,000 within 1e-14 is read so, 1/3 being no double; the rest to 53 bits.

        Raises
        ------
        InputError
            If an entry is negative, a block does not add up to 1, or the table signals, by more than 1e-9.
        """
        parties = len(self.outcomes)
        if table.min() < -TOLERANCE:
            raise InputError(f"general: {name} has a probability of {table.min():.6g}")
        totals = table.sum(axis=tuple(range(parties)))
        if np.abs(totals - 1.0).max() > TOLERANCE:
            total = totals.ravel()[np.abs(totals - 1).argmax()]
            raise InputError(f"general: a block of {name} adds up to {total:.9g}; it must be 1")
        for k in range(parties):
            change = float(np.ptp(table.sum(axis=k), axis=parties - 1 + k).max())
            if change > TOLERANCE:
                what = f"a marginal changes by {change:.3g} with the settings of others"
                raise InputError(f"general: {name} signals: {what}")
        integers, exponent = to_integers(table[self.exists()].tolist())
        numbers, found = np.array(integers, dtype=object), [Fraction(1)]
        for entries, fits in zip(self.chosen[1:], self._matching(everywhere=True)[1:]):
            own = {k for k, _, _ in entries}
            many = math.prod(len(counts) for k, counts in enumerate(self.outcomes) if k not in own)
            found.append(read(Fraction(int(numbers[fits.astype(bool)].sum()), many << exponent)))
        return found


def read(probability: Fraction) -> Fraction:
    """The simple fraction within 1e-14 of a probability, or else the multiple of 2^-53 next to it."""
    simple = simplest(probability, SLACK)
    return simple if simple.denominator <= SIMPLE else Fraction(round(probability * GRID), GRID)
