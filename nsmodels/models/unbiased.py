"""The unbiased model: no hidden state prefers an outcome, m = 0, and every correlator is free.

h(f) = k + Σ|S_ij|, in closed form.

Sources: the one-PR-box simulation of Cerf, Gisin, Massar, Popescu, PRL 94, 220403 (2005), quant-ph/0410027, has such
hidden states; arXiv:0801.2241, ref. 15.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from ..common.arrays import Array
from ..core.behaviour import Behaviour
from ..core.effort import Effort, Hint
from ..core.enclosure import Enclosure
from ..core.functional import Functional
from ..core.hidden_states import HiddenStates
from ..core.proof import ClosedFormProof
from .base import ShapedModel, Support
from .hidden_variables import HiddenVariableModel, Mask

__all__ = ["Unbiased"]


class Unbiased(ShapedModel, HiddenVariableModel):
    """Hidden states with vanishing marginals.

    Parameters
    ----------
    shape : (int, int)
        Numbers of settings, or give ``settings=`` to take them from there.
    """

    name = "unbiased"
    symmetric = True

    def likeness(self, party: int) -> NDArray[np.float64]:
        """Rows of no numbers: the model is blind to directions."""
        return np.zeros((self.shape[party], 0))

    def restricted(self, alice: NDArray[np.intp], bob: NDArray[np.intp]) -> Unbiased:
        """The same model of fewer settings."""
        return Unbiased((len(alice), len(bob)))

    def free_values(self) -> tuple[float, ...]:
        """Every setting has 0."""
        return (0.0,)

    def _enclose(self, functional: Functional, effort: Effort, hint: Hint) -> Support:
        """Add up k + Σ|S_ij| exactly."""
        total = Fraction(functional.constant)
        total += sum((Fraction(abs(s)) for s in functional.correlators.ravel().tolist()), Fraction(0))
        state = self.listed()[0]
        value = Enclosure.around(total)
        return Support(value, state, ClosedFormProof())

    def propose(
        self, functional: Functional, count: int, *, rng: np.random.Generator, starts: HiddenStates | None = None
    ) -> HiddenStates:
        """The only hidden state there is."""
        self._check(functional)
        return self.listed()

    def contains(self, states: HiddenStates) -> Mask:
        """States without any marginal."""
        return np.asarray(~(states.alice.any(axis=1) | states.bob.any(axis=1)))

    def seeds(self, behaviour: Behaviour, *, antipodal: bool, rng: np.random.Generator) -> HiddenStates:
        """The only hidden state there is."""
        return self.listed()

    def invariants(self) -> Sequence[tuple[Array, Array]]:
        """Any relabelling leaves the model as it is."""
        return ()

    def listed(self) -> HiddenStates:
        """The vanishing marginals."""
        return HiddenStates(np.zeros((1, self.shape[0])), np.zeros((1, self.shape[1])))
