"""`Behaviour`: the correlations of two parties with outcomes ±1.

P(α, β | a_i, b_j) = ¼ (1 + α A_i + β B_j + αβ C_ij), arXiv:0801.2241, eq. (6). Alice is rows, Bob is columns. The
named behaviours are in the module ``behaviours``: ``ns.behaviours.singlet(settings)``, ….
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..common.arguments import TWO_PARTIES, check_noun, check_size, floats, fraction, listed, number, small, whole
from ..common.arrays import Array
from ..errors import InputError
from . import notations
from .no_signalling import NoSignallingTest, no_signalling_test
from .settings import Settings

__all__ = ["Behaviour", "StandardErrors"]


PAIRS = "give a list of pairs (i, j), the numbers of Alice's and Bob's settings from 0"


def _read_only(array: NDArray[Any]) -> NDArray[Any]:
    array = np.array(array, order="C")
    array.setflags(write=False)
    return array


def _numbers(values: ArrayLike, name: str, ndim: int) -> Array:
    array = floats(values, f"Behaviour: {name} is not a table of numbers with rows of equal length")
    if array.ndim != ndim or array.size == 0:
        what = "a non-empty list of rows" if ndim == 2 else "a non-empty list of numbers"
        more = f"; {TWO_PARTIES}" if array.ndim > 2 else ""
        raise InputError(f"Behaviour: {name} has shape {array.shape}; give {what}{more}")
    return array


def _in_range(array: Array, name: str, wanted: NDArray[np.bool_] | None = None) -> None:
    """Refuse the first entry that is not a number in [−1, 1]."""
    bad = ~(np.abs(array) <= 1.0)  # true for NaN
    if wanted is not None:
        bad &= wanted
    if bad.any():
        index = np.argwhere(bad)[0].tolist()
        value = float(array[tuple(index)])
        hint = "; say by known= which are known" if np.isnan(value) and name == "correlators" else ""
        raise InputError(f"Behaviour: {name}{index} is {value:.17g}; mean values of outcomes ±1 lie in [−1, 1]{hint}")


def _marginals(values: ArrayLike | None, party: str, count: int) -> Array | None:
    if values is None:
        return None
    array = _numbers(values, party, 1)
    if len(array) != count:
        raise InputError(f"Behaviour: {party} has {len(array)} marginals for {count} settings")
    _in_range(array, party)
    return _read_only(array)


@dataclass(frozen=True, slots=True)
class StandardErrors:
    """One standard deviation of every entry of a behaviour; ``None`` where unknown.

    Parameters
    ----------
    correlators : ndarray, shape (n_A, n_B)
    alice, bob : ndarray or None, shapes (n_A,) and (n_B,)
    """

    correlators: Array
    alice: Array | None = None
    bob: Array | None = None

    def __post_init__(self) -> None:
        for name, ndim in (("correlators", 2), ("alice", 1), ("bob", 1)):
            values = getattr(self, name)
            if values is None:
                continue
            array = _numbers(values, f"standard errors of {name}", ndim)
            if (array < 0).any():
                raise InputError(f"Behaviour: a standard error of {name} is negative")
            object.__setattr__(self, name, _read_only(array))


@dataclass(frozen=True, eq=False, repr=False, init=False)
class Behaviour:
    """Mean values (A, B, C) of the outcomes ±1 and of their product.

    Parameters
    ----------
    correlators : array_like, shape (n_A, n_B)
        C_ij in [−1, 1].
    alice, bob : array_like or None, shapes (n_A,) and (n_B,)
        Marginals A_i, B_j in [−1, 1]; ``None`` means unknown, or free.
    known : array_like of bool, optional, shape (n_A, n_B)
        The pairs of settings whose correlator is known; all by default. Other entries are ignored, and may be NaN.
    errors : StandardErrors or array_like, optional
        One standard deviation of every entry, or of the correlators.
    counts : array_like, optional, shape (2, 2, n_A, n_B)
        The counts n[a,b,x,y] that the behaviour was estimated from.
    settings : Settings, optional
        The directions that the behaviour belongs to.
    rounding : float
        Proved bound on the distance of every stored entry from the exact value it stands for: 0 for tables of doubles.
    name, parameters : optional
        What a problem file calls the behaviour.

    Raises
    ------
    InputError
        For wrong shapes and for entries outside [−1, 1]. Positivity of the probabilities is not demanded, because data
        may violate it by noise: `is_nonsignalling_box` tests it.
    """

    correlators: Array
    alice: Array | None
    bob: Array | None
    known: NDArray[np.bool_]
    errors: StandardErrors | None
    counts: Array | None
    settings: Settings | None
    rounding: float
    name: str | None
    parameters: Mapping[str, Any] | None

    def __init__(
        self,
        correlators: ArrayLike,
        alice: ArrayLike | None = None,
        bob: ArrayLike | None = None,
        *,
        known: ArrayLike | None = None,
        errors: StandardErrors | ArrayLike | None = None,
        counts: ArrayLike | None = None,
        settings: Settings | None = None,
        rounding: float = 0.0,
        name: str | None = None,
        parameters: Mapping[str, Any] | None = None,
    ) -> None:
        table = _numbers(correlators, "correlators", 2)
        shape = table.shape[0], table.shape[1]
        check_size(shape, "Behaviour")
        mask = np.ones(shape, dtype=bool) if known is None else _numbers(known, "known", 2) != 0.0
        if mask.shape != shape:
            raise InputError(f"Behaviour: known has shape {mask.shape} for correlators of shape {shape}")
        _in_range(table, "correlators", mask)
        table[~mask & ~(np.abs(table) <= 1.0)] = 0.0
        if errors is not None and not isinstance(errors, StandardErrors):
            errors = StandardErrors(_numbers(errors, "errors", 2))
        if errors is not None and errors.correlators.shape != shape:
            raise InputError(f"Behaviour: errors have shape {errors.correlators.shape}, correlators {shape}")
        for party, count in zip(("alice", "bob"), shape, strict=True):
            sigma = getattr(errors, party, None)
            if sigma is not None and len(sigma) != count:
                raise InputError(f"Behaviour: there are {len(sigma)} standard errors of {party} for {count} settings")
        if counts is not None:
            counts = notations.checked_counts(counts)
            if counts.shape[2:] != shape:
                raise InputError(f"Behaviour: counts have shape {counts.shape}, correlators {shape}")
        if settings is not None:
            check_noun(settings, Settings, "argument settings", "Behaviour")
            if settings.shape != shape:
                raise InputError(f"Behaviour: {shape} correlators on settings of shape {settings.shape}")
        if parameters is not None:
            check_noun(parameters, Mapping, "argument parameters", "Behaviour")

        def put(attribute: str, value: object) -> None:
            object.__setattr__(self, attribute, value)

        put("correlators", _read_only(table))
        put("known", _read_only(mask))
        put("alice", _marginals(alice, "alice", shape[0]))
        put("bob", _marginals(bob, "bob", shape[1]))
        put("errors", errors)
        put("counts", None if counts is None else _read_only(counts))
        put("settings", settings)
        put("rounding", small(rounding, "Behaviour: rounding"))
        put("name", name)
        put("parameters", None if parameters is None else dict(parameters))

    # -- views ------------------------------------------------------------------------------------------------------

    @property
    def shape(self) -> tuple[int, int]:
        """Numbers of settings (n_A, n_B)."""
        return self.correlators.shape[0], self.correlators.shape[1]

    @property
    def has_marginals(self) -> bool:
        """Whether both parties' marginals are known."""
        return self.alice is not None and self.bob is not None

    def _complete(self, what: str) -> tuple[Array, Array, Array]:
        if self.alice is None or self.bob is None:
            raise InputError(f"Behaviour: {what} needs the marginals of both parties; give alice= and bob=")
        if not self.known.all():
            pair = np.argwhere(~self.known)[0].tolist()
            raise InputError(f"Behaviour: {what} needs every correlator, and that of the pair {pair} is not known")
        return self.alice, self.bob, self.correlators

    def to_probabilities(self) -> Array:
        """The table p[a,b,x,y], shape (2, 2, n_A, n_B), outcome index 0 being +1; eq. (6) of arXiv:0801.2241."""
        return notations.probabilities(*self._complete("a table of probabilities"))

    def to_full_correlators(self) -> Array:
        """The table of mean values, shape (n_A + 1, n_B + 1): 1 at [0, 0], A_i at [i+1, 0], B_j at [0, j+1].

        Constants and marginals come first (index 0).
        """
        alice, bob, correlators = self._complete("a full-correlator table")
        return notations.full_correlators(alice, bob, correlators)

    def to_collins_gisin(self) -> Array:
        """The Collins-Gisin table, shape (n_A + 1, n_B + 1), of the probabilities of the outcome +1.

        1 at [0, 0], P(+|a_i) at [i+1, 0], P(+|b_j) at [0, j+1], P(++|a_i b_j) at [i+1, j+1].
        Source: Collins and Gisin, J. Phys. A 37, 1775 (2004), quant-ph/0306129.
        """
        alice, bob, correlators = self._complete("a Collins-Gisin table")
        return notations.collins_gisin(alice, bob, correlators)

    @classmethod
    def from_probabilities(
        cls, p: ArrayLike, tolerance: float = 1e-9, *, order: str | None = None, known: ArrayLike | None = None,
        **keywords: Any,
    ) -> Behaviour:  # fmt: skip
        """Read a table p[a,b,x,y], outcome index 0 being +1.

        Marginals are averaged over the other party's settings. A block p[:,:,x,y] with a NaN is not known, nor is one
        that ``known`` excludes. ``order`` names the axes as they stand: "xyab" for a table p[x,y,a,b]. All ``keywords``
        are passed on to `Behaviour`.

        Raises
        ------
        InputError
            If an entry is below −tolerance, a block does not add up to 1 within the tolerance, or a party's marginal
            depends on the other's setting by more than the tolerance; the entry and the defect are named, and an order
            of the axes that fits. For counts use `from_counts`, which tests no-signalling statistically instead.
        """
        alice, bob, correlators, mask = notations.read_probabilities(p, tolerance, order, known)
        return cls(correlators, alice, bob, known=mask, **keywords)

    @classmethod
    def from_full_correlators(cls, table: ArrayLike, **keywords: Any) -> Behaviour:
        """Read a table as `to_full_correlators` writes it; a correlator that is NaN is not known."""
        array = _numbers(table, "full-correlator table", 2)
        notations.check_corner(array, "full-correlator")
        keywords.setdefault("known", ~np.isnan(array[1:, 1:]))
        return cls(array[1:, 1:], array[1:, 0], array[0, 1:], **keywords)

    @classmethod
    def from_collins_gisin(cls, table: ArrayLike, tolerance: float = 1e-9, **keywords: Any) -> Behaviour:
        """Read a table as `to_collins_gisin` writes it; a pair whose joint probability is NaN is not known.

        Raises
        ------
        InputError
            If one of the probabilities p[a,b,x,y] that the table implies is below −tolerance; it is named.
        """
        array = _numbers(table, "Collins-Gisin table", 2)
        notations.check_corner(array, "Collins-Gisin")
        alice, bob, correlators, known = notations.read_collins_gisin(array, tolerance)
        keywords.setdefault("known", known)
        return cls(correlators, alice, bob, **keywords)

    @classmethod
    def from_counts(cls, counts: ArrayLike, *, order: str | None = None, **keywords: Any) -> Behaviour:
        """Estimate a behaviour from counts n[a,b,x,y], with standard errors and without refusing noise.

        C = (N_++ + N_−− − N_+− − N_−+)/N, with Poissonian counts propagated: σ_C = √((1 − C²)/N). Marginals are pooled
        over the other party's settings, σ_A = √((1 − A²)/N_x). Pairs without counts, or with a NaN, are marked as not
        known. `no_signalling_test` says whether the data are compatible with no-signalling.

        ``order`` names the axes as they stand, "xyab" for a table n[x,y,a,b]. Without it the order is tested: counts
        that signal with p < 1e-4 as n[a,b,x,y], and clearly less in another order, are refused.

        Source: arXiv:0801.2241 (experiment).

        Raises
        ------
        InputError
            For counts of the wrong shape or order, negative or infinite, relative frequencies (all entries ≤ 1), or a
            setting that never occurs.
        """
        array = notations.read_counts(counts, order)
        estimate = notations.estimate_from_counts(array)
        own: dict[str, Any] = {
            "known": estimate.known,
            "errors": StandardErrors(estimate.correlator_errors, estimate.alice_errors, estimate.bob_errors),
            "counts": array,
        }
        return cls(estimate.correlators, estimate.alice, estimate.bob, **(own | keywords))

    # -- questions --------------------------------------------------------------------------------------------------

    def positivity_defect(self) -> float:
        """The most negative probability, as a number ≥ 0: how far eq. (7), |A ± B| ≤ 1 ± C, fails at a known pair.

        With unknown marginals nothing can fail, and the defect is 0.
        """
        if self.alice is None or self.bob is None:
            return 0.0
        p = notations.probabilities(self.alice, self.bob, self.correlators)
        return max(0.0, -float(p[:, :, self.known].min(initial=0.0)))

    def is_nonsignalling_box(self, tolerance: float = 0.0) -> bool:
        """Whether every probability is at least −tolerance. No-signalling itself holds by construction."""
        return self.positivity_defect() <= number(tolerance, "Behaviour: tolerance")

    def no_signalling_test(self) -> NoSignallingTest:
        """Test statistically whether each party's marginals depend on the other's setting (needs `from_counts`)."""
        if self.counts is None:
            raise InputError("Behaviour: the no-signalling test needs counts; use Behaviour.from_counts(n[a,b,x,y])")
        return no_signalling_test(self.counts)

    # -- algebra ----------------------------------------------------------------------------------------------------

    def mix(self, other: Behaviour, visibility: float) -> Behaviour:
        """The behaviour V·self + (1 − V)·other; a marginal or a pair unknown in either is unknown in the mixture."""
        check_noun(other, Behaviour, "other one", "Behaviour")
        if other.shape != self.shape:
            raise InputError(f"Behaviour: cannot mix shapes {self.shape} and {other.shape}")
        visibility = fraction(visibility, "Behaviour: visibility")

        def mean(first: Array, second: Array) -> Array:
            return np.clip(visibility * first + (1.0 - visibility) * second, -1.0, 1.0)

        def marginals(first: Array | None, second: Array | None) -> Array | None:
            return None if first is None or second is None else mean(first, second)

        exact = visibility in (0.0, 1.0)
        return Behaviour(
            mean(self.correlators, other.correlators),
            marginals(self.alice, other.alice),
            marginals(self.bob, other.bob),
            known=self.known & other.known,
            settings=self.settings if self.settings is not None else other.settings,
            # three roundings of numbers of size ≤ 1, and 1 − V
            rounding=max(self.rounding, other.rounding) + (0.0 if exact else 5e-16),
        )

    def with_pairs(self, pairs: Iterable[tuple[int, int]]) -> Behaviour:
        """Forget every correlator but those of the given (alice, bob) pairs, zero-based."""
        known = np.zeros(self.shape, dtype=bool)
        for pair in listed(pairs, "Behaviour: the argument pairs", PAIRS):
            numbers = listed(pair, "Behaviour: a pair", PAIRS)
            if len(numbers) != 2:
                raise InputError(f"Behaviour: a pair has {len(numbers)} entries; {PAIRS}")
            i, j = (
                whole(k, f"Behaviour: {party}'s setting of a pair", 0, n - 1)
                for k, party, n in zip(numbers, ("Alice", "Bob"), self.shape, strict=True)
            )
            if not self.known[i, j]:
                raise InputError(f"Behaviour: the correlator of the pair {[i, j]} is not known")
            known[i, j] = True
        return self._replace(known=known)

    def with_marginals(self, alice: ArrayLike | None, bob: ArrayLike | None) -> Behaviour:
        """The same correlators with other marginals; ``None`` frees them."""
        return self._replace(alice=alice, bob=bob, name=None, parameters=None, counts=None, errors=None)

    def _replace(self, **changes: Any) -> Behaviour:
        return replace(self, **changes)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Behaviour):
            return NotImplemented

        def same(first: Array | None, second: Array | None) -> bool:
            return first is second or (first is not None and second is not None and np.array_equal(first, second))

        return (
            self.shape == other.shape
            and np.array_equal(self.known, other.known)
            and np.array_equal(self.correlators[self.known], other.correlators[other.known])
            and same(self.alice, other.alice)
            and same(self.bob, other.bob)
        )

    def __hash__(self) -> int:
        return hash(((self.correlators[self.known] + 0.0).tobytes(), self.known.tobytes()))  # −0.0 equals 0.0

    def __repr__(self) -> str:
        parameters = "".join(f", {key}={value!r}" for key, value in (self.parameters or {}).items())
        title = f", {self.name}{parameters}" if self.name else ""
        pairs = int(self.known.sum())
        partial = "" if self.known.all() else f", {pairs} of {self.known.size} correlators known"
        marginals = "" if self.has_marginals else ", free marginals"
        return f"Behaviour({self.shape[0]}×{self.shape[1]}{title}{partial}{marginals})"
