"""The page that proves results in a browser: the checker unchanged, no connection, forgeries refused."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from browser import Browser, chromium
from scripts import module_of

from nsmodels import checker

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "verify.html"
RESULTS = ("leggett_l3", "chsh_quantum", "visibility_l3_pairs", "chain_6", "pr_box_bell")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the page and its bundle."""
    pack = module_of("docs/verify_page.py")
    folder = tmp_path_factory.mktemp("site")
    try:
        pack.write(folder / "verify_bundle.js")
    except pack.MissingError as error:
        pytest.skip(f"Pyodide cannot be had: {error}")
    shutil.copy(PAGE, folder)
    return folder


@pytest.fixture(scope="module")
def forged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bound that is lower than it can be, with its certificate adjusted nowhere."""
    content = json.loads((ROOT / "results" / "leggett_l3.json").read_text(encoding="utf-8"))
    content["value"]["upper"] = 1.7
    content["value"]["lower"] = 1.69
    path = tmp_path_factory.mktemp("forged") / "forged.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def window(site: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """The page, opened from its folder without any server."""
    with chromium(tmp_path_factory.mktemp("profile")) as browser:
        browser.open((site / "verify.html").as_uri())
        yield browser


def test_the_policy_fits_the_page() -> None:
    text = PAGE.read_text(encoding="utf-8")
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', text)
    for part in ("default-src 'none'", "connect-src 'none'", "form-action 'none'"):
        assert part in policy
    assert "unsafe-inline" not in policy
    for tag, rule in (("script", "script-src"), ("style", "style-src")):
        (inline,) = re.findall(rf"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(inline.encode()).digest()).decode()
        assert re.search(rf"{rule} [^;]*'sha256-{re.escape(digest)}'", policy), f"{tag}: sha256-{digest}"


def test_the_bundle_has_the_checker_byte_for_byte(site: Path) -> None:
    import gzip

    text = (site / "verify_bundle.js").read_text(encoding="utf-8")
    packed = json.loads(text[text.index("{") : text.rindex(";")])
    source = (ROOT / "nsmodels" / "checker.py").read_bytes()
    assert gzip.decompress(base64.b64decode(packed["files"]["checker.py"])) == source
    assert packed["checker_sha256"] == hashlib.sha256(source).hexdigest()


def verdict(window: Browser, path: Path) -> tuple[str, list[str]]:
    """What the page says about a file."""
    window.run("document.getElementById('answers').replaceChildren()")
    window.run("document.getElementById('file').value = ''")
    window.give_file("#file", path)
    window.wait("return document.querySelector('#answers .verdict')", 300)
    said = window.run("return document.querySelector('#answers .verdict').textContent")
    return said, window.run("return [...document.querySelectorAll('#answers li')].map(x => x.textContent)")


@pytest.mark.slow
@pytest.mark.parametrize("name", RESULTS)
def test_results_are_proved_in_the_browser(window: Browser, name: str) -> None:
    path = ROOT / "results" / f"{name}.json"
    said, claims = verdict(window, path)
    assert said == "All claims are proved."
    assert claims == ["proved      " + text for holds, text in checker.check(checker.read(str(path))) if holds]
    assert window.log() == []


@pytest.mark.slow
def test_forgeries_are_refused_in_the_browser(window: Browser, forged: Path, tmp_path: Path) -> None:
    said, claims = verdict(window, forged)
    assert said == "NOT everything is proved."
    assert any(claim.startswith("NOT PROVED") for claim in claims)
    nothing = tmp_path / "nothing.json"
    nothing.write_text("{", encoding="utf-8")
    assert verdict(window, nothing)[0] == "This is no result file that can be read."


@pytest.mark.slow
def test_no_connection_is_possible(window: Browser) -> None:
    script = "return fetch(arguments[0]).then(() => 'connected', error => 'refused')"
    assert window.run(script, "http://127.0.0.1:9/") == "refused"
    assert any("Content Security Policy" in line for line in window.log())


@pytest.mark.slow
@pytest.mark.parametrize("width", [360, 1200])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_narrow_and_wide_windows(window: Browser, width: int, scheme: str) -> None:
    window.resize(width)
    window.prefer(scheme)
    assert window.overflow() == 0
    colours = window.run("const s = getComputedStyle(document.body); return [s.color, s.backgroundColor]")
    dark = [sum(map(int, re.findall(r"\d+", colour)[:3])) < 300 for colour in colours]
    assert dark == ([False, True] if scheme == "dark" else [True, False])


def test_without_its_bundle_it_says_so(tmp_path: Path) -> None:
    shutil.copy(PAGE, tmp_path)
    with chromium(tmp_path / "profile") as browser:
        browser.open((tmp_path / "verify.html").as_uri())
        assert "make verify-page" in browser.run("return document.getElementById('state').textContent")


NODE = """
import fs from "node:fs";
import { loadPyodide } from PACKAGE;
const python = await loadPyodide();
python.FS.writeFile("/checker.py", fs.readFileSync(CHECKER));
const codes = [];
for (const path of FILES) {
  python.FS.writeFile("/result.json", fs.readFileSync(path));
  python.setStdout({ batched: () => {} });
  codes.push(python.runPython("import sys; sys.path.insert(0, '/'); import checker; checker.main(['/result.json'])"));
}
console.log(JSON.stringify(codes));
"""


@pytest.mark.slow
def test_the_checker_runs_in_node(tmp_path: Path, forged: Path) -> None:
    node, pack = shutil.which("node"), module_of("docs/verify_page.py")
    if node is None:
        pytest.skip("node is not installed")
    try:
        files = pack.contents(pack.package())
    except pack.MissingError as error:
        pytest.skip(f"Pyodide cannot be had: {error}")
    import tarfile

    with tarfile.open(pack.package()) as archive:
        archive.extractall(tmp_path, filter="data")
    assert set(files) <= {path.name for path in (tmp_path / "package").iterdir()}
    paths = [str(ROOT / "results" / f"{name}.json") for name in RESULTS] + [str(forged)]
    names = {"PACKAGE": str(tmp_path / "package" / "pyodide.mjs"), "CHECKER": str(ROOT / "nsmodels" / "checker.py")}
    script = NODE.replace("FILES", json.dumps(paths))
    for name, value in names.items():
        script = script.replace(name, json.dumps(value))
    program = tmp_path / "check.mjs"
    program.write_text(script, encoding="utf-8")
    done = subprocess.run([node, str(program)], capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [0] * len(RESULTS) + [1]
