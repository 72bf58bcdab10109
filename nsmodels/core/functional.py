"""`Functional` f = k + Σ α_i A_i + Σ β_j B_j + Σ S_ij C_ij, and `Inequality` f ≤ bound.

The named functionals are in the module ``functionals``: ``ns.functionals.chsh()``, ``ns.functionals.leggett3(s)``, ….
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import escape
from numbers import Real
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..common.arguments import TWO_PARTIES, check_noun, check_size, floats, not_nan, number, small
from ..common.digits import at_most
from ..errors import InputError
from . import formula, functional_notations
from .behaviour import Behaviour
from .evaluation import Evaluation
from .propagation import propagate_counts

if TYPE_CHECKING:
    from .proof import Proof

__all__ = ["Evaluation", "Functional", "Inequality"]

Array = NDArray[np.float64]

MOST_TERMS = 24
"""Terms up to which an inequality is shown whole; of a longer one only this many are shown."""


def _numbers(values: ArrayLike, name: str, ndim: int) -> Array:
    array = floats(values, f"Functional: {name} is not a table of numbers with rows of equal length")
    if array.ndim != ndim or array.size == 0:
        what = "a non-empty list of rows" if ndim == 2 else "a non-empty list of numbers"
        more = f"; {TWO_PARTIES}" if array.ndim > 2 else ""
        raise InputError(f"Functional: {name} has shape {array.shape}; give {what}{more}")
    if not np.isfinite(array).all():
        index = np.argwhere(~np.isfinite(array))[0].tolist()
        raise InputError(f"Functional: {name}{index} is {float(array[tuple(index)])}; coefficients must be finite")
    array.setflags(write=False)
    return array


@dataclass(frozen=True, eq=False, repr=False, init=False)
class Functional:
    """An affine function of a behaviour, f = k + Σ α_i A_i + Σ β_j B_j + Σ S_ij C_ij.

    Parameters
    ----------
    correlators : array_like, shape (n_A, n_B)
        S_ij.
    alice, bob : array_like, shapes (n_A,) and (n_B,), optional
        α_i and β_j; zero by default.
    constant : float
        k.
    name, source : str, optional
        What to call it, and where it was published.
    parameters : mapping, optional
        What a problem file writes beside the name.
    relative_rounding : float
        Every stored coefficient is within this *relative* distance of the exact one it stands for: 2^-53 for the
        doubles nearest to fractions such as −1/3 in named functionals, 0 for coefficients taken as they are.

    Raises
    ------
    InputError
        For wrong shapes and coefficients that are not finite.
    """

    correlators: Array
    alice: Array
    bob: Array
    constant: float
    name: str | None
    source: str | None
    parameters: Mapping[str, Any] | None
    relative_rounding: float

    def __init__(
        self,
        correlators: ArrayLike,
        alice: ArrayLike | None = None,
        bob: ArrayLike | None = None,
        constant: float = 0.0,
        *,
        name: str | None = None,
        source: str | None = None,
        parameters: Mapping[str, Any] | None = None,
        relative_rounding: float = 0.0,
    ) -> None:
        def put(attribute: str, value: object) -> None:
            object.__setattr__(self, attribute, value)

        table = _numbers(correlators, "correlators", 2)
        check_size((table.shape[0], table.shape[1]), "Functional")
        put("correlators", table)
        for party, given, count in (("alice", alice, table.shape[0]), ("bob", bob, table.shape[1])):
            array = _numbers(np.zeros(count) if given is None else given, party, 1)
            if len(array) != count:
                raise InputError(f"Functional: {party} has {len(array)} coefficients for {count} settings")
            put(party, array)
        put("constant", number(constant, "Functional: the constant"))
        put("name", name)
        put("source", source)
        if parameters is not None:
            check_noun(parameters, Mapping, "argument parameters", "Functional")
        put("parameters", None if parameters is None else dict(parameters))
        put("relative_rounding", small(relative_rounding, "Functional: relative_rounding"))

    @classmethod
    def from_collins_gisin(cls, table: ArrayLike, **keywords: Any) -> Functional:
        """Read coefficients of the probabilities of the outcome +1, shape (n_A + 1, n_B + 1).

        The constant at [0, 0], the coefficients of P(+|a_i) at [i+1, 0], of P(+|b_j) at [0, j+1] and of P(++|a_i b_j)
        at [i+1, j+1], so that the value is Σ table · ``behaviour.to_collins_gisin()``.
        Source: Collins and Gisin, J. Phys. A 37, 1775 (2004), quant-ph/0306129.
        """
        return cls._of(functional_notations.read_collins_gisin(table), keywords)

    @classmethod
    def from_full_correlators(cls, table: ArrayLike, **keywords: Any) -> Functional:
        """Read the table [[k, β], [α, S]], shape (n_A + 1, n_B + 1): constants and marginals come first (index 0)."""
        return cls._of(functional_notations.read_full_correlators(table), keywords)

    @classmethod
    def from_probabilities(cls, s: ArrayLike, *, order: str | None = None, **keywords: Any) -> Functional:
        """Read coefficients s[a,b,x,y], shape (2, 2, n_A, n_B), of Σ s p, outcome index 0 being +1.

        ``order`` names the axes as they stand: "xyab" for a table s[x,y,a,b].
        """
        return cls._of(functional_notations.read_probabilities(s, order), keywords)

    @classmethod
    def from_game(
        cls, pi: ArrayLike, wins: ArrayLike | Callable[[int, int, int, int], Any], **keywords: Any
    ) -> Functional:
        """The probability of winning a game: Σ π[x,y] wins[a,b,x,y] p[a,b,x,y].

        Parameters
        ----------
        pi : array_like, shape (n_A, n_B)
            Probabilities of the questions; they add up to 1 within 1e-9, and are taken as they are.
        wins : array_like of bool, shape (2, 2, n_A, n_B), or callable
            Whether the answers win; as a rule ``wins(a, b, x, y)`` of whole numbers, such as
            ``lambda a, b, x, y: (a ^ b) == (x & y)``. Answer 0 is the outcome +1.
        """
        return cls._of(functional_notations.game(pi, wins), keywords)

    @classmethod
    def _of(cls, read: functional_notations.Coefficients, keywords: dict[str, Any]) -> Functional:
        own = {"relative_rounding": 0.0 if read.exact else 2.0**-53}
        return cls(read.correlators, read.alice, read.bob, read.constant, **(own | keywords))

    def to_collins_gisin(self) -> Array:
        """The table that `from_collins_gisin` reads, each entry correctly rounded."""
        return functional_notations.collins_gisin(self.correlators, self.alice, self.bob, self.constant)

    def to_full_correlators(self) -> Array:
        """The table [[k, β], [α, S]], shape (n_A + 1, n_B + 1)."""
        return functional_notations.full_correlators(self.correlators, self.alice, self.bob, self.constant)

    def to_probabilities(self) -> Array:
        """Coefficients s[a,b,x,y], shape (2, 2, n_A, n_B).

        They are not unique, because probabilities add up and do not signal: the constant is spread evenly over the
        pairs of settings, and a marginal over the settings of the other party.
        """
        return functional_notations.probabilities(self.correlators, self.alice, self.bob, self.constant)

    @property
    def shape(self) -> tuple[int, int]:
        """Numbers of settings (n_A, n_B)."""
        return self.correlators.shape[0], self.correlators.shape[1]

    def evaluate(self, alice: ArrayLike, bob: ArrayLike, correlators: ArrayLike) -> float:
        """The value k + α·A + β·B + Σ S_ij C_ij, each sum correctly rounded."""
        terms = [self.constant]
        for coefficients, values in ((self.alice, alice), (self.bob, bob), (self.correlators, correlators)):
            array = floats(values, "Functional: mean values are not tables of numbers with rows of equal length")
            if array.shape != coefficients.shape:
                shapes = f"{array.shape} for coefficients of shape {coefficients.shape}"
                raise InputError(f"Functional: mean values of shape {shapes}")
            terms.extend((coefficients * array).ravel().tolist())
        return math.fsum(terms)

    def value(self, behaviour: Behaviour) -> float:
        """The value on a behaviour.

        Raises
        ------
        InputError
            If the shapes differ, or a coefficient multiplies a marginal or correlator that is not known.
        """
        check_noun(behaviour, Behaviour, "behaviour", "Functional")
        if behaviour.shape != self.shape:
            more = functional_notations.misfit(self.shape, behaviour.shape)
            fits = f"shape {self.shape} does not fit a behaviour of shape {behaviour.shape}{more}"
            raise InputError(f"Functional: {fits}")
        missing = (self.correlators != 0.0) & ~behaviour.known
        if missing.any():
            pair = np.argwhere(missing)[0].tolist()
            raise InputError(f"Functional: it needs the correlator of pair {pair}, which the behaviour does not know")
        marginals: list[Array] = []
        for party in ("alice", "bob"):
            values = getattr(behaviour, party)
            coefficients = getattr(self, party)
            if values is None and coefficients.any():
                raise InputError(f"Functional: it needs {party.title()}'s marginals, which the behaviour does not know")
            marginals.append(np.zeros(len(coefficients)) if values is None else values)
        correlators = np.where(behaviour.known, behaviour.correlators, 0.0)
        return self.evaluate(marginals[0], marginals[1], correlators)

    def standard_error(self, behaviour: Behaviour) -> float | None:
        """One standard deviation of the value, or ``None`` where the behaviour carries no errors.

        With counts, the Poissonian counts are propagated through C and the pooled marginals exactly to first order,
        with all their correlations; with bare standard errors the entries are taken as independent.
        """
        check_noun(behaviour, Behaviour, "behaviour", "Functional")
        if behaviour.counts is not None:
            return propagate_counts(self.correlators, self.alice, self.bob, behaviour.counts)
        errors = behaviour.errors
        if errors is None:
            return None
        variance = float(((self.correlators * np.where(behaviour.known, errors.correlators, 0.0)) ** 2).sum())
        for party in ("alice", "bob"):
            coefficients, sigma = getattr(self, party), getattr(errors, party)
            if coefficients.any():
                if sigma is None:
                    return None
                variance += float(((coefficients * sigma) ** 2).sum())
        return math.sqrt(variance)

    def __add__(self, other: Functional) -> Functional:
        if not isinstance(other, Functional):
            return NotImplemented
        if other.shape != self.shape:
            raise InputError(f"Functional: cannot add shapes {self.shape} and {other.shape}")
        return Functional(
            self.correlators + other.correlators,
            self.alice + other.alice,
            self.bob + other.bob,
            self.constant + other.constant,
            relative_rounding=max(self.relative_rounding, other.relative_rounding),
        )

    def __mul__(self, factor: float) -> Functional:
        if isinstance(factor, bool) or not isinstance(factor, Real):
            return NotImplemented
        factor = number(factor, "Functional: the factor")
        return Functional(
            factor * self.correlators,
            factor * self.alice,
            factor * self.bob,
            factor * self.constant,
            relative_rounding=self.relative_rounding,
        )

    __rmul__ = __mul__

    def __neg__(self) -> Functional:
        return -1.0 * self

    def __sub__(self, other: Functional) -> Functional:
        return self + (-other)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Functional):
            return NotImplemented
        return (
            self.constant == other.constant
            and np.array_equal(self.correlators, other.correlators)
            and np.array_equal(self.alice, other.alice)
            and np.array_equal(self.bob, other.bob)
        )

    def __hash__(self) -> int:
        # −0.0 equals 0.0, and must have its hash
        return hash((self.constant, *((x + 0.0).tobytes() for x in (self.correlators, self.alice, self.bob))))

    @property
    def parts(self) -> tuple[float, Array, Array, Array]:
        """Constant, Alice's, Bob's and the correlators' coefficients."""
        return self.constant, self.alice, self.bob, self.correlators

    def text(self) -> str:
        """The functional as one line of text, short fractions written as fractions."""
        return formula.plain(*self.parts)

    def latex(self) -> str:
        r"""The functional in LaTeX, with ``A_{i}``, ``B_{j}`` and ``C_{ij}`` counted from 0."""
        return formula.latex(*self.parts)

    def to_json(self) -> dict[str, Any]:
        """The coefficients as plain lists."""
        return {
            "correlators": self.correlators.tolist(),
            "alice": self.alice.tolist(),
            "bob": self.bob.tolist(),
            "constant": self.constant,
        }

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Functional:
        """The functional that `to_json` wrote."""
        return cls(*(content[key] for key in ("correlators", "alice", "bob", "constant")))

    def __repr__(self) -> str:
        terms = int(np.count_nonzero(self.correlators))
        marginals = int(np.count_nonzero(self.alice) + np.count_nonzero(self.bob))
        title = f"{self.name}, " if self.name else ""
        if terms + marginals <= 8:
            return f"Functional({title}{self.shape[0]}×{self.shape[1]}: {self.text()})"
        return f"Functional({title}{self.shape[0]}×{self.shape[1]}, {terms} correlators, {marginals} marginals)"


@runtime_checkable
class Counted(Protocol):
    """Counted data, which judge an inequality themselves: `nsmodels.Data`."""

    def judge(self, inequality: Inequality) -> Evaluation:
        """The value, its σ and the p-value."""


@dataclass(frozen=True, repr=False)
class Inequality:
    """The statement f ≤ bound for every mixture of boxes of a model.

    Parameters
    ----------
    functional : Functional
    bound : float
        Rounded up.
    proof : Proof, optional
        Why the bound holds.
    model : str, optional
        The name of the model that it holds for.
    """

    functional: Functional
    bound: float
    proof: Proof | None = None
    model: str | None = None

    def __post_init__(self) -> None:
        check_noun(self.functional, Functional, "functional", "Inequality")
        object.__setattr__(self, "bound", not_nan(self.bound, "Inequality: the bound"))

    def evaluate(self, behaviour: Behaviour | Counted) -> Evaluation:
        """Value, violation, and their standard deviations where the behaviour carries errors; of data their p-value."""
        if isinstance(behaviour, Counted):
            return behaviour.judge(self)
        value = self.functional.value(behaviour)
        violation = value - self.bound
        sigma = self.functional.standard_error(behaviour)
        return Evaluation(value, self.bound, violation, sigma, violation / sigma if sigma else None)

    def text(self) -> str:
        """The inequality as one line of text."""
        return f"{self.functional.text()} ≤ {at_most(self.bound)}"

    def latex(self) -> str:
        """The inequality in LaTeX."""
        return rf"{self.functional.latex()} \le {at_most(self.bound)}"

    def _repr_latex_(self) -> str:
        parts = self.functional.parts
        return rf"$\displaystyle {formula.latex(*parts, most=MOST_TERMS)} \le {at_most(self.bound)}$"

    def _repr_html_(self) -> str:
        parts = self.functional.parts
        model = f" &nbsp; for {escape(self.model)}" if self.model else ""
        return f"<p>{formula.html(*parts, most=MOST_TERMS)} ≤ {at_most(self.bound)}{model}</p>"

    def to_json(self) -> dict[str, Any]:
        """The coefficients and the bound, as in a result file."""
        return {**self.functional.to_json(), "bound": self.bound}

    @classmethod
    def from_json(cls, content: Mapping[str, Any], proof: Proof | None, model: str) -> Inequality:
        """The inequality that `to_json` wrote, for the model of this name."""
        return cls(Functional.from_json(content), content["bound"], proof, model)

    def __repr__(self) -> str:
        model = f" for {self.model}" if self.model else ""
        parts = self.functional.parts
        return f"Inequality({formula.plain(*parts, most=MOST_TERMS)} ≤ {at_most(self.bound)}{model})"
