"""``progress=True``: a question says on stderr how far it is, without being asked for a function."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from importlib import import_module
from typing import ParamSpec, TypeVar

__all__ = ["tells_progress"]

Given = ParamSpec("Given")
Answer = TypeVar("Answer")


def tells_progress(unit: str) -> Callable[[Callable[Given, Answer]], Callable[Given, Answer]]:
    """Let a question take ``progress=True`` (and False) beside a function.

    Parameters
    ----------
    unit : str
        What its ``work`` counts.
    """

    def decorate(question: Callable[Given, Answer]) -> Callable[Given, Answer]:
        known = inspect.signature(question).parameters

        @functools.wraps(question)
        def asked(*args: Given.args, **kwargs: Given.kwargs) -> Answer:
            wanted = kwargs.get("progress")
            if not isinstance(wanted, bool):
                return question(*args, **kwargs)
            kwargs["progress"] = None
            if not wanted:
                return question(*args, **kwargs)
            limits = {key: kwargs.get(key, known[key].default) for key in ("time_limit_s", "tolerance")}
            with import_module("nsmodels.command.progress").telling(unit, **limits) as display:
                kwargs["progress"] = display
                return question(*args, **kwargs)

        return asked

    return decorate
