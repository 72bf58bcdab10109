"""Multipliers of hidden states at which a sum of absolute values is stationary, exactly where the state is a corner.

The derivative of |y| is the sign of y; where y = 0 it may be anything in [−1, 1], and which of these it is follows from
the state being a local maximiser: what is left of the derivative by the hidden variables vanishes.
"""

from __future__ import annotations

import numpy as np

from ..common.arrays import Array

__all__ = ["stationary_multipliers"]

TIED = 1e-6
"""Size below which a term is taken for zero."""


def stationary_multipliers(y: Array, equations: Array) -> Array:
    """The τ = sgn y, and where y = 0 those of least norm that obey the equations, in the sense of least squares.

    Parameters
    ----------
    y : ndarray, shape (m, n_A, n_B)
        A_i − sgn(S_ij) B_j, a table for each state.
    equations : ndarray, shape (m, e, n_A, n_B)
        Σ_ij equations_eij τ_ij = 0 where the state is stationary.

    Returns
    -------
    ndarray, shape (m, n_A, n_B)
        Within [−1, 1].
    """
    tied = np.abs(y) <= TIED
    tau = np.where(tied, 0.0, np.sign(y))
    missing = -np.einsum("keij,kij->ke", equations, tau)
    free = (equations * tied[:, None]).reshape(*equations.shape[:2], -1)
    turned = free.transpose(0, 2, 1)
    prices = np.linalg.pinv(free @ turned, rcond=1e-9, hermitian=True) @ missing[:, :, None]
    found = (turned @ prices).reshape(y.shape)
    return np.asarray(np.where(tied, np.clip(found, -1.0, 1.0), tau), dtype=np.float64)
