"""Hidden states of a scenario, what they add up to, and multipliers that prove a bound: as certificates write them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..common.rationals import rational, rationals
from ..core.general_scenario import Scenario

__all__ = ["Dual", "State", "nested"]

Exact = NDArray[np.object_]


@dataclass(frozen=True, eq=False)
class State:
    """A deterministic strategy, or a box; of a list of hidden states it belongs to one of them.

    Parameters
    ----------
    strategy : tuple of tuple of int, optional
        For each party the outcome at each setting.
    box : tuple of Fraction, optional
        The entries of a table, in the order of `Scenario.cells`.
    hidden : int, optional
        Which hidden state of the list, counted from 0.
    """

    strategy: tuple[tuple[int, ...], ...] | None = None
    box: tuple[Fraction, ...] | None = None
    hidden: int | None = None

    def coordinates(self, scenario: Scenario) -> list[Fraction]:
        """The probabilities of `Scenario.chosen`."""
        if self.strategy is not None:
            own = self.strategy
            return [Fraction(int(all(own[k][x] == a for k, x, a in chosen))) for chosen in scenario.chosen]
        box = np.array(self.box, dtype=object)
        return [sum(box[fits.astype(bool)], Fraction(0)) for fits in scenario.sums]

    def marginal(self, scenario: Scenario, party: int, setting: int) -> list[Fraction]:
        """The probabilities of one party's outcomes."""
        count = scenario.outcomes[party][setting]
        if self.strategy is not None:
            return [Fraction(int(a == self.strategy[party][setting])) for a in range(count)]
        parties, cells = len(scenario.outcomes), scenario.cells
        wanted = np.zeros(parties, dtype=np.int64)
        wanted[party] = setting
        here = (cells[:, parties:] == wanted).all(axis=1)
        assert self.box is not None
        chosen = [(int(cells[k, party]), self.box[k]) for k in np.flatnonzero(here)]
        return [sum((p for b, p in chosen if b == a), Fraction(0)) for a in range(count)]

    def to_json(self, scenario: Scenario) -> dict[str, Any]:
        """As results display it: in floating point, a box as a table of probabilities."""
        found: dict[str, Any] = {} if self.hidden is None else {"hidden": self.hidden}
        if self.strategy is not None:
            return {**found, "strategy": [list(own) for own in self.strategy]}
        assert self.box is not None
        return {**found, "probabilities": nested(scenario, [float(p) for p in self.box])}

    def certificate(self) -> dict[str, Any]:
        """The exact entries."""
        found: dict[str, Any] = {} if self.hidden is None else {"hidden": self.hidden}
        if self.strategy is not None:
            return {**found, "strategy": [list(own) for own in self.strategy]}
        assert self.box is not None
        return {**found, "box": rationals(self.box)}

    @classmethod
    def from_certificate(cls, content: dict[str, Any]) -> State:
        """What `certificate` wrote."""
        strategy, box = content.get("strategy"), content.get("box")
        return cls(
            None if strategy is None else tuple(tuple(int(a) for a in own) for own in strategy),
            None if box is None else tuple(Fraction(p) for p in box),
            content.get("hidden"),
        )


def nested(scenario: Scenario, entries: Sequence[float]) -> Any:
    """A table p[a][b]…[x][y]… of these entries, with zeros for outcomes that a setting does not have."""
    table = np.zeros(scenario.shape)
    table[scenario.exists()] = entries
    return table.tolist()


@dataclass(frozen=True, eq=False)
class Dual:
    """Multipliers that bound Σ s p over boxes without signalling, of given marginals or of any.

    An entry s[a,x] is at most Σ_k prices_k[a_k, x] + Σ_k shifts_k[a without a_k, x], where shifts_k add up to 0 over
    the settings of party k: in a box without signalling they cancel. With marginals m the bound is
    Σ prices_k[a_k, x] m_k(a_k | x_k); without them prices are the same for all outcomes.

    Parameters
    ----------
    prices : tuple of ndarray, shapes (outcomes of k, settings of all)
    shifts : tuple of ndarray, shapes (outcomes of all but k, settings of all)
    """

    prices: tuple[Exact, ...]
    shifts: tuple[Exact, ...]

    @classmethod
    def zero(cls, scenario: Scenario) -> Dual:
        """No multipliers at all."""
        parties, shape = len(scenario.outcomes), scenario.shape
        prices = [np.full((shape[k], *shape[parties:]), Fraction(0), dtype=object) for k in range(parties)]
        shifts = [np.full(shape[:k] + shape[k + 1 :], Fraction(0), dtype=object) for k in range(parties)]
        return cls(tuple(prices), tuple(shifts))

    @classmethod
    def of_blocks(cls, scenario: Scenario, entries: Sequence[Fraction]) -> tuple[Fraction, Dual]:
        """The largest entries of all blocks of settings, added up: a bound for whatever does not signal."""
        found, parties = cls.zero(scenario), len(scenario.outcomes)
        largest: dict[tuple[int, ...], Fraction] = {}
        for row, entry in zip(scenario.cells.tolist(), entries):
            place = tuple(row[parties:])
            largest[place] = max(largest.get(place, entry), entry)
        for place, entry in largest.items():
            block: Any = (slice(None), *place)
            found.prices[0][block] = entry
        return sum(largest.values(), Fraction(0)), found

    def scaled(self, factor: Fraction) -> Dual:
        """The multipliers of the same functional times a number ≥ 0."""
        return Dual(tuple(x * factor for x in self.prices), tuple(x * factor for x in self.shifts))

    def raised(self, scenario: Scenario, party: int, setting: int, outcome: int) -> Dual:
        """The multipliers of the functional with the probability of this outcome added."""
        prices = [x.copy() for x in self.prices]
        place = [0] * len(scenario.outcomes)
        place[party] = setting
        prices[party][(outcome, *place)] += Fraction(1)
        return Dual(tuple(prices), self.shifts)

    def to_json(self, scenario: Scenario) -> dict[str, Any]:
        """Lists of what exists, in the order of the tables; no shifts where all of them vanish."""
        parties, exists = len(scenario.outcomes), scenario.exists()
        found: dict[str, Any] = {"prices": [], "shifts": None}
        for k in range(parties):
            others = tuple(j for j in range(parties) if j != k)
            found["prices"].append(rationals(self.prices[k][exists.any(axis=others)].tolist()))
        if any(x.any() for x in self.shifts):
            found["shifts"] = [[rational(x) for x in own[exists.any(axis=k)]] for k, own in enumerate(self.shifts)]
        return found
