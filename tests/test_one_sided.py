"""The law of one party against theorems, against plain sampling, and against forged proofs."""

import base64
import copy
import json
import math
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from problem_files import check_refusals

import nsmodels as ns
from nsmodels.checker import check
from nsmodels.core.hidden_states import HiddenStates
from nsmodels.errors import InputError
from nsmodels.files.problem import from_data, load
from nsmodels.files.result import assemble
from nsmodels.models.values import attained_value

BEST = 2.0 * math.atan(1.0 / 3.0)


def answered(**tables):
    problem = from_data({"schema": 1, "kind": "bound", **tables}, "question")
    return json.loads(json.dumps(assemble(problem, problem.ask().to_json(), 0.0)))


def proved(result):
    claims = check(result)
    return bool(claims) and all(ok for ok, _ in claims)


@pytest.mark.parametrize("eta", [1.0, 0.56, 0.0])
@pytest.mark.parametrize("phi", [0.2, BEST, 1.5])
def test_the_bound_of_l3_holds_for_every_alice(eta, phi):
    """L3 ≤ 2 − ⅔ η sin(φ/2), arXiv:0801.2241, eqs. (8) and (9)."""
    s = ns.settings.leggett_triads(phi)
    r = ns.bound(ns.functionals.leggett3(s), ns.OneSided(s, eta))
    assert r.status == "certified"
    assert r.lower - 1e-9 <= 2.0 - 2.0 / 3.0 * eta * math.sin(phi / 2.0) <= r.upper + 1e-9
    assert r.upper - r.lower < 1e-9


def test_l3_is_the_best_inequality_at_the_best_angle():
    """(2 − ⅔ sin(φ/2))/(2 cos(φ/2)) at φ = 2 arctan(1/3)."""
    s = ns.settings.leggett_triads(BEST)
    d = ns.decompose(ns.behaviours.singlet(s), ns.OneSided(s))
    assert d.status == "certified"
    assert abs(d.lower - 0.9429814422783487) < 1e-6
    assert d.upper - d.lower <= 1e-6
    states = HiddenStates(d.decomposition.alice, d.decomposition.bob, v=d.decomposition.v)
    assert d.model.contains(states).all()


def test_no_settings_are_below_the_floor_of_all_settings():
    """The one-sided law excludes no V ≤ the Leggett floor, and all settings together no more than √(1 − η²/4)."""
    s = ns.settings.fibonacci(5, 7)
    one = ns.decompose(ns.behaviours.singlet(s), ns.OneSided(s), tolerance=1e-3)
    both = ns.decompose(ns.behaviours.singlet(s), ns.Leggett(s), tolerance=1e-3)
    assert one.upper >= both.lower - 1e-9, "the one-sided law contains Leggett's"
    assert one.upper >= (2.0 + math.sqrt(2.0)) / 4.0


def test_the_parties_are_mirror_images():
    rng = np.random.default_rng(3)
    s = ns.Settings(rng.normal(size=(3, 3)), rng.normal(size=(4, 3)), normalise=True)
    f = ns.Functional(rng.normal(size=(3, 4)), rng.normal(size=3), rng.normal(size=4))
    mirror = ns.Functional(f.correlators.T, f.bob, f.alice)
    first = ns.bound(f, ns.OneSided(s, 0.8, party="alice"), tolerance=1e-8)
    second = ns.bound(mirror, ns.OneSided(ns.Settings(s.bob, s.alice), 0.8, party="bob"), tolerance=1e-8)
    assert first.lower <= second.upper
    assert second.lower <= first.upper


def test_agrees_with_a_dense_sample():
    """For every v the inner minimum over A_i has its kinks at sgn(S_ij) B_j and ±1: the best of them, on many v."""
    rng = np.random.default_rng(11)
    s = ns.Settings(rng.normal(size=(3, 3)), rng.normal(size=(4, 3)), normalise=True)
    f = ns.Functional(rng.normal(size=(3, 4)), rng.normal(size=3), rng.normal(size=4))
    r = ns.bound(f, ns.OneSided(s, 0.9), tolerance=1e-7)
    best = -math.inf
    for v in rng.normal(size=(3000, 3)):
        bob = 0.9 * s.bob @ (v / np.linalg.norm(v))
        alice = []
        for row, a in zip(f.correlators, f.alice, strict=True):
            kinks = np.concatenate([np.sign(row) * bob, [-1.0, 1.0]])
            values = [float(np.abs(row) @ (1.0 - np.abs(x - np.sign(row) * bob)) + a * x) for x in kinks]
            alice.append(kinks[int(np.argmax(values))])
        best = max(best, float(attained_value(f, np.array(alice), bob)))
    assert best <= r.upper
    assert best >= r.lower - 0.05


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from(["alice", "bob"]), st.sampled_from([1.0, 0.5, 1e-3, 0.0]))
def test_what_is_certified_is_proved_by_the_checker(seed, party, eta):
    rng = np.random.default_rng(seed)
    n_a, n_b = rng.integers(1, 5, size=2)
    rows = [(x / np.linalg.norm(x, axis=1)[:, None]).tolist() for x in (rng.normal(size=(n, 3)) for n in (n_a, n_b))]
    result = answered(
        model={"name": "one_sided", "eta": eta, "party": party},
        settings={"alice": rows[0], "bob": rows[1]},
        functional={
            "correlators": rng.integers(-3, 4, size=(n_a, n_b)).tolist(),
            **({"alice": rng.normal(size=n_a).tolist(), "bob": rng.normal(size=n_b).tolist()} if seed % 2 else {}),
        },
    )
    assert result["status"] == "certified"
    assert proved(result), check(result)


@pytest.mark.parametrize("name", ["one_sided_l3", "visibility_one_sided_36deg87"])
def test_shipped_problems_are_proved(name):
    problem = load(name)
    result = json.loads(json.dumps(assemble(problem, problem.ask().to_json(), 0.0)))
    assert proved(result), check(result)


def test_hulls_with_the_law_of_one_party_are_proved():
    directions = [[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]
    tables = {
        "model": {"name": "hull", "of": [{"name": "bell"}, {"name": "one_sided", "eta": 0.5}]},
        "settings": {"alice": directions, "bob": [[0.6, 0.0, 0.8], [0.8, 0.0, -0.6]]},
    }
    assert proved(answered(functional={"name": "chsh"}, **tables))
    problem = from_data({"schema": 1, "kind": "visibility", **tables}, "question")
    result = json.loads(json.dumps(assemble(problem, problem.ask().to_json(), 0.0)))
    assert result["status"] == "certified"
    assert proved(result), check(result)


def packed(data: bytes) -> str:
    return base64.b64encode(zlib.compress(data)).decode()


def test_forged_proofs_are_refused():
    problem = load("one_sided_l3")
    result = json.loads(json.dumps(assemble(problem, problem.ask().to_json(), 0.0)))
    assert proved(result)
    upper = result["certificate"]["upper"]
    tree = zlib.decompress(base64.b64decode(upper["tree"]))
    numbers = np.frombuffer(zlib.decompress(base64.b64decode(upper["multipliers"])), dtype="<i8")

    def forged(**changes):
        false = copy.deepcopy(result)
        false["certificate"]["upper"] |= changes
        threshold = changes.get("threshold")
        if threshold is not None:
            bound = 2.0 - threshold[1] / threshold[0]
            false["certificate"]["upper"]["threshold"] = f"{threshold[1]}/{threshold[0]}"
            false["value"]["upper"] = bound
            false["value"]["lower"] = min(false["value"]["lower"], bound)
        return false

    assert not proved(forged(threshold=(1000, 215)))  # L3 ≤ 1.785
    assert not proved(forged(tree=packed(tree[:-1]), leaves=upper["leaves"][:-1]))
    assert not proved(forged(tree=packed(b"\x03"), leaves=[0]))
    assert not proved(forged(tree=packed(b"\x02\x03\x03"), leaves=upper["leaves"][:2]))
    assert not proved(forged(tree=packed(b"\x02" + tree), leaves=upper["leaves"]))
    assert not proved(forged(leaves=[True, *upper["leaves"][1:]]))
    assert not proved(forged(leaves=[-1, *upper["leaves"][1:]]))
    assert not proved(forged(leaves=[*upper["leaves"], 0]))
    assert not proved(forged(multipliers=packed((2 * numbers).tobytes())))
    assert not proved(forged(multipliers=packed((-numbers).tobytes())))
    assert not proved(forged(multipliers=packed(numbers[:-1].tobytes())))
    assert not proved(forged(type="covering"))
    assert not proved(forged(surplus=1))
    state = result["certificate"]["lower"]["state"]
    for key, value in (("alice", ["2", *state["alice"][1:]]), ("v", ["0", "0", "0"]), ("u", ["0", "0", "1"])):
        false = copy.deepcopy(result)
        false["certificate"]["lower"]["state"][key] = value
        assert not proved(false)
    false = copy.deepcopy(result)
    false["problem"]["model"]["party"] = "alice"
    assert not proved(false)


def test_bad_input_is_refused_in_one_line(tmp_path: Path):
    s = ns.settings.chsh()
    for wrong in ({"eta": 1.5}, {"eta": 1e-40}, {"party": "carol"}, {"party": 1}):
        with pytest.raises(InputError, match="OneSided"):
            ns.OneSided(s, **wrong)
    path = tmp_path / "x.toml"
    start = 'schema = 1\nkind = "bound"\n[functional]\nname = "chsh"\n'
    check_refusals(path, start, (
        ('[model]\nname = "one_sided"\n', "settings"),
        ('[model]\nname = "one_sided"\neta_a = 1.0\n[settings]\nfamily = "chsh"\n', "eta_a"),
        ('[model]\nname = "one_sided"\nparty = "bobb"\n[settings]\nfamily = "chsh"\n', 'did you mean "bob"'),
        ('[model]\nname = "onesided"\n[settings]\nfamily = "chsh"\n', 'did you mean "one_sided"'),
    ))  # fmt: skip
