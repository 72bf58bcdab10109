"""Exact rationals: how certificates write numbers, and how exact results are rounded outward to doubles."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from fractions import Fraction

__all__ = [
    "kernel_of", "rational", "rational_point", "rationals", "round_down", "round_up", "simplest", "to_integers",
    "total",
]  # fmt: skip

POINT_BITS = 40
"""Coordinates of stereographic projections are rounded to multiples of 2^-40."""


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


def simplest(number: Fraction, slack: Fraction) -> Fraction:
    """The fraction with the smallest denominator within `slack` of a number (continued fractions).

    >>> simplest(Fraction(1 / 3), Fraction(1, 10**14))
    Fraction(1, 3)
    """
    if number < 0:
        return -simplest(-number, slack)
    low, high = number - slack, number + slack
    parts: list[int] = []
    while math.ceil(low) > high:
        parts.append(math.floor(low))
        low, high = 1 / (high - parts[-1]), 1 / (low - parts[-1])
    found = Fraction(max(math.ceil(low), 0))
    for part in reversed(parts):
        found = part + 1 / found
    return found


def total(numbers: Iterable[float]) -> Fraction:
    """The exact sum of doubles; a million of them take a second, as fractions they take twenty."""
    integers, exponent = to_integers(numbers)
    return Fraction(sum(integers), 1 << exponent)


def kernel_of(rows: Sequence[Sequence[Fraction]]) -> list[list[Fraction]]:
    """A basis of the vectors that all rows send to 0, by elimination; none without rows.

    >>> kernel_of([[Fraction(1), Fraction(2)]])
    [[Fraction(-2, 1), Fraction(1, 1)]]
    """
    width, left = (len(rows[0]) if rows else 0), [list(row) for row in rows]
    pivots: list[int] = []
    for column in range(width):
        place = next((k for k in range(len(pivots), len(left)) if left[k][column]), None)
        if place is None:
            continue
        top = len(pivots)
        left[top], left[place] = left[place], left[top]
        head = left[top][column]
        left[top] = [x / head for x in left[top]]
        for k, row in enumerate(left):
            if k != top and row[column]:
                factor = row[column]
                left[k] = [x - factor * y for x, y in zip(row, left[top])]
        pivots.append(column)
    basis = []
    for free in (c for c in range(width) if c not in pivots):
        vector = [Fraction(0)] * width
        vector[free] = Fraction(1)
        for k, column in enumerate(pivots):
            vector[column] = -left[k][free]
        basis.append(vector)
    return basis


def rational_point(vector: Sequence[float]) -> tuple[Fraction, Fraction, Fraction]:
    """A rational point of the unit sphere within 1e-11 of the given unit vector (3,).

    Stereographic projection from the pole ±e_k opposite to the largest coordinate: with dyadic p, q the point is
    (2p, 2q, ±(1 − p² − q²))/(1 + p² + q²), the pole's coordinate last.
    """
    values = [float(x) for x in vector]
    k = max(range(3), key=lambda e: abs(values[e]))
    norm = math.sqrt(sum(x * x for x in values))
    sign = 1 if values[k] > 0 else -1
    one = 1 << POINT_BITS
    i, j = (e for e in range(3) if e != k)
    p, q = (round(values[e] / (norm + abs(values[k])) * one) for e in (i, j))
    square = one * one + p * p + q * q
    point = [Fraction(0)] * 3
    point[i], point[j] = Fraction(2 * p * one, square), Fraction(2 * q * one, square)
    point[k] = Fraction(sign * (one * one - p * p - q * q), square)
    return point[0], point[1], point[2]
