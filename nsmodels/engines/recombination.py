"""Fewer points with the same moments: Carathéodory's theorem as an algorithm.

Weights on n points of R^m can be moved to at most m + 1 of the points without changing their sum and the mean point. In
batches of twice as many columns as there are equations, a null space shows along which directions weights may move, and
each move empties one point.
"""

from __future__ import annotations

import math
import time

import numpy as np
from numpy.typing import NDArray

from ..common.arrays import Array
from .blas_threads import one_blas_thread

__all__ = ["recombine"]

PANEL = 32
"""Directions that are made to leave emptied columns alone one by one; the later ones are, for all of these at once."""


def recombine(points: Array, weights: Array, deadline: float = math.inf) -> Array:
    """Weights ≥ 0 on few of the points with the same sum and (to rounding) the same Σ w x.

    Parameters
    ----------
    points : ndarray, shape (m, n)
        A point in each column.
    weights : ndarray, shape (n,)
        At least 0.
    deadline : float
        `time.perf_counter` value after which weights are left where they are.

    Returns
    -------
    ndarray, shape (n,)
        At most m + 1 entries are not zero (a few more where rounding forbids a move, or time is up).
    """
    m, n = points.shape
    out = np.array(weights, dtype=np.float64)
    order = np.argsort(-out)  # the heavy ones first: they stay in the pool from the beginning
    equations = np.concatenate([points, np.ones((1, n))])
    size = m + 1
    pool = order[:size]
    with one_blas_thread():
        for start in range(size, n, size):
            pool = np.concatenate([pool, order[start : start + size]])
            pool = pool[out[pool] > 0.0]
            if time.perf_counter() > deadline:
                break
            if len(pool) > size:
                out[pool] = _reduced(equations[:, pool], out[pool], deadline)
                pool = pool[out[pool] > 0.0]
    return out


def _reduced(equations: Array, weights: Array, deadline: float) -> Array:
    """Empty as many columns as the equations allow."""
    rank, count = equations.shape
    full, _ = np.linalg.qr(equations.T, mode="complete")
    null = full[:, rank:].copy()
    weights = weights.copy()
    alive = np.ones(count, dtype=bool)
    for first in range(0, null.shape[1], PANEL):
        panel, rest = null[:, first : first + PANEL].copy(order="F"), null[:, first + PANEL :]
        used: list[int] = []
        pivots: list[int] = []
        for k in range(panel.shape[1]):
            if time.perf_counter() > deadline:
                return weights
            index = _emptied(panel[:, k], weights, alive)
            if index is None:
                continue
            later = panel[:, k + 1 :]
            later -= np.outer(panel[:, k], later[index] / panel[index, k])
            later[index] = 0.0
            used.append(k)
            pivots.append(index)
        if used and rest.size:
            directions = panel[:, used]
            rest -= directions @ np.linalg.solve(np.tril(directions[pivots]), rest[pivots])
            rest[pivots] = 0.0
    return weights


def _emptied(direction: Array, weights: Array, alive: NDArray[np.bool_]) -> int | None:
    """Move weights along a direction, in place, until a column is empty: which one, None where nothing can move."""
    candidates = alive & (np.abs(direction) > 1e-12)
    if not candidates.any():
        return None
    ratio = np.full(len(weights), np.inf)
    ratio[candidates] = weights[candidates] / np.abs(direction[candidates])
    positive = candidates & (direction > 0.0)
    negative = candidates & (direction < 0.0)
    sides = [(side, sign) for side, sign in ((positive, 1.0), (negative, -1.0)) if side.any()]
    # of the two ways to go, the one that ends at the larger pivot
    _, index, sign = max(
        (abs(direction[p]), p, sign)
        for p, sign in ((int(np.where(side, ratio, np.inf).argmin()), sign) for side, sign in sides)
    )
    weights -= sign * ratio[index] * direction
    weights[index] = 0.0
    np.maximum(weights, 0.0, out=weights)
    alive[index] = False
    return index
