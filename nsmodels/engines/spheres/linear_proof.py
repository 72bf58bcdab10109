"""The linear proof of a leaf: multipliers by a few Newton steps (the mathematics is in `leaf`)."""

from __future__ import annotations

import math

import numpy as np

from ..compiled import KernelArray as Array
from ..compiled import kernel, summing_kernel
from .patches import minimum
from .tree import POOL, Terms, Tree

STEPS = 8
Y, J0, J1, J2, J3, R, A0, A1, A2, B0, B1, B2, N, BEST = range(14)
"""Rows of the work space: value, gradient and range on the patch, w·a, −w·s·b, multiplier n, best n so far."""


@kernel
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


@kernel
def collect(
    terms: Terms, tree: Tree, node: int, D: int, E: Array, sag: float, A: Array, B: Array, F: Array, place: Array,
    spread: Array,
) -> tuple[int, int]:
    """List the terms of a node in the pool: fixed where they have a sign on the patch, else put into the work space F.

    Returns how many are listed and how many are undecided. ``sag``: how far the flat patches E (2, 3, 3) miss the
    sphere.
    """
    a, b = terms.a, terms.b
    for i in range(a.shape[0]):
        for q in range(3):
            A[i, q] = a[i, 0] * E[0, q, 0] + a[i, 1] * E[0, q, 1] + a[i, 2] * E[0, q, 2]
    for j in range(b.shape[0]):
        for q in range(3):
            B[j, q] = b[j, 0] * E[1, q, 0] + b[j, 1] * E[1, q, 1] + b[j, 2] * E[1, q, 2]
    first = tree.nodes[tree.nodes[node].listed].start
    number = tree.nodes[tree.nodes[node].listed].length
    out = tree.count[POOL]
    base = tree.nodes[node].base
    for q in range(4):
        spread[q] = 0.0
    m = 0
    kept = 0
    for p in range(number):
        if abs(tree.tau[first + p]) > D:
            continue
        k = tree.term[first + p]
        i = terms.ia[k]
        j = terms.jb[k]
        w = terms.w[k]
        sw = terms.s[k] * w
        y = w * A[i, 0] - sw * B[j, 0]
        j0 = w * A[i, 1]
        j1 = w * A[i, 2]
        j2 = -sw * B[j, 1]
        j3 = -sw * B[j, 2]
        r = abs(j0) + abs(j1) + abs(j2) + abs(j3)
        tree.term[out + kept] = k
        if abs(y) > 1.02 * r + w * sag:
            sign = 1.0 if y > 0.0 else -1.0
            tree.tau[out + kept] = (D + 1) if y > 0.0 else -(D + 1)
            for e in range(3):
                base[e] += sign * w * a[i, e]
                base[3 + e] -= sign * sw * b[j, e]
        else:
            tree.tau[out + kept] = 0
            place[m] = out + kept
            F[Y, m] = y
            F[J0, m] = j0
            F[J1, m] = j1
            F[J2, m] = j2
            F[J3, m] = j3
            F[R, m] = r + 1e-300
            for e in range(3):
                F[A0 + e, m] = w * a[i, e]
                F[B0 + e, m] = -sw * b[j, e]
            m += 1
            if abs(y) < r:
                spread[0] += abs(j0)
                spread[1] += abs(j1)
                spread[2] += abs(j2)
                spread[3] += abs(j3)
        kept += 1
    return kept, m


@summing_kernel
def smooth_step(F: Array, m: int, D: int, x: Array, theta: float, cd: Array, grad: Array, H: Array) -> float:
    """One pass over the undecided terms at the point x.

    Puts the multipliers n/D into F, adds their sum to cd (6,), the gradient to grad (4,), the Hessian into H (4, 4),
    and returns Σ|y|. Written for the vector unit: sums may be taken in any order, which the allowance for rounding
    covers.
    """
    x0 = x[0]
    x1 = x[1]
    x2 = x[2]
    x3 = x[3]
    total = 0.0
    h00 = h10 = h11 = h20 = h21 = h22 = h30 = h31 = h32 = h33 = 0.0
    g0 = g1 = g2 = g3 = 0.0
    c0 = c1 = c2 = d0 = d1 = d2 = 0.0
    for p in range(m):
        j0 = F[J0, p]
        j1 = F[J1, p]
        j2 = F[J2, p]
        j3 = F[J3, p]
        y = F[Y, p] + j0 * x0 + j1 * x1 + j2 * x2 + j3 * x3
        eps = theta * F[R, p]
        square = y * y + eps * eps
        inverse = 1.0 / math.sqrt(square)
        t = y * inverse
        n = min(max(math.floor(D * t + 0.5), -D), D)  # whatever t is, and be it no number: this is a multiplier
        F[N, p] = n
        total += abs(y)
        c0 += n * F[A0, p]
        c1 += n * F[A1, p]
        c2 += n * F[A2, p]
        d0 += n * F[B0, p]
        d1 += n * F[B1, p]
        d2 += n * F[B2, p]
        g0 += t * j0
        g1 += t * j1
        g2 += t * j2
        g3 += t * j3
        k = eps * eps * inverse * inverse * inverse
        k0 = k * j0
        k1 = k * j1
        k2 = k * j2
        h00 += k0 * j0
        h10 += k0 * j1
        h11 += k1 * j1
        h20 += k0 * j2
        h21 += k1 * j2
        h22 += k2 * j2
        h30 += k0 * j3
        h31 += k1 * j3
        h32 += k2 * j3
        h33 += k * j3 * j3
    cd[0] += c0 / D
    cd[1] += c1 / D
    cd[2] += c2 / D
    cd[3] += d0 / D
    cd[4] += d1 / D
    cd[5] += d2 / D
    grad[0] += g0
    grad[1] += g1
    grad[2] += g2
    grad[3] += g3
    H[0, 0] = h00
    H[1, 0] = H[0, 1] = h10
    H[1, 1] = h11
    H[2, 0] = H[0, 2] = h20
    H[2, 1] = H[1, 2] = h21
    H[2, 2] = h22
    H[3, 0] = H[0, 3] = h30
    H[3, 1] = H[1, 3] = h31
    H[3, 2] = H[2, 3] = h32
    H[3, 3] = h33
    return total


@kernel
def linear_part(const: float, lin: Array, x: Array, grad: Array) -> float:
    """The value of the linear part at x; its gradient into grad."""
    value = const
    for q in range(4):
        grad[q] = lin[q]
        value += lin[q] * x[q]
    return value


@kernel
def newton_step(H: Array, grad: Array, x: Array, step: Array) -> float:
    """Take a step within [−1, 1]⁴; the largest change of a coordinate, or −1 where the system is singular."""
    solve_free(H, grad, x, step)
    if not math.isfinite(step[0] + step[1] + step[2] + step[3]):
        return -1.0
    moved = 0.0
    for q in range(4):
        z = min(max(x[q] + step[q], -1.0), 1.0)
        moved = max(moved, abs(z - x[q]))
        x[q] = z
    return moved


@kernel
def multipliers(
    terms: Terms, tree: Tree, node: int, D: int, target: float, T: Array, gamma: Array, E: Array, sag: float,
    x: Array, spread: Array, A: Array, B: Array, F: Array, place: Array,
) -> float:
    """Look for multipliers that prove `target` on a node; write them into the pool and (c, d) into the node.

    Returns the proved bound, with the multipliers rounded to n/D. The point x (4,), in the coordinates of the flat
    patches, ends near the minimum of G there: where that is below the target no multipliers can succeed. `spread` (4,)
    gets the total variation of the undecided terms along each coordinate. A, B, F (14, K), place (K,) are work space.
    """
    kept, m = collect(terms, tree, node, D, E, sag, A, B, F, place, spread)
    cd = np.empty(6)
    grad = np.empty(4)
    lin = np.zeros(4)
    step = np.empty(4)
    H = np.empty((4, 4))
    # the fixed terms and the linear part in the coordinates of the patch
    base = tree.nodes[node].base
    const = 0.0
    for side in range(2):
        for e in range(3):
            z = base[3 * side + e]
            const += z * E[side, 0, e]
            lin[2 * side] += z * E[side, 1, e]
            lin[2 * side + 1] += z * E[side, 2, e]
    for q in range(4):
        x[q] = 0.0
    theta = 0.3
    bound = -1e300
    for _ in range(STEPS):
        value = linear_part(const, lin, x, grad)
        for e in range(6):
            cd[e] = base[e]
        value += smooth_step(F, m, D, x, theta, cd, grad, H)
        trial = 0.0
        for side in range(2):
            k = 3 * side
            trial += minimum(cd[k], cd[k + 1], cd[k + 2], tree.nodes[node].face[side], T, side, gamma[side])
        if trial > bound:
            bound = trial
            for e in range(6):
                tree.nodes[node].cd[e] = cd[e]
            for p in range(m):
                F[BEST, p] = F[N, p]
        if bound >= target or value < target:
            break
        moved = newton_step(H, grad, x, step)
        if moved < 0.0:
            break
        if moved < 0.1:
            theta *= 0.2
    for p in range(m):
        tree.tau[place[p]] = int(F[BEST, p])
    out = tree.count[POOL]
    tree.nodes[node].start = out
    tree.nodes[node].length = kept
    tree.nodes[node].listed = node
    tree.nodes[node].source = node
    tree.count[POOL] = out + kept
    return bound
