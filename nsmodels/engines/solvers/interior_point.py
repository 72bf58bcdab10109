"""A dense primal-dual interior-point method for linear programs with many more columns than rows.

    minimise c·x   subject to   (A x)_r ≤ b_r for r < n_inequalities,   (A x)_r = b_r for the others,   x ≥ 0.

Column generation wants two things that a simplex method does not give: an approximate answer early, and *central* dual
values, which change little from round to round and so propose good columns (Gondzio, González-Brevis and Munari, EJOR
224, 41 (2013)). Every iteration costs one symmetric product A D Aᵀ and one Cholesky factor: for dense A that is matrix
arithmetic at full speed. Mehrotra's predictor and corrector, SIAM J. Optim. 2, 575 (1992).

The answer is a proposal. Nothing here is proved; the questions re-evaluate what they use.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

import numpy as np

from ...common.arrays import Array
from ...errors import SolverError
from ..blas_threads import one_blas_thread, weighted_gram
from .gate import PROPOSALS, Reply, Status, ask

__all__ = ["InteriorPoint", "interior_point"]

Point = tuple[Array, Array, Array, Array, Array]
"""x, slack, y, reduced costs, and −y of the inequalities; all but y positive."""

FEASIBILITY, DUAL_FEASIBILITY = 1e-10, 1e-9
"""Largest residuals of A x and of c − Aᵀ y where it has converged, relative to 1 plus the largest entry of b, of c."""


@dataclass(frozen=True, eq=False)
class InteriorPoint:
    """Where the iteration stopped.

    Parameters
    ----------
    x : ndarray, shape (n,)
        Positive.
    slack : ndarray, shape (n_inequalities,)
        b − A x of the inequalities, positive.
    y : ndarray, shape (m,)
        Dual values, at most 0 for the inequalities.
    reduced : ndarray, shape (n,)
        Reduced costs c − Aᵀ y, positive.
    gap : float
        x·reduced − y·slack, an estimate of the distance of c·x and b·y.
    infeasibility : float
        Largest residual of the constraints.
    iterations : int
    converged : bool
    """

    x: Array
    slack: Array
    y: Array
    reduced: Array
    gap: float
    infeasibility: float
    iterations: int
    converged: bool


def _step(value: Array, change: Array) -> float:
    """The largest step in (0, 1] that keeps ``value + step * change`` non-negative."""
    down = change < 0.0
    return min(1.0, float((-value[down] / change[down]).min())) if down.any() else 1.0


def interior_point(
    A: Array,
    b: Array,
    c: Array,
    n_inequalities: int,
    *,
    tolerance: float,
    deadline: float = math.inf,
    max_iterations: int = 80,
    start: tuple[Array, Array] | None = None,
) -> InteriorPoint:
    """Solve the linear program of the module's first lines to a gap of about ``tolerance``.

    Parameters
    ----------
    A : ndarray, shape (m, n)
        Dense, C order; the first ``n_inequalities`` rows are inequalities.
    b, c : ndarray, shapes (m,) and (n,)
    n_inequalities : int
    tolerance : float
        Wanted duality gap, absolute.
    deadline : float
        `time.perf_counter` value after which the iteration stops where it is.
    max_iterations : int
    start : (ndarray (n,), ndarray (m,)), optional
        x and y to begin from: the answer to a similar program. Whatever they are, only the time depends on them.

    Returns
    -------
    InteriorPoint
        ``converged`` is False where rounding, the deadline or the number of iterations ended it earlier.

    Raises
    ------
    SolverError
        If the arithmetic fails, in this thread or in another one, yields numbers that are not finite or have the wrong
        sign, or claims to have converged to a point that does not fit the data.
    """

    def iterate(point: Point) -> InteriorPoint:
        return _iterate(A, b, c, n_inequalities, tolerance, deadline, max_iterations, point)

    def call() -> Reply[InteriorPoint]:
        with one_blas_thread():
            last = None if start is None else iterate(_warm(A, b, c, n_inequalities, *start))
            if last is None or not (last.converged or time.perf_counter() > deadline):
                last = iterate(_cold(A, b, c, n_inequalities))
        status, words = (Status.OPTIMAL, "converged") if last.converged else (Status.USER_LIMIT, "stopped early")
        return Reply(status, words, (last.x, last.slack), (last.y, last.reduced), last)

    def verified(reply: Reply[InteriorPoint]) -> InteriorPoint:
        _verify(A, b, c, n_inequalities, tolerance, reply.details)
        return reply.details

    m, n = A.shape
    return ask(
        "the interior-point method",
        call,
        verified,
        shapes=((n,), (n_inequalities,), (m,), (n,)),
        accepted=PROPOSALS,
    )


def _verify(A: Array, b: Array, c: Array, k: int, tolerance: float, answer: InteriorPoint) -> None:
    """Recompute what makes the answer one: signs everywhere, and of a converged one also residuals and the gap."""
    x, slack, y, reduced = answer.x, answer.slack, answer.y, answer.reduced
    scale_b, scale_c = 1.0 + float(np.abs(b).max()), 1.0 + float(np.abs(c).max())
    signs = all((part > 0.0).all() for part in (x, slack, reduced)) and (y[:k] <= DUAL_FEASIBILITY * scale_c).all()
    if not signs:
        raise SolverError("the interior-point method fails verification: a number of its answer has the wrong sign")
    if not answer.converged:
        return
    primal = b - A @ x
    primal[:k] -= slack
    missed = float(np.abs(primal).max()) / scale_b
    dual = float(np.abs(c - A.T @ y - reduced).max()) / scale_c
    gap = float(x @ reduced - slack @ y[:k])
    rounding = DUAL_FEASIBILITY * scale_c * float(slack.sum())  # of y against its slack
    if missed > 2.0 * FEASIBILITY or dual > 2.0 * DUAL_FEASIBILITY or gap > 2.0 * (tolerance + rounding):
        raise SolverError(
            f"the interior-point method fails verification: it misses the constraints by {missed:.2g}, the costs by "
            f"{dual:.2g}, and leaves a gap of {gap:.2g}"
        )


def _cold(A: Array, b: Array, c: Array, k: int) -> Point:
    """Somewhere in the middle."""
    m, n = A.shape
    x = np.full(n, 1.0 / n)
    slack = np.maximum(b[:k] - A[:k] @ x, 0.1)
    y = np.zeros(m)
    y[:k] = -1.0 / max(k, 1)
    reduced = np.maximum(c - A.T @ y, 0.5)
    return x, slack, y, reduced, -y[:k].copy()


def _warm(A: Array, b: Array, c: Array, k: int, x: Array, y: Array) -> Point:
    """A well-centred point near the answer to a similar program.

    All complementarity products become about μ, which is what the gap of the given answer in this program suggests.
    """
    reduced = c - A.T @ y
    slack = b[:k] - A[:k] @ x
    weight = -y[:k]
    gap = float(np.abs(x * reduced).sum() + np.abs(slack * weight).sum())
    mu = max(gap, 1e-9) / (len(x) + k)
    root = math.sqrt(mu)
    reduced, weight = np.maximum(reduced, root), np.maximum(weight, root)  # so that what follows adds at most √μ
    x, slack = np.maximum(x, mu / reduced), np.maximum(slack, mu / weight)
    y = y.copy()
    y[:k] = -weight
    return x, slack, y, reduced, weight


def _iterate(
    A: Array, b: Array, c: Array, n_inequalities: int, tolerance: float, deadline: float, max_iterations: int,
    point: Point,
) -> InteriorPoint:  # fmt: skip
    from scipy.linalg import lapack

    m, n = A.shape
    k = n_inequalities
    x, slack, y, reduced, dual_slack = point
    scale_b, scale_c = 1.0 + float(np.abs(b).max()), 1.0 + float(np.abs(c).max())
    diagonal = np.arange(m)
    converged = False
    iteration = 0
    gap = infeasibility = math.inf
    for iteration in range(max_iterations + 1):
        primal = b - A @ x
        primal[:k] -= slack
        dual = c - A.T @ y - reduced
        dual_k = -y[:k] - dual_slack
        gap = float(x @ reduced + slack @ dual_slack)
        infeasibility = float(np.abs(primal).max())
        if (
            gap <= tolerance
            and infeasibility <= FEASIBILITY * scale_b
            and max(float(np.abs(dual).max()), float(np.abs(dual_k).max(initial=0.0))) <= DUAL_FEASIBILITY * scale_c
        ):
            converged = True
            break
        if iteration == max_iterations or time.perf_counter() > deadline:
            break
        theta, theta_k = x / reduced, slack / dual_slack
        normal = weighted_gram(A, theta)
        normal[diagonal[:k], diagonal[:k]] += theta_k
        top = float(normal.diagonal().max())
        normal[diagonal, diagonal] += 1e-15 * top
        # equality rows may depend on one another
        normal[diagonal[k:], diagonal[k:]] += 1e-13 * top
        factor, failed = lapack.dpotrf(normal, lower=1, overwrite_a=1)
        if failed:
            break
        mu = gap / (n + k)

        def direction(
            right: Array, right_k: Array,
            factor: Array = factor, theta: Array = theta, theta_k: Array = theta_k,
            primal: Array = primal, dual: Array = dual, dual_k: Array = dual_k,
            x: Array = x, slack: Array = slack, reduced: Array = reduced, dual_slack: Array = dual_slack,
        ) -> tuple[Array, Array, Array, Array, Array]:  # fmt: skip
            """The Newton step that makes the complementarity products change by ``right`` and ``right_k``."""
            rhs = primal + A @ (theta * dual - right / reduced)
            rhs[:k] += theta_k * dual_k - right_k / dual_slack
            dy = lapack.dpotrs(factor, rhs, lower=1)[0]
            d_reduced = dual - A.T @ dy
            d_dual_slack = dual_k - dy[:k]
            return (
                (right - x * d_reduced) / reduced,
                (right_k - slack * d_dual_slack) / dual_slack,
                dy,
                d_reduced,
                d_dual_slack,
            )

        dx, ds, dy, dz, dw = direction(-x * reduced, -slack * dual_slack)
        up, ud = min(_step(x, dx), _step(slack, ds)), min(_step(reduced, dz), _step(dual_slack, dw))
        predicted = float((x + up * dx) @ (reduced + ud * dz) + (slack + up * ds) @ (dual_slack + ud * dw)) / (n + k)
        # no smaller than what is asked for: the products would vanish before the residuals do, and steps get stuck
        centring = max(mu * min(1.0, max(predicted / mu, 0.0)) ** 3, 0.3 * tolerance / (n + k))
        dx, ds, dy, dz, dw = direction(centring - x * reduced - dx * dz, centring - slack * dual_slack - ds * dw)
        keep = 0.9 if iteration < 3 else 0.995
        up = min(1.0, keep * min(_step(x, dx), _step(slack, ds)))
        ud = min(1.0, keep * min(_step(reduced, dz), _step(dual_slack, dw)))
        if not (up > 1e-12 and ud > 1e-12):
            break
        x, slack = x + up * dx, slack + up * ds
        y, reduced, dual_slack = y + ud * dy, reduced + ud * dz, dual_slack + ud * dw
    return InteriorPoint(x, slack, y, reduced, gap, infeasibility, iteration, converged)
