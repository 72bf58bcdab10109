"""The command line run in this process or in one of its own."""

import math
import subprocess
import sys
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from nsmodels import cli
from nsmodels.core.enclosure import Enclosure, Status
from nsmodels.core.hidden_states import HiddenState

DATA = Path(__file__).parent / "data"
COMMAND = [sys.executable, "-m", "nsmodels"]
VALUE = {"lower": 1.78918145, "upper": 1.78918152}


class Answer:
    """What a question returns, without a question."""

    inequality = None

    def __init__(self, **changes: Any) -> None:
        self.content: dict[str, Any] = {
            "status": "certified",
            "reason": "tolerance_met",
            "value": VALUE,
            "maximiser": {"u": [1.0, 0.0, 0.0], "v": [-1.0, 0.0, 0.0]},
            "quantum": 1.8973665961010275,
            "stats": {"seconds": 0.02, "nodes": 1},
            "certificate": {"format": 1},
        } | changes

    def to_json(self) -> dict[str, Any]:
        return self.content

    @property
    def told(self) -> Enclosure:
        ends = self.content["value"] or {"lower": -math.inf, "upper": math.inf}
        return Enclosure(ends["lower"], ends["upper"], Status(self.content["status"]), self.content["reason"])

    @property
    def value(self) -> Enclosure:
        return self.told

    @property
    def lower(self) -> float:
        return self.told.lower

    @property
    def upper(self) -> float:
        return self.told.upper

    @property
    def answered(self) -> bool:
        return self.content["value"] is not None

    @property
    def maximiser(self) -> HiddenState | None:
        found = self.content["maximiser"]
        return HiddenState([], [], found["u"], found["v"]) if found else None  # type: ignore[arg-type]  # lists do

    def __getattr__(self, name: str) -> Any:
        try:
            return self.__dict__["content"][name]
        except KeyError:
            raise AttributeError(name) from None


def run(*arguments: str | Path) -> Any:
    return CliRunner().invoke(cli.app, [str(argument) for argument in arguments])


def process(*arguments: str | Path, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *map(str, arguments)], capture_output=True, text=True, cwd=cwd, timeout=120)
