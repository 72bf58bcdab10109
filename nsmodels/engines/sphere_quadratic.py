"""The quadratic proof of a leaf, and the minimisers that it is built around (the mathematics is in `sphere_search`)."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .compiled import kernel
from .sphere_patches import minimum
from .sphere_polish import polish
from .sphere_tree import MINIMA, QPOOL, QUADS, TAU_BITS, Terms, Tree

Array = Any


def remember(terms: Terms, tree: Tree, u: Array, v: Array, eps: float, mirror: bool) -> None:
    """Polish the end of a descent and keep it if it is new; make it the incumbent if it is the best.

    With `mirror`, G(−u, −v) = G(u, v), the mirror image is kept as well. Called from Python, a few times a search.
    """
    n = int(tree.count[MINIMA])
    point = np.concatenate([u, v])
    if n + 2 > len(tree.minima) or np.any(((tree.minima[:n, :6] - point) ** 2).sum(axis=1) < 1e-10):
        return
    u, v = u.copy(), v.copy()
    value = polish(*terms, u, v, eps, tree.active[n], tree.active_tau[n])
    tree.minima[n] = (*u, *v, value)
    tree.count[MINIMA] = n + 1
    if mirror:
        tree.minima[n + 1] = (*-u, *-v, value)
        tree.active[n + 1] = tree.active[n]
        tree.active_tau[n + 1] = -tree.active_tau[n]
        tree.count[MINIMA] = n + 2
    if value < tree.best[6]:
        tree.best[:] = tree.minima[n]


@kernel
def near(center: Array, face: int, T: Array, gamma: float, size2: float) -> bool:
    """Whether all of a patch lies within √size2 of a unit vector (always on a whole sphere)."""
    return face < 0 or 2.0 - 2.0 * minimum(center, face, T, gamma) < size2


@kernel
def factor_psd(M: Array, shift_u: float, shift_v: float) -> bool:
    """Whether M + diag(shift) (6×6, lower triangle given) is positive semidefinite, by LDLᵀ.

    A zero pivot needs a zero column.
    """
    L = M.copy()
    scale = 0.0
    for i in range(6):
        L[i, i] += shift_u if i < 3 else shift_v
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
def quadratic_proof(
    terms: Terms, tree: Tree, node: int, D: int, target: float, which: int, Tu: Array, gu: float, Tv: Array, gv: float
) -> bool:
    """Try to close a node by the quadratic proof around the known minimiser `which`; record it if that succeeds."""
    a, b, ia, jb, s, w = terms.a, terms.b, terms.ia, terms.jb, terms.s, terms.w
    us = tree.minima[which, :3]
    vs = tree.minima[which, 3:6]
    fu = tree.nodes[node].face[0]
    fv = tree.nodes[node].face[1]
    ru2 = 2.0 - 2.0 * minimum(us, fu, Tu, gu) + 1e-15
    rv2 = 2.0 - 2.0 * minimum(vs, fv, Tv, gv) + 1e-15
    start = tree.nodes[tree.nodes[node].listed].start
    number = tree.nodes[tree.nodes[node].listed].length
    out = tree.count[QPOOL]
    M = np.zeros((6, 6))
    lam = 0.0
    mu = 0.0
    c = tree.nodes[node].base[:3].copy()
    d = tree.nodes[node].base[3:].copy()
    ell = np.zeros(6)
    gk = np.zeros(6)
    scale = float(2**TAU_BITS)
    minus = np.empty(3)
    m = 0
    following = 0
    # the multipliers of the minimiser: those of its vanishing terms (in order, as the terms are), else the sign
    for p in range(number):
        if abs(tree.tau[start + p]) > D:
            continue
        k = tree.term[start + p]
        i = ia[k]
        j = jb[k]
        y = a[i, 0] * us[0] + a[i, 1] * us[1] + a[i, 2] * us[2]
        y -= s[k] * (b[j, 0] * vs[0] + b[j, 1] * vs[1] + b[j, 2] * vs[2])
        t = 1.0 if y >= 0.0 else -1.0
        while following < tree.active[which, 0] and tree.active[which, 1 + following] < k:
            following += 1
        if following < tree.active[which, 0] and tree.active[which, 1 + following] == k:
            t = tree.active_tau[which, following]
        n = math.floor(scale * t + 0.5)
        tree.qpool[out + m].term = k
        tree.qpool[out + m].tau = n
        t = n / scale
        kappa = 0.0
        for e in range(3):
            c[e] += t * w[k] * a[i, e]
            d[e] -= t * w[k] * s[k] * b[j, e]
        if abs(t) < 1.0 - 1e-9:
            high = -minimum(-a[i], fu, Tu, gu)
            low = minimum(a[i], fu, Tu, gu)
            for e in range(3):
                minus[e] = -s[k] * b[j, e]
            low += minimum(minus, fv, Tv, gv)
            high -= minimum(-minus, fv, Tv, gv)
            kappa = 0.999999 * (1.0 - abs(t)) * w[k] / max(high, -low, 1e-12)
            for e in range(3):
                gk[e] = a[i, e]
                gk[3 + e] = -s[k] * b[j, e]
            for e in range(6):
                ell[e] += 2.0 * kappa * y * gk[e]
                for f in range(e + 1):
                    M[e, f] += kappa * gk[e] * gk[f]
        tree.qpool[out + m].kappa = kappa
        m += 1
    for e in range(3):
        lam += c[e] * us[e]
        mu += d[e] * vs[e]
    eu = 0.0
    ev = 0.0
    for e in range(3):
        ell[e] += c[e] - lam * us[e]
        ell[3 + e] += d[e] - mu * vs[e]
        eu += ell[e] * ell[e]
        ev += ell[3 + e] * ell[3 + e]
    slack = lam + mu - math.sqrt(eu * ru2) - math.sqrt(ev * rv2) - target
    if slack <= 0.0:
        return False
    for e in range(3):
        M[e, e] -= 0.5 * lam
        M[3 + e, 3 + e] -= 0.5 * mu
    # what is left over may be lost to −σ|δ|²
    sigma = 0.9 * slack / (ru2 + rv2)
    Q = np.empty((6, 6))
    strength = 0.3
    for attempt in range(6):
        # what P gives along u* it costs elsewhere: less and less of it (on a whole sphere it only costs)
        pu = 4.0 * strength * abs(lam) / ru2 if fu >= 0 and attempt < 5 else 0.0
        pv = 4.0 * strength * abs(mu) / rv2 if fv >= 0 and attempt < 5 else 0.0
        strength *= 0.3
        for e in range(3):
            for f in range(e + 1):
                Q[e, f] = M[e, f] + pu * us[e] * us[f]
                Q[3 + e, 3 + f] = M[3 + e, 3 + f] + pv * vs[e] * vs[f]
            for f in range(3):
                Q[3 + e, f] = M[3 + e, f]
            Q[e, e] -= pu * ru2 / 4.0
            Q[3 + e, 3 + e] -= pv * rv2 / 4.0
        if factor_psd(Q, sigma, sigma):
            q = tree.count[QUADS]
            tree.count[QUADS] = q + 1
            tree.count[QPOOL] = out + m
            tree.quads[q].start = out
            for e in range(6):
                tree.quads[q].head[e] = tree.minima[which, e]
            tree.quads[q].head[6] = lam
            tree.quads[q].head[7] = mu
            tree.quads[q].head[8] = pu
            tree.quads[q].head[9] = pv
            tree.quads[q].head[10] = node
            tree.quads[q].head[11] = m
            tree.nodes[node].quad = q
            return True
    return False
