"""Everything works in odd surroundings: no room for compiled code, no UTF-8, no screen, odd settings of numba."""

import json
import logging
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from nsmodels import checker
from nsmodels.command.run import draw
from nsmodels.engines import compiled
from nsmodels.files import result as results

ROOT = Path(__file__).parent.parent
RESULT = ROOT / "results" / "leggett_l3.json"
COMMAND = [sys.executable, "-c", "from nsmodels.cli import main; main()"]


def run(
    *arguments: str | Path, command: list[str] = COMMAND, without: tuple[str, ...] = (), cwd: Path | None = None,
    **environment: str,
) -> subprocess.CompletedProcess[bytes]:  # fmt: skip
    surroundings = {key: value for key, value in os.environ.items() if key not in without}
    surroundings |= environment
    return subprocess.run(
        [*command, *map(str, arguments)], capture_output=True, timeout=600, check=False, env=surroundings, cwd=cwd
    )


# -- compiled code ----------------------------------------------------------------------------------------------------


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A copy of the package in which no folder for compiled code can be made: a file has its name."""
    shutil.copytree(ROOT / "nsmodels", tmp_path / "nsmodels", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "problems", tmp_path / "problems")
    for folder in [tmp_path / "nsmodels", *(tmp_path / "nsmodels").rglob("*")]:
        if folder.is_dir():
            (folder / "__pycache__").touch()
    return tmp_path


@pytest.mark.parametrize("folder", [None, "a file", "below a file"])
def test_nothing_needs_a_folder_for_compiled_code(package: Path, folder: str | None) -> None:
    (package / "taken").touch()
    nowhere = str(package / "taken")
    settings = {"HOME": nowhere, "XDG_CACHE_HOME": nowhere, "PYTHONPATH": str(package), "PYTHONDONTWRITEBYTECODE": "1"}
    if folder is not None:
        settings["NUMBA_CACHE_DIR"] = nowhere if folder == "a file" else f"{nowhere}/below"
    done = run("run", "chained5_bell", "--out", package / "out", without=("NUMBA_CACHE_DIR",), cwd=package, **settings)
    said = done.stderr.decode()
    assert done.returncode == 0, said
    assert said.count("compiled code cannot be kept") == 1
    assert said.count("\n") == 1
    assert checker.main([str(package / "out" / "chained5_bell.json")]) == 0


def _doubled(x: float) -> float:
    return 2.0 * x


@pytest.mark.parametrize("failing", ["save", "load", "folder"])
def test_a_cache_that_fails_is_said_once_and_costs_only_time(
    failing: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    def fails(*_: object) -> None:
        raise OSError(28, "No space left on device")

    from numba.core import caching, config

    monkeypatch.setattr(config, "CACHE_DIR", str(tmp_path))  # what another case kept would be loaded, not saved
    monkeypatch.setattr(compiled, "_lost", [])
    if failing == "folder":
        monkeypatch.setattr(caching.CacheImpl, "_locator_classes", [])
    else:
        monkeypatch.setattr(caching.IndexDataCacheFile, f"{failing}", fails)
    with caplog.at_level(logging.WARNING, "nsmodels"):
        functions = [compiled.compiled()(_doubled) for _ in range(2)]
        assert [function(4.0) for function in functions] == [8.0, 8.0]
        assert [function(4) for function in functions] == [8.0, 8.0]
    assert len(caplog.records) == 1
    assert "compiled code cannot be kept" in caplog.text
    assert not compiled.keeps_code()


def test_a_broken_cache_is_compiled_again(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from numba.core import config

    monkeypatch.setattr(compiled, "_lost", [])
    monkeypatch.setattr(config, "CACHE_DIR", str(tmp_path))
    assert compiled.compiled()(_doubled)(4.0) == 8.0
    kept = [path for path in tmp_path.rglob("*.nb?")]
    assert kept
    for path in kept:
        path.write_bytes(b"not a pickle")
    assert compiled.compiled()(_doubled)(4.0) == 8.0


@pytest.mark.parametrize("number", ["0", "-3", "1", "many"])
def test_any_number_of_threads_of_numba(number: str, tmp_path: Path) -> None:
    done = run("run", "chain_6", "--out", tmp_path, NUMBA_NUM_THREADS=number)
    assert done.returncode == 0, done.stderr
    code = "import nsmodels as ns; print(ns.bound(ns.functionals.chsh(), ns.Bell((2, 2))).upper)"
    assert run(code, command=[sys.executable, "-c"], NUMBA_NUM_THREADS=number).stdout == b"2.0\n"


def test_kernels_run_as_plain_python(tmp_path: Path) -> None:
    names = ("chained5_bell", "chain_6", "leggett_l3", "visibility_chsh_leggett", "werner_bell", "pr_box_marginals")
    code = (
        "import sys\nfrom nsmodels import cli\n"
        "for name in sys.argv[2:]: print(name, cli.app(['run', name, '--out', sys.argv[1]], standalone_mode=False))\n"
    )
    python = [sys.executable, "-W", "error::RuntimeWarning", "-c", code]
    done = run(tmp_path, *names, command=python, NUMBA_DISABLE_JIT="1")
    assert done.returncode == 0, done.stderr
    assert done.stderr == b""
    for name in names:
        assert f"\n{name} 0\n".encode() in done.stdout
        assert checker.main([str(tmp_path / f"{name}.json")]) == 0
        # a second implementation: what the compiled kernels have proved and this must be enclosures of one number
        files = (folder / f"{name}.json" for folder in (tmp_path, RESULT.parent))
        plain, compiled_ones = (json.loads(file.read_text(encoding="utf-8"))["value"] for file in files)
        assert plain["lower"] <= compiled_ones["upper"]
        assert compiled_ones["lower"] <= plain["upper"]
        assert plain["upper"] == pytest.approx(compiled_ones["upper"], abs=2e-6)


def test_records_of_plain_python_have_their_fields(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled, "COMPILES", False)
    table = np.zeros(2, compiled.record([("base", "f8", (2,)), ("axis", "i4")]))
    table[1].axis, table[1].base[1] = 7, 3.0
    assert table["axis"].tolist() == [0, 7]
    assert table["base"].tolist() == [[0.0, 0.0], [0.0, 3.0]]


# -- streams that are not UTF-8 ---------------------------------------------------------------------------------------

STREAMS = {
    "cp1252": {"PYTHONIOENCODING": "cp1252"},
    "strict ascii": {"PYTHONIOENCODING": "ascii:strict"},
    "C locale": {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"},
}


@pytest.mark.parametrize("stream", STREAMS)
@pytest.mark.parametrize("name", ["leggett_l3", "visibility_l3_50deg", "chain_6", "quantum_i3322", "chsh_hull"])
def test_the_checker_alone_speaks_on_any_stream(stream: str, name: str, tmp_path: Path) -> None:
    alone = [sys.executable, str(ROOT / "nsmodels" / "checker.py")]
    result = results.read(ROOT / "results" / f"{name}.json")
    bad = tmp_path / "ß“ü−.json"
    bad.write_text(results.to_text({**result, "value": {"lower": result["value"]["upper"], "upper": 1e9}}), "utf-8")
    (tmp_path / "not−JSON.json").write_text("−", "utf-8")
    for path, code, word in (
        (ROOT / "results" / f"{name}.json", 0, b"all proved"),
        (bad, 1, b"NOT everything is proved"),
        (tmp_path / "not−JSON.json", 2, b"unreadable"),
        (tmp_path / "missing−.json", 2, b"unreadable"),
    ):
        done = run(path, command=alone, **STREAMS[stream])
        assert done.returncode == code, done.stderr
        assert word in done.stdout + done.stderr
        assert b"Traceback" not in done.stderr


MANY = """
import json, os, sys
from nsmodels.cli import main
for arguments, code in json.loads(sys.argv[1]):
    sys.argv[1:] = [os.fsdecode(argument.encode()) for argument in arguments]  # as a shell gives them
    try:
        main()
    except SystemExit as end:
        assert (end.code or 0) == code, (arguments, end.code)
"""


@pytest.mark.parametrize("stream", STREAMS)
def test_every_command_speaks_on_any_stream(stream: str, tmp_path: Path) -> None:
    commands = [
        (["run", "chain_6", "--out", str(tmp_path / "µ−")], 0),
        (["run", "leggett_l3", "--json", "--out", str(tmp_path)], 0),
        (["run", str(tmp_path / "missing−.toml")], 2),
        (["derive", "visibility_chsh_bell"], 0),
        (["verify", str(tmp_path / "leggett_l3.json")], 0),
        (["report", str(tmp_path / "leggett_l3.json"), "--out", str(tmp_path / "−.html")], 0),
        (["list"], 0),
        (["explain", "leggett"], 0),
        (["--help"], 0),
    ]
    done = run(json.dumps(commands), command=[sys.executable, "-c", MANY], **STREAMS[stream])
    assert done.returncode == 0, done.stderr
    assert b"Traceback" not in done.stderr
    assert b"internal error" not in done.stderr
    first = run("run", "chain_6", "--out", tmp_path, **STREAMS[stream])
    assert (first.returncode, first.stderr) == (0, b"")


# -- pictures without a screen ----------------------------------------------------------------------------------------


DRAW = """
import sys
from pathlib import Path
import nsmodels as ns
from nsmodels.command import report
from nsmodels.command.run import draw
if sys.argv[3] == "report":
    report.write(sys.argv[4:], sys.argv[1] + "page.html")
answer = ns.marginals(ns.behaviours.singlet(ns.settings.half_circle(3)))
if sys.argv[3] == "draw":
    from nsmodels.plots.graphs import settings_graph_with_chain
    from nsmodels.studies.settings_graph import draw_scaling
    settings_graph_with_chain(answer, "B0").savefig(sys.argv[1] + "a.png")
    draw_scaling({"x": ([1, 2], [1.0, 0.5])}).savefig(sys.argv[1] + "b.pdf")
for ending in ("svg", "png", "pdf"):
    draw(answer, Path(sys.argv[1] + "c." + ending), quiet=False)
"""


@pytest.mark.parametrize(
    ("chosen", "first"),
    [
        ("module://matplotlib_inline.backend_inline", "report"),
        ("module://nowhere", "report"),
        ("module://nowhere", "draw"),
        ("nonsense", "plot"),
        ("Agg", "draw"),
    ],
)
def test_pictures_need_no_backend(chosen: str, first: str, tmp_path: Path) -> None:
    files = [str(RESULT), str(ROOT / "results" / "chain_6.json")]
    done = run(f"{tmp_path}/", "", first, *files, command=[sys.executable, "-c", DRAW], MPLBACKEND=chosen)
    assert (done.returncode, done.stderr) == (0, b"")
    assert all((tmp_path / f"c.{ending}").stat().st_size > 1000 for ending in ("svg", "png", "pdf"))
    if first == "report":
        assert (tmp_path / "page.html").read_text("utf-8").count("data:image/svg+xml") == 2


@pytest.mark.parametrize("failing", ["drawing", "disk"])
@pytest.mark.parametrize("before", [None, b"the old picture"])
def test_a_picture_that_fails_leaves_what_was_there(
    failing: str, before: bytes | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    class Figure:
        def savefig(self, stream: object, **_: object) -> None:
            stream.write(b"half")  # type: ignore[attr-defined]
            if failing == "drawing":
                raise RuntimeError("no ink")

    class Answer:
        def plot(self) -> Figure:
            return Figure()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    picture = tmp_path / "picture.svg"
    if before is not None:
        picture.write_bytes(before)
    monkeypatch.setattr(os, "replace", full)
    draw(Answer(), picture, quiet=False)
    assert "the picture cannot be drawn" in capsys.readouterr().err
    assert (picture.read_bytes() if picture.exists() else None) == before
    assert [path for path in tmp_path.iterdir() if path != picture] == []
