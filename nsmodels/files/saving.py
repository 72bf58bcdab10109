"""Results that are saved and verified: the problem is written down from the nouns of the question.

What has a name in problem files is written by its name, so that directions and coefficients stay exact; everything else
by its numbers. The problem is then read like any other one, and it must ask the very question that was answered.
"""

from __future__ import annotations

import json
from dataclasses import replace
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from .. import checker
from ..behaviours import BEHAVIOURS
from ..core.behaviour import Behaviour
from ..core.functional import Functional
from ..core.settings import NORM_TOLERANCE, Settings
from ..errors import InputError
from ..functionals import FUNCTIONALS
from ..general.results import ScenarioAnswer
from ..models.registry import ENTRIES, table_of
from ..questions.answer import Answer, Question
from ..questions.bias.result import MarginalsResult
from ..questions.bound import BoundResult
from ..questions.visibility.result import DecomposeResult
from ..settings import FAMILIES
from ..studies.analysis.result import AnalysisResult
from ..studies.design.result import DesignResult
from ..studies.local_weight import LocalContent
from . import atomic
from . import result as results
from .answering import with_options
from .loading import path_of
from .options import MAX_SECONDS, MAX_TOLERANCE
from .problem import Problem, from_data
from .sections.analysis import tables_of
from .sections.correlations import with_free_marginals
from .sections.settings import read_settings
from .toml.table import Document, Table

__all__ = ["claims", "document", "problem_of", "save"]

ANGLES = ({"alice_deg", "bob_deg"}, {"alice_waveplates_deg", "bob_waveplates_deg"})


def save(answer: Answer, path: str | PathLike[str]) -> Path:
    """Write the result file of an answer, what `nsmodels.questions.answer.Answer.save` does."""
    target = path_of(path)
    atomic.replace(target, results.to_text(document(answer, target.stem)))
    return target


def claims(answer: Answer) -> list[tuple[bool, str]]:
    """What the checker says about every claim of an answer, and of the file that it was read from."""
    files = [json.loads(results.to_text(document(answer)))]
    stored = answer.question.stored
    if stored is not None and stored != files[0]:
        files.append(dict(stored))
    return [claim for content in files for claim in checker.check(content)]


def document(answer: Answer, name: str = "result") -> dict[str, Any]:
    """The whole result file of an answer.

    Raises
    ------
    InputError
        If no problem file can ask its question.
    """
    problem = problem_of(answer, name)
    return results.assemble(problem, answer.to_json(), 0.0)


def problem_of(answer: Answer, name: str = "result") -> Problem:
    """The problem that an answer belongs to: as it was read, or else written down from the nouns."""
    given = answer.question.problem
    if given is not None:
        rows = tables_of(answer.data, answer.asked) if isinstance(answer, AnalysisResult) else {}
        return with_options(from_data(dict(given), name, rows), _options(answer.question))
    try:
        data = _written(answer)
        problem = from_data(data, name)
    except InputError as error:
        reason = str(error).replace("\n", " ")
        raise InputError(f"this question cannot be written as a problem file: {reason}") from None
    _check_same(answer, problem)
    return problem


# -- from nouns to tables ---------------------------------------------------------------------------------------------


def _written(answer: Answer) -> dict[str, Any]:
    if isinstance(answer, ScenarioAnswer):
        asked = {"schema": 1, "kind": answer.kind, **answer.asked.to_table()}
        return asked | {"options": _options(answer.question)}
    settings = _directions(answer)
    data: dict[str, Any] = {"schema": 1, "kind": answer.kind}
    own: dict[str, Any] = {}
    if settings is not None:
        data["settings"] = _settings(settings)
    if isinstance(answer, BoundResult):
        data |= {"model": table_of(answer.model), "functional": _functional(answer.functional, settings)}
    elif isinstance(answer, DecomposeResult):
        data["model"] = table_of(answer.model)
        wanted = _wanted(answer)
        data["behaviour"] = _behaviour(wanted, settings) | _noise(answer.noise, wanted)
    elif isinstance(answer, MarginalsResult | LocalContent):
        data["behaviour"] = _behaviour(_wanted(answer), settings)
    elif isinstance(answer, DesignResult) and answer.question.design is not None:
        data |= {"model": table_of(answer.answer.model), "design": dict(answer.question.design)}
        if "start" in data["design"]:
            data["design"]["start"] = _settings(data["design"]["start"])
    elif isinstance(answer, AnalysisResult):
        data |= {"model": table_of(answer.model), **tables_of(answer.data, answer.asked)}
        data |= _analysed(answer, settings)
        if answer.asked.uncertain and "settings" in data:
            keys = ("uncertainty_deg", "waveplate_uncertainty_deg")
            data["settings"] |= {key: getattr(answer.asked, key) for key in keys if getattr(answer.asked, key)}
        own = {"confidence": answer.asked.confidence, "allow_signalling": answer.asked.allow_signalling}
    else:
        raise InputError(f"{type(answer).__name__}: not the answer to a question of problem files")
    if isinstance(answer, DecomposeResult | MarginalsResult) and answer.measured and answer.question.allow_signalling:
        own = {"allow_signalling": True}
    return data | {"options": _options(answer.question) | own}


def _analysed(answer: AnalysisResult, settings: Settings | None) -> dict[str, Any]:
    """The table [functional] of an analysis, if there is any: as it was asked, before outcomes were relabelled."""
    moduli = {"moduli": True} if answer.asked.moduli else {}
    asked = answer.functional_asked
    table = {**({} if asked is None else _functional(asked, settings)), **moduli}
    return {"functional": table} if table else {}


def _options(question: Question) -> dict[str, Any]:
    """The options in force; a tolerance or a time beyond the limits of problem files is no different from the limit."""
    options: dict[str, Any] = {}
    if question.tolerance is not None:
        options["tolerance"] = min(float(question.tolerance), MAX_TOLERANCE)
    if question.time_limit_s is not None:
        options["time_limit_s"] = min(float(question.time_limit_s), MAX_SECONDS)
    if question.seed is not None:
        options["seed"] = int(question.seed)
    return options


def _directions(answer: Answer) -> Settings | None:
    """The directions that the file names: those of the singlet's value, of the model, or of the behaviour."""
    if isinstance(answer, BoundResult | AnalysisResult):
        return answer.question.settings if answer.question.settings is not None else answer.model.settings
    found = None
    if isinstance(answer, DecomposeResult):
        found = answer.model.settings
    if found is None and isinstance(answer, DecomposeResult | MarginalsResult):
        found = answer.behaviour.settings
    return found


def _settings(settings: Settings) -> dict[str, Any]:
    """The family and its parameters where it makes these very rows, else the rows."""
    parameters = dict(settings.parameters or {})
    named: dict[str, Any] | None = None
    family = FAMILIES.get(settings.family or "")
    if family is not None and set(parameters) <= set(family.parameters):
        named = {"family": family.name, **parameters}
    elif settings.family is not None and set(parameters) in ANGLES:
        named = parameters
    if named is not None and _makes(named, settings):
        return named
    rows = {"alice": settings.rows_alice, "bob": settings.rows_bob}
    table: dict[str, Any] = {party: array.tolist() for party, array in rows.items()}
    if any(abs(np.linalg.norm(array, axis=1) - 1.0).max() > 0.5 * NORM_TOLERANCE for array in rows.values()):
        table["normalise"] = True
    return table


def _makes(table: dict[str, Any], settings: Settings) -> bool:
    """Whether problem files read these settings from a table."""
    try:
        return _same_directions(read_settings(Table(Document("", "", {}), ("settings",), table)), settings)
    except InputError:
        return False


def _same_directions(first: Settings | None, second: Settings | None) -> bool:
    if first is None or second is None:
        return False
    return np.array_equal(first.alice, second.alice) and np.array_equal(first.bob, second.bob)


def _functional(functional: Functional, settings: Settings | None) -> dict[str, Any]:
    """The name where it makes these very coefficients, else the coefficients."""
    family = FUNCTIONALS.get(functional.name or "")
    if family is not None:
        parameters = dict(functional.parameters or {})
        if not parameters and family.parameters == ("n",):
            parameters = {"n": functional.shape[0]}
        try:
            made = family.build(settings, parameters)
        except InputError:
            made = None
        if made == functional and made.relative_rounding == functional.relative_rounding:
            return {"name": family.name, **parameters}
    table: dict[str, Any] = {"correlators": functional.correlators.tolist()}
    for party in ("alice", "bob"):
        if getattr(functional, party).any():
            table[party] = getattr(functional, party).tolist()
    if functional.constant != 0.0:
        table["constant"] = functional.constant
    return table


def _wanted(answer: DecomposeResult | MarginalsResult | LocalContent) -> Behaviour:
    """The behaviour with the marginals that count: those of both parties, or none; local contents know no errors."""
    behaviour = answer.behaviour
    if isinstance(answer, LocalContent):
        behaviour = replace(behaviour, counts=None, errors=None)
    elif answer.measured is not None:
        behaviour = answer.measured.table
    if answer.question.marginals == "free" or not behaviour.has_marginals:
        return with_free_marginals(behaviour)
    return behaviour


def _behaviour(behaviour: Behaviour, settings: Settings | None) -> dict[str, Any]:
    """The name where it makes these very numbers, else the numbers; pairs where not all are known."""
    pairs = {} if behaviour.known.all() else {"pairs": np.argwhere(behaviour.known).tolist()}
    free = {} if behaviour.has_marginals else {"marginals": "free"}
    if behaviour.counts is not None or behaviour.errors is not None:
        return _measured(behaviour, pairs)
    made = _named(behaviour, settings)
    if made is not None:
        return {**made, **pairs, **free}
    table: dict[str, Any] = {"correlators": behaviour.correlators.tolist()}
    if behaviour.alice is not None and behaviour.bob is not None:
        table |= {"alice": behaviour.alice.tolist(), "bob": behaviour.bob.tolist()}
    return {**table, **pairs, **free}


def _measured(behaviour: Behaviour, pairs: dict[str, Any]) -> dict[str, Any]:
    """The counts where these numbers are their frequencies, else the numbers and their errors."""
    marginals = {"marginals": "match" if behaviour.has_marginals else "free"}
    counts = behaviour.counts
    if counts is not None and (counts == np.rint(counts)).all():
        made = Behaviour.from_counts(counts, order="abxy")
        if behaviour == (made if behaviour.has_marginals else with_free_marginals(made)):
            cells = counts.astype(np.int64)
            rows = [[i, j, *cells[:, :, i, j].ravel().tolist()] for i, j in np.argwhere(behaviour.known).tolist()]
            return {"counts": rows, **marginals}
    table: dict[str, Any] = {"correlators": behaviour.correlators.tolist()}
    errors = behaviour.errors
    if errors is not None:
        table["errors"] = {"correlators": errors.correlators.tolist()}
    if behaviour.alice is not None and behaviour.bob is not None:
        table |= {"alice": behaviour.alice.tolist(), "bob": behaviour.bob.tolist()}
        for party in ("alice", "bob"):
            if errors is not None and getattr(errors, party) is not None:
                table["errors"][party] = getattr(errors, party).tolist()
    return {**table, **pairs, **marginals}


def _named(behaviour: Behaviour, settings: Settings | None) -> dict[str, Any] | None:
    candidates = [BEHAVIOURS.get(behaviour.name or "")]
    if behaviour.name is None:  # with free marginals a behaviour forgets its name
        candidates = [BEHAVIOURS["singlet"]]
    for family in candidates:
        parameters = dict(behaviour.parameters or {})
        if family is None or set(parameters) != set(family.parameters) or (settings is None and family.needs_settings):
            continue
        try:
            made = family.build(settings, parameters)
        except InputError:
            continue
        if made.shape != behaviour.shape or made.rounding != behaviour.rounding:
            continue
        whole = made if behaviour.has_marginals else made.with_marginals(None, None)
        if whole.with_pairs((i, j) for i, j in np.argwhere(behaviour.known).tolist()) == behaviour:
            return {"name": family.name, **parameters}
    return None


def _noise(noise: Behaviour, behaviour: Behaviour) -> dict[str, Any]:
    matched = behaviour.has_marginals
    sides = (noise.alice, noise.bob)
    biased = matched and any(side is not None and side.any() for side in sides)
    if not noise.correlators[behaviour.known].any() and not biased:
        return {}
    table: dict[str, Any] = {"correlators": noise.correlators.tolist()}
    if matched and noise.alice is not None and noise.bob is not None:
        table |= {"alice": noise.alice.tolist(), "bob": noise.bob.tolist()}
    return {"noise": table}


# -- is it the same question? -----------------------------------------------------------------------------------------


def _check_same(answer: Answer, problem: Problem) -> None:
    """Refuse a question whose nouns do not belong together in one file."""
    if isinstance(answer, BoundResult | DecomposeResult | AnalysisResult):
        parts, entries = getattr(answer.model, "parts", (answer.model,)), {entry.name: entry for entry in ENTRIES}
        needed = [part.settings for part in parts if entries[part.name].needs_settings]
        if not all(_same_directions(one, problem.settings) for one in needed):
            raise InputError(
                "this question cannot be written as a problem file: its parts belong to different directions, and a "
                "file has one table [settings]; ask on the same settings"
            )
    fits = isinstance(answer, ScenarioAnswer)  # written in numbers, whatever they are
    if isinstance(answer, BoundResult):
        fits = problem.functional == answer.functional
    elif isinstance(answer, AnalysisResult):
        fits = problem.functional == answer.functional_asked and _same_data(problem, answer)
    elif isinstance(answer, DecomposeResult | MarginalsResult | LocalContent):
        fits = problem.behaviour == _wanted(answer)
    elif isinstance(answer, DesignResult):
        fits = problem.model is not None and problem.model.resolved() == answer.answer.model.resolved()
    if not fits:
        raise InputError("this question cannot be written as a problem file: its numbers are changed by writing them")


def _same_data(problem: Problem, answer: AnalysisResult) -> bool:
    if problem.analysis is None:
        return False
    mine, theirs = answer.data, problem.analysis.data
    keys = ("products", "correlators", "errors")
    return all(np.array_equal(getattr(mine, key), getattr(theirs, key)) for key in keys)
