"""A given list of marginal vectors: a discretised hidden-variable set.

h(f) is the maximum of the bracket of h(f) (`nsmodels.models.base`) over the list. For a grid of Leggett's hidden
vectors the list gives a lower end of Leggett's bound by construction, and the covering radius of the grid an upper end.

Source: arXiv:0801.2241, Methods (discrete λ).
"""

from __future__ import annotations

import math
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..common.arguments import MOST_NUMBERS, check_noun, check_options, check_size, floats, one_of, purity, whole
from ..common.arrays import Array
from ..common.rationals import round_down, round_up
from ..core.behaviour import Behaviour
from ..core.effort import Effort, Hint
from ..core.enclosure import Enclosure
from ..core.functional import Functional
from ..core.hidden_states import HiddenStates
from ..core.proof import ListProof
from ..core.settings import Settings
from ..engines import grids
from ..errors import InputError
from .base import Support
from .copies import Copies
from .hidden_variables import HiddenVariableModel, Mask
from .values import attained_value, input_effect, trivial_bound, values_at

__all__ = ["Finite"]


EXACT_CANDIDATES = 200
"""States near the best one that are evaluated exactly."""
MOST_STATES = 100_000_000
"""Hidden states of a grid."""
MOST_ROWS_READ = 1_000_000
"""Hidden states of a list in a problem file, and these times the pairs of settings."""
MANY_STATES = 4000
"""Hidden states up to which a list enters the search for a decomposition whole."""


def _table(values: ArrayLike, party: str) -> Array:
    array = floats(values, f"Finite: {party} is not a table of numbers; give a row of marginals for each hidden state")
    if array.ndim != 2 or array.size == 0:
        raise InputError(f"Finite: {party} has shape {array.shape}; give a row of marginals for each hidden state")
    bad = ~(np.abs(array) <= 1.0)
    if bad.any():
        state, setting = np.argwhere(bad)[0].tolist()
        value = float(array[state, setting])
        raise InputError(f"Finite: marginal {setting} of {party} in state {state} is {value:.17g}, outside [−1, 1]")
    array.setflags(write=False)
    return array


def _joined(states: HiddenStates) -> Array:
    """Rows (A, B), without negative zeros."""
    return np.concatenate([states.alice, states.bob], axis=1) + 0.0


def _too_many(count: int, shape: tuple[int, int]) -> str:
    pairs = f"{count} hidden states for {shape[0] * shape[1]} pairs of settings"
    return f"{pairs} are together above the limit of {MOST_NUMBERS}"


def _check_values(count: int, shape: tuple[int, int]) -> None:
    """Refuse lists that are too long for their settings, in Python as in files."""
    check_size(shape, "Finite")
    if count * shape[0] * shape[1] > MOST_NUMBERS:
        raise InputError(f"Finite: {_too_many(count, shape)}; use fewer")


class Finite(HiddenVariableModel):
    """Hidden states with given marginals.

    Parameters
    ----------
    alice, bob : array_like, shapes (n, n_A) and (n, n_B)
        The marginals, a row for each of n hidden states, in [−1, 1].

    Raises
    ------
    InputError
        For tables of different length, wrong shape, or entries outside [−1, 1].

    Notes
    -----
    `sphere_grid` makes the list for Leggett's model on a grid of hidden vectors, which are kept in ``grid.u`` and
    ``grid.v``.
    """

    name = "finite"

    def __init__(self, alice: ArrayLike, bob: ArrayLike) -> None:
        first, second = _table(alice, "alice"), _table(bob, "bob")
        if len(first) != len(second):
            raise InputError(f"Finite: alice has {len(first)} hidden states and bob {len(second)}")
        _check_values(len(first), (first.shape[1], second.shape[1]))
        self.states = HiddenStates(first, second)
        self.settings: Settings | None = None
        self.grid: grids.Grid | None = None
        self.purities: tuple[float, float] = (0.0, 0.0)

    @classmethod
    def sphere_grid(
        cls,
        settings: Settings,
        n: int,
        eta: float = 1.0,
        *,
        eta_a: float | None = None,
        eta_b: float | None = None,
        kind: str = "product",
        seed: int = 0,
    ) -> Finite:
        """Leggett's hidden states on a grid: A_i = η_A u·a_i, B_j = η_B v·b_j.

        Parameters
        ----------
        settings : Settings
        n : int
            Number of hidden states. A product grid uses the largest square ≤ n.
        eta : float
            η_A = η_B, unless ``eta_a`` or ``eta_b`` is given.
        kind : {"product", "random"}
            All pairs of ⌊√n⌋ points of a Fibonacci lattice on each sphere, or n independent uniform pairs.
        seed : int
            Of the random pairs.
        """
        check_noun(settings, Settings, "argument settings", "Finite")
        eta_a = purity(eta if eta_a is None else eta_a, "Finite: η of Alice")
        eta_b = purity(eta if eta_b is None else eta_b, "Finite: η of Bob")
        n = whole(n, "Finite: the number of hidden states", most=MOST_STATES)
        _check_values(n, settings.shape)
        one_of(kind, ("product", "random"), "Finite: kind")
        check_options("Finite", seed=seed)
        grid = grids.product_grid(math.isqrt(n)) if kind == "product" else grids.random_grid(n, int(seed))
        model = cls(
            np.clip(eta_a * (grid.u @ settings.alice.T), -1.0, 1.0),
            np.clip(eta_b * (grid.v @ settings.bob.T), -1.0, 1.0),
        )
        model.settings, model.grid, model.purities = settings, grid, (eta_a, eta_b)
        return model

    @classmethod
    def from_table(cls, table: Any, settings: Settings | None, shape: tuple[int, int]) -> Finite:
        """Keys ``alice`` and ``bob``: a row for each hidden state, with an entry for each setting."""
        sides: list[Any] = []
        for key, wanted in (("alice", shape[0]), ("bob", shape[1])):
            table.need(key, "give alice = [[A_i]…] and bob = [[B_j]…], a row for each hidden state")
            rows = table.matrix(key, high=1.0, column_is="as in the first row", most=MOST_ROWS_READ)
            if sides and len(rows) != len(sides[0]):
                problem = f"number of rows is {len(rows)}"
                table.refuse(key, problem, f"{len(sides[0])} wanted, one for each row of alice")
            if len(rows[0]) != wanted:
                problem = f"number of entries is {len(rows[0])}"
                table.refuse((key, 0), problem, f"{wanted} wanted, one for each setting")
            sides.append(rows)
        if len(sides[0]) * shape[0] * shape[1] > MOST_NUMBERS:
            table.refuse("alice", _too_many(len(sides[0]), shape), "use fewer")
        return cls(*sides)

    def to_table(self) -> dict[str, Any]:
        """``{"name", "alice", "bob"}``."""
        return {"name": self.name, "alice": self.states.alice.tolist(), "bob": self.states.bob.tolist()}

    def __len__(self) -> int:
        return len(self.states)

    @cached_property
    def _rows(self) -> frozenset[bytes]:
        return frozenset(row.tobytes() for row in _joined(self.states))

    @cached_property
    def symmetric(self) -> bool:  # type: ignore[override]  # of a list it has to be found out
        """Whether the list contains −m with every m."""
        return all(row.tobytes() in self._rows for row in -_joined(self.states) + 0.0)

    @property
    def shape(self) -> tuple[int, int]:
        """Numbers of settings (n_A, n_B)."""
        return self.states.alice.shape[1], self.states.bob.shape[1]

    def __repr__(self) -> str:
        return f"Finite({len(self)} hidden states, {self.shape[0]}×{self.shape[1]})"

    def likeness(self, party: int) -> Array:
        """The marginals in all states."""
        return (self.states.bob if party else self.states.alice).T

    def restricted(self, alice: NDArray[np.intp], bob: NDArray[np.intp]) -> Finite:
        """The list, cut."""
        return Finite(self.states.alice[:, alice], self.states.bob[:, bob])

    def extended(self, states: HiddenStates, copies: Copies) -> HiddenStates:
        """For every state the first one of the list that it is cut from."""
        alice, bob = copies.kept
        places: dict[bytes, int] = {}
        for k, row in enumerate(np.hstack([self.states.alice[:, alice], self.states.bob[:, bob]]) + 0.0):
            places.setdefault(row.tobytes(), k)
        cut = np.hstack([states.alice, states.bob]) + 0.0
        chosen = [places.get(row.tobytes(), -1) for row in cut]
        if -1 in chosen:  # no state of the list: whoever checks will say so
            return super().extended(states, copies)
        return self.states.take(np.array(chosen, dtype=np.intp))

    @cached_property
    def covering_radius(self) -> float:
        """A proved ρ: every pair (u, v) of unit vectors has a grid state with |u − u'| ≤ ρ and |v − v'| ≤ ρ.

        Raises
        ------
        InputError
            If the list is not a grid of hidden vectors.
        """
        if self.grid is None:
            raise InputError("Finite: only grids made by sphere_grid have a covering radius")
        return grids.covering_radius(self.grid)

    def leggett_upper(self, functional: Functional) -> float:
        """A proved upper bound on the functional over all of Leggett's model, from the grid and its covering radius.

        With p_i = Σ_j |S_ij| and q_j = Σ_i |S_ij|, a grid state at distances ≤ ρ from (u, v) has f lower by at most

            ρ η_A (Σ_i p_i |a_i·w| + |Σ α_i a_i|) + ρ η_B (Σ_j q_j |b_j·w'| + |Σ β_j b_j|)

        for unit w, w', and Σ p_i |a_i·w| ≤ √(Σ p_i) √λ_max(Σ p_i a_i a_iᵀ) by Cauchy and Schwarz.
        """
        radius = self.covering_radius
        assert self.settings is not None
        weights = np.abs(functional.correlators)
        slope = 0.0
        for directions, terms, linear, eta in (
            (self.settings.alice, weights.sum(axis=1), functional.alice, self.purities[0]),
            (self.settings.bob, weights.sum(axis=0), functional.bob, self.purities[1]),
        ):
            moment = (directions * terms[:, None]).T @ directions
            largest = max(0.0, float(np.linalg.eigvalsh(moment)[-1])) + 1e-12 * float(terms.sum())
            slope += eta * (math.sqrt(float(terms.sum()) * largest) + float(np.linalg.norm(linear @ directions)))
        best = self.support(functional).value.upper
        # every entry of the list is within 5·2^-53 of η u·a for the stored direction a, which is off by its rounding
        effect = input_effect(functional, *self.purities, self.settings.rounding) + input_effect(
            functional, 1, 1, 1e-15
        )
        upper = (best + slope * radius + effect) + 1e-9 * slope * radius + 1e-15 * abs(best)
        return min(upper, round_up(trivial_bound(functional)))

    def _enclose(self, functional: Functional, effort: Effort, hint: Hint) -> Support:
        """The maximum over the list: in floating point first, then exactly for the states within its error."""
        states = self.states
        values = values_at(functional, states.alice, states.bob)
        sizes = 3.0 * np.abs(functional.correlators).sum() + np.abs(functional.alice).sum()
        sizes += np.abs(functional.bob).sum() + abs(functional.constant)
        # each term is formed with three roundings, and no more than this many are added: 2^-53 · (count + 8) · Σ|terms|
        count = int(np.count_nonzero(functional.correlators)) + sum(self.shape) + 8
        error = 2.0 * count * 2.0**-53 * float(sizes)
        order = np.argsort(-values, kind="stable")
        near = order[: int(np.searchsorted(-values[order], -(values[order[0]] - 2.0 * error), side="right"))]
        exact = [attained_value(functional, states.alice[k], states.bob[k]) for k in near[:EXACT_CANDIDATES].tolist()]
        best = max(range(len(exact)), key=exact.__getitem__)
        upper = round_up(exact[best])
        if len(near) > EXACT_CANDIDATES:
            upper = max(upper, math.nextafter(float(values[order[0]]) + error, math.inf))
        value = Enclosure(round_down(exact[best]), upper)
        return Support(value, states[int(near[best])], ListProof(), {"nodes": len(states)})

    def propose(
        self, functional: Functional, count: int, *, rng: np.random.Generator, starts: HiddenStates | None = None
    ) -> HiddenStates:
        """The best of the list."""
        self._check(functional)
        values = values_at(functional, self.states.alice, self.states.bob)
        count = min(count, len(values))
        order = np.argpartition(-values, count - 1)[:count]
        return self.states.take(order[np.argsort(-values[order], kind="stable")])

    def contains(self, states: HiddenStates) -> Mask:
        """States of the list, to the last bit."""
        return np.array([row.tobytes() in self._rows for row in _joined(states)], dtype=bool)

    def seeds(self, behaviour: Behaviour, *, antipodal: bool, rng: np.random.Generator) -> HiddenStates:
        """The list, or a part of a long one."""
        if len(self.states) <= MANY_STATES:
            return self.states
        return self.states.take(rng.choice(len(self.states), MANY_STATES, replace=False))

    def rounding_effect(self, functional: Functional) -> float:
        """That of the coefficients alone: the list is what it is."""
        return input_effect(functional, 0.0, 0.0, 0.0)

    def listed(self) -> HiddenStates:
        """The list."""
        return self.states
