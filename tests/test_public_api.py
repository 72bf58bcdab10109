"""The public names, pinned: a change here is a change for users."""

import inspect
import subprocess
import sys
import types

import pytest

import nsmodels as ns

NAMES = """
Behavior Behaviour Bell Enclosure Finite Functional Hull Inequality Leggett NonSignaling NonSignalling OneSided Quantum
Settings Unbiased __version__ behaviours bound convex decompose design errors functionals marginals plots settings
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
            "DIRECTIONS FAMILIES Family Settings chsh directions fibonacci from_angles great_circle half_circle "
            "leggett_directions leggett_triads random",
        ),
        ("behaviours", "BEHAVIOURS BehaviourFamily from_state partially_entangled pr_box singlet uniform werner"),
        ("functionals", "FUNCTIONALS FunctionalFamily chained chsh leggett3 leggett_n"),
        ("errors", "CertificateError InputError MissingExtraError NsmodelsError SolverError"),
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


def test_the_import_is_fast() -> None:
    """At most 0.5 s on top of NumPy's own import, the best of three fresh interpreters."""
    code = "import time, numpy; begin = time.perf_counter(); import nsmodels; print(time.perf_counter() - begin)"
    best = min(
        float(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout)
        for _ in range(3)
    )
    assert best < 0.3
