"""The command line: exit codes, what is printed where, and what is written."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from command_line import COMMAND, DATA, VALUE, Answer, run
from good_problems import BOUND, VISIBILITY

from nsmodels import cli
from nsmodels.errors import SolverError
from nsmodels.files import problem
from nsmodels.files import result as results
from nsmodels.files.problem import Problem, shipped


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Let every question be answered by ``answers["answer"]``: an answer, or an exception to raise."""
    box: dict[str, Any] = {"answer": Answer()}

    def ask(self: Problem, progress: object = None) -> Any:
        if isinstance(box["answer"], BaseException):
            raise box["answer"]
        return box["answer"]

    monkeypatch.setattr(problem.Problem, "ask", ask)
    return box


def test_a_run_prints_a_summary_and_writes_the_result(tmp_path: Path, answers: dict[str, Any]) -> None:
    done = run("run", "leggett_l3", "--out", tmp_path)
    assert done.exit_code == 0
    assert done.stderr == ""
    lines = done.stdout.splitlines()
    assert lines[0] == "L3 at the angle of its largest violation, 36.87 degrees"
    text = {line[2:22].strip(): line[22:] for line in lines[1:]}
    assert text["leggett bound"] == "1.789181[450, 521]   certified, width 7e-08"
    assert text["quantum value"] == "1.8973666   (singlet on these settings)"
    assert text["violation"] == "0.108185 at least"
    assert text["hidden state u"] == "(1, 0, 0)"
    assert text["expected"] == "1.78918148932 ± 1e-06: agrees"
    assert text["time"] == "20 ms, 1 node"
    assert text["written to"] == str(tmp_path / "leggett_l3.json")
    assert results.read(tmp_path / "leggett_l3.json")["value"] == VALUE


def test_json_is_the_file_and_nothing_else(tmp_path: Path, answers: dict[str, Any]) -> None:
    done = run("run", "leggett_l3", "--out", tmp_path, "--json")
    assert done.exit_code == 0
    assert done.stderr == ""
    assert done.stdout == (tmp_path / "leggett_l3.json").read_text(encoding="utf-8")


def test_the_default_folder_is_results(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answers: dict[str, Any]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run("run", "leggett_l3").exit_code == 0
    assert (tmp_path / "results" / "leggett_l3.json").is_file()


@pytest.mark.parametrize(
    ("changes", "code", "note"),
    [
        ({"status": "estimate", "reason": "time_limit"}, 1, "the status is estimate"),
        ({"value": {"lower": 1.7, "upper": 1.8}, "reason": "interrupted"}, 1, "wider than the tolerance"),
        ({"value": {"lower": 1.8, "upper": 1.8}}, 1, "does not meet the expected value"),
        ({"status": "no_answer", "reason": "the solver gave up", "value": None}, 3, "no answer: the solver gave up"),
    ],
)
def test_exit_codes(tmp_path: Path, answers: dict[str, Any], changes: dict[str, Any], code: int, note: str) -> None:
    answers["answer"] = Answer(**changes)
    done = run("run", "leggett_l3", "--out", tmp_path)
    assert done.exit_code == code
    assert note in done.stderr
    assert results.read(tmp_path / "leggett_l3.json")["status"] == answers["answer"].content["status"]


def test_a_failed_solver_says_nothing(tmp_path: Path, answers: dict[str, Any]) -> None:
    answers["answer"] = SolverError("Clarabel stopped: NumericalError\nat iteration 3")
    done = run("run", "leggett_l3", "--out", tmp_path)
    assert done.exit_code == 3
    assert done.stderr.count("\n") == 1
    assert done.stderr.endswith("no answer: Clarabel stopped: NumericalError at iteration 3\n")
    result = results.read(tmp_path / "leggett_l3.json")
    assert (result["status"], result["value"]) == ("no_answer", None)


@pytest.mark.parametrize("failure", [SolverError("failed"), KeyboardInterrupt(), MemoryError()])
def test_an_empty_result_does_not_replace_an_answer(
    tmp_path: Path, answers: dict[str, Any], failure: BaseException
) -> None:
    run("run", "leggett_l3", "--out", tmp_path)
    before = (tmp_path / "leggett_l3.json").read_bytes()
    answers["answer"] = failure
    done = run("run", "leggett_l3", "--out", tmp_path)
    assert done.exit_code == (1 if isinstance(failure, KeyboardInterrupt) else 3)
    assert "the older result in" in done.stderr
    assert (tmp_path / "leggett_l3.json").read_bytes() == before


@pytest.mark.parametrize("old", ["another problem", "no value", "no result file"])
def test_an_empty_result_replaces_what_is_no_answer(tmp_path: Path, answers: dict[str, Any], old: str) -> None:
    target = tmp_path / "p.json"
    path = tmp_path / "p.toml"
    path.write_text(BOUND)
    if old == "no value":
        answers["answer"] = SolverError("the first failure")
    if old == "no result file":
        target.write_text("{")
    else:
        run("run", path, "--out", tmp_path)
    if old == "another problem":
        path.write_text(BOUND.replace("eta = 1.0", "eta = 0.5"))
    answers["answer"] = SolverError("the second failure")
    done = run("run", path, "--out", tmp_path)
    assert done.exit_code == 3
    assert "is kept" not in done.stderr
    assert results.read(target)["reason"] == "the second failure"
    assert results.read(target)["problem_sha256"] == problem.load(path).digest


def test_numbers_that_are_not_finite_never_reach_a_file(tmp_path: Path, answers: dict[str, Any]) -> None:
    answers["answer"] = Answer(value={"lower": 1.0, "upper": float("nan")})
    done = run("run", "leggett_l3", "--out", tmp_path)
    assert done.exit_code == 3
    assert "not finite at value.upper" in done.stderr


def test_an_unexpected_error_is_one_line(
    tmp_path: Path, answers: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NSMODELS_TRACEBACK", raising=False)
    answers["answer"] = ZeroDivisionError("division by\nzero")
    done = run("run", "leggett_l3", "--out", tmp_path)
    assert done.exit_code == 3
    assert done.stderr.count("\n") == 1
    assert "internal error (ZeroDivisionError: division by zero)" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_bad_input_writes_nothing(tmp_path: Path, answers: dict[str, Any]) -> None:
    bad = tmp_path / "bad.toml"
    bad.write_text(BOUND.replace("eta = 1.0", "eta = 2.0"))
    done = run("run", bad, "--out", tmp_path / "out")
    assert done.exit_code == 2
    assert done.stdout == ""
    assert done.stderr == f"{bad}:5: model.eta: must be in [0, 1], is 2.0\n"
    assert not (tmp_path / "out").exists()


LONG = "a" * 300


@pytest.mark.parametrize(
    "command",
    [
        *(f"run {LONG}", f"run {LONG} leggett_l3", f"verify {LONG}", f"derive {LONG}", f"sweep {LONG}"),
        *(f"report {LONG}", f"explain {LONG}", f"run leggett_l3 --out out --picture {LONG}/picture.svg"),
    ],
)
def test_no_name_is_too_long_to_be_named(command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The system refuses to look for such a file; a user sees one line about it."""
    monkeypatch.chdir(tmp_path)
    done = run(*command.split())
    assert done.exit_code == 2
    assert LONG[:40] in done.stderr or "verify" in command
    assert "internal error" not in done.stderr


def test_a_folder_that_cannot_be_written_is_noticed_before_the_work(tmp_path: Path, answers: dict[str, Any]) -> None:
    answers["answer"] = AssertionError("the work has begun")
    (tmp_path / "file").write_text("")
    done = run("run", "leggett_l3", "--out", tmp_path / "file")
    assert done.exit_code == 2
    assert "--out: cannot write results there" in done.stderr
    for name in ("picture.gif", "nowhere/picture.svg"):
        done = run("run", "leggett_l3", "--out", tmp_path / "out", "--picture", tmp_path / name)
        assert done.exit_code == 2
        assert "--picture" in done.stderr


def test_a_full_disk_at_the_end_still_prints_the_answer(
    tmp_path: Path, answers: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(results.os, "replace", full)
    done = run("run", "leggett_l3", "--out", tmp_path, "--json")
    assert done.exit_code == 2
    assert json.loads(done.stdout)["value"] == VALUE
    assert "No space left on device" in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("options", [["--json"], []])
def test_a_full_standard_output_is_named_and_the_result_written(tmp_path: Path, options: list[str]) -> None:
    command = [*COMMAND, "run", str(DATA / "chain.toml"), "--out", str(tmp_path), *options]
    with open("/dev/full", "w") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, timeout=120)
    assert done.returncode == 1
    target = tmp_path / "chain.json"
    cause = "standard output: cannot be written (No space left on device)"
    assert done.stderr == f"{cause}; the result is in {target}\n"
    assert results.read(target)["status"] == "certified"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("arguments", [["list"], ["explain", "chsh"]])
def test_other_commands_name_a_full_standard_output(arguments: list[str]) -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run([*COMMAND, *arguments], stdout=full, stderr=subprocess.PIPE, text=True, timeout=120)
    assert done.returncode == 1
    assert done.stderr == "standard output: cannot be written (No space left on device)\n"


def test_control_characters_of_a_file_do_not_reach_the_terminal(tmp_path: Path, answers: dict[str, Any]) -> None:
    path = tmp_path / "p.toml"
    path.write_text(BOUND.replace('kind = "bound"', 'kind = "bound"\ntitle = "a\\u001b[31m\\nb"'))
    done = run("run", path, "--out", tmp_path)
    assert done.stdout.splitlines()[0] == "a [31m b"


def test_derive_wants_a_visibility(answers: dict[str, Any], tmp_path: Path) -> None:
    done = run("derive", "leggett_l3")
    assert done.exit_code == 2
    assert done.stderr.endswith('derive needs kind = "visibility" or "design"; use `nsmodels run`\n')
    path = tmp_path / "v.toml"
    path.write_text(VISIBILITY)
    answers["answer"] = Answer(value={"lower": 1.0, "upper": 1.0}, decomposition=[], quantum=None)
    done = run("derive", path)
    assert done.exit_code == 0
    assert done.stdout == "there is no inequality: the correlations themselves have a model\n"
    done = run("derive", path, "--format", "json")
    assert json.loads(done.stdout)["inequality"] is None


def test_derive_prints_the_inequality(tmp_path: Path) -> None:
    path = tmp_path / "v.toml"
    path.write_text(VISIBILITY)
    text = run("derive", path).stdout
    assert text.splitlines()[0].endswith(" ≤ 2")
    assert "violation           0.828427" in text
    assert "critical visibility 0.70710" in text
    latex = run("derive", path, "--format", "latex").stdout
    assert latex.splitlines()[0].endswith(r"\le 2")
    assert latex.count("C_{") >= 4
    content = json.loads(run("derive", path, "--format", "json").stdout)
    assert content["inequality"]["bound"] == pytest.approx(2.0)
    assert len(content["settings"]["alice"]) == 2


def test_list_and_explain() -> None:
    text = run("list").stdout
    for section in ("problems:", "models:", "families:", "functionals:", "behaviours:"):
        assert section in text
    assert "leggett_l3" in text
    assert run("list", "models").stdout.splitlines()[1].split()[0] == "leggett"
    for name in [*shipped(), "leggett", "chsh", "half_circle", "chained", "werner", "nonsignaling"]:
        done = run("explain", name)
        assert done.exit_code == 0, name
        assert len(done.stdout.splitlines()) >= 3, name
    done = run("explain", "leget")
    assert done.exit_code == 2
    assert done.stderr == 'explain: nothing is called "leget"; did you mean "leggett"?\n'


def test_every_name_is_explained_with_its_source() -> None:
    from nsmodels.command.explain import catalogue

    for section, entries in catalogue().items():
        for entry in entries:
            assert entry.source, (section, entry.name)
            assert entry.facts, (section, entry.name)


def test_usage() -> None:
    assert run("--version").stdout.startswith("nsmodels 0.")
    assert run("run").exit_code == 2
    assert run("rum").exit_code == 2
    assert "verify" in run("--help").stdout


def test_completion_knows_the_names() -> None:
    assert "leggett_l3" in cli._complete_problem("leggett")
    assert cli._complete_name("fibonacc") == ["fibonacci", "fibonacci_50"]
