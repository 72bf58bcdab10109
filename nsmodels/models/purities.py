"""Purities in the table [model] of a problem file."""

from __future__ import annotations

from typing import Any

from ..common.arguments import PURITY, is_purity

__all__ = ["purity_of"]


def purity_of(table: Any, key: str, *, default: float | None = None, remedy: str = "") -> float:
    """The purity under a key: 0, or in [1e-30, 1]."""
    value = float(table.number(key, 0.0, 1.0, default=default, remedy=remedy))
    if not is_purity(value):
        table.refuse(key, f"is {value:g}", PURITY)
    return value
