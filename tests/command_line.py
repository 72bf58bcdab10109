"""The command line run in this process or in one of its own."""

import subprocess
import sys
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from nsmodels import cli

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


def run(*arguments: str | Path) -> Any:
    return CliRunner().invoke(cli.app, [str(argument) for argument in arguments])


def process(*arguments: str | Path, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *map(str, arguments)], capture_output=True, text=True, cwd=cwd, timeout=120)
