"""Sums of weighted medians over one sphere: values, the planes that touch them, and local minimisers (`one_sphere`)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...common.arrays import Array
from ...errors import SolverError
from ..solvers.lp import solve

__all__ = ["MedianProblem", "descend", "polish", "units"]


_UNIT = 2.0**-53


@dataclass(frozen=True, eq=False)
class MedianProblem:
    """The function G.

    Parameters
    ----------
    x : ndarray, shape (n, m, 3)
        The vectors x_ij, of length at most 1.
    weights : ndarray, shape (n, m)
        w_ij ≥ 0.
    g : ndarray, shape (n,)
    h : ndarray, shape (3,)
    even : bool
        Whether G(−v) = G(v) for the exact numbers that these stand for, so that half of the sphere is enough.
    """

    x: Array
    weights: Array
    g: Array
    h: Array
    even: bool

    def medians(self, v: Array) -> tuple[Array, Array]:
        """G, shape (k,), and the A_i, shape (k, n), at unit vectors v (k, 3)."""
        y = np.einsum("kc,ijc->kij", v, self.x)
        total = self.weights.sum(axis=1)
        order = np.argsort(y, axis=2, kind="stable")
        sums = np.cumsum(np.take_along_axis(np.broadcast_to(self.weights, y.shape), order, axis=2), axis=2)
        wanted = 0.5 * (total + self.g)
        place = (sums < wanted[None, :, None] - 1e-15 * total[None, :, None]).sum(axis=2)
        place = np.minimum(place, y.shape[2] - 1)
        at = np.take_along_axis(order, place[:, :, None], axis=2)
        alice = np.take_along_axis(y, at, axis=2)[:, :, 0]
        alice = np.where(np.abs(self.g) > total, np.sign(self.g), np.where(total > 0.0, alice, 0.0))
        values = (self.weights * np.abs(alice[:, :, None] - y)).sum(axis=(1, 2)) - alice @ self.g - v @ self.h
        return values, alice

    def multipliers(self, v: Array) -> Array:
        """The τ of the planes that touch G at v, shape (k, n, m)."""
        y = np.einsum("kc,ijc->kij", v, self.x)
        _, alice = self.medians(v)
        tau = np.sign(alice[:, :, None] - y)
        total = self.weights.sum(axis=1)
        # the terms on the median share what is left, so that c vanishes
        tied = (np.abs(alice[:, :, None] - y) <= 1e-14) & (self.weights > 0.0)
        tau[tied] = 0.0
        rest = self.g - (self.weights * tau).sum(axis=2)
        room = (self.weights * tied).sum(axis=2)
        share = np.divide(rest, room, out=np.zeros_like(rest), where=room > 0.0)
        tau = np.where(tied, np.clip(share, -1.0, 1.0)[:, :, None], tau)
        return np.where((np.abs(self.g) > total)[None, :, None], np.sign(self.g)[None, :, None], tau)

    def planes(self, tau: Array) -> tuple[Array, Array]:
        """d, shape (k, 3), and Σ|c_i|, shape (k,), of multipliers (k, n, m)."""
        weighted = self.weights * tau
        lost = np.abs(weighted.sum(axis=2) - self.g).sum(axis=1)
        return -np.einsum("kij,ijc->kc", weighted, self.x) - self.h, lost

    @property
    def size(self) -> float:
        """Upper limit on |G|."""
        return float(2.0 * self.weights.sum() + np.abs(self.g).sum() + np.linalg.norm(self.h))

    @property
    def rounding(self) -> float:
        """How far a computed plane, or a computed bound of one on a patch, may be above the exact one."""
        n, m, _ = self.x.shape
        return (n * m + n + 60) * 2.0 * _UNIT * self.size


def units(v: Array) -> Array:
    """Each vector divided by its length."""
    return np.asarray(v / np.linalg.norm(v, axis=-1, keepdims=True), dtype=np.float64)


def _tangents(v: Array) -> tuple[Array, Array]:
    """Two unit vectors (k, 3) each that are orthogonal to v and to each other."""
    axis = np.eye(3)[np.abs(v).argmin(axis=1)]
    first = units(np.cross(v, axis))
    return first, np.cross(v, first)


def descend(problem: MedianProblem, v: Array, rounds: int = 24) -> Array:
    """Walk downhill from every v (k, 3): against the plane's slope, with steps that shrink where it goes up."""
    v = units(np.array(v, dtype=np.float64))
    step = np.full(len(v), 0.3)
    value, _ = problem.medians(v)
    for _ in range(rounds):
        d, _ = problem.planes(problem.multipliers(v))
        slope = d - (d * v).sum(axis=1)[:, None] * v
        length = np.linalg.norm(slope, axis=1)
        moving = length > 1e-15 * max(problem.size, 1e-300)
        trial = units(v - np.where(moving, step / np.where(moving, length, 1.0), 0.0)[:, None] * slope)
        after, _ = problem.medians(trial)
        better = after < value
        v, value = np.where(better[:, None], trial, v), np.where(better, after, value)
        step = np.where(better, 1.2 * step, 0.4 * step)
    return v


def polish(problem: MedianProblem, v: Array) -> tuple[Array, float]:
    """A local minimum next to the unit vector v (3,): planes around it are minimised in the tangent plane, in turn."""
    value, radius = float(problem.medians(v[None])[0][0]), 0.02
    kept_tau = problem.multipliers(v[None])
    for _ in range(60):
        e, f = (t[0] for t in _tangents(v[None]))
        angles = np.arange(8) * (np.pi / 4.0)
        around = units(v + radius * (np.cos(angles)[:, None] * e + np.sin(angles)[:, None] * f))
        kept_tau = np.concatenate([kept_tau[-24:], problem.multipliers(np.vstack([v[None], around]))])
        d, lost = problem.planes(kept_tau)
        rows = np.stack([d @ e, d @ f, -np.ones(len(d))], axis=1)
        try:
            answer = solve(
                np.array([0.0, 0.0, 1.0]), rows, lost - d @ v,
                lower=np.array([-radius, -radius, -10.0 * problem.size - 1.0]),
                upper=np.array([radius, radius, 10.0 * problem.size + 1.0]),
            )  # fmt: skip
        except SolverError:
            break
        trial = units(v + answer.x[0] * e + answer.x[1] * f)
        after = float(problem.medians(trial[None])[0][0])
        if after < value - 1e-16 * problem.size:
            v, value = trial, after
            radius = max(0.7 * radius, 3.0 * float(np.hypot(*answer.x[:2])))
        else:
            radius *= 0.1
        if radius < 1e-10:
            break
    return v, value
