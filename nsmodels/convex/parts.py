"""Non-signalling boxes and mixtures as CVXPY variables (use as ``ns.convex.Box``, ``ns.convex.Mixture``).

Everything is built from sparse matrices: a box of 50×50 settings takes milliseconds, where scalar expressions in Python
loops take seconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cvxpy as cp
import numpy as np
import scipy.sparse as sp
from numpy.typing import ArrayLike

from ..common.arguments import MOST_ROWS, floats, listed, one_of, whole
from ..common.arrays import Array
from ..core.settings import Settings
from ..errors import InputError
from ..models.base import Model
from ..models.hidden_variables import HiddenVariableModel

__all__ = ["Box", "Mixture", "Part", "hidden_states"]

Shape = tuple[int, int]


@dataclass(frozen=True, eq=False)
class Part:
    """A sub-normalised box, or a sum of them, as CVXPY expressions.

    Parameters
    ----------
    weight
        Scalar: the probability of this part.
    alice, bob, correlators
        ``(nA,)``, ``(nB,)`` and ``(nA, nB)``: mean values times the weight.
    constraints
        What has to hold for this to be a (mixture of) non-signalling boxes.
    """

    weight: cp.Expression
    alice: cp.Expression
    bob: cp.Expression
    correlators: cp.Expression
    constraints: tuple[cp.Constraint, ...]

    @property
    def shape(self) -> Shape:
        """Numbers of settings (nA, nB)."""
        return self.correlators.shape[0], self.correlators.shape[1]

    @property
    def probabilities(self) -> cp.Expression:
        """The table p[a,b,x,y], shape (2, 2, nA, nB), outcome index 0 being +1; it adds up to ``weight``. Eq. (6)."""
        flat = _probabilities(self.weight, self.alice, self.bob, self.correlators)
        return cp.reshape(flat, (2, 2, *self.shape), order="C")

    def __add__(self, other: Part) -> Part:
        """Add two parts: weights and mean values add up, constraints of both hold."""
        if not isinstance(other, Part):
            return NotImplemented
        if other.shape != self.shape:
            raise InputError(f"convex: cannot add parts of shapes {self.shape} and {other.shape}")
        return Part(
            self.weight + other.weight,
            self.alice + other.alice,
            self.bob + other.bob,
            self.correlators + other.correlators,
            (*self.constraints, *other.constraints),
        )


def _shape(shape: Shape | Settings) -> Shape:
    if isinstance(shape, Settings):
        return shape.shape
    remedy = "give the numbers of settings (n_A, n_B), or Settings"
    numbers = listed(shape, "convex: shape", remedy)
    if len(numbers) != 2:
        raise InputError(f"convex: shape has {len(numbers)} entries; {remedy}")
    n_alice, n_bob = (whole(n, "convex: an entry of shape", most=MOST_ROWS) for n in numbers)
    return n_alice, n_bob


def _table(n_alice: int, n_bob: int) -> sp.csr_array:
    """The sparse matrix of eq. (6): rows (a, b, x, y), columns (weight, A, B, C)."""
    pairs = n_alice * n_bob
    x, y = np.divmod(np.arange(pairs), n_bob)
    columns = np.concatenate(
        [np.zeros(pairs, dtype=int), 1 + x, 1 + n_alice + y, 1 + n_alice + n_bob + np.arange(pairs)]
    )
    signs = [(1, a, b, a * b) for a in (1, -1) for b in (1, -1)]
    rows = np.concatenate([np.tile(k * pairs + np.arange(pairs), 4) for k in range(4)])
    values = np.concatenate([np.repeat(np.array(sign) / 4.0, pairs) for sign in signs])
    return sp.csr_array((values, (rows, np.tile(columns, 4))), shape=(4 * pairs, 1 + n_alice + n_bob + pairs))


def _probabilities(weight: Any, alice: Any, bob: Any, correlators: Any) -> cp.Expression:
    stacked = cp.hstack([cp.reshape(weight, (1,), order="C"), alice, bob, cp.vec(correlators, order="C")])
    return cp.Constant(_table(*correlators.shape)) @ stacked


class Box(Part):
    """One non-signalling box.

    Parameters
    ----------
    shape : (int, int) or Settings
        Numbers of settings.
    weight
        1, or a number or scalar CVXPY expression for a sub-normalised box: all mean values are then multiplied by it.
    alice, bob
        Marginals times weight as arrays or CVXPY expressions; variables by default.
    """

    def __init__(self, shape: Shape | Settings, *, weight: Any = 1.0, alice: Any = None, bob: Any = None) -> None:
        n_alice, n_bob = _shape(shape)
        first = cp.Variable(n_alice, name="A") if alice is None else _expression(alice, (n_alice,), "alice")
        second = cp.Variable(n_bob, name="B") if bob is None else _expression(bob, (n_bob,), "bob")
        mass = _expression(weight, (), "weight")
        correlators = cp.Variable((n_alice, n_bob), name="C")
        positive = _probabilities(mass, first, second, correlators) >= 0
        super().__init__(mass, first, second, correlators, (positive,))


def _expression(value: Any, shape: tuple[int, ...], name: str) -> cp.Expression:
    complaint = f"convex: {name} is neither numbers nor an expression of CVXPY"
    expression = value if isinstance(value, cp.Expression) else cp.Constant(floats(value, complaint))
    if expression.shape != shape:
        raise InputError(f"convex: {name} has shape {expression.shape}; it needs {shape}")
    return expression


class Mixture(Part):
    r"""A mixture over a finite list of hidden states, with one weight for each.

    Parameters
    ----------
    hidden : Model, optional
        `Finite`, `Bell` (up to 16 settings in all), `Unbiased`, or a `Hull` of them; see `hidden_states`.
    alice, bob : array_like, optional
        Instead of ``hidden``: marginal vectors, ``(n, nA)`` and ``(n, nB)``. Leave one party out, with
        ``free=`` its number of settings, where the model says nothing about it: its marginals are then variables.
    total
        The sum of the weights: 1, or a number or scalar CVXPY expression.
    form : {"intervals", "boxes"}
        "boxes" has one sub-normalised box for every hidden state. "intervals" eliminates them: the C of the mixture is
        free between Σ ρ(−1 + \|A + B\|) and Σ ρ(1 − \|A − B\|), which is equivalent, with n times fewer variables.

    Attributes
    ----------
    weights : cvxpy.Variable
        ``(n,)``, non-negative.
    boxes : cvxpy.Variable or None
        ``(n, nA * nB)``: the correlators of every box times its weight, in the form "boxes".
    """

    @np.errstate(over="ignore", invalid="ignore")  # CVXPY finds the shape of a sum by adding up uninitialised memory
    def __init__(
        self,
        hidden: Model | None = None,
        *,
        alice: ArrayLike | None = None,
        bob: ArrayLike | None = None,
        free: int | None = None,
        total: Any = 1.0,
        form: str = "intervals",
    ) -> None:
        if hidden is not None:
            if alice is not None or bob is not None:
                raise InputError("Mixture: give a model or marginal vectors, not both")
            alice, bob = hidden_states(hidden)
        one_of(form, ("intervals", "boxes"), "Mixture: form")
        if free is not None:
            free = whole(free, "Mixture: free", most=MOST_ROWS)
        rows = {name: None if m is None else _rows(m, name) for name, m in (("alice", alice), ("bob", bob))}
        given = [m for m in rows.values() if m is not None]
        if not given or len({len(m) for m in given}) != 1 or (len(given) == 1) != (free is not None):
            raise InputError(
                "Mixture: give one marginal vector a hidden state for each party, or free= for one of them"
            )
        count = len(given[0])
        weights = cp.Variable(count, nonneg=True, name="weights")
        means: dict[str, Any] = {name: None if m is None else m.T @ weights for name, m in rows.items()}
        constraints: list[cp.Constraint] = [cp.sum(weights) == total]
        boxes: cp.Variable | None = None
        if len(given) == 2:
            n_alice, n_bob = given[0].shape[1], given[1].shape[1]
            difference = np.abs(given[0][:, :, None] - given[1][:, None, :]).reshape(count, -1)
            plus = np.abs(given[0][:, :, None] + given[1][:, None, :]).reshape(count, -1)
            correlators: cp.Expression
            if form == "boxes":
                boxes = cp.Variable((count, n_alice * n_bob), name="boxes")
                column = cp.reshape(weights, (count, 1), order="C")
                constraints += [
                    boxes >= cp.multiply(column, plus - 1.0),
                    boxes <= cp.multiply(column, 1.0 - difference),
                ]
                correlators = cp.reshape(cp.sum(boxes, axis=0), (n_alice, n_bob), order="C")
            else:
                correlators = cp.Variable((n_alice, n_bob), name="C")
                flat = cp.vec(correlators, order="C")
                constraints += [flat >= (plus - 1.0).T @ weights, flat <= (1.0 - difference).T @ weights]
        else:
            party = "alice" if rows["alice"] is None else "bob"
            marginals = cp.Variable((count, free or 0), name="A" if party == "alice" else "B")
            means[party] = cp.sum(marginals, axis=0)
            n_alice, n_bob = (
                (free or 0, given[0].shape[1]) if party == "alice" else (given[0].shape[1], free or 0)
            )
            boxes = cp.Variable((count, n_alice * n_bob), name="boxes")
            constraints.append(_half_given(weights, given[0], marginals, boxes, party) >= 0)
            correlators = cp.reshape(cp.sum(boxes, axis=0), (n_alice, n_bob), order="C")
        super().__init__(cp.sum(weights), means["alice"], means["bob"], correlators, tuple(constraints))
        object.__setattr__(self, "weights", weights)
        object.__setattr__(self, "boxes", boxes)
        object.__setattr__(self, "_rows", rows)

    weights: cp.Variable
    boxes: cp.Variable | None
    _rows: dict[str, Array | None]

    def mean_absolute(self, party: str, index: int) -> cp.Expression:
        """Σ ρ_λ |m_λ| at one setting of a party ("alice" or "bob") whose marginals are given."""
        rows = self._rows[one_of(party, ("alice", "bob"), "Mixture: party")]
        if rows is None:
            raise InputError(f"Mixture: mean |marginal| needs the hidden states' marginals of party {party!r}")
        index = whole(index, "Mixture: the number of a setting", 0, rows.shape[1] - 1)
        return np.abs(rows[:, index]) @ self.weights


def _rows(marginals: ArrayLike, name: str) -> Array:
    rows = floats(marginals, f"Mixture: {name} is not a table of numbers, one row for each hidden state")
    if rows.ndim != 2 or rows.size == 0 or not np.all(np.abs(rows) <= 1.0):
        raise InputError(f"Mixture: {name} has to be a table of marginals in [−1, 1], one row for each hidden state")
    return rows


def _half_given(weights: Any, rows: Array, marginals: Any, boxes: Any, party: str) -> cp.Expression:
    """Four times the probabilities of all boxes where one party's marginals are given, flattened."""
    count, known = rows.shape
    free = marginals.shape[1]
    state = np.repeat(np.arange(count), known * free)
    pair = np.tile(np.arange(known * free), count)
    first, second = (pair // free, pair % free) if party == "bob" else (pair % known, pair // known)
    # first: index among the given marginals, second: among the free ones, both in the box's C order
    size = count * known * free
    line = np.arange(size)
    spread = sp.csr_array((np.ones(size), (line, state)), shape=(size, count))
    given = sp.csr_array((rows[state, first], (line, state)), shape=(size, count))
    open_ = sp.csr_array((np.ones(size), (line, state * free + second)), shape=(size, count * free))
    stack = sp.vstack(
        [sp.hstack([spread + a * given, b * open_, a * b * sp.eye_array(size)]) for a in (1, -1) for b in (1, -1)]
    )
    everything = cp.hstack([weights, cp.vec(marginals, order="C"), cp.vec(boxes, order="C")])
    return cp.Constant(sp.csr_array(stack)) @ everything


def hidden_states(model: Model) -> tuple[Array, Array]:
    """List a finite model's marginal vectors, ``(n, nA)`` and ``(n, nB)``.

    Raises
    ------
    InputError
        For infinitely many hidden states (take `Finite.sphere_grid` for Leggett's), and Bell with over 16 settings.
    """
    states = model.listed() if isinstance(model, HiddenVariableModel) else None
    if states is not None:
        return np.asarray(states.alice), np.asarray(states.bob)
    raise InputError(
        f"convex: {model!r} has no short list of hidden states; use Finite, for example Finite.sphere_grid(settings, n)"
    )
