"""Sweeps that are killed, interrupted, and that run on a Dask cluster which loses a worker."""

import os
import signal
import subprocess
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from command_line import COMMAND
from command_line import run as command
from killing import chain_sweep, kill_sweeps
from sweeping import CHAIN, rows_of, write

import nsmodels as ns
from nsmodels.errors import InputError
from nsmodels.files.sweeps.run import run


def test_killed_sweeps_lose_nothing(tmp_path: Path) -> None:
    run(chain_sweep(2), tmp_path / "warm", {})
    points, wrong, resumed = kill_sweeps(tmp_path, 12, seed=1, steps=8)
    assert points >= 24
    assert wrong == 0
    assert resumed >= 1


def start(path: Path, out: Path, *more: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*COMMAND, "sweep", str(path), "--out", str(out), *more],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def wait_for(folder: Path, number: int, child: subprocess.Popen[str]) -> None:
    end = time.monotonic() + 200
    while len(list(folder.glob("points/*.json"))) < number:
        assert child.poll() is None, "it ended by itself"
        assert time.monotonic() < end
        time.sleep(0.01)


VARY = '"settings.n" = [4, 6, 8]\n"behaviour.visibility" = {from = 0.98, to = 1, steps = 200}'


def test_the_command_goes_on_after_a_kill_with_processes_that_end_too(tmp_path: Path) -> None:
    path, out = write(tmp_path, VARY), tmp_path / "d"
    child = start(path, out, "--workers", "2")
    wait_for(out, 3, child)
    child.kill()
    child.communicate()
    there = {file: file.stat().st_mtime_ns for file in out.glob("points/*.json")}
    again = start(path, out)  # nobody holds the lock any more
    wait_for(out, len(there) + 5, again)
    second = start(path, out)
    _, refused = second.communicate(timeout=200)
    assert second.returncode == 2
    assert f"another sweep (process {again.pid}) is writing there" in refused
    again.send_signal(signal.SIGINT)
    stdout, stderr = again.communicate(timeout=200)
    assert again.returncode == 1
    assert "interrupted" in stderr
    assert "run the same command again to go on from there" in stderr
    assert "Traceback" not in stderr
    assert "of 600 finished" in stdout
    assert all(file.stat().st_mtime_ns == time for file, time in there.items())
    assert len(rows_of(out)) == len(list(out.glob("points/*.json")))
    assert command("verify", out).exit_code == 1  # points are missing, and that is said


def test_a_line_every_five_seconds_off_a_terminal(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    from nsmodels.command import progress

    clock = [0.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: clock[0])
    with progress.tally(100, "point") as show:
        for done in range(10, 60):
            clock[0] += 0.5
            show.told(done, 100)
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 5
    assert lines[1] == "29 of 100 points, 10 s, about 37.4 s left"
    monkeypatch.setattr(progress, "_watched", lambda: True)
    with progress.tally(100, "point") as show:
        assert show.drawing is not None
        show.done(3)


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """Two processes and a scheduler of Dask; its own warnings about slow machines are not ours."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from distributed import LocalCluster

        with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None, silence_logs=50) as made:
            yield made


@pytest.mark.filterwarnings("ignore")
def test_a_dask_cluster_that_loses_a_worker_loses_no_point(tmp_path: Path, cluster: Any) -> None:
    killed: list[int] = []

    def progress(done: int, total: int) -> None:
        if done >= 3 and not killed:
            killed.append(next(iter(cluster.workers.values())).pid)
            os.kill(killed[0], signal.SIGKILL)

    grid = {**CHAIN, "vary": {**CHAIN["vary"], "settings.n": [4, 8]}}
    found = ns.sweep(grid, tmp_path, scheduler=cluster.scheduler_address, progress=progress)
    assert killed
    assert (found.complete, found.new, found.code, found.unfinished) == (True, 22, 0, {})
    assert command("verify", tmp_path).exit_code == 0


@pytest.mark.filterwarnings("ignore")
def test_a_dask_client_is_an_engine_and_the_command_takes_its_scheduler(tmp_path: Path, cluster: Any) -> None:
    from distributed import Client

    with Client(cluster) as client:
        assert ns.sweep(CHAIN, tmp_path / "a", workers=client).complete
    path = write(tmp_path, '"settings.n" = [4, 8]')
    done = command("sweep", path, "--out", tmp_path / "b", "--scheduler", cluster.scheduler_address)
    assert done.exit_code == 0, done.stderr
    assert len(rows_of(tmp_path / "b")) == 2
    done = command("run", "chsh_bell", "chain_6", "--out", tmp_path, "--scheduler", cluster.scheduler_address)
    assert done.exit_code == 0, done.stderr
    assert "2 of 2 problems certified" in done.stdout
    for options, said in (
        (("--scheduler", cluster.scheduler_address, "--workers", "2"), "workers and scheduler are both given"),
        (("--scheduler", "nowhere://x"), "the scheduler nowhere://x cannot be reached"),
    ):
        done = command("sweep", path, "--out", tmp_path / "c", *options)
        assert done.exit_code == 2
        assert said in done.stderr
        assert done.stderr.count("\n") == 1


def test_without_dask_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "distributed", None)
    done = command("sweep", write(tmp_path, '"settings.n" = [4]'), "--scheduler", "tcp://x:1", "--out", tmp_path / "d")
    assert done.exit_code == 2
    assert 'pip install "nsmodels[dask]"' in done.stderr
    with pytest.raises(InputError, match="a number of processes"):
        ns.sweep(CHAIN, tmp_path / "e", workers="many")  # type: ignore[arg-type]
