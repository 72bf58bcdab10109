"""What is asked for, of all settings and as the search sees it: without settings that are copies, by orbits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ...common.arrays import Array
from ...core.functional import Functional
from ...models.base import Model
from ...models.hidden_variables import HiddenVariableModel
from .reduction import Reduction, find_reduction
from .rows import Target, make_target
from .states import Columns
from .symmetry import Symmetry, find_symmetry

__all__ = ["Task", "make_task"]


@dataclass(frozen=True, eq=False)
class Task:
    """A question about a visibility, and how it is made smaller.

    Parameters
    ----------
    model : Model
    mixable : HiddenVariableModel
        The same, with safe defaults where it does not answer.
    target : Target
        Of all settings.
    tolerance : float
        Wanted width of the enclosure.
    seed : int
    reduction : Reduction or None
        Which settings are left out.
    kept : Target
        Of the settings that are kept.
    symmetry : Symmetry or None
        Relabellings that leave these as they are.
    searched : Target
        The same by orbits.
    searched_parts : sequence of HiddenVariableModel
        The parts of the model of the settings that are kept.
    """

    model: Model
    mixable: HiddenVariableModel
    target: Target
    tolerance: float
    seed: int
    reduction: Reduction | None
    kept: Target
    symmetry: Symmetry | None
    searched: Target
    searched_parts: Sequence[HiddenVariableModel]

    @property
    def parts(self) -> Sequence[HiddenVariableModel]:
        """The flattened model of all settings."""
        return self.mixable.parts

    @property
    def order(self) -> int:
        """How many relabellings there are."""
        return 1 if self.symmetry is None else self.symmetry.order

    def of_all(self, functional: Functional) -> Functional:
        """The functional of all settings from one of the settings that are kept."""
        return functional if self.reduction is None else self.reduction.functional(functional)

    def states_of_all(self, columns: Columns, weights: Array) -> tuple[Columns, Array]:
        """States of the whole model from those of the search."""
        return (columns, weights) if self.reduction is None else self.reduction.extended(columns, weights)

    def states_of_kept(self, columns: Columns) -> Columns:
        """States of the whole model, cut to the settings that the search looks at."""
        return columns if self.reduction is None else self.reduction.restricted(columns)

    def unfolded(self, columns: Columns, weights: Array) -> tuple[Columns, Array]:
        """States that stand for their orbits, each relabelling listed."""
        if self.symmetry is None:
            return columns, weights
        return self.symmetry.expand(columns, weights, self.searched_parts, self.target.antipodal)


def make_task(
    model: Model, mixable: HiddenVariableModel, target: Target, symmetry: Symmetry | str | None, *, tolerance: float,
    seed: int,
) -> Task:  # fmt: skip
    """Find the settings that may be left out and, unless they are given, the relabellings that change nothing."""
    like: dict[str, Any] = {"symmetric_model": target.antipodal, "marginals": "match" if target.matched else "free"}
    given = symmetry if isinstance(symmetry, Symmetry) else None
    parts: Sequence[HiddenVariableModel] = mixable.parts
    kept = target
    reduction = None if given is not None else find_reduction(target, parts)
    if reduction is not None:
        parts = reduction.parts
        kept = make_target(reduction.behaviour, reduction.noise, **like)
    found, searched = None, kept
    # relabelling states gives states only where every part of the model says so
    offered = all(part.invariants() is not None for part in parts)
    if symmetry is not None and offered and len(kept.margin_right) == 0:
        found = given if given is not None else find_symmetry(kept, parts)
        if found is not None and found.order > 1:
            orbits = found.row_orbits(kept.first, kept.second)
            searched = make_target(kept.behaviour, kept.noise, orbits=orbits, **like)
        else:
            found = None
    return Task(model, mixable, target, tolerance, seed, reduction, kept, found, searched, parts)
