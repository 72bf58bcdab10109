"""The JSON Schema of problem files: it knows every key, and refuses nothing that `nsmodels run` accepts."""

from __future__ import annotations

import copy
import json
import random
import tomllib
from typing import Any

import pytest
from typer.testing import CliRunner

from nsmodels.cli import app
from nsmodels.errors import InputError
from nsmodels.files.keys import KEYS, TABLE_LINES
from nsmodels.files.problem import from_data, shipped
from nsmodels.files.schema import NEEDED, schema
from nsmodels.files.toml.table import TABLES, TOP, USED_BY
from nsmodels.models.registry import ENTRIES

jsonschema = pytest.importorskip("jsonschema", reason="the extra test is not installed")

SAMPLES: tuple[Any, ...] = (
    *(0, 1, -1, 3, 0.5, 1.5, -0.25, 1e-7, 1e13, True, False, "", "bell", "leggett", "white", "alice", "free", "match"),
    *("singlet", "chsh", "nonsignaling", "triad", [], [0.5, 0.5], [[0, 0, 1]], [[1, 0, 0], [0, 0, 1]]),
    [[0, 0], [0, 1]],
    *([[0.5, 0.5], [0.5, -0.5]], [{"name": "bell"}], {"name": "bell"}, {"correlators": [[0.0]]}, {}),
)


def validator() -> Any:
    content = schema()
    kind = jsonschema.validators.validator_for(content)
    kind.check_schema(content)
    return kind(content)


def problems() -> dict[str, dict[str, Any]]:
    return {name: tomllib.loads(path.read_text(encoding="utf-8")) for name, path in shipped().items()}


def accepted(data: dict[str, Any]) -> bool:
    try:
        from_data(data, "x.toml")
    except InputError:
        return False
    return True


def test_every_key_is_described_and_no_other() -> None:
    assert {name: tuple(keys) for name, keys in KEYS.items() if name} == TABLES
    assert (*KEYS[""], *TABLES) == TOP
    assert set(TABLE_LINES) == set(TABLES)
    assert set(NEEDED) == set(USED_BY)
    for keys in KEYS.values():
        for key in keys.values():
            assert not key.meaning.endswith(".")


def test_every_model_has_its_keys_alone() -> None:
    check = validator()
    for entry in ENTRIES:
        for key in TABLES["model"]:
            samples: dict[str, Any] = {"of": [{"name": "bell"}], "party": "bob", "hidden": "free"}
            samples["error"] = 0.1
            table = {"name": entry.name, key: samples.get(key, [[0.5]])}
            if key.startswith("eta"):
                table[key] = 0.5
            if key in ("name", "level", "subject_to"):
                table[key] = {"name": entry.name, "level": "2", "subject_to": [{"name": "chsh", "equals": 2}]}[key]
            data = {"schema": 1, "kind": "bound", "model": table, "functional": {"correlators": [[1]]}}
            assert check.is_valid(data) == (key == "name" or key in entry.parameters), (entry.name, key)


def test_shipped_problems_are_valid() -> None:
    check = validator()
    for name, data in problems().items():
        assert [error.message for error in check.iter_errors(data)] == [], name


def mutated(data: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    """One to two changes anywhere: a key less, another value, another key."""
    data = copy.deepcopy(data)
    for _ in range(chance.choice((1, 1, 2))):
        tables = [name for name in data if name in TABLES and isinstance(data[name], dict)]
        where = chance.choice(["", *tables]) if tables else ""
        table, known = (data, TOP) if where == "" else (data[where], TABLES[where])
        what = chance.randrange(3)
        if what == 0 and table:
            del table[chance.choice(list(table))]
        else:
            key = chance.choice(list(table) if what == 1 and table else [*known, "surplus"])
            table[key] = copy.deepcopy(chance.choice(SAMPLES))
    return data


@pytest.mark.parametrize("seed", range(2))
def test_what_the_schema_refuses_run_refuses_too(seed: int) -> None:
    check, chance = validator(), random.Random(seed)
    counts = {(a, b): 0 for a in (True, False) for b in (True, False)}
    small = [data for data in problems().values() if len(json.dumps(data)) < 2000]
    for _ in range(500):
        data = mutated(chance.choice(small), chance)
        good, valid = accepted(data), check.is_valid(data)
        assert valid or not good, (data, [error.message for error in check.iter_errors(data)])
        counts[good, valid] += 1
    assert counts[True, True] >= 50  # there is something to refuse wrongly
    assert counts[False, False] >= 0.8 * counts[False, True]  # and much is refused


def test_the_command_prints_it() -> None:
    done = CliRunner().invoke(app, ["schema"])
    assert done.exit_code == 0
    assert json.loads(done.stdout) == schema()
