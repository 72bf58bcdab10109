"""Vertices of the non-signalling polytope by an independent test of extremality, and facets with known answers."""

from __future__ import annotations

import numpy as np
import pytest

import nsmodels as ns
from nsmodels.errors import InputError
from nsmodels.studies.polytopes import face, is_facet, nonsignalling_vertices, vertex_count

F = ns.functionals


def rank_of_tight_constraints(alice: np.ndarray, bob: np.ndarray, correlators: np.ndarray) -> int:
    """How many independent probabilities vanish: all dimensions for a vertex."""
    n_alice, n_bob = correlators.shape
    rows = []
    for i in range(n_alice):
        for j in range(n_bob):
            for s in (1, -1):
                for t in (1, -1):
                    if 1 + s * alice[i] + t * bob[j] + s * t * correlators[i, j] == 0:
                        row = np.zeros(n_alice + n_bob + n_alice * n_bob)
                        row[i], row[n_alice + j], row[n_alice + n_bob + i * n_bob + j] = s, t, s * t
                        rows.append(row)
    return int(np.linalg.matrix_rank(np.array(rows)))


@pytest.mark.parametrize(
    ("shape", "classes"),
    [((2, 2), [16, 8]), ((2, 3), [32, 48, 48]), ((3, 2), [32, 48, 48]), ((3, 3), [64, 288, 576, 288, 192])],
)
def test_vertices_are_counted_and_are_vertices(shape: tuple[int, int], classes: list[int]) -> None:
    """24, 128 and 1408 = 64 + 1344: Jones and Masanes, quant-ph/0506182, and an enumeration of the polytopes."""
    found = nonsignalling_vertices(*shape)
    assert len(found) == vertex_count(*shape) == {4: 24, 6: 128, 9: 1408}[shape[0] * shape[1]]
    assert sorted(np.bincount(found.classes).tolist()) == sorted(classes)
    points = np.hstack([found.alice, found.bob, found.correlators.reshape(len(found), -1)])
    assert len(np.unique(points, axis=0)) == len(found)
    for k in range(0, len(found), max(1, len(found) // 150)):
        assert found.behaviour(k).is_nonsignalling_box()
        assert rank_of_tight_constraints(found.alice[k], found.bob[k], found.correlators[k]) == points.shape[1]


def test_every_vertex_of_the_smallest_polytope_is_among_them() -> None:
    """The maximum of a random functional over the list is the linear program's."""
    rng = np.random.default_rng(2)
    for shape in ((2, 2), (2, 3), (3, 3)):
        found = nonsignalling_vertices(*shape)
        for _ in range(5):
            f = ns.Functional(rng.normal(size=shape), rng.normal(size=shape[0]), rng.normal(size=shape[1]))
            values = found.alice @ f.alice + found.bob @ f.bob
            values = values + np.einsum("kij,ij->k", found.correlators, f.correlators)
            assert ns.bound(f, ns.NonSignalling(shape)).upper == pytest.approx(values.max(), abs=1e-9)


def test_classes_are_relabellings() -> None:
    """Relabelled functionals see the same class: its largest value of CHSH-like sums is the same for all members."""
    found = nonsignalling_vertices(2, 2)
    boxes = [found.behaviour(int(k)) for k in np.flatnonzero(found.classes == 1)]
    versions = list(F.relabellings(F.chsh()))
    assert all(max(f.value(box) for f in versions) == 4 for box in boxes)
    assert {int(np.argmax([f.value(box) for f in versions])) for box in boxes} == set(range(8))


@pytest.mark.parametrize(
    ("functional", "facet"),
    [
        (F.chsh(), True),
        (F.ch(), True),
        (F.i3322(), True),
        (F.imm22(4), True),
        (F.elegant(), False),
        (F.chained(3), False),
        (F.tilted_chsh(0.5), False),
        (ns.Functional([[1.0, 1, 0], [1, -1, 0]]), True),
    ],
)
def test_facets_of_the_local_polytope(functional: ns.Functional, facet: bool) -> None:
    """CHSH, also lifted (Pironio, J. Math. Phys. 46, 062112 (2005)), and I_nn22 (Collins and Gisin) are facets."""
    found = face(functional, ns.Bell(functional.shape))
    assert found.facet == facet
    assert found.polytope == sum(functional.shape) + functional.shape[0] * functional.shape[1]
    assert found.bound == ns.bound(functional, ns.Bell(functional.shape)).upper
    assert is_facet(functional, ns.Bell(functional.shape)) == facet


def test_dimensions_by_floating_point_on_random_inequalities() -> None:
    rng = np.random.default_rng(4)
    signs = np.array([[1 - 2 * (k >> i & 1) for i in range(5)] for k in range(32)])
    points = np.array([[*s[:2], *s[2:], *np.outer(s[:2], s[2:]).ravel()] for s in signs])
    for _ in range(30):
        f = ns.Functional(rng.integers(-1, 2, (2, 3)), rng.integers(-1, 2, 2), rng.integers(-1, 2, 3))
        values = points @ np.concatenate([f.alice, f.bob, f.correlators.ravel()])
        on_it = points[values == values.max()]
        wanted = int(np.linalg.matrix_rank(on_it[1:] - on_it[0])) if len(on_it) > 1 else 0
        found = face(f, ns.Bell((2, 3)))
        assert (found.dimension, found.boxes, found.bound) == (wanted, len(on_it), values.max())


def test_faces_of_other_models() -> None:
    positivity = np.zeros((2, 2, 2, 2))
    positivity[0, 0, 0, 0] = -1.0
    f = ns.Functional.from_probabilities(positivity)
    assert is_facet(f, ns.NonSignalling((2, 2)))
    assert is_facet(f, ns.Bell((2, 2)))
    vertex = face(F.chsh(), ns.NonSignalling((2, 2)))
    assert (vertex.dimension, vertex.bound) == (0, 4)
    corner = face(F.chsh(), ns.Unbiased((2, 2)))
    assert (corner.dimension, corner.polytope) == (0, 4)
    assert is_facet(ns.Functional([[1.0, 0.0], [0.0, 0.0]]), ns.Unbiased((2, 2)))
    finite = ns.Finite([[1.0, 1.0], [0.5, 0.0]], [[1.0, 1.0], [0.0, 0.25]])
    assert face(F.chsh(), finite).bound == ns.bound(F.chsh(), finite).upper


def test_stated_bounds() -> None:
    """A bound above the maximum touches nothing; one below is no bound."""
    bell = ns.Bell((2, 2))
    assert is_facet(ns.bound(F.chsh(), bell).inequality, bell)
    assert face(ns.Inequality(F.chsh(), 2.5), bell).dimension == -1
    with pytest.raises(InputError, match=r"the model reaches 2, above the stated bound 1\.5"):
        face(ns.Inequality(F.chsh(), 1.5), bell)
    with pytest.raises(InputError, match="infinitely many"):
        face(F.chsh(), ns.Leggett(ns.settings.chsh()))
    with pytest.raises(InputError, match="coefficients are rounded"):
        face(F.biased_chsh(0.3, 0.3), bell)
    with pytest.raises(InputError, match=r"shape \(3, 3\) for a model of shape \(2, 2\)"):
        face(F.i3322(), bell)
    with pytest.raises(InputError, match="above the limit"):
        nonsignalling_vertices(5, 6)
