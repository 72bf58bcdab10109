"""Critical visibilities on random directions: how large, how fast, and where the time goes.

    python benchmarks/decompose.py [--sizes 24 50 100] [--tolerance 1e-4] [--seed 1] [--eta 1.0] [--grids]

The singlet on n random directions a side against Leggett's model, to a certified gap. Seconds are wall time after a
warm-up call that compiles or loads the kernels. Rows and columns are the largest numbers in the master program at any
time; 2 n² rows exist. ``--grids`` adds the table of discretised hidden sets: the visibility on a grid (a lower end by
construction) and the proved upper end from the grid's covering radius, next to the exact answer.
"""

from __future__ import annotations

import argparse
import resource
import time

import numpy as np

import nsmodels as ns
from nsmodels.models.base import rounding_effect
from nsmodels.questions.visibility.result import DecomposeResult

FLOOR = (2.0 + np.sqrt(2.0)) / 4.0


def sizes_table(sizes: list[int], tolerance: float, seed: int, eta: float) -> None:
    tiny = ns.settings.random(3, 3, 0)
    begin = time.perf_counter()
    ns.decompose(ns.behaviours.singlet(tiny), ns.Leggett(tiny), tolerance=1e-2)
    print(f"warm-up {time.perf_counter() - begin:.2f} s")
    print(
        "size      V                              gap      seconds  rounds  rows   columns  states  terms   peak memory"
    )
    for n in sizes:
        s = ns.settings.random(n, n, seed)
        begin = time.perf_counter()
        d = ns.decompose(ns.behaviours.singlet(s), ns.Leggett(s, eta), tolerance=tolerance, time_limit_s=600.0)
        seconds = time.perf_counter() - begin
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
        stats = d.stats
        print(
            f"{n:3}×{n:<3}  [{d.lower:.9f}, {d.upper:.9f}]  {d.visibility.width:.1e}  {seconds:8.2f}"
            f"  {stats['rounds']:6}  {stats['rows']:5}  {stats['columns']:7}  {stats['states']:6}  {stats['terms']:5}"
            f"  {peak:6.2f} GB  {d.reason}"
        )
        parts = ", ".join(f"{name} {value:.2f} s" for name, value in stats["time"].items())
        print(f"         {parts};  above the universal model's {FLOOR:.6f} by {d.lower - FLOOR:.2e}")


def grid_upper(d: DecomposeResult, grid: ns.Finite, behaviour: ns.Behaviour) -> float:
    """What the covering radius proves about all hidden vectors: (h − 0)/f(P) for the best inequality on the grid."""
    f = d.inequality.functional
    value = f.value(behaviour) - float(np.abs(f.correlators).sum()) * behaviour.rounding
    return (grid.leggett_upper(f) + rounding_effect(f, grid)) / value


def grids_table() -> None:
    s = ns.settings.leggett_triads(phi_deg=70.0)
    behaviour = ns.behaviours.singlet(s)
    exact = ns.decompose(behaviour, ns.Leggett(s))
    print(f"\ntriads at 70°, exact answer [{exact.lower:.7f}, {exact.upper:.7f}]")
    print("hidden states  covering radius  V on the grid (lower end)  proved upper end   seconds")
    for n in (100, 400, 1600, 6400, 25600):
        grid = ns.Finite.sphere_grid(s, n)
        begin = time.perf_counter()
        d = ns.decompose(behaviour, grid, marginals="free")
        seconds = time.perf_counter() - begin
        upper = grid_upper(d, grid, behaviour)
        print(f"{len(grid):13}  {grid.covering_radius:15.4f}  {d.lower:25.7f}  {upper:16.4f}  {seconds:8.2f}")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--sizes", type=int, nargs="+", default=[24, 50, 100])
    parser.add_argument("--tolerance", type=float, default=1e-4)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--eta", type=float, default=1.0)
    parser.add_argument("--grids", action="store_true")
    arguments = parser.parse_args()
    sizes_table(arguments.sizes, arguments.tolerance, arguments.seed, arguments.eta)
    if arguments.grids:
        grids_table()


if __name__ == "__main__":
    main()
