"""What is displayed is true: ends are rounded outward, wide enclosures are called wide, states are counted right."""

import dataclasses
import io
import json
import re
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

import nsmodels as ns
from nsmodels.command import report
from nsmodels.command.derive import derivation
from nsmodels.command.explain import explanation
from nsmodels.command.summary import as_text, summary
from nsmodels.core.enclosure import WIDE, Enclosure
from nsmodels.files import result as results
from nsmodels.files.loading import answer_of
from nsmodels.files.problem import load
from nsmodels.studies.finite_sets import finite_set
from nsmodels.studies.joint_bias import joint_marginals
from nsmodels.studies.local_weight import local_content

ROOT = Path(__file__).parent.parent


def shown_in(pattern: str, text: str) -> tuple[str, ...]:
    """The groups of a pattern, which stands in the text."""
    found = re.search(pattern, text)
    assert found is not None, text
    return found.groups()


def ends_of(text: str) -> tuple[float, float]:
    low, high = shown_in(r"\[(\S+), (\S+)\]", text)
    return float(low), float(high)


@pytest.mark.parametrize("seed", range(20))
def test_a_repr_rounds_outward(seed: int) -> None:
    rng = np.random.default_rng(seed)
    for _ in range(200):
        lower, upper = np.sort(rng.normal(size=2) * 10.0 ** rng.integers(-8, 8)).tolist()
        low, high = ends_of(repr(Enclosure(lower, upper)))
        assert low <= lower
        assert upper <= high
    assert repr(Enclosure(0.1, 0.3)) == "[0.1, 0.3] certified"
    assert repr(Enclosure(0.99999999999999, 1.0)) == "[0.999999999999, 1] certified"
    assert repr(Enclosure(1.0, 1.00000000000001)) == "[1, 1.00000000001] certified"


@pytest.mark.parametrize("phi", [20.0, 36.87, 50.0, 70.0])
def test_an_inequality_is_shown_no_sharper_than_it_is(phi: float) -> None:
    s = ns.settings.leggett_triads(phi_deg=phi)
    found = ns.decompose(ns.behaviours.singlet(s), ns.Leggett(settings=s))
    assert found.inequality is not None
    assert found.decomposition is not None
    for text in (found.inequality.text(), repr(found.inequality), repr(found.inequality.evaluate(found.behaviour))):
        shown = re.search(r"(?:≤|bound) (\d\S*?)(?: |\)|$)", text)
        assert shown is not None, text
        assert Fraction(shown[1]) >= Fraction(found.inequality.bound)
    assert Fraction(shown_in(r"V = ([\d.]+)", repr(found.decomposition))[0]) <= Fraction(found.lower)
    low, high = ends_of(repr(found.visibility))
    assert low <= found.lower <= found.upper <= high
    title = found.plot().get_suptitle()
    low, high = (float(end) for end in shown_in(r"(\d\S*) … (\d\S*),", title))
    assert low <= found.lower <= found.upper <= high


def test_a_chain_is_shown_no_shorter_than_it_is() -> None:
    for n in (3, 5, 7, 11):
        found = ns.marginals(ns.behaviours.werner(ns.settings.half_circle(n), visibility=0.97))
        chain = found.path("B0")
        assert float(shown_in(r"= (\S+) along", chain.text())[0]) >= chain.bound
        title = ns.plots.settings_graph_with_chain(found, "B0").axes[0].get_title()
        assert float(shown_in(r"= (\S+),", title)[0]) >= chain.bound


def wide_file(name: str, lower: float, upper: float) -> dict[str, object]:
    result = results.read(ROOT / "results" / f"{name}.json")
    result["value"] = {"lower": lower, "upper": upper}
    result["reason"] = "time_limit"
    for entries in result.get("marginals", {}).values():
        for entry in entries:
            entry.update(lower=lower, upper=upper)
    return result


@pytest.mark.parametrize("name", ["leggett_l3", "visibility_l3_50deg", "chain_6", "quantum_chained3", "chsh_hull"])
def test_a_wide_enclosure_is_called_wide(name: str, tmp_path: Path) -> None:
    result, problem = wide_file(name, 0.3, 0.97), load(name)
    answer = answer_of(result, problem, name)
    text = as_text(problem.title, summary(problem, answer))
    assert f"certified, {WIDE}, width 0.67, time_limit" in text
    assert ("|A0| at most" in text) == (problem.kind == "marginals")
    if problem.kind == "marginals":
        assert all(WIDE in line for line in text.splitlines() if "at most" in line)
    (tmp_path / "wide.json").write_text(results.to_text(result))
    assert WIDE in report.page([tmp_path / "wide.json"])
    stream = io.StringIO()
    answer.plot().savefig(stream, format="svg")
    if problem.kind == "visibility":
        assert WIDE in derivation(problem, answer, "text", again=False)
    narrow = results.read(ROOT / "results" / f"{name}.json")
    if name != "quantum_i3322":
        assert WIDE not in as_text(problem.title, summary(problem, answer_of(narrow, problem, name)))


def test_every_kind_of_answer_says_that_it_is_wide() -> None:
    rng = np.random.default_rng(3)
    s = ns.settings.fibonacci(12, 12)
    f = ns.Functional(rng.normal(size=(12, 12)))
    singlet = ns.behaviours.singlet(s)
    tilted = ns.Functional([[1.0, 1.0], [1.0, -1.0]], [0.5, 0.0], [0.0, 0.3])
    answers = {
        "leggett": ns.bound(f, ns.Leggett(settings=s), tolerance=1e-13, time_limit_s=1e-3).value,
        "bell": ns.bound(ns.Functional(rng.normal(size=(30, 30))), ns.Bell((30, 30)), time_limit_s=1e-3).value,
        "quantum": ns.bound(tilted, ns.Quantum((2, 2)), tolerance=1e-9).value,
        "visibility": ns.decompose(singlet, ns.Leggett(settings=s), time_limit_s=1e-3).value,
        "one setting": ns.marginals(singlet, only=["A0"]).value,
        "marginals": ns.marginals(singlet, time_limit_s=1e-9).value,
    }
    for name, value in answers.items():
        wide = value.status == "certified" and value.width > 1e-6
        assert wide == (WIDE in repr(value)), (name, value)
        assert wide == value.wide, (name, value)
    assert {"leggett", "marginals", "one setting"} <= {name for name, value in answers.items() if value.wide}
    assert WIDE not in repr(ns.marginals(singlet))
    assert WIDE in repr(dataclasses.replace(answers["quantum"], lower=0.0, reason="time_limit"))


def test_biased_states_are_counted() -> None:
    circle, sphere = ns.settings.half_circle(3), ns.settings.fibonacci(4, 4)
    for target, weights in (
        (ns.behaviours.singlet(circle), None),
        (ns.behaviours.singlet(circle), [1, 0, 0, 0, 0, 2]),
        (ns.behaviours.werner(sphere, visibility=0.9), None),
        (ns.behaviours.werner(circle, visibility=0.5), None),
    ):
        found = joint_marginals(target, weights)
        count = int(shown_in(r"(\d+) biased", repr(found))[0])
        mixture = found.model()
        used = mixture.weights > 0.0
        assert count == int((np.hstack([mixture.alice, mixture.bob])[used] != 0.0).any(axis=1).sum())


def test_every_kind_tells_its_versions() -> None:
    s = ns.settings.leggett_triads(phi_deg=50)
    singlet, bell = ns.behaviours.singlet(s), ns.Bell((2, 2))
    box = ns.Behaviour([[0.5, 0.5], [0.5, -0.5]], [0.0, 0.0], [0.0, 0.0])
    corners = np.array([[a, b] for a in (-1.0, 1.0) for b in (-1.0, 1.0)])
    for answer in (
        ns.bound(ns.functionals.chsh(), bell),
        ns.decompose(singlet, ns.Leggett(settings=s), tolerance=1e-3),
        ns.marginals(singlet),
        joint_marginals(box),
        local_content(box),
        finite_set(box, np.repeat(corners, 4, axis=0), np.tile(corners, (4, 1))),
    ):
        versions = answer.stats["versions"]
        assert versions["nsmodels"] == ns.__version__
        assert {"python", "numpy"} <= set(versions)
        json.dumps(versions)


def test_quantum_is_explained_with_marginal_terms() -> None:
    text = " ".join(explanation("quantum").split())
    assert "With marginal terms" in text
    assert "level 1" in text


def test_the_readme_promises_no_proof_of_estimates() -> None:
    text = " ".join((ROOT / "README.md").read_text(encoding="utf-8").split())
    assert "Every answer is an enclosure with both ends proved" not in text
    assert "Where its status is `certified`, both ends are proved" in text
