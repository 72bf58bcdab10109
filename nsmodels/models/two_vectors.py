"""What laws for a hidden vector u of Alice's and v of Bob's have in common: `Leggett` and `Law`."""

from __future__ import annotations

from abc import abstractmethod
from fractions import Fraction
from typing import Any

import numpy as np

from ..common.arrays import Array
from ..common.interrupts import held
from ..core.effort import Effort, Hint
from ..core.functional import Functional
from ..core.hidden_states import HiddenStates
from ..core.settings import Settings
from ..errors import InputError
from .base import Given, Support
from .copies import Copies
from .hidden_variables import Mask
from .leggett_states import random_units
from .movable import MovableModel
from .turns import carrying
from .values import best_first

__all__ = ["TwoVectors"]


class TwoVectors(MovableModel):
    """A model whose hidden states are pairs of unit vectors, and the marginals functions of u·a_i and v·b_j."""

    settings: Settings
    smooth = True
    refutable = True

    @abstractmethod
    def states(self, u: Array, v: Array) -> HiddenStates:
        """The hidden states of given unit vectors, shape (m, 3) each."""

    @abstractmethod
    def _searched(self, functional: Functional, effort: Effort, hint: Hint) -> Support:
        """Enclose h(f) by branch and bound."""

    @property
    def shape(self) -> tuple[int, int]:
        """Numbers of settings (n_A, n_B)."""
        return self.settings.shape

    def restored(self, *, alice: Given = None, bob: Given = None, u: Given = None, v: Given = None) -> HiddenStates:
        """The hidden states of unit vectors."""
        if u is None or v is None:
            raise InputError(f"{self.name}: a hidden state without its vectors; give u and v")
        return self.states(np.asarray(u, dtype=np.float64), np.asarray(v, dtype=np.float64))

    def extended(self, states: HiddenStates, copies: Copies) -> HiddenStates:
        """The law, for all directions."""
        assert states.u is not None
        assert states.v is not None
        return self.states(states.u, states.v)

    def _enclose(self, functional: Functional, effort: Effort, hint: Hint) -> Support:
        """Enclose h(f) by branch and bound over the spheres."""
        with held():  # what the search has proved is put together undisturbed
            return self._searched(functional, effort, hint)

    @staticmethod
    def _search(effort: Effort, hint: Hint, top: Fraction) -> dict[str, Any]:
        """What a search for the minimum of G, where h(f) = top − min G, is told besides its limits."""
        starts = hint.starts
        return {
            "seed": effort.seed,
            "refuted_below": float(top) - hint.refuted_above,
            "starts": None if starts is None or starts.u is None or starts.v is None else (starts.u, starts.v),
            "progress": effort.below(float(top)),
        }

    def guess(self, functional: Functional, rng: np.random.Generator) -> HiddenStates:
        """The best of some random states: it needs no kernels, whose compilation may have been interrupted."""
        states = self.states(random_units(256, rng), random_units(256, rng))
        return best_first(functional, states, 1)

    def contains(self, states: HiddenStates) -> Mask:
        """States with unit vectors whose marginals are those of the law, both within 1e-9: others are not shown."""
        if states.u is None or states.v is None:
            return np.zeros(len(states), dtype=bool)
        own = self.states(states.u, states.v)
        assert own.v is not None
        missed = np.abs(own.alice - states.alice).max(axis=1) + np.abs(own.bob - states.bob).max(axis=1)
        missed = missed + np.abs(own.v - states.v).max(axis=1)
        for vectors in (states.u, states.v):
            missed = missed + np.abs(np.linalg.norm(vectors, axis=1) - 1.0)
        return np.asarray(missed <= 1e-9)

    def relabelled(self, states: HiddenStates, relabelling: Any) -> HiddenStates:
        """The images, with the hidden vectors turned by the rotations that carry the relabelling."""
        images = super().relabelled(states, relabelling)
        if states.u is None or states.v is None:
            return images
        u = states.u @ carrying(self.settings.alice, relabelling.alice, relabelling.alice_signs).T
        v = states.v @ carrying(self.settings.bob, relabelling.bob, relabelling.bob_signs).T
        return HiddenStates(images.alice, images.bob, u, v)

    def scatter(self, count: int, rng: np.random.Generator) -> HiddenStates:
        """Random hidden states, half of them with v = −u, which suits correlators like the singlet's."""
        u, v = random_units(count, rng), random_units(count, rng)
        v[count // 2 :] = -u[count // 2 :]
        return self.states(u, v)

    @abstractmethod
    def _steepness(self, u: Array, v: Array) -> tuple[Array | float, Array | float]:
        """Derivatives F'(u·a_i) and H'(v·b_j) of the marginals, shapes (m, n_A) and (m, n_B), or what they all are."""

    def settings_gradient(
        self, functional: Functional, states: HiddenStates, multipliers: Array | None = None
    ) -> tuple[Array, Array]:
        """∂h/∂a_i = −F'(u·a_i) u Σ_j |S_ij| τ_ij and ∂h/∂b_j = H'(v·b_j) v Σ_i S_ij τ_ij; see `MovableModel`."""
        assert states.u is not None
        assert states.v is not None
        tau = self.multipliers(functional, states) if multipliers is None else multipliers
        steep_a, steep_b = self._steepness(states.u, states.v)
        rows = steep_a * np.einsum("ij,kij->ki", np.abs(functional.correlators), tau)
        columns = steep_b * np.einsum("ij,kij->kj", functional.correlators, tau)
        return -rows[:, :, None] * states.u[:, None, :], columns[:, :, None] * states.v[:, None, :]
