"""Pictures for journals: TrueType fonts, widths of columns and pages, no noise, one colour for one meaning."""

from __future__ import annotations

import io
import re
import sys
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


def test_noise_of_solvers_is_not_written_but_kept() -> None:
    assert FUNCTIONAL.text() == "1/4 A1 + C00 − C01 + 1/2 C11 − 1/2 C12"
    assert FUNCTIONAL.latex() == r"\tfrac{1}{4}\,A_{1} + C_{00} - C_{01} + \tfrac{1}{2}\,C_{11} - \tfrac{1}{2}\,C_{12}"
    inequality = ns.Inequality(FUNCTIONAL, 2.0)
    assert "e-1" not in inequality.text() + inequality.latex() + repr(inequality) + inequality._repr_html_()
    kept = inequality.to_json()
    assert kept["correlators"][0][2] == 1e-12
    assert kept["bob"][1] == 1e-11
    small = ns.Functional([[1e-12, 2e-12]])  # what is small throughout is no noise
    assert small.text().count("C0") == 2
    assert ns.Functional([[1.0]], constant=1e-17).text() == "C00"


@pytest.mark.parametrize("name", ["leggett_l3", "visibility_l3_70deg", "visibility_chsh_bell", "chain_6"])
def test_no_axis_has_an_offset(name: str) -> None:
    figure = ns.load(RESULTS / f"{name}.json").plot()
    figure.savefig(io.BytesIO(), format="png")
    drawn = [ax for ax in figure.axes if ax.axison]
    assert drawn
    for ax in [ax for ax in drawn if ax.get_yscale() == "linear"]:
        assert not ax.xaxis.get_offset_text().get_text()
        assert not ax.yaxis.get_offset_text().get_text()
        longest = max((len(label.get_text()) for label in ax.get_yticklabels()), default=0)
        assert longest <= 12, f"{name}: {longest} characters on an axis"


def test_parts_of_a_hull_are_told_apart_also_in_files(tmp_path: Path) -> None:
    s = ns.settings.leggett_triads(phi_deg=40.0)
    local = ns.Behaviour(np.ones((3, 6)), np.ones(3), np.ones(6))
    target = ns.behaviours.werner(s, 0.9).mix(local, 0.5)  # needs states of both kinds
    hull = ns.Hull([ns.Bell((3, 6)), ns.Leggett(settings=s)])
    ns.decompose(target, hull, marginals="match").save(tmp_path / "mixed.json")
    answer = ns.load(tmp_path / "mixed.json")
    assert isinstance(answer, ns.DecomposeResult)
    assert answer.decomposition is not None
    figure = answer.plot()
    shades = next(ax for ax in figure.axes if ax.images)
    bars = next(ax for ax in figure.axes if ax.get_xlabel() == "weight")
    legend = bars.get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == ["bell", "leggett"]
    looks = [{(bar.get_hatch(), bar.get_facecolor()) for bar in group} for group in bars.containers]
    assert [len(look) for look in looks] == [1, 1]
    assert looks[0] != looks[1]
    assert [len(group) for group in bars.containers] == np.bincount(answer.decomposition.part).tolist()
    order = np.argsort(-answer.decomposition.weights, kind="stable")
    exact = np.hstack([answer.decomposition.alice, answer.decomposition.bob])[order]
    assert np.asarray(shades.images[0].get_array()) == pytest.approx(exact, abs=1e-12)


def test_a_state_is_an_integer_on_its_axis() -> None:
    answer = ns.decompose(ns.Behaviour([[1.0]], [1.0], [1.0]), ns.Bell((1, 1)))
    figure = answer.plot()
    figure.savefig(io.BytesIO(), format="png")
    bars = next(ax for ax in figure.axes if ax.get_xlabel() == "weight")
    assert [label.get_text() for label in bars.get_yticklabels()] == ["0"]


def test_the_graph_is_left_out_where_its_settings_hide_each_other() -> None:
    for n, panels in ((6, 2), (7, 1)):
        assert len(ns.marginals(ns.behaviours.singlet(ns.settings.half_circle(n))).plot().axes) == panels


def test_spheres_to_be_turned_say_plain_numbers_and_join_pairs() -> None:
    pytest.importorskip("plotly", reason="the extra interactive is not installed")
    answer = ns.load(RESULTS / "visibility_l3_70deg.json")
    assert isinstance(answer, ns.DecomposeResult)
    assert answer.decomposition is not None
    for figure in (ns.plots.turn_hidden_states(answer), ns.plots.turn_settings(ns.settings.leggett_triads(phi_deg=30))):
        layout = figure.layout
        assert layout.width is None
        assert layout.autosize is True
        assert not any(axis.showspikes for axis in (layout.scene.xaxis, layout.scene.yaxis, layout.scene.zaxis))
        for trace in figure.data:
            assert trace.hoverinfo == "skip" or re.search(r"%\{x:\.4f\}.*<extra></extra>", trace.hovertemplate)
    (lines,) = [trace for trace in ns.plots.turn_hidden_states(answer).data if trace.name == "pairs u, v"]
    ends = np.column_stack([lines.x, lines.y, lines.z]).astype(float)
    assert ends[0::3] == pytest.approx(answer.decomposition.u)
    assert ends[1::3] == pytest.approx(answer.decomposition.v)
    assert np.isnan(ends[2::3]).all()


def test_the_hidden_state_of_a_bound_is_joined_and_parties_have_a_legend() -> None:
    globe = ns.load(RESULTS / "leggett_l3.json").plot().axes[0]
    legend = globe.get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == ["Alice", "Bob"]
    stars = [line.get_xydata()[0] for line in globe.lines if line.get_marker() == "*" and len(line.get_xdata())]
    assert len(stars) == 2
    assert any(np.allclose(line.get_xydata(), stars) for line in globe.lines if len(line.get_xdata()) == 2)


def test_l3_with_sliders(monkeypatch: pytest.MonkeyPatch) -> None:
    """The marks are the theorem's and quantum mechanics' values; a missing extra gets one line."""
    axes = ns.plots.l3_at(phi_deg=60.0, eta=0.5, visibility=0.9).axes[0]
    bound, singlet = (float(line.get_ydata()[0]) for line in axes.lines if len(line.get_xdata()) == 1)
    assert bound == pytest.approx(2.0 - 1.0 / 6.0, abs=2e-6)
    assert singlet == pytest.approx(1.8 * np.cos(np.pi / 6), abs=1e-12)
    assert axes.get_title().startswith("not violated")
    with pytest.raises(InputError):
        ns.plots.l3_at(eta=1.5)
    monkeypatch.setitem(sys.modules, "ipywidgets", None)
    with pytest.raises(ns.errors.MissingExtraError, match=r'pip install "nsmodels\[notebooks\]"'):
        ns.plots.l3_with_sliders()


def test_a_local_content_of_nothing_is_said_and_no_page_fails() -> None:
    """The PR box has none: its page has a picture that says so."""
    figure = ns.load(RESULTS / "local_content_pr_box.json").plot()
    assert [text.get_text() for text in figure.axes[0].texts] == ["the local content is 0: there is no local part"]
