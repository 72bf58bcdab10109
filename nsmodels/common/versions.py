"""Which versions an answer was made with; every answer carries them in ``stats["versions"]``."""

from __future__ import annotations

import platform
import sys

__all__ = ["versions"]

LIBRARIES = ("numpy", "scipy", "numba", "highspy", "cvxpy", "clarabel", "scs", "networkx")


def versions() -> dict[str, str]:
    """Versions of the package, of Python, and of the numerical libraries that are loaded."""
    from .. import __version__

    known = {"nsmodels": __version__, "python": platform.python_version()}
    for name in LIBRARIES:
        module = sys.modules.get(name)
        if module is not None:
            known[name] = str(getattr(module, "__version__", "") or _installed(name))
    return known


def _installed(name: str) -> str:
    """The version by what was installed, for modules that do not say theirs (highspy)."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(name)
    except PackageNotFoundError:
        return "unknown"
