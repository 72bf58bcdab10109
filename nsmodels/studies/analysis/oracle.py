"""The largest value of a functional over a model whose directions are known within an angle: proved from above.

A model with a law says what it takes to enclose a functional over all directions within the angles
(`HiddenVariableModel.within`): the upper end is proved by branch and bound over the hidden vectors, the lower end is
attained by directions and a hidden state that are shown. For other models the upper end is that for the stated
directions, raised by what a chord r = 2 sin(δ/2) can do (`Model.rounding_effect`); a model that does not look at
directions is not moved at all.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...common.interrupts import arrived
from ...common.rationals import round_up, total
from ...core.enclosure import Enclosure, Status
from ...core.functional import Functional
from ...core.hidden_states import HiddenState
from ...core.proof import Proof, SpheresProof
from ...core.settings import Settings
from ...errors import SolverError
from ...models.base import Model, Progress
from ...models.hidden_variables import with_safe_defaults
from ...questions.bound import bound
from .attained import attained

__all__ = ["Limits", "Proved", "proved"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Limits:
    """How well and how long the oracle is asked.

    Parameters
    ----------
    tolerance : float
    time_limit_s : float
    seed : int
    starts : int
        From how many hidden states the lower end over uncertain directions is looked for.
    seeds : ndarray, optional
        Multipliers that proved a similar functional (`Proved.seeds`).
    angles : (ndarray, ndarray), optional
        δ in radians for each of Alice's and of Bob's directions; None where they are exact.
    """

    tolerance: float = 1e-6
    time_limit_s: float = 60.0
    seed: int = 0
    angles: tuple[Array, Array] | None = None
    progress: Progress | None = None
    starts: int = 4
    seeds: NDArray[np.int32] | None = None

    def at(self, tolerance: float) -> Limits:
        """The same for a p-value, which needs the upper end alone: another tolerance, and fewer starts from below."""
        return replace(self, tolerance=tolerance, starts=2)


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
        Of the upper end: for all directions within the angles, or for the stated ones.
    stats : mapping
    settings : Settings, optional
        The directions within the angles at which the state attains the lower end; None: the stated ones.
    """

    value: Enclosure
    state: HiddenState
    proof: Proof
    stats: Any
    settings: Settings | None = None

    @property
    def seeds(self) -> NDArray[np.int32] | None:
        """Multipliers that may prove similar functionals over uncertain directions."""
        return getattr(getattr(self.proof, "proof", None), "tau", None) if self.settings is not None else None

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
    plain = Proved(answer.value, answer.maximiser, answer.proof, answer.stats)
    if limits.angles is None or not any(x.any() for x in limits.angles):
        return plain
    return _robust(functional, model, limits, plain)


def _robust(functional: Functional, model: Model, limits: Limits, plain: Proved) -> Proved:
    """The enclosure over all directions within the angles; the stated ones are among them."""
    assert limits.angles is not None
    value, proof, state, settings, stats = plain.value, plain.proof, plain.state, None, dict(plain.stats)
    moved = _moved(functional, model, limits.angles)
    upper = math.nextafter(value.upper + moved, math.inf) if moved else value.upper
    lower, reason = value.lower, value.reason
    hidden = with_safe_defaults(model)
    problem = None if hidden is None else hidden.within(functional, *limits.angles)
    if hidden is not None and problem is not None and not arrived():
        from ...engines.spheres.uncertain import cover

        begin = time.perf_counter()
        better = attained(hidden, functional, limits.angles, np.random.default_rng(limits.seed), limits.starts)
        if better is not None and better.value > lower:
            lower, state, settings = better.value, better.state, better.settings
        top = Fraction(functional.constant) + total(np.abs(functional.correlators).ravel().tolist())
        spare = 4.0 * model.rounding_effect(functional) + 4.0 * math.ulp(float(top))
        wanted = float(top) - lower - max(limits.tolerance - spare, 0.5 * limits.tolerance)
        left = max(limits.time_limit_s - float(stats.get("seconds", 0.0)), 0.1)
        threshold, covering, nodes = cover(problem, wanted, left, limits.seeds)
        threshold = math.nextafter(threshold - 2.0 * model.rounding_effect(functional), -math.inf)
        proved_here = round_up(top - Fraction(threshold)) + 2.0 * model.rounding_effect(functional)
        if proved_here < upper:
            upper, reason = math.nextafter(proved_here, math.inf), "tolerance_met"
            proof = SpheresProof(covering, threshold)
        stats |= {"nodes": nodes, "seconds": float(stats.get("seconds", 0.0)) + time.perf_counter() - begin}
    lower = min(lower, upper)
    if upper - lower > limits.tolerance and reason == "tolerance_met":
        reason = f"the uncertainty of the directions leaves a width of {upper - lower:.2g}"
    return Proved(Enclosure(lower, upper, value.status, reason), state, proof, stats, settings)


def _moved(functional: Functional, model: Model, angles: tuple[Array, Array]) -> float:
    """How far directions within the angles may raise f: as rounded directions do, at their chord's size."""
    if model.settings is None:
        return 0.0
    plain = Functional(functional.correlators, functional.alice, functional.bob, functional.constant)
    chord = 2.0 * math.sin(0.5 * max(float(x.max()) for x in angles))
    return model.rounding_effect(plain) * (chord / model.settings.rounding) * (1.0 + 1e-9)
