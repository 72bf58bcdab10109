"""Functionals of problem files in every notation: read as they are meant, and proved by the checker."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

import nsmodels as ns
from nsmodels import checker
from nsmodels.cli import app
from nsmodels.errors import InputError
from nsmodels.files.problem import from_data, load

F = ns.functionals


def problem(functional: dict[str, Any], model: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    return {"schema": 1, "kind": "bound", "model": model or {"name": "bell"}, "functional": functional, **more}


def answered(data: dict[str, Any], folder: Path) -> tuple[dict[str, Any], int]:
    """The result file of a run, and the exit code of verify."""
    lines = [f"schema = {data['schema']}", f'kind = "{data["kind"]}"']
    lines += [f"{key} = {inline(value)}" for key, value in data.items() if key not in ("schema", "kind")]
    path = folder / "x.toml"
    path.write_text("\n".join(lines), encoding="utf-8")
    ran = CliRunner().invoke(app, ["run", str(path), "--out", str(folder)])
    assert ran.exit_code in (0, 1), ran.output
    code = CliRunner().invoke(app, ["verify", str(folder / "x.json")]).exit_code
    return json.loads((folder / "x.json").read_text()), code


def inline(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {inline(entry)}" for key, entry in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(inline, value)) + "]"
    return json.dumps(value)


def notations(f: ns.Functional) -> list[dict[str, Any]]:
    return [
        {"collins_gisin": f.to_collins_gisin().tolist()},
        {"full_correlators": f.to_full_correlators().tolist()},
        {"probabilities": f.to_probabilities().tolist()},
        f.to_json(),
    ]


@pytest.mark.parametrize("seed", range(3))
def test_the_same_functional_in_all_notations(tmp_path: Path, seed: int) -> None:
    rng = np.random.default_rng(seed)
    f = ns.Functional.from_collins_gisin(rng.normal(size=(3, 4)))
    wanted = ns.bound(f, ns.Bell((2, 3)))
    for functional in notations(f):
        read = from_data(problem(functional), "x").functional
        assert read is not None
        np.testing.assert_allclose(read.to_full_correlators(), f.to_full_correlators(), atol=1e-14)
        content, code = answered(problem(functional), tmp_path)
        assert code == 0
        assert content["value"]["upper"] == pytest.approx(wanted.upper, abs=1e-12)
        assert content["value"]["lower"] <= content["value"]["upper"]


@pytest.mark.parametrize(
    "model", [{"name": "nonsignalling"}, {"name": "quantum", "level": "1+AB"}, {"name": "quantum"}]
)
def test_other_models_and_the_checker_agree(tmp_path: Path, model: dict[str, Any]) -> None:
    table = [[0.1, -0.7, 0.1], [-0.9, 1.1, 0.3], [0.1, 0.7, -0.9]]
    assert answered(problem({"collins_gisin": table}, model), tmp_path)[1] == 0


NAMED = [
    ({"name": "ch"}, 0.0),
    ({"name": "hardy"}, 0.0),
    ({"name": "i3322"}, 0.0),
    ({"name": "i3322_one"}, 1.0),
    ({"name": "a10"}, 0.0),
    ({"name": "imm22", "n": 4}, 0.0),
    ({"name": "tilted_chsh", "beta": 0.7}, 2.7),
    ({"name": "biased_chsh", "p": 0.7, "q": 0.6}, 1 - 2 * 0.3 * 0.4),
    ({"name": "elegant"}, 6.0),
]


@pytest.mark.parametrize(("functional", "local"), NAMED, ids=[f["name"] for f, _ in NAMED])
def test_named_functionals_run_and_verify(tmp_path: Path, functional: dict[str, Any], local: float) -> None:
    content, code = answered(problem(functional), tmp_path)
    assert code == 0
    assert content["value"]["upper"] == pytest.approx(local, abs=1e-12)
    explained = CliRunner().invoke(app, ["explain", functional["name"]])
    assert explained.exit_code == 0
    assert "(functional)" in explained.output
    assert functional["name"] in CliRunner().invoke(app, ["list", "functionals"]).output


def test_results_of_python_keep_names_and_parameters(tmp_path: Path) -> None:
    for f in (F.tilted_chsh(0.3), F.biased_chsh(0.7, 0.6), F.imm22(3), F.ch(), F.elegant(), F.hardy()):
        answer = ns.bound(f, ns.Bell(f.shape))
        answer.save(tmp_path / "x.json")
        content = json.loads((tmp_path / "x.json").read_text())
        assert content["problem"]["functional"] == {"name": f.name, **(f.parameters or {})}
        assert all(holds for holds, _ in checker.check(content))


def test_a_forged_table_is_refused(tmp_path: Path) -> None:
    """The checker reads the notation by itself: another entry is another functional."""
    content, _ = answered(problem({"collins_gisin": F.i3322().to_collins_gisin().tolist()}), tmp_path)
    for path, value in ((("collins_gisin", 1, 1), 1.5), (("collins_gisin", 0, 0), 0.5), (("collins_gisin", 0, 1), 0.0)):
        forged = json.loads(json.dumps(content))
        spot = forged["problem"]["functional"]
        for key in path[:-1]:
            spot = spot[key]
        spot[path[-1]] = value
        import hashlib

        text = json.dumps(forged["problem"], sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        forged["problem_sha256"] = hashlib.sha256(text.encode()).hexdigest()
        assert not all(holds for holds, _ in checker.check(forged))


def test_constraints_in_files(tmp_path: Path) -> None:
    """Hardy's zeros by their probabilities: (5√5 − 11)/2."""
    entries = []
    for a, b, x, y in ((0, 1, 0, 1), (1, 0, 1, 0), (0, 0, 1, 1)):
        s = np.zeros((2, 2, 2, 2))
        s[a, b, x, y] = 1
        entries.append({"probabilities": s.tolist(), "equals": 0.0})
    model = {"name": "quantum", "level": "1+AB", "subject_to": entries}
    content, code = answered(problem({"name": "hardy"}, model, options={"tolerance": 1e-5}), tmp_path)
    assert code == 0
    assert content["value"]["lower"] <= (5 * math.sqrt(5) - 11) / 2 <= content["value"]["upper"]
    assert content["value"]["upper"] - content["value"]["lower"] < 5e-6


@pytest.mark.parametrize(
    ("functional", "message"),
    [
        ({"collins_gisin": [[0, 1], [1, 1]], "correlators": [[1]]}, "collins_gisin: given beside correlators"),
        ({"collins_gisin": [[0, 1]]}, "is a table of 1×2; constants and marginals come first"),
        ({"collins_gisin": [[0, 1], [1]]}, "number of entries is 1"),
        ({"collins_gisin": [[0, 1], [1, 1]], "alice": [1]}, "alice: not used by a functional given by collins_gisin"),
        ({"probabilities": [[[[1]], [[1]]]]}, "must be a list of two entries"),
        ({"probabilities": [[[[1]], [[1]]], [[[1]], [[1], [2]]]]}, "one for each of Alice's settings"),
        ({"probabilities": [[[[1]], [[1]]], [[[1]], [[1, 2]]]]}, "number of entries is 2"),
        ({"probabilities": [[1, 2], [3, 4]]}, "must be a list of rows"),
        ({"full_correlators": [[0, "x"], [0, 1]]}, "must be a number"),
        ({"name": "tilted_chsh"}, "beta: missing"),
        ({"name": "biased_chsh", "p": 1.5, "q": 0.5}, "p: must be in"),
        ({"name": "ch", "n": 2}, "n: not used by the functional ch"),
    ],
)
def test_bad_functionals_get_one_line(functional: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        from_data(problem(functional), "x.toml")
    assert "\n" not in str(caught.value)


def test_a_collins_gisin_table_is_no_table_of_correlators() -> None:
    table = F.i3322().to_collins_gisin().tolist()
    settings = {"family": "half_circle", "n": 3}
    with pytest.raises(InputError, match=r"is a table of 4×4 for 3×3 settings; .* collins_gisin or full_correlators"):
        from_data(problem({"correlators": table}, settings=settings), "x.toml")
    read = from_data(problem({"collins_gisin": table}, settings=settings), "x.toml").functional
    assert read == F.i3322()


@pytest.mark.parametrize(
    ("model", "message"),
    [
        ({"name": "quantum", "level": "7"}, "model.level: level is '7'; it must be one of"),
        ({"name": "bell", "level": "2"}, "level: not used by the model bell"),
        ({"name": "quantum", "subject_to": []}, "must be a list of constraints"),
        ({"name": "quantum", "subject_to": [{"name": "chsh"}]}, "has 0 of the keys"),
        ({"name": "quantum", "subject_to": [{"name": "chsh", "equals": 1, "at_most": 2}]}, "has 2 of the keys"),
        ({"name": "quantum", "subject_to": [{"name": "chsh", "equal": 1}]}, "unknown key"),
        ({"name": "quantum", "subject_to": [{"name": "i3322", "equals": 1}]}, "belongs to 3×3 settings"),
    ],
)
def test_bad_levels_and_constraints_get_one_line(model: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        from_data(problem({"name": "chsh"}, model), "x.toml")
    assert "\n" not in str(caught.value)


def test_levels_may_be_numbers(tmp_path: Path) -> None:
    path = tmp_path / "p.toml"
    path.write_text('schema = 1\nkind = "bound"\nmodel = {name = "quantum", level = 2}\nfunctional = {name = "ch"}\n')
    model = load(path).model
    assert repr(model) == "Quantum(2×2, level 2)"
