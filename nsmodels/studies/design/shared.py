"""The starts of a design on many workers: small batches, each of which knows the best that was found before it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...common.workers import Engine, WorkerLostError, completed
from .race import Contest, Optimum, Race

__all__ = ["Batch", "Found", "run_batch", "run_shared"]

Array = NDArray[np.float64]

STARTS = 2
"""Starts of a batch: few, so that hops begin from what the others have found."""
KNOWN = 8
"""Best optima that go with a batch."""


@dataclass(frozen=True, eq=False)
class Batch:
    """What a worker needs: the contests, which starts, and until when (on the clock ``time.time``)."""

    contests: list[Contest]
    seed: tuple[int, int]
    first: int
    starts: int
    groups: tuple[str, ...]
    until: float
    known: list[Optimum]
    given: Array | None = None


@dataclass(frozen=True, eq=False)
class Found:
    """What a batch hit, and how many of its searches came to nothing."""

    optima: list[Optimum]
    kind: str
    starts: int
    idle: int
    failed: int


def run_batch(batch: Batch) -> Found:
    """Do the searches of a batch."""
    now = time.perf_counter()
    rng = np.random.default_rng(batch.seed)
    race = Race(batch.contests, rng, now + (batch.until - time.time()), batch.groups, began=now)
    race.optima = [replace(optimum, hits=0) for optimum in batch.known]
    race.run(batch.starts, batch.given, batch.first)
    hit = [optimum for optimum in race.optima if optimum.hits]
    kind = str(race.history[-1]["kind"]) if race.history else ""
    return Found(hit, kind, race.starts, race.idle, race.failed)


def run_shared(race: Race, where: Engine, starts: int, given: Array | None, seed: int) -> None:
    """Do so many random starts, with the orbits and hops that belong to them, on an engine.

    Which batch sees which optima depends on the order in which batches end, and so do the searches: what is found
    differs from run to run, and only what is certified counts.
    """
    until = time.time() + (race.last_start - time.perf_counter())

    def batches() -> Iterator[tuple[int, tuple[Any, ...]]]:
        for number, first in enumerate(range(0, max(starts, 1), STARTS)):
            if time.time() > until:
                return
            known = sorted(race.optima, key=lambda optimum: optimum.place.value)[:KNOWN]
            these = given if number == 0 else None
            count = min(STARTS, starts - first)
            yield number, (Batch(race.contests, (seed, number), first, count, race.groups, until, known, these),)

    for _, found in completed(where, run_batch, batches()):
        if isinstance(found, WorkerLostError):
            race.failed += STARTS
        elif isinstance(found, BaseException):
            raise found
        else:
            race.absorb(found.optima, found.kind, found.starts, found.idle, found.failed)
