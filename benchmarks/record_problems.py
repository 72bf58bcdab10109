"""Write problems/records/, a visibility problem for each record, and the tables of results/records and docs/design.md.

Usage: python benchmarks/record_problems.py
"""

import json
import math
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent


def rows(directions: list[list[float]]) -> str:
    return "[\n" + "".join(f"  {json.dumps(direction)},\n" for direction in directions) + "]"


def problem(name: str, record: dict[str, Any]) -> str:
    """The text of the problem file."""
    settings, pairs, value = record["settings"], record["design"]["pairs"], record["value"]
    every = len(settings["alice"]) * len(settings["bob"])
    known = "" if len(pairs) == every else f"\npairs = {json.dumps(pairs)}"
    return f"""\
schema = 1
kind = "visibility"
title = "The record {name}: {record["problem"]["title"]}"
source = "found by nsmodels.design; results/records/{name}.json"
[model]
name = "leggett"
eta = 1.0
[settings]
alice = {rows(settings["alice"])}
bob = {rows(settings["bob"])}
[behaviour]
name = "singlet"{known}
[expected]
upper = {math.ceil(value["upper"] * 1e6) / 1e6}
tolerance = 0.0
source = "certificate in results/records/{name}.json, rounded up"
"""


def row(name: str, record: dict[str, Any], folder: str) -> str:
    """The row of a table; a visibility is rounded up."""
    n_alice, n_bob = (len(record["settings"][party]) for party in ("alice", "bob"))
    design, upper = record["design"], math.ceil(record["value"]["upper"] * 1e6) / 1e6
    found = f"{design['hits']} / {design['starts']}" if record["problem"]["design"]["starts"] else "grown"
    return (
        f"| [{name}]({folder}{name}.json) | {n_alice} + {n_bob} | {len(design['pairs'])} | {upper:.6f} | {found} | "
        f"{design['symmetry']['order']} |\n"
    )


def with_table(text: str, rows: str) -> str:
    """The text with these rows in place of those of its table of records."""
    rule = "|---|---|---|---|---|---|\n"
    before, after = text.split(rule, 1)
    lines = after.splitlines(keepends=True)
    rest = next((k for k, line in enumerate(lines) if not line.startswith("|")), len(lines))
    return before + rule + rows + "".join(lines[rest:])


def main() -> None:
    folder = ROOT / "problems" / "records"
    folder.mkdir(exist_ok=True)
    records = {
        path.stem: json.loads(path.read_text(encoding="utf-8"))
        for path in (ROOT / "results" / "records").glob("*.json")
    }
    order = sorted(records, key=lambda name: ("x" in name, [int(x) for x in name.split("_")[0].split("x")]))
    for name in order:
        (folder / f"{name}.toml").write_text(problem(name, records[name]), encoding="utf-8")
    for table, own in (("results/records/README.md", ""), ("docs/design.md", "../results/records/")):
        rows = "".join(row(name, records[name], own) for name in order)
        path = ROOT / table
        path.write_text(with_table(path.read_text(encoding="utf-8"), rows), encoding="utf-8")


if __name__ == "__main__":
    main()
