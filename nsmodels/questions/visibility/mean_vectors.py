"""Marginals of Leggett's law made right by a hair of states with the mean vectors that are missing (see `room`)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from ...common.angles import cos_sin, cos_sin_degrees
from ...common.arrays import Array
from ...models.hidden_variables import HiddenVariableModel
from .exact_model import ExactModel, dyadic_weights, exact_columns, pair_right, row_sums, target_error
from .room import SHARES, corrected, given
from .rows import Target
from .states import Columns

__all__ = ["with_mean_vectors"]


@dataclass(frozen=True, eq=False)
class _Party:
    """One party's marginals in Leggett's law.

    Parameters
    ----------
    directions : ndarray, shape (n, 3)
    eta : float
        Purity of the states that are mixed in.
    mine : slice
        Where the party's marginals stand among all.
    vectors : ndarray, shape (3, m)
        η u of every state; 0 for states without hidden vectors.
    unbiased : bool
        Whether states without hidden vectors have vanishing marginals here.
    height : float or None
        Where the behaviour's marginals are a·(0, 0, height) exactly, and the noise's vanish.
    """

    directions: Array
    eta: float
    mine: slice
    vectors: Array
    unbiased: bool
    height: float | None

    def vector(self, target: Target, visibility: float) -> Array | None:
        """The mean of η u that gives the wanted marginals exactly, where they say so; None where they do not.

        It may be longer than need be, where the directions are so few that they see only a part of it.
        """
        if not self.unbiased:
            return None
        if not given(target, visibility)[self.mine].any():
            return np.zeros(3)
        if self.height is None or (self.independent and abs(visibility * self.height) >= self.eta):
            return None
        return visibility * self.height * np.eye(3)[2]

    def needed(self, wanted: Array, means: Array, vector: Array | None, mean: Array, error: float) -> float:
        """A share κ of states that makes up for what is missing, three times as large as it need be.

        The others lose κ of their mean U as well: |δ + κ U| ≤ κ η.
        """
        if vector is not None:
            off, missing, spare = 4e-16, vector - mean, self.eta - float(np.linalg.norm(vector))
        elif not self.independent:
            return math.inf
        else:
            inverse = np.linalg.pinv(self.directions)
            off = float(np.linalg.norm(inverse, 2)) * (error + 1e-15) * len(inverse)
            missing, spare = inverse @ (wanted - means), self.eta - float(np.linalg.norm(inverse @ wanted))
        if self.eta == 0.0:
            return 0.0 if not wanted.any() and not missing.any() else math.inf
        return 3.0 * (float(np.linalg.norm(missing)) + off) / (spare - off) if spare > 2.0 * off else math.inf

    @property
    def independent(self) -> bool:
        """Whether every table of marginals belongs to some vector."""
        few = len(self.directions) <= 3
        return few and float(np.linalg.svd(self.directions, compute_uv=False)[-1]) > 1e-6


def _height(target: Target) -> float | None:
    """The height of `_Party`, of the behaviour that is named so."""
    behaviour, noise = target.behaviour, (target.noise.alice, target.noise.bob)
    angles = dict(behaviour.parameters or {})
    if behaviour.name != "partially_entangled" or any(x is not None and x.any() for x in noise):
        return None
    if "theta" in angles:
        return cos_sin(2.0 * float(angles["theta"]))[0]
    return cos_sin_degrees(2.0 * float(angles["theta_deg"]))[0]


def _parties(parts: Sequence[HiddenVariableModel], columns: Columns, target: Target) -> list[_Party]:
    """Both parties, in the part with the largest purities; none where no part is of Leggett's law."""
    laws = [(part.mean_vectors(), part.span()) for part in parts]
    known = [(etas, spans) for etas, spans in laws if etas is not None and spans is not None]
    if not known:
        return []
    purities, spans = max(known, key=lambda law: min(law[0]))
    etas = np.array([law[0] or (0.0, 0.0) for law in laws])
    lawful = np.array([law[0] is not None for law in laws])[columns.part]
    n_alice, height = len(columns.alice), _height(target)
    parties = []
    for party, (mine, hidden, marginals) in enumerate(
        ((slice(0, n_alice), columns.u, columns.alice), (slice(n_alice, None), columns.v, columns.bob))
    ):
        vectors = np.where(lawful[:, None], etas[columns.part, party][:, None] * np.nan_to_num(hidden), 0.0)
        unbiased = not marginals[:, ~lawful].any()
        parties.append(_Party(spans[party], purities[party], mine, vectors.T, unbiased, height))
    return parties


def with_mean_vectors(
    target: Target,
    parts: Sequence[HiddenVariableModel],
    columns: Columns,
    weights: Array,
    visibility: float,
    strict: tuple[Columns, Array, float],
) -> ExactModel | None:
    """The model of nearly the given V with room for rounding, marginals made right by states of Leggett's law, or None.

    Parameters
    ----------
    target, parts, columns, weights, visibility
        As in `exact_model`.
    strict : tuple
        States, weights and V of a mixture whose rows have room (`nsmodels.questions.visibility.room.strictest`).
    """
    rooms, shares, other = strict
    exact, vectors, entry_error = exact_columns(parts, Columns.join([columns, rooms]))
    equations = len(target.margin_right) > 0
    parties = _parties(parts, exact, target) if equations else []
    if equations and not parties:
        return None
    right, slope = pair_right(target)
    marginals = np.concatenate([exact.alice, exact.bob])
    for share in (*SHARES, 1e-6, 1e-5, 1e-3, 1.0):
        v = other if share == 1.0 else max((1.0 - share) * visibility + share * other, 0.0)
        final = np.concatenate([(1.0 - share) * weights, share * shares])
        wanted = given(target, v) if equations else np.zeros(0)
        means = [party.vector(target, v) for party in parties]
        if equations:
            chosen = list(zip(parties, means))
            rows = [marginals[p.mine] if mean is None else p.vectors for p, mean in chosen]
            goals = [wanted[p.mine] if mean is None else mean for p, mean in chosen]
            final = corrected(np.concatenate(rows), final, np.concatenate(goals))
        final = dyadic_weights(final)
        repair = 0.0
        for party, mean in zip(parties, means):
            found = marginals[party.mine] @ final
            repair = max(repair, party.needed(wanted[party.mine], found, mean, party.vectors @ final, entry_error))
        if not repair < 1e-7:
            continue
        sums = row_sums(target, exact, final, entry_error)
        error = sums.error + target_error(target, v) + repair * sum(party.eta for party in parties)
        if (sums.sums + error <= right + v * slope).all():
            kept = final > 0.0
            hidden = [vectors[k] for k in np.flatnonzero(kept).tolist()]
            return ExactModel(
                v, final[kept], exact.take(kept), hidden, target.antipodal, sums.sums, 0.0, Fraction(repair)
            )
    return None
