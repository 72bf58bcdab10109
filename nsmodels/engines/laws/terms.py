"""The function G of two laws as arrays for kernels."""

from __future__ import annotations

from typing import NamedTuple

from ..compiled import KernelArray as Array


class LawTerms(NamedTuple):
    """G(u, v) = Σ_k w_k |F(a_i·u) − s_k H(b_j·v)| − Σ α_i F(a_i·u) − Σ β_j H(b_j·v), with k for a pair (i, j)."""

    a: Array  # (nA, 3)
    b: Array  # (nB, 3)
    ia: Array
    jb: Array
    s: Array  # ±1
    w: Array  # > 0
    alpha: Array  # (nA,)
    beta: Array  # (nB,)
    ca: Array  # the law F, see `bands`
    kxa: Array
    kya: Array
    cb: Array  # the law H
    kxb: Array
    kyb: Array
    tied: bool  # v is u: one sphere
    live_u: bool  # whether G depends on u, and on v
    live_v: bool
