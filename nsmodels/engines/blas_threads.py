"""How many threads OpenBLAS uses: one where more would only wait for each other.

On matrices of a few hundred rows the threads of OpenBLAS gain little; on a busy machine they wait for one another in
busy loops, and a product that takes a millisecond takes fifty.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
from collections.abc import Iterator
from functools import cache
from typing import Any

__all__ = ["few_threads"]

LARGE = 3e8
"""Multiplications of one product from which on several threads are worth having."""


@cache
def _libraries() -> tuple[tuple[Any, Any], ...]:
    """Functions (get, set) of the OpenBLAS libraries that NumPy and SciPy brought along; empty for other libraries."""
    import numpy.linalg
    import scipy.linalg

    found = []
    for module, suffix in ((numpy.linalg._umath_linalg, "64_"), (scipy.linalg._fblas, "")):
        path = getattr(module, "__file__", None)
        if path is None:
            continue
        try:
            library = ctypes.CDLL(path)
        except OSError:
            continue
        for prefix in ("scipy_openblas", "openblas"):
            get = getattr(library, f"{prefix}_get_num_threads{suffix}", None)
            put = getattr(library, f"{prefix}_set_num_threads{suffix}", None)
            if get is not None and put is not None:
                found.append((get, put))
                break
    return tuple(found)


def _busy() -> bool:
    """Whether more processes want to run than there are processors."""
    try:
        return os.getloadavg()[0] > (os.cpu_count() or 1) + 0.5
    except (AttributeError, OSError):
        return False


@contextlib.contextmanager
def few_threads(multiplications: float) -> Iterator[None]:
    """Use one BLAS thread inside, unless products are large and the machine is free."""
    if multiplications > LARGE and not _busy():
        yield
        return
    before = [(put, get()) for get, put in _libraries()]
    for put, _ in before:
        put(1)
    try:
        yield
    finally:
        for put, count in before:
            put(count)
