"""Mixtures of two-qubit states that obey linear constraints exactly: the lower end of a constrained quantum maximum.

Mean values of rational states are rational, and the weights of a mixture that meets the constraints are the vertex of a
small linear program, which is solved exactly. Its columns are local deterministic states and two-qubit states found by
see-saws for f − Σ λ (g − c), a little to both sides of every constraint. Where probabilities have to vanish, no state
is on the other side, and a state in the kernel is found instead (`nsmodels.models.quantum_zeros`).
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..common.rationals import rational
from ..core.functional import Functional
from ..core.hidden_states import HiddenState
from ..engines.solvers.exact_simplex import exact_maximum
from .quantum_levels import LinearConstraint
from .quantum_zeros import RationalQubits, zero_state
from .qubits import QubitState, seesaw

__all__ = ["MixedState", "constrained_state", "deterministic", "exact_value"]

Array = NDArray[np.float64]
MOST_DETERMINISTIC = 1024
LEAST_SECONDS = 10.0
"""Seconds for the linear program, however late it is: without it nothing is shown."""
NUDGES = (1e-2, 1e-4, 1e-6)
"""Distances by which see-saws are pushed to either side of a constraint, in units of the functional's size."""
Means = tuple[list[Fraction], list[Fraction], list[list[Fraction]]]


@dataclass(frozen=True, eq=False, repr=False)
class MixedState(HiddenState):
    """A mixture of two-qubit states, each with measurements of its own: shared randomness chooses."""

    weights: tuple[Fraction, ...] = ()
    states: tuple[QubitState | RationalQubits, ...] = ()

    def certificate(self) -> dict[str, Any]:
        """``{"mixture": [[weight, state], …]}`` in exact rationals."""
        return {"mixture": [[rational(w), x.certificate()] for w, x in zip(self.weights, self.states)]}


def exact_value(functional: Functional, means: Means) -> Fraction:
    """Evaluate f at exact mean values."""
    alice, bob, table = means
    total = Fraction(functional.constant)
    total += sum((Fraction(c) * m for c, m in zip(functional.alice.tolist(), alice)), Fraction(0))
    total += sum((Fraction(c) * m for c, m in zip(functional.bob.tolist(), bob)), Fraction(0))
    for coefficients, values in zip(functional.correlators.tolist(), table):
        total += sum((Fraction(c) * m for c, m in zip(coefficients, values) if c), Fraction(0))
    return total


def deterministic(shape: tuple[int, int], rng: np.random.Generator) -> list[QubitState]:
    """Outcomes that are fixed: all of them, or some."""
    n = sum(shape)
    if 2**n <= MOST_DETERMINISTIC:
        signs = np.array(list(product((1.0, -1.0), repeat=n)))
    else:
        signs = rng.choice([1.0, -1.0], (MOST_DETERMINISTIC // 4, n))
    psi = np.array([1.0, 0.0, 0.0, 0.0], dtype=np.complex128)
    found = []
    for row in signs:
        observables = np.hstack([row[:, None], np.zeros((n, 3))])
        a, b = row[: shape[0]], row[shape[0] :]
        left, right = observables[: shape[0]], observables[shape[0] :]
        found.append(QubitState(a, b, psi=psi, alice_observables=left, bob_observables=right))
    return found


def _pushed(
    functional: Functional, constraints: Sequence[LinearConstraint], multipliers: Sequence[float]
) -> Functional:
    """The functional f − Σ λ (g − c)."""
    for constraint, multiplier in zip(constraints, multipliers):
        functional = functional - multiplier * constraint.functional
    return functional


def constrained_state(
    functional: Functional, constraints: Sequence[LinearConstraint], multipliers: Sequence[float],
    rng: np.random.Generator, time_limit_s: float,
) -> tuple[HiddenState, Fraction] | None:  # fmt: skip
    """The best mixture that was found, and its exact value; None where no mixture meets the constraints."""
    begin = time.perf_counter()
    pool: list[QubitState | RationalQubits] = [*deterministic(functional.shape, rng)]
    exact = zero_state(functional, constraints, rng, 0.4 * time_limit_s)
    if exact is not None:
        pool.append(exact)
    else:
        pool += _around(functional, constraints, multipliers, rng, begin + 0.6 * time_limit_s)
    deadline = max(begin + time_limit_s, time.perf_counter() + LEAST_SECONDS)
    weights = _weights(functional, constraints, [state.exact_behaviour() for state in pool], deadline)
    if weights is None:
        return None
    chosen = [(w, state) for w, state in zip(weights, pool) if w]
    value = sum((w * exact_value(functional, state.exact_behaviour()) for w, state in chosen), Fraction(0))
    alice = sum(float(w) * state.alice for w, state in chosen)
    bob = sum(float(w) * state.bob for w, state in chosen)
    mixed = MixedState(
        np.clip(alice, -1.0, 1.0), np.clip(bob, -1.0, 1.0), weights=tuple(w for w, _ in chosen),
        states=tuple(state for _, state in chosen),
    )  # fmt: skip
    return mixed, value


def _around(
    functional: Functional, constraints: Sequence[LinearConstraint], multipliers: Sequence[float],
    rng: np.random.Generator, deadline: float,
) -> list[QubitState]:  # fmt: skip
    """States that see-saws find for f − Σ λ (g − c), and a little to both sides of every constraint."""
    size = max(1e-300, float(np.abs(functional.correlators).sum() + np.abs(functional.alice).sum()))
    pushes = [np.zeros(len(constraints))]
    for nudge in NUDGES:
        for k in range(len(constraints)):
            pushes += [np.eye(len(constraints))[k] * sign * nudge * size for sign in (1.0, -1.0)]
    found: list[QubitState] = []
    for push in pushes:
        aim = _pushed(functional, constraints, [x + y for x, y in zip(multipliers, push.tolist())])
        found.append(seesaw(aim, rng=rng, starts=6, time_limit_s=max(0.1, 0.2 * (deadline - time.perf_counter()))))
        if time.perf_counter() > deadline:
            break
    return found


def _weights(
    functional: Functional, constraints: Sequence[LinearConstraint], means: Sequence[Means], deadline: float
) -> list[Fraction] | None:
    """Weights of largest value with Σ w = 1 and Σ w (g − c) = 0 (≤ 0, with a slack), exactly."""
    columns = []
    for x in means:
        gaps = [exact_value(c.functional, x) - Fraction(c.value) for c in constraints]
        columns.append([Fraction(1), *gaps, exact_value(functional, x)])
    for k, constraint in enumerate(constraints):
        if constraint.sense != "==":
            slack = [Fraction(0)] * (len(constraints) + 2)
            slack[k + 1] = Fraction(1 if constraint.sense == "<=" else -1)
            columns.append(slack)
    # a column may be multiplied by any number > 0: its weight is divided by it
    scales = [np.lcm.reduce([x.denominator for x in column], dtype=object) for column in columns]
    integers = np.array([[int(x * scale) for x in column] for column, scale in zip(columns, scales)], dtype=object).T
    b = np.array([1] + [0] * len(constraints), dtype=object)
    answer = exact_maximum(integers[:-1], b, integers[-1], deadline=deadline)
    if answer is None or answer.x is None:
        return None
    return [x * int(scale) for x, scale in zip(answer.x, scales)][: len(means)]
