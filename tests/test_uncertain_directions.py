"""Bounds for directions that are known within angles only."""

import math

import numpy as np
import pytest

import nsmodels as ns
from nsmodels.studies.analysis.oracle import Limits, proved

DELTA = math.radians(0.2)


def turned(rows: np.ndarray, angle: float, rng: np.random.Generator) -> np.ndarray:
    side = np.cross(rows, rng.normal(size=rows.shape))
    return math.cos(angle) * rows + math.sin(angle) * side / np.linalg.norm(side, axis=1)[:, None]


def enclosed(model, functional, tolerance=1e-4):
    n, m = model.shape
    return proved(functional, model, Limits(tolerance, 30.0, 0, (np.full(n, DELTA), np.full(m, DELTA))))


@pytest.mark.parametrize("eta", [1.0, 0.7])
@pytest.mark.parametrize("phi_deg", [25.0, 60.0])
def test_l3_with_uncertain_directions_is_known_to_1e_4(eta: float, phi_deg: float) -> None:
    """Closing one pair by 2δ leaves 2 − ⅔ η sin(φ/2 − δ), which is reached; it is the most to first order."""
    settings = ns.settings.leggett_triads(phi_deg=phi_deg)
    found = enclosed(ns.Leggett(settings, eta), ns.functionals.leggett3(settings))
    assert found.value.upper - found.value.lower <= 1e-4
    closed = 2 - 2 / 3 * eta * math.sin(math.radians(phi_deg) / 2 - DELTA)
    assert closed - 1e-9 <= found.value.upper
    assert found.value.lower == pytest.approx(closed, abs=3e-5)
    assert found.settings is not None
    cosines = [(a * b).sum(axis=1).min() for a, b in zip(
        (found.settings.alice, found.settings.bob), (settings.alice, settings.bob))]  # fmt: skip
    assert min(cosines) >= math.cos(DELTA)


def test_lower_ends_do_not_rest_at_kinks() -> None:
    """Directions and hidden vectors move at once: for any functional both ends meet, with or without marginals."""
    for seed, (n, m), marginals in ((1, (3, 3), 0.3), (2, (4, 4), 0.0)):
        rng = np.random.default_rng(seed)
        settings = ns.Settings(rng.normal(size=(n, 3)), rng.normal(size=(m, 3)), normalise=True)
        f = ns.Functional(rng.normal(size=(n, m)), marginals * rng.normal(size=n), marginals * rng.normal(size=m))
        model = ns.Leggett(settings)
        found = enclosed(model, f)
        assert found.value.reason == "tolerance_met"
        assert found.value.upper - found.value.lower <= 1e-4
        assert found.settings is not None
        there = ns.bound(f, model.moved(found.settings), tolerance=1e-6)  # its directions do attain the lower end
        assert there.upper >= found.value.lower - 1e-9


def test_what_nothing_exceeds_needs_no_search() -> None:
    settings = ns.Settings([[0, 0, 1], [1, 0, 0]], [[0, 0, 1], [1, 0, 0]])
    for model in (ns.Leggett(settings), ns.OneSided(settings, 0.4), ns.Leggett(settings, eta=0.0)):
        found = enclosed(model, ns.Functional([[1.0, 0.0], [0.0, 1.0]]), 1e-3)
        assert 2.0 <= found.value.upper <= 2.0 + 1e-9


def test_coverings_are_found_again_and_do_not_depend_on_what_was_asked_before() -> None:
    from nsmodels.engines.spheres import uncertain, uncertain_again

    def problem(phi_deg: float):
        settings = ns.settings.leggett_triads(phi_deg=phi_deg)
        f = ns.functionals.leggett3(settings)
        return ns.Leggett(settings).within(f, np.full(3, DELTA), np.full(6, DELTA))

    first = uncertain_again.cover(problem(30.0), 0.17, 30.0)
    assert uncertain_again.cover(problem(30.0), 0.17, 30.0) is first
    others = [(problem(30.0), 0.169), (problem(30.1), 0.17)]
    for other, target in others:
        found = uncertain_again.cover(other, target, 30.0)
        assert found is not first
        alone = uncertain.cover(other, target, 30.0)
        assert (found[0], found[1].nodes, found[1].leaves) == (alone[0], alone[1].nodes, alone[1].leaves)
    short = uncertain_again.cover(problem(30.0), 0.25, 30.0)  # more than there is: what limits cut short is not kept
    assert short[0] < 0.25
    assert uncertain_again.cover(problem(30.0), 0.25, 30.0) is not short


def test_no_directions_within_the_angles_exceed_the_bound() -> None:
    rng = np.random.default_rng(5)
    settings = ns.settings.random(2, 3, seed=1)
    functional = ns.Functional(rng.normal(size=(2, 3)), rng.normal(size=2), rng.normal(size=3))
    for model in (ns.Leggett(settings, eta_a=0.9, eta_b=0.7), ns.OneSided(settings, 0.8, party="alice")):
        found = enclosed(model, functional, 0.02)
        for _ in range(4):
            near = ns.Settings(turned(settings.alice, DELTA, rng), turned(settings.bob, DELTA, rng), normalise=True)
            assert ns.bound(functional, model.moved(near), tolerance=1e-4).lower <= found.value.upper
