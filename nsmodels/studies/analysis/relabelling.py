"""Relabellings of outcomes: a source of another Bell state, or a wave plate that turns round, flips signs of outcomes.

The party with fewer settings in use may have its outcomes exchanged at each of them, which is what the moduli in
Σ|C(a_i,b_i) + C(a_i,b_i')| allow: 2^n relabellings for n settings. Where both have n, and n is small, both may: that
makes 2^(2n−1), because to exchange all outcomes of both changes no correlator. The data choose one, and the p-value
pays for the choice: the probability that *any* of so many tests goes so far is at most the sum of theirs.
"""

from __future__ import annotations

import itertools

import numpy as np

from ...common.arrays import Array
from ...core.functional import Functional
from .data import Data

__all__ = ["favoured", "flipped"]

MOST_BOTH = 10
"""Settings a side up to which the outcomes of both parties may be exchanged."""


def favoured(table: Array, data: Data) -> tuple[Array, int]:
    """The signs for which Σ S_ij C_ij is largest, Alice's and then Bob's, and how many there were to choose from."""
    worth = table * np.where(data.known, data.correlators, 0.0)
    counted = (table != 0.0) & data.known
    rows, columns = np.flatnonzero(counted.any(axis=1)), np.flatnonzero(counted.any(axis=0))
    alice, bob = (np.ones(n) for n in table.shape)
    n = min(len(rows), len(columns))
    if len(rows) == len(columns) <= MOST_BOTH:
        choices = np.array(list(itertools.product((1.0, -1.0), repeat=max(n - 1, 0))))
        choices = np.column_stack([np.ones(len(choices)), choices])[:, :n]
        sums = choices @ worth[rows]
        best = int(np.abs(sums).sum(axis=1).argmax())
        alice[rows] = choices[best]
        bob[sums[best] < 0.0] = -1.0
        return np.concatenate([alice, bob]), 2 ** max(2 * n - 1, 0)
    if len(rows) <= len(columns):
        alice[worth.sum(axis=1) < 0.0] = -1.0
    else:
        bob[worth.sum(axis=0) < 0.0] = -1.0
    return np.concatenate([alice, bob]), 2**n


def flipped(functional: Functional, signs: Array) -> Functional:
    """The functional of the relabelled outcomes; the signs are Alice's and then Bob's, or Alice's alone."""
    n = functional.shape[0]
    alice, bob = signs[:n], signs[n:] if len(signs) > n else np.ones(functional.shape[1])
    return Functional(
        functional.correlators * np.outer(alice, bob), functional.alice * alice, functional.bob * bob,
        functional.constant, name=functional.name, source=functional.source,
        relative_rounding=functional.relative_rounding,
    )  # fmt: skip
