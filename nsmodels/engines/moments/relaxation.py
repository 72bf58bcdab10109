"""The largest value of a linear function of moments: a semidefinite programme, and what its dual proves.

With Γ = Σ_w y_w M_w ⪰ 0, where M_1 is the unit matrix, any Z ⪰ 0 gives

    Σ f_w y_w = tr Z − ⟨Z, Γ⟩ − Σ d_w y_w ≤ tr Z + Σ |d_w|,   d_w = −f_w − ⟨Z, M_w⟩  (w ≠ 1),

because mean values of products of letters of norm 1 are at most 1. A solver proposes Z; its defects d_w are spread over
its entries, it is rounded and shifted, and everything is added up exactly. Where linear constraints g ≤ c, g = c are
given, f − Σ λ (g − c) stands for f, with λ ≥ 0 for inequalities.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import SolverError
from ..solvers import sdp
from .symmetry import Symmetry, blocks, commuting_involutions, orbits
from .words import Moments

__all__ = ["Constraint", "MomentDual", "maximise", "proved_bound", "rounded"]

Array = NDArray[np.float64]
CLARABEL_ROWS = 40
"""Rows of a block above which SCS is faster than Clarabel, by far."""
BITS = 52


@dataclass(frozen=True, slots=True, eq=False)
class Constraint:
    """g·y ≤ c, or g·y = c: g with an entry for each unknown (the constant included)."""

    coefficients: Array
    equal: bool
    value: float


@dataclass(frozen=True, slots=True, eq=False)
class MomentDual:
    """Z in units of 2^−exponent (integers), the multipliers of the constraints, and what the solver did."""

    matrix: NDArray[np.int64]
    exponent: int
    multipliers: Array
    iterations: int | None
    solver: str


def maximise(
    moments: Moments, objective: Array, constraints: Sequence[Constraint], group: Sequence[Symmetry], count_a: int,
    *, solver: str | None = None, time_limit_s: float | None = None, **options: Any,
) -> MomentDual:  # fmt: skip
    """Maximise objective·y under the constraints, and give a dual matrix that is proved positive semidefinite.

    Parameters
    ----------
    moments : Moments
    objective : ndarray, shape (count,)
        Coefficients of the unknowns; that of the constant is ignored.
    constraints : sequence of Constraint
    group : sequence of Symmetry
        All symmetries of objective and constraints; may be empty.
    solver, time_limit_s
        As in `nsmodels.engines.solvers.sdp.solve`.

    Raises
    ------
    SolverError
        The solver gave no verified answer.
    """
    import cvxpy as cp
    from scipy.sparse import csr_matrix, kron

    n = len(moments.rows)
    variable, signs = orbits(moments, group, count_a)
    bases = blocks(moments, commuting_involutions(group) if group else [], count_a)
    count = int(variable.max(initial=-1)) + 1
    size = max([float(np.abs(objective[1:]).max(initial=0.0)), *(0.0 for _ in constraints)])
    if count == 0 or size == 0.0:
        return rounded(moments, np.zeros((n, n)), objective, np.zeros(len(constraints)), constraints, None, "none")
    scale = 2.0 ** -np.round(np.log2(size))
    moving = variable >= 0

    def reduced(coefficients: Array) -> Array:
        return np.asarray(np.bincount(variable[moving], (coefficients * signs)[moving], count), dtype=np.float64)

    flat = moments.table.ravel()
    entries = np.flatnonzero(moving[flat])
    linear = csr_matrix((signs[flat[entries]], (entries, variable[flat[entries]])), shape=(n * n, count))
    constant = (flat == 0).astype(float)
    y = cp.Variable(count)
    cones = []
    for basis in bases:
        both = kron(basis.T, basis.T, format="csr")
        rows = basis.shape[1]
        cones.append(cp.reshape((both @ linear) @ y + both @ constant, (rows, rows), order="C") >> 0)
    sides = []
    for constraint in constraints:
        left = reduced(constraint.coefficients) @ y + float(constraint.coefficients[0])
        sides.append(left == constraint.value if constraint.equal else left <= constraint.value)
    problem = cp.Problem(cp.Maximize((scale * reduced(objective)) @ y), [*cones, *sides])
    if solver is None:
        solver = "CLARABEL" if max(basis.shape[1] for basis in bases) <= CLARABEL_ROWS else "SCS"
    solution = sdp.solve(problem, solver, time_limit_s=time_limit_s, **options)
    matrix = np.zeros((n, n))
    for basis, cone in zip(bases, cones):
        if cone.dual_value is None:
            raise SolverError(f"{solver} left no dual matrix: this is not an answer; use another solver")
        matrix += basis @ np.asarray(cone.dual_value) @ basis.T
    matrix = _averaged(moments, (matrix + matrix.T) / (2.0 * scale), group, count_a)
    multipliers = np.array([float(side.dual_value) / scale for side in sides])
    for k, constraint in enumerate(constraints):
        if not constraint.equal:
            multipliers[k] = abs(multipliers[k])
    if any(constraint.equal for constraint in constraints):
        flipped = np.where([constraint.equal for constraint in constraints], -multipliers, multipliers)
        choices = [multipliers, flipped]
        defects = [
            float(np.abs(_defects(moments, matrix, _relaxed(objective, constraints, chosen))[1:]).sum())
            for chosen in choices
        ]
        multipliers = choices[int(np.argmin(defects))]
    return rounded(moments, matrix, objective, multipliers, constraints, solution.iterations, solver)


def _relaxed(objective: Array, constraints: Sequence[Constraint], multipliers: Array) -> Array:
    """The coefficients of f − Σ λ g."""
    for constraint, multiplier in zip(constraints, multipliers):
        objective = objective - multiplier * constraint.coefficients
    return objective


def _averaged(moments: Moments, matrix: Array, group: Sequence[Symmetry], count_a: int) -> Array:
    """The mean over the images under a group."""
    if len(group) <= 1:
        return matrix
    places = {word: k for k, word in enumerate(moments.rows)}
    total = np.zeros_like(matrix)
    for symmetry in group:
        images = [symmetry.of_word(word, count_a) for word in moments.rows]
        order = np.array([places[word] for word, _ in images])
        sign = np.array([float(s) for _, s in images])
        total[np.ix_(order, order)] += matrix * np.outer(sign, sign)
    return total / len(group)


def _defects(moments: Moments, matrix: Array, objective: Array) -> Array:
    """−f_w − ⟨Z, M_w⟩ for every unknown."""
    return np.asarray(-objective - np.bincount(moments.table.ravel(), matrix.ravel(), moments.count))


def rounded(
    moments: Moments, matrix: Array, objective: Array, multipliers: Array, constraints: Sequence[Constraint],
    iterations: int | None, solver: str,
) -> MomentDual:  # fmt: skip
    """Spread the defects of a proposal over its entries, round it, and raise its diagonal until it is proved ⪰ 0.

    Raises
    ------
    SolverError
        No shift was enough, which means that entries are not finite.
    """
    relaxed = _relaxed(objective, constraints, multipliers)
    spread = _defects(moments, matrix, relaxed) / np.bincount(moments.table.ravel(), minlength=moments.count)
    spread[0] = 0.0
    matrix = matrix + spread[moments.table]
    if not np.isfinite(matrix).all():
        raise SolverError("the proposed dual matrix has entries that are not finite: this is not an answer")
    size = max(float(np.abs(matrix).max(initial=0.0)), 2.0**-1000)
    exponent = BITS - 1 - int(np.ceil(np.log2(2.0 * size)))
    matrix = np.ldexp(1.0, exponent) * matrix if abs(exponent) < 1000 else matrix * 0.0
    smallest = float(np.linalg.eigvalsh(matrix)[0])
    margin = 2e-13 * max(1.0, float(np.abs(matrix).sum(axis=1).max()))
    integers = np.rint(matrix).astype(np.int64)
    for _ in range(12):
        shift = int(np.ceil(max(0.0, -smallest) + margin))
        raised = integers + shift * np.eye(len(integers), dtype=np.int64)
        if sdp.is_positive_semidefinite(raised.astype(np.float64)):
            return MomentDual(raised, exponent, multipliers, iterations, solver)
        margin *= 10.0
    raise SolverError("no shift of the diagonal made the dual matrix positive semidefinite: this is not an answer")


def proved_bound(moments: Moments, dual: MomentDual, objective: Sequence[Fraction]) -> Fraction:
    """The value tr Z + Σ |d_w|, exactly, for the exact coefficients of f − Σ λ g."""
    sums = [0] * moments.count
    for x, unknown in zip(dual.matrix.ravel().tolist(), moments.table.ravel().tolist()):
        sums[unknown] += x
    unit = Fraction(1, 2**dual.exponent) if dual.exponent >= 0 else Fraction(2**-dual.exponent)
    lost = sum((abs(f + unit * total) for f, total in zip(objective[1:], sums[1:])), Fraction(0))
    return unit * sums[0] + lost
