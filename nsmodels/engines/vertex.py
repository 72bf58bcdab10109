"""A linear program that grows by rows and columns, re-solved by the simplex method of HiGHS from where it stood.

    maximise c·x   subject to   A x ≤ b (inequality rows), A x = b (equality rows), x ≥ 0.

Answers are vertices: few positive variables, and dual values with many zeros. They are proposals like those of
`interior_point`; nothing here is proved.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..errors import SolverError
from .lp import new_highs

__all__ = ["VertexProgram", "VertexSolution"]

Array = NDArray[np.float64]


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
        self._optimal = highspy.HighsModelStatus.kOptimal
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
        """Solve from the last basis.

        Raises
        ------
        SolverError
            If HiGHS leaves no solution behind.
        """
        if math.isfinite(time_limit_s):
            self._highs.setOptionValue("time_limit", float(self._highs.getRunTime() + max(time_limit_s, 0.05)))
        before = self._highs.getInfo().simplex_iteration_count if self._solved else 0
        self._highs.run()
        self._solved = True
        solution = self._highs.getSolution()
        x = np.array(solution.col_value, dtype=np.float64)
        y = np.array(solution.row_dual, dtype=np.float64)
        if len(x) == 0 or not np.isfinite(x).all():
            raise SolverError("HiGHS returned no solution of the master linear program; raise the time limit")
        status = self._highs.getModelStatus()
        iterations = int(self._highs.getInfo().simplex_iteration_count)
        return VertexSolution(x, y, max(iterations - before, 0), status == self._optimal)
