r"""The vanishing-marginals theorem in numbers: eqs. (10) to (12) of arXiv:0801.2241 and the chained quantity.

For a decomposition of the singlet into non-signalling boxes,

    (10)  Σ ρ_λ |B_λ(b) ± B_λ(b')| ≤ 2 − ‖b ∓ b'‖,
    (11)  B_λ(−b) = −B_λ(b)                      (b' = −b in (10)),
    (12)  Σ ρ_λ |B_λ(b) − B_λ(b')| / ‖b − b'‖ ≤ tan(θ/4) → 0 as the angle θ between b and b' vanishes,

so that B_λ is constant and odd: zero. The quantitative form cuts the half great circle from b to −b into N steps, with
visibility V: Σ ρ_λ |B_λ(b)| ≤ I_N = N (1 − V cos(π/2N)), the chained quantity of Colbeck and Renner, PRL 101, 050403
(2008), arXiv:0801.2218, which equals the largest mean |marginal| on `half_circle(N)`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from ..common.arguments import check_noun, floats, fraction, number, one_of, whole
from ..common.arrays import Array
from ..core.behaviour import Behaviour
from ..core.boxes import BoxMixture
from ..errors import InputError

__all__ = [
    "PairSums",
    "best_chain",
    "chain_bound",
    "chained_quantity",
    "equation_10",
    "equation_11",
    "equation_12",
    "fit_exponent",
    "guessing_probability",
]


MOST_STEPS = 2**53
"""Steps of a chain; for more, π/4N is no longer near the exact angle."""


@dataclass(frozen=True, eq=False)
class PairSums:
    """Left and right sides of eq. (10) for every two settings of one party, arrays of shape (n, n).

    ``plus`` is Σ ρ |B(b) + B(b')| with its bound 2 − ‖b − b'‖, ``minus`` is Σ ρ |B(b) − B(b')| with 2 − ‖b + b'‖. The
    bounds use every direction of the other party; a decomposition that reproduces the singlet only on the settings of a
    finite list may exceed them, and `excess` says by how much.
    """

    plus: Array
    plus_bound: Array
    minus: Array
    minus_bound: Array

    @property
    def excess(self) -> float:
        """The largest violation of eq. (10), 0 if it holds for every two settings."""
        return max(0.0, float((self.plus - self.plus_bound).max()), float((self.minus - self.minus_bound).max()))


def _side(mixture: BoxMixture, directions: ArrayLike, party: str) -> tuple[Array, Array]:
    one_of(party, ("alice", "bob"), "vanishing: party")
    check_noun(mixture, BoxMixture, "mixture", "vanishing")
    values = mixture.alice if party == "alice" else mixture.bob
    points = floats(directions, "vanishing: directions is not a table of numbers; give rows [x, y, z]")
    if points.shape != (values.shape[1], 3):
        raise InputError(f"vanishing: directions have shape {points.shape}; {party} has {values.shape[1]} settings")
    return values, points


def equation_10(mixture: BoxMixture, directions: ArrayLike, party: str = "bob") -> PairSums:
    """Both sides of eq. (10) of arXiv:0801.2241 on any decomposition.

    Parameters
    ----------
    mixture : BoxMixture
    directions : array_like, shape (n, 3)
        Unit vectors of the party's settings.
    party : {"bob", "alice"}

    Raises
    ------
    InputError
        For a wrong shape or party.
    """
    values, points = _side(mixture, directions, party)
    shape = (len(points), len(points))
    plus, minus = np.zeros(shape), np.zeros(shape)
    for weight, row in zip(mixture.weights, values, strict=True):
        plus += weight * np.abs(row[:, None] + row[None, :])
        minus += weight * np.abs(row[:, None] - row[None, :])
    apart = np.linalg.norm(points[:, None] - points[None, :], axis=2)
    together = np.linalg.norm(points[:, None] + points[None, :], axis=2)
    return PairSums(plus, 2.0 - apart, minus, 2.0 - together)


def equation_11(mixture: BoxMixture, directions: ArrayLike, party: str = "bob") -> list[tuple[int, int, float]]:
    """Oddness: (k, l, Σ ρ |B(b_k) + B(b_l)|) for every two opposite directions b_l = −b_k (within 1e-9).

    For a decomposition of the singlet on settings that contain b_k on the other side the sum vanishes; arXiv:0801.2241,
    eq. (11).
    """
    _, points = _side(mixture, directions, party)
    sums = equation_10(mixture, directions, party)
    pairs = np.argwhere(np.triu(np.linalg.norm(points[:, None] + points[None, :], axis=2) < 1e-9, 1))
    return [(int(k), int(other), float(sums.plus[k, other])) for k, other in pairs]


def equation_12(mixture: BoxMixture, directions: ArrayLike, party: str = "bob") -> tuple[Array, Array]:
    """Difference quotients Σ ρ |B(b) − B(b')| / ‖b − b'‖ and their bound tan(θ/4), shapes (n, n).

    arXiv:0801.2241, eq. (12): the bound is (2 − ‖b + b'‖)/‖b − b'‖ = (1 − cos θ/2)/(sin θ/2), which vanishes with the
    angle θ. Equal directions have 0 for both.
    """
    _, points = _side(mixture, directions, party)
    sums = equation_10(mixture, directions, party)
    apart = np.linalg.norm(points[:, None] - points[None, :], axis=2)
    safe = np.where(apart > 0.0, apart, np.inf)
    half = np.arctan2(apart, np.linalg.norm(points[:, None] + points[None, :], axis=2))  # θ/2
    return sums.minus / safe, np.where(apart > 0.0, np.tan(0.5 * half), 0.0)


def chain_bound(n: int, visibility: float = 1.0) -> float:
    """I_N = N (1 − V cos(π/2N)): the largest mean |marginal| on a half circle cut into N steps, visibility V.

    Computed as N ((1 − V) + 2 V sin²(π/4N)), which keeps its digits for large N. Source: arXiv:0801.2218.

    Raises
    ------
    InputError
        If N < 1 or V is outside [0, 1].

    Examples
    --------
    >>> from nsmodels.studies import vanishing
    >>> [round(vanishing.chain_bound(n), 6) for n in (2, 3, 4, 5, 6)]
    [0.585786, 0.401924, 0.304482, 0.244717, 0.204445]
    """
    n, visibility = whole(n, "vanishing: N", most=MOST_STEPS), fraction(visibility, "vanishing: visibility")
    return n * ((1.0 - visibility) + 2.0 * visibility * math.sin(math.pi / (4 * n)) ** 2)


def best_chain(visibility: float) -> int:
    """The N that makes N (1 − V cos(π/2N)) least: 8, 11, 35 for V = 0.98, 0.99, 0.999 (arXiv:0801.2218).

    The function of N is convex, so the first rise ends the search; it starts near the root √(π²V/8(1 − V)).

    Raises
    ------
    InputError
        If V is not in [0, 1): at V = 1 every longer chain is better.

    Examples
    --------
    >>> from nsmodels.studies import vanishing
    >>> [vanishing.best_chain(v) for v in (0.98, 0.99, 0.999)]
    [8, 11, 35]
    """
    remedy = "the best chain is finite for V in [0, 1) only"
    visibility = number(visibility, "vanishing: visibility", remedy, lambda v: 0.0 <= v < 1.0)
    n = max(1, round(math.sqrt(math.pi**2 * visibility / (8.0 * (1.0 - visibility)))) - 2)
    while n > 1 and chain_bound(n - 1, visibility) <= chain_bound(n, visibility):
        n -= 1
    while chain_bound(n + 1, visibility) < chain_bound(n, visibility):
        n += 1
    return n


def chained_quantity(behaviour: Behaviour, *, anticorrelated: bool = True) -> float:
    """I_N of an N×N behaviour in the order of `half_circle`: pairs (k, k), (k + 1, k) and the closing pair (0, N − 1).

    I_N = P(X ≠ Y | a_0, b_{N−1}) + Σ P(X = Y) over the other neighbours for C = −a·b; ``anticorrelated=False`` swaps
    = and ≠. Local behaviours have I_N ≥ 1, non-signalling ones I_N ≥ 0. Source: arXiv:0801.2218.

    Raises
    ------
    InputError
        If the table is not square, or a neighbouring pair is not known.
    """
    check_noun(behaviour, Behaviour, "behaviour", "vanishing")
    n, other = behaviour.shape
    if n != other:
        raise InputError(f"vanishing: a chain needs as many settings on each side, got {n}×{other}")
    pairs = [(k, k) for k in range(n)] + [(k + 1, k) for k in range(n - 1)]
    sign = 1.0 if anticorrelated else -1.0
    for i, j in [*pairs, (0, n - 1)]:
        if not behaviour.known[i, j]:
            raise InputError(f"vanishing: the correlator of the neighbouring pair {[i, j]} is not known")
    total = sum(1.0 + sign * float(behaviour.correlators[i, j]) for i, j in pairs)
    return 0.5 * (total + 1.0 - sign * float(behaviour.correlators[0, n - 1]))


def guessing_probability(bias: float) -> float:
    """½ (1 + I): how often the outcome of a setting with mean |marginal| at most I can be guessed from λ.

    Source: arXiv:0801.2218 with I = I_N.

    Raises
    ------
    InputError
        If the bias is not in [0, 1].
    """
    bias = fraction(bias, "vanishing: the mean |marginal|")
    return 0.5 * (1.0 + bias)


def fit_exponent(counts: ArrayLike, values: ArrayLike) -> tuple[float, float]:
    """Least-squares fit values ≈ c · counts^(−γ) in logarithms: (γ, c).

    On a circle the largest marginal is ≈ π²/8N, so γ = 1; on the sphere n directions have spacing ∝ n^(−1/2), γ ≈ ½.

    Raises
    ------
    InputError
        If fewer than two points are given, or any is not positive.
    """
    x, y = (floats(given, "vanishing: a power law needs lists of numbers") for given in (counts, values))
    if x.ndim != 1 or x.shape != y.shape or len(x) < 2 or (x <= 0).any() or (y <= 0).any():
        raise InputError("vanishing: a power law needs at least two positive counts and values")
    slope, intercept = np.polyfit(np.log(x), np.log(y), 1)
    return -float(slope), math.exp(float(intercept))
