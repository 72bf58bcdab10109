"""Directions that an analyser of wave plates and a polariser looks at, in exact angles.

Light passes a half-wave plate, a quarter-wave plate and a polariser, in that order; what passes the polariser is the
outcome +1. Angles of the fast axes and of the polariser are from the horizontal, in degrees, seen by the receiver so
that +45° is the diagonal D. The Stokes parameters are (S1, S2, S3) = (z, x, y) here: S1 > 0 horizontal (z), S2 > 0
diagonal (x), S3 > 0 the field (1, i)/√2 (y), and a quarter-wave plate with a horizontal fast axis is diag(1, i).

A polariser at p is the point at 2p from z towards x. Going back through a quarter-wave plate at q turns that by −90°
about (sin 2q, 0, cos 2q), and through a half-wave plate at h by 180° about (sin 2h, 0, cos 2h):

    a = (cos Δ sin τ, ∓ sin Δ, cos Δ cos τ),   Δ = 2(p − q),   τ = 2q, or 4h − 2q and the upper sign turned round.

Plates that are off by at most ω move a by at most 2ω (a polariser alone), √20 ω (with a quarter-wave plate) and √52 ω
(with both): along the path on which all of them turn evenly, a moves across by at most 2ω or 6ω and along by 4ω.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

from ..common.angles import cos_sin_turns

__all__ = ["REACH", "direction", "plates_before"]

REACH = {1: 2.0, 2: 4.47214, 3: 7.21111}
"""Largest angle by which a direction moves, in units of the uncertainty of a plate, by the number of plates."""


def direction(plates: Sequence[float]) -> tuple[float, float, float]:
    """The point (x, y, z) for [polariser], [polariser, quarter] or [polariser, quarter, half], in degrees."""
    angles = [Fraction(angle) / 360 for angle in plates]
    polariser, quarter = angles[0], angles[1] if len(angles) > 1 else angles[0]
    lift, around, sign = 2 * (polariser - quarter), 2 * quarter, -1.0
    if len(angles) > 2:
        around, sign = 4 * angles[2] - around, 1.0
    cos_lift, sin_lift = cos_sin_turns(lift.numerator, lift.denominator)
    cosine, sine = cos_sin_turns(around.numerator, around.denominator)
    return cos_lift * sine, sign * sin_lift + 0.0, cos_lift * cosine


def plates_before(polariser: float, towards: Sequence[float]) -> tuple[float, float, float]:
    """Angles [polariser, quarter, half] in degrees whose direction is ``towards`` (x, y, z), to rounding.

    The polariser stays where it is. With the module's formula Δ = asin y and τ is the angle of (x, z) from z towards x.
    """
    x, y, z = towards
    quarter = polariser - 0.5 * math.degrees(math.atan2(y, math.hypot(x, z)))
    half = 0.25 * (math.degrees(math.atan2(x, z)) + 2.0 * quarter)
    return polariser, quarter, half - 90.0 * round(half / 90.0)
