"""Settings and hidden states on the Poincaré sphere, still (matplotlib) and to be turned (plotly)."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Patch

from ..common.arrays import Array
from ..core.settings import Settings
from ..errors import InputError, MissingExtraError
from ..questions.visibility.result import DecomposeResult, Decomposition
from .globe import DEFAULT_VIEW, Globe
from .style import ALICE, BOB, GREY, SMALL, Look, blank, drawing_board, party_legend

__all__ = ["draw_settings", "hidden_spheres", "settings_on_sphere", "turn_hidden_states", "turn_settings"]


MOST_LABELS = 14
"""Settings of a party beyond which its labels are left out."""
MOST_STATES, MOST_WEIGHT = 400, 0.99
"""Hidden states drawn: the heaviest, until this many or this share of the weight."""
HOVER = "%{text}: (%{x:.4f}, %{y:.4f}, %{z:.4f})<extra></extra>"
"""Text under the mouse: plain numbers, where plotly would write 0.0002 as 200µ."""
HATCHES = (None, "////", "....", "xxxx")
"""Hatches of the parts of a hull."""
MOST_RAYS = 24
"""Settings of a party beyond which they are drawn as points without rays."""


def _pairs(settings: Settings) -> list[tuple[int, int]]:
    """The pairs b_i, b_i' of the families that come in pairs."""
    if settings.family in ("leggett_triads", "leggett_directions"):
        return [(2 * i, 2 * i + 1) for i in range(settings.shape[0])]
    return []


def draw_settings(globe: Globe, settings: Settings) -> None:
    """Both parties' directions on a globe, with labels as long as they can be read."""
    for first, second in _pairs(settings):
        globe.arc(settings.bob[first], settings.bob[second], colour=BOB.colour)
    sides: tuple[tuple[Look, Array, tuple[str, ...]], ...] = (
        (ALICE, settings.alice, settings.alice_labels),
        (BOB, settings.bob, settings.bob_labels),
    )
    for look, directions, labels in sides:
        if len(directions) > MOST_RAYS:  # Bob's marks are small and full, so that Alice's show around them
            small = Look(look.name, look.colour, look.marker, True)
            globe.points(
                directions, small, size=max(2.5, 6.0 - 0.02 * len(directions)) * (0.45 if look is BOB else 1.0)
            )
        else:
            globe.arrows(directions, look, size=5.4 if look is BOB else 6.2)
        if len(directions) <= MOST_LABELS:
            globe.name(directions, labels, look.colour)
    globe.place_labels()


def settings_on_sphere(
    settings: Settings,
    *,
    view: tuple[float, float] = DEFAULT_VIEW,
    title: str | None = None,
    axes: Axes | None = None,
) -> Any:
    """Picture the directions of both parties on the Poincaré sphere, as figure 1 of arXiv:0801.2241 does.

    Parameters
    ----------
    settings : Settings
        Up to 14 a side are labelled; arcs join the pairs b_i, b_i' of the families that have them.
    view : (float, float)
        Elevation and azimuth of the eye, in degrees.
    title : str, optional
    axes : matplotlib axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib figure
    """
    figure, axes = blank(axes, 4.2, 4.2)
    draw_settings(Globe(axes, view, title=title), settings)
    party_legend(axes, "lower left")
    return figure


def _vectors(result: DecomposeResult | Decomposition) -> Decomposition:
    decomposition = result.decomposition if isinstance(result, DecomposeResult) else result
    if decomposition is None:
        raise InputError("plots: the result has no explicit model to draw")
    if np.isnan(decomposition.u).any():
        raise InputError("plots: the hidden states of this model are not vectors; use plots.hidden_states")
    return decomposition


def hidden_spheres(
    result: DecomposeResult | Decomposition,
    *,
    view: tuple[float, float] = DEFAULT_VIEW,
    label_largest: int = 8,
    axes: Any = None,
) -> Any:
    """Picture hidden unit vectors u and v on two spheres; the area of a disc is the weight of its hidden state.

    The states of largest weight carry the same number on both spheres; of very many states the lightest, one percent
    of the weight together, are left out. Small crosses are the settings.

    Parameters
    ----------
    result : DecomposeResult or Decomposition
        Of Leggett's model.
    view : (float, float)
        Elevation and azimuth of the eye, in degrees.
    label_largest : int
        How many states are numbered.

    Raises
    ------
    InputError
        If there is no model, or one without hidden vectors.
    """
    states = _vectors(result)
    settings = getattr(result.model, "settings", None) if isinstance(result, DecomposeResult) else None
    if axes is None:
        axes = drawing_board(7.6, 4.0).subplots(1, 2)
    order = np.argsort(-states.weights, kind="stable")
    heavy = order[: 1 + min(MOST_STATES - 1, int(np.searchsorted(np.cumsum(states.weights[order]), MOST_WEIGHT)))]
    part = "" if len(heavy) == len(states) else f" ({len(heavy)} of {len(states)} states)"
    weights = states.weights[heavy]
    areas = np.maximum(320.0 * weights / float(weights.max()), 6.0)
    for ax, vectors, title, look in (
        (axes[0], states.u, "u, for Alice", ALICE),
        (axes[1], states.v, "v, for Bob", BOB),
    ):
        globe = Globe(ax, view, title=title + part, crowding=1.3)
        if settings is not None:
            _crosses(globe, settings.alice if look is ALICE else settings.bob)
        for index, hatch in zip(range(len(states.models)), HATCHES * len(states.models), strict=False):
            own = states.part[heavy] == index
            globe.discs(vectors[heavy][own], areas[own], look.colour, hatch)
        _number(globe, vectors[heavy], areas, label_largest, look.colour)
        if len(states.models) > 1:
            _name_models(ax, states.models, look)
    return axes[0].figure


def _name_models(axes: Axes, models: tuple[str, ...], look: Look) -> None:
    """A legend that tells the parts of a hull apart."""
    handles = [
        Patch(facecolor=look.colour, edgecolor="white", hatch=hatch, label=name)
        for name, hatch in zip(models, HATCHES * len(models), strict=False)
    ]
    axes.legend(handles=handles, loc="lower left", fontsize=SMALL, frameon=False)


def _crosses(globe: Globe, directions: Array) -> None:
    p = globe.project(directions)
    front = p[:, 2] >= -1e-9
    for chosen, alpha in ((front, 0.9), (~front, 0.35)):
        globe.axes.plot(p[chosen, 0], p[chosen, 1], "+", color=GREY, markersize=6.0, alpha=alpha, zorder=1.5)


def _number(globe: Globe, vectors: Array, areas: Array, count: int, colour: str) -> None:
    """Write the numbers of the first states beside their discs, several at one place together."""
    radius = 0.0075 * np.sqrt(areas)  # points to units of a sphere about three inches wide
    places: list[tuple[int, list[str]]] = []
    for state in range(min(count, len(vectors))):
        for first, numbers in places:
            if np.abs(vectors[first] - vectors[state]).max() < 0.05:
                numbers.append(str(state + 1))
                break
        else:
            places.append((state, [str(state + 1)]))
    for state, numbers in places:
        ((x, y, _),) = globe.project(vectors[state]).tolist()
        globe.marks.append((x, y, 0.8 * radius[state]))
        globe.name(vectors[state], [",".join(numbers)], colour, radius[state] - 0.05)
    globe.place_labels(SMALL)


# -- to be turned ---------------------------------------------------------------------------------------------------


def _plotly() -> Any:
    try:
        import plotly.graph_objects as objects
    except ImportError:
        raise MissingExtraError(
            'plots: turning a sphere needs plotly; add it with: pip install "nsmodels[interactive]"'
        ) from None
    return objects


def _scene(objects: Any, traces: list[Any], title: str) -> Any:
    turn = np.linspace(0.0, 2.0 * np.pi, 91)
    circles = []
    for first, second in ((0, 1), (1, 2), (2, 0)):
        xyz = np.zeros((3, len(turn)))
        xyz[first], xyz[second] = np.cos(turn), np.sin(turn)
        circles.append(
            objects.Scatter3d(x=xyz[0], y=xyz[1], z=xyz[2], mode="lines", line={"color": "lightgrey", "width": 2},
                              hoverinfo="skip", showlegend=False)
        )  # fmt: skip
    azimuth, elevation = np.linspace(0.0, 2.0 * np.pi, 31), np.linspace(-np.pi / 2, np.pi / 2, 17)
    ball = objects.Surface(
        x=0.99 * np.outer(np.cos(elevation), np.cos(azimuth)), y=0.99 * np.outer(np.cos(elevation), np.sin(azimuth)),
        z=0.99 * np.outer(np.sin(elevation), np.ones_like(azimuth)), opacity=0.25, showscale=False, hoverinfo="skip",
        colorscale=[[0.0, "white"], [1.0, "white"]],
    )  # fmt: skip
    figure = objects.Figure([ball, *circles, *traces])
    plain = {"showbackground": False, "showticklabels": False, "range": [-1.2, 1.2], "showspikes": False}
    figure.update_layout(
        title=title, autosize=True, height=520, margin={"l": 0, "r": 0, "t": 40, "b": 0},
        scene={"xaxis": plain, "yaxis": plain, "zaxis": plain, "aspectmode": "cube"},
    )  # fmt: skip
    return figure


def turn_settings(settings: Settings) -> Any:
    """The settings on a sphere that the mouse turns: a plotly figure.

    Raises
    ------
    MissingExtraError
        Without plotly; the message says how to add it.
    """
    objects = _plotly()
    traces = []
    for look, directions, labels, symbol in (
        (ALICE, settings.alice, settings.alice_labels, "circle"),
        (BOB, settings.bob, settings.bob_labels, "diamond-open"),
    ):
        traces.append(
            objects.Scatter3d(x=directions[:, 0], y=directions[:, 1], z=directions[:, 2], text=list(labels),
                              mode="markers" if len(labels) > MOST_LABELS else "markers+text", name=look.name,
                              marker={"color": look.colour, "size": 5, "symbol": symbol}, hovertemplate=HOVER)
        )  # fmt: skip
    return _scene(objects, traces, repr(settings))


def turn_hidden_states(result: DecomposeResult | Decomposition) -> Any:
    """Hidden vectors u (circles) and v (diamonds) on a sphere that the mouse turns: a plotly figure.

    Raises
    ------
    MissingExtraError
        Without plotly; the message says how to add it.
    InputError
        If there is no model, or one without hidden vectors.
    """
    objects = _plotly()
    states = _vectors(result)
    sizes = 4.0 + 18.0 * np.sqrt(states.weights / float(states.weights.max()))
    text = [f"state {k}, weight {weight:.4g}" for k, weight in enumerate(states.weights.tolist())]
    traces = [
        objects.Scatter3d(x=vectors[:, 0], y=vectors[:, 1], z=vectors[:, 2], text=text, name=name, mode="markers",
                          marker={"color": look.colour, "size": sizes, "symbol": symbol, "opacity": 0.8},
                          hovertemplate=HOVER)
        for vectors, name, look, symbol in ((states.u, "u", ALICE, "circle"), (states.v, "v", BOB, "diamond"))
    ]  # fmt: skip
    gaps = np.full_like(states.u, np.nan)
    x, y, z = np.stack([states.u, states.v, gaps], axis=1).reshape(-1, 3).T
    traces.append(
        objects.Scatter3d(x=x, y=y, z=z, mode="lines", line={"color": GREY, "width": 2, "dash": "dot"},
                          name="pairs u, v", hoverinfo="skip")
    )  # fmt: skip
    return _scene(objects, traces, repr(states))
