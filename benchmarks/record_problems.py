"""Write problems/records/: a visibility problem for each record, on its settings, with what its certificate proves.

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


def main() -> None:
    folder = ROOT / "problems" / "records"
    folder.mkdir(exist_ok=True)
    for path in sorted((ROOT / "results" / "records").glob("*.json")):
        text = problem(path.stem, json.loads(path.read_text(encoding="utf-8")))
        (folder / f"{path.stem}.toml").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
