"""Settings that are copies of others, unknown or without correlations are left out, and the whole table is proved."""

import json
from typing import Any

import numpy as np
import pytest

import nsmodels as ns
from nsmodels import checker
from nsmodels.core.hidden_states import HiddenStates
from nsmodels.files import result as results
from nsmodels.files.problem import from_data
from nsmodels.models.hidden_variables import HiddenVariableModel
from nsmodels.questions.visibility import task
from nsmodels.questions.visibility.reduction import Reduction, find_reduction
from nsmodels.questions.visibility.rows import make_target


def asked(**tables: Any) -> tuple[Any, dict[str, Any]]:
    """Put a visibility problem as a file does, and have every claim of the result checked."""
    problem = from_data({"schema": 1, "kind": "visibility", **tables}, "case")
    answer = problem.ask()
    result = json.loads(results.to_text(results.assemble(problem, answer.to_json(), 0.0)))
    claims = checker.check(result)
    assert all(holds for holds, _ in claims), (claims, result["status"], result["reason"])
    return answer, result


def reduction_of(behaviour: ns.Behaviour, model: HiddenVariableModel, marginals: str = "match") -> Reduction | None:
    noise = ns.behaviours.uniform(*behaviour.shape)
    target = make_target(behaviour, noise, marginals=marginals, symmetric_model=model.symmetric)
    return find_reduction(target, model.parts)


def kept(reduction: Reduction | None) -> list[int]:
    assert reduction is not None
    return [len(side) for side in reduction.copies.kept]


def both_ends(name: str) -> list[list[float]]:
    """All vertices, antipodes beside each other in no order."""
    axes = ns.settings.directions(name)
    rows = np.vstack([axes, -axes])
    return [[float(x) for x in row] for row in rows[np.random.default_rng(3).permutation(len(rows))]]


def test_antipodes_on_a_great_circle() -> None:
    settings = {"family": "great_circle", "n_alice": 12, "n_bob": 12}
    answer, _ = asked(model={"name": "bell"}, settings=settings)
    assert answer.lower <= np.sqrt(3.0) - 1.0 <= answer.upper <= answer.lower + 1e-6
    assert answer.stats["rows"] <= 2 * 6 * 6


@pytest.mark.parametrize(("name", "value"), [("icosahedron", 0.778391445341), ("dodecahedron", 0.729490168746)])
def test_vertices_of_platonic_solids(name: str, value: float) -> None:
    """Values: the same linear program on the axes alone, enumerated (6) or by columns (10)."""
    rows = both_ends(name)
    answer, _ = asked(model={"name": "bell"}, settings={"alice": rows, "bob": rows})
    assert answer.lower - 1e-9 <= value <= answer.upper + 1e-9
    assert answer.visibility.width <= 1e-6


MODELS: dict[str, dict[str, Any]] = {
    "bell": {"name": "bell"},
    "leggett": {"name": "leggett", "eta_a": 1.0, "eta_b": 0.8},
    "nonsignalling": {"name": "nonsignalling"},
    "unbiased": {"name": "unbiased"},
    "hull": {"name": "hull", "of": [{"name": "bell"}, {"name": "leggett"}]},
}


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("seed", range(3))
def test_the_answer_is_the_same_without(model: str, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(seed)
    base = ns.settings.random(3, 3, seed=seed)
    alice = np.vstack([base.alice, -base.alice[:2], base.alice[1:]])[rng.permutation(7)]
    bob = np.vstack([base.bob, -base.bob[1:], base.bob[:1]])[rng.permutation(6)]
    settings = {"alice": alice.tolist(), "bob": bob.tolist(), "normalise": True}
    exact = ns.Settings(alice, bob, normalise=True)
    correlators = (-exact.alice @ exact.bob.T).clip(-1, 1)
    behaviour: dict[str, Any] = [{"name": "singlet"}, {"correlators": correlators.tolist()}, {
        "correlators": correlators.tolist(), "marginals": "free",
        "noise": {"correlators": (0.1 * correlators).tolist()},
        "pairs": [[i, j] for i in range(7) for j in range(6) if (i + j) % 3],
    }][seed]  # fmt: skip
    answer, _ = asked(model=MODELS[model], settings=settings, behaviour=behaviour)
    monkeypatch.setattr(task, "find_reduction", lambda target, parts: None)
    plain, _ = asked(model=MODELS[model], settings=settings, behaviour=behaviour)
    assert max(answer.lower, plain.lower) <= min(answer.upper, plain.upper) + 1e-9
    assert answer.visibility.width <= 1e-6


@pytest.mark.parametrize("model", ["bell", "nonsignalling", "unbiased"])
def test_blind_models_look_at_the_table_alone(model: str) -> None:
    """Repeated, opposite, vanishing and unknown rows; given noise and marginals that follow the same pattern."""
    table = np.array([[0.6, 0.3], [0.2, -0.7]])
    noise = np.array([[0.1, 0.0], [0.0, 0.2]])
    alice, bob = np.array([0.1, -0.05]), np.array([0.02, 0.08])
    if model == "unbiased":
        alice, bob = 0 * alice, 0 * bob
    signs_a, from_a = np.array([1, -1, 1, 0, -1]), np.array([0, 0, 1, 0, 1])
    signs_b, from_b = np.array([1, 1, 0, -1]), np.array([0, 1, 0, 1])

    def spread(core: np.ndarray) -> list[list[float]]:
        return (signs_a[:, None] * signs_b[None, :] * core[np.ix_(from_a, from_b)] + 0.0).tolist()

    behaviour = {
        "correlators": spread(table), "alice": (signs_a * alice[from_a]).tolist(),
        "bob": (signs_b * bob[from_b]).tolist(),
        "noise": {"correlators": spread(noise), "alice": [0.0] * 5, "bob": [0.0] * 4},
    }  # fmt: skip
    answer, result = asked(model={"name": model}, behaviour=behaviour)
    small = {
        "correlators": table.tolist(), "alice": alice.tolist(), "bob": bob.tolist(),
        "noise": {"correlators": noise.tolist(), "alice": [0.0] * 2, "bob": [0.0] * 2},
    }  # fmt: skip
    core, _ = asked(model={"name": model}, behaviour=small)
    assert max(answer.lower, core.lower) <= min(answer.upper, core.upper) + 1e-9
    if result["inequality"] is not None:
        used = np.array(result["inequality"]["correlators"])
        assert np.count_nonzero(used.any(axis=1)) <= 2
        assert np.count_nonzero(used.any(axis=0)) <= 2


def test_what_is_kept() -> None:
    table = np.array([[0.5, 0.2, -0.5], [-0.5, -0.2, 0.5], [0.0, 0.0, 0.0], [0.3, 0.9, -0.3]])
    behaviour = ns.Behaviour(table)
    assert kept(reduction_of(behaviour, ns.Bell((4, 3)))) == [2, 2]
    # marginals that do not follow the correlators keep a row alive
    given = ns.Behaviour(table, [0.1, 0.1, 0.0, 0.0], [0.0, 0.0, 0.0])
    assert kept(reduction_of(given, ns.Bell((4, 3)))) == [3, 2]
    assert kept(reduction_of(given, ns.Bell((4, 3)), "free")) == [2, 2]
    # directions tell rows apart in Leggett's model
    settings = ns.settings.random(4, 3)
    assert reduction_of(behaviour, ns.Leggett(settings)) is None
    assert reduction_of(behaviour, ns.Hull([ns.Bell((4, 3)), ns.Leggett(settings)])) is None


def test_known_pairs_that_are_some_of_anothers() -> None:
    table = np.array([[0.5, 0.2, 0.1], [-0.5, 0.0, -0.1], [0.0, 0.3, 0.0]])
    known = [[1, 1, 1], [1, 0, 1], [0, 0, 0]]
    assert kept(reduction_of(ns.Behaviour(table, known=known), ns.Bell((3, 3)))) == [1, 3]
    known[1][1] = 1
    assert kept(reduction_of(ns.Behaviour(table, known=known), ns.Bell((3, 3)))) == [2, 3]


def test_unknown_settings_whose_marginal_is_asked_for_stay() -> None:
    table = np.array([[0.5, 0.2], [0.0, 0.0]])
    behaviour = ns.Behaviour(table, [0.1, 0.2], [0.0, 0.0], known=[[1, 1], [0, 0]])
    assert reduction_of(behaviour, ns.Bell((2, 2))) is None
    answer = ns.decompose(behaviour, ns.Bell((2, 2)))
    assert answer.lower == pytest.approx(1.0)
    assert answer.decomposition is not None
    assert answer.decomposition.average().alice == pytest.approx([0.1, 0.2])


def test_a_list_needs_matching_columns() -> None:
    alice = np.array([[0.5, -0.5, 0.5], [-0.5, 0.5, 0.25], [0.0, -0.0, 0.1]])
    bob = np.array([[0.5, 0.5], [-0.25, -0.25], [0.0, 0.0]])
    table = np.array([[0.4, 0.4], [-0.4, -0.4], [0.4, 0.4]])
    model = ns.Finite(np.vstack([alice, -alice]), np.vstack([bob, -bob]))
    reduction = reduction_of(ns.Behaviour(table), model)
    assert kept(reduction) == [2, 1]
    states = [{"alice": a.tolist(), "bob": b.tolist()} for a, b in zip(model.states.alice, model.states.bob)]
    spec = {"name": "finite", "alice": [x["alice"] for x in states], "bob": [x["bob"] for x in states]}
    answer, _ = asked(model=spec, behaviour={"correlators": table.tolist()})
    assert answer.lower >= 1.0 - 1e-6


class OnlyBell(ns.Bell):
    """Says nothing of itself: what it inherits is not taken for its word."""


class OneSided(ns.Bell):
    """Says that it is blind to settings, in the words of the model page."""

    def likeness(self, party: int) -> np.ndarray:
        return np.zeros((self.shape[party], 0))

    def restricted(self, alice: np.ndarray, bob: np.ndarray) -> HiddenVariableModel:
        return OneSided((len(alice), len(bob)))


def test_models_of_users_are_reduced_where_they_say_so() -> None:
    behaviour = ns.Behaviour([[0.5, 0.5], [-0.5, -0.5]])
    assert reduction_of(behaviour, OnlyBell((2, 2))) is None
    assert kept(reduction_of(behaviour, OneSided((2, 2)))) == [1, 1]


def test_extended_states_keep_their_mean() -> None:
    table = np.array([[0.5, 0.0, 0.2], [0.0, 0.0, 0.0], [-0.5, 0.0, -0.2]])
    reduction = reduction_of(ns.Behaviour(table), ns.Bell((3, 3)))
    assert reduction is not None
    states = HiddenStates(np.array([[1.0], [-1.0]]), np.array([[1.0, 1.0], [-1.0, 1.0]]))
    from nsmodels.questions.visibility.states import Columns

    columns, weights = reduction.extended(Columns.of(states, 0), np.array([0.25, 0.75]))
    assert set(np.abs(columns.alice).ravel()) | set(np.abs(columns.bob).ravel()) == {1.0}
    assert weights.sum() == pytest.approx(1.0)
    mean = (columns.alice * weights) @ columns.bob.T
    assert mean[1] == pytest.approx([0.0, 0.0, 0.0])
    assert mean[:, 1] == pytest.approx([0.0, 0.0, 0.0])
    assert mean[2] == pytest.approx(-mean[0])
    assert columns.alice @ weights == pytest.approx([-0.5, 0.0, 0.5])
