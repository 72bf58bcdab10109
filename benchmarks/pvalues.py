"""p-values of simulated experiments: calibration where the bound is saturated, power, and timings.

Usage: python benchmarks/pvalues.py [--runs 2000]

Calibration: outcomes are drawn from points of the models that saturate their bound, 20 to 1000 trials a pair; the share
of experiments with p ≤ α is at most α. Beside it the share of "k σ" that promises the same, for contrast. Power: the
expected log10 p per trial against the relative entropy, a Gaussian, and the binomial test.
"""

import argparse
import math
import time

import numpy as np
from scipy.stats import norm

import nsmodels as ns
from nsmodels.studies.analysis.closest import Cells
from nsmodels.studies.analysis.oracle import Limits
from nsmodels.studies.analysis.p_value import best_bet, bets, judge

PAIRS = [(0, 0), (0, 1), (1, 2), (1, 3), (2, 4), (2, 5)]
LEVELS = (0.05, 0.01, 0.001)


def tests(model, table, used, shots):
    """The best test for a prediction of correlators, and both methods."""
    cells = Cells.of(used, True)
    expected = cells.probabilities(np.zeros(table.shape[0]), np.zeros(table.shape[1]), table)
    return bets(model, cells, expected, np.where(used, shots, 0), Limits())


def experiments(point, used, shots, runs, rng):
    same = rng.binomial(shots, np.where(used, (1 + point) / 2, 0.0), size=(runs, *used.shape))
    return np.where(used, 2.0 * same / shots - 1.0, np.nan)


def cases():
    phi = 30.0
    s = math.sin(math.radians(phi) / 2)
    used = np.zeros((3, 6), dtype=bool)
    used[tuple(zip(*PAIRS))] = True
    settings = ns.settings.leggett_triads(phi_deg=phi)
    model, f = ns.Leggett(settings), ns.functionals.leggett3(settings)
    singlet = np.asarray(ns.behaviours.werner(settings, 0.98).correlators)
    yield "leggett", model, f, singlet, used, np.where(used, -(1 - s / 3), 0.0)
    sign = np.array([[1.0, 1.0], [1.0, -1.0]])
    every = np.ones((2, 2), dtype=bool)
    chsh = ns.functionals.chsh()
    yield "bell", ns.Bell((2, 2)), chsh, 0.98 * sign / math.sqrt(2), every, 0.5 * sign


def calibration(runs):
    print("model     trials a pair   share with p <= 0.05, 0.01, 0.001    share with z >= z(0.05), z(0.01), z(0.001)")
    for name, model, f, prediction, used, point in cases():
        bound = ns.bound(f, model).upper
        for shots in (20, 50, 200, 1000):
            rng = np.random.default_rng(shots)
            bet = best_bet(tests(model, prediction, used, shots))
            p, z = [], []
            for row in experiments(point, used, shots, runs, rng):
                data = ns.Data.from_correlators(row, shots=shots)
                p.append(judge(bet, data).upper)
                value, sigma = data.value(f)
                z.append((value - bound) / sigma if sigma else math.inf)
            mine = [float(np.mean(np.array(p) <= a)) for a in LEVELS]
            theirs = [float(np.mean(np.array(z) >= norm.isf(a))) for a in LEVELS]
            print(f"{name:<10}{shots:>6}          {mine}   {theirs}", flush=True)
            assert all(m <= a + 3.5 * math.sqrt(a / runs) for m, a in zip(mine, LEVELS))


def power():
    _, model, f, prediction, used, _ = next(cases())
    bound = ns.bound(f, model).upper
    print("trials a pair   -log10 p expected: ratio, binomial, relative entropy, Gaussian")
    for shots in (50, 200, 1000, 10_000):
        found = {bet.method: bet for bet in tests(model, prediction, used, shots)}
        best = int(used.sum()) * shots * (found["ratio"].entropy or 0.0) / math.log(10.0)
        value = f.evaluate(np.zeros(3), np.zeros(6), prediction)
        sigma = math.sqrt(float((f.correlators**2 * (1 - prediction**2))[used].sum() / shots))
        gauss = -norm.logsf((value - bound) / sigma) / math.log(10.0)
        both = [-found[m].expected_log10 for m in ("ratio", "binomial")]
        print(f"{shots:>8}        {both[0]:9.3f} {both[1]:9.3f} {best:9.3f} {gauss:9.3f}")


def timings():
    settings = ns.settings.leggett_triads(phi_deg=36.87)
    model, rng = ns.Leggett(settings), np.random.default_rng(0)
    p = ns.behaviours.werner(settings, 0.98).to_probabilities()
    counts = [{q: rng.multinomial(3000, p[:, :, q[0], q[1]].ravel()) for q in PAIRS} for _ in range(4)]
    for label, uncertainty in (("exact directions", 0.0), ("0.2 degrees", 0.2)):
        for run in counts[:2]:
            begin, cpu = time.perf_counter(), time.process_time()
            result = ns.analyse(ns.Data.from_counts(run), model, functional=ns.functionals.leggett3(settings),
                                uncertainty_deg=uncertainty)  # fmt: skip
            wall, used = time.perf_counter() - begin, time.process_time() - cpu
            told = f"{result.verdict}, p <= {result.p_value.upper:.2g}"
            print(f"{label:<18}{wall:6.2f} s ({used:.2f} s of processor)   {told}")
    begin = time.perf_counter()
    ns.plots.excess_against_purity(result)
    print(f"picture of excess against purity, 20 purities: {time.perf_counter() - begin:.1f} s")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=2000)
    wanted = parser.parse_args()
    timings()
    power()
    calibration(wanted.runs)
