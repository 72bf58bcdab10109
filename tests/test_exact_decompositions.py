"""Targets on the boundary of a model: the ends are exact, and "there is no mixture" is a theorem."""

import json
from fractions import Fraction

import numpy as np
import pytest

import nsmodels as ns
from nsmodels import checker
from nsmodels.engines.exact_simplex import exact_maximum
from nsmodels.problem import from_data
from nsmodels.results import assemble

BELL = {"name": "bell"}
WHITE_PAIR = {"correlators": [[0.0]], "alice": [0.0], "bob": [0.0]}
DETERMINISTIC = {"correlators": [[1, 1, 1, -1], [1, 1, 1, -1]], "alice": [1, 1], "bob": [1, 1, 1, -1]}
OUTSIDE = {"name": "pr_box", "noise": {"correlators": [[1, 1], [1, -1]], "alice": [0, 0], "bob": [0, 0]}}


def answer(model, behaviour, **more):
    """The result file of a visibility, and whether the checker accepts all of it."""
    problem = from_data(
        {"schema": 1, "kind": "visibility", "model": model, "behaviour": behaviour, **more}, "problem.toml"
    )
    result = json.loads(json.dumps(assemble(problem, problem.ask().to_json(), 0.0)))
    return result, proved(result)


def proved(result):
    claims = checker.check(result)
    return bool(claims) and all(holds for holds, _ in claims)


@pytest.mark.parametrize("size", [1e-2, 1e-4, 1e-8, 1e-12, 1e-300])
@pytest.mark.parametrize("party", ["alice", "bob"])
def test_marginals_that_the_model_has_not_leave_nothing(size, party):
    """f = ±A_0 ≤ 0 on unbiased boxes proves V ≤ 0, and white noise has a model."""
    result, holds = answer({"name": "unbiased"}, {**WHITE_PAIR, party: [-size]})
    assert holds
    assert result["value"] == {"lower": 0.0, "upper": 0.0}


def test_deterministic_noise_has_a_model_itself():
    correlators = [[-0.205, -0.077, 0.908, 0.774], [0.855, -0.956, 0.361, 0.64]]
    behaviour = {"correlators": correlators, "alice": [0.0103, 0.0084], "bob": [0.0019, -0.0054, -0.0031, -0.0121]}
    result, holds = answer(BELL, {**behaviour, "noise": DETERMINISTIC})
    assert holds
    assert result["value"] == {"lower": 0.0, "upper": 0.0}


@pytest.mark.parametrize(
    ("model", "behaviour"),
    [
        (BELL, WHITE_PAIR),
        (BELL, {"correlators": [[0.0, 0.0], [0.0, 0.0]], "alice": [0, 0], "bob": [0, 0]}),
        (BELL, {"correlators": [[0.25, 0.25], [0.25, -0.25]]}),
        (BELL, {"correlators": [[0.5, 0.5], [0.5, -0.5]]}),
        (BELL, {**DETERMINISTIC, "noise": "white"}),
        ({"name": "nonsignalling"}, {"correlators": [[0.5, 0.5], [0.5, -0.5]], "alice": [0.3, 0], "bob": [0.1, 0]}),
        ({"name": "nonsignalling"}, {"name": "pr_box"}),
    ],
)
def test_a_behaviour_with_a_model_has_visibility_one_exactly(model, behaviour):
    result, holds = answer(model, behaviour)
    assert holds
    assert result["value"] == {"lower": 1.0, "upper": 1.0}


def test_no_mixture_is_said_with_a_proof_that_forgers_cannot_use():
    result, holds = answer(BELL, OUTSIDE)
    assert result["reason"] == "no mixture of the behaviour and the noise has a model (proved)"
    assert result["value"] is None
    assert holds

    def forged(change, **problem):
        copy = json.loads(json.dumps(result))
        copy["problem"]["behaviour"] |= problem
        if problem:
            data = from_data(copy["problem"], "problem.toml")
            copy["problem_sha256"] = data.digest
        change(copy)
        return copy

    def nothing(copy):
        return None

    assert proved(forged(nothing))
    white = {"noise": "white"}
    forgeries = [
        forged(nothing, **white),  # white noise has a model
        forged(lambda c: c["problem"]["behaviour"].pop("noise")),
        forged(lambda c: c["certificate"].update(upper=None)),
        forged(lambda c: c["certificate"]["upper"].update(bound="1")),
        forged(lambda c: c["certificate"]["upper"].update(visibility="0")),
        forged(lambda c: c.update(value={"lower": 0.0, "upper": 0.0})),
        forged(lambda c: c.update(status="certified")),
        forged(lambda c: c.update(reason="time_limit")),
        forged(lambda c: c.update(inequality=None)),
        forged(lambda c: c["inequality"].update(bound=4.5)),
        forged(lambda c: c.update(decomposition=[{"weight": 1.0, "alice": [1, 1], "bob": [1, 1]}])),
    ]
    assert not any(map(proved, forgeries))


def test_random_programs_are_solved_exactly():
    rng = np.random.default_rng(0)
    outcomes = set()
    for attempt in range(150):
        m, n = rng.integers(1, 8), rng.integers(1, 14)
        table = rng.integers(-3, 4, size=(m, n))
        table[-1] = np.abs(table[-1]) + 1  # bounded
        b = table @ rng.integers(0, 3, size=n) if attempt % 3 else rng.integers(-3, 6, size=m)
        if attempt % 5 == 0 and m > 1:
            table[0], b[0] = 2 * table[-1], 2 * b[-1]
        cost = rng.integers(-4, 5, size=n)
        A, right, c = (np.array(x.tolist(), dtype=object) for x in (table, b, cost))
        result = exact_maximum(A, right, c)
        assert result is not None
        y = np.array(result.y, dtype=object)
        outcomes.add(result.x is None)
        if result.x is None:
            assert (y @ A <= 0).all()
            assert y @ right > 0
            continue
        x = np.array(result.x, dtype=object)
        assert (A @ x == right).all()
        assert min(x) >= 0
        assert (y @ A >= c).all()
        assert y @ right == c @ x
        assert all(isinstance(entry, Fraction) for entry in x)
    assert outcomes == {True, False}


def test_repr_does_not_say_one_where_it_is_open():
    d = ns.decompose(ns.Behaviour([[0.0]], [0], [0]), ns.Bell((1, 1)))
    assert d.has_model is True
    assert d.lower == 1.0
