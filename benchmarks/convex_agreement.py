"""Do the plain CVXPY formulation and the fast engines agree? Seeded instances with HiGHS, Clarabel and SCS.

    python benchmarks/convex_agreement.py [--instances 300] [--out FILE.json]

Every instance is a question on a finite hidden set: the bound of a functional (Bell, non-signalling, unbiased, finite,
hull), a visibility (finite, Bell, hull; with and without marginals, some pairs unknown, coloured noise), or the largest
mean |marginal| (marginals free, zero, or given). Printed is the largest distance of the solver's number from the fast
engine's enclosure, for each kind and solver.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np

import nsmodels as ns
from nsmodels import convex
from nsmodels.errors import SolverError

SOLVERS = ("HIGHS", "CLARABEL", "SCS")
# What each solver promises: a vertex; an interior point at 1e-8; a first-order method at 1e-7 relative residuals.
TOLERANCES = {"HIGHS": 1e-7, "CLARABEL": 1e-6, "SCS": 1e-4}


def finite_model(rng: np.random.Generator, shape: tuple[int, int]) -> ns.Finite:
    """A random list that contains vanishing marginals, so that white noise always has a model."""
    count = int(rng.integers(2, 12))
    alice, bob = rng.uniform(-1, 1, (count, shape[0])), rng.uniform(-1, 1, (count, shape[1]))
    return ns.Finite(np.vstack([alice, np.zeros(shape[0])]), np.vstack([bob, np.zeros(shape[1])]))


def random_box(rng: np.random.Generator, shape: tuple[int, int], marginals: bool) -> ns.Behaviour:
    """A random non-signalling box: eq. (7) says which correlators go with random marginals."""
    alice, bob = (rng.uniform(-0.4, 0.4, n) if marginals else np.zeros(n) for n in shape)
    low, high = np.abs(np.add.outer(alice, bob)) - 1, 1 - np.abs(np.subtract.outer(alice, bob))
    return ns.Behaviour(low + rng.uniform(0.02, 0.98, shape) * (high - low), alice, bob)


def instance(seed: int) -> tuple[str, convex.Question, float, float]:
    """Return the kind, the CVXPY problem, and the ends of the fast engine's enclosure of instance number ``seed``."""
    rng = np.random.default_rng(seed)
    shape = int(rng.integers(2, 5)), int(rng.integers(2, 5))
    kind = ("bound", "visibility", "marginals")[seed % 3]
    form = "boxes" if rng.random() < 0.3 else "intervals"
    if kind == "bound":
        marginal_terms = rng.normal(size=shape[0]), rng.normal(size=shape[1])
        functional = ns.Functional(rng.normal(size=shape), *marginal_terms, float(rng.normal()))
        models = [ns.Bell(shape), ns.NonSignalling(shape), ns.Unbiased(shape), finite_model(rng, shape)]
        models.append(ns.Hull([models[0], models[3]]))
        model = models[int(rng.integers(len(models)))]
        answer = ns.bound(functional, model)
        return f"bound {model.name}", convex.bound_problem(functional, model, form=form), answer.lower, answer.upper
    if kind == "visibility":
        if rng.random() < 0.5:
            behaviour = ns.behaviours.singlet(ns.settings.random(*shape, seed=seed))
        else:
            behaviour = random_box(rng, shape, marginals=rng.random() < 0.5)
        if rng.random() < 0.3:
            pairs = [(i, j) for i in range(shape[0]) for j in range(shape[1]) if rng.random() < 0.8] or [(0, 0)]
            behaviour = behaviour.with_pairs(pairs)
        marginals = "match" if rng.random() < 0.5 else "free"
        model = finite_model(rng, shape) if rng.random() < 0.6 else ns.Bell(shape)
        answer = ns.decompose(behaviour, model, marginals=marginals, tolerance=1e-7).visibility
        question = convex.visibility_problem(behaviour, model, marginals=marginals, form=form)
        return f"visibility {model.name}", question, answer.lower, answer.upper
    chosen = rng.random()
    behaviour = random_box(rng, shape, marginals=chosen < 0.34)
    if chosen > 0.67:
        behaviour = behaviour.with_marginals(None, None)
    party, index = ("alice", 0) if rng.random() < 0.5 else ("bob", shape[1] - 1)
    answer = getattr(ns.marginals(behaviour), party)[index]
    name = "given" if chosen < 0.34 else "zero" if chosen <= 0.67 else "free"
    return f"marginals {name}", convex.marginal_problem(behaviour, party, index), answer.lower, answer.upper


def distances(count: int, solvers: tuple[str, ...] = SOLVERS) -> Iterator[tuple[int, str, str, float, float]]:
    """Yield (seed, kind, solver, distance of the number from the enclosure, seconds); NaN where there is no answer."""
    for seed in range(count):
        kind, question, lower, upper = instance(seed)
        for solver in solvers:
            start = time.perf_counter()
            try:
                number = question.solve(solver)
            except SolverError:
                number = math.nan
            yield seed, kind, solver, max(lower - number, number - upper, 0.0 * number), time.perf_counter() - start


def main() -> int:
    """Print the table; the exit code is 1 where a distance exceeds what its solver promises."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--instances", type=int, default=300)
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    table: dict[tuple[str, str], list[float]] = defaultdict(list)
    failures, silent = [], []
    for seed, kind, solver, distance, _ in distances(arguments.instances):
        table[kind, solver].append(distance)
        if math.isnan(distance):
            silent.append((seed, kind, solver))
        elif distance > TOLERANCES[solver]:
            failures.append((seed, kind, solver, distance))
    kinds = sorted({kind for kind, _ in table})
    print(f"{'largest distance from the enclosure':38s}" + "".join(f"{solver:>12s}" for solver in SOLVERS))
    for kind in kinds:
        worst = [np.nanmax(table[kind, solver]) for solver in SOLVERS]
        print(f"{kind:26s}{len(table[kind, SOLVERS[0]]):4d}        " + "".join(f"{x:12.1e}" for x in worst))
    print(f"{len(failures)} disagreements, {len(silent)} times no answer, {arguments.instances} instances")
    for failure in [*failures, *silent]:
        print("  ", *failure)
    if arguments.out:
        worst_of = {f"{kind} {solver}": float(np.nanmax(values)) for (kind, solver), values in table.items()}
        arguments.out.write_text(json.dumps({"instances": arguments.instances, "worst": worst_of}, indent=1) + "\n")
    return 1 if failures else 0


if __name__ == "__main__":
    raise SystemExit(main())
