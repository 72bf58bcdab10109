"""Commands on a terminal: under pseudo-terminals of several widths, and on one that can do nothing."""

import io
import math
import os
import re
import select
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from nsmodels.command.progress import Display, line, live
from nsmodels.common.digits import at_least, at_most, enclosure
from nsmodels.files import result as results

pytestmark = pytest.mark.skipif(os.name != "posix", reason="pseudo-terminals are of POSIX systems")

TERMINALS = {"40": (40, "xterm"), "80": (80, "xterm-256color"), "200": (200, "xterm"), "dumb": (80, "dumb")}
PATIENCE_S = 300.0

COMMAND = """
import fcntl, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
from nsmodels.cli import main
main()
"""

MANY = """
import sys
from nsmodels import cli; from nsmodels.command import progress
from nsmodels.files.problem import shipped
progress.REFRESH_S = 0.0
long = ("visibility_l6_icosahedron", "visibility_random10")
names = [name for name in shipped() if name not in long]
some = [name for name in names if name.startswith("visibility")][1::4]
for name in names if sys.argv[2] == "all" else some:
    print(name, "exit", cli.app(["run", name, "--out", sys.argv[1]], standalone_mode=False))
print("derive", "exit", cli.app(["derive", "visibility_l3_50deg"], standalone_mode=False))
"""


def on_a_terminal(code: str, *arguments: str, terminal: str, react: Callable[[int, str], None] | None = None,
                  **environment: str) -> tuple[int, str]:  # fmt: skip
    """Run Python code with a pseudo-terminal as its three streams; its exit code and all that it wrote there.

    ``react(master, text)`` is called with the other side of the terminal and what has been written so far.
    """
    import fcntl
    import struct
    import termios

    columns, name = TERMINALS[terminal]
    master, slave = os.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    surroundings = {key: value for key, value in os.environ.items() if key not in ("COLUMNS", "LINES", "NO_COLOR")}
    child = subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        stdin=slave, stdout=slave, stderr=slave, start_new_session=True,
        env={**surroundings, "TERM": name, **environment},
    )  # fmt: skip
    os.close(slave)
    written, end = b"", time.monotonic() + PATIENCE_S
    try:
        while time.monotonic() < end:
            if react is not None:
                react(master, written.decode(errors="replace"))
            if select.select([master], [], [], 0.05)[0]:
                try:
                    piece = os.read(master, 65536)
                except OSError:  # nobody has the other side open any more
                    break
                if not piece:
                    break
                written += piece
        return child.wait(timeout=60), written.decode(errors="replace")
    finally:
        child.kill()
        child.wait()
        os.close(master)


@pytest.mark.parametrize("terminal", TERMINALS)
def test_shipped_problems_are_answered_on_a_terminal(terminal: str, tmp_path: Path) -> None:
    code, text = on_a_terminal(MANY, str(tmp_path), "all" if terminal == "80" else "visibility", terminal=terminal)
    assert code == 0, text[-2000:]
    ends = re.findall(r"(\S+) exit (\S+)\r", text)
    assert len(ends) >= (50 if terminal == "80" else 4)
    assert {status for _, status in ends} == {"0"}, ends
    assert "internal error" not in text
    assert "holds for           leggett" in text  # what derive says
    if terminal in ("80", "200"):
        assert "gap" in text  # a search was shown
    assert len(list(tmp_path.glob("*.json"))) == len(ends) - 1


def test_derive_on_a_terminal() -> None:
    code, text = on_a_terminal(COMMAND, "derive", "visibility_l3_50deg", terminal="80")
    assert code == 0, text
    assert "holds for           leggett" in text
    assert "internal error" not in text


LONG = f"""schema = 1
kind = "bound"
model = {{name = "leggett"}}
settings = {{family = "fibonacci", n_alice = 40, n_bob = 40}}
[functional]
correlators = {[[(-1) ** (i * j) * (1 + (i + j) % 3) for j in range(40)] for i in range(40)]}
[options]
tolerance = 1e-13
"""


@pytest.mark.parametrize("terminal", TERMINALS)
def test_ctrl_c_on_a_terminal(terminal: str, tmp_path: Path) -> None:
    (tmp_path / "long.toml").write_text(LONG)
    pressed: list[float] = []

    def press(master: int, text: str) -> None:
        seen = "gap" in text or re.search(r"(?<!\x1b)\[\d", text) or terminal == "dumb"
        if not pressed and (tmp_path / "out").exists() and seen:
            time.sleep(2.0 if terminal == "dumb" else 0.2)  # a dumb terminal shows no search
            os.write(master, b"\x03")  # what the key Ctrl-C sends: the terminal makes a signal of it
            pressed.append(time.monotonic())

    code, text = on_a_terminal(
        COMMAND, "run", str(tmp_path / "long.toml"), "--out", str(tmp_path / "out"), terminal=terminal, react=press
    )
    assert pressed
    assert code == 1, text[-2000:]
    assert "interrupted" in text
    assert "internal error" not in text
    assert "Traceback" not in text
    assert results.read(tmp_path / "out" / "long.json")["reason"] == "interrupted"


class _Broken(io.StringIO):
    """A terminal whose other side has gone."""

    def __init__(self, after: int) -> None:
        super().__init__()
        self.left = after

    def isatty(self) -> bool:
        return True

    def write(self, text: str) -> int:
        self.left -= 1
        if self.left < 0:
            raise OSError(5, "Input/output error")
        return len(text)


@pytest.mark.parametrize("after", range(12))
def test_a_broken_terminal_ends_the_display_alone(after: int, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = _Broken(after)
    monkeypatch.setattr(sys, "stderr", broken)
    monkeypatch.setenv("TERM", "xterm")
    before = sys.stdout
    with live(60.0, 1e-6, "node", wanted=True) as progress:
        assert progress is not None
        for step in range(10):
            progress.latest = -math.inf
            progress(1.0, 1.5 - 0.06 * step, step, 0.1 * step)
    assert sys.stderr is broken
    assert sys.stdout is before


def test_reports_of_any_kind_are_drawn(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    numbers = [-math.inf, -1.7e308, -1.0, -1e-9, 0.0, 5e-324, 0.3, 0.3 + 1e-16, 1.0, 1e300, 1.7e308, math.inf, math.nan]
    for tolerance in (1e-300, 1e-6, 1.0, 1e300):
        for limit in (1e-3, 60.0, 1e300, math.inf):
            display = Display(limit, tolerance, "node")
            display.start()
            for lower in numbers:
                for upper in numbers:
                    display.latest = -math.inf
                    display(lower, upper, 10**9, 1e5)
                    assert display.drawing is not None, (lower, upper)
            display.stop()
    capsys.readouterr()


def test_ends_that_cross_are_shown_as_they_are() -> None:
    text = line(0.9700001, 0.9699999, "7 rounds", 1.0, 60.0, 1e-6)
    assert "0.9[7000010, 6999991]" in text
    assert "cross by 2.0e-07" in text
    for columns in (10, 40, 80, 120, 200):
        assert len(line(0.5, 0.6, "7 rounds", 1.0, 60.0, 1e-6, columns)) < max(columns, 20)
    assert "0.5" in line(0.5, 0.6, "7 rounds", 1.0, 60.0, 1e-6, 40)


def test_a_failing_callback_of_the_user_is_heard() -> None:
    import nsmodels as ns

    def fails(*told: float) -> None:
        raise ZeroDivisionError("mine")

    directions = ns.settings.leggett_triads(phi_deg=50)
    with pytest.raises(ZeroDivisionError, match="mine"):
        ns.decompose(ns.behaviours.singlet(directions), ns.Leggett(settings=directions), progress=fails)


@pytest.mark.parametrize("seed", range(5))
def test_single_ends_are_rounded_outward(seed: int) -> None:
    import random

    draw = random.Random(seed)
    for _ in range(2000):
        number = draw.choice((1, -1)) * draw.choice((10 ** draw.uniform(-20, 20), round(draw.random(), 3)))
        for digits in (3, 6, 9, 12):
            low, high = at_least(number, digits), at_most(number, digits)
            assert float(low) <= number <= float(high)
            assert float(high) - float(low) <= 2 * 10.0 ** (1 - digits) * abs(number)
    assert (at_least(0.1), at_most(0.1), at_least(-0.0)) == ("0.1", "0.1", "0")


def test_ends_far_apart_have_their_own_digits() -> None:
    assert enclosure(0.25, 0.375) == "[0.25, 0.375]"
    assert enclosure(0.2499999999999995, 0.37500000000140465) == "[0.249999, 0.375001]"
    assert enclosure(0.0, 1.0) == "[0, 1]"
    assert enclosure(1e300, 2e300) == "[1e+300, 2e+300]"
