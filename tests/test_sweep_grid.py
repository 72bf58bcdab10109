"""The grid of a sweep: its exact values, and what is refused."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from command_line import run as command
from hypothesis import given
from hypothesis import strategies as st
from sweeping import write

from nsmodels.errors import InputError
from nsmodels.files.problem import load
from nsmodels.files.sweeps.grid import read_sweep, shipped_sweeps, sweep_of


def test_the_grid_has_all_combinations_and_the_last_key_varies_fastest(tmp_path: Path) -> None:
    path = write(tmp_path, '"settings.n" = [2, 3]\n"behaviour.visibility" = {from = 0, to = 1, steps = 11}')
    grid = read_sweep(path)
    assert len(grid) == 22
    expected = [(n, float(Fraction(k, 10))) for n in (2, 3) for k in range(11)]
    assert [tuple(grid.values(point).values()) for point in range(22)] == expected
    assert expected[3] == (2, 0.3)  # and not 0.30000000000000004
    data = grid.at(14).data
    assert data["settings"] == {"family": "half_circle", "n": 3}
    assert data["behaviour"] == {"name": "werner", "visibility": 0.3}
    assert "expected" not in data
    assert grid.problem.data["settings"]["n"] == 8  # the problem itself is not changed


@given(
    st.decimals(-1000, 1000, places=3), st.decimals(-1000, 1000, places=3), st.integers(2, 40)
)  # fmt: skip
def test_the_values_of_a_range_are_the_nearest_doubles(first: Any, last: Any, steps: int) -> None:
    if first == last:
        return
    vary = {"options.tolerance": {"from": float(first), "to": float(last), "steps": steps}}
    try:
        grid = sweep_of({"problem": "chain_6", "vary": vary}, "x")
    except InputError:
        assert min(first, last) <= 0  # which no tolerance may be
        return
    exact = [Fraction(first) + (Fraction(last) - Fraction(first)) * k / (steps - 1) for k in range(steps)]
    assert [grid.values(k)["options.tolerance"] for k in range(steps)] == [float(value) for value in exact]


def test_whole_numbers_stay_whole() -> None:
    grid = sweep_of({"problem": "chain_6", "vary": {"settings.n": {"from": 2, "to": 10, "steps": 5}}}, "x")
    assert [grid.values(k)["settings.n"] for k in range(5)] == [2, 4, 6, 8, 10]
    assert all(type(grid.values(k)["settings.n"]) is int for k in range(5))


def test_keys_without_quotes_lists_positions_and_american_spellings(tmp_path: Path) -> None:
    vary = "behavior.visibility = [0.5, 0.9]\nsettings.n = [2, 3]"
    grid = read_sweep(write(tmp_path, vary))
    assert [p.key for p in grid.parameters] == ["behaviour.visibility", "settings.n"]
    grid = read_sweep(write(tmp_path, '"model.of[0].name" = ["bell", "unbiased"]', "chsh_hull"))
    assert grid.at(1).data["model"]["of"][0]["name"] == "unbiased"
    assert load("chsh_hull").data["model"]["of"][0]["name"] != "unbiased"


def test_a_problem_beside_the_sweep_file_comes_first(tmp_path: Path) -> None:
    (tmp_path / "leggett_l3.toml").write_text(
        'schema = 1\nkind = "marginals"\nsettings = {family = "half_circle", n = 2}\n', encoding="utf-8"
    )
    grid = read_sweep(write(tmp_path, '"settings.n" = [2]', "leggett_l3.toml"))
    assert grid.kind == "marginals"
    with pytest.raises(InputError, match="not used"):
        read_sweep(write(tmp_path, '"model.eta" = [1]', "leggett_l3.toml"))


BAD = [
    ('"model.etta" = [1]', 'sweep.vary."model.etta"[0]: unknown key; did you mean "eta"?'),
    ('"modle.eta" = [1]', 'modle: unknown key; did you mean "model"?'),
    ('"model.eta" = [1.0, "x"]', '4: sweep.vary."model.eta"[1]: must be a number, is the string "x"'),
    ('\n"model.eta" = [1.0, 2.0]', '5: sweep.vary."model.eta"[1]: must be in [0, 1], is 2.0'),
    ('"model.eta" = []', "is an empty list; give at least one value"),
    ('"model.eta" = {from = 0, to = 2, steps = 3}', "must be in [0, 1], is 2 (at 2)"),
    ('"model.eta" = {from = 0, to = 1}', "steps: missing"),
    ('"model.eta" = {from = "a", to = 1, steps = 3}', 'from: must be a number, is the string "a"'),
    ('"model.eta" = {from = 0, to = inf, steps = 3}', "to: must be a finite number"),
    ('"model.eta" = {from = 0, to = 1, steps = 0}', "steps: is 0: the grid is empty"),
    ('"model.eta" = {from = 0, to = 1, steps = -3}', "steps: is -3: the grid is empty"),
    ('"model.eta" = {from = 0, to = 1, steps = 1}', "is 1, which reaches 0 only"),
    ('"model.eta" = {from = 1, to = 1, steps = 2}', "to: is 1 as from is"),
    ('"model.eta" = {from = 0, to = 1, steps = 2.5}', "steps: must be an integer"),
    ('"model.eta" = {from = 0, to = 5e-324, steps = 9}', "more than there are doubles"),
    ('"model.eta" = {from = 0, too = 1, steps = 2}', "too: unknown key; a range is {from = …, to = …, steps = …}"),
    ('"model.eta" = {from = 0, to = 1, steps = 1000001}', "above the limit of 100000 points"),
    ('"settings.phi_deg" = {from = 0, to = 1, steps = 1000}\n"model.eta" = {from = 0, to = 1, steps = 101}',
     "gives 1000 × 101 = 101000 points, above the limit of 100000; take fewer"),
    ('"model.eta" = 0.5', "must be a list or a range, is the number 0.5"),
    ('"model.eta" = [1, 1.0]', "1.0 is given twice"),
    ('"model.eta" = [nan]', "must be a finite number"),
    ('"model..eta" = [1]', "is no dotted key"),
    ('"settings.phi_deg.x" = [1]', "not a table; name a key of it"),
    ('"functional.correlators.0.1" = [1]', "there is no functional.correlators in the problem"),
    ('"model.name" = ["leggett", "lugget"]', '[1]: unknown name "lugget"; did you mean "leggett"?'),
    ('"expected.value" = [1]', "expected cannot be varied"),
    ('"kind" = ["bound"]', "kind cannot be varied"),
    ('"model.eta" = [1]\n[sweep.vary.model]\neta = [1]', "model.eta is varied twice"),
    ('"settings.phi_deg" = [10]\n"settings" = [{family = "chsh"}]', "are parts of one another"),
    ("", "sweep.vary: is empty"),
]  # fmt: skip


@pytest.mark.parametrize(("vary", "said"), BAD, ids=[vary[:40] for vary, _ in BAD])
def test_a_bad_grid_gets_one_line_that_names_the_place(tmp_path: Path, vary: str, said: str) -> None:
    path = write(tmp_path, vary, "leggett_l3")
    done = command("sweep", path, "--out", tmp_path / "d")
    assert done.exit_code == 2
    assert said in done.stderr
    assert done.stderr.startswith(f"{path}:")
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "d").exists()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('schema = 1\nkind = "bound"\n', "sweep: this is a problem, which `nsmodels run` answers"),
        ("", "sweep: missing"),
        ("sweep = 3", "sweep: must be a table, is the number 3"),
        ('[sweep]\nproblem = "chain_6"\n', "sweep.vary: missing"),
        ("[sweep]\nvary = {}\n", "sweep.problem: missing"),
        ('[sweep]\nproblem = "nix"\nvary = {"a.b" = [1]}', 'there is no file and no shipped problem "nix"'),
        ('[sweep]\nproblem = 3\nvary = {"a.b" = [1]}', "must be a string"),
        ('[sweep]\nproblem = "chain_6"\nvary = []', "sweep.vary: must be a table, is a list"),
        ('[sweep]\nproblem = "chain_6"\nwary = {}', "sweep.wary: unknown key; known here: problem, vary"),
        ('[sweep]\nproblem = "chain_6"\nvary = {"settings.n" = [2]}\n[options]\nseed = 1', "options: not used"),
        ('schema = 2\n[sweep]\nproblem = "chain_6"\nvary = {"settings.n" = [2]}', "only schema 1 is known"),
        ("[sweep", "not TOML"),
    ],
)
def test_a_bad_sweep_file_gets_one_line(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "s.toml"
    path.write_text(text)
    done = command("sweep", path, "--out", tmp_path / "d")
    assert done.exit_code == 2
    assert said in done.stderr
    assert done.stderr.count("\n") == 1
    done = command("sweep", tmp_path / "nowhere.toml")
    assert done.exit_code == 2
    assert "there is no such file and no shipped sweep" in done.stderr


def test_a_sweep_is_no_problem(tmp_path: Path) -> None:
    done = command("run", write(tmp_path, '"settings.n" = [2]'))
    assert done.exit_code == 2
    assert "this is a sweep, not one problem; `nsmodels sweep FILE --out DIR` answers it" in done.stderr


def test_shipped_sweeps_can_be_read() -> None:
    assert shipped_sweeps()
    for name, path in shipped_sweeps().items():
        grid = read_sweep(name)
        assert read_sweep(path).identity == grid.identity
        assert grid.document.data["title"]
        assert grid.document.data["source"]
