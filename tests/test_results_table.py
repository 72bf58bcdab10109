"""The committed answers: each is proved by the checker, meets what is expected, and stands in the table of theorems."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

from nsmodels import checker
from nsmodels.files import result as results
from nsmodels.files.loading import answer_of
from nsmodels.files.problem import load, shipped

ROOT = Path(__file__).parent.parent
ANSWERS = sorted((ROOT / "results").glob("*.json"))
LARGEST, ALTOGETHER = 1_500_000, 6_000_000
"""Bytes."""


@pytest.fixture(scope="module")
def script() -> ModuleType:
    path = ROOT / "benchmarks" / "table_of_theorems.py"
    spec = importlib.util.spec_from_file_location("table_of_theorems", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["table_of_theorems"] = module
    spec.loader.exec_module(module)
    return module


def test_every_shipped_problem_is_answered() -> None:
    assert {path.stem for path in ANSWERS} == set(shipped())


def test_the_answers_are_small() -> None:
    sizes = [path.stat().st_size for path in ANSWERS]
    assert max(sizes) < LARGEST
    assert sum(sizes) < ALTOGETHER


@pytest.mark.parametrize("path", ANSWERS, ids=lambda path: path.stem)
def test_answer_is_proved_and_meets_what_is_expected(path: Path) -> None:
    claims = checker.check(checker.read(str(path)))
    assert claims
    assert [sentence for proved, sentence in claims if not proved] == []
    result, problem = results.read(path), load(path.stem)
    assert result["problem"] == problem.data
    assert result["problem_sha256"] == problem.digest
    assert result["status"] == "certified"
    assert results.verdict(problem, answer_of(result, problem, path)) == (0, [])


def test_every_problem_says_what_is_expected_and_why() -> None:
    for name in shipped():
        problem = load(name)
        assert problem.data.get("source"), name
        if problem.expected is not None:
            assert problem.expected.source, name


def test_the_table_is_what_the_script_writes(script: ModuleType) -> None:
    written = (ROOT / "results" / "README.md").read_text(encoding="utf-8")
    assert written == script.table(ANSWERS)
    assert written.count("\n| [") == len(ANSWERS)
    assert written.count("| checked |") == len(ANSWERS)
