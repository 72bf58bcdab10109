"""A stated gauge for settings whose value does not change under rotations, reflections and exchanged outcomes.

Alice's first direction is z; the first other direction (Alice's, then Bob's) that is not along it lies in the half
plane y = 0, x > 0; the first one out of that plane has y > 0. Where outcomes may be exchanged, each of Bob's directions
is the one of ±b_j for which Σ_i |S_ij| a_i·b_j ≥ 0, and likewise each of Alice's after the first.
"""

from __future__ import annotations

import numpy as np

from ...common.arrays import Array

__all__ = ["DIGITS", "SENTENCE", "in_gauge", "rounded"]


DIGITS = 12
SENTENCE = (
    "alice[0] = z; the first direction not along it has y = 0 and x > 0; the first one out of that plane has y > 0; "
    "signs so that the coefficients' sum of a·b is positive for each direction"
)
FLAT = 1e-7


def in_gauge(alice: Array, bob: Array, weights: Array) -> tuple[Array, Array]:
    """The same settings in the gauge of the module's text.

    Parameters
    ----------
    alice, bob : ndarray, shapes (n_A, 3) and (n_B, 3)
    weights : ndarray, shape (n_A, n_B)
        |S_ij|.
    """
    alice, bob = alice.copy(), bob.copy()
    products = weights * (alice @ bob.T)
    for _ in range(len(alice) + len(bob)):
        signs = np.where(products.sum(axis=0) < 0.0, -1.0, 1.0)
        bob, products = signs[:, None] * bob, products * signs
        signs = np.where(products.sum(axis=1) < 0.0, -1.0, 1.0)
        alice, products = signs[:, None] * alice, signs[:, None] * products
    rows = np.concatenate([alice, bob])
    z = rows[0] / np.linalg.norm(rows[0])
    outside = [x - (x @ z) * z for x in rows]
    x = next((v for v in outside if np.linalg.norm(v) > FLAT), None)
    if x is None:
        x = np.cross(z, [1.0, 0.0, 0.0] if abs(z[0]) < 0.5 else [0.0, 1.0, 0.0])
    x = x / np.linalg.norm(x)
    y = np.cross(z, x)
    rows = rows @ np.stack([x, y, z], axis=1)
    off = next((v[1] for v in rows if abs(v[1]) > FLAT), 1.0)
    if off < 0.0:
        rows[:, 1] = -rows[:, 1]
    return rows[: len(alice)], rows[len(alice) :]


def rounded(rows: Array) -> Array:
    """Twelve digits after the point; no negative zeros."""
    return np.asarray(np.round(rows, DIGITS) + 0.0, dtype=np.float64)
