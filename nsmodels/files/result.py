"""Result files: put together from a problem and its answer, judged, written so that nothing is lost, and read.

A result file is replaced atomically: the new text goes to a temporary file in the same folder, is flushed to the disk,
and takes the name of the old file in one step. Whatever happens in between, the file is the old one or the new one.
"""

from __future__ import annotations

import json
import math
import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..common.packed import json_texts
from ..common.versions import versions
from ..core.enclosure import NO_MODEL_PROVED, Enclosure, Status, exceeds
from ..errors import InputError, SolverError
from .atomic import check_replaceable, create, printable, replace, sweep
from .toml.table import DIGEST

if TYPE_CHECKING:
    from ..questions.answer import Answer
    from .problem import Expected, Problem

__all__ = ["answers", "assemble", "judged", "prepare", "read", "to_text", "told_by", "verdict", "write"]

SCHEMA = 1
MAX_BYTES = 256 * 1024 * 1024
OK, OPEN, BAD_INPUT, FAILED = 0, 1, 2, 3
"""Exit codes of ``nsmodels run``."""


def assemble(problem: Problem, answer: Mapping[str, Any], seconds: float) -> dict[str, Any]:
    """The result file of a problem: what identifies the question, then what the question answered.

    Parameters
    ----------
    answer : mapping
        ``to_json()`` of the question's result: status, reason, value, certificate, stats and the keys of its kind.
    seconds : float
        Wall time of the question, used where the answer does not report its own.

    Raises
    ------
    SolverError
        If the answer contains a number that is not finite, which no result may.
    """
    stats: dict[str, Any] = dict(answer.get("stats") or {})
    stats.setdefault("seconds", seconds)
    if "versions" not in stats:
        stats["versions"] = versions()
    result: dict[str, Any] = {
        "schema": SCHEMA,
        "kind": problem.kind,
        "problem": problem.data,
        "problem_sha256": problem.digest,
        "resolved": problem.resolved,
        "status": str(answer["status"]),
        "reason": str(answer["reason"]),
        "value": answer["value"],
    }
    result |= {key: value for key, value in answer.items() if key not in result and key not in ("certificate", "stats")}
    result |= {"stats": stats, "certificate": answer.get("certificate")}
    bad = _not_finite(result)
    if bad:
        raise SolverError(f"the answer has a number that is not finite at {bad}; nothing is concluded from it")
    return result


def _not_finite(value: Any, path: str = "") -> str:
    """Path of the first NaN or infinity, or nothing."""
    if isinstance(value, float):
        return "" if math.isfinite(value) else path or "the top"
    entries: Any = ()
    if isinstance(value, list | tuple):  # long tables at the speed of the machine
        kinds = set(map(type, value))
        if kinds <= {str, int, bool, type(None)} or (kinds == {float} and all(map(math.isfinite, value))):
            return ""
    if isinstance(value, dict):
        entries = value.items()
    elif isinstance(value, list | tuple):
        entries = enumerate(value)
    for key, entry in entries:
        if isinstance(entry, float | dict | list | tuple):
            bad = _not_finite(entry, f"{path}.{key}" if path else str(key))
            if bad:
                return bad
    return ""


def verdict(problem: Problem, answer: Answer) -> tuple[int, list[str]]:
    """Exit code of an answer, and a sentence for everything that is not as wished.

    0 if the status is certified, the enclosure is no wider than the tolerance (two units in the last place of its ends
    are forgiven) and it meets [expected − tolerance, expected + tolerance] where the problem says what is expected;
    otherwise 1, or 3 where a solver failed and there is no value; a proof that no mixture has a model is an answer.
    """
    code, notes = judged(answer.told, problem.options.tolerance, problem.expected)
    wanted, said = problem.expected and problem.expected.verdict, getattr(answer, "verdict", None)
    if answer.answered and wanted is not None and said != wanted:
        return OPEN, [*notes, f"the verdict is {said}, and {wanted} was expected"]
    return code, notes


def judged(told: Enclosure, tolerance: float, expected: Expected | None = None) -> tuple[int, list[str]]:
    """The `verdict` on what is told, for a tolerance and the value that is expected."""
    if told.status == Status.NO_ANSWER:
        sound = told.reason in ("interrupted", "time_limit", "node_limit", NO_MODEL_PROVED)
        return (OPEN if sound else FAILED), [f"no answer: {told.reason}"]
    notes = []
    if told.status != Status.CERTIFIED:
        notes.append(f"the status is {told.status}, not certified ({told.reason})")
    if exceeds(told.lower, told.upper, tolerance):
        wanted = f"wider than the tolerance {tolerance:g}"
        notes.append(f"the enclosure has width {told.upper - told.lower:.2g}, {wanted} ({told.reason})")
    if expected is not None and not expected.agrees(told.lower, told.upper):
        notes.append("the enclosure does not meet the expected value")
    if told.reason == "interrupted" and not notes:
        notes.append("interrupted: what is told is proved, and more would have been")
    return (OPEN if notes else OK), notes


def told_by(content: Mapping[str, Any]) -> Enclosure:
    """The value, status and reason in the content of a result file; nothing of it is believed.

    Raises
    ------
    InputError, KeyError, TypeError
        For content that no run has written.
    """
    value, reason = content["value"], str(content["reason"])
    if value is None:
        return Enclosure(-math.inf, math.inf, Status.NO_ANSWER, reason)
    return Enclosure(value["lower"], value["upper"], content["status"], reason)


def prepare(folder: str | Path, name: str) -> Path:
    """Create the folder if need be, prove that a file can be written there, and return the path ``folder/name.json``.

    Raises
    ------
    InputError
        If the folder cannot be made or written, or the name is taken by something else than a file.
    """
    folder = Path(folder)
    target = folder / f"{name}.json"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        check_replaceable(target)
        sweep(folder)
        handle, temporary = create(folder)
        os.close(handle)
        temporary.unlink(missing_ok=True)  # another run may have swept it away in between
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(
            f"{printable(folder)}: --out: cannot write results there ({reason}); name another folder"
        ) from None
    return target


def write(target: Path, result: Mapping[str, Any]) -> None:
    """Write a result file atomically, one top-level key a line; `replace` says what can go wrong."""
    replace(target, _texts(result))


def to_text(result: Mapping[str, Any]) -> str:
    """The JSON text of a result file; NaN and infinity are refused."""
    return "".join(_texts(result))


def _texts(result: Mapping[str, Any]) -> Iterator[str]:
    start = "{\n"
    for key, value in result.items():
        yield f"{start}{json.dumps(key)}: "
        yield from json_texts(value)
        start = ",\n"
    yield "\n}\n"


def is_result(path: str | Path) -> bool:
    """Whether a readable file of a bearable size holds the digest that result files have."""
    try:
        with open(path, "rb") as stream:
            return DIGEST in stream.read(MAX_BYTES + 1)
    except (OSError, ValueError):
        return False


def read(path: str | Path) -> dict[str, Any]:
    """Read a result file without believing any of it.

    Raises
    ------
    InputError
        If it cannot be read, is larger than 256 MiB, or is not a JSON object of schema 1 with kind, value and problem.
    """
    shown = printable(path)
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            raise OSError(22, "it is not a regular file")
        with open(path, "rb") as stream:
            raw = stream.read(MAX_BYTES + 1)
        if len(raw) > MAX_BYTES:
            raise InputError(f"{shown}: larger than the limit of {MAX_BYTES} bytes")
        result = json.loads(raw.decode(), parse_constant=_no_constant)
    except InputError:
        raise
    except OSError as error:
        raise InputError(f"{shown}: cannot be read ({error.strerror or error}); give a result file") from None
    except (ValueError, RecursionError) as error:
        reason = str(error).splitlines()[0]
        raise InputError(f"{shown}: not JSON ({reason}); give a result file that `nsmodels run` wrote") from None
    if not isinstance(result, dict) or result.get("schema") != SCHEMA or not isinstance(result.get("problem"), dict):
        raise InputError(f"{shown}: not a result file of schema {SCHEMA}; give a file that `nsmodels run` wrote")
    return result


def answers(path: Path, problem: Problem) -> bool:
    """Whether there is a result file with a value for this very problem."""
    try:
        old = read(path)
    except InputError:
        return False
    return old.get("problem_sha256") == problem.digest and isinstance(old.get("value"), dict)


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON")
