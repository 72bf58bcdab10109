"""Re-check a folder of results: every point of a sweep with its tables, or every result file that is there."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ... import checker
from ...common.digits import counted, printable
from ...common.workers import completed, engine
from ...errors import InputError
from ..toml.table import Document, dotted
from .folder import MANIFEST, TABLE, TABLE_JSON, TOLD, SweepFolder, cell, read_manifest, row_of
from .grid import MOST_POINTS, Grid, Parameter

__all__ = ["check_folder"]

Claim = tuple[bool, str]


def check_folder(
    path: Path, workers: int = 1, progress: Callable[[int, int], None] = lambda done, total: None
) -> Iterator[Claim]:
    """What is proved of a folder, and what is not: of each file its failures, and in the end how many are proved.

    Raises
    ------
    InputError
        If there is nothing to check.
    """
    if (path / MANIFEST).exists():
        yield from _check_sweep(path, workers, progress)
        return
    files = sorted(file for file in path.glob("*.json") if file.is_file())
    if not files:
        raise InputError(f"{printable(path)}: no result files (*.json) and no sweep in this folder; name another one")
    yield from _check_files({file.name: (file, None) for file in files}, {}, workers, progress)


def check_file(path: str, problem: Mapping[str, Any] | None) -> tuple[list[str], dict[str, Any]]:
    """What is not proved in a result file, which has to be about this problem; and what a table says of it."""
    try:
        content = checker.read(path)
    except (OSError, ValueError, RecursionError, MemoryError) as error:
        return [f"unreadable: {printable(error)}"], {}
    if not isinstance(content, dict):
        return ["this is no result file"], {}
    if problem is not None and _text(content.get("problem")) != _text(problem):
        return ["it answers another problem than that of its point"], {}
    claims = checker.check(content)
    told = {key: content.get(key) for key in TOLD}
    told["stats"] = {"seconds": (content.get("stats") or {}).get("seconds")}
    return [text for holds, text in claims if not holds] or ([] if claims else ["nothing is claimed"]), told


def _text(data: Any) -> str:
    return json.dumps(data, sort_keys=True)


def _check_files(
    files: Mapping[str, tuple[Path, Mapping[str, Any] | None]], told: dict[str, Any], workers: int,
    progress: Callable[[int, int], None],
) -> Iterator[Claim]:  # fmt: skip
    """The failures of each file; what is read of them is put into `told`."""
    proved = 0
    with engine(workers) as where:
        tasks = ((name, (str(file), problem)) for name, (file, problem) in files.items())
        for name, found in completed(where, check_file, tasks, lambda: progress(len(told), len(files))):
            if isinstance(found, BaseException):
                raise found
            failures, told[name] = found
            yield from ((False, f"{name}: {text}") for text in failures)
            proved += not failures
            progress(len(told), len(files))
    yield proved == len(files), f"{proved} of {counted(len(files), 'result file')}"


def _check_sweep(path: Path, workers: int, progress: Callable[[int, int], None]) -> Iterator[Claim]:
    grid, options = _grid_of(path)
    folder = SweepFolder(path, grid, options)
    places = {folder.place(point): point for point in range(len(grid))}
    there = {name: point for name, point in places.items() if (path / name).exists()}
    missing = len(places) - len(there)
    if missing:
        what = f"{counted(missing, 'point')} of {len(places)} are not finished; the same sweep goes on from there"
        yield False, what
    told: dict[str, Any] = {}
    files = {name: (path / name, grid.at(point).data) for name, point in there.items()}
    yield from _check_files(files, told, workers, progress)
    rows = {}
    for name, content in told.items():
        if content:
            rows[places[name]] = row_of(folder, places[name], content)
    for table, found in ((TABLE, _csv_rows), (TABLE_JSON, _json_rows)):
        wrong = _wrong(found(path / table, rows), rows, len(grid))
        yield not wrong, f"{table}: {wrong or 'a row for every point, as its file has it'}"


def _grid_of(path: Path) -> tuple[Grid, dict[str, Any]]:
    """The grid that ``sweep.json`` describes."""
    content = read_manifest(path)
    try:
        parameters = []
        for entry in content["vary"]:
            steps, values = tuple(entry["path"]), tuple(entry["values"])
            if not values or not steps or not all(type(part) in (str, int) for part in steps):
                raise ValueError
            if entry["key"] != ".".join(map(str, steps)):
                raise ValueError
            parameters.append(Parameter(entry["key"], steps, values, ("vary", dotted(steps)), True))
        problem, options, name = content["problem"], content["options"], content["name"]
        document = Document(str(path / MANIFEST), "", {"title": content["title"]})
        if not isinstance(problem, dict) or not isinstance(options, dict) or not isinstance(name, str):
            raise TypeError
        grid = Grid(name, document, Document(str(path / MANIFEST), "", problem), tuple(parameters))
        if not parameters or len(grid) > MOST_POINTS or content["points"] != len(grid):
            raise ValueError
    except (KeyError, TypeError, ValueError, AttributeError):
        raise InputError(f"{printable(path / MANIFEST)}: malformed; it is not as `nsmodels sweep` wrote it") from None
    return grid, options


def _csv_rows(path: Path, rows: Mapping[int, Any]) -> dict[str, list[str]] | None:
    """The rows of the CSV table by their first column."""
    try:
        with path.open(encoding="utf-8", newline="") as stream:
            found = list(csv.reader(stream))
    except (OSError, ValueError, csv.Error):
        return None
    head = [list(row) for row in rows.values()][:1]
    if not found or (head and found[0] != head[0]):
        return None
    table = {row[0]: row for row in found[1:] if row}
    return table if len(table) == len(found) - 1 else None


def _json_rows(path: Path, rows: Mapping[int, Any]) -> dict[str, list[str]] | None:
    """The rows of the JSON table by their point, in the spelling of the other table."""
    try:
        found = json.loads(path.read_bytes().decode())["rows"]
        table = {str(row["point"]): [_cell(value) for value in row.values()] for row in found}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    heads = {tuple(row) for row in [*found, *list(rows.values())[:1]]}
    return table if len(table) == len(found) and len(heads) <= 1 else None


def _cell(value: Any) -> str:
    return "" if value is None else str(cell(value))


def _wrong(table: Mapping[str, list[str]] | None, rows: Mapping[int, Mapping[str, Any]], total: int) -> str:
    """What a table has otherwise than the files; empty where it is right."""
    if table is None:
        return "missing, or not as the sweep wrote it; the same sweep writes it again"
    for point, row in rows.items():
        found = table.get(str(point))
        if found is not None and found != [_cell(value) for value in row.values()]:
            return f"the row of point {point} is not what its file says"
    if set(table) - set(map(str, rows)):
        return "it has rows of points that are not there"
    if len(table) < total:
        return f"it has {counted(len(table), 'row')} for {counted(total, 'point')}"
    return ""
