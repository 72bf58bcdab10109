"""What the page of `nsmodels explore` is told, and what it writes."""

from __future__ import annotations

import json
import math
import re
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from command_line import run

from nsmodels import checker
from nsmodels.errors import InputError
from nsmodels.explore import asked
from nsmodels.explore.folder import Folder
from nsmodels.files.problem import find, from_data, load, shipped
from nsmodels.files.toml.writing import as_toml

L3 = {
    "schema": 1, "kind": "bound", "model": {"name": "leggett", "eta": 0.8},
    "settings": {"family": "leggett_triads", "phi_deg": 30.0}, "functional": {"name": "leggett3"},
}  # fmt: skip
BEST = {
    "schema": 1, "kind": "visibility", "model": {"name": "leggett"},
    "settings": {"family": "leggett_triads", "phi_deg": 36.86989764584402}, "behaviour": {"name": "singlet"},
}  # fmt: skip


def unwatched(*_: float) -> None:
    """Nobody stops the search."""


# -- what it answers --------------------------------------------------------------------------------------------------


def test_bound_value_and_violation_are_those_of_the_theorem() -> None:
    """L3 is at most 2 − (2/3) η sin(φ/2), the singlet's value is 2 V cos(φ/2): arXiv:0801.2241, eqs. (4) and (5)."""
    told = asked.bound({"problem": L3, "visibility": 0.97, "patient": True}, unwatched)
    exact, value = 2.0 - 2.0 / 3.0 * 0.8 * math.sin(math.radians(15)), 2.0 * 0.97 * math.cos(math.radians(15))
    assert told["bound"]["lower"] - 1e-15 <= exact <= told["bound"]["upper"] + 1e-15
    assert told["bound"]["upper"] - told["bound"]["lower"] <= 1e-6 + 1e-15
    assert told["quantum"] == pytest.approx(value, abs=1e-14)
    assert told["violated"] is True
    assert float(told["verdict"].split()[-1]) == pytest.approx(value - exact, abs=3e-6)
    assert {"u", "v"} <= set(told["state"])
    assert told["wide"] is False
    low = asked.bound({"problem": L3, "visibility": 0.9}, unwatched)
    assert low["violated"] is False
    assert low["verdict"].startswith("not violated")


def test_best_inequality_is_l3_on_its_settings() -> None:
    told = asked.best({"problem": BEST}, unwatched)
    critical = (2.0 - 2.0 / 3.0 * math.sin(math.atan(1 / 3))) / (2.0 * math.cos(math.atan(1 / 3)))
    assert told["visibility"]["lower"] - 1e-9 <= critical <= told["visibility"]["upper"] + 1e-9
    kept = {key: value for key, value in BEST.items() if key != "behaviour"}
    again = asked.bound({"problem": kept | {"kind": "bound", "functional": told["functional"]}}, unwatched)
    assert again["bound"]["upper"] / again["quantum"] == pytest.approx(critical, abs=2e-6)


def test_best_inequality_where_the_singlet_has_a_model() -> None:
    one = BEST | {"settings": {"alice": [[0, 0, 1]], "bob": [[1, 0, 0]]}}
    told = asked.best({"problem": one}, unwatched)
    assert told["functional"] is None
    assert "has a model" in told["text"]


def test_no_time_is_not_taken_for_a_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asked, "PATIENT_SECONDS", 1e-9)
    told = asked.best({"problem": BEST}, unwatched)
    assert told["functional"] is None
    assert told["text"] == "no inequality: time_limit"


@pytest.mark.parametrize(
    ("name", "sliders"),
    [
        ("leggett_l3", {"phi_deg": 36.86989764584402, "eta": 1.0}),
        ("leggett_l3_unequal", {"phi_deg": 36.86989764584402, "eta_a": 0.5, "eta_b": 1.0}),
        ("one_sided_l3", {"phi_deg": 36.86989764584402, "eta": 1.0}),
        ("chsh_bell", {}),
        ("visibility_l3_70deg", {"phi_deg": 70.0, "eta": 1.0}),
        ("werner_leggett", {}),
    ],
)
def test_sliders_are_those_of_the_problem(name: str, sliders: dict[str, float]) -> None:
    told = asked.first(load(name))
    assert {key: told["sliders"][key] for key in sliders} == sliders
    assert set(told["problem"]) <= {"schema", "kind", "model", "settings", "functional", "behaviour"}
    for key in told["sliders"]:  # what a slider changes is a key that the file can have
        data = json.loads(json.dumps(told["problem"]))
        data["settings" if key == "phi_deg" else "model"][key] = 0.5
        from_data(data, "moved")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({}, "load it again"),
        ({"problem": [1]}, "load it again"),
        ({"problem": BEST}, "load it again"),
        ({"problem": L3, "visibility": 1.1}, "from 0 to 1"),
        ({"problem": L3, "visibility": True}, "from 0 to 1"),
        ({"problem": L3 | {"settings": {"alice": [[0, 0, 2]], "bob": [[0, 0, 1]]}}}, "has norm 2"),
        ({"problem": L3 | {"data": {"file": "/etc/passwd"}}}, "not used"),
        ({"problem": L3 | {"model": {"name": "leggett", "eta": 2}}}, "eta"),
        ({"problem": L3 | {"functional": {"correlators": [[1]]}}}, "3 wanted"),
    ],
)
def test_questions_that_are_none_get_a_line(content: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said) as raised:
        asked.bound(content, unwatched)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("problem", "said"),
    [
        ("chain_6", 'not "marginals"'),
        ("analysis_ionq_30", 'not "analysis"'),
        ("pr_box_bell", "no directions to drag"),
        ("fibonacci_50", 'not "marginals"'),
        ("no_such_problem", "no such file"),
    ],
)
def test_problems_that_cannot_be_dragged_get_a_line(problem: str, said: str) -> None:
    done = run("explore", problem)
    assert done.exit_code == 2
    assert done.stderr.count("\n") == 1
    assert re.search(said, done.stderr)


def test_only_the_singlet_follows_directions_and_few_of_them_are_shown(tmp_path: Path) -> None:
    path = tmp_path / "question.toml"
    text = 'schema = 1\nkind = "visibility"\nmodel = {name = "leggett"}\n'
    many = 'settings = {family = "fibonacci", n_alice = 41, n_bob = 2}\n'
    few = 'settings = {family = "half_circle", n = 2}\n'
    for more, said in (
        (many, "at most 40 directions"),
        (few + 'behaviour = {name = "partially_entangled", theta_deg = 30}\n', "compares with the singlet"),
        (few + "behaviour = {correlators = [[0, 0], [0, 0]]}\n", "compares with the singlet"),
    ):
        path.write_text(text + more)
        done = run("explore", path)
        assert done.exit_code == 2
        assert done.stderr.count("\n") == 1
        assert said in done.stderr


def test_without_the_extra_one_line_says_how_to_add_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    done = run("explore", "leggett_l3")
    assert done.exit_code == 2
    assert done.stderr.count("\n") == 1
    assert 'pip install "nsmodels[explore]"' in done.stderr


# -- what it writes ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(shipped()))
def test_problems_are_written_as_they_are_read(name: str) -> None:
    data = tomllib.loads(find(name).read_text(encoding="utf-8"))
    assert tomllib.loads(as_toml(data, "a\nnote")) == data


def test_texts_and_keys_are_written_whatever_is_in_them() -> None:
    odd = {"a b": 'say "é" \\ \x7f\t\n', "t": {"x.y": [], "n": {"z": [[1e-300, -0.0], [1, True]]}}}
    assert tomllib.loads(as_toml(odd)) == odd


def test_problems_and_proofs_are_saved(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    told = folder.prove({"problem": L3, "visibility": 0.95, "name": "mine"}, unwatched)
    assert told["proved"] is True
    assert told["proof"] == "results/mine.json"
    saved = tmp_path / "mine.toml"
    assert "V = 0.95" in saved.read_text(encoding="utf-8")
    assert {key: value for key, value in tomllib.loads(saved.read_text()).items() if key != "title"} == L3
    assert all(holds for holds, _ in checker.check(checker.read(str(tmp_path / "results" / "mine.json"))))
    assert folder.result("mine") == (tmp_path / "results" / "mine.json").read_text(encoding="utf-8")
    folder.save({"problem": BEST, "name": "mine"})  # its own files are replaced
    assert tomllib.loads(saved.read_text())["kind"] == "visibility"


def test_nothing_of_others_is_replaced_or_shown(tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    outside = tmp_path / "outside"
    outside.mkdir()
    (tmp_path / "work" / "theirs.toml").write_text("theirs")
    (tmp_path / "work" / "results").symlink_to(outside)
    (outside / "secret.json").write_text("{}")
    folder = Folder(tmp_path / "work")
    for name in ("theirs", "", ".", "..", "../up", "a/b", "a\\b", "x.toml", "é", "x" * 65, "-x", None, 3):
        with pytest.raises(InputError, match=r"already|a name has"):
            folder.save({"problem": L3, "name": name})
    with pytest.raises(InputError, match="out of the folder"):
        folder.prove({"problem": L3, "name": "proved"}, unwatched)
    for name in ("secret", "../theirs", "../../outside/secret", ""):
        assert folder.result(name) is None
    assert (tmp_path / "work" / "theirs.toml").read_text() == "theirs"
    assert [path.name for path in outside.iterdir()] == ["secret.json"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["outside", "work"]


def test_the_page_of_the_documentation_starts_it() -> None:
    """docs/how_to/explore.md: its problem can be explored, and the extra that it names exists."""
    root = Path(__file__).parent.parent
    text = (root / "docs" / "how_to" / "explore.md").read_text(encoding="utf-8")
    (name,) = re.findall(r"^nsmodels explore (\w+)$", text, re.MULTILINE)
    assert asked.first(load(name))["sliders"]
    assert 'pip install "nsmodels[explore]"' in text
    assert {"starlette", "uvicorn"} == {
        re.split("[>=]", line)[0]
        for line in tomllib.loads((root / "pyproject.toml").read_text())["project"]["optional-dependencies"]["explore"]
    }
