"""More outcomes and more parties, where an exact linear program is enough: bounds and critical visibilities.

A behaviour is a table p[a, b, …, x, y, …], outcomes first, and a functional a table s of coefficients of the same shape
with the value Σ s p. Both ends of every answer are the same rational number: programs are solved exactly, and
`Answer.verify` adds up again what shows it. The quantum side, and laws for marginals such as Leggett's, are for two
parties with outcomes ±1 (`nsmodels.Quantum`, `nsmodels.Leggett`): they are not here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .common.arguments import floats, kind_of, one_of, whole
from .common.rationals import to_integers
from .core.enclosure import Enclosed, Enclosure
from .core.general_scenario import Scenario
from .core.general_tables import cglmp, ghz, maximally_entangled, mermin, svetlichny
from .engines.solvers.exact_simplex import exact_maximum
from .errors import InputError, SolverError

__all__ = [
    "Answer",
    "Scenario",
    "bound",
    "cglmp",
    "ghz",
    "guessing",
    "maximally_entangled",
    "mermin",
    "svetlichny",
    "visibility",
]

Array = NDArray[np.float64]
Integers = NDArray[np.object_]
TOLERANCE = 1e-9


@dataclass(frozen=True, eq=False, repr=False)
class Answer(Enclosed):
    """An exact answer, and what shows it.

    Parameters
    ----------
    exact : Fraction
        The value.
    primal : tuple of Fraction
        Weights of strategies, or probabilities, that attain it.
    dual : tuple of Fraction
        Multipliers that prove it.
    program : (A, b, c)
        Maximise c·x under A x = b, x ≥ 0, in integers; with ``scale``, value = c·x/scale.
    """

    exact: Fraction
    primal: tuple[Fraction, ...]
    dual: tuple[Fraction, ...]
    program: tuple[Integers, Integers, Integers]
    scale: Fraction

    @property
    def value(self) -> Enclosure:
        """The value, rounded outward."""
        return Enclosure.around(self.exact)

    def verify(self) -> bool:
        """Add up again: A x = b, x ≥ 0 and y·A ≥ c with c·x = y·b, in fractions."""
        A, b, c = self.program
        x, y = np.array(self.primal, dtype=object), np.array(self.dual, dtype=object)
        feasible = min(self.primal) >= 0 and not (A @ x - b).any()
        proved = min(y @ A - c) >= 0
        return bool(feasible and proved and c @ x == y @ b == self.exact * self.scale)

    def __repr__(self) -> str:
        return f"Answer({self.value})"


def solved(A: Integers, b: Integers, c: Integers, scale: Fraction) -> Answer:
    answer = exact_maximum(A, b, c)
    if answer is None or answer.x is None:
        raise SolverError("general: the linear program has no solution: this is not an answer")
    value = sum((int(k) * x for k, x in zip(c, answer.x)), Fraction(0)) / scale
    return Answer(value, tuple(answer.x), tuple(answer.y), (A, b, c), scale)


def _checked(table: ArrayLike, scenario: Scenario | None, name: str) -> tuple[Array, Scenario]:
    if scenario is None:
        array = floats(table, f"general: {name} is not a table of numbers")
        return array, Scenario.of(array)
    if not isinstance(scenario, Scenario):
        raise InputError(f"general: the scenario is {kind_of(scenario)}; it must be a Scenario")
    return scenario.table(table, name), scenario


def bound(functional: ArrayLike, model: str = "local", *, scenario: Scenario | None = None) -> Answer:
    """The largest value of Σ s p over local or over non-signalling behaviours, exactly.

    Parameters
    ----------
    functional : array_like
        s[a, b, …, x, y, …]
    model : {"local", "nonsignalling"}
    scenario : Scenario, optional
        By default that of the table.

    Raises
    ------
    InputError

    Examples
    --------
    >>> import nsmodels as ns
    >>> game = ns.general.mermin()
    >>> print(ns.general.bound(game).exact, ns.general.bound(game, "nonsignalling").exact)
    2 4
    """
    table, scenario = _checked(functional, scenario, "the functional")
    table = scenario.table(table, "the functional")
    one_of(model, ("local", "nonsignalling"), "general: the model")
    integers, exponent = to_integers(table.ravel().tolist())
    exact = np.array(integers, dtype=object).reshape(table.shape)
    if model == "nonsignalling":
        return _nonsignalling(exact, scenario, Fraction(1 << exponent))
    strategies = scenario.strategies()
    costs = np.array([_value_at(exact, strategy) for strategy in strategies], dtype=object)
    best = max(range(len(costs)), key=costs.__getitem__)
    A, b = np.ones((1, len(costs)), dtype=object), np.ones(1, dtype=object)
    primal = tuple(Fraction(int(k == best)) for k in range(len(costs)))
    unit = Fraction(1 << exponent)
    return Answer(Fraction(int(costs[best])) / unit, primal, (Fraction(int(costs[best])),), (A, b, costs), unit)


def _value_at(table: Integers, strategy: tuple[tuple[int, ...], ...]) -> int:
    """Σ s at the outcomes of a deterministic strategy."""
    parties = len(strategy)
    grids = np.ix_(*(np.arange(len(own)) for own in strategy))
    outcomes = [np.array(own).reshape([-1 if k == j else 1 for j in range(parties)]) for k, own in enumerate(strategy)]
    return int(table[(*outcomes, *grids)].sum())


def _nonsignalling(exact: Integers, scenario: Scenario, scale: Fraction) -> Answer:
    """The linear program over tables p ≥ 0 that add up to 1 and do not signal."""
    A = _equations(scenario)
    kept = _independent(A)
    b = np.zeros(len(A), dtype=object)
    b[0] = 1
    answer = solved(A[kept], b[kept], exact[scenario.exists()], scale)
    _follow(A @ np.array(answer.primal, dtype=object) - b)
    return answer


def _follow(rest: Integers) -> None:
    if rest.any():
        raise SolverError("general: equations that were left out do not follow from the others: this is not an answer")


def _equations(scenario: Scenario) -> Integers:
    """Rows over the entries that exist: their total for the first settings, then what vanishes without signalling."""
    exists = scenario.exists()
    numbers = np.full(exists.shape, -1)
    numbers[exists] = np.arange(int(exists.sum()))
    parties = len(scenario.outcomes)
    rows: list[dict[int, int]] = []
    first = tuple([slice(None)] * parties + [0] * parties)
    rows.append({int(k): 1 for k in numbers[first].ravel() if k >= 0})
    for k, counts in enumerate(scenario.outcomes):
        others = [range(n) for j, n in enumerate(exists.shape[:parties]) if j != k]
        settings = [range(len(c)) for j, c in enumerate(scenario.outcomes) if j != k]
        for x in range(1, len(counts)):
            for a, y in product(product(*others), product(*settings)):
                row: dict[int, int] = {}
                for own, sign in ((0, 1), (x, -1)):
                    for outcome in range(counts[own]):
                        place = (*a[:k], outcome, *a[k:], *y[:k], own, *y[k:])
                        if numbers[place] >= 0:
                            row[int(numbers[place])] = row.get(int(numbers[place]), 0) + sign
                if row:
                    rows.append(row)
    A = np.zeros((len(rows), int(exists.sum())), dtype=object)
    for r, row in enumerate(rows):
        for column, entry in row.items():
            A[r, column] = entry
    return A


def _independent(A: Integers) -> list[int]:
    """Rows that are independent modulo a prime, the first ones; whether others follow from them is seen afterwards."""
    prime = 2**31 - 1
    basis: list[tuple[int, NDArray[np.int64]]] = []
    kept = []
    for r, row in enumerate(np.asarray(A, dtype=np.int64) % prime):
        rest = row.copy()
        for pivot, known in basis:
            if rest[pivot]:
                rest = (rest - rest[pivot] * known) % prime
        places = np.flatnonzero(rest)
        if places.size:
            pivot = int(places[0])
            basis.append((pivot, rest * pow(int(rest[pivot]), -1, prime) % prime))
            kept.append(r)
    return kept


def visibility(
    behaviour: ArrayLike, *, noise: ArrayLike | None = None, scenario: Scenario | None = None
) -> Answer:
    """The largest V in [0, 1] for which V·p + (1 − V)·noise is local, exactly; uniform noise unless given.

    The table is read by its joint probabilities of all outcomes but the last ones, marginals being averaged over the
    settings of the others, as exact numbers.

    Raises
    ------
    InputError
        If an entry is negative, a block does not add up to 1, or the table signals, by more than 1e-9.
    """
    table, scenario = _checked(behaviour, scenario, "the behaviour")
    table = scenario.table(table, "the behaviour")
    exists = scenario.exists()
    parties = len(scenario.outcomes)
    if noise is None:
        other = np.where(exists, 1.0, 0.0)
        other = other / other.sum(axis=tuple(range(parties)), keepdims=True)
    else:
        other = scenario.table(noise, "the noise")
    coordinates = scenario.coordinates()
    wanted, base = (_means(x, scenario, coordinates, name) for x, name in ((table, "behaviour"), (other, "noise")))
    strategies = scenario.strategies()
    integers, exponent = to_integers([*wanted, *base])
    unit = 1 << exponent
    target, floor = integers[: len(wanted)], integers[len(wanted) :]
    n = len(strategies)
    A = np.zeros((len(coordinates) + 2, n + 2), dtype=object)
    for r, chosen in enumerate(coordinates):
        for column, strategy in enumerate(strategies):
            A[r, column] = unit * int(all(strategy[k][x] == a for k, x, a in chosen))
        A[r, n] = floor[r] - target[r]
    A[-2, :n] = 1
    A[-1, n:] = 1
    b = np.array([*floor, 1, 1], dtype=object)
    c = np.zeros(n + 2, dtype=object)
    c[n] = 1
    return solved(A, b, c, Fraction(1))


def guessing(
    behaviour: ArrayLike, party: int = 0, setting: int = 0, *, scenario: Scenario | None = None
) -> Answer:
    """How well an outcome can be known beforehand by whoever knows the hidden state of a non-signalling model, exactly.

    The largest Σ_λ ρ_λ max_a P_λ(a | setting) over all decompositions p = Σ ρ_λ P_λ into non-signalling tables: one for
    each outcome a is enough, in which a is guessed. For two outcomes the largest mean |marginal| is 2 g − 1.

    Parameters
    ----------
    behaviour : array_like
        p[a, b, …, x, y, …], read as in `visibility`.
    party, setting : int
        Whose outcome, and for which setting; zero-based.

    Raises
    ------
    InputError
        As `visibility`, or for a party or a setting that does not exist.
    """
    table, scenario = _checked(behaviour, scenario, "the behaviour")
    table = scenario.table(table, "the behaviour")
    parties, exists = len(scenario.outcomes), scenario.exists()
    party = whole(party, "general: the party", 0, parties - 1)
    setting = whole(setting, "general: the setting", 0, len(scenario.outcomes[party]) - 1)
    count, coordinates = scenario.outcomes[party][setting], scenario.coordinates()
    integers, exponent = to_integers(_means(table, scenario, coordinates, "behaviour"))

    def sums(chosen: Sequence[tuple[int, int, int]]) -> Integers:
        """The row that adds up the entries with these outcomes, all other settings being the first."""
        place: list[Any] = [slice(None)] * parties + [0] * parties
        for k, x, a in chosen:
            place[k], place[parties + k] = a, x
        found = np.zeros(exists.shape, dtype=object)
        found[tuple(place)] = 1
        return np.asarray(found[exists])

    equations = _equations(scenario)
    kept = [r for r in _independent(equations) if r]
    sums_of = np.array([equations[0], *map(sums, coordinates)], dtype=object)
    parts = np.kron(np.eye(count, dtype=np.int64).astype(object), equations[kept])
    A = np.vstack([parts, np.tile(sums_of, count)])
    b = np.array([0] * len(parts) + [1 << exponent, *integers], dtype=object)
    c = np.concatenate([sums([(party, setting, a)]) for a in range(count)])
    answer = solved(A, b, c, Fraction(1 << exponent))
    _follow(equations[1:] @ np.array(answer.primal, dtype=object).reshape(count, -1).T)
    return answer


def _means(table: Array, scenario: Scenario, coordinates: list[list[tuple[int, int, int]]], name: str) -> list[float]:
    """Joint probabilities of chosen outcomes, averaged over the settings of all others."""
    parties = len(scenario.outcomes)
    if table.min() < -TOLERANCE:
        raise InputError(f"general: the {name} has a probability of {table.min():.6g}")
    totals = table.sum(axis=tuple(range(parties)))
    if np.abs(totals - 1.0).max() > TOLERANCE:
        raise InputError(f"general: a block of the {name} adds up to {totals.ravel()[np.abs(totals - 1).argmax()]:.9g}")
    found = []
    for chosen in coordinates:
        place: list[Any] = [slice(None)] * (2 * parties)
        for k, x, a in chosen:
            place[k], place[parties + k] = a, x
        own = table[tuple(place)]
        left = parties - len(chosen)
        sums = own.sum(axis=tuple(range(left))) if left else own
        if np.ptp(sums) > TOLERANCE:
            change = f"a marginal changes by {np.ptp(sums):.3g} with the settings of others"
            raise InputError(f"general: the {name} signals: {change}")
        found.append(float(np.mean(sums)))
    return found
