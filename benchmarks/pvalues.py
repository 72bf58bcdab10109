"""p-values of simulated experiments: calibration, power, bounds for uncertain directions, and timings.

Usage: python benchmarks/pvalues.py [--runs 2000] [--only calibration]

Calibration: outcomes are drawn from points of the models that saturate a bound, 20 to 1000 trials a pair; the share of
experiments with p ≤ α is at most α. Beside it the share of "k σ" that promises the same, for contrast. Power: the
expected log10 p per trial against the relative entropy, a Gaussian, and the binomial test. Uncertain directions: the
proved bound against first-order estimates and against bounds at directions, and at plates, drawn at random.
"""

import argparse
import math
import time

import numpy as np
from scipy.stats import norm

import nsmodels as ns
from nsmodels.core.wave_plates import REACH
from nsmodels.studies.analysis.closest import Cells
from nsmodels.studies.analysis.oracle import Limits, proved
from nsmodels.studies.analysis.p_value import best_bet, bets, judge

PAIRS = [(0, 0), (0, 1), (1, 2), (1, 3), (2, 4), (2, 5)]
LEVELS = (0.05, 0.01, 0.001)


def tests(model, table, used, shots):
    """The best test for a prediction of correlators, and both methods."""
    cells = Cells.of(used, True)
    expected = cells.probabilities(np.zeros(table.shape[0]), np.zeros(table.shape[1]), table)
    return bets(model, cells, expected, np.where(used, shots, 0), Limits())


def experiments(point, used, shots, runs, rng):
    """Counts n[a, b, x, y] of many experiments, those with (A, B, C) at the pairs in use."""
    p = np.asarray(point.to_probabilities()).reshape(4, *used.shape).clip(0.0)
    pairs = np.argwhere(used)
    drawn = [rng.multinomial(shots, p[:, x, y] / p[:, x, y].sum(), size=runs) for x, y in pairs]
    for k in range(runs):
        counts = np.zeros((4, *used.shape))
        for (x, y), rows in zip(pairs, drawn):
            counts[:, x, y] = rows[k]
        yield counts.reshape(2, 2, *used.shape)


def cases():
    """Name, model, functional, prediction, pairs, and a point of the model that saturates its bound on f."""
    phi = 30.0
    s = math.sin(math.radians(phi) / 2)
    used = np.zeros((3, 6), dtype=bool)
    used[tuple(zip(*PAIRS))] = True
    settings = ns.settings.leggett_triads(phi_deg=phi)
    singlet = np.asarray(ns.behaviours.werner(settings, 0.98).correlators)
    point = ns.Behaviour(np.where(used, -(1 - s / 3), 0.0), np.zeros(3), np.zeros(6))
    yield "leggett", ns.Leggett(settings), ns.functionals.leggett3(settings), singlet, used, point
    sign = np.array([[1.0, 1.0], [1.0, -1.0]])
    every = np.ones((2, 2), dtype=bool)
    point = ns.Behaviour(0.5 * sign, np.zeros(2), np.zeros(2))
    yield "bell", ns.Bell((2, 2)), ns.functionals.chsh(), 0.98 * sign / math.sqrt(2), every, point
    # no correlators are outside the non-signalling set: what "k σ" judges is a probability that vanishes
    point = ns.Behaviour([[0.0, 0.0], [0.0, 0.8]], [0.0, 0.9], [0.0, 0.9])
    one = ns.Functional([[0.0, 0.0], [0.0, -1.0]], [0.0, 1.0], [0.0, 1.0])
    yield "nonsignalling", ns.NonSignalling((2, 2)), one, 0.98 * sign / math.sqrt(2), every, point


def calibration(runs):
    """Shares of p-values, and of violations in σ, that are as small as they promise to be rare."""
    print("model         trials a pair   share with p ≤ 0.05, 0.01, 0.001   share with z ≥ z(0.05), z(0.01), z(0.001)")
    for name, model, f, prediction, used, point in cases():
        bound = ns.bound(f, model).upper
        for shots in (20, 50, 200, 1000):
            rng = np.random.default_rng(shots)
            bet = best_bet(tests(model, prediction, used, shots))
            p, z = [], []
            for counts in experiments(point, used, shots, runs, rng):
                data = ns.Data.from_counts(counts)
                p.append(judge(bet, data).upper)
                value, sigma = data.value(f)
                z.append((value - bound) / sigma if sigma else math.inf if value > bound else -math.inf)
            mine = [float(np.mean(np.array(p) <= a)) for a in LEVELS]
            theirs = [float(np.mean(np.array(z) >= norm.isf(a))) for a in LEVELS]
            print(f"{name:<14}{shots:>6}          {mine}   {theirs}", flush=True)
            assert all(m <= a + 3.5 * math.sqrt(a / runs) for m, a in zip(mine, LEVELS))


def power():
    """Expected p-values of the singlet at V = 0.98."""
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
        assert both[0] >= 0.9 * best


def turned(rows, angle, rng):
    """Directions turned by at most this angle, uniformly in the cap."""
    size = angle * np.sqrt(rng.uniform(size=len(rows)))[:, None]
    side = np.cross(rows, rng.normal(size=rows.shape))
    return np.cos(size) * rows + np.sin(size) * side / np.linalg.norm(side, axis=1)[:, None]


def plates_of(rows):
    """The angles (degrees) of a polariser behind a quarter-wave plate for unit vectors (x, y, z) = (S2, S3, S1)."""
    azimuth, ellipticity = np.degrees(np.arctan2(rows[:, 0], rows[:, 2])) / 2, np.degrees(np.arcsin(rows[:, 1])) / 2
    for signs in ((1, 1), (1, -1), (-1, 1), (-1, -1)):
        plates = np.stack([azimuth + signs[0] * ellipticity, azimuth], axis=1)
        made = ns.settings.from_waveplates(plates.tolist(), plates.tolist()).alice
        if np.allclose(made, rows, atol=1e-9):
            return plates
    raise AssertionError("the convention of wave plates has changed")


def directions(samples=200, degrees=0.2):
    """The bound on L3 for directions, and for plates, known within an angle: proved, by first order, and at random."""
    rng, delta = np.random.default_rng(0), math.radians(degrees)
    print("φ      known      stated    robust [lower, upper]  first order all chords  random 68 % 95 %")
    for phi in (25.0, 36.87, 60.0):
        settings = ns.settings.leggett_triads(phi_deg=phi)
        model, f = ns.Leggett(settings), ns.functionals.leggett3(settings)
        stated, weight = ns.bound(f, model), np.abs(f.correlators)
        state = stated.maximiser
        hidden = (settings.alice, np.ravel(state.u)), (settings.bob, np.ravel(state.v))
        plates = [plates_of(rows) for rows in (settings.alice, settings.bob)]
        for known, angle in (("directions", delta), ("plates", REACH[2] * delta)):
            robust = proved(f, model, Limits(1e-4, 60.0, 0, (np.full(3, angle), np.full(6, angle)))).value
            # at the state that attains the stated bound every term moves by what its directions move
            lost = [math.sin(angle) * np.linalg.norm(np.cross(rows, x), axis=1) for rows, x in hidden]
            first = stated.upper + float((weight * (lost[0][:, None] + lost[1][None, :])).sum())
            chords = stated.upper + float(weight.sum()) * 4 * math.sin(angle / 2)
            found = []
            for _ in range(samples):
                off = [(x + rng.uniform(-degrees, degrees, size=x.shape)).tolist() for x in plates]
                near = ns.settings.from_waveplates(*off)
                if known == "directions":
                    rows = (turned(side, delta, rng) for side in (settings.alice, settings.bob))
                    near = ns.Settings(*rows, normalise=True)
                found.append(ns.bound(f, model.moved(near), tolerance=1e-5).upper)
            ends = f"[{robust.lower:.6f}, {robust.upper:.6f}]   {first:.6f}   {chords:.6f}"
            some = "  ".join(f"{np.quantile(found, q):.6f}" for q in (0.68, 0.95))
            print(f"{phi:<6} {known:<10} {stated.upper:.6f}  {ends}   {some}", flush=True)
            assert max(found) <= robust.upper


def timings():
    """One analysis, ten of them, and figure 4."""
    settings = ns.settings.leggett_triads(phi_deg=36.87)
    model, rng = ns.Leggett(settings), np.random.default_rng(0)
    p = ns.behaviours.werner(settings, 0.98).to_probabilities()
    counts = [{q: rng.multinomial(3000, p[:, :, q[0], q[1]].ravel()) for q in PAIRS} for _ in range(11)]
    for label, uncertainty in (("exact directions", 0.0), ("0.2 degrees", 0.2)):
        for runs, what in ((counts[:1], "the first"), (counts[1:], "mean of ten")):
            begin, cpu = time.perf_counter(), time.process_time()
            for run in runs:
                result = ns.analyse(ns.Data.from_counts(run), model, functional=ns.functionals.leggett3(settings),
                                    uncertainty_deg=uncertainty)  # fmt: skip
            wall, used = (time.perf_counter() - begin) / len(runs), (time.process_time() - cpu) / len(runs)
            told = f"{result.verdict}, p <= {result.p_value.upper:.2g}"
            print(f"{label:<18}{what:<12}{wall:6.2f} s ({used:.2f} s of processor)   {told}", flush=True)
    begin = time.perf_counter()
    ns.plots.excess_against_purity(result)
    print(f"picture of excess against purity, 20 purities: {time.perf_counter() - begin:.1f} s")


PARTS = {"timings": timings, "power": power, "directions": directions, "calibration": calibration}

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=2000)
    parser.add_argument("--only", choices=PARTS)
    wanted = parser.parse_args()
    for name, part in PARTS.items():
        if wanted.only in (None, name):
            part(wanted.runs) if name == "calibration" else part()
