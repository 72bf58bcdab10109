"""Problem files: what is accepted and how, and one clear line for everything else."""

import json
import os
import sys
from pathlib import Path

import numpy as np
import pytest
from bad_inputs import INPUTS
from bad_keys import KEYS_AND_MODELS
from good_problems import BOUND, MARGINALS, VISIBILITY
from mutants import mutants
from problem_files import check_mutant, refusal, written

from nsmodels.files.problem import Expected, find, load, shipped

CASES = [*KEYS_AND_MODELS, *INPUTS]


@pytest.mark.parametrize(
    ("base", "old", "new", "answer"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_a_bad_file_gets_its_line(tmp_path: Path, base: str, old: str, new: str, answer: str) -> None:
    assert base.count(old) == 1
    path = written(tmp_path, base.replace(old, new))
    assert refusal(path) == f"{path}{answer}"


@pytest.mark.parametrize("text", [BOUND, VISIBILITY, MARGINALS])
def test_the_good_files_are_good(tmp_path: Path, text: str) -> None:
    problem = load(written(tmp_path, text))
    assert problem.kind in ("bound", "visibility", "marginals")
    assert problem.data == load(written(tmp_path, text.replace("\n", "\r\n"))).data
    assert problem.data == load(written(tmp_path, b"\xef\xbb\xbf" + text.encode())).data


def test_shipped_problems_are_valid_and_have_an_expected_value_with_its_source() -> None:
    assert len(shipped()) >= 40
    for name, path in shipped().items():
        problem = load(name)
        assert problem.name == path.stem == name
        assert problem.expected is not None, name
        assert problem.expected.source, name
        assert "title" in problem.data, name


def test_files_that_are_no_files(tmp_path: Path) -> None:
    assert refusal(tmp_path) == f"{tmp_path}:1: file: this is a folder; give a problem file (TOML)"
    assert refusal(tmp_path / "no.toml").startswith(f"{tmp_path / 'no.toml'}:1: file: there is no such file")
    assert 'did you mean "leggett_l3"' in refusal(Path("legget_l3"))
    path = written(tmp_path, BOUND.encode() + b'title = "\xff"\n')
    assert refusal(path) == f"{path}:23: file: byte 0xff is not UTF-8; save the file as UTF-8"
    os.mkfifo(tmp_path / "pipe")
    assert refusal(tmp_path / "pipe").endswith("1: file: this is not a regular file; give a problem file (TOML)")
    assert "embedded null" in refusal(Path("a\0b")) or "no such file" in refusal(Path("a\0b"))


def test_an_unreadable_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path, BOUND)

    def refuse(self: Path, *_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    assert refusal(path) == f"{path}:1: file: cannot be read (Permission denied); give a readable problem file (TOML)"


def test_a_shipped_name_is_found_from_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert find("leggett_l3").name == "leggett_l3.toml"
    (tmp_path / "leggett_l3").mkdir()
    assert find("leggett_l3").is_file()
    (tmp_path / "leggett_l3.toml").write_text(BOUND)
    assert load("leggett_l3.toml").data["model"]["eta"] == 1.0


def test_a_bound_problem_is_read_exactly(tmp_path: Path) -> None:
    problem = load(written(tmp_path, BOUND))
    assert problem.shape == (2, 3)
    assert problem.settings is not None
    assert problem.functional is not None
    np.testing.assert_array_equal(problem.functional.correlators, [[1, 0, 1], [0, 1, 0]])
    np.testing.assert_array_equal(problem.functional.alice, [0, 0.5])
    assert problem.expected == Expected(1.5, 1.5, 1e-6, None)
    assert problem.resolved == {
        "model": {"name": "leggett", "eta_a": 1.0, "eta_b": 1.0},
        "shape": [2, 3],
        "options": {"tolerance": 1e-6, "time_limit_s": 60.0, "seed": 0},
    }


def test_defaults(tmp_path: Path) -> None:
    text = 'schema = 1\nkind = "marginals"\nsettings = {family = "half_circle", n = 3}\n'
    problem = load(written(tmp_path, text))
    assert problem.behaviour is not None
    assert problem.behaviour.name == "singlet"
    assert problem.options.tolerance == 1e-9
    assert problem.resolved["behaviour"] == {"name": "singlet", "marginals": "match"}
    assert problem.resolved["shape"] == [3, 3]


def test_american_names_are_understood(tmp_path: Path) -> None:
    text = VISIBILITY.replace('"bell"', '"nonsignaling"').replace("[behaviour]", "[behavior]")
    problem = load(written(tmp_path, text))
    assert problem.model is not None
    assert problem.model.name == "nonsignalling"
    assert problem.data["model"]["name"] == "nonsignaling"
    bad = text.replace('name = "singlet"', 'name = "singlett"')
    assert refusal(written(tmp_path, bad)).endswith(
        ':8: behavior.name: unknown name "singlett"; did you mean "singlet"?'
    )


def test_normalise_lifts_the_norm(tmp_path: Path) -> None:
    text = BOUND.replace("[0, 1, 0],\n  [0, 0, 1]", "[0, 2, 0],\n  [0, 0, 1]")
    assert "has norm 2" in refusal(written(tmp_path, text))
    problem = load(written(tmp_path, text.replace("[settings]", "[settings]\nnormalise = true")))
    assert problem.settings is not None
    np.testing.assert_array_equal(problem.settings.bob[0], [0, 1, 0])


@pytest.mark.parametrize(("excess", "accepted"), [(0.9e-9, True), (1.1e-9, False), (-0.9e-9, True), (-1.1e-9, False)])
def test_the_norm_may_be_off_by_one_in_a_billion(tmp_path: Path, excess: float, accepted: bool) -> None:
    path = written(tmp_path, BOUND.replace("[[0, 0, 1]", f"[[0, 0, {1 + excess!r}]"))
    if accepted:
        load(path)
    else:
        assert ":7: settings.alice[0]: has norm" in refusal(path)


def test_pairs_and_free_marginals(tmp_path: Path) -> None:
    text = MARGINALS.replace("0.5, -0.5]", "0.5, -7]") + "pairs = [[0, 0], [0, 1], [1, 0]]\nmarginals = 'free'\n"
    problem = load(written(tmp_path, text))
    assert problem.behaviour is not None
    assert problem.behaviour.known.tolist() == [[True, True], [True, False]]
    assert problem.behaviour.alice is None
    assert problem.marginals == "free"


def test_absent_marginals_are_free(tmp_path: Path) -> None:
    problem = load(written(tmp_path, MARGINALS.replace("alice = [0, 0]\nbob = [0, 0]\n", "")))
    assert problem.marginals == "free"
    assert problem.resolved["behaviour"]["marginals"] == "free"


def test_noise_is_a_behaviour(tmp_path: Path) -> None:
    noise = "noise = {correlators = [[0.5, 0], [0, 0]], alice = [0, 0], bob = [0, 0]}\n"
    problem = load(written(tmp_path, VISIBILITY + noise))
    assert problem.noise is not None
    assert problem.noise.correlators[0, 0] == 0.5
    assert problem.resolved["behaviour"]["noise"] == "given"


def test_a_finite_model_and_a_hull(tmp_path: Path) -> None:
    finite = '{name = "finite", alice = [[0.5, 0], [1, 1]], bob = [[0, 0], [-1, 1]]}'
    text = VISIBILITY.replace('name = "bell"', f'name = "hull"\nof = [{{name = "bell"}}, {finite}]')
    problem = load(written(tmp_path, text))
    assert problem.model is not None
    assert [part.name for part in problem.model.parts] == ["bell", "finite"]
    assert problem.resolved["model"] == {"name": "hull", "of": [{"name": "bell"}, {"name": "finite"}]}


def test_a_model_without_directions_needs_no_settings(tmp_path: Path) -> None:
    text = BOUND.replace(BOUND[BOUND.index("[settings]") : BOUND.index("[functional]")], "")
    problem = load(written(tmp_path, text.replace('name = "leggett"\neta = 1.0', 'name = "bell"')))
    assert problem.settings is None
    assert problem.shape == (2, 3)


def test_the_digest_is_that_of_the_contract(tmp_path: Path) -> None:
    import hashlib

    problem = load(written(tmp_path, BOUND.replace('kind = "bound"', 'kind = "bound"\ntitle = "φ"')))
    text = json.dumps(problem.data, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert problem.digest == hashlib.sha256(text.encode()).hexdigest()
    assert "φ" in text


@pytest.mark.parametrize(
    ("lower", "upper", "agrees"),
    [(0.9, 1.1, True), (1.0, 1.0, True), (1.2, 1.3, False), (0.5, 0.8, False), (1.1, 1.2, True), (0.8, 0.9, True)],
)
def test_expected_values_are_intervals(lower: float, upper: float, agrees: bool) -> None:
    assert Expected(1.0, 1.0, 0.125, None).agrees(lower, upper) is agrees


def test_mutants_are_accepted_or_answered_by_one_line(tmp_path: Path) -> None:
    texts = [path.read_text(encoding="utf-8") for path in shipped().values()]
    accepted = sum(check_mutant(tmp_path / "m.toml", raw) for raw in mutants(texts, 300, seed=1))
    assert 0 < accepted < 150


def test_large_tables_are_read(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    table = json.dumps(rng.uniform(-1, 1, (100, 100)).tolist())
    path = written(tmp_path, f'schema = 1\nkind = "marginals"\n[behaviour]\ncorrelators = {table}\n')
    assert load(path).shape == (100, 100)


def test_reading_loads_no_engine() -> None:
    import subprocess

    code = (
        "import sys; from nsmodels.files.problem import load; load('leggett_l3');"
        "print([m for m in ('scipy', 'numba', 'cvxpy', 'matplotlib', 'networkx', 'highspy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
