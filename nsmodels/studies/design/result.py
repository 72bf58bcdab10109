"""What `nsmodels.design` returns: settings, the certified visibility on exactly these, and how they were found."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ...core.enclosure import Enclosure, Status
from ...core.functional import Inequality
from ...core.settings import Settings
from ...questions.visibility.result import DecomposeResult, Decomposition
from .gauge import SENTENCE

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["DesignResult", "Significance"]

SIGMAS = 5.0


@dataclass(frozen=True, eq=False)
class Significance:
    """An inequality that shows the violation with few pairs.

    Parameters
    ----------
    inequality : Inequality
        Its bound is proved.
    visibility : float
        V₀ of the singlet that is expected.
    equally : bool
        Whether every setting gets the same number of pairs; else as many as is best.
    shares : ndarray, shape (n_A, n_B)
        Of the pairs, by setting.
    pairs : float
        Pairs in all that show the violation with five standard deviations: 25 σ₁²/(V₀ f(P) − bound)².
    """

    inequality: Inequality
    visibility: float
    equally: bool
    shares: NDArray[np.float64]
    pairs: float

    def sigma(self, pairs: float) -> float:
        """Standard deviations of the violation that so many pairs are expected to show."""
        return SIGMAS * math.sqrt(pairs / self.pairs)

    def to_json(self) -> dict[str, Any]:
        """``{"visibility", "sharing", "shares", "pairs_for_5_sigma", "inequality"}``."""
        return {
            "visibility": self.visibility,
            "sharing": "equal" if self.equally else "optimal",
            "shares": self.shares.tolist(),
            "pairs_for_5_sigma": self.pairs,
            "inequality": self.inequality.to_json(),
        }


@dataclass(frozen=True, eq=False, repr=False)
class DesignResult:
    """The answer to `nsmodels.design`. That no better settings exist is not claimed.

    Parameters
    ----------
    settings : Settings
        Rows of twelve digits in the gauge of `nsmodels.studies.design.gauge`.
    pairs : ndarray of bool, shape (n_A, n_B)
        The pairs that are measured.
    answer : DecomposeResult
        The certified visibility on exactly these settings.
    significance : Significance or None
        Where that was the objective.
    search : mapping
        ``starts``, ``hits`` of the best, ``optima`` (values, hits, numbers of directions), ``history``, ``symmetry``.
    stats : mapping
    """

    settings: Settings
    pairs: NDArray[np.bool_]
    answer: DecomposeResult
    significance: Significance | None
    search: Mapping[str, Any]
    stats: Mapping[str, Any] = field(default_factory=dict)
    stopped: str = "tolerance_met"

    @property
    def visibility(self) -> Enclosure:
        """Encloses the largest visibility at which the model reproduces the singlet on these settings."""
        value = self.answer.visibility
        return Enclosure(value.lower, value.upper, value.status, self.reason)

    @property
    def value(self) -> Enclosure:
        """The same as ``visibility``."""
        return self.visibility

    @property
    def lower(self) -> float:
        """The lower end of the visibility."""
        return self.answer.lower

    @property
    def upper(self) -> float:
        """The upper end of the visibility, proved by ``inequality``."""
        return self.answer.upper

    @property
    def status(self) -> Status:
        """``certified``, ``estimate`` or ``no_answer``."""
        return self.answer.status

    @property
    def reason(self) -> str:
        """Why the work ended."""
        return self.stopped if self.answer.reason == "tolerance_met" else self.answer.reason

    @property
    def inequality(self) -> Inequality | None:
        """The inequality that excludes the model at the lowest visibility."""
        return self.answer.inequality

    @property
    def decomposition(self) -> Decomposition | None:
        """The explicit model below it."""
        return self.answer.decomposition

    def to_json(self) -> dict[str, Any]:
        """The part of a result file that belongs to this kind."""
        written = self.answer.to_json()
        design = {**self.search, "gauge": SENTENCE, "pairs": np.argwhere(self.pairs).tolist()}
        if self.significance is not None:
            design["significance"] = self.significance.to_json()
        settings = {"alice": self.settings.rows_alice.tolist(), "bob": self.settings.rows_bob.tolist()}
        return {
            **written,
            "reason": self.reason,
            "settings": settings,
            "design": design,
            "stats": {**written["stats"], **self.stats},
        }

    def plot(self) -> Figure:
        """Picture the hidden states, the inequality and the ends; returns a matplotlib figure."""
        return self.answer.plot()

    def __repr__(self) -> str:
        n_a, n_b = self.settings.shape
        lines = [f"settings for {self.answer.model!r}: {n_a} + {n_b} directions, {int(self.pairs.sum())} pairs"]
        lines.append(f"  visibility  {self.visibility!r} on these settings")
        if self.significance is not None:
            lines.append(f"  5 σ at V = {self.significance.visibility:g} with {self.significance.pairs:.0f} pairs")
        if self.inequality is not None:
            lines.append(f"  inequality  {self.inequality!r}")
        search = self.search
        lines.append(f"  found       {search['hits']} times from {search['starts']} starts")
        return "\n".join(lines)
