"""Many shallow local searches of a sum of absolute values over two spheres: variety for column generation.

G(u, v) = Σ_k w_k |x_k·u − y_k·v| − g·u − h·v is majorised at the current point by a quadratic function, because
|t| ≤ t²/2c + c/2 with c = max(|t|, ε), and that by one whose minimum over the spheres is a normalised gradient step:
each step descends on the smoothed function. ε shrinks from step to step. Where `descent` converges to the few
exact local minima, this stops on the way and keeps many different points of nearly the same value.

Single precision and one array per coordinate, so that the compiler uses vector instructions; the starting points are
shared out between threads.
"""

from __future__ import annotations

import itertools
import math
import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from ..compiled import KernelArray as Array
from ..compiled import compiled

__all__ = ["sweep"]


@compiled(fastmath=True, nogil=True, error_model="numpy")  # a test for zero divisors would keep it scalar
def _sweep(
    x: Array, y: Array, w: Array, linear: Array, U: Array, V: Array, steps: int, first: float, last: float
) -> None:
    """Move every row of U, V (m, 3) downhill, in place. x, y (3, k), w (k,), linear (6,) all float32."""
    count = w.shape[0]
    x0, x1, x2 = x[0], x[1], x[2]
    y0, y1, y2 = y[0], y[1], y[2]
    one = np.float32(1.0)
    shrink = np.float32((last / first) ** (1.0 / max(steps - 1, 1)))
    for n in range(U.shape[0]):
        u0, u1, u2 = U[n, 0], U[n, 1], U[n, 2]
        v0, v1, v2 = V[n, 0], V[n, 1], V[n, 2]
        eps = np.float32(first)
        for _ in range(steps):
            p0 = p1 = p2 = q0 = q1 = q2 = trace = np.float32(0.0)
            for k in range(count):
                d = x0[k] * u0 + x1[k] * u1 + x2[k] * u2 - y0[k] * v0 - y1[k] * v1 - y2[k] * v2
                r = w[k] / max(abs(d), eps)
                trace += r
                t = r * d
                p0 += t * x0[k]
                p1 += t * x1[k]
                p2 += t * x2[k]
                q0 += t * y0[k]
                q1 += t * y1[k]
                q2 += t * y2[k]
            # the 6×6 matrix of the majorant has trace ≤ 2·trace; three eighths of that is its size in practice
            # (without terms it goes to the end of the linear part at once, where its square is still finite)
            scale = one / (np.float32(0.75) * trace + np.float32(1e-12))
            u0 -= scale * (p0 - linear[0])
            u1 -= scale * (p1 - linear[1])
            u2 -= scale * (p2 - linear[2])
            norm = one / math.sqrt(u0 * u0 + u1 * u1 + u2 * u2 + np.float32(1e-30))
            u0 *= norm
            u1 *= norm
            u2 *= norm
            v0 += scale * (q0 + linear[3])
            v1 += scale * (q1 + linear[4])
            v2 += scale * (q2 + linear[5])
            norm = one / math.sqrt(v0 * v0 + v1 * v1 + v2 * v2 + np.float32(1e-30))
            v0 *= norm
            v1 *= norm
            v2 *= norm
            eps *= shrink
        U[n, 0], U[n, 1], U[n, 2] = u0, u1, u2
        V[n, 0], V[n, 1], V[n, 2] = v0, v1, v2


def sweep(
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    w: NDArray[np.float64],
    g: NDArray[np.float64],
    h: NDArray[np.float64],
    u: NDArray[np.float64],
    v: NDArray[np.float64],
    *,
    steps: int = 60,
    first: float = 0.1,
    last: float = 1e-3,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Points downhill of the given ones, as unit vectors in double precision.

    Parameters
    ----------
    x, y : ndarray, shape (k, 3)
        The terms' vectors, of length at most 1.
    w : ndarray, shape (k,)
        Weights > 0.
    g, h : ndarray, shape (3,)
    u, v : ndarray, shape (m, 3)
        Unit vectors to start from.
    steps : int
    first, last : float
        ε at the first and the last step.
    """
    # terms may be missing, or far lighter than the linear part
    size = float(w.sum() + np.linalg.norm(g) + np.linalg.norm(h)) or 1.0
    columns, rows = (np.ascontiguousarray(z.T, dtype=np.float32) for z in (x, y))
    weights = (w / size).astype(np.float32)
    linear = (np.concatenate([g, h]) / size).astype(np.float32)
    moved = [np.array(z, dtype=np.float32, order="C") for z in (u, v)]
    workers = min(os.cpu_count() or 1, 4)
    cuts = np.linspace(0, len(u), workers + 1).astype(int)
    parts = [slice(p, q) for p, q in itertools.pairwise(cuts) if q > p]
    if len(u) * len(w) < 20_000 or len(parts) == 1:
        parts = [slice(0, len(u))]

    def work(part: slice) -> None:
        _sweep(columns, rows, weights, linear, moved[0][part], moved[1][part], steps, first, last)

    if len(parts) == 1:
        work(parts[0])
    else:
        with ThreadPoolExecutor(len(parts)) as pool:
            list(pool.map(work, parts))
    first_vectors, second_vectors = (z.astype(np.float64) for z in moved)
    first_vectors /= np.linalg.norm(first_vectors, axis=1)[:, None]
    second_vectors /= np.linalg.norm(second_vectors, axis=1)[:, None]
    return first_vectors, second_vectors
