"""One party's directions in a line or a plane, or one setting: a side is never cut, and what is proved is true."""

import copy
import math

import numpy as np
import pytest

import nsmodels as ns
from nsmodels import checker
from nsmodels.engines.spheres import minimum as spheres
from nsmodels.engines.spheres.flat_sides import disc_search, flat_side
from nsmodels.files.problem import from_data
from nsmodels.files.result import assemble

PURITIES = ((1.0, 1.0), (1.0, 0.7), (1e-3, 1.0), (0.9, 1e-9))


def rows(rng, n, rank):
    """Directions that span a line, a plane or everything, turned at random."""
    axes = np.linalg.qr(rng.normal(size=(3, 3)))[0][:, :rank]
    x = rng.normal(size=(n, rank)) @ axes.T
    return x / np.linalg.norm(x, axis=1)[:, None]


def problem(seed, shape, ranks, eta):
    rng = np.random.default_rng(seed)
    return {
        "schema": 1,
        "kind": "bound",
        "model": {"name": "leggett", "eta_a": eta[0], "eta_b": eta[1]},
        "settings": {"alice": rows(rng, shape[0], ranks[0]).tolist(), "bob": rows(rng, shape[1], ranks[1]).tolist()},
        "functional": {
            "correlators": rng.normal(size=shape).tolist(),
            "alice": rng.normal(size=shape[0]).tolist(),
            "bob": rng.normal(size=shape[1]).tolist(),
        },
        "options": {"tolerance": 1e-9, "time_limit_s": 30.0},
    }


def answered(data):
    asked = from_data(data, "flat.toml")
    return assemble(asked, asked.ask().to_json(), 0.0)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(
    ("shape", "ranks"),
    [((20, 1), (3, 1)), ((1, 20), (1, 3)), ((1, 6), (1, 3)), ((4, 5), (1, 3)), ((5, 4), (3, 1)), ((7, 6), (2, 3)),
     ((6, 6), (3, 2)), ((5, 5), (2, 2)), ((4, 6), (1, 2)), ((3, 3), (1, 1)), ((2, 9), (2, 3))],
)  # fmt: skip
def test_lines_and_planes_close(shape, ranks, seed):
    """They are closed by patches of one sphere; before, twenty settings against one took 40,000 nodes and more."""
    result = answered(problem(seed, shape, ranks, PURITIES[seed]))
    value = result["value"]
    assert value["upper"] - value["lower"] <= 1e-9
    assert result["stats"]["nodes"] < 2_600
    assert all(holds for holds, _ in checker.check(result))


@pytest.mark.parametrize("whole", [0, 1])
@pytest.mark.parametrize("linear", [False, True])
def test_the_covering_of_one_sphere_is_below_every_value(whole, linear):
    for seed in range(5):
        rng = np.random.default_rng(seed)
        sides = [rows(rng, 4, 3), rows(rng, 4, 1 + seed % 2)]
        a, b = sides if whole == 1 else sides[::-1]
        f = ns.Functional(rng.normal(size=(4, 4)), alice=linear * rng.normal(size=4), bob=linear * rng.normal(size=4))
        function = ns.Leggett(ns.Settings(a, b), eta_a=0.8).problem(f)
        known = spheres.minimise(function, tolerance=1e-6)
        assert flat_side(function, 1e-6) == whole
        weight = function.scales[1]
        start = np.array([*known.u, *known.v, function.value(known.u, known.v) / weight])
        found, best = disc_search(
            function, whole, start, 1e-8 / weight, math.inf, 2.0 * function.rounding, float("inf")
        )
        assert found is not None
        points = rng.normal(size=(2, 20_000, 3))
        u, v = points / np.linalg.norm(points, axis=2)[:, :, None]
        values = [function.value(x, y) for x, y in zip(u[:200], v[:200])]
        ends = spheres.descend(function, u[:64], v[:64])[0]
        assert found.lower <= min(*values, *ends, best[6] * weight) + 1e-12
        assert best[6] * weight - found.lower <= 1.1e-8


def test_a_side_is_flat_only_up_to_what_does_not_matter():
    rng = np.random.default_rng(0)
    b = rows(rng, 4, 1) + 1e-6 * rng.normal(size=(4, 3))
    function = ns.Leggett(ns.Settings(rows(rng, 4, 3), b, normalise=True)).problem(ns.Functional(np.ones((4, 4))))
    assert flat_side(function, 1e-3) == 1
    assert flat_side(function, 1e-7) is None


RESULT = answered(problem(0, (1, 20), (1, 3), (1.0, 0.7)))
"""A result whose proof has fine leaves."""


def test_forged_fine_leaves_are_refused():
    proof = RESULT["certificate"]["upper"]
    assert proof["type"] == "covering"
    assert len(proof["fine"]) > 3

    def refused(change):
        forged = copy.deepcopy(RESULT)
        change(forged["certificate"]["upper"])
        return not all(holds for holds, _ in checker.check(forged))

    def set_leaf(leaf):
        return lambda proof: proof["fine"].__setitem__(1, leaf)

    leaf = proof["fine"][1]
    assert not refused(lambda proof: None)
    assert refused(set_leaf([-x for x in leaf]))
    assert refused(set_leaf(leaf[:-1]))
    assert refused(set_leaf([*leaf, 0]))
    assert refused(set_leaf([1 << 51, *leaf[1:]]))
    assert refused(set_leaf([float(x) for x in leaf]))
    assert refused(lambda proof: proof["fine"].append(leaf))
    assert refused(lambda proof: proof["fine"].pop())
    assert refused(lambda proof: proof.pop("fine"))
    assert refused(lambda proof: proof["fine"].reverse())


def test_a_width_is_met_also_where_both_purities_are_tiny():
    """What rounding takes off the ends belongs to the width that was asked for."""
    rng = np.random.default_rng(11)
    for _ in range(6):
        settings = ns.Settings(rows(rng, 2, 1), rows(rng, 5, 1))
        f = ns.Functional(rng.normal(size=(2, 5)), alice=rng.normal(size=2), bob=rng.normal(size=5))
        r = ns.bound(f, ns.Leggett(settings, eta_a=1e-3, eta_b=1e-9), tolerance=1e-10)
        assert r.value.width <= 1e-10
