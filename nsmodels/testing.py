"""`check_model`: every law that a model has to obey, checked on random questions; for models of your own as well.

    from nsmodels.testing import check_model
    check_model(MyModel(settings))

A law that fails raises `AssertionError` with a sentence that says which one, and on what.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np

from . import checker
from .common.arguments import check_options
from .core.behaviour import Behaviour
from .core.functional import Functional
from .core.hidden_states import HiddenStates
from .files.problem import from_data
from .files.result import assemble
from .models.base import Model, Support, require_model
from .models.hidden_variables import HiddenVariableModel, with_safe_defaults
from .models.nonsignalling import NonSignalling
from .models.registry import ENTRIES
from .models.values import attained_value
from .questions.visibility.decompose import decompose
from .questions.visibility.exact_model import ExactModel
from .questions.visibility.states import shown

__all__ = ["LAWS", "check_model"]

TOLERANCE = 1e-6
"""Wanted width of every enclosure that is asked for."""
ROUNDING = 1e-9
"""Error that a sum of a few doubles may have."""

Law = Callable[["_Case"], None]


class _Case:
    """A model with two random functionals and what its oracle answers."""

    def __init__(self, model: Model, seed: int, time_limit_s: float, marginals: bool) -> None:
        self.model, self.seed, self.limit = model, seed, time_limit_s
        self.mixable = with_safe_defaults(model)
        self.rng = np.random.default_rng(seed)
        self.f, self.g = (self._functional(marginals) for _ in range(2))
        self.of_f, self.of_g = self.support(self.f), self.support(self.g)

    def _functional(self, marginals: bool) -> Functional:
        n_a, n_b = self.model.shape
        alice, bob = (self.rng.normal(size=n) if marginals else np.zeros(n) for n in (n_a, n_b))
        return Functional(self.rng.normal(size=(n_a, n_b)), alice, bob, constant=float(self.rng.normal()))

    def support(self, functional: Functional) -> Support:
        return self.model.support(functional, tolerance=TOLERANCE, time_limit_s=self.limit, seed=self.seed)


def _require(holds: object, law: str, case: _Case) -> None:
    if not holds:
        raise AssertionError(f"{case.model!r}, seed {case.seed}: {law}")


def _belongs(case: _Case, states: HiddenStates, whose: str) -> None:
    sizes = max(float(np.abs(states.alice).max(initial=0.0)), float(np.abs(states.bob).max(initial=0.0)))
    _require(sizes <= 1.0 + 1e-12, f"{whose} has a marginal outside [−1, 1]", case)
    if case.mixable is not None and type(case.mixable).contains is not HiddenVariableModel.contains:
        _require(case.mixable.contains(states).all(), f"{whose} is not among the states that `contains` knows", case)


def homogeneity(case: _Case) -> None:
    """h(c f) = c h(f) for c > 0."""
    twice = case.support(2.0 * case.f)
    apart = "h(2f) and 2 h(f) do not overlap"
    _require(twice.value.lower <= 2.0 * case.of_f.value.upper + ROUNDING, apart, case)
    _require(2.0 * case.of_f.value.lower <= twice.value.upper + ROUNDING, apart, case)


def sublinearity(case: _Case) -> None:
    """h(f + g) ≤ h(f) + h(g)."""
    both = case.support(case.f + case.g)
    limit = case.of_f.value.upper + case.of_g.value.upper
    _require(both.value.lower <= limit + ROUNDING, "h(f + g) is larger than h(f) + h(g)", case)


def attained(case: _Case) -> None:
    """The state that comes with an enclosure is worth its lower end, and no state more than its upper end."""
    state = case.of_f.state
    if case.mixable is None:
        return
    worth = float(attained_value(case.f, state.alice, state.bob))
    _require(worth >= case.of_f.value.lower - ROUNDING, "the maximiser is worth less than the lower end", case)
    _require(worth <= case.of_f.value.upper + ROUNDING, "the maximiser is worth more than the upper end", case)
    proposed = case.mixable.propose(case.f, 10, rng=case.rng)
    best = max(attained_value(case.f, a, b) for a, b in zip(proposed.alice, proposed.bob, strict=True))
    limit = Fraction(case.of_f.value.upper) + Fraction(ROUNDING)
    _require(best <= limit, "a proposed state exceeds the upper end", case)


def within_no_signalling(case: _Case) -> None:
    """No model exceeds the non-signalling boxes."""
    largest = NonSignalling(case.model.shape).support(case.f, tolerance=TOLERANCE)
    _require(case.of_f.value.lower <= largest.value.upper + ROUNDING, "h(f) exceeds the non-signalling bound", case)


def membership(case: _Case) -> None:
    """Maximisers, proposals and seeds belong to the model; rational states next to them do too."""
    model = case.mixable
    if model is None:
        return
    groups = {"a proposal": model.propose(case.f, 10, rng=case.rng)}
    target = Behaviour(np.clip(0.3 * case.f.correlators, -0.9, 0.9))
    groups["a seed"] = model.seeds(target, antipodal=model.symmetric, rng=case.rng)
    for part in model.parts:
        if part is not model:
            return  # the states of a hull are those of its parts, which are checked by themselves
    for whose, states in groups.items():
        _require(len(states) > 0, f"there is no state where {whose} is asked for", case)
        _belongs(case, states, whose)
        if model.symmetric:
            u, v = (None if x is None else -x for x in (states.u, states.v))
            flipped = HiddenStates(-states.alice, -states.bob, u, v)
            _belongs(case, flipped, f"the negation of {whose}, of a model that calls itself symmetric,")
        exact = model.rational(states)
        _belongs(case, exact.states, f"the rational state next to {whose}")
        moved = np.abs(exact.states.alice - states.alice).max() + np.abs(exact.states.bob - states.bob).max()
        _require(moved <= 1e-9, f"the rational state next to {whose} is far from it", case)


def mixtures(case: _Case) -> None:
    """A mixture of the model's own states has a model, and what `decompose` mixes belongs to it."""
    if case.mixable is None:
        return
    target = Behaviour(np.clip(0.5 * np.sign(case.f.correlators), -1.0, 1.0))
    result = decompose(target, case.model, tolerance=1e-3, time_limit_s=case.limit, seed=case.seed)
    if result.status == "certified" and isinstance(result.lower_end, ExactModel):
        own = shown(case.mixable.parts, result.lower_end.columns)
        _require(own.all(), "a state of a certified mixture is not in the model", case)
    if result.inequality is not None:
        reached = case.support(result.inequality.functional).value.lower
        broken = "the model violates an inequality that it is said to obey"
        _require(reached <= result.inequality.bound + 1e-6, broken, case)


def checked(case: _Case) -> None:
    """What is certified for a model that problem files can name is proved by the stand-alone checker."""
    model = case.model
    named = model.resolved()
    if not any(entry.name == model.name and entry.load() is type(model) for entry in ENTRIES) or _bare(named, model):
        return
    problem: dict[str, Any] = {"schema": 1, "kind": "bound", "model": named}
    if model.settings is not None:
        problem["settings"] = {
            "alice": model.settings.alice.tolist(), "bob": model.settings.bob.tolist(), "normalise": True,
        }  # fmt: skip
    f = case.f
    problem["functional"] = {
        "correlators": f.correlators.tolist(), "alice": f.alice.tolist(), "bob": f.bob.tolist(), "constant": f.constant,
    }  # fmt: skip
    question = from_data(problem, "check_model")
    result = json.loads(json.dumps(assemble(question, question.ask().to_json(), 0.0)))
    if result["status"] == "certified":
        refused = [message for proved, message in checker.check(result) if not proved]
        _require(not refused, f"the checker refuses a certified bound: {refused[:1]}", case)


def _bare(named: dict[str, Any], model: Model) -> bool:
    """Whether the parameters without tables of numbers do not say all about the model."""
    keys = next(entry.parameters for entry in ENTRIES if entry.name == model.name)
    return bool(keys) and not set(named) & set(keys)


LAWS: tuple[Law, ...] = (homogeneity, sublinearity, attained, within_no_signalling, membership, mixtures, checked)
"""What `check_model` checks, in this order."""


def check_model(model: Model, *, seed: int = 0, time_limit_s: float = 20.0) -> None:
    """Check every law of a model on random functionals, with and without marginal terms.

    Parameters
    ----------
    model : Model
        One of the package's, or your own.
    seed : int
        Of the random functionals.
    time_limit_s : float
        For each question that is put to the model.

    Raises
    ------
    AssertionError
        With the law that does not hold, in words.
    InputError
        If that is no model.
    """
    require_model(model, "check_model")
    check_options("check_model", seed=seed, time_limit_s=time_limit_s)
    for marginals in (False, True):
        case = _Case(model, seed, time_limit_s, marginals)
        for law in LAWS:
            law(case)
