"""One PR box and shared randomness: the polytope of its strategies, a facet, and states that exceed it."""

import math
from fractions import Fraction

import numpy as np
import pytest

import nsmodels as ns
from nsmodels.errors import InputError
from nsmodels.studies import one_box


def test_three_settings_a_side_have_3088_strategies():
    rows = one_box.strategies(3, 3)
    assert len(rows) == 3088
    alice, bob, table = rows[:, :3], rows[:, 3:6], rows[:, 6:].reshape(-1, 3, 3)
    assert (np.abs(alice[:, :, None] + bob[:, None, :]) <= 1 + table).all()
    assert (np.abs(alice[:, :, None] - bob[:, None, :]) <= 1 - table).all()


def test_one_box_reaches_what_a_pr_box_reaches():
    assert one_box.bound(ns.functionals.chsh()) == 4
    assert one_box.bound(ns.functionals.chained(3)) == 6
    # the box of the non-signalling maximum 1 has signs of rank three, which is no (−1)^(xy)
    assert one_box.bound(ns.functionals.i3322()) == Fraction(1, 2)


def test_the_inequality_is_a_facet():
    """As many affinely independent strategies attain it as there are dimensions, 15; elimination in fractions."""
    f = one_box.facet()
    assert one_box.bound(f) == 1
    row = np.array([*f.alice, *f.bob, *f.correlators.ravel()])
    rows = one_box.strategies(3, 3)
    tight = rows[np.abs(rows @ row + f.constant - 1.0) < 1e-9]
    basis: list[list[Fraction]] = []
    for entry in tight.tolist():
        rest = [Fraction(1), *map(Fraction, entry)]
        for known in basis:
            lead = next(k for k, x in enumerate(known) if x)
            rest = [x - rest[lead] / known[lead] * y for x, y in zip(rest, known)]
        if any(rest):
            basis.append(rest)
    assert len(basis) == 15


def test_very_partially_entangled_pairs_exceed_it():
    small = one_box.excess(0.08, starts=6)
    assert 0.0017 < small.value < 0.0018
    alice, bob, table = small.state.exact_behaviour()
    value = one_box.facet().value(ns.Behaviour(*(np.array(x, dtype=float) for x in (table, alice, bob))))
    assert value - 1.0 == pytest.approx(small.value, abs=1e-12)
    largest = one_box.excess(math.radians(12.82), starts=6)
    assert 0.00607 < largest.value < 0.0061


def test_product_states_and_singlets_do_not():
    """The singlet is simulated by one box: Cerf, Gisin, Massar, Popescu, quant-ph/0410027."""
    for theta in (0.0, math.pi / 4.0):
        assert one_box.excess(theta, starts=6).value <= 1e-9


def test_too_many_settings_are_refused():
    with pytest.raises(InputError, match="4"):
        one_box.strategies(5, 2)
    with pytest.raises(InputError, match="at most 4"):
        one_box.bound(ns.functionals.chained(5))
