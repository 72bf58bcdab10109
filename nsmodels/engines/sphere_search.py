"""Branch and bound for the minimum of G(u, v) = Σ_k w_k |y_k| − g·u − h·v over two unit spheres, y_k = a_i·u − s_k b_j·v.

A node is a pair of patches (`sphere_patches`). Any multipliers τ_k in [−1, 1] prove

    G(u, v) ≥ c·u + d·v,   c = Σ τ_k w_k a_i − g,   d = −Σ τ_k w_k s_k b_j − h,

whose minimum over the two patches is a closed form: the *linear* proof of a leaf. Good multipliers come from a few Newton steps
on the smoothed G over the flat pair of patches; children inherit (c, d) and are often closed without any work on the terms.
A term whose sign is constant on a patch gets τ = ±1 there for all descendants, and is summed once.

Near a minimiser (u*, v*) the linear proof loses the curvature of the sphere. With δ = (u − u*, v − v*) and c·u* = λ, d·v* = μ,

    c·u = λ − λ|δu|²/2 + e·δu  with e = c − λu*   (because 1 − u·u* = |δu|²/2),
    w|y| ≥ w τ y + κ y²  for every κ ≤ w(1 − |τ|)/max|y|,      0 ≥ P[(u*·δu)² − (r²/4)|δu|²]  for P ≥ 0, r = max|δu|,

so that G ≥ λ + μ + ℓ·δ + δᵀQδ for a linear ℓ that vanishes at stationary points and a 6×6 form Q: where Q is positive semidefinite
the whole neighbourhood is closed at once, whatever the wanted width: the *quadratic* proof of a leaf.

Terms are stored row by row (ia non-decreasing). Multipliers are integers n/D: what is evaluated here is what the checker sees.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numba import njit

from .sphere_descent import polish, value_at
from .sphere_patches import corners, halve, minimum

Array = Any

OPEN, LINEAR, QUADRATIC = -1, -2, -3
"""Values of `Tree.axis` at leaves; 0..3: bisected (s, t of u; s, t of v); FACES_U, FACES_V: cut into cube faces."""
FACES_U, FACES_V = 4, 5
DONE, PROGRESS, FULL, DESCEND = 0, 1, 2, 3

# entries of `Tree.count`
NODES, POOL, QUADS, QPOOL, HEAP, MINIMA, POPPED, DESCENTS, RESUME = 0, 1, 2, 3, 4, 5, 6, 7, 8
EPS_LAST = 1e-8  # the last smoothing of a descent, before the polish
KAPPA_BITS = 40  # κ and P are integers over 2^40
TAU_BITS = 50  # multipliers of quadratic proofs are integers over 2^50


class Terms(NamedTuple):
    """The function G: directions a (nA, 3), b (nB, 3), terms (ia, jb, s, w) in row order, linear parts g, h (3,)."""

    a: Array
    b: Array
    ia: Array
    jb: Array
    s: Array
    w: Array
    g: Array
    h: Array


class Tree(NamedTuple):
    """All nodes with what proves them; arrays are grown by the caller between calls of `advance`."""

    axis: Array  # (N,) int8
    child: Array  # (N,) int32, first child
    face: Array  # (N, 2) int8
    box: Array  # (N, 8)
    depth: Array  # (N,) int32
    descended: Array  # (N,) int32: the depth of the last ancestor from which a descent was tried
    bound: Array  # (N,)
    cd: Array  # (N, 6) best (c, d) so far
    source: Array  # (N,) int32: the node whose multipliers gave cd
    base: Array  # (N, 6) (−g, −h) plus all fixed terms, at and above this node
    listed: Array  # (N,) int32: the node whose pool entries list the unfixed terms here
    start: Array  # (N,) int64 into pool, −1: no multipliers of its own
    length: Array  # (N,) int32
    term: Array  # pool: index of the term
    tau: Array  # pool: int16 multiplier n, |n| ≤ D; ±(D + 1): fixed to ±1 from here on
    quad: Array  # (N,) int32 index of the quadratic proof, −1: none; at nodes cut into faces their number
    qhead: Array  # (Q, 12): u*, v*, λ, μ, P_u, P_v, node, length
    qstart: Array  # (Q,) int64 into qpool
    qterm: Array  # qpool: index of the term
    qtau: Array  # qpool: int64 multiplier over 2^TAU_BITS
    qkappa: Array  # qpool: κ
    heap_key: Array
    heap_node: Array
    minima: Array  # (M, 7) known local minimisers: u, v, G
    active: Array  # (M, 1 + A) int32: how many terms vanish at a minimiser, and which
    active_tau: Array  # (M, A) their multipliers
    count: Array  # (9,) int64
    request: Array  # (11,) where to descend from: u, v, first ε; and the spread of the node that waits
    best: Array  # (7,) incumbent u, v, G


@njit(cache=True, error_model="numpy")
def heap_push(tree: Tree, key: float, node: int) -> None:
    """Push a node onto the binary heap of open nodes (smallest bound first; ties by age, so that runs repeat)."""
    p = tree.count[HEAP]
    tree.count[HEAP] += 1
    while p > 0:
        q = (p - 1) >> 1
        if tree.heap_key[q] < key or (tree.heap_key[q] == key and tree.heap_node[q] < node):
            break
        tree.heap_key[p] = tree.heap_key[q]
        tree.heap_node[p] = tree.heap_node[q]
        p = q
    tree.heap_key[p] = key
    tree.heap_node[p] = node


@njit(cache=True, error_model="numpy")
def heap_pop(tree: Tree) -> int:
    """Pop the open node with the smallest bound."""
    top = tree.heap_node[0]
    n = tree.count[HEAP] - 1
    tree.count[HEAP] = n
    if n == 0:
        return top
    key = tree.heap_key[n]
    node = tree.heap_node[n]
    p = 0
    while True:
        q = 2 * p + 1
        if q >= n:
            break
        r = q + 1
        if r < n and (
            tree.heap_key[r] < tree.heap_key[q]
            or (tree.heap_key[r] == tree.heap_key[q] and tree.heap_node[r] < tree.heap_node[q])
        ):
            q = r
        if tree.heap_key[q] > key or (tree.heap_key[q] == key and tree.heap_node[q] > node):
            break
        tree.heap_key[p] = tree.heap_key[q]
        tree.heap_node[p] = tree.heap_node[q]
        p = q
    tree.heap_key[p] = key
    tree.heap_node[p] = node
    return top


@njit(cache=True, error_model="numpy")
def solve_free(H: Array, grad: Array, x: Array, step: Array) -> None:
    """Newton step on the coordinates of the box [−1, 1]⁴ that are not held at their bound."""
    index = np.zeros(4, np.int64)
    n = 0
    for i in range(4):
        step[i] = 0.0
        if not ((x[i] <= -1.0 and grad[i] > 0.0) or (x[i] >= 1.0 and grad[i] < 0.0)):
            index[n] = i
            n += 1
    M = np.zeros((4, 5))
    for i in range(n):
        for j in range(n):
            M[i, j] = H[index[i], index[j]]
        M[i, i] += 1e-9 * M[i, i] + 1e-300
        M[i, 4] = -grad[index[i]]
    for i in range(n):
        pivot = M[i, i] if M[i, i] > 0.0 else 1e-300
        for r in range(i + 1, n):
            f = M[r, i] / pivot
            for q in range(i, n):
                M[r, q] -= f * M[i, q]
            M[r, 4] -= f * M[i, 4]
    for i in range(n - 1, -1, -1):
        z = M[i, 4]
        for q in range(i + 1, n):
            z -= M[i, q] * M[q, 4]
        M[i, 4] = z / (M[i, i] if M[i, i] > 0.0 else 1e-300)
        step[index[i]] = M[i, 4]


@njit(cache=True, error_model="numpy")
def frame(T: Array, E: Array) -> None:
    """Centre and two half-diagonals E (3, 3) of the flat patch through the corners T, so that it is E0 + [−1,1]E1 + [−1,1]E2."""
    for e in range(3):
        E[0, e] = 0.25 * (T[0, e] + T[1, e] + T[2, e] + T[3, e])
        E[1, e] = 0.25 * (T[1, e] + T[3, e] - T[0, e] - T[2, e])
        E[2, e] = 0.25 * (T[2, e] + T[3, e] - T[0, e] - T[1, e])


@njit(cache=True, error_model="numpy")
def half_diagonal2(E: Array) -> float:
    """Square of the radius of a flat patch."""
    p = 0.0
    q = 0.0
    for e in range(3):
        p += (E[1, e] + E[2, e]) ** 2
        q += (E[1, e] - E[2, e]) ** 2
    return max(p, q)


@njit(cache=True, error_model="numpy")
def multipliers(
    terms: Terms, tree: Tree, node: int, D: int, target: float, Tu: Array, gu: float, Tv: Array, gv: float,
    x: Array, spread: Array, work: Array, index: Array,
) -> float:
    """Look for multipliers that prove `target` on a node; write them into the pool.

    Returns the proved bound, with the multipliers rounded to n/D. The point x (4,), in the coordinates of the flat patches, ends near
    the minimum of G there: where that is below the target no multipliers can succeed. `spread` (4,) gets the total variation of the
    undecided terms along each coordinate.
    """
    a, b, ia, jb, s, w = terms.a, terms.b, terms.ia, terms.jb, terms.s, terms.w
    nA = a.shape[0]
    nB = b.shape[0]
    Eu = np.empty((3, 3))
    Ev = np.empty((3, 3))
    frame(Tu, Eu)
    frame(Tv, Ev)
    A = work[:nA]
    B = work[nA : nA + nB]
    for i in range(nA):
        for q in range(3):
            A[i, q] = a[i, 0] * Eu[q, 0] + a[i, 1] * Eu[q, 1] + a[i, 2] * Eu[q, 2]
    for j in range(nB):
        for q in range(3):
            B[j, q] = b[j, 0] * Ev[q, 0] + b[j, 1] * Ev[q, 1] + b[j, 2] * Ev[q, 2]
    # the flat patch misses the sphere by the square of its size: be that careful before a sign is fixed
    sag = 0.5 * (half_diagonal2(Eu) + half_diagonal2(Ev))
    parent = tree.listed[node]
    first = tree.start[parent]
    number = tree.length[parent]
    out = tree.count[POOL]
    base = tree.base[node]
    for q in range(4):
        spread[q] = 0.0
    # pass 1: which terms have a sign here; the others are collected with value Y0, gradient J and range R on the patch
    J = work[nA + nB :]
    m = 0
    kept = 0
    for p in range(number):
        if abs(tree.tau[first + p]) > D:
            continue
        k = tree.term[first + p]
        i = ia[k]
        j = jb[k]
        sw = s[k] * w[k]
        y = w[k] * A[i, 0] - sw * B[j, 0]
        j0 = w[k] * A[i, 1]
        j1 = w[k] * A[i, 2]
        j2 = -sw * B[j, 1]
        j3 = -sw * B[j, 2]
        r = abs(j0) + abs(j1) + abs(j2) + abs(j3)
        tree.term[out + kept] = k
        if abs(y) > 1.02 * r + w[k] * sag:
            sign = 1.0 if y > 0.0 else -1.0
            tree.tau[out + kept] = (D + 1) if y > 0.0 else -(D + 1)
            for e in range(3):
                base[e] += sign * w[k] * a[i, e]
                base[3 + e] -= sign * sw * b[j, e]
        else:
            tree.tau[out + kept] = 0
            index[m] = kept
            J[m, 0] = j0
            J[m, 1] = j1
            J[m, 2] = j2
            # J has rows of three: a term takes two of them
            J[m + number, 0] = j3
            J[m + number, 1] = y
            J[m + number, 2] = r
            m += 1
            if abs(y) < r:
                spread[0] += abs(j0)
                spread[1] += abs(j1)
                spread[2] += abs(j2)
                spread[3] += abs(j3)
        kept += 1
    c = np.empty(3)
    d = np.empty(3)
    grad = np.empty(4)
    step = np.empty(4)
    H = np.empty((4, 4))
    # the fixed terms and the linear part in the coordinates of the patch
    const = 0.0
    lin = np.zeros(4)
    for e in range(3):
        const += base[e] * Eu[0, e] + base[3 + e] * Ev[0, e]
        lin[0] += base[e] * Eu[1, e]
        lin[1] += base[e] * Eu[2, e]
        lin[2] += base[3 + e] * Ev[1, e]
        lin[3] += base[3 + e] * Ev[2, e]
    for q in range(4):
        x[q] = 0.0
    theta = 0.3
    bound = -1e300
    for it in range(8):
        value = const
        for q in range(4):
            grad[q] = lin[q]
            value += lin[q] * x[q]
            for r2 in range(4):
                H[q, r2] = 0.0
        for e in range(3):
            c[e] = base[e]
            d[e] = base[3 + e]
        p = 0
        while p < m:
            i = ia[tree.term[out + index[p]]]
            row = 0.0
            while p < m:
                k = tree.term[out + index[p]]
                if ia[k] != i:
                    break
                j = jb[k]
                j0 = J[p, 0]
                j1 = J[p, 1]
                j2 = J[p, 2]
                j3 = J[p + number, 0]
                y = J[p + number, 1] + j0 * x[0] + j1 * x[1] + j2 * x[2] + j3 * x[3]
                value += abs(y)
                eps = theta * J[p + number, 2] + 1e-300
                root = math.sqrt(y * y + eps * eps)
                t = y / root
                n = round(D * t)
                tree.tau[out + index[p]] = n
                t2 = w[k] * n / D
                row += t2
                t2 *= s[k]
                d[0] -= t2 * b[j, 0]
                d[1] -= t2 * b[j, 1]
                d[2] -= t2 * b[j, 2]
                k2 = eps * eps / (root * root * root)
                grad[0] += t * j0
                grad[1] += t * j1
                grad[2] += t * j2
                grad[3] += t * j3
                H[0, 0] += k2 * j0 * j0
                H[1, 0] += k2 * j1 * j0
                H[1, 1] += k2 * j1 * j1
                H[2, 0] += k2 * j2 * j0
                H[2, 1] += k2 * j2 * j1
                H[2, 2] += k2 * j2 * j2
                H[3, 0] += k2 * j3 * j0
                H[3, 1] += k2 * j3 * j1
                H[3, 2] += k2 * j3 * j2
                H[3, 3] += k2 * j3 * j3
                p += 1
            for e in range(3):
                c[e] += row * a[i, e]
        trial = minimum(c, tree.face[node, 0], Tu, gu) + minimum(d, tree.face[node, 1], Tv, gv)
        if trial > bound:
            bound = trial
            for e in range(3):
                tree.cd[node, e] = c[e]
                tree.cd[node, 3 + e] = d[e]
            for p in range(m):
                # keep the best multipliers seen: they sit in the second half of `index`
                index[number + p] = tree.tau[out + index[p]]
        if bound >= target or value < target or it == 7:
            break
        for q in range(4):
            for r2 in range(q):
                H[r2, q] = H[q, r2]
        solve_free(H, grad, x, step)
        moved = 0.0
        for q in range(4):
            z = min(max(x[q] + step[q], -1.0), 1.0)
            moved = max(moved, abs(z - x[q]))
            x[q] = z
        if moved < 0.1:
            theta *= 0.2
    for p in range(m):
        tree.tau[out + index[p]] = index[number + p]
    tree.start[node] = out
    tree.length[node] = kept
    tree.listed[node] = node
    tree.source[node] = node
    tree.count[POOL] = out + kept
    return bound


@njit(cache=True, error_model="numpy")
def factor_psd(M: Array, shift_u: float, shift_v: float) -> bool:
    """Whether M + diag(shift) (6×6, lower triangle given) is positive semidefinite, by LDLᵀ; a zero pivot needs a zero column."""
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


@njit(cache=True, error_model="numpy")
def quadratic_proof(
    terms: Terms, tree: Tree, node: int, D: int, target: float, which: int, Tu: Array, gu: float, Tv: Array, gv: float
) -> bool:
    """Try to close a node by the quadratic proof around the known minimiser `which`; record it if that succeeds."""
    a, b, ia, jb, s, w = terms.a, terms.b, terms.ia, terms.jb, terms.s, terms.w
    us = tree.minima[which, :3]
    vs = tree.minima[which, 3:6]
    fu = tree.face[node, 0]
    fv = tree.face[node, 1]
    ru2 = 2.0 - 2.0 * minimum(us, fu, Tu, gu) + 1e-15
    rv2 = 2.0 - 2.0 * minimum(vs, fv, Tv, gv) + 1e-15
    start = tree.start[tree.listed[node]]
    number = tree.length[tree.listed[node]]
    out = tree.count[QPOOL]
    M = np.zeros((6, 6))
    lam = 0.0
    mu = 0.0
    c = tree.base[node, :3].copy()
    d = tree.base[node, 3:].copy()
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
        tree.qterm[out + m] = k
        tree.qtau[out + m] = n
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
        tree.qkappa[out + m] = kappa
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
            tree.qstart[q] = out
            for e in range(6):
                tree.qhead[q, e] = tree.minima[which, e]
            tree.qhead[q, 6] = lam
            tree.qhead[q, 7] = mu
            tree.qhead[q, 8] = pu
            tree.qhead[q, 9] = pv
            tree.qhead[q, 10] = node
            tree.qhead[q, 11] = m
            tree.quad[node] = q
            return True
    return False


@njit(cache=True, error_model="numpy")
def distance2(x: Array, y: Array) -> float:
    """|x − y|² for vectors (3,)."""
    return (x[0] - y[0]) ** 2 + (x[1] - y[1]) ** 2 + (x[2] - y[2]) ** 2


@njit(cache=True, error_model="numpy")
def remember(terms: Terms, tree: Tree, u: Array, v: Array, eps: float, mirror: bool) -> int:
    """Polish the end of a descent and keep it if it is new; make it the incumbent if it is the best.

    Returns its index, or −1 where there is no room. With `mirror` (G(−u, −v) = G(u, v)) the mirror image is kept as well.
    """
    n = tree.count[MINIMA]
    for p in range(n):
        if distance2(tree.minima[p, :3], u) + distance2(tree.minima[p, 3:6], v) < 1e-10:
            return p
    if n + 2 > tree.minima.shape[0]:
        return -1
    value = polish(
        terms.a, terms.b, terms.ia, terms.jb, terms.s, terms.w, terms.g, terms.h, u, v, eps,
        tree.active[n], tree.active_tau[n],
    )
    images = 2 if mirror else 1
    for image in range(images):
        sign = 1.0 - 2.0 * image
        for e in range(3):
            tree.minima[n + image, e] = sign * u[e]
            tree.minima[n + image, 3 + e] = sign * v[e]
        tree.minima[n + image, 6] = value
        tree.active[n + image, 0] = tree.active[n, 0]
        for p in range(tree.active[n, 0]):
            tree.active[n + image, 1 + p] = tree.active[n, 1 + p]
            tree.active_tau[n + image, p] = sign * tree.active_tau[n, p]
    tree.count[MINIMA] = n + images
    if value < tree.best[6]:
        for e in range(7):
            tree.best[e] = tree.minima[n, e]
    return n


@njit(cache=True, error_model="numpy")
def open_child(tree: Tree, parent: int, node: int) -> None:
    """Give a new node what it inherits."""
    tree.axis[node] = OPEN
    tree.child[node] = -1
    for e in range(2):
        tree.face[node, e] = tree.face[parent, e]
    for e in range(8):
        tree.box[node, e] = tree.box[parent, e]
    for e in range(6):
        tree.cd[node, e] = tree.cd[parent, e]
        tree.base[node, e] = tree.base[parent, e]
    tree.depth[node] = tree.depth[parent] + 1
    tree.descended[node] = tree.descended[parent]
    tree.source[node] = tree.source[parent]
    tree.listed[node] = tree.listed[parent]
    tree.start[node] = -1
    tree.length[node] = 0
    tree.quad[node] = -1


@njit(cache=True, error_model="numpy")
def inherited_bound(tree: Tree, node: int, T: Array) -> float:
    """What the inherited (c, d) prove on a node."""
    gamma = corners(tree.face[node, 0], tree.box[node, :4], T)
    bound = minimum(tree.cd[node, :3], tree.face[node, 0], T, gamma)
    gamma = corners(tree.face[node, 1], tree.box[node, 4:], T)
    return bound + minimum(tree.cd[node, 3:], tree.face[node, 1], T, gamma)


@njit(cache=True, error_model="numpy")
def cut_into_faces(tree: Tree, parent: int, side: int, faces: int, T: Array) -> None:
    """Replace the whole sphere of one side (0: u, 1: v) by its cube faces."""
    first = tree.count[NODES]
    tree.axis[parent] = FACES_U if side == 0 else FACES_V
    tree.child[parent] = first
    tree.quad[parent] = faces
    for f in range(faces):
        node = first + f
        open_child(tree, parent, node)
        tree.face[node, side] = f
        for q in range(2):
            tree.box[node, 4 * side + 2 * q] = -1.0
            tree.box[node, 4 * side + 2 * q + 1] = 1.0
        tree.bound[node] = inherited_bound(tree, node, T)
        heap_push(tree, tree.bound[node], node)
    tree.count[NODES] = first + faces


@njit(cache=True, error_model="numpy")
def split_axis(
    tree: Tree, node: int, target: float, spread: Array, Tu: Array, gu: float, Tv: Array, gv: float, Eu: Array, Ev: Array,
    T: Array, box: Array,
) -> int:
    """The coordinate whose bisection promises most.

    The gain of the two halves with the present multipliers, the total variation of the undecided terms along the coordinate, and
    what the curvature of the sphere costs along it.
    """
    mu = minimum(tree.cd[node, :3], tree.face[node, 0], Tu, gu)
    mv = minimum(tree.cd[node, 3:], tree.face[node, 1], Tv, gv)
    axis = -1
    score = -1e300
    for q in range(4):
        side = q >> 1
        face = tree.face[node, side]
        if face < 0:
            continue
        c = tree.cd[node, 3 * side : 3 * side + 3]
        gain = 0.0
        for upper in range(2):
            for e in range(4):
                box[e] = tree.box[node, 4 * side + e]
            halve(box, 0, q & 1, upper)
            gamma = corners(face, box, T)
            half = minimum(c, face, T, gamma)
            gain += min(half + (mv if side == 0 else mu), target) - (mu + mv)
        E = Eu if side == 0 else Ev
        p = 1 + (q & 1)
        extent = E[p, 0] ** 2 + E[p, 1] ** 2 + E[p, 2] ** 2
        force = math.sqrt(c[0] ** 2 + c[1] ** 2 + c[2] ** 2)
        gain = 0.5 * gain + 0.25 * spread[q] + 0.5 * force * extent
        if gain > score:
            score = gain
            axis = q
    return axis


@njit(cache=True, error_model="numpy")
def moves(vectors: Array, linear: Array) -> bool:
    """Whether G depends on this side at all."""
    for e in range(3):
        if linear[e] != 0.0:
            return True
        for i in range(vectors.shape[0]):
            if vectors[i, e] != 0.0:
                return True
    return False


@njit(cache=True, error_model="numpy")
def near(center: Array, face: int, T: Array, gamma: float, size2: float) -> bool:
    """Whether all of a patch lies within √size2 of a unit vector (always on a whole sphere)."""
    return face < 0 or 2.0 - 2.0 * minimum(center, face, T, gamma) < size2


@njit(cache=True, error_model="numpy")
def advance(
    terms: Terms, tree: Tree, D: int, width: float, goal: float, margin: float, pops: int, mirror: bool
) -> int:
    """Close or split up to `pops` open nodes; DONE when the proved bound is within `width` of the incumbent or at `goal`.

    A node is closed when its bound, less the allowance `margin` for rounding, reaches min(incumbent − width, goal).
    `mirror`: G(−u, −v) = G(u, v), so half a sphere is enough.
    Returns DONE, PROGRESS (all pops used), FULL (an array must grow first), or DESCEND: a local search from tree.request is wanted
    before the node in count[RESUME] goes on.
    """
    K = terms.ia.shape[0]
    work = np.empty((terms.a.shape[0] + terms.b.shape[0] + 2 * K + 8, 3))
    index = np.empty(2 * K + 2, np.int64)
    Tu = np.empty((4, 3))
    Tv = np.empty((4, 3))
    T = np.empty((4, 3))
    Eu = np.empty((3, 3))
    Ev = np.empty((3, 3))
    x = np.zeros(4)
    spread = tree.request[7:11]
    box = np.empty(8)
    live_u = moves(terms.a, terms.g)
    live_v = moves(terms.b, terms.h)
    for _pop in range(pops):
        target = min(tree.best[6] - width, goal) + margin
        resumed = tree.count[RESUME] > 0
        if resumed:
            node = tree.count[RESUME]
            tree.count[RESUME] = 0
        else:
            if tree.count[HEAP] == 0 or tree.heap_key[0] >= target:
                return DONE
            if (
                tree.count[NODES] + 8 > tree.axis.shape[0]
                or tree.count[POOL] + K + 1 > tree.term.shape[0]
                or tree.count[QPOOL] + K + 1 > tree.qterm.shape[0]
                or tree.count[QUADS] + 1 > tree.qstart.shape[0]
            ):
                return FULL
            node = heap_pop(tree)
            tree.count[POPPED] += 1
        fu = tree.face[node, 0]
        fv = tree.face[node, 1]
        gu = corners(fu, tree.box[node, :4], Tu)
        gv = corners(fv, tree.box[node, 4:], Tv)
        frame(Tu, Eu)
        frame(Tv, Ev)
        cut = 0 if fu < 0 and live_u else 1 if fv < 0 and live_v else -1
        if cut < 0 and not resumed:
            for e in range(6):
                box[e] = tree.cd[node, e]
            source = tree.source[node]
            found = multipliers(terms, tree, node, D, target, Tu, gu, Tv, gv, x, spread, work, index)
            if found > tree.bound[node]:
                tree.bound[node] = found
            else:
                for e in range(6):
                    tree.cd[node, e] = box[e]
                tree.source[node] = source
            if tree.bound[node] >= target:
                tree.axis[node] = LINEAR
                continue
        # the quadratic proof, around the known minimisers in or near the patch
        size_u = half_diagonal2(Eu)
        size_v = half_diagonal2(Ev)
        closed = False
        tried = False
        for p in range(tree.count[MINIMA]):
            if near(tree.minima[p, :3], fu, Tu, gu, 6.0 * size_u) and near(
                tree.minima[p, 3:6], fv, Tv, gv, 6.0 * size_v
            ):
                tried = True
                closed = quadratic_proof(terms, tree, node, D, target, p, Tu, gu, Tv, gv)
                if closed:
                    break
        if closed:
            tree.axis[node] = QUADRATIC
            tree.bound[node] = target
            continue
        if cut >= 0:
            cut_into_faces(tree, node, cut, 3 if mirror and (cut == 0 or not live_u) else 6, T)
            continue
        if not tried and not resumed and tree.depth[node] >= tree.descended[node] + 6:
            # is there a minimiser here that nobody knows? G near the incumbent, up to what the curvature can do
            for side in range(2):
                E = Eu if side == 0 else Ev
                norm = 0.0
                for e in range(3):
                    z = E[0, e] + x[2 * side] * E[1, e] + x[2 * side + 1] * E[2, e]
                    if tree.face[node, side] < 0:
                        z = tree.best[3 * side + e]
                    tree.request[3 * side + e] = z
                    norm += z * z
                for e in range(3):
                    tree.request[3 * side + e] /= math.sqrt(norm)
            sag = 0.0
            for side in range(2):
                force = 0.0
                for e in range(3):
                    force += tree.cd[node, 3 * side + e] ** 2
                sag += math.sqrt(force) * (size_u if side == 0 else size_v)
            value = value_at(
                terms.a, terms.b, terms.ia, terms.jb, terms.s, terms.w, terms.g, terms.h,
                tree.request[:3], tree.request[3:6],
            )  # fmt: skip
            if value < tree.best[6] + sag:
                tree.request[6] = 0.3 * math.sqrt(size_u + size_v)
                tree.descended[node] = tree.depth[node]
                tree.count[DESCENTS] += 1
                tree.count[RESUME] = node
                return DESCEND
        axis = split_axis(tree, node, target, spread, Tu, gu, Tv, gv, Eu, Ev, T, box)
        first = tree.count[NODES]
        tree.count[NODES] = first + 2
        tree.axis[node] = axis
        tree.child[node] = first
        for upper in range(2):
            kid = first + upper
            open_child(tree, node, kid)
            halve(tree.box[kid], 4 * (axis >> 1), axis & 1, upper)
            tree.bound[kid] = inherited_bound(tree, kid, T)
            if tree.bound[kid] >= target:
                tree.axis[kid] = LINEAR
            else:
                heap_push(tree, tree.bound[kid], kid)
    return PROGRESS
