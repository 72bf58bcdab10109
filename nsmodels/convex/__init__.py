"""Boxes and mixtures as CVXPY variables: ask your own question."""

from __future__ import annotations

from ..engines.solvers.sdp import Solution, solve
from .parts import Box, Mixture, Part, hidden_states
from .questions import (
    Question,
    Reproduction,
    biased,
    bound_problem,
    given_marginals,
    marginal_problem,
    reproduces,
    value,
    visibility_problem,
)

__all__ = [
    "Box",
    "Mixture",
    "Part",
    "Question",
    "Reproduction",
    "Solution",
    "biased",
    "bound_problem",
    "given_marginals",
    "hidden_states",
    "marginal_problem",
    "reproduces",
    "solve",
    "value",
    "visibility_problem",
]
