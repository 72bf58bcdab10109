"""Local minima of G(u, v) over two unit spheres: a smoothed Newton method on the tangent planes.

G(u, v) = Σ_k w_k |y_k| − g·u − h·v with y_k = a_i·u − s_k b_j·v is not differentiable where a term vanishes, and that
is where its minima sit. Each |y| is therefore replaced by √(y² + ε²), a Newton method runs in the two tangent planes,
and ε goes to zero. The multipliers τ_k = y_k/√(y_k² + ε²) converge to Lagrange multipliers of the vanishing terms that
lie well inside (−1, 1) where there is a choice: just what the proof near a minimiser needs (`leaf`).

The terms are stored row by row (i non-decreasing), s = ±1, w > 0.

The descent itself (`descend_many`) serves every function whose kernels are declared by `by_type` below
(`nsmodels.engines.laws.descent` has those for laws).
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from ..compiled import KernelArray as Array
from ..compiled import by_type, entry, kernel
from .small_matrices import solve
from .tree import Terms

EPS_LAST = 1e-8
"""Smoothing ε at the end of a descent, before the polish."""


class Pace(NamedTuple):
    """How patient a descent is."""

    first: int  # Newton steps at the first ε, which has the longest way to go
    later: int  # at the others
    tries: int  # shifts of the system before a step is given up
    small: float  # size of a gradient that counts as zero, in units of the weights
    halting: bool  # whether ε falls more slowly where the steps did not suffice, as on the way to degenerate minima


def pace(steps: int) -> Pace:
    """The pace of a descent with so many Newton steps for each ε."""
    return Pace(8 * steps, steps, 12, 1e-12, True)


@by_type
def space(terms: Any) -> Any:
    """Work space of `smoothed`."""


@by_type
def measure(terms: Any) -> Any:
    """The sum of the moduli of all weights, and on how many spheres the function lives; 1: v is u."""


@by_type
def smoothed(terms: Any, u: Array, v: Array, eps: float, room: Any, cd: Array, H: Array, path: Array) -> Any:
    """Value of the smoothed G at (u, v).

    Gradient into cd (6,), Hessian of the sum into H (6, 6), −∂gradient/∂ε into path (6,), if it is looked at.
    """


@kernel
def tangents(x: Array, basis: Array) -> None:
    """Write two orthonormal tangent vectors of the unit sphere at `x` (3,) into `basis` (2, 3)."""
    k = 0
    if abs(x[1]) < abs(x[k]):
        k = 1
    if abs(x[2]) < abs(x[k]):
        k = 2
    # e_k − (x·e_k) x is never short, because x_k is the smallest coordinate
    norm = math.sqrt(max(1.0 - x[k] * x[k], 1e-30))
    for e in range(3):
        basis[0, e] = -x[k] * x[e] / norm
    basis[0, k] += 1.0 / norm
    basis[1, 0] = x[1] * basis[0, 2] - x[2] * basis[0, 1]
    basis[1, 1] = x[2] * basis[0, 0] - x[0] * basis[0, 2]
    basis[1, 2] = x[0] * basis[0, 1] - x[1] * basis[0, 0]


class Space(NamedTuple):
    """Work space."""

    A: Array  # (nA,) a·u
    B: Array


@space.of(Terms)
def own_space(terms: Terms) -> Space:
    """Work space for so many directions."""
    return Space(np.empty(terms.a.shape[0]), np.empty(terms.b.shape[0]))


@measure.of(Terms)
def own_measure(terms: Terms) -> tuple[float, int]:
    """Σ w, and two spheres."""
    scale = 1e-300
    for k in range(terms.w.shape[0]):
        scale += terms.w[k]
    return scale, 2


@smoothed.of(Terms)
def own_smoothed(
    terms: Terms, u: Array, v: Array, eps: float, room: Space, cd: Array, H: Array, path: Array
) -> float:
    """As `smoothed` says."""
    A = room.A
    B = room.B
    a, b, ia, jb, s, w, g, h = terms
    for i in range(a.shape[0]):
        A[i] = a[i, 0] * u[0] + a[i, 1] * u[1] + a[i, 2] * u[2]
    for j in range(b.shape[0]):
        B[j] = b[j, 0] * v[0] + b[j, 1] * v[1] + b[j, 2] * v[2]
    value = 0.0
    for e in range(3):
        cd[e] = -g[e]
        cd[3 + e] = -h[e]
        value -= g[e] * u[e] + h[e] * v[e]
    H[:, :] = 0.0
    path[:] = 0.0
    eps2 = eps * eps
    m = 0
    K = ia.shape[0]
    while m < K:
        i = ia[m]
        ti = 0.0
        hi = 0.0
        yi = 0.0
        h0 = 0.0
        h1 = 0.0
        h2 = 0.0
        while m < K and ia[m] == i:
            j = jb[m]
            y = A[i] - s[m] * B[j]
            r = math.sqrt(y * y + eps2)
            value += w[m] * r
            t = w[m] * y / r
            ti += t
            t *= s[m]
            cd[3] -= t * b[j, 0]
            cd[4] -= t * b[j, 1]
            cd[5] -= t * b[j, 2]
            k = w[m] * eps2 / (r * r * r)
            hi += k
            yi += k * y
            ks = k * s[m]
            h0 += ks * b[j, 0]
            h1 += ks * b[j, 1]
            h2 += ks * b[j, 2]
            path[3] -= ks * y * b[j, 0]
            path[4] -= ks * y * b[j, 1]
            path[5] -= ks * y * b[j, 2]
            kx = k * b[j, 0]
            ky = k * b[j, 1]
            kz = k * b[j, 2]
            H[3, 3] += kx * b[j, 0]
            H[4, 3] += ky * b[j, 0]
            H[4, 4] += ky * b[j, 1]
            H[5, 3] += kz * b[j, 0]
            H[5, 4] += kz * b[j, 1]
            H[5, 5] += kz * b[j, 2]
            m += 1
        for e in range(3):
            cd[e] += ti * a[i, e]
            path[e] += yi * a[i, e]
            for f in range(3):
                H[e, f] += hi * a[i, e] * a[i, f]
            H[3, e] -= h0 * a[i, e]
            H[4, e] -= h1 * a[i, e]
            H[5, e] -= h2 * a[i, e]
    for p in range(6):
        path[p] /= eps
        for q in range(p):
            H[q, p] = H[p, q]
    return value


@kernel
def solve_shifted(M: Array, rhs: Array, n: int, shift: float, out: Array) -> bool:
    """Solve (M + shift·1) out = −rhs for the leading n×n block by Cholesky; False if it is not positive definite."""
    L = np.zeros((6, 6))
    for i in range(n):
        for j in range(i + 1):
            z = M[i, j]
            if i == j:
                z += shift
            for k in range(j):
                z -= L[i, k] * L[j, k]
            if i == j:
                if z <= 1e-14 * (abs(M[i, i]) + shift) or z <= 0.0:
                    return False
                L[i, i] = math.sqrt(z)
            else:
                L[i, j] = z / L[j, j]
    for i in range(n):
        out[i] = -rhs[i]
    solve(L, out, n)
    return True


@kernel
def retract(x: Array, basis: Array, p: float, q: float, out: Array) -> None:
    """Step p, q along the tangent basis at x, back to the sphere."""
    n = 0.0
    for e in range(3):
        out[e] = x[e] + p * basis[0, e] + q * basis[1, e]
        n += out[e] * out[e]
    n = math.sqrt(n)
    for e in range(3):
        out[e] /= n


@kernel
def tangent_system(
    u: Array, v: Array, sides: int, bu: Array, bv: Array, cd: Array, H: Array, path: Array, M: Array, grad: Array,
    drift: Array,
) -> float:
    """Gradient (4,), Hessian M (leading block of 4, or of 2) and −∂gradient/∂ε (4,) in the tangent planes.

    Return the size of the gradient. Tangent bases are written into bu, bv (2, 3).
    """
    tangents(u, bu)
    tangents(v, bv)
    size = 0.0
    for side in range(sides):
        x = u if side == 0 else v
        basis = bu if side == 0 else bv
        k = 3 * side
        force = cd[k] * x[0] + cd[k + 1] * x[1] + cd[k + 2] * x[2]
        for p in range(2):
            row = 2 * side + p
            grad[row] = cd[k] * basis[p, 0] + cd[k + 1] * basis[p, 1] + cd[k + 2] * basis[p, 2]
            drift[row] = path[k] * basis[p, 0] + path[k + 1] * basis[p, 1] + path[k + 2] * basis[p, 2]
            size = max(size, abs(grad[row]))
            for other in range(side + 1):
                second = bu if other == 0 else bv
                for q in range(2):
                    z = 0.0
                    for e in range(3):
                        for f in range(3):
                            z += basis[p, e] * H[k + e, 3 * other + f] * second[q, f]
                    M[row, 2 * other + q] = z
            M[row, row] -= force  # the curvature of the sphere
    return size


@entry
def descend_many(
    terms: Any, U: Array, V: Array, eps_first: float, eps_last: float, factor: float, pace: Pace
) -> None:
    """Move every row of U, V (m, 3) in place to a local minimiser of G.

    At most so many Newton steps for each ε (`factor` times the last one), with a shift that grows until G falls; then
    along the path of minimisers to the next ε. (One loop with one evaluation in it: what is written twice is compiled
    twice.)
    """
    room = space(terms)
    scale, sides = measure(terms)
    n = 2 * sides
    cd = np.empty(6)
    H = np.empty((6, 6))
    path = np.zeros(6)
    M = np.zeros((6, 6))
    bu = np.empty((2, 3))
    bv = np.empty((2, 3))
    grad = np.zeros(4)
    drift = np.zeros(4)
    step = np.zeros(6)
    un = np.empty(3)
    vn = np.empty(3)
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
        left = pace.first
        tries = 0
        while True:
            trial = smoothed(terms, un, vn, eps, room, cd, H, path)
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
                size = tangent_system(u, v, sides, bu, bv, cd, H, path, M, grad, drift)
                done = not moved or left == 0 or size <= pace.small * scale
                done = done or (size <= 1e-4 * scale and eps > eps_last)
            else:
                shift = max(2e-3 * scale, 4.0 * shift)
                tries += 1
                done = tries == pace.tries
            if done:
                if eps <= eps_last:
                    break
                slower = pace.halting and left <= 0
                following = max(eps * (math.sqrt(factor) if slower else factor), eps_last)
                # along the path of minimisers the vanishing terms shrink with ε (along a curve of minimisers the
                # system is singular, and a small shift keeps the step there at zero)
                for p in range(n):
                    drift[p] *= eps - following
                small = 0.0
                while not solve_shifted(M, drift, n, small * scale, step) and small < 1e-3:
                    small = max(1e-8, 100.0 * small)
                if small >= 1e-3 or max(abs(step[0]), abs(step[1]), abs(step[2]), abs(step[3])) > 0.3:
                    for p in range(4):
                        step[p] = 0.0
                eps = following
                fresh = True
                left = pace.later
                tries = 0
                shift = 0.0
            else:
                while not solve_shifted(M, grad, n, shift, step) and tries < pace.tries:
                    shift = max(2e-3 * scale, 4.0 * shift)
                    tries += 1
                length = max(abs(step[0]), abs(step[1]), abs(step[2]), abs(step[3]))
                if length > 0.7 or tries == pace.tries:
                    for p in range(4):
                        step[p] = step[p] * 0.7 / length if tries < pace.tries else 0.0
            retract(u, bu, step[0], step[1], un)
            if sides == 2:
                retract(v, bv, step[2], step[3], vn)
            else:
                for e in range(3):
                    vn[e] = un[e]


@entry
def value_at(terms: Terms, u: Array, v: Array) -> float:
    """G(u, v) itself."""
    a, b, ia, jb, s, w, g, h = terms
    value = 0.0
    for e in range(3):
        value -= g[e] * u[e] + h[e] * v[e]
    for k in range(ia.shape[0]):
        i = ia[k]
        j = jb[k]
        y = a[i, 0] * u[0] + a[i, 1] * u[1] + a[i, 2] * u[2]
        y -= s[k] * (b[j, 0] * v[0] + b[j, 1] * v[1] + b[j, 2] * v[2])
        value += w[k] * abs(y)
    return value
