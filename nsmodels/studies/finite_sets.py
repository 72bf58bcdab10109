r"""Finite hidden-variable sets: what a list of marginal vectors can reproduce, and how biased it may be on average.

Given marginal vectors m_λ (a discretised set, Leggett vectors of purity η, any list), weights ρ_λ ≥ 0 with Σ ρ = 1 and
boxes P_λ with these marginals reproduce the correlators C exactly when

    Σ ρ |A_i − B_j| ≤ 1 − C_ij,   Σ ρ |A_i + B_j| ≤ 1 + C_ij,   and Σ ρ m = given marginals, where they are given,

(the boxes' correlators eliminated, arXiv:0801.2241, eq. (7)). Two linear programs: the least *excess* t by which all
constraints must be relaxed, and the largest Σ ρ Σ w_k |m_k|. Upper ends (and "not reproducible") are proved by
multipliers in exact arithmetic; they are an inequality that every mixture of the listed states obeys. Lower ends are
the weights themselves: certified where they satisfy every constraint in spite of rounding, else an estimate that names
the largest deviation (always so where marginals are given, because equations hold only up to rounding).

The theorem on discrete λ (arXiv:0801.2241, Methods) says that marginals vanish when *all* settings are reproduced. On
finitely many settings they need not: `counterexample` gives two hidden states with opposite marginals that reproduce
−a·b exactly, and `dying_out` how their marginals shrink as settings are added.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import behaviours, settings
from ..common.arguments import check_noun, check_options, floats
from ..common.arrays import Array
from ..common.digits import at_least, at_most
from ..common.rationals import round_down, round_up
from ..common.versions import versions
from ..core.behaviour import Behaviour
from ..core.boxes import BoxMixture
from ..core.enclosure import Enclosure, Status
from ..core.functional import Functional, Inequality
from ..engines.solvers.lp import solve
from ..errors import InputError, SolverError
from ..questions.bias.marginals import marginals
from .few_states import few_states

__all__ = ["Counterexample", "FiniteSet", "counterexample", "dying_out", "finite_set"]


MARGIN = 1e-11
"""Amount by which constraints are tightened at first, so that rounding cannot break them."""


@dataclass(frozen=True, eq=False, repr=False)
class FiniteSet:
    """What a list of marginal vectors can do.

    Parameters
    ----------
    reproducible : bool
        Whether a mixture of the listed states has the correlations (within ``deviation``).
    value : Enclosure
        Largest Σ ρ Σ w_k |m_k|; status "no_answer" if the correlations cannot be reproduced.
    rho : ndarray, shape (L,)
        Weights; for a list that does not reproduce, those with the least excess.
    deviation : float
        How far the weights miss a constraint: 0, or rounding, or the least excess.
    inequality : Inequality or None
        Obeyed by every mixture of the listed states and violated by the behaviour, if it is not reproducible.
    alice, bob : ndarray, shapes (L, n_A) and (L, n_B)
        The list.
    behaviour : Behaviour
    stats : mapping
        ``seconds``, ``states``, ``least_excess``, ``versions``.
    """

    reproducible: bool
    value: Enclosure
    rho: Array
    deviation: float
    inequality: Inequality | None
    alice: Array
    bob: Array
    behaviour: Behaviour
    stats: Mapping[str, Any]

    def model(self) -> BoxMixture:
        """The mixture written out, all boxes with the same mixing of the ends of their intervals.

        Raises
        ------
        InputError
            If the list does not reproduce the behaviour.
        """
        if not self.reproducible:
            raise InputError(f"finite_set: the list misses the behaviour by at least {at_least(self.deviation, 3)}")
        keep = self.rho > 0.0
        rho, a, b = self.rho[keep] / self.rho.sum(), self.alice[keep][:, :, None], self.bob[keep][:, None, :]
        low, high = np.abs(a + b) - 1.0, 1.0 - np.abs(a - b)
        mean_low, mean_high = np.tensordot(rho, low, 1), np.tensordot(rho, high, 1)
        table = np.where(self.behaviour.known, self.behaviour.correlators, 0.5 * (mean_low + mean_high))
        gap = mean_high - mean_low
        mixing = np.clip((table - mean_low) / np.where(gap > 1e-12, gap, np.inf), 0.0, 1.0)
        return BoxMixture(rho, self.alice[keep], self.bob[keep], low + mixing * (high - low))

    def __repr__(self) -> str:
        count = int((self.rho > 0.0).sum())
        if not self.reproducible:
            miss = at_least(self.deviation, 3)
            return f"FiniteSet(not reproducible: {len(self.rho)} states miss the behaviour by at least {miss})"
        return f"FiniteSet({self.value!r}, {count} of {len(self.rho)} states, deviation {at_most(self.deviation, 3)})"


def finite_set(
    behaviour: Behaviour,
    alice: ArrayLike,
    bob: ArrayLike,
    weights: ArrayLike | None = None,
    *,
    tolerance: float = 1e-7,
    time_limit_s: float = 60.0,
) -> FiniteSet:
    """Say whether listed marginal vectors reproduce a behaviour, and how large the mean |marginal| can be.

    Parameters
    ----------
    behaviour : Behaviour
        Correlators, all or of some pairs; marginals are matched where given (free them with ``with_marginals``).
    alice, bob : array_like, shapes (L, n_A) and (L, n_B)
        The marginals of each hidden state, in [−1, 1]; ``Finite(…).states`` has them.
    weights : array_like, optional, shape (n_A + n_B,)
        w ≥ 0, Alice first; by default the mean over all settings, w = 1/(n_A + n_B).
    tolerance : float
        Wanted width; > 0.
    time_limit_s : float
        Of each linear program.

    Raises
    ------
    InputError
        For lists of the wrong shape or with entries outside [−1, 1].
    SolverError
        If the solver fails.
    """
    start = time.perf_counter()
    check_noun(behaviour, Behaviour, "behaviour", "finite_set")
    check_options("finite_set", tolerance=tolerance, time_limit_s=time_limit_s)
    a, b = (floats(table, "finite_set: a list of marginals is not a table of numbers") for table in (alice, bob))
    n_a, n_b = behaviour.shape
    if a.ndim != 2 or b.ndim != 2 or len(a) != len(b) or (a.shape[1], b.shape[1]) != (n_a, n_b) or len(a) == 0:
        raise InputError(f"finite_set: lists of shapes {a.shape}, {b.shape}; expected (L, {n_a}) and (L, {n_b})")
    m = np.hstack([a, b])
    if not (np.abs(m) <= 1.0).all():
        raise InputError("finite_set: every marginal must be a number in [−1, 1]")
    weights = np.full(n_a + n_b, 1.0 / (n_a + n_b)) if weights is None else weights
    w = floats(weights, "finite_set: weights is not a list of numbers")
    if w.shape != (n_a + n_b,) or not np.isfinite(w).all() or w.min() < 0.0:
        raise InputError(f"finite_set: weights must be {n_a + n_b} numbers ≥ 0, Alice first")
    rows, right = _constraints(behaviour, a, b)
    excess, rho, y = _least_excess(rows, right, time_limit_s)
    proved = _proved_excess(rows, right, y, behaviour.rounding)
    nothing = Enclosure(0.0, 1.0, Status.NO_ANSWER, "the listed states do not reproduce the correlations")
    stats: dict[str, Any] = {"states": len(m), "least_excess": excess, "versions": versions()}
    if proved > 0.0:
        inequality = _inequality(behaviour, rows, y)
        stats["seconds"] = time.perf_counter() - start
        return FiniteSet(False, nothing, rho, proved, inequality, a, b, behaviour, stats)
    correlator = np.arange(len(right)) < 2 * int(behaviour.known.sum())
    value, rho, y = _largest(rows, right, correlator, np.abs(m) @ w, excess, time_limit_s)
    upper = min(_proved_upper(rows, right, y, np.abs(m), w, behaviour.rounding), round_up(sum(map(Fraction, w))))
    used = np.flatnonzero(rho)
    slack = behaviour.rounding + (len(used) + 8) * 2.0**-51  # of the data, and of the sums below
    deviation = max(0.0, float((rho[used] @ rows[:, used].T - right + slack).max(initial=0.0)))
    lower = round_down(Fraction(value) * (1 - Fraction(1, 2**40))) if value > 0.0 else 0.0
    exact = deviation == 0.0
    reason = "tolerance_met" if upper - lower <= tolerance else "the multipliers of the linear program are not sharper"
    if not exact:
        reason = f"the weights reproduce the behaviour within {at_most(deviation, 2)}"
    stats["seconds"] = time.perf_counter() - start
    end = Enclosure(min(lower, upper), upper, Status.CERTIFIED if exact else Status.ESTIMATE, reason)
    return FiniteSet(True, end, rho, deviation, None, a, b, behaviour, stats)


def _constraints(behaviour: Behaviour, a: Array, b: Array) -> tuple[Array, Array]:
    """Rows r(λ) and right sides of Σ ρ r ≤ right: 1 − C, 1 + C at known pairs, then ±m where marginals are given."""
    i, j = np.nonzero(behaviour.known)
    table = behaviour.correlators[i, j]
    rows = [np.abs(a[:, i] - b[:, j]), np.abs(a[:, i] + b[:, j])]
    right = [1.0 - table, 1.0 + table]
    for values, target in ((a, behaviour.alice), (b, behaviour.bob)):
        if target is not None:
            rows += [values, -values]
            right += [target, -target]
    return np.hstack(rows).T, np.concatenate(right)


def _least_excess(rows: Array, right: Array, time_limit_s: float) -> tuple[float, Array, Array]:
    count = rows.shape[1]
    matrix = np.hstack([rows, -np.ones((len(rows), 1))])
    cost = np.append(np.zeros(count), 1.0)
    total = np.append(np.ones(count), 0.0)[None, :]
    answer = solve(cost, matrix, right, A_eq=total, b_eq=[1.0], upper=4.0, time_limit_s=time_limit_s)
    return float(answer.x[-1]), answer.x[:-1], answer.upper_multipliers


def _proved_excess(rows: Array, right: Array, y: Array, rounding: float) -> float:
    """A proved lower end of the least excess: min over the states of y·(r − right), for Σ y ≤ 1."""
    if y.sum() <= 0.0:
        return 0.0
    least = min(_exact_products(rows, y)) - _exact_dot(y, right, -rounding)
    return round_down(least / sum(map(Fraction, y.tolist()))) if least > 0 else 0.0


def _largest(
    rows: Array, right: Array, correlator: NDArray[np.bool_], sizes: Array, excess: float, time_limit_s: float
) -> tuple[float, Array, Array]:
    total = np.ones((1, rows.shape[1]))
    last: SolverError | None = None
    for slack in (np.where(correlator, -MARGIN, 0.0), 1e-12 + excess, 1e-9 + 2.0 * excess):
        try:
            answer = solve(-sizes, rows, right + slack, A_eq=total, b_eq=[1.0], time_limit_s=time_limit_s)
        except SolverError as error:
            last = error
            continue
        rho = np.maximum(answer.x, 0.0)
        rho = rho / rho.sum()
        return float(rho @ sizes), rho, answer.upper_multipliers
    assert last is not None
    raise last


def _proved_upper(rows: Array, right: Array, y: Array, sizes: Array, w: Array, rounding: float) -> float:
    """y·right + max over the states of (Σ w |m| − y·r), in exact arithmetic."""
    gains = [Fraction(0) for _ in range(rows.shape[1])]
    for k, weight in enumerate(w.tolist()):
        if weight:
            gains = [g + Fraction(weight) * Fraction(x) for g, x in zip(gains, sizes[:, k].tolist(), strict=True)]
    best = max(g - p for g, p in zip(gains, _exact_products(rows, y), strict=True))
    return round_up(best + _exact_dot(y, right, -rounding))


def _exact_products(rows: Array, y: Array) -> list[Fraction]:
    """y·r(λ) for each state, with the entries of the rows raised and lowered by nothing: doubles as they are.

    |A ∓ B| of doubles is itself rounded to a double: by at most 2^-53, which is given away here.
    """
    chosen = np.flatnonzero(y)
    weights = [Fraction(x) for x in y[chosen].tolist()]
    given_away = sum(weights, Fraction(0)) * Fraction(1, 2**53)
    return [
        sum((c * Fraction(x) for c, x in zip(weights, column.tolist(), strict=True)), Fraction(0)) - given_away
        for column in rows[chosen].T
    ]


def _exact_dot(y: Array, right: Array, rounding: float) -> Fraction:
    """y·(right − rounding − 2^-53): right sides 1 ∓ C are rounded to doubles."""
    chosen = np.flatnonzero(y)
    shift = Fraction(rounding) - Fraction(1, 2**53)
    return sum(
        (Fraction(c) * (Fraction(x) - shift) for c, x in zip(y[chosen].tolist(), right[chosen].tolist(), strict=True)),
        Fraction(0),
    )


def _inequality(behaviour: Behaviour, rows: Array, y: Array) -> Inequality:
    """Σ (y⁻ − y⁺) C + μ·m ≤ Σ (y⁻ + y⁺) − min over the states of y·r: what every mixture of the states obeys."""
    i, j = np.nonzero(behaviour.known)
    count = len(i)
    table = np.zeros(behaviour.shape)
    table[i, j] = y[:count] - y[count : 2 * count]
    parts, start = [], 2 * count
    for target, size in zip((behaviour.alice, behaviour.bob), behaviour.shape):
        if target is None:
            parts.append(np.zeros(size))
        else:
            parts.append(y[start + size : start + 2 * size] - y[start : start + size])
            start += 2 * size
    total = sum(map(Fraction, y[: 2 * count].tolist()), Fraction(0))
    bound = round_up(total - min(_exact_products(rows, y)) + Fraction(len(y), 2**52))
    return Inequality(Functional(table, parts[0], parts[1]), bound)


@dataclass(frozen=True)
class Counterexample:
    """One line of `dying_out`.

    Parameters
    ----------
    n : int
        Settings a side.
    hidden_states : int
        Of the counterexample.
    largest : Enclosure
        The largest mean |marginal| of any one setting, which no number of hidden states exceeds.
    mean : float
        The mean |marginal| of the counterexample, averaged over all settings.
    deviation : float
        Distance of the counterexample from the singlet.
    """

    n: int
    hidden_states: int
    largest: Enclosure
    mean: float
    deviation: float


def counterexample(behaviour: Behaviour, states: int | None = None, *, seed: int = 0) -> BoxMixture:
    """A finite-λ decomposition with non-zero marginals.

    Parameters
    ----------
    behaviour : Behaviour
    states : int, optional
        By default the two hidden states that attain the largest mean |marginal| of any single setting; two always do,
        because with m also −m is the marginal vector of a box with the same correlators. With a number: the best that
        is found with so many hidden states for the mean over *all* settings (`nsmodels.studies.few_states`), which may
        grow with the number; `nsmodels.studies.joint_marginals` proves what any number can reach.
    seed : int
        Of the search with ``states``.

    Raises
    ------
    InputError
        With ``states``, for marginals that are given and not zero, and numbers that are not from 2 to 64.

    Examples
    --------
    >>> import nsmodels as ns
    >>> s = ns.settings.half_circle(3)
    >>> boxes = ns.studies.counterexample(ns.behaviours.singlet(s))
    >>> len(boxes), float(abs(boxes.alice).max().round(6))
    (2, 0.401924)
    """
    if states is not None:
        return few_states(behaviour, states, seed=seed)
    result = marginals(behaviour)
    names = [f"A{i}" for i in range(behaviour.shape[0])] + [f"B{j}" for j in range(behaviour.shape[1])]
    best = max(range(len(names)), key=lambda k: result.enclosures[k].lower)
    return result.model(names[best])


def dying_out(
    counts: Iterable[int], family: Callable[[int], settings.Settings] | None = None, *, states: int | None = None
) -> list[Counterexample]:
    """The counterexample to the singlet on growing families of settings: its marginals shrink like π²/8N on a circle.

    `nsmodels.plots.dying_out` pictures it.

    Parameters
    ----------
    counts : iterable of int
        Values of n.
    family : callable, optional
        n → Settings; ``settings.half_circle`` by default.
    states : int, optional
        How many hidden states there are, for the largest mean over all settings; see `counterexample`.
    """
    make = settings.half_circle if family is None else family
    lines = []
    for n in counts:
        target = behaviours.singlet(make(n))
        mixture = counterexample(target, states)
        means = np.concatenate(mixture.mean_absolute_marginals())
        largest = marginals(target).value
        lines.append(Counterexample(n, len(mixture), largest, float(means.mean()), mixture.deviation(target)))
    return lines
