"""Re-check a result file of nsmodels with integers and fractions alone: ``python checker.py RESULT.json``.

This file stands alone (standard library only) and trusts one entry of a result file: `problem`. From it the exact
inputs are recomputed, and every displayed number must follow from `certificate`. Exit code 0: all is proved, 1: some
claim is not, 2: unreadable. Nothing is executed or written.

At a hidden state with marginals A_i, B_j every correlator is free in −1 + |A + B| ≤ C ≤ 1 − |A − B| (arXiv:0801.2241,
eq. 7). So f = k + Σ α_i A_i + Σ β_j B_j + Σ S_ij C_ij is at most k + Σ|S_ij| − G there, and attains that, where
G = Σ|S_ij| |A_i − sgn(S_ij) B_j| − Σ α_i A_i − Σ β_j B_j. Numbers of the problem are the doubles that they name.
"""

from __future__ import annotations

import base64
import hashlib
import json
import math
import os
import random
import re
import struct
import sys
import zlib
from collections import namedtuple
from fractions import Fraction
from functools import cache, lru_cache
from itertools import combinations, islice, pairwise, product, repeat
from operator import add, mul, sub
from typing import Any

MAX_FILE, MAX_INFLATED = 256 << 20, 256 << 20  # bytes of a result file, and of a decompressed part of it
MAX_ENTRIES, MAX_BITS = 10**6, 1 << 14  # pairs of settings; bits of the common denominator of a table
MAX_STRATEGIES, MAX_SUMMANDS = 1 << 37, 1 << 31  # 10^4 a step of an enumeration; hidden states × pairs of settings
PI = 314159265358979323846264338327950288419716939937510582097494459230781640628620899862803482534211706798  # / 10^101
BITS, ONE, WIDE = 200, 1 << 200, 1 << 260  # sines, cosines, 1/|a| are integers over ONE, off by less than EPS in all
FIELDS, HALVES = [160 * e for e in range(6)], sum(1 << 160 * e + 159 for e in range(6))  # of packed vectors in R^6
EPS, ZERO, PARTIES, VECTORS = Fraction(1, 1 << 150), Fraction(0), ("alice", "bob"), ("u", "v", "alice", "bob")
NOTHING = "no mixture of the behaviour and the noise has a model"  # the answer of a result without a value
ROUNDING = Fraction(1, 10**9)  # displayed copies (maximiser, weights, mixing, …) agree with the certificate to this
Row = list[Any]  # of fractions, but mypy takes sums of them for floats
Table = list[Row]
Ints = list[int]
Refused = type("Refused", (Exception,), {"__doc__": "The certificate does not prove what it should."})
Model = namedtuple("Model", "name shape alice bob rows parts etas", defaults=((), (), (), (), (ZERO, ZERO)))
Behaviour = namedtuple(  # height: where it is known, the marginals are a·(0, 0, height)
    "Behaviour", "shape correlators alice bob radius marginal_radius height", defaults=(ZERO, ZERO, None)
)

def need(condition: Any, message: str) -> None:
    """Refuse unless the condition holds."""
    if not condition:
        raise Refused(message)

def read(path: str) -> Any:
    """Read a JSON file of bounded size; raises OSError, ValueError (also for huge integers) or RecursionError."""
    if not os.path.isfile(path) or os.path.getsize(path) > MAX_FILE:
        raise OSError(f"no regular file of at most {MAX_FILE >> 20} MiB")
    with open(path, "rb") as stream:  # an object with a repeated key becomes 0
        return json.loads(stream.read(MAX_FILE), object_pairs_hook=lambda x: dict(x) if len(dict(x)) == len(x) else 0)

def number(value: Any) -> Fraction:
    """Give the exact value of the double that a JSON number names."""
    need(type(value) in (int, float), f"{ascii(value)[:40]} stands where a number should")
    return Fraction(float(value))

def whole(value: Any, low: int, high: int, what: str) -> int:
    """Give an integer of a stated range."""
    need(type(value) is int and low <= value <= high, f"{what} is not a whole number of the right range")
    return int(value)

def rational(value: Any) -> Fraction:
    """Give the fraction that a certificate writes as "p/q" or "p" (a double needs 325 digits)."""
    need(re.fullmatch("-?[0-9]{1,4000}(/[0-9]{1,4000})?", value), f"{value[:40]!a} stands where a fraction should")
    return Fraction(value)

def listed(value: Any, length: int | None, what: str) -> list[Any]:
    """Give a list, of the expected length; it is not empty."""
    need(isinstance(value, list) and value and length in (None, len(value)), f"{what} is no list of the right length")
    return list(value)

def common(numbers: Any) -> int:
    """Give a common denominator, of bounded size."""
    scale = 1
    for x in numbers:
        scale = math.lcm(scale, x.denominator)
        need(scale.bit_length() <= MAX_BITS, "the common denominator of a table is too large")
    return scale

def row(value: Any, length: int | None, what: str, entry: Any = number) -> Row:
    """Give a list of numbers (entry=rational: of a certificate)."""
    numbers = [entry(x) for x in listed(value, length, what)]
    common(numbers)
    return numbers

def table(value: Any, shape: tuple[int | None, int | None] | None, what: str, entry: Any = number) -> Table:
    """Give a rectangular table of numbers."""
    height, width = shape or (None, None)
    need(len(listed(value, height, what)) * len(value[0]) <= 4 * MAX_ENTRIES, f"{what} is too large")
    rows = [row(r, width or len(value[0]), what, entry) for r in value]
    common(x for r in rows for x in r)
    return rows

def pair(spec: Any, sizes: Any, default: Any = None) -> list[Any]:
    """Give the entries alice and bob of a table, where they are written."""
    need(math.prod(sizes) <= MAX_ENTRIES, "too many settings to prove here")
    return [row(spec[key], n, key) if key in spec else default and n * default for key, n in zip(PARTIES, sizes)]

def only(value: Any, forms: str, what: str) -> dict[str, Any]:
    """Give an object all of whose keys stand together in one of the forms: nothing is displayed that is not read."""
    fits = isinstance(value, dict) and any(set(value) <= set(form.split()) for form in forms.split("|"))
    need(fits, f"{what} displays something that nothing proves")
    return dict(value)

def cos_sin(turns: Fraction) -> tuple[int, int]:
    """Cosine and sine of an angle in turns, over `ONE`: Taylor's series with 60 more bits; zero only if exactly so."""
    quadrant = round(4 * turns)
    rest = turns - Fraction(quadrant, 4)
    x = round(rest * 2 * PI * WIDE / 10**101)
    sums, term, n = [0, 0], WIDE, 0
    while abs(term) > 1:
        sums[n % 2] += term if n % 4 < 2 else -term
        n, term = n + 1, term * x // ((n + 1) * WIDE)
    cosine, sine = sums[0] >> 60, sums[1] >> 60 or int(rest != 0)
    return ((cosine, sine), (-sine, cosine), (-cosine, -sine), (sine, -cosine))[quadrant % 4]

def unit(vector: Row) -> Ints:
    """Give a/|a| over `ONE` for a non-zero vector of fractions, whatever their size."""
    scale = common(vector)
    integers = [int(x * scale) for x in vector]
    square = sum(x * x for x in integers)
    shift = max(0, BITS + 20 - square.bit_length() // 2)
    length = math.isqrt(square << 2 * shift)
    return [(x << BITS + shift) // length or int(x > 0) for x in integers]  # zero for zero alone

def times(x: int, y: int, z: int = 0, w: int = 0) -> int:
    """Give xy + zw over `ONE`, which is zero only where both products are: what is tiny still counts as a bias."""
    return x * y + z * w >> BITS or int(bool((x and y) or (z and w)))

def dot(x: Ints, y: Ints) -> Fraction:
    """Scalar product of vectors over `ONE`."""
    return Fraction(sum(map(mul, x, y)) >> BITS, ONE)

def axes(name: Any) -> Table:
    """Give the axes e_i of leggett_directions, one of each antipodal pair."""
    o, one, g = ZERO, Fraction(1), Fraction(ONE + math.isqrt(5 * ONE * ONE), 2 * ONE)
    cube = [[one, one, one], [one, -one, -one], [-one, one, -one], [-one, -one, one]]
    golden = [[[o, one, h], [o, one, -h], [one, h, o], [one, -h, o], [h, o, one], [-h, o, one]] for h in (g, g * g)]
    named = {"triad": [[one, o, o], [o, one, o], [o, o, one]], "tetrahedron": cube, "icosahedron": golden[0]}
    named["dodecahedron"] = cube + golden[1]
    return table(name, (None, 3), "directions") if isinstance(name, list) else named[name]

def partner(e: Row) -> Row:
    """Give a vector along a_i ⟂ e_i: e with its coordinates cycled (near ±(1, 1, 1): e_1), less its part along e."""
    square, cycled = sum(x * x for x in e), [e[2], e[0], e[1]]
    start = cycled if 10 * sum(map(mul, cycled, e)) <= 9 * square else [1, ZERO, ZERO]
    return [square * x - sum(map(mul, start, e)) * y for x, y in zip(start, e)]

def polar(theta_deg: Fraction, phi_deg: Fraction = ZERO) -> Ints:
    """Give (sin θ cos φ, sin θ sin φ, cos θ), over `ONE`."""
    (height, radius), (cosine, sine) = cos_sin(theta_deg / 360), cos_sin(phi_deg / 360)
    return [times(radius, cosine), times(radius, sine), height]

def fibonacci(n: int, k: int) -> Ints:
    """Height z_k = 1 − (2k+1)/n, azimuth k(3 − √5)/2 turns."""
    z = (n - 2 * k - 1) * ONE // n
    radius, turns = math.isqrt(ONE * ONE - z * z), Fraction(k * (3 * ONE - math.isqrt(5 * ONE * ONE)), 2 * ONE)
    return [*(times(radius, x) for x in cos_sin(turns)), z]

def drawn(seed: int, count: int) -> list[Ints]:
    """Directions of rows 2r − 1 of three draws of Python's generator, rejected unless ¼ ≤ |row|² ≤ 1 in doubles."""
    cube = ([2.0 * draw() - 1.0 for _ in range(3)] for draw in repeat(random.Random(seed).random))
    ball = (unit([*map(Fraction, r)]) for r in cube if 0.25 <= r[0] * r[0] + r[1] * r[1] + r[2] * r[2] <= 1.0)
    return list(islice(ball, count))

def directions(settings: Any) -> Any:
    """Give the exact directions of both parties, over `ONE`; a coordinate is zero only if it is exactly so."""
    family = settings.get("family")
    for key, width, make in (("", 3, unit), ("_deg", 2, lambda angles: polar(*angles))):
        if "alice" + key in settings:
            a, b = (table(settings[party + key], (None, width), "settings") for party in PARTIES)
            near = key or all(abs(sum(x * x for x in r) - 1) <= 3 * ROUNDING for r in a + b)
            need(near or settings.get("normalise") is True, "a settings row is not a unit vector")
            return [make(r) for r in a], [make(r) for r in b]
    if family == "chsh":
        return [polar(ZERO), polar(Fraction(90))], [polar(Fraction(225)), polar(Fraction(135))]
    if family in ("leggett_triads", "leggett_directions"):
        rows = axes(settings["directions"] if family == "leggett_directions" else "triad")
        cosine, sine = cos_sin(number(settings["phi_deg"]) / 720)
        pairs = [(unit(partner(e)), [s * x for x in unit(e)]) for e in rows for s in (1, -1)]
        return [a for a, _ in pairs[::2]], [[times(cosine, x, sine, y) for x, y in zip(a, e)] for a, e in pairs]
    n, m = (whole(settings[k if k in settings else "n"], 1, 10**4, k) for k in ("n_alice", "n_bob"))
    if family in ("half_circle", "great_circle"):
        turn, late = (180, 90) if family == "half_circle" else (360, 0)
        return [polar(Fraction(turn * k, n)) for k in range(n)], [polar(Fraction(turn * k + late, m)) for k in range(m)]
    if family == "fibonacci":
        return [fibonacci(n, k) for k in range(n)], [fibonacci(m, k) for k in range(m)]
    need(family == "random", "the family of settings is unknown")
    both = drawn(whole(settings.get("seed", 0), 0, 1 << 64, "settings.seed"), n + m)
    return both[:n], both[n:]

class Functional:
    """f = constant + Σ alice_i A_i + Σ bob_j B_j + Σ correlators_ij C_ij, exact."""

    def __init__(self, constant: Any, correlators: Table, alice: Row, bob: Row) -> None:
        self.constant, self.correlators, self.alice, self.bob = constant, correlators, alice, bob
        self.shape, total = (len(alice), len(bob)), sum(abs(s) for r in correlators for s in r)
        self.ceiling, self.size = constant + total, total + sum(map(abs, alice + bob))

    def value(self, alice: Row | None, bob: Row | None, correlators: Table) -> Fraction:
        """Evaluate f (marginals None: zero); with every argument off by at most ε, it is off by at most ε · size."""
        total = self.constant + sum(map(mul, self.alice, alice or ())) + sum(map(mul, self.bob, bob or ()))
        return total + sum(s * c for r, q in zip(self.correlators, correlators) for s, c in zip(r, q) if s)

    def best(self, alice: Row, bob: Row) -> Fraction:
        """Evaluate f at the best correlators for these marginals (their error doubles)."""
        gap = sum(abs(s * a - abs(s) * b) for r, a in zip(self.correlators, alice) for s, b in zip(r, bob))
        return self.ceiling + sum(map(mul, self.alice, alice)) + sum(map(mul, self.bob, bob)) - gap

def functional(spec: Any, shape: tuple[int, int] | None) -> Functional:
    """Give the functional of a problem; −1/3 and the like are exact."""
    name, scale = spec.get("name"), 1
    if name is None:
        rows = table(spec["correlators"], shape, "functional.correlators")
        return Functional(number(spec.get("constant", 0)), rows, *pair(spec, (len(rows), len(rows[0])), [ZERO]))
    n = whole(spec.get("n", shape[0] if shape else 2), 1, 1000, "functional.n")
    chained = [[(i == 0 and j == n - 1) - (j == i or j == i - 1) for j in range(n)] for i in range(n)]
    signs = [[1, 1], [1, -1]] if name == "chsh" else chained
    if name not in ("chsh", "chained"):
        need(shape and (name == "leggett_n" or (name, n) == ("leggett3", 3)), "the functional is unknown here")
        signs, scale = [[-(j // 2 == i) for j in range(2 * n)] for i in range(n)], n
    need(shape in (None, size := (len(signs), len(signs[0]))), "the functional does not fit the settings")
    return Functional(ZERO, [[Fraction(x, scale) for x in r] for r in signs], *pair({}, size, [ZERO]))

def behaviour(spec: Any, settings: Any) -> Any:
    """Give the mean values of a problem, each within a radius of the exact one; marginals None: unknown or free."""
    # The marginals that are zero are so exactly, and need no radius (a correlator may be zero by rounding).
    name = spec.get("name", "table" if "correlators" in spec else "singlet")
    (alice, bob), shape = settings or ((), ()), settings and (len(settings[0]), len(settings[1]))
    if name in ("table", "pr_box"):
        spec = spec if name == "table" else {"correlators": [[1, 1], [1, -1]], "alice": [0, 0], "bob": [0, 0]}
        rows = table(spec["correlators"], shape, "behaviour.correlators")
        need(("alice" in spec) == ("bob" in spec), "the marginals of one party alone are given")
        shape = len(rows), len(rows[0])
        return Behaviour(shape, rows, *pair(spec, shape))
    if name == "partially_entangled":
        cosine, sine = cos_sin(number(spec["theta_deg"]) / 180)
        mean_a, mean_b = ([Fraction(cosine * x[2], ONE * ONE) for x in side] for side in (alice, bob))
        turned = [[sine * x >> BITS, -sine * y >> BITS, z] for x, y, z in bob]
        rows = [[dot(a, b) for b in turned] for a in alice]
        return Behaviour(shape, rows, mean_a, mean_b, EPS, cosine and EPS, Fraction(cosine, ONE))
    factor = number({"singlet": 1, "uniform": 0, "werner": spec.get("visibility")}[name])
    need(0 <= factor <= 1, "the visibility of a Werner state is outside [0, 1]")
    rows = [[-factor * dot(a, b) for b in bob] for a in alice]
    return Behaviour(shape, rows, len(alice) * [ZERO], len(bob) * [ZERO], EPS if factor else ZERO)

def marginals_of(model: Any, state: Any, exactly: bool) -> tuple[Row, Row, Fraction]:
    """Give the marginals of a hidden state that belongs to the model, and how far off they may be."""
    if model.parts:
        own = only(state, "u v part|alice bob part|alice v part|u bob part", "a hidden state")
        part = model.parts[whole(own.pop("part", 0), 0, len(model.parts) - 1, "part")]
        return marginals_of(part, own, exactly)
    if model.name == "one_sided":  # one party's marginals are free, the other's are those of a hidden vector
        (key, free), law = (("u", "bob"), model.alice) if model.alice else (("v", "alice"), model.bob)
        vector = row(only(state, f"{key} {free}", "a hidden state")[key], 3, key, rational)
        need(not exactly or sum(x * x for x in vector) == 1, "a hidden vector is not of length 1")
        anything = row(state[free], model.shape[free == "bob"], free, rational)
        need(all(abs(x) <= 1 for x in anything), "a free marginal is outside [−1, 1]")
        means, error = [dot(a, unit(vector)) for a in law], any(map(any, law)) * EPS
        return (means, anything, error) if model.alice else (anything, means, error)
    only(state, "u v" if model.name == "leggett" else "alice bob", "a hidden state")
    if model.name == "leggett":
        vectors = [row(state[key], 3, key, rational) for key in ("u", "v")]
        need(not exactly or all(sum(x * x for x in w) == 1 for w in vectors), "a hidden vector is not of length 1")
        (u, v), a_b = map(unit, vectors), model.alice + model.bob  # all zero: nothing depends on u and v
        return [dot(a, u) for a in model.alice], [dot(b, v) for b in model.bob], any(map(any, a_b)) * EPS
    alice, bob = (row(state[key], n, key, rational) for key, n in zip(PARTIES, model.shape))
    sizes = {abs(x) for x in alice + bob}
    allowed = {"bell": sizes == {1}, "unbiased": sizes == {0}, "nonsignalling": max(sizes) <= 1}
    need(allowed.get(model.name, (tuple(alice), tuple(bob)) in model.rows), "a hidden state is not in the model")
    return alice, bob, ZERO

def named_model(spec: Any, shape: tuple[int, int], settings: Any) -> Any:
    """Give the law for the marginals; leggett: directions times purity, over `ONE`; finite: rows; hull: parts."""
    model = Model({"nonsignaling": "nonsignalling"}.get(spec["name"], spec["name"]), shape)
    if model.name == "leggett":
        etas = [number(spec.get(key, spec.get("eta", 1.0))) for key in ("eta_a", "eta_b")]
        need(settings and all(eta == 0 or 1e-30 <= eta <= 1 for eta in etas), "no settings, or impossible purities")
        a, b = ([[int(eta * x) for x in r] for r in side] for eta, side in zip(etas, settings or ()))
        return model._replace(alice=a, bob=b, etas=etas)
    if model.name == "one_sided":
        eta, side = number(spec.get("eta", 1.0)), ("alice", "bob").index(spec.get("party", "bob"))
        need(settings and (eta == 0 or 1e-30 <= eta <= 1), "no settings, or an impossible purity")
        return model._replace(**{PARTIES[side]: [[int(eta * x) for x in r] for r in settings[side]]})
    if model.name == "finite":
        rows = [table(spec[key], (None, n), f"model.{key}") for key, n in zip(PARTIES, shape)]
        need(all(abs(x) <= 1 for side in rows for r in side for x in r), "a marginal of the model is outside [−1, 1]")
        return model._replace(rows={*zip(*(map(tuple, side) for side in rows), strict=True)})
    if model.name == "hull":
        names = [x["name"] for x in spec["of"]]
        need(len(names) <= 100 and names.count("bell") < 4 and not {"hull", "quantum"} & {*names}, "no such hull")
        return model._replace(parts=[named_model(consistent("model", x), shape, settings) for x in spec["of"]])
    need(model.name in ("bell", "nonsignalling", "unbiased", "quantum"), "the model is unknown")
    return model

def prove(model: Any, f: Functional, proof: Any) -> Fraction:
    """Give the bound on f over the model that the proof establishes."""
    kind, parts = proof["type"], model.parts
    only(proof, f"type {PROOFS.get(kind, '')}", "a proof")
    if kind == "closed_form":  # |A|, |B|, |C| ≤ 1
        return f.constant + f.size if model.name != "unbiased" else f.ceiling
    if kind == "dual":  # τ in [−1, 1]: G ≥ Σ τ|S|(A − sgn(S) B) − α·A − β·B ≥ −Σ|c_i| − Σ|d_j| for every box
        tau = table(proof["tau"], f.shape, "tau", rational)
        need(all(abs(t) <= 1 for r in tau for t in r), "a multiplier is outside [−1, 1]")
        c = [sum((abs(s) * t for s, t in zip(*rows)), -a) for *rows, a in zip(f.correlators, tau, f.alice)]
        d = [sum(map(mul, s, t), b) for s, t, b in zip(zip(*f.correlators), zip(*tau), f.bob)]
        return f.ceiling + sum(map(abs, c + d))
    provers = {"covering leggett": covering, "enumeration bell": enumeration, "sdp quantum": semidefinite}
    need(len(model.rows) * math.prod(f.shape) <= MAX_SUMMANDS >> 5, "the list is too long")
    provers |= {"square leggett": square, "one_sphere one_sided": one_sphere}
    provers["list finite"] = lambda *_: max(f.best(*state) for state in model.rows)
    provers["hull hull"] = lambda *_: max(map(prove, parts, repeat(f), listed(proof["parts"], len(parts), "parts")))
    return provers[f"{kind} {model.name}"](model, f, proof)

def enumeration(model: Any, f: Functional, proof: Any) -> Fraction:
    """Maximise Σ_i α_i A_i + Σ_j |β_j + Σ_i S_ij A_i| over all signs A; one is flipped at a time (Gray code)."""
    alpha, beta, rows = f.alice, f.bob, f.correlators
    if len(alpha) > len(beta):
        alpha, beta, rows = beta, alpha, [list(column) for column in zip(*rows)]
    n, scale = len(alpha), common([*alpha, *beta, *(x for r in rows for x in r)])
    width = sum(int(abs(x) * scale) for r in [alpha, beta, *rows] for x in r).bit_length() + 2
    need(n < 40 and (5000 + width * len(beta) * (1 + width // 999)) << n <= MAX_STRATEGIES, "too many strategies")
    lines = [sum(int(x * scale) << width * j for j, x in enumerate(r)) for r in [*rows, beta]]
    linear, signs, ones = [int(x * scale) for x in alpha], [1] * n, sum(1 << width * j for j in range(len(beta)))
    # the sums over i are the fields of one integer, with 2^(width−1) added; modulo 2^width − 1 fields add up
    x, total, best = sum(lines) + (ones << width - 1), sum(linear), -f.size * scale
    for step in range(1, (1 << n - (not any(alpha + beta))) + 1):  # without marginal terms the last sign may stay
        plus = x >> width - 1 & ones
        minus = ones ^ plus  # the bits of negative fields are turned round
        best = max(best, total + ((x ^ plus << width - 1 ^ (minus << width - 1) - minus) + minus) % ((1 << width) - 1))
        i = min((step & -step).bit_length(), n) - 1
        signs[i], x, total = -signs[i], x - 2 * signs[i] * lines[i], total - 2 * signs[i] * linear[i]
    return f.constant + Fraction(best) / scale

def positive(m: Table) -> bool:
    """Whether a symmetric matrix (lower triangle) is certainly positive semidefinite: elimination over 2^160."""
    n = len(m)  # roundings of all entries move eigenvalues by less than the order n, which the diagonal loses each time
    a = [[math.floor(x * (1 << 160)) - n * (i == j) for j, x in enumerate(r[: i + 1])] for i, r in enumerate(m)]
    for k in range(n):
        if a[k][k] <= 0:
            return False
        for i, r in enumerate(a[k + 1 :], k + 1):
            r[k + 1 :] = [x - r[k] * a[j][k] // a[k][k] - n * (i == j) for j, x in enumerate(r[k + 1 :], k + 1)]
    return True

def semidefinite(model: Any, f: Functional, proof: Any) -> Fraction:
    """Tsirelson's theorem, or level 1 of the hierarchy: M ⪰ 0 (order 1, A.., B..) proves f ≤ k + ½ Σ diagonal."""
    lead = proof["level"] == "1"
    fits = lead or (proof["level"] == "correlators" and not any(f.alice + f.bob))
    need(fits and sum(f.shape) < 300, "the level does not fit, or there are too many settings")
    m: Table = [[]] * lead + [[-a] * lead + i * [ZERO] for i, a in enumerate(f.alice)]
    m += [[-b] * lead + [-r[j] for r in f.correlators] + j * [ZERO] for j, b in enumerate(f.bob)]
    diagonal = row(proof["diagonal"], len(m), "diagonal", rational)
    need(positive([[*r, x] for r, x in zip(m, diagonal)]), "the semidefinite proof is not positive")
    return f.constant + sum(diagonal) / 2

def inflated(text: Any) -> bytes:
    """Decode and decompress a blob of bounded size."""
    stream = zlib.decompressobj()
    data = stream.decompress(base64.b64decode(text, validate=True), MAX_INFLATED)
    need(stream.eof and not stream.unused_data, "a compressed part is cut off, or too large")
    return data

@lru_cache(maxsize=1 << 17)
def corner(face: int, s: int, t: int) -> Any:
    """Direction of a point of a face [−2^40, 2^40]² of the cube, over 2^80."""
    length = math.isqrt((1 << 80) + s * s + t * t << 80)
    x, y, z = ((1 << 160 if face < 3 else -1 << 160) // length, (s << 120) // length, (t << 120) // length)
    return ((x, y, z), (z, x, y), (y, z, x))[face % 3]

@lru_cache(maxsize=1 << 16)
def patch(face: int, s0: int, s1: int, t0: int, t1: int) -> tuple[Any, list[Any], int]:
    """Corners of a box on a face of the cube, and 1/γ rounded up (γ: least cosine to the middle), over 2^80."""
    corners = [corner(face, s0, t0), corner(face, s0, t1), corner(face, s1, t0), corner(face, s1, t1)]
    c0, c1, c2 = map(sum, zip(*corners))
    length = math.isqrt(c0 * c0 + c1 * c1 + c2 * c2) + 1
    return (face, s0, s1, t0, t1), corners, (length << 160) // min(c0 * x + c1 * y + c2 * z for x, y, z in corners) + 1

def least(c: Any, where: Any) -> Any:
    """Lower bound of c·x over a patch, or over the whole sphere (None), over 2^80 times the denominator of c."""
    c0, c1, c2 = c  # x = Σ (weight ≥ 0) (corner), and the weights add up to between 1 and 1/γ
    m = min([c0 * x + c1 * y + c2 * z for x, y, z in where[1]]) if where else -1
    if m >= 0:
        return m
    anywhere = -(math.isqrt(c0 * c0 + c1 * c1 + c2 * c2) + 1) << 80
    return max(anywhere, m * where[2] >> 80) if where else anywhere

def unpacked(x: int) -> tuple[Ints, Ints]:
    """Give the six signed fields of 160 bits of an integer: the parts of u and of v."""
    fields = [(x + HALVES >> e & (1 << 160) - 1) - (1 << 159) for e in FIELDS]
    return fields[:3], fields[3:]

def covering(model: Any, f: Functional, proof: Any) -> Fraction:
    """A tree of pairs of patches of the spheres (of half of one where G(−u, −v) = G(u, v)); G ≥ threshold on leaves."""
    # Multipliers τ = n/D in [−1, 1] give G ≥ c·u + d·v, (c, d) = Σ τ_k x_k − (g, h), x_k = (|S| a_i, −S b_j), where
    # |n| = D + 1 keeps τ = ±1 in all descendants. Vectors are integers over `scale`; all roundings, below 2^-56 · size,
    # are charged.
    if f.size == 0:
        return f.constant
    threshold, scale = rational(proof["threshold"]), (1 << 80) / f.size
    def packed(alice: Any, bob: Any) -> int:
        parts = [[sum(int(x * scale) * a[e] >> BITS for x, a in part) for e in range(3)] for part in (alice, bob)]
        return sum(x << e for x, e in zip(parts[0] + parts[1], FIELDS))
    pairs = [(s, a, b) for r, a in zip(f.correlators, model.alice) for s, b in zip(r, model.bob) if s]
    terms, weights = [packed([(abs(s), a)], [(-s, b)]) for s, a, b in pairs], [abs(s) * scale for s, _, _ in pairs]
    linear = [[(-x, a) for x, a in zip(*s) if x and any(a)] for s in ((f.alice, model.alice), (f.bob, model.bob))]
    base, d, level = packed(*linear), whole(proof["denominator"], 1, 126, "D"), (threshold + f.size / 2**56) * scale
    multipliers, at, target = memoryview(inflated(proof["multipliers"])).cast("b"), 0, math.ceil(level * d) << 80
    quadratic, fine, squares = iter(proof["quadratic"]), iter(proof.get("fine", ())), iter(proof.get("square", ()))
    stack: list[Any] = [(None, None, not any(linear), base, terms, weights, unpacked(base * d))]
    for byte in inflated(proof["tree"]):
        u, v, mirror, base, terms, weights, cd = stack.pop()
        kind, odd, on_v = byte & 7, byte & 1, byte & 7 in (2, 3, 5)
        if byte & 8:
            n = multipliers[at : at + len(terms)].tolist()
            at += len(terms)
            if n and (max(n) > d or min(n) < -d):
                need(max(n) <= d + 1 and min(n) >= -d - 1, "a multiplier is outside [−1, 1]")
                base += sum(x if q > 0 else -x for q, x in zip(n, terms) if abs(q) > d)
                n, terms, weights = ([x for q, x in zip(n, xs) if abs(q) <= d] for xs in (n, terms, weights))
            if byte & 16:
                cd = unpacked(base * d + sum(map(mul, n, terms)))
        if byte & 39 == 39:
            check_square_leaf(next(squares), (u, v), base, terms, scale, level)
        elif byte & 32:  # a linear leaf with multipliers over 2^50
            n = [whole(x, -1 << 50, 1 << 50, "tau") for x in listed(next(fine), len(terms) or 1, "fine")[: len(terms)]]
            cd = unpacked((base << 50) + sum(map(mul, n, terms)))
            need(kind == 6, "multipliers stand where no leaf is")
            need(least(cd[0], u) + least(cd[1], v) >= math.ceil(level * 2**50) << 80, "a leaf with fine multipliers")
        elif kind == 6:
            need(least(cd[0], u) + least(cd[1], v) >= target, "a leaf of the covering does not reach the threshold")
        elif kind == 7:
            check_quadratic(next(quadratic), (u, v), base, terms, weights, scale, level)
        else:
            if kind > 3:
                need((u, v)[on_v] is None, "a sphere is cut into faces twice")
                children = [patch(face, *[-1 << 40, 1 << 40] * 2) for face in range(3 if mirror else 6)]
            else:
                k, (face, *box) = 2 * odd, (u, v)[on_v][0]
                middle = (box[k] + box[k + 1]) // 2
                need(box[k] < middle, "a patch is too small")
                halves = [*box[: k + 1], middle, *box[k + 2 :]], [*box[:k], middle, *box[k + 1 :]]
                children = [patch(face, *half) for half in halves]
            after = (mirror and kind < 4, base, terms, weights, cd)
            stack += [(u, q, *after) if on_v else (q, v, *after) for q in reversed(children)]
    need(not stack and at == len(multipliers), "the covering does not end where it should")
    need(not [*quadratic, *fine, *squares], "the covering has more leaves than it needs")
    return f.ceiling - threshold

def half_spaces(where: Any, place: int) -> list[Ints]:
    """Give affine functions of (1, u, v), over 2^120, that are not negative on a patch: its four edges and its cap."""
    corners, found = where[1], []
    middle = [sum(column) for column in zip(*corners)]
    ring = [corners[k] for k in (0, 2, 3, 1, 0)]
    crosses = [[a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
               for a, b in pairwise(ring)]
    for n in [*([x * (1 if sum(map(mul, n, middle)) > 0 else -1) for x in n] for n in crosses), middle]:
        length = math.isqrt(sum(x * x for x in n)) + 1
        n = [(x << 120) // length for x in n]
        found.append([-(least(n, where) >> 80), 0, 0, 0, 0, 0, 0])
        found[-1][place : place + 3] = n
    return found

def check_square_leaf(leaf: Any, where: Any, base: int, terms: Ints, scale: Any, level: Fraction) -> None:
    """A leaf where (L + Σ|y_k|)² ≥ L² + 2Σ(σ_k·z) y_k + Σ T_kl y_k y_l ≥ (t + s)² is shown to hold, L = ℓ + s ≥ 0."""
    # ℓ: the terms with τ = ±1, and the linear part; |σ_k·z| ≤ L and |T_kl| ≤ 1 = T_kk. The difference is a form in
    # z = (1, u, v) plus λ(|u|² − 1) + μ(|v|² − 1) plus Σ P h h' ≥ 0, h ≥ 0 on the patches. Everything is in the unit
    # 2^exponent, below 8 and over 2^120; functions may be negative by 2^-74, for which 2^-60 + 2^-70 ΣP is charged.
    leaf = only(leaf, "exponent signs s sigma tau p lambda mu", "a square leaf")
    unit, signs = scale * Fraction(2) ** whole(leaf["exponent"], -2200, 2200, "exponent"), leaf["signs"]
    need(None not in where and len(signs) == len(terms) and {*signs} <= {*"a+-"}, "a square leaf of the wrong form")
    def vector(x: int) -> Ints:
        return [int((y << 120) / unit) for part in unpacked(x) for y in part]
    def low(c: Ints) -> int:
        return (c[0] << 80) + least(c[1:4], where[0]) + least(c[4:], where[1])
    numbers = [whole(leaf[key], -ONE, ONE, key) for key in ("s", "lambda", "mu")]
    ell = [numbers[0] << 50, *vector(base + sum(x if q == "+" else -x for q, x in zip(signs, terms) if q != "a"))]
    ys = [[0, *vector(x)] for q, x in zip(signs, terms) if q == "a"]
    sigma = [[whole(x, -ONE, ONE, "sigma") << 50 for x in listed(r, 7, "sigma")] for r in leaf["sigma"]]
    need(len(sigma) == len(ys) < 64 and low(ell) >= -1 << 126, "a square leaf whose linear part may be negative")
    for r, sign in product(sigma, (1, -1)):
        need(low([x + sign * y for x, y in zip(ell, r)]) >= -1 << 126, "a multiplier exceeds the linear part")
    halves = [*half_spaces(where[0], 1), *half_spaces(where[1], 4), [1 << 120, 0, 0, 0, 0, 0, 0]]
    need(max(abs(x) for r in [ell, *ys, *sigma, *halves] for x in r) < 1 << 123, "a square leaf in the wrong unit")
    tau, p = iter(leaf["tau"]), iter(leaf["p"])
    pairs = [(ell, ell, 1 << 70), *((r, y, 1 << 71) for r, y in zip(sigma, ys))]  # p, q, c: c(pqᵀ + qpᵀ) over 2^311
    pairs += [(y, y, 1 << 70) for y in ys]
    for k, y in enumerate(ys):
        pairs += [(y, x, whole(next(tau), -1 << 50, 1 << 50, "tau") << 21) for x in ys[:k]]
    total = 0
    for k, h in enumerate(halves):
        for g in halves[:k]:
            total += (c := whole(next(p), 0, ONE, "p"))
            pairs += [(h, g, -c)] if c else []
    form: Table = [[Fraction(0)] * (i + 1) for i in range(7)]
    for a, b in [(e, c) for e in range(7) for c in range(e + 1)]:
        form[a][b] += Fraction(sum(c * (x[a] * y[b] + x[b] * y[a]) for x, y, c in pairs), 1 << 311)
    _, lam, mu = (Fraction(x, 1 << 70) for x in numbers)
    form[0][0] += lam + mu - (level / unit + Fraction(numbers[0], 1 << 70)) ** 2
    for e in range(6):
        form[e + 1][e + 1] -= (lam, mu)[e // 3]
    charged = Fraction(1, 1 << 60) + Fraction(total, 1 << 140)
    form = [[x - charged * (i == j) for j, x in enumerate(r)] for i, r in enumerate(form)]
    need(not [*tau, *p] and positive(form), "a square leaf does not reach the threshold")

def check_quadratic(leaf: Any, where: Any, base: int, terms: Ints, weights: Row, scale: Any, level: Fraction) -> None:
    """A leaf near (u*, v*): with δ = (u − u*, v − v*), r = max|δ|, G ≥ K + ℓ·δ + δᵀQδ, where Q + σ ⪰ 0 suffices."""
    # From w|y| ≥ w τ y + κ y² where κ max|y| ≤ w (1 − |τ|), c·u = c·u* + (c − λu*)·δ − λ|δ|²/2, and
    # 0 ≥ P[(u*·δ)² − r²|δ|²/4]; `form` is the matrix of K, ℓ/2, Q, and the vectors x = w y are integers over `scale`.
    leaf = only(leaf, "u v signs tau kappa lambda mu p", "a quadratic leaf")
    curved, star, radii = [Fraction(whole(leaf[k], -ONE, ONE, k) * scale, 1 << 50) for k in ("lambda", "mu")], [], []
    for key, spot in zip("uv", where):
        *point, length = (whole(x, -ONE, ONE, key) for x in listed(leaf[key], 4, key))
        need(sum(x * x for x in point) == length**2 > 0, "the centre of a leaf is not on the sphere")
        star += [Fraction(x, length) for x in point]
        nearest = least([int(x * (1 << 80)) for x in star[-3:]], spot)
        radii.append(min(Fraction(4), 2 - Fraction(2 * nearest, 1 << 160) + Fraction(1, 1 << 70)))
    tau, kappa, signs = iter(leaf["tau"]), iter(leaf["kappa"]), {"+": 1 << 50, "-": -1 << 50}
    n = [signs[sign] if sign in signs else whole(next(tau), -1 << 50, 1 << 50, "tau") for sign in leaf["signs"]]
    c, d = unpacked((base << 50) + sum(map(mul, n, terms)))
    p: Row = [min(Fraction(whole(x, 0, ONE, "p") * scale, 1 << 40), ONE >> 60) for x in listed(leaf["p"], 2, "p")]
    pairs: list[Any] = [([q * x for x in e], e) for q, e in zip(p, ([0, *star[:3], 0, 0, 0], [0, 0, 0, 0, *star[3:]]))]
    for q, x, w in (entry for *entry, sign in zip(n, terms, weights, leaf["signs"]) if sign not in signs):
        a, b = unpacked(x)
        far = min(least([s * e for e in a], where[0]) + least([s * e for e in b], where[1]) for s in (1, -1))
        k = Fraction(whole(next(kappa), 0, ONE, "kappa") * scale, 1 << 40) / w**2
        need(k * ((1 << 88) - far) <= (1 << 50) - abs(q) << 30, "a curvature is too large for its multiplier")
        y = [sum(map(mul, a + b, star)), *a, *b]
        pairs.append(([k * e for e in y], y))
    z = [[[int(x * ONE) for x in e] for e in factors] for factors in pairs]
    form = [[Fraction(sum(x[i] * y[j] + x[j] * y[i] for x, y in z), 2 << 400) for j in range(i + 1)] for i in range(7)]
    for e, x in enumerate(Fraction(x, 1 << 50) for x in c + d):
        form[0][0] += x * star[e]
        form[e + 1][0] += (x - curved[e // 3] * star[e]) / 2
        form[e + 1][e + 1] -= curved[e // 3] / 2 + p[e // 3] * radii[e // 3] / 4
    lost = [4 * sum(r[0] ** 2 for r in part) * radius for part, radius in zip((form[1:4], form[4:]), radii)]
    slack = form[0][0] - level - sum(math.isqrt(math.ceil(x)) + 1 for x in lost)
    sigma, complete = slack / sum(radii), len(n) == len(terms) and not [*tau, *kappa]
    rest = [[(x + sigma * (i == j)) / (1 << 80) for j, x in enumerate(r[1:])] for i, r in enumerate(form[1:])]
    need(complete and slack >= 0 and positive(rest), "a quadratic leaf does not reach the threshold")

def square(model: Any, f: Functional, proof: Any) -> Fraction:
    """One form for all hidden states: G ≥ t where (Σ|x_k·z|)² ≥ Σ T_kl (x_k·z)(x_l·z) ≥ (t + p·z)² is shown to hold."""
    # z = (u, v), x_k = (|S| a_i, −S b_j), |T_kl| ≤ 1 = T_kk, and p·z are the marginal terms. On the spheres the sum is
    # λ + μ + zᵀ(M − diag(λ, μ))z; less (t + p·z)² it is a form in (1, z), which shall be positive semidefinite.
    # Vectors are integers over 2^300/size. A sum of directions times numbers of total size ≤ `size` is off by `blur`;
    # each side is then divided by a power of two so that parts of x are at most 1, off by δ, and those of p at most q.
    t, power, scale = rational(proof["threshold"]), whole(proof["exponent"], -1100, 1100, "exponent"), f.size or ONE
    scale = (1 << 300) / scale
    def vector(*parts: Any) -> Ints:
        return [sum(int(x * scale) * a[e] for x, a in part) >> BITS for part in parts for e in range(3)]
    pairs = [(s, a, b) for r, a in zip(f.correlators, model.alice) for s, b in zip(r, model.bob) if s]
    xs = [vector([(abs(s), a)], [(-s, b)]) for s, a, b in pairs]
    p = vector([*zip(f.alice, model.alice)], [*zip(f.bob, model.bob)])
    need(t > 0 and 0 < len(xs) < 512, "a square proof of too many terms, or of nothing")
    tau = iter(proof["tau"])
    rows = [[*(whole(next(tau), -1 << 50, 1 << 50, "tau") for _ in range(k)), 1 << 49] for k in range(len(xs))]
    need(not [*tau], "there are more multipliers than pairs of terms")
    half = [[sum(q * x[e] for q, x in zip(r, xs)) for e in range(6)] for r in rows]  # the lower triangle of T
    tops = [max(abs(x[e]) for x in xs for e in part) for part in (range(3), range(3, 6))]
    units = [1 << int(t * scale).bit_length(), *(1 << top.bit_length() for top in tops for _ in range(3))]
    blur = [(1 << 102) + (max(abs(x) for a in side for x in a) >> 47) for side in (model.alice, model.bob)]
    purities = (any(map(any, side)) for side in (model.alice, model.bob))  # exact, as no rounded part of x is
    delta = max(Fraction(b, units[e]) if eta else ZERO for b, eta, e in zip(blur, purities, (1, 4)))
    curved = [rational(proof[key]) * Fraction(4) ** power * scale**2 for key in ("lambda", "mu")]
    z: Row = [t * scale / units[0], *(Fraction(x, unit) for x, unit in zip(p, units[1:]))]
    form: Table = [[-x * y for y in z[: i + 1]] for i, x in enumerate(z)]
    form[0][0] += sum(curved) / units[0] ** 2
    for i, j in [(e, c) for e in range(6) for c in range(e + 1)]:
        both = sum(y[i] * x[j] + y[j] * x[i] for x, y in zip(xs, half))
        form[i + 1][j + 1] += Fraction(both, units[i + 1] * units[j + 1] << 50)
        form[i + 1][i + 1] -= (i == j) * curved[i // 3] / units[i + 1] ** 2
    charged = 7 * delta * (3 * len(xs) ** 2 + 3 * max(map(abs, z)) + 4)
    need(positive([[x - charged * (i == j) for j, x in enumerate(r)] for i, r in enumerate(form)]), "no square proof")
    return f.ceiling - t

def one_sphere(model: Any, f: Functional, proof: Any) -> Fraction:
    """A tree of patches of one sphere (of half of it without marginal terms); G ≥ threshold by a plane on each leaf."""
    # With the free marginals A and the law B = x·b: G ≥ Σ τ|S|(A − sgn(S) B) − α·A − β·B ≥ d·x − Σ|c_i|, where
    # d = −Σ S τ b − Σ β b and c_i = Σ |S_i| τ_i − α_i. Integers over `scale` times 2^50; roundings, < 2^-56 · size, are
    # charged.
    table, free, own, law = f.correlators, f.alice, f.bob, model.bob
    if model.alice:
        table, free, own, law = [list(column) for column in zip(*table)], f.bob, f.alice, model.alice
    if f.size == 0:
        return f.constant
    threshold, scale = rational(proof["threshold"]), (1 << 80) / f.size
    goal = math.ceil((threshold + f.size / 2**56) * scale * 2**50) << 80
    def along(x: Fraction, b: Ints) -> Ints:
        return [int(x * scale) * e >> BITS for e in b]
    terms = [(i, int(abs(s) * scale), along(-s, b)) for i, r in enumerate(table) for s, b in zip(r, law) if s]
    ends = [-int(a * scale) << 50 for a in free]
    start = [sum(x) << 50 for x in zip([0] * 3, *(along(-x, b) for x, b in zip(own, law)))]
    numbers = inflated(proof["multipliers"])
    count = len(numbers) // (8 * max(len(terms), 1))
    need(terms or not numbers, "there are multipliers without terms")
    @cache
    def plane(k: int) -> tuple[Ints, int]:
        at = 8 * len(terms) * k
        tau = struct.unpack_from(f"<{len(terms)}q", numbers, at)
        need(all(abs(t) <= 1 << 50 for t in tau), "a multiplier is outside [−1, 1]")
        c, d = ends[:], start
        for t, (i, weight, _) in zip(tau, terms):
            c[i] += t * weight
        d = [x + sum(t * term[2][e] for t, term in zip(tau, terms)) for e, x in enumerate(start)]
        return d, sum(map(abs, c))
    leaves: Any = iter(listed(proof["leaves"], None, "leaves"))
    stack: list[Any] = [None]
    for kind in inflated(proof["tree"]):
        where: Any = stack.pop()
        if kind == 3:
            d, lost = plane(whole(next(leaves), 0, max(count - 1, 0), "a leaf"))
            need(least(d, where) - (lost << 80) >= goal, "a leaf of the covering does not reach the threshold")
        elif kind == 2:
            need(where is None, "a sphere is cut into faces twice")
            stack += [patch(face, *[-1 << 40, 1 << 40] * 2) for face in reversed(range(6 if any(free + own) else 3))]
        else:
            need(where and kind < 2, "a malformed tree")
            k, (face, *box) = 2 * kind, where[0]
            middle = (box[k] + box[k + 1]) // 2
            need(box[k] < middle, "a patch is too small")
            halves = [*box[:k], middle, *box[k + 1 :]], [*box[: k + 1], middle, *box[k + 2 :]]
            stack += [patch(face, *half) for half in halves]
    need(not stack and not [*leaves], "the covering does not end where it should")
    return f.ceiling - threshold

def shown(value: Fraction, up: bool = True) -> str:
    """Round outward to a double, for a message."""
    near = float(value)
    return repr(math.nextafter(near, math.inf if up else -math.inf) if (near < value if up else near > value) else near)

def enclosure(claims: list[Any], value: Any, lower: Fraction, upper: Fraction, what: str) -> None:
    """Claim that a displayed {lower, upper} contains what the certificate proves."""
    low, high = (number(only(value, "lower upper", what)[end]) for end in ("lower", "upper"))
    text = f"{what} in [{float(low)!r}, {float(high)!r}]; the certificate gives "
    claims.append((low <= lower <= upper <= high, text + f"[{shown(lower, up=False)}, {shown(upper)}]"))

def same(displayed: Any, exact: Any, rounding: Fraction = ROUNDING) -> bool:
    """Whether displayed numbers are the exact ones, in lists and objects of the same form (relative above 1)."""
    if isinstance(exact, dict):
        return displayed.keys() == exact.keys() and all(same(displayed[key], exact[key], rounding) for key in exact)
    if isinstance(exact, list):
        return len(listed(displayed, len(exact), "a list")) > 0 and all(map(same, displayed, exact, repeat(rounding)))
    return bool(abs(number(displayed) - exact) <= rounding * max(1, abs(exact)))

def mean_values(f: Functional, state: Any) -> tuple[Row, Row, Table]:
    """Give the mean values of a quantum state: of vectors (vanishing marginals), or of observables of two qubits."""
    (form, given), *_ = only(state, "vectors|qubits", "the state").items()
    only(given, "alice bob" if form == "vectors" else "psi_re psi_im alice bob", "the state")
    x, y = (table(given[key], (n, 4 if "qubits" in state else None), key, rational) for key, n in zip(PARTIES, f.shape))
    if "vectors" in state:
        need(len(x[0]) == len(y[0]) and all(sum(c * c for c in r) <= 1 for r in x + y), "a vector is longer than 1")
        d = common(c for r in x + y for c in r)
        x, y = ([[int(c * d) for c in r] for r in side] for side in (x, y))
        return f.shape[0] * [ZERO], f.shape[1] * [ZERO], [[Fraction(sum(map(mul, p, q)), d * d) for q in y] for p in x]
    real, imaginary = (row(given[key], 4, key, rational) for key in ("psi_re", "psi_im"))
    need(all(abs(c) <= 1 and sum(q * q for q in n) <= (1 - abs(c)) ** 2 for c, *n in x + y), "c + n·σ is too large")
    mean = [[ZERO] * 4 for _ in range(4)]  # of σ_p ⊗ σ_q; σ_p maps bit b to b ^ flip with a phase i^(0..3)
    for p, q, ket in product(range(4), repeat=3):
        bra, turns = ket ^ (p in (1, 2)) << 1 ^ (q in (1, 2)), ((0, 0), (0, 0), (1, 3), (0, 2))
        same = real[bra] * real[ket] + imaginary[bra] * imaginary[ket]
        cross = real[bra] * imaginary[ket] - imaginary[bra] * real[ket]
        mean[p][q] += (same, -cross, -same, cross)[(turns[p][ket >> 1] + turns[q][ket & 1]) % 4]
    mean = [[m / mean[0][0] for m in r] for r in mean]
    half = [[sum(map(mul, r, column)) for column in zip(*mean)] for r in x]
    bob, correlators = [sum(map(mul, r, mean[0])) for r in y], [[sum(map(mul, h, r)) for r in y] for h in half]
    return [h[0] for h in half], bob, correlators

def check_bound(problem: Any, settings: Any, result: Any, claims: list[Any]) -> None:
    """Check kind = "bound": the largest value of a functional over a model."""
    f = functional(problem["functional"], settings and (len(settings[0]), len(settings[1])))
    certificate = only(result["certificate"], "format lower upper", "the certificate")
    state = only(certificate["lower"], "state", "the certificate's lower end")["state"]
    model = named_model(problem["model"], f.shape, settings)
    if model.name == "quantum":
        alice, bob, correlators = mean_values(f, state)
        lower = f.value(alice, bob, correlators)
    else:
        alice, bob, error = marginals_of(model, state, exactly=False)
        lower = f.best(alice, bob) - 2 * error * f.size
    enclosure(claims, result["value"], lower, prove(model, f, certificate["upper"]), "value")
    exact = {k: [Fraction(x, ONE) for x in unit(row(state[k], 3, k, rational))] for k in ("u", "v") if k in state}
    exact |= {k: means for k, vector, means in (("alice", "u", alice), ("bob", "v", bob)) if vector not in state}
    claims.append((same(result["maximiser"], exact), "maximiser as in the certificate"))
    if (q := result.get("quantum")) is not None:
        need(settings, "the value of the singlet is displayed without settings")
        value = f.value(None, None, behaviour({}, settings).correlators)
        near = abs(number(q) - value) <= ROUNDING * f.size + abs(value) / 2**50
        claims.append((near, f"quantum value of the singlet {q!r}"))

def target(spec: Any, settings: Any) -> tuple[Any, Any]:
    """Give the behaviour in question, and which pairs are known."""
    wanted = behaviour(spec, settings)
    (n_a, n_b), pairs = wanted.shape, spec.get("pairs", [*product(*map(range, wanted.shape))])
    known = {(whole(i, 0, n_a - 1, "a pair"), whole(j, 0, n_b - 1, "a pair")) for i, j in pairs}
    if ("match", "free").index(spec.get("marginals", "match")):
        wanted = wanted._replace(alice=None, bob=None)
    entries = [*(wanted.correlators[i][j] for i, j in known), *(wanted.alice or []), *(wanted.bob or [])]
    need(0 < len(known) == len(pairs) and all(abs(x) <= 1 + wanted.radius for x in entries), "a malformed behaviour")
    return wanted, known

def determinant(m: Table) -> Fraction:
    """Determinant of a matrix of at most three rows."""
    if len(m) < 2:
        return Fraction(m[0][0]) if m else Fraction(1)
    minors = ([r[:k] + r[k + 1 :] for r in m[1:]] for k in range(len(m)))
    return sum(((-1) ** k * m[0][k] * determinant(minor) for k, minor in enumerate(minors)), ZERO)

def reachable(rows: list[Ints], missing: Row, off: Fraction, radius: Fraction) -> bool:
    """Whether some vector d of at most this length has a·d = missing for all rows a, unit vectors over `ONE`.

    The entries of missing may be off by so much. The shortest d has |d|² = missing·x, where G x = missing.
    """
    n = len(rows)
    if n > 3:
        return False
    gram = [[dot(x, y) for y in rows] for x in rows]
    size = determinant(gram)
    least = (size - 100 * EPS) / n ** (n - 1)  # below the least eigenvalue of G, because the others add up to ≤ n
    if least < 2 * n * EPS:
        return False
    columns = [*zip(*gram)]
    x = [determinant([*map(list, (*columns[:k], missing, *columns[k + 1 :]))]) / size for k in range(n)]
    square = sum(map(mul, x, missing)) + 2 * n * EPS * sum(y * y for y in x)  # G is off by less than EPS an entry
    rest = radius - Fraction(math.isqrt(math.ceil(n * off * off / least * ONE * ONE)) + 1, ONE)
    return rest > 0 and square <= rest * rest

def check_vectors(lower: Any, wanted: Any, noise: Any, model: Any, settings: Any, sides: Any, error: Fraction) -> Any:
    """Check that κ of Leggett's states make the marginals right; give η_A + η_B, by which their rows may exceed."""
    # the means of u and v over such states are any vectors of length at most 1
    parts, (visibility, repair) = model.parts or (model,), (rational(lower[key]) for key in ("visibility", "repair"))
    laws = [part.etas for part in parts if part.name == "leggett"]
    need(laws and settings, "a repair is not allowed")
    purities = max(laws, key=min)
    for p, (means, key) in enumerate(((wanted.alice, "u"), (wanted.bob, "v"))):
        others = (noise and (noise.alice, noise.bob)[p]) or len(sides[p]) * [ZERO]
        off = error + visibility * wanted.marginal_radius + EPS
        if not means:
            continue
        goals = [visibility * (m - n) + n for m, n in zip(means, others)]
        left = [goal - (1 - repair) * sum(x) for goal, x in zip(goals, sides[p])]
        nothing = not (any(goals) or visibility * wanted.marginal_radius)  # then their vector is 0
        straight = nothing or (wanted.height is not None and not any(others))
        vector = [ZERO, ZERO, ZERO if nothing else visibility * (wanted.height or ZERO)]
        for w, state in zip(lower["weights"], lower["states"]):
            part = parts[state.get("part", 0)]
            if part.name == "leggett":
                scale = (1 - repair) * rational(w) * part.etas[p]
                vector = [x - scale * rational(y) for x, y in zip(vector, state[key])]
            else:
                straight = straight and key not in state and not any(map(rational, state[PARTIES[p]]))
        radius = repair * purities[p]
        near = straight and sum((abs(x) + EPS) ** 2 for x in vector) <= radius * radius
        near = near or reachable([*settings[p]], left, off, radius)
        need(near, "the repair does not reach the marginals")
    return sum(purities)

def check_mixture(result: Any, wanted: Any, noise: Any, known: Any, model: Any, settings: Any) -> tuple[Fraction, Row]:
    """Check the finite model of a visibility; give the visibility that it proves, and the model as it is displayed."""
    keys = "visibility weights states antipodal deviation repair"
    lower, shape = only(result["certificate"]["lower"], keys, "the certificate's lower end"), wanted.shape
    need(type(lower.get("antipodal", False)) is bool, "antipodal is neither true nor false")
    visibility, repair = (rational(lower.get(key, "0")) for key in ("visibility", "repair"))
    need(not rational(lower.get("deviation", "0")) and not number(result.get("deviation", 0)), "the model is not exact")
    weights, antipodal = row(lower["weights"], None, "weights", rational), lower.get("antipodal") is True
    need(len(weights) * max(math.prod(shape), sum(shape) << 8) <= MAX_SUMMANDS, "there are too many hidden states")
    states: list[Any] = [marginals_of(model, x, exactly=True) for x in listed(lower["states"], len(weights), "s")]
    fine = min(weights) >= 0 and sum(weights) == 1 and 0 <= visibility <= 1 and 0 <= repair <= 1e-6
    need(fine, "the weights are no probabilities, the visibility is none, or the repair is larger than 1e-6")
    names, error = [part.name for part in [model, *model.parts]], max(state[2] for state in states)
    for x in lower["states"] if antipodal and "finite" in names else ():  # is −m in the model too?
        signs = {key: y if key == "part" else [f"-{z}".replace("--", "") for z in y] for key, y in x.items()}
        marginals_of(model, signs, exactly=True)
    # a repair mixes in κ of other states: where Bell's are in the model, of a local point, as correlators and marginals
    # alone, of total size at most 1, are local; else of Leggett's states, for the marginals
    ball, share = repair and {"bell", "nonsignalling"} & {*names}, 1 - repair
    sides = [[[w * state[p][k] for w, state in zip(weights, states)] for k in range(n)] for p, n in enumerate(shape)]
    scale = common(x for side in sides for r in side for x in r)
    need(len(weights) * sum(shape) * scale.bit_length() <= 1 << 33, "the weights are too fine")
    alice, bob = ([[int(x * scale) for x in r] for r in side] for side in sides)  # weighted marginals of each setting
    law = ZERO if ball or not repair else check_vectors(lower, wanted, noise, model, settings, sides, error)
    gaps, mixing, inverse = [], table(result["mixing"], shape, "mixing"), 1 / share if ball else Fraction(1)
    for i, j in known:
        c = visibility * wanted.correlators[i][j] + (1 - visibility) * (noise.correlators[i][j] if noise else 0)
        low = Fraction(sum(map(abs, map(add, alice[i], bob[j]))), scale) - 1
        high = 1 - Fraction(sum(map(abs, map(sub, alice[i], bob[j]))), scale)
        off = abs(low + mixing[i][j] * (high - low) - min(max(c, low), high)) - 4 * repair
        need(off <= ROUNDING, "the displayed mixing does not give the target")
        if repair and not ball:
            low, high = share * (low + 1) + repair * law - 1, 1 - share * (1 - high) - repair * law
        every = (low, high, error, repair) == (-1, 1, 0, 0)  # any mean value is between −1 and 1
        gaps.append(ZERO if every else max(low - c * inverse, c * inverse - high) + 2 * error + inverse * wanted.radius)
    for side, means, others in ((alice, wanted.alice, noise and noise.alice), (bob, wanted.bob, noise and noise.bob)):
        for m, p, n in zip(side, [] if law else means or [], others or len(side) * [ZERO]):
            mean, off = (ZERO, ZERO) if antipodal else (Fraction(sum(m), scale), error)
            off += inverse * visibility * (p and wanted.marginal_radius)
            gaps.append(abs(inverse * (visibility * (p - n) + n) - mean) + off)
    missing, worst = share * sum(max(gap, ZERO) for gap in gaps), max(gaps, default=ZERO)
    need(missing <= repair if ball else worst <= 0, "the model misses the target")
    need(all(0 <= x <= 1 for r in mixing for x in r), "the mixing of an unknown pair is displayed wrong")
    listing = []  # as displayed: negated states follow the others
    for sign, (w, state) in product((1, -1)[: 1 + antipodal], zip(weights, lower["states"])):
        vectors = {key: [sign * rational(x) for x in state[key]] for key in VECTORS if key in state}
        halves = antipodal and any(map(any, vectors.values()))
        listing += [{"weight": w / (1 + halves), **vectors}] if halves or sign > 0 else []
    return visibility, listing

def check_visibility(problem: Any, settings: Any, result: Any, claims: list[Any]) -> None:
    """Check kind = "visibility": the largest V for which V·P + (1−V)·noise has a model."""
    certificate = only(result["certificate"], "format lower upper", "the certificate")
    spec, claim = problem.get("behaviour", {}), certificate.get("upper")
    wanted, known = target(spec, settings)
    model = named_model(problem["model"], wanted.shape, settings)
    given = spec.get("noise", "white")
    noise = None if given == "white" else target(only(given, "correlators alice bob", "the noise"), settings)[0]
    if noise:
        need("correlators" in given and noise.shape == wanted.shape and (noise.alice or not wanted.alice), "odd noise")
    none = result["value"] is None  # the claim is then that no V has a model
    displays = any(result[key] is not None for key in ("decomposition", "mixing", "deviation"))
    displays = displays or certificate["lower"] is not None
    need(not none or (claim is not None and not displays), "nothing is proved: there is no value")
    mixture = (ZERO, []) if none else check_mixture(result, wanted, noise, known, model, settings)
    (lower, listing), upper = mixture, Fraction(1)
    text = f"{len(listing)} hidden states that reach {shown(lower, up=False)}"
    if not none:
        claims.append((same([result["value"]["lower"], *result["decomposition"]], [lower, *listing]), text))
    need(claim is not None or result["inequality"] is None, "the inequality is displayed without a proof")
    if claim is not None:
        only(claim, "alice bob correlators constant bound visibility proof", "the certificate's upper end")
        sides = [row(claim[key], n, key, rational) for key, n in zip(PARTIES, wanted.shape)]
        f = Functional(rational(claim["constant"]), table(claim["correlators"], wanted.shape, "S", rational), *sides)
        unknown = [s for i, r in enumerate(f.correlators) for j, s in enumerate(r) if (i, j) not in known]
        need(not any(unknown + (wanted.alice is None) * (f.alice + f.bob)), "it uses unknown or free mean values")
        bound = prove(model, f, claim["proof"])
        displayed, keys = result["inequality"], ("correlators", *PARTIES, "constant", "bound")
        base = f.value(noise.alice, noise.bob, noise.correlators) if noise else f.constant
        slope = f.value(wanted.alice, wanted.bob, wanted.correlators) - base
        error = f.size * max(wanted.radius, wanted.marginal_radius)
        need(bound <= rational(claim["bound"]), "the inequality proves less")
        if none:
            exceeds = min(base, base + slope) - error > number(displayed["bound"]) and claim["visibility"] is None
            claims.append((exceeds, f"{NOTHING} (both of them exceed the bound)"))
        else:
            need(slope > error, "the inequality does not tell the target from the noise")
            upper = max((bound - base) / (slope - error), (bound - base) / (slope + error))
            need(upper <= rational(claim["visibility"]), "the inequality proves less")
        exact = dict(zip(keys, (f.correlators, f.alice, f.bob, f.constant, number(displayed["bound"]))))
        holds = same(displayed, exact, ZERO) and bound <= exact["bound"]
        claims.append((holds, f"the inequality f ≤ {shown(bound)} holds for the model"))
    if not none:
        enclosure(claims, result["value"], lower, min(upper, Fraction(1)), "visibility")

def check_design(problem: Any, settings: Any, result: Any, claims: list[Any]) -> None:
    """Check kind = "design": a visibility on the settings in the result; that no better ones exist is not claimed."""
    asked = only(problem["design"], DESIGN, "the design")
    pairs, rows = result["design"]["pairs"], only(result["settings"], "alice bob", "the settings")
    settings = directions(rows)
    n_a, n_b = map(len, settings)
    need(settings and asked.get("correlators", len(pairs)) == len(pairs), "not so many pairs were asked for")
    if "correlators" not in asked:
        start = asked.get("start", {})
        begin = directions(start) if start else ([None] * asked["n_alice"], [None] * asked["n_bob"])
        need((n_a, n_b) == tuple(map(len, begin)), "not so many directions were asked for")
        wanted = asked.get("pairs", [*map(list, product(range(n_a), range(n_b)))])
        need(sorted(pairs) == sorted(wanted), "other pairs were asked for")
    need({i for i, _ in pairs} == {*range(n_a)} and {j for _, j in pairs} == {*range(n_b)}, "a direction is idle")
    check_visibility({"model": problem["model"], "behaviour": {"pairs": pairs}}, settings, result, claims)

def check_marginals(problem: Any, settings: Any, result: Any, claims: list[Any]) -> None:
    """Largest mean |marginal| D_s of every setting s; D is the difference of two boxes that add up to the target."""
    # |D_k| ≤ 1, |D_k ∓ D_l| ≤ 1 ∓ C for known pairs, and ≤ 2 − |m_k ± m_l| for others where marginals m are given.
    wanted, known = target(problem.get("behaviour", {}), settings)
    certificate = only(result["certificate"], "format case denominator alice bob", "the certificate")
    n_a, n_b = wanted.shape
    given, count, one = (wanted.alice or []) + (wanted.bob or []), n_a + n_b, int(rational(certificate["denominator"]))
    m = given if any(given) else []
    need(certificate["case"] == ("given" if m else "zero_or_free"), "the certificate's case is not that of the problem")
    need("noise" not in problem.get("behaviour", {}), "a malformed problem")
    need(count <= (2000 if m else 10_100) and 0 < one < 1 << 60, "too many settings, or a malformed problem")
    def limits(k: int, other: int) -> tuple[Fraction, Fraction, Fraction]:  # of |D_k ∓ D_l|, and their error
        if (k, other - n_a) in known:
            return 1 - wanted.correlators[k][other - n_a], 1 + wanted.correlators[k][other - n_a], wanted.radius
        need(m, "a path uses a pair of settings that nothing is known about")
        return 2 - abs(m[k] + m[other]), 2 - abs(m[k] - m[other]), 2 * wanted.marginal_radius
    names, best, vectors = {f"A{k}" if k < n_a else f"B{k - n_a}": k for k in range(count)}, [], []
    tables = certificate, only(result["marginals"], "alice bob", "ends"), only(result["paths"], "alice bob", "paths")
    rows = [[y for p, n in zip(PARTIES, wanted.shape) for y in listed(x[p], n, p)] for x in tables]
    for (name, s), entry, displayed, path in zip(names.items(), *rows):
        only(entry, "path potentials", "an entry of the certificate")
        nodes, d, total = [(names[x[:-1]], {"+": 1, "-": -1}[x[-1]]) for x in path], entry["potentials"], ZERO
        need(path == [*entry["path"]] and (nodes[0], nodes[-1]) == ((s, 1), (s, -1)), f"no path to {name}-")
        for (k, p), (x, q) in pairwise(nodes):
            *ws, e = limits(min(k, x), max(k, x)) if k != x else (2, 2, 0)
            total += ws[p != q] + e
        if isinstance(d, str):  # "": all zero
            blob = base64.b64decode(d, validate=True) or bytes(8 * count)
            d = [int.from_bytes(blob[i : i + 8], "little", signed=True) for i in range(0, len(blob), 8)]
        need(len(d) == count and all(type(x) is int and abs(x) <= one for x in d), f"no vector is given for {name}")
        vectors += [d] if any(d) else []
        best.append((Fraction(d[s], one), min(Fraction(1), total / 2)))
        enclosure(claims, displayed, *best[-1], name)
    # the D_k of all vectors are the fields, of 64 bits, of one integer, so that a pair is checked for all at once
    ones, top_bits = (sum(y << 64 * i for i in range(len(vectors))) for y in (1, 1 << 63))
    columns = [int.from_bytes(b"".join((x + one).to_bytes(8, "little") for x in y), "little") for y in zip(*vectors)]
    for k, x in combinations(range(count), 2):
        if m or (k, x - n_a) in known:
            *ws, e = limits(k, x)
            off = max(abs(m[k] - m[x]) - ws[0], abs(m[k] + m[x]) - ws[1]) if m else ZERO
            need(off <= ROUNDING / 1000, "the target has a negative probability")  # literals round
            for w, y in zip(ws, (columns[k] - columns[x], columns[k] + columns[x] - 2 * one * ones) if vectors else ()):
                limit = max(0, math.floor((w - e) * one)) * ones + top_bits
                need(limit + y & limit - y & top_bits == top_bits, "a vector violates the constraint of a pair")
    enclosure(claims, result["value"], max(low for low, _ in best), max(high for _, high in best), "largest marginal")

PROOFS = {"dual": "tau", "covering": "threshold denominator multipliers tree quadratic fine square",
    "sdp": "level diagonal", "hull": "parts", "square": "threshold exponent tau lambda mu",
    "one_sphere": "threshold tree leaves multipliers"}  # keys beside the type
KEYS = "schema kind problem problem_sha256 resolved status reason value certificate stats "
SHOWN = {"bound": "maximiser quantum", "visibility": "decomposition mixing deviation inequality",
    "design": "settings design decomposition mixing deviation inequality"}
DESIGN = ("n_alice n_bob pairs correlators objective visibility sharing starts plane symmetric minimum_angle_deg start")
KINDS = {"bound": check_bound, "visibility": check_visibility, "marginals": check_marginals, "design": check_design}
TABLES = {"bound": "model functional", "visibility": "model behaviour", "marginals": "behaviour",
    "design": "model design"}
FORMS = {"settings": ("family normalise", "alice bob normalise|alice_deg bob_deg normalise"), "model": ("name", ""),
    "functional": ("name", "correlators alice bob constant"),
    "behaviour": ("name pairs marginals noise", "correlators alice bob pairs marginals noise")}  # with a name, without
NAMED = {"leggett": "eta|eta_a eta_b", "one_sided": "eta party", "finite": "alice bob", "hull": "of", "chained": "n",
    "werner": "visibility",
    "partially_entangled": "theta_deg", "leggett_triads": "phi_deg", "leggett_directions": "phi_deg directions",
    "half_circle": "n", **dict.fromkeys(("great_circle", "fibonacci"), "n_alice n_bob"), "random": "n_alice n_bob seed"}

NO_PROBLEM = ("this is no result file: it holds no problem, just as what to_json() gives, and nothing can be proved of "
    "an answer without its question; write the question as a problem file and verify what `nsmodels run` writes")

def consistent(key: str, spec: Any) -> dict[str, Any]:
    """Refuse a table of a problem that contradicts itself, instead of reading it one way or the other."""
    name = spec.get("family", spec.get("name", None if key != "behaviour" or "correlators" in spec else "singlet"))
    forms = [FORMS[key][1]] if name is None else [f"{FORMS[key][0]} {own}" for own in NAMED.get(name, "").split("|")]
    return only(spec, "|".join(forms), key)

def check(result: Any) -> list[Any]:
    """Check all claims of a result; whatever is missing or malformed is a claim that is not proved."""
    claims: list[Any] = []
    try:
        need(isinstance(result, dict) and isinstance(result.get("problem"), dict), NO_PROBLEM)
        problem = only(result, KEYS + SHOWN.get(result["kind"], "marginals paths"), "the file")["problem"]
        text = json.dumps(problem, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        right = {"kind": problem["kind"], "problem_sha256": hashlib.sha256(text.encode()).hexdigest()}
        none = problem["kind"] == "visibility" and result["status"] == "no_answer" and NOTHING in result["reason"]
        need(none == (result["value"] is None), f"nothing is proved: {ascii(result['reason'])[:80]}")
        for key, value in {**right, "status": "no_answer" if none else "certified"}.items():
            need(result[key] == value, f"nothing is proved: {key} is {ascii(result[key])[:80]}, not {value!a}")
        asked = {{"behavior": "behaviour"}.get(key, key): value for key, value in problem.items()}
        need(len(asked) == len(problem), "the behaviour is given twice")
        forms = "schema kind title source options expected settings " + TABLES[problem["kind"]]
        for key in FORMS.keys() & only(asked, forms, "the problem"):
            consistent(key, asked[key])
        versions = result["schema"], problem["schema"], result["certificate"]["format"]
        need(all(type(x) is int and x == 1 for x in versions), "the schema or the format is not known")
        settings = directions(problem["settings"]) if "settings" in problem else None
        KINDS[problem["kind"]](asked, settings, result, claims)
    except Exception as error:  # whatever goes wrong, nothing is proved
        claims.append((False, str(error) if isinstance(error, Refused) else f"malformed: {ascii(error)[:80]}"))
    return claims

def main(argv: list[str] | None = None) -> int:
    """Check one result file and say what is proved; the exit code is 0, 1 or 2."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # where ± cannot be written, \\xb1 is
            stream.reconfigure(errors="backslashreplace")
    try:
        claims = check(read(*(sys.argv[1:] if argv is None else argv)))
    except (OSError, TypeError, ValueError, RecursionError, MemoryError) as error:
        print(f"usage: checker.py RESULT.json; unreadable: {ascii(str(error))[1:-1]}", file=sys.stderr)
        return 2
    proved = bool(claims) and all(holds for holds, _ in claims)
    print(*(("proved      " if holds else "NOT PROVED  ") + text for holds, text in claims), sep="\n")
    print("all proved" if proved else "NOT everything is proved")
    return 0 if proved else 1

if __name__ == "__main__":
    sys.exit(main())
