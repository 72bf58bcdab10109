"""One proof at the root: the square of a sum of absolute values is above a quadratic form.

    G(u, v) = Σ_k |x_k·z| − p·z,   z = (u, v),   x_k = w_k (a_i, −s_k b_j),   p = (g, h)

For numbers |T_kl| ≤ 1 with T_kk = 1 we have |x_k·z||x_l·z| ≥ T_kl (x_k·z)(x_l·z), so that on the spheres

    (Σ_k |x_k·z|)² ≥ zᵀMz = zᵀ(M − diag(λ, μ))z + λ + μ,   M = Σ_kl T_kl x_k x_lᵀ.

Where the right-hand side is (t + p·z)² plus a positive semidefinite form in (1, z), that is where

    [ λ + μ − t²    −t pᵀ              ]
    [ −t p          M − diag(λ, μ) − ppᵀ ]  ⪰ 0,

Σ_k |x_k·z| ≥ |t + p·z|, hence G ≥ t. This closes what patches cannot: minimisers that form curves or surfaces are the
kernel of one form. (For t ≤ 0 it says nothing new; there c·u + d·v on the whole spheres is as good.)

Rounding. T are integers over 2^50, so M is what a reader computes up to the errors δ|x_k| of the stored vectors (and
those of p): they move the form by at most 2 δ (Σ|x_k|)², in coordinates in which the longest part of an x_k on either
side is 1. λ, μ are lowered by that, and by what rounding adds here, before the root t is taken: afterwards, near
G = 0, it would be too late.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from ...common.arrays import Array
from ...common.rationals import rational
from ..blas_threads import one_blas_thread
from .problem import SphereProblem
from .square_program import Products, propose
from .tree import TAU_BITS

__all__ = ["SquareProof", "square_proof"]


MOST_TERMS = 100
"""Terms beyond which the program takes long and its bound is hardly ever the minimum."""
STARTS = 24
"""Random points from which minimisers are looked for in each subspace."""
SMALLEST = 1e-9
"""Least minimum that is worth a root, in units of the largest |x_k|."""


@dataclass(frozen=True, eq=False)
class SquareProof:
    """G ≥ ``lower`` for the stored vectors and for the exact ones.

    Parameters
    ----------
    lower : float
        t, in the units of the problem.
    tau : tuple of int
        T_kl for l < k, row by row, over 2^50.
    curved : (float, float)
        λ, μ in units of 4^exponent.
    exponent : int
    near : callable
        Gives pairs of unit vectors (6,) one after another where the proof loses nothing, if only the signs of the terms
        are right: minimisers, where it is tight. (Searches do not reach all minimisers that form curves.)
    """

    lower: float
    tau: tuple[int, ...]
    curved: tuple[float, float]
    exponent: int
    near: Callable[[], Iterator[Array]]

    def to_json(self) -> dict[str, Any]:
        """Certificate form, without the threshold."""
        lam, mu = self.curved
        return {
            "type": "square",
            "exponent": self.exponent,
            "tau": list(self.tau),
            "lambda": rational(lam),
            "mu": rational(mu),
        }


def _level(form: Array, p: Array, total: float) -> float:
    """The largest t for which the matrix of the module's text is positive semidefinite; −∞ if there is none."""
    try:
        y = np.linalg.solve(np.linalg.cholesky(form), p)
    except np.linalg.LinAlgError:
        return -math.inf
    square = total / (1.0 + float(y @ y))
    return math.sqrt(square) if square > 0.0 else -math.inf


def _allowance(problem: SphereProblem, rows: Array, p: Array, sides: list[float]) -> float:
    """How far the exact vectors may move the form."""
    weight = problem.scales[1]
    moved = sum(error / (weight * side) for error, side in zip(problem.linear_errors, sides) if error > 0.0)
    total = float(np.linalg.norm(rows, axis=1).sum() + np.linalg.norm(p) + 1.0)
    return 2.0 * (problem.relative_error * total**2 + moved * (1.0 + float(np.linalg.norm(p))))


def square_proof(problem: SphereProblem, u: Array, v: Array) -> SquareProof | None:
    """Try to prove that G ≥ t with t near G(u, v), for the best unit vectors (3,) that are known.

    Returns
    -------
    SquareProof or None
        None where nothing above zero is proved.
    """
    terms = problem.terms
    count = len(terms.ia)
    if not 0 < count <= MOST_TERMS:
        return None
    weight = problem.scales[1]
    x = np.hstack([terms.a[terms.ia], -terms.s[:, None] * terms.b[terms.jb]]) * terms.w[:, None]
    p = np.concatenate([terms.g, terms.h])
    size = float(np.linalg.norm(x, axis=1).max())
    aim = problem.value(u, v) / weight
    if not aim > SMALLEST * size:
        return None
    # each side in units of its largest term, and G in units of the larger side
    sides = [max(float(np.linalg.norm(x[:, e : e + 3], axis=1).max()), 1e-150 * size) for e in (0, 3)]
    units = np.repeat(sides, 3)
    rows, right = x / units, np.concatenate([[aim / size], p / units])
    k, other = np.tril_indices(count, -1)
    wide = np.hstack([np.zeros((count, 1)), rows])
    equal = np.zeros((3, 7, 7))
    for e, entries in enumerate(([0], [1, 2, 3], [4, 5, 6])):
        equal[e][entries, entries] = 1.0
    spheres = np.array([1.0, (sides[0] / size) ** 2, (sides[1] / size) ** 2])
    start = np.diag(np.repeat(spheres / (1.0, 3.0, 3.0), (1, 3, 3)))
    none = Products(np.zeros((0, 7)), np.zeros((0, 7)))
    with one_blas_thread():
        found = propose(
            wide.T @ wide - np.outer(right, right), Products(wide[k], wide[other], 2.0), none, equal, spheres, start
        )
        tau = np.floor(found.bounded * 2.0**TAU_BITS + 0.5)
        table = np.eye(count)
        table[k, other] = table[other, k] = tau * 2.0**-TAU_BITS
        form = (rows.astype(np.longdouble).T @ table @ rows).astype(np.float64)
        form = (form + form.T) / 2.0
        linear = right[1:]
        lam, mu = float(found.levels[1]), float(found.levels[2])
        allowance = _allowance(problem, rows, linear, sides) + 64.0 * 2.0**-53 * (1.0 + float(np.abs(form).max()))
        for _ in range(12):
            inner = form - np.diag(np.repeat([lam, mu], 3)) - np.outer(linear, linear)
            low = float(np.linalg.eigvalsh(inner)[0]) - 1.25 * allowance
            if low < 0.0:
                lam, mu = lam + low, mu + low
                inner += np.diag(np.full(6, -low))
            level = _level(inner - allowance * np.eye(6), linear, lam * spheres[1] + mu * spheres[2])
            if level > 0.0:
                break
            allowance *= 4.0
        else:
            return None
    level *= 1.0 - 4.0 * (allowance + 2.0**-50)  # room in the corner of the matrix, too
    lower = level * size * weight
    if not 0.0 < lower < math.inf:
        return None
    radii = np.array(sides) / size
    point = np.concatenate([u * radii[0], v * radii[1]])
    near = partial(_tight, inner, linear, level, rows, table, radii, point)
    exponent = round(math.log2(weight)) + math.frexp(size)[1]
    one = math.ldexp(1.0, math.frexp(size)[1])
    curved = lam * (sides[0] / one) ** 2, mu * (sides[1] / one) ** 2
    return SquareProof(lower, tuple(int(t) for t in tau), curved, exponent, near)


def _tight(form: Array, p: Array, level: float, rows: Array, table: Array, radii: Array, z: Array) -> Iterator[Array]:
    """Pairs of unit vectors (6,) where nothing is lost, as far as a few starting points lead to them.

    (1, z) lies in the kernel of the matrix, and where |T_kl| < 1 one of the two terms vanishes: for each choice of the
    terms that vanish that is a subspace, which meets the spheres of these radii or does not.
    """
    matrix = np.zeros((7, 7))
    matrix[1:, 1:] = form
    matrix[0, 1:] = matrix[1:, 0] = -level * p
    matrix[0, 0] = level * float(p @ np.linalg.lstsq(form, level * p, rcond=1e-12)[0])
    wide = np.hstack([np.zeros((len(rows), 1)), rows])
    scale = float(np.abs(wide.T @ np.abs(table) @ wide).max())
    random = np.random.default_rng(0).normal(size=(STARTS, 7))
    starts = np.vstack([np.concatenate([[1.0], z]), random])
    for zeros in _covers(np.argwhere(np.tril(np.abs(table) < 1.0 - 1e-4, -1)).tolist(), ()):
        chosen = wide[list(zeros)]
        values, vectors = np.linalg.eigh(matrix + scale * (chosen.T @ chosen))
        kernel = vectors[:, values < 1e-7 * scale]
        if kernel.shape[1] < 2:
            continue
        points = starts @ kernel @ kernel.T
        for _ in range(60):  # to the spheres, to the subspace, and so on
            points = _on_spheres(points, radii) @ kernel @ kernel.T
        points = _on_spheres(points, radii)
        near = np.linalg.norm(points - points @ kernel @ kernel.T, axis=1) < 1e-3
        for c in points[near] @ kernel:
            point = _settled(c, kernel, radii)
            if point is not None:
                yield np.hstack([point[1:4] / radii[0], point[4:] / radii[1]])


def _covers(pairs: list[list[int]], zeros: tuple[int, ...]) -> list[tuple[int, ...]]:
    """Choices of at most four terms that contain one of each pair."""
    left = [pair for pair in pairs if pair[0] not in zeros and pair[1] not in zeros]
    if not left:
        return [zeros]
    if len(zeros) == 4:
        return []
    found = [cover for k in left[0] for cover in _covers(left, (*zeros, k))]
    return list({tuple(sorted(cover)): None for cover in found})


def _on_spheres(points: Array, radii: Array) -> Array:
    """The nearest (1, u, v) with u, v of the given lengths, row by row."""
    u, v = points[:, 1:4], points[:, 4:]
    lengths = [np.linalg.norm(w, axis=1)[:, None] + 1e-300 for w in (u, v)]
    return np.hstack([np.ones((len(points), 1)), u * radii[0] / lengths[0], v * radii[1] / lengths[1]])


def _settled(c: Array, kernel: Array, radii: Array) -> Array | None:
    """Newton steps for the three lengths in a subspace."""
    blocks = (kernel[:1], kernel[1:4], kernel[4:])
    for _ in range(6):
        parts = [b @ c for b in blocks]
        missing = np.array([x @ x - r * r for x, r in zip(parts, (1.0, *radii))])
        c = c - np.linalg.lstsq(np.array([2.0 * b.T @ x for b, x in zip(blocks, parts)]), missing, rcond=1e-10)[0]
    point = kernel @ c
    return None if np.abs(missing).max() > 1e-9 else _on_spheres((point * np.sign(point[0]))[None, :], radii)[0]
