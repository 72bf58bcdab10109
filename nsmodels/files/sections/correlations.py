"""The tables ``[functional]`` and ``[behaviour]``."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ...behaviours import BEHAVIOURS
from ...core.behaviour import Behaviour, StandardErrors
from ...core.functional import Functional
from ...functionals import FUNCTIONALS
from ..toml.lines import shown
from ..toml.table import MAX_SETTINGS, SENSES, Table
from .counts import counts_of, covering
from .settings import MAX_DEGREES, Sizes, limit_pairs, made

MAX_COEFFICIENT = 1e12
MAX_CHAIN = 1000
POSITIVITY_TOLERANCE = 1e-9

Matrix = list[list[float]]


ENTRIES = "write s[a][b][x][y]"
NOTATIONS: Mapping[str, Callable[[Any], Functional]] = {
    "collins_gisin": Functional.from_collins_gisin,
    "full_correlators": Functional.from_full_correlators,
    "probabilities": Functional.from_probabilities,
}
"""Whole tables of coefficients, each in a notation of its own."""


def read_functional(table: Table, sizes: Sizes) -> Functional:
    """A functional by name, by coefficients, or by one table in a notation of the field."""
    given = [key for key in ("correlators", *NOTATIONS) if key in table]
    if len(given) > 1:
        table.refuse(given[1], f"given beside {given[0]}", "give one of them")
    if given and given[0] != "correlators":
        return _in_notation(table, given[0], sizes)
    if "correlators" in table:
        _only_correlators(table, ("alice", "bob", "constant", "moduli"), "functional")
        _not_marginals_first(table, sizes)
        matrix = sizes.correlators(table, MAX_COEFFICIENT)
        alice, bob = sizes.sides(table, MAX_COEFFICIENT)
        constant = table.number("constant", -MAX_COEFFICIENT, MAX_COEFFICIENT, default=0.0)
        return made(table, lambda: Functional(matrix, alice, bob, constant))
    name = table.choice("name", FUNCTIONALS, remedy="give a name, or correlators")
    family = FUNCTIONALS[name]
    table.only(("name", "moduli", *family.parameters), f"the functional {name}")
    if family.needs_settings and sizes.settings is None:
        table.refuse("name", f"{name} belongs to directions", "add a table [settings]")
    parameters: dict[str, float] = {}
    for key in family.parameters:
        remedy = f"the functional {name} needs {key}"
        if key == "n":
            parameters[key] = table.integer(key, 1, MAX_CHAIN, sizes.shape[0] if sizes.shape else None, remedy=remedy)
        else:
            low, high = (-MAX_COEFFICIENT, MAX_COEFFICIENT) if key == "beta" else (0.0, 1.0)
            parameters[key] = table.number(key, low, high, remedy=remedy)
    functional = made(table, lambda: family.build(sizes.settings, parameters), "name")
    sizes.same(table, name, functional.shape)
    return functional


def _not_marginals_first(table: Table, sizes: Sizes) -> None:
    """Refuse a table of one row and one column too many, which has constants and marginals first."""
    rows = table.content["correlators"]
    if sizes.shape is None or not isinstance(rows, list) or len(rows) != sizes.shape[0] + 1:
        return
    if all(isinstance(row, list) and len(row) == sizes.shape[1] + 1 for row in rows):
        found = f"is a table of {len(rows)}×{len(rows[0])} for {sizes.shape[0]}×{sizes.shape[1]} settings"
        table.refuse("correlators", found, "with constants and marginals first write collins_gisin or full_correlators")


def _in_notation(table: Table, key: str, sizes: Sizes) -> Functional:
    """A functional given by one whole table."""
    table.only((key, "moduli"), f"a functional given by {key}")
    if key == "probabilities":
        numbers: Any = _probabilities(table, key, sizes)
        shape = len(numbers[0][0]), len(numbers[0][0][0])
    else:
        rows, columns = (None, None) if sizes.shape is None else (sizes.shape[0] + 1, sizes.shape[1] + 1)
        numbers = table.matrix(
            key, rows, columns, high=MAX_COEFFICIENT, most=MAX_SETTINGS + 1,
            row_is="one more than Alice's settings" if rows else "",
            column_is="one more than Bob's settings" if rows else "as in the first row",
        )  # fmt: skip
        shape = len(numbers) - 1, len(numbers[0]) - 1
        if min(shape) < 1:
            table.refuse(key, f"is a table of {len(numbers)}×{len(numbers[0])}", "constants and marginals come first")
    limit_pairs(table, key, *shape)
    functional = made(table, lambda: NOTATIONS[key](numbers), key)
    sizes.shape = shape
    return functional


def _probabilities(table: Table, key: str, sizes: Sizes) -> list[list[list[list[float]]]]:
    """Coefficients s[a][b][x][y]: two outcomes a side, then a row for each of Alice's settings."""
    value = table.content[key]
    for path, entry in (((key,), value), *(((key, a), row) for a, row in enumerate(value if _pair(value) else ()))):
        if not _pair(entry):
            table.refuse(path, "must be a list of two entries, one for each outcome", ENTRIES)
    first = value[0][0]
    n_alice = sizes.shape[0] if sizes.shape else len(first) if isinstance(first, list) else 0
    n_bob = sizes.shape[1] if sizes.shape else None
    found: list[list[list[list[float]]]] = []
    for a in range(2):
        found.append([])
        for b in range(2):
            rows = value[a][b]
            if not isinstance(rows, list) or not rows or len(rows) != n_alice:
                table.refuse((key, a, b), "must be a list of rows, one for each of Alice's settings", ENTRIES)
            block = []
            for x, row in enumerate(rows):
                if not isinstance(row, list) or not row:
                    table.refuse((key, a, b, x), "must be a list of numbers, one for each of Bob's settings")
                n_bob = n_bob or len(row)
                place = (key, a, b, x)
                block.append(table.vector(place, n_bob, "one for each of Bob's settings", high=MAX_COEFFICIENT))
            found[-1].append(block)
    return found


def _pair(value: object) -> bool:
    return isinstance(value, list) and len(value) == 2


def read_constraints(table: Table, sizes: Sizes) -> list[tuple[Functional, str, float]]:
    """The key subject_to of a model: functionals, each with what it equals, or is at most or at least."""
    entries = table.content["subject_to"]
    if not isinstance(entries, list) or not entries:
        table.refuse("subject_to", "must be a list of constraints", "for example [{name = \"hardy\", equals = 0.0}]")
    found = []
    for index in range(len(entries)):
        inner = table.inner("subject_to", index)
        senses = [key for key in SENSES if key in inner]
        if len(senses) != 1:
            inner.refuse(None, f"has {len(senses)} of the keys {', '.join(SENSES)}", "give one of them")
        value = inner.number(senses[0], -MAX_COEFFICIENT, MAX_COEFFICIENT)
        rest = {key: entry for key, entry in inner.content.items() if key not in SENSES}
        functional = read_functional(Table(inner.document, inner.path, rest), sizes)
        found.append((functional, SENSES[senses[0]], value))
    return found


@dataclass(frozen=True)
class Target:
    """What ``[behaviour]`` says: the correlations, whether their marginals matter, and the noise (None: white)."""

    behaviour: Behaviour
    marginals: str
    noise: Behaviour | None
    resolved: dict[str, Any]


def read_behaviour(table: Table, sizes: Sizes, kind: str) -> Target:
    """Correlations by name or by numbers; the singlet on the settings where nothing is said."""
    if kind != "visibility" and "noise" in table:
        table.refuse("noise", f'not used by kind = "{kind}"', "remove it")
    measured = "counts" in table or "errors" in table
    wanted = table.choice("marginals", ("match", "free"), "free" if measured else "match")
    resolved: dict[str, Any] = {}
    if "counts" in table:
        behaviour = _counted(table, sizes)
    elif "correlators" in table:
        _only_correlators(table, ("alice", "bob", "pairs", "marginals", "noise", "errors"), "behaviour")
        behaviour = _explicit(table, sizes, kind)
    else:
        behaviour = _named(table, sizes)
        resolved["name"] = behaviour.name
    if wanted == "free":
        behaviour = with_free_marginals(behaviour)
    marginals = "match" if behaviour.has_marginals else "free"
    resolved["marginals"] = marginals
    noise = _noise(table, sizes, marginals)
    if kind == "visibility":
        resolved["noise"] = "white" if noise is None else "given"
    return Target(behaviour, marginals, noise, resolved)


def _only_correlators(table: Table, keys: tuple[str, ...], what: str) -> None:
    if "name" in table:
        table.refuse("name", "given beside correlators", "give a name, or correlators")
    table.only(("correlators", *keys), f"a {what} given by correlators")


def _named(table: Table, sizes: Sizes) -> Behaviour:
    name = table.choice("name", BEHAVIOURS, "singlet")
    family = BEHAVIOURS[name]
    table.only(("name", "pairs", "marginals", "noise", *family.parameters), f"the behaviour {name}")
    if sizes.settings is None and (family.needs_settings or name == "uniform"):
        table.refuse("name", f"the behaviour {name} belongs to settings", "add a table [settings]")
    parameters = {}
    for key in family.parameters:
        low, high = (0.0, 1.0) if key == "visibility" else (-MAX_DEGREES, MAX_DEGREES)
        parameters[key] = table.number(key, low, high, remedy=f"the behaviour {name} needs {key}")
    behaviour = made(table, lambda: family.build(sizes.settings, parameters), "name")
    sizes.same(table, name, behaviour.shape)
    return behaviour.with_pairs(sizes.pairs(table)) if "pairs" in table else behaviour


def _explicit(table: Table, sizes: Sizes, kind: str) -> Behaviour:
    matrix = sizes.correlators(table, math.inf)
    n_alice, n_bob = sizes.known()
    pairs = sizes.pairs(table) if "pairs" in table else [(i, j) for i in range(n_alice) for j in range(n_bob)]
    for i, j in pairs:
        if abs(matrix[i][j]) > 1.0:
            table.refuse(("correlators", i, j), f"is {matrix[i][j]!r}", "no box has |C| > 1")
    known = [[False] * n_bob for _ in range(n_alice)]
    for i, j in pairs:
        known[i][j] = True
    alice, bob = sizes.sides(table, 1.0)
    _both_or_neither(table, alice, bob)
    exact = kind != "visibility" and "errors" not in table
    if exact and alice is not None and bob is not None:
        _check_positive(table, matrix, alice, bob, pairs)
    errors = _errors(table, sizes, alice is not None) if "errors" in table else None
    return made(
        table,
        lambda: Behaviour(matrix, alice, bob, known=known, settings=sizes.settings, errors=errors),
    )


def with_free_marginals(behaviour: Behaviour) -> Behaviour:
    """The same without marginals; one that was measured keeps its counts and the errors of its correlators."""
    if behaviour.counts is None and behaviour.errors is None:
        return behaviour.with_marginals(None, None)
    errors = None if behaviour.errors is None else StandardErrors(behaviour.errors.correlators)
    return replace(behaviour, alice=None, bob=None, errors=errors, name=None, parameters=None)


def _counted(table: Table, sizes: Sizes) -> Behaviour:
    """Frequencies of counts, with their errors."""
    for key in ("name", "correlators"):
        if key in table:
            table.refuse(key, "given beside counts", "give counts, or correlators, or a name")
    table.only(("counts", "marginals", "noise"), "a behaviour given by counts")
    found = counts_of(table, "counts", sizes)
    sizes.shape = sizes.shape or covering(found)
    counts = np.zeros((2, 2, *sizes.shape))
    for (i, j), four in found.items():
        counts[:, :, i, j] = np.reshape(four, (2, 2))
    return made(table, lambda: Behaviour.from_counts(counts, order="abxy", settings=sizes.settings), "counts")


def _errors(table: Table, sizes: Sizes, matched: bool) -> StandardErrors:
    """The table errors: σ of every entry."""
    inner = Table(table.document, (*table.path, "errors"), table.content["errors"])
    inner.need("correlators", "give σ of the correlators, and of alice and bob where these are given")
    matrix = sizes.correlators(inner, math.inf)
    for key in ("alice", "bob"):
        if key in inner and not matched:
            inner.refuse(key, "there are no marginals", f"remove it, or give {key}")
    rows = (None if side is None else np.array(side) for side in sizes.sides(inner, math.inf))
    return made(inner, lambda: StandardErrors(np.array(matrix), *rows))

def _both_or_neither(table: Table, alice: list[float] | None, bob: list[float] | None) -> None:
    if (alice is None) != (bob is None):
        table.need("alice" if alice is None else "bob", "give the marginals of both parties, or of neither")


def _check_positive(
    table: Table, matrix: Matrix, alice: list[float], bob: list[float], pairs: list[tuple[int, int]]
) -> None:
    """Refuse a pair with a negative entry of arXiv:0801.2241, eq. (6): a box must be there to be decomposed."""
    for i, j in pairs:
        a, b, c = alice[i], bob[j], matrix[i][j]
        for which, excess in (("|A + B| <= 1 + C", abs(a + b) - 1 - c), ("|A - B| <= 1 - C", abs(a - b) - 1 + c)):
            if excess > 4 * POSITIVITY_TOLERANCE:
                problem = f"with A = {a:g}, B = {b:g} and C = {c:g} a probability is {-excess / 4:.6g}"
                table.refuse(("correlators", i, j), problem, f"{which} must hold")


def _noise(table: Table, sizes: Sizes, marginals: str) -> Behaviour | None:
    noise = table.content.get("noise", "white")
    if noise == "white":
        return None
    if isinstance(noise, str):
        table.refuse("noise", f"unknown name {shown(noise)}", 'write "white", or {correlators = …, alice = …, bob = …}')
    inner = Table(table.document, (*table.path, "noise"), noise)
    inner.need("correlators", "give correlators, and alice and bob")
    matrix = sizes.correlators(inner, 1.0)
    if marginals == "match":
        for key in ("alice", "bob"):
            inner.need(key, "give alice and bob, because the marginals are matched")
    alice, bob = sizes.sides(inner, 1.0)
    _both_or_neither(inner, alice, bob)
    return made(inner, lambda: Behaviour(matrix, alice, bob, settings=sizes.settings))
