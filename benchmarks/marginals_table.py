"""Write results/marginals_table.csv: the largest mean |marginal| for chains, named sets of directions and named boxes.

    python benchmarks/marginals_table.py [FILE]

Columns: case, settings a side, visibility (empty where it has no meaning), lower and upper end, the value by theory
where there is one, and its source. The rows are re-computed by tests/test_marginals_table.py.
"""

from __future__ import annotations

import csv
import math
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from nsmodels import behaviours
from nsmodels import settings as families
from nsmodels.core.behaviour import Behaviour
from nsmodels.questions.bias.marginals import marginals
from nsmodels.studies.vanishing import chain_bound

COLUMNS = ("case", "alice", "bob", "visibility", "lower", "upper", "theory", "source")
FILE = Path(__file__).parents[1] / "results" / "marginals_table.csv"
VISIBILITIES = (1.0, 0.99, 0.95)
CHAINS = tuple(range(2, 101))


def neighbours(n: int) -> list[tuple[int, int]]:
    """The 2N pairs of a chain."""
    return [(k, k) for k in range(n)] + [(k + 1, k) for k in range(n - 1)] + [(0, n - 1)]


def shortest_sub_chain(n: int, visibility: float) -> float:
    """The value on half_circle(n) with all pairs known: 2m steps of odd multiples of π/2n that add up to π.

    1 − V cos is convex up to π/2, so the best 2m steps are two consecutive odd numbers 2q + 1 and 2q + 3.
    """
    best = 1.0
    for m in range(1, n + 1):
        q = max(0, math.floor((n / m - 1.0) / 2.0))
        longer = n - m * (2 * q + 1)
        if not 0 <= longer <= 2 * m:
            continue
        short, long = ((2 * q + k) * math.pi / (2 * n) for k in (1, 3))
        steps = ((2 * m - longer, short), (longer, long))
        best = min(best, 0.5 * sum(c * (1.0 - visibility + 2.0 * visibility * math.sin(x / 2) ** 2) for c, x in steps))
    return best


def chain(kind: str, n: int, visibility: float) -> tuple[Behaviour, list[str], float, str]:
    """The behaviour, the settings to ask for, theory and source."""
    target = behaviours.werner(families.half_circle(n), visibility)
    if kind == "chain pairs":
        value = min(1.0, chain_bound(n, visibility))
        return target.with_pairs(neighbours(n)), ["A0"], value, "N (1 - V cos(pi/2N)), arXiv:0801.2218"
    return target, ["A0"], shortest_sub_chain(n, visibility), "shortest sub-chain, by counting steps"


def icosahedron(visibility: float) -> tuple[Behaviour, None, float, str]:
    """Both parties on the six axes: three steps of cos = 1/√5 from a vertex to its antipode, a fourth changes sides."""
    axes = families.directions("icosahedron")
    target = behaviours.werner(families.Settings(axes, axes), visibility)
    value = min(1.0, 1.5 * (1.0 - visibility / math.sqrt(5.0)) + 0.5 * (1.0 - visibility))
    return target, None, value, "three steps of cos = 1/sqrt(5), and one between parallel directions"


NAMED = {
    "pr box": (behaviours.pr_box, 0.0, "a chain of weight 0: marginals vanish"),
    "local deterministic box": (
        lambda: Behaviour([[1.0, -1.0], [1.0, -1.0]], [1.0, 1.0], [1.0, -1.0]), 1.0, "marginals 1 are given"
    ),
}  # fmt: skip
FIBONACCI = (6, 12, 25, 50, 100)
ENTANGLED = (5.0, 15.0, 30.0, 45.0)


def build(case: str, n: int, visibility: float | None) -> tuple[Behaviour, list[str] | None, float | None, str]:
    """What a row of the table asks."""
    if case in ("chain", "chain pairs"):
        assert visibility is not None
        return chain(case, n, visibility)
    if case == "icosahedron":
        assert visibility is not None
        return icosahedron(visibility)
    if case == "fibonacci":
        assert visibility is not None
        return behaviours.werner(families.fibonacci(n, n), visibility), None, None, "no closed form"
    if case.startswith("partially entangled"):
        angle = float(case.split()[-2])
        target = behaviours.partially_entangled(families.half_circle(n), theta_deg=angle)
        if angle == 45.0:
            return target, None, chain_bound(n), "maximally entangled: N (1 - cos(pi/2N)), arXiv:0801.2218"
        return target, None, None, "given marginals; not below cos(2 theta)"
    box, value, source = NAMED[case]
    return box(), None, value, source


def cases() -> Iterator[tuple[str, int, float | None]]:
    """All rows: case, settings a side, visibility."""
    for kind in ("chain", "chain pairs"):
        for visibility in VISIBILITIES:
            for n in CHAINS:
                yield kind, n, visibility
    for visibility in (*VISIBILITIES, 0.8):
        yield "icosahedron", 6, visibility
    for visibility in (1.0, 0.95):
        for n in FIBONACCI:
            yield "fibonacci", n, visibility
    for angle in ENTANGLED:
        yield f"partially entangled {angle:g} degrees", 8, None
    for case in NAMED:
        yield case, 2, None


def row(case: str, n: int, visibility: float | None) -> dict[str, Any]:
    """Compute one row."""
    target, only, theory, source = build(case, n, visibility)
    answer = marginals(target, only=only)
    end = answer.value if only is None else answer.alice[0]
    values = (case, *target.shape, "" if visibility is None else visibility, end.lower, end.upper)
    return dict(zip(COLUMNS, (*values, "" if theory is None else theory, source), strict=True))


def main() -> None:
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else FILE
    with target.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(row(*case) for case in cases())


if __name__ == "__main__":
    main()
