"""Patches of the unit sphere: dyadic boxes on the six faces of a cube, and the minimum of a linear function over them.

The face with index f < 3 is centred on the axis +e_f, the face f ≥ 3 on −e_{f−3}. A patch is the set of directions of
(±1, s, t) with s0 ≤ s ≤ s1 and t0 ≤ t ≤ t1, the three coordinates being numbered cyclically from the axis. Bisection
keeps all coordinates dyadic, hence exact in floating point, and a patch is named by its path of bisections alone.
The index −1 stands for the whole sphere.

For the unit directions t̂_1..t̂_4 of the corners every unit vector of the patch is x = Σ μ_i t̂_i with μ ≥ 0 and
1 ≤ Σμ_i ≤ 1/γ, where γ = min_i t̂_i·m̂ for any unit vector m̂ with γ > 0: |x| ≤ Σμ_i|t̂_i| gives the first, x·m̂ ≤ 1
the second.
Therefore, with m = min_i c·t̂_i,

    min over the patch of c·x  ≥  m  if m ≥ 0,   and   ≥  max(−|c|, m/γ)  otherwise.

Where c·x > 0 this is exact (the function is concave along great circles); elsewhere it is off by the square of the
size.
"""

from __future__ import annotations

import math

from ..compiled import KernelArray as Array
from ..compiled import kernel


@kernel
def corners(face: int, s0: float, s1: float, t0: float, t1: float, T: Array, side: int) -> float:
    """Write the four corner directions of a patch into T[side] (4, 3); return γ (see the module's text)."""
    if face < 0:
        for q in range(4):
            for e in range(3):
                T[side, q, e] = 0.0
        return 1.0
    axis = face % 3
    sign = 1.0 if face < 3 else -1.0
    m0 = 0.0
    m1 = 0.0
    m2 = 0.0
    for q in range(4):
        s = s0 if q & 1 == 0 else s1
        t = t0 if q < 2 else t1
        norm = math.sqrt(1.0 + s * s + t * t)
        T[side, q, axis] = sign / norm
        T[side, q, (axis + 1) % 3] = s / norm
        T[side, q, (axis + 2) % 3] = t / norm
        m0 += T[side, q, 0]
        m1 += T[side, q, 1]
        m2 += T[side, q, 2]
    gamma = 1e300
    for q in range(4):
        gamma = min(gamma, T[side, q, 0] * m0 + T[side, q, 1] * m1 + T[side, q, 2] * m2)
    return gamma / math.sqrt(m0 * m0 + m1 * m1 + m2 * m2)


@kernel
def minimum(x: float, y: float, z: float, face: int, T: Array, side: int, gamma: float) -> float:
    """Lower bound of (x, y, z)·u over a patch, before the allowance for rounding (see `minimum`)."""
    if face < 0:
        return -math.sqrt(x * x + y * y + z * z)
    m = x * T[side, 0, 0] + y * T[side, 0, 1] + z * T[side, 0, 2]
    for q in range(1, 4):
        m = min(m, x * T[side, q, 0] + y * T[side, q, 1] + z * T[side, q, 2])
    if m >= 0.0:
        return m
    return max(-math.sqrt(x * x + y * y + z * z), m / gamma)


@kernel
def halve(box: Array, offset: int, axis: int, upper: int) -> None:
    """Replace the box in box[offset:offset+4] by its lower (0) or upper (1) half along s (axis 0) or t (axis 1)."""
    p = offset + 2 * axis
    middle = 0.5 * (box[p] + box[p + 1])
    if upper == 1:
        box[p] = middle
    else:
        box[p + 1] = middle


@kernel
def frame(T: Array, E: Array, side: int) -> float:
    """Centre and half-sides E[side] (3, 3) of the flat patch E0 + [−1, 1]E1 + [−1, 1]E2 through the corners T[side].

    Returns the square of half its diagonal.
    """
    p = 0.0
    q = 0.0
    for e in range(3):
        t0 = T[side, 0, e]
        t1 = T[side, 1, e]
        t2 = T[side, 2, e]
        t3 = T[side, 3, e]
        E[side, 0, e] = 0.25 * (t0 + t1 + t2 + t3)
        E[side, 1, e] = 0.25 * (t1 + t3 - t0 - t2)
        E[side, 2, e] = 0.25 * (t2 + t3 - t0 - t1)
        p += 0.25 * (t3 - t0) ** 2
        q += 0.25 * (t1 - t2) ** 2
    return max(p, q)
