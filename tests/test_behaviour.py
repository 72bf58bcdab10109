"""Behaviours: notations, refusals, counts, named behaviours and their rounding."""

import math
from decimal import Decimal as D

import numpy as np
import precise
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

import nsmodels as ns
from nsmodels.behaviours import BEHAVIOURS
from nsmodels.errors import InputError

few = settings(max_examples=30, derandomize=True, deadline=None)
SEEDS = st.integers(0, 2**32 - 1)
Array = NDArray[np.float64]


def random_box(seed: int) -> ns.Behaviour:
    """A random non-signalling box: marginals first, each correlator anywhere in its interval."""
    rng = np.random.default_rng(seed)
    n_alice, n_bob = rng.integers(1, 5, size=2)
    a, b = rng.uniform(-1, 1, size=n_alice), rng.uniform(-1, 1, size=n_bob)
    low, high = np.abs(a[:, None] + b) - 1, 1 - np.abs(a[:, None] - b)
    return ns.Behaviour(low + rng.uniform(size=low.shape) * (high - low), a, b)


def close(one: ns.Behaviour, other: ns.Behaviour) -> bool:
    assert one.alice is not None
    assert one.bob is not None
    assert other.alice is not None
    assert other.bob is not None
    pairs = [(one.alice, other.alice), (one.bob, other.bob), (one.correlators, other.correlators)]
    return all(np.abs(x - y).max() < 1e-14 for x, y in pairs)


@given(SEEDS)
@few
def test_notations_round_trip(seed: int) -> None:
    box = random_box(seed)
    p = box.to_probabilities()
    assert p.shape == (2, 2, *box.shape)
    assert p.min() >= -1e-15
    assert np.allclose(p.sum(axis=(0, 1)), 1)
    assert close(ns.Behaviour.from_probabilities(p), box)
    assert close(ns.Behaviour.from_collins_gisin(box.to_collins_gisin()), box)
    assert close(ns.Behaviour.from_full_correlators(box.to_full_correlators()), box)
    assert box.is_nonsignalling_box(1e-15)


def test_notations_by_hand() -> None:
    """One pair: P(++) = 0.5, P(+−) = 0.2, P(−+) = 0.2, P(−−) = 0.1."""
    p = np.array([[0.5, 0.2], [0.2, 0.1]])[:, :, None, None]
    box = ns.Behaviour.from_probabilities(p)
    assert box.alice == pytest.approx([0.4])
    assert box.bob == pytest.approx([0.4])
    assert box.correlators == pytest.approx(np.array([[0.2]]))
    assert box.to_collins_gisin() == pytest.approx(np.array([[1, 0.7], [0.7, 0.5]]))
    assert box.to_full_correlators() == pytest.approx(np.array([[1, 0.4], [0.4, 0.2]]))


def good() -> Array:
    return ns.behaviours.singlet(ns.settings.chsh()).to_probabilities()


def test_a_table_that_is_not_normalised_is_refused_with_its_place() -> None:
    p = good()
    p[0, 1, 1, 0] += 1e-3
    with pytest.raises(
        InputError, match=r"p\[:,:,1,0\] adds up to 1.001, off 1 by 0.001, more than the tolerance 1e-09"
    ):
        ns.Behaviour.from_probabilities(p)
    assert ns.Behaviour.from_probabilities(p, tolerance=1e-2).shape == (2, 2)


def test_a_negative_table_is_refused_with_its_place() -> None:
    p = good()
    p[0, 1, 1, 0] = -1e-3
    with pytest.raises(InputError, match=r"p\[0, 1, 1, 0\] is -0.001, negative"):
        ns.Behaviour.from_probabilities(p)


def test_a_signalling_table_is_refused_with_its_place() -> None:
    p = good()
    p[0, 0, 1, 0] += 0.01
    p[1, 0, 1, 0] -= 0.01
    message = (
        r"signalling: Alice's P\(\+\) at setting 1 is 0.51 with Bob's setting 0 and 0.5 with 1, a difference of 0.01"
    )
    with pytest.raises(InputError, match=message):
        ns.Behaviour.from_probabilities(p)
    q = np.swapaxes(np.swapaxes(p, 0, 1), 2, 3)
    with pytest.raises(InputError, match=r"signalling: Bob's P\(\+\) at setting 1 is 0.51 with Alice's setting 0"):
        ns.Behaviour.from_probabilities(q)
    assert ns.Behaviour.from_probabilities(p, tolerance=0.02).shape == (2, 2)


def test_toner_bacon_like_signalling_is_refused_although_it_is_deterministic() -> None:
    """Bob's outcome equals Alice's setting (quant-ph/0304076 communicates one bit)."""
    p = np.zeros((2, 2, 2, 1))
    p[0, 0, 0, 0] = p[0, 1, 1, 0] = 1
    with pytest.raises(InputError, match="signalling: Bob's"):
        ns.Behaviour.from_probabilities(p)


@pytest.mark.parametrize(
    "bad", [np.ones((2, 2)), np.full((2, 2, 1, 1), math.nan), [[1, 2], [3]], np.ones((3, 2, 1, 1)) / 6]
)
def test_tables_of_the_wrong_shape_are_refused(bad: Array) -> None:
    with pytest.raises(InputError):
        ns.Behaviour.from_probabilities(bad)


def test_a_negative_collins_gisin_table_is_refused() -> None:
    with pytest.raises(InputError, match=r"p\[1, 1, 0, 0\] is -0.8"):
        ns.Behaviour.from_collins_gisin([[1, 0.9], [0.9, 0.0]])
    with pytest.raises(InputError, match=r"entry \[0, 0\]"):
        ns.Behaviour.from_collins_gisin([[2, 0.9], [0.9, 0.9]])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([[1.5]],), r"correlators\[0, 0\] is 1.5"),
        (([[math.nan]],), r"correlators\[0, 0\] is nan"),
        (([[0.5]], [2.0], [0.0]), r"alice\[0\] is 2"),
        (([[0.5]], [0.0, 0.0], [0.0]), "alice has 2 marginals for 1 settings"),
        (([0.5],), "correlators has shape"),
        (([[0.5], [0.1, 0.2]],), "correlators is not a table"),
    ],
)
def test_bad_mean_values_are_refused(arguments: tuple[list[list[float]]], message: str) -> None:
    with pytest.raises(InputError, match=message):
        ns.Behaviour(*arguments)


def test_unknown_pairs_may_be_anything() -> None:
    box = ns.Behaviour([[0.5, math.nan]], known=[[True, False]])
    assert box.correlators.tolist() == [[0.5, 0.0]]
    again = ns.Behaviour([[0.5, 0.3]]).with_pairs([(0, 0)])
    assert again == box
    with pytest.raises(InputError, match="Bob's setting of a pair is 2; it may be at most 1"):
        again.with_pairs([(0, 2)])
    with pytest.raises(InputError, match="not known"):
        again.with_pairs([(0, 1)])
    with pytest.raises(InputError, match="marginals"):
        box.to_probabilities()


def test_positivity_defect() -> None:
    assert ns.Behaviour([[1.0]], [1.0], [0.0]).positivity_defect() == 0.25
    assert not ns.Behaviour([[1.0]], [1.0], [0.0]).is_nonsignalling_box(0.2)
    assert ns.behaviours.pr_box().is_nonsignalling_box()


def test_counts_carry_poissonian_errors() -> None:
    """C = (N_same − N_different)/N, σ² = 4 N_same N_different / N³ = (1 − C²)/N (arXiv:0801.2241)."""
    n = np.array([[[[40.0, 30]], [[10, 20]]], [[[15, 25]], [[35, 25]]]])
    box = ns.Behaviour.from_counts(n)
    assert box.correlators == pytest.approx(np.array([[0.5, 0.1]]))
    assert box.alice == pytest.approx([0.0])
    assert box.bob == pytest.approx([0.1, 0.1])
    assert box.errors is not None
    assert box.errors.correlators == pytest.approx(np.sqrt((1 - box.correlators**2) / 100))
    assert box.errors.alice == pytest.approx([math.sqrt(1 / 200)])
    assert box.errors.bob == pytest.approx(np.sqrt((1 - 0.1**2) / 100) * np.ones(2))


def test_counts_of_pairs_that_were_not_measured() -> None:
    n = np.ones((2, 2, 2, 2))
    n[:, :, 0, 1] = 0
    box = ns.Behaviour.from_counts(n)
    assert box.known.tolist() == [[True, False], [True, True]]
    n[:, :, 0, 0] = 0
    with pytest.raises(InputError, match="setting 0 of Alice has no counts"):
        ns.Behaviour.from_counts(n)
    with pytest.raises(InputError, match=r"n\[0, 0, 0, 0\] is -1"):
        ns.Behaviour.from_counts(-np.ones((2, 2, 1, 1)))


def test_the_no_signalling_test_is_calibrated_and_finds_signalling() -> None:
    rng = np.random.default_rng(3)
    p = ns.behaviours.partially_entangled(ns.settings.random(2, 3, seed=4), 0.5).to_probabilities()
    values = []
    for _ in range(200):
        counts = rng.poisson(1000 * np.maximum(p, 0))
        test = ns.Behaviour.from_counts(counts).no_signalling_test()
        values += [test.p_alice, test.p_bob]
    assert 0.02 < np.mean(np.array(values) < 0.05) < 0.08
    signalling = np.full((2, 2, 2, 2), 250.0)
    signalling[0, :, 0, 1] += 50
    signalling[1, :, 0, 1] -= 50
    box = ns.Behaviour.from_counts(signalling)  # no refusal
    test = box.no_signalling_test()
    assert test.p_alice < 1e-4
    assert test.p_bob == 1.0
    assert test.worst == ("Alice", 0, 0, 1)
    # two proportions 0.5 and 0.6 of 1000 counts each, pooled 0.55
    assert test.z == pytest.approx(0.1 / math.sqrt(0.55 * 0.45 * 2 / 1000))
    assert test.chi2_alice == pytest.approx(test.z**2)
    assert "Alice 0" in repr(test)
    with pytest.raises(InputError, match="needs counts"):
        ns.behaviours.pr_box().no_signalling_test()


def test_one_setting_a_side_leaves_nothing_to_test() -> None:
    test = ns.Behaviour.from_counts(np.ones((2, 2, 1, 1))).no_signalling_test()
    assert test.p_value == 1.0
    assert test.worst is None


@pytest.mark.parametrize("name", ["tetrahedron", "dodecahedron"])
def test_singlet_and_partially_entangled_are_within_their_rounding(name: str) -> None:
    s = ns.settings.leggett_directions(phi_deg=36.87, directions=name)
    alice, bob = precise.leggett(precise.AXES[name], precise.radians(36.87))
    exact = [[precise.product(a, b) for b in bob] for a in alice]

    def off(stored: Array, wanted: list[list[D]]) -> float:
        return max(abs(float(D(x) - y)) for p, q in zip(stored.tolist(), wanted) for x, y in zip(p, q))

    singlet = ns.behaviours.singlet(s)
    assert off(singlet.correlators, [[-c for c in row] for row in exact]) <= singlet.rounding <= 5e-15
    werner = ns.behaviours.werner(s, 0.8)
    assert off(werner.correlators, [[-D.from_float(0.8) * c for c in row] for row in exact]) <= werner.rounding
    theta = 33.3
    cosine, sine = precise.cos_sin(2 * precise.radians(theta))
    state = ns.behaviours.partially_entangled(s, theta_deg=theta)
    table = [[a[2] * b[2] + sine * (a[0] * b[0] - a[1] * b[1]) for b in bob] for a in alice]
    assert off(state.correlators, table) <= state.rounding
    assert state.alice is not None
    assert state.bob is not None
    assert off(state.alice[None], [[a[2] * cosine for a in alice]]) <= state.rounding
    assert off(state.bob[None], [[b[2] * cosine for b in bob]]) <= state.rounding


def test_states_agree_with_the_closed_forms() -> None:
    s = ns.settings.random(4, 5, seed=2)
    minus = np.array([0, 1, -1, 0]) / math.sqrt(2)
    assert close(ns.behaviours.from_state(np.outer(minus, minus), s), ns.behaviours.singlet(s))
    noisy = 0.7 * np.outer(minus, minus) + 0.3 * np.eye(4) / 4
    assert close(ns.behaviours.from_state(noisy, s), ns.behaviours.werner(s, 0.7))
    theta = 0.4
    psi = np.array([math.cos(theta), 0, 0, math.sin(theta)])
    assert close(ns.behaviours.from_state(np.outer(psi, psi), s), ns.behaviours.partially_entangled(s, theta))
    assert close(ns.behaviours.from_state(np.eye(4) / 4, s), ns.behaviours.uniform(4, 5))


@given(SEEDS)
@few
def test_any_state_gives_a_box(seed: int) -> None:
    rng = np.random.default_rng(seed)
    half = rng.normal(size=(4, 4)) + 1j * rng.normal(size=(4, 4))
    rho = half @ half.conj().T
    rho /= np.trace(rho).real
    s = ns.settings.random(3, 2, seed=seed % 1000)
    box = ns.behaviours.from_state(rho, s)
    assert box.is_nonsignalling_box(1e-15)
    pauli = np.array([[[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]]])
    for i, j in np.ndindex(3, 2):
        operator = np.kron(np.tensordot(s.alice[i], pauli, 1), np.tensordot(s.bob[j], pauli, 1))
        assert abs(np.trace(rho @ operator).real - box.correlators[i, j]) <= box.rounding


@pytest.mark.parametrize(
    ("rho", "message"),
    [
        (np.eye(4), "trace 4"),
        (np.eye(2) / 2, r"shape \(2, 2\)"),
        (np.diag([1.5, -0.5, 0, 0]), "eigenvalue -0.5"),
        (np.eye(4) / 4 + np.triu(np.ones((4, 4)), 1), "not Hermitian"),
        (np.full((4, 4), math.nan), "not finite"),
    ],
)
def test_what_is_no_state_is_refused(rho: Array, message: str) -> None:
    with pytest.raises(InputError, match=message):
        ns.behaviours.from_state(rho, ns.settings.chsh())


def test_mixtures() -> None:
    box = ns.behaviours.pr_box()
    mixed = box.mix(ns.behaviours.uniform(2, 2), 0.25)
    assert mixed.correlators.tolist() == [[0.25, 0.25], [0.25, -0.25]]
    assert mixed.has_marginals
    assert not box.mix(ns.Behaviour(np.zeros((2, 2))), 0.5).has_marginals
    with pytest.raises(InputError, match="visibility"):
        box.mix(box, 1.5)
    with pytest.raises(InputError, match="shapes"):
        box.mix(ns.behaviours.uniform(2, 3), 0.5)


def test_every_named_behaviour_builds_from_a_problem_files_parameters() -> None:
    s = ns.settings.chsh()
    values = {"visibility": 0.5, "theta_deg": 20.0}
    for name, family in BEHAVIOURS.items():
        box = family.build(s, {key: values[key] for key in family.parameters})
        assert box.shape == (2, 2)
        assert box.name == name
        with pytest.raises(InputError, match="no parameter"):
            family.build(s, {"colour": 1})
    with pytest.raises(InputError, match="needs settings"):
        BEHAVIOURS["singlet"].build(None, {})
    with pytest.raises(InputError, match="needs the parameter"):
        BEHAVIOURS["werner"].build(s, {})


def test_behaviours_are_frozen() -> None:
    box = ns.behaviours.pr_box()
    with pytest.raises(ValueError, match="read-only"):
        box.correlators[0, 0] = 0
    assert "pr_box" in repr(box)
    assert len({box, ns.behaviours.pr_box()}) == 1
