"""The table ``[settings]``, and what must fit the number of settings: tables of correlators, marginals, pairs."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, TypeVar

from ... import settings as families
from ...common.arguments import MOST_PAIRS
from ...core.settings import NORM_TOLERANCE, Settings
from ...errors import InputError
from ...settings import ANGLE_ROWS, DIRECTIONS, FAMILIES, PLATE_ROWS
from ..toml.lines import shown
from ..toml.table import MAX_SETTINGS, Table, kind_of

MAX_SEED = 2**32 - 1
MAX_DEGREES = 360.0
"""A full turn: a larger angle is a slip of the decimal point or of the unit."""


FORMS = (("alice", "bob"), ("alice_deg", "bob_deg"), ("alice_waveplates_deg", "bob_waveplates_deg"))
"""How directions are given: rows, angles on the sphere, angles of wave plates and polarisers."""
UNCERTAIN = ("uncertainty_deg", "waveplate_uncertainty_deg")
"""Keys of kind = "analysis" alone."""

Shape = tuple[int, int]
Noun = TypeVar("Noun")


def told_in_file(error: InputError) -> str:
    """A message on one line, without the names of Python's functions, and with keys as files write them."""
    told = str(error).replace("\n", " ")
    for name in ("Data", "analyse", "decompose", "marginals"):
        told = told.removeprefix(f"{name}: ")
    told = told.replace("allow_signalling=True", "allow_signalling = true in [options]")
    for written in ('(marginals="free")', "(a Behaviour without alice and bob)"):
        told = told.replace(written, '(marginals = "free" in [behaviour])')
    return told


def made(table: Table, make: Callable[[], Noun], key: str | None = None) -> Noun:
    """Call a constructor and give its refusal a place in the file, which names the table already."""
    try:
        return make()
    except InputError as error:
        own = f"{table.path[-1]}: " if table.path else ""
        table.refuse(key, told_in_file(error).removeprefix(own))


def limit_pairs(table: Table, key: str, n_alice: int, n_bob: int) -> None:
    """Refuse more pairs of settings than any question can answer."""
    if n_alice * n_bob > MOST_PAIRS:
        count = f"{n_alice} × {n_bob} settings are {n_alice * n_bob} pairs"
        table.refuse(key, f"{count}, above the limit of {MOST_PAIRS}", "use fewer settings")


class Sizes:
    """The numbers of settings (n_A, n_B), and which table said so first.

    Attributes
    ----------
    settings : Settings or None
        The directions, where the file gives any.
    shape : (int, int) or None
        None until a table has fixed it.
    """

    def __init__(self, table: Table | None) -> None:
        self.settings = None if table is None else read_settings(table)
        self.shape: Shape | None = None if self.settings is None else self.settings.shape

    def correlators(self, table: Table, high: float) -> list[list[float]]:
        """The matrix ``correlators``, entries of size at most `high`; it may be what fixes the shape."""
        rows, columns = self.shape or (None, None)
        matrix = table.matrix(
            "correlators", rows, columns, high=high, most=MAX_SETTINGS,
            row_is="one for each of Alice's settings" if self.shape else "",
            column_is="one for each of Bob's settings" if self.shape else "as in the first row",
        )  # fmt: skip
        limit_pairs(table, "correlators", len(matrix), len(matrix[0]))
        self.shape = (len(matrix), len(matrix[0]))
        return matrix

    def sides(self, table: Table, high: float) -> tuple[list[float] | None, list[float] | None]:
        """The vectors ``alice`` and ``bob`` where given; the shape must be known."""
        n_alice, n_bob = self.known()
        return (
            table.vector("alice", n_alice, "one for each of Alice's settings", high=high) if "alice" in table else None,
            table.vector("bob", n_bob, "one for each of Bob's settings", high=high) if "bob" in table else None,
        )

    def known(self) -> Shape:
        """The shape, once a table has fixed it."""
        assert self.shape is not None
        return self.shape

    def same(self, table: Table, name: str, shape: Shape) -> None:
        """Refuse something named that belongs to another number of settings."""
        if self.shape is None:
            self.shape = shape
        elif shape != self.shape:
            found = f"{name} belongs to {shape[0]}×{shape[1]} settings, and there are {self.shape[0]}×{self.shape[1]}"
            table.refuse("name", found, "change the settings, or give correlators")

    def pairs(self, table: Table) -> list[tuple[int, int]]:
        """The list ``pairs`` of distinct [alice, bob], zero-based."""
        n_alice, n_bob = self.known()
        entries = table.content["pairs"]
        if not isinstance(entries, list) or not entries:
            table.refuse("pairs", "must be a list of [alice, bob] that is not empty", "for example [[0, 0], [0, 1]]")
        pairs: dict[tuple[int, int], None] = {}
        for index, entry in enumerate(entries):
            if not isinstance(entry, list) or len(entry) != 2 or any(type(number) is not int for number in entry):
                table.refuse(("pairs", index), "must be two whole numbers [alice, bob], counted from 0")
            i, j = entry
            if not (0 <= i < n_alice and 0 <= j < n_bob):
                limit = f"alice is 0 to {n_alice - 1}, bob 0 to {n_bob - 1}"
                table.refuse(("pairs", index), f"there is no pair {shown([i, j], 40)}", limit)
            if (i, j) in pairs:
                table.refuse(("pairs", index), f"the pair [{i}, {j}] is given twice", "remove one")
            pairs[i, j] = None
        return list(pairs)


def read_settings(table: Table) -> Settings:
    """Settings of a named family, by rows, or by angles."""
    normalise = table.flag("normalise", False)
    explicit = [key for form in FORMS for key in form if key in table]
    if "family" in table:
        if explicit:
            table.refuse(explicit[0], "given beside family", "give a family, or rows")
        family = FAMILIES[table.choice("family", FAMILIES)]
        table.only(("family", "normalise", "uncertainty_deg", *family.parameters), f"the family {family.name}")
        parameters = _family_parameters(table, family.name, family.parameters)
        return made(table, lambda: family.build(parameters))
    if not explicit:
        table.need("family", "name a family, or give alice and bob as rows [x, y, z]")
    keys = next(form for form in FORMS if explicit[0] in form)
    angles, plates = keys == FORMS[1], keys == FORMS[2]
    table.only(("normalise", *UNCERTAIN, *keys), f"settings given by {explicit[0]}")
    for key in keys:
        table.need(key, f"give {keys[0]} and {keys[1]}")
    read = _plates if plates else _angles
    alice, bob = (_rows(table, key, normalise) if keys == FORMS[0] else read(table, key) for key in keys)
    limit_pairs(table, keys[0], len(alice), len(bob))
    if plates:
        return made(table, lambda: families.from_waveplates(alice, bob))
    if angles:
        return made(table, lambda: families.from_angles(alice, bob))
    return made(table, lambda: Settings(alice, bob, normalise=normalise))


def _rows(table: Table, key: str, normalise: bool) -> list[list[float]]:
    given = table.content[key]
    if key != "directions" and isinstance(given, list) and given and all(type(row) in (int, float) for row in given):
        remedy = f"angles go into {key}_deg: {ANGLE_ROWS}"
        table.refuse((key, 0), f"must be a row [x, y, z], is {kind_of(given[0])}", remedy)
    rows = table.matrix(key, columns=3, column_is="x, y, z", most=MAX_SETTINGS)
    for index, row in enumerate(rows):
        norm = math.hypot(*row)
        if norm == 0.0:
            table.refuse((key, index), "is the zero vector", "a direction needs a vector that is not zero")
        if not normalise and not abs(norm - 1.0) <= NORM_TOLERANCE:
            remedy = "give a unit vector, or set normalise = true in [settings]"
            table.refuse((key, index), f"has norm {norm:.12g}, off 1 by more than {NORM_TOLERANCE:g}", remedy)
    return rows


def _angles(table: Table, key: str) -> list[list[float]]:
    given = table.content[key]
    for index, row in enumerate(given if isinstance(given, list) else ()):
        if not isinstance(row, list):
            table.refuse((key, index), f"must be a row [polar, azimuth], is {kind_of(row)}", ANGLE_ROWS)
        if len(row) != 2:
            table.refuse((key, index), f"number of entries is {len(row)}", ANGLE_ROWS)
    if not isinstance(given, list):
        table.refuse(key, f"must be a list of rows [polar, azimuth], is {kind_of(given)}", ANGLE_ROWS)
    rows = table.matrix(key, columns=2, most=MAX_SETTINGS)
    for index, row in enumerate(rows):
        if max(map(abs, row)) > MAX_DEGREES:
            table.refuse((key, index), f"has an angle beyond a full turn of {MAX_DEGREES:g} degrees", ANGLE_ROWS)
    return rows


def _plates(table: Table, key: str) -> list[list[float]]:
    given = table.content[key]
    if not isinstance(given, list) or not given:
        table.refuse(key, f"must be a list of rows of angles, is {kind_of(given)}", PLATE_ROWS)
    if len(given) > MAX_SETTINGS:
        table.refuse(key, f"has {len(given)} rows, above the limit of {MAX_SETTINGS}")
    rows = []
    for index, row in enumerate(given):
        if not isinstance(row, list):
            table.refuse((key, index), f"must be a row of angles, is {kind_of(row)}", PLATE_ROWS)
        if not 1 <= len(row) <= 3:
            table.refuse((key, index), f"number of entries is {len(row)}", PLATE_ROWS)
        rows.append(table.vector((key, index), high=MAX_DEGREES))
    return rows


def _family_parameters(table: Table, name: str, keys: tuple[str, ...]) -> dict[str, Any]:
    parameters: dict[str, Any] = {}
    for key in keys:
        if key == "phi_deg":
            remedy = f"the family {name} needs the full opening angle phi_deg"
            parameters[key] = table.number(key, -MAX_DEGREES, MAX_DEGREES, remedy=remedy)
        elif key == "directions":
            parameters[key] = _directions(table)
        elif key == "mirror":
            parameters |= {key: True} if table.flag(key, False) else {}
        elif key == "seed":
            parameters[key] = table.integer(key, 0, MAX_SEED, 0)
        else:
            parameters[key] = table.integer(key, 1, MAX_SETTINGS, remedy=f"the family {name} needs {key}")
    if "n" in parameters:
        limit_pairs(table, "n", parameters["n"], parameters["n"])
    if "n_alice" in parameters:
        limit_pairs(table, "n_alice", parameters["n_alice"], parameters["n_bob"])
    return parameters


def _directions(table: Table) -> str | list[list[float]]:
    value = table.need("directions", f"give a name ({', '.join(DIRECTIONS)}) or rows [x, y, z]")
    if isinstance(value, str):
        return table.choice("directions", DIRECTIONS)
    if not isinstance(value, list):
        table.refuse("directions", f"must be a name or a list of rows, is {kind_of(value)}")
    rows = _rows(table, "directions", False)
    limit_pairs(table, "directions", len(rows), 2 * len(rows))
    return rows
