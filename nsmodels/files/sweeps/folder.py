"""The folder of a sweep: what is in it, one writer at a time, and no point counted before it is on the disk.

::

    sweep.json      which sweep this is: the problem, and the values of every key; written first
    points/000.json a result file of every finished point, as `nsmodels run` writes them
    table.csv       a header, and a row for every finished point
    table.json      the same
    picture.svg     the value against one or two of the keys
    .lock           held by the process that writes
"""

from __future__ import annotations

import contextlib
import csv
import io
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ...common.digits import printable
from ...errors import InputError
from .. import result as results
from ..atomic import replace
from .grid import Grid

__all__ = ["SweepFolder", "keep", "read_manifest", "row_of"]

MANIFEST, TABLE, TABLE_JSON, PICTURE, LOCK, POINTS = (
    *("sweep.json", "table.csv", "table.json", "picture.svg"),
    *(".lock", "points"),
)
IN_A_FOLDER = 1000
"""At most so many points are in one folder; beyond, folders of so many each."""


class SweepFolder:
    """Where a sweep is kept."""

    def __init__(self, path: Path, grid: Grid, options: Mapping[str, Any]) -> None:
        self.path, self.grid = path, grid
        self.options = dict(options)
        self._digits = len(str(max(len(grid) - 1, 1)))

    def place(self, point: int) -> str:
        """The name of a point's file within the folder."""
        number = f"{point:0{self._digits}d}"
        if len(self.grid) <= IN_A_FOLDER:
            return f"{POINTS}/{number}.json"
        return f"{POINTS}/{number[:-3] or '0'}/{number}.json"

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Make the folder, and be the only one that writes there.

        Raises
        ------
        InputError
            If another process writes there, the folder holds something else, or cannot be written.
        """
        try:
            (self.path / POINTS).mkdir(parents=True, exist_ok=True)
            handle = os.open(self.path / LOCK, os.O_RDWR | os.O_CREAT, 0o666)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise InputError(f"{self.shown}: --out: cannot be written ({reason}); name another folder") from None
        try:
            self._lock(handle)
            self._claim()
            yield
        finally:
            os.close(handle)

    @property
    def shown(self) -> str:
        """The path on one line."""
        return printable(self.path, 400)

    def _lock(self, handle: int) -> None:
        """Lock the file until it is closed; the system does that for a process that is killed."""
        try:
            import fcntl
        except ImportError:  # a system without such locks
            return
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            owner = printable(os.pread(handle, 20, 0).decode(errors="replace").strip()) or "unknown"
            raise InputError(
                f"{self.shown}: another sweep (process {owner}) is writing there; wait for its end, or name another "
                "folder with --out"
            ) from None
        except OSError:  # a file system without locks
            return
        with contextlib.suppress(OSError):
            os.ftruncate(handle, 0)
            os.pwrite(handle, str(os.getpid()).encode(), 0)

    def manifest(self) -> dict[str, Any]:
        """What ``sweep.json`` holds."""
        identity = self.grid.identity
        return {
            "schema": results.SCHEMA,
            "kind": "sweep",
            "name": self.grid.name,
            "title": self.grid.title,
            "points": len(self.grid),
            "options": self.options,
            **identity,
        }

    def _claim(self) -> None:
        """Write down which sweep this is, or see that it is this one.

        Raises
        ------
        InputError
            If the folder holds another sweep.
        """
        target = self.path / MANIFEST
        wanted = json.loads(json.dumps(self.manifest(), ensure_ascii=False))
        if not target.exists():
            taken = [name for name in (TABLE, TABLE_JSON, PICTURE) if (self.path / name).exists()]
            if taken or any((self.path / POINTS).iterdir()):
                what = taken[0] if taken else POINTS
                raise InputError(f"{self.shown}: has {what} and no {MANIFEST}, so it is no sweep; name another folder")
            replace(target, results.to_text(wanted))
            return
        found = read_manifest(self.path)
        different = [key for key in ("problem", "vary", "options") if found.get(key) != wanted[key]]
        if different:
            told = {"problem": "of another problem", "vary": "over other values", "options": "with other options"}
            raise InputError(
                f"{self.shown}: holds another sweep, {told[different[0]]}; name another folder with --out, or remove "
                "this one"
            )

    def finished(self) -> Iterator[tuple[int, dict[str, Any]]]:
        """The points that are on the disk with their results; what is not a result of its point is none."""
        for point in range(len(self.grid)):
            path = self.path / self.place(point)
            if not path.exists():
                continue
            with contextlib.suppress(InputError):
                content = results.read(path)
                if content["problem"] == self.grid.at(point).data:
                    yield point, content

    def tabulate(self, rows: Mapping[int, Mapping[str, Any]]) -> None:
        """Write both tables: the rows of all finished points, in the order of the grid."""
        ordered = [rows[point] for point in sorted(rows)]
        columns = list(ordered[0]) if ordered else []
        stream = io.StringIO()
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(columns or ["point", *(p.key for p in self.grid.parameters)])
        writer.writerows([cell(row[column]) for column in columns] for row in ordered)
        replace(self.path / TABLE, stream.getvalue())
        lines = ",\n".join(json.dumps(row, ensure_ascii=False, allow_nan=False) for row in ordered)
        head = {
            "schema": results.SCHEMA, "name": self.grid.name, "title": self.grid.title, "kind": self.grid.kind,
            "parameters": [p.key for p in self.grid.parameters], "points": len(self.grid), "finished": len(ordered),
        }  # fmt: skip
        replace(self.path / TABLE_JSON, f'{json.dumps(head, ensure_ascii=False)[:-1]}, "rows": [\n{lines}\n]}}\n')


TOLD = ("value", "status", "reason", "quantum", "observed", "p_value", "verdict")
"""The keys of a result, besides its stats, that the row of a point is made of."""


def keep(target: Path, result: Mapping[str, Any]) -> None:
    """Write the result of a point; when this returns, it is on the disk.

    Raises
    ------
    InputError
        If the disk is full or the folder went away.
    """
    with contextlib.suppress(OSError):  # `results.write` says what is wrong
        target.parent.mkdir(exist_ok=True)
    results.write(target, result)


def cell(value: Any) -> Any:
    """What CSV has of a value: numbers read back exactly, lists and tables as JSON."""
    if isinstance(value, bool | list | dict):
        return json.dumps(value, ensure_ascii=False)
    return value


def row_of(folder: SweepFolder, point: int, result: Mapping[str, Any]) -> dict[str, Any]:
    """The row of a finished point."""
    value = result["value"] or {"lower": None, "upper": None}
    row = {
        "point": point,
        **folder.grid.values(point),
        "lower": value["lower"],
        "upper": value["upper"],
        "status": result["status"],
        "reason": result["reason"],
    }
    if folder.grid.kind == "bound":
        row["quantum"] = result.get("quantum")
    if folder.grid.kind == "analysis":
        observed, p_value = (result.get(key) or {} for key in ("observed", "p_value"))
        row |= {"observed": observed.get("value"), "sigma": observed.get("sigma")}
        row |= {"log10_p": p_value.get("log10"), "verdict": result.get("verdict")}
    return row | {"seconds": result["stats"]["seconds"], "file": folder.place(point)}


def read_manifest(path: Path) -> dict[str, Any]:
    """What ``sweep.json`` of a folder says, believed in nothing but its form.

    Raises
    ------
    InputError
        If it cannot be read or is not that of a sweep.
    """
    target = path / MANIFEST
    try:
        content = json.loads(target.read_bytes().decode())
    except (OSError, ValueError, RecursionError) as error:
        reason = getattr(error, "strerror", None) or "not JSON"
        raise InputError(f"{printable(target)}: cannot be read ({reason}); name the folder of a sweep") from None
    if not isinstance(content, dict) or content.get("kind") != "sweep" or content.get("schema") != results.SCHEMA:
        raise InputError(f"{printable(target)}: not that of a sweep of schema {results.SCHEMA}; name another folder")
    return content
