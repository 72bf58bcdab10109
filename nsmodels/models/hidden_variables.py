"""What the search for decompositions asks of a model, and what is taken for granted where a model does not answer.

A hidden-variable model is a set M of marginal vectors (`nsmodels.models.base`). Two methods are enough for one that a
user writes: `_enclose` encloses h(f), and `propose` names hidden states with large values of a functional. Everything
else has a default that is safe, which means that nothing is taken to be true of M that the model did not say:

    contains      no state is known to belong to M, so that what is built of states is an estimate
    symmetric     M is not known to contain −m with every m
    invariants    no relabelling is known to leave M as it is
    seeds         only what `propose` names
    rational      stored marginals are the exact ones
    span          marginal vectors may point anywhere
    likeness      no setting is known to be a copy of another one (`nsmodels.models.copies`)
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from ..common.arrays import Array, Index, Mask
from ..common.interrupts import released
from ..common.rationals import round_down, round_up
from ..core.enclosure import Enclosure
from ..core.functional import Functional
from ..core.hidden_states import HiddenStates
from ..core.proof import DualProof
from ..core.settings import Settings
from .base import Model, Support
from .copies import Reducible
from .values import attained_value, input_effect, trivial_bound

if TYPE_CHECKING:
    from ..core.behaviour import Behaviour

__all__ = [
    *("Explorer", "HiddenVariableModel", "RationalStates", "along", "prepared", "with_partners", "with_safe_defaults")
]

Explorer = Callable[..., HiddenStates]
"""``explorer(functional, count, rng=, near=, starts=, deep=, antipodal=)``: see `HiddenVariableModel.explorer`."""
SEEDS = 40
"""States that the search begins with where a model does not name its own."""


@dataclass(frozen=True, eq=False)
class RationalStates:
    """Hidden states in exact numbers.

    Parameters
    ----------
    states : HiddenStates
        In floating point.
    vectors : sequence of mapping
        The rational unit vectors "u" and "v" of each state, as far as it has any; a party without one has the stored
        marginals exactly.
    error : float
        How far a stored marginal may be from the exact one, the directions' own error included.
    """

    states: HiddenStates
    vectors: Sequence[Mapping[str, tuple[Fraction, ...]]]
    error: float


class HiddenVariableModel(Reducible, Model):
    """A model whose boxes are mixtures of hidden states with given marginals: what `decompose` accepts."""

    symmetric: bool = False
    """Whether M contains −m with every m."""
    smooth: bool = False
    """Whether M is a continuum, so that the search begins with an interior method instead of the simplex method."""
    local_points: bool = False
    """Whether M contains every vector of entries ±1."""
    everything: bool = False
    """Whether M is all of [−1, 1]^(n_A + n_B), so that its boxes are all that do not signal."""
    refutable: bool = False
    """Whether the oracle ends early where `Hint.refuted_above` allows it."""

    @property
    def parts(self) -> tuple[HiddenVariableModel, ...]:
        """The models whose union this one is, without hulls among them; only `Hull` has more than itself."""
        return (self,)

    @abstractmethod
    def propose(
        self, functional: Functional, count: int, *, rng: np.random.Generator, starts: HiddenStates | None = None
    ) -> HiddenStates:
        """Up to ``count`` distinct hidden states with large values of the functional, best first, without proof."""

    def within(self, functional: Functional, alice: Array, bob: Array) -> Any:
        """The minimum that answers h(f) for directions known within these angles (radians, one for each direction).

        A `nsmodels.engines.spheres.uncertain.UncertainProblem`; None where the model has no such form.
        """
        return None

    def moved(self, settings: Settings) -> HiddenVariableModel | None:
        """The same law on other directions; None for models that look at none."""
        return None

    def guess(self, functional: Functional, rng: np.random.Generator) -> HiddenStates:
        """One hidden state at little cost, after Ctrl-C."""
        return self.propose(functional, 1, rng=rng)

    def without_solver(self, functional: Functional, reason: str, seed: int = 0) -> Support:
        """Enclose h(f) by one proposed hidden state and the sum of moduli (multipliers τ = 0).

        A proposal's marginals from hidden vectors are rounded, each by less than 1e-15, so that much is taken off its
        exactly evaluated value.
        """
        state = self.guess(functional, np.random.default_rng(seed))[0]
        attained = attained_value(functional, state.alice, state.bob)
        if state.u is not None:
            attained -= Fraction(input_effect(functional, 1.0, 1.0, 1e-15))
        upper = trivial_bound(functional)
        value = Enclosure(round_down(min(attained, upper)), round_up(upper), reason=reason)
        return Support(value, state, DualProof(np.zeros(functional.shape)), {"seconds": 0.0})

    def restricted(self, alice: Index, bob: Index) -> HiddenVariableModel | None:
        """The model of these settings alone, whose states are those of this model, cut; None where it is not known."""
        return None

    def contains(self, states: HiddenStates) -> Mask:
        """Which states are shown to belong to M, shape (m,); by default none.

        The stored marginals are taken as exact, unless the model has hidden vectors: then the vectors count, and the
        marginals have to be theirs up to rounding.
        """
        return np.zeros(len(states), dtype=bool)

    def seeds(self, behaviour: Behaviour, *, antipodal: bool, rng: np.random.Generator) -> HiddenStates:
        """States to begin the search of a decomposition with.

        Parameters
        ----------
        behaviour : Behaviour
            What is to be decomposed. By default `propose` is asked along its correlators, and against them.
        antipodal : bool
            Whether each state will stand for its negation too (only for symmetric models).
        """
        functional = along(behaviour)
        return HiddenStates.join([self.propose(f, SEEDS, rng=rng) for f in (functional, -1.0 * functional)])

    def explorer(self, behaviour: Behaviour) -> Explorer:
        """How the search of a decomposition of this behaviour asks for further states, without proof.

        The answer is called with a functional and the number of states wanted, and by name with ``rng``; ``near``, good
        states so far; ``starts``, the number of fresh starts of local searches; ``deep``, how many of the best are to
        run to the end; ``antipodal``, whether a state and its negation count as one.
        """

        def explore(
            functional: Functional, count: int, *, rng: np.random.Generator, near: HiddenStates, starts: int, deep: int,
            antipodal: bool,
        ) -> HiddenStates:  # fmt: skip
            return self.propose(functional, count, rng=rng)

        return explore

    def invariants(self) -> Sequence[tuple[Array, Array]] | None:
        """Tables (n_A, n_A) and (n_B, n_B) whose permutations and signs, where they fit both, leave M as it is.

        Scalar products of the directions for a model that looks at them, nothing ``()`` for a model that is blind to
        settings, None (the default) where no relabelling is known to leave M as it is.
        """
        return None

    def relabelled(self, states: HiddenStates, relabelling: Any) -> HiddenStates:
        """The images of states under a relabelling of settings and outcomes that `invariants` allows."""
        alice, bob = np.empty_like(states.alice), np.empty_like(states.bob)
        alice[:, list(relabelling.alice)] = np.array(relabelling.alice_signs) * states.alice
        bob[:, list(relabelling.bob)] = np.array(relabelling.bob_signs) * states.bob
        return HiddenStates(alice, bob, states.u, states.v)

    def rational(self, states: HiddenStates) -> RationalStates:
        """States of the model next to the given ones that a certificate can name exactly; stored doubles are exact."""
        return RationalStates(states, [{}] * len(states), 0.0)

    def span(self) -> tuple[Array, Array] | None:
        """Columns that span Alice's and Bob's marginal vectors, shapes (n_A, r) and (n_B, s); None: all directions."""
        return None

    def mean_vectors(self) -> tuple[float, float] | None:
        """Purities η_A, η_B where the states are all pairs of unit vectors u, v, with A = η_A a·u and B = η_B b·v.

        The means of u and v are then any two vectors of length ≤ 1. None (the default) where nothing of it is known.
        """
        return None

    def listed(self) -> HiddenStates | None:
        """All hidden states where they are a short list, else None."""
        return None

    def corners(self) -> HiddenStates | None:
        """Hidden states between whose boxes all others are mixtures, where they are finitely many, else None."""
        return self.listed()

    def prepare(self) -> None:
        """Load and compile what the oracle needs, which takes time only once."""
        self.load()


def prepared(parts: Sequence[HiddenVariableModel]) -> bool:
    """Prepare the models; False if Ctrl-C arrived meanwhile, after which a search can only say what it knows."""
    try:
        for part in parts:
            part.prepare()
        with released():
            return True
    except KeyboardInterrupt:
        return False


def along(behaviour: Behaviour) -> Functional:
    """The functional Σ C_ij C_ij over the known pairs: states worth much in it suit the correlators."""
    return Functional(np.where(behaviour.known, behaviour.correlators, 0.0))


def with_partners(states: HiddenStates, antipodal: bool) -> HiddenStates:
    """Each state (A, B) together with (A, −B), and with the negations of both unless antipodes are implied.

    The mean of (A, B) and (A, −B) has an interval for every correlator that contains 0: white noise is feasible.
    """

    def turned(item: HiddenStates, alice: float, bob: float) -> HiddenStates:
        u = None if item.u is None else alice * item.u
        v = None if item.v is None else bob * item.v
        return HiddenStates(alice * item.alice, bob * item.bob, u, v)

    flipped = turned(states, 1.0, -1.0)
    if antipodal:
        return HiddenStates.join([states, flipped])
    return HiddenStates.join([states, flipped, turned(states, -1.0, -1.0), turned(flipped, -1.0, -1.0)])


class _Foreign(HiddenVariableModel):
    """A model with an oracle and proposals that declares nothing else."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self.name, self.settings = model.name, model.settings

    @property
    def shape(self) -> tuple[int, int]:
        """Numbers of settings (n_A, n_B)."""
        return self._model.shape

    def support(self, functional: Functional, **options: Any) -> Any:
        """What the model itself answers."""
        return self._model.support(functional, **options)

    def propose(self, functional: Functional, count: int, **options: Any) -> HiddenStates:
        """What the model itself proposes."""
        states: HiddenStates = self._model.propose(functional, count, **options)  # type: ignore[attr-defined]  # looked for before
        return states

    def rounding_effect(self, functional: Functional) -> float:
        """What the model itself says."""
        return self._model.rounding_effect(functional)

    def __repr__(self) -> str:
        return repr(self._model)


def with_safe_defaults(model: Model) -> HiddenVariableModel | None:
    """The model itself, or the safe answers around one that declares nothing; None where it has no hidden states."""
    if isinstance(model, HiddenVariableModel):
        return model
    return _Foreign(model) if callable(getattr(model, "propose", None)) else None
