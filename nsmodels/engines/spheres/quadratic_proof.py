"""The quadratic proof of a leaf, and the minimisers that it is built around (the mathematics is in `leaf`)."""

from __future__ import annotations

import math

import numpy as np

from ..compiled import KernelArray as Array
from ..compiled import kernel
from .descent import value_at
from .patches import minimum
from .polish import polish
from .tree import MINIMA, QPOOL, QUADS, TAU_BITS, Terms, Tree

REACHES = (100.0, 10.0, 1000.0)
"""Sizes, in units of ε, below which a term vanishes at a smoothed minimiser; one of many may be small by chance."""


def remember(terms: Terms, tree: Tree, u: Array, v: Array, eps: float, mirror: bool) -> None:
    """Polish the end of a descent; keep it if it is stationary and new, make it the incumbent if it is the best.

    With `mirror`, G(−u, −v) = G(u, v), the mirror image is kept as well. Called from Python, a
    few times a search.
    """
    n = int(tree.count[MINIMA])
    point = np.concatenate([u, v])
    known = n + 3 > len(tree.minima) or bool(np.any(((tree.minima[:n, :6] - point) ** 2).sum(axis=1) < 1e-10))
    if known and value_at(terms, u, v) >= tree.best[6]:
        return
    start_u, start_v = u, v
    active, tau = tree.active[-1], tree.active_tau[-1]  # the last row is never filled: work space
    for reach in REACHES:
        u, v = start_u.copy(), start_v.copy()
        value = polish(terms, u, v, eps, reach, active, tau)
        if value < tree.best[6]:
            tree.best[:] = (*u, *v, value)
        if stationary(terms, u, v, active, tau):
            break
    else:
        return
    if known:
        return
    for sign in (1.0, -1.0) if mirror else (1.0,):
        tree.minima[n] = (*(sign * u), *(sign * v), value)
        tree.active[n] = active
        tree.active_tau[n] = sign * tau
        n += 1
    tree.count[MINIMA] = n


def stationary(terms: Terms, u: Array, v: Array, active: Array, tau: Array) -> bool:
    """Whether c = λu and d = μv at a would-be minimiser: otherwise nothing can be proved around it."""
    y = terms.a[terms.ia] @ u - terms.s * (terms.b[terms.jb] @ v)
    t = np.where(y >= 0.0, 1.0, -1.0)
    m = int(active[0])
    t[active[1 : 1 + m]] = tau[:m]
    t *= terms.w
    c = t @ terms.a[terms.ia] - terms.g
    d = -(t * terms.s) @ terms.b[terms.jb] - terms.h
    rest = np.linalg.norm(c - (c @ u) * u) + np.linalg.norm(d - (d @ v) * v)
    return bool(rest <= 1e-6 * (np.linalg.norm(c) + np.linalg.norm(d) + terms.w.max(initial=0.0)))


@kernel
def factor_psd(M: Array, shift: float, L: Array) -> bool:
    """Whether M + shift·1 (6×6, lower triangle given) is positive semidefinite, by LDLᵀ.

    A zero pivot needs a zero column. L (6, 6) is work space.
    """
    scale = 0.0
    for i in range(6):
        for j in range(i + 1):
            L[i, j] = M[i, j]
        L[i, i] += shift
        scale = max(scale, abs(M[i, i]))
    tiny = 1e-13 * scale
    for k in range(6):
        pivot = L[k, k]
        if pivot < tiny:
            if pivot != 0.0:
                return False
            for i in range(k + 1, 6):
                if L[i, k] != 0.0:
                    return False
            continue
        for i in range(k + 1, 6):
            f = L[i, k] / pivot
            if f != 0.0:
                for j in range(k + 1, i + 1):
                    L[i, j] -= f * L[j, k]
    return True


@kernel
def distance2(tree: Tree, which: int, side: int, face: int, T: Array, gamma: Array) -> float:
    """Upper bound of |x − x*|² over one patch, x* the known minimiser `which`; 4 on the whole sphere."""
    k = 3 * side
    x = tree.minima[which, k]
    y = tree.minima[which, k + 1]
    z = tree.minima[which, k + 2]
    return 2.0 - 2.0 * minimum(x, y, z, face, T, side, gamma[side]) + 1e-15


@kernel
def nearest(tree: Tree, E: Array) -> int:
    """The known minimiser nearest to the centres of a pair of patches, −1 if none is known."""
    best = 1e300
    found = -1
    for p in range(tree.count[MINIMA]):
        far = 0.0
        for side in range(2):
            for e in range(3):
                far += (tree.minima[p, 3 * side + e] - E[side, 0, e]) ** 2
        if far < best:
            best = far
            found = p
    return found


@kernel
def quadratic_proof(
    terms: Terms, tree: Tree, node: int, D: int, target: float, which: int, T: Array, gamma: Array
) -> bool:
    """Try to close a node by the quadratic proof around the known minimiser `which`; record it if that succeeds."""
    fu = tree.nodes[node].face[0]
    fv = tree.nodes[node].face[1]
    ru2 = distance2(tree, which, 0, fu, T, gamma)
    rv2 = distance2(tree, which, 1, fv, T, gamma)
    star = tree.minima[which]
    start = tree.nodes[tree.nodes[node].listed].start
    number = tree.nodes[tree.nodes[node].listed].length
    out = tree.count[QPOOL]
    M = np.zeros((6, 6))
    ell = np.zeros(6)
    cd = np.empty(6)
    for e in range(6):
        cd[e] = tree.nodes[node].base[e]
    x = np.empty(6)
    scale = float(2**TAU_BITS)
    m = 0
    following = 0
    # the multipliers of the minimiser: those of its vanishing terms (in order, as the terms are), else the sign
    for p in range(number):
        if abs(tree.tau[start + p]) > D:
            continue
        k = tree.term[start + p]
        w = terms.w[k]
        y = 0.0
        for e in range(3):
            x[e] = terms.a[terms.ia[k], e]
            x[3 + e] = -terms.s[k] * terms.b[terms.jb[k], e]
            y += x[e] * star[e] + x[3 + e] * star[3 + e]
        t = 1.0 if y >= 0.0 else -1.0
        while following < tree.active[which, 0] and tree.active[which, 1 + following] < k:
            following += 1
        if following < tree.active[which, 0] and tree.active[which, 1 + following] == k:
            t = tree.active_tau[which, following]
        n = math.floor(scale * t + 0.5)
        t = n / scale
        kappa = 0.0
        for e in range(6):
            cd[e] += t * w * x[e]
        if abs(t) < 1.0 - 1e-9:
            low = minimum(x[0], x[1], x[2], fu, T, 0, gamma[0]) + minimum(x[3], x[4], x[5], fv, T, 1, gamma[1])
            high = minimum(-x[0], -x[1], -x[2], fu, T, 0, gamma[0])
            high += minimum(-x[3], -x[4], -x[5], fv, T, 1, gamma[1])
            kappa = 0.999999 * (1.0 - abs(t)) * w / max(-high, -low, 1e-12)
            for e in range(6):
                ell[e] += 2.0 * kappa * y * x[e]
                for f in range(e + 1):
                    M[e, f] += kappa * x[e] * x[f]
        tree.qpool[out + m].term = k
        tree.qpool[out + m].tau = n
        tree.qpool[out + m].kappa = kappa
        m += 1
    lam = cd[0] * star[0] + cd[1] * star[1] + cd[2] * star[2]
    mu = cd[3] * star[3] + cd[4] * star[4] + cd[5] * star[5]
    for e in range(3):
        ell[e] += cd[e] - lam * star[e]
        ell[3 + e] += cd[3 + e] - mu * star[3 + e]
        M[e, e] -= 0.5 * lam
        M[3 + e, 3 + e] -= 0.5 * mu
    eu = ell[0] ** 2 + ell[1] ** 2 + ell[2] ** 2
    ev = ell[3] ** 2 + ell[4] ** 2 + ell[5] ** 2
    slack = lam + mu - math.sqrt(eu * ru2) - math.sqrt(ev * rv2) - target
    if slack <= 0.0:
        return False
    # what is left over may be lost to −σ|δ|²
    sigma = 0.9 * slack / (ru2 + rv2)
    Q = np.empty((6, 6))
    L = np.empty((6, 6))
    strength = 0.3 * (abs(lam) + abs(mu))
    for attempt in range(9):
        # P makes up for −λ/2 along u*, and costs P r²/4 elsewhere: as little as will do (none on a whole sphere)
        pu = strength if fu >= 0 and attempt > 0 else 0.0
        pv = strength if fv >= 0 and attempt > 0 else 0.0
        strength *= 3.0
        for e in range(3):
            for f in range(e + 1):
                Q[e, f] = M[e, f] + pu * star[e] * star[f]
                Q[3 + e, 3 + f] = M[3 + e, 3 + f] + pv * star[3 + e] * star[3 + f]
            for f in range(3):
                Q[3 + e, f] = M[3 + e, f]
            Q[e, e] -= pu * ru2 / 4.0
            Q[3 + e, 3 + e] -= pv * rv2 / 4.0
        if factor_psd(Q, sigma, L):
            q = tree.count[QUADS]
            tree.count[QUADS] = q + 1
            tree.count[QPOOL] = out + m
            tree.quads[q].start = out
            head = tree.quads[q].head
            for e in range(6):
                head[e] = star[e]
            head[6] = lam
            head[7] = mu
            head[8] = pu
            head[9] = pv
            head[10] = node
            head[11] = m
            tree.nodes[node].quad = q
            return True
    return False
