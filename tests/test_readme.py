"""Every command and every block of code in the README runs."""

import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from nsmodels.cli import app
from nsmodels.files.problem import load

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def test_python_blocks(capsys: pytest.CaptureFixture[str]) -> None:
    for block in blocks("python"):
        exec(compile(block, "README.md", "exec"), {})
    printed = capsys.readouterr().out
    assert "1.78918" in printed
    assert "0.94298" in printed
    assert "0.204445" in printed


def test_problem_blocks(tmp_path: Path) -> None:
    for block in blocks("toml"):
        path = tmp_path / "readme.toml"
        path.write_text(block, encoding="utf-8")
        assert load(path).kind == "bound"
        done = CliRunner().invoke(app, ["run", str(path), "--out", str(tmp_path)])
        assert done.exit_code == 0, done.stderr


def commands() -> list[str]:
    lines = [line.split("#")[0].strip() for block in blocks("sh") for line in block.splitlines()]
    return [line for line in lines if line]


def test_commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    ours = 0
    for command in commands():
        program, *arguments = shlex.split(command)
        if program == "make":
            assert re.search(rf"^{arguments[0]}:", makefile, re.MULTILINE), command
        else:
            assert program == "nsmodels", command
            done = CliRunner().invoke(app, arguments)
            assert done.exit_code == 0, (command, done.stderr)
            ours += 1
    assert ours >= 5


def test_the_output_shown_is_what_the_demo_prints(tmp_path: Path) -> None:
    """Title and names of all lines, and every number but the last digits of the ends and the choice of maximiser."""
    (shown,) = blocks("text")
    printed = CliRunner().invoke(app, ["run", "leggett_l3", "--out", str(tmp_path)]).stdout
    title, *lines = shown.splitlines()
    assert printed.splitlines()[0] == title
    got = {line[2:22].strip(): line[22:] for line in printed.splitlines()[1:]}
    for line in lines:
        name, text = line[2:22].strip(), line[22:]
        assert name in got
        if name in ("quantum value", "violation", "expected"):
            assert got[name][:7] == text[:7]
        elif name.endswith("bound"):
            assert got[name][:5] == text[:5] == "1.789"
            assert "certified, width" in got[name]


def test_every_block_is_of_a_kind_that_is_run() -> None:
    kinds = re.findall(r"```(\w+)\n", README)
    assert set(kinds) <= {"python", "sh", "toml", "text"}
    assert README.count("```") == 2 * len(kinds)


def test_ten_lines_of_python() -> None:
    (block,) = blocks("python")
    assert sum(bool(line.strip()) for line in block.splitlines()) <= 10


def test_links_to_files_of_the_repository() -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", README):
        assert (ROOT / target).exists(), target
