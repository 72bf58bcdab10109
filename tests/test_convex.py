"""The CVXPY layer: boxes and mixtures are what eqs. (6)-(7) say, signs are right, and the fast engines agree."""

from __future__ import annotations

import math
from pathlib import Path
from runpy import run_path

import cvxpy as cp
import numpy as np
import pytest

import nsmodels as ns
from nsmodels import convex
from nsmodels.errors import InputError, SolverError
from nsmodels.models.hull import Hull

AGREEMENT = run_path(str(Path(__file__).parents[1] / "benchmarks" / "convex_agreement.py"))


def test_a_box_is_a_probability_distribution_without_signalling():
    rng = np.random.default_rng(0)
    box = convex.Box((2, 3))
    problem = cp.Problem(
        cp.Maximize(cp.sum(cp.multiply(rng.normal(size=(2, 3)), box.correlators))), list(box.constraints)
    )
    convex.solve(problem, "HIGHS")
    p = box.probabilities.value
    assert p.shape == (2, 2, 2, 3)
    assert p.min() >= -1e-12
    np.testing.assert_allclose(p.sum(axis=(0, 1)), 1.0, atol=1e-12)
    behaviour = ns.Behaviour.from_probabilities(np.maximum(p, 0.0))
    np.testing.assert_allclose(behaviour.correlators, box.correlators.value, atol=1e-9)
    np.testing.assert_allclose(behaviour.alice, box.alice.value, atol=1e-9)
    np.testing.assert_allclose(behaviour.bob, box.bob.value, atol=1e-9)


def test_a_sub_normalised_box_has_its_weight():
    weight = cp.Variable()
    box = convex.Box((2, 2), weight=weight)
    f = ns.functionals.chsh()
    assert convex.solve(cp.Problem(cp.Maximize(convex.value(f, box)), [*box.constraints, weight == 0.3])).value == (
        pytest.approx(1.2, abs=1e-6)
    )
    np.testing.assert_allclose(box.probabilities.value.sum(axis=(0, 1)), 0.3, atol=1e-6)


def test_fifty_settings_a_side_are_one_sparse_program():
    box = convex.Box((50, 50))
    objective = cp.Maximize(convex.value(ns.Functional(np.ones((50, 50))), box))
    problem = cp.Problem(objective, list(box.constraints))
    data, _, _ = problem.get_problem_data("HIGHS")
    assert data["A"].shape[1] >= 2600


@pytest.mark.parametrize("seed", range(4))
def test_eliminated_form_is_equivalent_to_boxes(seed):
    rng = np.random.default_rng(seed)
    alice, bob = rng.uniform(-1, 1, (5, 3)), rng.uniform(-1, 1, (5, 2))
    functional = ns.Functional(rng.normal(size=(3, 2)), rng.normal(size=3), rng.normal(size=2))
    numbers = []
    for form in ("intervals", "boxes"):
        mixture = convex.Mixture(alice=alice, bob=bob, form=form)
        problem = cp.Problem(
            cp.Maximize(convex.value(functional, mixture)), [*mixture.constraints, mixture.weights <= 0.4]
        )
        numbers.append(convex.solve(problem, "HIGHS").value)
    assert numbers[0] == pytest.approx(numbers[1], abs=1e-9)


def test_every_mixture_of_intervals_is_a_mixture_of_boxes():
    """C_λ = (1 − t)(−1 + |A + B|) + t(1 − |A − B|) with one t_ij for all λ: the equivalence, constructively."""
    rng = np.random.default_rng(1)
    alice, bob = rng.uniform(-1, 1, (6, 2)), rng.uniform(-1, 1, (6, 3))
    weights = rng.dirichlet(np.ones(6))
    low = np.abs(alice[:, :, None] + bob[:, None, :]) - 1
    high = 1 - np.abs(alice[:, :, None] - bob[:, None, :])
    mean_low, mean_high = np.tensordot(weights, low, 1), np.tensordot(weights, high, 1)
    wanted = mean_low + rng.uniform(size=(2, 3)) * (mean_high - mean_low)
    mixing = (wanted - mean_low) / (mean_high - mean_low)
    boxes = (1 - mixing) * low + mixing * high
    assert (boxes >= low - 1e-15).all()
    assert (boxes <= high + 1e-15).all()
    np.testing.assert_allclose(np.tensordot(weights, boxes, 1), wanted, atol=1e-15)


@pytest.mark.parametrize("party", ["alice", "bob"])
def test_half_given_marginals_are_boxes(party):
    """With one party's marginals given and C = ±1 demanded everywhere, the free party has to follow."""
    rows = np.array([[0.5, -0.25], [-1.0, 0.75]])
    mixture = convex.Mixture(**{party: rows}, free=3)
    shape = (2, 3) if party == "alice" else (3, 2)
    assert mixture.shape == shape
    problem = cp.Problem(cp.Maximize(cp.sum(mixture.correlators)), [*mixture.constraints, mixture.weights == 0.5])
    # for each λ and given marginal m the best is C = 1 with the other marginal equal to m: not for two m at once
    best = 0.5 * sum(3 * max(2 - abs(m[0] - t) - abs(m[1] - t) for t in m) for m in rows)
    assert convex.solve(problem, "HIGHS").value == pytest.approx(best, abs=1e-9)


def one_sided_mixture(settings, eta):
    k = np.arange(120)
    z, angle = 1 - (2 * k + 1) / 120, k * math.pi * (3 - math.sqrt(5))
    grid = np.column_stack([np.sqrt(1 - z * z) * np.cos(angle), np.sqrt(1 - z * z) * np.sin(angle), z])
    vectors = np.vstack([np.eye(3), -np.eye(3), grid])
    return convex.Mixture(bob=eta * vectors @ settings.bob.T, free=settings.shape[0])


@pytest.mark.parametrize("eta", [1.0, 0.6])
def test_only_bob_obeys_malus(eta):
    """L3 uses Bob's law alone: V = (2 − ⅔ η sin(φ/2))/(2 cos(φ/2)) on its settings (arXiv:0801.2241, eqs. (4), (5))."""
    phi = 2 * math.atan(1 / 3)
    settings = ns.settings.leggett_triads(phi)
    mixture, visibility = one_sided_mixture(settings, eta), cp.Variable()
    demand = convex.reproduces(mixture, ns.behaviours.singlet(settings), visibility=visibility)
    problem = cp.Problem(cp.Maximize(visibility), [*mixture.constraints, *demand.constraints, visibility <= 1])
    exact = (2 - 2 / 3 * eta * math.sin(phi / 2)) / (2 * math.cos(phi / 2))
    assert convex.solve(problem, "HIGHS").value == pytest.approx(exact, abs=1e-8)


SINGLET = ns.behaviours.singlet(ns.settings.leggett_triads(0.9))
ENTANGLED = ns.behaviours.partially_entangled(ns.settings.leggett_triads(0.9), 0.6)


QUESTIONS = [
    pytest.param(solver, behaviour, marginals, form, id=f"{form}-{marginals}-{name}-{solver}")
    for solver in ("HIGHS", "CLARABEL", "SCS")
    for name, behaviour in (("singlet", SINGLET), ("entangled", ENTANGLED))
    for marginals in ("match", "free")
    for form in ("intervals", "boxes")
    # on some processors SCS comes to no end on the largest of them: 50,000 iterations, half a minute, no answer
    if (solver, name, form) != ("SCS", "entangled", "boxes")
]


@pytest.mark.parametrize(("solver", "behaviour", "marginals", "form"), QUESTIONS)
def test_the_dual_is_an_inequality_that_the_solution_saturates(solver, behaviour, marginals, form):
    """The sign conventions: f(P) − f(noise) = 1, and V = bound − f(noise) by strong duality."""
    grid = ns.Finite.sphere_grid(behaviour.settings, 64)
    model = grid if behaviour is SINGLET else Hull([grid, ns.Bell(behaviour.shape)])
    noise = ns.Behaviour(np.full(behaviour.shape, 0.01), np.zeros(behaviour.shape[0]), np.zeros(behaviour.shape[1]))
    question = convex.visibility_problem(behaviour, model, noise=noise, marginals=marginals, form=form)
    visibility = question.solve(solver)
    inequality = question.reproduction.inequality(model)
    f = inequality.functional
    tolerance = 1e-4 if solver == "SCS" else 1e-6
    if visibility < 1 - 1e-3:  # at V = 1 the limit V ≤ 1 takes its share of the dual
        assert f.value(behaviour) - f.value(noise) == pytest.approx(1.0, abs=tolerance)
        assert inequality.bound - f.value(noise) == pytest.approx(visibility, abs=tolerance)
        assert inequality.evaluate(behaviour).violation > 0
        assert inequality.evaluate(behaviour.mix(noise, visibility * 0.999)).violation < 0
    else:
        assert behaviour is ENTANGLED


def test_unknown_pairs_are_left_free():
    behaviour = ns.behaviours.pr_box().with_pairs([(0, 0), (0, 1), (1, 0)])
    question = convex.visibility_problem(behaviour, ns.Bell((2, 2)))
    assert question.solve("HIGHS") == pytest.approx(1.0, abs=1e-9)
    question = convex.visibility_problem(ns.behaviours.pr_box(), ns.Bell((2, 2)))
    assert question.solve("HIGHS") == pytest.approx(0.5, abs=1e-9)
    f = question.reproduction.functional()
    np.testing.assert_allclose(f.correlators, np.array([[1, 1], [1, -1]]) / 4, atol=1e-9)  # CHSH/4 ≤ 1/2


def test_an_inequality_needs_a_solution():
    question = convex.visibility_problem(ns.behaviours.pr_box(), ns.Bell((2, 2)))
    with pytest.raises(InputError, match="solve"):
        question.reproduction.functional()


def test_helpers_compose():
    """At least half of the weight on unbiased boxes costs nothing where the bias is below ½: min(½, 2N sin²(π/4N))."""
    for n in (2, 3, 4):
        behaviour = ns.behaviours.singlet(ns.settings.half_circle(n))
        weight = cp.Variable()
        unbiased = convex.Mixture(ns.Unbiased(behaviour.shape), total=weight)
        rest = convex.Box(behaviour.shape, weight=1 - weight)
        demand = convex.reproduces(unbiased + rest, behaviour, marginals="free")
        problem = cp.Problem(
            cp.Maximize(rest.alice[0]), [*unbiased.constraints, *rest.constraints, *demand.constraints, weight >= 0.5]
        )
        exact = min(0.5, 2 * n * math.sin(math.pi / (4 * n)) ** 2)
        assert convex.solve(problem, "HIGHS").value == pytest.approx(exact, abs=1e-9)


def test_biased_and_given_marginals():
    mixture = convex.Mixture(ns.Bell((1, 1)))
    wanted = convex.given_marginals(mixture, alice=[0.25], bob=[-0.5])
    problem = cp.Problem(
        cp.Maximize(mixture.correlators[0, 0]), [*mixture.constraints, *wanted, *convex.biased(mixture, "bob", 0, 1.0)]
    )
    assert convex.solve(problem, "HIGHS").value == pytest.approx(1 - 0.75, abs=1e-9)  # C ≤ 1 − |A − B|
    unbiased = convex.Mixture(ns.Unbiased((1, 1)))
    problem = cp.Problem(cp.Maximize(0), [*unbiased.constraints, *convex.biased(unbiased, "alice", 0, 0.1)])
    with pytest.raises(SolverError, match="contradict"):
        convex.solve(problem)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: convex.Box((0, 2)), "whole number ≥ 1"),
        (lambda: convex.Box((2, 2), alice=[0.0]), "alice has shape"),
        (lambda: convex.Mixture(), "Mixture"),
        (lambda: convex.Mixture(ns.Bell((2, 2)), alice=[[1.0]]), "not both"),
        (lambda: convex.Mixture(alice=[[1.0]], bob=[[1.0], [0.0]]), "one marginal vector"),
        (lambda: convex.Mixture(alice=[[2.0]], bob=[[1.0]]), r"\[−1, 1\]"),
        (lambda: convex.Mixture(ns.Bell((1, 1)), form="circles"), "form"),
        (lambda: convex.Mixture(ns.Leggett(settings=ns.settings.chsh())), "sphere_grid"),
        (lambda: convex.Mixture(ns.Bell((10, 10))), "short list"),
        (lambda: convex.Box((1, 1)) + convex.Box((1, 2)), "shapes"),
        (lambda: convex.reproduces(convex.Box((1, 1)), ns.behaviours.pr_box()), "shape"),
        (lambda: convex.value(ns.functionals.chsh(), convex.Box((1, 1))), "shape"),
        (lambda: convex.Mixture(bob=[[1.0]], free=1).mean_absolute("alice", 0), "alice"),
    ],
)
def test_bad_input_is_one_sentence(call, sentence):
    with pytest.raises(InputError, match=sentence) as caught:
        call()
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("solver", ["HIGHS", "CLARABEL", "SCS"])
def test_fast_engines_and_cvxpy_agree(solver):
    """Twenty-one of the 300 instances of benchmarks/convex_agreement.py, which runs them all."""
    for seed, kind, _, distance, _ in AGREEMENT["distances"](21, (solver,)):
        assert distance <= AGREEMENT["TOLERANCES"][solver], (seed, kind)
