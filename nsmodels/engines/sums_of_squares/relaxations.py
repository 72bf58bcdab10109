r"""Sum-of-squares lower bounds of a sum of absolute values over two unit spheres.

For z = (u, v) with u, v unit vectors of R³, weights :math:`w_k \ge 0` and :math:`y_k(z) = x_k\cdot z`, wanted is

.. math:: G = \min_z \sum_k w_k |y_k(z)| - l\cdot z .

No epigraph variable is needed: :math:`|y| = \max_{|\tau|\le1} \tau y`, so any functions :math:`\tau_k(z)` with values
in [−1, 1] on the spheres give :math:`\sum w_k|y_k| \ge \sum w_k \tau_k y_k`, with equality for the signs of the
:math:`y_k`. Let the multipliers be polynomials of degree 2d − 1 and prove both facts, :math:`|\tau_k|\le1` and
:math:`\sum w_k\tau_k y_k - l\cdot z - L \ge 0`, by sums of squares of degree 2d:

- **order 1**: :math:`\tau_k = r_0 + r_u\cdot u + r_v\cdot v`, which obeys :math:`|\tau_k|\le1` on the spheres exactly
  when :math:`|r_0| + |r_u| + |r_v| \le 1`; one 7×7 semidefinite block (Shor);
- **order 1, pairs**: :math:`|y_k y_l| \ge \tau_{kl} y_k y_l` with numbers :math:`|\tau_{kl}| \le 1`, so that
  :math:`(\sum w_k|y_k|)^2 \ge z^T Q(\tau) z`; one 8×8 block, K(K − 1)/2 multipliers. Neither form dominates the other;
- **order 2**: cubic :math:`\tau_k`, one 26×26 block for each (this is the sparsity: no block contains two of them) and
  20×20 + 6×6 for the main inequality. Without linear terms everything is even under z → −z, so that the odd
  :math:`\tau_k` need one block instead of two.

The solver proposes the multipliers and Gram matrices. The bound is computed here from them: Gram matrices are proved
positive semidefinite in integers after a shift, and what is left of the polynomial identities is charged, coefficient
by coefficient, with a bound on the rounding of its evaluation (coordinates of u and v are at most 1 in size).

Sources: Lasserre, SIAM J. Optim. 11, 796 (2001); Waki, Kim, Kojima, Muramatsu, SIAM J. Optim. 17, 218 (2006).
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ...common.arrays import Array
from ...errors import SolverError
from ..solvers import sdp
from . import polynomials

if TYPE_CHECKING:
    import cvxpy as cp
    from scipy.sparse import csr_array


@dataclass(frozen=True)
class SumOfSquares:
    """A proved lower bound of G and what it cost.

    ``lower`` is proved; ``proposal`` is the solver's own number, to be compared with and never used as a bound.
    ``blocks`` are the sizes of the semidefinite blocks and ``variables`` the number of scalar variables; ``seconds``
    covers formulation, solver and proof.
    """

    lower: float
    proposal: float
    form: str
    solver: str
    seconds: float
    variables: int
    blocks: tuple[int, ...]


def _number(variable: cp.Variable) -> float:
    return float(np.asarray(variable.value))


def first_order(
    terms: Array, weights: Array, linear: Array, *, solver: str = "CLARABEL", time_limit_s: float | None = None,
    **options: Any,
) -> SumOfSquares:  # fmt: skip
    """Order 1 with multipliers of degree one.

    Parameters
    ----------
    terms
        ``(K, 6)``: the rows x_k, their first three entries multiplying u.
    weights
        ``(K,)``, non-negative.
    linear
        ``(6,)``: l.
    solver, time_limit_s, **options
        As in `nsmodels.engines.solvers.sdp.solve`.

    Raises
    ------
    SolverError
        As in `nsmodels.engines.solvers.sdp.solve`.
    """
    import cvxpy as cp

    start = time.perf_counter()
    count = len(weights)
    weighted = np.hstack([np.zeros((count, 1)), terms * weights[:, None]])
    unit_u, unit_v = np.diag([1.0, -1, -1, -1, 0, 0, 0]), np.diag([1.0, 0, 0, 0, -1, -1, -1])
    one = np.zeros((7, 7))
    one[0, 0] = 1.0
    offset = np.zeros((7, 7))
    offset[0, 1:] = offset[1:, 0] = np.asarray(linear) / 2.0
    multipliers = cp.Variable((count, 7))
    level, alpha, beta = cp.Variable(), cp.Variable(), cp.Variable()
    form = weighted.T @ multipliers
    gram = (form + form.T) / 2.0 - offset - level * one + alpha * unit_u + beta * unit_v
    size = cp.abs(multipliers[:, 0]) + cp.norm(multipliers[:, 1:4], axis=1) + cp.norm(multipliers[:, 4:], axis=1)
    problem = cp.Problem(cp.Maximize(level), [gram >> 0, size <= 1])
    solution = sdp.solve(problem, solver, time_limit_s=time_limit_s, **options)

    rows = np.asarray(multipliers.value)
    sizes = np.abs(rows[:, 0]) + np.linalg.norm(rows[:, 1:4], axis=1) + np.linalg.norm(rows[:, 4:], axis=1)
    rows = rows / (np.maximum(1.0, sizes) * (1.0 + 1e-14))[:, None]  # 1e-14 covers the rounding of the sizes
    product = weighted.T @ rows
    numbers = [_number(x) for x in (level, alpha, beta)]
    matrix = (product + product.T) / 2.0 - offset - numbers[0] * one + numbers[1] * unit_u + numbers[2] * unit_v
    matrix = (matrix + matrix.T) / 2.0
    shifted, _ = sdp.shift_to_semidefinite(matrix)
    raised = float(np.max(np.nextafter(shifted - np.diagonal(matrix), np.inf)))
    magnitude = float(np.sum(np.abs(weighted).T @ np.abs(rows)) + np.sum(np.abs(linear))) + 8 * sum(map(abs, numbers))
    lost = 3.0 * max(raised, 0.0) + (count + 16) * polynomials.EPS * magnitude  # |(1, u, v)|² = 3
    lower = math.nextafter(numbers[0] - lost * (1.0 + 1e-12), -math.inf)
    return SumOfSquares(lower, solution.value, "order 1", solver, time.perf_counter() - start, 7 * count + 3, (7,))


def first_order_pairs(
    terms: Array, weights: Array, linear: Array, *, solver: str = "CLARABEL", time_limit_s: float | None = None,
    **options: Any,
) -> SumOfSquares:  # fmt: skip
    r"""Order 1 with one number for every pair of terms; arguments as in `first_order`.

    L is a bound where :math:`z^TQ(\tau)z \ge (l\cdot z + L)^2` on the spheres, for which the matrix
    [[1, L, lᵀ], [L, α + β, 0], [l, 0, Q − diag(α, β)]] ⪰ 0 suffices.
    """
    import cvxpy as cp
    import scipy.sparse as sp

    start = time.perf_counter()
    count = len(weights)
    weighted = terms * weights[:, None]
    first, second = np.triu_indices(count, 1)
    products = weighted[first][:, :, None] * weighted[second][:, None, :]
    products = (products + products.transpose(0, 2, 1)).reshape(len(first), 36)
    base = weighted.T @ weighted
    alpha, beta, level = cp.Variable(), cp.Variable(), cp.Variable()
    border = np.concatenate([[0.0, 0.0], linear])
    constant = np.outer(np.eye(8)[0], border)
    constant = constant + constant.T
    constant[0, 0] = 1.0
    constant[2:, 2:] += base
    unit_u, unit_v = np.diag([0, 1.0, -1, -1, -1, 0, 0, 0]), np.diag([0, 1.0, 0, 0, 0, -1, -1, -1])
    cross = np.zeros((8, 8))
    cross[0, 1] = cross[1, 0] = 1.0
    gram = constant + level * cross + alpha * unit_u + beta * unit_v
    constraints = []
    multipliers = cp.Variable(len(first)) if len(first) else None
    if multipliers is not None:
        place = np.zeros((64, 36))
        place[[8 * (2 + i) + 2 + j for i in range(6) for j in range(6)], np.arange(36)] = 1.0
        gram = gram + cp.reshape(sp.csr_array(place @ products.T) @ multipliers, (8, 8), order="C")
        constraints = [cp.abs(multipliers) <= 1]
    problem = cp.Problem(cp.Maximize(level), [gram >> 0, *constraints])
    solution = sdp.solve(problem, solver, time_limit_s=time_limit_s, **options)

    tau = np.eye(count)
    if multipliers is not None:
        tau[first, second] = tau[second, first] = np.clip(np.asarray(multipliers.value), -1.0, 1.0)
    form = weighted.T @ tau @ weighted
    form = (form + form.T) / 2.0
    rounding = (2 * count + 8) * polynomials.EPS * float(np.sum(np.abs(weighted).T @ np.abs(tau) @ np.abs(weighted)))
    lower = _proved_pairs(form, np.asarray(linear), _number(alpha), _number(beta), rounding)
    seconds = time.perf_counter() - start
    return SumOfSquares(lower, solution.value, "order 1, pairs", solver, seconds, len(first) + 3, (8,))


def _proved_pairs(form: Array, linear: Array, alpha: float, beta: float, rounding: float) -> float:
    """Return the largest L with a proved 8×8 matrix; ``rounding`` bounds the norm of the error of the form."""
    spread = np.array([1.0, 1, 1, 0, 0, 0]), np.array([0, 0, 0, 1.0, 1, 1])
    scale = max(1.0, float(np.sum(np.abs(form))))
    for kappa in (1e-14, 1e-13, 1e-12, 1e-11, 1e-10, 1e-9, 1e-8, 1e-7, 1e-6):
        kappa = kappa * scale
        a, b = alpha - kappa - rounding, beta - kappa - rounding
        inner = form - np.diag(a * spread[0] + b * spread[1])
        np.fill_diagonal(inner, np.nextafter(np.diagonal(inner) - rounding, -np.inf))
        corner = math.nextafter(a + b, -math.inf)
        try:
            rest = 1.0 - float(linear @ np.linalg.solve(inner, linear)) if np.any(linear) else 1.0
        except np.linalg.LinAlgError:
            continue
        if corner <= 0.0 or rest <= 0.0:
            continue
        level = math.sqrt(corner * rest) * (1.0 - 1e-12)
        matrix = np.zeros((8, 8))
        matrix[0, 0], matrix[0, 1], matrix[1, 0], matrix[1, 1] = 1.0, level, level, corner
        matrix[0, 2:] = matrix[2:, 0] = linear
        matrix[2:, 2:] = inner
        if sdp.is_positive_semidefinite(matrix):
            return level
    # Σ w|y| ≥ 0 always, and |l·z| ≤ |l_u| + |l_v|.
    return -(float(np.linalg.norm(linear[:3])) + float(np.linalg.norm(linear[3:]))) * (1.0 + 1e-14)


def second_order(
    terms: Array, weights: Array, linear: Array, *, solver: str = "CLARABEL", time_limit_s: float | None = None,
    **options: Any,
) -> SumOfSquares:  # fmt: skip
    """Order 2: cubic multipliers, one semidefinite block for each; arguments as in `first_order`.

    The programme is solved in moments: ``moments`` of z to degree 4, and for each term the moments of the measures on
    which τ_k = ±1; Gram matrices and multipliers are its dual variables.
    """
    import cvxpy as cp

    start = time.perf_counter()
    count = len(weights)
    even = not np.any(linear)
    every = polynomials.monomials(4)
    main = polynomials.monomials(4, 0) if even else every
    cubic = polynomials.monomials(3, 1) if even else polynomials.monomials(3)
    basis = polynomials.monomials(2)
    bases = [polynomials.monomials(2, 0), polynomials.monomials(2, 1)] if even else [basis]
    position = {monomial: i for i, monomial in enumerate(every)}
    chosen = [position[monomial] for monomial in cubic]

    moments = cp.Variable(len(main))
    main_blocks = [polynomials.moment_block(cp, b, main, moments) >> 0 for b in bases]
    objective = 0.0
    if not even:
        index = {monomial: i for i, monomial in enumerate(main)}
        units = [index[tuple(int(i == c) for i in range(6))] for c in range(6)]
        objective = -np.asarray(linear) @ moments[units]
    signs = (1.0,) if even else (1.0, -1.0)
    shift = [polynomials.times_coordinate(c, cubic, main) for c in range(6)]
    ties: list[cp.Constraint] = []
    blocks: list[list[cp.Constraint]] = []
    multiply: list[csr_array] = []
    for k in range(count):
        measures = [cp.Variable(len(every)) for _ in signs]
        multiply.append(sum(terms[k, c] * shift[c] for c in range(6)))
        ties.append(sum(s * m[chosen] for s, m in zip(signs, measures)) == multiply[k] @ moments)
        blocks.append([polynomials.moment_block(cp, basis, every, m) >> 0 for m in measures])
        objective = objective + float(weights[k]) * sum(m[0] for m in measures)
    normal = moments[0] == 1
    problem = cp.Problem(
        cp.Minimize(objective), [normal, *main_blocks, *ties, *(block for pair in blocks for block in pair)]
    )
    solution = _solve_second_order(problem, solver, time_limit_s, options)

    # τ_k = −(multiplier)/w_k, and w_k(1 ∓ τ_k) = mᵀGm; everything below is kept multiplied by w_k.
    total = np.zeros(len(main))
    magnitude = np.zeros(len(main))
    lost = 0.0
    for k in range(count):
        scaled = -np.asarray(ties[k].dual_value, dtype=np.float64)
        defect = 0.0
        for sign, block in zip(signs, blocks[k]):
            polynomial = np.zeros(len(every))
            polynomial[0] = weights[k]
            polynomial[chosen] -= sign * scaled
            error = np.zeros(len(every))
            error[chosen] = polynomials.EPS * (np.abs(scaled) + weights[k])
            defect = max(
                defect, polynomials.defect(polynomial, error, [polynomials.Square(basis, block.dual_value)], every)
            )
        # w|τ| ≤ w + defect, so that Σ w τ y exceeds Σ w|y| by at most defect · max|y|.
        reach = float(np.linalg.norm(terms[k, :3]) + np.linalg.norm(terms[k, 3:])) * (1.0 + 1e-14)
        lost += defect * reach
        total += multiply[k].T @ scaled
        magnitude += abs(multiply[k]).T @ np.abs(scaled)
    if not even:
        total[units] -= linear
        magnitude[units] += np.abs(linear)
    magnitude *= (count + len(cubic) + 16) * polynomials.EPS
    level = -float(normal.dual_value)
    total[0] -= level
    magnitude[0] += 4 * polynomials.EPS * abs(level)
    squares = [polynomials.Square(b, block.dual_value) for b, block in zip(bases, main_blocks)]
    lost += polynomials.defect(total, magnitude, squares, main)
    lower = math.nextafter(level - lost * (1.0 + 1e-12), -math.inf)
    if not math.isfinite(lower):
        raise SolverError(f"{solver} left no usable multipliers: this is not an answer; use another solver")
    sizes = tuple(len(b) for b in bases) + (len(basis),) * (count * len(signs))
    variables = len(main) + count * len(signs) * len(every)
    return SumOfSquares(lower, solution.value, "order 2", solver, time.perf_counter() - start, variables, sizes)


def _solve_second_order(
    problem: cp.Problem, solver: str, time_limit_s: float | None, options: dict[str, Any]
) -> sdp.Solution:
    """Solve with tolerances that Clarabel reaches: at 1e-8 it reports reduced accuracy in a third of all cases."""
    if solver.upper() != "CLARABEL" or options:
        return sdp.solve(problem, solver, time_limit_s=time_limit_s, **options)
    try:
        loose = {"tol_gap_abs": 1e-7, "tol_gap_rel": 1e-7, "tol_feas": 1e-7}
        return sdp.solve(problem, solver, time_limit_s=time_limit_s, **loose)
    except SolverError:
        loose = {"tol_gap_abs": 1e-6, "tol_gap_rel": 1e-6, "tol_feas": 1e-6}
        return sdp.solve(problem, solver, time_limit_s=time_limit_s, **loose)
