"""Problem files written for a test, and how they are refused or accepted."""

import json
import re
from collections.abc import Iterable
from pathlib import Path

import pytest

from nsmodels.errors import InputError
from nsmodels.files.problem import Problem, load

DATA = Path(__file__).parent / "data"


def written(folder: Path, text: str | bytes) -> Path:
    path = folder / "p.toml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def refusal(path: Path) -> str:
    with pytest.raises(InputError) as caught:
        load(path)
    return str(caught.value)


def check_refusals(path: Path, start: str, tables: Iterable[tuple[str, str]]) -> None:
    """Each table, written after the start, is refused in one line that says the message and names the file."""
    for table, message in tables:
        path.write_text(start + table, encoding="utf-8")
        said = refusal(path)
        assert said.startswith(f"{path}:"), table
        assert message in said, table
        assert "\n" not in said, table


def check_mutant(path: Path, raw: bytes) -> bool:
    """Whether a mutant is accepted; a refusal must have the form of the contract."""
    path.write_bytes(raw)
    try:
        problem = load(path)
    except InputError as error:
        answer = str(error)
    else:
        assert isinstance(problem, Problem)
        json.dumps([problem.data, problem.resolved], allow_nan=False)
        assert len(problem.digest) == 64
        return True
    form = re.fullmatch(re.escape(str(path)) + r":(\d+): [^\n]+?: [^\n]+", answer)
    assert form, answer
    assert 1 <= int(form[1]) <= raw.count(b"\n") + 1
    assert answer.isprintable()
    assert not re.search(r"\b(\w+): \1: ", answer.casefold()), answer
    return False
