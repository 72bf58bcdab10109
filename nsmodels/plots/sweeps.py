"""The value of a sweep against one or two of the keys that were varied."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes

from ..common.digits import printable
from ..files.sweeps.result import SweepResult
from .style import BLUE, GREEN, GREY, INK, ORANGE, SKY, SMALL, VERMILLION, blank, finish

__all__ = ["sweep_result"]

COLOURS = (BLUE, VERMILLION, GREEN, ORANGE, SKY, GREY)
DASHES = ("-", "--", ":", "-.")
MOST_CURVES = 6
"""Values of the second key beyond which the picture is a map."""
MOST_MARKS = 60
NAMES = {"bound": "bound", "visibility": "critical visibility", "marginals": "largest marginal"} | {
    "local_content": "local content"
}


def sweep_result(result: SweepResult, *, axes: Axes | None = None) -> Any:
    """Picture the enclosures of a sweep: curves over one key, one for each value of another, or a map over two.

    Further keys have their first values. Points that are not finished are left out.

    Parameters
    ----------
    result : SweepResult
    axes : matplotlib axes, optional

    Returns
    -------
    matplotlib figure
    """
    figure, axes = blank(axes, 5.2, 3.6)
    rows = [row for row in result.rows if row["lower"] is not None]
    several = {key: _values(rows, key) for key in result.parameters if len(_values(rows, key)) > 1}
    ranked = sorted(several, key=lambda key: (_numeric(several[key]), len(several[key])), reverse=True)
    x = ranked[0] if ranked else result.parameters[0]
    other = ranked[1] if len(ranked) > 1 else None
    fixed = [key for key in several if key not in (x, other)]
    for key in fixed:
        rows = [row for row in rows if repr(row[key]) == repr(several[key][0])]
    title = printable(result.title, 70)
    if fixed:
        title += "\n" + ", ".join(f"{key} = {_word(several[key][0])}" for key in fixed)
    name = NAMES.get(result.kind, "value")
    if other is not None and len(several[other]) > MOST_CURVES and _numeric(several[x]) and _numeric(several[other]):
        _map(figure, axes, rows, x, other, name)
        finish(axes, title=title, xlabel=x, ylabel=other)
        return figure
    groups = several[other][: 2 * MOST_CURVES] if other is not None else [None]
    for number, value in enumerate(groups):
        chosen = rows if other is None else [row for row in rows if repr(row[other]) == repr(value)]
        label = None if other is None else f"{other} = {_word(value)}"
        _curve(axes, chosen, x, several.get(x, []), number, label)
    finish(axes, title=title, xlabel=x, ylabel=name, legend=None if other is None else "best")
    return figure


def _values(rows: list[Any], key: str) -> list[Any]:
    """The values of a key, in the order in which they come."""
    return list({repr(row[key]): row[key] for row in rows}.values())


def _numeric(values: list[Any]) -> bool:
    return all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)


def _word(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else printable(value, 24)


def _curve(axes: Axes, rows: list[Any], key: str, values: list[Any], number: int, label: str | None) -> None:
    """Both ends with the band between them; words stand beside each other in their order."""
    if _numeric(values):
        place = {repr(row[key]): float(row[key]) for row in rows}
    else:
        place = {repr(value): float(index) for index, value in enumerate(values)}
        axes.set_xticks(range(len(values)), [_word(value) for value in values])
    rows = sorted(rows, key=lambda row: place.get(repr(row[key]), 0.0))
    x = np.array([place.get(repr(row[key]), 0.0) for row in rows])
    lower, upper = (np.array([float(row[end]) for row in rows]) for end in ("lower", "upper"))
    colour = COLOURS[number % len(COLOURS)]
    axes.fill_between(x, lower, upper, color=colour, alpha=0.25, linewidth=0.0)
    marks = "o" if len(rows) <= MOST_MARKS else ""
    axes.plot(x, upper, color=colour, linestyle=DASHES[number % len(DASHES)], linewidth=1.2, label=label,
              marker=marks, markersize=3.0)  # fmt: skip


def _map(figure: Any, axes: Axes, rows: list[Any], x: str, y: str, name: str) -> None:
    """Colours over a grid; what is not finished stays white."""
    across, up = (sorted(float(value) for value in _values(rows, key)) for key in (x, y))
    table = np.full((len(up), len(across)), np.nan)
    for row in rows:
        table[up.index(float(row[y])), across.index(float(row[x]))] = 0.5 * (row["lower"] + row["upper"])
    drawn = axes.pcolormesh(across, up, table, shading="nearest", cmap="viridis", rasterized=True)
    bar = figure.colorbar(drawn, ax=axes)
    bar.set_label(name, fontsize=SMALL, color=INK)
    bar.ax.tick_params(labelsize=SMALL, colors=INK)
