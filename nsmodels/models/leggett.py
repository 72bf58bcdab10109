"""Leggett's model: every hidden state looks like a pure product state to each party alone.

    A_i = η_A u·a_i,   B_j = η_B v·b_j,   |u| = |v| = 1         (arXiv:0801.2241, eqs. (2) and (3))

with the purities η of the generalised model: eq. (5) is η_A = η_B = η. The correlators are free within (7), so

    h(f) = k + Σ|S_ij| − min_{u, v} [ Σ |S_ij| |η_A u·a_i − sgn(S_ij) η_B v·b_j| − η_A u·Σα_i a_i − η_B v·Σβ_j b_j ],

a global minimum over two spheres, which the engine `spheres` encloses and proves.

Sources: A. J. Leggett, Found. Phys. 33, 1469 (2003); arXiv:0801.2241.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..common.arguments import check_noun, check_size, purity
from ..common.arrays import Array
from ..common.interrupts import loading
from ..common.rationals import rational_point, round_down, round_up, total
from ..core.behaviour import Behaviour
from ..core.effort import Effort, Hint
from ..core.enclosure import Enclosure
from ..core.functional import Functional
from ..core.hidden_states import HiddenStates
from ..core.proof import SpheresProof
from ..core.settings import Settings
from ..errors import InputError
from . import leggett_states
from .base import Support
from .hidden_variables import Explorer, RationalStates
from .purities import purity_of
from .two_vectors import TwoVectors
from .uncertain import lawful_side, problem_of
from .values import input_effect, trivial_bound

FINEST = 2.0**-46
"""The finest width that is searched for, in units of the size of f: certificates hold whole numbers over 2^50."""

__all__ = ["Leggett"]


class Leggett(TwoVectors):
    """Hidden unit vectors u, v with Malus' law for the local marginals.

    Parameters
    ----------
    settings : Settings
        The directions of both parties.
    eta : float, optional
        Purity η_A = η_B of the hidden states, 0 or in [1e-30, 1]; 1 by default.
    eta_a, eta_b : float, optional
        Purities of the two sides, instead of ``eta``; one that is left out is 1.

    Raises
    ------
    InputError
        For purities out of range, or given in both forms.
    """

    name = "leggett"
    symmetric = True

    def __init__(
        self,
        settings: Settings,
        eta: float | None = None,
        *more: float,
        eta_a: float | None = None,
        eta_b: float | None = None,
    ) -> None:
        check_noun(settings, Settings, "argument settings", "Leggett")
        check_size(settings.shape, "Leggett")
        if more:
            raise InputError("Leggett: give the purities of the two sides by name, eta_a= and eta_b=")
        if eta is not None and (eta_a is not None or eta_b is not None):
            raise InputError("Leggett: give the purities once, as eta or as eta_a and eta_b")
        both = 1.0 if eta is None else purity(eta, "Leggett: eta")
        self.settings = settings
        self.eta_a = both if eta_a is None else purity(eta_a, "Leggett: eta_a")
        self.eta_b = both if eta_b is None else purity(eta_b, "Leggett: eta_b")
        self.purity = self.eta_a if self.eta_a == self.eta_b else None
        self.strength = max(self.eta_a, self.eta_b)

    @classmethod
    def from_table(cls, table: Any, settings: Settings | None, shape: tuple[int, int]) -> Leggett:
        """Keys ``eta``, or ``eta_a`` and ``eta_b``."""
        assert settings is not None
        if "eta" in table:
            for key in ("eta_a", "eta_b"):
                if key in table:
                    table.refuse(key, "given beside eta", "give eta, or eta_a and eta_b")
        elif "eta_a" in table or "eta_b" in table:
            remedy = "give both eta_a and eta_b"
            eta_a, eta_b = (purity_of(table, key, remedy=remedy) for key in ("eta_a", "eta_b"))
            return cls(settings, eta_a=eta_a, eta_b=eta_b)
        return cls(settings, purity_of(table, "eta", default=1.0))

    def resolved(self) -> dict[str, Any]:
        """``{"name", "eta_a", "eta_b"}``."""
        return {"name": self.name, "eta_a": self.eta_a, "eta_b": self.eta_b}

    def __repr__(self) -> str:
        purity = f"η = {self.eta_a:g}" if self.eta_a == self.eta_b else f"η_A = {self.eta_a:g}, η_B = {self.eta_b:g}"
        return f"Leggett({self.shape[0]}×{self.shape[1]}, {purity})"

    def rounding_effect(self, functional: Functional) -> float:
        """Malus' law moves a marginal by the purity times what the direction moves (`input_effect`)."""
        return input_effect(functional, self.eta_a, self.eta_b, self.settings.rounding)

    def states(self, u: Array, v: Array) -> HiddenStates:
        """The hidden states of given unit vectors, shape (m, 3) each."""
        return HiddenStates(self.eta_a * (u @ self.settings.alice.T), self.eta_b * (v @ self.settings.bob.T), u=u, v=v)

    def likeness(self, party: int) -> Array:
        """The directions."""
        return self.settings.bob if party else self.settings.alice

    def restricted(self, alice: NDArray[np.intp], bob: NDArray[np.intp]) -> Leggett:
        """The same law for fewer directions."""
        few = Settings(self.settings.alice[alice], self.settings.bob[bob], rounding=self.settings.rounding)
        return Leggett(few, eta_a=self.eta_a, eta_b=self.eta_b)

    def problem(self, functional: Functional) -> Any:
        """The minimum of G over both spheres that answers h(f) = k + Σ|S_ij| − min G (`engines.spheres.minimum`)."""
        from ..engines.spheres.minimum import SphereProblem

        a = self.eta_a * self.settings.alice
        b = self.eta_b * self.settings.bob
        linear = bool((a.any() and functional.alice.any()) or (b.any() and functional.bob.any()))
        # of the exact vectors: their rounding, the product with the purity, and the sums of the linear parts
        relative = self.settings.rounding + functional.relative_rounding + 8.0 * 2.0**-53
        errors = tuple(
            (relative + (n + 4) * 2.0**-52) * eta * float(np.abs(x).sum())
            for n, eta, x in zip(self.shape, (self.eta_a, self.eta_b), (functional.alice, functional.bob))
        )
        g, h = functional.alice @ a, functional.bob @ b
        return SphereProblem(a, b, functional.correlators, g, h, linear, relative, (errors[0], errors[1]))

    def _stored_effect(self, functional: Functional) -> float:
        """What forming η a_i, η b_j, Σα a, Σβ b in floating point may do to G: a few units in the last place each."""
        eta_a, eta_b = self.eta_a, self.eta_b
        linear = eta_a * float(np.abs(functional.alice).sum()) + eta_b * float(np.abs(functional.bob).sum())
        products = 0.0 if {eta_a, eta_b} <= {0.0, 1.0} else 4.0 * 2.0**-53
        scalars = Functional(functional.correlators, functional.alice, functional.bob)
        return input_effect(scalars, eta_a, eta_b, products) + (sum(self.shape) + 4) * 2.0**-52 * linear

    def load(self) -> float:
        """Compile the kernels of the bound."""
        from ..engines.spheres.minimum import compile_kernels

        return compile_kernels()

    def _searched(self, functional: Functional, effort: Effort, hint: Hint) -> Support:
        from ..engines.spheres.minimum import minimise

        begin = time.perf_counter()
        problem = self.problem(functional)
        top = Fraction(functional.constant) + total(np.abs(functional.correlators).ravel().tolist())
        stored = self._stored_effect(functional)
        size = float(trivial_bound(Functional(functional.correlators, functional.alice, functional.bob)))

        finest, wanted = FINEST * max(problem.unit, size), effort.tolerance
        # the certificate speaks of the exact directions; half of the engine's allowance for rounding is to spare
        effect = self.rounding_effect(functional)
        # (a checker rounds too, by less than 2^-56 of the size of f; where purities are small the engine spares less)
        spare = 2.0**-55 * size
        lost = 3.0 * stored + effect + 2.0 * spare + 4.0 * math.ulp(float(top))
        answer = minimise(
            problem,
            tolerance=max(wanted - lost, 0.25 * wanted, finest),
            time_limit_s=max(effort.time_limit_s - (time.perf_counter() - begin), 0.5 * effort.time_limit_s),
            **self._search(effort, hint, top),
        )
        threshold = math.nextafter(answer.lower - stored - effect - spare, -math.inf)
        lower = round_down(top - Fraction(answer.upper) - Fraction(stored) - Fraction(spare))
        # to the last digit what the certificate proves: the threshold may be much larger than the bound
        upper = round_up(top - Fraction(threshold) - Fraction(effect))
        reason = answer.reason
        if reason == "tolerance_met" and upper - lower > effort.tolerance:
            reason = f"rounding in double precision leaves a width of {upper - lower:.2g}"
        state = self.states(answer.u[None, :], answer.v[None, :])[0]
        value = Enclosure(min(lower, upper), upper, reason=reason)
        return Support(value, state, SpheresProof(answer.proof, threshold), answer.stats, self.states(*answer.minima))

    def propose(
        self, functional: Functional, count: int, *, rng: np.random.Generator, starts: HiddenStates | None = None
    ) -> HiddenStates:
        """Local maximisers of f, best first, from the given starting states or from 2·count + 8 random ones."""
        from ..engines.spheres.minimum import descend

        self._check(functional)
        if starts is not None and starts.u is not None and starts.v is not None and len(starts) > 0:
            u, v = np.asarray(starts.u), np.asarray(starts.v)
        else:
            u, v = (leggett_states.random_units(2 * count + 8, rng) for _ in range(2))
        values, u, v = descend(self.problem(functional), u, v)
        chosen: list[int] = []
        for k in np.argsort(values, kind="stable").tolist():
            if len(chosen) == count:
                break
            if all(np.abs(u[k] - u[p]).max() + np.abs(v[k] - v[p]).max() > 1e-6 for p in chosen):
                chosen.append(k)
        return self.states(u[chosen], v[chosen])

    def seeds(self, behaviour: Behaviour, *, antipodal: bool, rng: np.random.Generator) -> HiddenStates:
        """Points of both spheres: white noise is feasible with them, and v = O u suits the correlators."""
        return leggett_states.seeds(self, behaviour, antipodal=antipodal)

    def explorer(self, behaviour: Behaviour) -> Explorer:
        """Shallow descents on both spheres (`nsmodels.models.leggett_states.explorer`)."""
        return leggett_states.explorer(self, behaviour)

    def rational(self, states: HiddenStates) -> RationalStates:
        """States with the rational points of the sphere next to u and v, and the marginals of those."""
        assert states.u is not None
        assert states.v is not None
        pairs = [(rational_point(u), rational_point(v)) for u, v in zip(states.u.tolist(), states.v.tolist())]
        u, v = (np.array([[float(x) for x in pair[k]] for pair in pairs]) for k in (0, 1))
        # u within 2e-16 of rational, three products and sums, one more product: 7e-16; and the directions' own error
        error = max(self.eta_a, self.eta_b) * (self.settings.rounding + 7e-16)
        return RationalStates(self.states(u, v), [{"u": first, "v": second} for first, second in pairs], error)

    def invariants(self) -> Sequence[tuple[Array, Array]]:
        """Scalar products: where a relabelling keeps them, rotations of u and v carry it."""
        return ((self.settings.alice @ self.settings.alice.T, self.settings.bob @ self.settings.bob.T),)

    def span(self) -> tuple[Array, Array]:
        """Marginal vectors are combinations of the coordinates of the directions."""
        return self.settings.alice, self.settings.bob

    def mean_vectors(self) -> tuple[float, float]:
        """The purities: mean vectors are anything in the unit ball."""
        return self.eta_a, self.eta_b

    @property
    def exchangeable(self) -> bool:  # type: ignore[override]  # a constant elsewhere
        """Whether both purities are equal."""
        return self.eta_a == self.eta_b

    def at(self, settings: Settings) -> Leggett:
        """The same law on other settings."""
        return Leggett(settings, eta_a=self.eta_a, eta_b=self.eta_b)

    moved = at

    def within(self, functional: Functional, alice: Array, bob: Array) -> Any:
        """Both parties obey the law (`nsmodels.models.uncertain`)."""
        sides = (
            lawful_side(rows, eta, angles, linear)
            for rows, eta, angles, linear in (
                (self.settings.alice, self.eta_a, alice, functional.alice),
                (self.settings.bob, self.eta_b, bob, functional.bob),
            )
        )
        return problem_of(functional, *sides)

    def with_purity(self, eta: float) -> Leggett | None:
        """The law with η_A = η_B = η; None where the purities of the two sides differ."""
        return Leggett(self.settings, eta) if self.eta_a == self.eta_b else None

    def hopeful(self, pairs: NDArray[np.bool_]) -> bool:
        """Whether no hidden state with its negation has all the correlators sgn C_ij = ±1 of the singlet's signs.

        Such a state obeys η_A a·u = sgn(C) η_B b·v on all pairs. It exists where the quadratic form |u|² − |v|² is not
        definite on the space of solutions, as with three pairs always.
        """
        rows, columns = np.nonzero(pairs)
        if len(rows) > 5 or 0.0 in (self.eta_a, self.eta_b):
            return True
        a, b = self.settings.alice[rows], self.settings.bob[columns]
        signs = -np.sign((a * b).sum(axis=1))[:, None]
        equations = np.concatenate([self.eta_a * a, -self.eta_b * signs * b], axis=1)
        _, sizes, turn = np.linalg.svd(equations)
        solutions = turn[int((sizes > 1e-12).sum()) :]
        u, v = solutions[:, :3], solutions[:, 3:]
        curvatures = np.linalg.eigvalsh(u @ u.T - v @ v.T)
        return bool(curvatures[0] > 0.0 or curvatures[-1] < 0.0)

    def follow(self, functional: Functional, states: HiddenStates, reach: float = 0.05) -> HiddenStates:
        """The local maximiser of f next to each state, by descents whose smoothing begins with ``reach``."""
        from ..engines.spheres.descent import EPS_LAST, descend_many, pace

        u, v = np.array(states.u, order="C"), np.array(states.v, order="C")
        descend_many(self.problem(functional).terms, u, v, reach, EPS_LAST, 0.1, pace(4))
        return self.states(u, v)

    def multipliers(self, functional: Functional, states: HiddenStates) -> Array:
        """The derivatives τ_kij of |A_i − sgn(S_ij) B_j|; smoothed as in the descents, which makes them converge."""
        from ..engines.spheres.descent import EPS_LAST

        y = states.alice[:, :, None] - np.sign(functional.correlators) * states.bob[:, None, :]
        smoothing = EPS_LAST * self.problem(functional).scales[0]
        return np.asarray(y / np.sqrt(y * y + smoothing * smoothing), dtype=np.float64)

    def _steepness(self, u: Array, v: Array) -> tuple[Array | float, Array | float]:
        """The purities."""
        return self.eta_a, self.eta_b

    def prepare(self) -> None:
        """Compile the kernels of both spheres; the last of them, in half a second, on one setting."""
        self.load()
        tiny = Leggett(Settings([[0.0, 0.0, 1.0]], [[0.0, 0.0, 1.0]]))
        f, pole = Functional([[1.0]]), np.eye(3)[:1]
        with loading():
            tiny.propose(f, 1, rng=np.random.default_rng(0))
            leggett_states.shallow_states(tiny, f, pole, pole)
            leggett_states.polished_states(tiny, f, pole, pole)
