"""The sphere engine: its bounds against exact arithmetic, its ends against independent searches, its limits."""

import base64
import zlib
from dataclasses import replace
from fractions import Fraction
from math import isqrt

import numpy as np
import pytest

from nsmodels.engines import compiled
from nsmodels.engines.spheres import minimum as spheres
from nsmodels.engines.spheres import tree as trees
from nsmodels.engines.spheres.covering import DENOMINATOR, rational_unit, record
from nsmodels.engines.spheres.minimum import SphereProblem, descend, minimise
from nsmodels.engines.spheres.packing import SMALL

DIGITS = 1 << 200


def instance(n_alice, n_bob, seed, *, linear=False, eta=(1.0, 1.0)):
    rng = np.random.default_rng(seed)
    a, b = (rng.normal(size=(n, 3)) for n in (n_alice, n_bob))
    a *= eta[0] / np.linalg.norm(a, axis=1)[:, None]
    b *= eta[1] / np.linalg.norm(b, axis=1)[:, None]
    g, h = rng.normal(size=(2, 3)) if linear else np.zeros((2, 3))
    return SphereProblem(a, b, rng.normal(size=(n_alice, n_bob)), g, h)


def unit_rows(rng, count):
    rows = rng.normal(size=(count, 3))
    return rows / np.linalg.norm(rows, axis=1)[:, None]


# --- exact arithmetic ---------------------------------------------------------------------------------------------


def root_below(x: Fraction) -> Fraction:
    """A rational below √x, within 2^-199."""
    return Fraction(isqrt(int(x * DIGITS * DIGITS)), DIGITS)


def exact_corner(face, s, t):
    point = [Fraction(0)] * 3
    point[face % 3] = Fraction(1 if face < 3 else -1)
    point[(face + 1) % 3] = Fraction(s)
    point[(face + 2) % 3] = Fraction(t)
    norm = root_below(sum(x * x for x in point)) + Fraction(1, DIGITS)
    return [x / norm for x in point]


def exact_minimum(c, face, box):
    """The bound of `patches`, to 199 bits."""
    length = root_below(sum(x * x for x in c)) + Fraction(1, DIGITS)
    if face < 0:
        return -length
    corners = [exact_corner(face, box[q & 1], box[2 + (q >> 1)]) for q in range(4)]
    low = min(sum(x * y for x, y in zip(c, corner)) for corner in corners)
    if low >= 0:
        return low
    centre = [sum(column) for column in zip(*corners)]
    size = root_below(sum(x * x for x in centre)) + Fraction(1, DIGITS)
    gamma = min(sum(x * y for x, y in zip(corner, centre)) for corner in corners) / size
    return max(-length, low / gamma)


def exact_leaf_bound(terms, tree, parents, leaf):
    """The linear bound of a leaf from its integers alone."""
    source = int(tree.nodes["source"][leaf])
    tau = {}
    node = source
    while node >= 0:  # the fixed terms of the ancestors, and the multipliers of the source
        start, length = int(tree.nodes["start"][node]), int(tree.nodes["length"][node])
        for k, n in zip(tree.term[start : start + length].tolist(), tree.tau[start : start + length].tolist()):
            if start >= 0 and abs(n) > DENOMINATOR:
                tau[k] = Fraction(1 if n > 0 else -1)
            elif node == source:
                tau.setdefault(k, Fraction(n, DENOMINATOR))
        node = parents[node]
    c = [-Fraction(x) for x in terms.g.tolist()]
    d = [-Fraction(x) for x in terms.h.tolist()]
    for k, t in tau.items():
        w, s = Fraction(float(terms.w[k])), int(terms.s[k])
        for e in range(3):
            c[e] += t * w * Fraction(float(terms.a[terms.ia[k], e]))
            d[e] -= t * w * s * Fraction(float(terms.b[terms.jb[k], e]))
    faces = tree.nodes["face"][leaf].tolist()
    box = tree.nodes["box"][leaf].tolist()
    return exact_minimum(c, faces[0], box[:4]) + exact_minimum(d, faces[1], box[4:])


@pytest.mark.parametrize(
    ("shape", "linear", "eta"),
    [((1, 2), True, (1, 1)), ((3, 3), False, (1, 1)), ((4, 3), True, (0.6, 1)), ((6, 6), False, (0.9, 0.4))],
)
def test_computed_leaf_bounds_exceed_exact_ones_by_less_than_the_written_allowance(monkeypatch, shape, linear, eta):
    kept = {}
    finish = spheres._finish

    def keep(problem, tree, *rest):
        kept["tree"] = tree
        return finish(problem, tree, *rest)

    monkeypatch.setattr(spheres, "_finish", keep)
    problem = instance(*shape, seed=11, linear=linear, eta=eta)
    minimise(problem, tolerance=1e-3)
    tree = kept["tree"]
    count = int(tree.count[trees.NODES])
    parents = np.full(count, -1)
    for node in range(count):
        axis, first = int(tree.nodes["axis"][node]), int(tree.nodes["child"][node])
        if axis >= 0:
            number = 2 if axis < trees.FACES_U else int(tree.nodes["quad"][node])
            parents[first : first + number] = node
    leaves = np.flatnonzero(tree.nodes["axis"][:count] == trees.LINEAR)
    rng = np.random.default_rng(0)
    for leaf in rng.choice(leaves, size=min(40, len(leaves)), replace=False).tolist():
        exact = exact_leaf_bound(problem.terms, tree, parents, leaf)
        assert abs(Fraction(float(tree.nodes["bound"][leaf])) - exact) <= Fraction(problem.rounding)


def test_rational_unit_vectors_are_unit_and_close():
    rng = np.random.default_rng(1)
    for x in [*unit_rows(rng, 50), np.array([0.0, 0.0, -1.0]), np.array([1.0, 0.0, 0.0])]:
        *point, n = rational_unit(x)
        assert sum(p * p for p in point) == n * n
        assert max(abs(p / n - y) for p, y in zip(point, x)) < 3e-16


# --- both ends, independently -------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(12))
def test_no_point_anywhere_is_below_the_proved_end(seed):
    rng = np.random.default_rng(seed)
    shape = tuple(rng.integers(1, 7, size=2).tolist())
    problem = instance(*shape, seed=seed, linear=seed % 2 == 1, eta=tuple(rng.uniform(0.3, 1.0, size=2)))
    answer = minimise(problem, tolerance=1e-7)
    assert answer.reason == "tolerance_met"
    assert answer.upper - answer.lower <= 1e-7
    assert abs(problem.value(answer.u, answer.v) - answer.upper) < 1e-9
    values, *_ = descend(problem, unit_rows(rng, 300), unit_rows(rng, 300))
    assert values.min() >= answer.lower
    assert values.min() >= answer.upper - 1e-9


@pytest.mark.parametrize("scale", [2.0**-300, 1e-12, 1e9, 2.0**300])
def test_minimum_is_homogeneous_whatever_the_units(scale):
    problem = instance(3, 4, seed=5, linear=True)
    scaled = SphereProblem(problem.a, problem.b, problem.weights * scale, problem.g * scale, problem.h * scale)
    one, other = minimise(problem, tolerance=1e-8), minimise(scaled, tolerance=1e-8 * scale)
    assert other.lower <= scale * one.upper
    assert scale * one.lower <= other.upper
    assert other.upper - other.lower <= 1.0001e-8 * scale


Z = np.array([[0.0, 0.0, 1.0]])
X = np.array([[1.0, 0.0, 0.0]])


@pytest.mark.parametrize(
    ("a", "b", "weights", "g", "h", "minimum"),
    [
        (Z, Z, [[1.0]], None, None, 0.0),  # 1×1
        (Z, X, [[0.0]], None, None, 0.0),  # nothing at all
        (Z, X, [[0.0]], [3.0, 0.0, 4.0], None, -5.0),  # only a marginal term: −|g|
        (Z, X, [[1.0]], [0.0, 0.0, 0.5], None, -0.5),
        (np.vstack([Z, Z]), np.vstack([X, X]), [[1.0, -1.0], [1.0, 1.0]], None, None, 0.0),  # CHSH of repeats: v ⟂ b
        (np.vstack([Z, -Z]), X, [[1.0], [1.0]], None, None, 0.0),  # antipodal: |A − B| + |A + B| vanishes at A = B = 0
        (Z * 0.0, X, [[0.5]], None, [-1.0, 0.0, 0.0], -0.5),  # η_A = 0: |x|/2 + x
        (np.vstack([Z, X]), np.zeros((2, 3)), [[1.0, 1.0], [1.0, 1.0]], None, None, 0.0),  # η_B = 0, u = e_y
        (np.eye(3), np.zeros((1, 3)), [[1.0], [1.0], [1.0]], None, None, 1.0),  # Σ|u_i| ≥ 1
    ],
)
def test_degenerate_problems_close(a, b, weights, g, h, minimum):
    zero = np.zeros(3)
    linear = [zero if x is None else np.array(x) for x in (g, h)]
    problem = SphereProblem(a, b, np.array(weights), *linear)
    answer = minimise(problem, tolerance=1e-9)
    assert answer.reason == "tolerance_met"
    assert answer.lower <= minimum + 1e-12
    assert minimum - 1e-12 <= answer.upper
    assert answer.upper - answer.lower <= 1e-9


def test_coplanar_repeated_and_antipodal_settings_together():
    angles = np.array([0.0, 0.7, 0.7, np.pi, 2.0])
    plane = np.column_stack([np.sin(angles), np.zeros(5), np.cos(angles)])
    weights = np.random.default_rng(3).integers(-2, 3, size=(5, 5)).astype(float)
    answer = minimise(SphereProblem(plane, plane, weights, np.zeros(3), np.zeros(3)), tolerance=1e-9)
    assert answer.upper - answer.lower <= 1e-9


# --- limits -------------------------------------------------------------------------------------------------------


def test_node_limit_keeps_the_best_proved_enclosure():
    problem = instance(12, 12, seed=4)
    exact = minimise(problem, tolerance=1e-6)
    short = minimise(problem, tolerance=1e-6, node_limit=100)
    assert short.reason == "node_limit"
    assert short.lower <= exact.upper
    assert exact.lower <= short.upper
    assert np.isfinite(short.lower)


def test_time_limit_keeps_the_best_proved_enclosure():
    problem = instance(12, 12, seed=4)
    short = minimise(problem, tolerance=1e-9, time_limit_s=0.0)
    assert short.reason == "time_limit"
    assert short.lower <= short.upper


def test_interrupt_keeps_the_best_proved_enclosure(monkeypatch):
    advance = spheres.search.advance
    calls = []

    def impatient(*arguments):
        code = advance(*arguments)
        calls.append(code)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return code

    monkeypatch.setattr(spheres.search, "advance", impatient)
    problem = instance(10, 10, seed=4)
    answer = minimise(problem, tolerance=1e-9)
    assert answer.reason == "interrupted"
    monkeypatch.undo()
    exact = minimise(problem, tolerance=1e-9)
    assert answer.lower <= exact.lower + 1e-9
    assert answer.lower <= answer.upper


def test_a_threshold_is_enough():
    problem = instance(6, 6, seed=2)
    exact = minimise(problem, tolerance=1e-9)
    target = exact.lower - 0.3
    answer = minimise(problem, tolerance=1e-9, threshold=target)
    assert target <= answer.lower <= exact.upper
    assert answer.stats["nodes"] <= exact.stats["nodes"]


def test_a_width_below_rounding_ends_with_what_rounding_allows():
    answer = minimise(instance(20, 20, seed=1), tolerance=1e-15)
    assert answer.upper - answer.lower < 1e-8


def test_same_input_same_proof():
    one, two = (minimise(instance(5, 6, seed=9, linear=True), tolerance=1e-6, seed=3) for _ in range(2))
    assert one.proof.to_json() == two.proof.to_json()
    assert (one.lower, one.upper) == (two.lower, two.upper)


def test_arrays_grow_without_changing_the_answer(monkeypatch):
    problem = instance(8, 8, seed=6)
    expected = minimise(problem, tolerance=1e-6).proof.to_json()
    empty = trees.empty

    def cramped(terms):
        tree = empty(terms)
        return tree._replace(
            nodes=tree.nodes[:20].copy(), heap_key=tree.heap_key[:20].copy(), heap_node=tree.heap_node[:20].copy(),
            term=tree.term[: terms + 2].copy(), tau=tree.tau[: terms + 2].copy(),
        )  # fmt: skip

    monkeypatch.setattr(trees, "empty", cramped)
    assert minimise(problem, tolerance=1e-6).proof.to_json() == expected


def test_lists_packed_while_the_search_goes_on_are_those_packed_at_its_end():
    found = minimise(instance(66, 66, 3), node_limit=1000)
    assert found.proof.packed
    certificate = found.proof.to_json()
    late = replace(found.proof, packed={})
    assert late.to_json() == certificate
    lists = record(found.proof.tree, DENOMINATOR).lists
    raw = b"".join(x.tobytes() for x in lists)
    assert len(raw) > SMALL
    assert zlib.decompress(base64.b64decode(certificate["multipliers"])) == raw


def test_a_search_that_is_shared_out_proves_the_same_in_every_run(monkeypatch):
    problem = instance(20, 20, seed=3)
    joined = []

    def join(before, shares):
        joined.append(sum(int(share.count[trees.NODES]) > int(before.count[trees.NODES]) for share in shares))
        return spheres_join(before, shares)

    spheres_join = spheres.join
    monkeypatch.setattr(spheres, "join", join)
    monkeypatch.setattr(spheres, "CHUNK", 1)  # shared out early: most of the search is done in shares
    first, again = (minimise(problem, tolerance=1e-7) for _ in range(2))
    assert joined == [spheres.SHARES, spheres.SHARES]  # every share has nodes of its own
    assert first.proof.to_json() == again.proof.to_json()
    monkeypatch.setattr(spheres, "deal", lambda tree, parts: [tree])
    alone = minimise(problem, tolerance=1e-7)
    assert len(joined) == 2
    assert max(first.lower, alone.lower) <= min(first.upper, alone.upper)
    assert max(answer.upper - answer.lower for answer in (first, alone)) <= 1e-7


def test_kernels_compile_once_and_the_time_is_told_once(monkeypatch):
    spheres.compile_kernels()
    monkeypatch.setattr(spheres, "_compile_descents", None)  # whoever compiles again calls it
    clock = iter([5.0, 5.25])
    monkeypatch.setattr(compiled.time, "perf_counter", lambda: next(clock))
    assert spheres.compile_kernels() == 0.25
