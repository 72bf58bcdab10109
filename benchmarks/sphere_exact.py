"""Random Leggett bounds re-checked in exact arithmetic, and against a second, deeper run with another seed.

    python benchmarks/sphere_exact.py [--count 1000] [--first 0] [--deeper 2.0]

The second run wants 1e-9 and stops after ``--deeper`` seconds with what it has proved: where minimisers form curves, as
they do with a single setting on one side, it may need a minute.
"""

from __future__ import annotations

import argparse
import time

import numpy as np

import nsmodels as ns
from nsmodels import checker
from nsmodels.files.problem import from_data
from nsmodels.files.result import assemble


def problem(seed: int) -> dict:
    """Random directions, coefficients, purities; a third with marginal terms, a fifth with small whole coefficients."""
    rng = np.random.default_rng(seed)
    n_alice, n_bob = rng.integers(1, 7, size=2).tolist()

    def rows(n):
        x = rng.normal(size=(n, 3))
        return (x / np.linalg.norm(x, axis=1)[:, None]).tolist()

    draw = (lambda size: rng.integers(-2, 3, size=size).astype(float)) if seed % 5 == 0 else rng.normal
    functional = {"correlators": draw(size=(n_alice, n_bob)).tolist()}
    if seed % 3 == 0:
        functional |= {"alice": draw(size=n_alice).tolist(), "bob": draw(size=n_bob).tolist()}
    eta = {"eta": 1.0} if seed % 2 else {"eta_a": float(rng.uniform(0, 1)), "eta_b": float(rng.uniform(0, 1))}
    return {
        "schema": 1,
        "kind": "bound",
        "model": {"name": "leggett", **eta},
        "settings": {"alice": rows(n_alice), "bob": rows(n_bob)},
        "functional": functional,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--first", type=int, default=0, help="seed of the first instance")
    parser.add_argument("--deeper", type=float, default=2.0, help="time limit of the second run, seconds")
    arguments = parser.parse_args()
    wrong = apart = narrow = deep = 0
    slowest = checking = leaves = 0.0
    for seed in range(arguments.first, arguments.first + arguments.count):
        data = problem(seed)
        asked = from_data(data, "random.toml")
        model = ns.Leggett(
            settings=ns.Settings(data["settings"]["alice"], data["settings"]["bob"]),
            **{key: value for key, value in data["model"].items() if key != "name"},
        )
        f = ns.Functional(**data["functional"])
        first = ns.bound(f, model, tolerance=1e-6)
        second = ns.bound(f, model, tolerance=1e-9, seed=seed + 1, time_limit_s=arguments.deeper)
        deep += second.value.width <= 1e-9
        narrow += first.value.width <= 1e-6
        slowest = max(slowest, first.stats["seconds"])
        apart += first.lower > second.upper or second.lower > first.upper
        begin = time.perf_counter()
        claims = checker.check(assemble(asked, first.to_json(), 0.0))
        checking += time.perf_counter() - begin
        leaves += first.stats.get("leaves", 0)
        if not all(holds for holds, _ in claims):
            wrong += 1
            print(f"seed {seed}: {[text for holds, text in claims if not holds]}", flush=True)
    count = arguments.count
    print(f"{count} instances: {wrong} ends not confirmed by the checker, {apart} disagree with a second run,")
    print(f"{deep} of the second runs of width ≤ 1e-9 within {arguments.deeper:g} s;")
    print(f"{narrow} of width ≤ 1e-6, slowest {slowest:.2f} s; checker: {leaves / checking:.0f} leaves a second")


if __name__ == "__main__":
    main()
