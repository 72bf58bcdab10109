"""Local bounds of random ±1 functionals: nsmodels against toqito on the same functionals (needs the benchmark extra).

    python benchmarks/local_bound.py [--sizes 8 12 16 20] [--seed 0]

toqito's `bell_inequality_max` enumerates one side too, one strategy at a time in Python. The first call, which
loads or compiles its kernel, is reported apart.
"""

import argparse
import time

import numpy as np

import nsmodels as ns


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--sizes", type=int, nargs="+", default=[8, 12, 16, 20])
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    from toqito.state_opt import bell_inequality_max

    rng = np.random.default_rng(arguments.seed)
    warm = ns.bound(ns.functionals.chsh(), ns.Bell((2, 2)))
    print(f"kernel loaded or compiled in {warm.stats['compile_seconds']:.2f} s")
    print("size   terms            nsmodels [s]   toqito [s]   ratio   value")
    for n in arguments.sizes:
        for marginals in (False, True):
            sides = rng.choice([-1.0, 1.0], size=(2, n)) if marginals else np.zeros((2, n))
            functional = ns.Functional(rng.choice([-1.0, 1.0], size=(n, n)), *sides)
            begin = time.perf_counter()
            result = ns.bound(functional, ns.Bell((n, n)))
            ours = time.perf_counter() - begin
            table = np.zeros((n + 1, n + 1))
            table[1:, 1:], table[1:, 0], table[0, 1:] = functional.correlators, functional.alice, functional.bob
            begin = time.perf_counter()
            theirs = bell_inequality_max(table, [2, 2, n, n], "fc", "classical")
            other = time.perf_counter() - begin
            assert result.lower == result.upper == theirs, (result.value, theirs)
            terms = "with marginals" if marginals else "correlators   "
            print(f"{n:2d}×{n:<2d}  {terms}  {ours:12.4f}  {other:11.3f}  {other / ours:6.0f}   {theirs:g}")


if __name__ == "__main__":
    main()
