"""How pictures look: colours that colour-blind readers can tell apart, and marks that stay apart in grey.

Colours are those of Okabe and Ito. Nothing is told by colour alone: Alice's settings are filled circles and Bob's are
open diamonds, curves differ by their dashes, signs by the shape of the mark.

No picture touches matplotlib's global state: there is no pyplot figure that somebody must close.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

__all__ = [
    "ALICE",
    "BLUE",
    "BOB",
    "FAINT",
    "GREEN",
    "GREY",
    "INK",
    "ORANGE",
    "SKY",
    "VERMILLION",
    "Look",
    "Picture",
    "blank",
    "drawing_board",
    "finish",
    "party_legend",
]

BLUE = "#0072B2"
VERMILLION = "#D55E00"
GREEN = "#009E73"
ORANGE = "#E69F00"
SKY = "#56B4E9"
INK = "#222222"
GREY = "#767676"
FAINT = "#C8C8C8"

SMALL, NORMAL, LARGE = 8.0, 9.0, 10.0
"""Font sizes in points."""


@dataclass(frozen=True, slots=True)
class Look:
    """Colour, mark and name of one party."""

    name: str
    colour: str
    marker: str
    filled: bool

    @property
    def face(self) -> str:
        """Colour of the inside of the mark."""
        return self.colour if self.filled else "white"


ALICE = Look("Alice", BLUE, "o", True)
BOB = Look("Bob", VERMILLION, "D", False)


class Picture(Figure):
    """A matplotlib figure that shows itself in a notebook: the last line of a cell is enough."""

    def _repr_png_(self) -> bytes:
        stream = io.BytesIO()
        self.savefig(stream, format="png", dpi=110)
        return stream.getvalue()


def drawing_board(width: float, height: float) -> Picture:
    """An empty picture; sizes in inches."""
    return Picture(figsize=(width, height), layout="constrained")


def blank(axes: Axes | None, width: float, height: float) -> tuple[Any, Axes]:
    """The figure and axes to draw on: those given, or new ones."""
    if axes is not None:
        return axes.figure, axes
    figure = drawing_board(width, height)
    return figure, figure.add_subplot()


def finish(axes: Axes, *, title: str | None = None, xlabel: str = "", ylabel: str = "", legend: Any = None) -> None:
    """Give axes the common look: labels, thin spines, a frameless legend at ``legend``."""
    if title:
        axes.set_title(title, fontsize=LARGE, color=INK)
    axes.set_xlabel(xlabel, fontsize=NORMAL, color=INK)
    axes.set_ylabel(ylabel, fontsize=NORMAL, color=INK)
    axes.tick_params(labelsize=SMALL, colors=INK)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("bottom", "left"):
        axes.spines[side].set_color(GREY)
    if legend is not None:
        axes.legend(loc=legend, fontsize=SMALL, frameon=False)


def party_legend(axes: Axes, place: Any) -> None:
    """A legend of the two parties' marks."""
    handles = [
        Line2D(
            [], [], marker=look.marker, color=look.colour, markerfacecolor=look.face, linestyle="none", label=look.name
        )
        for look in (ALICE, BOB)
    ]
    axes.legend(handles=handles, loc=place, fontsize=SMALL, frameon=False, borderaxespad=0.0, handletextpad=0.2)
