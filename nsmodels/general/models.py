"""What hidden states of a scenario may be: strategies, boxes without signalling, or boxes of given marginals.

Each model answers one question, the oracle's: which of its states have the largest Σ s p, and what proves it.
"""

from __future__ import annotations

import math
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from heapq import nlargest
from itertools import product
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..common.arguments import floats, kind_of, listed, number
from ..core.general_scenario import TOLERANCE, Scenario, read
from ..errors import InputError
from .boxes import Marginals, Rows, best_of_marginals
from .states import Dual, Exact, State

__all__ = ["MODELS", "MOST_HIDDEN", "Finite", "Found", "Local", "NonSignalling", "ScenarioModel", "checked", "model_of"]

MOST_COLUMNS = 40
"""Strategies that one call of the oracle hands over."""
FEW_STRATEGIES = 100
"""Strategies that enter a search whole."""
MOST_HIDDEN = 1_000_000
"""Hidden states of a list, times the entries of a table."""
SAFE = 1 << 62


@dataclass(frozen=True, eq=False)
class Found:
    """What an oracle says.

    Parameters
    ----------
    value : Fraction
        The largest Σ s p.
    states : list of (Fraction, State)
        States with their values, the best one first.
    proof : list of Dual
        Multipliers: one, or one for each hidden state of a list; none for strategies, which are counted again.
    """

    value: Fraction
    states: list[tuple[Fraction, State]]
    proof: list[Dual]


class ScenarioModel(ABC):
    """What the questions ask of a model; it answers for itself."""

    scenario: Scenario
    name: ClassVar[str]
    called: ClassVar[tuple[str, ...]] = ()
    """What it is called for two parties with outcomes ±1, where that is another word."""
    keys: ClassVar[tuple[str, ...]] = ()
    """Its keys in problem files beside the name."""
    everything: ClassVar[bool] = False
    """Whether all that does not signal belongs to it."""

    @classmethod
    def from_table(cls, content: Mapping[str, Any], scenario: Scenario) -> ScenarioModel:
        """The model that a table of a problem file with all of its keys names.

        Raises
        ------
        InputError
        """
        return cls(scenario)  # type: ignore[call-arg]  # only models without keys inherit it

    @abstractmethod
    def best(self, integers: Exact, deadline: float = math.inf) -> Found:
        """The states with the largest Σ s p."""

    def seeds(self, target: Exact) -> list[State]:
        """States to begin a search with: the best for a functional, and for its opposite."""
        return [state for sign in (1, -1) for _, state in self.best(sign * target).states]

    @abstractmethod
    def proof_json(self, proof: Sequence[Dual]) -> Any:
        """The multipliers of `best`, as certificates write them."""

    @abstractmethod
    def some_state(self) -> State:
        """A state of the model, made without any search."""

    def rough_proof(self, dual: Dual) -> Any:
        """Multipliers that hold for whatever does not signal, as certificates of this model write them."""
        return dual.to_json(self.scenario)

    def decomposed(self, means: Sequence[Fraction]) -> list[tuple[Fraction, State]]:
        """A mixture that gives the probabilities of `Scenario.chosen`, where one is known without any search."""
        return []

    def guess_proofs(self, coefficients: Sequence[Fraction], guessed: tuple[int, int], deadline: float) -> Any:
        """What proves P(a | setting) ≤ Σ c_S P(S) for every outcome a; None: the checker counts again."""
        return None

    def resolved(self) -> dict[str, Any]:
        """What result files tell of it."""
        return {"name": self.name}

    def to_table(self) -> dict[str, Any]:
        """As problem files name it."""
        return {"name": self.name}


@dataclass(frozen=True, eq=False)
class Local(ScenarioModel):
    """Outcomes that are fixed beforehand."""

    scenario: Scenario
    name: ClassVar[str] = "local"
    called: ClassVar[tuple[str, ...]] = ("bell",)

    def best(self, integers: Exact, deadline: float = math.inf) -> Found:
        """Every strategy of all parties but the last one, and what the last one does best.

        Raises
        ------
        InputError
            If there are more than 20,000 of them.
        TimeoutError
            If time is up.
        """
        self.scenario.check_strategies(self.scenario.outcomes[:-1])
        small = sum(abs(int(x)) for x in integers) < SAFE
        exists = self.scenario.exists()
        table = np.zeros(exists.shape, dtype=np.int64 if small else object)
        table[exists] = integers
        found = nlargest(MOST_COLUMNS, self._answers(table, self.scenario.outcomes, deadline), key=lambda x: x[0])
        states = [(Fraction(value), State(strategy=strategy)) for value, strategy in found]
        return Found(states[0][0], states, [])

    def _answers(
        self, table: Any, outcomes: tuple[tuple[int, ...], ...], deadline: float
    ) -> Iterator[tuple[int, tuple[tuple[int, ...], ...]]]:
        if len(outcomes) == 1:
            if time.perf_counter() > deadline:
                raise TimeoutError
            columns = [table[:n, x].tolist() for x, n in enumerate(outcomes[0])]
            yield sum(map(max, columns)), (tuple(column.index(max(column)) for column in columns),)
            return
        place = len(outcomes) - 1  # of this party's settings, once its outcomes are gone
        for own in product(*map(range, outcomes[0])):
            rest = sum(np.take(table[a], x, axis=place) for x, a in enumerate(own))
            for value, others in self._answers(rest, outcomes[1:], deadline):
                yield value, (own, *others)

    def seeds(self, target: Exact) -> list[State]:
        """All strategies where there are few, else the best ones for a functional."""
        if math.prod(n for counts in self.scenario.outcomes for n in counts) <= FEW_STRATEGIES:
            return [State(strategy=strategy) for strategy in self.scenario.strategies()]
        return super().seeds(target)

    def proof_json(self, proof: Sequence[Dual]) -> None:
        """Nothing: the checker counts the strategies again."""

    def some_state(self) -> State:
        """The first outcome everywhere."""
        return State(strategy=tuple((0,) * len(counts) for counts in self.scenario.outcomes))

    def decomposed(self, means: Sequence[Fraction]) -> list[tuple[Fraction, State]]:
        """Of uniform outcomes: each party counts the same way for all of its settings."""
        sizes = [math.lcm(*counts) for counts in self.scenario.outcomes]
        counts, chosen = self.scenario.outcomes, self.scenario.chosen
        uniform = [Fraction(1, math.prod(counts[k][x] for k, x, _ in own)) for own in chosen]
        if list(means) != uniform or math.prod(sizes) > FEW_STRATEGIES:
            return []
        weight = Fraction(1, math.prod(sizes))
        return [
            (weight, State(strategy=tuple(tuple(c % n for n in own) for c, own in zip(count, counts))))
            for count in product(*map(range, sizes))
        ]


@dataclass(frozen=True, eq=False)
class NonSignalling(ScenarioModel):
    """All boxes in which nobody's outcomes tell of the settings of others."""

    scenario: Scenario
    name: ClassVar[str] = "nonsignalling"
    everything: ClassVar[bool] = True

    def best(self, integers: Exact, deadline: float = math.inf) -> Found:
        """One linear program."""
        value, box, dual = Rows(self.scenario).best(integers, None, deadline)
        return Found(value, [(value, State(box=box))], [dual])

    def proof_json(self, proof: Sequence[Dual]) -> Any:
        """The multipliers."""
        return proof[0].to_json(self.scenario)

    def some_state(self) -> State:
        """Uniform outcomes."""
        parties = len(self.scenario.outcomes)
        rooms = [math.prod(c[x] for c, x in zip(self.scenario.outcomes, row[parties:])) for row in self.scenario.cells]
        return State(box=tuple(Fraction(1, room) for room in rooms))

    def decomposed(self, means: Sequence[Fraction]) -> list[tuple[Fraction, State]]:
        """The box itself."""
        box = self.scenario.entries(means)
        return [(Fraction(1), State(box=tuple(box)))] if min(box) >= 0 else []


class Finite(ScenarioModel):
    """Hidden states whose marginals are given, a finite list; the rest of their boxes is free but for signalling.

    Parameters
    ----------
    marginals : sequence
        For each hidden state, party and setting the probabilities of its outcomes: marginals[state][party][setting][a].
        Each is read as in `decompose`, and each list is divided by its sum, exactly.
    scenario : Scenario, optional
        By default that of the first hidden state.

    Raises
    ------
    InputError
        For lists of another shape, negative probabilities, or sums that are not 1 within 1e-9.

    Notes
    -----
    Between two parties every pair of settings is a transport problem of its own; between more parties a hidden state is
    a linear program.

    Examples
    --------
    >>> import nsmodels as ns
    >>> fair = [[[0.5, 0.5]] * 2] * 2
    >>> print(ns.general.bound(ns.general.cglmp(2), ns.general.Finite([fair])).exact)
    4
    """

    name: ClassVar[str] = "finite"
    keys: ClassVar[tuple[str, ...]] = ("marginals",)

    @classmethod
    def from_table(cls, content: Mapping[str, Any], scenario: Scenario) -> Finite:
        """The model of the key ``marginals``."""
        return cls(content["marginals"], scenario)

    def __init__(self, marginals: Any, scenario: Scenario | None = None) -> None:
        remedy = "give marginals[state][party][setting], a list of probabilities"
        states: list[list[Any]] = []
        for state in listed(marginals, "general: marginals", remedy):
            parties = listed(state, "general: a hidden state", remedy)
            states.append([listed(party, "general: the settings of a party", remedy) for party in parties])
        if not states:
            raise InputError(f"general: marginals is empty; {remedy}")
        if scenario is None:
            own = "general: a setting of marginals[0]"
            scenario = Scenario([[len(listed(values, own, remedy)) for values in party] for party in states[0]])
        elif not isinstance(scenario, Scenario):
            raise InputError(f"general: the scenario is {kind_of(scenario)}; it must be a Scenario")
        if len(states) * len(scenario.cells) > MOST_HIDDEN:
            size = f"{len(states)} hidden states of {len(scenario.cells)} probabilities"
            raise InputError(f"general: {size} are together above the limit of {MOST_HIDDEN}; use fewer")
        self.scenario = scenario
        self.given: tuple[Any, ...] = tuple(states)
        self.hidden: tuple[Marginals, ...] = tuple(self._marginals(k, state) for k, state in enumerate(states))
        self._rows = Rows(scenario, given=True)

    def _marginals(self, index: int, state: Sequence[Sequence[Any]]) -> Marginals:
        wanted = self.scenario.outcomes
        if [len(party) for party in state] != [len(counts) for counts in wanted]:
            sizes = f"lists for {[len(party) for party in state]} settings of the parties"
            raise InputError(f"general: marginals[{index}] has {sizes}; {[len(counts) for counts in wanted]} wanted")
        found = []
        for k, (party, counts) in enumerate(zip(state, wanted)):
            own = []
            for x, (values, n) in enumerate(zip(party, counts)):
                place = f"general: marginals[{index}][{k}][{x}]"
                entries = [number(p, f"{place}: a probability") for p in listed(values, place, "give probabilities")]
                if len(entries) != n:
                    raise InputError(f"{place} has {len(entries)} probabilities; the setting has {n} outcomes")
                if not all(map(math.isfinite, entries)) or min(entries) < 0.0:
                    raise InputError(f"{place} has a probability of {min(entries):.6g}; give numbers in [0, 1]")
                if abs(math.fsum(entries) - 1.0) > TOLERANCE:
                    raise InputError(f"{place} adds up to {math.fsum(entries):.9g}; it must be 1")
                exact = [read(Fraction(p)) for p in entries]
                own.append(tuple(p / sum(exact) for p in exact))
            found.append(tuple(own))
        return tuple(found)

    def __len__(self) -> int:
        return len(self.hidden)

    def __repr__(self) -> str:
        return f"Finite({len(self)} hidden states of {len(self.scenario.outcomes)} parties)"

    def best(self, integers: Exact, deadline: float = math.inf) -> Found:
        """The best box of each hidden state, and the best of these.

        Raises
        ------
        TimeoutError
            If time is up.
        """
        states, proof = [], []
        for k, marginals in enumerate(self.hidden):
            value, box, dual = best_of_marginals(self._rows, integers, marginals, deadline)
            states.append((value, State(box=box, hidden=k)))
            proof.append(dual)
        states.sort(key=lambda x: -x[0])
        return Found(states[0][0], states, proof)

    def proof_json(self, proof: Sequence[Dual]) -> Any:
        """The multipliers of each hidden state."""
        return [dual.to_json(self.scenario) for dual in proof]

    def some_state(self) -> State:
        """The first hidden state with independent outcomes."""
        parties, own = len(self.scenario.outcomes), self.hidden[0]
        rows = self.scenario.cells.tolist()
        box = [math.prod((own[k][row[parties + k]][row[k]] for k in range(parties)), start=Fraction(1)) for row in rows]
        return State(box=tuple(box), hidden=0)

    def rough_proof(self, dual: Dual) -> Any:
        """The same multipliers for each hidden state."""
        return [dual.to_json(self.scenario)] * len(self)

    def guess_proofs(self, coefficients: Sequence[Fraction], guessed: tuple[int, int], deadline: float) -> Any:
        """For every outcome the multipliers of each hidden state."""
        scale = math.lcm(*(c.denominator for c in coefficients))
        integers = self.scenario.spread([-int(c * scale) for c in coefficients])
        duals = [dual.scaled(Fraction(1, scale)) for dual in self.best(integers, deadline).proof]
        count = self.scenario.outcomes[guessed[0]][guessed[1]]
        raised = [[dual.raised(self.scenario, *guessed, a) for dual in duals] for a in range(count)]
        return [self.proof_json(own) for own in raised]

    def resolved(self) -> dict[str, Any]:
        """What result files tell of it: how many hidden states there are."""
        return {"name": self.name, "states": len(self)}

    def to_table(self) -> dict[str, Any]:
        """As problem files write it."""
        hidden = [[[[float(p) for p in own] for own in party] for party in state] for state in self.given]
        return {"name": self.name, "marginals": hidden}


MODELS: Mapping[str, type[ScenarioModel]] = {kind.name: kind for kind in (Local, NonSignalling, Finite)}


def model_of(model: Any, scenario: Scenario) -> ScenarioModel:
    """The model of a name, or the one that is given.

    Raises
    ------
    InputError
    """
    if isinstance(model, ScenarioModel):
        if model.scenario != scenario:
            raise InputError(f"general: the model is for outcomes {model.scenario.outcomes}, not {scenario.outcomes}")
        return model
    name = "nonsignalling" if model == "nonsignaling" else model
    if not isinstance(name, str) or name not in MODELS or MODELS[name].keys:
        shown = f'"{name}"' if isinstance(name, str) else kind_of(name)
        raise InputError(f"general: the model is {shown}; it must be one of local, nonsignalling, or a general.Finite")
    return MODELS[name].from_table({}, scenario)


def checked(
    table: ArrayLike, scenario: Scenario | None, name: str, model: Any = None
) -> tuple[NDArray[np.float64], Scenario]:
    """A table of numbers and its scenario, which is that of the model where none is given.

    Raises
    ------
    InputError
    """
    if scenario is None and isinstance(model, ScenarioModel):
        scenario = model.scenario
    if scenario is None:
        scenario = Scenario.of(floats(table, f"general: {name} is not a table of numbers"))
    if not isinstance(scenario, Scenario):
        raise InputError(f"general: the scenario is {kind_of(scenario)}; it must be a Scenario")
    return scenario.table(table, name), scenario
