"""What all results have in common: an enclosure, its picture, its file, and what the checker says about it.

A result knows its question, so that it can be written as a result file that stands alone. What belongs to files and to
pictures is imported only when it is asked for.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape
from importlib import import_module
from os import PathLike
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, Self

from ..core.enclosure import Enclosed, Enclosure, Status

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.figure import Figure

    from ..core.behaviour import Behaviour
    from ..core.functional import Functional
    from ..core.settings import Settings
    from ..models.base import Model

__all__ = ["Answer", "Asked", "NoAnswer", "Nouns", "Question", "Verification"]


class Asked(Protocol):
    """The nouns of a question that was read from a file, as `nsmodels.files.problem.Problem` has them."""

    @property
    def model(self) -> Model | None:
        """The model."""

    @property
    def settings(self) -> Settings | None:
        """The directions."""

    @property
    def functional(self) -> Functional | None:
        """What is bounded."""

    @property
    def behaviour(self) -> Behaviour | None:
        """What is decomposed."""

    @property
    def noise(self) -> Behaviour | None:
        """What it is mixed with; None: white noise."""

    @property
    def analysis(self) -> Any:
        """Data, and how they are judged; of kind = "analysis" alone."""

    @property
    def scenario(self) -> Any:
        """What is asked of more outcomes or parties; of problems with a scenario alone."""


@dataclass(frozen=True, eq=False)
class Nouns:
    """The nouns of a question that is put within another one; they are what `Asked` lists."""

    model: Model | None = None
    settings: Settings | None = None
    functional: Functional | None = None
    behaviour: Behaviour | None = None
    noise: Behaviour | None = None
    analysis: Any = None
    scenario: Any = None


@dataclass(frozen=True, eq=False)
class Question:
    """What was asked besides the nouns that a result shows, so that the question can be written down.

    Parameters
    ----------
    tolerance, time_limit_s, seed
        The options in force; None where they are not known.
    settings : Settings, optional
        The directions that the singlet's value belongs to.
    marginals : {"match", "free"}
    allow_signalling : bool
    problem : mapping, optional
        The problem as it was read from a file.
    stored : mapping, optional
        The whole result file that the result was read from.
    design : mapping, optional
        The arguments of a search for settings, as in a table [design].
    """

    tolerance: float | None = None
    time_limit_s: float | None = None
    seed: int | None = None
    settings: Settings | None = None
    marginals: str = "match"
    allow_signalling: bool = False
    problem: Mapping[str, Any] | None = None
    stored: Mapping[str, Any] | None = None
    design: Mapping[str, Any] | None = None


@dataclass(frozen=True, repr=False)
class Verification:
    """What the checker says about a result: true only if every claim is proved.

    Parameters
    ----------
    claims : tuple of (bool, str)
        Whether a claim is proved, and the claim, or why it is not.
    """

    claims: tuple[tuple[bool, str], ...]

    @property
    def proved(self) -> bool:
        """Whether there are claims, and all of them are proved."""
        return bool(self.claims) and all(holds for holds, _ in self.claims)

    def __bool__(self) -> bool:
        return self.proved

    def __repr__(self) -> str:
        lines = [("proved      " if holds else "NOT PROVED  ") + text for holds, text in self.claims]
        return "\n".join([*lines, "all proved" if self.proved else "NOT everything is proved"])


@dataclass(frozen=True, eq=False, repr=False)
class Answer(Enclosed, ABC):
    """The base of every result: `BoundResult`, `DecomposeResult`, `MarginalsResult`, and those of the studies."""

    kind: ClassVar[str]
    """The kind of problem that it answers, as problem files write it."""

    question: Question = field(default=Question(), kw_only=True, compare=False)

    if TYPE_CHECKING:  # fields of some results, properties of others

        @property
        def stats(self) -> Mapping[str, Any]:
            """What it cost."""

        @property
        def reason(self) -> str:
            """Why the work ended."""

    @property
    def status(self) -> Status:
        """``certified``, ``estimate`` or ``no_answer``."""
        return self.value.status

    @property
    def answered(self) -> bool:
        """Whether there is a value; else the reason says why not."""
        return self.status != Status.NO_ANSWER

    @property
    def told(self) -> Enclosure:
        """What a result file says first: the two ends with the status and the reason of the whole answer."""
        return Enclosure(self.lower, self.upper, self.status if self.answered else Status.NO_ANSWER, self.reason)

    def _ends(self) -> dict[str, float] | None:
        """The value as result files write it."""
        return {"lower": self.lower, "upper": self.upper} if self.answered else None

    def _repr_html_(self) -> str:
        """What `repr` says, as a table; of an inequality with subscripts."""
        head, *lines = repr(self).splitlines()
        rows = []
        for line in lines:
            name, _, said = line.strip().partition("  ")
            rows.append((name, escape(said.strip())))
        inequality = getattr(self, "inequality", None)
        if inequality is not None:
            rows = [row for row in rows if row[0] != "inequality"] + [("inequality", inequality._repr_html_())]
        body = "".join(f"<tr><th>{escape(name)}</th><td>{said}</td></tr>" for name, said in rows)
        return f"<table><caption>{escape(head)}</caption><tbody>{body}</tbody></table>"

    def _repr_latex_(self) -> str | None:
        """The inequality of the result, where it has one."""
        inequality = getattr(self, "inequality", None)
        return None if inequality is None else str(inequality._repr_latex_())

    @abstractmethod
    def to_json(self) -> dict[str, Any]:
        """The part of a result file that belongs to this kind."""

    @classmethod
    @abstractmethod
    def from_json(cls, content: Mapping[str, Any], asked: Asked, *, question: Question | None = None) -> Self:
        """The result that `to_json` wrote; nothing of it is believed, which is what `verify` is for.

        Parameters
        ----------
        content : mapping
            What `to_json` gave, or a whole result file.
        asked : Asked
            The nouns of the question.
        question : Question, optional
            What else is known of the question.
        """

    def plot(self) -> Figure:
        """Picture the answer; returns a matplotlib figure."""
        figure: Figure = import_module("nsmodels.plots").plot(self)
        return figure

    def save(self, path: str | PathLike[str]) -> Path:
        """Write the result file that ``nsmodels run`` writes, the problem included; `nsmodels.load` reads it.

        Returns
        -------
        Path
            Where it is. The file appears in one step, or the old one stays.

        Raises
        ------
        InputError
            If no problem file can ask this question (a model of your own), or the file cannot be written.
        """
        target: Path = import_module("nsmodels.files.saving").save(self, path)
        return target

    def verify(self) -> Verification:
        """Have every claim re-proved by the checker, which shares no code with the rest of the package.

        Returns
        -------
        Verification
            True where all is proved; printed, it says what ``nsmodels verify`` says.

        Raises
        ------
        InputError
            If no problem file can ask this question: the checker knows only models that have a name.
        """
        claims = import_module("nsmodels.files.saving").claims(self)
        return Verification(tuple((bool(holds), str(text)) for holds, text in claims))


@dataclass(frozen=True, eq=False, repr=False)
class NoAnswer(Answer):
    """What is left of a question whose solver failed, or that was interrupted before anything was proved.

    Parameters
    ----------
    reason : str
        Why there is no answer.
    stats : mapping
        ``seconds``.
    """

    reason: str
    stats: Mapping[str, Any] = field(default_factory=dict)

    @property
    def value(self) -> Enclosure:
        """Anything: nothing is known."""
        return Enclosure(-math.inf, math.inf, Status.NO_ANSWER, self.reason)

    def to_json(self) -> dict[str, Any]:
        """The part of a result file that says that there is no answer."""
        status = str(self.status)
        return {"status": status, "reason": self.reason, "value": None, "certificate": None, "stats": dict(self.stats)}

    @classmethod
    def from_json(cls, content: Mapping[str, Any], asked: Asked, *, question: Question | None = None) -> Self:
        """What `to_json` wrote, for any problem."""
        own = Question() if question is None else question
        return cls(str(content["reason"]), dict(content["stats"]), question=own)

    def __repr__(self) -> str:
        return f"no answer: {self.reason}"
