"""The examples of docs/sweeps.md work as they stand there."""

import re
from pathlib import Path

import pytest
from command_line import run

from nsmodels.files.sweeps.grid import read_sweep

PAGE = (Path(__file__).parent.parent / "docs" / "sweeps.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


def test_the_sweep_file_is_one(tmp_path: Path) -> None:
    (block,) = blocks("toml")
    (tmp_path / "sweep.toml").write_text(block, encoding="utf-8")
    assert len(read_sweep(tmp_path / "sweep.toml")) == 182


def test_python(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    (block,) = blocks("python")
    exec(compile(block, "sweeps.md", "exec"), {})
    assert capsys.readouterr().out.endswith(" True\n")
    assert run("verify", "l3").exit_code == 0
