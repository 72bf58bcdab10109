"""The theorem of docs/unequal_purities.md: L3 on its triads where the two purities differ."""

import math

import numpy as np
import pytest

import nsmodels as ns


def closed_form(phi, eta_a, eta_b):
    """The bound with the best λ."""
    s, t = math.sin(phi / 2.0), math.tan(phi / 2.0)
    share = min(1.0, t) if eta_a >= eta_b else 0.0
    return 2.0 - 2.0 / 3.0 * math.sqrt(eta_b**2 * s * s + share * (eta_a**2 - eta_b**2))


def attaining(phi, eta_a, eta_b, rng):
    """The range of the theorem that a case is in, and a hidden state (u, v) that attains the bound there."""
    s, c = math.sin(phi / 2.0), math.cos(phi / 2.0)
    if eta_a <= eta_b:
        assert eta_b * c <= eta_a
        v = np.array([1.0, 0.0, 0.0])
        return 3, np.array([-eta_b * c, math.sqrt(eta_a**2 - (eta_b * c) ** 2), 0.0]) / eta_a, v
    if phi >= math.pi / 2.0:
        v = np.array([0.0, 0.0, 1.0])
        return 2, np.array([math.sqrt(eta_a**2 - (eta_b * c) ** 2), 0.0, -eta_b * c]) / eta_a, v
    wanted = ((eta_a / eta_b) ** 2 - 1.0) / math.sin(phi)
    assert wanted <= 1.0
    # from an axis to the diagonal, off the straight way, the sum takes all values
    way = rng.normal(size=3)

    def point(x):
        v = (1.0 - x) * np.array([1.0, 0.0, 0.0]) + x * np.ones(3) + x * (1.0 - x) * 0.3 * way
        return v / np.linalg.norm(v)

    low, high = 0.0, 1.0
    for _ in range(80):
        middle = 0.5 * (low + high)
        v = np.abs(point(middle))
        low, high = (middle, high) if float(v @ np.roll(v, 1)) < wanted else (low, middle)
    v = point(high)
    p = -eta_b * s * np.where(v >= 0.0, 1.0, -1.0) * np.abs(np.roll(v, 1))
    return 1, (p - eta_b * c * v) / eta_a, v


CASES = [(0.4, 1.0, 0.9), (0.9, 0.8, 0.6), (1.5, 1.0, 0.75), (0.3, 1e-3, 0.95e-3),
         (1.6, 1.0, 0.7), (2.2, 0.9, 0.1), (3.0, 1.0, 0.99),
         (0.8, 0.95, 1.0), (1.7, 0.7, 1.0), (2.5, 0.35, 0.9)]  # fmt: skip


@pytest.mark.parametrize(("phi", "eta_a", "eta_b"), CASES)
def test_the_closed_form_is_attained_and_proved(phi, eta_a, eta_b):
    settings = ns.settings.leggett_triads(phi)
    f, model = ns.functionals.leggett3(settings), ns.Leggett(settings, eta_a=eta_a, eta_b=eta_b)
    exact = closed_form(phi, eta_a, eta_b)
    _, u, v = attaining(phi, eta_a, eta_b, np.random.default_rng(1))
    assert np.linalg.norm(u) == pytest.approx(1.0, abs=1e-9)
    assert 2.0 - model.problem(f).value(u / np.linalg.norm(u), v) == pytest.approx(exact, abs=1e-9)
    r = ns.bound(f, model, tolerance=1e-9)
    assert r.lower - 1e-14 <= exact <= r.upper + 1e-14
    assert r.value.width <= 1e-9


def test_all_three_ranges_occur():
    rng = np.random.default_rng(0)
    assert {attaining(*case, rng)[0] for case in CASES} == {1, 2, 3}


@pytest.mark.parametrize(
    ("phi", "eta_a", "eta_b"), [(0.4, 1.0, 0.7), (1.0, 1.0, 0.6), (0.3, 0.5, 1.0), (1.2, 0.6, 1.0)]
)
def test_elsewhere_it_is_a_bound_and_not_the_maximum(phi, eta_a, eta_b):
    settings = ns.settings.leggett_triads(phi)
    r = ns.bound(ns.functionals.leggett3(settings), ns.Leggett(settings, eta_a=eta_a, eta_b=eta_b), tolerance=1e-3)
    assert r.upper < closed_form(phi, eta_a, eta_b)


def test_every_inequality_of_the_proof():
    """At random states, purities and angles, for random admissible λ."""
    rng = np.random.default_rng(5)
    for _ in range(300):
        phi, eta_a, eta_b = rng.uniform(0.01, 3.1), *rng.uniform(0.0, 1.0, size=2)
        s, c, t = math.sin(phi / 2.0), math.cos(phi / 2.0), math.tan(phi / 2.0)
        share = rng.uniform(0.0, min(1.0, t))
        u, v = (x / np.linalg.norm(x) for x in rng.normal(size=(2, 3)))
        p, q = eta_a * u + eta_b * c * v, eta_b * s * v
        m = np.maximum(np.abs(np.roll(p, -1)), np.abs(q))
        settings = ns.settings.leggett_triads(phi)
        model = ns.Leggett(settings, eta_a=max(eta_a, 1e-9), eta_b=max(eta_b, 1e-9))
        value = model.problem(ns.functionals.leggett3(settings)).value(u, v)
        assert value == pytest.approx(2.0 / 3.0 * m.sum(), abs=1e-8)
        assert np.all(m**2 >= share * np.roll(p, -1) ** 2 + (1.0 - share) * q**2 - 1e-15)
        assert np.all(m * np.roll(m, 1) >= -(share / t) * q * p - 1e-15)
        form = share * (p @ p) + (1.0 - share) * (q @ q) - 2.0 * (share / t) * (p @ q)
        assert form == pytest.approx(eta_b**2 * s * s + share * (eta_a**2 - eta_b**2), abs=1e-13)
        assert m.sum() ** 2 >= form - 1e-13
