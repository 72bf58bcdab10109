"""Interior points for the semidefinite programs of square leaves (`square_leaf`), compiled.

The program is that of `square_program`, with n = 7 and the three equations of the spheres; here it is solved for many
patches one after another, in the direction of Helmberg, Kojima and Monteiro after scaling by Cholesky's factor of the
moments. It stops as soon as the value is large enough, or the moments show that it cannot become so.
"""

from __future__ import annotations

import math

import numpy as np

from ..compiled import KernelArray as Array
from ..compiled import kernel

STEPS = 40
SIZE = 28  # of a packed 7×7 matrix
ROOT = math.sqrt(0.5)


@kernel
def cholesky(M: Array, L: Array, n: int) -> bool:
    """Write the lower factor of M (n×n, lower triangle given) into L; False if M is not positive definite."""
    for i in range(n):
        for j in range(i + 1):
            z = M[i, j]
            for k in range(j):
                z -= L[i, k] * L[j, k]
            if i == j:
                if not z > 0.0:
                    return False
                L[i, i] = math.sqrt(z)
            else:
                L[i, j] = z / L[j, j]
    return True


@kernel
def solve(L: Array, x: Array, n: int) -> None:
    """Replace x by the solution of L Lᵀ x = x."""
    for i in range(n):
        z = x[i]
        for k in range(i):
            z -= L[i, k] * x[k]
        x[i] = z / L[i, i]
    for i in range(n - 1, -1, -1):
        z = x[i]
        for k in range(i + 1, n):
            z -= L[k, i] * x[k]
        x[i] = z / L[i, i]


@kernel
def pack(M: Array, out: Array) -> None:
    """Lower triangle, off-diagonal entries times √2."""
    a = 0
    for i in range(7):
        for j in range(i + 1):
            out[a] = M[i, j] if i == j else M[i, j] / ROOT
            a += 1


@kernel
def unpack(x: Array, M: Array) -> None:
    """The symmetric matrix of `pack`."""
    a = 0
    for i in range(7):
        for j in range(i + 1):
            M[i, j] = x[a] if i == j else x[a] * ROOT
            M[j, i] = M[i, j]
            a += 1


@kernel
def congruence(M: Array, L: Array, out: Array) -> None:
    """Lᵀ M L for a lower triangular L."""
    half = np.zeros((7, 7))
    for i in range(7):
        for j in range(7):
            z = 0.0
            for k in range(j, 7):
                z += M[i, k] * L[k, j]
            half[i, j] = z
    for i in range(7):
        for j in range(7):
            z = 0.0
            for k in range(i, 7):
                z += L[k, i] * half[k, j]
            out[i, j] = z


@kernel
def product(p: Array, r: Array, out: Array) -> None:
    """½(p rᵀ + r pᵀ), packed."""
    a = 0
    for i in range(7):
        for j in range(i):
            out[a] = (p[i] * r[j] + p[j] * r[i]) * ROOT
            a += 1
        out[a] = p[i] * r[i]
        a += 1


@kernel
def slack(C: Array, A: Array, x: Array, y: Array, out: Array) -> None:
    """C + Σ x A − y_0 E_0 − y_1 E_u − y_2 E_v, a matrix; A (m, 28) packed."""
    total = np.zeros(SIZE)
    for m in range(A.shape[0]):
        for a in range(SIZE):
            total[a] += x[m] * A[m, a]
    unpack(total, out)
    for i in range(7):
        for j in range(7):
            out[i, j] += C[i, j]
        out[i, i] -= y[0] if i == 0 else y[1] if i < 4 else y[2]


@kernel
def program(
    C: Array, A: Array, left: Array, other: Array, bounded: int, Y: Array, x: Array, y: Array, enough: float
) -> float:  # fmt: skip
    """Maximise y_0 + y_1 + y_2 subject to S = C + Σ x A − y_0 E_0 − y_1 E_u − y_2 E_v ⪰ 0.

    A (m, 28): packed matrices, which are `product` of the rows of ``left`` and ``other`` (m, 7); the first ``bounded``
    of the x (m,) obey |x| ≤ 1, the others x ≤ 0. Y (7, 7): positive definite moments with E·Y = 1, A·Y > 0 for the
    matrices of the second kind; overwritten. Returns the value, reached by x and y, with S positive definite; stops
    when it is ``enough``, or cannot become so.
    """
    m = A.shape[0]
    alpha = np.empty(m)
    beta = np.empty(m)
    dx = np.empty(m)
    da = np.empty(m)
    db = np.empty(m)
    bent = np.empty(m)
    offset = np.empty(m)
    B = np.empty((m, SIZE))
    L = np.zeros((7, 7))
    W = np.zeros((7, 7))
    M = np.zeros((7, 7))
    S = np.zeros((7, 7))
    St = np.zeros((7, 7))
    X = np.zeros((7, 7))
    N = np.zeros((SIZE, SIZE))
    F = np.zeros((SIZE, SIZE))
    E = np.zeros((4, SIZE))
    R = np.zeros((4, SIZE))
    right = np.empty(SIZE)
    step = np.empty(SIZE)
    packed = np.empty(SIZE)
    first_vector = np.empty(7)
    other_vector = np.empty(7)
    dy = np.empty(3)
    G3 = np.zeros((3, 3))
    L3 = np.zeros((3, 3))
    new_x = np.empty(m)
    new_y = np.empty(3)
    scale = 1.0
    for i in range(7):
        for j in range(7):
            scale = max(scale, abs(C[i, j]))
    pack(Y, packed)
    for k in range(m):
        q = 0.0
        for a in range(SIZE):
            q += A[k, a] * packed[a]
        if k < bounded:
            x[k] = 0.0
            alpha[k] = max(q, 0.0) + 0.1 * scale
            beta[k] = alpha[k] - q
        else:
            alpha[k] = max(q, 1e-14)  # h
            beta[k] = 0.0
            x[k] = -0.1 * scale / max(alpha[k], 1e-3)
    for e in range(3):
        y[e] = 0.0
    slack(C, A, x, y, S)
    low = 0.0
    for i in range(7):
        z = S[i, i]
        for j in range(7):
            if j != i:
                z -= abs(S[i, j])
        low = min(low, z)
    for e in range(3):
        y[e] = low - scale
    slack(C, A, x, y, S)
    value = y[0] + y[1] + y[2]
    length = 1.0
    for _step in range(STEPS):
        gap = 0.0
        primal = 0.0
        for i in range(7):
            for j in range(7):
                gap += Y[i, j] * S[i, j]
                primal += Y[i, j] * C[i, j]
        for k in range(m):
            if k < bounded:
                gap += alpha[k] * (1.0 - x[k]) + beta[k] * (1.0 + x[k])
                primal += alpha[k] + beta[k]
            else:
                gap -= alpha[k] * x[k]
        if value >= enough or primal < enough or not gap > 1e-13 * scale:
            break
        # less greedy after a short step, to get back to the middle
        aim = (0.1 if length > 0.6 else 0.4) * gap / (7 + m + bounded)
        if not cholesky(Y, L, 7):
            break
        congruence(S, L, St)
        # the scaled matrices
        for i in range(7):
            for j in range(7):
                M[i, j] = 0.0
        for e in range(3):
            for i in range(7):
                for j in range(7):
                    z = 0.0
                    for k in range(7):
                        if (0 if k == 0 else 1 if k < 4 else 2) == e:
                            z += L[k, i] * L[k, j]
                    M[i, j] = z
            pack(M, E[e])
        for k in range(m):
            for i in range(7):
                p = 0.0
                q = 0.0
                for j in range(i, 7):
                    p += L[j, i] * left[k, j]
                    q += L[j, i] * other[k, j]
                first_vector[i] = p
                other_vector[i] = q
            product(first_vector, other_vector, B[k])
        # N = ½(S⊗1 + 1⊗S) + Σ B Bᵀ/curvature
        a = 0
        for i in range(7):
            for j in range(i + 1):
                for r in range(7):
                    for c in range(7):
                        M[r, c] = 0.0
                f = 0.5 if i == j else 0.5 * ROOT
                for r in range(7):
                    M[r, j] += f * St[r, i]
                    M[j, r] += f * St[r, i]
                    if i != j:
                        M[r, i] += f * St[r, j]
                        M[i, r] += f * St[r, j]
                pack(M, N[a])
                a += 1
        pack(St, packed)
        for a in range(SIZE):
            right[a] = -packed[a]
        a = 0
        for i in range(7):
            a += i
            right[a] += aim
            a += 1
        for k in range(m):
            q = 0.0
            for i in range(7):
                q += B[k, i * (i + 1) // 2 + i]  # A·Y, because Y is 1 here
            if k < bounded:
                minus = 1.0 - x[k]
                plus = 1.0 + x[k]
                bent[k] = alpha[k] / minus + beta[k] / plus
                offset[k] = (q - aim / minus + aim / plus) / bent[k]
            else:
                # x < 0, h > 0: (h + dh)(x + dx) = −aim to first order
                bent[k] = -alpha[k] / x[k]
                offset[k] = (-aim - x[k] * q) / alpha[k]
            for a in range(SIZE):
                right[a] -= B[k, a] * offset[k]
                z = B[k, a] / bent[k]
                for c in range(a + 1):
                    N[a, c] += z * B[k, c]
        if not cholesky(N, F, SIZE):
            break
        for e in range(3):
            for a in range(SIZE):
                R[e, a] = E[e, a]
            solve(F, R[e], SIZE)
        for e in range(3):
            for c in range(3):
                z = 0.0
                for a in range(SIZE):
                    z += E[e, a] * R[c, a]
                G3[e, c] = z
        if not cholesky(G3, L3, 3):
            break
        for a in range(SIZE):
            step[a] = right[a]
        solve(F, step, SIZE)
        for e in range(3):
            z = 1.0
            for i in range(7):
                z -= E[e, i * (i + 1) // 2 + i]
            for a in range(SIZE):
                z -= E[e, a] * step[a]
            dy[e] = z
        solve(L3, dy, 3)
        for a in range(SIZE):
            step[a] += dy[0] * R[0, a] + dy[1] * R[1, a] + dy[2] * R[2, a]
        first = 0.98  # the largest shares that the steps take
        second = 0.98
        for k in range(m):
            q = 0.0
            for a in range(SIZE):
                q += B[k, a] * step[a]
            dx[k] = q / bent[k] + offset[k]
            if k < bounded:
                minus = 1.0 - x[k]
                plus = 1.0 + x[k]
                da[k] = (aim + alpha[k] * dx[k]) / minus - alpha[k]
                db[k] = (aim - beta[k] * dx[k]) / plus - beta[k]
                first = max(first, -da[k] / alpha[k], -db[k] / beta[k])
                second = max(second, dx[k] / minus, -dx[k] / plus)
            else:
                total = q
                for i in range(7):
                    total += B[k, i * (i + 1) // 2 + i]
                da[k] = total - alpha[k]
                first = max(first, -da[k] / alpha[k])
                second = max(second, -dx[k] / x[k])
        first = 0.98 / first
        second = 0.98 / second
        unpack(step, X)
        for _try in range(40):
            for i in range(7):
                for j in range(7):
                    M[i, j] = 1.02 * first * X[i, j]
                M[i, i] += 1.0
            if cholesky(M, W, 7):
                break
            first *= 0.8
        # Y = L (1 + first X) Lᵀ
        for i in range(7):
            for j in range(7):
                M[i, j] = first * X[i, j]
            M[i, i] += 1.0
        for i in range(7):
            for j in range(7):
                z = 0.0
                for k in range(i + 1):
                    z += L[i, k] * M[k, j]
                W[i, j] = z
        for i in range(7):
            for j in range(i + 1):
                z = 0.0
                for k in range(j + 1):
                    z += W[i, k] * L[j, k]
                Y[i, j] = z
                Y[j, i] = z
        for k in range(m):
            alpha[k] += first * da[k]
            if k < bounded:
                beta[k] += first * db[k]
        moved = False
        for _try in range(40):
            for k in range(m):
                new_x[k] = x[k] + second * dx[k]
            for e in range(3):
                new_y[e] = y[e] + second * dy[e]
            slack(C, A, new_x, new_y, M)
            if cholesky(M, W, 7):
                moved = True
                break
            second *= 0.8
        if not moved:
            break
        length = min(first, second)
        for k in range(m):
            x[k] = new_x[k]
        for e in range(3):
            y[e] = new_y[e]
        for i in range(7):
            for j in range(7):
                S[i, j] = M[i, j]
        value = y[0] + y[1] + y[2]
    return value
