"""Symmetries of functionals of two families of letters, and what they save in a moment matrix.

A symmetry exchanges letters within a family, or the families, and turns the signs of letters round, and leaves every
functional in question as it is. It acts on words as a signed permutation. Moment matrices may be taken to be invariant;
commuting involutions split them into blocks, one for each character.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from .words import Moments, Word, canonical

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

__all__ = ["Symmetry", "blocks", "commuting_involutions", "orbits", "symmetries"]

Array = NDArray[np.float64]
MOST_SYMMETRIES = 1024
MOST_COMPARISONS = 16_000_000


@dataclass(frozen=True, slots=True)
class Symmetry:
    """Letter x of family A, or count_a + x of family B, goes to ``images[x]`` with the sign ``signs[x]``."""

    images: tuple[int, ...]
    signs: tuple[int, ...]

    def __matmul__(self, other: Symmetry) -> Symmetry:
        """First the other, then this one."""
        images = tuple(self.images[x] for x in other.images)
        signs = tuple(s * self.signs[x] for x, s in zip(other.images, other.signs))
        return Symmetry(images, signs)

    def of_word(self, word: Word, count_a: int) -> tuple[Word, int]:
        """Where a word goes, and its sign."""
        letters = [*word[0], *(count_a + x for x in word[1])]
        sign = 1
        for x in letters:
            sign *= self.signs[x]
        images = [self.images[x] for x in letters]
        first = tuple(x for x in images if x < count_a)
        second = tuple(x - count_a for x in images if x >= count_a)
        return (first, second), sign


def symmetries(tables: Array) -> list[Symmetry] | None:
    """All symmetries of functionals given as tables [[k, β], [α, S]], shape (m, 1 + n_A, 1 + n_B), by backtracking.

    None where there are too many to list.
    """
    count_a, count_b = tables.shape[1] - 1, tables.shape[2] - 1
    n = count_a + count_b
    # numbers[x][y]: of the coefficients of a pair of letters, with their sign; numbers[x][n]: of the letter alone
    weights = np.zeros((n, n + 1, len(tables)))
    for table, place in zip(tables, range(len(tables))):
        weights[:count_a, n, place], weights[count_a:, n, place] = table[1:, 0], table[0, 1:]
        weights[:count_a, count_a:n, place] = table[1:, 1:]
        weights[count_a:, :count_a, place] = table[1:, 1:].T
    known: dict[tuple[float, ...], int] = {(0.0,) * len(tables): 0}
    numbers = [[_number(tuple(pair), known) for pair in row] for row in weights.tolist()]
    same = count_a == count_b
    steps = 0
    found: list[Symmetry] = []

    def extended(images: list[int], signs: list[int]) -> Iterator[tuple[int, int]]:
        x = len(images)
        swapped = bool(images) and (images[0] >= count_a)
        for y in range(n):
            if y in images or (images and (y >= count_a) != (swapped != (x >= count_a))):
                continue
            if not images and y >= count_a and not same:
                continue
            mine, other = numbers[x], numbers[y]
            for sign in (1, -1):
                if mine[n] == sign * other[n] and all(
                    mine[k] == sign * s * other[z] for k, (s, z) in enumerate(zip(signs, images))
                ):
                    yield y, sign

    stack: list[tuple[list[int], list[int]]] = [([], [])]
    while stack:
        images, signs = stack.pop()
        steps += n * (len(images) + 1)
        if steps > MOST_COMPARISONS or len(found) > MOST_SYMMETRIES:
            return None
        if len(images) == n:
            found.append(Symmetry(tuple(images), tuple(signs)))
            continue
        stack += [([*images, y], [*signs, sign]) for y, sign in extended(images, signs)]
    return found


def _number(coefficients: tuple[float, ...], known: dict[tuple[float, ...], int]) -> int:
    """A number for each list of coefficients, the opposite one for its opposite."""
    if coefficients not in known:
        known[coefficients] = len(known)
        known[tuple(-x for x in coefficients)] = -known[coefficients]
    return known[coefficients]


def commuting_involutions(group: Sequence[Symmetry]) -> list[Symmetry]:
    """Generators of a large subgroup of commuting involutions, greedily from several starts."""
    size = len(group[0].images)
    one = Symmetry(tuple(range(size)), (1,) * size)
    involutions = [g for g in group if g != one and g @ g == one]
    best: list[Symmetry] = []
    for start in range(min(len(involutions), 24)):
        chosen: list[Symmetry] = []
        generated = {one}
        for g in [*involutions[start:], *involutions[:start]]:
            if g not in generated and all(g @ h == h @ g for h in chosen):
                chosen.append(g)
                generated |= {g @ h for h in generated}
        if len(chosen) > len(best):
            best = chosen
    return best


def _on_rows(moments: Moments, symmetry: Symmetry, count_a: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The signed permutation of rows."""
    places = {word: k for k, word in enumerate(moments.rows)}
    images = [symmetry.of_word(word, count_a) for word in moments.rows]
    return np.array([places[word] for word, _ in images]), np.array([sign for _, sign in images])


def orbits(moments: Moments, generators: Sequence[Symmetry], count_a: int) -> tuple[NDArray[np.int64], Array]:
    """Which variable each unknown is, and with which sign: −1 and 0 where it vanishes, or is the constant.

    Every symmetry links an unknown to the one that it goes to, with a sign; what is linked to its own opposite is 0.
    """
    n = moments.count
    parent, sign, zero = list(range(n)), [1] * n, [False] * n

    def root(x: int) -> tuple[int, int]:
        s = 1
        while parent[x] != x:
            s *= sign[x]
            x = parent[x]
        return x, s

    for symmetry in generators:
        for word, x in moments.unknowns.items():
            image, s = symmetry.of_word(word, count_a)
            (r, p), (t, q) = root(x), root(moments.unknowns[canonical(image)])
            if r == t:
                zero[r] = zero[r] or p != s * q
            else:
                parent[r], sign[r] = t, p * s * q
                zero[t] = zero[t] or zero[r]
    variable, signs = np.full(n, -1), np.zeros(n)
    numbers: dict[int, int] = {}
    constant = root(0)[0]
    for x in range(n):
        r, s = root(x)
        if r != constant and not zero[r]:
            variable[x], signs[x] = numbers.setdefault(r, len(numbers)), s
    return variable, signs


def blocks(moments: Moments, involutions: Sequence[Symmetry], count_a: int) -> list[csr_matrix]:
    """Orthonormal bases U of the spaces of each character, shape (n, d): an invariant matrix Γ is split into UᵀΓU."""
    from scipy.sparse import csr_matrix

    n = len(moments.rows)
    actions = [(np.arange(n), np.ones(n, dtype=np.int64))]
    characters: list[list[int]] = [[1]] * (1 << len(involutions))
    for k, symmetry in enumerate(involutions):
        image, sign = _on_rows(moments, symmetry, count_a)
        actions += [(image[p], s * sign[p]) for p, s in actions]
        characters = [[*c, *(x * (-1 if chi >> k & 1 else 1) for x in c)] for chi, c in enumerate(characters)]
    found = []
    for character in characters:
        columns, done = [], np.zeros(n, dtype=bool)
        for row in range(n):
            if done[row]:
                continue
            vector: dict[int, int] = {}
            for (image, sign), chi in zip(actions, character):
                place = int(image[row])
                done[place] = True
                vector[place] = vector.get(place, 0) + chi * int(sign[row])
            kept = {place: x for place, x in vector.items() if x}
            if kept:
                norm = sum(x * x for x in kept.values()) ** 0.5
                columns.append({place: x / norm for place, x in kept.items()})
        if columns:
            triplets = [(x, place, k) for k, column in enumerate(columns) for place, x in column.items()]
            values, rows, places = zip(*triplets)
            found.append(csr_matrix((values, (rows, places)), shape=(n, len(columns))))
    return found
