"""The certified global minimum of a sum of absolute values over two unit spheres.

    G(u, v) = Σ_ij |S_ij| |a_i·u − sgn(S_ij) b_j·v| − g·u − h·v        |u| = |v| = 1

`descend` finds local minimisers, `minimise` encloses the global one: the upper end is attained, the lower end is proved
by a covering of both spheres (`leaf` has the mathematics, `Covering` what is written down).
"""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

import numpy as np

from ...common.arrays import Array
from ...common.interrupts import arrived, held, released
from ..compiled import ahead, loaded
from . import leaf, search
from . import tree as trees
from .covering import DENOMINATOR, Covering
from .descent import EPS_LAST, descend_many, pace, value_at
from .flat_sides import DiscCovering
from .other_proofs import OtherProofs
from .packing import PackedLists
from .problem import SphereProblem
from .quadratic_proof import quadratic_proof, remember
from .square_proof import SquareProof
from .threads import Share, deal, join, packed_by, share_best

Progress = Callable[[float, float, int, float], None]

assert leaf  # the rule by which `search` works on sums of absolute values

STARTS = 32
"""Random starting points of local searches; fewer for functions of few terms, which have few minima."""
MANY_TERMS = 50_000
"""Terms beyond which the clock and Ctrl-C are looked at after every descent and every four nodes, in one thread:
to deal out a node takes longer than to work on it."""
NODE_LIMIT = 6_000_000
"""Nodes of a search, about three gigabytes at the end of it."""
MULTIPLIER_LIMIT = 180 << 20
"""Multipliers of a search: one byte each in the certificate, which its readers take up to 256 MiB."""
CHUNK = 200_000
"""Terms times nodes that are worked on between two looks at the clock."""
JOINING, JOINING_TERM = 1e-6, 1e-8
"""Seconds a node, and a multiplier, that it takes to put the shares of a search together."""
SHARES = 2
"""Threads, and shares of a large search: always the same number, so that proofs do not depend on the machine."""


@dataclass(frozen=True, eq=False)
class SphereMinimum:
    """An enclosure of min G: ``upper`` is attained at (u, v), ``lower`` is proved by ``proof``.

    ``minima`` are the local minimisers met on the way, as rows of two arrays (m, 3).
    """

    lower: float
    upper: float
    u: Array
    v: Array
    proof: Covering | DiscCovering | SquareProof
    reason: str
    minima: tuple[Array, Array]
    stats: dict[str, Any] = field(default_factory=dict)


def _tiny() -> SphereProblem:
    axes = np.eye(3)
    return SphereProblem(axes, axes, np.eye(3) + 0.5, axes[0], axes[1])


def _compile_search() -> None:
    problem = _tiny()
    tree = trees.empty(9)
    _plant(problem, tree)
    search.advance(problem.terms, tree, DENOMINATOR, 0.1, math.inf, 0.0, 1, False)


def _compile_descents() -> None:
    axes = np.eye(3)
    tree = trees.empty(9)
    terms = _tiny().terms
    descend(_tiny(), axes, axes)
    remember(terms, tree, axes[0].copy(), axes[1].copy(), EPS_LAST, False)


def _compile_beside() -> None:
    """What a search needs late, then descents: half of the work; another process compiles the search meanwhile."""
    terms, tree = _tiny().terms, trees.empty(9)
    ahead(quadratic_proof, terms, tree, 0, 0, 0.0, np.int32(0), np.empty((2, 4, 3)), np.empty(2))
    search.compile_children(terms, tree)
    _compile_descents()


@cache
def _compiled() -> None:
    _compile_descents()
    minimise(_tiny(), tolerance=0.1)


def compile_kernels() -> float:
    """Compile the kernels, or load them from disk; return the seconds that took, this time.

    Raises
    ------
    KeyboardInterrupt
        Ctrl-C arrived before they were there.
    """
    return loaded(_compiled, _compile_search, _compile_beside)


def unit_rows(rng: np.random.Generator, count: int) -> Array:
    """Random directions, shape (count, 3)."""
    rows = rng.normal(size=(count, 3))
    rows /= np.linalg.norm(rows, axis=1)[:, None]
    return rows


def descend(problem: SphereProblem, u: Array, v: Array) -> tuple[Array, Array, Array]:
    """Local minimisers of G from many starting points.

    Parameters
    ----------
    u, v : ndarray, shape (m, 3)
        Unit vectors.

    Returns
    -------
    (values, u, v)
        G (m,) and the minimisers, in the order of the starting points; not polished to machine precision.
    """
    u = np.array(u, dtype=np.float64, order="C")
    v = np.array(v, dtype=np.float64, order="C")
    descend_many(problem.terms, u, v, 0.5, EPS_LAST, 0.2, pace(4))
    return np.array([problem.value(x, y) for x, y in zip(u, v)]), u, v


def _plant(problem: SphereProblem, tree: trees.Tree) -> None:
    """The root: both spheres, all terms undecided."""
    terms = problem.terms
    K = len(terms.ia)
    tree.nodes["length"][0] = K
    tree.nodes["start"][0] = 0
    tree.term[:K] = np.arange(K)
    tree.count[trees.POOL] = K
    tree.count[trees.NODES] = 1
    tree.nodes["base"][0] = np.concatenate([-terms.g, -terms.h])
    tree.nodes["cd"][0] = tree.nodes["base"][0]
    tree.nodes["bound"][0] = -np.linalg.norm(terms.g) - np.linalg.norm(terms.h)
    trees.heap_push(tree, tree.nodes["bound"][0], 0)


def _start(
    problem: SphereProblem, starts: int, seed: int, extra: tuple[Array, Array] | None, stop: float
) -> trees.Tree:
    """A tree with only its root, the incumbent, and the known local minimisers.

    With very many terms every descent takes long: at `stop`, and at Ctrl-C, those that are done have to do.
    """
    terms = problem.terms
    K = len(terms.ia)
    tree = trees.empty(K)
    rng = np.random.default_rng(seed)
    u, v = unit_rows(rng, starts), unit_rows(rng, starts)
    if extra is not None:
        u, v = np.vstack([extra[0], u]), np.vstack([extra[1], v])
    block, done = max(1, CHUNK // (K + 1)), 0
    while done == 0 or (done < len(u) and time.perf_counter() < stop and not arrived()):
        descend_many(terms, u[done : done + block], v[done : done + block], 0.5, EPS_LAST, 0.3, pace(4))
        done += block
    values = np.array([value_at(terms, x, y) for x, y in zip(u[:done], v[:done])])
    for place, k in enumerate(np.argsort(values, kind="stable")[:16]):
        if place > 0 and (time.perf_counter() >= stop or arrived()):
            break
        remember(terms, tree, u[k], v[k], EPS_LAST, problem.mirror)
    _plant(problem, tree)
    return tree


@held()
def minimise(
    problem: SphereProblem,
    *,
    tolerance: float = 1e-6,
    time_limit_s: float = 60.0,
    node_limit: int = NODE_LIMIT,
    seed: int = 0,
    threshold: float | None = None,
    refuted_below: float = -math.inf,
    starts: tuple[Array, Array] | None = None,
    progress: Progress | None = None,
) -> SphereMinimum:
    """Enclose the global minimum of G.

    Parameters
    ----------
    tolerance : float
        Wanted width of the enclosure. Below four times the allowance for rounding it cannot be met; then the
        enclosure is as narrow as rounding allows.
    time_limit_s, node_limit : float, int
        On either, and on Ctrl-C, the best proved enclosure so far is returned; ``reason`` says which.
    threshold : float, optional
        Enough to prove G ≥ threshold, even if that leaves the enclosure wider.
    refuted_below : float, optional
        A point with G below this ends the search: the caller wanted to know whether there is one. ``reason`` is
        "refuted", and the lower end is what is proved by then.
    starts : (ndarray (m, 3), ndarray (m, 3)), optional
        Unit vectors to descend from besides the random ones.
    progress : callable, optional
        Called with (lower, upper, nodes, seconds), at most about ten times a second.
    """
    begin = time.perf_counter()
    weight = problem.scales[1]
    allowance = problem.rounding
    margin = 2.0 * allowance
    width = max(tolerance / weight - 3.0 * margin, 3.0 * margin)
    goal = math.inf if threshold is None else threshold / weight
    terms = problem.terms
    chunk = int(np.clip(CHUNK // (len(terms.ia) + 1), 32 if len(terms.ia) <= MANY_TERMS else 4, 512))
    stop = begin + time_limit_s
    half = begin + 0.5 * time_limit_s
    shares = [Share(_start(problem, min(STARTS, 6 + 3 * len(terms.ia)), seed, starts, half))]
    reason = "tolerance_met"
    last = begin
    others = OtherProofs(problem, shares[0].tree, width, goal, margin)
    try:
        with released(), contextlib.ExitStack() as stack:
            every: Callable[..., Any] = map
            while any(share.is_open(width, goal, margin) for share in shares):
                grown = shares[0].tree.count[trees.POPPED] >= 2 * chunk
                if len(shares) == 1 and grown and len(terms.ia) <= MANY_TERMS:
                    others.whole = shares[0].tree
                    shares = [Share(tree, shares[0].leaves) for tree in deal(others.whole, SHARES)]
                    # left, also on Ctrl-C, only when all threads have come to the end of their chunk
                    every = stack.enter_context(ThreadPoolExecutor(SHARES)).map
                task = (terms, problem.mirror, chunk, width, goal, margin, stop)
                list(every(lambda share, task=task: share.advance(*task), shares))
                share_best([share.tree for share in shares])
                now = time.perf_counter()
                best, nodes = shares[0].best, sum(share.nodes for share in shares)
                written = sum(share.multipliers for share in shares)
                others.attempt(shares, nodes, stop)
                stop = begin + others.compiling + time_limit_s
                best = shares[0].best
                if best * weight < refuted_below:
                    reason = "refuted"
                elif others.closes(best):
                    break
                elif now + JOINING * nodes + JOINING_TERM * written > stop:
                    reason = "time_limit"
                elif nodes > node_limit or written > MULTIPLIER_LIMIT:
                    reason = "node_limit"
                if reason != "tolerance_met":
                    break
                if progress is not None and now - last > 0.1:
                    last = now
                    progress(min(share.lowest for share in shares) * weight, best * weight, nodes, now - begin)
    except KeyboardInterrupt:
        reason = "interrupted"
    tree, packed = shares[0].tree, shares[0].packed
    if len(shares) > 1:
        tree, packed = join(others.whole, [share.tree for share in shares]), packed_by(others.whole, shares)
    if others.before is not None and reason != "tolerance_met":
        old = join(*others.before)
        old.best[:] = tree.best
        if trees.lowest(old) > trees.lowest(tree):
            tree, packed = old, {}
    return _finish(problem, tree, packed, others, reason, begin, allowance)


def _finish(
    problem: SphereProblem, tree: trees.Tree, packed: PackedLists, others: OtherProofs,
    reason: str, begin: float, allowance: float,
) -> SphereMinimum:  # fmt: skip
    weight = problem.scales[1]
    count = tree.count
    nodes = int(count[trees.NODES])
    leaves = tree.nodes["axis"][:nodes] < 0
    # closed leaves lie `2 allowance` above what is claimed, open ones may be used in full
    lower = trees.lowest(tree) - 2.0 * allowance
    upper = float(tree.best[6]) + allowance
    stats = {
        "nodes": nodes,
        "leaves": int(leaves.sum()),
        "quadratic_leaves": int((tree.nodes["axis"][:nodes] == trees.QUADRATIC).sum()),
        "square_leaves": int((tree.nodes["axis"][:nodes] == trees.SQUARE).sum()),
        "iterations": int(count[trees.POPPED]),
        "compile_seconds": others.compiling,
        "local_minima": int(count[trees.MINIMA]),
        "descents": int(count[trees.DESCENTS]),
        "depth": int(tree.nodes["depth"][:nodes].max()),
        "seconds": time.perf_counter() - begin - others.compiling,
    }
    u, v = tree.best[:3].copy(), tree.best[3:6].copy()
    found = tree.minima[: count[trees.MINIMA]]
    minima = found[:, :3].copy(), found[:, 3:6].copy()
    covering = Covering(tree, problem.scales, others.leaves.found, packed)
    covered = SphereMinimum(lower * weight, upper * weight, u, v, covering, reason, minima, stats)
    if others.proof is None or others.proof.lower <= covered.lower:
        return covered
    return replace(covered, lower=others.proof.lower, proof=others.proof)
