r"""What `decompose` asks of quantum boxes: the functional that forbids most, and states that come near its bound.

**Vanishing marginals** (or free ones). By Tsirelson's theorem the table belongs to quantum theory exactly if it is
x_i·y_j for unit vectors, so that the largest V is a semidefinite programme over Gram matrices, which are attained.

**Marginals.** The moment matrix of a level of the hierarchy has the entries N + V·(P − N). With g(P) − g(N) = 1 the
visibility is V = g(y) − g(N), and every other entry obeys y_e − (P − N)_e g(y) = N_e − (P − N)_e g(N): a maximum
under linear constraints. Their multipliers λ give the functional f = g − Σ λ_e (y_e − (P − N)_e g). States of two
qubits are found by see-saws for it.

Sources: Tsirelson, Lett. Math. Phys. 4, 93 (1980); Navascués, Pironio, Acín, New J. Phys. 10, 073013 (2008).
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..behaviours import BEHAVIOURS
from ..common.arrays import Array
from ..core.behaviour import Behaviour
from ..core.functional import Functional
from ..engines.moments.relaxation import Constraint
from ..engines.moments.segment import longest
from ..engines.moments.symmetry import Symmetry, orbits, symmetries
from ..engines.moments.words import moments
from ..errors import SolverError
from .quantum_levels import dual_of, lower_level
from .quantum_mixtures import deterministic
from .qubits import QubitState, local_maximisers
from .vectors import VectorState, within_unit_ball
from .whole_boxes import BoxState, WholeBoxes

__all__ = ["BY_NAME", "QuantumMixing"]

BY_NAME = ("singlet", "werner", "partially_entangled")
"""Named behaviours that quantum states have on the settings: they belong to quantum theory, whatever their rounding."""
PRECISION = {"tol_gap_abs": 1e-9, "tol_gap_rel": 1e-9, "tol_feas": 1e-9}


@dataclass(frozen=True)
class QuantumMixing(WholeBoxes):
    """The answers of quantum boxes of a shape, at a level."""

    shape: tuple[int, int]
    level: str

    def contains_by_name(self, behaviour: Behaviour) -> bool:
        """Whether it is one of `BY_NAME`, unchanged."""
        if behaviour.name not in BY_NAME or behaviour.settings is None or not behaviour.correlators.any():
            return False
        family, parameters = BEHAVIOURS[behaviour.name], behaviour.parameters or {}
        named = family.build(behaviour.settings, parameters)
        sides = zip((named.alice, named.bob), (behaviour.alice, behaviour.bob))
        near = all(y is None or (x is not None and np.array_equal(x, y)) for x, y in sides)
        return near and bool((named.correlators == behaviour.correlators)[behaviour.known].all())

    def start(self, rng: np.random.Generator) -> Sequence[BoxState]:
        """Deterministic boxes."""
        return deterministic(self.shape, rng)

    def better(
        self, functional: Functional, near: Sequence[BoxState], rng: np.random.Generator, time_limit_s: float
    ) -> Sequence[BoxState]:
        """Where see-saws over two qubits end."""
        qubits = [state for state in near if isinstance(state, QubitState)]
        return local_maximisers(functional, qubits, rng=rng, time_limit_s=time_limit_s)

    def tightest(
        self, behaviour: Behaviour, noise: Behaviour, matched: bool, time_limit_s: float
    ) -> tuple[Functional, Sequence[BoxState]] | None:
        """By Tsirelson's theorem, or at the model's level."""
        sides = (behaviour.alice, behaviour.bob, noise.alice, noise.bob)
        if not matched or not any(np.any(side) for side in sides):
            return _of_vectors(behaviour, noise, time_limit_s)
        functional = _at_level(behaviour, noise, self.level, time_limit_s)
        return None if functional is None else (functional, ())


def _of_vectors(
    behaviour: Behaviour, noise: Behaviour, time_limit_s: float
) -> tuple[Functional, Sequence[BoxState]] | None:
    """The dual of the programme over Gram matrices, and vectors from its solution."""
    base, known = noise.correlators, behaviour.known
    step = np.where(known, behaviour.correlators - base, 0.0)
    if not step.any():
        return None
    table, gram = longest(base, step, known, time_limit_s=time_limit_s, **PRECISION)
    slope = float((table * step).sum())
    n_alice = len(base)
    cross = gram[:n_alice, n_alice:]
    length = float(((cross - base) * step).sum() / (step * step).sum())
    wanted = np.where(known, base + length * step, cross)
    exact = (gram + gram.T) / 2.0
    np.fill_diagonal(exact, 1.0)
    exact[:n_alice, n_alice:], exact[n_alice:, :n_alice] = wanted, wanted.T
    values, columns = np.linalg.eigh(exact)
    lift = max(0.0, -float(values[0])) + 1e-15
    vectors = within_unit_ball(columns * np.sqrt(np.maximum(values + lift, 0.0) / (1.0 + lift)))
    x, y = vectors[:n_alice], vectors[n_alice:]
    state = VectorState(np.zeros(n_alice), np.zeros(len(y)), x=x, y=y)
    if not abs(slope) > 1e-9 * float(np.abs(table).max()):
        return None
    return Functional(_without_dust(table / slope)), (state,)


def _without_dust(table: Array) -> Array:
    """Coefficients that are rounding alone become 0."""
    return np.where(np.abs(table) < 1e-9 * np.abs(table).max(), 0.0, table)


def _at_level(behaviour: Behaviour, noise: Behaviour, level: str, time_limit_s: float) -> Functional | None:
    """The multipliers of the level's programme."""
    begin, shape = time.perf_counter(), behaviour.shape
    known = np.zeros((shape[0] + 1, shape[1] + 1), dtype=bool)
    known[1:, 1:], known[1:, 0], known[0, 1:] = behaviour.known, True, True
    target, base = (np.where(known, _full(x), 0.0) for x in (behaviour, noise))
    step = target - base
    if not step.any():
        return None
    words = moments(level, *shape)
    group = symmetries(np.array([target, base, _spread(known)])) or []
    variable, _ = orbits(words, group, shape[0])
    aim = step / float((step * step).sum())
    offset = float((aim * base).sum())
    places = {
        (x, y): words.unknowns[(() if x == 0 else (x - 1,), () if y == 0 else (y - 1,))]
        for x, y in zip(*(index.tolist() for index in np.nonzero(known)))
    }

    def coefficients(table: Array) -> Array:
        found = np.zeros(words.count)
        for place, unknown in places.items():
            found[unknown] = table[place]
        return found

    first: dict[int, tuple[int, int]] = {}
    for place, unknown in places.items():
        if variable[unknown] >= 0:
            first.setdefault(int(variable[unknown]), place)
    # the constraints add up to nothing when weighted with the step: the one that weighs most follows from the others
    chosen = sorted(first.values(), key=lambda place: abs(step[place]))[:-1]
    rows = []
    for place in chosen:
        row = -step[place] * aim
        row[place] += 1.0
        rows.append(row)
    constraints = [
        Constraint(coefficients(row), True, float(base[place] - step[place] * offset))
        for row, place in zip(rows, chosen)
    ]
    try:
        dual = dual_of(words, coefficients(aim), constraints, group, shape[0], time_limit_s)
    except SolverError:
        below = lower_level(level)
        rest = time_limit_s - (time.perf_counter() - begin)
        if below is None or rest <= 0.0:
            raise
        return _at_level(behaviour, noise, below, rest)
    table = aim - sum((m * row for m, row in zip(dual.multipliers.tolist(), rows)), np.zeros(aim.shape))
    table = _without_dust(_averaged(table, group))
    slope = float((table * step).sum())
    return Functional.from_full_correlators(table / slope) if slope > 1e-9 else None


def _full(behaviour: Behaviour) -> Array:
    """Mean values as a table with the marginals first, and 0 for the constant."""
    table = np.zeros((behaviour.shape[0] + 1, behaviour.shape[1] + 1))
    table[1:, 0], table[0, 1:] = behaviour.alice, behaviour.bob
    table[1:, 1:] = behaviour.correlators
    return table


def _spread(known: Array) -> Array:
    """Which entries count, as a table that symmetries without signs have to respect."""
    return np.zeros(known.shape) if known[1:, 1:].all() else known.astype(np.float64)


def _averaged(table: Array, group: Sequence[Symmetry]) -> Array:
    """The mean over the images under a group."""
    if len(group) <= 1:
        return table
    n_alice, n_bob = table.shape[0] - 1, table.shape[1] - 1
    n = n_alice + n_bob
    letters = np.zeros((n + 1, n + 1))
    letters[:n_alice, n], letters[n_alice:n, n] = table[1:, 0], table[0, 1:]
    letters[:n_alice, n_alice:n] = table[1:, 1:]
    letters = letters + letters.T
    total = np.zeros_like(letters)
    for symmetry in group:
        images, signs = np.array([*symmetry.images, n]), np.array([*symmetry.signs, 1])
        total += np.outer(signs, signs) * letters[np.ix_(images, images)]
    total /= len(group)
    found = np.zeros_like(table)
    found[1:, 0], found[0, 1:] = total[:n_alice, n], total[n_alice:n, n]
    found[1:, 1:] = total[:n_alice, n_alice:n]
    return found
