"""All settings at once: closed forms, random rotations, and a linear program over the angle between u and v."""

import math
from fractions import Fraction

import numpy as np
import pytest

import nsmodels as ns
from nsmodels.engines.laws.averages import CapAverage, coefficients, opposite_average, series
from nsmodels.engines.laws.functions import LawFunction
from nsmodels.errors import InputError
from nsmodels.studies.every_setting import chain_ceiling, linear_laws, step_law


def test_malus_law_has_the_closed_form():
    """½ (1 + 1/√2), at sin(θ*/2) = 1 − 1/√2."""
    r = ns.studies.all_settings([0, 1])
    assert r.visibility.lower <= 0.5 + math.sqrt(0.125) <= r.visibility.upper
    assert r.visibility.width < 3e-6
    assert abs(math.sin(r.angle / 2.0) - (1.0 - math.sqrt(0.5))) < 1e-6


@pytest.mark.parametrize("eta", [1.0, 0.7, 0.5, 0.1])
def test_purities_have_the_closed_form(eta):
    """½ (1 + √(1 − η²/2))."""
    exact = 0.5 * (1.0 + math.sqrt(1.0 - eta * eta / 2.0))
    r = ns.studies.all_settings([0, eta])
    assert r.visibility.lower <= exact + 1e-12
    assert exact <= r.visibility.upper
    assert r.visibility.width < 3e-6
    assert abs(linear_laws(eta, eta) - exact) < 1e-12


@pytest.mark.parametrize(
    ("law", "value"),
    [
        ([0, 0.5], 0.9677), ([0, 0, 0, 1], 0.9260), ([0, 0, 0, 0.5], 0.9822), ([0, 1.5, 0, -0.5], 0.7951),
        ([0, 0.5, 0, 0.5], 0.8948), ([0, 0, 0, 0, 0, 1], 0.9503),
    ],
)  # fmt: skip
def test_values_of_other_laws(law, value):
    """An independent linear program over 60 angles γ gave these, to its own discretisation."""
    r = ns.studies.all_settings(law)
    assert r.visibility.width < 6e-6
    assert abs(r.visibility.upper - value) < 1.2e-4
    assert r.visibility.upper <= r.ceiling


@pytest.mark.parametrize(("eta_a", "eta_b"), [(1.0, 0.9), (1.0, 0.5), (0.3, 0.2), (0.8, 0.75), (1.0, 0.0)])
def test_unequal_purities(eta_a, eta_b):
    """The closed form, which is a theorem; both parties may be exchanged."""
    exact = linear_laws(eta_a, eta_b)
    for laws in (([0, eta_a], [0, eta_b]), ([0, eta_b], [0, -eta_a])):
        r = ns.studies.all_settings(*laws)
        assert r.visibility.lower <= exact <= r.visibility.upper
        assert r.visibility.width < 1e-12


def rotations(count, seed):
    q = np.random.default_rng(seed).normal(size=(count, 4))
    w, x, y, z = (q / np.linalg.norm(q, axis=1)[:, None]).T
    return np.array([
        [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
        [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
        [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
    ]).transpose(2, 0, 1)  # fmt: skip


@pytest.mark.parametrize("law", [[0, 1], [0, 0.5, 0, 0.5], [0, 1.5, 0, -0.5], [0, 0, 0, 0, 0, 1]], ids=str)
def test_averages_agree_with_random_rotations(law):
    turned = rotations(100_000, 1)
    k = coefficients([float(c) for c in law])
    polynomial = np.polynomial.Polynomial(law)
    for gamma, theta in ((math.pi, 0.6), (2.0, 0.6), (1.0, 1.3), (0.3, 2.5)):
        u = a = np.array([0.0, 0.0, 1.0])
        v, b = (np.array([math.sin(x), 0.0, math.cos(x)]) for x in (gamma, theta))
        sample = np.abs(polynomial(turned @ u @ a) + polynomial(turned @ v @ b)).mean()
        legendre = [np.polynomial.legendre.Legendre.basis(n)(math.cos(theta)) for n in range(300)]
        out = np.empty(1)
        series(k[:300] * np.array(legendre), np.array([math.cos(gamma)]), out)
        assert abs(out[0] - sample) < 6e-3
        if gamma == math.pi:
            exact = np.polynomial.Polynomial([float(c) for c in opposite_average([Fraction(c) for c in law])])
            assert abs(exact(math.sin(theta / 2.0)) - out[0]) < 1e-4


def mean_over_circle(square, product, k, c):
    """½ E√(A − D cos ψ), by the rule of trapezoids, which converges fast where A > D: φ(γ, θ) of two linear laws."""
    psi = 2.0 * math.pi * (np.arange(4096) + 0.5) / 4096
    d = 2.0 * product * math.sqrt((1.0 - k * k) * (1.0 - c * c))
    return 0.5 * np.sqrt(np.maximum(square - 2.0 * product * k * c - d * np.cos(psi), 0.0)).mean()


def test_linear_laws_average_over_circles():
    """φ(γ, θ) is the mean of φ(π, ·) over a circle; E|s_1 R_11 + s_2 R_22|² ≥ s_1²/4 + s_2²/8; v = −u is best."""
    turned = rotations(50_000, 2)
    u = a = np.array([0.0, 0.0, 1.0])
    for eta, gamma, theta in ((1.0, 2.5, 0.5), (0.6, 1.2, 0.9)):
        v, b = (np.array([math.sin(x), 0.0, math.cos(x)]) for x in (gamma, theta))
        sample = np.abs(turned @ u @ a + eta * (turned @ v @ b)).mean()
        assert abs(mean_over_circle(1.0 + eta * eta, eta, -math.cos(gamma), math.cos(theta)) - sample) < 6e-3
    rng = np.random.default_rng(3)
    for _ in range(300):
        etas = rng.uniform(0.05, 1.0, 2)
        square, product, k = etas @ etas, etas.prod(), rng.uniform(-1.0, 1.0)
        c = rng.uniform(1.0 / 3.0, 1.0)
        mean = mean_over_circle(square, product, k, c)
        first, both = square - 2.0 * product * k * c, 2.0 * product * math.sqrt((1.0 - k * k) * (1.0 - c * c))
        assert mean**2 >= (3.0 * first + math.sqrt(first * first - both * both)) / 16.0 - 1e-7
        assert mean >= 0.5 * math.sqrt(square - 2.0 * product * c) - 1e-7


def test_caps_average_as_polynomials_do():
    """E|F(u·a) − G(u·b)|: ½ √(η_A² + η_B² − 2 η_A η_B cos θ) for linear laws, an exact polynomial for F = G."""
    cubic = LawFunction.of([0, 0.5, 0, 0.5], "F")
    exact = np.polynomial.Polynomial([float(c) for c in opposite_average([Fraction(c) for c in cubic.coefficients])])
    same = CapAverage(cubic, cubic)
    lines = CapAverage(LawFunction.of([[-1, -0.9], [0.25, 0.225], [1, 0.9]], "F"), LawFunction.of([0, -0.4], "G"))
    for theta in (0.0, 1e-3, 0.3, 1.5, 3.0, math.pi):
        low, high = same(theta)
        assert low <= exact(math.sin(theta / 2.0)) <= high
        assert theta == 0.0 or high - low < 5e-6
        low, high = lines(theta)
        assert low <= 0.5 * math.sqrt(0.81 + 0.16 - 0.72 * math.cos(theta)) <= high
        assert high - low < 5e-6


@pytest.mark.parametrize("knot", [0.5, 0.99, 0.9999])
def test_averages_at_small_angles_and_of_small_caps(knot: float) -> None:
    """g(θ) → θ E|F'(u·a)| √(1 − (u·a)²) · 2/π; sums of products of cosines would lose all of their digits here."""
    law = LawFunction.of([[-1, -1], [-knot, 0], [knot, 0], [1, 1]], "F")
    g = CapAverage(law, law)
    limit = (math.acos(knot) - knot * math.sqrt(1.0 - knot**2)) / (math.pi * (1.0 - knot))
    for theta in (1e-7, 1e-6, 1e-5):
        low, high = g(theta)
        assert low <= limit * theta * (1.0 + 1e-3)
        assert high >= limit * theta * (1.0 - 1e-3)


@pytest.mark.parametrize(("knots", "other", "exact"), [
    ([[-1, -1], [1, 1]], [0, 0.9], linear_laws(1.0, 0.9)),
    ([[-1, 0.5], [1, -0.5]], [0, 1], 0.75),  # 1 − (1 − ½)/2: E|F − G| alone
])  # fmt: skip
def test_laws_with_knots_have_the_closed_forms_of_linear_ones(knots, other, exact):
    """The theorem on unequal purities, by a search that knows nothing of it."""
    r = ns.studies.all_settings(knots, other)
    assert r.visibility.lower <= exact <= r.visibility.upper
    assert r.visibility.width < 1.5e-5


def test_steep_knots_tend_to_a_step():
    """½ sgn x: 0.9459, by v = −u; and the same where one party alone obeys it, since the median of signs is a sign."""
    knots = [[-1, -0.5], [-1e-4, -0.5], [1e-4, 0.5], [1, 0.5]]
    both, one = (ns.studies.all_settings(knots, one_sided=x) for x in (False, True))
    for r in (both, one):
        # a law 1e-4 away in the mean moves g by twice that at most
        assert r.visibility.lower - 1e-4 <= step_law(0.5) <= r.visibility.upper + 1e-4
        assert r.visibility.width < 1.5e-5
    assert one.visibility.upper >= both.visibility.lower


def test_the_law_of_one_party():
    """√(1 − η²/4) for Malus' law: as a theorem, and by the search; the model below is named."""
    for eta in (1.0, 0.6):
        r = ns.studies.all_settings([0, -eta], one_sided=True)
        exact = math.sqrt(1.0 - eta * eta / 4.0)
        assert r.visibility.lower <= exact <= r.visibility.upper
        assert linear_laws(eta, eta * exact) == pytest.approx(exact, abs=1e-14)
    r = ns.studies.all_settings([[-1, -1], [1, 1]], one_sided=True)
    assert r.visibility.lower <= math.sqrt(0.75) <= r.visibility.upper
    assert r.visibility.width < 1e-5
    assert r.one_sided
    assert r.alice.knots[-1][1] == pytest.approx(math.sqrt(0.75), abs=1e-5)  # the least is flat
    assert "the other free" in repr(r)


def test_nothing_is_claimed_of_laws_too_steep_for_opposite_vectors():
    """With sgn x every hidden state is deterministic: v = −u gives E|A + B| = 2 at θ = π, beyond 1 + V."""
    r = ns.studies.all_settings([[-1, -1], [-0.01, -1], [0.01, 1], [1, 1]])
    assert r.visibility.lower == 0.0
    assert 0.6 < r.visibility.upper < 0.65


def test_the_linear_program_over_the_angle_agrees():
    """max V with Σ μ_γ φ(γ, θ) ≤ 1 − V cos θ on grids, for x³: what v = −u gives."""
    from scipy.optimize import linprog

    k = coefficients([0.0, 0.0, 0.0, 1.0])[:400]
    angles = np.linspace(0.0, math.pi, 61)
    basis = np.array([np.polynomial.legendre.Legendre.basis(n)(np.cos(angles)) for n in range(400)])
    table = np.einsum("l,lg,lt->tg", k, basis, basis)
    rows = np.column_stack([table, np.cos(angles)])
    answer = linprog(
        [*np.zeros(61), -1.0], A_ub=rows, b_ub=np.ones(61), A_eq=[[*np.ones(61), 0.0]], b_eq=[1.0], bounds=(0, 1)
    )
    r = ns.studies.all_settings([0, 0, 0, 1])
    assert r.visibility.lower - 1e-3 <= -answer.fun <= r.visibility.upper + 2e-3
    assert answer.x[60] > 0.9, "v = −u carries the weight"


def test_marginals_vanish():
    """V_all < 1 for every law but zero, by chains alone; small laws lose k²/2, k the slope."""
    for m in (1.0, 0.5, 0.1, 1e-3, 1e-6):
        assert chain_ceiling(m) < 1.0
    assert chain_ceiling(0.0) == 1.0
    for slope in (0.1, 0.03, 0.01):
        r = ns.studies.all_settings([0, slope])
        assert r.visibility.upper < 1.0
        # ½ (1 + √(1 − η²/2)) = 1 − η²/8 + …
        assert abs((1.0 - r.visibility.lower) / slope**2 - 0.125) < 0.01
    zero = ns.studies.all_settings([0.0])
    assert zero.visibility.lower == zero.visibility.upper == 1.0


def test_step_laws_are_the_hardest_to_exclude():
    assert abs(step_law(0.5) - 0.9459) < 1e-4
    for m in (0.5, 0.2):
        linear = ns.studies.all_settings([0, 2.0 * m])
        assert abs(linear.mean - m) < 1e-15
        assert linear.visibility.upper <= step_law(m) <= chain_ceiling(m) + 1e-12


def test_finitely_many_settings_exclude_less():
    """V_all is a floor for any settings: `decompose` with the same law."""
    s = ns.settings.leggett_triads(math.radians(36.87))
    d = ns.decompose(ns.behaviours.singlet(s), ns.Law(s, [0, 0.5, 0, 0.5]), tolerance=1e-3)
    assert d.upper >= ns.studies.all_settings([0, 0.5, 0, 0.5]).visibility.lower


@pytest.mark.parametrize(
    ("laws", "message"),
    [
        (([0.1, 0.5],), "not odd"),
        (([[-1, -1], [0.5, 0], [1, 1]],), "not odd"),
        (([0, -1.5, 0, 2.5],), "neither rises nor falls"),
        (([0, 1], [[-1, -1], [-0.5, 0.1], [0.5, -0.1], [1, 1]]), "neither rises nor falls"),
        (([0, 1.2],), "outside"),
        (([0, 1], [0, 1], True), "leave bob out"),
        (([0, 1], None, "bob"), "True or False"),
    ],
)
def test_other_laws_are_refused(laws, message):
    with pytest.raises(InputError, match=message) as caught:
        ns.studies.all_settings(*laws[:2], **({"one_sided": laws[2]} if len(laws) > 2 else {}))
    assert "\n" not in str(caught.value)
