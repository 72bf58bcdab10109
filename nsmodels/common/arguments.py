"""Arguments of the Python interface: refused in one line that names the place, the value and the remedy.

Every ``what`` begins with the place: ``"bound: tolerance"``. NumPy's numbers are taken where Python's are; truth values
are no numbers.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection
from itertools import islice
from numbers import Integral, Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from .digits import printable

__all__ = [
    "MOST_NUMBERS",
    "MOST_PAIRS",
    "MOST_ROWS",
    "MOST_SETTINGS",
    "PURITY",
    "TWO_PARTIES",
    "array_of",
    "check_noun",
    "check_options",
    "check_size",
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
"""Settings of one party in a table of pairs."""
MOST_PAIRS = 1_000_000
"""Pairs of settings in a table: every question has answered so many."""
MOST_NUMBERS = 2**26
"""Numbers in one table (half a gigabyte); also hidden states times pairs of settings."""
SMALLEST_PURITY = 1e-30
"""Least purity that is not zero: smaller ones leave too few digits for proofs in double precision."""
TWO_PARTIES = (
    "this is for two parties with outcomes ±1; for more of either see nsmodels.general, in files a table [scenario] "
    "(`nsmodels explain scenario`), and for the quantum side Ket.jl, QETLAB, toqito or ncpol2sdpa"
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


def _longer(value: Any) -> bool:
    """Whether something says that it has more items than are taken."""
    try:
        return len(value) > MOST_SETTINGS
    except Exception:
        return False


def listed(value: Any, what: str, remedy: str) -> tuple[Any, ...]:
    """The items of anything that is iterable and no text.

    Raises
    ------
    InputError
        With ``remedy``; for more than ``MOST_SETTINGS`` items.
    """
    if not isinstance(value, str | bytes):
        try:
            items = tuple(islice(iter(value), MOST_SETTINGS + 1 if not _longer(value) else 0))
        except Exception:  # whatever an object of the user's raises
            pass
        else:
            if _longer(value) or len(items) > MOST_SETTINGS:
                raise InputError(f"{what} has more entries than the limit of {MOST_SETTINGS}; {remedy}")
            return items
    raise InputError(f"{what} is {shown(value)}; {remedy}")


def array_of(values: Any, complaint: str) -> NDArray[Any]:
    """What NumPy makes of a table, before anything is copied.

    Raises
    ------
    InputError
        With ``complaint``, for rows of different length and objects that fail to hand out their numbers, whatever they
        raise; for masked arrays, whose mask would be lost; for tables of more than ``MOST_NUMBERS`` entries.
    """
    place = complaint.partition(" is not ")[0]
    masked = np.ma.MaskedArray
    if isinstance(values, masked) or (isinstance(values, list | tuple) and any(isinstance(x, masked) for x in values)):
        raise InputError(f"{place} is a masked array, whose mask would be lost; fill it, or leave the entries out")
    try:
        array = np.asarray(values)
    except (TypeError, ValueError, OverflowError, MemoryError):
        raise InputError(complaint) from None
    except Exception as error:  # from an object's own __array__, __len__, __getitem__
        raise InputError(f"{complaint} ({type(error).__name__} when it was asked for its numbers)") from None
    if array.size > MOST_NUMBERS:
        raise InputError(f"{place} has {array.size} entries, above the limit of {MOST_NUMBERS}; use fewer")
    return array


def floats(values: Any, complaint: str) -> NDArray[np.float64]:
    """A new array of doubles, of any shape.

    Raises
    ------
    InputError
        With ``complaint``, for texts, complex numbers, numbers above 1.8e308, rows of different length, and what
        `array_of` refuses.
    """
    array = array_of(values, complaint)
    if array.dtype.kind in "biufO":
        try:
            return np.array(array, dtype=np.float64, order="C")
        except (TypeError, ValueError, OverflowError):
            pass
        except Exception as error:  # from an entry's own __float__
            raise InputError(f"{complaint} ({type(error).__name__} from an entry)") from None
    raise InputError(complaint)


def check_size(shape: tuple[int, int], place: str) -> None:
    """Refuse more settings than a table of pairs may have: the limits of problem files.

    Raises
    ------
    InputError
    """
    n_alice, n_bob = shape
    if max(shape) > MOST_ROWS:
        raise InputError(f"{place}: {max(shape)} settings of a party are above the limit of {MOST_ROWS}; use fewer")
    if n_alice * n_bob > MOST_PAIRS:
        count = f"{n_alice} × {n_bob} settings are {n_alice * n_bob} pairs"
        raise InputError(f"{place}: {count}, above the limit of {MOST_PAIRS}; use fewer settings")


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
