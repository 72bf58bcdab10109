"""Two-qubit states in which given probabilities vanish exactly, as in Hardy's paradox.

Where the operators of the constraints g = c are positive semidefinite, the state has to lie in their common kernel.
Measurements along rational unit vectors make the kernel rational, so that a state in it is exact.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..common.rationals import kernel_of, rational_point, rationals
from ..core.functional import Functional
from ..core.hidden_states import HiddenState
from .quantum_levels import LinearConstraint
from .qubits import PAULI, bell_operator, exact_means, seesaw

__all__ = ["RationalQubits", "zero_state"]

Array = NDArray[np.float64]
Rows = tuple[tuple[Fraction, ...], ...]
NEGATIVE, FLAT = -1e-9, 1e-7
"""Eigenvalues above the first count as ≥ 0, below the second as 0, in units of the operators' size."""
PENALTY = 30.0
STARTS = 12


@dataclass(frozen=True, eq=False, repr=False)
class RationalQubits(HiddenState):
    """A pair of qubits in exact rationals: amplitudes (not normalised) and rows (c, n_x, n_y, n_z) of observables."""

    real: tuple[Fraction, ...] = ()
    imaginary: tuple[Fraction, ...] = ()
    first: Rows = ()
    second: Rows = ()

    def certificate(self) -> dict[str, Any]:
        """``{"qubits": {"psi_re", "psi_im", "alice", "bob"}}``, as for states in doubles."""
        sides = {"alice": self.first, "bob": self.second}
        amplitudes = {"psi_re": rationals(self.real), "psi_im": rationals(self.imaginary)}
        return {"qubits": amplitudes | {party: [rationals(row) for row in rows] for party, rows in sides.items()}}

    def exact_behaviour(self) -> tuple[list[Fraction], list[Fraction], list[list[Fraction]]]:
        """Marginals A, B and correlators C as exact rationals."""
        return exact_means(self.real, self.imaginary, self.first, self.second)


def zero_state(
    functional: Functional, constraints: Sequence[LinearConstraint], rng: np.random.Generator, time_limit_s: float
) -> RationalQubits | None:
    """A good state in the kernel of all constraints; None where that is not what they ask for."""
    begin = time.perf_counter()
    tables = []
    for constraint in constraints:
        table = constraint.functional.to_full_correlators()
        table[0, 0] -= constraint.value
        tables.append(-table if constraint.sense == ">=" else table)
    search = _Search(functional.to_full_correlators(), np.array(tables))
    size = float(np.abs(search.aim).sum())
    pushed = functional
    for constraint, table in zip(constraints, search.zeros):
        sign = -1.0 if constraint.sense == ">=" else 1.0
        pushed = pushed - (sign * PENALTY * size / max(1e-300, float(np.abs(table).sum()))) * constraint.functional
    best: tuple[float, Array] | None = None
    for _ in range(STARTS):
        start = seesaw(pushed, rng=rng, starts=1, time_limit_s=time_limit_s)
        assert start.alice_observables is not None
        assert start.bob_observables is not None
        directions = np.vstack([start.alice_observables, start.bob_observables])[:, 1:]
        lengths = np.linalg.norm(directions, axis=1)
        if (lengths < 0.5).any():
            continue
        found = search.climbed(directions / lengths[:, None], rng, begin + time_limit_s)
        if found is not None and (best is None or found[0] > best[0]):
            best = found
        if time.perf_counter() - begin > 0.7 * time_limit_s:
            break
    return None if best is None else search.exact(best[1])


class _Search:
    """Hill climbing over directions, the state being the best one in the kernel."""

    def __init__(self, aim: Array, zeros: Array) -> None:
        self.aim, self.zeros = aim, zeros
        self.n_alice = aim.shape[0] - 1

    def _kernel(self, directions: Array) -> tuple[float, NDArray[np.complex128]] | None:
        """The largest value in the kernel, and the state; None where an operator is not ≥ 0, or has no kernel."""
        observables = np.hstack([np.zeros((len(directions), 1)), directions])
        alice, bob = observables[: self.n_alice], observables[self.n_alice :]
        total = np.zeros((4, 4), dtype=np.complex128)
        for table in self.zeros:
            operator = bell_operator(table, alice, bob) / max(1e-300, float(np.abs(table).sum()))
            if np.linalg.eigvalsh(operator)[0] < NEGATIVE:
                return None
            total += operator
        values, vectors = np.linalg.eigh(total)
        kernel = vectors[:, values < FLAT]
        if not kernel.shape[1]:
            return None
        inner = kernel.conj().T @ bell_operator(self.aim, alice, bob) @ kernel
        heights, columns = np.linalg.eigh(inner)
        return float(heights[-1]), kernel @ columns[:, -1]

    def climbed(self, directions: Array, rng: np.random.Generator, deadline: float) -> tuple[float, Array] | None:
        """Random steps that get smaller where they do not help."""
        here = self._kernel(directions)
        if here is None:
            return None
        best, step = here[0], 0.3
        while step > 1e-7 and time.perf_counter() < deadline:
            better = False
            for _ in range(30):
                moved = directions + step * rng.standard_normal(directions.shape)
                moved /= np.linalg.norm(moved, axis=1, keepdims=True)
                there = self._kernel(moved)
                if there is not None and there[0] > best:
                    best, directions, better = there[0], moved, True
            step *= 1.0 if better else 0.5
        return best, directions

    def exact(self, directions: Array) -> RationalQubits | None:
        """Rational directions nearby, and the state of their kernel that is nearest to the best one."""
        found = self._kernel(directions)
        if found is None:
            return None
        points = [(Fraction(0), *rational_point(row.tolist())) for row in directions]
        first, second = tuple(points[: self.n_alice]), tuple(points[self.n_alice :])
        rows: list[list[Fraction]] = []
        for table in self.zeros:
            rows += _real_operator(table, first, second)
        kernel = kernel_of(rows)
        if not kernel:
            return None
        wanted = np.concatenate([found[1].real, found[1].imag])
        basis = np.array([[float(x) for x in column] for column in kernel])
        shares = np.linalg.lstsq(basis.T, wanted, rcond=None)[0]
        shares = shares / np.abs(shares).max()
        psi = [sum((Fraction(float(c)) * x for c, x in zip(shares, entries)), Fraction(0)) for entries in zip(*kernel)]
        state = RationalQubits(
            np.zeros(len(first)), np.zeros(len(second)), real=tuple(psi[:4]), imaginary=tuple(psi[4:]), first=first,
            second=second,
        )  # fmt: skip
        alice, bob, _ = state.exact_behaviour()
        means = np.array([float(x) for x in alice]), np.array([float(x) for x in bob])
        return RationalQubits(*means, real=state.real, imaginary=state.imaginary, first=first, second=second)


def _real_operator(table: Array, first: Rows, second: Rows) -> list[list[Fraction]]:
    """Σ table_xy A_x ⊗ B_y as a real matrix [[R, −I], [I, R]], exactly."""
    identity = (Fraction(1), Fraction(0), Fraction(0), Fraction(0))
    left, right = (identity, *first), (identity, *second)
    real = [[Fraction(0)] * 4 for _ in range(4)]
    imaginary = [[Fraction(0)] * 4 for _ in range(4)]
    for m in range(4):
        for n in range(4):
            weight = sum(
                (Fraction(x) * left[i][m] * right[j][n] for (i, j), x in np.ndenumerate(table) if x), Fraction(0)
            )
            operator = np.kron(PAULI[m], PAULI[n])
            for r, s in zip(*np.nonzero(operator)):
                real[r][s] += weight * int(operator[r, s].real)
                imaginary[r][s] += weight * int(operator[r, s].imag)
    upper = [[*x, *(-y for y in z)] for x, z in zip(real, imaginary)]
    return upper + [[*z, *x] for x, z in zip(real, imaginary)]
