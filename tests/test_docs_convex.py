"""The code of docs/ask_your_own_question.md runs, block after block, and its assertions hold."""

from __future__ import annotations

import re
from pathlib import Path

PAGE = Path(__file__).parents[1] / "docs" / "ask_your_own_question.md"


def test_the_how_to_page_runs(capsys):
    text = PAGE.read_text(encoding="utf-8")
    blocks = re.findall(r"^```python\n(.*?)^```", text, flags=re.DOTALL | re.MULTILINE)
    assert len(blocks) == 4
    names: dict[str, object] = {}
    for number, block in enumerate(blocks, start=1):
        exec(compile(block, f"{PAGE.name}, block {number}", "exec"), names)
    printed = capsys.readouterr().out
    assert "only Bob: V = 0.942981" in printed
    assert "is needed" in printed
    assert "hidden states have mean |B| between" in printed


def test_the_semidefinite_page_says_what_the_code_says():
    from nsmodels.studies.sums_of_squares import leggett3_identity

    text = PAGE.with_name("semidefinite_view.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"^```python\n(.*?)^```", text, flags=re.DOTALL | re.MULTILINE)
    exec(compile(block, "semidefinite_view.md", "exec"), {})
    for line in leggett3_identity().splitlines():
        assert line.strip() in text
