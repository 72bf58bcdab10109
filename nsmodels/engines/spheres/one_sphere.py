r"""The certified global minimum over one unit sphere of a sum of weighted medians.

    G(v) = Σ_i min over A in [−1, 1] of [ Σ_j w_ij |A − x_ij·v| − g_i A ] − h·v        |v| = 1,  |x_ij| ≤ 1

The inner minimum is a weighted median of the numbers x_ij·v, shifted by g_i; where |g_i| > Σ_j w_ij it is sgn(g_i).
For any multipliers τ_ij in [−1, 1], since |y| ≥ τ y,

    G(v) ≥ d·v − Σ_i |c_i|,     d = −Σ_ij w_ij τ_ij x_ij − h,     c_i = Σ_j w_ij τ_ij − g_i,

with equality at v for τ_ij = sgn(A_i − x_ij·v), the term on the median taking what makes c_i vanish. So G is the
largest of such *planes*, a convex function of v in space, and a plane is bounded from below on a patch of the sphere by
its corners (`patches`). The search cuts the sphere into patches until a plane, or a mean of planes (their
multipliers are averaged too), proves each of them. In two dimensions that needs no more than plain bisection.
"""

from __future__ import annotations

import base64
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...common.arrays import Array
from ...errors import SolverError
from ..grids import fibonacci_points
from ..solvers.lp import solve
from .medians import MedianProblem, descend, polish, units

__all__ = ["OneSphereAnswer", "OneSphereCovering", "minimise"]

Progress = Callable[[float, float, int, float], None]

TAU_BITS = 50
"""Multipliers in certificates are integers over 2^50."""
STARTS = 64
"""Local searches before the first patch is looked at, a lattice of points."""
NODE_LIMIT = 400_000
BATCH = 512
"""Patches looked at together."""
MEANS_AT = 4
"""Bisections after which means of planes are tried as well: before that, patches are too large for them."""
FACES, LEAF = 2, 3
"""Bytes of nodes in a certificate: 0 and 1, bisected along s and along t; the sphere cut into faces; a leaf."""


def _apart(v: Array, most: int) -> list[int]:
    """The first indices of vectors (k, 3) that are not next to an earlier one."""
    chosen: list[int] = []
    for k in range(len(v)):
        if len(chosen) == most:
            break
        if all(float(np.abs(v[k] - v[p]).max()) > 0.05 for p in chosen):
            chosen.append(k)
    return chosen


@dataclass(frozen=True, eq=False)
class OneSphereCovering:
    """The proof of a lower end: patches in preorder, and the multipliers of each leaf.

    Parameters
    ----------
    nodes : bytes
        0 and 1: the patch is bisected along s and along t; 2: the sphere is cut into the faces of a cube (three where G
        is even); 3: a leaf.
    leaves : tuple of int
        Which multipliers prove each leaf, in order.
    tau : ndarray of int64, shape (p, terms)
        Multipliers over 2^50 of the terms w_ij ≠ 0 in row order.
    """

    nodes: bytes
    leaves: tuple[int, ...]
    tau: NDArray[np.int64]

    def to_json(self) -> dict[str, Any]:
        """``tree``, ``leaves``, ``multipliers``: byte strings are compressed by zlib and written in base 64."""

        def packed(data: bytes) -> str:
            return base64.b64encode(zlib.compress(data, 9)).decode("ascii")

        return {
            "tree": packed(self.nodes),
            "leaves": list(self.leaves),
            "multipliers": packed(self.tau.astype("<i8").tobytes()),
        }


@dataclass(frozen=True, eq=False)
class OneSphereAnswer:
    """What the search found.

    Parameters
    ----------
    lower, upper : float
        min G ≥ lower is proved by the covering, up to ``MedianProblem.rounding`` included; ``upper`` is G at ``v``.
    v : ndarray, shape (3,)
    minima : ndarray, shape (k, 3)
        Local minimisers that were met.
    covering : OneSphereCovering
    reason : str
    nodes : int
    seconds : float
    """

    lower: float
    upper: float
    v: Array
    minima: Array
    covering: OneSphereCovering
    reason: str
    nodes: int
    seconds: float


class _Tree:
    """Patches as arrays, children after their parents."""

    def __init__(self, problem: MedianProblem) -> None:
        faces = range(3 if problem.even else 6)
        self.kind = [FACES, *(LEAF for _ in faces)]
        self.child = [1, *(-1 for _ in faces)]
        self.face = [-1, *faces]
        self.box = [(0.0,) * 4, *((-1.0, 1.0, -1.0, 1.0) for _ in faces)]
        self.depth = [0, *(0 for _ in faces)]
        self.plane = [0, *(0 for _ in faces)]
        self.bound = [-np.inf] * len(self.kind)

    def split(self, node: int) -> list[int]:
        s0, s1, t0, t1 = self.box[node]
        along = int(t1 - t0 > s1 - s0)
        middle = 0.5 * (t0 + t1) if along else 0.5 * (s0 + s1)
        boxes = [(s0, s1, t0, middle), (s0, s1, middle, t1)] if along else [(s0, middle, t0, t1), (middle, s1, t0, t1)]
        self.kind[node], self.child[node] = along, len(self.kind)
        for box in boxes:
            self.kind.append(LEAF)
            self.child.append(-1)
            self.face.append(self.face[node])
            self.box.append(box)
            self.depth.append(self.depth[node] + 1)
            self.plane.append(self.plane[node])
            self.bound.append(self.bound[node])
        return [self.child[node], self.child[node] + 1]

    def corners(self, nodes: list[int]) -> tuple[Array, Array, Array]:
        """Corner directions (k, 4, 3), centres (k, 3) and γ (k,) of patches (see `patches`)."""
        box, face = np.array([self.box[n] for n in nodes]), np.array([self.face[n] for n in nodes])
        s, t = box[:, [0, 1, 0, 1]], box[:, [2, 2, 3, 3]]
        points = np.empty((len(nodes), 4, 3))
        axis, rows = face % 3, np.arange(len(nodes))[:, None]
        points[rows, np.arange(4), axis[:, None]] = np.where(face < 3, 1.0, -1.0)[:, None]
        points[rows, np.arange(4), (axis[:, None] + 1) % 3] = s
        points[rows, np.arange(4), (axis[:, None] + 2) % 3] = t
        points = units(points)
        centre = units(points.sum(axis=1))
        return points, centre, np.einsum("kqc,kc->kq", points, centre).min(axis=1)


def _least(d: Array, lost: Array, corners: Array, gamma: Array) -> Array:
    """Lower bounds of planes on patches, shape (k, p): plane p on patch k, before the allowance for rounding."""
    m = np.einsum("pc,kqc->kpq", d, corners).min(axis=2)
    inside = np.where(m >= 0.0, m, np.maximum(-np.linalg.norm(d, axis=1)[None, :], m / gamma[:, None]))
    return np.asarray(inside - lost[None, :], dtype=np.float64)


def _mean(problem: MedianProblem, tau: Array, corners: Array) -> Array | None:
    """The mean of planes whose least value at the four corners is largest, shape (1, n, m)."""
    d, lost = problem.planes(tau)
    at = d @ corners.T - lost[:, None]
    count = len(tau)
    # maximise t: t ≤ Σ_p μ_p at[p, q] for the corners q, Σ μ = 1
    rows = np.concatenate([-at.T, np.ones((4, 1))], axis=1)
    limit = 10.0 * problem.size + 1.0
    try:
        answer = solve(
            np.concatenate([np.zeros(count), [-1.0]]), rows, np.zeros(4),
            A_eq=np.concatenate([np.ones(count), [0.0]])[None, :], b_eq=np.ones(1),
            lower=np.concatenate([np.zeros(count), [-limit]]), upper=np.concatenate([np.ones(count), [limit]]),
        )  # fmt: skip
    except SolverError:
        return None
    mean = np.maximum(answer.x[:count], 0.0)
    return np.asarray(np.tensordot(mean / mean.sum(), tau, axes=1)[None], dtype=np.float64)


def minimise(
    problem: MedianProblem,
    *,
    tolerance: float,
    time_limit_s: float,
    starts: Array | None = None,
    refuted_below: float = -np.inf,
    progress: Progress | None = None,
) -> OneSphereAnswer:
    """Enclose min G to the tolerance, or as far as the limits allow."""
    began = time.perf_counter()
    first = fibonacci_points(STARTS)
    if starts is not None and len(starts):
        first = np.concatenate([first, starts])
    found = descend(problem, first)
    values, _ = problem.medians(found)
    order = np.argsort(values)
    minima: list[Array] = []
    best, best_v = np.inf, found[order[0]]
    for k in _apart(found[order], 4):
        v, value = polish(problem, found[order[k]])
        minima.append(v)
        if value < best:
            best, best_v = value, v
    tree = _Tree(problem)
    pool = problem.multipliers(best_v[None])
    d, lost = problem.planes(pool)
    open_nodes = list(range(1, len(tree.kind)))
    spare = 2.0 * problem.rounding + problem.size * 2.0**-TAU_BITS
    reason, shown = "tolerance_met", 0.0

    def target() -> float:
        return best - max(tolerance - spare, 0.25 * tolerance) + spare

    while open_nodes:
        seconds = time.perf_counter() - began
        if progress is not None and seconds > shown + 0.1:
            shown = seconds
            progress(min(tree.bound[n] for n in open_nodes) - spare, best, len(tree.kind), seconds)
        if best < refuted_below:
            reason = "refuted"
            break
        if seconds > time_limit_s and all(tree.bound[n] > -np.inf for n in open_nodes):  # the faces have a bound
            reason = "time_limit"
            break
        if len(tree.kind) > NODE_LIMIT:
            reason = "node_limit"
            break
        batch, open_nodes = open_nodes[-BATCH:], open_nodes[:-BATCH]
        corners, centre, gamma = tree.corners(batch)
        here, _ = problem.medians(centre)
        if here.min() < best:
            v, value = polish(problem, centre[int(here.argmin())])
            minima.append(v)
            if value < best:
                best, best_v = value, v
        fresh = problem.multipliers(centre)
        base = len(pool)
        pool = np.concatenate([pool, fresh])
        more_d, more_lost = problem.planes(fresh)
        d, lost = np.concatenate([d, more_d]), np.concatenate([lost, more_lost])
        for k, node in enumerate(batch):
            own = [tree.plane[node], base + k]
            bounds = _least(d[own], lost[own], corners[k : k + 1], gamma[k : k + 1])[0]
            place = int(bounds.argmax())
            if bounds[place] > tree.bound[node] or tree.bound[node] == -np.inf:
                tree.plane[node], tree.bound[node] = own[place], float(bounds[place])
            if tree.bound[node] < target() and tree.depth[node] >= MEANS_AT:
                at_corners = problem.multipliers(corners[k])
                several = np.concatenate([pool[own], at_corners])
                mean = _mean(problem, several, corners[k])
                if mean is not None:
                    mean_d, mean_lost = problem.planes(mean)
                    bound = float(_least(mean_d, mean_lost, corners[k : k + 1], gamma[k : k + 1])[0, 0])
                    if bound > tree.bound[node]:
                        tree.plane[node], tree.bound[node] = len(pool), bound
                        pool = np.concatenate([pool, mean])
                        d, lost = np.concatenate([d, mean_d]), np.concatenate([lost, mean_lost])
            if tree.bound[node] < target():
                open_nodes.extend(tree.split(node))
    lowest = min(tree.bound[n] for n in range(1, len(tree.kind)) if tree.kind[n] == LEAF)
    covering = _written(problem, tree, pool)
    return OneSphereAnswer(
        lowest - spare, best, best_v, np.array(minima), covering, reason, len(tree.kind),
        time.perf_counter() - began,
    )  # fmt: skip


def _written(problem: MedianProblem, tree: _Tree, pool: Array) -> OneSphereCovering:
    """The tree in preorder with the multipliers that its leaves use."""
    nodes, leaves = bytearray(), []
    numbers: dict[int, int] = {}
    stack = [0]
    while stack:
        node = stack.pop()
        kind = tree.kind[node]
        nodes.append(kind)
        if kind == LEAF:
            leaves.append(numbers.setdefault(tree.plane[node], len(numbers)))
        else:
            count = 2 if kind != FACES else 3 if problem.even else 6
            stack.extend(range(tree.child[node] + count - 1, tree.child[node] - 1, -1))
    used = problem.weights > 0.0
    tau = np.rint(pool[list(numbers)][:, used] * 2.0**TAU_BITS).astype(np.int64)
    return OneSphereCovering(bytes(nodes), tuple(leaves), tau)
