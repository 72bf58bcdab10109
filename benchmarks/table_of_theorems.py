"""Answer the shipped problems into results/ and write results/README.md, the table of theorems.

Usage: python benchmarks/table_of_theorems.py [--table-only] [NAME…]

Every answer is re-checked by the checker before it enters the table. --table-only re-reads what is in results/.
"""

import contextlib
import io
import subprocess
import sys
from pathlib import Path
from typing import Any

from nsmodels import checker
from nsmodels.common.digits import enclosure, plain
from nsmodels.files import result as results
from nsmodels.files.loading import answer_of
from nsmodels.files.problem import Problem, load, shipped

FOLDER = Path(__file__).resolve().parent.parent / "results"
LARGEST = 1_500_000
HEAD = """# Table of theorems

Each problem in `problems/`, what is expected with its source, and what the program answered. *checked* means that the
checker proved every number in the result file from its certificate. Written by `benchmarks/table_of_theorems.py`.

| problem | expected | source | enclosure | status | |
|---|---|---|---|---|---|
"""


def cell(text: object) -> str:
    return str(text).replace("|", "\\|").replace("\n", " ")


def expected(problem: Problem) -> str:
    value = problem.expected
    if value is None:
        return ""
    if value.lower == value.upper:
        return plain(value.lower)
    return f"[{plain(value.lower)}, {plain(value.upper)}]"


def row(problem: Problem, result: dict[str, Any], path: Path) -> str:
    value = result["value"]
    answer = "none" if value is None else enclosure(value["lower"], value["upper"])
    with contextlib.redirect_stdout(io.StringIO()):
        proved = checker.main([str(path)]) == 0
    _, notes = results.verdict(problem, answer_of(result, problem, path))
    source = problem.expected.source if problem.expected else ""
    remark = "checked" if proved and not notes else "; ".join([*notes, *([] if proved else ["not checked"])])
    cells = (f"[{problem.name}]({path.name})", expected(problem), source, answer, result["status"], remark)
    return "| " + " | ".join(cell(entry) for entry in cells) + " |"


def table(paths: list[Path]) -> str:
    return HEAD + "\n".join(row(load(path.stem), results.read(path), path) for path in paths) + "\n"


def main() -> None:
    names = [name for name in sys.argv[1:] if not name.startswith("-")] or list(shipped())
    if "--table-only" not in sys.argv:
        for name in names:
            command = [sys.executable, "-m", "nsmodels.cli", "run", name, "--out", str(FOLDER)]
            code = subprocess.run(command, check=False, stdout=subprocess.DEVNULL).returncode
            print(f"{name}: exit {code}")
    answered = [FOLDER / f"{name}.json" for name in shipped() if (FOLDER / f"{name}.json").exists()]
    for path in answered:
        if path.stat().st_size > LARGEST:
            print(f"{path.name} has {path.stat().st_size} bytes: too large to commit")
    (FOLDER / "README.md").write_text(table(answered), encoding="utf-8")
    print(f"{len(answered)} rows")


if __name__ == "__main__":
    main()
