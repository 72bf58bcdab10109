"""Scripts of the repository that are no part of the package, as modules."""

import importlib.util
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent


def module_of(path: str) -> Any:
    """The module that a script makes, by its path below the repository's root."""
    spec = importlib.util.spec_from_file_location(Path(path).stem, ROOT / path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
