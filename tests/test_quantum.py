"""Quantum bounds: Tsirelson's theorem where it holds, honest ends where it does not."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest

import nsmodels as ns
from nsmodels.engines.solvers import sdp
from nsmodels.errors import InputError, SolverError
from nsmodels.models.qubits import PAULI

# (functional, local, quantum, non-signalling): Tsirelson, Lett. Math. Phys. 4, 93 (1980) for CHSH;
# Wehner, PRA 73, 022110 (2006), quant-ph/0510076, for the chained functionals.
FACTS = [("chsh", ns.functionals.chsh(), 2, 2 * math.sqrt(2), 4)] + [
    (f"chained {n}", ns.functionals.chained(n), 2 * n - 2, 2 * n * math.cos(math.pi / (2 * n)), 2 * n)
    for n in range(2, 7)
]


def i3322():
    """−P(A0) − 2P(B0) − P(B1) + … ≤ 0: Collins and Gisin, J. Phys. A 37, 1775 (2004), quant-ph/0306129."""
    table = np.array([[1.0, 1, 1], [1, 1, -1], [1, -1, 0]])
    alice, bob = np.array([-1.0, 0, 0]), np.array([-2.0, -1, 0])
    # P(++) = ¼(1 + A + B + C) and P(+) = ½(1 + A)
    return ns.Functional(
        table / 4,
        alice / 2 + table.sum(axis=1) / 4,
        bob / 2 + table.sum(axis=0) / 4,
        (alice.sum() + bob.sum()) / 2 + table.sum() / 4,
    )


def exact_upper(functional, proof):
    """Check the proof as a certificate reader would: LDLᵀ over fractions, and the value k + ½ Σ diagonal."""
    json = proof.to_json()
    assert json["type"] == "sdp"
    diagonal = [Fraction(x) for x in json["diagonal"]]
    n_alice, n_bob = functional.shape
    reference = json["level"] == "1"
    size = reference + n_alice + n_bob
    assert len(diagonal) == size
    matrix = [[Fraction(0)] * size for _ in range(size)]
    for r in range(size):
        matrix[r][r] = diagonal[r]
    entries = {(reference + i, reference + n_alice + j): functional.correlators[i, j]
               for i in range(n_alice) for j in range(n_bob)}  # fmt: skip
    if reference:
        entries |= {(0, 1 + i): functional.alice[i] for i in range(n_alice)}
        entries |= {(0, 1 + n_alice + j): functional.bob[j] for j in range(n_bob)}
    else:
        assert not functional.alice.any()
        assert not functional.bob.any()
    for (r, s), coefficient in entries.items():
        matrix[r][s] = matrix[s][r] = -Fraction(float(coefficient))
    for c in range(size):
        assert matrix[c][c] > 0
        for r in range(c + 1, size):
            factor = matrix[r][c] / matrix[c][c]
            for s in range(c + 1, size):
                matrix[r][s] -= factor * matrix[c][s]
    return Fraction(functional.constant) + sum(diagonal) / 2


def exact_lower(functional, certificate):
    """Evaluate the state of the lower end in fractions and check that it is a quantum one."""
    if "vectors" in certificate:
        alice, bob = ([[Fraction(x) for x in row] for row in certificate["vectors"][p]] for p in ("alice", "bob"))
        for row in alice + bob:
            assert sum(x * x for x in row) <= 1
        total = Fraction(functional.constant)
        for i, x in enumerate(alice):
            for j, y in enumerate(bob):
                total += Fraction(float(functional.correlators[i, j])) * sum(p * q for p, q in zip(x, y))
        return total
    parts = certificate["qubits"]
    for party in ("alice", "bob"):
        for row in parts[party]:
            c, *n = (Fraction(x) for x in row)
            assert abs(c) <= 1
            assert sum(x * x for x in n) <= (1 - abs(c)) ** 2
    return None


@pytest.mark.parametrize(("name", "functional", "local", "quantum", "beyond"), FACTS, ids=[f[0] for f in FACTS])
def test_local_quantum_and_nonsignalling_values(name, functional, local, quantum, beyond):
    for model, exact in ((ns.Bell, local), (ns.Quantum, quantum), (ns.NonSignalling, beyond)):
        answer = ns.bound(functional, model(functional.shape))
        assert answer.status == "certified"
        assert answer.lower <= exact + 4e-15 * exact
        assert answer.upper >= exact - 4e-15 * exact
        assert answer.upper - answer.lower < 1e-9
        assert answer.value.reason == "tolerance_met"


@pytest.mark.parametrize(("name", "functional", "local", "quantum", "beyond"), FACTS, ids=[f[0] for f in FACTS])
def test_each_end_is_on_the_proved_side(name, functional, local, quantum, beyond):
    answer = ns.Quantum(functional.shape).support(functional)
    # 2√2 and 2N cos(π/2N) are algebraic: compare squares, or enclose the cosine by its alternating series
    upper = exact_upper(functional, answer.proof)
    lower = exact_lower(functional, answer.state.certificate())
    assert lower >= Fraction(answer.value.lower)
    assert upper <= Fraction(answer.value.upper)
    assert lower <= upper
    if name == "chsh":
        assert lower**2 <= 8 <= upper**2


@pytest.mark.parametrize("seed", range(5))
def test_random_correlation_functionals(seed):
    rng = np.random.default_rng(seed)
    functional = ns.Functional(rng.normal(size=tuple(rng.integers(1, 7, size=2))), constant=float(rng.normal()))
    answer = ns.Quantum(functional.shape).support(functional)
    assert answer.value.upper - answer.value.lower < 1e-8
    assert exact_upper(functional, answer.proof) <= Fraction(answer.value.upper)
    assert exact_lower(functional, answer.state.certificate()) >= Fraction(answer.value.lower)
    assert ns.bound(functional, ns.Bell(functional.shape)).lower <= answer.value.upper
    assert ns.bound(functional, ns.NonSignalling(functional.shape)).upper >= answer.value.lower


def test_settings_that_do_not_matter_and_no_functional_at_all():
    assert 3.0 in ns.Quantum((2, 2)).support(ns.Functional(np.zeros((2, 2)), constant=3.0)).value
    answer = ns.Quantum((2, 3)).support(ns.Functional([[1.0, 0, 0], [0, 0, 0]]))
    assert 1.0 in answer.value
    assert answer.value.width < 1e-9


def test_marginal_terms_are_bounded_from_both_sides_and_said_to_be():
    """I3322: qubits reach ¼, level 1 gives 3/8; local 0, non-signalling 1 (quant-ph/0306129, arXiv:0803.4290)."""
    functional = i3322()
    answer = ns.bound(functional, ns.Quantum((3, 3)))
    assert answer.status == "certified"
    assert "level 1" in answer.value.reason
    assert 0.25 - 1e-9 <= answer.lower <= 0.2509
    assert answer.upper == pytest.approx(0.375, abs=1e-9)
    assert exact_upper(functional, answer.proof) <= Fraction(answer.upper)
    assert 0.0 in ns.bound(functional, ns.Bell((3, 3))).value
    assert 1.0 in ns.bound(functional, ns.NonSignalling((3, 3))).value


def test_qubits_are_a_state_and_measurements():
    functional = i3322()
    state = ns.Quantum((3, 3)).support(functional).state
    exact_lower(functional, state.certificate())
    psi = state.psi / np.linalg.norm(state.psi)
    operators = [
        [np.tensordot(o, PAULI, 1) for o in party] for party in (state.alice_observables, state.bob_observables)
    ]
    alice, bob, correlators = state.exact_behaviour()
    for i, first in enumerate(operators[0]):
        assert np.max(np.abs(np.linalg.eigvalsh(first))) <= 1 + 1e-15
        assert (psi.conj() @ np.kron(first, np.eye(2)) @ psi).real == pytest.approx(float(alice[i]), abs=1e-12)
        for j, second in enumerate(operators[1]):
            mean = (psi.conj() @ np.kron(first, second) @ psi).real
            assert mean == pytest.approx(float(correlators[i][j]), abs=1e-12)
    assert (psi.conj() @ np.kron(np.eye(2), operators[1][0]) @ psi).real == pytest.approx(float(bob[0]), abs=1e-12)


@pytest.mark.parametrize("beta", [0.5, 1.0])
def test_tilted_chsh_is_attained_by_qubits(beta):
    """βA_0 + CHSH reaches √(8 + 2β²): Acín, Massar, Pironio, PRL 108, 100402 (2012), arXiv:1107.2754."""
    answer = ns.bound(ns.Functional([[1.0, 1.0], [1.0, -1.0]], [beta, 0.0]), ns.Quantum((2, 2)))
    assert answer.lower == pytest.approx(math.sqrt(8 + 2 * beta**2), abs=1e-9)
    assert answer.upper >= math.sqrt(8 + 2 * beta**2)


@pytest.mark.parametrize("solver", ["CLARABEL", "SCS"])
@pytest.mark.parametrize("functional", [ns.functionals.chained(4), i3322()], ids=["correlators", "marginals"])
def test_a_crippled_solver_never_yields_a_bound(solver, functional):
    with pytest.raises(SolverError):
        ns.Quantum(functional.shape).enclose_by(solver, functional, max_iters=1)


def test_a_failing_solver_leaves_no_answer(monkeypatch):
    def fail(problem, solver, options):
        raise RuntimeError("out of memory")

    monkeypatch.setattr(sdp, "call_solver", fail)
    answer = ns.bound(ns.functionals.chsh(), ns.Quantum((2, 2)))
    assert answer.status == "no_answer"
    assert "out of memory" in answer.reason


def test_interruption_keeps_what_is_proved(monkeypatch):
    def interrupt(problem, solver, options):
        raise KeyboardInterrupt

    monkeypatch.setattr(sdp, "call_solver", interrupt)
    answer = ns.bound(ns.functionals.chsh(), ns.Quantum((2, 2)))
    assert answer.reason == "interrupted"
    assert answer.lower <= 2 * math.sqrt(2) <= answer.upper
    assert answer.upper == pytest.approx(4.0, abs=1e-9)
    assert exact_upper(ns.functionals.chsh(), answer.proof) <= Fraction(answer.upper)


def test_constrained_boxes_are_not_mixed():
    constrained = ns.Quantum((2, 2), subject_to=[(ns.functionals.chsh(), "==", 1.0)])
    with pytest.raises(InputError, match="no hidden states"):
        ns.decompose(ns.behaviours.pr_box(), constrained)


def test_the_certificate_states_what_the_result_shows():
    json = ns.bound(ns.functionals.chained(3), ns.Quantum((3, 3))).to_json()
    assert json["certificate"]["upper"]["type"] == "sdp"
    assert set(json["certificate"]["lower"]["state"]) == {"vectors"}
    assert json["maximiser"] == {"alice": [0.0] * 3, "bob": [0.0] * 3}
