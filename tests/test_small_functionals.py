"""Bounds of functionals with tiny coefficients: h(2^-k f) = 2^-k h(f), as narrow as for coefficients of order one."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

import nsmodels as ns
from nsmodels import checker
from nsmodels.files.problem import from_data
from nsmodels.files.result import assemble

LEGGETT = {"name": "leggett", "eta_a": 1.0, "eta_b": 0.9}
LAW = {"name": "law", "alice": [0.0, 0.5, 0.0, 0.5], "bob": [0.0, 0.7]}


def ask(exponent: int, model: dict = LEGGETT, relative: float = 1e-9) -> tuple:
    """A bound with marginal terms in units of 2^exponent, its result file, and the size of the functional."""
    rng = np.random.default_rng(8)
    f = {"correlators": rng.normal(size=(3, 2)), "alice": rng.normal(size=3), "bob": rng.normal(size=2)}
    f = {name: np.ldexp(x, exponent) for name, x in f.items()}
    alice, bob = (rng.normal(size=(n, 3)) for n in (3, 2))
    s = ns.Settings(alice, bob, normalise=True)
    size = sum(float(np.abs(x).sum()) for x in f.values())
    rule = {key: value for key, value in model.items() if key != "name"}
    kind = ns.Law if model is LAW else ns.Leggett
    r = ns.bound(ns.Functional(**f), kind(s, **rule), tolerance=relative * size)
    problem = {
        "schema": 1,
        "kind": "bound",
        "model": model,
        "settings": {"alice": s.alice.tolist(), "bob": s.bob.tolist()},
        "functional": {name: x.tolist() for name, x in f.items()},
    }
    return r, assemble(from_data(problem, "small.toml"), r.to_json(), 0.0), size


@pytest.mark.parametrize(
    ("model", "relative", "exponent"), [(LEGGETT, 1e-9, -15), (LEGGETT, 1e-9, -200), (LAW, 1e-5, -31)]
)
def test_small_functionals_have_bounds_as_narrow_as_others(model, relative, exponent):
    usual, _, _ = ask(0, model, relative)
    r, written, size = ask(exponent, model, relative)
    assert r.value.width <= relative * size
    unit = Fraction(2) ** exponent
    assert Fraction(r.lower) <= Fraction(usual.upper) * unit
    assert Fraction(r.upper) >= Fraction(usual.lower) * unit
    assert all(holds for holds, _ in checker.check(written))


def test_the_unit_of_a_quadratic_leaf_is_no_matter_of_taste():
    _, written, _ = ask(-31)
    leaves = written["certificate"]["upper"]["quadratic"]
    assert leaves
    for leaf in leaves:
        assert leaf["exponent"] < -20
        leaf["exponent"] += 1
    assert not all(holds for holds, _ in checker.check(written))
