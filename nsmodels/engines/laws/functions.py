"""Laws: functions F from [−1, 1] to [−1, 1], exact and in floating point.

A law is a polynomial, given by its coefficients [c0, c1, …], or piecewise linear, given by its knots
[[−1, F(−1)], …, [1, F(1)]]. All numbers are the doubles that they are, exactly.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...common.arguments import array_of, listed, number
from ...errors import InputError
from .ranges import place_outside, value

__all__ = ["MOST_DEGREE", "MOST_KNOTS", "LawFunction"]

Array = NDArray[np.float64]

MOST_DEGREE = 24
"""Largest degree of a polynomial; higher powers lose the digits of the proofs in their coefficients."""
MOST_KNOTS = 200
GIVE = "give coefficients [c0, c1, …] of a polynomial, or knots [[-1, F(-1)], …, [1, F(1)]]"
_SUPERSCRIPT = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


@dataclass(frozen=True)
class LawFunction:
    """A function from [−1, 1] to [−1, 1]; make one with `of`, which checks that it is one.

    Parameters
    ----------
    coefficients : tuple of float
        Of a polynomial, the constant first; () for a piecewise linear function.
    knots : tuple of (float, float)
        Places and values of a piecewise linear function; () for a polynomial.
    """

    coefficients: tuple[float, ...]
    knots: tuple[tuple[float, float], ...] = ()

    @classmethod
    def of(cls, given: Any, what: str) -> LawFunction:
        """The law that a user writes.

        Parameters
        ----------
        given : sequence of float, sequence of (float, float), or numpy.polynomial.Polynomial
        what : str
            The place, for messages: ``"Law: alice"``.

        Raises
        ------
        InputError
            If it is none of these, or leaves [−1, 1]: with the place where it does, decided exactly.
        """
        if isinstance(given, LawFunction):
            return given
        if isinstance(given, np.polynomial.Polynomial):
            given = given.convert(domain=[-1, 1], window=[-1, 1]).coef
        items = listed(given, what, GIVE)
        if not items:
            raise InputError(f"{what} is an empty list; {GIVE}")
        if array_of(items, f"{what} is not a list of numbers, or of pairs of numbers; {GIVE}").ndim == 1:
            numbers = [number(c, f"{what}: the coefficient of x^{k}") for k, c in enumerate(items)]
            return cls._polynomial(numbers, what)
        pairs = []
        for item in items:
            pair = listed(item, f"{what}: a knot", "write each knot as [x, F(x)]")
            if len(pair) != 2:
                raise InputError(f"{what}: a knot has {len(pair)} entries; write each knot as [x, F(x)]")
            pairs.append((number(pair[0], f"{what}: a place"), number(pair[1], f"{what}: a value")))
        return cls._piecewise(pairs, what)

    @classmethod
    def _polynomial(cls, numbers: list[float], what: str) -> LawFunction:
        while len(numbers) > 1 and numbers[-1] == 0.0:
            numbers.pop()
        if len(numbers) > MOST_DEGREE + 1:
            raise InputError(f"{what}: degree {len(numbers) - 1} is above the limit of {MOST_DEGREE}; use knots")
        exact = [Fraction(c) for c in numbers]
        place = place_outside(exact)
        if place is not None:
            worth = value(exact, place)
            digits = f"{float(worth):.6g}"
            by = "" if abs(float(digits)) > 1.0 else f" (by {float(abs(worth) - 1):.2g})"
            remedy = "a marginal lies in [−1, 1]: make the coefficients smaller"
            raise InputError(f"{what}: F({float(place):g}) is {digits}, outside [−1, 1]{by}; {remedy}")
        return cls(tuple(numbers))

    @classmethod
    def _piecewise(cls, pairs: list[tuple[float, float]], what: str) -> LawFunction:
        if len(pairs) > MOST_KNOTS:
            raise InputError(f"{what}: {len(pairs)} knots are above the limit of {MOST_KNOTS}; use fewer")
        if len(pairs) < 2 or pairs[0][0] != -1.0 or pairs[-1][0] != 1.0:
            raise InputError(f"{what}: knots have to begin at x = -1 and to end at x = 1; add what is missing")
        for (x, _), (following, _) in itertools.pairwise(pairs):
            if not x < following:
                raise InputError(f"{what}: the knot at {following:g} follows that at {x:g}; let places increase")
        for x, y in pairs:
            if abs(y) > 1.0:
                raise InputError(f"{what}: F({x:g}) is {y:g}, outside [−1, 1]; a marginal lies in [−1, 1]")
        return cls((), tuple(pairs))

    @cached_property
    def arrays(self) -> tuple[Array, Array, Array]:
        """Coefficients, places and values of the knots, as kernels take them."""
        x, y = (np.array([knot[e] for knot in self.knots], dtype=np.float64) for e in (0, 1))
        return np.array(self.coefficients, dtype=np.float64), x, y

    @property
    def odd(self) -> bool:
        """Whether F(−x) = −F(x), exactly."""
        mirrored = tuple((-x, -y) for x, y in reversed(self.knots))
        return not any(self.coefficients[::2]) and self.knots == mirrored

    @property
    def constant(self) -> bool:
        """Whether F does not move."""
        return not any(self.coefficients[1:]) and len({y for _, y in self.knots}) <= 1

    @cached_property
    def slopes(self) -> tuple[Fraction, ...]:
        """The exact slopes between the knots."""
        pairs = itertools.pairwise(self.knots)
        return tuple((Fraction(z) - Fraction(y)) / (Fraction(t) - Fraction(x)) for (x, y), (t, z) in pairs)

    @cached_property
    def mean_size(self) -> float:
        """∫_0^1 |F|: the mean |marginal| of an odd law that rises or falls."""
        parts: Iterable[Fraction]
        if self.knots:
            points = [(Fraction(0), Fraction(0))] + [(Fraction(x), Fraction(y)) for x, y in self.knots if x > 0.0]
            parts = ((t - x) * (y + z) / 2 for (x, y), (t, z) in itertools.pairwise(points))
        else:
            parts = (Fraction(c) / (k + 1) for k, c in enumerate(self.coefficients))
        return abs(float(sum(parts, Fraction(0))))

    @cached_property
    def steepness(self) -> float:
        """An upper end of |F'| on [−1, 1], and of the sums of moduli in which F' is computed."""
        if self.knots:
            return float(max(map(abs, self.slopes))) * (1.0 + 1e-12)
        return sum(k * abs(c) for k, c in enumerate(self.coefficients)) * (1.0 + 1e-12)

    @cached_property
    def rounding(self) -> float:
        """How far a value in floating point may be from exact where the argument is exact."""
        if self.knots:
            return 8.0 * 2.0**-53
        return (2 * len(self.coefficients) + 2) * 2.0**-53 * sum(map(abs, self.coefficients))

    def __call__(self, x: Array) -> Array:
        """Values, kept within [−1, 1]."""
        if self.knots:
            _, places, values = self.arrays
            return np.asarray(np.interp(x, places, values), dtype=np.float64)
        total = np.zeros_like(x)
        for c in reversed(self.coefficients):
            total = total * x + c
        return np.clip(total, -1.0, 1.0)

    def derivative(self, x: Array) -> Array:
        """Slopes; at a knot one of the two."""
        if self.knots:
            _, places, _ = self.arrays
            index = np.clip(np.searchsorted(places, x) - 1, 0, len(places) - 2)
            return np.array([float(s) for s in self.slopes])[index]
        total = np.zeros_like(x)
        for k in range(len(self.coefficients) - 1, 0, -1):
            total = total * x + k * self.coefficients[k]
        return np.asarray(total, dtype=np.float64)

    def exact(self, x: Fraction) -> Fraction:
        """The exact value at an argument in [−1, 1]."""
        if not self.knots:
            return value([Fraction(c) for c in self.coefficients], x)
        for ((start, y), (end, _)), slope in zip(itertools.pairwise(self.knots), self.slopes, strict=True):
            if x <= end:
                return Fraction(y) + slope * (x - Fraction(start))
        raise ValueError(f"{float(x)} is above 1")

    def to_table(self) -> list[Any]:
        """Coefficients or knots, as a problem file writes them."""
        return [list(knot) for knot in self.knots] or list(self.coefficients)

    def __str__(self) -> str:
        if self.knots:
            return f"{len(self.knots)} knots"
        words = [_monomial(c, k) for k, c in enumerate(self.coefficients) if c != 0.0]
        return " + ".join(words).replace("+ −", "− ") or "0"


def _monomial(c: float, k: int) -> str:
    sign, size = ("−" if c < 0 else ""), abs(c)
    power = "" if k == 0 else "x" if k == 1 else "x" + str(k).translate(_SUPERSCRIPT)
    return f"{sign}{'' if size == 1.0 and k else f'{size:g}'}{power}"


