"""The semidefinite engine: proofs are proofs, and a solver that fails is no answer."""

from __future__ import annotations

from fractions import Fraction

import cvxpy as cp
import numpy as np
import pytest

from nsmodels.engines.solvers import sdp
from nsmodels.errors import SolverError


def exact_ldl(matrix):
    """Independent check: LDLᵀ over fractions; positive semidefinite iff no pivot is negative (zero rows allowed)."""
    rows = [[Fraction(x) for x in row] for row in matrix.tolist()]
    size = len(rows)
    for c in range(size):
        pivot = rows[c][c]
        if pivot < 0 or (pivot == 0 and any(rows[r][c] != 0 for r in range(c + 1, size))):
            return False
        if pivot == 0:
            continue
        for r in range(c + 1, size):
            factor = rows[r][c] / pivot
            for s in range(c + 1, size):
                rows[r][s] -= factor * rows[c][s]
    return True


@pytest.mark.parametrize("seed", range(6))
def test_integer_proof_agrees_with_exact_elimination(seed):
    rng = np.random.default_rng(seed)
    size = int(rng.integers(1, 8))
    square = rng.normal(size=(size, size + 1))
    gram = square @ square.T
    gram = (gram + gram.T) / 2.0
    edge = float(np.linalg.eigvalsh(gram)[0])
    for shift in (edge - 1e-6, edge + 1e-6, -1.0):
        matrix = gram - shift * np.eye(size)
        assert sdp.is_positive_semidefinite(matrix) == exact_ldl(matrix)


@pytest.mark.parametrize(
    "matrix",
    [
        [[-1e-30]],
        [[1.0, 1.0 + 2.0**-52], [1.0 + 2.0**-52, 1.0]],
        [[1.0, 2.0], [2.0, 1.0]],
        [[0.0, 1e-9], [1e-9, 1.0]],
        [[1.0, 0.0], [0.5, 1.0]],
        [[np.nan]],
        [[1e-40, 0.0], [0.0, -1e-60]],
    ],
)
def test_forged_matrices_are_not_proved(matrix):
    assert not sdp.is_positive_semidefinite(np.array(matrix))


def test_a_barely_positive_matrix_is_proved():
    assert sdp.is_positive_semidefinite(np.array([[1.0, 1.0 - 2.0**-53], [1.0 - 2.0**-53, 1.0]]))


def test_shift_is_small_and_proved():
    matrix = np.array([[1.0, -1.0], [-1.0, 1.0]])  # singular
    diagonal, shift = sdp.shift_to_semidefinite(matrix)
    assert 0.0 < shift < 1e-11
    proved = matrix.copy()
    np.fill_diagonal(proved, diagonal)
    assert exact_ldl(proved)


def test_shift_refuses_nonsense():
    with pytest.raises(SolverError, match="not finite"):
        sdp.shift_to_semidefinite(np.array([[np.inf]]))


WEIGHTS = np.array([[0.0, 0.0, 1.0, 1.0], [0.0, 0.0, 1.0, -1.0], [1.0, 1.0, 0.0, 0.0], [1.0, -1.0, 0.0, 0.0]]) / 2.0


@pytest.mark.parametrize("solver", ["CLARABEL", "SCS"])
def test_unit_vectors_reach_tsirelson(solver):
    answer = sdp.maximise_over_unit_vectors(WEIGHTS, solver=solver)
    np.testing.assert_allclose(np.linalg.norm(answer.vectors, axis=1), 1.0, atol=1e-12)
    assert np.sum(WEIGHTS * (answer.vectors @ answer.vectors.T)) == pytest.approx(2 * np.sqrt(2), abs=1e-10)
    assert np.sum(answer.diagonal) == pytest.approx(2 * np.sqrt(2), abs=1e-10)
    assert exact_ldl(np.diag(answer.diagonal) - WEIGHTS)


@pytest.mark.parametrize("solver", ["CLARABEL", "SCS"])
def test_a_crippled_solver_is_no_answer(solver):
    with pytest.raises(SolverError, match=solver):
        sdp.maximise_over_unit_vectors(WEIGHTS, solver=solver, max_iters=1)


def _problem():
    x = cp.Variable(2)
    return cp.Problem(cp.Minimize(cp.sum(x)), [x >= 1.0])


def test_infeasible_and_unbounded_are_sentences():
    x = cp.Variable()
    with pytest.raises(SolverError, match="contradict"):
        sdp.solve(cp.Problem(cp.Minimize(x), [x >= 1, x <= 0]))
    with pytest.raises(SolverError, match=r"unbounded|contradict"):
        sdp.solve(cp.Problem(cp.Minimize(x)))


def _raise(problem, solver, options):
    raise ZeroDivisionError("pivot 3 vanished\nsecond line")


def _stay_silent(problem, solver, options):
    return None


def _lie(problem, solver, options):
    problem.solve(solver=solver, **options)
    for variable in problem.variables():
        variable.value = np.zeros(variable.shape)


def _not_a_number(problem, solver, options):
    problem.solve(solver=solver, **options)
    for variable in problem.variables():
        variable.save_value(np.full(variable.shape, np.nan))


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        (_raise, "pivot 3 vanished"),
        (_stay_silent, "None"),
        (_lie, r"violates a constraint by 1"),
        (_not_a_number, "not finite"),
    ],
)
def test_injected_faults_are_no_answers(monkeypatch, fault, sentence):
    monkeypatch.setattr(sdp, "call_solver", fault)
    with pytest.raises(SolverError, match=sentence) as caught:
        sdp.solve(_problem())
    assert "\n" not in str(caught.value)


def test_interruption_passes_through(monkeypatch):
    def interrupt(problem, solver, options):
        raise KeyboardInterrupt

    monkeypatch.setattr(sdp, "call_solver", interrupt)
    with pytest.raises(KeyboardInterrupt):
        sdp.solve(_problem())


@pytest.mark.parametrize("solver", ["HIGHS", "CLARABEL", "SCS"])
def test_time_limits_are_spelled_for_each_solver(solver):
    solution = sdp.solve(_problem(), solver, time_limit_s=20.0)
    assert solution.value == pytest.approx(2.0, abs=1e-5)
    assert solution.residual < 1e-5
