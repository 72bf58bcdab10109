"""The law of one party: one side's marginals obey Malus' law, the other side's are free.

    B_j = η v·b_j,   |v| = 1,   A_i anything in [−1, 1]         (party = "bob"; "alice" is the mirror image)

The derivation of L3 in arXiv:0801.2241, eqs. (8) and (9), uses the law of Bob alone, so that 2 − ⅔ η sin(φ/2) bounds L3
for every Alice. For a fixed v the best A_i is a weighted median, and

    h(f) = k + Σ|S_ij| − min_v Σ_i min_{A_i} [ Σ_j |S_ij| |A_i − sgn(S_ij) η v·b_j| − α_i A_i ] − η v·Σ β_j b_j

is a global minimum over one sphere, which the engine `one_sphere` encloses and proves. For all settings at once the
critical visibility of the singlet is √(1 − η²/4).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from ..common.arguments import check_noun, check_size, one_of, purity
from ..common.arrays import Array
from ..common.rationals import rational_point, round_down, round_up, total
from ..core.behaviour import Behaviour
from ..core.effort import Effort, Hint
from ..core.enclosure import Enclosure
from ..core.functional import Functional
from ..core.hidden_states import HiddenStates
from ..core.proof import OneSphereProof
from ..core.settings import Settings
from ..engines.grids import fibonacci_points
from ..engines.solvers.lp import load_solver
from ..engines.spheres.medians import MedianProblem, descend, polish
from ..engines.spheres.one_sphere import minimise
from ..errors import InputError
from .base import Given, Support
from .hidden_variables import Explorer, Mask, RationalStates, with_partners
from .leggett_states import random_units
from .movable import MovableModel
from .purities import purity_of
from .stationary import stationary_multipliers
from .turns import carrying
from .uncertain import free_side, lawful_side, problem_of
from .values import attained_value, best_first, input_effect, trivial_bound

__all__ = ["OneSided"]

PARTIES = ("bob", "alice")

FINEST = 2.0**-44
"""The finest width that is searched for, in units of the size of f."""


class OneSided(MovableModel):
    """Malus' law for one party, free marginals for the other.

    Parameters
    ----------
    settings : Settings
        The directions of both parties; those of the free party are not looked at.
    eta : float
        Purity of the hidden states of the party that obeys the law, 0 or in [1e-30, 1].
    party : {"bob", "alice"}
        Who obeys the law.

    Raises
    ------
    InputError
        For a purity out of range or another party.
    """

    name = "one_sided"
    settings: Settings
    symmetric = True
    smooth = True

    def __init__(self, settings: Settings, eta: float = 1.0, *, party: str = "bob") -> None:
        check_noun(settings, Settings, "argument settings", "OneSided")
        check_size(settings.shape, "OneSided")
        self.settings = settings
        self.eta = self.purity = self.strength = purity(eta, "OneSided: eta")
        self.party = one_of(party, PARTIES, "OneSided: party")

    @classmethod
    def from_table(cls, table: Any, settings: Settings | None, shape: tuple[int, int]) -> OneSided:
        """Keys ``eta`` and ``party``."""
        assert settings is not None
        party = table.choice("party", PARTIES, default="bob")
        return cls(settings, purity_of(table, "eta", default=1.0), party=party)

    def resolved(self) -> dict[str, Any]:
        """``{"name", "eta", "party"}``."""
        return {"name": self.name, "eta": self.eta, "party": self.party}

    @property
    def shape(self) -> tuple[int, int]:
        """Numbers of settings (n_A, n_B)."""
        return self.settings.shape

    def __repr__(self) -> str:
        return f"OneSided({self.shape[0]}×{self.shape[1]}, {self.party}, η = {self.eta:g})"

    def with_purity(self, eta: float) -> OneSided:
        """The law of the same party with another purity."""
        return OneSided(self.settings, eta, party=self.party)

    def at(self, settings: Settings) -> OneSided:
        """The same law on other settings."""
        return OneSided(settings, self.eta, party=self.party)

    moved = at

    def within(self, functional: Functional, alice: Array, bob: Array) -> Any:
        """One party obeys the law, the other's marginals are free (`nsmodels.models.uncertain`)."""
        if self.party == "bob":
            return problem_of(functional, free_side(functional.alice),
                              lawful_side(self._law, self.eta, bob, functional.bob))  # fmt: skip
        return problem_of(functional, lawful_side(self._law, self.eta, alice, functional.alice),
                          free_side(functional.bob))  # fmt: skip

    @property
    def _law(self) -> Array:
        """The directions of the party that obeys the law."""
        return self.settings.bob if self.party == "bob" else self.settings.alice

    def _purities(self) -> tuple[float, float]:
        """How far the marginals of Alice and of Bob move with a direction."""
        return (0.0, self.eta) if self.party == "bob" else (self.eta, 0.0)

    def rounding_effect(self, functional: Functional) -> float:
        """The marginals of the law move by the purity times what the direction moves; free ones do not."""
        return input_effect(functional, *self._purities(), self.settings.rounding)

    def states(self, vectors: Array, free: Array) -> HiddenStates:
        """The hidden states of unit vectors (m, 3) and of marginals of the free party (m, n)."""
        marginals = self.eta * (vectors @ self._law.T)
        if self.party == "bob":
            return HiddenStates(free, marginals, v=vectors)
        return HiddenStates(marginals, free, u=vectors)

    def restored(self, *, alice: Given = None, bob: Given = None, u: Given = None, v: Given = None) -> HiddenStates:
        """The hidden states of unit vectors of one party and marginals of the other one."""
        vectors, free = (v, alice) if self.party == "bob" else (u, bob)
        if vectors is None or free is None:
            raise InputError(f"{self.name}: a hidden state needs a vector of {self.party} and marginals of the other")
        return self.states(np.asarray(vectors, dtype=np.float64), np.asarray(free, dtype=np.float64))

    def _sides(self, functional: Functional) -> tuple[Array, Array, Array]:
        """S with the free party in rows, its coefficients, and those of the party of the law."""
        if self.party == "bob":
            return functional.correlators, functional.alice, functional.bob
        return functional.correlators.T, functional.bob, functional.alice

    def problem(self, functional: Functional) -> Any:
        """The minimum of G over one sphere that answers h(f) = k + Σ|S_ij| − min G (`engines.spheres.one_sphere`)."""
        table, free, law = self._sides(functional)
        x = np.sign(table)[:, :, None] * (self.eta * self._law)[None]
        return MedianProblem(x, np.abs(table), free, self.eta * (law @ self._law), not (free.any() or law.any()))

    def _enclose(self, functional: Functional, effort: Effort, hint: Hint) -> Support:
        """Enclose h(f) by a covering of the sphere of the hidden vector (`nsmodels.engines.spheres.one_sphere`)."""
        problem = self.problem(functional)
        top = Fraction(functional.constant) + total(np.abs(functional.correlators).ravel().tolist())
        size = float(trivial_bound(Functional(functional.correlators, functional.alice, functional.bob)))
        # forming η b_j and Σ β_j b_j: a few units in the last place of f at most
        stored = (sum(self.shape) + 8) * 2.0**-52 * size

        answer = minimise(
            problem,
            tolerance=max(effort.tolerance - 3.0 * stored, 0.25 * effort.tolerance, FINEST * max(1.0, size)),
            time_limit_s=effort.time_limit_s,
            progress=effort.below(float(top)),
        )
        effect = self.rounding_effect(functional)
        spare = 2.0**-54 * size
        threshold = math.nextafter(answer.lower - stored - effect - spare, -math.inf)
        upper = round_up(top - Fraction(threshold) - Fraction(effect))
        state = self._best(functional, answer.v[None, :])[0]
        lower = min(round_down(attained_value(functional, state.alice, state.bob) - Fraction(stored)), upper)
        reason = answer.reason
        if reason == "tolerance_met" and upper - lower > effort.tolerance:
            reason = f"rounding in double precision leaves a width of {upper - lower:.2g}"
        stats = {"nodes": answer.nodes}
        others = self._best(functional, answer.minima)
        return Support(
            Enclosure(lower, upper, reason=reason), state, OneSphereProof(answer.covering, threshold), stats, others
        )

    def load(self) -> float:
        """Load the solver of the small linear programs."""
        load_solver()
        return 0.0

    def _best(self, functional: Functional, vectors: Array) -> HiddenStates:
        """The best states with these hidden vectors."""
        return self.states(vectors, np.clip(self.problem(functional).medians(vectors)[1], -1.0, 1.0))

    def _vectors(self, states: HiddenStates) -> Array | None:
        return states.v if self.party == "bob" else states.u

    def guess(self, functional: Functional, rng: np.random.Generator) -> HiddenStates:
        """The best of some random states."""
        states = self._best(functional, random_units(256, rng))
        return best_first(functional, states, 1)

    def propose(
        self, functional: Functional, count: int, *, rng: np.random.Generator, starts: HiddenStates | None = None
    ) -> HiddenStates:
        """Where descents from the given states, or from 2·count + 8 random ones, end: best first."""
        self._check(functional)
        near = None if starts is None else self._vectors(starts)
        first = random_units(2 * count + 8, rng) if near is None or len(near) == 0 else np.asarray(near)
        states = self._best(functional, descend(self.problem(functional), first))
        states = best_first(functional, states)
        return states.take(states.distinct(1e-6, antipodal=False)[:count])

    def contains(self, states: HiddenStates) -> Mask:
        """States with a unit vector that gives one side's marginals, within 1e-9, and the other side in [−1, 1]."""
        vectors = self._vectors(states)
        if vectors is None:
            return np.zeros(len(states), dtype=bool)
        free, bound = (states.alice, states.bob) if self.party == "bob" else (states.bob, states.alice)
        missed = np.abs(self.eta * (vectors @ self._law.T) - bound).max(axis=1)
        missed = missed + np.abs(np.linalg.norm(vectors, axis=1) - 1.0)
        return np.asarray((missed <= 1e-9) & (np.abs(free) <= 1.0).all(axis=1))

    def seeds(self, behaviour: Behaviour, *, antipodal: bool, rng: np.random.Generator) -> HiddenStates:
        """Points of the sphere, with what suits the correlators on the free side and with nothing there."""
        count = int(np.clip(3 * sum(self.shape), 90, 600))
        vectors = fibonacci_points(count, half=antipodal)
        table = np.where(behaviour.known, behaviour.correlators, 0.0)
        best = self._best(Functional(table), vectors)
        axes = np.eye(3)
        nothing = self.states(axes, np.zeros((3, self.shape[0 if self.party == "bob" else 1])))
        return HiddenStates.join([best, with_partners(nothing, antipodal)])

    def explorer(self, behaviour: Behaviour) -> Explorer:
        """Descents from the good states so far and from fresh ones, some of them stopped early: many, and different."""

        def explore(
            functional: Functional, count: int, *, rng: np.random.Generator, near: HiddenStates, starts: int, deep: int,
            antipodal: bool,
        ) -> HiddenStates:  # fmt: skip
            problem, fresh = self.problem(functional), random_units(starts, rng)
            own = self._vectors(near)
            first = fresh if own is None else np.concatenate([own, fresh])
            found = self._best(functional, descend(problem, first, 12 if not deep else 40))
            found = best_first(functional, found, 2 * count)
            if not deep:
                return found
            best = found.take(found.distinct(0.02, antipodal)[: min(deep, 8)])
            vectors = self._vectors(best)
            assert vectors is not None
            polished = np.array([polish(problem, v)[0] for v in vectors])
            return HiddenStates.join([self._best(functional, polished), found])

        return explore

    def rational(self, states: HiddenStates) -> RationalStates:
        """States with the rational point of the sphere next to the hidden vector; free marginals are what they are."""
        vectors, key = self._vectors(states), "v" if self.party == "bob" else "u"
        assert vectors is not None
        points = [rational_point(vector) for vector in vectors.tolist()]
        near = np.array([[float(x) for x in point] for point in points])
        free = states.alice if self.party == "bob" else states.bob
        error = self.eta * (self.settings.rounding + 7e-16)
        return RationalStates(self.states(near, free), [{key: point} for point in points], error)

    def invariants(self) -> Sequence[tuple[Array, Array]]:
        """Scalar products of the party of the law; any relabelling of the free party leaves the model as it is."""
        free = np.zeros((self.shape[0 if self.party == "bob" else 1],) * 2)
        law = self._law @ self._law.T
        return ((free, law) if self.party == "bob" else (law, free),)

    def relabelled(self, states: HiddenStates, relabelling: Any) -> HiddenStates:
        """The images, with the hidden vector turned by the rotation that carries the relabelling."""
        images, own = super().relabelled(states, relabelling), self._vectors(states)
        if own is None:
            return images
        if self.party == "bob":
            vectors = own @ carrying(self.settings.bob, relabelling.bob, relabelling.bob_signs).T
            return HiddenStates(images.alice, images.bob, v=vectors)
        vectors = own @ carrying(self.settings.alice, relabelling.alice, relabelling.alice_signs).T
        return HiddenStates(images.alice, images.bob, u=vectors)

    def span(self) -> tuple[Array, Array]:
        """The marginals of the law are combinations of the coordinates of the directions, the others are free."""
        if self.party == "bob":
            return np.eye(self.shape[0]), self.settings.bob
        return self.settings.alice, np.eye(self.shape[1])

    def scatter(self, count: int, rng: np.random.Generator) -> HiddenStates:
        """Random hidden vectors; what the free party does is decided when a functional is there."""
        free = np.zeros((count, self.shape[0 if self.party == "bob" else 1]))
        return self.states(random_units(count, rng), free)

    def follow(self, functional: Functional, states: HiddenStates, reach: float = 0.05) -> HiddenStates:
        """The local maximiser of f next to each state (`nsmodels.engines.spheres.median_corners`)."""
        from ..engines.spheres.median_corners import corners_near

        vectors = self._vectors(states)
        assert vectors is not None
        return self._best(functional, corners_near(self.problem(functional), vectors, reach))

    def multipliers(self, functional: Functional, states: HiddenStates) -> Array:
        """The derivatives τ_kij of |A_i − sgn(S_ij) B_j| for which the states are stationary."""
        vectors, table = self._vectors(states), functional.correlators
        assert vectors is not None
        y = states.alice[:, :, None] - np.sign(table) * states.bob[:, None, :]
        # stationary where each free marginal is, and where no step of the hidden vector along its sphere helps
        across = self._law[None] - (vectors @ self._law.T)[:, :, None] * vectors[:, None, :]
        weights = np.abs(table)
        if self.party == "bob":
            rows = np.einsum("ri,ij->rij", np.eye(self.shape[0]), weights)
            moving = -np.einsum("ij,kjc->kcij", table, across)
        else:
            rows = np.einsum("rj,ij->rij", np.eye(self.shape[1]), table)
            moving = np.einsum("ij,kic->kcij", weights, across)
        free = np.broadcast_to(rows, (len(vectors), *rows.shape))
        return stationary_multipliers(y, np.concatenate([free, moving], axis=1))

    def settings_gradient(
        self, functional: Functional, states: HiddenStates, multipliers: Array | None = None
    ) -> tuple[Array, Array]:
        """∂h/∂b_j = η v Σ_i S_ij τ_ij (or ∂h/∂a_i = −η u Σ_j |S_ij| τ_ij); nothing for the free party."""
        vectors, tau = self._vectors(states), multipliers
        assert vectors is not None
        tau = self.multipliers(functional, states) if tau is None else tau
        alice, bob = (np.zeros((len(vectors), n, 3)) for n in self.shape)
        if self.party == "bob":
            columns = np.einsum("ij,kij->kj", functional.correlators, tau)
            return alice, self.eta * columns[:, :, None] * vectors[:, None, :]
        rows = np.einsum("ij,kij->ki", np.abs(functional.correlators), tau)
        return -self.eta * rows[:, :, None] * vectors[:, None, :], bob

    def prepare(self) -> None:
        """Load the solver, and compile the descents."""
        from ..engines.spheres.median_corners import compile_kernels

        self.load()
        compile_kernels()
