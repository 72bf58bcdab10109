"""The two ends of a visibility as floating point knows them, and what they are shown by; nothing here is proved."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from ...common.arrays import Array
from ...core.functional import Functional
from .rows import Target
from .states import Columns

__all__ = ["Bounds", "Proposal", "Reached", "considered", "corrected", "difference", "normalised"]


VERTEX_SLACK = 0.6
"""Share of the tolerance by which a vertex of the master program may miss the lower end."""


@dataclass(frozen=True, eq=False)
class Proposal:
    """A functional with f(P) − f(N) = 1, and the visibility that it would prove if the heuristic maximum were right."""

    functional: Functional
    visibility: float


@dataclass(frozen=True, eq=False)
class Reached:
    """States and their weights: the V that the master program claims for them, and the one that their sums bear out."""

    columns: Columns
    weights: Array
    claimed: float
    borne_out: float


@dataclass(frozen=True, eq=False)
class Bounds:
    """The ends so far.

    Parameters
    ----------
    reached : Reached or None
        What the lower end is shown by.
    best : Proposal or None
        What the upper end is shown by.
    vertex : Proposal or None
        A short inequality that is as good within the tolerance: a vertex of the dual of the master program.
    """

    reached: Reached | None = None
    best: Proposal | None = None
    vertex: Proposal | None = None

    @property
    def lower(self) -> float:
        """The V that is reached, or −∞."""
        return -math.inf if self.reached is None else self.reached.borne_out

    @property
    def upper(self) -> float:
        """The V that would be excluded, or ∞."""
        return math.inf if self.best is None else self.best.visibility

    @property
    def gap(self) -> float:
        """Their distance."""
        return self.upper - self.lower

    @property
    def proposal(self) -> Proposal | None:
        """The functional that is worth proving: the vertex, if there is one."""
        return self.best if self.vertex is None else self.vertex


def difference(functional: Functional, target: Target) -> tuple[float, float]:
    """f(P) − f(N) and f(N) in floating point."""
    table = functional.correlators[target.first, target.second]
    noise = float(table @ target.noise.correlators[target.first, target.second])
    value = float(table @ target.behaviour.correlators[target.first, target.second])
    if len(target.margin_right):
        both = np.concatenate([functional.alice, functional.bob])
        noise += float(both @ target.margin_right)
        value += float(both @ (target.margin_right + target.margin_slope))
    return value - noise, noise


def normalised(functional: Functional, target: Target, budget: float) -> Functional | None:
    """Drop the smallest coefficients (up to the budget in all) and scale to f(P) − f(N) = 1; None where that fails."""
    step, _ = difference(functional, target)
    if not step > 1e-12:
        return None
    table = functional.correlators / step
    size = np.abs(table).ravel()
    order = np.argsort(size)
    dropped = order[: int(np.searchsorted(np.cumsum(size[order]), budget))]
    kept = table.ravel().copy()
    kept[dropped] = 0.0
    cleaned = Functional(kept.reshape(table.shape), functional.alice / step, functional.bob / step)
    step, _ = difference(cleaned, target)
    return (1.0 / step) * cleaned if step > 1e-12 else None


def considered(
    bounds: Bounds, functional: Functional, target: Target, highest: float, tolerance: float, *, vertex: bool
) -> Bounds:
    """The ends with one more functional, which no state is known to make larger than ``highest``."""
    step, noise = difference(functional, target)
    if not step > 1e-12:
        return bounds
    proposal = Proposal(functional, (highest - noise) / step)
    if proposal.visibility < bounds.upper:
        bounds = replace(bounds, best=proposal)
    if vertex and proposal.visibility <= bounds.lower + VERTEX_SLACK * tolerance:
        bounds = replace(bounds, vertex=proposal)
    return bounds


def corrected(bounds: Bounds, columns: Columns, target: Target, tolerance: float) -> Bounds:
    """The ends when states are known that were found elsewhere: what they make of the proposals' visibilities."""

    def lifted(proposal: Proposal | None) -> Proposal | None:
        if proposal is None:
            return None
        step, noise = difference(proposal.functional, target)
        higher = (float(columns.values(proposal.functional).max()) - noise) / step
        return Proposal(proposal.functional, max(proposal.visibility, higher))

    best, vertex = lifted(bounds.best), lifted(bounds.vertex)
    if vertex is not None and vertex.visibility > bounds.lower + VERTEX_SLACK * tolerance:
        vertex = None
    return Bounds(bounds.reached, best, vertex)
