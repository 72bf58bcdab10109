"""The restricted master program: the hidden states and rows found so far, and the best visibility they allow.

    maximise V − M t   over ρ ≥ 0, 0 ≤ V ≤ 1, t ≥ 0 with  Σ ρ = 1,  Σ ρ K_r ≤ right_r + V slope_r + t  for the rows r,
    Σ ρ m = margin_right + V margin_slope + p − q  (p, q ≥ 0, cost M as well) where marginals are matched by equations.

t, p and q keep the program feasible while states are still missing. M can be too small: then the worth of V is set to 0
for a while (`aim`), until t, p and q vanish or it is plain that nothing is feasible.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...common.arrays import Array, Index
from ...core.functional import Functional
from ...engines.solvers.interior_point import interior_point
from ...engines.solvers.simplex import VertexProgram
from .rows import Target
from .states import Columns

__all__ = ["Master", "MasterSolution", "marginal_equations"]


PENALTY = 200.0
"""M: larger than the sum of the multipliers of any master program with a well-conditioned answer."""


@dataclass(frozen=True, eq=False)
class MasterSolution:
    """One solution of the master program.

    Parameters
    ----------
    visibility : float
        V (floating point, not proved).
    elastic : float
        t + Σ(p + q): not zero while the states do not suffice for any V.
    weights : ndarray, shape (n_columns,)
    reduced : ndarray, shape (n_columns,)
        How far each state is from being worth using, ≥ 0.
    y : ndarray, shape (n_rows_present,)
        Multipliers of the rows, ≥ 0.
    slack : ndarray, shape (n_rows_present,)
    functional : Functional
        What the multipliers propose (`nsmodels.questions.visibility.rows`).
    work : int
        Iterations.
    """

    visibility: float
    elastic: float
    weights: Array
    reduced: Array
    y: Array
    slack: Array
    functional: Functional
    work: int


def marginal_equations(target: Target, spans: tuple[Array, Array] | None) -> Array:
    """The equations of the marginals as combinations of them, a row each; the identity where no span is known.

    Marginals a·U of mean vectors U are told apart badly by nearly equal directions, so the equations are those of the
    components of U; beside them stay the combinations that vanish on the span, where the target's do not.
    """
    p = len(target.margin_right)
    if spans is None or p == 0:
        return np.eye(p)
    given = np.stack([target.margin_right, target.margin_slope], axis=1)
    rows: list[Array] = []
    start = 0
    for span in spans:
        stop = start + len(span)
        left, sizes, _ = np.linalg.svd(span, full_matrices=True)
        rank = int((sizes > 1e-9 * max(float(sizes[0]), 1e-300)).sum())
        inside = left[:, :rank].T / sizes[:rank, None]
        outside = left[:, rank:].T
        for row in [*inside, *outside[np.abs(outside @ given[start:stop]).max(axis=1, initial=0.0) > 1e-11]]:
            whole = np.zeros(p)
            whole[start:stop] = row
            rows.append(whole)
        start = stop
    return np.array(rows).reshape(-1, p)


class Master:
    """Rows and columns found so far."""

    def __init__(
        self, target: Target, columns: Columns, rows: Index, spans: tuple[Array, Array] | None = None
    ) -> None:
        self.target = target
        self.equations = marginal_equations(target, spans)
        self.margin_right = self.equations @ target.margin_right
        self.margin_slope = self.equations @ target.margin_slope
        self.columns = columns
        self.rows = rows
        self.table = target.coefficients(columns.alice, columns.bob, rows)
        self.seconds = {"interior": 0.0, "simplex": 0.0, "tables": 0.0}
        self._vertex: VertexProgram | None = None
        self._vertex_shape = (0, 0)
        self._last: tuple[Array, Array] | None = None
        self.worth, self.penalty = 1.0, PENALTY

    def aim(self, worth: float, penalty: float) -> None:
        """Maximise worth · V − penalty · (t + p + q) from now on."""
        self.worth, self.penalty = worth, penalty
        self._vertex, self._last = None, None

    def add_columns(self, columns: Columns) -> None:
        """Append hidden states."""
        if len(columns) == 0:
            return
        start = time.perf_counter()
        new = self.target.coefficients(columns.alice, columns.bob, self.rows)
        self.table = np.concatenate([self.table, new], axis=1)
        self.columns = Columns.join([self.columns, columns])
        if self._last is not None:
            x, y = self._last
            self._last = np.insert(x, len(x) - self._extra, np.zeros(len(columns))), y
        self.seconds["tables"] += time.perf_counter() - start

    def add_rows(self, rows: Index) -> None:
        """Append rows."""
        if len(rows) == 0:
            return
        start = time.perf_counter()
        new = self.target.coefficients(self.columns.alice, self.columns.bob, rows)
        self.table = np.concatenate([self.table, new])
        if self._last is not None:
            x, y = self._last
            self._last = x, np.insert(y, len(self.rows), np.zeros(len(rows)))
        self.rows = np.concatenate([self.rows, rows])
        self.seconds["tables"] += time.perf_counter() - start

    def purge(self, columns: NDArray[np.bool_], rows: NDArray[np.bool_]) -> None:
        """Keep the marked columns and rows only."""
        if columns.all() and rows.all():
            return
        self._vertex = None
        if self._last is not None:
            x, y = self._last
            others = np.ones(self._extra, dtype=bool)
            equations = np.ones(len(y) - len(rows), dtype=bool)
            self._last = x[np.concatenate([columns, others])], y[np.concatenate([rows, equations])]
        if not columns.all():
            self.columns = self.columns.take(columns)
            self.table = self.table[:, columns]
        if not rows.all():
            self.rows = self.rows[rows]
            self.table = self.table[rows]
        self.table = np.ascontiguousarray(self.table)

    @property
    def _extra(self) -> int:
        """How many variables come after the weights: V, t, p and q."""
        return 2 + 2 * len(self.equations)

    def interior(self, tolerance: float, deadline: float = math.inf) -> MasterSolution:
        """Solve by the interior-point method to a gap of about the tolerance."""
        began = time.perf_counter()
        target, rows = self.target, self.rows
        m, n = self.table.shape
        p = len(self.equations)
        # variables: ρ (n), V, t, p and q;  rows: m inequalities, V ≤ 1, then Σ ρ = 1 and the marginals
        A = np.zeros((m + 2 + p, n + 2 + 2 * p))
        A[:m, :n] = self.table
        A[:m, n] = -target.slope[rows]
        A[:m, n + 1] = -1.0
        A[m, n] = 1.0
        A[m + 1, :n] = 1.0
        if p:
            marginals = A[m + 2 :]
            marginals[:, :n] = self.equations @ np.concatenate([self.columns.alice, self.columns.bob])
            marginals[:, n] = -self.margin_slope
            marginals[:, n + 2 : n + 2 + p] = -np.eye(p)
            marginals[:, n + 2 + p :] = np.eye(p)
        b = np.concatenate([target.right[rows], [1.0, 1.0], self.margin_right])
        c = np.zeros(A.shape[1])
        c[n] = -self.worth
        c[n + 1 :] = self.penalty
        start = self._start(A, c)
        answer = interior_point(A, b, c, m + 1, tolerance=tolerance, deadline=deadline, start=start)
        self._last = answer.x, answer.y
        weights = answer.x[:n] / answer.x[:n].sum()
        y = np.maximum(-answer.y[:m], 0.0)
        functional = target.functional(rows, y, -answer.y[m + 2 :] @ self.equations)
        self.seconds["interior"] += time.perf_counter() - began
        return MasterSolution(
            float(answer.x[n]), float(answer.x[n + 1 :].sum()), weights, answer.reduced[:n], y, answer.slack[:m],
            functional, answer.iterations,
        )  # fmt: skip

    def _start(self, A: Array, c: Array) -> tuple[Array, Array] | None:
        """The last solution, dual feasible because the multiplier of Σ ρ = 1 pays for what new states are worth."""
        if self._last is None:
            return None
        x, y = self._last
        m, n = self.table.shape
        worst = float((c[:n] - y @ A[:, :n]).min())
        y = y.copy()
        y[m + 1] -= max(-worst, 0.0)
        return x, y

    def vertex(self, time_limit_s: float = math.inf) -> MasterSolution:
        """Solve by the simplex method, from the last basis where rows and columns were only added."""
        start = time.perf_counter()
        target, rows = self.target, self.rows
        m, n = self.table.shape
        p = len(self.equations)
        if self._vertex is None:
            program = VertexProgram()
            # V, t, p, q come first, so that states can be appended; V ≤ 1, Σ ρ = 1 and the marginals come first as well
            fixed = np.zeros((2 + p, 2 + 2 * p))
            fixed[0, 0] = 1.0
            fixed[2:, 0] = -self.margin_slope
            fixed[2:, 2 : 2 + p] = -np.eye(p)
            fixed[2:, 2 + p :] = np.eye(p)
            costs = np.concatenate([[self.worth], np.full(1 + 2 * p, -self.penalty)])
            program.add_columns(np.zeros((0, 2 + 2 * p)), costs)
            program.add_rows(fixed[:1], np.ones(1))
            program.add_rows(fixed[1:], np.concatenate([[1.0], self.margin_right]), equality=True)
            self._vertex = program
            self._vertex_shape = (0, 0)
        program = self._vertex
        done_rows, done_columns = self._vertex_shape
        head = 2 + 2 * p
        if n > done_columns:
            new = self.columns.take(np.arange(done_columns, n))
            top = np.concatenate([np.zeros((1, n - done_columns)), np.ones((1, n - done_columns))])
            blocks = [top]
            if p:
                blocks.append(self.equations @ np.concatenate([new.alice, new.bob]))
            blocks.append(self.table[:done_rows, done_columns:])
            program.add_columns(np.concatenate(blocks), np.zeros(n - done_columns))
        if m > done_rows:
            fresh = np.zeros((m - done_rows, head + n))
            fresh[:, 0] = -target.slope[rows[done_rows:]]
            fresh[:, 1] = -1.0
            fresh[:, head:] = self.table[done_rows:]
            program.add_rows(fresh, target.right[rows[done_rows:]])
        self._vertex_shape = (m, n)
        answer = program.solve(time_limit_s)
        x, multipliers = answer.x, answer.y
        weights = np.maximum(x[head:], 0.0)
        weights = weights / weights.sum() if weights.sum() > 0 else np.full(n, 1.0 / n)
        y = np.maximum(multipliers[2 + p :], 0.0)
        z, sigma = multipliers[2 : 2 + p] @ self.equations, multipliers[1]
        functional = target.functional(rows, y, z)
        reduced = y @ self.table + sigma
        if p:
            reduced = reduced + z[: len(self.columns.alice)] @ self.columns.alice
            reduced = reduced + z[len(self.columns.alice) :] @ self.columns.bob
        slack = target.right[rows] + x[0] * target.slope[rows] - self.table @ weights
        self.seconds["simplex"] += time.perf_counter() - start
        return MasterSolution(
            float(x[0]), float(x[1:head].sum()), weights, np.maximum(reduced, 0.0), y, slack, functional,
            answer.iterations,
        )  # fmt: skip
