"""The public names, pinned: a change here is a change for users."""

import inspect
import re
import types
from pathlib import Path

import pytest

import nsmodels as ns

NAMES = """
Behavior Behaviour Bell BoundResult BoxMixture Data DecomposeResult Enclosure Finite Functional HiddenStates
HiddenVariableModel Hull Inequality Law Leggett MarginalsResult Model NoAnswer NonSignaling NonSignalling OneSided Proof
Quantum Settings StandardErrors Support TwoQubits Unbiased
__version__ analyse behaviours bound convex decompose design errors functionals general interchange load load_problem
marginals plots settings studies sweep testing
""".split()


def test_public_names_are_pinned() -> None:
    assert sorted(ns.__all__) == NAMES
    assert sorted(dir(ns)) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_every_public_name_loads(name: str) -> None:
    assert getattr(ns, name) is not None


def test_what_the_names_are() -> None:
    for name in ("behaviours", "convex", "errors", "functionals", "plots", "settings"):
        assert isinstance(getattr(ns, name), types.ModuleType)
    for name in ("bound", "decompose", "design", "marginals"):
        assert inspect.isfunction(getattr(ns, name))
    assert ns.Behavior is ns.Behaviour
    assert ns.NonSignaling is ns.NonSignalling
    with pytest.raises(AttributeError, match="no attribute 'bond'"):
        ns.bond  # noqa: B018 # the access is the test


@pytest.mark.parametrize(
    ("module", "names"),
    [
        (
            "settings",
            "DIRECTIONS FAMILIES Family Settings chsh directions fibonacci from_angles from_waveplates great_circle "
            "half_circle leggett_directions leggett_triads random to_waveplates",
        ),
        ("behaviours", "BEHAVIOURS BehaviourFamily from_state partially_entangled pr_box singlet uniform werner"),
        (
            "functionals",
            "FUNCTIONALS FunctionalFamily a10 biased_chsh ch chained chsh elegant hardy hardy_zeros i3322 i3322_one "
            "imm22 leggett3 leggett_n relabellings tilted_chsh triangular_elimination",
        ),
        ("errors", "InputError MissingExtraError NsmodelsError SolverError"),
    ],
)
def test_names_of_the_public_modules(module: str, names: str) -> None:
    assert sorted(getattr(ns, module).__all__) == names.split()


def test_signatures_of_the_questions() -> None:
    common = {"tolerance", "time_limit_s", "seed", "progress"}
    assert common <= set(inspect.signature(ns.bound).parameters)
    assert common | {"noise", "marginals"} <= set(inspect.signature(ns.decompose).parameters)
    assert {"tolerance"} <= set(inspect.signature(ns.marginals).parameters)


@pytest.mark.parametrize("name", [name for name in NAMES if name not in ("__version__", "convex", "plots")])
def test_public_names_are_documented(name: str) -> None:
    value = getattr(ns, name)
    assert value.__doc__
    if isinstance(value, types.ModuleType):
        for inner in value.__all__:
            assert getattr(value, inner).__doc__, f"{name}.{inner}"


@pytest.mark.parametrize(
    ("module", "names"),
    [
        (
            "settings",
            "chsh fibonacci from_angles from_waveplates great_circle half_circle leggett_directions leggett_triads "
            "random to_waveplates",
        ),
        ("behaviours", "from_state partially_entangled pr_box singlet uniform werner"),
        (
            "functionals",
            "a10 biased_chsh ch chained chsh elegant hardy hardy_zeros i3322 i3322_one imm22 leggett3 leggett_n "
            "relabellings tilted_chsh triangular_elimination",
        ),
    ],
)
def test_completion_offers_what_makes_something(module: str, names: str) -> None:
    assert dir(getattr(ns, module)) == names.split()


INSIDE = {"docs/new_model.md: nsmodels.models.registry"}
"""Imports from inside on pages that tell people where in the package to write something."""


def test_pages_and_notebooks_import_nothing_from_inside() -> None:
    """What they show is reachable as `ns.` or `ns.studies.`; a public name's old path would be copied for years."""
    root = Path(__file__).parent.parent
    pages = [root / "README.md", *(root / "docs").rglob("*.md"), *(root / "notebooks").glob("*.ipynb")]
    deep = re.compile(r"(?:from|import) (nsmodels(?:\.\w+)+)")
    found = [(page, name) for page in pages for name in deep.findall(page.read_text(encoding="utf-8"))]
    assert found
    told = {f"{page.relative_to(root).as_posix()}: {name}" for page, name in found}
    assert {line for line in told if not line.endswith((": nsmodels.studies", ": nsmodels.testing"))} == INSIDE


def test_studies_are_reachable_by_name() -> None:
    """Also where a module has the name of its main function, in whatever order they are imported."""
    assert dir(ns.studies) == sorted(ns.studies.__all__)
    for name in ns.studies.__all__:
        assert getattr(ns.studies, name).__doc__
    for name in ("joint_marginals", "local_content", "relax", "tidy", "counterexample", "dying_out", "finite_set"):
        assert inspect.isfunction(getattr(ns.studies, name))
    with pytest.raises(AttributeError, match="no attribute 'joint'"):
        ns.studies.joint  # noqa: B018 # the access is the test
