"""The time that a search and its proofs may take, and what is told on the way."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from ...core.effort import Progress

__all__ = ["AFTER_INTERRUPT", "GRACE", "Clock", "Journal", "timed"]

SLICE = 0.65
"""Share of what is left of the time limit that a search may take before its proposals are proved, and it goes on."""
AFTER_INTERRUPT, GRACE = 0.3, 0.3
"""Seconds for proofs after Ctrl-C, and after any limit for one that has begun."""
MOST_RECORDS = 400
"""Largest number of rounds that are written down."""
SECONDS_BETWEEN_CALLS = 0.1
"""Least distance of two calls of a callback."""


@dataclass
class Clock:
    """When the work began, and when its search and all of it have to end (of `time.perf_counter`).

    Beside the random numbers and the master program, this is what changes in place while a question is answered.

    Parameters
    ----------
    limit : float
        Seconds for everything; what compiles does not count.
    began, search_until, stop_at : float
    """

    limit: float
    began: float
    stop_at: float
    search_until: float

    @staticmethod
    def started(limit: float) -> Clock:
        """A clock that starts now."""
        now = time.perf_counter()
        return Clock(limit, now, now + limit, now + SLICE * limit)

    def left(self) -> float:
        """Seconds that are left, negative when time is up."""
        return self.stop_at - time.perf_counter()

    def elapsed(self) -> float:
        """Seconds of work."""
        return time.perf_counter() - self.began

    def search_again(self) -> None:
        """Give the search its share of what is left."""
        self.search_until = time.perf_counter() + SLICE * self.left()

    def interrupt(self) -> None:
        """Leave no more time than proofs have after Ctrl-C."""
        self.stop_at = min(self.stop_at, time.perf_counter() + AFTER_INTERRUPT)

    def late(self) -> bool:
        """Whether the search ought to have ended."""
        return time.perf_counter() > self.search_until


@dataclass
class Journal:
    """What the rounds of a search were like, and whoever is told about them.

    Parameters
    ----------
    progress : callable or None
        Called at most about ten times a second.
    records : list of dict
        At most `MOST_RECORDS`.
    most : pair of int
        The largest numbers of rows and of columns.
    """

    progress: Progress | None
    records: list[dict[str, Any]] = field(default_factory=list)
    most: tuple[int, int] = (0, 0)
    told: float = 0.0

    def note(self, record: dict[str, Any], number: int, clock: Clock) -> None:
        """Write a round down, and tell of it."""
        self.most = max(self.most[0], record["rows"]), max(self.most[1], record["columns"])
        if len(self.records) < MOST_RECORDS:
            self.records.append(record)
        now = time.perf_counter()
        if self.progress is not None and now - self.told > SECONDS_BETWEEN_CALLS:
            self.told = now
            self.progress(record["lower"], min(record["upper"], 1.0), number, now - clock.began)


@contextmanager
def timed(seconds: dict[str, float], phase: str) -> Iterator[None]:
    """Add what the block takes to the seconds of a phase."""
    start = time.perf_counter()
    try:
        yield
    finally:
        seconds[phase] += time.perf_counter() - start
