"""Which purities of hidden states the data exclude, by certified p-values alone.

The smaller the purity η, the smaller all marginals and the wider the intervals of the correlators: for correlators the
set of Leggett's model with purity η contains those of all larger purities. A test that excludes η therefore excludes
everything above it, and bisection finds how far down that goes. η = 0 is never excluded: the correlators are free then.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...common.digits import plain
from ...common.interrupts import arrived
from ...core.hidden_states import HiddenStates
from ...models.base import Model
from ...models.hidden_variables import with_safe_defaults
from .closest import Cells
from .data import Data
from .oracle import Limits
from .p_value import PValue, best_bet, guesses, judge, proven
from .prediction import Prediction

__all__ = ["ExcludedPurity", "excluded_purity", "p_value_at"]

FINEST = 1e-3
"""Resolution of purities."""
FIRST = 0.75
"""Place of the first cut between 0 and 1: a half is often a purity that says nothing."""
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
    model: Model, data: Data, prediction: Prediction, method: str, relabellings: int, limits: Limits,
    prove: bool = True, near: HiddenStates | None = None,
) -> PValue:  # fmt: skip
    """The p-value of a model by correlators alone, by the given method where it applies: certified, or guessed."""
    hidden = with_safe_defaults(model)
    assert hidden is not None
    cells = Cells.of(data.known, True)
    expected = cells.probabilities(*_centred(prediction))
    bet = best_bet(guesses(hidden, cells, expected, data.shots, limits, ROUGH, data.drawn, (method,), near))
    return judge(proven(bet, hidden, limits, expected) if prove else bet, data, relabellings)


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

    near: list[HiddenStates | None] = [None]

    def at(eta: float, prove: bool) -> PValue:
        other = model.with_purity(eta)
        assert other is not None
        p = p_value_at(other, data, prediction, method, relabellings, limits, prove, near[0])
        near[0] = getattr(p.bet, "states", None)
        return p

    eta, step = None if arrived() else _smallest(lambda eta: at(eta, prove=False), level), FINEST
    while eta is not None and not arrived():  # the guess is proved, or else the next larger purity that can be
        p = at(eta, prove=True)
        if p.log10 <= level:
            return ExcludedPurity(eta, confidence, p.method, p)
        eta, step = min(eta + step, 1.0) if eta < 1.0 else None, 2.0 * step
    return ExcludedPurity(None, confidence, None)


def _smallest(p_value: Callable[[float], PValue], level: float) -> float | None:
    """The smallest purity at which log10 p is at most this, by bisection; None: there is none."""

    def height(eta: float) -> tuple[float, float]:
        """√(−log10 p) above that of the level, nearly a straight line in η where p is below 1; and log10 p."""
        log10 = p_value(eta).log10
        return math.sqrt(-log10) - math.sqrt(-level), log10

    above = height(1.0)[0]
    if above < 0.0:
        return None
    low, high, slant, side = 0.0, 1.0, [(above, 1.0)], 1.0
    while high - low > FINEST and not arrived():
        eta = low + (FIRST if high == 1.0 else 0.5) * (high - low)
        if len(slant) > 1:  # where the line through the two points next to the level crosses it, from either side
            (g, x), (h, y) = sorted(slant, key=lambda point: abs(point[0]))[:2]
            crossing = x - g * (y - x) / (h - g) + 0.45 * side * FINEST if h != g else eta
            eta = crossing if low + 0.1 * FINEST < crossing < high - 0.1 * FINEST else eta
        found, log10 = height(eta)
        if log10 < 0.0:
            slant.append((found, eta))
        if found < 0.0:
            low, side = eta, 1.0
        else:
            high, side = eta, -1.0
    return high
