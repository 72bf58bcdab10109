"""The union of several models; mixtures of its hidden states make their convex hull, for example Bell ∪ Leggett.

h(f) is the largest of the parts' h(f), and a proof is one proof for each part.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ..common.arguments import listed, shown
from ..common.rationals import round_up
from ..core.effort import Effort, Hint, Progress
from ..core.enclosure import Enclosure, Status
from ..core.functional import Functional
from ..core.hidden_states import HiddenStates
from ..core.proof import HullProof
from ..core.settings import Settings
from ..errors import InputError
from .base import Model, Support, require_model
from .bell import Bell
from .hidden_variables import HiddenVariableModel, with_safe_defaults
from .registry import ENTRIES, entry_of, table_of
from .values import trivial_bound, values_at

__all__ = ["Hull"]

MOST_PARTS, MOST_BELLS = 100, 3
"""Parts of a hull in a problem file, and parts among them that are Bell, each of which costs an enumeration."""


def _told(progress: Progress | None, known: list[Enclosure], ceiling: float | None) -> Progress | None:
    """Translate a part's progress into the hull's: ``ceiling`` stands for the parts still to come."""
    if progress is None:
        return None
    lowest = max((value.lower for value in known), default=-np.inf)
    highest = max([value.upper for value in known] + ([] if ceiling is None else [ceiling]), default=-np.inf)

    def told(lower: float, upper: float, work: int, seconds: float) -> None:
        progress(max(lower, lowest), max(upper, highest), work, seconds)

    return told


class Hull(HiddenVariableModel):
    """The hull of several models. A hull among them counts as its parts.

    Parameters
    ----------
    models : sequence of Model
        At least one, all of the same shape.
    """

    name = "hull"

    def __init__(self, models: Sequence[Model], *more: Model) -> None:
        if more:
            raise InputError("Hull: give the models as one list, Hull([…, …])")
        given = listed(models, "Hull: the argument models", "give a list of models")
        if not given:
            raise InputError("Hull: give at least one model")
        parts: list[HiddenVariableModel] = []
        for item in given:
            require_model(item, "Hull")
            part = with_safe_defaults(item)
            if part is None:
                raise InputError(f"Hull: {item.name} has no hidden states to mix; list other models")
            if part.shape != given[0].shape:
                raise InputError(
                    f"Hull: {given[0].name} has {given[0].shape[0]}×{given[0].shape[1]} settings and {part.name} "
                    f"{part.shape[0]}×{part.shape[1]}; all parts need the same"
                )
            parts.extend(part.parts)
        self._parts = tuple(parts)

    @classmethod
    def from_table(cls, table: Any, settings: Settings | None, shape: tuple[int, int]) -> Hull:
        """Key ``of``: a list of tables like [model]."""
        remedy = 'for example [{name = "bell"}]'
        entries = table.need("of", 'list the models, of = [{name = "bell"}, …]')
        if not isinstance(entries, list) or not entries:
            table.refuse("of", "must be a list of models that is not empty", remedy)
        if len(entries) > MOST_PARTS:
            table.refuse("of", f"has {len(entries)} models, above the limit of {MOST_PARTS}")
        parts = []
        for index in range(len(entries)):
            inner = table.inner("of", index)
            name = inner.content.get("name")
            unfit = [entry.name for entry in ENTRIES if not entry.mixable or entry.name == cls.name]
            if name in unfit:
                inner.refuse("name", f"a hull cannot contain {name}", "list other models")
            entry = entry_of(inner, [entry.name for entry in ENTRIES if entry.name not in unfit])
            if entry.needs_settings and settings is None:
                inner.refuse("name", f"{entry.name} is a law for directions", "add a table [settings]")
            parts.append(entry.load().from_table(inner, settings, shape))
        if sum(isinstance(part, Bell) for part in parts) > MOST_BELLS:
            table.refuse("of", f"names bell more often than the limit of {MOST_BELLS}", "once says as much")
        return cls(parts)

    def resolved(self) -> dict[str, Any]:
        """``{"name", "of"}``."""
        return {"name": self.name, "of": [part.resolved() for part in self.parts]}

    def to_table(self) -> dict[str, Any]:
        """``{"name", "of"}``."""
        return {"name": self.name, "of": [table_of(part) for part in self.parts]}

    def part(self, index: int | None) -> Model:
        """The part of this number."""
        if not isinstance(index, int) or not 0 <= index < len(self.parts):
            raise InputError(f"hull: there is no part {shown(index)} among {len(self.parts)}")
        return self.parts[index]

    @property
    def shape(self) -> tuple[int, int]:
        """Numbers of settings (n_A, n_B)."""
        return self.parts[0].shape

    @property
    def settings(self) -> Settings | None:  # type: ignore[override]  # found among the parts
        """The settings of the first part that has any."""
        return next((part.settings for part in self.parts if part.settings is not None), None)

    def __repr__(self) -> str:
        return f"Hull({', '.join(map(repr, self.parts))})"

    @property
    def parts(self) -> tuple[HiddenVariableModel, ...]:
        """The models that were given, and those of hulls among them."""
        return self._parts

    @property
    def symmetric(self) -> bool:  # type: ignore[override]  # found out of the parts
        """Whether every part contains −m with every m."""
        return all(part.symmetric for part in self.parts)

    @property
    def smooth(self) -> bool:  # type: ignore[override]  # found out of the parts
        """Whether any part is a continuum."""
        return any(part.smooth for part in self.parts)

    def rounding_effect(self, functional: Functional) -> float:
        """The largest over the parts."""
        return max(part.rounding_effect(functional) for part in self.parts)

    def listed(self) -> HiddenStates | None:
        """The lists of all parts, where each has one."""
        lists = [part.listed() for part in self.parts]
        known = [states for states in lists if states is not None]
        return HiddenStates.join(known) if len(known) == len(lists) else None

    def _enclose(self, functional: Functional, effort: Effort, hint: Hint) -> Support:
        """The largest of the parts; what is left of the time limit is shared by the parts still to come.

        After Ctrl-C the parts that were not asked have the sum of moduli for an upper end.
        """
        begin = time.perf_counter()
        compilation, interrupted = 0.0, False
        ceiling = round_up(trivial_bound(functional))
        answers: list[Support] = []
        for index, part in enumerate(self.parts):
            # what was compiled on the way is not the user's time
            left = effort.time_limit_s - (time.perf_counter() - begin - compilation)
            share = max(left / (len(self.parts) - index), 1e-3)
            known = [answer.value for answer in answers]
            told = _told(effort.progress, known, None if index + 1 == len(self.parts) else ceiling)
            try:
                if interrupted:
                    raise KeyboardInterrupt
                answer = part.support(
                    functional, tolerance=effort.tolerance, time_limit_s=share, seed=effort.seed, progress=told
                )
            except KeyboardInterrupt:
                answer = part.without_solver(functional, "interrupted", effort.seed)
            interrupted = interrupted or answer.value.reason == "interrupted"
            compilation += float(answer.stats.get("compile_seconds", 0.0))
            answers.append(answer)
        index = max(range(len(answers)), key=lambda k: answers[k].value.lower)
        best = answers[index]
        widest = max(answers, key=lambda answer: answer.value.upper)
        certified = all(answer.value.status is Status.CERTIFIED for answer in answers)
        value = Enclosure(
            best.value.lower,
            widest.value.upper,
            Status.CERTIFIED if certified else Status.ESTIMATE,
            "interrupted" if interrupted else widest.value.reason,
        )
        stats = {
            "seconds": sum(float(answer.stats.get("seconds", 0.0)) for answer in answers),
            "compile_seconds": compilation,
            "nodes": sum(int(answer.stats.get("nodes", 0)) for answer in answers),
        }
        proof = HullProof(tuple(answer.proof for answer in answers))
        return Support(value, replace(best.state, part=index), proof, stats)

    def propose(
        self, functional: Functional, count: int, *, rng: np.random.Generator, starts: HiddenStates | None = None
    ) -> HiddenStates:
        """The best of what the parts propose. Hidden vectors are kept only if every part has them."""
        self._check(functional)
        proposals = [part.propose(functional, count, rng=rng) for part in self.parts]
        alice = np.vstack([proposal.alice for proposal in proposals])
        bob = np.vstack([proposal.bob for proposal in proposals])
        u = v = None
        if all(proposal.u is not None and proposal.v is not None for proposal in proposals):
            u = np.vstack([proposal.u for proposal in proposals if proposal.u is not None])
            v = np.vstack([proposal.v for proposal in proposals if proposal.v is not None])
        order = np.argsort(-values_at(functional, alice, bob), kind="stable")[:count]
        return HiddenStates(alice, bob, u, v).take(order)
