"""The doubled settings graph by name: networkx paths as a second way to the answer, and pictures."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..common.digits import at_most
from ..core.behaviour import Behaviour
from ..engines.paths.graph import to_networkx
from ..errors import InputError
from ..questions.bias.marginals import graph_of
from ..questions.bias.result import MarginalsResult, setting_index, setting_names
from .vanishing import fit_exponent

if TYPE_CHECKING:
    import networkx

__all__ = ["draw_chain", "draw_scaling", "named_path", "settings_graph"]

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


def draw_chain(result: MarginalsResult, name: str) -> Any:
    """Draw the chain of settings that proves the upper end at one setting; returns the matplotlib figure.

    Nodes stand on a circle, the + copies outside and the − copies inside; the chain's edges carry their weights.

    Raises
    ------
    InputError
        For an unknown setting, or more than 60 settings.
    """
    import networkx

    from ..common.screenless import prepare

    prepare()
    from matplotlib.figure import Figure

    names = setting_names(result.behaviour.shape)
    if len(names) > LARGEST_PICTURE:
        raise InputError(f"marginals: {len(names)} settings are too many for a picture; at most {LARGEST_PICTURE}")
    chain = result.path(name)
    places = {}
    for k, setting in enumerate(names):
        angle = 2.0 * math.pi * k / len(names)
        for sign, radius in (("+", 1.0), ("-", 0.7)):
            places[setting + sign] = (radius * math.cos(angle), radius * math.sin(angle))
    picture = networkx.Graph()
    picture.add_nodes_from(places)
    steps = list(zip(chain.nodes, chain.nodes[1:], chain.weights, strict=False))
    picture.add_weighted_edges_from(steps)
    figure = Figure(figsize=(6.0, 6.0), layout="constrained")
    axes = figure.add_subplot()
    colours = ["tab:orange" if node in chain.nodes else "lightgrey" for node in picture]
    networkx.draw_networkx(picture, places, ax=axes, node_color=colours, font_size=7, node_size=350)
    labels = {(u, v): f"{weight:.3g}" for u, v, weight in steps}
    networkx.draw_networkx_edge_labels(picture, places, labels, ax=axes, font_size=7)
    axes.set_title(f"mean |marginal| of {name} ≤ {at_most(chain.bound, 6)}")
    axes.set_axis_off()
    return figure


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
    from ..common.screenless import prepare

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
