"""The page of `nsmodels explore`: what it answers, whom it lets in, what it writes, and how it looks in Chromium."""

from __future__ import annotations

import http.client
import json
import math
import re
import signal
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from browser import Browser, chromium
from command_line import COMMAND, run

from nsmodels import checker
from nsmodels.errors import InputError
from nsmodels.explore import asked
from nsmodels.explore.folder import Folder
from nsmodels.files.problem import find, from_data, load, shipped
from nsmodels.files.toml.writing import as_toml

L3 = {
    "schema": 1, "kind": "bound", "model": {"name": "leggett", "eta": 0.8},
    "settings": {"family": "leggett_triads", "phi_deg": 30.0}, "functional": {"name": "leggett3"},
}  # fmt: skip
BEST = {
    "schema": 1, "kind": "visibility", "model": {"name": "leggett"},
    "settings": {"family": "leggett_triads", "phi_deg": 36.86989764584402}, "behaviour": {"name": "singlet"},
}  # fmt: skip


def unwatched(*_: float) -> None:
    """Nobody stops the search."""


# -- what it answers --------------------------------------------------------------------------------------------------


def test_bound_value_and_violation_are_those_of_the_theorem() -> None:
    """L3 is at most 2 − (2/3) η sin(φ/2), the singlet's value is 2 V cos(φ/2): arXiv:0801.2241, eqs. (4) and (5)."""
    told = asked.bound({"problem": L3, "visibility": 0.97}, unwatched)
    exact, value = 2.0 - 2.0 / 3.0 * 0.8 * math.sin(math.radians(15)), 2.0 * 0.97 * math.cos(math.radians(15))
    assert told["bound"]["lower"] - 1e-15 <= exact <= told["bound"]["upper"] + 1e-15
    assert told["bound"]["upper"] - told["bound"]["lower"] <= 1e-6
    assert told["quantum"] == pytest.approx(value, abs=1e-14)
    assert told["violated"] is True
    assert float(told["verdict"].split()[-1]) == pytest.approx(value - exact, abs=3e-6)
    assert {"u", "v"} <= set(told["state"])
    low = asked.bound({"problem": L3, "visibility": 0.9}, unwatched)
    assert low["violated"] is False
    assert low["verdict"].startswith("not violated")


def test_best_inequality_is_l3_on_its_settings() -> None:
    told = asked.best({"problem": BEST}, unwatched)
    critical = (2.0 - 2.0 / 3.0 * math.sin(math.atan(1 / 3))) / (2.0 * math.cos(math.atan(1 / 3)))
    assert told["visibility"]["lower"] - 1e-9 <= critical <= told["visibility"]["upper"] + 1e-9
    kept = {key: value for key, value in BEST.items() if key != "behaviour"}
    again = asked.bound({"problem": kept | {"kind": "bound", "functional": told["functional"]}}, unwatched)
    assert again["bound"]["upper"] / again["quantum"] == pytest.approx(critical, abs=2e-6)


def test_best_inequality_where_the_singlet_has_a_model() -> None:
    one = BEST | {"settings": {"alice": [[0, 0, 1]], "bob": [[1, 0, 0]]}}
    told = asked.best({"problem": one}, unwatched)
    assert told["functional"] is None
    assert "has a model" in told["text"]


@pytest.mark.parametrize(
    ("name", "sliders"),
    [
        ("leggett_l3", {"phi_deg": 36.86989764584402, "eta": 1.0}),
        ("leggett_l3_unequal", {"phi_deg": 36.86989764584402, "eta_a": 0.5, "eta_b": 1.0}),
        ("one_sided_l3", {"phi_deg": 36.86989764584402, "eta": 1.0}),
        ("chsh_bell", {}),
        ("visibility_l3_70deg", {"phi_deg": 70.0, "eta": 1.0}),
        ("werner_leggett", {}),
    ],
)
def test_sliders_are_those_of_the_problem(name: str, sliders: dict[str, float]) -> None:
    told = asked.first(load(name))
    assert {key: told["sliders"][key] for key in sliders} == sliders
    assert set(told["problem"]) <= {"schema", "kind", "model", "settings", "functional", "behaviour"}
    for key in told["sliders"]:  # what a slider changes is a key that the file can have
        data = json.loads(json.dumps(told["problem"]))
        data["settings" if key == "phi_deg" else "model"][key] = 0.5
        from_data(data, "moved")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({}, "load it again"),
        ({"problem": [1]}, "load it again"),
        ({"problem": BEST}, "load it again"),
        ({"problem": L3, "visibility": 1.1}, "from 0 to 1"),
        ({"problem": L3, "visibility": True}, "from 0 to 1"),
        ({"problem": L3 | {"settings": {"alice": [[0, 0, 2]], "bob": [[0, 0, 1]]}}}, "has norm 2"),
        ({"problem": L3 | {"data": {"file": "/etc/passwd"}}}, "not used"),
        ({"problem": L3 | {"model": {"name": "leggett", "eta": 2}}}, "eta"),
        ({"problem": L3 | {"functional": {"correlators": [[1]]}}}, "3 wanted"),
    ],
)
def test_questions_that_are_none_get_a_line(content: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said) as raised:
        asked.bound(content, unwatched)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("problem", "said"),
    [
        ("chain_6", 'not "marginals"'),
        ("analysis_ionq_30", 'not "analysis"'),
        ("pr_box_bell", "no directions to drag"),
        ("fibonacci_50", 'not "marginals"'),
        ("no_such_problem", "no such file"),
    ],
)
def test_problems_that_cannot_be_dragged_get_a_line(problem: str, said: str) -> None:
    done = run("explore", problem)
    assert done.exit_code == 2
    assert done.stderr.count("\n") == 1
    assert re.search(said, done.stderr)


def test_only_the_singlet_follows_directions_and_few_of_them_are_shown(tmp_path: Path) -> None:
    path = tmp_path / "question.toml"
    text = 'schema = 1\nkind = "visibility"\nmodel = {name = "leggett"}\n'
    many = 'settings = {family = "fibonacci", n_alice = 41, n_bob = 2}\n'
    few = 'settings = {family = "half_circle", n = 2}\n'
    for more, said in (
        (many, "at most 40 directions"),
        (few + 'behaviour = {name = "partially_entangled", theta_deg = 30}\n', "compares with the singlet"),
        (few + "behaviour = {correlators = [[0, 0], [0, 0]]}\n", "compares with the singlet"),
    ):
        path.write_text(text + more)
        done = run("explore", path)
        assert done.exit_code == 2
        assert done.stderr.count("\n") == 1
        assert said in done.stderr


def test_without_the_extra_one_line_says_how_to_add_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    done = run("explore", "leggett_l3")
    assert done.exit_code == 2
    assert done.stderr.count("\n") == 1
    assert 'pip install "nsmodels[explore]"' in done.stderr


# -- what it writes ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(shipped()))
def test_problems_are_written_as_they_are_read(name: str) -> None:
    data = tomllib.loads(find(name).read_text(encoding="utf-8"))
    assert tomllib.loads(as_toml(data, "a\nnote")) == data


def test_texts_and_keys_are_written_whatever_is_in_them() -> None:
    odd = {"a b": 'say "é" \\ \x7f\t\n', "t": {"x.y": [], "n": {"z": [[1e-300, -0.0], [1, True]]}}}
    assert tomllib.loads(as_toml(odd)) == odd


def test_problems_and_proofs_are_saved(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    told = folder.prove({"problem": L3, "visibility": 0.95, "name": "mine"}, unwatched)
    assert told["proved"] is True
    assert told["proof"] == "results/mine.json"
    saved = tmp_path / "mine.toml"
    assert "V = 0.95" in saved.read_text(encoding="utf-8")
    assert {key: value for key, value in tomllib.loads(saved.read_text()).items() if key != "title"} == L3
    assert all(holds for holds, _ in checker.check(checker.read(str(tmp_path / "results" / "mine.json"))))
    assert folder.result("mine") == (tmp_path / "results" / "mine.json").read_text(encoding="utf-8")
    folder.save({"problem": BEST, "name": "mine"})  # its own files are replaced
    assert tomllib.loads(saved.read_text())["kind"] == "visibility"


def test_nothing_of_others_is_replaced_or_shown(tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    outside = tmp_path / "outside"
    outside.mkdir()
    (tmp_path / "work" / "theirs.toml").write_text("theirs")
    (tmp_path / "work" / "results").symlink_to(outside)
    (outside / "secret.json").write_text("{}")
    folder = Folder(tmp_path / "work")
    for name in ("theirs", "", ".", "..", "../up", "a/b", "a\\b", "x.toml", "é", "x" * 65, "-x", None, 3):
        with pytest.raises(InputError, match=r"already|a name has"):
            folder.save({"problem": L3, "name": name})
    with pytest.raises(InputError, match="out of the folder"):
        folder.prove({"problem": L3, "name": "proved"}, unwatched)
    for name in ("secret", "../theirs", "../../outside/secret", ""):
        assert folder.result(name) is None
    assert (tmp_path / "work" / "theirs.toml").read_text() == "theirs"
    assert [path.name for path in outside.iterdir()] == ["secret.json"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["outside", "work"]


# -- whom it lets in --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("explored")


@pytest.fixture(scope="module")
def address(folder: Path) -> Iterator[str]:
    """The address that the command prints; at the end Ctrl-C ends it, with exit code 0 and without another word."""
    pytest.importorskip("uvicorn", reason="the extra explore is not installed")
    process = subprocess.Popen([*COMMAND, "explore"], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                               text=True)  # fmt: skip
    assert process.stdout is not None
    line = process.stdout.readline()
    found = re.fullmatch(r"exploring at (http://127\.0\.0\.1:\d+/[\w-]{32}/)   \(Ctrl-C ends it\)\n", line)
    assert found, line + process.communicate(timeout=20)[1]
    yield found[1]
    process.send_signal(signal.SIGINT)
    said = process.communicate(timeout=60)
    assert (process.returncode, *said) == (0, "", "")


def answered(
    address: str, path: str = "", method: str = "GET", body: bytes | None = None, **headers: str
) -> tuple[int, str, dict[str, str]]:
    """Status, text and headers of an answer; `path` is taken as it is."""
    place = urlsplit(address)
    connection = http.client.HTTPConnection("127.0.0.1", place.port, timeout=60)
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(method, path if path.startswith("/") else place.path + path, body, given)
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, text, {name.lower(): value for name, value in answer.getheaders()}


def test_the_page_is_served_and_loads_nothing_from_outside(address: str) -> None:
    status, text, headers = answered(address)
    assert status == 200
    assert "http" not in text.replace("http-equiv", "")
    policy = headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["cache-control"] == "no-store"
    for name in ("explore.js", "globe.js", "explore.css"):
        assert answered(address, name)[0] == 200
    own = address.removesuffix("/").rpartition("/")[0]
    assert answered(address, Sec_Fetch_Site="same-origin", Origin=own)[0] == 200


def test_others_are_refused(address: str) -> None:
    place = urlsplit(address)
    own = f"http://127.0.0.1:{place.port}"
    token = place.path.strip("/")
    for path in ("/", "/start", f"/{token}", f"/{token[:-1]}/start", f"/{token}x/start", "//start", "/é/start"):
        assert answered(address, path.replace("é", "%C3%A9"))[0] == 404, path
    for host in ("example.org", f"example.org:{place.port}", "127.0.0.1", f"127.0.0.1:{place.port}.example.org"):
        assert answered(address, Host=host)[0] == 403
    for origin in ("http://example.org", "null", "http://127.0.0.1", f"https://127.0.0.1:{place.port}"):
        assert answered(address, "start", Origin=origin)[0] == 403
        assert answered(address, "bound", "POST", b"{}", Origin=origin)[0] == 403
    assert answered(address, "start", Sec_Fetch_Site="cross-site")[0] == 403
    assert answered(address, "bound", "POST", b"{}")[0] == 403
    assert answered(address, "bound", "POST", b"{}", Origin=own)[0] == 422
    assert answered(address, "bound", "GET")[0] == 405


def test_nothing_outside_of_the_folder_is_served(address: str, folder: Path) -> None:
    (folder / "results").mkdir(exist_ok=True)
    (folder / "results" / "theirs.json").write_text("{}")
    (folder / "theirs.toml").write_text("theirs")
    for path in (
        *("results/theirs.json", "theirs.toml", "../theirs.toml", "..%2ftheirs.toml", "results/..%2ftheirs.json"),
        *("results/../../../../etc/passwd", "%2e%2e/%2e%2e/etc/passwd", "page/index.html", "server.py", "index.html"),
        *("results/%00.json", "explore.js/../../server.py"),
    ):
        assert answered(address, path)[0] == 404, path


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"problem": NaN}', b"\xff", b"[" * 100_000, b"1" * 2_000_000])
def test_questions_that_are_no_json_get_a_line(address: str, body: bytes) -> None:
    own = address.rsplit("/", 2)[0]
    status, text, _ = answered(address, "bound", "POST", body, Origin=own)
    assert status == 422
    assert json.loads(text)["problem"].startswith("explore: a question")


# -- how it looks and moves -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def window(address: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with chromium(tmp_path_factory.mktemp("profile")) as browser:
        browser.resize(1280)
        browser.open(address)
        browser.wait("return document.getElementById('bound').dataset.upper", 300)
        yield browser


def upper(window: Browser) -> float:
    return float(window.run("return document.getElementById('bound').dataset.upper"))


def changed(window: Browser, old: float) -> float:
    return float(window.wait(
        "const now = document.getElementById('bound').dataset.upper;"
        f"return Math.abs(now - {old!r}) > 1e-5 && now"))  # fmt: skip


def start_again(window: Browser) -> float:
    """Back to the problem, where the bound is 2 − (2/3) sin(φ/2)."""
    window.click("#undo")
    exact = 2.0 - 2.0 / 3.0 * math.sin(math.atan(1 / 3))
    window.wait(f"return Math.abs(document.getElementById('bound').dataset.upper - {exact!r}) < 2e-6", 120)
    return upper(window)


def test_a_drag_and_the_keys_change_the_bound(window: Browser) -> None:
    before = start_again(window)
    box = window.run("const r = document.getElementById('bob').getBoundingClientRect(); return [r.x, r.y, r.width]")
    # b5 lies on the near side; its place follows from where the page looks from
    azimuth, elevation = -0.6, 0.35
    x, y, z = math.cos(math.atan(1 / 3)), 0.0, -math.sin(math.atan(1 / 3))
    right = -math.sin(azimuth) * x + math.cos(azimuth) * y
    up = -math.sin(elevation) * (math.cos(azimuth) * x + math.sin(azimuth) * y) + math.cos(elevation) * z
    middle, radius = 2 + (box[2] - 4) / 2, (box[2] - 4) / 2 - 26
    place = (box[0] + middle + radius * right, box[1] + middle - radius * up)
    window.drag(place, (place[0] - 30, place[1] - 20))
    dragged = changed(window, before)
    assert window.run("return document.getElementById('chosen').textContent").startswith("b5 = (")
    window.keys("#alice", "n")
    window.keys("#alice", "\ue012\ue012\ue012")  # the left arrow
    changed(window, dragged)
    assert window.log() == []


def test_sliders_change_bound_and_value(window: Browser) -> None:
    move = ("const s = document.getElementById(arguments[0]); s.value = arguments[1];"
            "s.dispatchEvent(new Event('input'))")  # fmt: skip
    before = start_again(window)
    window.run(move, "eta", "0.5")
    half = changed(window, before)
    assert half == pytest.approx(2.0 - math.sin(math.atan(1 / 3)) / 3.0, abs=2e-6)
    window.run(move, "phi_deg", "60")
    assert changed(window, half) == pytest.approx(2.0 - 1.0 / 6.0, abs=2e-6)
    window.run(move, "visibility", "0.9")
    value = "return document.getElementById('quantum').dataset.value"
    exact = 2.0 * 0.9 * math.cos(math.pi / 6)
    window.wait(f"{value} < {exact + 1e-9!r}")
    assert float(window.run(value)) == pytest.approx(exact, abs=1e-12)
    assert window.run("return document.getElementById('violation').textContent").startswith("not violated")
    assert window.log() == []


def test_best_inequality_save_and_proof(window: Browser, folder: Path) -> None:
    start_again(window)
    window.click("#best")
    window.wait("return document.getElementById('functional').textContent.includes('C')", 120)
    window.run("document.getElementById('name').value = 'found'")
    window.click("#prove")
    link = window.wait("const a = document.querySelector('#saved a'); return a && a.href", 120)
    assert "Every claim is proved" in window.run("return document.getElementById('saved').textContent")
    status, text, headers = answered(link, urlsplit(link).path)
    assert status == 200
    assert headers["content-disposition"] == 'attachment; filename="found.json"'
    assert all(holds for holds, _ in checker.check(json.loads(text)))
    assert run("verify", folder / "results" / "found.json").exit_code == 0
    assert window.log() == []


def test_no_width_overflows_dark_and_light(window: Browser) -> None:
    start_again(window)
    papers = set()
    for scheme in ("light", "dark"):
        window.prefer(scheme)
        papers.add(window.run("return getComputedStyle(document.body).backgroundColor"))
        for width in (360, 480, 768, 1280, 1920):
            window.resize(width)
            assert window.overflow() <= 0, (scheme, width)
            wide, tall = window.run("const c = document.getElementById('bob'); return [c.clientWidth, c.clientHeight]")
            assert min(wide, tall) > 200
    window.prefer("light")
    window.resize(1280)
    assert len(papers) == 2
    assert window.log() == []


def test_the_page_of_the_documentation_starts_it() -> None:
    """docs/how_to/explore.md: its problem can be explored, and the extra that it names exists."""
    root = Path(__file__).parent.parent
    text = (root / "docs" / "how_to" / "explore.md").read_text(encoding="utf-8")
    (name,) = re.findall(r"^nsmodels explore (\w+)$", text, re.MULTILINE)
    assert asked.first(load(name))["sliders"]
    assert 'pip install "nsmodels[explore]"' in text
    assert {"starlette", "uvicorn"} == {
        re.split("[>=]", line)[0]
        for line in tomllib.loads((root / "pyproject.toml").read_text())["project"]["optional-dependencies"]["explore"]
    }
