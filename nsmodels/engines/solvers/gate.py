"""The gate: every call of a solver passes through `ask`, and anything but a verified answer is no answer.

A solver fails in many ways: it raises, stops early, says that it is not sure, answers another question, or claims an
optimum and hands over numbers that are none. `ask` turns all of them into one `SolverError` with a sentence that names
the cause and the remedy. What is left it hands to the caller's verifier, which recomputes residuals, signs and gaps
from the data. Even a verified answer is only a proposal: nothing here is proved.

The adapters are `lp` (one linear program), `simplex` and `interior_point` (the sequences of column generation),
`integer_program`, `quadratic_program`, and `sdp` (every cone, through CVXPY). No other module calls a solver.
"""

from __future__ import annotations

from collections.abc import Callable, Set
from dataclasses import dataclass
from enum import Enum
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from ...errors import SolverError

__all__ = ["OPTIMA", "PROPOSALS", "Reply", "Status", "ask"]

Details = TypeVar("Details")
Verified = TypeVar("Verified")


class Status(Enum):
    """How a solver ended; the value is the sentence that a user reads."""

    OPTIMAL = "it found an optimum"
    INACCURATE = "it reports reduced accuracy; rescale the problem or use another solver"
    TIME_LIMIT = "it reached its time limit; raise time_limit_s"
    USER_LIMIT = "it stopped at its iteration or time limit; raise time_limit_s"
    INFEASIBLE = "the constraints contradict each other; correct the data"
    UNBOUNDED = "the problem is unbounded: the data leave the objective without a limit; add a constraint"
    INFEASIBLE_OR_UNBOUNDED = "the constraints contradict each other or the problem is unbounded; correct the data"
    FAILED = "this is not an answer; rescale the problem or use another solver"


OPTIMA = frozenset({Status.OPTIMAL})
"""The statuses of an answer."""
PROPOSALS = frozenset({Status.OPTIMAL, Status.INACCURATE, Status.TIME_LIMIT, Status.USER_LIMIT})
"""The statuses of a point that is worth looking at. For callers who prove or discard whatever they are offered, so that
being early or inaccurate costs them sharpness and never truth."""


@dataclass(frozen=True, eq=False)
class Reply(Generic[Details]):
    """What a solver said, not yet believed.

    Parameters
    ----------
    status : Status
    words : str
        The status in the solver's own words.
    primal, dual : tuple of ndarray
        Every number that the caller is going to read; all of them must be finite.
    details : Details
        What else the adapter's verifier wants to see: counts, or the solver's own value.
    """

    status: Status
    words: str
    primal: tuple[NDArray[Any], ...]
    dual: tuple[NDArray[Any], ...]
    details: Details


def run(solver: str, call: Callable[[], Reply[Details]]) -> Reply[Details]:
    """Run the solver named: the one line that does, and the place where faults are injected."""
    return call()


def ask(
    solver: str,
    call: Callable[[], Reply[Details]],
    verify: Callable[[Reply[Details]], Verified],
    *,
    shapes: tuple[tuple[int, ...], ...],
    accepted: Set[Status] = OPTIMA,
) -> Verified:
    """Ask a solver, and return what the verifier makes of its reply.

    Parameters
    ----------
    solver : str
        As messages name it.
    call : callable
        Runs the solver. Whatever it raises is a failure of the solver; Ctrl-C passes through.
    verify : callable
        Recomputes from the data what makes the reply an answer; raises `SolverError` where it is none.
    shapes : tuple of shapes
        Of the arrays in ``primal`` and ``dual``, in this order; further arrays may have any shape.
    accepted : set of Status
        `OPTIMA`, or `PROPOSALS` where the caller proves or discards what it is offered.

    Raises
    ------
    SolverError
        The solver raised, ended with another status, left numbers out or gave some that are not finite, or the verifier
        refuses them.
    """
    try:
        reply = run(solver, call)
    except (KeyboardInterrupt, SystemExit, SolverError):
        raise
    except BaseException as error:  # of many unrelated types: a panic in Rust is no Exception, nor is a lost worker
        raise SolverError(
            f"{solver} failed ({_cause(error)}); try a smaller or better scaled problem, or another solver"
        ) from error
    if reply.status not in accepted:
        raise SolverError(f"{solver} answered {reply.words}: {reply.status.value}")
    arrays = (*reply.primal, *reply.dual)
    if len(arrays) < len(shapes) or any(a.shape != shape for a, shape in zip(arrays, shapes)):
        raise SolverError(f"{solver} answered {reply.words} but left its solution out: {Status.FAILED.value}")
    if not all(np.isfinite(array).all() for array in arrays):
        raise SolverError(
            f"{solver} answered {reply.words} with numbers that are not finite: {Status.FAILED.value}"
        )
    return verify(reply)


def _cause(error: BaseException) -> str:
    """The exception in one line."""
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__
