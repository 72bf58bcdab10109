"""How kernels are compiled: `entry` can be called from Python, a `kernel` only from other kernels.

Entries let other threads of Python run meanwhile. Kernels need no wrapper for Python, which for functions of many
arrays takes longer to compile than the function itself. Compiled code is kept on disk, beside the package or, where
that is read-only, in the user's cache folder; where nothing can be written it is compiled again in every run, and that
is said once. The first compilation takes 15 to 20 seconds: `loaded` leaves it to other processes, so that Ctrl-C ends
it at once. Division by zero gives an infinity instead of an exception, so that loops can be vectorised; kernels guard
what may vanish. With NUMBA_DISABLE_JIT=1 the same functions run as plain Python, for debuggers.
"""

from __future__ import annotations

import contextlib
import functools
import logging
import os
import sys
import threading
import time
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any

import numpy as np

from ..common.interrupts import arrived, loading, released
from ..common.workers import Processes

__all__ = [
    *("COMPILES", "KernelArray", "ahead", "by_type", "compiled", "entry", "keeps_code", "kernel", "loaded", "record"),
    "summing_kernel",
]

LONGEST = 300.0
"""Seconds after which other processes that compile are given up, and this one compiles."""


def _count_threads() -> None:
    """Let numba be imported where NUMBA_NUM_THREADS is 0 or less, which it refuses; no kernel here uses its threads."""
    try:
        usable = int(os.environ.get("NUMBA_NUM_THREADS", "1")) >= 1
    except ValueError:  # numba says that it ignores this
        return
    if not usable:
        os.environ["NUMBA_NUM_THREADS"] = "1"


_count_threads()

from numba import config, njit, typeof  # noqa: E402
from numba.core.caching import CompileResultCacheImpl, FunctionCache  # noqa: E402
from numba.core.runtime import rtsys  # noqa: E402
from numba.extending import overload  # noqa: E402


def _leave_scipy_for_later() -> None:
    """Import numba's functions of arrays without scipy.linalg, which takes them a quarter of a second.

    They load it to learn whether BLAS is there: it is, since scipy is required. What needs BLAS looks again.
    """
    linalg: Any = import_module("numba.np.linalg")
    look = getattr(linalg, "ensure_blas", None)
    if look is None or "numba.np.arraymath" in sys.modules:
        return
    linalg.ensure_blas = lambda: None
    try:
        functions: Any = import_module("numba.np.arraymath")
        functions.ensure_blas = look
    finally:
        linalg.ensure_blas = look


COMPILES: bool = not getattr(config, "DISABLE_JIT", 0)
"""Whether kernels are compiled at all."""

KernelArray = Any
"""An array inside a kernel, whose type the compiler finds by itself; mypy would have it checked at every index."""

_njit: Any = njit  # its type hints do not know the options about wrappers
_record: Any = np.record  # whose type hints forbid classes that inherit from it
_lost: list[str] = []
_mode = threading.local()


class _NotKeptError(BaseException):
    """A kernel would have to be compiled; no `Exception`, since the work that is tried may handle those."""


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


class _Kept(CompileResultCacheImpl):
    """What of compiled code is kept: all but the empty surroundings of what was inlined.

    To give them back, numba would import the modules where it comes from, most of which nothing else needs.
    """

    def reduce(self, data: Any) -> Any:
        """Give what is written to disk."""
        *rest, surroundings = super().reduce(data)
        return *rest, tuple(one for one in surroundings if one.consts)


class _Cache(FunctionCache):
    """Numba's cache on disk, whose failures only cost time: the function is there, or can be compiled."""

    _impl_class = _Kept

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """Give what is on disk; None where that is missing, broken or cannot be read.

        Numba would first learn every function that it knows how to compile, which takes longer than to load a kernel;
        when it compiles it does so anyway. What kernels call to get memory is all that they need.
        """
        found = None
        try:
            rtsys.initialize(target_context)
            with self._guard_against_spurious_io_errors():
                found = self._load_overload(sig, target_context)
        except Exception as error:
            _lose(f"{type(error).__name__}: {error}")
        if found is None:
            if getattr(_mode, "only_kept", False):
                raise _NotKeptError
            _leave_scipy_for_later()
        return found

    def save_overload(self, sig: Any, data: Any) -> None:
        """Keep what was compiled, if that can be done."""
        try:
            super().save_overload(sig, data)
        except Exception as error:
            _lose(getattr(error, "strerror", None) or f"{type(error).__name__}: {error}")


def _nothing() -> None:
    pass


def compiled(**options: Any) -> Callable[[Any], Any]:
    """Give the decorator ``numba.njit(cache=True, **options)``, for which the cache is no condition."""

    def decorate(function: Any) -> Any:
        dispatcher = _njit(**options)(function)
        if COMPILES:
            # extensions of numba are looked for when something is compiled: no kernel is called with a type of theirs
            dispatcher._compilation_chain_init_hook = _nothing
            try:
                dispatcher._cache = _Cache(function)  # what cache=True does
            except (RuntimeError, OSError):
                _lose("there is no folder for it that can be written")
        return dispatcher

    return decorate


def loaded(work: Callable[[], None], *shares: Callable[[], None]) -> float:
    """Do what loads or compiles kernels by using them; the seconds that took.

    A kernel that is on disk is loaded, which takes little and during which Ctrl-C waits: numba that is cut off stays
    broken. Where one is missing, other processes compile, which Ctrl-C ends at once; this one compiles only what cannot
    be kept, or what they failed at, and then Ctrl-C has to wait.

    Parameters
    ----------
    work : callable
        A function of a module of the package, without arguments.
    *shares : callable
        Others, which together compile all that ``work`` does, side by side.

    Raises
    ------
    KeyboardInterrupt
        Kernels are missing, and Ctrl-C arrived while they were compiled or before.
    """
    begin = time.perf_counter()
    if not (keeps_code() and _is_kept(work)):
        if keeps_code():
            _compile_elsewhere(shares or (work,))
        with loading():
            work()
    return time.perf_counter() - begin


def ahead(function: Any, *arguments: Any) -> None:
    """Compile a kernel for arguments of these types before what calls it, for a share of `loaded`.

    What another process needs late is there by then, on disk. Types that no caller has cost time and change nothing.
    """
    function.compile(tuple(map(typeof, arguments)))


def _is_kept(work: Callable[[], None]) -> bool:
    """Do it, if all its kernels are on disk."""
    _mode.only_kept = True
    try:
        with loading():
            work()
    except _NotKeptError:
        return False
    finally:
        _mode.only_kept = False
    return True


def _compile_elsewhere(shares: Sequence[Callable[[], None]]) -> None:
    """Do this in other processes, for the sake of the code that they keep."""
    if arrived():
        raise KeyboardInterrupt
    with contextlib.closing(Processes(min(len(shares), os.cpu_count() or 1))) as processes, released():
        for future in [processes.submit(share) for share in shares]:
            with contextlib.suppress(Exception):
                future.result(LONGEST)


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
