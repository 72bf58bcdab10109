"""A statistical test of no-signalling: whether a party's marginals depend on the other party's setting."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["NoSignallingTest", "no_signalling_test"]

Array = NDArray[np.float64]


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
