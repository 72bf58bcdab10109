"""How much a question may cost, in one value."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from .hidden_states import HiddenStates

__all__ = ["NO_HINT", "Effort", "Hint", "Progress"]

Progress = Callable[[float, float, int, float], None]
"""``progress(lower, upper, work, seconds)``, called at most about ten times a second."""


@dataclass(frozen=True)
class Effort:
    """What the answer shall be like, and what it may cost.

    Parameters
    ----------
    tolerance : float
        Wanted width of the enclosure, > 0.
    time_limit_s : float
        Return the best proved enclosure after this many seconds.
    seed : int
        Seed of every random choice.
    progress : callable, optional
        Called with (lower, upper, work, seconds).
    """

    tolerance: float = 1e-6
    time_limit_s: float = 60.0
    seed: int = 0
    progress: Progress | None = None

    def below(self, top: float) -> Progress | None:
        """The progress of top − G for an engine that tells that of the minimum of G; None where nobody looks on."""
        tell = self.progress
        if tell is None:
            return None
        return lambda lower, upper, work, seconds: tell(top - upper, top - lower, work, seconds)


@dataclass(frozen=True, eq=False)
class Hint:
    """What is known before an oracle is asked; it changes the work and never the answer's truth.

    Parameters
    ----------
    starts : HiddenStates, optional
        States to begin local searches from, besides others.
    refuted_above : float
        The search may end, with the reason "refuted", as soon as a state is worth more than this.
    """

    starts: HiddenStates | None = None
    refuted_above: float = math.inf


NO_HINT = Hint()
