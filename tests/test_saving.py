"""Results are saved with their question, come back as they were, and the checker proves what was saved."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from answered import ANGLES, CASES, CHSH, LIST, LOST, MIXED, NOT_WRITTEN, RADIANS, ROWS, lost, plain

import nsmodels as ns
from nsmodels import checker
from nsmodels.errors import InputError
from nsmodels.files.problem import from_data
from nsmodels.files.problem import load as load_problem
from nsmodels.questions.answer import Answer


@pytest.fixture(scope="module")
def answers() -> dict[str, Any]:
    return {}


def ask(answers: dict[str, Any], case: str) -> Any:
    if case not in answers:
        answers[case] = CASES[case]()
    return answers[case]


@pytest.mark.parametrize("case", CASES)
def test_a_saved_result_is_proved_and_comes_back(case: str, answers: dict[str, Any], tmp_path: Path) -> None:
    answer = ask(answers, case)
    path = answer.save(tmp_path / "x.json")
    assert path == tmp_path / "x.json"
    assert checker.main([str(path)]) == 0
    found = ns.load(path)
    assert type(found) is type(answer)
    assert plain(found.to_json()) == plain(answer.to_json())
    assert (found.lower, found.upper, found.status, found.reason) == (
        *(answer.lower, answer.upper), answer.status, answer.reason
    )  # fmt: skip
    assert repr(found) == repr(answer) or case in NOT_WRITTEN
    names = {name for name in lost(answer, found) if not name.endswith("_end")}
    assert [name for name in names if not name.startswith(tuple(LOST.get(case, {"-"})))] == []
    assert answer.verify()
    assert found.verify()
    found.save(tmp_path / "y.json")
    assert (tmp_path / "y.json").read_text() == path.read_text()


def test_results_of_all_kinds_can_be_keys_and_know_what_was_allowed(answers: dict[str, Any], tmp_path: Path) -> None:
    for case in ("bound bell", "visibility bell", "marginals given", "local content"):
        assert {ask(answers, case): case}[ask(answers, case)] == case
    found: Any = ns.load(ask(answers, "marginals errors").save(tmp_path / "x.json"))
    assert found.question.allow_signalling
    assert not ns.load(ask(answers, "marginals moved").save(tmp_path / "x.json")).question.allow_signalling


def test_names_and_options_are_kept_and_numbers_where_there_is_no_name(answers: dict[str, Any], tmp_path: Path) -> None:
    def written(case: str) -> Any:
        return json.loads(ask(answers, case).save(tmp_path / "x.json").read_text())["problem"]

    l3 = written("bound leggett")
    assert l3["settings"] == {"family": "leggett_triads", "phi_deg": 36.87}
    assert l3["functional"] == {"name": "leggett3"}
    assert l3["model"] == {"name": "leggett", "eta_a": 0.9, "eta_b": 0.9}
    assert l3["options"] == {"tolerance": 1e-6, "time_limit_s": 60.0, "seed": 0}
    assert written("bound leggett radians")["settings"]["alice"] == RADIANS.rows_alice.tolist()
    rows = written("bound leggett rows")
    assert rows["settings"] == {"alice": ROWS.rows_alice.tolist(), "bob": ROWS.rows_bob.tolist(), "normalise": True}
    assert rows["options"] == {"tolerance": 1e-4, "time_limit_s": 60.0, "seed": 7}
    assert set(written("bound leggett angles")["settings"]) == {"alice_deg", "bob_deg"}
    assert written("bound chained")["functional"] == {"name": "chained", "n": 4}
    assert written("bound bell")["settings"] == {"family": "chsh"}
    assert written("bound finite")["model"]["alice"] == LIST.states.alice.tolist()
    assert written("visibility bell")["behaviour"] == {"name": "pr_box"}
    assert written("visibility noise")["behaviour"]["noise"]["alice"] == [0.05, 0.0]
    free = written("visibility free")["behaviour"]
    assert (free["marginals"], set(free["noise"])) == ("free", {"correlators"})
    assert written("visibility pairs")["behaviour"]["pairs"] == [[0, 0], [0, 1], [1, 0]]
    named = written("visibility pairs named")["behaviour"]
    assert named == {"name": "singlet", "pairs": [[0, 0], [0, 1], [1, 1]]}
    assert written("marginals singlet")["behaviour"] == {"name": "singlet"}


def test_the_states_of_a_loaded_result_have_their_marginals(answers: dict[str, Any], tmp_path: Path) -> None:
    for case in ("bound leggett", "bound one_sided", "bound hull", "bound finite"):
        answer = ask(answers, case)
        found: Any = ns.load(answer.save(tmp_path / "x.json"))
        for party in ("alice", "bob"):
            assert np.abs(getattr(found.maximiser, party) - getattr(answer.maximiser, party)).max() < 1e-12
    for case in ("visibility leggett", "visibility one_sided", "visibility hull", "visibility noise"):
        answer = ask(answers, case)
        found = ns.load(answer.save(tmp_path / "x.json"))
        gaps = found.decomposition.average().correlators - answer.decomposition.average().correlators
        assert np.abs(gaps).max() < 1e-12
        assert np.abs(found.decomposition.boxes().average().alice - answer.decomposition.average().alice).max() < 1e-12
        functionals = [r.inequality and r.inequality.functional for r in (found, answer)]
        assert functionals[0] == functionals[1]
    answer = ask(answers, "marginals singlet")
    found = ns.load(answer.save(tmp_path / "x.json"))
    assert found.path("B0") == answer.path("B0")
    assert np.array_equal(found.potentials, answer.potentials)
    assert found.model("B0").average() == answer.model("B0").average()


@pytest.mark.parametrize("name", ["leggett_l3", "chsh_bell", "chained_5"])
def test_a_result_of_a_problem_file_is_saved_as_the_command_writes_it(name: str, tmp_path: Path) -> None:
    from nsmodels.files.problem import shipped
    from nsmodels.files.result import assemble

    if name not in shipped():
        name = next(iter(sorted(shipped())))
    problem = load_problem(name)
    answer = problem.ask()
    path = answer.save(tmp_path / f"{name}.json")
    assert json.loads(path.read_text()) == plain(assemble(problem, answer.to_json(), 0.0))
    assert ns.load(path).verify()


class Mine(ns.Bell):
    """A model of a user's."""


class Own(ns.HiddenVariableModel):
    name = "own"

    def __init__(self) -> None:
        self._bell = ns.Bell((2, 2))

    @property
    def shape(self) -> tuple[int, int]:
        return (2, 2)

    def _enclose(self, functional: Any, effort: Any, hint: Any) -> Any:
        return self._bell._enclose(functional, effort, hint)

    def propose(self, functional: Any, count: int, *, rng: Any, starts: Any = None) -> Any:
        return self._bell.propose(functional, count, rng=rng)


def refusal(answer: Answer, path: Path) -> str:
    with pytest.raises(InputError) as refused:
        answer.save(path)
    with pytest.raises(InputError):
        answer.verify()
    assert not path.exists()
    said = str(refused.value)
    assert "\n" not in said
    return said


@pytest.mark.parametrize("model", [Mine((2, 2)), Own(), ns.Hull([ns.Bell((2, 2)), Own()])], ids=lambda m: m.name)
def test_models_that_no_file_can_name_are_refused_in_one_line(model: Any, tmp_path: Path) -> None:
    said = refusal(ns.bound(ns.functionals.chsh(), model), tmp_path / "x.json")
    assert "no problem file can name this model" in said


def test_questions_that_no_file_can_ask_are_refused_in_one_line(tmp_path: Path) -> None:
    two = ns.bound(MIXED, ns.Leggett(CHSH, 0.3), settings=ANGLES, tolerance=1e-2)
    assert "different directions" in refusal(two, tmp_path / "x.json")
    hull = ns.Hull([ns.Leggett(CHSH, 0.3), ns.Leggett(ANGLES, 0.3)])
    assert "different directions" in refusal(ns.bound(MIXED, hull, tolerance=1e-2), tmp_path / "x.json")
    large = ns.bound(1e15 * MIXED, ns.Bell((2, 2)))
    assert "correlators" in refusal(large, tmp_path / "x.json")


@pytest.mark.parametrize("path", [3, "", "a\0b", b"x.json", None])
def test_a_name_that_is_none_is_refused(path: Any, answers: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="name of a result file"):
        ask(answers, "bound bell").save(path)
    with pytest.raises(InputError, match="name of a result file"):
        ns.load(path)


def test_what_cannot_be_written_or_read_is_said(answers: dict[str, Any], tmp_path: Path) -> None:
    answer = ask(answers, "bound bell")
    with pytest.raises(InputError, match="cannot be written"):
        answer.save(tmp_path / "nowhere" / "x.json")
    with pytest.raises(InputError, match="cannot be read"):
        ns.load(tmp_path / "nothing.json")
    (tmp_path / "x.json").write_text("{}")
    with pytest.raises(InputError, match="not a result file"):
        ns.load(tmp_path / "x.json")


def forged(content: dict[str, Any], path: tuple[Any, ...], value: Any) -> dict[str, Any]:
    copy: Any = plain(content)
    inner = copy
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return dict(copy)


FORGERIES: list[tuple[str, tuple[Any, ...], Any]] = [
    ("bound leggett", ("value",), {"lower": 1.0, "upper": 1.7}),
    ("bound leggett", ("problem_sha256",), "0" * 64),
    ("bound leggett", ("problem", "title"), "another"),
    ("bound leggett", ("quantum",), 1.0),
    ("bound leggett", ("maximiser", "u"), [1.0, 0.0, 0.0]),
    ("bound leggett", ("remark",), "proved by hand"),
    ("bound leggett", ("problem", "model", "eta_a"), 0.1),
    ("bound finite", ("problem", "model", "alice", 0, 0), 1.0),
    ("visibility leggett", ("value",), {"lower": 0.99, "upper": 1.0}),
    ("visibility leggett", ("inequality", "bound"), 0.5),
    ("visibility leggett", ("decomposition", 0, "weight"), 0.9),
    ("visibility noise", ("problem", "behaviour", "noise", "alice"), [0.0, 0.0]),
    ("visibility none", ("reason",), "no mixture"),
    ("marginals given", ("marginals", "alice", 0), {"lower": 0.05, "upper": 0.1}),
    ("marginals given", ("value", "upper"), 0.1),
    ("marginals given", ("status",), "estimate"),
    ("marginals given", ("certificate", "alice", 0, "potentials", 0), 1 << 52),
]


@pytest.mark.parametrize(("case", "path", "value"), FORGERIES, ids=lambda x: str(x)[:40])
def test_a_forged_file_is_loaded_and_not_proved(
    case: str, path: tuple[Any, ...], value: Any, answers: dict[str, Any], tmp_path: Path
) -> None:
    content = json.loads(ask(answers, case).save(tmp_path / "x.json").read_text())
    (tmp_path / "x.json").write_text(json.dumps(forged(content, path, value)))
    assert checker.main([str(tmp_path / "x.json")]) == 1
    said = ns.load(tmp_path / "x.json").verify()
    assert not said
    assert repr(said).endswith("NOT everything is proved")


MALFORMED: list[tuple[str, tuple[Any, ...], Any]] = [
    ("bound leggett", ("value",), [1, 2]),
    ("bound leggett", ("value", "lower"), 5.0),
    ("bound leggett", ("status",), "sure"),
    ("bound leggett", ("certificate",), None),
    ("bound leggett", ("maximiser",), {"w": [1.0]}),
    ("bound leggett", ("stats",), None),
    ("bound leggett", ("kind",), "visibility"),
    ("bound hull", ("certificate", "lower", "state", "part"), -1),
    ("visibility hull", ("certificate", "lower", "states"), []),
    ("visibility leggett", ("mixing",), "none"),
    ("marginals given", ("paths", "alice", 0, 0), "C0+"),
    ("marginals given", ("certificate", "bob"), []),
    ("marginals given", ("value",), None),
]


@pytest.mark.parametrize(("case", "path", "value"), MALFORMED, ids=lambda x: str(x)[:40])
def test_a_malformed_file_is_refused_in_one_line(
    case: str, path: tuple[Any, ...], value: Any, answers: dict[str, Any], tmp_path: Path
) -> None:
    content = json.loads(ask(answers, case).save(tmp_path / "x.json").read_text())
    (tmp_path / "x.json").write_text(json.dumps(forged(content, path, value)))
    with pytest.raises(InputError, match=r"x\.json: malformed result") as refused:
        ns.load(tmp_path / "x.json")
    assert "\n" not in str(refused.value)


def test_a_changed_result_is_not_proved_by_the_file_that_it_came_from(answers: dict[str, Any], tmp_path: Path) -> None:
    found: Any = ns.load(ask(answers, "bound leggett").save(tmp_path / "x.json"))
    better = dataclasses.replace(found, value=ns.Enclosure(found.lower, found.lower))
    assert found.verify()
    assert not better.verify()


def test_the_saved_problem_asks_the_same_question(answers: dict[str, Any], tmp_path: Path) -> None:
    for case in ("bound leggett rows", "visibility noise", "marginals given"):
        answer = ask(answers, case)
        content = json.loads(answer.save(tmp_path / "x.json").read_text())
        again = from_data(content["problem"], "x").ask()
        assert (again.lower, again.upper) == (answer.lower, answer.upper)


def test_the_answer_to_a_design_comes_back_also_by_its_visibility(tmp_path: Path) -> None:
    from nsmodels.files.result import assemble, write

    text = 'schema = 1\nkind = "design"\nmodel = {name = "leggett"}\ndesign = {n_alice = 1, n_bob = 2}\n'
    text += "options = {time_limit_s = 3.0, tolerance = 1e-2}\n"
    (tmp_path / "d.toml").write_text(text)
    problem = load_problem(tmp_path / "d.toml")
    answer = problem.ask()
    write(tmp_path / "d.json", assemble(problem, answer.to_json(), 0.0))
    found = ns.load(tmp_path / "d.json")
    assert repr(found) == repr(answer)
    assert found.verify()
    assert ns.load(answer.answer.save(tmp_path / "x.json")).verify()


def derive(path: Path, form: str = "text") -> Any:
    from typer.testing import CliRunner

    from nsmodels.cli import app

    return CliRunner().invoke(app, ["derive", str(path), "--format", form])


def test_derive_reads_a_result_and_never_solves(
    answers: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer, other = ask(answers, "visibility leggett"), ask(answers, "bound bell")
    path = answer.save(tmp_path / "x.json")

    def solved(*_: Any, **__: Any) -> Any:
        raise AssertionError("it solves again")

    monkeypatch.setattr(ns.Model, "support", solved)
    done = derive(path)
    assert done.exit_code == 0
    assert answer.inequality.text() in done.stdout
    assert derive(path, "latex").stdout.strip() == answer.inequality.latex()
    content = json.loads(derive(path, "json").stdout)
    assert content["inequality"] == plain(answer.inequality.to_json())
    assert content["visibility"] == {"lower": answer.lower, "upper": answer.upper}
    path.write_text(json.dumps(forged(json.loads(path.read_text()), ("inequality", "bound"), 0.5)))
    forgery = derive(path)
    assert forgery.exit_code == 1
    assert "NOT everything in it is proved" in forgery.output
    done = derive(other.save(tmp_path / "y.json"))
    assert done.exit_code == 2
    assert "has no inequality to derive" in done.output
