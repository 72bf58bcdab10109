"""Local minima of G(u, v) for any laws: a smoothed Newton method on the tangent planes.

As in `nsmodels.engines.spheres.descent`, with F(a·u) in place of a·u: the gradient of the smoothed G is
Σ_i P_i F'(a_i·u) a_i with P_i = Σ_j w τ − α_i, and its second derivative gets Σ_i P_i F''(a_i·u) a_i a_iᵀ besides.
Where the spheres are one (v = u) both parts are added up.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..compiled import entry, kernel
from ..spheres.descent import retract, solve_shifted, tangents
from .bands import smooth_value
from .terms import LawTerms

Array = Any

EPS_LAST = 1e-9
"""The last smoothing of a descent."""


@kernel
def smoothed(
    t: LawTerms, u: Array, v: Array, eps: float, A: Array, B: Array, P: Array, Q: Array, cd: Array, H: Array
) -> float:
    """Value of the smoothed G; gradient into cd (6,), second derivatives into H (6, 6).

    A (nA, 3), B (nB, 3), P (nA,), Q (nB,) are work space.
    """
    value = 0.0
    for i in range(t.a.shape[0]):
        x = t.a[i, 0] * u[0] + t.a[i, 1] * u[1] + t.a[i, 2] * u[2]
        smooth_value(t.ca, t.kxa, t.kya, x, eps, A[i])
        P[i] = -t.alpha[i]
        value -= t.alpha[i] * A[i, 0]
    for j in range(t.b.shape[0]):
        x = t.b[j, 0] * v[0] + t.b[j, 1] * v[1] + t.b[j, 2] * v[2]
        smooth_value(t.cb, t.kxb, t.kyb, x, eps, B[j])
        Q[j] = -t.beta[j]
        value -= t.beta[j] * B[j, 0]
    cd[:] = 0.0
    H[:, :] = 0.0
    for k in range(t.ia.shape[0]):
        i = t.ia[k]
        j = t.jb[k]
        y = A[i, 0] - t.s[k] * B[j, 0]
        r = math.sqrt(y * y + eps * eps)
        value += t.w[k] * r
        tau = t.w[k] * y / r if r > 0.0 else 0.0
        P[i] += tau
        Q[j] -= t.s[k] * tau
        bend = t.w[k] * eps * eps / (r * r * r) if r > 0.0 else 0.0
        for e in range(3):
            x = bend * A[i, 1] * t.a[i, e]
            z = -bend * t.s[k] * B[j, 1] * t.b[j, e]
            for f in range(3):
                H[e, f] += x * A[i, 1] * t.a[i, f]
                H[3 + e, f] += z * A[i, 1] * t.a[i, f]
                H[3 + e, 3 + f] -= z * t.s[k] * B[j, 1] * t.b[j, f]
    for i in range(t.a.shape[0]):
        for e in range(3):
            cd[e] += P[i] * A[i, 1] * t.a[i, e]
            for f in range(3):
                H[e, f] += P[i] * A[i, 2] * t.a[i, e] * t.a[i, f]
    for j in range(t.b.shape[0]):
        for e in range(3):
            cd[3 + e] += Q[j] * B[j, 1] * t.b[j, e]
            for f in range(3):
                H[3 + e, 3 + f] += Q[j] * B[j, 2] * t.b[j, e] * t.b[j, f]
    if t.tied:
        for e in range(3):
            cd[e] += cd[3 + e]
            for f in range(3):
                H[e, f] += H[3 + e, f] + H[3 + f, e] + H[3 + e, 3 + f]
    return value


@kernel
def in_tangents(
    t: LawTerms, u: Array, v: Array, bu: Array, bv: Array, cd: Array, H: Array, M: Array, grad: Array
) -> float:
    """Gradient (4,) and second derivatives M (leading block of 4, or of 2) in the tangent planes; the gradient's size.

    Tangent bases are written into bu, bv (2, 3).
    """
    tangents(u, bu)
    tangents(v, bv)
    size = 0.0
    sides = 1 if t.tied else 2
    for side in range(sides):
        x = u if side == 0 else v
        basis = bu if side == 0 else bv
        k = 3 * side
        force = cd[k] * x[0] + cd[k + 1] * x[1] + cd[k + 2] * x[2]
        for p in range(2):
            g = 0.0
            for e in range(3):
                g += cd[k + e] * basis[p, e]
            grad[2 * side + p] = g
            size = max(size, abs(g))
            for other in range(side + 1):
                second = bu if other == 0 else bv
                for q in range(2):
                    z = 0.0
                    for e in range(3):
                        for f in range(3):
                            z += basis[p, e] * H[k + e, 3 * other + f] * second[q, f]
                    M[2 * side + p, 2 * other + q] = z
            M[2 * side + p, 2 * side + p] -= force  # the curvature of the sphere
    return size


@entry
def descend_many(
    t: LawTerms, U: Array, V: Array, eps_first: float, eps_last: float, factor: float, steps: int, values: Array
) -> None:
    """Move every row of U, V (m, 3) in place to a local minimiser of G, with G there into values (m,).

    At most `steps` Newton steps for each ε (`factor` times the last one), with a shift that grows until G falls.
    """
    A = np.empty((t.a.shape[0], 3))
    B = np.empty((t.b.shape[0], 3))
    P = np.empty(t.a.shape[0])
    Q = np.empty(t.b.shape[0])
    cd = np.empty(6)
    H = np.empty((6, 6))
    M = np.zeros((6, 6))
    bu = np.empty((2, 3))
    bv = np.empty((2, 3))
    grad = np.zeros(6)
    step = np.zeros(6)
    un = np.empty(3)
    vn = np.empty(3)
    n = 2 if t.tied else 4
    scale = 1e-300
    for k in range(t.w.shape[0]):
        scale += t.w[k]
    for i in range(t.alpha.shape[0]):
        scale += abs(t.alpha[i])
    for j in range(t.beta.shape[0]):
        scale += abs(t.beta[j])
    for row in range(U.shape[0]):
        u = U[row]
        v = V[row]
        for e in range(3):
            un[e] = u[e]
            vn[e] = v[e]
        eps = eps_first
        value = 0.0
        shift = 0.0
        fresh = True  # at a new ε: there is nothing to compare with
        left = 4 * steps
        tries = 0
        while True:
            last = eps <= 0.0  # only the value itself is wanted
            trial = smoothed(t, un, vn, eps, A, B, P, Q, cd, H)
            if last:
                values[row] = trial
                break
            if fresh or trial <= value:
                moved = fresh or value - trial > 1e-15 * scale
                value = trial
                for e in range(3):
                    u[e] = un[e]
                    v[e] = vn[e]
                if not fresh:
                    shift = 0.25 * shift if shift > 1e-9 * scale else 0.0
                    left -= 1
                fresh = False
                tries = 0
                size = in_tangents(t, u, v, bu, bv, cd, H, M, grad)
                done = not moved or left == 0 or size <= 1e-13 * scale or (size <= 1e-4 * scale and eps > eps_last)
            else:
                shift = max(2e-3 * scale, 4.0 * shift)
                tries += 1
                done = tries == 16
            if done:
                eps = max(eps * factor, eps_last) if eps > eps_last else 0.0
                fresh = True
                left = steps
                tries = 0
                shift = 0.0
                for p in range(4):
                    step[p] = 0.0
            else:
                while not solve_shifted(M, grad, n, shift, step) and tries < 16:
                    shift = max(2e-3 * scale, 4.0 * shift)
                    tries += 1
                length = max(abs(step[0]), abs(step[1]))
                if n == 4:
                    length = max(length, abs(step[2]), abs(step[3]))
                if length > 0.7 or tries == 16:
                    for p in range(4):
                        step[p] = step[p] * 0.7 / length if tries < 16 else 0.0
            retract(u, bu, step[0], step[1], un)
            if t.tied:
                for e in range(3):
                    vn[e] = un[e]
            else:
                retract(v, bv, step[2], step[3], vn)
