"""The notebooks run, quickly, show what they promise, and contain no logic and no outputs."""

import ast
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
    "derive_inequality": ("0.98737", "0.93957", "−2 C00 − 2 C01 − C02 + C03", "0.99236"),
    "vanishing_marginals": ("0.585786438", "0.204445042", "{0.98: 8, 0.99: 11, 0.999: 35}", "Toner-Bacon: P(+1|B0)"),
    "your_own_law": ("1.7891809", "1.8840494", "0.9929815", "0.853553390593"),
    "all_settings": ("certified", "mean of u·v: -0.9"),
}
PICTURES = {"verify_l3": 3, "derive_inequality": 5, "vanishing_marginals": 2, "all_settings": 5, "your_own_law": 0}
LONGEST_S = 40.0
"""On two cores: measured as processor time, because other programs may be running."""


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
            assert cell.outputs == []
            assert cell.execution_count is None
    assert cells[0].cell_type == "markdown"
    assert sum(cell.cell_type == "markdown" for cell in cells) >= 0.4 * len(cells)


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("name", PROMISED)
def test_notebook_runs_and_shows_what_it_promises(name: str) -> None:
    notebook, before = read(name), children_seconds()
    client = nbclient.NotebookClient(notebook, timeout=300, kernel_name="python3", resources={})
    client.execute(cwd=str(FOLDER))
    outputs = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    texts = [output.get("text", "") + str(output.get("data", {}).get("text/plain", "")) for output in outputs]
    everything = "\n".join(texts)
    for promise in PROMISED[name]:
        assert promise in everything
    assert sum("image/png" in output.get("data", {}) for output in outputs) == PICTURES[name]
    assert not [output for output in outputs if output.get("name") == "stderr"]
    assert children_seconds() - before < 2 * LONGEST_S


def test_eq_4_is_printed_beside_what_was_computed() -> None:
    source = "\n".join(cell.source for cell in read("verify_l3").cells)
    assert re.search(r"2 - 2 / 3 \* math\.sin\(phi / 2\)", source)
