"""Directions of the named families at 50 digits, written from their definitions and independent of the package."""

from collections.abc import Sequence
from decimal import Decimal, getcontext
from math import sqrt

import numpy as np
from numpy.typing import NDArray

getcontext().prec = 60
D = Decimal
ZERO, ONE = D(0), D(1)
Vector = tuple[Decimal, Decimal, Decimal]


def _arctan(x: Decimal) -> Decimal:
    total, power, k = ZERO, x, 1
    while abs(power) > D(10) ** -58:
        total += power / k if k % 4 == 1 else -power / k
        power *= x * x
        k += 2
    return total


PI = 16 * _arctan(ONE / 5) - 4 * _arctan(ONE / 239)


def cos_sin(angle: Decimal) -> tuple[Decimal, Decimal]:
    angle = angle % (2 * PI)
    cosine, sine, term, k = ZERO, ZERO, ONE, 0
    while k < 10 or abs(term) > D(10) ** -58:
        if k % 2 == 0:
            cosine += term if k % 4 == 0 else -term
        else:
            sine += term if k % 4 == 1 else -term
        k += 1
        term = term * angle / k
    return cosine, sine


def normalised(row: Sequence[Decimal]) -> Vector:
    length = sum((x * x for x in row), ZERO).sqrt()
    x, y, z = (entry / length for entry in row)
    return x, y, z


def radians(degrees: float) -> Decimal:
    return D(degrees) * PI / 180


def on_circle(angle: Decimal) -> Vector:
    cosine, sine = cos_sin(angle)
    return sine, ZERO, cosine


def half_circle(n: int) -> tuple[list[Vector], list[Vector]]:
    return [on_circle(k * PI / n) for k in range(n)], [on_circle((k + D("0.5")) * PI / n) for k in range(n)]


def great_circle(n: int) -> list[Vector]:
    return [on_circle(2 * PI * k / n) for k in range(n)]


def fibonacci(n: int) -> list[Vector]:
    rows = []
    for k in range(n):
        height = 1 - D(2 * k + 1) / n
        cosine, sine = cos_sin(k * PI * (3 - D(5).sqrt()))
        radius = (1 - height * height).sqrt()
        rows.append((radius * cosine, radius * sine, height))
    return rows


def by_angles(polar: float, azimuth: float) -> Vector:
    cos_polar, sin_polar = cos_sin(radians(polar))
    cos_azimuth, sin_azimuth = cos_sin(radians(azimuth))
    return sin_polar * cos_azimuth, sin_polar * sin_azimuth, cos_polar


G = (1 + D(5).sqrt()) / 2
CUBE = [(1, 1, 1), (1, -1, -1), (-1, 1, -1), (-1, -1, 1)]
AXES: dict[str, list[Sequence[Decimal]]] = {
    "triad": [(ONE, ZERO, ZERO), (ZERO, ONE, ZERO), (ZERO, ZERO, ONE)],
    "tetrahedron": [tuple(map(D, row)) for row in CUBE],
    "icosahedron": [(ZERO, ONE, G), (ZERO, ONE, -G), (ONE, G, ZERO), (ONE, -G, ZERO), (G, ZERO, ONE), (-G, ZERO, ONE)],
    "dodecahedron": [
        *(tuple(map(D, row)) for row in CUBE),
        *(
            (ZERO, 1 / G, G),
            (ZERO, 1 / G, -G),
            (1 / G, G, ZERO),
            (1 / G, -G, ZERO),
            (G, ZERO, 1 / G),
            (-G, ZERO, 1 / G),
        ),
    ],
}


def leggett(axes: Sequence[Sequence[Decimal]], phi: Decimal) -> tuple[list[Vector], list[Vector]]:
    """The rule in the docstring of `leggett_directions`."""
    cosine, sine = cos_sin(phi / 2)
    alice, bob = [], []
    for axis in axes:
        e = normalised(axis)
        start: Sequence[Decimal] = (e[2], e[0], e[1])
        product = sum((x * y for x, y in zip(start, e)), ZERO)
        if product > D("0.9"):
            start, product = (ONE, ZERO, ZERO), e[0]
        a = normalised([x - product * y for x, y in zip(start, e)])
        alice.append(a)
        for sign in (1, -1):
            x, y, z = (cosine * p + sign * sine * q for p, q in zip(a, e))
            bob.append((x, y, z))
    return alice, bob


def distance(stored: NDArray[np.float64], exact: Sequence[Vector]) -> float:
    """Largest Euclidean distance of a stored row from the exact one."""
    assert len(stored) == len(exact)
    worst = ZERO
    for row, wanted in zip(stored.tolist(), exact):
        worst = max(worst, sum(((D(x) - y) ** 2 for x, y in zip(row, wanted)), ZERO))
    return sqrt(float(worst))


def product(a: Vector, b: Vector) -> Decimal:
    return sum((x * y for x, y in zip(a, b)), ZERO)
