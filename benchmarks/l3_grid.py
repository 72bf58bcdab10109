"""Equations (4) and (5) on a grid: enclosures of width ≤ 1e-9 around 2 − (2/3) η sin(φ/2); thresholds by optimisation.

python benchmarks/l3_grid.py
"""

from __future__ import annotations

import math
import time

import nsmodels as ns


def bound(phi: float, eta: float, tolerance: float = 1e-9) -> ns.questions.bound.BoundResult:
    s = ns.settings.leggett_triads(phi)
    return ns.bound(ns.functionals.leggett3(s), ns.Leggett(settings=s, eta=eta), tolerance=tolerance)


def golden(function, low: float, high: float, steps: int) -> float:
    """The maximiser of a unimodal function."""
    for _ in range(steps):
        x, y = high - 0.6180339887498949 * (high - low), low + 0.6180339887498949 * (high - low)
        low, high = (low, y) if function(x) > function(y) else (x, high)
    return (low + high) / 2


def root(function, low: float, high: float, steps: int = 40) -> float:
    """Where a function that is positive at `low` changes sign."""
    for _ in range(steps):
        middle = (low + high) / 2
        low, high = (middle, high) if function(middle) > 0 else (low, middle)
    return (low + high) / 2


def main() -> None:
    bound(1.0, 1.0)
    widest, wrong, seconds, count = 0.0, 0, [], 0
    for eta in [0.0, 0.1, 0.25, 0.5, 0.56, 0.75, 0.9, 1.0]:
        for degrees in range(5, 181, 5):
            phi = math.radians(degrees)
            begin = time.perf_counter()
            r = bound(phi, eta)
            seconds.append(time.perf_counter() - begin)
            exact = 2.0 - 2.0 / 3.0 * eta * math.sin(phi / 2.0)
            widest = max(widest, r.value.width)
            wrong += not r.lower - 1e-15 <= exact <= r.upper + 1e-15
            count += 1
    seconds.sort()
    print(f"{count} angles and purities: widest enclosure {widest:.2g}, {wrong} that miss the theorem, "
          f"median {seconds[count // 2] * 1e3:.1f} ms, slowest {seconds[-1] * 1e3:.0f} ms")  # fmt: skip
    for eta in (1.0, 0.56):
        best = golden(lambda phi, eta=eta: (r := bound(phi, eta, 1e-10)).quantum - r.upper, 0.1, 1.3, 45)
        end = root(lambda phi, eta=eta: (r := bound(phi, eta, 1e-10)).quantum - r.upper, 0.5, 2.0)
        least = golden(lambda phi, eta=eta: -(r := bound(phi, eta, 1e-10)).upper / r.quantum, 0.1, 1.3, 45)
        r = bound(least, eta, 1e-10)
        print(f"η = {eta}: largest violation at {math.degrees(best):.4f}° (2 arctan(η/3) = "
              f"{math.degrees(2 * math.atan(eta / 3)):.4f}°), violated up to {math.degrees(end):.6f}° (4 arctan(η/3) = "
              f"{math.degrees(4 * math.atan(eta / 3)):.6f}°),\n   least threshold visibility {r.upper / r.quantum:.9f} "
              f"(√(1 − η²/9) = {math.sqrt(1 - eta * eta / 9):.9f}) at sin(φ/2) = {math.sin(least / 2):.5f} "
              f"(η/3 = {eta / 3:.5f})")  # fmt: skip


if __name__ == "__main__":
    main()
