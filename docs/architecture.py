"""Draw docs/architecture.svg: the floors of the package with their rooms, from the imports of the code itself."""

from __future__ import annotations

import ast
from collections import Counter
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
from matplotlib.patches import FancyBboxPatch

HERE = Path(__file__).parent
PACKAGE = HERE.parent / "nsmodels"
FLOORS = [
    ["errors", "common", "checker"],
    ["core"],
    ["settings", "behaviours", "functionals"],
    ["engines"],
    ["models"],
    ["questions"],
    ["studies", "convex", "general", "interchange"],
    ["files", "testing"],
    ["plots"],
    ["command", "explore"],
    ["cli"],
]
WORDS = {
    "errors": "what is raised",
    "common": "arguments, rationals, interrupts",
    "checker": "stands alone: re-proves result files",
    "core": "nouns: settings, behaviour, functional, boxes, enclosure, hidden states, proof",
    "settings": "families of directions",
    "behaviours": "named correlations",
    "functionals": "named inequalities",
    "engines": "numerics: spheres, paths, enumeration, solvers behind one gate, sums of squares",
    "models": "one file each: leggett, one_sided, bell, nonsignalling, unbiased, finite, hull, quantum",
    "questions": "bound, visibility, bias",
    "studies": "design, vanishing marginals, finite sets, local content, …",
    "convex": "boxes and mixtures as CVXPY variables",
    "general": "more outcomes, more parties",
    "interchange": "CSV, JSON, data frames, LP",
    "files": "problems in, results out",
    "testing": "every law of a model",
    "plots": "pictures of results",
    "command": "summary, derive, explain, report",
    "explore": "the page on which directions are dragged",
    "cli": "the command",
}


def room(path: Path) -> str:
    """The room of a file: the folder, or the file itself, directly inside of the package."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(path: Path) -> set[str]:
    """The rooms from which a file imports."""
    package = list(path.relative_to(PACKAGE).with_suffix("").parts[:-1])
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = package[: len(package) - node.level + 1]
            names = [*base, *(node.module or "").split(".")] if node.module else base
            found |= {names[0]} if names else {alias.name for alias in node.names}
    return found & set(WORDS)


def main() -> None:
    """Draw the picture."""
    files = [path for path in sorted(PACKAGE.rglob("*.py")) if path.name not in ("__init__.py", "_moved.py")]
    used = Counter((room(path), other) for path in files for other in imports(path) if other != room(path))
    figure, axes = plt.subplots(figsize=(9.0, 8.2))
    for level, rooms in enumerate(FLOORS):
        width = 10.0 / len(rooms)
        for place, name in enumerate(rooms):
            x, y = place * width, level
            colour = "#f2e8d5" if name == "checker" else "#e4edf5"
            axes.add_patch(FancyBboxPatch((x + 0.08, y + 0.1), width - 0.16, 0.8, "round,pad=0,rounding_size=0.08",
                                          facecolor=colour, edgecolor="#33475b", linewidth=0.8))  # fmt: skip
            axes.text(x + 0.22, y + 0.62, name, fontsize=10, fontweight="bold", color="#1d2a36", va="center")
            axes.text(x + 0.22, y + 0.32, WORDS[name], fontsize=7.6, color="#33475b", va="center")
    floor = {name: level for level, rooms in enumerate(FLOORS) for name in rooms}
    upward = [pair for pair in used if floor[pair[1]] > floor[pair[0]]]
    note = "a module imports from its own floor and from those below" + (f"; but {upward}" if upward else "")
    axes.annotate("", (10.35, 0.1), (10.35, len(FLOORS) - 0.1), arrowprops={"arrowstyle": "->", "color": "#33475b"})
    axes.text(10.5, len(FLOORS) / 2.0, note, rotation=270, fontsize=8, color="#33475b", va="center", ha="left")
    axes.set(xlim=(0.0, 10.9), ylim=(0.0, len(FLOORS)))
    axes.axis("off")
    plt.rcParams["svg.hashsalt"] = "nsmodels"
    figure.savefig(HERE / "architecture.svg", bbox_inches="tight", metadata={"Date": None})


if __name__ == "__main__":
    main()
