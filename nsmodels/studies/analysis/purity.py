"""Which purities of hidden states the data exclude, by certified p-values alone.

The smaller the purity η, the smaller all marginals and the wider the intervals of the correlators: for correlators the
set of Leggett's model with purity η contains those of all larger purities. A test that excludes η therefore excludes
everything above it, and bisection finds how far down that goes. η = 0 is never excluded: the correlators are free then.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...common.digits import plain
from ...common.interrupts import arrived
from ...models.base import Model
from ...models.hidden_variables import with_safe_defaults
from .closest import Cells
from .data import Data
from .oracle import Limits
from .p_value import PValue, best_bet, bets, judge
from .prediction import Prediction

__all__ = ["ExcludedPurity", "excluded_purity", "p_value_at"]

FINEST = 1e-3
"""Resolution of purities."""
ROUGH = 0.02
"""Distance of P* that is near enough here, in units of the relative entropy."""


@dataclass(frozen=True)
class ExcludedPurity:
    """All purities in [above, 1] are excluded; None: no purity is.

    Parameters
    ----------
    above : float or None
    confidence : float
    method : {"ratio", "binomial"} or None
        Of the test at ``above``.
    p_value : PValue or None
        That of ``above``.
    """

    above: float | None
    confidence: float
    method: str | None
    p_value: PValue | None = None

    def to_json(self) -> dict[str, Any]:
        """``{"above", "confidence", "method"}``."""
        return {"above": self.above, "confidence": self.confidence, "method": self.method}

    def __repr__(self) -> str:
        if self.above is None:
            return f"no purity is excluded at confidence {plain(self.confidence)}"
        return f"η ≥ {self.above:.3f} is excluded at confidence {plain(self.confidence)}"


def p_value_at(
    model: Model, data: Data, prediction: Prediction, method: str, relabellings: int, limits: Limits
) -> PValue:
    """The certified p-value of a model by correlators alone, by the given method where it applies."""
    hidden = with_safe_defaults(model)
    assert hidden is not None
    cells = Cells.of(data.known, True)
    expected = cells.probabilities(*_centred(prediction))
    made = bets(hidden, cells, expected, data.shots, limits, ROUGH, data.drawn, (method,))
    return judge(best_bet(made), data, relabellings)


def _centred(prediction: Prediction) -> Any:
    n, m = prediction.correlators.shape
    return np.zeros(n), np.zeros(m), prediction.correlators


def excluded_purity(
    model: Model, data: Data, prediction: Prediction, method: str, relabellings: int, confidence: float, limits: Limits
) -> ExcludedPurity | None:
    """Bisect for the smallest purity that is still excluded; None for models that have no purity."""
    if model.with_purity(1.0) is None:
        return None
    level = math.log10(1.0 - confidence)

    def height(eta: float) -> tuple[float, PValue]:
        """√(−log10 p) above that of the level: nearly a straight line in η where p is below 1."""
        other = model.with_purity(eta)
        assert other is not None
        p = p_value_at(other, data, prediction, method, relabellings, limits)
        return math.sqrt(-p.log10) - math.sqrt(-level), p

    if arrived():
        return ExcludedPurity(None, confidence, None)
    above, best = height(1.0)
    if above < 0.0:
        return ExcludedPurity(None, confidence, None)
    low, high, slant, side = 0.0, 1.0, [(above, 1.0)], 1.0
    while high - low > FINEST and not arrived():
        eta = 0.5 * (low + high)
        if len(slant) > 1:  # where the line through the two points next to the level crosses it, from either side
            (g, x), (h, y) = sorted(slant, key=lambda point: abs(point[0]))[:2]
            crossing = x - g * (y - x) / (h - g) + 0.45 * side * FINEST if h != g else eta
            eta = crossing if low + 0.1 * FINEST < crossing < high - 0.1 * FINEST else eta
        found, p = height(eta)
        if p.log10 < 0.0:
            slant.append((found, eta))
        if found < 0.0:
            low, side = eta, 1.0
        else:
            high, best, side = eta, p, -1.0
    return ExcludedPurity(high, confidence, best.method, best)
