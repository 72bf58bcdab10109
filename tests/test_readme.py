"""Every command and every block of code in the README runs, and it stays one screen."""

import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

import nsmodels as ns
from nsmodels.cli import app

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


def commands() -> list[str]:
    lines = [line.split("#")[0].strip() for block in blocks("sh") for line in block.splitlines()]
    return [line for line in lines if line]


def test_commands() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert [shlex.split(command)[0] for command in commands()] == ["make", "make"]
    for command in commands():
        assert re.search(rf"^{shlex.split(command)[1]}:", makefile, re.MULTILINE), command


def test_the_table_names_commands_and_functions_that_exist() -> None:
    rows = [line.split("|") for line in README.splitlines() if line.startswith("| ")][1:]
    assert len(rows) >= 8
    known = {command.name or command.callback.__name__ for command in app.registered_commands if command.callback}
    for row in rows:
        assert re.search(r"\]\(", row[4]), row
        for name in re.findall(r"`(?:nsmodels )?(\w+)`", row[2]):
            assert name in known, name
        for name in re.findall(r"`ns\.(\w+)`", row[3]):
            assert hasattr(ns, name), name


def test_it_is_one_screen() -> None:
    """Prose and table without code and picture; everything else has a page of its own."""
    text = re.sub(r"```.*?```|!\[.*?\]\(.*?\)", "", README, flags=re.DOTALL)
    assert len(README.splitlines()) <= 90
    assert len(text.split()) <= 560


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
