r"""Shortest paths in doubled graphs: the exact solution of systems of constraints ±x_k ± x_l ≤ w.

Every unknown x_k, k = 0 … n−1, becomes two nodes: ``k`` with value x_k and ``n + k`` with value −x_k. A constraint
|x_k − x_l| ≤ w is an edge of weight w between nodes of equal sign, |x_k + x_l| ≤ w one between nodes of opposite sign,
and |x_k| ≤ 1 an edge of weight 2 between the two nodes of k, the *cap*. The largest x_s is half the distance D from
node s to node n + s: a path adds constraints up to 2 x_s ≤ D, and with d the distances from s the *potentials*
x_k = max(0, D/2 − d(k)) − max(0, D/2 − d(n+k)) satisfy all constraints and attain x_s = D/2. Only nodes nearer than
D/2 matter, because reversing all signs is a symmetry of the graph: the search from the far end is the mirror image.

The unknowns come in two groups, the first n_A and the other n_B. A known pair (i, j) of both groups has edges 1 − C_ij
(equal signs) and 1 + C_ij (opposite signs). With `marginals` m, all other pairs have edges 2 − |m_k + m_l| and
2 − |m_k − m_l|; without, there are no others.

Exactness. Weights are lowered by the rounding of the data and then to a multiple of 2^-51, never below 0. Sums of them
up to 4 are then exact in double precision, so potentials are integers in units of 2^-52 and satisfy the constraints of
the true data without any tolerance, including equalities (weight 0). Source: Miné, Higher-Order Symb. Comput. 19, 31
(2006) for systems ±x ± y ≤ w and shortest paths.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ...common.arrays import Array
from ...errors import InputError

if TYPE_CHECKING:
    import networkx

__all__ = [
    "POTENTIAL_UNIT",
    "DoubledGraph",
    "HalfPath",
    "default_engine",
    "largest_violation",
    "load_engine",
    "search",
    "search_many",
    "to_networkx",
]

Integers = NDArray[np.int64]

QUANTUM = 2.0**-51
"""Unit of the weights: sums up to 4 of its multiples are exact in double precision."""
POTENTIAL_UNIT = 2.0**-52
"""Unit of the potentials, which are halves of distances."""
CAP = 2.0
"""Weight between the two nodes of one unknown: |x_k| ≤ 1."""
LITTLE_WORK = 1_500_000
"""Pairs times searches, about half a second, up to which scipy is the default: it needs no compilation."""


@dataclass(frozen=True, eq=False)
class DoubledGraph:
    """The constraints, either with a table of correlators or with two lists of vectors whose products they are.

    Parameters
    ----------
    correlators : ndarray or None, shape (n_A, n_B)
        C_ij in [−1, 1].
    left, right : ndarray or None, shapes (n_A, d) and (n_B, d)
        Instead of a table: C_ij = left_i · right_j is computed when needed and never stored.
    known : ndarray of bool or None, shape (n_A, n_B)
        Pairs that have edges; all by default. Only with a table.
    marginals : ndarray or None, shape (n_A + n_B,)
        m_k, for the edges of the other pairs.
    rounding : float
        Bound on the distance of each entry (for vectors: of each computed product) from the exact one.
    """

    correlators: Array | None = None
    left: Array | None = None
    right: Array | None = None
    known: NDArray[np.bool_] | None = None
    marginals: Array | None = None
    rounding: float = 0.0

    def __post_init__(self) -> None:
        if (self.correlators is None) == (self.left is None) or (self.left is None) != (self.right is None):
            raise InputError("DoubledGraph: give either correlators, or left and right")
        if self.known is not None and self.correlators is None:
            raise InputError("DoubledGraph: known pairs need a table of correlators")

    @property
    def vectors(self) -> tuple[Array, Array]:
        """Left and right vectors."""
        if self.left is None or self.right is None:
            raise InputError("DoubledGraph: it has a table of correlators, not vectors")
        return self.left, self.right

    @property
    def shape(self) -> tuple[int, int]:
        """Sizes of the two groups."""
        if self.correlators is not None:
            return self.correlators.shape[0], self.correlators.shape[1]
        left, right = self.vectors
        return len(left), len(right)

    @property
    def size(self) -> int:
        """The number n of unknowns; the graph has 2n nodes."""
        return sum(self.shape)

    def weights(self, k: int) -> tuple[Array, Array]:
        """Lowered weights from node k to the nodes of equal and of opposite sign; infinite where there is no edge."""
        n_a, n_b = self.shape
        margin = self.rounding + 2.0**-52  # both subtractions below round by at most 2^-53
        same, opposite = np.full(n_a + n_b, np.inf), np.full(n_a + n_b, np.inf)
        if self.marginals is not None:
            slack = 2.0 * margin  # two entries, three roundings of numbers ≤ 2
            same = _lowered(CAP - np.abs(self.marginals[k] + self.marginals), slack)
            opposite = _lowered(CAP - np.abs(self.marginals[k] - self.marginals), slack)
        first = k < n_a
        index = k if first else k - n_a
        others = slice(n_a, n_a + n_b) if first else slice(0, n_a)
        if self.correlators is not None:
            row = self.correlators[index] if first else self.correlators[:, index]
        else:
            left, right = self.vectors
            row = right @ left[index] if first else left @ right[index]
        near, far = _lowered(1.0 - row, margin), _lowered(1.0 + row, margin)
        if self.known is not None:
            seen = self.known[index] if first else self.known[:, index]
            near, far = np.where(seen, near, same[others]), np.where(seen, far, opposite[others])
        same[others], opposite[others] = near, far
        same[k], opposite[k] = 0.0, CAP
        return same, opposite


@dataclass(frozen=True, eq=False)
class HalfPath:
    """The largest value of one unknown, with both proofs.

    Attributes
    ----------
    source : int
        The unknown s.
    length : float
        Distance from s to n + s with lowered weights, at most 2; x_s ≤ length/2 up to the lowering.
    nodes : tuple of int
        The path, from s to n + s.
    potentials : ndarray of int64, shape (n,)
        x in units of 2^-52: satisfies all constraints exactly and has x_s = length/2.
    """

    source: int
    length: float
    nodes: tuple[int, ...]
    potentials: Integers


def _lowered(weights: Array, margin: float) -> Array:
    """Multiples of 2^-51 below the weights by at least the margin, but not below 0 (true weights never are)."""
    return np.maximum(np.floor((weights - margin) / QUANTUM), 0.0) * QUANTUM


def _potentials(distance: Array, length: float) -> Integers:
    """x_k = max(0, D/2 − d(k)) − max(0, D/2 − d(n+k)), an exact integer in units of 2^-52."""
    reach = np.maximum(length - 2.0 * np.minimum(distance, CAP), 0.0)
    n = len(distance) // 2
    return np.asarray((reach[:n] - reach[n:]) / QUANTUM, dtype=np.int64)


def _sparse(graph: DoubledGraph) -> Any:
    """The graph as a CSR matrix; edges of weight 0 are stored entries, and indices are what every scipy searches."""
    import scipy.sparse

    n = graph.size
    data, columns, starts = [], [], [0]
    rows = [graph.weights(k) for k in range(n)]
    for sign in (0, 1):
        for k in range(n):
            pair = rows[k] if sign == 0 else rows[k][::-1]
            row = np.concatenate(pair)
            row[k + sign * n] = np.inf
            finite = np.flatnonzero(row < np.inf)
            data.append(row[finite])
            columns.append(finite)
            starts.append(starts[-1] + len(finite))
    indices = np.concatenate(columns).astype(np.int32), np.asarray(starts, dtype=np.int32)  # before 1.15 int32 alone
    return scipy.sparse.csr_array((np.concatenate(data), *indices), shape=(2 * n, 2 * n))


def _search_scipy(matrix: Any, source: int) -> HalfPath:
    from scipy.sparse.csgraph import dijkstra

    n = matrix.shape[0] // 2
    distances, befores = dijkstra(matrix, True, np.array([source]), True, limit=CAP)
    distance, before = distances[0], befores[0]
    nodes = [source + n]
    while nodes[-1] != source:
        nodes.append(int(before[nodes[-1]]))
    length = float(distance[source + n])
    return HalfPath(source, length, tuple(reversed(nodes)), _potentials(distance, length))


def _search_numba(graph: DoubledGraph, source: int, transposed: tuple[Array, NDArray[np.bool_]]) -> HalfPath:
    from .kernel import half_search

    n_a, n_b = graph.shape
    n = n_a + n_b
    table = np.zeros((0, 0)) if graph.correlators is None else graph.correlators
    left = np.zeros((0, n_a)) if graph.left is None else np.ascontiguousarray(graph.left.T)
    right = np.zeros((0, n_b)) if graph.right is None else np.ascontiguousarray(graph.right.T)
    known = np.zeros((0, 0), dtype=bool) if graph.known is None else graph.known
    marginals = np.zeros(0) if graph.marginals is None else graph.marginals
    margin = graph.rounding + 2.0**-52
    length, meeting, distance, before = half_search(
        n_a, n_b, table, transposed[0], known, transposed[1], left, right, marginals, margin, source
    )
    if meeting[0] < 0:  # nothing beats the cap
        nodes = [source, source + n]
    else:
        # the two halves of the path: to meeting[0], and the mirror image of the way to the mirror image of meeting[1]
        def way(node: int) -> list[int]:
            steps = [node]
            while steps[-1] != source:
                steps.append(int(before[steps[-1]]))
            return steps[::-1]

        back = [(node + n) % (2 * n) for node in way((int(meeting[1]) + n) % (2 * n))]
        nodes = way(int(meeting[0])) + back[::-1]
    return HalfPath(source, float(length), tuple(nodes), _potentials(distance, float(length)))


def default_engine(graph: DoubledGraph, searches: int) -> str:
    """The engine for so many searches: ``"scipy"`` for little work on a table, else ``"numba"``."""
    return "scipy" if graph.correlators is not None and graph.correlators.size * searches <= LITTLE_WORK else "numba"


def load_engine(engine: str) -> float:
    """Import, and compile or load from disk, what this engine needs; return the seconds that took, this time.

    Raises
    ------
    KeyboardInterrupt
        Ctrl-C arrived before the search was compiled.
    """
    begin = time.perf_counter()
    if engine == "numba":
        from .kernel import compile_search

        compile_search()
    else:
        next(search_many(DoubledGraph(np.zeros((1, 1))), [0], engine))
    return time.perf_counter() - begin


def search_many(graph: DoubledGraph, sources: Sequence[int], engine: str | None = None) -> Any:
    """Yield the `HalfPath` of each source in turn.

    Parameters
    ----------
    graph : DoubledGraph
    sources : sequence of int
        Unknowns, 0 … n−1.
    engine : {"scipy", "numba"}, optional
        ``scipy.sparse.csgraph``, or the compiled search that stores no weights and stops half way; by default what
        `default_engine` says.

    Raises
    ------
    InputError
        For an unknown engine.
    """
    engine = engine or default_engine(graph, len(sources))
    if engine == "scipy":
        matrix = _sparse(graph)
        for source in sources:
            yield _search_scipy(matrix, source)
    elif engine == "numba":
        table = np.zeros((0, 0)) if graph.correlators is None else np.ascontiguousarray(graph.correlators.T)
        known = np.zeros((0, 0), dtype=bool) if graph.known is None else np.ascontiguousarray(graph.known.T)
        for source in sources:
            yield _search_numba(graph, source, (table, known))
    else:
        raise InputError(f"paths: unknown engine {engine!r}; scipy or numba")


def search(graph: DoubledGraph, source: int, engine: str | None = None) -> HalfPath:
    """The largest value of one unknown; see `search_many`."""
    result: HalfPath = next(search_many(graph, [source], engine))
    return result


def largest_violation(graph: DoubledGraph, potentials: Integers) -> float:
    """How far the potentials violate the lowered constraints: exactly 0 for the result of a search."""
    x = potentials * POTENTIAL_UNIT  # exact: at most 53 bits
    worst = max(0.0, float(np.abs(x).max()) - 1.0)
    for k in range(graph.size):
        same, opposite = graph.weights(k)
        worst = max(worst, float((np.abs(x[k] - x) - same).max()), float((np.abs(x[k] + x) - opposite).max()))
    return worst


def to_networkx(graph: DoubledGraph, names: Sequence[str]) -> networkx.Graph:
    """The graph with nodes ``"A0+"``, ``"A0-"``, … and an attribute ``weight``, for small cases and pictures."""
    import networkx

    result = networkx.Graph()
    for k, name in enumerate(names):
        result.add_edge(f"{name}+", f"{name}-", weight=CAP)
        same, opposite = graph.weights(k)
        for other in range(k + 1, graph.size):
            for weight, signs in ((same, ("+", "-")), (opposite, ("-", "+"))):
                if np.isfinite(weight[other]):
                    for first, second in zip("+-", signs, strict=True):
                        result.add_edge(f"{name}{first}", f"{names[other]}{second}", weight=float(weight[other]))
    return result
