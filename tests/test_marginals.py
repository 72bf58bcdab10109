"""The largest mean |marginal|: theorems as expected values, and two independent ways to compute it."""

import base64
import itertools
import json
import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nsmodels import behaviours
from nsmodels import settings as families
from nsmodels.core.behaviour import Behaviour
from nsmodels.engines.paths.graph import POTENTIAL_UNIT, DoubledGraph, largest_violation, search, to_networkx
from nsmodels.engines.solvers import lp
from nsmodels.errors import InputError
from nsmodels.questions.bias.marginals import graph_of, marginal_on_directions, marginals
from nsmodels.studies.settings_graph import draw_scaling, named_path


def random_box(rng, n_alice, n_bob, states=4):
    """A random mixture of boxes with marginals −1, 0, 1: non-signalling, (C, A, B)."""
    a = rng.choice([-1.0, 0.0, 1.0], size=(states, n_alice), p=[0.3, 0.3, 0.4])
    b = rng.choice([-1.0, 0.0, 1.0], size=(states, n_bob), p=[0.3, 0.3, 0.4])
    rho = rng.dirichlet(np.ones(states))
    low = np.abs(a[:, :, None] + b[:, None, :]) - 1.0
    high = 1.0 - np.abs(a[:, :, None] - b[:, None, :])
    mixing = rng.choice([0.0, 0.5, 1.0], size=(states, n_alice, n_bob))
    means = np.tensordot(rho, low + mixing * (high - low), 1), rho @ a, rho @ b
    return tuple(np.clip(mean, -1.0, 1.0) for mean in means)


def two_boxes_lp(behaviour, setting):
    """The largest mean |marginal| by the plain linear program over two sub-normalised boxes with all their entries."""
    n_a, n_b = behaviour.shape
    n = n_a + n_b
    given_marginals = behaviour.alice is not None
    mean = np.concatenate([behaviour.alice, behaviour.bob]) if given_marginals else None
    # unknowns: p, marginals of the two boxes, correlators of the two boxes
    width = 1 + 2 * n + 2 * n_a * n_b
    rows, right, equal, target = [], [], [], []
    for box in range(2):
        for i in range(n_a):
            for j in range(n_b):
                for s in (1.0, -1.0):
                    for t in (1.0, -1.0):  # s A + t B − s t C ≤ weight of the box
                        row = np.zeros(width)
                        row[1 + box * n + i], row[1 + box * n + n_a + j] = s, t
                        row[1 + 2 * n + (box * n_a + i) * n_b + j] = -s * t
                        row[0] = -1.0 if box == 0 else 1.0
                        rows.append(row)
                        right.append(float(box))
    for i, j in np.argwhere(behaviour.known):
        row = np.zeros(width)
        row[[1 + 2 * n + i * n_b + j, 1 + 2 * n + (n_a + i) * n_b + j]] = 1.0
        equal.append(row)
        target.append(behaviour.correlators[i, j])
    if mean is not None:
        for k in range(n):
            row = np.zeros(width)
            row[[1 + k, 1 + n + k]] = 1.0
            equal.append(row)
            target.append(mean[k])
    cost = np.zeros(width)
    cost[1 + setting], cost[1 + n + setting] = -1.0, 1.0
    lower = np.full(width, -1.0)
    lower[0] = 0.0
    answer = lp.solve(cost, np.array(rows), right, A_eq=np.array(equal), b_eq=target, lower=lower, upper=1.0)
    return -answer.objective


@pytest.mark.parametrize("n", [2, 3, 4, 5, 6, 9, 16, 33, 64, 100])
def test_half_circle_is_the_chained_quantity(n):
    """Every setting has exactly N (1 − cos(π/2N)); arXiv:0801.2218."""
    want = 2 * n * math.sin(math.pi / (4 * n)) ** 2
    answer = marginals(behaviours.singlet(families.half_circle(n)))
    for end in answer.enclosures:
        assert end.lower - 1e-15 <= want <= end.upper + 1e-15
        assert end.upper - want <= 1e-12
        assert want - end.lower <= 1e-12
    assert answer.status == "certified"
    assert answer.reason == "tolerance_met"


def test_published_values_of_the_chain():
    """0.585786, 0.401924, 0.304482, 0.244717, 0.204445 for N = 2..6."""
    published = (0.585786, 0.401924, 0.304482, 0.244717, 0.204445)
    for n, want in zip(range(2, 7), published, strict=True):
        assert marginals(behaviours.singlet(families.half_circle(n))).value.midpoint == pytest.approx(want, abs=5e-7)


@pytest.mark.parametrize("visibility", [0.98, 0.99, 0.999])
def test_visibility_enters_the_chain(visibility):
    """On the half circle the value is min over chords of the chain, here N (1 − V cos(π/2N)) for N = 5."""
    answer = marginals(behaviours.werner(families.half_circle(5), visibility))
    assert answer.value.upper == pytest.approx(5 * (1 - visibility * math.cos(math.pi / 10)), abs=1e-12)


def test_pr_box_and_deterministic_box():
    assert [(e.lower, e.upper) for e in marginals(behaviours.pr_box()).enclosures] == [(0.0, 0.0)] * 4
    local = Behaviour([[1.0, -1.0], [1.0, -1.0]], [1.0, 1.0], [1.0, -1.0])
    assert all(e.lower > 1.0 - 1e-15 and e.upper == 1.0 for e in marginals(local).enclosures)


def test_partially_entangled_keeps_at_least_its_own_marginal():
    target = behaviours.partially_entangled(families.random(5, 5, seed=7), theta_deg=25.0)
    answer = marginals(target)
    for end, own in zip(answer.enclosures, np.abs([*target.alice, *target.bob]), strict=True):
        assert end.upper >= own - 1e-12


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("kind", ["free", "zero", "given", "pairs", "pairs given"])
def test_path_is_the_linear_program(seed, kind):
    """Half the shortest path equals the plain program over two boxes, with free, zero and given marginals."""
    rng = np.random.default_rng(1000 + seed)
    n_alice, n_bob = (int(k) for k in rng.integers(1, 4, 2))
    correlators, alice, bob = random_box(rng, n_alice, n_bob)
    known = rng.random((n_alice, n_bob)) < 0.6 if kind.startswith("pairs") else None
    if kind == "zero":
        alice, bob = np.zeros(n_alice), np.zeros(n_bob)
    elif "given" not in kind:
        alice = bob = None
    target = Behaviour(correlators, alice, bob, known=known)
    answer = marginals(target)
    for k, end in enumerate(answer.enclosures):
        assert two_boxes_lp(target, k) == pytest.approx(end.midpoint, abs=1e-9)
        assert end.width < 1e-13


@pytest.mark.parametrize("kind", ["free", "given", "pairs", "singlet", "parallel"])
def test_models_attain_the_lower_end(kind):
    rng = np.random.default_rng(5)
    correlators, alice, bob = random_box(rng, 4, 3)
    target = {
        "free": Behaviour(correlators),
        "given": Behaviour(correlators, alice, bob),
        "pairs": Behaviour(correlators, alice, bob, known=rng.random((4, 3)) < 0.5),
        "singlet": behaviours.singlet(families.fibonacci(6, 5)),
        "parallel": behaviours.singlet(families.great_circle(6, 6)),
    }[kind]
    answer = marginals(target)
    for k, name in enumerate([f"A{i}" for i in range(target.shape[0])] + [f"B{j}" for j in range(target.shape[1])]):
        mixture = answer.model(name)
        assert mixture.deviation(target) < 1e-13
        means = np.concatenate(mixture.mean_absolute_marginals())
        assert means[k] == pytest.approx(answer.enclosures[k].lower, abs=1e-12)
        assert len(mixture) <= 2


def test_weights_of_zero_force_equal_marginals():
    """a·b = ±1: rounded weights below zero are clipped, and the potentials of such settings agree exactly."""
    answer = marginals(behaviours.singlet(families.great_circle(8, 8)))
    for row in answer.potentials:
        for i in range(8):
            assert row[i] == -row[8 + i]  # a_i = b_i has C = −1
            assert row[i] == row[8 + (i + 4) % 8]
    # the 8 directions of the full circle on both sides have the steps of a chain of N = 4 at every second place
    assert answer.value.upper == pytest.approx(4 * (1 - math.cos(math.pi / 4)) / 2, abs=1e-12)


def test_chain_is_added_exactly():
    target = Behaviour([[0.5, -0.25], [0.75, 0.5]])
    chain = marginals(target).path("A0")
    assert chain.total == sum(Fraction(w) for w in chain.weights)
    assert chain.nodes[0] == "A0+"
    assert chain.nodes[-1] == "A0-"
    assert chain.bound == min(1.0, float(chain.total / 2))
    assert "A0+" in chain.text()


def test_isolated_settings_and_disconnected_parts():
    target = behaviours.singlet(families.half_circle(4)).with_pairs([(0, 0), (1, 0), (2, 3)])
    answer = marginals(target)
    assert answer.alice[3].upper == answer.alice[3].lower == 1.0
    assert list(answer.path("A3")) == ["A3+", "A3-"]
    assert answer.model("A3").mean_absolute_marginals()[0][3] == 1.0


def test_pairs_of_the_chain_suffice():
    n = 5
    pairs = [(k, k) for k in range(n)] + [(k + 1, k) for k in range(n - 1)] + [(0, n - 1)]
    answer = marginals(behaviours.singlet(families.half_circle(n)).with_pairs(pairs))
    assert answer.value.upper == pytest.approx(2 * n * math.sin(math.pi / (4 * n)) ** 2, abs=1e-13)


def test_impossible_correlations_name_pair_and_constraint():
    with pytest.raises(InputError, match=r"correlators\[0, 1\] is 1.2"):
        marginals(Behaviour([[0.0, 1.2]]))
    with pytest.raises(InputError, match=r"pair \[0, 1\].*\|A − B\| = 0.8 exceeds 1 − C = 0.5.*eq. \(6\)"):
        marginals(Behaviour([[0.0, 0.5]], [0.9], [0.0, 0.1]))
    with pytest.raises(InputError, match="only one party"):
        marginals(Behaviour([[0.0]], [0.5], None))
    with pytest.raises(InputError, match="no setting 'C0'"):
        marginals(Behaviour([[0.0]])).path("C0")


def test_options():
    target = behaviours.singlet(families.half_circle(6))
    seen = []
    one = marginals(target, only=["B2"], progress=lambda *state: seen.append(state))
    assert one.bob[2].width < 1e-12
    assert (one.alice[0].lower, one.alice[0].upper) == (0.0, 1.0)
    assert one.bob[1].reason == "not asked for"
    late = marginals(target, time_limit_s=1e-9)
    assert late.reason == "time_limit"
    assert late.alice[5].reason == "time_limit"
    tight = marginals(target, tolerance=1e-16)
    assert tight.status == "certified"
    assert "rounding" in tight.reason
    with pytest.raises(InputError, match="tolerance"):
        marginals(target, tolerance=0.0)


def test_what_is_no_behaviour_is_refused():
    for wrong in (Behaviour, np.eye(2), "singlet"):
        with pytest.raises(InputError, match=r"^marginals: the behaviour is .*; it must be a Behaviour$"):
            marginals(wrong)


def test_interruption_keeps_what_is_proved(monkeypatch):
    import nsmodels.questions.bias.marginals as module

    genuine = module.search_many

    def stop(graph, sources, engine=None):
        yield from list(genuine(graph, sources, engine))[:2]
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "search_many", stop)
    answer = marginals(behaviours.singlet(families.half_circle(3)))
    assert answer.reason == "interrupted"
    assert answer.alice[1].width < 1e-12
    assert answer.bob[2].upper == 1.0


def test_given_marginals_have_a_limit():
    wide = Behaviour(np.zeros((1500, 501)), np.full(1500, 0.1), np.zeros(501))
    with pytest.raises(InputError, match=r"2001 settings are above the limit of 2000; .*marginals = .free"):
        marginals(wide)


def test_interruption_before_the_first_path_and_a_time_limit_share_one_way_out(monkeypatch):
    import nsmodels.questions.bias.marginals as module

    def stop(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "load_engine", stop)
    target = behaviours.singlet(families.half_circle(3))
    answer = marginals(target)
    assert (answer.reason, answer.lower, answer.upper) == ("interrupted", 0.0, 1.0)
    stopped = answer.to_json()
    monkeypatch.undo()
    late = marginals(target, time_limit_s=1e-9).to_json()
    assert stopped["certificate"]["bob"] == late["certificate"]["bob"]
    assert stopped["marginals"]["bob"] == late["marginals"]["bob"]


@pytest.mark.parametrize("given", [False, True])
def test_certificate_proves_the_displayed_numbers(given):
    """Re-check the written certificate as a stranger would: with fractions, from the table."""
    rng = np.random.default_rng(3)
    correlators, alice, bob = random_box(rng, 3, 4)
    target = Behaviour(correlators, alice if given else None, bob if given else None)
    data = json.loads(json.dumps(marginals(target).to_json()))
    proof = data["certificate"]
    assert proof["case"] == ("given" if given else "zero_or_free")
    table = [[Fraction(float(c)) for c in row] for row in correlators]
    mean = [Fraction(float(x)) for x in [*alice, *bob]] if given else None

    def weight(k, other, same):
        i, j = min(k, other), max(k, other) - 3
        if k == other:
            return Fraction(2)
        if i < 3 <= max(k, other):
            return 1 - table[i][j] if same else 1 + table[i][j]
        assert mean is not None
        return 2 - abs(mean[k] + mean[other] if same else mean[k] - mean[other])

    ends = data["marginals"]["alice"] + data["marginals"]["bob"]
    for s, (entry, end) in enumerate(zip(proof["alice"] + proof["bob"], ends, strict=True)):
        nodes = [((0 if name[0] == "A" else 3) + int(name[1:-1]), name[-1]) for name in entry["path"]]
        total = sum(weight(u, v, a == b) for (u, a), (v, b) in itertools.pairwise(nodes))
        assert nodes[0] == (s, "+")
        assert nodes[-1] == (s, "-")
        assert min(Fraction(1), total / 2) <= Fraction(end["upper"])
        x = [Fraction(p, int(proof["denominator"])) for p in entry["potentials"]]
        assert x[s] >= Fraction(end["lower"])
        for k in range(7):
            assert abs(x[k]) <= 1
            for other in range(k):
                if mean is not None or other < 3 <= k:
                    assert abs(x[k] - x[other]) <= weight(k, other, True)
                    assert abs(x[k] + x[other]) <= weight(k, other, False)


def test_large_tables_write_packed_potentials():
    target = behaviours.singlet(families.great_circle(101, 100))
    result = marginals(target, only=["A0"])
    packed = result.to_json()["certificate"]["alice"][0]["potentials"]
    assert np.frombuffer(base64.b64decode(packed), dtype="<i8").tolist() == result.potentials[0].tolist()


@settings(max_examples=25, deadline=None)
@given(
    st.integers(1, 4), st.integers(1, 4), st.integers(0, 2**32 - 1), st.booleans(), st.sampled_from([0.0, 1e-15, 1e-12])
)
def test_engines_agree_exactly(n_alice, n_bob, seed, some, rounding):
    """scipy, the compiled search and networkx find the same length; the potentials satisfy every lowered constraint."""
    rng = np.random.default_rng(seed)
    table = rng.choice([-1.0, -0.9, -0.3, 0.0, 0.4, 0.99, 1.0], size=(n_alice, n_bob))
    known = rng.random((n_alice, n_bob)) < 0.7 if some else None
    marginal = None if seed % 2 else rng.uniform(-0.5, 0.5, n_alice + n_bob)
    graph = DoubledGraph(table, known=known, marginals=marginal, rounding=rounding)
    names = [str(k) for k in range(graph.size)]
    import networkx

    picture = to_networkx(graph, names)
    for s in range(graph.size):
        slow, fast = search(graph, s, "scipy"), search(graph, s, "numba")
        assert slow.length == fast.length
        assert networkx.shortest_path_length(picture, f"{s}+", f"{s}-", weight="weight") == slow.length
        for half in (slow, fast):
            assert largest_violation(graph, half.potentials) == 0.0
            assert half.potentials[s] * POTENTIAL_UNIT == half.length / 2
            assert half.nodes[0] == s
            assert half.nodes[-1] == s + graph.size


def test_directions_without_a_table():
    directions = families.fibonacci(40, 30)
    table = marginals(behaviours.werner(directions, 0.97))
    for name, end in (("B0", table.bob[0]), ("A17", table.alice[17])):
        here, chain = marginal_on_directions(directions, name, visibility=0.97)
        assert here.lower == pytest.approx(end.lower, abs=1e-12)
        assert here.upper == pytest.approx(end.upper, abs=1e-12)
        assert chain.nodes[0] == f"{name}+"
    with pytest.raises(InputError, match="visibility"):
        marginal_on_directions(directions, visibility=1.5)
    with pytest.raises(InputError, match="no setting"):
        marginal_on_directions(directions, "B99")


def test_graph_rejects_half_given_data():
    with pytest.raises(InputError, match="either"):
        DoubledGraph()
    with pytest.raises(InputError, match="unknown engine"):
        search(DoubledGraph(np.zeros((1, 1))), 0, "magic")


def test_named_path_and_picture():
    target = behaviours.singlet(families.half_circle(4))
    nodes, half = named_path(target, "B1")
    assert half == pytest.approx(4 * (1 - math.cos(math.pi / 8)), abs=1e-12)
    assert nodes[0] == "B1+"
    answer = marginals(target)
    assert answer.plot().axes
    assert "MarginalsResult" in repr(answer)
    assert graph_of(target).size == 8
    legend = draw_scaling({"circle": ([10, 100], [0.1, 0.01])}).axes[0].get_legend()
    assert "exponent 1.000" in legend.texts[0].get_text()
