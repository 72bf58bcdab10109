"""The JSON Schema of problem files, from which editors complete and check: ``nsmodels schema`` prints it.

It is written from the registries of models, families, functionals and behaviours and from `nsmodels.files.keys`.
Whatever it refuses, ``nsmodels run`` refuses too; that tables fit each other's sizes is checked by ``run`` alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from itertools import combinations
from typing import Any

from ..behaviours import BEHAVIOURS
from ..functionals import FUNCTIONALS
from ..general.models import MODELS
from ..models.registry import ENTRIES
from ..settings import FAMILIES
from .keys import KEYS, SCENARIO_KEYS, TABLE_LINES, Key
from .sections import scenario
from .sections.correlations import NOTATIONS
from .toml.table import ALIASES, NOISE, TABLES, USED_BY

__all__ = ["NEEDED", "as_text", "schema"]

DRAFT = "http://json-schema.org/draft-07/schema#"
"""The version of JSON Schema that editors of TOML read."""

NEEDED: Mapping[str, tuple[str, ...]] = {
    "bound": ("model", "functional"),
    "visibility": ("model",),
    "marginals": (),
    "local_content": (),
    "design": ("model", "design"),
    "analysis": ("model", "data"),
}
"""The tables that a kind cannot do without."""

SCENARIO_NEEDED: Mapping[str, tuple[str, ...]] = {
    "bound": ("model", "functional"),
    "visibility": ("model", "behaviour"),
    "marginals": ("behaviour",),
}
"""The same for problems with a table [scenario]."""

_Schema = dict[str, Any]


def schema() -> _Schema:
    """The schema as plain data."""
    tables = {name: _table(name) for name in TABLES}
    forms = ("family", "alice", "alice_deg", "alice_waveplates_deg")
    tables["settings"]["anyOf"] = [{"required": [key]} for key in forms]
    ways = ("name", "correlators", *NOTATIONS)
    tables["functional"]["oneOf"] = [
        *({"required": [key]} for key in ways),
        {"properties": dict.fromkeys(ways, False)},
    ]
    tables["functional"]["allOf"] = _named("name", {x.name: x.parameters for x in FUNCTIONALS.values()}, ("moduli",))
    beside = ("normalise", "uncertainty_deg")
    tables["settings"]["allOf"] = _named("family", {x.name: x.parameters for x in FAMILIES.values()}, beside)
    tables["behaviour"]["allOf"] = _named(
        "name", {x.name: x.parameters for x in BEHAVIOURS.values()}, ("pairs", "marginals", "noise")
    )
    tables["behaviour"]["not"] = {"anyOf": [
        {"required": list(two)} for two in combinations(("name", "correlators", "counts"), 2)
    ]}  # fmt: skip
    tables["behaviour"]["properties"] |= {"noise": _noise(), "errors": _errors()}
    tables["model"]["required"] = ["name"]
    tables["model"]["allOf"] = _named("name", {x.name: x.parameters for x in ENTRIES}, ())
    tables["model"]["properties"]["of"]["items"] = {"$ref": "#/definitions/model"}
    tables["design"]["properties"]["start"] = {"$ref": "#/definitions/settings"}
    tables["expected"]["anyOf"] = [{"required": [key]} for key in ("value", "lower", "upper", "verdict")]
    tables["expected"]["not"] = {"required": ["value"], "anyOf": [{"required": ["lower"]}, {"required": ["upper"]}]}
    top = _properties(KEYS[""])
    top["kind"]["enum"] = list(USED_BY)
    spellings = {name: name for name in tables} | {other: word for other, word in ALIASES.items() if word in tables}
    more = _scenario_tables()
    tables["scenario"] = more["scenario"]
    own = {other: name for other, name in spellings.items() if name in more and more[name] != tables[name]}
    refs = {other: _ref(name) for other, name in spellings.items()}
    pairs = {other: {"anyOf": [_ref(name), _ref(f"scenario_{name}")]} for other, name in own.items()}
    return {
        "$schema": DRAFT,
        "title": "nsmodels problem",
        "description": "A question about hidden-variable models without signalling, for `nsmodels run`.",
        "type": "object",
        "properties": {**top, **refs, **pairs},
        "required": ["schema", "kind"],
        "additionalProperties": False,
        "if": {"required": ["scenario"]},
        "then": {
            "properties": {"kind": {"enum": list(scenario.SCENARIO_USED_BY)},
                           **{other: _ref(f"scenario_{name}") for other, name in own.items()}},
            "allOf": [_kind(kind, used, SCENARIO_NEEDED) for kind, used in scenario.SCENARIO_USED_BY.items()],
        },
        "else": {
            "properties": {other: refs[other] for other in own},
            "allOf": [_kind(kind, used, NEEDED) for kind, used in USED_BY.items()],
        },
        "definitions": tables | {f"scenario_{name}": more[name] for name in own.values()},
    }  # fmt: skip


def as_text() -> str:
    """The schema as JSON."""
    return json.dumps(schema(), indent=2, ensure_ascii=False)


def _properties(keys: Mapping[str, Key]) -> dict[str, _Schema]:
    return {name: {**key.values, "description": _said(key)} for name, key in keys.items()}


def _said(key: Key) -> str:
    left_out = f" Left out: {key.default}." if key.default else ""
    return f"{key.meaning[0].upper()}{key.meaning[1:]}.{left_out}"


def _ref(name: str) -> _Schema:
    return {"$ref": f"#/definitions/{name}"}


def _scenario_tables() -> dict[str, _Schema]:
    """The tables of problems with a table [scenario]."""
    tables = {name: _table(name, SCENARIO_KEYS) for name in SCENARIO_KEYS}
    alike = ("parties", "settings")
    tables["scenario"] |= {"required": ["outcomes"], "oneOf": [
        {"required": list(alike), "properties": {"outcomes": {"type": "integer"}}},
        {"properties": {"outcomes": {"type": "array"}, **dict.fromkeys(alike, False)}},
    ]}  # fmt: skip
    tables["model"] |= {"required": ["name"]}
    tables["model"]["allOf"] = _named("name", {name: kind.keys for name, kind in MODELS.items()}, ())
    for name, model in MODELS.items():
        if model.keys:
            named = {"properties": {"name": {"const": name}}, "required": ["name"]}
            tables["model"]["allOf"].append({"if": named, "then": {"required": list(model.keys)}})
    tables["functional"]["oneOf"] = [{"required": [key]} for key in ("name", "probabilities")]
    tables["functional"]["allOf"] = _named("name", scenario.FUNCTIONALS, ())
    tables["behaviour"]["oneOf"] = [{"required": [key]} for key in ("name", "probabilities")]
    tables["behaviour"]["allOf"] = _named("name", scenario.BEHAVIOURS, ("noise",))
    only = _properties({"probabilities": SCENARIO_KEYS["behaviour"]["probabilities"]})
    noise = {"type": "object", "properties": only, "required": list(only), "additionalProperties": False}
    tables["behaviour"]["properties"]["noise"] = {"anyOf": [{"const": "white"}, noise]}
    tables["expected"]["anyOf"] = [{"required": [key]} for key in ("value", "lower", "upper")]
    tables["expected"]["not"] = {"required": ["value"], "anyOf": [{"required": ["lower"]}, {"required": ["upper"]}]}
    return tables


def _table(name: str, keys: Mapping[str, Mapping[str, Key]] = KEYS) -> _Schema:
    return {
        "type": "object",
        "description": TABLE_LINES[name],
        "properties": _properties(keys[name]),
        "additionalProperties": False,
    }


def _named(key: str, known: Mapping[str, Iterable[str]], more: tuple[str, ...]) -> list[_Schema]:
    """The names that a key may have, and the other keys that go with each name."""
    others = {name: name for name in known} | {other: word for other, word in ALIASES.items() if word in known}
    rules: list[_Schema] = [{"properties": {key: {"type": "string", "enum": list(others)}}}]
    for name, word in others.items():
        allowed = [key, *known[word], *more]
        rules.append({
            "if": {"properties": {key: {"const": name}}, "required": [key]},
            "then": {"propertyNames": {"enum": allowed}},
        })  # fmt: skip
    return rules


def _noise() -> _Schema:
    keys = _properties({key: KEYS["behaviour"][key] for key in NOISE})
    table = {"type": "object", "properties": keys, "required": ["correlators"], "additionalProperties": False}
    return {"anyOf": [{"const": "white"}, table], "description": _said(KEYS["behaviour"]["noise"])}


def _errors() -> _Schema:
    vector = {"type": "array", "items": {"type": "number", "minimum": 0.0}}
    keys = {key: {"type": "array", "items": vector} if key == NOISE[0] else vector for key in NOISE}
    table = {"type": "object", "properties": keys, "required": ["correlators"], "additionalProperties": False}
    return {**table, "description": _said(KEYS["behaviour"]["errors"])}


def _kind(kind: str, used: Iterable[str], needed: Mapping[str, tuple[str, ...]]) -> _Schema:
    """Which tables a kind needs, and which it has no use for."""
    unused = [name for name in TABLES if name not in used]
    unused += [other for other, word in ALIASES.items() if word in unused]
    then: _Schema = {"properties": dict.fromkeys(unused, False)}
    if needed[kind]:
        spellings = {name: [name, *(other for other, word in ALIASES.items() if word == name)] for name in needed[kind]}
        then["allOf"] = [{"anyOf": [{"required": [own]} for own in names]} for names in spellings.values()]
    return {"if": {"properties": {"kind": {"const": kind}}, "required": ["kind"]}, "then": then}
