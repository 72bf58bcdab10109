"""The table [expected]: the value that a theorem or a source gives, and how far an answer may be from it."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ..toml.table import Table

__all__ = ["VERDICTS", "Expected", "read_expected"]

VERDICTS = ("excluded", "compatible within the noise", "data signal", "not decided")


@dataclass(frozen=True)
class Expected:
    """The value from a theorem or a source: it lies in [lower − tolerance, upper + tolerance]."""

    lower: float
    upper: float
    tolerance: float
    source: str | None
    verdict: str | None = None

    def agrees(self, lower: float, upper: float) -> bool:
        """Whether the enclosure [lower, upper] meets the expected interval."""
        return lower <= self.upper + self.tolerance and self.lower - self.tolerance <= upper


def read_expected(table: Table, usual: float) -> Expected:
    """What the table says; where it has no tolerance, the usual one."""
    tolerance, source = table.number("tolerance", 0.0, default=usual), table.text("source")
    verdict = table.choice("verdict", VERDICTS) if "verdict" in table else None
    if "value" in table:
        for key in ("lower", "upper"):
            if key in table:
                table.refuse(key, "given beside value", "give value, or lower and upper")
        value = table.number("value")
        return Expected(value, value, tolerance, source, verdict)
    if "lower" not in table and "upper" not in table and verdict is None:
        table.need("value", "give value, or lower and upper")
    lower = table.number("lower") if "lower" in table else -math.inf
    upper = table.number("upper") if "upper" in table else math.inf
    if lower > upper:
        table.refuse("lower", f"{lower!r} is above upper = {upper!r}", "exchange them")
    return Expected(lower, upper, tolerance, source, verdict)
