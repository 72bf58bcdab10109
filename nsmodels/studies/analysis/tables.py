"""Tables of counts and of correlators as they are given: arrays, entries by pair of settings, CSV files."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...common.arguments import MOST_ROWS, check_size, floats, listed, number, whole
from ...core.axis_orders import arranged, check_shape, checked_order
from ...errors import InputError

__all__ = ["HEADER", "check_whole", "checked_shape", "count_table", "numbers", "pair_of", "pairs_table", "read_csv"]

Array = NDArray[np.float64]

HEADER = ("alice", "bob", "pp", "pm", "mp", "mm")
"""The columns of a CSV file: the two settings, then the counts of ++, +−, −+ and −−."""
MOST_COUNTS = 2**40


def numbers(values: Any, name: str) -> Array:
    """A number, or a table of numbers."""
    return floats(values, f"Data: {name} must be a number, or a table of numbers with rows of equal length")


def pair_of(pair: Any) -> tuple[int, int]:
    """The numbers of two settings."""
    two = listed(pair, "Data: a pair of settings", "give (x, y), the numbers of Alice's and Bob's settings from 0")
    if len(two) != 2:
        raise InputError(f"Data: a pair of settings has {len(two)} entries; give (x, y)")
    x, y = (whole(k, "Data: a setting", 0, MOST_ROWS) for k in two)
    return x, y


def pairs_table(values: Any, shape: tuple[int, int] | None, name: str) -> Array:
    """A table with NaN for what is not given, of a mapping of pairs or of a table."""
    if not isinstance(values, Mapping):
        table = numbers(values, name)
        if table.ndim != 2 or table.size == 0 or (shape is not None and table.shape != tuple(shape)):
            wanted = "(n_A, n_B)" if shape is None else str(tuple(shape))
            raise InputError(f"Data: {name} has shape {table.shape}; it must be {wanted}")
        return table
    entries = {pair_of(pair): number(value, f"Data: an entry of {name}") for pair, value in values.items()}
    size = _size(entries, shape, name)
    table = np.full(size, np.nan)
    for pair, value in entries.items():
        table[pair] = value
    return table


def checked_shape(shape: Any) -> tuple[int, int] | None:
    """Numbers of settings that were given, or None.

    Raises
    ------
    InputError
    """
    if shape is None:
        return None
    two = listed(shape, "Data: shape", "give (n_A, n_B), the numbers of settings")
    if len(two) != 2:
        raise InputError(f"Data: shape has {len(two)} entries; give (n_A, n_B), the numbers of settings")
    n, m = (whole(k, "Data: a number of settings", 1, MOST_ROWS) for k in two)
    return n, m


def _size(pairs: Mapping[tuple[int, int], Any], shape: tuple[int, int] | None, name: str) -> tuple[int, int]:
    if not pairs:
        raise InputError(f"Data: {name} is empty; give at least one pair of settings")
    largest = max(x for x, _ in pairs) + 1, max(y for _, y in pairs) + 1
    if shape is None:
        check_size(largest, "Data")
        return largest
    for x, y in pairs:
        if x >= shape[0] or y >= shape[1]:
            limit = f"alice is 0 to {shape[0] - 1}, bob 0 to {shape[1] - 1}"
            raise InputError(f"Data: {name}: there is no pair [{x}, {y}]; {limit}")
    return shape[0], shape[1]


def count_table(counts: Any, order: str | None, shape: tuple[int, int] | None, name: str) -> Array:
    """The table n[a, b, x, y] of one in another order of axes, or of four counts for each pair."""
    counts = _of_rows(counts, order, name)
    if isinstance(counts, Mapping):
        entries = {
            pair_of(pair): listed(four, f"Data: {name} of a pair", "give the four numbers of ++, +−, −+ and −−")
            for pair, four in counts.items()
        }
        size = _size(entries, shape, name)
        table = np.zeros((2, 2, *size))
        for (x, y), four in entries.items():
            row = numbers(four, name)
            if row.shape != (4,):
                raise InputError(f"Data: {name} of the pair [{x}, {y}]: give the four numbers of ++, +−, −+ and −−")
            table[:, :, x, y] = row.reshape(2, 2)
    else:
        table = numbers(counts, name)
        if order is not None and table.ndim == 4:
            table = arranged(table, checked_order(order))
        try:
            check_shape(table, "n", order, lambda orders: orders)
        except InputError as error:
            raise InputError(f"Data: {str(error).removeprefix('Behaviour: ')}") from None
        table = np.where(np.isnan(table).any(axis=(0, 1)), 0.0, table)
    if not np.isfinite(table).all():
        raise InputError(f"Data: {name} has an entry that is not finite")
    if (table < 0.0).any():
        index = [int(k) for k in np.unravel_index(table.argmin(), table.shape)]
        raise InputError(f"Data: {name}{index} is {table.min():g}; counts are not negative")
    return table


def _of_rows(counts: Any, order: str | None, name: str) -> Any:
    """Rows [alice, bob, pp, pm, mp, mm], as in files, as a mapping in which repeated pairs add up; else what it was."""
    if isinstance(counts, Mapping) or order is not None:
        return counts
    table = numbers(counts, name)
    if table.ndim != 2 or table.shape[1] != len(HEADER):
        return table
    pairs: dict[tuple[int, int], Array] = {}
    for row in table.tolist():
        pair = pair_of([int(k) if k.is_integer() else k for k in row[:2]])
        pairs[pair] = pairs.get(pair, np.zeros(4)) + row[2:]
    return {pair: four.tolist() for pair, four in pairs.items()}


def check_whole(table: Array, name: str = "counts") -> None:
    """Refuse numbers of trials that are none."""
    bad = table != np.rint(table)
    if bad.any():
        index = [int(k) for k in np.argwhere(bad)[0]]
        value = table[tuple(index)]
        raise InputError(f"Data: {name}{index} is {value:g}; they are whole numbers (subtract nothing, scale nothing)")
    if (table < 0.0).any() or table.sum() > MOST_COUNTS:
        raise InputError(f"Data: {name} must lie between 0 and 2^40 in all")


def read_csv(path: Path) -> dict[tuple[int, int], list[int]]:
    """The counts of a CSV file by pair; repeated pairs add up."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8"
        remedy = f"give a CSV file with {','.join(HEADER)}"
        raise InputError(f"{path.name or path}: cannot be read ({reason}); {remedy}") from None
    rows = [row for row in csv.reader(text.splitlines())]
    header = [name.strip().lower() for name in rows[0]] if rows else []
    if header != list(HEADER):
        found = ",".join(header)[:80] or "nothing"
        raise InputError(f"{path.name}:1: the header is {found!a}; it must be {','.join(HEADER)}")
    table: dict[tuple[int, int], list[int]] = {}
    for line, row in enumerate(rows[1:], 2):
        if not any(entry.strip() for entry in row):
            continue
        if len(row) != len(HEADER):
            raise InputError(f"{path.name}:{line}: there are {len(row)} entries; give {','.join(HEADER)}")
        numbers = []
        for name, entry in zip(HEADER, row):
            if not entry.strip().isascii() or not entry.strip().isdigit() or len(entry.strip()) > 15:
                raise InputError(f"{path.name}:{line}: {name} is {entry.strip()[:40]!a}; it must be a whole number ≥ 0")
            numbers.append(int(entry))
        four = table.setdefault((numbers[0], numbers[1]), [0, 0, 0, 0])
        for k, count in enumerate(numbers[2:]):
            four[k] += count
    if not table:
        raise InputError(f"{path.name}: there are no counts below the header; add a row for each pair")
    return table
