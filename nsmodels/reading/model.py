"""The table ``[model]``: which law the local marginals obey."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

from ..arguments import PURITY, is_purity
from .sizes import Shape
from .tables import Table

if TYPE_CHECKING:
    from ..settings import Settings

MAX_HIDDEN_STATES = 1_000_000
MAX_PARTS = 100
MAX_BELLS = 3
MAX_VALUES = 2**26

MODEL_KEYS: Mapping[str, tuple[str, ...]] = {
    "leggett": ("eta", "eta_a", "eta_b"),
    "bell": (),
    "nonsignalling": (),
    "unbiased": (),
    "finite": ("alice", "bob"),
    "hull": ("of",),
    "quantum": (),
}
_CLASSES = {"bell": "Bell", "nonsignalling": "NonSignalling", "unbiased": "Unbiased", "quantum": "Quantum"}


@dataclass(frozen=True)
class ModelChoice:
    """A model as a problem file names it.

    Parameters
    ----------
    name : str
        A key of ``MODEL_KEYS``.
    eta_a, eta_b : float
        The purities of leggett, in [0, 1].
    alice, bob : rows
        The hidden states of finite, one row each.
    parts : tuple of ModelChoice
        The models of a hull.
    """

    name: str
    eta_a: float = 1.0
    eta_b: float = 1.0
    alice: tuple[tuple[float, ...], ...] = ()
    bob: tuple[tuple[float, ...], ...] = ()
    parts: tuple[ModelChoice, ...] = ()

    @property
    def needs_settings(self) -> bool:
        """Whether the law refers to directions."""
        return self.name == "leggett" or any(part.needs_settings for part in self.parts)

    def build(self, settings: Settings | None, shape: Shape) -> Any:
        """The model object for these settings; engines are loaded only here."""
        if self.name == "leggett":
            from ..models.leggett import Leggett

            assert settings is not None  # see needs_settings
            return Leggett(settings=settings, eta_a=self.eta_a, eta_b=self.eta_b)
        if self.name == "finite":
            from ..models.finite import Finite

            return Finite(self.alice, self.bob)
        if self.name == "hull":
            from ..models.hull import Hull

            return Hull([part.build(settings, shape) for part in self.parts])
        return getattr(import_module(f"..models.{self.name}", __package__), _CLASSES[self.name])(shape)

    def to_json(self) -> dict[str, Any]:
        """The choice with its defaults, without tables of numbers."""
        if self.name == "leggett":
            return {"name": self.name, "eta_a": self.eta_a, "eta_b": self.eta_b}
        return {"name": self.name} | ({"of": [part.to_json() for part in self.parts]} if self.parts else {})


def read_model(table: Table, kind: str) -> ModelChoice:
    """The model of a problem of this kind."""
    choice = _read(table, list(MODEL_KEYS))
    if choice.name == "quantum" and kind != "bound":
        table.refuse("name", f'quantum is a model for kind = "bound" only, not for "{kind}"', "use another model")
    return choice


def _read(table: Table, known: list[str]) -> ModelChoice:
    name = table.choice("name", known, remedy=f"name the model, one of {', '.join(known)}")
    table.only(("name", *MODEL_KEYS[name]), f"the model {name}")
    if name == "leggett":
        eta_a, eta_b = _purities(table)
        return ModelChoice(name, eta_a, eta_b)
    if name == "finite":
        alice, bob = (_states(table, key) for key in ("alice", "bob"))
        if len(alice) != len(bob):
            table.refuse("bob", f"number of rows is {len(bob)}", f"{len(alice)} wanted, one for each row of alice")
        return ModelChoice(name, alice=alice, bob=bob)
    if name == "hull":
        return ModelChoice(name, parts=_parts(table))
    return ModelChoice(name)


def _purities(table: Table) -> tuple[float, float]:
    if "eta" in table:
        for key in ("eta_a", "eta_b"):
            if key in table:
                table.refuse(key, "given beside eta", "give eta, or eta_a and eta_b")
    elif "eta_a" in table or "eta_b" in table:
        remedy = "give both eta_a and eta_b"
        return _purity(table, "eta_a", remedy=remedy), _purity(table, "eta_b", remedy=remedy)
    eta = _purity(table, "eta", default=1.0)
    return eta, eta


def _purity(table: Table, key: str, *, default: float | None = None, remedy: str = "") -> float:
    value = table.number(key, 0.0, 1.0, default=default, remedy=remedy)
    if not is_purity(value):
        table.refuse(key, f"is {value:g}", PURITY)
    return value


def _states(table: Table, key: str) -> tuple[tuple[float, ...], ...]:
    table.need(key, "give alice = [[A_i]…] and bob = [[B_j]…], a row for each hidden state")
    rows = table.matrix(key, high=1.0, column_is="as in the first row", most=MAX_HIDDEN_STATES)
    return tuple(tuple(row) for row in rows)


def _parts(table: Table) -> tuple[ModelChoice, ...]:
    entries = table.need("of", 'list the models, of = [{name = "bell"}, …]')
    if not isinstance(entries, list) or not entries:
        table.refuse("of", "must be a list of models that is not empty", 'for example [{name = "bell"}]')
    if len(entries) > MAX_PARTS:
        table.refuse("of", f"has {len(entries)} models, above the limit of {MAX_PARTS}")
    parts = []
    for index, entry in enumerate(entries):
        inner = Table(table.document, (*table.path, "of", index), entry)
        if inner.content.get("name") in ("hull", "quantum"):
            inner.refuse("name", f"a hull cannot contain {inner.content['name']}", "list other models")
        parts.append(_read(inner, [name for name in MODEL_KEYS if name not in ("hull", "quantum")]))
    if sum(part.name == "bell" for part in parts) > MAX_BELLS:
        table.refuse("of", f"names bell more often than the limit of {MAX_BELLS}", "once says as much")
    return tuple(parts)


def check_widths(choice: ModelChoice, table: Table, shape: Shape) -> None:
    """Refuse a finite model whose rows do not have an entry for each setting, or with too many of them."""
    paths = [((), choice), *((("of", index), part) for index, part in enumerate(choice.parts))]
    for path, part in paths:
        for key, rows, wanted in (("alice", part.alice, shape[0]), ("bob", part.bob, shape[1])):
            if rows and len(rows[0]) != wanted:
                problem = f"number of entries is {len(rows[0])}"
                table.refuse((*path, key, 0), problem, f"{wanted} wanted, one for each setting")
        if len(part.alice) * shape[0] * shape[1] > MAX_VALUES:
            count = f"{len(part.alice)} hidden states for {shape[0] * shape[1]} pairs of settings"
            table.refuse((*path, "alice"), f"{count} are together above the limit of {MAX_VALUES}", "use fewer")
