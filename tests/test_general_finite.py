"""Hidden marginals that are given: against the models of two parties with two outcomes, and against closed forms."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np
import pytest

import nsmodels as ns
from nsmodels import general
from nsmodels.engines.transport import transported
from nsmodels.errors import InputError

HALF = [0.5, 0.5]


def both(rng: np.random.Generator, states: int, shape: tuple[int, int]) -> tuple[ns.Finite, general.Finite]:
    """The same list in both forms: marginals are multiples of ¼, hence the same exact numbers."""
    means = [rng.integers(-4, 5, size=(states, n)) / 4 for n in shape]
    listed = [[[[(1 + m) / 2, (1 - m) / 2] for m in side[k]] for side in means] for k in range(states)]
    return ns.Finite(*means), general.Finite(listed)


@pytest.mark.parametrize("seed", range(4))
def test_two_outcomes_agree_exactly_with_the_model_of_two_parties(seed: int) -> None:
    rng = np.random.default_rng(seed)
    shape = ((2, 2), (2, 4), (4, 2), (4, 4))[seed]
    model, listed = both(rng, 5, shape)
    f = ns.Functional(rng.integers(-4, 5, size=shape) / 4, rng.integers(-4, 5, shape[0]) / 4)
    found = general.bound(f.to_probabilities(), listed)
    wanted = ns.bound(f, model)
    assert found.exact == Fraction(wanted.upper) == Fraction(wanted.lower)
    assert found.verify()


@pytest.mark.parametrize("seed", range(2))
def test_visibilities_agree_with_the_model_of_two_parties(seed: int) -> None:
    rng = np.random.default_rng(seed)
    model, listed = both(rng, 6, (2, 2))
    # with every sign of every state uniform noise is a mixture
    means = np.vstack([model.states.alice, -model.states.alice]), np.vstack([model.states.bob, -model.states.bob])
    model = ns.Finite(*means)
    given = [[[[(1 + m) / 2, (1 - m) / 2] for m in side[k]] for side in means] for k in range(12)]
    listed = general.Finite(given)
    box = ns.behaviours.pr_box()
    found = general.decompose(box.to_probabilities(), listed)
    wanted = ns.decompose(box, model).visibility
    assert wanted.lower - 1e-9 <= found.exact <= wanted.upper + 1e-9
    assert found.verify()
    if found.upper < 1.0:
        table, limit = found.functional()
        assert (table * box.to_probabilities()).sum() > limit  # what violates the inequality has no such model


def test_three_parties_of_given_marginals() -> None:
    """Where all marginals are fixed outcomes a box is one point; where none is biased, Mermin's game is won as ever."""
    game = general.mermin()
    best = 0.0
    for outcomes in product(range(2), repeat=6):
        fixed = [[[[1.0 - a, float(a)] for a in outcomes[2 * k : 2 * k + 2]] for k in range(3)]]
        if outcomes[:4] == (0, 0, 0, 0):  # a part of all strategies, which are 64
            point = general.bound(game, general.Finite(fixed))
            best = max(best, point.upper)
            assert point.verify()
    assert best == general.bound(game).exact == 2
    assert general.bound(game, general.Finite([[[HALF, HALF]] * 3])).exact == 4


def test_three_outcomes_of_given_marginals() -> None:
    """CGLMP is 4 with uniform marginals (PRL 88, 040404), and 2 at most where they are fixed: a closed form between."""
    third = [1 / 3, 1 / 3, 1 / 3]
    uniform = general.Finite([[[third, third]] * 2])
    assert general.bound(general.cglmp(3), uniform).upper == pytest.approx(4, abs=1e-12)
    fixed = general.Finite([[[[1.0, 0, 0], [0, 1.0, 0]], [[1.0, 0, 0], [0, 0, 1.0]]]])
    assert general.bound(general.cglmp(3), fixed).exact <= 2
    box = general.maximally_entangled(3)
    answer = general.decompose(box, uniform)
    assert answer.exact == 1  # its marginals are uniform too, whatever 1/3 is in doubles
    assert answer.verify()


def test_transport_is_proved_by_its_multipliers() -> None:
    rng = np.random.default_rng(5)
    for _ in range(50):
        gain = rng.integers(-9, 10, (3, 4)).tolist()
        supply = rng.integers(0, 9, 3).tolist()
        demand = np.bincount(rng.integers(0, 4, sum(supply)), minlength=4).tolist()
        sent, rows, columns = transported(gain, supply, demand)
        assert [sum(row) for row in sent] == supply
        assert [sum(column) for column in zip(*sent)] == demand
        assert min(map(min, sent)) >= 0
        assert all(rows[a] + columns[b] >= gain[a][b] for a in range(3) for b in range(4))
        value = sum(gain[a][b] * sent[a][b] for a in range(3) for b in range(4))
        assert value == sum(map(int.__mul__, rows, supply)) + sum(map(int.__mul__, columns, demand))


def test_no_time_at_all_leaves_a_proved_enclosure() -> None:
    table = np.random.default_rng(0).integers(-3, 4, (3, 3, 3, 3)).astype(float)
    third = [1 / 3, 1 / 3, 1 / 3]
    uniform = general.Finite([[[third] * 3] * 2])
    nothing_found = general.decompose(general.maximally_entangled(4), time_limit_s=1e-9)
    assert nothing_found.inequality is None
    assert "has a model" not in repr(nothing_found)
    with pytest.raises(InputError, match="there is no inequality: time_limit"):
        nothing_found.functional()
    for found in (
        nothing_found,
        *(general.bound(table, model, time_limit_s=1e-9) for model in ("local", "nonsignalling", uniform)),
        general.marginals(general.ghz(), time_limit_s=1e-9),
    ):
        assert found.reason == "time_limit"
        assert found.lower < found.upper
        assert found.verify()
    open_end = general.decompose(np.full((3, 3, 3, 3), 1 / 9), uniform, time_limit_s=1e-9)
    assert not open_end.answered
    assert open_end.to_json()["value"] is None


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ([], "marginals is empty"),
        (3, "give marginals"),
        ([[[[0.5, 0.5]], [[0.5]]]], "a whole number ≥ 2"),
        ([[[HALF], [HALF]], [[HALF], [[0.2, 0.3, 0.5]]]], "has 3 probabilities; the setting has 2 outcomes"),
        ([[[HALF], [HALF]], [[HALF]]], "settings of the parties"),
        ([[[HALF], [[0.5, float("nan")]]]], "it must be a finite number"),
    ],
)
def test_wrong_lists(given: Any, said: str) -> None:
    with pytest.raises(InputError, match=said):
        general.Finite(given)


def test_a_behaviour_without_such_a_model_has_no_marginals() -> None:
    with pytest.raises(InputError, match="has no local model: ask for its visibility"):
        general.marginals(ns.behaviours.pr_box().to_probabilities(), "local")
