"""Maximum of Σ_j |Σ_i M_ij s_i + c_j| + Σ_i d_i s_i over signs s, by enumeration along a Gray code in 64-bit integers.

Real coefficients are first scaled by a power of two and rounded to integers whose sums cannot overflow; the sum of what
the rounding changed is computed exactly and bounds the error of the maximum. Integers (and short binary fractions)
stay exact.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import cache

import numpy as np
from numpy.typing import NDArray

from ..common.arrays import Array
from ..common.rationals import to_integers
from .compiled import compiled, loaded

__all__ = ["SignMaximum", "compile_seconds", "maximise_signs"]

Integers = NDArray[np.int64]

_CHUNK = 18
"""Signs enumerated in one compiled call (between two looks at the clock)."""


@dataclass(frozen=True, slots=True)
class SignMaximum:
    """The enumeration's answer.

    Parameters
    ----------
    signs : ndarray, shape (n,)
        The best assignment found, ±1.
    upper : Fraction or None
        At least the maximum; ``None`` if the enumeration was stopped.
    nodes : int
        Assignments looked at, counting s and −s once where the symmetry was used.
    """

    signs: Array
    upper: Fraction | None
    nodes: int


@compiled()
def _gray(matrix: Integers, linear: Integers, sums: Integers, base: int, count: int) -> tuple[int, int]:
    """Best value and its Gray-code word over the first ``count`` signs, which all start at −1.

    ``matrix`` is (n, m) with 2·M; ``sums`` (m,) holds Σ_i M_ij s_i + c_j at the start, and ``linear`` is 2·d.
    """
    m = sums.shape[0]
    best_word = np.int64(0)
    word = np.int64(0)
    offset = np.int64(base)
    total = np.int64(0)
    for j in range(m):
        total += abs(sums[j])
    best = offset + total
    for step in range(1, np.int64(1) << count):
        bit = 0
        while not (step >> bit) & 1:
            bit += 1
        word ^= np.int64(1) << bit
        total = np.int64(0)
        if (word >> bit) & 1:
            offset += linear[bit]
            for j in range(m):
                sums[j] += matrix[bit, j]
                total += abs(sums[j])
        else:
            offset -= linear[bit]
            for j in range(m):
                sums[j] -= matrix[bit, j]
                total += abs(sums[j])
        if offset + total > best:
            best = offset + total
            best_word = word
    return int(best), int(best_word)


def compile_seconds() -> float:
    """Load or compile the kernel (once a process) and say how long that took, this time."""
    return loaded(_compiled)


@cache
def _compiled() -> None:
    _gray(np.ones((1, 1), dtype=np.int64), np.ones(1, dtype=np.int64), np.ones(1, dtype=np.int64), 0, 1)


def _quantised(values: list[float], limit_bits: int) -> tuple[list[int], int, Fraction]:
    """Integers n_k and a scale e with values ≈ n_k / 2^e, Σ|n_k| < 2^limit, and Σ|values − n_k/2^e| exactly."""
    integers, exponent = to_integers(values)
    excess = max(0, sum(abs(n) for n in integers).bit_length() + 1 - limit_bits)
    if excess == 0:
        return integers, exponent, Fraction(0)
    half = 1 << (excess - 1)
    rounded = [(n + half) >> excess for n in integers]
    lost = sum(abs(n - (r << excess)) for n, r in zip(integers, rounded))
    return rounded, exponent - excess, Fraction(lost, 1 << exponent)


def maximise_signs(
    matrix: Array, constants: Array, linear: Array, *, stop: Callable[[int, int], bool] | None = None
) -> SignMaximum:
    """Maximise Σ_j |Σ_i M_ij s_i + c_j| + Σ_i d_i s_i over s in {−1, +1}^n by full enumeration.

    Parameters
    ----------
    matrix : ndarray, shape (n, m)
        M; n is the number of signs.
    constants, linear : ndarray, shapes (m,) and (n,)
        c and d.
    stop : callable, optional
        ``stop(done, total)`` is asked after every 2^18 assignments; ``True`` ends the enumeration.
    """
    compile_seconds()
    n, m = matrix.shape
    flat, exponent, lost = _quantised([*matrix.ravel().tolist(), *constants.tolist(), *linear.tolist()], 61)
    table = np.array(flat, dtype=np.int64)
    whole, shift, slope = table[: n * m].reshape(n, m), table[n * m : n * m + m], table[n * m + m :]
    # s and −s have the same value where c and d vanish: the last sign stays −1
    free = max(n - 1, 0) if not shift.any() and not slope.any() else n
    inner = min(free, _CHUNK)
    doubled, doubled_slope = np.ascontiguousarray(2 * whole[:inner]), np.ascontiguousarray(2 * slope[:inner])
    best, best_signs, nodes = None, -np.ones(n), 0
    chunks = 1 << (free - inner)
    finished = True
    for chunk in range(chunks):
        signs = -np.ones(n, dtype=np.int64)
        for k in range(free - inner):
            if (chunk >> k) & 1:
                signs[inner + k] = 1
        sums = np.ascontiguousarray(signs @ whole + shift)
        value, word = _gray(doubled, doubled_slope, sums, int(signs @ slope), inner)
        nodes += 1 << inner
        if best is None or value > best:
            best = value
            for k in range(inner):
                signs[k] = 1 if (word >> k) & 1 else -1
            best_signs = signs.astype(np.float64)
        if stop is not None and chunk + 1 < chunks and stop(chunk + 1, chunks):
            finished = False
            break
    upper = None
    if finished and best is not None:
        scaled = Fraction(int(best), 1 << exponent) if exponent >= 0 else Fraction(int(best) << -exponent)
        upper = scaled + lost
    return SignMaximum(best_signs, upper, nodes)
