"""The compiled search of `nsmodels.engines.paths`: Dijkstra on a dense doubled graph whose weights are never stored."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

__all__ = ["half_search"]

_SCALE = 2.0**51
_QUANTUM = 2.0**-51


@njit(cache=True, inline="always")
def _low(weight: float, margin: float) -> float:
    return max(np.floor((weight - margin) * _SCALE), 0.0) * _QUANTUM


@njit(cache=True)
def half_search(
    n_a: int,
    n_b: int,
    table: Any,
    table_t: Any,
    known: Any,
    known_t: Any,
    left: Any,
    right: Any,
    marginals: Any,
    margin: float,
    source: int,
) -> Any:
    """Search from node `source` until the two mirror-image searches meet.

    Empty arrays stand for what is not given (table or vectors, known pairs, marginals).

    Returns
    -------
    length : float
        Distance from `source` to its mirror image, at most 2.
    meeting : tuple of int
        The edge at which the halves of the path meet, or (−1, −1) if the path is the cap.
    distance : ndarray, shape (2n,)
        Distances from the source; exact where below length/2, upper ends elsewhere.
    before : ndarray of int64, shape (2n,)
        Predecessors.
    """
    n = n_a + n_b
    vectors = table.size == 0
    dimension = left.shape[1]
    some_known = known.size > 0
    with_marginals = marginals.size > 0
    distance = np.full(2 * n, np.inf)
    waiting = np.full(2 * n, np.inf)  # distances of nodes that are not settled
    before = np.full(2 * n, -1, dtype=np.int64)
    distance[source] = 0.0
    waiting[source] = 0.0
    length = 2.0
    meet_u, meet_v = -1, -1
    while True:
        u, shortest = -1, 0.5 * length
        for node in range(2 * n):
            if waiting[node] < shortest:
                shortest = waiting[node]
                u = node
        if u < 0:  # every waiting node is at least half the length away
            break
        waiting[u] = np.inf
        base = distance[u]
        k, flip = (u, 0) if u < n else (u - n, n)
        first = k < n_a
        for other in range(n):
            across = (other >= n_a) == first
            if other == k or not (across or with_marginals):
                continue
            edge = across
            same, opposite = 0.0, 0.0
            if across:
                i, j = (k, other - n_a) if first else (k - n_a, other)
                if some_known:
                    edge = known[i, j] if first else known_t[i, j]
                if edge:
                    if vectors:
                        c = 0.0
                        for axis in range(dimension):
                            c += left[i, axis] * right[j, axis] if first else right[i, axis] * left[j, axis]
                    else:
                        c = table[i, j] if first else table_t[i, j]
                    same, opposite = _low(1.0 - c, margin), _low(1.0 + c, margin)
            if not edge:
                if not with_marginals:
                    continue
                same = _low(2.0 - abs(marginals[k] + marginals[other]), 2.0 * margin)
                opposite = _low(2.0 - abs(marginals[k] - marginals[other]), 2.0 * margin)
            for sign in range(2):
                near = base + (same if sign == 0 else opposite)
                v = other + (flip if sign == 0 else n - flip)
                mirror = v + n if v < n else v - n
                if near < distance[v]:
                    distance[v] = near
                    waiting[v] = near
                    before[v] = u
                if near + distance[mirror] < length:
                    length = near + distance[mirror]
                    meet_u, meet_v = u, v
    return length, (meet_u, meet_v), distance, before
