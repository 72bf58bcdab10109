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

__all__ = ["Columns", "contains_negations", "parts_of", "propose", "starting_columns", "with_partners"]

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
        """Indices of the first column in every cell of the given size, in order; antipodes are one where allowed."""
        bare = np.isnan(self.u[:, 0])
        kept: list[NDArray[np.intp]] = []
        for group, cell in ((np.flatnonzero(bare), 1e-9), (np.flatnonzero(~bare), spacing)):
            if len(group) == 0:
                continue
            if cell == spacing:
                rows = np.concatenate([self.u[group], self.v[group]], axis=1)
            else:
                rows = np.concatenate([self.alice[:, group], self.bob[:, group]]).T
            cells = np.round(rows / cell)
            if antipodal:
                lead = cells[np.arange(len(cells)), (cells != 0.0).argmax(axis=1)]
                cells[lead < 0.0] *= -1.0
            cells = np.concatenate([cells + 0.0, self.part[group][:, None]], axis=1)
            kept.append(group[np.unique(cells, axis=0, return_index=True)[1]])
        return np.sort(np.concatenate(kept)) if kept else np.zeros(0, dtype=np.intp)


def leggett_states(model: Any, u: Array, v: Array) -> HiddenStates:
    """The hidden states of Leggett's model with the given unit vectors (m, 3)."""
    states: HiddenStates = model.states(u, v)
    return states


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


def with_partners(columns: Columns, antipodal: bool) -> Columns:
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
            items.append(with_partners(Columns.of(pairs, k), antipodal))
        elif part.name == "finite":
            states = part.states  # type: ignore[attr-defined]  # Finite has them
            if len(states) > MANY_STATES:
                states = states.take(rng.choice(len(states), MANY_STATES, replace=False))
            items.append(Columns.of(HiddenStates(states.alice, states.bob), k))
        elif part.name == "bell":
            signs = rng.choice(np.array([-1.0, 1.0]), size=(4 * (n_alice + n_bob), n_alice + n_bob))
            states = HiddenStates(signs[:, :n_alice], signs[:, n_alice:])
            some_columns = with_partners(Columns.of(states, k), antipodal)
            items.append(some_columns.take(some_columns.distinct(1e-9, antipodal)))
        else:
            items.append(Columns.of(HiddenStates(np.zeros((1, n_alice)), np.zeros((1, n_bob))), k))
        along = Functional(np.where(behaviour.known, behaviour.correlators, 0.0))
        if part.name not in ("leggett", "finite", "unbiased"):
            items.append(Columns.of(part.propose(along, 40, rng=rng), k))
    return Columns.join(items)


def shallow_states(model: Any, functional: Functional, u: Array, v: Array) -> HiddenStates:
    """States of Leggett's model on the way from the given ones to local maximisers of f: many, and different."""
    from ..engines.sphere_sweep import sweep

    rows, columns = np.nonzero(functional.correlators)
    s = functional.correlators[rows, columns]
    a, b = model.eta_a * model.settings.alice, model.eta_b * model.settings.bob
    x, y = a[rows], np.sign(s)[:, None] * b[columns]
    return leggett_states(model, *sweep(x, y, np.abs(s), functional.alice @ a, functional.bob @ b, u, v))


def polished_states(model: Any, functional: Functional, u: Array, v: Array) -> HiddenStates:
    """The local maximisers of f next to the given states."""
    from ..engines.sphere_descent import descend_many

    u, v = np.array(u, order="C"), np.array(v, order="C")
    # the smoothing begins small, because the states are good already
    descend_many(*model._problem(functional).terms, u, v, 0.01, 1e-9, 0.1, 4)
    return leggett_states(model, u, v)


def propose(
    parts: Sequence[Model],
    functional: Functional,
    count: int,
    *,
    rng: np.random.Generator,
    near: Columns,
    turns: Sequence[Array | None],
    starts: int,
    deep: int,
    antipodal: bool,
) -> Columns:
    """Hidden states with large values of the functional from every part, without proof.

    Parameters
    ----------
    near : Columns
        Good states so far, starts of local searches too.
    turns : sequence of ndarray or None
        `alignment` of each Leggett part: fresh starts have random u and v = O u, a third of them any v.
    starts : int
        Number of fresh starts.
    deep : int
        How many of the best local searches run to the end as well.
    antipodal : bool
        Whether a state and its negation count as one.
    """
    items: list[Columns] = []
    for k, part in enumerate(parts):
        if part.name == "leggett":
            turn = turns[k]
            assert turn is not None
            own = near.take(near.part == k)
            fresh = rng.normal(size=(starts, 3))
            fresh /= np.linalg.norm(fresh, axis=1)[:, None]
            other = fresh @ turn.T
            some = len(fresh) // 3
            wild = rng.normal(size=(some, 3))
            other[:some] = wild / np.linalg.norm(wild, axis=1)[:, None]
            u, v = np.concatenate([own.u, fresh]), np.concatenate([own.v, other])
            found = shallow_states(part, functional, u, v)
            order = np.argsort(-values_at(functional, found.alice, found.bob), kind="stable")
            found = found.take(order[: 3 * count])
            if deep:
                best = Columns.of(found, k)
                best = best.take(best.distinct(0.02, antipodal)[:deep])
                items.append(Columns.of(polished_states(part, functional, best.u, best.v), k))
            found = found.take(slice(0, 2 * count))
        else:
            found = part.propose(functional, count, rng=rng)
        if len(found):
            items.append(Columns.of(found, k))
    return Columns.join(items)
