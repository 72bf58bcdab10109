"""Coverings for uncertain directions that were found lately: the runs of one file ask for the same bound again.

`cover` is a function of the numbers that it is given, as long as it meets its target before any limit of time.
Only what was found in this way is remembered, so that an answer does not depend on what was asked before.
"""

from __future__ import annotations

from collections import OrderedDict
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import uncertain
from .uncertain import SPARE, UncertainCovering
from .uncertain_problem import UncertainProblem

__all__ = ["SPARE", "cover"]

MOST = 16
"""Coverings that are remembered, some tens of kilobytes each."""

Found = tuple[float, UncertainCovering, int]


@cache
def _found() -> OrderedDict[bytes, Found]:
    """Those of this process, the last one asked for at the end."""
    return OrderedDict()


def cover(
    problem: UncertainProblem, target: float, time_limit_s: float, seeds: NDArray[np.int32] | None = None
) -> Found:
    """What `nsmodels.engines.spheres.uncertain.cover` finds."""
    key = _key(problem, target, seeds)
    if key in _found():
        _found().move_to_end(key)
        return _found()[key]
    found = uncertain.cover(problem, target, time_limit_s, seeds)
    if found[0] == target:
        _found()[key] = found
        if len(_found()) > MOST:
            _found().popitem(last=False)
    return found


def _key(problem: UncertainProblem, target: float, seeds: NDArray[np.int32] | None) -> bytes:
    """All numbers that `cover` looks at."""
    arrays: list[Any] = [[target], problem.rows, problem.columns, problem.signs, problem.weights]
    for side in (problem.alice, problem.bob):
        arrays += [[side.purity], side.directions, side.sine, side.bend, side.linear]
    arrays.append([] if seeds is None else seeds)
    return b"".join(repr(np.shape(x)).encode() + np.ascontiguousarray(x).tobytes() for x in arrays)
