"""``nsmodels run`` with many problems: all of them are read first, then answered one by one or by processes."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..common.digits import counted, duration, enclosure, printable
from ..common.interrupts import arrived
from ..common.workers import WorkerLostError, completed, engine
from ..errors import InputError, NsmodelsError
from ..files import result as results
from ..files.answering import result_of, with_options
from ..files.loading import answer_of
from ..files.problem import Problem, load
from ..questions.answer import Answer
from .progress import tally
from .summary import worth

__all__ = ["Outcome", "gather", "one_line", "run", "table"]

NOT_RUN = "not run"
MOST_VALUE = 40


@dataclass(frozen=True)
class Outcome:
    """What came of the problem of this number in the list; `result`, its document, is None where there is none."""

    number: int
    name: str
    code: int
    problem: Problem | None = None
    result: Mapping[str, Any] | None = None
    answer: Answer | None = None
    notes: tuple[str, ...] = field(default=())


def gather(given: Sequence[str]) -> list[str]:
    """Files and names, folders replaced by the problem files in them, each once.

    Raises
    ------
    InputError
        If a folder has no problem files.
    """
    found: dict[Path, str] = {}
    for name in given:
        path = Path(name)
        files = [name]
        if os.path.isdir(name):
            files = [str(file) for file in sorted(path.glob("*.toml")) if file.is_file()]
            if not files:
                raise InputError(f"{printable(name)}: this folder has no problem files (*.toml); name another one")
        for file in files:
            found.setdefault(Path(file).resolve(), file)
    return list(found.values())


def run(
    names: Sequence[str], out: Path, options: Mapping[str, Any], workers: int, scheduler: str | None = None, *,
    quiet: bool = False,
) -> Iterator[Outcome]:  # fmt: skip
    """Answer all of them and write the results; outcomes come in the order in which they end, bad files first.

    After Ctrl-C the one in progress keeps what is proved, and the others are not run.

    Raises
    ------
    InputError
        If two results would have the same name, or the folder cannot be written.
    """
    problems: dict[int, Problem] = {}
    targets: dict[Path, str] = {}
    for number, name in enumerate(names):
        try:
            problem = with_options(load(name), options)
            problems[number] = problem
        except InputError as error:
            yield Outcome(number, _stem(name), results.BAD_INPUT, notes=(str(error),))
            continue
        target = results.prepare(out, problem.name)
        if target in targets:
            both = f"{printable(targets[target])} and {printable(name)}"
            raise InputError(f"{both} would both write {printable(target)}; run them one by one, with --out")
        targets[target] = name
    todo = dict(problems)
    with engine(workers, scheduler) as where, tally(len(problems), "problem", wanted=not quiet) as show:
        tasks = ((key, (problem.document, problem.name, dict(options))) for key, problem in problems.items())
        try:
            for key, found in completed(where, result_of, tasks, show.tick):
                yield _kept(key, todo.pop(key), found, out)
                show.done()
                if arrived():
                    break
        except KeyboardInterrupt:
            pass
    for number, problem in todo.items():
        yield Outcome(number, problem.name, results.OPEN, problem, notes=(f"{problem.name}: {NOT_RUN} (interrupted)",))


def _kept(number: int, problem: Problem, found: Any, out: Path) -> Outcome:
    """Write a result and judge it."""
    file = printable(problem.document.file)
    if isinstance(found, InputError):
        return Outcome(number, problem.name, results.BAD_INPUT, problem, notes=(str(found),))
    if isinstance(found, WorkerLostError | MemoryError | NsmodelsError):
        return Outcome(number, problem.name, results.FAILED, problem, notes=(f"{file}: no answer: {found}",))
    if isinstance(found, BaseException):
        what = f"internal error ({type(found).__name__}: {found}); nothing is concluded. Please report it"
        return Outcome(number, problem.name, results.FAILED, problem, notes=(f"{file}: {what}",))
    target = out / f"{problem.name}.json"
    try:
        answer = answer_of(found, problem, problem.document.file)
    except InputError as error:
        return Outcome(number, problem.name, results.FAILED, problem, notes=(str(error),))
    code, notes = results.verdict(problem, answer)
    if not answer.answered and results.answers(target, problem):
        notes.append(f"the older result in {target} is kept")
    else:
        try:
            results.write(target, found)
        except InputError as error:
            code = max(code, results.BAD_INPUT)
            notes.append(str(error))
    return Outcome(number, problem.name, code, problem, found, answer, tuple(f"{file}: {note}" for note in notes))


def _stem(name: str) -> str:
    return printable(Path(name).stem, 60)


def one_line(result: Mapping[str, Any]) -> str:
    """The document on one line."""
    return json.dumps(result, allow_nan=False, ensure_ascii=False)


def table(outcomes: Sequence[Outcome], out: Path) -> str:
    """A row a problem, then how many ended how."""
    rows: list[tuple[str, ...]] = [("problem", "kind", "value", "status", "time", "exit")]
    rows += [_row(outcome) for outcome in sorted(outcomes, key=lambda outcome: outcome.number)]
    widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in rows]
    fine = sum(outcome.code == results.OK for outcome in outcomes)
    said = f"{fine} of {counted(len(outcomes), 'problem')} certified as wished; written to {printable(out)}"
    return "\n".join([*lines, said])


def _row(outcome: Outcome) -> tuple[str, ...]:
    problem, answer, code = outcome.problem, outcome.answer, str(outcome.code)
    if problem is None:
        return outcome.name, "", "", "bad input", "", code
    name, kind = printable(outcome.name, 60), problem.kind
    if answer is None:
        status = "bad input" if outcome.code == results.BAD_INPUT else NOT_RUN
        return name, kind, "", status if outcome.code != results.FAILED else "failed", "", code
    told = answer.told
    shown = printable(enclosure(told.lower, told.upper), MOST_VALUE) if answer.answered else ""
    status = worth(told, problem.options.tolerance) if answer.answered else "no answer"
    return name, kind, shown, status, duration(float(answer.stats["seconds"])), code
