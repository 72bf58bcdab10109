"""Put the question of a file, and turn whatever comes back into a result: also a failure, and an interrupt."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ..common.interrupts import arrived
from ..errors import InputError, SolverError
from ..questions.answer import Answer, NoAnswer
from . import result as results
from .options import MAX_SECONDS, MAX_TOLERANCE, Options
from .problem import Problem, validated

if TYPE_CHECKING:
    from .toml.table import Document

__all__ = ["answer", "as_answered", "check_options", "result_of", "with_options"]

LOST = ("interrupted", "out of memory")
"""Reasons of results without a value that say nothing about the question."""


def check_options(
    tolerance: float | None = None, time_limit_s: float | None = None, seed: int | None = None
) -> dict[str, Any]:
    """The options that are given beside the file, checked as those in files are.

    Raises
    ------
    InputError
        For one that is out of range.
    """
    for name, value, most in (("--tolerance", tolerance, MAX_TOLERANCE), ("--time-limit", time_limit_s, MAX_SECONDS)):
        if value is not None and not 0.0 < value <= most:
            raise InputError(f"{name} is {value:g}; give a number greater than 0, at most {most:g}")
    if seed is not None and not 0 <= seed <= 2**32 - 1:
        raise InputError(f"--seed is {seed}; give a whole number from 0 to {2**32 - 1}")
    given = {"tolerance": tolerance, "time_limit_s": time_limit_s, "seed": seed}
    return {key: value for key, value in given.items() if value is not None}


def with_options(problem: Problem, given: Mapping[str, Any]) -> Problem:
    """The problem with other options in force; ``resolved`` tells of them, and the file stays what it is."""
    options = Options(**{**vars(problem.options), **given})
    if options == problem.options:
        return problem
    return replace(problem, options=options, resolved={**problem.resolved, "options": dict(vars(options))})


def as_answered(problem: Problem, content: Mapping[str, Any]) -> Problem:
    """The problem of a result file with the options that were in force, as far as the file tells sound ones."""
    resolved = content.get("resolved")
    told = resolved.get("options") if isinstance(resolved, dict) else None
    given = {}
    for name, most in (("tolerance", MAX_TOLERANCE), ("time_limit_s", MAX_SECONDS)):
        value = told.get(name) if isinstance(told, dict) else None
        if isinstance(value, int | float) and not isinstance(value, bool) and 0 < value <= most:
            given[name] = float(value)
    seed = told.get("seed") if isinstance(told, dict) else None
    if isinstance(seed, int) and not isinstance(seed, bool) and 0 <= seed < 2**32:
        given["seed"] = seed
    return with_options(problem, given)


def answer(
    question: Problem, progress: Callable[[float, float, int, float], None] | None = None, **more: Any
) -> tuple[dict[str, Any], Answer]:
    """Ask, and give the result file's content and the answer, which is `NoAnswer` where the question failed.

    Raises
    ------
    InputError
        If the question refuses its data.
    """
    started = time.perf_counter()
    try:
        answer: Answer = question.ask(progress, **more)
        return results.assemble(question, answer.to_json(), time.perf_counter() - started), answer
    except SolverError as error:
        reason = " ".join(str(error).splitlines())
    except KeyboardInterrupt:
        reason = "interrupted"
    except MemoryError:
        reason = "out of memory"
    except InputError:
        raise
    except Exception:  # an interrupt in the middle of an import or a compilation can surface as anything
        if not arrived():
            raise
        reason = "interrupted"
    nothing = NoAnswer(reason, {"seconds": time.perf_counter() - started})
    return results.assemble(question, nothing.to_json(), 0.0), nothing


def result_of(document: Document, name: str, options: Mapping[str, Any]) -> dict[str, Any]:
    """The result of a document, with options that are given beside it: what a worker does."""
    return answer(with_options(validated(document, name), options))[0]
