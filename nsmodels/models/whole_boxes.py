"""What `decompose` asks of a model whose states are whole boxes, correlators and all, and not marginals alone.

Such a model is a convex set: a behaviour belongs to it if it is a mixture of the model's boxes. Local boxes have to be
among them, because what rounding leaves over, a table whose entries add up to at most 1 in size, is a local one.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from fractions import Fraction
from typing import Any, Protocol

import numpy as np

from ..core.behaviour import Behaviour
from ..core.functional import Functional

__all__ = ["BoxState", "Means", "WholeBoxes"]

Means = tuple[list[Fraction], list[Fraction], list[list[Fraction]]]
"""Marginals A, B and correlators C, exactly."""


class BoxState(Protocol):
    """A state whose mean values are exact."""

    def exact_behaviour(self) -> Means:
        """Marginals A, B and correlators C as exact rationals."""

    def certificate(self) -> dict[str, Any]:
        """The state in exact rationals."""


class WholeBoxes(ABC):
    """A model's answers about mixtures of its boxes; all of them are proposals."""

    @abstractmethod
    def contains_by_name(self, behaviour: Behaviour) -> bool:
        """Whether the behaviour belongs to the model because of what it is called."""

    @abstractmethod
    def start(self, rng: np.random.Generator) -> Sequence[BoxState]:
        """Boxes to begin with, local ones among them."""

    @abstractmethod
    def tightest(
        self, behaviour: Behaviour, noise: Behaviour, matched: bool, time_limit_s: float
    ) -> tuple[Functional, Sequence[BoxState]] | None:
        """The functional f with f(P) > f(N) that forbids most, and boxes near the end of what it allows.

        Parameters
        ----------
        behaviour, noise : Behaviour
            P and N, of which the pairs count that P knows.
        matched : bool
            Whether marginals count.
        time_limit_s : float

        Raises
        ------
        SolverError
            If no solver gave a verified answer.
        """

    @abstractmethod
    def better(
        self, functional: Functional, near: Sequence[BoxState], rng: np.random.Generator, time_limit_s: float
    ) -> Sequence[BoxState]:
        """Boxes at which the functional is large, looked for near the given ones and elsewhere."""
