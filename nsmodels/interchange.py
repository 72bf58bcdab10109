"""Behaviours and functionals as CSV and JSON in every notation, counts from data frames, linear programs as LP and MPS.

A file says what it holds: JSON by the keys ``nsmodels``, ``notation`` and ``table``, CSV by its header. Numbers are
written so that they are read back to the last bit. Data frames are anything whose columns are reached by name, such as
those of pandas; QuTiP's states are read by `nsmodels.behaviours.from_state`.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .common.arguments import check_noun, kind_of, listed, one_of, shown
from .core.behaviour import Behaviour
from .core.functional import Functional
from .errors import InputError

__all__ = ["NOTATIONS", "from_blocks", "from_frame", "linear_program", "read", "to_csv", "to_json", "write"]

Array = NDArray[np.float64]
Noun = Behaviour | Functional
MARGINALS_FIRST = ("collins_gisin", "full_correlators")
NOTATIONS = (*MARGINALS_FIRST, "probabilities", "counts")
"""Notations of files; counts are for behaviours alone."""
COLUMNS = ("a", "b", "x", "y")
LARGEST_FILE = 64 << 20


def _table(noun: Noun, notation: str) -> Array:
    one_of(notation, NOTATIONS, "interchange: the notation")
    if notation == "counts":
        if not isinstance(noun, Behaviour) or noun.counts is None:
            raise InputError("interchange: there are no counts; choose another notation")
        return noun.counts
    found: Array = getattr(noun, f"to_{notation}")()
    return found


def _what(noun: object) -> str:
    if isinstance(noun, Behaviour):
        return "behaviour"
    check_noun(noun, Functional, "argument", "interchange")
    return "functional"


def to_json(noun: Noun, notation: str = "full_correlators") -> str:
    """A behaviour or functional as JSON: ``{"nsmodels": …, "notation": …, "table": …}``."""
    what = _what(noun)
    return json.dumps({"nsmodels": what, "notation": notation, "table": _table(noun, notation).tolist()})


def to_csv(noun: Noun, notation: str = "full_correlators") -> str:
    """A behaviour or functional as CSV.

    Probabilities and counts have the columns a, b, x, y and value, outcomes and settings counted from 0; the other
    notations are tables. The first line is ``# nsmodels behaviour probabilities``, or likewise.
    """
    table = _table(noun, notation)
    text = io.StringIO()
    text.write(f"# nsmodels {_what(noun)} {notation}\n")
    writer = csv.writer(text, lineterminator="\n")
    if notation in MARGINALS_FIRST:
        writer.writerows([repr(x) for x in row] for row in table.tolist())
    else:
        writer.writerow([*COLUMNS, "value"])
        writer.writerows([*place, repr(float(x))] for place, x in np.ndenumerate(table))
    return text.getvalue()


def write(noun: Noun, path: str | PathLike[str], notation: str = "full_correlators") -> None:
    """Write a file, ``.json`` or ``.csv`` by its name.

    Raises
    ------
    InputError
        For another ending, or a file that cannot be written.
    """
    target = Path(path)
    make: dict[str, Callable[[Noun, str], str]] = {".json": to_json, ".csv": to_csv}
    if target.suffix.lower() not in make:
        raise InputError(f"interchange: {shown(target.name)} ends neither in .json nor in .csv; name the format so")
    text = make[target.suffix.lower()](noun, notation)
    try:
        target.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError(f"interchange: {shown(str(target))} cannot be written ({error.strerror})") from None


def read(path: str | PathLike[str], *, what: str | None = None, notation: str | None = None) -> Noun:
    """Read a file that `write` wrote, or another one of which you say what it is.

    Parameters
    ----------
    path : str or path
        Ends in ``.json`` or ``.csv``.
    what : {"behaviour", "functional"}, optional
    notation : {"collins_gisin", "full_correlators", "probabilities", "counts"}, optional
        Needed where the file does not say so itself.

    Raises
    ------
    InputError
        If the file cannot be read, says nothing of itself, or contradicts what you say.
    """
    source = Path(path)
    name = shown(source.name)
    try:
        if source.stat().st_size > LARGEST_FILE:
            raise InputError(f"interchange: {name} is larger than {LARGEST_FILE >> 20} MiB")
        text = source.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(f"interchange: {name} is not UTF-8; save it as UTF-8") from None
    except OSError as error:
        raise InputError(f"interchange: {name} cannot be read ({error.strerror})") from None
    if source.suffix.lower() == ".json":
        said, table = _from_json(text, name)
    elif source.suffix.lower() == ".csv":
        said, table = _from_csv(text, name)
    else:
        raise InputError(f"interchange: {name} ends neither in .json nor in .csv")
    own: list[str] = []
    for key, given, found in (("what", what, said[0]), ("notation", notation, said[1])):
        if given is not None and found is not None and given != found:
            raise InputError(f"interchange: {name} says {found}, and {key} is {shown(given)}")
        if given is None and found is None:
            raise InputError(f"interchange: {name} does not say what it holds; give {key}=")
        own.append(str(given if given is not None else found))
    one_of(own[0], ("behaviour", "functional"), "interchange: what")
    one_of(own[1], NOTATIONS, "interchange: the notation")
    if own == ["functional", "counts"]:
        raise InputError("interchange: counts are no coefficients of a functional")
    kind = Behaviour if own[0] == "behaviour" else Functional
    made: Noun = getattr(kind, f"from_{own[1]}")(table)
    return made


Said = tuple[str | None, str | None]


def _from_json(text: str, name: str) -> tuple[Said, Any]:
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"interchange: {name} is not JSON ({str(error)[:80]})") from None
    if isinstance(content, list):
        return (None, None), content
    if not isinstance(content, Mapping) or "table" not in content:
        raise InputError(f"interchange: {name} holds no table; write a list, or an object with the key table")
    said = [content.get(key) for key in ("nsmodels", "notation")]
    if not all(x is None or isinstance(x, str) for x in said):
        raise InputError(f"interchange: {name} does not say in words what it holds")
    return (said[0], said[1]), content["table"]


def _from_csv(text: str, name: str) -> tuple[Said, Any]:
    lines = text.splitlines()
    said: Said = (None, None)
    if lines and lines[0].startswith("#"):
        words = lines[0].lstrip("# ").split()
        if len(words) == 3 and words[0] == "nsmodels":
            said = words[1], words[2]
    rows = [row for row in csv.reader(line for line in lines if not line.startswith("#")) if row]
    if not rows:
        raise InputError(f"interchange: {name} holds no numbers")
    header = [cell.strip().lower() for cell in rows[0]]
    if {*COLUMNS} <= {*header}:
        others = [cell for cell in header if cell not in COLUMNS]
        if len(others) != 1:
            raise InputError(f"interchange: {name} has {len(others)} columns besides a, b, x, y; one holds the values")
        columns = {key: [row[k] if k < len(row) else "" for row in rows[1:]] for k, key in enumerate(header)}
        return said, from_columns(columns, others[0], f"interchange: {name}")
    return said, [[_number(cell, f"interchange: {name}, row {k}") for cell in row] for k, row in enumerate(rows, 1)]


def _number(cell: Any, place: str) -> float:
    try:
        return float(cell)
    except (TypeError, ValueError):
        raise InputError(f"{place}: {shown(cell)} is no number") from None


def from_columns(columns: Mapping[str, Sequence[Any]], value: str, place: str) -> Array:
    """A table [a, b, x, y] from columns of a long format; pairs of settings that are missing get NaN.

    Outcomes are +1 and −1, or 0 and 1 with 0 for +1; settings are anything, in their sorted order.
    """
    numbers = [_number(cell, f"{place}, column {value}") for cell in columns[value]]
    sides = []
    for key in COLUMNS:
        cells = [_plain(cell) for cell in columns[key]]
        if len(cells) != len(numbers):
            raise InputError(f"{place}: the columns {key} and {value} differ in length")
        sides.append(cells)
    outcomes = []
    for key, cells in zip("ab", sides):
        kinds = {*cells}
        names = (1, -1) if -1 in kinds else (0, 1)
        if not kinds <= {*names}:
            odd = next(x for x in cells if x not in names)
            raise InputError(f"{place}: the outcome {shown(odd)} in column {key}; outcomes are +1 and −1, or 0 and 1")
        outcomes.append([names.index(x) for x in cells])
    orders = [sorted({*cells}, key=lambda x: (isinstance(x, str), x)) for cells in sides[2:]]
    settings = [[order.index(x) for x in cells] for order, cells in zip(orders, sides[2:])]
    table = np.full((2, 2, len(orders[0]), len(orders[1])), np.nan)
    for a, b, x, y, number in zip(*outcomes, *settings, numbers):
        if not np.isnan(table[a, b, x, y]):
            raise InputError(f"{place}: outcomes {(a, b)} at settings {(orders[0][x], orders[1][y])} stand there twice")
        table[a, b, x, y] = number
    measured = ~np.isnan(table).all(axis=(0, 1))
    return np.where(np.isnan(table) & measured, 0.0, table)


def _plain(cell: Any) -> Any:
    """A number where it is one, else the text."""
    if isinstance(cell, np.generic):
        cell = cell.item()
    if isinstance(cell, str):
        cell = cell.strip()
        try:
            return int(cell)
        except ValueError:
            try:
                return float(cell)
            except ValueError:
                return cell
    return cell


def from_frame(frame: Any, counts: str = "n", *, columns: Sequence[str] = COLUMNS) -> Behaviour:
    """A behaviour from a data frame of counts in long format.

    Parameters
    ----------
    frame : data frame
        Anything with columns by name, ``frame["a"]``: pandas, polars, a dictionary of lists.
    counts : str
        The column of counts.
    columns : sequence of str
        The columns of Alice's and Bob's outcomes and settings, in the order a, b, x, y. Outcomes are +1 and −1, or 0
        (for +1) and 1; settings are sorted. Rows that are missing count 0, or nothing is known of the pair.

    Raises
    ------
    InputError
        For missing columns, odd outcomes, or counts that `Behaviour.from_counts` refuses.
    """
    names = listed(columns, "interchange: columns", "give four names, those of a, b, x and y")
    if len(names) != 4:
        raise InputError(f"interchange: {len(names)} columns are named; give four, those of a, b, x and y")
    found: dict[str, list[Any]] = {}
    for key, name in (*zip(COLUMNS, names), ("value", counts)):
        try:
            found[key] = list(frame[name])
        except Exception:  # whatever a frame raises for a column that it does not have
            raise InputError(f"interchange: the frame has no column {shown(name)}; name the columns") from None
    return Behaviour.from_counts(from_columns(found, "value", "interchange: the frame"), order="abxy")


def from_blocks(blocks: Mapping[tuple[int, int], Any]) -> Behaviour:
    """A behaviour from one 2×2 table p[a, b] for each pair of settings (x, y), as toqito keeps assemblages.

    Raises
    ------
    InputError
    """
    if not isinstance(blocks, Mapping) or not blocks:
        raise InputError(f"interchange: the blocks are {kind_of(blocks)}; give a mapping from (x, y) to tables p[a, b]")
    try:
        shape = max(x for x, _ in blocks) + 1, max(y for _, y in blocks) + 1
        table = np.full((2, 2, *shape), np.nan)
        for (x, y), block in blocks.items():
            table[:, :, x, y] = np.real(np.asarray(block, dtype=complex).reshape(2, 2))
    except (TypeError, ValueError, IndexError):
        raise InputError("interchange: a block is no table p[a, b] of two outcomes a side at settings (x, y)") from None
    return Behaviour.from_probabilities(table)


def linear_program(functional: Functional, *, form: str = "lp") -> str:
    """The linear program of a functional's largest value over non-signalling boxes, as text that solvers read.

    Variables are the mean values A_i, B_j, C_i_j in [−1, 1]; rows are the probabilities, which are not negative. The
    constant of the functional is the variable one, which is fixed.

    Parameters
    ----------
    functional : Functional
    form : {"lp", "mps"}
        CPLEX's LP format, or free MPS (which minimises −f).
    """
    check_noun(functional, Functional, "functional", "interchange")
    one_of(form, ("lp", "mps"), "interchange: the form")
    n_alice, n_bob = functional.shape
    costs = {f"A_{i}": x for i, x in enumerate(functional.alice.tolist())}
    costs |= {f"B_{j}": x for j, x in enumerate(functional.bob.tolist())}
    costs |= {f"C_{i}_{j}": float(x) for (i, j), x in np.ndenumerate(functional.correlators)}
    rows: dict[str, dict[str, int]] = {}
    for i in range(n_alice):
        for j in range(n_bob):
            for s, t in ((1, 1), (1, -1), (-1, 1), (-1, -1)):
                name = f"p_{i}_{j}_{(1 - s) // 2}{(1 - t) // 2}"
                rows[name] = {f"A_{i}": s, f"B_{j}": t, f"C_{i}_{j}": s * t}
    return _lp(costs, rows, functional.constant) if form == "lp" else _mps(costs, rows, functional.constant)


def _lp(costs: Mapping[str, float], rows: Mapping[str, Mapping[str, int]], constant: float) -> str:
    def sum_of(terms: Mapping[str, float]) -> str:
        return " ".join(f"{'-' if x < 0 else '+'} {abs(x)!r} {name}" for name, x in terms.items())

    lines = ["\\ largest value over non-signalling boxes", "Maximize", " f: " + sum_of({**costs, "one": constant})]
    lines += ["Subject To", *(f" {name}: {sum_of(terms)} >= -1" for name, terms in rows.items())]
    lines += ["Bounds", *(f" -1 <= {name} <= 1" for name in costs), " one = 1", "End"]
    return "\n".join(lines) + "\n"


def _mps(costs: Mapping[str, float], rows: Mapping[str, Mapping[str, int]], constant: float) -> str:
    lines = ["NAME nsmodels", "ROWS", " N f", *(f" G {name}" for name in rows), "COLUMNS"]
    for name, cost in {**costs, "one": constant}.items():
        lines.append(f" {name} f {-cost!r}")
        lines += [f" {name} {row} {terms[name]}" for row, terms in rows.items() if name in terms]
    lines += ["RHS", *(f" rhs {name} -1" for name in rows), "BOUNDS"]
    for name in costs:
        lines += [f" LO bnd {name} -1", f" UP bnd {name} 1"]
    return "\n".join([*lines, " FX bnd one 1", "ENDATA"]) + "\n"
