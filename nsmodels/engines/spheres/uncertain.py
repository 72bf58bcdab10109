r"""A lower end of G over both spheres *and* over directions that are known within angles only.

    G = Σ_k w_k |A_i(k) − s_k B_j(k)| − α·A − β·B,    A_i = η_A a_i'·u,  B_j = η_B b_j'·v,    ∠(a_i', a_i) ≤ δ_i, …

With a' = a cos δ' + t sin δ', t ⟂ a, a marginal moves by at most η (sin δ |a × u| + 1 − cos δ). For any multipliers τ
in [−1, 1], since |y| ≥ τ y,

    G ≥ c·u + d·v − Σ_i |r_i| η_A (sin δ_i |a_i × u| + 1 − cos δ_i) − Σ_j |s_j| η_B (sin δ_j |b_j × v| + 1 − cos δ_j),

where r_i = Σ_j w τ − α_i and s_j = −Σ_i w s τ − β_j are the sums of the multipliers at one direction, which moves as a
whole: directions whose terms cancel cost nothing. c = η_A Σ r_i a_i, d = η_B Σ s_j b_j. The marginals of a party
without a law are free in [−1, 1], which is the same with c = 0 and |r_i| lost.

Pairs of patches are bisected until some multipliers prove each of them. Good multipliers are those of the dual of

    min Σ w |y + moved directions + (u, v) anywhere in boxes around the patches|,

which a primal-dual iteration (Chambolle and Pock, J. Math. Imaging Vis. 40, 120 (2011)) approaches for many patches at
once. Whatever comes out is valid.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from itertools import count, product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...common.interrupts import arrived
from ...errors import SolverError
from ..solvers.lp import solve
from .medians import units
from .packing import packed_bytes
from .uncertain_problem import Side, UncertainProblem

__all__ = ["UncertainCovering", "cover"]

Array = NDArray[np.float64]
Ints = NDArray[np.int64]

UNIT = float(2.0**-30)
"""Multipliers are whole numbers over 2^30."""
BATCH = 256
"""Pairs of patches looked at together."""
ITERATIONS = 10
NODE_LIMIT = 20_000
PROGRAMS = 2
"""Linear programs solved in a batch, for the pairs of patches with the lowest bounds."""
SEEDED = 5
"""Period in batches: with multipliers to begin with, fresh ones are looked for in every fifth batch only, …"""
STUCK = 200
"""Number of nodes up to which that is so: if there are more, these multipliers do not fit."""
JUDGED, SLOW = 2_000, 0.3
"""Number of nodes, and at each doubling of it the share of what is missing that must be gained to go on."""
POOL = 64
"""Multipliers of such programs that are tried everywhere."""
FACES_U, FACES_V, LEAF = 4, 5, 6
"""Bytes of nodes in a certificate as in `covering`: 0, 1 (2, 3) the patch of u (v) is bisected; 4, 5, 6."""
SPARE = 1e-13
"""Margin for rounding in a bound, in units of the size of G: a hundred times what it can do."""


@dataclass(frozen=True, eq=False)
class UncertainCovering:
    """The proof: nodes in preorder, which multipliers prove each leaf, and the multipliers over 2^30."""

    nodes: bytes
    leaves: tuple[int, ...]
    tau: NDArray[np.int32]

    def to_json(self) -> dict[str, Any]:
        """``tree``, ``leaves``, ``multipliers``: byte strings are compressed by zlib and written in base 64."""
        return {
            "type": "uncertain",
            "tree": packed_bytes(self.nodes),
            "leaves": list(self.leaves),
            "multipliers": packed_bytes(self.tau.astype("<i4").tobytes()),
        }


@dataclass(frozen=True, eq=False)
class _Patches:
    """Corner directions (m, 4, 3) and γ (m,) of patches, and boxes around them: middles (m, 3), half-sides (m, 3, 3).

    A patch lies between the flat one through its corners and 1/γ times that. For whole spheres γ = 0, and the
    half-sides are the axes.
    """

    corners: Array
    middle: Array
    halves: Array
    gamma: Array

    @classmethod
    def of(cls, face: Ints, box: Array) -> _Patches:
        rows, axis = np.arange(len(face))[:, None], face % 3
        points = np.empty((len(face), 4, 3))
        points[rows, np.arange(4), axis[:, None]] = np.where(face < 3, 1.0, -1.0)[:, None]
        points[rows, np.arange(4), (axis[:, None] + 1) % 3] = box[:, [0, 1, 0, 1]]
        points[rows, np.arange(4), (axis[:, None] + 2) % 3] = box[:, [2, 2, 3, 3]]
        points = units(points)
        middle = 0.25 * points.sum(axis=1)
        gamma = np.einsum("mqc,mc->mq", points, units(middle)).min(axis=1)
        halves = np.zeros((len(face), 3, 3))
        halves[:, 0] = 0.25 * (points[:, 1] + points[:, 3] - points[:, 0] - points[:, 2])
        halves[:, 1] = 0.25 * (points[:, 2] + points[:, 3] - points[:, 0] - points[:, 1])
        halves[:, 2] = (0.5 / gamma - 0.5)[:, None] * middle
        middle = middle + halves[:, 2]
        whole = face < 0
        gamma[whole], middle[whole], points[whole], halves[whole] = 0.0, 0.0, 0.0, np.eye(3)
        return cls(points, middle, halves, gamma)

    def some(self, at: Any) -> _Patches:
        """These of them."""
        return _Patches(self.corners[at], self.middle[at], self.halves[at], self.gamma[at])

    def least(self, c: Array) -> Array:
        """Lower bounds of c·x, c of shape (m, …, 3)."""
        inner = np.einsum("m...c,mqc->m...q", c, self.corners).min(axis=-1)
        gamma = np.where(self.gamma > 0.0, self.gamma, 1.0).reshape(-1, *[1] * (inner.ndim - 1))
        whole = (self.gamma == 0.0).reshape(gamma.shape)
        length = np.sqrt((c * c).sum(axis=-1))
        return np.asarray(np.where(whole, -length, np.where(inner >= 0.0, inner, np.maximum(-length, inner / gamma))))

    def moved(self, side: Side) -> Array:
        """At most how far each marginal moves, (m, n)."""
        if not side.purity or not side.sine.any():
            return np.broadcast_to(side.purity * side.bend, (len(self.gamma), len(side.bend)))
        every = np.broadcast_to(side.directions / side.purity, (len(self.gamma), *side.directions.shape))
        near = np.clip(np.maximum(self.least(every), self.least(-every)), 0.0, 1.0)
        return np.asarray(side.purity * (side.sine * np.sqrt(1.0 - near * near) + side.bend))


class _Search:
    """All nodes as arrays, children after their parents."""

    def __init__(self, problem: UncertainProblem) -> None:
        self.problem = problem
        self.of_a, self.of_b = problem.incidence()
        self.count = 1
        self.face = np.full((1024, 2), -1, np.int64)
        self.box = np.tile([-1.0, 1.0, -1.0, 1.0], (1024, 2, 1))
        self.bound = np.full(1024, -np.inf)
        self.tau = np.zeros((1024, len(problem.weights)), np.int32)
        self.kind = np.full(1024, LEAF, np.int8)
        self.child = np.zeros(1024, np.int64)
        self.mirror = np.zeros(1024, np.bool_)
        self.mirror[0] = problem.even
        self.pool = np.zeros((0, len(problem.weights)), np.int32)

    def grow(self, more: int) -> None:
        """Make room."""
        while self.count + more > len(self.bound):
            for name in ("face", "box", "bound", "tau", "kind", "child", "mirror"):
                old = getattr(self, name)
                setattr(self, name, np.concatenate([old, np.zeros_like(old)]))

    def values(self, tau: Array, patches: list[_Patches], moved: list[Array]) -> tuple[Array, Array]:
        """Lower bounds (m,) by multipliers (m, k), and by how much each sphere's patch is to blame, (m, 2)."""
        total, blame = np.zeros(len(tau)), np.zeros((len(tau), 2))
        sides = (self.problem.alice, self.of_a), (self.problem.bob, self.of_b)
        for p, (side, incidence) in enumerate(sides):
            sums = tau @ incidence - side.linear
            c = sums @ side.directions
            least = patches[p].least(c)
            total += least - (np.abs(sums) * moved[p]).sum(axis=1)
            blame[:, p] = (c * patches[p].middle).sum(axis=1) - least
        return total, blame

    def multipliers(self, tau: Array, patches: list[_Patches], moved: list[Array]) -> tuple[Array, Array]:
        """Multipliers by primal-dual iteration from given ones: the last, and the mean of the later half."""
        problem, sides = self.problem, (self.problem.alice, self.problem.bob)
        incidence = self.of_a, self.of_b
        start = np.zeros_like(tau)
        spreads, discs, boxes, steps = np.full(tau.shape, 1e-12 * problem.size), [], [], []
        for p, side in enumerate(sides):
            start += patches[p].middle @ (incidence[p] @ side.directions).T
            # matrices (m, k, 3) of w y against where in the patch, in units of the half-sides
            discs.append((incidence[p] @ side.directions) @ patches[p].halves.transpose(0, 2, 1))
            boxes.append(np.abs(incidence[p])[None] * moved[p][:, None, :])
            spreads += np.abs(discs[p]).sum(axis=2) + boxes[p].sum(axis=2)
            steps.append((1.0 / np.maximum(np.abs(discs[p]).sum(axis=1).max(axis=1, keepdims=True), 1e-300),
                          1.0 / np.maximum(boxes[p].sum(axis=1), 1e-300)))  # fmt: skip
        at = [(np.zeros((len(tau), 3)), np.zeros((len(tau), len(side.linear)))) for side in sides]
        ahead, mean = at, np.zeros_like(tau)
        for step in range(ITERATIONS):
            y = start.copy()
            for p in range(2):
                y += (discs[p] @ ahead[p][0][:, :, None])[:, :, 0] + (ahead[p][1] * moved[p]) @ incidence[p].T
            tau = np.clip(tau + y / spreads, -1.0, 1.0)
            if step >= ITERATIONS // 2:
                mean += tau
            fresh = []
            for p, side in enumerate(sides):
                push = (tau[:, None, :] @ discs[p])[:, 0] - patches[p].halves @ (side.linear @ side.directions)
                disc = at[p][0] - steps[p][0] * push
                ball = disc / np.maximum(np.sqrt((disc * disc).sum(axis=1, keepdims=True)), 1.0)
                disc = np.where(patches[p].gamma[:, None] == 0.0, ball, np.clip(disc, -1.0, 1.0))
                sums = (tau @ incidence[p] - side.linear) * moved[p]
                fresh.append((disc, np.clip(at[p][1] - steps[p][1] * sums, -1.0, 1.0)))
            ahead = [(2 * x - u, 2 * y_ - v) for (x, y_), (u, v) in zip(fresh, at)]
            at = fresh
        return tau, mean / (ITERATIONS - ITERATIONS // 2)

    def look(self, nodes: Any, target: float, deeply: bool) -> Array:
        """Bound these nodes, with fresh multipliers if ``deeply``; which sphere is to blame, (m, 2)."""
        patches = [_Patches.of(self.face[nodes, p], self.box[nodes, p]) for p in (0, 1)]
        moved = [x.moved(side) for x, side in zip(patches, (self.problem.alice, self.problem.bob))]
        chosen = self.tau[nodes]
        best, blame = self.values(chosen * UNIT, patches, moved)

        def offer(found: Any, at: Any) -> None:
            whole = np.rint(found / UNIT).astype(np.int32)
            value, to_blame = self.values(whole * UNIT, [x.some(at) for x in patches], [x[at] for x in moved])
            better = value > best[at]
            where = at[better]
            best[where], blame[where], chosen[where] = value[better], to_blame[better], whole[better]

        every = np.arange(len(nodes))
        if len(self.pool):
            of_pool = self._of_pool(patches, moved)
            offer(self.pool[of_pool.argmax(axis=1)] * UNIT, every)
        open_ones = np.flatnonzero(best < target)
        if len(open_ones) and deeply:
            few, shifts = [x.some(open_ones) for x in patches], [x[open_ones] for x in moved]
            for found in self.multipliers(chosen[open_ones] * UNIT, few, shifts):
                offer(found, open_ones)
        open_ones = np.flatnonzero(best < target)
        for k in open_ones[np.argsort(best[open_ones])][: PROGRAMS if deeply else 0].tolist():
            at = np.array([k])
            best_of = self._program([x.some(at) for x in patches], [x[at] for x in moved])
            if best_of is not None:
                offer(best_of[None], at)
                self.pool = np.concatenate([chosen[at], self.pool])[:POOL]
        self.bound[nodes] = np.maximum(best, self.bound[nodes])
        self.tau[nodes] = chosen
        return blame

    def _of_pool(self, patches: list[_Patches], moved: list[Array]) -> Array:
        """Lower bounds (m, P) by the multipliers that proved others."""
        total = np.zeros((len(moved[0]), len(self.pool)))
        for p, (side, incidence) in enumerate(((self.problem.alice, self.of_a), (self.problem.bob, self.of_b))):
            sums = (self.pool * UNIT) @ incidence - side.linear
            c = sums @ side.directions
            total += patches[p].least(np.broadcast_to(c, (len(total), *c.shape))) - moved[p] @ np.abs(sums).T
        return total

    def _program(self, patches: list[_Patches], moved: list[Array]) -> Array | None:
        """The best multipliers for one pair of patches, by a linear program; None where the solver fails."""
        sides, terms = (self.problem.alice, self.problem.bob), len(self.problem.weights)
        incidence, numbers = (self.of_a, self.of_b), [len(self.problem.alice.linear), len(self.problem.bob.linear)]
        total = terms + 2 + sum(numbers)  # τ, the least value on either patch, what is lost at each direction
        rows, limits, cost = [], [], np.zeros(total)
        for p, side in enumerate(sides):
            at = terms + 2 + p * numbers[0]
            cost[terms + p], cost[at : at + numbers[p]] = -1.0, moved[p][0]
            corners = np.concatenate([patches[p].corners[0], patches[p].corners[0] / max(patches[p].gamma[0], 1e-9)]) \
                if patches[p].gamma[0] > 0.0 else np.array(list(product((-1.0, 1.0), repeat=3)))  # fmt: skip
            vectors = incidence[p] @ side.directions
            for corner in corners if side.lawful else np.zeros((1, 3)):
                row = np.zeros(total)
                row[terms + p], row[:terms] = 1.0, -(vectors @ corner)
                rows.append(row)
                limits.append(-float(side.linear @ side.directions @ corner))
            for k, sign in product(range(numbers[p]), (1.0, -1.0)):
                row = np.zeros(total)
                row[at + k], row[:terms] = -1.0, sign * incidence[p][:, k]
                rows.append(row)
                limits.append(sign * side.linear[k])
        top = 10.0 * self.problem.size
        low = np.concatenate([-np.ones(terms), np.full(2, -top), np.zeros(sum(numbers))])
        high = np.concatenate([np.ones(terms), np.full(total - terms, top)])
        try:
            answer = solve(cost, np.array(rows), np.array(limits), lower=low, upper=high)
        except SolverError:
            return None
        return np.asarray(np.clip(answer.x[:terms], -1.0, 1.0), dtype=np.float64)

    def split(self, nodes: Ints, blame: Array, missing: Array) -> Ints:
        """Cut these leaves in parts; the new leaves."""
        sizes = np.stack([
            np.where(self.face[nodes, p] < 0, 2.0, self.box[nodes, p, 1] - self.box[nodes, p, 0]) for p in (0, 1)
        ], axis=1)  # fmt: skip
        lawful = np.array([self.problem.alice.lawful, self.problem.bob.lawful])
        blamed = np.where(lawful, blame, -1.0)
        clear = blamed.max(axis=1) > 0.2 * missing
        which = np.where(clear, blamed.argmax(axis=1), np.where(lawful, sizes * [1.0, 1.001], -1.0).argmax(axis=1))
        fresh: list[Ints] = []
        whole = self.face[nodes, which] < 0
        for node, p in zip(nodes[whole].tolist(), which[whole].tolist()):
            number = 3 if self.mirror[node] else 6
            self.grow(number)
            kids = np.arange(self.count, self.count + number)
            self._inherit(kids, np.full(number, node))
            self.face[kids, p], self.mirror[kids] = np.arange(number), False
            self.kind[node], self.child[node] = (FACES_U, FACES_V)[p], self.count
            self.count += number
            fresh.append(kids)
        nodes, which = nodes[~whole], which[~whole]
        self.grow(2 * len(nodes))
        box = self.box[nodes, which]
        along = (box[:, 3] - box[:, 2] > box[:, 1] - box[:, 0]).astype(np.int64)
        pairs = np.arange(self.count, self.count + 2 * len(nodes)).reshape(-1, 2)
        self._inherit(pairs.ravel(), np.repeat(nodes, 2))
        rows = np.arange(len(nodes))
        middle = 0.5 * (box[rows, 2 * along] + box[rows, 2 * along + 1])
        self.box[pairs[:, 0], which, 2 * along + 1] = middle
        self.box[pairs[:, 1], which, 2 * along] = middle
        self.kind[nodes], self.child[nodes] = 2 * which + along, pairs[:, 0]
        self.count += 2 * len(nodes)
        return np.concatenate([*fresh, pairs.ravel()])

    def _inherit(self, kids: Any, parents: Any) -> None:
        for name in ("face", "box", "bound", "tau", "mirror"):
            getattr(self, name)[kids] = getattr(self, name)[parents]
        self.kind[kids] = LEAF

    def written(self) -> UncertainCovering:
        """The tree in preorder with the multipliers of its leaves."""
        nodes, leaves = bytearray(), []
        numbers: dict[bytes, int] = {}
        lists: list[Any] = []
        stack = [0]
        while stack:
            node = stack.pop()
            kind = int(self.kind[node])
            nodes.append(kind)
            if kind == LEAF:
                key = self.tau[node].tobytes()
                if key not in numbers:
                    numbers[key] = len(lists)
                    lists.append(self.tau[node])
                leaves.append(numbers[key])
            else:
                number = 2 if kind < FACES_U else 3 if self.mirror[node] else 6
                stack.extend(range(int(self.child[node]) + number - 1, int(self.child[node]) - 1, -1))
        return UncertainCovering(bytes(nodes), tuple(leaves), np.array(lists, dtype=np.int32))


def cover(
    problem: UncertainProblem, target: float, time_limit_s: float, seeds: Any = None
) -> tuple[float, UncertainCovering, int]:
    """Prove G ≥ threshold with a threshold as near to the target as the limits allow.

    Parameters
    ----------
    problem : UncertainProblem
    target, time_limit_s : float
    seeds : ndarray of int32, optional
        Multipliers over 2^30 that proved a problem with the same terms, such as the same one for another purity.

    Returns
    -------
    (float, UncertainCovering, int)
        The threshold, at most the target, the proof, and the number of nodes.
    """
    began = time.perf_counter()
    search, spare = _Search(problem), SPARE * problem.size
    waiting = np.zeros(1, np.int64)
    every, before, judged = 1, -np.inf, JUDGED
    if seeds is not None and seeds.shape[1:] == search.pool.shape[1:]:
        search.pool, every = seeds[: 2 * POOL], SEEDED
    for turn in count():
        if not len(waiting):
            break
        if len(waiting) > BATCH:  # those that are farthest from being proved first
            waiting = waiting[np.argsort(search.bound[waiting], kind="stable")]
        batch, waiting = waiting[:BATCH], waiting[BATCH:]
        blame = search.look(batch, target + spare, (turn + 1) % every == 0 or search.count > STUCK)
        short = search.bound[batch] < target + spare
        over = time.perf_counter() - began > time_limit_s or search.count > NODE_LIMIT or arrived()
        if over and not np.isneginf(search.bound[waiting]).any():
            break
        batch, blame = batch[short], blame[short]
        if len(batch):
            waiting = np.concatenate([waiting, search.split(batch, blame, target + spare - search.bound[batch])])
        if len(waiting) and search.count > judged:
            now = float(search.bound[waiting].min())
            if now - before < SLOW * (target - now):
                break
            before, judged = now, 2 * search.count
    ends = search.kind[: search.count] == LEAF
    lowest = float(search.bound[: search.count][ends].min()) - spare
    return min(lowest, target), search.written(), search.count
