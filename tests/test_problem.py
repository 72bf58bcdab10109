"""Problem files: what is accepted and how, and one clear line for everything else."""

import json
import os
import random
import re
import sys
import tomllib
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from bad_problems import BOUND, CASES, MARGINALS, VISIBILITY
from mutants import mutants

from nsmodels.errors import InputError
from nsmodels.files.problem import Expected, Problem, find, load, shipped
from nsmodels.files.toml import numbers
from nsmodels.files.toml.lines import check_limits, line_of
from nsmodels.files.toml.table import MOST

DATA = Path(__file__).parent / "data"


def written(folder: Path, text: str | bytes) -> Path:
    path = folder / "p.toml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def refusal(path: Path) -> str:
    with pytest.raises(InputError) as caught:
        load(path)
    return str(caught.value)


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


def test_lines_of_every_way_to_write_a_key() -> None:
    text = '''# comment with [brackets] and = signs
title = """
a
[model]
"""
a.b . "c d" = 1
[x]
y = [ # rows
  [1, 2], [3,
   4],

  { z = "]", w = [5] },
]
[[t]]
k = 1
[[t]]
k = 2
[t.u]
v = 3
'''
    wanted = {
        ("title",): 2,
        ("a", "b", "c d"): 6,
        ("x", "y"): 8,
        ("x", "y", 0): 9,
        ("x", "y", 1): 9,
        ("x", "y", 1, 1): 10,
        ("x", "y", 2, "w"): 12,
        ("t", 0, "k"): 15,
        ("t", 1, "k"): 17,
        ("t", 1, "u", "v"): 19,
        ("x", "missing"): 7,
        ("missing",): 1,
    }
    assert {path: line_of(text, path) for path in wanted} == wanted


def test_hostile_files_are_refused_quickly(tmp_path: Path) -> None:
    files = {
        "larger than the limit of 8388608 bytes": b"# " + b"x" * 100_000_000,
        "nested deeper than the limit of 8": b"a = " + b"[" * 1_000_000,
        "more keys than the limit of 10000": b"".join(b"k%d = 1\n" % k for k in range(300_000)),
        "dotted key is deeper than the limit of 8": b"a." * 150 + b"a = 1",
        "longer than the limit of 400 characters": b"a = " + b"9" * 1_000_000,
        "the limit of 10000 characters": b'a = "' + b"x" * 1_000_000 + b'"',
        "passes the limit of 324": b"a = 1e1000000",
        "more rows than the limit of 10000": (BOUND.replace("[[0, 0, 1], ", "[" + "[0, 0, 1], " * 100_000)).encode(),
        "not TOML": b'"""' * 1_000_001,
    }
    for message, content in files.items():
        path = written(tmp_path, content)
        assert message in refusal(path)


def array(entry: str, count: int) -> str:
    return "[" + f"{entry}," * count + "]"


ONES = array("1", 1_000_002)
ROWS = "has more rows than the limit of 10000"
STATES = "has more rows than the limit of 1000000"
ENTRIES = "has more entries than the limit of 1000000"


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("[settings]\nalice = " + array("[0,0,1]", 10_001), f"2: settings.alice: {ROWS}"),
        ('settings = {"bob" = ' + array("[0,0,1]", 10_001) + "}", f"1: settings.bob: {ROWS}"),
        ("[settings]\n\nalice_deg = [\n" + "[0,\n 1], # row\n" * 10_001, f"3: settings.alice_deg: {ROWS}"),
        ("behavior.noise.correlators = " + array("[0]", 10_001), f"1: behavior.noise.correlators: {ROWS}"),
        (f"[behaviour]\ncorrelators = [{ONES}]", f"2: behaviour.correlators: {ENTRIES}"),
        ("[functional]\nalice = " + array('""', 1_000_001), f"2: functional.alice: {ENTRIES}"),
        ("[model]\nof = [{name = 'finite',\nalice = " + array("[1]", 1_000_001), f"3: model.of.alice: {STATES}"),
        (f"x = {ONES}", f"1: x: {ENTRIES}"),
        ("[x]\n" + "#\n" * 200_000, "200001: file: there are more lines outside of arrays than the limit of 200000"),
    ],
    ids=["rows", "inline", "unclosed", "noise", "matrix", "strings", "hull", "unknown", "lines"],
)
def test_too_many_entries_are_refused_before_parsing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, answer: str
) -> None:
    def reached(*_: object, **__: object) -> None:
        raise AssertionError("tomllib is reached")

    monkeypatch.setattr(tomllib, "loads", reached)
    path = written(tmp_path, text)
    assert refusal(path) == f"{path}:{answer}"


def test_the_largest_arrays_pass_the_limits() -> None:
    rows = "[0,0,1]," * 10_000
    pairs = "[0,0]," * 1_000_000
    texts = [
        f"[settings]\nalice = [{rows}]\nbob = [{rows}]",
        "[behaviour]\ncorrelators = [" + ("[" + "1," * 100 + "],") * 10_000 + "]",
        f"[behaviour]\npairs = [{pairs}]",
        "[model]\nalice = [" + "[1]," * 1_000_000 + "]\nbob = [" + "[1,]," * 1_000_000 + "]",
        "model.of = [" + ("{alice = [" + "[1]," * 400_000 + "]},") * 4 + "]",
    ]
    for text in texts:
        assert check_limits(text, MOST)


GOOD = "0 -0 0.0 -0.0 1 -12 1.5 1e3 -1.5E+3 2e-07".split()
NUMBERS = [*GOOD, *'+3 1_000 0.1_5 01 1. .5 inf nan NaN null true "a" "a#" 0x1F 1e+0324 1e325'.split()]
ODD = ["", " ", "\n", "# a [comment]\n", "#\x01\n", "\r", ",", "[", "]", '"]"', "{a = 1}", "1979-05-27"]


def outcome(parse: Callable[[], object]) -> tuple[bool, str]:
    try:
        return True, repr(parse())  # tells 1 from 1.0 and 0.0 from -0.0
    except tomllib.TOMLDecodeError as error:
        return False, str(error)


def test_parsing_is_that_of_tomllib(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(numbers, "WORTH_IT", 12)
    chance = random.Random(7)
    read = spliced = 0
    for trial in range(4000):
        good = GOOD if trial % 2 else NUMBERS
        arrays = []
        for _ in range(2):
            rows = [
                "[" + ", ".join(chance.choices(good, k=3)) + chance.choice(["", ","]) + chance.choice(ODD[:4]) + "]"
                for _ in range(3)
            ]
            if trial % 3 == 0:
                rows[chance.randrange(3)] += chance.choice(ODD)
            arrays.append("[" + chance.choice(ODD[:4]) + (",\n" if trial % 5 else ",").join(rows) + "]")
        tail = chance.choice(["", "", " # end", " 2", "\nb = 1\nb = 2"])
        text = f"a = {arrays[0]}\n[[t]]\nc = {{d = {arrays[1]}}}{tail}\nw = 1.5\n"
        try:
            plain = check_limits(text)
        except ValueError:
            continue
        spliced += len(plain)
        wanted = outcome(partial(tomllib.loads, text))
        assert outcome(partial(numbers.parse, text, plain)) == wanted
        read += wanted[0]
    assert read > 500
    assert spliced > 1000


def test_lines_among_many_numbers() -> None:
    rows = "".join(f"  [{k}, 1.5e-300,\n   0x1], # {k}\n" for k in range(50))
    text = f'a = [\n{rows}]\n[t]\nb = [[1, 2], [3, 4],\n [5, 6, "x"]]\nc = 1\n'
    assert [line_of(text, ("a", k)) for k in range(50)] == [2 + 2 * k for k in range(50)]
    assert [line_of(text, ("a", k, 2)) for k in range(50)] == [3 + 2 * k for k in range(50)]
    assert line_of(text, ("a", 50)) == 1
    assert line_of(text, ("t", "b", 1, 1)) == 104
    assert line_of(text, ("t", "b", 2, 2)) == 105
    assert line_of(text, ("t", "c")) == 106


def check_mutant(path: Path, raw: bytes) -> bool:
    """Whether a mutant is accepted; a refusal must have the form of the contract."""
    path.write_bytes(raw)
    try:
        problem = load(path)
    except InputError as error:
        answer = str(error)
    else:
        assert isinstance(problem, Problem)
        json.dumps([problem.data, problem.resolved], allow_nan=False)
        assert len(problem.digest) == 64
        return True
    form = re.fullmatch(re.escape(str(path)) + r":(\d+): [^\n]+?: [^\n]+", answer)
    assert form, answer
    assert 1 <= int(form[1]) <= raw.count(b"\n") + 1
    assert answer.isprintable()
    return False


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
