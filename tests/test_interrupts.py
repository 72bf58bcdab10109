"""Ctrl-C: no moment of it loses an answer, and none is swallowed."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from command_line import COMMAND, DATA, run

from nsmodels.common.interrupts import ending, first_interrupts, held, loading, released, taken
from nsmodels.engines import compiled
from nsmodels.errors import InputError, SolverError
from nsmodels.files import problem
from nsmodels.files import result as results
from nsmodels.files.problem import Problem
from nsmodels.questions.visibility import box_search


def _interrupt_myself(patience: float = 1.0) -> None:
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(patience)


def test_only_the_first_interrupt_interrupts(capsys: pytest.CaptureFixture[str]) -> None:
    with first_interrupts():
        with pytest.raises(KeyboardInterrupt):
            _interrupt_myself()
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(0.01)
        assert "stopping" in capsys.readouterr().err
        with pytest.raises(KeyboardInterrupt):
            _interrupt_myself()


@pytest.mark.parametrize("outside", [False, True], ids=["library", "command line"])
def test_an_interrupt_waits_until_the_search(outside: bool) -> None:
    log = []

    def question(answered: bool) -> None:
        with held():
            _interrupt_myself(0.01)
            log.append("put together")
            if answered:
                taken()
                return
            with pytest.raises(KeyboardInterrupt), released():
                log.append("never reached")

    for answered in (False, True):
        with first_interrupts() if outside else contextlib.nullcontext():
            question(answered)
    assert log == ["put together"] * 2


def test_a_block_ends_by_an_interrupt_or_a_solver_and_by_nothing_else() -> None:
    with ending() as end:
        pass
    assert (end.interrupted, end.failure) == (False, None)
    failure = SolverError("no point")
    with ending() as end:
        raise failure
    assert (end.interrupted, end.failure) == (False, failure)
    for error in (ValueError, InputError, MemoryError):
        with pytest.raises(error), ending():
            raise error


@pytest.mark.parametrize("error", [KeyboardInterrupt, ImportError, ValueError, SolverError])
def test_after_an_interrupt_whatever_a_stage_raises_counts_as_one(error: type[BaseException]) -> None:
    """A library that is cut off in the middle raises what it likes: nothing that was found may be lost by it."""

    def stage(work: Any) -> None:
        with contextlib.suppress(KeyboardInterrupt):
            _interrupt_myself()
        raise error("cut off")

    work = SimpleNamespace(reason="", history=[], left=lambda: 1.0)
    with first_interrupts(), held():
        box_search._tried(work, stage)  # type: ignore[arg-type]
    assert (work.reason, work.history) == ("interrupted", [])


def test_an_interrupt_that_nobody_takes_is_raised_at_the_end() -> None:
    done = []

    def work() -> None:
        with held():
            _interrupt_myself(0.01)
            done.append(True)

    with pytest.raises(KeyboardInterrupt):
        work()
    assert done


@pytest.mark.parametrize("kind", ["bound", "visibility", "marginals"])
@pytest.mark.parametrize("when", ["while kernels compile", "while the result is put together"])
def test_no_moment_of_an_interrupt_loses_the_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, when: str
) -> None:
    """While kernels compile it waits for the search, which it ends; a result that is there is finished."""
    from nsmodels.engines.spheres import minimum as spheres
    from nsmodels.models.leggett import Leggett

    decompose, marginals = (
        import_module(f"nsmodels.questions.{name}") for name in ("visibility.decompose", "bias.marginals")
    )
    name, compiling, together = {
        "bound": ("leggett_l3", (spheres, "_compile_descents"), (spheres, "_finish")),
        "visibility": ("visibility_l3_pairs", (Leggett, "prepare"), (decompose, "expand")),
        "marginals": (str(DATA / "chain.toml"), (marginals, "load_engine"), (marginals, "_result")),
    }[kind]
    where, what = compiling if when == "while kernels compile" else together
    genuine, hits = getattr(where, what), []

    def hit(*arguments: Any, **keywords: Any) -> Any:
        if not hits:
            hits.append(True)
            _interrupt_myself(0.01)
        return genuine(*arguments, **keywords)

    spheres.compile_kernels()
    if when == "while kernels compile":
        spheres._compiled.cache_clear()
    monkeypatch.setattr(where, what, hit)
    done = run("run", name, "--out", tmp_path)
    assert hits
    target = tmp_path / f"{Path(name).stem}.json"
    result = results.read(target)
    assert result["value"] is not None
    assert result["status"] == "certified"
    assert done.exit_code == (1 if when == "while kernels compile" else 0)
    assert result["reason"] == ("interrupted" if done.exit_code else "tolerance_met")
    assert run("verify", target).exit_code == 0


def test_loading_is_never_cut_off() -> None:
    log = []

    def work() -> None:
        with held():
            with loading(), released():
                _interrupt_myself(0.01)
                log.append("loaded")
            with released():
                log.append("never reached")

    with pytest.raises(KeyboardInterrupt):
        work()
    assert log == ["loaded"]


def test_an_interrupt_that_surfaces_as_something_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def ask(self: Problem, progress: object = None) -> Any:
        with pytest.raises(KeyboardInterrupt), released():
            _interrupt_myself()
        raise AttributeError("module 'numba' has no attribute 'core'")

    monkeypatch.setattr(problem.Problem, "ask", ask)
    done = run("run", "leggett_l3", "--out", tmp_path)
    assert done.exit_code == 1
    assert done.stderr.endswith("no answer: interrupted\n")
    assert results.read(tmp_path / "leggett_l3.json")["reason"] == "interrupted"


def test_ctrl_c_leaves_what_is_proved(tmp_path: Path) -> None:
    text = (
        'schema = 1\nkind = "bound"\nmodel = {name = "leggett"}\n'
        'settings = {family = "fibonacci", n_alice = 40, n_bob = 40}\n'
        f"[functional]\ncorrelators = {[[(-1) ** (i * j) * (1 + (i + j) % 3) for j in range(40)] for i in range(40)]}\n"
        "[options]\ntolerance = 1e-13\n"
    )
    (tmp_path / "long.toml").write_text(text)
    child = subprocess.Popen(
        [*COMMAND, "run", "long.toml", "--out", "out"],
        cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    while not (tmp_path / "out").exists() and child.poll() is None:
        time.sleep(0.1)  # input is read and the folder made: the question is next
    time.sleep(2.0)
    child.send_signal(signal.SIGINT)
    _, errors = child.communicate(timeout=60)
    assert child.returncode == 1, errors
    result = results.read(tmp_path / "out" / "long.json")
    assert result["reason"] == "interrupted"
    assert "Traceback" not in errors


@pytest.mark.parametrize("name", ["leggett_l3", "design_four_pairs", "analysis_paper_plus_30"])
def test_ctrl_c_ends_a_first_compilation(tmp_path: Path, name: str) -> None:
    """Other processes compile: it is answered without the kernels, which nobody goes on to compile."""
    child = subprocess.Popen(
        [*COMMAND, "run", name, "--out", "out"], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True, env={**os.environ, "NUMBA_CACHE_DIR": str(tmp_path / "cache")},
    )  # fmt: skip
    while not (tmp_path / "out").exists() and child.poll() is None:
        time.sleep(0.1)
    time.sleep(1.0)
    child.send_signal(signal.SIGINT)
    _, errors = child.communicate(timeout=60)
    assert child.returncode == 1, errors
    result = results.read(tmp_path / "out" / f"{name}.json")
    assert (result["status"], result["reason"]) == ("certified", "interrupted")
    assert "Traceback" not in errors
    assert not list((tmp_path / "cache").rglob("search.advance-*"))


def test_what_other_processes_fail_at_is_compiled_here(monkeypatch: pytest.MonkeyPatch) -> None:
    done = []

    def lost(count: int) -> None:
        raise AssertionError("the work has no kernels, so that nobody else has to compile any")

    monkeypatch.setattr(compiled, "Processes", lost)
    assert compiled.loaded(lambda: done.append("loaded")) < 5.0
    monkeypatch.setattr(compiled, "_is_kept", lambda work: False)
    monkeypatch.setattr(compiled, "_compile_elsewhere", lambda shares: done.append("tried elsewhere"))
    compiled.loaded(lambda: done.append("compiled"))
    assert done == ["loaded", "tried elsewhere", "compiled"]


def test_ctrl_c_ends_a_long_linear_program() -> None:
    """HiGHS stops by itself, and only then KeyboardInterrupt is raised; where Ctrl-C has to wait, it runs on."""
    import highspy
    import numpy as np

    from nsmodels.engines.solvers import lp

    def program(rows: int) -> Any:
        rng = np.random.default_rng(0)
        data = highspy.HighsLp()
        data.num_col_, data.num_row_ = 2 * rows, rows
        data.col_cost_ = rng.normal(size=2 * rows)
        data.col_lower_, data.col_upper_ = np.zeros(2 * rows), np.ones(2 * rows)
        data.row_lower_, data.row_upper_ = np.full(rows, -highspy.kHighsInf), np.ones(rows)
        data.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        data.a_matrix_.start_ = np.arange(rows + 1) * 2 * rows
        data.a_matrix_.index_ = np.tile(np.arange(2 * rows), rows)
        data.a_matrix_.value_ = rng.normal(size=2 * rows * rows)
        solver = lp.new_highs()
        solver.passModel(data)
        return solver

    long, short = program(900), program(30)
    with held():
        threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()
        with pytest.raises(KeyboardInterrupt), released():
            lp.run(long)
        lp.run(short)
    assert long.getModelStatus() == highspy.HighsModelStatus.kInterrupt
    assert short.getModelStatus() == highspy.HighsModelStatus.kOptimal


def test_ctrl_c_while_the_program_is_loaded_says_nothing() -> None:
    """It ends as other commands do; what is told of a broken import would be of no use to anybody."""
    child = subprocess.Popen(
        [sys.executable, "-X", "importtime", "-m", "nsmodels", "--version"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert child.stderr is not None
    while "nsmodels.common" not in (line := child.stderr.readline()):  # loading has begun
        assert line
    child.send_signal(signal.SIGINT)
    _, errors = child.communicate(timeout=60)
    assert child.returncode in (-signal.SIGINT, 0)  # 0: it was quicker
    assert "Traceback" not in errors
    assert "KeyboardInterrupt" not in errors
