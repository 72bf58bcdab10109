"""The page on new models: every block of code runs, in order, as a reader would run it."""

import re
from pathlib import Path
from textwrap import dedent
from typing import Any

PAGE = Path(__file__).parent.parent / "docs" / "new_model.md"


def test_the_code_of_the_page_runs(capsys) -> None:
    blocks = re.findall(r"^( *)```python\n(.*?)^ *```", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    assert len(blocks) == 5
    names: dict[str, Any] = {"__name__": "page"}
    for _, block in blocks:
        exec(compile(dedent(block), str(PAGE), "exec"), names)
    assert "[4, 4] certified" in capsys.readouterr().out
    assert names["second"].has_model
