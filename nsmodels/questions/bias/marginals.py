r"""How biased can hidden states be? The largest mean |marginal| of any non-signalling decomposition, for each setting.

Split the hidden states by the sign of their marginal at one setting s, and add up each part: two boxes of weights p and
1 − p whose marginals add up to the given ones, M⁺ + M⁻ = m. With D = M⁺ − M⁻ the mean |marginal| of s is D_s, and the
boxes exist exactly when

    |D_i − D_j| ≤ 1 − C_ij,   |D_i + D_j| ≤ 1 + C_ij          for every known pair (i, j),                 (a)
    |D_k| ≤ 1                                                 for every setting,                           (b)
    |D_k − D_l| ≤ 2 − |m_k + m_l|,  |D_k + D_l| ≤ 2 − |m_k − m_l|   for the other pairs, m being given,    (c)

because |x + y|/2 + |x − y|/2 = max(|x|, |y|) eliminates the boxes' correlators, and p exists when |m_k + D_k| ≤ 2p and
|m_l − D_l| ≤ 2 − 2p are compatible for all k, l, which is (c); for known pairs (c) follows from (a) and the positivity
of the given box, and for zero or free marginals from (b). Two unknowns in a constraint: the largest D_s is half the
shortest path from s+ to s− in the doubled graph of `nsmodels.engines.paths.graph`, whether marginals are given or not.
The path proves the upper end, a vector D the lower end, and the two boxes are an explicit decomposition. Eq. (10) of
arXiv:0801.2241 and the chained inequality of Colbeck and Renner (arXiv:0801.2218) are paths of this graph.

Certificate. ``{"format": 1, "case", "denominator", "alice": […], "bob": […]}``. For each setting ``path`` lists the
nodes ("A3+", "B0-", …) from s+ to s-: half the sum of its edge weights, 1 ∓ C_ij between Alice and Bob, 2 − |m_k ± m_l|
for (c) and 2 between the two nodes of one setting, is the upper end. ``potentials`` lists D, Alice first, as integers
over ``denominator`` (one base64 string of little-endian signed 64-bit integers above 200 settings): (a) to (c) hold
exactly for the exact data, and D_s is the lower end. ``case`` is "zero_or_free" or "given".
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from ...common.arguments import check_noun, check_options, fraction, listed, shown
from ...common.interrupts import ending, held, released, taken
from ...common.versions import versions
from ...core.behaviour import Behaviour
from ...core.enclosure import Enclosure
from ...core.settings import Settings
from ...engines.paths.graph import POTENTIAL_UNIT, DoubledGraph, HalfPath, default_engine, load_engine, search_many
from ...errors import InputError
from ..answer import Question
from ..visibility.measured import as_measured
from ..watching import tells_progress
from .graph import graph_of
from .result import WIDER, Chain, MarginalsResult, exact_chain, setting_index, setting_names

__all__ = ["marginal_on_directions", "marginals"]

Progress = Callable[[float, float, int, float], None]

MOST_BYTES = 180 << 20
"""Bytes of the potentials and paths in a result file, whose readers take 256 MiB; the search ends there."""
BYTES_A_SETTING, BYTES_A_NODE = 11, 20
"""Bytes of a potential in base 64, and of a node of a path, which is written twice."""


@tells_progress("setting")
def marginals(
    behaviour: Behaviour,
    *,
    tolerance: float = 1e-9,
    time_limit_s: float = 60.0,
    seed: int = 0,
    progress: Progress | bool | None = None,
    only: Sequence[str] | None = None,
    allow_signalling: bool = False,
) -> MarginalsResult:
    """Enclose, for every setting, the largest mean |marginal| Σ ρ_λ |m_λ| over all non-signalling decompositions.

    Parameters
    ----------
    behaviour : Behaviour
        Correlators, all or of some pairs; marginals of both parties (zero or not), or free (`None`). With errors, as
        ``Behaviour.from_counts`` has them, a table that is no box is replaced by the nearest one, in units of σ: the
        answer is then exact about that box, an estimate about what was measured, and ``moved`` says how far it is.
    tolerance : float
        Wanted width of every enclosure. Widths are about 1e-15 for tables and 1e-14 for named behaviours, times the
        length of the path; a smaller tolerance is answered with the reason ``rounding of the data``.
    time_limit_s : float
        Settings that are not reached in time keep the enclosure [0, 1].
    seed : int
        Nothing here is random.
    progress : callable or bool, optional
        True says on stderr how far it is. A function is called with
        (largest lower end, 1.0 until the end, settings done, seconds). What it raises ends the question.
    only : sequence of str, optional
        Names of the settings to answer ("A0", "B3", or labels); all by default. The others keep [0, 1].
    allow_signalling : bool
        Go on with counts that signal (p < 1e-4).

    Returns
    -------
    MarginalsResult
        ``alice`` and ``bob`` (an `Enclosure` per setting), ``path("B0")``, ``model("B0")``, ``value`` (the largest).

    Raises
    ------
    InputError
        If no non-signalling box has these correlations; the pair and the violated constraint are named. For data that
        signal.

    Notes
    -----
    arXiv:0801.2241, eq. (10) and the theorem on vanishing marginals; equations (a) to (c) of the module.

    Examples
    --------
    >>> import nsmodels as ns
    >>> m = ns.marginals(ns.behaviours.singlet(ns.settings.half_circle(6)))
    >>> round(m.alice[0].upper, 6), len(m.path("B0").nodes)
    (0.204445, 13)
    """
    check_noun(behaviour, Behaviour, "behaviour", "marginals")
    check_options("marginals", tolerance=tolerance, time_limit_s=time_limit_s, seed=seed, progress=progress)
    assert not isinstance(progress, bool)  # `tells_progress` has made a function of it
    if only is not None:
        only = listed(only, "marginals: only", 'give a list of names of settings, such as ["A0", "B3"]')
    if not isinstance(allow_signalling, bool):
        raise InputError(f"marginals: allow_signalling is {shown(allow_signalling)}; it is True or False")
    wanted_marginals = "match" if behaviour.has_marginals else "free"
    measured, _ = as_measured(behaviour, wanted_marginals, allow_signalling, "marginals")
    if measured is not None:
        behaviour = measured.exact
    with held():
        graph = graph_of(behaviour)
        wanted = range(graph.size) if only is None else [setting_index(behaviour, name) for name in only]
        search = _Search(graph, setting_names(behaviour.shape))
        search.run(wanted, time_limit_s, progress)
        result = _result(behaviour, wanted, search, tolerance)
        taken()
        asked = Question(tolerance, time_limit_s, seed, marginals=wanted_marginals, allow_signalling=allow_signalling)
        return replace(result, question=asked, measured=measured)


class _Search:
    """The paths found until the search ended, and why it did; one way out for the time limit and for Ctrl-C."""

    def __init__(self, graph: DoubledGraph, names: Sequence[str]) -> None:
        self.graph, self.names = graph, names
        self.found: dict[int, tuple[HalfPath, Chain]] = {}
        self.reason = "tolerance_met"
        self.seconds = self.compile_seconds = 0.0
        self.written = 0

    def run(self, wanted: Sequence[int], limit: float, progress: Progress | None) -> None:
        start = time.perf_counter()
        with ending() as end:
            self.compile_seconds = load_engine(default_engine(self.graph, len(wanted)))
            start = time.perf_counter()
            with released():
                self._walk(wanted, start, limit, progress)
        if end.failure is not None:
            raise end.failure
        if end.interrupted:
            self.reason = "interrupted"
        if len(self.found) == len(set(wanted)):
            self.reason = "tolerance_met"
        self.seconds = time.perf_counter() - start

    def _walk(self, wanted: Sequence[int], start: float, limit: float, progress: Progress | None) -> None:
        shown = largest = 0.0
        for half in search_many(self.graph, wanted):
            # the exact sum takes as long as the search itself, and is made within its time
            self.found[half.source] = half, exact_chain(self.graph, half.nodes, self.names)
            self.written += BYTES_A_SETTING * self.graph.size + BYTES_A_NODE * len(half.nodes)
            largest = max(largest, half.length / 2.0)
            seconds = time.perf_counter() - start
            if progress is not None and seconds - shown > 0.1:
                shown = seconds
                progress(largest, 1.0, len(self.found), seconds)
            if seconds > limit or self.written > MOST_BYTES:
                self.reason = "time_limit" if seconds > limit else "the certificate of more settings would be too large"
                return


def _result(
    behaviour: Behaviour, wanted: Sequence[int], search: _Search, tolerance: float
) -> MarginalsResult:
    """What is proved: for settings without a path, that the hidden states without marginals attain 0, and 1."""
    graph, found, reason = search.graph, search.found, search.reason
    chains, ends = [], []
    potentials = np.zeros((graph.size, graph.size), dtype=np.int64)
    for k in range(graph.size):
        if k in found:
            half_path, chain = found[k]
            potentials[k] = half_path.potentials
            lower = float(potentials[k, k]) * POTENTIAL_UNIT  # exact: at most 53 bits
            own = _reason(lower, chain, tolerance)
        else:
            lower, chain = 0.0, exact_chain(graph, (k, k + graph.size), search.names)
            own = reason if k in wanted else "not asked for"
        chains.append(chain)
        ends.append(Enclosure(lower, chain.bound, reason=own))
    if reason == "tolerance_met":
        reason = next((end.reason for k, end in enumerate(ends) if k in found and end.reason != reason), reason)
    potentials.setflags(write=False)
    stats = {
        "seconds": search.seconds,
        "compile_seconds": search.compile_seconds,
        "searches": len(found),
        "longest_path": max((len(half.nodes) - 1 for half, _ in found.values()), default=0),
        "versions": versions(),
    }
    return MarginalsResult(behaviour, tuple(ends), tuple(chains), potentials, reason, stats)


def _reason(lower: float, chain: Chain, tolerance: float) -> str:
    return "tolerance_met" if chain.bound - lower <= tolerance else WIDER


def marginal_on_directions(
    settings: Settings, setting: str = "B0", *, visibility: float = 1.0
) -> tuple[Enclosure, Chain]:
    """The largest mean |marginal| of one setting for C = −V a·b on any number of directions, without a table.

    Memory is proportional to the number of settings: 10 000 × 10 000 directions take seconds.

    Parameters
    ----------
    settings : Settings
    setting : str
        "A0", "B3", …
    visibility : float
        V in [0, 1].

    Returns
    -------
    Enclosure, Chain
        The value and the path that proves its upper end.

    Raises
    ------
    InputError
        For a visibility outside [0, 1] or an unknown setting.
    """
    check_noun(settings, Settings, "argument settings", "marginals")
    visibility = fraction(visibility, "marginals: visibility")
    names = setting_names(settings.shape)
    if not isinstance(setting, str) or setting not in names:
        size = f"{settings.shape[0]}×{settings.shape[1]}"
        raise InputError(f"marginals: there is no setting {shown(setting)} among {size}; give a name such as B0")
    # 2r for the directions, one rounding in V·a, and three products and two sums of numbers ≤ 1
    rounding = 2.0 * settings.rounding * (1.0 + 1e-9) + 8e-16
    graph = DoubledGraph(left=-visibility * settings.alice, right=settings.bob, rounding=rounding)
    half = next(search_many(graph, [names.index(setting)]))
    chain = exact_chain(graph, half.nodes, names)
    return Enclosure(half.length / 2.0, chain.bound), chain
