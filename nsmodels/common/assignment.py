"""The assignment problem: every row gets a column of its own, for the largest sum of worths."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

__all__ = ["best_assignment"]


def best_assignment(worth: NDArray[np.float64]) -> list[int]:
    """The column of each row, for no more rows than columns.

    Rows are added one at a time along shortest augmenting paths, with potentials that keep reduced costs ≥ 0.
    Source: Kuhn, Naval Res. Logist. Quart. 2, 83 (1955); Jonker and Volgenant, Computing 38, 325 (1987).
    """
    rows, columns = worth.shape
    cost = -worth
    row_price, price = np.zeros(rows), np.zeros(columns)
    owner = [-1] * columns
    for start in range(rows):
        distance, before = np.full(columns, math.inf), np.full(columns, -1)
        done = np.zeros(columns, dtype=bool)
        row, column, reached = start, -1, 0.0
        while row >= 0:
            reduced = reached + cost[row] - row_price[row] - price
            better = ~done & (reduced < distance)
            distance[better], before[better] = reduced[better], column
            column = int(np.where(done, math.inf, distance).argmin())
            done[column], reached = True, float(distance[column])
            row = owner[column]
        row_price[start] += reached
        for k in np.flatnonzero(done).tolist():
            price[k] += distance[k] - reached
            if owner[k] >= 0:
                row_price[owner[k]] += reached - distance[k]
        while column >= 0:
            previous = int(before[column])
            owner[column] = owner[previous] if previous >= 0 else start
            column = previous
    places = [-1] * rows
    for k, row in enumerate(owner):
        if row >= 0:
            places[row] = k
    return places
