"""Reading a TOML problem file key by key: which keys exist, and typed access with errors that name file, line and key.

Nothing here knows any physics: the keys of models come from their registry. :func:`read` turns a file into a
:class:`Document` within stated limits, and :class:`Table` hands out its entries as numbers, vectors and matrices. Every
refusal is one line ``file:line: key: problem; remedy``.
"""

from __future__ import annotations

import math
import re
import stat
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

from ...common.arguments import MOST_ROWS
from ...errors import InputError
from ...models.registry import model_keys
from ..hints import hint, name_hint
from .lines import MAX_BYTES, MAX_ENTRIES, KeyPath, LimitError, Most, check_limits, line_of, shown
from .numbers import parse

TABLES: dict[str, tuple[str, ...]] = {
    "model": model_keys(),
    "settings": (
        *("family", "alice", "bob", "alice_deg", "bob_deg", "alice_waveplates_deg", "bob_waveplates_deg", "normalise"),
        *("phi_deg", "mirror", "directions", "n", "n_alice", "n_bob", "seed"),
        *("uncertainty_deg", "waveplate_uncertainty_deg"),
    ),
    "functional": (
        *("name", "correlators", "alice", "bob", "constant", "n", "beta", "p", "q"),
        *("collins_gisin", "full_correlators", "probabilities", "moduli"),
    ),
    "behaviour": (
        *("name", "correlators", "alice", "bob", "pairs", "marginals", "noise", "visibility", "theta_deg"),
        *("counts", "errors"),
    ),
    "design": (
        *("n_alice", "n_bob", "pairs", "correlators", "objective", "visibility", "sharing", "starts", "plane"),
        *("symmetric", "minimum_angle_deg", "start"),
    ),
    "data": ("counts", "file", "correlators", "shots", "errors", "accidentals", "random_settings"),
    "prediction": ("visibility", "split", "correlators"),
    "options": ("tolerance", "time_limit_s", "seed", "confidence", "allow_signalling"),
    "expected": ("value", "lower", "upper", "tolerance", "source", "verdict"),
    "scenario": ("outcomes", "parties", "settings"),
}
TOP = ("schema", "kind", "title", "source", *TABLES)
SENSES = {"equals": "==", "at_most": "<=", "at_least": ">="}
"""The keys of a constraint that say what a functional must be, and how Python writes it."""
NOISE = ("correlators", "alice", "bob")
"""The keys of the tables noise and errors inside [behaviour]."""
ALIASES = {"behavior": "behaviour", "nonsignaling": "nonsignalling"}
USED_BY = {
    "bound": ("model", "settings", "functional", "options", "expected"),
    "visibility": ("model", "settings", "behaviour", "options", "expected"),
    "marginals": ("settings", "behaviour", "options", "expected"),
    "local_content": ("settings", "behaviour", "options", "expected"),
    "design": ("model", "design", "options", "expected"),
    "analysis": ("model", "settings", "data", "functional", "prediction", "options", "expected"),
}
_ANALYSIS, _MEASURED = ("analysis",), ("visibility", "marginals")
OWN_KEYS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "settings": dict.fromkeys(("uncertainty_deg", "waveplate_uncertainty_deg"), _ANALYSIS),
    "functional": {"moduli": _ANALYSIS},
    "options": {"confidence": _ANALYSIS, "allow_signalling": _ANALYSIS + _MEASURED},
    "expected": {"verdict": _ANALYSIS},
    "behaviour": dict.fromkeys(("counts", "errors"), _MEASURED),
}
"""Keys of shared tables that belong to some kinds only."""

MAX_SETTINGS = MOST_ROWS
_FEW_ROWS, _MANY_NUMBERS = Most(rows=MAX_SETTINGS), Most(numbers=MAX_BYTES)
_TARGETS = ("behaviour", "behavior")
# The largest arrays that can be of use, where these limits are not those of any array.
MOST: dict[KeyPath, Most] = {
    **{("settings", key): _FEW_ROWS for key in ("alice", "bob", "alice_deg", "bob_deg", "directions")},
    **{("design", "start", key): _FEW_ROWS for key in ("alice", "bob", "alice_deg", "bob_deg", "directions")},
    ("design", "pairs"): Most(numbers=2 * MAX_ENTRIES),
    **{("settings", key): _FEW_ROWS for key in ("alice_waveplates_deg", "bob_waveplates_deg")},
    **{("data", key): _MANY_NUMBERS for key in ("counts", "accidentals", "correlators", "errors", "shots")},
    ("prediction", "correlators"): _FEW_ROWS,
    **{(table, "correlators"): _FEW_ROWS for table in ("functional", *_TARGETS)},
    **{("functional", key): Most(rows=MAX_SETTINGS + 1) for key in ("collins_gisin", "full_correlators")},
    **{(table, key, "correlators"): _FEW_ROWS for table in _TARGETS for key in ("noise", "errors")},
    **{(table, "counts"): _MANY_NUMBERS for table in _TARGETS},
    **{(table, "pairs"): Most(numbers=2 * MAX_ENTRIES) for table in _TARGETS},
    ("model", "marginals"): _MANY_NUMBERS,
    **{("model", *of, key): _MANY_NUMBERS for of in ((), ("of",)) for key in ("alice", "bob")},
}


def dotted(path: Sequence[str | int]) -> str:
    """``settings.alice[1]`` for ``("settings", "alice", 1)``."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            bare = re.fullmatch(r"[A-Za-z0-9_-]+", part) is not None
            text += ("." if text else "") + (part if bare and len(part) <= 60 else shown(part))
    return text or "file"


def refuse(file: str, line: int, key: str, problem: str, remedy: str = "") -> NoReturn:
    """Raise the one-line `InputError` of the contract."""
    file = "".join(c if c.isprintable() else "?" for c in file)
    raise InputError(f"{file}:{line}: {key}: {problem}" + (f"; {remedy}" if remedy else ""))


@dataclass(frozen=True)
class Document:
    """A parsed problem file: its name for messages, its text, and the parsed tables, unchanged."""

    file: str
    text: str
    data: dict[str, Any]
    resolved: Mapping[str, Any] | None = field(default=None, kw_only=True)
    """What a result file says besides, of a problem that was taken from one."""

    def refuse(self, path: Sequence[str | int], problem: str, remedy: str = "") -> NoReturn:
        """Raise `InputError` for the entry at `path` (or for the table where it should stand)."""
        refuse(self.file, line_of(self.text, path), dotted(path), problem, remedy)


def read(path: Path) -> Document:
    """Read and parse a file, refusing everything that is not a small UTF-8 TOML file.

    Raises
    ------
    InputError
        If the file is missing, a folder, unreadable, larger than 8 MiB, not UTF-8, not TOML, or beyond the limits of
        :mod:`nsmodels.files.toml.lines`.
    """
    file = str(path)
    try:
        mode = path.stat().st_mode
        if stat.S_ISREG(mode):
            with path.open("rb") as stream:
                raw = stream.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        refuse(file, 1, "file", f"cannot be read ({reason})", "give a readable problem file (TOML)")
    if not stat.S_ISREG(mode):
        what = "a folder" if stat.S_ISDIR(mode) else "not a regular file"
        refuse(file, 1, "file", f"this is {what}", "give a problem file (TOML)")
    if raw.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"{":  # no TOML begins so
        _refuse_json(file, raw)
    if len(raw) > MAX_BYTES:
        refuse(file, 1, "file", f"larger than the limit of {MAX_BYTES} bytes", "name a family, or use Python")
    try:
        text = raw.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        refuse(file, line, "file", f"byte 0x{raw[error.start]:02x} is not UTF-8", "save the file as UTF-8")
    try:
        data = parse(text, check_limits(text, MOST))
    except LimitError as error:
        refuse(file, error.line, dotted(error.keys), str(error))
    except (ValueError, RecursionError) as error:
        message = str(error)
        found = re.search(r"\(at line (\d+), column (\d+)\)", message)
        line = int(found[1]) if found else max(1, text.count("\n"))
        what = shown(re.sub(r"\s*\(at .*\)$", "", message, flags=re.DOTALL), 120).strip('"')
        refuse(file, line, "file", f"not TOML: {what}" + (f" at column {found[2]}" if found else ""))
    return Document(file, text, data)


DIGEST = b'"problem_sha256"'
"""What every result file holds, and no other file of the package."""


def _refuse_json(file: str, raw: bytes) -> NoReturn:
    """Say what a JSON file is, where a problem file should be."""
    if DIGEST in raw:
        remedy = "give its problem file (TOML); `nsmodels verify` and `nsmodels report` read results"
        refuse(file, 1, "file", "this is a result file (JSON), which answers a problem", remedy)
    what = "an answer in JSON, without its problem" if b'"certificate"' in raw or b'"bound"' in raw else "JSON"
    refuse(file, 1, "file", f"this is {what}", "give a problem file (TOML), such as those that `nsmodels list` shows")


def check_keys(document: Document) -> None:
    """Refuse the first unknown key, anywhere in the file, with the likely meaning."""
    for key, value in document.data.items():
        name = ALIASES.get(key, key)
        if name not in TOP:
            home = [table for table, keys in TABLES.items() if key in keys]
            remedy = f"it belongs in [{home[0]}]" if len(home) == 1 else hint("", key, TOP)
            document.refuse((key,), "unknown key", remedy)
        if name in TABLES and isinstance(value, dict):
            _check_table(document, (key,), value, TABLES[name])
            if name == "model" and isinstance(value.get("of"), list):
                for index, part in enumerate(value["of"]):
                    if isinstance(part, dict):
                        _check_table(document, (key, "of", index), part, TABLES["model"])
            if name == "model" and isinstance(value.get("subject_to"), list):
                for index, part in enumerate(value["subject_to"]):
                    if isinstance(part, dict):
                        _check_table(document, (key, "subject_to", index), part, (*TABLES["functional"], *SENSES))
            if name == "design" and isinstance(value.get("start"), dict):
                _check_table(document, (key, "start"), value["start"], TABLES["settings"])
            for inner in ("noise", "errors") if name == "behaviour" else ():
                if isinstance(value.get(inner), dict):
                    _check_table(document, (key, inner), value[inner], NOISE)


def _check_table(document: Document, path: KeyPath, content: dict[str, Any], known: tuple[str, ...]) -> None:
    for key in content:
        if key not in known:
            table = ALIASES.get(str(path[0]), str(path[0]))
            document.refuse((*path, key), "unknown key", hint(table, key, known))


class Table:
    """Typed access to one table of a document."""

    def __init__(self, document: Document, path: KeyPath, content: Any) -> None:
        self.document = document
        self.path = path
        if not isinstance(content, dict):
            document.refuse(path, f"must be a table, is {kind_of(content)}", f"write [{dotted(path)}] and its keys")
        self.content: dict[str, Any] = content

    def __contains__(self, key: str) -> bool:
        return key in self.content

    def refuse(self, key: str | KeyPath | None, problem: str, remedy: str = "") -> NoReturn:
        """Raise `InputError` at a key of this table (None: the table itself)."""
        tail = () if key is None else (key,) if isinstance(key, str) else key
        self.document.refuse((*self.path, *tail), problem, remedy)

    def inner(self, key: str, index: int) -> Table:
        """The table at a place of a list of tables."""
        return Table(self.document, (*self.path, key, index), self.content[key][index])

    def tables(
        self, known: Container[str], used_by: Mapping[str, tuple[str, ...]], kind: str
    ) -> Iterator[tuple[str, Table]]:
        """The known tables inside with their names, each given once and of use to the kind."""
        given = set()
        for key, content in self.content.items():
            name = ALIASES.get(key, key)
            if name not in known:
                continue
            if name in given:
                self.refuse(key, f'"{name}" is given twice, in two spellings', "remove one")
            if name not in used_by[kind]:
                kinds = " or ".join(f'"{other}"' for other, used in used_by.items() if name in used)
                self.refuse(key, f'a table not used by kind = "{kind}"', f"remove it; it is for kind = {kinds}")
            given.add(name)
            yield name, Table(self.document, (key,), content)

    def only(self, known: Iterable[str], owner: str) -> None:
        """Refuse a known key that `owner` has no use for."""
        allowed = set(known)
        for key in self.content:
            if key not in allowed:
                self.refuse(key, f"not used by {owner}", "remove it")

    def need(self, key: str, remedy: str) -> Any:
        """Return the entry, or refuse the table for its absence."""
        if key not in self.content:
            self.document.refuse((*self.path, key), "missing", remedy)
        return self.content[key]

    def text(self, key: str, default: str | None = None) -> str | None:
        """A string."""
        value = self.content.get(key, default)
        if value is not None and not isinstance(value, str):
            self.refuse(key, f"must be a string, is {kind_of(value)}", f'write {key} = "…"')
        return value

    def choice(self, key: str, known: Iterable[str], default: str | None = None, remedy: str = "") -> str:
        """A string out of a list; American spellings of names are accepted."""
        words = list(known)
        if default is None:
            self.need(key, remedy or f"one of {', '.join(words)}")
        value = self.text(key, default) or ""
        value = ALIASES.get(value, value)
        if value not in words:
            self.refuse(key, f"unknown name {shown(value)}", name_hint(value, words))
        return value

    def flag(self, key: str, default: bool) -> bool:
        """A boolean."""
        value = self.content.get(key, default)
        if not isinstance(value, bool):
            self.refuse(key, f"must be true or false, is {kind_of(value)}")
        return value

    def integer(self, key: str, low: int, high: int, default: int | None = None, remedy: str = "give it") -> int:
        """An integer in [low, high]."""
        value = self.need(key, remedy) if default is None else self.content.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int):
            self.refuse(key, f"must be an integer, is {kind_of(value)}")
        if value < low:
            self.refuse(key, f"must be at least {low}, is {shown(value)}")
        if value > high:
            self.refuse(key, f"is {shown(value)}, above the limit of {high}")
        return value

    def number(
        self, key: str, low: float = -math.inf, high: float = math.inf, *, default: float | None = None,
        positive: bool = False, remedy: str = "give it",
    ) -> float:  # fmt: skip
        """A finite number in [low, high] (and above 0)."""
        value = self.need(key, remedy) if default is None else self.content.get(key, default)
        number = self.as_number((key,), value)
        if positive and number <= 0:
            self.refuse(key, f"must be greater than 0, is {shown(value)}")
        if not low <= number <= high:
            self.refuse(key, f"must be in [{low:g}, {high:g}], is {shown(value)}")
        return number

    def as_number(self, path: KeyPath, value: Any) -> float:
        """The double nearest to a TOML integer or float."""
        if isinstance(value, bool) or not isinstance(value, int | float):
            self.refuse(path, f"must be a number, is {kind_of(value)}")
        try:
            number = float(value)
        except OverflowError:
            number = math.inf
        if not math.isfinite(number):
            self.refuse(path, f"must be a finite number, is {shown(value, 20)}", "the largest double is 1.8e308")
        return number

    def vector(
        self, key: str | KeyPath, size: int | None = None, what: str = "", *, high: float = math.inf
    ) -> list[float]:
        """A list of `size` numbers of absolute value at most `high`; `what` says what there is one entry for."""
        path = (key,) if isinstance(key, str) else key
        value: Any = self.content
        for part in path:
            value = value[part]
        if not isinstance(value, list):
            self.refuse(path, f"must be a list of numbers, is {kind_of(value)}")
        if size is not None and len(value) != size:
            self.refuse(path, f"number of entries is {len(value)}", f"{size} wanted{what and ', ' + what}")
        numbers = [
            entry if type(entry) is float and entry - entry == 0.0 else self.as_number((*path, index), entry)
            for index, entry in enumerate(value)
        ]
        for index, number in enumerate(numbers):
            if abs(number) > high:
                self.refuse((*path, index), f"is {number:g}", f"the limit is ±{high:g}")
        return numbers

    def matrix(
        self, key: str, rows: int | None = None, columns: int | None = None, *, high: float = math.inf,
        row_is: str = "", column_is: str = "", most: int | None = None,
    ) -> list[list[float]]:  # fmt: skip
        """A list of equally long rows of numbers."""
        value = self.content[key]
        if not isinstance(value, list):
            self.refuse(key, f"must be a list of rows, is {kind_of(value)}")
        for index, row in enumerate(value):
            if not isinstance(row, list):
                self.refuse((key, index), f"must be a list of numbers, is {kind_of(row)}")
        if not value:
            self.refuse(key, "is an empty list", "give at least one row")
        if most is not None and len(value) > most:
            self.refuse(key, f"has {len(value)} rows, above the limit of {most}")
        if rows is not None and len(value) != rows:
            self.refuse(key, f"number of rows is {len(value)}", f"{rows} wanted{row_is and ', ' + row_is}")
        columns = len(value[0]) if columns is None else columns
        if columns == 0:
            self.refuse((key, 0), "is an empty row", "give at least one number")
        return [self.vector((key, index), columns, column_is, high=high) for index in range(len(value))]


def kind_of(value: Any) -> str:
    """What a TOML value is, for a message: ``the string "one"``."""
    if isinstance(value, bool):
        return f"the boolean {str(value).lower()}"
    if isinstance(value, str):
        return f"the string {shown(value, 40)}"
    if isinstance(value, int | float):
        return f"the number {shown(value, 40)}"
    return "a table" if isinstance(value, dict) else "a list" if isinstance(value, list) else "a date or time"
