"""Every block of code and every command of the documentation runs, in order, as a reader would run it."""

from __future__ import annotations

import re
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import pytest
from markdown_it import MarkdownIt
from typer.testing import CliRunner

from nsmodels.cli import app
from nsmodels.files.sweeps.grid import read_sweep

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
ELSEWHERE = {
    "ask_your_own_question.md": "test_docs_convex.py",
    "how_to/explore.md": "test_explore.py",
    "new_model.md": "test_docs_new_model.py",
    "semidefinite_view.md": "test_docs_convex.py",
    "sweeps.md": "test_docs_sweeps.py",
}
"""Pages whose code a test of its own runs."""
PAGES = sorted(
    path.relative_to(DOCS).as_posix()
    for path in DOCS.rglob("*.md")
    if not {"_build", "_generated", "_static"} & set(path.relative_to(DOCS).parts)
)


def blocks(page: str) -> Iterator[tuple[str, str]]:
    """Languages and texts of the fenced blocks."""
    for token in MarkdownIt().parse((DOCS / page).read_text(encoding="utf-8")):
        if token.type == "fence":
            yield token.info.strip(), token.content


def command(line: str) -> None:
    program, *arguments = shlex.split(line)
    if program == "make":
        targets = (ROOT / "Makefile").read_text(encoding="utf-8")
        assert re.search(rf"^{arguments[0]}:", targets, re.MULTILINE), line
        return
    assert program == "nsmodels", line
    target = None
    if ">" in arguments:
        arguments, target = arguments[: arguments.index(">")], arguments[-1]
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 0, (line, done.stdout, done.stderr)
    if target is not None:
        Path(target).write_text(done.stdout, encoding="utf-8")


@pytest.mark.parametrize("page", [page for page in PAGES if page not in ELSEWHERE])
def test_the_blocks_of_a_page_run(page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {"__name__": "page"}
    before = ""
    for number, (language, text) in enumerate(blocks(page), start=1):
        if language == "python":
            exec(compile(text, f"{page}, block {number}", "exec"), names)
        elif language == "toml":
            path = tmp_path / f"block_{number}.toml"
            path.write_text(text.replace("time_limit_s = 60", "time_limit_s = 4"), encoding="utf-8")
            if "[sweep]" in text:  # over the problem of the block before
                (tmp_path / tomllib.loads(text)["sweep"]["problem"]).write_text(before, encoding="utf-8")
                rows = [f"{k // 2},{k},5,95,95,5" for k in range(6)]
                for name in re.findall(r'"(\w+\.csv)"', text):
                    Path(name).write_text("\n".join(["alice,bob,pp,pm,mp,mm", *rows]), encoding="utf-8")
                assert len(read_sweep(path)) > 1
                continue
            before = text
            command(f"nsmodels run {path} --out {tmp_path}")
        elif language == "sh":
            for line in text.splitlines():
                if line.split("#")[0].strip():
                    command(line.split("#")[0].strip())
        else:
            assert language in ("text", "{toctree}"), (page, language)
    plt.close("all")


def test_pages_that_are_tested_elsewhere_exist() -> None:
    for page, test in ELSEWHERE.items():
        assert page in PAGES
        assert page in (ROOT / "tests" / test).read_text(encoding="utf-8")


def test_every_page_is_in_a_table_of_contents() -> None:
    listed: set[Path] = set()
    for page in PAGES:
        for language, text in blocks(page):
            if language == "{toctree}":
                entries = [line for line in text.splitlines() if line and not line.startswith(":")]
                listed |= {(DOCS / page).parent.joinpath(f"{entry}.md").resolve() for entry in entries}
    known = {path.relative_to(DOCS).as_posix() for path in listed}
    assert set(PAGES) - {"index.md"} <= known
