"""The vanishing-marginals theorem in numbers, several settings at once, finite sets, local content, protocols."""

import itertools
import math

import numpy as np
import pytest

from nsmodels import behaviours
from nsmodels import settings as families
from nsmodels.core.behaviour import Behaviour
from nsmodels.core.boxes import BoxMixture
from nsmodels.engines.solvers import lp
from nsmodels.errors import InputError
from nsmodels.models.finite import Finite
from nsmodels.questions.bias.marginals import marginal_on_directions, marginals
from nsmodels.studies import joint_bias as joint_module
from nsmodels.studies.finite_sets import counterexample, dying_out, finite_set
from nsmodels.studies.joint_bias import joint_marginals
from nsmodels.studies.local_weight import local_content
from nsmodels.studies.protocols import cerf_gisin_massar_popescu, toner_bacon
from nsmodels.studies.vanishing import (
    best_chain,
    chain_bound,
    chained_quantity,
    equation_10,
    equation_11,
    equation_12,
    fit_exponent,
    guessing_probability,
)

# -- the theorem ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("visibility", "n"), [(0.98, 8), (0.99, 11), (0.999, 35)])
def test_best_chain(visibility, n):
    """8, 11, 35 (arXiv:0801.2218), and the least value approaches π √(V(1 − V)/2)."""
    assert best_chain(visibility) == n
    assert min(range(1, 200), key=lambda k: chain_bound(k, visibility)) == n
    asymptotic = math.pi * math.sqrt(visibility * (1 - visibility) / 2)
    assert chain_bound(n, visibility) == pytest.approx(asymptotic, rel=0.02)


def test_chain_functions():
    assert chain_bound(1, 0.5) == pytest.approx(1.0)
    assert best_chain(0.5) == 1
    for n in (2, 7, 40):
        target = behaviours.werner(families.half_circle(n), 0.99)
        assert chained_quantity(target) == pytest.approx(n * (1 - 0.99 * math.cos(math.pi / (2 * n))), abs=1e-12)
        assert chain_bound(n) <= math.pi**2 / (8 * n)
    assert guessing_probability(chain_bound(7)) == pytest.approx(0.5 * (1 + chain_bound(7)))
    flipped = Behaviour(-behaviours.singlet(families.half_circle(3)).correlators)
    assert chained_quantity(flipped, anticorrelated=False) == pytest.approx(chain_bound(3), abs=1e-14)
    local = Behaviour(np.ones((3, 3)))
    assert chained_quantity(local) >= 1.0
    for call in (
        lambda: best_chain(1.0),
        lambda: chain_bound(0),
        lambda: guessing_probability(2.0),
        lambda: chained_quantity(Behaviour(np.zeros((2, 3)))),
        lambda: chained_quantity(Behaviour(np.zeros((2, 2)), known=[[True, False], [True, True]])),
        lambda: fit_exponent([1], [1]),
    ):
        with pytest.raises(InputError):
            call()


def test_equations_10_to_12_hold_where_bisectors_are_measured():
    """Alice measures every b ± b' direction of Bob's three: then eq. (10) must hold for every decomposition."""
    bob = np.array([[0, 0, 1.0], [0, 0, -1.0], [math.sin(1), 0, math.cos(1)]])
    alice = []
    for b, other in itertools.combinations(bob, 2):
        for v in (b + other, b - other):
            if np.linalg.norm(v) > 1e-12:
                alice.append(v / np.linalg.norm(v))
    directions = families.Settings(alice, bob)
    target = behaviours.singlet(directions)
    answer = marginals(target)
    for name in ("B0", "B1", "B2", "A0"):
        mixture = answer.model(name)
        assert equation_10(mixture, directions.bob).excess < 1e-14
        assert [(k, other) for k, other, _ in equation_11(mixture, directions.bob)] == [(0, 1)]
        assert equation_11(mixture, directions.bob)[0][2] < 1e-14
        quotient, bound = equation_12(mixture, directions.bob)
        assert (quotient <= bound + 1e-14).all()
    # and the path of marginals() is eq. (10): |B(b) − B(b')| costs at most 2 − ‖b + b'‖
    assert equation_10(answer.model("B2"), directions.bob).minus[0, 2] <= 2 - 2 * math.cos(0.5) + 1e-14
    with pytest.raises(InputError, match="party"):
        equation_10(answer.model("B0"), directions.bob, "charlie")
    with pytest.raises(InputError, match="shape"):
        equation_10(answer.model("B0"), directions.bob, "alice")


def test_exponents_on_circle_and_sphere():
    """π²/8N on the circle: exponent 1. On the sphere chains are made of steps ∝ n^(−1/2): about ½."""
    counts = [8, 16, 32, 64]
    circle = [marginals(behaviours.singlet(families.half_circle(n)), only=["A0"]).alice[0].upper for n in counts]
    exponent, factor = fit_exponent(counts[1:], circle[1:])
    assert exponent == pytest.approx(1.0, abs=0.01)
    assert factor == pytest.approx(math.pi**2 / 8, rel=0.02)
    sphere = [marginal_on_directions(families.fibonacci(n, n), "B0")[0].upper for n in (250, 500, 1000, 2000)]
    exponent, _ = fit_exponent([250, 500, 1000, 2000], sphere)
    assert 0.35 < exponent < 0.65


# -- protocols and signalling ---------------------------------------------------------------------------------------


def test_toner_bacon_is_rejected_although_its_average_is_the_singlet():
    directions = families.random(3, 4, seed=2)
    tables = toner_bacon(directions, 20000, seed=4)
    mean = tables.mean(axis=0)
    correlators = mean[0, 0] + mean[1, 1] - mean[0, 1] - mean[1, 0]
    assert np.abs(correlators + directions.alice @ directions.bob.T).max() < 5 / math.sqrt(20000)
    with pytest.raises(InputError, match=r"box \d+ is signalling: P\(\+1\|B\d\).*pairs B\dA\d.*difference of 1"):
        BoxMixture.from_probabilities(tables)


def test_cerf_gisin_massar_popescu_passes_with_zero_marginals():
    directions = families.random(3, 4, seed=2)
    sample = cerf_gisin_massar_popescu(directions, 20000, seed=4)
    mixture = BoxMixture.from_probabilities(sample.to_probabilities())
    assert np.abs(mixture.alice).max() == 0.0
    assert np.abs(mixture.bob).max() == 0.0
    assert np.all(np.abs(mixture.correlators) == 1.0)
    assert mixture.deviation(behaviours.singlet(directions)) < 5 / math.sqrt(20000)
    with pytest.raises(InputError, match="hidden states is 0; it must be a whole number ≥ 1"):
        toner_bacon(directions, 0)


def test_small_signalling_is_measured():
    p = np.full((2, 2, 2, 2, 2), 0.25)
    p[1, 0, :, 1, 0] += 0.01  # Alice's setting 1 sees Bob's setting 0
    p[1, 1, :, 1, 0] -= 0.01
    with pytest.raises(InputError, match=r"box 1 is signalling: P\(\+1\|A1\).*A1B1 and A1B0.*difference of 0.02"):
        BoxMixture.from_probabilities(p)
    assert len(BoxMixture.from_probabilities(p, tolerance=0.05)) == 2


def test_bad_mixtures_are_refused():
    half = np.full((1, 2), 0.9)
    with pytest.raises(InputError, match="probability of"):
        BoxMixture(np.ones(1), half, half, np.zeros((1, 2, 2)))
    with pytest.raises(InputError, match="weights"):
        BoxMixture(np.array([0.5]), half * 0, half * 0, np.zeros((1, 2, 2)))
    with pytest.raises(InputError, match="shape"):
        BoxMixture(np.ones(1), half, half, np.zeros((1, 3, 2)))
    good = np.full((1, 2, 2, 1, 1), 0.25)
    for change, message in ((0.5, "adds up"), (-0.5, "< 0")):
        bad = good.copy()
        bad[0, 0, 0, 0, 0] += change
        with pytest.raises(InputError, match=message):
            BoxMixture.from_probabilities(bad)
    with pytest.raises(InputError, match="L, 2, 2"):
        BoxMixture.from_probabilities(good[0])


# -- several settings at once ---------------------------------------------------------------------------------------


def all_vertices_lp(target, w):
    """The same maximum with every marginal vector of {−1, 0, 1}^n as a column, in one linear program."""
    n_a, n_b = target.shape
    m = np.array(list(itertools.product([-1.0, 0.0, 1.0], repeat=n_a + n_b)))
    a, b = m[:, :n_a, None], m[:, None, n_a:]
    rows = np.hstack([np.abs(a - b)[:, target.known], np.abs(a + b)[:, target.known]]).T
    right = np.concatenate([1 - target.correlators[target.known], 1 + target.correlators[target.known]])
    answer = lp.solve(-np.abs(m) @ w, rows, right, A_eq=np.ones((1, len(m))), b_eq=[1.0])
    return -answer.objective


@pytest.mark.parametrize("seed", range(4))
def test_joint_marginals_is_the_full_linear_program(seed):
    rng = np.random.default_rng(seed)
    target = Behaviour(rng.uniform(-1, 1, (2, 3)), known=None if seed % 2 else rng.random((2, 3)) < 0.8)
    w = rng.random(5)
    answer = joint_marginals(target, w)
    assert answer.value.width < 1e-7
    assert answer.value.status == "certified"
    assert answer.value.midpoint == pytest.approx(all_vertices_lp(target, w), abs=1e-7)
    mixture = answer.model()
    assert mixture.deviation(target) < 1e-9
    assert np.concatenate(mixture.mean_absolute_marginals()) @ w == pytest.approx(answer.value.lower, abs=1e-7)


def test_joint_marginals_on_a_chain_reach_every_single_bound_at_once():
    target = behaviours.singlet(families.half_circle(4))
    want = chain_bound(4)
    assert joint_marginals(target, np.ones(8)).value.midpoint == pytest.approx(8 * want, abs=1e-7)
    common = joint_marginals(target)
    assert common.value.lower <= want + 1e-15
    assert common.value.lower == pytest.approx(want, abs=1e-7)
    assert min(np.concatenate(common.model().mean_absolute_marginals())) == pytest.approx(want, abs=1e-7)
    alone = np.zeros(8)
    alone[3] = 1.0
    assert joint_marginals(target, alone).value.midpoint == pytest.approx(want, abs=1e-9)


def test_joint_marginals_can_be_less_than_the_sum():
    """Four by four correlators ±0.9 for which no decomposition biases all settings fully at once."""
    rng = np.random.default_rng(0)
    gaps = []
    for _ in range(12):
        target = Behaviour(rng.choice([-0.9, 0.9], size=(4, 4)))
        single = sum(end.upper for end in marginals(target).enclosures)
        answer = joint_marginals(target, np.ones(8))
        assert answer.value.upper <= single + 1e-12
        gaps.append(single - answer.value.upper)
    assert max(gaps) > 0.1


def test_mixed_integer_pricing_agrees(monkeypatch):
    target = behaviours.singlet(families.random(3, 3, seed=1))
    rng = np.random.default_rng(0)
    frustrated = Behaviour(rng.choice([-0.9, 0.9], size=(4, 4)))
    wants = [joint_marginals(case, np.ones(sum(case.shape))).value for case in (target, frustrated)]
    monkeypatch.setattr(joint_module, "LARGEST_ENUMERATION", 0)
    for case, want in zip((target, frustrated), wants, strict=True):
        answer = joint_marginals(case, np.ones(sum(case.shape)), time_limit_s=20.0)
        assert answer.stats["pricing"] == "mixed-integer program"
        assert answer.value.midpoint == pytest.approx(want.midpoint, abs=2e-6)


def test_joint_marginals_refuses():
    with pytest.raises(InputError, match="non-zero"):
        joint_marginals(Behaviour([[0.0]], [0.5], [0.0]))
    with pytest.raises(InputError, match="weights"):
        joint_marginals(Behaviour([[0.0]]), [1.0])
    with pytest.raises(InputError, match="tolerance"):
        joint_marginals(Behaviour([[0.0]]), [1.0, 1.0], tolerance=0.0)
    assert "JointMarginals" in repr(joint_marginals(Behaviour([[0.0]]), [1.0, 0.0]))


# -- finite hidden-variable sets --------------------------------------------------------------------------------------


def test_all_vertices_as_a_finite_set_give_the_chain():
    target = behaviours.singlet(families.half_circle(2)).with_marginals(None, None)
    m = np.array(list(itertools.product([-1.0, 0.0, 1.0], repeat=4)))
    w = np.array([0.0, 1.0, 0.0, 0.0])
    answer = finite_set(target, m[:, :2], m[:, 2:], w)
    assert answer.reproducible
    assert answer.value.status == "certified"
    assert answer.value.lower <= chain_bound(2) <= answer.value.upper + 1e-12
    assert answer.value.width < 1e-7
    assert answer.model().deviation(target) < 1e-9


def test_leggett_vectors_cannot_reproduce_the_singlet():
    """On the settings of L3 a grid of Leggett's hidden vectors fails; the inequality it obeys is violated."""
    directions = families.leggett_triads(math.radians(40))
    target = behaviours.singlet(directions)
    grid = Finite.sphere_grid(directions, 144)
    answer = finite_set(target, grid.states.alice, grid.states.bob)
    assert not answer.reproducible
    assert answer.value.status == "no_answer"
    assert answer.inequality is not None
    assert answer.inequality.evaluate(target).violation > 0.01
    assert grid.support(answer.inequality.functional).value.upper <= answer.inequality.bound + 1e-9
    with pytest.raises(InputError, match="misses"):
        answer.model()
    weak = Finite.sphere_grid(directions, 144, 0.2)
    answer = finite_set(target, weak.states.alice, weak.states.bob)
    assert answer.reproducible
    assert answer.model().deviation(target) < 1e-9
    assert 0.0 < answer.value.lower <= answer.value.upper < 0.2


def test_counterexamples_die_out():
    lines = dying_out([2, 4, 8, 16])
    for line in lines:
        assert line.hidden_states == 2
        assert line.deviation < 1e-15
        assert line.largest.midpoint == pytest.approx(chain_bound(line.n), abs=1e-12)
        assert line.mean < line.largest.upper  # two states are biased at one setting, and less at the others
    chsh = dying_out([2], states=8)[0]
    assert chsh.mean == pytest.approx(chain_bound(2), abs=1e-6)  # eight are so at every setting: 2 − √2
    mixture = counterexample(behaviours.singlet(families.random(4, 4, seed=0)))
    assert max(np.concatenate(mixture.mean_absolute_marginals())) > 0.1
    assert np.abs(mixture.average().alice).max() == 0.0


def test_finite_set_refuses():
    target = Behaviour([[0.0]])
    with pytest.raises(InputError, match="expected"):
        finite_set(target, [[0.0, 0.0]], [[0.0]])
    with pytest.raises(InputError, match="marginal"):
        finite_set(target, [[2.0]], [[0.0]])
    with pytest.raises(InputError, match="weights"):
        finite_set(target, [[0.0]], [[0.0]], [1.0])


# -- local content --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("n", [2, 3, 4, 5, 6])
def test_local_content_of_a_chain_is_the_chained_quantity(n):
    answer = local_content(behaviours.singlet(families.half_circle(n)))
    assert answer.value.lower <= chain_bound(n) + 1e-15
    assert answer.value.upper >= chain_bound(n) - 1e-15
    assert answer.value.width < 1e-7
    assert answer.value.status == "certified"


def test_local_content_of_known_boxes():
    assert local_content(behaviours.pr_box()).value.upper < 1e-12
    assert local_content(Behaviour([[1.0]], [1.0], [1.0])).value.lower > 1 - 1e-12
    assert local_content(behaviours.werner(families.random(3, 4, seed=0), 0.3)).value.lower > 1 - 1e-6
    angle = 20.0
    target = behaviours.partially_entangled(families.random(5, 4, seed=3), theta_deg=angle)
    answer = local_content(target)
    assert answer.value.upper >= math.cos(2 * math.radians(angle))
    used = np.zeros((2, 2, *target.shape))
    for q, a, b in zip(answer.weights, answer.alice, answer.bob, strict=True):
        for x, alpha in enumerate((1.0, -1.0)):
            for y, beta in enumerate((1.0, -1.0)):
                used[x, y] += q * np.outer(a == alpha, b == beta)
    assert (used <= target.to_probabilities() + 1e-14).all()
    assert answer.weights.sum() >= answer.value.lower
    assert "LocalContent" in repr(answer)
    with pytest.raises(InputError, match="has a probability of"):
        local_content(Behaviour([[0.9]], [0.0], [0.9]))
    with pytest.raises(InputError, match="tolerance"):
        local_content(behaviours.pr_box(), tolerance=0.0)
