"""What the program calls certified, the checker proves: problems that once fell between the two."""

import numpy as np
import pytest

from nsmodels import checker
from nsmodels.files.problem import from_data, load, shipped
from nsmodels.files.result import assemble

TRIADS = {"settings": {"family": "leggett_triads", "phi_deg": 30.0}}
CHSH = {"settings": {"family": "chsh"}}


def leggett(eta):
    return {"name": "leggett", "eta": eta}


def hull(*parts):
    return {"model": {"name": "hull", "of": list(parts)}}


RNG = np.random.default_rng(3)

PROBLEMS = {
    # its search is shared out among threads and joined again
    "twenty by twenty": {
        "kind": "bound", "model": leggett(1.0), "settings": {"family": "random", "n_alice": 20, "n_bob": 20, "seed": 3},
        "functional": {"correlators": RNG.normal(size=(20, 20)).tolist()},
    },
    # curvatures that a checker must not round by more than they leave
    "a purity of 1e-9": {
        "kind": "bound", "model": leggett(1e-9), "settings": {"family": "leggett_triads", "phi_deg": 36.87},
        "functional": {
            "correlators": [
                [-250000.0, 62358.44825383507, 2000000.0, -345581.6528366813, -1000000.0, 500000.0],
                [0.0, -400075.3476182113, 2000000.0, 1000000.0, -62957.5253801824, 2000000.0],
                [-250000.0, 1000000.0, 600404.2870078781, -179406.00141874707, -1000000.0, 2000000.0],
            ],
            "constant": 2,
        },
    },
    # the marginals of (u, v) depend on the part of the hull
    "hull of two purities": {"kind": "bound", **hull(leggett(1.0), leggett(0.5)), **TRIADS, "functional": "leggett3"},
    "hull of two purities, turned": {
        "kind": "bound", **hull(leggett(0.5), leggett(1.0)), **TRIADS, "functional": "leggett3",
    },
    "hull of three": {
        "kind": "visibility",
        **hull({"name": "unbiased"}, leggett(0.9), leggett(0.3)),
        "settings": {"family": "half_circle", "n": 4},
        "behaviour": {"name": "partially_entangled", "theta_deg": 20.0, "marginals": "free"},
    },
    "hull of one": {"kind": "visibility", **hull(leggett(1.0)), **TRIADS, "behaviour": {"name": "singlet"}},
    # nothing depends on the hidden vectors
    "no purity": {"kind": "bound", "model": leggett(0.0), **CHSH, "functional": "chsh"},
    "hardly any purity": {"kind": "bound", "model": leggett(1e-12), **CHSH, "functional": "chsh"},
    "no purity for Alice": {
        "kind": "visibility",
        "model": {"name": "leggett", "eta_a": 0.0, "eta_b": 1.0},
        **TRIADS,
        "behaviour": {"name": "singlet"},
    },
    # marginals that vanish exactly, although they come from a cosine
    **{
        f"entangled at {theta} degrees": {
            "kind": "visibility", "model": leggett(1.0), **TRIADS,
            "behaviour": {"name": "partially_entangled", "theta_deg": theta},
        }
        for theta in (45.0, -45.0, 135.0, 30.0)
    },
    # a Newton step that is no number must not become a multiplier
    "singular step": {
        "kind": "bound", "model": {"name": "leggett"},
        "settings": {
            "alice": [[0, 1, 0], [-0.22419993038307567, 0.967926984446578, -0.11336553266481796]],
            "bob": [
                [0.5807898641782161, 0.0129261912372461, 0.8139508874913447],
                [-0.5068033083233036, -0.8277735816552944, -0.2407100001888784],
                [1, 0, 0],
                [-0.633599455363208, 0.71311499585934, -0.30003121978217445],
            ],
        },
        "functional": {
            "correlators": [[0.5, -1, -2, -2], [0.9265640278329776, -2, 0.5, -2]],
            "bob": [0.5, -1, 1, -1],
            "constant": 1,
        },
    },
    # a list of hidden states that contains −m with every m
    "finite with negations": {
        "kind": "visibility",
        "model": {"name": "finite", "alice": [[1.0], [-1.0]], "bob": [[1.0], [-1.0]]},
        "behaviour": {"correlators": [[1.0]], "alice": [0.0], "bob": [0.0]},
    },
    # marginals that vanish because no direction has a component along z
    "entangled, across": {
        "kind": "visibility", "model": leggett(0.5), "settings": {"alice": [[0.0, 1.0, 0.0]], "bob": [[0.0, 1.0, 0.0]]},
        "behaviour": {"name": "partially_entangled", "theta_deg": 60.0},
    },
    "perfect correlations without purity": {
        "kind": "visibility", "model": leggett(0.0), **CHSH,
        "behaviour": {"correlators": [[0.5, 0.0], [0.5, 1.0]], "marginals": "free"},
    },
    # a repair by local boxes, which are non-signalling
    "non-signalling": {
        "kind": "visibility", "model": {"name": "nonsignalling"},
        "settings": {"family": "great_circle", "n_alice": 2, "n_bob": 5},
        "behaviour": {"name": "partially_entangled", "theta_deg": 20.0, "marginals": "free"},
    },
    # ends that meet within the deviation of the model
    **{
        f"local, entangled at {theta} degrees": {
            "kind": "visibility", "model": {"name": "bell"}, **CHSH,
            "behaviour": {"name": "partially_entangled", "theta_deg": theta},
        }
        for theta in (10.0, 20.0, 33.0)
    },
}  # fmt: skip


@pytest.mark.parametrize("name", PROBLEMS)
def test_what_is_called_certified_is_proved(name):
    data = {"schema": 1, **PROBLEMS[name]}
    if isinstance(data.get("functional"), str):
        data["functional"] = {"name": data["functional"]}
    problem = from_data(data, "problem.toml")
    result = assemble(problem, problem.ask().to_json(), 0.0)
    assert result["status"] == "certified"
    assert result["value"]["upper"] - result["value"]["lower"] <= 1e-6
    claims = checker.check(result)
    assert all(holds for holds, _ in claims), claims


@pytest.mark.parametrize("name", shipped())
def test_no_time_at_all_leaves_a_proved_enclosure(name):
    data = load(name).data
    problem = from_data(data | {"options": data.get("options", {}) | {"time_limit_s": 1e-6}}, "problem.toml")
    result = assemble(problem, problem.ask().to_json(), 0.0)
    assert result["status"] == "certified"
    claims = checker.check(result)
    assert all(holds for holds, _ in claims), claims
