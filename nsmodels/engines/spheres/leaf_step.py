"""One step of the interior points of `leaf_program`: what it solves, and which way it goes.

With moments that are 1 after scaling, and X their change, complementarity in the direction of Helmberg, Kojima and
Monteiro reads S + dS + ½(SX + XS) = μ1. All multipliers are eliminated by their own complementarity, which leaves one
positive definite system of order 28 for X, bordered by the three equations of the spheres. It is factorised once and
solved twice, for the predictor and for the corrector of Mehrotra.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from ..compiled import KernelArray as Array
from ..compiled import kernel
from .small_matrices import SIZE, cholesky, pack, product, solve, symmetric_product, trace, unpack

__all__ = ["FREE", "LIMITS", "Direction", "LeafProgram", "Point", "Room", "assemble", "direction", "room_for"]


LIMITS = 32
"""Limits on a σ: sixteen from above and sixteen from below."""
FREE = 9
"""Unknowns of a σ: θ above and below, and its coefficients in the basis."""


class LeafProgram(NamedTuple):
    """The data of one program, `leaf_program`."""

    C: Array  # (7, 7)
    terms: int  # K
    pairs: int  # K(K − 1)/2: so many of the m multipliers are T, for l < k row by row; the others are P, in that order
    vectors: Array  # (K + H, 7) y_k, then h_i
    basis: Array  # (7, 7) affine functions, of which σ is a combination
    limits: Array  # (32, 9) σ obeys limits·(θ above, θ below, coefficients) ≤ least
    least: Array  # (32,)


class Point(NamedTuple):
    """Where the iteration is."""

    Y: Array  # (7, 7) moments
    S: Array  # (7, 7)
    x: Array  # (m,) T, and −P
    s: Array  # (K, 9) unknowns of σ
    sigma: Array  # (K, 7)
    y: Array  # (3,)
    alpha: Array  # (m,) multipliers of x ≤ 1; values of h_i h_j
    beta: Array  # (m,) multipliers of x ≥ −1
    pi: Array  # (K, 32) multipliers of the limits
    p: Array  # (K, 32) distances from them


class Direction(NamedTuple):
    """Where it goes; ``X`` and ``dS`` for moments that are 1."""

    X: Array
    dS: Array
    x: Array
    s: Array
    y: Array
    alpha: Array
    beta: Array
    pi: Array
    p: Array


class Room(NamedTuple):
    """Work space."""

    L: Array  # (7, 7) Cholesky's factor of the moments
    St: Array  # (7, 7) S for moments that are 1
    one: Array  # (7, 7)
    B: Array  # (m, 28) the products of T and P
    bent: Array  # (m,)
    offset: Array  # (m,)
    blocks: Array  # (K, 7, 28) the products of σ
    factors: Array  # (K, 9, 9) of their second derivatives
    free: Array  # (K, 9)
    half: Array  # (7, 7)
    M: Array  # (7, 7)
    W: Array  # (7, 7)
    N: Array  # (28, 28) of the step in the moments
    F: Array  # (28, 28) its factor
    E: Array  # (3, 28) the equations of the spheres
    R: Array  # (3, 28)
    L3: Array  # (3, 3)
    Z: Array  # (m + 7K and zeros up to a multiple of four, 28) the system is a sum of the squares of these
    vectors: Array  # (K + H, 7) those of the program
    H: Array  # (9, 9)
    right: Array  # (28,)


@kernel
def room_for(m: int, K: int, vectors: int) -> Room:
    """Work space for so many multipliers, terms, and vectors."""
    return Room(
        np.zeros((7, 7)), np.zeros((7, 7)), np.eye(7), np.empty((m, SIZE)), np.empty(m), np.empty(m),
        np.empty((K, 7, SIZE)), np.zeros((K, FREE, FREE)), np.empty((K, FREE)), np.empty((7, 7)),
        np.zeros((7, 7)), np.zeros((7, 7)), np.zeros((SIZE, SIZE)), np.zeros((SIZE, SIZE)), np.zeros((3, SIZE)),
        np.zeros((3, SIZE)), np.zeros((3, 3)),
        np.zeros(((m + 7 * K + 3) // 4 * 4, SIZE)), np.empty((vectors, 7)), np.zeros((FREE, FREE)), np.empty(SIZE),
    )  # fmt: skip


@kernel
def _scaled(data: LeafProgram, room: Room) -> None:
    """All matrices for moments that are 1: E, B and the blocks."""
    L = room.L
    first = np.empty(7)
    for e in range(3):
        begin = 0 if e == 0 else 3 * e - 2
        end = 1 if e == 0 else 3 * e + 1
        for i in range(7):
            for j in range(7):
                z = 0.0
                for k in range(begin, end):
                    z += L[k, i] * L[k, j]
                room.M[i, j] = z
        pack(room.M, room.E[e])
    vectors = data.vectors.shape[0]
    for k in range(vectors):
        for i in range(7):
            z = 0.0
            for j in range(i, 7):
                z += L[j, i] * data.vectors[k, j]
            room.vectors[k, i] = z
    q = 0
    for k in range(vectors):
        for i in range(7):
            first[i] = 2.0 * room.vectors[k, i] if k < data.terms else room.vectors[k, i]
        for j in range(0 if k < data.terms else data.terms, k):
            product(first, room.vectors[j], room.B[q])
            q += 1
    for e in range(7):
        for i in range(7):
            z = 0.0
            for j in range(i, 7):
                z += L[j, i] * data.basis[e, j]
            first[i] = 2.0 * z
        for k in range(data.terms):
            product(first, room.vectors[k], room.blocks[k, e])


@kernel
def _add_squares(rows: Array, count: int, N: Array) -> None:
    """Add the squares of so many rows, a multiple of four, to the lower triangle of N."""
    for k in range(0, count, 4):
        for a in range(SIZE):
            p = rows[k, a]
            q = rows[k + 1, a]
            r = rows[k + 2, a]
            s = rows[k + 3, a]
            for c in range(a + 1):
                N[a, c] += p * rows[k, c] + q * rows[k + 1, c] + r * rows[k + 2, c] + s * rows[k + 3, c]


@kernel
def _eliminated(data: LeafProgram, k: int, now: Point, room: Room, Z: Array) -> bool:
    """Rows Z (7, 28) whose squares are what eliminating σ_k adds to N."""
    H = room.H
    for i in range(FREE):
        for j in range(FREE):
            H[i, j] = 0.0
    for c in range(LIMITS):
        f = now.pi[k, c] / now.p[k, c]
        for i in range(FREE):
            z = f * data.limits[c, i]
            if z != 0.0:
                for j in range(i + 1):
                    H[i, j] += z * data.limits[c, j]
    factor = room.factors[k]
    if not cholesky(H, factor, FREE):
        return False
    # L⁻¹ times the block; the two θ come first and have no part in it
    for i in range(7):
        f = 1.0 / factor[2 + i, 2 + i]
        for a in range(SIZE):
            Z[i, a] = room.blocks[k, i, a]
        for j in range(i):
            g = factor[2 + i, 2 + j]
            for a in range(SIZE):
                Z[i, a] -= g * Z[j, a]
        for a in range(SIZE):
            Z[i, a] *= f
    return True


@kernel
def assemble(data: LeafProgram, now: Point, room: Room) -> bool:
    """Set up and factorise the system; False where rounding does not allow that."""
    _scaled(data, room)
    symmetric_product(room.St, room.M, room.N)
    m = now.x.shape[0]
    for k in range(m):
        if k < data.pairs:
            room.bent[k] = now.alpha[k] / (1.0 - now.x[k]) + now.beta[k] / (1.0 + now.x[k])
        else:
            room.bent[k] = -now.alpha[k] / now.x[k]
        f = math.sqrt(1.0 / room.bent[k])
        for a in range(SIZE):
            room.Z[k, a] = f * room.B[k, a]
    for k in range(data.terms):
        if not _eliminated(data, k, now, room, room.Z[m + 7 * k :]):
            return False
    _add_squares(room.Z, room.Z.shape[0], room.N)
    if not cholesky(room.N, room.F, SIZE):
        return False
    for e in range(3):
        for a in range(SIZE):
            room.R[e, a] = room.E[e, a]
        solve(room.F, room.R[e], SIZE)
    for e in range(3):
        for c in range(3):
            z = 0.0
            for a in range(SIZE):
                z += room.E[e, a] * room.R[c, a]
            room.M[e, c] = z
    return cholesky(room.M, room.L3, 3)


@kernel
def direction(data: LeafProgram, now: Point, room: Room, aim: float, second: float, d: Direction) -> None:
    """Overwrite d by the direction that aims at products ``aim``; second = 1: with the products of d itself in mind."""
    right = room.right
    M = room.M
    for i in range(7):
        for j in range(7):
            z = 0.0
            for k in range(7):
                z += d.X[i, k] * d.dS[k, j] + d.dS[i, k] * d.X[k, j]
            M[i, j] = -room.St[i, j] - 0.5 * second * z + (aim if i == j else 0.0)
    pack(M, right)
    for k in range(now.x.shape[0]):
        q = trace(room.B[k])  # A·Y, because Y is 1 here
        if k < data.pairs:
            above = aim + second * d.alpha[k] * d.x[k]
            below = aim - second * d.beta[k] * d.x[k]
            room.offset[k] = (q - above / (1.0 - now.x[k]) + below / (1.0 + now.x[k])) / room.bent[k]
            d.alpha[k] = above
            d.beta[k] = below
        else:
            room.offset[k] = (-aim - second * d.alpha[k] * d.x[k] - now.x[k] * q) / now.alpha[k]
        for a in range(SIZE):
            right[a] -= room.B[k, a] * room.offset[k]
    for k in range(data.terms):
        free = room.free[k]
        for i in range(FREE):
            free[i] = trace(room.blocks[k, i - 2]) if i > 1 else 0.0
        for c in range(LIMITS):
            d.pi[k, c] = aim - second * d.pi[k, c] * d.p[k, c]
            f = d.pi[k, c] / now.p[k, c]
            for i in range(FREE):
                free[i] -= f * data.limits[c, i]
        solve(room.factors[k], free, FREE)
        for e in range(7):
            for a in range(SIZE):
                right[a] -= free[2 + e] * room.blocks[k, e, a]
    solve(room.F, right, SIZE)
    for e in range(3):
        z = 1.0 - trace(room.E[e])
        for a in range(SIZE):
            z -= room.E[e, a] * right[a]
        d.y[e] = z
    solve(room.L3, d.y, 3)
    for a in range(SIZE):
        right[a] += d.y[0] * room.R[0, a] + d.y[1] * room.R[1, a] + d.y[2] * room.R[2, a]
    _spread(data, now, room, right, d)
    # dS = M − ½(St X + X St), where M is the right-hand side before the multipliers came into it
    unpack(right, d.X)
    for i in range(7):
        for j in range(7):
            z = 0.0
            for k in range(7):
                z += room.St[i, k] * d.X[k, j] + d.X[i, k] * room.St[k, j]
            d.dS[i, j] = M[i, j] - 0.5 * z


@kernel
def _spread(data: LeafProgram, now: Point, room: Room, step: Array, d: Direction) -> None:
    """The multipliers' part of the direction, of the packed step in the moments."""
    for k in range(now.x.shape[0]):
        q = 0.0
        for a in range(SIZE):
            q += room.B[k, a] * step[a]
        d.x[k] = q / room.bent[k] + room.offset[k]
        if k < data.pairs:
            d.alpha[k] = (d.alpha[k] + now.alpha[k] * d.x[k]) / (1.0 - now.x[k]) - now.alpha[k]
            d.beta[k] = (d.beta[k] - now.beta[k] * d.x[k]) / (1.0 + now.x[k]) - now.beta[k]
        else:
            d.alpha[k] = q + trace(room.B[k]) - now.alpha[k]
    for k in range(data.terms):
        d.s[k, 0] = 0.0
        d.s[k, 1] = 0.0
        for e in range(7):
            z = 0.0
            for a in range(SIZE):
                z += room.blocks[k, e, a] * step[a]
            d.s[k, 2 + e] = z
        solve(room.factors[k], d.s[k], FREE)
        for e in range(FREE):
            d.s[k, e] += room.free[k, e]
        for c in range(LIMITS):
            z = 0.0
            for e in range(FREE):
                z -= data.limits[c, e] * d.s[k, e]
            d.p[k, c] = z
            d.pi[k, c] = (d.pi[k, c] - now.pi[k, c] * z) / now.p[k, c] - now.pi[k, c]
