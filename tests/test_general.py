"""More outcomes and parties: published values, an independent linear program, and what is refused."""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np
import pytest

import nsmodels as ns
from nsmodels import general
from nsmodels.errors import InputError

SIGNALLING = np.zeros((2, 2, 2, 2))
SIGNALLING[0, 0, :, 0] = SIGNALLING[1, 0, :, 1] = 1.0  # Alice's outcome is Bob's setting

KNOWN = [
    ("CGLMP 2", general.cglmp(2), 2, 4),
    ("CGLMP 3", general.cglmp(3), 2, 4),
    ("Mermin", general.mermin(), 2, 4),
    ("Svetlichny", general.svetlichny(), 4, 8),
]


@pytest.mark.parametrize(("name", "table", "local", "beyond"), KNOWN, ids=[k[0] for k in KNOWN])
def test_local_and_nonsignalling_bounds(name: str, table: Any, local: int, beyond: int) -> None:
    for model, wanted in (("local", local), ("nonsignalling", beyond)):
        answer = general.bound(table, model)
        assert answer.exact == wanted
        assert answer.lower == answer.upper == wanted
        assert answer.verify()


def test_cglmp_of_four_outcomes() -> None:
    """1/3 is no double: the local bound is within its rounding of 2."""
    assert general.bound(general.cglmp(4)).upper == pytest.approx(2, abs=1e-12)
    assert general.bound(general.cglmp(4), "nonsignalling").upper == pytest.approx(4, abs=1e-12)


def test_the_maximally_entangled_state() -> None:
    """2√2, 2.87293 and 2.89624 of CGLMP, and 0.69615 of visibility for three outcomes: PRL 88, 040404 (2002)."""
    for d, wanted in ((2, 2 * math.sqrt(2)), (3, 2.87293), (4, 2.89624)):
        p = general.maximally_entangled(d)
        np.testing.assert_allclose(p.sum(axis=(0, 1)), 1.0, atol=1e-12)
        assert (general.cglmp(d) * p).sum() == pytest.approx(wanted, abs=6e-6)
    for d, wanted in ((2, 1 / math.sqrt(2)), (3, 0.69615)):
        answer = general.visibility(general.maximally_entangled(d))
        assert answer.lower == pytest.approx(wanted, abs=6e-6)
        assert answer.verify()


def test_ghz() -> None:
    """Mermin's inequality is violated above ½ of white noise: PRL 65, 1838 (1990)."""
    p = general.ghz()
    assert (general.mermin() * p).sum() == pytest.approx(4, abs=1e-12)
    answer = general.visibility(p)
    assert answer.lower == pytest.approx(0.5, abs=1e-12)
    assert answer.verify()


def test_two_outcomes_agree_with_the_rest_of_the_package() -> None:
    rng = np.random.default_rng(6)
    for shape in ((2, 2), (2, 3), (3, 3)):
        f = ns.Functional(rng.normal(size=shape), rng.normal(size=shape[0]), rng.normal(size=shape[1]))
        table = f.to_probabilities()
        assert general.bound(table).upper == pytest.approx(ns.bound(f, ns.Bell(shape)).upper, abs=1e-12)
        beyond = ns.bound(f, ns.NonSignalling(shape)).upper
        assert general.bound(table, "nonsignalling").upper == pytest.approx(beyond, abs=1e-9)
    box = ns.behaviours.singlet(ns.settings.chsh())
    wanted = ns.decompose(box, ns.Bell((2, 2))).visibility
    assert general.visibility(box.to_probabilities()).upper == pytest.approx(wanted.upper, abs=1e-9)


def test_three_settings_and_outcomes() -> None:
    rng = np.random.default_rng(1)
    table = rng.integers(-3, 4, (3, 3, 3, 3))
    local, beyond = (general.bound(table, model) for model in ("local", "nonsignalling"))
    assert local.exact <= beyond.exact
    assert local.verify()
    assert beyond.verify()
    best = max(
        sum(table[a[x], b[y], x, y] for x in range(3) for y in range(3))
        for a in product(range(3), repeat=3)
        for b in product(range(3), repeat=3)
    )
    assert local.exact == best


def test_outcomes_that_differ_from_setting_to_setting() -> None:
    """A setting with fewer outcomes is one whose last outcomes never occur."""
    scenario = general.Scenario([(2, 3), (3, 2)])
    rng = np.random.default_rng(3)
    table = rng.integers(-4, 5, scenario.shape).astype(float)
    table[2, :, 0, :] = 0.0
    table[:, 2, :, 1] = 0.0
    punished = table.copy()
    punished[2, :, 0, :] = -100.0
    punished[:, 2, :, 1] = -100.0
    for model in ("local", "nonsignalling"):
        answer = general.bound(table, model, scenario=scenario)
        assert answer.exact == general.bound(punished, model).exact
        assert answer.verify()


def test_coefficients_may_lie_far_apart() -> None:
    """They become integers above the largest double."""
    table = general.cglmp(2)
    table[0, 0, 0, 0], table[1, 1, 1, 1] = 1e200, 5e-324
    for model in ("local", "nonsignalling", general.Finite([[[[0.5, 0.5]] * 2] * 2])):
        answer = general.bound(table, model)
        most = Fraction(1e200) if isinstance(model, str) else Fraction(1e200) / 2
        assert answer.lower <= answer.exact <= answer.upper
        assert 0 <= answer.exact - most <= 4


def test_other_noise_and_local_behaviours() -> None:
    p = np.full((2, 2, 2, 2), 0.25)
    assert general.visibility(p).exact == 1
    deterministic = np.zeros((2, 2, 2, 2))
    deterministic[0, 1] = 1.0
    pr = ns.behaviours.pr_box().to_probabilities()
    assert general.visibility(pr).exact == Fraction(1, 2)
    assert general.visibility(pr, noise=deterministic).exact == Fraction(2, 3)


def test_a_forged_answer_does_not_verify() -> None:
    answer = general.guessing(general.maximally_entangled(2))
    assert answer.verify()
    assert not replace(answer, exact=answer.exact - 1).verify()
    assert not replace(answer, dual=(answer.dual[0] - 1, *answer.dual[1:])).verify()
    assert not replace(answer, primal=(answer.primal[0] + 1, *answer.primal[1:])).verify()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: general.bound(np.zeros((2, 2, 2))), "outcomes first"),
        (lambda: general.bound(np.full((2, 2, 2, 2), math.nan)), "not finite"),
        (lambda: general.bound(np.zeros((2, 2, 2, 2)), "quantum"), "it must be one of local, nonsignalling"),
        (lambda: general.bound(np.zeros((9, 9, 9, 9))), "strategies are above the limit"),
        (lambda: general.Scenario([(1, 2), (2, 2)]), "a whole number ≥ 2"),
        (lambda: general.Scenario([(), (2, 2)]), "a party without settings"),
        (lambda: general.visibility(np.full((2, 2, 2, 2), 0.3)), "adds up to"),
        (lambda: general.visibility(-np.ones((2, 2, 2, 2))), "a probability of -1"),
        (lambda: general.visibility(SIGNALLING), "the behaviour signals: a marginal changes by 1"),
        (lambda: general.bound(np.full((2, 2, 2, 2), 1e308)), "more than 1e\\+300 in size; divide them by a number"),
        (lambda: general.ghz([[0.0]]), r"it must be \(3, 2\)"),
    ],
)
def test_what_is_refused(call: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        call()


@pytest.mark.parametrize("n", [2, 3])
def test_hidden_states_of_the_singlet_know_as_much_as_the_chained_quantity_allows(n: int) -> None:
    """The largest mean |A| is I_N = N (1 − cos(π/2N)): Colbeck and Renner, arXiv:0801.2218; and `marginals` agrees."""
    box = ns.behaviours.singlet(ns.settings.half_circle(n))
    answer = general.guessing(box.to_probabilities(), 0, 1)
    assert answer.verify()
    assert 2 * answer.upper - 1 == pytest.approx(n * (1 - np.cos(np.pi / (2 * n))), abs=1e-12)
    assert 2 * answer.upper - 1 == pytest.approx(ns.marginals(box).alice[1].upper, abs=1e-9)


def test_extreme_boxes_hide_nothing_and_local_ones_everything() -> None:
    pr = ns.behaviours.pr_box().to_probabilities()
    assert general.guessing(pr).exact == general.guessing(pr, 1, 1).exact == Fraction(1, 2)
    assert general.guessing(np.full((3, 3, 2, 2), 1 / 9)).upper == pytest.approx(1.0, abs=1e-12)
    # three outcomes: a box with a = b − xy modulo 3 is extreme, and nobody knows more than its uniform outcomes
    a, b, x, y = np.ix_(range(3), range(3), range(2), range(2))
    assert general.guessing(np.where((b - a - x * y) % 3 == 0, 1 / 3, 0.0)).upper == pytest.approx(1 / 3, abs=1e-12)
    # three parties: where the outcomes of two are a PR box, the third may be known
    third = np.einsum("abxy,cz->abcxyz", pr, np.full((2, 2), 0.5))
    assert general.guessing(third, 2).exact == 1
    assert general.guessing(third, 0).exact == Fraction(1, 2)
    with pytest.raises(InputError, match="party"):
        general.guessing(pr, 2)
