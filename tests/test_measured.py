"""Decompositions of measured behaviours: noise neither makes nor hides a model, and data that signal are refused."""

import copy
import json
import math
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

import nsmodels as ns
from nsmodels import checker
from nsmodels.cli import app
from nsmodels.core.behaviour import StandardErrors
from nsmodels.errors import InputError
from nsmodels.files.problem import load

PAIRS = [(0, 0), (0, 1), (1, 2), (1, 3), (2, 4), (2, 5)]
NEARLY = [  # a box but for 0.1 σ of one probability
    [[[12005, 22502], [21368, 44783]], [[11880, 54], [21423, 111]]],
    [[[11879, 21999], [60, 106]], [[11736, 45], [49, 0]]],
]
SIGNALS = [[[[600, 100], [100, 100]], [[400, 100], [100, 100]]], [[[10, 100], [100, 100]], [[90, 100], [100, 100]]]]


def singlet_counts(phi_deg: float, shots: int, seed: int) -> tuple[np.ndarray, ns.Settings]:
    settings = ns.settings.leggett_triads(phi_deg=phi_deg)
    p = ns.behaviours.werner(settings, 0.98).to_probabilities()
    rng, counts = np.random.default_rng(seed), np.zeros((2, 2, 3, 6))
    for x, y in PAIRS:
        counts[:, :, x, y] = rng.multinomial(shots, p[:, :, x, y].ravel()).reshape(2, 2)
    return counts, settings


@pytest.fixture(scope="module")
def triads() -> ns.DecomposeResult:
    counts, settings = singlet_counts(36.87, 3000, 0)
    return ns.decompose(ns.Behaviour.from_counts(counts), ns.Leggett(settings))


def test_noisy_marginals_are_free_unless_asked_for(triads) -> None:
    """V of noisy correlators with C = −0.98 cos(φ/2) on average is near 2√2/3 / 0.98."""
    assert triads.question.marginals == "free"
    assert triads.value.lower == pytest.approx(2 * math.sqrt(2) / 3 / 0.98, abs=0.01)
    assert triads.has_model is False
    assert triads.measured.excess > 10
    asked = ns.decompose(triads.measured.table, triads.model, marginals="match")
    assert asked.value.upper < 1e-6  # noisy marginals of six directions obey no law in three dimensions
    assert asked.has_model is None  # and that is noise
    assert "compatible within the noise" in repr(asked)


@pytest.mark.parametrize("model", [ns.NonSignalling((2, 2)), ns.Bell((2, 2))])
@pytest.mark.parametrize("marginals", [None, "match", "free"])
def test_a_tenth_of_a_standard_deviation_is_no_exclusion(model, marginals) -> None:
    behaviour = ns.Behaviour.from_counts(NEARLY)
    assert not behaviour.is_nonsignalling_box()
    answer = ns.decompose(behaviour, model, marginals=marginals)
    assert answer.value.lower == 1.0
    assert answer.has_model
    assert (answer.measured.box is not None) == (marginals == "match")
    if marginals == "match":
        assert 0.0 < answer.measured.distance < 0.1
        assert answer.behaviour.is_nonsignalling_box()
        assert "nearest non-signalling box" in repr(answer)
    assert answer.verify()


def test_the_nearest_box_of_one_pair_is_known() -> None:
    """|A + B| − C = 1 + d is one half space: the nearest point is d/√(σ_A² + σ_B² + σ_C²) away, along its normal."""
    a, b, c = 0.8, 0.72, 0.5
    sigma = np.array([0.03, 0.02, 0.05])
    errors = StandardErrors([[sigma[2]]], [sigma[0]], [sigma[1]])
    answer = ns.decompose(ns.Behaviour([[c]], [a], [b], errors=errors), ns.Bell((1, 1)), marginals="match")
    step = (a + b - c - 1) / (sigma**2).sum() * sigma**2
    box = answer.measured.box
    assert [box.alice[0], box.bob[0], box.correlators[0, 0]] == pytest.approx([a - step[0], b - step[1], c + step[2]])
    assert answer.measured.distance == pytest.approx((a + b - c - 1) / math.sqrt((sigma**2).sum()))


def test_data_that_signal_are_refused_and_may_be_allowed() -> None:
    behaviour = ns.Behaviour.from_counts(SIGNALS, order="abxy")
    assert behaviour.no_signalling_test().z > 15
    with pytest.raises(InputError, match=r"depend on the other party's setting.*allow_signalling=True") as caught:
        ns.decompose(behaviour, ns.Bell((2, 2)))
    assert "\n" not in str(caught.value)
    answer = ns.decompose(behaviour, ns.Bell((2, 2)), allow_signalling=True)
    assert answer.question.allow_signalling
    assert answer.verify()
    far = ns.Behaviour([[0.0]], [0.9], [0.9], errors=StandardErrors([[0.01]], [0.01], [0.01]))
    with pytest.raises(InputError, match=r"nearest non-signalling box is 46\.2 σ away"):
        ns.decompose(far, ns.Bell((1, 1)), marginals="match")
    assert ns.decompose(far, ns.Bell((1, 1)), marginals="match", allow_signalling=True).value.lower == 1.0
    with pytest.raises(InputError, match="allow_signalling is 1"):
        ns.decompose(behaviour, ns.Bell((2, 2)), allow_signalling=1)  # type: ignore[arg-type]


def test_marginals_of_a_noisy_table_are_those_of_the_nearest_box() -> None:
    """Exact about that box, and as far from the table as `decompose` says."""
    settings = ns.settings.great_circle(4, 4)
    rng, counts = np.random.default_rng(1), np.zeros((2, 2, 4, 4))
    p = ns.behaviours.werner(settings, 0.995).to_probabilities()
    for x, y in np.ndindex(4, 4):
        counts[:, :, x, y] = rng.multinomial(300, p[:, :, x, y].ravel()).reshape(2, 2)
    table = ns.Behaviour.from_counts(counts)
    assert not table.is_nonsignalling_box()
    answer = ns.marginals(table)
    assert answer.behaviour.is_nonsignalling_box()
    assert answer.moved == ns.decompose(table, ns.NonSignalling((4, 4)), marginals="match").measured.distance
    assert "an estimate about the data" in repr(answer)
    assert answer.value.upper == ns.marginals(answer.behaviour).value.upper
    assert answer.verify()
    exact = ns.Behaviour(table.correlators, table.alice, table.bob)  # the same numbers, said to be exact
    with pytest.raises(InputError, match="no non-signalling box"):
        ns.marginals(exact)
    assert ns.marginals(ns.Behaviour.from_counts(counts[:, :, :1, :1])).moved is None  # one pair is always a box
    with pytest.raises(InputError, match="marginals: allow_signalling is 1"):
        ns.marginals(table, allow_signalling=1)  # type: ignore[arg-type]
    with pytest.raises(InputError, match=r"marginals: .*depend on the other party's setting.*allow_signalling=True"):
        ns.marginals(ns.Behaviour.from_counts(SIGNALS, order="abxy"))
    assert ns.marginals(ns.Behaviour.from_counts(SIGNALS, order="abxy"), allow_signalling=True).value.lower >= 0.0


def test_perfect_anticorrelation_in_few_trials_has_no_infinity() -> None:
    settings = ns.settings.leggett_triads(phi_deg=15)
    counts = np.zeros((2, 2, 3, 6))
    for x, y in PAIRS:
        counts[0, 1, x, y] = counts[1, 0, x, y] = 25
    behaviour = ns.Behaviour.from_counts(counts)
    answer = ns.decompose(behaviour, ns.Leggett(settings))
    assert 2.0 < answer.measured.excess < 4.0
    said = answer.inequality.evaluate(behaviour)
    assert said.violation_sigma is None
    assert "inf" not in repr(answer) + repr(said)


def test_the_p_value_is_none_too_small_where_a_model_is_true() -> None:
    """CHSH = 2 exactly: half of all samples exceed it, and fewer than one in a hundred is called excluded."""
    rng, model = np.random.default_rng(7), ns.Bell((2, 2))
    p = np.asarray(ns.Behaviour([[0.5, 0.5], [0.5, -0.5]], [0, 0], [0, 0]).to_probabilities())
    excluded = exceeded = 0
    for _ in range(40):
        counts = np.zeros((2, 2, 2, 2))
        for x, y in np.ndindex(2, 2):
            counts[:, :, x, y] = rng.multinomial(300, p[:, :, x, y].ravel()).reshape(2, 2)
        answer = ns.decompose(ns.Behaviour.from_counts(counts), model, tolerance=1e-3)
        exceeded += answer.value.upper < 1.0
        excluded += answer.has_model is False
    assert exceeded >= 10
    assert excluded <= 1


# -- files ------------------------------------------------------------------------------------------------------------

HEAD = 'schema = 1\nkind = "visibility"\n[model]\nname = "bell"\n[behaviour]\n'
ROWS = "[[0,0,12005,11880,11879,11736],[0,1,22502,54,21999,45],[1,0,21368,21423,60,49],[1,1,44783,111,106,0]]"
SIGNALLING = "[[0,0,600,400,10,90],[0,1,100,100,100,100],[1,0,100,100,100,100],[1,1,100,100,100,100]]"


def test_answers_are_saved_with_their_counts_and_loaded(triads, tmp_path) -> None:
    signalling = ns.Behaviour.from_counts(SIGNALS, order="abxy")
    few = ns.Behaviour([[0.5]], [0.8], [0.72], errors=StandardErrors([[0.05]], [0.1], [0.1]))
    for k, answer in enumerate((
        triads,
        ns.decompose(ns.Behaviour.from_counts(NEARLY), ns.Bell((2, 2)), marginals="match"),
        ns.decompose(signalling, ns.NonSignalling((2, 2)), marginals="match", allow_signalling=True),
        ns.decompose(few, ns.Bell((1, 1)), marginals="match"),
    )):  # fmt: skip
        path = answer.save(tmp_path / f"{k}.json")
        again = ns.load(path)
        assert repr(again) == repr(answer)
        assert again.to_json() == answer.to_json()
        assert again.has_model == answer.has_model
        assert again.verify()
        assert ("counts" in again.question.problem["behaviour"]) == (k < 3)


FORGERIES: dict[str, Any] = {
    "another box": lambda r: r["measured"]["box"].update(alice=[0.5, 0.5]),
    "another distance": lambda r: r["measured"].update(distance=0.01),
    "no box": lambda r: r["measured"].update(box=None),
    "no measurement": lambda r: r.pop("measured"),
    "one thing more": lambda r: r["measured"].update(more=1),
    "other counts": lambda r: r["problem"]["behaviour"]["counts"][3].__setitem__(5, 9),
    "marginals free": lambda r: r["problem"]["behaviour"].update(marginals="free"),
}


@pytest.mark.parametrize("name", FORGERIES)
def test_forged_boxes_are_refused(name, tmp_path) -> None:
    from hashlib import sha256

    answer = ns.decompose(ns.Behaviour.from_counts(NEARLY), ns.Bell((2, 2)), marginals="match")
    content = json.loads(answer.save(tmp_path / "r.json").read_text())
    assert all(holds for holds, _ in checker.check(content))
    forged = copy.deepcopy(content)
    FORGERIES[name](forged)
    text = json.dumps(forged["problem"], sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    forged["problem_sha256"] = sha256(text.encode()).hexdigest()
    claims = checker.check(forged)
    assert not claims or not all(holds for holds, _ in claims)


def test_the_command_line_says_how_far_and_refuses(tmp_path) -> None:
    runner = CliRunner()
    near, far = tmp_path / "near.toml", tmp_path / "far.toml"
    near.write_text(HEAD + f'counts = {ROWS}\nmarginals = "match"\n')
    done = runner.invoke(app, ["run", str(near), "--out", str(tmp_path)])
    assert done.exit_code == 0, done.output
    assert "σ, from the measured table to the nearest non-signalling box" in done.output
    assert runner.invoke(app, ["verify", str(tmp_path / "near.json")]).exit_code == 0
    assert runner.invoke(app, ["report", str(tmp_path / "near.json"), "--out", str(tmp_path / "p.html")]).exit_code == 0
    far.write_text(HEAD + f"counts = {SIGNALLING}\n")
    done = runner.invoke(app, ["run", str(far), "--out", str(tmp_path)])
    assert done.exit_code == 2, done.output
    assert "far.toml:5: behaviour: the marginals depend on the other party's setting" in done.output
    assert "or give allow_signalling = true in [options] to go on" in " ".join(done.output.split())
    far.write_text(HEAD + f"counts = {SIGNALLING}\n[options]\nallow_signalling = true\n")
    assert runner.invoke(app, ["run", str(far), "--out", str(tmp_path)]).exit_code == 0
    assert runner.invoke(app, ["verify", str(tmp_path / "far.json")]).exit_code == 0


def test_counts_and_errors_of_files_are_those_of_python(tmp_path) -> None:
    path = tmp_path / "p.toml"
    path.write_text(HEAD + f"counts = {ROWS}\n")
    read = load(path)
    assert read.behaviour.counts is not None
    assert read.marginals == "free"
    assert np.array_equal(read.behaviour.correlators, ns.Behaviour.from_counts(NEARLY).correlators)
    table = "correlators = [[0.5]]\nalice = [0.8]\nbob = [0.72]\n"
    path.write_text(HEAD + table + "errors = {correlators = [[0.05]], alice = [0.1], bob = [0.2]}\n")
    assert load(path).marginals == "free"
    assert load(path).behaviour.errors is not None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("counts = [[0,0,1,2,-3,4]]\n", "not negative"),
        ("counts = [[0,0,1,2,3.5,4]]\n", "whole numbers"),
        ("counts = [[0,0,1,2,3]]\n", "alice, bob, pp"),
        ("counts = [[0,0,0,0,0,0]]\n", "no counts|never|counts"),
        ("counts = [[0,0,5,5,5,5],[1,1,5,5,5,5],[3,0,5,5,5,5]]\n", "setting 2"),
        ('counts = [[0,0,1,2,3,4]]\nname = "pr_box"\n', "beside counts"),
        ("counts = [[0,0,1,2,3,4]]\npairs = [[0,0]]\n", "not used"),
        ("correlators = [[0.5]]\nerrors = [[0.1]]\n", "must be a table"),
        ("correlators = [[0.5]]\nerrors = {correlators = [[-0.1]]}\n", "negative"),
        ("correlators = [[0.5]]\nerrors = {alice = [0.1]}\n", "correlators"),
        ("correlators = [[0.5]]\nerrors = {correlators = [[0.1]], bob = [0.1]}\n", "no marginals"),
        ("correlators = [[0.5]]\n[options]\nallow_signalling = true\n", "measured"),
        ('name = "pr_box"\nerrors = {correlators = [[0.1]]}\n', "not used"),
    ],
)
def test_bad_measurements_get_one_line(tmp_path, text, words) -> None:
    path = tmp_path / "question.toml"
    path.write_text(HEAD + text)
    with pytest.raises(InputError, match=words) as caught:
        load(path)
    assert "\n" not in str(caught.value)
    assert "question.toml:" in str(caught.value)


def test_counts_belong_to_no_local_content(tmp_path) -> None:
    path = tmp_path / "question.toml"
    path.write_text('schema = 1\nkind = "local_content"\n[behaviour]\ncounts = [[0,0,1,2,3,4]]\n')
    with pytest.raises(InputError, match=r'counts: not used by kind = "local_content"'):
        load(path)


def test_marginals_of_counts_are_asked_in_files_as_in_python(tmp_path) -> None:
    """The command says how far the nearest box is, which the checker proves; a forged distance or box is refused."""
    runner, head = CliRunner(), 'schema = 1\nkind = "marginals"\n[behaviour]\n'
    near, far = tmp_path / "near.toml", tmp_path / "far.toml"
    near.write_text(head + f'counts = {ROWS}\nmarginals = "match"\n')
    done = runner.invoke(app, ["run", str(near), "--out", str(tmp_path)])
    assert done.exit_code == 0, done.output
    assert "σ, from the measured table to the nearest non-signalling box" in done.output
    found, asked = ns.load(tmp_path / "near.json"), ns.marginals(ns.Behaviour.from_counts(NEARLY))
    assert (found.moved, found.value) == (asked.moved, asked.value)
    assert found.moved > 0.0
    content = json.loads((tmp_path / "near.json").read_text())
    assert all(holds for holds, _ in checker.check(content))
    for path, value in ((("distance",), 0.0), (("box", "alice", 0), 0.99), (("remark",), "none")):
        forged = json.loads(json.dumps(content))
        inner = forged["measured"]
        for key in path[:-1]:
            inner = inner[key]
        inner[path[-1]] = value
        assert not all(holds for holds, _ in checker.check(forged)), path
    far.write_text(head + f"counts = {SIGNALLING}\n")
    done = runner.invoke(app, ["run", str(far), "--out", str(tmp_path)])
    assert done.exit_code == 2, done.output
    assert "far.toml:3: behaviour: the marginals depend on the other party's setting" in done.output
    far.write_text(head + "correlators = [[0]]\nalice = [0.9]\nbob = [0.9]\nmarginals = \"match\"\n"
                   "errors = {correlators = [[0.01]], alice = [0.01], bob = [0.01]}\n")  # fmt: skip
    done = runner.invoke(app, ["run", str(far), "--out", str(tmp_path)])
    assert done.exit_code == 2, done.output
    assert '(marginals = "free" in [behaviour])' in " ".join(done.output.split())


@pytest.mark.parametrize("level", ["1", "1+AB"])
@pytest.mark.parametrize(("correlator", "excluded"), [(0.75, True), (0.715, None)])
def test_quantum_theory_and_noise(level: str, correlator: float, excluded: bool | None) -> None:
    """S = 3 exceeds Tsirelson's bound by 6.6 standard deviations, S = 2.86 by 1.2."""
    equal = round(1000 * (1 + correlator))
    rows = [[equal, 2000 - equal, 2000 - equal, equal]] * 3 + [[2000 - equal, equal, equal, 2000 - equal]]
    counts = np.array(rows).reshape(2, 2, 2, 2).transpose(2, 3, 0, 1)
    answer = ns.decompose(ns.Behaviour.from_counts(counts), ns.Quantum((2, 2), level=level))
    assert answer.value.upper == pytest.approx(1 / (math.sqrt(2) * correlator), abs=1e-6)
    assert answer.measured.excess == pytest.approx(
        (4 * correlator - 2 * math.sqrt(2)) / math.sqrt(4 * (1 - correlator**2) / 4000), rel=0.01
    )
    assert answer.has_model is (False if excluded else None)
    assert (answer.measured.p_value is not None and answer.measured.p_value < 1e-4) is bool(excluded)
