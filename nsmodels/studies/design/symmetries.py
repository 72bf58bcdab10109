"""How symmetric given settings are: relabellings of directions and outcomes that a rotation or reflection carries."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ...core.settings import Settings

__all__ = ["order"]

CLOSE = 1e-6
MOST = 2000


def order(settings: Settings, pairs: NDArray[np.bool_]) -> int:
    """The number of signed permutations of the directions that leave all scalar products and pairs as they are.

    Each party's directions are permuted among themselves. The common sign of all directions is not counted, and
    products within 1e-6 of each other are equal.
    """
    rows = np.concatenate([settings.alice, settings.bob])
    n_alice, n = settings.shape[0], len(rows)
    products = rows @ rows.T
    known = np.zeros((n, n), dtype=bool)
    known[:n_alice, n_alice:] = pairs
    known |= known.T
    found = 0

    def extend(images: list[tuple[int, float]]) -> None:
        nonlocal found
        k = len(images)
        if found >= MOST:
            return
        if k == n:
            found += 1
            return
        used = {i for i, _ in images}
        party = range(n_alice) if k < n_alice else range(n_alice, n)
        for i in party:
            if i in used:
                continue
            for sign in (1.0,) if k == 0 else (1.0, -1.0):
                if all(
                    known[i, q] == known[k, p] and abs(sign * s * products[i, q] - products[k, p]) < CLOSE
                    for p, (q, s) in enumerate(images)
                ):
                    extend([*images, (i, sign)])

    extend([])
    return found
