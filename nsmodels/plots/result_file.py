"""The picture of a result file: its numbers, checked one by one, put back into the shape that `plot` draws.

Result files may come from anywhere. Nothing here proves anything (the checker does), and no text of the file enters the
picture: only finite numbers of moderate size, and names of settings that exist.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..behaviours import singlet
from ..core.enclosure import Enclosure, Status, exceeds
from ..core.functional import Functional, Inequality
from ..core.hidden_states import HiddenState
from ..core.settings import Settings
from ..errors import InputError
from ..questions.answer import Question
from ..questions.bias.graph import graph_of
from ..questions.bias.result import Chain, MarginalsResult, exact_chain, setting_names
from ..questions.bound import BoundResult
from ..questions.visibility.result import DecomposeResult, Decomposition, names_of, parts_of
from ..studies.analysis.result import AnalysisResult
from ..studies.local_weight import LocalContent
from .analysis import analysis_result, excess_against_purity
from .bounds import bound_result
from .decompositions import decompose_result, local_part
from .graphs import marginals_result

if TYPE_CHECKING:
    from ..files.problem import Problem

__all__ = ["picture_of"]

LARGEST_NUMBER = 1e12
SCANNED_PAIRS, SCAN_SECONDS = 64, 2.0
"""Pairs of settings up to which purities are scanned for a picture, and seconds that each may take."""


def picture_of(problem: Problem, result: Mapping[str, Any]) -> Any:
    """Draw what a result file says, as the result's own ``plot()`` did.

    Parameters
    ----------
    problem : Problem
        Read from the file, and valid.
    result : mapping
        The rest of the file; ``value`` is not null.

    Raises
    ------
    ValueError, KeyError, TypeError
        For entries that are no numbers, or too large, or of the wrong shape.
    """
    if problem.kind == "bound":
        return _bound(problem, result)
    if problem.kind == "analysis":
        return _analysis(problem, result)
    if problem.kind == "design":
        return _visibility(_designed(problem, result), result)
    if problem.kind == "local_content":
        return local_part(LocalContent.from_json(result, problem))
    return _visibility(problem, result) if problem.kind == "visibility" else _marginals(problem, result)


def _analysis(problem: Problem, result: Mapping[str, Any]) -> Any:
    """Value and bound on one axis; for laws with a purity and few settings, excess and p-value against it too."""
    for key in ("observed", "violation"):
        for number in result[key].values():
            _number(0.0 if number is None else number)
    options = problem.options
    question = Question(options.tolerance, min(options.time_limit_s, SCAN_SECONDS), options.seed, problem.settings)
    answer = AnalysisResult.from_json(result, problem, question=question)
    many = answer.model.shape[0] * answer.model.shape[1] > SCANNED_PAIRS
    if many or answer.model.with_purity(1.0) is None:
        return analysis_result(answer)
    return excess_against_purity(answer, np.linspace(0.1, 1.0, 10))


def _designed(problem: Problem, result: Mapping[str, Any]) -> Problem:
    """The problem on the settings that are the answer."""
    rows = result["settings"]
    settings = Settings(rows["alice"], rows["bob"])
    behaviour = singlet(settings).with_pairs([(int(i), int(j)) for i, j in result["design"]["pairs"]])
    model = problem.model
    assert model is not None
    return replace(
        problem, settings=settings, shape=settings.shape, behaviour=behaviour,
        model=model.at(settings),  # type: ignore[attr-defined]  # designs are of models that move
    )  # fmt: skip


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= LARGEST_NUMBER:
        raise ValueError("not a number of moderate size")
    return float(value)


def _vector(values: Any, length: int) -> NDArray[np.float64]:
    if not isinstance(values, list) or len(values) != length:
        raise ValueError(f"not a list of {length} numbers")
    return np.array([_number(value) for value in values])


def _enclosure(problem: Problem, ends: Mapping[str, Any], status: Any = "certified") -> Enclosure:
    known = status if status in set(Status) else Status.ESTIMATE
    lower, upper = _number(ends["lower"]), _number(ends["upper"])
    reason = "wider than the tolerance" if exceeds(lower, upper, problem.options.tolerance) else "tolerance_met"
    return Enclosure(lower, upper, known, reason)


def _model(problem: Problem) -> Any:
    assert problem.model is not None
    return problem.model


def _bound(problem: Problem, result: Mapping[str, Any]) -> Any:
    assert problem.functional is not None
    state, given = None, result.get("maximiser") or {}
    if given.get("u") is not None and given.get("v") is not None:
        nothing = np.zeros(0)
        state = HiddenState(nothing, nothing, _vector(given["u"], 3), _vector(given["v"], 3))
    quantum = result.get("quantum")
    value = _enclosure(problem, result["value"], result["status"])
    return bound_result(
        BoundResult(problem.functional, _model(problem), value, state, None,
                    None if quantum is None else _number(quantum), {})
    )  # fmt: skip


def _visibility(problem: Problem, result: Mapping[str, Any]) -> Any:
    assert problem.behaviour is not None
    value = _enclosure(problem, result["value"], result["status"])
    states = result.get("decomposition") or []
    inequality = None
    if result.get("inequality") is not None:
        inequality = _inequality(problem, result["inequality"])
    steps = result["stats"].get("history") or []
    stats = {"seconds": _number(result["stats"].get("seconds", 0.0)), "history": [_step(s) for s in steps]}
    return decompose_result(
        DecomposeResult(value, _decomposition(states, problem, result, value.lower) if states else None, inequality,
                        _model(problem), problem.behaviour, problem.behaviour, stats, None, None)
    )  # fmt: skip


def _step(step: Mapping[str, Any]) -> dict[str, float]:
    return {key: _number(step[key]) for key in ("seconds", "lower", "upper")}


def _inequality(problem: Problem, given: Mapping[str, Any]) -> Inequality:
    n_alice, n_bob = problem.shape
    rows = given["correlators"]
    if not isinstance(rows, list) or len(rows) != n_alice:
        raise ValueError(f"not {n_alice} rows")
    alice, bob = (_vector(given.get(party) or [0.0] * n, n) for party, n in (("alice", n_alice), ("bob", n_bob)))
    functional = Functional([_vector(row, n_bob) for row in rows], alice, bob, _number(given.get("constant") or 0.0))
    assert problem.model is not None
    return Inequality(functional, _number(given["bound"]), model=problem.model.name)


def _decomposition(
    states: list[Mapping[str, Any]], problem: Problem, result: Mapping[str, Any], visibility: float
) -> Decomposition:
    shape, model = problem.shape, problem.model
    assert model is not None
    weights = np.array([_number(state["weight"]) for state in states])
    if weights.min() < 0.0 or weights.max() <= 0.0:
        raise ValueError("weights that are no weights")

    def stacked(key: str, length: int) -> NDArray[np.float64]:
        missing = np.full(length, np.nan)
        return np.array([missing if state.get(key) is None else _vector(state[key], length) for state in states])

    u, v, alice, bob = (stacked(key, n) for key, n in (("u", 3), ("v", 3), ("alice", shape[0]), ("bob", shape[1])))
    models = parts_of(model)
    part = _belongs(result["certificate"]["lower"], len(states), len(models)) if len(models) > 1 else [0] * len(states)
    if (np.isnan(u).any() or np.isnan(v).any()) and (np.isnan(alice).any() or np.isnan(bob).any()):
        for k, state in enumerate(states):  # marginals of hidden vectors are a matter of the model
            given = {key: [state[key]] for key in ("u", "v", "alice", "bob") if state.get(key) is not None}
            found = model.part(part[k]).restored(**given)
            alice[k], bob[k] = found.alice[0], found.bob[0]
        u = v = np.full((len(states), 3), np.nan)
    return Decomposition(weights, alice, bob, u, v, np.zeros(shape), 0.0, visibility, np.array(part), names_of(models))


def _belongs(end: Mapping[str, Any], count: int, models: int) -> list[int]:
    """The part of the hull that each displayed state belongs to: those of the certificate, then their negations."""
    part = [state.get("part", 0) for state in end["states"]]
    if end.get("antipodal"):
        part += [
            state.get("part", 0) for state in end["states"]
            if any(x != "0" for key in ("u", "v", "alice", "bob") for x in state.get(key, ()))
        ]  # fmt: skip
    if len(part) != count or not all(type(k) is int and 0 <= k < models for k in part):
        raise ValueError("states that belong to no model")
    return part


def _marginals(problem: Problem, result: Mapping[str, Any]) -> Any:
    behaviour = problem.behaviour
    assert behaviour is not None
    parties = ("alice", "bob")
    for party, count in zip(parties, problem.shape, strict=True):
        if len(result["marginals"][party]) != count:
            raise ValueError(f"not {count} marginals")
    ends = tuple(_enclosure(problem, entry) for party in parties for entry in result["marginals"][party])
    worst = max(range(len(ends)), key=lambda k: ends[k].upper)
    chains = [Chain((), (), Fraction(0))] * len(ends)
    paths = result.get("paths") or {}
    try:
        listed = [path for party in parties for path in paths[party]]
        chains[worst] = _chain(problem, listed[worst], worst)
    except (InputError, ValueError, KeyError, TypeError, IndexError):
        worst = -1  # without a chain that can be followed there is no graph to draw
    answer = MarginalsResult(behaviour, ends, tuple(chains), np.zeros((0, 0), dtype=np.int64), "", {})
    return marginals_result(answer, graph=worst >= 0)


def _chain(problem: Problem, path: list[str], setting: int) -> Chain:
    names = setting_names(problem.shape)
    if [path[0], path[-1]] != [f"{names[setting]}+", f"{names[setting]}-"]:
        raise ValueError("not a chain from + to −")
    nodes = [names.index(node[:-1]) + len(names) * ("+-".index(node[-1])) for node in path]
    assert problem.behaviour is not None
    return exact_chain(graph_of(problem.behaviour), nodes, names)
