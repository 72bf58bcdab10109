"""What ``nsmodels derive`` prints: the inequality of a visibility result as text, LaTeX or JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..common.digits import at_least, enclosure, plain, printable
from ..errors import InputError
from ..files import result as results
from ..files.problem import from_data
from ..files.saving import document, loaded, problem_of
from ..questions.visibility.result import DecomposeResult
from ..questions.visibility.tidy import tidy
from .summary import worth

if TYPE_CHECKING:
    from ..files.problem import Problem

NONE = "there is no inequality: the correlations themselves have a model"


def from_result(path: str, form: str) -> tuple[Problem, str, int, list[str]]:
    """The inequality in a result file, with its problem, the exit code and notes; nothing is solved again.

    Small integers are left out, because their bound would have to be found. What the checker refuses is noted.

    Raises
    ------
    InputError
        If it is no result file, or the answer to another kind of question.
    """
    content = results.read(path)
    if content.get("kind") == "design":
        content = _on_its_settings(content, path)
    answer = loaded(content, path)
    problem = problem_of(answer, path)
    if problem.kind != "visibility":
        problem.document.refuse(("kind",), f'kind = "{problem.kind}" has no inequality to derive', "give a visibility")
    result = document(answer)
    code, notes = results.verdict(problem, result)
    refused = [claim for holds, claim in answer.verify().claims if not holds]
    if refused:
        code, notes = code or results.OPEN, [*notes, f"NOT everything in it is proved: {refused[0]}"]
    return problem, derivation(problem, result, answer, form, again=False), code, notes


def of_design(question: Problem, result: dict[str, Any], answer: Any, form: str) -> str:
    """The inequality of a design, which is that of the visibility on the settings found."""
    if answer is None or "settings" not in result:
        return derivation(question, result, None, form)
    content = _on_its_settings(result, question.name)
    return derivation(from_data(content["problem"], question.name), content, answer.answer, form)


def _on_its_settings(result: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The result of a design as that of a visibility problem on the settings found.

    Raises
    ------
    InputError
        If it is malformed.
    """
    try:
        asked, settings, pairs = result["problem"], result["settings"], result["design"]["pairs"]
        kept = {key: asked[key] for key in ("title", "source", "model", "options") if key in asked}
        data = {
            "schema": 1, "kind": "visibility", **kept, "settings": {key: settings[key] for key in ("alice", "bob")},
            "behaviour": {"name": "singlet", "pairs": pairs},
        }  # fmt: skip
    except (KeyError, TypeError):
        raise InputError(f"{printable(name)}: malformed result of a design; write it again") from None
    problem = from_data(data, name)
    mine = {key: value for key, value in result.items() if key not in ("settings", "design")}
    new = {"kind": "visibility", "problem": data, "problem_sha256": problem.digest, "resolved": problem.resolved}
    return mine | new


def derivation(problem: Problem, result: Mapping[str, Any], answer: Any, form: str, *, again: bool = True) -> str:
    """The inequality with its bound, the value on the problem's correlations, and the critical visibility.

    Parameters
    ----------
    answer : DecomposeResult or None
        What the question returned; None where nothing was proved.
    form : {"text", "latex", "json"}
    again : bool
        Whether to look for small integers too, whose bound the oracle has to prove.
    """
    inequality = None if answer is None else answer.inequality
    value = result["value"]
    if inequality is None:
        reason = result["reason"] if value is None or value["lower"] < 1.0 else NONE
        if form == "json":
            return json.dumps({"inequality": None, "reason": reason}, ensure_ascii=False)
        return f"no inequality: {printable(reason)}" if reason != NONE else NONE
    evaluation = inequality.evaluate(problem.behaviour)
    short = tidy(answer) if again and isinstance(answer, DecomposeResult) else None
    if form == "json":
        content = {
            "inequality": inequality.to_json(),
            "model": result["resolved"]["model"],
            "value": evaluation.value,
            "violation": evaluation.violation,
            "visibility": value,
            "settings": _directions(problem),
            "tidy": None if short is None else short.to_json(),
        }
        return json.dumps(content, ensure_ascii=False, allow_nan=False, indent=1)
    if form == "latex":
        return str(inequality.latex()) + ("" if short is None else f"\n{short.latex()}")
    assert problem.model is not None
    lines = [
        str(inequality.text()),
        f"  holds for           {problem.model.name}",
        f"  value here          {plain(evaluation.value, 9)}",
        f"  violation           {at_least(evaluation.violation, 6)}",
        f"  critical visibility {enclosure(value['lower'], value['upper'])}   {worth(problem, result)}",
    ]
    if problem.settings is not None:
        lines += ["settings (unit vectors)", *_table(problem)]
    if short is not None:
        lines += ["with small integers, proved again", short.text()]
    return "\n".join(lines)


def _directions(problem: Problem) -> dict[str, list[list[float]]] | None:
    if problem.settings is None:
        return None
    return {"alice": problem.settings.alice.tolist(), "bob": problem.settings.bob.tolist()}


def _table(problem: Problem) -> list[str]:
    assert problem.settings is not None
    return [
        f"  {letter}{index:<4}" + "".join(f"{entry + 0.0:>13.9f}" for entry in row)
        for letter, rows in (("A", problem.settings.alice), ("B", problem.settings.bob))
        for index, row in enumerate(rows.tolist())
    ]
