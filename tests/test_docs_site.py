"""The site: it builds without a warning, every link inside it leads somewhere, and it loads nothing from elsewhere."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from browser import chromium
from scripts import module_of

import nsmodels as ns
from nsmodels.files.keys import KEYS
from nsmodels.files.problem import shipped

for needed in ("sphinx", "myst_nb", "pydata_sphinx_theme"):
    pytest.importorskip(needed, reason="the extra docs is not installed")

ROOT = Path(__file__).parent.parent
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "sphinx", "-b", "html", "-q", "-W", "--keep-going"]
    done = subprocess.run(
        [*command, "-d", str(target / "trees"), str(ROOT / "docs"), str(target / "html")],
        capture_output=True, text=True, timeout=900, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    return target / "html"


def test_every_link_leads_somewhere(site: Path) -> None:
    assert module_of("docs/check_links.py").faults(site) == []


def test_a_broken_link_is_found(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text('<a href="b.html#x">b</a><a href="c.html">c</a>', encoding="utf-8")
    script = '<script src="https://elsewhere.org/x.js"></script>'
    (tmp_path / "b.html").write_text(f'<p id="y"></p>{script}', encoding="utf-8")
    assert module_of("docs/check_links.py").faults(tmp_path) == [
        "a.html: b.html#x has no such place", "a.html: c.html leads nowhere",
        "b.html: loads https://elsewhere.org/x.js",
    ]  # fmt: skip


def test_everything_public_is_in_the_reference(site: Path) -> None:
    api = (site / "_generated" / "api" / "nsmodels.html").read_text(encoding="utf-8")
    for name in ("Settings", "Behaviour", "bound", "decompose", "marginals", "BoundResult.verify", "load"):
        assert f'id="nsmodels.{name}"' in api, name
    for name in ns.__all__:
        thing = getattr(ns, name)
        if callable(thing) and name not in ("Behavior", "NonSignaling"):
            assert f'id="nsmodels.{name}"' in api, name


def test_every_key_and_every_problem_has_its_place(site: Path) -> None:
    text = (site / "_generated" / "problem_file.html").read_text(encoding="utf-8")
    for keys in KEYS.values():
        for name in keys:
            assert f'<span class="pre">{name}</span>' in text, name
    gallery = (site / "_generated/gallery/index.html").read_text(encoding="utf-8")
    for name in shipped():
        assert f'href="{name}.html"' in gallery, name


@pytest.mark.parametrize("page", ["index", "leggett_in_ten_minutes", "the_paper", "_generated/problem_file"])
def test_pages_fit_a_phone_and_say_nothing_on_the_console(site: Path, page: str, tmp_path: Path) -> None:
    with chromium(tmp_path) as browser:
        for width in (360, 1280):
            browser.resize(width)
            browser.open((site / f"{page}.html").as_uri())
            assert browser.overflow() <= 0, (page, width)
        assert [line for line in browser.log() if "[PST]" not in line] == []  # the theme says what it does
