"""Where searches begin: at random, at orbits of rotation groups, and next to the best so far."""

from __future__ import annotations

import math
import time

import numpy as np

from ...common.arrays import Array
from .charts import Layout, random_units, units
from .groups import symmetric_layout
from .inner import Place
from .search import PLATEAU, arrive
from .tasks import Task

__all__ = ["GROUPS", "hop", "random_start", "symmetric_start"]


TRIES = 40
"""Random directions that are looked at until the model is excluded on some."""
SPREADS = (0.15, 0.25, 0.4, math.inf)
"""Distances of Bob's directions from mixtures of Alice's, for Malus' law; inequalities live from small pair angles."""
GROUPS = ("C2", "C3", "D2", "D3", "C4", "D4", "T", "C5", "D5", "O", "C6")
"""Groups whose orbits are tried as starts."""


def _scattered(task: Task, layout: Layout, rng: np.random.Generator, spread: float) -> Array:
    """Directions of the layout, Bob's near to mixtures of those of Alice's that they are measured with."""
    free = layout.random(rng)
    if not math.isfinite(spread) or layout.count != len(free) or layout.fixed.any():
        return free
    alice = free[: task.n_alice]
    for j in range(task.pairs.shape[1]):
        partners = alice[task.pairs[:, j]]
        shares = rng.dirichlet(np.full(len(partners), 0.3))
        free[task.n_alice + j] = units(units(shares @ partners) + spread * rng.normal(size=3))
    return layout.directions(layout.onto_planes(free))


def random_start(task: Task, layout: Layout, rng: np.random.Generator, deadline: float) -> Place:
    """The first of some random points on which the model is excluded, or else the best of them."""
    best: Place | None = None
    for _ in range(TRIES):
        for _ in range(TRIES):
            spread = SPREADS[int(rng.integers(len(SPREADS)))] * task.model.strength
            directions = _scattered(task, layout, rng, spread)
            if _apart(task, directions) and task.on(directions).hopeful(task.pairs):
                break
        place = arrive(task, directions, rng)
        if best is None or place.value < best.value:
            best = place
        if best.value < PLATEAU - 1e-3 or time.perf_counter() > deadline:
            break
    assert best is not None
    return best


def _apart(task: Task, directions: Array) -> bool:
    """Whether no two directions of a party are closer than allowed."""
    return task.closest >= 1.0 or not bool((task.crowding(directions)[0] < 0.0).any())


def symmetric_start(task: Task, name: str, rng: np.random.Generator, deadline: float) -> tuple[Layout, Place] | None:
    """A random point made of orbits of the named group; None if the numbers of directions do not allow it."""
    layout = symmetric_layout(name, task.n_alice, task.pairs.shape[1], rng)
    return None if layout is None else (layout, random_start(task, layout, rng, deadline))


def hop(task: Task, layout: Layout, place: Place, rng: np.random.Generator) -> Place:
    """A point near to a good one: all directions moved a little, or one or two of them anywhere."""
    X = place.directions.copy()
    kind = int(rng.integers(3))
    if kind == 0:
        X = units(X + float(rng.choice([0.05, 0.15, 0.3])) * rng.normal(size=X.shape))
    else:
        for _ in range(kind):
            X[int(rng.integers(len(X)))] = random_units(1, rng)[0]
    if layout.count == len(X):
        X = layout.directions(layout.onto_planes(X))
    else:
        chart = layout.chart(place.directions)
        X = chart.point(0.3 * rng.normal(size=chart.size))
    return arrive(task, X, rng)
