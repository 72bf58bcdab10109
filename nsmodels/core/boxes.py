"""`BoxMixture`: an explicit decomposition into non-signalling boxes, and the test that unmasks signalling ones.

A decomposition is a list of boxes P_λ with weights ρ_λ. Each box has marginals A_λ, B_λ and correlators C_λ with
|A ± B| ≤ 1 ± C (arXiv:0801.2241, eqs. (6) and (7)); the mixture reproduces P when Σ ρ_λ P_λ = P.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from ..common.arguments import floats, number
from ..common.arrays import Array
from ..common.digits import at_most
from ..errors import InputError
from .behaviour import Behaviour
from .notations import probabilities

__all__ = ["BoxMixture", "largest_signalling"]

_OUTCOMES = ("+1", "−1")


@dataclass(frozen=True, eq=False, repr=False)
class BoxMixture:
    """Non-signalling boxes with weights.

    Parameters
    ----------
    weights : array_like, shape (L,)
        ρ_λ ≥ 0 with sum 1 (within 1e-9).
    alice, bob : array_like, shapes (L, n_A) and (L, n_B)
        Marginals of each box.
    correlators : array_like, shape (L, n_A, n_B)
        Correlators of each box.
    tolerance : float
        How far eq. (7) may fail: 1e-9 unless given. Only checked, not kept.

    Raises
    ------
    InputError
        For wrong shapes, weights that are not probabilities, and boxes with a negative probability; the box, the pair
        of settings and the size are named.
    """

    weights: Array
    alice: Array
    bob: Array
    correlators: Array
    tolerance: float = 1e-9

    def __post_init__(self) -> None:
        for name, ndim in (("weights", 1), ("alice", 2), ("bob", 2), ("correlators", 3)):
            array = floats(getattr(self, name), f"BoxMixture: {name} is not a table of numbers")
            if array.ndim != ndim or not np.isfinite(array).all():
                raise InputError(f"BoxMixture: {name} of shape {array.shape}; give {ndim} dimensions of finite numbers")
            array.setflags(write=False)
            object.__setattr__(self, name, array)
        count = len(self.weights)
        wanted = (count, self.alice.shape[1], self.bob.shape[1])
        if self.correlators.shape != wanted or len(self.alice) != count or len(self.bob) != count:
            raise InputError(f"BoxMixture: correlators have shape {self.correlators.shape}, expected {wanted}")
        if count == 0 or self.weights.min() < -1e-12 or abs(self.weights.sum() - 1.0) > 1e-9:
            raise InputError(f"BoxMixture: the {count} weights must be ≥ 0 with sum 1, got {self.weights.sum():.12g}")
        number(self.tolerance, "BoxMixture: tolerance")
        defect = self.box_defects()
        box = int(defect.argmax())
        if defect[box] > self.tolerance:
            i, j = self._worst_pair(box)
            raise InputError(
                f"BoxMixture: box {box} has a probability of −{defect[box] / 4:.3g} at the settings A{i}, B{j}: "
                "|A ± B| ≤ 1 ± C fails there"
            )

    # -- what it is -------------------------------------------------------------------------------------------------

    def __len__(self) -> int:
        return len(self.weights)

    @property
    def shape(self) -> tuple[int, int]:
        """Numbers of settings (n_A, n_B)."""
        return self.alice.shape[1], self.bob.shape[1]

    def _slack(self) -> Array:
        plus = 1.0 + self.correlators - np.abs(self.alice[:, :, None] + self.bob[:, None, :])
        minus = 1.0 - self.correlators - np.abs(self.alice[:, :, None] - self.bob[:, None, :])
        return np.minimum(plus, minus)

    def _worst_pair(self, box: int) -> tuple[int, int]:
        i, j = np.unravel_index(self._slack()[box].argmin(), self.shape)
        return int(i), int(j)

    def box_defects(self) -> Array:
        """How far eq. (7) fails in each box, shape (L,): four times its most negative probability, or 0."""
        return np.asarray(np.maximum(0.0, -self._slack().min(axis=(1, 2))))

    def average(self) -> Behaviour:
        """The behaviour Σ ρ_λ P_λ."""

        def mean(values: Array) -> Array:
            return np.asarray(np.clip(np.tensordot(self.weights, values, axes=1), -1.0, 1.0))

        return Behaviour(mean(self.correlators), mean(self.alice), mean(self.bob))

    def deviation(self, behaviour: Behaviour) -> float:
        """Largest distance of the average from the known entries of a behaviour."""
        average = self.average()
        gaps = [np.abs(average.correlators - behaviour.correlators)[behaviour.known]]
        for mine, target in ((average.alice, behaviour.alice), (average.bob, behaviour.bob)):
            if target is not None and mine is not None:
                gaps.append(np.abs(mine - target))
        return max((float(gap.max()) for gap in gaps if gap.size), default=0.0)

    def mean_absolute_marginals(self) -> tuple[Array, Array]:
        """Σ ρ_λ |A_λ| and Σ ρ_λ |B_λ|, shapes (n_A,) and (n_B,)."""
        return self.weights @ np.abs(self.alice), self.weights @ np.abs(self.bob)

    def to_probabilities(self) -> Array:
        """The tables p[λ, a, b, x, y], outcome index 0 being +1."""
        tables = [probabilities(a, b, c) for a, b, c in zip(self.alice, self.bob, self.correlators, strict=True)]
        return np.array(tables)

    def __repr__(self) -> str:
        alice, bob = self.mean_absolute_marginals()
        largest = max(alice.max(), bob.max())
        size = f"{self.shape[0]}×{self.shape[1]}"
        return f"BoxMixture({len(self)} boxes on {size} settings, mean |marginal| ≤ {at_most(largest, 6)})"

    # -- from tables ------------------------------------------------------------------------------------------------

    @classmethod
    def from_probabilities(
        cls, tables: ArrayLike, weights: ArrayLike | None = None, tolerance: float = 1e-9
    ) -> BoxMixture:
        """Read a list of tables P_λ, p[λ, a, b, x, y], refusing signalling.

        Parameters
        ----------
        tables : array_like, shape (L, 2, 2, n_A, n_B)
            Outcome index 0 is +1.
        weights : array_like, optional, shape (L,)
            Equal by default.
        tolerance : float
            What normalisation and no-signalling may miss.

        Raises
        ------
        InputError
            If a table is not normalised or has a negative entry, or if a party's marginal in one of them depends on the
            other party's setting; the box, the setting pair and the size are named.
        """
        p = floats(tables, "BoxMixture: tables is not a table of numbers")
        if p.ndim != 5 or p.shape[1:3] != (2, 2) or p.size == 0 or not np.isfinite(p).all():
            raise InputError(f"BoxMixture: tables have shape {p.shape}; give finite p[λ,a,b,x,y], (L, 2, 2, n_A, n_B)")
        if p.min() < -tolerance:
            box, a, b, x, y = (int(k) for k in np.unravel_index(p.argmin(), p.shape))
            outcome = f"{_OUTCOMES[a]},{_OUTCOMES[b]}"
            raise InputError(f"BoxMixture: box {box} has P({outcome}|A{x},B{y}) = {p.min():.3g} < 0")
        total = np.abs(p.sum(axis=(1, 2)) - 1.0)
        if total.max() > tolerance:
            box, x, y = (int(k) for k in np.unravel_index(total.argmax(), total.shape))
            raise InputError(f"BoxMixture: box {box} at A{x}, B{y} adds up to 1 only within {total.max():.3g}")
        box, size, message = largest_signalling(p)
        if size > tolerance:
            raise InputError(f"BoxMixture: box {box} is signalling: {message}; no-signalling must hold for every λ")
        alice = (p[:, 0].sum(axis=1) - p[:, 1].sum(axis=1)).mean(axis=2)
        bob = (p[:, :, 0].sum(axis=1) - p[:, :, 1].sum(axis=1)).mean(axis=1)
        correlators = p[:, 0, 0] + p[:, 1, 1] - p[:, 0, 1] - p[:, 1, 0]
        count = len(p)
        uniform = np.full(count, 1.0 / count)
        return cls(uniform if weights is None else weights, alice, bob, correlators, tolerance=8.0 * tolerance)  # type: ignore[arg-type] # array_like


def largest_signalling(tables: Array) -> tuple[int, float, str]:
    """The box that signals most: its index, the change of a probability, and a sentence naming the settings.

    Parameters
    ----------
    tables : ndarray, shape (L, 2, 2, n_A, n_B)
        p[λ, a, b, x, y].
    """
    alice = tables[:, 0].sum(axis=1)  # P(+1) of Alice, [λ, x, y]
    bob = tables[:, :, 0].sum(axis=1)
    spread_alice = alice.max(axis=2) - alice.min(axis=2)
    spread_bob = bob.max(axis=1) - bob.min(axis=1)
    if spread_alice.max() >= spread_bob.max():
        box, x = (int(k) for k in np.unravel_index(spread_alice.argmax(), spread_alice.shape))
        row, me, other = alice[box, x], f"A{x}", "B"
        size = float(spread_alice.max())
    else:
        box, y = (int(k) for k in np.unravel_index(spread_bob.argmax(), spread_bob.shape))
        row, me, other = bob[box, :, y], f"B{y}", "A"
        size = float(spread_bob.max())
    low, high = int(row.argmin()), int(row.argmax())
    sentence = (
        f"P(+1|{me}) is {row[low]:.6g} when the other party measures {other}{low} and {row[high]:.6g} when it measures "
        f"{other}{high} (pairs {me}{other}{low} and {me}{other}{high}), a difference of {size:.6g}"
    )
    return box, size, sentence
