"""The table ``[design]``: how many directions or pairs, what is minimised, and where the search begins."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ...core.settings import Settings
from ...studies.design.question import design
from ..toml.table import Table
from .settings import Sizes, made, read_settings

__all__ = ["DesignTable", "read_design"]

MOST_DIRECTIONS = 24
MOST_CORRELATORS = 60
MOST_STARTS = 1_000_000
OBJECTIVES = ("visibility", "significance")
SHARING = ("optimal", "equal")
PLANES = ("alice", "bob", "both")
NORTH = [0.0, 0.0, 1.0]


@dataclass(frozen=True)
class DesignTable:
    """The arguments of `nsmodels.design` that the file gives.

    Parameters
    ----------
    arguments : dict
        By name.
    shape : (int, int)
        Numbers of directions; for ``correlators`` the largest that may come out.
    resolved : dict
        The same as in the result file, with defaults.
    """

    arguments: dict[str, Any]
    shape: tuple[int, int]
    resolved: dict[str, Any]

    def ask(self, model: Any, **limits: Any) -> Any:
        """Search for settings on which the model of this law is excluded."""
        return design(model, **self.arguments, **limits)

    def settings(self) -> Settings:
        """Settings of the right shape; a law does not depend on which."""
        return Settings([NORTH] * self.shape[0], [NORTH] * self.shape[1])


def read_design(table: Table, checked: Callable[[dict[str, Any]], object]) -> DesignTable:
    """Read and check the table.

    Parameters
    ----------
    table : Table
    checked : callable
        Refuses arguments that do not fit each other, by raising `InputError`.
    """
    given: dict[str, Any] = {}
    start = read_settings(Table(table.document, (*table.path, "start"), table.content["start"])) \
        if "start" in table else None  # fmt: skip
    if "correlators" in table:
        for key in ("n_alice", "n_bob", "pairs", "start"):
            if key in table:
                table.refuse(key, "given beside correlators", "give numbers of directions, or correlators")
        given["correlators"] = table.integer("correlators", 1, MOST_CORRELATORS)
        shape = (given["correlators"], given["correlators"])
    else:
        for key, default in zip(("n_alice", "n_bob"), (None, None) if start is None else start.shape):
            if default is None:
                table.need(key, "give n_alice and n_bob, or correlators, or start")
            given[key] = table.integer(key, 1, MOST_DIRECTIONS, default)
        shape = (given["n_alice"], given["n_bob"])
    if "pairs" in table:
        sizes = Sizes(None)
        sizes.shape = shape
        given["pairs"] = sizes.pairs(table)
    given["objective"] = table.choice("objective", OBJECTIVES, "visibility")
    if given["objective"] == "significance":
        given["visibility"] = table.number("visibility", 0.0, 1.0, default=0.98, positive=True)
        given["sharing"] = table.choice("sharing", SHARING, "optimal")
    else:
        for key in ("visibility", "sharing"):
            if key in table:
                table.refuse(key, 'not used by objective = "visibility"', 'it is for objective = "significance"')
    given["starts"] = table.integer("starts", 0, MOST_STARTS, 20)
    plane = table.content.get("plane", False)
    given["plane"] = table.flag("plane", False) if isinstance(plane, bool) else table.choice("plane", PLANES)
    given["minimum_angle_deg"] = table.number("minimum_angle_deg", 0.0, 89.0, default=0.0)
    if "symmetric" in table:
        given["symmetric"] = table.text("symmetric")
    resolved = dict(given)
    if "pairs" in given:
        resolved["pairs"] = [list(pair) for pair in given["pairs"]]
    if start is not None:
        given["start"] = start
    made(table, lambda: checked(given))
    return DesignTable(given, shape, resolved)
