"""The function of which a minimum over two unit spheres is wanted, scaled, and the rounding errors of its bounds.

    G(u, v) = Σ_ij |S_ij| |a_i·u − sgn(S_ij) b_j·v| − g·u − h·v        |u| = |v| = 1

Rounding. A leaf bound is a sum of K products w τ a and w τ b, then of n_A + n_B rows and a fixed number of operations
on vectors of length at most T = Σ|S_ij|(|a_i| + |b_j|) + |g| + |h|. Summation of n terms, in any order, is off by at
most n·2^-53 times the sum of their moduli, and Σ_e |x_e y_e| ≤ |x||y|; so a computed leaf bound exceeds the exact one
by at most

    μ = (K + n_A + n_B + 100) · 2^-53 · T.

Leaves are closed at twice that above what is claimed. Scaling by powers of two (`SphereProblem.scales`) is exact.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ...common.arrays import Array
from .descent import value_at
from .tree import Terms

__all__ = ["SphereProblem", "unit_of"]

_UNIT = 2.0**-53
SMALL = 2.0**-16
"""Size of a function below which its quadratic proofs have a unit of their own."""


def unit_of(length: float, weight: float) -> float:
    """The unit of quadratic proofs, of `SphereProblem.scales`: a power of two, 1 for ordinary functions."""
    return weight / length if weight < SMALL * length else 1.0


@dataclass(frozen=True, eq=False)
class SphereProblem:
    """The function G. Vectors a (nA, 3), b (nB, 3) of any length; signed weights S (nA, nB); linear parts g, h (3,).

    ``linear``: whether there are linear parts; by default, whether g or h differs from zero. A reader of the covering
    decides this from the coefficients that g and h were formed from, and these may cancel.
    ``relative_error``: the vectors stand for others this far away, relative to the longest on either side;
    ``linear_errors``: g and h stand for others this far away. Only square proofs ask for these.
    """

    a: Array
    b: Array
    weights: Array
    g: Array
    h: Array
    linear: bool | None = None
    relative_error: float = 0.0
    linear_errors: tuple[float, float] = (0.0, 0.0)

    @cached_property
    def scales(self) -> tuple[float, float]:
        """Powers of two (length, weight): a, b are divided by the first, weights × length and g, h by the second."""
        length = max(float(np.abs(self.a).max(initial=0.0)), float(np.abs(self.b).max(initial=0.0)))
        length = 2.0 ** round(math.log2(length)) if length > 0.0 else 1.0
        weight = max(
            float(np.abs(self.weights).max(initial=0.0)) * length,
            float(np.abs(self.g).max(initial=0.0)),
            float(np.abs(self.h).max(initial=0.0)),
        )
        weight = 2.0 ** round(math.log2(weight)) if weight > 0.0 else 1.0
        return length, weight

    @property
    def unit(self) -> float:
        """The unit of quadratic proofs."""
        return unit_of(*self.scales)

    @cached_property
    def terms(self) -> Terms:
        """The terms in row order, scaled so that vectors and weights are of order one."""
        length, weight = self.scales
        i, j = np.nonzero(self.weights)
        s = self.weights[i, j]
        return Terms(
            np.ascontiguousarray(self.a / length, dtype=np.float64),
            np.ascontiguousarray(self.b / length, dtype=np.float64),
            i.astype(np.int64),
            j.astype(np.int64),
            np.sign(s),
            np.abs(s) / weight * length,
            np.ascontiguousarray(self.g / weight, dtype=np.float64),
            np.ascontiguousarray(self.h / weight, dtype=np.float64),
        )

    @cached_property
    def size(self) -> float:
        """T of the module's text, scaled."""
        t = self.terms
        a = np.linalg.norm(t.a, axis=1)
        b = np.linalg.norm(t.b, axis=1)
        return float((t.w * (a[t.ia] + b[t.jb])).sum() + np.linalg.norm(t.g) + np.linalg.norm(t.h))

    @cached_property
    def rounding(self) -> float:
        """μ of the module's text, scaled."""
        t = self.terms
        return (len(t.ia) + len(t.a) + len(t.b) + 100) * _UNIT * self.size * 1.001

    @property
    def mirror(self) -> bool:
        """Whether half of the first sphere is enough, because G(−u, −v) = G(u, v)."""
        return not (self.g.any() or self.h.any() if self.linear is None else self.linear)

    def value(self, u: Array, v: Array) -> float:
        """G(u, v) in floating point."""
        return float(value_at(self.terms, u, v)) * self.scales[1]
