"""``nsmodels verify`` for folders, sweeps, and files that processes share."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from ..common.workers import completed, engine
from ..errors import InputError
from ..files.problem import shipped
from ..files.sweeps.check import check_folder
from .output import put, shown
from .progress import tally
from .verify import UNREADABLE, Claim, Verdict, are_files, of_file, put_claims, verify_each, verify_files

__all__ = ["verify_all"]


def verify_all(results: list[str], workers: int) -> int:
    """Say what is proved of each; the exit code is the worst: 0 all proved, 1 some claim is not, 2 unreadable.

    Raises
    ------
    InputError
        If there is one alone, and that is no result; or for a number of workers that is out of range.
    """
    if len(results) > 1:
        ready = _by_processes(results, workers) if workers != 1 else {}
        return verify_each(results, lambda name: ready.get(name) or _verdict(name, workers))
    _check_no_problem(results[0])
    if not os.path.isdir(results[0]):
        return verify_files(results)
    proved = put_claims(_claims_of(results[0], workers))
    put("all proved\n" if proved else "NOT everything is proved\n")
    return 0 if proved else 1


def _check_no_problem(result: str) -> None:
    """Refuse a problem file, or the name of a shipped problem, where a result is wanted."""
    if Path(result).suffix == ".toml" or (not os.path.exists(result) and result in shipped()):
        remedy = f"`nsmodels run {shown(result)}` answers it and writes the result file, which verify reads"
        raise InputError(f"{shown(result)}: this is a problem, not a result; {remedy}")


def _verdict(name: str, workers: int) -> Verdict:
    try:
        _check_no_problem(name)
        if os.path.isdir(name):
            claims = list(_claims_of(name, workers))
            return int(not all(holds for holds, _ in claims)), claims
    except InputError as error:
        return UNREADABLE, [(False, str(error).removeprefix(f"{shown(name)}: "))]
    return of_file(name)


def _by_processes(results: list[str], workers: int) -> dict[str, Verdict]:
    """The verdicts on all that are files."""
    files = [name for name in dict.fromkeys(results) if are_files([name])]
    found: dict[str, Verdict] = {}
    with engine(workers) as where, tally(len(files), "file") as show:
        tasks = ((name, (name,)) for name in files)
        for name, verdict in completed(where, of_file, tasks, lambda: show.told(len(found), len(files))):
            if isinstance(verdict, BaseException):
                raise verdict
            found[name] = verdict
    return found


def _claims_of(folder: str, workers: int) -> Iterator[Claim]:
    with tally(0, "file") as show:
        yield from check_folder(Path(folder), workers, show.told)
