"""A linear program that is solved exactly, with what shows it."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from ..core.enclosure import Enclosed, Enclosure
from ..engines.solvers.exact_simplex import exact_maximum
from ..errors import SolverError
from .states import Exact

__all__ = ["Answer", "solved"]


@dataclass(frozen=True, eq=False, repr=False)
class Answer(Enclosed):
    """An exact answer, and what shows it.

    Parameters
    ----------
    exact : Fraction
        The value.
    primal : tuple of Fraction
        Probabilities that attain it.
    dual : tuple of Fraction
        Multipliers that prove it.
    program : (A, b, c)
        Maximise c·x under A x = b, x ≥ 0, in integers; with ``scale``, value = c·x/scale.
    """

    exact: Fraction
    primal: tuple[Fraction, ...]
    dual: tuple[Fraction, ...]
    program: tuple[Exact, Exact, Exact]
    scale: Fraction

    @property
    def value(self) -> Enclosure:
        """The value, rounded outward."""
        return Enclosure.around(self.exact)

    def verify(self) -> bool:
        """Add up again: A x = b, x ≥ 0 and y·A ≥ c with c·x = y·b, in fractions."""
        A, b, c = self.program
        x, y = np.array(self.primal, dtype=object), np.array(self.dual, dtype=object)
        feasible = min(self.primal) >= 0 and not (A @ x - b).any()
        proved = min(y @ A - c) >= 0
        return bool(feasible and proved and c @ x == y @ b == self.exact * self.scale)

    def __repr__(self) -> str:
        return f"Answer({self.value})"


def solved(A: Exact, b: Exact, c: Exact, scale: Fraction) -> Answer:
    """The largest c·x under A x = b, x ≥ 0, over the scale.

    Raises
    ------
    SolverError
        If there is no solution.
    """
    answer = exact_maximum(A, b, c)
    if answer is None or answer.x is None:
        raise SolverError("general: the linear program has no solution: this is not an answer")
    value = sum((int(k) * x for k, x in zip(c, answer.x)), Fraction(0)) / scale
    return Answer(value, tuple(answer.x), tuple(answer.y), (A, b, c), scale)
