"""Sum-of-squares relaxations: proved on the right side, tight where they should be, no bound from a failed solver."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest

import nsmodels as ns
from nsmodels.engines.sums_of_squares import polynomials, relaxations
from nsmodels.errors import InputError, SolverError
from nsmodels.studies.sums_of_squares import leggett3_identity, leggett3_sides, relax, sphere_terms


def sample(terms, weights, linear, count=20_000, seed=0):
    """The least value at random unit vectors, after a few sweeps of descent: an upper bound of the minimum."""
    rng = np.random.default_rng(seed)
    z = rng.normal(size=(count, 2, 3))
    z = (z / np.linalg.norm(z, axis=2, keepdims=True)).reshape(-1, 6)
    return float(np.min(np.abs(z @ terms.T) @ weights - z @ linear))


def random_problem(seed, count, marginals):
    rng = np.random.default_rng(seed)
    terms = rng.normal(size=(count, 2, 3))
    terms = (terms / np.linalg.norm(terms, axis=2, keepdims=True)).reshape(-1, 6)
    return terms, rng.uniform(0.1, 1, count), marginals * rng.normal(size=6)


@pytest.mark.parametrize(
    "relaxation", [relaxations.first_order, relaxations.first_order_pairs, relaxations.second_order]
)
@pytest.mark.parametrize(("seed", "marginals"), [(0, 0.0), (1, 0.0), (2, 0.2)])
def test_lower_bounds_are_below_every_value(relaxation, seed, marginals):
    problem = random_problem(seed, 5, marginals)
    answer = relaxation(*problem)
    assert answer.lower <= sample(*problem)
    assert answer.lower == pytest.approx(answer.proposal, abs=2e-5)


def test_linear_terms_alone():
    """Min −l·z is −|l_u| − |l_v|; order 1 finds it, and the pairs have nothing to say."""
    linear = np.array([3.0, 0, 4, 0, 1, 0])
    answer = relaxations.first_order(np.zeros((1, 6)), np.ones(1), linear)
    assert -6 - 1e-7 < answer.lower <= -6


@pytest.mark.parametrize("eta", [1.0, 0.7])
@pytest.mark.parametrize("phi", [0.2, 2 * math.atan(1 / 3), 1.2])
def test_the_first_order_is_tight_on_l3(phi, eta):
    """2 − ⅔ η sin(φ/2): arXiv:0801.2241, eqs. (4) and (5)."""
    settings = ns.settings.leggett_triads(phi)
    answer = relax(ns.functionals.leggett3(settings), ns.Leggett(settings=settings, eta=eta))
    exact = 2 - 2 / 3 * eta * math.sin(phi / 2)
    assert exact - 1e-14 <= answer.upper <= exact + 1e-7


@pytest.mark.parametrize("solver", ["CLARABEL", "SCS"])
@pytest.mark.parametrize("order", [1, 2])
def test_relaxations_are_above_branch_and_bound(solver, order):
    settings = ns.settings.random(3, 3, seed=4)
    rng = np.random.default_rng(4)
    functional = ns.Functional(rng.normal(size=(3, 3)))
    model = ns.Leggett(settings=settings, eta_a=0.9, eta_b=0.8)
    exact = ns.bound(functional, model, tolerance=1e-7)
    answer = relax(functional, model, order=order, solver=solver)
    assert answer.upper >= exact.lower
    if order == 2:
        assert answer.upper <= exact.upper + 1e-4


def test_the_second_order_improves_on_the_first():
    settings = ns.settings.random(4, 4, seed=1)
    functional = ns.Functional(np.random.default_rng(1).normal(size=(4, 4)))
    model = ns.Leggett(settings=settings)
    first, second = (relax(functional, model, order=order) for order in (1, 2))
    exact = ns.bound(functional, model)
    assert exact.lower <= second.upper <= exact.upper + 1e-4
    assert second.upper < first.upper - 1e-3


def test_marginal_terms():
    settings = ns.settings.random(2, 3, seed=3)
    rng = np.random.default_rng(3)
    functional = ns.Functional(rng.normal(size=(2, 3)), rng.normal(size=2), rng.normal(size=3), 0.5)
    model = ns.Leggett(settings=settings)
    exact = ns.bound(functional, model)
    for order in (1, 2):
        answer = relax(functional, model, order=order)
        assert answer.upper >= exact.lower
    assert answer.upper <= exact.upper + 1e-4


@pytest.mark.parametrize("solver", ["CLARABEL", "SCS"])
@pytest.mark.parametrize("order", [1, 2])
def test_a_crippled_solver_never_yields_a_bound(solver, order):
    settings = ns.settings.leggett_triads(0.6)
    functional = ns.functionals.leggett3(settings)
    with pytest.raises(SolverError):
        relax(functional, ns.Leggett(settings=settings), order=order, solver=solver, max_iters=1)


def test_forged_multipliers_lose_their_value(monkeypatch):
    """Whatever the solver claims, the bound stays below the truth: proposals pay for what they fail to prove."""
    problem = random_problem(5, 4, 0.0)
    honest = relaxations.sdp.solve

    def forge(problem, *arguments, **keywords):
        solution = honest(problem, *arguments, **keywords)
        rng = np.random.default_rng(0)
        for variable in problem.variables():
            variable.value = np.asarray(variable.value) + 0.3 * rng.normal(size=variable.shape)
        for constraint in problem.constraints:
            for dual in constraint.dual_variables:
                if dual.value is not None:
                    dual.save_value(np.asarray(dual.value) + 0.1 * rng.normal(size=np.shape(dual.value)))
        return solution

    monkeypatch.setattr(relaxations.sdp, "solve", forge)
    for relaxation in (relaxations.first_order, relaxations.first_order_pairs, relaxations.second_order):
        assert relaxation(*problem).lower <= sample(*problem)


def test_polynomials_on_the_spheres():
    """Gram tables reproduce mᵀGm at points of the spheres."""
    rng = np.random.default_rng(0)
    u, v = (x / np.linalg.norm(x) for x in rng.normal(size=(2, 3)))
    z = np.concatenate([u, v])
    basis, target = polynomials.monomials(2), polynomials.monomials(4)
    assert (len(basis), len(target)) == (26, 155)

    def values(monomials):
        return np.array([np.prod(z ** np.array(m)) for m in monomials])

    gram = rng.normal(size=(26, 26))
    gram = gram + gram.T
    table = polynomials._gram_table(basis, target)
    assert (table.T @ gram.ravel()) @ values(target) == pytest.approx(values(basis) @ gram @ values(basis), abs=1e-12)
    shift = polynomials.times_coordinate(2, polynomials.monomials(3), target)
    row = rng.normal(size=shift.shape[0])
    expected = z[2] * (row @ values(polynomials.monomials(3)))
    assert (shift.T @ row) @ values(target) == pytest.approx(expected, abs=1e-12)


def rational_unit_vector(p, q):
    d = 1 + p * p + q * q
    return [2 * p / d, 2 * q / d, (1 - p * p - q * q) / d]


@pytest.mark.parametrize("seed", range(8))
def test_the_identity_that_proves_l3_holds_exactly(seed):
    """In fractions, at rational points of both spheres and a rational angle."""
    rng = np.random.default_rng(seed)
    numbers = [Fraction(int(n), 7) for n in rng.integers(-20, 20, size=4)]
    t = Fraction(int(rng.integers(1, 9)), 10)
    cosine, sine = (1 - t * t) / (1 + t * t), 2 * t / (1 + t * t)
    purities = Fraction(int(rng.integers(0, 5)), 4), Fraction(int(rng.integers(0, 5)), 4)
    u, v = rational_unit_vector(*numbers[:2]), rational_unit_vector(*numbers[2:])
    left, right = leggett3_sides(u, v, cosine, sine, *purities)
    assert left == right >= 0


def test_the_identity_is_about_the_package_own_l3():
    phi = 0.8
    settings = ns.settings.leggett_triads(phi)
    functional, model = ns.functionals.leggett3(settings), ns.Leggett(settings=settings, eta_a=0.5, eta_b=0.75)
    terms, weights, _ = sphere_terms(functional, model)
    rng = np.random.default_rng(0)
    u, v = (x / np.linalg.norm(x) for x in rng.normal(size=(2, 3)))
    value = 2 - np.abs(terms @ np.concatenate([u, v])) @ weights
    left, right = leggett3_sides(u.tolist(), v.tolist(), math.cos(phi / 2), math.sin(phi / 2), 0.5, 0.75)
    assert left == pytest.approx(2 - 2 / 3 * 0.75 * math.sin(phi / 2) - value, abs=1e-14)
    assert right == pytest.approx(left, abs=1e-14)
    assert "|v − sgn(y_i) e_i|²" in leggett3_identity()


def test_bad_input_is_one_sentence():
    settings = ns.settings.random(6, 6, seed=0)
    functional, model = ns.Functional(np.ones((6, 6))), ns.Leggett(settings=settings)
    for call, sentence in (
        (lambda: relax(functional, model, order=3), "order"),
        (lambda: relax(functional, model, order=2), "at most 30"),
        (lambda: relax(functional, ns.Bell((6, 6))), "Leggett"),
        (lambda: relax(ns.functionals.chsh(), model), "shape"),
    ):
        with pytest.raises(InputError, match=sentence):
            call()
