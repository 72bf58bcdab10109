"""What is minimised, in the terms of the search.

With coefficients S on the measured pairs, directions X and the bound h(S, X) of the model,

    visibility      V = h/f(P)                               for f(P) = −Σ S_ij a_i·b_j, the singlet's value
    significance    √n = σ₁/(V₀ f(P) − h)                    pairs n that show the violation at V₀ with one σ

where σ₁² = (Σ |S_ij| s_ij)² if the pairs are shared optimally among the settings and K Σ S_ij² s_ij² if equally, with
s_ij² = 1 − V₀² C_ij² the variance of one outcome. Neither depends on the size of S. They are put into one form:

    minimise  cost(S, X) + c t    where  h(S, X) ≤ t  and  gain(S, X) − g t = 1,

(c, g) = (1, 0) for the visibility and (0, 1) for the significance.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...common.arrays import Array
from ...core.functional import Functional
from ...core.settings import Settings
from ...models.movable import MovableModel

__all__ = ["Objective", "Task"]

STORED = 4e-16
"""Distance of stored unit vectors from exact ones; only for the search, which proves nothing."""


@dataclass(frozen=True)
class Objective:
    """What is minimised.

    Parameters
    ----------
    visibility : float or None
        V₀ of the significance; None to minimise the critical visibility.
    equally : bool
        Whether the pairs are shared equally among the settings; else optimally.
    """

    visibility: float | None = None
    equally: bool = False

    @property
    def bound_cost(self) -> float:
        """The factor c of the module's text."""
        return 1.0 if self.visibility is None else 0.0

    @property
    def bound_gain(self) -> float:
        """The factor g of the module's text."""
        return 0.0 if self.visibility is None else 1.0

    def spreads(self, correlators: Array) -> Array:
        """s_ij."""
        assert self.visibility is not None
        return np.sqrt(np.maximum(1.0 - (self.visibility * correlators) ** 2, 1e-12))

    def merit(self, coefficients: Array, correlators: Array, top: float) -> float:
        """The objective itself, for the bound h = ``top``; infinite where nothing is violated."""
        value = float(correlators @ coefficients)
        if self.visibility is None:
            return top / value if value > 0.0 else np.inf
        violation = self.visibility * value - top
        return self.error(coefficients, correlators) / violation if violation > 0.0 else np.inf

    def error(self, coefficients: Array, correlators: Array) -> float:
        """σ₁."""
        parts = np.abs(coefficients) * self.spreads(correlators)
        return float(np.sqrt(len(parts)) * np.linalg.norm(parts)) if self.equally else float(parts.sum())

    def unit(self, coefficients: Array, correlators: Array, top: float) -> tuple[Array, float]:
        """Coefficients and bound scaled to gain − g t = 1."""
        scale = float(correlators @ coefficients)
        if self.visibility is not None:
            scale = self.visibility * scale - top
        return coefficients / scale, top / scale


@dataclass(frozen=True, eq=False)
class Task:
    """The model to exclude, the pairs that are measured, and what is minimised.

    Parameters
    ----------
    model : MovableModel
        On any settings of the right shape.
    pairs : ndarray of bool, shape (n_A, n_B)
    objective : Objective
    closest : float
        Cosine of the smallest angle allowed between two directions (as axes) of one party; 1 if any is.
    """

    model: MovableModel
    pairs: NDArray[np.bool_]
    objective: Objective = Objective()
    closest: float = 1.0
    first: NDArray[np.intp] = field(init=False)
    second: NDArray[np.intp] = field(init=False)
    _last: dict[str, Any] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        first, second = np.nonzero(self.pairs)
        object.__setattr__(self, "first", first)
        object.__setattr__(self, "second", second)

    @property
    def n_pairs(self) -> int:
        """The number of measured pairs."""
        return len(self.first)

    @property
    def n_alice(self) -> int:
        """The number of Alice's directions."""
        return len(self.pairs)

    def settings(self, directions: Array) -> Settings:
        """The settings at a point."""
        return Settings(directions[: self.n_alice], directions[self.n_alice :], rounding=STORED)

    def on(self, directions: Array) -> MovableModel:
        """The model at a point; the last one is remembered, because it is asked for again and again."""
        key = directions.tobytes()
        if self._last.get("key") != key:
            self._last.update(key=key, model=self.model.at(self.settings(directions)))
        found: MovableModel = self._last["model"]
        return found

    def correlators(self, directions: Array) -> Array:
        """The singlet's C = −a·b on the measured pairs, shape (K,)."""
        alice, bob = directions[: self.n_alice], directions[self.n_alice :]
        return np.asarray(-(alice[self.first] * bob[self.second]).sum(axis=1), dtype=np.float64)

    def functional(self, coefficients: Array) -> Functional:
        """Σ S_ij C_ij with the given coefficients on the measured pairs."""
        table = np.zeros(self.pairs.shape)
        table[self.first, self.second] = coefficients
        return Functional(table)

    def spread(self, weights: Array, directions: Array) -> Array:
        """Derivatives of Σ w_k C_k by the directions, shape (n, 3)."""
        table = np.zeros(self.pairs.shape)
        table[self.first, self.second] = weights
        alice, bob = directions[: self.n_alice], directions[self.n_alice :]
        return np.concatenate([-table @ bob, -table.T @ alice])

    def gain(self, coefficients: Array, directions: Array) -> tuple[float, Array, Array]:
        """The gain: its value, its derivatives by S and by the directions."""
        scale = 1.0 if self.objective.visibility is None else self.objective.visibility
        correlators = scale * self.correlators(directions)
        return float(correlators @ coefficients), correlators, scale * self.spread(coefficients, directions)

    def cost(self, coefficients: Array, directions: Array) -> tuple[float, Array, Array]:
        """The cost (half its square if the pairs are shared equally) and its derivatives by |S| and the directions."""
        objective = self.objective
        if objective.visibility is None:
            return 0.0, np.zeros(self.n_pairs), np.zeros_like(directions)
        correlators = self.correlators(directions)
        s, w = objective.spreads(correlators), np.abs(coefficients)
        slope = -(objective.visibility**2) * correlators
        if objective.equally:
            square = s * s * self.n_pairs
            by_direction = self.spread(self.n_pairs * w * w * slope, directions)
            return 0.5 * float((w * w * square).sum()), w * square, by_direction
        return float(w @ s), s, self.spread(w * slope / s, directions)

    def curvature(self, directions: Array) -> Array | None:
        """The second derivatives of the cost by each |S|, where it has any."""
        if not self.objective.equally or self.objective.visibility is None:
            return None
        return self.objective.spreads(self.correlators(directions)) ** 2 * self.n_pairs

    def crowding(self, directions: Array) -> tuple[Array, Array]:
        """Pairs of one party's directions that are nearly too close: room cos − |x·x'| and derivatives (…, n, 3)."""
        n = len(directions)
        room: list[float] = []
        slopes: list[Array] = []
        if self.closest < 1.0:
            for start, end in ((0, self.n_alice), (self.n_alice, n)):
                for i in range(start, end):
                    for j in range(i + 1, end):
                        product = float(directions[i] @ directions[j])
                        if abs(product) > self.closest - 0.3:
                            slope = np.zeros((n, 3))
                            slope[i], slope[j] = np.sign(product) * directions[j], np.sign(product) * directions[i]
                            room.append(self.closest - abs(product))
                            slopes.append(slope)
        return np.array(room), np.array(slopes).reshape(len(room), n, 3)
