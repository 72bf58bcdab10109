"""Write problems/records/, a visibility problem for each record, and the tables of results/records and docs/design.md.

Usage: python benchmarks/record_problems.py
"""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
from record_kinds import KINDS, Kind, parts

from nsmodels import Settings
from nsmodels.files import result as results
from nsmodels.studies.design.symmetries import symmetry

ROOT = Path(__file__).resolve().parent.parent
RECORDS = ROOT / "results" / "records"


def rows(directions: list[list[float]]) -> str:
    return "[\n" + "".join(f"  {json.dumps(direction)},\n" for direction in directions) + "]"


def problem(name: str, record: dict[str, Any]) -> str:
    """The text of the problem file."""
    settings, pairs, value = record["settings"], record["design"]["pairs"], record["value"]
    every = len(settings["alice"]) * len(settings["bob"])
    known = "" if len(pairs) == every else f"\npairs = {json.dumps(pairs)}"
    model = "\n".join(f"{key} = {json.dumps(given)}" for key, given in record["problem"]["model"].items())
    if record["problem"]["model"] == {"name": "leggett"}:
        model += "\neta = 1.0"
    return f"""\
schema = 1
kind = "visibility"
title = "The record {name}: {record["problem"]["title"]}"
source = "found by nsmodels.design; results/records/{name}.json"
[model]
{model}
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


def all_records() -> dict[str, dict[str, Any]]:
    """Every record by its name, the small ones first."""
    found = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in RECORDS.glob("*.json")}
    return {name: found[name] for name in sorted(found, key=lambda name: (KINDS.index(parts(name)[0]), *_size(name)))}


def _size(name: str) -> tuple[int, tuple[int, ...]]:
    shape = parts(name)[1]
    return len(shape), shape


def group_of(symmetry: dict[str, Any]) -> str:
    """The group of a record in a table: C1 is none."""
    return (symmetry.get("name") or f"order {symmetry['order']}") + (" ×2" if symmetry.get("exchanges") else "")


def row(name: str, record: dict[str, Any], folder: str) -> str:
    """The row of a table; a visibility is rounded up."""
    n_alice, n_bob = (len(record["settings"][party]) for party in ("alice", "bob"))
    design, upper = record["design"], math.ceil(record["value"]["upper"] * 1e6) / 1e6
    found = f"{design['hits']} / {design['starts']}" if record["problem"]["design"]["starts"] else "grown"
    significance = design.get("significance")
    pairs = f" {math.ceil(significance['pairs_for_5_sigma'])} |" if significance else ""
    return (
        f"| [{name}]({folder}{name}.json) | {n_alice} + {n_bob} | {len(design['pairs'])} | {upper:.6f} |{pairs} "
        f"{found} | {group_of(design['symmetry'])} |\n"
    )


def table(kind: Kind, records: dict[str, dict[str, Any]], folder: str) -> str:
    """All records of a kind."""
    pairs, rule = (" pairs for 5 σ |", "---|") if kind.design else ("", "")
    head = (
        f"| name | directions | measured | visibility |{pairs} hits / starts | symmetry |\n"
        f"|---|---|---|---|{rule}---|---|\n"
    )
    mine = [name for name in records if parts(name)[0] is kind]
    return head + "".join(row(name, records[name], folder) for name in mine)


def put(text: str, mark: str, content: str) -> str:
    """The text with this content between the comments ``mark`` and ``end of mark``."""
    begin, end = f"<!-- {mark} -->\n", f"<!-- end of {mark} -->"
    before, rest = text.split(begin, 1)
    return before + begin + content + end + rest.split(end, 1)[1]


def with_symmetry(name: str, record: dict[str, Any]) -> dict[str, Any]:
    """The record, with the group of its settings; its file is written again where that is not in it."""
    settings, pairs = record["settings"], record["design"]["pairs"]
    known = np.zeros((len(settings["alice"]), len(settings["bob"])), dtype=bool)
    known[tuple(np.array(pairs).T)] = True
    group = symmetry(Settings(settings["alice"], settings["bob"]), known).to_json()
    if record["design"]["symmetry"] == group:
        return record
    new = {**record, "design": {**record["design"], "symmetry": group}}
    results.write(RECORDS / f"{name}.json", new)
    return new


def main() -> None:
    folder = ROOT / "problems" / "records"
    folder.mkdir(exist_ok=True)
    records = {name: with_symmetry(name, record) for name, record in all_records().items()}
    for name, record in records.items():
        (folder / f"{name}.toml").write_text(problem(name, record), encoding="utf-8")
    for page, own in (("results/records/README.md", ""), ("docs/design.md", "../results/records/")):
        path = ROOT / page
        text = path.read_text(encoding="utf-8")
        for kind in KINDS:
            text = put(text, f"records{kind.suffix}", table(kind, records, own))
        path.write_text(text, encoding="utf-8")


__all__ = ["RECORDS", "ROOT", "all_records", "group_of", "put"]

if __name__ == "__main__":
    main()
