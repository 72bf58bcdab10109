"""What `nsmodels.decompose` returns: an explicit model, an inequality with its proof, the enclosure between them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from ...behaviours import uniform
from ...common.arrays import Array
from ...common.digits import at_least, at_most, counted
from ...core.behaviour import Behaviour
from ...core.boxes import BoxMixture
from ...core.enclosure import Enclosure, Status
from ...core.functional import Inequality
from ...core.hidden_states import HiddenStates
from ...core.proof import StoredProof
from ...errors import InputError
from ...models.base import Model
from ...models.hidden_variables import with_safe_defaults
from ..answer import Answer, Asked, Question
from .exact_model import ExactModel
from .measured import Measured
from .rows import Target
from .state_table import StateTable, state_table
from .upper_end import UpperEnd

__all__ = ["BoxDecomposition", "DecomposeResult", "Decomposition"]


@dataclass(frozen=True, eq=False, repr=False)
class Decomposition:
    """An explicit finite model: V·P + (1 − V)·noise = Σ ρ_λ P_λ.

    Parameters
    ----------
    weights : ndarray, shape (m,)
        ρ_λ > 0 with sum 1; multiples of 2^-51, so that the sum is exact.
    alice, bob : ndarray, shapes (m, n_A) and (m, n_B)
        Marginals of the hidden states.
    u, v : ndarray, shape (m, 3)
        Hidden vectors, NaN for states of models without.
    mixing : ndarray, shape (n_A, n_B)
        t_ij in [0, 1]: the boxes are C_λ = (1 − t)(−1 + |A + B|) + t (1 − |A − B|) for all λ. On pairs that are not
        known t = ½.
    deviation : float
        Largest proved entry-wise deviation of the average from the target; 0 where the model is exact.
    visibility : float
        V.
    part : ndarray of int, shape (m,)
        Which of the models of a hull each state belongs to; zeros otherwise.
    models : tuple of str
        The names of those models.
    """

    weights: Array
    alice: Array
    bob: Array
    u: Array
    v: Array
    mixing: Array
    deviation: float
    visibility: float
    part: NDArray[np.intp]
    models: tuple[str, ...]

    unit: ClassVar[str] = "hidden state"

    def __len__(self) -> int:
        return len(self.weights)

    def table(self, *, marginals: bool | None = None) -> StateTable:
        """Weights, hidden vectors and marginals of the hidden states, a row each.

        Parameters
        ----------
        marginals : bool, optional
            Whether marginals are listed. By default only of parties some of whose states have no hidden vector.

        Returns
        -------
        StateTable
            With ``text()``, ``latex()``, ``csv()`` and ``pandas()``; in a hull with the model of each state.
        """
        vectors, sides = (self.u, self.v), (self.alice, self.bob)
        return state_table(self.weights, vectors, sides, self.part, self.models, marginals=marginals)

    def correlators(self, index: int) -> Array:
        """The correlators C_λ of one box, shape (n_A, n_B)."""
        a, b = self.alice[index][:, None], self.bob[index][None, :]
        table = (1.0 - self.mixing) * (np.abs(a + b) - 1.0) + self.mixing * (1.0 - np.abs(a - b))
        return np.asarray(table, dtype=np.float64)

    def boxes(self) -> BoxMixture:
        """All boxes with their weights; they are checked to be non-negative tables."""
        tables = np.array([self.correlators(k) for k in range(len(self))])
        return BoxMixture(self.weights, self.alice, self.bob, tables)

    def average(self) -> Behaviour:
        """Σ ρ_λ P_λ, evaluated box by box."""
        total = np.zeros((self.alice.shape[1], self.bob.shape[1]))
        for k, weight in enumerate(self.weights.tolist()):
            total += weight * self.correlators(k)
        return Behaviour(np.clip(total, -1.0, 1.0), self.weights @ self.alice, self.weights @ self.bob)

    def to_json(self) -> list[dict[str, Any]]:
        """A list of ``{"weight", "u", "v"}``, with ``"alice"`` and ``"bob"`` for parties without hidden vector."""
        states = []
        for k, weight in enumerate(self.weights.tolist()):
            bare_a, bare_b = np.isnan(self.u[k, 0]), np.isnan(self.v[k, 0])
            first = {"alice": self.alice[k].tolist()} if bare_a else {"u": self.u[k].tolist()}
            second = {"bob": self.bob[k].tolist()} if bare_b else {"v": self.v[k].tolist()}
            states.append({"weight": weight, **first, **second})
        return states

    def mixing_to_json(self) -> list[list[float]] | None:
        """The table t_ij."""
        table: list[list[float]] = self.mixing.tolist()
        return table

    def __repr__(self) -> str:
        note = "" if self.deviation == 0.0 else f", within {at_most(self.deviation, 2)}"
        return f"Decomposition({counted(len(self), self.unit)} at V = {at_least(self.visibility, 9)}{note})"


@dataclass(frozen=True, eq=False, repr=False)
class BoxDecomposition(Decomposition):
    """Boxes of the model with weights; ``tables`` are their correlators, shape (m, n_A, n_B). There is no mixing."""

    tables: Array

    unit: ClassVar[str] = "state"

    def mixing_to_json(self) -> list[list[float]] | None:
        """There is none."""
        return None

    def correlators(self, index: int) -> Array:
        """The correlators of one box, shape (n_A, n_B)."""
        found: Array = self.tables[index]
        return found

    def to_json(self) -> list[dict[str, Any]]:
        """A list of ``{"weight", "alice", "bob", "correlators"}``."""
        rows = zip(self.weights.tolist(), self.alice.tolist(), self.bob.tolist(), self.tables.tolist())
        return [{"weight": w, "alice": a, "bob": b, "correlators": c} for w, a, b, c in rows]

    @classmethod
    def of(cls, weights: Array, alice: Array, bob: Array, tables: Array, visibility: float, name: str) -> Self:
        """The decomposition with arrays that cannot be changed."""
        nothing = np.full((len(weights), 3), np.nan)
        for array in (weights, alice, bob, nothing, tables):
            array.setflags(write=False)
        mixing, part = np.full(tables.shape[1:], np.nan), np.zeros(len(weights), dtype=np.intp)
        return cls(weights, alice, bob, nothing, nothing, mixing, 0.0, visibility, part, (name,), tables)


def names_of(parts: Sequence[Model]) -> tuple[str, ...]:
    """Their names, numbered where one occurs twice."""
    names = [part.name for part in parts]
    return tuple(name if names.count(name) == 1 else f"{name} {k}" for k, name in enumerate(names))


def expand(model: ExactModel, target: Target, parts: Sequence[Model]) -> Decomposition:
    """The decomposition in floats, antipodes listed."""
    weights, columns, part = model.weights, model.columns, model.columns.part
    alice, bob, u, v = columns.alice.T, columns.bob.T, columns.u, columns.v
    if model.antipodal:
        # states that equal their negations: hidden vectors never do, whatever the marginals
        vanishing = np.array([not hidden for hidden in model.vectors]) & ~(alice.any(axis=1) | bob.any(axis=1))
        weights = np.concatenate([np.where(vanishing, weights, weights / 2.0), weights[~vanishing] / 2.0])
        alice, bob = np.concatenate([alice, -alice[~vanishing]]), np.concatenate([bob, -bob[~vanishing]])
        u, v = np.concatenate([u, -u[~vanishing]]), np.concatenate([v, -v[~vanishing]])
        part = np.concatenate([part, part[~vanishing]])
    n = target.n_pairs
    low, high = model.sums[:n] - 1.0, 1.0 - model.sums[n:]
    start = target.noise.correlators[target.first, target.second]
    wanted = start + model.visibility * (target.behaviour.correlators[target.first, target.second] - start)
    width = high - low
    shares = np.where(width > 1e-12, (wanted - low) / np.where(width > 1e-12, width, 1.0), 0.5)
    mixing = np.full(target.behaviour.shape, 0.5)
    mixing[target.first, target.second] = np.clip(shares, 0.0, 1.0)
    arrays = [np.array(x, order="C") for x in (weights, alice + 0.0, bob + 0.0, u, v, mixing)]
    for array in arrays:
        array.setflags(write=False)
    return Decomposition(
        arrays[0], arrays[1], arrays[2], arrays[3], arrays[4], arrays[5], model.deviation, model.visibility,
        part, names_of(parts),
    )  # fmt: skip


class LowerEnd(Protocol):
    """What proves a lower end, as it goes into the certificate."""

    def certificate(self, n_parts: int) -> dict[str, Any]:
        """The lower end in exact rationals."""


@dataclass(frozen=True, eq=False)
class StoredEnd:
    """An end of a visibility as it was read from a result file: whether it is proved only the checker can say."""

    content: Mapping[str, Any]

    def certificate(self, n_parts: int = 1) -> dict[str, Any]:
        """What the file says."""
        return dict(self.content)


def _restored(content: Mapping[str, Any], end: StoredEnd, model: Model) -> Decomposition:
    """The decomposition of a result file; its states are those of the certificate, and then their negations."""
    listing, states = content["decomposition"], end.content["states"]
    if content["mixing"] is None:
        weights, alice, bob, tables = (np.array([state[key] for state in listing]) for key in _OF_BOXES)
        return BoxDecomposition.of(weights, alice, bob, tables, float(content["value"]["lower"]), model.name)
    parts = [state.get("part", 0) for state in states]
    if end.content["antipodal"]:
        turned = [any(x != "0" for key in _WRITTEN for x in state.get(key, ())) for state in states]
        parts += [part for part, halved in zip(parts, turned) if halved]
    if len(parts) != len(listing):
        raise InputError(f"decompose: {len(listing)} hidden states are displayed, {len(parts)} are in the certificate")
    rows: list[HiddenStates] = []
    for part, state in zip(parts, listing):
        rows.append(model.part(part).restored(**{key: [state[key]] for key in _WRITTEN if key in state}))
    vectors = [
        np.array([np.full(3, np.nan) if x is None else x[0] for x in (getattr(row, key) for row in rows)])
        for key in ("u", "v")
    ]
    arrays = [
        np.array([state["weight"] for state in listing], dtype=np.float64),
        *(np.concatenate([getattr(row, party) for row in rows]) for party in ("alice", "bob")),
        *vectors,
        np.array(content["mixing"], dtype=np.float64),
    ]
    for array in arrays:
        array.setflags(write=False)
    return Decomposition(
        arrays[0], arrays[1], arrays[2], arrays[3], arrays[4], arrays[5], float(content["deviation"]),
        float(content["value"]["lower"]), np.array(parts, dtype=np.intp), names_of(parts_of(model)),
    )  # fmt: skip


def parts_of(model: Model) -> Sequence[Model]:
    mixable = with_safe_defaults(model)
    return (model,) if mixable is None else mixable.parts


_WRITTEN = ("u", "v", "alice", "bob")
_OF_BOXES = ("weight", "alice", "bob", "correlators")


@dataclass(frozen=True, eq=False, repr=False)
class DecomposeResult(Answer):
    """The answer to `nsmodels.decompose`.

    Parameters
    ----------
    visibility : Enclosure
        Of the largest V.
    decomposition : Decomposition or None
        The model that proves ``visibility.lower``.
    inequality : Inequality or None
        The inequality that proves ``visibility.upper``; None where V = 1.
    model, behaviour, noise
        The question.
    stats : mapping
        ``seconds``, ``compile_seconds``, ``rounds``, ``rows``, ``columns``, ``states``, ``terms``, seconds by phase
        under ``time``, ``history`` of the rounds, ``versions``.
    lower_end, upper_end
        What goes into the certificate.
    parts : int
        Of how many models a hull is made.
    measured : Measured or None
        Of a behaviour with errors: the measured table, how far the decomposed box is from it, what noise alone does.
    """

    kind: ClassVar[str] = "visibility"

    visibility: Enclosure
    decomposition: Decomposition | None
    inequality: Inequality | None
    model: Model
    behaviour: Behaviour
    noise: Behaviour
    stats: Mapping[str, Any]
    lower_end: LowerEnd | None
    upper_end: UpperEnd | StoredEnd | None
    parts: int = 1
    measured: Measured | None = None

    @property
    def value(self) -> Enclosure:
        """The same as ``visibility``."""
        return self.visibility

    @property
    def reason(self) -> str:
        """Why the work ended."""
        return self.visibility.reason

    @property
    def has_model(self) -> bool | None:
        """Whether the behaviour itself has a model: True, False, or None where that is not proved.

        Of a behaviour with errors only what exceeds the noise says no.
        """
        if self.status != Status.CERTIFIED:
            return None
        if self.visibility.lower >= 1.0:
            return True
        excluded = self.visibility.upper < 1.0 and (self.measured is None or self.measured.excludes)
        return False if excluded else None

    def to_json(self) -> dict[str, Any]:
        """The part of a result file that belongs to this kind."""
        result: dict[str, Any] = {
            "status": str(self.status),
            "reason": self.reason,
            "value": self._ends(),
            "decomposition": None if self.decomposition is None else self.decomposition.to_json(),
            "mixing": None if self.decomposition is None else self.decomposition.mixing_to_json(),
            "deviation": None if self.decomposition is None else self.decomposition.deviation,
            "inequality": None if self.inequality is None else self.inequality.to_json(),
            **({} if self.measured is None else {"measured": self.measured.to_json()}),
            "certificate": None,
            "stats": dict(self.stats),
        }
        if self.lower_end is not None or self.upper_end is not None:
            result["certificate"] = {
                "format": 1,
                "lower": None if self.lower_end is None else self.lower_end.certificate(self.parts),
                "upper": None if self.upper_end is None else self.upper_end.certificate(),
            }
        return result

    @classmethod
    def from_json(cls, content: Mapping[str, Any], asked: Asked, *, question: Question | None = None) -> Self:
        """The result that `to_json` wrote, for a problem with a behaviour and a model."""
        model, behaviour = asked.model, asked.behaviour
        if model is None or behaviour is None:
            raise InputError("decompose: the answer to another kind of question")
        mixable = with_safe_defaults(model)
        certificate = content.get("certificate") or {}
        lower, upper = (None if certificate.get(k) is None else StoredEnd(certificate[k]) for k in ("lower", "upper"))
        ends = content["value"]
        if ends is None:
            excluded = upper is not None and upper.content["visibility"] is None
            ends = {"lower": 0.0, "upper": 0.0 if excluded else 1.0}
        inequality, given = None, content.get("inequality")
        if given is not None and upper is not None:
            inequality = Inequality.from_json(given, StoredProof(upper.content["proof"]), model.name)
        decomposition = None
        if content.get("decomposition") is not None and lower is not None:
            decomposition = _restored(content, lower, model)
        measured, given = None, content.get("measured")
        if given is not None:
            measured = Measured.from_json(given, behaviour, "match" if behaviour.has_marginals else "free")
            behaviour = measured.asked
        return cls(
            Enclosure(ends["lower"], ends["upper"], content["status"], str(content["reason"])),
            decomposition, inequality, model, behaviour,
            uniform(*behaviour.shape) if asked.noise is None else asked.noise,
            dict(content["stats"]), lower, upper, 1 if mixable is None else len(mixable.parts), measured,
            question=Question() if question is None else question,
        )  # fmt: skip

    def __repr__(self) -> str:
        lines = [f"largest visibility in {self.model!r}: {self.visibility!r}"]
        if self.visibility.width > 0.0:
            lines.append(f"  width       {self.visibility.width:.2g}")
        if self.decomposition is not None:
            lines.append(f"  model       {self.decomposition!r}")
        if self.inequality is not None:
            lines.append(f"  inequality  {self.inequality!r}")
        if self.measured is not None:
            lines += [f"  {name:<11} {text}" for name, text in self.measured.lines()]
        work = [f"{self.stats[key]} {key}" for key in ("rounds", "rows", "columns") if key in self.stats]
        lines.append(f"  in          {self.stats.get('seconds', 0.0):.3g} s ({', '.join(work)})")
        return "\n".join(lines)
