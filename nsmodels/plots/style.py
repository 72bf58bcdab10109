"""How pictures look: colours that colour-blind readers can tell apart, and marks that stay apart in grey.

Colours are those of Okabe and Ito. Nothing is told by colour alone: Alice's settings are filled circles and Bob's are
open diamonds, curves differ by their dashes, signs by the shape of the mark.

No picture touches matplotlib's global state: there is no pyplot figure that somebody must close.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import ScalarFormatter

from ..errors import InputError

__all__ = [
    "ALICE",
    "BLUE",
    "BOB",
    "FAINT",
    "GREEN",
    "GREY",
    "INK",
    "ORANGE",
    "PURPLE",
    "SIZES",
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
PURPLE = "#CC79A7"
INK = "#222222"
GREY = "#767676"
FAINT = "#C8C8C8"

SMALL, NORMAL, LARGE = 8.0, 9.0, 10.0
"""Font sizes in points."""


SIZES = {"column": 3.375, "page": 7.0}
"""Widths in inches of one column and of the whole page in most journals of physics (86 mm and 178 mm)."""
SMALLEST = 0.6
"""Least share of its own width that a picture can be narrowed to before labels cover labels."""
LEAST_HEIGHT = 2.0
"""Least height in inches, so that labels of narrow pictures have room."""
_TRUE_TYPE: dict[Any, Any] = {"pdf.fonttype": 42, "ps.fonttype": 42}
"""TrueType fonts, because journals refuse the Type 3 fonts that matplotlib would write."""


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

    def savefig(self, *args: Any, size: str | None = None, **kwargs: Any) -> None:
        """Save the picture, in PDF with TrueType fonts.

        Parameters
        ----------
        *args, **kwargs
            As of ``matplotlib.figure.Figure.savefig``.
        size : {"column", "page"}, optional
            The width of a journal's column or page; the height follows. The figure itself keeps its size.

        Raises
        ------
        InputError
            For another size, and where the panels could not be read.
        """
        if size is not None and size not in SIZES:
            raise InputError(f'plots: size is {size!r}; it is "column" or "page"')
        before = self.get_size_inches().copy()
        width = before[0] if size is None else SIZES[size]
        if width < SMALLEST * before[0]:
            problem = f"this picture cannot be read at {width:g} inches, it is made for {before[0]:.1f}"
            raise InputError(f"plots: {problem}; nsmodels.plots has its panels one by one")
        try:
            self.set_size_inches(width, before[1] * max(width / before[0], min(1.0, LEAST_HEIGHT / before[1])))
            with rc_context(_TRUE_TYPE):
                super().savefig(*args, **kwargs)
        finally:
            self.set_size_inches(*before)

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
    for axis in (axes.xaxis, axes.yaxis):  # numbers on an axis are the numbers, and not what to add to another one
        formatter = axis.get_major_formatter()
        if isinstance(formatter, ScalarFormatter):
            formatter.set_useOffset(False)
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
