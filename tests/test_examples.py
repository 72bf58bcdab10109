"""Examples in docstrings, which the reference shows, give what they say; the reference has every public module."""

from __future__ import annotations

import doctest
import types
from importlib import import_module
from pathlib import Path

import pytest
from scripts import ROOT, module_of

import nsmodels as ns

PACKAGE = ROOT / "nsmodels"
WITH_EXAMPLES = sorted(
    ".".join(path.relative_to(ROOT).with_suffix("").parts)
    for path in PACKAGE.rglob("*.py")
    if ">>> " in path.read_text(encoding="utf-8") and path.name != "__init__.py"
)
MODULES: dict[str, str] = module_of("docs/_extensions/generated_pages.py").MODULES


@pytest.mark.parametrize("name", WITH_EXAMPLES)
def test_examples_give_what_they_say(name: str) -> None:
    failed, tried = doctest.testmod(import_module(name), optionflags=doctest.ELLIPSIS)
    assert tried > 0
    assert failed == 0


def test_the_three_questions_have_examples() -> None:
    for thing in (ns.bound, ns.decompose, ns.marginals, ns.settings.leggett_triads, ns.behaviours.singlet):
        assert ">>> " in (thing.__doc__ or ""), thing.__name__


def public_modules() -> set[str]:
    """Every module that a public name is, or comes from: but for what the page of the package itself shows."""
    names = {name for name in ns.__all__ if isinstance(getattr(ns, name), types.ModuleType)} - {"studies"}
    for name in ns.studies.__all__:
        thing = getattr(ns.studies, name)
        home = thing.__name__ if isinstance(thing, types.ModuleType) else thing.__module__
        names.add(home.removeprefix("nsmodels."))
    for asked in (ns.analyse, ns.design, ns.sweep):
        answer = asked.__annotations__["return"]
        home = next(
            path for path in PACKAGE.rglob("result.py") if f"class {answer}" in path.read_text(encoding="utf-8")
        )
        names.add(".".join(home.relative_to(PACKAGE).with_suffix("").parts))
    return names


def test_the_reference_has_every_public_module() -> None:
    assert len(public_modules()) > 15
    assert public_modules() <= set(MODULES)
    for name in MODULES:
        assert Path(import_module(f"nsmodels.{name}").__file__ or "").is_relative_to(PACKAGE)
        assert import_module(f"nsmodels.{name}").__all__
