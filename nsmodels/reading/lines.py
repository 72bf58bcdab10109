"""Where things stand in a TOML file: limits checked before parsing, and the line of a key after it.

:mod:`tomllib` gives exact values and keeps no positions. One tokeniser, linear in the length of the text, serves both
:func:`check_limits`, which runs first and refuses hostile files cheaply, and :func:`line_of`, which runs only when
there is an error to report. It never judges the syntax: up to the first mistake it agrees with TOML 1.0, and what comes
after a mistake is of no interest because :mod:`tomllib` stops there.
"""

import re
from collections.abc import Iterator, Sequence

MAX_BYTES = 8 * 1024 * 1024
MAX_DEPTH = 8
MAX_KEYS = 10_000
MAX_WORD = 400
MAX_STRING = 10_000
MAX_EXPONENT = 324
MAX_ERRORS_SHOWN = 60

_TOKEN = re.compile(
    r"""
      (?P<skip>    [ \t\r]+ | \#[^\n]*+ )
    | (?P<newline> \n )
    | (?P<string>  \"{3} (?: [^"\\]++ | \\. | "{1,2}(?!") )*+ "{3,5}
                 | '{3} (?: [^']++ | '{1,2}(?!') )*+ '{3,5}
                 | "(?!"") (?: [^"\\\n]++ | \\. )*+ "
                 | '(?!'') [^'\n]*+ ' )
    | (?P<mark>    [\[\]{}=,] )
    | (?P<word>    [^\s\[\]{}=,"'\#]++ )
    """,
    re.VERBOSE | re.DOTALL,
)
_EXPONENT = re.compile(r"[+-]?[0-9][0-9_]*(?:\.[0-9_]+)?[eE]([+-]?[0-9_]+)")

KeyPath = tuple[str | int, ...]


class LimitError(ValueError):
    """A limit of this reader is passed; carries the line."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line


def _tokens(text: str) -> Iterator[tuple[str, str, int]]:
    """Yield (kind, text, line) up to the first character that no TOML token starts with."""
    line = 1
    position = 0
    while match := _TOKEN.match(text, position):
        kind = match.lastgroup or ""
        if kind != "skip":
            yield kind, match.group(), line
        if kind == "newline":
            line += 1
        elif kind == "string":
            line += text.count("\n", position, match.end())
        position = match.end()


def check_limits(text: str) -> None:
    """Refuse what would make parsing slow or deep: nesting, number of keys, length of words and strings, exponents.

    Raises
    ------
    LimitError
        With the line and a message that names the limit.
    """
    depth = keys = 0
    for kind, token, line in _tokens(text):
        if kind == "mark":
            if token in "[{":
                depth += 1
                if depth > MAX_DEPTH:
                    raise LimitError(line, f"brackets are nested deeper than the limit of {MAX_DEPTH}")
            elif token in "]}":
                depth = max(0, depth - 1)
            elif token == "=":
                keys += 1
        elif kind == "word":
            if len(token) > MAX_WORD:
                raise LimitError(line, f"a number or key is longer than the limit of {MAX_WORD} characters")
            if token.count(".") > MAX_DEPTH:
                raise LimitError(line, f"a dotted key is deeper than the limit of {MAX_DEPTH}")
            power = _EXPONENT.fullmatch(token)
            if power and abs(int(power[1].replace("_", ""))) > MAX_EXPONENT:
                raise LimitError(line, f"the exponent of {shown(token)} passes the limit of {MAX_EXPONENT}")
        elif kind == "string" and len(token) > MAX_STRING:
            raise LimitError(line, f"a string is longer than the limit of {MAX_STRING} characters")
        if keys > MAX_KEYS:
            raise LimitError(line, f"there are more keys than the limit of {MAX_KEYS}")


def line_of(text: str, path: Sequence[str | int]) -> int:
    """Line (from 1) of the entry at `path` in a valid TOML text, or of the nearest enclosing entry that is written.

    `path` mixes keys and zero-based positions in arrays, for example ``("settings", "alice", 1)``.
    """
    return _Search(text, tuple(path)).line


class _Search:
    """One walk over the tokens of a valid document, remembering the longest prefix of `target` met so far."""

    def __init__(self, text: str, target: KeyPath) -> None:
        self.target = target
        self.line = 1
        self._depth = 0
        self._counts: dict[KeyPath, int] = {}
        self._stream = [token for token in _tokens(text)]
        self._next = 0
        self._walk()

    def _meet(self, path: KeyPath, line: int) -> None:
        """Remember the line of `path` (and of the tables a dotted key opens) if it leads to the target."""
        for size in range(self._depth + 1, len(path) + 1):
            if path[:size] != self.target[:size]:
                return
            self._depth, self.line = size, line

    def _peek(self) -> tuple[str, str, int]:
        return self._stream[self._next] if self._next < len(self._stream) else ("end", "", 0)

    def _take(self) -> tuple[str, str, int]:
        token = self._peek()
        self._next += 1
        return token

    def _key(self) -> tuple[KeyPath, int]:
        """Read a possibly dotted and quoted key; stop before '=' or ']'."""
        parts: list[str] = []
        line = self._peek()[2]
        while self._peek()[0] in ("word", "string"):
            kind, token, _ = self._take()
            if kind == "string":
                parts.append(_unquote(token))
            else:
                parts.extend(part for part in token.split(".") if part)
        return tuple(parts), line

    def _walk(self) -> None:
        base: KeyPath = ()
        while self._peek()[0] != "end" and self._depth < len(self.target):
            kind, token, _ = self._peek()
            if kind == "newline":
                self._take()
            elif token == "[" and kind == "mark":
                base = self._header()
            else:
                self._pair(base)

    def _header(self) -> KeyPath:
        """Read ``[a.b]`` or ``[[a.b]]`` and return the path of the table that it opens."""
        self._take()
        array = self._peek()[1] == "["
        if array:
            self._take()
        keys, line = self._key()
        while self._peek()[1] == "]":
            self._take()
        path: KeyPath = ()
        for number, key in enumerate(keys):
            path = (*path, key)
            if array and number == len(keys) - 1:
                self._counts[path] = self._counts.get(path, -1) + 1
            if path in self._counts:
                path = (*path, self._counts[path])
        self._meet(path, line)
        return path

    def _pair(self, base: KeyPath) -> None:
        keys, line = self._key()
        path = base + keys
        self._meet(path, line)
        self._take()  # the equals sign; on anything else the stream simply moves on
        self._value(path)

    def _value(self, path: KeyPath) -> None:
        kind, token, _ = self._take()
        if kind != "mark":
            while self._peek()[0] == "word":  # a date and its time are two words
                self._take()
        elif token == "[":
            self._array(path)
        elif token == "{":
            while self._peek()[1] not in ("}", ""):
                if self._peek()[1] == "," or self._peek()[0] == "newline":
                    self._take()
                else:
                    self._pair(path)
            self._take()

    def _array(self, path: KeyPath) -> None:
        index = 0
        while self._peek()[0] != "end":
            kind, token, line = self._peek()
            if kind == "newline":
                self._take()
            elif kind == "mark" and token == ",":
                self._take()
                index += 1
            elif kind == "mark" and token == "]":
                self._take()
                return
            else:
                self._meet((*path, index), line)
                self._value((*path, index))


def _unquote(token: str) -> str:
    """Text of a quoted key (one line)."""
    if token.startswith("'"):
        return token[1:-1]
    import tomllib

    return str(tomllib.loads(f"x = {token}")["x"])


def shown(value: object, limit: int = MAX_ERRORS_SHOWN) -> str:
    """`value` on one printable line of at most `limit` characters, strings in double quotes."""
    text = f'"{value}"' if isinstance(value, str) else str(value)
    text = "".join(c if c.isprintable() else "?" for c in text)
    return text if len(text) <= limit else text[: limit - 1] + "…"
