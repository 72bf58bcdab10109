"""Four measured pairs: the optimum to many digits and its polynomial, and which graphs of four pairs exclude the model.

    python benchmarks/four_pairs.py digits [--digits N] [--degree D]
    python benchmarks/four_pairs.py graphs [--seconds S] [--seed K]

`digits` makes the formula of docs/design.md stationary with N digits, and looks by integer relations (PSLQ) for a
polynomial with V as a root whose coefficients are far smaller than chance allows: with N digits some polynomial of
degree d has coefficients of about N/(d + 1) digits whatever V is. `graphs` searches settings for every bipartite graph
of four pairs.
"""

import argparse
import time

import mpmath
import numpy as np
from mpmath import mp

import nsmodels as ns
from nsmodels.studies.design.graphs import graphs

START = (0.61821333212246534650, 0.09029239091165446705, 1.01682797345717418171, 0.24847184158523860222)
"""α, β, γ, δ of docs/design.md, in radians."""


def visibility(alpha, beta, gamma, delta):  # type: ignore[no-untyped-def] # mpmath has no types
    """V of docs/design.md."""
    cos, sin = mpmath.cos, mpmath.sin
    theta = mpmath.atan((cos(beta) / cos(delta) - cos(alpha + gamma)) / sin(alpha + gamma))
    first = cos(theta) * abs(cos(alpha) - cos(gamma) * cos(beta) / cos(delta))
    kappa, mu, nu = cos(gamma) / cos(alpha), sin(alpha) / sin(gamma), sin(beta) / sin(delta)
    d = cos(delta) - kappa * cos(beta)
    fall = nu**2 - mu**2
    below = fall * (d**2 / sin(delta) ** 2 + 1 - (mu * kappa) ** 2) - (d * nu / sin(delta)) ** 2
    second = mpmath.sqrt(d**2 * (1 - mu**2) * fall / below)
    return (first + second - first * second) / (cos(gamma - alpha) * second + cos(delta - beta) * first)


def stationary(digits: int):  # type: ignore[no-untyped-def]
    """V where its four derivatives vanish, by Newton's method with twice the digits for the derivatives."""
    mp.dps = 2 * digits + 20
    step = mp.mpf(10) ** -(digits // 2)
    x = mpmath.matrix([mp.mpf(a) for a in START])
    unit = [mpmath.matrix([int(j == k) for j in range(4)]) * step for k in range(4)]

    def at(y):  # type: ignore[no-untyped-def]
        return visibility(*y)

    for _ in range(12):
        middle = at(x)
        slope = mpmath.matrix(4, 1)
        bend = mpmath.matrix(4, 4)
        for j in range(4):
            up, down = at(x + unit[j]), at(x - unit[j])
            slope[j], bend[j, j] = (up - down) / (2 * step), (up - 2 * middle + down) / step**2
            for k in range(j):
                cross = at(x + unit[j] + unit[k]) - at(x + unit[j] - unit[k])
                cross += at(x - unit[j] - unit[k]) - at(x - unit[j] + unit[k])
                bend[j, k] = bend[k, j] = cross / (4 * step**2)
        change = mpmath.lu_solve(bend, -slope)
        x += change
        if max(abs(c) for c in change) < mp.mpf(10) ** -(digits // 2 + 5):
            break
    return at(x)  # its error is quadratic in that of x


def find_polynomial(digits: int, degree: int) -> None:
    value = stationary(digits)
    mp.dps = digits
    print(f"V = {mpmath.nstr(value, min(digits, 60))}")
    for d in range(1, degree + 1):
        expected = digits / (d + 1)
        most = 10 ** int(0.7 * expected)
        found = mpmath.findpoly(value, d, maxcoeff=most, tol=mp.mpf(10) ** -(digits - 8), maxsteps=200_000)
        said = "none" if found is None else f"{found}"
        print(f"degree {d}: {said} with coefficients below 10^{int(0.7 * expected)}", flush=True)


def try_graphs(seconds: float, seed: int) -> None:
    for pairs in graphs(4):
        begin = time.perf_counter()
        rows, columns = np.nonzero(pairs)
        listed = list(zip(rows.tolist(), columns.tolist(), strict=True))
        answer = ns.design(
            lambda s: ns.Leggett(settings=s), *pairs.shape, pairs=listed, starts=100_000, time_limit_s=seconds,
            seed=seed,
        )  # fmt: skip
        search = answer.search
        said = f"{answer.upper:.6f}" if answer.upper < 1.0 - 1e-6 else "not excluded"
        print(f"{pairs.shape[0]} + {pairs.shape[1]}, degrees {sorted(pairs.sum(axis=1).tolist())} "
              f"{sorted(pairs.sum(axis=0).tolist())}: {said}, {search['hits']} hits of {search['starts']} starts, "
              f"{search['nothing_excluded']} came to nothing, {time.perf_counter() - begin:.0f} s", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("digits", "graphs"))
    parser.add_argument("--digits", type=int, default=120)
    parser.add_argument("--degree", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    if given.what == "digits":
        find_polynomial(given.digits, given.degree)
    else:
        try_graphs(given.seconds, given.seed)


if __name__ == "__main__":
    main()
