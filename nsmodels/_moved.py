"""Old names of modules: they work for one more release, with a warning that tells the new name."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Sequence
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import ModuleType
from typing import Any

__all__ = ["MOVED", "install", "names_of"]

MOVED = {
    "angles": "common.angles",
    "arguments": "common.arguments",
    "behaviour": "core.behaviour",
    "boxes": "core.boxes",
    "convex_parts": "convex.parts",
    "derive": "command.derive",
    "digits": "common.digits",
    "directions": "core.settings",
    "enclosure": "core.enclosure",
    "engines.exact_simplex": "engines.solvers.exact_simplex",
    "engines.gate": "engines.solvers.gate",
    "engines.integer_program": "engines.solvers.integer_program",
    "engines.interior_point": "engines.solvers.interior_point",
    "engines.lp": "engines.solvers.lp",
    "engines.one_sphere": "engines.spheres.one_sphere",
    "engines.paths_kernel": "engines.paths.kernel",
    "engines.sdp": "engines.solvers.sdp",
    "engines.signs": "engines.enumeration",
    "engines.sos": "engines.sums_of_squares.relaxations",
    "engines.sphere_covering": "engines.spheres.covering",
    "engines.sphere_descent": "engines.spheres.descent",
    "engines.sphere_disc": "engines.spheres.disc_program",
    "engines.sphere_fork": "engines.spheres.threads",
    "engines.sphere_hard": "engines.spheres.other_proofs",
    "engines.sphere_linear": "engines.spheres.linear_proof",
    "engines.sphere_patches": "engines.spheres.patches",
    "engines.sphere_polish": "engines.spheres.polish",
    "engines.sphere_polynomials": "engines.sums_of_squares.polynomials",
    "engines.sphere_program": "engines.spheres.square_program",
    "engines.sphere_quadratic": "engines.spheres.quadratic_proof",
    "engines.sphere_reduction": "engines.spheres.flat_sides",
    "engines.sphere_search": "engines.spheres.search",
    "engines.sphere_square": "engines.spheres.square_proof",
    "engines.sphere_sweep": "engines.spheres.sweep",
    "engines.sphere_tree": "engines.spheres.tree",
    "engines.vertex": "engines.solvers.simplex",
    "explain": "command.explain",
    "functional": "core.functional",
    "interrupts": "common.interrupts",
    "measurements": "studies.measurements",
    "orders": "core.axis_orders",
    "problem": "files.problem",
    "progress": "command.progress",
    "protocols": "studies.protocols",
    "questions.columns": "questions.visibility.states",
    "questions.decompose": "questions.visibility.decompose",
    "questions.decomposition": "questions.visibility.result",
    "questions.exact_mixture": "questions.visibility.exact_mixture",
    "questions.exact_model": "questions.visibility.exact_model",
    "questions.finite_sets": "studies.finite_sets",
    "questions.joint_marginals": "studies.joint_bias",
    "questions.joint_pricing": "studies.joint_pricing",
    "questions.local_content": "studies.local_weight",
    "questions.lower_end": "questions.visibility.lower_end",
    "questions.marginals": "questions.bias.marginals",
    "questions.marginals_graph": "studies.settings_graph",
    "questions.marginals_result": "questions.bias.result",
    "questions.master": "questions.visibility.master",
    "questions.reduction": "questions.visibility.reduction",
    "questions.room": "questions.visibility.room",
    "questions.search": "questions.visibility.search",
    "questions.sos": "studies.sums_of_squares",
    "questions.strict": "questions.visibility.strict_noise",
    "questions.symmetry": "questions.visibility.symmetry",
    "questions.target": "questions.visibility.rows",
    "questions.tidy": "questions.visibility.tidy",
    "questions.vanishing": "studies.vanishing",
    "rationals": "common.rationals",
    "reading": "files",
    "reading.correlations": "files.sections.correlations",
    "reading.hints": "files.hints",
    "reading.lines": "files.toml.lines",
    "reading.numbers": "files.toml.numbers",
    "reading.sizes": "files.sections.settings",
    "reading.tables": "files.toml.table",
    "report": "command.report",
    "results": "files.result",
    "signalling": "core.no_signalling",
    "summary": "command.summary",
    "tables": "core.notations",
    "topics": "files.topics",
    "versions": "common.versions",
    "wording": "core.formula",
}
"""The old name of each module that moved, and its new one, both without `nsmodels.`"""


def _warn(old: str, new: str, stacklevel: int) -> None:
    warnings.warn(
        f"{old} is now {new}; the old name will be gone in the next release",
        DeprecationWarning,
        stacklevel=stacklevel + 1,
    )


class _Finder(MetaPathFinder, Loader):
    """Hands out the module itself under its old name, so that there is one of each."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        package, _, name = fullname.partition(".")
        return ModuleSpec(fullname, self) if package == __package__ and name in MOVED else None

    def create_module(self, spec: ModuleSpec) -> None:
        """Leave it to Python to make an empty module, which `exec_module` replaces."""

    def exec_module(self, module: ModuleType) -> None:
        old = module.__name__
        new = f"{__package__}.{MOVED[old.partition('.')[2]]}"
        _warn(old, new, 2)  # the frames of importlib do not count
        sys.modules[old] = import_module(new)


def install() -> None:
    """Let the import system know the old names; once is enough."""
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder())


def names_of(package: str, module: str) -> Callable[[str], Any]:
    """The ``__getattr__`` of a package that was a module: its names are now those of one of the modules in it."""

    def get(name: str) -> Any:
        home = f"{package}.{module}"
        # first the modules of the package, which Python asks for here before it imports them
        if name.startswith("__") or find_spec(f"{package}.{name}") or not hasattr(import_module(home), name):
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        _warn(f"{package}.{name}", f"{home}.{name}", 2)
        return getattr(import_module(home), name)

    return get
