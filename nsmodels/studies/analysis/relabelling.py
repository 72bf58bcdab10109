"""Relabellings of outcomes: a source of another Bell state, or a wave plate that turns round, flips signs of outcomes.

Alice's outcomes may be exchanged at each of her settings, which is what the moduli in Σ|C(a_i,b_i) + C(a_i,b_i')|
allow. There are 2^n of them for n settings in use. The data choose one, and the p-value pays for the choice: the
probability that *any* of 2^n tests goes so far is at most the sum of theirs.
"""

from __future__ import annotations

import numpy as np

from ...common.arrays import Array
from ...core.functional import Functional
from .data import Data

__all__ = ["favoured", "flipped"]


def favoured(table: Array, data: Data) -> tuple[Array, int]:
    """The signs of Alice's outcomes for which Σ S_ij C_ij is largest, and how many there were to choose from."""
    worth = (table * np.where(data.known, data.correlators, 0.0)).sum(axis=1)
    used = (table != 0.0).any(axis=1) & data.known.any(axis=1)
    return np.where(worth < 0.0, -1.0, 1.0), 2 ** int(used.sum())


def flipped(functional: Functional, signs: Array) -> Functional:
    """The functional of the relabelled outcomes."""
    return Functional(
        functional.correlators * signs[:, None], functional.alice * signs, functional.bob, functional.constant,
        name=functional.name, source=functional.source, relative_rounding=functional.relative_rounding,
    )  # fmt: skip
