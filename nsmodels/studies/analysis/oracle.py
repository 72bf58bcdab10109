"""The largest value of a functional over a model whose directions are known within an angle: proved from above.

A direction that is off by at most δ is off by a chord of at most r = 2 sin(δ/2), and moves a marginal by at most the
purity times that. The model says itself what this does to a functional (`Model.rounding_effect`); a model that does not
look at directions is not moved at all.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

from ...core.enclosure import Enclosure, Status
from ...core.functional import Functional
from ...core.hidden_states import HiddenState
from ...core.proof import Proof
from ...errors import SolverError
from ...models.base import Model, Progress
from ...questions.bound import bound

__all__ = ["Limits", "Proved", "proved"]


@dataclass(frozen=True)
class Limits:
    """How well and how long the oracle is asked.

    Parameters
    ----------
    tolerance : float
    time_limit_s : float
    seed : int
    uncertainty : float
        δ in radians; 0 for directions that are taken as exact.
    """

    tolerance: float = 1e-6
    time_limit_s: float = 60.0
    seed: int = 0
    uncertainty: float = 0.0
    progress: Progress | None = None

    def at(self, tolerance: float) -> Limits:
        """The same with another tolerance."""
        return replace(self, tolerance=tolerance)


@dataclass(frozen=True, eq=False)
class Proved:
    """What the oracle says of a functional.

    Parameters
    ----------
    value : Enclosure
        For the worst directions within the uncertainty.
    state : HiddenState
        It attains the lower end.
    proof : Proof
        Of the upper end for the directions as stated, to which ``moved`` is added.
    moved : float
    stats : mapping
    """

    value: Enclosure
    state: HiddenState
    proof: Proof
    moved: float
    stats: Any

    @property
    def certified(self) -> bool:
        """Whether both ends are proved."""
        return self.value.status == Status.CERTIFIED

    def certificate(self) -> dict[str, Any]:
        """The proof of the upper end."""
        return self.proof.to_json()


def proved(functional: Functional, model: Model, limits: Limits) -> Proved:
    """Ask the oracle.

    Raises
    ------
    SolverError
        Where nothing can be said.
    """
    answer = bound(
        functional, model, tolerance=limits.tolerance, time_limit_s=limits.time_limit_s, seed=limits.seed,
        progress=limits.progress,
    )  # fmt: skip
    if answer.maximiser is None or answer.proof is None:
        raise SolverError(answer.reason)
    moved = _moved(functional, model, limits.uncertainty)
    value = answer.value
    if moved > 0.0:  # the stated directions are among the possible ones, so that the lower end stays attained
        value = Enclosure(value.lower, math.nextafter(value.upper + moved, math.inf), value.status, value.reason)
    return Proved(value, answer.maximiser, answer.proof, moved, answer.stats)


def _moved(functional: Functional, model: Model, uncertainty: float) -> float:
    """How far directions within the uncertainty may raise f: as rounded directions do, at their chord's size."""
    if uncertainty <= 0.0 or model.settings is None:
        return 0.0
    plain = Functional(functional.correlators, functional.alice, functional.bob, functional.constant)
    chord = 2.0 * math.sin(0.5 * uncertainty)
    return model.rounding_effect(plain) * (chord / model.settings.rounding) * (1.0 + 1e-9)
