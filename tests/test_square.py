"""Square proofs: what they close, that they never claim too much, and that forged ones are refused."""

import copy
import math
from fractions import Fraction

import numpy as np
import pytest

import nsmodels as ns
from nsmodels import checker
from nsmodels.engines.spheres import minimum as spheres
from nsmodels.engines.spheres import square_program
from nsmodels.engines.spheres.square_proof import square_proof
from nsmodels.engines.sums_of_squares import relaxations
from nsmodels.files.problem import from_data
from nsmodels.files.result import assemble


def l3_problem(phi_deg, eta_a, eta_b):
    return {
        "schema": 1,
        "kind": "bound",
        "model": {"name": "leggett", "eta_a": eta_a, "eta_b": eta_b},
        "settings": {"family": "leggett_triads", "phi_deg": phi_deg},
        "functional": {"name": "leggett3"},
        "options": {"tolerance": 1e-9},
    }


def rows_problem(seed, n_alice, n_bob, *, eta=(1.0, 1.0), spread=0.0, rank=3):
    """Random directions (of a line or a plane for a small rank), coefficients over `spread` decades, marginal terms."""
    rng = np.random.default_rng(seed)

    def rows(n):
        x = rng.normal(size=(n, 3)) * (np.arange(3) < rank)
        return (x / np.linalg.norm(x, axis=1)[:, None]).tolist()

    def draw(*size):
        return (rng.normal(size=size) * 10.0 ** rng.uniform(-spread, 0.0, size=size)).tolist()

    return {
        "schema": 1,
        "kind": "bound",
        "model": {"name": "leggett", "eta_a": eta[0], "eta_b": eta[1]},
        "settings": {"alice": rows(n_alice), "bob": rows(n_bob)},
        "functional": {"correlators": draw(n_alice, n_bob), "alice": draw(n_alice), "bob": draw(n_bob)},
        "options": {"tolerance": 1e-9},
    }


def answered(data, time_limit_s=20.0):
    data = {**data, "options": {**data["options"], "time_limit_s": time_limit_s}}
    problem = from_data(data, "square.toml")
    return assemble(problem, problem.ask().to_json(), 0.0)


def proved(result):
    return all(holds for holds, _ in checker.check(result))


def l3_bound(phi, eta_a, eta_b):
    """The closed form for η_B ≤ η_A ≤ η_B √(1 + sin φ), φ ≤ 90°."""
    s, t = math.sin(phi / 2.0), math.tan(phi / 2.0)
    return 2.0 - 2.0 / 3.0 * math.sqrt(eta_b**2 * s * s + t * (eta_a**2 - eta_b**2))


@pytest.mark.parametrize(("phi_deg", "eta_a", "eta_b"), [(23.0, 1.0, 0.9), (36.87, 1.0, 0.9), (75.0, 1.0, 0.95)])
def test_a_curve_of_minimisers_is_closed_by_one_form(phi_deg, eta_a, eta_b):
    result = answered(l3_problem(phi_deg, eta_a, eta_b))
    value = result["value"]
    assert result["certificate"]["upper"]["type"] == "square"
    assert value["upper"] - value["lower"] <= 1e-9
    assert value["lower"] <= l3_bound(math.radians(phi_deg), eta_a, eta_b) <= value["upper"]
    assert proved(result)


def test_the_program_agrees_with_another_formulation_and_solver():
    """CVXPY and Clarabel on the 8×8 matrix, without the incumbent; both ends are proved bounds of one relaxation."""
    closed = 0
    for seed in range(6):
        rng = np.random.default_rng(seed)
        settings = ns.settings.random(3, 3, seed=seed)
        f = ns.Functional(rng.normal(size=(3, 3)), alice=0.1 * rng.normal(size=3))
        problem = ns.Leggett(settings, eta_a=1.0, eta_b=0.8).problem(f)
        found = spheres.minimise(problem, tolerance=1e-9)
        ours = square_proof(problem, found.u, found.v)
        terms, weight = problem.terms, problem.scales[1]
        rows = np.hstack([terms.a[terms.ia], -terms.s[:, None] * terms.b[terms.jb]])
        theirs = relaxations.first_order_pairs(rows, terms.w * weight, np.concatenate([terms.g, terms.h]) * weight)
        assert ours is not None
        assert ours.lower <= found.upper
        # around the incumbent is as good as anywhere where the proof is tight
        if theirs.lower > found.upper - 1e-6:
            closed += 1
            assert ours.lower > found.upper - 1e-10
        else:
            assert ours.lower > theirs.lower - 0.05
    assert 0 < closed < 6


@pytest.mark.parametrize("seed", range(12))
def test_it_never_claims_too_much(seed, monkeypatch):
    """Small minima, purities of 1e-9, coefficients over twelve decades, whatever the point it starts from."""
    data = rows_problem(seed, 3, 2 + seed % 3, eta=[(1.0, 1.0), (1e-9, 1.0), (1.0, 1e-3)][seed % 3], spread=6.0)
    if seed % 2:
        data["functional"].pop("alice"), data["functional"].pop("bob")
    model = ns.Leggett(ns.Settings(**data["settings"]), eta_a=data["model"]["eta_a"], eta_b=data["model"]["eta_b"])
    problem = model.problem(ns.Functional(**data["functional"]))
    best = spheres.minimise(problem, tolerance=1e-9, time_limit_s=2.0)
    rng = np.random.default_rng(seed)
    for u, v in [(best.u, best.v), *rng.normal(size=(3, 2, 3))]:
        proof = square_proof(problem, u / np.linalg.norm(u), v / np.linalg.norm(v))
        assert proof is None or proof.lower <= best.upper


def genuine():
    return copy.deepcopy(RESULT)


RESULT = answered(l3_problem(36.87, 1.0, 0.9))
"""One genuine result with a square proof."""


def test_forged_square_proofs_are_refused():
    assert proved(genuine())
    upper = RESULT["certificate"]["upper"]
    assert upper["type"] == "square"
    higher = str(Fraction(upper["threshold"]) + Fraction(1, 10**9))
    wrong = [
        {"threshold": higher},
        {"threshold": "-" + upper["threshold"]},
        {"threshold": "0"},
        {"lambda": str(Fraction(upper["lambda"]) + Fraction(1, 10**8))},
        {"mu": str(Fraction(upper["mu"]) + Fraction(1, 10**8))},
        {"lambda": str(Fraction(upper["lambda"]) - Fraction(1, 10**8))},
        {"exponent": upper["exponent"] + 1},
        {"exponent": upper["exponent"] - 1},
        {"exponent": 10**6},
        {"tau": upper["tau"][:-1]},
        {"tau": [*upper["tau"], 0]},
        {"tau": [1 << 51, *upper["tau"][1:]]},
        {"tau": [-t for t in upper["tau"]]},
        {"tau": upper["tau"][::-1]},
        {"tau": [float(t) for t in upper["tau"]]},
        {"tau": None},
        {"type": "covering"},
        {"quadratic": []},
    ]
    for change in wrong:
        forged = genuine()
        forged["certificate"]["upper"] |= change
        if change.get("threshold") == higher:
            forged["value"]["upper"] = RESULT["value"]["upper"] - 5e-10
            forged["value"]["lower"] = forged["value"]["upper"] - 1e-6
        assert not proved(forged), change


def test_a_square_proof_belongs_to_its_problem():
    for key, value in (("eta_a", 0.99), ("eta_b", 0.91)):
        forged = genuine()
        forged["problem"] = copy.deepcopy(forged["problem"])
        forged["problem"]["model"][key] = value
        assert not proved(forged)
    forged = genuine()
    forged["problem"]["model"] = {"name": "nonsignalling"}
    assert not proved(forged)


def test_the_program_keeps_its_multipliers_in_range_and_its_dual_feasible():
    rng = np.random.default_rng(3)
    for _ in range(5):
        rows = np.hstack([np.zeros((8, 1)), rng.normal(size=(8, 6))])
        k, other = np.tril_indices(8, -1)
        equal = np.array([np.diag(x) for x in ([1.0, *6 * [0]], [0, 1.0, 1, 1, 0, 0, 0], [0, 0, 0, 0, 1.0, 1, 1])])
        halves = np.zeros((1, 7))
        halves[0, 0], halves[0, 1] = 0.5, 1.0
        one = np.eye(7)[:1]
        start = np.diag([1.0, *6 * [1 / 3]])
        start[0, 1] = start[1, 0] = 0.1
        pairs = square_program.Products(rows[k], rows[other], 2.0)
        cut = square_program.Products(one, halves)
        found = square_program.propose(rows.T @ rows, pairs, cut, equal, np.ones(3), start)
        assert np.abs(found.bounded).max() <= 1.0
        assert found.positive.min() >= 0.0
        table = np.eye(8)
        table[k, other] = table[other, k] = found.bounded
        slack = rows.T @ table @ rows - found.positive[0] * (one.T @ halves + halves.T @ one) / 2.0
        slack -= np.tensordot(found.levels, equal, 1)
        assert np.linalg.eigvalsh(slack)[0] > -1e-11
        # weak duality, and next to no gap
        moments = found.moments
        crossed = np.einsum("ke,ef,kf->k", rows[k], moments, rows[other])
        primal = (rows.T @ rows * moments).sum() + 2.0 * np.abs(crossed).sum()
        assert -1e-10 <= primal - found.levels.sum() <= 1e-6
