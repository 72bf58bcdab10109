"""The proof of a lower end written down: a covering of both spheres by pairs of patches (`search`)."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..compiled import KernelArray as Array
from . import tree as trees
from .packing import PackedLists, packed_bytes, packed_lists
from .problem import unit_of
from .square_leaf import SquareLeaf
from .tree import FACES_U, NODES, QUADRATIC, SQUARE

DENOMINATOR = 100
"""Multipliers are n/100 with |n| ≤ 100: one signed byte each."""
LINEAR_LEAF, QUADRATIC_LEAF = 6, 7
LIST, REPLACE, FINE = 8, 16, 32


@dataclass(frozen=True, eq=False)
class Record:
    """A tree in preorder.

    Parameters
    ----------
    nodes : bytes
    lists : list of ndarray of int8
        Multipliers.
    places : list of (int, bool)
        The node of each, and whether all its multipliers are there, not only the terms that it fixed.
    quadratic, square : list of int
        The order of the quadratic and of the square proofs.
    """

    nodes: bytes
    lists: list[Array]
    places: list[tuple[int, bool]]
    quadratic: list[int]
    square: list[int]


def fixed_only(entries: Array, D: int) -> Array:
    """A list that tells only which terms its node fixed."""
    return entries * (np.abs(entries) > D)


def record(tree: trees.Tree, D: int) -> Record:
    """Write a tree down in preorder.

    A node writes its list if some leaf uses its multipliers (they replace (c, d) from there on), or if a leaf below
    needs to know which terms it fixed. The root starts with all terms unfixed and needs no list.
    """
    number = int(tree.count[NODES])
    nodes = tree.nodes[:number]
    axis, child, faces = nodes["axis"].tolist(), nodes["child"].tolist(), nodes["quad"].tolist()
    start, length = nodes["start"].tolist(), nodes["length"].tolist()
    uses = np.zeros(number, np.bool_)
    linear = (nodes["axis"] < 0) & (nodes["axis"] != QUADRATIC) & (nodes["axis"] != SQUARE)
    uses[nodes["source"][linear]] = True
    used = uses.tolist()
    below = (uses | (nodes["axis"] == QUADRATIC) | (nodes["axis"] == SQUARE)).tolist()
    families = [() if x < 0 else range(c, c + (2 if x < FACES_U else f)) for x, c, f in zip(axis, child, faces)]
    for node in range(number - 1, -1, -1):  # children come after their parents
        if not below[node]:
            below[node] = any(below[kid] for kid in families[node])
    stream = bytearray()
    lists: list[Array] = []
    places: list[tuple[int, bool]] = []
    order: list[int] = []
    squares: list[int] = []
    stack = [0]
    while stack:
        node = stack.pop()
        code = axis[node]
        if code == QUADRATIC:
            code = QUADRATIC_LEAF
            order.append(faces[node])
        elif code == SQUARE:
            code = QUADRATIC_LEAF + FINE
            squares.append(faces[node])
        elif code < 0:
            code = LINEAR_LEAF
        if node > 0 and start[node] >= 0 and below[node]:
            code += LIST
            entries = tree.tau[start[node] : start[node] + length[node]]
            if used[node]:
                code += REPLACE
            else:
                entries = fixed_only(entries, D)
            lists.append(entries)
            places.append((node, used[node]))
        stream.append(code)
        stack.extend(reversed(families[node]))
    return Record(bytes(stream), lists, places, order, squares)


@dataclass(frozen=True, eq=False)
class Covering:
    """The proof of a lower end: a tree of pairs of patches, and what proves its leaves.

    It is written down (`to_json`) only when somebody asks for it.

    Parameters
    ----------
    tree : nsmodels.engines.spheres.tree.Tree
    scales : (float, float)
        Of the problem, `SphereProblem.scales`.
    leaves : list of SquareLeaf
        The square leaves, to which ``quad`` of such nodes points.
    packed : PackedLists
        Lists of multipliers that are compressed already, by node and whether they are whole.
    """

    tree: trees.Tree
    scales: tuple[float, float]
    leaves: list[SquareLeaf] = field(default_factory=list)
    packed: PackedLists = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Certificate form, without the threshold.

        ``tree``: a byte a node, in preorder. Low three bits: 0, 1 (2, 3) the patch of u (v) is bisected along s, t; 4
        (5) the sphere of u (v) is cut into the faces of a cube; 6 linear leaf; 7 quadratic leaf. + 8: a list of
        multipliers belongs to the node; + 16: it replaces (c, d). ``multipliers``: the lists, a signed byte n for
        every term that no ancestor has fixed, τ = n/``denominator``; |n| = denominator + 1 fixes a term to ±1 from
        here on. ``quadratic``: what proves the quadratic leaves, in integers; ``square``: the square leaves, 7 + 32.
        Byte strings are compressed by zlib and written in base 64.
        """
        done = record(self.tree, DENOMINATOR)
        square = {"square": [self.leaves[q].to_json() for q in done.square]} if done.square else {}
        return {
            "type": "covering",
            "denominator": DENOMINATOR,
            "tree": packed_bytes(done.nodes),
            "multipliers": packed_lists(done.lists, [self.packed.get(place) for place in done.places]),
            "quadratic": [_quadratic(self.tree, q, *self.scales) for q in done.quadratic],
            **square,
        }


def rational_unit(x: Array, bits: int = 60) -> tuple[int, int, int, int]:
    """Integers (X, Y, Z, N) with X² + Y² + Z² = N² and (X, Y, Z)/N within 2^-bits of the direction of x.

    Stereographic projection from the pole farthest away: for p, q on the plane, (2p, 2q, ±(1 − p² − q²))/(1 + p² + q²).
    """
    axis = int(np.argmax(np.abs(x)))
    sign = 1 if x[axis] > 0 else -1
    other = [(axis + 1) % 3, (axis + 2) % 3]
    norm = math.sqrt(float(x @ x))
    unit = 1 << bits
    p, q = (round(float(x[e]) / (norm + abs(float(x[axis]))) * unit) for e in other)
    point = [0, 0, 0]
    point[axis] = sign * (unit * unit - p * p - q * q)
    point[other[0]] = 2 * p * unit
    point[other[1]] = 2 * q * unit
    return point[0], point[1], point[2], unit * unit + p * p + q * q


def _quadratic(tree: trees.Tree, q: int, length: float, weight: float) -> dict[str, Any]:
    """A quadratic proof in integers; κ, λ, μ, P are rounded to the side on which the checks have room.

    They are whole numbers over powers of two, of the unit 2^exponent where the function is small.
    """
    unit = unit_of(length, weight)
    head = tree.quads["head"][q]
    first, number = int(tree.quads["start"][q]), int(head[11])
    tau = tree.qpool["tau"][first : first + number].tolist()
    kappa = tree.qpool["kappa"][first : first + number].tolist()
    one = 1 << trees.TAU_BITS
    fine = float(1 << trees.TAU_BITS)
    coarse = float(1 << trees.KAPPA_BITS)
    active = [p for p in range(number) if abs(tau[p]) != one]
    signs = "".join("a" if abs(t) != one else "+" if t > 0 else "-" for t in tau)
    exponent = {} if unit == 1.0 else {"exponent": math.frexp(unit)[1] - 1}
    return {
        **exponent,
        "u": list(rational_unit(head[:3])),
        "v": list(rational_unit(head[3:6])),
        "signs": signs,
        "tau": [tau[p] for p in active],
        "kappa": [math.floor(kappa[p] * (weight / unit) / (length * length) * coarse) for p in active],
        "lambda": round(float(head[6]) * (weight / unit) * fine),
        "mu": round(float(head[7]) * (weight / unit) * fine),
        "p": [round(float(head[e]) * (weight / unit) * coarse) for e in (8, 9)],
    }
