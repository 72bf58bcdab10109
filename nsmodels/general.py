"""More outcomes and more parties, where an exact linear program is enough: bounds and critical visibilities.

A behaviour is a table p[a, b, …, x, y, …], outcomes first, and a functional a table s of coefficients of the same shape
with the value Σ s p. Both ends of every answer are the same rational number: programs are solved exactly, and
`Answer.verify` adds up again what shows it. The quantum side, and laws for marginals such as Leggett's, are for two
parties with outcomes ±1 (`nsmodels.Quantum`, `nsmodels.Leggett`): they are not here.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .common.arguments import floats, kind_of, listed, one_of, whole
from .common.rationals import round_down, round_up, to_integers
from .core.enclosure import Enclosure
from .core.general_tables import cglmp, ghz, maximally_entangled, mermin, svetlichny
from .engines.solvers.exact_simplex import exact_maximum
from .errors import InputError, SolverError

__all__ = [
    "Answer",
    "Scenario",
    "bound",
    "cglmp",
    "ghz",
    "maximally_entangled",
    "mermin",
    "svetlichny",
    "visibility",
]

Array = NDArray[np.float64]
Integers = NDArray[np.object_]
MOST_STRATEGIES = 20_000
MOST_ENTRIES = 20_000
"""Of a table: columns of the linear program over non-signalling boxes."""
TOLERANCE = 1e-9


@dataclass(frozen=True)
class Scenario:
    """How many settings and outcomes each party has.

    Parameters
    ----------
    outcomes : sequence of sequences of int
        For each party the number of outcomes of each of its settings: ((2, 2), (2, 2)) for CHSH.

    Raises
    ------
    InputError
        For fewer than one setting or two outcomes, or for tables that are too large.
    """

    outcomes: tuple[tuple[int, ...], ...]

    def __init__(self, outcomes: Sequence[Sequence[int]]) -> None:
        remedy = "give a list of outcomes per setting for each party, such as ((2, 2), (3, 3))"
        parties = []
        for party in listed(outcomes, "general: outcomes", remedy):
            counts = listed(party, "general: the outcomes of a party", remedy)
            parties.append(tuple(whole(n, "general: a number of outcomes", 2, 100) for n in counts))
        if not parties or not all(parties):
            raise InputError(f"general: a party without settings; {remedy}")
        object.__setattr__(self, "outcomes", tuple(parties))
        if math.prod(self.shape) > MOST_ENTRIES:
            size = math.prod(self.shape)
            raise InputError(f"general: tables of {size} entries are above the limit of {MOST_ENTRIES}; use fewer")

    @classmethod
    def of(cls, table: Array) -> Scenario:
        """The scenario of a table, in which all settings of a party have the same number of outcomes."""
        parties = table.ndim // 2
        if table.ndim % 2 or not parties:
            raise InputError(f"general: a table of shape {table.shape}; give p[a, b, …, x, y, …], outcomes first")
        sides = zip(table.shape[:parties], table.shape[parties:])
        return cls([[outcomes] * settings for outcomes, settings in sides])

    @property
    def shape(self) -> tuple[int, ...]:
        """Of tables: the largest numbers of outcomes, then the numbers of settings."""
        return (*map(max, self.outcomes), *map(len, self.outcomes))

    def table(self, values: ArrayLike, name: str) -> Array:
        """A table of this shape; entries of outcomes that a setting does not have must be 0.

        Raises
        ------
        InputError
        """
        array = floats(values, f"general: {name} is not a table of numbers")
        if array.shape != self.shape:
            raise InputError(f"general: {name} has shape {array.shape}; it must be {self.shape}")
        if not np.isfinite(array).all():
            raise InputError(f"general: {name} has an entry that is not finite")
        if array[~self._exists()].any():
            raise InputError(f"general: {name} has an entry for an outcome that its setting does not have")
        return array

    def _exists(self) -> NDArray[np.bool_]:
        parties = len(self.outcomes)
        found = np.ones(self.shape, dtype=bool)
        for k, counts in enumerate(self.outcomes):
            own = np.arange(max(counts))[:, None] < np.array(counts)[None, :]
            axes = [1] * (2 * parties)
            axes[k], axes[parties + k] = own.shape
            found &= own.reshape(axes)
        return found

    def strategies(self) -> list[tuple[tuple[int, ...], ...]]:
        """All deterministic strategies: for each party the outcome at each setting.

        Raises
        ------
        InputError
            If there are more than 20,000.
        """
        count = math.prod(n for counts in self.outcomes for n in counts)
        if count > MOST_STRATEGIES:
            raise InputError(f"general: {count} deterministic strategies are above the limit of {MOST_STRATEGIES}")
        return list(product(*(list(product(*map(range, counts))) for counts in self.outcomes)))

    def _coordinates(self) -> list[list[tuple[int, int, int]]]:
        """Sets of (party, setting, outcome) of all outcomes but the last, at most one setting a party; not the empty one."""  # noqa: E501
        options: list[list[tuple[int, int, int] | None]] = [
            [None, *((k, x, a) for x, n in enumerate(counts) for a in range(n - 1))]
            for k, counts in enumerate(self.outcomes)
        ]
        sets = [[entry for entry in chosen if entry is not None] for chosen in product(*options)]
        return [chosen for chosen in sets if chosen]


@dataclass(frozen=True, eq=False, repr=False)
class Answer:
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
        return Enclosure(round_down(self.exact), round_up(self.exact))

    @property
    def lower(self) -> float:
        """The value, rounded down."""
        return round_down(self.exact)

    @property
    def upper(self) -> float:
        """The value, rounded up."""
        return round_up(self.exact)

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
    exists = scenario._exists()
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
    kept = _independent(A)
    b = np.zeros(len(rows), dtype=object)
    b[0] = 1
    answer = solved(A[kept], b[kept], exact[exists], scale)
    if (A @ np.array(answer.primal, dtype=object) - b).any():
        raise SolverError("general: equations that were left out do not follow from the others: this is not an answer")
    return answer


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
    exists = scenario._exists()
    parties = len(scenario.outcomes)
    if noise is None:
        other = np.where(exists, 1.0, 0.0)
        other = other / other.sum(axis=tuple(range(parties)), keepdims=True)
    else:
        other = scenario.table(noise, "the noise")
    coordinates = scenario._coordinates()
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
