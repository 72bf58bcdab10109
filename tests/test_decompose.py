"""Decompositions: published visibilities, laws that hold for every model, and two independent methods."""

import itertools
import math

import numpy as np
import pytest
from decompositions import check_inequality, check_model

import nsmodels as ns
from nsmodels.questions.visibility.decompose import decompose

PAIRS = [(0, 0), (0, 1), (1, 2), (1, 3), (2, 4), (2, 5)]


# -- theorems ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("phi_deg", [20.0, 36.87, 60.0, 100.0, 150.0])
@pytest.mark.parametrize("eta", [0.3, 0.7, 1.0])
def test_six_pairs_of_l3(phi_deg, eta):
    """On the six pairs alone V = min(1, (1 − η sin(φ/2)/3)/cos(φ/2)): eq. (5) of arXiv:0801.2241, tight."""
    s = ns.settings.leggett_triads(phi_deg=phi_deg)
    d = decompose(ns.behaviours.singlet(s).with_pairs(PAIRS), ns.Leggett(s, eta), tolerance=5e-8)
    half = math.radians(phi_deg) / 2.0
    expected = min(1.0, (1.0 - eta * math.sin(half) / 3.0) / math.cos(half))
    assert d.lower - 1e-15 <= expected <= d.upper + 1e-15
    assert d.visibility.width <= 1e-7
    assert d.status == "certified"
    check_model(d)


@pytest.mark.parametrize(("phi_deg", "expected"), [(36.87, 0.942981), (50.0, 0.946604), (70.0, 0.9396)])
def test_eighteen_correlators(phi_deg, expected):
    """The figures of all 18 correlators on the settings of figure 1 of arXiv:0801.2241."""
    s = ns.settings.leggett_triads(phi_deg=phi_deg)
    d = decompose(ns.behaviours.singlet(s), ns.Leggett(s))
    assert d.visibility.width <= 1e-6
    assert d.lower == pytest.approx(expected, abs=5e-5 if expected == 0.9396 else 1e-6)
    check_model(d)
    check_inequality(d)


@pytest.mark.parametrize("eta", [0.6, 1.0])
@pytest.mark.parametrize("seed", [1, 2])
def test_no_settings_fall_below_the_universal_model(eta, seed):
    """V ≥ ½(1 + √(1 − η²/2)): the model v = −u uniform on the sphere reproduces that for all settings at once."""
    s = ns.settings.random(7, 8, seed)
    d = decompose(ns.behaviours.singlet(s), ns.Leggett(s, eta), tolerance=1e-4)
    assert d.lower >= 0.5 * (1.0 + math.sqrt(1.0 - eta**2 / 2.0)) - 1e-4
    assert d.visibility.width <= 1e-4


def test_chsh_settings_and_bell():
    """Bell visibility of the singlet on CHSH settings: 1/√2, and the inequality is CHSH itself."""
    s = ns.settings.chsh()
    d = decompose(ns.behaviours.singlet(s), ns.Bell(s.shape), tolerance=1e-9)
    assert d.lower - 1e-15 <= 1.0 / math.sqrt(2.0) <= d.upper + 1e-15
    assert d.visibility.width <= 1e-9
    assert np.array_equal(d.inequality.functional.correlators, ns.functionals.chsh().correlators)
    assert d.inequality.bound == pytest.approx(2.0, abs=1e-14)
    check_model(d)


def test_elegant_inequality():
    """Cube diagonals against the axes: √3/2, Gisin's elegant inequality (arXiv:quant-ph/0702021), 6 against 4√3."""
    d_rows, axes = ns.settings.directions("tetrahedron"), np.eye(3)
    s = ns.Settings(axes, d_rows)
    d = decompose(ns.behaviours.singlet(s), ns.Bell(s.shape), tolerance=1e-9)
    assert d.lower - 1e-13 <= math.sqrt(3.0) / 2.0 <= d.upper + 1e-13


def test_chained_inequality_on_its_own_pairs():
    """2N neighbouring pairs: V = (1 − 1/N)/cos(π/2N), Braunstein and Caves; N = 3 and 5."""
    for n in (3, 5):
        s = ns.settings.half_circle(n)
        table = ns.functionals.chained(n).correlators
        b = ns.behaviours.singlet(s).with_pairs([tuple(p) for p in np.argwhere(table).tolist()])
        d = decompose(b, ns.Bell(s.shape), tolerance=1e-9)
        expected = (1.0 - 1.0 / n) / math.cos(math.pi / (2 * n))
        assert d.lower - 1e-14 <= expected <= d.upper + 1e-14
        check_model(d)


def test_pr_box():
    """No decomposition in Bell (visibility ½), one unbiased state otherwise."""
    box = ns.behaviours.pr_box()
    bell = decompose(box, ns.Bell((2, 2)), tolerance=1e-9)
    assert bell.lower - 1e-14 <= 0.5 <= bell.upper + 1e-14
    assert bell.has_model is False
    for model in (ns.Unbiased((2, 2)), ns.NonSignalling((2, 2))):
        d = decompose(box, model)
        assert (d.lower, d.upper) == (1.0, 1.0)
        assert d.has_model
        assert d.inequality is None
        assert d.decomposition.deviation == 0.0
        check_model(d)


# -- laws -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(3))
def test_a_hull_is_at_least_its_parts(seed):
    s = ns.settings.leggett_triads(0.5 + 0.4 * seed)
    b = ns.behaviours.singlet(s)
    bell, leggett = ns.Bell(s.shape), ns.Leggett(s, 0.9)
    hull = ns.Hull([bell, leggett])
    parts = [decompose(b, m, tolerance=1e-5) for m in (bell, leggett)]
    both = decompose(b, hull, tolerance=1e-5)
    assert both.upper >= max(p.lower for p in parts) - 1e-12
    check_model(both)
    assert both.visibility.width <= 1e-5


def test_purity_only_hurts():
    s = ns.settings.random(4, 5, 3)
    values = [decompose(ns.behaviours.singlet(s), ns.Leggett(s, eta), tolerance=1e-5) for eta in (0.5, 0.8, 1.0)]
    for first, second in itertools.pairwise(values):
        assert second.lower <= first.upper + 1e-12


@pytest.mark.parametrize("phi_deg", [50.0, 90.0])
def test_symmetry_changes_nothing(phi_deg):
    s = ns.settings.leggett_triads(phi_deg=phi_deg)
    b, model = ns.behaviours.singlet(s), ns.Leggett(s)
    without, with_it = decompose(b, model, symmetry=None), decompose(b, model)
    assert with_it.stats["symmetry_order"] >= 24
    assert with_it.stats["rows"] < without.stats["rows"]
    assert with_it.lower <= without.upper
    assert without.lower <= with_it.upper
    check_model(with_it)


@pytest.mark.parametrize("case", ["triads", "chsh", "random", "pairs"])
def test_symmetry_agrees_with_networkx(case):
    """The same number of automorphisms as networkx's matcher finds in the graph of scalar products."""
    from networkx.algorithms.isomorphism import GraphMatcher

    from nsmodels.questions.visibility.rows import make_target
    from nsmodels.questions.visibility.symmetry import find_symmetry, scalar_product_graph

    s = {"chsh": ns.settings.chsh(), "random": ns.settings.random(3, 3, 1)}.get(case, ns.settings.leggett_triads(1.0))
    b = ns.behaviours.singlet(s)
    if case == "pairs":
        b = b.with_pairs(PAIRS)
    parts = (ns.Leggett(s),)
    target = make_target(b, ns.behaviours.uniform(*s.shape), marginals="match", symmetric_model=True)
    graph = scalar_product_graph(target, parts)
    matcher = GraphMatcher(
        graph,
        graph,
        node_match=lambda x, y: x["kind"] == y["kind"],
        edge_match=lambda x, y: x["label"] == y["label"],
    )
    found = find_symmetry(target, parts)
    assert (1 if found is None else found.order) == sum(1 for _ in matcher.isomorphisms_iter())


def test_given_marginals_are_reproduced():
    s = ns.settings.random(4, 4, 1)
    b = ns.behaviours.partially_entangled(s, 0.6)
    d = decompose(b, ns.Leggett(s), tolerance=1e-5)
    assert d.decomposition.deviation == 0.0
    check_model(d)
    free = decompose(b, ns.Leggett(s), tolerance=1e-5, marginals="free")
    assert free.upper >= d.lower


Z = [0.0, 0.0, 1.0]
MARGINALS_BIND = {
    "one pair": lambda: (
        ns.Behaviour([[0.9]], [0.9], [0.9]), ns.Leggett(ns.Settings([Z], [Z]), 0.5), 0.5 / 0.9
    ),
    "two directions": lambda: (
        ns.Behaviour([[1], [1]], [1, 1], [1]),
        ns.Leggett(ns.Settings([Z, [1.0, 0.0, 0.0]], [[0.0, 1.0, 0.0]])), math.sqrt(0.5),
    ),
    "tetrahedron": lambda: _product_state(ns.settings.leggett_directions(directions="tetrahedron", phi_deg=30.0), 0.9),
    "random": lambda: _product_state(ns.settings.random(3, 4, 1), 0.8),
    "no purity": lambda: (ns.Behaviour([[0.9]], [0.9], [0.9]), ns.Leggett(ns.Settings([Z], [Z]), 0.0), 0.0),
}  # fmt: skip


def _product_state(s, eta):
    """|00⟩ has mean spins of length 1 along z, and hidden states have no longer ones than η: V = η."""
    return ns.behaviours.partially_entangled(s, theta_deg=0.0), ns.Leggett(s, eta), eta


@pytest.mark.parametrize("case", MARGINALS_BIND)
def test_marginals_that_bind(case):
    """Mean spins of hidden states are no longer than η, and the inequality that says so has marginals only."""
    b, model, expected = MARGINALS_BIND[case]()
    d = decompose(b, model)
    assert d.reason == "tolerance_met"
    assert d.upper - d.lower <= 1e-6
    assert d.decomposition.deviation == 0.0
    assert d.lower <= expected <= d.upper + 1e-15
    check_model(d)
    check_inequality(d)


def test_unbiased_cannot_have_marginals():
    s = ns.settings.random(3, 3, 2)
    d = decompose(ns.behaviours.partially_entangled(s, 0.4), ns.Unbiased(s.shape), tolerance=1e-6)
    assert d.upper <= 1e-6
    assert d.lower == 0.0


def test_noise_other_than_white():
    """With the anticorrelated product state as noise more of the singlet fits in than with white noise."""
    s = ns.settings.chsh()
    b = ns.behaviours.singlet(s)
    noise = ns.behaviours.werner(s, 1.0 / 3.0)
    white = decompose(b, ns.Bell(s.shape), tolerance=1e-9)
    other = decompose(b, ns.Bell(s.shape), noise=noise, tolerance=1e-9)
    # V P + (1 − V) P/3 = (V + (1 − V)/3) P
    expected = (3.0 * white.upper - 1.0) / 2.0
    assert other.upper == pytest.approx(expected, abs=1e-8)
    check_model(other, 1e-8)


def test_infeasible_altogether():
    marginals = np.full(3, 0.3)
    b = ns.Behaviour(np.zeros((3, 3)), marginals, marginals)
    d = decompose(b, ns.Unbiased((3, 3)), noise=b.with_marginals(0.5 * marginals, 0.5 * marginals))
    assert d.status == "no_answer"
    assert d.to_json()["value"] is None
    assert "proved" in d.reason


@pytest.mark.parametrize("marginals", ["match", "free"])
@pytest.mark.parametrize("behaviour", [ns.behaviours.uniform(2, 2), ns.behaviours.werner(ns.settings.chsh(), 0.0)])
def test_a_behaviour_that_equals_the_noise(behaviour, marginals):
    """V is 1 if the noise has a model, else there is none."""
    without = decompose(behaviour, ns.Finite(alice=[[0.5, 0.5]], bob=[[1, 1]]), marginals=marginals)
    assert without.status == "no_answer"
    assert without.to_json()["value"] is None
    # both of them violate an inequality: that is the proof
    assert without.inequality is not None
    assert without.inequality.functional.value(behaviour) > without.inequality.bound
    assert without.reason == "no mixture of the behaviour and the noise has a model (proved)"
    with_model = decompose(behaviour, ns.Finite(alice=[[0.5, 0.5], [-0.5, -0.5]], bob=[[0, 0], [0, 0]]))
    assert with_model.lower == with_model.upper == 1.0
    check_model(with_model)


def test_a_behaviour_that_equals_noise_with_marginals():
    b = ns.Behaviour([[0.9]], [0.9], [0.9])
    s = ns.Settings([Z], [Z])
    assert decompose(b, ns.Leggett(s, 0.5), noise=b).status == "no_answer"
    assert decompose(b, ns.Leggett(s, 0.9), noise=b).lower == 1.0


@pytest.mark.parametrize("visibility", [1e-320, 1e-17, 1e-9])
def test_a_behaviour_next_to_noise_without_a_model(visibility):
    b = ns.behaviours.werner(ns.settings.chsh(), visibility)
    d = decompose(b, ns.Finite(alice=[[0.5, 0.5]], bob=[[1, 1]]))
    assert d.status == "no_answer"
    assert "no mixture" in d.reason


# -- two independent methods ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(12))
def test_against_the_cvxpy_program(seed):
    """The loop against the plain CVXPY program on the same finite hidden set."""
    from nsmodels.convex import visibility_problem

    rng = np.random.default_rng(seed)
    shape = (int(rng.integers(2, 5)), int(rng.integers(2, 5)))
    n = int(rng.integers(20, 80))
    model = ns.Finite(rng.uniform(-1, 1, (n, shape[0])), rng.uniform(-1, 1, (n, shape[1])))
    known = rng.random(shape) < 0.8
    known[0, 0] = True
    b = ns.Behaviour(rng.uniform(-1, 1, shape), known=known)
    d = decompose(b, model, tolerance=1e-8)
    if d.status == "no_answer":
        assert "no mixture" in d.reason
    else:
        assert d.status == "certified"
        number = visibility_problem(b, model).solve("CLARABEL")
        assert d.lower - 1e-6 <= number <= d.upper + 1e-6


def test_a_grid_is_a_lower_end():
    s = ns.settings.leggett_triads(phi_deg=70.0)
    b = ns.behaviours.singlet(s)
    exact = decompose(b, ns.Leggett(s), tolerance=1e-6)
    before = 0.0
    for n in (64, 400, 2500):
        grid = decompose(b, ns.Finite.sphere_grid(s, n), tolerance=1e-6, marginals="free")
        assert grid.lower <= exact.upper
        before = max(before, grid.lower)
    assert before > 0.8
