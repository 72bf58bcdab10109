"""Mixed-integer programs by HiGHS.

    minimise c·x   subject to   A x ≤ b,  0 ≤ x ≤ upper,  some x integers.

The point is checked against the data. The solver's bound of the minimum cannot be: it is a floating-point number that
nobody proved, and what is concluded from it is an estimate.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...common.arrays import Array
from ...errors import SolverError
from .gate import Reply, Status, ask
from .lp import STATUS, new_highs, run

__all__ = ["IntegerAnswer", "minimise"]


VERIFICATION_TOLERANCE = 1e-6
"""Largest violation of a constraint or of integrality, relative to 1 plus the size of the right side."""
GAP_TOLERANCE = 1e-3
"""Largest distance of the point's value and the bound where an optimum is claimed (HiGHS stops at 1e-4)."""

ACCEPTED = frozenset({Status.OPTIMAL, Status.TIME_LIMIT})
"""Statuses of an answer: at the time limit the point so far obeys the constraints, and the bound is merely lower."""


@dataclass(frozen=True, eq=False)
class IntegerAnswer:
    """A verified point, and what the solver says about all others.

    Parameters
    ----------
    x : ndarray, shape (n,)
    bound : float
        c·x is no smaller at any other point, says the solver.
    """

    x: Array
    bound: float


def _call_milp(
    cost: Array, matrix: Any, right: Array, upper: Array, integer: NDArray[np.int64], seconds: float
) -> Reply[None]:
    """Run HiGHS: its status, x and its bound of the minimum, unverified."""
    import highspy
    from scipy.sparse import csr_array

    rows, program = csr_array(matrix), highspy.HighsLp()
    kinds = highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger
    program.num_col_, program.num_row_ = len(cost), rows.shape[0]
    program.col_cost_, program.col_lower_, program.col_upper_ = cost, np.zeros(len(cost)), upper
    program.row_lower_, program.row_upper_ = np.full(rows.shape[0], -highspy.kHighsInf), right
    program.integrality_ = [kinds[k] for k in integer.tolist()]
    program.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    program.a_matrix_.start_, program.a_matrix_.index_ = rows.indptr.astype(np.int32), rows.indices.astype(np.int32)
    program.a_matrix_.value_ = rows.data.astype(np.float64)
    solver = new_highs()
    solver.setOptionValue("time_limit", max(seconds, 1e-3))
    solver.passModel(program)
    run(solver)
    words = solver.getModelStatus().name
    x = np.array(solver.getSolution().col_value, dtype=np.float64)
    bound = np.array([float(solver.getInfo().mip_dual_bound)])
    return Reply(STATUS.get(words, Status.FAILED), words, (x,), (bound,), None)


def minimise(
    cost: Array, matrix: Any, right: Array, *, upper: Array, integer: NDArray[np.bool_], time_limit_s: float
) -> IntegerAnswer:
    """Minimise c·x subject to A x ≤ b, 0 ≤ x ≤ upper and x integer where asked for, and verify the point.

    Parameters
    ----------
    cost : ndarray, shape (n,)
    matrix : ndarray or SciPy sparse, shape (m, n)
    right : ndarray, shape (m,)
    upper : ndarray, shape (n,)
    integer : ndarray of bool, shape (n,)
    time_limit_s : float
        After so many seconds the best point and bound so far are returned.

    Raises
    ------
    SolverError
        If the solver leaves no point, or its point violates a constraint, is not integer, or has a value below its own
        bound or, where it claims an optimum, far above.
    """

    def verified(reply: Reply[None]) -> IntegerAnswer:
        (x,), (bounds,) = reply.primal, reply.dual
        bound = float(bounds[0])
        residual = max(
            float(((matrix @ x - right) / (1.0 + np.abs(right))).max(initial=0.0)),
            float(np.maximum(-x, x - upper).max(initial=0.0)),
            float(np.abs(x - np.round(x))[integer].max(initial=0.0)),
        )
        value = float(cost @ x)
        gap, scale = value - bound, 1.0 + abs(value)
        early = reply.status != Status.OPTIMAL
        if (
            not residual <= VERIFICATION_TOLERANCE
            or not gap >= -VERIFICATION_TOLERANCE * scale
            or not (early or gap <= GAP_TOLERANCE * scale)
        ):
            raise SolverError(
                f"the integer program's answer fails verification: residual {residual:.3g}, value − bound {gap:.3g}; "
                "rescale the problem"
            )
        return IntegerAnswer(x, bound)

    return ask(
        "the branch and bound of HiGHS",
        lambda: _call_milp(cost, matrix, right, upper, integer.astype(np.int64), time_limit_s),
        verified,
        shapes=(cost.shape, (1,)),
        accepted=ACCEPTED,
    )
