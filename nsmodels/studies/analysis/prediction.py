"""What quantum theory predicts, before the data are looked at: a visibility, correlators, or a share of the trials.

A p-value is valid whatever is predicted, and the better the prediction, the smaller it can be. What it must not be is
fitted to the trials that it then judges.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...behaviours import werner
from ...common.arguments import number
from ...core.settings import Settings
from ...errors import InputError
from .data import Data

__all__ = ["VISIBILITY", "Prediction", "predicted"]

Array = NDArray[np.float64]

VISIBILITY = 0.98
"""Visibility of the singlet that is predicted unless something else is said."""
_BEYOND = 1e-9


@dataclass(frozen=True, eq=False)
class Prediction:
    """The predicted correlators, with vanishing marginals, and the data that are left to be judged.

    Parameters
    ----------
    correlators : ndarray, shape (n_A, n_B)
    judged : Data
    source : str
        How the prediction came about, in words.
    seen : bool
        Whether it was made from a part of the data.
    """

    correlators: Array
    judged: Data
    source: str
    seen: bool = False

    def relabelled(self, signs: Array) -> Prediction:
        """The prediction for relabelled outcomes; one that was made from a part of the data has their signs already."""
        n, m = self.correlators.shape
        bob = signs[n:] if len(signs) > n else np.ones(m)
        return self if self.seen else replace(self, correlators=self.correlators * np.outer(signs[:n], bob))


def predicted(
    data: Data, settings: Settings | None, visibility: float | None, correlators: ArrayLike | None,
    split: float | None, seed: int,
) -> Prediction:  # fmt: skip
    """The prediction that the arguments name, by default the singlet at visibility 0.98.

    Raises
    ------
    InputError
        For more than one of them, values out of range, or a prediction that no quantum state fulfils.
    """
    if sum(x is not None for x in (visibility, correlators, split)) > 1:
        raise InputError("analyse: give one prediction: a visibility, correlators, or a split")
    if split is not None:
        share = number(split, "analyse: split", "it must lie between 0 and 1, both excluded", lambda x: 0.0 < x < 1.0)
        first, rest = data.split(share, seed)
        if (data.known & ~first.known).any() or (data.known & ~rest.known).any():
            remedy = "take a share nearer to 0.5, or give a visibility"
            raise InputError(f"analyse: split = {share:g} leaves a pair without trials; {remedy}")
        same = (first.products[0] + 0.5) / (first.shots + 1.0)  # never 0 or 1: nothing is ruled out by a few trials
        return Prediction(np.where(data.known, 2.0 * same - 1.0, 0.0), rest, f"{share:g} of the trials", True)
    if correlators is not None:
        table = np.array(correlators, dtype=np.float64)
        if table.shape != data.shape:
            raise InputError(f"analyse: the predicted correlators have shape {table.shape}, the data {data.shape}")
        table = np.where(data.known, table, 0.0)
        _check_quantum(table, data.known)
        return Prediction(table, data, "given correlators")
    if settings is None:
        raise InputError("analyse: a predicted visibility needs directions; give settings=, or correlators or a split")
    wanted = "a singlet's visibility lies in [0, 1], and no quantum state has more"
    v = number(VISIBILITY if visibility is None else visibility, "analyse: visibility", wanted, lambda x: 0 <= x <= 1)
    return Prediction(np.asarray(werner(settings, v).correlators), data, f"the singlet at visibility {v:g}")


def _check_quantum(table: Array, known: NDArray[np.bool_]) -> None:
    """Refuse correlators that some four settings show to be outside the quantum set (Tsirelson, Landau, Masanes)."""
    if not (np.abs(table) <= 1.0).all():
        raise InputError("analyse: a predicted correlator is outside [−1, 1]")
    angles = np.arcsin(table)
    for i, k in combinations(range(min(table.shape[0], 64)), 2):
        both = np.flatnonzero(known[i] & known[k])[:64]
        for j, m in combinations(both.tolist(), 2):
            four = [angles[i, j], angles[i, m], angles[k, j], angles[k, m]]
            worst = max(abs(sum(four) - 2.0 * x) for x in four)
            if worst > math.pi + _BEYOND:
                raise InputError(
                    f"analyse: no quantum state has the predicted correlators of the settings {i}, {k} and {j}, {m}; "
                    "predict what quantum theory allows"
                )
