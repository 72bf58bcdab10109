r"""Decompositions with few hidden states whose marginals are as large as they can be, on average over all settings.

*One* setting needs two hidden states only: if m is a marginal vector that a non-signalling box with the correlators C
can have, so is −m, and the half-half mixture of the two boxes has the correlators C, vanishing marginals, and the mean
|marginal| |m_k|; so two states reach the largest value of any single setting. *All settings at once* can ask for more:
different hidden states are then biased at different settings, and the correlators are shared among their intervals.

Here the states come in opposite pairs ±m_l of weight ρ_l. With x_l = ρ_l m_l, and C_λ eliminated,

    maximise Σ_l Σ_k |x_lk|   subject to   Σ_l |A_li − B_lj| ≤ 1 − C_ij,  Σ_l |A_li + B_lj| ≤ 1 + C_ij,  |x_lk| ≤ ρ_l,

which is a linear program as soon as the signs of x are fixed; they are improved one by one. What is found is attained
by the boxes themselves; what any number of hidden states can reach is proved by `nsmodels.studies.joint_marginals`.
"""

from __future__ import annotations

import time

import numpy as np
from numpy.typing import NDArray

from ..common.arguments import check_noun, check_options, whole
from ..common.arrays import Array
from ..core.behaviour import Behaviour
from ..core.boxes import BoxMixture
from ..engines.solvers.lp import solve
from ..errors import InputError, SolverError
from .joint_bias import joint_marginals

__all__ = ["few_states"]

MARGIN = 1e-11
"""Amount by which constraints are tightened, so that rounding cannot break them."""

Signs = NDArray[np.bool_]


def few_states(
    behaviour: Behaviour, states: int = 2, *, time_limit_s: float = 10.0, starts: int = 4, seed: int = 0
) -> BoxMixture:
    """The decomposition with so many hidden states, in opposite pairs, of largest mean |marginal| over all settings.

    Parameters
    ----------
    behaviour : Behaviour
        With zero or free marginals.
    states : int
        From 2 to 64; of an odd number the last one is unbiased.
    time_limit_s : float
        For the search; the best found is returned.
    starts : int
        Signs at random from which it begins, beside those of `nsmodels.studies.joint_marginals`; at least 1.
    seed : int

    Returns
    -------
    BoxMixture
        A local maximum: its own value is attained, that no other mixture of so many states has more is not claimed.
        ``joint_marginals(behaviour, [1/n] * n)`` proves what any number of states can reach.

    Raises
    ------
    InputError
        For marginals that are given and not zero, and numbers out of range.
    """
    check_noun(behaviour, Behaviour, "behaviour", "counterexample")
    check_options("counterexample", time_limit_s=time_limit_s, seed=seed)
    states = whole(states, "counterexample: states", 2, 64)
    starts = whole(starts, "counterexample: starts", 1, 1000)
    end = time.perf_counter() + time_limit_s
    n = sum(behaviour.shape)
    joint = joint_marginals(behaviour, np.full(n, 1.0 / n), time_limit_s=time_limit_s)
    rng, pairs = np.random.default_rng(seed), states // 2
    order = np.argsort(-joint.rho, kind="stable")
    known = joint.states[order][:pairs] >= 0.0
    firsts = [np.vstack([known, rng.random((pairs - len(known), n)) < 0.5])]
    firsts += [rng.random((pairs, n)) < 0.5 for _ in range(starts)]
    found, best = np.zeros((pairs, n)), np.full(pairs, 1.0 / pairs)
    value = 0.0
    for first in firsts:
        new_value, x, rho = _improved(behaviour, first, end)
        if new_value > value + 1e-12:
            value, found, best = new_value, x, rho
        if value > joint.value.upper - 1e-9 or time.perf_counter() > end:
            break
    return _boxes(behaviour, found, best, states)


def _improved(behaviour: Behaviour, signs: Signs, end: float) -> tuple[float, Array, Array]:
    """A maximum that no change of one sign makes larger, as far as the time goes."""
    value, x, rho = _solved(behaviour, signs)
    better = True
    while better and time.perf_counter() < end:
        better = False
        # where x vanishes either sign fits; the others are turned as well, smallest first
        for place in np.argsort(np.abs(x), axis=None, kind="stable").tolist():
            turned = signs.copy()
            turned.ravel()[place] ^= True
            new = _solved(behaviour, turned)
            if new[0] > value + 1e-9:
                (value, x, rho), signs, better = new, turned, True
                break
            if time.perf_counter() > end:
                break
    return value, x, rho


def _solved(behaviour: Behaviour, signs: Signs) -> tuple[float, Array, Array]:
    """The linear program for given signs: mean |marginal|, x = ρ m with signs, and ρ; nothing where it fails."""
    pairs, n = signs.shape
    n_a = behaviour.shape[0]
    i, j = np.nonzero(behaviour.known)
    known, count = len(i), pairs * n + pairs * len(i) + pairs
    table = behaviour.correlators[i, j]
    # columns: |x|, then e = ||A| − |B||, then ρ
    equal = signs[:, i] == signs[:, n_a + j]  # the moduli of A and B add up in |A + B|, and not in |A − B|
    rows: list[Array] = []
    right: list[float] = []
    for alike, limit in ((True, 1.0 + table), (False, 1.0 - table)):
        block = np.zeros((known, count))
        for pair in range(pairs):
            add = equal[pair] == alike
            k = np.arange(known)
            block[k[add], pair * n + i[add]] += 1.0
            block[k[add], pair * n + n_a + j[add]] += 1.0
            block[k[~add], pairs * n + pair * known + k[~add]] += 1.0
        rows.append(block)
        right += np.maximum(limit - behaviour.rounding - MARGIN, 0.0).tolist()
    for pair in range(pairs):
        k = np.arange(known)
        for sign in (1.0, -1.0):
            block = np.zeros((known, count))
            block[k, pair * n + i], block[k, pair * n + n_a + j] = sign, -sign
            block[k, pairs * n + pair * known + k] = -1.0
            rows.append(block)
            right += [0.0] * known
        block = np.zeros((n, count))
        block[np.arange(n), pair * n + np.arange(n)], block[:, pairs * n + pairs * known + pair] = 1.0, -1.0
        rows.append(block)
        right += [0.0] * n
    cost, total = np.zeros(count), np.zeros((1, count))
    cost[: pairs * n], total[0, -pairs:] = -1.0 / n, 1.0
    try:
        answer = solve(cost, np.vstack(rows), np.array(right), A_eq=total, b_eq=np.ones(1), upper=1.0)
    except SolverError:
        return 0.0, np.zeros((pairs, n)), np.full(pairs, 1.0 / pairs)
    sizes = np.clip(answer.x[: pairs * n].reshape(pairs, n), 0.0, 1.0)
    return float(sizes.sum()) / n, np.where(signs, sizes, -sizes), np.clip(answer.x[-pairs:], 0.0, 1.0)


def _boxes(behaviour: Behaviour, x: Array, rho: Array, states: int) -> BoxMixture:
    """The pairs written out, all with one mixing of the two ends of eq. (7) of arXiv:0801.2241."""
    n_a = behaviour.shape[0]
    rho = rho / rho.sum()
    m = np.clip(np.divide(x, rho[:, None], out=np.zeros_like(x), where=rho[:, None] > 1e-12), -1.0, 1.0)
    m, weights = np.vstack([m, -m]), np.concatenate([rho, rho]) / 2.0
    if states % 2:
        m, weights = np.vstack([m, np.zeros((1, m.shape[1]))]), np.append(weights, 0.0)
    low = -1.0 + np.abs(m[:, :n_a, None] + m[:, None, n_a:])
    high = 1.0 - np.abs(m[:, :n_a, None] - m[:, None, n_a:])
    mean_low, mean_high = np.tensordot(weights, low, 1), np.tensordot(weights, high, 1)
    gap = mean_high - mean_low
    wanted = np.where(behaviour.known, behaviour.correlators, 0.5 * (mean_low + mean_high))
    mixing = np.clip((wanted - mean_low) / np.where(gap > 1e-12, gap, np.inf), 0.0, 1.0)
    try:
        return BoxMixture(weights, m[:, :n_a], m[:, n_a:], low + mixing * (high - low))
    except InputError:  # rounding of a solver in a degenerate corner: nothing biased is shown then
        nothing = np.zeros((states, m.shape[1]))
        table = np.broadcast_to(behaviour.correlators, (states, *behaviour.shape))
        return BoxMixture(np.full(states, 1.0 / states), nothing[:, :n_a], nothing[:, n_a:], table)
