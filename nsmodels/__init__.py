"""Hidden-variable models without signalling: tight bounds, inequalities, explicit models and proofs."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from . import _moved

if TYPE_CHECKING:
    from . import behaviours, convex, errors, functionals, general, interchange, plots, settings
    from .core.behaviour import Behaviour, StandardErrors
    from .core.behaviour import Behaviour as Behavior
    from .core.boxes import BoxMixture
    from .core.enclosure import Enclosure
    from .core.functional import Functional, Inequality
    from .core.hidden_states import HiddenStates
    from .core.proof import Proof
    from .core.settings import Settings
    from .files.loading import load
    from .files.problem import load as load_problem
    from .files.sweeps.run import sweep
    from .models.base import Model, Support
    from .models.bell import Bell
    from .models.finite import Finite
    from .models.hidden_variables import HiddenVariableModel
    from .models.hull import Hull
    from .models.law import Law
    from .models.leggett import Leggett
    from .models.nonsignalling import NonSignalling
    from .models.nonsignalling import NonSignalling as NonSignaling
    from .models.one_sided import OneSided
    from .models.quantum import Quantum
    from .models.two_qubits import TwoQubits
    from .models.unbiased import Unbiased
    from .questions.answer import NoAnswer
    from .questions.bias.marginals import marginals
    from .questions.bias.result import MarginalsResult
    from .questions.bound import BoundResult, bound
    from .questions.visibility.decompose import decompose
    from .questions.visibility.result import DecomposeResult
    from .studies.analysis.data import Data
    from .studies.analysis.question import analyse
    from .studies.design.question import design

_moved.install()

__version__ = "0.2.0"

__all__ = [
    "Behavior",
    "Behaviour",
    "Bell",
    "BoundResult",
    "BoxMixture",
    "Data",
    "DecomposeResult",
    "Enclosure",
    "Finite",
    "Functional",
    "HiddenStates",
    "HiddenVariableModel",
    "Hull",
    "Inequality",
    "Law",
    "Leggett",
    "MarginalsResult",
    "Model",
    "NoAnswer",
    "NonSignaling",
    "NonSignalling",
    "OneSided",
    "Proof",
    "Quantum",
    "Settings",
    "StandardErrors",
    "Support",
    "TwoQubits",
    "Unbiased",
    "__version__",
    "analyse",
    "behaviours",
    "bound",
    "convex",
    "decompose",
    "design",
    "errors",
    "functionals",
    "general",
    "interchange",
    "load",
    "load_problem",
    "marginals",
    "plots",
    "settings",
    "studies",
    "sweep",
    "testing",
]

# Where each public name lives; it is imported when it is first used, so that `import nsmodels` needs NumPy at most.
_HOMES = {
    "Behavior": ("core.behaviour", "Behaviour"),
    "Behaviour": ("core.behaviour", "Behaviour"),
    "Bell": ("models.bell", "Bell"),
    "BoundResult": ("questions.bound", "BoundResult"),
    "BoxMixture": ("core.boxes", "BoxMixture"),
    "Data": ("studies.analysis.data", "Data"),
    "DecomposeResult": ("questions.visibility.result", "DecomposeResult"),
    "Enclosure": ("core.enclosure", "Enclosure"),
    "Finite": ("models.finite", "Finite"),
    "Functional": ("core.functional", "Functional"),
    "HiddenStates": ("core.hidden_states", "HiddenStates"),
    "HiddenVariableModel": ("models.hidden_variables", "HiddenVariableModel"),
    "Hull": ("models.hull", "Hull"),
    "Inequality": ("core.functional", "Inequality"),
    "Law": ("models.law", "Law"),
    "Leggett": ("models.leggett", "Leggett"),
    "MarginalsResult": ("questions.bias.result", "MarginalsResult"),
    "Model": ("models.base", "Model"),
    "NoAnswer": ("questions.answer", "NoAnswer"),
    "NonSignaling": ("models.nonsignalling", "NonSignalling"),
    "NonSignalling": ("models.nonsignalling", "NonSignalling"),
    "OneSided": ("models.one_sided", "OneSided"),
    "Proof": ("core.proof", "Proof"),
    "Quantum": ("models.quantum", "Quantum"),
    "Settings": ("core.settings", "Settings"),
    "StandardErrors": ("core.behaviour", "StandardErrors"),
    "Support": ("models.base", "Support"),
    "TwoQubits": ("models.two_qubits", "TwoQubits"),
    "Unbiased": ("models.unbiased", "Unbiased"),
    "analyse": ("studies.analysis.question", "analyse"),
    "behaviours": ("behaviours", None),
    "bound": ("questions.bound", "bound"),
    "convex": ("convex", None),
    "decompose": ("questions.visibility.decompose", "decompose"),
    "design": ("studies.design.question", "design"),
    "errors": ("errors", None),
    "functionals": ("functionals", None),
    "general": ("general", None),
    "interchange": ("interchange", None),
    "load": ("files.loading", "load"),
    "load_problem": ("files.problem", "load"),
    "marginals": ("questions.bias.marginals", "marginals"),
    "plots": ("plots", None),
    "settings": ("settings", None),
    "studies": ("studies", None),
    "sweep": ("files.sweeps.run", "sweep"),
    "testing": ("testing", None),
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    home, attribute = _HOMES[name]
    module = import_module(f".{home}", __name__)
    value = module if attribute is None else getattr(module, attribute)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
