"""How large certificates are, and how long the checker takes over them.

    python benchmarks/certificates.py [--largest]

Prints, for problems of growing size, the seconds of the run and of the check, and the size of the result file; and how
many leaves a second the checker proves where each has multipliers of its own. ``--largest`` adds minutes: the marginals
of all settings of 1000×1000 directions.
"""

from __future__ import annotations

import argparse
import base64
import json
import time
import zlib
from typing import Any

import numpy as np

from nsmodels import checker
from nsmodels.files.problem import from_data
from nsmodels.files.result import assemble, to_text

LEGGETT = {"name": "leggett", "eta": 1.0}
TRIADS = {"family": "leggett_triads", "phi_deg": 36.87}


def directions(n: int) -> dict[str, Any]:
    """Random directions on both sides."""
    return {"family": "random", "n_alice": n, "n_bob": n, "seed": 3}


def problems(largest: bool) -> dict[str, dict[str, Any]]:
    """The problems, by name."""
    found: dict[str, dict[str, Any]] = {
        "bound, L3": {"kind": "bound", "settings": TRIADS, "model": LEGGETT, "functional": {"name": "leggett3"}}
    }
    for n in (24, 100):
        table = np.random.default_rng(1).normal(size=(n, n)).tolist()
        found[f"bound, {n}×{n}"] = {
            "kind": "bound", "settings": directions(n), "model": LEGGETT, "functional": {"correlators": table},
        }  # fmt: skip
        found[f"visibility, {n}×{n}"] = {
            "kind": "visibility", "settings": directions(n), "model": LEGGETT,
            "options": {"tolerance": 1e-4 if n == 24 else 1e-2},
        }  # fmt: skip
    for n in (100, 1000) if largest else (100,):
        found[f"marginals, {n}×{n}"] = {"kind": "marginals", "settings": {"family": "half_circle", "n": n}}
    return found


def leaves_a_second() -> float:
    """The covering of both spheres by 18,432 pairs of patches with lists of 6 multipliers, for L3."""

    def halved(depth: int, axis: int = 0) -> list[int]:
        return [6 + 8 + 16] if depth == 0 else [axis, *halved(depth - 1, (axis + 1) % 4) * 2]

    def packed(data: list[int]) -> str:
        return base64.b64encode(zlib.compress(bytes(data))).decode()

    settings = checker.directions(TRIADS)
    f = checker.functional({"name": "leggett3"}, (3, 6))
    tree = [4, *[5, *halved(10) * 6] * 3]
    leaves = tree.count(6 + 8 + 16)
    lists = packed([0] * 6 * leaves)
    proof = {"threshold": "-1", "denominator": 100, "quadratic": [], "tree": packed(tree), "multipliers": lists}
    model = checker.named_model(LEGGETT, (3, 6), settings)
    checker.covering(model, f, proof)
    start = time.perf_counter()
    checker.covering(model, f, proof)
    return leaves / (time.perf_counter() - start)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--largest", action="store_true")
    print(f"{'problem':<24}{'width':>9}{'run, s':>9}{'file, MB':>10}{'check, s':>10}")
    for name, data in problems(parser.parse_args().largest).items():
        problem = from_data({"schema": 1, **data}, "problem.toml")
        start = time.perf_counter()
        result = assemble(problem, problem.ask().to_json(), 0.0)
        text = to_text(result)
        asked = time.perf_counter() - start
        start = time.perf_counter()
        claims = checker.check(json.loads(text))
        checked = time.perf_counter() - start
        assert all(holds for holds, _ in claims), claims
        width = result["value"]["upper"] - result["value"]["lower"]
        print(f"{name:<24}{width:>9.1e}{asked:>9.2f}{len(text) / 1e6:>10.2f}{checked:>10.2f}", flush=True)
    print(f"{leaves_a_second():,.0f} leaves a second")


if __name__ == "__main__":
    main()
