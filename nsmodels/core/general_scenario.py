"""How many settings and outcomes each party has, for more parties and outcomes: see `nsmodels.general`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..common.arguments import floats, listed, whole
from ..errors import InputError

__all__ = ["Scenario"]

Array = NDArray[np.float64]
MOST_STRATEGIES = 20_000
MOST_ENTRIES = 20_000
"""Entries of a table: they are columns of the linear program over non-signalling boxes."""


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
        object.__setattr__(self, "outcomes", tuple(parties))
        if math.prod(self.shape) > MOST_ENTRIES:
            size = math.prod(self.shape)
            raise InputError(f"general: tables of {size} entries are above the limit of {MOST_ENTRIES}; use fewer")

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

    def strategies(self) -> list[tuple[tuple[int, ...], ...]]:
        """All deterministic strategies: for each party the outcome at each setting.

        Raises
        ------
        InputError
            If there are more than 20,000.
        """
        count = math.prod(n for counts in self.outcomes for n in counts)
        if count > MOST_STRATEGIES:
            raise InputError(f"general: {count} deterministic strategies are above the limit of {MOST_STRATEGIES}")
        return list(product(*(list(product(*map(range, counts))) for counts in self.outcomes)))

    def coordinates(self) -> list[list[tuple[int, int, int]]]:
        """Sets of (party, setting, outcome) of all outcomes but the last, at most one setting a party; not the empty one."""  # noqa: E501
        options: list[list[tuple[int, int, int] | None]] = [
            [None, *((k, x, a) for x, n in enumerate(counts) for a in range(n - 1))]
            for k, counts in enumerate(self.outcomes)
        ]
        sets = [[entry for entry in chosen if entry is not None] for chosen in product(*options)]
        return [chosen for chosen in sets if chosen]
