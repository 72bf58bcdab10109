"""What is written is read back to the last bit; other programs read what is meant for them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import highspy
import numpy as np
import pytest

import nsmodels as ns
from nsmodels import interchange
from nsmodels.errors import InputError

S = ns.settings.random(2, 3, seed=1)
BOX = ns.behaviours.partially_entangled(S, 0.4)
F = ns.Functional.from_collins_gisin(np.random.default_rng(2).normal(size=(3, 4)))
COUNTS = np.random.default_rng(3).poisson(1000 * np.maximum(BOX.to_probabilities(), 0))


@pytest.mark.parametrize("ending", ["json", "csv"])
@pytest.mark.parametrize("notation", ["collins_gisin", "full_correlators", "probabilities"])
def test_round_trips(tmp_path: Path, ending: str, notation: str) -> None:
    for noun in (BOX, F):
        path = tmp_path / f"x.{ending}"
        interchange.write(noun, path, notation)
        again = interchange.read(path)
        assert type(again) is type(noun)
        np.testing.assert_array_equal(
            getattr(again, f"to_{notation}")(),
            getattr(getattr(type(noun), f"from_{notation}")(getattr(noun, f"to_{notation}")()), f"to_{notation}")(),
        )
        np.testing.assert_allclose(again.to_full_correlators(), noun.to_full_correlators(), atol=1e-14)


@pytest.mark.parametrize("ending", ["json", "csv"])
def test_counts(tmp_path: Path, ending: str) -> None:
    data = ns.Behaviour.from_counts(COUNTS)
    interchange.write(data, tmp_path / f"x.{ending}", "counts")
    again = interchange.read(tmp_path / f"x.{ending}")
    assert isinstance(again, ns.Behaviour)
    np.testing.assert_array_equal(again.counts, COUNTS)
    assert again == data


def rows() -> list[tuple[int, int, str, int, int]]:
    names = ["0 deg", "45 deg"]
    return [
        (1 - 2 * a, 1 - 2 * b, names[x], 10 * y, int(COUNTS[a, b, x, y]))
        for a in range(2) for b in range(2) for x in range(2) for y in range(3)
    ]  # fmt: skip


def test_counts_from_frames() -> None:
    """Columns by name, whatever holds them; outcomes ±1 or 0 and 1; settings by their names in order."""
    columns = ("alice", "bob", "setting a", "setting b")
    frame = {key: [row[k] for row in rows()] for k, key in enumerate((*columns, "events"))}
    data = interchange.from_frame(frame, "events", columns=columns)
    np.testing.assert_array_equal(data.counts, COUNTS)
    bits = {**frame, "alice": [(1 - x) // 2 for x in frame["alice"]], "bob": [(1 - x) // 2 for x in frame["bob"]]}
    np.testing.assert_array_equal(interchange.from_frame(bits, "events", columns=columns).counts, COUNTS)
    kept = [k for k, row in enumerate(rows()) if (row[2], row[3]) != ("0 deg", 20)]
    partial = interchange.from_frame({key: [x[k] for k in kept] for key, x in frame.items()}, "events", columns=columns)
    assert np.argwhere(~partial.known).tolist() == [[0, 2]]


class Frame:
    """Columns as data frames hand them out: arrays, by name."""

    def __init__(self, **columns: Any) -> None:
        self.columns = {key: np.array(column) for key, column in columns.items()}

    def __getitem__(self, name: str) -> Any:
        return self.columns[name]


def test_frames_of_arrays() -> None:
    frame = Frame(**{key: [row[k] for row in rows()] for k, key in enumerate(["a", "b", "x", "y", "n"])})
    np.testing.assert_array_equal(interchange.from_frame(frame).counts, COUNTS)


def test_foreign_files_need_a_word(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("1,0.5,0.25\n0.5,0.25,0.1\n")
    with pytest.raises(InputError, match="does not say what it holds; give what="):
        interchange.read(path)
    box = interchange.read(path, what="behaviour", notation="collins_gisin")
    assert box == ns.Behaviour.from_collins_gisin([[1, 0.5, 0.25], [0.5, 0.25, 0.1]])
    f = interchange.read(path, what="functional", notation="full_correlators")
    assert f == ns.Functional.from_full_correlators([[1, 0.5, 0.25], [0.5, 0.25, 0.1]])
    (tmp_path / "y.json").write_text(json.dumps(BOX.to_probabilities().tolist()))
    again = interchange.read(tmp_path / "y.json", what="behaviour", notation="probabilities")
    np.testing.assert_allclose(again.to_full_correlators(), BOX.to_full_correlators(), atol=1e-14)


def test_blocks_of_an_assemblage() -> None:
    p = BOX.to_probabilities()
    blocks = {(x, y): p[:, :, x, y].astype(complex) for x in range(2) for y in range(3)}
    np.testing.assert_allclose(interchange.from_blocks(blocks).correlators, BOX.correlators, atol=1e-14)
    with pytest.raises(InputError, match="a mapping from"):
        interchange.from_blocks(p)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="a block is no table"):
        interchange.from_blocks({(0, 0): np.eye(3)})


@pytest.mark.parametrize("form", ["lp", "mps"])
def test_a_solver_reads_the_linear_program(tmp_path: Path, form: str) -> None:
    for f in (F, ns.functionals.i3322(), ns.functionals.chsh()):
        path = tmp_path / f"x.{form}"
        path.write_text(interchange.linear_program(f, form=form))
        solver = highspy.Highs()
        solver.setOptionValue("output_flag", False)
        solver.readModel(str(path))
        solver.run()
        value = solver.getInfo().objective_function_value
        wanted = ns.bound(f, ns.NonSignalling(f.shape)).upper
        assert (value if form == "lp" else -value) == pytest.approx(wanted, abs=1e-7)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("x.txt", "1", "ends neither in .json nor in .csv"),
        ("x.json", "{", "is not JSON"),
        ("x.json", "{}", "holds no table"),
        ("x.json", '{"table": [[1]], "nsmodels": 3}', "does not say in words"),
        ("x.csv", "", "holds no numbers"),
        ("x.csv", "1,two\n", "'two' is no number"),
        ("x.csv", "a,b,x,y\n0,0,0,0\n", "has 0 columns besides"),
        ("x.csv", "a,b,x,y,n\n0,0,0,0,5\n0,0,0,0,5\n", "stand there twice"),
        ("x.csv", "a,b,x,y,n\n2,0,0,0,5\n", "outcomes are \\+1 and −1, or 0 and 1"),
        ("x.csv", "a,b,x,y,n\n0,0,0,0\n", "'' is no number"),
    ],
)
def test_bad_files_get_one_line(tmp_path: Path, name: str, text: str, message: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(InputError, match=message) as caught:
        interchange.read(tmp_path / name, what="behaviour", notation="probabilities")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: interchange.to_json(BOX, "counts"), "there are no counts"),
        (lambda: interchange.to_json(3), "argument"),
        (lambda: interchange.to_csv(BOX, "table"), "it must be one of"),
        (lambda: interchange.write(BOX, "x.xlsx"), "ends neither in .json nor in .csv"),
        (lambda: interchange.write(BOX, "no/such/folder/x.csv"), "cannot be written"),
        (lambda: interchange.read("no/such/x.csv"), "cannot be read"),
        (lambda: interchange.from_frame({"a": [0]}), "has no column 'b'"),
        (lambda: interchange.from_frame({}, columns=("a", "b")), "2 columns are named"),
        (lambda: interchange.linear_program(F, form="xls"), "it must be one of lp, mps"),
    ],
)
def test_bad_calls_get_one_line(call: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        call()


def test_what_a_file_says_counts(tmp_path: Path) -> None:
    interchange.write(BOX, tmp_path / "x.json", "probabilities")
    with pytest.raises(InputError, match="says probabilities, and notation is 'counts'"):
        interchange.read(tmp_path / "x.json", notation="counts")
    with pytest.raises(InputError, match="says behaviour, and what is 'functional'"):
        interchange.read(tmp_path / "x.json", what="functional")
