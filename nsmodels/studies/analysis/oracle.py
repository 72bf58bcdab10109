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
from ...models.hidden_variables import HiddenVariableModel, with_safe_defaults
from ...models.values import trivial_bound, values_at
from ...questions.bound import bound
from .attained import attained

__all__ = ["Guessed", "Limits", "Proved", "guessed", "proved"]

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


@dataclass(frozen=True)
class Guessed:
    """What the largest value of a functional may be: good enough to choose what is then proved.

    Parameters
    ----------
    value : Enclosure
        An estimate: a value that was found, and as much above it as a proof would leave.
    """

    value: Enclosure

    @property
    def certified(self) -> bool:
        """Never."""
        return False


def guessed(functional: Functional, model: HiddenVariableModel, limits: Limits) -> Guessed:
    """What `proved` would find, at a small part of the cost: its lower end, and the tolerance above."""
    rng, angles = np.random.default_rng(limits.seed), limits.angles
    found, moved = None, 0.0
    if arrived():  # after Ctrl-C nothing is searched any more: what no model exceeds
        most = float(trivial_bound(functional))
        return Guessed(Enclosure(most, most, Status.ESTIMATE, "interrupted"))
    if angles is not None and any(x.any() for x in angles):
        found, moved = attained(model, functional, angles, rng, 1, 1), _moved(functional, model, angles)
    if found is None:
        states = model.propose(functional, limits.starts, rng=rng)
        value = float(values_at(functional, states.alice, states.bob).max()) + moved
    else:
        value = found.value
    return Guessed(Enclosure(value, value + limits.tolerance, Status.ESTIMATE, "guessed"))


def proved(functional: Functional, model: Model, limits: Limits) -> Proved:
    """Ask the oracle.

    Raises
    ------
    SolverError
        Where nothing can be said.
    """
    angles = limits.angles if limits.angles is not None and any(x.any() for x in limits.angles) else None
    near = None if angles is None else _within(functional, model, limits, angles)
    if near is not None and near.value.reason == "tolerance_met":
        return near
    answer = bound(
        functional, model, tolerance=limits.tolerance, time_limit_s=limits.time_limit_s, seed=limits.seed,
        progress=limits.progress,
    )  # fmt: skip
    if answer.maximiser is None or answer.proof is None:
        raise SolverError(answer.reason)
    plain = Proved(answer.value, answer.maximiser, answer.proof, answer.stats)
    return plain if angles is None else _better(plain, near, _moved(functional, model, angles), limits.tolerance)


def _within(functional: Functional, model: Model, limits: Limits, angles: tuple[Array, Array]) -> Proved | None:
    """The enclosure over all directions within the angles, for models that say what it takes."""
    hidden = with_safe_defaults(model)
    problem = None if hidden is None else hidden.within(functional, *angles)
    if hidden is None or problem is None or arrived():
        return None
    from ...engines.spheres.uncertain_again import SPARE, cover

    begin = time.perf_counter()
    compiled = hidden.load()
    best = attained(hidden, functional, angles, np.random.default_rng(limits.seed), limits.starts)
    if best is None:
        return None
    top = Fraction(functional.constant) + total(np.abs(functional.correlators).ravel().tolist())
    effect = 2.0 * model.rounding_effect(functional)
    spare = 2.0 * effect + 4.0 * math.ulp(float(top))
    wanted = float(top) - best.value - max(limits.tolerance - spare, 0.5 * limits.tolerance)
    if problem.even:  # G is a sum of moduli then
        wanted = max(wanted, -SPARE * problem.size)
    threshold, covering, nodes = cover(problem, wanted, limits.time_limit_s, limits.seeds)
    threshold = math.nextafter(threshold - effect, -math.inf)
    upper = math.nextafter(round_up(top - Fraction(threshold)) + effect, math.inf)
    stats = {"nodes": nodes, "seconds": time.perf_counter() - begin - compiled, "compile_seconds": compiled}
    proof = SpheresProof(covering, threshold)
    value = Enclosure(min(best.value, upper), upper, reason=_reason(best.value, upper, limits.tolerance))
    return Proved(value, best.state, proof, stats, best.settings)


def _better(plain: Proved, near: Proved | None, moved: float, tolerance: float) -> Proved:
    """The better of both ends, the upper one for stated directions being raised by what others may do."""
    value = plain.value
    upper, proof = math.nextafter(value.upper + moved, math.inf) if moved else value.upper, plain.proof
    lower, state, settings, reason, stats = value.lower, plain.state, None, value.reason, dict(plain.stats)
    if near is not None:
        if near.value.lower > lower:
            lower, state, settings = near.value.lower, near.state, near.settings
        if near.value.upper < upper:
            upper, proof, reason = near.value.upper, near.proof, "tolerance_met"
        stats |= {"nodes": near.stats["nodes"], "seconds": float(stats.get("seconds", 0.0)) + near.stats["seconds"]}
    reason = _reason(lower, upper, tolerance) if reason == "tolerance_met" else reason
    return Proved(Enclosure(min(lower, upper), upper, value.status, reason), state, proof, stats, settings)


def _reason(lower: float, upper: float, tolerance: float) -> str:
    """What is said of an enclosure over all directions within the angles."""
    if upper - lower <= tolerance:
        return "tolerance_met"
    if arrived():
        return "interrupted"
    return f"the uncertainty of the directions leaves a width of {upper - lower:.2g}"


def _moved(functional: Functional, model: Model, angles: tuple[Array, Array]) -> float:
    """How far directions within the angles may raise f: as rounded directions do, at their chord's size."""
    if model.settings is None:
        return 0.0
    plain = Functional(functional.correlators, functional.alice, functional.bob, functional.constant)
    chord = 2.0 * math.sin(0.5 * max(float(x.max()) for x in angles))
    return model.rounding_effect(plain) * (chord / model.settings.rounding) * (1.0 + 1e-9)
