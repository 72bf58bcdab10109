"""Leggett's model against theorems: the bounds of arXiv:0801.2241, their thresholds, the laws of a support function."""

import math

import numpy as np
import pytest
from hypothesis import given, settings, strategies

import nsmodels as ns
from nsmodels import checker
from nsmodels.files.problem import from_data
from nsmodels.files.result import assemble

OPTIMAL = 2.0 * math.atan(1.0 / 3.0)


def l3(phi, eta=1.0, tolerance=1e-9, **purities):
    s = ns.settings.leggett_triads(phi)
    model = ns.Leggett(settings=s, **(purities or {"eta": eta}))
    return ns.bound(ns.functionals.leggett3(s), model, tolerance=tolerance)


@pytest.mark.parametrize("phi", [0.1, 0.3, OPTIMAL, 2 * OPTIMAL, 1.9, 3.0])
@pytest.mark.parametrize("eta", [0.0, 0.3, 0.56, 1.0])
def test_l3_is_tight(phi, eta):
    """Eq. (4), (5): max L3 = 2 − (2/3) η sin(φ/2), with η on both sides."""
    r = l3(phi, eta)
    expected = 2.0 - 2.0 / 3.0 * eta * math.sin(phi / 2.0)
    assert r.lower - 1e-15 <= expected <= r.upper + 1e-15
    assert r.value.width <= 1e-9
    assert r.status == "certified"
    assert r.quantum == pytest.approx(2.0 * math.cos(phi / 2.0), abs=1e-14)


def test_largest_violation_and_range_by_optimisation():
    """The singlet gains most at φ = 2 arctan(1/3) and stops violating at twice that; both found from proved bounds."""

    def gain(phi):
        r = l3(phi, tolerance=1e-10)
        return r.quantum - r.upper

    low, high = 0.2, 1.2
    for _ in range(40):  # golden section
        x, y = high - 0.6180339887498949 * (high - low), low + 0.6180339887498949 * (high - low)
        low, high = (low, y) if gain(x) > gain(y) else (x, high)
    assert (low + high) / 2 == pytest.approx(OPTIMAL, abs=1e-4)
    low, high = 1.0, 1.6
    for _ in range(30):
        middle = (low + high) / 2
        low, high = (middle, high) if gain(middle) > 0 else (low, middle)
    assert low == pytest.approx(2 * OPTIMAL, abs=1e-7)


def test_threshold_visibility_belongs_to_another_angle_than_the_largest_violation():
    """√(1 − 1/9) at sin(φ/2) = 1/3; at the angle of largest violation the threshold is higher."""

    def threshold(phi):
        r = l3(phi, tolerance=1e-10)
        return r.upper / r.quantum

    at_third = threshold(2.0 * math.asin(1.0 / 3.0))
    assert at_third == pytest.approx(math.sqrt(8.0) / 3.0, abs=1e-9)
    assert all(threshold(2.0 * math.asin(1.0 / 3.0) + step) > at_third for step in (-0.05, -0.01, 0.01, 0.05))
    assert threshold(OPTIMAL) > at_third + 1e-5


@pytest.mark.parametrize(
    ("name", "eta_n"),
    [("triad", 1 / 3), ("tetrahedron", 1 / math.sqrt(6)), ("icosahedron", 0.4587939734903912)],
)
def test_more_directions(name, eta_n):
    """L_N ≤ 2 − 2 η_N sin(φ/2), η_N the least mean |v·e_i|; tight for equal purities."""
    e = ns.settings.directions(name)
    normals = [np.cross(x, y) for k, x in enumerate(e) for y in e[:k]]
    assert min(np.abs(e @ n).mean() / np.linalg.norm(n) for n in normals) == pytest.approx(eta_n, abs=1e-9)
    phi = 2.0 * math.atan(eta_n)
    s = ns.settings.leggett_directions(phi, name)
    r = ns.bound(ns.functionals.leggett_n(s), ns.Leggett(settings=s), tolerance=1e-9)
    assert abs(r.upper - (2.0 - 2.0 * eta_n * math.sin(phi / 2.0))) <= 2e-9
    assert r.quantum - r.lower == pytest.approx(2.0 * math.sqrt(1.0 + eta_n**2) - 2.0, abs=2e-9)


def test_unequal_purities_are_bounded_more_tightly_than_the_paper_type_bound():
    phi = OPTIMAL
    r = l3(phi, eta_a=1.0, eta_b=0.7)
    assert r.upper < 2.0 - 2.0 / 3.0 * 0.7 * math.sin(phi / 2.0) - 1e-3


def test_misaligned_settings_lower_the_bound_less_than_they_move():
    """f moves by at most Σ|S| (|Δa| + |Δb|) when directions move: 2 × 0.2°."""
    s = ns.settings.leggett_triads(OPTIMAL)
    rng = np.random.default_rng(0)
    angle = math.radians(0.2)

    def tilted(rows):
        out = []
        for row in rows:
            t = np.cross(row, rng.normal(size=3))
            t /= np.linalg.norm(t)
            out.append(math.cos(angle) * row + math.sin(angle) * t)
        return np.array(out)

    f = ns.functionals.leggett3(s)
    moved = ns.Settings(tilted(s.alice), tilted(s.bob))
    r = ns.bound(f, ns.Leggett(settings=moved), tolerance=1e-9)
    assert abs(r.upper - (2.0 - 2.0 / 3.0 * math.sin(OPTIMAL / 2.0))) <= np.abs(f.correlators).sum() * 2 * angle


def test_one_correlator_and_one_marginal():
    s = ns.Settings([[0, 0, 1]], [[1, 0, 0]])
    r = ns.bound(ns.Functional([[1.0]], alice=[0.5]), ns.Leggett(settings=s), tolerance=1e-10)
    assert r.lower - 1e-12 <= 1.5 <= r.upper + 1e-12


# --- laws of a support function: h(f + g) ≤ h(f) + h(g), h(tf) = t h(f), symmetries ---------------------------------

quick = settings(max_examples=12, deadline=None, derandomize=True)
seeds = strategies.integers(0, 10_000)


def drawn(seed):
    """A generator, a shape of up to 4×4 settings, and random directions."""
    rng = np.random.default_rng(seed)
    shape = tuple(rng.integers(1, 5, size=2).tolist())
    return rng, shape, ns.settings.random(*shape, seed=seed)


def random_functional(rng, shape):
    return ns.Functional(
        rng.normal(size=shape), rng.normal(size=shape[0]), rng.normal(size=shape[1]), float(rng.normal())
    )


def support(f, model):
    return ns.bound(f, model, tolerance=1e-7)


@quick
@given(seeds)
def test_support_is_convex_and_homogeneous(seed):
    rng, shape, s = drawn(seed)
    model = ns.Leggett(settings=s, eta_a=float(rng.uniform(0, 1)), eta_b=float(rng.uniform(0, 1)))
    f, g = random_functional(rng, shape), random_functional(rng, shape)
    t = float(rng.uniform(0.1, 10))
    hf, hg = support(f, model), support(g, model)
    assert support(f + g, model).lower <= hf.upper + hg.upper + 1e-12
    scaled = support(f * t, model)
    assert scaled.lower <= t * hf.upper + 1e-9
    assert scaled.upper >= t * hf.lower - 1e-9


@quick
@given(seeds)
def test_bound_is_the_same_for_rotated_exchanged_and_relabelled_settings(seed):
    rng, shape, s = drawn(seed)
    f = random_functional(rng, shape)
    h = support(f, ns.Leggett(settings=s, eta_a=0.8, eta_b=0.5))
    q, _ = np.linalg.qr(rng.normal(size=(3, 3)))
    rotated = ns.Settings(s.alice @ q, s.bob @ q, normalise=True)
    exchanged = ns.Settings(s.bob, s.alice, normalise=True)
    swapped = ns.Functional(f.correlators.T, f.bob, f.alice, f.constant)
    order = rng.permutation(shape[0])
    relabelled = ns.Functional(f.correlators[order], f.alice[order], f.bob, f.constant)
    # outcomes of Alice's first setting exchanged: its direction, or its coefficients, change sign
    flip = np.ones(shape[0])
    flip[0] = -1.0
    flipped = ns.Functional(f.correlators * flip[:, None], f.alice * flip, f.bob, f.constant)
    permuted = ns.Settings(s.alice[order], s.bob, normalise=True)
    reversed_first = ns.Settings(s.alice * flip[:, None], s.bob, normalise=True)
    for functional, directions, (eta_a, eta_b) in (
        (f, rotated, (0.8, 0.5)),
        (swapped, exchanged, (0.5, 0.8)),
        (relabelled, permuted, (0.8, 0.5)),
        (flipped, reversed_first, (0.8, 0.5)),
    ):
        other = support(functional, ns.Leggett(settings=directions, eta_a=eta_a, eta_b=eta_b))
        assert other.lower <= h.upper + 1e-12
        assert h.lower <= other.upper + 1e-12


@quick
@given(seeds)
def test_bound_lies_between_what_is_shown_and_the_non_signalling_bound(seed):
    rng, shape, s = drawn(seed)
    f = random_functional(rng, shape)
    model = ns.Leggett(settings=s)
    r = support(f, model)
    assert r.lower <= ns.bound(f, ns.NonSignalling(shape)).upper
    from nsmodels.models.values import values_at

    state = r.maximiser
    assert values_at(f, state.alice[None], state.bob[None])[0] == pytest.approx(r.lower, abs=1e-9)
    shown = model.propose(f, 5, rng=rng)
    assert values_at(f, shown.alice, shown.bob).max() <= r.upper
    # purities grow the model downward only through mixtures: η = 0 is the unbiased model
    pure = ns.bound(ns.Functional(f.correlators), ns.Leggett(settings=s, eta=0.0))
    assert pure.upper == pytest.approx(np.abs(f.correlators).sum(), abs=1e-6)


@pytest.mark.parametrize("bad", [{"eta": 1.5}, {"eta": -0.1}, {"eta": True}, {"eta": "1"}, {"eta_a": math.nan}])
def test_purities_outside_their_range_are_refused(bad):
    with pytest.raises(ns.errors.InputError, match="eta"):
        ns.Leggett(settings=ns.settings.chsh(), **bad)


def test_purities_in_both_forms_are_refused():
    with pytest.raises(ns.errors.InputError, match="once"):
        ns.Leggett(settings=ns.settings.chsh(), eta=0.5, eta_b=0.5)


@pytest.mark.parametrize("seed", range(12))
def test_small_bounds_of_large_functionals_are_what_the_certificate_proves(seed):
    # the last digit of a threshold of order one is worth many last digits of a bound near zero
    rng = np.random.default_rng(seed)
    s = ns.settings.random(2, 3, seed)
    table = rng.normal(size=(2, 3))
    whole = ns.bound(ns.Functional(table), ns.Leggett(s, 0.7)).upper
    f = ns.Functional(table, constant=-whole)
    assert abs(f.constant) > 0.1
    tables = {"settings": {"alice": s.alice.tolist(), "bob": s.bob.tolist()}, "model": {"name": "leggett", "eta": 0.7}}
    functional = {"correlators": table.tolist(), "constant": f.constant}
    problem = from_data({"schema": 1, "kind": "bound", **tables, "functional": functional}, "random.toml")
    answer = assemble(problem, problem.ask().to_json(), 0.0)
    assert abs(answer["value"]["upper"]) < 2e-6
    assert all(holds for holds, _ in checker.check(answer))
