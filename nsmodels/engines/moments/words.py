"""Words in two families of letters with squares 1 that commute with each other, and their moment matrices.

A word is a pair of tuples (a, b) of letters without two equal neighbours. The entry (r, s) of a moment matrix is the
mean value of u_r† u_s. Adjoint words have conjugate mean values, and for real coefficients the real part of a moment
matrix does as well as the matrix: a word and its adjoint are one unknown.

Source: Navascués, Pironio, Acín, PRL 98, 010401 (2007); New J. Phys. 10, 073013 (2008), arXiv:0803.4290.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

__all__ = ["LEVELS", "Moments", "Word", "moments", "word_count", "words"]

Word = tuple[tuple[int, ...], tuple[int, ...]]
Integers = NDArray[np.int64]

LEVELS = ("1", "1+AB", "2", "3")
"""The sets of words: all of length ≤ 1, those and the products of one letter of each family, all of length ≤ 2, ≤ 3."""


def _side(count: int, length: int) -> list[tuple[int, ...]]:
    """Words of one family of an exact length."""
    listed: list[tuple[int, ...]] = [()]
    for _ in range(length):
        listed = [(*w, x) for w in listed for x in range(count) if not w or w[-1] != x]
    return listed


def words(level: str, count_a: int, count_b: int) -> list[Word]:
    """The words that label rows, by length."""
    longest = {"1": 1, "1+AB": 2, "2": 2, "3": 3}[level]
    sides = [[_side(count, k) for k in range(longest + 1)] for count in (count_a, count_b)]
    found = []
    for length in range(longest + 1):
        for of_a in range(length, -1, -1):
            if level == "1+AB" and length == 2 and of_a != 1:
                continue
            found += list(product(sides[0][of_a], sides[1][length - of_a]))
    return found


def word_count(level: str, count_a: int, count_b: int) -> int:
    """How many words there are, without making them."""
    sides = [[1, n, n * (n - 1), n * (n - 1) ** 2] for n in (count_a, count_b)]
    pairs = {"1": 1, "1+AB": 1, "2": 2, "3": 3}[level]
    total = sum(sides[0][i] * sides[1][j] for i in range(4) for j in range(4) if i + j <= pairs)
    return total + (count_a * count_b if level == "1+AB" else 0)


def _joined(left: tuple[int, ...], right: tuple[int, ...]) -> tuple[int, ...]:
    """The product of a reversed word and a word, with neighbours that are equal cancelled."""
    k = 0
    while k < min(len(left), len(right)) and left[k] == right[k]:
        k += 1
    return (*reversed(left[k:]), *right[k:])


def canonical(word: Word) -> Word:
    """The first of a word and its adjoint."""
    return min(word, (word[0][::-1], word[1][::-1]))


@dataclass(frozen=True, slots=True, eq=False)
class Moments:
    """A moment matrix: which unknown stands where.

    Parameters
    ----------
    rows : list of Word
    unknowns : dict
        The number of each unknown, by its word; 0 is the mean value of 1.
    table : ndarray, shape (n, n)
        The number of the unknown of each entry.
    """

    rows: Sequence[Word]
    unknowns: dict[Word, int]
    table: Integers

    @property
    def count(self) -> int:
        """Of unknowns, the constant included."""
        return len(self.unknowns)


def moments(level: str, count_a: int, count_b: int) -> Moments:
    """The moment matrix of a level."""
    rows = words(level, count_a, count_b)
    unknowns: dict[Word, int] = {((), ()): 0}
    table = np.zeros((len(rows), len(rows)), dtype=np.int64)
    for r, (a, b) in enumerate(rows):
        for s, (c, d) in enumerate(rows[: r + 1]):
            word = canonical((_joined(a, c), _joined(b, d)))
            table[r, s] = table[s, r] = unknowns.setdefault(word, len(unknowns))
    return Moments(rows, unknowns, table)
