"""More outcomes and more parties, where an exact linear program is enough: `bound`, `decompose` and `marginals`.

A behaviour is a table p[a, b, …, x, y, …], outcomes first, and a functional a table s of coefficients of the same shape
with the value Σ s p. Hidden states are deterministic strategies ("local"), boxes without signalling ("nonsignalling"),
or boxes whose marginals are given, a list of them (`Finite`). Programs are solved exactly, so that both ends of an
answer are the same rational number, and ``verify()`` has the checker prove it again. The quantum side, and laws for
marginals such as Leggett's, are for two parties with outcomes ±1 (`nsmodels.Quantum`, `nsmodels.Leggett`): they are not
here.
"""

from __future__ import annotations

from ..core.general_scenario import Scenario
from ..core.general_tables import cglmp, ghz, maximally_entangled, mermin, svetlichny
from .best_guess import guessing
from .models import Finite
from .programs import Answer
from .questions import bound, decompose, marginals, visibility
from .results import BoundAnswer, DecomposeAnswer, MarginalsAnswer

__all__ = [
    "Answer",
    "BoundAnswer",
    "DecomposeAnswer",
    "Finite",
    "MarginalsAnswer",
    "Scenario",
    "bound",
    "cglmp",
    "decompose",
    "ghz",
    "guessing",
    "marginals",
    "maximally_entangled",
    "mermin",
    "svetlichny",
    "visibility",
]
