"""max L3 at 36.87° for laws of the marginals: enclosures, nodes and seconds at several widths.

python benchmarks/laws.py [--limit 15] [--widths 1e-6 1e-7 1e-8]
"""

from __future__ import annotations

import argparse
import math

import nsmodels as ns

LAWS = {
    "(x + x³)/2": [0, 0.5, 0, 0.5],
    "(3x − x³)/2": [0, 1.5, 0, -0.5],
    "(5x³ − 3x)/2": [0, -1.5, 0, 2.5],
    "x³": [0, 0, 0, 1],
    "x⁵": [0, 0, 0, 0, 0, 1],
    "(15x − 10x³ + 3x⁵)/8": [0, 1.875, 0, -1.25, 0, 0.375],
}


def main() -> None:
    """Print a row for every law and width."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--limit", type=float, default=15.0, help="seconds for each bound")
    parser.add_argument("--widths", type=float, nargs="+", default=[1e-6, 1e-7, 1e-8])
    given = parser.parse_args()
    settings = ns.settings.leggett_triads(math.radians(36.87))
    functional = ns.functionals.leggett3(settings)
    ns.Law(settings, [0, 1]).load()
    print(f"{'law':22}{'width':>8}{'lower':>14}{'upper':>14}{'nodes':>9}{'seconds':>9}")
    for name, law in LAWS.items():
        for width in given.widths:
            r = ns.bound(functional, ns.Law(settings, law), tolerance=width, time_limit_s=given.limit)
            ends = f"{r.lower:14.9f}{r.upper:14.9f}"
            print(f"{name:22}{width:8.0e}{ends}{r.stats['nodes']:9}{r.stats['seconds']:9.2f}  {r.reason}", flush=True)
            if r.reason != "tolerance_met":
                break


if __name__ == "__main__":
    main()
