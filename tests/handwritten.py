"""Certificates written by hand, one for each kind of claim, which the checker accepts."""

import base64
import hashlib
import json
import math
import zlib
from fractions import Fraction
from itertools import product
from pathlib import Path

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
