"""Non-signalling bounds, a linear program each, re-checked in fractions: no end on the wrong side, and how narrow.

python benchmarks/lp_exact.py [--count 1000]
"""

from __future__ import annotations

import argparse
import time
from fractions import Fraction

import numpy as np

import nsmodels as ns
from nsmodels import checker
from nsmodels.models.values import attained_value


def functional(seed: int) -> ns.Functional:
    """Random coefficients; every third time small whole ones, which make ties."""
    rng = np.random.default_rng(seed)
    shape = tuple(rng.integers(1, 9, size=2).tolist())
    draw = (lambda size: rng.integers(-3, 4, size=size).astype(float)) if seed % 3 == 0 else rng.normal
    return ns.Functional(draw(size=shape), draw(size=shape[0]), draw(size=shape[1]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1000)
    count = parser.parse_args().count
    wrong = narrow = 0
    begin = time.perf_counter()
    for seed in range(count):
        f = functional(seed)
        r = ns.bound(f, ns.NonSignalling(f.shape), tolerance=1e-9)
        exact = checker.Functional(
            Fraction(f.constant),
            [[Fraction(x) for x in row] for row in f.correlators.tolist()],
            [Fraction(x) for x in f.alice.tolist()],
            [Fraction(x) for x in f.bob.tolist()],
        )
        proved = checker.prove(checker.named_model({"name": "nonsignalling"}, f.shape, None), exact, r.proof.to_json())
        attained = attained_value(f, r.maximiser.alice, r.maximiser.bob)
        wrong += proved > Fraction(r.upper) or attained < Fraction(r.lower) or attained > proved
        narrow += proved - attained <= Fraction(1, 10**9)
    print(f"{count} linear programs in {time.perf_counter() - begin:.1f} s: {wrong} with an end on the wrong side,")
    print(f"{narrow} within 1e-9 of the exact optimum (proved end minus attained end, both in fractions)")


if __name__ == "__main__":
    main()
