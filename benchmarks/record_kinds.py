"""The tables of records: which model is excluded, with what objective, and how the records are named."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import nsmodels as ns

__all__ = ["KINDS", "Kind", "named", "parts"]


@dataclass(frozen=True)
class Kind:
    """One table of records.

    Parameters
    ----------
    suffix : str
        Of the names of its records.
    model : mapping
        The table [model].
    law : callable
        The model on given settings.
    exchangeable : bool
        Whether exchanging the parties changes nothing.
    design : mapping
        Keys of the table [design] besides the directions.
    words : str
        Added to the titles.
    """

    suffix: str
    model: Mapping[str, Any]
    law: Callable[[Any], Any]
    exchangeable: bool = True
    design: Mapping[str, Any] = field(default_factory=dict)
    words: str = ""

    def title(self, shape: tuple[int, ...]) -> str:
        """The title of a problem."""
        what = f"{shape[0]} correlators of {shape[0]} + {shape[0]} directions" if len(shape) == 1 else \
            f"{shape[0]} + {shape[1]} directions, all pairs"  # fmt: skip
        return what + self.words


SIGNIFICANT = {"objective": "significance", "visibility": 0.985}
KINDS = (
    Kind("", {"name": "leggett"}, lambda s: ns.Leggett(settings=s)),
    Kind("_half", {"name": "leggett", "eta": 0.5}, lambda s: ns.Leggett(settings=s, eta=0.5), words=", η = 0.5"),
    Kind("_one_sided", {"name": "one_sided"}, lambda s: ns.OneSided(settings=s), False, words=", one-sided law"),
    Kind(
        "_significance", {"name": "leggett"}, lambda s: ns.Leggett(settings=s), design=SIGNIFICANT,
        words=", fewest pairs at V = 0.985",
    ),
)  # fmt: skip


def parts(name: str) -> tuple[Kind, tuple[int, ...]]:
    """The kind and the sizes, (n_A, n_B) or (pairs,), of a record's name."""
    match = re.fullmatch(r"(\d+)(?:x(\d+)|_correlators)(_\w+)?", name)
    kinds = {kind.suffix: kind for kind in KINDS}
    if match is None or (match[3] or "") not in kinds:
        raise SystemExit(f"{name}: no name of a record")
    shape = (int(match[1]), int(match[2])) if match[2] else (int(match[1]),)
    return kinds[match[3] or ""], shape


def named(kind: Kind, shape: tuple[int, ...]) -> str:
    """The name of a record."""
    size = f"{shape[0]}_correlators" if len(shape) == 1 else f"{shape[0]}x{shape[1]}"
    return size + kind.suffix
