"""The pages that are written from the package itself: names, keys, commands, the API, the gallery, the notebooks.

They appear in docs/_generated/ before Sphinx looks for its sources, and are never edited by hand.
"""

from __future__ import annotations

import inspect
import json
import re
import shutil
import tomllib
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import matplotlib.pyplot as plt
from click import Context
from typer.main import get_command

import nsmodels as ns
from nsmodels.cli import app as command_line
from nsmodels.command.explain import catalogue
from nsmodels.command.summary import as_text, summary
from nsmodels.common.digits import at_most
from nsmodels.files.keys import KEYS, TABLE_LINES
from nsmodels.files.problem import load, shipped
from nsmodels.files.schema import NEEDED
from nsmodels.files.toml.table import USED_BY
from nsmodels.plots import on_page
from nsmodels.questions.answer import Answer

DOCS = Path(__file__).resolve().parents[1]
ROOT = DOCS.parent
HERE = DOCS / "_generated"

MODULES = {
    "settings": "Families of settings",
    "behaviours": "Correlations with a name",
    "functionals": "Functionals with a name",
    "plots": "Pictures",
    "convex": "Your own convex questions",
    "general": "More outcomes, more parties",
    "interchange": "Files and tables of other programs",
    "testing": "Laws that every model obeys",
    "errors": "Errors",
    "studies.analysis.result": "Answers to `analyse`",
    "studies.design.result": "Answers to `design`",
    "files.sweeps.result": "Answers to `sweep`",
    "core.boxes": "Boxes without signalling",
    "studies.every_setting": "All settings at once",
    "questions.visibility.tidy": "Decompositions with few states",
    "studies.vanishing": "Vanishing marginals",
    "studies.finite_sets": "Finite sets of hidden states",
    "studies.few_states": "Counterexamples with few hidden states",
    "studies.local_weight": "Local weight",
    "studies.joint_bias": "Joint bias",
    "studies.measurements": "Published measurements",
    "studies.one_box": "One PR box and shared randomness",
    "studies.polytopes": "Polytopes",
    "studies.protocols": "Protocols with a box or a bit",
    "studies.robustness": "Robustness against noise",
    "studies.sums_of_squares": "Sums of squares",
}
"""The public modules, each a page of the API."""


EDITORS = """
## Completion and checks in an editor

`nsmodels schema` prints a JSON Schema of all this. Save it beside your problems and name it in their first line;
editors that know JSON Schema for TOML then complete keys, show what they mean, and mark mistakes:

```sh
nsmodels schema > problem.schema.json
```

```toml
#:schema ./problem.schema.json
schema = 1
kind = "marginals"
[settings]
family = "half_circle"
n = 3
```
"""


def _write(name: str, text: str) -> None:
    """Write a page, unless it is the same already: Sphinx reads again what is newer."""
    path = HERE / name
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")


def _cell(text: str) -> str:
    return text.replace("|", r"\|").replace("\n", " ").replace("*", r"\*")


def _values(key: Any) -> str:
    """The values of a key, in words."""
    content = key.values
    if "anyOf" in content:
        return " or ".join(_in_words(part) for part in content["anyOf"])
    return _in_words(content)


def _in_words(content: Any) -> str:
    if "const" in content:
        return f"`{json.dumps(content['const'])}`"
    if "enum" in content:
        return ", ".join(f"`{json.dumps(word)}`" for word in content["enum"])
    kind = content.get("type", "")
    if kind in ("number", "integer"):
        low, high = content.get("minimum"), content.get("maximum")
        above = content.get("exclusiveMinimum")
        name = "integer" if kind == "integer" else "number"
        if above is not None:
            return f"{name} above {above:g}" + (f", at most {high:g}" if high is not None else "")
        if low is not None and high is not None:
            return f"{name} in [{low:g}, {high:g}]"
        return f"{name} from {low:g}" if low is not None else name
    if kind == "array":
        item = content.get("items")
        if item is None:
            return "lists in lists"
        if item.get("type") == "array":
            width = item.get("minItems")
            return f"list of rows{f' of {width}' if width else ''}, each {_in_words(item['items'])}"
        return f"list, each {_in_words(item)}" if item.get("type") == "number" else "list of tables"
    return {"string": "text", "boolean": "`true` or `false`", "object": "table"}.get(kind, "see below")


def problem_file() -> None:
    """Every table and key of a problem file."""
    lines = [
        "# The problem file\n",
        "A problem is a page of TOML. `nsmodels run` reads it, and answers every mistake with one line that names "
        "file, line and key. This page is written from the program's own registries; `nsmodels explain NAME` says the "
        "same at a terminal.\n",
        "## Which tables a kind has\n",
        "| kind | needs | may have |\n|---|---|---|",
    ]
    for kind, used in USED_BY.items():
        needed = NEEDED[kind]
        others = [name for name in used if name not in needed]
        lines.append(f"| `{kind}` | {_listed(needed) or '–'} | {_listed(others)} |")
    lines.append("\n## Keys of no table\n")
    lines += _keys("")
    for table, said in TABLE_LINES.items():
        kinds = [kind for kind, used in USED_BY.items() if table in used]
        lines.append(f"\n## [{table}]\n\n{said} For {', '.join(f'`{kind}`' for kind in kinds)}.\n")
        lines += _keys(table)
        section = {"model": "models", "settings": "families", "functional": "functionals", "behaviour": "behaviours"}
        if table in section:
            lines += ["", *_names(section[table])]
    lines.append(EDITORS)
    _write("problem_file.md", "\n".join(lines))


def _listed(names: Any) -> str:
    return ", ".join(f"[{name}]" for name in names)


def _keys(table: str) -> list[str]:
    rows = ["| key | meaning | values | left out |\n|---|---|---|---|"]
    for name, key in KEYS[table].items():
        values = ", ".join(f'`"{kind}"`' for kind in USED_BY) if (table, name) == ("", "kind") else _values(key)
        rows.append(f"| `{name}` | {_cell(key.meaning)} | {_cell(values)} | {_cell(key.default)} |")
    return rows


def _names(section: str) -> list[str]:
    title = {"families": "Families", "models": "Models", "functionals": "Functionals", "behaviours": "Behaviours"}
    lines = [f"### {title[section]} with a name\n"]
    for entry in catalogue()[section]:
        keys = f" Keys: {', '.join(f'`{key}`' for key in entry.parameters)}." if entry.parameters else ""
        lines.append(f"`{entry.name}`\n: {_text(entry.line.split(' (')[0] if entry.parameters else entry.line)}.{keys}")
        lines += [f"\n  {_text(fact)}" for fact in entry.facts]
        lines.append(f"\n  Source: {_text(entry.source)}.\n" if entry.source else "\n")
    return lines


def _text(text: str) -> str:
    """Plain text as Markdown: nothing in it is mark-up."""
    for sign in "\\*_|[]<>":
        text = text.replace(sign, "\\" + sign)
    return text


def commands() -> None:
    """The help of every command."""
    group = get_command(command_line)
    lines = [
        "# Commands\n",
        "Exit codes of `run`: 0 certified, no wider than the tolerance, and agreeing with what is expected; 1 "
        "answered, but one of these fails; 2 bad input; 3 a solver failed and nothing can be said. Those of "
        "`verify`: 0 all proved, 1 some claim is not, 2 unreadable.\n",
    ]
    with Context(group, info_name="nsmodels") as context:
        for name, command in sorted(group.commands.items()):  # type: ignore[attr-defined]
            with Context(command, info_name=name, parent=context) as inner:
                lines.append(f"## nsmodels {name}\n\n```text\n{command.get_help(inner).strip()}\n```\n")
    _write("commands.md", "\n".join(lines))


def words() -> None:
    """What `nsmodels explain` says of the words of files and papers."""
    lines = ["# Words of files and papers\n", "What `nsmodels explain WORD` says.\n"]
    for entry in catalogue()["words"]:
        lines.append(f"## {entry.name}\n\n{_text(entry.line)}.\n")
        lines += [f"- {_text(fact)}" for fact in entry.facts]
        lines.append(f"\nSource: {_text(entry.source)}.\n" if entry.source else "")
    _write("words.md", "\n".join(lines))


def api() -> None:
    """One page for the package and one for each public module."""
    top = ["nsmodels", "========", "", ".. py:currentmodule:: nsmodels", ""]
    for name in ns.__all__:
        thing = getattr(ns, name)
        if isinstance(thing, ModuleType) or name.startswith("__") or name in ("Behavior", "NonSignaling"):
            continue
        kind = "autoclass" if inspect.isclass(thing) else "autofunction"
        top.append(f".. {kind}:: nsmodels.{name}")
        if inspect.isclass(thing):
            top.append("   :members:")
            top += ["   :inherited-members: object"] * issubclass(thing, Answer)
        top.append("")
    _write("api/nsmodels.rst", "\n".join(top))
    for name, title in MODULES.items():
        full = f"nsmodels.{name}"
        heading = f"{title}: ``{full}``"
        lines = [heading, "=" * len(heading), "", f".. automodule:: {full}", ""]
        for public in import_module(full).__all__:
            thing = getattr(import_module(full), public)
            if isinstance(thing, ModuleType) or (hasattr(ns, public) and getattr(ns, public) is thing):
                continue
            if inspect.isclass(thing):
                lines += [f".. autoclass:: {full}.{public}", "   :members:", ""]
            elif callable(thing):
                lines += [f".. autofunction:: {full}.{public}", ""]
            else:
                lines += [f".. autodata:: {full}.{public}", "   :no-value:", ""]
        _write(f"api/{name}.rst", "\n".join(lines))
    entries = "\n".join(["nsmodels", *MODULES])
    _write("api/index.md", f"# API\n\n```{{toctree}}\n:maxdepth: 1\n\n{entries}\n```\n")


def gallery() -> None:
    """A page for each shipped problem that has its answer in results/: file, summary, picture."""
    rows: dict[str, list[str]] = {}
    for name, path in shipped().items():
        answer = ROOT / "results" / f"{name}.json"
        problem = load(name)
        picture = ""
        said = ""
        if answer.exists():
            said = f"```text\n{as_text(problem.title, summary(problem, ns.load(answer)))}\n```\n"
            if _draw(name, answer):
                picture = f"![Picture of the answer: {problem.title}]({name}.svg)\n"
        text = path.read_text(encoding="utf-8")
        _write(
            f"gallery/{name}.md",
            f"# {_text(problem.title)}\n\n{picture}\nThe problem, `{name}.toml`:\n\n```toml\n{text.strip()}\n```\n\n"
            f"`nsmodels run {name}` answers:\n\n{said}",
        )
        expected = tomllib.loads(text).get("expected", {})
        value = expected.get("value")
        told = "" if value is None else f"{value:.9g}"
        rows.setdefault(problem.kind, []).append(f"| [{_text(problem.title)}]({name}.md) | {told} |")
    lines = ["# Gallery\n", "Every problem that ships, with what it answers. `nsmodels run NAME` runs it afresh.\n"]
    for kind, entries in rows.items():
        lines += [f"## kind = \"{kind}\"\n", "| problem | expected |\n|---|---|", *entries, ""]
    lines.append("```{toctree}\n:hidden:\n\n" + "\n".join(shipped()) + "\n```\n")
    _write("gallery/index.md", "\n".join(lines))


def _draw(name: str, answer: Path) -> bool:
    """Draw a stored answer, once; nothing is solved."""
    target = HERE / "gallery" / f"{name}.svg"
    if target.exists() and target.stat().st_mtime > answer.stat().st_mtime:
        return True
    target.parent.mkdir(parents=True, exist_ok=True)
    figure = on_page(ns.load(answer))
    figure.savefig(target, format="svg", metadata={"Date": None})
    plt.close(figure)
    return True


def records() -> None:
    """All records of the search for settings: a picture, the group, and the inequality with integers."""
    integers = tomllib.loads((ROOT / "results" / "records" / "inequalities.toml").read_text(encoding="utf-8"))
    lines = [
        "# Pictures of the records\n",
        "The settings found by [the search](../../design.md), on the Poincaré sphere, as axes in a stated gauge; the "
        "group of relabellings that leave them as they are; and an inequality with small integers that costs "
        "about 1e-4 in visibility or less, its bound proved again. `nsmodels run records/NAME` proves the visibility "
        "itself.\n",
    ]
    for name in sorted(integers, key=_place):
        plain = "_" not in name.removesuffix("_correlators")
        if plain:  # the other tables have their directions in the files
            _draw_settings(name)
        picture = f"![The directions of both parties]({name}.svg)\n\n" if plain else ""
        content = json.loads((ROOT / "results" / "records" / f"{name}.json").read_text(encoding="utf-8"))
        group, entry = content["design"]["symmetry"], integers[name]
        said = f"{group['name'] or 'no group of space'}, of {group['order']}" + \
            (", and as many that exchange the parties" if group["exchanges"] else "")  # fmt: skip
        terms = " ".join(
            f"{'+' if s > 0 else '−'} {'' if abs(s) == 1 else f'{abs(s)} '}C({i}, {j})" for i, j, s in entry["terms"]
        )
        lines.append(
            f"## {name}\n\n{_text(content['problem']['title'])}. Proved: {at_most(content['value']['upper'], 7)}. "
            f"Symmetry: {said}.\n\n{picture}{terms.removeprefix('+ ')} ≤ {at_most(entry['bound'], 9)}, violated above "
            f"{at_most(entry['visibility'], 7)}.\n"
        )
    _write("records/index.md", "\n".join(lines))


def _place(name: str) -> tuple[Any, ...]:
    """Where a record is: its kind, then the numbers of directions or pairs."""
    numbers = [int(x) for x in re.findall(r"\d+", name)]
    return name.lstrip("0123456789x").removeprefix("_correlators"), len(numbers), *numbers


def _draw_settings(name: str) -> None:
    """Draw the settings of a record, once."""
    target = HERE / "records" / f"{name}.svg"
    source = ROOT / "problems" / "records" / f"{name}.toml"
    if target.exists() and target.stat().st_mtime > source.stat().st_mtime:
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    figure = ns.plots.settings_on_sphere(load(f"records/{name}").settings)
    figure.savefig(target, format="svg", metadata={"Date": None})
    plt.close(figure)


def figures() -> None:
    """The pictures of the page for beginners."""
    settings = ns.settings.leggett_triads(phi_deg=36.87)
    pictures = {"settings": lambda: ns.plots.settings_on_sphere(settings), "bound_against_phi": _bounds}
    for name, draw in pictures.items():
        target = HERE / "figures" / f"{name}.svg"
        target.parent.mkdir(parents=True, exist_ok=True)
        if not target.exists():
            figure = draw()
            figure.savefig(target, format="svg", metadata={"Date": None})
            plt.close(figure)


def _bounds() -> Any:
    results = []
    for phi_deg in (2, 10, 20, 30, 36.87, 45, 55, 65, 75, 85):
        settings = ns.settings.leggett_triads(phi_deg=phi_deg)
        results.append(ns.bound(ns.functionals.leggett3(settings), ns.Leggett(settings=settings)))
    return ns.plots.bound_against_phi({"Leggett's model, η = 1": results})


def notebooks() -> None:
    """Copies, with the outputs that they are stored with."""
    names = []
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        names.append(path.stem)
        target = HERE / "notebooks" / path.name
        target.parent.mkdir(parents=True, exist_ok=True)
        if not target.exists() or target.read_bytes() != path.read_bytes():
            shutil.copyfile(path, target)
    entries = "\n".join(names)
    _write("notebooks/index.md", f"# Notebooks\n\n```{{toctree}}\n:maxdepth: 1\n\n{entries}\n```\n")


def setup(app: Any) -> dict[str, Any]:
    """Write the pages when the builder is ready, which is before sources are looked for."""

    def write(_: Any) -> None:
        for page in (problem_file, commands, words, api, gallery, records, figures, notebooks):
            page()

    app.connect("builder-inited", write)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
