"""How far behaviours are from quantum theory: enclosures by theorems, and forged ones that are refused."""

import copy
import json
import math

import numpy as np
import pytest
from scipy.optimize import brentq

import nsmodels as ns
from nsmodels import checker
from nsmodels.engines.solvers import sdp
from nsmodels.files.problem import from_data
from nsmodels.files.result import assemble
from nsmodels.models import quantum_levels
from nsmodels.questions.visibility.box_mixture import BoxEnd


def landau(correlators, noise=0.0):
    """The largest V for which all four |Σ asin C − 2 asin C_ij| ≤ π, C = V·(correlators) + (1 − V)·(noise).

    Source: Tsirelson, Landau, Masanes; see quant-ph/0309137.
    """

    def excess(v):
        angles = np.arcsin(np.clip(v * np.asarray(correlators) + (1.0 - v) * np.asarray(noise), -1.0, 1.0)).ravel()
        return np.abs(angles.sum() - 2.0 * angles).max() - math.pi

    return 1.0 if excess(1.0) <= 0.0 else brentq(excess, 0.0, 1.0, xtol=1e-14)


def unbiased(table):
    return ns.Behaviour(table, np.zeros(len(table)), np.zeros(len(table[0])))


@pytest.mark.parametrize("seed", range(8))
def test_two_by_two_correlators_obey_the_theorem_on_arcsines(seed):
    table = np.random.default_rng(seed).uniform(0.0, 1.0, (2, 2)) ** 0.3 * [[1, 1], [1, -1]]
    answer = ns.decompose(unbiased(table), ns.Quantum((2, 2)))
    assert answer.status == "certified"
    assert answer.reason == "tolerance_met"
    assert answer.lower <= landau(table) <= answer.upper
    assert answer.verify()


@pytest.mark.parametrize("level", [None, "1+AB", "2"])
def test_the_pr_box_needs_as_much_noise_as_tsirelson_says(level):
    answer = ns.decompose(ns.behaviours.pr_box(), ns.Quantum((2, 2), level=level))
    assert answer.lower <= math.sqrt(0.5) <= answer.upper
    assert answer.upper - answer.lower <= 1e-6
    assert answer.has_model is False
    assert answer.verify()
    box = answer.decomposition.average()
    np.testing.assert_allclose(box.correlators, answer.lower * np.array([[1, 1], [1, -1]]), atol=1e-9)


@pytest.mark.parametrize("behaviour", [
    ns.behaviours.singlet(ns.settings.leggett_triads(0.6)),
    ns.behaviours.werner(ns.settings.chsh(), visibility=0.9),
    ns.behaviours.partially_entangled(ns.settings.chsh(), theta_deg=30.0),
    ns.behaviours.uniform(2, 2),
    ns.behaviours.singlet(ns.settings.chsh()).with_pairs([(0, 0), (1, 1)]),
])  # fmt: skip
def test_states_are_quantum_by_their_names(behaviour):
    answer = ns.decompose(behaviour, ns.Quantum(behaviour.shape))
    assert answer.has_model is True
    assert (answer.lower, answer.upper) == (1.0, 1.0)
    assert answer.verify()


def test_what_is_quantum_well_inside_has_a_model():
    inside = ns.Behaviour([[0.6, 0.6], [0.6, -0.6]], [0.3, 0.1], [0.1, 0.2])
    answer = ns.decompose(inside, ns.Quantum((2, 2), level="1+AB"))
    assert answer.has_model is True
    assert answer.verify()
    corner = ns.decompose(ns.Behaviour([[1.0, -1.0]], [1.0], [1.0, -1.0]), ns.Quantum((1, 2)))
    assert corner.has_model is True
    assert corner.verify()


def test_the_point_of_tsirelson_is_reached():
    c = math.sqrt(0.5)
    answer = ns.decompose(unbiased([[c, c], [c, -c]]), ns.Quantum((2, 2)))
    assert 1.0 - 1e-9 <= answer.lower <= answer.upper == 1.0
    assert answer.verify()


@pytest.mark.parametrize("beta", [0.5, 1.5])
def test_states_that_tilted_chsh_singles_out_end_at_quantum_theory(beta):
    """sin 2θ = √((4 − β²)/(4 + β²)), arXiv:1107.2754; mean values divided by 0.9 need visibility 0.9."""
    s = math.sqrt((4 - beta**2) / (4 + beta**2))
    bias, m = math.sqrt(1 - s * s), math.atan(s)
    table = np.array([[math.cos(m)] * 2, [s * math.sin(m), -s * math.sin(m)]])
    alice, bob = np.array([bias, 0.0]), np.array([math.cos(m) * bias] * 2)
    f = ns.functionals.tilted_chsh(beta)
    assert f.value(ns.Behaviour(table, alice, bob)) == pytest.approx(math.sqrt(8 + 2 * beta**2))
    answer = ns.decompose(ns.Behaviour(table / 0.9, alice / 0.9, bob / 0.9), ns.Quantum((2, 2), level="1+AB"))
    assert answer.lower - 1e-15 <= 0.9 <= answer.upper + 1e-15
    assert answer.upper - answer.lower <= 1e-6
    assert answer.verify()


def test_other_noise_and_few_pairs():
    corner = ns.Behaviour(np.ones((2, 2)), np.ones(2), np.ones(2))
    model = ns.Quantum((2, 2), level="2")
    # whatever quantum theory has between a PR box and a deterministic one that shares its zeros is local
    noisy = ns.decompose(ns.behaviours.pr_box(), model, noise=corner)
    assert 0.0 <= noisy.lower <= noisy.upper < 1e-6
    assert noisy.verify()
    table = np.array([[0.5, 0.4], [0.3, 0.2]])
    other = ns.decompose(ns.behaviours.pr_box(), ns.Quantum((2, 2)), noise=unbiased(table))
    assert other.lower <= landau([[1, 1], [1, -1]], table) <= other.upper
    assert other.upper - other.lower <= 1e-6
    assert other.verify()
    few = ns.decompose(ns.behaviours.pr_box().with_pairs([(0, 0), (0, 1), (1, 0)]), ns.Quantum((2, 2)))
    assert few.has_model is True
    assert few.verify()
    free = ns.decompose(ns.behaviours.pr_box().with_marginals(None, None), ns.Quantum((2, 2)))
    assert free.lower <= math.sqrt(0.5) <= free.upper
    assert free.verify()


def test_where_nothing_is_quantum_that_is_proved():
    box = ns.behaviours.pr_box()
    answer = ns.decompose(box, ns.Quantum((2, 2)), noise=box)
    assert answer.status == "no_answer"
    assert "(proved)" in answer.reason
    assert answer.verify()


def test_interruption_keeps_what_local_boxes_reach(monkeypatch):
    def interrupt(problem, solver, options):
        raise KeyboardInterrupt

    monkeypatch.setattr(sdp, "call_solver", interrupt)
    answer = ns.decompose(ns.behaviours.pr_box(), ns.Quantum((2, 2)))
    assert answer.reason == "interrupted"
    assert answer.lower == pytest.approx(0.5)
    assert answer.verify()


def test_an_oracle_that_was_interrupted_is_not_asked_again(monkeypatch):
    asked = []

    def interrupt(tables):
        asked.append(tables)
        raise KeyboardInterrupt

    monkeypatch.setattr(quantum_levels, "symmetries", interrupt)
    behaviour = ns.Behaviour([[0.7, 0.7], [0.7, -0.7]], [0.1, 0.0], [0.1, 0.0])
    answer = ns.decompose(behaviour, ns.Quantum((2, 2), level="2"))
    assert answer.reason == "interrupted"
    assert len(asked) == 1


TILTED = {
    "schema": 1, "kind": "visibility", "model": {"name": "quantum", "level": "1+AB"},
    "behaviour": {
        "correlators": [[0.9, 0.9], [0.5, -0.5]], "alice": [0.7, 0.0], "bob": [0.6, 0.6],
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def genuine():
    problem = from_data(copy.deepcopy(TILTED), "tilted")
    answer = ns.decompose(problem.behaviour, problem.model)
    return json.loads(json.dumps(assemble(problem, answer.to_json(), 1.0)))


def claims(result):
    found = checker.check(result)
    return bool(found) and all(holds for holds, _ in found)


def test_the_file_is_proved_and_read_again(genuine, tmp_path):
    assert claims(genuine)
    (tmp_path / "x.json").write_text(json.dumps(genuine))
    again = ns.load(tmp_path / "x.json")
    assert again.verify()
    assert again.decomposition.to_json() == genuine["decomposition"]
    assert again.plot() is not None


LOWER = ("certificate", "lower")
FORGERIES = {
    "a larger V": (*LOWER, "visibility"),
    "a weight": (*LOWER, "weights", 0),
    "a repair that is too large": (*LOWER, "repair"),
    "an observable": (*LOWER, "states", "heaviest", "qubits", "alice", 0, 1),
    "an amplitude": (*LOWER, "states", "heaviest", "qubits", "psi_re", 0),
    "a name": (*LOWER, "states"),
    "the inequality": ("certificate", "upper", "alice", 0),
    "its bound": ("certificate", "upper", "bound"),
    "the matrix": ("certificate", "upper", "proof", "matrix", 0, 0),
    "the value": ("value", "lower"),
    "a box on display": ("decomposition", 0, "correlators", 0, 0),
    "a mixing": ("mixing",),
}
NEW = {
    "a name": [{"named": True}], "the matrix": 1, "the value": 0.999, "a box on display": 0.123, "a mixing": [[0.5]],
    "its bound": "1/2", "a repair that is too large": "1/10", "a larger V": "99/100",
}  # fmt: skip


@pytest.mark.parametrize("name", FORGERIES)
def test_forgeries_are_refused(genuine, name):
    forged = copy.deepcopy(genuine)
    *path, last = FORGERIES[name]
    place = forged
    weights = [state["weight"] for state in genuine["decomposition"]]
    for key in path:
        place = place[key if key != "heaviest" else weights.index(max(weights))]
    place[last] = NEW.get(name, "1/3")
    assert not claims(forged)


def test_no_table_is_quantum_by_a_name_that_it_has_not():
    box = ns.behaviours.pr_box()
    named = ns.Behaviour(box.correlators, box.alice, box.bob, name="singlet", settings=ns.settings.chsh())
    answer = ns.decompose(named, ns.Quantum((2, 2)))
    assert answer.upper < 0.71
    assert not isinstance(answer.lower_end, BoxEnd) or answer.lower_end.states
