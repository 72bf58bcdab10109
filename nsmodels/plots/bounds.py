"""Bounds, the singlet's value and measured points: along the opening angle φ, or for one result."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from ..common.digits import at_least, at_most
from ..errors import InputError
from ..questions.bound import BoundResult
from ..studies.measurements import PHOTONS, Measured, trapped_ion_l3
from .globe import Globe
from .matrices import functional_matrix
from .spheres import draw_settings
from .style import (
    ALICE,
    BLUE,
    BOB,
    GREEN,
    GREY,
    INK,
    ORANGE,
    SMALL,
    VERMILLION,
    blank,
    drawing_board,
    finish,
    party_legend,
)

__all__ = ["bound_against_phi", "bound_result", "opening_angle"]

_LOOKS = ((BLUE, "o", "-"), (GREEN, "^", (0, (6, 2))), (ORANGE, "v", (0, (3, 1.5))), (GREY, "s", (0, (1, 1))))
_MEASURED = (("s", INK), ("X", VERMILLION), ("P", BLUE))


def opening_angle(result: BoundResult) -> float:
    """The angle φ of the result's family of settings, in degrees.

    Raises
    ------
    InputError
        If the settings are not of a family with an opening angle.
    """
    parameters = getattr(getattr(result.model, "settings", None), "parameters", None) or {}
    if "phi_deg" in parameters:
        return float(parameters["phi_deg"])
    if "phi" in parameters:
        return math.degrees(float(parameters["phi"]))
    raise InputError("plots: a bound against φ needs results on settings.leggett_triads or leggett_directions")


def bound_against_phi(
    results: Sequence[BoundResult] | Mapping[str, Sequence[BoundResult]],
    *,
    measured: Sequence[Measured] | None = None,
    axes: Axes | None = None,
) -> Any:
    """Picture bounds and the singlet's value against φ, with measured points: figure 3 of arXiv:0801.2241.

    Parameters
    ----------
    results : sequence of BoundResult, or mapping of labels to such sequences
        Bounds on ``settings.leggett_triads(phi)`` (or ``leggett_directions``) for several φ. Each mark is a certified
        enclosure (its bar is thinner than the mark unless the work was cut short); the line only joins the marks.
    measured : sequence of Measured, optional
        Points with error bars; by default the published photon values and the raw trapped-ion data of
        `nsmodels.studies.measurements`.
    axes : matplotlib axes, optional

    Raises
    ------
    InputError
        If there are no results, or their settings have no opening angle.
    """
    groups = dict(results) if isinstance(results, Mapping) else {"Leggett bound, certified": results}
    everything = [result for group in groups.values() for result in group]
    if not everything:
        raise InputError("plots: there are no results to draw")
    figure, axes = blank(axes, 6.4, 4.2)
    angles = sorted({opening_angle(result): result.quantum for result in everything}.items())
    low, high = angles[0][0], angles[-1][0]
    fine = np.linspace(low, high, 400)
    axes.plot(fine, 2.0 * np.abs(np.cos(np.radians(fine) / 2.0)), color=INK, linewidth=1.4, label="singlet, 2 cos(φ/2)")
    for (label, group), (colour, marker, dashes) in zip(groups.items(), _LOOKS * (1 + len(groups) // len(_LOOKS))):
        ordered = sorted(group, key=opening_angle)
        phi = [opening_angle(result) for result in ordered]
        middle = np.array([result.value.midpoint for result in ordered])
        half = np.array([0.5 * result.value.width for result in ordered])
        axes.plot(phi, middle, color=colour, linestyle=dashes, linewidth=0.9)
        axes.errorbar(phi, middle, half, fmt=marker, color=colour, markersize=4.0, capsize=0.0, linewidth=1.0,
                      label=label)  # fmt: skip
    points = (*PHOTONS, *trapped_ion_l3()) if measured is None else tuple(measured)
    for index, name in enumerate(dict.fromkeys(point.label for point in points)):
        chosen = [p for p in points if p.label == name and low <= p.phi_deg <= high]
        if not chosen:
            continue
        marker, colour = _MEASURED[index % len(_MEASURED)]
        axes.errorbar([p.phi_deg for p in chosen], [p.value for p in chosen], [p.error for p in chosen], fmt=marker,
                      color=colour, markerfacecolor="white", markersize=5.5, capsize=3.0, linewidth=1.1, label=name,
                      zorder=5)  # fmt: skip
    finish(axes, xlabel="opening angle φ (degrees)", ylabel=r"$L_N$" if _many_kinds(everything) else r"$L_3$",
           legend="lower center")  # fmt: skip
    return figure


def _many_kinds(results: Sequence[BoundResult]) -> bool:
    return any(result.functional.shape != (3, 6) for result in results)


def bound_result(result: BoundResult) -> Any:
    """Picture one bound: the settings with the hidden state that attains it, the functional, and the values.

    Parameters
    ----------
    result : BoundResult
    """
    settings, state = getattr(result.model, "settings", None), result.maximiser
    figure = drawing_board(10.2 if settings is not None else 6.8, 3.6)
    panels = list(figure.subplots(1, 3 if settings is not None else 2, squeeze=False)[0])
    if settings is not None:
        globe = Globe(panels[0], title="settings and hidden state", crowding=1.7)
        if state is not None and state.u is not None and state.v is not None:
            globe.join(state.u, state.v)
            for vector, look, name in ((state.u, ALICE, "u"), (state.v, BOB, "v")):
                globe.points(vector[None], type(look)(name, look.colour, "*", look.filled), size=13.0)
                globe.name(vector[None], [name], look.colour)
        draw_settings(globe, settings)
        party_legend(panels[0], "lower left")
    title = result.functional.name or "functional"
    functional_matrix(result.functional, settings=settings, title=title, axes=panels[-2])
    _values(panels[-1], result)
    return figure


def _values(axes: Axes, result: BoundResult) -> None:
    """Horizontal levels for the two ends and the singlet's value."""
    levels: list[tuple[float, str, str, Any]] = []
    answered = math.isfinite(result.upper)
    if answered:
        levels.append((result.upper, f"{result.model.name} ≤ {at_most(result.upper, 9)}", INK, "-"))
        if result.value.width > 1e-3 * max(1.0, abs(result.upper)):
            levels.append((result.lower, f"attained {at_least(result.lower, 9)}", INK, (0, (5, 2))))
            axes.axhspan(result.lower, result.upper, color=GREY, alpha=0.2, linewidth=0)
    if result.quantum is not None:
        levels.append((result.quantum, f"singlet {result.quantum:.9g}", INK, (0, (1.5, 1.5))))
    if not levels:
        axes.text(0.5, 0.5, f"no answer: {result.reason}", ha="center", va="center", fontsize=SMALL, wrap=True)
        axes.set_axis_off()
        return
    heights = [level[0] for level in levels]
    span = max(max(heights) - min(heights), 1e-3 * max(map(abs, heights)), 1e-9)
    axes.set(ylim=(min(heights) - 0.55 * span, max(heights) + 0.55 * span), xlim=(0.0, 1.0), xticks=[])
    levels.sort(key=lambda level: level[0])
    for k, (height, text, colour, dashes) in enumerate(levels):
        axes.axhline(height, color=colour, linestyle=dashes, linewidth=1.8)
        below = len(levels) > 1 and (k == 0 or (k + 1 < len(levels) and levels[k + 1][0] - height < 0.2 * span))
        axes.annotate(
            text, (0.5, height), xytext=(0, -4 if below else 4), textcoords="offset points", ha="center",
            va="top" if below else "bottom", fontsize=SMALL, color=colour,
        )  # fmt: skip
    if result.quantum is not None and answered and result.quantum > result.upper:
        axes.annotate("", (0.08, result.quantum), (0.08, result.upper), arrowprops={"arrowstyle": "<->", "color": INK})
        excess = f"violation {result.quantum - result.upper:.4g}"
        axes.text(0.12, 0.5 * (result.quantum + result.upper), excess, va="center", fontsize=SMALL, color=INK)
    title = f"{result.value.worth}, width {result.value.width:.1g}" if answered else None
    finish(axes, title=title, ylabel="value")
    axes.spines["bottom"].set_visible(False)
