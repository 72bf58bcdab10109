"""Bounds where the directions of one party span a line or a plane: its sphere is a segment or a disc, and is never cut.

    G(u, v) = Σ_k |y_k| − p·z,   y_k = x_k·z,   z = (u, v)

If the x_k and p have parts only in a plane on the side of v, G depends on the projection q of v alone, which fills the
unit disc: a convex set, on which G is convex. So is the flat pair (patch of u) × (disc), and by the minimax theorem
some multipliers τ_k in [−1, 1] attain its minimum: with (c, d) = Σ τ_k x_k − p,

    G(u, v) ≥ c·u + d·v ≥ (least c·u on the patch) − |d|.

Only the curvature of the sphere of u is lost, in two dimensions instead of four: an isolated minimiser takes a few
leaves for each bisection. −|d| has a kink at d = 0, where minimisers inside the disc are, so that multipliers are
integers over 2^50 here.

Multipliers come from interior points (`disc_program`).
The same is done where the parts outside the plane are too small to matter: what is proved holds for the vectors as
they are.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...common.arrays import Array
from ..compiled import loaded
from .covering import FINE, LINEAR_LEAF
from .descent import value_at
from .disc_program import disc_patch
from .packing import packed_bytes
from .problem import SphereProblem
from .tree import FACES_U, TAU_BITS

__all__ = ["DiscCovering", "compile_discs", "disc_search", "flat_side"]


MOST_NODES = 8_000
"""Nodes after which the square proof is the better one: minimisers on a curve of the cut sphere need more."""
FRAME = 0.25 * np.array([[1.0, 1.0, 1.0, 1.0], [-1.0, 1.0, -1.0, 1.0], [-1.0, -1.0, 1.0, 1.0]])
"""Matrix that takes the corners of a patch to the centre and half-sides of the flat one."""


@dataclass(frozen=True, eq=False)
class DiscCovering:
    """A covering of one sphere by patches, the other being whole everywhere; form as of `Covering`.

    Parameters
    ----------
    lower : float
        What it proves, in the units of the problem and up to the allowance for rounding.
    tree : bytes
    fine : list of list of int
        The multipliers of its leaves, over 2^50.
    """

    lower: float
    tree: bytes
    fine: list[list[int]]

    def to_json(self) -> dict[str, Any]:
        """Certificate form, without the threshold."""
        return {
            "type": "covering",
            "denominator": 1,
            "tree": packed_bytes(self.tree),
            "multipliers": packed_bytes(b""),
            "quadratic": [],
            "fine": self.fine,
        }


@cache
def _compiled() -> None:
    three, two = np.ones((1, 3)), np.ones((1, 2))
    corners, gamma = _corners(np.zeros(1, np.int64), np.array([[-1.0, 1.0, -1.0, 1.0]]))
    disc_patch(
        three, two, three, three[0], two[0], three[0], corners[0], gamma[0], 0.0, 2.0**-TAU_BITS, np.empty(1),
        np.empty(4),
    )  # fmt: skip


def compile_discs() -> float:
    """Compile what is needed here, or load it from disk; return the seconds that took, this time."""
    return loaded(_compiled)


class _Flat:
    """The problem with its whole side projected: rows x (K, 3) of the side that is cut, q (K, 2) of the other."""

    def __init__(self, problem: SphereProblem, whole: int) -> None:
        terms = problem.terms
        rows = terms.a[terms.ia] * terms.w[:, None], -terms.b[terms.jb] * (terms.s * terms.w)[:, None]
        rows = np.ascontiguousarray(rows[0]), np.ascontiguousarray(rows[1])
        linear = terms.g, terms.h
        self.whole = whole
        self.x, self.other = rows[1 - whole], rows[whole]
        self.g, self.h = linear[1 - whole], linear[whole]
        # zeros make three rows of it at least, so that the small form has all three axes
        _, _, axes = np.linalg.svd(np.vstack([self.other, self.h, np.zeros((2, 3))]), full_matrices=False)
        self.axes = axes
        self.q, self.hq = np.ascontiguousarray(self.other @ axes[:2].T), axes[:2] @ self.h
        self.outside = float(np.abs(self.other @ axes[2]).sum() + abs(self.h @ axes[2]))


def flat_side(problem: SphereProblem, width: float) -> int | None:
    """The side (0: u, 1: v) whose vectors lie in a plane, up to parts that cannot change G by a twentieth of ``width``.

    Where both do, the one of more settings.
    """
    flat = [side for side in (0, 1) if _Flat(problem, side).outside <= 0.05 * width]
    sizes = len(problem.terms.a), len(problem.terms.b)
    return max(flat, key=lambda side: sizes[side]) if flat else None


def _corners(faces: NDArray[np.int64], boxes: Array) -> tuple[Array, Array]:
    """Corner directions (m, 4, 3) and γ (m,) of patches; see `patches`."""
    m = len(faces)
    T = np.empty((m, 4, 3))
    every = np.arange(m)
    for q in range(4):
        s, t = boxes[:, q & 1], boxes[:, 2 + (q >> 1)]
        norm = np.sqrt(1.0 + s * s + t * t)
        T[every, q, faces % 3] = np.where(faces < 3, 1.0, -1.0) / norm
        T[every, q, (faces + 1) % 3] = s / norm
        T[every, q, (faces + 2) % 3] = t / norm
    middle = T.sum(axis=1)
    return T, np.einsum("mqe,me->mq", T, middle).min(axis=1) / np.linalg.norm(middle, axis=1)


class _Tree:
    """Patches of the cut sphere in the order in which they were made."""

    def __init__(self) -> None:
        self.split: list[tuple[int, list[int]]] = []  # (code of the node, its children), (−1, []): a leaf
        self.tau: list[Array | None] = []

    def add(self) -> int:
        self.split.append((-1, []))
        self.tau.append(None)
        return len(self.split) - 1


def disc_search(
    problem: SphereProblem, whole: int, best: Array, width: float, goal: float, margin: float, stop: float
) -> tuple[DiscCovering | None, Array]:
    """Cover the sphere that is not ``whole`` so that G ≥ min(incumbent − width, goal) + margin on every leaf.

    Parameters
    ----------
    best : ndarray, shape (7,)
        The incumbent: u, v, G. All numbers are in the scaled units of the problem.
    stop : float
        Of time.perf_counter: when to give up.

    Returns
    -------
    (DiscCovering or None, ndarray)
        None where it needs more than `MOST_NODES` or too long; and the new incumbent.
    """
    flat = _Flat(problem, whole)
    mirror, best = problem.mirror, best.copy()
    tree = _Tree()
    root = tree.add()
    faces = np.arange(3 if mirror else 6)
    boxes = np.tile([-1.0, 1.0, -1.0, 1.0], (len(faces), 1))
    nodes = [tree.add() for _ in faces]
    tree.split[root] = (FACES_U + (1 - whole), nodes)
    lower, unit = math.inf, 2.0**-TAU_BITS
    z = np.empty(4)
    while nodes:
        corners, gamma = _corners(faces, boxes)
        still = []
        for row, node in enumerate(nodes):
            if time.perf_counter() > stop or len(tree.split) > MOST_NODES:
                return None, best
            target = min(best[6] - width, goal) + margin
            tau = np.empty(len(flat.x))
            found = disc_patch(
                flat.x, flat.q, flat.other, flat.g, flat.hq, flat.h, corners[row], gamma[row], target, unit, tau, z
            )  # fmt: skip
            best = _better(problem, flat, corners[row], z, best)
            if found >= target:
                tree.tau[node] = tau
                lower = min(lower, found)
            else:
                still.append(row)
        nodes, faces, boxes = _quartered(tree, 1 - whole, [nodes[k] for k in still], faces[still], boxes[still])
    return _written(tree, (lower - margin) * problem.scales[1]), best


def _better(problem: SphereProblem, flat: _Flat, corners: Array, z: Array, best: Array) -> Array:
    """The incumbent, or the point z of the flat patch and of the disc, taken to the spheres, if that is better."""
    u = np.array([1.0, z[0], z[1]]) @ FRAME @ corners
    u /= np.linalg.norm(u)
    q = z[2:]
    v = q @ flat.axes[:2] + math.sqrt(max(1.0 - float(q @ q), 0.0)) * flat.axes[2]
    v /= np.linalg.norm(v)
    pair = (v, u) if flat.whole == 0 else (u, v)
    value = float(value_at(problem.terms, *pair))
    return np.array([*pair[0], *pair[1], value]) if value < best[6] else best


def _quartered(
    tree: _Tree, cut: int, nodes: list[int], faces: NDArray[np.int64], boxes: Array
) -> tuple[list[int], NDArray[np.int64], Array]:
    """The quarters of patches: first halved along s, then both halves along t."""
    made: list[int] = []
    parts = []
    for node, (s0, s1, t0, t1) in zip(nodes, boxes.tolist()):
        s, t = 0.5 * (s0 + s1), 0.5 * (t0 + t1)
        halves = [tree.add(), tree.add()]
        tree.split[node] = (2 * cut, halves)
        for half, (low, high) in zip(halves, ((s0, s), (s, s1))):
            quarters = [tree.add(), tree.add()]
            tree.split[half] = (2 * cut + 1, quarters)
            made += quarters
            parts += [[low, high, t0, t], [low, high, t, t1]]
    return made, np.repeat(faces, 4), np.array(parts).reshape(-1, 4)


def _written(tree: _Tree, lower: float) -> DiscCovering:
    """The tree in preorder."""
    stream, fine, stack = bytearray(), [], [0]
    while stack:
        node = stack.pop()
        code, children = tree.split[node]
        tau = tree.tau[node]
        if code < 0 and tau is not None:
            stream.append(LINEAR_LEAF + FINE)
            fine.append((tau * 2.0**TAU_BITS).astype(np.int64).tolist())
        else:
            stream.append(code)
        stack.extend(reversed(children))
    return DiscCovering(lower, bytes(stream), fine)
