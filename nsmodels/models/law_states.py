"""Where hidden states of a law come from: points of the spheres, starts along the correlators, descents.

Nothing here is proved; every function proposes.
"""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np

from ..common.arrays import Array
from ..core.behaviour import Behaviour
from ..core.functional import Functional
from ..core.hidden_states import HiddenStates
from ..core.settings import Settings
from ..engines.grids import fibonacci_points
from .hidden_variables import Explorer, with_partners
from .leggett_states import alignment, exploring, random_units
from .values import best_first

NARROW = 0.03
"""The smoothing with which a descent begins that does not look far."""

__all__ = ["descended", "explorer", "proposals", "seeds"]


class LawOfAngles(Protocol):
    """What is needed here of a model whose marginals are laws F(u·a) and H(v·b)."""

    @property
    def settings(self) -> Settings: ...
    @property
    def shape(self) -> tuple[int, int]: ...
    @property
    def alice(self) -> Any: ...
    @property
    def bob(self) -> Any: ...
    @property
    def sign(self) -> int: ...
    @property
    def symmetric(self) -> bool: ...
    def states(self, u: Array, v: Array) -> HiddenStates: ...
    def problem(self, functional: Functional) -> Any: ...


def descended(
    model: LawOfAngles, functional: Functional, states: HiddenStates, *, first: float = 0.3, factor: float = 0.2,
    steps: int = 4,
) -> HiddenStates:  # fmt: skip
    """The local maximiser of f next to each state, in the same order."""
    from ..engines.laws.minimum import descend

    assert states.u is not None
    assert states.v is not None
    _, u, v = descend(model.problem(functional), states.u, states.v, first=first, factor=factor, steps=steps)
    return model.states(u, v)


def proposals(
    model: LawOfAngles, functional: Functional, count: int, rng: np.random.Generator, starts: HiddenStates | None
) -> HiddenStates:
    """Local maximisers, best first, from the given states or from random ones.

    Smoothed widely at first, descents of laws that are flat at ±1 end where directions meet hidden vectors; smoothed
    little, those of others miss the best minimum more often. So half of the random ones begin with either.
    """
    if starts is None or starts.u is None or starts.v is None or len(starts) == 0:
        starts = model.states(random_units(2 * count + 8, rng), random_units(2 * count + 8, rng))
        wide, narrow = starts.take(slice(count + 4)), starts.take(slice(count + 4, None))
    else:
        wide = narrow = starts
    ends = [descended(model, functional, wide), descended(model, functional, narrow, first=NARROW)]
    found = best_first(functional, HiddenStates.join(ends))
    return found.take(found.distinct(1e-6, antipodal=False)[:count])


def seeds(model: LawOfAngles, behaviour: Behaviour, antipodal: bool, rng: np.random.Generator) -> HiddenStates:
    """Points of the spheres: v = O u that suits the correlators, random v, and (A, B) with (A, −B) where H is odd."""
    count = int(np.clip(3 * sum(model.shape), 90, 600))
    u = fibonacci_points(count, half=antipodal)
    if model.sign:
        return model.states(u, u)
    axes = np.eye(3)
    pairs = model.states(np.repeat(axes, 3, axis=0), np.tile(axes, (3, 1)))
    if model.symmetric:
        pairs = with_partners(pairs, antipodal)
    turned = model.states(u, u @ _alignment(model, behaviour).T)
    return HiddenStates.join([turned, model.states(u, random_units(len(u), rng)), pairs])


def _alignment(model: LawOfAngles, behaviour: Behaviour) -> Array:
    """The orthogonal matrix O for which v = O u suits the correlators; of laws that fall, with the opposite sign."""
    slopes = [float(law(np.array([1.0]))[0] - law(np.array([-1.0]))[0]) for law in (model.alice, model.bob)]
    return alignment(model.settings, behaviour) * (-1.0 if slopes[0] * slopes[1] < 0.0 else 1.0)


def explorer(model: LawOfAngles, behaviour: Behaviour) -> Explorer:
    """Short descents from the good states so far and from fresh ones, random u and v = O u, a third of them any v."""

    def shallow(functional: Functional, u: Array, v: Array) -> HiddenStates:
        return descended(model, functional, model.states(u, v), first=0.1, factor=0.05, steps=2)

    def polished(functional: Functional, u: Array, v: Array) -> HiddenStates:
        return descended(model, functional, model.states(u, v), first=0.01, factor=0.1)

    return exploring(_alignment(model, behaviour), shallow, polished)
