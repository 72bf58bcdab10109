"""Linear programs by HiGHS, which is asked through the gate for the solution of one program.

    minimise c·x   subject to   A_ub x ≤ b_ub,  A_eq x = b_eq,  lower ≤ x ≤ upper

What the solver says is a proposal. `solve` recomputes from the data the violation of the constraints, the violation of
the signs of the multipliers and the gap between the two objective values, and hands the answer over only if all three
are small; anything else is a `SolverError` (see `gate`). Even so nothing is *proved* by an answer:
floating-point objective values are on the wrong side of the optimum about half of the time.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...common.arrays import Array
from ...common.interrupts import watched
from ...errors import SolverError
from .gate import Reply, Status, ask

__all__ = ["STATUS", "LPAnswer", "Matrix", "load_solver", "new_highs", "proposed_basis", "run", "solve"]


VERIFICATION_TOLERANCE = 1e-6
"""Largest residual or gap of an accepted answer, relative to 1 plus the size of what it is compared with."""

STATUS = {
    "kOptimal": Status.OPTIMAL,
    "kUnknown": Status.INACCURATE,
    "kTimeLimit": Status.TIME_LIMIT,
    "kIterationLimit": Status.USER_LIMIT,
    "kInfeasible": Status.INFEASIBLE,
    "kUnbounded": Status.UNBOUNDED,
    "kUnboundedOrInfeasible": Status.INFEASIBLE_OR_UNBOUNDED,
}
"""What the words of HiGHS mean; all others are failures."""
MOST_PRESOLVED = 1_000_000
"""Entries of a program that HiGHS may simplify first: while it does, it looks neither at the clock nor at Ctrl-C."""


@dataclass(frozen=True, slots=True)
class LPAnswer:
    """A verified (not proved) solution.

    Parameters
    ----------
    x : ndarray
        The minimiser.
    objective : float
        c·x.
    upper_multipliers, equality_multipliers : ndarray
        λ ≥ 0 of A_ub x ≤ b_ub and μ of A_eq x = b_eq, with c + A_ubᵀλ − A_eqᵀμ the reduced costs, so that the dual
        objective is −b_ub·λ + b_eq·μ + Σ min over [lower, upper] of the reduced cost.
    residual, gap : float
        Largest violation of a constraint or sign, and distance of the objective values.
    seconds : float
    iterations : int
    """

    x: Array
    objective: float
    upper_multipliers: Array
    equality_multipliers: Array
    residual: float
    gap: float
    seconds: float
    iterations: int


@dataclass(frozen=True, slots=True)
class Matrix:
    """A sparse matrix by compressed rows, with products by it and its transpose; saves the import of SciPy."""

    starts: NDArray[np.int32]
    columns: NDArray[np.int32]
    values: Array
    shape: tuple[int, int]

    @classmethod
    def from_triplets(cls, rows: NDArray[Any], columns: NDArray[Any], values: Array, shape: tuple[int, int]) -> Matrix:
        """The matrix with ``values[k]`` at (``rows[k]``, ``columns[k]``), each place at most once."""
        order = np.lexsort((columns, rows))
        starts = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=shape[0]))])
        return cls(starts.astype(np.int32), columns[order].astype(np.int32), values[order].astype(np.float64), shape)

    def times(self, x: Array) -> Array:
        """The product with a column."""
        rows = np.repeat(np.arange(self.shape[0]), np.diff(self.starts))
        return np.bincount(rows, self.values * x[self.columns], self.shape[0]).astype(np.float64)

    def transposed_times(self, y: Array) -> Array:
        """The product of the transpose with a column."""
        weights = np.repeat(y, np.diff(self.starts))
        return np.bincount(self.columns, self.values * weights, self.shape[1]).astype(np.float64)


def _rows(matrix: Any, width: int) -> Matrix:
    """From a `Matrix`, a dense array or a SciPy sparse matrix; ``None`` has no rows."""
    if isinstance(matrix, Matrix):
        return matrix
    if matrix is None:
        matrix = np.zeros((0, width))
    if hasattr(matrix, "tocsr"):
        compressed = matrix.tocsr()
        starts, columns, values = compressed.indptr, compressed.indices, compressed.data
        shape = compressed.shape
    else:
        dense = np.asarray(matrix, dtype=np.float64).reshape(-1, width)
        rows, columns = np.nonzero(dense)
        values = dense[rows, columns]
        starts = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=len(dense)))])
        shape = dense.shape
    return Matrix(
        np.asarray(starts, dtype=np.int32),
        np.asarray(columns, dtype=np.int32),
        np.asarray(values, dtype=np.float64),
        (int(shape[0]), int(shape[1])),
    )


def load_solver() -> None:
    """Import HiGHS, so that a clock started afterwards does not count it."""
    import_module("highspy")


def new_highs() -> Any:
    """An empty program of HiGHS that prints nothing.

    The option is set as early as a public method allows: the constructor goes on to set a callback, and whatever is set
    first makes HiGHS print its name, into what ``nsmodels run --json`` prints.

    "threads" is left alone: HiGHS shares its threads among all programs of a process, and refuses to run where this
    option differs from what another program, also one of CVXPY, has asked for before.
    """
    import highspy

    class Silent(highspy.Highs):
        def enableCallbacks(self) -> None:
            self.silent()
            super().enableCallbacks()

    program = Silent()
    program.silent()  # for versions whose constructor sets no callback
    program.setOptionValue("parallel", "off")
    return program


def run(program: Any) -> None:
    """Run a program of HiGHS until it ends by itself, or until Ctrl-C, for which HiGHS asks at every iteration.

    Raises
    ------
    KeyboardInterrupt
        After HiGHS has stopped.
    """
    import highspy

    kinds = highspy.cb.HighsCallbackType
    with watched() as asked_to_stop:

        def look(kind: Any, message: str, told: Any, answer: Any, data: Any) -> None:
            answer.user_interrupt = asked_to_stop()

        program.setCallback(look, None)
        for kind in (kinds.kCallbackSimplexInterrupt, kinds.kCallbackIpmInterrupt, kinds.kCallbackMipInterrupt):
            program.startCallback(kind)
        program.run()


def _call_highs(
    c: Array, matrix: Matrix, row_lower: Array, row_upper: Array, lower: Array, upper: Array, time_limit_s: float
) -> Reply[int]:
    """Run HiGHS: its status, x, the row multipliers, and the number of simplex iterations."""
    import highspy

    program = highspy.HighsLp()
    program.num_col_, program.num_row_ = len(c), matrix.shape[0]
    program.col_cost_, program.col_lower_, program.col_upper_ = c, lower, upper
    program.row_lower_, program.row_upper_ = row_lower, row_upper
    program.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    program.a_matrix_.start_, program.a_matrix_.index_ = matrix.starts, matrix.columns
    program.a_matrix_.value_ = matrix.values
    solver = new_highs()
    if len(matrix.values) > MOST_PRESOLVED:
        solver.setOptionValue("presolve", "off")
    if math.isfinite(time_limit_s):
        solver.setOptionValue("time_limit", max(time_limit_s, 1e-3))
    solver.passModel(program)
    run(solver)
    solution = solver.getSolution()
    iterations = int(solver.getInfo().simplex_iteration_count)
    words = solver.getModelStatus().name
    status = STATUS.get(words, Status.FAILED)
    return Reply(status, words, (np.array(solution.col_value),), (np.array(solution.row_dual),), iterations)


def solve(
    c: ArrayLike,
    A_ub: Any = None,
    b_ub: ArrayLike | None = None,
    *,
    A_eq: Any = None,
    b_eq: ArrayLike | None = None,
    lower: ArrayLike = 0.0,
    upper: ArrayLike = math.inf,
    time_limit_s: float = 60.0,
) -> LPAnswer:
    """Minimise c·x subject to A_ub x ≤ b_ub, A_eq x = b_eq and lower ≤ x ≤ upper, and verify the answer.

    Parameters
    ----------
    c : array_like, shape (n,)
    A_ub, A_eq : Matrix, ndarray or SciPy sparse, shapes (m, n) and (k, n), optional
    b_ub, b_eq : array_like, shapes (m,) and (k,), optional
    lower, upper : array_like
        Bounds of x, one for all or one each; by default x ≥ 0.
    time_limit_s : float

    Raises
    ------
    SolverError
        If the solver reports anything but an optimum, answers with something that is not finite, or its answer fails
        the recomputation of residuals and gap.
    """
    begin = time.perf_counter()
    cost = np.asarray(c, dtype=np.float64)
    n = len(cost)
    below, equal = _rows(A_ub, n), _rows(A_eq, n)
    right_ub = np.zeros(0) if b_ub is None else np.asarray(b_ub, dtype=np.float64)
    right_eq = np.zeros(0) if b_eq is None else np.asarray(b_eq, dtype=np.float64)
    low = np.broadcast_to(np.asarray(lower, dtype=np.float64), n).copy()
    high = np.broadcast_to(np.asarray(upper, dtype=np.float64), n).copy()
    m = below.shape[0]
    both = Matrix(
        np.concatenate([below.starts, below.starts[-1] + equal.starts[1:]]).astype(np.int32),
        np.concatenate([below.columns, equal.columns]),
        np.concatenate([below.values, equal.values]),
        (m + equal.shape[0], n),
    )
    row_lower = np.concatenate([np.full(m, -math.inf), right_eq])
    row_upper = np.concatenate([right_ub, right_eq])

    def verified(reply: Reply[int]) -> LPAnswer:
        (x,), (multipliers,) = reply.primal, reply.dual
        residual, gap, scale = _defects(cost, both, row_lower, row_upper, low, high, x, multipliers, m)
        if not residual <= VERIFICATION_TOLERANCE or not gap <= VERIFICATION_TOLERANCE * scale:
            raise SolverError(
                f"the answer of HiGHS fails verification: residual {residual:.3g}, gap {gap:.3g}; rescale the problem"
            )
        return LPAnswer(
            np.clip(x, low, high),
            float(cost @ x),
            np.maximum(-multipliers[:m], 0.0),
            multipliers[m:],
            residual,
            gap,
            time.perf_counter() - begin,
            reply.details,
        )

    return ask(
        "HiGHS",
        lambda: _call_highs(cost, both, row_lower, row_upper, low, high, time_limit_s),
        verified,
        shapes=((n,), (both.shape[0],)),
    )


def _defects(
    cost: Array,
    matrix: Matrix,
    row_lower: Array,
    row_upper: Array,
    low: Array,
    high: Array,
    x: Array,
    multipliers: Array,
    inequalities: int,
) -> tuple[float, float, float]:
    """Relative residual of constraints and signs, the gap of the objective values, and the scale of the latter."""
    activity = matrix.times(x)
    row_scale = 1.0 + np.abs(np.where(np.isfinite(row_upper), row_upper, 0.0))
    violation = np.maximum(activity - row_upper, row_lower - activity) / row_scale
    bounds = np.maximum(low - x, x - high) / (1.0 + np.abs(x))
    signs = multipliers[:inequalities] / (1.0 + np.abs(cost).max(initial=0.0))
    reduced = cost - matrix.transposed_times(multipliers)
    free_low = np.isinf(low) & (reduced > 0.0)
    free_high = np.isinf(high) & (reduced < 0.0)
    cost_scale = 1.0 + np.abs(cost).max(initial=0.0)
    stray = np.abs(reduced[free_low | free_high]).max(initial=0.0) / cost_scale
    at = np.where(reduced >= 0.0, low, high)
    reduced_value = float((reduced * np.where(np.isfinite(at), at, x)).sum())
    dual = float((multipliers * row_upper)[multipliers != 0.0].sum()) + reduced_value
    primal = float(cost @ x)
    residual = max(
        float(violation.max(initial=0.0)), float(bounds.max(initial=0.0)), float(signs.max(initial=0.0)), float(stray)
    )
    return residual, abs(primal - dual), 1.0 + abs(primal)


def proposed_basis(A: Array, b: Array, c: Array) -> list[int]:
    """Basic columns of the last vertex for: maximise c·x subject to A x = b, x ≥ 0; largest values first.

    A proposal for exact arithmetic, whatever the solver says about it; empty where it says nothing.
    """
    import highspy

    solver = new_highs()
    solver.setOptionValue("presolve", "off")
    for option in ("primal_feasibility_tolerance", "dual_feasibility_tolerance"):
        solver.setOptionValue(option, 1e-10)
    m, n = A.shape
    program = highspy.HighsLp()
    program.num_col_, program.num_row_ = n, m
    size = float(np.abs(c).max(initial=0.0))
    program.col_cost_ = -c / size if size > 0.0 else np.zeros(n)
    program.col_lower_, program.col_upper_ = np.zeros(n), np.full(n, highspy.kHighsInf)
    program.row_lower_, program.row_upper_ = b, b
    columns, rows = np.nonzero(A.T)
    program.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    program.a_matrix_.start_ = np.searchsorted(columns, np.arange(n + 1)).astype(np.int32)
    program.a_matrix_.index_ = rows.astype(np.int32)
    program.a_matrix_.value_ = A.T[columns, rows]
    solver.passModel(program)
    run(solver)
    values = np.array(solver.getSolution().col_value)
    status = solver.getBasis().col_status
    if len(values) != n or len(status) != n:
        return []
    basic = [k for k in range(n) if status[k] == highspy.HighsBasisStatus.kBasic]
    return sorted(basic, key=lambda k: -values[k])
