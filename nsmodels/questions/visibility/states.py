"""Hidden states as columns of the master program: where they come from, and what they are made of.

A hull is flattened into its parts, because every hidden state belongs to one part and is proved to by that part's rule.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...common.arrays import Array
from ...core.behaviour import Behaviour
from ...core.functional import Functional
from ...core.hidden_states import HiddenStates
from ...models.hidden_variables import Explorer, HiddenVariableModel
from ...models.values import values_at

__all__ = ["Columns", "propose", "shown", "starting_columns"]


@dataclass(frozen=True, eq=False)
class Columns:
    """Hidden states, one per column.

    Parameters
    ----------
    alice, bob : ndarray, shapes (n_A, m) and (n_B, m)
        Marginals.
    u, v : ndarray, shape (m, 3)
        Hidden vectors, NaN where the part has none.
    part : ndarray of int, shape (m,)
        Which part of the model a state belongs to.
    """

    alice: Array
    bob: Array
    u: Array
    v: Array
    part: NDArray[np.intp]

    def __len__(self) -> int:
        return self.alice.shape[1]

    def take(self, chosen: Any) -> Columns:
        """The chosen columns (indices or a mask)."""
        return Columns(
            np.ascontiguousarray(self.alice[:, chosen]),
            np.ascontiguousarray(self.bob[:, chosen]),
            self.u[chosen],
            self.v[chosen],
            self.part[chosen],
        )

    def states(self, part: int) -> HiddenStates:
        """The columns of one part as hidden states."""
        mine = self.part == part
        u, v = (None if np.isnan(x).any() else x for x in (self.u[mine], self.v[mine]))
        return HiddenStates(self.alice[:, mine].T, self.bob[:, mine].T, u, v)

    @staticmethod
    def join(items: Sequence[Columns]) -> Columns:
        """All columns in a row."""
        if len(items) == 1:
            return items[0]
        return Columns(
            np.concatenate([c.alice for c in items], axis=1),
            np.concatenate([c.bob for c in items], axis=1),
            np.concatenate([c.u for c in items]),
            np.concatenate([c.v for c in items]),
            np.concatenate([c.part for c in items]),
        )

    @staticmethod
    def of(states: HiddenStates, part: int) -> Columns:
        """Columns from hidden states of one part."""
        m = len(states)
        nothing = np.full((m, 3), np.nan)
        return Columns(
            np.ascontiguousarray(states.alice.T),
            np.ascontiguousarray(states.bob.T),
            nothing if states.u is None else np.asarray(states.u),
            nothing if states.v is None else np.asarray(states.v),
            np.full(m, part, dtype=np.intp),
        )

    def values(self, functional: Functional) -> Array:
        """The best value of f at every state, shape (m,)."""
        return values_at(functional, self.alice.T, self.bob.T)

    def distinct(self, spacing: float, antipodal: bool) -> NDArray[np.intp]:
        """Indices of the first column in every cell of the given size, in order (`HiddenStates.distinct`)."""
        kept: list[NDArray[np.intp]] = []
        for k in np.unique(self.part).tolist():
            mine = np.flatnonzero(self.part == k)
            kept.append(mine[self.states(k).distinct(spacing, antipodal)])
        return np.sort(np.concatenate(kept)) if kept else np.zeros(0, dtype=np.intp)


def starting_columns(
    parts: Sequence[HiddenVariableModel], behaviour: Behaviour, *, antipodal: bool, rng: np.random.Generator
) -> Columns:
    """The hidden states that each part names to begin with."""
    items = [part.seeds(behaviour, antipodal=antipodal, rng=rng) for part in parts]
    return Columns.join([Columns.of(states, k) for k, states in enumerate(items)])


def propose(
    explorers: Sequence[Explorer],
    functional: Functional,
    count: int,
    *,
    rng: np.random.Generator,
    near: Columns,
    starts: int,
    deep: int,
    antipodal: bool,
) -> Columns:
    """Hidden states with large values of the functional from every part, without proof.

    Parameters
    ----------
    explorers : sequence of callable
        One for each part (`HiddenVariableModel.explorer`).
    near : Columns
        Good states so far, starts of local searches too.
    starts : int
        Number of fresh starts.
    deep : int
        How many of the best local searches run to the end as well.
    antipodal : bool
        Whether a state and its negation count as one.
    """
    found = [
        explore(functional, count, rng=rng, near=near.states(k), starts=starts, deep=deep, antipodal=antipodal)
        for k, explore in enumerate(explorers)
    ]
    return Columns.join([Columns.of(states, k) for k, states in enumerate(found) if len(states)])


def shown(parts: Sequence[HiddenVariableModel], columns: Columns) -> NDArray[np.bool_]:
    """Which states their part shows to be its own (`HiddenVariableModel.contains`), shape (m,)."""
    known = np.zeros(len(columns), dtype=bool)
    for k, part in enumerate(parts):
        mine = columns.part == k
        if mine.any():
            known[mine] = part.contains(columns.states(k))
    return known
