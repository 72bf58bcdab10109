"""Two qubits with exact mean values, and the see-saw that looks for good ones.

A state is an unnormalised vector ψ of C⁴ (basis |00⟩, |01⟩, |10⟩, |11⟩, Alice first), an observable is c·1 + n·σ with
|c| + |n| ≤ 1: its outcomes' effects (1 ± (c·1 + n·σ))/2 are a measurement. With doubles for all of them every mean
value ⟨ψ|O|ψ⟩/⟨ψ|ψ⟩ is an exact rational, so that what is attained is known without rounding.

Source of the see-saw: Werner and Wolf, Quantum Inf. Comput. 1(3), 1 (2001), quant-ph/0107093.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import lcm
from operator import mul
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..common.arrays import Array
from ..common.rationals import rationals
from ..core.functional import Functional
from ..core.hidden_states import HiddenState

__all__ = ["PAULI", "QubitState", "along_state", "bell_operator", "exact_means", "local_maximisers", "seesaw"]

Complex = NDArray[np.complex128]
PAULI: Complex = np.array(
    [[[1, 0], [0, 1]], [[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]]], dtype=np.complex128
)


@dataclass(frozen=True, eq=False, repr=False)
class QubitState(HiddenState):
    """A pair of qubits with the measurements of both parties.

    Parameters
    ----------
    psi : ndarray of complex, shape (4,)
        Not normalised.
    alice_observables, bob_observables : ndarray, shapes (n_A, 4) and (n_B, 4)
        Rows (c, n_x, n_y, n_z).
    """

    psi: Complex | None = None
    alice_observables: Array | None = None
    bob_observables: Array | None = None

    def certificate(self) -> dict[str, Any]:
        """``{"qubits": {"psi_re", "psi_im", "alice", "bob"}}`` in exact rationals."""
        assert self.psi is not None
        assert self.alice_observables is not None
        assert self.bob_observables is not None
        return {
            "qubits": {
                "psi_re": rationals(self.psi.real.tolist()),
                "psi_im": rationals(self.psi.imag.tolist()),
                "alice": [rationals(row) for row in self.alice_observables.tolist()],
                "bob": [rationals(row) for row in self.bob_observables.tolist()],
            }
        }

    def exact_behaviour(self) -> tuple[list[Fraction], list[Fraction], list[list[Fraction]]]:
        """Marginals A, B and correlators C as exact rationals."""
        assert self.psi is not None
        assert self.alice_observables is not None
        assert self.bob_observables is not None
        first = [[Fraction(x) for x in row] for row in self.alice_observables.tolist()]
        second = [[Fraction(x) for x in row] for row in self.bob_observables.tolist()]
        real = [Fraction(float(z.real)) for z in self.psi]
        imaginary = [Fraction(float(z.imag)) for z in self.psi]
        return exact_means(real, imaginary, first, second)


Rows = Sequence[Sequence[Fraction]]


def exact_means(
    real: Sequence[Fraction], imaginary: Sequence[Fraction], first: Rows, second: Rows
) -> tuple[list[Fraction], list[Fraction], list[list[Fraction]]]:
    """Marginals A, B and correlators C of a state (not normalised) and of rows (c, n_x, n_y, n_z) of observables."""
    whole = lcm(*(x.denominator for x in (*real, *imaginary)))
    table = _pauli_table([int(x * whole) for x in real], [int(x * whole) for x in imaginary])
    sides, scales = [], []
    for rows in (first, second):
        scales.append(lcm(*(x.denominator for row in rows for x in row)))
        sides.append([[int(x * scales[-1]) for x in row] for row in rows])
    left = [[sum(map(mul, row, column)) for column in zip(*table)] for row in sides[0]]
    norm = table[0][0]
    alice = [Fraction(row[0], norm * scales[0]) for row in left]
    bob = [Fraction(sum(map(mul, row, table[0])), norm * scales[1]) for row in sides[1]]
    scale = norm * scales[0] * scales[1]
    return alice, bob, [[Fraction(sum(map(mul, p, q)), scale) for q in sides[1]] for p in left]


_PLACES = [
    [[(int(r), int(s), operator[r, s]) for r, s in zip(*np.nonzero(operator))] for operator in row]
    for row in ([np.kron(p, q) for q in PAULI] for p in PAULI)
]
"""The entries ±1 and ±i of σ_m ⊗ σ_n, one in each row."""


def _pauli_table(real: Sequence[int], imaginary: Sequence[int]) -> list[list[int]]:
    """⟨ψ|σ_m ⊗ σ_n|ψ⟩ exactly, with σ_0 = 1."""
    equal = [[a * c + b * d for c, d in zip(real, imaginary)] for a, b in zip(real, imaginary)]
    cross = [[a * d - b * c for c, d in zip(real, imaginary)] for a, b in zip(real, imaginary)]
    # Re[conj(ψ_r) factor ψ_s]
    return [
        [sum(int(z.real) * equal[r][s] - int(z.imag) * cross[r][s] for r, s, z in entries) for entries in row]
        for row in _PLACES
    ]


def _best_observables(gradients: Array) -> Array:
    """Maximise gradient·(c, n) over |c| + |n| ≤ 1 for each row: ±1, or the direction of n."""
    lengths = np.linalg.norm(gradients[:, 1:], axis=1)
    constant = np.abs(gradients[:, 0]) >= lengths
    result = np.zeros_like(gradients)
    result[constant, 0] = np.where(gradients[constant, 0] >= 0.0, 1.0, -1.0)
    result[~constant, 1:] = gradients[~constant, 1:] / lengths[~constant, None]
    return result


def _shrunk(observables: Array) -> Array:
    """Make |c| + |n| ≤ 1 hold exactly."""
    observables = observables.copy()
    for row in observables:
        for _ in range(64):
            c = abs(Fraction(row[0]))
            if c <= 1 and sum(Fraction(x) ** 2 for x in row[1:].tolist()) <= (1 - c) ** 2:
                break
            row[1:] *= 1.0 - 2.0**-52
    return observables


def bell_operator(table: Array, alice: Array, bob: Array) -> Complex:
    """Σ table_xy A_x ⊗ B_y with A_0 = B_0 = 1: rows (c, n_x, n_y, n_z) of observables, table [[k, β], [α, S]]."""
    identity = np.array([[1.0, 0.0, 0.0, 0.0]])
    left, right = np.vstack([identity, alice]), np.vstack([identity, bob])
    weights = left.T @ table @ right
    return np.einsum("mn,mab,ncd->acbd", weights, PAULI, PAULI).reshape(4, 4)


def seesaw(
    functional: Functional, *, rng: np.random.Generator, starts: int = 24, sweeps: int = 300, time_limit_s: float = 10.0
) -> QubitState:
    """Maximise a functional over two qubits by improving state, Alice and Bob in turn from random starts.

    What is returned is attained, and nothing says that it is the maximum, over qubits or over all quantum boxes.

    Parameters
    ----------
    functional
        May have marginal terms.
    rng
        Source of the starting observables.
    starts, sweeps, time_limit_s
        How many starts, sweeps a start, and seconds in all.
    """
    best: _Climb | None = None
    for climb in _climbs(functional, rng, starts, sweeps, time_limit_s):
        if best is None or climb[0] > best[0] + 1e-13:
            best = climb
    assert best is not None
    return _state(best)


def local_maximisers(
    functional: Functional, near: Sequence[QubitState], *, rng: np.random.Generator, starts: int = 2,
    sweeps: int = 40, time_limit_s: float = 10.0,
) -> list[QubitState]:  # fmt: skip
    """Where the see-saw ends after a few sweeps, from measurements of the given states and from random ones."""
    given = [
        (state.alice_observables, state.bob_observables)
        for state in near
        if state.alice_observables is not None and state.bob_observables is not None
    ]
    climbs = _climbs(functional, rng, len(given) + starts, sweeps, time_limit_s, given)
    return [_state(climb) for climb in climbs]


def along_state(
    functional: Functional, psi: Complex, *, rng: np.random.Generator, starts: int = 20, sweeps: int = 2000
) -> QubitState:
    """Maximise a functional over the measurements of a given state, improving Alice's and Bob's in turn."""
    table = functional.to_full_correlators()
    pauli = np.einsum("ab,mac,nbd,cd->mn", psi.reshape(2, 2).conj(), PAULI, PAULI, psi.reshape(2, 2)).real
    identity = np.array([[1.0, 0.0, 0.0, 0.0]])
    best: _Climb | None = None
    for _ in range(starts):
        bob = rng.standard_normal((functional.shape[1], 3))
        bob = np.hstack([np.zeros((len(bob), 1)), bob / np.linalg.norm(bob, axis=1, keepdims=True)])
        value = -np.inf
        for _ in range(sweeps):
            alice = _best_observables((table[1:] @ np.vstack([identity, bob])) @ pauli.T)
            bob = _best_observables((table[:, 1:].T @ np.vstack([identity, alice])) @ pauli)
            left, right = np.vstack([identity, alice]), np.vstack([identity, bob])
            new = float((table * (left @ pauli @ right.T)).sum())
            if new <= value + 1e-15:
                break
            value = new
        if best is None or value > best[0]:
            best = value, psi, alice, bob
    assert best is not None
    return _state(best)


_Climb = tuple[float, Complex, Array, Array]
"""Value, state, and the observables of both parties."""


def _climbs(
    functional: Functional, rng: np.random.Generator, starts: int, sweeps: int, time_limit_s: float,
    given: Sequence[tuple[Array, Array]] = (),
) -> Iterator[_Climb]:  # fmt: skip
    """See-saws from given measurements, then from random ones, until the time is over."""
    begin = time.perf_counter()
    n_alice, n_bob = functional.shape
    table = np.zeros((n_alice + 1, n_bob + 1))
    table[1:, 0], table[0, 1:], table[1:, 1:] = functional.alice, functional.bob, functional.correlators
    identity = np.array([[1.0, 0.0, 0.0, 0.0]])
    for start in range(starts):
        observables = []
        for count in (n_alice, n_bob):
            directions = rng.standard_normal((count, 3))
            directions /= np.linalg.norm(directions, axis=1, keepdims=True)
            observables.append(np.hstack([np.zeros((count, 1)), directions]))
        alice, bob = observables if start >= len(given) else given[start]
        value = -np.inf
        for _ in range(sweeps):
            operator = bell_operator(table, alice, bob)
            values, states = np.linalg.eigh(operator)
            psi = states[:, -1]
            new = float(values[-1])
            if new <= value + 1e-14 * max(1.0, abs(new)):
                break
            value = new
            pauli = np.einsum("ab,mac,nbd,cd->mn", psi.reshape(2, 2).conj(), PAULI, PAULI, psi.reshape(2, 2)).real
            alice = _best_observables((table[1:] @ np.vstack([identity, bob])) @ pauli.T)
            bob = _best_observables((table[:, 1:].T @ np.vstack([identity, alice])) @ pauli)
        yield value, psi, alice, bob
        if start and time.perf_counter() - begin > time_limit_s:
            return


def _state(climb: _Climb) -> QubitState:
    """The state with its mean values."""
    _, psi, alice, bob = climb
    alice, bob = _shrunk(alice), _shrunk(bob)
    nothing = np.zeros(len(alice)), np.zeros(len(bob))
    bare = QubitState(nothing[0], nothing[1], psi=psi, alice_observables=alice, bob_observables=bob)
    first, second, _ = bare.exact_behaviour()
    means = np.array([float(x) for x in first]), np.array([float(x) for x in second])
    return QubitState(means[0], means[1], psi=psi, alice_observables=alice, bob_observables=bob)
