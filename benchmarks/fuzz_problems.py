"""Feed seeded mutants of the shipped problem files to the reader: each is accepted or answered by one line.

Usage: python benchmarks/fuzz_problems.py [count] [seed]
"""

import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from mutants import mutants
from problem_files import check_mutant

from nsmodels.files.problem import shipped


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 3000
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    texts = [path.read_text(encoding="utf-8") for path in shipped().values()]
    accepted, slowest = 0, 0.0
    with tempfile.TemporaryDirectory() as folder:
        for raw in mutants(texts, count, seed):
            started = time.perf_counter()
            accepted += check_mutant(Path(folder) / "m.toml", raw)
            slowest = max(slowest, time.perf_counter() - started)
    print(f"{count} mutants: {accepted} accepted, {count - accepted} answered by one line, slowest {slowest:.3f} s")


if __name__ == "__main__":
    main()
