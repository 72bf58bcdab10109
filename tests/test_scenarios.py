"""Problems with a table [scenario]: published values through files and the checker, forgeries, and wrong input."""

from __future__ import annotations

import copy
import json
import signal
import tomllib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from handwritten import digest
from typer.testing import CliRunner

import nsmodels as ns
from nsmodels import checker, general
from nsmodels.cli import app
from nsmodels.errors import InputError
from nsmodels.files.answering import answer
from nsmodels.files.problem import from_data
from nsmodels.files.result import to_text
from nsmodels.files.schema import schema
from nsmodels.files.toml.writing import as_toml

CGLMP = {"outcomes": [[3, 3], [3, 3]]}
THREE = {"parties": 3, "settings": 2, "outcomes": 2}
HALF = [[0.5, 0.5], [0.5, 0.5]]
BIASED = [[[[0.75, 0.25], [0.5, 0.5]], HALF], [[[0.25, 0.75], [0.5, 0.5]], HALF]]
PR = ns.behaviours.pr_box().to_probabilities().tolist()
THIRD = np.einsum("abxy,cz->abcxyz", np.array(PR), np.full((2, 1), 0.5)).tolist()


def problem(kind: str, scenario: Any, model: Any = "local", **tables: Any) -> dict[str, Any]:
    named = {"name": model} if isinstance(model, str) else {"name": "finite", "marginals": model}
    return {"schema": 1, "kind": kind, "scenario": scenario, "model": named, **tables}


def bound(scenario: Any, name: str, model: Any = "local") -> dict[str, Any]:
    return problem("bound", scenario, model, functional={"name": name})


def result(data: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(to_text(answer(from_data(data, "x.toml"))[0]))
    return found


KNOWN: dict[str, tuple[dict[str, Any], float]] = {
    "CGLMP 3": (bound(CGLMP, "cglmp"), 2.0),
    "CGLMP 3 beyond": (bound(CGLMP, "cglmp", "nonsignalling"), 4.0),
    "CGLMP 4": (bound({"outcomes": [[4, 4], [4, 4]]}, "cglmp"), 2.0),
    "CGLMP 4 beyond": (bound({"outcomes": [[4, 4], [4, 4]]}, "cglmp", "nonsignalling"), 4.0),
    "Mermin": (bound(THREE, "mermin"), 2.0),
    "Mermin beyond": (bound(THREE, "mermin", "nonsignaling"), 4.0),
    "Svetlichny": (bound(THREE, "svetlichny"), 4.0),
    "Svetlichny beyond": (bound(THREE, "svetlichny", "nonsignalling"), 8.0),
    # a marginal of mean ½ costs |A| − |B| of each of two correlators: 4 − 2 · ½
    "CGLMP 2 of biased states": (bound({"outcomes": [[2, 2], [2, 2]]}, "cglmp", BIASED), 3.0),
    "CGLMP 3 entangled": (problem("visibility", CGLMP, behaviour={"name": "maximally_entangled", "d": 3}), 0.69615),
    "GHZ": (problem("visibility", THREE, behaviour={"name": "ghz"}), 0.5),
    "PR": (problem("visibility", {"outcomes": [[2, 2], [2, 2]]}, behaviour={"probabilities": PR}), 0.5),
    # |C_0j| ≤ 1 − |A_0| in every hidden state
    "PR of biased states": (
        problem("visibility", {"outcomes": [[2, 2]] * 2}, BIASED, behaviour={"probabilities": PR}),
        0.5,
    ),
    "a box of its own": (problem("visibility", THREE, "nonsignalling", behaviour={"name": "ghz"}), 1.0),
    "the bias of a PR box": (
        problem("marginals", {"outcomes": [[2, 2]] * 2}, "nonsignalling", behaviour={"probabilities": PR}),
        0.0,
    ),
    "a third party may be known": (
        problem("marginals", {"outcomes": [[2, 2], [2, 2], [2]]}, "nonsignalling", behaviour={"probabilities": THIRD}),
        1.0,
    ),
    "the bias of listed states": (
        problem(
            "marginals",
            {"outcomes": [[2, 2]] * 2},
            BIASED,
            behaviour={"probabilities": np.full((2,) * 4, 0.25).tolist()},
        ),
        0.5,
    ),
}


@cache
def known(name: str) -> dict[str, Any]:
    return result(KNOWN[name][0])


@pytest.mark.parametrize("name", KNOWN)
def test_known_values_are_proved_again(name: str, tmp_path: Path) -> None:
    found, wanted = known(name), KNOWN[name][1]
    assert found["value"]["lower"] == pytest.approx(wanted, abs=6e-6)
    assert found["value"]["upper"] == pytest.approx(wanted, abs=6e-6)
    claims = checker.check(found)
    assert claims
    assert all(holds for holds, _ in claims), claims
    path = tmp_path / "x.json"
    path.write_text(json.dumps(found), encoding="utf-8")
    loaded = ns.load(path)
    assert loaded.to_json() | {"stats": 0} == {key: found[key] for key in loaded.to_json()} | {"stats": 0}


def test_the_command_line(tmp_path: Path) -> None:
    file = tmp_path / "game.toml"
    text = 'schema = 1\nkind = "visibility"\n[scenario]\nparties = 3\nsettings = 2\noutcomes = 2\n'
    text += '[model]\nname = "local"\n'
    file.write_text(text + '[behaviour]\nname = "ghz"\n[expected]\nvalue = 0.5\n', encoding="utf-8")
    invoke = CliRunner().invoke
    done = invoke(app, ["run", str(file), "--out", str(tmp_path)])
    assert done.exit_code == 0, done.output
    assert "explicit model" in done.stdout
    result_file = str(tmp_path / "game.json")
    assert invoke(app, ["verify", result_file]).exit_code == 0
    for given in (str(file), result_file):
        refused = invoke(app, ["derive", given])
        assert refused.exit_code == 2
        assert "derive is for two parties with outcomes ±1" in refused.stderr
    page = tmp_path / "page.html"
    assert invoke(app, ["report", result_file, "--out", str(page)]).exit_code == 0
    assert "every claim proved by the checker" in page.read_text(encoding="utf-8")
    for word, said in (("scenario", "outcomes = [[3, 3]"), ("cglmp", "quant-ph/0106024"), ("ghz", "angles_deg")):
        assert said in invoke(app, ["explain", word]).stdout
    assert "explore drags directions" in invoke(app, ["explore", str(file)]).stderr


def test_a_sweep_over_the_angles(tmp_path: Path) -> None:
    (tmp_path / "one.toml").write_text(
        'schema = 1\nkind = "bound"\nscenario = {outcomes = [[2, 2], [2, 2]]}\nmodel = {name = "local"}\n'
        'functional = {name = "cglmp"}\n', encoding="utf-8",
    )  # fmt: skip
    (tmp_path / "sweep.toml").write_text(
        'schema = 1\n[sweep]\nproblem = "one.toml"\n[sweep.vary]\n"model.name" = ["local", "nonsignalling"]\n',
        encoding="utf-8",
    )  # fmt: skip
    out = tmp_path / "out"
    assert CliRunner().invoke(app, ["sweep", str(tmp_path / "sweep.toml"), "--out", str(out)]).exit_code == 0
    assert [row["lower"] for row in json.loads((out / "table.json").read_text())["rows"]] == [2.0, 4.0]
    assert CliRunner().invoke(app, ["verify", str(out)]).exit_code == 0


# -- forgeries --------------------------------------------------------------------------------------------------------


def upper(found: dict[str, Any]) -> Any:
    return found["certificate"]["upper"]


def changed(entries: list[Any], index: int, value: Any) -> None:
    entries[index] = value


def harder(found: dict[str, Any]) -> None:
    """A larger functional in the problem, with its digest."""
    found["problem"]["functional"] = {"probabilities": (2.0 * general.cglmp(3)).tolist()}
    found["problem_sha256"] = digest(found["problem"])


FORGED: dict[str, tuple[str, Callable[[dict[str, Any]], Any]]] = {
    "a smaller bound": ("CGLMP 3", lambda x: x["value"].update(upper=1.9, lower=1.9)),
    "another functional": ("CGLMP 3 beyond", harder),
    "another strategy": ("CGLMP 3", lambda x: x["certificate"]["lower"]["state"].update(strategy=[[0, 1], [1, 0]])),
    "an outcome too many": ("CGLMP 3", lambda x: x["certificate"]["lower"]["state"].update(strategy=[[0, 3], [0, 0]])),
    "a strategy as a box": ("CGLMP 3", lambda x: x["certificate"]["lower"].update(state={"box": ["1"] + ["0"] * 35})),
    "another maximiser": ("CGLMP 3", lambda x: x["maximiser"].update(strategy=[[1, 1], [1, 2]])),
    "a price too low": ("CGLMP 3 beyond", lambda x: changed(upper(x)["proof"]["prices"][0], 0, "0")),
    "prices of outcomes": ("CGLMP 3 beyond", lambda x: changed(upper(x)["proof"]["prices"][1], 0, "-1")),
    "shifts that stay": ("Mermin beyond", lambda x: changed(upper(x)["proof"]["shifts"][0], 0, "7")),
    "no shifts": ("Mermin beyond", lambda x: upper(x)["proof"].update(shifts=None)),
    "a box that signals": ("Mermin beyond", lambda x: changed(x["certificate"]["lower"]["state"]["box"], 0, "1/7")),
    "a hidden state less": ("CGLMP 2 of biased states", lambda x: upper(x)["proof"].pop()),
    "another hidden state": ("CGLMP 2 of biased states", lambda x: x["certificate"]["lower"]["state"].update(hidden=1)),
    "a larger visibility": ("GHZ", lambda x: x["certificate"]["lower"].update(visibility="3/4")),
    "weights for nothing": ("GHZ", lambda x: x["certificate"]["lower"]["states"][0].update(weight="1/2")),
    "a negative weight": ("GHZ", lambda x: x["certificate"]["lower"]["states"][0].update(weight="-1/16")),
    "a tighter inequality": ("GHZ", lambda x: (upper(x).update(bound="0"), x["inequality"].update(bound=0.0))),
    "another inequality": ("GHZ", lambda x: changed(upper(x)["coefficients"], 1, "9")),
    "a displayed inequality": ("GHZ", lambda x: changed(x["inequality"]["probabilities"][0][0][0][0][0], 0, 0.5)),
    "no inequality": ("GHZ", lambda x: x["certificate"].update(upper=None)),
    "a smaller bias": (
        "a third party may be known",
        lambda x: changed(x["marginals"][2], 0, {"lower": 0.0, "upper": 0.5}),
    ),
    "a setting less": ("a third party may be known", lambda x: x["certificate"]["known"][0].pop()),
    "a guess too good": ("the bias of a PR box", lambda x: x["certificate"]["known"][0][0].update(guess="1")),
    "a multiplier": (
        "the bias of a PR box",
        lambda x: changed(x["certificate"]["known"][0][0]["coefficients"], 0, "-1"),
    ),
    "no value": ("PR of biased states", lambda x: x.update(value=None, status="no_answer", reason=checker.NOTHING)),
    "something more": ("GHZ", lambda x: x["certificate"].update(more=1)),
}


@pytest.mark.parametrize("name", FORGED)
def test_forgeries_are_refused(name: str) -> None:
    """Whatever is changed in a result that was proved above."""
    own, change = FORGED[name]
    forged = copy.deepcopy(known(own))
    change(forged)
    assert forged != known(own)
    claims = checker.check(forged)
    assert not all(holds for holds, _ in claims)
    assert not any("malformed" in text for _, text in claims), claims


def test_that_nothing_has_a_model_is_proved() -> None:
    """Hidden states whose first outcome is known are no part of uniform noise, nor of a PR box."""
    fixed = [[[[1.0, 0.0], [0.5, 0.5]], HALF]]
    found = result(problem("visibility", {"outcomes": [[2, 2]] * 2}, fixed, behaviour={"probabilities": PR}))
    assert found["value"] is None
    assert all(holds for holds, _ in checker.check(found))
    assert not all(holds for holds, _ in checker.check(found | {"decomposition": [{"weight": 1.0, "hidden": 0}]}))
    found["certificate"]["upper"]["bound"] = "-5"
    found["inequality"]["bound"] = 5.0
    assert not all(holds for holds, _ in checker.check(found))


# -- wrong input ------------------------------------------------------------------------------------------------------

SIGNALLING = np.zeros((2, 2, 2, 2))
SIGNALLING[0, 0, :, 0] = SIGNALLING[1, 0, :, 1] = 1.0
TWO = {"outcomes": [[2, 2], [2, 2]]}


def decomposed(table: Any, **more: Any) -> dict[str, Any]:
    return problem("visibility", TWO, behaviour={"probabilities": np.asarray(table).tolist(), **more})


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "one outcome": (
        bound({"outcomes": [[1, 2], [2, 2]]}, "cglmp"),
        "scenario.outcomes[0][0]: is 1; a setting has from 2",
    ),
    "outcomes alone": (bound({"outcomes": 3}, "cglmp"), "scenario.outcomes: must be a list of lists"),
    "no outcomes": (bound({}, "cglmp"), "scenario.outcomes: missing; write outcomes ="),
    "no settings": (bound({"outcomes": [[2, 2], []]}, "cglmp"), "scenario.outcomes: must be a list of lists"),
    "a fraction": (bound({"outcomes": [[2, 2.5], [2, 2]]}, "cglmp"), "must be an integer, is the number 2.5"),
    "a flag": (bound({"outcomes": [[2, True], [2, 2]]}, "cglmp"), "must be an integer, is the boolean true"),
    "both forms": (bound({"outcomes": [[2, 2]], "parties": 2}, "cglmp"), "scenario.settings: missing"),
    "huge": (bound({"parties": 8, "settings": 9, "outcomes": 9}, "cglmp"), "are above the limit of 20000"),
    "many parties": (bound({"parties": 9, "settings": 1, "outcomes": 2}, "cglmp"), "above the limit of 8"),
    "another table": (
        bound(TWO, "chsh") | {"settings": {"family": "chsh"}},
        "settings: a table for two parties with outcomes",
    ),
    "an unknown table": (bound(TWO, "cglmp") | {"behaviours": {}}, "behaviours: unknown key"),
    "an unused table": (bound(TWO, "cglmp") | {"behaviour": {"name": "ghz"}}, 'not used by kind = "bound"'),
    "another key": (
        problem("bound", TWO, functional={"correlators": [[1]]}),
        "functional.correlators: not for problems with",
    ),
    "an unknown key": (problem("bound", TWO, functional={"nam": "cglmp"}), 'unknown key; did you mean "name"?'),
    "of the scenario": (bound(TWO | {"outcome": 2}, "cglmp"), "scenario.outcome: unknown key"),
    "another kind": (problem("local_content", TWO, behaviour={"name": "ghz"}), 'with [scenario] ask for "bound" or'),
    "Leggett": (bound(TWO, "cglmp", "leggett"), "laws for marginals and the quantum side are for two parties"),
    "quantum": (bound(TWO, "cglmp", "quantum"), "without [scenario]"),
    "Bell": (bound(TWO, "cglmp", "bell"), 'write "local"'),
    "an unknown model": (bound(TWO, "cglmp", "locl"), 'did you mean "local"?'),
    "an unknown functional": (bound(TWO, "i3322"), "functional.name: unknown name"),
    "of three parties": (bound(TWO, "mermin"), "it wants outcomes = [[2, 2], [2, 2], [2, 2]]"),
    "another d": (problem("bound", CGLMP, functional={"name": "cglmp", "d": 4}), "the scenario has 3 outcomes"),
    "a shape": (decomposed(np.full((2, 2, 2), 0.25)), "behaviour.probabilities[0][0][0]: is 0.25; 2 wanted"),
    "a length": (
        decomposed(np.full((3, 2, 2, 2), 0.25)),
        "behaviour.probabilities: has 3 entries; 2 wanted, the outcomes of party 0",
    ),
    "NaN": (decomposed(np.full((2, 2, 2, 2), np.nan)), "must be a finite number"),
    "no distribution": (decomposed(np.full((2, 2, 2, 2), 0.3)), "adds up to 1.2"),
    "negative": (decomposed(np.full((2, 2, 2, 2), -0.25)), "has a probability of -0.25"),
    "signalling": (decomposed(SIGNALLING), "signals: a marginal changes by 1"),
    "noise": (decomposed(PR, noise="pink"), 'write "white", or a table with probabilities'),
    "noise of correlators": (decomposed(PR, noise={"correlators": [[0]]}), "behaviour.noise.correlators: unknown key"),
    "noise that signals": (
        decomposed(PR, noise={"probabilities": SIGNALLING.tolist()}),
        "behaviour.noise.probabilities: it signals",
    ),
    "noise of marginals": (
        problem("marginals", TWO, behaviour={"probabilities": PR, "noise": "white"}),
        'not used by kind = "marginals"',
    ),
    "an outcome that is none": (
        problem("bound", {"outcomes": [[2, 2], [2, 3]]}, functional={"probabilities": np.ones((2, 3, 2, 2)).tolist()}),
        "an outcome that its setting does not have",
    ),
    "no marginals": (problem("bound", TWO, "finite", functional={"name": "cglmp"}), "model.marginals: missing"),
    "marginals of another model": (
        bound(TWO, "cglmp") | {"model": {"name": "local", "marginals": BIASED}},
        "not used by the model local",
    ),
    "a party less": (bound(TWO, "cglmp", [[HALF]]), "wanted"),
    "marginals of 1.2": (bound(TWO, "cglmp", [[HALF, [[0.6, 0.6], [0.5, 0.5]]]]), "marginals[0][1][0] adds up to 1.2"),
    "negative marginals": (bound(TWO, "cglmp", [[HALF, [[1.5, -0.5], [0.5, 0.5]]]]), "has a probability of -0.5"),
    "words": (bound(TWO, "cglmp", [[HALF, [["a", 1], [0.5, 0.5]]]]), "a probability is"),
    "not a list": (bound(TWO, "cglmp", 3), "marginals"),
    "angles": (
        problem("visibility", THREE, behaviour={"name": "ghz", "angles_deg": [[0, 1]]}),
        "number of rows is 1; 3 wanted",
    ),
    "a verdict": (
        bound(TWO, "cglmp") | {"expected": {"verdict": "excluded"}},
        "expected.verdict: not for problems with",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_input_is_told_on_one_line(name: str) -> None:
    data, said = WRONG[name]
    with pytest.raises(InputError) as caught:
        from_data(data, "x.toml")
    message = str(caught.value)
    assert said in message, message
    assert message.startswith("x.toml:1: ")
    assert "\n" not in message


def test_programs_that_are_too_large_are_refused_before_memory_is(tmp_path: Path) -> None:
    for data in (
        problem("bound", {"parties": 2, "settings": 8, "outcomes": 4},
                functional={"probabilities": np.ones((4, 4, 8, 8)).tolist()}),
        problem("bound", {"parties": 2, "settings": 17, "outcomes": 8}, "nonsignalling",
                functional={"probabilities": np.ones((8, 8, 17, 17)).tolist()}),
    ):  # fmt: skip
        with pytest.raises(InputError, match=r"strategies are above the limit|too large to be solved exactly"):
            answer(from_data(data, "x.toml"))


@pytest.mark.parametrize(
    ("name", "module"),
    [("CGLMP 3 beyond", "boxes"), ("CGLMP 3 entangled", "mixing"), ("the bias of a PR box", "best_guess")],
)
def test_an_interrupt_ends_the_search(name: str, module: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is proved by then is written, and proved again."""
    calls = []

    def interrupted(*arguments: Any, **more: Any) -> Any:
        calls.append(arguments)
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(f"nsmodels.general.{module}.exact_maximum", interrupted)
    path = tmp_path / "x.toml"
    path.write_text(as_toml(KNOWN[name][0]))
    assert CliRunner().invoke(app, ["run", str(path), "--out", str(tmp_path)]).exit_code == 1
    assert len(calls) == 1
    found = json.loads((tmp_path / "x.json").read_text())
    assert (found["status"], found["reason"]) == ("certified", "interrupted")
    assert all(holds for holds, _ in checker.check(found))


def test_the_schema_knows_scenarios() -> None:
    jsonschema = pytest.importorskip("jsonschema", reason="the extra test is not installed")
    content = schema()
    check = jsonschema.validators.validator_for(content)(content)
    for data, _ in KNOWN.values():
        other = {"behavior" if key == "behaviour" else key: table for key, table in data.items()}
        assert [error.message for own in (data, other) for error in check.iter_errors(own)] == []
    for name in (
        "one outcome",
        "another table",
        "an unused table",
        "another key",
        "another kind",
        "Leggett",
        "outcomes alone",
        "both forms",
        "no outcomes",
        "no marginals",
        "negative marginals",
        "words",
        "another d",
    ):
        assert check.is_valid(WRONG[name][0]) == (name == "another d"), name
    assert check.is_valid(tomllib.loads('schema = 1\nkind = "bound"\nmodel.name = "bell"\nfunctional.name = "chsh"\n'))


def test_a_scenario_of_python_is_written_as_a_file(tmp_path: Path) -> None:
    answers = (general.bound(general.mermin()), general.decompose(PR, noise=np.full((2,) * 4, 0.25)))
    for k, found in enumerate((*answers, general.marginals(PR))):
        path = found.save(tmp_path / f"{k}.json")
        assert ns.load(path).verify()
        assert from_data(json.loads(path.read_text())["problem"], "x").scenario is not None


@pytest.mark.parametrize("name", ["scenario_cglmp3_entangled", "scenario_svetlichny_nonsignalling"])
def test_answers_have_pictures(name: str) -> None:
    found = ns.load(Path(__file__).parent.parent / "results" / f"{name}.json")
    image = found.plot().axes[0].images[0].get_array()
    assert image.shape == {"scenario_cglmp3_entangled": (6, 6), "scenario_svetlichny_nonsignalling": (4, 16)}[name]
    assert image.min() < 0.0 < image.max()
