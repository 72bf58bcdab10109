"""Twelve tasks from "install" to "my inequality in LaTeX, proved in the browser", as a newcomer meets them."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from browser import chromium
from markdown_it import MarkdownIt
from scripts import module_of
from test_docs import command
from test_verify_page import PAGE, verdict

TASKS = Path(__file__).with_name("newcomer.md")


@pytest.fixture(scope="module")
def blocks() -> list[tuple[str, str]]:
    tokens = MarkdownIt().parse(TASKS.read_text(encoding="utf-8"))
    return [(token.info, token.content) for token in tokens if token.type == "fence"]


@pytest.fixture(scope="module")
def done(blocks: list[tuple[str, str]], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in which all tasks were carried out."""
    folder = tmp_path_factory.mktemp("newcomer")
    names: dict[str, Any] = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for number, (language, text) in enumerate(blocks, start=1):
            if language == "python":
                exec(compile(text, f"task {number}", "exec"), names)
            else:
                command(text.strip())
    return folder


def test_there_are_twelve_short_tasks(blocks: list[tuple[str, str]]) -> None:
    assert len(re.findall(r"^\d+\. ", TASKS.read_text(encoding="utf-8"), re.MULTILINE)) == len(blocks) == 12
    for language, text in blocks:
        assert len(text.splitlines()) <= {"sh": 1, "python": 5}[language]


def test_every_task_succeeds(done: Path) -> None:
    assert {"my.json", "my.html", "results"} <= {path.name for path in done.iterdir()}


@pytest.mark.slow
def test_the_newcomers_inequality_is_proved_in_the_browser(done: Path, tmp_path: Path) -> None:
    pack = module_of("docs/verify_page.py")
    try:
        pack.write(tmp_path / "verify_bundle.js")
    except pack.MissingError as error:
        pytest.skip(f"Pyodide cannot be had: {error}")
    shutil.copy(PAGE, tmp_path)
    with chromium(tmp_path / "profile") as browser:
        browser.open((tmp_path / "verify.html").as_uri())
        said, claims = verdict(browser, done / "my.json")
    assert said == "All claims are proved."
    assert any("inequality" in claim for claim in claims)
