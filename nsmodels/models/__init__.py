"""The models, one small file each; `base` is the page to read first. Names load when they are first used."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..core.hidden_states import HiddenState, HiddenStates
    from ..core.proof import Proof
    from .base import Model, Support
    from .bell import Bell
    from .finite import Finite
    from .hull import Hull
    from .law import Law
    from .leggett import Leggett
    from .nonsignalling import NonSignalling
    from .one_sided import OneSided
    from .quantum import Quantum
    from .unbiased import Unbiased

__all__ = [
    "Bell",
    "Finite",
    "HiddenState",
    "HiddenStates",
    "Hull",
    "Law",
    "Leggett",
    "Model",
    "NonSignalling",
    "OneSided",
    "Proof",
    "Quantum",
    "Support",
    "Unbiased",
]

_BASE = ("HiddenState", "HiddenStates", "Model", "Proof", "Support")
_HOMES = {**dict.fromkeys(_BASE, "base"), "OneSided": "one_sided"}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = import_module(f".{_HOMES.get(name, name.lower())}", __name__)
    return getattr(module, name)


def __dir__() -> list[str]:
    return sorted(__all__)
