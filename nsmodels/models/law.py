"""Marginals by a law that the user writes down: any function of the angle in place of Malus' law.

    A_i = F(u·a_i),   B_j = H(v·b_j),   |u| = |v| = 1

with F and H from [−1, 1] to [−1, 1], polynomials or piecewise linear, and u and v independent ("free"), v = −u
("opposite") or v = u ("equal"). Leggett's model (arXiv:0801.2241, eqs. (2) and (3)) is F = H = x. The paper ends with:
given a model with non-trivial marginals, finding an explicit inequality that can be tested is another problem, which
needs the details of the model. Here the details are F and H, and the inequality is found and proved by

    h(f) = k + Σ|S_ij| − min_{u, v} [ Σ |S_ij| |F(u·a_i) − sgn(S_ij) H(v·b_j)| − Σ α_i F(u·a_i) − Σ β_j H(v·b_j) ],

a global minimum over two spheres, or over one, which the engine `laws` encloses and proves.

With a declared ``error`` (ε_A, ε_B) the model holds every law within ε_A of F and ε_B of H. Upper ends hold for all of
them: they grow by (ε_A + ε_B) Σ|S| + ε_A Σ|α| + ε_B Σ|β|. Lower ends are attained by F and H themselves.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..common.arguments import check_noun, check_size, number, one_of
from ..common.arrays import Array
from ..common.rationals import rational_point, round_down, round_up, total
from ..core.behaviour import Behaviour
from ..core.effort import Effort, Hint
from ..core.enclosure import Enclosure
from ..core.functional import Functional
from ..core.hidden_states import HiddenStates
from ..core.proof import SpheresProof
from ..core.settings import Settings
from ..engines.laws.functions import LawFunction
from ..errors import InputError
from . import law_states
from .base import Support
from .hidden_variables import Explorer, RationalStates
from .stationary import stationary_multipliers
from .two_vectors import TwoVectors
from .values import input_effect, trivial_bound

__all__ = ["HIDDEN", "Law"]

HIDDEN = {"free": 0, "opposite": -1, "equal": 1}
"""Sign of v as a multiple of u; 0 where it is independent."""
FINEST = 2.0**-40
"""The finest width that is searched for, in units of the size of f."""


class Law(TwoVectors):
    """Hidden unit vectors u, v with any law for the local marginals.

    Parameters
    ----------
    settings : Settings
        The directions of both parties.
    alice, bob : sequence of float, or sequence of (float, float)
        F and H: coefficients [c0, c1, …] of a polynomial of degree ≤ 24 (or a ``numpy.polynomial.Polynomial``), or the
        knots [[−1, F(−1)], …, [1, F(1)]] of a piecewise linear function, exactly these doubles. Without ``bob`` H is F.
    hidden : {"free", "opposite", "equal"}
        Whether v is independent of u, or −u, or u.
    error : float or (float, float)
        How far the true laws of Alice and of Bob may be from F and H; for laws that are no polynomials.

    Raises
    ------
    InputError
        For a law that leaves [−1, 1] (decided exactly, with the place where it does), or anything malformed.

    Source: arXiv:0801.2241, eqs. (6) to (9), for the box conditions; the proofs are in `nsmodels.engines.laws.leaf`.
    """

    name = "law"

    def __init__(
        self,
        settings: Settings,
        alice: Any,
        bob: Any = None,
        *,
        hidden: str = "free",
        error: Any = 0.0,
    ) -> None:
        check_noun(settings, Settings, "argument settings", "Law")
        check_size(settings.shape, "Law")
        self.settings = settings
        self.alice = LawFunction.of(alice, "Law: alice")
        self.bob = self.alice if bob is None else LawFunction.of(bob, "Law: bob")
        self.hidden = one_of(hidden, HIDDEN, "Law: hidden")
        self.sign = HIDDEN[self.hidden]
        pair = tuple(error) if isinstance(error, tuple | list) else (error, error)
        if len(pair) != 2:
            raise InputError(f"Law: error has {len(pair)} entries; give one number, or one each for Alice and Bob")
        remedy = "it must be a number in [0, 1]"
        first, second = (number(x, "Law: error", remedy, lambda y: 0.0 <= y <= 1.0) for x in pair)
        self.error = first, second
        self.symmetric = self.alice.odd and self.bob.odd
        self.exchangeable = self.alice == self.bob and first == second
        places = np.linspace(-1.0, 1.0, 201)
        self.strength = max(math.sqrt(3.0 * float(np.mean(law(places) ** 2))) for law in (self.alice, self.bob))

    @classmethod
    def from_table(cls, table: Any, settings: Settings | None, shape: tuple[int, int]) -> Law:
        """Keys ``alice``, ``bob`` (that of Alice if left out), ``hidden`` and ``error``."""
        assert settings is not None
        table.need("alice", "give coefficients [c0, c1, …], or knots [[-1, F(-1)], …, [1, F(1)]]")
        laws = []
        for key in ("alice", "bob"):
            if key in table:
                given = table.content[key]
                nested = isinstance(given, list) and bool(given) and isinstance(given[0], list)
                read = table.matrix(key, columns=2) if nested else table.vector(key)
                try:
                    laws.append(LawFunction.of(read, key))
                except InputError as refused:
                    table.refuse(key, str(refused).removeprefix(key).removeprefix(":").strip())
        error: Any = table.content.get("error", 0.0)
        if isinstance(error, list):
            error = table.vector("error", 2, "for Alice and for Bob", high=1.0)
            if min(error) < 0.0:
                table.refuse("error", "is negative", "give numbers in [0, 1]")
        else:
            error = table.number("error", 0.0, 1.0, default=0.0)
        return cls(settings, *laws, hidden=table.choice("hidden", HIDDEN, default="free"), error=error)

    def resolved(self) -> dict[str, Any]:
        """``{"name", "alice", "bob", "hidden"}``, and ``"error"`` where there is one."""
        told: dict[str, Any] = {"name": self.name, "alice": self.alice.to_table(), "bob": self.bob.to_table()}
        told["hidden"] = self.hidden
        return {**told, "error": list(self.error)} if any(self.error) else told

    def __repr__(self) -> str:
        laws = f"A = {self.alice}" + (" = B" if self.bob == self.alice else f", B = {self.bob}")
        tie = {"free": "", "opposite": ", v = −u", "equal": ", v = u"}[self.hidden]
        return f"Law({self.shape[0]}×{self.shape[1]}, {laws}{tie})"

    def rounding_effect(self, functional: Functional) -> float:
        """A marginal moves by the steepness of its law times what the direction moves (`input_effect`)."""
        return input_effect(functional, self.alice.steepness, self.bob.steepness, self.settings.rounding)

    def declared_effect(self, functional: Functional) -> Fraction:
        """(ε_A + ε_B) Σ|S| + ε_A Σ|α| + ε_B Σ|β|, exactly: what a law within the declared error may add to f."""
        first, second = map(Fraction, self.error)
        sizes = [sum(map(Fraction, np.abs(x).ravel().tolist()), Fraction(0))
                 for x in (functional.correlators, functional.alice, functional.bob)]  # fmt: skip
        return (first + second) * sizes[0] + first * sizes[1] + second * sizes[2]

    def states(self, u: Array, v: Array) -> HiddenStates:
        """The hidden states of given unit vectors, shape (m, 3) each; where v = ±u only u is looked at."""
        v = v if self.sign == 0 else self.sign * u
        return HiddenStates(self.alice(u @ self.settings.alice.T), self.bob(v @ self.settings.bob.T), u=u, v=v)

    def likeness(self, party: int) -> Array | None:
        """The directions, where opposite ones have opposite marginals."""
        own = self.bob if party else self.alice
        return (self.settings.bob if party else self.settings.alice) if own.odd else None

    def restricted(self, alice: NDArray[np.intp], bob: NDArray[np.intp]) -> Law:
        """The same laws for fewer directions."""
        few = Settings(self.settings.alice[alice], self.settings.bob[bob], rounding=self.settings.rounding)
        return self.at(few)

    def problem(self, functional: Functional) -> Any:
        """The minimum of G that answers h(f) = k + Σ|S_ij| − min G (`engines.laws.minimum`)."""
        from ..engines.laws.minimum import LawProblem

        a, b = self.settings.alice, self.settings.bob
        return LawProblem(
            a, b, functional.correlators, functional.alice, functional.bob, self.alice, self.bob, self.sign
        )

    def load(self) -> float:
        """Compile the kernels of the bound."""
        from ..engines.laws.minimum import compile_kernels

        return compile_kernels()

    def _searched(self, functional: Functional, effort: Effort, hint: Hint) -> Support:
        from ..engines.laws.minimum import minimise

        top = Fraction(functional.constant) + total(np.abs(functional.correlators).ravel().tolist())
        size = float(trivial_bound(Functional(functional.correlators, functional.alice, functional.bob)))

        # the certificate speaks of the exact directions, and its checker rounds, by less than 2^-56 of the size of f
        # times the steepness of the laws
        effect, declared = self.rounding_effect(functional), self.declared_effect(functional)
        spare = 2.0**-55 * size * (1.0 + self.alice.steepness + self.bob.steepness)
        lost = effect + 2.0 * spare + 4.0 * math.ulp(float(top)) + float(declared)
        wanted = effort.tolerance
        answer = minimise(
            self.problem(functional),
            tolerance=max(wanted - lost, 0.25 * wanted, FINEST * size),
            time_limit_s=effort.time_limit_s,
            **self._search(effort, hint, top),
        )
        threshold = math.nextafter(answer.lower - effect - spare, -math.inf)
        lower = round_down(top - Fraction(answer.upper) - Fraction(spare))
        # coefficients stand for exact ones, of which a checker forms k + Σ|S|
        above = declared + Fraction(functional.relative_rounding) * Fraction(size)
        upper = round_up(top - Fraction(threshold) - Fraction(effect) + above)
        reason = answer.reason
        if reason == "tolerance_met" and upper - lower > effort.tolerance:
            cause = "the declared error of the laws alone" if declared else "rounding in double precision"
            reason = f"{cause} leaves a width of {upper - lower:.2g}"
        state = self.states(answer.u[None, :], answer.v[None, :])[0]
        value = Enclosure(min(lower, upper), upper, reason=reason)
        proof = SpheresProof(answer.covering, threshold)
        return Support(value, state, proof, answer.stats, self.states(*answer.minima))

    def propose(
        self, functional: Functional, count: int, *, rng: np.random.Generator, starts: HiddenStates | None = None
    ) -> HiddenStates:
        """Local maximisers of f, best first, from the given starting states or from 2·count + 8 random ones."""
        self._check(functional)
        return law_states.proposals(self, functional, count, rng, starts)

    def seeds(self, behaviour: Behaviour, *, antipodal: bool, rng: np.random.Generator) -> HiddenStates:
        """Points of the spheres: with v = O u that suits the correlators, and with any v."""
        return law_states.seeds(self, behaviour, antipodal, rng)

    def explorer(self, behaviour: Behaviour) -> Explorer:
        """Short descents on both spheres (`nsmodels.models.law_states.explorer`)."""
        return law_states.explorer(self, behaviour)

    def rational(self, states: HiddenStates) -> RationalStates:
        """States with the rational points of the sphere next to u and v, and the marginals of those."""
        assert states.u is not None
        assert states.v is not None
        first = [rational_point(u) for u in states.u.tolist()]
        second = [rational_point(v) for v in states.v.tolist()]
        if self.sign:
            second = [(self.sign * x, self.sign * y, self.sign * z) for x, y, z in first]
        u, v = (np.array([[float(x) for x in point] for point in points]) for points in (first, second))
        # u within 2e-16 of rational, three products and sums: 7e-16; the directions' own error; the law's own rounding
        steep = max(self.alice.steepness, self.bob.steepness)
        error = steep * (self.settings.rounding + 7e-16) + max(self.alice.rounding, self.bob.rounding)
        vectors = [{"u": x, "v": y} for x, y in zip(first, second, strict=True)]
        return RationalStates(self.states(u, v), vectors, error)

    def invariants(self) -> Sequence[tuple[Array, Array]] | None:
        """Scalar products, which rotations of u and v carry; for laws that are not odd, or v = ±u, none are known."""
        if not self.symmetric or self.sign:
            return None
        return ((self.settings.alice @ self.settings.alice.T, self.settings.bob @ self.settings.bob.T),)

    def at(self, settings: Settings) -> Law:
        """The same laws on other settings."""
        return Law(settings, self.alice, self.bob, hidden=self.hidden, error=self.error)

    def follow(self, functional: Functional, states: HiddenStates, reach: float = 0.05) -> HiddenStates:
        """The local maximiser of f next to each state, by descents whose smoothing begins with ``reach``."""
        return law_states.descended(self, functional, states, first=reach, factor=0.3, steps=6)

    def multipliers(self, functional: Functional, states: HiddenStates) -> Array:
        """The derivatives τ_kij of |A_i − sgn(S_ij) B_j| for which no step of u and v along their spheres helps."""
        table, moving = functional.correlators, []
        for law, rows, vectors in (
            (self.alice, self.settings.alice, states.u), (self.bob, self.settings.bob, states.v)
        ):  # fmt: skip
            assert vectors is not None
            along = vectors @ rows.T
            moving.append(law.derivative(along)[:, :, None] * (rows[None] - along[:, :, None] * vectors[:, None, :]))
        by_u = np.einsum("ij,kic->kcij", np.abs(table), moving[0])
        by_v = -np.einsum("ij,kjc->kcij", table, moving[1])
        equations = by_u + self.sign * by_v if self.sign else np.concatenate([by_u, by_v], axis=1)
        return stationary_multipliers(states.alice[:, :, None] - np.sign(table) * states.bob[:, None, :], equations)

    def _steepness(self, u: Array, v: Array) -> tuple[Array | float, Array | float]:
        """The derivatives of the laws."""
        return self.alice.derivative(u @ self.settings.alice.T), self.bob.derivative(v @ self.settings.bob.T)
