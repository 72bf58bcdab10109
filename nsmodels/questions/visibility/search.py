"""What a search for a decomposition works with: the target, the oracles of the parts, and the master program."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...common.arrays import Array
from ...models.hidden_variables import Explorer, HiddenVariableModel
from .clock import timed
from .master import Master
from .rows import Target
from .states import Columns, starting_columns

__all__ = ["Search", "make_search"]


MOST_ENTRIES = 50_000_000
"""Largest number of pairs of settings times hidden states that are looked at before the first round."""


@dataclass(frozen=True, eq=False)
class Search:
    """What the loop works with, from the first round to the last.

    Parameters
    ----------
    target : Target
    parts : sequence of HiddenVariableModel
        The flattened model.
    explorers : sequence of callable
        The heuristic oracle of each part.
    projectors : pair of ndarray or None
        Onto what counts of the coefficients α, β; None where all of them count.
    master : Master
        The master program, which grows.
    rng : numpy.random.Generator
    began : float
        Of `time.perf_counter`.
    seconds : dict
        What phases took, filled in on the way.
    """

    target: Target
    parts: Sequence[HiddenVariableModel]
    explorers: Sequence[Explorer]
    projectors: tuple[Array, Array] | None
    master: Master
    rng: np.random.Generator
    began: float
    seconds: dict[str, float]

    @property
    def width(self) -> int:
        """Number of settings of both parties."""
        return _width(self.target)

    @property
    def count(self) -> int:
        """How many states are asked for at once."""
        return int(np.clip(2 * self.width, 60, 500))

    @property
    def needs_equations(self) -> bool:
        """Whether marginals are matched by equations."""
        return len(self.target.margin_right) > 0


def make_search(target: Target, parts: Sequence[HiddenVariableModel], rng: np.random.Generator) -> Search:
    """A search that has not begun yet, with the states that the model names to begin with."""
    began, seconds = time.perf_counter(), {"pricing": 0.0, "rows": 0.0, "proof": 0.0}
    with timed(seconds, "rows"):
        behaviour = target.behaviour
        columns = starting_columns(parts, behaviour, antipodal=target.antipodal, rng=rng)
        explorers = [part.explorer(behaviour) for part in parts]
        laws = parts[0].span() if len(parts) == 1 else None
        master = Master(target, columns, _first_rows(target, columns), laws)
        projectors = None if laws is None or len(target.margin_right) == 0 else _marginal_projectors(target, laws)
    return Search(target, parts, explorers, projectors, master, rng, began, seconds)


def _width(target: Target) -> int:
    n_a, n_b = target.behaviour.shape
    return n_a + n_b


def _first_rows(target: Target, columns: Columns) -> NDArray[np.intp]:
    """All rows of small problems, else those that the first columns together nearly violate."""
    width = _width(target)
    if target.n_rows <= max(400, 2 * width):
        return np.arange(target.n_rows)
    some = max(1, target.n_pairs * len(columns) // MOST_ENTRIES)
    columns = columns.take(np.arange(0, len(columns), some))
    weights = np.full(len(columns), 1.0 / len(columns))
    sums = target.collect(target.sums(columns.alice, columns.bob, weights))
    slack = target.right + 0.85 * target.slope - sums
    return np.sort(np.argsort(slack)[: int(2.5 * width)])


def _marginal_projectors(target: Target, spans: tuple[Array, Array]) -> tuple[Array, Array]:
    """Projectors onto what counts of the coefficients α, β: on the model's marginals, and on both given ones."""
    n_a = len(spans[0])
    given = np.stack([target.margin_right, target.margin_slope], axis=1)
    projectors = []
    for counts in (np.hstack([spans[0], given[:n_a]]), np.hstack([spans[1], given[n_a:]])):
        basis, sizes, _ = np.linalg.svd(counts, full_matrices=False)
        basis = basis[:, sizes > 1e-12 * sizes[0]]
        projectors.append(basis @ basis.T)
    return projectors[0], projectors[1]
