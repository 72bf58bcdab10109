"""Named functionals and behaviours of more outcomes and parties, as tables: see `nsmodels.general`."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..common.arguments import floats, whole
from ..errors import InputError

__all__ = ["cglmp", "ghz", "maximally_entangled", "mermin", "svetlichny"]

Array = NDArray[np.float64]


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
    a, b, x, y = np.ix_(range(d), range(d), (0.0, 0.5), (0.25, -0.25))
    q = np.arange(d)
    amplitudes = np.exp(2j * np.pi * q * (a - b + x + y)[..., None] / d).sum(axis=-1)
    return np.asarray(np.abs(amplitudes) ** 2 / d**3)


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


def ghz(angles: ArrayLike = ((1.5 * np.pi, np.pi), (0.5 * np.pi, 0.0), (0.5 * np.pi, 0.0))) -> Array:
    """p[a,b,c,x,y,z] of (|000⟩ + |111⟩)/√2 with measurements cos φ σ_x + sin φ σ_y, a row of two angles for each party.

    ⟨A B C⟩ = cos(φ_a + φ_b + φ_c); all other mean values vanish. By default `mermin` is 4.
    """
    rows = floats(angles, "general: angles is not a table of numbers, shape (3, 2)")
    if rows.shape != (3, 2):
        raise InputError(f"general: angles has shape {rows.shape}; it must be (3, 2)")
    x, y, z = np.ix_(*rows)
    mean = np.cos(x + y + z)
    sign = np.array([1.0, -1.0])
    signs = np.einsum("a,b,c->abc", sign, sign, sign)
    return np.asarray((1.0 + signs[..., None, None, None] * mean) / 8.0)
