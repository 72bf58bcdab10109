"""What tests of sweeps share: small grids whose values are known, and the table as it is read back."""

import csv
import math
from pathlib import Path

CHAIN = {"problem": "chain_werner", "vary": {"behaviour.visibility": {"from": 0.98, "to": 1.0, "steps": 11}}}
TOML = """\
[sweep]
problem = "{problem}"
[sweep.vary]
{vary}
"""


def chain(visibility: float, n: int = 8) -> float:
    """The largest marginal on a half circle: arXiv:0801.2218, I_N = N (1 − V cos(π/2N)).

    For N ≤ 8 and V ≥ 0.98, where no shorter chain does better.
    """
    return n * (1.0 - visibility * math.cos(math.pi / (2 * n)))


def write(folder: Path, vary: str, problem: str = "chain_werner") -> Path:
    path = folder / "s.toml"
    path.write_text(TOML.format(problem=problem, vary=vary), encoding="utf-8")
    return path


def rows_of(folder: Path) -> list[dict[str, str]]:
    with (folder / "table.csv").open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))
