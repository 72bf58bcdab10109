"""Hidden states that the search keeps from step to step, with the multipliers that make them stationary."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...common.arrays import Array
from ...core.functional import Functional
from ...core.hidden_states import HiddenStates
from ...models.values import values_at
from .tasks import Task

__all__ = ["Tracked", "distinct", "follow", "values"]


SPACING = 1e-4
"""Distance below which two hidden states are one."""


def distinct(states: HiddenStates, spacing: float) -> NDArray[np.intp]:
    """Indices of states that are farther apart than ``spacing``, the first of each group; antipodes are one."""
    # a party without hidden vectors has free marginals, which may differ where the other one's vector is the same
    parts = [states.alice if states.u is None else states.u, states.bob if states.v is None else states.v]
    rows = np.concatenate(parts, axis=1)
    # most of them coincide to many digits and share a cell; the rest is compared one by one
    cells = np.round(rows / spacing)
    lead = cells[np.arange(len(cells)), np.abs(cells).argmax(axis=1)]
    cells = np.where(lead[:, None] < 0.0, -cells, cells) + 0.0
    first = np.sort(np.unique(cells, axis=0, return_index=True)[1])
    rows = rows[first]
    kept: list[int] = []
    gone = np.zeros(len(rows), dtype=bool)
    for i in range(len(rows)):
        if not gone[i]:
            kept.append(i)
            near = np.abs(rows - rows[i]).max(axis=1)
            gone |= np.minimum(near, np.abs(rows + rows[i]).max(axis=1)) < spacing
    return np.asarray(first[kept], dtype=np.intp)


@dataclass(frozen=True, eq=False)
class Tracked:
    """Local maximisers of functionals near the current one.

    Parameters
    ----------
    states : HiddenStates
    multipliers : ndarray, shape (m, n_A, n_B)
        τ of each, for the functional whose maximiser it is.
    """

    states: HiddenStates
    multipliers: Array

    def __len__(self) -> int:
        return len(self.states)

    def take(self, chosen: NDArray[np.intp] | NDArray[np.bool_] | slice) -> Tracked:
        """The chosen states."""
        return Tracked(self.states.take(chosen), self.multipliers[chosen])

    def distinct(self, spacing: float = SPACING) -> Tracked:
        """The first state of every group of states that are nearly the same."""
        return self.take(distinct(self.states, spacing))

    def join(self, other: Tracked) -> Tracked:
        """These states and those of the other that are new."""
        states = HiddenStates.join([self.states, other.states])
        return Tracked(states, np.concatenate([self.multipliers, other.multipliers])).distinct()

    def slopes(self, task: Task, coefficients: Array, directions: Array) -> Array:
        """Derivatives of h by the directions where each state is the maximiser, shape (m, n, 3)."""
        model = task.on(directions)
        gradient = model.settings_gradient(task.functional(coefficients), self.states, self.multipliers)
        return np.concatenate(gradient, axis=1)


def values(functional: Functional, states: HiddenStates) -> Array:
    """The value of f at each state."""
    return values_at(functional, states.alice, states.bob)


def follow(task: Task, coefficients: Array, directions: Array, states: HiddenStates, reach: float = 0.05) -> Tracked:
    """The local maximisers next to the given states, in the same order."""
    model, functional = task.on(directions), task.functional(coefficients)
    found = model.follow(functional, states, reach)
    return Tracked(found, model.multipliers(functional, found))
