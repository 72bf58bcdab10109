"""Studies built on the three questions: finite sets of hidden states, how marginals vanish, local content, and more.

Everything below is reachable as ``ns.studies.NAME``; modules with several functions are reachable whole.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..core.boxes import largest_signalling
    from ..questions.visibility.tidy import tidy
    from . import measurements, one_box, polytopes, protocols, sums_of_squares, vanishing
    from .analysis.result import AnalysisResult
    from .design.result import DesignResult
    from .every_setting import all_settings
    from .finite_sets import counterexample, dying_out, finite_set
    from .joint_bias import joint_marginals
    from .local_weight import LocalContent, local_content
    from .robustness import robustness
    from .sums_of_squares import relax

__all__ = [
    "AnalysisResult",
    "DesignResult",
    "LocalContent",
    "all_settings",
    "counterexample",
    "dying_out",
    "finite_set",
    "joint_marginals",
    "largest_signalling",
    "local_content",
    "measurements",
    "one_box",
    "polytopes",
    "protocols",
    "relax",
    "robustness",
    "sums_of_squares",
    "tidy",
    "vanishing",
]

_HOMES = {
    "AnalysisResult": ".analysis.result",
    "DesignResult": ".design.result",
    "LocalContent": ".local_weight",
    "all_settings": ".every_setting",
    "counterexample": ".finite_sets",
    "dying_out": ".finite_sets",
    "finite_set": ".finite_sets",
    "joint_marginals": ".joint_bias",
    "largest_signalling": "..core.boxes",
    "local_content": ".local_weight",
    "relax": ".sums_of_squares",
    "robustness": ".robustness",
    "tidy": "..questions.visibility.tidy",
}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if name not in _HOMES:
        return import_module(f".{name}", __name__)
    value = getattr(import_module(_HOMES[name], __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
