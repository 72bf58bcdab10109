"""The versions of an inequality under other names of settings, outcomes and parties, and the best one on given data.

A relabelling permutes each party's settings and turns round outcomes setting by setting; exchanging the parties is one
as well. Bounds of models that do not look at directions (local, quantum, non-signalling, unbiased) are the same for all
versions.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import permutations, product

import numpy as np
from numpy.typing import NDArray

from ..common.arguments import check_noun
from ..common.arrays import Array
from ..common.assignment import best_assignment
from ..errors import InputError
from .behaviour import Behaviour
from .functional import Functional

__all__ = ["Relabellings"]


MOST_CHOICES = 2_000_000
"""Choices of the smaller side's settings and outcomes that `Relabellings.best` goes through."""
IMPOSSIBLE = -1e300
"""The worth of a setting of the functional where the data lack a pair."""


@dataclass(frozen=True, slots=True, repr=False)
class Relabellings:
    """The versions of a functional.

    Parameters
    ----------
    functional : Functional
    parties : bool
        Whether the parties may be exchanged as well.
    """

    functional: Functional
    parties: bool = True

    def __iter__(self) -> Iterator[Functional]:
        """Every distinct version once, the functional itself first."""
        seen: set[bytes] = set()
        for base in self._orientations():
            n_alice, n_bob = base.shape
            flips = [np.array(list(product((1.0, -1.0), repeat=n))) for n in (n_alice, n_bob)]
            for rows, columns in product(permutations(range(n_alice)), permutations(range(n_bob))):
                order = np.ix_(rows, columns)
                for signs_a, signs_b in product(*flips):
                    version = _version(
                        base, base.correlators[order] * np.outer(signs_a, signs_b), base.alice[list(rows)] * signs_a,
                        base.bob[list(columns)] * signs_b,
                    )  # fmt: skip
                    key = (
                        b"".join((x + 0.0).tobytes() for x in (version.correlators, version.alice, version.bob))
                        + repr(version.shape).encode()
                    )
                    if key not in seen:
                        seen.add(key)
                        yield version

    def _orientations(self) -> list[Functional]:
        f = self.functional
        if not self.parties:
            return [f]
        return [f, _version(f, f.correlators.T, f.bob, f.alice)]

    def best(self, behaviour: Behaviour) -> Functional:
        """The version with the largest value on a behaviour, which may have more settings than the functional.

        Settings that are left over get the coefficient 0. Pairs that are not known are avoided, and so are marginals.

        Raises
        ------
        InputError
            If no version fits: too few settings, pairs or marginals are known; or if there are too many versions.
        """
        check_noun(behaviour, Behaviour, "behaviour", "relabellings")
        found = [best for base in self._orientations() if (best := _best(base, behaviour)) is not None]
        if not found:
            raise InputError(
                f"relabellings: no version of a functional of {self.functional.shape[0]}×{self.functional.shape[1]} "
                f"settings fits this behaviour of {behaviour.shape[0]}×{behaviour.shape[1]}: it has too few settings, "
                "known pairs or marginals"
            )
        return max(found, key=lambda version: version.value(behaviour))

    def __repr__(self) -> str:
        return f"Relabellings({self.functional!r})"


def _version(functional: Functional, correlators: Array, alice: Array, bob: Array) -> Functional:
    """The functional with other coefficients of the same sizes."""
    return Functional(
        correlators, alice, bob, functional.constant, name=functional.name, source=functional.source,
        relative_rounding=functional.relative_rounding,
    )  # fmt: skip


def _best(base: Functional, behaviour: Behaviour) -> Functional | None:
    """Go through one side's settings and outcomes; for the other side the best choice is an assignment problem."""
    if base.shape[0] > behaviour.shape[0] or base.shape[1] > behaviour.shape[1]:
        return None
    counts = [math.perm(m, n) << n for n, m in zip(base.shape, behaviour.shape)]
    turned = counts[0] > counts[1]
    if min(counts) > MOST_CHOICES:
        raise InputError(f"relabellings: {min(counts)} choices of one side's settings are too many; use fewer settings")
    known = behaviour.known.T if turned else behaviour.known
    c = np.where(known, behaviour.correlators.T if turned else behaviour.correlators, 0.0)
    s, alpha, beta = base.correlators, base.alice, base.bob
    given: Sequence[Array | None] = (behaviour.alice, behaviour.bob)
    if turned:
        s, alpha, beta, given = s.T, beta, alpha, given[::-1]
    if any(side is None and terms.any() for side, terms in zip(given, (alpha, beta))):
        return None
    a, b = (np.zeros(n) if side is None else side for side, n in zip(given, c.shape))
    choice = _choice(s, alpha, beta, a, b, c, known)
    if choice is None:
        return None
    (rows, row_signs), (columns, column_signs) = choice
    table, left, right = np.zeros(c.shape), np.zeros(len(a)), np.zeros(len(b))
    table[np.ix_(rows, columns)] = s * np.outer(row_signs, column_signs)
    left[list(rows)], right[list(columns)] = alpha * row_signs, beta * column_signs
    return _version(base, table.T, right, left) if turned else _version(base, table, left, right)


Side = tuple[Sequence[int], Array]


def _choice(
    s: Array, alpha: Array, beta: Array, a: Array, b: Array, c: Array, known: NDArray[np.bool_]
) -> tuple[Side, Side] | None:
    """Where each setting of the functional goes and with which sign, first side by enumeration."""
    n, used = len(alpha), s != 0.0
    flips = np.array(list(product((1.0, -1.0), repeat=n)))
    best, choice = -math.inf, None
    for rows in permutations(range(len(a)), n):
        part = c[list(rows)]
        impossible = used.T.astype(float) @ (~known[list(rows)]).astype(float) > 0.0
        if impossible.all(axis=1).any():
            continue
        own = flips @ (alpha * a[list(rows)])
        # worth[flip, column of f, column of the data] of the better sign
        worth = np.abs(np.einsum("fi,ij,ik->fjk", flips, s, part) + (beta[:, None] * b[None, :])[None])
        worth = np.where(impossible[None], IMPOSSIBLE, worth)
        ceiling = own + worth.max(axis=2).sum(axis=1)
        for flip in np.argsort(-ceiling, kind="stable").tolist():
            if ceiling[flip] <= best:
                break
            places = best_assignment(worth[flip])
            value = float(own[flip] + worth[flip][np.arange(len(places)), places].sum())
            if value > best and value > 0.5 * IMPOSSIBLE:
                signs = np.einsum("i,ij,ij->j", flips[flip], s, part[:, places]) + beta * b[places]
                best = value
                choice = (rows, flips[flip]), (places, np.where(signs < 0.0, -1.0, 1.0))
    return choice
