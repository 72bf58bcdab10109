"""The unbiased model: no hidden state prefers an outcome, m = 0, and every correlator is free.

h(f) = k + Σ|S_ij|, in closed form.

Sources: the one-PR-box simulation of Cerf, Gisin, Massar, Popescu, PRL 94, 220403 (2005), quant-ph/0410027, has such
hidden states; arXiv:0801.2241, ref. 15.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from ..enclosure import Enclosure
from ..functional import Functional
from ..rationals import round_down, round_up
from .base import (
    HiddenState,
    HiddenStates,
    Progress,
    Proof,
    ShapedModel,
    Support,
)

__all__ = ["ClosedFormProof", "Unbiased"]


@dataclass(frozen=True)
class ClosedFormProof(Proof):
    """The bound is k + Σ|S_ij|: anybody can add it up."""

    def to_json(self) -> dict[str, Any]:
        """``{"type": "closed_form"}``."""
        return {"type": "closed_form"}


class Unbiased(ShapedModel):
    """Hidden states with vanishing marginals.

    Parameters
    ----------
    shape : (int, int)
        Numbers of settings, or give ``settings=`` to take them from there.
    """

    name = "unbiased"

    def support(
        self,
        functional: Functional,
        *,
        tolerance: float = 1e-6,
        time_limit_s: float = 60.0,
        seed: int = 0,
        progress: Progress | None = None,
    ) -> Support:
        """Add up k + Σ|S_ij| exactly."""
        self._check(functional)
        begin = time.perf_counter()
        total = Fraction(functional.constant)
        total += sum((Fraction(abs(s)) for s in functional.correlators.ravel().tolist()), Fraction(0))
        state = HiddenState(np.zeros(self.shape[0]), np.zeros(self.shape[1]))
        value = Enclosure(round_down(total), round_up(total))
        return Support(value, state, ClosedFormProof(), {"seconds": time.perf_counter() - begin})

    def propose(
        self,
        functional: Functional,
        count: int,
        *,
        rng: np.random.Generator,
        starts: HiddenStates | None = None,
    ) -> HiddenStates:
        """The only hidden state there is."""
        self._check(functional)
        return HiddenStates(np.zeros((1, self.shape[0])), np.zeros((1, self.shape[1])))
