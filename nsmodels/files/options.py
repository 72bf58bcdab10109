"""The table ``[options]``: what a run may cost, and how narrow its answer shall be."""

from __future__ import annotations

from dataclasses import dataclass

from .toml.table import Table

__all__ = ["MAX_SECONDS", "MAX_TOLERANCE", "Options", "read_options"]

MAX_TOLERANCE = 1e6
MAX_SECONDS = 1e9


@dataclass(frozen=True)
class Options:
    """What the run may cost and how narrow the enclosure shall be."""

    tolerance: float
    time_limit_s: float
    seed: int


def read_options(table: Table, kind: str, uncertain: bool = False) -> Options:
    """The table [options], with its defaults."""
    usual = 1e-9 if kind == "marginals" else 1e-4 if uncertain else 1e-6
    return Options(
        table.number("tolerance", high=MAX_TOLERANCE, default=usual, positive=True),
        table.number("time_limit_s", high=MAX_SECONDS, default=60.0, positive=True),
        table.integer("seed", 0, 2**32 - 1, 0),
    )
