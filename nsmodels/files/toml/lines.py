"""Where things stand in a TOML file: limits checked before parsing, and the line of a key after it.

:mod:`tomllib` gives exact values and keeps no positions. One tokeniser, linear in the length of the text, serves both
:func:`check_limits`, which runs first and refuses hostile files cheaply, and :func:`line_of`, which runs only when
there is an error to report. Plain numbers, and there may be millions, are passed over by one regular expression instead
of token by token. The tokeniser never judges the syntax: up to the first mistake it agrees with TOML 1.0, and what
comes after a mistake is of no interest because :mod:`tomllib` stops there.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NoReturn

MAX_BYTES = 8 * 1024 * 1024
MAX_DEPTH = 8
MAX_KEYS = 10_000
MAX_LINES = 200_000
MAX_WORD = 400
MAX_STRING = 10_000
MAX_EXPONENT = 324
MAX_ENTRIES = 1_000_000
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
# Inside an array: a number within the limits on words, dots and exponents; blanks and comments; rows of these.
_NUMBER = (
    r"[-+]?[0-9]{1,60}+(?:\.[0-9]{1,60}+)?(?:[eE][-+]?0{0,9}(?:[12]?[0-9]{1,2}|3[01][0-9]|32[0-4]))?"
    r"""(?![^\s\[\]{}=,"'\#])"""
)
_BLANK = r"[ \t\n]++|\#[^\x00-\x08\x0b-\x1f\x7f\n]*+\n"
_ROW = rf"\[(?:,|{_BLANK}|{_NUMBER})*+\]"
_FLAT = re.compile(rf"(?:,|{_BLANK}|{_NUMBER})++")
_PLAIN = re.compile(rf"(?:,|{_BLANK}|{_NUMBER}|{_ROW})++")
_ENTRY = re.compile(rf"(?:{_BLANK})*+(?:{_NUMBER}|{_ROW})(?:{_BLANK})*+,")
_EXPONENT = re.compile(r"[+-]?[0-9][0-9_]*(?:\.[0-9_]+)?[eE]([+-]?[0-9_]+)")

_SAME_IN_JSON = re.compile(r"""true|false|"[A-Za-z0-9 _.-]*+"|[-0-9][-+0-9.eE]*+""")

KeyPath = tuple[str | int, ...]


class LimitError(ValueError):
    """A limit of this reader is passed; carries the line, and the keys to the array that is too large, if one is."""

    def __init__(self, line: int, message: str, keys: KeyPath = ()) -> None:
        super().__init__(message)
        self.line = line
        self.keys = keys


@dataclass(frozen=True)
class Most:
    """The rows and the numbers of the largest array of some key that is of use."""

    rows: int = MAX_ENTRIES
    numbers: int = MAX_ENTRIES


def check_limits(text: str, most: Mapping[KeyPath, Most] | None = None) -> list[tuple[int, int]]:
    """Refuse what would make parsing slow or deep: nesting, keys, words, strings, exponents, entries of arrays.

    `most` gives the limits of arrays other than `Most()`, by keys without positions. Returns where the arrays of
    numbers (or words that JSON writes alike) stand, each as (start, end): there :mod:`tomllib` is not needed.

    Raises
    ------
    LimitError
        With the line, a message that names the limit, and for an array the keys that lead to it.
    """
    return _Check(text, most or {}).plain


@dataclass
class _Array:
    """The value of a key that is an array, while it is passed over."""

    keys: KeyPath
    limits: Most
    key_at: int
    start: int
    rows: int = 0
    commas: int = 0
    plain: bool = True


class _Check:
    """One pass over the tokens, with the open brackets: which key each belongs to, and to which array."""

    def __init__(self, text: str, most: Mapping[KeyPath, Most]) -> None:
        self.plain: list[tuple[int, int]] = []
        self._text = text
        self._most = most
        self._open: list[tuple[str, KeyPath, _Array | None]] = []
        self._base: KeyPath = ()
        self._words: list[str] = []
        self._path: KeyPath = ()
        self._key_at = 0
        self._keys = 0
        self._pass()

    def _fail(self, position: int, message: str, keys: KeyPath = ()) -> NoReturn:
        raise LimitError(self._text.count("\n", 0, position) + 1, message, keys)

    def _pass(self) -> None:
        text, position, last, lines = self._text, 0, "", 0
        while True:
            array = self._open[-1][2] if self._open else None
            if array:
                run = (_PLAIN if len(self._open) < MAX_DEPTH else _FLAT).match(text, position)
                if run:
                    self._count(array, text.count("[", position, run.end()), text.count(",", position, run.end()))
                    position, last = run.end(), ""
            match = _TOKEN.match(text, position)
            if not match:
                return
            kind, token = match.lastgroup, match[0]
            if kind == "mark":
                self._mark(token, position, last)
            elif kind == "newline":
                if not self._open:
                    self._words = []
                    lines += 1
                    if lines > MAX_LINES:
                        self._fail(position, f"there are more lines outside of arrays than the limit of {MAX_LINES}")
            elif kind != "skip" or array:
                self._word(kind, token, position, array)
            position = match.end()
            if kind != "skip":
                last = token

    def _count(self, array: _Array, rows: int, commas: int) -> None:
        array.rows += rows
        array.commas += commas
        if array.rows > array.limits.rows:
            self._fail(array.key_at, f"has more rows than the limit of {array.limits.rows}", array.keys)
        if array.commas - array.rows > array.limits.numbers:  # each row may end in a comma
            self._fail(array.key_at, f"has more entries than the limit of {array.limits.numbers}", array.keys)

    def _mark(self, token: str, position: int, last: str) -> None:
        array = self._open[-1][2] if self._open else None
        if token in "[{":
            if len(self._open) == MAX_DEPTH:
                self._fail(position, f"brackets are nested deeper than the limit of {MAX_DEPTH}")
            path = self._path if last == "=" else self._open[-1][1] if self._open else ()
            if token == "{":
                if array:
                    array.plain = False
                array = None
            elif last == "=":
                array = _Array(path, self._most.get(path, Most()), self._key_at, position)
            elif array:
                self._count(array, 1, 0)
            self._open.append((token, path, array))
        elif token in "]}":
            if self._open:
                self._open.pop()
            if token == "]" and not array:
                self._base = tuple(self._words)  # the end of a header
            elif array and array.plain and (not self._open or self._open[-1][2] is not array):
                self.plain.append((array.start, position + 1))
        elif token == "=":
            self._keys += 1
            if self._keys > MAX_KEYS:
                self._fail(position, f"there are more keys than the limit of {MAX_KEYS}")
            self._path = (self._open[-1][1] if self._open else self._base) + tuple(self._words)
        elif array:
            self._count(array, 0, 1)
        if token != "]":
            self._words = []

    def _word(self, kind: str | None, token: str, position: int, array: _Array | None) -> None:
        """Check a word, a string or, within an array, what stands between words."""
        if kind == "word":
            if len(token) > MAX_WORD:
                self._fail(position, f"a number or key is longer than the limit of {MAX_WORD} characters")
            if token.count(".") > MAX_DEPTH:
                self._fail(position, f"a dotted key is deeper than the limit of {MAX_DEPTH}")
            power = _EXPONENT.fullmatch(token)
            if power and abs(int(power[1].replace("_", ""))) > MAX_EXPONENT:
                self._fail(position, f"the exponent of {shown(token)} passes the limit of {MAX_EXPONENT}")
        elif kind == "string" and len(token) > MAX_STRING:
            self._fail(position, f"a string is longer than the limit of {MAX_STRING} characters")
        if array:
            array.plain &= _SAME_IN_JSON.fullmatch(token) is not None
        else:
            if not self._words:
                self._key_at = position
            self._words.extend([token.strip("\"'")] if kind == "string" else filter(None, token.split(".")))


def line_of(text: str, path: Sequence[str | int]) -> int:
    """Line (from 1) of the entry at `path` in a valid TOML text, or of the nearest enclosing entry that is written.

    `path` mixes keys and zero-based positions in arrays, for example ``("settings", "alice", 1)``.
    """
    return text.count("\n", 0, _Search(text, tuple(path)).found) + 1


class _Search:
    """One walk over the tokens of a valid document, remembering the longest prefix of `target` met so far.

    What cannot lead to the target is passed over, plain numbers without a look at each.
    """

    def __init__(self, text: str, target: KeyPath) -> None:
        self.target = target
        self.found = 0
        self._depth = 0
        self._counts: dict[KeyPath, int] = {}
        self._text = text
        self._position = 0
        self._kind, self._token, self._at = "", "", 0
        self._advance()
        self._walk()

    def _meet(self, path: KeyPath, position: int) -> None:
        """Remember where `path` is (and the tables a dotted key opens) if it leads to the target."""
        for size in range(self._depth + 1, len(path) + 1):
            if path[:size] != self.target[:size]:
                return
            self._depth, self.found = size, position

    def _advance(self, position: int | None = None) -> None:
        """Look at the next token, or at the first one from `position`."""
        if position is not None:
            self._position = position
        while True:
            match = _TOKEN.match(self._text, self._position)
            if not match:
                self._kind, self._token, self._at = "end", "", len(self._text)
                return
            self._at, self._position = match.span()
            if match.lastgroup != "skip":
                self._kind, self._token = match.lastgroup or "", match[0]
                return

    def _is(self, marks: str) -> bool:
        return self._kind == "mark" and self._token in marks

    def _key(self) -> tuple[KeyPath, int]:
        """Read a possibly dotted and quoted key; stop before '=' or ']'."""
        parts: list[str] = []
        start = self._at
        while self._kind in ("word", "string"):
            if self._kind == "string":
                parts.append(_unquote(self._token))
            else:
                parts.extend(part for part in self._token.split(".") if part)
            self._advance()
        return tuple(parts), start

    def _walk(self) -> None:
        base: KeyPath = ()
        while self._kind != "end" and self._depth < len(self.target):
            if self._kind == "newline":
                self._advance()
            elif self._is("["):
                base = self._header()
            else:
                self._pair(base)

    def _header(self) -> KeyPath:
        """Read ``[a.b]`` or ``[[a.b]]`` and return the path of the table that it opens."""
        self._advance()
        array = self._is("[")
        if array:
            self._advance()
        keys, start = self._key()
        while self._is("]"):
            self._advance()
        path: KeyPath = ()
        for number, key in enumerate(keys):
            path = (*path, key)
            if array and number == len(keys) - 1:
                self._counts[path] = self._counts.get(path, -1) + 1
            if path in self._counts:
                path = (*path, self._counts[path])
        self._meet(path, start)
        return path

    def _pair(self, base: KeyPath) -> None:
        keys, start = self._key()
        path = base + keys
        self._meet(path, start)
        self._advance()  # past the equals sign; on anything else the walk simply moves on
        self._value(path)

    def _value(self, path: KeyPath) -> None:
        if self._is("[{") and (self._depth == len(self.target) or path != self.target[: len(path)]):
            self._pass_over()
        elif self._is("["):
            self._array(path)
        elif self._is("{"):
            self._advance()
            while self._kind != "end" and not self._is("}"):
                if self._is(",") or self._kind == "newline":
                    self._advance()
                else:
                    self._pair(path)
            self._advance()
        else:
            self._advance()
            while self._kind == "word":  # a date and its time are two words
                self._advance()

    def _array(self, path: KeyPath) -> None:
        wanted = self.target[len(path)]
        index, position = 0, self._position
        while index != wanted and (entry := _ENTRY.match(self._text, position)):
            index, position = index + 1, entry.end()
        self._advance(position)
        while self._kind != "end" and self._depth < len(self.target):
            if self._kind == "newline":
                self._advance()
            elif self._is(","):
                self._advance()
                index += 1
            elif self._is("]"):
                self._advance()
                return
            else:
                self._meet((*path, index), self._at)
                self._value((*path, index))

    def _pass_over(self) -> None:
        """Pass over an array or an inline table."""
        brackets = ""
        while self._kind != "end":
            if self._is("[{"):
                brackets += self._token
            elif self._is("]}"):
                brackets = brackets[:-1]
            run = _PLAIN.match(self._text, self._position) if brackets.endswith("[") else None
            self._advance(run.end() if run else None)
            if not brackets:
                return


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
