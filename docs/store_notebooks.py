"""Run notebooks and store them with their outputs, small: what a repository page shows.

Usage: python docs/store_notebooks.py [NAME…]
"""

from __future__ import annotations

import base64
import io
import sys
from pathlib import Path
from typing import Any

import nbclient
import nbformat
from PIL import Image

FOLDER = Path(__file__).parent.parent / "notebooks"
DROPPED = ("application/vnd.plotly.v1+json", "application/vnd.jupyter.widget-view+json")
"""Kinds of outputs that are large, or of no use without a running kernel."""


def small(picture: str) -> str:
    """A PNG of 64 colours, which is enough for lines and marks."""
    with Image.open(io.BytesIO(base64.b64decode(picture))) as image:
        stream = io.BytesIO()
        image.convert("RGB").quantize(64).save(stream, format="PNG", optimize=True)
    return base64.b64encode(stream.getvalue()).decode("ascii")


def store(path: Path) -> None:
    """Run one notebook, and keep what its cells show."""
    notebook: Any = nbformat.read(path, as_version=4)
    nbclient.NotebookClient(notebook, timeout=600, kernel_name="python3").execute(cwd=str(FOLDER))
    notebook.metadata.pop("widgets", None)
    notebook.metadata["language_info"] = {"name": "python"}
    count = 0
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        if cell.cell_type != "code":
            continue
        count += 1
        cell.execution_count = count
        for output in cell.outputs:
            data = output.get("data", {})
            for kind in [kind for kind in data if kind in DROPPED or (kind == "text/html" and "plotly" in data[kind])]:
                del data[kind]
                data.setdefault("text/plain", "(a figure to be turned, which appears when the cell is run)")
            if "image/png" in data:
                data["image/png"] = small(data["image/png"])
            if "execution_count" in output:
                output["execution_count"] = count
    nbformat.write(notebook, path)


def main() -> None:
    """Those that are named, or all."""
    for path in sorted(FOLDER.glob("*.ipynb")):
        if len(sys.argv) == 1 or path.stem in sys.argv[1:]:
            store(path)


if __name__ == "__main__":
    main()
