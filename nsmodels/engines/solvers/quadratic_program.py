"""One convex quadratic program by Clarabel, through the gate.

    minimise ½ x·H x + c·x   subject to   A x ≤ b,  e·x = total,  lower ≤ x ≤ upper

The answer is the step of a search whose every point is evaluated afterwards: it is a proposal and may be inaccurate.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ...common.arrays import Array
from ...errors import SolverError
from .gate import PROPOSALS, Reply, Status, ask

__all__ = ["QPAnswer", "solve"]


STATUS = {
    "Solved": Status.OPTIMAL,
    "AlmostSolved": Status.INACCURATE,
    "InsufficientProgress": Status.INACCURATE,
    "MaxIterations": Status.USER_LIMIT,
    "MaxTime": Status.TIME_LIMIT,
    "PrimalInfeasible": Status.INFEASIBLE,
    "DualInfeasible": Status.UNBOUNDED,
}
"""What the words of Clarabel mean; all others are failures."""
WANTED = 1e-13
LARGEST_RESIDUAL = 1e-5
"""Largest relative amount by which an accepted answer misses the constraints."""


@dataclass(frozen=True, slots=True)
class QPAnswer:
    """A proposed solution.

    Parameters
    ----------
    x : ndarray
        Within its bounds.
    objective : float
        ½ x·H x + c·x.
    multipliers : ndarray
        λ ≥ 0 of A x ≤ b.
    price : float
        The multiplier of e·x = total, with H x + c + Aᵀλ − price·e the reduced costs.
    """

    x: Array
    objective: float
    multipliers: Array
    price: float


def solve(
    hessian: Any, c: Array, rows: Any, right: Array, equality: Array, total: float, lower: Array, upper: Array
) -> QPAnswer:
    """Solve the program of the module's text.

    Parameters
    ----------
    hessian : ndarray or sparse matrix, shape (n, n)
        Positive semidefinite.
    c, equality, lower, upper : ndarray, shape (n,)
    rows : ndarray or sparse matrix, shape (m, n)
    right : ndarray, shape (m,)
    total : float

    Raises
    ------
    SolverError
        If there is no answer, or it misses the constraints.
    """
    n, m = len(c), rows.shape[0]

    def call() -> Reply[None]:
        import clarabel
        from scipy import sparse

        settings: Any = clarabel.DefaultSettings()
        settings.verbose = False
        settings.max_threads = 1
        settings.tol_gap_abs = settings.tol_gap_rel = settings.tol_feas = WANTED
        one = sparse.identity(n)
        matrix = sparse.vstack([sparse.csr_matrix(equality[None]), sparse.csr_matrix(rows), one, -one], format="csc")
        bounds = np.concatenate([[total], right, upper, -lower])
        cones = [clarabel.ZeroConeT(1), clarabel.NonnegativeConeT(m + 2 * n)]
        half = sparse.triu(sparse.csc_matrix(hessian), format="csc")
        answer = clarabel.DefaultSolver(half, c, matrix, bounds, cones, settings).solve()
        words = str(answer.status)
        return Reply(STATUS.get(words, Status.FAILED), words, (np.array(answer.x),), (np.array(answer.z),), None)

    def verified(reply: Reply[None]) -> QPAnswer:
        x, z = np.clip(reply.primal[0], lower, upper), reply.dual[0]
        missed = max(abs(float(equality @ x) - total), float((rows @ x - right).max(initial=0.0)))
        if missed > LARGEST_RESIDUAL * (1.0 + abs(total) + float(np.abs(right).max(initial=0.0))):
            raise SolverError(f"the answer of Clarabel misses the constraints by {missed:.3g}; rescale the problem")
        value = float(0.5 * x @ hessian @ x + c @ x)
        return QPAnswer(x, value, np.maximum(z[1 : 1 + m], 0.0), -float(z[0]))

    return ask("Clarabel", call, verified, shapes=((n,), (1 + m + 2 * n,)), accepted=PROPOSALS)
