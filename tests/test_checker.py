"""The checker on certificates written by hand, on fixed forgeries of them, and on hostile files."""

import ast
import base64
import copy
import hashlib
import json
import math
import os
import subprocess
import sys
import zlib
from fractions import Fraction
from itertools import product
from pathlib import Path

import pytest

from nsmodels import checker

FILE = Path(checker.__file__)
TINY = Fraction(1, 10**15)


def packed(data):
    return base64.b64encode(zlib.compress(bytes(data))).decode()


def digest(problem):
    text = json.dumps(problem, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def result(problem, value, certificate, **displayed):
    problem = {"schema": 1, **problem}
    return {
        "schema": 1,
        "kind": problem["kind"],
        "problem": problem,
        "problem_sha256": digest(problem),
        "status": "certified",
        "reason": "tolerance_met",
        "value": dict(zip(("lower", "upper"), value)),
        "certificate": {"format": 1, **certificate},
        "stats": {"seconds": 0.0},
        **displayed,
    }


def bound(model, functional, value, state, proof, maximiser, **tables):
    problem = {"kind": "bound", "model": model, "functional": functional, **tables}
    return result(problem, value, {"lower": {"state": state}, "upper": proof}, maximiser=maximiser, quantum=None)


ONES = {"alice": ["1", "1"], "bob": ["1", "1"]}
ZEROS = {"alice": ["0", "0"], "bob": ["0", "0"]}


def shown(state):
    return {key: [float(Fraction(x)) for x in row] for key, row in state.items()}


def leggett():
    """One pair, C ≤ 1: G = |u·a − v·b| ≥ 0 without any multipliers, and u = a, v = b attain it."""
    state = {"u": ["0", "0", "2"], "v": ["1", "0", "0"]}
    proof = {"type": "covering", "threshold": str(-TINY), "denominator": 100, "tree": packed([6]), "quadratic": []}
    one = bound(
        {"name": "leggett", "eta": 1.0}, {"correlators": [[1.0]]}, (1 - 1e-12, 1 + 1e-12), state,
        proof | {"multipliers": packed([])}, {"u": [0.0, 0.0, 1.0], "v": [1.0, 0.0, 0.0]},
        settings={"alice": [[0, 0, 1]], "bob": [[1, 0, 0]]},
    )  # fmt: skip
    return one | {"quantum": 0.0}


def leggett_faces():
    """C + 0.5 A ≤ 1.5: both spheres cut into faces, one multiplier 0 at the root."""
    faces = [8 + 16 + 4, *([5, 6, 6, 6, 6, 6, 6] * 6)]
    proof = {"type": "covering", "threshold": str(Fraction(-1, 2) - TINY), "denominator": 100, "tree": packed(faces)}
    state = {"u": ["0", "0", "1"], "v": ["1", "0", "0"]}
    return bound(
        {"name": "leggett"}, {"correlators": [[1]], "alice": [0.5]}, (1.5 - 1e-12, 1.5 + 1e-12), state,
        proof | {"multipliers": packed([0]), "quadratic": []}, {"u": [0.0, 0.0, 1.0], "v": [1.0, 0.0, 0.0]},
        settings={"alice": [[0, 0, 1]], "bob": [[1, 0, 0]]},
    )  # fmt: skip


def bell():
    return bound({"name": "bell"}, {"name": "chsh"}, (2.0, 2.0), ONES, {"type": "enumeration"}, shown(ONES))


def unbiased():
    return bound({"name": "unbiased"}, {"name": "chsh"}, (4.0, 4.0), ZEROS, {"type": "closed_form"}, shown(ZEROS))


def nonsignalling():
    """A_0 + CHSH ≤ 5 by τ = (1, 1; 0, 0) …, at A = B = (1, 0; 1, 0)."""
    tau = [["1/2", "1/2"], ["0", "0"]]
    state = {"alice": ["1", "0"], "bob": ["1", "1"]}
    functional = {"name": None, "correlators": [[1, 1], [1, -1]], "alice": [1, 0]}
    del functional["name"]
    return bound({"name": "nonsignalling"}, functional, (3.0, 5.0), state, {"type": "dual", "tau": tau}, shown(state))


def finite():
    model = {"name": "finite", "alice": [[0.5, 0.5], [1, -1]], "bob": [[0.5, 0], [0.25, 1]]}
    state = {"alice": ["1/2", "1/2"], "bob": ["1/2", "0"]}
    return bound(model, {"name": "chsh"}, (3.0, 3.0), state, {"type": "list"}, shown(state))


def hull():
    model = {"name": "hull", "of": [{"name": "bell"}, {"name": "unbiased"}]}
    proof = {"type": "hull", "parts": [{"type": "enumeration"}, {"type": "closed_form"}]}
    return bound(model, {"name": "chsh"}, (4.0, 4.0), {**ZEROS, "part": 1}, proof, shown(ZEROS))


def quantum():
    """Tsirelson: ½ Σ diagonal = 2√2 to ten digits; vectors along the axes and their halves."""
    diagonal = ["1.41421356238".replace(".", "") + "/100000000000"] * 4
    half = "70710678118/100000000000"
    vectors = {"alice": [["1", "0"], ["0", "1"]], "bob": [[half, half], [half, "-" + half]]}
    proof = {"type": "sdp", "level": "correlators", "diagonal": diagonal}
    value = (2.8284271247, 2.8284271248)
    return bound({"name": "quantum"}, {"name": "chsh"}, value, {"vectors": vectors}, proof, shown(ZEROS))


def qubits():
    """A_0 = 1 on |00⟩, bounded at level 1 by the matrix of (1 − A_0)²/2."""
    observable = [["0", "0", "0", "1"]]
    state = {"qubits": {"psi_re": ["3", "0", "0", "0"], "psi_im": ["0"] * 4, "alice": observable, "bob": observable}}
    diagonal = ["1000000001/1000000000", "1000000001/1000000000", "1/1000000000"]
    proof = {"type": "sdp", "level": "1", "diagonal": diagonal}
    functional = {"correlators": [[0]], "alice": [1]}
    return bound({"name": "quantum"}, functional, (1.0, 1.00000001), state, proof, {"alice": [1.0], "bob": [1.0]})


def visibility():
    """Half a PR box is local: the eight deterministic points with CHSH = 2; more violates CHSH ≤ 2."""
    signs = product((1, -1), repeat=4)
    points = [(a, b, c, d) for a, b, c, d in signs if a * c + a * d + b * c - b * d == 2]
    states = [{"alice": [str(a), str(b)], "bob": [str(c), str(d)]} for a, b, c, d in points]
    upper = {
        "correlators": [["1", "1"], ["1", "-1"]], "alice": ["0", "0"], "bob": ["0", "0"], "constant": "0", "bound": "2",
        "visibility": "1/2", "proof": {"type": "enumeration"},
    }  # fmt: skip
    lower = {"visibility": "1/2", "weights": ["1/8"] * 8, "states": states, "antipodal": False, "deviation": "0"}
    return result(
        {"kind": "visibility", "model": {"name": "bell"}, "behaviour": {"name": "pr_box"}}, (0.5, 0.5),
        {"lower": lower | {"repair": "0"}, "upper": upper},
        decomposition=[{"weight": 0.125, **shown(state)} for state in states],
        mixing=[[0.5, 0.5], [0.5, 0.5]], deviation=0.0,
        inequality={"correlators": [[1.0, 1.0], [1.0, -1.0]], "alice": [0.0, 0.0], "bob": [0.0, 0.0], "constant": 0.0,
                    "bound": 2.0},
    )  # fmt: skip


def marginals():
    """Two settings a side, C = ½: D = (1, ½; ½, ½) …, and nothing better than the caps."""
    entries = {
        "alice": [
            {"path": ["A0+", "B0+", "A0-"], "potentials": [4, 3, 2, 2]},
            {"path": ["A1+", "A1-"], "potentials": [3, 4, 2, 2]},
        ],
        "bob": [
            {"path": ["B0+", "B0-"], "potentials": [2, 2, 4, 4]},
            {"path": ["B1+", "B1-"], "potentials": [2, 2, 4, 4]},
        ],
    }
    end = {"lower": 1.0, "upper": 1.0}
    return result(
        {"kind": "marginals", "behaviour": {"correlators": [[0.5, 0.5], [0.5, 0.5]]}}, (1.0, 1.0),
        {"case": "zero_or_free", "denominator": "4", **entries},
        marginals={"alice": [dict(end), dict(end)], "bob": [dict(end), dict(end)]},
        paths={party: [entry["path"] for entry in rows] for party, rows in entries.items()},
    )  # fmt: skip


def marginals_given():
    """The deterministic point A = B = 1 splits in one way only; P(+−) = 0 makes the path A0+ B0- … too long for it."""
    caps = {"alice": ["A0+", "A0-"], "bob": ["B0+", "B0-"]}
    entries = {party: [{"path": cap, "potentials": [1, 1]}] for party, cap in caps.items()}
    end = {"lower": 1.0, "upper": 1.0}
    behaviour = {"correlators": [[1]], "alice": [1], "bob": [1]}
    return result(
        {"kind": "marginals", "behaviour": behaviour}, (1.0, 1.0), {"case": "given", "denominator": "1", **entries},
        marginals={"alice": [dict(end)], "bob": [dict(end)]}, paths={party: [cap] for party, cap in caps.items()},
    )  # fmt: skip


GENUINE = {
    make.__name__: make
    for make in (leggett, leggett_faces, bell, unbiased, nonsignalling, finite, hull, quantum, qubits, visibility,
                 marginals, marginals_given)
}  # fmt: skip


def verdict(value):
    return all(holds for holds, _ in checker.check(json.loads(json.dumps(value))))


@pytest.mark.parametrize("name", GENUINE)
def test_genuine_certificates_are_accepted(name):
    claims = checker.check(GENUINE[name]())
    assert claims
    assert all(holds for holds, _ in claims), claims


BIG = 10**50
SIGMA = ["0", "0", "0", "1"]
FORGERIES = [
    ("leggett", "value.upper", 0.999),
    ("leggett", "value.lower", 1.001),
    ("leggett", "value.lower", None),
    ("leggett", "value.upper", True),
    ("leggett", "value", None),
    ("leggett", "status", "estimate"),
    ("leggett", "status", "no_answer"),
    ("leggett", "kind", "visibility"),
    ("leggett", "schema", 2),
    ("leggett", "certificate.format", 2),
    ("leggett", "problem_sha256", "0" * 64),
    ("leggett", "certificate.upper.type", "enumeration"),
    ("leggett", "certificate.upper.threshold", "1/1000000"),
    ("leggett", "certificate.upper.threshold", "nan"),
    ("leggett", "certificate.upper.tree", packed([])),
    ("leggett", "certificate.upper.tree", packed([4, 6, 6])),
    ("leggett", "certificate.upper.tree", packed([6, 6])),
    ("leggett", "certificate.upper.tree", packed([0, 6, 6])),
    ("leggett", "certificate.upper.tree", packed([7])),
    ("leggett", "certificate.upper.tree", "AAAA"),
    ("leggett", "certificate.upper.tree", packed([6])[:-4]),
    ("leggett", "certificate.upper.multipliers", packed([100])),
    ("leggett", "certificate.upper.denominator", 0),
    ("leggett", "certificate.upper.denominator", 10**6),
    ("leggett", "certificate.lower.state.u", ["0", "0", "0"]),
    ("leggett", "certificate.lower.state.u", ["0", "1", "1"]),
    ("leggett", "certificate.lower.state.v", ["1/0", "0", "0"]),
    ("leggett", "maximiser.u", [0.0, 0.001, 1.0]),
    ("leggett", "maximiser", {}),
    ("leggett", "maximiser.alice", [1.0]),
    ("leggett", "quantum", 0.1),
    ("leggett", "problem.model.eta", 1.5),
    ("leggett", "problem.settings.alice.0", [0, 0, 2]),
    ("leggett", "problem.functional.correlators.0.0", 1.01),
    ("leggett", "problem.functional.constant", 0.01),
    ("leggett", "proven", 1.0),
    ("leggett", "problem.model.name", "bell"),  # which has no purity
    ("leggett", "problem.model.eta", 1e-70),  # zero to 200 bits, and not zero
    ("leggett", "problem.settings.bob", []),
    ("leggett", "problem.functional.n", 1),
    ("leggett", "certificate.lower.state.alice", ["1"]),
    ("leggett", "certificate.upper.quadratic", [{}]),
    ("leggett_faces", "certificate.upper.tree", packed([28, *([5, 6, 6, 6, 6, 6, 6] * 3)])),
    ("leggett_faces", "certificate.upper.tree", packed([28, *([5, 6, 6, 6] * 6)])),
    ("leggett_faces", "certificate.upper.multipliers", packed([127])),
    ("leggett_faces", "certificate.upper.multipliers", packed([128])),
    ("leggett_faces", "certificate.upper.multipliers", packed([0, 0])),
    ("leggett_faces", "problem.functional.alice.0", 0.75),
    ("bell", "value.upper", 1.9999999),
    ("bell", "value.lower", 2.0000001),
    ("bell", "certificate.lower.state.alice.0", "1/2"),
    ("bell", "certificate.lower.state.bob", ["1", "-1"]),
    ("bell", "problem.model.name", "nonsignalling"),
    ("bell", "problem.model.name", "anything"),
    ("bell", "problem.model.eta", 1.0),
    ("bell", "problem.functional.n", 7),
    ("bell", "quantum", 0.0),  # of no settings
    ("bell", "maximiser.u", [0.0, 0.0, 1.0]),
    ("unbiased", "certificate.lower.state", ONES),
    ("unbiased", "problem.model.name", "bell"),
    ("nonsignalling", "certificate.upper.tau.0.0", "2"),
    ("nonsignalling", "certificate.upper.tau", [["1/2", "1/2"]]),
    ("nonsignalling", "certificate.lower.state.alice.0", "3"),
    ("finite", "certificate.lower.state.bob.1", "1/8"),
    ("finite", "problem.model.bob.0", [0.5, 1.0]),
    ("hull", "certificate.upper.parts", [{"type": "enumeration"}]),
    ("hull", "certificate.upper.parts.0.type", "list"),
    ("hull", "value.upper", 3.9),
    ("hull", "certificate.lower.state.part", 0),
    ("hull", "certificate.lower.state.part", 2),
    ("quantum", "value.upper", 2.8284271247),
    ("quantum", "value.lower", 2.82842712475),
    ("quantum", "certificate.upper.diagonal.0", "1"),
    ("quantum", "certificate.upper.level", "2"),
    ("quantum", "certificate.lower.state.vectors.alice.0", ["1", "1"]),
    ("qubits", "certificate.lower.state.qubits.alice.0", ["1", "0", "0", "1"]),
    ("qubits", "certificate.lower.state.qubits.psi_re", ["0"] * 4),
    ("qubits", "certificate.upper.level", "correlators"),
    ("visibility", "value.lower", 0.501),
    ("visibility", "value.upper", 0.499),
    ("visibility", "value.lower", 0.25),  # true, and not what the displayed model reaches
    ("visibility", "certificate.lower.visibility", "51/100"),
    ("visibility", "certificate.lower.weights.0", "1/4"),
    ("visibility", "certificate.lower.weights", ["-1/8", "3/8", *["1/8"] * 6]),
    ("visibility", "certificate.lower.states.0.bob.0", "0"),
    ("visibility", "certificate.lower.states.0.alice", ["-1", "-1"]),
    ("visibility", "certificate.upper", None),
    ("visibility", "certificate.upper.bound", "1"),
    ("visibility", "certificate.upper.correlators.0.0", "2"),
    ("visibility", "inequality.correlators.0.0", 2.0),
    ("visibility", "inequality.bound", 1.5),
    ("visibility", "inequality", None),
    ("visibility", "decomposition.0.weight", 0.25),
    ("visibility", "decomposition.0.extra", 1.0),
    ("visibility", "mixing.0.0", 1.5),
    ("visibility", "mixing.0", [0.5, 0.5, 0.5]),
    ("visibility", "inequality.correlators", [[1.0, 1.0, 1.0, -1.0]]),
    ("visibility", "deviation", 0.1),
    ("visibility", "certificate.lower.repair", "1/10"),
    ("visibility", "problem.behaviour.visibility", 0.5),
    ("visibility", "problem.behaviour.pairs", []),
    ("visibility", "problem.behaviour.alice", [0, 0]),
    ("visibility", "problem.behaviour.noise", {}),
    ("visibility", "problem.behaviour.noise", {"correlators": [[0, 0], [0, 9]], "alice": [0, 0], "bob": [0, 0]}),
    ("visibility", "problem.behaviour.noise", {"correlators": [[0, 0, 0]] * 2, "alice": [0, 0], "bob": [0, 0, 0]}),
    ("visibility", "certificate.lower.deviation", "1/10"),
    ("visibility", "problem.behaviour.pairs", [[0, 0], [0, 1], [1, 0]]),
    ("visibility", "problem.behaviour.pairs", [[0, 0], [0, 0], [0, 1], [1, 0], [1, 1]]),
    ("marginals", "value.upper", 0.99),
    ("marginals", "marginals.alice.0.upper", 0.99),
    ("marginals", "certificate.alice.0.path", ["A0+", "A1+", "A0-"]),
    ("marginals", "certificate.alice.0.potentials", [4, 4, 1, 2]),
    ("marginals", "certificate.alice.0.potentials", [4, 4, 2]),
    ("marginals", "certificate.denominator", "3"),
    ("marginals", "certificate.denominator", "0"),
    ("marginals", "paths.alice.0", ["A0+", "A0-"]),
    ("marginals", "problem.behaviour.noise", "white"),
    ("marginals", "paths.alice.0", {"A0+": 1, "B0+": 2, "A0-": 3}),
    ("marginals", "problem.behaviour.correlators.0.0", 0.75),
    ("marginals", "problem.behaviour.correlators.0.0", 1.5),
    ("marginals_given", "problem.behaviour.correlators.0.0", 0.5),
    ("marginals_given", "problem.behaviour.bob", [0.5]),
    ("marginals_given", "certificate.alice.0.potentials", [1, -1]),
]


@pytest.mark.parametrize(("name", "path", "new"), FORGERIES)
def test_forgeries_are_rejected(name, path, new):
    forged = copy.deepcopy(GENUINE[name]())
    *keys, last = (int(key) if key.isdigit() else key for key in path.split("."))
    holder = forged
    for key in keys:
        holder = holder[key]
    holder[last] = new
    if keys and keys[0] == "problem":
        forged["problem_sha256"] = digest(forged["problem"])
    assert not verdict(forged)


def quadratic(v):
    """f = B on one setting each is at most 1. One leaf, over both whole spheres, with d = (0, 0, −1) = μ v*."""
    height = Fraction(v[-2], v[-1])
    leaf = {"u": [0, 0, 1, 1], "v": v, "signs": [], "tau": [], "kappa": [], "lambda": -1, "p": [0, 0]}
    leaf["mu"] = -round(2**50 / height)
    threshold = str(-height - Fraction(1, 2**40))
    covering = {"type": "covering", "threshold": threshold, "denominator": 1, "quadratic": [leaf]}
    return result(
        {
            "kind": "bound", "model": {"name": "leggett"}, "settings": {"alice": [[0, 0, 1]], "bob": [[0, 0, 1]]},
            "functional": {"correlators": [[0]], "bob": [1]},
        },
        (float(height) - 1e-9, float(height) + 1e-9),
        {
            "lower": {"state": {"u": ["0", "0", "1"], "v": direction(height)}},
            "upper": {**covering, "tree": packed([7]), "multipliers": packed([])},
        },
        maximiser={"u": [0, 0, 1], "v": [float(Fraction(x)) for x in direction(height)]}, quantum=None,
    )  # fmt: skip


def direction(height):
    """A rational unit vector of about this height."""
    t = Fraction(round(math.sqrt((1 - height) / (1 + height)) * 2**60), 2**60)
    return [str(x / (1 + t * t)) for x in (Fraction(0), 2 * t, 1 - t * t)]


def test_the_centre_of_a_quadratic_leaf_is_a_point_of_the_sphere():
    """19801² = 199² + 19800², but (0, 0, 199/19801) is not of length 1: with it, f would be at most 0.01005."""
    assert verdict(quadratic([0, 0, 1, 1]))
    assert not verdict(quadratic([0, 0, 199, 19800, 19801]))
    assert not verdict(quadratic([199, 19800, 0, 0, 199, 19801]))


def test_nothing_is_expanded_before_its_size_is_known():
    wide = marginals()
    wide["problem"]["behaviour"] = {"correlators": [[0.0]] * 2**17, "alice": [0.0] * 2**17, "bob": [0.0]}
    wide["problem_sha256"] = digest(wide["problem"])
    many = visibility()
    many["problem"]["behaviour"] = {"correlators": [[0.0] * 10**5]}
    many["problem_sha256"] = digest(many["problem"])
    many["certificate"]["lower"] |= {"weights": ["1/50000"] * 50_000, "states": [0] * 50_000}
    bells = hull()
    bells["problem"]["model"]["of"] = [{"name": "bell"}] * 4
    bells["problem_sha256"] = digest(bells["problem"])
    cases = ((wide, "too many settings"), (many, "too many hidden states"), (bells, "no such hull"))
    for forged, reason in cases:
        assert any(reason in text for _, text in checker.check(forged))


def test_every_key_is_needed():
    for name, make in GENUINE.items():
        genuine = make()
        for key in set(genuine) - {"reason", "stats", "quantum", "deviation"}:
            assert not verdict({k: x for k, x in genuine.items() if k != key}), (name, key)


def test_size_does_not_matter():
    """Coefficients of any size: nothing may vanish by scaling."""
    for size in (2.0**-60, 2.0**60, 2.0**200):
        value = leggett_faces()
        value["problem"]["functional"] = {"correlators": [[size]], "alice": [size / 2]}
        value["problem_sha256"] = digest(value["problem"])
        value["value"] = {"lower": (1.5 - 1e-12) * size, "upper": (1.5 + 1e-12) * size}
        exact = (Fraction(-1, 2) - TINY) * Fraction(size)
        value["certificate"]["upper"]["threshold"] = str(exact)
        value["quantum"] = None
        assert verdict(value), size
        value["value"] = {"lower": -2 * size, "upper": 1.4 * size}
        value["certificate"]["lower"]["state"]["u"] = ["0", "0", "-1"]
        value["maximiser"]["u"] = [0.0, 0.0, -1.0]
        value["certificate"]["upper"]["threshold"] = str(Fraction(-2, 5) * Fraction(size))
        assert not verdict(value), size


def test_expected_is_no_claim():
    value = bell()
    value["problem"]["expected"] = {"value": 17.0}
    value["problem_sha256"] = digest(value["problem"])
    assert verdict(value)


def every_object(value, path=()):
    """Paths of all objects in a JSON value."""
    if isinstance(value, dict):
        yield path
    for key, entry in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from every_object(entry, (*path, key))


@pytest.mark.parametrize("name", [*GENUINE, "quadratic"])
def test_unknown_keys_of_certificates_are_refused_at_every_depth(name):
    """And known ones in the wrong place: a state of no hull has no part, a closed form has no tree."""
    make = GENUINE.get(name, lambda: quadratic([0, 0, 1, 1]))
    assert verdict(make())
    paths = list(every_object(make()["certificate"]))
    assert () in paths
    for path, key in product(paths, ("comment", "part", "tree", "state", "upper", "case", "format", "vectors")):
        forged = copy.deepcopy(make())
        holder = forged["certificate"]
        for step in path:
            holder = holder[step]
        if key not in holder:
            holder[key] = 0
            assert not verdict(forged), (path, key)


@pytest.mark.parametrize("case", ["anything", "", None, True, ["given"], "given", "zero_or_free"])
def test_the_case_of_a_certificate_is_that_of_the_problem(case):
    for make, right in ((marginals, "zero_or_free"), (marginals_given, "given")):
        forged = make()
        assert forged["certificate"]["case"] == right
        forged["certificate"]["case"] = case
        assert verdict(forged) == (case == right)


TINY_ANGLES = [1e-70, -1e-70, 1e-200, 5e-324, 1e-60]
"""Degrees between Bob's direction and a horizontal one: below 2^-200 his marginal seems to vanish, and does not."""


def barely_biased(phi_deg):
    """Alice measures along x, Bob along x ± z sin(φ/2): of cos 30° |00⟩ + sin 30° |11⟩ his marginals are tiny."""
    settings = {"family": "leggett_directions", "phi_deg": phi_deg, "directions": [[0, 0, 1]]}
    return {"settings": settings, "behaviour": {"name": "partially_entangled", "theta_deg": 30}}


def unbiased_model(tables, mixing):
    """The claim that one unbiased state reaches the target at V = 1, without any deviation."""
    state = {"alice": ["0"], "bob": ["0", "0"]}
    lower = {"visibility": "1", "weights": ["1"], "states": [state], "antipodal": False, "deviation": "0"}
    return result(
        {"kind": "visibility", "model": {"name": "unbiased"}, **tables}, (1.0, 1.0),
        {"lower": {**lower, "repair": "0"}, "upper": None},
        decomposition=[{"weight": 1.0, **shown(state)}], mixing=[mixing], deviation=0.0, inequality=None,
    )  # fmt: skip


@pytest.mark.parametrize("antipodal", [False, True])
@pytest.mark.parametrize("phi_deg", TINY_ANGLES)
def test_a_marginal_that_is_not_zero_is_never_taken_for_zero(phi_deg, antipodal):
    """The true visibility is 0: every mixture with V > 0 is biased."""
    mixing = [(1 + math.sqrt(0.75)) / 2] * 2
    forged = unbiased_model(barely_biased(phi_deg), mixing)
    forged["certificate"]["lower"]["antipodal"] = antipodal
    assert not verdict(forged)
    assert any("misses the target" in text for _, text in checker.check(forged))
    forged["certificate"]["lower"]["deviation"] = "1/10000000000000000000000000000000000000000"
    forged["deviation"] = 1e-39
    assert not verdict(forged)  # nor by saying that it is missed by this much
    assert any("not exact" in text for _, text in checker.check(forged))


def test_a_marginal_that_is_zero_needs_no_deviation():
    settings = {"alice": [[1, 0, 0]], "bob": [[0.6, 0.8, 0], [0, 1, 0]]}
    tables = {"settings": settings, "behaviour": {"name": "partially_entangled", "theta_deg": 30}}
    assert verdict(unbiased_model(tables, [(1 + 0.6 * math.sqrt(0.75)) / 2, 0.5]))
    tables = {"settings": settings, "behaviour": {"name": "partially_entangled", "theta_deg": 45}}
    tables["settings"] = {"alice": [[0, 0, 1]], "bob": [[0, 0.6, 0.8], [0, 1, 0]]}
    assert verdict(unbiased_model(tables, [0.9, 0.5]))


@pytest.mark.parametrize("phi_deg", TINY_ANGLES)
def test_tiny_marginals_constrain_the_pairs_that_are_not_known(phi_deg):
    """D = 1 at B1 and at B2 is impossible by |m|: |D_k + D_l| ≤ 2 − |m_k − m_l|."""
    tables = barely_biased(phi_deg)
    tables["settings"]["directions"] *= 2  # Bob: x + z, x − z, x + z, x − z
    tables["behaviour"]["pairs"] = [[0, 0]]
    names = ["A0", "A1", "B0", "B1", "B2", "B3"]
    entries = [{"path": [f"{name}+", f"{name}-"], "potentials": [0] * 6} for name in names]
    entries[3]["potentials"] = [0, 0, 0, 1, 0, 0]
    ends = [{"lower": float(name == "B1"), "upper": 1.0} for name in names]
    paths = [entry["path"] for entry in entries]
    value = result(
        {"kind": "marginals", **tables}, (1.0, 1.0),
        {"case": "given", "denominator": "1", "alice": entries[:2], "bob": entries[2:]},
        marginals={"alice": ends[:2], "bob": ends[2:]}, paths={"alice": paths[:2], "bob": paths[2:]},
    )  # fmt: skip
    assert verdict(value), checker.check(value)
    entries[3]["potentials"] = [0, 0, 0, 1, 1, 0]
    assert not verdict(value)
    value["certificate"]["case"] = "zero_or_free"
    assert not verdict(value)


def test_opposites_have_no_marginals_that_a_repair_could_complete():
    """Cos 60° is u·a of the state that is shown, and of that state mixed with its opposite it is not."""
    t = Fraction(0.5773502691896258)
    state = {"u": [str(2 * t / (1 + t * t)), "0", str((1 - t * t) / (1 + t * t))], "v": ["0", "0", "1"]}
    lower = {"visibility": "1", "weights": ["1"], "states": [state], "deviation": "0", "repair": "1/10000000"}
    vectors = shown(state)
    opposite = {key: [-x for x in vector] for key, vector in vectors.items()}
    for antipodal, listing in ((False, [(1.0, vectors)]), (True, [(0.5, vectors), (0.5, opposite)])):
        value = result(
            {
                "kind": "visibility", "model": {"name": "leggett"},
                "settings": {"alice": [[0, 0, 1]], "bob": [[1, 0, 0]]},
                "behaviour": {"name": "partially_entangled", "theta_deg": 30},
            },
            (1.0, 1.0), {"lower": {**lower, "antipodal": antipodal}, "upper": None},
            decomposition=[{"weight": weight, **entry} for weight, entry in listing], mixing=[[0.5]], deviation=0.0,
            inequality=None,
        )  # fmt: skip
        assert verdict(value) == (not antipodal), checker.check(value)


def test_coordinates_are_zero_only_where_they_are_exactly():
    for angle in (*map(Fraction, TINY_ANGLES), 90 + Fraction(1, 10**80), 45 - Fraction(1, 10**99)):
        cosine, sine = checker.cos_sin(angle / 360)
        assert cosine
        assert sine
        assert all(checker.polar(angle, angle))
    assert checker.cos_sin(Fraction(1, 4)) == (0, checker.ONE)
    assert checker.polar(Fraction(90), Fraction(0)) == [checker.ONE, 0, 0]


# -- the file itself ---------------------------------------------------------------------------------------------------


def test_it_is_one_short_file_of_the_standard_library():
    text = FILE.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 1450
    assert max(map(len, text.splitlines())) <= 100
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            assert all(alias.name in sys.stdlib_module_names for alias in node.names)
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0
            assert node.module in sys.stdlib_module_names
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id not in ("eval", "exec", "compile", "__import__")


def test_it_reads_like_a_definition():
    """Two blank lines between definitions, headed sections in order, and rules and models that say what they are."""
    text = FILE.read_text(encoding="utf-8")
    lines = text.splitlines()
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)]) - 1
            assert lines[first - 2 : first] == ["", ""], node.name
            assert lines[first - 3] != "", node.name
            assert ast.get_docstring(node), node.name
    headings = [line[5:].rstrip(" -") for line in lines if line.startswith("# -- ")]
    assert headings == [
        "limits", "reading", "exact numbers", "from the problem to the inputs", "models", "patches of the sphere",
        "rules of upper ends: each gives a bound of f over the model", "states", "the three questions",
        "tables of keys", "main",
    ]  # fmt: skip
    for name, rule in checker.RULES.items():
        said = [rule.prove.__doc__.find(word) for word in ("Claim: ", "Given: ", "Why it suffices: ", "Cost: ")]
        assert said == sorted(said), name
        assert said[0] == 0, name
    assert set(checker.MODELS) >= {"leggett", "one_sided", "bell", "finite", "hull", "quantum", "nonsignalling"}
    assert all(callable(model.member) and model.__doc__ for model in checker.MODELS.values())


def test_a_rule_speaks_of_its_own_models_only():
    models = {"bell": bell, "unbiased": unbiased, "nonsignalling": nonsignalling, "finite": finite, "leggett": leggett}
    for (name, make), rule in product(models.items(), checker.RULES):
        forged = copy.deepcopy(make())
        model = checker.MODELS[name]
        forged["certificate"]["upper"] = {"type": rule}
        if not issubclass(model, checker.RULES[rule].models):
            assert any("the rule is about another model" in text for _, text in checker.check(forged)), (name, rule)


def script(path, *extra):
    command = [sys.executable, "-I", "-S", str(FILE), str(path), *extra]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_it_runs_as_a_script(tmp_path):
    path = tmp_path / "result.json"
    path.write_text(json.dumps(leggett()))
    good = script(path)
    assert good.returncode == 0, good.stdout
    assert "all proved" in good.stdout
    path.write_text(json.dumps(leggett() | {"value": {"lower": 0.0, "upper": 0.5}}))
    bad = script(path)
    assert bad.returncode == 1
    assert "NOT PROVED" in bad.stdout
    assert "1.0000" in bad.stdout  # what the certificate does support
    assert script(tmp_path / "missing.json").returncode == 2
    assert script(path, "more").returncode == 2
    assert "Traceback" not in good.stderr + bad.stderr


def bomb():
    stream = zlib.compressobj(1)
    data = b"".join(stream.compress(bytes([6]) * (1 << 20)) for _ in range(300)) + stream.flush()
    return leggett_with("tree", base64.b64encode(data).decode())


def leggett_with(key, value):
    forged = leggett()
    forged["certificate"]["upper"][key] = value
    return json.dumps(forged)


def problem_with(**tables):
    forged = leggett()
    forged["problem"].update(tables)
    forged["problem_sha256"] = digest(forged["problem"])
    return json.dumps(forged)


HOSTILE = {
    "empty": lambda: "",
    "not JSON": lambda: "schema = 1",
    "not UTF-8": lambda: b"\xff\xfe\x00",
    "a list": lambda: "[1]",
    "deep lists": lambda: "[" * 10**6,
    "deep objects": lambda: '{"a":' * 10**5 + "1" + "}" * 10**5,
    "not a number": lambda: json.dumps(leggett() | {"value": {"lower": float("nan"), "upper": float("inf")}}),
    "overflow": lambda: json.dumps(leggett()).replace('"upper": 1.000000000001', '"upper": 1e999'),
    "giant integer": lambda: '{"schema": ' + "9" * 10**6 + "}",
    "giant rational": lambda: leggett_with("threshold", "1/" + "7" * 10**6),
    "repeated key": lambda: '{"schema": 1, ' + json.dumps(leggett())[1:],
    "bomb": bomb,
    "a million settings": lambda: problem_with(settings={"family": "fibonacci", "n_alice": 10**6, "n_bob": 1}),
    "many pairs": lambda: problem_with(settings={"family": "great_circle", "n_alice": 4096, "n_bob": 4096}),
    "negative settings": lambda: problem_with(settings={"family": "half_circle", "n": -1}),
    "huge angle": lambda: problem_with(settings={"family": "leggett_triads", "phi_deg": 1e300}),
    "absurd exponents": lambda: problem_with(
        settings={"alice": [[1e-300, 0, 1e300]], "bob": [[1, 0, 0]], "normalise": True}
    ),
    "surrogate": lambda: json.dumps(leggett() | {"problem": {"title": "\ud800", **leggett()["problem"]}}),
    "escape codes": lambda: json.dumps(leggett() | {"\x1b[2J": 1}),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_are_answered(tmp_path, capsys, name):
    content = HOSTILE[name]()
    path = tmp_path / "hostile.json"
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    code = checker.main([str(path)])
    assert code in (1, 2) or name == "absurd exponents"  # that row is the direction z
    out, err = capsys.readouterr()
    assert "Traceback" not in out + err
    assert "\x1b" not in out + err
    assert sorted(tmp_path.iterdir()) == [path]  # nothing is written


def test_what_is_not_a_regular_file_is_refused(tmp_path, capsys):
    assert checker.main([str(tmp_path)]) == 2
    assert checker.main(["\0"]) == 2
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    assert checker.main([str(pipe)]) == 2
    assert checker.main([]) == 2
    assert "unreadable" in capsys.readouterr().err


def test_every_shipped_result_is_proved():
    """Result files in results/; other JSON files there are not results and carry no certificate."""
    for path in sorted((FILE.parent.parent / "results").glob("*.json")):
        result = checker.read(str(path))
        if isinstance(result, dict) and "certificate" in result:
            claims = checker.check(result)
            assert all(holds for holds, _ in claims), (path.name, claims)


# -- its parts ---------------------------------------------------------------------------------------------------------


def test_directions_are_those_of_the_package():
    import numpy as np

    from nsmodels import settings

    cases = [
        ("leggett_triads", {"phi_deg": 36.87}),
        ("leggett_directions", {"phi_deg": -500.25, "directions": "dodecahedron"}),
        ("leggett_directions", {"phi_deg": 20, "directions": "icosahedron"}),
        ("leggett_directions", {"phi_deg": 20, "directions": [[0.6, 0.8, 0.0], [0, 0, 1]]}),
        ("half_circle", {"n": 7}),
        ("great_circle", {"n_alice": 5, "n_bob": 3}),
        ("fibonacci", {"n_alice": 5, "n_bob": 30}),
        ("chsh", {}),
        ("random", {"n_alice": 4, "n_bob": 5, "seed": 3}),
    ]
    for name, parameters in cases:
        made = settings.FAMILIES[name].build(parameters)
        exact = checker.directions({"family": name, **parameters})
        for rows, wanted in zip(exact, (made.alice, made.bob), strict=True):
            got = np.array([[float(Fraction(x, checker.ONE)) for x in row] for row in rows])
            assert np.abs(got - wanted).max() <= made.rounding, name


def test_enumeration_is_the_maximum_over_all_strategies():
    import random

    rng = random.Random(1)
    for _ in range(20):
        n, m = rng.randint(1, 4), rng.randint(1, 4)
        numbers = [Fraction(rng.uniform(-1, 1)) for _ in range(n * m + n + m)]
        rows = [numbers[i * m : i * m + m] for i in range(n)]
        f = checker.Functional(Fraction(1, 3), rows, numbers[n * m : n * m + n], numbers[n * m + n :])
        best = max(
            f.value(a, b, [[x * y for y in b] for x in a])
            for a in map(list, product((1, -1), repeat=n))
            for b in map(list, product((1, -1), repeat=m))
        )
        assert checker.enumeration(None, f, None) == best


def test_positive_is_never_wrong_and_seldom_shy():
    import random

    rng = random.Random(2)
    for n in (1, 2, 6, 12):
        root = [[Fraction(rng.uniform(-1, 1)) for _ in range(n)] for _ in range(n)]
        gram = [[sum(x * y for x, y in zip(p, q)) for q in root] for p in root]
        assert checker.positive([[x + (i == j) * TINY for j, x in enumerate(row)] for i, row in enumerate(gram)])
        vector = [Fraction(rng.uniform(-1, 1)) for _ in range(n)]
        value = sum(x * y * gram[i][j] for i, x in enumerate(vector) for j, y in enumerate(vector))
        norm = sum(x * x for x in vector)
        share = (1 + TINY) * value / norm**2
        below = [[x - share * vector[i] * vector[j] for j, x in enumerate(r)] for i, r in enumerate(gram)]
        assert not checker.positive(below)  # vᵀ M v < 0


CONTRADICTIONS = {
    "settings by family and by rows": ("settings", {"alice": [[0, 0, 1], [1, 0, 0]], "bob": [[0, 0, 1], [1, 0, 0]]}),
    "settings by angles too": ("settings", {"alice_deg": [[0, 0], [90, 0]], "bob_deg": [[0, 0], [90, 0]]}),
    "purity in both forms": ("model", {"eta": 1.0, "eta_a": 0.5, "eta_b": 0.5}),
    "a model with hidden states of another": ("model", {"alice": [[1, 1]], "bob": [[1, 1]]}),
    "a functional by name and by numbers": ("functional", {"correlators": [[1, 0], [0, 0]]}),
    "an unknown key": ("functional", {"correlator": [[1, 0], [0, 0]]}),
}


@pytest.mark.parametrize("name", CONTRADICTIONS)
def test_problems_that_contradict_themselves_are_refused(name):
    table, more = CONTRADICTIONS[name]
    genuine = json.loads((FILE.parent.parent / "results" / "chsh_leggett.json").read_text(encoding="utf-8"))
    assert all(holds for holds, _ in checker.check(genuine))
    genuine["problem"][table] |= more
    genuine["problem_sha256"] = digest(genuine["problem"])
    assert not all(holds for holds, _ in checker.check(genuine))


@pytest.mark.parametrize(
    ("kind", "table"), [("bound", "behaviour"), ("marginals", "model"), ("visibility", "behavior")]
)
def test_tables_that_the_kind_does_not_use_are_refused(kind, table):
    name = {"bound": "chsh_leggett", "marginals": "chain_2", "visibility": "visibility_chsh_bell"}[kind]
    genuine = json.loads((FILE.parent.parent / "results" / f"{name}.json").read_text(encoding="utf-8"))
    genuine["problem"][table] = {"name": "bell" if table == "model" else "singlet"}
    genuine["problem_sha256"] = digest(genuine["problem"])
    assert not all(holds for holds, _ in checker.check(genuine))


STRAY = {
    "a bound that shows an inequality": ("chsh_leggett", lambda r: r.update(inequality={"bound": -7.0})),
    "a bound that shows marginals": ("chsh_leggett", lambda r: r.update(marginals={"alice": [], "bob": []})),
    "a visibility that shows a maximiser": ("visibility_chsh_bell", lambda r: r.update(maximiser={"u": [0, 0, 1]})),
    "a visibility that shows a quantum value": ("visibility_chsh_bell", lambda r: r.update(quantum=99.0)),
    "marginals that show a quantum value": ("chain_2", lambda r: r.update(quantum=99.0)),
    "a schema that is no number": ("chain_2", lambda r: r.update(schema=True)),
    "a format that is no number": ("chain_2", lambda r: r["certificate"].update(format=True)),
    "marginals treated in an unknown way": ("chain_2", lambda r: r["problem"]["behaviour"].update(marginals="maybe")),
}


@pytest.mark.parametrize("name", STRAY)
def test_what_nothing_proves_is_not_displayed(name):
    file, change = STRAY[name]
    genuine = json.loads((FILE.parent.parent / "results" / f"{file}.json").read_text(encoding="utf-8"))
    genuine["problem"].setdefault("behaviour", {"name": "singlet"}) if file == "chain_2" else None
    change(genuine)
    genuine["problem_sha256"] = digest(genuine["problem"])
    assert not all(holds for holds, _ in checker.check(genuine))
