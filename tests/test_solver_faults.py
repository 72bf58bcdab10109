"""Whatever a solver of the decomposition does, nothing false is displayed: proved, or no answer with a reason."""

import dataclasses

import numpy as np
import pytest

import nsmodels as ns
from nsmodels import checker
from nsmodels.errors import SolverError
from nsmodels.problem import from_data
from nsmodels.questions import master
from nsmodels.results import assemble

PROBLEM = {
    "schema": 1,
    "kind": "visibility",
    "model": {"name": "leggett", "eta": 1.0},
    "settings": {"family": "leggett_triads", "phi_deg": 70.0},
    "options": {"tolerance": 1e-4, "time_limit_s": 5.0},
}


def fail(answer):
    raise SolverError("a fault")


def alter(**changes):
    return lambda answer: dataclasses.replace(
        answer, **{name: change(getattr(answer, name)) for name, change in changes.items()}
    )


FAULTS = {
    "no answer": fail,
    "NaN weights": alter(x=lambda x: np.full_like(x, np.nan)),
    "NaN dual": alter(y=lambda y: np.full_like(y, np.nan)),
    "infinite dual": alter(y=lambda y: np.full_like(y, np.inf)),
    "wrong-sign dual": alter(y=np.negative),
    "swapped dual": alter(y=lambda y: y[::-1].copy()),
    "vanishing dual": alter(y=np.zeros_like),
    "weights that do not fit": alter(x=lambda x: x[::-1] * 1.5),
    "no weights": alter(x=np.zeros_like),
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("solver", ["simplex", "interior"])
@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # arithmetic with NaN and infinities is the point
def test_faults_never_reach_a_proved_field(monkeypatch, solver, fault):
    spoil = FAULTS[fault]
    if solver == "simplex":
        honest = master.VertexProgram.solve
        monkeypatch.setattr(master.VertexProgram, "solve", lambda *a, **k: spoil(honest(*a, **k)))
    else:
        honest_interior = master.interior_point
        monkeypatch.setattr(master, "interior_point", lambda *a, **k: spoil(honest_interior(*a, **k)))
    problem = from_data(PROBLEM, "faulty.toml")
    s = ns.settings.leggett_triads(phi_deg=70.0)
    try:
        d = ns.decompose(ns.behaviours.singlet(s), ns.Leggett(s), tolerance=1e-4, time_limit_s=5.0)
    except SolverError:
        return  # the command line says why, and exits with 3
    result = assemble(problem, d.to_json(), 0.0)
    if result["value"] is None:
        assert result["status"] == "no_answer"
        assert result["reason"]
    else:
        claims = checker.check(result)
        assert claims
        assert all(holds for holds, _ in claims), [text for holds, text in claims if not holds]
        assert result["value"]["lower"] <= 0.9395775 <= result["value"]["upper"] + 1e-6
