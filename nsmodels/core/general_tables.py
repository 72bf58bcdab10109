"""Named functionals and behaviours of more outcomes and parties, as tables: see `nsmodels.general`.

Probabilities of named behaviours are the doubles nearest to the true ones, so that others can form the same table.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from itertools import product

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..common.arguments import floats, whole
from ..errors import InputError

__all__ = ["cglmp", "ghz", "maximally_entangled", "mermin", "svetlichny"]

Array = NDArray[np.float64]
_PI = Fraction(314159265358979323846264338327950288419716939937510582097494459, 10**62)
_ONE, _GRID = 1 << 200, 1 << 120
_GHZ_DEG = ((270.0, 180.0), (90.0, 0.0), (90.0, 0.0))


def _cosine(turns: Fraction) -> Fraction:
    """The cosine of an angle in turns, to 55 digits (Taylor)."""
    x = round((turns - round(turns)) * 2 * _PI * _ONE)
    total, term, n = 0, _ONE, 0
    while term:
        total += term
        n += 2
        term = -term * x * x // (n * (n - 1) * _ONE * _ONE) if abs(term) > 1 else 0
    return Fraction(total, _ONE)


def _nearest(probability: Fraction) -> float:
    """The nearest double; what is below 2^-121 is 0."""
    return float(Fraction(round(probability * _GRID), _GRID))


def cglmp(d: int) -> Array:
    """The inequality of Collins, Gisin, Linden, Massar and Popescu for d outcomes: local 2, non-signalling 4.

    Source: PRL 88, 040404 (2002), quant-ph/0106024.
    """
    d = whole(d, "general: the argument d of cglmp", 2, 12)
    table = np.zeros((d, d, 2, 2))
    for k in range(d // 2):
        weight = 1.0 - 2.0 * k / (d - 1.0)
        for b in range(d):
            # P(A_1 = B_1 + k), P(A_2 = B_1 − k − 1), P(A_2 = B_2 + k), P(A_1 = B_2 − k), and less the opposite ones
            for x, y, plus, minus in ((0, 0, k, -k - 1), (1, 0, -k - 1, k), (1, 1, k, -k - 1), (0, 1, -k, k + 1)):
                table[(b + plus) % d, b, x, y] += weight
                table[(b + minus) % d, b, x, y] -= weight
    return table


def maximally_entangled(d: int) -> Array:
    """p[a,b,x,y] of the maximally entangled state of two d-level systems with the measurements that suit `cglmp`.

    |Σ_q e^(2πi q (a − b + α_x + β_y)/d)|²/d³ with α = (0, ½) and β = (¼, −¼). Source: quant-ph/0106024, eq. (13).
    """
    d = whole(d, "general: the argument d of maximally_entangled", 2, 12)
    table = np.zeros((d, d, 2, 2))
    for a, b, x, y in np.ndindex(d, d, 2, 2):
        phase = a - b + Fraction(x, 2) + Fraction(1 - 2 * y, 4)  # the numerator is |1 − e^(2πi phase)|² = 2
        table[a, b, x, y] = _nearest(1 / (d**3 * (1 - _cosine(phase / d))))
    return table


def _correlators(parties: int, sign: Callable[[int], float]) -> Array:
    """Coefficients of Σ sign(number of settings 1) ⟨product of all outcomes⟩, outcome 0 being +1."""
    table = np.zeros((2,) * (2 * parties))
    for place in product(range(2), repeat=2 * parties):
        outcomes, settings = place[:parties], place[parties:]
        table[place] = sign(sum(settings)) * (-1.0) ** sum(outcomes)
    return table


def mermin() -> Array:
    """⟨A_0B_0C_1⟩ + ⟨A_0B_1C_0⟩ + ⟨A_1B_0C_0⟩ − ⟨A_1B_1C_1⟩: local 2, quantum and non-signalling 4.

    Source: Mermin, PRL 65, 1838 (1990).
    """
    return _correlators(3, lambda ones: {1: 1.0, 3: -1.0}.get(ones, 0.0))


def svetlichny() -> Array:
    """Σ ± ⟨A_x B_y C_z⟩, with − for two and three settings 1: local 4, quantum 4√2, non-signalling 8.

    Source: Svetlichny, PRD 35, 3066 (1987).
    """
    return _correlators(3, lambda ones: (1.0, 1.0, -1.0, -1.0)[ones])


def ghz(angles: ArrayLike | None = None, *, angles_deg: ArrayLike | None = None) -> Array:
    """p[a,b,c,x,y,z] of (|000⟩ + |111⟩)/√2 with measurements cos φ σ_x + sin φ σ_y, a row of two angles for each party.

    ⟨A B C⟩ = cos(φ_a + φ_b + φ_c); all other mean values vanish. By default `mermin` is 4.

    Parameters
    ----------
    angles : array_like, shape (3, 2), optional
        In radians.
    angles_deg : array_like, shape (3, 2), optional
        In degrees, instead.

    Raises
    ------
    InputError
    """
    name, given = ("angles", angles) if angles is not None else ("angles_deg", angles_deg)
    if angles is not None and angles_deg is not None:
        raise InputError("general: ghz has angles and angles_deg; give one of them")
    rows = floats(_GHZ_DEG if given is None else given, f"general: {name} is not a table of numbers, shape (3, 2)")
    if rows.shape != (3, 2):
        raise InputError(f"general: {name} has shape {rows.shape}; it must be (3, 2)")
    if not np.isfinite(rows).all():
        raise InputError(f"general: {name} has an entry that is not finite")
    table = np.zeros((2,) * 6)
    turn = 2 * _PI if angles is not None else Fraction(360)
    for settings in product(range(2), repeat=3):
        mean = _cosine(sum((Fraction(float(rows[k, x])) for k, x in enumerate(settings)), Fraction(0)) / turn)
        for outcomes in product(range(2), repeat=3):
            table[(*outcomes, *settings)] = _nearest((1 + (-1) ** sum(outcomes) * mean) / 8)
    return table
