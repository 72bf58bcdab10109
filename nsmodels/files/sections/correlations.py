"""The tables ``[functional]`` and ``[behaviour]``."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from ...behaviours import BEHAVIOURS
from ...core.behaviour import Behaviour
from ...core.functional import Functional
from ...functionals import FUNCTIONALS
from ..toml.lines import shown
from ..toml.table import Table
from .settings import MAX_DEGREES, Sizes, made

MAX_COEFFICIENT = 1e12
MAX_CHAIN = 1000
POSITIVITY_TOLERANCE = 1e-9

Matrix = list[list[float]]


def read_functional(table: Table, sizes: Sizes) -> Functional:
    """A functional by name or by coefficients."""
    if "correlators" in table:
        _only_correlators(table, ("alice", "bob", "constant"), "functional")
        matrix = sizes.correlators(table, MAX_COEFFICIENT)
        alice, bob = sizes.sides(table, MAX_COEFFICIENT)
        constant = table.number("constant", -MAX_COEFFICIENT, MAX_COEFFICIENT, default=0.0)
        return made(table, lambda: Functional(matrix, alice, bob, constant))
    name = table.choice("name", FUNCTIONALS, remedy="give a name, or correlators")
    family = FUNCTIONALS[name]
    table.only(("name", *family.parameters), f"the functional {name}")
    if family.needs_settings and sizes.settings is None:
        table.refuse("name", f"{name} belongs to directions", "add a table [settings]")
    parameters = {}
    for key in family.parameters:
        default = sizes.shape[0] if sizes.shape else None
        parameters[key] = table.integer(key, 1, MAX_CHAIN, default, remedy=f"the functional {name} needs {key}")
    functional = made(table, lambda: family.build(sizes.settings, parameters), "name")
    sizes.same(table, name, functional.shape)
    return functional


@dataclass(frozen=True)
class Target:
    """What ``[behaviour]`` says: the correlations, whether their marginals matter, and the noise (None: white)."""

    behaviour: Behaviour
    marginals: str
    noise: Behaviour | None
    resolved: dict[str, Any]


def read_behaviour(table: Table, sizes: Sizes, kind: str) -> Target:
    """Correlations by name or by numbers; the singlet on the settings where nothing is said."""
    if kind == "marginals" and "noise" in table:
        table.refuse("noise", 'not used by kind = "marginals"', "remove it")
    wanted = table.choice("marginals", ("match", "free"), "match")
    resolved: dict[str, Any] = {}
    if "correlators" in table:
        _only_correlators(table, ("alice", "bob", "pairs", "marginals", "noise"), "behaviour")
        behaviour = _explicit(table, sizes, kind)
    else:
        behaviour = _named(table, sizes)
        resolved["name"] = behaviour.name
    if wanted == "free":
        behaviour = behaviour.with_marginals(None, None)
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
    if kind == "marginals" and alice is not None and bob is not None:
        _check_positive(table, matrix, alice, bob, pairs)
    return made(
        table,
        lambda: Behaviour(matrix, alice, bob, known=known, settings=sizes.settings),
    )


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
