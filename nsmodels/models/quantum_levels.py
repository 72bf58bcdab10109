r"""Quantum boxes at a level of the Navascués-Pironio-Acín hierarchy, with linear constraints where wanted.

Rows of the moment matrix Γ are words of the observables: 1, A_i, B_j; at level 1+AB the products A_i B_j as well; at
levels 2 and 3 all words of length ≤ 2 and ≤ 3. Entries are mean values of u†v, and Γ ⪰ 0 for every quantum state. Any
Z ⪰ 0 proves (`nsmodels.engines.moments.relaxation`)

.. math:: f \le k + \mathrm{tr}\, Z + \sum_w |d_w|, \qquad d_w = -f_w - \langle Z, M_w\rangle .

The lower end is an explicit pair of qubits. Both ends are proved, and nothing says that a level is attained by qubits.

Source: Navascués, Pironio, Acín, PRL 98, 010401 (2007); New J. Phys. 10, 073013 (2008), arXiv:0803.4290.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..common.arguments import check_noun, kind_of, listed, number, shown
from ..common.rationals import round_up
from ..core.functional import Functional
from ..core.proof import MomentProof
from ..engines.moments.relaxation import Constraint, MomentDual, maximise, proved_bound
from ..engines.moments.symmetry import Symmetry, symmetries
from ..engines.moments.words import LEVELS, Moments, moments, word_count
from ..errors import InputError, SolverError

__all__ = [
    "LEVELS", "LinearConstraint", "MomentBound", "check_level", "check_subject_to", "dual_of", "lower_level",
    "moment_bound",
]  # fmt: skip

Array = NDArray[np.float64]

MOST_WORDS = 250
"""Rows of a moment matrix: its proof is one elimination, cubic."""
TOLERANCES = ((1e-9, 16), (1e-8, 60), (1e-7, 10_000), (1e-6, 10_000))
"""Tolerances that Clarabel is asked for in turn, each up to so many rows: programmes are often degenerate."""
STEP = 0.9
"""Share of the way to the boundary that Clarabel's steps go; longer ones lose accuracy on degenerate programmes."""
SENSES = ("==", "<=", ">=")


@dataclass(frozen=True, eq=False)
class LinearConstraint:
    """The constraint g == c, g <= c or g >= c on mean values."""

    functional: Functional
    sense: str
    value: float


@dataclass(frozen=True, eq=False)
class MomentBound:
    """A proved upper end, its proof, and what the solver did."""

    upper: float
    proof: MomentProof
    iterations: int | None
    solver: str


def check_level(level: object, shape: tuple[int, int]) -> str | None:
    """A level of the hierarchy; 1, 2 and 3 may be whole numbers.

    Raises
    ------
    InputError
        For another level, or more words than can be proved.
    """
    if level is None:
        return None
    name = str(level) if isinstance(level, int) and not isinstance(level, bool) else level
    name = name.replace(" ", "").upper() if isinstance(name, str) else name
    if name not in LEVELS:
        raise InputError(f"Quantum: level is {shown(level)}; it must be one of {', '.join(LEVELS)}")
    count = word_count(name, *shape)
    if name != "1" and count > MOST_WORDS:
        raise InputError(
            f"Quantum: level {name} of {shape[0]}×{shape[1]} settings has {count} words, above the limit of "
            f"{MOST_WORDS}; use fewer settings or a lower level"
        )
    return str(name)


def check_subject_to(subject_to: Any, shape: tuple[int, int]) -> tuple[LinearConstraint, ...]:
    """Constraints (g, "==", c) with functionals g of the model's shape.

    Raises
    ------
    InputError
    """
    remedy = 'give a list of constraints such as [(g, "==", 0.0)] with functionals g'
    found = []
    for entry in listed(subject_to, "Quantum: subject_to", remedy):
        parts = listed(entry, "Quantum: a constraint", remedy)
        if len(parts) != 3:
            raise InputError(f"Quantum: a constraint has {len(parts)} parts; {remedy}")
        functional, sense, value = parts
        check_noun(functional, Functional, "functional of a constraint", "Quantum")
        if functional.shape != shape:
            raise InputError(f"Quantum: a constraint of shape {functional.shape} on {shape} settings")
        if sense not in SENSES:
            what = shown(sense) if isinstance(sense, str) else kind_of(sense)
            raise InputError(f"Quantum: the sense of a constraint is {what}; it must be one of {', '.join(SENSES)}")
        found.append(LinearConstraint(functional, sense, number(value, "Quantum: the value of a constraint")))
    return tuple(found)


def _coefficients(functional: Functional, table: Moments) -> Array:
    """The coefficients of the unknowns, those of the constant first."""
    found = np.zeros(table.count)
    found[0] = functional.constant
    for i, alpha in enumerate(functional.alice.tolist()):
        found[table.unknowns[(i,), ()]] += alpha
    for j, beta in enumerate(functional.bob.tolist()):
        found[table.unknowns[(), (j,)]] += beta
    for i, row in enumerate(functional.correlators.tolist()):
        for j, coefficient in enumerate(row):
            found[table.unknowns[(i,), (j,)]] += coefficient
    return found


def moment_bound(
    functional: Functional, level: str, constraints: Sequence[LinearConstraint], time_limit_s: float,
    solver: str | None = None, **options: Any,
) -> MomentBound:  # fmt: skip
    """An upper end of the functional at a level, proved.

    Raises
    ------
    SolverError
        No solver gave a verified answer within the time.
    """
    begin = time.perf_counter()
    table = moments(level, *functional.shape)
    objective = _coefficients(functional, table)
    given = []
    for constraint in constraints:
        sign = -1.0 if constraint.sense == ">=" else 1.0
        given.append(
            Constraint(
                sign * _coefficients(constraint.functional, table), constraint.sense == "==", sign * constraint.value
            )
        )
    tables = [functional, *(constraint.functional for constraint in constraints)]
    group = symmetries(np.array([f.to_full_correlators() for f in tables])) or []
    n_alice = functional.shape[0]
    if solver is not None or options:
        dual = maximise(table, objective, given, group, n_alice, solver=solver, time_limit_s=time_limit_s, **options)
    else:
        try:
            dual = dual_of(table, objective, given, group, n_alice, time_limit_s)
        except SolverError:
            below, rest = lower_level(level), time_limit_s - (time.perf_counter() - begin)
            if below is None or rest <= 0.0:
                raise
            return moment_bound(functional, below, constraints, rest)  # what it proves holds at this level
    return _proved(functional, table, constraints, dual, level)


def lower_level(level: str) -> str | None:
    """The level below, if there is one."""
    return LEVELS[LEVELS.index(level) - 1] if level != LEVELS[0] else None


def dual_of(
    table: Moments, objective: Array, given: Sequence[Constraint], group: Sequence[Symmetry], n_alice: int,
    time_limit_s: float,
) -> MomentDual:  # fmt: skip
    """A dual matrix by Clarabel, less and less sharp, or by SCS: the hierarchy's programmes are often degenerate.

    Raises
    ------
    SolverError
        No solver gave a verified answer within the time.
    """
    begin = time.perf_counter()
    failure: SolverError | None = None
    attempts: list[tuple[str | None, dict[str, float]]] = [
        (None, {"tol_gap_abs": tolerance, "tol_gap_rel": tolerance, "tol_feas": tolerance, "max_step_fraction": STEP})
        for tolerance, most in TOLERANCES
        if len(table.rows) <= most
    ]
    for name, more in [*attempts, ("SCS", {})]:
        rest = time_limit_s - (time.perf_counter() - begin)
        if rest <= 0.0:
            break
        try:
            return maximise(table, objective, given, group, n_alice, solver=name, time_limit_s=rest, **more)
        except SolverError as error:
            failure = error
    raise failure or SolverError("the time was over before a solver could answer")


def _proved(
    functional: Functional, table: Moments, constraints: Sequence[LinearConstraint], dual: MomentDual, level: str
) -> MomentBound:
    """Add everything up exactly: k' + tr Z + Σ|d_w| for f' = f − Σ λ (g − c)."""
    exact = [Fraction(x) for x in _coefficients(functional, table).tolist()]
    multipliers = []
    for constraint, multiplier in zip(constraints, dual.multipliers.tolist()):
        signed = -multiplier if constraint.sense == ">=" else multiplier
        multipliers.append(signed)
        weight = Fraction(signed)
        exact = [x - weight * Fraction(y) for x, y in zip(exact, _coefficients(constraint.functional, table).tolist())]
        exact[0] += weight * Fraction(constraint.value)
    upper = exact[0] + proved_bound(table, dual, exact)
    proof = MomentProof(level, dual.matrix, dual.exponent, tuple(multipliers))
    return MomentBound(round_up(upper), proof, dual.iterations, dual.solver)

