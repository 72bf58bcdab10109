"""Decompositions: the hidden states of any model, and all of one answer together."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes

from ..common.digits import at_least, at_most
from ..core.boxes import BoxMixture
from ..errors import InputError
from ..questions.visibility.result import DecomposeResult, Decomposition
from ..studies.local_weight import LocalContent
from .curves import enclosure_in_time
from .matrices import inequality_matrix
from .spheres import HATCHES, hidden_spheres
from .style import FAINT, GREY, INK, SMALL, drawing_board, finish

__all__ = ["decompose_result", "hidden_marginals", "hidden_states"]

MOST_STATES = 60
MOST_NUMBERS = 16
SHADES = (GREY, "white", FAINT, INK)
"""Shades of the parts of a hull, different from those of parties and signs."""


def hidden_states(result: DecomposeResult | Decomposition | BoxMixture) -> Any:
    """Picture hidden states with their weights ρ_λ: vectors on two spheres, or else a table of marginals.

    Parameters
    ----------
    result : DecomposeResult, Decomposition or BoxMixture
        The last also of `nsmodels.studies.counterexample` and of other studies; it has marginals only.

    Raises
    ------
    InputError
        If the result has no explicit model.
    """
    if isinstance(result, BoxMixture):
        nothing = np.full((len(result), 3), np.nan)
        boxes = (result.weights, result.alice, result.bob, nothing, nothing)
        one = np.zeros(len(result), dtype=np.intp)
        result = Decomposition(*boxes, np.zeros(result.shape), 0.0, 1.0, one, ("boxes",))
    decomposition = _decomposition(result)
    if not np.isnan(decomposition.u).any():
        return hidden_spheres(result)
    figure = drawing_board(6.4, 4.2)
    hidden_marginals(decomposition, figure.subplots(1, 2, width_ratios=(2.2, 1.0), sharey=True))
    return figure


def _decomposition(result: DecomposeResult | Decomposition) -> Decomposition:
    decomposition = result.decomposition if isinstance(result, DecomposeResult) else result
    if decomposition is None:
        raise InputError("plots: the result has no explicit model to draw")
    return decomposition


def hidden_marginals(decomposition: Decomposition, panels: Any) -> None:
    """A row for each hidden state, heaviest first: its marginals in shades, and its weight."""
    order = np.argsort(-decomposition.weights, kind="stable")[:MOST_STATES]
    table = np.hstack([decomposition.alice, decomposition.bob])[order]
    left, right = panels
    image = left.imshow(table, cmap="cividis", vmin=-1.0, vmax=1.0, aspect="auto", interpolation="nearest")
    left.axvline(decomposition.alice.shape[1] - 0.5, color="white", linewidth=2.0)
    n_a, n_b = decomposition.alice.shape[1], decomposition.bob.shape[1]
    if n_a + n_b <= 24:
        left.set_xticks(range(n_a + n_b), [*(f"A{i}" for i in range(n_a)), *(f"B{j}" for j in range(n_b))])
    left.figure.colorbar(image, ax=left, label="marginal", location="left", shrink=0.8)
    weights, parts = decomposition.weights[order], decomposition.part[order]
    looks = zip(SHADES * len(decomposition.models), HATCHES * len(decomposition.models), strict=False)
    for index, (name, (shade, hatch)) in enumerate(zip(decomposition.models, looks, strict=False)):
        own = np.flatnonzero(parts == index)
        right.barh(own, weights[own], color=shade, edgecolor=INK, linewidth=0.5, hatch=hatch, label=name)
    shown = "" if len(order) == len(decomposition) else f" (the {len(order)} heaviest of {len(decomposition)})"
    step = -(-len(order) // MOST_NUMBERS)
    left.set_yticks(range(0, len(order), step))
    right.set_yticks(range(0, len(order), step))
    finish(left, title=f"hidden states{shown}", xlabel="setting")
    right.set_ylim(left.get_ylim())
    finish(right, xlabel="weight")
    if len(decomposition.models) > 1:  # beside the bars, which may fill the panel
        right.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), fontsize=SMALL, frameon=False)


def local_part(result: LocalContent) -> Any:
    """Picture the deterministic boxes of a local content, a row each, and their weights."""
    if not len(result):
        figure = drawing_board(6.4, 1.6)
        _empty(figure.add_subplot(), "the local content is 0: there is no local part")
        return figure
    figure = drawing_board(8.4, 4.6)
    nothing = np.full((len(result), 3), np.nan)
    boxes = Decomposition(
        result.weights, result.alice, result.bob, nothing, nothing, np.zeros(result.behaviour.shape), 0.0,
        result.lower, np.zeros(len(result), dtype=np.intp), ("local",),
    )  # fmt: skip
    hidden_marginals(boxes, figure.subplots(1, 2, width_ratios=(2.2, 1.0)))
    return figure


def decompose_result(result: DecomposeResult) -> Any:
    """Picture the answer to `nsmodels.decompose`: hidden states, the inequality, and the ends closing.

    Parameters
    ----------
    result : DecomposeResult
    """
    figure = drawing_board(10.4, 6.6)
    rows = figure.add_gridspec(2, 1, height_ratios=(1.15, 1.0))
    above, below = figure.add_subfigure(rows[0]), figure.add_subfigure(rows[1])
    panels = above.subplots(1, 2)
    if result.decomposition is None:
        for axes in panels:
            _empty(axes, "no explicit model")
    elif np.isnan(result.decomposition.u).any():
        hidden_marginals(result.decomposition, panels)
    else:
        hidden_spheres(result, axes=panels)
    matrix, left, right = below.subplots(1, 3)
    if result.inequality is None:
        _empty(matrix, "no inequality: the correlations have a model" if result.lower >= 1.0 else "no inequality")
    else:
        settings = getattr(result.model, "settings", None)
        inequality_matrix(result.inequality, settings=settings, axes=matrix)
    if result.stats.get("history") or result.visibility.width < 1.0:
        enclosure_in_time(result, axes=(left, right))
    else:
        _empty(left, "no history")
        _empty(right, "")
    ends = f"{at_least(result.lower, 9)} … {at_most(result.upper, 9)}"
    title = f"largest visibility {ends}, {result.visibility.worth}"
    figure.suptitle(title, fontsize=SMALL + 2.5)
    return figure


def _empty(axes: Axes, text: str) -> None:
    axes.set_axis_off()
    axes.text(0.5, 0.5, text, ha="center", va="center", color=GREY, fontsize=SMALL + 1, transform=axes.transAxes)
