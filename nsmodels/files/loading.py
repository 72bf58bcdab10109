"""Results that come back from their files: `load`, and what the command line shows of files that may be damaged."""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import Any

from ..core.enclosure import Status
from ..errors import InputError
from ..general.results import BoundAnswer, DecomposeAnswer, MarginalsAnswer, ScenarioAnswer
from ..questions.answer import NoAnswer, Question
from ..questions.bias.result import MarginalsResult
from ..questions.bound import BoundResult
from ..questions.visibility.result import DecomposeResult
from ..studies.analysis.result import AnalysisResult
from ..studies.design.result import DesignResult
from ..studies.local_weight import LocalContent
from . import result as results
from .answering import as_answered
from .atomic import name_of, printable
from .problem import Problem, from_data

__all__ = ["answer_of", "displayed", "load", "opened", "path_of"]

Loaded = (
    BoundResult | DecomposeResult | MarginalsResult | AnalysisResult | LocalContent | DesignResult | ScenarioAnswer
    | NoAnswer
)  # fmt: skip
KINDS: dict[str, tuple[Any, str]] = {
    "bound": (BoundResult, "maximiser"),
    "visibility": (DecomposeResult, "decomposition"),
    "marginals": (MarginalsResult, "marginals"),
    "analysis": (AnalysisResult, "observed"),
    "local_content": (LocalContent, "local_part"),
    "design": (DesignResult, "design"),
}
"""The result of each kind, and a key of its files that those of questions without any answer do not have."""
SCENARIOS: dict[str, tuple[Any, str]] = {
    "bound": (BoundAnswer, "maximiser"),
    "visibility": (DecomposeAnswer, "decomposition"),
    "marginals": (MarginalsAnswer, "marginals"),
}
"""The same for problems with a table [scenario]."""


def load(path: str | PathLike[str]) -> Loaded:
    """The result that is in a result file, of ``r.save("x.json")`` or of ``nsmodels run``.

    Nothing in the file is believed or solved again: ``verify()`` says whether it is proved.

    Parameters
    ----------
    path : str or path

    Returns
    -------
    BoundResult, DecomposeResult, MarginalsResult, AnalysisResult, LocalContent, DesignResult or NoAnswer
        Or, of a scenario, an answer of `nsmodels.general`. With its question, its proofs and its stats.

    Raises
    ------
    InputError
        If it is no result file, or its problem is not valid.
    """
    source = path_of(path)
    return opened(results.read(source), source)[1]


def opened(content: Mapping[str, Any], source: str | Path) -> tuple[Problem, Loaded]:
    """The problem and the result in the content of a result file; `source` stands for the file in messages.

    Raises
    ------
    InputError
        If the problem is not valid, or the result is malformed.
    """
    problem = _problem(content, source)
    return problem, answer_of(content, problem, source)


def displayed(content: Mapping[str, Any], source: str | Path) -> tuple[Problem, Loaded]:
    """The same, to be shown beside what the checker says: a proof that cannot be read is left out.

    Raises
    ------
    InputError
        If the problem is not valid, or what would be shown is malformed.
    """
    problem = _problem(content, source)
    try:
        return problem, answer_of(content, problem, source)
    except InputError:
        own = _kinds(problem)[1]
        bare = {key: entry for key, entry in content.items() if key != own or content["value"]}
        if bare.get("status") not in set(Status):
            bare["status"] = Status.ESTIMATE
        return problem, answer_of({**bare, "certificate": {}}, problem, source)


def answer_of(content: Mapping[str, Any], problem: Problem, source: str | Path) -> Loaded:
    """The result in the content of a result file, whose problem is known.

    Raises
    ------
    InputError
        If it is malformed.
    """
    asked: dict[str, Any] = {"settings": problem.settings, "marginals": problem.marginals, "problem": problem.data}
    asked |= {"allow_signalling": problem.allow_signalling, "stored": content}
    question = Question(**vars(problem.options), **asked)
    kind, own = _kinds(problem)
    try:
        if content["value"] is None and own not in content:
            return NoAnswer.from_json(content, problem, question=question)
        found: Loaded = kind.from_json(content, problem, question=question)
    except InputError as error:
        raise _malformed(source, str(error)) from None
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, OverflowError) as error:
        raise _malformed(source, type(error).__name__) from None
    return found


def _kinds(problem: Problem) -> tuple[Any, str]:
    return (KINDS if problem.scenario is None else SCENARIOS)[problem.kind]


def path_of(path: str | PathLike[str]) -> Path:
    """The path of a result file that somebody names.

    Raises
    ------
    InputError
        For anything that cannot be the name of a file.
    """
    return Path(name_of(path, "the name of a result file", 'give a text such as "x.json"'))


def _problem(content: Mapping[str, Any], source: str | Path) -> Problem:
    try:
        problem = as_answered(from_data(content["problem"], str(source), content.get("resolved")), content)
        if content["kind"] != problem.kind:
            raise _malformed(source, "its kind is not that of its problem")
    except InputError:  # it names the file and the key
        raise
    except (KeyError, TypeError, ValueError) as error:
        raise _malformed(source, type(error).__name__) from None
    return problem


def _malformed(source: str | Path, what: str) -> InputError:
    return InputError(f"{printable(source)}: malformed result ({what}); write it again")
