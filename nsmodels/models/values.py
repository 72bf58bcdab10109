"""Values of a functional at given marginals, in floating point and exactly, and what rounded input does to them."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from ..common.arrays import Array
from ..common.rationals import to_integers
from ..core.functional import Functional
from ..core.hidden_states import HiddenStates

__all__ = ["attained_value", "best_correlators", "best_first", "input_effect", "trivial_bound", "values_at"]

BLOCK = 60_000
"""Terms times states that are worked on at once."""


def values_at(functional: Functional, alice: Array, bob: Array) -> Array:
    """The best value of f for each row of marginals, shape (m,): the bracket of h(f) in `base`.

    Floating point: within 8·2^-53 · (n_A n_B + …) of exact; use `attained_value` for a proved end.
    """
    table = functional.correlators
    values = functional.constant + alice @ functional.alice + bob @ functional.bob
    rows, columns = np.nonzero(table)
    if len(rows) == 0:
        return np.asarray(values, dtype=np.float64)
    weights = np.abs(table[rows, columns])
    signs = np.sign(table[rows, columns])
    values = values + weights.sum()
    # a state after another in memory, and few at a time: what is formed on the way stays in the processor's cache
    first, second = np.ascontiguousarray(alice.T), np.ascontiguousarray(bob.T)
    block = max(1, BLOCK // len(rows))
    for start in range(0, len(alice), block):
        part = slice(start, start + block)
        apart = second[:, part].take(columns, axis=0)
        apart *= -signs[:, None]
        apart += first[:, part].take(rows, axis=0)
        values[part] -= weights @ np.abs(apart, out=apart)
    return np.asarray(values, dtype=np.float64)


def best_first(functional: Functional, states: HiddenStates, most: int | None = None) -> HiddenStates:
    """Hidden states with the largest values of f first, all of them or so many."""
    order = np.argsort(-values_at(functional, states.alice, states.bob), kind="stable")
    return states.take(order[:most])


def best_correlators(functional: Functional, alice: Array, bob: Array) -> Array:
    """The correlators that attain the bracket of h(f) at these marginals, shape (n_A, n_B); S ≥ 0: upper end."""
    upper = 1.0 - np.abs(alice[:, None] - bob[None, :])
    lower = np.abs(alice[:, None] + bob[None, :]) - 1.0
    return np.where(functional.correlators >= 0.0, upper, lower)


def attained_value(functional: Functional, alice: Array, bob: Array) -> Fraction:
    """The best value of f at these marginals, exactly (all doubles taken as they are)."""
    marginals, exponent = to_integers([*alice.tolist(), *bob.tolist()])
    a, b = marginals[: len(alice)], marginals[len(alice) :]
    rows, columns = np.nonzero(functional.correlators)
    chosen = functional.correlators[rows, columns].tolist()
    coefficients, scale = to_integers(
        [functional.constant, *functional.alice.tolist(), *functional.bob.tolist(), *chosen]
    )
    one = 1 << exponent
    total = coefficients[0] * one
    total += sum(x * y for x, y in zip(coefficients[1:], marginals))
    for s, i, j in zip(coefficients[1 + len(marginals) :], rows.tolist(), columns.tolist(), strict=True):
        total += s * (one - abs(a[i] - b[j])) if s > 0 else -s * (one - abs(a[i] + b[j]))
    return Fraction(total, 1 << (exponent + scale))


def input_effect(functional: Functional, eta_a: float, eta_b: float, rounding: float) -> float:
    """The one audited place for what rounded input does to f at a hidden state.

    - Directions. Each stored direction is within r = ``rounding`` of the exact one, and the law of Leggett's model
      multiplies it by a purity, so that |ΔA_i| ≤ η_A r and |ΔB_j| ≤ η_B r. In the bracket of h(f) every
      |S_ij| (1 − |A_i ∓ B_j|) moves by at most |S_ij| (η_A + η_B) r, and the linear terms by |α_i| η_A r and
      |β_j| η_B r.
    - Coefficients. Each is within ``functional.relative_rounding`` = δ, relatively, of the fraction it stands for, and
      mean values are at most 1 in size: δ (|k| + Σ|S| + Σ|α| + Σ|β|).

    The result is rounded up.
    """
    sizes = [float(np.abs(x).sum()) for x in (functional.correlators, functional.alice, functional.bob)]
    moved = (sizes[0] * (eta_a + eta_b) + sizes[1] * eta_a + sizes[2] * eta_b) * rounding
    moved += functional.relative_rounding * (abs(functional.constant) + sum(sizes))
    return moved * (1.0 + 1e-9)  # far more than the relative error of these sums


def trivial_bound(functional: Functional) -> Fraction:
    """K + Σ|S| + Σ|α| + Σ|β|, exactly: no behaviour whatever exceeds it."""
    values = [*functional.correlators.ravel().tolist(), *functional.alice.tolist(), *functional.bob.tolist()]
    integers, exponent = to_integers(values)
    return Fraction(functional.constant) + Fraction(sum(map(abs, integers)), 1 << exponent)
