"""Interior points for the semidefinite programs behind square proofs (`square_proof`).

    maximise  Σ y_i b_i   subject to   S = C + Σ_j T_j Q_j − Σ_m P_m H_m − Σ_i y_i E_i ⪰ 0,   |T_j| ≤ 1,   P_m ≥ 0

with symmetric n×n matrices, n about seven; Q_j and H_m are products of two linear forms. The dual is

    minimise  C·Y + Σ_j |Q_j·Y|   subject to   E_i·Y = b_i,   H_m·Y ≥ 0,   Y ⪰ 0,

where |q| is split as α + β, q = α − β with α, β ≥ 0. A primal-dual method in the scaling of Nesterov and Todd, with the
predictor and corrector of Mehrotra. All that is unknown but dY is eliminated, so that each step solves one positive
definite system of order n(n + 1)/2, however many multipliers there are: six to twelve steps of about a millisecond.

Whatever comes out is a proposal; `square_proof` makes a proof of it or does not.

Source: M. J. Todd, K. C. Toh, R. H. Tütüncü, SIAM J. Optim. 8, 769 (1998).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from ...common.arrays import Array

__all__ = ["Products", "Proposal", "propose"]


STEPS = 40
"""Most steps of an instance; six to twelve are usual."""
REFINEMENTS = 2
LARGE = 1e300


@dataclass(frozen=True, eq=False)
class Products:
    """Symmetric matrices factor · ½(p rᵀ + r pᵀ): rows p and r (m, n) of two arrays."""

    p: Array
    r: Array
    factor: float = 1.0

    def coordinates(self, change: Array | None = None) -> Array:
        """The matrices, or Gᵀ (…) G for a change of basis G, in the coordinates of `packed`."""
        p, r = (self.p, self.r) if change is None else (self.p @ change, self.r @ change)
        i, j, half = _places(p.shape[1])
        return (p[:, i] * r[:, j] + p[:, j] * r[:, i]) * (half * self.factor)


@dataclass(frozen=True, eq=False)
class Proposal:
    """Multipliers ``bounded`` (T), ``positive`` (P), ``levels`` (y), and the moments ``moments`` (Y)."""

    bounded: Array
    positive: Array
    levels: Array
    moments: Array
    steps: int


@cache
def _places(n: int) -> tuple[Any, Any, Array]:
    i, j = np.tril_indices(n)
    return i, j, np.where(i == j, 0.5, math.sqrt(0.5))


def packed(matrix: Array) -> Array:
    """Lower triangle, off-diagonal entries times √2, so that M·N is the scalar product."""
    i, j, half = _places(len(matrix))
    return np.asarray(matrix[i, j] * (2.0 * half))


def unpacked(vector: Array, n: int) -> Array:
    """The symmetric matrix of `packed`."""
    i, j, half = _places(n)
    matrix = np.empty((n, n))
    matrix[i, j] = matrix[j, i] = vector / (2.0 * half)
    return matrix


class _Targets(NamedTuple):
    """What α(1 − T), β(1 + T), hP and, in scaled coordinates, Y + S shall change by."""

    alpha: Any
    beta: Any
    h: Any
    both: Array


class _Step(NamedTuple):
    Y: Array  # scaled and packed, as S is
    S: Array
    y: Array
    T: Array
    P: Array
    h: Array
    alpha: Array
    beta: Array


class _Iterate:
    """The current point and the scaled data there."""

    def __init__(self, C: Array, Q: Products, H: Products, E: Array, b: Array, start: Array, tolerance: float) -> None:
        self.Q, self.H, self.E, self.b = Q, H, E, b
        self.n = len(C)
        self.q, self.m = Q.coordinates(), H.coordinates()
        self.scale = max(1.0, float(np.abs(C).max()))
        # so that rounding does not make S indefinite near the end; whoever makes a proof of it has to allow for more
        self.C = C + 1e-14 * self.scale * np.eye(self.n)
        self.tolerance = tolerance * self.scale
        self.Y = start
        value = self.q @ packed(start)
        self.h = self.m @ packed(start)
        self.T = np.zeros(len(value))
        self.alpha = np.maximum(value, 0.0) + 0.1 * self.scale
        self.beta = self.alpha - value
        self.P = np.full(len(self.h), 0.1)
        without = self.combination()
        self.y = np.full(len(b), float(np.linalg.eigvalsh(without)[0]) - self.scale)
        self.S = without - np.tensordot(self.y, E, 1)

    def combination(self) -> Array:
        """C + Σ T Q − Σ P H."""
        return self.C + unpacked(self.q.T @ self.T - self.m.T @ self.P, self.n)

    @property
    def gap(self) -> float:
        pairs = self.alpha @ (1.0 - self.T) + self.beta @ (1.0 + self.T) + self.h @ self.P
        return float((self.Y * self.S).sum() + pairs)

    @property
    def order(self) -> int:
        """By which the gap is divided."""
        return self.n + 2 * len(self.T) + len(self.P)

    def scaled(self) -> None:
        """Prepare the system: G with Gᵀ S G = G⁻¹ Y G⁻ᵀ = diag(D)."""
        n = self.n
        lower, upper = np.linalg.cholesky(self.Y), np.linalg.cholesky(self.S)
        _, self.D, right = np.linalg.svd(upper.T @ lower)
        self.G = lower @ right.T / np.sqrt(self.D)
        self.qs, self.ms = self.Q.coordinates(self.G), self.H.coordinates(self.G)
        self.Es = np.array([packed(self.G.T @ e @ self.G) for e in self.E])
        self.minus, self.plus = 1.0 - self.T, 1.0 + self.T
        self.curvature = self.alpha / self.minus + self.beta / self.plus
        self.ratio = self.P / self.h
        normal = self.qs.T @ (self.qs / self.curvature[:, None]) + self.ms.T @ (self.ms * self.ratio[:, None])
        normal[np.diag_indices(len(normal))] += 1.0
        self.normal = normal
        now = packed(self.Y)
        self.missing = self.b - np.array([(e * self.Y).sum() for e in self.E])
        self.missing_q = self.q @ now - self.alpha + self.beta
        self.missing_h = self.m @ now - self.h
        self.columns = np.linalg.solve(normal, self.Es.T)
        if n == 0 or not np.isfinite(self.columns).all():
            raise np.linalg.LinAlgError

    def solve(self, right: Array, missing: Array) -> tuple[Array, Array]:
        """Y and y with N Y = right + Eᵀy and E Y = missing."""
        free = np.linalg.solve(self.normal, right)
        y = np.linalg.solve(self.Es @ self.columns, missing - self.Es @ free)
        return free + self.columns @ y, y

    def direction(self, t: _Targets) -> _Step:
        offset = (self.missing_q - t.alpha / self.minus + t.beta / self.plus) / self.curvature
        push = (t.h - self.P * self.missing_h) / self.h
        right = t.both - self.qs.T @ offset + self.ms.T @ push
        Y, y = self.solve(right, self.missing)
        T = self.qs @ Y / self.curvature + offset
        P = push - self.ratio * (self.ms @ Y)
        # where multipliers are free to move, curvatures are tiny: what rounding did is found in S, and taken back
        for _ in range(REFINEMENTS):
            S = self.qs.T @ T - self.ms.T @ P - self.Es.T @ y
            more, shift = self.solve(t.both - Y - S, self.missing - self.Es @ Y)
            Y, y = Y + more, y + shift
            T = T + self.qs @ more / self.curvature
            P = P - self.ratio * (self.ms @ more)
        h = self.ms @ Y + self.missing_h
        alpha, beta = (t.alpha + self.alpha * T) / self.minus, (t.beta - self.beta * T) / self.plus
        S = self.qs.T @ T - self.ms.T @ P - self.Es.T @ y
        return _Step(Y, S, y, T, P, h, alpha, beta)

    def lengths(self, d: _Step) -> tuple[float, float]:
        """How far Y and S may go."""
        root = 1.0 / np.sqrt(self.D)

        def within(change: Array) -> float:
            low = float(np.linalg.eigvalsh(root[:, None] * unpacked(change, self.n) * root)[0])
            return LARGE if low >= 0.0 else -1.0 / low

        def positive(x: Array, change: Array) -> float:
            falling = change < 0.0
            return float((x[falling] / -change[falling]).min(initial=LARGE))

        primal = min(within(d.Y), positive(self.alpha, d.alpha), positive(self.beta, d.beta), positive(self.h, d.h))
        dual = min(within(d.S), positive(self.minus, -d.T), positive(self.plus, d.T), positive(self.P, d.P))
        return primal, dual

    def step(self) -> bool:
        """Predictor, corrector and a step; False where rounding leaves none."""
        self.scaled()
        n, D, gap = self.n, np.diag(self.D), self.gap
        complementary = _Targets(-self.alpha * self.minus, -self.beta * self.plus, -self.h * self.P, -packed(D))
        d = self.direction(complementary)
        first, second = (min(1.0, x) for x in self.lengths(d))
        y, s = unpacked(d.Y, n), unpacked(d.S, n)
        after = ((D + first * y) * (D + second * s)).sum() + (self.h + first * d.h) @ (self.P + second * d.P)
        after += (self.alpha + first * d.alpha) @ (self.minus - second * d.T)
        after += (self.beta + first * d.beta) @ (self.plus + second * d.T)
        centring = min(max(float(after) / gap, 0.0), 1.0) ** 3
        aim = max(centring * gap, 0.1 * self.tolerance) / self.order  # no nearer to the boundary than is wanted
        product = y @ s
        both = np.diag(aim / self.D) - D - (product + product.T) / (self.D[:, None] + self.D)
        corrected = _Targets(
            complementary.alpha + aim + d.alpha * d.T,
            complementary.beta + aim - d.beta * d.T,
            complementary.h + aim - d.h * d.P,
            packed(both),
        )
        d = self.direction(corrected)
        damping = min(max(0.9, 1.0 - 10.0 * centring), 0.9999)
        first, second = (min(1.0, damping * x) for x in self.lengths(d))
        if not math.isfinite(first * float(np.abs(d.Y).sum()) + second * float(np.abs(d.S).sum())):
            return False
        Y = self.Y + first * (self.G @ unpacked(d.Y, n) @ self.G.T)
        self.Y = (Y + Y.T) / 2.0
        self.alpha = self.alpha + first * d.alpha
        self.beta = self.beta + first * d.beta
        self.h = self.h + first * d.h
        # S anew from the multipliers: what they prove counts, not what rounding makes of sums of steps
        before = self.T, self.P, self.y, self.S
        for _ in range(6):
            self.T, self.P, self.y = before[0] + second * d.T, before[1] + second * d.P, before[2] + second * d.y
            self.S = self.combination() - np.tensordot(self.y, self.E, 1)
            if np.linalg.eigvalsh(self.S)[0] > 0.0:
                return max(first, second) > 1e-6
            second *= 0.5
        self.T, self.P, self.y, self.S = before
        return False


def propose(
    C: Array, bounded: Products, positive: Products, equal: Array, b: Array, start: Array, *, tolerance: float = 1e-13
) -> Proposal:
    """Multipliers of the program in the module's text.

    Parameters
    ----------
    C : ndarray, shape (n, n)
    bounded, positive : Products
        The Q_j and the H_m.
    equal : ndarray, shape (e, n, n)
        The E_i, whose sum is positive definite.
    b : ndarray, shape (e,)
    start : ndarray, shape (n, n)
        A positive definite Y with E_i·Y = b_i and H_m·Y > 0.
    tolerance : float
        Of the gap, in units of the largest entry of C or of 1.

    Returns
    -------
    Proposal
        As far as rounding let it come; |T| ≤ 1 and P ≥ 0 hold.
    """
    now = _Iterate(C, bounded, positive, equal, b, start, tolerance)
    steps = 0
    with np.errstate(all="ignore"):
        while steps < STEPS and now.gap > now.tolerance:
            steps += 1
            try:
                if not now.step():
                    break
            except np.linalg.LinAlgError:
                break
    return Proposal(np.clip(now.T, -1.0, 1.0), np.maximum(now.P, 0.0), now.y, now.Y, steps)
