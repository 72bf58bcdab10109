"""Write what people take from the records: docs/set_these.md, and results/records/inequalities.toml.

    python benchmarks/record_pages.py [NAME …]

The inequalities are rounded to the smallest integers that cost less than 1e-4 in visibility, and proved again; those
whose record is unchanged are kept, unless they are named.
"""

import hashlib
import json
import math
import sys
import tomllib
from typing import Any

import numpy as np
from record_kinds import parts
from record_problems import RECORDS, ROOT, all_records, put

import nsmodels as ns
from nsmodels.studies.design.tasks import Objective

INEQUALITIES = RECORDS / "inequalities.toml"
SHOWN = {
    "2x4": 1, "2x5": 1, "3x4": 1, "4x4": 1, "4_correlators": 2, "5_correlators": 2,
}  # fmt: skip
"""The records on the page, with the digits of their angles."""
FEWEST = ("4x4_significance", "4_correlators_significance")
EXAMPLE = "3x4"
EVERY, SIZES = (*range(1, 13), 16, 20, 30, 60, 100, 200, 500, 1000), (200, 500, 1000)
"""Largest integers that are tried; smaller ones than 200 never do where there are many terms."""
EXPECTED = 0.985
"""The visibility for which numbers of pairs are told."""


def measured(settings: Any, record: dict[str, Any]) -> Any:
    """The singlet on the pairs that the record measures."""
    behaviour = ns.behaviours.singlet(settings)
    pairs = record["design"]["pairs"]
    return behaviour if len(pairs) == behaviour.correlators.size else behaviour.with_pairs(map(tuple, pairs))


def plates(record: dict[str, Any], digits: int) -> tuple[Any, Any]:
    """Rounded angles [polariser, quarter, half] of both parties, and the settings that these are."""
    rows = record["settings"]
    sides = ns.settings.to_waveplates(ns.Settings(rows["alice"], rows["bob"]))
    rounded = [[[round(angle, digits) + 0.0 for angle in row] for row in side] for side in sides]
    return rounded, ns.settings.from_waveplates(*rounded)


def pairs_for_five_sigma(inequality: Any, behaviour: Any) -> float:
    """Detected pairs that show the violation at V = 0.985, shared best."""
    weights = inequality.functional.correlators
    used = weights != 0.0
    return 25.0 * Objective(EXPECTED).merit(weights[used], behaviour.correlators[used], inequality.bound) ** 2


def section(name: str, record: dict[str, Any], digits: int) -> str:
    """The angles of a record, the visibility that is proved for them, and pairs for five standard deviations."""
    rounded, settings = plates(record, digits)
    behaviour = measured(settings, record)
    answer = ns.decompose(behaviour, ns.Leggett(settings=settings), tolerance=1e-6)
    n_alice, n_bob = settings.shape
    count = len(record["design"]["pairs"])
    which = "all pairs" if count == n_alice * n_bob else f"only the {count} pairs a0 b0 to a{count - 1} b{count - 1}"
    significance = record["design"].get("significance")
    if significance is None:
        needed = pairs_for_five_sigma(answer.inequality, behaviour)
    else:
        functional = ns.Functional(significance["inequality"]["correlators"])
        proved = ns.bound(functional, ns.Leggett(settings=settings))
        needed = pairs_for_five_sigma(proved.inequality, behaviour)
    lines = [
        f"## {n_alice} + {n_bob} directions, {which}\n",
        f"Needs a visibility above {math.ceil(answer.upper * 1e5) / 1e5:.5f} "
        f"(with angles to 12 digits {math.ceil(record['value']['upper'] * 1e6) / 1e6:.6f}); pairs for 5 σ: "
        f"{math.ceil(needed)}.\n",
        "| | half-wave | quarter-wave | | half-wave | quarter-wave |\n|---|---|---|---|---|---|",
    ]
    cells = [
        [f"{letter}{k} | {row[2]:.{digits}f} | {row[1]:.{digits}f}" for k, row in enumerate(side)]
        for letter, side in zip("ab", rounded, strict=True)
    ]
    for k in range(max(map(len, cells))):
        lines.append("| " + " | ".join(side[k] if k < len(side) else " | | " for side in cells) + " |")
    print(f"{name}: {answer.upper:.9f}, {needed:.1f} pairs", flush=True)
    return "\n".join(lines) + "\n\n"


def example(record: dict[str, Any]) -> str:
    """The problem file of the page."""
    rounded, settings = plates(record, SHOWN[EXAMPLE])
    answer = ns.decompose(measured(settings, record), ns.Leggett(settings=settings))
    alice, bob = ("[\n" + "".join(f"  {json.dumps(row)},\n" for row in side) + "]" for side in rounded)
    return (
        '```toml\nschema = 1\nkind = "visibility"\n[model]\nname = "leggett"\n[settings]   # polariser, quarter-wave, '
        f"half-wave\nalice_waveplates_deg = {alice}\nbob_waveplates_deg = {bob}\n[expected]\n"
        f"upper = {math.ceil(answer.upper * 1e6) / 1e6}\ntolerance = 0.0\n```\n"
    )


def page(records: dict[str, dict[str, Any]]) -> None:
    path = ROOT / "docs" / "set_these.md"
    text = path.read_text(encoding="utf-8")
    text = put(text, "tables", "".join(section(name, records[name], digits) for name, digits in SHOWN.items()))
    text = put(text, "problem", example(records[EXAMPLE]))
    text = put(text, "fewest", "".join(section(name, records[name], 1) for name in FEWEST if name in records))
    path.write_text(text, encoding="utf-8")


def digest(record: dict[str, Any]) -> str:
    """What tells whether a record is the one whose inequality was rounded."""
    return hashlib.sha256(json.dumps(record["settings"]).encode()).hexdigest()[:16]


def inequalities(records: dict[str, dict[str, Any]], again: list[str]) -> None:
    """Integers for every record, in one small file."""
    old = tomllib.loads(INEQUALITIES.read_text(encoding="utf-8")) if INEQUALITIES.exists() else {}
    said = ["# Inequalities of the records with integers, the smallest that cost less than 1e-4 in visibility.",
            "# Bounds are proved by nsmodels.studies.tidy; written by benchmarks/record_pages.py."]  # fmt: skip
    for name, record in records.items():
        if parts(name)[0].suffix not in ("", "_half"):  # fewest pairs have their own, one party's law is in the file
            continue
        entry = old.get(name)
        if entry is None or entry["settings"] != digest(record) or name in again:
            entry = integers(name, record)
        said += [f"\n[{name}]", *(f"{key} = {json.dumps(value)}" for key, value in entry.items())]
        INEQUALITIES.write_text("\n".join(said) + "\n", encoding="utf-8")


def integers(name: str, record: dict[str, Any]) -> dict[str, Any]:
    """The entry of a record."""
    answer = ns.load(RECORDS / f"{name}.json").answer
    terms = np.count_nonzero(answer.inequality.functional.correlators)
    short = ns.studies.tidy(answer, sizes=SIZES if terms > 20 else EVERY, time_limit_s=30.0)
    table = short.inequality.functional.correlators.astype(int)
    largest = int(np.abs(table).max())
    print(f"{name}: integers up to {largest}, {short.visibility - answer.upper:.1e} more", flush=True)
    return {
        "settings": digest(record),
        "terms": [[int(i), int(j), int(table[i, j])] for i, j in np.argwhere(table)],
        "bound": short.inequality.bound,
        "visibility": short.visibility,
    }


def main() -> None:
    records = all_records()
    if len(sys.argv) > 1 and sys.argv[1] == "page":
        page(records)
        return
    page(records)
    inequalities(records, sys.argv[1:])


if __name__ == "__main__":
    main()
