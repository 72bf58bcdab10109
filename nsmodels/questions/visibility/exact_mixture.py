"""The program of `questions.visibility.rows` in rational numbers, for hidden states whose marginals are known exactly.

Floating point cannot tell whether a target that lies on the boundary of a model belongs to it: behind a deterministic
noise, in Bell's model or where marginals are given, every equation has to hold exactly. `solvers.exact_simplex` solves
the same linear program without rounding, over few states; its multipliers are an inequality that the oracle proves, or
that shows a state that was missing. Where no V has a mixture, Farkas' multipliers are the inequality that both the
behaviour and the noise violate: the proof that there is none.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from ...common.arrays import Array
from ...common.rationals import round_down, to_integers
from ...core.functional import Functional
from ...engines.solvers.exact_simplex import exact_maximum
from ...models.hidden_variables import HiddenVariableModel
from .exact_model import ExactModel
from .reduction import Reduction
from .rows import Target
from .states import Columns

__all__ = ["MOST_ROUNDS", "Mixture", "Pool", "exact_mixture", "first_pool", "is_exact", "restored"]

Integers = NDArray[np.object_]

MOST_ROWS = 150
"""Rows of a program that is solved exactly; larger ones are left to floating point and its repairs."""
MOST_ROUNDS = 60
"""Rounds in which the oracle may name states that were missing."""
NEW_STATES = 25
"""Missing states that enter in a round."""


@dataclass(frozen=True, eq=False)
class Mixture:
    """An exact solution: the best mixture of some states, if there is one, and the functional that says so.

    Parameters
    ----------
    model : ExactModel or None
    functional : Functional or None
        No state has a larger value than the mixture at the largest V or, without a mixture, than both behaviour and
        noise; None where it vanishes.
    level : float
        The largest value at the states.
    """

    model: ExactModel | None
    functional: Functional | None
    level: float


def is_exact(target: Target, *, noise_only: bool = False) -> bool:
    """Whether the entries of the target are exactly the stored numbers, and few enough to calculate with."""
    exact = target.noise.rounding == 0.0 and (noise_only or target.behaviour.rounding == 0.0)
    return exact and 2 * target.n_pairs + len(target.margin_right) + 2 <= MOST_ROWS


def _numbers(target: Target) -> tuple[list[int], list[int], int]:
    """Noise and behaviour on the known pairs and, where they are matched by equations, the marginals; the exponent."""
    entries: list[float] = []
    for table in (target.noise, target.behaviour):
        entries += table.correlators[target.first, target.second].tolist()
        if len(target.margin_right):
            assert table.alice is not None
            assert table.bob is not None
            entries += table.alice.tolist() + table.bob.tolist()
    integers, exponent = to_integers([1.0, *entries])
    half = len(entries) // 2
    return integers[1 : half + 1], integers[half + 1 :], exponent


def _state(columns: Columns, index: int, target: Target, deterministic: bool) -> tuple[list[int], int]:
    """One column of the program in integers, and its exponent."""
    values = [*columns.alice[:, index].tolist(), *columns.bob[:, index].tolist()]
    integers, exponent = to_integers(values)
    n_alice = columns.alice.shape[0]
    pairs = [(integers[i], integers[n_alice + j]) for i, j in zip(target.first.tolist(), target.second.tolist())]
    if deterministic:
        rows = [a * b for a, b in pairs]
    else:
        rows = [abs(a + b) for a, b in pairs] + [abs(a - b) for a, b in pairs]
    return [1 << exponent, *rows, *(integers if len(target.margin_right) else ())], exponent


def exact_mixture(
    target: Target, columns: Columns, *, noise_only: bool = False, deadline: float = math.inf
) -> Mixture | None:
    """The largest V that these states allow, exactly; None where time is up.

    Parameters
    ----------
    target : Target
        Without symmetry reduction, and exact (`is_exact`).
    columns : Columns
        States without hidden vectors: their marginals are exactly the stored numbers.
    noise_only : bool
        Ask for V = 0 alone.
    deadline : float
    """
    deterministic = bool((np.abs(columns.alice) == 1.0).all() and (np.abs(columns.bob) == 1.0).all())
    noise, behaviour, scale = _numbers(target)
    n, one, count = target.n_pairs, 1 << scale, len(columns)
    states = [_state(columns, k, target, deterministic) for k in range(count)]
    step = [0 if noise_only else p - q for p, q in zip(behaviour, noise)]
    if deterministic:  # both rows of a pair are equations: Σ ρ A B = C
        right, slope, slacks = noise, step, 0
    else:
        right = [one + q for q in noise[:n]] + [one - q for q in noise[:n]] + noise[n:]
        slope = step[:n] + [-d for d in step[:n]] + step[n:]
        slacks = 2 * n
    m = 1 + len(right)
    # variables: ρ, V, the slack of V ≤ 1, the slacks of the pair rows; rows: Σ ρ = 1, pairs, marginals, V ≤ 1
    A = np.zeros((m + 1, count + 2 + slacks), dtype=object)
    for k, (entries, _) in enumerate(states):
        A[:m, k] = np.array(entries, dtype=object)  # a bare list of long integers may turn into doubles
    A[1:m, count] = np.array([-d for d in slope], dtype=object)
    A[m, count], A[m, count + 1] = one, 1
    for k in range(slacks):
        A[1 + k, count + 2 + k] = 1
    b = np.array([one, *right, one], dtype=object)
    c = np.zeros(A.shape[1], dtype=object)
    c[count] = 0 if noise_only else 1
    answer = exact_maximum(A, b, c, deadline=deadline)
    if answer is None:
        return None
    y = answer.y if answer.x is not None else [-x for x in answer.y]
    functional, level = _functional(target, y, deterministic)
    if answer.x is None:
        return Mixture(None, functional, level)
    visibility = Fraction(0) if noise_only else answer.x[count]
    weights = [x * (1 << exponent) / one for x, (_, exponent) in zip(answer.x, states)]
    used = [k for k in range(count) if weights[k] > 0]
    chosen = columns.take(np.array(used))
    shares = tuple(weights[k] for k in used)
    floats = np.array([float(w) for w in shares])
    model = ExactModel(
        round_down(visibility), floats, chosen, [{}] * len(used), target.antipodal,
        target.sums(chosen.alice, chosen.bob, floats), 0.0, Fraction(0), exact=(visibility, shares),
    )  # fmt: skip
    return Mixture(model, functional, level)


def _functional(target: Target, y: list[Fraction], deterministic: bool) -> tuple[Functional | None, float]:
    """What multipliers of the rows say (`questions.visibility.rows`), scaled to integers where they are small."""
    n = target.n_pairs
    if deterministic:
        pairs, rest = [-w for w in y[1 : n + 1]], y[n + 1 : -1]
    else:
        pairs, rest = [q - p for p, q in zip(y[1 : n + 1], y[n + 1 : 2 * n + 1])], y[2 * n + 1 : -1]
    coefficients = [*pairs, *(-z for z in rest)]
    size = max(map(abs, coefficients), default=Fraction(0))
    if size == 0:
        return None, 0.0
    common = math.lcm(*(x.denominator for x in coefficients))
    divisor = math.gcd(*(int(x * common) for x in coefficients))
    factor = Fraction(common, divisor)
    if size * factor >= 1 << 53:
        factor = 1 / size
    table = np.zeros(target.behaviour.shape)
    values = [float(x * factor) for x in coefficients]
    table[target.first, target.second] = values[:n]
    level = float((y[0] + (0 if deterministic else sum(y[1 : 2 * n + 1]))) * factor)
    if not len(target.margin_right):
        return Functional(table), level
    n_alice = target.behaviour.shape[0]
    return Functional(table, values[n : n + n_alice], values[n + n_alice :]), level


def _bare(columns: Columns) -> NDArray[np.bool_]:
    """Which states have no hidden vectors."""
    return np.isnan(columns.u[:, 0]) & np.isnan(columns.v[:, 0])


def restored(model: ExactModel, target: Target, reduction: Reduction | None) -> ExactModel:
    """The model of the whole table, from one of the table without the settings that were left out."""
    if reduction is None:
        return model
    assert model.exact is not None
    visibility, weights = model.exact
    fractions = np.empty(len(weights), dtype=object)
    fractions[:] = weights
    columns, shares = reduction.extended(model.columns, fractions)
    floats = np.array([float(w) for w in shares])
    sums = target.sums(columns.alice, columns.bob, floats)
    exact = visibility, tuple(shares.tolist())
    return replace(model, weights=floats, columns=columns, vectors=[{}] * len(floats), sums=sums, exact=exact)


@dataclass(frozen=True, eq=False)
class Pool:
    """States to choose from, and the few of them that the program has: column generation in rational numbers.

    Parameters
    ----------
    columns : Columns
        Without hidden vectors, because marginals of vectors are not exactly known.
    inside : ndarray of bool, shape (m,)
        The states of the program.
    parts : sequence of int
        The parts of the model that have such states.
    """

    columns: Columns
    inside: NDArray[np.bool_]
    parts: Sequence[int]

    @property
    def chosen(self) -> Columns:
        """The states of the program."""
        return self.columns.take(self.inside)

    def enlarged(
        self, mixture: Mixture, functional: Functional, met: Columns | None, parts: Sequence[HiddenVariableModel],
        rng: np.random.Generator,
    ) -> Pool | None:  # fmt: skip
        """The pool with states that the mixture's functional says are missing; None where it knows of none.

        Parameters
        ----------
        mixture : Mixture
        functional : Functional
            The mixture's.
        met : Columns or None
            The states that an oracle met.
        parts : sequence of HiddenVariableModel
            The flattened model, asked for proposals.
        rng : numpy.random.Generator
        """
        found = [Columns.of(parts[k].propose(functional, NEW_STATES, rng=rng), k) for k in self.parts]
        if met is not None:
            found.append(met.take(_bare(met)))
        proposed = Columns.join(found)
        columns = Columns.join([self.columns, proposed])
        inside = np.concatenate([self.inside, np.zeros(len(proposed), dtype=bool)])
        values = columns.values(functional)
        better = np.flatnonzero((values > mixture.level + 1e-13 * (1.0 + abs(mixture.level))) & ~inside)
        better = better[np.argsort(-values[better], kind="stable")][:NEW_STATES]
        inside[better] = True
        return Pool(columns, inside, self.parts) if len(better) else None


def first_pool(target: Target, columns: Columns, weights: Array | None) -> Pool | None:
    """The pool to begin with: the heaviest states; None where none has exactly known marginals.

    Parameters
    ----------
    target : Target
    columns : Columns
    weights : ndarray, optional
        As a solver left them.
    """
    bare = _bare(columns)
    pool, shares = columns.take(bare), None if weights is None else weights[bare]
    if len(pool) == 0:
        return None
    parts = np.unique(pool.part).tolist()
    if shares is None:
        pool = pool.take(pool.distinct(1e-9, antipodal=False))
    rows = 2 * target.n_pairs + len(target.margin_right) + 2
    order = np.arange(len(pool)) if shares is None else np.argsort(-shares, kind="stable")
    inside = np.zeros(len(pool), dtype=bool)
    inside[order[: max(3 * rows, 60)]] = True
    return Pool(pool, inside, parts)
