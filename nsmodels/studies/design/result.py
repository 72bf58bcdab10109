"""What `nsmodels.design` returns: settings, the certified visibility on exactly these, and how they were found."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from ...behaviours import singlet
from ...core.behaviour import Behaviour
from ...core.enclosure import Enclosure
from ...core.functional import Inequality
from ...core.settings import Settings
from ...errors import InputError
from ...models.movable import MovableModel
from ...questions.answer import Answer, Asked, Nouns, Question
from ...questions.visibility.result import DecomposeResult, Decomposition
from .gauge import SENTENCE

__all__ = ["DesignResult", "Significance", "singlet_on"]

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
        Pairs in all that show the violation with five standard deviations: 25 σ₁²/(V₀ f(P) − bound)²; infinite where
        nothing is violated at V₀.
    """

    inequality: Inequality
    visibility: float
    equally: bool
    shares: NDArray[np.float64]
    pairs: float

    def sigma(self, pairs: float) -> float:
        """Standard deviations of the violation that so many pairs are expected to show."""
        return SIGMAS * math.sqrt(pairs / self.pairs)

    def text(self) -> str:
        """How many pairs, for a reader."""
        return f"{self.pairs:.0f} pairs" if math.isfinite(self.pairs) else "no number of pairs: nothing is violated"

    def to_json(self) -> dict[str, Any]:
        """``{"visibility", "sharing", "shares", "pairs_for_5_sigma", "inequality"}``."""
        return {
            "visibility": self.visibility,
            "sharing": "equal" if self.equally else "optimal",
            "shares": self.shares.tolist(),
            "pairs_for_5_sigma": self.pairs if math.isfinite(self.pairs) else None,
            "inequality": self.inequality.to_json(),
        }

    @classmethod
    def from_json(cls, content: Mapping[str, Any], model: str) -> Self:
        """What `to_json` wrote, for the model of this name; the proof of the inequality is not in the file."""
        inequality = Inequality.from_json(content["inequality"], None, model)
        shares = np.array(content["shares"], dtype=np.float64)
        equally, pairs = content["sharing"] == "equal", content["pairs_for_5_sigma"]
        number = math.inf if pairs is None else float(pairs)
        return cls(inequality, float(content["visibility"]), equally, shares, number)


def singlet_on(pairs: NDArray[np.bool_], settings: Settings) -> Behaviour:
    """The singlet on the measured pairs."""
    behaviour = singlet(settings)
    return behaviour if pairs.all() else behaviour.with_pairs((int(i), int(j)) for i, j in np.argwhere(pairs))


@dataclass(frozen=True, eq=False, repr=False)
class DesignResult(Answer):
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
        ``seconds`` of search and certification, ``starts``, ``versions``.
    stopped : str
        Why the search ended.
    """

    kind: ClassVar[str] = "design"

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
    def answered(self) -> bool:
        """Whether some visibility is shown to have a model on these settings."""
        return self.answer.answered

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
        certifying = {key: written["stats"][key] for key in self.stats if key in written["stats"]}
        design = {**self.search, "gauge": SENTENCE, "pairs": np.argwhere(self.pairs).tolist()}
        if self.significance is not None:
            design["significance"] = self.significance.to_json()
        settings = {"alice": self.settings.rows_alice.tolist(), "bob": self.settings.rows_bob.tolist()}
        return {
            **written,
            "reason": self.reason,
            "settings": settings,
            "design": design,
            "stats": {**written["stats"], **self.stats, "certifying": certifying},
        }

    @classmethod
    def from_json(cls, content: Mapping[str, Any], asked: Asked, *, question: Question | None = None) -> Self:
        """The result that `to_json` wrote, for a problem with a law for directions."""
        if not isinstance(asked.model, MovableModel):
            raise InputError("design: the answer to another kind of question")
        settings = Settings(content["settings"]["alice"], content["settings"]["bob"])
        model, search = asked.model.at(settings), dict(content["design"])
        pairs = np.zeros(settings.shape, dtype=bool)
        for i, j in search.pop("pairs"):
            pairs[i, j] = True
        search.pop("gauge", None)
        significance = search.pop("significance", None)
        asking = Question() if question is None else question
        within = Nouns(model, settings, behaviour=singlet_on(pairs, settings))
        limits = Question(asking.tolerance, asking.time_limit_s, asking.seed, settings)
        stats = dict(content["stats"])
        certifying = stats.pop("certifying", {})
        own = {key: stats[key] for key in ("seconds", "starts", "versions") if key in stats}
        before = {key: certifying.get(key, entry) for key, entry in stats.items() if key != "starts"}
        answer = DecomposeResult.from_json({**content, "stats": before}, within, question=limits)
        goal = None if significance is None else Significance.from_json(significance, model.name)
        return cls(settings, pairs, answer, goal, search, own, question=asking)

    def __repr__(self) -> str:
        n_a, n_b = self.settings.shape
        lines = [f"settings for {self.answer.model!r}: {n_a} + {n_b} directions, {int(self.pairs.sum())} pairs"]
        lines.append(f"  visibility  {self.visibility!r} on these settings")
        if self.significance is not None:
            lines.append(f"  5 σ at V = {self.significance.visibility:g} with {self.significance.text()}")
        if self.inequality is not None:
            lines.append(f"  inequality  {self.inequality!r}")
        search = self.search
        lines.append(f"  found       {search['hits']} times from {search['starts']} starts")
        return "\n".join(lines)
