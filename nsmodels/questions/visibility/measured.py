"""Behaviours that were measured: what noise does to the question, and what the answer is worth.

A table of frequencies is no box. Marginals of one party differ with the other's setting, and a pair whose marginals are
pooled from several may be left with a negative probability. So

- counts that signal more than chance allows are refused, because no model without signalling describes them;
- marginals are free unless they are asked for: noisy marginals of six directions never fit a law in three dimensions;
- where they are asked for, the table is replaced by the nearest non-signalling box, by least squares in units of the
  standard errors, entries taken as independent:

      minimise Σ ((x − x₀)/σ)²   subject to   |A_i ± B_j| ≤ 1 ± C_ij on every known pair;

- an inequality that was found from the data exceeds its bound by a multiple of σ that noise alone may produce. Over
  *all* linear functions of d mean values the square of that multiple is at most a χ² variable with d degrees of freedom
  (Scheffé, Biometrika 40, 87 (1953)), whichever of them was picked.

Outcomes that were never counted do not have the error 0: errors of counts are those of n + ½.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ...common.arrays import Array
from ...core.behaviour import Behaviour
from ...core.functional import Inequality
from ...core.no_signalling import SIGNALS, no_signalling_test, signalling_p_value, signalling_sentence
from ...core.propagation import propagate_counts
from ...engines.solvers import quadratic_program
from ...errors import InputError, SolverError

__all__ = ["EXCLUDES", "Measured", "as_measured", "measured_lines"]

EXCLUDES = 0.01
"""Probability, that noise alone exceeds a bound by as much, below which noisy data are said to exclude the model."""


_FREE = {
    "decompose": 'free the marginals (marginals="free")',
    "marginals": "free the marginals (a Behaviour without alice and bob)",
}

ROOM = 1.0 - 2.0**-49
"""Factor that shrinks the marginals of a projected box, so that doubles lie in every interval of a correlator."""


@dataclass(frozen=True, eq=False)
class Measured:
    """What noise means for an answer about measured data.

    Parameters
    ----------
    table : Behaviour
        The mean values as they were measured.
    marginals : {"match", "free"}
    signalling : float or None
        The p-value of the test of no-signalling; None without counts.
    box : Behaviour or None
        The nearest non-signalling box, where marginals are matched and the table is none.
    distance : float
        How far it is from the table: √Σ((x − x₀)/σ)²; 0 where the table is a box.
    excess : float or None
        By how many σ the inequality of the answer is exceeded by the table; None where nothing has an error.
    p_value : float or None
        At most the probability that noise alone exceeds the best of all inequalities by so many σ.
    """

    table: Behaviour
    marginals: str
    signalling: float | None = None
    box: Behaviour | None = None
    distance: float = 0.0
    excess: float | None = None
    p_value: float | None = None

    @property
    def asked(self) -> Behaviour:
        """What is decomposed."""
        return self.table if self.box is None else self.box

    @property
    def exact(self) -> Behaviour:
        """What is asked, as numbers without errors."""
        return replace(self.asked, counts=None, errors=None)

    @property
    def excludes(self) -> bool:
        """Whether an inequality that is exceeded excludes the model: noise would hardly exceed it so."""
        return _excludes(self.p_value)

    def judged(self, inequality: Inequality | None) -> Measured:
        """The same with what the inequality of the answer says about the table."""
        if inequality is None:
            return self
        functional, table = inequality.functional, self.table
        sigmas = _errors(table)
        if table.counts is not None:
            seen = np.where(table.known, table.counts + 0.5, 0.0)
            sigma = propagate_counts(functional.correlators, functional.alice, functional.bob, seen)
        else:
            parts = zip((functional.alice, functional.bob, functional.correlators), sigmas)
            sigma = math.sqrt(sum(float(((c * s) ** 2).sum()) for c, s in parts))
        violation = functional.value(table) - inequality.bound
        if sigma <= 0.0:
            return self
        inside = [sigmas[2][table.known]] + (list(sigmas[:2]) if self.marginals == "match" else [])
        many = sum(int((s > 0.0).sum()) for s in inside)
        from scipy.stats import chi2

        excess = violation / sigma
        p = float(chi2.sf(excess**2, many)) if excess > 0.0 else 1.0
        return replace(self, excess=excess, p_value=p)

    def lines(self) -> list[tuple[str, str]]:
        """Pairs (name, text) that tell a reader of it."""
        return measured_lines(**self.to_json())

    def to_json(self) -> dict[str, Any]:
        """As in a result file."""
        return {
            "signalling": self.signalling,
            "distance": self.distance,
            "box": None if self.box is None else _numbers(self.box),
            "excess": self.excess,
            "p_value": self.p_value,
        }

    @classmethod
    def from_json(cls, content: Mapping[str, Any], table: Behaviour, marginals: str) -> Measured:
        """What `to_json` wrote, of a table."""
        box, given = None, content["box"]
        if given is not None:
            box = replace(table, correlators=given["correlators"], alice=given["alice"], bob=given["bob"])
        return cls(table, marginals, content["signalling"], box, content["distance"], content["excess"],
                   content["p_value"])  # fmt: skip


def _excludes(p_value: float | None) -> bool:
    return p_value is not None and p_value < EXCLUDES


def measured_lines(
    *, signalling: float | None, distance: float, box: Any, excess: float | None, p_value: float | None
) -> list[tuple[str, str]]:
    """Pairs (name, text) about the part of a result file that `Measured.to_json` writes."""
    told = []
    if signalling is not None:
        told.append(("signalling", f"p = {signalling:.3g}"))
    if box is not None:
        told.append(("moved", f"{distance:.2g} σ, from the measured table to the nearest non-signalling box"))
    if excess is not None and p_value is not None:
        worth = "beyond the noise" if _excludes(p_value) else "compatible within the noise"
        many = f"{worth}: the table exceeds the inequality by {excess:.2g} σ"
        told.append(("noise", f"{many}; noise exceeds the best one by as much with p ≤ {p_value:.2g}"))
    return told


def as_measured(
    behaviour: Behaviour, marginals: str | None, allow_signalling: bool, place: str = "decompose"
) -> tuple[Measured | None, str]:
    """What measured data ask, and which marginals count; None and "match" for tables without errors.

    Raises
    ------
    InputError
        For data that signal (p < 1e-4), or errors without which no box is near.
    """
    if behaviour.counts is None and behaviour.errors is None:
        return None, "match" if marginals is None else marginals
    wanted = "free" if marginals is None else marginals
    signalling = None
    if behaviour.counts is not None:
        signalling = signalling_p_value(behaviour.counts)
        if signalling < SIGNALS and not allow_signalling:
            sentence = signalling_sentence(signalling, no_signalling_test(behaviour.counts).said)
            raise InputError(f"{place}: {sentence}, or give allow_signalling=True to go on")
    found = Measured(behaviour, wanted, signalling)
    if wanted != "match" or not behaviour.has_marginals or behaviour.is_nonsignalling_box():
        return found, wanted
    sigmas = _errors(behaviour)
    box = _nearest(behaviour, sigmas, place)
    moved = 0.0
    for new, old, sigma in zip(_entries(box), _entries(behaviour), sigmas):
        moved += float((((new - old) / np.where(sigma > 0.0, sigma, 1.0)) ** 2).sum())
    moved = math.sqrt(moved)
    free = sum(int((s > 0.0).sum()) for s in sigmas)
    if behaviour.counts is None and not allow_signalling:
        from scipy.stats import chi2

        p = float(chi2.sf(moved**2, free))
        if p < SIGNALS:
            raise InputError(
                f"{place}: the nearest non-signalling box is {moved:.3g} σ away, p = {p:.2g}: marginals and "
                "correlators like these come from no device without signalling; correct the entries, "
                f"{_FREE[place]}, or give allow_signalling=True to go on"
            )
    return replace(found, box=box, distance=moved), wanted


def _entries(behaviour: Behaviour) -> tuple[Array, Array, Array]:
    """Alice's and Bob's marginals and the correlators, of a behaviour that has them."""
    assert behaviour.alice is not None
    assert behaviour.bob is not None
    return behaviour.alice, behaviour.bob, behaviour.correlators


def _numbers(behaviour: Behaviour) -> dict[str, Any]:
    alice, bob, correlators = _entries(behaviour)
    return {"correlators": correlators.tolist(), "alice": alice.tolist(), "bob": bob.tolist()}


def _errors(behaviour: Behaviour) -> tuple[Array, Array, Array]:
    """One standard deviation of Alice's and Bob's marginals and of the correlators; 0 where there is none."""
    n, m = behaviour.shape
    if behaviour.counts is not None:
        seen = behaviour.counts

        def sigma(plus: Array, minus: Array) -> Array:
            return np.asarray(2.0 * np.sqrt((plus + 0.5) * (minus + 0.5) / (plus + minus + 1.0) ** 3))

        alice = sigma(seen[0].sum(axis=(0, 2)), seen[1].sum(axis=(0, 2)))
        bob = sigma(seen[:, 0].sum(axis=(0, 1)), seen[:, 1].sum(axis=(0, 1)))
        both = sigma(seen[0, 0] + seen[1, 1], seen[0, 1] + seen[1, 0])
        return alice, bob, np.where(behaviour.known, both, 0.0)
    errors = behaviour.errors
    assert errors is not None
    alice = np.zeros(n) if errors.alice is None else errors.alice
    bob = np.zeros(m) if errors.bob is None else errors.bob
    return alice, bob, np.where(behaviour.known, errors.correlators, 0.0)


def _nearest(behaviour: Behaviour, sigmas: tuple[Array, Array, Array], place: str) -> Behaviour:
    """The nearest box, its correlators inside their intervals to the last bit."""
    from scipy import sparse

    n, m = behaviour.shape
    first, second = np.nonzero(behaviour.known)
    k = len(first)
    alice, bob, correlators = _entries(behaviour)
    start = np.concatenate([alice, bob, correlators[first, second]])
    sigma = np.concatenate([sigmas[0], sigmas[1], sigmas[2][first, second]])
    unit = np.where(sigma > 0.0, sigma, 1.0)
    # unknowns z = (x − x₀)/σ, none where an entry has no error
    most = np.where(sigma > 0.0, (1.0 - start) / unit, 0.0)
    least = np.where(sigma > 0.0, (-1.0 - start) / unit, 0.0)
    rows, right = [], []
    for alpha, beta in ((1.0, 1.0), (1.0, -1.0), (-1.0, 1.0), (-1.0, -1.0)):
        # −αA − βB − αβC ≤ 1
        columns = np.concatenate([first, n + second, n + m + np.arange(k)])
        signs = -np.repeat([alpha, beta, alpha * beta], k)
        block = sparse.csr_matrix((signs, (np.tile(np.arange(k), 3), columns)), shape=(k, n + m + k))
        rows.append(block @ sparse.diags(unit))
        right.append(1.0 - block @ start)
    size = n + m + k
    try:
        found = quadratic_program.solve(
            sparse.identity(size, format="csr"), np.zeros(size), sparse.vstack(rows, format="csr"),
            np.concatenate(right), np.zeros(size), 0.0, least, most,
        ).x  # fmt: skip
    except SolverError:
        raise InputError(
            f"{place}: the table is no box, and the entries that would have to change have no errors; give errors for "
            f"the marginals too (StandardErrors), or {_FREE[place]}"
        ) from None
    x = np.clip(start + unit * found, -1.0, 1.0)
    x[: n + m] *= ROOM
    a, b, table = x[:n], x[n : n + m], np.array(correlators)
    low = np.nextafter(np.nextafter(np.abs(a[first] + b[second]), np.inf) - 1.0, np.inf)
    high = np.nextafter(1.0 - np.nextafter(np.abs(a[first] - b[second]), np.inf), -np.inf)
    table[first, second] = np.clip(x[n + m :], low, high)
    return replace(behaviour, correlators=table, alice=a, bob=b)
