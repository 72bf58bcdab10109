"""`Problem`: one question from a TOML file, validated key by key and turned into the nouns of the package.

Reading never starts a computation: sizes, ranges and the fit of model, settings and coefficients are checked here, each
refusal being one line ``file:line: key: problem; remedy``. :meth:`Problem.ask` then puts the question.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..common.interrupts import held
from ..errors import InputError
from ..models.registry import Entry, entry_of
from ..questions.answer import Answer
from .options import Options, read_options
from .sections import scenario
from .sections.expected import Expected, read_expected
from .toml.table import ALIASES, OWN_KEYS, TABLES, USED_BY, Document, Table, check_keys, read, refuse

if TYPE_CHECKING:
    from ..core.behaviour import Behaviour
    from ..core.functional import Functional
    from ..core.settings import Settings
    from ..general.results import Tables
    from ..models.base import Model
    from .sections.analysis import AnalysisTables
    from .sections.design import DesignTable

__all__ = ["Expected", "Options", "Problem", "find", "from_data", "load", "shipped", "shipped_records", "validated"]

Progress = Callable[[float, float, int, float], None]


@dataclass(frozen=True, eq=False)
class Problem:
    """A validated problem file; `load` makes it.

    ``resolved`` holds the sizes and every default in force, as in the result file.
    """

    document: Document
    name: str
    kind: str
    shape: tuple[int, ...]
    options: Options
    expected: Expected | None = None
    model: Model | None = None
    settings: Settings | None = None
    functional: Functional | None = None
    behaviour: Behaviour | None = None
    noise: Behaviour | None = None
    marginals: str = "match"
    allow_signalling: bool = False
    design: DesignTable | None = None
    analysis: AnalysisTables | None = None
    scenario: Tables | None = None
    resolved: dict[str, Any] = field(default_factory=dict)

    @property
    def data(self) -> dict[str, Any]:
        """The parsed TOML, unchanged."""
        return self.document.data

    @property
    def title(self) -> str:
        """The title, or the name of the file."""
        return str(self.data.get("title", self.name))

    @property
    def subject(self) -> str:
        """What has its own results and pages: the kind, or "scenario" for all kinds of problems about scenarios."""
        return self.kind if self.scenario is None else "scenario"

    @property
    def digest(self) -> str:
        """SHA-256 of the parsed TOML in canonical JSON."""
        text = json.dumps(self.data, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()

    def ask(self, progress: Progress | None = None, workers: Any = None) -> Answer:
        """Put the question and return its result; interrupts wait except while it searches.

        Parameters
        ----------
        progress : callable, optional
            Called with (lower, upper, work, seconds).
        workers : int or executor, optional
            Where the starts of a design run; the other kinds have nothing to share out.

        Raises
        ------
        InputError
            If the question refuses the data; the message names the file and the table.
        SolverError
            If a solver fails and nothing can be said.
        """
        try:
            with held():
                answer = self._answer(
                    tolerance=self.options.tolerance,
                    time_limit_s=self.options.time_limit_s,
                    seed=self.options.seed,
                    progress=progress,
                    **({} if workers is None or self.design is None else {"workers": workers}),
                )
                asked = replace(answer.question, problem=self.data, marginals=self.marginals,
                                allow_signalling=self.allow_signalling)  # fmt: skip
                return replace(answer, question=asked)
        except InputError as error:
            own = {"bound": "functional", "design": "design", "analysis": "data"}
            table = own.get(self.kind, "behaviour")
            written = next((key for key in self.data if ALIASES.get(key, key) == table), "settings")
            from .sections.settings import told_in_file

            self.document.refuse((written,), told_in_file(error))

    def _answer(self, **limits: Any) -> Answer:
        if self.scenario is not None:
            return scenario.ask(self.kind, self.scenario, **limits)
        if self.kind == "marginals":
            from ..questions.bias.marginals import marginals

            assert self.behaviour is not None
            return marginals(self.behaviour, allow_signalling=self.allow_signalling, **limits)
        if self.kind == "local_content":
            from ..studies.local_weight import local_content

            assert self.behaviour is not None
            return local_content(self.behaviour, **limits)
        assert self.model is not None
        model = self.model
        if self.design is not None:
            return self.design.ask(model, **limits)
        if self.analysis is not None:
            return self.analysis.ask(model, self.functional, self.settings, **limits)
        if self.kind == "bound":
            from ..questions.bound import bound

            assert self.functional is not None
            return bound(self.functional, model, settings=self.settings, **limits)
        from ..questions.visibility.decompose import decompose

        assert self.behaviour is not None
        noise = "white" if self.noise is None else self.noise
        own: dict[str, Any] = {"marginals": self.marginals, "allow_signalling": self.allow_signalling}
        return decompose(self.behaviour, model, noise=noise, **own, **limits)


def shipped() -> dict[str, Path]:
    """The problems that ship with the package, by name: inside the wheel, or beside a source tree."""
    here = Path(__file__).resolve().parents[1]
    for folder in (here / "_problems", here.parent / "problems"):
        if folder.is_dir():
            return {path.stem: path for path in sorted(folder.glob("*.toml"))}
    return {}


def shipped_records() -> dict[str, Path]:
    """Problems on the settings of the records, by name: ``records/3x4``."""
    folders = {path.parent / "records" for path in shipped().values()}
    return {f"records/{path.stem}": path for folder in folders for path in sorted(folder.glob("*.toml"))}


def find(problem: str | Path) -> Path:
    """The path of a problem: a file, or else the shipped problem or record of that name.

    Raises
    ------
    InputError
        If there is neither.
    """
    path = Path(problem)
    known = {**shipped(), **shipped_records()}
    name = str(problem).removesuffix(".toml")
    try:
        if not path.is_file() and name in known:
            return known[name]
        exists = path.exists() or path.is_symlink()
    except (OSError, ValueError):
        exists = False
    if not exists:
        close = get_close_matches(name[:80], known, n=1)
        remedy = f'did you mean "{close[0]}"?' if close else "`nsmodels list` names the shipped problems"
        refuse(str(problem), 1, "file", "there is no such file and no shipped problem of that name", remedy)
    return path


def load(problem: str | Path) -> Problem:
    """Read and validate a problem file, or the shipped problem of that name.

    Raises
    ------
    InputError
        One line ``file:line: key: problem; remedy`` about the first thing that is wrong; unknown keys come first.
    """
    path = find(problem)
    return validated(read(path), path.stem)


def from_data(data: dict[str, Any], name: str, resolved: Mapping[str, Any] | None = None) -> Problem:
    """Validate a problem that is parsed already, such as ``problem`` of a result file; `name` stands for the file.

    ``resolved`` of the result file has the counts of a problem whose data are in a file of their own.

    Raises
    ------
    InputError
        As `load`, with line 1 throughout.
    """
    return validated(Document(name, "", data, resolved=resolved or {}), Path(name).stem)


def validated(document: Document, name: str) -> Problem:
    """Validate a document; `name` is that of its result.

    Raises
    ------
    InputError
        As `load`.
    """
    from .sections.correlations import read_behaviour, read_constraints, read_functional
    from .sections.settings import Sizes, made

    if "sweep" in document.data:
        document.refuse(("sweep",), "this is a sweep, not one problem", "`nsmodels sweep FILE --out DIR` answers it")
    top = Table(document, (), document.data)
    if "scenario" in top:
        return _scenario(document, name, top)
    check_keys(document)
    kind = _kind(top)
    tables = _tables(top, kind)
    if kind == "analysis":
        tables.setdefault("options", Table(document, ("options",), {}))
    options = read_options(tables.get("options", Table(document, ("options",), {})), kind, _uncertain(tables))
    expected = read_expected(tables["expected"], options.tolerance) if "expected" in tables else None
    entry = _model_entry(tables["model"], kind) if "model" in tables else None
    if entry is not None and entry.needs_settings and kind != "design":
        top.need("settings", f"the model {entry.name} is a law for directions: add a table [settings]")
    if kind == "design":
        return _design(document, name, tables, options, expected)
    sizes = Sizes(tables.get("settings"))
    resolved: dict[str, Any] = {}
    given: dict[str, Any] = {}
    if kind == "analysis":
        from .sections.analysis import read_analysis

        if set(tables.get("functional", top).content) - {"moduli"} and "functional" in tables:
            given["functional"] = read_functional(tables["functional"], sizes)
        given["analysis"] = read_analysis(tables, sizes, document.resolved)
        resolved |= given["analysis"].resolved
    elif kind == "bound":
        given["functional"] = read_functional(tables["functional"], sizes)
    else:
        target = read_behaviour(tables.get("behaviour", Table(document, ("behaviour",), {})), sizes, kind)
        given |= {"behaviour": target.behaviour, "marginals": target.marginals, "noise": target.noise}
        resolved["behaviour"] = target.resolved
        if kind in ("visibility", "marginals"):
            given["allow_signalling"] = _allowed(tables.get("options"), target.behaviour)
    model = None
    if entry is not None:
        model = entry.load().from_table(tables["model"], sizes.settings, sizes.known())
        if "subject_to" in tables["model"]:
            if kind != "bound":
                tables["model"].refuse("subject_to", f'not used by kind = "{kind}"', 'remove it; bounds use it')
            constraints = read_constraints(tables["model"], sizes)
            model = made(tables["model"], partial(model.constrained, constraints), "subject_to")
        resolved["model"] = model.resolved()
    resolved |= {"shape": list(sizes.known()), "options": dict(vars(options))}
    return Problem(
        document, name, kind, sizes.known(), options, expected, model, sizes.settings, resolved=resolved, **given
    )


def _scenario(document: Document, name: str, top: Table) -> Problem:
    """A problem about more outcomes or parties."""
    scenario.check_keys(document)
    kind = _kind(top)
    tables = scenario.tables_of(top, kind)
    options = read_options(tables.get("options", Table(document, ("options",), {})), "marginals")
    expected = read_expected(tables["expected"], options.tolerance) if "expected" in tables else None
    asked, resolved = scenario.read_scenario(tables, kind)
    shape = tuple(map(len, asked.scenario.outcomes))
    resolved |= {"options": dict(vars(options))}
    return Problem(document, name, kind, shape, options, expected, scenario=asked, resolved=resolved)


def _design(
    document: Document, name: str, tables: dict[str, Table], options: Options, expected: Expected | None
) -> Problem:
    """A problem whose settings are the answer."""
    from ..studies.design.question import check_design
    from .sections.design import read_design

    entry = _model_entry(tables["model"], "design")
    if not entry.needs_settings:
        remedy = "use leggett, one_sided or law"
        tables["model"].refuse("name", f"the model {entry.name} does not look at directions", remedy)
    table = tables["design"]
    law = entry.load().from_table(tables["model"], _any_settings(), (1, 1))
    asked = read_design(table, lambda arguments: check_design(law, **arguments))
    resolved = {"model": law.resolved(), "design": asked.resolved, "options": dict(vars(options))}
    return Problem(
        document, name, "design", asked.shape, options, expected, law, asked.settings(), design=asked, resolved=resolved
    )


def _any_settings() -> Settings:
    """One direction a side: of a law, which is the same everywhere."""
    from ..core.settings import Settings

    return Settings([[0.0, 0.0, 1.0]], [[0.0, 0.0, 1.0]])


def _model_entry(table: Table, kind: str) -> Entry:
    """What the registry has of the model, which the kind can use."""
    entry = entry_of(table)
    if not (entry.mixable or kind == "bound" or (kind == "visibility" and entry.whole_boxes)):
        kinds = '"bound" and "visibility"' if entry.whole_boxes else '"bound"'
        table.refuse("name", f'{entry.name} is a model for kind = {kinds} only, not for "{kind}"', "use another model")
    return entry


def _kind(top: Table) -> str:
    """Check the four plain keys and return the kind."""
    if top.integer("schema", 1, 2**62, remedy="write schema = 1") != 1:
        top.refuse("schema", "only schema 1 is known", "write schema = 1")
    *first, last = (f'"{kind}"' for kind in USED_BY)
    kind = top.choice("kind", USED_BY, remedy=f"write kind = {', '.join(first)} or {last}")
    top.text("title")
    top.text("source")
    return kind


def _tables(top: Table, kind: str) -> dict[str, Table]:
    """The tables by name, every one of use to the kind and none missing."""
    tables: dict[str, Table] = {}
    for name, table in top.tables(TABLES, USED_BY, kind):
        tables[name] = table
        for own, kinds_of in OWN_KEYS.get(name, {}).items():
            if own in table and kind not in kinds_of:
                wanted = " or ".join(f'"{other}"' for other in kinds_of)
                table.refuse(own, f'not used by kind = "{kind}"', f"remove it; it is for kind = {wanted}")
    for name in ("model", "functional", "design", "data"):
        if name in USED_BY[kind] and name not in tables and (kind, name) != ("analysis", "functional"):
            top.need(name, f'kind = "{kind}" needs a table [{name}]')
    return tables


def _allowed(options: Table | None, behaviour: Behaviour) -> bool:
    """Whether data that signal are answered all the same."""
    if options is None or "allow_signalling" not in options:
        return False
    if behaviour.counts is None and behaviour.errors is None:
        options.refuse("allow_signalling", "belongs to behaviours that were measured", "remove it, or give counts")
    return options.flag("allow_signalling", False)


def _uncertain(tables: dict[str, Table]) -> bool:
    """Whether directions are known within angles only, which makes the bound a matter of branch and bound over them."""
    return "settings" in tables and any(tables["settings"].content.get(key) for key in OWN_KEYS["settings"])
