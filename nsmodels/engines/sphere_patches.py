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
from typing import Any

from .compiled import kernel

Array = Any

WHOLE = -1


@kernel
def direction(face: int, s: float, t: float, out: Array) -> None:
    """Write the unit vector of the point (s, t) of a face into `out` (3,)."""
    axis = face % 3
    norm = math.sqrt(1.0 + s * s + t * t)
    out[axis] = (1.0 if face < 3 else -1.0) / norm
    out[(axis + 1) % 3] = s / norm
    out[(axis + 2) % 3] = t / norm


@kernel
def corners(face: int, box: Array, T: Array) -> float:
    """Write the four corner directions of a patch into T (4, 3); return γ (see the module's text)."""
    if face < 0:
        T[:, :] = 0.0
        return 1.0
    for q in range(4):
        direction(face, box[q & 1], box[2 + (q >> 1)], T[q])
    m0 = T[0, 0] + T[1, 0] + T[2, 0] + T[3, 0]
    m1 = T[0, 1] + T[1, 1] + T[2, 1] + T[3, 1]
    m2 = T[0, 2] + T[1, 2] + T[2, 2] + T[3, 2]
    gamma = 1e300
    for q in range(4):
        gamma = min(gamma, T[q, 0] * m0 + T[q, 1] * m1 + T[q, 2] * m2)
    return gamma / math.sqrt(m0 * m0 + m1 * m1 + m2 * m2)


@kernel
def minimum(c: Array, face: int, T: Array, gamma: float) -> float:
    """Lower bound of c·x over a patch, before the allowance for rounding (see `spheres.rounding_margin`)."""
    if face < 0:
        return -math.sqrt(c[0] * c[0] + c[1] * c[1] + c[2] * c[2])
    m = c[0] * T[0, 0] + c[1] * T[0, 1] + c[2] * T[0, 2]
    for q in range(1, 4):
        m = min(m, c[0] * T[q, 0] + c[1] * T[q, 1] + c[2] * T[q, 2])
    if m >= 0.0:
        return m
    return max(-math.sqrt(c[0] * c[0] + c[1] * c[1] + c[2] * c[2]), m / gamma)


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
def frame(T: Array, E: Array) -> None:
    """Centre and two half-sides E (3, 3) of the flat patch E0 + [−1, 1]E1 + [−1, 1]E2 through the corners T."""
    for e in range(3):
        E[0, e] = 0.25 * (T[0, e] + T[1, e] + T[2, e] + T[3, e])
        E[1, e] = 0.25 * (T[1, e] + T[3, e] - T[0, e] - T[2, e])
        E[2, e] = 0.25 * (T[2, e] + T[3, e] - T[0, e] - T[1, e])


@kernel
def half_diagonal2(E: Array) -> float:
    """Square of the radius of a flat patch."""
    p = 0.0
    q = 0.0
    for e in range(3):
        p += (E[1, e] + E[2, e]) ** 2
        q += (E[1, e] - E[2, e]) ** 2
    return max(p, q)
