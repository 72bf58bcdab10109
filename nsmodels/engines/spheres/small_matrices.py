"""Kernels for small matrices: Cholesky's factor, and 7×7 matrices written as rows of 28 numbers."""

from __future__ import annotations

import math

from ..compiled import KernelArray as Array
from ..compiled import kernel

__all__ = ["SIZE", "cholesky", "congruence", "pack", "product", "solve", "symmetric_product", "trace", "unpack"]


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
def turned_product(M: Array, L: Array, out: Array) -> None:
    """(M L)ᵀ for a lower triangular L."""
    for i in range(7):
        for j in range(7):
            z = 0.0
            for k in range(j, 7):
                z += M[i, k] * L[k, j]
            out[j, i] = z


@kernel
def congruence(M: Array, L: Array, half: Array, out: Array) -> None:
    """Lᵀ M L for a lower triangular L; half (7, 7) is written into."""
    turned_product(M, L, half)
    turned_product(half, L, out)


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
def trace(packed: Array) -> float:
    """The trace of a packed matrix."""
    ends = packed[14] + packed[20] + packed[27]
    return packed[0] + packed[2] + packed[5] + packed[9] + ends


@kernel
def symmetric_product(S: Array, M: Array, N: Array) -> None:
    """N (28, 28) that takes a packed matrix X to that of ½(SX + XS); M (7, 7) is written into."""
    a = 0
    for i in range(7):
        for j in range(i + 1):
            for r in range(7):
                for c in range(7):
                    M[r, c] = 0.0
            f = 0.5 if i == j else 0.5 * ROOT
            for r in range(7):
                M[r, j] += f * S[r, i]
                M[j, r] += f * S[r, i]
                if i != j:
                    M[r, i] += f * S[r, j]
                    M[i, r] += f * S[r, j]
            pack(M, N[a])
            a += 1
