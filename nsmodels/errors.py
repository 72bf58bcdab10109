"""The errors a user can meet: one small hierarchy.

Every message is one line that says what is wrong, where, and what would be right.
"""

from __future__ import annotations

__all__ = ["InputError", "MissingExtraError", "NsmodelsError", "SolverError"]


class NsmodelsError(Exception):
    """Base class of every error that the package raises on purpose."""


class InputError(NsmodelsError, ValueError):
    """The data handed in cannot be used: the message names the entry, its value and the remedy."""


class SolverError(NsmodelsError, RuntimeError):
    """A solver gave no answer that passes its verification, so nothing is concluded from it."""


class MissingExtraError(NsmodelsError, ImportError):
    """An optional dependency is not installed: the message names the extra that brings it."""
