"""Levels of the hierarchy, constraints, and two qubits on given settings: published values and theorems."""

from __future__ import annotations

import copy
import json
import math
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nsmodels as ns
from nsmodels import checker
from nsmodels.engines.moments.symmetry import blocks, commuting_involutions, symmetries
from nsmodels.engines.moments.words import LEVELS, moments, word_count
from nsmodels.errors import InputError
from nsmodels.models.quantum_levels import moment_bound

F = ns.functionals
HARDY = (5 * math.sqrt(5) - 11) / 2


def chance(functional: ns.Functional, efficiency: float) -> ns.Functional:
    """Detectors of this efficiency, failures being counted as −1: P(++) → η² P(++), P(+) → η P(+)."""
    table = functional.to_collins_gisin()
    table[1:, 1:] *= efficiency**2
    table[1:, 0] *= efficiency
    table[0, 1:] *= efficiency
    return ns.Functional.from_collins_gisin(table)


@pytest.mark.parametrize(
    ("level", "published"), [("1", 0.375), ("1+AB", 0.25147), ("2", 0.25094), ("3", 0.250876)]
)
def test_i3322(level: str, published: float) -> None:
    """Navascués, Pironio, Acín, New J. Phys. 10, 073013 (2008), arXiv:0803.4290; Pál and Vértesi, arXiv:1006.3032."""
    answer = ns.bound(F.i3322(), ns.Quantum((3, 3), level=level))
    assert answer.lower == pytest.approx(0.25, abs=1e-12)
    assert answer.upper == pytest.approx(published, abs=5.5e-6)


@pytest.mark.parametrize("beta", [0.3, 1.0, 1.7])
def test_tilted_chsh(beta: float) -> None:
    """√(8 + 2β²), attained by qubits: Acín, Massar, Pironio, PRL 108, 100402 (2012), arXiv:1107.2754."""
    answer = ns.bound(F.tilted_chsh(beta), ns.Quantum((2, 2), level="1+AB"))
    assert answer.lower <= math.sqrt(8 + 2 * beta**2) + 1e-15
    assert answer.upper == pytest.approx(math.sqrt(8 + 2 * beta**2), abs=1e-7)
    assert answer.lower == pytest.approx(math.sqrt(8 + 2 * beta**2), abs=1e-7)


def test_the_efficiency_that_ch_needs() -> None:
    """Above 2/3 a violation, below none: Eberhard, PRA 47, R747 (1993)."""
    for efficiency in (0.5, 0.66, 2 / 3):
        below = ns.bound(chance(F.ch(), efficiency), ns.Quantum((2, 2), level="1+AB"))
        assert -1e-12 <= below.upper <= 1e-7
    above = ns.bound(chance(F.ch(), 0.69), ns.Quantum((2, 2), level="1+AB"))
    assert above.lower > 1e-5
    above = ns.bound(chance(F.ch(), 0.72), ns.Quantum((2, 2), level="2"))
    assert above.lower > 1e-3
    assert above.upper - above.lower < 1e-7


@pytest.mark.parametrize("level", ["1+AB", "2"])
def test_hardys_paradox(level: str) -> None:
    """(5√5 − 11)/2 with three probabilities that vanish exactly: Hardy, PRL 71, 1665 (1993)."""
    zeros = [(g, "==", 0.0) for g in F.hardy_zeros()]
    answer = ns.bound(F.hardy(), ns.Quantum((2, 2), level=level), subject_to=zeros)
    assert answer.lower <= HARDY <= answer.upper
    assert answer.upper - answer.lower < 5e-6
    assert answer.verify()


@pytest.mark.parametrize("mean", [0.0, 0.4, -0.75])
def test_chsh_at_a_given_marginal(mean: float) -> None:
    """2√(2 − A²): the Legendre transform of √(8 + 2β²)."""
    given = ns.Functional(np.zeros((2, 2)), [1.0, 0.0])
    model = ns.Quantum((2, 2), level="1+AB", subject_to=[(given, "==", mean)])
    answer = ns.bound(F.chsh(), model)
    wanted = 2 * math.sqrt(2 - mean**2)
    assert answer.lower <= wanted + 1e-14
    assert answer.upper == pytest.approx(wanted, abs=1e-7)
    assert answer.lower == pytest.approx(wanted, abs=1e-6)
    assert answer.verify()


def test_constraints_that_are_no_equations() -> None:
    """At most and at least: only those that bind change the value."""
    given = ns.Functional(np.zeros((2, 2)), [1.0, 0.0])
    for sense, value, wanted in (("<=", 0.9, math.sqrt(8)), (">=", 0.5, 2 * math.sqrt(1.75)), ("<=", -0.5, None)):
        answer = ns.bound(F.chsh(), ns.Quantum((2, 2), level="1+AB"), subject_to=[(given, sense, value)])
        assert answer.upper == pytest.approx(wanted or 2 * math.sqrt(1.75), abs=1e-6)
        assert answer.lower == pytest.approx(answer.upper, abs=1e-5)
        assert answer.verify()


@pytest.mark.parametrize("seed", range(4))
def test_levels_are_nested_and_above_what_is_attained(seed: int) -> None:
    rng = np.random.default_rng(seed)
    shape = [(2, 2), (2, 3), (3, 3), (3, 2)][seed]
    f = ns.Functional(rng.normal(size=shape), rng.normal(size=shape[0]), rng.normal(size=shape[1]), rng.normal())
    ends = [ns.bound(f, ns.Quantum(shape, level=level), time_limit_s=120.0) for level in ("1", "1+AB", "2")]
    uppers = [answer.upper for answer in ends]
    assert all(after <= before + 1e-6 for before, after in pairwise(uppers))
    assert max(answer.lower for answer in ends) <= uppers[-1]
    assert uppers[1] <= ns.bound(f, ns.NonSignalling(shape)).upper + 1e-6  # level 1 alone allows negative probabilities
    assert ns.bound(f, ns.Bell(shape)).lower <= uppers[-1] + 1e-12


@pytest.mark.parametrize("level", LEVELS)
def test_words_are_counted(level: str) -> None:
    for shape in ((1, 1), (2, 2), (3, 2), (2, 4)):
        assert len(moments(level, *shape).rows) == word_count(level, *shape)
    # 1 + 2 + 2 + 4 (+ 2 + 2 (+ 2·2 + 8 + 8 …))
    assert [word_count(x, 2, 2) for x in LEVELS] == [5, 9, 13, 25]


def test_a_word_and_its_adjoint_are_one_unknown() -> None:
    """Moment matrices of random states and observables fit the table, real parts being taken."""
    rng = np.random.default_rng(5)
    table = moments("3", 2, 2)
    psi = rng.normal(size=16) + 1j * rng.normal(size=16)
    psi /= np.linalg.norm(psi)
    letters = []
    for side in range(2):
        for _ in range(2):
            q, _ = np.linalg.qr(rng.normal(size=(4, 4)) + 1j * rng.normal(size=(4, 4)))
            x = q @ np.diag([1, 1, -1, -1]) @ q.conj().T
            letters.append(np.kron(x, np.eye(4)) if side == 0 else np.kron(np.eye(4), x))
    vectors = []
    for a, b in table.rows:
        v = psi
        for x in reversed([*a, *(2 + y for y in b)]):
            v = letters[x] @ v
        vectors.append(v)
    gram = (np.conj(vectors) @ np.array(vectors).T).real
    values = np.full(table.count, np.nan)
    for r, s in np.ndindex(gram.shape):
        known = values[table.table[r, s]]
        assert np.isnan(known) or gram[r, s] == pytest.approx(known, abs=1e-12)
        values[table.table[r, s]] = gram[r, s]


def test_symmetry_changes_nothing() -> None:
    f = F.i3322()
    group = symmetries(f.to_full_correlators()[None])
    assert group is not None
    assert len(group) == 8  # 4608 relabellings have 576 versions
    table = moments("2", 3, 3)
    bases = blocks(table, commuting_involutions(group), 3)
    joined = np.hstack([basis.toarray() for basis in bases])
    np.testing.assert_allclose(joined.T @ joined, np.eye(28), atol=1e-12)
    assert len(bases) == 4
    # a term that breaks every symmetry by 1e-9 moves the bound by no more
    broken = f + 1e-9 * ns.Functional(np.random.default_rng(1).normal(size=(3, 3)), [0.3, 0.5, 0.7], [0.2, 0.9, 0.4])
    first, second = (moment_bound(g, "1+AB", (), 60.0).upper for g in (f, broken))
    assert first == pytest.approx(second, abs=1e-6)


def test_results_are_saved_and_proved(tmp_path: Path) -> None:
    zeros = [(g, "==", 0.0) for g in F.hardy_zeros()]
    for name, answer in {
        "level": ns.bound(F.i3322_one(), ns.Quantum((3, 3), level="1+AB")),
        "hardy": ns.bound(F.hardy(), ns.Quantum((2, 2), level="1+AB", subject_to=zeros)),
        "given": ns.bound(F.i3322(), ns.TwoQubits(ns.settings.random(3, 3, seed=4))),
    }.items():
        answer.save(tmp_path / f"{name}.json")
        again = ns.load(tmp_path / f"{name}.json")
        assert again.verify()
        assert again.value == answer.value
        assert repr(again.model) == repr(answer.model)


def claims(content: dict[str, Any]) -> bool:
    return all(holds for holds, _ in checker.check(json.loads(json.dumps(content))))


def test_forged_moment_proofs_are_refused(tmp_path: Path) -> None:
    given = ns.Functional(np.zeros((2, 2)), [1.0, 0.0])
    answer = ns.bound(F.chsh(), ns.Quantum((2, 2), level="1+AB"), subject_to=[(given, "<=", -0.5)])
    answer.save(tmp_path / "x.json")
    content = json.loads((tmp_path / "x.json").read_text())
    assert claims(content)
    proof = content["certificate"]["upper"]

    def forged(change: Any) -> bool:
        other = copy.deepcopy(content)
        change(other["certificate"]["upper"], other["certificate"]["lower"]["state"], other)
        return claims(other)

    size = max(abs(x) for row in proof["matrix"] for x in row)
    assert not forged(lambda p, s, c: p["matrix"][3].__setitem__(3, -1))
    assert not forged(lambda p, s, c: p["matrix"][4].__setitem__(0, p["matrix"][4][0] + size))
    assert not forged(lambda p, s, c: p.__setitem__("exponent", p["exponent"] + 1))
    assert not forged(lambda p, s, c: p.__setitem__("multipliers", []))
    assert not forged(lambda p, s, c: p.__setitem__("multipliers", ["-" + p["multipliers"][0].lstrip("-")]))
    assert not forged(lambda p, s, c: p.__setitem__("level", "2"))
    assert not forged(lambda p, s, c: p["matrix"].pop())
    assert not forged(lambda p, s, c: s["mixture"][0].__setitem__(0, "1/2"))
    assert not forged(lambda p, s, c: s["mixture"].append(["0", {"mixture": s["mixture"][:1]}]))
    assert not forged(lambda p, s, c: c["problem"]["model"]["subject_to"][0].__setitem__("at_most", -0.6))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"level": "4"}, "level is '4'; it must be one of 1, 1\\+AB, 2, 3"),
        ({"level": 1.5}, "level is 1.5"),
        ({"level": True}, "level is True"),
        ({"subject_to": 3}, "subject_to is 3; give a list of constraints"),
        ({"subject_to": [(1, 2)]}, "a constraint has 2 parts"),
        ({"subject_to": [(F.i3322(), "==", 0.0)]}, r"a constraint of shape \(3, 3\) on \(2, 2\) settings"),
        ({"subject_to": [(F.chsh(), "=", 0.0)]}, "the sense of a constraint is '='"),
        ({"subject_to": [(F.chsh(), "==", math.nan)]}, "the value of a constraint is nan"),
        ({"subject_to": [("chsh", "==", 1.0)]}, "functional of a constraint"),
    ],
)
def test_what_is_no_level_or_constraint_is_refused(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        ns.Quantum((2, 2), **arguments)


def test_too_many_words_and_models_without_constraints() -> None:
    with pytest.raises(InputError, match="has 676 words, above the limit of 250; use fewer settings or a lower level"):
        ns.Quantum((25, 25), level="1+AB")
    with pytest.raises(InputError, match="bell: this model takes no constraints"):
        ns.bound(F.chsh(), ns.Bell((2, 2)), subject_to=[(F.chsh(), "==", 0.0)])


# -- two qubits on given settings -----------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(5))
def test_the_largest_value_on_given_settings_is_an_eigenvalue(seed: int) -> None:
    rng = np.random.default_rng(seed)
    s = ns.settings.random(2, 3, seed=seed)
    f = ns.Functional(rng.normal(size=(2, 3)), rng.normal(size=2), rng.normal(size=3), float(rng.normal()))
    answer = ns.bound(f, ns.TwoQubits(s))
    assert answer.upper - answer.lower < 1e-12
    pauli = np.array([[[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]]])
    a, b = (np.einsum("ik,kab->iab", side, pauli) for side in (s.alice, s.bob))
    one = np.eye(2)
    operator = f.constant * np.eye(4) + sum(x * np.kron(m, one) for x, m in zip(f.alice, a))
    operator = operator + sum(y * np.kron(one, m) for y, m in zip(f.bob, b))
    operator = operator + sum(f.correlators[i, j] * np.kron(a[i], b[j]) for i in range(2) for j in range(3))
    assert answer.upper == pytest.approx(float(np.linalg.eigvalsh(operator)[-1]), abs=1e-12)
    for theta in (0.0, 0.3, math.pi / 4):
        assert f.value(ns.behaviours.partially_entangled(s, theta)) <= answer.upper
    assert answer.lower <= ns.bound(f, ns.Quantum((2, 3), level="1+AB")).upper
    assert answer.verify()


def test_chsh_on_its_settings() -> None:
    answer = ns.bound(F.chsh(), ns.TwoQubits(ns.settings.chsh()))
    assert answer.lower <= 2 * math.sqrt(2) + 1e-15
    assert answer.upper >= 2 * math.sqrt(2) - 1e-15
    assert answer.upper - answer.lower < 1e-12
