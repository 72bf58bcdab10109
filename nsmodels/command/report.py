"""``nsmodels report``: results as one HTML page without references to anything outside.

Result files may come from anywhere. Their texts are escaped, their numbers are checked to be numbers before anything is
drawn, the problem is validated like any problem file, and the verdict on the page is that of the checker, now, and not
what the file says about itself.
"""

from __future__ import annotations

import base64
import contextlib
import io
import json
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

import numpy as np

from .. import checker
from ..common.digits import at_most, counted, enclosure
from ..core import formula
from ..errors import InputError
from ..files.answering import as_answered
from ..files.atomic import replace
from ..files.problem import Problem, from_data
from ..files.result import read
from ..files.saving import load
from ..questions.visibility.result import DecomposeResult
from .page import Chapter, framed
from .summary import inequality_text, summary, value_name

NAMES, MOST_ROWS = ("++", "+−", "−+", "−−"), 200
"""Of counts; pairs that the page shows."""


def write(paths: Sequence[str | Path], out: str | Path) -> None:
    """Write the page about the given result files, in their order.

    Raises
    ------
    InputError
        If a file is not a result file, its problem is not valid, or the page cannot be written.
    """
    replace(Path(out), page(paths))


def page(paths: Sequence[str | Path]) -> str:
    """The page as text."""
    return framed([_chapter(Path(path)) for path in paths])


def _chapter(path: Path) -> Chapter:
    result = read(path)
    if result.get("value") is not None:
        from ..plots import result_file  # noqa: F401 (what cannot be imported is not the file's fault)
    try:
        problem = as_answered(from_data(result["problem"], path.name, result.get("resolved")), result)
        lines = [line for line in summary(problem, result) if line[0] != "inequality" or _without(result)]
        picture = _picture(problem, result)
        parts = [*_head(problem, path), _listed(lines), *_inequality(path, result), *_states(path, result)]
        versions = ", ".join(f"{name} {number}" for name, number in dict(result["stats"].get("versions") or {}).items())
        value = result["value"]
        told = "no answer" if value is None else enclosure(value["lower"], value["upper"])
    except InputError:
        raise
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError, IndexError) as error:
        raise InputError(
            f"{path}: malformed result ({type(error).__name__}); write it again with `nsmodels run`"
        ) from None
    proved, sentences = _verdict(path)
    verdict = "every claim proved by the checker" if proved else "NOT everything is proved"
    parts.insert(1, f'<p class="{"yes" if proved else "no"}">{verdict}</p>')
    parts.append(_counts(problem))
    if picture:
        shown = f'<img alt="{escape(value_name(problem))}" src="data:image/svg+xml;base64,{picture}">'
        parts.append(f'<div class="scrolls figure">{shown}</div>')
    parts += [
        _more("What the checker says", "\n".join(sentences)),
        _more("The problem", json.dumps(problem.data, indent=1, ensure_ascii=False)),
        f'<p class="small">Re-check it: <code>nsmodels verify {escape(path.name)}</code>'
        + (f". Made with {escape(versions)}." if versions else "")
        + "</p>",
    ]
    return Chapter(problem.title, problem.kind, told, proved, "\n".join(part for part in parts if part))


def _head(problem: Problem, path: Path) -> list[str]:
    source = problem.data.get("source")
    return [f"<h2>{escape(problem.title)}</h2>", f"<p>{escape(str(source))}</p>" if source else ""]


def _listed(lines: Sequence[tuple[str, str]]) -> str:
    entries = "".join(f"<dt>{escape(name) or '&nbsp;'}</dt><dd>{escape(text)}</dd>" for name, text in lines)
    return f"<dl>{entries}</dl>"


def _more(title: str, text: str) -> str:
    return f"<details><summary>{escape(title)}</summary><pre>{escape(text)}</pre></details>"


def _without(result: Mapping[str, Any]) -> bool:
    """Whether the summary's line is all that can be said about an inequality."""
    return result.get("inequality") is None


def _inequality(path: Path, result: Mapping[str, Any]) -> list[str]:
    """All terms of the inequality, once to read and once to copy."""
    inequality = getattr(_answer(path), "inequality", None) if result["value"] is not None else None
    if inequality is None:
        given = result.get("inequality")
        return [] if given is None else [f"<p><code>{escape(inequality_text(given))}</code></p>"]
    return [
        "<h3>Inequality</h3>",
        f"<p>{formula.html(*inequality.functional.parts)} ≤ {at_most(inequality.bound)}</p>",
        f'<details><summary>LaTeX</summary><pre class="latex">{escape(inequality.latex())}</pre></details>',
    ]


def _states(path: Path, result: Mapping[str, Any]) -> list[str]:
    """The explicit model, a row for each hidden state."""
    answer = _answer(path) if result.get("decomposition") else None
    if not isinstance(answer, DecomposeResult) or answer.decomposition is None:
        return []
    table = answer.decomposition.table()
    shown = table._repr_html_().replace("<table>", '<table class="sorts">', 1)
    title = f"Explicit model: {counted(len(table), 'hidden state')}"
    return [f"<details><summary>{title}</summary><div class=\"scrolls\">{shown}</div></details>"]


def _answer(path: Path) -> Any:
    """The result as an object; nothing for kinds that are no answers of the three questions."""
    try:
        return load(path)
    except InputError:
        return None


def _counts(problem: Problem) -> str:
    """The table of what was measured, of an analysis."""
    if problem.analysis is None:
        return ""
    data = problem.analysis.data
    head = ("Alice", "Bob", "trials", "C", "σ") if data.counts is None else ("Alice", "Bob", *NAMES, "C", "σ")
    rows = []
    for i, j in np.argwhere(data.known).tolist()[:MOST_ROWS]:
        cells = [data.shots[i, j]] if data.counts is None else data.counts[:, :, i, j].ravel().astype(int).tolist()
        mean = [f"{data.correlators[i, j]:.5f}", f"{data.errors[i, j]:.2g}"]
        rows.append("<tr>" + "".join(f"<td>{escape(str(x))}</td>" for x in (i, j, *cells, *mean)) + "</tr>")
    titles = "".join(f"<th>{escape(name)}</th>" for name in head)
    return f"<table><tr>{titles}</tr>{''.join(rows)}</table>"


def _verdict(path: Path) -> tuple[bool, list[str]]:
    """What ``nsmodels verify`` says about the file: its last word, and every line."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        code = checker.main([str(path)])
    return code == 0, said.getvalue().splitlines()


def _picture(problem: Problem, result: Mapping[str, Any]) -> str:
    """The picture of a result in base64 SVG; empty where there is no value. No text of the file goes into it."""
    if result["value"] is None:
        return ""
    from ..plots.result_file import picture_of

    stream = io.BytesIO()
    picture_of(problem, result).savefig(stream, format="svg", metadata={"Date": None})
    return base64.b64encode(stream.getvalue()).decode("ascii")
