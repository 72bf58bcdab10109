"""Where hidden states of Leggett's model come from: points of both spheres, starts along the correlators, descents.

Nothing here is proved; every function proposes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np

from ..common.arrays import Array
from ..core.behaviour import Behaviour
from ..core.functional import Functional
from ..core.hidden_states import HiddenStates
from ..core.settings import Settings
from ..engines.grids import fibonacci_points
from .hidden_variables import Explorer, with_partners
from .values import best_first

__all__ = ["alignment", "explorer", "exploring", "polished_states", "random_units", "seeds", "shallow_states"]

PAIRS_FITTED = 100_000
"""Correlators that the alignment is fitted to, of more every second, third, …."""

Descents = Callable[[Functional, Array, Array], HiddenStates]
"""Hidden states that are reached from vectors u and v, for a functional."""


class TwoVectors(Protocol):
    """A model whose states have a vector u and a vector v: marginals η_A a·u and η_B b·v."""

    @property
    def settings(self) -> Settings: ...
    @property
    def shape(self) -> tuple[int, int]: ...
    @property
    def eta_a(self) -> float: ...
    @property
    def eta_b(self) -> float: ...
    def states(self, u: Array, v: Array) -> HiddenStates: ...
    def problem(self, functional: Functional) -> Any: ...


def random_units(count: int, rng: np.random.Generator) -> Array:
    """Independent uniform unit vectors, shape (count, 3)."""
    vectors = rng.normal(size=(count, 3))
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1)[:, None], dtype=np.float64)


def alignment(settings: Settings, behaviour: Behaviour) -> Array:
    """The orthogonal 3×3 matrix O for which the states v = O u suit the correlators best.

    Fit C_ij ≈ a_i·T b_j and take the orthogonal factor of Tᵀ. For the singlet O = −1: v = −u, the states that
    reproduce C = −V a·b for all directions at once up to V = (1 + √(1 − η²/2))/2.
    """
    first, second = np.nonzero(behaviour.known)
    some = 1 + len(first) // PAIRS_FITTED
    first, second = first[::some], second[::some]
    a, b = settings.alice[first], settings.bob[second]
    design = (a[:, :, None] * b[:, None, :]).reshape(len(first), 9)
    solution = np.linalg.lstsq(design, behaviour.correlators[first, second], rcond=None)[0].reshape(3, 3)
    left, sizes, right = np.linalg.svd(solution.T)
    if sizes[0] < 1e-9:
        return -np.eye(3)
    # directions that the fit leaves open get the singlet's sign of the determinant
    if sizes[2] < 1e-9 * sizes[0] and np.linalg.det(left @ right) > 0:
        left[:, 2] = -left[:, 2]
    return np.asarray(left @ right, dtype=np.float64)


def seeds(model: TwoVectors, behaviour: Behaviour, *, antipodal: bool) -> HiddenStates:
    """Enough states to make white noise feasible, and the ones v = O u that suit the correlators."""
    count = int(np.clip(3 * sum(model.shape), 90, 600))
    u = fibonacci_points(count, half=antipodal)
    axes = np.eye(3)
    pairs = model.states(np.repeat(axes, 3, axis=0), np.tile(axes, (3, 1)))
    turned = u @ alignment(model.settings, behaviour).T
    return HiddenStates.join([model.states(u, turned), with_partners(pairs, antipodal)])


def shallow_states(model: TwoVectors, functional: Functional, u: Array, v: Array) -> HiddenStates:
    """States on the way from the given ones to local maximisers of f: many, and different."""
    from ..engines.spheres.sweep import sweep

    rows, columns = np.nonzero(functional.correlators)
    s = functional.correlators[rows, columns]
    a, b = model.eta_a * model.settings.alice, model.eta_b * model.settings.bob
    x, y = a[rows], np.sign(s)[:, None] * b[columns]
    return model.states(*sweep(x, y, np.abs(s), functional.alice @ a, functional.bob @ b, u, v))


def polished_states(model: TwoVectors, functional: Functional, u: Array, v: Array) -> HiddenStates:
    """The local maximisers of f next to the given states."""
    from ..engines.spheres.descent import descend_many, pace

    u, v = np.array(u, order="C"), np.array(v, order="C")
    # the smoothing begins small, because the states are good already
    descend_many(model.problem(functional).terms, u, v, 0.01, 1e-9, 0.1, pace(4))
    return model.states(u, v)


def explorer(model: TwoVectors, behaviour: Behaviour) -> Explorer:
    """Shallow searches from the good states so far and from fresh ones, random u and v = O u, a third of them any v."""

    def shallow(functional: Functional, u: Array, v: Array) -> HiddenStates:
        return shallow_states(model, functional, u, v)

    def polished(functional: Functional, u: Array, v: Array) -> HiddenStates:
        return polished_states(model, functional, u, v)

    return exploring(alignment(model.settings, behaviour), shallow, polished)


def exploring(turn: Array, shallow: Descents, polished: Descents) -> Explorer:
    """An explorer that looks near the good states so far and at fresh ones, and goes down to minima from the best.

    Parameters
    ----------
    turn : ndarray, shape (3, 3)
        The O of fresh states v = O u; a third of them have any v.
    shallow, polished : callable
        From (functional, u, v) to states near local maximisers of f, and to the maximisers themselves.
    """

    def explore(
        functional: Functional, count: int, *, rng: np.random.Generator, near: HiddenStates, starts: int, deep: int,
        antipodal: bool,
    ) -> HiddenStates:  # fmt: skip
        u = random_units(starts, rng)
        v = u @ turn.T
        some = len(u) // 3
        v[:some] = random_units(some, rng)
        if near.u is not None and near.v is not None:
            u, v = np.concatenate([near.u, u]), np.concatenate([near.v, v])
        found = best_first(functional, shallow(functional, u, v), 3 * count)
        if not deep:
            return found.take(slice(0, 2 * count))
        best = found.take(found.distinct(0.02, antipodal)[:deep])
        assert best.u is not None
        assert best.v is not None
        return HiddenStates.join([polished(functional, best.u, best.v), found.take(slice(0, 2 * count))])

    return explore
