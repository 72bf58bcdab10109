"""A linear program that grows by rows and columns, re-solved by the simplex method of HiGHS from where it stood.

    maximise c·x   subject to   A x ≤ b (inequality rows), A x = b (equality rows), x ≥ 0.

Answers are vertices: few positive variables, and dual values with many zeros. They are proposals like those of
`interior_point`: also where the time limit ends the simplex method early, its last vertex is handed over, because
column generation proves or discards whatever it is offered. Nothing here is proved.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ...common.arrays import Array
from .gate import PROPOSALS, Reply, Status, ask
from .lp import STATUS, new_highs, run

__all__ = ["VertexProgram", "VertexSolution"]


@dataclass(frozen=True, eq=False)
class VertexSolution:
    """A vertex.

    Parameters
    ----------
    x : ndarray, shape (n,)
    y : ndarray, shape (m,)
        Lagrange multipliers of A x ≤ b and A x = b for the maximum: ≥ 0 on inequality rows.
    iterations : int
        Of the simplex method.
    optimal : bool
        Whether HiGHS says so.
    """

    x: Array
    y: Array
    iterations: int
    optimal: bool


class VertexProgram:
    """HiGHS with warm starts. Rows are added first, then columns over all rows so far; both may grow later.

    Parameters
    ----------
    feasibility : float
        Tolerance of the simplex method for rows and reduced costs (HiGHS accepts 1e-10 at least).
    """

    def __init__(self, feasibility: float = 1e-10) -> None:
        import highspy

        self._highs = new_highs()
        for option, value in (
            ("presolve", "off"),
            ("primal_feasibility_tolerance", feasibility),
            ("dual_feasibility_tolerance", feasibility),
        ):
            self._highs.setOptionValue(option, value)
        self._highs.changeObjectiveSense(highspy.ObjSense.kMaximize)
        self._infinity = highspy.kHighsInf
        self._solved = False

    @property
    def shape(self) -> tuple[int, int]:
        """Numbers of rows and columns."""
        return self._highs.getNumRow(), self._highs.getNumCol()

    def add_rows(self, coefficients: Array, bounds: Array, *, equality: bool = False) -> None:
        """Append rows with coefficients (k, n) on the columns so far."""
        count, _width = coefficients.shape
        lower = bounds if equality else np.full(count, -self._infinity)
        rows, columns = np.nonzero(coefficients)
        starts = np.searchsorted(rows, np.arange(count)).astype(np.int32)
        self._highs.addRows(
            count, np.asarray(lower, dtype=np.float64), np.asarray(bounds, dtype=np.float64), len(rows), starts,
            columns.astype(np.int32), np.ascontiguousarray(coefficients[rows, columns]),
        )  # fmt: skip

    def add_columns(self, coefficients: Array, costs: Array) -> None:
        """Append non-negative variables with coefficients (m, k) on the rows so far."""
        count = coefficients.shape[1]
        columns, rows = np.nonzero(coefficients.T)
        starts = np.searchsorted(columns, np.arange(count)).astype(np.int32)
        self._highs.addCols(
            count, np.asarray(costs, dtype=np.float64), np.zeros(count), np.full(count, self._infinity), len(rows),
            starts, rows.astype(np.int32), np.ascontiguousarray(coefficients[rows, columns]),
        )  # fmt: skip

    def solve(self, time_limit_s: float = math.inf) -> VertexSolution:
        """Solve from the last basis; after the time limit, the vertex where the method stands (a proposal).

        Raises
        ------
        SolverError
            If HiGHS fails, or leaves no finite solution behind.
        """

        def proposal(reply: Reply[int]) -> VertexSolution:
            (x,), (y,) = reply.primal, reply.dual
            return VertexSolution(x, y, reply.details, reply.status == Status.OPTIMAL)

        rows, columns = self.shape
        return ask(
            "the simplex method of HiGHS",
            lambda: self._run(time_limit_s),
            proposal,
            shapes=((columns,), (rows,)),
            accepted=PROPOSALS,
        )

    def _run(self, time_limit_s: float) -> Reply[int]:
        """Run HiGHS: its status, x, the row multipliers, and the number of iterations since the last time."""
        if math.isfinite(time_limit_s):
            self._highs.setOptionValue("time_limit", float(self._highs.getRunTime() + max(time_limit_s, 0.05)))
        before = self._highs.getInfo().simplex_iteration_count if self._solved else 0
        run(self._highs)
        self._solved = True
        solution = self._highs.getSolution()
        x = np.array(solution.col_value, dtype=np.float64)
        y = np.array(solution.row_dual, dtype=np.float64)
        words = self._highs.getModelStatus().name
        iterations = int(self._highs.getInfo().simplex_iteration_count)
        return Reply(STATUS.get(words, Status.FAILED), words, (x,), (y,), max(iterations - before, 0))
