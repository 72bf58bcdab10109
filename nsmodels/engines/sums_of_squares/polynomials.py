"""Polynomials on two unit spheres: normal forms, Gram matrices, and proofs that a polynomial is nearly non-negative.

Polynomials in z = (u, v) are vectors of coefficients of normal-form monomials modulo u·u = 1 and v·v = 1, that is with
u_3² → 1 − u_1² − u_2² and v_3² → 1 − v_1² − v_2² applied.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations_with_replacement
from typing import TYPE_CHECKING, Any

import numpy as np

from ...common.arrays import Array
from ..solvers import sdp

if TYPE_CHECKING:
    from scipy.sparse import csr_array

__all__ = ["EPS", "Monomial", "Square", "defect", "moment_block", "monomials", "times_coordinate"]

Monomial = tuple[int, ...]
EPS = 2.0**-52
"""Unit roundoff, doubled: every "number of roundings · EPS" is generous."""


def _normal_form(monomial: Monomial) -> dict[Monomial, float]:
    result: dict[Monomial, float] = {}
    todo: list[tuple[Monomial, float]] = [(monomial, 1.0)]
    while todo:
        exponents, factor = todo.pop()
        for last in (2, 5):
            if exponents[last] >= 2:
                lowered = list(exponents)
                lowered[last] -= 2
                todo.append((tuple(lowered), factor))
                for other in (last - 2, last - 1):
                    raised = lowered.copy()
                    raised[other] += 2
                    todo.append((tuple(raised), -factor))
                break
        else:
            result[exponents] = result.get(exponents, 0.0) + factor
    return {key: value for key, value in result.items() if value}


@lru_cache
def monomials(degree: int, parity: int | None = None) -> tuple[Monomial, ...]:
    """Normal-form monomials up to a degree, all or of one parity."""
    found = []
    for d in range(degree + 1):
        if parity is not None and d % 2 != parity:
            continue
        for choice in combinations_with_replacement(range(6), d):
            exponents = tuple(choice.count(i) for i in range(6))
            if exponents[2] <= 1 and exponents[5] <= 1:
                found.append(exponents)
    return tuple(found)


def _sparse(entries: list[tuple[int, int, float]], shape: tuple[int, int]) -> csr_array:
    import scipy.sparse as sp

    rows, columns, values = zip(*entries)
    return sp.csr_array((values, (rows, columns)), shape=shape)


@lru_cache
def _gram_table(basis: tuple[Monomial, ...], target: tuple[Monomial, ...]) -> csr_array:
    """Coefficients of m_i m_j in the target monomials, shape (n², N): mᵀGm has the coefficients tableᵀ vec G."""
    index = {monomial: i for i, monomial in enumerate(target)}
    size = len(basis)
    entries = [
        (i * size + j, index[monomial], factor)
        for i in range(size)
        for j in range(size)
        for monomial, factor in _normal_form(tuple(a + b for a, b in zip(basis[i], basis[j]))).items()
    ]
    return _sparse(entries, (size * size, len(target)))


@lru_cache
def times_coordinate(coordinate: int, source: tuple[Monomial, ...], target: tuple[Monomial, ...]) -> csr_array:
    """Coefficients of z_c m_r in the target monomials, shape (n, N)."""
    index = {monomial: i for i, monomial in enumerate(target)}
    entries: list[tuple[int, int, float]] = []
    for row, monomial in enumerate(source):
        product = tuple(e + (i == coordinate) for i, e in enumerate(monomial))
        entries.extend((row, index[m], factor) for m, factor in _normal_form(product).items())
    return _sparse(entries, (len(source), len(target)))


@lru_cache
def _correction(basis: tuple[Monomial, ...], target: tuple[Monomial, ...]) -> Array:
    """Least-squares inverse of ``tableᵀ``: spreads a residual polynomial over a Gram matrix, shape (n², N)."""
    table = _gram_table(basis, target)
    return np.asarray(table @ np.linalg.pinv((table.T @ table).toarray()))


@dataclass(frozen=True)
class Square:
    """A sum of squares mᵀGm to be matched to a polynomial in ``target``."""

    basis: tuple[Monomial, ...]
    gram: Array


def defect(polynomial: Array, magnitude: Array, squares: list[Square], target: tuple[Monomial, ...]) -> float:
    """Prove polynomial ≥ −defect on the spheres.

    ``polynomial`` holds computed coefficients and ``magnitude`` a bound on their error. The residual
    polynomial − Σ mᵀGm is first spread over the Gram matrices, which only improves the proposal.
    """
    tables = [_gram_table(square.basis, target) for square in squares]
    grams = [(square.gram + square.gram.T) / 2.0 for square in squares]
    for _ in range(2):
        for i, square in enumerate(squares):
            residual = polynomial - sum(table.T @ gram.ravel() for table, gram in zip(tables, grams))
            change = (_correction(square.basis, target) @ residual).reshape(grams[i].shape)
            grams[i] = grams[i] + (change + change.T) / 2.0
    lost = 0.0
    for i, square in enumerate(squares):
        shifted, _ = sdp.shift_to_semidefinite(grams[i])
        # Raising the diagonal by r adds at most r·|m(z)|², and Σ m² ≤ 1 + |z|² + |z|⁴ = 7 for degree two.
        raised = float(np.max(np.nextafter(shifted - np.diagonal(grams[i]), np.inf)))
        lost += (7.0 if max(map(sum, square.basis)) == 2 else 3.0) * max(raised, 0.0)
    residual = polynomial - sum(table.T @ gram.ravel() for table, gram in zip(tables, grams))
    rounding = magnitude.copy()
    for table, gram in zip(tables, grams):
        rounding += (abs(table).T @ np.abs(gram).ravel() + np.abs(polynomial)) * (table.shape[0] + 8) * EPS
    return (lost + float(np.sum(np.abs(residual) + rounding))) * (1.0 + 1e-12)


def moment_block(cp: Any, basis: tuple[Monomial, ...], target: tuple[Monomial, ...], moments: Any) -> Any:
    """Matrix of the moments of m_i m_j as an expression."""
    return cp.reshape(_gram_table(basis, target) @ moments, (len(basis), len(basis)), order="C")
