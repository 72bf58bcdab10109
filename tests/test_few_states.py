"""Counterexamples with few hidden states: what two and more of them reach, against closed forms and enumeration."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from scipy.optimize import linprog

import nsmodels as ns
from nsmodels.errors import InputError


def mean(boxes: ns.BoxMixture) -> float:
    return float(np.concatenate(boxes.mean_absolute_marginals()).mean())


def enumerated(behaviour: ns.Behaviour) -> float:
    """The largest mean |m_k| over all m with |A ± B| ≤ 1 ± C: a linear program for each choice of signs."""
    n_a, n_b = behaviour.shape
    rows, right = [], []
    for i, j in itertools.product(range(n_a), range(n_b)):
        for a, b in itertools.product((1.0, -1.0), repeat=2):
            row = np.zeros(n_a + n_b)
            row[i], row[n_a + j] = a, b
            rows.append(row)
            right.append(1.0 + a * b * behaviour.correlators[i, j])
    best = 0.0
    for signs in itertools.product((1.0, -1.0), repeat=n_a + n_b - 1):
        wanted = np.array([1.0, *signs])
        bounds = [(0, 1) if sign > 0 else (-1, 0) for sign in wanted]
        best = max(best, -linprog(-wanted, rows, right, bounds=bounds).fun)
    return best / (n_a + n_b)


@pytest.mark.parametrize("shape", [(2, 2), (2, 3), (3, 3)])
def test_two_states_reach_the_best_of_all_signs(shape: tuple[int, int]) -> None:
    behaviour = ns.behaviours.singlet(ns.settings.random(*shape, seed=3))
    boxes = ns.studies.counterexample(behaviour, states=2)
    assert len(boxes) == 2
    assert boxes.deviation(behaviour) < 1e-9
    assert mean(boxes) == pytest.approx(enumerated(behaviour), abs=1e-7)


def test_more_states_reach_more_on_chsh() -> None:
    """Two have half of 2 − √2, and eight reach it: the largest marginal of every setting, which nothing exceeds."""
    behaviour = ns.behaviours.singlet(ns.settings.chsh())
    found = [mean(ns.studies.counterexample(behaviour, states=k)) for k in (2, 4, 6, 8)]
    most = ns.studies.joint_marginals(behaviour, [0.25] * 4).value.upper
    assert found[0] == pytest.approx(1.0 - 2**-0.5, abs=1e-9)
    assert all(low < high for low, high in itertools.pairwise(found))
    assert found[-1] == pytest.approx(2.0 - math.sqrt(2.0), abs=1e-8)
    assert found[-1] <= most


def test_of_an_odd_number_the_last_is_unbiased() -> None:
    behaviour = ns.behaviours.singlet(ns.settings.half_circle(3))
    three = ns.studies.counterexample(behaviour, states=3)
    assert len(three) == 3
    assert not three.alice[2].any()
    assert mean(three) == pytest.approx(mean(ns.studies.counterexample(behaviour, states=2)), abs=1e-9)
    assert np.abs(three.average().alice).max() == 0.0


def test_the_default_is_the_largest_marginal_of_one_setting() -> None:
    behaviour = ns.behaviours.singlet(ns.settings.half_circle(4))
    boxes = ns.studies.counterexample(behaviour)
    assert len(boxes) == 2
    exact = 4.0 * (1.0 - math.cos(math.pi / 8))
    assert max(np.concatenate(boxes.mean_absolute_marginals())) == pytest.approx(exact, abs=1e-9)


def test_pairs_that_nobody_measures_constrain_nothing() -> None:
    behaviour = ns.behaviours.singlet(ns.settings.chsh()).with_pairs([(0, 0)])
    boxes = ns.studies.counterexample(behaviour, states=4)
    assert boxes.deviation(behaviour) < 1e-9
    assert boxes.mean_absolute_marginals()[0][1] == pytest.approx(1.0, abs=1e-9)


@pytest.mark.parametrize("states", [0, 1, 65, 2.5, "2", True])
def test_numbers_of_states_that_are_none(states: object) -> None:
    with pytest.raises(InputError, match="counterexample: states"):
        ns.studies.counterexample(ns.behaviours.singlet(ns.settings.chsh()), states=states)  # type: ignore[arg-type]


def test_given_marginals_are_refused() -> None:
    with pytest.raises(InputError, match="non-zero marginals"):
        ns.studies.counterexample(ns.Behaviour([[1.0]], [0.5], [0.5]), states=2)


def test_its_states_are_drawn_with_their_weights() -> None:
    boxes = ns.studies.counterexample(ns.behaviours.singlet(ns.settings.chsh()), states=4)
    for figure in (ns.plots.hidden_states(boxes), ns.plots.plot(boxes)):
        shades = next(ax for ax in figure.axes if ax.images)
        bars = next(ax for ax in figure.axes if ax.get_xlabel() == "weight")
        assert np.asarray(shades.images[0].get_array()).shape == (4, 4)
        assert sorted(bar.get_width() for bar in bars.patches) == pytest.approx(sorted(boxes.weights))


def test_dying_marginals() -> None:
    lines = ns.studies.dying_out([2, 4, 8])
    axes = ns.plots.dying_out({"2 hidden states": lines}).axes[0]
    means, = (line for line in axes.lines if line.get_label() == "all settings, 2 hidden states")
    assert means.get_ydata().tolist() == [line.mean for line in lines]
    assert axes.get_xlabel() == "settings a side, N"
    assert [text.get_text() for text in axes.get_legend().get_texts()] == [
        "one setting, at most", "all settings, 2 hidden states"
    ]
    with pytest.raises(InputError, match="no results"):
        ns.plots.dying_out({})
