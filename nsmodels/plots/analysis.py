"""Pictures of analyses: the observed value beside the bound, and excess and p-value against the purity."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..studies.analysis.oracle import proved
from ..studies.analysis.purity import p_value_at
from .style import blank

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from ..studies.analysis.result import AnalysisResult

__all__ = ["analysis_result", "excess_against_purity", "purity_scan"]


def analysis_result(result: AnalysisResult) -> Figure:
    """The value with its error bar beside the model's bound, on one axis."""
    figure, axes = _axes(6.4, 2.2)
    axes.axvline(result.value.upper, color="C3", label=f"bound of {result.model.name}")
    axes.errorbar([result.observed], [0.0], xerr=[result.sigma], fmt="o", color="C0", capsize=3, label="observed")
    axes.set_yticks([])
    axes.set_xlabel(result.functional.name or "value of the inequality")
    axes.set_title(str(result.verdict))
    axes.legend(frameon=False)
    return figure


def purity_scan(result: AnalysisResult, etas: Any) -> list[tuple[float, float, float]]:
    """For each purity: η, the observed value minus the proved bound, and the certified log10 of the p-value."""
    rows = []
    for eta in np.asarray(etas, dtype=np.float64).tolist():
        model = result.model.with_purity(eta)
        if model is None:
            return []
        bound = proved(result.functional, model, result.limits).value.upper
        judged, used = result.prediction.judged, result.p_value
        p = p_value_at(model, judged, result.prediction, used.method, used.relabellings, result.limits)
        rows.append((eta, result.observed - bound, p.log10))
    return rows


def excess_against_purity(result: AnalysisResult, etas: Any | None = None) -> Figure:
    """Excess over the bound and p-value against the purity, as in figure 4 of arXiv:0801.2241."""
    rows = np.array(purity_scan(result, np.linspace(0.0, 1.0, 21)[1:] if etas is None else etas))
    figure, axes = _axes(6.4, 3.6)
    axes.errorbar(rows[:, 0], rows[:, 1], yerr=result.sigma, fmt="o-", ms=3, color="C0")
    axes.axhline(0.0, color="0.6", lw=0.8)
    axes.set_xlabel("purity η of the hidden states")
    axes.set_ylabel("observed value − bound", color="C0")
    other = axes.twinx()
    other.plot(rows[:, 0], rows[:, 2], color="C3")
    other.axhline(np.log10(1.0 - result.confidence), color="C3", lw=0.8, ls=":")
    other.set_ylabel("log10 of the p-value", color="C3")
    return figure


def _axes(width: float, height: float) -> Any:
    return blank(None, width, height)
