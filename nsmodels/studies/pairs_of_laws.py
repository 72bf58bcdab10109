r"""All settings at once for two laws that rise, different ones or with knots: both ends of V_all, from g alone.

With v = −u turned by γ' the average over rotations is the mean of g(θ) = E|F(u·a) − G(u·b)| over a circle of radius γ'
around a point at distance θ from the pole, since E|F(u·a) + G(v·b)| is a sum over products P_l(cos γ') P_l(cos θ). So a
model exists exactly when some distribution of γ' obeys

    E_γ' (M_γ' g)(θ) ≤ 1 − V cos θ   for all θ,   (M_γ' P_l)(θ) = P_l(cos γ') P_l(cos θ).

g rises with θ and is enclosed at every angle (`nsmodels.engines.laws.caps`).

- **Lower.** v = −u (γ' = 0): on a cell [θ, θ'] in [0, π/2) any V ≤ (1 − g(θ'))/cos θ will do; the worst cells are
  halved until little is gained. Above π/2 the same condition is asked of the V found; where it fails nothing is shown.
- **Upper.** Any polynomial p = Σ p_l P_l(cos θ) ≤ g gives M_γ' g ≥ M_γ' p, a polynomial in cos γ', and at any θ

      V ≤ (1 − min_γ' Σ p_l P_l(cos θ) P_l(cos γ'))/cos θ.

  A linear program proposes p; p − g is enclosed by cells, and the minimum is decided exactly by Sturm sequences. At
  θ = 0 the mean over a circle is g(γ') ≥ g(0), so that V ≤ 1 − E|F − G|.
- **One party.** Where only B = G(v·b) obeys a law, eq. (8) of arXiv:0801.2241 for b, b' at 2θ, averaged over rotations,
  gives 2 V cos θ ≤ 2 − g_G(2θ), with g_G that of F = G. For a at the bisector equality needs A between −B(b) and
  −B(b'): A = F(u·a), F(x) = G(x cos θ), u = −v, which is the model of the lower end.
"""

from __future__ import annotations

import heapq
import itertools
import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
from numpy.polynomial import legendre
from numpy.typing import NDArray

from ..common.rationals import round_down, round_up
from ..engines.laws.functions import LawFunction
from ..engines.laws.ranges import negative_place
from ..engines.solvers.lp import solve
from ..errors import SolverError

if TYPE_CHECKING:
    from ..engines.laws.averages import CapAverage

__all__ = ["one_party", "two_laws"]

Array = NDArray[np.float64]
Average = Callable[[float], tuple[float, float]]

WIDTH = 2e-6
"""Amount that each end may lose by cells, beside the widths of g."""
MOST_CELLS = 8000
"""Cells that a search may make: with more of them it would last too long."""
FIRST_CELLS = 64
DEGREES = (14, 24)
"""Degrees of the polynomial below g: lower ones miss laws that are flat in the middle, higher ones take longer."""
ROUNDS = 5
"""Linear programs in a row, each with the minima of the last."""


def two_laws(g: Average) -> tuple[float, float, float]:
    """Proved ends of V_all, and θ*, for two odd laws that rise (or fall).

    Parameters
    ----------
    g : callable
        Both ends of E|F(u·a) − G(u·b)| at an angle between a and b.
    """
    theta, _ = _lowest(g, 1.0)
    at_zero = round_up(1 - Fraction(g(0.0)[0]))
    lower = _lower(g, theta)
    if at_zero - lower < 4.0 * WIDTH:
        return lower, at_zero, 0.0
    upper = at_zero
    for degree in DEGREES:
        upper = min(upper, _upper(g, theta, degree))
        if upper - lower < 10.0 * WIDTH or lower == 0.0:
            break
    return lower, upper, theta


def one_party(law: LawFunction, average: type[CapAverage]) -> tuple[float, float, float, LawFunction]:
    """Proved ends of V_all where one party alone obeys the law, θ*, and what the other does in the model below.

    Parameters
    ----------
    law : LawFunction
        G, odd, rising or falling.
    average : type
        `CapAverage`, which loads the compiler.
    """
    g = average(law, law)
    theta, _ = _lowest(lambda x: g(2.0 * x), 0.5)
    cosine = math.cos(theta)
    upper = round_up((1 - Fraction(g(2.0 * theta)[0]) / 2) / Fraction(math.nextafter(cosine, 0.0)))
    other = _stretched(law, cosine)
    h = average(other, law)
    return _lower(h, _lowest(h, 1.0)[0]), upper, theta, other


def _stretched(law: LawFunction, cosine: float) -> LawFunction:
    """The law G(x cos θ)."""
    if not law.knots:
        return LawFunction.of([c * cosine**k for k, c in enumerate(law.coefficients)], "the free party")
    inner = [(x / cosine, y) for x, y in law.knots if abs(x) < cosine * (1.0 - 1e-12)]
    end = float(law.exact(Fraction(cosine)))
    return LawFunction.of([(-1.0, -end), *inner, (1.0, end)], "the free party")


def _lowest(g: Average, share: float) -> tuple[float, float]:
    """Where about (1 − share·g(θ))/cos θ is least on [0, π/2), and its value there."""
    low, high = 0.0, 1.55
    theta, least = 0.0, math.inf
    for _ in range(6):
        grid = np.linspace(low, high, 17).tolist()
        values = [(1.0 - share * 0.5 * sum(g(x))) / math.cos(x) for x in grid]
        best = int(np.argmin(values))
        theta, least = grid[best], values[best]
        low, high = grid[max(best - 1, 0)], grid[min(best + 1, 16)]
    return theta, least


def _least(floor: Callable[[float, float], float], ends: tuple[float, float], wanted: float) -> float:
    """A lower end over an interval: the least of those of cells, the worst of which are halved until it is `wanted`."""
    places = np.linspace(*ends, FIRST_CELLS + 1).tolist()
    heap = [(floor(a, b), a, b) for a, b in itertools.pairwise(places)]
    heapq.heapify(heap)
    while heap[0][0] < wanted and len(heap) < MOST_CELLS:
        _, a, b = heap[0]
        middle = 0.5 * (a + b)
        if not a < middle < b:
            break
        heapq.heapreplace(heap, (floor(a, middle), a, middle))
        heapq.heappush(heap, (floor(middle, b), middle, b))
    return heap[0][0]


def _lower(g: Average, theta: float) -> float:
    """A visibility that v = −u reproduces, or 0 where it shows none."""
    right = 0.5 * math.pi
    hoped = min((1.0 - g(theta)[1]) / math.cos(theta) - WIDTH, 1.0)
    # the cosine of a floating-point angle is rounded
    v = _least(lambda a, b: (1.0 - g(b)[1]) / math.cos(a) * (1.0 - 1e-15), (0.0, right), hoped)
    v = round_down(min(Fraction(v), Fraction(1)))
    if g(math.pi)[0] > 1.0 + v:
        return 0.0
    room = _least(lambda a, b: 1.0 - v * math.cos(a) * (1.0 - 1e-15) - g(b)[1] - 1e-15, (right, math.pi), 0.0)
    return v if room >= 0.0 and v > 0.0 else 0.0


def _upper(g: Average, theta: float, degree: int) -> float:
    """An upper end of V_all at one angle, by a polynomial below g; 1 where the solver fails."""
    cosine = math.cos(theta)
    try:
        p = _polynomial_below(g, theta, degree)
    except SolverError:
        return 1.0
    slopes, l = legendre.legder(p), np.arange(degree + 1)  # noqa: E741  # as in P_l
    bend = float(np.abs(p) @ (l * l))

    def room(a: float, b: float) -> float:
        value = float(legendre.legval(math.cos(a), p))
        slope = -math.sin(a) * float(legendre.legval(math.cos(a), slopes))
        return g(a)[0] - value - max(slope, 0.0) * (b - a) - 0.5 * bend * (b - a) ** 2 - 1e-13

    above = min(_least(room, (0.0, math.pi), -WIDTH), 0.0)
    weights = p * legendre.legvander(np.array([cosine]), degree)[0]
    least = _least_value(weights) + above
    return round_up((1 - Fraction(least)) / Fraction(cosine)) * (1.0 + 1e-14)


def _polynomial_below(g: Average, theta: float, degree: int) -> Array:
    """Coefficients p_l with p ≤ g, apart away from θ, whose means over circles about θ are about g(θ) at least."""
    places = np.concatenate([np.linspace(0.0, math.pi, 161), theta + np.linspace(-0.05, 0.05, 41)])
    places = places[(places >= 0.0) & (places <= math.pi)]
    ends = np.array([g(x)[0] for x in places.tolist()])
    basis = legendre.legvander(np.cos(places), degree)
    room = np.minimum((places - theta) ** 2, 0.3)
    at_theta = legendre.legvander(np.array([math.cos(theta)]), degree)
    fine = legendre.legvander(np.cos(np.linspace(0.0, math.pi, 2001)), degree) * at_theta
    used = np.zeros(2001, dtype=bool)
    used[::20] = True
    wanted = g(theta)[0] - WIDTH
    for _ in range(ROUNDS):
        means = fine[used]
        rows = np.block([[basis, room[:, None]], [-means, np.zeros((len(means), 1))]])
        limits = np.concatenate([ends, np.full(len(means), -wanted)])
        cost = np.append(np.zeros(degree + 1), -1.0)
        bounds = np.append(np.full(degree + 1, 3.0), 1.0)
        p = solve(cost, rows, limits, lower=-bounds, upper=bounds).x[:-1]
        values = fine @ p
        low = (values < wanted - 0.1 * WIDTH) & ~used
        if not low.any():
            break
        turning = np.r_[True, values[1:] <= values[:-1]] & np.r_[values[:-1] <= values[1:], True]
        used |= low & turning
    return p


def _least_value(weights: Array) -> float:
    """A lower end of Σ weights_l P_l(x) on [−1, 1], decided exactly for these doubles but for their own rounding."""
    exact = _powers([Fraction(float(w)) for w in weights])
    rough = float(legendre.legval(np.cos(np.linspace(0.0, math.pi, 4001)), weights).min())
    for loss in (1e-9, 1e-8, 1e-7, 1e-6, 1e-5, 1e-4):
        floor = rough - loss
        if negative_place([exact[0] - Fraction(floor), *exact[1:]]) is None:
            return floor - 1e-12
    return -math.inf


def _powers(weights: Sequence[Fraction]) -> list[Fraction]:
    """The coefficients of powers of x of Σ weights_l P_l(x)."""
    size = len(weights)
    before, now = [Fraction(0)] * size, [Fraction(1)] + [Fraction(0)] * (size - 1)
    total = [weights[0] * c for c in now]
    for l in range(1, size):  # noqa: E741
        shifted = [Fraction(0), *now[:-1]]
        before, now = now, [((2 * l - 1) * x - (l - 1) * y) / l for x, y in zip(shifted, before, strict=True)]
        total = [t + weights[l] * c for t, c in zip(total, now, strict=True)]
    return total
