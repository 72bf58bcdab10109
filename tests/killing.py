"""Kill writers of result files at random moments: what remains must be the old file or the new one."""

import json
import os
import random
import signal
import time
import warnings
from pathlib import Path
from typing import Any

from sweeping import chain

from nsmodels.files import result as results
from nsmodels.files.sweeps.grid import Grid, sweep_of
from nsmodels.files.sweeps.run import run


def sample(number: int, size: int = 20_000) -> dict[str, Any]:
    """A result file whose parts all carry the same number, so that a mixture of two would show."""
    return {"schema": 1, "problem": {"number": number}, "value": [number] * size, "certificate": {"number": number}}


def is_whole(content: dict[str, Any]) -> bool:
    """Whether every part belongs to one `sample`."""
    return content == sample(content["problem"]["number"])


def kill_writers(folder: Path, count: int, seed: int) -> int:
    """Fork `count` processes that rewrite one file for ever, and kill each; return how many files changed.

    A process tells through a pipe of every write that it begins; it dies at a random moment of the write after the
    first, second or third of them, however busy the machine is.

    Raises
    ------
    AssertionError
        If the file is ever anything but a whole sample.
    """
    chance = random.Random(seed)
    target = folder / "result.json"
    began = time.perf_counter()
    results.write(target, sample(-1))
    one_write = time.perf_counter() - began
    changed, before = 0, -1
    for number in range(count):
        heard, told = os.pipe()
        with warnings.catch_warnings():
            # newer Pythons warn of fork where a library keeps threads; the child only writes files
            warnings.simplefilter("ignore", DeprecationWarning)
            child = os.fork()
        if child == 0:
            try:
                content = sample(number)
                while True:
                    os.write(told, b".")
                    results.write(target, content)
            finally:
                os._exit(1)
        os.close(told)
        for _ in range(chance.randint(1, 3)):
            os.read(heard, 1)
        time.sleep(chance.uniform(0.0, one_write))
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        os.close(heard)
        assert os.WIFSIGNALED(status), "the writer ended by itself"
        content = json.loads(target.read_text())
        assert is_whole(content), f"kill {number} left a broken file"
        changed += content["problem"]["number"] != before
        before = content["problem"]["number"]
    results.write(target, sample(count))
    assert [path.name for path in folder.iterdir()] == ["result.json"], "temporary files were left behind"
    return changed


def chain_sweep(steps: int) -> Grid:
    """A sweep over visibilities whose values are known."""
    vary = {"settings.n": [4, 6, 8], "behaviour.visibility": {"from": 0.98, "to": 1.0, "steps": steps}}
    return sweep_of({"problem": "chain_werner", "vary": vary}, "chains")


def kill_sweeps(folder: Path, count: int, seed: int, steps: int = 40) -> tuple[int, int, int]:
    """Fork `count` processes that sweep into one folder, kill each at a random moment, and let the last one end.

    Returns
    -------
    (int, int, int)
        How many points there are, how many of them were lost, done twice or wrong, and how many kills found a sweep
        that went on where another one had stopped.

    Raises
    ------
    AssertionError
        If a file is ever anything but the whole result of its point.
    """
    chance, grid = random.Random(seed), chain_sweep(steps)
    known: dict[Path, tuple[int, int]] = {}
    resumed, wrong, round_ = 0, 0, 0
    for _ in range(count):
        target = folder / str(round_)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            child = os.fork()
        if child == 0:
            try:
                run(grid, target, {})
                time.sleep(60)  # it is killed while it does nothing
            finally:
                os._exit(1)
        time.sleep(chance.uniform(0.0, 0.4))
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        assert os.WIFSIGNALED(status), "the sweep ended by itself"
        resumed += bool(known)
        wrong += _look(grid, target, known)
        if len(known) == len(grid):
            wrong += _end(grid, target, known)
            known, round_ = {}, round_ + 1
    if known:
        wrong += _end(grid, folder / str(round_), known)
    return len(grid) * (round_ + bool(known)), wrong, resumed


def _look(grid: Grid, target: Path, known: dict[Path, tuple[int, int]]) -> int:
    """How many points are not there any more or were written again; new ones must be whole and right."""
    files = set((target / "points").glob("*.json")) if (target / "points").is_dir() else set()
    wrong = len(set(known) - files)
    for path in files:
        status = path.stat()
        mark = (status.st_mtime_ns, status.st_ino)
        if path in known:
            wrong += mark != known[path]
            continue
        known[path] = mark
        content = json.loads(path.read_text())
        assert content["problem"] == grid.at(int(path.stem)).data, f"{path.name} answers another point"
        value = chain(content["problem"]["behaviour"]["visibility"], content["problem"]["settings"]["n"])
        wrong += not content["value"]["lower"] - 1e-15 <= value <= content["value"]["upper"] + 1e-15
    return wrong


def _end(grid: Grid, target: Path, known: dict[Path, tuple[int, int]]) -> int:
    """Let a sweep end: every point is there and in the table, and what was there was not touched."""
    found = run(grid, target, {})
    wrong = _look(grid, target, known)
    rows = (target / "table.csv").read_text().splitlines()[1:]
    missing = len(grid) - len(known)
    assert found.complete
    assert sorted(path.name for path in target.glob(".*")) == [".lock"]
    assert not list((target / "points").glob(".*")), "temporary files were left behind"
    return wrong + missing + (len(rows) != len(grid))
