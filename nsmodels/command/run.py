"""What ``run`` and ``derive`` do with a question: ask it, keep the result, say what is not as wished, draw."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from ..common.interrupts import first_interrupts, held
from ..errors import InputError
from ..files import result as results
from ..files.answering import answer, with_options
from ..files.atomic import replace
from ..files.problem import Problem, load
from ..questions.answer import Answer, NoAnswer
from . import many
from .output import OutputError, put, say, shown
from .progress import live
from .summary import as_text, summary

if TYPE_CHECKING:
    from ..common.workers import Submits

__all__ = ["ask", "draw", "print_notes", "run_many", "run_one"]

WORK = {
    "bound": "node", "visibility": "round", "marginals": "setting", "local_content": "round", "design": "start",
    "analysis": "node",
}  # fmt: skip
"""What the progress of each kind counts."""


def run_many(
    problems: list[str], out: Path, options: dict[str, Any], workers: int, scheduler: str | None, *, json: bool
) -> None:
    """Answer many problems, say what is not as wished as it comes, and print a table, or a document a line."""
    with first_interrupts(), held():
        found = []
        for outcome in many.run(many.gather(problems), out, options, workers, scheduler, quiet=json):
            for note in outcome.notes:
                say(f"{shown(note)}\n")
            if json and outcome.result is not None:
                put(many.one_line(outcome.result) + "\n")
            found.append(outcome)
    if not json:
        put(many.table(found, out) + "\n")
    raise typer.Exit(max(outcome.code for outcome in found))


def run_one(
    problem: str, out: Path, options: dict[str, Any], workers: Submits | None, picture: Path | None, *, json: bool
) -> None:
    """Answer one problem, write and print its result, and end with the exit code of the contract."""
    question = with_options(load(problem), options)
    target = results.prepare(out, question.name)
    if picture is not None:
        _check_picture(picture)
    lost = None
    with first_interrupts(), held():
        result, answered = ask(question, workers, quiet=json)
        kept = not answered.answered and results.answers(target, question)
        if not kept:
            try:
                results.write(target, result)
            except InputError as error:
                lost = error
    code, notes = results.verdict(question, answered)
    if kept:
        notes.append(f"the older result in {target} is kept")
    if json:
        text = results.to_text(result)
    else:
        text = _summary_text(question, answered, None if kept or lost else target)
    try:
        put(text)
    except OutputError as error:
        if lost is not None:
            raise lost from None
        what = "the older result is kept in" if kept else "the result is in"
        raise OutputError(f"{error}; {what} {shown(target)}") from None
    print_notes(question, notes)
    if lost is not None:
        raise lost
    if picture is not None and not isinstance(answered, NoAnswer):
        draw(answered, picture, quiet=json)
    raise typer.Exit(code)


def ask(question: Problem, workers: Submits | None = None, *, quiet: bool) -> tuple[dict[str, Any], Answer]:
    """Ask with a live line, and turn what comes back (also a failure or Ctrl-C) into a result."""
    limits, unit = question.options, WORK[question.kind]
    shared = {} if workers is None else {"workers": workers}
    with live(limits.time_limit_s, limits.tolerance, unit, wanted=not quiet) as progress:
        return answer(question, progress, **shared)


def _summary_text(question: Problem, answered: Answer, target: Path | None) -> str:
    lines = summary(question, answered)
    if target is not None:
        lines.append(("written to", shown(target)))
    return as_text(question.title, lines) + "\n"


def print_notes(question: Problem, notes: list[str]) -> None:
    """Say what is not as wished."""
    for note in notes:
        say(f"{shown(question.document.file)}: {shown(note)}\n")


def _check_picture(picture: Path) -> None:
    if picture.suffix.lower() not in (".svg", ".pdf", ".png"):
        raise InputError(f"{shown(picture)}: --picture: the name must end in .svg, .pdf or .png")
    if not os.path.isdir(picture.parent):
        raise InputError(f"{shown(picture)}: --picture: there is no folder {shown(picture.parent)}")


def draw(answered: Answer, picture: Path, *, quiet: bool) -> None:
    """Save the answer's picture; the answer is on disk already, so a picture that fails is only said."""
    try:
        stream = io.BytesIO()
        answered.plot().savefig(stream, format=picture.suffix.lower()[1:])
        replace(picture, stream.getvalue())
    except Exception as error:
        say(f"{shown(picture)}: the picture cannot be drawn ({shown(error)})\n")
        return
    if not quiet:
        put(f"  {'picture':<20}{shown(picture)}\n")
