"""Random decompositions against plain linear programs: a short run of benchmarks/verdicts.py."""

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "benchmarks"))

import verdicts

CLOSED = ("bell", "finite", "unbiased", "nonsignalling", "listed by a user")
"""Models whose hidden states are known exactly: every question about them is closed, and not only answered truly."""


@pytest.mark.parametrize("kind", CLOSED)
def test_every_verdict_is_true(kind):
    for index, rng, shape, _, noise, matched in verdicts.cases(160, seed=1, only=kind):
        spec, settings, states = verdicts.model_of(rng, shape, kind)
        p, n = verdicts.target(rng, shape), verdicts.noise_of(rng, shape, noise)
        value = verdicts.plain(states, shape, p, n, matched)
        result, said = verdicts.ask(spec, settings, kind, p, n, matched)
        assert verdicts.verdict(result, said, value, settings is None) == [], index
        closed = result["status"] == "certified" or "(proved)" in result["reason"]
        assert closed, (index, result["status"], result["reason"])


@pytest.mark.parametrize("block", range(4))
def test_deterministic_noise_is_itself_a_mixture(block):
    """V = 0 always has a model: 400 boxes with small marginals and deterministic noise, against Bell's polytope."""
    for index in range(100):
        rng = np.random.default_rng([block, index])
        shape = tuple(int(n) for n in rng.integers(2, 5, 2))
        p, n = verdicts.box(rng, shape, size=0.02), verdicts.deterministic(rng, shape)
        value = verdicts.plain(verdicts.strategies(*shape), shape, p, n, matched=True)
        result, said = verdicts.ask({"name": "bell"}, None, "bell", p, n, matched=True)
        assert result["status"] == "certified", (index, result["reason"])
        assert verdicts.verdict(result, said, value, complete=True) == [], index


@pytest.mark.parametrize("kind", ["leggett", "hull"])
def test_no_verdict_is_false(kind):
    """What is left open is not false: irrational directions leave some ends to estimates."""
    for index, rng, shape, _, noise, matched in verdicts.cases(56, seed=2, only=kind):
        spec, settings, states = verdicts.model_of(rng, shape, kind)
        p, n = verdicts.target(rng, shape), verdicts.noise_of(rng, shape, noise)
        value = verdicts.plain(states, shape, p, n, matched)
        result, said = verdicts.ask(spec, settings, kind, p, n, matched, limit=5.0)
        assert verdicts.verdict(result, said, value, settings is None) == [], index
