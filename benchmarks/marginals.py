"""Measure the marginals question: agreement with HiGHS, speed, time and memory up to 10 000 settings a side, exponents.

    python benchmarks/marginals.py [--instances 200] [--size 400] [--largest 10000] [--write FILE]

Prints tables; ``--write`` stores the table of growing families of settings (results/marginals_scaling.csv). Each size
runs in a process of its own, so that the peak memory is its own.
"""

from __future__ import annotations

import argparse
import csv
import itertools
import json
import math
import resource
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import scipy.sparse

from nsmodels import behaviours
from nsmodels import settings as families
from nsmodels.core.behaviour import Behaviour
from nsmodels.engines.paths.graph import search
from nsmodels.engines.solvers import lp
from nsmodels.questions.bias.marginals import graph_of, marginal_on_directions, marginals
from nsmodels.studies.vanishing import best_chain, chain_bound, fit_exponent

SIZES = (10, 30, 100, 300, 1000, 3000, 10000)
ICOSAHEDRAL_SIZES = (12, 42, 162, 642, 2562, 9612)


def linear_program(behaviour: Behaviour, setting: int) -> lp.LPAnswer:
    """Maximise D_s subject to |D_i − D_j| ≤ 1 − C_ij, |D_i + D_j| ≤ 1 + C_ij, |D| ≤ 1, by HiGHS."""
    n_a, n_b = behaviour.shape
    i, j = np.nonzero(behaviour.known)
    count = len(i)
    blocks, right = [], []
    for s, t, bound in ((1, -1, 1.0), (-1, 1, 1.0), (1, 1, -1.0), (-1, -1, -1.0)):
        rows = np.concatenate([np.arange(count)] * 2)
        values = np.concatenate([np.full(count, float(s)), np.full(count, float(t))])
        blocks.append(scipy.sparse.csr_array((values, (rows, np.concatenate([i, n_a + j]))), shape=(count, n_a + n_b)))
        right.append(1.0 - bound * behaviour.correlators[i, j])
    cost = np.zeros(n_a + n_b)
    cost[setting] = -1.0
    stacked = scipy.sparse.vstack(blocks).tocsr()
    return lp.solve(cost, stacked, np.concatenate(right), lower=-1.0, upper=1.0, time_limit_s=3600.0)


def random_correlations(rng: np.random.Generator, n_alice: int, n_bob: int) -> Behaviour:
    """Correlators of a mixture of a few random non-signalling boxes."""
    a = rng.choice([-1.0, 0.0, 1.0], size=(5, n_alice))
    b = rng.choice([-1.0, 0.0, 1.0], size=(5, n_bob))
    low, high = np.abs(a[:, :, None] + b[:, None, :]) - 1.0, 1.0 - np.abs(a[:, :, None] - b[:, None, :])
    boxes = low + rng.integers(0, 2, size=low.shape) * (high - low)
    return Behaviour(np.clip(np.tensordot(rng.dirichlet(np.ones(5)), boxes, 1), -1.0, 1.0))


def agreement(instances: int) -> None:
    rng = np.random.default_rng(0)
    worst = {"singlet": 0.0, "werner": 0.0, "random non-signalling": 0.0}
    for k in range(instances):
        kind = list(worst)[k % 3]
        n_alice, n_bob = (int(n) for n in rng.integers(2, 13, 2))
        directions = families.random(n_alice, n_bob, seed=k)
        target = {
            "singlet": lambda d=directions: behaviours.singlet(d),
            "werner": lambda d=directions: behaviours.werner(d, float(rng.random())),
            "random non-signalling": lambda a=n_alice, b=n_bob: random_correlations(rng, a, b),
        }[kind]()
        setting = int(rng.integers(n_alice + n_bob))
        end = marginals(target).enclosures[setting]
        worst[kind] = max(worst[kind], abs(-linear_program(target, setting).objective - end.midpoint))
    print(f"\nShortest path against the linear program on {instances} random instances, largest difference:")
    for kind, gap in worst.items():
        print(f"  {kind:24s} {gap:.1e}")


def speed(size: int) -> None:
    target = behaviours.singlet(families.random(size, size, seed=1))
    graph = graph_of(target)
    search(graph, 0, "numba")
    rows = []
    for engine in ("numba", "scipy"):
        start = time.perf_counter()
        half = search(graph, 0, engine)
        rows.append((f"path, {engine}, everything", time.perf_counter() - start, half.length / 2))
    from nsmodels.engines.paths.graph import _search_scipy, _sparse

    matrix = _sparse(graph)
    start = time.perf_counter()
    half = _search_scipy(matrix, 0)
    rows.append(("path, scipy, graph built before", time.perf_counter() - start, half.length / 2))
    start = time.perf_counter()
    end = marginals(target, only=["A0"]).alice[0]
    rows.append(("marginals(only=['A0']) with proofs", time.perf_counter() - start, end.upper))
    start = time.perf_counter()
    every = marginals(target, time_limit_s=600.0)
    rows.append((f"marginals, all {2 * size} settings", time.perf_counter() - start, every.alice[0].upper))
    answer = linear_program(target, 0)
    rows.append(("HiGHS linear program, one setting", answer.seconds, -answer.objective))
    print(f"\n{size}×{size} random settings, singlet, largest mean |marginal| of A0:")
    for name, seconds, value in rows:
        ratio = answer.seconds / seconds
        print(f"  {name:36s} {seconds:10.4f} s   {value:.12f}   {ratio:8.0f} times faster than HiGHS")


def geodesic(frequency: int) -> families.Settings:
    """Both parties on the 10 ν² + 2 points of the icosahedron with every face cut into ν² triangles."""
    axes = families.directions("icosahedron")
    vertices = np.vstack([axes, -axes])
    edge = np.sort(np.linalg.norm(vertices[0] - vertices, axis=1))[1]
    near = np.abs(np.linalg.norm(vertices[:, None] - vertices[None, :], axis=2) - edge) < 1e-9
    points = []
    for i, j, k in itertools.combinations(range(12), 3):
        if near[i, j] and near[j, k] and near[i, k]:
            for s in range(frequency + 1):
                for t in range(frequency + 1 - s):
                    points.append(s * vertices[i] + t * vertices[j] + (frequency - s - t) * vertices[k])
    rows = np.array(points)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    rows = rows[np.unique(np.round(rows, 9), axis=0, return_index=True)[1]]
    return families.Settings(rows, rows)


def directions(family: str, n: int) -> families.Settings:
    if family == "circle":
        return families.half_circle(n)
    if family == "icosahedral":
        return geodesic(max(1, round(math.sqrt((n - 2) / 10))))
    return families.fibonacci(n, n) if family == "fibonacci" else families.random(n, n, seed=0)


def one_size(family: str, n: int) -> dict[str, object]:
    marginal_on_directions(families.half_circle(2))  # compile
    target = directions(family, n)
    start = time.perf_counter()
    end, chain = marginal_on_directions(target, "B0")
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0
    return {
        "family": family,
        "settings_a_side": target.shape[0],
        "lower": end.lower,
        "upper": end.upper,
        "steps": len(chain) - 1,
        "seconds": round(seconds, 4),
        "peak_megabytes": round(peak),
    }


def scaling(largest: int, target: str | None) -> None:
    rows = []
    print("\nOne setting (B0), singlet on vectors, no table; peak memory of the whole process:")
    for family in ("circle", "fibonacci", "icosahedral", "random"):
        for n in ICOSAHEDRAL_SIZES if family == "icosahedral" else SIZES:
            if n > largest:
                continue
            code = [sys.executable, __file__, "--one", family, str(n)]
            row = json.loads(subprocess.run(code, capture_output=True, text=True, check=True).stdout)
            rows.append(row)
            size, seconds, memory = row["settings_a_side"], row["seconds"], row["peak_megabytes"]
            value = f"{row['upper']:.9f}  {row['steps']:6d} steps"
            print(f"  {family:12s} {size:6d}  {value}  {seconds:9.4f} s  {memory:5d} MB")
        mine = [row for row in rows if row["family"] == family and row["settings_a_side"] >= 100]
        if len(mine) > 1:
            sizes = [row["settings_a_side"] for row in mine]
            exponent, factor = fit_exponent(sizes, [row["upper"] for row in mine])
            growth = -fit_exponent(sizes, [max(row["seconds"], 1e-5) for row in mine])[0]
            print(f"  {family}: marginal ≈ {factor:.4f} n^−{exponent:.4f}, time ∝ n^{growth:.2f}")
    if target:
        with Path(target).open("w", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--instances", type=int, default=200)
    parser.add_argument("--size", type=int, default=400)
    parser.add_argument("--largest", type=int, default=10000)
    parser.add_argument("--write")
    parser.add_argument("--one", nargs=2, metavar=("FAMILY", "N"))
    arguments = parser.parse_args()
    if arguments.one:
        print(json.dumps(one_size(arguments.one[0], int(arguments.one[1]))))
        return
    print("Best N of the chain N (1 − V cos(π/2N)):")
    for visibility in (0.98, 0.99, 0.999):
        n = best_chain(visibility)
        print(f"  V = {visibility}: N = {n}, I_N = {chain_bound(n, visibility):.9f}")
    agreement(arguments.instances)
    scaling(arguments.largest, arguments.write)
    speed(arguments.size)


if __name__ == "__main__":
    main()
