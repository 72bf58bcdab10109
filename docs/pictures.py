"""Draw the picture of the README: python docs/pictures.py [FOLDER]."""

import sys
from pathlib import Path
from typing import Any

import matplotlib

import nsmodels as ns
from nsmodels.plots.style import INK, drawing_board


def front() -> Any:
    """Settings of L3, bounds against the angle with measured points, and marginals that vanish."""
    figure = drawing_board(11.6, 3.7)
    left, middle, right = figure.subplots(1, 3, width_ratios=(0.85, 1.15, 1.0))
    triads = ns.settings.leggett_triads(phi_deg=40)
    ns.plots.settings_on_sphere(triads, axes=left, title="Settings on the Poincaré sphere")
    families = [ns.settings.leggett_triads(phi_deg=angle) for angle in range(-75, 76, 5)]
    bounds = {
        f"Leggett, η = {eta:g}, certified": [
            ns.bound(ns.functionals.leggett3(s), ns.Leggett(settings=s, eta=eta)) for s in families
        ]
        for eta in (1.0, 0.56)
    }
    ns.plots.bound_against_phi(bounds, axes=middle)
    middle.set_title("Bounds, quantum theory, experiments", fontsize=9.5, color=INK)
    circle = [ns.marginals(ns.behaviours.singlet(ns.settings.half_circle(n))) for n in (2, 3, 5, 10, 20, 50, 100)]
    sphere = [ns.marginals(ns.behaviours.singlet(ns.settings.fibonacci(n, n))) for n in (4, 10, 20, 50, 100)]
    ns.plots.largest_marginal({"half circle": circle, "sphere (Fibonacci)": sphere}, axes=right)
    right.set_title("How biased hidden states can be", fontsize=9.5, color=INK)
    return figure


def main() -> None:
    """Write nsmodels.svg into the folder, by default that of this script."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent
    with matplotlib.rc_context({"svg.hashsalt": "nsmodels"}):
        front().savefig(folder / "nsmodels.svg", metadata={"Date": None})


if __name__ == "__main__":
    main()
