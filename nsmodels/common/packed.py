"""Long strings of letters and digits, which are written and printed without a look at each of their characters."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from typing import Any

__all__ = ["Packed", "json_texts"]

LONG = 1 << 16
"""Characters of a string that is worth it."""
DIGITS = 9


class Packed(str):
    """A string of base 64: no character of it is escaped in JSON."""

    __slots__ = ()


def json_texts(value: Any) -> Iterator[str]:
    """The JSON text of a value in pieces, of which long packed strings are some; NaN and infinity are refused.

    The encoder gets names in their place, which no user can guess; packed strings in lists of other things than
    dictionaries are encoded as all strings are.
    """
    mark = secrets.token_hex(16)
    long: list[Packed] = []

    def named(value: Any) -> Any:
        if isinstance(value, Packed) and len(value) >= LONG:
            long.append(value)
            return f"{mark}{len(long) - 1:0{DIGITS}}"
        if isinstance(value, dict):
            return {key: named(entry) for key, entry in value.items()}
        if isinstance(value, list) and value and isinstance(value[0], dict):
            return [named(entry) for entry in value]
        return value

    first, *rest = json.dumps(named(value), allow_nan=False, ensure_ascii=False).split(mark)
    yield first
    for text in rest:
        yield long[int(text[:DIGITS])]
        yield text[DIGITS:]
