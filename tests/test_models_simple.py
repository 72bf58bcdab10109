"""Models that need no search: laws, theorems, Bell, linear programs, finite lists and grids."""

import itertools
import math
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from functionals_at_random import SEEDS, few, random_functional, simple_models
from hypothesis import given

import nsmodels as ns
from nsmodels.core.proof import DualProof
from nsmodels.engines import enumeration, grids
from nsmodels.engines.solvers import gate, lp
from nsmodels.errors import InputError, SolverError
from nsmodels.models.nonsignalling import dual_bound
from nsmodels.models.values import attained_value, best_correlators, trivial_bound, values_at


def brute_force(f: ns.Functional, values: tuple[float, ...]) -> float:
    """The bracket of h(f) at every marginal vector with entries from ``values``."""
    n, m = f.shape
    grid = np.array(list(itertools.product(values, repeat=n + m)))
    return float(values_at(f, grid[:, :n], grid[:, n:]).max())


@given(SEEDS)
@few
def test_laws_of_every_model(seed: int) -> None:
    f = random_functional(seed)
    size = float(trivial_bound(f)) - f.constant
    support = {model.name: model.support(f) for model in simple_models(f.shape)}
    for model in simple_models(f.shape):
        answer = support[model.name]
        # the lower end is attained by the state, with boxes that exist
        state = answer.state
        assert answer.value.lower <= attained_value(f, state.alice, state.bob)
        box = ns.Behaviour(best_correlators(f, state.alice, state.bob), state.alice, state.bob)
        assert box.is_nonsignalling_box(1e-15)
        assert f.value(box) == pytest.approx(answer.value.lower, abs=1e-12 * (1 + size))
        # nothing exceeds the sum of moduli
        assert Fraction(answer.value.lower) <= trivial_bound(f)
        assert answer.value.width <= 1e-9 * (1 + size)
        # homogeneous: h(2f) = 2 h(f); sublinear: h(f + g) ≤ h(f) + h(g)
        assert model.support(2.0 * f).value.midpoint == pytest.approx(
            2 * answer.value.midpoint, rel=1e-9, abs=1e-9 * size
        )
        g = ns.Functional(np.random.default_rng(seed).normal(size=f.shape))
        both = model.support(f + g).value
        assert both.lower <= answer.value.upper + model.support(g).value.upper + 1e-12 * (1 + size)
        # proposals are hidden states of the model with their values in order
        proposal = model.propose(f, 4, rng=np.random.default_rng(1))
        values = values_at(f, proposal.alice, proposal.bob)
        assert 1 <= len(proposal) <= 4
        assert (np.diff(values) <= 1e-12 * (1 + size)).all()
        assert values[0] <= answer.value.upper + 1e-12 * (1 + size)
    # inclusions, and the hull is the largest part
    assert support["bell"].value.lower <= support["nonsignalling"].value.upper
    assert support["unbiased"].value.lower <= support["nonsignalling"].value.upper
    assert support["hull"].value.lower == max(a.value.lower for name, a in support.items() if name != "hull")


@given(SEEDS)
@few
def test_bell_against_brute_force(seed: int) -> None:
    f = random_functional(seed, 4)
    value = ns.Bell(f.shape).support(f).value
    assert value.lower - 1e-12 <= brute_force(f, (-1.0, 1.0)) * (1 + 1e-14) <= value.upper + 1e-9 * abs(value.upper)
    assert value.width <= 5e-16 * (1 + float(trivial_bound(f)) - f.constant + abs(f.constant))


@given(SEEDS)
@few
def test_nonsignalling_against_its_vertices(seed: int) -> None:
    """Marginals of vertices are 0 or ±1 (quant-ph/0506182)."""
    f = random_functional(seed, 3)
    value = ns.NonSignalling(f.shape).support(f).value
    size = 1 + abs(f.constant) + float(trivial_bound(f)) - f.constant
    assert value.midpoint == pytest.approx(brute_force(f, (-1.0, 0.0, 1.0)), abs=1e-12 * size)
    assert value.width <= 1e-12 * size


# -- theorems --------------------------------------------------------------------------------------------------------


def test_chsh_is_2_local_and_4_without_signalling() -> None:
    f = ns.functionals.chsh()
    wanted = {"bell": 2.0, "nonsignalling": 4.0, "unbiased": 4.0}
    for model in (ns.Bell((2, 2)), ns.NonSignalling((2, 2)), ns.Unbiased((2, 2))):
        r = ns.bound(f, model)
        assert (r.lower, r.upper, r.status) == (wanted[model.name], wanted[model.name], "certified")


@pytest.mark.parametrize("n", [2, 3, 5, 8])
def test_chained_inequalities(n: int) -> None:
    """Local bound 2n − 2, non-signalling 2n (arXiv:0801.2218)."""
    f = ns.functionals.chained(n)
    assert ns.bound(f, ns.Bell((n, n))).upper == 2 * n - 2
    assert ns.bound(f, ns.NonSignalling((n, n))).upper == pytest.approx(2 * n, abs=1e-12)


def i3322() -> ns.Functional:
    """I3322 with the classical bound 0 (Collins and Gisin, quant-ph/0306129), from its table of probabilities P(++)."""
    cg = np.array([[0, -1, 0, 0], [-2, 1, 1, 1], [-1, 1, 1, -1], [0, 1, -1, 0]], dtype=float)
    table = cg[1:, 1:] / 4
    alice, bob = cg[1:, 0] / 2 + table.sum(axis=1), cg[0, 1:] / 2 + table.sum(axis=0)
    return ns.Functional(table, alice, bob, cg[1:, 0].sum() / 2 + cg[0, 1:].sum() / 2 + table.sum())


def test_i3322_is_0_local_and_1_without_signalling() -> None:
    assert ns.bound(i3322(), ns.Bell((3, 3))).value.midpoint == pytest.approx(0, abs=1e-15)
    assert ns.bound(i3322(), ns.NonSignalling((3, 3))).value.midpoint == pytest.approx(1, abs=1e-12)


def test_magic_square_like_local_bounds_stay_integers() -> None:
    """Hadamard matrices of order 4 and 8: local bounds 8 and 20 (their excess over signs)."""
    h2 = np.array([[1, 1], [1, -1]])
    h4 = np.kron(h2, h2)
    h8 = np.kron(h4, h2)
    assert ns.bound(ns.Functional(h4), ns.Bell((4, 4))).value == ns.Enclosure(8, 8)
    assert ns.bound(ns.Functional(h8), ns.Bell((8, 8))).value == ns.Enclosure(20, 20)


# -- bell ------------------------------------------------------------------------------------------------------------


def test_a_wide_functional_costs_only_its_smaller_side() -> None:
    rng = np.random.default_rng(4)
    table = rng.choice([-1.0, 1.0], size=(3, 300))
    f, g = ns.Functional(table), ns.Functional(table.T)
    one, other = ns.Bell((3, 300)).support(f), ns.Bell((300, 3)).support(g)
    assert one.value.lower == one.value.upper == other.value.upper
    assert one.stats["nodes"] == 4


def test_more_than_24_settings_a_side_are_honest() -> None:
    f = ns.Functional(np.ones((26, 26)) - 2 * np.eye(26))
    r = ns.bound(f, ns.Bell((26, 26)))
    assert r.status == "certified"
    assert "24" in r.reason
    assert r.upper == 26 * 26
    assert r.lower <= 26 * 24
    sparse = np.zeros((26, 26))
    sparse[:2, :2] = [[1, 1], [1, -1]]
    assert ns.bound(ns.Functional(sparse), ns.Bell((26, 26))).value == ns.Enclosure(2, 2)


def test_a_time_limit_leaves_what_is_proved() -> None:
    rng = np.random.default_rng(2)
    f = ns.Functional(rng.choice([-1.0, 1.0], size=(24, 24)), rng.choice([-1.0, 1.0], size=24))
    r = ns.bound(f, ns.Bell((24, 24)), time_limit_s=1e-6)
    assert (r.status, r.reason) == ("certified", "time_limit")
    assert r.lower < r.upper == 24 * 25
    assert isinstance(r.proof, DualProof)


@given(SEEDS)
@few
def test_signs_are_exact_for_wild_coefficients(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n, m = rng.integers(1, 6, size=2)
    scale = 10.0 ** rng.integers(-200, 200, size=(n, m))
    matrix, constants, linear = rng.normal(size=(n, m)) * scale, rng.normal(size=m), rng.normal(size=n)
    answer = enumeration.maximise_signs(matrix, constants, linear)
    rows = [[Fraction(x) for x in row] for row in matrix.tolist()]

    def value(s: tuple[float, ...]) -> Fraction:
        sums = [sum((int(x) * r[j] for x, r in zip(s, rows)), Fraction(float(constants[j]))) for j in range(m)]
        return sum(map(abs, sums), Fraction(0)) + sum(
            (int(x) * Fraction(float(d)) for x, d in zip(s, linear)), Fraction(0)
        )

    best = max(value(s) for s in itertools.product((-1.0, 1.0), repeat=n))
    assert answer.upper is not None
    assert best <= answer.upper
    assert float(answer.upper - best) <= 1e-16 * float(
        np.abs(matrix).sum() + np.abs(constants).sum() + np.abs(linear).sum()
    )


def test_functionals_that_vanish() -> None:
    f = ns.Functional(np.zeros((2, 3)), constant=0.5)
    for model in simple_models((2, 3)):
        assert ns.bound(f, model).value.midpoint == pytest.approx(0.5, abs=1e-15)


# -- linear programs -------------------------------------------------------------------------------------------------


def test_multipliers_prove_their_bound_exactly() -> None:
    f = i3322()
    assert dual_bound(f, np.zeros((3, 3))) == trivial_bound(f)
    rng = np.random.default_rng(0)
    top = ns.NonSignalling((3, 3)).support(f).value.lower
    for _ in range(50):
        assert dual_bound(f, rng.uniform(-1, 1, size=(3, 3))) >= Fraction(top)


def test_a_solver_that_lies_is_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = gate.run

    def spoiled(spoil: Callable[[gate.Reply[Any]], gate.Reply[Any]]) -> Callable[..., gate.Reply[Any]]:
        return lambda *arguments: spoil(honest(*arguments))

    def too_good(reply: gate.Reply[Any]) -> gate.Reply[Any]:
        return replace(reply, primal=(reply.primal[0] + 0.1,))

    def wrong_multipliers(reply: gate.Reply[Any]) -> gate.Reply[Any]:
        return replace(reply, dual=(reply.dual[0] + 0.1,))

    def not_a_number(reply: gate.Reply[Any]) -> gate.Reply[Any]:
        return replace(reply, primal=(reply.primal[0] * math.nan,))

    def slow(reply: gate.Reply[Any]) -> gate.Reply[Any]:
        return replace(reply, status=gate.Status.TIME_LIMIT, primal=(np.zeros(0),), dual=(np.zeros(0),))

    f = i3322()
    for fault, message in ((too_good, "verification"), (wrong_multipliers, "verification"), (not_a_number, "finite"),
                           (slow, "time limit")):  # fmt: skip
        monkeypatch.setattr(gate, "run", spoiled(fault))
        with pytest.raises(SolverError, match=message):
            lp.solve([1.0, 1.0], [[-1.0, -1.0]], [-1.0])
        r = ns.bound(f, ns.NonSignalling((3, 3)))
        assert r.status == "certified"
        assert message in r.reason
        assert r.lower <= 1.0 <= r.upper


def test_linear_programs_come_in_threes() -> None:
    """Feasible, infeasible, unbounded; dense, sparse and triplets."""
    from scipy.sparse import csr_array

    table = np.array([[-1.0, -2.0]])
    triplets = lp.Matrix.from_triplets(np.array([0, 0]), np.array([1, 0]), np.array([-2.0, -1.0]), (1, 2))
    for matrix in (table, csr_array(table), triplets):
        answer = lp.solve([1.0, 1.0], matrix, [-1.0])
        assert answer.objective == pytest.approx(0.5)
        assert answer.x == pytest.approx([0, 0.5])
        assert answer.upper_multipliers == pytest.approx([0.5])
    equal = lp.solve([1.0, 2.0], A_eq=[[1.0, 1.0]], b_eq=[1.0])
    assert equal.objective == pytest.approx(1)
    assert equal.equality_multipliers == pytest.approx([1])
    with pytest.raises(SolverError, match="contradict"):
        lp.solve([1.0], [[1.0]], [-1.0])
    with pytest.raises(SolverError, match="unbounded"):
        lp.solve([-1.0])


# -- finite lists and grids ------------------------------------------------------------------------------------------


def test_a_finite_list_is_exact_even_with_ties() -> None:
    f = ns.Functional(np.zeros((2, 2)), constant=1.0)
    many = ns.Finite(np.zeros((1000, 2)), np.zeros((1000, 2)))
    assert ns.bound(f, many).value.lower == 1.0
    assert ns.bound(f, many).value.width < 1e-12
    with pytest.raises(InputError, match=r"marginal 1 of alice in state 0 is 1.5"):
        ns.Finite([[0.0, 1.5]], [[0.0]])
    with pytest.raises(InputError, match="2 hidden states and bob 1"):
        ns.Finite([[0.0], [0.0]], [[0.0]])


@pytest.mark.parametrize("kind", ["product", "random"])
@pytest.mark.parametrize("n", [1, 50, 400])
def test_covering_radii_cover(kind: str, n: int) -> None:
    s = ns.settings.leggett_triads(0.6)
    model = ns.Finite.sphere_grid(s, n, 0.8, kind=kind, seed=1)
    grid = model.grid
    assert grid is not None
    assert len(model) == (math.isqrt(n) ** 2 if kind == "product" else n)
    assert np.abs(model.states.alice - 0.8 * grid.u @ s.alice.T).max() < 1e-15
    rng = np.random.default_rng(0)
    u, v = rng.normal(size=(2, 2000, 3))
    u, v = u / np.linalg.norm(u, axis=1)[:, None], v / np.linalg.norm(v, axis=1)[:, None]
    far = np.maximum(np.linalg.norm(u[:, None] - grid.u, axis=2), np.linalg.norm(v[:, None] - grid.v, axis=2)).min(
        axis=1
    )
    assert far.max() <= model.covering_radius


def test_the_covering_radius_of_an_octahedron() -> None:
    """The farthest points are the face centres, at √(2 − 2/√3)."""
    points = np.vstack([np.eye(3), -np.eye(3)])
    grid = grids.Grid(np.repeat(points, 6, axis=0), np.tile(points, (6, 1)), points)
    exact = math.sqrt(2 - 2 / math.sqrt(3))
    assert exact <= grids.covering_radius(grid) <= 1.02 * exact
    assert exact <= grids.covering_radius(grid, budget=100) <= 2


@pytest.mark.parametrize("eta", [0.5, 1.0])
def test_a_grid_encloses_leggetts_bound(eta: float) -> None:
    """2 − ⅔ η sin(φ/2) for L3 (arXiv:0801.2241, eq. 5)."""
    s = ns.settings.leggett_triads(phi_deg=36.87)
    f = ns.functionals.leggett3(s)
    exact = 2 - 2 / 3 * eta * math.sin(math.radians(36.87) / 2)
    model = ns.Finite.sphere_grid(s, 2500, eta)
    assert ns.bound(f, model).upper <= exact + 1e-14
    assert exact <= model.leggett_upper(f) <= 2.0 + 1e-12
    far = ns.Functional(f.correlators, [0.3, 0, 0], np.linspace(-1, 1, 6))
    rng = np.random.default_rng(3)
    u, v = rng.normal(size=(2, 500, 3))
    u, v = u / np.linalg.norm(u, axis=1)[:, None], v / np.linalg.norm(v, axis=1)[:, None]
    assert values_at(far, eta * u @ s.alice.T, eta * v @ s.bob.T).max() <= model.leggett_upper(far)
