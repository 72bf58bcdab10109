"""Quantum, local and non-signalling bounds: no upper end on the wrong side, and how long they take.

Usage: python benchmarks/quantum_bounds.py [COUNT]

The upper ends of COUNT random correlation functionals (1,000 unless given), and of as many with marginal terms, are
compared with values that vectors attain in extended precision (64 bits of mantissa): x_i along Σ S_ij y_j and so on,
until nothing moves; marginal terms are products with one more vector. A solver's own objective value may be on the
wrong side of them; a proved end may not.
"""

import math
import sys
import time

import numpy as np

import nsmodels as ns


def attained(table: np.ndarray, x: np.ndarray, y: np.ndarray, sweeps: int = 3000) -> np.longdouble:
    """Σ S_ij x_i·y_j after alternating steps from the given vectors, in extended precision."""
    s, x, y = (np.asarray(z, dtype=np.longdouble) for z in (table, x, y))
    value = -np.inf
    for _ in range(sweeps):
        x = s @ y
        x /= np.maximum(np.sqrt((x * x).sum(axis=1, keepdims=True)), np.longdouble("1e-300"))
        y = s.T @ x
        lengths = np.sqrt((y * y).sum(axis=1, keepdims=True))
        y /= np.maximum(lengths, np.longdouble("1e-300"))
        if lengths.sum() <= value:
            break
        value = lengths.sum()
    return value


def wrong_sides(count: int) -> None:
    """Upper ends below a value that is attained, and the widest enclosure."""
    rng = np.random.default_rng(7)
    wrong, widest, seconds = 0, 0.0, 0.0
    for _ in range(count):
        shape = tuple(rng.integers(2, 6, 2).tolist())
        table = rng.standard_normal(shape)
        begin = time.perf_counter()
        answer = ns.bound(ns.Functional(table), ns.Quantum(shape))
        seconds += time.perf_counter() - begin
        state = answer.maximiser
        best = attained(table, state.x, state.y)
        # extended precision errs by 2^-63 times the number of terms
        wrong += bool(np.longdouble(answer.upper) < best - table.size * np.longdouble(2.0) ** -60)
        widest = max(widest, answer.upper - answer.lower)
    print(f"{count} random functionals, 2 to 5 settings a side: {wrong} upper ends on the wrong side,")
    print(f"  widest enclosure {widest:.2g}, {1000 * seconds / count:.0f} ms each")


def attained_with_marginals(functional: ns.Functional, rng: np.random.Generator, sweeps: int = 400) -> np.longdouble:
    """Σ S_ij x_i·y_j + α_i x_i·e + β_j y_j·e after turning one unit vector after the other, in extended precision."""
    n_a, n_b = functional.shape
    size = 1 + n_a + n_b
    weights = np.zeros((size, size), dtype=np.longdouble)
    weights[0, 1 : 1 + n_a], weights[0, 1 + n_a :] = functional.alice, functional.bob
    weights[1 : 1 + n_a, 1 + n_a :] = functional.correlators
    both = weights + weights.T
    vectors = np.asarray(rng.normal(size=(size, size)), dtype=np.longdouble)
    vectors /= np.sqrt((vectors * vectors).sum(axis=1, keepdims=True))
    value = np.longdouble(-np.inf)
    for _ in range(sweeps):
        for k in range(size):
            along = both[k] @ vectors
            vectors[k] = along / np.maximum(np.sqrt(along @ along), np.longdouble("1e-300"))
        found = ((weights @ vectors) * vectors).sum()
        if found <= value + np.longdouble("1e-18"):
            break
        value = found
    return value


def wrong_sides_with_marginals(count: int) -> None:
    """The same with marginal terms; level 1 is then an outer bound, and what vectors attain is its own value."""
    rng = np.random.default_rng(8)
    wrong, widest = 0, 0.0
    for _ in range(count):
        shape = tuple(rng.integers(2, 6, 2).tolist())
        functional = ns.Functional(rng.normal(size=shape), rng.normal(size=shape[0]), rng.normal(size=shape[1]))
        upper = np.longdouble(ns.bound(functional, ns.Quantum(shape)).upper)
        best = attained_with_marginals(functional, rng)
        wrong += bool(upper < best - 40 * np.longdouble(2.0) ** -60)
        widest = max(widest, float(upper - best))
    print(f"{count} with marginal terms: {wrong} upper ends on the wrong side, others at most {widest:.2g} above")


def timed(name: str, functional: ns.Functional, model: ns.Model, **options: float) -> None:
    """One bound and its time, once everything is loaded."""
    begin = time.perf_counter()
    answer = ns.bound(functional, model, **options)
    print(f"{name}: [{answer.lower:.9g}, {answer.upper:.9g}] in {time.perf_counter() - begin:.3g} s")


def main() -> None:
    """All of it."""
    ns.bound(ns.functionals.chsh(), ns.Quantum((2, 2)))
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    wrong_sides(count)
    wrong_sides_with_marginals(count)
    timed("chained inequality of 100 settings, quantum", ns.functionals.chained(100), ns.Quantum((100, 100)))
    print(f"  the theorem: {200 * math.cos(math.pi / 200):.9g}")
    timed("I3322 at level 1+AB", ns.functionals.i3322(), ns.Quantum((3, 3), level="1+AB"))
    rng = np.random.default_rng(1)
    for n in (18, 20):
        random = ns.Functional(rng.standard_normal((n, n)), rng.standard_normal(n), rng.standard_normal(n))
        timed(f"random {n}×{n}, local", random, ns.Bell((n, n)))
        timed(f"random {n}×{n}, non-signalling", random, ns.NonSignalling((n, n)))


if __name__ == "__main__":
    main()
