"""An inequality as a signed matrix."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PatchCollection
from matplotlib.lines import Line2D
from matplotlib.patches import Circle, Rectangle
from numpy.typing import NDArray

from ..common.digits import at_most
from ..core.formula import number, without_noise
from ..core.functional import Functional, Inequality
from ..core.settings import Settings
from .style import FAINT, GREEN, GREY, INK, PURPLE, SMALL, blank, finish

__all__ = ["functional_matrix", "inequality_matrix"]

MOST_NUMBERS = 8
"""Rows and columns up to which the coefficients are written into the cells."""
MOST_TICKS = 24
MOST_MARKS = 10_000
"""Coefficients beyond which they are drawn as an image."""


def _table(functional: Functional) -> tuple[NDArray[np.float64], bool]:
    """Coefficients, with a first row and column for the marginals where there are any."""
    _, alice, bob, correlators = without_noise(*functional.parts)
    if not (alice.any() or bob.any()):
        return correlators, False
    table = np.zeros((functional.shape[0] + 1, functional.shape[1] + 1))
    table[1:, 1:], table[1:, 0], table[0, 1:] = correlators, alice, bob
    return table, True


def functional_matrix(
    functional: Functional, *, settings: Settings | None = None, title: str | None = None, axes: Axes | None = None
) -> Any:
    """Picture the coefficients of a functional: squares are positive, discs negative, the area is the size.

    Coefficients below 1e-9 of the largest are left by solvers, and not drawn.

    Parameters
    ----------
    functional : Functional
        Marginals, where there are any, take a first row and column.
    settings : Settings, optional
        Whose labels to use.
    title : str, optional
    axes : matplotlib axes, optional
    """
    table, with_marginals = _table(functional)
    rows, columns = table.shape
    width = min(9.0, 1.4 + 0.42 * columns) if columns <= MOST_TICKS else 6.0
    height = min(8.0, 1.2 + 0.42 * rows) if rows <= MOST_TICKS else 6.0
    figure, axes = blank(axes, max(3.0, width), max(2.2, height))
    size = float(np.abs(table).max()) or 1.0
    if np.count_nonzero(table) > MOST_MARKS:
        image = axes.imshow(table, cmap="PuOr_r", vmin=-size, vmax=size, aspect="auto", interpolation="nearest")
        figure.colorbar(image, ax=axes)
        finish(axes, title=title, xlabel="Bob", ylabel="Alice")
        return figure
    written = max(rows, columns) <= MOST_NUMBERS
    side, shift = (0.66, -0.12) if written else (0.92, 0.0)  # room for the number below the mark
    sides = side * np.sqrt(np.abs(table) / size)
    used = [(i, j, float(sides[i, j])) for i, j in np.argwhere(table).tolist()]
    squares = [Rectangle((j - s / 2, i + shift - s / 2), s, s) for i, j, s in used if table[i, j] > 0.0]
    discs = [Circle((j, i + shift), s / 2) for i, j, s in used if table[i, j] < 0.0]
    handles = []
    for patches, colour, mark, sign in ((squares, GREEN, "s", "positive"), (discs, PURPLE, "o", "negative")):
        axes.add_collection(PatchCollection(patches, facecolor=colour, edgecolor="none", zorder=2))
        if patches:
            handles.append(Line2D([], [], color=colour, marker=mark, linestyle="none", label=sign))
    if written:
        _write(axes, table)
    _grid(axes, rows, columns, with_marginals)
    alice = [*([""] if with_marginals else []), *_labels(settings, "alice", functional.shape[0])]
    bob = [*([""] if with_marginals else []), *_labels(settings, "bob", functional.shape[1])]
    for count, labels, party in ((columns, bob, "x"), (rows, alice, "y")):
        if count <= MOST_TICKS:
            step = 1 if count <= 12 else 2
            ticks = {f"{party}ticks": range(0, count, step), f"{party}ticklabels": labels[::step]}
            axes.set(**ticks)
    if columns > 8:
        axes.tick_params(axis="x", labelrotation=90)
    finish(axes, title=title, xlabel="Bob", ylabel="Alice")
    axes.tick_params(length=0)
    if handles:
        axes.legend(
            handles=handles, loc="center left", bbox_to_anchor=(1.0, 0.5), fontsize=SMALL, frameon=False,
            handletextpad=0.2,
        )  # fmt: skip
    return figure


def inequality_matrix(inequality: Inequality, *, settings: Settings | None = None, axes: Axes | None = None) -> Any:
    """Picture an inequality ⟨f, P⟩ ≤ bound as a signed matrix: see `functional_matrix`.

    Parameters
    ----------
    inequality : Inequality
    settings : Settings, optional
        Whose labels to use.
    axes : matplotlib axes, optional
    """
    model = f", {inequality.model}" if inequality.model else ""
    constant = inequality.functional.constant
    constant_text = f"{number(constant)} + " if constant else ""
    return functional_matrix(
        inequality.functional,
        settings=settings,
        title=f"{constant_text}⟨f, P⟩ ≤ {at_most(inequality.bound, 7)}{model}",
        axes=axes,
    )


def _labels(settings: Settings | None, party: str, count: int) -> tuple[str, ...]:
    if settings is None:
        return tuple(f"{party[0].upper()}{k}" for k in range(count))
    return settings.alice_labels if party == "alice" else settings.bob_labels


def _write(axes: Axes, table: NDArray[np.float64]) -> None:
    for (i, j), value in np.ndenumerate(table):
        if value != 0.0:
            text = number(value)
            text = text if len(text) <= 5 else f"{value:.3g}"
            axes.text(j, i + 0.34, text.replace("-", "−"), ha="center", va="center", fontsize=SMALL - 1.0, color=INK)


def _grid(axes: Axes, rows: int, columns: int, with_marginals: bool) -> None:
    axes.set(xlim=(-0.5, columns - 0.5), ylim=(rows - 0.5, -0.5), aspect="equal")
    if max(rows, columns) <= MOST_TICKS:
        axes.set_xticks(np.arange(-0.5, columns), minor=True)
        axes.set_yticks(np.arange(-0.5, rows), minor=True)
        axes.grid(which="minor", color=FAINT, linewidth=0.5)
        axes.tick_params(which="minor", length=0)
    if with_marginals:
        axes.axhline(0.5, color=GREY, linewidth=1.2)
        axes.axvline(0.5, color=GREY, linewidth=1.2)
