"""The search for a decomposition: limits, interrupts, seeds, and the exact numbers that it ends with."""

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
from decompositions import check_model

import nsmodels as ns
from nsmodels.common.rationals import rational_point
from nsmodels.questions.visibility.decompose import decompose
from nsmodels.questions.visibility.exact_model import dyadic_weights


def test_a_time_limit_leaves_what_is_proved():
    s = ns.settings.random(10, 10, 4)
    d = decompose(ns.behaviours.singlet(s), ns.Leggett(s), tolerance=1e-9, time_limit_s=0.4)
    assert d.status == "certified"
    assert d.reason == "time_limit"
    assert 0.5 <= d.lower <= d.upper <= 1.0
    check_model(d)


@pytest.mark.parametrize("name", ["bell", "leggett"])
def test_no_time_at_all_leaves_a_model_of_the_noise(name):
    s = ns.settings.random(6, 5, 4)
    model = ns.Bell(s.shape) if name == "bell" else ns.Leggett(s)
    d = decompose(ns.behaviours.singlet(s), model, time_limit_s=1e-9)
    assert (d.status, d.reason) == ("certified", "time_limit")
    assert 0.0 <= d.lower <= d.upper == 1.0
    check_model(d)


def test_an_interrupt_leaves_what_is_proved(monkeypatch):
    from nsmodels.questions.visibility import column_generation

    original, calls = column_generation._solve, []

    def solve(*arguments):
        calls.append(1)
        if len(calls) == 6:
            raise KeyboardInterrupt
        return original(*arguments)

    monkeypatch.setattr(column_generation, "_solve", solve)
    s = ns.settings.random(10, 10, 4)
    d = decompose(ns.behaviours.singlet(s), ns.Leggett(s), tolerance=1e-9)
    assert d.reason == "interrupted"
    assert d.status == "certified"
    assert d.inequality is not None
    check_model(d)


def test_progress_is_told():
    told = []
    s = ns.settings.random(8, 8, 4)
    decompose(ns.behaviours.singlet(s), ns.Leggett(s), tolerance=1e-3, progress=lambda *x: told.append(x))
    assert told
    assert all(0.0 <= low and high <= 1.0 for low, high, _, _ in told)


def test_the_same_seed_gives_the_same_answer():
    s = ns.settings.random(5, 5, 9)
    first, second = (decompose(ns.behaviours.singlet(s), ns.Leggett(s), tolerance=1e-4, seed=3) for _ in range(2))
    assert (first.lower, first.upper) == (second.lower, second.upper)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"tolerance": 0.0}, "tolerance"),
        ({"time_limit_s": -1.0}, "time_limit_s"),
        ({"noise": "pink"}, "noise"),
        ({"marginals": "some"}, "marginals"),
        ({"noise": ns.behaviours.uniform(3, 2)}, "noise has shape"),
    ],
)
def test_bad_input(change, message):
    with pytest.raises(ns.errors.InputError, match=message):
        decompose(ns.behaviours.pr_box(), ns.Bell((2, 2)), **change)


def test_shapes_must_agree():
    with pytest.raises(ns.errors.InputError, match="2×2 settings"):
        decompose(ns.behaviours.pr_box(), ns.Bell((2, 3)))


def test_rational_points_lie_on_the_sphere():
    rng = np.random.default_rng(0)
    for vector in [*rng.normal(size=(50, 3)), *np.eye(3), *-np.eye(3), np.ones(3)]:
        unit = vector / np.linalg.norm(vector)
        point = rational_point(unit)
        assert sum(x * x for x in point) == 1
        assert np.abs(np.array([float(x) for x in point]) - unit).max() < 1e-11


def test_weights_add_up_exactly():
    rng = np.random.default_rng(1)
    for n in (1, 2, 17, 400):
        weights = dyadic_weights(rng.random(n) ** 4)
        assert sum(Fraction(w) for w in weights.tolist()) == 1
        assert weights.min() >= 0.0


def test_the_certificate_repeats_the_answer():
    s = ns.settings.leggett_triads(phi_deg=50.0)
    d = decompose(ns.behaviours.singlet(s), ns.Leggett(s))
    content = d.to_json()
    lower, upper = content["certificate"]["lower"], content["certificate"]["upper"]
    assert Fraction(lower["visibility"]) == Fraction(d.lower)
    assert sum(Fraction(w) for w in lower["weights"]) == 1
    assert all(sum(Fraction(x) ** 2 for x in state[k]) == 1 for state in lower["states"] for k in ("u", "v"))
    assert Fraction(upper["visibility"]) == Fraction(d.upper)
    assert Fraction(upper["bound"]) == Fraction(d.inequality.bound)
    assert content["inequality"]["correlators"] == d.inequality.functional.correlators.tolist()
    assert sum(state["weight"] for state in content["decomposition"]) == 1.0


def test_pictures_and_words():
    s = ns.settings.leggett_triads(phi_deg=50.0)
    d = decompose(ns.behaviours.singlet(s), ns.Leggett(s))
    assert len(d.plot().axes) >= 3
    text = repr(d)
    assert "0.9466" in text
    assert "hidden states" in text


# -- small values -----------------------------------------------------------------------------------------------------


def test_proofs_never_get_worse():
    """An exact model counts more than one that misses its target, whatever their V; of two ends the lower excludes."""
    from dataclasses import replace

    from nsmodels.questions.visibility.proofs import Proofs

    s = ns.settings.leggett_triads(phi_deg=50.0)
    d = decompose(ns.behaviours.singlet(s), ns.Leggett(s))
    exact, end = d.lower_end, d.upper_end
    missing = replace(exact, deviation=1e-9, visibility=0.99)
    weaker = replace(exact, visibility=0.5)
    for order in itertools.permutations([exact, missing, weaker, None]):
        proofs = Proofs()
        for model in order:
            proofs = proofs.with_lower(model)
        assert proofs.lower is exact
    looser = replace(end, visibility=end.visibility + 0.01)
    for order in itertools.permutations([end, looser, None]):
        proofs = Proofs()
        for one in order:
            proofs = proofs.with_upper(one)
        assert proofs.upper is end
    assert (Proofs().low, Proofs().high) == (0.0, 1.0)
    assert Proofs(exact, end).closed(1e-6)
    assert not Proofs(missing, end).closed(1e-6)
    assert not Proofs(weaker, end).closed(1e-6)
    assert not Proofs(exact, None).closed(1e-6)
    assert Proofs(replace(exact, visibility=1.0), None).closed(1e-6)
    assert Proofs(None, replace(end, visibility=-math.inf)).closed(1e-6)


def test_rounds_that_are_asked_for_one_by_one_only_improve():
    """What a round hands over stays as it is, the V that is reached never falls, and the last round says why."""
    from nsmodels.questions.visibility.column_generation import Round, rounds
    from nsmodels.questions.visibility.rows import make_target
    from nsmodels.questions.visibility.search import make_search

    s = ns.settings.random(6, 6, 4)
    model = ns.Leggett(s)
    target = make_target(
        ns.behaviours.singlet(s), ns.behaviours.uniform(6, 6), marginals="match", symmetric_model=model.symmetric
    )
    search = make_search(target, model.parts, np.random.default_rng(0))
    seen = [Round.first(search), *rounds(search, Round.first(search), 1e-5, math.inf)]
    assert seen[-1].stopped == "gap"
    assert all(r.stopped is None for r in seen[:-1])
    lower = [r.bounds.lower for r in seen]
    assert lower == sorted(lower)
    assert [r.number for r in seen[:-1]] == list(range(len(seen) - 1))
    assert seen[-1].bounds.gap <= 1e-5  # below 0 where the heuristic missed a state: nothing is proved yet
