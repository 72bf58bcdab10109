"""Numbers for readers: as many digits of an enclosure as are known, and not one more."""

from __future__ import annotations

import math
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal

MAX_DECIMALS = 15


def enclosure(lower: float, upper: float) -> str:
    """The digits that both ends share, then the rest of each: ``1.78918[148, 223]``.

    Two significant digits of the width are kept; the lower end is rounded down and the upper end up. Ends that agree
    to the last decimal kept are written once. Leading zeros are not shared digits.

    >>> enclosure(1.78918148, 1.78918222)
    '1.78918[148, 223]'
    >>> enclosure(0.5, 0.5)
    '0.5'
    """
    if lower == upper:
        return plain(lower)
    if not (math.isfinite(lower) and math.isfinite(upper)):
        return f"[{lower}, {upper}]"
    decimals = min(MAX_DECIMALS, max(0, 1 - math.floor(math.log10(upper - lower))))
    unit = Decimal(1).scaleb(-decimals)
    exact = Context(prec=400)  # enough for every double
    low = format(Decimal(lower).quantize(unit, ROUND_FLOOR, exact), "f")
    high = format(Decimal(upper).quantize(unit, ROUND_CEILING, exact), "f")
    if low == high:
        return low
    same = next(place for place, (a, b) in enumerate(zip(low, high)) if a != b) if len(low) == len(high) else 0
    shared = low[:same]
    if not shared.strip("-0."):
        return f"[{low}, {high}]"
    return f"{shared}[{low[len(shared) :]}, {high[len(shared) :]}]"


def plain(number: float, digits: int = 12) -> str:
    """A number with at most `digits` significant digits and a real minus sign nowhere: it can be pasted back."""
    return f"{number + 0.0:.{digits}g}"


def duration(seconds: float) -> str:
    """A time span: ``12 ms``, ``3.4 s``, ``2 min 5 s``."""
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
