"""The upper end of a visibility: an inequality, its proved bound, and what they say of V."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from ...common.rationals import rational, rationals, round_up
from ...core.behaviour import Behaviour
from ...core.enclosure import Enclosure
from ...core.functional import Functional
from ...core.proof import Proof
from ...models.base import Model
from .rows import Target

__all__ = ["UpperEnd", "value_range"]


def value_range(functional: Functional, behaviour: Behaviour) -> tuple[Fraction, Fraction]:
    """Exact ends of f on a behaviour whose entries are known to within ``behaviour.rounding``.

    Marginals that are stored as 0 are exactly 0.
    """
    total = Fraction(functional.constant)
    moved = Fraction(0)
    rounding = Fraction(behaviour.rounding)
    rows, columns = np.nonzero(functional.correlators)
    entries = [(functional.correlators[rows, columns], behaviour.correlators[rows, columns], False)]
    for coefficients, values in ((functional.alice, behaviour.alice), (functional.bob, behaviour.bob)):
        used = np.flatnonzero(coefficients)
        if len(used) and values is not None:
            entries.append((coefficients[used], values[used], True))
    for coefficients, values, marginal in entries:
        for s, x in zip(coefficients.tolist(), values.tolist(), strict=True):
            total += Fraction(s) * Fraction(x)
            if x != 0.0 or not marginal:
                moved += abs(Fraction(s)) * rounding
    if behaviour.rounding == 0.0:
        moved = Fraction(0)
    return total - moved, total + moved


@dataclass(frozen=True, eq=False)
class UpperEnd:
    """An inequality, the proof of its bound, and the visibility above which the target violates it.

    Parameters
    ----------
    functional : Functional
    bound : float
        f ≤ bound on the model, for the exact directions.
    proof : Proof
    visibility : float
        (bound − f(N))/(f(P) − f(N)), rounded up; may exceed 1. −∞ where both f(P) and f(N) exceed the bound: then no
        mixture of the two has a model, whatever V.
    """

    functional: Functional
    bound: float
    proof: Proof
    visibility: float

    @staticmethod
    def of(functional: Functional, value: Enclosure, proof: Proof, model: Model, target: Target) -> UpperEnd | None:
        """The upper end that a proved enclosure of h(f) gives, or None where it excludes no V in [0, 1]."""
        effect = Fraction(model.rounding_effect(functional))
        # unless it is known exactly, a few units to spare, so that whoever adds the terms in another order agrees
        spare = Fraction(0) if value.lower == value.upper else Fraction(8 * math.ulp(abs(value.upper) + 1.0))
        bound = round_up(Fraction(value.upper) + effect + spare)
        p_low, p_high = value_range(functional, target.behaviour)
        n_low, n_high = value_range(functional, target.noise)
        if min(p_low, n_low) > bound:
            return UpperEnd(functional, bound, proof, -math.inf)
        if p_low <= n_high:
            return None
        numerator = Fraction(bound) - n_low
        # (h − n)/(p − n) grows with 1/(p − n) where h > n, else with p; and falls as n grows while p ≥ h
        candidates = [numerator / (p - n_low) for p in (p_low, p_high) if p > n_low]
        candidates += [(Fraction(bound) - n_high) / (p - n_high) for p in (p_low, p_high)]
        return UpperEnd(functional, bound, proof, round_up(max(candidates)))

    def certificate(self) -> dict[str, Any]:
        """The upper end in exact rationals."""
        f = self.functional
        return {
            "correlators": [rationals(row) for row in f.correlators.tolist()],
            "alice": rationals(f.alice.tolist()),
            "bob": rationals(f.bob.tolist()),
            "constant": rational(f.constant),
            "bound": rational(self.bound),
            "visibility": rational(self.visibility) if math.isfinite(self.visibility) else None,
            "proof": self.proof.to_json(),
        }
