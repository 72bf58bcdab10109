"""All non-signalling boxes: the marginals are anything in [−1, 1]^(nA + nB).

h(f) = k + Σ|S_ij| − min G with G = Σ |S_ij| |A_i − sgn(S_ij) B_j| − α·A − β·B convex and piecewise linear: a linear
program. For any multipliers τ_ij in [−1, 1]

    G ≥ Σ |S_ij| τ_ij (A_i − sgn(S_ij) B_j) − α·A − β·B ≥ −Σ|c_i| − Σ|d_j|,
    c_i = Σ_j |S_ij| τ_ij − α_i,   d_j = −Σ_i S_ij τ_ij − β_j,

so h(f) ≤ k + Σ|S| + Σ|c| + Σ|d|. HiGHS proposes τ; the bound is evaluated exactly and rounded up. The minimum is at a
half-integral point, every marginal 0 or ±1 (G is an integral over θ in [0, 1] of its values at the points cut at θ),
which gives the lower end.

Source: Popescu and Rohrlich, Found. Phys. 24, 379 (1994); half-integral vertices: Jones and Masanes, quant-ph/0506182.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import product

import numpy as np
from numpy.typing import NDArray

from ..common.arrays import Array
from ..common.rationals import round_down, round_up, to_integers
from ..core.behaviour import Behaviour
from ..core.effort import Effort, Hint
from ..core.enclosure import Enclosure
from ..core.functional import Functional
from ..core.hidden_states import HiddenStates
from ..core.proof import DualProof
from ..engines.solvers.lp import Matrix, load_solver, solve
from ..errors import SolverError
from .base import ShapedModel, Support
from .hidden_variables import SEEDS, HiddenVariableModel, Mask, along
from .values import attained_value, best_first, values_at

__all__ = ["NonSignalling", "dual_bound"]

LISTED_SETTINGS = 10


def dual_bound(functional: Functional, tau: Array) -> Fraction:
    """The exact upper bound k + Σ|S| + Σ|c_i| + Σ|d_j| that multipliers prove."""
    shape = functional.shape
    weights, scale = to_integers(functional.correlators.ravel().tolist())
    multipliers, precision = to_integers(tau.ravel().tolist())
    c = [-Fraction(x) for x in functional.alice.tolist()]
    d = [-Fraction(x) for x in functional.bob.tolist()]
    unit = 1 << (scale + precision)
    rows, columns = [0] * shape[0], [0] * shape[1]
    for position, (s, t) in enumerate(zip(weights, multipliers, strict=True)):
        i, j = divmod(position, shape[1])
        rows[i] += abs(s) * t
        columns[j] -= s * t
    total = Fraction(functional.constant) + Fraction(sum(map(abs, weights)), 1 << scale)
    total += sum((abs(Fraction(x, unit) + y) for x, y in zip(rows, c)), Fraction(0))
    return total + sum((abs(Fraction(x, unit) + y) for x, y in zip(columns, d)), Fraction(0))


def _linear_program(functional: Functional, time_limit_s: float) -> tuple[Array, Array]:
    """Solve for (A, B) and τ, with a slack t_ij ≥ |A_i − sgn(S_ij) B_j| for every S_ij ≠ 0 scaled to at most 1."""
    n_alice, n_bob = functional.shape
    n = n_alice + n_bob
    rows, columns = np.nonzero(functional.correlators)
    terms = np.arange(len(rows))
    coefficients = functional.correlators[rows, columns]
    scale = max(np.abs(coefficients).max(initial=0.0), np.abs(functional.alice).max(), np.abs(functional.bob).max())
    if scale == 0.0:
        return np.zeros(n), np.zeros(functional.shape)
    cost = np.concatenate([-functional.alice, -functional.bob, np.abs(coefficients)]) / scale
    one = np.ones(len(rows))
    sign = np.sign(coefficients)
    # + (A − s B) − t ≤ 0 in the first block of rows, − (A − s B) − t ≤ 0 in the second
    data = np.concatenate([one, -sign, -one, -one, sign, -one])
    row = np.concatenate([terms, terms, terms, *(3 * [terms + len(rows)])])
    column = np.concatenate(2 * [rows, n_alice + columns, n + terms])
    matrix = Matrix.from_triplets(row, column, data, (2 * len(rows), n + len(rows)))
    answer = solve(
        cost,
        matrix,
        np.zeros(2 * len(rows)),
        lower=np.concatenate([np.full(n, -1.0), np.zeros(len(rows))]),
        upper=np.concatenate([np.ones(n), np.full(len(rows), 2.0)]),
        time_limit_s=time_limit_s,
    )
    tau = np.zeros(functional.shape)
    size = np.abs(coefficients) / scale
    difference = answer.upper_multipliers[: len(rows)] - answer.upper_multipliers[len(rows) :]
    share = np.divide(difference, size, out=np.zeros(len(rows)), where=size > 0.0)  # sizes may underflow
    tau[rows, columns] = np.clip(share, -1.0, 1.0)
    return answer.x[:n], tau


def _cut(marginals: Array, threshold: float) -> Array:
    return np.where(np.abs(marginals) > threshold, np.sign(marginals), 0.0)


class NonSignalling(ShapedModel, HiddenVariableModel):
    """All non-signalling boxes, "beyond" quantum theory.

    Parameters
    ----------
    shape : (int, int)
        Numbers of settings, or give ``settings=`` to take them from there.
    """

    name = "nonsignalling"
    symmetric = True
    local_points = True
    everything = True

    def likeness(self, party: int) -> Array:
        """Rows of no numbers: the model is blind to directions."""
        return np.zeros((self.shape[party], 0))

    def restricted(self, alice: NDArray[np.intp], bob: NDArray[np.intp]) -> NonSignalling:
        """The same model of fewer settings."""
        return NonSignalling((len(alice), len(bob)))

    def free_values(self) -> tuple[float, ...]:
        """Any setting may have 0."""
        return (0.0,)

    def _enclose(self, functional: Functional, effort: Effort, hint: Hint) -> Support:
        """Enclose h(f) by a half-integral point and by exactly evaluated multipliers.

        A solver that gives no verified answer leaves τ = 0 and the vanishing marginals: wide, but proved.
        """
        reason = "tolerance_met"
        try:
            marginals, tau = _linear_program(functional, effort.time_limit_s)
        except SolverError as error:
            marginals, tau, reason = np.zeros(sum(self.shape)), np.zeros(self.shape), str(error)
        states = self._states(marginals[None, :])
        best = int(values_at(functional, states.alice, states.bob).argmax())
        state = states[best]
        lower = round_down(attained_value(functional, state.alice, state.bob))
        upper = round_up(dual_bound(functional, tau))
        if reason == "tolerance_met" and upper - lower > effort.tolerance:
            reason = f"the multipliers of the linear program leave a gap of {upper - lower:.3g}"
        value = Enclosure(lower, upper, reason=reason)
        return Support(value, state, DualProof(tau))

    def load(self) -> float:
        """Load the solver."""
        load_solver()
        return 0.0

    def _states(self, marginals: Array) -> HiddenStates:
        """The points cut at ½ and at 0, and the point of vanishing marginals, for rows (A, B)."""
        rows = np.vstack([_cut(marginals, 0.5), _cut(marginals, 1e-9), np.zeros((1, sum(self.shape)))])
        rows = rows[np.sort(np.unique(rows, axis=0, return_index=True)[1])]
        return HiddenStates(rows[:, : self.shape[0]], rows[:, self.shape[0] :])

    def propose(
        self, functional: Functional, count: int, *, rng: np.random.Generator, starts: HiddenStates | None = None
    ) -> HiddenStates:
        """Half-integral points of the linear program's solution and of slightly disturbed functionals, best first."""
        self._check(functional)
        solutions = []
        for attempt in range(min(count, 8)):
            noise = 1.0 + (0.0 if attempt == 0 else 0.05) * rng.standard_normal(self.shape)
            disturbed = Functional(functional.correlators * noise, functional.alice, functional.bob)
            try:
                solutions.append(_linear_program(disturbed, 10.0)[0])
            except SolverError:
                continue
        marginals = np.array(solutions) if solutions else np.zeros((1, sum(self.shape)))
        states = self._states(marginals)
        return best_first(functional, states, count)

    def contains(self, states: HiddenStates) -> Mask:
        """States whose marginals lie in [−1, 1]."""
        return np.asarray((np.abs(states.alice) <= 1.0).all(axis=1) & (np.abs(states.bob) <= 1.0).all(axis=1))

    def seeds(self, behaviour: Behaviour, *, antipodal: bool, rng: np.random.Generator) -> HiddenStates:
        """The vanishing marginals, and the best states along the correlators."""
        vanishing = HiddenStates(np.zeros((1, self.shape[0])), np.zeros((1, self.shape[1])))
        return HiddenStates.join([vanishing, self.propose(along(behaviour), SEEDS, rng=rng)])

    def corners(self) -> HiddenStates | None:
        """Marginals 0 and ±1 in all ways, for up to ten settings: what the vertices have (Jones and Masanes)."""
        n = sum(self.shape)
        if n > LISTED_SETTINGS:
            return None
        rows = np.array(list(product((-1.0, 0.0, 1.0), repeat=n)))
        return HiddenStates(rows[:, : self.shape[0]], rows[:, self.shape[0] :])

    def invariants(self) -> Sequence[tuple[Array, Array]]:
        """Any relabelling leaves the model as it is."""
        return ()
