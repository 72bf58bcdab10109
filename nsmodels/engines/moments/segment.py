"""How far a segment base + V·step of tables stays among the products x_i·y_j of unit vectors.

A semidefinite programme over Gram matrices; its dual is the functional that forbids a larger V. Both are proposals.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import SolverError
from ..solvers import sdp

__all__ = ["longest"]

Array = NDArray[np.float64]


def longest(
    base: Array, step: Array, known: NDArray[np.bool_], *, time_limit_s: float | None = None, **options: Any
) -> tuple[Array, Array]:
    """The functional that ends the segment, shape (n_A, n_B), and the Gram matrix at its end.

    Parameters
    ----------
    base, step : ndarray, shape (n_A, n_B)
    known : ndarray of bool
        The entries that count; the others are free.

    Raises
    ------
    SolverError
        The solver gave no verified answer, or no point of the segment is such a table.
    """
    import cvxpy as cp
    from scipy.sparse import csr_matrix

    n_alice, n_bob = base.shape
    n = n_alice + n_bob
    rows, columns = np.nonzero(known)
    count = len(rows)
    flat = csr_matrix((np.ones(count), (np.arange(count), rows * n + n_alice + columns)), shape=(count, n * n))
    gram, length = cp.Variable((n, n), PSD=True), cp.Variable()
    entries = flat @ cp.reshape(gram, (n * n,), order="C")
    equal = entries - step[rows, columns] * length == base[rows, columns]
    problem = cp.Problem(cp.Maximize(length), [cp.diag(gram) == 1, equal])
    sdp.solve(problem, "CLARABEL", time_limit_s=time_limit_s, **options)
    if gram.value is None or equal.dual_value is None:
        raise SolverError("Clarabel left no Gram matrix: this is not an answer")
    found = np.zeros(base.shape)
    found[rows, columns] = np.asarray(equal.dual_value)
    return found, np.asarray(gram.value, dtype=np.float64)
