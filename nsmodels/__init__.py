"""Hidden-variable models without signalling: tight bounds, inequalities, explicit models and proofs."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from . import behaviours, convex, errors, functionals, plots, settings
    from .behaviour import Behaviour
    from .behaviour import Behaviour as Behavior
    from .enclosure import Enclosure
    from .functional import Functional, Inequality
    from .models.bell import Bell
    from .models.finite import Finite
    from .models.hull import Hull
    from .models.leggett import Leggett
    from .models.nonsignalling import NonSignalling
    from .models.nonsignalling import NonSignalling as NonSignaling
    from .models.one_sided import OneSided
    from .models.quantum import Quantum
    from .models.unbiased import Unbiased
    from .questions.bound import bound
    from .questions.decompose import decompose
    from .questions.marginals import marginals
    from .settings import Settings
    from .studies.design.question import design

__version__ = "0.1.0"

__all__ = [
    "Behavior",
    "Behaviour",
    "Bell",
    "Enclosure",
    "Finite",
    "Functional",
    "Hull",
    "Inequality",
    "Leggett",
    "NonSignaling",
    "NonSignalling",
    "OneSided",
    "Quantum",
    "Settings",
    "Unbiased",
    "__version__",
    "behaviours",
    "bound",
    "convex",
    "decompose",
    "design",
    "errors",
    "functionals",
    "marginals",
    "plots",
    "settings",
]

# Where each public name lives; it is imported when it is first used, so that `import nsmodels` needs NumPy at most.
_HOMES = {
    "Behavior": ("behaviour", "Behaviour"),
    "Behaviour": ("behaviour", "Behaviour"),
    "Bell": ("models.bell", "Bell"),
    "Enclosure": ("enclosure", "Enclosure"),
    "Finite": ("models.finite", "Finite"),
    "Functional": ("functional", "Functional"),
    "Hull": ("models.hull", "Hull"),
    "Inequality": ("functional", "Inequality"),
    "Leggett": ("models.leggett", "Leggett"),
    "NonSignaling": ("models.nonsignalling", "NonSignalling"),
    "NonSignalling": ("models.nonsignalling", "NonSignalling"),
    "OneSided": ("models.one_sided", "OneSided"),
    "Quantum": ("models.quantum", "Quantum"),
    "Settings": ("settings", "Settings"),
    "Unbiased": ("models.unbiased", "Unbiased"),
    "behaviours": ("behaviours", None),
    "bound": ("questions.bound", "bound"),
    "convex": ("convex", None),
    "decompose": ("questions.decompose", "decompose"),
    "design": ("studies.design.question", "design"),
    "errors": ("errors", None),
    "functionals": ("functionals", None),
    "marginals": ("questions.marginals", "marginals"),
    "plots": ("plots", None),
    "settings": ("settings", None),
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
