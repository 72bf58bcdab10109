"""The extreme boxes of models that have finitely many, as points (A, B, C) in whole numbers, and exact ranks."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from math import lcm

import numpy as np
from numpy.typing import NDArray

from ..common.rationals import kernel_of
from ..errors import InputError
from ..models.hidden_variables import HiddenVariableModel

__all__ = ["SCALE", "affine_rank", "boxes_of", "independent"]

Array = NDArray[np.float64]
MOST_BOXES = 2_000_000
PRIME = 2**31 - 1
"""A prime: ranks modulo a prime are never above the rank, so that a full one is a proof."""
SCALE = 1 << 53
"""Units in 1: marginals of lists are whole numbers of units, or refused."""


def boxes_of(model: HiddenVariableModel) -> NDArray[np.int64]:
    """All extreme boxes (A, B, C), in units of 2^−53, a row each."""
    states = model.corners()
    if states is None:
        raise InputError(f"polytopes: the model {model.name} has infinitely many extreme boxes, or too many")
    rows: list[Array] = []
    for a, b in zip(states.alice, states.bob):
        low, high = np.abs(a[:, None] + b) - 1.0, 1.0 - np.abs(a[:, None] - b)
        free = np.argwhere(high > low)
        if len(rows) + 2 ** len(free) > MOST_BOXES:
            raise InputError(f"polytopes: the model {model.name} has more than {MOST_BOXES} extreme boxes; use fewer")
        for ends in product((False, True), repeat=len(free)):
            c = low.copy()
            for (i, j), end in zip(free, ends):
                c[i, j] = high[i, j] if end else low[i, j]
            rows.append(np.concatenate([a, b, c.ravel()]))
    points = np.array(rows) * float(SCALE)
    if not np.array_equal(points, np.rint(points)):
        raise InputError("polytopes: marginals finer than 2^-53 have no exact place here; round them")
    return np.unique(points.astype(np.int64), axis=0)


def affine_rank(points: NDArray[np.int64]) -> int:
    """The dimension of the affine hull, exactly; −1 for no points."""
    if not len(points):
        return -1
    differences = points[1:] - points[0]
    common = np.gcd.reduce(differences.ravel()) if differences.size else 0
    rows = differences // common if common > 1 else differences
    return _rank(rows)


def _rank(rows: NDArray[np.int64]) -> int:
    """The rank, exactly: rows that are independent modulo a prime are so, and the others lie in their span."""
    if not rows.size:
        return 0
    places = independent(rows)
    if len(places) == min(rows.shape):
        return len(places)
    vectors = _whole_kernel([[Fraction(x) for x in rows[k].tolist()] for k in places])
    table = np.array(vectors, dtype=object).T
    if not (rows.astype(object) @ table).any():
        return len(places)
    raise InputError("polytopes: the rank could not be decided; give coefficients with fewer digits")


def independent(rows: NDArray[np.int64]) -> list[int]:
    """Numbers of rows that are independent modulo a prime, as many as there are."""
    modulo, names, rank = rows % PRIME, np.arange(len(rows)), 0
    for column in range(rows.shape[1]):
        places = np.flatnonzero(modulo[rank:, column])
        if not places.size:
            continue
        top = rank + int(places[0])
        modulo[[rank, top]], names[[rank, top]] = modulo[[top, rank]], names[[top, rank]]
        inverse = pow(int(modulo[rank, column]), -1, PRIME)
        modulo[rank] = modulo[rank] * inverse % PRIME
        below = modulo[rank + 1 :, column].copy()
        modulo[rank + 1 :] = (modulo[rank + 1 :] - below[:, None] * modulo[rank] % PRIME) % PRIME
        rank += 1
        if rank == len(rows):
            break
    return [int(k) for k in names[:rank]]


def _whole_kernel(rows: list[list[Fraction]]) -> list[list[int]]:
    """Whole vectors that span what all rows send to 0."""
    found = []
    for vector in kernel_of(rows):
        scale = lcm(*(x.denominator for x in vector))
        found.append([int(x * scale) for x in vector])
    return found
