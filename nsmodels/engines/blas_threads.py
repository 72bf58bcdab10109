"""Threads for dense products: one inside OpenBLAS, several outside.

The threads of OpenBLAS wait for one another in busy loops: on a machine with other work a product that takes a
millisecond takes fifty. Here OpenBLAS uses one thread, and large products are cut into pieces for the threads of a pool
to work on.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["one_blas_thread", "weighted_gram"]

LARGE = 5e7
"""Multiplications of one product from which on it is shared out."""


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


@contextlib.contextmanager
def one_blas_thread() -> Iterator[None]:
    """Inside, OpenBLAS uses one thread; nothing happens with other libraries."""
    before = [(put, get()) for get, put in _libraries()]
    for put, _ in before:
        put(1)
    try:
        yield
    finally:
        for put, count in before:
            put(count)


def weighted_gram(table: NDArray[np.float64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """The symmetric product A diag(w) Aᵀ, shape (m, m), for A (m, n) and w (n,) ≥ 0."""
    m, n = table.shape
    roots = np.sqrt(weights)

    def piece(part: slice) -> NDArray[np.float64]:
        scaled = table[:, part] * roots[part]
        return scaled @ scaled.T

    workers = min(os.cpu_count() or 1, 4)
    if workers == 1 or float(m) * m * n < LARGE:
        return piece(slice(0, n))
    cuts = np.linspace(0, n, workers + 1).astype(int).tolist()
    with ThreadPoolExecutor(workers) as pool:
        pieces = list(pool.map(piece, [slice(p, q) for p, q in pairwise(cuts)]))
    return np.asarray(sum(pieces[1:], pieces[0]), dtype=np.float64)
