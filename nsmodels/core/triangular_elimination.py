"""Bell inequalities from facets of cut polytopes, by triangular elimination.

An inequality Σ_(u<v) s_uv x_u x_v ≤ b for all signs x of n nodes is one of the cut polytope of n points. Let one node,
at most, be a constant +1 (X) and each other one an observable of Alice's (A) or Bob's (B). Terms between two
observables of one party cannot be measured. Each is replaced by means of a new observable of the other party, here
Bob's b:

    t A A' = max over b = ±1 of |t| (A b + sgn(t) A' b) − |t|,

so that the largest value over all signs stays the same. Facets of the cut polytope but triangle inequalities become
facets of the local polytope: a pentagon becomes I3322.

Source: Avis, Imai, Ito, Sasaki, J. Phys. A 38, 10971 (2005), quant-ph/0505060.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np
from numpy.typing import ArrayLike

from ..common.arguments import check_size, floats
from ..errors import InputError
from .functional import Functional

__all__ = ["triangular_elimination"]

WHO = "triangular_elimination"
LETTERS = 'a letter for each node, such as "XAABB": X for the constant, A and B for observables'


def triangular_elimination(coefficients: ArrayLike, parties: str) -> Functional:
    """The functional of a Bell inequality from an inequality Σ_(u<v) s_uv x_u x_v ≤ b for signs x of n nodes.

    Parameters
    ----------
    coefficients : array_like, shape (n, n)
        Symmetric, with s_uv off the diagonal; the diagonal is ignored. For the hypermetric inequality with the vector b
        it is −b_u b_v.
    parties : str
        A letter for each node, such as "XAABB": X, at most once, for the constant +1, A and B for observables.

    Returns
    -------
    Functional
        Its largest value for local boxes is b. Settings are in the order of the nodes, then one of Bob's for each
        coefficient between two of Alice's, and one of Alice's for each between two of Bob's.

    Raises
    ------
    InputError
        If the table is not symmetric, or the letters do not fit it.

    Source: Avis, Imai, Ito, Sasaki, J. Phys. A 38, 10971 (2005), quant-ph/0505060.

    Examples
    --------
    >>> import numpy as np, nsmodels as ns
    >>> pentagon = -np.ones((5, 5))
    >>> f = ns.functionals.triangular_elimination(pentagon, "XAABB")
    >>> print(f.shape, ns.studies.polytopes.face(f, ns.Bell(f.shape)))
    (3, 3) Face(a facet: dimension 14 of 15, 20 boxes, bound 2)
    """
    table = floats(coefficients, f"{WHO}: coefficients is not a table of numbers with rows of equal length")
    if table.ndim != 2 or table.shape[0] != table.shape[1]:
        raise InputError(f"{WHO}: coefficients has shape {table.shape}; it must be square")
    if not np.isfinite(table).all() or not np.array_equal(table, table.T):
        raise InputError(f"{WHO}: coefficients must be finite and symmetric")
    if not isinstance(parties, str) or len(parties) != len(table) or set(parties) - set("XAB"):
        raise InputError(f"{WHO}: parties must be {LETTERS}; the table has {len(table)} nodes")
    if parties.count("X") > 1 or not {"A", "B"} <= set(parties):
        raise InputError(f"{WHO}: X may stand for one node at most, and A and B for one at least")
    sides = [[u for u, letter in enumerate(parties) if letter == party] for party in "AB"]
    inner = [[(u, v) for u, v in combinations(side, 2) if table[u, v]] for side in sides]
    shape = len(sides[0]) + len(inner[1]), len(sides[1]) + len(inner[0])
    check_size(shape, WHO)
    correlators, constant = np.zeros(shape), 0.0
    correlators[: len(sides[0]), : len(sides[1])] = table[np.ix_(*sides)]
    # Alice's terms with new columns, then Bob's with new rows
    for side, other, pairs, target in zip(sides, sides[::-1], inner, (correlators, correlators.T)):
        for k, (u, v) in enumerate(pairs, len(other)):
            t = float(table[u, v])
            target[side.index(u), k], target[side.index(v), k] = abs(t), t
            constant -= abs(t)
    marginals = [np.zeros(count) for count in shape]
    if "X" in parties:
        for side, found in zip(sides, marginals):
            found[: len(side)] = table[parties.index("X"), side]
    return Functional(correlators, marginals[0], marginals[1], constant)
