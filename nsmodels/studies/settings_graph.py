"""The doubled settings graph by name: networkx paths as a second way to the answer, and pictures."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..common.screenless import prepare
from ..core.behaviour import Behaviour
from ..engines.paths.graph import to_networkx
from ..questions.bias.graph import graph_of
from ..questions.bias.result import setting_index, setting_names
from .vanishing import fit_exponent

if TYPE_CHECKING:
    import networkx

__all__ = ["draw_scaling", "named_path", "settings_graph"]

LARGEST_PICTURE = 60
"""Settings in a picture."""


def settings_graph(behaviour: Behaviour) -> networkx.Graph:
    """The doubled graph with nodes "A0+", "A0-", … and the attribute ``weight``; meant for up to some hundred settings.

    Raises
    ------
    InputError
        If no non-signalling box has these correlations.
    """
    return to_networkx(graph_of(behaviour), setting_names(behaviour.shape))


def named_path(behaviour: Behaviour, name: str) -> tuple[tuple[str, ...], float]:
    """The shortest path from a setting's + node to its − node by networkx, and half its length (floating point).

    Raises
    ------
    InputError
        For an unknown setting, or correlations that no non-signalling box has.
    """
    import networkx

    setting = setting_names(behaviour.shape)[setting_index(behaviour, name)]
    graph = settings_graph(behaviour)
    length, nodes = networkx.single_source_dijkstra(graph, f"{setting}+", f"{setting}-", weight="weight")
    return tuple(nodes), 0.5 * float(length)


def draw_scaling(families: Mapping[str, tuple[Sequence[int], Sequence[float]]]) -> Any:
    """Draw largest marginals against the number of settings a side, with fitted exponents; returns the figure.

    The dashed line is π²/8N, the asymptote of the chain N (1 − cos(π/2N)) on a half circle.

    Parameters
    ----------
    families : mapping
        Name → (numbers of settings, largest marginals), at least two of each, all positive.

    Raises
    ------
    InputError
        If a family has too few points to fit.
    """
    prepare()
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.0, 4.0), layout="constrained")
    axes = figure.add_subplot()
    for name, (counts, values) in families.items():
        exponent, _ = fit_exponent(counts, values)
        axes.loglog(counts, values, "o-", label=f"{name}: exponent {exponent:.3f}")
    ends = [min(min(counts) for counts, _ in families.values()), max(max(counts) for counts, _ in families.values())]
    axes.loglog(ends, [math.pi**2 / (8 * n) for n in ends], "k--", label="π²/8N")
    axes.set(xlabel="settings a side", ylabel="largest mean |marginal|")
    axes.legend()
    return figure
