"""Write the lowest versions that pyproject.toml allows, as constraints for an installer: lines ``name==version``."""

import re
import sys
import tomllib
from pathlib import Path

EXTRAS = ("test", "notebooks", "interactive", "explore", "dask")
"""Beside what every user needs: what the tests run with."""


def lowest(project: dict) -> dict[str, str]:
    """Read the floor of every requirement; of two floors of one package the higher one."""
    needed = [*project["dependencies"], *(r for extra in EXTRAS for r in project["optional-dependencies"][extra])]
    floors: dict[str, str] = {}
    for requirement in needed:
        if requirement.startswith(f"{project['name']}["):  # an extra made of others, which are listed above
            continue
        found = re.match(r"([A-Za-z0-9._-]+)(?:\[.*\])?>=([0-9.]+)", requirement)
        if found is None:
            sys.exit(f"pyproject.toml: {requirement!r} names no lowest version")
        name, version = found.groups()
        key = tuple(int(part) for part in version.split("."))
        if name not in floors or key > tuple(int(part) for part in floors[name].split(".")):
            floors[name] = version
    return floors


if __name__ == "__main__":
    text = Path(__file__).parent.with_name("pyproject.toml").read_text(encoding="utf-8")
    sys.stdout.writelines(f"{name}=={version}\n" for name, version in lowest(tomllib.loads(text)["project"]).items())
