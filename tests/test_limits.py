"""What a time limit or Ctrl-C leaves: time is used, proofs that begin late are short, and what is left is proved."""

import json
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import nsmodels as ns
from nsmodels import checker
from nsmodels.engines.recombination import recombine
from nsmodels.files import result as results
from nsmodels.files.problem import from_data
from nsmodels.questions.visibility import stages
from nsmodels.questions.visibility.column_generation import Round
from nsmodels.questions.visibility.lower_end import prove_noise
from nsmodels.questions.visibility.rows import make_target
from nsmodels.questions.visibility.search import Search
from nsmodels.questions.visibility.states import Columns

LONG_AGO = time.perf_counter() - 1.0


def white(settings: ns.Settings, model: Any) -> Any:
    singlet = ns.behaviours.singlet(settings)
    return make_target(singlet, ns.behaviours.uniform(*settings.shape), marginals="match", symmetric_model=True)


@pytest.mark.parametrize("name", ["bell", "leggett", "nonsignalling", "hull"])
def test_the_noise_has_a_model_in_no_time(name: str) -> None:
    settings = ns.settings.fibonacci(9, 7)
    models = {
        "bell": ns.Bell((9, 7)), "leggett": ns.Leggett(settings), "nonsignalling": ns.NonSignalling((9, 7)),
        "hull": ns.Hull([ns.Leggett(settings), ns.Bell((9, 7))]),
    }  # fmt: skip
    model, rng = models[name], np.random.default_rng(0)
    target = white(settings, model)
    seeds = [part.seeds(target.behaviour, antipodal=target.antipodal, rng=rng) for part in model.parts]
    columns = Columns.join([Columns.of(states, k) for k, states in enumerate(seeds)])
    lower = prove_noise(target, model.parts, columns, rng, LONG_AGO)
    assert lower is not None
    assert lower.deviation == 0.0
    assert lower.visibility >= 0.0


@pytest.mark.parametrize("model", [{"name": "bell"}, {"name": "leggett"}])
def test_a_search_that_finds_nothing_leaves_what_is_proved(
    model: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stages, "rounds", lambda search, start, *limits: iter([start.stop("time_limit")]))
    data = {
        "schema": 1, "kind": "visibility", "model": model, "options": {"time_limit_s": 1e-4},
        "settings": {"family": "fibonacci", "n_alice": 11, "n_bob": 12},
    }  # fmt: skip
    problem = from_data(data, "case")
    answer = problem.ask()
    assert answer.reason == "time_limit"
    claims = checker.check(json.loads(results.to_text(results.assemble(problem, answer.to_json(), 0.0))))
    assert all(holds for holds, _ in claims), claims


def test_the_time_that_proofs_leave_is_searched_again(monkeypatch: pytest.MonkeyPatch) -> None:
    deadlines: list[float] = []

    def until_the_deadline(search: Search, start: Round, tolerance: float, deadline: float) -> Iterator[Round]:
        deadlines.append(deadline)
        time.sleep(max(0.0, deadline - time.perf_counter()))
        yield start.stop("time_limit")

    monkeypatch.setattr(stages, "rounds", until_the_deadline)
    settings = ns.settings.fibonacci(3, 3)
    behaviour = ns.behaviours.singlet(settings)
    answer = ns.decompose(behaviour, ns.Leggett(settings), time_limit_s=1.0)
    assert answer.reason == "time_limit"
    assert len(deadlines) >= 2
    assert deadlines == sorted(deadlines)


def test_interrupted_searches_are_proved(monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(*_: object) -> Iterator[Round]:
        raise KeyboardInterrupt

    monkeypatch.setattr(stages, "rounds", stopped)
    for model in (ns.Bell((20, 20)), ns.NonSignalling((20, 20)), ns.Leggett(ns.settings.fibonacci(20, 20))):
        answer = ns.decompose(ns.behaviours.singlet(ns.settings.fibonacci(20, 20)), model)
        assert answer.reason in ("interrupted", "tolerance_met")
        assert answer.status == "certified"


def test_sums_and_recombination_stop_where_they_are() -> None:
    settings = ns.settings.fibonacci(4, 4)
    target, rng = white(settings, None), np.random.default_rng(0)
    with pytest.raises(TimeoutError):
        target.sums(np.zeros((4, 2)), np.zeros((4, 2)), np.ones(2), LONG_AGO)
    weights = rng.random(30)
    assert np.array_equal(recombine(rng.random((3, 30)), weights, LONG_AGO), weights)
    fewer = recombine(rng.random((3, 30)), weights)
    assert np.count_nonzero(fewer) <= 5
