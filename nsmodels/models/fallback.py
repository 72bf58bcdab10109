"""What is proved about a model without asking its oracle, after Ctrl-C or a solver's failure."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from ..enclosure import Enclosure
from ..functional import Functional
from ..rationals import round_down, round_up
from .base import Model, Support, attained_value, input_effect, trivial_bound
from .nonsignalling import DualProof
from .quantum import Quantum

__all__ = ["without_oracle"]


def without_oracle(functional: Functional, model: Model, seed: int, reason: str) -> Support:
    """Enclose h(f) by one proposed hidden state and the sum of moduli (multipliers τ = 0).

    A proposal's marginals from hidden vectors are rounded, each by less than 1e-15, so that much is taken off its
    exactly evaluated value.
    """
    if isinstance(model, Quantum):  # quantum boxes are no hidden states to propose
        return model.without_solver(functional, reason)
    state = model.guess(functional, np.random.default_rng(seed))[0]
    attained = attained_value(functional, *model.marginals(state))
    if state.u is not None:
        attained -= Fraction(input_effect(functional, 1.0, 1.0, 1e-15))
    upper = trivial_bound(functional)
    value = Enclosure(round_down(min(attained, upper)), round_up(upper), reason=reason)
    return Support(value, state, DualProof(np.zeros(functional.shape)), {"seconds": 0.0})
