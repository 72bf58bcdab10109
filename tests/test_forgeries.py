"""A sample of the forgeries of benchmarks/forge.py, and proof that the game can be lost by a careless checker."""

import importlib.util
import json
import sys
from pathlib import Path

import pytest

from nsmodels import checker

SCRIPT = Path(__file__).resolve().parent.parent / "benchmarks" / "forge.py"


@pytest.fixture(scope="module")
def forge():
    spec = importlib.util.spec_from_file_location("forge", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    sys.modules["forge"] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def results(forge):
    return forge.genuine()


def test_genuine_results_are_accepted(results):
    for name, result in results.items():
        claims = checker.check(json.loads(json.dumps(result)))
        assert all(holds for holds, _ in claims), (name, claims)


def test_no_forgery_is_accepted_with_a_false_claim(forge, results):
    tally, harmful = forge.play(400, 2026, results)
    assert not harmful
    assert tally["lies rejected"] == 200
    assert tally["accidents accepted"] + tally["accidents rejected"] == 200


def test_a_forged_digest_is_rejected(forge, results):
    for result in results.values():
        forged = result | {"problem": result["problem"] | {"title": "another"}}
        assert not all(holds for holds, _ in checker.check(forged))
        assert all(holds for holds, _ in checker.check(forge.sealed(forged)))


SKIPPED = ["a leaf of the covering", "a vector violates", "the model misses", "displays something"]


@pytest.mark.parametrize("skipped", SKIPPED)
def test_the_game_catches_a_checker_that_skips_a_check(forge, results, monkeypatch, skipped):
    honest = checker.need
    monkeypatch.setattr(checker, "need", lambda holds, message: None if skipped in message else honest(holds, message))
    _, harmful = forge.play(400, 5, results)
    assert harmful
