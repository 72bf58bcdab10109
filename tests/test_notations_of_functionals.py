"""The value of a functional is the same in every notation, exactly; relabellings against brute force."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import permutations, product
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nsmodels as ns
from nsmodels.common.assignment import best_assignment
from nsmodels.errors import InputError

few = settings(max_examples=40, derandomize=True, deadline=None)


@st.composite
def tables(draw: Any, extra: int) -> list[list[int]]:
    """Whole numbers; rows and columns of one to four settings, and ``extra`` more."""
    rows, columns = (draw(st.integers(1, 4)) + extra for _ in range(2))
    row = st.lists(st.integers(-9, 9), min_size=columns, max_size=columns)
    return draw(st.lists(row, min_size=rows, max_size=rows))


def exact_box(seed: int, n_alice: int, n_bob: int) -> tuple[list[Fraction], list[Fraction], list[list[Fraction]]]:
    """Marginals and correlators of a box, rational: positivity holds because C = AB + r(1−|A|)(1−|B|)."""
    rng = np.random.default_rng(seed)

    def draw(n: int) -> list[Fraction]:
        return [Fraction(int(x), 7) for x in rng.integers(-7, 8, n)]

    a, b = draw(n_alice), draw(n_bob)
    c = [[x * y + r * (1 - abs(x)) * (1 - abs(y)) for y, r in zip(b, draw(n_bob))] for x in a]
    return a, b, c


def exact_value(f: ns.Functional, box: tuple[Any, Any, Any]) -> Fraction:
    a, b, c = box
    total = Fraction(f.constant)
    total += sum((Fraction(x) * y for x, y in zip(f.alice.tolist(), a)), Fraction(0))
    total += sum((Fraction(x) * y for x, y in zip(f.bob.tolist(), b)), Fraction(0))
    rows = zip(f.correlators.tolist(), c)
    return total + sum((Fraction(x) * y for row, other in rows for x, y in zip(row, other)), Fraction(0))


@given(tables(1), st.integers(0, 2**32 - 1))
@few
def test_collins_gisin_and_full_correlators_mean_what_they_say(table: list[list[int]], seed: int) -> None:
    n_alice, n_bob = len(table) - 1, len(table[0]) - 1
    a, b, c = exact_box(seed, n_alice, n_bob)
    means = [[Fraction(1), *b], *([x, *row] for x, row in zip(a, c))]
    plus = [[Fraction(1), *((1 + y) / 2 for y in b)]]
    plus += [[(1 + x) / 2, *((1 + x + y + z) / 4 for y, z in zip(b, row))] for x, row in zip(a, c)]
    for read, box in ((ns.Functional.from_full_correlators, means), (ns.Functional.from_collins_gisin, plus)):
        f = read(table)
        assert f.shape == (n_alice, n_bob)
        assert f.relative_rounding == 0.0
        wanted = sum(x * y for row, other in zip(table, box) for x, y in zip(row, other))
        assert exact_value(f, (a, b, c)) == wanted
    np.testing.assert_array_equal(ns.Functional.from_full_correlators(table).to_full_correlators(), table)
    np.testing.assert_array_equal(ns.Functional.from_collins_gisin(table).to_collins_gisin(), table)


@given(st.integers(1, 4), st.integers(1, 4), st.integers(0, 2**32 - 1))
@few
def test_probabilities_mean_what_they_say(n_alice: int, n_bob: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    s = rng.integers(-9, 10, (2, 2, n_alice, n_bob))
    a, b, c = exact_box(seed, n_alice, n_bob)
    signs = (1, -1)
    wanted = sum(
        int(s[i, j, x, y]) * (1 + signs[i] * a[x] + signs[j] * b[y] + signs[i] * signs[j] * c[x][y]) / 4
        for i, j, x, y in product(range(2), range(2), range(n_alice), range(n_bob))
    )
    f = ns.Functional.from_probabilities(s)
    assert f.relative_rounding == 0.0
    assert exact_value(f, (a, b, c)) == wanted
    again = ns.Functional.from_probabilities(f.to_probabilities())
    assert float(exact_value(again, (a, b, c))) == pytest.approx(float(wanted), abs=1e-12)
    turned = ns.Functional.from_probabilities(np.transpose(s, (2, 3, 0, 1)), order="xyab")
    assert turned == f


@given(st.integers(0, 2**32 - 1))
@few
def test_rounded_coefficients_are_within_what_is_said(seed: int) -> None:
    rng = np.random.default_rng(seed)
    g = rng.normal(size=(4, 3)) * 10.0 ** rng.integers(-5, 6, (4, 3))
    f = ns.Functional.from_collins_gisin(g)
    exact = [[Fraction(x) for x in row] for row in g.tolist()]
    for i, alpha in enumerate(f.alice.tolist()):
        wanted = exact[i + 1][0] / 2 + sum(exact[i + 1][1:]) / 4
        assert abs(Fraction(alpha) - wanted) <= Fraction(f.relative_rounding) * abs(wanted)
    ends = sum(exact[i][0] for i in range(1, 4)) + sum(exact[0][1:])
    wanted = exact[0][0] + ends / 2 + sum(x for row in exact[1:] for x in row[1:]) / 4
    assert abs(Fraction(f.constant) - wanted) <= Fraction(f.relative_rounding) * abs(wanted)
    box = ns.behaviours.partially_entangled(ns.settings.random(3, 2, seed=seed % 1000), 0.4)
    assert (g * box.to_collins_gisin()).sum() == pytest.approx(f.value(box), rel=1e-9, abs=1e-9)
    assert (f.to_probabilities() * box.to_probabilities()).sum() == pytest.approx(f.value(box), rel=1e-9, abs=1e-9)
    np.testing.assert_allclose(f.to_collins_gisin(), g, rtol=1e-9, atol=1e-9)


def test_games() -> None:
    """CHSH is won with ¾ by local and ½ + 1/√8 by quantum players; the magic of a PR box wins always."""
    rule = ns.Functional.from_game(np.full((2, 2), 0.25), lambda a, b, x, y: (a ^ b) == (x & y))
    table = np.zeros((2, 2, 2, 2))
    for a, b, x, y in product(range(2), repeat=4):
        table[a, b, x, y] = (a + b) % 2 == x * y
    assert ns.Functional.from_game(np.full((2, 2), 0.25), table) == rule
    assert ns.bound(rule, ns.Bell((2, 2))).upper == 0.75
    quantum = ns.bound(rule, ns.Quantum((2, 2)))
    assert quantum.lower <= 0.5 + 1 / math.sqrt(8) + 1e-15
    assert quantum.upper >= 0.5 + 1 / math.sqrt(8) - 1e-15
    assert rule.value(ns.behaviours.pr_box()) == 1.0
    assert ns.bound(rule, ns.NonSignalling((2, 2))).upper == 1.0


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ns.Functional.from_collins_gisin([[1.0, 2.0]]), r"has shape \(n_A \+ 1, n_B \+ 1\), got \(1, 2\)"),
        (lambda: ns.Functional.from_collins_gisin(np.zeros((2, 2, 2, 2))), "two parties"),
        (lambda: ns.Functional.from_collins_gisin([[0, math.nan], [0, 1]]), r"entry \[0, 1\] .* is nan"),
        (lambda: ns.Functional.from_collins_gisin([[0, 1e308], [1e308, 1e308]]), "too large; scale"),
        (lambda: ns.Functional.from_collins_gisin([[0, 0], [0, 1e-305]]), "too small; scale"),
        (lambda: ns.Functional.from_full_correlators([[0.0, 0.0], [0.0]]), "rows of equal length"),
        (lambda: ns.Functional.from_probabilities(np.zeros((3, 3, 2, 2))), 'give order="xyab"'),
        (lambda: ns.Functional.from_probabilities(np.zeros((3, 3, 4, 4))), "two parties"),
        (lambda: ns.Functional.from_probabilities(np.zeros((2, 2, 3, 3)), order="xy"), "it must be a word such as"),
        (lambda: ns.Functional.from_game([[0.5, 0.6]], np.zeros((2, 2, 1, 2))), "pi adds up to 1.1"),
        (lambda: ns.Functional.from_game([[1.5, -0.5]], np.zeros((2, 2, 1, 2))), r"pi\[0, 1\] is -0.5"),
        (lambda: ns.Functional.from_game([[0.5, 0.5]], np.zeros((2, 2, 2, 1))), r"must be \(2, 2, 1, 2\)"),
        (lambda: ns.Functional.from_game([[1.0]], np.full((2, 2, 1, 1), 0.5)), "it must be true or false"),
        (lambda: ns.functionals.imm22(1), "must be a whole number ≥ 2"),
        (lambda: ns.functionals.biased_chsh(1.2, 0.5), "argument p of biased_chsh"),
        (lambda: ns.functionals.tilted_chsh(math.inf), "argument beta of tilted_chsh"),
    ],
)
def test_what_is_no_table_is_refused(call: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        call()


def test_a_table_with_marginals_first_is_not_taken_for_correlators() -> None:
    """Where anything tells the number of settings, one too many on both sides says which call was meant."""
    table = ns.Functional(ns.functionals.i3322().to_collins_gisin())
    box = ns.behaviours.uniform(3, 3)
    for call in (
        lambda: table.value(box),
        lambda: ns.bound(table, ns.Bell((3, 3))),
        lambda: ns.Quantum((3, 3)).support(table),
        lambda: ns.bound(table, ns.Leggett(settings=ns.settings.half_circle(3))),
    ):
        with pytest.raises(InputError, match="from_collins_gisin"):
            call()


# -- named functionals: theorems --------------------------------------------------------------------------------------

LOCAL_AND_BEYOND = [
    (ns.functionals.ch(), 0, 0.5),
    (ns.functionals.hardy(), 0, 0.5),
    (ns.functionals.i3322(), 0, 1),
    (ns.functionals.i3322_one(), 1, 2),
    (ns.functionals.tilted_chsh(0.75), 2.75, 4),
    (ns.functionals.tilted_chsh(3.0), 5, 5),
    (ns.functionals.elegant(), 6, 12),
    (ns.functionals.biased_chsh(0.75, 0.625), 1 - 2 * 0.25 * 0.375, 1),
    *((ns.functionals.imm22(m), 0, None) for m in range(2, 7)),
]


@pytest.mark.parametrize(("functional", "local", "beyond"), LOCAL_AND_BEYOND)
def test_local_and_nonsignalling_bounds(functional: ns.Functional, local: float, beyond: float | None) -> None:
    answer = ns.bound(functional, ns.Bell(functional.shape))
    assert answer.lower == pytest.approx(local, abs=1e-12)
    assert answer.upper == pytest.approx(local, abs=1e-12)
    if beyond is not None:
        answer = ns.bound(functional, ns.NonSignalling(functional.shape))
        assert answer.upper == pytest.approx(beyond, abs=1e-9)
        assert answer.lower == pytest.approx(beyond, abs=1e-9)


def test_quantum_values_without_marginal_terms() -> None:
    """4√3 for the elegant inequality; √2 √(q² + (1−q)²) √(p² + (1−p)²) for the biased game where 2pq < 1."""
    assert ns.bound(ns.functionals.elegant(), ns.Quantum((3, 4))).upper == pytest.approx(4 * math.sqrt(3), abs=1e-8)
    for p, q in ((0.5, 0.5), (0.6, 0.55), (0.75, 0.625)):
        f = ns.functionals.biased_chsh(p, q)
        wanted = math.sqrt(2 * (q * q + (1 - q) ** 2) * (p * p + (1 - p) ** 2))
        answer = ns.bound(f, ns.Quantum((2, 2)))
        assert answer.lower <= wanted + 1e-15
        assert answer.upper == pytest.approx(wanted, abs=1e-8)
    f = ns.functionals.biased_chsh(0.9, 0.8)
    assert ns.bound(f, ns.Quantum((2, 2))).upper == pytest.approx(1 - 2 * 0.1 * 0.2, abs=1e-8)


def test_ch_is_chsh_and_hardy_is_ch() -> None:
    rng = np.random.default_rng(3)
    chsh, ch = ns.functionals.chsh(), ns.functionals.ch()
    zeros = ns.functionals.hardy_zeros()
    for _ in range(10):
        s = ns.settings.random(2, 2, seed=int(rng.integers(1000)))
        box = ns.behaviours.partially_entangled(s, float(rng.uniform(0, 1)))
        p = box.to_probabilities()
        assert ch.value(box) == pytest.approx((chsh.value(box) - 2) / 4, abs=1e-15)
        paradox = p[0, 0, 0, 0] - p[0, 1, 0, 1] - p[1, 0, 1, 0] - p[0, 0, 1, 1]
        assert ns.functionals.hardy().value(box) == pytest.approx(paradox, abs=1e-15)
        wanted = [p[0, 1, 0, 1], p[1, 0, 1, 0], p[0, 0, 1, 1]]
        assert [g.value(box) for g in zeros] == pytest.approx(wanted, abs=1e-15)


# -- relabellings -----------------------------------------------------------------------------------------------------


def test_the_facets_of_the_3322_polytope_are_counted() -> None:
    """8 versions of CHSH at 2×2 settings, 576 of I3322 (Pitowsky and Svozil, PRA 64, 014102 (2001): 684 facets)."""
    assert len(list(ns.functionals.relabellings(ns.functionals.chsh()))) == 8
    versions = list(ns.functionals.relabellings(ns.functionals.i3322()))
    assert len(versions) == 576
    assert versions[0] == ns.functionals.i3322()
    for f in versions[::97]:
        assert ns.bound(f, ns.Bell((3, 3))).upper == 0.0
    assert len(list(ns.functionals.relabellings(ns.functionals.elegant(), parties=False))) == len(
        {f.correlators.tobytes() for f in ns.functionals.relabellings(ns.functionals.elegant(), parties=False)}
    )


@pytest.mark.parametrize("seed", range(3))
def test_the_best_version_is_the_best_of_all(seed: int) -> None:
    rng = np.random.default_rng(seed)
    box = ns.behaviours.partially_entangled(ns.settings.random(3, 3, seed=seed), float(rng.uniform(0.2, 0.8)))
    f = ns.functionals.i3322()
    versions = ns.functionals.relabellings(f)
    best = versions.best(box)
    assert best in set(versions)
    assert best.value(box) == pytest.approx(max(v.value(box) for v in versions), abs=1e-12)


@pytest.mark.parametrize("seed", range(3))
def test_the_best_version_among_more_settings(seed: int) -> None:
    """CHSH on the best two settings of each side, against all pairs of pairs; unknown pairs are avoided."""
    box = ns.behaviours.singlet(ns.settings.random(3, 4, seed=seed))
    known = np.ones((3, 4), dtype=bool)
    known[seed % 3, seed] = False
    for data in (box, box.with_pairs([(int(i), int(j)) for i, j in np.argwhere(known)])):
        wanted = max(
            sum(sign * data.correlators[i, j] for sign, (i, j) in zip(signs, product(rows, columns)))
            for rows in permutations(range(3), 2)
            for columns in permutations(range(4), 2)
            if all(data.known[i, j] for i, j in product(rows, columns))
            for signs in product((1, -1), repeat=4)
            if math.prod(signs) == -1
        )
        best = ns.functionals.relabellings(ns.functionals.chsh()).best(data)
        assert best.shape == (3, 4)
        assert best.value(data) == pytest.approx(wanted, abs=1e-12)
        assert ns.bound(best, ns.Bell((3, 4))).upper == 2.0


@pytest.mark.parametrize("seed", range(30))
def test_assignments_are_the_best_ones(seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows = int(rng.integers(1, 6))
    worth = rng.normal(size=(rows, rows + int(rng.integers(0, 3)))).round(int(rng.integers(0, 4)))
    places = best_assignment(worth)
    assert len(set(places)) == rows
    wanted = max(sum(worth[k, p] for k, p in enumerate(c)) for c in permutations(range(worth.shape[1]), rows))
    assert sum(worth[k, p] for k, p in enumerate(places)) == pytest.approx(wanted, abs=1e-12)


def test_no_version_fits() -> None:
    box = ns.behaviours.pr_box()
    with pytest.raises(InputError, match="no version of a functional of 3×3 settings"):
        ns.functionals.relabellings(ns.functionals.i3322()).best(box)
    with pytest.raises(InputError, match="known pairs"):
        ns.functionals.relabellings(ns.functionals.chsh()).best(box.with_pairs([(0, 0), (0, 1), (1, 1)]))
    with pytest.raises(InputError, match="marginals"):
        ns.functionals.relabellings(ns.functionals.ch() + ns.functionals.tilted_chsh(1.0)).best(
            box.with_marginals(None, None)
        )


def test_equal_nouns_have_equal_hashes() -> None:
    """−0.0 equals 0.0, as in tables whose signs were turned round."""
    first, second = ns.Functional([[0.0, 1.0]], [0.0]), ns.Functional([[-0.0, 1.0]], [-0.0])
    assert first == second
    assert hash(first) == hash(second)
    box, turned = ns.Behaviour([[0.0, 1.0]]), ns.Behaviour([[-0.0, 1.0]])
    assert box == turned
    assert hash(box) == hash(turned)
    one, other = (ns.Settings([[zero, 0.0, 1.0]], [[1.0, 0.0, 0.0]]) for zero in (0.0, -0.0))
    assert one == other
    assert hash(one) == hash(other)
