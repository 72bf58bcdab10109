"""Facets of polytopes of boxes: all tight inequalities of a model with finitely many extreme boxes, by classes.

The facets of the convex hull of points v are the extreme rays of the cone {(b, f) : b ≥ f·v for all v}. A few dozen
points are a matter of a second here: the local polytope has 24 facets for 2×2 settings, 48 for 2×3 and 684 for 3×3
(Pitowsky and Svozil, PRA 64, 014102 (2001)), and they are positivity, CHSH and I3322 under other names. For more, use
the Parma Polyhedra Library through pplpy, or write a file for cdd and lrs with `Polyhedron`.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from ..common.arguments import check_noun, number, one_of, whole
from ..core.functional import Functional, Inequality
from ..engines.double_description import Unfinished, extreme_rays
from ..errors import InputError, MissingExtraError, SolverError
from ..models.hidden_variables import HiddenVariableModel
from .extreme_boxes import SCALE, boxes_of, independent
from .polyhedra import Polyhedron

__all__ = ["ENGINES", "Facets", "facets"]

Integers = NDArray[np.int64]
ENGINES = ("own", "pplpy")
LARGEST = 2**53
"""Size of coefficients up to which they are doubles."""


@dataclass(frozen=True, eq=False, repr=False)
class Facets:
    """Inequalities α·A + β·B + Σ S_ij C_ij ≤ bound in the least whole numbers.

    Parameters
    ----------
    alice, bob, correlators : ndarray of int, shapes (m, n_A), (m, n_B) and (m, n_A, n_B)
    bounds : ndarray of int, shape (m,)
    classes : ndarray of int, shape (m,)
        Facets that are relabellings of each other (settings, outcomes, and parties where n_A = n_B) have one number;
        those with the fewest terms come first.
    model : str or None
    """

    alice: Integers
    bob: Integers
    correlators: Integers
    bounds: Integers
    classes: Integers
    model: str | None

    def __len__(self) -> int:
        return len(self.bounds)

    @property
    def shape(self) -> tuple[int, int]:
        """Numbers of settings (n_A, n_B)."""
        return self.alice.shape[1], self.bob.shape[1]

    def inequality(self, index: int) -> Inequality:
        """One facet as an inequality."""
        functional = Functional(
            self.correlators[index].astype(float), self.alice[index].astype(float), self.bob[index].astype(float)
        )
        return Inequality(functional, float(self.bounds[index]), model=self.model)

    def representatives(self) -> tuple[Inequality, ...]:
        """The first facet of each class."""
        return tuple(self.inequality(int(k)) for k in np.unique(self.classes, return_index=True)[1])

    def polyhedron(self) -> Polyhedron:
        """The same as rows (bound, −α, −β, −S) for a file .ine."""
        table = np.column_stack([self.alice, self.bob, self.correlators.reshape(len(self), -1)])
        rows = np.column_stack([self.bounds, -table]).tolist()
        return Polyhedron("H", tuple(tuple(map(Fraction, row)) for row in rows))

    @classmethod
    def from_polyhedron(cls, polyhedron: Polyhedron, n_alice: int, n_bob: int, model: str | None = None) -> Facets:
        """Read inequalities in the coordinates (A, B, C), C row by row, such as those that lrs found.

        Raises
        ------
        InputError
            If these are no inequalities in n_A + n_B + n_A n_B coordinates, or there are equations among them.
        """
        check_noun(polyhedron, Polyhedron, "polyhedron", "facets")
        n_alice, n_bob = whole(n_alice, "facets: n_alice", 1), whole(n_bob, "facets: n_bob", 1)
        wanted = 1 + n_alice + n_bob + n_alice * n_bob
        if polyhedron.representation != "H" or polyhedron.linearity or len(polyhedron.rows[0]) != wanted:
            raise InputError(
                f"facets: {n_alice}×{n_bob} settings need inequalities, none of them an equation, in rows of {wanted} "
                "entries"
            )
        rows = []
        for row in polyhedron.rows:
            scale = math.lcm(*(x.denominator for x in row))
            rows.append([int(x * scale) for x in row])
        return _listed([[b, *(-x for x in rest)] for b, *rest in rows], n_alice, n_bob, model)

    def __repr__(self) -> str:
        sizes = " + ".join(map(str, np.bincount(self.classes).tolist()))
        of = f" of {self.model}" if self.model else ""
        return f"Facets({self.shape[0]}×{self.shape[1]}{of}: {len(self)} = {sizes})"


def facets(model: HiddenVariableModel, *, engine: str = "own", time_limit_s: float = 60.0) -> Facets:
    """All facets of a model's set of boxes, exactly, classified by relabelling.

    Parameters
    ----------
    model : Bell, NonSignalling, Unbiased or Finite
        Models with finitely many extreme boxes. Where all of them obey an equation, as unbiased ones do, facets are
        written in as many coordinates as are independent.
    engine : {"own", "pplpy"}
        The double description method of this package, or the Parma Polyhedra Library, as a rule a few times faster:
        ``pip install "nsmodels[polytopes]"`` (GPL, so it is never required). Inequalities are compared with all
        points, whoever found them.
    time_limit_s : float
        For the own engine.

    Raises
    ------
    InputError
        If the model has infinitely many extreme boxes, or too many.
    MissingExtraError
        If pplpy is asked for and not installed.
    SolverError
        If the time was over: part of a list of facets is no list of facets.

    Examples
    --------
    >>> import nsmodels as ns
    >>> found = ns.studies.polytopes.facets(ns.Bell((2, 2)))
    >>> found
    Facets(2×2 of bell: 24 = 16 + 8)
    >>> [x.functional.text() for x in found.representatives()]
    ['−A0 − B0 − C00', '−C00 − C01 − C10 + C11']
    """
    check_noun(model, HiddenVariableModel, "model", "facets")
    one_of(engine, ENGINES, "facets: the engine")
    limit = number(time_limit_s, "facets: time_limit_s")
    points = boxes_of(model)
    unit = int(np.gcd.reduce(np.abs(points).ravel())) or 1
    points = points // unit
    if int(np.abs(points).max(initial=0)) > 2**20:
        raise InputError("facets: marginals of the model have too many digits; give simple fractions of powers of two")
    columns = independent(np.ascontiguousarray((points[1:] - points[0]).T)) if len(points) > 1 else []
    if not columns:
        raise InputError("facets: the model has one box only, and a point has no facets")
    corners = np.unique(points[:, columns], axis=0)[::-1]  # in this order few rays come and go
    rows = np.column_stack([np.ones(len(corners), dtype=np.int64), -corners])
    found = _own(rows, limit) if engine == "own" else _by_pplpy(corners)
    values = rows.astype(object) @ found.T.astype(object) if _large(rows, found) else rows @ found.T
    if (values < 0).any() or ((values == 0).sum(axis=0) < len(columns)).any():
        raise SolverError(f"facets: {engine} gave inequalities that the model violates, or that touch too few points")
    table = np.zeros((len(found), 1 + points.shape[1]), dtype=object)
    table[:, 0] = found[:, 0].astype(object) * unit
    table[:, [1 + c for c in columns]] = found[:, 1:].astype(object) * SCALE
    return _listed(table.tolist(), *model.shape, model.name)


def _large(rows: Integers, found: Integers) -> bool:
    """Whether sums of products of entries may exceed 64 bits."""
    return max(map(abs, rows.ravel().tolist())) * max(map(abs, found.ravel().tolist())) * rows.shape[1] >= 1 << 63


def _own(rows: Integers, limit: float) -> Integers:
    """By the double description method."""
    try:
        return extreme_rays(rows, deadline=time.perf_counter() + limit)
    except Unfinished as error:
        raise SolverError(
            f'facets: {error}; use engine="pplpy", or write Polyhedron.of_model(model) to a file for lrs or cdd'
        ) from None


def _by_pplpy(points: Integers) -> Integers:
    """By the Parma Polyhedra Library: rows (b, f) of b ≥ f·v."""
    try:
        import ppl
    except ImportError:
        more = 'add it with: pip install "nsmodels[polytopes]"'
        raise MissingExtraError(f"facets: pplpy is not installed; {more}") from None
    variables = [ppl.Variable(k) for k in range(points.shape[1])]
    generators = ppl.Generator_System()
    for point in points.tolist():
        generators.insert(ppl.point(sum((x * v for x, v in zip(point, variables)), ppl.Linear_Expression(0))))
    constraints: list[Any] = list(ppl.C_Polyhedron(generators).minimized_constraints())
    if any(constraint.is_equality() for constraint in constraints):
        raise SolverError("facets: pplpy gave equations where there are none; this is not an answer")
    rows = [[int(c.inhomogeneous_term()), *(-int(c.coefficient(v)) for v in variables)] for c in constraints]
    return np.array(rows, dtype=np.int64)


def _listed(rows: list[list[int]], n_alice: int, n_bob: int, model: str | None) -> Facets:
    """Rows (b, α, β, S) in the least whole numbers, sorted by class."""
    least = [[x // (math.gcd(*row) or 1) for x in row] for row in rows]
    if max(abs(x) for row in least for x in row) > LARGEST:
        raise InputError("facets: coefficients above 2^53 have no exact place here")
    table = np.unique(np.array(least, dtype=np.int64), axis=0)
    classes = _classes(table, n_alice, n_bob)
    order = np.argsort(classes, kind="stable")
    table, classes = table[order], classes[order]
    alice, bob, correlators = np.split(table[:, 1:], [n_alice, n_alice + n_bob], axis=1)
    return Facets(alice, bob, correlators.reshape(-1, n_alice, n_bob), table[:, 0], classes, model)


def _classes(table: Integers, n_alice: int, n_bob: int) -> Integers:
    """Numbers of the classes: what neighbouring settings exchanged, outcomes turned and parties exchanged connect."""
    places = {row.tobytes(): k for k, row in enumerate(table)}
    alice, bob, rest = np.split(table[:, 1:], [n_alice, n_alice + n_bob], axis=1)
    cube = np.zeros((len(table), 1 + n_alice, 1 + n_bob), dtype=np.int64)
    cube[:, 0, 0], cube[:, 1:, 0], cube[:, 0, 1:] = table[:, 0], alice, bob
    cube[:, 1:, 1:] = rest.reshape(-1, n_alice, n_bob)
    images = [np.swapaxes(cube, 1, 2)] if n_alice == n_bob else []
    for axis, count in ((1, n_alice), (2, n_bob)):
        for k in range(1, count):
            order = list(range(count + 1))
            order[k], order[k + 1] = order[k + 1], order[k]
            images.append(np.take(cube, order, axis=axis))
        turned = np.moveaxis(cube.copy(), axis, 0)
        turned[1] = -turned[1]
        images.append(np.moveaxis(turned, 0, axis))
    pairs: list[tuple[int, int]] = []
    for image in images:
        inner = image[:, 1:, 1:].reshape(len(table), -1)
        flat = np.column_stack([image[:, 0, 0], image[:, 1:, 0], image[:, 0, 1:], inner])
        found = (places.get(np.ascontiguousarray(row).tobytes()) for row in flat)
        pairs += [(k, other) for k, other in enumerate(found) if other is not None]
    left, right = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    graph = coo_array((np.ones(len(left)), (left, right)), shape=(len(table),) * 2)
    names = connected_components(graph, directed=False)[1]
    terms = np.count_nonzero(table, axis=1)
    members = [names == name for name in range(int(names.max()) + 1)]
    order_of = sorted(range(len(members)), key=lambda name: (terms[members[name]].min(), members[name].sum()))
    numbers = {name: k for k, name in enumerate(order_of)}
    return np.array([numbers[name] for name in names.tolist()], dtype=np.int64)
