"""Result files: nothing is lost, nothing is half written, and the verdict is that of the contract."""

import errno
import json
import math
import os
from pathlib import Path
from typing import Any

import pytest
from killing import kill_writers, sample

from nsmodels.errors import InputError, SolverError
from nsmodels.files import result as results
from nsmodels.files.loading import answer_of
from nsmodels.files.problem import Problem, load
from nsmodels.questions.answer import NoAnswer

ANSWER: dict[str, Any] = {
    "status": "certified",
    "reason": "tolerance_met",
    "value": {"lower": 1.7891814, "upper": 1.7891816},
    "maximiser": {"u": [1.0, 0.0, 0.0], "v": [-1.0, 0.0, 0.0]},
    "quantum": 1.897,
    "stats": {"seconds": 0.02, "nodes": 7},
    "certificate": {"format": 1, "lower": {"state": {"u": ["1", "0", "0"], "v": ["-1", "0", "0"]}}, "upper": {}},
}


@pytest.fixture
def problem() -> Problem:
    return load("leggett_l3")


def answer(**changes: Any) -> dict[str, Any]:
    return ANSWER | changes


def test_a_result_identifies_its_question(problem: Problem) -> None:
    result = results.assemble(problem, ANSWER, seconds=9.0)
    assert list(result)[:8] == [
        *("schema", "kind", "problem", "problem_sha256", "resolved", "status", "reason", "value"),
    ]
    assert list(result)[-2:] == ["stats", "certificate"]
    assert result["problem"] == problem.data
    assert result["problem_sha256"] == problem.digest
    assert result["maximiser"] == ANSWER["maximiser"]
    assert result["stats"]["seconds"] == 0.02
    assert result["stats"]["versions"].keys() >= {"nsmodels", "python", "numpy"}
    assert json.loads(results.to_text(result)) == result


def test_no_answer_has_a_reason_and_no_value(problem: Problem) -> None:
    nothing = NoAnswer("the solver said infeasible", {"seconds": 1.5})
    result = results.assemble(problem, nothing.to_json(), 0.0)
    assert (result["status"], result["value"], result["certificate"]) == ("no_answer", None, None)
    assert result["stats"]["seconds"] == 1.5
    assert results.verdict(problem, nothing) == (3, ["no answer: the solver said infeasible"])
    assert results.verdict(problem, NoAnswer("interrupted"))[0] == 1
    again = answer_of(result, problem, "x.json")
    assert isinstance(again, NoAnswer)
    assert again.to_json() == nothing.to_json() | {"stats": result["stats"]}


def test_a_proof_that_nothing_has_a_model_is_no_failure_of_a_solver(tmp_path: Path) -> None:
    path = tmp_path / "p.toml"
    path.write_text(
        'schema = 1\nkind = "visibility"\nmodel = {name = "finite", alice = [[1], [-1]], bob = [[1], [-1]]}\n'
        "behaviour = {correlators = [[-1]], alice = [0], bob = [0]}\n"
    )
    problem = load(path)
    found = problem.ask()
    result = results.assemble(problem, found.to_json(), 0.0)
    assert (result["status"], result["value"]) == ("no_answer", None)
    assert result["reason"].endswith("has a model (proved)")
    assert results.verdict(problem, found)[0] == 1
    unproved = result | {"reason": "no mixture of the behaviour and the noise has a model"}
    assert results.verdict(problem, answer_of(unproved, problem, "x.json"))[0] == 3


def test_an_old_answer_is_one_to_the_same_problem_with_a_value(tmp_path: Path, problem: Problem) -> None:
    target = tmp_path / "r.json"
    assert not results.answers(target, problem)
    result = results.assemble(problem, ANSWER, 0.0)
    for content, kept in ((result, True), (result | {"value": None}, False), (result | {"problem_sha256": "0"}, False)):
        results.write(target, content)
        assert results.answers(target, problem) is kept


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_a_number_that_is_not_finite_is_no_result(problem: Problem, bad: float) -> None:
    with pytest.raises(SolverError, match=r"not finite at maximiser\.u\.1"):
        results.assemble(problem, answer(maximiser={"u": [0.0, bad]}), 0.0)
    with pytest.raises(ValueError, match="not JSON compliant"):
        results.to_text({"value": bad})


@pytest.mark.parametrize(
    ("changes", "code", "note"),
    [
        ({}, 0, None),
        ({"status": "estimate", "reason": "time_limit"}, 1, "the status is estimate, not certified"),
        ({"value": {"lower": 1.78, "upper": 1.79}, "reason": "time_limit"}, 1, "wider than the tolerance 1e-06"),
        ({"value": {"lower": 1.7891824, "upper": 1.7891826}}, 0, None),
        ({"value": {"lower": 1.7891826, "upper": 1.7891828}}, 1, "does not meet the expected value"),
        ({"value": {"lower": 1.7891802, "upper": 1.7891803}}, 1, "does not meet the expected value"),
    ],
)
def test_the_verdict(problem: Problem, changes: dict[str, Any], code: int, note: str | None) -> None:
    got, notes = results.verdict(problem, answer_of(answer(**changes), problem, "x.json"))
    assert got == code
    assert (notes == []) if note is None else any(note in line for line in notes)


def test_a_file_is_written_and_read(tmp_path: Path, problem: Problem) -> None:
    target = results.prepare(tmp_path / "a" / "b", problem.name)
    assert target == tmp_path / "a" / "b" / "leggett_l3.json"
    assert list(target.parent.iterdir()) == []
    result = results.assemble(problem, ANSWER, 0.0)
    results.write(target, result)
    results.write(target, result)
    assert results.read(target) == result
    assert [path.name for path in target.parent.iterdir()] == ["leggett_l3.json"]
    assert target.stat().st_mode & 0o777 == 0o666 & ~_umask()


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def test_a_folder_that_cannot_be_written_is_refused_first(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match=r"file: --out: cannot write results there \((File exists|Not a directory)\)"):
        results.prepare(tmp_path / "file", "x")
    with pytest.raises(InputError, match="Not a directory"):
        results.prepare(tmp_path / "file" / "deeper", "x")
    (tmp_path / "x.json").mkdir()
    with pytest.raises(InputError, match=r"x\.json is a folder"):
        results.prepare(tmp_path, "x")


def test_a_read_only_folder_is_refused_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> int:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(results.os, "open", refuse)
    with pytest.raises(InputError, match="Permission denied"):
        results.prepare(tmp_path, "x")


@pytest.mark.parametrize("step", ["write", "fsync", "replace"])
def test_a_full_disk_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    target = tmp_path / "result.json"
    results.write(target, sample(1))

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    if step == "write":
        real = os.fdopen

        def broken(handle: int, mode: str) -> Any:
            stream = real(handle, mode, buffering=0)
            return _Full(stream)

        monkeypatch.setattr(results.os, "fdopen", broken)
    else:
        monkeypatch.setattr(results.os, step, full)
    with pytest.raises(InputError, match="No space left on device"):
        results.write(target, sample(2))
    monkeypatch.undo()
    assert results.read(target) == sample(1)
    assert [path.name for path in tmp_path.iterdir()] == ["result.json"]


class _Full:
    """A stream on a full disk."""

    def __init__(self, stream: Any) -> None:
        self.stream = stream

    def __enter__(self) -> "_Full":
        return self

    def __exit__(self, *_: object) -> None:
        self.stream.close()

    def write(self, _: bytes) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")


def test_an_interrupt_while_writing_leaves_no_temporary_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(_: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(results.os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        results.write(tmp_path / "result.json", sample(1))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_pipes_and_devices_are_neither_replaced_nor_read(tmp_path: Path, problem: Problem) -> None:
    pipe = tmp_path / "leggett_l3.json"
    os.mkfifo(pipe)
    with pytest.raises(InputError, match="not a file"):
        results.prepare(tmp_path, "leggett_l3")
    with pytest.raises(InputError, match="not a file"):
        results.replace(pipe, "text")
    with pytest.raises(InputError, match="not a regular file"):
        results.read(pipe)
    assert pipe.is_fifo()


def test_half_a_surrogate_pair_is_written_as_an_escape(tmp_path: Path) -> None:
    results.replace(tmp_path / "x.json", json.dumps({"title": "\ud800"}, ensure_ascii=False))
    assert json.loads((tmp_path / "x.json").read_text()) == {"title": "\ud800"}


def test_temporary_files_in_use_are_not_swept(tmp_path: Path) -> None:
    handle, temporary = results.create(tmp_path)
    results.write(tmp_path / "result.json", sample(1))
    assert temporary.exists()
    os.close(handle)
    results.write(tmp_path / "result.json", sample(2))
    assert not temporary.exists()


def test_two_runs_on_one_folder_do_not_clash(tmp_path: Path) -> None:
    from concurrent.futures import ThreadPoolExecutor

    target = tmp_path / "result.json"

    def work(number: int) -> None:
        for _ in range(10):
            results.prepare(tmp_path, "result")
            results.write(target, sample(number))
            assert results.read(target)["certificate"]

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    assert [path.name for path in tmp_path.iterdir()] == ["result.json"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_kill_at_any_moment_leaves_a_whole_file(tmp_path: Path) -> None:
    assert kill_writers(tmp_path, 80, seed=3) > 40


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "not JSON"),
        ('{"schema": 1, "problem": {}, "value": NaN}', "NaN is not JSON"),
        ("[1]", "not a result file of schema 1"),
        ('{"schema": 2, "problem": {}}', "not a result file of schema 1"),
        ("[" * 100_000, "not JSON"),
        ("\udcff", "not JSON"),
    ],
)
def test_a_file_that_is_no_result(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "r.json"
    path.write_bytes(content.encode("utf-8", "surrogateescape"))
    with pytest.raises(InputError, match=message) as caught:
        results.read(path)
    assert len(str(caught.value).splitlines()) == 1
    with pytest.raises(InputError, match="cannot be read"):
        results.read(tmp_path)
