r"""Several settings at once: the largest Σ w_k ⟨|m_k|⟩, and the largest μ with ⟨|m_k|⟩ ≥ μ for every setting.

With hidden states λ of weight ρ_λ and marginal vectors m_λ, and the boxes' correlators eliminated,

    maximise Σ_λ ρ_λ Σ_k w_k |m_λk|   subject to   Σ ρ |A_i − B_j| ≤ 1 − C_ij,  Σ ρ |A_i + B_j| ≤ 1 + C_ij,  Σ ρ = 1.

Zero or free marginals put no further constraint on m, because every hidden state may be accompanied by its negative.
One column per hidden state; for multipliers y ≥ 0 of the constraints the best column maximises

    g(m) = Σ w_k |m_k| − Σ y⁻_ij |A_i − B_j| − Σ y⁺_ij |A_i + B_j|     over m in [−1, 1]^n.

With the signs of m fixed, g is a linear function of the |m_k| minus a cut function, so a maximiser has entries −1, 0
or +1: each setting of a hidden state is deterministic or unbiased. Up to 11 settings on the smaller side the 3^n
choices are enumerated with the other side's best response, in exact integers; beyond, pricing is a mixed-integer
program by HiGHS. For *any* y ≥ 0 the value is at most Σ y (1 ∓ C) + max g: the proof of the upper end. For μ the same
holds with the w_k of the dual, Σ w_k = 1. Another proof: the value is at most Σ w_k D_k of `nsmodels.marginals`, the
largest values of the single settings (for μ: the least of them), and often, but not always, equal to that.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ..common.arguments import check_noun, check_options, floats
from ..common.arrays import Array
from ..common.rationals import round_up
from ..common.versions import versions
from ..core.behaviour import Behaviour
from ..core.boxes import BoxMixture
from ..core.enclosure import Enclosure, Status
from ..engines.solvers.lp import solve
from ..errors import InputError, SolverError
from ..questions.bias.marginals import marginals
from .joint_pricing import LARGEST_ENUMERATION, SCALE, Pricing, price

__all__ = ["JointMarginals", "joint_marginals"]


@dataclass(frozen=True, eq=False, repr=False)
class JointMarginals:
    """The answer, with the hidden states that attain the lower end.

    Parameters
    ----------
    value : Enclosure
        Of the largest Σ w ⟨|m|⟩, or of the largest μ.
    weights : ndarray, shape (n,)
        w, Alice first: as given, or for μ the multipliers that prove the upper end.
    rho : ndarray, shape (L,)
        Weights of the hidden states; what is missing to 1 belongs to an unbiased one.
    states : ndarray, shape (L, n)
        Marginal vectors with entries −1, 0, 1; each stands for itself and its negative with half the weight.
    behaviour : Behaviour
    stats : mapping
        ``seconds``, ``iterations``, ``columns``, ``pricing``, ``versions``.
    """

    value: Enclosure
    weights: Array
    rho: Array
    states: Array
    behaviour: Behaviour
    stats: Mapping[str, Any]

    def model(self) -> BoxMixture:
        """The decomposition written out: boxes with marginals ±m, and an unbiased one for the rest of the weight.

        All boxes use the same mixing t_ij of the two ends of the interval of eq. (7) of arXiv:0801.2241.
        """
        n_a = self.behaviour.shape[0]
        rest = max(0.0, 1.0 - float(self.rho.sum()))
        m = np.vstack([self.states, -self.states, np.zeros((1, self.states.shape[1]))])
        rho = np.concatenate([0.5 * self.rho, 0.5 * self.rho, [rest]])
        low = -1.0 + np.abs(m[:, :n_a, None] + m[:, None, n_a:])
        high = 1.0 - np.abs(m[:, :n_a, None] - m[:, None, n_a:])
        mean_low, mean_high = np.tensordot(rho, low, 1), np.tensordot(rho, high, 1)
        gap = mean_high - mean_low
        table = np.where(self.behaviour.known, self.behaviour.correlators, 0.5 * (mean_low + mean_high))
        mixing = np.clip((table - mean_low) / np.where(gap > 1e-12, gap, np.inf), 0.0, 1.0)
        return BoxMixture(rho / rho.sum(), m[:, :n_a], m[:, n_a:], low + mixing * (high - low))

    def __repr__(self) -> str:
        biased = 2 * int(self.states.any(axis=1).sum())  # each with its negative; the unbiased state is its own
        return f"JointMarginals({self.value!r}, {biased} biased hidden states)"


def joint_marginals(
    behaviour: Behaviour,
    weights: ArrayLike | None = None,
    *,
    tolerance: float = 1e-7,
    time_limit_s: float = 60.0,
) -> JointMarginals:
    """Enclose the largest Σ w_k ⟨|m_k|⟩ over all non-signalling decompositions, or the largest common μ.

    Parameters
    ----------
    behaviour : Behaviour
        With zero or free marginals.
    weights : array_like or None, shape (n_A + n_B,)
        w ≥ 0, Alice first, not all zero. ``None`` asks for the largest μ such that ⟨|m_k|⟩ ≥ μ for every setting.
    tolerance : float
        Wanted width; > 0.
    time_limit_s : float

    Returns
    -------
    JointMarginals
        Certified while the smaller side has at most 11 settings, and beyond where the upper ends of the single settings
        prove it; else the upper end is the solver's bound of the mixed-integer program and the status is "estimate".
        Where a solver fails, what is proved without its answer, with its sentence as the reason.

    Raises
    ------
    InputError
        For bad weights, or marginals that are given and not zero.
    """
    start = time.perf_counter()
    check_noun(behaviour, Behaviour, "behaviour", "joint_marginals")
    check_options("joint_marginals", tolerance=tolerance, time_limit_s=time_limit_s)
    n_a, n_b = behaviour.shape
    if any(side is not None and bool(np.any(side != 0.0)) for side in (behaviour.alice, behaviour.bob)):
        raise InputError("joint_marginals: given non-zero marginals are not supported; use zero or free marginals")
    w = None if weights is None else floats(weights, "joint_marginals: weights is not a list of numbers")
    if w is not None and (w.shape != (n_a + n_b,) or not np.isfinite(w).all() or w.min() < 0.0 or not w.any()):
        raise InputError(f"joint_marginals: weights must be {n_a + n_b} numbers ≥ 0, Alice first, not all zero")
    margin = behaviour.rounding + 2.0**-52
    ends = np.stack([1.0 - behaviour.correlators, 1.0 + behaviour.correlators])  # |A − B|, |A + B|
    ends = np.where(behaviour.known, ends, np.inf)
    low = np.maximum(ends - margin, 0.0)
    single = [Fraction(end.upper) for end in marginals(behaviour, time_limit_s=time_limit_s).enclosures]
    cap = round_up(min(single) if w is None else sum((Fraction(x) * e for x, e in zip(w, single)), Fraction(0)))
    answer = _generate(low, w, n_a, tolerance, start + time_limit_s, cap)
    best: Pricing = answer["pricing"]
    upper = min(cap, _proved_upper(ends, margin, best))
    lower, rho = _proved_lower(low, answer["rho"], answer["states"], w, n_a)
    upper = max(lower, upper)
    reached = upper - lower <= tolerance
    status = Status.CERTIFIED if best.exact or upper == cap else Status.ESTIMATE
    keep = rho > 0.0
    return JointMarginals(
        Enclosure(lower, upper, status, "tolerance_met" if reached else answer["reason"]),
        best.weights,
        rho[keep],
        answer["states"][keep],
        behaviour,
        {
            "seconds": time.perf_counter() - start,
            "iterations": answer["rounds"],
            "columns": len(rho),
            "pricing": "enumeration" if best.exact else "mixed-integer program",
            "versions": versions(),
        },
    )


def _rows(states: Array, n_a: int) -> Array:
    """|A_i − B_j| and |A_i + B_j| of each state, shape (L, 2 n_A n_B)."""
    a, b = states[:, :n_a, None], states[:, None, n_a:]
    return np.stack([np.abs(a - b), np.abs(a + b)], axis=1).reshape(len(states), -1)


def _generate(
    low: Array, w: Array | None, n_a: int, tolerance: float, deadline: float, cap: float
) -> dict[str, Any]:
    """Column generation: proposals only. ``cap`` is an upper end known beforehand."""
    shape = low.shape
    n = shape[1] + shape[2]
    finite = np.isfinite(low).ravel()
    forbidden = low <= 0.0
    enumerate_all = min(n_a, n - n_a) <= LARGEST_ENUMERATION
    states = np.zeros((1, n))
    rho, value, rounds, reason = np.ones(1), 0.0, 0, "the multipliers stalled"
    bound, threshold = np.inf, 0.0
    current = np.ones(n) / n if w is None else w
    y = np.where(forbidden, 4.0, np.where(np.isfinite(low), current.sum() / low[0].size, 0.0))
    best: Pricing | None = None
    while rounds < 1000:
        rounds += 1
        try:
            pricing = price(y, current, enumerate_all, threshold, max(1.0, deadline - time.perf_counter()))
        except SolverError as error:
            reason = str(error)
            break
        total = _bound(low, pricing)
        if best is None or total < bound:
            bound, best = total, pricing
        if min(bound, cap) - value <= 0.5 * tolerance:
            reason = "tolerance_met"
            break
        if time.perf_counter() > deadline:
            reason = "time_limit"
            break
        fresh = np.unique(np.vstack([states, pricing.states]), axis=0)
        if len(fresh) == len(states) and rounds > 1:
            break
        before, states = states, fresh
        used, sizes = _rows(states, n_a)[:, finite], np.abs(states)
        count, right = len(states), low.ravel()[finite]
        if w is None:  # unknowns ρ, μ:  μ − Σ ρ |m_k| ≤ 0
            last = np.concatenate([np.zeros(used.shape[1]), np.ones(n)])
            matrix = np.hstack([np.vstack([used.T, -sizes.T]), last[:, None]])
            cost = np.concatenate([np.zeros(count), [-1.0]])
            right = np.concatenate([right, np.zeros(n)])
        else:
            matrix, cost = used.T, -(sizes @ w)
        total_weight = (np.arange(len(cost)) < count)[None, :] * 1.0
        try:
            answer = solve(cost, matrix, right, A_eq=total_weight, b_eq=[1.0], upper=1.0)
        except SolverError as error:
            reason, states = str(error), before  # the weights of the round before belong to its states
            break
        rho, value = np.maximum(answer.x[:count], 0.0), -answer.objective
        multipliers, threshold = answer.upper_multipliers, -float(answer.equality_multipliers[0])
        if w is None:
            shares = float(multipliers[-n:].sum())
            current = multipliers[-n:] / shares if shares > 0.0 else current  # 0 where μ ≤ 1 is all that binds
        y = np.zeros(finite.shape)
        y[finite] = multipliers[: int(finite.sum())]
        y = np.where(forbidden, np.maximum(y.reshape(shape), 4.0 * current.sum()), y.reshape(shape))
    if best is None:  # multipliers y = 0: g(m) = Σ w|m|, no better than the cap, which is used instead
        best = Pricing(np.zeros(shape), current, np.inf, np.zeros((1, n)), False)
    return {"rho": rho, "states": states, "pricing": best, "rounds": rounds, "reason": reason}


def _bound(low: Array, pricing: Pricing) -> float:
    finite = np.isfinite(low)
    return float((pricing.multipliers[finite] * low[finite]).sum()) / SCALE + pricing.value


def _proved_upper(ends: Array, margin: float, pricing: Pricing) -> float:
    """Σ y (1 ∓ C) + max g in exact arithmetic, rounded up."""
    if not np.isfinite(pricing.value):
        return float("inf")
    chosen = np.flatnonzero(pricing.multipliers.ravel())
    pairs = zip(pricing.multipliers.ravel()[chosen].tolist(), ends.ravel()[chosen].tolist(), strict=True)
    total = sum((int(y) * (Fraction(end) + Fraction(margin)) for y, end in pairs), Fraction(0))
    return round_up(total / int(SCALE) + Fraction(pricing.value))


def _proved_lower(low: Array, rho: Array, states: Array, w: Array | None, n_a: int) -> tuple[float, Array]:
    """Scale ρ until every constraint holds in spite of rounding; the rest of the weight goes to m = 0."""
    safe = 1.0 + 8.0 * (len(rho) + 8) * 2.0**-53
    right = low.ravel()
    used = _rows(states, n_a)
    rho = np.where((used * (right <= 0.0)).any(axis=1), 0.0, rho) / max(1.0, float(rho.sum()) * safe)
    sums = (rho @ used) * safe
    positive = sums > 0.0
    rho = rho * min(1.0, float((right[positive] / sums[positive]).min(initial=1.0))) / safe
    means = rho @ np.abs(states)
    return max(0.0, float(means.min() if w is None else means @ w) / safe), rho
