"""Exact rationals: how certificates write numbers, and how exact results are rounded outward to doubles."""

from __future__ import annotations

import math
from collections.abc import Iterable
from fractions import Fraction

__all__ = ["rational", "rationals", "round_down", "round_up", "to_integers"]


def rational(number: float | int | Fraction) -> str:
    """The exact value as ``"p/q"``, or ``"p"`` for integers (the form used in certificates)."""
    fraction = Fraction(number)
    return str(fraction.numerator) if fraction.denominator == 1 else f"{fraction.numerator}/{fraction.denominator}"


def rationals(numbers: Iterable[float | int | Fraction]) -> list[str]:
    """`rational` of each."""
    return [rational(number) for number in numbers]


def round_down(number: Fraction | int) -> float:
    """The largest double not above the number."""
    fraction = Fraction(number)
    nearest = float(fraction)
    return nearest if Fraction(nearest) <= fraction else math.nextafter(nearest, -math.inf)


def round_up(number: Fraction | int) -> float:
    """The least double not below the number."""
    fraction = Fraction(number)
    nearest = float(fraction)
    return nearest if Fraction(nearest) >= fraction else math.nextafter(nearest, math.inf)


def to_integers(numbers: Iterable[float]) -> tuple[list[int], int]:
    """Integers n_k and an exponent e ≥ 0 with ``numbers[k] = n_k / 2^e`` exactly, e as small as possible."""
    ratios = [float(number).as_integer_ratio() for number in numbers]
    exponent = max((denominator.bit_length() - 1 for _, denominator in ratios), default=0)
    return [numerator << (exponent - denominator.bit_length() + 1) for numerator, denominator in ratios], exponent
