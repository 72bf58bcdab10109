"""Pictures of analyses: the observed value beside the bound, and excess and p-value against the purity."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..studies.analysis.oracle import proved
from ..studies.analysis.purity import p_value_at
from .style import GREY, INK, SMALL, blank, drawing_board, finish

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from ..studies.analysis.result import AnalysisResult

__all__ = ["analysis_result", "excess_against_purity", "purity_scan"]


def analysis_result(result: AnalysisResult) -> Figure:
    """The value with its error bar beside the model's bound, on one axis."""
    figure, axes = _axes(6.4, 2.2)
    axes.axvline(result.value.upper, color=GREY, linestyle=(0, (5, 2)), label=f"bound of {result.model.name}")
    axes.errorbar([result.observed], [0.0], xerr=[result.sigma], fmt="o", color=INK, capsize=3, label="observed, ± σ")
    axes.set_yticks([])
    axes.set_ylim(-1.0, 1.6)  # the legend has its room above
    finish(axes, title=str(result.verdict), xlabel=result.functional.name or "value of the inequality")
    axes.spines["left"].set_visible(False)
    axes.legend(loc="upper center", ncols=2, fontsize=SMALL, frameon=False)
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
    figure = drawing_board(6.0, 4.6)
    above, below = figure.subplots(2, 1, sharex=True)
    above.errorbar(rows[:, 0], rows[:, 1], yerr=result.sigma, fmt="o-", markersize=3, color=INK)
    above.axhline(0.0, color=GREY, linewidth=0.8, linestyle=(0, (5, 2)))
    finish(above, ylabel="observed value − bound")
    below.plot(rows[:, 0], rows[:, 2], "s-", markersize=3, color=INK)
    least = 1.0 - result.confidence
    below.axhline(np.log10(least), color=GREY, linewidth=0.8, linestyle=(0, (1, 1.2)), label=f"{least:.3g}")
    finish(below, xlabel="purity η of the hidden states", ylabel="log10 of the p-value", legend="best")
    return figure


def _axes(width: float, height: float) -> Any:
    return blank(None, width, height)
