"""The text of problem files: lines of keys, limits that hold before parsing, and numbers as tomllib reads them."""

import random
import tomllib
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from good_problems import BOUND
from problem_files import refusal, written

from nsmodels.files.toml import numbers
from nsmodels.files.toml.lines import check_limits, line_of
from nsmodels.files.toml.table import MOST


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
