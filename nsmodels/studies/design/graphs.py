"""Which pairs are measured: bipartite graphs of a given number of edges, up to isomorphism.

Vertices are directions, Alice's and Bob's, edges are measured pairs, and no direction is idle. Two directions of a
party may turn out equal, so the optimum over K disjoint pairs is at least as good as over every graph with K edges;
other graphs need fewer directions.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["MOST_LISTED", "disjoint", "graphs", "some_graphs"]

Pairs = NDArray[np.bool_]

MOST_LISTED = 6
"""Edges up to which all graphs are listed."""


def disjoint(edges: int) -> Pairs:
    """So many pairs that share no direction."""
    return np.eye(edges, dtype=bool)


def _labelled(pairs: Pairs) -> Any:
    import networkx as nx

    graph = nx.Graph()
    graph.add_nodes_from((("a", i), {"party": 0}) for i in range(len(pairs)))
    graph.add_nodes_from((("b", j), {"party": 1}) for j in range(pairs.shape[1]))
    graph.add_edges_from((("a", int(i)), ("b", int(j))) for i, j in np.argwhere(pairs))
    return graph


def _same(first: Any, second: Any) -> bool:
    from networkx.algorithms.isomorphism import categorical_node_match, is_isomorphic

    return bool(is_isomorphic(first, second, node_match=categorical_node_match("party", 0)))


def _signature(pairs: Pairs) -> tuple[Any, ...]:
    """What isomorphic graphs share: sizes, degrees, and degrees of neighbours."""
    rows, columns = pairs.sum(axis=1), pairs.sum(axis=0)
    return (
        pairs.shape,
        tuple(sorted((int(d), tuple(sorted(columns[pairs[i]].tolist()))) for i, d in enumerate(rows))),
        tuple(sorted((int(d), tuple(sorted(rows[pairs[:, j]].tolist()))) for j, d in enumerate(columns))),
    )


def _grown(pairs: Pairs) -> list[Pairs]:
    """All graphs with one edge more: between known directions, to a new one, or between two new ones."""
    n, m = pairs.shape
    larger = np.zeros((n + 1, m + 1), dtype=bool)
    larger[:n, :m] = pairs
    found = []
    for i in range(n + 1):
        for j in range(m + 1):
            if not larger[i, j]:
                new = larger.copy()
                new[i, j] = True
                found.append(np.ascontiguousarray(new[: max(n, i + 1), : max(m, j + 1)]))
    return found


def graphs(edges: int, *, exchangeable: bool = True) -> list[Pairs]:
    """All bipartite graphs with so many edges, up to isomorphism, those with the most directions first.

    Parameters
    ----------
    edges : int
    exchangeable : bool
        Whether exchanging the parties changes nothing.

    Returns
    -------
    list of ndarray of bool, shape (n_A, n_B)
    """
    found: list[Pairs] = [np.ones((1, 1), dtype=bool)]
    for _ in range(edges - 1):
        classes: dict[tuple[Any, ...], list[tuple[Any, Pairs]]] = {}
        for graph in found:
            for larger in _grown(graph):
                versions = [larger, larger.T] if exchangeable else [larger]
                if any(
                    _same(_labelled(version), known)
                    for version in versions
                    for known, _ in classes.get(_signature(version), [])
                ):
                    continue
                classes.setdefault(_signature(larger), []).append((_labelled(larger), larger))
        found = [pairs for group in classes.values() for _, pairs in group]
    return sorted(found, key=lambda pairs: (-sum(pairs.shape), abs(pairs.shape[0] - pairs.shape[1]), pairs.tobytes()))


def some_graphs(edges: int, count: int, rng: np.random.Generator) -> list[Pairs]:
    """Disjoint pairs first, then graphs that come from them by letting directions coincide at random."""
    found = [disjoint(edges)]
    for _ in range(20 * count):
        if len(found) == count:
            break
        pairs = disjoint(edges)
        for _ in range(int(rng.integers(1, edges))):
            if rng.random() < 0.5:
                pairs = _merged(pairs, rng)
            else:
                pairs = np.ascontiguousarray(_merged(np.ascontiguousarray(pairs.T), rng).T)
        if int(pairs.sum()) == edges and all(_signature(pairs) != _signature(known) for known in found):
            found.append(pairs)
    return found


def _merged(pairs: Pairs, rng: np.random.Generator) -> Pairs:
    """Two rows become one."""
    if len(pairs) < 2:
        return pairs
    i, j = sorted(rng.choice(len(pairs), 2, replace=False).tolist())
    rows = [pairs[a:b] for a, b in pairwise([0, j, len(pairs)])]
    merged = np.concatenate([rows[0], rows[1][1:]])
    merged[i] |= pairs[j]
    return merged
