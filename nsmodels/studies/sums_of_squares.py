"""The semidefinite view of a Leggett bound: sum-of-squares relaxations of the oracle, and the identity that proves L3.

h(f) = k + Σ|S_ij| − min over unit u, v of Σ w_k |p_k·u + q_k·v| − g·u − h·v, with a term for every S_ij ≠ 0:
w = |S_ij|, p = η_A a_i, q = −sgn(S_ij) η_B b_j, and g = η_A Σ α_i a_i, h = η_B Σ β_j b_j. The package
`nsmodels.engines.sums_of_squares` proves lower bounds of the minimum at two orders, and so upper bounds of h(f) that
owe nothing to branch and bound.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..common.arguments import check_noun, check_options, whole
from ..common.arrays import Array
from ..core.functional import Functional
from ..core.functional_notations import misfit
from ..engines.sums_of_squares import relaxations
from ..errors import InputError, SolverError
from ..models.leggett import Leggett
from ..models.values import input_effect

__all__ = ["Relaxation", "leggett3_identity", "leggett3_sides", "relax", "sphere_terms"]


PAIR_LIMIT = 120
"""Terms up to which the first order in pairs is tried: it has K(K − 1)/2 multipliers."""
SECOND_ORDER_LIMIT = 30
"""Terms up to which the second order is tried: each has a block of 26×26."""


@dataclass(frozen=True)
class Relaxation:
    """A proved upper bound of h(f).

    Parameters
    ----------
    upper : float
        Proved for the exact settings and coefficients, rounded up.
    proposal : float
        k + Σ|S| minus the solver's own number: to be compared with, never a bound.
    order : int
    form : str
        Which relaxation gave it.
    solver : str
    seconds : float
        Formulation, solver and proof, without imports.
    variables : int
    blocks : tuple of int
        Sizes of the semidefinite blocks.
    """

    upper: float
    proposal: float
    order: int
    form: str
    solver: str
    seconds: float
    variables: int
    blocks: tuple[int, ...]


def sphere_terms(functional: Functional, model: Leggett) -> tuple[Array, Array, Array]:
    """Rows (p_k, q_k), shape (K, 6), weights w_k, and (g, h) of the minimum over two spheres."""
    rows, columns = np.nonzero(functional.correlators)
    alice, bob = model.eta_a * model.settings.alice, model.eta_b * model.settings.bob
    signs = np.sign(functional.correlators[rows, columns])
    terms = np.hstack([alice[rows], -signs[:, None] * bob[columns]])
    weights = np.abs(functional.correlators[rows, columns])
    return terms, weights, np.concatenate([functional.alice @ alice, functional.bob @ bob])


def relax(
    functional: Functional,
    model: Leggett,
    *,
    order: int = 1,
    solver: str = "CLARABEL",
    time_limit_s: float = 60.0,
    **options: Any,
) -> Relaxation:
    """Bound a functional over Leggett's model by a sum of squares.

    Parameters
    ----------
    functional : Functional
        Up to 30 non-zero correlators for the second order.
    model : Leggett
    order : {1, 2}
        Multipliers of degree 1 (the better of two forms) or 3.
    solver : str
        ``"CLARABEL"`` or ``"SCS"``.
    time_limit_s : float
        For each call of the solver.
    **options
        Handed to the solver.

    Raises
    ------
    InputError
        For other models and orders, and too many correlators.
    SolverError
        The solver gave no verified answer.
    """
    check_noun(functional, Functional, "functional", "relax")
    check_noun(model, Leggett, "model", "relax")
    check_options("relax", time_limit_s=time_limit_s)
    if functional.shape != model.shape:
        shapes = f"shape {functional.shape}, the model {model.shape}{misfit(functional.shape, model.shape)}"
        raise InputError(f"relax: the functional has {shapes}")
    whole(order, "relax: order", 1, 2)
    terms, weights, linear = sphere_terms(functional, model)
    if order == 2 and len(weights) > SECOND_ORDER_LIMIT:
        raise InputError(f"relax: {len(weights)} correlators; the second order takes at most {SECOND_ORDER_LIMIT}")
    relaxations.sdp.load_solvers()
    start = time.perf_counter()
    keywords: dict[str, Any] = {"solver": solver, "time_limit_s": time_limit_s, **options}
    if order == 2:
        forms = [relaxations.second_order]
    else:
        forms = [relaxations.first_order, relaxations.first_order_pairs][: 2 if len(weights) <= PAIR_LIMIT else 1]
    answers, errors = [], []
    for form in forms:
        try:
            answers.append(form(terms, weights, linear, **keywords))
        except SolverError as error:
            # One form is enough: with large marginal terms the pairs have no bound to offer, no square being so large.
            errors.append(error)
    if not answers:
        raise errors[0]
    best = max(answers, key=lambda answer: answer.lower)
    base = math.fsum([functional.constant, *weights.tolist()])
    # The rounding of directions and coefficients, of η·a and η·b, and of the sums that make the linear terms.
    lost = input_effect(functional, model.eta_a, model.eta_b, model.settings.rounding + 4.0 * 2.0**-53)
    lost += (
        (sum(functional.shape) + 4) * 2.0**-52 * float(np.abs(functional.alice).sum() + np.abs(functional.bob).sum())
    )
    upper = base - best.lower
    upper = math.nextafter(upper + lost + 4.0 * 2.0**-52 * (abs(base) + abs(best.lower)), math.inf)
    seconds = time.perf_counter() - start
    return Relaxation(upper, base - best.proposal, order, best.form, best.solver, seconds, best.variables, best.blocks)


def leggett3_identity() -> str:
    """The sum-of-squares identity that proves eq. (4) of arXiv:0801.2241, as text.

    It comes from the first order, where the multiplier of (a_i, b_i) is e_i·v and that of (a_i, b_i') is −e_i·v.
    """
    return "\n".join(
        [
            "y_i = η_A a_i·u + η_B b_i·v,  y_i' = η_A a_i·u + η_B b_i'·v,  b_i − b_i' = 2 sin(φ/2) e_i,  i = 1, 2, 3.",
            "At the hidden state (u, v) the largest value of −⅓ Σ (C(a_i,b_i) + C(a_i,b_i')) is",
            "    L3(u, v) = 2 − ⅓ Σ (|y_i| + |y_i'|),      and for all unit vectors u and v",
            "",
            "    2 − ⅔ η_B sin(φ/2) − L3(u, v)",
            "        = ⅙ Σ_i [ |y_i| |v − sgn(y_i) e_i|² + |y_i'| |v + sgn(y_i') e_i|² ]  ≥  0,",
            "",
            "because ½ |v ∓ e_i|² = 1 ∓ e_i·v on the sphere, y_i − y_i' = 2 η_B sin(φ/2) e_i·v, and Σ (e_i·v)² = 1.",
        ]
    )


def leggett3_sides(
    u: Sequence[Any], v: Sequence[Any], cosine: Any, sine: Any, eta_a: Any = 1, eta_b: Any = 1
) -> tuple[Any, Any]:
    """Both sides of `leggett3_identity`, in any arithmetic: exact for fractions.

    Parameters
    ----------
    u, v : sequence of 3 numbers
        Unit vectors.
    cosine, sine
        cos(φ/2) and sin(φ/2), with a = (e_2, e_3, e_1) and b_i, b_i' = cos(φ/2) a_i ± sin(φ/2) e_i.
    eta_a, eta_b
        Purities.
    """
    left, right = -2 * eta_b * sine, 0 * sine  # three times 2 − ⅔ η_B sin(φ/2) − 2, and zero of the same kind
    for i in range(3):
        a = (i + 1) % 3
        for sign in (1, -1):
            y = eta_a * u[a] + eta_b * (cosine * v[a] + sign * sine * v[i])
            left = left + abs(y)
            towards = sign if y >= 0 else -sign
            right = right + abs(y) * sum((v[j] - (towards if j == i else 0)) ** 2 for j in range(3))
    return left / 3, right / 6
