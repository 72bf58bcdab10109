"""Whether a polynomial stays within [−1, 1] on [−1, 1], decided exactly: Sturm sequences in whole numbers."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from fractions import Fraction

__all__ = ["place_outside", "value"]

Polynomial = list[int]
"""Whole coefficients, the constant first, the last one not zero; [] is zero."""

GRID = 2000
"""Points among which the worst place is looked for before Sturm sequences are asked."""


def value(coefficients: Sequence[Fraction | int], x: Fraction) -> Fraction:
    """The exact value at x (Horner)."""
    total = Fraction(0)
    for c in reversed(coefficients):
        total = total * x + c
    return total


def _primitive(coefficients: Sequence[Fraction | int]) -> Polynomial:
    """A positive multiple with whole coefficients without a common divisor."""
    scale = math.lcm(*(Fraction(c).denominator for c in coefficients)) if coefficients else 1
    whole = [int(c * scale) for c in coefficients]
    while whole and whole[-1] == 0:
        whole.pop()
    divisor = math.gcd(*whole) if whole else 1
    return [c // divisor for c in whole]


def _derivative(p: Polynomial) -> Polynomial:
    return _primitive([k * c for k, c in enumerate(p)][1:])


def _remainder(p: Polynomial, q: Polynomial) -> Polynomial:
    """A positive multiple of the remainder of p by q."""
    rest = list(p)
    lead = abs(q[-1])
    sign = 1 if q[-1] > 0 else -1
    while len(rest) >= len(q):
        factor = rest[-1] * sign
        shift = len(rest) - len(q)
        rest = [lead * c for c in rest]
        for k, c in enumerate(q):
            rest[k + shift] -= factor * c
        rest.pop()
        while rest and rest[-1] == 0:
            rest.pop()
    return _primitive(rest)


def _square_free(p: Polynomial) -> Polynomial:
    """The polynomial with the same roots, each of them once."""
    a, b = p, _derivative(p)
    while b:
        a, b = b, _remainder(a, b)
    if len(a) < 2:
        return p
    quotient, rest = [Fraction(0)] * (len(p) - len(a) + 1), [Fraction(c) for c in p]
    for shift in range(len(p) - len(a), -1, -1):
        factor = rest[shift + len(a) - 1] / a[-1]
        quotient[shift] = factor
        for k, c in enumerate(a):
            rest[k + shift] -= factor * c
    return _primitive(quotient)


def _sequence(p: Polynomial) -> list[Polynomial]:
    """Sturm's sequence of a square-free polynomial."""
    chain = [p, _derivative(p)]
    while len(chain[-1]) > 1:
        chain.append([-c for c in _remainder(chain[-2], chain[-1])])
    return [q for q in chain if q]


def _changes(chain: list[Polynomial], x: Fraction) -> int:
    signs = [s for s in (value(q, x) for q in chain) if s != 0]
    return sum((a > 0) != (b > 0) for a, b in itertools.pairwise(signs))


def negative_place(coefficients: Sequence[Fraction | int]) -> Fraction | None:
    """A point of [−1, 1] where the polynomial is negative, or None: then there is none."""
    p = _primitive(coefficients)
    if not p:
        return None
    chain = _sequence(_square_free(p))
    todo = [(Fraction(-1), Fraction(1))]
    while todo:
        a, b = todo.pop()
        middle = (a + b) / 2
        ends = value(p, a), value(p, b)
        for x, y in zip((a, b, middle), (*ends, value(p, middle)), strict=True):
            if y < 0:
                return x
        inside = _changes(chain, a) - _changes(chain, b) - (ends[1] == 0)
        # without a root inside the sign is that of the middle; with one it is that of the ends, unless they are roots
        if inside > 1 or (inside == 1 and 0 in ends):
            todo += [(a, middle), (middle, b)]
    return None


def place_outside(coefficients: Sequence[Fraction]) -> Fraction | None:
    """A point of [−1, 1] where the polynomial is outside [−1, 1], near the worst one; None where there is none."""
    points = [Fraction(2 * k - GRID, GRID) for k in range(GRID + 1)]
    rough = [abs(_float_value(coefficients, float(x))) for x in points]
    worst = points[max(range(GRID + 1), key=rough.__getitem__)]
    if abs(value(coefficients, worst)) > 1:
        return worst
    one = Fraction(1)
    for sign in (1, -1):
        place = negative_place([one - sign * coefficients[0], *(-sign * c for c in coefficients[1:])])
        if place is not None:
            return place
    return None


def _float_value(coefficients: Sequence[Fraction], x: float) -> float:
    total = 0.0
    for c in reversed(coefficients):
        total = total * x + float(c)
    return total
