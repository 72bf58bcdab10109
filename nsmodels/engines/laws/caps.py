"""Averages of |F(u·a) − G(u·b)| over all u, for laws that rise: by the overlap of caps, with a proved error.

With θ the angle between a and b write g(θ) = E|F(u·a) − G(u·b)|, u uniform on the sphere. A number |y − z| is the
length of the s between y and z, so that, where F and G rise,

    g(θ) = ∫ |{u·a > t} Δ {u·b > r}| ds,   t = F⁻¹(s),  r = G⁻¹(s),

the share of the sphere that lies in one cap alone. Two caps of half angles arccos t and arccos r overlap in the share
(π − β t − β' r − δ)/2π, by the theorem of Gauss and Bonnet, with β the half angle of the arc of the first circle inside
the second cap, β' the other one, and δ the corner. They are the angles of a triangle with the sides q = arccos t and
p = arccos r, θ: with half its perimeter σ = (q + p + θ)/2,

    tan²(β/2) = sin(σ − q) sin(σ − θ)/(sin σ sin(σ − p)),

β' with q and p exchanged, and δ with p and θ. Sums of products of cosines say the same, but lose half of the digits
where circles nearly touch, and all of them for small caps.

g rises with θ, since the overlap shrinks. Laws that are piecewise linear make t and r linear in s between breaks; there
the derivative of the integrand is t' (β/π − ½) + r' (β'/π − ½), where β rises or falls throughout if r' (1 − t²) +
t' (t r − cos θ), which is linear in s, keeps its sign. So the trapezoid rule over a cell of length h is wrong by
h² (|t'| osc β + |r'| osc β')/8π at most. A polynomial is replaced by chords, which are max|F''| x³/12 away over a
length x.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..compiled import KernelArray, entry, kernel
from .functions import LawFunction

__all__ = ["CapAverage"]

Array = NDArray[np.float64]

CELLS = 800
"""Least numbers of cells along s, along t and along r."""
CHORDS = 2e-7
"""Amount that chords in place of a polynomial may change g by, where their number allows it."""
MOST_CHORDS = 4000
ROUNDING = 1e-9
"""Amount far above what rounding changes an average by.

Computed angles are those of a triangle whose sides are off by some 1e-16, so each share is off by about 1e-15, and a
sum with weights h that add up to 1 is too; of F⁻¹ the rounding matters no more, since g is an integral over s.
"""


@kernel
def alone(t: float, r: float, q: float, p: float, theta: float, out: KernelArray) -> None:
    """Write into out (3,) the share of the sphere that is in one of two caps alone, and β and β'.

    t and r in [0, 1] are cosines of the half angles q and p of the caps.
    """
    # the half perimeter of the triangle of both centres and a corner, less each of its sides
    a = 0.5 * (p + theta - q)
    b = 0.5 * (q + theta - p)
    e = 0.5 * (q + p - theta)
    overlap = 0.0
    out[1] = 0.0
    out[2] = 0.0
    if e > 0.0 and (a <= 0.0 or b <= 0.0):
        overlap = 0.5 * (1.0 - max(t, r))
        out[1] = math.pi if a > 0.0 else 0.0
        out[2] = math.pi if b > 0.0 else 0.0
    elif e > 0.0:
        x = math.sqrt(math.sin(a))
        y = math.sqrt(math.sin(b))
        z = math.sqrt(math.sin(e))
        w = math.sqrt(max(math.sin(a + b + e), 0.0))
        out[1] = 2.0 * math.atan2(x * z, w * y)
        out[2] = 2.0 * math.atan2(y * z, w * x)
        corner = 2.0 * math.atan2(x * y, w * z)
        overlap = (math.pi - out[1] * t - out[2] * r - corner) / (2.0 * math.pi)
        overlap = min(max(overlap, 0.0), 0.5 * (1.0 - max(t, r)))
    out[0] = 0.5 * (1.0 - t) + 0.5 * (1.0 - r) - 2.0 * overlap


@entry
def sum_of_cells(cells: KernelArray, theta: float, out: KernelArray) -> None:
    """Write the trapezoid sum of cells (m, 9) and the limit of its error into out (2,).

    A cell is h, then t and r at both ends, then their half angles in the same order.
    """
    c = math.cos(theta)
    first = np.empty(3)
    last = np.empty(3)
    total = 0.0
    error = 0.0
    t = -1.0
    r = -1.0
    for k in range(cells.shape[0]):
        h = cells[k, 0]
        t0 = cells[k, 1]
        t1 = cells[k, 2]
        r0 = cells[k, 3]
        r1 = cells[k, 4]
        if t0 == t and r0 == r:
            for e in range(3):
                first[e] = last[e]
        else:
            alone(t0, r0, cells[k, 5], cells[k, 7], theta, first)
        alone(t1, r1, cells[k, 6], cells[k, 8], theta, last)
        t = t1
        r = r1
        total += 0.5 * h * (first[0] + last[0])
        dt = t1 - t0
        dr = r1 - r0
        # β turns back inside, or has no limit at a cap that is one point on the other circle
        turns = (dr * (1.0 - t0 * t0) + dt * (t0 * r0 - c)) * (dr * (1.0 - t1 * t1) + dt * (t1 * r1 - c)) <= 0.0
        turns = turns or (t1 >= 1.0 and abs(r1 - c) < 1e-6)
        error += h * dt * (math.pi if turns else abs(last[1] - first[1]))
        turns = (dt * (1.0 - r0 * r0) + dr * (t0 * r0 - c)) * (dt * (1.0 - r1 * r1) + dr * (t1 * r1 - c)) <= 0.0
        turns = turns or (r1 >= 1.0 and abs(t1 - c) < 1e-6)
        error += h * dr * (math.pi if turns else abs(last[2] - first[2]))
    # the half with s > 0 stands for both
    out[0] = 2.0 * total
    out[1] = error / (4.0 * math.pi)


def _points(law: LawFunction) -> tuple[list[tuple[float, float]], float]:
    """Points (x, |F(x)|) for x from 0 to 1 between which the law is taken as linear, and what g changes by that."""
    if law.knots:
        return [(0.0, 0.0)] + [(x, abs(y)) for x, y in law.knots if x > 0.0], 0.0
    bends = [k * (k - 1) * abs(c) for k, c in enumerate(law.coefficients)]
    whole = sum(b / max(k - 1, 1) for k, b in enumerate(bends))
    number = min(max(math.ceil(math.sqrt(whole / (12.0 * CHORDS))), 1), MOST_CHORDS)
    x = np.linspace(0.0, 1.0, number + 1)
    steepest = np.polynomial.polynomial.polyval(x[1:], bends[2:] or [0.0])
    lost = float(steepest.sum()) * (1.0 + 1e-12) / (12.0 * number**3)
    values = np.maximum.accumulate(np.abs(law(x)))
    return list(zip(x.tolist(), values.tolist(), strict=True)), lost


def _pieces(points: Sequence[tuple[float, float]]) -> list[tuple[float, float, float, float]]:
    """Pieces (s, s', t, t') on which t = F⁻¹(s) is linear, for s from 0 to 1; beyond F(1) there is no cap: t = 1."""
    found = [(y, z, x, w) for (x, y), (w, z) in itertools.pairwise(points) if z > y]
    top = points[-1][1]
    return found if top >= 1.0 else [*found, (top, 1.0, 1.0, 1.0)]


def _along(piece: tuple[float, float, float, float], s: Array) -> Array:
    start, end, t, w = piece
    return t + (w - t) * np.clip((s - start) / (end - start), 0.0, 1.0)


def _cells(first: Sequence[tuple[float, float]], second: Sequence[tuple[float, float]]) -> Array:
    """The cells (m, 9) of two laws, each given by its points."""
    sides = _pieces(first), _pieces(second)
    breaks = sorted({s for side in sides for piece in side for s in piece[:2]})
    top = max(first[-1][1], second[-1][1])
    rows, at = [], [0, 0]
    for low, high in itertools.pairwise(breaks):
        for k in (0, 1):
            while sides[k][at[k]][1] <= low:
                at[k] += 1
        ends = np.array([low, high])
        if low >= top:
            break  # no cap any more
        lengths = [high - low, *(float(np.ptp(_along(side[k], ends))) for side, k in zip(sides, at, strict=True))]
        number = max(math.ceil(CELLS * max(lengths[0] / top, *lengths[1:])), 1)
        s = np.linspace(low, high, number + 1)
        t, r = (_along(side[k], s) for side, k in zip(sides, at, strict=True))
        rows.append(np.stack([np.diff(s), t[:-1], t[1:], r[:-1], r[1:]], axis=1))
    cells = np.concatenate(rows) if rows else np.zeros((0, 5))
    return np.hstack([cells, np.arccos(cells[:, 1:])])


class CapAverage:
    """g(θ) = E|F(u·a) − G(u·b)| of two odd laws that rise (or fall), enclosed.

    Parameters
    ----------
    first, second : LawFunction
        F and G; a law that falls stands for its opposite.
    """

    def __init__(self, first: LawFunction, second: LawFunction) -> None:
        (one, lost), (two, more) = _points(first), _points(second)
        self._cells = _cells(one, two)
        self._lost = lost + more + ROUNDING
        self._known: dict[float, tuple[float, float]] = {}

    def __call__(self, theta: float) -> tuple[float, float]:
        """Both ends of g at an angle in [0, π]."""
        if theta not in self._known:
            out = np.empty(2)
            sum_of_cells(self._cells, theta, out)
            error = float(out[1]) + self._lost
            self._known[theta] = float(out[0]) - error, float(out[0]) + error
        return self._known[theta]
