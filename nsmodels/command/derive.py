"""What ``nsmodels derive`` prints: the inequality of a visibility result as text, LaTeX or JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from ..common.digits import at_least, enclosure, plain, printable
from ..files import result as results
from ..files.loading import opened
from ..questions.visibility.result import DecomposeResult
from ..questions.visibility.tidy import tidy
from ..studies.design.result import DesignResult
from .summary import worth

if TYPE_CHECKING:
    from ..core.settings import Settings
    from ..files.problem import Problem
    from ..questions.answer import Answer

KINDS = ("visibility", "design")
"""Kinds of problems whose answers have an inequality that was found."""
NONE = "there is no inequality: the correlations themselves have a model"


def check(problem: Problem) -> None:
    """Refuse a problem that has no inequality to derive.

    Raises
    ------
    InputError
    """
    if problem.kind not in KINDS:
        remedy = 'derive needs kind = "visibility" or "design"; use `nsmodels run`'
        problem.document.refuse(("kind",), f'kind = "{problem.kind}" has no inequality to derive', remedy)
    if problem.scenario is not None:
        remedy = "`nsmodels run` writes the table s and the bound under inequality in the result"
        problem.document.refuse(("scenario",), "derive is for two parties with outcomes ±1", remedy)


def from_result(path: str, form: str) -> tuple[Problem, str, int, list[str]]:
    """The inequality in a result file, with its problem, the exit code and notes; nothing is solved again.

    Small integers are left out, because their bound would have to be found. What the checker refuses is noted.

    Raises
    ------
    InputError
        If it is no result file, or the answer to another kind of question.
    """
    problem, answer = opened(results.read(path), path)
    check(problem)
    code, notes = results.verdict(problem, answer)
    refused = [claim for holds, claim in answer.verify().claims if not holds]
    if refused:
        code, notes = code or results.OPEN, [*notes, f"NOT everything in it is proved: {refused[0]}"]
    return problem, derivation(problem, answer, form, again=False), code, notes


def derivation(problem: Problem, answer: Answer, form: str, *, again: bool = True) -> str:
    """The inequality with its bound, the value on the problem's correlations, and the critical visibility.

    Parameters
    ----------
    answer : DecomposeResult, DesignResult or NoAnswer
        Of a design, the inequality is that of the visibility on the settings found.
    form : {"text", "latex", "json"}
    again : bool
        Whether to look for small integers too, whose bound the oracle has to prove.
    """
    found = answer.answer if isinstance(answer, DesignResult) else answer
    if not isinstance(found, DecomposeResult) or found.inequality is None:
        reason = NONE if answer.answered and answer.lower >= 1.0 else answer.reason
        if form == "json":
            return json.dumps({"inequality": None, "reason": reason}, ensure_ascii=False)
        return f"no inequality: {printable(reason)}" if reason != NONE else NONE
    inequality, settings, asked = found.inequality, problem.settings, problem.behaviour
    if isinstance(answer, DesignResult):
        settings, asked = answer.settings, found.behaviour
    assert asked is not None
    evaluation = inequality.evaluate(asked)
    short = tidy(found) if again else None
    told = answer.told
    critical = f"{enclosure(told.lower, told.upper)}   {worth(told, problem.options.tolerance)}"
    if form == "json":
        content = {
            "inequality": inequality.to_json(),
            "model": found.model.resolved(),
            "value": evaluation.value,
            "violation": evaluation.violation,
            "visibility": {"lower": told.lower, "upper": told.upper} if answer.answered else None,
            "settings": None if settings is None else _directions(settings),
            "tidy": None if short is None else short.to_json(),
        }
        return json.dumps(content, ensure_ascii=False, allow_nan=False, indent=1)
    if form == "latex":
        return inequality.latex() + ("" if short is None else f"\n{short.latex()}")
    lines = [
        inequality.text(),
        f"  holds for           {found.model.name}",
        f"  value here          {plain(evaluation.value, 9)}",
        f"  violation           {at_least(evaluation.violation, 6)}",
        f"  critical visibility {critical if answer.answered else f'no answer: {printable(told.reason)}'}",
    ]
    if settings is not None:
        lines += ["settings (unit vectors)", *_table(settings)]
    if short is not None:
        lines += ["with small integers, proved again", short.text()]
    return "\n".join(lines)


def _directions(settings: Settings) -> dict[str, list[list[float]]]:
    return {"alice": settings.alice.tolist(), "bob": settings.bob.tolist()}


def _table(settings: Settings) -> list[str]:
    return [
        f"  {letter}{index:<4}" + "".join(f"{entry + 0.0:>13.9f}" for entry in row)
        for letter, rows in (("A", settings.alice), ("B", settings.bob))
        for index, row in enumerate(rows.tolist())
    ]
