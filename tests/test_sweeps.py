"""The folder of a sweep: points and tables, what is not done twice, and what is refused."""

import errno
import fcntl
import json
import math
import os
import threading
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from command_line import run as command
from sweeping import CHAIN, chain, rows_of, write

import nsmodels as ns
from nsmodels.common.workers import Processes
from nsmodels.errors import InputError
from nsmodels.files import result as results


def test_a_sweep_is_answered_tabulated_pictured_and_proved(tmp_path: Path) -> None:
    path = write(tmp_path, '"settings.n" = [4, 8]\n"behaviour.visibility" = {from = 0.98, to = 1, steps = 5}')
    done = command("sweep", path, "--out", tmp_path / "d")
    assert done.exit_code == 0, done.stderr
    rows = rows_of(tmp_path / "d")
    assert list(rows[0]) == [
        *("point", "settings.n", "behaviour.visibility", "lower", "upper", "status", "reason", "seconds", "file"),
    ]
    assert len(rows) == 10
    content = json.loads((tmp_path / "d" / "table.json").read_text())
    assert (content["points"], content["finished"], len(content["rows"])) == (10, 10, 10)
    for row, same in zip(rows, content["rows"], strict=True):
        value = chain(float(row["behaviour.visibility"]), int(row["settings.n"]))
        assert float(row["lower"]) - 1e-15 <= value <= float(row["upper"]) + 1e-15
        assert same["lower"] == float(row["lower"])
        point = results.read(tmp_path / "d" / row["file"])
        assert point["value"] == {"lower": float(row["lower"]), "upper": float(row["upper"])}
        assert point["problem"]["behaviour"]["visibility"] == float(row["behaviour.visibility"])
    assert "<svg" in (tmp_path / "d" / "picture.svg").read_text()
    done = command("verify", tmp_path / "d")
    assert done.exit_code == 0, done.stdout
    assert "10 of 10 result files" in done.stdout
    assert command("verify", tmp_path / "d" / rows[3]["file"]).exit_code == 0
    done = command("sweep", path, "--out", tmp_path / "d", "--json")
    assert json.loads(done.stdout) == content


def test_what_is_finished_is_not_done_again(tmp_path: Path) -> None:
    first = ns.sweep(CHAIN, tmp_path)
    assert (first.complete, first.new, first.code) == (True, 11, 0)
    before = {path: (path.stat().st_mtime_ns, path.stat().st_ino) for path in (tmp_path / "points").iterdir()}
    gone = sorted(before)[3:6]
    for path in gone[:2]:
        path.unlink()
    gone[2].write_text("{}")
    again = ns.sweep(CHAIN, tmp_path, workers=2)
    assert (again.complete, again.new) == (True, 3)
    for path, (time, node) in before.items():
        if path not in gone:
            assert (path.stat().st_mtime_ns, path.stat().st_ino) == (time, node)
    assert [row["upper"] for row in again.rows] == [row["upper"] for row in first.rows]


class Odd:
    """What has submit and no more: futures that say when they are done."""

    def __init__(self) -> None:
        self.calls = 0

    def submit(self, function: Any, *arguments: Any) -> Future[Any]:
        self.calls += 1
        future: Future[Any] = Future()
        threading.Thread(target=lambda: future.set_result(function(*arguments))).start()
        return future


@pytest.mark.parametrize("kind", ["here", "processes", "threads", "pool", "odd"])
def test_every_engine_gives_the_same(tmp_path: Path, kind: str) -> None:
    with ThreadPoolExecutor(2) as threads, ProcessPoolExecutor(1) as pool:
        engine: Any = {"here": 1, "processes": 2, "threads": threads, "pool": pool, "odd": Odd()}[kind]
        found = ns.sweep(CHAIN, tmp_path, workers=engine)
    assert found.complete
    assert found.code == 0
    for row in found.rows:
        assert row["lower"] - 1e-15 <= chain(row["behaviour.visibility"]) <= row["upper"] + 1e-15
    assert command("verify", tmp_path).exit_code == 0


def test_python_gives_arrays_and_tables(tmp_path: Path) -> None:
    problem = {"schema": 1, "kind": "bound", "model": {"name": "leggett"}, "settings": {"family": "leggett_triads"},
               "functional": {"name": "leggett3"}}  # fmt: skip
    phi = np.array([10.0, 50.0])
    seen: list[tuple[int, int]] = []
    found = ns.sweep(
        {"problem": problem, "vary": {"settings.phi_deg": phi, "model.eta": (1, 0.5)}}, tmp_path / "d",
        tolerance=1e-4, progress=lambda done, total: seen.append((done, total)),
    )  # fmt: skip
    assert [row["settings.phi_deg"] for row in found.rows] == [10.0, 10.0, 50.0, 50.0]
    for row in found.rows:  # arXiv:0801.2241, eq. (4)
        bound = 2.0 - 2.0 / 3.0 * row["model.eta"] * math.sin(math.radians(row["settings.phi_deg"]) / 2.0)
        assert row["lower"] - 1e-12 <= bound <= row["upper"] + 1e-12
        content = results.read(tmp_path / "d" / row["file"])
        assert content["resolved"]["options"]["tolerance"] == 1e-4
    assert seen[0] == (0, 4)
    assert seen[-1] == (4, 4)
    assert repr(found) == f"<sweep of 4 points in {tmp_path / 'd'}: 4 finished, complete>"
    assert len(found) == 4
    found.plot()


def test_the_exit_code_is_that_of_the_worst_point(tmp_path: Path) -> None:
    path = write(tmp_path, '"options.time_limit_s" = [1e-9, 60.0]', "visibility_l3_50deg")
    done = command("sweep", path, "--out", tmp_path / "d")
    assert done.exit_code == 1
    reasons = [row["reason"] for row in rows_of(tmp_path / "d")]
    assert reasons == ["time_limit", "tolerance_met"]
    assert command("sweep", path, "--out", tmp_path / "d").exit_code == 1  # nothing is done again


def test_points_that_do_not_fit_together_stop_the_sweep_where_they_stand(tmp_path: Path) -> None:
    vary = (
        '"settings.n" = [2, 3]\n"behaviour.correlators" = [[[1, 0], [0, 1]], [[1, 0, 0], [0, 1, 0], [0, 0, 1]]]\n'
    )  # fmt: skip
    (tmp_path / "p.toml").write_text(
        'schema = 1\nkind = "marginals"\n[settings]\nfamily = "half_circle"\n[behaviour]\nmarginals = "free"\n'
    )
    path = write(tmp_path, vary, "p.toml")
    done = command("sweep", path, "--out", tmp_path / "d")
    assert done.exit_code == 2
    assert f'{path}:5: sweep.vary."behaviour.correlators"[0]: number of rows is 2; 3 wanted' in done.stderr
    assert done.stderr.count("\n") == 1


def test_two_sweeps_in_one_folder_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path, '"settings.n" = [2, 3]')
    assert command("sweep", path, "--out", tmp_path / "d").exit_code == 0
    handle = os.open(tmp_path / "d" / ".lock", os.O_RDWR)
    fcntl.flock(handle, fcntl.LOCK_EX)
    done = command("sweep", path, "--out", tmp_path / "d")
    assert done.exit_code == 2
    assert f"another sweep (process {os.getpid()}) is writing there; wait for its end" in done.stderr
    os.close(handle)
    for vary, options, said in (
        ('"settings.n" = [2, 3, 4]', (), "over other values"),
        ('"behaviour.visibility" = [0.5]', (), "over other values"),
        ('"settings.n" = [2, 3]', ("--tolerance", "1e-3"), "with other options"),
    ):
        done = command("sweep", write(tmp_path, vary), "--out", tmp_path / "d", *options)
        assert done.exit_code == 2
        assert f"holds another sweep, {said}; name another folder with --out" in done.stderr
    done = command("sweep", write(tmp_path, '"settings.n" = [2, 3]', "chain_6"), "--out", tmp_path / "d")
    assert "of another problem" in done.stderr
    (tmp_path / "e").mkdir()
    (tmp_path / "e" / "table.csv").write_text("mine")
    done = command("sweep", path, "--out", tmp_path / "e")
    assert done.exit_code == 2
    assert "has table.csv and no sweep.json, so it is no sweep" in done.stderr
    assert (tmp_path / "e" / "table.csv").read_text() == "mine"
    (tmp_path / "file").write_text("")
    assert "cannot be written" in command("sweep", path, "--out", tmp_path / "file").stderr


@pytest.mark.parametrize("workers", [1, "threads"])
def test_a_full_disk_stops_the_sweep_and_keeps_what_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, workers: Any
) -> None:
    from nsmodels.files import atomic

    real, count = atomic.os.fsync, [0]

    def full(handle: int) -> None:
        count[0] += 1
        if count[0] > 8:
            raise OSError(errno.ENOSPC, "No space left on device")
        real(handle)

    with ThreadPoolExecutor(1) as threads:
        chosen = threads if workers == "threads" else workers
        monkeypatch.setattr(atomic.os, "fsync", full)
        with pytest.raises(InputError, match=r"No space left on device\); [0-9]+ of 11 points are kept") as caught:
            ns.sweep(CHAIN, tmp_path, workers=chosen)
        monkeypatch.undo()
        assert str(caught.value).count("\n") == 0
        assert "the same command goes on from there" in str(caught.value)
        kept = {path.name: path.read_bytes() for path in (tmp_path / "points").glob("*.json")}
        assert 1 <= len(kept) < 11
        assert list((tmp_path / "points").glob(".nsmodels*")) == []
        found = ns.sweep(CHAIN, tmp_path, workers=chosen)
    assert found.new == 11 - len(kept)
    assert all((tmp_path / "points" / name).read_bytes() == content for name, content in kept.items())
    assert command("verify", tmp_path).exit_code == 0


def test_verify_sees_what_was_changed(tmp_path: Path) -> None:
    folder = tmp_path / "d"
    ns.sweep({**CHAIN, "vary": {"behaviour.visibility": [0.98, 0.99, 1.0]}}, folder)
    point, table = folder / "points" / "1.json", folder / "table.csv"
    good, rows = point.read_text(), table.read_text()
    content = json.loads(good)

    def verdict() -> Any:
        done = command("verify", folder)
        assert done.stderr == ""
        return done.exit_code, done.stdout

    content["value"] = {"lower": 0.1, "upper": 0.1}
    point.write_text(json.dumps(content))
    assert verdict()[0] == 1
    assert "NOT PROVED  points/1.json" in verdict()[1]
    point.write_text((folder / "points" / "2.json").read_text())  # a proved result, but of another point
    assert verdict()[0] == 1
    assert "it answers another problem than that of its point" in verdict()[1]
    point.write_text("[")
    assert "points/1.json: unreadable" in verdict()[1]
    point.unlink()
    code, text = verdict()
    assert code == 1
    assert "1 point of 3 are not finished" in text
    point.write_text(good)
    assert verdict()[0] == 0
    head, first, *_ = rows.splitlines()
    for changed in (rows.replace("certified", "perfect", 1), head + "\n", "", rows + first):
        table.write_text(changed)
        assert verdict()[0] == 1, changed
        assert "NOT PROVED  table.csv" in verdict()[1]
    table.unlink()
    assert verdict()[0] == 1
    table.write_text(rows)
    for manifest in ("{", "[]", '{"schema": 1, "kind": "sweep"}'):
        (folder / "sweep.json").write_text(manifest)
        assert command("verify", folder).exit_code == 2


def test_verify_takes_folders_of_results(tmp_path: Path) -> None:
    assert command("verify", tmp_path).exit_code == 2
    command("run", "chsh_bell", "chain_6", "--out", tmp_path)
    done = command("verify", tmp_path, "--workers", "2")
    assert done.exit_code == 0
    assert "2 of 2 result files" in done.stdout
    (tmp_path / "x.json").write_text("{}")
    assert command("verify", tmp_path).exit_code == 1


def test_verify_takes_several_files_and_folders(tmp_path: Path) -> None:
    """A verdict for each, in their order; what cannot be read is told and keeps the others from nothing."""
    command("run", "chsh_bell", "pr_box_bell", "--out", tmp_path / "d")
    good, other = tmp_path / "d" / "chsh_bell.json", tmp_path / "d" / "pr_box_bell.json"
    wrong, broken = tmp_path / "wrong.json", tmp_path / "broken.json"
    wrong.write_text(good.read_text().replace('"certified"', '"estimate"'))
    broken.write_text("{")
    done = command("verify", good, other, good, tmp_path / "d")
    assert done.exit_code == 0
    lines = done.stdout.splitlines()
    assert [line.split("  ")[0] for line in lines] == ["proved"] * 3 + ["all proved"]
    assert all(str(name) in line for name, line in zip((good, other, tmp_path / "d"), lines))
    assert command("verify", good, wrong, "--workers", "2").exit_code == 1
    done = command("verify", broken, wrong, good, "chsh_bell", tmp_path / "none.json")
    assert done.exit_code == 2
    lines = done.stdout.splitlines()
    verdicts = [line.startswith("proved") for line in lines]
    assert verdicts == [False, False, True, False, False, False]
    assert f"{wrong}: nothing is proved: status is 'estimate'" in lines[1]
    said = done.stderr.splitlines()
    assert [line.split(": ")[0] for line in said] == [str(broken), "chsh_bell", str(tmp_path / "none.json")]
    assert "this is a problem, not a result; `nsmodels run chsh_bell`" in said[1]


def test_points_whose_workers_die_are_told_and_tried_again(tmp_path: Path) -> None:
    class Broken:
        def submit(self, function: Any, *arguments: Any) -> Future[Any]:
            future: Future[Any] = Future()
            if arguments[0].data["behaviour"]["visibility"] == 0.98:
                future.set_exception(RuntimeError("the machine burnt down"))
            else:
                future.set_result(function(*arguments))
            return future

    found = ns.sweep(CHAIN, tmp_path, workers=Broken())
    assert (len(found), found.code, list(found.unfinished)) == (10, 3, [0])
    assert "came to nothing, point 0 by: RuntimeError: the machine burnt down" in found.reason
    assert ns.sweep(CHAIN, tmp_path).new == 1

    class Gone:
        def submit(self, function: Any, *arguments: Any) -> Future[Any]:
            future: Future[Any] = Future()
            future.set_exception(RuntimeError("gone"))
            return future

    with pytest.raises(InputError, match="20 points in a row came to nothing, the last one by: RuntimeError: gone"):
        ns.sweep({**CHAIN, "vary": {"settings.n": {"from": 2, "to": 41, "steps": 40}}}, tmp_path / "e", workers=Gone())


def test_a_killed_process_costs_no_point(tmp_path: Path) -> None:
    pool = Processes(2)
    killed = []

    def progress(done: int, total: int) -> None:
        if done >= 2 * len(killed) + 1 and len(killed) < 2 and pool.pids():
            killed.append(pool.pids()[0])
            os.kill(killed[-1], 9)

    try:
        found = ns.sweep(CHAIN, tmp_path, workers=pool, progress=progress)
    finally:
        pool.close()
    assert len(killed) == 2
    assert (found.complete, found.new, found.unfinished) == (True, 11, {})
    assert command("verify", tmp_path).exit_code == 0


def test_pictures_of_one_two_and_more_keys_and_of_words(tmp_path: Path) -> None:
    from matplotlib.collections import QuadMesh

    def picture(name: str, **vary: Any) -> Any:
        data = {"problem": "chain_werner", "vary": {key.replace("__", "."): value for key, value in vary.items()}}
        return ns.sweep(data, tmp_path / name).plot().axes

    n, visibility = {"from": 2, "to": 8, "steps": 7}, {"from": 0.98, "to": 1.0, "steps": 9}
    every = np.linspace(0.98, 1.0, 9)
    one = picture("one", behaviour__visibility=visibility)[0]
    np.testing.assert_allclose(one.lines[0].get_ydata(), [chain(v) for v in every], atol=1e-9)
    assert one.get_title() == "chain_werner over behaviour.visibility"  # the problem has a title of its own
    few = picture("few", behaviour__visibility=visibility, settings__n=[4, 8])[0]
    np.testing.assert_allclose(few.lines[1].get_ydata(), [chain(v) for v in every], atol=1e-9)
    assert [text.get_text() for text in few.get_legend().get_texts()] == ["settings.n = 4", "settings.n = 8"]
    many = picture("many", behaviour__visibility=visibility, settings__n=n, options__seed=[0, 1])
    mesh = next(artist for artist in many[0].collections if isinstance(artist, QuadMesh))
    expected = [[chain(v, m) for v in every] for m in range(2, 9)]
    array = np.asarray(mesh.get_array())
    assert np.allclose(array, expected) or np.allclose(array, np.transpose(expected))
    assert "options.seed = 0" in many[0].get_title()
    words = picture("words", behaviour__marginals=["free", "match"])
    assert [label.get_text() for label in words[0].get_xticklabels()] == ["free", "match"]
