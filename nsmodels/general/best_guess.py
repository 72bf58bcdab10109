"""How well an outcome can be known beforehand: one exact linear program over boxes, one part for each guess."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import ArrayLike

from ..common.arguments import whole
from ..core.general_scenario import Scenario
from ..engines.solvers.exact_simplex import exact_maximum
from ..errors import InputError, SolverError
from .boxes import MOST_PROGRAM, Rows
from .models import checked
from .programs import Answer
from .states import Dual

__all__ = ["BestGuess", "best_guess", "guessing"]


@dataclass(frozen=True, eq=False)
class BestGuess:
    """The largest Σ_λ ρ_λ max_a P_λ(a | setting) over decompositions into boxes without signalling.

    Parameters
    ----------
    value : Fraction
    parts : list of (Fraction, tuple of Fraction)
        Boxes times their weights, with the weights: one for each guess that is made.
    coefficients : list of Fraction
        P(a | setting) ≤ Σ c_S P(S) for every box and every guess a, S as in `Scenario.chosen`.
    duals : list of Dual
        What proves it, for each guess.
    program : Answer
        The linear program itself.
    """

    value: Fraction
    parts: list[tuple[Fraction, tuple[Fraction, ...]]]
    coefficients: list[Fraction]
    duals: list[Dual]
    program: Answer


def best_guess(
    scenario: Scenario, target: Sequence[Fraction], party: int, setting: int, deadline: float = math.inf
) -> BestGuess:
    """Solve it: boxes of any size that do not signal and add up to the target, each with the guess of its outcome.

    Raises
    ------
    InputError
        If the program is too large, or the target is no box once its last outcomes are what the others leave.
    TimeoutError
        If time is up.
    """
    rows, parties = Rows(scenario), len(scenario.outcomes)
    count, cells = scenario.outcomes[party][setting], scenario.cells
    kept = [r for r in rows.kept if r]
    sums = scenario.sums.astype(object)
    if (count * len(kept) + len(sums)) * count * len(cells) > MOST_PROGRAM:
        what = f"a linear program over {count} boxes of {len(cells)} probabilities"
        raise InputError(f"general: {what} is too large to be solved exactly; use fewer settings or outcomes")
    parts = np.kron(np.eye(count, dtype=np.int64).astype(object), rows.table[kept])
    A = np.vstack([parts, np.tile(sums, count)])
    scale = math.lcm(*(x.denominator for x in target))
    b = np.array([0] * len(parts) + [int(x * scale) for x in target], dtype=object)
    wanted = np.zeros(parties, dtype=np.int64)
    wanted[party] = setting
    here = (cells[:, parties:] == wanted).all(axis=1)
    c = np.concatenate([(here & (cells[:, party] == a)).astype(np.int64).astype(object) for a in range(count)])
    answer = exact_maximum(A, b, c, deadline=deadline)
    if answer is None:
        raise TimeoutError
    if answer.x is None:
        remedy = "give numbers that are further from 0, or mix in a little noise"
        raise InputError(f"general: the behaviour has a negative probability within its rounding; {remedy}")
    boxes = np.array(answer.x, dtype=object).reshape(count, -1)
    if (rows.table[1:] @ boxes.T).any():
        raise SolverError("general: equations that were left out do not follow: this is not an answer")
    value = sum((int(k) * x for k, x in zip(c, answer.x)), Fraction(0)) / scale
    first = rows.table[0].astype(bool)
    weighed = [(Fraction(sum(box[first])) / scale, tuple(p / scale for p in box)) for box in boxes]
    duals = []
    for a in range(count):
        y = dict(zip(kept, answer.y[a * len(kept) : (a + 1) * len(kept)]))
        duals.append(rows.dual([y.get(r, Fraction(0)) for r in rows.kept]))
    program = Answer(value, tuple(answer.x), tuple(answer.y), (A, b, c), Fraction(scale))
    return BestGuess(value, [part for part in weighed if part[0]], list(answer.y[len(parts) :]), duals, program)


def guessing(
    behaviour: ArrayLike, party: int = 0, setting: int = 0, *, scenario: Scenario | None = None
) -> Answer:
    """How well an outcome can be known beforehand by whoever knows the hidden state of a non-signalling model, exactly.

    The largest Σ_λ ρ_λ max_a P_λ(a | setting) over all decompositions p = Σ ρ_λ P_λ into non-signalling tables: one for
    each outcome a is enough, in which a is guessed. For two outcomes the largest mean |marginal| is 2 g − 1.

    Parameters
    ----------
    behaviour : array_like
        p[a, b, …, x, y, …], read as in `decompose`.
    party, setting : int
        Whose outcome, and for which setting; zero-based.

    Raises
    ------
    InputError
        As `decompose`, or for a party or a setting that does not exist.
    """
    table, scenario = checked(behaviour, scenario, "the behaviour")
    party = whole(party, "general: the party", 0, len(scenario.outcomes) - 1)
    setting = whole(setting, "general: the setting", 0, len(scenario.outcomes[party]) - 1)
    return best_guess(scenario, scenario.exact(table, "the behaviour"), party, setting).program
