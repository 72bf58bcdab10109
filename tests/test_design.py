"""The search for settings: derivatives, coordinates, graphs, orbits, and designs that are certified."""

import math

import numpy as np
import pytest

import nsmodels as ns
from nsmodels.errors import InputError
from nsmodels.studies.design import search
from nsmodels.studies.design.charts import Layout, random_units
from nsmodels.studies.design.gauge import in_gauge
from nsmodels.studies.design.graphs import graphs, some_graphs
from nsmodels.studies.design.groups import orbits, rotation_group, symmetric_layout
from nsmodels.studies.design.search import approach, arrive
from nsmodels.studies.design.symmetries import symmetry
from nsmodels.studies.design.tasks import Objective, Task
from nsmodels.studies.design.tracked import values

FLOOR = 0.5 * (1.0 + math.sqrt(0.5))
"""Leggett's model with η = 1 reproduces the singlet on all settings at once up to here (PHYSICS: all settings)."""


def task_of(n_alice: int, n_bob: int, objective: Objective = Objective(), eta: float = 1.0) -> Task:  # noqa: B008
    model = ns.Leggett(ns.settings.random(n_alice, n_bob, seed=1), eta=eta)
    return Task(model, np.ones((n_alice, n_bob), dtype=bool), objective)


LAWS = {
    "Leggett": ns.Leggett,
    "unequal purities": lambda s: ns.Leggett(s, eta_a=0.6, eta_b=0.9),
    "one-sided": ns.OneSided,
    "the other side": lambda s: ns.OneSided(s, 0.6, party="alice"),
    "cubic": lambda s: ns.Law(s, [0.0, 0.0, 0.0, 1.0]),
    "v = -u": lambda s: ns.Law(s, [0.0, 1.0], hidden="opposite"),
    "two laws": lambda s: ns.Law(s, [0.0, 1.5, 0.0, -0.5], [0.0, 0.8]),
}


@pytest.mark.parametrize("law", LAWS.values(), ids=LAWS)
@pytest.mark.parametrize("seed", range(2))
def test_the_derivative_by_the_settings_is_that_of_the_oracle(law, seed: int) -> None:
    rng = np.random.default_rng(seed)
    task = Task(law(ns.settings.random(3, 4, seed=1)), np.ones((3, 4), dtype=bool))
    X = random_units(7, rng)
    S = rng.normal(size=task.n_pairs)
    model, f = task.on(X), task.functional(S)
    found = model.follow(f, model.scatter(60, rng))
    best = found.take(np.argsort(-values(f, found))[:1])
    best = model.follow(f, best, 1e-3)
    assert values(f, best)[0] == pytest.approx(model.support(f, tolerance=1e-6).value.lower, abs=3e-6)
    chart = Layout.free(3, 4).chart(X)
    slope = chart.pull(np.concatenate(model.settings_gradient(f, best), axis=1))[0]
    step = 1e-5
    for k, e in enumerate(np.eye(chart.size)):
        ends = [
            values(f, task.on(chart.point(sign * step * e)).follow(f, best, 1e-4))[0] for sign in (1.0, -1.0)
        ]
        assert slope[k] == pytest.approx((ends[0] - ends[1]) / (2.0 * step), abs=2e-6)


@pytest.mark.parametrize(
    ("law", "phi"),
    [(ns.OneSided, 1.0), (lambda s: ns.Law(s, [0.0, 1.5, 0.0, -0.5]), 1.0), (lambda s: ns.Leggett(s, eta=0.5), 0.5)],
    ids=["one-sided", "law", "eta = 0.5"],
)
def test_every_law_is_excluded_on_better_settings_than_the_given_ones(law, phi: float, monkeypatch) -> None:
    """Linear programs alone, from L3's directions at too large an angle; `decompose` says how much was gained."""
    start, pairs = ns.settings.leggett_triads(phi), np.kron(np.eye(3, dtype=int), [[1, 1]]).astype(bool)
    task, rng = Task(law(start), pairs), np.random.default_rng(0)
    monkeypatch.setattr(search, "ROUNDS", 8)
    place = arrive(task, np.concatenate([start.alice, start.bob]), rng)
    place = approach(task, Layout.free(3, 6), place, rng, math.inf)

    def proved(settings: ns.Settings) -> float:
        behaviour = ns.behaviours.singlet(settings).with_pairs((int(i), int(j)) for i, j in np.argwhere(pairs))
        return ns.decompose(behaviour, law(settings), tolerance=1e-5).upper

    found = ns.Settings(place.directions[:3], place.directions[3:], normalise=True)
    assert proved(found) < proved(start) - 1e-3
    assert proved(found) < 1.0


@pytest.mark.parametrize("objective", [Objective(), Objective(0.98), Objective(0.98, equally=True)])
def test_gain_and_cost_have_the_derivatives_they_name(objective: Objective) -> None:
    task, rng = task_of(2, 3, objective), np.random.default_rng(2)
    X, S = random_units(5, rng), rng.normal(size=6)
    chart = Layout.free(2, 3).chart(X)
    for function in (task.gain, task.cost):
        slope = chart.pull(function(S, X)[2])
        for k, e in enumerate(np.eye(chart.size)):
            ends = [function(S, chart.point(sign * 1e-6 * e))[0] for sign in (1.0, -1.0)]
            assert slope[k] == pytest.approx((ends[0] - ends[1]) / 2e-6, abs=1e-7)


def test_coordinates_keep_planes_and_symmetries() -> None:
    rng = np.random.default_rng(3)
    flat = Layout.free(2, 3, (True, False))
    X = flat.random(rng)
    chart = flat.chart(X)
    assert chart.size == 2 + 6
    moved = chart.point(rng.normal(size=8))
    assert np.abs(moved[:2, 2]).max() < 1e-12
    assert np.abs(moved[2:, 2]).max() > 1e-3
    layout = symmetric_layout("C3", 3, 4, rng)
    assert layout is not None
    moved = layout.chart(layout.random(rng)).point(np.full(layout.chart(layout.random(rng)).size, 0.1))
    turn = rotation_group("C3")[1]
    for party in (moved[:3], moved[3:]):
        nearness = np.abs(party @ turn.T @ party.T).max(axis=1)
        assert nearness == pytest.approx(np.ones(len(party)), abs=1e-12)


@pytest.mark.parametrize(("name", "size"), [("C3", 3), ("D2", 4), ("D5", 10), ("T", 12), ("O", 24), ("I", 60)])
def test_rotation_groups_have_their_orders(name: str, size: int) -> None:
    group = rotation_group(name)
    assert len(group) == size
    assert np.abs(np.linalg.det(group) - 1.0).max() < 1e-12


def test_orbits_of_the_tetrahedral_group() -> None:
    sizes = sorted((orbit.size, orbit.fixed) for orbit in orbits(rotation_group("T")))
    assert sizes == [(3, True), (4, True), (6, False), (12, False)]  # axes, diagonals, b = (c, ±s, 0), generic


@pytest.mark.parametrize(
    ("edges", "exchangeable", "count"), [(1, True, 1), (2, True, 2), (2, False, 3), (3, True, 4), (3, False, 6)]
)
def test_graphs_up_to_isomorphism(edges: int, exchangeable: bool, count: int) -> None:
    found = graphs(edges, exchangeable=exchangeable)
    assert len(found) == count
    for pairs in found:
        assert pairs.sum() == edges
        assert pairs.any(axis=0).all()
        assert pairs.any(axis=1).all()
    assert found[0].shape == (edges, edges)


def test_sampled_graphs_have_their_edges() -> None:
    found = some_graphs(9, 6, np.random.default_rng(0))
    assert len(found) == 6
    assert all(pairs.sum() == 9 and pairs.any(axis=0).all() and pairs.any(axis=1).all() for pairs in found)


def test_the_gauge_keeps_what_can_be_measured_and_is_reached_from_everywhere() -> None:
    rng = np.random.default_rng(5)
    alice, bob, weights = random_units(3, rng), random_units(4, rng), rng.random((3, 4)) + 0.1
    turn = np.linalg.qr(rng.normal(size=(3, 3)))[0]
    signs = rng.choice([-1.0, 1.0], size=7)
    first = in_gauge(alice, bob, weights)
    second = in_gauge(signs[:3, None] * alice @ turn.T, signs[3:, None] * bob @ turn.T, weights)
    assert np.abs(first[0] - second[0]).max() < 1e-12
    assert np.abs(first[1] - second[1]).max() < 1e-12
    assert first[0][0] == pytest.approx([0.0, 0.0, 1.0])
    assert np.abs(np.abs(first[0] @ first[1].T) - np.abs(alice @ bob.T)).max() < 1e-12


def test_symmetries_of_l3_are_counted() -> None:
    group = symmetry(ns.settings.leggett_triads(0.6), np.ones((3, 6), dtype=bool))
    assert (group.order, group.name, group.exchanges) == (12, "T", False)


@pytest.mark.parametrize(
    ("name", "directions"), [("C2", 2), ("C3", 3), ("D2", 4), ("C5", 5), ("D3", 6), ("T", 12)]
)
def test_orbits_have_the_symmetry_they_are_made_with(name: str, directions: int) -> None:
    layout = symmetric_layout(name, directions, directions, np.random.default_rng(1))
    rows = layout.random(np.random.default_rng(0))
    settings = ns.Settings(rows[:directions], rows[directions:], normalise=True)
    every = np.ones(settings.shape, dtype=bool)
    assert symmetry(settings, every).name == name
    turned = ns.Settings(settings.bob, settings.alice, normalise=True)
    assert symmetry(turned, every).name == name


def test_exchanged_parties_and_settings_of_a_plane() -> None:
    circle = ns.settings.half_circle(4)
    group = symmetry(circle, np.ones((4, 4), dtype=bool))
    assert (group.order, group.name, group.exchanges) == (8, "", True)  # reflections of the plane are no rotations


def test_four_correlators_are_enough_and_the_search_finds_them() -> None:
    start = ns.settings.random(4, 4, seed=0)
    result = ns.design(
        ns.Leggett, 4, 4, pairs=[(k, k) for k in range(4)], starts=3, time_limit_s=120.0, seed=0, tolerance=1e-7
    )
    assert start.shape == result.settings.shape
    assert result.status == "certified"
    assert FLOOR < result.lower <= result.upper <= 0.961372
    assert result.search["optima"][0]["value"] == pytest.approx(result.upper, abs=1e-6)
    written = result.to_json()
    again = ns.Settings(written["settings"]["alice"], written["settings"]["bob"])
    proved = ns.decompose(ns.behaviours.singlet(again).with_pairs([(k, k) for k in range(4)]), ns.Leggett(again))
    assert proved.upper == pytest.approx(result.upper, abs=2e-6)


def test_given_settings_are_improved() -> None:
    start = ns.settings.leggett_triads(2.0 * math.atan(1.0 / 3.0))
    pairs = [(i, 2 * i + k) for i in range(3) for k in (0, 1)]
    result = ns.design(ns.Leggett, start=start, pairs=pairs, starts=0, time_limit_s=15.0)
    assert FLOOR < result.upper < 0.9427  # L3 itself: 0.942809 at best


def test_an_answer_is_no_worse_than_the_given_settings() -> None:
    """Without time for anything but a look at them: L3 at its best angle, sin(φ/2) = 1/3, has 2√2/3."""
    start = ns.settings.leggett_triads(2.0 * math.asin(1.0 / 3.0))
    result = ns.design(ns.Leggett, start=start, starts=0, time_limit_s=0.1)
    assert result.upper <= 2.0 * math.sqrt(2.0) / 3.0 + 2e-6


def test_two_settings_a_side_exclude_nothing() -> None:
    result = ns.design(ns.Leggett, 2, 2, starts=1, time_limit_s=20.0)
    assert result.lower == 1.0
    assert result.inequality is None


def test_an_interrupt_keeps_the_best() -> None:
    def stop(lower: float, upper: float, starts: int, seconds: float) -> None:
        if starts:
            raise KeyboardInterrupt

    result = ns.design(
        ns.Leggett, 4, 4, pairs=[(k, k) for k in range(4)], starts=50, time_limit_s=120.0, progress=stop
    )
    assert result.reason == "interrupted"
    assert result.status == "certified"
    assert result.upper < 1.0
    assert result.search["starts"] <= 2


@pytest.mark.parametrize("sharing", ["optimal", "equal"])
def test_fewest_pairs_are_fewer_than_for_l3(sharing: str) -> None:
    """L3 at 26.9 degrees needs 1,630 pairs for five standard deviations at V = 0.985, shared equally (by formula)."""
    start = ns.settings.leggett_triads(math.radians(26.9))
    pairs = [(i, 2 * i + k) for i in range(3) for k in (0, 1)]
    V, f = 0.985, ns.functionals.leggett3(start)
    C = V * math.cos(math.radians(26.9) / 2.0)
    violation = V * 2.0 * math.cos(math.radians(26.9) / 2.0) - (2.0 - 2.0 / 3.0 * math.sin(math.radians(26.9) / 2.0))
    of_l3 = 25.0 * 6 * 6 * (1.0 - C * C) / 9.0 / violation**2
    assert of_l3 == pytest.approx(1630, abs=2)
    assert f.shape == (3, 6)
    result = ns.design(
        ns.Leggett, start=start, pairs=pairs, objective="significance", visibility=V, sharing=sharing, starts=0,
        time_limit_s=20.0,
    )  # fmt: skip
    found = result.significance
    assert found is not None
    assert found.pairs < 1600
    assert found.sigma(4.0 * found.pairs) == pytest.approx(10.0)
    assert found.shares.sum() == pytest.approx(1.0)
    # by formula, from what is displayed
    S, proved = found.inequality.functional.correlators, found.inequality.bound
    correlators = -V * (result.settings.alice @ result.settings.bob.T)
    spread = (np.abs(S) * np.sqrt(1.0 - correlators**2))[result.pairs]
    error = math.sqrt(6) * np.linalg.norm(spread) if sharing == "equal" else spread.sum()
    assert found.pairs == pytest.approx(25.0 * (error / ((S * correlators).sum() - proved)) ** 2, rel=1e-9)


@pytest.mark.parametrize("seed", range(6))
def test_three_correlators_never_exclude_the_model(seed: int) -> None:
    """A theorem: every corner of the cube of three correlators is reached with vanishing marginals."""
    rng = np.random.default_rng(seed)
    for table in graphs(3):
        settings = ns.Settings(random_units(len(table), rng), random_units(table.shape[1], rng))
        assert not ns.Leggett(settings).hopeful(table)
        behaviour = ns.behaviours.singlet(settings).with_pairs((int(i), int(j)) for i, j in np.argwhere(table))
        assert ns.decompose(behaviour, ns.Leggett(settings), tolerance=1e-7).upper >= 1.0 - 1e-7


@pytest.mark.parametrize("seed", range(4))
def test_what_is_not_hopeful_has_a_model(seed: int) -> None:
    rng = np.random.default_rng(seed)
    pairs = np.eye(4, dtype=bool)
    looked = 0
    for _ in range(40):
        settings = ns.Settings(random_units(4, rng), random_units(4, rng))
        if not ns.Leggett(settings).hopeful(pairs):
            looked += 1
            task = Task(ns.Leggett(settings), pairs)
            value = arrive(task, np.concatenate([settings.alice, settings.bob]), rng).value
            assert value >= 1.0 - 1e-6
        if looked == 5:
            break
    assert looked == 5


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({}, "n_alice"),
        ({"n_alice": 2}, "n_bob"),
        ({"n_alice": 2, "n_bob": 0}, "n_bob is 0"),
        ({"n_alice": 99, "n_bob": 2}, "at most 24"),
        ({"correlators": 4, "n_alice": 3}, "one of the two"),
        ({"n_alice": 2, "n_bob": 2, "pairs": [(0, 0)]}, "is in no pair"),
        ({"n_alice": 2, "n_bob": 2, "pairs": [(0, 2)]}, "at most 1"),
        ({"n_alice": 2, "n_bob": 2, "objective": "speed"}, "objective"),
        ({"n_alice": 2, "n_bob": 2, "symmetric": "C1"}, "symmetric"),
        ({"n_alice": 2, "n_bob": 2, "symmetric": "I"}, "orbits of I"),
        ({"n_alice": 2, "n_bob": 2, "plane": "north"}, "plane"),
        ({"n_alice": 2, "n_bob": 2, "minimum_angle_deg": 95}, "minimum_angle_deg"),
        ({"n_alice": 2, "n_bob": 2, "starts": -1}, "starts"),
        ({"n_alice": 2, "n_bob": 2, "time_limit_s": 0}, "time_limit_s"),
        ({"n_alice": 2, "n_bob": 2, "start": ns.settings.leggett_triads(0.5)}, "start has 3×6"),
    ],
)
def test_mistakes_are_answered_in_one_line(arguments: dict, words: str) -> None:
    with pytest.raises(InputError, match=words) as caught:
        ns.design(ns.Leggett, **arguments)
    assert "\n" not in str(caught.value)


def test_models_that_do_not_look_at_directions_are_refused() -> None:
    with pytest.raises(InputError, match="bell"):
        ns.design(ns.Bell((2, 2)), 2, 2)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="of type int"):
        ns.design(3, 2, 2)  # type: ignore[arg-type]
