"""The class `Settings`: unit vectors and labels of both parties. Use it as ``ns.Settings`` or from ``settings``."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..common.angles import ROW_ROUNDING, unit
from ..common.arguments import MOST_SETTINGS, TWO_PARTIES, check_noun, floats, listed, small
from ..errors import InputError

__all__ = ["NORM_TOLERANCE", "Settings", "checked_rows", "checked_units"]

NORM_TOLERANCE = 1e-9
"""Distance from 1 that the length of a row may have before it is taken for a mistake."""


def _row_length(row: NDArray[np.float64]) -> float:
    """The length of a row, safe against overflow."""
    return math.hypot(*(float(entry) for entry in row))


def _has_three(row: object) -> bool:
    try:
        return len(row) == 3  # type: ignore[arg-type]  # whatever it is
    except Exception:
        return False


def checked_rows(rows: ArrayLike, party: str) -> NDArray[np.float64]:
    """Rows as an (n, 3) array of finite, non-zero vectors, or an error that names the first bad row."""
    listed_rows = rows if isinstance(rows, list | tuple) else ()
    bad = next((i for i, row in enumerate(listed_rows) if not _has_three(row)), None)
    where = f"row {bad} of {party}" if bad is not None else party
    array = floats(rows, f"Settings: {where} is not a list of 3 numbers; give each direction as [x, y, z]")
    if len(array.shape) > 0 and len(array) > MOST_SETTINGS:
        raise InputError(f"Settings: {party} has {len(array)} rows, above the limit of {MOST_SETTINGS}; use fewer")
    if array.size == 0:
        raise InputError(f"Settings: {party} has no directions; give at least one row [x, y, z]")
    if array.ndim != 2 or array.shape[1] != 3:
        few = array.ndim == 1 or (array.ndim == 2 and array.shape[1] < 3)
        angles = " (angles go into settings.from_angles)" if few else ""
        raise InputError(f"Settings: {party} has shape {array.shape}; give rows of 3 numbers, shape (n, 3){angles}")
    for index, row in enumerate(array):
        if not np.isfinite(row).all():
            raise InputError(f"Settings: row {index} of {party} is {row.tolist()}; its entries must be finite")
        if not row.any():
            raise InputError(f"Settings: row {index} of {party} is zero; a direction needs a non-zero vector")
    return array


def checked_units(rows: ArrayLike, party: str) -> NDArray[np.float64]:
    """`checked_rows` that are of unit length within `NORM_TOLERANCE`."""
    array = checked_rows(rows, party)
    for index, row in enumerate(array):
        length = _row_length(row)
        if not abs(length - 1.0) <= NORM_TOLERANCE:
            raise InputError(
                f"Settings: row {index} of {party} has norm {length:.12g}, off 1 by more than {NORM_TOLERANCE:g}; "
                "give a unit vector or normalise=True"
            )
    return array


def _read_only(array: NDArray[np.float64]) -> NDArray[np.float64]:
    array = np.array(array, dtype=np.float64, order="C")
    array.setflags(write=False)
    return array


def _checked_labels(labels: Sequence[str] | None, count: int, party: str) -> tuple[str, ...]:
    letter = party[0].upper()
    if labels is None:
        return tuple(f"{letter}{i}" for i in range(count))
    given = listed(labels, f"Settings: {party}_labels", "give a list of names")
    if len(given) != count:
        raise InputError(f"Settings: {party}_labels has {len(given)} names for {count} directions")
    try:
        names = tuple(map(str, given))
    except Exception as error:  # whatever an object of the user's raises
        raise InputError(f"Settings: {party}_labels has a name that is no text ({type(error).__name__})") from None
    if len(set(names)) != count:
        raise InputError(f"Settings: {party}_labels repeats a name: {', '.join(names)}")
    return names


@dataclass(frozen=True, eq=False, repr=False, init=False)
class Settings:
    """Measurement directions of Alice and Bob.

    Parameters
    ----------
    alice, bob : array_like, shapes (n_A, 3) and (n_B, 3)
        One direction a row. Each must be of unit length within 1e-9; the length is then divided out, so that a row
        names the direction a/|a| exactly.
    alice_labels, bob_labels : sequence of str, optional
        Names of the directions, ``A0, A1, …`` and ``B0, B1, …`` by default.
    normalise : bool
        Accept rows of any non-zero length.
    family, parameters : optional
        The name of the family and its parameters as in a problem file, for settings that came from one.
    rounding : float, optional
        Given only by the named families, with rows that are unit vectors already and stand for exact directions at most
        this far away (Euclidean distance). Rows without it are normalised here, with ``rounding`` = 4e-16.

    Attributes
    ----------
    alice, bob : ndarray
        Read-only unit vectors.
    rows_alice, rows_bob : ndarray
        Read-only: the rows exactly as given.

    Raises
    ------
    InputError
        For rows of the wrong shape, empty, not finite, zero, or (without ``normalise``) not of unit length.
    """

    alice: NDArray[np.float64]
    bob: NDArray[np.float64]
    alice_labels: tuple[str, ...]
    bob_labels: tuple[str, ...]
    family: str | None
    parameters: Mapping[str, Any] | None
    rounding: float
    rows_alice: NDArray[np.float64]
    rows_bob: NDArray[np.float64]

    def __init__(
        self,
        alice: ArrayLike,
        bob: ArrayLike,
        *more: ArrayLike,
        alice_labels: Sequence[str] | None = None,
        bob_labels: Sequence[str] | None = None,
        normalise: bool = False,
        family: str | None = None,
        parameters: Mapping[str, Any] | None = None,
        rounding: float | None = None,
    ) -> None:
        def put(name: str, value: object) -> None:
            object.__setattr__(self, name, value)

        if more:
            raise InputError(f"Settings: directions of {2 + len(more)} parties are given; {TWO_PARTIES}")
        for party, given, labels in (("alice", alice, alice_labels), ("bob", bob, bob_labels)):
            rows = checked_rows(given, party) if normalise else checked_units(given, party)
            units = rows if rounding is not None else np.array([unit(row) for row in rows.tolist()])
            put(f"rows_{party}", _read_only(rows))
            put(party, _read_only(units))
            put(f"{party}_labels", _checked_labels(labels, len(rows), party))
        if parameters is not None:
            check_noun(parameters, Mapping, "argument parameters", "Settings")
        put("family", family)
        put("parameters", None if parameters is None else dict(parameters))
        put("rounding", ROW_ROUNDING if rounding is None else small(rounding, "Settings: rounding"))

    @property
    def shape(self) -> tuple[int, int]:
        """Numbers of directions (n_A, n_B)."""
        return len(self.alice), len(self.bob)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Settings):
            return NotImplemented
        return (
            np.array_equal(self.alice, other.alice)
            and np.array_equal(self.bob, other.bob)
            and self.alice_labels == other.alice_labels
            and self.bob_labels == other.bob_labels
        )

    def __hash__(self) -> int:
        return hash(((self.alice + 0.0).tobytes(), (self.bob + 0.0).tobytes()))  # −0.0 equals 0.0

    def __repr__(self) -> str:
        if self.family is None:
            return f"Settings({self.shape[0]}×{self.shape[1]} directions)"
        parameters = "".join(f", {key}={value!r}" for key, value in (self.parameters or {}).items())
        return f"Settings({self.shape[0]}×{self.shape[1]} directions, {self.family}{parameters})"
