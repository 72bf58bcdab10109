"""Tsirelson's vectors: correlators without marginals that quantum theory reaches."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from ..common.arrays import Array
from ..common.rationals import rationals, to_integers
from ..core.hidden_states import HiddenState

__all__ = ["VectorState", "within_unit_ball"]


@dataclass(frozen=True, eq=False, repr=False)
class VectorState(HiddenState):
    """Tsirelson's vectors x_i, y_j, of length at most one: C_ij = x_i·y_j with vanishing marginals.

    Parameters
    ----------
    x, y : ndarray, shapes (n_A, d) and (n_B, d)
    """

    x: Array | None = None
    y: Array | None = None

    def certificate(self) -> dict[str, Any]:
        """``{"vectors": {"alice": …, "bob": …}}`` in exact rationals."""
        assert self.x is not None
        assert self.y is not None
        alice, bob = ([rationals(row) for row in table.tolist()] for table in (self.x, self.y))
        return {"vectors": {"alice": alice, "bob": bob}}

    def exact_behaviour(self) -> tuple[list[Fraction], list[Fraction], list[list[Fraction]]]:
        """Marginals, which vanish, and correlators as exact rationals."""
        assert self.x is not None
        assert self.y is not None
        integers, exponent = to_integers([*self.x.ravel().tolist(), *self.y.ravel().tolist()])
        left = np.array(integers[: self.x.size], dtype=object).reshape(self.x.shape)
        right = np.array(integers[self.x.size :], dtype=object).reshape(self.y.shape)
        table = (left @ right.T).tolist()
        zeros = [Fraction(0)] * len(left), [Fraction(0)] * len(right)
        return *zeros, [[Fraction(int(c), 1 << (2 * exponent)) for c in row] for row in table]


def within_unit_ball(vectors: Array) -> Array:
    """Shrink unit vectors by a few units in the last place, until their squares are at most one exactly."""
    vectors = np.where(np.abs(vectors) < 1e-18, 0.0, vectors)
    for row in vectors:
        for _ in range(64):
            if sum(Fraction(entry) ** 2 for entry in row.tolist()) <= 1:
                break
            row *= 1.0 - 2.0**-52
    return vectors
