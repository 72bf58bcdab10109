"""Numbers for readers: as many digits of an enclosure as are known, and not one more."""

from __future__ import annotations

import math
from decimal import MAX_EMAX, MIN_EMIN, ROUND_CEILING, ROUND_FLOOR, Context, Decimal

MAX_DECIMALS = 15
FAR_APART, COARSE, OWN_DIGITS = 0.05, 4, 6
"""Ends that differ by this part of the larger and have few decimals get digits of their own."""


def enclosure(lower: float, upper: float) -> str:
    """The digits that both ends share, then the rest of each: ``1.78918[148, 223]``.

    Two significant digits of the width are kept; the lower end is rounded down and the upper end up. Ends that agree
    to the last decimal kept are written once. Leading zeros are not shared digits. Ends that are far apart are written
    with digits of their own. Ends that cross, as those of a running search may, are shown as they are.

    >>> enclosure(1.78918148, 1.78918222)
    '1.78918[148, 223]'
    >>> enclosure(0.5, 0.5)
    '0.5'
    >>> enclosure(0.25, 0.375)
    '[0.25, 0.375]'
    >>> enclosure(12042.2, 17189.9)
    '[12042.2, 17189.9]'
    """
    if lower == upper:
        return plain(lower)
    lower, upper = float(lower), float(upper)
    width, size = abs(upper - lower), max(abs(lower), abs(upper))
    if not math.isfinite(width):
        return f"[{lower}, {upper}]"
    decimals = min(MAX_DECIMALS, max(0, 1 - math.floor(math.log10(width))))
    unit = Decimal(1).scaleb(-decimals)
    exact = Context(prec=400)  # enough for every double
    low = format(Decimal(lower).quantize(unit, ROUND_FLOOR, exact), "f")
    high = format(Decimal(upper).quantize(unit, ROUND_CEILING, exact), "f")
    if low == high:
        return low
    same = next(place for place, (a, b) in enumerate(zip(low, high)) if a != b) if len(low) == len(high) else 0
    shared = low[:same]
    if width >= FAR_APART * size and decimals <= COARSE:
        return f"[{at_least(lower, OWN_DIGITS)}, {at_most(upper, OWN_DIGITS)}]"
    if not shared.strip("-0."):
        return f"[{low}, {high}]"
    return f"{shared}[{low[len(shared) :]}, {high[len(shared) :]}]"


def at_least(number: float, digits: int = 12) -> str:
    """A lower end with at most `digits` significant digits: never above the number.

    >>> at_least(0.29999999999999), at_least(2 / 3, 3)
    ('0.299999999999', '0.666')
    """
    return _outward(number, digits, ROUND_FLOOR)


def at_most(number: float, digits: int = 12) -> str:
    """An upper end with at most `digits` significant digits: never below the number.

    >>> at_most(1.00000000000001), at_most(2 / 3, 3)
    ('1.00000000001', '0.667')
    """
    return _outward(number, digits, ROUND_CEILING)


def _outward(number: float, digits: int, rounding: str) -> str:
    """Round the shortest decimal that names the double: 0.1 stays 0.1, which read back is the same end."""
    number = float(number) + 0.0
    if not math.isfinite(number):
        return str(number)
    context = Context(prec=digits, rounding=rounding, Emax=MAX_EMAX, Emin=MIN_EMIN)
    rounded = context.create_decimal(repr(number))
    nearest = plain(number, digits)  # in the form that readers know, where that is the same number
    if Decimal(nearest) == rounded:
        return nearest
    # one unit off the nearest: write the rounded one in the same form
    sign, figures, exponent = rounded.normalize(context).as_tuple()
    power = len(figures) - 1 + int(exponent)
    if -5 < power < digits:
        return format(rounded.normalize(context), "f")
    text = "".join(map(str, figures))
    return f"{'-' * sign}{text[0]}{'.' * (len(text) > 1)}{text[1:]}e{power:+03d}"


def plain(number: float, digits: int = 12) -> str:
    """A number with at most `digits` significant digits and a real minus sign nowhere: it can be pasted back."""
    return f"{number + 0.0:.{digits}g}"


def duration(seconds: float) -> str:
    """A time span: ``12 ms``, ``3.4 s``, ``2 min 5 s``."""
    if not math.isfinite(seconds):
        return f"{seconds} s"
    if seconds < 0.9995:
        return f"{1000 * seconds:.3g} ms"
    if seconds < 120:
        return f"{seconds:.3g} s"
    return f"{int(seconds // 60)} min {int(seconds % 60)} s"


def counted(number: int, singular: str) -> str:
    """A number and its noun: ``1 node``, ``7 nodes``."""
    return f"{number} {singular}{'' if number == 1 else 's'}"


def printable(text: object, limit: int = 200) -> str:
    """Text from a file on one line, without control characters that a terminal would obey."""
    line = "".join(c if c.isprintable() else " " for c in str(text))
    return line if len(line) <= limit else line[: limit - 1] + "…"
