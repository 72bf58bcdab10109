"""A statistical test of no-signalling: whether a party's marginals depend on the other party's setting."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ..common.arrays import Array

__all__ = ["SIGNALS", "NoSignallingTest", "no_signalling_test", "signalling_p_value", "signalling_sentence"]

SIGNALS = 1e-4
"""Probability below which data are said to signal: that of data without signalling doing as much."""


@dataclass(frozen=True, repr=False)
class NoSignallingTest:
    """χ² tests of homogeneity, one for each party, and the largest difference of two marginals.

    Parameters
    ----------
    chi2_alice, chi2_bob : float
        Σ over a party's settings of the χ² statistic of the 2×m table (outcome × other party's setting).
    dof_alice, dof_bob : int
        Their degrees of freedom.
    p_alice, p_bob : float
        Probabilities of a larger statistic without signalling (1 where there is nothing to compare).
    p_value : float
        min(1, 2 min(p_alice, p_bob)), Bonferroni: the two tests share their counts.
    z : float
        The largest |z| of a difference between two marginals P(+) of one setting.
    worst : tuple
        (party, setting, first other setting, second other setting) where it occurs.
    """

    chi2_alice: float
    dof_alice: int
    p_alice: float
    chi2_bob: float
    dof_bob: int
    p_bob: float
    p_value: float
    z: float
    worst: tuple[str, int, int, int] | None

    @property
    def said(self) -> str | None:
        """The largest difference of two marginals, in words."""
        if self.worst is None:
            return None
        party, setting, first, second = self.worst
        other = "Bob" if party == "Alice" else "Alice"
        return f"{party} {setting}: {self.z:.1f} σ between {other} {first} and {other} {second}"

    def __repr__(self) -> str:
        where = ""
        if self.worst is not None:
            party, setting, first, second = self.worst
            other = "Bob" if party == "Alice" else "Alice"
            where = f"; largest difference {self.z:.2f} σ: {party} {setting}, {other} {first} against {second}"
        return (
            f"NoSignallingTest(p = {self.p_value:.3g}; Alice χ² = {self.chi2_alice:.2f}/{self.dof_alice}, "
            f"Bob χ² = {self.chi2_bob:.2f}/{self.dof_bob}{where})"
        )


def _party(plus: Array, minus: Array) -> tuple[float, int, float, tuple[int, int, int] | None]:
    """χ², degrees of freedom, largest |z| and where, for counts of a party's outcomes, (own setting, other setting)."""
    chi2, dof, largest = 0.0, 0, -1.0
    where: tuple[int, int, int] | None = None
    for setting in range(len(plus)):
        used = np.flatnonzero(plus[setting] + minus[setting] > 0.0)
        p, m = plus[setting, used], minus[setting, used]
        total = p + m
        if len(used) < 2:
            continue
        rate = p.sum() / total.sum()
        if not 0.0 < rate < 1.0:
            continue  # one outcome only: the marginals agree exactly
        chi2 += float((((p - total * rate) ** 2) / (total * rate * (1.0 - rate))).sum())
        dof += len(used) - 1
        first, second = np.triu_indices(len(used), 1)
        pooled = (p[first] + p[second]) / (total[first] + total[second])
        variance = pooled * (1.0 - pooled) * (1.0 / total[first] + 1.0 / total[second])
        difference = np.abs(p[first] / total[first] - p[second] / total[second])
        z = np.where(variance > 0.0, difference / np.sqrt(np.where(variance > 0.0, variance, 1.0)), 0.0)
        best = int(z.argmax())
        if z[best] > largest:
            largest = float(z[best])
            where = setting, int(used[first[best]]), int(used[second[best]])
    return chi2, dof, largest, where


def no_signalling_test(counts: Array) -> NoSignallingTest:
    """Compare, for counts n[a,b,x,y], each party's marginals between the other party's settings.

    For each setting of a party the outcomes under the m settings of the other that were used are a 2×m table; Pearson's
    χ² with m − 1 degrees of freedom tests that the marginal is the same in all of them, and the sum over settings is
    a χ² as well. z of two marginals is the two-proportion statistic with the pooled variance.
    """
    from scipy.stats import chi2 as distribution

    chi2_alice, dof_alice, z_alice, where_alice = _party(counts[0].sum(axis=0), counts[1].sum(axis=0))
    chi2_bob, dof_bob, z_bob, where_bob = _party(counts[:, 0].sum(axis=0).T, counts[:, 1].sum(axis=0).T)
    p_alice = float(distribution.sf(chi2_alice, dof_alice)) if dof_alice else 1.0
    p_bob = float(distribution.sf(chi2_bob, dof_bob)) if dof_bob else 1.0
    worst: tuple[str, int, int, int] | None = None
    if where_alice is not None and z_alice >= z_bob:
        worst = ("Alice", *where_alice)
    elif where_bob is not None:
        worst = ("Bob", *where_bob)
    return NoSignallingTest(
        chi2_alice,
        dof_alice,
        p_alice,
        chi2_bob,
        dof_bob,
        p_bob,
        min(1.0, 2.0 * min(p_alice, p_bob)),
        max(z_alice, z_bob) if worst is not None else math.nan,
        worst,
    )


def signalling_sentence(p_value: float, worst: str | None) -> str:
    """What is said of data that signal; a remedy may follow."""
    where = f" ({worst})" if worst else ""
    return (
        f"the marginals depend on the other party's setting, p = {p_value:.2g}{where}: no model without signalling "
        "describes these data, and no conclusion about one is drawn; look for drifts and for misaligned wave plates"
    )


FEW = 10.0
"""Expected count above which, in every cell, the χ² distribution is as good as the exact one."""


def signalling_p_value(counts: Array) -> float:
    """A probability of no-signalling counts n[a,b,x,y] that signal as much, valid at few counts too.

    For each setting of a party the outcomes under the other party's m settings are a 2×m table. Where all its expected
    counts are many, Pearson's χ² with m − 1 degrees of freedom compares its columns; where some are few, hypergeometric
    distributions, which are exact given the totals, compare each column with all the others (Bonferroni). The settings
    of a party, whose counts are independent, are combined by Fisher's method, and the two parties by Bonferroni.
    """
    return min(1.0, 2.0 * min(_of_party(side) for side in (counts.sum(axis=1), counts.sum(axis=0).transpose(0, 2, 1))))


def _of_party(side: Array) -> float:
    """The p-value of one party's outcomes, [outcome, own setting, other setting]."""
    from scipy.stats import chi2 as distribution

    statistic, tests = 0.0, 0
    for setting in range(side.shape[1]):
        plus, minus = side[:, setting, side[:, setting].any(axis=0)]
        if len(plus) < 2 or not plus.any() or not minus.any():
            continue
        total = plus + minus
        rarer = total * (min(plus.sum(), minus.sum()) / total.sum())
        if rarer.min() < FEW and (side == np.round(side)).all():
            values = [_hypergeometric(p, n, plus.sum(), total.sum()) for p, n in zip(plus, total, strict=True)]
            value = min(values) * (1 if len(values) == 2 else len(values))
        else:
            chi2, freedom, _, _ = _party(plus[None], minus[None])
            value = float(distribution.sf(chi2, freedom))
        statistic -= 2.0 * math.log(min(1.0, max(1e-300, value)))
        tests += 1
    return float(distribution.sf(statistic, 2 * tests)) if tests else 1.0


def _hypergeometric(successes: float, drawn: float, plus: float, total: float) -> float:
    """Twice the smaller tail of the number of + outcomes among those drawn."""
    from scipy.special import gammaln

    k = np.arange(max(0.0, drawn + plus - total), min(drawn, plus) + 1.0)
    cells = k, plus - k, drawn - k, total - plus - drawn + k
    ways = -gammaln(np.array(cells) + 1.0).sum(axis=0)
    weights = np.exp(ways - ways.max())
    weights /= weights.sum()
    return min(1.0, 2.0 * min(float(weights[k <= successes].sum()), float(weights[k >= successes].sum())))
