"""A live line on the terminal: the bound closing from both sides, the work done, the time left."""

from __future__ import annotations

import contextlib
import math
import sys
import time
from collections.abc import Callable, Iterator

from .digits import counted, duration, enclosure

BAR = 24
REFRESH_S = 0.1
WAITING = "getting ready (the first run on a machine compiles, once)"


@contextlib.contextmanager
def live(
    time_limit_s: float, tolerance: float, unit: str, *, wanted: bool
) -> Iterator[Callable[[float, float, int, float], None] | None]:
    """Yield a ``progress(lower, upper, work, seconds)`` that draws on stderr, or None where nobody looks.

    Parameters
    ----------
    unit : str
        What ``work`` counts: node, round, setting.
    wanted : bool
        False keeps quiet whatever stderr is; True still draws only on a terminal.
    """
    if not wanted or sys.stderr is None or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.live import Live
    from rich.text import Text

    with Live(Text(WAITING), console=Console(stderr=True), refresh_per_second=10, transient=True) as display:
        latest = -math.inf

        def progress(lower: float, upper: float, work: int, seconds: float) -> None:
            nonlocal latest
            now = time.monotonic()
            if now - latest >= REFRESH_S:
                latest = now
                display.update(Text(line(lower, upper, counted(work, unit), seconds, time_limit_s, tolerance)))

        yield progress


def line(lower: float, upper: float, work: str, seconds: float, time_limit_s: float, tolerance: float) -> str:
    """One line: a bar for the orders of magnitude of the gap that are closed, the enclosure, work, time left."""
    left = duration(max(0.0, time_limit_s - seconds))
    gap = upper - lower
    if not math.isfinite(gap):
        return f"[{' ' * BAR}] looking for a first bound   {duration(seconds)}, {left} left"
    scale = max(1.0, abs(lower), abs(upper))
    closed = 1.0 if gap <= tolerance else math.log(scale / gap) / math.log(scale / tolerance) if gap < scale else 0.0
    half = round(min(1.0, max(0.0, closed)) * BAR / 2)
    bar = "━" * half + " " * (BAR - 2 * half) + "━" * half
    return f"[{bar}] {enclosure(lower, upper)}   gap {gap:.1e}, {work}   {duration(seconds)}, at most {left} left"
