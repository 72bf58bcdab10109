"""The verdict on a model, in one word and in a sentence."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from ...common.digits import plain
from ...core.no_signalling import SIGNALS, signalling_sentence
from ...models.hidden_variables import HiddenVariableModel
from .closest import Cells, closest
from .data import Data, Signalling
from .p_value import PValue

__all__ = ["Conclusion", "Fit", "Verdict", "conclude", "fit"]


RARE = 0.01
"""Probability below which data are not called compatible with a model, whatever confidence its exclusion takes."""


class Verdict(StrEnum):
    """What is said of the model."""

    EXCLUDED = "excluded"
    COMPATIBLE = "compatible within the noise"
    SIGNAL = "data signal"
    OPEN = "not decided"


@dataclass(frozen=True)
class Conclusion:
    """The verdict and the sentence that says why."""

    verdict: Verdict
    sentence: str

    def relabelled(self, value: float) -> Conclusion:
        """The same, with what the value would be if outcomes were relabelled."""
        hint = (f" With outcomes relabelled as the data favour (moduli = true) the value is {value:.6g}: "
                "is the source in another Bell state?")  # fmt: skip
        return Conclusion(self.verdict, self.sentence + hint)


@dataclass(frozen=True)
class Fit:
    """How well the model fits the data: the likelihood ratio of the counts to the best point of the model found.

    Parameters
    ----------
    statistic : float
        G = 2 Σ n log(n / N P).
    freedom : int
        Free frequencies of the data: an overestimate of what the fit leaves free, so that the test is cautious.
    p_value : float
        Of χ²; not a theorem, and used only to say that data are compatible.
    """

    statistic: float
    freedom: int
    p_value: float


def fit(model: HiddenVariableModel, data: Data, seed: int) -> Fit:
    """Fit the model to the data themselves, all outcomes where they were counted."""
    from scipy.stats import chi2

    cells = Cells.of(data.known, data.counts is None)
    counts = cells.counts(data.products if data.counts is None else data.counts)
    shots = counts.sum(axis=1)
    near = closest(model, cells, counts / shots[:, None], shots / shots.sum(), np.random.default_rng(seed), 0.02)
    statistic = 2.0 * float(shots.sum()) * near.entropy
    freedom = len(shots) * (len(cells.signs) - 1)
    return Fit(statistic, freedom, float(chi2.sf(statistic, freedom)))


def conclude(
    model: str, p: PValue, found: Fit | None, signalling: Signalling, confidence: float, allow_signalling: bool
) -> Conclusion:
    """The verdict: signalling first, then exclusion, then compatibility.

    Where a model is excluded by a theorem about trials without signalling, data that signal say that an assumption of
    the theorem fails, so that nothing is concluded from them.
    """
    if signalling.p_value is not None and signalling.p_value < SIGNALS and not allow_signalling:
        sentence = signalling_sentence(signalling.p_value, signalling.worst)
        return Conclusion(Verdict.SIGNAL, f"{sentence[0].upper()}{sentence[1:]}, or allow signalling to go on.")
    if p.excludes(confidence):
        return Conclusion(
            Verdict.EXCLUDED,
            f"The model {model} yields data like these with a probability of at most {_power(p)}.",
        )
    fitting = found is not None and found.p_value >= max(1.0 - confidence, RARE)
    if found is not None and fitting and p.upper >= RARE:
        return Conclusion(
            Verdict.COMPATIBLE,
            f"The model {model} fits the data as well as chance allows (χ² = {found.statistic:.3g} for "
            f"{found.freedom} frequencies, p = {found.p_value:.2g}).",
        )
    fits = "and how well it fits is not known"
    if found is not None:
        fits = f"and χ² = {found.statistic:.3g} for {found.freedom} frequencies does not either" if fitting else \
            "and the model does not fit the data either"  # fmt: skip
    return Conclusion(
        Verdict.OPEN,
        f"The p-value of the model {model} is at most {_power(p)}, which does not exclude it at the confidence "
        f"{plain(confidence)}, {fits}; more trials, or a better prediction, would tell.",
    )


def _power(p: PValue) -> str:
    if p.log10 > -4.0:
        return f"{p.upper:.2g}"
    exponent = math.floor(p.log10)
    mantissa = math.ceil(10.0 ** (p.log10 - exponent) * 10.0) / 10.0
    return f"{mantissa:.1f}e{exponent}"
