"""What the search for settings asks of a model: how its bounds change as the directions turn.

A law for directions is the same law on all directions, so a movable model can be put on other settings (`at`), its
hidden states come along (`follow`), and h(f) has a derivative with respect to every direction (`settings_gradient`). By
the envelope theorem the maximiser may be held fixed while that is formed. Nothing here is proved; it serves a search.
"""

from __future__ import annotations

from abc import abstractmethod

import numpy as np
from numpy.typing import NDArray

from ..common.arrays import Array
from ..core.functional import Functional
from ..core.hidden_states import HiddenStates
from ..core.settings import Settings
from .hidden_variables import HiddenVariableModel

__all__ = ["MovableModel"]


class MovableModel(HiddenVariableModel):
    """A law for directions, which `nsmodels.design` can exclude on the best settings."""

    exchangeable: bool = False
    """Whether exchanging the parties leaves the law as it is."""

    strength: float = 1.0
    """How large the marginals are beside those of Malus' law: so much smaller are the angles that exclude the law."""

    @abstractmethod
    def at(self, settings: Settings) -> MovableModel:
        """The same law on other settings."""

    def hopeful(self, pairs: NDArray[np.bool_]) -> bool:
        """Whether the singlet on the measured pairs may be out of the model's reach: a quick look, by default a yes.

        A guess that saves time; a no proves nothing.
        """
        return True

    @abstractmethod
    def scatter(self, count: int, rng: np.random.Generator) -> HiddenStates:
        """Hidden states spread at random."""

    @abstractmethod
    def follow(self, functional: Functional, states: HiddenStates, reach: float = 0.05) -> HiddenStates:
        """The local maximiser of f next to each state, in the same order.

        ``states`` may come from other settings: only their hidden vectors count. ``reach``, in units of the marginals,
        is about how far the descent looks.
        """

    @abstractmethod
    def multipliers(self, functional: Functional, states: HiddenStates) -> Array:
        """The derivatives τ_kij in [−1, 1] of |A_i − sgn(S_ij) B_j| at local maximisers, shape (m, n_A, n_B).

        Where a term vanishes τ is a Lagrange multiplier for which the maximiser is stationary.
        """

    @abstractmethod
    def settings_gradient(
        self, functional: Functional, states: HiddenStates, multipliers: Array | None = None
    ) -> tuple[Array, Array]:
        """Derivatives of h(f) with respect to the directions, where each of the given states is the maximiser.

        Parameters
        ----------
        functional : Functional
            Of correlators only; its coefficients stay fixed.
        states : HiddenStates
            Local maximisers, such as `follow` finds.
        multipliers : ndarray, shape (m, n_A, n_B), optional
            Those of the states, if they are known already.

        Returns
        -------
        (ndarray (m, n_A, 3), ndarray (m, n_B, 3))
            Not projected on the tangent planes of the sphere.
        """
