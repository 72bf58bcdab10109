"""The linear program over boxes: Σ s p, without signalling, of given marginals of single parties or of any; exactly.

Between two parties boxes of given marginals are one transport problem for each pair of settings.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..core.general_scenario import Scenario
from ..engines.solvers.exact_simplex import exact_maximum
from ..engines.transport import transported
from ..errors import InputError, SolverError
from .states import Dual, Exact

__all__ = ["MOST_PROGRAM", "Marginals", "Rows", "best_of_marginals", "independent", "numbers"]

Marginals = tuple[tuple[tuple[Fraction, ...], ...], ...]
"""For each party and setting the probabilities of its outcomes."""
MOST_PROGRAM = 4_000_000
"""Rows times columns of a linear program that is solved exactly."""
Key = tuple[int, ...]


def numbers(scenario: Scenario) -> NDArray[np.int64]:
    """The number of each entry of a table, −1 where there is none."""
    exists = scenario.exists()
    found = np.full(exists.shape, -1)
    found[exists] = np.arange(int(exists.sum()))
    return found


@dataclass(frozen=True, eq=False)
class Rows:
    """Equations over the entries of a box: what vanishes without signalling, and marginals or the total.

    Parameters
    ----------
    scenario : Scenario
    given : bool
        Whether the marginals of all single parties are given; else the total of the first block is.
    """

    scenario: Scenario
    given: bool = False

    @cached_property
    def _all(self) -> tuple[Exact, list[tuple[str, Key, Key]]]:
        """The equations, and what each one is: ("price", party with outcome, settings) or ("shift", …)."""
        scenario = self.scenario
        shape, parties, number = scenario.shape, len(scenario.outcomes), numbers(scenario)
        rows: list[tuple[list[int], list[int]]] = []
        keys: list[tuple[str, Key, Key]] = []
        if self.given:
            for k, counts in enumerate(scenario.outcomes):
                for x, n in enumerate(counts):
                    for a in range(n):
                        settings = tuple(x if j == k else 0 for j in range(parties))
                        block: Any = (*(a if j == k else slice(None) for j in range(parties)), *settings)
                        rows.append((_there(number[block]), []))
                        keys.append(("price", (k, a), settings))
        else:
            first: Any = (*[slice(None)] * parties, *[0] * parties)
            rows.append((_there(number[first]), []))
            keys.append(("price", (0,), (0,) * parties))
        size = sum(
            (len(counts) - 1) * math.prod(n for j, n in enumerate(shape) if j not in (k, parties + k))
            for k, counts in enumerate(scenario.outcomes)
        )
        if (size + len(rows)) * len(scenario.cells) > MOST_PROGRAM:
            what = f"a linear program of {size} equations for {len(scenario.cells)} probabilities"
            raise InputError(f"general: {what} is too large to be solved exactly; use fewer settings or outcomes")
        for k, counts in enumerate(scenario.outcomes):
            others = [range(n) for j, n in enumerate(shape[:parties]) if j != k]
            settings_of = [range(n) for j, n in enumerate(shape[parties:]) if j != k]
            for x in range(1, len(counts)):
                for rest, y in product(product(*others), product(*settings_of)):
                    places: Any = [(*rest[:k], slice(None), *rest[k:], *y[:k], own, *y[k:]) for own in (0, x)]
                    ends = [_there(number[place]) for place in places]
                    if ends[0]:
                        rows.append((ends[0], ends[1]))
                        keys.append(("shift", (k, *rest), (*y[:k], x, *y[k:])))
        A = np.zeros((len(rows), len(scenario.cells)), dtype=object)
        for row, (plus, minus) in zip(A, rows):
            row[plus], row[minus] = 1, -1
        return A, keys

    @cached_property
    def kept(self) -> list[int]:
        """Equations that are independent; whether the others follow from them is seen afterwards."""
        return independent(self._all[0])

    @property
    def table(self) -> Exact:
        """All equations."""
        return self._all[0]

    def right(self, marginals: Marginals | None) -> Exact:
        """What the equations equal."""
        wanted = []
        for what, own, settings in self._all[1]:
            if what == "shift":
                wanted.append(Fraction(0))
            else:
                wanted.append(Fraction(1) if marginals is None else marginals[own[0]][settings[own[0]]][own[1]])
        return np.array(wanted, dtype=object)

    def dual(self, multipliers: Sequence[Fraction]) -> Dual:
        """The multipliers of the equations that are kept, as `Dual` has them."""
        found = Dual.zero(self.scenario)
        for r, y in zip(self.kept, multipliers):
            what, own, settings = self._all[1][r]
            if not y:
                continue
            if what == "price" and self.given:
                found.prices[own[0]][(own[1], *settings)] += y
            elif what == "price":
                everywhere: Any = (slice(None), *settings)
                found.prices[0][everywhere] += y
            else:
                k, others = own[0], own[1:]
                found.shifts[k][(*others, *settings[:k], 0, *settings[k + 1 :])] += y
                found.shifts[k][(*others, *settings)] -= y
        return found

    def best(
        self, integers: Exact, marginals: Marginals | None = None, deadline: float = math.inf
    ) -> tuple[Fraction, tuple[Fraction, ...], Dual]:
        """The largest Σ s p for integers s, the box, and the multipliers that prove it.

        Raises
        ------
        TimeoutError
            If time is up.
        """
        b = self.right(marginals)
        scale = math.lcm(*(x.denominator for x in b))
        right = np.array([int(x * scale) for x in b], dtype=object)
        answer = exact_maximum(self.table[self.kept], right[self.kept], integers, deadline=deadline)
        if answer is None:
            raise TimeoutError
        if answer.x is None:
            raise SolverError("general: the linear program has no solution: this is not an answer")
        box = np.array([x / scale for x in answer.x], dtype=object)
        if (self.table @ box - b).any():
            raise SolverError("general: equations that were left out do not follow: this is not an answer")
        return Fraction(integers @ box), tuple(box), self.dual(answer.y)


def _there(places: NDArray[np.int64] | np.int64) -> list[int]:
    return [int(x) for x in np.ravel(places) if x >= 0]


def independent(A: Exact) -> list[int]:
    """Rows that are independent modulo a prime, the first ones; whether others follow from them is seen afterwards."""
    prime = 2**31 - 1
    basis: list[tuple[int, NDArray[np.int64]]] = []
    kept = []
    for r, row in enumerate(np.asarray(A, dtype=np.int64) % prime):
        rest = row.copy()
        for pivot, known in basis:
            if rest[pivot]:
                rest = (rest - rest[pivot] * known) % prime
        places = np.flatnonzero(rest)
        if places.size:
            pivot = int(places[0])
            basis.append((pivot, rest * pow(int(rest[pivot]), -1, prime) % prime))
            kept.append(r)
    return kept


def best_of_marginals(
    rows: Rows, integers: Exact, marginals: Marginals, deadline: float = math.inf
) -> tuple[Fraction, tuple[Fraction, ...], Dual]:
    """The largest Σ s p over boxes of given marginals, the box, and the multipliers that prove it.

    Raises
    ------
    TimeoutError
        If time is up.
    """
    if time.perf_counter() > deadline:
        raise TimeoutError
    scenario = rows.scenario
    if len(scenario.outcomes) != 2:
        return rows.best(integers, marginals, deadline)
    number, found = numbers(scenario), Dual.zero(scenario)
    box = [Fraction(0)] * len(scenario.cells)
    total = Fraction(0)
    scale = math.lcm(*(p.denominator for party in marginals for own in party for p in own))
    whole = [[[int(p * scale) for p in own] for own in party] for party in marginals]
    for x, n in enumerate(scenario.outcomes[0]):
        for y, m in enumerate(scenario.outcomes[1]):
            places = number[:n, :m, x, y].tolist()
            gain = [[integers[k] for k in line] for line in places]
            sent, first, second = transported(gain, whole[0][x], whole[1][y])
            for line, amounts in zip(places, sent):
                for k, amount in zip(line, amounts):
                    box[k] = Fraction(amount, scale)
            for party, setting, prices in ((0, x, first), (1, y, second)):
                found.prices[party][: len(prices), x, y] = [Fraction(price) for price in prices]
                total += sum((price * p for price, p in zip(prices, marginals[party][setting])), Fraction(0))
    return total, tuple(box), found
