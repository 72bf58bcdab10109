"""How symmetric given settings are: relabellings of directions and outcomes that a rotation or reflection carries.

An orthogonal map and its negative act on directions as axes in the same way, so the relabellings of settings that span
space form a group of rotations: C1, C2, …, D2, D3, …, T, O or I.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...core.settings import Settings

__all__ = ["Group", "symmetry"]

CLOSE = 1e-6
MOST = 2000
POLYHEDRAL = {(12, 3): "T", (24, 4): "O", (60, 5): "I"}
"""Groups by their order and the largest order of an element."""

Images = tuple[tuple[int, float], ...]


@dataclass(frozen=True)
class Group:
    """The relabellings of settings.

    Parameters
    ----------
    order : int
        Signed permutations of each party's directions that leave all scalar products and pairs as they are; the common
        sign of all directions is not counted.
    name : str
        C1, C2, D2, …, T, O or I; empty where it is no group of rotations of space, because the settings do not span it
        or there are too many relabellings to list.
    exchanges : bool
        Whether as many relabellings exchange the parties.
    """

    order: int
    name: str
    exchanges: bool

    def to_json(self) -> dict[str, Any]:
        """The three of them."""
        return {"order": self.order, "name": self.name, "exchanges": self.exchanges}


def symmetry(settings: Settings, pairs: NDArray[np.bool_]) -> Group:
    """The group of relabellings; products within 1e-6 of each other are equal.

    Parameters
    ----------
    settings : Settings
    pairs : ndarray of bool, shape (n_A, n_B)
        The measured pairs.
    """
    rows = np.concatenate([settings.alice, settings.bob])
    found = _relabellings(settings, pairs, exchange=False, most=MOST)
    same = settings.shape[0] == settings.shape[1]
    exchanges = same and bool(_relabellings(settings, pairs, exchange=True, most=1))
    spans = np.linalg.matrix_rank(rows, tol=1e-6) == 3
    return Group(len(found), _name(rows, found) if spans and len(found) < MOST else "", exchanges)


def _relabellings(settings: Settings, pairs: NDArray[np.bool_], *, exchange: bool, most: int) -> list[Images]:
    """For each relabelling the images of all directions, with signs; at most so many."""
    rows = np.concatenate([settings.alice, settings.bob])
    n_alice, n = settings.shape[0], len(rows)
    products = rows @ rows.T
    known = np.zeros((n, n), dtype=bool)
    known[:n_alice, n_alice:] = pairs
    known |= known.T
    found: list[Images] = []

    def extend(images: Images) -> None:
        k = len(images)
        if len(found) >= most:
            return
        if k == n:
            found.append(images)
            return
        used = {i for i, _ in images}
        for i in range(n_alice) if (k < n_alice) != exchange else range(n_alice, n):
            if i in used:
                continue
            for sign in (1.0,) if k == 0 else (1.0, -1.0):
                if all(
                    known[i, q] == known[k, p] and abs(sign * s * products[i, q] - products[k, p]) < CLOSE
                    for p, (q, s) in enumerate(images)
                ):
                    extend((*images, (i, sign)))

    extend(())
    return found


def _name(rows: NDArray[np.float64], relabellings: list[Images]) -> str:
    """The name of the group, from its order and the largest order of an element."""
    turns, inverse = [], np.linalg.pinv(rows)
    for images in relabellings:
        image = np.array([sign * rows[i] for i, sign in images])
        turn = inverse @ image  # row k goes to image k
        turn = turn if np.linalg.det(turn) > 0.0 else -turn
        angle = math.acos(min(max(0.5 * (float(np.trace(turn)) - 1.0), -1.0), 1.0))
        turns.append(1 if angle < 1e-3 else _denominator(angle / (2.0 * math.pi)))
    size, largest = len(turns), max(turns)
    if size == largest:
        return f"C{size}"
    if (size, largest) in POLYHEDRAL:
        return POLYHEDRAL[size, largest]
    return f"D{size // 2}" if size == 2 * largest else ""


def _denominator(share: float) -> int:
    """The smallest number of times that this share of a turn makes whole turns."""
    return next((n for n in range(2, 61) if abs(n * share - round(n * share)) < 1e-3), 1)
