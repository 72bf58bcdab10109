"""Every record is re-checked, lies above the floor, and says in the table what its file proves."""

import hashlib
import json
import math
import re
import tomllib
from pathlib import Path

import numpy as np
import pytest
from command_line import run as command

import nsmodels as ns
from nsmodels import checker
from nsmodels.files.problem import load, shipped_records

FOLDER = Path(__file__).parent.parent / "results" / "records"
FILES = sorted(FOLDER.glob("*.json"))
FLOORS = {
    "": 0.5 * (1.0 + math.sqrt(0.5)), "_half": 0.5 * (1.0 + math.sqrt(0.875)), "_one_sided": math.sqrt(0.75),
    "_significance": 0.5 * (1.0 + math.sqrt(0.5)),
}  # fmt: skip
"""Visibilities below which no settings exclude the model (½(1 + √(1 − η²/2)); √(1 − η²/4) for one party)."""


def parts(name: str) -> tuple[str, list[int]]:
    """The kind of a record, and its numbers of directions or of pairs."""
    sizes = re.match(r"(\d+)(?:x(\d+)|_correlators)", name)
    assert sizes is not None
    return name[sizes.end() :], [int(x) for x in sizes.groups() if x]


def test_there_are_records() -> None:
    assert len(FILES) >= 8


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_record_is_proved(path: Path) -> None:
    result = json.loads(path.read_text(encoding="utf-8"))
    assert all(holds for holds, _ in checker.check(result))
    floor = FLOORS[parts(path.stem)[0]]
    assert result["value"]["lower"] > floor
    if "significance" not in result["design"]:
        assert all(optimum["value"] > floor for optimum in result["design"]["optima"])
    row = re.search(rf"\[{path.stem}\].*", (FOLDER / "README.md").read_text(encoding="utf-8"))
    assert row is not None
    told = float(row[0].split("|")[3])
    assert result["value"]["upper"] <= told <= result["value"]["upper"] + 1.1e-6


def test_more_directions_or_pairs_are_never_worse() -> None:
    """Idle directions change nothing, so a record that is worse than a smaller one would be no record."""
    value, sizes = {}, {}
    for path in FILES:
        result = json.loads(path.read_text(encoding="utf-8"))
        significance = result["design"].get("significance")
        value[path.stem] = significance["pairs_for_5_sigma"] if significance else result["value"]["upper"]
        sizes[path.stem] = parts(path.stem)
    for name, (kind, size) in sizes.items():
        for other, (same, larger) in sizes.items():
            if kind == same and len(size) == len(larger) and all(m <= n for m, n in zip(size, larger, strict=True)):
                assert value[other] <= value[name], (name, other)
    assert set(range(4, 15)) == {size[0] for kind, size in sizes.values() if len(size) == 1 and not kind}
    every = {(m, n) for m in range(2, 9) for n in range(max(m, 4), 9)}
    assert every <= {tuple(size) for kind, size in sizes.values() if not kind}


def integer_inequalities() -> dict[str, dict]:
    return tomllib.loads((FOLDER / "inequalities.toml").read_text(encoding="utf-8"))


def test_inequalities_with_integers_belong_to_the_records() -> None:
    """They cost about 1e-4 in visibility at most, and no hidden state of the record violates them."""
    entries = integer_inequalities()
    mine = [path for path in FILES if parts(path.stem)[0] in ("", "_half")]
    assert sorted(entries) == sorted(path.stem for path in mine)
    for path in mine:
        result, entry = json.loads(path.read_text(encoding="utf-8")), entries[path.stem]
        settings = result["settings"]
        assert entry["settings"] == hashlib.sha256(json.dumps(settings).encode()).hexdigest()[:16]
        alice, bob = (np.array(settings[party]) for party in ("alice", "bob"))
        alice, bob = (x / np.linalg.norm(x, axis=1)[:, None] for x in (alice, bob))
        i, j, S = np.array(entry["terms"]).T
        assert {(int(a), int(b)) for a, b in zip(i, j, strict=True)} <= {tuple(p) for p in result["design"]["pairs"]}
        value = float(-(alice[i] * bob[j]).sum(axis=1) @ S)
        assert entry["bound"] / value == pytest.approx(entry["visibility"], abs=1e-9)
        assert result["value"]["lower"] - 1e-9 < entry["visibility"] < result["value"]["upper"] + 2e-4
        states = [state for state in result["decomposition"] if "u" in state and "v" in state]
        eta = result["resolved"]["model"].get("eta_a", 1.0)
        for state in states:
            A, B = eta * alice @ np.array(state["u"]), eta * bob @ np.array(state["v"])
            best = np.where(S > 0, 1.0 - np.abs(A[i] - B[j]), np.abs(A[i] + B[j]) - 1.0)
            assert float(best @ S) <= entry["bound"] + 1e-6 * np.abs(S).sum()


@pytest.mark.parametrize("name", ["2x5", "3x4", "4_correlators"])
def test_an_inequality_with_integers_is_proved_again(name: str) -> None:
    settings, entry = load(f"records/{name}").settings, integer_inequalities()[name]
    assert settings is not None
    table = np.zeros(settings.shape)
    for i, j, coefficient in entry["terms"]:
        table[i, j] = coefficient
    proved = ns.bound(ns.Functional(table), ns.Leggett(settings=settings), tolerance=1e-6 * np.abs(table).max())
    assert proved.upper == pytest.approx(entry["bound"], rel=1e-6)


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
