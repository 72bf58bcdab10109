"""Numbers and the progress of a search, as they are displayed."""

import sys

import pytest

from nsmodels.command.progress import line, live
from nsmodels.common.digits import counted, duration, enclosure, plain, printable


def test_numbers_have_the_digits_that_are_known() -> None:
    assert enclosure(1.78918148, 1.78918222) == "1.78918[148, 223]"
    assert enclosure(2.0, 2.0) == "2"
    assert enclosure(-1.5, -1.25) == "[-1.5, -1.25]"
    assert enclosure(0.0, 2.0**-30) == "[0.00000000000, 0.00000000094]"
    assert enclosure(1e300, 2e300)[0] == "["
    assert enclosure(1e20, 1e20 + 32768) == "1000000000000000[00000, 32768]"
    assert enclosure(9.99, 10.01) == "[9.990, 10.010]"
    assert enclosure(0.5 - 2.0**-20, 0.5 + 2.0**-20) == "[0.4999990, 0.5000010]"
    assert enclosure(float("-inf"), 2.0) == "[-inf, 2.0]"
    assert (plain(-0.0), plain(1 / 3, 3)) == ("0", "0.333")
    assert [duration(t) for t in (0.0123, 3.456, 125)] == ["12.3 ms", "3.46 s", "2 min 5 s"]
    assert [counted(n, "node") for n in (0, 1, 2)] == ["0 nodes", "1 node", "2 nodes"]
    assert printable("a\nb\x1b" + "x" * 300, 10) == "a b xxxxx…"


@pytest.mark.parametrize("exponent", range(-15, 3))
def test_digits_round_outward(exponent: int) -> None:
    from decimal import Decimal

    lower = 1.7891814893221079
    upper = lower + 3.21 * 10.0**exponent
    text = enclosure(lower, upper)
    head, _, tail = text.partition("[")
    low, high = (head + end for end in tail.rstrip("]").split(", "))
    assert Decimal(low) <= Decimal(lower)
    assert Decimal(high) >= Decimal(upper)
    assert float(Decimal(high) - Decimal(low)) <= 1.3 * (upper - lower) + 1e-14


def test_progress_is_a_line() -> None:
    assert "looking for a first bound" in line(float("-inf"), float("inf"), "0 nodes", 1.0, 60.0, 1e-6)
    open_, nearly, done = (line(1.5, 1.5 + gap, "7 nodes", 1.0, 60.0, 1e-6) for gap in (1.0, 1e-4, 1e-7))
    assert open_.count("━") < nearly.count("━") < done.count("━") == 24
    assert "7 nodes" in nearly
    assert "59 s left" in nearly


def test_progress_is_quiet_off_a_terminal() -> None:
    with live(60.0, 1e-6, "node", wanted=True) as progress:
        assert progress is None


def test_progress_on_a_terminal(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    with live(60.0, 1e-6, "node", wanted=True) as progress:
        assert progress is not None
        progress(1.0, 1.5, 3, 0.1)
    with live(60.0, 1e-6, "node", wanted=False) as progress:
        assert progress is None
