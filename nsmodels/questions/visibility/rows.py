r"""What a decomposition must reproduce, row by row, and how multipliers become a functional: the signs live here.

With noise N and D = P − N the target is C_ij(V) = N_ij + V D_ij on every known pair, and a mixture Σ ρ_λ P_λ of boxes
of the model reproduces it exactly when (arXiv:0801.2241, eq. (7), the correlators C_λ eliminated)

    row "+" of the pair (i, j):    Σ ρ |A_i + B_j| ≤ 1 + N_ij + V D_ij            multiplier y⁺_ij ≥ 0
    row "−" of the pair (i, j):    Σ ρ |A_i − B_j| ≤ 1 − N_ij − V D_ij            multiplier y⁻_ij ≥ 0
    marginals, where matched:      Σ ρ A_i = N_i + V (P_i − N_i), likewise Bob     multipliers z_i, z_j of either sign

and Σ ρ = 1, ρ ≥ 0. The functional that the multipliers stand for is

    f = Σ S_ij C_ij + α·A + β·B,   S = y⁻ − y⁺,   α, β = −z:

its maximum over the model is h(f) = Σ|S| − min_λ [Σ |S_ij| |A_i − sgn(S_ij) B_j| − α·A − β·B], stationarity in V reads
f(P) − f(N) = 1, and every V with a decomposition satisfies f(N) + V (f(P) − f(N)) ≤ h(f).
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

import numpy as np

from ...common.arguments import one_of
from ...common.arrays import Array, Index
from ...core.behaviour import Behaviour
from ...core.functional import Functional
from ...errors import InputError

__all__ = ["Target", "make_target"]

BLOCK = 60_000
"""Settings times states of which sums are formed at once."""


@dataclass(frozen=True, eq=False)
class Target:
    """The rows of the master program.

    Rows are counted 0 … n − 1 for "+" and n … 2n − 1 for "−", n being the number of known pairs. With a symmetry, a row
    is an orbit of these, and its coefficients are means over the orbit.

    Parameters
    ----------
    behaviour, noise : Behaviour
    first, second : ndarray of int, shape (n,)
        Alice's and Bob's settings of the known pairs.
    right, slope : ndarray, shape (rows,)
        A row reads Σ ρ K ≤ right + V slope.
    margin_right, margin_slope : ndarray, shape (p,)
        Matched marginals read Σ ρ m = margin_right + V margin_slope; p = 0 where they are free or vanish by antipodes.
    antipodal : bool
        Whether every hidden state stands for itself and its negation, half the weight each.
    members, offsets : ndarray of int
        Row r collects the pair rows ``members[offsets[r]:offsets[r + 1]]``.
    """

    behaviour: Behaviour
    noise: Behaviour
    first: Index
    second: Index
    right: Array
    slope: Array
    margin_right: Array
    margin_slope: Array
    antipodal: bool
    members: Index
    offsets: Index

    @property
    def n_pairs(self) -> int:
        """Number of known pairs."""
        return len(self.first)

    @property
    def n_rows(self) -> int:
        """Number of inequality rows."""
        return len(self.right)

    @property
    def plain(self) -> bool:
        """Whether rows are single pair rows (no symmetry)."""
        return len(self.members) == self.n_rows

    @property
    def matched(self) -> bool:
        """Whether marginals are reproduced (by equations, or by antipodes because they vanish)."""
        return self.antipodal or len(self.margin_right) > 0

    @property
    def constant(self) -> bool:
        """Whether behaviour and noise are the same wherever they count: then V is 1, or there is none."""
        return not (self.slope.any() or self.margin_slope.any())

    def _pair_rows(self, alice: Array, bob: Array, rows: Index) -> Array:
        pairs = rows % self.n_pairs
        signs = np.where(rows < self.n_pairs, 1.0, -1.0)[:, None]
        return np.abs(alice[self.first[pairs]] + signs * bob[self.second[pairs]])

    def coefficients(self, alice: Array, bob: Array, rows: Index) -> Array:
        """K of the chosen rows for hidden states in columns: alice (n_A, m), bob (n_B, m) → (len(rows), m)."""
        if self.plain:
            return self._pair_rows(alice, bob, rows)
        out = np.empty((len(rows), alice.shape[1]))
        for k, row in enumerate(rows.tolist()):
            members = self.members[self.offsets[row] : self.offsets[row + 1]]
            out[k] = self._pair_rows(alice, bob, members).mean(axis=0)
        return out

    def sums(self, alice: Array, bob: Array, weights: Array, deadline: float = math.inf) -> Array:
        """Σ ρ |A_i ± B_j| of every *pair* row, shape (2 n_pairs,), from alice (n_A, m), bob (n_B, m), weights (m,).

        Raises
        ------
        TimeoutError
            After the deadline (of `time.perf_counter`).
        """
        out = np.zeros(2 * self.n_pairs)
        order = np.argsort(self.first, kind="stable")
        starts = np.searchsorted(self.first[order], np.arange(len(alice) + 1))
        block = max(1, BLOCK // max(len(bob), 1))  # what is formed on the way stays in the processor's cache
        for some in range(0, alice.shape[1], block):
            part = slice(some, some + block)
            first, second, share = alice[:, part], np.ascontiguousarray(bob[:, part]), weights[part]
            space = np.empty_like(second)
            for i in range(len(alice)):
                pairs = order[starts[i] : starts[i + 1]]
                if len(pairs) == 0:
                    continue
                if time.perf_counter() > deadline:
                    raise TimeoutError
                others = second if len(pairs) == len(bob) and self._natural else second[self.second[pairs]]
                room = space[: len(pairs)]
                np.add(others, first[i], out=room)
                out[pairs] += np.abs(room, out=room) @ share
                np.subtract(others, first[i], out=room)
                out[pairs + self.n_pairs] += np.abs(room, out=room) @ share
        return out

    @property
    def _natural(self) -> bool:
        return self.n_pairs == self.behaviour.correlators.size

    def collect(self, pair_rows: Array) -> Array:
        """Means of the pair rows over each row's members, shape (rows,)."""
        if self.plain:
            return pair_rows
        counts = np.diff(self.offsets)
        return np.asarray(np.add.reduceat(pair_rows[self.members], self.offsets[:-1]) / counts, dtype=np.float64)

    def functional(self, rows: Index, y: Array, z: Array) -> Functional:
        """The functional of multipliers y ≥ 0 of the chosen rows and z of the marginals; see the module."""
        full = np.zeros(2 * self.n_pairs)
        if self.plain:
            full[rows] = y
        else:
            for row, value in zip(rows.tolist(), y.tolist(), strict=True):
                members = self.members[self.offsets[row] : self.offsets[row + 1]]
                full[members] = value / len(members)
        table = np.zeros(self.behaviour.shape)
        table[self.first, self.second] = full[self.n_pairs :] - full[: self.n_pairs]
        if len(z) == 0:
            return Functional(table)
        n_alice = self.behaviour.shape[0]
        return Functional(table, -z[:n_alice], -z[n_alice:])


def make_target(
    behaviour: Behaviour,
    noise: Behaviour,
    *,
    marginals: str,
    symmetric_model: bool,
    orbits: Index | None = None,
) -> Target:
    """The rows for a behaviour and a noise.

    Parameters
    ----------
    behaviour, noise : Behaviour
        Of one shape; the noise knows at least the pairs that the behaviour knows.
    marginals : {"match", "free"}
    symmetric_model : bool
        Whether the model contains −m with every m: vanishing marginals are then matched by antipodes, at no cost.
    orbits : ndarray of int, shape (2 n,), optional
        For every pair row, "+" rows first, the number of its orbit under relabellings that leave the problem as it is,
        counted 0, 1, …; used where no marginal needs an equation.

    Raises
    ------
    InputError
        For shapes that differ, pairs that the noise does not know, marginals that only one of the two has.
    """
    if noise.shape != behaviour.shape:
        raise InputError(f"decompose: the noise has shape {noise.shape}, the behaviour {behaviour.shape}")
    missing = behaviour.known & ~noise.known
    if missing.any():
        raise InputError(f"decompose: the noise does not know the pair {np.argwhere(missing)[0].tolist()}; give it")
    one_of(marginals, ("match", "free"), "decompose: marginals")
    first, second = np.nonzero(behaviour.known)
    if len(first) == 0:
        raise InputError("decompose: no pair of settings is known; list at least one in pairs")
    start = noise.correlators[first, second]
    step = behaviour.correlators[first, second] - start
    right = np.concatenate([1.0 + start, 1.0 - start])
    slope = np.concatenate([step, -step])
    given = [x for x in (behaviour.alice, behaviour.bob) if x is not None]
    if marginals == "match" and len(given) == 1:
        raise InputError("decompose: only one party's marginals are given; give both, or marginals = 'free'")
    match = marginals == "match" and len(given) == 2
    antipodal = False
    margin_right, margin_slope = np.zeros(0), np.zeros(0)
    if match:
        assert behaviour.alice is not None
        assert behaviour.bob is not None
        if noise.alice is None or noise.bob is None:
            raise InputError(
                "decompose: the noise needs marginals because those of the behaviour are matched; give them"
            )
        margin_right = np.concatenate([noise.alice, noise.bob])
        margin_slope = np.concatenate([behaviour.alice, behaviour.bob]) - margin_right
        antipodal = symmetric_model and not margin_right.any() and not margin_slope.any()
        if antipodal:
            margin_right, margin_slope = np.zeros(0), np.zeros(0)
    members = np.arange(2 * len(first))
    offsets = np.arange(2 * len(first) + 1)
    target = Target(
        behaviour, noise, first, second, right, slope, margin_right, margin_slope, antipodal, members, offsets
    )
    if orbits is None or len(margin_right) > 0:
        return target
    members = np.argsort(orbits, kind="stable")
    offsets = np.concatenate([[0], np.cumsum(np.bincount(orbits))])
    count = len(offsets) - 1
    collected = Target(
        behaviour, noise, first, second, np.zeros(count), np.zeros(count),
        margin_right, margin_slope, antipodal, members, offsets,
    )  # fmt: skip
    return Target(
        behaviour, noise, first, second, collected.collect(right), collected.collect(slope),
        margin_right, margin_slope, antipodal, members, offsets,
    )  # fmt: skip
