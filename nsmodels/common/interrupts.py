"""Ctrl-C and SIGTERM as a polite request to stop: what is proved so far is still written.

A question holds interrupts (`held`) and lets them through only where it searches (`released`), so that none of them can
hit it while it puts the proved parts of an answer together. What arrives meanwhile is raised at the next search, or at
the end of the outermost block; a question that has its answer by then drops it (`taken`).
"""

from __future__ import annotations

import contextlib
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from types import FrameType

from ..errors import SolverError

__all__ = [
    "Ending", "Interrupts", "arrived", "ending", "first_interrupts", "held", "loading", "released", "taken", "watched",
]  # fmt: skip

PATIENCE = 3
"""Number of the signal, counted from the first, that abandons everything."""


@dataclass
class Interrupts:
    """How many signals have arrived, whether they have to wait, even for a search, and whether one waits."""

    count: int = 0
    held: bool = False
    loading: bool = False
    waiting: bool = False


_active: Interrupts | None = None


def _current() -> Interrupts | None:
    """The state in force; none in other threads, where signals do not arrive."""
    return _active if threading.current_thread() is threading.main_thread() else None


@contextlib.contextmanager
def first_interrupts() -> Iterator[Interrupts]:
    """In this block the first Ctrl-C or SIGTERM raises KeyboardInterrupt once, later ones are told to wait.

    The answer is being rounded, checked and written after the first; a second impatient Ctrl-C shall not lose it. The
    third one abandons the run.
    """
    with _handling((signal.SIGINT, signal.SIGTERM)) as interrupts:
        yield interrupts


@contextlib.contextmanager
def _handling(signals: Sequence[signal.Signals]) -> Iterator[Interrupts]:
    global _active
    interrupts = Interrupts()

    def handler(number: int, frame: FrameType | None) -> None:
        interrupts.count += 1
        if interrupts.count == PATIENCE:
            raise KeyboardInterrupt
        if interrupts.count == 1 and interrupts.held:
            interrupts.waiting = True
        elif interrupts.count == 1:
            raise KeyboardInterrupt
        elif interrupts.count < PATIENCE and sys.stderr is not None:
            with contextlib.suppress(Exception):  # closed, gone, or in the middle of another write
                sys.stderr.write("stopping: writing what is proved so far (once more to abandon it)\n")

    outside, before = _active, {}
    try:
        for name in signals:
            before[name] = signal.signal(name, handler)
        _active = interrupts
    except ValueError:  # not the main thread: signals do not arrive here
        before = {}
    try:
        yield interrupts
    finally:
        _active = outside
        for name, old in before.items():
            signal.signal(name, old)


@contextlib.contextmanager
def held() -> Iterator[None]:
    """In this block Ctrl-C waits, until `released` or the end of the outermost such block.

    Outside of `first_interrupts` this holds Ctrl-C where Python's own handler would have raised KeyboardInterrupt.
    """
    active = _current()
    if active is not None:
        before, active.held = active.held, True
        try:
            yield
        finally:
            active.held = before
    elif (
        threading.current_thread() is not threading.main_thread()
        or signal.getsignal(signal.SIGINT) is not signal.default_int_handler
    ):
        yield
    else:
        with _handling((signal.SIGINT,)) as interrupts:
            interrupts.held = True
            yield
        if interrupts.waiting:
            raise KeyboardInterrupt


@contextlib.contextmanager
def loading() -> Iterator[None]:
    """In this block Ctrl-C waits, and searches in it do not let it through: they are there to compile something.

    A library that is cut off while it is imported, or while it compiles, stays broken for the rest of the session.
    """
    with held():
        interrupts = _current()
        if interrupts is None:
            yield
            return
        before, interrupts.loading = interrupts.loading, True
        try:
            yield
        finally:
            interrupts.loading = before


@contextlib.contextmanager
def released() -> Iterator[None]:
    """In this block, inside of `held`, Ctrl-C raises KeyboardInterrupt again: at once if one is waiting."""
    interrupts = _current()
    if interrupts is None or interrupts.loading:
        yield
        return
    before, interrupts.held = interrupts.held, False
    try:
        if interrupts.waiting:
            interrupts.waiting = False
            raise KeyboardInterrupt
        yield
    finally:
        interrupts.held = before


@contextlib.contextmanager
def watched() -> Iterator[Callable[[], bool]]:
    """A block that runs foreign code, through which no exception may pass, and that can be asked to stop.

    Ctrl-C waits in the block; what it yields tells whether one does, and KeyboardInterrupt is raised at its end. Where
    Ctrl-C has to wait anyway (`held`), nothing is told and nothing is raised.
    """
    interrupts = _current()
    if interrupts is None or interrupts.held:
        yield lambda: False
        return
    interrupts.held = True
    try:
        yield lambda: interrupts.waiting
    finally:
        interrupts.held = False
    if interrupts.waiting:
        interrupts.waiting = False
        raise KeyboardInterrupt


def arrived() -> bool:
    """Whether an interrupt has arrived, which in the middle of an import or a compilation can surface as anything."""
    interrupts = _current()
    return interrupts is not None and interrupts.count > 0


@dataclass
class Ending:
    """What ended a block before its end: an interrupt, or a solver that failed; neither where it came to its end."""

    interrupted: bool = False
    failure: SolverError | None = None


@contextlib.contextmanager
def ending() -> Iterator[Ending]:
    """A block that a question outlives: what it has put away so far stands, and the `Ending` says what ended it.

    After an interrupt anything that is raised counts as one, because in the middle of an import or a compilation it
    can surface as anything. Without one only the failure of a solver ends the block quietly.
    """
    end = Ending()
    try:
        yield end
    except KeyboardInterrupt:
        end.interrupted = True
    except Exception as error:
        end.interrupted = arrived()
        if not end.interrupted:
            if not isinstance(error, SolverError):
                raise
            end.failure = error


def taken() -> None:
    """Drop an interrupt that waits: the answer is here."""
    interrupts = _current()
    if interrupts is not None:
        interrupts.waiting = False
