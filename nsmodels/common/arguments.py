"""Arguments of the Python interface: refused in one line that names the place, the value and the remedy.

Every ``what`` begins with the place: ``"bound: tolerance"``. NumPy's numbers are taken where Python's are; truth values
are no numbers.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection
from numbers import Integral, Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from .digits import printable

__all__ = [
    "MOST_ROWS",
    "MOST_SETTINGS",
    "PURITY",
    "TWO_PARTIES",
    "check_noun",
    "check_options",
    "floats",
    "fraction",
    "is_purity",
    "kind_of",
    "listed",
    "not_nan",
    "number",
    "one_of",
    "purity",
    "radians",
    "shown",
    "small",
    "whole",
]

MOST_SETTINGS = 1_000_000
"""Directions of one party that are made one by one."""
MOST_ROWS = 10_000
"""Settings of one party in a table of pairs that is made here."""
SMALLEST_PURITY = 1e-30
"""Smaller ones leave too few digits for proofs in double precision, and are zero for every purpose."""
TWO_PARTIES = (
    "nsmodels is for two parties with outcomes ±1; for more of either see Ket.jl, QETLAB, toqito or ncpol2sdpa"
)
PURITY = f"a purity is 0, or lies in [{SMALLEST_PURITY:g}, 1]"


def kind_of(value: object) -> str:
    """``of type int``, ``the class Bell``."""
    return f"the class {value.__name__}" if isinstance(value, type) else f"of type {type(value).__name__}"


def shown(value: object) -> str:
    """A number or a text on one line, shortened; of anything else the kind."""
    plain = value.item() if isinstance(value, np.generic) else value
    if plain is None or isinstance(plain, int | float | complex | str | bytes):
        try:
            return printable(repr(plain), 60)
        except ValueError:  # a number with more digits than Python writes
            pass
    return kind_of(value)


def check_noun(value: object, noun: type, word: str, place: str) -> None:
    """Refuse an argument that is not of the wanted class.

    Raises
    ------
    InputError
    """
    if not isinstance(value, noun):
        raise InputError(f"{place}: the {word} is {kind_of(value)}; it must be a {noun.__name__}")


def number(
    value: object, what: str, remedy: str = "it must be a finite number", holds: Callable[[float], bool] = math.isfinite
) -> float:
    """A real number for which ``holds`` is true, as a double.

    Raises
    ------
    InputError
        With ``remedy``.
    """
    if isinstance(value, Real) and not isinstance(value, bool):
        try:
            double = float(value)
        except OverflowError:
            double = math.nan
        if holds(double):
            return double
    raise InputError(f"{what} is {shown(value)}; {remedy}")


def whole(value: object, what: str, least: int = 1, most: int | None = None) -> int:
    """A whole number in [least, most].

    Raises
    ------
    InputError
    """
    if not isinstance(value, Integral) or isinstance(value, bool) or int(value) < least:
        raise InputError(f"{what} is {shown(value)}; it must be a whole number ≥ {least}")
    if most is not None and int(value) > most:
        raise InputError(f"{what} is {shown(value)}; it may be at most {most}")
    return int(value)


def fraction(value: object, what: str) -> float:
    """A number in [0, 1], such as a visibility.

    Raises
    ------
    InputError
    """
    return number(value, what, "it must be a number in [0, 1]", lambda x: 0.0 <= x <= 1.0)


def not_nan(value: object, what: str) -> float:
    """A number that may be infinite.

    Raises
    ------
    InputError
    """
    return number(value, what, "it must be a number", lambda x: not math.isnan(x))


def radians(value: object, what: str, in_degrees: str) -> float:
    """An angle in radians, of at most a full turn: beyond that, degrees were meant.

    Raises
    ------
    InputError
        Naming ``in_degrees``, the argument for degrees.
    """
    angle = number(value, what)
    if abs(angle) > math.tau * (1.0 + 1e-9):
        remedy = f"did you mean {in_degrees}={angle:.12g}?"
        raise InputError(f"{what} is {shown(value)} radians, more than a full turn, 2π; {remedy}")
    return angle


def small(value: object, what: str) -> float:
    """A number in [0, 1), such as a tolerance for defects.

    Raises
    ------
    InputError
    """
    return number(value, what, "it must be a small number ≥ 0", lambda x: 0.0 <= x < 1.0)


def is_purity(value: float) -> bool:
    """Whether the law of Leggett's model can be proved with this purity."""
    return value == 0.0 or SMALLEST_PURITY <= value <= 1.0


def purity(value: object, what: str) -> float:
    """A purity of hidden states.

    Raises
    ------
    InputError
    """
    return number(value, what, PURITY, is_purity)


def one_of(value: object, choices: Collection[str], what: str) -> str:
    """One of a few words.

    Raises
    ------
    InputError
    """
    if isinstance(value, str) and value in choices:
        return value
    raise InputError(f"{what} is {shown(value)}; it must be one of {', '.join(choices)}")


def listed(value: Any, what: str, remedy: str) -> tuple[Any, ...]:
    """The items of anything that is iterable and no text.

    Raises
    ------
    InputError
        With ``remedy``.
    """
    if not isinstance(value, str | bytes):
        try:
            return tuple(value)
        except TypeError:
            pass
    raise InputError(f"{what} is {shown(value)}; {remedy}")


def floats(values: Any, complaint: str) -> NDArray[np.float64]:
    """A new array of doubles, of any shape.

    Raises
    ------
    InputError
        With ``complaint``, for texts, complex numbers, numbers above 1.8e308, and rows of different length.
    """
    try:
        array = np.asarray(values)
        if array.dtype.kind in "biufO":
            return np.array(array, dtype=np.float64, order="C")
    except (TypeError, ValueError, OverflowError):
        pass
    raise InputError(complaint)


def check_options(
    place: str, *, tolerance: object = 1.0, time_limit_s: object = 1.0, seed: object = 0, progress: object = None
) -> None:
    """Refuse options of a question that are out of range: those that it has are handed over.

    Raises
    ------
    InputError
    """
    number(tolerance, f"{place}: tolerance", "it must be a positive number", lambda x: 0.0 < x < math.inf)
    number(time_limit_s, f"{place}: time_limit_s", "it must be a positive number of seconds", lambda x: x > 0.0)
    whole(seed, f"{place}: seed", 0)
    if progress is not None and not callable(progress):
        raise InputError(f"{place}: progress is {shown(progress)}; it must be a function, or None")
