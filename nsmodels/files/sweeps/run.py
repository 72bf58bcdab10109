"""`sweep`: answer every point of a grid, here or elsewhere; whatever is killed, no point is lost or done twice."""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import CancelledError
from os import PathLike, fspath
from pathlib import Path
from typing import Any

from ...common.digits import counted, printable
from ...common.interrupts import arrived, held
from ...common.workers import Submits, completed, engine
from ...errors import InputError, NsmodelsError
from .. import result as results
from ..answering import LOST, check_options, result_of
from ..atomic import name_of, replace
from ..toml.table import Document
from .folder import PICTURE, TOLD, SweepFolder, keep, row_of
from .grid import Grid, read_sweep, sweep_of
from .result import SweepResult

__all__ = ["run", "sweep"]

Progress = Callable[[int, int], None]

TABLE_S, TABLE_SHARE = 30.0, 20.0
"""Seconds between two writings of the tables, and the least ratio of that time to what one writing took."""
GIVE_UP = 20
"""Points in a row that come to nothing before the workers, and not the points, are held to be at fault."""


def sweep(
    sweep: str | PathLike[str] | Mapping[str, Any],
    out: str | PathLike[str],
    *,
    workers: int | Submits = 1,
    scheduler: str | None = None,
    tolerance: float | None = None,
    time_limit_s: float | None = None,
    seed: int | None = None,
    progress: Progress | None = None,
) -> SweepResult:
    """Answer a problem at every point of a grid, and keep every answer in a folder.

    A point counts when its result file is on the disk. A sweep that was interrupted, killed or that lost its workers
    goes on where it stopped when it is asked again for the same folder.

    Parameters
    ----------
    sweep : str, path or mapping
        A sweep file or the name of a shipped one; or ``{"problem": file, name or table, "vary": {key: values}}``, where
        values are a list or ``{"from": …, "to": …, "steps": …}``.
    out : str or path
        The folder. It gets ``points/``, ``table.csv``, ``table.json`` and ``picture.svg``.
    workers : int or executor
        Processes of this machine; or anything with ``submit(function, *arguments)`` that gives futures, such as the
        executors of `concurrent.futures` and `mpi4py`, or a Dask client.
    scheduler : str, optional
        The address of a Dask scheduler, instead of workers.
    tolerance, time_limit_s, seed
        Of every point, instead of what the problem says.
    progress : callable, optional
        Called with (finished, total) at the beginning, now and then, and after every point.

    Returns
    -------
    SweepResult
        On Ctrl-C the points that are finished.

    Raises
    ------
    InputError
        For a sweep, a problem or options that cannot be used; for a folder that holds another sweep, in which another
        process writes, or that cannot be written, as when the disk is full. What is finished stays finished.
    """
    grid = sweep_of(_plain(sweep), "sweep") if isinstance(sweep, Mapping) else read_sweep(_name(sweep, "a sweep file"))
    options = check_options(tolerance, time_limit_s, seed)
    return run(grid, Path(_name(out, "the folder of a sweep")), options, workers, scheduler, progress)


def _name(path: Any, what: str) -> str:
    return name_of(path, f"sweep: {what}", "give its name")


def _plain(value: Any) -> Any:
    """Tables and lists as files have them, out of mappings, arrays and other sequences."""
    if isinstance(value, Mapping):
        return {str(key): _plain(entry) for key, entry in value.items()}
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, PathLike):
        return fspath(value)
    return [_plain(entry) for entry in value] if isinstance(value, list | tuple | range) else value


def run(
    grid: Grid, path: Path, options: Mapping[str, Any], workers: int | Submits = 1, scheduler: str | None = None,
    progress: Progress | None = None,
) -> SweepResult:  # fmt: skip
    """Do what `sweep` says, for a grid that is read."""
    folder = SweepFolder(path, grid, options)
    with held(), folder.locked(), engine(workers, scheduler) as where:
        work = _Work(folder, where.local, progress)
        reason = "complete"
        try:
            for point, found in completed(where, answer_point, work.tasks(), work.tick):
                work.take(point, found)
                if arrived():
                    raise KeyboardInterrupt
        except KeyboardInterrupt:
            reason = "interrupted"
        except BaseException:
            work.save_quietly()
            raise
        work.save()
        return work.result(reason)


def answer_point(document: Document, name: str, options: Mapping[str, Any], target: str | None) -> dict[str, Any]:
    """The result of a point: what a worker does.

    With a target, which only workers of this machine have, it is on the disk when this returns, and what the table
    needs of it is given back.
    """
    found = result_of(document, name, options)
    if target is None or _is_unfinished(found):
        return found
    keep(Path(target), found)
    return {key: found.get(key) for key in ("resolved", *TOLD)} | {"stats": {"seconds": found["stats"]["seconds"]}}


def _is_unfinished(result: Mapping[str, Any]) -> bool:
    """Whether the point is done again by the next run: it was interrupted, or lost with what computed it."""
    return result["reason"] == "interrupted" or (result["value"] is None and result["reason"] in LOST)


class _Work:
    """The rows so far, and what is still to be done; `local` workers write the points' files themselves."""

    def __init__(self, folder: SweepFolder, local: bool, progress: Progress | None) -> None:
        self.folder, self.grid, self.local = folder, folder.grid, local
        self.progress = progress
        self.rows: dict[int, dict[str, Any]] = {}
        self.codes: list[int] = [results.OK]
        self.unfinished: dict[int, str] = {}
        self.failed_in_a_row = 0
        for point, content in folder.finished():
            self._count(point, content)
        self.before = len(self.rows)
        self.saved, self.cost = time.monotonic(), 0.0
        self.tick()

    def tick(self) -> None:
        """Tell how far this is."""
        if self.progress is not None:
            self.progress(len(self.rows), len(self.grid))

    def tasks(self) -> Iterator[tuple[int, tuple[Any, ...]]]:
        """What is not finished, in the order of the grid."""
        done = frozenset(self.rows)
        for point in range(len(self.grid)):
            if point not in done:
                target = str(self.folder.path / self.folder.place(point)) if self.local else None
                yield point, (self.grid.at(point), f"{self.grid.name}_{point}", self.folder.options, target)

    def take(self, point: int, found: Any) -> None:
        """Keep the result of a point, or note why there is none.

        Raises
        ------
        InputError
            If the point is refused, the disk is full, or nothing gets done any more.
        """
        if isinstance(found, BaseException):
            self._fail(point, found)
        elif _is_unfinished(found):
            self.unfinished[point] = str(found["reason"])
        else:
            self.failed_in_a_row = 0
            if not self.local:
                try:
                    keep(self.folder.path / self.folder.place(point), found)
                except InputError as error:
                    self._fail(point, error)
            self._count(point, found)
            self.unfinished.pop(point, None)
            if time.monotonic() > self.saved + max(TABLE_S, TABLE_SHARE * self.cost):
                self.save(picture=False)
        self.tick()

    def _fail(self, point: int, error: BaseException) -> None:
        if isinstance(error, InputError):
            told = str(error).replace("; the old file, if any, is untouched", "")
            raise InputError(f"{told}; {self.advice()}") from None
        if isinstance(error, ModuleNotFoundError):
            raise InputError(f"the workers cannot load {error.name}: install nsmodels there, in this version") from None
        told = "the workers are gone" if isinstance(error, CancelledError) else str(error)
        what = told if isinstance(error, NsmodelsError | CancelledError) else f"{type(error).__name__}: {told}"
        self.unfinished[point] = printable(what)
        self.codes.append(results.FAILED)
        self.failed_in_a_row += 1
        if self.failed_in_a_row == GIVE_UP:
            raise InputError(
                f"{GIVE_UP} points in a row came to nothing, the last one by: {printable(what)}; {self.advice()}"
            )

    def _count(self, point: int, content: Mapping[str, Any]) -> None:
        try:
            row = row_of(self.folder, point, content)
            tolerance = float(content["resolved"]["options"]["tolerance"])
            code = results.judged(results.told_by(content), tolerance)[0]
        except (KeyError, TypeError, ValueError, AttributeError):  # tampered with: it is answered again
            return
        self.rows[point] = row
        self.codes.append(code)

    def advice(self) -> str:
        """What is kept, and how to go on."""
        return f"{len(self.rows)} of {counted(len(self.grid), 'point')} are kept; the same command goes on from there"

    def save(self, *, picture: bool = True) -> None:
        """Write the tables, and the picture at the end."""
        began = time.monotonic()
        try:
            self.folder.tabulate(self.rows)
            if picture and self.rows:
                self._draw()
        except InputError as error:
            raise InputError(f"{error}; {self.advice()}") from None
        self.saved = time.monotonic()
        self.cost = self.saved - began

    def save_quietly(self) -> None:
        """Write the tables if that can be done: something else has gone wrong already."""
        try:
            self.folder.tabulate(self.rows)
        except (InputError, MemoryError):
            return

    def _draw(self) -> None:
        """Draw the picture; one that cannot be drawn ends nothing."""
        stream = io.BytesIO()
        try:
            self.result("").plot().savefig(stream, format="svg", metadata={"Date": None})
        except Exception:
            return
        replace(self.folder.path / PICTURE, stream.getvalue())

    def result(self, reason: str) -> SweepResult:
        """What is finished."""
        if reason == "complete" and self.unfinished:
            point, why = next(iter(self.unfinished.items()))
            reason = f"{counted(len(self.unfinished), 'point')} came to nothing, point {point} by: {why}"
        missing = len(self.rows) < len(self.grid)
        return SweepResult(
            self.folder.path,
            self.grid.title,
            self.grid.kind,
            tuple(parameter.key for parameter in self.grid.parameters),
            tuple(self.rows[point] for point in sorted(self.rows)),
            len(self.grid),
            len(self.rows) - self.before,
            max(*self.codes, results.OPEN if missing else results.OK),
            reason,
            dict(self.unfinished),
        )
