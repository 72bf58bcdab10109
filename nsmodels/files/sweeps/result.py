"""What a sweep gives back: the rows of its table, and what is not done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["SweepResult"]


@dataclass(frozen=True, eq=False, repr=False)
class SweepResult:
    """The points of a sweep that are finished, all of them on the disk.

    Parameters
    ----------
    folder : Path
        Where the result files and the tables are.
    title, kind : str
    parameters : tuple of str
        The varied keys.
    rows : tuple of dict
        As in ``table.json``: point, the varied keys, lower, upper, status, reason, seconds, file.
    total : int
        The number of points of the grid.
    new : int
        How many were answered now; the others were there already.
    code : int
        0 if all points are certified and no wider than the tolerance, else the worst exit code of `nsmodels run`.
    reason : str
        ``complete``, ``interrupted``, or why points are missing.
    unfinished : mapping of int to str
        Points that were tried in vain, such as those whose worker was killed, and why.
    """

    folder: Path
    title: str
    kind: str
    parameters: tuple[str, ...]
    rows: tuple[Mapping[str, Any], ...]
    total: int
    new: int
    code: int
    reason: str
    unfinished: Mapping[int, str]

    @property
    def complete(self) -> bool:
        """Whether every point is finished."""
        return len(self.rows) == self.total

    def __len__(self) -> int:
        return len(self.rows)

    def __repr__(self) -> str:
        state = "complete" if self.complete else self.reason
        return f"<sweep of {self.total} points in {self.folder}: {len(self.rows)} finished, {state}>"

    def plot(self) -> Figure:
        """Picture the value against one or two of the keys; returns a matplotlib figure."""
        figure: Figure = import_module("nsmodels.plots").plot(self)
        return figure
