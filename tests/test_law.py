"""Laws that the user writes down: against Leggett's model, plain sampling, theorems, and forged proofs."""

import base64
import copy
import hashlib
import json
import math
import zlib
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from problem_files import check_refusals

import nsmodels as ns
from nsmodels import checker
from nsmodels.checker import check
from nsmodels.engines.laws.bands import band
from nsmodels.engines.laws.functions import LawFunction
from nsmodels.engines.laws.ranges import negative_place
from nsmodels.errors import InputError
from nsmodels.files.problem import from_data
from nsmodels.files.result import assemble
from nsmodels.models.values import values_at

TRIADS = ns.settings.leggett_triads(math.radians(36.87))
L3 = ns.functionals.leggett3(TRIADS)
LAWS = {
    "x": [0, 1],
    "(x + x³)/2": [0, 0.5, 0, 0.5],
    "x³": [0, 0, 0, 1],
    "(3x − x³)/2": [0, 1.5, 0, -0.5],
    "(5x³ − 3x)/2": [0, -1.5, 0, 2.5],
    "not odd": [0.2, 0.3, 0.4],
    "knots": [[-1, -0.8], [-0.3, -0.1], [0.4, 0.1], [1, 0.9]],
    "constant": [0.25],
}


def answered(**tables):
    problem = from_data({"schema": 1, "kind": "bound", **tables}, "question")
    return json.loads(json.dumps(assemble(problem, problem.ask().to_json(), 0.0)))


def proved(result):
    claims = check(result)
    return bool(claims) and all(ok for ok, _ in claims)


def _as_file(answer):
    tables = {
        "model": answer.model.to_table(), "settings": {"family": "leggett_triads", "phi_deg": 36.87},
        "functional": {"name": "leggett3"},
    }  # fmt: skip
    return assemble(from_data({"schema": 1, "kind": "bound", **tables}, "question"), answer.to_json(), 0.0)


@pytest.mark.parametrize("knots", [[0, 1], [[-1, -1], [1, 1]], [[-1, -1], [0.25, 0.25], [1, 1]]], ids=str)
def test_malus_law_is_leggetts_model(knots):
    """F = x: max L3 = 2 − ⅔ sin(φ/2), arXiv:0801.2241, eq. (4)."""
    r = ns.bound(L3, ns.Law(TRIADS, knots))
    exact = 2.0 - 2.0 / 3.0 * math.sin(math.radians(36.87) / 2.0)
    assert r.status == "certified"
    assert r.upper - r.lower <= 1e-6
    assert r.lower - 1e-9 <= exact <= r.upper + 1e-9


@pytest.mark.parametrize("etas", [(0.9, 0.7), (1.0, 0.5), (0.3, 0.0)])
def test_purities_are_slopes(etas):
    rng = np.random.default_rng(5)
    s = ns.Settings(rng.normal(size=(3, 3)), rng.normal(size=(4, 3)), normalise=True)
    f = ns.Functional(rng.normal(size=(3, 4)), rng.normal(size=3), rng.normal(size=4))
    law = ns.bound(f, ns.Law(s, [0, etas[0]], [0, etas[1]]), tolerance=1e-4)
    leggett = ns.bound(f, ns.Leggett(s, eta_a=etas[0], eta_b=etas[1]), tolerance=1e-6)
    assert law.upper - law.lower <= 1e-4
    assert law.lower <= leggett.upper + 1e-9
    assert leggett.lower <= law.upper + 1e-9


@pytest.mark.parametrize(
    ("name", "value"), [("(x + x³)/2", 1.88405), ("(3x − x³)/2", 1.694313), ("(5x³ − 3x)/2", 1.8657695)]
)
def test_l3_of_other_laws(name, value):
    """Found by an independent prototype with other patches and other multipliers."""
    r = ns.bound(L3, ns.Law(TRIADS, LAWS[name]))
    assert r.upper - r.lower <= 1e-6
    assert abs(r.lower - value) < 1.5e-6


@pytest.mark.parametrize("hidden", ["free", "opposite", "equal"])
@pytest.mark.parametrize("name", LAWS)
def test_no_state_exceeds_the_bound_and_one_attains_it(name, hidden):
    rng = np.random.default_rng(7)
    s = ns.Settings(rng.normal(size=(2, 3)), rng.normal(size=(3, 3)), normalise=True)
    f = ns.Functional(rng.normal(size=(2, 3)), rng.normal(size=2), rng.normal(size=3), constant=0.3)
    model = ns.Law(s, LAWS[name], [0, 0.8, 0.1], hidden=hidden)
    r = ns.bound(f, model, tolerance=1e-4)
    assert r.status == "certified"
    assert r.upper - r.lower <= 1e-4
    u, v = rng.normal(size=(2, 20000, 3))
    for k in range(12):  # a search that knows nothing but values
        u, v = (x / np.linalg.norm(x, axis=1)[:, None] for x in (u, v))
        states = model.states(u, v)
        values = values_at(f, states.alice, states.bob)
        assert values.max() <= r.upper + 1e-9
        best = np.argsort(-values)[:100]
        u, v = (np.repeat(x[best], 20, axis=0) + 0.3 * 0.5**k * rng.normal(size=(2000, 3)) for x in (u, v))
    assert values.max() >= r.lower - 2e-2  # sharp ridges stop it early
    state = r.maximiser
    assert values_at(f, state.alice[None], state.bob[None])[0] >= r.lower - 1e-9
    signs = {"free": None, "opposite": -1.0, "equal": 1.0}[hidden]
    assert signs is None or np.array_equal(state.v, signs * state.u)


def test_free_states_are_worth_at_least_as_much_as_tied_ones():
    free, tied = (ns.bound(L3, ns.Law(TRIADS, [0, 0.5, 0, 0.5], hidden=x)) for x in ("free", "opposite"))
    assert tied.lower <= free.upper


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.floats(-1, 1), st.floats(-1, 1))
def test_laws_lie_in_their_bands(seed, x, y):
    """In the engine and in the checker, which agree."""
    rng = np.random.default_rng(seed)
    low, high = min(x, y), max(x, y)
    places = np.linspace(-1.0, 1.0, 7)
    given_laws = [rng.normal(size=rng.integers(1, 9)), np.stack([places, rng.uniform(-1, 1, 7)], axis=1)]
    for given_law in given_laws:
        numbers = given_law / (1.001 * np.abs(given_law).sum()) if given_law.ndim == 1 else given_law
        law = LawFunction.of(numbers.tolist(), "F")
        out = np.empty(3)
        band(*law.arrays, low, high, np.empty(30), out)
        t = np.linspace(low, high, 400)
        rest = law(t) - out[0] * t
        assert out[1] - 1e-13 <= rest.min()
        assert rest.max() <= out[2] + 1e-13
        exact = [[Fraction(c) for c in k] for k in law.knots] or [int(Fraction(c) * 2**100) for c in law.coefficients]
        p, r, s = (z / 2**100 for z in checker.band(exact, int(low * 2**80), int(high * 2**80)))
        rest = law(t) - p * t
        assert r - 1e-13 <= rest.min()
        assert rest.max() <= s + 1e-13
        h = (high - low) / 2.0
        if h > 1e-3:
            assert (p, r, s) == pytest.approx(tuple(out), abs=1e-10)


@settings(max_examples=25, deadline=None)
@given(
    st.integers(0, 10**6), st.sampled_from(sorted(LAWS)), st.sampled_from(sorted(LAWS)),
    st.sampled_from(["free", "opposite", "equal"]),
)  # fmt: skip
def test_what_is_certified_is_proved_by_the_checker(seed, alice, bob, hidden):
    rng = np.random.default_rng(seed)
    n_a, n_b = rng.integers(1, 4, size=2)
    rows = [(x / np.linalg.norm(x, axis=1)[:, None]).tolist() for x in (rng.normal(size=(n, 3)) for n in (n_a, n_b))]
    result = answered(
        model={"name": "law", "alice": LAWS[alice], "bob": LAWS[bob], "hidden": hidden},
        settings={"alice": rows[0], "bob": rows[1]},
        functional={
            "correlators": rng.integers(-3, 4, size=(n_a, n_b)).tolist(),
            **({"alice": rng.normal(size=n_a).tolist(), "bob": rng.normal(size=n_b).tolist()} if seed % 2 else {}),
        },
        options={"tolerance": 1e-3},
    )
    assert result["status"] == "certified"
    assert result["reason"] == "tolerance_met"
    assert proved(result), check(result)


@pytest.mark.parametrize("hidden", ["free", "opposite"])
@pytest.mark.parametrize("name", ["x", "(x + x³)/2", "(3x − x³)/2", "constant", "knots"])
def test_visibilities_are_proved_by_the_checker(name, hidden):
    tables = {
        "model": {"name": "law", "alice": LAWS[name], "hidden": hidden},
        "settings": {"family": "leggett_triads", "phi_deg": 36.87},
        "behaviour": {"name": "singlet", "marginals": "free"},
        "options": {"tolerance": 1e-4},
    }
    problem = from_data({"schema": 1, "kind": "visibility", **tables}, "question")
    result = json.loads(json.dumps(assemble(problem, problem.ask().to_json(), 0.0)))
    assert result["status"] == "certified"
    assert result["value"]["upper"] - result["value"]["lower"] <= 1e-4
    assert proved(result), check(result)


def test_a_flat_law_is_not_excluded_by_l3():
    """x³ and x⁵ reproduce the singlet on triads at 36.87°, where Malus' law does not."""
    for law in ([0, 0, 0, 1], [0, 0, 0, 0, 0, 1]):
        d = ns.decompose(ns.behaviours.singlet(TRIADS), ns.Law(TRIADS, law))
        assert d.has_model
    d = ns.decompose(ns.behaviours.singlet(TRIADS), ns.Law(TRIADS, [0, 1]))
    assert abs(d.lower - 0.9429814422783487) < 2e-6


def test_a_declared_error_widens_the_bound_alone():
    rng = np.random.default_rng(3)
    f = ns.Functional(rng.normal(size=(3, 6)), rng.normal(size=3), rng.normal(size=6))
    plain = ns.bound(f, ns.Law(TRIADS, [0, 1]), tolerance=1e-3)
    wide = ns.bound(f, ns.Law(TRIADS, [0, 1], error=(1e-2, 2e-3)), tolerance=1e-3)
    sizes = [float(np.abs(x).sum()) for x in (f.correlators, f.alice, f.bob)]
    more = 1.2e-2 * sizes[0] + 1e-2 * sizes[1] + 2e-3 * sizes[2]
    assert abs(wide.upper - plain.upper - more) < 1.1e-3
    assert abs(wide.lower - plain.lower) < 1.1e-3
    assert "declared error" in wide.reason
    # sin(πx/2) is within 2e-4 of its Taylor polynomial of degree 7, scaled to stay below 1
    c = [0.0, 1.57079632, 0.0, -0.6459641, 0.0, 0.07969262, 0.0, -0.00468175]
    x = np.linspace(-1, 1, 2001)
    polynomial = ns.Law(TRIADS, [y / 1.0002 for y in c], error=5e-4)
    assert np.abs(polynomial.alice(x) - np.sin(np.pi * x / 2)).max() < 5e-4
    r = ns.bound(L3, polynomial, tolerance=1e-2)
    u, v = (y / np.linalg.norm(y, axis=1)[:, None] for y in rng.normal(size=(2, 20000, 3)))
    alice, bob = (np.sin(np.pi / 2 * w @ d.T) for w, d in ((u, TRIADS.alice), (v, TRIADS.bob)))
    assert values_at(L3, alice, bob).max() <= r.upper


def test_errors_are_read_by_the_checker():
    for error in (1e-3, [1e-3, 0.0]):
        result = answered(
            model={"name": "law", "alice": [0, 1], "error": error},
            settings={"family": "leggett_triads", "phi_deg": 36.87}, functional={"name": "leggett3"},
            options={"tolerance": 1e-2},
        )  # fmt: skip
        assert proved(result)
        result["problem"]["model"]["error"] = 0.5
        assert not proved(result)


@pytest.mark.parametrize(
    ("law", "place"),
    [
        ([0, 1.2], r"F\(-1\) is -1.2"),
        ([0.5, 0, 0.6], r"F\(-?1\) is 1.1"),
        ([0, 3, 0, -4.0001], r"F\(-?1\) is -?1.0001"),
        ([1.0000001, 0, -1], r"F\(0\) is 1"),
        ([0.1, 0.9], r"by 2.8e-17"),
        ([0, 3.0, 0, -4.0, 0, 1e-9], r"outside \[−1, 1\] \(by"),
        ([0] * 30 + [1], "degree 30 is above"),
        ([], "empty"),
        ([[-1, 0], [0, 1.5], [1, 0]], r"F\(0\) is 1.5"),
        ([[-1, 0], [0.5, 0.5]], "end at x = 1"),
        ([[-1, 0], [0.5, 0.5], [0.5, 0.6], [1, 0]], "let places increase"),
        ([0, math.nan], "finite"),
        ("x", "coefficients"),
        (1.0, "coefficients"),
        ([0, "a"], "not a list of numbers|finite"),
        ([[0, 1, 2]], "3 entries"),
    ],
)
def test_laws_out_of_range_are_refused_with_the_place(law, place):
    with pytest.raises(InputError, match=place) as caught:
        ns.Law(TRIADS, law)
    assert "\n" not in str(caught.value)
    assert "Law: alice" in str(caught.value)


def test_laws_that_touch_the_ends_inside_are_taken():
    """Chebyshev polynomials reach ±1 at every turn: Sturm's sequences see double roots as what they are."""
    for degree in range(9):
        chebyshev = np.polynomial.chebyshev.cheb2poly([0] * degree + [1]).tolist()
        assert LawFunction.of(chebyshev, "F").coefficients[-1] == chebyshev[-1]
        worse = [*chebyshev[:-1], math.nextafter(chebyshev[-1], math.inf)]
        with pytest.raises(InputError, match="outside"):
            LawFunction.of(worse, "F")


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(-4, 4), min_size=1, max_size=4), st.integers(0, 3), st.integers(0, 1))
def test_signs_of_polynomials_are_decided_exactly(roots, squared, offset):
    """Products of (2x − r)² are never negative; with one simple factor inside they are."""
    p = np.polynomial.Polynomial([1])
    for r in roots:
        p *= np.polynomial.Polynomial([-r, 3]) ** 2
    whole = [round(c) for c in p.coef]
    assert negative_place(whole) is None
    simple = [round(c) for c in (p * np.polynomial.Polynomial([-1 - 2 * squared - offset, 8])).coef]
    place = negative_place(simple)
    assert place is not None
    assert sum(c * place**k for k, c in enumerate(simple)) < 0


def packed(data: bytes) -> str:
    return base64.b64encode(zlib.compress(data)).decode()


@pytest.fixture(scope="module")
def result():
    return answered(
        model={"name": "law", "alice": [0, 0.5, 0, 0.5]}, settings={"family": "leggett_triads", "phi_deg": 36.87},
        functional={"name": "leggett3"}, options={"tolerance": 1e-3},
    )  # fmt: skip


def test_forged_proofs_are_refused(result):
    assert proved(result)
    upper = result["certificate"]["upper"]
    tree, numbers = (zlib.decompress(base64.b64decode(upper[key])) for key in ("tree", "multipliers"))
    n = np.frombuffer(numbers, dtype=np.int8)

    def forged(**changes):
        false = copy.deepcopy(result)
        false["certificate"]["upper"] |= changes
        return false

    lower = copy.deepcopy(result)
    lower["certificate"]["upper"]["threshold"] = "12/100"  # L3 ≤ 1.88, which is false
    lower["value"] = {"lower": 1.879, "upper": 1.88}
    assert not proved(lower)
    assert not proved(forged(tree=packed(tree[:-1])))
    assert not proved(forged(tree=packed(tree + b"\x06")))
    assert not proved(forged(tree=packed(b"\x06")))
    assert not proved(forged(tree=packed(b"\x04\x06\x06\x06")))
    assert not proved(forged(tree=packed(bytes(7 if x == 6 else x for x in tree))))
    assert not proved(forged(multipliers=packed(numbers[:-1])))
    assert not proved(forged(multipliers=packed(numbers + b"\x00" * 6)))
    assert not proved(forged(multipliers=packed((-n).astype(np.int8).tobytes())))
    assert not proved(forged(denominator=90))
    assert not proved(forged(denominator=0))
    assert not proved(forged(type="covering"))
    assert not proved(forged(surplus=1))
    for change in ({"alice": [0, 1]}, {"hidden": "opposite"}, {"alice": [0, 0.5, 0, 0.4]}, {"bob": [0, 0, 0, 1]}):
        false = copy.deepcopy(result)
        false["problem"]["model"] |= change
        text = json.dumps(false["problem"], sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        false["problem_sha256"] = hashlib.sha256(text.encode()).hexdigest()
        assert not proved(false), change
    state = result["certificate"]["lower"]["state"]
    for key, value in (("v", state["u"]), ("u", ["0", "0", "0"])):
        false = copy.deepcopy(result)
        false["certificate"]["lower"]["state"][key] = value
        assert not proved(false)


def test_certificates_are_small():
    for name in ("(x + x³)/2", "x³", "(3x − x³)/2"):
        r = ns.bound(L3, ns.Law(TRIADS, LAWS[name]))
        assert len(json.dumps(r.to_json()["certificate"])) < 40 * 1024


def test_a_time_limit_leaves_what_is_proved():
    r = ns.bound(L3, ns.Law(TRIADS, [0, 0, 0, 0, 0, 1]), tolerance=1e-12, time_limit_s=0.3)
    assert r.status == "certified"
    assert r.reason == "time_limit"
    assert r.lower >= 1.9978917
    assert r.upper <= 2.0 + 1e-9
    assert proved(json.loads(json.dumps(_as_file(r))))


def test_hulls_of_laws():
    result = answered(
        model={"name": "hull", "of": [{"name": "law", "alice": [0, 1]}, {"name": "law", "alice": [0, 0, 0, 1]}]},
        settings={"family": "leggett_triads", "phi_deg": 36.87}, functional={"name": "leggett3"},
    )  # fmt: skip
    assert proved(result)
    assert abs(result["value"]["lower"] - 1.978918) < 1e-6


def test_polynomials_of_numpy_are_taken():
    law = ns.Law(TRIADS, np.polynomial.Polynomial([0, 0.5, 0, 0.5]), np.polynomial.Polynomial([0, 1], domain=[-2, 2]))
    assert law.alice.coefficients == (0.0, 0.5, 0.0, 0.5)
    assert law.bob.coefficients == (0.0, 0.5)
    assert repr(law) == "Law(3×6, A = 0.5x + 0.5x³, B = 0.5x)"


def test_bad_tables_are_refused_in_one_line(tmp_path: Path):
    path = tmp_path / "x.toml"
    start = 'schema = 1\nkind = "bound"\n[functional]\nname = "chsh"\n[settings]\nfamily = "chsh"\n'
    start += '[model]\nname = "law"\n'
    check_refusals(path, start, (
        ("", "model.alice: missing"),
        ("alice = 1.0\n", "must be a list"),
        ("alice = [0, 1.5]\n", "F(-1) is -1.5"),
        ("alice = [0, 1]\nbob = [[-1, 0], [0, 2], [1, 0]]\n", "model.bob: F(0) is 2"),
        ('alice = [0, 1]\nhidden = "fre"\n', 'did you mean "free"'),
        ("alice = [0, 1]\nerror = -1\n", "model.error"),
        ("alice = [0, 1]\nerror = [0.1]\n", "2 wanted"),
        ("alice = [0, 1]\nerror = [0.1, -0.1]\n", "negative"),
        ("alice = [0, 1]\neta = 1.0\n", "not used by the model law"),
    ))  # fmt: skip
    for wrong in ({"hidden": "tied"}, {"error": 2}, {"error": (1, 2, 3)}, {"error": "a"}):
        with pytest.raises(InputError, match="Law"):
            ns.Law(TRIADS, [0, 1], **wrong)
