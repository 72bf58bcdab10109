"""Relabellings of settings and outcomes that leave a problem as it is, found in the graph of scalar products.

Nodes are the directions ±a_i and ±b_j. Between two of one party stands what the model names as its invariant (their
scalar product, where it looks at directions), between Alice and Bob the correlations of the behaviour and of the noise.
An automorphism of this coloured complete graph is a signed permutation of each party's settings; for Leggett's model it
is carried by rotations of u and of v. A model that names no invariants is not relabelled. The mean of a decomposition
over the group is a decomposition, so that rows and multipliers may be taken equal on every orbit: rows are averaged
over orbits, and a solution is spread over the group at the end.

Symmetry only proposes. The model and the inequality that come out are proved on all rows, like any other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ...common.arrays import Array
from ...models.hidden_variables import HiddenVariableModel
from .rows import Target
from .states import Columns

if TYPE_CHECKING:
    import networkx as nx

__all__ = ["Relabelling", "Symmetry", "find_symmetry", "scalar_product_graph"]


MOST_SETTINGS = 40
"""Settings in all up to which `find_symmetry` looks at a problem; the graph has twice as many nodes."""
MOST_ELEMENTS = 500
"""Elements of a group that is made use of; larger ones are left alone."""


@dataclass(frozen=True)
class Relabelling:
    """A signed permutation: Alice's setting i becomes ``alice[i]``, outcomes times ``alice_signs[i]``; Bob's too."""

    alice: tuple[int, ...]
    alice_signs: tuple[int, ...]
    bob: tuple[int, ...]
    bob_signs: tuple[int, ...]


@dataclass(frozen=True)
class Symmetry:
    """A group of relabellings; all its elements are listed.

    Parameters
    ----------
    elements : tuple of Relabelling
    """

    elements: tuple[Relabelling, ...]

    @property
    def order(self) -> int:
        """Number of elements."""
        return len(self.elements)

    def fits(self, shape: tuple[int, int]) -> bool:
        """Whether every element relabels so many settings."""
        sides = [(g.alice, g.alice_signs, g.bob, g.bob_signs) for g in self.elements]
        return all(tuple(map(len, side)) == (shape[0], shape[0], shape[1], shape[1]) for side in sides)

    def row_orbits(self, first: NDArray[np.intp], second: NDArray[np.intp]) -> NDArray[np.intp]:
        """Orbit number of every pair row ("+" rows, then "−" rows), counted 0, 1, …, shape (2n,)."""
        n = len(first)
        place = {(i, j): k for k, (i, j) in enumerate(zip(first.tolist(), second.tolist(), strict=True))}
        parent = list(range(2 * n))

        def root(x: int) -> int:
            while parent[x] != x:
                parent[x] = parent[parent[x]]
                x = parent[x]
            return x

        for g in self.elements:
            for (i, j), k in place.items():
                image = place[g.alice[i], g.bob[j]]
                same = g.alice_signs[i] == g.bob_signs[j]
                for row, other in ((k, image if same else image + n), (k + n, image + n if same else image)):
                    x, y = root(row), root(other)
                    if x != y:
                        parent[max(x, y)] = min(x, y)
        roots = np.array([root(x) for x in range(2 * n)])
        return np.unique(roots, return_inverse=True)[1].astype(np.intp)

    def expand(
        self, columns: Columns, weights: Array, parts: Sequence[HiddenVariableModel], antipodal: bool
    ) -> tuple[Columns, Array]:
        """All images of the states, each with its share of the weight; equal states are put together."""
        items, shares = [], []
        for g in self.elements:
            for k, part in enumerate(parts):
                mine = columns.part == k
                if mine.any():
                    items.append(Columns.of(part.relabelled(columns.states(k), g), k))
                    shares.append(weights[mine] / self.order)
        everything = Columns.join(items)
        return _together(everything, np.concatenate(shares), antipodal)


def _together(columns: Columns, weights: Array, antipodal: bool) -> tuple[Columns, Array]:
    """Equal states (within 1e-9) become one, with the sum of their weights."""
    cells: dict[bytes, int] = {}
    kept: list[int] = []
    sums: list[float] = []
    for k in range(len(columns)):
        first = columns.alice[:, k] if np.isnan(columns.u[k, 0]) else columns.u[k]
        second = columns.bob[:, k] if np.isnan(columns.v[k, 0]) else columns.v[k]
        row = np.concatenate([first, second])
        cell = np.round(row * 1e8) + 0.0
        if antipodal:
            lead = cell[np.flatnonzero(cell)[:1]]
            if len(lead) and lead[0] < 0:
                cell = -cell + 0.0
        key = cell.tobytes() + bytes([int(columns.part[k])])
        if key in cells:
            sums[cells[key]] += float(weights[k])
        else:
            cells[key] = len(kept)
            kept.append(k)
            sums.append(float(weights[k]))
    return columns.take(np.array(kept)), np.array(sums)


def _classes(values: Array) -> NDArray[np.intp]:
    """Numbers 0, 1, … for values that agree within 1e-9 of a neighbour."""
    flat = values.ravel()
    order = np.argsort(flat)
    jumps = np.concatenate([[0], np.cumsum(np.diff(flat[order]) > 1e-9)])
    out = np.empty(len(flat), dtype=np.intp)
    out[order] = jumps
    return out.reshape(values.shape)


def _labels(target: Target, parts: Sequence[HiddenVariableModel]) -> NDArray[np.int64]:
    """Labels of the edges of the coloured complete graph, and of the nodes on the diagonal."""
    n_a, n_b = target.behaviour.shape
    doubled_a, doubled_b = 2 * n_a, 2 * (n_a + n_b)
    size = doubled_b
    signs = np.array([1.0, -1.0])

    def doubled(table: Array) -> Array:
        return np.asarray(np.kron(table, np.outer(signs, signs)), dtype=np.float64)

    labels = np.zeros((size, size), dtype=np.int64)
    known = np.kron(target.behaviour.known, np.ones((2, 2))) > 0
    values = _classes(doubled(np.where(target.behaviour.known, target.behaviour.correlators, 0.0)))
    noise = _classes(doubled(np.where(target.behaviour.known, target.noise.correlators, 0.0)))
    across = np.where(known, 1 + values + noise * (values.max() + 1), 0)
    labels[:doubled_a, doubled_a:] = across
    labels[doubled_a:, :doubled_a] = across.T
    tables = [pair for part in parts for pair in part.invariants() or ()]
    top = int(labels.max()) + 2
    for start, count, side in ((0, n_a, 0), (doubled_a, n_b, 1)):
        inner = np.zeros((2 * count, 2 * count), dtype=np.int64)
        for pair in tables:
            inner = inner * 100_000 + _classes(doubled(pair[side]))
        inner[np.arange(0, 2 * count, 2), np.arange(1, 2 * count, 2)] = -1
        inner[np.arange(1, 2 * count, 2), np.arange(0, 2 * count, 2)] = -1
        labels[start : start + 2 * count, start : start + 2 * count] = top + inner
    party = np.where(np.arange(size) < doubled_a, 0, 1)
    np.fill_diagonal(labels, party - 2)
    return labels


def scalar_product_graph(target: Target, parts: Sequence[HiddenVariableModel]) -> nx.Graph:
    """The coloured complete graph as a networkx graph: nodes with ``kind``, edges with ``label``."""
    import networkx as nx

    labels = _labels(target, parts)
    graph = nx.Graph()
    graph.add_nodes_from((k, {"kind": int(labels[k, k])}) for k in range(len(labels)))
    graph.add_edges_from(
        (int(p), int(q), {"label": int(labels[p, q])}) for p, q in zip(*np.triu_indices(len(labels), 1))
    )
    return graph


def _refined(labels: NDArray[np.int64]) -> NDArray[np.int64]:
    """Colours of the nodes that automorphisms preserve: refined until the numbers of neighbours of each kind agree."""
    colours = np.diagonal(labels).copy()
    count = 0
    while True:
        rows = [
            (int(colours[k]), *np.sort(labels[k] * (len(labels) + 3) + colours).tolist()) for k in range(len(labels))
        ]
        names = {row: number for number, row in enumerate(sorted(set(rows)))}
        colours = np.array([names[row] for row in rows])
        if len(names) == count:
            return colours
        count = len(names)


def _automorphisms(labels: NDArray[np.int64], most: int) -> list[NDArray[np.intp]]:
    """All permutations π of the nodes with labels[π(p), π(q)] = labels[p, q], or the first ``most`` of them.

    Backtracking, node after node; after three independent directions every image is forced. networkx's matcher finds
    the same maps, and takes seconds on complete graphs of 40 nodes where this takes milliseconds.
    """
    colours = _refined(labels)
    size = len(labels)
    image = np.full(size, -1, dtype=np.intp)
    found: list[NDArray[np.intp]] = []

    def extend(k: int, allowed: NDArray[np.bool_]) -> None:
        """Choose the image of node k; ``allowed[p, q]``: q is still possible for p."""
        if len(found) >= most:
            return
        if k == size:
            found.append(image.copy())
            return
        for q in np.flatnonzero(allowed[k]).tolist():
            rest = allowed[k + 1 :] & (labels[q][None, :] == labels[k][k + 1 :, None])
            if rest.any(axis=1).all():
                image[k] = q
                extended = np.zeros_like(allowed)
                extended[k + 1 :] = rest
                extend(k + 1, extended)

    extend(0, colours[:, None] == colours[None, :])
    return found


def find_symmetry(target: Target, parts: Sequence[HiddenVariableModel]) -> Symmetry | None:
    """All relabellings that leave the model, the behaviour, the noise and the known pairs as they are.

    Returns None where there are too many settings or elements to look, or a part of the model names no invariants.
    """
    n_a, n_b = target.behaviour.shape
    if n_a + n_b > MOST_SETTINGS or any(part.invariants() is None for part in parts):
        return None
    maps = _automorphisms(_labels(target, parts), MOST_ELEMENTS + 1)
    if len(maps) > MOST_ELEMENTS or len(maps) < 2:
        return None
    return Symmetry(tuple(_relabelling(mapping, n_a, n_b) for mapping in maps))


def _relabelling(mapping: NDArray[np.intp], n_a: int, n_b: int) -> Relabelling:
    def side(start: int, count: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
        images = [int(mapping[start + 2 * k]) - start for k in range(count)]
        return tuple(image // 2 for image in images), tuple(1 - 2 * (image % 2) for image in images)

    alice, alice_signs = side(0, n_a)
    bob, bob_signs = side(2 * n_a, n_b)
    return Relabelling(alice, alice_signs, bob, bob_signs)
