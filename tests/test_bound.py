"""The question of a bound: rounded input, the document, failures and interrupts, and what is refused."""

import math
from typing import Any

import numpy as np
import pytest

import nsmodels as ns
from nsmodels.errors import InputError, SolverError
from nsmodels.models.base import Support
from nsmodels.models.values import input_effect


def test_the_effect_of_rounded_input_by_hand() -> None:
    f = ns.Functional([[1.0, -2.0]], [4.0], [8.0, 0.0], 16.0, relative_rounding=0.5)
    got = input_effect(f, 0.5, 0.25, 1e-3)
    wanted = (3 * 0.75 + 4 * 0.5 + 8 * 0.25) * 1e-3 + 0.5 * (16 + 3 + 4 + 8)
    assert wanted <= got <= wanted * (1 + 1e-8)
    assert ns.Bell((1, 2)).rounding_effect(f) == pytest.approx(0.5 * 31)


def test_a_bound_is_a_document() -> None:
    s = ns.settings.leggett_triads(phi_deg=36.87)
    f = ns.functionals.leggett3(s)
    r = ns.bound(f, ns.Bell(settings=s))
    # the doubles nearest to −1/3 stand for −1/3: the local bound 2 is enclosed, not missed by a rounding
    assert r.lower <= 2.0 <= r.upper
    assert r.value.width < 1e-14
    assert r.quantum == pytest.approx(2 * math.cos(math.radians(36.87) / 2))
    assert r.quantum is not None
    assert r.violation == pytest.approx(r.quantum - 2)
    assert r.inequality.bound == r.upper
    document = r.to_json()
    assert document["certificate"]["upper"] == {"type": "enumeration"}
    assert document["certificate"]["lower"]["state"]["alice"] == [str(int(x)) for x in document["maximiser"]["alice"]]
    assert document["stats"]["versions"]["nsmodels"] == ns.__version__
    assert "leggett3" in repr(r)
    assert "not violated" in repr(r)
    hull = ns.bound(f, ns.Hull([ns.Bell((3, 6)), ns.Unbiased((3, 6))])).to_json()
    kinds = [part["type"] for part in hull["certificate"]["upper"]["parts"]]
    assert kinds == ["enumeration", "closed_form"]


def test_ctrl_c_and_failures_become_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    f = ns.functionals.chsh()

    def interrupted(*arguments: object, **keywords: object) -> None:
        raise KeyboardInterrupt

    def failing(*arguments: object, **keywords: object) -> None:
        raise SolverError("the solver has a bad day")

    monkeypatch.setattr(ns.Bell, "support", interrupted)
    r = ns.bound(f, ns.Bell((2, 2)))
    assert (r.status, r.reason, r.lower, r.upper) == ("certified", "interrupted", 2.0, 4.0)
    assert r.to_json()["certificate"]["upper"]["type"] == "dual"
    monkeypatch.setattr(ns.Bell, "support", failing)
    r = ns.bound(f, ns.Bell((2, 2)))
    assert (r.status, r.reason) == ("no_answer", "the solver has a bad day")
    assert r.to_json()["value"] is None
    assert r.to_json()["certificate"] is None


def test_a_class_instead_of_a_model_is_refused() -> None:
    wrong: Any = ns.Bell
    with pytest.raises(InputError, match=r"^bound: the model is the class Bell; make one of it: Bell\(…\)$"):
        ns.bound(ns.functionals.chsh(), wrong)
    wrong = np.eye(2)
    with pytest.raises(InputError, match=r"^bound: the functional is of type ndarray; it must be a Functional$"):
        ns.bound(wrong, ns.Bell((2, 2)))
    target = ns.behaviours.singlet(ns.settings.chsh())
    for wrong in (ns.Bell, "bell", None):
        with pytest.raises(InputError, match=r"^decompose: the model is "):
            ns.decompose(target, wrong)
    wrong = ns.settings.chsh()
    with pytest.raises(InputError, match=r"^decompose: the behaviour is of type Settings"):
        ns.decompose(wrong, ns.Bell((2, 2)))


def test_an_interrupted_hull_keeps_what_its_parts_know(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*arguments: object, **keywords: object) -> None:
        raise KeyboardInterrupt

    f = ns.functionals.chsh()
    hull = ns.Hull([ns.Unbiased((2, 2)), ns.Bell((2, 2)), ns.NonSignalling((2, 2))])
    whole = ns.bound(f, hull)
    assert whole.reason == "tolerance_met"
    monkeypatch.setattr(ns.Bell, "support", interrupted)
    r = ns.bound(f, hull)
    assert (r.status, r.reason, r.lower, r.upper) == ("certified", "interrupted", 4.0, 4.0)
    kinds = [part["type"] for part in r.to_json()["certificate"]["upper"]["parts"]]
    assert kinds == ["closed_form", "dual", "dual"]


def test_progress_of_a_hull_never_promises_too_much() -> None:
    class Slow(ns.Unbiased):
        def support(self, functional: ns.Functional, **keywords: Any) -> Support:
            if keywords["progress"] is not None:
                keywords["progress"](-1.0, 1.0, 1, 0.0)
            return super().support(functional)

    seen: list[tuple[float, float]] = []
    f = ns.Functional([[1.0]], [1.0])
    ns.bound(f, ns.Hull([Slow((1, 1)), Slow((1, 1))]), progress=lambda lower, upper, *_: seen.append((lower, upper)))
    assert seen == [(-1.0, 2.0), (1.0, 1.0)]


def test_bad_questions_are_refused() -> None:
    f = ns.functionals.chsh()
    with pytest.raises(InputError, match="2×2 settings, the model bell has 2×3"):
        ns.bound(f, ns.Bell((2, 3)))
    with pytest.raises(InputError, match="tolerance"):
        ns.bound(f, ns.Bell((2, 2)), tolerance=0)
    with pytest.raises(InputError, match="time_limit_s"):
        ns.bound(f, ns.Bell((2, 2)), time_limit_s=math.nan)
    with pytest.raises(InputError, match="settings of shape"):
        ns.bound(f, ns.Bell((2, 2)), settings=ns.settings.half_circle(3))
    with pytest.raises(InputError, match="shape="):
        ns.Bell()
    with pytest.raises(InputError, match="at least one model"):
        ns.Hull([])
    with pytest.raises(InputError, match="all parts need the same"):
        ns.Hull([ns.Bell((2, 2)), ns.Bell((2, 3))])


def test_enclosures_check_themselves() -> None:
    e = ns.Enclosure(1.0, 2.0)
    assert e.midpoint == 1.5
    assert 1.5 in e
    assert 2.5 not in e
    assert e.width >= 1.0
    assert ns.Enclosure(1.0, 1.0).width == 0.0
    for arguments in ((2.0, 1.0), (math.nan, 1.0)):
        with pytest.raises(InputError):
            ns.Enclosure(*arguments)
    with pytest.raises(InputError, match="unknown status"):
        ns.Enclosure(0.0, 1.0, "sure")  # type: ignore[arg-type] # that is the test
