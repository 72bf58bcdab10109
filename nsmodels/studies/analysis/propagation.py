"""The value of a functional on counts and its standard deviation, to first order in the errors of the counts."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from ...core.functional import Functional
from ...errors import InputError

__all__ = ["propagated"]

Array = NDArray[np.float64]


def propagated(functional: Functional, net: Array, variance: Array) -> tuple[float, float]:
    """The value at counts ``net`` and its σ, counts being Poissonian with these variances, to first order."""
    signs = np.array([1.0, -1.0])
    alpha, beta = signs[:, None, None, None], signs[None, :, None, None]
    gradient = np.zeros_like(net)
    means = []
    for coefficients, sign, axes in (
        (functional.alice, alpha, (0, 1, 3)), (functional.bob, beta, (0, 1, 2)),
        (functional.correlators, alpha * beta, (0, 1)),
    ):  # fmt: skip
        totals = net.sum(axis=axes)
        safe = np.where(totals > 0.0, totals, 1.0)
        mean = np.clip((net * sign).sum(axis=axes) / safe, -1.0, 1.0)
        weight = np.where(totals > 0.0, coefficients / safe, 0.0)
        gradient += np.expand_dims(weight, axes) * (sign - np.expand_dims(mean, axes))
        if (coefficients.astype(bool) & (totals <= 0.0)).any():
            raise InputError("Data: the functional needs a setting without counts, accidental coincidences taken off")
        means.append(mean)
    return functional.evaluate(*means), math.sqrt(float((variance * gradient**2).sum()))
