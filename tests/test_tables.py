"""Tables of hidden states, results in notebooks, chains and progress as people see them."""

from __future__ import annotations

import csv
import io
import re
import sys
import time
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import nsmodels as ns
from nsmodels.command import progress as displays
from nsmodels.errors import InputError, MissingExtraError

TRIADS = ns.settings.leggett_triads(phi_deg=70.0)


@pytest.fixture(scope="module")
def leggett() -> ns.DecomposeResult:
    return ns.decompose(ns.behaviours.singlet(TRIADS), ns.Leggett(settings=TRIADS))


@pytest.fixture(scope="module")
def mixed() -> ns.DecomposeResult:
    """Of a hull in which both kinds of states are needed: a vertex of Bell's, mixed with Leggett's states."""
    s = ns.settings.leggett_triads(phi_deg=40.0)
    local = ns.Behaviour(np.ones((3, 6)), np.ones(3), np.ones(6))
    target = ns.behaviours.werner(s, 0.9).mix(local, 0.5)
    return ns.decompose(target, ns.Hull([ns.Bell((3, 6)), ns.Leggett(settings=s)]), marginals="match")


def read(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_the_table_has_every_digit(leggett: ns.DecomposeResult) -> None:
    found = leggett.decomposition
    assert found is not None
    rows = read(found.table(marginals=True).csv())
    assert len(rows) == len(found)
    weights = np.array([float(row["weight"]) for row in rows])
    assert (weights == found.weights).all()
    for letter, vectors, directions in (("u", "A", TRIADS.alice), ("v", "B", TRIADS.bob)):
        hidden = np.array([[float(row[f"{letter}_{axis}"]) for axis in "xyz"] for row in rows])
        marginals = np.array([[float(row[f"{vectors}{k}"]) for k in range(len(directions))] for row in rows])
        assert np.abs(hidden @ directions.T - marginals).max() < 1e-9  # Malus' law
    assert "model" not in rows[0]


def test_each_state_of_a_hull_says_whose_it_is(mixed: ns.DecomposeResult) -> None:
    assert mixed.decomposition is not None
    rows = read(mixed.decomposition.table().csv())
    assert {row["model"] for row in rows} == {"bell", "leggett"}
    for row in rows:
        assert (row["u_x"] == "") == (row["model"] == "bell")
        if row["model"] == "bell":
            assert {abs(float(row[f"A{k}"])) for k in range(3)} == {1.0}


def test_the_part_is_kept_in_a_file(mixed: ns.DecomposeResult, tmp_path: Any) -> None:
    again = ns.load(mixed.save(tmp_path / "hull.json"))
    assert isinstance(again, ns.DecomposeResult)
    assert again.decomposition is not None
    assert mixed.decomposition is not None
    assert again.decomposition.table().text() == mixed.decomposition.table().text()
    assert again.decomposition.part.tolist() == mixed.decomposition.part.tolist()


def test_equal_names_are_told_apart() -> None:
    parts = [ns.Leggett(settings=TRIADS, eta=eta) for eta in (1.0, 0.5)]
    found = ns.decompose(ns.behaviours.singlet(TRIADS), ns.Hull(parts)).decomposition
    assert found is not None
    assert found.models == ("leggett 0", "leggett 1")


def test_text_latex_and_html_have_a_row_for_each_state(leggett: ns.DecomposeResult) -> None:
    assert leggett.decomposition is not None
    table = leggett.decomposition.table()
    lines = table.text().splitlines()
    assert len(lines) == 1 + len(table)
    assert len({len(line) for line in lines}) == 1
    assert table.latex().count(r"\\") == 1 + len(table)
    assert table._repr_html_().count("<tr>") == 1 + len(table)
    assert repr(table) == table.text()


def test_pandas_gets_the_columns(leggett: ns.DecomposeResult, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: dict[str, Any] = {}

    class DataFrame:
        def __init__(self, rows: list[tuple[Any, ...]], columns: list[str]) -> None:
            asked.update(rows=rows, columns=columns)

        def set_index(self, name: str) -> str:
            return f"indexed by {name}"

    pandas = ModuleType("pandas")
    pandas.DataFrame = DataFrame  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "pandas", pandas)
    assert leggett.decomposition is not None
    table = leggett.decomposition.table()
    assert table.pandas() == "indexed by state"
    assert asked == {"rows": list(table.rows), "columns": list(table.columns)}
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(MissingExtraError, match="pip install pandas"):
        table.pandas()


def test_an_inequality_shows_itself(leggett: ns.DecomposeResult) -> None:
    assert leggett.inequality is not None
    assert leggett.inequality.functional.text() in repr(leggett.inequality)
    assert "C<sub>00</sub>" in leggett.inequality._repr_html_()
    assert leggett.inequality._repr_latex_().startswith(r"$\displaystyle -C_{00}")
    many = ns.Inequality(ns.Functional(np.ones((6, 6))), 36.0)
    assert "(12 terms more) ≤ 36" in repr(many)
    assert r"\dots" in many._repr_latex_()
    assert many.text().count("C") == 36


def test_results_show_themselves_in_notebooks(leggett: ns.DecomposeResult) -> None:
    s = ns.settings.leggett_triads(phi_deg=30.0)
    for result in (
        leggett,
        ns.bound(ns.functionals.leggett3(s), ns.Leggett(settings=s)),
        ns.marginals(ns.behaviours.singlet(ns.settings.half_circle(3))),
    ):
        page = result._repr_html_()
        assert page.startswith("<table>")
        assert page.count("<tr>") == page.count("</tr>")
        assert str(result).splitlines()[0].replace("<", "&lt;") in page.replace("&amp;", "&")
    assert leggett._repr_latex_() is not None


def test_a_chain_prints_itself() -> None:
    chain = ns.marginals(ns.behaviours.singlet(ns.settings.half_circle(3))).path("B0")
    assert re.fullmatch(r"½ \((0\.133975( \+ )?){6}\) = 0\.401923789 along B0\+ → .* → B0-", repr(chain))


def test_progress_in_python_writes_a_line_now_and_then(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    monkeypatch.setattr(displays, "LINE_S", 0.0)
    ns.decompose(ns.behaviours.singlet(TRIADS), ns.Leggett(settings=TRIADS), progress=True)
    told = capsys.readouterr().err
    assert "round" in told
    assert "gap" in told
    ns.decompose(ns.behaviours.singlet(TRIADS), ns.Leggett(settings=TRIADS), progress=False)
    assert capsys.readouterr().err == ""


def test_lines_keep_their_distance(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    with displays.telling("node", time_limit_s=60.0, tolerance=1e-6) as report:
        assert isinstance(report, displays.Lines)
        for _ in range(24):
            now[0] += 0.5
            report(0.0, 1.0, 3, now[0] - 100.0)
    assert capsys.readouterr().err.count("\n") == 2  # after 5 and after 10 s of 12


@pytest.mark.parametrize("wrong", ["yes", 1, 0.5])
def test_progress_is_a_function_or_a_boolean(wrong: Any) -> None:
    with pytest.raises(InputError, match="progress"):
        ns.bound(ns.functionals.chsh(), ns.Bell((2, 2)), progress=wrong)


def test_every_question_takes_progress_as_a_boolean() -> None:
    s = ns.settings.leggett_triads(phi_deg=30.0)
    data = ns.Data.from_correlators({(i, 2 * i + k): -0.95 for i in range(3) for k in (0, 1)}, shots=1000, shape=(3, 6))
    f, model = ns.functionals.leggett3(s), ns.Leggett(settings=s)
    for ask in (
        lambda progress: ns.bound(f, model, progress=progress),
        lambda progress: ns.marginals(ns.behaviours.singlet(s), progress=progress),
        lambda progress: ns.analyse(data, model, functional=f, progress=progress),
    ):
        told, silent = ask(True), ask(False)
        assert (told.lower, told.upper, told.status) == (silent.lower, silent.upper, "certified")
    assert ns.design(ns.Leggett, 2, 4, starts=1, time_limit_s=2.0, progress=True).status == "certified"
