"""What `forge` forges: problems of every kind, and their valid results."""

from __future__ import annotations

import json
from typing import Any

from nsmodels.files.problem import Problem, from_data
from nsmodels.files.result import assemble

Result = dict[str, Any]

WIDTH = 1e-2
PROBLEMS: dict[str, dict[str, Any]] = {
    "l3": {
        "kind": "bound",
        "model": {"name": "leggett", "eta": 1.0},
        "settings": {"family": "leggett_triads", "phi_deg": 36.87},
        "functional": {"name": "leggett3"},
    },
    "marginal_terms": {
        "kind": "bound",
        "model": {"name": "leggett", "eta_a": 0.9, "eta_b": 0.7},
        "settings": {"alice": [[0, 0, 1], [0.6, 0.8, 0]], "bob": [[1, 0, 0], [0, -0.8, 0.6]]},
        "functional": {"correlators": [[1, -0.5], [0.25, 0.75]], "alice": [0.2, 0], "bob": [0, -0.3], "constant": 0.1},
    },
    "quadratic": {
        "kind": "bound",
        "model": {"name": "leggett"},
        "settings": {"family": "random", "n_alice": 2, "n_bob": 3, "seed": 0},
        "functional": {"correlators": [[0.5, -1, 0.25], [1, 0.75, -0.5]]},
    },
    "square": {
        "kind": "bound",
        "model": {"name": "leggett", "eta_a": 1.0, "eta_b": 0.9},
        "settings": {"family": "leggett_triads", "phi_deg": 36.87},
        "functional": {"name": "leggett3"},
    },
    "flat": {
        "kind": "bound",
        "model": {"name": "leggett", "eta_a": 0.75, "eta_b": 1.0},
        "settings": {"alice": [[0, 0.6, 0.8]], "bob": [[0, 0, 1], [0.6, 0.8, 0], [1, 0, 0], [0, 0.6, 0.8]]},
        "functional": {"correlators": [[1, -0.5, 0.75, 0.25]], "alice": [0.125], "bob": [0.25, 0, -0.125, 0]},
    },
    "bell": {
        "kind": "bound",
        "model": {"name": "bell"},
        "functional": {"correlators": [[1, 1, 0], [1, -1, 0.5], [0.25, 0, 1]], "bob": [0.5, 0, 0]},
    },
    "nonsignalling": {
        "kind": "bound",
        "model": {"name": "nonsignalling"},
        "functional": {"correlators": [[1, 1], [1, -1]], "alice": [0.5, 0.25]},
    },
    "finite": {
        "kind": "bound",
        "model": {"name": "finite", "alice": [[1, 0.5], [0, 0.25]], "bob": [[0.5, 1], [-1, 0]]},
        "functional": {"name": "chsh"},
    },
    "hull": {
        "kind": "bound",
        "model": {"name": "hull", "of": [{"name": "bell"}, {"name": "unbiased"}]},
        "functional": {"correlators": [[1, 1], [1, -1]], "alice": [1.5, 0]},
    },
    "quantum": {"kind": "bound", "model": {"name": "quantum"}, "functional": {"name": "chained", "n": 3}},
    "visibility": {
        "kind": "visibility",
        "model": {"name": "leggett"},
        "settings": {"family": "leggett_triads", "phi_deg": 38.9},
        "behaviour": {"name": "singlet", "pairs": [[0, 0], [0, 1], [1, 2], [1, 3], [2, 4], [2, 5]]},
    },
    "visibility_bell": {
        "kind": "visibility",
        "model": {"name": "bell"},
        "settings": {"family": "chsh"},
        "behaviour": {"name": "singlet"},
    },
    "marginals": {"kind": "marginals", "settings": {"family": "half_circle", "n": 3}, "behaviour": {"name": "singlet"}},
    "marginals_given": {
        "kind": "marginals",
        "behaviour": {"correlators": [[0.5, 0.25], [0.25, -0.5]], "alice": [0.25, 0.125], "bob": [0, 0.25]},
    },
}
"""What is forged; every kind of result and every type of proof occurs."""

FREE = ("title", "source", "options", "expected")
"""Entries of a problem that its answer does not depend on."""


def read_problem(data: dict[str, Any]) -> Problem:
    """Read a problem as ``nsmodels run`` would, from its parsed form."""
    return from_data(data, "forged.toml")


def answer(data: dict[str, Any], tolerance: float) -> Result:
    """A fresh result for a parsed problem, as it stands in a file."""
    wanted = {key: value for key, value in data.items() if key not in FREE}
    problem = read_problem(wanted | {"options": {"tolerance": tolerance}})
    result: Result = json.loads(json.dumps(assemble(problem, problem.ask().to_json(), 0.0)))
    return result


def genuine() -> dict[str, Result]:
    """The valid results, by name."""
    widths = {"quadratic": 1e-6, "square": 1e-9, "flat": 1e-9}  # narrow enough for quadratic leaves, or too narrow
    return {name: answer({"schema": 1, **data}, widths.get(name, WIDTH)) for name, data in PROBLEMS.items()}
