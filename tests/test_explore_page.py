"""The server of `nsmodels explore`: whom it lets in, and how its page looks and moves in Chromium."""

from __future__ import annotations

import http.client
import json
import math
import re
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from browser import Browser, chromium
from command_line import COMMAND, run

from nsmodels import checker

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


def comes_to(window: Browser, exact: float) -> float:
    """Wait until the bound is the exact one, and return what the page says."""
    upper = "Number(document.getElementById('bound').dataset.upper)"
    return float(window.wait(f"return Math.abs({upper} - {exact!r}) < 2e-6 && {upper}", 300))


def changed(window: Browser, old: float) -> float:
    upper = "Number(document.getElementById('bound').dataset.upper)"
    return float(window.wait(f"return Math.abs({upper} - {old!r}) > 1e-4 && {upper}", 300))


def start_again(window: Browser) -> float:
    """Back to the problem, where the bound is 2 − (2/3) sin(φ/2)."""
    window.click("#undo")
    return comes_to(window, 2.0 - 2.0 / 3.0 * math.sin(math.atan(1 / 3)))


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
    start_again(window)
    window.run(move, "eta", "0.5")
    comes_to(window, 2.0 - math.sin(math.atan(1 / 3)) / 3.0)
    window.run(move, "phi_deg", "60")
    comes_to(window, 2.0 - 1.0 / 6.0)
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
    window.wait("return document.getElementById('functional').textContent.includes('C')", 300)
    window.run("document.getElementById('name').value = 'found'")
    window.click("#prove")
    link = window.wait("const a = document.querySelector('#saved a'); return a && a.href", 300)
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
