r"""One PR box and shared randomness: what they reach on a few settings, and pure states that exceed it.

A strategy chooses for every setting a fixed outcome ±1, or an input x of the box and what to do with its output: the
outcome is then ±(the box's output), unbiased. Where both parties use the box, C = ± (−1)^(xy); else C = AB. On 3×3
settings these are 3088 tables.

One box simulates the singlet (Cerf, Gisin, Massar, Popescu, quant-ph/0410027), but no very partially entangled pair
cos θ |00⟩ + sin θ |11⟩: `facet` is an inequality on 3×3 settings that all strategies obey and such pairs exceed.

Source: Brunner, Gisin, Scarani, New J. Phys. 7, 88 (2005), quant-ph/0412109. The facet here was found by a search over
integer tables, so that it need not be the one that is printed there.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from itertools import product

import numpy as np
from numpy.typing import NDArray

from ..common.arguments import number, whole
from ..common.rationals import round_down
from ..core.functional import Functional
from ..errors import InputError
from ..models.quantum_mixtures import exact_value
from ..models.qubits import QubitState, along_state

__all__ = ["Excess", "bound", "excess", "facet", "largest_excess", "strategies"]

FACET = [[0, 0, 0, -1], [0, 0, -1, 1], [-1, -1, 1, 1], [-1, 1, 1, 1]]
"""Coefficients in Collins-Gisin notation; the value is at most 1 with one box."""
LARGEST = 4
"""Settings of one party: 6^4 choices."""


def strategies(n_alice: int, n_bob: int) -> NDArray[np.int64]:
    """All different tables of strategies with one box, a row (A, B, C by rows) each.

    Raises
    ------
    InputError
        For more than four settings of a party.
    """
    counts = [whole(n, "one_box: a number of settings", 1, LARGEST) for n in (n_alice, n_bob)]
    choices = [(0, 0, 1), (0, 0, -1), *((1, x, s) for x in (0, 1) for s in (1, -1))]  # uses the box, input, sign
    alice, bob = (np.array(list(product(choices, repeat=n))) for n in counts)
    found = []
    for row in alice:
        box_a, x, s = row.T
        box_b, y, t = bob.transpose(2, 0, 1)
        marginals = np.broadcast_to(s * (1 - box_a), (len(bob), len(s))), t * (1 - box_b)
        signs = s[None, :, None] * t[:, None, :]
        both = box_a[None, :, None] * box_b[:, None, :]
        neither = (1 - box_a)[None, :, None] * (1 - box_b)[:, None, :]
        table = signs * (both * (-1) ** (x[None, :, None] * y[:, None, :]) + neither)
        found.append(np.unique(np.hstack([*marginals, table.reshape(len(bob), -1)]), axis=0))
    return np.unique(np.concatenate(found), axis=0).astype(np.int64)


def facet() -> Functional:
    """The functional of a facet on 3×3 settings: at most 1 with one box and shared randomness."""
    return Functional.from_collins_gisin(FACET)


def bound(functional: Functional) -> Fraction:
    """The largest value of a functional with one box and shared randomness, exactly."""
    if max(functional.shape) > LARGEST:
        raise InputError(f"one_box: {functional.shape} settings; each party may have at most {LARGEST}")
    row = [*functional.alice.tolist(), *functional.bob.tolist(), *functional.correlators.ravel().tolist()]
    exact = np.array([Fraction(x) for x in row], dtype=object)
    values = strategies(*functional.shape).astype(object) @ exact
    return Fraction(functional.constant) + max(values)


@dataclass(frozen=True, eq=False, repr=False)
class Excess:
    """By how much a pure state exceeds what one box reaches.

    Parameters
    ----------
    theta : float
        Radians.
    value : float
        f − bound, attained by the state: rounded down from exact numbers.
    state : QubitState
        The state and its measurements.
    """

    theta: float
    value: float
    state: QubitState

    def __repr__(self) -> str:
        return f"Excess({self.value:.6g} at θ = {math.degrees(self.theta):.4g}°)"


def excess(theta: float, *, functional: Functional | None = None, starts: int = 20, seed: int = 0) -> Excess:
    """What cos θ |00⟩ + sin θ |11⟩ attains above the bound of one box, with the best measurements found.

    Parameters
    ----------
    theta : float
        Radians.
    functional : Functional, optional
        `facet` unless given.
    starts, seed
        Of the search over measurements.
    """
    theta = number(theta, "one_box: theta")
    functional = facet() if functional is None else functional
    return _excess(theta, functional, bound(functional), starts, seed)


def _excess(theta: float, functional: Functional, limit: Fraction, starts: int, seed: int) -> Excess:
    psi = np.array([math.cos(theta), 0.0, 0.0, math.sin(theta)], dtype=np.complex128)
    state = along_state(functional, psi, rng=np.random.default_rng(seed), starts=starts)
    gap = exact_value(functional, state.exact_behaviour()) - limit
    return Excess(theta, round_down(gap), state)


def largest_excess(
    *, functional: Functional | None = None, starts: int = 6, seed: int = 0
) -> tuple[Excess, float]:
    """The largest excess that was found over all θ, and the θ beyond which none was found.

    θ is searched for in steps of 1°, and then by trisection and bisection; both are estimates, while the excess itself
    is attained.
    """
    chosen = facet() if functional is None else functional
    limit = bound(chosen)

    def at(theta: float) -> Excess:
        return _excess(theta, chosen, limit, starts, seed)

    grid = np.radians(np.arange(1.0, 46.0))
    found = [at(theta) for theta in grid.tolist()]
    best = max(range(len(found)), key=lambda k: found[k].value)
    low, high = grid[max(best - 1, 0)], grid[min(best + 1, len(grid) - 1)]
    top = found[best]
    for _ in range(20):
        one, two = at(low + (high - low) / 3.0), at(high - (high - low) / 3.0)
        low, high = (low, two.theta) if one.value > two.value else (one.theta, high)
        top = max((top, one, two), key=lambda x: x.value)
    positive = [k for k, entry in enumerate(found) if entry.value > 1e-9]
    if not positive:
        return top, 0.0
    low, high = grid[positive[-1]], grid[min(positive[-1] + 1, len(grid) - 1)]
    for _ in range(14):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if at(middle).value > 1e-9 else (low, middle)
    return top, float(low)

