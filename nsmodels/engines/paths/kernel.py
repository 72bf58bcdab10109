"""The compiled search of `graph`: Dijkstra on a dense doubled graph whose weights are never stored."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from ..compiled import compiled, loaded

__all__ = ["compile_search", "half_search"]

_SCALE = 2.0**51
_QUANTUM = 2.0**-51


@compiled(inline="always")
def _low(weight: float, margin: float) -> float:
    return max(np.floor((weight - margin) * _SCALE), 0.0) * _QUANTUM


@compiled()
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

    Empty arrays stand for what is not given (table or vectors, known pairs, marginals). Vectors are columns here:
    ``left`` and ``right`` have the shapes (d, n_A) and (d, n_B).

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
    dimension = left.shape[0]
    some_known = known.size > 0
    with_marginals = marginals.size > 0
    distance = np.full(2 * n, np.inf)
    before = np.full(2 * n, -1, dtype=np.int64)
    row = np.empty(max(n_a, n_b))
    distance[source] = 0.0
    # distances of nodes that are reached and not settled; a scan, because a heap grows to many entries for each node
    waiting = np.full(2 * n, np.inf)
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
        # the correlators of k with all of the other group
        mine = k if first else k - n_a
        start, count = (n_a, n_b) if first else (0, n_a)
        if vectors:
            others = right if first else left
            row[:count] = 0.0
            for axis in range(dimension):
                factor = left[axis, mine] if first else right[axis, mine]
                for j in range(count):
                    row[j] += factor * others[axis, j]
        else:
            entries = table[mine] if first else table_t[mine]
            for j in range(count):
                row[j] = entries[j]
        room = length - base + 2.0 * margin + 1e-14  # longer edges are no part of a shorter path, whatever the rounding
        begin, end = (0, n) if with_marginals else (start, start + count)
        for other in range(begin, end):
            edge = start <= other < start + count
            if edge and some_known:
                edge = known[mine, other - start] if first else known_t[mine, other - start]
            if edge:
                c = row[other - start]
                if 1.0 - abs(c) > room:
                    continue
                same, opposite = _low(1.0 - c, margin), _low(1.0 + c, margin)
            elif with_marginals and other != k:
                same = _low(2.0 - abs(marginals[k] + marginals[other]), 2.0 * margin)
                opposite = _low(2.0 - abs(marginals[k] - marginals[other]), 2.0 * margin)
            else:
                continue
            for sign in range(2):
                near = base + (same if sign == 0 else opposite)
                if near >= length:  # no part of a shorter path
                    continue
                v = other + (flip if sign == 0 else n - flip)
                if near < distance[v]:
                    distance[v] = near
                    waiting[v] = near
                    before[v] = u
                mirror = v + n if v < n else v - n
                if near + distance[mirror] < length:
                    length = near + distance[mirror]
                    meet_u, meet_v = u, v
    return length, (meet_u, meet_v), distance, before


def compile_search() -> float:
    """Compile the search, or load it from disk; return the seconds that took, this time."""
    return loaded(_compiled)


@cache
def _compiled() -> None:
    table, known, nothing = np.zeros((1, 1)), np.zeros((0, 0), dtype=bool), np.zeros((0, 1))
    half_search(1, 1, table, table, known, known, nothing, nothing, np.zeros(0), 2.0**-52, 0)
