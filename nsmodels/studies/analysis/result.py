"""The answer of an analysis."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...common.digits import enclosure
from ...common.rationals import rationals
from ...core.enclosure import Enclosure, Status
from ...core.functional import Functional, Inequality
from ...models.base import Model
from .data import Data, Signalling
from .oracle import Limits, Proved
from .p_value import PValue
from .prediction import Prediction
from .purity import ExcludedPurity
from .verdict import Conclusion, Fit, Verdict

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["AnalysisResult"]


@dataclass(frozen=True, eq=False, repr=False)
class AnalysisResult:
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
        Of Alice's outcomes, after relabelling.
    limits : Limits
        How the oracle was asked, the uncertainty of the directions included.
    confidence : float
    stats : mapping
    """

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
    confidence: float
    stats: Mapping[str, Any]

    @property
    def value(self) -> Enclosure:
        """The model's bound on the functional."""
        return self.oracle.value

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
            "value": {"lower": self.value.lower, "upper": self.value.upper},
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
            "stats": dict(self.stats),
        }

    def _certificate(self) -> dict[str, Any]:
        f = self.functional
        return {
            "format": 1,
            "functional": {
                "correlators": [rationals(row) for row in f.correlators.tolist()],
                "alice": rationals(f.alice.tolist()),
                "bob": rationals(f.bob.tolist()),
                "constant": rationals([f.constant])[0],
            },
            "signs": [int(s) for s in self.signs],
            "lower": {"state": self.oracle.state.certificate()},
            "upper": self.oracle.certificate(),
            "p_value": self.p_value.bet.certificate(),
        }

    def plot(self) -> Figure:
        """Picture the observed value beside the bound; returns a matplotlib figure."""
        from importlib import import_module

        figure: Figure = import_module("nsmodels.plots").plot(self)
        return figure

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


