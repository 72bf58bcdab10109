"""Designs from problem files: run, verify, forgeries, refusals."""

import copy
import json

import numpy as np
import pytest
from typer.testing import CliRunner

import nsmodels as ns
from nsmodels import checker
from nsmodels.cli import app
from nsmodels.errors import InputError
from nsmodels.files import result as results
from nsmodels.files.problem import load

HEAD = 'schema = 1\nkind = "design"\n[model]\nname = "leggett"\n'
START = """start = {normalise = true, alice = [[0, 0, 1], [0.179605, 0, 0.983739], [-0.073481, 0.57958, -0.811596],
[-0.073481, -0.57958, -0.811596]], bob = [[-0.157521, 0, 0.987516], [0.332322, 0, 0.943166],
[-0.047435, 0.850444, -0.523923], [-0.047435, -0.850444, -0.523923]]}
pairs = [[0, 0], [1, 1], [2, 2], [3, 3]]
starts = 0
"""


def write(path, text):
    path.write_text(HEAD + text, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def answered(tmp_path_factory):
    """Four pairs, improved from six digits: about a second of search."""
    path = write(tmp_path_factory.mktemp("design") / "four.toml", f"[design]\n{START}[options]\ntime_limit_s = 60.0\n")
    problem = load(path)
    return results.assemble(problem, problem.ask().to_json(), 0.0)


def verdicts(result):
    return [holds for holds, _ in checker.check(json.loads(json.dumps(result)))]


def test_a_design_is_certified_on_the_settings_it_names(answered):
    assert answered["status"] == "certified"
    assert answered["value"]["upper"] < 0.961372
    assert answered["resolved"]["design"]["starts"] == 0
    assert all(verdicts(answered))
    for row in answered["settings"]["alice"] + answered["settings"]["bob"]:
        assert all(x == round(x, 12) for x in row)


def test_forgeries_are_refused(answered):
    def forged(change):
        result = copy.deepcopy(answered)
        change(result)
        return verdicts(result)

    def turned(result):
        result["settings"]["bob"][0] = [0.0, 0.6, 0.8]

    def fewer(result):
        result["design"]["pairs"] = result["design"]["pairs"][:3]

    def claimed(result):
        result["value"]["upper"] -= 1e-3

    def long(result):
        result["settings"]["alice"][0] = [0.0, 0.0, 2.0]

    def more(result):
        result["settings"]["alice"].append([1.0, 0.0, 0.0])

    for change in (turned, fewer, claimed, long, more):
        assert not all(forged(change)), change.__name__


def test_the_command_line_answers_a_design(tmp_path):
    path = write(tmp_path / "two.toml", "[design]\nn_alice = 2\nn_bob = 2\nstarts = 1\n[options]\ntime_limit_s = 20\n")
    runner = CliRunner()
    done = runner.invoke(app, ["run", str(path), "--out", str(tmp_path)])
    assert done.exit_code == 0, done.output
    assert "no better settings exist is not claimed" in done.output
    done = runner.invoke(app, ["verify", str(tmp_path / "two.json")])
    assert done.exit_code == 0, done.output


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[design]\nn_alice = 2\n", "n_bob"),
        ("[design]\nn_alice = 2\nn_bob = 0\n", "n_bob"),
        ("[design]\ncorrelators = 4\nn_bob = 2\n", "given beside correlators"),
        ("[design]\nn_alice = 2\nn_bob = 2\nvisibility = 0.9\n", "significance"),
        ('[design]\nn_alice = 2\nn_bob = 2\nobjective = "speed"\n', "objective"),
        ('[design]\nn_alice = 2\nn_bob = 2\nsymmetric = "C99"\n', "C2 to C12"),
        ("[design]\nn_alice = 2\nn_bob = 2\npairs = [[0, 0], [1, 0]]\n", "is in no pair"),
        ("[design]\nn_alice = 2\nn_bob = 2\nstart = {alice = [[0, 0, 1]], bob = [[0, 0, 1]]}\n", "start has 1×1"),
        ("[design]\nn_alice = 2\nn_bob = 2\nseeds = 2\n", "unknown key"),
        ("[design]\nn_alice = 2\nn_bob = 2\nplane = 3\n", "plane"),
        ("[settings]\nfamily = \"chsh\"\n", "not used by kind"),
        ("", r"needs a table \[design\]"),
    ],
)
def test_refusals_name_file_and_key(tmp_path, text, words):
    path = write(tmp_path / "bad.toml", text)
    with pytest.raises(InputError, match=words) as caught:
        load(path)
    assert str(caught.value).startswith(f"{path}:")
    assert "\n" not in str(caught.value)
    assert "design: design:" not in str(caught.value)


def test_models_without_directions_are_refused(tmp_path):
    path = tmp_path / "bell.toml"
    path.write_text('schema = 1\nkind = "design"\n[model]\nname = "bell"\n[design]\nn_alice = 2\nn_bob = 2\n')
    with pytest.raises(InputError, match="does not look at directions"):
        load(path)


def test_the_law_of_one_party_is_designed_against(tmp_path):
    """L3's directions are near the best for its six pairs; what the file says of its settings is proved."""
    path, triads = tmp_path / "l3.toml", ns.settings.leggett_triads(0.7)
    path.write_text(
        f'schema = 1\nkind = "design"\n[model]\nname = "one_sided"\n[design]\nstarts = 0\n'
        f"start = {{normalise = true, alice = {triads.alice.tolist()}, bob = {triads.bob.tolist()}}}\n"
        f"pairs = {[[i, 2 * i + k] for i in range(3) for k in (0, 1)]}\n[options]\ntime_limit_s = 2.0\n"
    )
    done = CliRunner().invoke(app, ["run", str(path), "--out", str(tmp_path)])
    assert done.exit_code in (0, 1), done.output  # 1 where the time ends before the search does
    result = json.loads((tmp_path / "l3.json").read_text())
    assert result["status"] == "certified"
    assert all(verdicts(result))


def test_derive_prints_the_inequality_of_a_design_and_of_its_result(answered, tmp_path):
    path = tmp_path / "four.json"
    results.write(path, answered)
    done = CliRunner().invoke(app, ["derive", str(path), "--format", "json"])
    assert done.exit_code == 0, done.stderr
    content = json.loads(done.stdout)
    assert content["inequality"]["correlators"] == answered["inequality"]["correlators"]
    for party in ("alice", "bob"):
        np.testing.assert_allclose(content["settings"][party], answered["settings"][party], atol=1e-11)
    assert content["visibility"] == answered["value"]
    problem = write(tmp_path / "four.toml", f"[design]\n{START}[options]\ntime_limit_s = 60.0\n")
    done = CliRunner().invoke(app, ["derive", str(problem)])
    assert done.exit_code == 0, done.stderr
    assert "critical visibility 0.9613" in done.stdout
    assert "settings (unit vectors)" in done.stdout
    forged = json.loads(path.read_text())
    forged["settings"]["bob"][0] = [0.0, 0.6, 0.8]
    path.write_text(json.dumps(forged))
    done = CliRunner().invoke(app, ["derive", str(path)])
    assert done.exit_code == 1
    assert "NOT everything in it is proved" in done.stderr
    del forged["settings"]["bob"]
    path.write_text(json.dumps(forged))
    done = CliRunner().invoke(app, ["derive", str(path)])
    assert done.exit_code == 2
    assert "malformed result (KeyError); write it again" in done.stderr
