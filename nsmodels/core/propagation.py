"""What the noise of counts does to a functional, exactly to first order, with all correlations."""

from __future__ import annotations

import math

import numpy as np

from ..common.arrays import Array

__all__ = ["propagate_counts"]


def propagate_counts(correlators: Array, alice: Array, bob: Array, counts: Array) -> float:
    """√(Σ n (∂f/∂n)²), the counts being independent and Poissonian."""
    signs = np.array([1.0, -1.0])
    gradient = np.zeros_like(counts)

    def add(coefficients: Array, sign: Array, axes: tuple[int, ...], expand: tuple[int, ...]) -> None:
        """∂/∂n of Σ coefficient · (Σ sign n / Σ n) is coefficient · (sign − ratio) / total."""
        totals = counts.sum(axis=axes)
        used = totals > 0.0
        safe = np.where(used, totals, 1.0)
        ratio = (counts * sign).sum(axis=axes) / safe
        weight = np.where(used, coefficients / safe, 0.0)
        nonlocal gradient
        gradient = gradient + np.expand_dims(weight, expand) * (sign - np.expand_dims(ratio, expand))

    alpha, beta = signs[:, None, None, None], signs[None, :, None, None]
    add(correlators, alpha * beta, (0, 1), (0, 1))
    add(alice, alpha, (0, 1, 3), (0, 1, 3))
    add(bob, beta, (0, 1, 2), (0, 1, 2))
    return math.sqrt(float((counts * gradient**2).sum()))
