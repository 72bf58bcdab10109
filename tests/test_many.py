"""Many problems in one run, options given beside the files, and the processes that share the work."""

import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from good_problems import BOUND
from typer.testing import CliRunner

from nsmodels import checker, cli
from nsmodels.common.workers import Processes, WorkerLostError, completed, engine
from nsmodels.errors import InputError
from nsmodels.files import result as results
from nsmodels.files.problem import load

GOOD = BOUND.partition("[expected]")[0]
QUICK = ("chsh_bell", "chain_6", "chained5_bell")


def run(*arguments: str | Path) -> Any:
    return CliRunner().invoke(cli.app, [str(argument) for argument in arguments])


def rows(text: str) -> dict[str, list[str]]:
    return {line.split()[0]: line.split() for line in text.splitlines()[1:-1]}


@pytest.mark.parametrize("workers", [1, 2])
def test_many_problems_are_answered_and_end_in_a_table(tmp_path: Path, workers: int) -> None:
    done = run("run", *QUICK, "--out", tmp_path, "--workers", workers)
    assert done.exit_code == 0, done.stderr
    assert list(rows(done.stdout)) == list(QUICK)
    assert all(row[-1] == "0" for row in rows(done.stdout).values())
    assert "3 of 3 problems certified as wished" in done.stdout
    for name in QUICK:
        content = results.read(tmp_path / f"{name}.json")
        assert content["problem"] == load(name).data
        assert all(holds for holds, _ in checker.check(content))


def test_the_exit_code_is_the_worst_one_and_the_others_are_answered_all_the_same(tmp_path: Path) -> None:
    folder = tmp_path / "problems"
    folder.mkdir()
    (folder / "good.toml").write_text(GOOD)
    (folder / "mismatch.toml").write_text(GOOD + "[expected]\nvalue = 7.0\n")
    done = run("run", folder, "--out", tmp_path)
    assert done.exit_code == 1
    assert {name: row[-1] for name, row in rows(done.stdout).items()} == {"good": "0", "mismatch": "1"}
    (folder / "bad.toml").write_text(GOOD.replace("eta = 1.0", "eta = 2.0"))
    done = run("run", folder, "chsh_bell", "--out", tmp_path)
    assert done.exit_code == 2
    codes = {name: row[-1] for name, row in rows(done.stdout).items()}
    assert codes == {"bad": "2", "good": "0", "mismatch": "1", "chsh_bell": "0"}
    assert f"{folder / 'bad.toml'}:5: model.eta: must be in [0, 1], is 2.0\n" in done.stderr
    assert not (tmp_path / "bad.json").exists()
    assert (tmp_path / "chsh_bell.json").exists()


def test_json_is_one_document_a_line(tmp_path: Path) -> None:
    done = run("run", *QUICK, "--out", tmp_path, "--json")
    assert done.exit_code == 0
    assert done.stderr == ""
    documents = [json.loads(line) for line in done.stdout.splitlines()]
    assert [document["problem"] for document in documents] == [load(name).data for name in QUICK]
    assert documents[0] == results.read(tmp_path / "chsh_bell.json")


def test_what_cannot_be_run_together_is_refused_in_one_line(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "x.toml").write_text(GOOD)
    (tmp_path / "empty").mkdir()
    out = ("--out", tmp_path / "out")
    for arguments, said in (
        ((tmp_path / "a", tmp_path / "b"), "would both write"),
        ((tmp_path / "empty",), "this folder has no problem files"),
        (("chsh_bell", "chain_6", "--picture", tmp_path / "x.svg"), "--picture draws the answer to one problem"),
        (("chsh_bell", "chain_6", "--workers", "0"), "give a whole number from 1"),
        (("chsh_bell", "--tolerance", "0"), "--tolerance is 0"),
        (("chsh_bell", "--tolerance", "nan"), "--tolerance is nan"),
        (("chsh_bell", "--time-limit", "-1"), "--time-limit is -1"),
        (("chsh_bell", "--seed", "-1"), "--seed is -1"),
    ):
        done = run("run", *arguments, *out)
        assert done.exit_code == 2, arguments
        assert said in done.stderr
        assert done.stderr.count("\n") == 1
    done = run("run", tmp_path / "a", tmp_path / "a" / "x.toml", *out)
    assert done.exit_code == 0
    assert list(rows(done.stdout)) == ["x"]  # given twice, answered once


def test_options_beside_the_file_are_in_force_and_told(tmp_path: Path) -> None:
    done = run("run", "leggett_l3", "--out", tmp_path, "--tolerance", "0.01", "--time-limit", "7", "--seed", "5")
    assert done.exit_code == 0
    content = results.read(tmp_path / "leggett_l3.json")
    assert content["resolved"]["options"] == {"tolerance": 0.01, "time_limit_s": 7.0, "seed": 5}
    assert content["problem"] == load("leggett_l3").data
    width = content["value"]["upper"] - content["value"]["lower"]
    assert 1e-6 < width <= 0.01
    assert all(holds for holds, _ in checker.check(content))
    import nsmodels as ns

    answer = ns.load(tmp_path / "leggett_l3.json")
    assert (answer.question.tolerance, answer.question.seed) == (0.01, 5)
    answer.save(tmp_path / "again.json")
    assert results.read(tmp_path / "again.json")["resolved"] == content["resolved"]
    assert run("report", tmp_path / "leggett_l3.json", "--out", tmp_path / "page.html").exit_code == 0
    assert "but wide" not in (tmp_path / "page.html").read_text()


def double(x: int) -> int:
    return 2 * x


def slow(x: float) -> int:
    time.sleep(x)
    return os.getpid()


def die(path: str) -> str:
    """Kill the process that this runs in, unless the file is there, which this makes."""
    if not Path(path).exists():
        Path(path).write_text("")
        os.kill(os.getpid(), signal.SIGKILL)
    return "lived"


def refuse(message: str) -> None:
    raise InputError(message)


@pytest.mark.parametrize("where", ["here", "processes", "threads"])
def test_every_engine_does_every_task_once(where: str) -> None:
    tasks = [(k, (k,)) for k in range(50)]
    with ThreadPoolExecutor(2) as threads, engine({"here": 1, "processes": 2, "threads": threads}[where]) as chosen:
        found = list(completed(chosen, double, tasks))
        assert sorted(found) == [(k, 2 * k) for k in range(50)]
        (_, error), = completed(chosen, refuse, [(0, ("no",))])
    assert isinstance(error, InputError)
    assert str(error) == "no"


def test_a_process_that_is_killed_is_replaced_and_its_task_done_again(tmp_path: Path) -> None:
    with engine(2) as chosen:
        assert dict(completed(chosen, die, [(k, (str(tmp_path / str(k)),)) for k in range(3)])) == dict.fromkeys(
            range(3), "lived"
        )
        (_, lost), = completed(chosen, die, [(0, (str(tmp_path / "no" / "x"),))])
    assert isinstance(lost, FileNotFoundError)
    pool = Processes(1)
    try:
        future = pool.submit(os._exit, 1)
        with pytest.raises(WorkerLostError, match="3 processes were killed"):
            future.result(timeout=100)
        assert pool.submit(double, 4).result(timeout=100) == 8
    finally:
        pool.close()
    assert pool.pids() == []


def test_processes_end_with_their_parent(tmp_path: Path) -> None:
    code = (
        "import time, sys; from nsmodels.common.workers import Processes; p = Processes(1)\n"
        "p.submit(time.sleep, 0).result(); print(*p.pids(), flush=True); p.submit(time.sleep, 1000); time.sleep(1000)"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    parent.stdout.close()
    end = time.monotonic() + 60
    while _alive(child) and time.monotonic() < end:
        time.sleep(0.05)
    assert not _alive(child)


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split(")")[-1].split()[0] != "Z"
    except OSError:
        return False


def test_what_is_no_engine_is_refused() -> None:
    for wrong in ("two", 1.5, True, None, object()):
        with pytest.raises(InputError, match="give a number of processes"), engine(wrong):  # type: ignore[arg-type]
            pass
    with pytest.raises(InputError, match="cannot be reached"), engine(1, "nonsense://x"):
        pass


def test_ctrl_c_keeps_what_is_answered_and_names_the_rest(tmp_path: Path) -> None:
    slow = 'schema = 1\nkind = "design"\nmodel = {name = "leggett"}\n[design]\nn_alice = 4\nn_bob = 4\nstarts = 10000\n'
    for k in range(3):
        (tmp_path / f"p{k}.toml").write_text(GOOD if k == 0 else slow)
    out = tmp_path / "out"
    command = [sys.executable, "-m", "nsmodels", "run", *(str(tmp_path / f"p{k}.toml") for k in range(3))]
    child = subprocess.Popen(
        [*command, "--out", str(out)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )  # fmt: skip
    end = time.monotonic() + 200
    while not (out / "p0.json").exists() and time.monotonic() < end:
        time.sleep(0.05)
    time.sleep(3.0)
    child.send_signal(signal.SIGINT)
    stdout, stderr = child.communicate(timeout=200)
    assert child.returncode == 1, stderr
    assert "p2: not run (interrupted)" in stderr
    assert "Traceback" not in stderr
    assert rows(stdout)["p0"][-1] == "0"
    assert (out / "p0.json").exists()
    assert not (out / "p2.json").exists()
