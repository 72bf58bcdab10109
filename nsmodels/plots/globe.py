"""An orthographic drawing of the sphere: what is in front is solid and filled, what is behind is dashed and pale.

A projection of our own and not matplotlib's 3D axes, because those draw hidden things over visible ones, and because
flat lines make small vector files.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Circle
from numpy.typing import ArrayLike

from ..common.arrays import Array
from .style import FAINT, GREY, INK, SMALL, Look

__all__ = ["DEFAULT_VIEW", "Globe", "Label", "Mark", "write_labels"]


DEFAULT_VIEW = (22.0, 32.0)
"""Elevation and azimuth of the eye, in degrees."""

MOST_VECTORS = 1000
"""Marks beyond which they are drawn as an image inside a vector file."""

_AXES = (("x", (1.0, 0.0, 0.0)), ("y", (0.0, 1.0, 0.0)), ("z", (0.0, 0.0, 1.0)))


@dataclass(frozen=True, slots=True)
class Label:
    """A text that belongs to a point of the drawing."""

    text: str
    x: float
    y: float
    colour: str
    clearance: float = 0.0


Mark = tuple[float, float, float]
"""A place that labels keep away from: its centre and half its width."""


class Globe:
    """A sphere on axes, seen from an elevation and an azimuth (degrees).

    ``crowding`` says by how much texts are larger against the sphere than on one that is about three inches wide.
    """

    def __init__(
        self, axes: Axes, view: tuple[float, float] = DEFAULT_VIEW, *, title: str | None = None, crowding: float = 1.0
    ) -> None:
        self.crowding = crowding
        elevation, azimuth = np.radians(view)
        self.axes = axes
        self.labels: list[Label] = []
        self.marks: list[Mark] = []
        self.towards = np.array(
            [np.cos(elevation) * np.cos(azimuth), np.cos(elevation) * np.sin(azimuth), np.sin(elevation)]
        )
        right = np.array([-np.sin(azimuth), np.cos(azimuth), 0.0])
        self.frame = np.array([right, np.cross(self.towards, right), self.towards])
        axes.set_aspect("equal")
        axes.set_axis_off()
        axes.set(xlim=(-1.42, 1.42), ylim=(-1.42, 1.42))
        if title:
            axes.set_title(title, fontsize=SMALL + 1.5, color=INK)
        self._draw_sphere()

    def project(self, points: ArrayLike) -> Array:
        """Columns: right, up, towards the eye."""
        return np.asarray(np.atleast_2d(np.asarray(points, dtype=np.float64)) @ self.frame.T)

    def _draw_sphere(self) -> None:
        self.axes.add_patch(Circle((0.0, 0.0), 1.0, facecolor="#FAFAFA", edgecolor=GREY, linewidth=1.0, zorder=0))
        turn = np.linspace(0.0, 2.0 * np.pi, 181)
        for first, second in ((0, 1), (1, 2), (2, 0)):
            circle = np.zeros((len(turn), 3))
            circle[:, first], circle[:, second] = np.cos(turn), np.sin(turn)
            self.curve(circle, colour=FAINT, width=0.8)
        for name, direction in _AXES:
            ((x, y, depth),) = self.project(direction)
            inner, outer = (x, y) if depth >= 0 else (0.0, 0.0), (1.2 * x, 1.2 * y)
            self.axes.plot([inner[0], outer[0]], [inner[1], outer[1]], color=GREY, linewidth=0.8, zorder=0.5)
            place = (1.28 * x, 1.28 * y)
            self.axes.text(*place, name, fontsize=SMALL, color=GREY, ha="center", va="center", style="italic")
            self.marks.append((*place, 0.05 * self.crowding))

    def join(self, first: ArrayLike, second: ArrayLike) -> None:
        """A thin straight line through the sphere between two vectors that belong together."""
        (x, y, _), (p, q, _) = self.project(np.array([first, second])).tolist()
        self.axes.plot([x, p], [y, q], color=INK, linewidth=0.8, linestyle=(0, (1, 1.5)), zorder=1.8)

    def curve(self, points: ArrayLike, *, colour: str, width: float = 1.0) -> None:
        """A curve on the sphere: solid in front, dotted behind."""
        p = self.project(points)
        front = p[:, 2] >= 0.0
        for shown, style, alpha, order in ((~front, (0, (1.5, 2.0)), 0.8, 0.2), (front, "-", 1.0, 1.0)):
            x, y = np.where(shown, p[:, 0], np.nan), np.where(shown, p[:, 1], np.nan)
            self.axes.plot(x, y, color=colour, linewidth=width, linestyle=style, alpha=alpha, zorder=order)

    def arc(self, start: ArrayLike, end: ArrayLike, *, colour: str, width: float = 1.6) -> None:
        """The shorter arc of the great circle between two directions that are not opposite."""
        a, b = np.asarray(start, dtype=np.float64), np.asarray(end, dtype=np.float64)
        angle = float(np.arctan2(np.linalg.norm(np.cross(a, b)), a @ b))
        if 1e-9 < angle < np.pi - 1e-9:
            t = np.linspace(0.0, angle, 40)[:, None]
            self.curve((np.sin(angle - t) * a + np.sin(t) * b) / np.sin(angle), colour=colour, width=width)

    def arrows(self, directions: ArrayLike, look: Look, *, size: float = 6.0) -> None:
        """Rays from the centre with a mark at the end of each."""
        for x, y, depth in self.project(directions).tolist():
            front = depth >= -1e-9
            self.axes.plot(
                [0.0, x], [0.0, y], color=look.colour, linewidth=1.1 if front else 0.8,
                linestyle="-" if front else (0, (2.5, 2.0)), alpha=0.9 if front else 0.5, zorder=2 if front else 0.6,
            )  # fmt: skip
        self.points(directions, look, size=size)

    def points(self, directions: ArrayLike, look: Look, *, size: float = 6.0) -> None:
        """Marks on the surface; those behind are pale."""
        p = self.project(directions)
        front = p[:, 2] >= -1e-9
        for chosen, alpha, order in ((~front, 0.45, 0.7), (front, 1.0, 4)):
            self.axes.plot(
                p[chosen, 0], p[chosen, 1], look.marker, color=look.colour, markerfacecolor=look.face, markersize=size,
                markeredgewidth=1.3 if size > 3.5 else 0.6, alpha=alpha, zorder=order, rasterized=len(p) > MOST_VECTORS,
            )  # fmt: skip
        self.marks.extend((x, y, 0.05 * self.crowding) for x, y, _ in p[:MOST_VECTORS].tolist())

    def discs(self, directions: ArrayLike, areas: ArrayLike, colour: str, hatch: str | None = None) -> None:
        """Discs of given areas (points²): filled in front, open behind, hatched where that is wanted."""
        p, sizes = self.project(directions), np.asarray(areas, dtype=np.float64)
        front = p[:, 2] >= -1e-9
        self.axes.scatter(p[~front, 0], p[~front, 1], sizes[~front], facecolors="none", edgecolors=colour,
                          linewidths=1.0, linestyle=":", zorder=0.8, hatch=hatch)  # fmt: skip
        self.axes.scatter(p[front, 0], p[front, 1], sizes[front], facecolors=colour, edgecolors="white", linewidths=0.6,
                          alpha=0.85, zorder=3, hatch=hatch)  # fmt: skip

    def name(self, directions: ArrayLike, texts: Sequence[str], colour: str, clearance: float = 0.0) -> None:
        """Keep labels for `place_labels`, ``clearance`` further away from their points than usual."""
        for (x, y, _), text in zip(self.project(directions).tolist(), texts, strict=True):
            self.labels.append(Label(text, x, y, colour, clearance))

    def place_labels(self, fontsize: float = SMALL + 0.5) -> None:
        """Write the labels that were kept; see `write_labels`."""
        write_labels(self.axes, self.labels, self.marks, fontsize, self.crowding)
        self.labels.clear()


def write_labels(
    axes: Axes, labels: Sequence[Label], marks: Sequence[Mark], fontsize: float, crowding: float = 1.0
) -> None:
    """Write labels where they cover neither each other nor a mark; those far off get a thin line.

    Each label tries sixteen directions at growing distances and takes the first free place, the outward direction
    first. Greedy, and good enough for the few dozen labels that can be read at all.
    """
    taken = [(x, y, half, half) for x, y, half in marks]
    box = {"facecolor": "white", "edgecolor": "none", "alpha": 0.75, "pad": 0.4}
    for label in sorted(labels, key=lambda item: -float(np.hypot(item.x, item.y))):
        half_width, half_height = crowding * (0.024 * len(label.text) + 0.03), 0.065 * crowding
        x, y, moved = _free_place(label, taken, half_width, half_height)
        taken.append((x, y, half_width, half_height))
        if moved:
            axes.plot([label.x, x], [label.y, y], color=label.colour, linewidth=0.5, alpha=0.6, zorder=4.5)
        axes.text(x, y, label.text, fontsize=fontsize, color=label.colour, ha="center", va="center", zorder=6, bbox=box)


def _free_place(
    label: Label, taken: Sequence[tuple[float, float, float, float]], half_width: float, half_height: float
) -> tuple[float, float, bool]:
    outward = np.arctan2(label.y, label.x) if np.hypot(label.x, label.y) > 1e-6 else np.pi / 4
    turns = sorted((k * np.pi / 8 for k in range(-7, 9)), key=abs)
    for distance in (0.12, 0.17, 0.23, 0.30, 0.38):
        reach = distance + label.clearance
        for turn in turns:
            cosine, sine = np.cos(outward + turn), np.sin(outward + turn)
            x, y = label.x + (reach + 0.7 * half_width * abs(cosine)) * cosine, label.y + reach * sine
            if abs(x) > 1.4 - half_width or abs(y) > 1.4 - half_height:
                continue
            if all(abs(x - p) >= half_width + w or abs(y - q) >= half_height + h for p, q, w, h in taken):
                return float(x), float(y), distance > 0.2
    reach = 0.14 + label.clearance
    return label.x + reach * float(np.cos(outward)), label.y + reach * float(np.sin(outward)), False
