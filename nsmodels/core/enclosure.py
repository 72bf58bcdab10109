"""`Enclosure`: a number known to lie between two ends, and how well it is known."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import TYPE_CHECKING

from ..common.arguments import not_nan, shown
from ..common.digits import at_least, at_most
from ..common.rationals import round_down, round_up
from ..errors import InputError

__all__ = ["NOT_FOUND", "NO_MODEL_PROVED", "WIDE", "Enclosed", "Enclosure", "Status", "exceeds"]

NO_MODEL_PROVED = "no mixture of the behaviour and the noise has a model (proved)"
"""The reason of a result without a value that is nevertheless an answer: an inequality that both of them violate."""
NOT_FOUND = "no mixture of the behaviour and the noise was found to have a model, and none was proved to have none"
"""The reason of a result that leaves open whether there is a value."""


WIDE = "both ends proved, but wide"
"""Words for a certified enclosure that is wider than what was asked for."""


def exceeds(lower: float, upper: float, tolerance: float) -> bool:
    """Whether an enclosure is wider than a tolerance; two units in the last place of its ends are forgiven."""
    return upper - lower > tolerance + 2.0 * math.ulp(max(abs(lower), abs(upper)))


class Status(StrEnum):
    """What the two ends of an enclosure are worth."""

    CERTIFIED = "certified"
    """Both ends are proved, whatever their distance."""
    ESTIMATE = "estimate"
    """At least one end rests on floating-point work without a proof."""
    NO_ANSWER = "no_answer"
    """Nothing can be said; the reason says why."""


@dataclass(frozen=True, slots=True)
class Enclosure:
    """A number x with ``lower <= x <= upper``.

    Parameters
    ----------
    lower, upper : float
        The ends, rounded outward; infinite where nothing is known. NaN is refused.
    status : {"certified", "estimate", "no_answer"}
        See `Status`.
    reason : str
        ``"tolerance_met"``, ``"time_limit"``, ``"interrupted"``, ``"node_limit"`` or a sentence for the reader.

    Raises
    ------
    InputError
        If an end is NaN, the ends are in the wrong order, or the status is unknown.
    """

    lower: float
    upper: float
    status: Status = Status.CERTIFIED
    reason: str = "tolerance_met"

    def __post_init__(self) -> None:
        lower, upper = not_nan(self.lower, "Enclosure: the lower end"), not_nan(self.upper, "Enclosure: the upper end")
        if lower > upper:
            raise InputError(f"Enclosure: lower end {lower!r} is above the upper end {upper!r} by {lower - upper:.3g}")
        if isinstance(self.status, str) and self.status in list(Status):
            status = Status(self.status)
        else:
            choices = ", ".join(member.value for member in Status)
            raise InputError(f"Enclosure: unknown status {shown(self.status)}; one of {choices}")
        object.__setattr__(self, "lower", lower)
        object.__setattr__(self, "upper", upper)
        object.__setattr__(self, "status", status)

    @classmethod
    def around(cls, number: Fraction) -> Enclosure:
        """The doubles next to an exact number, or that number twice; infinite beyond the largest double."""
        return cls(round_down(number), round_up(number))

    @property
    def width(self) -> float:
        """The distance ``upper - lower``, rounded up so that it never understates the gap."""
        width = self.upper - self.lower
        return math.nextafter(width, math.inf) if width > 0.0 else width

    @property
    def midpoint(self) -> float:
        """The middle of the enclosure (NaN where both ends are infinite)."""
        return 0.5 * self.lower + 0.5 * self.upper

    @property
    def wide(self) -> bool:
        """Whether both ends are proved, but farther apart than what was asked for; the reason says why."""
        return self.status == Status.CERTIFIED and self.reason != "tolerance_met" and self.width > 0.0

    @property
    def worth(self) -> str:
        """The status in words: what the two ends are worth, and whether they are far apart."""
        return f"{self.status.value}, {WIDE}" if self.wide else self.status.value

    def __contains__(self, number: float) -> bool:
        return self.lower <= number <= self.upper

    def __repr__(self) -> str:
        note = "" if self.reason == "tolerance_met" else f" ({self.reason})"
        return f"[{at_least(self.lower)}, {at_most(self.upper)}] {self.worth}{note}"


class Enclosed:
    """What is known as a number between two ends: the base of all answers."""

    if TYPE_CHECKING:  # a field of some answers, a property of others

        @property
        def value(self) -> Enclosure:
            """The number that was asked for."""

    @property
    def lower(self) -> float:
        """The lower end of the value, attained by something that the answer shows."""
        return self.value.lower

    @property
    def upper(self) -> float:
        """The upper end of the value, proved."""
        return self.value.upper
