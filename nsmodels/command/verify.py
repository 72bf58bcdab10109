"""``nsmodels verify`` for files: of one what the checker says, of several a verdict each; no package is needed."""

from __future__ import annotations

import contextlib
import io
import os
from collections.abc import Callable, Iterable
from pathlib import Path

from .. import checker
from ..common.digits import counted
from .output import put, say, shown

__all__ = ["UNREADABLE", "Claim", "Verdict", "are_files", "of_file", "put_claims", "verify_each", "verify_files"]

UNREADABLE = 2
Claim = tuple[bool, str]
Verdict = tuple[int, list[Claim]]
"""An exit code, and what is proved or not."""


def are_files(results: Iterable[str]) -> bool:
    """Whether all of them are there as files, and none is a problem by its name."""
    return all(os.path.isfile(name) and Path(name).suffix != ".toml" for name in results)


def verify_files(results: list[str]) -> int:
    """Say what is proved; the exit code is 0 where all is, 1 where some claim is not, 2 for what is unreadable."""
    if len(results) > 1:
        return verify_each(results, of_file)
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        code = checker.main([results[0]])
    put(said.getvalue())
    return code


def verify_each(results: Iterable[str], verdict_of: Callable[[str], Verdict]) -> int:
    """Say of each what is proved, in their order; the exit code is the worst."""
    worst = 0
    for name in dict.fromkeys(results):
        code, claims = verdict_of(name)
        put_claims(claims, f"{shown(name)}: ")
        if code == UNREADABLE:
            say(" ".join(f"{shown(name)}: {shown(claims[0][1])}".splitlines()) + "\n")
        worst = max(worst, code)
    put("NOT everything is proved\n" if worst else "all proved\n")
    return worst


def of_file(path: str) -> Verdict:
    """The exit code for a file, and what is not proved in it, or how many claims are."""
    try:
        claims = checker.check(checker.read(path))
    except (OSError, ValueError, RecursionError, MemoryError) as error:
        return UNREADABLE, [(False, f"unreadable: {error}")]
    failures = [claim for claim in claims if not claim[0]]
    if failures or not claims:
        return 1, failures or [(False, "nothing is claimed")]
    return 0, [(True, counted(len(claims), "claim"))]


def put_claims(claims: Iterable[Claim], of: str = "") -> bool:
    """Write a line for each; whether all hold."""
    proved = True
    for holds, text in claims:
        put(("proved      " if holds else "NOT PROVED  ") + of + shown(text) + "\n")
        proved = proved and holds
    return proved
