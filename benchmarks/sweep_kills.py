"""Kill 200 sweeps at random moments: no point may be lost, done twice or wrong.

Usage: python benchmarks/sweep_kills.py [count] [seed]
"""

import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from killing import chain_sweep, kill_sweeps

from nsmodels.files.sweeps.run import run


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        run(chain_sweep(2), Path(folder) / "warm", {})  # loads and compiles once, before the processes are forked
        points, wrong, resumed = kill_sweeps(Path(folder), count, seed)
    seconds = time.perf_counter() - started
    told = f"{count} kills in {seconds:.0f} s, {resumed} of them in sweeps that went on"
    print(f"{told}: {points} points, {wrong} of them lost, done twice or wrong")


if __name__ == "__main__":
    main()
