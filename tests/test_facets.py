"""All facets of small polytopes: counts from the literature, and files of cdd and lrs."""

from __future__ import annotations

import sys
from fractions import Fraction
from itertools import product
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import nsmodels as ns
from nsmodels.engines.double_description import Unfinished, extreme_rays
from nsmodels.errors import InputError, MissingExtraError, SolverError
from nsmodels.studies.polytopes import Facets, Polyhedron, face, facets

F = ns.functionals


@pytest.mark.parametrize(
    ("model", "sizes"),
    [
        (ns.Bell((2, 2)), [16, 8]),
        (ns.Bell((2, 3)), [24, 24]),
        (ns.Bell((3, 2)), [24, 24]),
        (ns.Bell((3, 3)), [36, 72, 576]),
        (ns.NonSignalling((2, 2)), [16]),
        (ns.Unbiased((2, 3)), [12]),
    ],
)
def test_facets_are_counted_and_classified(model: ns.Bell, sizes: list[int]) -> None:
    """24, 48 and 684: Fine (1982); Pitowsky and Svozil, PRA 64, 014102 (2001). Non-signalling boxes are positive."""
    found = facets(model)
    assert np.bincount(found.classes).tolist() == sizes
    assert len(found) == sum(sizes)
    for inequality in found.representatives():
        own = face(inequality, model)
        assert own.facet
        assert own.bound == inequality.bound


def test_the_classes_of_3322_are_positivity_chsh_and_i3322() -> None:
    """The 576 facets are exactly the relabellings of I3322, the 72 those of CHSH on two of three settings."""
    found = facets(ns.Bell((3, 3)))
    lifted = np.zeros((3, 3))
    lifted[:2, :2] = F.chsh().correlators
    for name, wanted in ((1, ns.Functional(lifted)), (2, 4.0 * F.i3322())):
        rows = {found.inequality(int(k)).functional for k in np.flatnonzero(found.classes == name)}
        versions = {version - ns.Functional(np.zeros((3, 3)), constant=version.constant)
                    for version in F.relabellings(wanted)}  # fmt: skip
        assert rows == versions


def test_the_double_description_of_cubes() -> None:
    """A cube has 2^d corners and its polar 2d; the corners of one give the other."""
    for d in (2, 3, 4):
        corners = np.array(list(product((1, -1), repeat=d)))
        rows = np.column_stack([np.ones(len(corners), dtype=int), -corners])
        rays = extreme_rays(rows)
        assert len(rays) == 2 * d
        assert len(extreme_rays(rays)) == 2**d
    with pytest.raises(ValueError, match="rank 1 in 2 dimensions"):
        extreme_rays(np.array([[1, 1], [2, 2]]))
    with pytest.raises(Unfinished, match="64 bits"):
        extreme_rays(np.array([[1, 2**40], [2**40, 1], [1, -(2**40)], [3, 5]]))


def test_finite_models_have_facets() -> None:
    """Facets and the model's own oracle agree on every direction."""
    model = ns.Finite([[1.0, 1.0], [0.5, 0.0]], [[1.0, 1.0], [0.0, 0.25]])
    found = facets(model)
    for k in range(len(found)):
        inequality = found.inequality(k)
        assert ns.bound(inequality.functional, model).upper == inequality.bound


def test_what_is_refused() -> None:
    with pytest.raises(InputError, match="infinitely many"):
        facets(ns.Leggett(ns.settings.chsh()))
    with pytest.raises(InputError, match="the engine"):
        facets(ns.Bell((2, 2)), engine="porta")
    with pytest.raises(InputError, match="one box only"):
        facets(ns.Finite([[1.0]], [[1.0]]))
    with pytest.raises(SolverError, match=r"the time was over.*pplpy.*lrs"):
        facets(ns.Bell((3, 4)), time_limit_s=0.0)


class Expression(dict):  # type: ignore[type-arg]
    """What the stand-in needs of Linear_Expression and Variable: k·v and sums."""

    def __rmul__(self, factor: int) -> Expression:
        return Expression({k: factor * x for k, x in self.items()})

    def __radd__(self, other: Expression) -> Expression:
        return other + self

    def __add__(self, other: Expression) -> Expression:
        return Expression({k: self.get(k, 0) + other.get(k, 0) for k in {*self, *other}})


class Constraint:
    def __init__(self, row: list[int]) -> None:
        self.row = row

    def is_equality(self) -> bool:
        return False

    def inhomogeneous_term(self) -> int:
        return self.row[0]

    def coefficient(self, variable: Expression) -> int:
        return self.row[1 + next(iter(variable))]


class Hull:
    def __init__(self, points: list[Expression]) -> None:
        width = 1 + max(k for point in points for k in point)
        rows = [[1, *(point.get(k, 0) for k in range(width))] for point in points]
        self.rays = extreme_rays(np.array(rows))

    def minimized_constraints(self) -> list[Constraint]:
        return [Constraint(row) for row in self.rays.tolist()]


class Generators(list):  # type: ignore[type-arg]
    def insert(self, point: Expression) -> None:  # type: ignore[override]
        self.append(point)


def test_the_adapter_of_pplpy(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a stand-in that has the documented names; without the library the message names the extra."""
    monkeypatch.setitem(sys.modules, "ppl", None)
    with pytest.raises(MissingExtraError, match=r"nsmodels\[polytopes\]"):
        facets(ns.Bell((2, 2)), engine="pplpy")
    stand_in = SimpleNamespace(
        Variable=lambda k: Expression({k: 1}), Linear_Expression=lambda k: Expression(), point=lambda x: x,
        Generator_System=Generators, C_Polyhedron=Hull,
    )  # fmt: skip
    monkeypatch.setitem(sys.modules, "ppl", stand_in)
    own, other = facets(ns.Bell((2, 3))), facets(ns.Bell((2, 3)), engine="pplpy")
    assert np.array_equal(own.correlators, other.correlators)
    assert np.array_equal(own.bounds, other.bounds)
    monkeypatch.setattr(Constraint, "inhomogeneous_term", lambda self: self.row[0] - 1)
    with pytest.raises(SolverError, match="violates"):
        facets(ns.Bell((2, 3)), engine="pplpy")


def test_files_go_there_and_back(tmp_path: Path) -> None:
    found = facets(ns.Bell((2, 3)))
    found.polyhedron().write(tmp_path / "local.ine")
    again = Facets.from_polyhedron(Polyhedron.read(tmp_path / "local.ine"), 2, 3)
    assert np.array_equal(again.correlators, found.correlators)
    assert np.array_equal(again.classes, found.classes)
    points = Polyhedron.of_model(ns.Finite([[0.5, -1.0]], [[0.25, 1.0]]))
    points.write(tmp_path / "finite.ext")
    assert Polyhedron.read(tmp_path / "finite.ext") == points
    assert "rational" in points.to_text()
    lines = Polyhedron("H", ((Fraction(1, 3), Fraction(2)), (Fraction(0), Fraction(-1))), (1,))
    assert Polyhedron.from_text(lines.to_text()) == lines


LRS = """chsh
* written by another program
H-representation
linearity 1 2
begin
***** 3 rational
 2 -1/2 0.25 # a remark
 0 1 -1e1
end
allbases
"""


def test_a_text_of_lrs() -> None:
    read = Polyhedron.from_text(LRS)
    assert read.rows == ((2, Fraction(-1, 2), Fraction(1, 4)), (0, 1, -10))
    assert (read.representation, read.linearity) == ("H", (1,))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("begin", "start", r":10: there is no line `begin`"),
        ("3 rational", "3 complex", r":6: after `begin` come two counts"),
        ("-1/2", "1/0", r":7: '1/0' is no number"),
        ("0 1 -1e1", "0 1", r":8: a row has 2 entries, and `begin` says 3"),
        ("\nend", "\nfin 1 2", r":9: 'fin' is no number"),
        ("***** 3", "3 3", r":9: there are 2 rows, and `begin` says 3"),
        ("linearity 1 2", "linearity 1 7", r":4: linearity has the count"),
        ("linearity 1 2", "linearity one 2", r":4: 'one' is no count"),
    ],
)
def test_errors_name_file_and_line(tmp_path: Path, old: str, new: str, message: str) -> None:
    path = tmp_path / "bad.ine"
    path.write_text(LRS.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(InputError, match=r"bad\.ine" + message.replace("'", '["\']')):
        Polyhedron.read(path)


def test_files_that_cannot_be() -> None:
    points = Polyhedron.of_model(ns.Bell((1, 1)))
    with pytest.raises(InputError, match=r"does not end in \.ext"):
        points.write("local.ine")
    with pytest.raises(InputError, match="it cannot be read"):
        Polyhedron.read("there/is/no.ine")
    with pytest.raises(InputError, match="need inequalities"):
        Facets.from_polyhedron(points, 1, 1)
    for n_alice, n_bob in (("2", 2), (2, None), (0, 2), (2.0, 2)):
        with pytest.raises(InputError, match=r"facets: n_(alice|bob) is .*; it must be a whole number ≥ 1"):
            Facets.from_polyhedron(points, n_alice, n_bob)  # type: ignore[arg-type]
    with pytest.raises(InputError, match='it must be "V" or "H"'):
        Polyhedron("X", ((Fraction(1), Fraction(1)),))
    with pytest.raises(InputError, match="rows of equal length"):
        Polyhedron("V", ())
