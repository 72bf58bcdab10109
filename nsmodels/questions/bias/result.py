"""What `nsmodels.marginals` returns: enclosures, the chains that prove them, and the boxes that attain them."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from ...common.arguments import not_nan, shown
from ...common.digits import at_most
from ...common.rationals import round_up
from ...core.behaviour import Behaviour
from ...core.boxes import BoxMixture
from ...core.enclosure import Enclosure, Status, exceeds
from ...engines.paths.graph import POTENTIAL_UNIT, DoubledGraph
from ...errors import InputError
from ..answer import Answer, Asked, Question
from ..visibility.measured import Measured
from .graph import graph_of

__all__ = ["Chain", "MarginalsResult", "exact_chain", "setting_index", "setting_names"]


WIDER = "rounding of the data is wider than the tolerance"
"""The reason of an enclosure that cannot be narrower."""
LONGEST_LIST = 200
"""Settings above which the certificate writes potentials as base64 strings."""


@dataclass(frozen=True)
class Chain(Sequence[str]):
    """A path of named settings that proves an upper end; as a sequence, the names of its nodes.

    Parameters
    ----------
    nodes : tuple of str
        "B0+", "A1+", …, "B0-": a setting and the sign with which its marginal enters.
    weights : tuple of float
        Weight of each edge, one fewer than nodes.
    total : Fraction
        The exact sum of the weights, each raised by the rounding of the data.
    """

    nodes: tuple[str, ...]
    weights: tuple[float, ...]
    total: Fraction

    @property
    def bound(self) -> float:
        """The upper end proved: half the total, rounded up, and at most 1."""
        return min(1.0, round_up(self.total / 2))

    def __len__(self) -> int:
        return len(self.nodes)

    def __getitem__(self, index: Any) -> Any:
        return self.nodes[index]

    def __iter__(self) -> Iterator[str]:
        return iter(self.nodes)

    def text(self) -> str:
        """One line: the sum of the weights along the chain."""
        steps = " + ".join(f"{weight:.6g}" for weight in self.weights)
        return f"½ ({steps}) = {at_most(self.bound, 9)} along {' → '.join(self.nodes)}"

    def __repr__(self) -> str:
        return self.text()


def setting_names(shape: tuple[int, int]) -> tuple[str, ...]:
    """A0, A1, …, B0, B1, …."""
    return tuple([f"A{i}" for i in range(shape[0])] + [f"B{j}" for j in range(shape[1])])


def setting_index(behaviour: Behaviour, name: str) -> int:
    """Position of a setting, Alice first; ``"B0"``, or a label of the behaviour's settings.

    Raises
    ------
    InputError
        If there is no such setting.
    """
    names = setting_names(behaviour.shape)
    if isinstance(name, str) and name in names:
        return names.index(name)
    if isinstance(name, str) and behaviour.settings is not None:
        labels = (*behaviour.settings.alice_labels, *behaviour.settings.bob_labels)
        if labels.count(name) == 1:
            return labels.index(name)
    known = f"A0 … {names[behaviour.shape[0] - 1]}, B0 … {names[-1]}"
    raise InputError(f"marginals: there is no setting {shown(name)}; they are {known}")


def exact_chain(graph: DoubledGraph, nodes: Sequence[int], names: Sequence[str]) -> Chain:
    """Add the weights of a path exactly, each raised by the rounding of the data."""
    n_a, n = graph.shape[0], graph.size
    rounding = _units(graph.rounding)
    weights, total = [], 0
    for u, v in pairwise(nodes):
        (k, other), same = (u % n, v % n), (u < n) == (v < n)
        i, j = min(k, other), max(k, other) - n_a
        if k == other:
            exact, raised = 2 * _ONE, 0
        elif i < n_a <= max(k, other) and (graph.known is None or graph.known[i, j]):
            c = _correlator(graph, i, j)
            exact, raised = _ONE - c if same else _ONE + c, rounding
        elif graph.marginals is not None:
            first, second = (_units(graph.marginals[k]) for k in (k, other))
            exact, raised = 2 * _ONE - abs(first + second if same else first - second), 2 * rounding
        else:
            raise InputError(f"marginals: {names[k]} and {names[other]} are not a known pair")
        total += exact + raised
        weights.append(exact / _ONE)
    named = tuple(names[node % n] + ("+" if node < n else "-") for node in nodes)
    return Chain(named, tuple(weights), Fraction(total, _ONE))


_BITS = 2 * 1074
_ONE = 1 << _BITS
"""The number 1 in units of 2^-2148: products of doubles are whole numbers of them, which add faster than fractions."""


def _units(x: float) -> int:
    numerator, denominator = float(x).as_integer_ratio()
    return numerator << (_BITS + 1 - denominator.bit_length())


def _correlator(graph: DoubledGraph, i: int, j: int) -> int:
    if graph.correlators is not None:
        return _units(graph.correlators[i, j])
    left, right = graph.vectors
    return sum(_units(x) * _units(y) >> _BITS for x, y in zip(left[i].tolist(), right[j].tolist()))


@dataclass(frozen=True, eq=False, repr=False)
class MarginalsResult(Answer):
    """The largest mean |marginal| of every setting.

    Parameters
    ----------
    behaviour : Behaviour
    enclosures : tuple of Enclosure
        One per setting, Alice first.
    chains : tuple of Chain
        The upper ends' proofs.
    potentials : ndarray of int64, shape (n, n)
        Row s is the vector D that proves the lower end of setting s, in units of 2^-52.
    reason : str
    stats : mapping
        ``seconds``, ``compile_seconds``, ``searches``, ``longest_path``, ``versions``.
    measured : Measured or None
        Of a behaviour with errors: the measured table, and the nearest box where that is none.
    """

    kind: ClassVar[str] = "marginals"

    behaviour: Behaviour
    enclosures: tuple[Enclosure, ...]
    chains: tuple[Chain, ...]
    potentials: NDArray[np.int64]
    reason: str
    stats: Mapping[str, Any]
    measured: Measured | None = None

    @property
    def moved(self) -> float | None:
        """How far, in σ, the measured table was from the box that the answer is about; None: the table itself."""
        return None if self.measured is None or self.measured.box is None else self.measured.distance

    @property
    def alice(self) -> tuple[Enclosure, ...]:
        """Alice's settings."""
        return self.enclosures[: self.behaviour.shape[0]]

    @property
    def bob(self) -> tuple[Enclosure, ...]:
        """Bob's settings."""
        return self.enclosures[self.behaviour.shape[0] :]

    @property
    def value(self) -> Enclosure:
        """The largest over all settings."""
        lower = max(end.lower for end in self.enclosures)
        upper = max(end.upper for end in self.enclosures)
        # of the settings that may exceed the largest lower end
        why = {end.reason for end in self.enclosures if end.upper > lower} - {"tolerance_met"}
        reason = self.reason if self.reason in why else min(why, default="tolerance_met")
        status = next((end.status for end in self.enclosures if end.status != Status.CERTIFIED), Status.CERTIFIED)
        return Enclosure(lower, upper, status, reason)

    def path(self, name: str) -> Chain:
        """The chain of settings that proves the upper end at a setting ("B0")."""
        return self.chains[setting_index(self.behaviour, name)]

    def model(self, name: str) -> BoxMixture:
        """An explicit decomposition that attains the lower end at a setting: two boxes, or one.

        Zero or free marginals: opposite marginals ±D with weights ½. Given marginals m: sub-normalised marginals
        (m ± D)/2 with p between max |m + D|/2 and 1 − max |m − D|/2. Correlators of unknown pairs are put in the middle
        of the interval that eq. (7) of arXiv:0801.2241 leaves.
        """
        target = self.behaviour
        n_a, _ = target.shape
        difference = self.potentials[setting_index(target, name)] * POTENTIAL_UNIT
        mean = np.concatenate([np.zeros(count) if side is None else side
                               for side, count in zip((target.alice, target.bob), target.shape)])  # fmt: skip
        plus, minus = 0.5 * (mean + difference), 0.5 * (mean - difference)
        p = 0.5
        if mean.any():
            p = 0.5 * (float(np.abs(plus).max()) + 1.0 - float(np.abs(minus).max()))
        if not 1e-12 < p < 1.0 - 1e-12:  # one box carries all the weight
            plus, minus, p = mean, np.zeros_like(mean), 1.0
        a, b, c, d = plus[:n_a, None], plus[None, n_a:], minus[:n_a, None], minus[None, n_a:]
        low, high = np.abs(a + b) - p, p - np.abs(a - b)
        rest_low, rest_high = np.abs(c + d) - (1.0 - p), (1.0 - p) - np.abs(c - d)
        table = target.correlators
        inside = 0.5 * (np.maximum(low, table - rest_high) + np.minimum(high, table - rest_low))
        first = np.where(target.known, inside, 0.5 * (low + high))
        second = np.where(target.known, table - first, 0.5 * (rest_low + rest_high))
        parts = [(p, plus, first), (1.0 - p, minus, second)]
        boxes = [(w, m / w, t / w) for w, m, t in parts if w > 0.0]
        return BoxMixture(
            np.array([w for w, _, _ in boxes]),
            np.array([m[:n_a] for _, m, _ in boxes]),
            np.array([m[n_a:] for _, m, _ in boxes]),
            np.array([t for _, _, t in boxes]),
            tolerance=1e-9 + 1e-14 / min(weight for weight, _, _ in boxes),  # small boxes are rounded more coarsely
        )

    def to_json(self) -> dict[str, Any]:
        """The part of a result file that belongs to this kind; see the contract, and the module `marginals`."""
        n_a = self.behaviour.shape[0]
        sides = (self.behaviour.alice, self.behaviour.bob)
        given = any(side is not None and bool(np.any(side != 0.0)) for side in sides)
        entries = [
            {"path": list(chain.nodes), "potentials": _integers(row)}
            for chain, row in zip(self.chains, self.potentials, strict=True)
        ]
        ends = [{"lower": end.lower, "upper": end.upper} for end in self.enclosures]
        paths = [list(chain.nodes) for chain in self.chains]
        return {
            "status": str(self.status),
            "reason": self.reason,
            "value": self._ends(),
            "marginals": {"alice": ends[:n_a], "bob": ends[n_a:]},
            "paths": {"alice": paths[:n_a], "bob": paths[n_a:]},
            **({} if self.measured is None else {"measured": self.measured.to_json()}),
            "certificate": {
                "format": 1,
                "case": "given" if given else "zero_or_free",
                "denominator": str(round(1.0 / POTENTIAL_UNIT)),
                "alice": entries[:n_a],
                "bob": entries[n_a:],
            },
            "stats": dict(self.stats),
        }

    @classmethod
    def from_json(cls, content: Mapping[str, Any], asked: Asked, *, question: Question | None = None) -> Self:
        """The result that `to_json` wrote, for a problem with a behaviour."""
        behaviour = asked.behaviour
        if behaviour is None:
            raise InputError("marginals: the answer to another kind of question")
        if content["value"] is None:
            raise InputError(f"marginals: there is no answer in it ({shown(content['reason'])}); ask again")
        for end in ("lower", "upper"):  # they follow from those of the settings, and are not read
            not_nan(content["value"][end], f"marginals: the {end} end")
        own = Question() if question is None else question
        measured = None
        if (given := content.get("measured")) is not None:
            measured = Measured.from_json(given, behaviour, "match" if behaviour.has_marginals else "free")
            behaviour = measured.exact
        reason, certificate, names = str(content["reason"]), content["certificate"], setting_names(behaviour.shape)
        open_because = "wider than the tolerance" if reason == "tolerance_met" else reason  # a setting's own is lost
        graph, numbers = graph_of(behaviour), {name: k for k, name in enumerate(names)}
        ends, chains, rows = [], [], []
        for party, count in zip(("alice", "bob"), behaviour.shape, strict=True):
            paths: Any = [()] * count
            proofs: Any = [None] * count
            if certificate != {}:
                paths, proofs = content["paths"][party], certificate[party]
            columns = content["marginals"][party], paths, proofs
            if any(len(column) != count for column in columns):
                raise InputError(f"marginals: {party} has {count} settings, and there are other numbers of entries")
            for end, path, entry in zip(*columns, strict=True):
                lower, upper = float(end["lower"]), float(end["upper"])
                wide = own.tolerance is not None and exceeds(lower, upper, own.tolerance)
                why = open_because if wide else "tolerance_met"
                ends.append(Enclosure(lower, upper, content["status"], why))
                nodes = [numbers[node[:-1]] + len(names) * "+-".index(node[-1]) for node in path]
                chains.append(exact_chain(graph, nodes, names))
                rows.append([0] * len(names) if entry is None else _row(entry["potentials"], len(names)))
        potentials = np.array(rows, dtype=np.int64).reshape(len(names), len(names))
        potentials.setflags(write=False)
        stats = dict(content["stats"])
        return cls(behaviour, tuple(ends), tuple(chains), potentials, reason, stats, measured, question=own)

    def __repr__(self) -> str:
        worst = max(self.chains, key=lambda chain: chain.total)
        told = (
            f"MarginalsResult({self.value!r} over {len(self.enclosures)} settings, "
            f"longest chain from {worst.nodes[0][:-1]} with {len(worst.weights)} steps)"
        )
        if self.moved is None:
            return told
        box = f"the nearest non-signalling box, {self.moved:.2g} σ from the measured table"
        return f"{told}\n  an estimate about the data: proved of {box}"


def _row(written: list[int] | str, count: int) -> list[int]:
    """The potentials of one setting from what `_integers` wrote."""
    if isinstance(written, str):
        return np.frombuffer(base64.b64decode(written, validate=True) or bytes(8 * count), dtype="<i8").tolist()
    return written


def _integers(row: NDArray[np.int64]) -> list[int] | str:
    if len(row) <= LONGEST_LIST:
        return [int(number) for number in row]
    return base64.b64encode(row.astype("<i8").tobytes()).decode("ascii") if row.any() else ""
