"""The leaf rule for a sum of absolute values of laws over two unit spheres (`spheres.search` has the branch and bound).

    G(u, v) = Σ_k w_k |F(a_i·u) − s_k H(b_j·v)| − Σ α_i F(a_i·u) − Σ β_j H(b_j·v),   |u| = |v| = 1

On a pair of patches (`nsmodels.engines.spheres.patches`) any multipliers τ_k in [−1, 1] prove

    G ≥ Σ_i P_i F(a_i·u) + Σ_j Q_j H(b_j·v),   P_i = Σ_k w τ − α_i,   Q_j = −Σ_k w s τ − β_j.

On the patch a_i·u lies in an interval, and there F lies in the affine band p x + [r₋, r₊] (`bands`). So

    G ≥ c·u + d·v + Σ_i (P_i r₋ or P_i r₊) + Σ_j (Q_j r₋ or Q_j r₊),   c = Σ P_i p_i a_i,  d = Σ Q_j p_j b_j,

whose minimum over the two patches is a closed form. Children inherit multipliers, and form c and d anew with their own,
narrower bands. Multipliers come from a few Newton steps on the smoothed G over the flat pair of patches, in which laws
are replaced by the middle lines of their bands. Multipliers are integers n/D: what is evaluated here is what a checker
sees. Where v is u there is one patch, and c + d are put together.
"""

from __future__ import annotations

import numpy as np

from ..compiled import KernelArray as Array
from ..compiled import entry, kernel
from ..spheres import search
from ..spheres.search import CLOSED, DESCEND, SPLIT, Place, half_patch, into_request
from ..spheres.tree import LINEAR, POOL, RESUME
from .bands import smooth_value
from .linear_proof import Work, bound_of, coefficients, multipliers, side_bands
from .terms import LawTerms
from .tree import LawTree

NARROW = 0.2
"""The least length of a side that is bisected, in units of the longest.

Bands are not monotone, so that halves may be worse than the whole; no patch gets too narrow by that.
"""


@search.workspace.of(LawTerms)
def workspace(t: LawTerms) -> Work:
    """Work space for laws and terms of this size."""
    n_a = t.a.shape[0]
    n_b = t.b.shape[0]
    return Work(
        np.zeros((n_a, 3)), np.zeros((n_b, 3)), np.zeros((n_a, 3)), np.zeros((n_b, 3)), np.zeros((n_a, 4)),
        np.zeros((n_b, 4)), np.zeros(n_a), np.zeros(n_b), np.zeros(max(t.ia.shape[0], 1)),
        np.zeros(max(t.ca.shape[0], t.cb.shape[0], 1)),
    )  # fmt: skip


@search.live.of(LawTerms)
def live(t: LawTerms) -> tuple[bool, bool]:
    """Whether G depends on u, and on v."""
    return t.live_u, t.live_v


@search.is_full.of(LawTerms)
def is_full(t: LawTerms, tree: LawTree) -> bool:
    """Whether one more list of multipliers might find no room."""
    return bool(tree.count[POOL] + 2 > tree.tau.shape[0])


@kernel
def both_bands(t: LawTerms, face_u: int, face_v: int, T: Array, gamma: Array, work: Work) -> None:
    """The bands of both sides on the patches of a node."""
    side_bands(t.a, t.ca, t.kxa, t.kya, face_u, T, 0, gamma[0], work.powers, work.A)
    if t.tied:
        side_bands(t.b, t.cb, t.kxb, t.kyb, face_u, T, 0, gamma[0], work.powers, work.B)
    else:
        side_bands(t.b, t.cb, t.kxb, t.kyb, face_v, T, 1, gamma[1], work.powers, work.B)


@search.bound_of_child.of(LawTerms)
def bound_of_child(t: LawTerms, tree: LawTree, work: Work, node: int, place: Place) -> float:
    """What P, Q in the work space prove with the child's own bands."""
    face_u = tree.nodes[node].face[0]
    face_v = tree.nodes[node].face[1]
    both_bands(t, face_u, face_v, place.T2, place.gamma2, work)
    return bound_of(t, work.P, work.Q, work.A, work.B, face_u, face_v, place.T2, place.gamma2)


@kernel
def half_bound(t: LawTerms, tree: LawTree, node: int, q: int, upper: int, place: Place, work: Work) -> float:
    """What P, Q in the work space prove on one half of a node, bisected along coordinate q."""
    side = q >> 1
    face = tree.nodes[node].face
    T2 = place.T2
    gamma2 = place.gamma2
    half_patch(tree, node, q, upper, place)
    for e in range(4):
        for f in range(3):
            T2[1 - side, e, f] = place.T[1 - side, e, f]
    gamma2[1 - side] = place.gamma[1 - side]
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


@search.promise.of(LawTerms)
def promise(
    t: LawTerms, tree: LawTree, work: Work, node: int, q: int, target: float, place: Place, halves: Array
) -> float:
    """What bisection along q gains: with the present multipliers, and by the spread of the undecided terms."""
    box = tree.nodes[node].box
    longest = 0.0
    for p in range(4):
        if tree.nodes[node].face[p >> 1] >= 0:
            longest = max(longest, box[2 * p + 1] - box[2 * p])
    if box[2 * q + 1] - box[2 * q] < NARROW * longest:
        return -1e300
    gain = 0.25 * place.spread[q]
    for upper in range(2):
        halves[q, upper] = half_bound(t, tree, node, q, upper, place, work)
        gain += 0.5 * (min(halves[q, upper], target) - tree.nodes[node].bound)
    return gain


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
def wants_descent(t: LawTerms, tree: LawTree, node: int, width: float, place: Place) -> bool:
    """Whether a better minimiser may be near the point x of the flat patches; then put it into tree.request."""
    into_request(tree, node, 0, place)
    into_request(tree, node, 1, place)
    if t.tied:
        for e in range(3):
            tree.request[3 + e] = tree.request[e]
    value = value_at(t, tree.request[:3], tree.request[3:6])
    before = tree.best[6]
    if value < before:
        for e in range(6):
            tree.best[e] = tree.request[e]
        tree.best[6] = value
    spread = place.spread
    promised = 0.3 * (spread[0] + spread[1] + spread[2] + spread[3])
    known = tree.nodes[node].depth < tree.nodes[node].descended + 8
    if value < before - 0.25 * width or (value < before + promised and not known):
        tree.nodes[node].descended = tree.nodes[node].depth
        tree.count[RESUME] = node
        return True
    return False


@kernel
def prepare(t: LawTerms, tree: LawTree, node: int, D: int, work: Work) -> None:
    """Form P, Q with the multipliers that give the bound of a node."""
    for k in range(t.ia.shape[0]):
        work.n[k] = tree.tau[tree.nodes[node].list, k]
    coefficients(t, work.n, D, work.P, work.Q)


@search.look.of(LawTerms)
def look(
    t: LawTerms, tree: LawTree, work: Work, node: int, D: int, width: float, target: float, cut: int, resumed: bool,
    place: Place,
) -> int:
    """Multipliers, then a descent; on whole spheres no multipliers: enough where G is a constant, as for G = 0."""
    face_u = tree.nodes[node].face[0]
    face_v = tree.nodes[node].face[1]
    if node == 0 or cut < 0:
        both_bands(t, face_u, face_v, place.T, place.gamma, work)
    if cut >= 0:
        for k in range(t.ia.shape[0]):
            work.n[k] = 0.0
        coefficients(t, work.n, D, work.P, work.Q)
        if node == 0:
            tree.nodes[0].bound = bound_of(t, work.P, work.Q, work.A, work.B, -1, -1, place.T, place.gamma)
    else:
        new = tree.count[POOL]
        found = multipliers(
            t, D, target, face_u, face_v, place.T, place.gamma, place.E, place.x, place.spread, work, tree.tau[new]
        )
        if found > tree.nodes[node].bound:
            tree.nodes[node].bound = found
            tree.nodes[node].list = new
            tree.nodes[node].start = new
            tree.count[POOL] = new + 1
    if tree.nodes[node].bound >= target:
        tree.nodes[node].axis = LINEAR
        return CLOSED
    if cut < 0:
        if not resumed and wants_descent(t, tree, node, width, place):
            return DESCEND
        prepare(t, tree, node, D, work)
    return SPLIT
