"""Rows [alice, bob, …] that tell something of pairs of settings: counts, and correlators."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..toml.table import MAX_SETTINGS, Table
from .settings import Sizes, limit_pairs

__all__ = ["MOST_TRIALS", "Pair", "counts_of", "covering", "pairs_of"]

MOST_TRIALS = 2**40
PAIR = "a row is [alice, bob, pp, pm, mp, mm], settings counted from 0"

Pair = tuple[int, int]


def pairs_of(table: Table, key: str, width: int, sizes: Sizes) -> list[tuple[int, Pair, list[Any]]]:
    """Rows [alice, bob, …] of this many entries: their number, the pair, and the rest."""
    rows, wanted = table.content[key], PAIR if width == 6 else "a row is [alice, bob, C], settings counted from 0"
    if not isinstance(rows, list) or not rows:
        table.refuse(key, "must be a list of rows that is not empty", wanted)
    found = []
    for index, row in enumerate(rows):
        if not isinstance(row, list) or len(row) != width or any(type(k) is not int for k in row[:2]):
            table.refuse((key, index), "is no row of this form", wanted)
        i, j = row[:2]
        n, m = sizes.shape or (MAX_SETTINGS, MAX_SETTINGS)
        if not (0 <= i < n and 0 <= j < m):
            limit = f"alice is 0 to {n - 1}, bob 0 to {m - 1}"
            table.refuse((key, index), f"there is no pair [{i}, {j}]", limit)
        found.append((index, (i, j), row[2:]))
    if sizes.shape is None:
        limit_pairs(table, key, *covering({pair: None for _, pair, _ in found}))
    return found


def covering(*tables: Mapping[Pair, Any] | None) -> Pair:
    """The numbers of settings that have all these pairs."""
    pairs = [pair for table in tables if table for pair in table]
    return max(i for i, _ in pairs) + 1, max(j for _, j in pairs) + 1


def counts_of(table: Table, key: str, sizes: Sizes, *, fractions: bool = False) -> dict[Pair, list[float]]:
    """The counts of ++, +−, −+ and −− of each pair, rows of a pair added up."""
    found: dict[Pair, list[float]] = {}
    for index, pair, four in pairs_of(table, key, 6, sizes):
        numbers = [table.as_number((key, index, 2 + k), x) for k, x in enumerate(four)]
        for k, x in enumerate(numbers):
            if x < 0.0:
                table.refuse((key, index, 2 + k), f"is {x:g}", "counts are not negative")
            if not fractions and x != int(x):
                table.refuse((key, index, 2 + k), f"is {x:g}", "counts are whole numbers: scale and subtract nothing")
            if x > MOST_TRIALS:
                table.refuse((key, index, 2 + k), f"is {x:g}", "there are at most 2^40 trials")
        found[pair] = [x + y for x, y in zip(found.get(pair, [0.0] * 4), numbers)]
    return found
