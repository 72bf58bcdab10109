"""Branch and bound for the minimum over two unit spheres of a sum of absolute values of laws.

    G(u, v) = Σ_k w_k |F(a_i·u) − s_k H(b_j·v)| − Σ α_i F(a_i·u) − Σ β_j H(b_j·v),   |u| = |v| = 1

A node is a pair of patches (`nsmodels.engines.spheres.patches`). Any multipliers τ_k in [−1, 1] prove

    G ≥ Σ_i P_i F(a_i·u) + Σ_j Q_j H(b_j·v),   P_i = Σ_k w τ − α_i,   Q_j = −Σ_k w s τ − β_j.

On the patch a_i·u lies in an interval, and there F lies in the affine band p x + [r₋, r₊] (`bands`). So

    G ≥ c·u + d·v + Σ_i (P_i r₋ or P_i r₊) + Σ_j (Q_j r₋ or Q_j r₊),   c = Σ P_i p_i a_i,  d = Σ Q_j p_j b_j,

whose minimum over the two patches is a closed form. Children inherit multipliers, and form c and d anew with their own,
narrower bands. Multipliers come from a few Newton steps on the smoothed G over the flat pair of patches, in which laws
are replaced by the middle lines of their bands. Multipliers are integers n/D: what is evaluated here is what a checker
sees. Where v is u there is one patch, and c + d are put together.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from ..compiled import entry, kernel, record
from ..spheres.linear_proof import solve_free
from ..spheres.patches import corners, frame, halve, minimum
from .bands import band, smooth_value
from .terms import LawTerms

Array = Any

OPEN, CLOSED = -1, -2
"""Values of ``axis`` at leaves; 0..3: bisected along s or t of u, of v; FACES_U, FACES_V: cut into cube faces."""
FACES_U, FACES_V = 4, 5
DONE, PROGRESS, FULL, DESCEND = 0, 1, 2, 3
NODES, LISTS, HEAP, POPPED, RESUME = 0, 1, 2, 3, 4
SMALLEST = 2.0**-37
"""Patches are not bisected below this; certificates name patches down to 2^-40."""
STEPS = 8

LAW_NODE = record(
    [
        ("bound", "f8"),
        ("box", "f8", (8,)),
        ("list", "i4"),  # the multipliers that give the bound
        ("own", "i4"),  # whether that list was made here
        ("axis", "i4"),
        ("child", "i4"),
        ("faces", "i4"),  # number of children where cut into faces
        ("depth", "i4"),
        ("descended", "i4"),  # the depth of the last ancestor from which a descent was tried
        ("face", "i4", (2,)),
    ]
)


class LawTree(NamedTuple):
    """All nodes with what proves them."""

    nodes: Array  # LAW_NODE
    tau: Array  # (lists, K) int8
    heap_key: Array
    heap_node: Array
    count: Array  # (5,) int64
    best: Array  # (7,) incumbent u, v, G
    request: Array  # (6,) where to descend from


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
def push(tree: LawTree, key: float, node: int) -> None:
    """Push a node onto the heap of open nodes (smallest bound first; ties by age, so that runs repeat)."""
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


@kernel
def pop(tree: LawTree) -> int:
    """Pop the open node with the smallest bound."""
    top = tree.heap_node[0]
    n = tree.count[HEAP] - 1
    tree.count[HEAP] = n
    key = tree.heap_key[n]
    node = tree.heap_node[n]
    p = 0
    while 2 * p + 1 < n:
        q = 2 * p + 1
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
        value = const
        for p in range(4):
            grad[p] = lin[p]
            value += lin[p] * x[p]
            for q in range(4):
                H[p, q] = 0.0
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
        solve_free(H, grad, x, step)
        moved = 0.0
        if not math.isfinite(step[0] + step[1] + step[2] + step[3]):
            break
        for q in range(4):
            z = min(max(x[q] + step[q], -1.0), 1.0)
            moved = max(moved, abs(z - x[q]))
            x[q] = z
        if moved < 0.1:
            theta *= 0.2
    return bound


@kernel
def open_node(tree: LawTree, parent: int, node: int, bound: float, target: float) -> None:
    """Give a new node what it inherits, with its bound; close it or push it onto the heap."""
    new = tree.nodes[node]
    new.bound = bound
    new.own = 0
    new.child = -1
    new.depth = tree.nodes[parent].depth + 1
    if bound >= target:
        new.axis = CLOSED
    else:
        new.axis = OPEN
        push(tree, bound, node)


@kernel
def inherit(tree: LawTree, parent: int, node: int) -> None:
    """Copy box, faces and multipliers."""
    old = tree.nodes[parent]
    new = tree.nodes[node]
    for e in range(8):
        new.box[e] = old.box[e]
    for e in range(2):
        new.face[e] = old.face[e]
    new.list = old.list
    new.descended = old.descended


@kernel
def geometry(tree: LawTree, node: int, T: Array, gamma: Array) -> None:
    """Corners T (2, 4, 3) and γ (2,) of both patches of a node."""
    box = tree.nodes[node].box
    for side in range(2):
        k = 4 * side
        gamma[side] = corners(tree.nodes[node].face[side], box[k], box[k + 1], box[k + 2], box[k + 3], T, side)


@kernel
def both_bands(t: LawTerms, face_u: int, face_v: int, T: Array, gamma: Array, work: Work) -> None:
    """The bands of both sides on the patches of a node."""
    side_bands(t.a, t.ca, t.kxa, t.kya, face_u, T, 0, gamma[0], work.powers, work.A)
    if t.tied:
        side_bands(t.b, t.cb, t.kxb, t.kyb, face_u, T, 0, gamma[0], work.powers, work.B)
    else:
        side_bands(t.b, t.cb, t.kxb, t.kyb, face_v, T, 1, gamma[1], work.powers, work.B)


@kernel
def cut_into_faces(
    t: LawTerms, tree: LawTree, parent: int, side: int, faces: int, target: float, T: Array, gamma: Array, work: Work
) -> None:
    """Replace the whole sphere of one side by cube faces; P, Q in the work space are those of no multipliers."""
    first = tree.count[NODES]
    tree.count[NODES] += faces
    tree.nodes[parent].axis = FACES_U if side == 0 else FACES_V
    tree.nodes[parent].child = first
    tree.nodes[parent].faces = faces
    for f in range(faces):
        inherit(tree, parent, first + f)
        tree.nodes[first + f].face[side] = f
        box = tree.nodes[first + f].box
        for q in range(2):
            box[4 * side + 2 * q] = -1.0
            box[4 * side + 2 * q + 1] = 1.0
        geometry(tree, first + f, T, gamma)
        face_u = tree.nodes[first + f].face[0]
        face_v = tree.nodes[first + f].face[1]
        both_bands(t, face_u, face_v, T, gamma, work)
        bound = bound_of(t, work.P, work.Q, work.A, work.B, face_u, face_v, T, gamma)
        open_node(tree, parent, first + f, bound, target)


@kernel
def half_bound(
    t: LawTerms, tree: LawTree, node: int, q: int, upper: int, T2: Array, T: Array, gamma: Array, gamma2: Array,
    work: Work,
) -> float:
    """What P, Q in the work space prove on one half of a node, bisected along coordinate q."""
    side = q >> 1
    box = tree.nodes[node].box
    face = tree.nodes[node].face
    k = 4 * side
    s0 = box[k]
    s1 = box[k + 1]
    t0 = box[k + 2]
    t1 = box[k + 3]
    if q & 1 == 0:
        s0, s1 = (0.5 * (s0 + s1), s1) if upper == 1 else (s0, 0.5 * (s0 + s1))
    else:
        t0, t1 = (0.5 * (t0 + t1), t1) if upper == 1 else (t0, 0.5 * (t0 + t1))
    for e in range(4):
        for f in range(3):
            T2[1 - side, e, f] = T[1 - side, e, f]
    gamma2[1 - side] = gamma[1 - side]
    gamma2[side] = corners(face[side], s0, s1, t0, t1, T2, side)
    A = work.A
    B = work.B
    if side == 0:
        side_bands(t.a, t.ca, t.kxa, t.kya, face[0], T2, 0, gamma2[0], work.powers, work.A2)
        A = work.A2
    if side == 1 or t.tied:
        other = 0 if t.tied else 1
        side_bands(t.b, t.cb, t.kxb, t.kyb, face[other], T2, other, gamma2[other], work.powers, work.B2)
        B = work.B2
    return bound_of(t, work.P, work.Q, A, B, face[0], face[1], T2, gamma2)


@kernel
def bisect(
    t: LawTerms, tree: LawTree, node: int, D: int, target: float, spread: Array, T: Array, gamma: Array, T2: Array,
    gamma2: Array, work: Work,
) -> None:
    """Bisect a node along the coordinate that promises most: the gain with the present multipliers, and the spread."""
    box = tree.nodes[node].box
    halves = np.empty((4, 2))
    for k in range(t.ia.shape[0]):
        work.n[k] = tree.tau[tree.nodes[node].list, k]
    coefficients(t, work.n, D, work.P, work.Q)
    bound = tree.nodes[node].bound
    axis = -1
    score = -1e300
    longest = 0.0
    for q in range(4):
        if tree.nodes[node].face[q >> 1] >= 0:
            longest = max(longest, box[2 * q + 1] - box[2 * q])
    for q in range(4):
        # bands are not monotone, so that halves may be worse than the whole: no patch gets too narrow by that
        length = box[2 * q + 1] - box[2 * q]
        if tree.nodes[node].face[q >> 1] < 0 or length < SMALLEST or length < 0.2 * longest:
            continue
        gain = 0.25 * spread[q]
        for upper in range(2):
            halves[q, upper] = half_bound(t, tree, node, q, upper, T2, T, gamma, gamma2, work)
            gain += 0.5 * (min(halves[q, upper], target) - bound)
        if gain > score:
            score = gain
            axis = q
    if axis < 0:
        tree.nodes[node].axis = CLOSED  # as small as patches get: it stays with the bound that it has
        return
    first = tree.count[NODES]
    tree.count[NODES] += 2
    tree.nodes[node].axis = axis
    tree.nodes[node].child = first
    for upper in range(2):
        inherit(tree, node, first + upper)
        halve(tree.nodes[first + upper].box, 4 * (axis >> 1), axis & 1, upper)
        open_node(tree, node, first + upper, halves[axis, upper], target)


@entry
def value_at(t: LawTerms, u: Array, v: Array) -> float:
    """G(u, v) itself."""
    out = np.empty(3)
    A = np.empty(t.a.shape[0])
    B = np.empty(t.b.shape[0])
    value = 0.0
    for i in range(t.a.shape[0]):
        smooth_value(t.ca, t.kxa, t.kya, t.a[i, 0] * u[0] + t.a[i, 1] * u[1] + t.a[i, 2] * u[2], 0.0, out)
        A[i] = out[0]
        value -= t.alpha[i] * out[0]
    for j in range(t.b.shape[0]):
        smooth_value(t.cb, t.kxb, t.kyb, t.b[j, 0] * v[0] + t.b[j, 1] * v[1] + t.b[j, 2] * v[2], 0.0, out)
        B[j] = out[0]
        value -= t.beta[j] * out[0]
    for k in range(t.ia.shape[0]):
        value += t.w[k] * abs(A[t.ia[k]] - t.s[k] * B[t.jb[k]])
    return value


@kernel
def wants_descent(
    t: LawTerms, tree: LawTree, node: int, width: float, x: Array, E: Array, spread: Array
) -> bool:
    """Whether a better minimiser may be near the point x of the flat patches; then put it into tree.request."""
    for side in range(2):
        norm = 0.0
        for e in range(3):
            z = tree.best[3 * side + e]
            if tree.nodes[node].face[side] >= 0:
                z = E[side, 0, e] + x[2 * side] * E[side, 1, e] + x[2 * side + 1] * E[side, 2, e]
            elif t.tied:
                z = tree.request[e]
            tree.request[3 * side + e] = z
            norm += z * z
        for e in range(3):
            tree.request[3 * side + e] /= math.sqrt(norm)
    value = value_at(t, tree.request[:3], tree.request[3:6])
    before = tree.best[6]
    if value < before:
        for e in range(6):
            tree.best[e] = tree.request[e]
        tree.best[6] = value
    promise = 0.3 * (spread[0] + spread[1] + spread[2] + spread[3])
    known = tree.nodes[node].depth < tree.nodes[node].descended + 8
    if value < before - 0.25 * width or (value < before + promise and not known):
        tree.nodes[node].descended = tree.nodes[node].depth
        tree.count[RESUME] = node
        return True
    return False


@entry
def advance(t: LawTerms, tree: LawTree, work: Work, D: int, width: float, goal: float, margin: float, pops: int,
            faces: int, live_u: bool, live_v: bool) -> int:  # fmt: skip
    """Close or split up to `pops` open nodes.

    A node is closed when its bound, less the allowance `margin` for rounding, reaches min(incumbent − width, goal).
    `faces`: 3 where half of one sphere is enough. Returns DONE when nothing is left to do, PROGRESS when all pops are
    used, FULL when an array must grow first, DESCEND when a local search from tree.request is wanted before the node
    in count[RESUME] goes on.
    """
    T = np.empty((2, 4, 3))
    T2 = np.empty((2, 4, 3))
    E = np.zeros((2, 3, 3))
    gamma = np.empty(2)
    gamma2 = np.empty(2)
    x = np.zeros(4)
    spread = np.zeros(4)
    for _pop in range(pops):
        target = min(tree.best[6] - width, goal) + margin
        resumed = tree.count[RESUME] > 0
        if resumed:
            node = tree.count[RESUME]
            tree.count[RESUME] = 0
        else:
            if tree.count[HEAP] == 0 or tree.heap_key[0] >= target:
                return DONE
            if tree.count[NODES] + 8 > tree.nodes.shape[0] or tree.count[LISTS] + 2 > tree.tau.shape[0]:
                return FULL
            node = pop(tree)
            tree.count[POPPED] += 1
        face_u = tree.nodes[node].face[0]
        face_v = tree.nodes[node].face[1]
        if (face_u < 0 and live_u) or (face_v < 0 and live_v):
            # no multipliers at all: enough where the minimum is that of a constant, as for G = 0
            for k in range(t.ia.shape[0]):
                work.n[k] = 0.0
            coefficients(t, work.n, D, work.P, work.Q)
            if node == 0:
                both_bands(t, -1, -1, T, gamma, work)
                tree.nodes[0].bound = bound_of(t, work.P, work.Q, work.A, work.B, -1, -1, T, gamma)
            if tree.nodes[node].bound >= target:
                tree.nodes[node].axis = CLOSED
            elif face_u < 0 and live_u:
                cut_into_faces(t, tree, node, 0, faces, target, T, gamma, work)
            else:
                cut_into_faces(t, tree, node, 1, 6 if live_u else faces, target, T, gamma, work)
            continue
        geometry(tree, node, T, gamma)
        frame(T, E, 0)
        frame(T, E, 1)
        both_bands(t, face_u, face_v, T, gamma, work)
        new = tree.count[LISTS]
        found = multipliers(t, D, target, face_u, face_v, T, gamma, E, x, spread, work, tree.tau[new])
        if found > tree.nodes[node].bound:
            tree.nodes[node].bound = found
            tree.nodes[node].list = new
            tree.nodes[node].own = 1
            tree.count[LISTS] = new + 1
        if tree.nodes[node].bound >= target:
            tree.nodes[node].axis = CLOSED
            continue
        if not resumed and wants_descent(t, tree, node, width, x, E, spread):
            return DESCEND
        bisect(t, tree, node, D, target, spread, T, gamma, T2, gamma2, work)
    return PROGRESS
