"""Settings: what is accepted, what the families are, and that stored vectors are as close as they claim."""

import math
from collections.abc import Callable
from decimal import Decimal as D
from fractions import Fraction

import numpy as np
import precise
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nsmodels as ns
from nsmodels.common.angles import cos_sin_degrees, cos_sin_turns, unit
from nsmodels.errors import InputError
from nsmodels.settings import DIRECTIONS, FAMILIES

ANGLES = [0.0, 1e-9, 25.0, 36.87, -36.87, 45.0, 90.0, 179.99999999999997, 180.0, 359.9999, 720.5, 1e6 + 0.1, 1e17]
Z = [[0.0, 0.0, 1.0]]

few = settings(max_examples=40, derandomize=True, deadline=None)


@pytest.mark.parametrize("phi_deg", ANGLES)
def test_leggett_families_are_within_their_rounding(phi_deg: float) -> None:
    phi = precise.radians(phi_deg)
    for name in DIRECTIONS:
        s = ns.settings.leggett_directions(phi_deg=phi_deg, directions=name)
        alice, bob = precise.leggett(precise.AXES[name], phi)
        assert precise.distance(s.alice, alice) <= s.rounding
        assert precise.distance(s.bob, bob) <= s.rounding
    s = ns.settings.leggett_triads(phi_deg=phi_deg)
    alice, bob = precise.leggett(precise.AXES["triad"], phi)
    assert precise.distance(s.alice, alice) == 0.0
    assert precise.distance(s.bob, bob) <= s.rounding


@pytest.mark.parametrize("phi", [0.0, 0.6, -0.6, math.pi, 5.0, math.tau, -math.tau])
def test_angles_in_radians_are_within_their_rounding(phi: float) -> None:
    s = ns.settings.leggett_triads(phi)
    assert precise.distance(s.bob, precise.leggett(precise.AXES["triad"], D(phi))[1]) <= s.rounding


@pytest.mark.parametrize("n", [1, 2, 3, 7, 64])
def test_circles_are_within_their_rounding(n: int) -> None:
    half = ns.settings.half_circle(n)
    alice, bob = precise.half_circle(n)
    assert precise.distance(half.alice, alice) <= half.rounding
    assert precise.distance(half.bob, bob) <= half.rounding
    great = ns.settings.great_circle(n, n + 1)
    assert precise.distance(great.alice, precise.great_circle(n)) <= great.rounding
    assert precise.distance(great.bob, precise.great_circle(n + 1)) <= great.rounding


@pytest.mark.parametrize("n", [1, 2, 5, 60])
def test_fibonacci_is_within_its_rounding(n: int) -> None:
    s = ns.settings.fibonacci(n, n)
    assert precise.distance(s.alice, precise.fibonacci(n)) <= s.rounding


def test_late_fibonacci_points_are_as_good_as_early_ones() -> None:
    s = ns.settings.fibonacci(4000, 1)
    k = 3999
    height = 1 - D(2 * k + 1) / 4000
    cosine, sine = precise.cos_sin(k * precise.PI * (3 - D(5).sqrt()))
    radius = (1 - height * height).sqrt()
    assert precise.distance(s.alice[-1:], [(radius * cosine, radius * sine, height)]) <= s.rounding


@given(st.lists(st.tuples(st.floats(-1e4, 1e4), st.floats(-1e20, 1e20)), min_size=1, max_size=3))
@few
def test_angles_in_degrees_are_within_their_rounding(rows: list[tuple[float, float]]) -> None:
    s = ns.settings.from_angles(rows, [(0.0, 0.0)])
    assert precise.distance(s.alice, [precise.by_angles(*row) for row in rows]) <= s.rounding
    assert s.bob.tolist() == Z


@given(st.tuples(*3 * [st.floats(-1e300, 1e300) | st.floats(-1e-300, 1e-300)]).filter(any))
@few
def test_rows_are_normalised_to_the_last_digit(row: tuple[float, float, float]) -> None:
    s = ns.Settings([row], Z, normalise=True)
    exact = precise.normalised([D(x) for x in row])
    assert precise.distance(s.alice, [exact]) <= s.rounding == 4e-16
    assert s.rows_alice.tolist() == [list(row)]


def test_exact_angles_give_exact_directions() -> None:
    assert [cos_sin_degrees(90.0 * k) for k in range(-1, 4)] == [(0, -1), (1, 0), (0, 1), (-1, 0), (0, -1)]
    assert [cos_sin_turns(k, 4) for k in range(-1, 4)] == [(0, -1), (1, 0), (0, 1), (-1, 0), (0, -1)]
    assert unit([Fraction(3), Fraction(0), Fraction(4)]) == (0.6, 0.0, 0.8)
    assert ns.settings.great_circle(4, 2).alice.tolist() == [[0, 0, 1], [1, 0, 0], [0, 0, -1], [-1, 0, 0]]


def test_leggett_directions_of_the_triad_are_the_triads() -> None:
    one, other = ns.settings.leggett_triads(0.6), ns.settings.leggett_directions(0.6, "triad")
    assert np.array_equal(one.alice, other.alice)
    assert np.array_equal(one.bob, other.bob)
    assert one.alice.tolist() == [[0, 1, 0], [0, 0, 1], [1, 0, 0]]
    assert one.shape == (3, 6)


@given(st.tuples(*3 * [st.floats(-1, 1)]).filter(lambda row: sum(x * x for x in row) > 0.01), st.floats(-3, 3))
@few
def test_leggett_directions_for_any_axis(row: tuple[float, float, float], phi: float) -> None:
    e = unit(row)
    s = ns.settings.leggett_directions(phi, [e])
    a, b, c = s.alice[0], s.bob[0], s.bob[1]
    assert abs(a @ e) < 1e-15
    assert np.abs(b - c - 2 * math.sin(phi / 2) * np.array(e)).max() < 1e-14
    assert np.abs(b + c - 2 * math.cos(phi / 2) * a).max() < 1e-14
    alice, bob = precise.leggett([[D(x) for x in e]], D(phi))
    assert precise.distance(s.alice, alice) <= s.rounding
    assert precise.distance(s.bob, bob) <= s.rounding


def test_named_axes_are_the_solids() -> None:
    """Angles between axes: 90°; arccos 1/3; arccos 1/√5; and for the dodecahedron arccos of √5/3, 2/3 or 1/3."""
    wanted = {"triad": {0.0}, "tetrahedron": {1 / 3}, "icosahedron": {1 / math.sqrt(5)},
              "dodecahedron": {1 / 3, 2 / 3, math.sqrt(5) / 3}}  # fmt: skip
    for (name, cosines), count in zip(wanted.items(), (3, 4, 6, 10), strict=True):
        axes = ns.settings.directions(name)
        assert axes.shape == (count, 3)
        found = np.abs(axes @ axes.T)[np.triu_indices(count, 1)]
        assert all(min(abs(x - y) for y in cosines) < 1e-15 for x in found)


def test_half_circle_neighbours_are_half_a_step_apart() -> None:
    n = 5
    s = ns.settings.half_circle(n)
    step = math.cos(math.pi / (2 * n))
    assert np.allclose([s.alice[k] @ s.bob[k] for k in range(n)], step)
    assert np.allclose([s.alice[k + 1] @ s.bob[k] for k in range(n - 1)], step)
    assert s.alice[0] @ s.bob[n - 1] == pytest.approx(-step)


def test_chsh_settings_reach_tsirelsons_bound() -> None:
    s = ns.settings.chsh()
    assert ns.functionals.chsh().value(ns.behaviours.singlet(s)) == pytest.approx(2 * math.sqrt(2), abs=1e-15)


def test_random_settings_are_reproducible_from_the_standard_library() -> None:
    import random

    generator = random.Random(7)
    rows: list[list[float]] = []
    while len(rows) < 5:
        row = [2.0 * generator.random() - 1.0 for _ in range(3)]
        if 0.25 <= row[0] * row[0] + row[1] * row[1] + row[2] * row[2] <= 1.0:
            rows.append(row)
    s = ns.settings.random(2, 3, seed=7)
    assert s == ns.settings.random(2, 3, seed=7) != ns.settings.random(2, 3, seed=8)
    assert precise.distance(s.alice, [precise.normalised([D(x) for x in row]) for row in rows[:2]]) <= 4e-16
    assert precise.distance(s.bob, [precise.normalised([D(x) for x in row]) for row in rows[2:]]) <= 4e-16


def test_every_family_builds_from_a_problem_files_parameters() -> None:
    given = {"phi_deg": 30.0, "directions": "icosahedron", "n": 3, "n_alice": 2, "n_bob": 4, "seed": 1, "mirror": True}
    for name, family in FAMILIES.items():
        s = family.build({key: given[key] for key in family.parameters})
        assert s.family == name
        assert s.parameters == {key: given[key] for key in family.parameters}
        assert np.abs(np.linalg.norm(s.alice, axis=1) - 1).max() < 1e-15
        with pytest.raises(InputError, match="no parameter 'colour'"):
            family.build({"colour": 1})
    with pytest.raises(InputError, match="needs the parameter 'n'"):
        FAMILIES["half_circle"].build({})


@pytest.mark.parametrize(
    ("alice", "message"),
    [
        ([[0, 0, 1.0001]], "row 0 of alice has norm 1.0001"),
        ([[0, 0, 1], [0, 0, 0]], "row 1 of alice is zero"),
        ([[0, 0, 1], [0, 0]], "row 1 of alice is not a list of 3 numbers"),
        ([[0, math.nan, 1]], "row 0 of alice .*finite"),
        ([[0, math.inf, 1]], "row 0 of alice .*finite"),
        ([], "alice has no directions"),
        ([[0, 1]], r"alice has shape \(1, 2\)"),
        ([["x", 0, 1]], "alice is not"),
    ],
)
def test_bad_rows_are_refused_by_name(alice: list[list[float]], message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        ns.Settings(alice, Z)
    assert "\n" not in str(caught.value)


def test_normalise_accepts_any_length_but_zero() -> None:
    assert ns.Settings([[0, 3, 4]], Z, normalise=True).alice.tolist() == [[0.0, 0.6, 0.8]]
    assert ns.Settings([[0, 0, 1 + 5e-10]], Z).alice.tolist() == Z
    with pytest.raises(InputError, match="zero"):
        ns.Settings([[0, 0, 0]], Z, normalise=True)


@pytest.mark.parametrize("call", [
    lambda: ns.settings.half_circle(0),
    lambda: ns.settings.half_circle(True),
    lambda: ns.settings.fibonacci(2.5, 1),  # type: ignore[arg-type] # that is the test
    lambda: ns.settings.random(1, 1, seed=-1),
    lambda: ns.settings.leggett_triads(),
    lambda: ns.settings.leggett_triads(0.1, phi_deg=3.0),
    lambda: ns.settings.leggett_triads(math.nan),
    lambda: ns.settings.leggett_directions(0.1, "cube"),
    lambda: ns.settings.leggett_directions(0.1, [[1, 1, 0]]),
    lambda: ns.settings.from_angles([[0, math.inf]], [[0, 0]]),
    lambda: ns.settings.from_angles([[0, 0, 0]], [[0, 0]]),
])  # fmt: skip
def test_bad_parameters_are_refused(call: Callable[[], ns.Settings]) -> None:
    with pytest.raises(InputError):
        call()


def test_settings_are_frozen_named_and_readable() -> None:
    s = ns.Settings(Z, [[1, 0, 0], [0, 1, 0]], bob_labels=["H", "V"])
    assert s.alice_labels == ("A0",)
    assert s.bob_labels == ("H", "V")
    assert "1×2" in repr(s)
    with pytest.raises(ValueError, match="read-only"):
        s.alice[0, 0] = 1
    with pytest.raises(AttributeError):
        s.family = "x"  # type: ignore[misc] # that is the test
    with pytest.raises(InputError, match="repeats"):
        ns.Settings(Z, [[1, 0, 0], [0, 1, 0]], bob_labels=["H", "H"])
