r"""Large quadratic forms over unit vectors, without a solver: max Σ W_rs x_r·x_s, and a diagonal that proves a bound.

Vectors are turned into the direction of their gradients, x_r ← Σ_s W_rs x_s / |…|, all of a party at once because W
does not couple them among themselves. The value never falls, and with :math:`d \ge \sqrt{2n}` dimensions every
stationary point of almost every W is a maximum (Boumal, Voroninski, Bandeira, arXiv:1606.04970). There the diagonal of
the norms |Σ_s W_rs x_s| makes diag − W positive semidefinite up to what is left to improve; that much is added to it.
The search may end at any time: it has always a proved answer.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from ..common.arrays import Array

__all__ = ["UnitVectorSearch", "dominant_diagonal", "provably_semidefinite", "raised_diagonal"]


UNIT = 2.0**-53
LARGE = 1200
"""Rows above which the smallest eigenvalue is guessed before the proof."""
STILL = 1e-13
"""Largest change of a coordinate in a sweep that is the last one."""


def _reserve(matrix: Array) -> float:
    """What Cholesky's method in floating point may do to the smallest eigenvalue: Higham (2002), theorem 10.3, twice.

    The factor R that is computed has RᵀR = A + E with |E_rs| ≤ γ/(1 − γ) √(a_rr a_ss), γ = (n + 1)u/(1 − (n + 1)u), in
    whatever order sums are taken, so that |E| ≤ γ/(1 − γ) · trace. Rounding of the diagonal before takes another unit.
    """
    n = len(matrix)
    return 2.0 * (n + 3) * UNIT * float(np.abs(np.diagonal(matrix)).sum()) + n * 1e-280


def provably_semidefinite(matrix: Array) -> bool:
    """Prove in floating point that a symmetric matrix of doubles is positive semidefinite; False: not proved.

    Cholesky's method succeeds for A − c, where c is more than its rounding errors can amount to.

    Source: Rump, BIT Numerical Mathematics 46, 433 (2006), "Verification of positive definiteness".
    """
    diagonal = np.diagonal(matrix)
    if not np.isfinite(matrix).all() or not (diagonal > 0.0).all() or diagonal.max() < 1e-200:
        return False
    lowered = matrix.copy()
    np.fill_diagonal(lowered, diagonal - _reserve(matrix))
    try:
        factor = np.linalg.cholesky(lowered)
    except np.linalg.LinAlgError:
        return False
    return bool(np.isfinite(factor).all())


def _smallest_eigenvalue(matrix: Array) -> float:
    """In floating point; a guess where the matrix is so large that this would take seconds."""
    if len(matrix) > LARGE:
        return -0.003 * float(np.abs(np.diagonal(matrix)).max())
    return float(np.linalg.eigvalsh(matrix)[0])


def raised_diagonal(matrix: Array) -> Array:
    """The diagonal, raised until the matrix is proved positive semidefinite; the more attempts, the more is added."""
    diagonal, scale = np.diagonal(matrix).copy(), float(np.abs(matrix).sum(axis=1).max(initial=0.0))
    diagonal = diagonal + max(0.0, -_smallest_eigenvalue(matrix))
    proposal = matrix.copy()
    np.fill_diagonal(proposal, diagonal)
    margin = 2.0 * _reserve(proposal) + 1e-250
    while margin < scale:
        np.fill_diagonal(proposal, diagonal + margin)
        if provably_semidefinite(proposal):
            return np.diagonal(proposal).copy()
        margin *= 4.0
    return dominant_diagonal(matrix)


def dominant_diagonal(matrix: Array) -> Array:
    """A diagonal that outweighs the other entries of each row, with room for rounding: no further proof is needed."""
    sizes = np.abs(matrix).sum(axis=1) - np.abs(np.diagonal(matrix))
    room = (len(matrix) + 8) * 4.0 * UNIT
    return np.asarray(sizes * (1.0 + room) + room * sizes.max(initial=0.0) + 1e-250, dtype=np.float64)


@dataclass
class UnitVectorSearch:
    """The vectors so far, and how many sweeps there were.

    Parameters
    ----------
    weights : ndarray, shape (n, n)
        Symmetric.
    blocks : sequence of slice
        Rows that W does not couple among themselves, all rows together.
    seed : int
    """

    weights: Array
    blocks: Sequence[slice]
    seed: int = 0

    def __post_init__(self) -> None:
        n = len(self.weights)
        start = np.random.default_rng(self.seed).normal(size=(n, math.isqrt(2 * n) + 2))
        self.vectors = start / np.linalg.norm(start, axis=1)[:, None]
        self.sweeps = 0

    def run(self, deadline: float, told: Callable[[float, int], None] | None = None, gap: float = 0.0) -> str:
        """Improve until nothing moves or the value and the stationary diagonal agree within ``gap``; says why it ended.

        Parameters
        ----------
        deadline : float
            `time.perf_counter` value.
        told : callable, optional
            Called with (value, sweeps) after every sweep.
        """
        before, momentum, value = self.vectors.copy(), 0, self.value
        while True:
            ahead = self.vectors
            if momentum:  # Nesterov's extrapolation, forgotten whenever the value falls
                ahead = self.vectors + momentum / (momentum + 3.0) * (self.vectors - before)
            turned = ahead / np.maximum(np.linalg.norm(ahead, axis=1), 1e-300)[:, None]
            for block in self.blocks:
                gradient = self.weights[block] @ turned
                norms = np.linalg.norm(gradient, axis=1)[:, None]
                turned[block] = np.where(norms > 1e-300, gradient / np.maximum(norms, 1e-300), turned[block])
                if time.perf_counter() > deadline:
                    return "time_limit"
            reached = float(np.sum((self.weights @ turned) * turned))
            self.sweeps += 1
            if reached < value - 1e-14 * abs(value) and momentum:
                momentum = 0
                continue
            change = float(np.abs(turned - self.vectors).max())
            before, self.vectors, value = self.vectors, turned, max(value, reached)
            momentum += 1
            if told is not None:
                told(value, self.sweeps)
            if change <= STILL or (self.sweeps % 64 == 0 and change < 1e-3 and self._gap() <= gap):
                return "tolerance_met"

    @property
    def value(self) -> float:
        """Σ W_rs x_r·x_s in floating point."""
        return float(np.sum((self.weights @ self.vectors) * self.vectors))

    def _gap(self) -> float:
        if len(self.weights) > LARGE:
            return math.inf
        matrix = self.stationary()
        return float(np.diagonal(matrix).sum()) + len(matrix) * max(0.0, -_smallest_eigenvalue(matrix)) - self.value

    def stationary(self) -> Array:
        """diag(|Σ_s W_rs x_s|) − W."""
        return np.asarray(np.diag(np.linalg.norm(self.weights @ self.vectors, axis=1)) - self.weights)

    def diagonal(self) -> Array:
        """A proved diagonal: the better one of the raised stationary one and the dominant one."""
        raised, dominant = raised_diagonal(self.stationary()), dominant_diagonal(self.weights)
        return raised if raised.sum() < dominant.sum() else dominant
