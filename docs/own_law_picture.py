"""Draw docs/your_own_law.svg: V_all against the size of the law."""

from pathlib import Path

import matplotlib

import nsmodels as ns
from nsmodels.plots.style import BLUE, GREEN, VERMILLION, drawing_board

LAWS = {"k x": [0, 1], "k (x + x³)/2": [0, 0.5, 0, 0.5], "k x³": [0, 0, 0, 1]}
LOOKS = ((BLUE, "-", "o"), (VERMILLION, "--", "s"), (GREEN, ":", "^"))
SIZES = (0.05, 0.2, 0.4, 0.6, 0.8, 1.0)


def main() -> None:
    """Write the picture beside this script."""
    figure = drawing_board(5.4, 3.6)
    axes = figure.subplots()
    for (name, law), (colour, dashes, mark) in zip(LAWS.items(), LOOKS):
        ends = [ns.studies.all_settings([k * c for c in law]).visibility for k in SIZES]
        values = (1.0, *(x.upper for x in ends))
        axes.plot((0.0, *SIZES), values, color=colour, linestyle=dashes, marker=mark, markersize=4, label=name)
    axes.set_xlabel("size k of the law")
    axes.set_ylabel("V_all, upper ends")
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False)
    with matplotlib.rc_context({"svg.hashsalt": "nsmodels"}):
        figure.savefig(Path(__file__).parent / "your_own_law.svg", metadata={"Date": None})


if __name__ == "__main__":
    main()
