"""Curves: marginals against the number of settings, visibilities, and enclosures closing in time."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from ..core.enclosure import Enclosure
from ..errors import InputError
from ..questions.bias.result import MarginalsResult
from ..questions.bound import BoundResult
from ..questions.visibility.result import DecomposeResult
from ..studies.finite_sets import Counterexample
from ..studies.vanishing import chain_bound
from .style import BLUE, GREEN, GREY, INK, ORANGE, VERMILLION, blank, drawing_board, finish

__all__ = [
    "ALL_SETTINGS_VISIBILITY",
    "Trace",
    "critical_visibility",
    "dying_out",
    "enclosure_in_time",
    "largest_marginal",
    "visibility_against_purity",
    "visibility_for_all_settings",
]

_LOOKS = ((BLUE, "o"), (VERMILLION, "D"), (GREEN, "^"), (ORANGE, "s"), (GREY, "v"))

LEAST_SPAN = 5e-4
"""Least span of an axis of values, relative to the values: smaller differences are rounding."""

ALL_SETTINGS_VISIBILITY = (2.0 + math.sqrt(2.0)) / 4.0
"""Largest V = 0.853553 at which Leggett's model with η = 1 reproduces −V a·b for all settings at once."""


def visibility_for_all_settings(eta: float) -> float:
    """½ (1 + √(1 − η²/2)): up to this V, Leggett(η, η) reproduces −V a·b for all settings at once, and not beyond.

    The model v = −u with u uniform on the sphere reaches it.
    """
    return 0.5 * (1.0 + math.sqrt(1.0 - 0.5 * eta * eta))


def _bars(axes: Axes, x: Sequence[float], ends: Sequence[Enclosure], index: int, label: str) -> None:
    colour, marker = _LOOKS[index % len(_LOOKS)]
    middle = np.array([end.midpoint for end in ends])
    half = np.array([0.5 * end.width for end in ends])
    axes.errorbar(x, middle, half, fmt=marker, color=colour, markersize=5.0, capsize=2.0, linewidth=1.1, label=label,
                  markerfacecolor=colour if index % 2 == 0 else "white", zorder=4)  # fmt: skip


def largest_marginal(
    results: Mapping[str, Sequence[MarginalsResult]],
    *,
    visibilities: Sequence[float] = (1.0,),
    axes: Axes | None = None,
) -> Any:
    """Picture the largest mean |marginal| against the number of settings a side, log-log, with the analytic curve.

    Parameters
    ----------
    results : mapping of labels to sequences of MarginalsResult
        A mark for each result, at its number of Bob's settings.
    visibilities : sequence of float
        Curves N (1 − V cos(π/2N)) to draw: the value on ``half_circle(N)`` at V = 1, and along the chain of
        neighbours at finite V, where there is a best N.
    axes : matplotlib axes, optional

    Raises
    ------
    InputError
        If there is nothing to draw.
    """
    counts = [float(result.behaviour.shape[1]) for group in results.values() for result in group]
    if not counts:
        raise InputError("plots: there are no results to draw")
    figure, axes = blank(axes, 5.8, 4.2)
    n = np.unique(np.round(np.geomspace(max(1.0, min(counts)), max(max(counts), 2.0), 200)).astype(int))
    for k, visibility in enumerate(visibilities):
        text = "N (1 − cos(π/2N))" if visibility == 1.0 else f"N (1 − V cos(π/2N)), V = {visibility:g}"
        axes.plot(n, [min(1.0, chain_bound(int(m), visibility)) for m in n], color=INK, linewidth=1.1,
                  linestyle=("-", (0, (6, 2)), (0, (3, 1.5)), (0, (1, 1.2)))[k % 4], label=text)  # fmt: skip
    for index, (label, group) in enumerate(results.items()):
        sizes = [float(result.behaviour.shape[1]) for result in group]
        _bars(axes, sizes, [result.value for result in group], index, label)
    axes.set(xscale="log", yscale="log")
    axes.grid(which="major", color="#E6E6E6", linewidth=0.6, zorder=0)
    finish(axes, xlabel="settings a side, N", ylabel="largest mean |marginal|", legend="best")
    return figure


def dying_out(results: Mapping[str, Sequence[Counterexample]], *, axes: Axes | None = None) -> Any:
    """Picture how the marginals of finite sets of hidden states die out as settings are added.

    Open circles: the largest mean |marginal| of any one setting, a proved upper end. A curve for every label: the mean
    over all settings that these hidden states have.

    Parameters
    ----------
    results : mapping of labels to sequences of Counterexample
        As `nsmodels.studies.dying_out` gives them, for instance for different numbers of hidden states.
    axes : matplotlib axes, optional

    Raises
    ------
    InputError
        If there is nothing to draw.
    """
    largest = {line.n: line.largest for group in results.values() for line in group}
    if not largest:
        raise InputError("plots: there are no results to draw")
    figure, axes = blank(axes, 5.8, 4.0)
    sizes = sorted(largest)
    axes.plot(sizes, [largest[n].upper for n in sizes], "o", color=INK, markerfacecolor="white", markersize=6.5,
              label="one setting, at most")  # fmt: skip
    for index, (label, group) in enumerate(results.items()):
        colour, marker = _LOOKS[index % len(_LOOKS)]
        axes.plot([line.n for line in group], [line.mean for line in group], marker=marker, color=colour,
                  linewidth=1.1, markersize=5.0, label=f"all settings, {label}")  # fmt: skip
    axes.set_ylim(bottom=0.0)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    finish(axes, xlabel="settings a side, N", ylabel="mean |marginal|", legend="best")
    return figure


def critical_visibility(
    results: Mapping[str, Sequence[DecomposeResult]], *, limit: float | None = ALL_SETTINGS_VISIBILITY,
    axes: Axes | None = None,
) -> Any:  # fmt: skip
    """Picture enclosures of critical visibilities against the number of settings a side.

    Parameters
    ----------
    results : mapping of labels to sequences of DecomposeResult
        Bars are enclosures, at the number of Alice's settings.
    limit : float, optional
        A level that no choice of settings goes below, (2 + √2)/4 by default.
    axes : matplotlib axes, optional
    """
    figure, axes = blank(axes, 5.8, 4.0)
    if limit is not None:
        axes.axhline(limit, color=INK, linewidth=1.1, linestyle=(0, (6, 2)), label=f"all settings at once, {limit:.6f}")
    for index, (label, group) in enumerate(results.items()):
        _bars(axes, [float(result.behaviour.shape[0]) for result in group], [result.visibility for result in group],
              index, label)  # fmt: skip
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    finish(axes, xlabel="settings a side", ylabel="critical visibility", legend="upper right")
    return figure


def visibility_against_purity(results: Mapping[str, Sequence[DecomposeResult]], *, axes: Axes | None = None) -> Any:
    """Picture critical visibilities against the purity η of the hidden states, with the law for all settings at once.

    Below the curve ½(1 + √(1 − η²/2)) hidden states of purity η hide behind every choice of settings; above it enough
    settings find them out.

    Parameters
    ----------
    results : mapping of labels to sequences of DecomposeResult
        Of ``Leggett(settings, eta)`` for several η.
    axes : matplotlib axes, optional
    """
    figure, axes = blank(axes, 5.8, 4.0)
    eta = np.linspace(0.0, 1.0, 200)
    law = [visibility_for_all_settings(float(x)) for x in eta]
    axes.plot(eta, law, color=INK, linewidth=1.4, label="½(1 + √(1 − η²/2)), all settings")
    axes.fill_between(eta, 0.8, law, color=GREY, alpha=0.15, linewidth=0)
    for index, (label, group) in enumerate(results.items()):
        _bars(axes, [_purity(result) for result in group], [result.visibility for result in group], index, label)
    axes.set(ylim=(0.83, 1.01), xlim=(-0.02, 1.02))
    finish(axes, xlabel="purity η of the hidden states", ylabel="visibility", legend="lower left")
    return figure


def _purity(result: DecomposeResult) -> float:
    eta = result.model.purity
    if eta is None:
        raise InputError(f"plots: {result.model!r} has no purity; give results of Leggett's model")
    return eta


@dataclass
class Trace:
    """Remember how an enclosure closes: hand it to a question as ``progress=`` and then to `enclosure_in_time`.

    Parameters
    ----------
    history : list of dict
        ``seconds``, ``lower``, ``upper`` and ``work`` of every call.
    """

    history: list[dict[str, float]] = field(default_factory=list)

    def __call__(self, lower: float, upper: float, work: int, seconds: float) -> None:
        """Remember one report of a question."""
        self.history.append({"seconds": seconds, "lower": lower, "upper": upper, "work": float(work)})


def _uncrossed(steps: Sequence[Mapping[str, float]], result: BoundResult | DecomposeResult | None) -> Any:
    """Both ends of every step, as far as they can be true: neither beyond what is then proved, nor the other one.

    The ends of a running search are not proved and may cross; where they do, both are drawn in the middle.
    """
    lower, upper = (np.array([step[end] for step in steps], dtype=np.float64) for end in ("lower", "upper"))
    if result is not None and math.isfinite(result.upper - result.lower):
        lower, upper = np.minimum(lower, result.upper), np.maximum(upper, result.lower)
    middle = 0.5 * lower + 0.5 * upper
    return np.minimum(lower, middle), np.maximum(upper, middle)


def enclosure_in_time(
    trace: Trace | DecomposeResult, result: BoundResult | DecomposeResult | None = None, *,
    axes: Any = None,
) -> Any:  # fmt: skip
    """Picture an enclosure closing in time: both ends on the left, the width on a logarithmic scale on the right.

    Parameters
    ----------
    trace : Trace or DecomposeResult
        What `Trace` remembered; the result of a decomposition carries the history of its rounds itself. The ends of a
        running search are not proved yet, and may cross: no crossing is drawn.
    result : BoundResult or DecomposeResult, optional
        Its proved enclosure is drawn as the last point.
    axes : pair of matplotlib axes, optional

    Raises
    ------
    InputError
        If nothing was remembered.
    """
    if isinstance(trace, DecomposeResult):
        result, steps = trace if result is None else result, list(trace.stats.get("history", []))
    else:
        steps = list(trace.history)
    steps = [s for s in steps if math.isfinite(s.get("lower", math.nan)) and math.isfinite(s.get("upper", math.nan))]
    if result is not None and math.isfinite(result.upper - result.lower):
        end = max([float(result.stats.get("seconds", 0.0)), *(s["seconds"] for s in steps)])
        steps.append({"seconds": end, "lower": result.lower, "upper": result.upper})
    if not steps:
        raise InputError("plots: nothing was remembered of this run; it ended before its first report")
    if axes is None:
        axes = drawing_board(8.2, 3.4).subplots(1, 2)
    left, right = axes
    last = max(s["seconds"] for s in steps)
    unit, factor = ("seconds", 1.0) if last >= 0.5 else ("milliseconds", 1e3)
    seconds = [factor * s["seconds"] for s in steps]
    lower, upper = _uncrossed(steps, result)
    left.fill_between(seconds, lower, upper, color=GREY, alpha=0.2, linewidth=0)
    running = "" if isinstance(trace, Trace) else ", search"
    for ends, colour, marker, dashes, label in (
        (upper, INK, "v", "-", f"upper end{running}"),
        (lower, GREY, "^", (0, (5, 2)), f"lower end{running}"),
    ):
        left.plot(
            seconds, ends, color=colour, marker=marker, linestyle=dashes, markersize=4, linewidth=1.1, label=label
        )
    if result is not None:
        last_two = seconds[-1:] * 2, [lower[-1], upper[-1]]
        left.plot(*last_two, marker="_", color=INK, markersize=11, linestyle="none", label="proved")
    low, high = float(lower.min()), float(upper.max())
    room = max(0.05 * (high - low), LEAST_SPAN * max(1.0, abs(low), abs(high)))
    left.set_ylim(low - room, high + room)  # ends that meet are one line, and not a study of rounding
    finish(left, xlabel=unit, ylabel="value", legend="best")
    # a search may think that it has closed further than is then proved
    proved = 1e-17 if result is None else max(result.upper - result.lower, 1e-17)
    width = np.maximum(upper - lower, proved)
    for panel in (left, right):
        panel.set_xlim(0.0, 1.05 * factor * last)
        panel.xaxis.set_major_locator(MaxNLocator(5))
    right.plot(seconds, width, color=INK, marker="o", markersize=4, linewidth=1.1)
    right.set_yscale("log")
    right.set_ylim(0.3 * width.min(), 10.0 * width.max())
    finish(right, title=f"{width[-1]:.1e} at the end", xlabel=unit, ylabel="width")
    return left.figure
