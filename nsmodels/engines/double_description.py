"""Extreme rays of a cone given by inequalities, exactly: the double description method.

For the cone {x : a_k·x ≥ 0 for all k} one begins with as many independent inequalities as there are dimensions, whose
rays are read off an inverse, and adds the others one by one. A new inequality drops the rays on its negative side and
adds one for every pair of neighbours on different sides; two rays are neighbours where no third one lies on all the
inequalities that are equations for both. Everything is done with integers.

Source: Motzkin, Raiffa, Thompson, Thrall, Contributions to the Theory of Games II, 51 (1953); Fukuda and Prodon, LNCS
1120, 91 (1996).
"""

from __future__ import annotations

import math
import time
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

__all__ = ["Unfinished", "extreme_rays"]

Integers = NDArray[np.int64]

LARGE = 2**31 - 1
"""Size of entries up to which sums of products of two stay below 2^63."""
PAIRS = 4_000_000
"""At most so many entries of a table of pairs at once."""


class Unfinished(Exception):
    """The time was over, or the entries became too large for exact arithmetic in 64 bits."""


def extreme_rays(rows: Integers, *, deadline: float = math.inf) -> Integers:
    """The extreme rays of {x : rows @ x ≥ 0}, primitive integer vectors, a row each.

    Parameters
    ----------
    rows : ndarray of int, shape (m, d)
        Of rank d: the cone contains no line.
    deadline : float
        `time.perf_counter` value.

    Raises
    ------
    ValueError
        If the rank is less than d.
    Unfinished
    """
    rows = np.asarray(rows, dtype=np.int64)
    first, rays = _simplicial(rows)
    begun = set(first)
    rest = [k for k in range(len(rows)) if k not in begun]
    seen = list(first)  # columns of `on`, which says which inequalities are equations for which rays
    on = (_values(rays, rows[first]) == 0).astype(np.float32)
    for k in rest:
        values = _values(rays, rows[k : k + 1])[:, 0]
        above, below = np.flatnonzero(values > 0), np.flatnonzero(values < 0)
        if len(below):
            new = [
                _combined(rays, values, above[i], below[j])
                for i, j in _neighbours(on, above, below, rows.shape[1], deadline)
            ]
            kept = values >= 0
            rays, on, values = rays[kept], on[kept], values[kept]
            if new:
                added = np.concatenate(new)
                rays = np.vstack([rays, added])
                on = np.vstack([on, (_values(added, rows[seen]) == 0).astype(np.float32)])
                values = np.concatenate([values, np.zeros(len(added), dtype=np.int64)])
        seen.append(k)
        on = np.column_stack([on, (values == 0).astype(np.float32)])
    return rays


def _values(rays: Integers, rows: Integers) -> Integers:
    """Products ray·row, exactly or not at all."""
    sizes = [int(np.abs(x).max(initial=0)) for x in (rays, rows)]
    if sizes[0] * sizes[1] * rows.shape[1] > 2**62:
        raise Unfinished("the entries became too large for exact arithmetic in 64 bits")
    return rays @ rows.T


def _combined(rays: Integers, values: Integers, above: NDArray[np.intp], below: NDArray[np.intp]) -> Integers:
    """The rays on the new equation between neighbours on both sides of it."""
    up, down = values[above], -values[below]
    common = np.gcd(up, down)
    up, down = up // common, down // common
    left, right = rays[above], rays[below]
    sizes = [int(np.abs(x).max(initial=0)) for x in (up, right, down, left)]
    if sizes[0] * sizes[1] + sizes[2] * sizes[3] > 2**62:
        raise Unfinished("the entries became too large for exact arithmetic in 64 bits")
    new = down[:, None] * left + up[:, None] * right
    return np.asarray(new // np.gcd.reduce(new, axis=1, keepdims=True))


def _neighbours(
    on: NDArray[np.float32], above: NDArray[np.intp], below: NDArray[np.intp], d: int, deadline: float
) -> list[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Places in `above` and `below` of neighbouring rays, in chunks."""
    found = []
    step = max(1, PAIRS // max(1, len(below)))
    for begin in range(0, len(above), step):
        if time.perf_counter() > deadline:
            raise Unfinished("the time was over")
        left = on[above[begin : begin + step]]
        places, others = np.nonzero(left @ on[below].T >= d - 2)
        chunk = max(1, PAIRS // len(on))
        for start in range(0, len(places), chunk):
            if time.perf_counter() > deadline:
                raise Unfinished("the time was over")
            i, j = places[start : start + chunk], others[start : start + chunk]
            both = left[i] * on[below[j]]
            alone = (both @ on.T == both.sum(axis=1)[:, None]).sum(axis=1) == 2
            found.append((i[alone] + begin, j[alone]))
    return found


def _simplicial(rows: Integers) -> tuple[list[int], Integers]:
    """The first independent rows, and the rays on all of them but one."""
    d = rows.shape[1]
    chosen: list[int] = []
    reduced: list[list[Fraction]] = []
    pivots: list[int] = []
    for k, row in enumerate(rows.tolist()):
        left = [Fraction(x) for x in row]
        for pivot, other in zip(pivots, reduced):
            if left[pivot]:
                factor = left[pivot]
                left = [x - factor * y for x, y in zip(left, other)]
        place = next((c for c in range(d) if left[c]), None)
        if place is None:
            continue
        head = left[place]
        reduced.append([x / head for x in left])
        pivots.append(place)
        chosen.append(k)
        if len(chosen) == d:
            break
    else:
        raise ValueError(f"the inequalities have rank {len(chosen)} in {d} dimensions")
    return chosen, _inverse([rows[k].tolist() for k in chosen])


def _inverse(matrix: list[list[int]]) -> Integers:
    """The columns of the inverse of a square matrix, a row each, scaled to primitive integers."""
    d = len(matrix)
    table = [[Fraction(x) for x in row] + [Fraction(int(k == j)) for j in range(d)] for k, row in enumerate(matrix)]
    for c in range(d):
        place = next(k for k in range(c, d) if table[k][c])
        table[c], table[place] = table[place], table[c]
        head = table[c][c]
        table[c] = [x / head for x in table[c]]
        for k in range(d):
            if k != c and table[k][c]:
                factor = table[k][c]
                table[k] = [x - factor * y for x, y in zip(table[k], table[c])]
    rays = []
    for column in zip(*(row[d:] for row in table)):
        scale = math.lcm(*(x.denominator for x in column))
        whole = [int(x * scale) for x in column]
        common = math.gcd(*whole)
        rays.append([x // common for x in whole])
    return np.array(rays, dtype=np.int64)
