"""Docstrings are written for people, who read |A + B| ≤ 1 + C as moduli: here reStructuredText is told so too."""

from __future__ import annotations

import re
from typing import Any

LITERAL = re.compile(r"(``.+?``|`[^`\n]+?`)", re.DOTALL)


def _plain(text: str) -> str:
    """Bars, stars and trailing underscores outside of literals stand for themselves."""
    parts = LITERAL.split(text)
    for index in range(0, len(parts), 2):
        part = parts[index].replace("|", r"\|")
        part = re.sub(r"(?<=\S)\*(?=\S)|(?<=\s)\*(?=\s)", r"\*", part) if "**" not in part else part
        parts[index] = re.sub(r"(?<=\w)_(?=[\s.,;:)'\]]|$)", r"\_", part)
    return "".join(parts)


def _process(app: Any, what: str, name: str, thing: Any, options: Any, lines: list[str]) -> None:
    verbatim = False
    for index, line in enumerate(lines):
        if verbatim and line.strip() and not line.startswith(" "):
            verbatim = False
        if not verbatim and not line.lstrip().startswith((">>>", "...")):
            lines[index] = _plain(line)
        if line.endswith("::"):
            verbatim = True


def setup(app: Any) -> dict[str, Any]:
    """Listen to autodoc, before the sections of numpy docstrings are read."""
    app.connect("autodoc-process-docstring", _process, priority=400)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
