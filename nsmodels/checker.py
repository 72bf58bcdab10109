"""Re-check a result file of nsmodels with integers and fractions alone: ``python checker.py FILE``.

This file stands alone (standard library only) and trusts one entry of a result file: `problem`.
From it the exact inputs are recomputed, and every displayed number must follow from `certificate`.
Exit code 0: all is proved, 1: some claim is not, 2: unreadable. Nothing is executed or written.

At a hidden state with marginals A_i, B_j every correlator is free in −1 + |A + B| ≤ C ≤ 1 − |A − B|
(arXiv:0801.2241, eq. 7). So f = k + Σ α_i A_i + Σ β_j B_j + Σ S_ij C_ij is at most k + Σ|S_ij| − G
there, and attains that, where G = Σ|S_ij| |A_i − sgn(S_ij) B_j| − Σ α_i A_i − Σ β_j B_j. Numbers of
the problem are the doubles that they name.
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
from collections import Counter, namedtuple
from decimal import Context, Decimal, localcontext
from fractions import Fraction
from functools import cache, lru_cache
from itertools import combinations, islice, pairwise, product, repeat
from operator import add, le, mul, sub
from typing import Any

# -- limits ----------------------------------------------------------------------------------------

MAX_FILE = MAX_INFLATED = 256 << 20  # bytes of a result file, and of a decompressed part of it
MAX_ENTRIES, MAX_BITS = 10**6, 1 << 14  # pairs of settings; bits of a table's common denominator
MAX_STRATEGIES, MAX_SUMMANDS = 1 << 37, 1 << 31  # 10^4 a step; hidden states × pairs of settings
BITS, ONE, WIDE = 200, 1 << 200, 1 << 260  # sines, 1/|a| are integers over ONE, off by < EPS in all
UNIT, TAU, FORM = 1 << 80, 1 << 50, 1 << 120  # points, multipliers, forms are over these
PI = 314159265358979323846264338327950288419716939937510582097494459230781640628620899  # / 10^80
EPS, ZERO, TINY = Fraction(1, 1 << 150), Fraction(0), Fraction(1, 1 << 56)
ROUNDING = Fraction(1, 10**9)  # displayed copies (maximiser, weights, …) agree with what is proved
FIELDS, HALVES = range(0, 960, 160), sum(1 << 160 * e + 159 for e in range(6))  # of packed vectors
PARTIES, SENSES = ("alice", "bob"), {"equals", "at_most", "at_least"}
NOTATIONS = {"collins_gisin", "full_correlators", "probabilities"}
A10 = [[int(x) - 2 for x in r] for r in "222211 222131 221123 112333 033223".split()]
NOTHING = "no mixture of the behaviour and the noise has a model"  # the answer without a value
Row = list[Any]  # of fractions, but mypy takes sums of them for floats
Table = list[Row]
Ints = list[int]
Claims = Any  # yielded one after another: whether it is proved, and what it says
Behaviour = namedtuple("Behaviour", "shape correlators alice bob radius marginal_radius height")
State = namedtuple("State", "alice bob error shown model")  # shown: as it is displayed
Rule = namedtuple("Rule", "prove models keys")


# -- reading ---------------------------------------------------------------------------------------


class Refused(Exception):
    """The certificate does not prove what it should."""


def need(condition: Any, message: str) -> None:
    """Refuse unless the condition holds."""
    if not condition:
        raise Refused(message)


def read(path: str) -> Any:
    """Read a JSON file of bounded size; an object with a repeated key becomes 0."""
    if not os.path.isfile(path) or os.path.getsize(path) > MAX_FILE:
        raise OSError(f"no regular file of at most {MAX_FILE >> 20} MiB")
    with open(path, "rb") as file:
        text = file.read(MAX_FILE)
    return json.loads(text, object_pairs_hook=lambda x: dict(x) if len(dict(x)) == len(x) else 0)


def number(value: Any) -> Fraction:
    """Give the exact value of the double that a JSON number names."""
    need(type(value) in (int, float), f"{ascii(value)[:40]} stands where a number should")
    return Fraction(float(value))


def rational(value: Any) -> Fraction:
    """Give the fraction that a certificate writes as "p/q" or "p" (a double needs 325 digits)."""
    fits = re.fullmatch("-?[0-9]{1,4000}(/[0-9]{1,4000})?", value)
    need(fits, f"{value[:40]!a} stands where a fraction should")
    return Fraction(value)


def whole(value: Any, low: int, high: int, what: str) -> int:
    """Give an integer of a stated range."""
    need(type(value) is int and low <= value <= high, f"{what} is no whole number of its range")
    return int(value)


def listed(value: Any, length: int | None, what: str) -> list[Any]:
    """Give a list, of the expected length; it is not empty."""
    right = isinstance(value, list) and value and length in (None, len(value))
    need(right, f"{what} is no list of the right length")
    return list(value)


def common(numbers: Any) -> int:
    """Give a common denominator, of bounded size."""
    scale = 1
    for x in numbers:
        scale = math.lcm(scale, x.denominator)
        need(scale.bit_length() <= MAX_BITS, "the common denominator of a table is too large")
    return scale


def table(value: Any, shape: Any, what: str, entry: Any = number) -> Table:
    """Give a rectangular table of numbers (entry=rational: of a certificate); None is any size."""
    height, width = shape or (None, None)
    size = len(listed(value, height, what)) * len(value[0])
    need(size <= 4 * MAX_ENTRIES, f"{what} is too large")
    rows = [[entry(x) for x in listed(r, width or len(value[0]), what)] for r in value]
    common(x for r in rows for x in r)
    return rows


def row(value: Any, length: int | None, what: str, entry: Any = number) -> Row:
    """Give a list of numbers."""
    return table([listed(value, length, what)], (1, length), what, entry)[0]


def pair(spec: Any, sizes: Any, entry: Any = number, default: Any = None) -> list[Any]:
    """Give the rows alice and bob of a table, and the default where one is not written."""
    need(math.prod(sizes) <= MAX_ENTRIES, "too many settings to prove here")
    both = zip(PARTIES, sizes)
    return [row(spec[k], n, k, entry) if k in spec else default and n * default for k, n in both]


def only(value: Any, forms: str, what: str) -> dict[str, Any]:
    """Give an object all of whose keys stand together in one of the forms: all of it is read."""
    fits = isinstance(value, dict) and any(set(value) <= {*x.split()} for x in forms.split("|"))
    need(fits, f"{what} displays something that nothing proves")
    return dict(value)


def inflated(text: Any) -> bytes:
    """Decode and decompress a blob of bounded size."""
    stream = zlib.decompressobj()
    data = stream.decompress(base64.b64decode(text, validate=True), MAX_INFLATED)
    need(stream.eof and not stream.unused_data, "a compressed part is cut off, or too large")
    return data


# -- exact numbers ---------------------------------------------------------------------------------


def cos_sin(turns: Fraction) -> tuple[int, int]:
    """Cosine and sine of an angle in turns, over `ONE` (Taylor); zero only if exactly so."""
    quadrant = round(4 * turns)
    rest = turns - Fraction(quadrant, 4)
    x = round(rest * 2 * PI * WIDE / 10**80)
    sums, term, n = [0, 0], WIDE, 0
    while abs(term) > 1:
        sums[n % 2] += term if n % 4 < 2 else -term
        n, term = n + 1, term * x // ((n + 1) * WIDE)
    cosine, sine = sums[0] >> 60, sums[1] >> 60 or int(rest != 0)
    return ((cosine, sine), (-sine, cosine), (-cosine, -sine), (sine, -cosine))[quadrant % 4]


def simplest(x: Fraction) -> Fraction:
    """Give the fraction of least denominator, at most 10^4, within 10^-14; or else 53 bits."""
    low, high, parts = x - Fraction(1, 10**14), x + Fraction(1, 10**14), list[int]()
    while math.ceil(low) > high:
        parts.append(math.floor(low))
        low, high = 1 / (high - parts[-1]), 1 / (low - parts[-1])
    found = Fraction(max(math.ceil(low), 0))
    for part in reversed(parts):
        found = part + 1 / found
    return found if found.denominator <= 10**4 else Fraction(round(x * (1 << 53)), 1 << 53)


def unit(vector: Row) -> Ints:
    """Give a/|a| over `ONE` for a non-zero vector of fractions, whatever their size."""
    scale = common(vector)
    integers = [int(x * scale) for x in vector]
    square = sum(x * x for x in integers)
    shift = max(0, BITS + 20 - square.bit_length() // 2)
    length = math.isqrt(square << 2 * shift)
    return [(x << BITS + shift) // length or int(x > 0) for x in integers]  # zero for zero alone


def times(x: int, y: int, z: int = 0, w: int = 0) -> int:
    """Give xy + zw over `ONE`, zero only where both products are: what is tiny is still a bias."""
    return x * y + z * w >> BITS or int(bool((x and y) or (z and w)))


def dot(x: Ints, y: Ints) -> Fraction:
    """Scalar product of vectors over `ONE`."""
    return Fraction(sum(map(mul, x, y)) >> BITS, ONE)


def weighted(numbers: Row, vectors: list[Ints], scale: Any) -> Ints:
    """Sum of numbers times vectors over `ONE`: integers over the scale."""
    rounded = [int(x * scale) for x in numbers]
    return [sum(map(mul, rounded, parts)) >> BITS for parts in zip(*vectors)]


def form(products: list[Any], scale: int) -> Table:
    """Lower triangle of Σ c (x yᵀ + y xᵀ)/scale, for integers c and vectors x, y of seven parts."""
    return [[Fraction(sum(c * (x[i] * y[j] + x[j] * y[i]) for c, x, y in products), scale)
             for j in range(i + 1)] for i in range(7)]  # fmt: skip


def positive(m: Table) -> bool:
    """Whether a symmetric matrix (lower triangle) is certainly positive semidefinite."""
    # Elimination over 2^160, with a diagonal brought near 1 by powers of two. Roundings move
    # eigenvalues by less than n, which the diagonal loses.
    n = len(m)
    if any(r[i] <= 0 for i, r in enumerate(m)):
        return False
    sizes = [r[i].numerator.bit_length() - r[i].denominator.bit_length() for i, r in enumerate(m)]
    scales = [Fraction(2) ** (80 - size // 2) for size in sizes]
    a = [[math.floor(x * y * z) - n * (i == j) for j, (x, z) in enumerate(zip(r[: i + 1], scales))]
         for i, (r, y) in enumerate(zip(m, scales))]  # fmt: skip
    for k in range(n):
        if a[k][k] <= 0:
            return False
        for i, r in enumerate(a[k + 1 :], k + 1):
            rest = enumerate(r[k + 1 :], k + 1)
            r[k + 1 :] = [x - r[k] * a[j][k] // a[k][k] - n * (i == j) for j, x in rest]
    return True


# -- from the problem to the inputs ----------------------------------------------------------------

GOLDEN = Fraction(ONE + math.isqrt(5 * ONE * ONE), 2 * ONE)
CUBE: Table = [[1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]]
CYCLES = [[([0, 1, x] * 2)[k : k + 3] for k in range(3) for x in (h, -h)]
          for h in (GOLDEN, GOLDEN * GOLDEN)]  # fmt: skip
AXES = {  # e_i of leggett_directions, one of each antipodal pair
    "triad": [[1, 0, 0], [0, 1, 0], [0, 0, 1]], "tetrahedron": CUBE, "icosahedron": CYCLES[0],
    "dodecahedron": CUBE + CYCLES[1],
}  # fmt: skip


def partner(e: Row) -> Row:
    """Give a vector along a_i ⟂ e_i: e cycled (near ±(1, 1, 1): e_1), less its part along e."""
    square, cycled = sum(x * x for x in e), [e[2], e[0], e[1]]
    start = cycled if 10 * sum(map(mul, cycled, e)) <= 9 * square else [1, 0, 0]
    return [square * x - sum(map(mul, start, e)) * y for x, y in zip(start, e)]


def polar(theta_deg: Fraction, phi_deg: Fraction = ZERO) -> Ints:
    """Give (sin θ cos φ, sin θ sin φ, cos θ), over `ONE`."""
    (height, radius), (cosine, sine) = cos_sin(theta_deg / 360), cos_sin(phi_deg / 360)
    return [times(radius, cosine), times(radius, sine), height]


def analyser(plates: Row) -> Ints:
    """Give the point of [polariser (, quarter plate (, half-wave plate))], all in degrees."""
    p, q, half = plates[0], plates[1] if len(plates) > 1 else plates[0], len(plates) > 2
    (cosine, sine), turn = cos_sin((p - q) / 180), 4 * plates[2] - 2 * q if half else 2 * q
    x, y = cos_sin(turn / 360)
    return [times(cosine, y), sine if half else -sine, times(cosine, x)]


def directions(settings: Any) -> Any:
    """Give the directions of both parties, over `ONE`; a coordinate is zero only if exactly so."""
    family = settings.get("family")
    if "alice" in settings:
        sides = [table(settings[p], (None, 3), "settings") for p in PARTIES]
        near = all(abs(sum(x * x for x in r) - 1) <= 3 * ROUNDING for side in sides for r in side)
        need(near or settings.get("normalise") is True, "a settings row is not a unit vector")
        return [[*map(unit, side)] for side in sides]
    if "alice_deg" in settings:
        sides = [table(settings[p + "_deg"], (None, 2), "settings") for p in PARTIES]
        return [[polar(*r) for r in side] for side in sides]
    if "alice_waveplates_deg" in settings:
        lists = [listed(settings[f"{p}_waveplates_deg"], None, "wave plates") for p in PARTIES]
        plates = [[row(r, None, "wave plates") for r in side] for side in lists]
        need(all(len(r) < 4 for side in plates for r in side), "there are too many wave plates")
        return [[analyser(r) for r in side] for side in plates]
    if family == "chsh":
        return [[polar(Fraction(x)) for x in angles] for angles in ((0, 90), (225, 135))]
    if family in ("leggett_triads", "leggett_directions"):
        given = settings["directions"] if family == "leggett_directions" else "triad"
        rows = table(given, (None, 3), "directions") if isinstance(given, list) else AXES[given]
        cosine, sine = cos_sin(number(settings["phi_deg"]) / 720)
        mirror = settings.get("mirror", False) is True  # then e and its partner are exchanged
        frames = [(unit(partner(e)), unit(e)) for e in rows]
        ordered = [pair[::-1] if mirror else pair for pair in frames]
        pairs = [(a, [s * x for x in e]) for a, e in ordered for s in (1, -1)]
        bob = [[times(cosine, x, sine, y) for x, y in zip(a, e)] for a, e in pairs]
        return [a for a, _ in pairs[::2]], bob
    keys = (k if k in settings else "n" for k in ("n_alice", "n_bob"))
    sizes = [whole(settings[k], 1, 10**4, k) for k in keys]
    if family in ("half_circle", "great_circle"):
        turn, late = (180, (0, 90)) if family == "half_circle" else (360, (0, 0))
        return [[polar(Fraction(turn * k + x, n)) for k in range(n)] for n, x in zip(sizes, late)]
    if family == "fibonacci":  # heights 1 − (2k+1)/n, azimuths k(3 − √5)/2 turns
        heights = [[(n - 2 * k - 1) * ONE // n for k in range(n)] for n in sizes]
        turns = [cos_sin(k * (2 - GOLDEN)) for k in range(max(sizes))]
        return [[[*(times(math.isqrt(ONE * ONE - z * z), x) for x in turn), z]
                 for z, turn in zip(side, turns)] for side in heights]  # fmt: skip
    # rows 2r − 1 of three draws of Python's generator where ¼ ≤ |row|² ≤ 1
    need(family == "random", "the family of settings is unknown")
    draw = random.Random(whole(settings.get("seed", 0), 0, 1 << 64, "settings.seed")).random
    cube = ([2.0 * draw() - 1.0 for _ in range(3)] for _ in repeat(0))
    ball = (r for r in cube if 0.25 <= r[0] * r[0] + r[1] * r[1] + r[2] * r[2] <= 1.0)
    return [[unit([*map(Fraction, r)]) for r in islice(ball, n)] for n in sizes]


class Functional:
    """f = constant + Σ alice_i A_i + Σ bob_j B_j + Σ correlators_ij C_ij, exact."""

    def __init__(self, constant: Any, correlators: Table, alice: Row, bob: Row) -> None:
        self.constant, self.correlators, self.alice, self.bob = constant, correlators, alice, bob
        self.shape, total = (len(alice), len(bob)), sum(abs(s) for r in correlators for s in r)
        self.ceiling, self.size = constant + total, total + sum(map(abs, alice + bob))

    def value(self, alice: Row | None, bob: Row | None, correlators: Table) -> Fraction:
        """Evaluate f (marginals None: zero); with arguments off by ε it is off by ≤ ε · size."""
        own = [self.alice, self.bob, *self.correlators]
        rows = zip(own, [alice or (), bob or (), *correlators])
        return sum((s * c for r, q in rows for s, c in zip(r, q) if s), self.constant)

    def best(self, alice: Row, bob: Row) -> Fraction:
        """Evaluate f at the best correlators for these marginals (their error doubles)."""
        rows = zip(self.correlators, alice)
        gap = sum(abs(s * a - abs(s) * b) for r, a in rows for s, b in zip(r, bob))
        return self.ceiling + sum(map(mul, self.alice + self.bob, alice + bob)) - gap


def in_notation(key: str, value: Any, shape: tuple[int, int] | None) -> Functional:
    """Give the functional Σ (coefficient) (entry) of a table of coefficients in a notation."""
    # P(+|a) = (1 + A)/2, P(++|ab) = (1 + A + B + C)/4, p[a,b] = (1 + αA + βB + αβC)/4
    if key == "probabilities":
        blocks = [table(b, shape, key) for a in listed(value, 2, key) for b in listed(a, 2, key)]
        signs = (1, 1, 1, 1), (1, 1, -1, -1), (1, -1, 1, -1), (1, -1, -1, 1)
        k, a, b, c = ([[sum(map(mul, y, x), ZERO) / 4 for x in zip(*rows, strict=True)]
                       for rows in zip(*blocks, strict=True)] for y in signs)  # fmt: skip
        sides = [[sum(r, ZERO) for r in x] for x in (a, zip(*b))]
        return Functional(sum(map(sum, k), ZERO), c, *sides)
    (constant, *beta), *lines = table(value, shape and (shape[0] + 1, shape[1] + 1), key)
    alpha, rest = [r[0] for r in lines], [r[1:] for r in lines]
    need(beta and alpha, "constants and marginals come first")
    if key == "collins_gisin":
        rest = [[x / 4 for x in r] for r in rest]
        alpha = [a / 2 + sum(r) for a, r in zip(alpha, rest)]
        beta = [b / 2 + sum(x) for b, x in zip(beta, zip(*rest))]
        constant += sum(alpha) + sum(beta) - sum(map(sum, rest))
    return Functional(constant, rest, alpha, beta)


def imm22(n: int, constant: int) -> list[Ints]:
    """Give the Collins-Gisin table of I_nn22, plus a constant."""
    rows = [[(i + j < n) - (i + j == n) for j in range(n)] for i in range(n)]
    return [[constant, *range(1 - n, 1)], *([-(i == 0), *r] for i, r in enumerate(rows))]


def functional(spec: Any, shape: tuple[int, int] | None) -> Functional:
    """Give the functional of a problem; −1/3 and the like are exact."""
    name = spec.get("name")
    for key in NOTATIONS & spec.keys():
        return in_notation(key, spec[key], shape)
    n = whole(spec.get("n", shape[0] if shape else 2), 1, 1000, "functional.n")
    sizes = {"ch": 2, "hardy": 2, "i3322": 3, "i3322_one": 3, "imm22": n, "a10": 4}
    if name in sizes:
        need(n > 1, "the functional has one setting")
        cells = A10 if name == "a10" else imm22(sizes[name], int(name == "i3322_one"))
        return in_notation("collins_gisin", cells, shape)
    if name is None:
        rows = table(spec["correlators"], shape, "functional.correlators")
    else:
        chain = [[((i, j) == (0, n - 1)) - (j in (i, i - 1)) for j in range(n)] for i in range(n)]
        p, q = ([x, 1 - x] for x in (number(spec.get(key, 0)) for key in "pq"))
        need(min(p + q) >= 0, "a probability of a question is negative")
        biased = [[x * y * (1 - 2 * i * j) for j, y in enumerate(q)] for i, x in enumerate(p)]
        signs = [[1, 1], [1, -1]]
        known: dict[str, Table] = {"chsh": signs, "tilted_chsh": signs, "biased_chsh": biased}
        corners = ((1, -1, -1), (-1, 1, -1), (-1, -1, 1))
        known |= {"chained": chain, "elegant": [[1, *x] for x in corners]}
        if shape and (name == "leggett_n" or (name, n) == ("leggett3", 3)):
            known[name] = [[Fraction(-(j // 2 == i), n) for j in range(2 * n)] for i in range(n)]
        need(name in known, "the functional is unknown here")
        rows = [[*map(Fraction, r)] for r in known[name]]
    size = len(rows), len(rows[0])
    need(shape in (None, size), "the functional does not fit the settings")
    spec = {"alice": [spec["beta"], 0]} if name == "tilted_chsh" else spec
    return Functional(number(spec.get("constant", 0)), rows, *pair(spec, size, default=[ZERO]))


def behaviour(spec: Any, settings: Any) -> Any:
    """Give the mean values, each within a radius of the exact one; marginals None: not known."""
    # Marginals that are zero are so exactly, and need no radius; correlators may be so by rounding.
    name = spec.get("name", "table" if {"correlators", "counts"} & set(spec) else "singlet")
    shape = settings and tuple(map(len, settings))
    if "counts" in spec:
        spec = frequencies(trials_of(spec, None), shape)[0]
    if name == "pr_box":
        spec = {"correlators": [[1, 1], [1, -1]], "alice": [0, 0], "bob": [0, 0]}
    if name in ("table", "pr_box"):
        rows = table(spec["correlators"], shape, "behaviour.correlators")
        need(("alice" in spec) == ("bob" in spec), "the marginals of one party alone are given")
        size = len(rows), len(rows[0])
        alice, bob = pair(spec, size)
        return Behaviour(size, rows, alice, bob, ZERO, ZERO, None)
    if name == "partially_entangled":  # A = a·(0, 0, height), C = a·(diagonal b)
        height, sine = cos_sin(number(spec["theta_deg"]) / 180)
        diagonal = [sine, -sine, ONE]
    else:
        factor = number({"singlet": 1, "uniform": 0, "werner": spec.get("visibility")}[name])
        need(0 <= factor <= 1, "the visibility of a Werner state is outside [0, 1]")
        height, diagonal = 0, [-math.ceil(factor * ONE)] * 3
    turned = [[x * y >> BITS for x, y in zip(diagonal, b)] for b in settings[1]]
    rows = [[dot(a, b) for b in turned] for a in settings[0]]
    alice, bob = ([Fraction(height * x[2], ONE * ONE) for x in side] for side in settings)
    radius, marginal_radius = (EPS if exists else ZERO for exists in (any(diagonal), height))
    return Behaviour(shape, rows, alice, bob, radius, marginal_radius, Fraction(height, ONE))


def frequencies(counts: Any, shape: Any) -> Any:
    """Give mean values, rounded to doubles, and σ = 2 √((p + ½)(m + ½)/(p + m + 1)³) of each."""
    n, m = shape or [max(x) + 1 for x in zip(*counts)]
    def mean(signs: Ints, cells: Any) -> tuple[float, float]:
        four = [*map(sum, zip(*cells))]
        total, x = sum(four), sum(map(mul, four, signs))
        return float(x / total), math.sqrt((total + x + 1) * (total - x + 1) / (total + 1) ** 3)
    a, b = ([mean(signs, [c for q, c in counts.items() if q[side] == k]) for k in range(size)]
            for side, size, signs in ((0, n, [1, 1, -1, -1]), (1, m, [1, -1, 1, -1])))  # fmt: skip
    rows = [[mean([1, -1, -1, 1], [counts[i, j]]) if (i, j) in counts else (0, 0)
             for j in range(m)] for i in range(n)]  # fmt: skip
    return [{"correlators": [[x[k] for x in r] for r in rows], "alice": [x[k] for x in a],
             "bob": [x[k] for x in b]} for k in (0, 1)]  # fmt: skip


def target(spec: Any, settings: Any) -> tuple[Any, Any]:
    """Give the behaviour in question, and which pairs are known."""
    wanted = behaviour(spec, settings)
    counted = trials_of(spec, None) if "counts" in spec else product(*map(range, wanted.shape))
    (n_a, n_b), pairs = wanted.shape, spec.get("pairs", [*counted])
    known = {(whole(i, 0, n_a - 1, "a pair"), whole(j, 0, n_b - 1, "a pair")) for i, j in pairs}
    usual = "free" if {"counts", "errors"} & set(spec) else "match"
    if ("match", "free").index(spec.get("marginals", usual)):
        wanted = wanted._replace(alice=None, bob=None)
    entries = [[wanted.correlators[i][j] for i, j in known], wanted.alice or (), wanted.bob or ()]
    fine = all(abs(x) <= 1 + wanted.radius for numbers in entries for x in numbers)
    need(fine and 0 < len(known) == len(pairs), "a malformed behaviour")
    return wanted, known


# -- models ----------------------------------------------------------------------------------------


class Model:
    """Marginals of a party are free in [−1, 1] (nonsignalling), or η directions·(u or v): a law."""

    lawful: Any = ()  # the parties that obey the law, unless the problem names one
    local = symmetric = True  # whether Bell's states belong to it, and −m wherever m does
    sizes: Any = None  # the absolute values that free marginals have (None: all of [0, 1])
    known: Any = None  # directions, and cos δ and sin δ of those that are known within δ only

    def __init__(self, spec: Any, shape: Any, settings: Any) -> None:
        self.shape, self.parts = shape, [self]
        self.etas: Row = [None, None]
        self.laws: list[Any] = [None, None]  # directions times η, over `ONE`: all zero only if η is
        for party in map(PARTIES.index, [spec["party"]] if "party" in spec else self.lawful):
            eta = number(spec.get(f"eta_{'ab'[party]}", spec.get("eta", 1.0)))
            need(settings and (eta == 0 or 1e-30 <= eta <= 1), "no settings, or an odd purity")
            self.etas[party] = eta
            self.laws[party] = [[int(eta * x) for x in r] for r in settings[party]]

    def member(self, state: Any, exactly: bool = True) -> State:
        """Check that a hidden state belongs to the model (exactly: |u| = 1), give its marginals."""
        keys = [k if law is None else x for k, x, law in zip(PARTIES, "uv", self.laws)]
        only(state, " ".join(keys), "a hidden state")
        sides, shown = [], {}
        for key, n, law in zip(keys, self.shape, self.laws):
            numbers = row(state[key], 3 if law else n, key, rational)
            if law:
                exact = not exactly or sum(x * x for x in numbers) == 1
                need(exact, "a hidden vector is not of length 1")
                hidden = unit(numbers)
                numbers = numbers if exactly else [Fraction(x, ONE) for x in hidden]
            else:
                sizes = {abs(x) for x in numbers}
                inside = max(sizes) <= 1 if self.sizes is None else sizes == self.sizes
                need(inside, "a hidden state is not in the model")
            sides.append([dot(a, hidden) for a in law] if law else numbers)
            shown[key] = numbers
        alice, bob = sides
        return State(alice, bob, EPS if any(self.etas) else ZERO, shown, self)


class Bell(Model):
    """Deterministic states: every marginal is ±1."""

    sizes = frozenset({1})


class Unbiased(Model):
    """Every marginal is 0."""

    local, sizes = False, frozenset({0})


class Quantum(Model):
    """Quantum states are no hidden states (see `mean_values`); constraints g = c, ≤ c, ≥ c."""

    local, sizes = False, frozenset()

    def __init__(self, spec: Any, shape: Any, settings: Any) -> None:
        super().__init__(spec, shape, settings)
        self.settings, self.constraints = settings, []
        for entry in listed(spec["subject_to"], None, "subject_to") if "subject_to" in spec else ():
            (sense,) = SENSES & entry.keys()
            own = {key: x for key, x in entry.items() if key != sense}
            g = functional(consistent("functional", own), shape)
            self.constraints.append((g, sense, number(entry[sense])))

    def means(self, f: Any, state: Any) -> Any:
        """Give the mean values of a state that meets the constraints, and how far off they are."""
        values = mean_values(f, state)
        for g, sense, c in self.constraints:
            gap = g.value(*values) - c
            fine = {"equals": gap == 0, "at_most": gap <= 0, "at_least": gap >= 0}[sense]
            need(fine, "the state does not meet the constraints")
        return *values, ZERO


class TwoQubits(Quantum):
    """Two qubits, with Alice's observables a·σ and Bob's b·σ along the settings."""

    def observables(self) -> list[Table]:
        """Give rows (0, x, y, z) of both parties."""
        need(self.settings, "two qubits are measured along no settings")
        return [[[ZERO, *(Fraction(x, ONE) for x in r)] for r in side] for side in self.settings]

    def means(self, f: Any, state: Any) -> Any:
        """Give the mean values of amplitudes."""
        given = only(state, "psi_re psi_im", "the state")
        amplitudes = [row(given[key], 4, key, rational) for key in ("psi_re", "psi_im")]
        return *pauli_means(*amplitudes, *self.observables()), 2 * EPS


class Leggett(Model):
    """A_i = η_A a_i·u, B_j = η_B b_j·v with unit vectors u and v."""

    lawful, local = PARTIES, False


class OneSided(Model):
    """One party's law is Leggett's; the marginals of the other are free in [−1, 1]."""

    lawful, local = PARTIES[1:], False


class Finite(Model):
    """The rows of a list."""

    local = symmetric = False

    def __init__(self, spec: Any, shape: Any, settings: Any) -> None:
        super().__init__(spec, shape, settings)
        sides = [table(spec[key], (None, n), f"model.{key}") for key, n in zip(PARTIES, shape)]
        inside = all(abs(x) <= 1 for side in sides for r in side for x in r)
        need(inside, "a marginal of the model is outside [−1, 1]")
        self.rows = {*zip(*(map(tuple, side) for side in sides), strict=True)}

    def member(self, state: Any, exactly: bool = True) -> State:
        """Find the state in the list."""
        found = super().member(state)
        need((*map(tuple, found[:2]),) in self.rows, "a hidden state is not in the model")
        return found


class Law(Model):
    """A_i = F(a_i·u), B_j = G(b_j·v), v free or ±u; or laws that far from F, G (`errors`)."""

    lawful, local = PARTIES, False

    def __init__(self, spec: Any, shape: Any, settings: Any) -> None:
        super().__init__({}, shape, settings)
        self.etas = [None, None]  # marginals are no multiples of the hidden vectors
        given = (spec["alice"], spec.get("bob", spec["alice"]))
        self.curves = [table(x, (None, 2), "knots") if isinstance(x[0], list) else row(x, None, "F")
                       for x in given]  # fmt: skip
        self.sign = {"free": 0, "opposite": -1, "equal": 1}[spec.get("hidden", "free")]
        error = spec.get("error", 0)
        self.errors = row(error if isinstance(error, list) else [error] * 2, 2, "error")
        need(min(self.errors) >= 0, "a negative error")
        self.slopes: Row = []  # at most |F'| and |G'|
        for law in self.curves:
            if isinstance(law[0], list):
                fits = all(p[0] < q[0] for p, q in pairwise(law)) and len(law) > 1
                need(fits and (law[0][0], law[-1][0]) == (-1, 1), "knots in disorder")
                self.slopes += [max(abs(y - z) / (t - x) for (x, z), (t, y) in pairwise(law))]
                self.symmetric &= law == [[-x, -y] for x, y in reversed(law)]
            else:
                need(len(law) < 100, "a law of too high a degree")
                self.slopes += [sum(k * abs(c) for k, c in enumerate(law))]
                self.symmetric &= not any(law[::2])
        self.steep = 1 + sum(self.slopes, ZERO)

    @staticmethod
    def value(law: Any, x: Fraction) -> Fraction:
        """Give F(x), for x in [−1, 1] up to rounding."""
        if isinstance(law[0], list):
            k = max((k for k, knot in enumerate(law[:-1]) if knot[0] <= x), default=0)
            (s, y), (t, z) = law[k : k + 2]
            return Fraction(y + (z - y) * (x - s) / (t - s))
        total = ZERO
        for c in reversed(law):
            total = total * x + c
        return total

    def member(self, state: Any, exactly: bool = True) -> State:
        """Take F and G of what the hidden vectors u and v give."""
        found = super().member(state, exactly)
        sides: list[Row] = []
        u, v = (row(state[key], 3, key, rational) for key in "uv")
        need(not self.sign or v == [self.sign * x for x in u], "v is not what u says")
        for law, side in zip(self.curves, (found.alice, found.bob)):
            values = [Fraction(int(self.value(law, x) * ONE), ONE) for x in side]
            inside = all(abs(x) <= 1 + self.steep * EPS for x in values)
            need(inside, "a marginal is outside [−1, 1]")
            sides.append([max(min(x, Fraction(1)), Fraction(-1)) for x in values])
        alice, bob = sides
        return found._replace(alice=alice, bob=bob, error=2 * self.steep * EPS)


class Hull(Model):
    """Mixtures of the states of several models; a state names its part."""

    def __init__(self, spec: Any, shape: Any, settings: Any) -> None:
        names = [x["name"] for x in spec["of"]]
        fits = not {"hull", "quantum", "two_qubits"} & {*names} and names.count("bell") < 4
        need(fits and len(names) <= 100, "no such hull")
        parts = (consistent("model", x) for x in spec["of"])
        self.parts = [named_model(part, shape, settings) for part in parts]
        self.local = any(part.local for part in self.parts)
        self.symmetric = all(part.symmetric for part in self.parts)

    def member(self, state: Any, exactly: bool = True) -> State:
        """Take a state of the part that it names."""
        own = only(state, "u v alice bob part", "a hidden state")
        part = self.parts[whole(own.pop("part", 0), 0, len(self.parts) - 1, "part")]
        return part.member(own, exactly)


MODELS = {
    "leggett": Leggett, "one_sided": OneSided, "law": Law, "bell": Bell, "unbiased": Unbiased,
    "hull": Hull, "finite": Finite, "quantum": Quantum, "two_qubits": TwoQubits,
    "nonsignalling": Model, "nonsignaling": Model,
}  # fmt: skip


def named_model(spec: Any, shape: tuple[int, int], settings: Any) -> Any:
    """Give the model of a problem."""
    need(spec["name"] in MODELS, "the model is unknown")
    return MODELS[spec["name"]](spec, shape, settings)


# -- patches of the sphere -------------------------------------------------------------------------


@lru_cache(maxsize=1 << 17)
def corner(face: int, s: int, t: int) -> Any:
    """Direction of a point of a face [−2^40, 2^40]² of the cube, over 2^80."""
    length = math.isqrt((1 << 80) + s * s + t * t << 80)
    x = (1 << 160 if face < 3 else -1 << 160) // length
    y, z = (s << 120) // length, (t << 120) // length
    return ((x, y, z), (z, x, y), (y, z, x))[face % 3]


@lru_cache(maxsize=1 << 16)
def patch(face: int, s0: int, s1: int, t0: int, t1: int) -> tuple[Any, list[Any], int]:
    """Corners of a box on a face, and 1/γ rounded up (γ: least cosine to the middle), over 2^80."""
    corners = [corner(face, s, t) for s in (s0, s1) for t in (t0, t1)]
    c0, c1, c2 = map(sum, zip(*corners))
    length = math.isqrt(c0 * c0 + c1 * c1 + c2 * c2) + 1
    nearest = min(c0 * x + c1 * y + c2 * z for x, y, z in corners)
    return (face, s0, s1, t0, t1), corners, (length << 160) // nearest + 1


def cut(where: Any, kind: int, half: bool) -> list[Any]:
    """Cut a patch in two across its coordinate 0 or 1, or (2) a sphere, or half, into faces."""
    need((where is None) == (kind == 2), "a sphere is cut into faces twice, or never")
    if kind == 2:
        return [patch(face, *[-1 << 40, 1 << 40] * 2) for face in range(3 if half else 6)]
    k, (face, *box) = 2 * kind, where[0]
    middle = (box[k] + box[k + 1]) // 2
    need(box[k] < middle, "a patch is too small")
    both = [*box[: k + 1], middle, *box[k + 2 :]], [*box[:k], middle, *box[k + 1 :]]
    return [patch(face, *half_box) for half_box in both]


def least(c: Any, where: Any) -> Any:
    """Lower bound of c·x over a patch, or the whole sphere (None), over 2^80 · c's denominator."""
    c0, c1, c2 = c  # x = Σ (weight ≥ 0) (corner), and the weights add up to between 1 and 1/γ
    m = min([c0 * x + c1 * y + c2 * z for x, y, z in where[1]]) if where else -1
    if m >= 0:
        return m
    anywhere = -(math.isqrt(c0 * c0 + c1 * c1 + c2 * c2) + 1) << 80
    return max(anywhere, m * where[2] >> 80) if where else anywhere


def walk(tree: bytes, mirror: Any, carried: Any, single: Any = False) -> Any:
    """Yield all nodes of a tree in preorder, each to be looked at, and changed, before the next."""
    # A node is [byte, patches of u and v, what it carries]; it hands on to its children what it
    # carries then. Low bits of the byte: 0, 1 (2, 3) the patch of u (v) is cut along s, t; 4 (5)
    # the sphere of u (v), half of it with `mirror`, into faces; else a leaf. single: there is no v.
    stack: list[Any] = [(None, None, mirror, carried)]
    for byte in tree:
        u, v, half, carried = stack.pop()
        node, kind = [byte, (u, v), carried], byte & 7
        yield node
        if kind < 6:
            on_v = kind in (2, 3, 5)
            need(not (on_v and single), "there is one sphere")
            children = cut((u, v)[on_v], 2 if kind > 3 else kind & 1, half)
            after = half and kind < 4, node[2]
            stack += [(u, q, *after) if on_v else (q, v, *after) for q in reversed(children)]
    need(not stack, "the covering does not end where it should")


def multipliers(packed: bytes, form: str, k: int, most: int, rows: Table) -> Table:
    """Give the k-th list of multipliers as a table, where the entries of the rows are not zero."""
    length = sum(x != 0 for r in rows for x in r)
    flat = struct.unpack_from(f"<{length}{form}", packed, struct.calcsize(form) * length * k)
    need(all(abs(t) <= most for t in flat), "a multiplier is outside [−1, 1]")
    following = iter(flat)
    return [[next(following) if x else 0 for x in r] for r in rows]


def unpacked(x: int) -> tuple[Ints, Ints]:
    """Give the six signed fields of 160 bits of an integer: the parts of u and of v."""
    fields = [(x + HALVES >> e & (1 << 160) - 1) - (1 << 159) for e in FIELDS]
    return fields[:3], fields[3:]


# -- rules of upper ends: each gives a bound of f over the model -----------------------------------


def slopes(correlators: Any, tau: Any, alice: Row, bob: Row) -> tuple[Row, Row]:
    """Give c = Σ_j |S|τ − α and d = −Σ_i Sτ − β: in any state G ≥ c·A + d·B if all |τ| ≤ 1."""
    c = [sum(abs(s) * t for s, t in zip(*rows)) - a for *rows, a in zip(correlators, tau, alice)]
    columns = zip(zip(*correlators), zip(*tau), bob)
    return c, [-sum(map(mul, s, t)) - b for s, t, b in columns]


def dual(model: Any, f: Functional, proof: Any) -> Fraction:
    """Claim: f ≤ k + Σ|S| + Σ|c| + Σ|d|, with `slopes` c, d; without marginals f ≤ k + Σ|S|.

    Given: multipliers τ_ij in [−1, 1], which are 0 in a closed form.
    Why it suffices: G ≥ c·A + d·B, and |A|, |B| ≤ 1.  Cost: one pass over the table.
    """
    tau = [f.shape[1] * [0]] * f.shape[0]
    if proof["type"] == "dual":
        tau = table(proof["tau"], f.shape, "tau", rational)
    need(all(abs(t) <= 1 for r in tau for t in r), "a multiplier is outside [−1, 1]")
    c, d = slopes(f.correlators, tau, f.alice, f.bob)
    return f.ceiling + (0 if isinstance(model, Unbiased) else sum(map(abs, c + d)))


def every_row(model: Any, f: Functional, proof: Any) -> Fraction:
    """Claim: f is at most its largest value at the rows of the model.

    Given: nothing.  Why it suffices: the rows are all states.  Cost: rows × pairs of settings.
    """
    need(len(model.rows) * math.prod(f.shape) <= MAX_SUMMANDS >> 5, "the list is too long")
    return max(f.best(*state) for state in model.rows)


def every_part(model: Any, f: Functional, proof: Any) -> Fraction:
    """Claim: f is at most the largest of the bounds over the parts.

    Given: a proof a part.  Why it suffices: f is linear in mixtures.  Cost: that of the proofs.
    """
    proofs = listed(proof["parts"], len(model.parts), "parts")
    return max(map(prove, model.parts, repeat(f), proofs))


def enumeration(model: Any, f: Functional, proof: Any) -> Fraction:
    """Claim: f ≤ k + max over signs A of Σ_i α_i A_i + Σ_j |β_j + Σ_i S_ij A_i|.

    Given: nothing.  Why it suffices: the best signs B are those of the sums over i.
    Cost: 2^n steps (n: settings of the smaller side); one sign is flipped at a time (Gray code).
    """
    alpha, beta, rows = f.alice, f.bob, f.correlators
    if len(alpha) > len(beta):
        alpha, beta, rows = beta, alpha, [*map(list, zip(*rows))]
    n, scale = len(alpha), common([*alpha, *beta, *(x for r in rows for x in r)])
    linear, *lines = ([int(x * scale) for x in r] for r in [alpha, *rows, beta])
    width = sum(abs(x) for r in [linear, *lines] for x in r).bit_length() + 2
    steps = (5000 + width * len(beta) * (1 + width // 999)) << min(n, 40)
    need(n < 40 and steps <= MAX_STRATEGIES, "too many strategies")
    # the sums over i are the fields of one integer, with 2^(width−1) added; modulo 2^width − 1
    # fields add up, after the bits of negative ones are turned round
    packed = [sum(x << width * j for j, x in enumerate(r)) for r in lines]
    ones, top, field = sum(1 << width * j for j in range(len(beta))), width - 1, (1 << width) - 1
    x, total, best, signs = sum(packed) + (ones << top), sum(linear), -f.size * scale, [1] * n
    for step in range(1, (1 << n - (not any(alpha + beta))) + 1):  # else the last sign may stay
        plus = x >> top & ones
        minus = ones ^ plus
        best = max(best, total + ((x ^ plus << top ^ (minus << top) - minus) + minus) % field)
        i = min((step & -step).bit_length(), n) - 1
        signs[i] = -signs[i]
        x, total = x + 2 * signs[i] * packed[i], total + 2 * signs[i] * linear[i]
    return f.constant + Fraction(best) / scale


def semidefinite(model: Any, f: Functional, proof: Any) -> Fraction:
    """Claim: f ≤ k + ½ Σ diagonal in quantum theory.

    Given: the diagonal of M; its other entries are minus the coefficients of f.
    Why it suffices: M ⪰ 0, and moment matrices of (1, A.., B..) are too (level 1 of the hierarchy,
    or Tsirelson's theorem, without the row of 1).  Cost: one elimination, cubic.
    """
    lead = proof["level"] == "1"
    fits = lead or (proof["level"] == "correlators" and not any(f.alice + f.bob))
    need(fits and sum(f.shape) < 300, "the level does not fit, or there are too many settings")
    m: Table = [[]] * lead + [[-a] * lead + i * [ZERO] for i, a in enumerate(f.alice)]
    columns = zip(f.bob, zip(*f.correlators))
    m += [[-b] * lead + [-s for s in c] + j * [ZERO] for j, (b, c) in enumerate(columns)]
    diagonal = row(proof["diagonal"], len(m), "diagonal", rational)
    need(positive([[*r, x] for r, x in zip(m, diagonal)]), "the semidefinite proof is not positive")
    return f.constant + sum(diagonal) / 2


def words(level: str, shape: tuple[int, int]) -> list[Any]:
    """Give the words of a level in the observables of both parties, the short ones first."""
    longest = {"1+AB": 2, "2": 2, "3": 3}[level]
    def side(n: int, k: int) -> list[Any]:
        return [w for w in product(range(n), repeat=k) if all(x != y for x, y in pairwise(w))]
    kinds = ((i, k - i) for k in range(longest + 1) for i in range(k, -1, -1))
    kept = (kind for kind in kinds if level != "1+AB" or kind not in ((2, 0), (0, 2)))
    return [w for i, j in kept for w in product(side(shape[0], i), side(shape[1], j))]


def reduced(*letters: int) -> tuple[int, ...]:
    """Cancel equal neighbours in a product of observables, whose squares are 1."""
    rest: Ints = []
    for x in letters:
        rest = rest[:-1] if rest and rest[-1] == x else [*rest, x]
    return tuple(rest)


def moments(model: Any, f: Functional, proof: Any) -> Fraction:
    """Claim: f ≤ tr Z + Σ|d_w| in quantum theory, d_w = −f_w − ⟨Z, M_w⟩ (w ≠ 1), plus f's constant.

    Given: Z, over 2^exponent, a row for each word of the level, and λ for each constraint on means.
    Why it suffices: Γ_uv = mean of u†v = Σ_w y_w M_w ⪰ 0, where w and w† are one unknown |y_w| ≤ 1.
    So ⟨Z, Γ⟩ ≥ 0, and f ≤ f − Σ λ(g − c) where λ ≥ 0 (≤ 0, any) if g ≤ c (≥ c, = c).
    Cost: one elimination, cubic in the number of words.
    """
    fits = sum(f.shape) <= 64 and (1 + f.shape[0]) * (1 + f.shape[1]) <= 300
    rows = words(proof["level"], f.shape) if fits else []
    unit = Fraction(2) ** -whole(proof["exponent"], -1100, 1100, "exponent")
    given = [*map(rational, proof.get("multipliers", []))]
    fits = 0 < len(rows) <= 300 and len(given) == len(model.constraints)
    need(fits, "too many words, or not a multiplier for each constraint")
    wanted: Any = [(f, Fraction(1))]
    sums: Any = Counter()
    for (g, sense, c), x in zip(model.constraints, given):
        fine = {"equals": True, "at_most": x >= 0, "at_least": x <= 0}[sense]
        need(fine, "a multiplier has the wrong sign")
        wanted.append((g, -x))
        sums[((), ())] += x * c
    for g, x in wanted:
        sums[((), ())] += x * g.constant
        for i, (a, line) in enumerate(zip(g.alice, g.correlators)):
            sums[((i,), ())] += x * a
            for j, y in enumerate(line):
                sums[((i,), (j,))] += x * y
        for j, b in enumerate(g.bob):
            sums[((), (j,))] += x * b
    z = [[whole(x, -1 << 62, 1 << 62, "Z") for x in listed(r, k + 1, "a row of Z")]
         for k, r in enumerate(listed(proof["matrix"], len(rows), "Z"))]  # fmt: skip
    need(positive(z), "the matrix Z is not positive")
    for u, entries in zip(rows, z):
        for v, entry in zip(rows, entries):
            left, right = (reduced(*x[::-1], *y) for x, y in zip(u, v))
            word = min((left, right), (left[::-1], right[::-1]))
            sums[word] += entry * unit * (1 + (u != v))
    return sums.pop(((), ())) + sum(map(abs, sums.values()))


def eigenvalue(model: Any, f: Functional, proof: Any) -> Fraction:
    """Claim: f ≤ t for two qubits on the settings.

    Given: t.  Why it suffices: t − F ⪰ 0, where f is the mean value of the operator F = Σ f A ⊗ B.
    Cost: one elimination of order 8 (real and imaginary parts), and one pass over the table.
    """
    x, y = ([[1, 0, 0, 0], *side] for side in model.observables())
    terms = [[f.constant, *f.bob], *([a, *r] for a, r in zip(f.alice, f.correlators))]
    half = [[sum(map(mul, r, column), ZERO) for column in zip(*y)] for r in terms]
    weights = [[sum(map(mul, c, column), ZERO) for column in zip(*half)] for c in zip(*x)]
    t = rational(proof["threshold"])
    top = t - 8 * EPS * (f.size + abs(f.constant))
    lines = [[top * (i == j) for j in range(8)] for i in range(8)]
    for p, q, bra, ket, turns in paulis():
        w = weights[p][q] * (1, 1, -1, -1)[turns]  # R + iI is [[R, −I], [I, R]], and t − F has −w
        if turns % 2:
            lines[bra][ket + 4] += w
            lines[bra + 4][ket] -= w
        else:
            lines[bra][ket] -= w
            lines[bra + 4][ket + 4] -= w
    need(positive([r[: k + 1] for k, r in enumerate(lines)]), "t is below an eigenvalue")
    return t


def vectors(model: Any, f: Functional, scale: Any) -> tuple[list[Ints], Row, Ints]:
    """Give all x_k = (|S| a_i, −S b_j), |S|, and the linear part −(Σ αa, Σ βb), over a scale."""
    rows = zip(f.correlators, model.laws[0])
    pairs = [(s, a, b) for r, a in rows for s, b in zip(r, model.laws[1]) if s]
    xs = [weighted([abs(s)], [a], scale) + weighted([-s], [b], scale) for s, a, b in pairs]
    sides = zip((f.alice, f.bob), model.laws)
    linear = [x for numbers, law in sides for x in weighted([-x for x in numbers], law, scale)]
    return xs, [abs(s) * scale for s, *_ in pairs], linear


def covering(model: Any, f: Functional, proof: Any) -> Fraction:
    """Claim: f ≤ k + Σ|S| − threshold in Leggett's model.

    Given: a tree of pairs of patches of the spheres of u and v (of half of one sphere where
    G(−u, −v) = G(u, v)), and for each leaf multipliers n/D, or a quadratic or a square leaf.
    Why it suffices: τ = n/D in [−1, 1] gives G ≥ c·u + d·v, (c, d) = Σ τ_k x_k + ℓ, with the
    `vectors` x_k and ℓ, and that is linear on each patch.
    Cost: two products with the corners a leaf; about 6·10^4 leaves a second.
    """
    # |n| = D + 1 keeps τ = ±1 in all descendants. Vectors are packed integers over `scale`; all
    # their roundings, below 2^-56 · size, are charged.
    threshold, scale = rational(proof["threshold"]), (1 << 80) / f.size
    xs, weights, linear = vectors(model, f, scale)
    base, *terms = (sum(x << e for x, e in zip(parts, FIELDS)) for parts in [linear, *xs])
    d, level = whole(proof["denominator"], 1, 126, "D"), (threshold + f.size * TINY) * scale
    goal, fine_goal = (math.ceil(level * over) * UNIT for over in (d, TAU))
    numbers, at = memoryview(inflated(proof["multipliers"])).cast("b"), 0
    quadratic, fine, squares = (iter(proof.get(key, ())) for key in ("quadratic", "fine", "square"))
    biased = zip((f.alice, f.bob), model.laws)
    mirror = not any(x and any(a) for numbers, law in biased for x, a in zip(numbers, law))
    start = base, terms, weights, unpacked(base * d)
    for node in walk(inflated(proof["tree"]), mirror, start):
        byte, (u, v), (base, terms, weights, cd) = node
        kind = byte & 7
        if byte & 8:
            n = numbers[at : at + len(terms)].tolist()
            at += len(terms)
            if n and (max(n) > d or min(n) < -d):
                need(max(n) <= d + 1 and min(n) >= -d - 1, "a multiplier is outside [−1, 1]")
                base += sum(x if q > 0 else -x for q, x in zip(n, terms) if abs(q) > d)
                lists = n, terms, weights
                n, terms, weights = ([x for q, x in zip(n, xs) if abs(q) <= d] for xs in lists)
            if byte & 16:
                cd = unpacked(base * d + sum(map(mul, n, terms)))
            node[2] = base, terms, weights, cd
        if kind == 6:
            if byte & 32:  # multipliers over 2^50
                n = listed(next(fine, None), len(terms) or 1, "fine")[: len(terms)]
                n = [whole(x, -TAU, TAU, "tau") for x in n]
                cd = unpacked(base * TAU + sum(map(mul, n, terms)))
            reached = least(cd[0], u) + least(cd[1], v) >= (fine_goal if byte & 32 else goal)
            need(reached, "a leaf of the covering falls short")
        elif kind == 7:
            leaf, leaves = (square_leaf, squares) if byte & 32 else (quadratic_leaf, quadratic)
            leaf(next(leaves, None), (u, v), base, terms, weights, scale, level)
        else:
            need(not byte & 32, "multipliers stand where no leaf is")
    ended = at == len(numbers) and not [*quadratic, *fine, *squares]
    need(ended, "the covering does not end where it should")
    return f.ceiling - threshold


def quadratic_leaf(
    leaf: Any, where: Any, base: int, terms: Ints, weights: Row, scale: Any, level: Any
) -> None:
    """Check a leaf near (u*, v*): with δ = (u − u*, v − v*), r = max|δ|, G ≥ K + ℓ·δ + δᵀQδ."""
    # Q + σ ⪰ 0 with σ r² ≤ K − level suffices: w|y| ≥ w τ y + κ y² where κ max|y| ≤ w (1 − |τ|),
    # c·u = c·u* + (c − λu*)·δ − λ|δ|²/2, and 0 ≥ P[(u*·δ)² − r²|δ|²/4]; `m` is the matrix of
    # K, ℓ/2, Q, and the vectors x = w y are integers over `scale`.
    only(leaf, "exponent u v signs tau kappa lambda mu p", "a quadratic leaf")
    scale *= Fraction(2) ** whole(leaf["exponent"], -1100, 0, "it") if "exponent" in leaf else 1
    curved = [Fraction(whole(leaf[k], -ONE, ONE, k) * scale, TAU) for k in ("lambda", "mu")]
    star, radii = Row(), Row()
    for key, spot in zip("uv", where):
        *point, length = (whole(x, -ONE, ONE, key) for x in listed(leaf[key], 4, key))
        need(sum(x * x for x in point) == length**2 > 0, "the centre of a leaf is off the sphere")
        star += [Fraction(x, length) for x in point]
        nearest = Fraction(least([x * UNIT // length for x in point], spot), UNIT * UNIT)
        radii.append(min(4, 2 - 2 * nearest + Fraction(1, 1 << 70)))
    steep: Row = [whole(x, 0, ONE, "p") * scale / (1 << 40) for x in listed(leaf["p"], 2, "p")]
    steep = [min(x, ONE >> 60) for x in steep]
    fine = [int(x * ONE) for x in star]
    stars = zip(steep, ([0, *fine[:3], 0, 0, 0], [0, 0, 0, 0, *fine[3:]]))
    squares, total = [(int(p * 2**40), x, x) for p, x in stars], base * TAU
    tau, kappa = iter(leaf["tau"]), iter(leaf["kappa"])
    for sign, x, w in zip(leaf["signs"], terms, weights, strict=True):
        t = {"+": TAU, "-": -TAU}.get(sign) or whole(next(tau, None), -TAU, TAU, "tau")
        total += t * x
        if sign not in ("+", "-"):
            a, b = unpacked(x)
            far = min(sum(map(least, y, where)) for y in ((a, b), unpacked(-x)))
            k = Fraction(whole(next(kappa, None), 0, ONE, "kappa") * scale, 1 << 40) / w**2
            need(k * ((1 << 88) - far) <= (TAU - abs(t)) << 30, "a curvature is too large")
            y = [int(sum(map(mul, a + b, star)) * FORM), *(e * FORM for e in a + b)]
            squares.append((int(k * ONE), y, y))
    m = form(squares, 2 * ONE * FORM * FORM)
    c, d = unpacked(total)
    for e, (x, s) in enumerate(zip(c + d, star)):
        m[0][0] += x * s / TAU
        m[e + 1][0] += (Fraction(x, TAU) - curved[e // 3] * s) / 2
        m[e + 1][e + 1] -= curved[e // 3] / 2 + steep[e // 3] * radii[e // 3] / 4
    lost = [4 * sum(r[0] ** 2 for r in part) * x for part, x in zip((m[1:4], m[4:]), radii)]
    slack = m[0][0] - level - sum(math.isqrt(math.ceil(x)) + 1 for x in lost)
    sigma = slack / sum(radii)
    rest = [[x + sigma * (i == j) for j, x in enumerate(r[1:])] for i, r in enumerate(m[1:])]
    need(slack >= 0 and not [*tau, *kappa] and positive(rest), "a quadratic leaf falls short")


def half_spaces(where: Any, place: int) -> list[Ints]:
    """Give affine functions of (1, u, v), over 2^120, that are ≥ 0 on a patch: edges and cap."""
    corners, found = where[1], []
    middle = [sum(parts) for parts in zip(*corners)]
    ring = pairwise(corners[k] for k in (0, 2, 3, 1, 0))
    edges = [[a[i - 2] * b[i - 1] - a[i - 1] * b[i - 2] for i in range(3)] for a, b in ring]
    for normal in [*edges, middle]:
        length = math.isqrt(sum(x * x for x in normal)) + 1
        inward = 1 if sum(map(mul, normal, middle)) > 0 else -1
        c = [inward * x * FORM // length for x in normal]
        found.append([-(least(c, where) // UNIT), *[0] * (place - 1), *c, *[0] * (4 - place)])
    return found


def square_leaf(
    leaf: Any, where: Any, base: int, terms: Ints, weights: Row, scale: Any, level: Any
) -> None:
    """Check (L + Σ|y_k|)² ≥ L² + 2Σ(σ_k·z) y_k + Σ T_kl y_k y_l ≥ (t + s)², L = ℓ + s ≥ 0."""
    # ℓ: the terms with τ = ±1, and the linear part; |σ_k·z| ≤ L and |T_kl| ≤ 1 = T_kk. The
    # difference is a form in z = (1, u, v) plus λ(|u|² − 1) + μ(|v|² − 1) plus Σ P h h' ≥ 0, h ≥ 0
    # on the patches. All is in the unit 2^exponent, below 8 and over 2^120, but σ is below 8r with
    # r ≤ 2^15; functions may be negative by 2^-73 r, and 2^-60 r + 2^-70 ΣP is charged for it.
    only(leaf, "exponent signs s sigma tau p lambda mu", "a square leaf")
    signs, scale = leaf["signs"], scale * Fraction(2) ** whole(leaf["exponent"], -2200, 2200, "it")
    fits = None not in where and len(signs) == len(terms) and {*signs} <= {*"a+-"}
    need(fits, "a square leaf of the wrong form")
    def parts(head: int, x: int) -> Ints:
        return [head, *(int(y * FORM / scale) for part in unpacked(x) for y in part)]
    def nonnegative(c: Ints) -> bool:
        return c[0] * UNIT + least(c[1:4], where[0]) + least(c[4:], where[1]) >= -1 << 126
    s, lam, mu = (whole(leaf[key], -ONE, ONE, key) for key in ("s", "lambda", "mu"))
    fixed = sum(x if sign == "+" else -x for sign, x in zip(signs, terms) if sign != "a")
    ell, ys = parts(s * TAU, base + fixed), [parts(0, x) for g, x in zip(signs, terms) if g == "a"]
    sigma = [[whole(x, -ONE, ONE, "sigma") * TAU for x in listed(r, 7, "sigma")]
             for r in leaf["sigma"]]  # fmt: skip
    need(len(sigma) == len(ys) < 64 and nonnegative(ell), "a linear part may be negative")
    for r, step in product(sigma, (add, sub)):
        need(nonnegative([*map(step, ell, r)]), "a multiplier exceeds the linear part")
    hs = [*half_spaces(where[0], 1), *half_spaces(where[1], 4), [FORM, 0, 0, 0, 0, 0, 0]]
    steep = max([8 * FORM, *(abs(x) for r in sigma for x in r)])
    fits = max(abs(x) for r in [ell, *ys, *hs] for x in r) < 8 * FORM and steep < FORM << 18
    need(fits, "a square leaf in the wrong unit")
    tau, p = iter(leaf["tau"]), iter(leaf["p"])
    # c, x, y: c(xyᵀ + yxᵀ), over 2^311
    products = [(1 << 71, r, y) for r, y in zip(sigma, ys)] + [(1 << 70, y, y) for y in [ell, *ys]]
    products += [(whole(next(tau, None), -TAU, TAU, "tau") << 21, x, y)
                 for k, y in enumerate(ys) for x in ys[:k]]  # fmt: skip
    pairs = [(whole(next(p, None), 0, ONE, "p"), h, g) for k, h in enumerate(hs) for g in hs[:k]]
    m = form(products + [(-c, h, g) for c, h, g in pairs if c], 1 << 311)
    top = Fraction(1 << 70)
    m[0][0] += (lam + mu) / top - (level / scale + s / top) ** 2
    charged = Fraction(steep, FORM << 63) + Fraction(sum(c for c, *_ in pairs), 1 << 140)
    for i, r in enumerate(m):
        r[i] -= charged + (0, lam, lam, lam, mu, mu, mu)[i] / top
    need(not [*tau, *p] and positive(m), "a square leaf falls short")


def square(model: Any, f: Functional, proof: Any) -> Fraction:
    """Claim: f ≤ k + Σ|S| − t in Leggett's model.

    Given: t > 0, λ, μ and a symmetric T with |T_kl| ≤ 1 = T_kk.
    Why it suffices: (Σ|x_k·z|)² ≥ Σ T_kl (x_k·z)(x_l·z) ≥ (t − ℓ·z)², with z = (u, v) and the
    `vectors` x_k, ℓ. On the spheres the sum is λ + μ + zᵀ(M − diag(λ, μ))z; less (t − ℓ·z)² it is
    a form in (1, z), which is shown to be positive semidefinite.
    Cost: the square of the number of terms, and one elimination of order 7.
    """
    # Vectors are integers over 2^300/size. A sum of directions times numbers of total size ≤ `size`
    # is off by `blur`, which is δ of the largest part of any x on its side.
    t, power = rational(proof["threshold"]), whole(proof["exponent"], -1100, 1100, "exponent")
    scale = (1 << 300) / f.size
    xs, _, linear = vectors(model, f, scale)
    need(t > 0 and 0 < len(xs) < 512, "a square proof of too many terms, or of nothing")
    tau = iter(proof["tau"])
    lower = [[*(whole(next(tau, None), -TAU, TAU, "tau") for _ in range(k)), TAU // 2]
             for k in range(len(xs))]  # fmt: skip
    need(not [*tau], "there are more multipliers than pairs of terms")
    halves = [[sum(map(mul, r, column)) for column in zip(*xs)] for r in lower]
    z = [math.ceil(t * scale), *(-x for x in linear)]
    m = form([(1, [0, *x], [0, *y]) for x, y in zip(xs, halves)] + [(-TAU // 2, z, z)], TAU)
    tops = [max(1, *(abs(x[e]) for x in xs for e in part)) for part in (range(3), range(3, 6))]
    blur = [(1 << 102) + (max(abs(x) for a in law for x in a) >> 47) for law in model.laws]
    off = zip(blur, model.etas, tops)  # η is exact, as no rounded part of x is
    delta = max(Fraction(b, top) if eta else ZERO for b, eta, top in off)
    sizes = [z[0], *(top for top in tops for _ in "xyz")]
    charged = 7 * delta * (3 * len(xs) ** 2 + 3 * max(map(Fraction, map(abs, z), sizes)) + 4)
    curved = [rational(proof[key]) * Fraction(4) ** power * scale**2 for key in ("lambda", "mu")]
    m[0][0] += sum(curved)
    for i, r in enumerate(m):
        r[i] -= charged * sizes[i] ** 2 + (curved[(i - 1) // 3] if i else 0)
    need(positive(m), "no square proof")
    return f.ceiling - t


def one_sphere(model: Any, f: Functional, proof: Any) -> Fraction:
    """Claim: f ≤ k + Σ|S| − threshold where one party alone obeys the law.

    Given: a tree of patches of one sphere (of half of it without marginal terms), multipliers.
    Why it suffices: with `slopes` c of the free party and d of the other, whose marginals are
    directions·x, G ≥ (Σ d_j b_j)·x − Σ|c| on each patch.
    Cost: one product with the corners a leaf, and the sums c and d once for each list of τ.
    """
    # Integers over `scale` times 2^50; roundings, below 2^-56 · size, are charged.
    rows, free, own, law = f.correlators, f.alice, f.bob, model.laws[1]
    if law is None:
        rows, free, own, law = [*map(list, zip(*rows))], f.bob, f.alice, model.laws[0]
    threshold, scale = rational(proof["threshold"]), (1 << 80) / f.size
    goal = math.ceil((threshold + f.size * TINY) * scale * TAU) * UNIT
    s, packed = [[int(x * scale) for x in r] for r in rows], inflated(proof["multipliers"])
    ends, start = ([int(x * scale) * TAU for x in side] for side in (free, own))
    length = sum(x != 0 for r in rows for x in r)
    top = max(len(packed) // (8 * max(length, 1)) - 1, 0)
    need(length or not packed, "there are multipliers without terms")
    @cache
    def plane(k: int) -> tuple[Ints, int]:
        c, d = slopes(s, multipliers(packed, "q", k, TAU, rows), ends, start)
        return weighted(d, law, 1), sum(map(abs, c)) * UNIT
    leaves, tree = iter(listed(proof["leaves"], None, "leaves")), inflated(proof["tree"])
    need(max(tree) <= 3, "a malformed tree")  # 0 and 1: cut along s, t; 2: into faces; 3: a leaf
    tree = tree.translate(bytes([0, 1, 4, 6] * 64))  # as `walk` has it
    for byte, (where, _), _ in walk(tree, not any(free + own), 0):
        if byte == 6:
            d, lost = plane(whole(next(leaves, None), 0, top, "a leaf"))
            need(least(d, where) - lost >= goal, "a leaf of the covering falls short")
    need(not [*leaves], "the covering does not end where it should")
    return f.ceiling - threshold


def band(law: Any, low: int, high: int) -> Ints:
    """Give p, r, s over 2^100: F(x) is in p x + [r, s] for x in [low, high], over 2^80."""
    # p is the slope of the chord. For F(m + t) = Σ f_k t^k, |t| ≤ h: t^k is in [0, h^k] for even k,
    # |t^k − h^(k−1) t| ≤ h^k (k−1)/k for odd k, and 77/200 h³ for k = 3. Roundings are charged.
    one = 1 << 100
    if isinstance(law[0], list):
        knots = [k for k in law if low < k[0] * (1 << 80) < high]
        ends = [Fraction(low, 1 << 80), Fraction(high, 1 << 80)]
        points = [(x, Law.value(law, x)) for x in ends] + knots
        p = (points[1][1] - points[0][1]) / (ends[1] - ends[0]) if high > low else ZERO
        p = Fraction(int(p * one), one)
        rest = [int((y - p * x) * one) for x, y in points]
        return [int(p * one), min(rest) - 1, max(rest) + 1]
    m, h = low + high << 19, high - low << 19
    f = [*law]
    for i in range(len(f) - 1):
        for k in range(len(f) - 2, i - 1, -1):
            f[k] += m * f[k + 1] >> 100
    p, power, r, s = 0, one, f[0], f[0]
    for k, c in enumerate(f[1:], 1):
        reach = (c * power >> 100) * h >> 100
        if k % 2:
            p += c * power >> 100
            wobble = abs(reach) * 77 // 200 if k == 3 else abs(reach) * (k - 1) // k
            r, s = r - wobble, s + wobble
        else:
            r, s = r + min(reach, 0), s + max(reach, 0)
        power = power * h >> 100
    return [p, r - (p * m >> 100), s - (p * m >> 100)]


def law_covering(model: Any, f: Functional, proof: Any) -> Fraction:
    """Claim: f ≤ k + Σ|S| − threshold + (ε + ε') Σ|S| + ε Σ|α| + ε' Σ|β|; F, G known to ε, ε'.

    Given: a tree of pairs of patches of the spheres of u and v (of one sphere where v = ±u; of half
    of it where G(−u, −v) = G(u, v)), and lists of multipliers τ = n/D, each for a node and below.
    Why it suffices: G ≥ Σ P_i F(a_i·u) + Σ Q_j G(b_j·v) with P = Σ|S|τ − α and Q = −ΣSτ − β, and
    on a patch F(a·u) lies in a `band` p a·u + [r, s]; that is linear in u and v.
    Cost: the bands of a patch once, and one sum over the settings a leaf; 10^4 leaves a second.
    """
    # P, Q are integers over `scale` times D, bands over 2^100, sums over 2^180 scale D; all their
    # roundings, below 2^-56 · size · steep, are charged.
    threshold, scale = rational(proof["threshold"]), (1 << 80) / f.size
    d = whole(proof["denominator"], 1, 126, "D")
    goal = math.ceil((threshold + f.size * model.steep * TINY) * scale) * d << 180
    laws = [x if isinstance(x[0], list) else [int(c * (1 << 100)) for c in x]
            for x in model.curves]  # fmt: skip
    sides = [[[x >> BITS - 80 for x in a] for a in side] for side in model.laws]
    if model.sign < 0:
        sides[1] = [[-x for x in b] for b in sides[1]]
    s = [[int(x * scale) for x in r] for r in f.correlators]
    own = [[int(x * scale) * d for x in numbers] for numbers in (f.alice, f.bob)]
    @lru_cache(1 << 14)
    def bands(k: int, *where: Any) -> Any:
        spot, found = patch(*where) if where else None, []
        for a in sides[k]:
            ends = [least(x, spot) >> 80 if spot else -1 << 80 for x in (a, [-y for y in a])]
            found.append((*band(laws[k], ends[0] - 4, 4 - ends[1]), a))
        return found
    packed, at = inflated(proof["multipliers"]), 0
    mirror = model.symmetric and not any(f.alice + f.bob)
    start = [[-x for x in numbers] for numbers in own]
    for node in walk(inflated(proof["tree"]), mirror, start, model.sign):
        byte, (u, v), both = node
        if byte & 8:
            both = node[2] = slopes(s, multipliers(packed, "b", at, d, f.correlators), *own)
            at += 1
        if byte & 7 < 6:
            continue
        need(byte & 7 == 6, "a malformed tree")
        total, forces = 0, []
        for k, weights in enumerate(both):
            spot, force = u if model.sign else (u, v)[k], [0, 0, 0]
            for w, (p, low, high, a) in zip(weights, bands(k, *(spot[0] if spot else ()))):
                total += w * (low if w > 0 else high)
                force = [x + w * p * y for x, y in zip(force, a)]
            forces.append((force, spot))
        if model.sign:
            forces = [([*map(add, forces[0][0], forces[1][0])], u)]
        low = (total << 80) + sum(least([x >> 80 for x in c], spot) for c, spot in forces)
        need(low >= goal, "a leaf of the covering does not reach the threshold")
    length = sum(x != 0 for r in f.correlators for x in r)
    need(at * length == len(packed), "the covering does not end where it should")
    sizes = [sum(map(abs, own)) for own in (f.alice, f.bob)]
    total = f.ceiling - f.constant
    return f.ceiling - threshold + sum(e * (total + x) for e, x in zip(model.errors, sizes))


def uncertain(model: Any, f: Functional, proof: Any) -> Fraction:
    """Claim: f ≤ k + Σ|S| − threshold for all directions within the angles δ of the stated ones.

    Given: a tree of pairs of patches, and for each leaf multipliers.
    Why it suffices: with `slopes` r of a party, s of the other, G ≥ c·u + d·v − Σ|r| m − Σ|s| m,
    (c, d) = (η_A Σ r a, η_B Σ s b), because a direction within δ of a moves its marginal by at most
    m = η (sin δ |a × u| + 1 − cos δ); free marginals lose |r|.
    Cost: two products with the corners a leaf, and two for each direction and patch.
    """
    threshold, scale = rational(proof["threshold"]), (1 << 80) / f.size
    goal = math.ceil((threshold + f.size * TINY) * scale * (1 << 30)) * UNIT
    s = [[int(x * scale) for x in r] for r in f.correlators]
    numbers = inflated(proof["multipliers"])
    linear = [[int(x * scale) << 30 for x in side] for side in (f.alice, f.bob)]
    length = sum(x != 0 for r in f.correlators for x in r)
    need(length, "there are no terms")
    @cache
    def plane(k: int) -> list[Any]:
        tau = multipliers(numbers, "i", k, 1 << 30, f.correlators)
        both = zip(slopes(s, tau, *linear), model.laws)
        return [(x, law and weighted(x, law, 1)) for x, law in both]
    @cache
    def moved(p: int, key: Any) -> Ints:
        where, found, stated = key and patch(*key), [], zip(*(x[p] for x in model.known))
        for a, (cosine, sine) in stated:
            near = max(least(a, where), least([-x for x in a], where), 0) >> BITS
            across = math.isqrt(max(UNIT * UNIT - near * near, 0)) + 2
            moved = (sine * across >> BITS) + (ONE - cosine >> 120) + 3
            found.append(math.ceil(model.etas[p] * moved))
        return found
    leaves, top = iter(listed(proof["leaves"], None, "leaves")), len(numbers) // (4 * length) - 1
    for byte, both, _ in walk(inflated(proof["tree"]), not any(f.alice + f.bob), 0):
        need(byte < 7, "a malformed tree")
        if byte == 6:
            total = 0
            for p, (sums, c) in enumerate(plane(whole(next(leaves, None), 0, top, "a leaf"))):
                lost = moved(p, both[p] and both[p][0]) if c else [UNIT] * len(sums)
                total += (least(c, both[p]) if c else 0) - sum(map(mul, map(abs, sums), lost))
            need(total >= goal, "a leaf of the covering falls short")
    need(not [*leaves], "the covering does not end where it should")
    return f.ceiling - threshold


COVERING = "threshold denominator multipliers tree quadratic fine square"
RULES = {
    "closed_form": Rule(dual, Model, ""),
    "dual": Rule(dual, Model, "tau"),
    "list": Rule(every_row, Finite, ""),
    "hull": Rule(every_part, Hull, "parts"),
    "enumeration": Rule(enumeration, Bell, ""),
    "sdp": Rule(semidefinite, Quantum, "level diagonal"),
    "moments": Rule(moments, Quantum, "level exponent matrix multipliers"),
    "eigenvalue": Rule(eigenvalue, TwoQubits, "threshold"),
    "covering": Rule(covering, Leggett, COVERING),
    "square": Rule(square, Leggett, "threshold exponent tau lambda mu"),
    "law_covering": Rule(law_covering, Law, "threshold denominator tree multipliers"),
    "uncertain": Rule(uncertain, (Leggett, OneSided), "threshold tree leaves multipliers"),
    "one_sphere": Rule(one_sphere, OneSided, "threshold tree leaves multipliers"),
}


def prove(model: Any, f: Functional, proof: Any) -> Fraction:
    """Give the bound on f over the model that a proof establishes by the rule that it names."""
    need(proof["type"] in RULES, "the rule is unknown")
    rule = RULES[proof["type"]]
    need(isinstance(model, rule.models), "the rule is about another model")
    given = only(proof, f"type {rule.keys}", "a proof")
    return rule.prove(model, f, given) if f.size else f.constant


# -- states ----------------------------------------------------------------------------------------


def mean_values(f: Functional, state: Any) -> tuple[Row, Row, Table]:
    """Give the mean values of unit vectors (no marginals), or of observables of two qubits."""
    if "mixture" in state:
        parts = listed(only(state, "mixture", "the state")["mixture"], None, "the mixture")
        weights = [rational(w) for w, _ in parts]
        fits = min(weights) >= 0 and sum(weights) == 1 and all("mixture" not in x for _, x in parts)
        need(fits, "the weights of a mixture do not add up to 1, or it is one of mixtures")
        alice, bob, tables = zip(*(mean_values(f, x) for _, x in parts))
        a, b = ([sum(map(mul, weights, x)) for x in zip(*side)] for side in (alice, bob))
        return a, b, [[sum(map(mul, weights, x)) for x in zip(*rows)] for rows in zip(*tables)]
    (kind, given), *_ = only(state, "vectors|qubits", "the state").items()
    only(given, "alice bob" if kind == "vectors" else "psi_re psi_im alice bob", "the state")
    shapes = zip(PARTIES, ((n, None if kind == "vectors" else 4) for n in f.shape))
    x, y = (table(given[key], shape, key, rational) for key, shape in shapes)
    if kind == "vectors":
        short = len(x[0]) == len(y[0]) and all(sum(c * c for c in r) <= 1 for r in x + y)
        need(short, "a vector is longer than 1")
        d = common(c for r in x + y for c in r)
        x, y = ([[int(c * d) for c in r] for r in side] for side in (x, y))
        rows = [[Fraction(sum(map(mul, p, q)), d * d) for q in y] for p in x]
        return f.shape[0] * [ZERO], f.shape[1] * [ZERO], rows
    real, imaginary = (row(given[key], 4, key, rational) for key in ("psi_re", "psi_im"))
    fits = all(abs(c) <= 1 and sum(q * q for q in n) <= (1 - abs(c)) ** 2 for c, *n in x + y)
    need(fits, "c + n·σ is too large")
    return pauli_means(real, imaginary, x, y)


def paulis() -> Any:
    """Give the entries of σ_p ⊗ σ_q: p, q, row, column, and the power of i."""
    phases = (0, 0), (0, 0), (1, 3), (0, 2)  # σ_p maps bit b to b ^ flip with a phase i^(0..3)
    for p, q, ket in product(range(4), repeat=3):
        bra = ket ^ (p in (1, 2)) << 1 ^ (q in (1, 2))
        yield p, q, bra, ket, (phases[p][ket >> 1] + phases[q][ket & 1]) % 4


def pauli_means(real: Row, imaginary: Row, x: Table, y: Table) -> tuple[Row, Row, Table]:
    """Give the mean values of observables with rows (c, n) in a state of two qubits."""
    mean = [[ZERO] * 4 for _ in range(4)]
    for p, q, bra, ket, turns in paulis():
        equal = real[bra] * real[ket] + imaginary[bra] * imaginary[ket]
        cross = real[bra] * imaginary[ket] - imaginary[bra] * real[ket]
        mean[p][q] += (equal, -cross, -equal, cross)[turns]
    mean = [[m / mean[0][0] for m in r] for r in mean]
    half = [[sum(map(mul, r, column)) for column in zip(*mean)] for r in x]
    rows = [[sum(map(mul, h, r)) for r in y] for h in half]
    return [h[0] for h in half], [sum(map(mul, r, mean[0])) for r in y], rows


def reachable(rows: list[Ints], missing: Row, off: Fraction, radius: Fraction) -> bool:
    """Whether some vector d of at most this length has a·d = missing, to within off, for all a."""
    # So it is if G = (a·a') and |d|² = missing·G⁻¹ missing ≤ radius², which is [[1, m], [m, G]] ⪰ 0
    # for m = missing/radius. What G and m are off by costs `spare` of 1 and `lost` of G.
    n, spare = len(rows), Fraction(1, 1 << 60)
    if n > 3 or radius <= 0:
        return False
    lost = n * EPS + n * (off / radius) ** 2 / spare
    gram = [[m / radius, *(dot(a, b) - lost * (a is b) for b in rows[: i + 1])]
            for i, (a, m) in enumerate(zip(rows, missing))]  # fmt: skip
    return positive([[1 - spare], *gram])


class Mixture:
    """A finite mixture of hidden states that should equal V·target + (1−V)·noise."""

    def __init__(self, lower: Any, model: Any, wanted: Any, noise: Any) -> None:
        keys = "visibility weights states antipodal deviation repair"
        listing = only(lower, keys, "the certificate's lower end")["states"]
        self.antipodal = lower.get("antipodal", False)  # half of each weight is that of −m
        need(type(self.antipodal) is bool, "antipodal is neither true nor false")
        need(not rational(lower.get("deviation", "0")), "the model is not exact")
        self.v, self.repair = (rational(lower.get(key, "0")) for key in ("visibility", "repair"))
        few = len(listing) * max(math.prod(wanted.shape), sum(wanted.shape) << 8) <= MAX_SUMMANDS
        need(few, "there are too many hidden states")
        self.weights = row(lower["weights"], len(listing), "weights", rational)
        fine = min(self.weights) >= 0 and sum(self.weights) == 1 and 0 <= self.v <= 1
        need(fine and 0 <= self.repair <= 1e-6, "no weights, no visibility, or too large a repair")
        self.states = [model.member(x) for x in listed(listing, None, "states")]
        for x in listing if self.antipodal and not model.symmetric else ():
            signs = {k: y if k == "part" else [str(-rational(z)) for z in y] for k, y in x.items()}
            model.member(signs)
        self.model, self.wanted, self.noise = model, wanted, noise
        self.error = max(state.error for state in self.states)
        self.sides = [[[w * x[p][k] for w, x in zip(self.weights, self.states)] for k in range(n)]
                      for p, n in enumerate(wanted.shape)]  # fmt: skip
        self.means = [[ZERO if self.antipodal else sum(m) for m in side] for side in self.sides]
        both = zip((wanted.alice, wanted.bob), (noise.alice, noise.bob))  # none where they are free
        self.goals = [[self.v * (m - n) + n for m, n in zip(x or (), y or ())] for x, y in both]

    def left_to_vectors(self, settings: Any) -> Fraction:
        """Check that κ of Leggett's states make the marginals right; give their η_A + η_B."""
        # the means of u and v over such states are any vectors of length at most 1
        laws = [part.etas for part in self.model.parts if isinstance(part, Leggett)]
        need(laws, "a repair is not allowed")
        purities = max(laws, key=min)
        share, vague = 1 - self.repair, self.v * self.wanted.marginal_radius
        for p, key in enumerate("uv"):
            radius, off = self.repair * purities[p], self.error + vague + EPS
            left = [goal - share * mean for goal, mean in zip(self.goals[p], self.means[p])]
            if not left or reachable(settings[p], left, off, radius):
                continue
            # else the target's own vector is (0, 0, height), if it has one, and is 0 with no goals
            biased = any(self.goals[p]) or vague
            height = self.wanted.height if biased else ZERO
            straight = height is not None and not (biased and any(self.noise[2 + p]))
            rest = [ZERO, ZERO, self.v * (height or ZERO)]
            for w, x in () if self.antipodal else zip(self.weights, self.states):
                linear = key in x.shown and x.model.etas[p] is not None
                straight = straight and (linear or not any(x[p]))
                scale = share * w * (x.model.etas[p] or ZERO)
                rest = [r - scale * y for r, y in zip(rest, x.shown.get(key, rest))]
            near = straight and sum((abs(x) + EPS) ** 2 for x in rest) <= radius * radius
            need(near, "the repair does not reach the marginals")
        return sum(purities, ZERO)

    def check(self, mixing: Table, known: Any, settings: Any) -> None:
        """Check that the mixture, with what repairs it, gives the target and the mixing shown."""
        # A repair mixes in κ of other states: where Bell's are in the model, of a local point, as
        # correlators and marginals alone, of total size at most 1, are local; else of Leggett's
        # states, for the marginals.
        scale = common(x for side in self.sides for r in side for x in r)
        bits = len(self.weights) * sum(self.wanted.shape) * scale.bit_length()
        need(bits <= 1 << 33, "the weights are too fine")
        alice, bob = ([[int(x * scale) for x in r] for r in side] for side in self.sides)
        gaps, share, vectors = [], 1 - self.repair, ZERO
        if self.repair and not self.model.local:
            vectors = self.left_to_vectors(settings)
        more = self.repair * (vectors - 1) if not self.model.local else ZERO
        for i, j in known:
            noise = self.noise.correlators[i][j]
            c = self.v * (self.wanted.correlators[i][j] - noise) + noise
            low = Fraction(sum(map(abs, map(add, alice[i], bob[j]))), scale) - 1
            high = 1 - Fraction(sum(map(abs, map(sub, alice[i], bob[j]))), scale)
            off = abs(low + mixing[i][j] * (high - low) - min(max(c, low), high))
            need(off <= ROUNDING + 4 * self.repair, "the mixing does not give the target")
            if (low, high, self.error, self.repair) != (-1, 1, 0, 0):  # else any mean value will do
                off = 2 * self.error + self.v * self.wanted.radius
                gaps.append(max(share * low + more - c, c - share * high + more) + off)
        for p, goals in enumerate(self.goals if not vectors else ()):
            for goal, here, mean in zip(goals, self.means[p], self.wanted[2 + p] or ()):
                off = self.v * (mean and self.wanted.marginal_radius)
                off += ZERO if self.antipodal else self.error
                gaps.append(abs(goal - share * here) + off)
        missing = sum(max(gap, ZERO) for gap in gaps)
        need(missing <= (self.repair if self.model.local else 0), "the model misses the target")
        need(all(0 <= x <= 1 for r in mixing for x in r), "the mixing of a pair is no share")

    def listing(self) -> Row:
        """Give the mixture as it is displayed: negated states follow the others."""
        entries = []
        for sign, (w, x) in product((1, -1), zip(self.weights, self.states)):
            halves = self.antipodal and any(map(any, x.shown.values()))
            if halves or sign > 0:
                vectors = {key: [sign * y for y in numbers] for key, numbers in x.shown.items()}
                entries.append({"weight": w / (1 + halves), **vectors})
        return entries


def boxes(lower: Any, model: Any, wanted: Any, noise: Any, known: Any) -> Any:
    """Give V and the quantum states that reach it, with κ of local boxes for what is missing."""
    # a table whose entries add up to at most 1 in size is local: mix single correlators ±1, ...
    only(lower, "visibility weights states repair", "the certificate's lower end")
    states = listed(lower["states"], None, "states")
    weights = row(lower["weights"], len(states), "weights", rational)
    v, repair = (rational(lower[key]) for key in ("visibility", "repair"))
    fine = min(weights) >= 0 and sum(weights) == 1 and 0 <= v <= 1 and 0 <= repair <= 1e-6
    need(fine and type(model) is Quantum and not model.constraints, "no weights, or no visibility")
    if states == [{"named": True}]:
        quantum = wanted.radius > 0  # those that are computed here are those of quantum states
        need(quantum and (v, repair) == (1, 0), "the behaviour is not quantum by its name")
        sides = (wanted[2 + p] or n * [ZERO] for p, n in enumerate(wanted.shape))
        rows: Any = [(*sides, wanted.correlators)]
    else:
        rows = [mean_values(wanted, x) for x in states]
        goals = [(wanted.correlators[i][j], noise.correlators[i][j], [x[2][i][j] for x in rows])
                 for i, j in known]  # fmt: skip
        for p in (0, 1) if wanted.alice else ():
            goals += zip(wanted[2 + p], noise[2 + p], map(list, zip(*(x[p] for x in rows))))
        missing = len(goals) * (wanted.radius + wanted.marginal_radius)
        for m, n, means in goals:
            missing += abs(v * (m - n) + n - (1 - repair) * sum(map(mul, weights, means)))
        need(missing <= repair, "the states miss the target")
    keys = "weight", *PARTIES, "correlators"
    return v, [dict(zip(keys, (w, *x))) for w, x in zip(weights, rows)]


# -- the three questions ---------------------------------------------------------------------------


def shown(value: Fraction, up: bool = True) -> str:
    """Round outward to a double, for a message."""
    near = float(value)
    if near < value if up else near > value:
        near = math.nextafter(near, math.inf if up else -math.inf)
    return repr(near)


def enclosure(value: Any, lower: Fraction, upper: Fraction, what: str) -> tuple[bool, str]:
    """Claim that a displayed {lower, upper} contains what the certificate proves."""
    low, high = (number(only(value, "lower upper", what)[end]) for end in ("lower", "upper"))
    text = f"{what} in [{float(low)!r}, {float(high)!r}]; the certificate gives "
    return low <= lower <= upper <= high, f"{text}[{shown(lower, up=False)}, {shown(upper)}]"


def same(displayed: Any, exact: Any, rounding: Fraction = ROUNDING) -> bool:
    """Whether displayed numbers are the exact ones, in lists and objects of the same form."""
    if isinstance(exact, dict):
        keys = displayed.keys() == exact.keys()
        return keys and all(same(displayed[key], exact[key], rounding) for key in exact)
    if isinstance(exact, list):
        entries = listed(displayed, len(exact), "a list")
        return all(map(same, entries, exact, repeat(rounding)))
    return bool(abs(number(displayed) - exact) <= rounding * max(1, abs(exact)))


def check_bound(problem: Any, settings: Any, result: Any) -> Claims:
    """Check kind = "bound": the largest value of a functional over a model."""
    f = functional(problem["functional"], settings and tuple(map(len, settings)))
    certificate = only(result["certificate"], "format lower upper", "the certificate")
    state = only(certificate["lower"], "state", "the certificate's lower end")["state"]
    model = named_model(problem["model"], f.shape, settings)
    if isinstance(model, Quantum):
        alice, bob, correlators, error = model.means(f, state)
        lower, exact = f.value(alice, bob, correlators), {"alice": alice, "bob": bob}
        lower -= error * f.size
    else:
        alice, bob, error, exact, _ = model.member(state, exactly=False)
        lower = f.best(alice, bob) - 2 * error * f.size
    yield enclosure(result["value"], lower, prove(model, f, certificate["upper"]), "value")
    yield same(result["maximiser"], exact), "maximiser as in the certificate"
    if (q := result.get("quantum")) is not None:
        need(settings, "the value of the singlet is displayed without settings")
        value = f.value(None, None, behaviour({}, settings).correlators)
        near = abs(number(q) - value) <= ROUNDING * f.size + abs(value) / 2**50
        yield near, f"quantum value of the singlet {q!r}"


def asked_about(spec: Any, settings: Any, result: Any) -> Any:
    """Give the `target`, or the box near measured data in its place, and claim how near it is."""
    wanted, known = target(spec, settings)
    if (seen := result.get("measured")) is None:
        return wanted, known
    need({"counts", "errors"} & {*spec}, "what is no measurement has noise")
    only(seen, "signalling distance box excess p_value", "the noise")
    if seen["box"] is None:
        return wanted, known
    box = behaviour(only(seen["box"], "correlators alice bob", "the box"), settings)
    errors = spec.get("errors") or frequencies(trials_of(spec, None), wanted.shape)[1]
    rows = [box.correlators, wanted.correlators, errors["correlators"]]
    fits = all(abs(box.alice[i] + s * box.bob[j]) <= 1 + s * rows[0][i][j]
               for i, j in known for s in (1, -1))  # fmt: skip
    need(fits and wanted.alice and box.shape == wanted.shape, "no box for this table")
    steps: Any = [[r[i][j] for r in rows] for i, j in known]
    for p, x, y in zip(PARTIES, box[2:4], wanted[2:4]):
        steps += zip(x, y, errors.get(p, repeat(0)))
    far = math.sqrt(sum(((x - y) / s) ** 2 for x, y, s in steps if s or abs(x - y) > 1e-14))
    yield same(seen["distance"], Fraction(far)), f"a box {far:.3g} σ away from the table"
    return box, known


def check_visibility(problem: Any, settings: Any, result: Any) -> Claims:
    """Check kind = "visibility": the largest V for which V·P + (1−V)·noise has a model."""
    certificate = only(result["certificate"], "format lower upper", "the certificate")
    spec, claim = problem.get("behaviour", {}), certificate.get("upper")
    wanted, known = yield from asked_about(spec, settings, result)
    shape, sides = wanted.shape, [n * [ZERO] for n in wanted.shape]
    noise = Behaviour(shape, shape[0] * [sides[1]], sides[0], sides[1], ZERO, ZERO, None)
    if (given := spec.get("noise", "white")) != "white":
        noise = target(only(given, "correlators alice bob", "the noise"), settings)[0]
        fits = "correlators" in given and noise.shape == shape
        need(fits and (noise.alice or not wanted.alice), "odd noise")
    model, none = named_model(problem["model"], shape, settings), result["value"] is None
    shows, lower, upper = ("decomposition", "mixing", "deviation"), ZERO, Fraction(1)
    if none:  # the claim is that no V has a model
        parts = [certificate["lower"], *(result[key] for key in shows)]
        empty = claim is not None and all(x is None for x in parts)
        need(empty, "nothing is proved: there is no value")
    else:
        need(not number(result.get("deviation", 0)), "the model is not exact")
        if isinstance(model, Quantum):
            need(result["mixing"] is None, "a mixing without hidden states")
            lower, listing = boxes(certificate["lower"], model, wanted, noise, known)
        else:
            mixture = Mixture(certificate["lower"], model, wanted, noise)
            mixture.check(table(result["mixing"], shape, "mixing"), known, settings)
            lower, listing = mixture.v, mixture.listing()
        holds = same([result["value"]["lower"], *result["decomposition"]], [lower, *listing])
        yield holds, f"{len(listing)} hidden states that reach {shown(lower, up=False)}"
    if claim is None:
        need(result["inequality"] is None, "an inequality without a proof")
    else:
        keys = "alice bob correlators constant bound visibility proof"
        only(claim, keys, "the certificate's upper end")
        rows = table(claim["correlators"], shape, "correlators", rational)
        f = Functional(rational(claim["constant"]), rows, *pair(claim, shape, rational))
        entries = product(*map(range, shape))
        unknown = [rows[i][j] for i, j in entries if (i, j) not in known]
        unused = not any(unknown + (wanted.alice is None) * (f.alice + f.bob))
        need(unused, "it uses unknown or free mean values")
        bound, limit = prove(model, f, claim["proof"]), number(result["inequality"]["bound"])
        need(bound <= rational(claim["bound"]), "the inequality proves less")
        base = f.value(noise.alice, noise.bob, noise.correlators)
        slope = f.value(wanted.alice, wanted.bob, wanted.correlators) - base
        error = f.size * max(wanted.radius, wanted.marginal_radius)
        if none:
            exceeds = min(base, base + slope) - error > limit and claim["visibility"] is None
            yield exceeds, f"{NOTHING} (both of them exceed the bound)"
        else:
            need(slope > error, "the inequality does not tell the target from the noise")
            upper = max((bound - base) / (slope - error), (bound - base) / (slope + error))
            need(upper <= rational(claim["visibility"]), "the inequality proves less")
        exact = {key: getattr(f, key) for key in ("correlators", *PARTIES, "constant")}
        holds = same(result["inequality"], {**exact, "bound": limit}, ZERO) and bound <= limit
        yield holds, f"the inequality f ≤ {shown(bound)} holds for the model"
    if not none:
        yield enclosure(result["value"], lower, min(upper, Fraction(1)), "visibility")


def check_design(problem: Any, settings: Any, result: Any) -> Claims:
    """Check kind = "design": a visibility on the settings in the result, not that they are best."""
    asked, pairs = only(problem["design"], DESIGN, "the design"), result["design"]["pairs"]
    settings = directions(only(result["settings"], "alice bob", "the settings"))
    n_a, n_b = map(len, settings)
    need(asked.get("correlators", len(pairs)) == len(pairs), "not so many pairs were asked for")
    if "correlators" not in asked:
        start = asked.get("start", {})
        sizes = [len(x) for x in directions(start)] if start else [asked["n_alice"], asked["n_bob"]]
        need([n_a, n_b] == sizes, "not so many directions were asked for")
        wanted = asked.get("pairs", [*map(list, product(range(n_a), range(n_b)))])
        need(sorted(pairs) == sorted(wanted), "other pairs were asked for")
    used = [{*side} for side in zip(*pairs)]
    need(used == [{*range(n_a)}, {*range(n_b)}], "a direction is idle")
    question = {"model": problem["model"], "behaviour": {"pairs": pairs}}
    yield from check_visibility(question, settings, result)


def check_local_content(problem: Any, settings: Any, result: Any) -> Claims:
    """Check kind = "local_content": the largest weight of deterministic boxes that P exceeds."""
    # P ≥ Σ w D entry by entry; and Σ y P ≥ w · min Σ y D, for y ≥ 0, over deterministic boxes D
    certificate = only(result["certificate"], "format lower upper", "the certificate")
    spec = problem.get("behaviour", {})
    wanted, known = target(spec, settings)
    fits = wanted.alice and len(known) == math.prod(wanted.shape) and "noise" not in spec
    need(fits, "a mean value is not known, or there is noise")
    off, lower, displayed = wanted.radius + wanted.marginal_radius, ZERO, []
    if (given := certificate["lower"]) is not None:
        only(given, "weights alice bob", "the certificate's lower end")
        weights = row(given["weights"], None, "weights", rational)
        sides = [table(given[p], (len(weights), n), p) for p, n in zip(PARTIES, wanted.shape)]
        outcomes = {abs(x) for side in sides for r in side for x in r}
        need(min(weights) >= 0 and outcomes == {1}, "an odd weight, or an outcome is not ±1")
        lower = sum(weights, ZERO)
        displayed = [dict(zip(("weight", *PARTIES), x)) for x in zip(weights, *sides)]
        for (i, j), a, b in product(known, (1, -1), (1, -1)):
            p = (1 + a * wanted.alice[i] + b * wanted.bob[j] + a * b * wanted.correlators[i][j]) / 4
            used = sum(w for w, x, y in zip(weights, *sides) if (x[i], y[j]) == (a, b))
            need(p + off >= 0 and used <= max(p - off, 0), "the local part is too large")
    yield same([0, *result["local_part"]], [ZERO, *displayed]), "the local part as displayed"
    y = only(certificate["upper"], "multipliers", "the upper end")["multipliers"]
    z = [[[[-whole(x, 0, 1 << 52, "y") for x in r] for r in b] for b in a] for a in y]
    f = in_notation("probabilities", z, wanted.shape)
    top, value = -enumeration(None, f, {}), -f.value(wanted.alice, wanted.bob, wanted.correlators)
    upper = min((value + off * 4 * f.size) / top, Fraction(1)) if top > 0 else Fraction(1)
    yield enclosure(result["value"], lower, max(upper, ZERO), "local content")


def check_marginals(problem: Any, settings: Any, result: Any) -> Claims:
    """Check kind = "marginals": the largest mean |marginal| D_s of every setting s."""
    # D is the difference of two boxes that add up to the target: |D_k| ≤ 1, |D_k ∓ D_l| ≤ 1 ∓ C for
    # known pairs, and ≤ 2 − |m_k ± m_l| for others where marginals m are given.
    spec = problem.get("behaviour", {})
    wanted, known = yield from asked_about(spec, settings, result)
    certificate = only(result["certificate"], "format case denominator alice bob", "it")
    (n_a, n_b), one = wanted.shape, int(rational(certificate["denominator"]))
    m, count = (wanted.alice or []) + (wanted.bob or []), n_a + n_b
    m = m if any(m) else []
    case = "given" if m else "zero_or_free"
    need(certificate["case"] == case, "the certificate's case is not that of the problem")
    fits = count <= (2000 if m else 10_100) and 0 < one < 1 << 60 and "noise" not in spec
    need(fits, "too many settings, or a malformed problem")
    def limits(k: int, x: int) -> tuple[Fraction, Fraction, Fraction]:
        """Give the limits of |D_k − D_x| and |D_k + D_x|, and their error."""
        if (k, x - n_a) in known:
            c = wanted.correlators[k][x - n_a]
            return 1 - c, 1 + c, wanted.radius
        need(m, "a path uses a pair of settings that nothing is known about")
        return 2 - abs(m[k] + m[x]), 2 - abs(m[k] - m[x]), 2 * wanted.marginal_radius
    names = {f"A{k}" if k < n_a else f"B{k - n_a}": k for k in range(count)}
    ends, paths = (only(result[key], "alice bob", key) for key in ("marginals", "paths"))
    rows = [[y for p, n in zip(PARTIES, wanted.shape) for y in listed(x[p], n, p)]
            for x in (certificate, ends, paths)]  # fmt: skip
    best, vectors = [], []
    for (name, s), entry, displayed, path in zip(names.items(), *rows):
        d, own = (only(entry, "path potentials", "an entry")[k] for k in ("potentials", "path"))
        nodes = [(names[x[:-1]], "-+".index(x[-1])) for x in path]
        need(path == [*own] and (nodes[0], nodes[-1]) == ((s, 1), (s, 0)), f"no path to {name}-")
        total = ZERO
        for (k, p), (x, q) in pairwise(nodes):
            *ws, e = limits(min(k, x), max(k, x)) if k != x else (2, 2, 0)
            total += ws[p != q] + e
        if isinstance(d, str):  # "": all zero
            blob = base64.b64decode(d, validate=True) or bytes(8 * count)
            d = [x for (x,) in struct.iter_unpack("<q", blob)]
        fits = len(d) == count and all(type(x) is int and abs(x) <= one for x in d)
        need(fits, f"no vector is given for {name}")
        vectors += [d] if any(d) else []
        best.append((Fraction(d[s], one), min(Fraction(1), total / 2)))
        yield enclosure(displayed, *best[-1], name)
    # The D_k of all vectors are fields of 64 bits of one integer: all are checked at once.
    ones, top = (sum(y << 64 * i for i in range(len(vectors))) for y in (1, 1 << 63))
    words = (b"".join((x + one).to_bytes(8, "little") for x in y) for y in zip(*vectors))
    columns = [int.from_bytes(word, "little") for word in words]
    for k, x in combinations(range(count), 2):
        if m or (k, x - n_a) in known:
            *ws, e = limits(k, x)
            off = max(abs(m[k] - m[x]) - ws[0], abs(m[k] + m[x]) - ws[1]) if m else ZERO
            need(off <= ROUNDING / 1000, "the target has a negative probability")  # literals round
            for sign, w in zip((-1, 1) if vectors else (), ws):
                y = columns[k] + sign * columns[x] - (sign + 1) * one * ones
                limit = max(0, math.floor((w - e) * one)) * ones + top
                need(limit + y & limit - y & top == top, "a vector violates a pair's constraint")
    low, high = map(max, zip(*best))
    yield enclosure(result["value"], low, high, "largest marginal")


# -- more outcomes and parties ---------------------------------------------------------------------


class Scenario:
    """Parties with numbers of outcomes of their own: tables are keyed by (outcomes, settings)."""

    def __init__(self, problem: Any) -> None:
        spec = only(problem["scenario"], "outcomes|parties settings outcomes", "the scenario")
        counts = spec["outcomes"]
        if "parties" in spec or "settings" in spec:
            n, m = (whole(spec[k], 1, 20_000, k) for k in ("parties", "settings"))
            need(n <= 8, "too many parties")
            counts = n * [m * [counts]]
        self.counts = [[whole(x, 2, 100, "outcomes") for x in listed(c, None, "a party")]
                       for c in listed(counts, None, "outcomes")]  # fmt: skip
        self.n, self.sizes = len(counts), [*map(max, self.counts), *map(len, self.counts)]
        need(self.n <= 8 and math.prod(self.sizes) <= 20_000, "too many parties, or outcomes")
        cells = ((q[: self.n], q[self.n :]) for q in product(*map(range, self.sizes)))
        self.cells = [q for q in cells if all(a < c[x] for a, x, c in zip(*q, self.counts))]
        own = [[(x, a) for x, m in enumerate(c) for a in range(m - 1)] for c in self.counts]
        self.chosen = [*product(*([None, *x] for x in own))]  # what fixes a box: no last outcomes
        model = only(problem.get("model", {"name": "nonsignalling"}), "name marginals", "the model")
        self.model, self.hidden = model["name"].replace("signaling", "signalling"), None
        need(self.model in ("local", "nonsignalling", "finite"), "the model is not known")
        given = (self.model == "finite") == ("marginals" in model)
        need(given, "marginals belong to the model finite")
        if "marginals" in model:
            self.hidden = [self.marginals(x) for x in listed(model["marginals"], None, "marginals")]

    def marginals(self, spec: Any) -> Any:
        """Give the marginals of a hidden state: lists of probabilities, divided by their sums."""
        found = []
        for own, counts in zip(listed(spec, self.n, "a hidden state"), self.counts):
            rows = [row(p, m, "p") for p, m in zip(listed(own, len(counts), "a party"), counts)]
            fits = all(min(p) >= 0 and abs(sum(p) - 1) <= 2 * ROUNDING for p in rows)
            need(fits, "a marginal is no distribution")
            rows = [[*map(simplest, p)] for p in rows]
            found.append([[x / sum(p) for x in p] for p in rows])
        return found

    def read(self, value: Any, what: str) -> dict[Any, Any]:
        """Give the entries of a nested table, which has zeros for outcomes that do not exist."""
        flat = [value]
        for n in self.sizes:
            flat = [y for x in flat for y in listed(x, n, what)]
        keys = ((q[: self.n], q[self.n :]) for q in product(*map(range, self.sizes)))
        found = dict(zip(keys, map(number, flat)))
        need(not any(found[q] for q in found.keys() - {*self.cells}), "an outcome does not exist")
        return {q: found[q] for q in self.cells}

    def nest(self, entries: Any) -> Any:
        """Give the nested table of entries."""
        keys = ((q[: self.n], q[self.n :]) for q in product(*map(range, self.sizes)))
        flat: Any = [entries.get(q, ZERO) for q in keys]
        for n in self.sizes[:0:-1]:
            flat = [flat[k : k + n] for k in range(0, len(flat), n)]
        return flat

    def functional(self, spec: Any) -> dict[Any, Any]:
        """Give the coefficients of a functional, by its name or in numbers."""
        only(spec, "probabilities|name d|name", "the functional")
        if "probabilities" in spec:
            return self.read(spec["probabilities"], "the functional")
        name, d, found = spec["name"], self.counts[0][0], dict[Any, Any]()
        if name == "cglmp":
            need(self.counts == 2 * [[d, d]] and spec.get("d", d) == d, "cglmp of another scenario")
            for (a, b), (x, y) in self.cells:
                r = (b - a if (x, y) == (0, 1) else a - b) % d
                weight = number(1.0 - 2.0 * min(r, d - 1 - r) / (d - 1.0))
                found[(a, b), (x, y)] = weight * (1 if 2 * r < d - 1 else -1) * (-1) ** (x > y)
            return found
        signs = {"mermin": (0, 1, 0, -1), "svetlichny": (1, 1, -1, -1)}[name]
        need(self.counts == 3 * [[2, 2]] and "d" not in spec, f"{name} of another scenario")
        return {(a, x): Fraction(signs[sum(x)] * (-1) ** sum(a)) for a, x in self.cells}

    def behaviour(self, spec: Any) -> dict[Any, Any]:
        """Give the doubles nearest to the probabilities of a named behaviour, or those given."""
        if "probabilities" in spec:
            return self.read(spec["probabilities"], "the behaviour")
        name, d, found = spec["name"], self.counts[0][0], dict[Any, Any]()
        need(name in ("ghz", "maximally_entangled"), "the behaviour is not known")
        if name == "maximally_entangled":
            need(self.counts == 2 * [[d, d]] and d <= 12, "the state is of another scenario")
            need(spec.get("d", d) == d and "angles_deg" not in spec, "another state")
            for (a, b), (x, y) in self.cells:
                c, _ = cos_sin((a - b + Fraction(x, 2) + Fraction(1 - 2 * y, 4)) / d)
                found[(a, b), (x, y)] = Fraction(ONE, d**3 * (ONE - c))
        else:
            need(self.counts == 3 * [[2, 2]] and "d" not in spec, "ghz of another scenario")
            angles = table(spec.get("angles_deg", [[270, 180], [90, 0], [90, 0]]), (3, 2), "angles")
            for q in self.cells:
                c, _ = cos_sin(sum((r[k] for r, k in zip(angles, q[1])), ZERO) / 360)
                found[q] = Fraction(ONE + (-1) ** sum(q[0]) * c, 8 * ONE)
        return {q: number(float(Fraction(round(p * FORM), FORM))) for q, p in found.items()}

    def means(self, p: Any) -> Row:
        """Give the probabilities of all that is chosen, averaged over the settings of others."""
        found: Any = dict.fromkeys(self.chosen, ZERO)
        for (a, x), value in p.items():
            for q in product(*[(None, own) for own in zip(x, a)]) if value else ():
                if q in found:
                    found[q] += value
        others = ((len(c) for c, own in zip(self.counts, q) if own is None) for q in found)
        return [*map(Fraction, found.values(), map(math.prod, others))]

    def box(self, p: Any, slack: Any = 0) -> None:
        """Check that a table is a box: nothing negative, no signalling, and 1 in all."""
        need(min(p.values()) >= -slack, "a probability is negative")
        for k in range(self.n):
            sums: Any = {}
            for (a, x), value in p.items():
                own = sums.setdefault((a[:k], a[k + 1 :], x[:k], x[k + 1 :]), Counter())
                own[x[k]] += value
            still = all(max(s.values()) - min(s.values()) <= slack for s in sums.values())
            need(still, "a table signals")
        total = sum(p[a, x] for a, x in self.cells if not any(x))
        need(abs(total - 1) <= slack, "probabilities do not add up to 1")

    def target(self, spec: Any, what: str = "the behaviour") -> Row:
        """Give what fixes the box that a behaviour names."""
        only(spec, "probabilities noise|name d noise|name angles_deg noise", what)
        p = self.behaviour(spec)
        self.box(p, 2 * ROUNDING)
        return self.fractions(p)

    def fractions(self, p: Any) -> Row:
        """Give the simplest fractions near what is chosen; of nothing it is 1."""
        return [Fraction(1), *map(simplest, self.means(p)[1:])]

    def state(self, spec: Any) -> Any:
        """Check that a state belongs to the model; give its table, and how it is displayed."""
        if self.model == "local":
            rows = listed(only(spec, "strategy", "a state")["strategy"], self.n, "a strategy")
            rows = [[whole(a, 0, m - 1, "an outcome") for a, m in zip(listed(r, len(c), "r"), c)]
                    for r, c in zip(rows, self.counts)]  # fmt: skip
            hits = ((q, zip(rows, q[1], q[0])) for q in self.cells)
            p = {q: Fraction(all(r[k] == b for r, k, b in own)) for q, own in hits}
            return p, {"strategy": rows}
        only(spec, "hidden box" if self.hidden else "box", "a state")
        p = dict(zip(self.cells, row(spec["box"], len(self.cells), "a box", rational)))
        self.box(p)
        if not self.hidden:
            return p, {"probabilities": self.nest(p)}
        h = whole(spec["hidden"], 0, len(self.hidden) - 1, "a hidden state")
        for k, own in enumerate(self.hidden[h]):
            for x, m in enumerate(own):
                need(self.outcomes(p, k, x) == m, "a box has other marginals than its hidden state")
        return p, {"hidden": h, "probabilities": self.nest(p)}

    def outcomes(self, p: Any, party: int, setting: int) -> Row:
        """Give the probabilities of a party's outcomes."""
        here = (*(setting * (k == party) for k in range(self.n)),)
        found = self.counts[party][setting] * [ZERO]
        for (a, x), value in p.items():
            if x == here:
                found[a[party]] += value
        return found

    def mixture(self, states: Any) -> Any:
        """Give what a mixture of states adds up to, its weights and tables, and its display."""
        total, parts, shown = len(self.chosen) * [ZERO], [], []
        for spec in listed(states, None, "states"):
            w = rational(spec["weight"])
            p, display = self.state({k: x for k, x in spec.items() if k != "weight"})
            need(w >= 0, "a weight is negative")
            total = [x + w * y for x, y in zip(total, self.means(p))]
            parts.append((w, p))
            shown.append({"weight": w, **display})
        return total, parts, shown

    def spread(self, coefficients: Row) -> dict[Any, Any]:
        """Give the table of Σ c P(chosen), all other settings being the first."""
        c = {q: x for q, x in zip(self.chosen, coefficients) if x}
        found = {}
        for a, x in self.cells:
            own = [[q, None] if q[0] == 0 else [q] for q in zip(x, a)]
            found[a, x] = sum((c.get(q, ZERO) for q in product(*own)), ZERO)
        return found

    def covered(self, s: Any, proof: Any, marginals: Any) -> Fraction:
        """Claim: Σ s p ≤ the number given, for boxes of these marginals (None: of any).

        Given: prices of (outcome, all settings) for each party, and shifts of (outcomes of others,
        all settings) that add up to 0 over the settings of the party. Why it suffices: an entry
        of s is at most the prices and shifts of its outcomes; shifts cancel without signalling,
        and what prices add up to follows from marginals, or is the same for all outcomes.
        """
        total, rest = ZERO, dict(s)
        only(proof, "prices shifts", "a proof")
        for k, own in enumerate(listed(proof["prices"], self.n, "prices")):
            keys: Any = sorted({(a[k], x) for a, x in self.cells})
            prices = dict(zip(keys, row(own, len(keys), "prices", rational)))
            for (a, x), y in prices.items():
                need(marginals or y == prices[0, x], "a price depends on an outcome that is free")
                total += y * marginals[k][x[k]][a] if marginals else y * (a == 0)
            rest = {(a, x): v - prices[a[k], x] for (a, x), v in rest.items()}
        moved = listed(proof["shifts"], self.n, "shifts") if proof["shifts"] else ()
        for k, own in enumerate(moved):
            keys = sorted({(a[:k] + a[k + 1 :], x) for a, x in self.cells})
            shifts: Any = dict(zip(keys, row(own, len(keys), "shifts", rational)))
            sums: Any = Counter()
            for (a, x), y in shifts.items():
                sums[a, x[:k], x[k + 1 :]] += y
            need(not any(sums.values()), "shifts do not cancel")
            rest = {(a, x): v - shifts[a[:k] + a[k + 1 :], x] for (a, x), v in rest.items()}
        need(max(rest.values()) <= 0, "an entry is above its multipliers")
        return total

    def fixed(self, s: Any, counts: Any) -> Any:
        """Give the largest Σ s over strategies: the last party answers all the others at best."""
        if len(counts) == 1:
            return sum(max(s[(a,), (x,)] for a in range(m)) for x, m in enumerate(counts[0]))
        best: Any = []
        for own in product(*map(range, counts[0])):
            rest: Any = Counter()
            for (a, x), value in s.items():
                if own[x[0]] == a[0]:
                    rest[a[1:], x[1:]] += value
            best.append(self.fixed(rest, counts[1:]))
        return max(best)

    def most(self, s: Any, proof: Any) -> Fraction:
        """Give a bound of Σ s p over the model."""
        if self.hidden:
            proofs = zip(listed(proof, len(self.hidden), "proofs"), self.hidden)
            return max(self.covered(s, x, m) for x, m in proofs)
        if self.model == "nonsignalling" or proof is not None:  # what holds of all boxes
            return self.covered(s, proof, None)
        need(math.prod(m for c in self.counts[:-1] for m in c) <= 20_000, "too many strategies")
        scale = common(s.values())
        return Fraction(self.fixed({q: int(x * scale) for q, x in s.items()}, self.counts), scale)


def scenario_bound(problem: Any, settings: Any, result: Any) -> Claims:
    """Check kind = "bound" of a scenario: the largest Σ s p over a model."""
    scene = Scenario(problem)
    s = scene.functional(problem["functional"])
    certificate = only(result["certificate"], "format lower upper", "the certificate")
    p, display = scene.state(only(certificate["lower"], "state", "the lower end")["state"])
    upper = scene.most(s, only(certificate["upper"], "proof", "the upper end")["proof"])
    lower = sum((value * p[q] for q, value in s.items()), ZERO)
    yield enclosure(result["value"], lower, upper, "value")
    yield same(result["maximiser"], display), "maximiser as in the certificate"


def scenario_visibility(problem: Any, settings: Any, result: Any) -> Claims:
    """Check kind = "visibility" of a scenario: the largest V with a model."""
    scene, spec, none = Scenario(problem), problem["behaviour"], result["value"] is None
    certificate = only(result["certificate"], "format lower upper", "the certificate")
    lower, upper, high = certificate["lower"], certificate["upper"], Fraction(1)
    wanted, given = scene.target(spec), spec.get("noise", "white")
    if given == "white":
        rooms = {x: math.prod(c[k] for c, k in zip(scene.counts, x)) for _, x in scene.cells}
        noise = scene.fractions({q: number(1.0 / rooms[q[1]]) for q in scene.cells})
    else:
        noise = scene.target(only(given, "probabilities", "the noise"))
    need(none == (lower is None) and (not none or upper), "nothing is proved: there is no value")
    if none:
        need(result["decomposition"] is None, "there is no value, but a decomposition")
    else:
        v = rational(only(lower, "visibility states", "the lower end")["visibility"])
        total, _, shown_states = scene.mixture(lower["states"])
        fits = 0 <= v <= 1 and total == [v * x + (1 - v) * y for x, y in zip(wanted, noise)]
        need(fits, "the states add up to something else")
        text = f"{len(shown_states)} hidden states that reach {shown(v, up=False)}"
        yield same(result["decomposition"], shown_states), text
    if upper is None:
        need(result["inequality"] is None, "an inequality without a proof")
    else:
        only(upper, "coefficients bound proof", "the upper end")
        c = row(upper["coefficients"], len(scene.chosen), "coefficients", rational)
        s, limit = scene.spread(c), number(result["inequality"]["bound"])
        bound = scene.most(s, upper["proof"])
        exact = {"probabilities": scene.nest(s), "bound": limit}
        holds = bound <= min(limit, rational(upper["bound"]))
        holds = holds and same(result["inequality"], exact, ZERO)
        yield holds, f"the inequality Σ s p ≤ {shown(bound)} holds for the model"
        at, base = (sum(map(mul, c, x)) for x in (wanted, noise))
        if none:
            yield min(at, base) > limit, f"{NOTHING} (both of them exceed the bound)"
        else:
            need(at > base, "the inequality does not tell the behaviour from the noise")
            high = min(high, (bound - base) / (at - base))
    if not none:
        yield enclosure(result["value"], v, high, "visibility")


def scenario_marginals(problem: Any, settings: Any, result: Any) -> Claims:
    """Check kind = "marginals" of a scenario: (d g − 1)/(d − 1), outcomes guessed with g."""
    scene, ends = Scenario(problem), list[Row]()
    wanted = scene.target(problem["behaviour"])
    certificate = only(result["certificate"], "format known", "the certificate")
    both = [listed(x, scene.n, "marginals") for x in (result["marginals"], certificate["known"])]
    for k, (displays, parts) in enumerate(zip(*both)):
        need(len(displays) == len(parts) == len(scene.counts[k]), "a setting is left out")
        for x, (display, part) in enumerate(zip(displays, parts)):
            only(part, "guess states most coefficients proofs", "a setting")
            total, states, _ = scene.mixture(part["states"])
            need(total == wanted, "the states add up to something else")
            guess = sum((w * max(scene.outcomes(p, k, x)) for w, p in states), ZERO)
            c = row(part["coefficients"], len(scene.chosen), "coefficients", rational)
            most, d = sum(map(mul, c, wanted)), scene.counts[k][x]
            right = guess == rational(part["guess"]) and most == rational(part["most"])
            need(right, "a guess is not what the states and multipliers give")
            s, here = scene.spread(c), (*(x * (j == k) for j in range(scene.n)),)
            for a in range(d):
                excess = {q: (q[0][k] == a and q[1] == here) - value for q, value in s.items()}
                proof = part["proofs"][a] if part["proofs"] else None
                need(scene.most(excess, proof) <= 0, "a guess exceeds its multipliers")
            ends.append([(d * g - 1) / (d - 1) for g in (guess, most)])
            yield enclosure(display, ends[-1][0], ends[-1][1], f"party {k}, setting {x}")
    low, high = map(max, zip(*ends))
    yield enclosure(result["value"], low, high, "largest bias")


# -- analyses --------------------------------------------------------------------------------------


def log_factorial(n: int) -> tuple[Decimal, Decimal]:
    """Both ends of ln n!: √(2πn)(n/e)^n exp(1/(12n + 1) … 1/12n) (H. Robbins, 1955)."""
    if n < 400:
        return (Decimal(math.factorial(n)).ln(),) * 2
    m = Decimal(n)
    x = (2 * Decimal(PI) / 10**80 * m).ln() / 2 + m * (m.ln() - 1)
    return x + 1 / (12 * m + 1), x + 1 / (12 * m)


def natural(x: Fraction | int) -> Decimal:
    """Give ln x, to 60 digits."""
    return Decimal(Fraction(x).numerator).ln() - Decimal(Fraction(x).denominator).ln()


def binomial(trials: int, wins: int, q: Fraction) -> Decimal:
    """Give at least ln P(W ≥ wins), W binomial: some terms, a geometric series for the others."""
    if wins < trials * q + 1 or q >= 1:  # where Hoeffding's theorem says nothing
        return Decimal(0)
    if q <= 0:
        return Decimal(-(10**9))
    ways = log_factorial(trials)[1] - log_factorial(wins)[0] - log_factorial(trials - wins)[0]
    odds, last = Decimal(q.numerator) / Decimal((1 - q).numerator), min(trials, wins + 400)
    odds *= Decimal((1 - q).denominator) / Decimal(q.denominator)
    series = term = Decimal(1)
    for k in range(wins, last):
        term *= Decimal(trials - k) / Decimal(k + 1) * odds
        series += term
    rest = Decimal(trials - last) / Decimal(last + 1) * odds
    total = wins * natural(q) + (trials - wins) * natural(1 - q) + ways
    return total + (series + term * rest / (1 - rest)).ln()


def trials_of(spec: Any, stored: Any, key: str = "counts") -> dict[Any, Row]:
    """Give the counts ++, +−, −+, −− of each pair, or of equal and different outcomes."""
    found: dict[Any, Row] = {}
    if "correlators" in spec and key == "counts":
        need("shots" in spec, "the trials were inferred from errors, and nothing is proved")
        shots = spec["shots"]
        given = shots if isinstance(shots, list) else [shots] * len(spec["correlators"])
        for (i, j, c), n in zip(spec["correlators"], given, strict=True):
            same = whole(n, 1, 1 << 40, "shots") * (1 + number(c)) / 2
            near = Fraction(round(same))
            same = near if abs(same - near) < Fraction(n, 10**6) else same
            need(abs(number(c)) <= 1 and (i, j) not in found, "an odd correlator")
            found[i, j] = [same, n - same]
        return found
    elsewhere = "file" in spec and key == "counts"
    for i, j, *four in stored["data"]["counts"] if elsewhere else spec.get(key, ()):
        numbers = row(four, 4, "counts")
        need(min(numbers) >= 0 and (key != "counts" or common(numbers) == 1), "odd counts")
        found[i, j] = [*map(add, found.get((i, j), [ZERO] * 4), numbers)]
    need(found or key != "counts", "there are no data")
    return {pair: cells for pair, cells in found.items() if any(cells)}


def observed(f: Functional, counts: Any, off: Any) -> tuple[Fraction, Fraction]:
    """Give the value of f on net counts, and its variance to first order (Poissonian counts)."""
    signs = ((1, 1, 1), (1, -1, -1), (-1, 1, -1), (-1, -1, 1))
    slopes: dict[Any, Any] = {}
    value, groups = f.constant, []
    for p, side in enumerate((f.alice, f.bob)):
        groups += [(x, p, [q for q in counts if q[p] == k]) for k, x in enumerate(side) if x]
    groups += [(s, 2, [(i, j)]) for i, r in enumerate(f.correlators) for j, s in enumerate(r) if s]
    for x, kind, members in groups:
        need(all(q in counts for q in members) and members, "the functional needs more data")
        two = len(counts[members[0]]) == 2
        need(not two or kind == 2, "marginals without counts")
        cells = range(2 if two else 4)
        each = [(q, k, (1 - 2 * k) if two else signs[k][kind]) for q in members for k in cells]
        net = [counts[q][k] - (off[q][k] if q in off else 0) for q, k, _ in each]
        mean = sum(n * s for n, (*_, s) in zip(net, each)) / sum(net)
        value += x * mean
        for q, k, s in each:
            slopes[q, k] = slopes.get((q, k), ZERO) + x * (s - mean) / sum(net)
    plus = {q: off.get(q, [ZERO] * 4) for q in counts}
    return value, sum(((counts[q][k] + plus[q][k]) * s * s for (q, k), s in slopes.items()), ZERO)


def log_p_value(model: Any, given: Any, counts: Any, even: bool, paid: int) -> Decimal:
    """Give at least log10 of the p-value that a test proves: p ≤ c^N / Π R, or a binomial tail."""
    only(given, "method products bits pairs ratios proof", "the test")
    two, bits = given["products"], whole(given["bits"], 0, 60, "bits")
    pairs, ratios = [tuple(q) for q in given["pairs"]], given["ratios"]
    need(sorted(pairs) == sorted(counts) and type(two) is bool, "the test is about other pairs")
    signs = ((0, 0, 1), (0, 0, -1)) if two else ((1, 1, 1), (1, -1, -1), (-1, 1, -1), (-1, -1, 1))
    n_a, n_b = model.parts[0].shape
    f = Functional(ZERO, [n_b * [ZERO] for _ in range(n_a)], n_a * [ZERO], n_b * [ZERO])
    trials, shares, log, wins = 0, 0, Decimal(0), ZERO
    for (i, j), r in zip(pairs, ratios, strict=True):
        n = counts[i, j]
        r = [whole(x, 0, 1 << 62, "R") for x in listed(r, len(signs), "R")]
        if two:
            n = n if len(n) == 2 else [n[0] + n[3], n[1] + n[2]]
            poor = int(r[1] < r[0])  # a fraction of a trial goes to the cell that says less
            n = [Fraction((math.floor, math.ceil)[k == poor](n[k])) for k in (0, 1)]
        need(len(n) == len(r), "the test looks at outcomes that are not known")
        total = int(sum(n))
        share = 1 if even else total
        for x, (a, b, c) in zip(r, signs):
            w = Fraction(share * x, len(signs) << bits)
            f.constant += w
            f.alice[i] += a * w
            f.bob[j] += b * w
            f.correlators[i][j] += c * w
        trials, shares, wins = trials + total, shares + share, wins + sum(map(mul, n, r))
        log -= sum(Decimal(int(k)) * natural(x) for k, x in zip(n, r) if k and x)
        log += Decimal("inf") if any(k and not x for k, x in zip(n, r)) else 0
    f = Functional(f.constant, f.correlators, f.alice, f.bob)
    top = within(model, f, given["proof"]) / shares
    if given["method"] == "ratio":
        log += trials * (natural(top) + bits * natural(2)) if top > 0 else 0
    else:
        wins_or_loses = all(x in (0, 1) for r in ratios for x in r)
        need(given["method"] == "binomial" and not bits and wins_or_loses, "odd test")
        log = binomial(trials, int(wins), top)
    return min(Decimal(0), (log + natural(paid)) / Decimal(10).ln())


def within(model: Any, f: Functional, proof: Any) -> Fraction:
    """Give a bound for all directions within the angles: of its own, or raised by their chords."""
    bound = prove(model, f, proof)
    if not model.known or proof["type"] == "uncertain":
        return bound
    square = max(2 * (1 - Fraction(c, ONE)) for side in model.known[1] for c, _ in side)
    chord = Fraction(math.isqrt(math.ceil(square * ONE * ONE)) + 1, ONE)
    sizes = [sum(map(abs, x), ZERO) for x in (f.alice, f.bob)]
    etas: Any = [getattr(x, "slopes", [eta or ZERO for eta in x.etas]) for x in model.parts]
    rest = f.size - sum(sizes)
    return bound + chord * max(sum(e * (rest + x) for e, x in zip(eta, sizes)) for eta in etas)


def known_within(settings: Any, spec: Any) -> Any:
    """Give directions, and cos δ and sin δ of each, over `ONE`; None where they are exact."""
    keys = ("uncertainty_deg", "waveplate_uncertainty_deg")
    base, plate = (number(spec.get(key, 0)) for key in keys)
    need(0 <= min(base, plate) and max(base, plate) <= 30, "an odd uncertainty")
    if not base + plate:
        return None
    reach: Any = {1: 2, 2: Fraction(447214, 100000), 3: Fraction(721111, 100000)}  # ≥ 2, √20, √52
    counts = [[len(r) for r in spec[f"{p}_waveplates_deg"]] if plate else [1] * len(side)
              for p, side in zip(PARTIES, settings)]  # fmt: skip
    turns = [[min(base + plate * reach[n], Fraction(90)) / 360 for n in side] for side in counts]
    return settings, [[cos_sin(x) for x in side] for side in turns]


def check_analysis(problem: Any, settings: Any, result: Any) -> Claims:
    """Check kind = "analysis": bound, observed value, p-values; not the test of signalling."""
    keys = "format functional signs lower upper p_value purity judged"
    certificate, spec = only(result["certificate"], keys, "the certificate"), problem["data"]
    only(spec, "counts file correlators shots errors accidentals random_settings", "the data")
    counts = trials_of(spec, result["resolved"])
    named = dict(problem.get("functional", {}))
    moduli = named.pop("moduli", False) is True
    shape = settings and tuple(map(len, settings))
    shape = shape or tuple(max(q[p] for q in counts) + 1 for p in (0, 1)) if not named else shape
    if named:
        f = functional(named, shape)
    else:
        own = certificate["functional"]
        sides = [row(own[p], n, p, rational) for p, n in zip(PARTIES, shape)]
        correlators = table(own["correlators"], shape, "f", rational)
        f = Functional(rational(own["constant"]), correlators, *sides)
    n, m = f.shape
    signs: Ints = [whole(x, -1, 1, "a sign") or 1 for x in certificate["signs"]]
    need(len(signs) in (n, n + m) and (moduli or {*signs} == {1}), "outcomes were exchanged")
    signs, turned = signs[:n], signs[n:] or [1] * m
    if moduli and named:
        rows = [[s * t * x for t, x in zip(turned, r)] for s, r in zip(signs, f.correlators)]
        f = Functional(f.constant, rows, [*map(mul, signs, f.alice)], [*map(mul, turned, f.bob)])
    model = named_model(problem["model"], f.shape, settings)
    model.known = known_within(settings, problem["settings"]) if settings else None
    lower, at = only(certificate["lower"], "state alice bob", "the lower end"), model
    if "alice" in lower:
        tables = [table(lower[p], (len(x), 3), p, rational) for p, x in zip(PARTIES, settings)]
        near = [[*map(unit, rows)] for rows in tables]
        need(model.known, "directions are exact")
        three = (y for x in zip(near, *model.known) for y in zip(*x))
        need(all(dot(x, y) * ONE >= c for x, y, (c, _) in three), "a direction is too far away")
        at = named_model(problem["model"], f.shape, near)
    state = at.member(lower["state"], exactly=False)
    low = f.best(state.alice, state.bob) - 2 * state.error * f.size
    yield enclosure(result["value"], low, within(model, f, certificate["upper"]), "value")
    exact: Any = {"correlators": f.correlators, "alice": f.alice, "bob": f.bob}
    exact |= {"constant": f.constant, "bound": number(result["value"]["upper"])}
    yield same(result["inequality"], exact), "the inequality as in the certificate"
    value, variance = observed(f, counts, trials_of(spec, result["resolved"], "accidentals"))
    sigma, seen = math.sqrt(variance), only(result["observed"], "value sigma", "observed")
    said = f"observed {float(value)!r} ± {sigma:.3g}"
    yield same(seen, {"value": value, "sigma": Fraction(sigma)}), said
    gap = value - number(result["value"]["upper"])
    told = only(result["violation"], "difference sigmas", "violation")
    many = same(told["sigmas"], gap / Fraction(sigma)) if sigma else told["sigmas"] is None
    yield same(told["difference"], gap) and many, "the violation follows"
    judged = counts
    if "split" in problem.get("prediction", {}):
        cells = certificate["judged"]
        judged = {(i, j): [whole(t[i][j], 0, 1 << 40, "n") for t in cells] for i, j in counts}
        fits = all(len(cells) == len(n) and all(map(le, judged[q], n)) for q, n in counts.items())
        need(fits, "more trials are judged than there were")
        judged = {q: n for q, n in judged.items() if any(n)}
    used = [len({q[p] for q in judged if f.correlators[q[0]][q[1]]}) for p in (0, 1)]
    each = used[0] == used[1] <= 10  # then of both parties, else of the one with fewer settings
    need(each or {*(signs if used[0] > used[1] else turned)} == {1}, "more was exchanged")
    choices = 1 << (max(2 * used[0] - 1, 0) if each else min(used))
    paid, even = choices if moduli else 1, spec.get("random_settings", False) is True
    p = only(result["p_value"], "upper log10 method relabellings", "the p-value")
    level = number(problem.get("options", {}).get("confidence", 0.99))
    with localcontext(Context(prec=60)):
        log = log_p_value(model, certificate["p_value"], judged, even, paid)
        both, slack = (number(p["log10"]), number(p["upper"])), Decimal("1e-20")
        top, upper = (Decimal(x.numerator) / x.denominator for x in both)
        fits = log <= top + slack and (top < -323 or Decimal(10) ** top <= upper * (1 + slack))
        other = (p["relabellings"], p["method"]) == (paid, certificate["p_value"]["method"])
        fits = fits and upper > 0 and other
        yield fits, f"p-value at most 10^{float(log):.4f}, {paid} relabellings paid for"
        goal = natural(1 - level) / Decimal(10).ln()
        above = result["excluded_purity"] and result["excluded_purity"]["above"]
        if above is not None:
            only(result["excluded_purity"], "above confidence method", "the purities")
            spec = {k: x for k, x in problem["model"].items() if "eta" not in k} | {"eta": above}
            need(problem["model"]["name"] in ("leggett", "one_sided"), "a model without a purity")
            other = named_model(spec, f.shape, settings)
            other.known = model.known
            reached = log_p_value(other, certificate["purity"], judged, even, paid) <= goal + slack
            reached = reached and number(result["excluded_purity"]["confidence"]) == level
            yield reached, f"purities from {above!r} on are excluded at {float(level)!r}"
    told = result["verdict"]
    right = told == "data signal" or (told == "excluded") == (top <= goal + slack)
    yield right, f"the verdict, {ascii(told)[:40]}, follows from the p-value"


# -- tables of keys --------------------------------------------------------------------------------

KEYS = "schema kind problem problem_sha256 resolved status reason value certificate stats "
MIXED = "decomposition mixing deviation inequality measured"
ANALYSED = "observed violation p_value signalling excluded_purity verdict sentence inequality"
KINDS = {  # what checks it, what a result displays, what a problem is made of
    "bound": (check_bound, "maximiser quantum", "model functional"),
    "visibility": (check_visibility, MIXED, "model behaviour"),
    "marginals": (check_marginals, "marginals paths measured", "behaviour"),
    "local_content": (check_local_content, "local_part", "behaviour"),
    "analysis": (check_analysis, ANALYSED, "model data functional prediction"),
    "design": (check_design, f"settings design {MIXED}", "model design"),
}
SCENARIOS = {  # the same of problems with a table [scenario]
    "bound": (scenario_bound, "maximiser", "scenario model functional"),
    "visibility": (scenario_visibility, "decomposition inequality", "scenario model behaviour"),
    "marginals": (scenario_marginals, "marginals", "scenario model behaviour"),
}
OF_ANALYSES = ("uncertainty_deg", "waveplate_uncertainty_deg", "moduli")  # their own keys
FORMS = {  # of a table with a name, and without
    "settings": ("family normalise", """alice bob normalise|alice_deg bob_deg normalise|
alice_waveplates_deg bob_waveplates_deg normalise"""),
    "model": ("name", ""),
    "functional": (
        "name", "correlators alice bob constant|collins_gisin|full_correlators|probabilities"
    ),
    "behaviour": ("name pairs marginals noise", """correlators alice bob pairs marginals noise
errors|counts marginals noise"""),
}
NAMED = {
    "law": "alice bob hidden error",
    "leggett": "eta|eta_a eta_b", "one_sided": "eta party", "finite": "alice bob", "hull": "of",
    "quantum": "level subject_to", "tilted_chsh": "beta", "biased_chsh": "p q", "imm22": "n",
    "chained": "n", "werner": "visibility", "partially_entangled": "theta_deg", "half_circle": "n",
    "leggett_triads": "phi_deg mirror", "leggett_directions": "phi_deg directions",
    "great_circle": "n_alice n_bob", "fibonacci": "n_alice n_bob", "random": "n_alice n_bob seed",
}  # fmt: skip
DESIGN = """n_alice n_bob pairs correlators objective visibility sharing starts plane symmetric
minimum_angle_deg start"""
NO_PROBLEM = (
    "this is no result file: it holds no problem, just as what to_json() gives, and nothing can "
    "be proved of an answer without its question; write the question as a problem file and verify "
    "what `nsmodels run` writes"
)


def consistent(key: str, spec: Any) -> dict[str, Any]:
    """Refuse a table of a problem that contradicts itself, instead of reading it one way."""
    unnamed = "singlet" if key == "behaviour" and not {"correlators", "counts"} & {*spec} else None
    name, (named, plain) = spec.get("family", spec.get("name", unnamed)), FORMS[key]
    own = [f"{named} {more}" for more in NAMED.get(name, "").split("|")]
    return only(spec, plain if name is None else "|".join(own), key)


def check(result: Any) -> list[Any]:
    """Check all claims of a result; what is missing or malformed is a claim that is not proved."""
    claims: list[Any] = []
    try:
        need(isinstance(result, dict) and isinstance(result.get("problem"), dict), NO_PROBLEM)
        problem, kind, reason = result["problem"], result["kind"], result["reason"]
        more = "scenario" in problem
        question, displays, tables = (SCENARIOS if more else KINDS)[kind]
        only(result, KEYS + displays, "the file")
        text = json.dumps(problem, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        none = kind == "visibility" and NOTHING in reason and result["status"] == "no_answer"
        need(none == (result["value"] is None), f"nothing is proved: {ascii(reason)[:80]}")
        right = {"kind": problem["kind"], "status": "no_answer" if none else "certified"}
        right["problem_sha256"] = hashlib.sha256(text.encode()).hexdigest()
        for key, value in right.items():
            is_not = f"{key} is {ascii(result[key])[:80]}, not {value!a}"
            need(result[key] == value, f"nothing is proved: {is_not}")
        asked = {"behaviour" if key == "behavior" else key: x for key, x in problem.items()}
        need(len(asked) == len(problem), "the behaviour is given twice")
        forms = f"schema kind title source options expected {tables}" + " settings" * (not more)
        only(asked, forms, "the problem")
        for key in () if more else FORMS.keys() & asked:
            own = OF_ANALYSES if kind == "analysis" else ()
            plain = {k: x for k, x in asked[key].items() if k not in own}
            if plain or not own:
                consistent(key, plain)
        for x in (result["schema"], problem["schema"], result["certificate"]["format"]):
            need(type(x) is int and x == 1, "the schema or the format is not known")
        settings = directions(problem["settings"]) if "settings" in problem else None
        for claim in question(asked, settings, result):
            claims.append(claim)
    except Refused as error:
        claims.append((False, str(error)))
    except Exception as error:  # whatever goes wrong, nothing is proved
        claims.append((False, f"malformed: {ascii(error)[:80]}"))
    return claims


# -- main ------------------------------------------------------------------------------------------


def main(argv: list[str] | None = None) -> int:
    """Check one result file and say what is proved; the exit code is 0, 1 or 2."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # where ± cannot be written, \\xb1 is
            stream.reconfigure(errors="backslashreplace")
    try:
        claims = check(read(*(sys.argv[1:] if argv is None else argv)))
    except (OSError, TypeError, ValueError, RecursionError, MemoryError) as error:
        message = f"usage: checker.py RESULT.json; unreadable: {ascii(str(error))[1:-1]}"
        print(message, file=sys.stderr)
        return 2
    proved = bool(claims) and all(holds for holds, _ in claims)
    for holds, text in claims:
        print(("proved      " if holds else "NOT PROVED  ") + text)
    print("all proved" if proved else "NOT everything is proved")
    return 0 if proved else 1


if __name__ == "__main__":
    sys.exit(main())
