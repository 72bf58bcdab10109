r"""How much noise makes a behaviour Bell-local: robustness against white, local and general noise, exactly.

The least r ≥ 0 for which (P + r·noise)/(1 + r) is local, the noise being

- white: every mean value vanishes; r = (1 − V)/V for the critical visibility V,
- local: any local box, P = (1 + r) L − r L',
- nonsignalling: any box, P + r Q = (1 + r) L: P ≤ Σ q_σ D_σ entry by entry, with Σ q = 1 + r as small as possible.

A PR box has 1, ½ and ⅓. The mean values are taken as exact numbers, and the linear programs are solved exactly.

Source: Vidal and Tarrach, PRA 59, 141 (1999), quant-ph/9806094, for states and separable ones; here for boxes.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import product

import numpy as np
from numpy.typing import NDArray

from ..common.arguments import check_noun, one_of
from ..core.behaviour import Behaviour
from ..core.enclosure import Enclosed, Enclosure
from ..errors import InputError
from ..general.programs import Answer, solved

__all__ = ["Robustness", "robustness"]

Integers = NDArray[np.object_]
NOISES = ("white", "local", "nonsignalling")
MOST_STRATEGIES = 4096
"""Deterministic boxes that an exact linear program takes in a few seconds: 12 settings in all."""


@dataclass(frozen=True, eq=False, repr=False)
class Robustness(Enclosed):
    """The least r, exactly, with the linear program that it solves.

    Parameters
    ----------
    exact : Fraction
        r, of the stored mean values.
    noise : str
    program : nsmodels.general.Answer
        Maximises −r, or −Σ q; ``program.verify()`` adds everything up again.
    """

    exact: Fraction
    noise: str
    program: Answer

    @property
    def value(self) -> Enclosure:
        """The least r, rounded outward."""
        return Enclosure.around(self.exact)

    def verify(self) -> bool:
        """Weights and multipliers are added up again, in fractions."""
        least = -self.program.exact - (self.noise == "nonsignalling")  # there Σ q is 1 + r
        return self.program.verify() and self.exact == least

    def __repr__(self) -> str:
        return f"Robustness({float(self.exact):.12g} against {self.noise} noise)"


def robustness(behaviour: Behaviour, noise: str = "white") -> Robustness:
    """The least r ≥ 0 for which (P + r·noise)/(1 + r) is Bell-local, exactly.

    Parameters
    ----------
    behaviour : Behaviour
        With the marginals of both parties and every correlator; at most 12 settings in all.
    noise : {"white", "local", "nonsignalling"}
        Noise of one kind, or the best box of a set.

    Raises
    ------
    InputError
        If marginals or correlators are missing, a probability is negative, or there are too many settings.
    SolverError
        If the linear program is not solved.
    """
    check_noun(behaviour, Behaviour, "behaviour", "robustness")
    one_of(noise, NOISES, "robustness: noise")
    n_alice, n_bob = behaviour.shape
    if 2 ** (n_alice + n_bob) > MOST_STRATEGIES:
        raise InputError(f"robustness: {n_alice}×{n_bob} settings; there may be at most 12 in all")
    table = behaviour.to_full_correlators()
    if behaviour.positivity_defect() > 1e-12 + behaviour.rounding:
        raise InputError(f"robustness: the behaviour has a probability of −{behaviour.positivity_defect():.3g}")
    means = [Fraction(x) for x in table.ravel().tolist()]
    signs = [(1, *s) for s in product((1, -1), repeat=n_alice)], [(1, *s) for s in product((1, -1), repeat=n_bob)]
    boxes = np.array([np.outer(a, b).ravel() for a, b in product(*signs)], dtype=object).T
    if noise == "nonsignalling":
        rows, wanted = _probabilities(boxes, means, behaviour.shape)
        extra = -np.eye(len(rows), dtype=np.int64).astype(object)
        A, cost = np.hstack([rows, extra]), [1] * boxes.shape[1] + [0] * len(rows)
    else:
        rows, wanted = boxes, means
        if noise == "white":  # Σ q D = P + r·white: all but the total
            extra = np.array([[-1]] + [[0]] * (len(rows) - 1), dtype=object)
        else:
            extra = -boxes
        A, cost = np.hstack([rows, extra]), [0] * boxes.shape[1] + [1] * extra.shape[1]
    scale = int(np.lcm.reduce([x.denominator for x in wanted], dtype=object))
    b = np.array([int(x * scale) for x in wanted], dtype=object)
    answer = solved(A, b, np.array([-c for c in cost], dtype=object), Fraction(scale))
    if noise == "nonsignalling":  # Σ q is 1 + r
        return Robustness(-answer.exact - 1, noise, answer)
    return Robustness(-answer.exact, noise, answer)


def _probabilities(
    boxes: Integers, means: list[Fraction], shape: tuple[int, int]
) -> tuple[Integers, list[Fraction]]:
    """Four times the entries p[a,b,x,y] of the boxes, and of the behaviour."""
    width = shape[1] + 1
    rows, wanted = [], []
    for i, j, a, b in product(range(1, shape[0] + 1), range(1, width), (1, -1), (1, -1)):
        places = ((0, 1), (i * width, a), (j, b), (i * width + j, a * b))
        rows.append(sum(s * boxes[k] for k, s in places))
        wanted.append(sum((s * means[k] for k, s in places), Fraction(0)))
    return np.array(rows, dtype=object), wanted
