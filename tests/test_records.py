"""Every record is re-checked, lies above the floor, and says in the table what its file proves."""

import json
import math
import re
from pathlib import Path

import pytest

from nsmodels import checker

FOLDER = Path(__file__).parent.parent / "results" / "records"
FLOOR = 0.5 * (1.0 + math.sqrt(0.5))
FILES = sorted(FOLDER.glob("*.json"))


def test_there_are_records() -> None:
    assert len(FILES) >= 8


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_record_is_proved(path: Path) -> None:
    result = json.loads(path.read_text(encoding="utf-8"))
    assert all(holds for holds, _ in checker.check(result))
    assert result["value"]["lower"] > FLOOR
    assert all(optimum["value"] > FLOOR for optimum in result["design"]["optima"])
    row = re.search(rf"\[{path.stem}\].*", (FOLDER / "README.md").read_text(encoding="utf-8"))
    assert row is not None
    told = float(row[0].split("|")[3])
    assert result["value"]["upper"] <= told <= result["value"]["upper"] + 1.1e-6
