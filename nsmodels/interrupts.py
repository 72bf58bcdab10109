"""Ctrl-C and SIGTERM as a polite request to stop: what is proved so far is still written."""

from __future__ import annotations

import contextlib
import signal
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from types import FrameType

PATIENCE = 3
"""The signal that abandons everything is this one, counted from the first."""


@dataclass
class Interrupts:
    """How many signals have arrived."""

    count: int = 0


@contextlib.contextmanager
def first_interrupts() -> Iterator[Interrupts]:
    """In this block the first Ctrl-C or SIGTERM raises KeyboardInterrupt once, later ones are told to wait.

    The answer is being rounded, checked and written after the first; a second impatient Ctrl-C shall not lose it. The
    third one abandons the run.
    """
    arrived = Interrupts()

    def handler(number: int, frame: FrameType | None) -> None:
        arrived.count += 1
        if arrived.count in (1, PATIENCE):
            raise KeyboardInterrupt
        if arrived.count < PATIENCE:
            sys.stderr.write("stopping: writing what is proved so far (once more to abandon it)\n")

    try:
        before = {name: signal.signal(name, handler) for name in (signal.SIGINT, signal.SIGTERM)}
    except ValueError:  # not the main thread: signals do not arrive here
        before = {}
    try:
        yield arrived
    finally:
        for name, old in before.items():
            signal.signal(name, old)
