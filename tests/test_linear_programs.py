"""The two linear-program engines behind column generation, against scipy's HiGHS."""

import subprocess
import sys

import numpy as np
import pytest
from scipy.optimize import linprog

from nsmodels.engines.blas_threads import one_blas_thread, weighted_gram
from nsmodels.engines.solvers.interior_point import interior_point
from nsmodels.engines.solvers.simplex import VertexProgram
from nsmodels.engines.spheres.sweep import sweep


def random_program(seed, m=15, p=3, n=60):
    """min c·x, A x ≤ b (m rows), = b (p rows), x ≥ 0: feasible and bounded."""
    rng = np.random.default_rng(seed)
    table = rng.random((m + p, n))
    right = table @ (rng.random(n) * (rng.random(n) < 0.2))
    right[:m] += rng.random(m)
    return table, right, rng.random(n) - 0.2


@pytest.mark.parametrize("seed", range(6))
def test_both_engines_find_the_optimum(seed):
    table, right, cost = random_program(seed)
    m = 15
    exact = linprog(cost, A_ub=table[:m], b_ub=right[:m], A_eq=table[m:], b_eq=right[m:])
    central = interior_point(table, right, cost, m, tolerance=1e-9)
    assert central.converged
    assert cost @ central.x == pytest.approx(exact.fun, abs=1e-7)
    assert right @ central.y == pytest.approx(exact.fun, abs=1e-7)
    assert (central.y[:m] <= 0.0).all()
    program = VertexProgram()
    program.add_rows(np.zeros((m, 0)), right[:m])
    program.add_rows(np.zeros((3, 0)), right[m:], equality=True)
    program.add_columns(table, -cost)
    vertex = program.solve()
    assert vertex.optimal
    assert -cost @ vertex.x == pytest.approx(-exact.fun, abs=1e-9)
    assert np.abs(vertex.y[:m] + exact.ineqlin.marginals).max() < 1e-7


def test_growing_equals_starting_anew():
    table, right, cost = random_program(9, p=1)
    grown = VertexProgram()
    grown.add_rows(np.zeros((5, 0)), right[:5])
    grown.add_columns(table[:5, :30], -cost[:30])
    grown.solve()
    grown.add_columns(table[:5, 30:], -cost[30:])
    grown.add_rows(table[5:15], right[5:15])
    grown.add_rows(table[15:], right[15:], equality=True)
    assert grown.shape == (16, 60)
    second = grown.solve()
    exact = linprog(cost, A_ub=table[:15], b_ub=right[:15], A_eq=table[15:], b_eq=right[15:])
    assert -cost @ second.x == pytest.approx(-exact.fun, abs=1e-9)


@pytest.mark.parametrize("before", ["import highspy; h = highspy.Highs(); h.setOptionValue('threads', 2); h.run()",
                                    "lp.solve([1.0], [[-1.0]], [-1.0])"])  # fmt: skip
def test_other_programs_of_the_process_do_not_matter(before):
    """HiGHS shares its threads, and returns zeros where a program asks for another number of them than one before."""
    code = f"""
import numpy as np
from nsmodels.engines.solvers import lp, simplex as vertex
{before}
program = vertex.VertexProgram()
program.add_rows(np.zeros((1, 0)), np.ones(1))
program.add_columns(np.ones((1, 1)), np.ones(1))
answer = program.solve()
assert answer.optimal and answer.x[0] == 1.0, answer
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_highs_does_not_print_its_name():
    code = "from nsmodels.engines.solvers import lp, simplex;simplex.VertexProgram(); lp.solve([1.0], [[-1.0]], [-1.0])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, timeout=60)
    assert done.stdout == b""


def test_a_coarse_answer_is_central_and_feasible():
    table, right, cost = random_program(3)
    coarse = interior_point(table, right, cost, 15, tolerance=1e-2)
    assert coarse.converged
    assert coarse.iterations < interior_point(table, right, cost, 15, tolerance=1e-9).iterations
    assert coarse.x.min() > 0.0
    assert coarse.slack.min() > 0.0


def test_a_deadline_stops_the_iteration():
    table, right, cost = random_program(3)
    stopped = interior_point(table, right, cost, 15, tolerance=1e-9, deadline=0.0)
    assert not stopped.converged
    assert stopped.iterations == 0


def test_sweeps_go_downhill():
    rng = np.random.default_rng(0)

    def units(n):
        x = rng.normal(size=(n, 3))
        return x / np.linalg.norm(x, axis=1)[:, None]

    x, y, w, u, v = units(40), units(40), rng.random(40), units(100), units(100)

    def value(p, q):
        return np.abs(p @ x.T - q @ y.T) @ w

    p, q = sweep(x, y, w, np.zeros(3), np.zeros(3), u, v)
    assert np.abs(np.linalg.norm(p, axis=1) - 1.0).max() < 1e-15
    assert (value(p, q) <= value(u, v) + 1e-2).all()
    assert value(p, q).mean() < 0.9 * value(u, v).mean()


@pytest.mark.parametrize("weight", [None, 1e-3, 1e-30])
def test_sweeps_follow_the_linear_part(weight):
    """Without terms, or with terms that hardly count, the end is where the linear part points to."""
    z = np.eye(3)
    x, w = (np.zeros((0, 3)), np.zeros(0)) if weight is None else (z, np.full(3, weight))
    p, q = sweep(x, x, w, 2.0 * z[0], z[1], z, z[::-1])
    assert np.abs(p - z[0]).max() < 1e-2
    assert np.abs(q - z[1]).max() < 1e-2


def test_threads_are_given_back():
    from nsmodels.engines.blas_threads import _libraries

    before = [get() for get, _ in _libraries()]
    with one_blas_thread():
        assert all(get() == 1 for get, _ in _libraries())
    assert [get() for get, _ in _libraries()] == before


@pytest.mark.parametrize("shape", [(3, 7), (300, 900)])
def test_products_in_pieces(shape):
    rng = np.random.default_rng(0)
    table, weights = rng.normal(size=shape), rng.random(shape[1])
    assert np.abs(weighted_gram(table, weights) - (table * weights) @ table.T).max() < 1e-11


@pytest.mark.parametrize(("m", "n"), [(1, 5), (4, 50), (30, 200), (5, 4)])
def test_recombination_keeps_the_moments(m, n):
    from nsmodels.engines.recombination import recombine

    rng = np.random.default_rng(m)
    points, weights = rng.normal(size=(m, n)), rng.random(n) ** 4
    fewer = recombine(points, weights)
    assert fewer.min() >= 0.0
    assert np.count_nonzero(fewer) <= min(m + 1, n)
    assert np.abs(points @ (fewer - weights)).max() < 1e-12
    assert fewer.sum() == pytest.approx(weights.sum(), abs=1e-13)
