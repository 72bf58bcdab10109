"""The settings graph with the shortest chain drawn in, and the largest marginal of every setting."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from ..common.arrays import Array
from ..common.digits import at_most
from ..errors import InputError
from ..questions.bias.result import MarginalsResult, setting_index, setting_names
from ..studies.settings_graph import settings_graph
from .globe import DEFAULT_VIEW, Label, write_labels
from .style import ALICE, BOB, FAINT, GREY, INK, SMALL, blank, drawing_board, finish, party_legend

__all__ = ["marginal_bars", "marginals_result", "settings_graph_with_chain"]


MOST_SETTINGS = 60
"""Settings of both parties together in a picture of the graph."""
MOST_BESIDE = 12
"""Settings up to which the graph is drawn beside the bars: in a panel of that size more of them hide each other."""
MOST_NAMES = 28
MOST_BARS = 400
NEIGHBOURS = 4
"""Edges drawn at each node: the shortest ones."""


def _places(result: MarginalsResult) -> dict[str, Array]:
    """Where the nodes stand: near nodes are joined by edges of small weight.

    B+ at b and B− at −b; A+ at −a and A− at a, because for the singlet the edge A+ B+ weighs 1 − C = 1 + a·b, which
    is small when a is near −b; the other way round where correlators are positive for equal directions. A chain is then
    a walk from b to −b. Directions in a plane are drawn in that plane, others as they are seen from the default view;
    without settings the nodes stand on a circle, − copies opposite.
    """
    behaviour = result.behaviour
    names = setting_names(behaviour.shape)
    if behaviour.settings is None:
        turns = np.pi * (np.arange(len(names)) + 0.5) / len(names)
        directions = np.column_stack([np.cos(turns), np.sin(turns)])
    else:
        alice, bob = behaviour.settings.alice, behaviour.settings.bob
        alike = float((behaviour.correlators * (alice @ bob.T))[behaviour.known].sum()) > 0.0
        vectors = np.vstack([alice if alike else -alice, bob])
        directions = vectors @ _plane(vectors).T
    places = {}
    for name, place in zip(names, directions, strict=True):
        places[f"{name}+"], places[f"{name}-"] = place, -place
    first, second = (np.array([place for node, place in places.items() if node[0] == party]) for party in "AB")
    if np.linalg.norm(first[:, None] - second[None, :], axis=2).min() < 0.06:  # nodes of both parties at one place
        places = {node: (0.88 if node[0] == "A" else 1.0) * place for node, place in places.items()}
    return places


def _plane(vectors: Array) -> Array:
    """Two unit vectors to look along: the coordinate plane that holds everything, or the default view."""
    for missing, (first, second) in ((1, (0, 2)), (2, (0, 1)), (0, (1, 2))):
        if np.abs(vectors[:, missing]).max() < 1e-9:
            return np.eye(3)[[first, second]]
    elevation, azimuth = np.radians(DEFAULT_VIEW)
    right = np.array([-np.sin(azimuth), np.cos(azimuth), 0.0])
    towards = np.array([np.cos(elevation) * np.cos(azimuth), np.cos(elevation) * np.sin(azimuth), np.sin(elevation)])
    return np.array([right, np.cross(towards, right)])


def settings_graph_with_chain(result: MarginalsResult, setting: str | None = None, *, axes: Axes | None = None) -> Any:
    """Picture the doubled graph of the settings with the shortest chain from a setting's + node to its − node.

    Half the length of the chain is the largest mean |marginal| at the setting (arXiv:0801.2241, eq. (10), is a chain of
    two steps). The four lightest edges at every node are drawn as thin lines.

    Parameters
    ----------
    result : MarginalsResult
    setting : str, optional
        Such as "B0" (the default).
    axes : matplotlib axes, optional

    Raises
    ------
    InputError
        For an unknown setting, or more than 60 settings.
    """
    import networkx

    names = setting_names(result.behaviour.shape)
    if len(names) > MOST_SETTINGS:
        raise InputError(f"plots: {len(names)} settings are too many for a picture of the graph ({MOST_SETTINGS})")
    name = names[setting_index(result.behaviour, setting or "B0")]
    chain = result.path(name)
    graph, places = settings_graph(result.behaviour), _places(result)
    figure, axes = blank(axes, 5.2, 5.2)
    light = networkx.Graph()
    light.add_nodes_from(places)
    for node in graph:
        near = sorted((data["weight"], other) for other, data in graph[node].items())
        light.add_edges_from((node, other) for _, other in near[:NEIGHBOURS])
    networkx.draw_networkx_edges(light, places, ax=axes, edge_color=FAINT, width=0.7)
    for look, first in ((ALICE, "A"), (BOB, "B")):
        nodes = [node for node in places if node[0] == first]
        drawn = networkx.draw_networkx_nodes(
            light, places, nodelist=nodes, ax=axes, node_shape=look.marker, node_color=look.face,
            edgecolors=look.colour, node_size=38 if len(names) > MOST_NAMES else 60,
        )  # fmt: skip
        drawn.set_zorder(3)
    steps = list(pairwise(chain.nodes))
    arrows = networkx.draw_networkx_edges(
        networkx.DiGraph(steps), places, ax=axes, edgelist=steps, edge_color=INK, width=2.0, arrows=True, arrowsize=11,
        node_size=60,
    )  # fmt: skip
    for arrow in arrows:
        arrow.set_zorder(4)
    around = np.abs(np.linalg.norm(np.array(list(places.values())), axis=1) - 1.0).max() < 0.2
    _name_nodes(axes, places, tuple(places) if around and len(names) <= MOST_NAMES else chain.nodes)
    if len(steps) <= 8:
        _weigh(axes, places, steps, chain.weights)
    axes.set(xlim=(-1.32, 1.32), ylim=(-1.32, 1.32), aspect="equal")
    total, bound = at_most(float(chain.total), 6), at_most(chain.bound, 6)
    title = f"mean |{name}| ≤ ½ · {total} = {bound},  {len(steps)} steps"
    axes.set_title(title, fontsize=SMALL + 1.5, color=INK)
    axes.set_axis_off()
    party_legend(axes, "center")
    return figure


def _name_nodes(axes: Axes, places: dict[str, Array], wanted: tuple[str, ...]) -> None:
    marks = [(float(x), float(y), 0.03) for x, y in places.values()]
    labels = [
        Label(
            node.replace("-", "−"),
            float(places[node][0]),
            float(places[node][1]),
            (ALICE if node[0] == "A" else BOB).colour,
        )
        for node in dict.fromkeys(wanted)
    ]
    write_labels(axes, labels, marks, SMALL)


def _weigh(axes: Axes, places: dict[str, Array], steps: list[tuple[str, str]], weights: tuple[float, ...]) -> None:
    box = {"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 0.3}
    for (first, second), weight in zip(steps, weights, strict=True):
        x, y = 0.84 * 0.5 * (places[first] + places[second])
        text = f"{weight if weight > 1e-12 else 0.0:.3g}"
        axes.text(x, y, text, fontsize=SMALL - 0.5, ha="center", va="center", color=GREY, zorder=5, bbox=box)


def marginal_bars(result: MarginalsResult, *, axes: Axes | None = None) -> Any:
    """Picture the largest mean |marginal| of every setting; the thin bar is the enclosure.

    Parameters
    ----------
    result : MarginalsResult
    axes : matplotlib axes, optional
    """
    names = setting_names(result.behaviour.shape)
    figure, axes = blank(axes, max(4.0, min(9.0, 1.5 + 0.25 * len(names))), 3.2)
    start = 0
    for look, ends in ((ALICE, result.alice), (BOB, result.bob)):
        ends = ends[:MOST_BARS]
        places = np.arange(start, start + len(ends))
        middle = np.array([end.midpoint for end in ends])
        half = np.array([0.5 * end.width for end in ends])
        if len(names) > MOST_NAMES:
            axes.errorbar(places, middle, half, fmt=look.marker, color=look.colour, markerfacecolor=look.face,
                          markersize=3.5, label=look.name)  # fmt: skip
        else:
            axes.bar(places, middle, yerr=half, color=look.face, edgecolor=look.colour, label=look.name, width=0.8,
                     hatch=None if look.filled else "////", error_kw={"ecolor": INK, "capsize": 2.0})  # fmt: skip
        start += len(ends)
    if len(names) <= MOST_NAMES:
        axes.set_xticks(range(len(names)), names, rotation=90 if len(names) > 10 else 0)
    top = max(end.upper for end in result.enclosures)
    axes.set_ylim(0.0, 1.18 * top if top > 1e-6 else 0.1)
    handles, _ = axes.get_legend_handles_labels()
    axes.legend(handles=handles, loc="upper right", fontsize=SMALL, frameon=False, ncols=2)
    finish(axes, xlabel="setting", ylabel="largest mean |marginal|")
    return figure


def marginals_result(result: MarginalsResult, setting: str | None = None, *, graph: bool = True) -> Any:
    """Picture the answer to `nsmodels.marginals`: all settings, and the chain of one where there are at most 12.

    Parameters
    ----------
    result : MarginalsResult
    setting : str, optional
        Whose chain; by default that of largest marginal.
    graph : bool
        False leaves the graph out.
    """
    names = setting_names(result.behaviour.shape)
    worst = max(range(len(names)), key=lambda k: result.enclosures[k].upper)
    if len(names) > MOST_BESIDE or not graph or not len(result.chains[worst]):
        return marginal_bars(result)
    figure = drawing_board(9.4, 4.4)
    left, right = figure.subplots(1, 2, width_ratios=(1.1, 1.0))
    marginal_bars(result, axes=left)
    settings_graph_with_chain(result, setting or names[worst], axes=right)
    return figure
