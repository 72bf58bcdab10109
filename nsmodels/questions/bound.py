"""Question 1: the tightest inequality f ≤ h(f) for a model, and by how much the singlet violates it.

One call of the model's oracle gives an enclosure of h(f), a hidden state that attains the lower end and a proof of the
upper end (`nsmodels.models.base`). Here the ends are widened by what the stored directions and coefficients may differ
from the exact ones, and everything is put into one result.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import numpy as np

from ..behaviours import singlet
from ..common.arguments import check_noun, check_options, listed
from ..common.digits import at_least
from ..common.interrupts import ending, held, released, taken
from ..common.versions import versions
from ..core.effort import Progress
from ..core.enclosure import Enclosure, Status
from ..core.functional import Functional, Inequality
from ..core.functional_notations import misfit
from ..core.hidden_states import HiddenState, StoredState
from ..core.proof import Proof, StoredProof
from ..core.settings import Settings
from ..errors import InputError
from ..models.base import Model, require_model
from ..models.hidden_variables import with_safe_defaults
from .answer import Answer, Asked, Question
from .watching import tells_progress

__all__ = ["BoundResult", "bound", "versions"]

LARGEST = 1e300
"""Upper limit on Σ|coefficients|; beyond it bounds would overflow a double."""


@dataclass(frozen=True, eq=False, repr=False)
class BoundResult(Answer):
    """The answer to `bound`.

    Parameters
    ----------
    functional, model
        The question.
    value : Enclosure
        Of h(f): ``lower`` is attained by ``maximiser``, ``upper`` is proved by ``proof``.
    maximiser : HiddenState or None
        ``None`` only where there is no answer, and of files whose certificate is empty.
    proof : Proof or None
    quantum : float or None
        The singlet's value on the settings, where there are settings.
    stats : mapping
        ``seconds`` (without imports and compilation), ``compile_seconds``, what the engine counts, ``versions``.
    """

    kind: ClassVar[str] = "bound"

    functional: Functional
    model: Model
    value: Enclosure
    maximiser: HiddenState | None
    proof: Proof | None
    quantum: float | None
    stats: Mapping[str, Any]

    @property
    def reason(self) -> str:
        """Why the work ended."""
        return self.value.reason

    @property
    def violation(self) -> float | None:
        """The singlet's value minus the upper end: positive where the singlet violates the inequality."""
        return None if self.quantum is None else self.quantum - self.value.upper

    @property
    def inequality(self) -> Inequality:
        """The inequality f ≤ upper with its proof."""
        return Inequality(self.functional, self.value.upper, self.proof, self.model.name)

    def to_json(self) -> dict[str, Any]:
        """The part of a result file that belongs to this kind."""
        result: dict[str, Any] = {
            "status": str(self.status),
            "reason": self.reason,
            "value": self._ends(),
            "maximiser": None,
            "quantum": self.quantum,
            "certificate": None,
            "stats": dict(self.stats),
        }
        if self.answered and self.maximiser is not None and self.proof is not None:
            result["maximiser"] = self.maximiser.to_json()
            result["certificate"] = {
                "format": 1,
                "lower": {"state": self.maximiser.certificate()},
                "upper": self.proof.to_json(),
            }
        return result

    @classmethod
    def from_json(cls, content: Mapping[str, Any], asked: Asked, *, question: Question | None = None) -> Self:
        """The result that `to_json` wrote, for a problem with a functional and a model."""
        if asked.functional is None or asked.model is None:
            raise InputError("bound: the answer to another kind of question")
        stats, quantum = dict(content["stats"]), content.get("quantum")
        own = Question(settings=asked.settings) if question is None else question
        if content["value"] is None:
            value = Enclosure(-math.inf, math.inf, Status.NO_ANSWER, str(content["reason"]))
            return cls(asked.functional, asked.model, value, None, None, quantum, stats, question=own)
        ends, certificate = content["value"], content["certificate"]
        value = Enclosure(ends["lower"], ends["upper"], content["status"], str(content["reason"]))
        if certificate == {}:
            return cls(asked.functional, asked.model, value, None, None, quantum, stats, question=own)
        exact = certificate["lower"]["state"]
        part = exact.get("part")
        listed = {key: [entries] for key, entries in content["maximiser"].items()}
        found = asked.model.part(part).restored(**listed)[0]
        state = StoredState(found.alice, found.bob, found.u, found.v, part, content=exact)
        proof = StoredProof(certificate["upper"])
        return cls(asked.functional, asked.model, value, state, proof, quantum, stats, question=own)

    def __repr__(self) -> str:
        name = self.functional.name or "f"
        lines = [f"{name} over {self.model!r}: {self.value}"]
        if self.value.width > 0.0 and math.isfinite(self.value.width):
            lines.append(f"  width       {self.value.width:.2g}")
        if self.quantum is not None and self.violation is not None:
            verdict = f"violated by {at_least(self.violation, 9)}" if self.violation > 0 else "not violated"
            lines.append(f"  singlet     {self.quantum:.12g}  ({verdict})")
        if self.maximiser is not None:
            lines.append(f"  attained by {self.maximiser!r}")
        seconds = self.stats.get("seconds")
        if seconds is not None:
            lines.append(f"  in          {seconds:.3g} s")
        return "\n".join(lines)


def _size(functional: Functional) -> float:
    """The constant and all moduli of coefficients, in floating point; infinite where that is no double."""
    with np.errstate(over="ignore"):
        sums = [float(np.abs(x).sum()) for x in (functional.correlators, functional.alice, functional.bob)]
    return functional.constant + sum(sums)


def _widened(value: Enclosure, effect: float, tolerance: float) -> Enclosure:
    """Both ends moved outward by the effect of rounded input."""
    if effect == 0.0:
        return value
    lower = math.nextafter(value.lower - effect, -math.inf)
    upper = math.nextafter(value.upper + effect, math.inf)
    reason = value.reason
    if reason == "tolerance_met" and upper - lower > tolerance:
        reason = f"the rounding of directions and coefficients alone leaves a width of {2.0 * effect:.2g}"
    return Enclosure(lower, upper, value.status, reason)


@tells_progress("node")
def bound(
    functional: Functional,
    model: Model,
    *,
    settings: Settings | None = None,
    subject_to: Sequence[tuple[Functional, str, float]] = (),
    tolerance: float = 1e-6,
    time_limit_s: float = 60.0,
    seed: int = 0,
    progress: Progress | bool | None = None,
) -> BoundResult:
    """The largest value of a functional over a model, enclosed: the inequality f ≤ upper is the tightest there is.

    Parameters
    ----------
    functional : Functional
    model : Model
        Of the same shape.
    settings : Settings, optional
        Used for the singlet's value only; by default those of the model, if it has any.
    subject_to : list of (Functional, {"==", "<=", ">="}, float), optional
        Linear constraints on the mean values, for models that take them (`nsmodels.Quantum`).
    tolerance : float
        Wanted width of the enclosure, > 0.
    time_limit_s : float
        After so many seconds the best proved enclosure is returned, with ``reason`` = "time_limit".
    seed : int
        Seed of every random choice.
    progress : callable or bool, optional
        True says on stderr how far it is. A function is called with
        (lower, upper, work, seconds), at most about ten times a second. What it raises ends the question.

    Returns
    -------
    BoundResult
        On Ctrl-C what is proved so far, with ``reason`` = "interrupted". If a solver fails and nothing can be said the
        status is ``no_answer``.

    Raises
    ------
    InputError
        If the shapes differ, or an option is out of range.

    Source: arXiv:0801.2241, eqs. (4)-(7); the formula for h(f) is in `nsmodels.models.base`.

    Examples
    --------
    >>> import nsmodels as ns
    >>> r = ns.bound(ns.functionals.chsh(), ns.Bell((2, 2)))
    >>> r.lower, r.upper, str(r.status)
    (2.0, 2.0, 'certified')
    """
    check_noun(functional, Functional, "functional", "bound")
    require_model(model, "bound")
    if functional.shape != model.shape:
        raise InputError(
            f"bound: the functional is for {functional.shape[0]}×{functional.shape[1]} settings, "
            f"the model {model.name} has {model.shape[0]}×{model.shape[1]}{misfit(functional.shape, model.shape)}"
        )
    if len(listed(subject_to, "bound: subject_to", 'give a list such as [(g, "==", 0.0)]')):
        model = model.constrained(subject_to)
    if _size(functional) > LARGEST:
        raise InputError(f"bound: the coefficients add up to more than {LARGEST:.0e} in size; divide them by a number")
    check_options("bound", tolerance=tolerance, time_limit_s=time_limit_s, seed=seed, progress=progress)
    assert not isinstance(progress, bool)  # `tells_progress` has made a function of it
    if settings is None:
        settings = model.settings
    else:
        check_noun(settings, Settings, "argument settings", "bound")
    if settings is not None and settings.shape != functional.shape:
        raise InputError(f"bound: settings of shape {settings.shape} for a functional of shape {functional.shape}")

    with held():
        result = _answer(functional, model, settings, tolerance, time_limit_s, seed, progress)
        taken()
        return replace(result, question=Question(tolerance, time_limit_s, seed, settings))


def _answer(
    functional: Functional, model: Model, settings: Settings | None, tolerance: float, time_limit_s: float, seed: int,
    progress: Progress | None,
) -> BoundResult:  # fmt: skip
    begin = time.perf_counter()
    quantum = None if settings is None else functional.value(singlet(settings))
    effect = model.rounding_effect(functional)
    inner = max(tolerance - 3.0 * effect, 0.5 * tolerance)
    own = time.perf_counter() - begin
    begin = time.perf_counter()
    answer = None
    with ending() as end, released():
        answer = model.support(functional, tolerance=inner, time_limit_s=time_limit_s, seed=seed, progress=progress)
    reason = "interrupted" if end.failure is None else str(end.failure)
    if answer is None and reason == "interrupted":
        answer = (with_safe_defaults(model) or model).without_solver(functional, reason, seed)
    if answer is None:
        nothing = Enclosure(-math.inf, math.inf, Status.NO_ANSWER, reason)
        stats = {"seconds": time.perf_counter() - begin, "compile_seconds": 0.0, "versions": versions()}
        return BoundResult(functional, model, nothing, None, None, quantum, stats)
    elapsed = time.perf_counter() - begin
    seconds = own + float(answer.stats.get("seconds", elapsed))
    stats = {"compile_seconds": 0.0, **answer.stats, "seconds": seconds, "versions": versions()}
    value = _widened(answer.value, effect, tolerance)
    return BoundResult(functional, model, value, answer.state, answer.proof, quantum, stats)
