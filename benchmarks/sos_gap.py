"""How tight are the sum-of-squares relaxations of the Leggett oracle, what do they cost, and where is the first tight?

    python benchmarks/sos_gap.py [--largest 100] [--second 30] [--solver CLARABEL] [--out FILE.csv]

Families: the instances of sphere_suite.py; L_N on its own settings at several angles and purities; random functionals
(normal coefficients) on random settings; the singlet's signs on random settings (S = −sgn(a·b)|normal|, for which the
singlet is strong); coarse functionals with entries in {−1, 0, 1}; and random functionals with marginal terms. Each row
gives the number of correlators, the gap to branch and bound (relative to Σ|S|), seconds and scalar variables: order 1
everywhere, order 2 on the first four instances of a family with few enough correlators.
"""

from __future__ import annotations

import argparse
import csv
import math
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from runpy import run_path

import numpy as np

import nsmodels as ns
from nsmodels.errors import SolverError
from nsmodels.studies.sums_of_squares import relax

TIGHT = 1e-6


def suite(largest: int) -> Iterator[tuple[str, ns.Functional, ns.Leggett]]:
    """Yield (family, functional, model)."""
    for label, functional, model in run_path(str(Path(__file__).with_name("sphere_suite.py")))["suite"]():
        count = int(np.count_nonzero(functional.correlators))
        size = "up to 9" if count <= 9 else "10–30" if count <= 30 else "31–100" if count <= 100 else "over 100"
        if count <= largest:
            yield f"suite, {size}{' +marginals' if '+marg' in label else ''}", functional, model
    for name, n in (("triad", 3), ("tetrahedron", 4), ("icosahedron", 6)):
        directions = ns.settings.directions(name)
        for phi in (0.2, 2 * math.atan(1 / 3), 0.9, 1.4):
            for eta in ((1.0, 1.0), (0.7, 0.7), (1.0, 0.6)):
                settings = ns.settings.leggett_directions(phi, directions)
                family = f"L_{n}" if eta[0] == eta[1] else f"L_{n}, unequal purities"
                yield family, ns.functionals.leggett_n(settings), ns.Leggett(settings, eta_a=eta[0], eta_b=eta[1])
    for n in (2, 3, 4, 5, 8, 10):
        if n * n > largest:
            continue
        for seed in range(6 if n <= 5 else 2):
            rng = np.random.default_rng(1000 * n + seed)
            settings = ns.settings.random(n, n, seed=seed)
            normal = rng.normal(size=(n, n))
            yield f"random {n}×{n}", ns.Functional(normal), ns.Leggett(settings)
            signs = -np.sign(settings.alice @ settings.bob.T)
            yield f"singlet signs {n}×{n}", ns.Functional(signs * np.abs(normal)), ns.Leggett(settings)
            coarse = rng.integers(-1, 2, size=(n, n)).astype(float)
            if coarse.any():
                yield f"entries −1, 0, 1 {n}×{n}", ns.Functional(coarse), ns.Leggett(settings)
            if n <= 3:
                alice, bob = 0.3 * rng.normal(size=n), 0.3 * rng.normal(size=n)
                yield f"with marginals {n}×{n}", ns.Functional(normal, alice, bob), ns.Leggett(settings)


def main() -> int:
    """Print one line for each family; exit code 1 where a relaxation is below what is attained."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--largest", type=int, default=100)
    parser.add_argument("--second", type=int, default=30)
    parser.add_argument("--solver", default="CLARABEL")
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    rows: list[tuple] = []
    wrong = 0
    for family, functional, model in suite(arguments.largest):
        exact = ns.bound(functional, model, tolerance=1e-7, time_limit_s=20.0)
        size = float(np.abs(functional.correlators).sum())
        count = int(np.count_nonzero(functional.correlators))
        for order in (1, 2):
            done = sum(row[0] == family and row[2] == 2 for row in rows)
            if order == 2 and (count > arguments.second or done >= 4):
                continue
            try:
                answer = relax(functional, model, order=order, solver=arguments.solver, time_limit_s=120.0)
            except SolverError as error:
                rows.append((family, count, order, math.nan, math.nan, 0, str(error), float(exact.stats["seconds"])))
                continue
            wrong += answer.upper < exact.lower
            gap = max(0.0, answer.upper - exact.upper) / size
            seconds = float(exact.stats["seconds"])
            rows.append((family, count, order, gap, answer.seconds, answer.variables, answer.form, seconds))
    groups: dict[tuple[str, int], list[tuple]] = defaultdict(list)
    for row in rows:
        groups[row[0], row[2]].append(row)
    print(f"{'family':28s}order  terms    n   tight  no answer  median gap  largest gap  median s  variables  b&b s")
    for (family, order), group in groups.items():
        gaps = np.array([row[3] for row in group])
        known = gaps[~np.isnan(gaps)]
        if not len(known):
            print(f"{family:28s}{order:5d}  no answer in {len(group)}")
            continue
        terms = f"{min(row[1] for row in group)}–{max(row[1] for row in group)}"
        tight, silent = int((known < TIGHT).sum()), int(np.isnan(gaps).sum())
        print(
            f"{family:28s}{order:5d}{terms:>8s}{len(group):4d}{tight:8d}{silent:11d}"
            f"{np.median(known):12.1e}{known.max():13.1e}{np.nanmedian([row[4] for row in group]):10.2f}"
            f"{max(row[5] for row in group):11d}{np.median([row[7] for row in group]):7.2f}"
        )
    print(f"{wrong} relaxations below an attained value")
    if arguments.out:
        with arguments.out.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(["family", "terms", "order", "relative_gap", "seconds", "variables", "form", "bnb_seconds"])
            writer.writerows(rows)
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
