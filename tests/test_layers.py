"""A module imports only from its own floor and from those below; heavy libraries are imported only when needed."""

import ast
import functools
import importlib
import inspect
import itertools
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "nsmodels"

FLOORS: dict[str, int] = {
    **dict.fromkeys(("errors", "checker", "_moved"), 0),
    "common": 1,
    "core": 2,
    **dict.fromkeys(("settings", "behaviours", "functionals"), 3),
    "engines": 4,
    "models": 5,
    "questions": 6,
    **dict.fromkeys(("studies", "convex", "general", "interchange"), 7),
    **dict.fromkeys(("files", "testing"), 8),
    "plots": 9,
    **dict.fromkeys(("command", "explore"), 10),
    "cli": 11,
    "__main__": 12,
}
ENGINES_MAY_USE = {"errors", "common", "_moved"}
"""Engines are numerics with no physics in them."""


def modules() -> list[str]:
    names = [path.relative_to(PACKAGE).with_suffix("") for path in sorted(PACKAGE.rglob("*.py"))]
    return [".".join(name.parts) for name in names if "_problems" not in name.parts]


def source(module: str) -> ast.Module:
    return ast.parse((PACKAGE / Path(*module.split("."))).with_suffix(".py").read_text(encoding="utf-8"))


LAZY = 37
"""At most so many modules are imported inside functions of others, beside the command line; the number may only fall.

What loads a compiler, a solver or a picture waits until it is needed; everything else is imported at the top.
"""


def is_for_types_only(node: ast.stmt) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def named(argument: ast.expr, package: list[str]) -> set[str]:
    """The module, or the package of it, that a call of `import_module` names; empty where only the run can tell."""
    first = argument.values[0] if isinstance(argument, ast.JoinedStr) else argument
    if not (isinstance(first, ast.Constant) and isinstance(first.value, str)):
        return set()
    level = len(first.value) - len(first.value.lstrip("."))
    if not level and first.value.split(".")[0] != "nsmodels":
        return set()
    start = package[: len(package) - level + 1] if level else []
    parts = [*start, *first.value.removeprefix("nsmodels").split(".")]
    return {".".join(part for part in parts if part)} - {""}


def imported(module: str, *, types: bool = False, only_lazy: bool = False) -> set[str]:
    """Modules of the package that a module imports, as names relative to the package.

    At run time or, with ``types``, for the sake of annotations as well; with ``only_lazy`` inside of functions alone.
    """
    tree = source(module)
    if only_lazy:
        functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
        tree = ast.Module([statement for function in functions for statement in function.body], [])
    skipped = {id(inner) for node in ast.walk(tree) if isinstance(node, ast.stmt) and is_for_types_only(node)
               for inner in ast.walk(node)}  # fmt: skip
    package = module.split(".")[:-1]
    found: set[str] = set()
    for node in ast.walk(tree):
        if id(node) in skipped and not types:
            continue
        if isinstance(node, ast.Import):
            found |= {alias.name[9:] for alias in node.names if alias.name.startswith("nsmodels.")}
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("import_module"):
            found |= named(node.args[0], package)
        elif isinstance(node, ast.ImportFrom):
            if node.level:
                base = package[: len(package) - node.level + 1]
            elif node.module is not None and node.module.split(".")[0] == "nsmodels":
                base = []
            else:
                continue
            name = node.module or ""
            start = [*base, *name.removeprefix("nsmodels").strip(".").split(".")] if name else base
            start = [part for part in start if part]
            for alias in node.names:
                longer = [*start, alias.name]
                path = PACKAGE / Path(*longer)
                chosen = longer if path.with_suffix(".py").exists() or path.is_dir() else start
                if chosen:
                    found.add(".".join(chosen))
    return found


def floor(module: str) -> int:
    return FLOORS[module.split(".")[0]]


UPWARD = {
    *(("questions.answer", "plots"), ("questions.answer", "files.saving")),
    *(("files.sweeps.result", "plots"), ("questions.watching", "command.progress")),
}
"""The only imports that go up: results draw and save themselves, and import what does it when they are asked to."""


@pytest.mark.parametrize("module", [name for name in modules() if name != "__init__"])
def test_imports_go_down(module: str) -> None:
    assert module.split(".")[0] in FLOORS, f"{module}: say in tests/test_layers.py on which floor it is"
    assert UPWARD >= {(module, other) for other in imported(module) if floor(other) > floor(module)}
    assert imported(module) >= {other for result, other in UPWARD if result == module}
    for other in imported(module):
        if module.startswith("engines."):
            assert other.split(".")[0] in {"engines", *ENGINES_MAY_USE}, f"{module} imports {other}"


def test_imports_make_no_circles() -> None:
    """Neither at run time nor for types alone; the only ways back are those of `UPWARD`."""
    graph = {
        module: {other for other in imported(module, types=True) if (module, other) not in UPWARD}
        for module in modules() if module not in ("__init__", "_moved") and not module.endswith(".__init__")
    }  # fmt: skip
    assert graph["questions.visibility.task"] >= {"questions.visibility.symmetry", "core.functional"}
    TopologicalSorter(graph).prepare()  # raises CycleError, which names the circle


def test_imports_inside_functions_only_become_fewer() -> None:
    lazy = {
        (module, other)
        for module in modules() if module not in ("_moved", "__main__", "cli")
        for other in imported(module, only_lazy=True)
    }  # fmt: skip
    assert ("models.leggett", "engines.spheres.minimum") in lazy
    assert len(lazy) <= LAZY, f"{len(lazy)} imports inside functions: import at the top what loads nothing heavy"


LINES = 400
LONGER = {"checker.py": 2_400}
"""At most so many lines of files that are longer; the numbers may only fall.

The checker is one file that is read as a whole, by people who trust nothing else (`tests/test_checker_file.py`).
"""


@pytest.mark.parametrize("folder", ["nsmodels", "tests", "benchmarks"])
def test_no_file_is_long(folder: str) -> None:
    root = PACKAGE.parent / folder
    for path in sorted(root.rglob("*.py")):
        lines = len(path.read_text(encoding="utf-8").splitlines())
        most = LONGER.get(path.relative_to(root).as_posix(), LINES)
        assert lines <= most, f"{path.name} has {lines} lines: split it by concept"


def test_the_checker_stands_alone() -> None:
    """It imports the standard library only, and nothing of the package."""
    for node in ast.walk(source("checker")):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            names = [node.module or ""]
        for name in names:
            assert name.split(".")[0] in sys.stdlib_module_names


ADAPTERS = {
    "engines.solvers.lp",
    "engines.solvers.simplex",
    "engines.solvers.integer_program",
    "engines.solvers.least_squares",
    "engines.solvers.interior_point",
    "engines.solvers.quadratic_program",
    "engines.solvers.sdp",
}
SOLVERS = {"highspy", "clarabel", "scs", "scipy.optimize", "gurobipy", "pyscipopt"}


def imports(tree: ast.AST) -> set[str]:
    """Everything that is imported from outside the package, with dots."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def calls_of(name: str, tree: ast.AST) -> list[str]:
    """What the method of this name is called on, as source text."""
    nodes = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return [ast.unparse(f.value) for f in nodes if isinstance(f, ast.Attribute) and f.attr == name]


def plain_calls_of(name: str, tree: ast.AST) -> int:
    nodes = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return sum(isinstance(f, ast.Name) and f.id == name for f in nodes)


@pytest.mark.parametrize("module", [name for name in modules() if name != "__init__"])
def test_solvers_are_called_by_adapters_only(module: str) -> None:
    """No other module imports a solver, or solves a problem of CVXPY but by `nsmodels.engines.solvers.sdp.solve`."""
    tree = source(module)
    used = {name for name in imports(tree) for solver in SOLVERS if name == solver or name.startswith(f"{solver}.")}
    assert not used or module in ADAPTERS, f"{module} imports {used}: only {sorted(ADAPTERS)} may"
    if any(name.split(".")[0] == "cvxpy" for name in imports(tree)):
        assert calls_of("solve_via_data", tree) == (["chain"] if module == "engines.solvers.sdp" else [])
        on = [name for name in calls_of("solve", tree) if name not in ("np.linalg", "sdp")]
        assert on == (["problem"] if module == "engines.solvers.sdp" else []), (
            f"{module} solves {on}: use engines.solvers.sdp.solve"
        )


@pytest.mark.parametrize("module", sorted(ADAPTERS))
def test_adapters_ask_at_the_gate(module: str) -> None:
    """An adapter passes the gate at one place, and its solver runs at one place: in what it hands over."""
    tree = source(module)
    assert plain_calls_of("ask", tree) == 1
    runs = {
        "engines.solvers.lp": plain_calls_of("_call_highs", tree),
        "engines.solvers.simplex": len(calls_of("_run", tree)),
        "engines.solvers.integer_program": plain_calls_of("_call_milp", tree),
        "engines.solvers.least_squares": plain_calls_of("nnls", tree),
        "engines.solvers.interior_point": plain_calls_of("_iterate", tree),
        "engines.solvers.quadratic_program": len(calls_of("solve", tree)),
        "engines.solvers.sdp": plain_calls_of("call_solver", tree),
    }
    assert runs[module] == 1


HEAVY = (
    "scipy",
    "numba",
    "cvxpy",
    "networkx",
    "highspy",
    "matplotlib",
    "pydantic",
    "tomlkit",
    "typer",
    "rich",
    "plotly",
)


def loaded_after(statement: str) -> set[str]:
    code = f"import sys; {statement}; print('\\n'.join(sorted(name.split('.')[0] for name in sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    return set(done.stdout.split())


@pytest.mark.parametrize(
    "statement",
    [
        "import nsmodels",
        "import nsmodels as ns; ns.behaviours.singlet(ns.settings.leggett_triads(0.6)).to_probabilities()",
        "import nsmodels as ns; ns.functionals.chsh().value(ns.behaviours.pr_box())",
        "import nsmodels as ns; ns.Bell((2, 2)), ns.Finite([[0.0]], [[0.0]]), ns.Hull([ns.Unbiased((1, 1))]), ns.bound",
    ],
)
def test_heavy_libraries_wait_until_they_are_needed(statement: str) -> None:
    assert loaded_after(statement).isdisjoint(HEAVY)


def model_names() -> set[str]:
    from nsmodels.models.registry import ENTRIES

    return {entry.name for entry in ENTRIES} | {entry.home[1] for entry in ENTRIES}


ALSO_WORDS = {"__init__", "general", "explore.asked", "files.other_words", "questions.bound", "studies.robustness"}
"""Where the same word is no model's name: exports, a model of whole boxes, the quantum value, aliases, a noise."""


@functools.cache
def model_classes() -> set[str]:
    """Every class under models/ that answers for itself, those without an entry included."""
    from nsmodels.models.base import Model

    for module in modules():
        if module.startswith("models."):
            importlib.import_module(f"nsmodels.{module}")
    found: set[str] = set()
    left: list[type] = [Model]
    while left:
        kind = left.pop()
        left += kind.__subclasses__()
        if kind.__module__.startswith("nsmodels.models.") and not inspect.isabstract(kind):
            found.add(kind.__name__)
    return found


def called(node: ast.AST) -> set[str]:
    """The last part of every name in an expression."""
    inner = list(ast.walk(node))
    return {w.id for w in inner if isinstance(w, ast.Name)} | {w.attr for w in inner if isinstance(w, ast.Attribute)}


def constants(node: ast.AST) -> set[str]:
    return {w.value for w in ast.walk(node) if isinstance(w, ast.Constant) and isinstance(w.value, str)}


@pytest.mark.parametrize("module", [m for m in modules() if m != "checker" and not m.startswith(("models.", "_moved"))])
def test_nobody_asks_a_model_for_its_name_or_class(module: str) -> None:
    """A model answers for itself: outside of the models no comparison, table, case and no isinstance names one."""
    names = model_names()
    for node in ast.walk(source(module)):
        words: set[str] = set()
        if isinstance(node, ast.Compare | ast.MatchValue):
            words = constants(node)
        elif isinstance(node, ast.Dict):
            words = {word for key in node.keys if key is not None for word in constants(key)}
        if words & names and not (isinstance(node, ast.Compare) and "name" in ast.unparse(node)):
            assert module in ALSO_WORDS, f"{module}: {ast.unparse(node)}"
        else:
            assert not words & names, f"{module}: {ast.unparse(node)}"
        judged: ast.AST | None = node if isinstance(node, ast.Compare) else None
        if isinstance(node, ast.MatchClass):
            judged = node.cls
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            if node.func.id in ("isinstance", "issubclass"):
                judged = node.args[1]
            if node.func.id in ("getattr", "hasattr") and len(node.args) > 1:
                word = ast.unparse(node.args[1])
                assert not word.strip("'\"").startswith("eta"), f"{module}:{node.lineno}: {ast.unparse(node)}"
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if node.func.attr in ("startswith", "endswith", "count", "index"):
                assert not constants(node) & names, f"{module}:{node.lineno}: {ast.unparse(node)}"
        assert judged is None or not called(judged) & model_classes(), f"{module}: {ast.unparse(node)}"


def test_the_picture_of_the_house_shows_these_floors() -> None:
    import runpy

    rooms = runpy.run_path(str(PACKAGE.parent / "docs" / "architecture.py"))["FLOORS"]
    level = {name: number for number, names in enumerate(rooms) for name in names}
    order = sorted(set(FLOORS) - {"_moved", "__main__"}, key=FLOORS.__getitem__)
    assert set(level) == set(order)
    for lower, higher in itertools.pairwise(order):
        if FLOORS[lower] < FLOORS[higher] and "errors" not in (lower, higher):
            assert level[lower] <= level[higher], f"{lower} is not below {higher} in the picture"
