"""Pictures for journals: TrueType fonts, widths of columns and pages, no noise, one colour for one meaning."""

from __future__ import annotations

import io
import re
from pathlib import Path

import numpy as np
import pytest
from matplotlib.collections import PatchCollection
from matplotlib.colors import to_rgb

import nsmodels as ns
from nsmodels.errors import InputError
from nsmodels.plots import style

RESULTS = Path(__file__).parent.parent / "results"
FUNCTIONAL = ns.Functional([[1.0, -1.0, 1e-12], [-3e-10, 0.5, -0.5]], [0.0, 0.25], [0.0, 1e-11, 0.0])


def pdf(figure: style.Picture, **options: str) -> bytes:
    stream = io.BytesIO()
    figure.savefig(stream, format="pdf", **options)
    return stream.getvalue()


def width_in_inches(content: bytes) -> float:
    found = re.search(rb"/MediaBox \[ ?0 0 ([\d.]+) [\d.]+ ?\]", content)
    assert found is not None
    return float(found[1]) / 72.0


@pytest.mark.parametrize("name", ["leggett_l3", "visibility_l3_pairs", "chain_6"])
def test_pdfs_have_truetype_fonts(name: str) -> None:
    content = pdf(ns.load(RESULTS / f"{name}.json").plot())
    assert b"/FontFile2" in content
    assert b"/Type3" not in content


@pytest.mark.parametrize(("size", "inches"), [("column", 3.375), ("page", 7.0)])
def test_widths_of_journals(size: str, inches: float) -> None:
    figure = ns.plots.functional_matrix(FUNCTIONAL)
    before = figure.get_size_inches().tolist()
    assert width_in_inches(pdf(figure, size=size)) == pytest.approx(inches, abs=0.01)
    assert figure.get_size_inches().tolist() == before


def test_sizes_that_do_not_work_are_refused() -> None:
    with pytest.raises(InputError, match='size is "A4"'.replace('"', "'") + '; it is "column" or "page"'):
        pdf(ns.plots.functional_matrix(FUNCTIONAL), size="A4")
    with pytest.raises(InputError, match=r"cannot be read at 3\.375 inches"):
        pdf(ns.load(RESULTS / "visibility_l3_70deg.json").plot(), size="column")


def test_noise_of_solvers_is_not_drawn() -> None:
    axes = ns.plots.functional_matrix(FUNCTIONAL).axes[0]
    drawn = sum(len(c.get_paths()) for c in axes.collections if isinstance(c, PatchCollection))
    assert drawn == 5  # four correlators and a marginal
    assert [text.get_text() for text in axes.texts] == ["1", "−1", "1/4", "1/2", "−1/2"]


def test_signs_have_a_legend_and_colours_of_their_own() -> None:
    axes = ns.plots.functional_matrix(FUNCTIONAL).axes[0]
    legend = axes.get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == ["positive", "negative"]
    faces = {tuple(np.round(c.get_facecolor()[0][:3], 3)) for c in axes.collections if isinstance(c, PatchCollection)}
    parties = {tuple(np.round(to_rgb(look.colour), 3)) for look in (style.ALICE, style.BOB)}
    assert len(faces) == 2
    assert not faces & parties
    alone = ns.plots.functional_matrix(ns.functionals.leggett3(ns.settings.leggett_triads(phi_deg=30))).axes[0]
    assert [text.get_text() for text in alone.get_legend().get_texts()] == ["negative"]
