"""From the end of a smoothed descent to the minimiser itself, with the multipliers of the terms that vanish there."""

from __future__ import annotations

import math

import numpy as np

from ..compiled import KernelArray as Array
from ..compiled import entry
from .descent import retract, solve_shifted, tangents, value_at
from .tree import Terms


@entry
def polish(
    terms: Terms,
    u: Array,
    v: Array,
    eps: float,
    reach: float,
    active: Array,
    tau: Array,
) -> float:
    """Move a minimiser of the smoothed G onto the terms that vanish there, by the method of multipliers; return G.

    The active set is read off the smoothed solution: terms with |y| < reach · ε. It goes to active[1:1 + active[0]],
    the multipliers to `tau`. Each round solves the 4×4 Newton system of the augmented Lagrangian, which also copes with
    more vanishing terms than dimensions (the multipliers move as little as possible from the smoothed ones, so they
    stay inside (−1, 1)). Where a round would make things worse the point is left as it was.
    """
    a, b, ia, jb, s, w, g, h = terms
    K = ia.shape[0]
    room = tau.shape[0]
    old = value_at(terms, u, v)
    un = u.copy()
    vn = v.copy()
    m = 0
    fixed = np.empty(6)
    for e in range(3):
        fixed[e] = -g[e]
        fixed[3 + e] = -h[e]
    smallest = 1e300
    for k in range(K):
        i = ia[k]
        j = jb[k]
        y = a[i, 0] * u[0] + a[i, 1] * u[1] + a[i, 2] * u[2]
        y -= s[k] * (b[j, 0] * v[0] + b[j, 1] * v[1] + b[j, 2] * v[2])
        if abs(y) < reach * eps and m < room:
            m += 1
            active[m] = k
            tau[m - 1] = y / math.sqrt(y * y + eps * eps)
            smallest = min(smallest, w[k])
        else:
            t = w[k] if y > 0.0 else -w[k]
            for e in range(3):
                fixed[e] += t * a[i, e]
                fixed[3 + e] -= t * s[k] * b[j, e]
    active[0] = m
    bu = np.empty((2, 3))
    bv = np.empty((2, 3))
    M = np.zeros((6, 6))
    grad = np.empty(4)
    step = np.zeros(6)
    jac = np.empty((max(m, 1), 4))
    y = np.empty(max(m, 1))
    new = tau.copy()
    for _round in range(20):
        tangents(un, bu)
        tangents(vn, bv)
        force = fixed.copy()
        for p in range(m):
            k = active[1 + p]
            i = ia[k]
            j = jb[k]
            y[p] = a[i, 0] * un[0] + a[i, 1] * un[1] + a[i, 2] * un[2]
            y[p] -= s[k] * (b[j, 0] * vn[0] + b[j, 1] * vn[1] + b[j, 2] * vn[2])
            for e in range(3):
                force[e] += new[p] * w[k] * a[i, e]
                force[3 + e] -= new[p] * w[k] * s[k] * b[j, e]
            for q in range(2):
                jac[p, q] = bu[q, 0] * a[i, 0] + bu[q, 1] * a[i, 1] + bu[q, 2] * a[i, 2]
                jac[p, 2 + q] = -s[k] * (bv[q, 0] * b[j, 0] + bv[q, 1] * b[j, 1] + bv[q, 2] * b[j, 2])
        lam = force[0] * un[0] + force[1] * un[1] + force[2] * un[2]
        mu = force[3] * vn[0] + force[4] * vn[1] + force[5] * vn[2]
        rho = 1e-3 * (smallest / (smallest + abs(lam) + abs(mu)) if m > 0 else 1.0)
        for q in range(4):
            for r in range(4):
                M[q, r] = 0.0
        for q in range(2):
            grad[q] = bu[q, 0] * force[0] + bu[q, 1] * force[1] + bu[q, 2] * force[2]
            grad[2 + q] = bv[q, 0] * force[3] + bv[q, 1] * force[4] + bv[q, 2] * force[5]
            M[q, q] = -lam
            M[2 + q, 2 + q] = -mu
        for p in range(m):
            k = active[1 + p]
            for q in range(4):
                grad[q] += w[k] * y[p] / rho * jac[p, q]
                for r in range(4):
                    M[q, r] += w[k] / rho * jac[p, q] * jac[p, r]
        # along a curve of minimisers the system is singular: a small shift keeps the step there at zero
        shift = 0.0
        while not solve_shifted(M, grad, 4, shift, step) and shift < 1e3 * smallest:
            shift = max(10.0 * shift, 1e-6 * smallest)
        size = max(abs(step[0]), abs(step[1]), abs(step[2]), abs(step[3]))
        if size > 1e-2:
            break
        for p in range(m):
            z = y[p]
            for q in range(4):
                z += jac[p, q] * step[q]
            new[p] += z / rho
        retract(un, bu, step[0], step[1], un)
        retract(vn, bv, step[2], step[3], vn)
        if size < 1e-15:
            break
    value = value_at(terms, un, vn)
    inside = True
    for p in range(m):
        inside = inside and abs(new[p]) <= 1.0 + 1e-9
    # (up to rounding: the multipliers are worth having where the point was exact already)
    if value <= old + 1e-13 * (abs(old) + smallest) and inside:
        for e in range(3):
            u[e] = un[e]
            v[e] = vn[e]
        for p in range(m):
            tau[p] = min(max(new[p], -1.0), 1.0)
        return value
    return old
