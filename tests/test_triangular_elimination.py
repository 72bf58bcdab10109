"""Bell inequalities from facets of cut polytopes: theorems of quant-ph/0505060, and A10 among them."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

import nsmodels as ns
from nsmodels.errors import InputError
from nsmodels.models.qubits import bell_operator, seesaw
from nsmodels.studies.polytopes import face

F = ns.functionals


def hypermetric(*b: int) -> np.ndarray:
    return -np.outer(b, b).astype(float)


def parachute() -> np.ndarray:
    """Par_7 of Deza and Laurent, Geometry of Cuts and Metrics, section 30.4: node 0 on top, u_1 u_2 u_3 v_1 v_2 v_3."""
    table = np.zeros((7, 7))
    for u, v in ((3, 2), (2, 1), (1, 4), (4, 5), (5, 6)):  # the path u_3 … u_1 v_1 … v_3
        table[u, v] = -1.0
    for i in (1, 2):
        for u, v in ((0, i), (0, 3 + i), (3, 3 + i), (6, i)):
            table[u, v] = 1.0
    table[3, 6] = 1.0
    return table + table.T


def largest(table: np.ndarray) -> float:
    signs = np.array(list(product((1.0, -1.0), repeat=len(table))))
    return float((np.einsum("ku,uv,kv->k", signs, table - np.diag(np.diag(table)), signs) / 2).max())


@pytest.mark.parametrize(
    ("table", "parties", "shape"),
    [
        (hypermetric(1, 1, 1, 1, 1), "XAABB", (3, 3)),
        (hypermetric(1, 1, 1, 1, 1), "XAAAB", (3, 4)),
        (hypermetric(2, 1, 1, 1, 1, 1), "XAAABB", (4, 5)),
        (hypermetric(1, 2, 1, 1, 1, 1), "XAAABB", (4, 5)),
        (parachute(), "XABABAB", (4, 4)),
        (parachute(), "XAAABAB", (4, 5)),
    ],
)
def test_facets_become_facets(table: np.ndarray, parties: str, shape: tuple[int, int]) -> None:
    """The theorem of quant-ph/0505060; the largest value is that of the cut polytope."""
    f = F.triangular_elimination(table, parties)
    found = face(f, ns.Bell(f.shape))
    assert f.shape == shape
    assert found.facet
    assert found.bound == largest(table)


def test_the_pentagon_becomes_i3322() -> None:
    pentagon = F.triangular_elimination(hypermetric(1, 1, 1, 1, 1), "XAABB")
    wanted = 4.0 * (F.i3322() + ns.Functional(np.zeros((3, 3)), constant=0.5))
    assert any(version == wanted for version in F.relabellings(pentagon))


def test_the_largest_value_stays_for_any_table() -> None:
    rng = np.random.default_rng(1)
    for _ in range(10):
        table = rng.integers(-2, 3, (5, 5)).astype(float)
        f = F.triangular_elimination(table + table.T, "AABXB")
        assert ns.bound(f, ns.Bell(f.shape)).upper == largest(table + table.T)


def test_a10_is_the_parachute() -> None:
    """With other names of settings and outcomes; local bound 0, and two qubits stay just below 0.4158004."""
    table = F.triangular_elimination(parachute(), "XAAABAB").to_full_correlators()
    rows, columns = [0, 4, 1, 3, 2], [0, 4, 3, 1, 5, 2]
    turned = table[np.ix_(rows, columns)] * np.outer([1, -1, -1, -1, -1], [1, -1, 1, -1, -1, -1])
    turned[0, 0] -= 4.0
    assert np.array_equal(turned, 4.0 * F.a10().to_full_correlators())
    bell = face(F.a10(), ns.Bell((4, 5)))
    assert (bell.bound, bell.facet) == (0, True)
    state = seesaw(F.a10(), rng=np.random.default_rng(0), starts=3)
    operator = bell_operator(F.a10().to_full_correlators(), state.alice_observables, state.bob_observables)
    assert 0.415389 < np.linalg.eigvalsh(operator)[-1] < 0.4158004


@pytest.mark.parametrize(
    ("table", "parties", "message"),
    [
        ([[0, 1], [2, 0]], "AB", "finite and symmetric"),
        ([[0, 1, 1], [1, 0, 1]], "AB", "must be square"),
        (np.ones((3, 3)), "AB", "a letter for each node.* 3 nodes"),
        (np.ones((3, 3)), "ABC", "a letter for each node"),
        (np.ones((3, 3)), "XXA", "one node at most"),
        (np.ones((2, 2)), "AA", "for one at least"),
    ],
)
def test_refusals(table: object, parties: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        F.triangular_elimination(table, parties)
