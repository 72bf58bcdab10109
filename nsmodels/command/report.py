"""``nsmodels report``: results as one HTML page without scripts and without references to anything outside.

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

from .. import checker
from ..errors import InputError
from ..files.answering import as_answered
from ..files.atomic import replace
from ..files.problem import Problem, from_data
from ..files.result import read
from .summary import inequality_text, summary, value_name

_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>nsmodels report</title>
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #222; }}
article {{ border-top: 1px solid #ccc; margin-top: 2rem; }}
dt {{ float: left; clear: left; width: 12rem; color: #555; }}
dd {{ margin-left: 12.5rem; font-variant-numeric: tabular-nums; }}
img {{ max-width: 100%; }}
pre {{ background: #f6f6f6; padding: .5rem; overflow: auto; max-height: 20rem; }}
.yes {{ color: #0072B2; }}
.no {{ color: #D55E00; font-weight: bold; }}
</style>
</head>
<body>
<h1>nsmodels report</h1>
{body}
</body>
</html>
"""


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
    return _PAGE.format(body="\n".join(_article(Path(path)) for path in paths))


def _article(path: Path) -> str:
    result = read(path)
    if result.get("value") is not None:
        from ..plots import result_file  # noqa: F401 (what cannot be imported is not the file's fault)
    try:
        problem = as_answered(from_data(result["problem"], path.name), result)
        lines = summary(problem, result)
        picture = _picture(problem, result)
        inequality = result.get("inequality")
        extra = "" if inequality is None else f"<p><code>{escape(inequality_text(inequality))}</code></p>"
    except InputError:
        raise
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise InputError(
            f"{path}: malformed result ({type(error).__name__}); write it again with `nsmodels run`"
        ) from None
    proved, sentences = _verdict(path)
    verdict = "every claim proved by the checker" if proved else "NOT everything is proved"
    source = problem.data.get("source")
    parts = [
        "<article>",
        f"<h2>{escape(problem.title)}</h2>",
        f"<p>{escape(str(source))}</p>" if source else "",
        f'<p class="{"yes" if proved else "no"}">{verdict}</p>',
        "<dl>"
        + "".join(f"<dt>{escape(name) or '&nbsp;'}</dt><dd>{escape(text)}</dd>" for name, text in lines)
        + "</dl>",
        extra,
        f'<img alt="{escape(value_name(problem))}" src="data:image/svg+xml;base64,{picture}">' if picture else "",
        "<details><summary>What the checker says</summary><pre>" + escape("\n".join(sentences)) + "</pre></details>",
        "<details><summary>The problem</summary><pre>"
        + escape(json.dumps(problem.data, indent=1, ensure_ascii=False))
        + "</pre></details>",
        f"<p>Re-check it: <code>nsmodels verify {escape(path.name)}</code></p>",
        "</article>",
    ]
    return "\n".join(part for part in parts if part)


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
