"""Pictures: every kind can be drawn and saved in three formats, says what it should, and refuses the impossible."""

import io
import json
import math
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import pytest

import nsmodels as ns
from nsmodels.errors import InputError, MissingExtraError
from nsmodels.files import result as results
from nsmodels.files.loading import answer_of
from nsmodels.files.problem import load
from nsmodels.plots import globe, style
from nsmodels.plots.bounds import opening_angle
from nsmodels.studies import measurements

ROOT = Path(__file__).parent.parent


@pytest.fixture(autouse=True)
def agg() -> Iterator[None]:
    """Draw without a screen, and leave no figure behind: these pictures never enter pyplot's list."""
    before = matplotlib.rcParams.copy()
    matplotlib.use("Agg")
    yield
    pyplot = sys.modules.get("matplotlib.pyplot")
    assert pyplot is None or pyplot.get_fignums() == []
    changed = {key for key in before if before[key] != matplotlib.rcParams[key]}
    assert changed <= {"backend", "backend_fallback", "interactive"}


def bound_at(phi_deg: float, eta: float = 1.0) -> Any:
    settings = ns.settings.leggett_triads(phi_deg=phi_deg)
    return ns.bound(ns.functionals.leggett3(settings), ns.Leggett(settings=settings, eta=eta))


def singlet_marginals(settings: ns.Settings) -> Any:
    return ns.marginals(ns.behaviours.singlet(settings))


@pytest.fixture(scope="module")
def wide() -> Any:
    """The decomposition at 70 degrees, where the inequality is not L3."""
    settings = ns.settings.leggett_triads(phi_deg=70.0)
    return ns.decompose(ns.behaviours.singlet(settings), ns.Leggett(settings=settings))


def saved(figure: Any, tmp_path: Path, name: str = "picture") -> str:
    """Save as SVG, with texts as texts, and return it: no panel is empty, no number is none."""
    assert figure.axes
    for axes in figure.axes:
        places = [np.column_stack([line.get_xdata(), line.get_ydata()]).astype(float) for line in axes.lines]
        lines = any(np.isfinite(place).all(axis=1).any() for place in places)
        assert lines or axes.collections or axes.images or axes.patches or not axes.axison, axes.get_title()
    with matplotlib.rc_context({"svg.fonttype": "none"}):
        figure.savefig(tmp_path / f"{name}.svg")
    text = (tmp_path / f"{name}.svg").read_text(encoding="utf-8")
    assert not re.search(r">[^<>]*\b(nan|inf|None)\b[^<>]*</text>", text)
    return text


def test_a_figure_without_content_is_no_picture(tmp_path: Path) -> None:
    empty, nowhere, said = style.drawing_board(4.0, 3.0), style.drawing_board(4.0, 3.0), style.drawing_board(4.0, 3.0)
    empty.add_subplot()
    nowhere.add_subplot().plot([math.nan], [1.0])
    said.add_subplot().plot([0.0], [1.0])
    said.axes[0].set_title("width nan")
    for figure in (empty, nowhere, said):
        with pytest.raises(AssertionError):
            saved(figure, tmp_path)


# -- settings and spheres ---------------------------------------------------------------------------------------------


def test_settings_on_the_sphere_carry_their_labels(tmp_path: Path) -> None:
    text = saved(ns.plots.settings_on_sphere(ns.settings.leggett_triads(phi_deg=40), title="figure 1"), tmp_path)
    for label in ("A0", "A1", "A2", "B0", "B5", "Alice", "Bob", "figure 1"):
        assert f">{label}<" in text


def test_many_settings_are_points_without_labels(tmp_path: Path) -> None:
    assert ">A0<" not in saved(ns.plots.plot(ns.settings.fibonacci(60, 60)), tmp_path)


def test_labels_do_not_cover_each_other() -> None:
    for settings in (ns.settings.leggett_triads(phi_deg=40), ns.settings.chsh(), ns.settings.half_circle(5),
                     measurements.trapped_ion(30).settings):  # fmt: skip
        assert settings is not None
        figure = ns.plots.settings_on_sphere(settings)
        figure.draw_without_rendering()
        texts = [text for text in figure.axes[0].texts if text.get_text()[0] in "ABab"]
        boxes = [text.get_window_extent().padded(-2.0) for text in texts]
        assert len(boxes) == sum(settings.shape)
        for k, box in enumerate(boxes):
            assert not any(box.overlaps(other) for other in boxes[:k]), texts[k].get_text()
            assert figure.bbox.contains(box.x0, box.y0)
            assert figure.bbox.contains(box.x1, box.y1)


def test_the_projection_is_a_rotation_with_z_up() -> None:
    axes = style.drawing_board(2, 2).add_subplot()
    sphere = globe.Globe(axes, (20.0, 30.0))
    np.testing.assert_allclose(sphere.frame @ sphere.frame.T, np.eye(3), atol=1e-15)
    assert np.linalg.det(sphere.frame) == pytest.approx(1.0)
    ((x, y, depth),) = sphere.project([0.0, 0.0, 1.0])
    assert (x, y > 0.9, depth > 0) == (0.0, True, True)


def test_hidden_states_have_areas_like_their_weights(wide: Any) -> None:
    figure = ns.plots.hidden_states(wide)
    for axes in figure.axes:
        sizes = np.concatenate([c.get_sizes() for c in axes.collections])
        assert len(sizes) == len(wide.decomposition)
        weights = np.sort(wide.decomposition.weights)
        np.testing.assert_allclose(np.sort(sizes), 320 * weights / weights[-1])


def test_hidden_states_of_deterministic_models_are_a_table(tmp_path: Path) -> None:
    settings = ns.settings.chsh()
    result = ns.decompose(ns.behaviours.singlet(settings), ns.Bell(settings=settings))
    text = saved(ns.plots.hidden_states(result), tmp_path)
    assert ">weight<" in text
    with pytest.raises(InputError, match="not vectors"):
        ns.plots.turn_hidden_states(result)
    saved(result.plot(), tmp_path)


# -- answers ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", ["svg", "pdf", "png"])
def test_answers_are_drawn_in_every_format(suffix: str, tmp_path: Path, wide: Any) -> None:
    for name, result in (("bound", bound_at(40.0)), ("visibility", wide), ("marginals",
                         singlet_marginals(ns.settings.half_circle(4)))):  # fmt: skip
        result.plot().savefig(tmp_path / f"{name}.{suffix}")
        assert (tmp_path / f"{name}.{suffix}").stat().st_size > 5000


def test_a_bound_without_settings_and_one_that_was_cut_short(tmp_path: Path) -> None:
    text = saved(ns.bound(ns.functionals.chsh(), ns.Bell((2, 2))).plot(), tmp_path)
    assert ">chsh<" in text
    assert "singlet" not in text
    settings = ns.settings.fibonacci(12, 12)
    functional = ns.Functional(np.random.default_rng(1).normal(size=(12, 12)))
    short = ns.bound(functional, ns.Leggett(settings=settings), tolerance=1e-12, time_limit_s=1e-3)
    assert "attained" in saved(short.plot(), tmp_path)


def test_the_violation_is_written(tmp_path: Path) -> None:
    text = saved(bound_at(math.degrees(2 * math.atan(1 / 3))).plot(), tmp_path)
    assert "violation 0.1082" in text
    assert "singlet 1.8973666" in text


def test_a_result_shows_itself_in_a_notebook(wide: Any) -> None:
    assert wide.plot()._repr_png_().startswith(b"\x89PNG")


def test_an_answer_without_inequality(tmp_path: Path) -> None:
    settings = ns.settings.leggett_triads(phi_deg=40.0)
    result = ns.decompose(ns.behaviours.werner(settings, 0.5), ns.Leggett(settings=settings))
    assert result.has_model
    assert "the correlations have a model" in saved(result.plot(), tmp_path)


def test_nothing_else_is_drawn() -> None:
    with pytest.raises(InputError, match="no picture of a str"):
        ns.plots.plot("result")


# -- figure 3 ---------------------------------------------------------------------------------------------------------


def test_bounds_against_the_angle_with_measured_points(tmp_path: Path) -> None:
    angles = (-60.0, -30.0, 15.0, 30.0)
    pure = [bound_at(angle) for angle in angles]
    figure = ns.plots.bound_against_phi({"η = 1": pure, "η = ½": [bound_at(angle, 0.5) for angle in angles]})
    axes = figure.axes[0]
    drawn = [line for line in axes.lines if len(line.get_xdata()) == 4 and line.get_linestyle() != "None"]
    np.testing.assert_allclose(drawn[0].get_xdata(), angles)
    theory = [2 - 2 / 3 * math.sin(math.radians(abs(angle)) / 2) for angle in angles]
    np.testing.assert_allclose(drawn[0].get_ydata(), theory, atol=1e-6)
    labels = [text.get_text() for text in axes.get_legend().get_texts()]
    assert labels == ["singlet, 2 cos(φ/2)", "η = 1", "η = ½", "photon pairs, 2008", "trapped ion, raw data"]
    assert len({line.get_marker() for line in axes.lines if line.get_marker() not in ("None", "_")}) >= 4
    saved(figure, tmp_path)
    assert opening_angle(bound_at(20.0)) == 20.0


def test_an_angle_is_needed() -> None:
    with pytest.raises(InputError, match="leggett_triads"):
        ns.plots.bound_against_phi([ns.bound(ns.functionals.chsh(), ns.Bell((2, 2)))])
    with pytest.raises(InputError, match="no results"):
        ns.plots.bound_against_phi([])


def test_published_points() -> None:
    """Values and σ as printed in arXiv:0801.2241, and L3 of the raw data: 1.904733, σ = 0.00249, 31 σ above."""
    plus = next(p for p in measurements.PHOTONS if p.phi_deg == 30.0)
    assert (plus.value, plus.error) == (1.9005, 0.0010)
    ion = next(p for p in measurements.trapped_ion_l3() if p.phi_deg == 30.0)
    assert ion.value == pytest.approx(1.904733, abs=1e-6)
    assert ion.error == pytest.approx(0.00249, abs=1e-5)
    bound = 2 - 2 / 3 * math.sin(math.radians(15.0))
    assert (ion.value - bound) / ion.error == pytest.approx(31.0, abs=0.1)
    with pytest.raises(InputError, match="there are at -30, 15, 30, 60"):
        measurements.trapped_ion(31.0)


@pytest.mark.parametrize("phi_deg", measurements.TRAPPED_ION_ANGLES)
def test_settings_of_the_raw_data_are_those_of_figure_1_up_to_a_mirror(phi_deg: float) -> None:
    """The scalar products a_i·b_j of the six pairs and the angles among Bob's pairs are the same."""
    mine, other = measurements.trapped_ion(phi_deg).settings, ns.settings.leggett_triads(phi_deg=phi_deg)
    assert mine is not None
    for i in range(3):
        for j in (2 * i, 2 * i + 1):
            assert mine.alice[i] @ mine.bob[j] == pytest.approx(other.alice[i] @ other.bob[j], abs=1e-15)
    differences = mine.bob[::2] - mine.bob[1::2]
    np.testing.assert_allclose(differences @ differences.T, 4 * math.sin(math.radians(phi_deg) / 2) ** 2 * np.eye(3),
                               atol=1e-15)  # fmt: skip


# -- matrices, graphs, curves -----------------------------------------------------------------------------------------


def test_signs_have_shapes_and_sizes_have_areas(tmp_path: Path) -> None:
    functional = ns.Functional([[1.0, -0.25], [0.0, 0.5]], alice=[0.0, -1.0], constant=2.0)
    figure = ns.plots.inequality_matrix(ns.Inequality(functional, 3.0, model="leggett"))
    squares, discs = figure.axes[0].collections
    assert len(squares.get_paths()) == 2
    assert len(discs.get_paths()) == 2
    extents = sorted(path.get_extents().width for path in squares.get_paths())
    assert extents[0] / extents[1] == pytest.approx(math.sqrt(0.5))
    text = saved(figure, tmp_path)
    assert ">−1/4<" in text
    assert "2 + ⟨f, P⟩ ≤ 3, leggett" in text


def test_large_inequalities_have_no_numbers(tmp_path: Path) -> None:
    table = np.random.default_rng(0).normal(size=(40, 30))
    saved(ns.plots.functional_matrix(ns.Functional(table)), tmp_path)


def test_the_chain_is_drawn_in_the_graph(tmp_path: Path) -> None:
    result = singlet_marginals(ns.settings.half_circle(3))
    text = saved(ns.plots.settings_graph_with_chain(result, "B0"), tmp_path)
    assert "6 steps" in text
    assert "0.401924" in text
    for node in result.path("B0"):
        assert f">{node.replace('-', '−')}<" in text
    arrows = [patch for patch in ns.plots.settings_graph_with_chain(result).axes[0].patches]
    assert len(arrows) == 6


@pytest.mark.parametrize("behaviour", [ns.behaviours.pr_box(), ns.behaviours.singlet(ns.settings.fibonacci(5, 5))])
def test_graphs_of_other_behaviours(behaviour: ns.Behaviour, tmp_path: Path) -> None:
    saved(ns.marginals(behaviour).plot(), tmp_path)


def test_large_graphs_become_points(tmp_path: Path) -> None:
    result = singlet_marginals(ns.settings.half_circle(40))
    with pytest.raises(InputError, match="too many"):
        ns.plots.settings_graph_with_chain(result)
    assert len(result.plot().axes) == 1


def test_marginals_against_the_number_of_settings(tmp_path: Path) -> None:
    circle = [singlet_marginals(ns.settings.half_circle(n)) for n in (2, 5, 10)]
    figure = ns.plots.largest_marginal({"half circle": circle}, visibilities=(1.0, 0.98))
    axes = figure.axes[0]
    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log")
    curve = axes.lines[0]
    for n, value in zip(curve.get_xdata(), curve.get_ydata(), strict=True):
        assert value == pytest.approx(2 * n * math.sin(math.pi / (4 * n)) ** 2, rel=1e-12)
    saved(figure, tmp_path)
    with pytest.raises(InputError, match="no results"):
        ns.plots.largest_marginal({})


def test_visibility_curves(tmp_path: Path) -> None:
    settings = ns.settings.fibonacci(4, 5)
    answers = [ns.decompose(ns.behaviours.singlet(settings), ns.Leggett(settings=settings, eta=eta), tolerance=1e-2)
               for eta in (0.5, 1.0)]  # fmt: skip
    saved(ns.plots.visibility_against_purity({"4×5": answers}), tmp_path)
    assert "0.853553" in saved(ns.plots.critical_visibility({"4×5": answers[1:]}), tmp_path)
    assert ns.plots.visibility_for_all_settings(1.0) == pytest.approx((2 + math.sqrt(2)) / 4)
    assert ns.plots.visibility_for_all_settings(0.0) == 1.0


def test_an_enclosure_closes_in_time(tmp_path: Path, wide: Any) -> None:
    trace = ns.plots.Trace()
    for lower, upper, seconds in ((0.0, 2.0, 0.1), (-math.inf, math.inf, 0.15), (0.9, 1.1, 0.2)):
        trace(lower, upper, 7, seconds)
    figure = ns.plots.enclosure_in_time(trace)
    np.testing.assert_allclose(figure.axes[1].lines[0].get_ydata(), [2.0, 0.2])
    saved(figure, tmp_path)
    widths = ns.plots.enclosure_in_time(wide).axes[1].lines[0].get_ydata()
    assert widths[-1] == pytest.approx(wide.visibility.width, rel=1e-6)
    with pytest.raises(InputError, match="nothing was remembered"):
        ns.plots.enclosure_in_time(ns.plots.Trace())


@pytest.mark.parametrize("seed", range(8))
def test_no_crossing_is_drawn(seed):
    rng = np.random.default_rng(seed)
    trace = ns.plots.Trace()
    for step, (lower, upper) in enumerate(np.sort(rng.random((12, 2)), axis=1)[:, :: rng.choice([-1, 1])]):
        trace(float(lower), float(upper), step, 0.1 * step)
    result = ns.bound(ns.functionals.chsh(), ns.Bell((2, 2)))
    for drawn in (ns.plots.enclosure_in_time(trace), ns.plots.enclosure_in_time(trace, result)):
        upper, lower = (drawn.axes[0].lines[k].get_ydata() for k in range(2))
        assert (lower <= upper).all()
        assert (drawn.axes[1].lines[0].get_ydata() > 0.0).all()
        drawn.savefig(io.BytesIO(), format="png")


# -- result files -----------------------------------------------------------------------------------------------------

FILES = {
    "bound": 'kind = "bound"\nmodel = {name = "leggett"}\nsettings = {family = "leggett_triads", phi_deg = 40}\n'
             'functional = {name = "leggett3"}\n',
    "visibility": 'kind = "visibility"\nmodel = {name = "bell"}\nsettings = {family = "chsh"}\n',
    "marginals": 'kind = "marginals"\nsettings = {family = "half_circle", n = 3}\n',
}  # fmt: skip


@pytest.fixture(scope="module", params=FILES)
def written(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A problem, its answer, and the content of its result file."""
    path = tmp_path_factory.mktemp("files") / f"{request.param}.toml"
    path.write_text("schema = 1\n" + FILES[request.param], encoding="utf-8")
    question = load(path)
    answer = question.ask()
    return question, answer, json.loads(results.to_text(results.assemble(question, answer.to_json(), 0.0)))


def test_a_result_file_is_drawn_like_its_answer(written: Any, tmp_path: Path) -> None:
    question, answer, content = written
    drawn = [re.findall(r">([^<>\n]+)</text>", saved(figure, tmp_path))
             for figure in (answer.plot(), answer_of(content, question, "x.json").plot())]  # fmt: skip
    assert drawn[0] == drawn[1]


@pytest.mark.parametrize("evil", ["<b>", None, float("nan"), True, [], {}])
def test_only_numbers_are_drawn(written: Any, evil: Any) -> None:
    question, _, content = written
    ends = {"lower": evil, "upper": evil}
    sides = {party: [ends for _ in side] for party, side in content.get("marginals", {}).items()}
    with pytest.raises(InputError, match=r"x\.json: malformed result"):
        answer_of(content | {"value": ends, "marginals": sides}, question, "x.json")


# -- extras -----------------------------------------------------------------------------------------------------------


def test_spheres_to_be_turned(wide: Any) -> None:
    pytest.importorskip("plotly", reason="the extra interactive is not installed")
    figure = ns.plots.turn_hidden_states(wide)
    assert {trace.name for trace in figure.data} >= {"u", "v"}
    assert len(ns.plots.turn_settings(ns.settings.leggett_triads(phi_deg=40)).data) == 6


def test_a_missing_extra_is_answered_with_the_command_that_adds_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "plotly.graph_objects", None)
    with pytest.raises(MissingExtraError, match=r'pip install "nsmodels\[interactive\]"'):
        ns.plots.turn_settings(ns.settings.chsh())


def test_colours_stay_apart_in_grey() -> None:
    """Where two colours are close in grey, marks differ: Alice is full and round, Bob open and angular."""
    assert (style.ALICE.marker, style.ALICE.filled) != (style.BOB.marker, style.BOB.filled)
    assert style.BOB.face == "white"
    assert {style.BLUE, style.VERMILLION, style.GREEN, style.ORANGE, style.SKY} == {
        "#0072B2", "#D55E00", "#009E73", "#E69F00", "#56B4E9",
    }  # fmt: skip


def test_the_picture_of_the_readme_is_made_by_its_script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "docs"))
    monkeypatch.setattr(sys, "argv", ["pictures.py", str(tmp_path)])
    import pictures

    pictures.main()
    new, old = ((folder / "nsmodels.svg").stat().st_size for folder in (tmp_path, ROOT / "docs"))
    assert old / 1.2 < new < 1.2 * old < 300_000
