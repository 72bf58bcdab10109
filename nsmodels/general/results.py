"""The answers about scenarios: enclosures with what attains the lower end, and what proves the upper one."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from html import escape
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from ..common.digits import at_most, counted, enclosure
from ..common.rationals import rational, round_down, round_up
from ..core.enclosure import Enclosure, Status
from ..core.general_scenario import Scenario
from ..errors import InputError
from ..questions.answer import Answer, Asked, Question
from .mixing import Inequality
from .models import ScenarioModel
from .states import State, nested

__all__ = ["BoundAnswer", "DecomposeAnswer", "MarginalsAnswer", "ScenarioAnswer", "Tables"]

Array = NDArray[np.float64]
NO_ENDS = (-math.inf, math.inf)


@dataclass(frozen=True, eq=False)
class Tables:
    """What is asked of a scenario: a functional to bound, or a behaviour to decompose."""

    scenario: Scenario
    model: ScenarioModel
    functional: Array | None = None
    behaviour: Array | None = None
    noise: Array | None = None

    def to_table(self) -> dict[str, Any]:
        """The tables of a problem file, in numbers."""
        found: dict[str, Any] = {"scenario": {"outcomes": [list(counts) for counts in self.scenario.outcomes]}}
        found["model"] = self.model.to_table()
        if self.functional is not None:
            return {**found, "functional": {"probabilities": self.functional.tolist()}}
        assert self.behaviour is not None
        found["behaviour"] = {"probabilities": self.behaviour.tolist()}
        if self.noise is not None:
            found["behaviour"]["noise"] = {"probabilities": self.noise.tolist()}
        return found


@dataclass(frozen=True, eq=False, repr=False)
class ScenarioAnswer(Answer):
    """What the answers have in common.

    Parameters
    ----------
    asked : Tables
    value : Enclosure
    stats : mapping
    """

    asked: Tables
    value: Enclosure
    stats: Mapping[str, Any]

    @property
    def reason(self) -> str:
        """Why the work ended."""
        return self.value.reason

    @property
    def scenario(self) -> Scenario:
        """How many settings and outcomes each party has."""
        return self.asked.scenario

    @property
    def model(self) -> ScenarioModel:
        """What hidden states may be."""
        return self.asked.model

    @abstractmethod
    def lines(self) -> list[tuple[str, str]]:
        """What a summary says beside the value."""

    def _shared(self) -> dict[str, Any]:
        return {"status": str(self.status), "reason": self.reason, "value": self._ends(), "stats": dict(self.stats)}

    def __repr__(self) -> str:
        head = f"{type(self).__name__}, {self.model.name}: {self.value}"
        return "\n".join([head, *(f"  {name:<20}{text}" for name, text in self.lines())])

    def _repr_html_(self) -> str:
        """What `repr` says."""
        return f"<pre>{escape(repr(self))}</pre>"

    def _repr_latex_(self) -> str | None:
        """Nothing: an inequality is a table here."""
        return None

    @classmethod
    def _read(cls, content: Mapping[str, Any], asked: Asked, question: Question | None) -> dict[str, Any]:
        """The fields that all answers have."""
        tables = asked.scenario
        if not isinstance(tables, Tables):
            raise InputError(f"{cls.kind}: the answer to another kind of question")
        ends, reason = content["value"], str(content["reason"])
        value = Enclosure(*NO_ENDS, Status.NO_ANSWER, reason)
        if ends is not None:
            value = Enclosure(ends["lower"], ends["upper"], content["status"], reason)
        own = Question() if question is None else question
        return {"asked": tables, "value": value, "stats": dict(content["stats"]), "question": own}


@dataclass(frozen=True, eq=False, repr=False)
class BoundAnswer(ScenarioAnswer):
    """The largest value of a functional, and a state that attains it.

    Parameters
    ----------
    state : State or None
        A strategy or a box.
    proof : object
        What proves the upper end, as certificates write it.
    """

    kind: ClassVar[str] = "bound"

    state: State | None = None
    proof: Any = None

    @property
    def exact(self) -> Fraction:
        """The value at the state, a rational number: both ends are this number rounded outward."""
        if self.state is None or self.asked.functional is None:
            raise InputError(f"general: there is no value: {self.reason}")
        entries = self.asked.functional[self.scenario.exists()].tolist()
        if self.state.box is not None:
            return sum((Fraction(s) * p for s, p in zip(entries, self.state.box) if p), Fraction(0))
        own, parties = self.state.strategy or (), len(self.scenario.outcomes)
        chosen = [all(own[k][row[parties + k]] == row[k] for k in range(parties)) for row in self.scenario.cells]
        return sum((Fraction(s) for s, there in zip(entries, chosen) if there), Fraction(0))

    def to_json(self) -> dict[str, Any]:
        """The part of a result file that belongs to this kind."""
        found: dict[str, Any] = {**self._shared(), "maximiser": None, "certificate": None}
        if self.state is not None:
            found["maximiser"] = self.state.to_json(self.scenario)
            lower = {"state": self.state.certificate()}
            found["certificate"] = {"format": 1, "lower": lower, "upper": {"proof": self.proof}}
        return found

    @classmethod
    def from_json(cls, content: Mapping[str, Any], asked: Asked, *, question: Question | None = None) -> Self:
        """The result that `to_json` wrote, for a problem with a scenario."""
        fields = cls._read(content, asked, question)
        certificate = content["certificate"]
        if not certificate:
            return cls(**fields)
        state = State.from_certificate(certificate["lower"]["state"])
        return cls(**fields, state=state, proof=certificate["upper"]["proof"])

    def lines(self) -> list[tuple[str, str]]:
        """The state that attains it."""
        return [] if self.state is None else [("attained by", _told(self.state))]


def _told(state: State) -> str:
    if state.strategy is not None:
        return "outcomes " + " | ".join(" ".join(map(str, own)) for own in state.strategy)
    of = "" if state.hidden is None else f" of hidden state {state.hidden}"
    nonzero = sum(1 for p in state.box or () if p)
    return f"a box{of} with {nonzero} {'probability' if nonzero == 1 else 'probabilities'} above 0"


@dataclass(frozen=True, eq=False, repr=False)
class DecomposeAnswer(ScenarioAnswer):
    """The largest V for which V·P + (1 − V)·noise has a model, the model, and an inequality.

    Parameters
    ----------
    exact_lower : Fraction or None
        The visibility that the mixture attains; None where there is no mixture.
    weights : tuple of Fraction
    states : tuple of State
    inequality : Inequality or None
        None where V = 1, and where time was up before there was one.
    """

    kind: ClassVar[str] = "visibility"

    exact_lower: Fraction | None = None
    weights: tuple[Fraction, ...] = ()
    states: tuple[State, ...] = ()
    inequality: Inequality | None = None

    @property
    def visibility(self) -> Enclosure:
        """The critical visibility."""
        return self.value

    @property
    def exact(self) -> Fraction:
        """The visibility that the mixture attains, a rational number."""
        if self.exact_lower is None:
            raise InputError(f"general: there is no value: {self.reason}")
        return self.exact_lower

    @property
    def decomposition(self) -> tuple[tuple[float, Any], ...]:
        """Weights and states, largest first: of each a strategy, or a table of probabilities."""
        order = sorted(range(len(self.weights)), key=lambda k: -self.weights[k])
        return tuple((float(self.weights[k]), self.states[k].to_json(self.scenario)) for k in order)

    def functional(self) -> tuple[Array, float]:
        """The inequality Σ s p ≤ bound: its table s, and the bound rounded up."""
        if self.inequality is None:
            reason = "the behaviour itself has a model" if self.value.lower >= 1.0 else self.reason
            raise InputError(f"general: there is no inequality: {reason}")
        table = nested(self.scenario, [float(x) for x in self.scenario.spread(self.inequality.coefficients)])
        return np.array(table), round_up(self.inequality.bound)

    def to_json(self) -> dict[str, Any]:
        """The part of a result file that belongs to this kind."""
        found: dict[str, Any] = {**self._shared(), "decomposition": None, "inequality": None, "certificate": None}
        lower: dict[str, Any] | None = None
        upper: dict[str, Any] | None = None
        if self.exact_lower is not None:
            rows = list(zip(self.weights, self.states))
            found["decomposition"] = [{"weight": float(w), **state.to_json(self.scenario)} for w, state in rows]
            states = [{"weight": rational(w), **state.certificate()} for w, state in rows]
            lower = {"visibility": rational(self.exact_lower), "states": states}
        if self.inequality is not None:
            table, bound = self.functional()
            found["inequality"] = {"probabilities": table.tolist(), "bound": bound}
            coefficients = [rational(c) for c in self.inequality.coefficients]
            upper = {"coefficients": coefficients, "bound": rational(self.inequality.bound)}
            upper["proof"] = self.inequality.proof
        if lower is not None or upper is not None:
            found["certificate"] = {"format": 1, "lower": lower, "upper": upper}
        return found

    @classmethod
    def from_json(cls, content: Mapping[str, Any], asked: Asked, *, question: Question | None = None) -> Self:
        """The result that `to_json` wrote, for a problem with a scenario."""
        fields, certificate = cls._read(content, asked, question), content["certificate"]
        if not certificate:
            return cls(**fields)
        lower, upper = certificate.get("lower"), certificate.get("upper")
        if lower is not None:
            fields["exact_lower"] = Fraction(lower["visibility"])
            fields["weights"] = tuple(Fraction(state["weight"]) for state in lower["states"])
            fields["states"] = tuple(State.from_certificate(state) for state in lower["states"])
        if upper is not None:
            coefficients = tuple(int(c) for c in upper["coefficients"])
            fields["inequality"] = Inequality(coefficients, Fraction(upper["bound"]), upper["proof"])
        return cls(**fields)

    def lines(self) -> list[tuple[str, str]]:
        """The model and the inequality."""
        found = []
        if self.states:
            many = counted(len(self.states), "hidden state")
            found.append(("explicit model", f"{many}, largest weight {float(max(self.weights)):.3g}"))
        if self.inequality is not None:
            terms = counted(sum(1 for c in self.inequality.coefficients if c), "term")
            text = f"Σ s p ≤ {at_most(round_up(self.inequality.bound), 9)}, {terms}"
            found.append(("inequality", f"{text}   (s: inequality.probabilities of the result)"))
        elif self.answered and self.lower >= 1.0:
            found.append(("inequality", "none: the behaviour itself has a model"))
        return found


@dataclass(frozen=True, eq=False, repr=False)
class Known:
    """How well one outcome can be known, exactly.

    Parameters
    ----------
    lower, upper : Fraction
        Ends of the largest Σ ρ_λ max_a P_λ(a | setting).
    outcomes : int
    certificate : object
        A mixture that attains the lower end, and multipliers for each outcome.
    """

    lower: Fraction
    upper: Fraction
    outcomes: int
    certificate: Any

    def bias(self, guess: Fraction) -> Fraction:
        """(d g − 1)/(d − 1): 0 for outcomes that nobody knows, 1 for known ones; for two it is the mean |marginal|."""
        return (self.outcomes * guess - 1) / (self.outcomes - 1)

    @property
    def ends(self) -> Enclosure:
        """The bias, rounded outward."""
        return Enclosure(round_down(self.bias(self.lower)), round_up(self.bias(self.upper)))

    @property
    def guessing(self) -> Enclosure:
        """The probability to guess the outcome, rounded outward."""
        return Enclosure(round_down(self.lower), round_up(self.upper))


@dataclass(frozen=True, eq=False, repr=False)
class MarginalsAnswer(ScenarioAnswer):
    """How biased hidden states can be, for each party and setting; the value is the largest.

    Parameters
    ----------
    known : tuple of tuple of Known
        For each party and setting.
    """

    kind: ClassVar[str] = "marginals"

    known: tuple[tuple[Known, ...], ...] = field(default=())

    @property
    def marginals(self) -> tuple[tuple[Enclosure, ...], ...]:
        """For each party and setting the largest mean bias of hidden states, in [0, 1]."""
        return tuple(tuple(one.ends for one in own) for own in self.known)

    @property
    def guessing(self) -> tuple[tuple[Enclosure, ...], ...]:
        """For each party and setting the largest probability to guess the outcome."""
        return tuple(tuple(one.guessing for one in own) for own in self.known)

    def to_json(self) -> dict[str, Any]:
        """The part of a result file that belongs to this kind."""
        found: dict[str, Any] = {**self._shared(), "marginals": None, "certificate": None}
        if self.known:
            ends = [[{"lower": one.lower, "upper": one.upper} for one in own] for own in self.marginals]
            found["marginals"] = ends
            found["certificate"] = {"format": 1, "known": [[one.certificate for one in own] for own in self.known]}
        return found

    @classmethod
    def from_json(cls, content: Mapping[str, Any], asked: Asked, *, question: Question | None = None) -> Self:
        """The result that `to_json` wrote, for a problem with a scenario."""
        fields, certificate = cls._read(content, asked, question), content["certificate"]
        if not certificate:
            return cls(**fields)
        counts = fields["asked"].scenario.outcomes
        known = []
        for own, parts in zip(counts, certificate["known"], strict=True):
            ends = [(Fraction(part["guess"]), Fraction(part["most"])) for part in parts]
            known.append(tuple(Known(*two, n, part) for two, n, part in zip(ends, own, parts, strict=True)))
        return cls(**fields, known=tuple(known))

    def lines(self) -> list[tuple[str, str]]:
        """A line for each setting."""
        found = []
        for k, own in enumerate(self.known):
            for x, one in enumerate(own):
                guess = f"outcome guessed with probability {at_most(one.guessing.upper, 6)}"
                found.append((f"party {k}, setting {x}", f"{enclosure(one.ends.lower, one.ends.upper)}   {guess}"))
        return found
