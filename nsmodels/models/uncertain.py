"""Directions that are known within angles: the problem that encloses a functional over all of them.

For a law a direction within δ of a moves the marginal η a·u by at most η (sin δ |a × u| + 1 − cos δ)
(`nsmodels.engines.spheres.uncertain`); a marginal without a law is free in [−1, 1].
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..core.functional import Functional
from ..engines.spheres.uncertain_problem import Side, UncertainProblem

__all__ = ["free_side", "lawful_side", "problem_of"]

Array = NDArray[np.float64]


def lawful_side(directions: Array, eta: float, angles: Array, linear: Array) -> Side:
    """The side of a party with the law η a·u, its directions known within ``angles`` (radians, one for each)."""
    return Side(eta * directions, eta, np.sin(angles), 1.0 - np.cos(angles), linear)


def free_side(linear: Array) -> Side:
    """The side of a party whose marginals are free."""
    n = len(linear)
    return Side(np.zeros((n, 3)), 1.0, np.zeros(n), np.ones(n), linear)


def problem_of(functional: Functional, alice: Side, bob: Side) -> UncertainProblem:
    """The minimum of G that answers h(f) = k + Σ|S| − min G."""
    rows, columns = np.nonzero(functional.correlators)
    chosen = functional.correlators[rows, columns]
    return UncertainProblem(alice, bob, rows, columns, np.sign(chosen), np.abs(chosen))
