"""Settings that are copies of others, or unknown, are left out before the search and put back after it.

A setting may go where a model of the table without it extends to it, so that both tables have the same visibilities:

- a copy: on its known pairs it has the correlations of another setting of its party, with behaviour and noise alike, or
  the opposite ones, and the model lets it have that setting's marginal, or the opposite one (`Reducible.likeness`);
- a setting without any known pair, where its marginal is not asked for;
- a setting all of whose mean values vanish, with behaviour and noise alike, where the model has marginals that are free
  of each other (`Reducible.free_values`): every state is split evenly among these values.

Only the search sees the smaller table. What it proposes is put back (`Reduction.functional`, `Reduction.extended`) and
proved about the whole one, so that tables which agree within rounding errors may be taken for equal here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...common.arrays import Array, Index, Mask
from ...core.behaviour import Behaviour
from ...core.functional import Functional
from ...models.copies import Copies, says
from ...models.hidden_variables import HiddenVariableModel
from .rows import Target
from .states import Columns

__all__ = ["Reduction", "find_reduction"]


SLACK = 1e-15
"""Distance of numbers that are products of unit vectors in another order, beside the stated rounding."""
MOST_COMPARISONS = 20_000_000
"""Numbers that are compared, at most, to find settings whose known pairs are some of another's."""


@dataclass(frozen=True, eq=False)
class Reduction:
    """A problem with fewer settings, and the way back.

    Parameters
    ----------
    whole : sequence of HiddenVariableModel
        The parts of the model of all settings.
    parts : sequence of HiddenVariableModel
        The same for the settings that are kept.
    behaviour, noise : Behaviour
        Of the settings that are kept.
    copies : Copies
    zeros : pair of ndarray of int
        Settings that copy none because all their mean values vanish.
    """

    whole: Sequence[HiddenVariableModel]
    parts: Sequence[HiddenVariableModel]
    behaviour: Behaviour
    noise: Behaviour
    copies: Copies
    zeros: tuple[Index, Index]

    def functional(self, functional: Functional) -> Functional:
        """The same functional of all settings: settings that were left out do not occur in it."""
        alice, bob = self.copies.kept
        table = np.zeros((len(self.copies.source[0]), len(self.copies.source[1])))
        table[np.ix_(alice, bob)] = functional.correlators
        sides = np.zeros(table.shape[0]), np.zeros(table.shape[1])
        sides[0][alice], sides[1][bob] = functional.alice, functional.bob
        return Functional(table, *sides, functional.constant)

    def restricted(self, columns: Columns) -> Columns:
        """States of the whole model, cut."""
        alice, bob = self.copies.kept
        return Columns(columns.alice[alice], columns.bob[bob], columns.u, columns.v, columns.part)

    def extended(self, columns: Columns, weights: Array) -> tuple[Columns, Array]:
        """States of the whole model, with their weights (doubles, or fractions as objects)."""
        items: list[Columns] = []
        shares: list[Array] = []
        for k, part in enumerate(self.whole):
            mine = columns.part == k
            if not mine.any():
                continue
            cut = columns.take(mine)
            states = part.extended(columns.states(k), self.copies)
            choices = self._split(part)
            for alice, bob in choices:
                marginals = [np.array(states.alice.T), np.array(states.bob.T)]
                for side, zeros, value in zip(marginals, self.zeros, (alice, bob), strict=True):
                    side[zeros] = value
                items.append(Columns(marginals[0], marginals[1], cut.u, cut.v, cut.part))
                shares.append(weights[mine] / len(choices))
        return Columns.join(items), np.concatenate(shares)

    def _split(self, part: HiddenVariableModel) -> list[tuple[float, float]]:
        """Alice's and Bob's value of the settings whose mean values vanish: choices of equal weight."""
        values = part.free_values() or (0.0,)
        sides = [values if len(zeros) else (0.0,) for zeros in self.zeros]
        return [(x, y) for x in sides[0] for y in sides[1]]


@dataclass
class _Side:
    """One party's settings, and what a copy must have in common with another one, up to one sign for all of it.

    ``tables`` (k, n, m) are correlators, ``rows`` (n, r) all other numbers. ``source`` and ``signs`` are as in
    `Copies`, but in the numbers of all settings.
    """

    tables: Array
    known: Mask
    rows: Array
    slack: float

    def __post_init__(self) -> None:
        count = len(self.known)
        self.kept = np.ones(count, dtype=bool)
        self.source, self.signs = np.full(count, -1, dtype=np.intp), np.zeros(count)
        self.zeros = np.zeros(count, dtype=bool)

    def drop(self, chosen: Mask) -> None:
        """Leave settings out that copy none; one stays in any case."""
        if chosen[self.kept].all():
            chosen = chosen.copy()
            chosen[np.argmax(self.kept)] = False
        self.kept &= ~chosen

    def drop_zeros(self, numbers: Array) -> None:
        """Leave settings out all of whose mean values vanish: correlators, and the given numbers."""
        before = self.kept.copy()
        self.drop(~((self.tables != 0.0) & self.known).any(axis=(0, 2)) & ~numbers.any(axis=1))
        self.zeros = before & ~self.kept

    def _copies(self, k: int, i: int, others: Mask) -> bool:
        """Whether setting k copies setting i on the known pairs of k; if so it is left out."""
        pairs = self.known[k] & others
        if (pairs & ~self.known[i]).any():
            return False
        mine, its = self.tables[:, k, pairs], self.tables[:, i, pairs]
        for sign in (1.0, -1.0):
            off = float(np.abs(mine - sign * its).max(initial=0.0))
            if max(off, float(np.abs(self.rows[k] - sign * self.rows[i]).max(initial=0.0))) <= self.slack:
                self.source[k], self.signs[k], self.kept[k] = i, sign, False
                return True
        return False

    def find_copies(self, others: Mask) -> None:
        """Find settings that copy another one, looking at the other party's settings ``others`` alone.

        Numbers that are equal up to a sign have equal moduli of any scalar product, by which candidates are found.
        """
        settings, known = np.flatnonzero(self.kept), self.known & others
        numbers = np.hstack([*np.where(known, self.tables, 0.0), self.rows])[settings]
        heights = np.abs(numbers @ np.random.default_rng(0).normal(size=numbers.shape[1]))
        order = np.argsort(heights, kind="stable")
        apart = np.diff(heights[order]) > (8.0 * self.slack + 1e-14) * numbers.shape[1]
        for group in np.split(settings[order], np.flatnonzero(apart) + 1):
            first: list[int] = []
            for k in np.sort(group).tolist():
                if not any(np.array_equal(known[k], known[i]) and self._copies(k, i, others) for i in first):
                    first.append(k)
        rest = np.flatnonzero(self.kept)
        if known[rest][:, others].all() or len(rest) ** 2 * numbers.shape[1] > MOST_COMPARISONS:
            return
        fewest_first = rest[np.argsort(known[rest].sum(axis=1), kind="stable")].tolist()
        for place, k in enumerate(fewest_first):
            any(self._copies(k, i, others) for i in reversed(fewest_first[place + 1 :]))

    def settled(self) -> tuple[Index, Index, Array]:
        """The settings that are kept; of every setting the source among them, and the sign."""
        kept = np.flatnonzero(self.kept)
        source, signs = np.full(len(self.kept), -1, dtype=np.intp), np.zeros(len(self.kept))
        for k in range(len(self.kept)):
            i, sign = k, 1.0
            while not self.kept[i] and self.source[i] >= 0:  # a copy of a copy
                i, sign = int(self.source[i]), sign * float(self.signs[i])
            if self.kept[i]:
                source[k], signs[k] = np.searchsorted(kept, i), sign
        return kept, source, signs


def find_reduction(target: Target, parts: Sequence[HiddenVariableModel]) -> Reduction | None:
    """The settings that may be left out, or None where there are none or a part of the model does not say.

    Parameters
    ----------
    target : Target
        Without symmetry.
    parts : sequence of HiddenVariableModel
        The flattened model.
    """
    if not all(says(part) for part in parts):
        return None
    behaviour, noise, free = target.behaviour, target.noise, all(part.free_values() for part in parts)
    equations = len(target.margin_right) > 0
    slack = 2.0 * max(behaviour.rounding, noise.rounding) + (0.0 if equations else SLACK)
    sides: list[_Side] = []
    for party in (0, 1):
        alike = [part.likeness(party) for part in parts]
        means = np.zeros((behaviour.shape[party], 0))
        if equations:
            mine = slice(0, behaviour.shape[0]) if party == 0 else slice(behaviour.shape[0], None)
            means = np.stack([target.margin_right[mine], target.margin_slope[mine]], axis=1)
        rows = np.hstack([means, *(x for x in alike if x is not None)])
        tables = np.stack([x.correlators.T if party else x.correlators for x in (behaviour, noise)])
        side = _Side(tables, behaviour.known.T if party else behaviour.known, rows, slack)
        if len([x for x in alike if x is not None]) < len(parts):
            return None
        if not equations and all(part.free_values() or "extended" in vars(type(part)) for part in parts):
            side.drop(np.asarray(~side.known.any(axis=1)))
        if free:
            side.drop_zeros(means)
        sides.append(side)
    count = -1
    while count != (count := sum(int(side.kept.sum()) for side in sides)):
        for side, other in (sides, sides[::-1]):
            side.find_copies(other.kept)
    if all(side.kept.all() for side in sides):
        return None
    return _reduction(target, parts, sides)


def _reduction(target: Target, parts: Sequence[HiddenVariableModel], sides: Sequence[_Side]) -> Reduction | None:
    alice, bob = (side.settled() for side in sides)
    copies = Copies((alice[0], bob[0]), (alice[1], bob[1]), (alice[2], bob[2]))
    chosen = np.ix_(alice[0], bob[0])
    small = [part.restricted(alice[0], bob[0]) for part in parts]
    known = target.behaviour.known[chosen]
    if not known.any() or any(part is None for part in small):
        return None

    def cut(behaviour: Behaviour) -> Behaviour:
        means = [None if x is None else x[i] for x, i in ((behaviour.alice, alice[0]), (behaviour.bob, bob[0]))]
        return Behaviour(behaviour.correlators[chosen], *means, known=known, rounding=behaviour.rounding)

    return Reduction(
        parts, [part for part in small if part is not None], cut(target.behaviour), cut(target.noise), copies,
        (np.flatnonzero(sides[0].zeros), np.flatnonzero(sides[1].zeros)),
    )  # fmt: skip
