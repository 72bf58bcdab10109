"""The point P* of a model that is closest to a prediction Q in relative entropy.

    maximise Σ_xy w_xy Σ_ab Q(ab|xy) log P(ab|xy) over mixtures P = Σ ρ_λ P_λ of the model's boxes

is a concave program whose gradient is the functional with the coefficients R = Q/P: the model proposes hidden states
that are worth much in it, and at a hidden state every correlator sits at the end of its interval that the sign of its
coefficient asks for. The weights ρ of the boxes found so far are optimised by Newton steps, each a least-squares
problem with ρ ≥ 0 (Wang, J. R. Stat. Soc. B 69, 185 (2007)). At the optimum Σ w P R ≤ 1 for every box of the model.

Nothing here is proved, and nothing needs to be: whatever R comes out, the oracle encloses its maximum afterwards.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...common.arrays import Array
from ...common.interrupts import arrived
from ...core.functional import Functional
from ...core.hidden_states import HiddenStates
from ...engines.solvers.least_squares import nonnegative
from ...errors import SolverError
from ...models.hidden_variables import HiddenVariableModel
from ...models.values import best_correlators, best_first

__all__ = ["Cells", "Closest", "closest"]


ROUNDS = 60
ASKED, MORE = 8, 3
"""Hidden states asked for in the first round, and in each later one besides those near the best so far."""
FLOOR, LEAST = 1e-13, 1e-9
"""Smallest probability in logarithms, and smallest weight of a box."""


@dataclass(frozen=True, eq=False)
class Cells:
    """The outcomes that are told apart, for each pair of settings: all four, or equal and different only.

    Parameters
    ----------
    pairs : (ndarray, ndarray)
        Rows and columns of the pairs in use.
    shape : (int, int)
    signs : ndarray, shape (c, 3)
        For each outcome the signs α, β and αβ in P = (1 + αA + βB + αβC)/c; α = β = 0 where only products are seen.
    """

    pairs: tuple[NDArray[np.intp], NDArray[np.intp]]
    shape: tuple[int, int]
    signs: Array

    @classmethod
    def of(cls, used: NDArray[np.bool_], products: bool) -> Cells:
        """The cells of these pairs."""
        rows, columns = np.nonzero(used)
        four = [[1.0, 1.0, 1.0], [1.0, -1.0, -1.0], [-1.0, 1.0, -1.0], [-1.0, -1.0, 1.0]]
        signs = [[0.0, 0.0, 1.0], [0.0, 0.0, -1.0]] if products else four
        return cls((rows, columns), (used.shape[0], used.shape[1]), np.array(signs))

    def probabilities(self, alice: Array, bob: Array, correlators: Array) -> Array:
        """P of every cell, shape (…, pairs, c), of mean values (…, n_A), (…, n_B), (…, n_A, n_B)."""
        rows, columns = self.pairs
        means = np.stack([alice[..., rows], bob[..., columns], correlators[..., rows, columns]], axis=-1)
        return np.asarray(np.maximum(1.0 + means @ self.signs.T, 0.0) / len(self.signs))

    def counts(self, table: Array) -> Array:
        """The cells of a table (2, 2, n_A, n_B) of all outcomes or (2, n_A, n_B) of products, shape (pairs, c)."""
        rows, columns = self.pairs
        return np.asarray(table.reshape(-1, *self.shape)[:, rows, columns].T)

    def coefficients(self, r: Array) -> tuple[Array, Array, Array, Array]:
        """For R (pairs, c): Σ_cells P R = r_0 + r_a A + r_b B + r_c C at every pair, shapes (pairs,)."""
        c = len(self.signs)
        a, b, ab = (r @ self.signs / c).T
        return r.sum(axis=1) / c, a, b, ab

    def functional(self, weighted: Array) -> Functional:
        """Σ over pairs and cells of P times the given numbers (pairs, c), as a functional."""
        rows, columns = self.pairs
        constant, a, b, ab = self.coefficients(weighted)
        alice, bob, table = np.zeros(self.shape[0]), np.zeros(self.shape[1]), np.zeros(self.shape)
        np.add.at(alice, rows, a)
        np.add.at(bob, columns, b)
        table[rows, columns] = ab
        return Functional(table, alice, bob, float(constant.sum()))


@dataclass(frozen=True, eq=False)
class Closest:
    """P* on the cells, shape (pairs, c), the relative entropy D = Σ w Q log(Q/P*) of the prediction, and its states."""

    cells: Cells
    prediction: Array
    weights: Array
    point: Array
    entropy: float
    states: HiddenStates


def closest(
    model: HiddenVariableModel, cells: Cells, prediction: Array, weights: Array, rng: np.random.Generator,
    precision: float = 1e-3, negligible: float = 0.0, near: HiddenStates | None = None,
) -> Closest:  # fmt: skip
    """Find P* by column generation.

    Parameters
    ----------
    prediction : ndarray, shape (pairs, c)
        Q, each row adding up to 1.
    weights : ndarray, shape (pairs,)
        w, adding up to 1.
    precision : float
        Stop where no state found is worth more than 1 + precision · D.
    negligible : float
        Stop where D is at most this: the prediction is then as good as a point of the model.
    near : HiddenStates, optional
        Those of P* for another purity, to begin with.
    """
    target = weights[:, None] * prediction
    used = target > 0.0
    along = cells.functional(np.where(used, target, 0.0) - target.mean(axis=1)[:, None])
    if near is None:
        states, boxes = _proposed(model, cells, along, ASKED, rng)
    else:
        states = model.restored(alice=near.alice, bob=near.bob, u=near.u, v=near.v)
        boxes = _boxes(cells, along, states)
    other, more = _proposed(model, cells, -1.0 * along, ASKED, rng)
    states, boxes = HiddenStates.join([states, other]), np.concatenate([boxes, more])
    rho = np.full(len(boxes), 1.0 / len(boxes))
    point, entropy, best = _mixed(boxes, rho), np.inf, states.take(slice(0, ASKED))
    for _ in range(ROUNDS):
        rho = _weighted(boxes, rho, target, used)
        keep = rho > LEAST
        states, boxes, rho = states.take(keep), boxes[keep], rho[keep] / rho[keep].sum()
        point = _mixed(boxes, rho)
        entropy = float((target[used] * np.log(prediction[used] / point[used])).sum())
        if entropy <= negligible:
            break
        ratio = np.where(used, prediction / point, 0.0)
        best, fresh = _proposed(model, cells, cells.functional(weights[:, None] * ratio), MORE, rng, best)
        worth = (fresh * (weights[:, None] * ratio)).sum(axis=(1, 2))
        if worth.max() - 1.0 <= max(precision * entropy, 1e-10) or arrived():
            break
        good = worth > 1.0
        states = HiddenStates.join([states, best.take(good)])
        boxes, rho = np.concatenate([boxes, fresh[good]]), np.concatenate([rho, np.zeros(int(good.sum()))])
    return Closest(cells, prediction, weights, point, max(entropy, 0.0), states)


def _mixed(boxes: Array, rho: Array) -> Array:
    return np.asarray(np.maximum(np.tensordot(rho, boxes, axes=1), FLOOR))


def _proposed(
    model: HiddenVariableModel, cells: Cells, functional: Functional, count: int, rng: np.random.Generator,
    near: HiddenStates | None = None,
) -> tuple[HiddenStates, Array]:  # fmt: skip
    """Proposed states, from fresh starts and from good states so far, and the cells of their best boxes."""
    states = model.propose(functional, count, rng=rng)
    if near is not None and len(near):
        states = HiddenStates.join([states, model.propose(functional, len(near), rng=rng, starts=near)])
    states = best_first(functional, states, 2 * ASKED)
    return states, _boxes(cells, functional, states)


def _boxes(cells: Cells, functional: Functional, states: HiddenStates) -> Array:
    """The cells of the best boxes at these states."""
    tables = [best_correlators(functional, a, b) for a, b in zip(states.alice, states.bob)]
    return cells.probabilities(np.asarray(states.alice), np.asarray(states.bob), np.array(tables))


def _weighted(boxes: Array, rho: Array, target: Array, used: NDArray[np.bool_]) -> Array:
    """The best weights of these boxes."""
    wanted = target[used]
    columns = boxes[:, used].T
    root = np.sqrt(wanted)

    def likelihood(weights: Array) -> float:
        return float(wanted @ np.log(np.maximum(columns @ weights, FLOOR)))

    value = likelihood(rho)
    for _ in range(20):
        mixed = np.maximum(columns @ rho, FLOOR)
        scaled = columns / mixed[:, None] * root[:, None]
        heavy = 100.0
        rows = np.concatenate([scaled, np.full((1, len(rho)), heavy)])
        try:
            step = nonnegative(rows, np.concatenate([2.0 * root, [heavy]]))
        except SolverError:
            break
        if not step.sum() > 0.0:
            break
        step = step / step.sum()
        length, after, trial = 1.0, value, rho
        while length > 1e-4:
            trial = rho + length * (step - rho)
            after = likelihood(trial)
            if after > value:
                break
            length *= 0.4
        if after <= value + 1e-14:
            break
        rho, value = trial, after
    return rho
