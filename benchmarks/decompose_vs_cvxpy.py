"""One question, two ways: the certified answer, and the plain CVXPY program on a grid of hidden states.

    python benchmarks/decompose_vs_cvxpy.py [--phi 70] [--states 2000 20000] [--solvers SCS CLARABEL HIGHS] [--random 0]

What a user would write by hand: choose a grid of pairs of hidden vectors (u, v), one weight for each, and maximise V
subject to the constraints of arXiv:0801.2241, eq. (7), in vectorised CVXPY. The number is compared with the certified
enclosure. A grid can only fall short of the true visibility, so that its V is no upper bound for Leggett's model, and
as a lower bound it is valid only if the solver's number does not exceed what its own weights reproduce: the last
column re-evaluates them exactly enough to tell.
"""

from __future__ import annotations

import argparse
import time

import cvxpy as cp
import numpy as np

import nsmodels as ns


def rows_of(grid: ns.Finite) -> tuple[np.ndarray, np.ndarray]:
    """|A + B| and |A − B| of every state and pair, shape (pairs, states)."""
    alice, bob = grid.states.alice, grid.states.bob
    plus = np.abs(alice[:, :, None] + bob[:, None, :]).reshape(len(alice), -1).T
    minus = np.abs(alice[:, :, None] - bob[:, None, :]).reshape(len(alice), -1).T
    return plus, minus


def by_hand(behaviour: ns.Behaviour, grid: ns.Finite, solver: str) -> tuple[float, float, np.ndarray | None, str]:
    """Seconds (build and solve), the solver's V, its weights, its status."""
    begin = time.perf_counter()
    plus, minus = rows_of(grid)
    rho, v = cp.Variable(len(grid), nonneg=True), cp.Variable()
    c = behaviour.correlators.ravel()
    constraints = [cp.sum(rho) == 1, plus @ rho <= 1 + v * c, minus @ rho <= 1 - v * c, v <= 1]
    problem = cp.Problem(cp.Maximize(v), constraints)
    try:
        problem.solve(solver=solver)
    except cp.error.SolverError as error:
        return time.perf_counter() - begin, float("nan"), None, str(error).splitlines()[0][:40]
    return time.perf_counter() - begin, float(v.value), rho.value, problem.status


def attained(behaviour: ns.Behaviour, grid: ns.Finite, weights: np.ndarray) -> float:
    """The largest V that the weights, made non-negative and of sum 1, really reproduce (or NaN if none)."""
    weights = np.maximum(weights, 0.0)
    weights = weights / weights.sum()
    plus, minus = rows_of(grid)
    c = behaviour.correlators.ravel()
    slope = np.concatenate([c, -c])
    excess = np.concatenate([plus @ weights, minus @ weights]) - 1.0
    down, up = slope < 0, slope > 0
    high, low = (excess[down] / slope[down]).min(), (excess[up] / slope[up]).max()
    return float(min(high, 1.0)) if low <= high and (excess[slope == 0] <= 0).all() else float("nan")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--phi", type=float, default=70.0)
    parser.add_argument("--random", type=int, default=0, help="random directions a side instead of the triads")
    parser.add_argument("--states", type=int, nargs="+", default=[2000, 20000])
    parser.add_argument("--solvers", nargs="+", default=["SCS", "CLARABEL", "HIGHS"])
    arguments = parser.parse_args()
    s = (
        ns.settings.random(arguments.random, arguments.random, 1)
        if arguments.random
        else ns.settings.leggett_triads(phi_deg=arguments.phi)
    )
    behaviour, model = ns.behaviours.singlet(s), ns.Leggett(s)
    ns.decompose(behaviour, model, tolerance=1e-2)
    begin = time.perf_counter()
    d = ns.decompose(behaviour, model)
    print(f"certified: [{d.lower:.9f}, {d.upper:.9f}] in {time.perf_counter() - begin:.3f} s, "
          f"{len(d.decomposition)} hidden states")  # fmt: skip
    print("states  solver     seconds   V of the solver   below the truth by   attained by its weights   verdict")
    for n in arguments.states:
        grid = ns.Finite.sphere_grid(s, n)
        for solver in arguments.solvers:
            seconds, number, weights, status = by_hand(behaviour, grid, solver)
            if weights is None:
                print(f"{len(grid):6}  {solver:9}  {seconds:7.2f}   {status}")
                continue
            real = attained(behaviour, grid, weights)
            if np.isnan(real):
                verdict = "its weights reproduce no V: not a bound as it stands"
            elif number > real:
                verdict = f"exceeds its own weights by {number - real:.1e}: no valid lower bound"
            else:
                verdict = "valid lower bound"
            if number < d.lower:
                verdict += "; no upper bound"
            row = f"{len(grid):6}  {solver:9}  {seconds:7.2f}   {number:15.9f}   {d.lower - number:18.2e}   "
            print(row + f"{real:23.9f}   {verdict}")


if __name__ == "__main__":
    main()
