"""Functionals and inequalities: the same value in every notation, named functionals, evaluation with errors, words."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_behaviour import random_box

import nsmodels as ns
from nsmodels.errors import InputError
from nsmodels.functionals import FUNCTIONALS

few = settings(max_examples=30, derandomize=True, deadline=None)


@given(st.integers(0, 2**32 - 1))
@few
def test_the_value_is_the_same_in_every_notation(seed: int) -> None:
    box = random_box(seed)
    rng = np.random.default_rng(seed)
    n_alice, n_bob = box.shape
    f = ns.Functional(rng.normal(size=box.shape), rng.normal(size=n_alice), rng.normal(size=n_bob), rng.normal())
    value = f.value(box)
    # full correlators: the table of coefficients against the table of mean values
    table = np.block([[np.array([[f.constant]]), f.bob[None, :]], [f.alice[:, None], f.correlators]])
    assert (table * box.to_full_correlators()).sum() == pytest.approx(value, abs=1e-12)
    # Collins-Gisin: A = 2P(+|a) − 1, C = 1 − 2P(+|a) − 2P(+|b) + 4P(++)
    cg = np.zeros_like(table)
    cg[0, 0] = f.constant - f.alice.sum() - f.bob.sum() + f.correlators.sum()
    cg[1:, 0], cg[0, 1:] = 2 * f.alice - 2 * f.correlators.sum(axis=1), 2 * f.bob - 2 * f.correlators.sum(axis=0)
    cg[1:, 1:] = 4 * f.correlators
    assert (cg * box.to_collins_gisin()).sum() == pytest.approx(value, abs=1e-12)
    # probabilities: spread every coefficient over the outcomes, marginals over the other party's settings
    sign = np.array([1.0, -1.0])
    alpha, beta = sign[:, None, None, None], sign[None, :, None, None]
    spread = (
        f.constant / (n_alice * n_bob)
        + alpha * f.alice[:, None] / n_bob
        + beta * f.bob / n_alice
        + alpha * beta * f.correlators
    )
    assert (spread * box.to_probabilities()).sum() == pytest.approx(value, abs=1e-12)


@given(st.integers(0, 2**32 - 1), st.floats(-10, 10))
@few
def test_functionals_are_linear(seed: int, factor: float) -> None:
    box = random_box(seed)
    rng = np.random.default_rng(seed)
    f = ns.Functional(rng.normal(size=box.shape), rng.normal(size=box.shape[0]), constant=1.0)
    g = ns.Functional(rng.normal(size=box.shape), bob=rng.normal(size=box.shape[1]))
    assert (f + factor * g).value(box) == pytest.approx(f.value(box) + factor * g.value(box), abs=1e-11)
    assert (f - g).value(box) == pytest.approx(f.value(box) - g.value(box), abs=1e-11)


@pytest.mark.parametrize("phi_deg", [-60.0, -30.0, 0.0, 15.0, 36.87, 70.0])
def test_the_founding_inequalitys_singlet_value(phi_deg: float) -> None:
    """L3 of the singlet is 2 |cos(φ/2)| (arXiv:0801.2241), and likewise L_N."""
    wanted = 2 * math.cos(math.radians(phi_deg) / 2)
    s = ns.settings.leggett_triads(phi_deg=phi_deg)
    assert ns.functionals.leggett3(s).value(ns.behaviours.singlet(s)) == pytest.approx(wanted, abs=1e-14)
    for name in ("tetrahedron", "icosahedron", "dodecahedron"):
        s = ns.settings.leggett_directions(phi_deg=phi_deg, directions=name)
        assert ns.functionals.leggett_n(s).value(ns.behaviours.singlet(s)) == pytest.approx(wanted, abs=1e-14)


def test_named_functionals_have_their_known_values() -> None:
    assert ns.functionals.chsh().value(ns.behaviours.pr_box()) == 4
    for n in (2, 3, 7):
        s = ns.settings.half_circle(n)
        chain = ns.functionals.chained(n)
        assert np.count_nonzero(chain.correlators) == 2 * n
        wanted = 2 * n * math.cos(math.pi / (2 * n))
        assert chain.value(ns.behaviours.singlet(s)) == pytest.approx(wanted, abs=1e-13)
    s = ns.settings.leggett_triads(0.5)
    f = ns.functionals.leggett3(s)
    pairs = [[i, j] for i in range(3) for j in (2 * i, 2 * i + 1)]
    assert np.argwhere(f.correlators).tolist() == pairs
    assert all(f.correlators[i, j] == -1 / 3 for i, j in pairs)


@pytest.mark.parametrize("n", [1, 2, 3, 4, 6, 10])
def test_coefficients_are_within_their_relative_rounding(n: int) -> None:
    s = ns.settings.leggett_directions(0.3, np.eye(3)[[k % 3 for k in range(n)]])
    f = ns.functionals.leggett_n(s)
    exact = Fraction(-1, n)
    assert abs(Fraction(float(f.correlators[0, 0])) - exact) <= abs(exact) * Fraction(f.relative_rounding)


def test_every_named_functional_builds_from_a_problem_file() -> None:
    s = ns.settings.leggett_triads(0.5)
    for name, family in FUNCTIONALS.items():
        values = {"n": 3, "beta": 0.5, "p": 0.75, "q": 0.5}
        f = family.build(s, {key: values[key] for key in family.parameters})
        assert f.name == name
        assert f.source
        with pytest.raises(InputError, match="no parameter"):
            family.build(s, {"colour": 1})
    assert FUNCTIONALS["chained"].build(s, {}).shape == (3, 3)
    with pytest.raises(InputError, match="tilted_chsh needs the parameter 'beta'"):
        FUNCTIONALS["tilted_chsh"].build(s, {})
    for name in ("leggett3", "leggett_n"):
        with pytest.raises(InputError, match="needs settings"):
            FUNCTIONALS[name].build(None, {})
        with pytest.raises(InputError, match="got 2×2"):
            FUNCTIONALS[name].build(ns.settings.chsh(), {})
    with pytest.raises(InputError, match="n of chained is 1; it must be a whole number ≥ 2"):
        ns.functionals.chained(1)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([[math.nan]],), r"correlators\[0, 0\] is nan"),
        (([1.0],), "correlators has shape"),
        (([[1.0]], [1.0, 2.0]), "alice has 2 coefficients for 1 settings"),
        (([[1.0]], None, None, math.inf), "constant is inf"),
    ],
)
def test_bad_coefficients_are_refused(arguments: tuple[list[list[float]]], message: str) -> None:
    with pytest.raises(InputError, match=message):
        ns.Functional(*arguments)


def test_what_is_not_known_cannot_be_evaluated() -> None:
    f = ns.functionals.chsh()
    box = ns.behaviours.pr_box()
    with pytest.raises(InputError, match=r"correlator of pair \[1, 0\]"):
        f.value(box.with_pairs([(0, 0), (0, 1), (1, 1)]))
    free = box.with_marginals(None, None)
    assert f.value(free) == 4
    with pytest.raises(InputError, match="Alice's marginals"):
        (f + ns.Functional(np.zeros((2, 2)), [1, 0])).value(free)
    with pytest.raises(InputError, match="does not fit"):
        f.value(ns.behaviours.uniform(2, 3))
    partial = ns.Functional([[1, 0], [0, 0]])
    assert partial.value(box.with_pairs([(0, 0)])) == 1


def test_evaluation_of_an_inequality() -> None:
    chsh = ns.Inequality(ns.functionals.chsh(), 2.0)
    e = chsh.evaluate(ns.behaviours.singlet(ns.settings.chsh()))
    assert e.violated
    assert e.violation == pytest.approx(2 * math.sqrt(2) - 2)
    assert e.sigma is None
    assert e.violation_sigma is None
    assert "violated by" in repr(e)
    assert not chsh.evaluate(ns.behaviours.uniform(2, 2)).violated


def test_public_ion_data_violate_l3_by_31_standard_deviations() -> None:
    """Correlators of github.com/lts-rad/leggett_benchmark at φ = +30°: L3 = 1.904733, σ = 0.00249 for n = 10000."""
    c = np.array([-0.9508, -0.9536, -0.9580, -0.9478, -0.9518, -0.9522])
    table, errors, known = np.zeros((3, 6)), np.zeros((3, 6)), np.zeros((3, 6), dtype=bool)
    rows, columns = np.repeat(range(3), 2), np.arange(6)
    table[rows, columns], known[rows, columns] = c, True
    errors[rows, columns] = np.sqrt((1 - c**2) / 10000)
    data = ns.Behaviour(table, known=known, errors=errors)
    f = ns.functionals.leggett3(ns.settings.leggett_triads(phi_deg=30))
    e = ns.Inequality(f, 2 - 2 / 3 * math.sin(math.radians(15))).evaluate(data)
    assert e.value == pytest.approx(1.904733, abs=1e-6)
    assert e.sigma == pytest.approx(0.00249, abs=5e-6)
    assert e.violation_sigma is not None
    assert 30.5 < e.violation_sigma < 31.5


def test_counts_propagate_with_their_correlations() -> None:
    """The delta method on counts against the spread of simulated experiments."""
    rng = np.random.default_rng(8)
    box = ns.behaviours.partially_entangled(ns.settings.random(2, 2, seed=5), 0.5)
    f = ns.Functional(rng.normal(size=(2, 2)), rng.normal(size=2), rng.normal(size=2))
    mean = 2000 * np.maximum(box.to_probabilities(), 0)
    values = [f.value(ns.Behaviour.from_counts(rng.poisson(mean))) for _ in range(1500)]
    sigma = f.standard_error(ns.Behaviour.from_counts(mean))
    assert sigma == pytest.approx(np.std(values), rel=0.06)
    only = ns.Functional(np.array([[1.0, 0.0], [0.0, 0.0]]))
    sample = ns.Behaviour.from_counts(mean)
    assert sample.errors is not None
    assert only.standard_error(sample) == pytest.approx(sample.errors.correlators[0, 0])


def test_words() -> None:
    chsh = ns.functionals.chsh()
    assert chsh.text() == "C00 + C01 + C10 − C11"
    assert chsh.latex() == "C_{00} + C_{01} + C_{10} - C_{11}"
    f = ns.Functional(np.array([[-1 / 3, 0.0]]), [2.0], [0.0, -0.123456789], constant=-1.5)
    assert f.text() == "−3/2 + 2 A0 − 0.123457 B1 − 1/3 C00"
    assert f.latex() == r"-\tfrac{3}{2} + 2\,A_{0} - 0.123457\,B_{1} - \tfrac{1}{3}\,C_{00}"
    assert ns.Functional(np.zeros((1, 1))).text() == "0"
    assert ns.Functional(np.eye(12)).text().endswith("C11,11")
    inequality = ns.Inequality(chsh, 2.0, model="bell")
    assert inequality.text() == "C00 + C01 + C10 − C11 ≤ 2"
    assert inequality.latex().endswith(r"\le 2")
    assert inequality.to_json()["bound"] == 2.0
    assert "for bell" in repr(inequality)
