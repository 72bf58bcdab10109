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
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from .. import checker
from ..common.digits import at_most, counted, enclosure
from ..core import formula
from ..core.functional import Inequality
from ..errors import InputError
from ..files.atomic import replace
from ..files.loading import displayed
from ..files.result import read
from ..general.results import ScenarioAnswer
from .page import Chapter, framed
from .summary import summary, value_name

if TYPE_CHECKING:
    from ..files.problem import Problem
    from ..questions.answer import Answer

NAMES, MOST_ROWS = ("++", "+−", "−+", "−−"), 200
"""Names of the four outcomes, and the most pairs of settings whose counts a page lists."""


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
    try:
        problem, answer = displayed(read(path), path)
        lines = [(name, text) for name, text in summary(problem, answer) if name != "inequality" or not _terms(answer)]
        parts = [*_head(problem), _listed(lines), *_inequality(answer), *_states(answer)]
        versions = ", ".join(f"{name} {number}" for name, number in dict(answer.stats.get("versions") or {}).items())
        told = enclosure(answer.lower, answer.upper) if answer.answered else "no answer"
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
    picture = _picture(answer)
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


def _head(problem: Problem) -> list[str]:
    source = problem.data.get("source")
    return [f"<h2>{escape(problem.title)}</h2>", f"<p>{escape(str(source))}</p>" if source else ""]


def _listed(lines: Sequence[tuple[str, str]]) -> str:
    entries = "".join(
        f"{f'<dt>{escape(name)}</dt>' if name else '<dt class=same>&nbsp;</dt>'}<dd>{escape(text)}</dd>"
        for name, text in lines
    )
    return f"<dl>{entries}</dl>"


def _more(title: str, text: str) -> str:
    return f"<details><summary>{escape(title)}</summary><pre>{escape(text)}</pre></details>"


def _terms(answer: Answer) -> Inequality | None:
    """The inequality that is written out with all of its terms."""
    found = getattr(answer, "inequality", None) if answer.answered else None
    return found if isinstance(found, Inequality) else None


def _inequality(answer: Answer) -> list[str]:
    """All terms of the inequality, once to read and once to copy."""
    inequality = _terms(answer)
    if inequality is None:
        return []
    return [
        "<h3>Inequality</h3>",
        f"<p>{formula.html(*inequality.functional.parts)} ≤ {at_most(inequality.bound)}</p>",
        f'<details><summary>LaTeX</summary><pre class="latex">{escape(inequality.latex())}</pre></details>',
    ]


def _states(answer: Answer) -> list[str]:
    """The explicit model, a row for each hidden state."""
    decomposition = getattr(answer, "decomposition", None)
    if decomposition is None or isinstance(answer, ScenarioAnswer):
        return []
    table = decomposition.table()
    shown = table._repr_html_().replace("<table>", '<table class="sorts">', 1)
    title = f"Explicit model: {counted(len(table), 'hidden state')}"
    return [f"<details><summary>{title}</summary><div class=\"scrolls\">{shown}</div></details>"]


def _counts(problem: Problem) -> str:
    """The table of what was measured, of an analysis."""
    if problem.analysis is None:
        return ""
    data = problem.analysis.data
    head = ("Alice", "Bob", "trials", "C", "σ") if data.counts is None else ("Alice", "Bob", *NAMES, "C", "σ")
    rows = []
    pairs = np.argwhere(data.known).tolist()
    for i, j in pairs[:MOST_ROWS]:
        cells = [data.shots[i, j]] if data.counts is None else data.counts[:, :, i, j].ravel().astype(int).tolist()
        mean = [f"{data.correlators[i, j]:.5f}".replace("-", "−"), f"{data.errors[i, j]:.2g}"]
        rows.append("<tr>" + "".join(f"<td>{escape(str(x))}</td>" for x in (i, j, *cells, *mean)) + "</tr>")
    titles = "".join(f"<th>{escape(name)}</th>" for name in head)
    notes = [] if len(pairs) <= MOST_ROWS else [f"The first {MOST_ROWS} of {len(pairs)} pairs."]
    notes += [] if data.accidentals is None else ["Accidental coincidences are taken off C and σ, not off the counts."]
    told = f'<p class="small">{escape(" ".join(notes))}</p>' if notes else ""
    table = f"<table><tr>{titles}</tr>{''.join(rows)}</table>"
    return f'<h3>What was measured</h3><div class="scrolls">{table}</div>{told}'


def _verdict(path: Path) -> tuple[bool, list[str]]:
    """What ``nsmodels verify`` says about the file: its last word, and every line."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        code = checker.main([str(path)])
    return code == 0, said.getvalue().splitlines()


def _picture(answer: Answer) -> str:
    """The picture of an answer in base64 SVG; empty where there is none, or numbers that cannot be drawn."""
    if not answer.answered:
        return ""
    from ..plots import on_page

    stream = io.BytesIO()
    try:
        with np.errstate(all="ignore"):
            on_page(answer).savefig(stream, format="svg", metadata={"Date": None})
    except (ValueError, TypeError, ArithmeticError, LookupError):  # the checker says what is wrong with them
        return ""
    return base64.b64encode(stream.getvalue()).decode("ascii")
