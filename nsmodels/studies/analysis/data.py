"""What was measured: counts for pairs of settings, or published correlators with the numbers of trials behind them.

Outcome index 0 is +1 and 1 is −1, in counts n[a, b, x, y] as everywhere. Counts are whole numbers: a p-value is a
statement about trials. Accidental coincidences are subtracted from values and their errors, never from the counts that
a p-value judges, because a difference of counts is no number of trials.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...common.arguments import number, shown, whole
from ...core.evaluation import Evaluation
from ...core.functional import Functional, Inequality
from ...core.no_signalling import no_signalling_test, signalling_p_value
from ...errors import InputError
from .propagation import propagated
from .tables import check_whole, checked_shape, count_table, numbers, pair_of, pairs_table, read_csv

__all__ = ["Data", "Signalling"]

Array = NDArray[np.float64]

_SAME = np.array([[1.0, 0.0], [0.0, 1.0]])[:, :, None, None]


@dataclass(frozen=True)
class Signalling:
    """Whether each party's marginals depend on the other's setting.

    Parameters
    ----------
    p_value : float or None
        Valid at few counts too; None where there are no marginals to compare.
    worst : str or None
        The largest difference of two marginals, in words.
    """

    p_value: float | None
    worst: str | None


@dataclass(frozen=True, eq=False, repr=False)
class Data:
    """Trials for pairs of settings; made by `from_counts`, `from_csv`, `from_correlators` or `from_bitstrings`.

    Parameters
    ----------
    counts : ndarray or None, shape (2, 2, n_A, n_B)
        n[a, b, x, y]; None where only correlators were published.
    products : ndarray, shape (2, n_A, n_B)
        Trials in which the outcomes are equal, and different. Where a published correlator leaves the number open by
        less than one trial, they add up to the stated trials with the fraction kept.
    correlators, errors : ndarray, shape (n_A, n_B)
        C and one standard deviation, accidental coincidences taken off; 0 where nothing was measured.
    accidentals : ndarray or None, shape (2, 2, n_A, n_B)
    inferred : bool
        Whether the numbers of trials were inferred from standard errors.
    drawn : bool
        Whether the settings of every trial were drawn at random, each measured pair being equally likely: p-values are
        then valid for devices with memory too. Otherwise the numbers of trials of the pairs are taken as fixed.
    """

    counts: Array | None
    products: Array
    correlators: Array
    errors: Array
    accidentals: Array | None = None
    inferred: bool = False
    drawn: bool = False

    @property
    def shape(self) -> tuple[int, int]:
        """Numbers of settings (n_A, n_B)."""
        return self.correlators.shape[0], self.correlators.shape[1]

    @property
    def shots(self) -> NDArray[np.int64]:
        """Trials for each pair, shape (n_A, n_B)."""
        return np.rint(self.products.sum(axis=0)).astype(np.int64)

    @property
    def trials(self) -> int:
        """All trials."""
        return int(self.shots.sum())

    @property
    def known(self) -> NDArray[np.bool_]:
        """The pairs that were measured, shape (n_A, n_B)."""
        return np.asarray(self.shots > 0)

    def __repr__(self) -> str:
        what = "counts" if self.counts is not None else "correlators"
        return f"Data({self.shape[0]}×{self.shape[1]}, {what} on {int(self.known.sum())} pairs, {self.trials} trials)"

    # -- where data come from ----------------------------------------------------------------------------------------

    @classmethod
    def from_counts(
        cls, counts: ArrayLike | Mapping[tuple[int, int], Sequence[float]], *, order: str | None = None,
        shape: tuple[int, int] | None = None,
        accidentals: ArrayLike | Mapping[tuple[int, int], Sequence[float]] | None = None,
    ) -> Data:  # fmt: skip
        """Counts n[a, b, x, y], or for each pair (x, y) the four counts of ++, +−, −+ and −−; or rows as in files.

        Parameters
        ----------
        counts : array_like, shape (2, 2, n_A, n_B), or mapping
            Whole numbers ≥ 0; a pair that was not measured has zeros. Rows (k, 6) are x, y and four counts; those of
            one pair add up.
        order : str, optional
            The order of the axes where it is another one, such as "xyab".
        shape : (int, int), optional
            Numbers of settings, for a mapping that does not name the last ones.
        accidentals : array_like, optional
            Of the same form, subtracted for values and their errors, not for p-values.

        Raises
        ------
        InputError
            For negative or fractional counts, other shapes, and where nothing was counted.
        """
        table = count_table(counts, order, checked_shape(shape), "counts")
        check_whole(table)
        if not table.any():
            raise InputError("Data: nothing was counted; give counts above 0")
        off = None if accidentals is None else count_table(accidentals, order, table.shape[2:], "accidentals")
        return _of_counts(table, off)

    @classmethod
    def from_csv(cls, path: str | Path, *, shape: tuple[int, int] | None = None) -> Data:
        """A CSV file with the header ``alice,bob,pp,pm,mp,mm`` and zero-based settings; repeated pairs add up.

        Raises
        ------
        InputError
            Naming the file and the line, and where the header differs, the header that was found.
        """
        if not isinstance(path, str | PathLike):
            raise InputError(f"Data: the name of a CSV file is {shown(path)}; give a path")
        return cls.from_counts(read_csv(Path(path)), shape=shape)

    @classmethod
    def from_correlators(
        cls, correlators: Mapping[tuple[int, int], float] | ArrayLike, *,
        shots: int | ArrayLike | Mapping[tuple[int, int], int] | None = None,
        errors: ArrayLike | Mapping[tuple[int, int], float] | None = None, shape: tuple[int, int] | None = None,
    ) -> Data:  # fmt: skip
        """Published correlators with the number of trials of each, or with its standard error.

        Parameters
        ----------
        correlators : mapping {(x, y): C}, or array_like, shape (n_A, n_B)
            In an array, NaN stands for a pair that was not measured.
        shots : int, array_like, shape (n_A, n_B), or mapping
            Trials for each pair. Equal outcomes are n (1 + C)/2 of them, up to the digits that C was printed with.
        errors : array_like or mapping
            Instead: σ of each C. The trials are then inferred from σ² = (1 − C²)/n, and a p-value is as good as that.

        Raises
        ------
        InputError
            For |C| > 1, and without shots or errors.
        """
        table = pairs_table(correlators, checked_shape(shape), "correlators")
        known = ~np.isnan(table)
        if not known.any():
            raise InputError("Data: no correlator is known; give at least one")
        for x, y in np.argwhere(known).tolist():
            if not abs(table[x, y]) <= 1.0:
                raise InputError(f"Data: the correlator of the pair [{x}, {y}] is {table[x, y]:g}; it lies in [−1, 1]")
        if (shots is None) == (errors is None):
            raise InputError("Data: give the trials behind correlators once, as shots= or as errors=")
        c = np.where(known, table, 0.0)
        if errors is not None:
            sigma = pairs_table(errors, (table.shape[0], table.shape[1]), "errors")
            if not (sigma[known] > 0.0).all():
                raise InputError("Data: errors must be positive numbers, one for each correlator")
            if (np.abs(c[known]) >= 1.0).any():
                raise InputError("Data: trials cannot be inferred from the error of a correlator ±1; give shots=")
            n = np.where(known, np.floor((1.0 - c * c) / np.where(known, sigma, 1.0) ** 2), 0.0)
            if (n[known] < 1.0).any():
                raise InputError("Data: an error is so large that it stands for less than one trial; give shots=")
        else:
            sigma = None
            n = np.where(known, _tried(shots, table.shape), 0.0)
            check_whole(n, "shots")
            if not (n[known] > 0.0).all():
                raise InputError("Data: shots must be at least 1 for every known pair")
        same = 0.5 * n * (1.0 + c)
        near = np.rint(same)
        same = np.where(np.abs(same - near) < 1e-6 * np.maximum(n, 1.0), near, same)
        found = np.sqrt(np.maximum(1.0 - c * c, 0.0) / np.maximum(n, 1.0)) if sigma is None else sigma
        return cls(None, np.array([same, n - same]), c, np.where(known, found, 0.0), None, errors is not None)

    @classmethod
    def from_bitstrings(
        cls, counts: Mapping[tuple[int, int], Mapping[str, int]], *, alice: int, bob: int, order: str,
        shape: tuple[int, int] | None = None,
    ) -> Data:  # fmt: skip
        """Counts of bit strings for each pair of settings, as quantum computers report them; bit 0 is the outcome +1.

        Parameters
        ----------
        counts : mapping {(x, y): {bitstring: count}}
        alice, bob : int
            Numbers of the two bits.
        order : {"qiskit", "plain"}
            "qiskit": bit 0 is the *last* character of a string. "plain": bit 0 is the first one.
        """
        if order not in ("qiskit", "plain"):
            remedy = '"qiskit" (bit 0 is the last character) or "plain" (bit 0 is the first)'
            raise InputError(f"Data: order is {shown(order)}; it must be {remedy}")
        places = [whole(alice, "Data: alice", 0), whole(bob, "Data: bob", 0)]
        if places[0] == places[1]:
            raise InputError(f"Data: alice and bob are both bit {places[0]}; give the numbers of two bits")
        if not isinstance(counts, Mapping) or not all(isinstance(strings, Mapping) for strings in counts.values()):
            raise InputError("Data: counts of bit strings are given as {(x, y): {bitstring: count}}")
        table: dict[tuple[int, int], list[int]] = {}
        for pair, strings in counts.items():
            four = table.setdefault(pair_of(pair), [0, 0, 0, 0])
            for text, count in strings.items():
                bits = str(text).replace(" ", "")
                bits = bits[::-1] if order == "qiskit" else bits
                if max(places) >= len(bits) or set(bits) - {"0", "1"}:
                    raise InputError(f"Data: {shown(text)} is no string of bits with the bits {places[0]}, {places[1]}")
                four[2 * int(bits[places[0]]) + int(bits[places[1]])] += whole(count, "Data: a count", 0)
        return cls.from_counts(table, shape=shape)

    # -- what is asked of them --------------------------------------------------------------------------------------

    def with_random_settings(self) -> Data:
        """The same data, the settings of every trial drawn at random, each measured pair being equally likely."""
        return replace(self, drawn=True)

    def reshaped(self, shape: tuple[int, int]) -> Data:
        """The same data for more settings, the last of which were not used.

        Raises
        ------
        InputError
            If there are fewer settings than data.
        """
        n, m = self.shape
        if (n, m) == shape:
            return self
        if n > shape[0] or m > shape[1]:
            raise InputError(f"Data: {n}×{m} settings have data, and there are only {shape[0]}×{shape[1]}")
        room = (0, shape[0] - n), (0, shape[1] - m)

        def more(table: Array) -> Array:
            return np.pad(table, [(0, 0)] * (table.ndim - 2) + list(room))

        counts = None if self.counts is None else more(self.counts)
        off = None if self.accidentals is None else more(self.accidentals)
        return replace(
            self, counts=counts, products=more(self.products), correlators=more(self.correlators),
            errors=more(self.errors), accidentals=off,
        )  # fmt: skip

    def split(self, share: float, seed: int = 0) -> tuple[Data, Data]:
        """Two independent parts: about this share of the trials of every pair, drawn at random, and the others.

        Raises
        ------
        InputError
            For a share outside (0, 1), or where the trials are not whole numbers.
        """
        share = number(share, "Data: split", "it must lie between 0 and 1", lambda x: 0.0 < x < 1.0)
        rng = np.random.default_rng(seed)
        rows = self.products if self.counts is None else self.counts.reshape(4, *self.shape)
        if (rows != np.rint(rows)).any():
            raise InputError("Data: correlators whose numbers of trials are not whole cannot be split; give visibility")
        first = np.zeros_like(rows)
        for x, y in np.argwhere(self.known).tolist():
            cells = rows[:, x, y].astype(np.int64)
            some = min(max(round(share * int(cells.sum())), 0), int(cells.sum()))
            first[:, x, y] = rng.multivariate_hypergeometric(cells, some, method="marginals")
        parts = []
        for part in (first, rows - first):
            whole = _of_products(part) if self.counts is None else _of_counts(part.reshape(2, 2, *self.shape), None)
            parts.append(replace(whole, drawn=self.drawn))
        return parts[0], parts[1]

    def signalling(self) -> Signalling:
        """The test of no-signalling of the counts, accidental coincidences included."""
        if self.counts is None:
            return Signalling(None, None)
        test = no_signalling_test(self.counts)
        return Signalling(signalling_p_value(self.counts), test.said)

    def judge(self, inequality: Inequality) -> Evaluation:
        """Value, σ and p-value of an inequality fixed before the data: what ``inequality.evaluate(data)`` says.

        The value is a sum of independent terms S_ij ab/N_ij between −|S_ij|/N_ij and |S_ij|/N_ij, whose mean under the
        model is at most the bound: p ≤ exp(−t²/(2 Σ S_ij²/N_ij)) at t above it (Hoeffding, J. Am. Stat. Assoc. 58, 13
        (1963), theorem 2). `nsmodels.analyse` has the sharper tests. None where the inequality has marginal terms.
        """
        functional = inequality.functional
        if self.shape != functional.shape:
            return self.reshaped(functional.shape).judge(inequality)
        value, sigma = self.value(functional)
        excess = value - inequality.bound
        p = None
        if not (functional.alice.any() or functional.bob.any()):
            raw = (self.products[0] - self.products[1]) / np.maximum(self.products.sum(axis=0), 1.0)
            counted = float((functional.correlators * raw).sum()) + functional.constant - inequality.bound
            spread = float((functional.correlators**2 / np.maximum(self.shots, 1)).sum())
            p = math.exp(-(counted**2) / (2.0 * spread)) if counted > 0.0 < spread else 1.0
        many = excess / sigma if sigma > 0.0 else None
        return Evaluation(value, inequality.bound, excess, sigma, many, p)

    def value(self, functional: Functional) -> tuple[float, float]:
        """The value of a functional on the data and its standard deviation, accidental coincidences taken off.

        Raises
        ------
        InputError
            Where the functional needs a pair without counts, or marginals that were not published.
        """
        if self.shape != functional.shape:
            return self.reshaped(functional.shape).value(functional)
        missing = (functional.correlators != 0.0) & ~self.known
        if missing.any():
            pair = np.argwhere(missing)[0].tolist()
            raise InputError(f"Data: the functional needs the pair {pair}, which has no counts; measure it, or drop it")
        marginal = bool(functional.alice.any() or functional.bob.any())
        if self.counts is None:
            if marginal:
                raise InputError("Data: the functional has marginal terms, and only correlators are given; give counts")
            value = functional.evaluate(np.zeros(self.shape[0]), np.zeros(self.shape[1]), self.correlators)
            return value, math.sqrt(float(((functional.correlators * self.errors) ** 2).sum()))
        off = np.zeros_like(self.counts) if self.accidentals is None else self.accidentals
        return propagated(functional, self.counts - off, self.counts + off)


def _tried(shots: Any, shape: tuple[int, int]) -> Array:
    """Trials of each pair, of one number for all of them or of a table."""
    if isinstance(shots, Mapping):
        return np.nan_to_num(pairs_table(shots, shape, "shots"))
    if isinstance(shots, bool):
        raise InputError(f"Data: shots is {shots}; give the number of trials of each pair")
    table = numbers(shots, "shots")
    if table.shape not in ((), shape):
        raise InputError(f"Data: shots has shape {table.shape}; give one number, or one for each pair, {shape}")
    return np.broadcast_to(table, shape)


def _of_counts(counts: Array, accidentals: Array | None) -> Data:
    net = counts if accidentals is None else counts - accidentals
    same, other = (net * _SAME).sum(axis=(0, 1)), (net * (1.0 - _SAME)).sum(axis=(0, 1))
    total = same + other
    measured = counts.sum(axis=(0, 1)) > 0.0
    if (net < 0.0).any() or (measured & (total <= 0.0)).any():
        raise InputError("Data: there are more accidental coincidences than counts; check their numbers")
    safe = np.where(total > 0.0, total, 1.0)
    c = (same - other) / safe
    plus = counts if accidentals is None else counts + accidentals
    moved = (1.0 - c) ** 2 * (plus * _SAME).sum(axis=(0, 1)) + (1.0 + c) ** 2 * (plus * (1.0 - _SAME)).sum(axis=(0, 1))
    sigma = np.sqrt(moved) / safe
    products = np.array([(counts * _SAME).sum(axis=(0, 1)), (counts * (1.0 - _SAME)).sum(axis=(0, 1))])
    return Data(counts, products, np.where(measured, c, 0.0), np.where(measured, sigma, 0.0), accidentals)


def _of_products(products: Array) -> Data:
    n = products.sum(axis=0)
    c = (products[0] - products[1]) / np.maximum(n, 1.0)
    return Data(None, products, c, np.sqrt(np.maximum(1.0 - c * c, 0.0) / np.maximum(n, 1.0)))
