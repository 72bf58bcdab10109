"""Answers about more outcomes and parties: a table as an image, or how biased each setting can be."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from ..common.digits import enclosure
from ..general.results import DecomposeAnswer, MarginalsAnswer, ScenarioAnswer
from .style import BLUE, blank, finish

__all__ = ["scenario_answer"]


def scenario_answer(answer: ScenarioAnswer, *, axes: Axes | None = None) -> Any:
    """Picture it: the functional or the inequality as an image, settings and outcomes of the first party being rows.

    Of marginals the largest bias of each setting, as bars.

    Parameters
    ----------
    answer : BoundAnswer, DecomposeAnswer or MarginalsAnswer
    axes : matplotlib axes, optional
    """
    title = enclosure(answer.lower, answer.upper) if answer.answered else "no answer"
    if isinstance(answer, MarginalsAnswer):
        figure, axes = blank(axes, 4.5, 2.8)
        ends = [(f"{k}:{x}", one.upper) for k, own in enumerate(answer.marginals) for x, one in enumerate(own)]
        axes.bar([name for name, _ in ends], [top for _, top in ends], color=BLUE)
        axes.set_ylim(0.0, 1.0)
        finish(axes, title=title, xlabel="party : setting", ylabel="largest bias of hidden states")
        return figure
    table, word = answer.asked.behaviour, "behaviour"
    if answer.asked.functional is not None:
        table, word = answer.asked.functional, "functional"
    elif isinstance(answer, DecomposeAnswer) and answer.inequality is not None:
        table, word = answer.functional()[0], "inequality"
    assert table is not None
    image = _image(table)
    figure, axes = blank(axes, 5.0, 3.4)
    size = float(np.abs(image).max()) or 1.0
    drawn = axes.imshow(image, cmap="PuOr_r", vmin=-size, vmax=size, aspect="auto", interpolation="nearest")
    figure.colorbar(drawn, ax=axes)
    finish(axes, title=f"{answer.model.name}: {title}", xlabel=f"settings and outcomes of others ({word})",
           ylabel="setting and outcome of party 0")  # fmt: skip
    return figure


def _image(table: NDArray[np.float64]) -> NDArray[np.float64]:
    """Rows (x, a) of the first party; columns are settings and then outcomes of all others."""
    parties = table.ndim // 2
    order = [parties, 0, *range(parties + 1, 2 * parties), *range(1, parties)]
    rows = table.shape[parties] * table.shape[0]
    return np.asarray(table.transpose(order).reshape(rows, -1))
