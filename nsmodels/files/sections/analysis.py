"""The tables ``[data]`` and ``[prediction]``, and what else kind = "analysis" has: data, and how they are judged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

import numpy as np

from ...core.settings import Settings
from ...errors import InputError
from ...studies.analysis.asked import CONFIDENCE, LARGEST_UNCERTAINTY_DEG, Arrangement, angles_of
from ...studies.analysis.data import Data
from ...studies.analysis.prediction import predicted
from ...studies.analysis.tables import read_csv
from ..toml.table import Table
from .counts import MOST_TRIALS, Pair, counts_of, covering, pairs_of
from .settings import Sizes, limit_pairs, made

__all__ = ["AnalysisTables", "read_analysis", "tables_of"]

FORMS = ("counts", "file", "correlators")


@dataclass(frozen=True, eq=False)
class AnalysisTables:
    """Measured data and how they are judged.

    Parameters
    ----------
    data : Data
        Of the shape of the problem.
    arranged : Arrangement
    resolved : dict
        The same as in the result file; counts that stand in another file are written here.
    """

    data: Data
    arranged: Arrangement
    resolved: dict[str, Any]

    def ask(self, model: Any, functional: Any, settings: Settings | None, **limits: Any) -> Any:
        """Judge the model."""
        from ...studies.analysis.question import analyse

        arranged = self.arranged
        return analyse(
            self.data, model, functional=functional, settings=settings, visibility=arranged.visibility,
            prediction=arranged.correlators, split=arranged.split, moduli=arranged.moduli,
            uncertainty_deg=arranged.uncertainty_deg, waveplate_uncertainty_deg=arranged.waveplate_uncertainty_deg,
            confidence=arranged.confidence, allow_signalling=arranged.allow_signalling, **limits,
        )  # fmt: skip


def read_analysis(tables: Mapping[str, Table], sizes: Sizes, stored: Mapping[str, Any] | None) -> AnalysisTables:
    """Read and check them; ``stored`` is ``resolved`` of a result file, which has the counts of a file beside it."""
    table = tables["data"]
    data, kept = _data(table, sizes, stored)
    if sizes.shape is None:
        sizes.shape = data.shape
    data = made(table, lambda: data.reshaped(sizes.known()))
    arranged = _arranged(tables, sizes, data)
    place = tables.get("settings", table)
    made(place, arranged.check)
    made(place, lambda: angles_of(arranged, sizes.settings))
    prediction = tables.get("prediction", table)
    if arranged.split is not None:  # whether every pair keeps trials does not depend on which are drawn
        made(prediction, lambda: predicted(data, sizes.settings, None, None, arranged.split, 0), "split")
    else:
        made(prediction, lambda: predicted(data, sizes.settings, arranged.visibility, arranged.correlators, None, 0))
    return AnalysisTables(data, arranged, {"analysis": arranged.to_json(), **kept})


def _data(table: Table, sizes: Sizes, stored: Mapping[str, Any] | None) -> tuple[Data, dict[str, Any]]:
    given = [key for key in FORMS if key in table]
    if not given:
        table.need("counts", "give counts, or file (CSV), or correlators with shots or errors")
    if len(given) > 1:
        table.refuse(given[1], f"given beside {given[0]}", "give the data once")
    kept: dict[str, Any] = {}
    if given == ["correlators"]:
        table.only(("correlators", "shots", "errors", "random_settings"), "data given by correlators")
        data = _correlators(table, sizes)
    else:
        table.only((given[0], "accidentals", "random_settings"), f"data given by {given[0]}")
        off = counts_of(table, "accidentals", sizes, fractions=True) if "accidentals" in table else None
        if given == ["counts"]:
            counts = counts_of(table, "counts", sizes)
        else:
            counts = _from_file(table, stored)
            kept = {"data": {"counts": [[i, j, *map(int, four)] for (i, j), four in sorted(counts.items())]}}
        shape = sizes.shape or covering(counts, off)
        limit_pairs(table, given[0], *shape)
        data = made(table, lambda: Data.from_counts(counts, shape=shape, accidentals=off), given[0])
    return (data.with_random_settings() if table.flag("random_settings", False) else data), kept


def _from_file(table: Table, stored: Mapping[str, Any] | None) -> dict[Pair, list[float]]:

    name = table.text("file") or ""
    beside = PurePath(name)
    if not name or beside.is_absolute() or ".." in beside.parts or "\0" in name:
        table.refuse("file", "is no file beside the problem", 'write the name of a CSV file, such as "counts.csv"')
    if stored is not None:
        return {(int(i), int(j)): [float(x) for x in four] for i, j, *four in stored["data"]["counts"]}
    path = Path(table.document.file).parent / beside
    return {pair: [float(x) for x in four] for pair, four in made(table, lambda: read_csv(path), "file").items()}


def _correlators(table: Table, sizes: Sizes) -> Data:
    rows = pairs_of(table, "correlators", 3, sizes)
    values: dict[Pair, float] = {}
    for index, pair, (value,) in rows:
        if pair in values:
            table.refuse(("correlators", index), f"the pair {list(pair)} is given twice", "remove one")
        values[pair] = table.as_number(("correlators", index, 2), value)
        if abs(values[pair]) > 1.0:
            table.refuse(("correlators", index, 2), f"is {values[pair]:g}", "a correlator lies in [−1, 1]")
    if ("shots" in table) == ("errors" in table):
        key = "shots" if "shots" not in table else "errors"
        what = "missing" if key == "shots" else "given beside shots"
        table.refuse(key, what, "give shots = n (trials of each pair), or errors = [σ, …], one for each correlator")
    shape = sizes.shape or covering(values)
    if "errors" in table:
        errors = table.vector("errors", len(values), "one for each correlator")
        by_pair = dict(zip(values, errors))
        return made(table, lambda: Data.from_correlators(values, errors=by_pair, shape=shape), "errors")
    shots = table.content["shots"]
    numbers = shots if isinstance(shots, list) else [shots] * len(values)
    if len(numbers) != len(values):
        table.refuse("shots", f"number of entries is {len(numbers)}", f"{len(values)} wanted, one for each correlator")
    tried = np.zeros(shape)
    for index, (pair, n) in enumerate(zip(values, numbers)):
        if type(n) is not int or not 1 <= n <= MOST_TRIALS:
            table.refuse(("shots", index) if isinstance(shots, list) else "shots", "is no whole number of trials",
                         "give at least 1")  # fmt: skip
        tried[pair] = n
    return made(table, lambda: Data.from_correlators(values, shots=tried, shape=shape), "correlators")


def _arranged(tables: Mapping[str, Table], sizes: Sizes, data: Data) -> Arrangement:
    nothing = Table(tables["data"].document, ("options",), {})
    options, settings = tables.get("options", nothing), tables.get("settings", nothing)
    prediction, functional = tables.get("prediction", nothing), tables.get("functional", nothing)
    given = [key for key in ("visibility", "split", "correlators") if key in prediction]
    if "prediction" in tables and not given:
        prediction.need("visibility", "give a visibility, or a split, or correlators")
    if len(given) > 1:
        prediction.refuse(given[1], f"given beside {given[0]}", "give one prediction")
    visibility = prediction.number("visibility", 0.0, 1.0) if given == ["visibility"] else None
    split = prediction.number("split", 0.0, 1.0) if given == ["split"] else None
    if split is not None and not 0.0 < split < 1.0:
        prediction.refuse("split", f"is {split:g}", "a share of the trials lies between 0 and 1, both excluded")
    correlators = None
    if given == ["correlators"]:
        n, m = data.shape
        correlators = np.array(prediction.matrix("correlators", n, m, high=1.0))
    if not given and sizes.settings is None:
        where = tables["data"]
        where.document.refuse(("prediction",), "missing", "a predicted visibility needs [settings]; give them, or a "
                              "table [prediction] with split = 0.2 or correlators")  # fmt: skip
    limit, keys = LARGEST_UNCERTAINTY_DEG, ("uncertainty_deg", "waveplate_uncertainty_deg")
    degrees = [settings.number(key, 0.0, limit, default=0.0) for key in keys]
    confidence = options.number("confidence", 0.0, 1.0, default=CONFIDENCE)
    if not 0.0 < confidence < 1.0:
        options.refuse("confidence", f"is {confidence:g}", "it lies between 0 and 1, both excluded")
    return Arrangement(
        visibility, correlators, split, functional.flag("moduli", False), degrees[0], degrees[1], confidence,
        options.flag("allow_signalling", False),
    )  # fmt: skip


def tables_of(data: Data, arranged: Arrangement) -> dict[str, dict[str, Any]]:
    """The tables [data] and [prediction] that say this.

    Raises
    ------
    InputError
        Where data hold numbers that no file can name.
    """
    known = np.argwhere(data.known).tolist()
    table: dict[str, Any]
    if data.counts is None:
        table = {"correlators": [[i, j, float(data.correlators[i, j])] for i, j in known]}
        if data.inferred:
            table["errors"] = [float(data.errors[i, j]) for i, j in known]
        else:
            table["shots"] = [int(data.shots[i, j]) for i, j in known]
    else:
        def rows(counts: Any) -> list[list[Any]]:
            return [[i, j, *counts[:, :, i, j].ravel().tolist()] for i, j in known]

        table = {"counts": [[int(x) for x in row] for row in rows(data.counts)]}
        if data.accidentals is not None:
            table["accidentals"] = rows(data.accidentals)
    if data.drawn:
        table["random_settings"] = True
    prediction: dict[str, Any] = {}
    if arranged.visibility is not None:
        prediction["visibility"] = float(arranged.visibility)
    if arranged.split is not None:
        prediction["split"] = float(arranged.split)
    if arranged.correlators is not None:
        if (np.abs(arranged.correlators) > 1.0).any():
            raise InputError("a predicted correlator is outside [−1, 1]")
        prediction["correlators"] = arranged.correlators.tolist()
    return {"data": table, **({"prediction": prediction} if prediction else {})}
