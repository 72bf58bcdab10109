"""Local minima of G(u, v) for any laws: a smoothed Newton method on the tangent planes.

As in `nsmodels.engines.spheres.descent`, with F(a·u) in place of a·u: the gradient of the smoothed G is
Σ_i P_i F'(a_i·u) a_i with P_i = Σ_j w τ − α_i, and its second derivative gets Σ_i P_i F''(a_i·u) a_i a_iᵀ besides.
Where the spheres are one (v = u) both parts are added up.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from ..compiled import KernelArray as Array
from ..spheres.descent import Pace, measure, smoothed, space
from .bands import smooth_value
from .terms import LawTerms

EPS_LAST = 1e-9
"""The last smoothing of a descent."""


def pace(steps: int) -> Pace:
    """The pace of a descent with so many Newton steps for each ε."""
    return Pace(4 * steps, steps, 16, 1e-13, False)


class Space(NamedTuple):
    """Work space."""

    A: Array  # (nA, 3) F, F' and F''
    B: Array
    P: Array  # (nA,)
    Q: Array


@space.of(LawTerms)
def own_space(t: LawTerms) -> Space:
    """Work space for so many directions."""
    n_a = t.a.shape[0]
    n_b = t.b.shape[0]
    return Space(np.empty((n_a, 3)), np.empty((n_b, 3)), np.empty(n_a), np.empty(n_b))


@measure.of(LawTerms)
def own_measure(t: LawTerms) -> tuple[float, int]:
    """Σ w + Σ |α| + Σ |β|; one sphere where v is u."""
    scale = 1e-300
    for k in range(t.w.shape[0]):
        scale += t.w[k]
    for i in range(t.alpha.shape[0]):
        scale += abs(t.alpha[i])
    for j in range(t.beta.shape[0]):
        scale += abs(t.beta[j])
    return scale, (1 if t.tied else 2)


@smoothed.of(LawTerms)
def own_smoothed(
    t: LawTerms, u: Array, v: Array, eps: float, room: Space, cd: Array, H: Array, path: Array
) -> float:
    """As `smoothed` says, but that the path is not followed."""
    A = room.A
    B = room.B
    P = room.P
    Q = room.Q
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
