"""Boxes and mixtures as CVXPY variables: ask your own question.

A `Box` is a non-signalling box, possibly sub-normalised: marginals A, B and correlators C as CVXPY variables under the
one constraint p ≥ 0, with p[a,b,x,y] = ¼ (w + αA_x + βB_y + αβC_xy), which is eqs. (6)-(7) of arXiv:0801.2241. A
`Mixture` has a weight for every hidden state of a list. Both are `Part`: they have ``weight``, ``alice``, ``bob``,
``correlators`` and ``constraints``, they add up, and they compose with every CVXPY objective and solver.

The functions `bound_problem`, `visibility_problem` and `marginal_problem` are the three questions of the package in
this language, on finite hidden sets: the plain formulation that the fast engines are tested against. What a solver
answers to them is a number to compare with; a bound is what `Reproduction.inequality` has proved by the model's oracle.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cvxpy as cp
import numpy as np
from numpy.typing import ArrayLike

from ..common.arguments import check_noun, floats, one_of
from ..common.arrays import Array
from ..core.behaviour import Behaviour
from ..core.functional import Functional, Inequality
from ..core.functional_notations import misfit
from ..engines.solvers.sdp import solve
from ..errors import InputError
from ..models.base import Model
from ..models.hidden_variables import HiddenVariableModel
from .parts import Box, Mixture, Part

__all__ = [
    "Question",
    "Reproduction",
    "biased",
    "bound_problem",
    "given_marginals",
    "marginal_problem",
    "reproduces",
    "value",
    "visibility_problem",
]


def value(functional: Functional, part: Part) -> cp.Expression:
    """The functional of a part, linear: k·weight + α·A + β·B + Σ S_ij C_ij."""
    check_noun(functional, Functional, "functional", "convex")
    check_noun(part, Part, "part", "convex")
    if functional.shape != part.shape:
        shapes = f"shape {functional.shape}, the box {part.shape}{misfit(functional.shape, part.shape)}"
        raise InputError(f"convex: the functional has {shapes}")
    return (
        functional.constant * part.weight
        + functional.alice @ part.alice
        + functional.bob @ part.bob
        + cp.sum(cp.multiply(functional.correlators, part.correlators))
    )


def given_marginals(part: Part, *, alice: ArrayLike | None = None, bob: ArrayLike | None = None) -> list[cp.Constraint]:
    """Fix the mean marginals of one or both parties."""
    complaint = "convex: the marginals are not a list of numbers"
    pairs = ((part.alice, alice), (part.bob, bob))
    return [mean == floats(wanted, complaint) for mean, wanted in pairs if wanted is not None]


def biased(mixture: Mixture, party: str, index: int, at_least: Any) -> list[cp.Constraint]:
    """Demand Σ ρ_λ |m_λ| ≥ μ at one setting of a party ("alice" or "bob")."""
    return [mixture.mean_absolute(party, index) >= at_least]


@dataclass(frozen=True, eq=False)
class Reproduction:
    """The demand that a part has the correlations V·P + (1 − V)·noise at the known pairs.

    Parameters
    ----------
    behaviour, noise
        P and the noise, on whose difference the sign of the functional depends.
    constraints
        Equalities: correlators of the known pairs first, then Alice's and Bob's marginals where they are matched.
    """

    behaviour: Behaviour
    noise: Behaviour
    constraints: tuple[cp.Constraint, ...]
    matched: bool

    def functional(self) -> Functional:
        """Turn the dual variables of a solved problem into a functional f.

        For "maximise V" it is normalised to f(P) − f(noise) = 1, so that f(V·P + (1 − V)·noise) ≤ h(f) reads
        V ≤ h(f) − f(noise). CVXPY adds multiplier·(left − right) to the objective it minimises, so f is *minus* the
        multipliers; this is the only place that knows. For other objectives f is still the direction in which the
        model would have to exceed itself for the solution to improve.

        Raises
        ------
        InputError
            If the problem has not been solved.
        """
        duals = [constraint.dual_value for constraint in self.constraints]
        if any(dual is None for dual in duals):
            raise InputError("convex: there are no dual variables yet; solve the problem first")
        table = np.zeros(self.behaviour.shape)
        table[self.behaviour.known] = -np.asarray(duals[0])
        alice, bob = (-np.asarray(duals[1]), -np.asarray(duals[2])) if self.matched else (None, None)
        return Functional(table, alice, bob)

    def inequality(self, model: Model, **options: Any) -> Inequality:
        """The inequality of the dual variables, proved by the model's oracle (``options`` as in `support`)."""
        functional = self.functional()
        support = model.support(functional, **options)
        return Inequality(functional, support.value.upper, support.proof, model.name)


def reproduces(
    part: Part,
    behaviour: Behaviour,
    *,
    visibility: Any = 1.0,
    noise: Behaviour | None = None,
    marginals: str = "match",
) -> Reproduction:
    """Demand that a part reproduces V·P + (1 − V)·noise.

    Parameters
    ----------
    part
        Any `Part`; its weight is left alone (constrain it to 1 for a behaviour).
    behaviour
        P; pairs that it does not know are left free.
    visibility
        V: a number or a scalar CVXPY expression, typically a variable.
    noise
        White noise by default.
    marginals : {"match", "free"}
        Whether the marginals that P knows are reproduced too.
    """
    check_noun(part, Part, "part", "convex")
    check_noun(behaviour, Behaviour, "behaviour", "convex")
    if behaviour.shape != part.shape:
        raise InputError(f"convex: the behaviour has shape {behaviour.shape}, the box {part.shape}")
    one_of(marginals, ("match", "free"), "convex: marginals")
    if noise is None:
        noise = Behaviour(np.zeros(part.shape), np.zeros(part.shape[0]), np.zeros(part.shape[1]))
    check_noun(noise, Behaviour, "noise", "convex")
    known = behaviour.known

    def equal(mean: cp.Expression, signal: Array, background: Array) -> cp.Constraint:
        # "difference == 0" and not "left == right": where the class of the right side is derived from that of the left
        # Python calls the reflected comparison, CVXPY then has the sides exchanged, and the dual changes its sign.
        return mean - (background + visibility * (signal - background)) == 0

    matched = marginals == "match" and behaviour.alice is not None and behaviour.bob is not None
    rows, columns = np.nonzero(known)
    selected = cp.vec(part.correlators, order="C")[rows * part.shape[1] + columns]
    constraints = [equal(selected, behaviour.correlators[known], noise.correlators[known])]
    if matched:
        assert behaviour.alice is not None
        assert behaviour.bob is not None
        if noise.alice is None or noise.bob is None:
            raise InputError("convex: the noise needs marginals where those of the behaviour are matched")
        constraints.append(equal(part.alice, behaviour.alice, noise.alice))
        constraints.append(equal(part.bob, behaviour.bob, noise.bob))
    return Reproduction(behaviour, noise, tuple(constraints), matched)


# -- the three questions on finite hidden sets ------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Question:
    """A CVXPY problem with its parts; ``solve()`` gives the solver's number."""

    problem: cp.Problem
    parts: Sequence[Part]
    reproduction: Reproduction | None = None

    def solve(self, solver: str = "CLARABEL", **options: Any) -> float:
        """Solve, refuse everything but a verified optimum, and return the solver's number, which is not a bound."""
        return solve(self.problem, solver, **options).value


def _part(model: Model, form: str) -> Part:
    whole = isinstance(model, HiddenVariableModel) and model.everything
    return Box(model.shape) if whole else Mixture(model, form=form)


def bound_problem(functional: Functional, model: Model, *, form: str = "intervals") -> Question:
    """Question 1: the largest value of a functional over the mixtures of a model."""
    part = _part(model, form)
    return Question(cp.Problem(cp.Maximize(value(functional, part)), list(part.constraints)), (part,))


def visibility_problem(
    behaviour: Behaviour,
    model: Model,
    *,
    noise: Behaviour | None = None,
    marginals: str = "match",
    form: str = "intervals",
) -> Question:
    """Question 2: the largest V in [0, 1] for which V·P + (1 − V)·noise is a mixture of the model."""
    part = _part(model, form)
    visibility = cp.Variable(name="V")
    demand = reproduces(part, behaviour, visibility=visibility, noise=noise, marginals=marginals)
    limits = [visibility >= 0, visibility <= 1]
    problem = cp.Problem(cp.Maximize(visibility), [*part.constraints, *demand.constraints, *limits])
    return Question(problem, (part,), demand)


def marginal_problem(
    behaviour: Behaviour, party: str, index: int, model: Model | None = None, *, form: str = "intervals"
) -> Question:
    """Question 3: the largest mean |marginal| at one setting, over all decompositions that reproduce a behaviour.

    Without a model all non-signalling boxes are allowed: two of them are enough, one for the hidden states with a
    positive marginal at this setting and one for those with a negative one.
    """
    whole: Part
    if model is not None:
        whole = mixture = Mixture(model, form=form)
        objective = mixture.mean_absolute(party, index)
    else:
        weight = cp.Variable(name="w")
        first, second = Box(behaviour.shape, weight=weight), Box(behaviour.shape, weight=1 - weight)
        whole = first + second
        objective = getattr(first, party)[index] - getattr(second, party)[index]
    demand = reproduces(whole, behaviour)
    problem = cp.Problem(cp.Maximize(objective), [*whole.constraints, *demand.constraints])
    return Question(problem, (whole,), demand)
