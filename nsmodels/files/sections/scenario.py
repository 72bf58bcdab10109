"""Problems about more outcomes or parties: the table ``[scenario]`` and what goes with it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from ...core.general_scenario import MOST_ENTRIES, MOST_PARTIES, Scenario
from ...core.general_tables import cglmp, ghz, maximally_entangled, mermin, svetlichny
from ...errors import InputError
from ...general.models import MODELS, ScenarioModel, model_of
from ...general.questions import bound, decompose, marginals
from ...general.results import ScenarioAnswer, Tables
from ...models.registry import ENTRIES
from ..hints import hint
from ..toml.lines import shown
from ..toml.table import ALIASES, TABLES, TOP, Document, Table, kind_of
from .correlations import MAX_COEFFICIENT
from .settings import MAX_DEGREES, told_in_file

__all__ = [
    "BEHAVIOURS", "FUNCTIONALS", "MOST_LEVELS", "NAMES", "SCENARIO_TABLES", "SCENARIO_USED_BY", "ask", "check_keys",
    "read_scenario", "tables_of",
]  # fmt: skip

Array = NDArray[np.float64]
NAMES = tuple(MODELS)
FUNCTIONALS: Mapping[str, tuple[str, ...]] = {"cglmp": ("d",), "mermin": (), "svetlichny": ()}
BEHAVIOURS = {"maximally_entangled": ("d",), "ghz": ("angles_deg",)}
SCENARIO_TABLES: dict[str, tuple[str, ...]] = {
    "scenario": TABLES["scenario"],
    "model": ("name", "marginals"),
    "functional": ("name", "d", "probabilities"),
    "behaviour": ("name", "d", "angles_deg", "probabilities", "noise"),
    "options": ("tolerance", "time_limit_s", "seed"),
    "expected": ("value", "lower", "upper", "tolerance", "source"),
}
"""The tables of problems about more outcomes or parties, those with a table [scenario]."""
SCENARIO_USED_BY = {
    "bound": ("scenario", "model", "functional", "options", "expected"),
    "visibility": ("scenario", "model", "behaviour", "options", "expected"),
    "marginals": ("scenario", "model", "behaviour", "options", "expected"),
}
STAYS_OUT = "laws for marginals and the quantum side are for two parties with outcomes ±1, without [scenario]"
MOST_LEVELS = 12


def check_keys(document: Document) -> None:
    """Refuse what problems with a table [scenario] do not have, and say so of what others have."""
    for key, value in document.data.items():
        name = ALIASES.get(key, key)
        known = SCENARIO_TABLES.get(name)
        if known is None and name in TABLES:
            document.refuse((key,), "a table for two parties with outcomes ±1", "remove it, or the table [scenario]")
        if known is None and name not in TOP:
            document.refuse((key,), "unknown key", hint("", key, (*TOP[:4], *SCENARIO_TABLES)))
        for own in value if known is not None and isinstance(value, dict) else ():
            if own not in (known or ()):
                other = own in TABLES.get(name, ())
                remedy = f"known here: {', '.join(known or ())}" if other else hint(name, own, known or ())
                document.refuse((key, own), "not for problems with [scenario]" if other else "unknown key", remedy)
        noise = value.get("noise") if name == "behaviour" and isinstance(value, dict) else None
        for own in noise if isinstance(noise, dict) else ():
            if own != "probabilities":
                document.refuse((key, "noise", own), "unknown key", "a table of noise has probabilities")


def tables_of(top: Table, kind: str) -> dict[str, Table]:
    """The tables by name, every one of use to the kind and none missing."""
    if kind not in SCENARIO_USED_BY:
        kinds = " or ".join(f'"{other}"' for other in SCENARIO_USED_BY)
        top.refuse("kind", f'"{kind}" is for two parties with outcomes ±1', f"with [scenario] ask for {kinds}")
    tables = dict(top.tables(SCENARIO_TABLES, SCENARIO_USED_BY, kind))
    for name in ("model", "functional", "behaviour"):
        if name in SCENARIO_USED_BY[kind] and name not in tables and (kind, name) != ("marginals", "model"):
            top.need(name, f'kind = "{kind}" needs a table [{name}]')
    return tables


def read_scenario(tables: Mapping[str, Table], kind: str) -> tuple[Tables, dict[str, Any]]:
    """What is asked, and what the result file tells of it under ``resolved``."""
    scenario = _scenario(tables["scenario"])
    model = _model(tables["model"], scenario) if "model" in tables else model_of("nonsignalling", scenario)
    resolved: dict[str, Any] = {"scenario": {"outcomes": [list(counts) for counts in scenario.outcomes]}}
    resolved["model"] = model.resolved()
    if kind == "bound":
        return Tables(scenario, model, functional=_functional(tables["functional"], scenario)), resolved
    table, noise = tables["behaviour"], None
    given = table.content.get("noise", "white")
    if kind == "marginals" and "noise" in table:
        table.refuse("noise", 'not used by kind = "marginals"', 'remove it; it is for kind = "visibility"')
    if isinstance(given, dict):
        inner = Table(table.document, (*table.path, "noise"), given)
        inner.need("probabilities", "give probabilities, a table like that of the behaviour")
        noise = _nested(inner, "probabilities", scenario.shape)
        _made(inner, "probabilities", lambda: scenario.exact(scenario.table(noise, "it"), "it"))
    elif given != "white":
        table.refuse("noise", f"is {shown(given)}", 'write "white", or a table with probabilities')
    return Tables(scenario, model, behaviour=_behaviour(table, scenario), noise=noise), resolved


def ask(kind: str, asked: Tables, **limits: Any) -> ScenarioAnswer:
    """Put the question."""
    if kind == "bound":
        assert asked.functional is not None
        return bound(asked.functional, asked.model, **limits)
    assert asked.behaviour is not None
    if kind == "marginals":
        return marginals(asked.behaviour, asked.model, **limits)
    return decompose(asked.behaviour, asked.model, noise=asked.noise, **limits)


def _made(table: Table, key: str | None, make: Any) -> Any:
    """What a constructor of Python makes; its refusal gets the place in the file."""
    try:
        return make()
    except InputError as error:
        table.refuse(key, told_in_file(error).removeprefix("general: "))


def _scenario(table: Table) -> Scenario:
    if "parties" in table or "settings" in table:
        remedy = "give parties, settings and outcomes as whole numbers, or outcomes = [[…], …] alone"
        parties = table.integer("parties", 1, MOST_PARTIES, remedy=remedy)
        settings = table.integer("settings", 1, MOST_ENTRIES, remedy=remedy)
        outcomes = table.integer("outcomes", 2, 100, remedy=remedy)
        counts = [[outcomes] * settings] * parties
    else:
        remedy = "write outcomes = [[2, 2], [3, 3]]: for each party the outcomes of each setting"
        value = table.need("outcomes", remedy)
        if not isinstance(value, list) or not value or not all(isinstance(own, list) and own for own in value):
            table.refuse("outcomes", "must be a list of lists, one for each party", remedy)
        for k, own in enumerate(value):
            for x, count in enumerate(own):
                if isinstance(count, bool) or not isinstance(count, int):
                    table.refuse(("outcomes", k, x), f"must be an integer, is {kind_of(count)}", remedy)
                if not 2 <= count <= 100:
                    table.refuse(("outcomes", k, x), f"is {shown(count)}", "a setting has from 2 to 100 outcomes")
        counts = value
    scenario: Scenario = _made(table, "outcomes", lambda: Scenario(counts))
    return scenario


def _model(table: Table, scenario: Scenario) -> ScenarioModel:
    name = table.text("name")
    if name in {entry.name for entry in ENTRIES} - set(NAMES):
        called = "".join(f'write "{other}"; ' for other, kind in MODELS.items() if name in kind.called)
        remedy = f"{called}known here: {', '.join(NAMES)}; {STAYS_OUT}"
        table.refuse("name", f"{name} is not a model of scenarios", remedy)
    name = table.choice("name", NAMES)
    kind = MODELS[name]
    table.only(("name", *kind.keys), f"the model {name}")
    for key in kind.keys:
        table.need(key, "give marginals[state][party][setting], lists of probabilities")
    model: ScenarioModel = _made(table, "".join(kind.keys) or None, lambda: kind.from_table(table.content, scenario))
    return model


def _outcomes(table: Table, scenario: Scenario, name: str) -> int:
    """The number d of a name for two parties with two settings of d outcomes each."""
    d = scenario.outcomes[0][0]
    if scenario.outcomes != ((d, d), (d, d)):
        _other(table, name, scenario, "[[d, d], [d, d]]")
    if table.integer("d", 2, MOST_LEVELS, d) != d:
        table.refuse("d", f"is {table.content['d']}", f"the scenario has {d} outcomes a setting")
    if d > MOST_LEVELS:
        table.refuse("name", f"{name} is known for at most {MOST_LEVELS} outcomes", "use fewer")
    return d


def _three(table: Table, scenario: Scenario, name: str) -> None:
    if scenario.outcomes != ((2, 2), (2, 2), (2, 2)):
        _other(table, name, scenario, "[[2, 2], [2, 2], [2, 2]]")


def _other(table: Table, name: str, scenario: Scenario, wanted: str) -> NoReturn:
    is_now = f"not {[list(counts) for counts in scenario.outcomes]}"
    table.refuse("name", f"{name} is for other outcomes", f"it wants outcomes = {wanted} in [scenario], {is_now}")


def _functional(table: Table, scenario: Scenario) -> Array:
    if "probabilities" in table:
        table.only(("probabilities",), "a functional given by probabilities")
        found = _nested(table, "probabilities", scenario.shape, MAX_COEFFICIENT)
    else:
        name = table.choice("name", FUNCTIONALS, remedy="give a name, or probabilities = s[a][b]…[x][y]…")
        table.only(("name", *FUNCTIONALS[name]), f"the functional {name}")
        if name == "cglmp":
            return cglmp(_outcomes(table, scenario, name))
        _three(table, scenario, name)
        return mermin() if name == "mermin" else svetlichny()
    checked: Array = _made(table, "probabilities", lambda: scenario.table(found, "it"))
    return checked


def _behaviour(table: Table, scenario: Scenario) -> Array:
    if "probabilities" in table:
        table.only(("probabilities", "noise"), "a behaviour given by probabilities")
        found = _nested(table, "probabilities", scenario.shape)
        checked: Array = _made(table, "probabilities", lambda: scenario.table(found, "it"))
        _made(table, "probabilities", lambda: scenario.exact(checked, "it"))
        return checked
    name = table.choice("name", BEHAVIOURS, remedy="give a name, or probabilities = p[a][b]…[x][y]…")
    table.only(("name", "noise", *BEHAVIOURS[name]), f"the behaviour {name}")
    if name == "maximally_entangled":
        return maximally_entangled(_outcomes(table, scenario, name))
    _three(table, scenario, name)
    if "angles_deg" not in table:
        return ghz()
    return ghz(angles_deg=table.matrix("angles_deg", 3, 2, high=MAX_DEGREES, row_is="one for each party"))


def _nested(table: Table, key: str, shape: tuple[int, ...], high: float = math.inf) -> Array:
    """A table p[a][b]…[x][y]…, list in list, outcomes first."""
    parties = len(shape) // 2
    letters = [*(f"outcomes of party {k}" for k in range(parties)), *(f"settings of party {k}" for k in range(parties))]
    found: list[float] = []

    def walk(path: tuple[str | int, ...], value: Any, level: int) -> None:
        if not isinstance(value, list) or len(value) != shape[level]:
            many = f"has {len(value)} entries" if isinstance(value, list) else f"is {shown(value)}"
            table.refuse(path, many, f"{shape[level]} wanted, the {letters[level]}")
        for index, entry in enumerate(value):
            place = (*path, index)
            if level < len(shape) - 1:
                walk(place, entry, level + 1)
                continue
            number = table.as_number(place, entry)
            if abs(number) > high:
                table.refuse(place, f"is {number:g}", f"the limit is ±{high:g}")
            found.append(number)

    walk((key,), table.content[key], 0)
    return np.array(found).reshape(shape)
