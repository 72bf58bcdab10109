"""The committed tables of largest marginals are what the program computes, and what theory says."""

import csv
import importlib.util
from pathlib import Path

import pytest

from nsmodels.questions.bias.marginals import marginal_on_directions
from nsmodels.studies.vanishing import fit_exponent

ROOT = Path(__file__).parents[1]


def load(name):
    path = ROOT / "benchmarks" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(f"benchmark_{name}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


script = load("marginals_table")


def read(name):
    with (ROOT / "results" / name).open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_table_is_complete_and_agrees_with_theory():
    rows = read("marginals_table.csv")
    assert [(row["case"], int(row["alice"]), row["visibility"]) for row in rows] == [
        (case, n, "" if visibility is None else str(visibility)) for case, n, visibility in script.cases()
    ]
    for row in rows:
        lower, upper = float(row["lower"]), float(row["upper"])
        assert 0.0 <= upper - lower < 2e-12
        if row["theory"]:
            assert lower - 1e-14 <= float(row["theory"]) <= upper + 1e-14


def test_rows_are_reproduced():
    rows = {(row["case"], int(row["alice"]), row["visibility"]): row for row in read("marginals_table.csv")}
    for case, n, visibility in script.cases():
        if case.startswith("chain") and n not in (2, 3, 5, 8, 13, 21, 34, 100):
            continue
        again = script.row(case, n, visibility)
        row = rows[case, n, "" if visibility is None else str(visibility)]
        assert float(row["lower"]) == pytest.approx(again["lower"], abs=1e-12)
        assert float(row["upper"]) == pytest.approx(again["upper"], abs=1e-12)
        if row["theory"]:
            assert float(row["theory"]) == pytest.approx(again["theory"], abs=1e-15)


def test_scaling_table():
    """Families up to 10 000 settings a side: exponent 1 on the circle, about ½ on the sphere; small sizes again."""
    rows = read("marginals_scaling.csv")
    directions = load("marginals").directions
    for family, exponent, slack in (
        ("circle", 1.0, 1e-3),
        ("fibonacci", 0.5, 0.05),
        ("icosahedral", 0.5, 0.05),
        ("random", 0.5, 0.05),
    ):
        mine = [row for row in rows if row["family"] == family]
        assert max(int(row["settings_a_side"]) for row in mine) >= 9612
        large = [row for row in mine if int(row["settings_a_side"]) >= 100]
        sizes = [int(row["settings_a_side"]) for row in large]
        assert fit_exponent(sizes, [float(row["upper"]) for row in large])[0] == pytest.approx(exponent, abs=slack)
        assert max(float(row["seconds"]) for row in mine) < 15.0
        assert max(float(row["peak_megabytes"]) for row in mine) < 1000.0
        for row in mine:
            n = int(row["settings_a_side"])
            if n <= 300:
                end, chain = marginal_on_directions(directions(family, n), "B0")
                assert end.upper == pytest.approx(float(row["upper"]), abs=1e-11)
                assert len(chain) - 1 == int(row["steps"])
