"""The starts of a design on many workers: as a file with --workers, and from Python on an executor."""

import json
import math
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from command_line import run

import nsmodels as ns
from nsmodels import checker

FLOOR = 0.5 * (1.0 + math.sqrt(0.5))
DESIGN = """\
schema = 1
kind = "design"
[model]
name = "leggett"
[design]
n_alice = 3
n_bob = 4
starts = 2
[options]
time_limit_s = 1000
"""


def test_processes_share_the_starts_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "d.toml").write_text(DESIGN)
    done = run("run", tmp_path / "d.toml", "--out", tmp_path, "--workers", "2")
    assert done.exit_code == 0, done.stderr
    result = json.loads((tmp_path / "d.json").read_text())
    assert all(holds for holds, _ in checker.check(result))
    assert FLOOR < result["value"]["upper"] < 1.0
    assert result["design"]["starts"] >= 2
    assert result["design"]["hits"] >= 1


def test_an_executor_gets_batches_that_know_the_best_so_far() -> None:
    batches: list[Any] = []

    class Here:
        def submit(self, function: Any, batch: Any) -> Future[Any]:
            batches.append(batch)
            future: Future[Any] = Future()
            future.set_result(function(batch))
            return future

    found = ns.design(ns.Leggett, 3, 4, starts=4, time_limit_s=1000.0, workers=Here())
    assert len(batches) == 2
    assert [batch.first for batch in batches] == list(range(0, 2 * len(batches), 2))
    assert len({batch.seed for batch in batches}) == len(batches)
    assert FLOOR < found.upper < 1.0
    assert found.status == "certified"
