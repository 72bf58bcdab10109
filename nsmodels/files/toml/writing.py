"""A problem as TOML text: what reading it gives back is the same tables, double by double."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from ...errors import InputError

__all__ = ["as_toml"]

WIDTH = 100
"""Characters of a list beyond which every row gets a line of its own."""


def as_toml(data: Mapping[str, Any], note: str = "") -> str:
    """The text of a problem file.

    Parameters
    ----------
    data : mapping
        Keys with texts, truth values, numbers, lists and tables of these, as `tomllib` gives them.
    note : str
        A comment above everything.

    Raises
    ------
    InputError
        For a value that no problem file holds.
    """
    lines = [f"# {' '.join(note.split())}"] if note else []
    lines += [f"{_key(key)} = {_value(value)}" for key, value in data.items() if not isinstance(value, Mapping)]
    for key, table in data.items():
        if isinstance(table, Mapping):
            lines += ["", f"[{_key(key)}]", *(f"{_key(name)} = {_value(value)}" for name, value in table.items())]
    return "\n".join(lines) + "\n"


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else _text(name)


def _text(text: str) -> str:
    """A basic string: JSON writes the same but for one character."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_key(name)} = {_value(entry)}" for name, entry in value.items()) + "}"
    if isinstance(value, Sequence):
        entries = [_value(entry) for entry in value]
        line = f"[{', '.join(entries)}]"
        nested = any(isinstance(entry, Sequence | Mapping) and not isinstance(entry, str) for entry in value)
        return line if len(line) <= WIDTH or not nested else "[\n" + "".join(f"  {entry},\n" for entry in entries) + "]"
    raise InputError(f"{type(value).__name__}: no value of a problem file")
