"""TOML with large arrays of numbers: :mod:`tomllib` reads the file, and the C code of :mod:`json` reads these arrays.

A number of JSON is a number of TOML of the same value, and an array of such numbers is one of TOML; where the two
languages differ (an underscore, ``inf``), the array is left to :mod:`tomllib`, which needs microseconds for each entry.
"""

import json
import re
import tomllib
from collections.abc import Iterable
from typing import Any, NoReturn

from .lines import MAX_EXPONENT

_COMMENT = re.compile(r"#[^\n]*+")
_LAST_COMMA = re.compile(r"(?<=[0-9\]]),(?=[ \t\n]*+\])")
WORTH_IT = 1000


class _Token:
    """What stands for an array while tomllib reads the rest."""

    def __init__(self, value: list[Any]) -> None:
        self.value = value


def parse(text: str, plain: Iterable[tuple[int, int]]) -> dict[str, Any]:
    """Parse TOML; `plain` says where arrays of plain numbers stand, as `check_limits` found them.

    Raises
    ------
    tomllib.TOMLDecodeError
        As :func:`tomllib.loads`, with the same lines and columns.
    """
    tokens: dict[str, _Token] = {}
    pieces, done = [], 0
    for start, end in plain:
        array = text[start:end]
        if len(array) < WORTH_IT or (value := _numbers(array)) is None:
            continue
        # A power beyond the limit stands nowhere else in the text; what follows the array keeps its line and column.
        name = f"1e{MAX_EXPONENT + 1 + len(tokens)}"
        tokens[name] = _Token(value)
        lines, last = array.count("\n"), len(array) - 1 - array.rfind("\n")
        padding = "\n" * lines + " " * (last - 1) if lines else " " * (len(array) - len(name) - 2)
        pieces += [text[done:start], "[", name, padding, "]"]
        done = end
    if not tokens:
        return tomllib.loads(text)
    data = tomllib.loads("".join(pieces) + text[done:], parse_float=lambda word: tokens.get(word) or float(word))
    return {key: _restored(value) for key, value in data.items()}


def _numbers(array: str) -> list[Any] | None:
    """The array as JSON reads it, or None where it is no JSON."""
    if "#" in array:
        array = _COMMENT.sub("", array)
    try:
        value = json.loads(_LAST_COMMA.sub("", array), parse_constant=_no_number)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, list) else None


def _no_number(word: str) -> NoReturn:
    raise ValueError(word)


def _restored(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _restored(entry) for key, entry in value.items()}
    if isinstance(value, list):
        if len(value) == 1 and isinstance(value[0], _Token):
            return value[0].value
        return [_restored(entry) for entry in value]
    return value
