"""Polyhedra as points or inequalities in exact rationals, and the files .ext and .ine of cdd and lrs.

A row (b, a) of an H-representation is the inequality b + a·x ≥ 0, or an equation where its number is in ``linearity``;
a row (1, x) of a V-representation is the point x, and (0, x) a direction.

Source: Fukuda, cdd reference manual; Avis, lrs user's guide.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from os import PathLike
from pathlib import Path
from typing import NoReturn

from ..common.arguments import check_noun, shown
from ..common.rationals import rational
from ..errors import InputError
from ..models.hidden_variables import HiddenVariableModel
from .extreme_boxes import SCALE, boxes_of

__all__ = ["Polyhedron"]

TITLES = {"V-representation": "V", "H-representation": "H"}
NUMBERS = ("integer", "rational", "real")
LARGEST_FILE = 64 << 20


@dataclass(frozen=True)
class Polyhedron:
    """Points or inequalities in exact rationals.

    Parameters
    ----------
    representation : {"V", "H"}
    rows : tuple of tuples of Fraction
        (1, x) for a point and (b, a) for b + a·x ≥ 0.
    linearity : tuple of int
        Numbers, from 0, of the rows that are equations (H) or lines (V).
    """

    representation: str
    rows: tuple[tuple[Fraction, ...], ...]
    linearity: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if self.representation not in ("V", "H"):
            raise InputError(f'Polyhedron: the representation is {shown(self.representation)}; it must be "V" or "H"')
        rows = tuple(tuple(Fraction(x) for x in row) for row in self.rows)
        if not rows or len({len(row) for row in rows}) > 1 or len(rows[0]) < 2:
            raise InputError("Polyhedron: it needs rows of equal length, of two entries at least")
        if any(not 0 <= k < len(rows) for k in self.linearity):
            raise InputError(f"Polyhedron: linearity counts rows from 0 to {len(rows) - 1}")
        object.__setattr__(self, "rows", rows)

    @classmethod
    def of_model(cls, model: HiddenVariableModel) -> Polyhedron:
        """The extreme boxes of a model as points (A, B, C), C row by row.

        Raises
        ------
        InputError
            If the model has infinitely many, or too many.
        """
        check_noun(model, HiddenVariableModel, "model", "Polyhedron")
        points = boxes_of(model).tolist()
        return cls("V", tuple((Fraction(1), *(Fraction(x, SCALE) for x in row)) for row in points))

    def to_text(self) -> str:
        """The text of a file .ext or .ine."""
        whole = all(x.denominator == 1 for row in self.rows for x in row)
        lines = [f"{self.representation}-representation"]
        if self.linearity:
            lines.append(" ".join(map(str, ["linearity", len(self.linearity), *(k + 1 for k in self.linearity)])))
        lines += ["begin", f"{len(self.rows)} {len(self.rows[0])} {'integer' if whole else 'rational'}"]
        lines += [" ".join(map(rational, row)) for row in self.rows]
        return "\n".join([*lines, "end", ""])

    def write(self, path: str | PathLike[str]) -> None:
        """Write a file: .ext for points and .ine for inequalities.

        Raises
        ------
        InputError
            For another ending, or a file that cannot be written.
        """
        target = Path(path)
        wanted = {"V": ".ext", "H": ".ine"}[self.representation]
        if target.suffix != wanted:
            raise InputError(f"Polyhedron: {shown(target.name)} does not end in {wanted}; name the representation so")
        try:
            target.write_text(self.to_text(), encoding="utf-8")
        except OSError as error:
            raise InputError(f"Polyhedron: {shown(str(target))} cannot be written ({error.strerror})") from None

    @classmethod
    def read(cls, path: str | PathLike[str]) -> Polyhedron:
        """Read a file of cdd or lrs.

        Raises
        ------
        InputError
            With file and line.
        """
        source = Path(path)
        try:
            if source.stat().st_size > LARGEST_FILE:
                raise InputError(f"{source}: it has more than {LARGEST_FILE >> 20} MB; split it")
            text = source.read_text(encoding="utf-8")
        except OSError as error:
            raise InputError(f"{source}: it cannot be read ({error.strerror})") from None
        except UnicodeDecodeError:
            raise InputError(f"{source}: it is no text; give a file of cdd or lrs") from None
        return cls.from_text(text, str(source))

    @classmethod
    def from_text(cls, text: str, name: str = "polyhedron") -> Polyhedron:
        """Read a text that `to_text`, cdd or lrs wrote; decimals are taken as they stand.

        Raises
        ------
        InputError
            With the name and the line.
        """
        return _Reader(text, name).polyhedron()


class _Reader:
    """The lines of a file with their numbers; remarks begin with * or #."""

    def __init__(self, text: str, name: str) -> None:
        self.name = name
        self.lines: list[tuple[int, list[str]]] = []
        for k, line in enumerate(text.splitlines(), 1):
            words = line.split("#")[0].split()
            after_begin = bool(self.lines) and self.lines[-1][1] == ["begin"]
            # right after `begin`, lrs writes * for a count of rows that it does not know yet
            if words and (after_begin or not words[0].startswith("*")):
                self.lines.append((k, words))
        self.last = len(text.splitlines()) or 1

    def refuse(self, line: int, message: str) -> NoReturn:
        raise InputError(f"{self.name}:{line}: {message}")

    def polyhedron(self) -> Polyhedron:
        representation, place = "H", None  # cdd: without a title it is H
        linearity: tuple[int, tuple[int, ...]] = (0, ())
        for index, (line, words) in enumerate(self.lines):
            if words[0] in TITLES:
                representation = TITLES[words[0]]
            elif words[0] in ("linearity", "equality"):
                linearity = line, tuple(self.count(line, word) - 1 for word in words[1:])
            elif words[0] == "begin":
                place = index + 1
                break
        if place is None or place >= len(self.lines):
            self.refuse(self.last, "there is no line `begin`, or nothing after it; is this a file of cdd or lrs?")
        line, words = self.lines[place]
        if len(words) < 2 or (len(words) > 2 and words[2] not in NUMBERS):
            self.refuse(line, f"after `begin` come two counts and one of {', '.join(NUMBERS)}")
        open_end = set(words[0]) == {"*"}  # lrs writes rows as it finds them
        size = None if open_end else self.count(line, words[0])
        width = self.count(line, words[1])
        rows = []
        end = self.last
        for line, words in self.lines[place + 1 :]:
            if words[0] == "end":
                end = line
                break
            if len(words) != width:
                self.refuse(line, f"a row has {len(words)} entries, and `begin` says {width}")
            rows.append(tuple(self.number(line, word) for word in words))
        else:
            self.refuse(self.last, "there is no line `end`")
        if not rows or size not in (None, len(rows)):
            self.refuse(end, f"there are {len(rows)} rows, and `begin` says {size or 'that there are some'}")
        at, numbers = linearity
        if numbers and (numbers[0] + 1 != len(numbers) - 1 or not all(0 <= k < len(rows) for k in numbers[1:])):
            self.refuse(at, "linearity has the count of its rows first, then their numbers, from 1")
        return Polyhedron(representation, tuple(rows), tuple(numbers[1:]))

    def count(self, line: int, word: str) -> int:
        if not word.isascii() or not word.isdigit() or len(word) > 9:
            self.refuse(line, f"{shown(word)} is no count")
        return int(word)

    def number(self, line: int, word: str) -> Fraction:
        try:
            if len(word) > 4000 or "_" in word or abs(int(word.lower().partition("e")[2] or 0)) > 400:
                raise ValueError
            return Fraction(word)
        except (ValueError, ZeroDivisionError):
            self.refuse(line, f"{shown(word)} is no number; give integers, fractions p/q or decimals")
