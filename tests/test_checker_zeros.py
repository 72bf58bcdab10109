"""What is not zero is never taken for zero: tiny angles, tiny marginals, and opposites."""

import math
from fractions import Fraction

import pytest
from handwritten import result, shown, verdict

from nsmodels import checker

TINY_ANGLES = [1e-70, -1e-70, 1e-200, 5e-324, 1e-60]
"""Degrees between Bob's direction and a horizontal one: below 2^-200 his marginal seems to vanish, and does not."""


def barely_biased(phi_deg):
    """Alice measures along x, Bob along x ± z sin(φ/2): of cos 30° |00⟩ + sin 30° |11⟩ his marginals are tiny."""
    settings = {"family": "leggett_directions", "phi_deg": phi_deg, "directions": [[0, 0, 1]]}
    return {"settings": settings, "behaviour": {"name": "partially_entangled", "theta_deg": 30}}


def unbiased_model(tables, mixing):
    """The claim that one unbiased state reaches the target at V = 1, without any deviation."""
    state = {"alice": ["0"], "bob": ["0", "0"]}
    lower = {"visibility": "1", "weights": ["1"], "states": [state], "antipodal": False, "deviation": "0"}
    return result(
        {"kind": "visibility", "model": {"name": "unbiased"}, **tables}, (1.0, 1.0),
        {"lower": {**lower, "repair": "0"}, "upper": None},
        decomposition=[{"weight": 1.0, **shown(state)}], mixing=[mixing], deviation=0.0, inequality=None,
    )  # fmt: skip


@pytest.mark.parametrize("antipodal", [False, True])
@pytest.mark.parametrize("phi_deg", TINY_ANGLES)
def test_a_marginal_that_is_not_zero_is_never_taken_for_zero(phi_deg, antipodal):
    """The true visibility is 0: every mixture with V > 0 is biased."""
    mixing = [(1 + math.sqrt(0.75)) / 2] * 2
    forged = unbiased_model(barely_biased(phi_deg), mixing)
    forged["certificate"]["lower"]["antipodal"] = antipodal
    assert not verdict(forged)
    assert any("misses the target" in text for _, text in checker.check(forged))
    forged["certificate"]["lower"]["deviation"] = "1/10000000000000000000000000000000000000000"
    forged["deviation"] = 1e-39
    assert not verdict(forged)  # nor by saying that it is missed by this much
    assert any("not exact" in text for _, text in checker.check(forged))


def test_a_marginal_that_is_zero_needs_no_deviation():
    settings = {"alice": [[1, 0, 0]], "bob": [[0.6, 0.8, 0], [0, 1, 0]]}
    tables = {"settings": settings, "behaviour": {"name": "partially_entangled", "theta_deg": 30}}
    assert verdict(unbiased_model(tables, [(1 + 0.6 * math.sqrt(0.75)) / 2, 0.5]))
    tables = {"settings": settings, "behaviour": {"name": "partially_entangled", "theta_deg": 45}}
    tables["settings"] = {"alice": [[0, 0, 1]], "bob": [[0, 0.6, 0.8], [0, 1, 0]]}
    assert verdict(unbiased_model(tables, [0.9, 0.5]))


@pytest.mark.parametrize("phi_deg", TINY_ANGLES)
def test_tiny_marginals_constrain_the_pairs_that_are_not_known(phi_deg):
    """D = 1 at B1 and at B2 is impossible by |m|: |D_k + D_l| ≤ 2 − |m_k − m_l|."""
    tables = barely_biased(phi_deg)
    tables["settings"]["directions"] *= 2  # Bob: x + z, x − z, x + z, x − z
    tables["behaviour"]["pairs"] = [[0, 0]]
    names = ["A0", "A1", "B0", "B1", "B2", "B3"]
    entries = [{"path": [f"{name}+", f"{name}-"], "potentials": [0] * 6} for name in names]
    entries[3]["potentials"] = [0, 0, 0, 1, 0, 0]
    ends = [{"lower": float(name == "B1"), "upper": 1.0} for name in names]
    paths = [entry["path"] for entry in entries]
    value = result(
        {"kind": "marginals", **tables}, (1.0, 1.0),
        {"case": "given", "denominator": "1", "alice": entries[:2], "bob": entries[2:]},
        marginals={"alice": ends[:2], "bob": ends[2:]}, paths={"alice": paths[:2], "bob": paths[2:]},
    )  # fmt: skip
    assert verdict(value), checker.check(value)
    entries[3]["potentials"] = [0, 0, 0, 1, 1, 0]
    assert not verdict(value)
    value["certificate"]["case"] = "zero_or_free"
    assert not verdict(value)


def test_opposites_have_no_marginals_that_a_repair_could_complete():
    """Cos 60° is u·a of the state that is shown, and of that state mixed with its opposite it is not."""
    t = Fraction(0.5773502691896258)
    state = {"u": [str(2 * t / (1 + t * t)), "0", str((1 - t * t) / (1 + t * t))], "v": ["0", "0", "1"]}
    lower = {"visibility": "1", "weights": ["1"], "states": [state], "deviation": "0", "repair": "1/10000000"}
    vectors = shown(state)
    opposite = {key: [-x for x in vector] for key, vector in vectors.items()}
    for antipodal, listing in ((False, [(1.0, vectors)]), (True, [(0.5, vectors), (0.5, opposite)])):
        value = result(
            {
                "kind": "visibility", "model": {"name": "leggett"},
                "settings": {"alice": [[0, 0, 1]], "bob": [[1, 0, 0]]},
                "behaviour": {"name": "partially_entangled", "theta_deg": 30},
            },
            (1.0, 1.0), {"lower": {**lower, "antipodal": antipodal}, "upper": None},
            decomposition=[{"weight": weight, **entry} for weight, entry in listing], mixing=[[0.5]], deviation=0.0,
            inequality=None,
        )  # fmt: skip
        assert verdict(value) == (not antipodal), checker.check(value)


def test_coordinates_are_zero_only_where_they_are_exactly():
    for angle in (*map(Fraction, TINY_ANGLES), 90 + Fraction(1, 10**80), 45 - Fraction(1, 10**99)):
        cosine, sine = checker.cos_sin(angle / 360)
        assert cosine
        assert sine
        assert all(checker.polar(angle, angle))
    assert checker.cos_sin(Fraction(1, 4)) == (0, checker.ONE)
    assert checker.polar(Fraction(90), Fraction(0)) == [checker.ONE, 0, 0]


@pytest.mark.parametrize("visibility", [0.0, 5e-324, 1e-100, 0.5, 1.0])
def test_correlators_are_known_exactly_only_where_they_vanish_by_their_visibility(visibility):
    """However little of the singlet is left, its correlators are rounded, and are said to be."""
    settings = checker.directions({"family": "chsh"})
    wanted = checker.behaviour({"name": "werner", "visibility": visibility}, settings)
    assert (wanted.radius == 0) == (visibility == 0)
    assert wanted.marginal_radius == 0
    assert not any(wanted.alice + wanted.bob)
