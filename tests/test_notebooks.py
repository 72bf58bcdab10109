"""The notebooks run, quickly, show what they promise, are stored with small outputs, and contain no logic."""

import ast
import itertools
import re
import resource
from pathlib import Path
from typing import Any

import pytest

nbformat = pytest.importorskip("nbformat", reason="the extra notebooks is not installed")
nbclient = pytest.importorskip("nbclient", reason="the extra notebooks is not installed")

FOLDER = Path(__file__).parent.parent / "notebooks"
PROMISED = {
    "verify_l3": ("1.78918148932", "0.94280", "31.0 σ", "'tetrahedron': 0.912871", "'icosahedron': 0.888543"),
    "derive_inequality": ("0.98737", "0.93957", "−2 C00 − 2 C01 − C02 + C03", "0.99236", "3088 strategies, bound 1"),
    "vanishing_marginals": (
        *("{2: 0.200962, 4: 0.312607", "0.585786438", "0.204445042", "{0.98: 8, 0.99: 11, 0.999: 35}"),
        "Toner-Bacon: P(+1|B0)",
    ),
    "your_own_law": ("1.7891809", "1.8840494", "0.9929815", "0.853553390593"),
    "all_settings": ("certified", "mean of u·v: -0.9"),
    "leggett_in_ten_minutes": ("violated by 0.108184", "FloatSlider"),
    "from_counts": ("13.1 σ", "η ≥ 0.699 is excluded", "31.0 σ", "all proved"),
    "design": ("3 + 4 directions, 12 pairs", "0.926", "all proved"),
}
PICTURES = {
    **{"verify_l3": 3, "derive_inequality": 5, "vanishing_marginals": 4, "all_settings": 5, "your_own_law": 0},
    **{"leggett_in_ten_minutes": 2, "design": 2, "from_counts": 2},
}
LARGEST = 200_000
"""Bytes of a stored notebook."""
LONGEST_S = 40.0
"""Seconds of processor time for a notebook, which other programs on the machine do not change."""


def read(name: str) -> Any:
    return nbformat.read(FOLDER / f"{name}.ipynb", as_version=4)


def children_seconds() -> float:
    """Processor time of the processes that have ended, kernels among them."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def test_every_notebook_is_listed_here() -> None:
    assert {path.stem for path in FOLDER.glob("*.ipynb")} == set(PROMISED) == set(PICTURES)


@pytest.mark.parametrize("name", PROMISED)
def test_no_logic_of_their_own(name: str) -> None:
    """A cell asks and shows; nothing is defined, branched or looped over except by comprehension."""
    cells = read(name).cells
    forbidden = (ast.FunctionDef, ast.ClassDef, ast.Lambda, ast.For, ast.While, ast.If, ast.Try, ast.With)
    for cell in cells:
        if cell.cell_type == "code":
            assert not any(isinstance(node, forbidden) for node in ast.walk(ast.parse(cell.source))), cell.source
    assert cells[0].cell_type == "markdown"
    assert sum(cell.cell_type == "markdown" for cell in cells) >= 0.4 * len(cells)


def shown(notebook: Any) -> tuple[str, int, list[Any]]:
    """All text that the cells show, the number of pictures, and what went wrong."""
    outputs = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    texts = [output.get("text", "") + str(output.get("data", {}).get("text/plain", "")) for output in outputs]
    bad = [output for output in outputs if output.output_type == "error" or output.get("name") == "stderr"]
    return "\n".join(texts), sum("image/png" in output.get("data", {}) for output in outputs), bad


@pytest.mark.parametrize("name", PROMISED)
def test_they_are_stored_with_small_outputs(name: str) -> None:
    """`python docs/store_notebooks.py` stores them again."""
    text, pictures, bad = shown(read(name))
    assert all(promise in text for promise in PROMISED[name])
    assert pictures == PICTURES[name]
    assert not bad
    assert (FOLDER / f"{name}.ipynb").stat().st_size < LARGEST


@pytest.mark.parametrize("name", PROMISED)
def test_figures_have_captions(name: str) -> None:
    cells = read(name).cells
    for cell, after in itertools.pairwise(cells):
        if cell.cell_type == "code" and any("image/png" in output.get("data", {}) for output in cell.outputs):
            assert after.source.startswith("*Figure: "), cell.source
            assert after.source.endswith(".*")


def solutions(notebook: Any) -> list[str]:
    """The code of the folded solutions, in the last cell."""
    last = notebook.cells[-1].source
    assert last.startswith("## Exercises")
    return re.findall(r"<details><summary>Solution</summary>.*?```python\n(.*?)```\s*</details>", last, re.DOTALL)


@pytest.mark.parametrize("name", PROMISED)
def test_there_are_three_exercises_with_solutions(name: str) -> None:
    notebook = read(name)
    assert len(solutions(notebook)) == 3
    assert len(re.findall(r"^\*\*[123]\.\*\* \S", notebook.cells[-1].source, re.MULTILINE)) == 3


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("name", PROMISED)
def test_notebook_runs_and_shows_what_it_promises(name: str) -> None:
    notebook, before = read(name), children_seconds()
    notebook.cells += [nbformat.v4.new_code_cell(solution) for solution in solutions(notebook)]
    client = nbclient.NotebookClient(notebook, timeout=300, kernel_name="python3", resources={})
    client.execute(cwd=str(FOLDER))
    text, pictures, bad = shown(notebook)
    assert all(promise in text for promise in PROMISED[name])
    assert pictures == PICTURES[name]
    assert not bad
    assert children_seconds() - before < 2 * LONGEST_S


def test_eq_4_is_printed_beside_what_was_computed() -> None:
    source = "\n".join(cell.source for cell in read("verify_l3").cells)
    assert re.search(r"2 - 2 / 3 \* math\.sin\(phi / 2\)", source)
