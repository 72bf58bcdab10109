"""What is minimised where directions are known within angles only: `nsmodels.engines.spheres.uncertain` says how."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Side", "UncertainProblem"]

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Side:
    """One party: its directions times the purity (n, 3), the purity, sin δ and 1 − cos δ (n,), and linear terms (n,).

    A party without a law has zeros for directions and sin δ, and 1 for what its marginals may be.
    """

    directions: Array
    purity: float
    sine: Array
    bend: Array
    linear: Array

    @property
    def lawful(self) -> bool:
        """Whether the hidden vector matters."""
        return bool(self.directions.any())


@dataclass(frozen=True, eq=False)
class UncertainProblem:
    """The function G: both sides, and the terms (row, column, sign, weight)."""

    alice: Side
    bob: Side
    rows: NDArray[np.intp]
    columns: NDArray[np.intp]
    signs: Array
    weights: Array

    @property
    def even(self) -> bool:
        """Whether G(−u, −v) = G(u, v)."""
        return not (self.alice.linear.any() or self.bob.linear.any())

    @property
    def size(self) -> float:
        """A scale of G."""
        return float(self.weights.sum() + np.abs(self.alice.linear).sum() + np.abs(self.bob.linear).sum())

    def incidence(self) -> tuple[Array, Array]:
        """Matrices (k, n_A) and (k, n_B) of ∂(w y)/∂A and ∂(w y)/∂B."""
        k = np.arange(len(self.weights))
        of_a, of_b = np.zeros((len(k), len(self.alice.linear))), np.zeros((len(k), len(self.bob.linear)))
        of_a[k, self.rows], of_b[k, self.columns] = self.weights, -self.weights * self.signs
        return of_a, of_b
