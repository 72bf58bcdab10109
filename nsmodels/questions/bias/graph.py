"""The doubled graph of a behaviour, whose shortest paths give the largest marginals (see the module `marginals`)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ...core.behaviour import Behaviour
from ...engines.paths.graph import DoubledGraph
from ...errors import InputError

__all__ = ["graph_of"]

POSITIVITY_TOLERANCE = 1e-12
"""Amount by which given marginals may miss eq. (7), because decimal literals are rounded to doubles."""
MOST_GIVEN = 2000
"""Settings of a question with given marginals: every pair of settings is then a constraint, to be proved one by one."""


def graph_of(behaviour: Behaviour) -> DoubledGraph:
    """The doubled graph of a behaviour, with the edges (c) where its marginals are given and not all zero.

    Raises
    ------
    InputError
        If no non-signalling box has these correlations, naming the pair and the constraint; or if the marginals of only
        one party are given and do not vanish.
    """
    given = [side for side in (behaviour.alice, behaviour.bob) if side is not None]
    biased = any(bool(np.any(side != 0.0)) for side in given)
    if not biased:
        return DoubledGraph(behaviour.correlators, known=_some(behaviour.known), rounding=behaviour.rounding)
    if behaviour.alice is None or behaviour.bob is None:
        raise InputError("marginals: only one party's marginals are given; give those of both, or of neither")
    if sum(behaviour.shape) > MOST_GIVEN:
        raise InputError(
            f"marginals: with marginals that are given, {sum(behaviour.shape)} settings are above the limit of "
            f'{MOST_GIVEN}; use fewer settings, or marginals = "free"'
        )
    _refuse_impossible(behaviour, behaviour.alice, behaviour.bob)
    both = np.concatenate([behaviour.alice, behaviour.bob])
    return DoubledGraph(
        behaviour.correlators, known=_some(behaviour.known), marginals=both, rounding=behaviour.rounding
    )


def _some(known: NDArray[np.bool_]) -> NDArray[np.bool_] | None:
    return None if known.all() else known


def _refuse_impossible(behaviour: Behaviour, alice: NDArray[np.float64], bob: NDArray[np.float64]) -> None:
    tolerance = POSITIVITY_TOLERANCE + 4.0 * behaviour.rounding
    for sign, word, outcomes in ((1.0, "+", ("−,−", "+,+")), (-1.0, "−", ("−,+", "+,−"))):
        total = alice[:, None] + sign * bob[None, :]
        bound = 1.0 + sign * behaviour.correlators
        excess = np.where(behaviour.known, np.abs(total) - bound, -np.inf)
        i, j = (int(k) for k in np.unravel_index(excess.argmax(), excess.shape))
        if excess[i, j] > tolerance:
            outcome = outcomes[0] if total[i, j] > 0 else outcomes[1]
            raise InputError(
                f"marginals: no non-signalling box has these correlations: at the pair [{i}, {j}] "
                f"|A {word} B| = {abs(total[i, j]):.9g} exceeds 1 {word} C = {bound[i, j]:.9g}, "
                f"so that P({outcome}) = {-excess[i, j] / 4:.3g} < 0 (eq. (6)); "
                "correct the entries, or free the marginals"
            )
