"""A live line on the terminal: the bound closing from both sides, the work done, the time left.

A display only looks on: whatever goes wrong while it draws, it stops, and the computation goes on without it.
"""

from __future__ import annotations

import contextlib
import math
import sys
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..common.digits import counted, duration, enclosure

if TYPE_CHECKING:
    from rich.live import Live

BAR = 24
LINE_S = 5.0
"""Seconds between two lines where standard error is no terminal."""
REFRESH_S = 0.1
WAITING = "getting ready (the first run on a machine compiles, once)"


@contextlib.contextmanager
def live(time_limit_s: float, tolerance: float, unit: str, *, wanted: bool) -> Iterator[Display | None]:
    """Yield a ``progress(lower, upper, work, seconds)`` that draws on stderr, or None where nobody looks.

    Parameters
    ----------
    unit : str
        What ``work`` counts: node, round, setting.
    wanted : bool
        False keeps quiet whatever stderr is; True still draws only on a terminal.
    """
    if not wanted or not _watched():
        yield None
        return
    display = Display(time_limit_s, tolerance, unit)
    try:
        display.start()
        yield display
    finally:
        display.stop()


@contextlib.contextmanager
def telling(unit: str, *, time_limit_s: float, tolerance: float | None) -> Iterator[Display | Lines | None]:
    """Like `live`, for ``progress=True`` in Python: off a terminal a line is written every five seconds.

    Parameters
    ----------
    unit : str
        What ``work`` counts.
    time_limit_s, tolerance
        As the question was given them, checked or not.
    """
    width = tolerance if isinstance(tolerance, float) and tolerance > 0.0 else 1e-6
    if _watched():
        with live(time_limit_s, width, unit, wanted=True) as display:
            yield display
    else:
        yield Lines(time_limit_s, width, unit)


class Lines:
    """Lines on stderr, one every five seconds; after the first failure there are no more."""

    def __init__(self, time_limit_s: float, tolerance: float, unit: str) -> None:
        self.time_limit_s, self.tolerance, self.unit = time_limit_s, tolerance, unit
        self.latest, self.wanted = time.monotonic(), True

    def __call__(self, lower: float, upper: float, work: int, seconds: float) -> None:
        """Write a report of the search, unless the last one was written just now."""
        now = time.monotonic()
        if not self.wanted or now - self.latest < LINE_S:
            return
        self.latest = now
        try:
            told = counted(work, self.unit)
            sys.stderr.write(line(lower, upper, told, seconds, self.time_limit_s, self.tolerance) + "\n")
            sys.stderr.flush()
        except Exception:
            self.wanted = False


def _watched() -> bool:
    try:
        return sys.stderr is not None and sys.stderr.isatty()
    except (OSError, ValueError):  # closed
        return False


class Display:
    """The line itself; after the first failure it draws nothing more. It has no thread of its own."""

    def __init__(self, time_limit_s: float, tolerance: float, unit: str) -> None:
        self.time_limit_s, self.tolerance, self.unit = time_limit_s, tolerance, unit
        self.latest = -math.inf
        self.streams = sys.stdout, sys.stderr
        self.drawing: Live | None = None

    def start(self) -> None:
        """Draw the first line."""
        with self._harmless():
            from rich.console import Console
            from rich.live import Live

            self.drawing = Live(console=Console(stderr=True), auto_refresh=False, transient=True)
            self.drawing.start()
            self._draw(WAITING)

    def __call__(self, lower: float, upper: float, work: int, seconds: float) -> None:
        """Draw a report of the search, unless the last one was drawn just now."""
        now = time.monotonic()
        if self.drawing is None or now - self.latest < REFRESH_S:
            return
        self.latest = now
        with self._harmless():
            told = counted(work, self.unit)
            columns = self.drawing.console.width
            self._draw(line(lower, upper, told, seconds, self.time_limit_s, self.tolerance, columns))

    def stop(self) -> None:
        """Take the line away, and give the streams back whatever happens."""
        drawing, self.drawing = self.drawing, None
        try:
            if drawing is not None:
                with contextlib.suppress(Exception):
                    drawing.stop()
        finally:
            sys.stdout, sys.stderr = self.streams

    def _draw(self, text: str) -> None:
        from rich.text import Text

        assert self.drawing is not None
        self.drawing.update(Text(text, no_wrap=True, overflow="ellipsis"), refresh=True)

    @contextlib.contextmanager
    def _harmless(self) -> Iterator[None]:
        try:
            yield
        except Exception:
            self.stop()


@contextlib.contextmanager
def tally(total: int, noun: str, *, before: int = 0, wanted: bool = True) -> Iterator[Tally]:
    """Show how many of many are done: a bar on a terminal, a line every five seconds elsewhere, both on stderr.

    Parameters
    ----------
    noun : str
        What is counted, in the singular.
    before : int
        How many were done before this began.
    """
    shown = Tally(total, noun, before, _watched(), wanted)
    try:
        shown.start()
        yield shown
    finally:
        shown.stop()


class Tally(Display):
    """How many are done, and how long the others will take at this pace."""

    def __init__(self, total: int, noun: str, before: int, terminal: bool, wanted: bool) -> None:
        super().__init__(0.0, 0.0, noun)
        self.total, self.before, self.count = total, before, before
        self.terminal, self.wanted = terminal, wanted
        self.began = self.latest = time.monotonic()
        self.fresh = True

    def start(self) -> None:
        """Draw the bar, where there is a terminal."""
        if self.wanted and self.terminal:
            super().start()

    def done(self, number: int = 1) -> None:
        """So many more are done."""
        self.count += number
        self.tick()

    def told(self, done: int, total: int) -> None:
        """So many of so many are done; what the first report says was done before."""
        if self.fresh:
            self.before, self.fresh = done, False
        self.count, self.total = done, total
        self.tick()

    def tick(self, *_: object) -> None:
        """Show the count, unless it was shown just now."""
        now = time.monotonic()
        if not self.wanted or now - self.latest < (REFRESH_S if self.terminal else LINE_S):
            return
        self.latest = now
        with self._harmless():
            if not self.terminal:
                sys.stderr.write(self.text(now) + "\n")
                sys.stderr.flush()
            elif self.drawing is not None:
                filled = round(BAR * self.count / max(self.total, 1))
                self._draw(f"[{'━' * filled}{' ' * (BAR - filled)}] {self.text(now)}")

    def text(self, now: float) -> str:
        """The count in words, with the time that is left if all goes on like this."""
        spent, new = now - self.began, self.count - self.before
        told = f"{self.count} of {counted(self.total, self.unit)}, {duration(spent)}"
        left = "" if not new else f", about {duration(spent / new * (self.total - self.count))} left"
        return told + left


def line(
    lower: float, upper: float, work: str, seconds: float, time_limit_s: float, tolerance: float,
    columns: int | None = None,
) -> str:  # fmt: skip
    """One line: a bar for the orders of magnitude of the gap that are closed, the enclosure, work, time left.

    The ends of a running search are not proved, and may cross: that is said. In few columns there is no bar, then less.
    """
    lower, upper = float(lower), float(upper)
    left = duration(max(0.0, time_limit_s - seconds))
    gap = upper - lower
    if not math.isfinite(gap):
        choices = [
            f"[{' ' * BAR}] looking for a first bound   {duration(seconds)}, {left} left",
            f"looking for a first bound, {left} left",
        ]
    else:
        told = f"ends cross by {-gap:.1e} before their proof" if gap < 0.0 else f"gap {gap:.1e}"
        half = round(_closed(lower, upper, tolerance) * BAR / 2)
        bar = "━" * half + " " * (BAR - 2 * half) + "━" * half
        ends = enclosure(lower, upper)
        rest = f"{ends}   {told}, {work}   {duration(seconds)}, at most {left} left"
        choices = [f"[{bar}] {rest}", rest, f"{ends}   {told}, {left} left", ends]
    return next((text for text in choices if columns is None or len(text) < columns), choices[-1])


def _closed(lower: float, upper: float, tolerance: float) -> float:
    """How many of the orders of magnitude from the values' size to the tolerance are closed, in [0, 1]."""
    gap, scale = upper - lower, max(1.0, abs(lower), abs(upper))
    if gap <= tolerance:
        return 1.0
    return max(0.0, math.log(scale / gap) / math.log(scale / tolerance)) if gap < scale else 0.0
