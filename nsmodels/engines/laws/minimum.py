"""The certified global minimum over two unit spheres of a sum of absolute values of laws.

    G(u, v) = Σ_ij |S_ij| |F(a_i·u) − sgn(S_ij) H(b_j·v)| − Σ α_i F(a_i·u) − Σ β_j H(b_j·v)      |u| = |v| = 1

with u and v independent, or v = −u, or v = u. `descend` finds local minimisers, `minimise` encloses the global one.

Rounding. P_i and Q_j are sums of K products, a band is a Taylor expansion whose terms add up to no more than Σ|c_k| for
values and Σ k|c_k| for slopes, and a leaf bound is a sum of n_A + n_B products with those. So a computed leaf bound
exceeds the exact one by at most μ = (K + n_A + n_B + 8·degree + 100) · 2^-53 · T, where T is the sum of all weights
times the sums of moduli in which values and slopes are computed (`LawFunction.rounding`, `LawFunction.steepness`).
Leaves are closed at twice that above what is claimed.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...common.interrupts import held, released
from ..compiled import loaded
from ..spheres import search
from ..spheres.descent import descend_many
from ..spheres.minimum import unit_rows
from ..spheres.threads import Share
from ..spheres.tree import NODES, OPEN, POPPED, grown, lowest
from .covering import DENOMINATOR, LawCovering
from .descent import EPS_LAST, pace
from .functions import LawFunction
from .leaf import value_at
from .terms import LawTerms
from .tree import GROUPS, planted

__all__ = ["LawMinimum", "LawProblem", "compile_kernels", "descend", "minimise"]

Array = NDArray[np.float64]
Progress = Callable[[float, float, int, float], None]

STARTS = 48
"""Random starting points of local searches."""
MINIMA = 64
"""Local minimisers that are kept."""
NODE_LIMIT = 6_000_000
LIST_LIMIT = 400 << 20
"""Bytes of multipliers."""
SIGNS = {"free": 0, "opposite": -1, "equal": 1}
"""Sign of the second hidden vector as a multiple of the first, v = sign · u; 0 where it is independent."""


@dataclass(frozen=True, eq=False)
class LawProblem:
    """The function G.

    Parameters
    ----------
    a, b : ndarray, shapes (nA, 3), (nB, 3)
        Unit vectors.
    weights : ndarray, shape (nA, nB)
        S.
    alpha, beta : ndarray, shapes (nA,), (nB,)
    alice, bob : LawFunction
        F and H.
    sign : {0, −1, 1}
        0: u and v are independent, else v = sign · u.
    """

    a: Array
    b: Array
    weights: Array
    alpha: Array
    beta: Array
    alice: LawFunction
    bob: LawFunction
    sign: int = 0

    @cached_property
    def scale(self) -> float:
        """A power of two by which weights are divided."""
        largest = max(float(np.abs(x).max(initial=0.0)) for x in (self.weights, self.alpha, self.beta))
        return 2.0 ** round(math.log2(largest)) if largest > 0.0 else 1.0

    @cached_property
    def terms(self) -> LawTerms:
        """The terms in row order, scaled so that weights are of order one, with b times the sign where v = ±u."""
        i, j = np.nonzero(self.weights)
        s = self.weights[i, j]
        turned = self.b * (self.sign or 1)

        live = not self.alice.constant, not self.bob.constant
        if self.sign:
            live = any(live), False

        def plain(x: Array) -> Array:
            return np.array(x, dtype=np.float64, order="C")  # never read-only, which would be another type

        return LawTerms(
            plain(self.a), plain(turned), i.astype(np.int64), j.astype(np.int64), np.sign(s),
            np.abs(s) / self.scale, plain(self.alpha / self.scale), plain(self.beta / self.scale),
            *self.alice.arrays, *self.bob.arrays, self.sign != 0, *live,
        )  # fmt: skip

    @cached_property
    def rounding(self) -> float:
        """μ of the module's text, scaled."""
        t = self.terms
        count = len(t.ia) + len(t.a) + len(t.b) + 100
        total = 0.0
        for law, own in ((self.alice, t.alpha), (self.bob, t.beta)):
            weight = float(t.w.sum() + np.abs(own).sum())
            moduli = 1.0 + law.rounding * 2.0**53 + 8.0 * law.steepness
            total += weight * (count + 8 * len(law.coefficients)) * moduli
        return total * 2.0**-53

    @property
    def mirror(self) -> bool:
        """Whether half of the first sphere is enough, because G(−u, −v) = G(u, v)."""
        return self.alice.odd and self.bob.odd and not (self.alpha.any() or self.beta.any())

    def second(self, u: Array, v: Array) -> Array:
        """The second hidden vectors: v, or what they have to be."""
        return v if self.sign == 0 else self.sign * u


@dataclass(frozen=True, eq=False)
class LawMinimum:
    """An enclosure of min G: ``upper`` is attained at (u, v), ``lower`` is proved by ``covering``.

    ``minima`` are local minimisers met on the way, as rows of two arrays (m, 3).
    """

    lower: float
    upper: float
    u: Array
    v: Array
    covering: LawCovering
    reason: str
    minima: tuple[Array, Array]
    stats: dict[str, Any] = field(default_factory=dict)


def _tiny() -> LawProblem:
    cubic, axes = LawFunction((0.0, 0.5, 0.0, 0.5)), np.eye(3)
    return LawProblem(axes, axes, np.eye(3) + 0.5, axes[0], axes[1], cubic, cubic)


def _compile_search() -> None:
    problem = _tiny()
    search.advance(problem.terms, planted(9), DENOMINATOR, 0.1, math.inf, 0.0, 1, False)


def _compile_beside() -> None:
    """What a search needs late, then descents: another process compiles the search meanwhile."""
    search.compile_children(_tiny().terms, planted(9))
    descend(_tiny(), np.eye(3), np.eye(3))


@cache
def _compiled() -> None:
    minimise(_tiny(), tolerance=0.5)


def compile_kernels() -> float:
    """Compile the kernels, or load them from disk; return the seconds that took, this time.

    Raises
    ------
    KeyboardInterrupt
        Ctrl-C arrived before they were there.
    """
    return loaded(_compiled, _compile_search, _compile_beside)


def descend(
    problem: LawProblem, u: Array, v: Array, *, first: float = 0.3, factor: float = 0.2, steps: int = 4
) -> tuple[Array, Array, Array]:
    """Local minimisers of G from many starting points.

    Parameters
    ----------
    u, v : ndarray, shape (m, 3)
        Unit vectors; where the spheres are one v is not looked at.
    first, factor, steps : float, float, int
        The first smoothing, how it falls, and the Newton steps for each.

    Returns
    -------
    (values, u, v)
        G (m,) and the minimisers, in the order of the starting points.
    """
    u = np.array(u, dtype=np.float64, order="C")
    v = u.copy() if problem.sign else np.array(v, dtype=np.float64, order="C")
    descend_many(problem.terms, u, v, first, EPS_LAST, factor, pace(steps))
    if problem.sign:
        v = u
    values = np.array([value_at(problem.terms, x, y) for x, y in zip(u, v)])
    return values * problem.scale, u, problem.second(u, v)


class _Share(Share):
    """The search, and the local minimisers that were met."""

    def __init__(self, problem: LawProblem, seed: int, starts: tuple[Array, Array] | None) -> None:
        super().__init__(planted(len(problem.terms.ia)))
        self.problem = problem
        self.minima: list[tuple[float, Array, Array]] = []
        rng = np.random.default_rng(seed)
        u, v = unit_rows(rng, STARTS), unit_rows(rng, STARTS)
        if starts is not None:
            u, v = np.vstack([starts[0], u]), np.vstack([starts[1], v])
        # of laws that are flat somewhere, a wide smoothing leads astray; of others, a narrow one
        half = len(u) - STARTS // 2
        self.meet(u[:half], v[:half], 0.3)
        self.meet(u[half:], v[half:], 0.03)

    def meet(self, u: Array, v: Array, first: float) -> None:
        """Descend from these points; the best that was met is the incumbent."""
        values, u, v = descend(self.problem, u, v, first=first)
        self.minima += zip(values.tolist(), u, v, strict=True)
        if len(self.minima) > 4 * MINIMA:  # searches descend thousands of times
            self.minima = self.lowest_minima()
        k = int(values.argmin())
        value = float(values[k])
        if value / self.problem.scale < self.tree.best[6]:
            self.tree.best[:3], self.tree.best[3:6] = u[k], v[k]
            if self.problem.sign:
                self.tree.best[3:6] = u[k]  # in the kernels v is u
            self.tree.best[6] = value / self.problem.scale

    def lowest_minima(self) -> list[tuple[float, Array, Array]]:
        """The `MINIMA` lowest, lowest first."""
        return sorted(self.minima, key=lambda item: item[0])[:MINIMA]

    def descend(self, terms: Any, mirror: bool) -> None:
        """The local search that was asked for."""
        self.meet(self.tree.request[None, :3], self.tree.request[None, 3:6], 1e-3)

    def grow(self, terms: Any) -> None:
        """More room for nodes and lists of multipliers."""
        self.tree = grown(self.tree, 0, GROUPS)

    def pack(self) -> None:
        """Nothing: lists are compressed together, when the proof is written down."""

    def take_zero(self) -> None:
        """Without marginal terms G ≥ 0, by no multipliers at all: what leaves have that were not closed."""
        t = self.problem.terms
        nodes = self.tree.nodes[: int(self.tree.count[NODES])]
        if not (t.alpha.any() or t.beta.any()):
            worse = (nodes["axis"] < 0) & (nodes["bound"] < 0.0)
            nodes["bound"][worse] = 0.0
            nodes["list"][worse] = 0


@held()
def minimise(
    problem: LawProblem,
    *,
    tolerance: float = 1e-6,
    time_limit_s: float = 60.0,
    node_limit: int = NODE_LIMIT,
    seed: int = 0,
    refuted_below: float = -math.inf,
    starts: tuple[Array, Array] | None = None,
    progress: Progress | None = None,
) -> LawMinimum:
    """Enclose the global minimum of G.

    The arguments are those of `nsmodels.engines.spheres.minimum.minimise`.
    """
    begin = last = time.perf_counter()
    allowance = problem.rounding
    margin = 2.0 * allowance
    width = max(tolerance / problem.scale - 3.0 * margin, 3.0 * margin)
    pops = int(np.clip(200_000 // (len(problem.terms.ia) + 1), 32, 4096))
    share = _Share(problem, seed, starts)
    reason = "tolerance_met"
    try:
        with released():
            while share.is_open(width, math.inf, margin):
                share.advance(problem.terms, problem.mirror, pops, width, math.inf, margin, begin + time_limit_s)
                now = time.perf_counter()
                best, nodes = share.best, share.nodes
                if best * problem.scale < refuted_below:
                    reason = "refuted"
                elif now - begin > time_limit_s:
                    reason = "time_limit"
                elif nodes > node_limit or share.tree.tau.nbytes > LIST_LIMIT:
                    reason = "node_limit"
                if reason != "tolerance_met":
                    break
                if progress is not None and now - last > 0.1:
                    last = now
                    progress((lowest(share.tree) - margin) * problem.scale, best * problem.scale, nodes, now - begin)
    except KeyboardInterrupt:
        reason = "interrupted"
    share.take_zero()
    tree, count = share.tree, share.tree.count
    found = share.lowest_minima()
    nodes = tree.nodes[: int(count[NODES])]
    stats = {
        "nodes": len(nodes),
        "leaves": int((nodes["axis"] <= OPEN).sum()),
        "iterations": int(count[POPPED]),
        "depth": int(nodes["depth"].max()),
        "seconds": time.perf_counter() - begin,
    }
    best_u, best_v = tree.best[:3].copy(), tree.best[3:6].copy()
    return LawMinimum(
        (lowest(tree) - margin) * problem.scale,
        (float(tree.best[6]) + allowance) * problem.scale,
        best_u, problem.second(best_u, best_v), LawCovering(tree), reason,
        (np.array([u for _, u, _ in found]), np.array([v for *_, v in found])), stats,
    )  # fmt: skip
