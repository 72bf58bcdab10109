"""The hidden states of a decomposition as a table: text, LaTeX, CSV, HTML, pandas."""

from __future__ import annotations

import csv
import io
import math
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np

from ...common.arrays import Array, Index
from ...errors import MissingExtraError

__all__ = ["StateTable", "state_table"]

Entry = int | float | str


@dataclass(frozen=True, repr=False)
class StateTable:
    """Rows of hidden states; printed, it is the text.

    Parameters
    ----------
    columns : tuple of str
        ``state``, ``weight``, in a hull ``model``, then ``u_x`` … ``v_z`` for hidden vectors and ``A0`` …, ``B0`` … for
        marginals.
    rows : tuple of tuples
        An entry that a state does not have is NaN.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[Entry, ...], ...]

    def __len__(self) -> int:
        return len(self.rows)

    def text(self) -> str:
        """Aligned columns with six digits."""
        written = [self.columns, *([_short(entry) for entry in row] for row in self.rows)]
        widths = [max(len(row[k]) for row in written) for k in range(len(self.columns))]
        return "\n".join("  ".join(f"{entry:>{width}}" for entry, width in zip(row, widths)) for row in written)

    def latex(self) -> str:
        """A tabular with six digits."""
        head = " & ".join(map(_tex, self.columns))
        lines = [rf"\begin{{tabular}}{{{'r' * len(self.columns)}}}", rf"{head} \\ \hline"]
        lines += [rf"{' & '.join(_short(entry).replace('−', '$-$') for entry in row)} \\" for row in self.rows]
        return "\n".join([*lines, r"\end{tabular}"])

    def csv(self) -> str:
        """Comma-separated values with every digit, and a header."""
        stream = io.StringIO()
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(self.columns)
        writer.writerows([["" if _missing(entry) else entry for entry in row] for row in self.rows])
        return stream.getvalue()

    def pandas(self) -> Any:
        """A ``pandas.DataFrame`` with the state's number as index.

        Raises
        ------
        MissingExtraError
            If pandas is not installed.
        """
        try:
            from pandas import DataFrame
        except ImportError:
            raise MissingExtraError("Decomposition: a DataFrame needs pandas; pip install pandas") from None
        return DataFrame(list(self.rows), columns=list(self.columns)).set_index("state")

    def __repr__(self) -> str:
        return self.text()

    def _repr_html_(self) -> str:
        head = "".join(f"<th>{escape(name)}</th>" for name in self.columns)
        body = "".join(f"<tr>{''.join(f'<td>{_short(entry)}</td>' for entry in row)}</tr>" for row in self.rows)
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"

    def _repr_latex_(self) -> str:
        return self.latex()


def _missing(entry: Entry) -> bool:
    return isinstance(entry, float) and math.isnan(entry)


def _short(entry: Entry) -> str:
    if _missing(entry):
        return ""
    return f"{round(entry, 6) + 0.0:.6g}".replace("-", "−") if isinstance(entry, float) else str(entry)


def _tex(name: str) -> str:
    if "_" in name:
        return f"${name[0]}_{name[2:]}$"
    return f"${name[0]}_{{{name[1:]}}}$" if name[1:].isdigit() else name


def state_table(
    weights: Array, vectors: tuple[Array, Array], sides: tuple[Array, Array], part: Index, models: tuple[str, ...], *,
    marginals: bool | None = None,
) -> StateTable:  # fmt: skip
    """The table of a decomposition; see `Decomposition.table`.

    Parameters
    ----------
    weights : ndarray, shape (m,)
    vectors : pair of ndarray, shape (m, 3)
        Hidden vectors u and v.
    sides : pair of ndarray, shapes (m, n_A) and (m, n_B)
        Marginals of both parties.
    part, models
        As in `Decomposition`.
    marginals : bool, optional
    """
    several = len(models) > 1
    columns = ["state", "weight", *(["model"] if several else [])]
    blocks = []
    for key, rows in zip("uv", vectors):
        if not np.isnan(rows).all():
            columns += [f"{key}_{axis}" for axis in "xyz"]
            blocks.append(rows)
    for hidden, letter, rows in zip(vectors, "AB", sides):
        if np.isnan(hidden).any() if marginals is None else marginals:
            columns += [f"{letter}{index}" for index in range(rows.shape[1])]
            blocks.append(rows)
    entries = []
    for k, weight in enumerate(weights.tolist()):
        row: list[Entry] = [k, weight]
        if several:
            row.append(models[int(part[k])])
        for block in blocks:
            row += block[k].tolist()
        entries.append(tuple(row))
    return StateTable(tuple(columns), tuple(entries))
