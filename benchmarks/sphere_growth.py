"""How the cost of a certified Leggett bound grows: with the number of correlators, and with the wanted width.

python benchmarks/sphere_growth.py [--picture sphere_growth.svg]
"""

from __future__ import annotations

import argparse

import numpy as np

import nsmodels as ns


def measure(n: int, seed: int, width: float):
    s = ns.settings.random(n, n, seed=seed)
    f = ns.Functional(np.random.default_rng(seed).normal(size=(n, n)))
    r = ns.bound(f, ns.Leggett(settings=s), tolerance=width, time_limit_s=120)
    return r.stats["seconds"], r.stats["nodes"], r.value.width, r.reason


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--picture")
    arguments = parser.parse_args()
    measure(2, 0, 1e-3)
    sizes = [1, 2, 3, 4, 5, 7, 10, 14, 20, 28, 40, 50]
    by_size = []
    print("width 1e-6; median of 3 seeds\n correlators   seconds     nodes")
    for n in sizes:
        runs = sorted(measure(n, seed, 1e-6) for seed in (1, 2, 3))
        seconds, nodes = runs[1][0], runs[1][1]
        by_size.append((n * n, seconds, nodes))
        print(f"{n * n:>12} {seconds:>9.4f} {nodes:>9}", flush=True)
    widths = [10.0**-k for k in range(3, 11)]
    by_width = {}
    print("\n       width " + "".join(f"   {n}x{n} s   nodes reached" for n in (3, 6, 10, 20)))
    for width in widths:
        line = f"{width:>12.0e} "
        for n in (3, 6, 10, 20):
            seconds, nodes, reached, _reason = measure(n, 1, width)
            by_width.setdefault(n, []).append((width, seconds, nodes))
            line += f" {seconds:>8.4f} {nodes:>7} {reached:.0e}"
        print(line, flush=True)
    if arguments.picture:
        import matplotlib

        matplotlib.use("Agg")
        import matplotlib.pyplot as plt

        figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.6), layout="constrained")
        k, seconds, nodes = zip(*by_size, strict=True)
        left.loglog(k, seconds, "o-", color="#0072B2", label="seconds")
        left.loglog(k, np.array(nodes) / 1e5, "s--", color="#D55E00", label="nodes / 10⁵")
        left.set(xlabel="correlators", title="width 1e-6")
        left.legend(frameon=False)
        styles = [("o-", "#0072B2"), ("s--", "#D55E00"), ("^:", "#009E73"), ("d-.", "#CC79A7")]
        for (n, rows), (style, colour) in zip(by_width.items(), styles, strict=True):
            w, seconds, _ = zip(*rows, strict=True)
            right.loglog(w, seconds, style, color=colour, label=f"{n}×{n}")
        right.invert_xaxis()
        right.set(xlabel="wanted width", ylabel="seconds", title="the quadratic proof makes the width cheap")
        right.set_ylim(top=0.4)
        right.legend(frameon=False, ncols=4, loc="upper center", columnspacing=1.0)
        figure.savefig(arguments.picture)
        print(f"wrote {arguments.picture}")


if __name__ == "__main__":
    main()
