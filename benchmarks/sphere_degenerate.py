"""Leggett bounds of degenerate instances: do they close, and does the checker agree?

    python benchmarks/sphere_degenerate.py [--count 1000] [--first 0] [--limit 5.0] [--relative 1e-7] [--check 0]

Repeated, antipodal, coaxial, planar and nearly coaxial directions (1e-12 to 1e-1 apart), one setting on one side,
purities from 1 to 1e-9, coefficients over twelve decades, marginal terms, up to 5×5. Wanted is an enclosure of width
1e-7 of Σ|coefficients|. ``--check N`` re-checks every N-th result with the checker. ``--list`` names what stays open.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter

import numpy as np

import nsmodels as ns
from nsmodels import checker
from nsmodels.files.problem import from_data
from nsmodels.files.result import assemble

KINDS = ("generic", "repeated", "antipodal", "coaxial", "planar", "nearly coaxial", "single")
PURITIES = (1.0, 1.0, 0.9, 0.7, 1e-3, 1e-9)


def directions(rng: np.random.Generator, kind: str, n: int) -> np.ndarray:
    """Unit vectors of one side."""
    x = rng.normal(size=(n, 3))
    axis = rng.normal(size=3)
    if kind == "repeated":
        x = x[rng.integers(0, max(1, n // 2), size=n)]
    elif kind == "antipodal":
        x = x[rng.integers(0, max(1, (n + 1) // 2), size=n)] * rng.choice([-1.0, 1.0], size=n)[:, None]
    elif kind == "coaxial":
        x = axis * rng.choice([-1.0, 1.0], size=n)[:, None]
    elif kind == "planar":
        x -= np.outer(x @ axis, axis) / (axis @ axis)
    elif kind == "nearly coaxial":
        x = axis + x * 10.0 ** rng.uniform(-12.0, -1.0)
    return x / np.linalg.norm(x, axis=1)[:, None]


def instance(seed: int) -> tuple[str, dict]:
    """What kinds its sides are, and the problem."""
    rng = np.random.default_rng([7, seed])
    sides = rng.choice(KINDS, size=2).tolist()
    shape = [1 if kind == "single" else int(rng.integers(2, 6)) for kind in sides]
    spread = rng.choice([0.0, 0.0, 3.0, 12.0])

    def draw(*size: int) -> np.ndarray:
        signs = rng.normal(size=size) * (rng.random(size=size) < 0.85)
        return signs * 10.0 ** rng.uniform(-spread, 0.0, size=size)

    functional = {"correlators": draw(*shape).tolist()}
    if seed % 3:
        functional |= {"alice": draw(shape[0]).tolist(), "bob": draw(shape[1]).tolist()}
    eta_a, eta_b = rng.choice(PURITIES, size=2).tolist()
    return " × ".join(sides), {
        "schema": 1,
        "kind": "bound",
        "model": {"name": "leggett", "eta_a": eta_a, "eta_b": eta_b},
        "settings": {
            "alice": directions(rng, sides[0], shape[0]).tolist(),
            "bob": directions(rng, sides[1], shape[1]).tolist(),
        },
        "functional": functional,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--limit", type=float, default=5.0, help="seconds an instance")
    parser.add_argument("--relative", type=float, default=1e-7)
    parser.add_argument("--check", type=int, default=0, help="re-check every so many")
    parser.add_argument("--list", action="store_true")
    arguments = parser.parse_args()
    s = ns.settings.chsh()
    ns.bound(ns.functionals.chsh(), ns.Leggett(s))  # compile
    seconds, still = [], Counter()
    refused = 0
    for seed in range(arguments.first, arguments.first + arguments.count):
        kind, data = instance(seed)
        size = sum(float(np.abs(x).sum()) for x in data["functional"].values())
        if size == 0.0:
            continue
        model = ns.Leggett(
            ns.Settings(**data["settings"]), eta_a=data["model"]["eta_a"], eta_b=data["model"]["eta_b"]
        )
        begin = time.perf_counter()
        r = ns.bound(
            ns.Functional(**data["functional"]), model, tolerance=arguments.relative * size,
            time_limit_s=arguments.limit,
        )  # fmt: skip
        seconds.append(time.perf_counter() - begin - r.stats.get("compile_seconds", 0.0))
        if r.value.width > arguments.relative * size:
            still[kind] += 1
            if arguments.list:
                what = f"seed {seed}: {kind}, {model!r}"
                print(f"{what}, {r.value.width / size:.1e}, nodes {r.stats['nodes']}", flush=True)
        if arguments.check and seed % arguments.check == 0:
            claims = checker.check(assemble(from_data(data, "degenerate.toml"), r.to_json(), 0.0))
            refused += not all(holds for holds, _ in claims)
    seconds.sort()
    print(
        f"{len(seconds)} instances: {sum(still.values())} not closed to {arguments.relative:g} of Σ|coefficients| "
        f"within {arguments.limit:g} s; {refused} refused by the checker"
    )
    print(
        f"median {seconds[len(seconds) // 2] * 1e3:.1f} ms, 99 % below {seconds[len(seconds) * 99 // 100]:.2f} s, "
        f"slowest {seconds[-1]:.2f} s"
    )
    for kind, count in still.most_common():
        print(f"  {count:3} {kind}")


if __name__ == "__main__":
    main()
