"""What surrounds the package agrees with it: versions, dependencies, how to cite."""

import json
import re
import tomllib
from pathlib import Path

import nsmodels as ns

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def test_one_version_everywhere() -> None:
    assert PROJECT["version"] == ns.__version__
    assert re.search(rf"^version: {re.escape(ns.__version__)}$", read("CITATION.cff"), re.MULTILINE)
    assert f'{{% set version = "{ns.__version__}" %}}' in read("conda/meta.yaml")
    assert f"## {ns.__version__} (" in read("CHANGELOG.md")


def test_the_recipe_has_the_same_dependencies() -> None:
    recipe = read("conda/meta.yaml").partition("  run:\n")[2].partition("\n\n")[0]
    found = {line.strip(" -").replace("matplotlib-base", "matplotlib").replace(" ", "") for line in recipe.splitlines()}
    assert found == {*PROJECT["dependencies"], f"python{PROJECT['requires-python']}"}


def test_the_authors_are_one_entity() -> None:
    (creator,) = json.loads(read(".zenodo.json"))["creators"]
    assert creator["name"] == PROJECT["authors"][0]["name"] == "The nsmodels authors"
    assert 'name: "The nsmodels authors"' in read("CITATION.cff")


def test_the_paper_has_its_length_and_its_citations() -> None:
    text, references = read("paper.md"), read("paper.bib")
    body = text.split("---", 2)[2]
    assert 700 <= len(body.split()) <= 1300
    cited = set(re.findall(r"@([a-z]+\d{4}\w*)", body))
    assert cited
    assert cited == set(re.findall(r"^@\w+\{([^,]+),", references, re.MULTILINE))
