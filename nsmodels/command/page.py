"""The frame of a report: one page without references to anything outside, on paper and on screens of any width.

One small script, allowed by its hash alone, sorts tables, copies LaTeX and opens details for printing. Everything is
there without it.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

__all__ = ["SCRIPT", "Chapter", "framed"]

SCRIPT = """
"use strict";
for (const table of document.querySelectorAll("table.sorts")) {
  [...table.tHead.rows[0].cells].forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = head.textContent;
    head.replaceChildren(button);
    button.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const key = row => row.cells[column].textContent.replaceAll("\\u2212", "-");
      const rows = [...table.tBodies[0].rows].sort((a, b) => {
        const numbers = [Number(key(a)), Number(key(b))];
        const order = numbers.some(Number.isNaN) ? key(a).localeCompare(key(b)) : numbers[0] - numbers[1];
        return down ? -order : order;
      });
      table.tBodies[0].append(...rows);
    });
  });
}
for (const code of document.querySelectorAll("pre.latex")) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "copy";
  button.textContent = "Copy";
  button.addEventListener("click", async () => {
    getSelection().selectAllChildren(code);
    try { await navigator.clipboard.writeText(code.textContent); } catch { document.execCommand("copy"); }
    button.textContent = "Copied";
  });
  code.before(button);
}
addEventListener("beforeprint", () => { for (const more of document.querySelectorAll("details")) more.open = true; });
"""

_STYLE = """
:root { --ink: #1b1f24; --paper: #fff; --soft: #f2f4f6; --line: #c9d0d8; --quiet: #555d66;
  --yes: #0b5c8f; --no: #b3400a }
@media screen and (prefers-color-scheme: dark) {
  :root { --ink: #e6e9ed; --paper: #14181d; --soft: #1f252c; --line: #3a444f; --quiet: #a5afba;
    --yes: #7cc4f5; --no: #ff9d66 }
}
* { box-sizing: border-box }
html { color-scheme: light dark }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 62rem; margin: 0 auto; padding: 1rem; color: var(--ink);
  background: var(--paper); overflow-wrap: anywhere }
a { color: var(--yes) }
article { border-top: 1px solid var(--line); margin-top: 2.5rem; padding-top: .5rem }
h1 { font-size: 1.6rem } h2 { font-size: 1.25rem; margin: .75rem 0 .25rem }
h3 { font-size: 1rem; margin: 1.25rem 0 .25rem }
dl { display: grid; grid-template-columns: minmax(7rem, 13rem) 1fr; gap: .15rem 1rem; margin: .75rem 0 }
dt { color: var(--quiet) } dd { margin: 0; font-variant-numeric: tabular-nums }
.scrolls { overflow-x: auto; margin: .5rem 0 }
.figure img { display: block; min-width: 34rem; max-width: 100%; height: auto; background: #fff }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .9rem; overflow-wrap: normal }
th, td { padding: .2rem .6rem; border-bottom: 1px solid var(--line); text-align: right; white-space: nowrap }
th:first-child, td:first-child, .contents td, .contents th { text-align: left }
.contents td { white-space: normal }
pre { background: var(--soft); padding: .6rem; overflow: auto; max-height: 22rem; white-space: pre-wrap }
button { font: inherit; color: inherit; background: var(--soft); border: 1px solid var(--line); border-radius: .25rem;
  cursor: pointer; padding: 0 .4rem }
th button { background: none; border: 0; font-weight: inherit; padding: 0 }
th[aria-sort=ascending] button::after { content: " ▲" } th[aria-sort=descending] button::after { content: " ▼" }
.copy { float: right }
.yes { color: var(--yes) } .no { color: var(--no); font-weight: bold }
.small { font-size: .85rem; color: var(--quiet) }
@media (max-width: 30rem) {
  dl { grid-template-columns: 1fr; gap: 0 } dd { margin-bottom: .4rem } .same { display: none }
}
@media print {
  body { max-width: none; padding: 0; font-size: 10pt }
  article { break-inside: auto } .figure, tr { break-inside: avoid } .copy { display: none }
  .figure img { min-width: 0 } pre { max-height: none } .scrolls { overflow: visible } table { font-size: 7pt }
  details::details-content { content-visibility: visible; block-size: auto; display: block }
}
"""

CITATION = (
    "The nsmodels authors, nsmodels: tight bounds, inequalities and hidden-variable models without signalling. Please "
    "cite also where the inequalities come from, such as C. Branciard et al., Nature Physics 4, 681 (2008), "
    "arXiv:0801.2241."
)


@dataclass(frozen=True)
class Chapter:
    """One result: a line for the table of contents, and its text in HTML.

    Parameters
    ----------
    title, kind, value : str
        Plain text.
    proved : bool
        What the checker says.
    body : str
        HTML.
    """

    title: str
    kind: str
    value: str
    proved: bool
    body: str


def _policy() -> str:
    digest = base64.b64encode(hashlib.sha256(SCRIPT.encode()).digest()).decode()
    return f"default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-{digest}'"


def _contents(chapters: Sequence[Chapter]) -> str:
    verdicts = {True: '<td class="yes">proved</td>', False: '<td class="no">NOT proved</td>'}
    rows = "".join(
        f'<tr><td><a href="#result-{k}">{escape(one.title)}</a></td><td>{escape(one.kind)}</td>'
        f"<td>{escape(one.value)}</td>{verdicts[one.proved]}</tr>"
        for k, one in enumerate(chapters, start=1)
    )
    head = "".join(f"<th>{name}</th>" for name in ("result", "kind", "value", "checker"))
    return f'<div class="scrolls"><table class="sorts contents"><thead><tr>{head}</tr></thead>' \
           f"<tbody>{rows}</tbody></table></div>"  # fmt: skip


def framed(chapters: Sequence[Chapter]) -> str:
    """The page: contents where there is more than one result, the results, how to cite."""
    numbered = enumerate(chapters, start=1)
    articles = "\n".join(f'<article id="result-{k}">\n{one.body}\n</article>' for k, one in numbered)
    title = f"{chapters[0].title} · nsmodels" if len(chapters) == 1 else "nsmodels report"
    return f"""<!DOCTYPE html>
<html lang="en-GB">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{_policy()}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)}</title>
<style>{_STYLE}</style>
</head>
<body>
<h1>nsmodels report</h1>
{_contents(chapters) if len(chapters) > 1 else ""}
{articles}
<footer class="small"><p>{escape(CITATION)}</p></footer>
<script>{SCRIPT}</script>
</body>
</html>
"""
