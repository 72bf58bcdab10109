"""Targets on the boundary of a model: the ends are exact, and "there is no mixture" is a theorem."""

import json
from fractions import Fraction

import numpy as np
import pytest

import nsmodels as ns
from nsmodels import checker
from nsmodels.engines.solvers.exact_simplex import exact_maximum
from nsmodels.files.problem import from_data
from nsmodels.files.result import assemble

BELL = {"name": "bell"}
WHITE_PAIR = {"correlators": [[0.0]], "alice": [0.0], "bob": [0.0]}
DETERMINISTIC = {"correlators": [[1, 1, 1, -1], [1, 1, 1, -1]], "alice": [1, 1], "bob": [1, 1, 1, -1]}
OUTSIDE = {"name": "pr_box", "noise": {"correlators": [[1, 1], [1, -1]], "alice": [0, 0], "bob": [0, 0]}}


def answer(model, behaviour, **more):
    """The result file of a visibility, and whether the checker accepts all of it."""
    problem = from_data(
        {"schema": 1, "kind": "visibility", "model": model, "behaviour": behaviour, **more}, "problem.toml"
    )
    result = json.loads(json.dumps(assemble(problem, problem.ask().to_json(), 0.0)))
    return result, proved(result)


def proved(result):
    claims = checker.check(result)
    return bool(claims) and all(holds for holds, _ in claims)


@pytest.mark.parametrize("size", [1e-2, 1e-4, 1e-8, 1e-12, 1e-300])
@pytest.mark.parametrize("party", ["alice", "bob"])
def test_marginals_that_the_model_has_not_leave_nothing(size, party):
    """f = ±A_0 ≤ 0 on unbiased boxes proves V ≤ 0, and white noise has a model."""
    result, holds = answer({"name": "unbiased"}, {**WHITE_PAIR, party: [-size]})
    assert holds
    assert result["value"] == {"lower": 0.0, "upper": 0.0}


def test_deterministic_noise_has_a_model_itself():
    correlators = [[-0.205, -0.077, 0.908, 0.774], [0.855, -0.956, 0.361, 0.64]]
    behaviour = {"correlators": correlators, "alice": [0.0103, 0.0084], "bob": [0.0019, -0.0054, -0.0031, -0.0121]}
    result, holds = answer(BELL, {**behaviour, "noise": DETERMINISTIC})
    assert holds
    assert result["value"] == {"lower": 0.0, "upper": 0.0}


@pytest.mark.parametrize(
    ("model", "behaviour"),
    [
        (BELL, WHITE_PAIR),
        (BELL, {"correlators": [[0.0, 0.0], [0.0, 0.0]], "alice": [0, 0], "bob": [0, 0]}),
        (BELL, {"correlators": [[0.25, 0.25], [0.25, -0.25]]}),
        (BELL, {"correlators": [[0.5, 0.5], [0.5, -0.5]]}),
        (BELL, {**DETERMINISTIC, "noise": "white"}),
        ({"name": "nonsignalling"}, {"correlators": [[0.5, 0.5], [0.5, -0.5]], "alice": [0.3, 0], "bob": [0.1, 0]}),
        ({"name": "nonsignalling"}, {"name": "pr_box"}),
    ],
)
def test_a_behaviour_with_a_model_has_visibility_one_exactly(model, behaviour):
    result, holds = answer(model, behaviour)
    assert holds
    assert result["value"] == {"lower": 1.0, "upper": 1.0}


TRIADS = {"settings": {"family": "leggett_triads", "phi_deg": 30.0}}
CHSH = {"settings": {"family": "chsh"}}
LEGGETT = {"name": "leggett"}


def entangled(theta, **more):
    return {"name": "partially_entangled", "theta_deg": theta, **more}


REPAIRED = {
    "local, interior": (BELL, {"name": "werner", "visibility": 0.3},
                        {"settings": {"family": "fibonacci", "n_alice": 6, "n_bob": 6}}),
    "local marginals": (BELL, entangled(20.0), CHSH),
    "given noise": (BELL, {"name": "singlet", "noise": {
        "correlators": [[0.1, 0.2], [0.3, 0.3]], "alice": [0.1, 0.0], "bob": [0.2, 0.3]}}, CHSH),
    "beyond": ({"name": "nonsignalling"}, entangled(20.0), CHSH),
    "mean vectors": (LEGGETT, entangled(30.0), TRIADS),
    "mean vectors of a table": (LEGGETT, {"correlators": [[0.3, 0.4]], "alice": [0.1], "bob": [0.2, 0.1]},
                                {"settings": {"alice": [[0, 0, 1]], "bob": [[0, 0, 1], [0, 1, 0]]}}),
    "mean vectors and noise": (
        LEGGETT,
        {"correlators": [[0.9, 0.9]], "alice": [0.1], "bob": [0.2, 0.1],
         "noise": {"correlators": [[0.1, 0.2]], "alice": [0.1], "bob": [0.2, 0.3]}},
        {"settings": {"alice": [[0, 0, 1]], "bob": [[0, 0, 1], [0, 1, 0]]}},
    ),
    "a product state": (LEGGETT, entangled(0.0), TRIADS),
}  # fmt: skip


@pytest.mark.parametrize("name", REPAIRED)
def test_equations_that_rounding_breaks_are_repaired_with_a_proof(name):
    model, behaviour, more = REPAIRED[name]
    result, holds = answer(model, behaviour, **more)
    assert holds
    assert result["status"] == "certified"
    assert result["deviation"] == 0.0
    assert result["value"]["upper"] - result["value"]["lower"] <= 1e-6
    lower = result["certificate"]["lower"]
    repair = Fraction(lower["repair"])
    assert 0 < repair <= Fraction(1, 10**6)

    def forged(**change):
        copy = json.loads(json.dumps(result))
        copy["certificate"]["lower"].update(change)
        return copy

    assert proved(forged())
    assert not proved(forged(repair="0"))
    assert not proved(forged(repair=str(repair / 10**12)))
    assert not proved(forged(repair=f"-{repair}"))
    assert not proved(forged(repair="1/1000"))
    weights = [Fraction(w) for w in lower["weights"]]
    heaviest = max(range(len(weights)), key=weights.__getitem__)
    weights[heaviest] -= Fraction(1, 10**5)
    weights[heaviest - 1] += Fraction(1, 10**5)
    if name not in ("local, interior", "beyond"):
        assert not proved(forged(weights=[str(w) for w in weights]))


@pytest.mark.parametrize("directions", [[[0.0, 0.0, 1.0]], [[0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]])
def test_the_singlet_is_a_non_signalling_box(directions):
    result, holds = answer(
        {"name": "nonsignalling"}, {"name": "singlet"}, settings={"alice": directions, "bob": directions}
    )
    assert holds
    assert result["value"] == {"lower": 1.0, "upper": 1.0}


def test_a_model_that_misses_its_target_is_an_estimate():
    """Marginals of a state under irrational directions: no list of numbers has them exactly."""
    s = ns.settings.random(2, 2, seed=1)
    b = ns.behaviours.partially_entangled(s, theta=0.3)
    d = ns.decompose(b, ns.Finite(*(np.array([1, 1, -1, -1])[:, None] * x for x in (abs(b.alice), abs(b.bob)))))
    assert d.status in ("estimate", "certified")
    assert (d.status == "certified") == (d.decomposition.deviation == 0.0)


def test_no_mixture_is_said_with_a_proof_that_forgers_cannot_use():
    result, holds = answer(BELL, OUTSIDE)
    assert result["reason"] == "no mixture of the behaviour and the noise has a model (proved)"
    assert result["value"] is None
    assert holds

    def forged(change, **problem):
        copy = json.loads(json.dumps(result))
        copy["problem"]["behaviour"] |= problem
        if problem:
            data = from_data(copy["problem"], "problem.toml")
            copy["problem_sha256"] = data.digest
        change(copy)
        return copy

    def nothing(copy):
        return None

    assert proved(forged(nothing))
    white = {"noise": "white"}
    forgeries = [
        forged(nothing, **white),  # white noise has a model
        forged(lambda c: c["problem"]["behaviour"].pop("noise")),
        forged(lambda c: c["certificate"].update(upper=None)),
        forged(lambda c: c["certificate"]["upper"].update(bound="1")),
        forged(lambda c: c["certificate"]["upper"].update(visibility="0")),
        forged(lambda c: c.update(value={"lower": 0.0, "upper": 0.0})),
        forged(lambda c: c.update(status="certified")),
        forged(lambda c: c.update(reason="time_limit")),
        forged(lambda c: c.update(inequality=None)),
        forged(lambda c: c["inequality"].update(bound=4.5)),
        forged(lambda c: c.update(decomposition=[{"weight": 1.0, "alice": [1, 1], "bob": [1, 1]}])),
    ]
    assert not any(map(proved, forgeries))


def test_random_programs_are_solved_exactly():
    rng = np.random.default_rng(0)
    outcomes = set()
    for attempt in range(150):
        m, n = rng.integers(1, 8), rng.integers(1, 14)
        table = rng.integers(-3, 4, size=(m, n))
        table[-1] = np.abs(table[-1]) + 1  # bounded
        b = table @ rng.integers(0, 3, size=n) if attempt % 3 else rng.integers(-3, 6, size=m)
        if attempt % 5 == 0 and m > 1:
            table[0], b[0] = 2 * table[-1], 2 * b[-1]
        cost = rng.integers(-4, 5, size=n)
        A, right, c = (np.array(x.tolist(), dtype=object) for x in (table, b, cost))
        result = exact_maximum(A, right, c)
        assert result is not None
        y = np.array(result.y, dtype=object)
        outcomes.add(result.x is None)
        if result.x is None:
            assert (y @ A <= 0).all()
            assert y @ right > 0
            continue
        x = np.array(result.x, dtype=object)
        assert (A @ x == right).all()
        assert min(x) >= 0
        assert (y @ A >= c).all()
        assert y @ right == c @ x
        assert all(isinstance(entry, Fraction) for entry in x)
    assert outcomes == {True, False}


def test_costs_may_be_larger_than_doubles():
    A, right = np.array([[1, 1, 1]], dtype=object), np.array([2], dtype=object)
    answer = exact_maximum(A, right, np.array([10**400, 10**400 + 1, -1], dtype=object))
    assert answer.x == [0, 2, 0]
    assert answer.y == [10**400 + 1]


def test_repr_does_not_say_one_where_it_is_open():
    d = ns.decompose(ns.Behaviour([[0.0]], [0], [0]), ns.Bell((1, 1)))
    assert d.has_model is True
    assert d.lower == 1.0


NEARLY_EQUAL = {
    "alice": [[-0.70293, -0.70299, 0.10819]],
    "bob": [[-0.70293, -0.70298, 0.1082], [-0.70293, -0.70299, 0.10819]],
    "normalise": True,
}


def test_nearly_equal_directions_do_not_hide_that_white_noise_has_a_model():
    """What tells them apart is 1e-5 long, and so multipliers are large; the answer is a proved or an honest one."""
    result, holds = answer(
        {"name": "leggett", "eta_a": 0.8, "eta_b": 0.4}, entangled(66.80918179203061), settings=NEARLY_EQUAL
    )
    assert "no mixture" not in result["reason"]
    assert result["value"]["lower"] <= 0.6931076 <= result["value"]["upper"] + 1e-6
    assert holds == (result["status"] == "certified")


def test_no_purity_is_the_unbiased_model():
    result, holds = answer(
        {"name": "leggett", "eta": 0.0}, {"correlators": [[0.0]], "alice": [1e-7], "bob": [0.0]},
        settings={"alice": [[0, 0, 1]], "bob": [[0, 0, 1]]},
    )  # fmt: skip
    assert holds
    assert result["value"]["lower"] == 0.0
    assert result["value"]["upper"] <= 1e-6
