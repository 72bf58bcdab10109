"""Polytopes of boxes: vertices of the non-signalling polytope, facets of models, and files of other programs.

A box of n_A×n_B settings with outcomes ±1 is a point (A, B, C) of n_A + n_B + n_A n_B dimensions. For given marginals
the extreme boxes have every correlator at an end of −1 + |A + B| ≤ C ≤ 1 − |A − B|. Vertices of the non-signalling
polytope have marginals 0 or ±1; those that are not deterministic have p ≥ 2 unbiased settings of Alice's and q ≥ 2 of
Bob's, between which C = ±1 with signs that are no product of signs of settings. Hence

    2^(n_A + n_B) + Σ_pq (n_A over p) (n_B over q) 2^(n_A − p + n_B − q) (2^(pq) − 2^(p + q − 1))

vertices: 24 for 2×2, 128 for 2×3, 1408 for 3×3.

Source: Jones and Masanes, PRA 72, 052312 (2005), quant-ph/0506182.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations, permutations, product
from math import comb

import numpy as np
from numpy.typing import NDArray

from ..common.arguments import check_noun, whole
from ..common.rationals import round_up, to_integers
from ..core.behaviour import Behaviour
from ..core.functional import Functional, Inequality
from ..errors import InputError
from ..models.hidden_variables import HiddenVariableModel
from .extreme_boxes import SCALE, affine_rank, boxes_of
from .facets import Facets, facets
from .polyhedra import Polyhedron

__all__ = [
    "Face", "Facets", "Polyhedron", "Vertices", "face", "facets", "is_facet", "nonsignalling_vertices", "vertex_count",
]  # fmt: skip

Array = NDArray[np.float64]
MOST_VERTICES = 2_000_000


def vertex_count(n_alice: int, n_bob: int) -> int:
    """How many vertices the non-signalling polytope has.

    Examples
    --------
    >>> from nsmodels.studies import polytopes
    >>> [polytopes.vertex_count(2, 2), polytopes.vertex_count(2, 3), polytopes.vertex_count(3, 3)]
    [24, 128, 1408]
    """
    total = 2 ** (n_alice + n_bob)
    for p, q in product(range(1, n_alice + 1), range(1, n_bob + 1)):
        rest = 2 ** (n_alice - p + n_bob - q)
        total += comb(n_alice, p) * comb(n_bob, q) * rest * (2 ** (p * q) - 2 ** (p + q - 1))
    return total


@dataclass(frozen=True, eq=False, repr=False)
class Vertices:
    """Vertices of the non-signalling polytope.

    Parameters
    ----------
    alice, bob, correlators : ndarray of int, shapes (m, n_A), (m, n_B) and (m, n_A, n_B)
    classes : ndarray of int, shape (m,)
        Vertices that are relabellings of each other (settings, outcomes, and parties where n_A = n_B) have one number;
        0 are the deterministic ones.
    """

    alice: NDArray[np.int64]
    bob: NDArray[np.int64]
    correlators: NDArray[np.int64]
    classes: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.alice)

    def behaviour(self, index: int) -> Behaviour:
        """One vertex as a behaviour."""
        return Behaviour(self.correlators[index], self.alice[index], self.bob[index])

    def __repr__(self) -> str:
        sizes = np.bincount(self.classes)
        n_alice, n_bob = self.alice.shape[1], self.bob.shape[1]
        listed = " + ".join(map(str, sizes.tolist()))
        return f"Vertices({n_alice}×{n_bob}: {len(self)} = {listed} in {len(sizes)} classes, deterministic ones first)"


def nonsignalling_vertices(n_alice: int, n_bob: int) -> Vertices:
    """All vertices of the non-signalling polytope of n_A×n_B settings with outcomes ±1, by classes.

    Raises
    ------
    InputError
        For more than two million vertices.
    """
    n_alice = whole(n_alice, "polytopes: n_alice", 1, 12)
    n_bob = whole(n_bob, "polytopes: n_bob", 1, 12)
    if (count := vertex_count(n_alice, n_bob)) > MOST_VERTICES:
        found_here = f"{n_alice}×{n_bob} settings have {count} vertices"
        raise InputError(f"polytopes: {found_here}, above the limit of {MOST_VERTICES}; use fewer")
    found: list[tuple[Array, Array, Array, tuple[object, ...]]] = []
    for p, q in product(range(n_alice + 1), range(n_bob + 1)):
        if min(p, q) < 2 and (p, q) != (0, 0):
            continue
        tables = _unbalanced(p, q)
        names = [_class_of(table, n_alice == n_bob) for table in tables]
        for rows, columns in product(combinations(range(n_alice), p), combinations(range(n_bob), q)):
            fixed_a = [i for i in range(n_alice) if i not in rows]
            fixed_b = [j for j in range(n_bob) if j not in columns]
            for signs in product((1, -1), repeat=len(fixed_a) + len(fixed_b)):
                a, b = np.zeros(n_alice), np.zeros(n_bob)
                a[fixed_a], b[fixed_b] = signs[: len(fixed_a)], signs[len(fixed_a) :]
                for table, name in zip(tables, names):
                    c = np.outer(a, b)
                    c[np.ix_(rows, columns)] = table
                    found.append((a, b, c, name))
    order: dict[tuple[object, ...], int] = {}
    classes = np.array([order.setdefault(name, len(order)) for *_, name in found])
    alice, bob, correlators = (np.array([entry[k] for entry in found], dtype=np.int64) for k in range(3))
    return Vertices(alice, bob, correlators, classes)


def _unbalanced(p: int, q: int) -> list[Array]:
    """All p×q tables of signs that are no product of signs of rows and columns; for none the empty table."""
    if (p, q) == (0, 0):
        return [np.zeros((0, 0))]
    tables = [np.array(signs, dtype=np.float64).reshape(p, q) for signs in product((1, -1), repeat=p * q)]
    return [table for table in tables if not np.array_equal(table, np.outer(table[:, 0] * table[0, 0], table[0]))]


def _class_of(table: Array, square: bool) -> tuple[object, ...]:
    """A name that all relabellings of a table of signs share: the least of its forms."""
    forms = [table] + ([table.T] if square and table.shape[0] == table.shape[1] else [])
    shape = tuple(sorted(table.shape)) if square else table.shape
    if square and table.shape[0] > table.shape[1]:
        forms = [table.T]
    return (shape, min((_least_form(form) for form in forms), default=b""))


def _least_form(table: Array) -> bytes:
    """The least table that switching of signs and permutations of rows and columns reach."""
    best: bytes | None = None
    for first in range(len(table)):
        # signs of columns make this row +; every other row is then known up to a sign of its own
        rest = np.delete(table * table[first], first, axis=0)
        for signs in product((1.0, -1.0), repeat=len(rest)):
            columns = sorted(map(bytes, (rest * np.array(signs)[:, None] < 0).T.astype(np.uint8).tolist()))
            for order in permutations(range(len(rest))):
                form = b"".join(sorted(bytes(column[k] for k in order) for column in columns))
                best = form if best is None or form < best else best
    return best or b""


@dataclass(frozen=True, repr=False)
class Face:
    """The boxes of a model on which an inequality is an equation.

    Parameters
    ----------
    bound : Fraction
        The exact maximum over the model.
    dimension : int
        Of the face, by exact rank; −1 where the stated bound is above the maximum.
    polytope : int
        The dimension of the model's set of boxes.
    boxes : int
        How many boxes of the list lie on the face: all extreme ones, and with half-integral marginals some more.
    """

    bound: Fraction
    dimension: int
    polytope: int
    boxes: int

    @property
    def facet(self) -> bool:
        """Whether nothing but the whole set is larger: the dimension is one less than that of the set."""
        return self.dimension == self.polytope - 1

    def __repr__(self) -> str:
        kind = "a facet" if self.facet else "no facet"
        return (
            f"Face({kind}: dimension {self.dimension} of {self.polytope}, {self.boxes} boxes, "
            f"bound {self.bound})"
        )


def face(inequality: Inequality | Functional, model: HiddenVariableModel) -> Face:
    """The face of a model that an inequality supports, with its dimension by exact rank.

    Parameters
    ----------
    inequality : Inequality or Functional
        Of a functional the tightest inequality is taken.
    model : Bell, NonSignalling, Unbiased or Finite
        Models with finitely many extreme boxes.

    Raises
    ------
    InputError
        If the inequality is violated by the model, or the model has too many extreme boxes, or infinitely many.
    """
    stated = inequality.bound if isinstance(inequality, Inequality) else None
    functional = inequality.functional if isinstance(inequality, Inequality) else inequality
    check_noun(functional, Functional, "inequality", "polytopes")
    check_noun(model, HiddenVariableModel, "model", "polytopes")
    if functional.shape != model.shape:
        raise InputError(f"polytopes: an inequality of shape {functional.shape} for a model of shape {model.shape}")
    if functional.relative_rounding:
        raise InputError("polytopes: the coefficients are rounded, and faces need exact ones; multiply them out")
    points = boxes_of(model)
    coefficients = [*functional.alice.tolist(), *functional.bob.tolist(), *functional.correlators.ravel().tolist()]
    integers, exponent = to_integers(coefficients)
    values = points.astype(object) @ np.array(integers, dtype=object)
    best = max(values)
    bound = Fraction(functional.constant) + Fraction(int(best), 1 << exponent) / SCALE
    if stated is not None and stated < bound:
        raise InputError(f"polytopes: the model reaches {float(bound):.17g}, above the stated bound {stated:.17g}")
    polytope = affine_rank(points)
    if stated is not None and stated != round_up(bound):
        return Face(bound, -1, polytope, 0)
    on_it = points[np.array([value == best for value in values])]
    kept = np.ones(points.shape[1], dtype=bool)
    if any(integers):  # on the face this coordinate follows from the others
        kept[next(k for k, x in enumerate(integers) if x)] = False
    return Face(bound, affine_rank(on_it[:, kept]), polytope, len(on_it))


def is_facet(inequality: Inequality | Functional, model: HiddenVariableModel) -> bool:
    """Whether an inequality is a facet of the model's set of boxes: see `face`."""
    return face(inequality, model).facet
