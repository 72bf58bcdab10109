"""Certified Leggett bounds against global solvers: a seeded suite, the same formulation, gap and thread count, one
process run.

    python benchmarks/sphere_suite.py [--quick] [--tolerance 1e-6] [--solver-limit 60]

SCIP and Gurobi (size-limited licence) come with `pip install "nsmodels[benchmark]"`; a solver that is absent is left
out.
"""

from __future__ import annotations

import argparse
import math
import os
import time

import numpy as np

import nsmodels as ns

os.environ.setdefault("OMP_NUM_THREADS", "1")


def suite() -> list[tuple[str, ns.Functional, ns.Leggett]]:
    """32 instances from 1×1 to 20×20, purities equal and unequal, with and without marginal terms."""
    instances = []
    sizes = [(1, 1), (1, 2), (2, 1), (2, 2), (3, 3), (3, 6), (4, 4), (5, 5), (6, 4), (6, 6), (8, 8), (10, 10), (10, 5),
             (12, 12), (15, 15), (20, 20)]  # fmt: skip
    for k, (n_alice, n_bob) in enumerate(sizes):
        for variant in (0, 1):
            rng = np.random.default_rng(1000 + 10 * k + variant)
            s = ns.settings.random(n_alice, n_bob, seed=2000 + 10 * k + variant)
            with_marginals = variant == 1
            equal = (k + variant) % 2 == 0
            eta_a, eta_b = (1.0, 1.0) if equal else tuple(rng.uniform(0.4, 1.0, size=2).tolist())
            f = ns.Functional(
                rng.normal(size=(n_alice, n_bob)),
                alice=rng.normal(size=n_alice) if with_marginals else None,
                bob=rng.normal(size=n_bob) if with_marginals else None,
            )
            label = f"{n_alice}x{n_bob} {'=' if equal else '≠'}{' +marg' if with_marginals else ''}"
            instances.append((label, f, ns.Leggett(settings=s, eta_a=eta_a, eta_b=eta_b)))
    return instances


def data(f: ns.Functional, model: ns.Leggett):
    """(constant − G) data of the minimisation that the solvers get."""
    a, b = model.eta_a * model.settings.alice, model.eta_b * model.settings.bob
    i, j = np.nonzero(f.correlators)
    s = f.correlators[i, j]
    top = f.constant + np.abs(s).sum()
    return a, b, i, j, np.sign(s), np.abs(s), f.alice @ a, f.bob @ b, top


def with_scip(f, model, tolerance, limit):
    """Maximum by SCIP: epigraph variables, |u|² = |v|² = 1."""
    from pyscipopt import Model, quicksum

    a, b, i, j, s, w, g, h, top = data(f, model)
    m = Model()
    m.hideOutput()
    m.setParam("limits/absgap", tolerance)
    m.setParam("limits/gap", 0.0)
    m.setParam("limits/time", limit)
    m.setParam("parallel/maxnthreads", 1)
    m.setParam("lp/threads", 1)
    u = [m.addVar(lb=-1, ub=1) for _ in range(3)]
    v = [m.addVar(lb=-1, ub=1) for _ in range(3)]
    m.addCons(quicksum(x * x for x in u) == 1)
    m.addCons(quicksum(x * x for x in v) == 1)
    z = []
    for k in range(len(w)):
        t = m.addVar(lb=0, ub=4)
        y = quicksum(float(a[i[k], e]) * u[e] - float(s[k] * b[j[k], e]) * v[e] for e in range(3))
        m.addCons(t >= y)
        m.addCons(t >= -y)
        z.append(t)
    m.setObjective(
        quicksum(float(w[k]) * z[k] for k in range(len(w)))
        - quicksum(float(g[e]) * u[e] + float(h[e]) * v[e] for e in range(3)),
        "minimize",
    )
    begin = time.perf_counter()
    m.optimize()
    seconds = time.perf_counter() - begin
    return seconds, top - m.getPrimalbound(), top - m.getDualbound(), m.getStatus()


def with_gurobi(f, model, tolerance, limit):
    """The same with Gurobi."""
    import gurobipy as gp

    a, b, i, j, s, w, g, h, top = data(f, model)
    env = gp.Env(params={"OutputFlag": 0})
    m = gp.Model(env=env)
    m.Params.NonConvex = 2
    m.Params.MIPGapAbs = tolerance
    m.Params.MIPGap = 0.0
    m.Params.Threads = 1
    m.Params.TimeLimit = limit
    u = m.addMVar(3, lb=-1, ub=1)
    v = m.addMVar(3, lb=-1, ub=1)
    z = m.addMVar(len(w), lb=0, ub=4)
    m.addConstr(u @ u == 1)
    m.addConstr(v @ v == 1)
    left, right = a[i], s[:, None] * b[j]
    m.addConstr(z >= left @ u - right @ v)
    m.addConstr(z >= -(left @ u) + right @ v)
    m.setObjective(w @ z - g @ u - h @ v)
    begin = time.perf_counter()
    m.optimize()
    seconds = time.perf_counter() - begin
    return seconds, top - m.ObjVal, top - m.ObjBound, {2: "optimal", 9: "timelimit"}.get(m.Status, str(m.Status))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="every fourth instance")
    parser.add_argument("--tolerance", type=float, default=1e-6)
    parser.add_argument("--solver-limit", type=float, default=60.0)
    parser.add_argument("--no-solvers", action="store_true")
    arguments = parser.parse_args()
    solvers = {}
    if not arguments.no_solvers:
        for name, module, function in (("SCIP", "pyscipopt", with_scip), ("Gurobi", "gurobipy", with_gurobi)):
            try:
                __import__(module)
            except ImportError:
                continue
            solvers[name] = function
    instances = suite()[:: 4 if arguments.quick else 1]
    ns.bound(instances[0][1], instances[0][2])  # compile
    ratios: dict[str, list[float]] = {name: [] for name in solvers}
    print(f"{'instance':>16} {'terms':>6} {'ours ms':>9} {'nodes':>7} {'width':>9}" + "".join(
        f" {name + ' ms':>10} {'ratio':>7} {'value − ours':>13}" for name in solvers))  # fmt: skip
    closed = 0
    for label, f, model in instances:
        best = math.inf
        for _ in range(3):
            r = ns.bound(f, model, tolerance=arguments.tolerance)
            best = min(best, r.stats["seconds"])
        closed += r.value.width <= arguments.tolerance
        terms = np.count_nonzero(f.correlators)
        line = f"{label:>16} {terms:>6} {best * 1e3:>9.2f} {r.stats['nodes']:>7} {r.value.width:>9.1e}"
        for name, function in solvers.items():
            try:
                seconds, lower, _upper, status = function(f, model, arguments.tolerance, arguments.solver_limit)
            except Exception as error:
                line += f" {type(error).__name__:>10} {'':>7} {'':>13}"
                continue
            ratios[name].append(seconds / best)
            mark = "" if status == "optimal" or status == "gaplimit" else " (limit)"
            line += f" {seconds * 1e3:>10.0f} {seconds / best:>7.0f} {lower - r.lower:>13.1e}{mark}"
        print(line, flush=True)
    print(f"closed to {arguments.tolerance:g}: {closed} of {len(instances)}")
    for name, values in ratios.items():
        if values:
            print(
                f"geometric mean against {name}: {math.exp(np.mean(np.log(values))):.1f} times faster "
                f"({len(values)} instances)"
            )


if __name__ == "__main__":
    main()
