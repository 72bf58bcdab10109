"""Quadratic forms over unit vectors without a solver: values of theorems, proofs that hold, answers at any time."""

import json
import time
from fractions import Fraction

import numpy as np
import pytest
from numpy.typing import NDArray

import nsmodels as ns
from nsmodels import checker
from nsmodels.engines.solvers import sdp
from nsmodels.engines.unit_vectors import (
    UnitVectorSearch,
    dominant_diagonal,
    provably_semidefinite,
    raised_diagonal,
)
from nsmodels.files import result as results
from nsmodels.files.problem import from_data

Array = NDArray[np.float64]


def coupled(table: Array) -> tuple[Array, list[slice]]:
    n, m = table.shape
    weights = np.block([[np.zeros((n, n)), table], [table.T, np.zeros((m, m))]]) / 2.0
    return weights, [slice(0, n), slice(n, n + m)]


@pytest.mark.parametrize("n", [31, 50])
def test_chained_functionals(n: int) -> None:
    """Tsirelson: 2n cos(π/2n); Wehner, PRA 73, 022110 (2006)."""
    answer = ns.bound(ns.functionals.chained(n), ns.Quantum((n, n)), tolerance=1e-6)
    value = 2 * n * np.cos(np.pi / (2 * n))
    assert answer.lower <= value + 1e-12
    assert answer.upper >= value - 1e-12
    assert answer.value.width <= 1e-6
    assert answer.reason == "tolerance_met"


@pytest.mark.parametrize("marginals", [False, True])
def test_large_answers_are_verified(marginals: bool) -> None:
    table = np.random.default_rng(5).normal(size=(40, 30))
    spec = {"correlators": table.tolist()}
    if marginals:
        spec |= {"alice": [0.5] * 40, "bob": [-0.25] * 30}
    data = {"schema": 1, "kind": "bound", "model": {"name": "quantum"}, "functional": spec,
            "options": {"time_limit_s": 8.0}}  # fmt: skip
    problem = from_data(data, "case")
    answer = problem.ask()
    claims = checker.check(json.loads(results.to_text(results.assemble(problem, answer.to_json(), 0.0))))
    assert all(holds for holds, _ in claims), claims
    if not marginals:
        reference = sdp.maximise_over_unit_vectors(coupled(table)[0])
        assert answer.lower - 1e-4 <= reference.diagonal.sum() <= answer.upper + 1e-4
        assert answer.value.width <= 1e-5


@pytest.mark.parametrize("seed", range(4))
def test_proofs_in_floating_point_agree_with_those_in_integers(seed: int) -> None:
    rng = np.random.default_rng(seed)
    matrix = rng.normal(size=(12, 12))
    matrix = matrix + matrix.T
    np.fill_diagonal(matrix, raised_diagonal(matrix))
    assert provably_semidefinite(matrix)
    assert sdp.is_positive_semidefinite(matrix)
    smallest = float(np.linalg.eigvalsh(matrix)[0])
    assert smallest <= 1e-6
    assert not provably_semidefinite(matrix - (smallest + 1e-9) * np.eye(12))
    np.fill_diagonal(matrix, 0.0)
    dominant = dominant_diagonal(matrix)
    rows = [sum(map(abs, map(Fraction, row)), Fraction(0)) for row in matrix.tolist()]
    assert all(d > total for d, total in zip(map(Fraction, dominant.tolist()), rows, strict=True))


def test_matrices_that_are_no_proof() -> None:
    assert not provably_semidefinite(np.array([[1.0, 2.0], [2.0, 1.0]]))
    assert not provably_semidefinite(np.array([[1.0, np.nan], [np.nan, 1.0]]))
    assert not provably_semidefinite(np.array([[1.0, 1.0 + 2.0**-52], [1.0 + 2.0**-52, 1.0]]))
    assert not provably_semidefinite(np.zeros((3, 3)))


def test_there_is_an_answer_before_the_first_sweep() -> None:
    weights, blocks = coupled(np.random.default_rng(1).normal(size=(20, 20)))
    search = UnitVectorSearch(weights, blocks)
    assert search.run(time.perf_counter() - 1.0) == "time_limit"
    diagonal = search.diagonal()
    proved = -weights.copy()
    np.fill_diagonal(proved, diagonal)
    assert sdp.is_positive_semidefinite(proved)
    assert search.value <= diagonal.sum()


def test_interruption_of_a_large_search_keeps_what_it_has(monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(self: UnitVectorSearch, *arguments: object) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr(UnitVectorSearch, "run", stopped)
    answer = ns.bound(ns.functionals.chained(40), ns.Quantum((40, 40)))
    assert answer.reason == "interrupted"
    assert answer.status == "certified"
    assert answer.lower <= 80 * np.cos(np.pi / 80) <= answer.upper
