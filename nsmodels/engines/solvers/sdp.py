"""Semidefinite programmes: one place that calls CVXPY's solvers, and exact checks of what they propose.

A solver's objective value is never a bound. What leaves this module is either the *proposal* of a solver whose status
is ``optimal`` and whose residuals, signs and complementarity, recomputed here from the data, are small; or a matrix
proved positive semidefinite in integers. Everything else is a `SolverError` (see `gate`).
"""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ...errors import SolverError
from .gate import Reply, Status, ask

if TYPE_CHECKING:
    import cvxpy as cp

#: Bits of the fixed-point numbers in which positive semidefiniteness is proved.
PRECISION_BITS = 160
#: A proposal that violates a constraint, the sign of a multiplier or (relatively) complementarity by more is no answer.
RESIDUAL_TOLERANCE = 1e-4
#: What SCS answers when Ctrl-C stops it (``scs.SIGINT``).
SCS_INTERRUPTED = -5

_STATUS = {
    "optimal": Status.OPTIMAL,
    "optimal_inaccurate": Status.INACCURATE,
    "user_limit": Status.USER_LIMIT,
    "infeasible": Status.INFEASIBLE,
    "infeasible_inaccurate": Status.INFEASIBLE,
    "unbounded": Status.UNBOUNDED,
    "unbounded_inaccurate": Status.UNBOUNDED,
    "infeasible_or_unbounded": Status.INFEASIBLE_OR_UNBOUNDED,
}
"""What the words of CVXPY mean; all others are failures."""


@dataclass(frozen=True)
class Solution:
    """What a solver proposed, after its residual was recomputed: a number to compare with, not a bound."""

    value: float
    solver: str
    residual: float
    seconds: float
    iterations: int | None


def load_solvers() -> None:
    """Import CVXPY, which takes seconds, so that what is timed afterwards is work."""
    import cvxpy

    cvxpy.installed_solvers()


def call_solver(problem: cp.Problem, solver: str, options: dict[str, Any]) -> None:
    """Run the solver on the problem: the only call of a CVXPY solver in the package."""
    if solver != "SCS":
        problem.solve(solver=solver, **options)
        return
    # while SCS runs it takes Ctrl-C for itself and stops; CVXPY would call that a failure
    data, chain, inverse = problem.get_problem_data(solver, solver_opts=options)
    raw = chain.solve_via_data(problem, data, solver_opts=options)
    if raw["info"]["status_val"] == SCS_INTERRUPTED:
        raise KeyboardInterrupt
    problem.unpack_results(raw, chain, inverse)


def solve(
    problem: cp.Problem, solver: str = "CLARABEL", *, time_limit_s: float | None = None, **options: Any
) -> Solution:
    """Solve a CVXPY problem of any cone and refuse every outcome but a verified optimum.

    Parameters
    ----------
    problem
        Any CVXPY problem; after a normal return its variables and dual variables carry values, after an error none.
    solver
        ``"CLARABEL"``, ``"SCS"``, ``"HIGHS"`` or any other name that CVXPY knows.
    time_limit_s
        Handed to the solver in its own spelling (Clarabel, SCS, HiGHS); ``None`` means no limit.
    **options
        Handed to the solver unchanged, for example ``max_iters=1``.

    Returns
    -------
    Solution
        The proposed value and the largest constraint violation, recomputed here.

    Raises
    ------
    SolverError
        The solver raised, stopped early, answered anything but ``optimal``, left a number that is not finite, or its
        answer fails the verification: the point violates a constraint, the value is not that of the point, or
        multipliers have the wrong sign or miss complementarity, by more than ``RESIDUAL_TOLERANCE``.
    """
    solver = solver.upper()
    if time_limit_s is not None:
        spelling = {"CLARABEL": "time_limit", "SCS": "time_limit_secs", "HIGHS": "time_limit"}.get(solver)
        if spelling is not None:
            options.setdefault(spelling, float(time_limit_s))
    if solver == "SCS":
        options.setdefault("eps", 1e-7)
        options.setdefault("max_iters", 50_000)
    if solver == "CLARABEL" and "max_iters" in options:
        options["max_iter"] = options.pop("max_iters")

    def call() -> Reply[float]:
        # CVXPY warns about inaccurate solutions and about its own compilation times; the first is an error at the gate,
        # the second is no matter of the user's.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            call_solver(problem, solver, options)
        primal = tuple(_array(variable.value) for variable in problem.variables())
        words = str(problem.status)
        value = math.nan if problem.value is None else float(problem.value)
        return Reply(_STATUS.get(words, Status.FAILED), words, primal, _multipliers(problem), value)

    def verified(reply: Reply[float]) -> Solution:
        residual = _residual(problem, reply.details, solver)
        stats = problem.solver_stats
        seconds = float(stats.solve_time) if stats is not None and stats.solve_time is not None else math.nan
        iterations = stats.num_iters if stats is not None else None
        return Solution(reply.details, solver, residual, seconds, None if iterations is None else int(iterations))

    try:
        return ask(solver, call, verified, shapes=tuple(variable.shape for variable in problem.variables()))
    except SolverError:
        _forget(problem)
        raise


def _array(value: Any) -> NDArray[Any]:
    """The value of a variable; none is an array of no shape that a variable has."""
    return np.zeros((0, 0, 0)) if value is None else np.asarray(value)


def _multipliers(problem: cp.Problem) -> tuple[NDArray[Any], ...]:
    """The dual variables that the solver has set (none for integer programs)."""
    duals = [dual.value for constraint in problem.constraints for dual in constraint.dual_variables]
    return tuple(np.asarray(dual) for dual in duals if dual is not None)


def _forget(problem: cp.Problem) -> None:
    """Take back what a solver wrote into the variables: what was refused is not to be read from there."""
    for variable in (*problem.variables(), *(d for c in problem.constraints for d in c.dual_variables)):
        variable.save_value(None)


def _residual(problem: cp.Problem, value: float, solver: str) -> float:
    """The largest violation of a constraint, after the point, its value and its multipliers are checked.

    Signs and complementarity of multipliers are checked for inequalities ≤ and semidefinite constraints. Multipliers of
    equations have neither; whoever uses them proves what follows from them.
    """
    residual = max((float(np.max(c.violation(), initial=0.0)) for c in problem.constraints), default=0.0)
    if not residual <= RESIDUAL_TOLERANCE:
        raise SolverError(
            f"{solver} answered 'optimal' but its point violates a constraint by {residual:.3g}, more than "
            f"{RESIDUAL_TOLERANCE:g}: this is not an answer; use another solver"
        )
    scale = 1.0 + abs(value)
    error = abs(float(problem.objective.value) - value)
    if not error <= RESIDUAL_TOLERANCE * scale:
        raise SolverError(
            f"{solver} answered 'optimal' with the value {value:.9g}, which is {error:.3g} from that of its point: "
            "this is not an answer; use another solver"
        )
    sign, product = _multiplier_defects(problem)
    if not (sign <= RESIDUAL_TOLERANCE and product <= RESIDUAL_TOLERANCE * scale):
        raise SolverError(
            f"{solver} answered 'optimal' but its multipliers have the wrong sign by {sign:.3g} and miss "
            f"complementarity by {product:.3g}: this is not an answer; use another solver"
        )
    return residual


def _multiplier_defects(problem: cp.Problem) -> tuple[float, float]:
    """How far multipliers are from their cones, relative to the largest, and Σ |multiplier · slack|."""
    from cvxpy.constraints import PSD, Inequality

    sign = product = 0.0
    for constraint in problem.constraints:
        dual = constraint.dual_variables[0].value
        if dual is None or not isinstance(constraint, Inequality | PSD):
            continue
        dual = np.asarray(dual, dtype=np.float64)
        if isinstance(constraint, Inequality):
            smallest = float(dual.min(initial=0.0))
            slack = constraint.expr.value
        else:
            smallest = float(np.linalg.eigvalsh((dual + np.swapaxes(dual, -1, -2)) / 2.0).min(initial=0.0))
            slack = constraint.args[0].value
        sign = max(sign, -smallest / (1.0 + float(np.abs(dual).max(initial=0.0))))
        product += abs(float(np.sum(dual * slack)))
    return sign, product


# -- exact positive semidefiniteness ----------------------------------------------------------------------------------


def _fixed_point(values: NDArray[np.float64], bits: int) -> NDArray[np.object_]:
    """Floor of ``values * 2^bits`` as Python integers; exact for every double that is a multiple of ``2^-bits``."""
    out = np.empty(values.shape, dtype=object)
    for index, value in np.ndenumerate(values):
        numerator, denominator = float(value).as_integer_ratio()
        out[index] = (numerator << bits) // denominator
    return out


def is_positive_semidefinite(matrix: NDArray[np.float64], *, bits: int = PRECISION_BITS) -> bool:
    r"""Prove in integers that a symmetric matrix of doubles, read as exact numbers, is positive semidefinite.

    A fixed-point Cholesky factor L of :math:`M - 2^{-100}` is computed with ``math.isqrt``; the exact residual
    :math:`M - LL^T` must be diagonally dominant, so that :math:`M` is a sum of two positive semidefinite matrices. The
    factor's own rounding therefore does not matter. ``True`` is a proof; ``False`` means "not proved" (matrices that
    are singular to within :math:`2^{-100}` are not).

    Parameters
    ----------
    matrix
        Symmetric ``(n, n)`` array of finite doubles.
    bits
        Bits after the binary point; entries that need more are rounded and the rounding is charged to the residual.
    """
    matrix = np.asarray(matrix, dtype=np.float64)
    size = len(matrix)
    if matrix.shape != (size, size) or not np.all(np.isfinite(matrix)) or not np.array_equal(matrix, matrix.T):
        return False
    one = 1 << bits
    scaled = _fixed_point(matrix, bits) * one  # scaled by 4^bits, as products of two factors are
    factor = np.zeros((size, size), dtype=object)
    margin = one << (bits - 100)
    for column in range(size):
        head = factor[column, :column]
        pivot = scaled[column, column] - margin - (head @ head if column else 0)
        if pivot <= 0:
            return False
        root = math.isqrt(pivot)
        factor[column, column] = root
        if column + 1 < size:
            below = scaled[column + 1 :, column]
            if column:
                below = below - factor[column + 1 :, :column] @ head
            factor[column + 1 :, column] = below // root
    residual = scaled - factor @ factor.T
    absolute = np.abs(residual)
    dominance = 2 * np.diagonal(residual) - absolute.sum(axis=1)  # R_rr − Σ_{s≠r} |R_rs| wherever R_rr ≥ 0
    allowance = size * one  # one unit of 2^-bits for every rounded off-diagonal entry; the diagonal is rounded down
    return all(value >= allowance and entry >= 0 for value, entry in zip(dominance, np.diagonal(residual)))


def shift_to_semidefinite(matrix: NDArray[np.float64], *, attempts: int = 12) -> tuple[NDArray[np.float64], float]:
    """Raise the diagonal by as little as is needed to prove the matrix positive semidefinite.

    Parameters
    ----------
    matrix
        Symmetric ``(n, n)`` array of doubles.
    attempts
        How often the margin is multiplied by ten before giving up.

    Returns
    -------
    tuple
        The new diagonal, ``(n,)``, with which the matrix is proved positive semidefinite, and the shift used.

    Raises
    ------
    SolverError
        No shift was enough, which means that entries are not finite.
    """
    matrix = np.array(matrix, dtype=np.float64)
    if not np.all(np.isfinite(matrix)):
        raise SolverError("the proposed dual matrix has entries that are not finite: this is not an answer")
    diagonal = np.diagonal(matrix).copy()
    scale = max(1.0, float(np.max(np.sum(np.abs(matrix), axis=1), initial=0.0)))
    smallest = float(np.linalg.eigvalsh(matrix)[0]) if len(matrix) else 0.0
    # 2e-13·scale keeps the smallest eigenvalue visibly positive, so that any later check has room to round.
    margin = 2e-13 * scale
    for _ in range(attempts):
        shift = max(0.0, -smallest) + margin
        if smallest > margin:
            shift = 0.0
        proposal = matrix.copy()
        np.fill_diagonal(proposal, np.nextafter(diagonal + shift, np.inf))
        if is_positive_semidefinite(proposal):
            return np.diagonal(proposal).copy(), shift
        margin *= 10.0
    raise SolverError("no shift of the diagonal made the dual matrix positive semidefinite: this is not an answer")


# -- largest value of a quadratic form over unit vectors --------------------------------------------------------------


@dataclass(frozen=True)
class UnitVectors:
    """A proposal for max Σ W_rs x_r·x_s over unit vectors: the vectors, and a dual diagonal that is proved."""

    vectors: NDArray[np.float64]
    diagonal: NDArray[np.float64]
    iterations: int | None
    solver: str


def maximise_over_unit_vectors(
    weights: NDArray[np.float64], *, solver: str | None = None, time_limit_s: float | None = None, **options: Any
) -> UnitVectors:
    r"""Maximise :math:`\sum_{rs} W_{rs}\, x_r\cdot x_s` over unit vectors of any dimension.

    The dual is :math:`\min \sum_r d_r` subject to :math:`\mathrm{diag}(d) - W \succeq 0`; it is solved as it stands,
    and the Gram matrix of the vectors is the multiplier of its semidefinite constraint.

    Parameters
    ----------
    weights
        Symmetric ``(n, n)`` array with zero diagonal.
    solver
        As in `solve`; ``None`` takes Clarabel up to n = 30 and SCS above, where Clarabel is fifty times slower
        and the polished proposal of SCS equally sharp.
    time_limit_s, **options
        As in `solve`.

    Returns
    -------
    UnitVectors
        ``vectors`` ``(n, r)``, unit to double precision (a proposal for the lower end), and ``diagonal`` ``(n,)`` for
        which :math:`\mathrm{diag}(d) - W` is proved positive semidefinite, so that :math:`\sum d` is an upper bound.

    Raises
    ------
    SolverError
        As in `solve`.
    """
    import cvxpy as cp

    weights = np.asarray(weights, dtype=np.float64)
    size = len(weights)
    solver = solver or ("CLARABEL" if size <= 30 else "SCS")
    scale = float(np.max(np.abs(weights), initial=0.0)) or 1.0
    dual = cp.Variable(size)
    semidefinite = cp.diag(dual) - cp.Constant(weights / scale) >> 0
    problem = cp.Problem(cp.Minimize(cp.sum(dual)), [semidefinite])
    solution = solve(problem, solver, time_limit_s=time_limit_s, **options)
    if semidefinite.dual_value is None or not float(np.diagonal(semidefinite.dual_value).min(initial=1.0)) > 0.5:
        # a Gram matrix of unit vectors has the diagonal 1; `solve` does not check what belongs to stationarity
        raise SolverError(f"{solver} left no Gram matrix: this is not an answer; use another solver")
    vectors = _polish(weights / scale, _vectors_of(np.asarray(semidefinite.dual_value)))
    matrix = np.diag(np.asarray(dual.value, dtype=np.float64) * scale) - weights
    diagonal, _ = shift_to_semidefinite(matrix)
    # The stationarity condition d_r x_r = Σ_s W_rs x_s gives a second proposal, often better than the solver's own.
    matrix = np.diag(np.linalg.norm(weights @ vectors, axis=1)) - weights
    other, _ = shift_to_semidefinite(matrix)
    if math.fsum(other) < math.fsum(diagonal):
        diagonal = other
    return UnitVectors(vectors, diagonal, solution.iterations, solver)


def _vectors_of(gram: NDArray[np.float64]) -> NDArray[np.float64]:
    """Unit vectors whose Gram matrix is near a given matrix that is positive semidefinite to solver tolerance."""
    values, columns = np.linalg.eigh((gram + gram.T) / 2.0)
    keep = values > 1e-12 * max(1.0, float(values[-1]))
    vectors = columns[:, keep] * np.sqrt(values[keep])
    norms = np.linalg.norm(vectors, axis=1)
    unit = np.zeros((len(gram), max(1, vectors.shape[1])))
    unit[:, 0] = 1.0
    good = norms > 1e-9
    unit[good] = vectors[good] / norms[good, None]
    return unit


def _polish(weights: NDArray[np.float64], vectors: NDArray[np.float64], sweeps: int = 2000) -> NDArray[np.float64]:
    """Improve unit vectors one at a time, x_r ← direction of Σ_s W_rs x_s, until they stand still.

    The value never falls; what matters is that stationary vectors give a sharp dual diagonal (1e-9 where a first-order
    solver leaves 1e-5).
    """
    vectors = vectors.copy()
    for _ in range(sweeps):
        change = 0.0
        for index in range(len(vectors)):
            gradient = weights[index] @ vectors
            norm = float(np.linalg.norm(gradient))
            if norm > 1e-12:
                gradient = gradient / norm
                change = max(change, float(np.max(np.abs(gradient - vectors[index]))))
                vectors[index] = gradient
        if change <= 1e-13:
            break
    return vectors
