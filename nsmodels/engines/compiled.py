"""How kernels are compiled: `entry` can be called from Python, a `kernel` only from other kernels.

Entries let other threads of Python run meanwhile. Kernels need no wrapper for Python, which for functions of many
arrays takes longer to compile than the function itself. Compiled code is cached on disk, beside the package or, where
that is read-only, in the user's cache folder. Division by zero gives an infinity instead of an exception, so that loops
can be vectorised; kernels guard what may vanish.
"""

from typing import Any

from numba import njit

__all__ = ["entry", "kernel", "summing_kernel"]

_njit: Any = njit  # its type hints do not know the options about wrappers

entry = _njit(cache=True, error_model="numpy", nogil=True)
kernel = _njit(cache=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)
# sums in any order
summing_kernel = _njit(
    cache=True,
    error_model="numpy",
    fastmath={"reassoc", "nsz", "contract"},
    no_cpython_wrapper=True,
    no_cfunc_wrapper=True,
)
