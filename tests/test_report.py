"""The report page: self-contained, honest about what is proved, and safe whatever the result file says."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from browser import chromium
from typer.testing import CliRunner

from nsmodels.cli import app
from nsmodels.command import report
from nsmodels.command.page import SCRIPT
from nsmodels.errors import InputError
from nsmodels.files import result as results
from nsmodels.files.problem import load

CHAIN = 'schema = 1\nkind = "marginals"\ntitle = "a <b>chain</b>"\nsettings = {family = "half_circle", n = 3}\n'
LOCAL = (
    'schema = 1\nkind = "bound"\nmodel = {name = "bell"}\n[functional]\nname = "chsh"\n[settings]\nfamily = "chsh"\n'
)
EVIL = '"><script>alert(1)</script><img src=x onerror="alert(2)">'


@pytest.fixture(scope="module")
def answered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a problem and its result."""
    folder = tmp_path_factory.mktemp("report")
    for name, text in (("chain", CHAIN), ("local", LOCAL)):
        (folder / f"{name}.toml").write_text(text)
        problem = load(folder / f"{name}.toml")
        results.write(folder / f"{name}.json", results.assemble(problem, problem.ask().to_json(), 0.0))
    return folder


def changed(folder: Path, target: Path, **changes: Any) -> Path:
    content = json.loads((folder / "chain.json").read_text()) | changes
    target.write_text(json.dumps(content))
    return target


def is_safe(page: str) -> bool:
    """No script but the page's own, no handler, nothing loaded from outside."""
    own = f"<script>{SCRIPT}</script>"
    if page.count(own) != 1:
        return False
    page = page.replace(own, "")
    return not re.search(
        r"<script|<img (?!alt=\"[^\"<>]*\" src=\"data:image/svg)|onerror=\"|<iframe|<link|@import", page
    )


def test_a_page_about_two_results(answered: Path, tmp_path: Path) -> None:
    paths = [str(answered / "chain.json"), str(answered / "local.json")]
    done = CliRunner().invoke(app, ["report", *paths, "--out", str(tmp_path / "page.html")])
    assert done.exit_code == 0, done.stderr
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert page.count("<article ") == page.count("every claim proved by the checker") == 2
    assert page.count("data:image/svg+xml;base64,") == 2
    assert "a &lt;b&gt;chain&lt;/b&gt;" in page
    assert "0.4019237886466" in page
    assert is_safe(page)
    assert [path.name for path in tmp_path.iterdir()] == ["page.html"]


def test_a_forged_value_is_shown_as_not_proved(answered: Path, tmp_path: Path) -> None:
    path = changed(answered, tmp_path / "forged.json", value={"lower": 0.0, "upper": 0.1})
    assert "NOT everything is proved" in report.page([path])


@pytest.mark.parametrize(
    "changes",
    [
        {"status": EVIL},
        {"reason": EVIL},
        {"reason": EVIL, "value": None},
        {"stats": {"seconds": 1.0, "nodes": EVIL}},
        {"paths": {"alice": [[EVIL]] * 3, "bob": [[EVIL]] * 3}},
        {"certificate": {EVIL: EVIL}},
        {EVIL: EVIL},
    ],
)
def test_texts_of_a_result_are_escaped(answered: Path, tmp_path: Path, changes: dict[str, Any]) -> None:
    assert is_safe(report.page([changed(answered, tmp_path / "evil.json", **changes)]))


def test_texts_of_a_problem_are_escaped(answered: Path, tmp_path: Path) -> None:
    problem = json.loads((answered / "chain.json").read_text())["problem"]
    for key in ("title", "source"):
        page = report.page([changed(answered, tmp_path / "evil.json", problem=problem | {key: EVIL})])
        assert is_safe(page)
        assert "&lt;script&gt;" in page


@pytest.mark.parametrize(
    "changes",
    [
        {"problem": {"schema": 1, "kind": EVIL}},
        {"value": {"lower": EVIL, "upper": 1.0}},
        {"value": [0.0, 1.0]},
        {
            "value": {"lower": 0.0, "upper": 1e300},
            "kind": "bound",
            "marginals": {"alice": [{"upper": 1e300}], "bob": []},
        },
        {"marginals": {"alice": "x", "bob": []}},
        {"marginals": None},
        {"stats": None},
    ],
)
def test_malformed_results_are_one_line(answered: Path, tmp_path: Path, changes: dict[str, Any]) -> None:
    path = changed(answered, tmp_path / "bad.json", **changes)
    done = CliRunner().invoke(app, ["report", str(path), "--out", str(tmp_path / "page.html")])
    assert done.exit_code == 2
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "page.html").exists()


@pytest.mark.parametrize("name", ["chain", "local"])
def test_numbers_that_cannot_be_drawn_make_no_page_fail(name: str, answered: Path, tmp_path: Path) -> None:
    content = json.loads((answered / f"{name}.json").read_text())
    ends = {"lower": -1e308, "upper": 1e308}
    sides = {party: [ends for _ in side] for party, side in content.get("marginals", {}).items()}
    path = tmp_path / "x.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    assert "data:image/svg+xml" in report.page([path])
    path.write_text(json.dumps(content | {"value": ends, "marginals": sides}), encoding="utf-8")
    assert report.page([path]).count("<article ") == 1


def test_a_page_that_cannot_be_written(answered: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be written"):
        report.write([answered / "chain.json"], tmp_path / "no" / "page.html")


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page about three shipped results, one with an explicit model."""
    shipped = Path(__file__).parent.parent / "results"
    target = tmp_path_factory.mktemp("three") / "page.html"
    report.write([shipped / f"{name}.json" for name in ("visibility_l3_70deg", "leggett_l3", "chain_6")], target)
    return target


def test_the_whole_answer_is_on_the_page(three: Path) -> None:
    text = three.read_text(encoding="utf-8")
    assert text.count('<a href="#result-') == text.count('<article id="result-') == 3
    assert "18 hidden states" in text
    assert text.count("<tr><td>17</td>") == 1  # the last row of the model
    assert text.count("C<sub>24</sub>") == 2  # once in the inequality, once in the bound's
    assert r"C_{24} - C_{25} \le 6.1069" in text
    assert text.count("numpy") >= 1
    assert "arXiv:0801.2241" in text
    assert text.count(f"<script>{SCRIPT}</script>") == 1


def test_the_page_in_a_browser(three: Path, tmp_path: Path) -> None:
    counts = tmp_path / "counts.html"  # a table as wide as those of analyses get
    report.write([Path(__file__).parent.parent / "results" / "analysis_noise_bell.json"], counts)
    with chromium(tmp_path) as browser:
        browser.resize(360)
        browser.open(counts.as_uri())
        assert browser.run("return document.querySelectorAll('td').length") == 4 * 8
        assert browser.overflow() == 0
        for width in (360, 768, 1920):
            for scheme in ("light", "dark"):
                browser.resize(width)
                browser.prefer(scheme)
                browser.open(three.as_uri())
                assert browser.overflow() == 0, (width, scheme)
        rows = "[...document.querySelector('#result-1 table.sorts').tBodies[0].rows]"
        browser.run("document.querySelectorAll('#result-1 th button')[2].click()")
        column = browser.run(f"return {rows}.map(row => row.cells[2].textContent)")
        sorted_up = [float(text.replace("−", "-")) for text in column]
        assert sorted_up == sorted(sorted_up)
        assert len(sorted_up) == 18
        browser.run("dispatchEvent(new Event('beforeprint'))")
        assert browser.run("return [...document.querySelectorAll('details')].every(d => d.open)")
        images = "[...document.querySelectorAll('.figure img')]"
        widths = browser.run(f"return {images}.map(image => image.getBoundingClientRect().width)")
        assert min(widths) >= 500
        assert browser.log() == []
