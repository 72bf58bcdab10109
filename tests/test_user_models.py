"""Models that a user writes: what they do not say of themselves is not taken for granted."""

import json
import math
from fractions import Fraction

import numpy as np
import pytest

import nsmodels as ns
from nsmodels.core.hidden_states import HiddenState, HiddenStates
from nsmodels.core.proof import Proof
from nsmodels.errors import InputError
from nsmodels.models.base import Model, Support
from nsmodels.models.hidden_variables import HiddenVariableModel
from nsmodels.models.two_qubits import TwoQubits
from nsmodels.models.values import trivial_bound

BEST = 2.0 * math.atan(1.0 / 3.0)
THRESHOLD = (2.0 - 2.0 / 3.0 * math.sin(BEST / 2.0)) / (2.0 * math.cos(BEST / 2.0))
"""Visibility at which L3 excludes the law of one party, as well as Leggett's (arXiv:0801.2241, eq. (9))."""


class Word(Proof):
    """No proof at all."""

    def to_json(self):
        return {"type": "word"}


class OneParty(Model):
    """B_j = purity v·b_j, Alice's marginals free: written with `support` and `propose` alone, as in the first issue."""

    name = "one_party"

    def __init__(self, settings, purity=1.0):
        self.settings, self.purity = settings, purity
        points = np.random.default_rng(5).normal(size=(4000, 3))
        self.points = points / np.linalg.norm(points, axis=1)[:, None]

    @property
    def shape(self):
        return self.settings.shape

    def _best(self, functional, points):
        """For given v the best A_i is one of sgn(S_ij) B_j and ±1: G is convex in A_i with kinks there."""
        bob = self.purity * points @ self.settings.bob.T
        table = functional.correlators
        alice = np.zeros((len(points), self.shape[0]))
        total = np.full(len(points), functional.constant) + bob @ functional.bob
        for i, row in enumerate(table):
            kinks = np.concatenate([np.sign(row) * bob, np.tile([-1.0, 1.0], (len(points), 1))], axis=1)
            brackets = 1.0 - np.abs(kinks[:, :, None] - np.sign(row) * bob[:, None, :])
            values = brackets @ np.abs(row) + kinks * functional.alice[i]
            chosen = values.argmax(axis=1)
            alice[:, i] = kinks[np.arange(len(points)), chosen]
            total += values[np.arange(len(points)), chosen]
        return HiddenStates(alice, bob), total

    def propose(self, functional, count, *, rng, starts=None):
        near = self.points
        for scale in (0.0, 0.05, 0.005, 0.0005, 0.00005):
            turned = near + scale * rng.normal(size=near.shape)
            near = np.concatenate([near, turned / np.linalg.norm(turned, axis=1)[:, None]])
            states, values = self._best(functional, near)
            order = np.argsort(-values)[: max(count, 200)]
            near = near[order]
        return states.take(order[:count])

    def support(self, functional, *, tolerance=1e-6, time_limit_s=60.0, seed=0, progress=None):
        states = self.propose(functional, 1, rng=np.random.default_rng(seed))
        value = float(ns.models.values.attained_value(functional, states.alice[0], states.bob[0]))
        return Support(ns.Enclosure(value, value + 1e-7, "estimate", "not proved"), states[0], Word())


class Listed(Model):
    """A list of marginal vectors, by oracle and proposals alone."""

    name = "listed"

    def __init__(self, alice, bob):
        self.states = HiddenStates(np.array(alice, dtype=float), np.array(bob, dtype=float))

    @property
    def shape(self):
        return self.states.alice.shape[1], self.states.bob.shape[1]

    def _values(self, functional):
        rows = range(len(self.states))
        attained = ns.models.values.attained_value
        return [attained(functional, self.states.alice[k], self.states.bob[k]) for k in rows]

    def propose(self, functional, count, *, rng, starts=None):
        values = [float(value) for value in self._values(functional)]
        return self.states.take(np.argsort(-np.array(values), kind="stable")[:count])

    def support(self, functional, *, tolerance=1e-6, time_limit_s=60.0, seed=0, progress=None):
        values = self._values(functional)
        best = max(range(len(values)), key=values.__getitem__)
        from nsmodels.common.rationals import round_down, round_up

        value = ns.Enclosure(round_down(values[best]), round_up(values[best]))
        return Support(value, self.states[best], Word())


class Declared(Listed, HiddenVariableModel):
    """The same list, which also says what belongs to it."""

    def contains(self, states):
        own = np.concatenate([self.states.alice, self.states.bob], axis=1)
        rows = np.concatenate([states.alice, states.bob], axis=1)
        return (rows[:, None, :] == own[None, :, :]).all(axis=2).any(axis=1)


def test_a_law_of_one_party_is_no_more_than_an_estimate_and_not_a_false_one():
    s = ns.settings.leggett_triads(BEST)
    d = ns.decompose(ns.behaviours.singlet(s), OneParty(s), tolerance=1e-3, time_limit_s=30.0)
    assert d.status == "estimate"
    assert d.lower <= THRESHOLD + 1e-9
    assert d.upper >= THRESHOLD - 1e-9
    assert d.upper - d.lower < 0.01
    assert "does not show" in d.reason


PAIR = ([[1.0, 0.0], [-1.0, 0.0]], [[1.0, 0.0], [-1.0, 0.0]])


@pytest.mark.parametrize("symmetry", ["auto", None])
@pytest.mark.parametrize("kind", [Listed, Declared, ns.Finite])
def test_a_list_is_not_enlarged_by_states_that_are_not_in_it(kind, symmetry):
    """±(A = (1, 0), B = (1, 0)) forces C_00 = 1, which is not so of any mixture with white noise below V = 1."""
    b = ns.Behaviour([[1.0, 1.0], [1.0, -1.0]])
    d = ns.decompose(b, kind(*PAIR), symmetry=symmetry, time_limit_s=10.0)
    assert not (d.status == "certified" and d.upper < 1.0)
    assert d.decomposition is None or d.status != "certified"


def test_a_given_symmetry_invents_no_states():
    from nsmodels.questions.visibility.symmetry import Relabelling, Symmetry

    swap = Symmetry((Relabelling((0, 1), (1, 1), (0, 1), (1, 1)), Relabelling((1, 0), (1, 1), (1, 0), (1, 1))))
    b = ns.Behaviour([[0.0, 0.0], [0.0, 0.0]])
    d = ns.decompose(b, ns.Finite([[1.0, 0.0]], [[1.0, 0.0]]), symmetry=swap, time_limit_s=10.0)
    assert d.has_model is not True
    assert d.stats["symmetry_order"] == 1


def test_what_a_declared_list_mixes_is_certified():
    alice = [[1.0, 1.0], [-1.0, -1.0], [1.0, -1.0], [-1.0, 1.0]]
    d = ns.decompose(ns.behaviours.werner(ns.settings.chsh(), 0.3), Declared(alice, alice), time_limit_s=10.0)
    assert d.status == "certified" or d.lower_end is None
    if d.decomposition is not None:
        rows = {tuple(a) for a in alice}
        assert {tuple(a) for a in d.decomposition.alice.tolist()} <= rows


def test_rounded_directions_widen_the_bounds_of_every_model_that_has_directions():
    """Whatever a model calls its purity: marginals are taken to move as directions do unless it says otherwise."""
    s = ns.settings.fibonacci(3, 3)
    f = ns.Functional(np.ones((3, 3)))
    assert s.rounding > 0.0
    assert OneParty(s).rounding_effect(f) >= 2.0 * 9 * s.rounding
    assert ns.Leggett(s, eta=0.5).rounding_effect(f) >= 9 * s.rounding


def test_models_without_hidden_states_are_not_mixed():
    with pytest.raises(InputError, match="no hidden states"):
        ns.decompose(ns.behaviours.singlet(ns.settings.chsh()), TwoQubits(ns.settings.chsh()))
    with pytest.raises(InputError, match="no hidden states"):
        ns.Hull([ns.Bell((2, 2)), ns.models.Quantum((2, 2))])


@pytest.mark.parametrize(
    ("model", "inside", "outside"),
    [
        (ns.Bell((1, 1)), ([[1.0]], [[-1.0]]), ([[0.5]], [[1.0]])),
        (ns.Unbiased((1, 1)), ([[0.0]], [[-0.0]]), ([[0.0]], [[1e-300]])),
        (ns.NonSignalling((1, 1)), ([[0.3]], [[-1.0]]), ([[1.0 + 2**-52]], [[0.0]])),
        (ns.Finite([[0.25]], [[0.5]]), ([[0.25]], [[0.5]]), ([[0.25]], [[0.5 + 2**-53]])),
    ],
    ids=lambda x: getattr(x, "name", ""),
)
def test_models_know_their_states(model, inside, outside):
    assert model.contains(HiddenStates(*map(np.array, inside))).tolist() == [True]
    assert model.contains(HiddenStates(*map(np.array, outside))).tolist() == [False]


def test_leggett_knows_its_states():
    s = ns.settings.chsh()
    model = ns.Leggett(s, eta=0.5)
    pole = np.array([[0.0, 0.0, 1.0]])
    states = model.states(pole, pole)
    assert model.contains(states).tolist() == [True]
    assert model.contains(HiddenStates(2.0 * states.alice, states.bob, pole, pole)).tolist() == [False]
    assert model.contains(HiddenStates(states.alice, states.bob)).tolist() == [False]
    short = 0.5 * pole
    assert model.contains(HiddenStates(0.5 * states.alice, states.bob, short, pole)).tolist() == [False]


def test_a_result_of_a_users_model_can_be_written():
    d = ns.decompose(ns.Behaviour([[0.5]]), Listed([[1.0], [-1.0]], [[1.0], [1.0]]), time_limit_s=5.0)
    assert json.loads(json.dumps(d.to_json()))["status"] in ("estimate", "no_answer")
    state = HiddenState([1.0], [0.0], v=[0.0, 0.0, 1.0])
    assert set(state.to_json()) == {"alice", "v"}
    assert set(state.certificate()) == {"alice", "v"}
    assert trivial_bound(ns.Functional([[0.5]])) == Fraction(1, 2)
