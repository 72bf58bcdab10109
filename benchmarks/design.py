"""How low the search for settings gets in a given time, certified.

    python benchmarks/design.py [--out FOLDER] [NAME …]

answers the cases by name (all by default), prints the certified visibility beside what is wanted, and, with --out,
writes a result file of each, which `nsmodels verify` re-checks.
"""

import argparse
import time
from pathlib import Path

from nsmodels.files import result as results
from nsmodels.files.problem import from_data

CASES = {
    "2x4": ({"n_alice": 2, "n_bob": 4}, 60.0, 0.96553),
    "3x4": ({"n_alice": 3, "n_bob": 4}, 60.0, 0.92669),
    "4_correlators": ({"correlators": 4}, 120.0, 0.96138),
    "5_correlators": ({"correlators": 5}, 120.0, 0.94136),
    "6_correlators": ({"n_alice": 6, "n_bob": 6, "pairs": [[k, k] for k in range(6)]}, 180.0, 0.9249),
    "4x4": ({"n_alice": 4, "n_bob": 4}, 180.0, 0.9056),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", default=[], metavar="NAME")
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    for name in given.names or CASES:
        design, seconds, wanted = CASES[name]
        data = {
            "schema": 1, "kind": "design", "model": {"name": "leggett"}, "design": {**design, "starts": 1000},
            "options": {"time_limit_s": seconds, "seed": 0},
        }  # fmt: skip
        problem = from_data(data, name)
        begin = time.perf_counter()
        answer = problem.ask()
        took = time.perf_counter() - begin
        verdict = "met" if answer.upper <= wanted else "NOT met"
        print(f"{name:<16}{answer.upper:.9f}  wanted {wanted}: {verdict}  {took:.0f} s, "
              f"{answer.search['hits']} hits of {answer.search['starts']} starts", flush=True)
        if given.out is not None:
            given.out.mkdir(parents=True, exist_ok=True)
            results.write(given.out / f"{name}.json", results.assemble(problem, answer.to_json(), took))


if __name__ == "__main__":
    main()
