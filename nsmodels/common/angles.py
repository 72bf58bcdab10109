"""Cosines, sines and unit vectors to the last digit, whatever the size of the angle.

A named family of settings stands for exact directions. The functions here keep the distance between those directions
and the stored doubles below `FAMILY_ROUNDING` by reducing every angle exactly (in degrees or in turns) to at most an
eighth of a turn before a floating-point cosine is taken, and by dividing lengths out in integer arithmetic.

Error budget, u = 2^-53 = 1.11e-16: an angle of at most π/4 is formed with two roundings (relative error 2u(1 + u),
absolute below 1.8e-16); the C library's cosine and sine are within one unit in the last place (1.2e-16). So each cosine
and sine is within 3e-16. A product of two of them is within 6e-16 + u, and a vector (sin θ cos φ, sin θ sin φ, cos θ),
or c·a + s·e with a ⟂ e correctly rounded unit vectors, is within 1.3e-15 of the exact one.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

__all__ = ["FAMILY_ROUNDING", "GOLDEN", "ROW_ROUNDING", "cos_sin", "cos_sin_degrees", "cos_sin_turns", "unit"]

FAMILY_ROUNDING = 2e-15
"""Proved distance of a stored vector of a named family from the exact direction."""

ROW_ROUNDING = 4e-16
"""The same for a row given by its coordinates, a/|a|: `unit` rounds each coordinate once."""

GOLDEN = Fraction(2**200 + math.isqrt(5 * 2**400), 2**201)
"""The golden ratio (1 + √5)/2 to within 2^-200."""

_BITS = 128


def _by_quadrant(quadrant: int, cosine: float, sine: float) -> tuple[float, float]:
    """Turn (cosine, sine) by a multiple of a right angle; + 0.0 removes negative zeros."""
    turned = ((cosine, sine), (-sine, cosine), (-cosine, -sine), (sine, -cosine))[quadrant % 4]
    return turned[0] + 0.0, turned[1] + 0.0


def cos_sin(angle: float) -> tuple[float, float]:
    """Cosine and sine of an angle in radians (a double, taken as exact)."""
    return math.cos(angle), math.sin(angle)


def cos_sin_degrees(angle: float) -> tuple[float, float]:
    """Cosine and sine of an angle in degrees, exact at multiples of 90°.

    ``fmod`` is exact, and so is the subtraction of the nearest multiple of 90° (the difference is a multiple of the
    last place of the minuend and not larger than it).
    """
    remainder = math.fmod(angle, 360.0)
    quadrant = round(remainder / 90.0)
    small = (remainder - 90.0 * quadrant) * (math.pi / 180.0)
    return _by_quadrant(quadrant, math.cos(small), math.sin(small))


def cos_sin_turns(numerator: int, denominator: int) -> tuple[float, float]:
    """Cosine and sine of 2π · numerator/denominator for integers of any size, exact at quarter turns."""
    quarters = 4 * (numerator % denominator)
    quadrant = (2 * quarters + denominator) // (2 * denominator)
    small = (math.pi / 2.0) * ((quarters - quadrant * denominator) / denominator)
    return _by_quadrant(quadrant, math.cos(small), math.sin(small))


def unit(row: Sequence[float | int | Fraction]) -> tuple[float, float, float]:
    """Divide the length out of a non-zero vector of rationals (doubles count as such), each coordinate rounded once."""
    fractions = [Fraction(entry) for entry in row]
    common = math.lcm(*(entry.denominator for entry in fractions))
    integers = [entry.numerator * (common // entry.denominator) for entry in fractions]
    square = sum(entry * entry for entry in integers)
    shift = max(0, _BITS - square.bit_length() // 2)
    length = math.isqrt(square << (2 * shift))  # |row| · common · 2^shift, relative error below 2^-127
    x, y, z = ((entry << shift) / length for entry in integers)  # int / int is correctly rounded
    return x, y, z
