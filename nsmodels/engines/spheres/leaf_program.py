"""Interior points for the semidefinite programs of square leaves (`square_leaf`), compiled.

The program is that of `square_program`, with n = 7 and the three equations of the spheres, and with affine multipliers
σ_k that are free but for their limits |σ_k·z| ≤ L·z at the corners of the patches:

    maximise Σy  subject to  S = C + Σ_kl 2T_kl y_k y_lᵀ + Σ_k 2σ_k y_kᵀ − Σ_ij P_ij h_i h_jᵀ − Σ y_e E_e ⪰ 0,

|T| ≤ 1, P ≥ 0, all products made symmetric. Here it is solved for many patches one after another, by a primal-dual
method with predictor and corrector (`leaf_step` has the directions). It stops as soon as the value is large enough, or
the moments show that it cannot become so.

The least of an affine function on two patches is a sum of two minima. For each σ_k and sign one number θ says how its
constant part is shared out between them, so that sixteen limits stand for the 64 pairs of corners.
"""

from __future__ import annotations

import numpy as np

from ..compiled import KernelArray as Array
from ..compiled import ahead, kernel
from .leaf_step import FREE, LIMITS, Direction, LeafProgram, Point, assemble, direction, room_for
from .small_matrices import cholesky, congruence

__all__ = ["compile_steps", "form", "program"]


STEPS = 30
START = 0.01
"""The multipliers at the beginning, in units of the largest entry of C or of 1."""


@kernel
def form(data: LeafProgram, x: Array, sigma: Array, y: Array, out: Array) -> None:
    """S of the multipliers x (m,), which are T and −P, σ (K, 7) and y (3,)."""
    total = np.empty(7)
    for i in range(7):
        for j in range(i + 1):
            out[i, j] = data.C[i, j]
    q = 0
    for k in range(data.vectors.shape[0]):
        head = data.vectors[k]
        for i in range(7):
            total[i] = 0.0
        for j in range(0 if k < data.terms else data.terms, k):
            f = x[q] if k < data.terms else 0.5 * x[q]
            q += 1
            for i in range(7):
                total[i] += f * data.vectors[j, i]
        if k < data.terms:
            for i in range(7):
                total[i] += sigma[k, i]
        for i in range(7):
            for j in range(i + 1):
                out[i, j] += head[i] * total[j] + total[i] * head[j]
    for i in range(7):
        out[i, i] -= y[0] if i == 0 else y[1] if i < 4 else y[2]
        for j in range(i):
            out[j, i] = out[i, j]


@kernel
def _combination(data: LeafProgram, s: Array, sigma: Array) -> None:
    """σ (K, 7) of its unknowns s (K, 9)."""
    for k in range(s.shape[0]):
        for i in range(7):
            z = 0.0
            for e in range(7):
                z += s[k, 2 + e] * data.basis[e, i]
            sigma[k, i] = z


@kernel
def _start(data: LeafProgram, now: Point, scale: float) -> None:
    """σ = 0, T = 0, and S far from singular."""
    m = 0
    for k in range(data.vectors.shape[0]):
        for other in range(0 if k < data.terms else data.terms, k):
            q = 0.0
            for i in range(7):
                for j in range(7):
                    q += data.vectors[k, i] * now.Y[i, j] * data.vectors[other, j]
            if m < data.pairs:
                now.x[m] = 0.0
                now.alpha[m] = max(2.0 * q, 0.0) + START * scale
                now.beta[m] = now.alpha[m] - 2.0 * q
            else:
                now.alpha[m] = max(q, 1e-14)
                now.beta[m] = 0.0
                now.x[m] = -0.1 * START * scale / max(now.alpha[m], 1e-3)
            m += 1
    K = data.terms
    for k in range(K):
        for c in range(LIMITS):
            now.p[k, c] = data.least[c] - data.limits[c, 0] * now.s[k, 0] - data.limits[c, 1] * now.s[k, 1]
            now.pi[k, c] = START * scale / (K * max(now.p[k, c], 1e-3))
    _combination(data, now.s, now.sigma)
    for e in range(3):
        now.y[e] = 0.0
    form(data, now.x, now.sigma, now.y, now.S)
    low = 0.0
    for i in range(7):
        z = now.S[i, i]
        for j in range(7):
            if j != i:
                z -= abs(now.S[i, j])
        low = min(low, z)
    for e in range(3):
        now.y[e] = low - scale
    form(data, now.x, now.sigma, now.y, now.S)


@kernel
def _lengths(data: LeafProgram, now: Point, d: Direction) -> tuple[float, float]:
    """The largest steps, at most 1, that keep all multipliers positive; matrices are left to `_reach`."""
    first = 1.0
    second = 1.0
    for k in range(now.x.shape[0]):
        first = max(first, -d.alpha[k] / now.alpha[k])
        if k < data.pairs:
            first = max(first, -d.beta[k] / now.beta[k])
            second = max(second, d.x[k] / (1.0 - now.x[k]), -d.x[k] / (1.0 + now.x[k]))
        else:
            second = max(second, -d.x[k] / now.x[k])
    for k in range(data.terms):
        for c in range(LIMITS):
            first = max(first, -d.pi[k, c] / now.pi[k, c])
            second = max(second, -d.p[k, c] / now.p[k, c])
    return 1.0 / first, 1.0 / second


@kernel
def _reach(base: Array, d: Array, length: float, M: Array, W: Array) -> float:
    """How far, at most ``length``, base + t·d is positive definite."""
    for _try in range(60):
        for i in range(7):
            for j in range(i + 1):
                M[i, j] = base[i, j] + length * d[i, j]
        if cholesky(M, W, 7):
            return length
        length *= 0.9
    return 0.0


@kernel
def _products(data: LeafProgram, now: Point, d: Direction, St: Array, first: float, second: float) -> float:
    """The gap after steps of these lengths."""
    gap = 0.0
    for i in range(7):
        for j in range(7):
            gap += ((1.0 if i == j else 0.0) + first * d.X[i, j]) * (St[i, j] + second * d.dS[i, j])
    for k in range(now.x.shape[0]):
        alpha = now.alpha[k] + first * d.alpha[k]
        x = now.x[k] + second * d.x[k]
        if k < data.pairs:
            gap += alpha * (1.0 - x) + (now.beta[k] + first * d.beta[k]) * (1.0 + x)
        else:
            gap -= alpha * x
    for k in range(data.terms):
        for c in range(LIMITS):
            gap += (now.pi[k, c] + first * d.pi[k, c]) * (now.p[k, c] + second * d.p[k, c])
    return gap


@kernel
def _moments(Y: Array, L: Array, X: Array, first: float, M: Array, W: Array) -> None:
    """Replace Y = L Lᵀ by L (1 + first X) Lᵀ."""
    for i in range(7):
        for j in range(7):
            M[i, j] = first * X[i, j]
        M[i, i] += 1.0
    for i in range(7):
        for j in range(7):
            z = 0.0
            for k in range(i + 1):
                z += L[i, k] * M[k, j]
            W[i, j] = z
    for i in range(7):
        for j in range(i + 1):
            z = 0.0
            for k in range(j + 1):
                z += W[i, k] * L[j, k]
            Y[i, j] = z
            Y[j, i] = z


@kernel
def program(data: LeafProgram, now: Point, enough: float) -> bool:
    """Whether multipliers with Σy ≥ ``enough`` and S positive definite are found; they are left in ``now``.

    ``now``: with positive definite moments Y with E·Y = 1, and unknowns s that are zero but for the θ, which are such
    that σ = 0 is within its limits; all is overwritten.
    """
    m = now.x.shape[0]
    K = data.terms
    d = Direction(
        np.zeros((7, 7)), np.zeros((7, 7)), np.zeros(m), np.zeros((K, FREE)), np.zeros(3), np.zeros(m), np.zeros(m),
        np.zeros((K, LIMITS)), np.zeros((K, LIMITS)),
    )  # fmt: skip
    room = room_for(m, K, data.vectors.shape[0])
    S = np.zeros((7, 7))
    new_x = np.empty(m)
    new_s = np.empty((K, FREE))
    new_sigma = np.empty((K, 7))
    new_y = np.empty(3)
    scale = 1.0
    for i in range(7):
        for j in range(7):
            scale = max(scale, abs(data.C[i, j]))
    _start(data, now, scale)
    value = now.y[0] + now.y[1] + now.y[2]
    order = 7 + m + data.pairs + K * LIMITS
    missing = 1.0  # what is left of the first violation of the equations for σ
    for _step in range(STEPS):
        gap = 0.0
        primal = 0.0
        for i in range(7):
            for j in range(7):
                gap += now.Y[i, j] * now.S[i, j]
                primal += now.Y[i, j] * data.C[i, j]
        for k in range(m):
            if k < data.pairs:
                gap += now.alpha[k] * (1.0 - now.x[k]) + now.beta[k] * (1.0 + now.x[k])
                primal += now.alpha[k] + now.beta[k]
            else:
                gap -= now.alpha[k] * now.x[k]
        for k in range(K):
            for c in range(LIMITS):
                gap += now.pi[k, c] * now.p[k, c]
                primal += now.pi[k, c] * data.least[c]
        if value >= enough or (primal < enough and missing < 1e-4) or not gap > 1e-13 * scale:
            break
        if not cholesky(now.Y, room.L, 7):
            break
        congruence(now.S, room.L, room.half, room.St)
        if not assemble(data, now, room):
            break
        direction(data, now, room, 0.0, 0.0, d)
        first, second = _lengths(data, now, d)
        first = _reach(room.one, d.X, first, S, room.W)
        second = _reach(room.St, d.dS, second, S, room.W)
        left = max(_products(data, now, d, room.St, first, second) / gap, 0.0)
        centring = min(max(left**3, 1e-3), 1.0)
        direction(data, now, room, centring * gap / order, 1.0, d)
        first, second = _lengths(data, now, d)
        first = 0.98 * _reach(room.one, d.X, first, S, room.W)
        second = 0.98 * _reach(room.St, d.dS, second, S, room.W)
        _moments(now.Y, room.L, d.X, first, S, room.W)
        for k in range(m):
            now.alpha[k] += first * d.alpha[k]
            if k < data.pairs:
                now.beta[k] += first * d.beta[k]
        for k in range(K):
            for c in range(LIMITS):
                now.pi[k, c] += first * d.pi[k, c]
        missing *= 1.0 - first
        moved = False
        for _try in range(40):
            for k in range(m):
                new_x[k] = now.x[k] + second * d.x[k]
            for k in range(K):
                for e in range(FREE):
                    new_s[k, e] = now.s[k, e] + second * d.s[k, e]
            _combination(data, new_s, new_sigma)
            for e in range(3):
                new_y[e] = now.y[e] + second * d.y[e]
            form(data, new_x, new_sigma, new_y, S)
            if cholesky(S, room.W, 7):
                moved = True
                break
            second *= 0.8
        if not moved:
            break
        # entry by entry: to compile the assignment of whole arrays takes a second for each
        for i in range(7):
            for j in range(7):
                now.S[i, j] = S[i, j]
        for k in range(m):
            now.x[k] = new_x[k]
        for k in range(K):
            for e in range(FREE):
                now.s[k, e] = new_s[k, e]
            for e in range(7):
                now.sigma[k, e] = new_sigma[k, e]
            for c in range(LIMITS):
                now.p[k, c] += second * d.p[k, c]
        for e in range(3):
            now.y[e] = new_y[e]
        value = new_y[0] + new_y[1] + new_y[2]
    return value >= enough


def compile_steps() -> None:
    """Compile what `program` needs for a step, while another process compiles what comes before it."""

    def arrays(*dimensions: int) -> list[Array]:
        return [np.empty((1,) * number) for number in dimensions]

    C, vectors, basis, limits, least = arrays(2, 2, 2, 2, 1)
    data = LeafProgram(C, 1, 1, vectors, basis, limits, least)
    now = Point(*arrays(2, 2, 1, 2, 2, 1, 1, 1, 2, 2))
    d = Direction(*arrays(2, 2, 1, 2, 1, 1, 1, 2, 2))
    room = room_for.py_func(1, 1, 1)
    ahead(assemble, data, now, room)
    ahead(direction, data, now, room, 0.0, 0.0, d)
    ahead(_lengths, data, now, d)
    ahead(_reach, C, C, 0.0, C, C)
    ahead(_products, data, now, d, C, 0.0, 0.0)
    ahead(_moments, C, C, C, 0.0, C, C)
