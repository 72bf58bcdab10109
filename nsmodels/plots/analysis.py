"""Pictures of analyses: the observed value beside the bound, and excess and p-value against the purity."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ..studies.analysis.oracle import proved
from ..studies.analysis.purity import p_value_at
from .style import GREY, INK, SMALL, blank, drawing_board, finish

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from ..studies.analysis.result import AnalysisResult

__all__ = ["analysis_on_page", "analysis_result", "excess_against_purity", "purity_scan"]

SCANNED_PAIRS = 64
"""Pairs of settings up to which purities are scanned for a page."""
SCAN_SECONDS = 2.0
"""The time that the bound of one purity may take there."""


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
    below.axhline(np.log10(least), color=GREY, linewidth=0.8, linestyle=(0, (1, 1.2)), label=f"p = {least:.3g}")
    finish(below, xlabel="purity η of the hidden states", ylabel="log10 of the p-value", legend="best")
    return figure


def analysis_on_page(result: AnalysisResult) -> Figure:
    """The picture of a page: for laws with a purity and few settings, excess and p-value against it too."""
    many = result.model.shape[0] * result.model.shape[1] > SCANNED_PAIRS
    if many or result.model.with_purity(1.0) is None:
        return analysis_result(result)
    limits = replace(result.limits, time_limit_s=min(result.limits.time_limit_s, SCAN_SECONDS))
    return excess_against_purity(replace(result, limits=limits), np.linspace(0.1, 1.0, 10))


def _axes(width: float, height: float) -> Any:
    return blank(None, width, height)
