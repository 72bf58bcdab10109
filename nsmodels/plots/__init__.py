"""Pictures of results: `plot(result)` for any answer, and one function for each kind of picture.

Every function returns a matplotlib figure (``figure.savefig("name.pdf")``; SVG and PNG likewise) that shows itself in a
notebook, and most take ``axes=`` to draw into a figure of yours. ``turn_settings`` and ``turn_hidden_states`` return
plotly figures that the mouse turns; plotly is the optional extra ``interactive``.
"""

from __future__ import annotations

from typing import Any

from ..common import screenless  # noqa: F401 (before anything that imports matplotlib)
from ..core.boxes import BoxMixture
from ..core.settings import Settings
from ..errors import InputError
from ..files.sweeps.result import SweepResult
from ..general.results import ScenarioAnswer
from ..questions.bias.result import MarginalsResult
from ..questions.bound import BoundResult
from ..questions.visibility.result import DecomposeResult, Decomposition
from ..studies.analysis.result import AnalysisResult
from ..studies.design.result import DesignResult
from ..studies.local_weight import LocalContent
from .analysis import analysis_on_page, analysis_result, excess_against_purity
from .bounds import bound_against_phi, bound_result
from .curves import (
    Trace,
    critical_visibility,
    dying_out,
    enclosure_in_time,
    largest_marginal,
    visibility_against_purity,
    visibility_for_all_settings,
)
from .decompositions import decompose_result, hidden_states, local_part
from .graphs import marginal_bars, marginals_result, settings_graph_with_chain
from .matrices import functional_matrix, inequality_matrix
from .scenarios import scenario_answer
from .sliders import l3_at, l3_with_sliders
from .spheres import settings_on_sphere, turn_hidden_states, turn_settings
from .sweeps import sweep_result

__all__ = [
    "Trace",
    "bound_against_phi",
    "critical_visibility",
    "dying_out",
    "enclosure_in_time",
    "excess_against_purity",
    "functional_matrix",
    "hidden_states",
    "inequality_matrix",
    "l3_at",
    "l3_with_sliders",
    "largest_marginal",
    "marginal_bars",
    "plot",
    "settings_graph_with_chain",
    "settings_on_sphere",
    "sweep_result",
    "turn_hidden_states",
    "turn_settings",
    "visibility_against_purity",
    "visibility_for_all_settings",
]


def plot(result: Any) -> Any:
    """Picture an answer; what ``result.plot()`` calls.

    Parameters
    ----------
    result : AnalysisResult, BoundResult, DecomposeResult, DesignResult, MarginalsResult, LocalContent, SweepResult, ...
        Also a Decomposition, a BoxMixture, or Settings.

    Returns
    -------
    matplotlib figure

    Raises
    ------
    InputError
        For anything else.
    """
    if isinstance(result, AnalysisResult):
        return analysis_result(result)
    if isinstance(result, BoundResult):
        return bound_result(result)
    if isinstance(result, DesignResult):
        return decompose_result(result.answer)
    if isinstance(result, DecomposeResult):
        return decompose_result(result)
    if isinstance(result, MarginalsResult):
        return marginals_result(result)
    if isinstance(result, LocalContent):
        return local_part(result)
    if isinstance(result, Decomposition | BoxMixture):
        return hidden_states(result)
    if isinstance(result, SweepResult):
        return sweep_result(result)
    if isinstance(result, ScenarioAnswer):
        return scenario_answer(result)
    if isinstance(result, Settings):
        return settings_on_sphere(result)
    raise InputError(f"plots: there is no picture of a {type(result).__name__}; give a result, or settings")


def on_page(result: Any) -> Any:
    """The picture of a result on the page of ``nsmodels report``: of an analysis it shows the purities too."""
    return analysis_on_page(result) if isinstance(result, AnalysisResult) else plot(result)
