"""Models that analyses seldom take: what is certified, the checker re-proves."""

import json

import pytest

from nsmodels import checker
from nsmodels.errors import InputError
from nsmodels.files import answering
from nsmodels.files import result as results
from nsmodels.files.problem import from_data

COUNTS = [[0, 0, 41, 458, 462, 39], [0, 1, 38, 466, 455, 41], [1, 0, 44, 449, 468, 39], [1, 1, 400, 71, 52, 410]]
SETTINGS = {"alice_deg": [[0, 0], [90, 0]], "bob_deg": [[45, 0], [315, 0]]}
MODELS = [
    {"name": "leggett", "eta_a": 0.9, "eta_b": 0.8},
    {"name": "law", "alice": [0.0, 0.5, 0.0, 0.5]},
    {"name": "law", "alice": [[-1.0, -1.0], [0.0, 0.0], [1.0, 1.0]], "bob": [0.0, 0.5], "error": 0.01},
    {"name": "hull", "of": [{"name": "leggett"}, {"name": "unbiased"}]},
    {"name": "finite", "alice": [[0.5, 0.5], [-0.5, 0.2]], "bob": [[0.1, 0.4], [0.3, -0.3]]},
]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: "-".join(map(str, model.values()))[:30])
def test_what_is_certified_is_proved_again(model) -> None:
    """Also where the uncertainty leaves a bound wide."""
    data = {
        "schema": 1, "kind": "analysis", "model": model, "settings": {**SETTINGS, "uncertainty_deg": 0.2},
        "functional": {"correlators": [[-1.0, -1.0], [-1.0, 1.0]]}, "data": {"counts": COUNTS},
        "options": {"tolerance": 1e-2, "time_limit_s": 10.0},
    }  # fmt: skip
    content = json.loads(results.to_text(answering.answer(from_data(data, "question"))[0]))
    assert content["status"] == "certified"
    claims = checker.check(content)
    assert claims
    assert [text for holds, text in claims if not holds] == []


def test_models_without_hidden_states_are_refused() -> None:
    data = {"schema": 1, "kind": "analysis", "model": {"name": "quantum"}, "data": {"counts": COUNTS}}
    with pytest.raises(InputError, match="quantum is a model for kind"):
        from_data(data, "question")
