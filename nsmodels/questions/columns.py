"""Hidden states as columns of the master program: where they come from, and what they are made of.

A hull is flattened into its parts, because every hidden state belongs to one part and is proved to by that part's rule.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..behaviour import Behaviour
from ..functional import Functional
from ..models.base import HiddenStates, Model, values_at

__all__ = ["Columns", "contains_negations", "parts_of", "propose", "starting_columns"]

Array = NDArray[np.float64]

MANY_STATES = 4000
"""Finite models with at most this many hidden states enter the master program whole."""


def parts_of(model: Model) -> tuple[Model, ...]:
    """The models that a hull is made of, flattened; the model itself if it is no hull."""
    inner = getattr(model, "parts", None)
    if inner is None:
        return (model,)
    return tuple(part for item in inner for part in parts_of(item))


def contains_negations(model: Model) -> bool:
    """Whether the model contains −m with every m."""
    for part in parts_of(model):
        if part.name == "finite":
            states = part.states  # type: ignore[attr-defined]  # Finite has them
            rows = np.concatenate([states.alice, states.bob], axis=1) + 0.0
            if {row.tobytes() for row in rows} != {row.tobytes() for row in -rows + 0.0}:
                return False
        elif part.name not in ("leggett", "bell", "nonsignalling", "unbiased"):
            return False
    return True


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
        u, v = self.u[mine], self.v[mine]
        bare = len(u) == 0 or bool(np.isnan(u).any())
        return HiddenStates(self.alice[:, mine].T, self.bob[:, mine].T, None if bare else u, None if bare else v)

    def mean_marginals(self, weights: Array) -> Array:
        """Σ ρ A_i and Σ ρ B_j, shape (n_A + n_B,)."""
        return np.concatenate([self.alice @ weights, self.bob @ weights])

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
        """Indices of the first column in every cell of the given size, in order; antipodes are one where they may be."""
        vectors = np.concatenate([self.u, self.v], axis=1)
        bare = np.isnan(vectors[:, 0])
        keys: list[bytes] = []
        for k in range(len(self)):
            row = np.concatenate([self.alice[:, k], self.bob[:, k]]) if bare[k] else vectors[k]
            cell = np.round(row / (1e-9 if bare[k] else spacing)) + 0.0
            if antipodal:
                lead = cell[np.flatnonzero(cell)[:1]]
                if len(lead) and lead[0] < 0:
                    cell = -cell + 0.0
            keys.append(cell.tobytes())
        _, first = np.unique(np.array(keys, dtype=object), return_index=True)
        return np.sort(first)


def leggett_states(model: Any, u: Array, v: Array) -> HiddenStates:
    """The hidden states of Leggett's model with the given unit vectors (m, 3)."""
    settings = model.settings
    return HiddenStates(model.eta_a * (u @ settings.alice.T), model.eta_b * (v @ settings.bob.T), u, v)


def sphere_points(count: int, *, half: bool) -> Array:
    """Fibonacci points on the sphere, or on its upper half (one of each antipodal pair), shape (count, 3)."""
    k = np.arange(count)
    z = 1.0 - (2 * k + 1) / (2 * count if half else count)
    azimuth = np.pi * (3.0 - np.sqrt(5.0)) * k
    radius = np.sqrt(1.0 - z * z)
    return np.stack([radius * np.cos(azimuth), radius * np.sin(azimuth), z], axis=1)


def alignment(model: Any, behaviour: Behaviour) -> Array:
    """The orthogonal 3×3 matrix O for which the states v = O u suit the correlators best.

    Fit C_ij ≈ a_i·T b_j and take the orthogonal factor of Tᵀ. For the singlet O = −1: v = −u, the states that
    reproduce C = −V a·b for all directions at once up to V = (1 + √(1 − η²/2))/2.
    """
    first, second = np.nonzero(behaviour.known)
    a, b = model.settings.alice[first], model.settings.bob[second]
    design = (a[:, :, None] * b[:, None, :]).reshape(len(first), 9)
    solution = np.linalg.lstsq(design, behaviour.correlators[first, second], rcond=None)[0].reshape(3, 3)
    left, sizes, right = np.linalg.svd(solution.T)
    if sizes[0] < 1e-9:
        return -np.eye(3)
    # directions that the fit leaves open get the singlet's sign of the determinant
    if sizes[2] < 1e-9 * sizes[0] and np.linalg.det(left @ right) > 0:
        left[:, 2] = -left[:, 2]
    return np.asarray(left @ right, dtype=np.float64)


def _with_partners(columns: Columns, antipodal: bool) -> Columns:
    """Each state (A, B) together with (A, −B), and with the negations of both unless antipodes are implied.

    The mean of (A, B) and (A, −B) has an interval for every correlator that contains 0: white noise is feasible.
    """
    flipped = Columns(columns.alice, -columns.bob, columns.u, -columns.v, columns.part)
    items = [columns, flipped]
    if not antipodal:
        items += [Columns(-c.alice, -c.bob, -c.u, -c.v, c.part) for c in (columns, flipped)]
    return Columns.join(items)


def starting_columns(
    parts: Sequence[Model], behaviour: Behaviour, *, antipodal: bool, rng: np.random.Generator
) -> Columns:
    """Hidden states to begin with: enough to make white noise feasible, and good ones where they are known."""
    n_alice, n_bob = behaviour.shape
    items: list[Columns] = []
    for k, part in enumerate(parts):
        if part.name == "leggett":
            count = int(np.clip(3 * (n_alice + n_bob), 90, 600))
            u = sphere_points(count, half=antipodal)
            v = u @ alignment(part, behaviour).T
            items.append(Columns.of(leggett_states(part, u, v), k))
            axes = np.eye(3)
            pairs = leggett_states(part, np.repeat(axes, 3, axis=0), np.tile(axes, (3, 1)))
            items.append(_with_partners(Columns.of(pairs, k), antipodal))
        elif part.name == "finite":
            states = part.states  # type: ignore[attr-defined]  # Finite has them
            if len(states) > MANY_STATES:
                states = states.take(rng.choice(len(states), MANY_STATES, replace=False))
            items.append(Columns.of(HiddenStates(states.alice, states.bob), k))
        elif part.name == "bell":
            signs = rng.integers(0, 2, size=(4 * (n_alice + n_bob), n_alice + n_bob)) * 2.0 - 1.0
            states = HiddenStates(signs[:, :n_alice], signs[:, n_alice:])
            some_columns = _with_partners(Columns.of(states, k), antipodal)
            items.append(some_columns.take(some_columns.distinct(1e-9, antipodal)))
        else:
            items.append(Columns.of(HiddenStates(np.zeros((1, n_alice)), np.zeros((1, n_bob))), k))
        along = Functional(np.where(behaviour.known, behaviour.correlators, 0.0))
        if part.name not in ("leggett", "finite", "unbiased"):
            items.append(Columns.of(part.propose(along, 40, rng=rng), k))
    return Columns.join(items)


def propose(
    parts: Sequence[Model],
    functional: Functional,
    count: int,
    *,
    rng: np.random.Generator,
    near: Columns,
    turns: Sequence[Array | None],
) -> Columns:
    """Hidden states with large values of the functional from every part, without proof.

    Parameters
    ----------
    near : Columns
        Good states so far: half of the starts of local searches.
    turns : sequence of ndarray or None
        `alignment` of each Leggett part: the other half starts at random u with v = O u, and a few anywhere.
    """
    items: list[Columns] = []
    for k, part in enumerate(parts):
        starts = None
        if part.name == "leggett":
            turn = turns[k]
            assert turn is not None
            own = near.take(near.part == k)
            fresh = rng.normal(size=(max(count - len(own), count // 2), 3))
            fresh /= np.linalg.norm(fresh, axis=1)[:, None]
            other = fresh @ turn.T
            some = len(fresh) // 4
            wild = other[:some] + rng.normal(size=(some, 3))
            other[:some] = wild / np.linalg.norm(wild, axis=1)[:, None]
            u, v = np.concatenate([own.u, fresh]), np.concatenate([own.v, other])
            starts = leggett_states(part, u, v)
        found = part.propose(functional, count, rng=rng, starts=starts)
        if len(found):
            items.append(Columns.of(found, k))
    return Columns.join(items)
