"""Bell's model: every marginal is ±1, so that C = AB is forced and h(f) is the local bound of f.

h(f) = k + max over A in {±1}^nA of [α·A + Σ_j |β_j + Σ_i S_ij A_i|]: given one party's outcomes the other party's best
answer is in closed form, so that only the smaller side is enumerated.

Sources: Bell, Physics 1, 195 (1964); Clauser, Horne, Shimony, Holt, PRL 23, 880 (1969).
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from ..common.arrays import Array
from ..common.rationals import round_down, round_up
from ..core.behaviour import Behaviour
from ..core.effort import Effort, Hint
from ..core.enclosure import Enclosure
from ..core.functional import Functional
from ..core.hidden_states import HiddenState, HiddenStates
from ..core.proof import DualProof, EnumerationProof, Proof
from .base import ShapedModel, Support
from .hidden_variables import SEEDS, HiddenVariableModel, Mask, along, with_partners
from .values import attained_value, trivial_bound

__all__ = ["Bell"]


ENUMERATION_LIMIT = 24
"""Settings of the smaller side that are enumerated: 2^23 assignments without marginals, a tenth of a second."""
LISTED_SETTINGS = 16
"""Settings up to which all assignments are listed for programs that want them all."""


def _signs(values: Array) -> Array:
    return np.where(values < 0.0, -1.0, 1.0).astype(np.float64)


def _oriented(functional: Functional) -> tuple[Array, Array, Array, bool]:
    """S, the enumerated side's coefficients, the other side's, and whether Bob is the enumerated (smaller) side."""
    table = functional.correlators
    rows, columns = int(table.any(axis=1).sum()), int(table.any(axis=0).sum())
    if rows <= columns:
        return table, functional.alice, functional.bob, False
    return table.T, functional.bob, functional.alice, True


class Bell(ShapedModel, HiddenVariableModel):
    """Local deterministic hidden states, and their mixtures.

    Parameters
    ----------
    shape : (int, int)
        Numbers of settings, or give ``settings=`` to take them from there.
    """

    name = "bell"
    symmetric = True
    local_points = True

    def likeness(self, party: int) -> Array:
        """Rows of no numbers: the model is blind to directions."""
        return np.zeros((self.shape[party], 0))

    def restricted(self, alice: NDArray[np.intp], bob: NDArray[np.intp]) -> Bell:
        """The same model of fewer settings."""
        return Bell((len(alice), len(bob)))

    def free_values(self) -> tuple[float, ...]:
        """Any setting may have 1 or −1."""
        return 1.0, -1.0

    def _enclose(self, functional: Functional, effort: Effort, hint: Hint) -> Support:
        """Enclose the local bound; the ends are equal where the enumeration finishes and coefficients are short.

        The smaller side, settings without correlators not counted, has up to 24 settings. Beyond that, or out of time,
        a local search or what was enumerated gives the lower end, and the sum of moduli the upper end.
        """
        from ..engines.enumeration import maximise_signs

        begin = time.perf_counter()
        trivial = trivial_bound(functional)
        matrix, linear, constants, transposed = _oriented(functional)
        used = np.flatnonzero(matrix.any(axis=1))
        reason, told = "tolerance_met", 0.0

        def stop(done: int, total: int) -> bool:
            nonlocal reason, told
            seconds = time.perf_counter() - begin
            if effort.progress is not None and seconds >= told + 0.1:
                told = seconds
                effort.progress(-np.inf, round_up(trivial), done, seconds)
            if seconds > effort.time_limit_s:
                reason = "time_limit"
            return seconds > effort.time_limit_s

        upper, nodes = None, 0
        if len(used) > ENUMERATION_LIMIT:
            reason = f"the smaller side has {len(used)} settings, and enumeration stops at {ENUMERATION_LIMIT}"
            state = self.propose(functional, 1, rng=np.random.default_rng(effort.seed))[0]
        else:
            answer = maximise_signs(matrix[used], constants, linear[used], stop=stop)
            chosen = _signs(linear)  # settings without correlators follow their marginal coefficient
            chosen[used] = answer.signs
            other = _signs(chosen @ matrix + constants)
            state = HiddenState(other, chosen) if transposed else HiddenState(chosen, other)
            nodes = answer.nodes
            if answer.upper is not None:
                rest = np.delete(linear, used).tolist()
                upper = (
                    Fraction(functional.constant) + answer.upper + sum((abs(Fraction(x)) for x in rest), Fraction(0))
                )
        lower = round_down(attained_value(functional, state.alice, state.bob))
        proof: Proof = DualProof(np.zeros(self.shape)) if upper is None else EnumerationProof()
        value = Enclosure(lower, round_up(trivial if upper is None else upper), reason=reason)
        return Support(value, state, proof, {"nodes": nodes})

    def propose(
        self, functional: Functional, count: int, *, rng: np.random.Generator, starts: HiddenStates | None = None
    ) -> HiddenStates:
        """Alternate the two parties' best answers from many starts; all assignments where the smaller side is ≤ 12."""
        self._check(functional)
        matrix, linear, constants, transposed = _oriented(functional)
        n = len(linear)
        if n <= 12:
            first = 1.0 - 2.0 * ((np.arange(1 << n)[:, None] >> np.arange(n)) & 1)
        else:
            first = rng.choice(np.array([-1.0, 1.0]), size=(max(64, 8 * count), n))
            if starts is not None and len(starts):
                first = np.vstack([_signs(starts.bob if transposed else starts.alice), first])
            for _ in range(50):
                other = _signs(first @ matrix + constants)
                improved = _signs(other @ matrix.T + linear)
                if np.array_equal(improved, first):
                    break
                first = improved
            first = np.unique(first, axis=0)
        inner = first @ matrix + constants
        values = np.abs(inner).sum(axis=1) + first @ linear
        order = np.argsort(-values, kind="stable")[:count]
        chosen, answers = np.asarray(first[order], dtype=np.float64), _signs(inner[order])
        return HiddenStates(answers, chosen) if transposed else HiddenStates(chosen, answers)

    def contains(self, states: HiddenStates) -> Mask:
        """States whose marginals are all ±1."""
        return np.asarray((np.abs(states.alice) == 1.0).all(axis=1) & (np.abs(states.bob) == 1.0).all(axis=1))

    def seeds(self, behaviour: Behaviour, *, antipodal: bool, rng: np.random.Generator) -> HiddenStates:
        """Random assignments with their partners, among which white noise is a mixture, and the best along C."""
        n_alice, n_bob = self.shape
        signs = rng.choice(np.array([-1.0, 1.0]), size=(4 * (n_alice + n_bob), n_alice + n_bob))
        several = with_partners(HiddenStates(signs[:, :n_alice], signs[:, n_alice:]), antipodal)
        several = several.take(several.distinct(1e-9, antipodal))
        return HiddenStates.join([several, self.propose(along(behaviour), SEEDS, rng=rng)])

    def invariants(self) -> Sequence[tuple[Array, Array]]:
        """Any relabelling leaves the model as it is."""
        return ()

    def listed(self) -> HiddenStates | None:
        """All assignments, of up to 16 settings."""
        n = sum(self.shape)
        if n > LISTED_SETTINGS:
            return None
        bits = (np.arange(2**n)[:, None] >> np.arange(n)) & 1
        signs = np.asarray(1.0 - 2.0 * bits, dtype=np.float64)
        return HiddenStates(signs[:, : self.shape[0]], signs[:, self.shape[0] :])

    def load(self) -> float:
        """Compile the enumeration."""
        from ..engines.enumeration import compile_seconds

        return compile_seconds()
