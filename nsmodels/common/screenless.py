"""Import matplotlib whatever MPLBACKEND says: pictures are drawn without a screen, and never through a backend.

Notebooks set the variable for the programs that they start, which may have no such backend; matplotlib cannot even be
imported where it names none that exists. The choice is kept for pyplot wherever matplotlib accepts it.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import sys

__all__ = ["prepare"]


def prepare() -> None:
    """Import matplotlib, unless somebody has; importing this module does it, too."""
    if "matplotlib" in sys.modules:
        return
    chosen = os.environ.pop("MPLBACKEND", None)
    try:
        import matplotlib
    finally:
        if chosen is not None:
            os.environ["MPLBACKEND"] = chosen
    if chosen and _exists(chosen.removeprefix("module://") if chosen.startswith("module://") else "matplotlib"):
        with contextlib.suppress(ValueError):
            matplotlib.rcParams["backend"] = chosen


def _exists(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except (ImportError, ValueError):
        return False


prepare()
