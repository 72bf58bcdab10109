"""What a model may say about single settings, so that settings which are copies of others can be left out exactly.

A setting with the correlations of another one (or with the opposite ones) needs no rows of its own, provided that its
marginal may be that of the other one (or the opposite) in every hidden state: the box conditions of arXiv:0801.2241,
eq. (7), go over into each other under (A_i, C_ij) → (−A_i, −C_ij). Whether it may is a question to the model.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ..common.arrays import Array, Index
from ..core.hidden_states import HiddenStates

__all__ = ["Copies", "Reducible", "says"]


@dataclass(frozen=True, eq=False)
class Copies:
    """Where the settings of a table come from when only some of them are kept.

    Parameters
    ----------
    kept : pair of ndarray of int
        Alice's and Bob's settings that are kept, in increasing order.
    source : pair of ndarray of int, shapes (n_A,) and (n_B,)
        For every setting the number, among those kept, of the one that it copies; −1: it copies none.
    signs : pair of ndarray, shapes (n_A,) and (n_B,)
        1 or −1: whether it copies that setting or its opposite; 0 for settings that copy none.
    """

    kept: tuple[Index, Index]
    source: tuple[Index, Index]
    signs: tuple[Array, Array]

    def spread(self, marginals: Array, party: int, rest: float) -> Array:
        """Marginals (m, n) of all settings from those (m, kept) of the ones that are kept; ``rest``: copies of none."""
        source, signs = self.source[party], self.signs[party]
        return np.where(source < 0, rest, signs * marginals[:, source]) + 0.0


class Reducible:
    """The questions about single settings. By default a model does not answer, and nothing is left out."""

    def likeness(self, party: int) -> Array | None:
        """A row of numbers for every setting of Alice (0) or Bob (1), by which the model tells settings apart.

        Settings with equal rows may have equal marginals in every state, those with opposite rows opposite ones; rows
        of no numbers: the model is blind to directions. None: not known.
        """
        return None

    def extended(self, states: HiddenStates, copies: Copies) -> HiddenStates:
        """States of this model from states of the restricted one; copies of none get a free value, if there is one."""
        rest = self.free_values()[0] if self.free_values() else 0.0
        return replace(states, alice=copies.spread(states.alice, 0, rest), bob=copies.spread(states.bob, 1, rest))

    def free_values(self) -> tuple[float, ...]:
        """Values of mean 0 that the marginal of any setting may take, whatever the other marginals are; () if none."""
        return ()


def says(model: Reducible) -> bool:
    """Whether the model's own class answers; what it inherits from another model need not hold for it."""
    return {"likeness", "restricted"} <= vars(type(model)).keys()
