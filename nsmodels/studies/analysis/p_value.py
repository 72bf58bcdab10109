"""p-values that are theorems: a bet against the model that the model cannot win on average.

**Ratios.** Let w_xy be the share of trials at a pair, and R(ab|xy) ≥ 0 any function with Σ w P R ≤ c for every P of the
model. For N trials, N_xy of them at each pair, E[Π R] = Π_xy (Σ_ab P R)^N_xy ≤ (Σ w P R)^N ≤ c^N, by the inequality
of the means, so that by Markov's inequality

    p ≤ c^N / Π R(a_k b_k | x_k y_k).

The best R for a prediction Q is Q/P*, P* being the point of the model closest to Q (`closest`). Source: Zhang, Glancy,
Knill, PRA 84, 062118 (2011) and 88, 052119 (2013); for sets beyond Bell's: Liang, Zhang, arXiv:1812.06236.

**Binomial.** Let a trial win where ab has the sign that Q predicts. The model wins a share of at most
q = max Σ w P(win) of the trials on average, and for W ≥ Nq + 1 wins a sum of independent trials with different
probabilities is no likelier to reach W than the binomial distribution with their mean. Source: Hoeffding, Ann. Math.
Stat. 27, 713 (1956), theorem 4. At few trials this is the sharper of the two.

Both need one number of the model, the maximum of a functional with coefficients that doubles hold exactly, which the
oracle *encloses*: the p-value is as certified as a bound. Which of the two is used is decided by the prediction alone,
before the outcomes are looked at. Assumed: fair sampling, one distribution of hidden states for all pairs, trials
independent of each other, settings chosen independently of the hidden states. For settings drawn at random with the
known probabilities w, the same products are valid for sources and devices with memory.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from decimal import Context, Decimal, localcontext
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...core.functional import Functional
from ...core.hidden_states import HiddenStates
from ...models.hidden_variables import HiddenVariableModel
from .closest import Cells, Closest, closest
from .data import Data
from .logarithms import DIGITS, ln, log10_up, log_factorial, outward
from .oracle import Guessed, Limits, Proved, guessed, proved

__all__ = ["Bet", "PValue", "StoredBet", "best_bet", "bets", "guesses", "judge", "proven"]

Array = NDArray[np.float64]
Ints = NDArray[np.int64]

EXACT_BITS = 52
RATIO_BITS = 36
"""Bits of a ratio R, a whole number over a power of two."""
METHODS = ("binomial", "ratio")
SUMMED = 400
"""Terms of a binomial tail that are added up one by one."""
FINEST_ROBUST = 3e-5
"""The finest relative width of a maximum over uncertain directions; what is left only weakens a p-value."""
NEGLIGIBLE = 0.01
"""Nats that all trials together are expected to say: where they are fewer, nothing better is looked for."""
MOST_RATIO = 2.0**12
"""Largest ratio; larger ones, of cells that P* hardly ever fills, are cut down."""


@dataclass(frozen=True, eq=False)
class Bet:
    """A test that was fixed before the outcomes were seen.

    Parameters
    ----------
    method : {"ratio", "binomial"}
    cells : Cells
    ratios : ndarray of int64, shape (pairs, c)
        R over 2^bits; for the binomial test 1 where a trial wins and 0 where it loses, and bits = 0.
    bits : int
    trials : ndarray of int64, shape (pairs,)
    shares : ndarray of int64, shape (pairs,)
        In proportion to w: the trials themselves, or 1 for every pair where settings were drawn with equal chances.
    functional : Functional
        Σ shares P R, with coefficients that are exact.
    oracle : Proved or Guessed
        Its maximum over the model.
    width : float
        How well the maximum needs to be known.
    entropy : float or None
        For ratios: the relative entropy per trial of the prediction from the model, in nats.
    expected_log10 : float
        The logarithm of the p-value if the outcomes were just as predicted.
    states : HiddenStates, optional
        For ratios: those of P*.
    """

    method: str
    cells: Cells
    ratios: Ints
    bits: int
    trials: Ints
    shares: Ints
    functional: Functional
    oracle: Proved | Guessed
    width: float
    entropy: float | None = None
    expected_log10: float = 0.0
    states: HiddenStates | None = None

    @property
    def ceiling(self) -> Fraction:
        """The maximum of Σ w P R over the model, w being the shares of trials: proved, or guessed."""
        return Fraction(self.oracle.value.upper) / int(self.shares.sum())

    def log_p(self, counts: Array) -> Decimal:
        """Ln p for the counts (pairs, c) of the cells, at least; above 0 where p is 1."""
        if self.method == "binomial":
            wins = math.floor(float((counts * self.ratios).sum()) + 1e-9)
            return _binomial(int(self.trials.sum()), wins, self.ceiling)
        return _product(counts, self.ratios, self.bits, int(self.trials.sum()), self.ceiling)

    def certificate(self) -> dict[str, Any]:
        """What the checker needs: the numbers R, and the proof of the maximum."""
        assert isinstance(self.oracle, Proved)
        return {
            "method": self.method,
            "products": len(self.cells.signs) == 2,
            "bits": self.bits,
            "pairs": [[int(i), int(j)] for i, j in zip(*self.cells.pairs)],
            "ratios": [[int(x) for x in row] for row in self.ratios],
            "proof": self.oracle.certificate(),
        }


@dataclass(frozen=True, eq=False)
class StoredBet:
    """A test as it was read from a result file: what it proves only the checker can say."""

    method: str
    content: Any

    def certificate(self) -> dict[str, Any]:
        """What the file says."""
        return dict(self.content)


@dataclass(frozen=True)
class PValue:
    """The probability that the model yields data like these, or less likely ones: at most ``upper``.

    Parameters
    ----------
    upper : float
        Rounded up; at least 5e-324.
    log10 : float
        Its decimal logarithm, for numbers that are too small.
    method : {"ratio", "binomial"}
    relabellings : int
        How many relabellings of outcomes there were to choose from; the p-value is multiplied by it.
    trials : int
        Trials that were judged.
    bet : Bet or StoredBet
    status : {"certified", "estimate"}
        An estimate where the numbers of trials were inferred from published errors.
    """

    upper: float
    log10: float
    method: str
    relabellings: int
    trials: int
    bet: Bet | StoredBet
    status: str = "certified"

    def excludes(self, confidence: float) -> bool:
        """Whether the model is excluded at this confidence."""
        return self.log10 <= math.log10(1.0 - confidence)

    def __repr__(self) -> str:
        return f"PValue(≤ {self.upper:.3g}, log10 = {self.log10:.4f}, {self.method})"


def _product(counts: Array, ratios: Ints, bits: int, trials: int, ceiling: Fraction) -> Decimal:
    """N ln c − Σ n ln R."""
    with localcontext(Context(prec=DIGITS)):
        total = trials * (ln(ceiling) + bits * ln(2)) if ceiling > 0 else Decimal(0)
        for n, r in zip(counts.ravel().tolist(), ratios.ravel().tolist()):
            if n > 0.0:
                if r == 0:
                    return Decimal(0)
                total -= Decimal(n) * ln(r)
        return total


def _binomial(trials: int, wins: int, q: Fraction) -> Decimal:
    """The logarithm of an upper end of P(W ≥ wins): the first terms, and a geometric series for the others."""
    q = min(q, Fraction(1))
    if wins < trials * q + 1 or q >= 1:
        return Decimal(0)
    with localcontext(Context(prec=DIGITS)):
        if q <= 0:
            return Decimal("-1e9")
        total = wins * ln(q) + (trials - wins) * ln(1 - q)
        total += log_factorial(trials)[1] - log_factorial(wins)[0] - log_factorial(trials - wins)[0]
        odds = Decimal(q.numerator) / Decimal(q.denominator - q.numerator)
        series = term = Decimal(1)
        last = min(trials, wins + SUMMED)
        for k in range(wins, last):
            term *= Decimal(trials - k) / Decimal(k + 1) * odds
            series += term
        ratio = Decimal(trials - last) / Decimal(last + 1) * odds
        return total + (series + term * ratio / (1 - ratio)).ln()


def _exactly(cells: Cells, ratios: Ints, shares: Ints, bits: int) -> Functional:
    """Σ shares P R: whole numbers over c·2^bits, which doubles hold."""
    scale = 2.0**-bits
    return cells.functional(ratios.astype(np.float64) * shares[:, None].astype(np.float64) * scale)


def _fine(ratio: Array, shares: Ints) -> tuple[Ints, int]:
    """R as whole numbers over 2^bits, so coarse that sums of shares times R are exact in double precision."""
    top = float(ratio.max())
    room = EXACT_BITS - int(shares.sum()).bit_length() - 3 - max(0, math.ceil(math.log2(max(top, 1.0))))
    bits = max(4, min(RATIO_BITS, room))
    return np.floor(ratio * 2.0**bits).astype(np.int64), bits


def guesses(
    model: HiddenVariableModel, cells: Cells, prediction: Array, shots: NDArray[np.int64], limits: Limits,
    precision: float = 1e-3, drawn: bool = False, methods: tuple[str, ...] = METHODS, near: HiddenStates | None = None,
) -> list[Bet]:  # fmt: skip
    """The tests for a prediction (pairs, c), with guesses of their maxima, and what each expects.

    Parameters
    ----------
    shots : ndarray of int64, shape (n_A, n_B)
        The trials that will be judged.
    precision : float
        As in `closest`.
    drawn : bool
        Whether the settings of every trial were drawn at random, all pairs in use being equally likely.
    methods : tuple of str
        Those that are wanted; the binomial test looks at products of outcomes only.
    near : HiddenStates, optional
        As in `closest`.
    """
    trials = np.asarray(shots[cells.pairs], dtype=np.int64)
    shares = np.ones_like(trials) if drawn else trials
    made = []

    def add(method: str, ratios: Ints, bits: int, loss: float, found: Closest | None = None) -> None:
        functional = _exactly(cells, ratios, shares, bits)
        width = _width(trials, shares, loss, limits)
        oracle = guessed(functional, model, limits.at(width))
        bet = Bet(method, cells, ratios, bits, trials, shares, functional, oracle, width,
                  None if found is None else found.entropy, states=None if found is None else found.states)  # fmt: skip
        made.append(_expecting(bet, prediction))

    if "binomial" in methods and len(cells.signs) == 2:
        wins = (prediction > prediction.mean(axis=1)[:, None]).astype(np.int64)
        wins[wins.sum(axis=1) == 0, 0] = 1
        add("binomial", wins, 0, 0.01)
    if "ratio" in methods or not made:
        rng = np.random.default_rng(limits.seed)
        least = NEGLIGIBLE / float(trials.sum())
        found = closest(model, cells, prediction, shares / shares.sum(), rng, precision, least, near)
        ratio = np.minimum(np.where(prediction > 0.0, prediction / found.point, 0.0), MOST_RATIO)
        whole, bits = _fine(ratio, shares)
        add("ratio", whole, bits, max(0.01, 0.01 * float(trials.sum()) * found.entropy), found)
    return made


def proven(bet: Bet, model: HiddenVariableModel, limits: Limits, prediction: Array) -> Bet:
    """The same test with a maximum that is proved."""
    return _expecting(replace(bet, oracle=proved(bet.functional, model, limits.at(bet.width))), prediction)


def bets(
    model: HiddenVariableModel, cells: Cells, prediction: Array, shots: NDArray[np.int64], limits: Limits
) -> list[Bet]:
    """All tests for a prediction, proved; see `guesses`."""
    made = guesses(model, cells, prediction, shots, limits)
    return [proven(bet, model, limits, prediction) for bet in made]


def best_bet(made: list[Bet]) -> Bet:
    """The test that expects the smaller p-value, from the prediction alone."""
    return min(made, key=lambda bet: bet.expected_log10)


def _width(trials: Ints, shares: Ints, loss: float, limits: Limits) -> float:
    """The width of the maximum for which N ln c is known to this natural logarithm, as far as doubles allow."""
    total = float(shares.sum())
    finest = 1e-12 if limits.angles is None else FINEST_ROBUST
    return max(loss / float(trials.sum()), finest) * total


def _expecting(bet: Bet, prediction: Array) -> Bet:
    expected = bet.log_p(bet.trials[:, None] * prediction)
    return replace(bet, expected_log10=min(0.0, float(expected) / math.log(10.0)))


def judge(bet: Bet, data: Data, relabellings: int = 1) -> PValue:
    """The p-value of data by a bet, after the relabelling of outcomes is undone in both."""
    products = len(bet.cells.signs) == 2
    table = data.products if products else data.counts
    assert table is not None
    counts = bet.cells.counts(table)
    if products and (counts != np.rint(counts)).any():
        counts = _careful(counts, bet.ratios)
    with localcontext(Context(prec=DIGITS)):
        log_p = bet.log_p(counts) + ln(relabellings)
    log10 = log10_up(log_p)
    certified = bet.oracle.certified and not data.inferred
    return PValue(
        outward(log10), log10, bet.method, relabellings, data.trials, bet, "certified" if certified else "estimate"
    )


def _careful(counts: Array, ratios: Ints) -> Array:
    """Whole numbers of equal and different outcomes nearby: those that speak least against the model."""
    poorer = (ratios[:, 1] < ratios[:, 0]).astype(int)  # the cell that a fraction of a trial is given to
    rows = np.arange(len(counts))
    whole = counts.copy()
    total = np.rint(counts.sum(axis=1))
    whole[rows, poorer] = np.minimum(np.ceil(counts[rows, poorer] - 1e-9), total)
    whole[rows, 1 - poorer] = total - whole[rows, poorer]
    return whole


