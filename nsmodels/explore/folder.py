"""What the page writes: problems and their results, in the folder in which the command was started and nowhere else."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .. import checker
from ..errors import InputError
from ..files import result as results
from ..files.answering import answer
from ..files.atomic import replace
from ..files.problem import load
from ..files.toml.writing import as_toml
from .asked import Watch, written

__all__ = ["Folder"]

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")


class Folder:
    """A folder, and the files in it that this process has written: no others are read or replaced.

    Parameters
    ----------
    path : Path
    """

    def __init__(self, path: Path) -> None:
        self._path = path.resolve()
        self._own: set[Path] = set()

    def _place(self, *parts: str) -> Path:
        """A path inside of the folder, links followed."""
        path = self._path.joinpath(*parts)
        if not path.parent.resolve().is_relative_to(self._path):
            raise InputError(f"explore: {parts[0]} leads out of the folder; move it away")
        return path

    def _write(self, path: Path, text: str) -> None:
        if path not in self._own and (path.exists() or path.is_symlink()):
            raise InputError(f"explore: there is {path.name} already, and it is not replaced; choose another name")
        replace(path, text)
        self._own.add(path)

    def save(self, asked: Mapping[str, Any], _: Watch | None = None) -> dict[str, Any]:
        """Write NAME.toml, the problem on the page.

        Raises
        ------
        InputError
            For a name that is none, a file that is there already, or a problem that is not valid.
        """
        name = _name(asked)
        data, note = written(asked, f"Explored: {name}")
        path = self._place(f"{name}.toml")
        self._write(path, as_toml(data, note))
        return {"saved": path.name, "command": f"nsmodels run {path.name}"}

    def prove(self, asked: Mapping[str, Any], watch: Watch) -> dict[str, Any]:
        """Write NAME.toml, answer it in full, write results/NAME.json, and have the checker prove that."""
        said = self.save(asked)
        name = _name(asked)
        question = load(self._place(f"{name}.toml"))
        content, _ = answer(question, watch)
        self._place("results").mkdir(exist_ok=True)
        target = self._place("results", f"{name}.json")
        self._write(target, results.to_text(content))
        claims = checker.check(checker.read(str(target)))
        proved = bool(claims) and all(holds for holds, _ in claims)
        return said | {
            "proof": f"results/{target.name}",
            "proved": proved,
            "claims": [f"{'proved' if holds else 'NOT PROVED'}: {text}" for holds, text in claims],
        }

    def result(self, name: str) -> str | None:
        """The text of a result that this process has written; of no other file."""
        path = self._path / "results" / f"{name}.json"
        return path.read_text(encoding="utf-8") if NAME.fullmatch(name) and path in self._own else None


def _name(asked: Mapping[str, Any]) -> str:
    name = asked.get("name")
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise InputError("explore: a name has 1 to 64 letters without accents, digits, - and _, such as my_l3")
    return name

