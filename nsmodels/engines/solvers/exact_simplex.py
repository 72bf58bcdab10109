"""Linear programs solved exactly: a basis that HiGHS proposes, and integer pivoting from there.

    maximise c·x   subject to   A x = b,  x ≥ 0,   all entries integers.

HiGHS names a basis in floating point. The inverse of that basis is formed in integers over one common denominator
(Edmonds' pivoting: every division is exact), and the few pivots that floating point got wrong are made up for: first
the dual simplex method restores x ≥ 0 with the costs out of the way, then the primal simplex method restores the costs.
Both end, because ties are broken by the least index after a while (Bland). What comes out is a theorem: an optimal
vertex with its multipliers, or multipliers y with y·A ≤ 0 on every column and y·b > 0, so that no x exists (Farkas).

Source: J. Edmonds, J. Res. Natl. Bur. Stand. B 71, 241 (1967); R. G. Bland, Math. Oper. Res. 2, 103 (1977).
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from ...errors import SolverError
from .lp import proposed_basis

__all__ = ["ExactAnswer", "exact_maximum"]

Integers = NDArray[np.object_]

GREEDY = 60
"""Pivots that go by the largest entry; later ones go by the least index, which cannot cycle."""


@dataclass(frozen=True, eq=False)
class ExactAnswer:
    """A vertex that is optimal, or a proof that there is none.

    Parameters
    ----------
    x : list of Fraction or None
        The optimal vertex; None where no x ≥ 0 has A x = b.
    y : list of Fraction
        Multipliers: y·A ≥ c and y·b = c·x where there is a vertex, else y·A ≤ 0 and y·b > 0.
    """

    x: list[Fraction] | None
    y: list[Fraction]


def exact_maximum(A: Integers, b: Integers, c: Integers, *, deadline: float = math.inf) -> ExactAnswer | None:
    """Solve a bounded linear program exactly; None where time is up.

    Parameters
    ----------
    A, b, c : ndarray of int (Python's, dtype object), shapes (m, n), (m,) and (n,)
    deadline : float
        `time.perf_counter` value.

    Raises
    ------
    SolverError
        If the program is unbounded.
    """
    basis = _Basis(A, b, c, deadline)
    try:
        basis.begin(_proposed_basis(A, b, c))
        farkas = basis.consistent()
        if farkas is None:
            farkas = basis.feasible()
        if farkas is not None:
            return ExactAnswer(None, farkas)
        basis.optimal()
        return ExactAnswer(basis.vertex(), basis.multipliers())
    except TimeoutError:
        return None


def _proposed_basis(A: Integers, b: Integers, c: Integers) -> list[int]:
    """Basic columns of the same program in floating point, every column, b and c scaled to about 1."""
    columns = [_size(column) for column in A.T]
    scale, height = _size(b), _size(c)  # costs may be too large for a double
    table = np.array([[float(Fraction(x, s)) for x, s in zip(row, columns)] for row in A])
    right = np.array([float(Fraction(x, scale)) for x in b])
    cost = np.array([float(Fraction(x, s * height)) for x, s in zip(c, columns)])
    return proposed_basis(table, right, cost)


def _size(entries: Integers) -> int:
    """The power of two next to the largest entry."""
    return 1 << max(max((abs(int(x)).bit_length() for x in entries), default=1) - 1, 0)


class _Basis:
    """B⁻¹ and B⁻¹ b as integers over one denominator; a row without a basic column keeps its own unit column."""

    def __init__(self, A: Integers, b: Integers, c: Integers, deadline: float) -> None:
        self.A, self.c = A, c
        self.m, self.n = A.shape
        self.table = np.zeros((self.m, self.m + 1), dtype=object)
        for k in range(self.m):
            self.table[k, k] = 1
        self.table[:, -1] = b
        self.denominator = 1
        self.basic = [-1] * self.m
        self.deadline = deadline

    def _column(self, column: int) -> Integers:
        """B⁻¹ A of one column, over the denominator."""
        used = np.flatnonzero(self.A[:, column] != 0)
        return np.asarray(self.table[:, used] @ self.A[used, column])

    def _row(self, row: int) -> Integers:
        """A row of B⁻¹ A, over the denominator."""
        used = np.flatnonzero(self.table[row, :-1] != 0)
        return np.asarray(self.table[row, used] @ self.A[used])

    def _multipliers(self, c: Integers) -> Integers:
        """The multipliers y = c_B B⁻¹, over the denominator."""
        cost = np.array([c[k] if k >= 0 else 0 for k in self.basic], dtype=object)
        return np.asarray(cost @ self.table[:, :-1])

    def _reduced(self, c: Integers) -> Integers:
        """The reduced costs y·A − c, over the denominator."""
        return np.asarray(self._multipliers(c) @ self.A - c * self.denominator)

    def _pivot(self, row: int, column: int, entries: Integers) -> None:
        """Let a column become basic in a row, given B⁻¹ A of the column."""
        if time.perf_counter() > self.deadline:
            raise TimeoutError
        sign = 1 if entries[row] > 0 else -1  # the denominator stays positive
        p, lead = abs(entries[row]), sign * self.table[row]
        self.table *= p
        active = np.flatnonzero(entries != 0)
        self.table[active] -= entries[active, None] * lead[None, :]
        self.table //= self.denominator
        self.table[row] = lead
        self.denominator = p
        self.basic[row] = column

    def begin(self, columns: list[int]) -> None:
        """Make the proposed columns basic, as far as they are independent."""
        for column in columns:
            entries = self._column(column)
            free = [r for r in range(self.m) if self.basic[r] < 0 and entries[r] != 0]
            if free:
                self._pivot(min(free, key=lambda r: abs(entries[r])), column, entries)

    def consistent(self) -> list[Fraction] | None:
        """Give every row a basic column or find it empty; Farkas' multipliers where 0 = something is left."""
        for r in range(self.m):
            if self.basic[r] >= 0:
                continue
            nonzero = np.flatnonzero(self._row(r) != 0)
            if len(nonzero):
                self._pivot(r, int(nonzero[0]), self._column(int(nonzero[0])))
            elif self.table[r, -1] != 0:
                sign = 1 if self.table[r, -1] > 0 else -1
                return [Fraction(sign * x) for x in self.table[r, :-1]]
        return None

    def feasible(self) -> list[Fraction] | None:
        """Reach x ≥ 0 by the dual simplex method, costs lowered where they are in the way; or Farkas' multipliers."""
        lowered = np.minimum(self._multipliers(self.c) @ self.A, self.c * self.denominator)
        steps = 0
        while True:
            negative = [r for r in range(self.m) if self.table[r, -1] < 0]
            if not negative:
                return None
            steps += 1
            by_size, by_index = (lambda r: self.table[r, -1]), (lambda r: self.basic[r])
            row = min(negative, key=by_size if steps < GREEDY else by_index)
            entries = self._row(row)
            possible = np.flatnonzero(entries < 0)
            if len(possible) == 0:
                return [Fraction(-x) for x in self.table[row, :-1]]
            reduced = self._reduced(lowered)
            column = min((Fraction(reduced[k], -entries[k]), int(k)) for k in possible)[1]
            self._pivot(row, column, self._column(column))

    def optimal(self) -> None:
        """Reach the optimum by the primal simplex method from a vertex."""
        steps = 0
        while True:
            reduced = self._reduced(self.c)
            negative = np.flatnonzero(reduced < 0)
            if len(negative) == 0:
                return
            steps += 1
            column = int(negative[0] if steps >= GREEDY else min(negative, key=lambda k: reduced[k]))
            entries = self._column(column)
            rows = [r for r in range(self.m) if entries[r] > 0]
            if not rows:
                raise SolverError("the exact linear program is unbounded; give x bounds")
            ratios = [(Fraction(self.table[r, -1], entries[r]), self.basic[r], r) for r in rows]
            self._pivot(min(ratios)[2], column, entries)

    def vertex(self) -> list[Fraction]:
        """The basic solution x."""
        x = [Fraction(0)] * self.n
        for row, column in enumerate(self.basic):
            if column >= 0:
                x[column] = Fraction(self.table[row, -1], self.denominator)
        return x

    def multipliers(self) -> list[Fraction]:
        """The multipliers y of the rows."""
        return [Fraction(x, self.denominator) for x in self._multipliers(self.c)]
