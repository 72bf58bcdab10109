"""Every record is re-checked, lies above the floor, and says in the table what its file proves."""

import json
import math
import re
from pathlib import Path

import pytest
from command_line import run as command

from nsmodels import checker
from nsmodels.files.problem import load, shipped_records

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


def test_more_directions_or_pairs_never_need_more_visibility() -> None:
    """Idle directions change nothing, so a record that is worse than a smaller one would be no record."""
    upper = {path.stem: json.loads(path.read_text(encoding="utf-8"))["value"]["upper"] for path in FILES}
    sizes = {name: [int(x) for x in name.split("_")[0].split("x")] for name in upper}
    for name, size in sizes.items():
        for other, larger in sizes.items():
            if ("x" in name) == ("x" in other) and all(m <= n for m, n in zip(size, larger, strict=True)):
                assert upper[other] <= upper[name], (name, other)
    assert set(range(4, 15)) == {size[0] for size in sizes.values() if len(size) == 1}


def test_every_record_is_a_problem_on_its_settings() -> None:
    assert sorted(shipped_records()) == [f"records/{path.stem}" for path in FILES]
    for path in FILES:
        result, problem = json.loads(path.read_text(encoding="utf-8")), load(f"records/{path.stem}")
        assert problem.kind == "visibility"
        assert {party: problem.data["settings"][party] for party in ("alice", "bob")} == {
            party: result["settings"][party] for party in ("alice", "bob")
        }
        assert problem.behaviour is not None
        assert problem.behaviour.known.sum() == len(result["design"]["pairs"])
        assert problem.expected is not None
        assert 0.0 <= problem.expected.upper - result["value"]["upper"] <= 1e-6


def test_records_run_by_name(tmp_path: Path) -> None:
    done = command("run", "records/3x4", "records/4_correlators", "--out", tmp_path)
    assert done.exit_code == 0, done.stderr
    for name in ("3x4", "4_correlators"):
        answer = json.loads((tmp_path / f"{name}.json").read_text())
        record = json.loads((FOLDER / f"{name}.json").read_text())
        assert answer["value"]["lower"] <= record["value"]["upper"]
        assert record["value"]["lower"] <= answer["value"]["upper"]
        assert all(holds for holds, _ in checker.check(answer))
    assert command("explain", "records/3x4").exit_code == 0
    assert "records/3x4" in command("list", "records").stdout


def four_pairs(alpha: float, beta: float, gamma: float, delta: float) -> float:
    """V of docs/design.md for two pairs in each of two perpendicular planes."""
    cos, sin = math.cos, math.sin
    theta = math.atan((cos(beta) / cos(delta) - cos(alpha + gamma)) / sin(alpha + gamma))
    first = cos(theta) * abs(cos(alpha) - cos(gamma) * cos(beta) / cos(delta))
    kappa, mu, nu = cos(gamma) / cos(alpha), sin(alpha) / sin(gamma), sin(beta) / sin(delta)
    d = cos(delta) - kappa * cos(beta)
    fall = nu * nu - mu * mu
    below = fall * (d * d / sin(delta) ** 2 + 1.0 - (mu * kappa) ** 2) - (d * nu / sin(delta)) ** 2
    second = math.sqrt(d * d * (1.0 - mu * mu) * fall / below)
    return (first + second - first * second) / (cos(gamma - alpha) * second + cos(delta - beta) * first)


def test_the_formula_for_four_pairs_is_stationary_at_the_record() -> None:
    angles = [0.61821333212246534650, 0.09029239091165446705, 1.01682797345717418171, 0.24847184158523860222]
    best = four_pairs(*angles)
    assert best == pytest.approx(0.961371001572558339, abs=1e-13)
    record = json.loads((FOLDER / "4_correlators.json").read_text(encoding="utf-8"))
    assert record["value"]["lower"] - 1e-8 <= best <= record["value"]["upper"]
    for k in range(4):
        ends = [four_pairs(*(x + sign * 1e-4 * (j == k) for j, x in enumerate(angles))) for sign in (1.0, -1.0)]
        assert abs(ends[0] - ends[1]) / 2e-4 < 1e-6
        assert min(ends) > best
