"""The answer of an analysis."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar

import numpy as np

from ...common.digits import enclosure
from ...common.rationals import rationals
from ...core.enclosure import Enclosure, Status
from ...core.functional import Functional, Inequality
from ...core.proof import StoredProof
from ...core.settings import Settings
from ...errors import InputError
from ...models.base import Model
from ...questions.answer import Answer, Asked, Question
from .asked import Arrangement, angles_of
from .data import Data, Signalling
from .oracle import Limits, Proved
from .p_value import PValue, StoredBet
from .prediction import Prediction, predicted
from .purity import ExcludedPurity
from .relabelling import flipped
from .verdict import Conclusion, Fit, Verdict

__all__ = ["AnalysisResult"]


@dataclass(frozen=True, eq=False, repr=False)
class AnalysisResult(Answer):
    """The answer to `nsmodels.analyse`.

    Parameters
    ----------
    data, model, functional
        The question; the functional after the relabelling that the data favour.
    prediction : Prediction
    oracle : Proved
        ``value``: the model's bound on the functional, for the worst directions within the uncertainty.
    observed, sigma : float
        The functional's value on the data, accidental coincidences taken off, and its standard deviation.
    p_value : PValue
    signalling : Signalling
    excluded_purity : ExcludedPurity or None
        For models with a purity.
    fit : Fit or None
    conclusion : Conclusion
    signs : tuple of float
        Of Alice's outcomes, after relabelling, and then of Bob's where any of his were exchanged.
    limits : Limits
        How the oracle was asked, the uncertainty of the directions included.
    asked : Arrangement
    stats : mapping
    functional_asked : Functional or None
        As it was given; None where the best one was looked for.
    """

    kind: ClassVar[str] = "analysis"

    data: Data
    model: Model
    functional: Functional
    prediction: Prediction
    oracle: Proved
    observed: float
    sigma: float
    p_value: PValue
    signalling: Signalling
    excluded_purity: ExcludedPurity | None
    fit: Fit | None
    conclusion: Conclusion
    signs: tuple[float, ...]
    limits: Limits
    asked: Arrangement
    stats: Mapping[str, Any]
    functional_asked: Functional | None = None

    @property
    def value(self) -> Enclosure:
        """The model's bound on the functional."""
        return self.oracle.value

    @property
    def confidence(self) -> float:
        """At which the model is called excluded."""
        return self.asked.confidence

    @property
    def status(self) -> Status:
        """``certified`` where the bound and the p-value are."""
        certified = self.oracle.certified and self.p_value.status == "certified"
        return Status.CERTIFIED if certified else Status.ESTIMATE

    @property
    def reason(self) -> str:
        """Why the work ended."""
        if self.data.inferred:
            return "the numbers of trials were inferred from published errors"
        return self.value.reason

    @property
    def verdict(self) -> Verdict:
        """``excluded``, ``compatible within the noise``, ``data signal`` or ``not decided``."""
        return self.conclusion.verdict

    @property
    def difference(self) -> float:
        """The observed value minus the proved bound: positive where the inequality is violated."""
        return self.observed - self.value.upper

    @property
    def sigmas(self) -> float | None:
        """The difference in standard deviations; None where the data show no spread from which to estimate any."""
        return self.difference / self.sigma if self.sigma > 0.0 else None

    @property
    def inequality(self) -> Inequality:
        """The inequality f ≤ upper for the directions as known."""
        return Inequality(self.functional, self.value.upper, self.oracle.proof, self.model.name)

    def to_json(self) -> dict[str, Any]:
        """The part of a result file that belongs to this kind."""
        purity = self.excluded_purity
        return {
            "status": str(self.status),
            "reason": self.reason,
            "value": self._ends(),
            "observed": {"value": self.observed, "sigma": self.sigma},
            "violation": {"difference": self.difference, "sigmas": self.sigmas},
            "p_value": {
                "upper": self.p_value.upper,
                "log10": self.p_value.log10,
                "method": self.p_value.method,
                "relabellings": self.p_value.relabellings,
            },
            "signalling": {"p_value": self.signalling.p_value, "worst": self.signalling.worst},
            "excluded_purity": None if purity is None else purity.to_json(),
            "verdict": str(self.verdict),
            "sentence": self.conclusion.sentence,
            "inequality": self.inequality.to_json(),
            "certificate": self._certificate(),
            "stats": {**self.stats, **self._unproved()},
        }

    def _unproved(self) -> dict[str, Any]:
        """What nobody needs to prove: the work of the oracle, the fit, and a p-value below the one that is claimed."""
        purity = None if self.excluded_purity is None else self.excluded_purity.p_value
        return {
            "oracle": dict(self.oracle.stats),
            **({} if self.fit is None else {"fit": vars(self.fit)}),
            **({} if purity is None else {"purity": {"p_value": purity.upper, "log10": purity.log10}}),
        }

    def _certificate(self) -> dict[str, Any]:
        f, oracle, purity = self.functional, self.oracle, self.excluded_purity
        lower: dict[str, Any] = {"state": oracle.state.certificate()}
        if oracle.settings is not None:
            rows = {"alice": oracle.settings.alice, "bob": oracle.settings.bob}
            lower |= {party: [rationals(row) for row in array.tolist()] for party, array in rows.items()}
        certificate = {
            "format": 1,
            "functional": {
                "correlators": [rationals(row) for row in f.correlators.tolist()],
                "alice": rationals(f.alice.tolist()),
                "bob": rationals(f.bob.tolist()),
                "constant": rationals([f.constant])[0],
            },
            "signs": [int(s) for s in self.signs],
            "lower": lower,
            "upper": oracle.certificate(),
            "p_value": self.p_value.bet.certificate(),
        }
        if purity is not None and purity.p_value is not None:
            certificate["purity"] = purity.p_value.bet.certificate()
        if self.prediction.seen:  # which trials are judged is drawn at random
            judged = self.prediction.judged
            table = judged.products if judged.counts is None else judged.counts.reshape(4, *judged.shape)
            certificate["judged"] = np.rint(table).astype(int).tolist()
        return certificate

    @classmethod
    def from_json(cls, content: Mapping[str, Any], asked: Asked, *, question: Question | None = None) -> AnalysisResult:
        """The result that `to_json` wrote; see `nsmodels.questions.answer.Answer.from_json`."""
        model, analysis = asked.model, asked.analysis
        if model is None or analysis is None:
            raise InputError("the question has no model, or no data")
        arranged: Arrangement = analysis.arranged
        data: Data = analysis.data.reshaped(model.shape)
        seed = 0 if question is None or question.seed is None else question.seed
        settings = model.settings if model.settings is not None else asked.settings
        prediction = predicted(data, settings, arranged.visibility, arranged.correlators, arranged.split, seed)
        certificate, stats = content["certificate"], dict(content["stats"])
        work, fitted, purest = (stats.pop(key, None) for key in ("oracle", "fit", "purity"))
        signs = np.array([float(s) for s in certificate["signs"]])
        functional = Functional.from_json(content["inequality"])
        if asked.functional is not None:
            functional = flipped(asked.functional, signs) if arranged.moduli else asked.functional
        if arranged.moduli:
            prediction = prediction.relabelled(signs)
        limits = Limits(seed=seed, angles=angles_of(arranged, settings))
        if question is not None and question.tolerance is not None and question.time_limit_s is not None:
            limits = Limits(question.tolerance, question.time_limit_s, seed, limits.angles)
        ends, state = content["value"], certificate["lower"]["state"]
        value = Enclosure(float(ends["lower"]), float(ends["upper"]), Status(content["status"]), str(content["reason"]))
        near = None
        if "alice" in certificate["lower"]:
            rows = ([_floats(row) for row in certificate["lower"][party]] for party in ("alice", "bob"))
            near = Settings(*rows, normalise=True)
        part = model if near is None else model.moved(near)  # type: ignore[attr-defined]  # of hidden-variable models
        keys = {key: [_floats(entry)] for key, entry in state.items() if key != "part"}
        states = part.part(state.get("part")).restored(**keys)
        oracle = Proved(value, states[0], StoredProof(certificate["upper"]), work or {}, near)
        p, total = content["p_value"], prediction.judged.trials
        bet = StoredBet(str(p["method"]), certificate["p_value"])
        status = "estimate" if data.inferred else "certified"
        p_value = PValue(float(p["upper"]), float(p["log10"]), str(p["method"]), int(p["relabellings"]), total, bet,
                         status)  # fmt: skip
        purity = content["excluded_purity"]
        excluded = None
        if purity is not None:
            stored = StoredBet(str(purity["method"]), certificate["purity"]) if purity["above"] is not None else None
            level = 1.0 - arranged.confidence  # what is claimed
            level, power = (level, float(np.log10(level))) if purest is None else (purest["p_value"], purest["log10"])
            at = None
            if stored is not None:
                at = PValue(float(level), float(power), stored.method, p_value.relabellings, total, stored)
            excluded = ExcludedPurity(purity["above"], purity["confidence"], purity["method"], at)
        signalling = Signalling(content["signalling"]["p_value"], content["signalling"]["worst"])
        conclusion = Conclusion(Verdict(content["verdict"]), str(content["sentence"]))
        observed = content["observed"]
        return cls(
            data, model, functional, prediction, oracle, float(observed["value"]), float(observed["sigma"]), p_value,
            signalling, excluded, None if fitted is None else Fit(**fitted), conclusion, tuple(signs.tolist()), limits,
            arranged, stats, asked.functional, question=Question() if question is None else question,
        )  # fmt: skip

    def __repr__(self) -> str:
        name = self.functional.name or "f"
        lines = [f"{self.verdict}: {self.conclusion.sentence}"]
        lines.append(f"  {name:<11} bound {enclosure(self.value.lower, self.value.upper)} for {self.model!r}")
        many = "" if self.sigmas is None else f", {self.sigmas:.1f} σ"
        lines.append(f"  observed    {self.observed:.6f} ± {self.sigma:.2g} (difference {self.difference:+.6f}{many})")
        p = self.p_value
        paid = f", {p.relabellings} relabellings" if p.relabellings > 1 else ""
        lines.append(f"  p-value     ≤ {p.upper:.3g} (log10 ≤ {p.log10:.4f}; {p.method}{paid}; {p.trials} trials)")
        if self.signalling.p_value is not None:
            lines.append(f"  signalling  p = {self.signalling.p_value:.3g}")
        if self.excluded_purity is not None:
            lines.append(f"  purity      {self.excluded_purity}")
        return "\n".join(lines)


def _floats(entries: Any) -> list[float]:
    """Doubles of fractions that a certificate writes."""
    return [float(Fraction(entry)) for entry in entries]
