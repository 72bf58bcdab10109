"""The linear proof of a leaf for laws: multipliers by a few Newton steps (the mathematics is in `leaf`)."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from ..compiled import KernelArray as Array
from ..compiled import kernel
from ..spheres.linear_proof import linear_part, newton_step
from ..spheres.patches import minimum
from .bands import band
from .terms import LawTerms

STEPS = 8
"""Newton steps in search of multipliers."""


class Work(NamedTuple):
    """Work space."""

    A: Array  # (nA, 3) bands p, r₋, r₊
    B: Array
    A2: Array
    B2: Array
    FA: Array  # (nA, 4) middle line on the flat patch: value, two slopes; half of the width
    FB: Array
    P: Array
    Q: Array
    n: Array  # (K,) multipliers
    powers: Array


@kernel
def side_bands(
    vectors: Array, c: Array, kx: Array, ky: Array, face: int, T: Array, side: int, gamma: float, powers: Array,
    X: Array,
) -> None:
    """Bands of a law at all directions of one side on a patch, into X (n, 3)."""
    for i in range(vectors.shape[0]):
        low = -1.0
        high = 1.0
        if face >= 0:
            x = vectors[i, 0]
            y = vectors[i, 1]
            z = vectors[i, 2]
            low = max(low, minimum(x, y, z, face, T, side, gamma))
            high = min(high, -minimum(-x, -y, -z, face, T, side, gamma))
        band(c, kx, ky, low, high, powers, X[i])


@kernel
def coefficients(t: LawTerms, n: Array, D: int, P: Array, Q: Array) -> None:
    """Form P, Q with the multipliers n/D."""
    for i in range(P.shape[0]):
        P[i] = -t.alpha[i] * D
    for j in range(Q.shape[0]):
        Q[j] = -t.beta[j] * D
    for k in range(t.ia.shape[0]):
        x = t.w[k] * n[k]
        P[t.ia[k]] += x
        Q[t.jb[k]] -= t.s[k] * x
    for i in range(P.shape[0]):
        P[i] /= D
    for j in range(Q.shape[0]):
        Q[j] /= D


@kernel
def bound_of(
    t: LawTerms, P: Array, Q: Array, A: Array, B: Array, face_u: int, face_v: int, T: Array, gamma: Array
) -> float:
    """What P, Q prove on a pair of patches with these bands."""
    total = 0.0
    cx = cy = cz = 0.0
    for i in range(t.a.shape[0]):
        q = P[i]
        total += q * (A[i, 1] if q > 0.0 else A[i, 2])
        q *= A[i, 0]
        cx += q * t.a[i, 0]
        cy += q * t.a[i, 1]
        cz += q * t.a[i, 2]
    dx = dy = dz = 0.0
    for j in range(t.b.shape[0]):
        q = Q[j]
        total += q * (B[j, 1] if q > 0.0 else B[j, 2])
        q *= B[j, 0]
        dx += q * t.b[j, 0]
        dy += q * t.b[j, 1]
        dz += q * t.b[j, 2]
    if t.tied:
        return total + minimum(cx + dx, cy + dy, cz + dz, face_u, T, 0, gamma[0])
    total += minimum(cx, cy, cz, face_u, T, 0, gamma[0])
    return total + minimum(dx, dy, dz, face_v, T, 1, gamma[1])


@kernel
def middle_lines(vectors: Array, X: Array, E: Array, side: int, F: Array) -> None:
    """The middle lines of the bands on the flat patch E[side], into F (n, 4)."""
    for i in range(vectors.shape[0]):
        for q in range(3):
            x = vectors[i, 0] * E[side, q, 0] + vectors[i, 1] * E[side, q, 1] + vectors[i, 2] * E[side, q, 2]
            F[i, q] = X[i, 0] * x
        F[i, 0] += 0.5 * (X[i, 1] + X[i, 2])
        F[i, 3] = 0.5 * (X[i, 2] - X[i, 1])


@kernel
def multipliers(
    t: LawTerms, D: int, target: float, face_u: int, face_v: int, T: Array, gamma: Array, E: Array, x: Array,
    spread: Array, work: Work, out: Array,
) -> float:
    """Look for multipliers n/D that prove `target` on a node; write them into out (K,), int8.

    Returns the proved bound. The point x (4,) of the flat patches ends near the minimum of G there, and spread (4,)
    gets the variation of the undecided terms along each coordinate.
    """
    FA = work.FA
    FB = work.FB
    second = 0 if t.tied else 1
    middle_lines(t.a, work.A, E, 0, FA)
    middle_lines(t.b, work.B, E, second, FB)
    lin = np.zeros(4)
    const = 0.0
    for i in range(t.a.shape[0]):
        const -= t.alpha[i] * FA[i, 0]
        lin[0] -= t.alpha[i] * FA[i, 1]
        lin[1] -= t.alpha[i] * FA[i, 2]
    for j in range(t.b.shape[0]):
        const -= t.beta[j] * FB[j, 0]
        lin[2 * second] -= t.beta[j] * FB[j, 1]
        lin[2 * second + 1] -= t.beta[j] * FB[j, 2]
    grad = np.empty(4)
    H = np.empty((4, 4))
    step = np.empty(4)
    jk = np.empty(4)
    for q in range(4):
        x[q] = 0.0
        spread[q] = 0.0
    theta = 0.3
    bound = -1e300
    for turn in range(STEPS):
        value = linear_part(const, lin, x, grad)
        H[:] = 0.0
        for k in range(t.ia.shape[0]):
            i = t.ia[k]
            j = t.jb[k]
            w = t.w[k]
            sw = t.s[k] * w
            jk[0] = w * FA[i, 1]
            jk[1] = w * FA[i, 2]
            jk[2] = -sw * FB[j, 1]
            jk[3] = -sw * FB[j, 2]
            if t.tied:
                jk[0] += jk[2]
                jk[1] += jk[3]
                jk[2] = 0.0
                jk[3] = 0.0
            y0 = w * FA[i, 0] - sw * FB[j, 0]
            width = w * (FA[i, 3] + FB[j, 3])
            r = abs(jk[0]) + abs(jk[1]) + abs(jk[2]) + abs(jk[3])
            y = y0 + jk[0] * x[0] + jk[1] * x[1] + jk[2] * x[2] + jk[3] * x[3]
            if turn == 0 and abs(y0) < r + width:
                for q in range(4):
                    spread[q] += abs(jk[q])
            if abs(y0) > r + width:
                # of one sign on the patch
                n = float(D) if y0 > 0.0 else -float(D)
                work.n[k] = n
                value += abs(y)
                for q in range(4):
                    grad[q] += jk[q] if y0 > 0.0 else -jk[q]
                continue
            eps = theta * (r + width) + 1e-300
            inverse = 1.0 / math.sqrt(y * y + eps * eps)
            tau = y * inverse
            work.n[k] = min(max(math.floor(D * tau + 0.5), -D), D)
            value += abs(y)
            bend = eps * eps * inverse * inverse * inverse
            for p in range(4):
                grad[p] += tau * jk[p]
                for q in range(4):
                    H[p, q] += bend * jk[p] * jk[q]
        coefficients(t, work.n, D, work.P, work.Q)
        trial = bound_of(t, work.P, work.Q, work.A, work.B, face_u, face_v, T, gamma)
        if trial > bound:
            bound = trial
            for k in range(t.ia.shape[0]):
                out[k] = int(work.n[k])
        if bound >= target:
            break
        moved = newton_step(H, grad, x, step)
        if moved < 0.0:
            break
        if moved < 0.1:
            theta *= 0.2
    return bound
