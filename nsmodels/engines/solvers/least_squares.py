"""Least squares with x ≥ 0 (Lawson and Hanson's active sets, by SciPy): a proposal like every solver's answer."""

from __future__ import annotations

import numpy as np

from ...common.arrays import Array
from ...errors import SolverError
from .gate import Reply, Status, ask

__all__ = ["nonnegative"]


def nonnegative(rows: Array, wanted: Array) -> Array:
    """The x ≥ 0, shape (n,), with the smallest |rows x − wanted|.

    Raises
    ------
    SolverError
        Where the active sets do not settle.
    """
    from scipy.optimize import nnls

    def call() -> Reply[float]:
        x, residual = nnls(rows, wanted, maxiter=30 * rows.shape[1] + 100)
        return Reply(Status.OPTIMAL, "optimal", (np.asarray(x, dtype=np.float64),), (), float(residual))

    return ask("NNLS", call, _verified, shapes=((rows.shape[1],),))


def _verified(reply: Reply[float]) -> Array:
    """The answer, which must not be negative; that it is the best one, nobody relies on."""
    (x,) = reply.primal
    if (x < 0.0).any():
        raise SolverError("NNLS answered with a negative number where none is allowed; nothing is concluded from it")
    return x
