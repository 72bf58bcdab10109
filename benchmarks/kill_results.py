"""Kill 1,000 writers of a result file at random moments; the file must always be a whole one.

Usage: python benchmarks/kill_results.py [count] [seed]
"""

import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from killing import kill_writers


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        changed = kill_writers(Path(folder), count, seed)
    seconds = time.perf_counter() - started
    print(f"{count} kills in {seconds:.1f} s: no broken file, {changed} files replaced before the kill")


if __name__ == "__main__":
    main()
