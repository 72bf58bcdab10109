"""How kernels are compiled: `entry` can be called from Python, a `kernel` only from other kernels.

Entries let other threads of Python run meanwhile. Kernels need no wrapper for Python, which for functions of many
arrays takes longer to compile than the function itself. Compiled code is kept on disk, beside the package or, where
that is read-only, in the user's cache folder; where nothing can be written it is compiled again in every run, and that
is said once. Division by zero gives an infinity instead of an exception, so that loops can be vectorised; kernels guard
what may vanish. With NUMBA_DISABLE_JIT=1 the same functions run as plain Python, for debuggers.
"""

from __future__ import annotations

import functools
import logging
import os
from collections.abc import Callable
from typing import Any

import numpy as np

__all__ = [
    *("COMPILES", "KernelArray", "by_type", "compiled", "entry", "keeps_code", "kernel", "record", "summing_kernel")
]


def _count_threads() -> None:
    """Let numba be imported where NUMBA_NUM_THREADS is 0 or less, which it refuses; no kernel here uses its threads."""
    try:
        usable = int(os.environ.get("NUMBA_NUM_THREADS", "1")) >= 1
    except ValueError:  # numba says that it ignores this
        return
    if not usable:
        os.environ["NUMBA_NUM_THREADS"] = "1"


_count_threads()

from numba import config, njit  # noqa: E402
from numba.core.caching import FunctionCache  # noqa: E402
from numba.extending import overload  # noqa: E402

COMPILES: bool = not getattr(config, "DISABLE_JIT", 0)
"""Whether kernels are compiled at all."""

KernelArray = Any
"""An array inside a kernel, whose type the compiler finds by itself; mypy would have it checked at every index."""

_njit: Any = njit  # its type hints do not know the options about wrappers
_record: Any = np.record  # whose type hints forbid classes that inherit from it
_lost: list[str] = []


def keeps_code() -> bool:
    """Whether compiled code has been kept on disk so far, for other processes and later runs."""
    return COMPILES and not _lost


def _lose(reason: str) -> None:
    """Say once that compiled code is not kept."""
    if not _lost:
        logging.getLogger("nsmodels").warning(
            "nsmodels: compiled code cannot be kept (%s) and is compiled again in every run; "
            "let NUMBA_CACHE_DIR name a folder with room that can be written",
            ascii(reason)[1:-1],
        )
    _lost.append(reason)


class _Cache(FunctionCache):
    """Numba's cache on disk, whose failures only cost time: the function is there, or can be compiled."""

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """Give what is on disk; None where that is missing, broken or cannot be read."""
        try:
            return super().load_overload(sig, target_context)
        except Exception as error:
            _lose(f"{type(error).__name__}: {error}")
            return None

    def save_overload(self, sig: Any, data: Any) -> None:
        """Keep what was compiled, if that can be done."""
        try:
            super().save_overload(sig, data)
        except Exception as error:
            _lose(getattr(error, "strerror", None) or f"{type(error).__name__}: {error}")


def compiled(**options: Any) -> Callable[[Any], Any]:
    """Give the decorator ``numba.njit(cache=True, **options)``, for which the cache is no condition."""

    def decorate(function: Any) -> Any:
        dispatcher = _njit(**options)(function)
        if COMPILES:
            try:
                dispatcher._cache = _Cache(function)  # what cache=True does
            except (RuntimeError, OSError):
                _lose("there is no folder for it that can be written")
        return dispatcher

    return decorate


class _Record(_record):
    """A record whose field ``base`` is that, and not what numpy calls the base of a scalar."""

    @property
    def base(self) -> Any:
        """The field."""
        return self["base"]


def record(fields: list[Any]) -> np.dtype[Any]:
    """Give an aligned record whose fields are attributes in kernels, compiled or not."""
    dtype = np.dtype(fields, align=True)
    return dtype if COMPILES else np.dtype((_Record, dtype))


entry = compiled(error_model="numpy", nogil=True)
_KERNEL: dict[str, Any] = {"error_model": "numpy", "no_cpython_wrapper": True, "no_cfunc_wrapper": True}
kernel = compiled(**_KERNEL)
# sums in any order
summing_kernel = compiled(
    error_model="numpy",
    fastmath={"reassoc", "nsz", "contract"},
    no_cpython_wrapper=True,
    no_cfunc_wrapper=True,
)


def by_type(described: Any) -> Any:
    """Give a function that stands for kernels, one for each type of its first argument, which is a named tuple.

    ``@described.of(Terms)`` above a kernel makes it the one for `Terms`. Which one is meant is settled while the caller
    is compiled, so that a loop over anything is written once and costs nothing more.
    """
    offered: dict[Any, Any] = {}

    @functools.wraps(described)
    def chosen(first: Any, *rest: Any) -> Any:
        return offered[type(first)](first, *rest)

    def of(kind: type) -> Callable[[Any], Any]:
        def offer(one: Any) -> Any:
            offered[kind] = one
            return one

        return offer

    if COMPILES:

        # strict: that the names of arguments are the same, which they are not
        @overload(chosen, strict=False, jit_options=_KERNEL)  # type: ignore[arg-type]
        def choose(first: Any, *rest: Any) -> Any:
            return offered[first.instance_class]

    answer: Any = chosen
    answer.of = of
    return answer
