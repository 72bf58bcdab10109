"""The lower end of a visibility: which of a solver's states and weights become the explicit model (`exact_model`)."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ...common.arrays import Array
from ...engines.recombination import recombine
from ...models.hidden_variables import HiddenVariableModel, with_partners
from .exact_model import LARGEST_MISS, ExactModel, exact_model
from .mean_vectors import with_mean_vectors
from .room import in_the_ball, strictest
from .rows import Target
from .states import Columns
from .strict_noise import strict_noise_model

__all__ = ["prove_mixture", "prove_noise"]


PARTNERS_TRIED = 5
"""States whose partners are tried as a model of the noise."""
MANY_STATES = 60
"""Mixtures of more states than this are recombined to fewer first."""
UNHURRIED = 1.0
"""Seconds without which the first model that fits is taken as it is."""


def prove_mixture(
    target: Target, parts: Sequence[HiddenVariableModel], columns: Columns, weights: Array, visibility: float, *,
    tolerance: float, rng: np.random.Generator, deadline: float = math.inf,
) -> ExactModel:  # fmt: skip
    """The best explicit model that these states and weights lead to.

    Parameters
    ----------
    target, parts, columns, weights, visibility
        As in `exact_model`.
    tolerance : float
        Losses of V well below it are accepted for fewer states.
    rng : numpy.random.Generator
        For the states of a model of the noise.
    deadline : float
        `time.perf_counter` value after which fewer states or a larger V are no longer looked for.

    Less than `UNHURRIED` before the deadline neither is begun.
    """
    equations = len(target.margin_right) > 0
    nearly_one = visibility >= 1.0 - 0.3 * tolerance
    if nearly_one:
        model = _of_the_behaviour(target, parts, columns, rng, tolerance, deadline)
        if model is not None:
            return model
    if equations and nearly_one:
        visibility = 1.0
    model = None
    hurried = deadline - time.perf_counter() < UNHURRIED
    if len(weights) > MANY_STATES and not equations and not hurried:
        model = _recombined(target, parts, columns, weights, visibility, tolerance, deadline)
    if model is None:
        keep = _substantial(weights, 0.01 * tolerance)
        columns, weights = columns.take(keep), weights[keep] / weights[keep].sum()
        model = exact_model(target, parts, columns, weights, visibility, deadline=deadline)
        if model.visibility >= 1.0 and model.deviation == 0.0:
            return _fewest_states(target, parts, columns, weights, model, deadline)
    if hurried and model.deviation == 0.0:
        return model
    if model.visibility < visibility - 0.05 * tolerance or model.deviation > 0.0:
        strict = strict_noise_model(target, parts, columns, rng, deadline)
        if strict is not None:
            model = _better(model, exact_model(target, parts, columns, weights, visibility, noise_model=strict))
    if model.visibility < visibility - 0.05 * tolerance or model.deviation > 0.0:
        room = strictest(target, parts, columns, rng, deadline=deadline)
        if room is not None:
            model = _better(model, with_mean_vectors(target, parts, columns, weights, visibility, room))
    if model.deviation > 0.0 and equations:
        room = strictest(target, parts, columns, rng, visibility=0.0, deadline=deadline)
        if room is not None:
            model = _better(model, with_mean_vectors(target, parts, room[0], room[1], 0.0, room))
    if model.visibility < visibility - 0.3 * tolerance or model.deviation > 0.0:
        model = _better(model, in_the_ball(target, parts, columns, tolerance=tolerance, deadline=deadline))
    return model


def _better(model: ExactModel, other: ExactModel | None) -> ExactModel:
    """The one that misses its target by less, then the one with the larger V."""
    if other is None or (model.deviation, -model.visibility) <= (other.deviation, -other.visibility):
        return model
    return other


def _of_the_behaviour(
    target: Target, parts: Sequence[HiddenVariableModel], columns: Columns, rng: np.random.Generator,
    tolerance: float, deadline: float,
) -> ExactModel | None:  # fmt: skip
    """A model of the behaviour itself, V = 1, where there is room for one."""
    room = strictest(target, parts, columns, rng, visibility=1.0, deadline=deadline)
    if room is not None:
        model = with_mean_vectors(target, parts, room[0], room[1], 1.0, room)
        if model is not None and model.visibility >= 1.0:
            if len(target.margin_right):
                return model
            return _fewest_states(target, parts, room[0], room[1], model, deadline)
    model = in_the_ball(target, parts, columns, tolerance=tolerance, deadline=deadline)
    return model if model is not None and model.visibility >= 1.0 else None


def prove_noise(
    target: Target, parts: Sequence[HiddenVariableModel], columns: Columns, rng: np.random.Generator,
    deadline: float = math.inf,
) -> ExactModel | None:  # fmt: skip
    """A model of nearly the noise alone: better than nothing where the search had no time to find one.

    White noise is the mean of any state, of the one with B → −B, and of the negations of both, up to rounding where a
    marginal is 1 in size: a few states are tried before a linear program looks for room.
    """
    for k in range(min(len(columns), PARTNERS_TRIED)):
        part = int(columns.part[k])
        few = Columns.of(with_partners(columns.take(np.array([k])).states(part), target.antipodal), part)
        shares = np.full(len(few), 1.0 / len(few))
        if len(target.margin_right):
            corrected = with_mean_vectors(target, parts, few, shares, 0.0, (few, shares, 0.0))
            if corrected is not None:
                return corrected
            continue
        model = exact_model(target, parts, few, shares, 0.0)
        if model.deviation == 0.0 and model.repair <= LARGEST_MISS:
            return model
    strict = strict_noise_model(target, parts, columns, rng, deadline)
    if strict is None:
        room = strictest(target, parts, columns, rng, visibility=0.0, deadline=deadline)
        return None if room is None else with_mean_vectors(target, parts, room[0], room[1], 0.0, room)
    model = exact_model(target, parts, *strict, 0.0)
    return model if model.deviation == 0.0 and model.repair <= LARGEST_MISS else None


def _recombined(
    target: Target, parts: Sequence[HiddenVariableModel], columns: Columns, weights: Array, visibility: float,
    tolerance: float, deadline: float,
) -> ExactModel | None:  # fmt: skip
    """The same mean rows by fewer states, unless V suffers: interior solutions use far too many states."""
    if time.perf_counter() > deadline:
        return None
    slack = target.right + visibility * target.slope - target.sums(columns.alice, columns.bob, weights)
    rows = np.argsort(slack)[: min(3 * sum(target.behaviour.shape), len(weights) // 2)]
    rows = rows[slack[rows] < 0.05]
    fewer = recombine(target.coefficients(columns.alice, columns.bob, rows), weights, deadline)
    used = fewer > 0.0
    model = exact_model(target, parts, columns.take(used), fewer[used] / fewer[used].sum(), visibility)
    enough = model.visibility >= visibility - 0.02 * tolerance
    return model if enough and model.deviation == 0.0 else None


def _fewest_states(
    target: Target, parts: Sequence[HiddenVariableModel], columns: Columns, weights: Array, model: ExactModel,
    deadline: float,
) -> ExactModel:  # fmt: skip
    """A model of the behaviour itself (V = 1) by few of the states, where there is room."""
    order = np.argsort(-weights)
    for share in (0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7):
        if time.perf_counter() > deadline:
            break
        few = order[: max(1, int(share * len(order)))]
        smaller = exact_model(target, parts, columns.take(few), weights[few] / weights[few].sum(), 1.0)
        if smaller.visibility >= 1.0 and smaller.deviation == 0.0:
            return smaller
    return model


def _substantial(weights: Array, budget: float) -> NDArray[np.intp]:
    """Indices of all but the smallest weights, which add up to less than the budget."""
    order = np.argsort(weights)
    dropped = int(np.searchsorted(np.cumsum(weights[order]), budget))
    return np.sort(order[dropped:])
