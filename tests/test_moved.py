"""Names of modules that moved: each old one still gives the same module, and warns of it."""

import importlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

import nsmodels
from nsmodels._moved import MOVED

PACKAGE = Path(nsmodels.__file__).parent

CODE = """
import importlib, json, sys, warnings
warnings.simplefilter("error", DeprecationWarning)
import nsmodels, nsmodels.cli
for name in nsmodels.__all__:
    getattr(nsmodels, name)
told = {}
for old, new in json.loads(sys.argv[1]).items():
    new_module = importlib.import_module(f"nsmodels.{new}")
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        module = importlib.import_module(f"nsmodels.{old}")
    same = module is new_module and module.__name__ == f"nsmodels.{new}"
    told[old] = [same, [[w.category.__name__, str(w.message)] for w in seen if "is now" in str(w.message)]]
print(json.dumps(told))
"""


def test_every_old_name_gives_the_module_and_one_warning() -> None:
    """And names of today warn of nothing."""
    done = subprocess.run([sys.executable, "-c", CODE, json.dumps(MOVED)], capture_output=True, text=True, timeout=300)
    assert not done.returncode, done.stderr
    told = json.loads(done.stdout)
    assert told.keys() == MOVED.keys()
    for old, (same, warned) in told.items():
        assert same, old
        assert [kind for kind, _ in warned] == ["DeprecationWarning"], (old, warned)
        assert warned[0][1].startswith(f"nsmodels.{old} is now nsmodels.{MOVED[old]};")


def test_old_names_are_gone_and_new_ones_are_there() -> None:
    def exists(module: str) -> bool:
        path = PACKAGE.joinpath(*module.split("."))
        return path.with_suffix(".py").exists() or (path / "__init__.py").exists()

    assert not [old for old in MOVED if exists(old)]
    assert not [new for new in MOVED.values() if not exists(new)]


def test_the_warning_points_at_the_line_that_imports(tmp_path: Path) -> None:
    script = tmp_path / "user.py"
    script.write_text("import nsmodels\nfrom nsmodels.questions.tidy import tidy\nfrom nsmodels import protocols\n")
    done = subprocess.run(
        [sys.executable, "-W", "always", str(script)], capture_output=True, text=True, check=True, timeout=60
    )
    lines = [line for line in done.stderr.splitlines() if "DeprecationWarning" in line]
    assert [line.split(": ")[0] for line in lines] == [f"{script}:2", f"{script}:3"]
    assert "nsmodels.questions.visibility.tidy" in lines[0]
    assert "nsmodels.studies.protocols" in lines[1]


def test_packages_that_were_modules_still_know_the_names() -> None:
    from nsmodels.engines import paths, spheres
    from nsmodels.engines.paths.graph import DoubledGraph
    from nsmodels.engines.spheres.minimum import SphereProblem

    with pytest.warns(DeprecationWarning, match=r"engines\.spheres\.SphereProblem is now .*spheres\.minimum\.Sphere"):
        assert spheres.SphereProblem is SphereProblem
    with pytest.warns(DeprecationWarning, match=r"engines\.paths\.DoubledGraph is now .*paths\.graph\.Doubled"):
        assert paths.DoubledGraph is DoubledGraph
    with pytest.raises(AttributeError, match="has no attribute 'circles'"):
        spheres.circles  # noqa: B018 # the access is the test


def test_what_never_was_is_not_found() -> None:
    with pytest.raises(ModuleNotFoundError, match=r"nsmodels\.tidies"):
        importlib.import_module("nsmodels.tidies")
