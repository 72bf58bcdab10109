r"""Local content: the largest weight of a Bell-local part, P = w P_local + (1 − w) P_rest with P_rest non-signalling.

Linear program over deterministic strategies D_σ with weights q_σ ≥ 0,

    w = max Σ q_σ   subject to   Σ q_σ D_σ(ab|xy) ≤ P(ab|xy) for every entry,

because the rest P − Σ q D is non-signalling by itself. Strategies are generated: for multipliers y ≥ 0 of the entries
the least Σ y D_σ over all strategies is found by enumerating one party's 2^n strategies with the other's best response,
in exact integers. If that least value is κ > 0, then w ≤ Σ y P / κ for *any* y ≥ 0: the proof of the upper end.

Elitzur, Popescu, Rohrlich, Phys. Lett. A 162, 25 (1992). On `half_circle(N)` the singlet's local content is the chained
quantity I_N = N (1 − cos(π/2N)); for all settings of cos θ|00⟩ + sin θ|11⟩ it is cos 2θ (arXiv:0909.3839, 1204.2982).
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from ..common.arguments import check_noun, check_options
from ..common.arrays import Array
from ..common.rationals import rationals, round_up
from ..common.versions import versions
from ..core.behaviour import Behaviour
from ..core.effort import Progress
from ..core.enclosure import Enclosure
from ..engines.solvers.lp import solve
from ..errors import InputError, SolverError
from ..questions.answer import Answer, Asked, Question
from ..questions.watching import tells_progress

__all__ = ["LocalContent", "local_content"]


LARGEST_ENUMERATION = 16
"""Settings of the smaller side: 2^16 strategies are enumerated in each round."""
_SCALE = 2.0**30
_SIGNS = np.array([1.0, -1.0])


@dataclass(frozen=True, eq=False, repr=False)
class LocalContent(Answer):
    """The answer, with the local part that attains the lower end.

    Parameters
    ----------
    behaviour : Behaviour
        P.
    value : Enclosure
    weights : ndarray, shape (L,)
        q_σ > 0 with sum at least ``value.lower``.
    alice, bob : ndarray, shapes (L, n_A) and (L, n_B)
        Outcomes ±1 of the strategies.
    multipliers : ndarray, shape (2, 2, n_A, n_B)
        y ≥ 0, integers: Σ y P ≥ w · min over strategies of Σ y D, a Bell inequality for every local part.
    stats : mapping
        ``seconds``, ``iterations``, ``columns``, ``versions``.
    """

    kind: ClassVar[str] = "local_content"

    behaviour: Behaviour
    value: Enclosure
    weights: Array
    alice: Array
    bob: Array
    multipliers: Array
    stats: Mapping[str, Any]

    def __len__(self) -> int:
        return len(self.weights)

    @property
    def reason(self) -> str:
        """Why the work ended."""
        return self.value.reason

    def to_json(self) -> dict[str, Any]:
        """The part of a result file that belongs to this kind."""
        sides = [self.alice.astype(int).tolist(), self.bob.astype(int).tolist()]
        rows = list(zip(self.weights.tolist(), *sides))
        lower = {"weights": rationals(self.weights.tolist()), "alice": sides[0], "bob": sides[1]} if rows else None
        multipliers = self.multipliers.astype(np.int64).tolist()
        return {
            "status": str(self.status),
            "reason": self.reason,
            "value": self._ends(),
            "local_part": [{"weight": w, "alice": a, "bob": b} for w, a, b in rows],
            "certificate": {"format": 1, "lower": lower, "upper": {"multipliers": multipliers}},
            "stats": dict(self.stats),
        }

    @classmethod
    def from_json(cls, content: Mapping[str, Any], asked: Asked, *, question: Question | None = None) -> Self:
        """The result that `to_json` wrote, for a problem with a behaviour."""
        if asked.behaviour is None:
            raise InputError("local_content: the answer to another kind of question")
        part, ends = content["local_part"], content["value"]
        n_alice, n_bob = asked.behaviour.shape
        alice = np.array([x["alice"] for x in part], dtype=np.float64).reshape(len(part), n_alice)
        bob = np.array([x["bob"] for x in part], dtype=np.float64).reshape(len(part), n_bob)
        weights = np.array([x["weight"] for x in part], dtype=np.float64)
        proof = content["certificate"].get("upper", {"multipliers": np.zeros(4 * n_alice * n_bob)})
        multipliers = np.array(proof["multipliers"], dtype=np.float64)
        return cls(
            asked.behaviour, Enclosure(ends["lower"], ends["upper"], content["status"], str(content["reason"])),
            weights, alice, bob, multipliers.reshape(2, 2, n_alice, n_bob), dict(content["stats"]),
            question=Question() if question is None else question,
        )  # fmt: skip

    def __repr__(self) -> str:
        return f"LocalContent({self.value!r}, {len(self.weights)} deterministic strategies)"


def _strategies(count: int) -> Array:
    """All 2^n bit rows (0: outcome +1, 1: outcome −1)."""
    return ((np.arange(1 << count)[:, None] >> np.arange(count)) & 1).astype(np.float64)


def _cheapest(y: Array, rows: Array) -> tuple[Array, NDArray[np.int64]]:
    """Σ y D for each strategy of the first party with the second party's best response; that response.

    Integers below 2^53 in double precision: exact.
    """
    base = y[0].sum(axis=1)  # [b, j]
    cost = np.stack([base[b] + rows @ (y[1, b] - y[0, b]) for b in range(2)])  # [b, strategy, j]
    return cost.min(axis=0).sum(axis=1), cost.argmin(axis=0)


@tells_progress("round")
def local_content(
    behaviour: Behaviour, *, tolerance: float = 1e-7, time_limit_s: float = 60.0, seed: int = 0,
    progress: Progress | bool | None = None,
) -> LocalContent:  # fmt: skip
    """Enclose the largest weight of a Bell-local part of a non-signalling behaviour.

    Parameters
    ----------
    behaviour : Behaviour
        With the marginals of both parties and every correlator.
    tolerance : float
        Wanted width; > 0.
    time_limit_s : float
    seed : int
        Chance does not enter.
    progress : callable or bool, optional
        As for `nsmodels.decompose`.

    Returns
    -------
    LocalContent
        Where the solver fails, what is proved without its answer, with its sentence as the reason.

    Raises
    ------
    InputError
        If marginals or correlators are missing, the behaviour has a negative probability, or both parties have more
        than 16 settings.
    """
    start = time.perf_counter()
    check_noun(behaviour, Behaviour, "behaviour", "local_content")
    check_options("local_content", tolerance=tolerance, time_limit_s=time_limit_s, seed=seed, progress=progress)
    assert not isinstance(progress, bool)  # `tells_progress` has made a function of it
    table = behaviour.to_probabilities()
    if behaviour.positivity_defect() > 1e-12 + behaviour.rounding:
        raise InputError(f"local_content: the behaviour has a probability of −{behaviour.positivity_defect():.3g}")
    n_alice, n_bob = behaviour.shape
    swap = n_bob < n_alice
    if swap:
        table = table.transpose(1, 0, 3, 2)
    if min(n_alice, n_bob) > LARGEST_ENUMERATION:
        raise InputError(f"local_content: {n_alice}×{n_bob} settings; one party may have at most {LARGEST_ENUMERATION}")
    rounding = 0.75 * behaviour.rounding + 2.0**-51  # three entries over 4, and the arithmetic
    low = np.maximum(table - rounding, 0.0)
    forbidden = low <= 4.0 * rounding
    rows = _strategies(table.shape[2])
    answer = _generate(table, low, forbidden, rows, tolerance, start + time_limit_s, progress)
    upper = _proved_upper(table + rounding, answer["multipliers"], rows)
    lower, weights = _proved_lower(low, answer["weights"], answer["columns"])
    first, second = (1.0 - 2.0 * answer["columns"][k] for k in range(2))
    keep = weights > 0.0
    lower = min(lower, upper)
    reached = upper - lower <= tolerance
    return LocalContent(
        behaviour,
        Enclosure(lower, upper, reason="tolerance_met" if reached else answer["reason"]),
        weights[keep],
        (second if swap else first)[keep],
        (first if swap else second)[keep],
        answer["multipliers"].transpose(1, 0, 3, 2) if swap else answer["multipliers"],
        {
            "seconds": time.perf_counter() - start,
            "iterations": answer["rounds"],
            "columns": len(weights),
            "versions": versions(),
        },
        question=Question(tolerance, time_limit_s, seed),
    )


def _generate(
    table: Array, low: Array, forbidden: NDArray[np.bool_], rows: Array, tolerance: float, deadline: float,
    progress: Progress | None,
) -> dict[str, Any]:  # fmt: skip
    """Column generation; returns weights, columns (bits of both parties) and integer multipliers, all unproved."""
    from scipy.sparse import csr_array

    best = np.where(forbidden, _SCALE, np.round(_SCALE / table[0, 0].size))
    columns: tuple[Array, Array] = (np.zeros((0, rows.shape[1])), np.zeros((0, table.shape[3])))
    multipliers, weights, reason, bound = best, np.zeros(0), "the multipliers stalled", np.inf
    rounds, begin = 0, time.perf_counter()
    while rounds < 500:
        rounds += 1
        cost, reply = _cheapest(multipliers, rows)
        least = float(cost.min())
        value = float((multipliers * table).sum()) / least if least > 0.0 else np.inf
        if value < bound:
            bound, best = value, multipliers
        if progress is not None:
            progress(float(weights.sum()), float(bound), rounds, time.perf_counter() - begin)
        if bound - weights.sum() <= 0.5 * tolerance:
            reason = "tolerance_met"
            break
        if time.perf_counter() > deadline:
            reason = "time_limit"
            break
        picked = np.argsort(cost, kind="stable")[:60]
        picked = picked[cost[picked] < _SCALE * (1.0 - 1e-9)] if len(weights) else picked
        fresh = (np.vstack([columns[0], rows[picked]]), np.vstack([columns[1], reply[picked].astype(np.float64)]))
        both = np.unique(np.hstack(fresh), axis=0)
        if len(both) == len(columns[0]):
            break
        before, columns = columns, (both[:, : rows.shape[1]], both[:, rows.shape[1] :])
        used = _entries(columns)
        try:
            answer = solve(-np.ones(len(both)), csr_array(used.T), low.ravel(), upper=1.0)
        except SolverError as error:
            reason, columns = str(error), before  # the weights of the round before belong to its columns
            break
        weights = np.maximum(answer.x, 0.0)
        y = answer.upper_multipliers.reshape(table.shape)
        multipliers = np.round(np.where(forbidden, 1.0, np.minimum(y, 4.0)) * _SCALE)
    return {"weights": weights, "columns": columns, "multipliers": best, "rounds": rounds, "reason": reason}


def _entries(columns: tuple[Array, Array]) -> Array:
    """D_σ(ab|xy) of each strategy, shape (L, 4 n_A n_B)."""
    first, second = columns
    parts = [
        (np.abs(1 - a - first)[:, :, None] * np.abs(1 - b - second)[:, None, :])
        for a in range(2)
        for b in range(2)
    ]
    return np.stack(parts, axis=1).reshape(len(first), -1)


def _proved_upper(table: Array, multipliers: Array, rows: Array) -> float:
    """Σ y P / min Σ y D in exact arithmetic, rounded up; at most 1."""
    least = int(_cheapest(multipliers, rows)[0].min())
    if least <= 0:
        return 1.0
    chosen = np.flatnonzero(multipliers.ravel())
    total = sum(
        (int(y) * Fraction(p) for y, p in zip(multipliers.ravel()[chosen].tolist(), table.ravel()[chosen].tolist())),
        Fraction(0),
    )
    return min(1.0, round_up(total / least))


def _proved_lower(low: Array, weights: Array, columns: tuple[Array, Array]) -> tuple[float, Array]:
    """Scale the weights until every entry is respected in spite of the rounding of its sum."""
    if len(weights) == 0:
        return 0.0, weights
    used = _entries(columns)
    bad = (used * (low.ravel() <= 0.0)).any(axis=1)
    weights = np.where(bad, 0.0, weights)
    safe = 1.0 + 4.0 * (len(weights) + 2) * 2.0**-53
    sums = (weights @ used) * safe
    positive = sums > 0.0
    scale = min(1.0, float((low.ravel()[positive] / sums[positive]).min(initial=1.0))) / safe
    weights = weights * scale
    return max(0.0, float(weights.sum()) / safe), weights
