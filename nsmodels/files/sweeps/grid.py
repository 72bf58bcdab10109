"""The grid of a sweep: which keys of a problem are varied, over which exact values, and the problem at every point.

A sweep file has a table ``[sweep]`` with ``problem`` (a file or a shipped problem) and ``vary``, whose keys are dotted
keys of problem files and whose values are lists or ``{from = …, to = …, steps = …}``. The last key varies fastest.
"""

from __future__ import annotations

import copy
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import Any, NoReturn

from ...common.arguments import TWO_PARTIES
from ...errors import InputError
from ..problem import find, validated
from ..toml.lines import KeyPath, shown
from ..toml.table import ALIASES, Document, Table, dotted, kind_of, read, refuse

__all__ = ["MOST_POINTS", "Grid", "Parameter", "PointDocument", "read_sweep", "shipped_sweeps", "sweep_of"]

MOST_POINTS = 100_000
TOP = ("schema", "kind", "title", "source", "sweep")
RANGE = ("from", "to", "steps")
FIXED = {
    "schema": "it says how files are read",
    "kind": "sweep each kind by itself",
    "title": "it names the problem",
    "source": "it names where the problem is from",
    "expected": "it belongs to one point, and sweeps leave it out",
}
"""Keys that cannot be varied, and why."""


@dataclass(frozen=True)
class Parameter:
    """A key of the problem that is varied.

    Parameters
    ----------
    key : str
        With dots, as the table of the sweep names it.
    path : tuple
        Keys and, within lists, positions.
    values : tuple
        What it is, one after another.
    written : tuple
        Where it stands in the sweep file.
    listed : bool
        Whether the file lists the values.
    """

    key: str
    path: KeyPath
    values: tuple[Any, ...]
    written: KeyPath
    listed: bool


@dataclass(frozen=True)
class PointDocument(Document):
    """The problem at one point, whose refusals name the sweep file where a varied value is to blame.

    Parameters
    ----------
    sweep : Document
        The sweep file.
    parameters : tuple of Parameter
        Each with its one value at this point.
    new : tuple
        Tables and keys that the problem file does not have.
    """

    sweep: Document
    parameters: tuple[Parameter, ...]
    new: tuple[KeyPath, ...]

    def refuse(self, path: Sequence[str | int], problem: str, remedy: str = "") -> NoReturn:
        """Raise `InputError` at the parameter, or in the problem file, where nothing varied stands."""
        path = tuple(path)
        for parameter in self.parameters:
            size = len(parameter.path)
            inside = path[:size] == parameter.path
            if inside or (parameter.path[: len(path)] == path and path in self.new):
                told = problem if inside and len(path) == size else f"{dotted(path)}: {problem}"
                value = "" if parameter.listed else f" (at {shown(parameter.values[0], 30)})"
                self.sweep.refuse(parameter.written, told + value, remedy)
        point = ", ".join(f"{p.key} = {shown(p.values[0], 30)}" for p in self.parameters)
        Document(self.file, self.text, self.data).refuse(path, f"{problem} (at {point})", remedy)


@dataclass(frozen=True, eq=False)
class Grid:
    """All combinations of the values of the parameters.

    Parameters
    ----------
    name : str
        Of the sweep.
    document : Document
        The sweep file.
    problem : Document
        The problem file, without what is expected.
    parameters : tuple of Parameter
        In the order of the file.
    """

    name: str
    document: Document
    problem: Document
    parameters: tuple[Parameter, ...]

    def __len__(self) -> int:
        return math.prod(len(parameter.values) for parameter in self.parameters)

    @property
    def title(self) -> str:
        """The title of the sweep, or else its problem and what is varied: a problem's title may name a point."""
        problem = self.document.data["sweep"]["problem"]
        name = Path(problem).stem if isinstance(problem, str) else self.name
        return str(self.document.data.get("title", f"{name} over {', '.join(one.key for one in self.parameters)}"))

    @property
    def kind(self) -> str:
        """The kind of the problem."""
        return str(self.problem.data.get("kind"))

    @cached_property
    def identity(self) -> dict[str, Any]:
        """What makes it this sweep and no other: the problem, and the values of every key."""
        vary = [{"key": p.key, "path": list(p.path), "values": list(p.values)} for p in self.parameters]
        return {"problem": self.problem.data, "vary": vary}

    def chosen(self, point: int) -> tuple[int, ...]:
        """Which value each parameter has at a point."""
        places = []
        for parameter in reversed(self.parameters):
            point, place = divmod(point, len(parameter.values))
            places.append(place)
        return tuple(reversed(places))

    def values(self, point: int) -> dict[str, Any]:
        """The varied keys at a point, by name."""
        chosen = zip(self.parameters, self.chosen(point), strict=True)
        return {parameter.key: parameter.values[place] for parameter, place in chosen}

    def at(self, point: int) -> PointDocument:
        """The problem at a point."""
        return self._with(self.chosen(point))

    def _with(self, chosen: tuple[int, ...]) -> PointDocument:
        data, new, here = self.problem.data, list[KeyPath](), []
        for parameter, place in zip(self.parameters, chosen, strict=True):
            value = copy.deepcopy(parameter.values[place])
            data = self._set(data, parameter, value, new)
            written = (*parameter.written, place) if parameter.listed else parameter.written
            here.append(replace(parameter, values=(value,), written=written))
        return PointDocument(self.problem.file, self.problem.text, data, self.document, tuple(here), tuple(new))

    def _set(self, data: Any, parameter: Parameter, value: Any, new: list[KeyPath], depth: int = 0) -> Any:
        """A copy of the data along the path, with the value at its end."""
        part, before = parameter.path[depth], dotted(parameter.path[:depth])
        if isinstance(part, int):
            if parameter.path[:depth] in new:
                self._blame(parameter, f"there is no {before} in the problem", "write it there, or vary it whole")
            if not isinstance(data, list):
                self._blame(parameter, f"{before} is {kind_of(data)} in the problem, not a list", "name a key of it")
            if part >= len(data):
                self._blame(parameter, f"{before} has {len(data)} entries, counted from 0", "name one of them")
            changed: Any = list(data)
            inner = data[part]
        else:
            if not isinstance(data, dict):
                self._blame(parameter, f"{before} is {kind_of(data)} in the problem, not a table", "name a key of it")
            changed, inner = dict(data), data.get(part)
            if part not in data:
                new.append(parameter.path[: depth + 1])
                inner = {}
        if depth == len(parameter.path) - 1:
            changed[part] = value
        else:
            changed[part] = self._set(inner, parameter, value, new, depth + 1)
        return changed

    def _blame(self, parameter: Parameter, problem: str, remedy: str) -> NoReturn:
        self.document.refuse(parameter.written, problem, remedy)

    def check(self) -> None:
        """Validate every value, the others being their first ones.

        Raises
        ------
        InputError
            One line that names the place in the sweep file, or in the problem where that is to blame.
        """
        first = tuple(0 for _ in self.parameters)
        for place, parameter in enumerate(self.parameters):
            for index in range(len(parameter.values)):
                if index or not place:
                    validated(self._with((*first[:place], index, *first[place + 1 :])), self.name)


def shipped_sweeps() -> dict[str, Path]:
    """The sweeps that ship with the package, by name."""
    here = Path(__file__).resolve().parents[2]
    for folder in (here / "_problems" / "sweeps", here.parent / "problems" / "sweeps"):
        if folder.is_dir():
            return {path.stem: path for path in sorted(folder.glob("*.toml"))}
    return {}


def read_sweep(sweep: str | Path) -> Grid:
    """Read and check a sweep file, or the shipped sweep of that name.

    Raises
    ------
    InputError
        One line ``file:line: key: problem; remedy``.
    """
    path, known = Path(sweep), shipped_sweeps()
    try:
        there = path.exists() or path.is_symlink()
    except (OSError, ValueError):
        there = False
    if not there:
        if str(sweep) in known:
            path = known[str(sweep)]
        else:
            close = get_close_matches(str(sweep)[:80], known, n=1)
            remedy = f'did you mean "{close[0]}"?' if close else f"shipped sweeps: {', '.join(known) or 'none'}"
            refuse(str(sweep), 1, "file", "there is no such file and no shipped sweep of that name", remedy)
    return _grid(read(path), path.stem, path.parent)


def sweep_of(data: Mapping[str, Any], name: str) -> Grid:
    """The sweep of a table with the keys ``problem`` (a file, a name or a table) and ``vary``, from Python.

    Raises
    ------
    InputError
        As `read_sweep`, with line 1 throughout.
    """
    return _grid(Document(name, "", {"sweep": dict(data)}), name, Path())


def _grid(document: Document, name: str, folder: Path) -> Grid:
    top = Table(document, (), document.data)
    if "sweep" not in top:
        what = "this is a problem, which `nsmodels run` answers" if "kind" in top else "missing"
        remedy = 'a sweep has a table [sweep] with problem = "x.toml", and a table [sweep.vary]'
        document.refuse(("sweep",), what, remedy)
    for key in top.content:
        if key not in TOP:
            document.refuse((key,), "not used by sweeps", "it belongs in the problem file, or in [sweep.vary]")
    if "schema" in top and top.integer("schema", 1, 2**62) != 1:
        top.refuse("schema", "only schema 1 is known", "write schema = 1")
    if "kind" in top:
        top.choice("kind", ("sweep",))
    top.text("title")
    top.text("source")
    table = Table(document, ("sweep",), top.content["sweep"])
    for key in table.content:
        if key not in ("problem", "vary"):
            table.refuse(key, "unknown key", "known here: problem, vary")
    problem = _problem(table, folder)
    varied = table.need("vary", 'give a table [sweep.vary], such as "model.eta" = [1.0, 0.8]')
    vary = Table(document, ("sweep", "vary"), varied)
    parameters = tuple(_parameters(vary, vary.content, (), problem.data))
    if not parameters:
        table.refuse("vary", "is empty", 'give what is varied, such as "model.eta" = [1.0, 0.8]')
    _check_apart(vary, parameters)
    grid = Grid(name, document, problem, parameters)
    sizes = " × ".join(str(len(p.values)) for p in parameters)
    if len(grid) > MOST_POINTS:
        table.refuse("vary", f"gives {sizes} = {len(grid)} points, above the limit of {MOST_POINTS}", "take fewer")
    grid.check()
    return grid


def _problem(table: Table, folder: Path) -> Document:
    """The problem, without what is expected of it."""
    given = table.need("problem", 'give problem = "x.toml", a file or the name of a shipped problem')
    if isinstance(given, dict) and not table.document.text:
        found = Document("problem", "", given)
    else:
        name = str(table.text("problem"))
        beside = folder / name
        try:
            path = beside if beside.is_file() else find(name)
        except InputError:
            remedy = "name a file (beside the sweep file), or a problem that `nsmodels list problems` shows"
            table.refuse("problem", f"there is no file and no shipped problem {shown(name)}", remedy)
        found = read(path)
    return replace(found, data={key: value for key, value in found.data.items() if key != "expected"})


def _parameters(
    vary: Table, content: Mapping[str, Any], above: KeyPath, data: Mapping[str, Any]
) -> Iterator[Parameter]:
    """The parameters of a table; without quotes TOML makes tables of dotted keys."""
    for key, value in content.items():
        written = (*above, key)
        if isinstance(value, dict) and value and not set(value) & set(RANGE):
            yield from _parameters(vary, value, written, data)
            continue
        path = _path(vary, written, data)
        place = (*vary.path, *written)
        listed = isinstance(value, list)
        values = _listed(vary, written, value) if listed else _range(vary, written, value)
        yield Parameter(".".join(str(part) for part in path), path, values, place, listed)


def _path(vary: Table, written: KeyPath, data: Mapping[str, Any]) -> KeyPath:
    """Keys and positions: ``model.of[0].eta`` and ``model.of.0.eta`` are the same."""
    text = ".".join(str(part) for part in written)
    parts = re.sub(r"\[(\d+)\]", r".\1", text).split(".")
    if not all(parts) or len(parts) > 8 or len(text) > 200:
        vary.refuse(written, "is no dotted key", 'write it as in "model.eta"')
    path: list[str | int] = [int(part) if part.isdigit() else part for part in parts]
    other = {**ALIASES, **{name: alias for alias, name in ALIASES.items()}}.get(str(path[0]))
    if path[0] not in data and other in data:
        path[0] = str(other)
    if path[0] in FIXED:
        vary.refuse(written, f"{path[0]} cannot be varied: {FIXED[str(path[0])]}", "remove it")
    if str(path[-1]).startswith("charlie"):
        vary.refuse(written, "unknown key", TWO_PARTIES)
    return tuple(path)


def _listed(vary: Table, written: KeyPath, values: list[Any]) -> tuple[Any, ...]:
    if not values:
        vary.refuse(written, "is an empty list", "give at least one value")
    seen: set[str] = set()
    for index, value in enumerate(values):
        if isinstance(value, float):
            vary.as_number((*written, index), value)
        text = repr(float(value)) if isinstance(value, int | float) and not isinstance(value, bool) else repr(value)
        if text in seen:
            vary.refuse((*written, index), f"{shown(value)} is given twice", "give each value once")
        seen.add(text)
    return tuple(values)


def _range(vary: Table, written: KeyPath, given: Any) -> tuple[Any, ...]:
    """The values of {from, to, steps}: the doubles nearest to the exact decimals, whole numbers where both ends are."""
    if not isinstance(given, dict):
        vary.refuse(written, f"must be a list or a range, is {kind_of(given)}", "write [1.0, 0.8] or {from, to, steps}")
    table = Table(vary.document, (*vary.path, *written), given)
    for key in given:
        if key not in RANGE:
            table.refuse(key, "unknown key", "a range is {from = …, to = …, steps = …}")
    for key in RANGE:
        table.need(key, "a range is {from = …, to = …, steps = …}")
    for key in ("from", "to"):
        table.number(key)
    steps = table.integer("steps", -(2**62), 2**62)
    if steps < 1:
        table.refuse("steps", f"is {steps}: the grid is empty", "give at least 1")
    if steps > MOST_POINTS:
        table.refuse("steps", f"is {steps}, above the limit of {MOST_POINTS} points", "take fewer")
    first, last = given["from"], given["to"]
    if steps == 1 and first != last:
        table.refuse("steps", f"is 1, which reaches {shown(first)} only", "give at least 2")
    if steps > 1 and first == last:
        table.refuse("to", f"is {shown(last)} as from is", "give another end, or steps = 1")
    begin, end = Fraction(repr(first)), Fraction(repr(last))
    exact = [begin + (end - begin) * k / max(steps - 1, 1) for k in range(steps)]
    if len({float(value) for value in exact}) < steps:
        table.refuse("steps", f"is {steps}, more than there are doubles from {first!r} to {last!r}", "take fewer")
    if isinstance(first, int) and isinstance(last, int) and all(value.denominator == 1 for value in exact):
        return tuple(int(value) for value in exact)
    return tuple(float(value) for value in exact)


def _check_apart(vary: Table, parameters: tuple[Parameter, ...]) -> None:
    """Refuse a key that is varied twice, or as a part of another one."""
    for number, one in enumerate(parameters):
        for other in parameters[:number]:
            size = min(len(one.path), len(other.path))
            if one.path[:size] == other.path[:size]:
                same = one.path == other.path
                told = f"{one.key} is varied twice" if same else f"{one.key} and {other.key} are parts of one another"
                vary.document.refuse(one.written, told, "remove one")
