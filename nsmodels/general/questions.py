"""The three questions about scenarios: bound, decompose, marginals."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..common.arguments import check_options
from ..common.interrupts import released
from ..common.rationals import rational, round_down, round_up, to_integers
from ..common.versions import versions
from ..core.effort import Progress
from ..core.enclosure import NO_MODEL_PROVED, NOT_FOUND, Enclosure, Status
from ..core.general_scenario import Scenario
from ..errors import InputError
from ..questions.answer import Question
from ..questions.watching import tells_progress
from .best_guess import best_guess
from .mixing import Inequality, Mixed, Task, mixed, proved
from .models import ScenarioModel, checked, model_of
from .results import NO_ENDS, BoundAnswer, DecomposeAnswer, Known, MarginalsAnswer, Tables
from .states import Dual, State

__all__ = ["bound", "decompose", "marginals", "visibility", "white"]

Array = NDArray[np.float64]
MOST_SIZE = 1e300
"""What the coefficients of a functional may add up to, so that its values are doubles."""
NOT_EXACT = "general: the noise has a negative probability within its rounding; give numbers that are further from 0"


def _stats(begin: float, **more: Any) -> Mapping[str, Any]:
    return {"seconds": time.perf_counter() - begin, **more, "versions": versions()}


@tells_progress("round")
def bound(
    functional: ArrayLike, model: str | ScenarioModel = "local", *, scenario: Scenario | None = None,
    tolerance: float = 1e-6, time_limit_s: float = 60.0, seed: int = 0, progress: Progress | bool | None = None,
) -> BoundAnswer:  # fmt: skip
    """The largest value of Σ s p over a model, exactly.

    Parameters
    ----------
    functional : array_like
        s[a, b, …, x, y, …]
    model : {"local", "nonsignalling"} or Finite
    scenario : Scenario, optional
        By default that of the model, or of the table.
    tolerance, seed : float, int
        Without effect: the answer is exact.
    time_limit_s : float

    Raises
    ------
    InputError
        If the table does not fit the scenario, or there are too many strategies or too large a linear program.

    Examples
    --------
    >>> import nsmodels as ns
    >>> game = ns.general.mermin()
    >>> print(ns.general.bound(game).exact, ns.general.bound(game, "nonsignalling").exact)
    2 4
    """
    begin = time.perf_counter()
    check_options("general", tolerance=tolerance, time_limit_s=time_limit_s, seed=seed, progress=progress)
    table, scenario = checked(functional, scenario, "the functional", model)
    if math.fsum(abs(table.ravel()) / MOST_SIZE) > 1.0:
        size = f"the coefficients add up to more than {MOST_SIZE:g} in size"
        raise InputError(f"general: {size}; divide them by a number")
    asked = Tables(scenario, model_of(model, scenario), functional=table)
    question = Question(tolerance, time_limit_s, seed)
    integers, exponent = to_integers(table[scenario.exists()].tolist())
    try:
        with released():
            found = asked.model.best(np.array(integers, dtype=object), begin + time_limit_s)
    except (TimeoutError, KeyboardInterrupt) as error:
        return _rough_bound(asked, [Fraction(x, 1 << exponent) for x in integers], error, begin, question)
    unit = Fraction(1, 1 << exponent)
    proof = asked.model.proof_json([dual.scaled(unit) for dual in found.proof])
    value = Enclosure.around(found.value * unit)
    return BoundAnswer(asked, value, _stats(begin), found.states[0][1], proof, question=question)


def _rough_bound(
    asked: Tables, entries: list[Fraction], error: BaseException, begin: float, question: Question
) -> BoundAnswer:
    """What is proved without any search: the largest entries of all blocks of settings above, some state below."""
    upper, dual = Dual.of_blocks(asked.scenario, entries)
    state, reason = asked.model.some_state(), _nothing(error).reason
    proof = asked.model.rough_proof(dual)
    rough = BoundAnswer(asked, Enclosure(*NO_ENDS), _stats(begin), state, proof, question=question)
    return replace(rough, value=Enclosure(round_down(rough.exact), round_up(upper), reason=reason))


def _nothing(error: BaseException) -> Enclosure:
    reason = "time_limit" if isinstance(error, TimeoutError) else "interrupted"
    return Enclosure(*NO_ENDS, Status.NO_ANSWER, reason)


@tells_progress("round")
def decompose(
    behaviour: ArrayLike, model: str | ScenarioModel = "local", *, noise: ArrayLike | None = None,
    scenario: Scenario | None = None, tolerance: float = 1e-9, time_limit_s: float = 60.0, seed: int = 0,
    progress: Progress | bool | None = None,
) -> DecomposeAnswer:  # fmt: skip
    """The largest V in [0, 1] for which V·p + (1 − V)·noise has a model, the model, and the best inequality.

    The tables are read by their joint probabilities of all outcomes but the last ones, marginals being averaged over
    the settings of the others, as exact numbers: fractions p/q with q ≤ 10,000 where they are within 1e-14, else to 53
    bits.

    Parameters
    ----------
    behaviour : array_like
        p[a, b, …, x, y, …]
    model : {"local", "nonsignalling"} or Finite
    noise : array_like, optional
        A table like it; by default all outcomes of a setting are as likely.
    scenario : Scenario, optional
        By default that of the model, or of the table.
    tolerance : float
        The search ends once both ends are as near; they usually meet.
    time_limit_s : float
    seed : int
        Without effect: nothing is random.

    Raises
    ------
    InputError
        If an entry is negative, a block does not add up to 1, or the table signals, by more than 1e-9.

    Examples
    --------
    >>> import nsmodels as ns
    >>> print(ns.general.decompose(ns.behaviours.pr_box().to_probabilities()).exact)
    1/2
    """
    begin = time.perf_counter()
    check_options("general", tolerance=tolerance, time_limit_s=time_limit_s, seed=seed, progress=progress)
    assert not isinstance(progress, bool)
    table, scenario = checked(behaviour, scenario, "the behaviour", model)
    other = None if noise is None else scenario.table(noise, "the noise")
    asked = Tables(scenario, model_of(model, scenario), behaviour=table, noise=other)
    target, base = scenario.exact(table, "the behaviour"), scenario.exact(white(scenario, other), "the noise")
    question = Question(tolerance, time_limit_s, seed)
    deadline = begin + time_limit_s
    if asked.model.everything:
        return _without_signalling(asked, target, base, begin, question)
    task = Task(asked.model, target, base)
    try:
        with released():
            found = mixed(task, tolerance=min(tolerance, 1e-9), deadline=deadline, progress=progress)
        inequality = None
        if found.functional is not None and (found.upper < 1 or found.lower is None):
            inequality = proved(task, found.functional)
    except (TimeoutError, KeyboardInterrupt) as error:
        found, inequality = mixed(task, deadline=-math.inf), None
        found = replace(found, reason=_nothing(error).reason)
    if found.lower is None and found.reason != NO_MODEL_PROVED and (rough := asked.model.decomposed(base)):
        weights, states = zip(*rough)
        found = replace(found, lower=Fraction(0), weights=weights, states=states)
    stats = _stats(begin, rounds=found.rounds, columns=found.columns)
    return _decomposed(asked, task, found, inequality, stats, question)


def _decomposed(
    asked: Tables, task: Task, found: Mixed, inequality: Inequality | None, stats: Mapping[str, Any], question: Question
) -> DecomposeAnswer:
    assert task.noise is not None
    if found.lower is None:
        ends = [] if inequality is None else [inequality.at(task.target), inequality.at(task.noise)]
        if inequality is not None and found.reason == NO_MODEL_PROVED and min(ends) <= inequality.bound:
            found, inequality = replace(found, reason=NOT_FOUND), None  # its coefficients were rounded too much
        nothing = Enclosure(*NO_ENDS, Status.NO_ANSWER, found.reason)
        own = inequality if found.reason == NO_MODEL_PROVED else None
        return DecomposeAnswer(asked, nothing, stats, inequality=own, question=question)
    upper = Fraction(1)
    if inequality is not None:
        low = inequality.at(task.noise)
        slope = inequality.at(task.target) - low
        if slope > 0:
            upper = min(upper, (inequality.bound - low) / slope)
        if upper == 1:
            inequality = None
    value = Enclosure(round_down(found.lower), round_up(upper), reason=found.reason)
    return DecomposeAnswer(asked, value, stats, found.lower, found.weights, found.states, inequality, question=question)


def white(scenario: Scenario, noise: Array | None = None) -> Array:
    """The noise, in which all outcomes of a setting are as likely unless another one is given."""
    if noise is not None:
        return noise
    exists = np.where(scenario.exists(), 1.0, 0.0)
    return np.asarray(exists / exists.sum(axis=tuple(range(len(scenario.outcomes))), keepdims=True))


def _without_signalling(
    asked: Tables, target: list[Fraction], base: list[Fraction], begin: float, question: Question
) -> DecomposeAnswer:
    """All that does not signal has a model, itself, unless an entry is −1e-17 or so by its rounding."""
    scenario = asked.scenario
    p, q = scenario.entries(target), scenario.entries(base)
    if min(q) < 0:
        raise InputError(NOT_EXACT)
    most, where = min([(y / (y - x), k) for k, (x, y) in enumerate(zip(p, q)) if x < 0], default=(Fraction(1), -1))
    box = tuple(most * x + (1 - most) * y for x, y in zip(p, q))
    inequality = None
    if where >= 0:
        terms, model = scenario.terms(scenario.cells[where].tolist()), asked.model
        coefficients = tuple(-terms.get(tuple(chosen), 0) for chosen in scenario.chosen)
        found = model.best(scenario.spread(coefficients))
        inequality = Inequality(coefficients, found.value, model.proof_json(found.proof))
    value = Enclosure.around(most)
    states = (State(box=box),)
    return DecomposeAnswer(asked, value, _stats(begin), most, (Fraction(1),), states, inequality, question=question)


def visibility(
    behaviour: ArrayLike, *, noise: ArrayLike | None = None, scenario: Scenario | None = None
) -> DecomposeAnswer:
    """The largest V in [0, 1] for which V·p + (1 − V)·noise is local: `decompose` for the model "local".

    Raises
    ------
    InputError
        If an entry is negative, a block does not add up to 1, or the table signals, by more than 1e-9.
    """
    return decompose(behaviour, "local", noise=noise, scenario=scenario)


@tells_progress("setting")
def marginals(
    behaviour: ArrayLike, model: str | ScenarioModel = "nonsignalling", *, scenario: Scenario | None = None,
    tolerance: float = 1e-9, time_limit_s: float = 60.0, seed: int = 0, progress: Progress | bool | None = None,
) -> MarginalsAnswer:  # fmt: skip
    """How biased hidden states can be that make up a behaviour, for each party and setting.

    With g the largest Σ ρ_λ max_a P_λ(a | setting) over all decompositions p = Σ ρ_λ P_λ into states of the model, the
    bias of a setting with d outcomes is (d g − 1)/(d − 1): 0 where nobody can know the outcome, 1 where it may be fixed
    beforehand. For two outcomes it is the mean |marginal|, what `nsmodels.marginals` finds.

    Parameters
    ----------
    behaviour : array_like
        p[a, b, …, x, y, …], read as in `decompose`.
    model : {"nonsignalling", "local"} or Finite
    scenario : Scenario, optional
    tolerance : float
    time_limit_s : float
    seed : int
        Without effect: nothing is random.

    Raises
    ------
    InputError
        As `decompose`, or if the behaviour has no such model.
    """
    begin = time.perf_counter()
    check_options("general", tolerance=tolerance, time_limit_s=time_limit_s, seed=seed, progress=progress)
    assert not isinstance(progress, bool)
    table, scenario = checked(behaviour, scenario, "the behaviour", model)
    asked = Tables(scenario, model_of(model, scenario), behaviour=table)
    target = scenario.exact(table, "the behaviour")
    question, deadline = Question(tolerance, time_limit_s, seed), begin + time_limit_s
    known: list[tuple[Known, ...]] = []
    done, reason = 0, "tolerance_met"
    try:
        for k, counts in enumerate(scenario.outcomes):
            own = []
            for x in range(len(counts)):
                with released():
                    if asked.model.everything:
                        own.append(_guess_of_boxes(scenario, target, k, x, deadline))
                    else:
                        own.append(_guess_of_states(Task(asked.model, target, guessed=(k, x)), deadline))
                done += 1
                if progress is not None:
                    progress(float(max(one.lower for one in own)), 1.0, done, time.perf_counter() - begin)
            known.append(tuple(own))
    except (TimeoutError, KeyboardInterrupt) as error:
        reason, rough = _nothing(error).reason, asked.model.decomposed(target)
        if not rough:
            return MarginalsAnswer(asked, _nothing(error), _stats(begin), question=question)
        for k, counts in enumerate(scenario.outcomes[len(known) :], start=len(known)):
            known.append(tuple(_rough_guess(asked.model, rough, k, x) for x in range(len(counts))))
    ends = [one.ends for own in known for one in own]
    value = Enclosure(max(one.lower for one in ends), max(one.upper for one in ends), reason=reason)
    return MarginalsAnswer(asked, value, _stats(begin), tuple(known), question=question)


def _certificate(
    states: list[tuple[Fraction, State]], lower: Fraction, coefficients: list[Fraction], most: Fraction, proofs: Any
) -> dict[str, Any]:
    return {
        "guess": rational(lower),
        "states": [{"weight": rational(w), **state.certificate()} for w, state in states],
        "most": rational(most),
        "coefficients": [rational(c) for c in coefficients],
        "proofs": proofs,
    }


def _rough_guess(model: ScenarioModel, states: list[tuple[Fraction, State]], party: int, setting: int) -> Known:
    """What is known without any search: at least what these states tell, and at most everything."""
    scenario = model.scenario
    lower = sum((w * max(state.marginal(scenario, party, setting)) for w, state in states), Fraction(0))
    coefficients = [Fraction(1), *[Fraction(0)] * (len(scenario.chosen) - 1)]
    count, parties, proofs = scenario.outcomes[party][setting], len(scenario.outcomes), []
    here = [setting * (k == party) for k in range(parties)]
    for a in range(count):
        rows = scenario.cells.tolist()
        excess = [Fraction((row[party] == a and row[parties:] == here) - (not any(row[parties:]))) for row in rows]
        proofs.append(model.rough_proof(Dual.of_blocks(scenario, excess)[1]))
    return Known(lower, Fraction(1), count, _certificate(states, lower, coefficients, Fraction(1), proofs))


def _guess_of_boxes(scenario: Scenario, target: list[Fraction], party: int, setting: int, deadline: float) -> Known:
    found = best_guess(scenario, target, party, setting, deadline)
    states = [(w, State(box=tuple(p / w for p in box))) for w, box in found.parts]
    proofs = [dual.to_json(scenario) for dual in found.duals]
    certificate = _certificate(states, found.value, found.coefficients, found.value, proofs)
    return Known(found.value, found.value, scenario.outcomes[party][setting], certificate)


def _guess_of_states(task: Task, deadline: float) -> Known:
    """By columns; multipliers are proved again, for each outcome that may be guessed."""
    assert task.guessed is not None
    scenario, (party, setting) = task.scenario, task.guessed
    found = mixed(task, deadline=deadline)
    if found.lower is None and found.reason == "time_limit":
        raise TimeoutError
    if found.lower is None or found.functional is None:
        raise InputError(f"general: the behaviour has no {task.model.name} model: ask for its visibility")
    count = scenario.outcomes[party][setting]
    coefficients = [-c for c in found.functional]
    coefficients[0] += found.upper - sum((c * p for c, p in zip(coefficients, task.target)), Fraction(0))
    proofs = task.model.guess_proofs(coefficients, task.guessed, deadline)
    certificate = _certificate(list(zip(found.weights, found.states)), found.lower, coefficients, found.upper, proofs)
    return Known(found.lower, found.upper, count, certificate)
