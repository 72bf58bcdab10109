"""Words that lead nobody astray: hints of problem files, explanations, one-line refusals of what others take."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

import nsmodels as ns
from nsmodels import checker, cli
from nsmodels.command.explain import names
from nsmodels.errors import InputError
from nsmodels.files.toml.table import TABLES
from nsmodels.files.topics import ALIASES, ELSEWHERE, TOPICS

MORE = r"two parties with outcomes ±1.*Ket\.jl, QETLAB, toqito or ncpol2sdpa"
BOUND = 'schema = 1\nkind = "bound"\nmodel = {name = "bell"}\nfunctional = {name = "chsh"}\n'
MARGINALS = 'schema = 1\nkind = "marginals"\n'


def run(*arguments: object) -> Any:
    return CliRunner().invoke(cli.app, [str(argument) for argument in arguments])


def refusal(tmp_path: Path, text: str) -> str:
    path = tmp_path / "question.toml"
    path.write_text(text, encoding="utf-8")
    done = run("run", path, "--out", tmp_path)
    assert done.exit_code == 2
    assert done.stderr.count("\n") == 1
    return str(done.stderr).removeprefix(str(path)).strip()


@pytest.mark.parametrize("key", ["polarisers_alice_deg", "polarizers_bob_deg", "polariser", "alice_polarizer_angles"])
def test_angles_of_polarisers_are_half_of_ours(tmp_path: Path, key: str) -> None:
    for text in (f"{MARGINALS}[settings]\n{key} = [0, 45]\nbob_deg = [[0, 0]]\n", f"{MARGINALS}{key} = [0, 45]\n"):
        told = refusal(tmp_path, text)
        assert key in told
        assert "[polar, azimuth] in degrees on the Poincaré sphere, twice the angles of polarisers" in told
        assert "22.5 degrees is [45, 0]" in told
    s = ns.settings.from_angles([[45, 0]], [[0, 0]])  # a polariser at 22.5° against one at 0°: C = ∓cos 2α
    assert ns.behaviours.singlet(s).correlators[0, 0] == pytest.approx(-np.cos(2 * np.deg2rad(22.5)))


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("hwp_alice", "four times the angle of a half-wave plate"),
        ("alice_angles", "twice the angles of polarisers"),
        ("alice_rad", "in degrees on the Poincaré sphere"),
        ("alic_deg", 'did you mean "alice_deg"? alice_deg and bob_deg hold rows [polar, azimuth]'),
        ("phi", 'did you mean "phi_deg"? in degrees'),
        ("charlie", "two parties with outcomes ±1"),
    ],
)
def test_keys_of_settings(tmp_path: Path, key: str, said: str) -> None:
    assert said in refusal(tmp_path, f"{MARGINALS}[settings]\n{key} = [0, 45]\n")


@pytest.mark.parametrize("value", ["[22.5, 67.5]", "[[22.5], [67.5]]", "[[0, 45, 90]]", "22.5", '["a"]', "[[370, 0]]"])
def test_rows_of_angles_name_what_they_are(tmp_path: Path, value: str) -> None:
    for one, other in (("alice_deg", "bob_deg"), ("bob_deg", "alice_deg")):
        told = refusal(tmp_path, f"{MARGINALS}[settings]\n{other} = [[0, 0]]\n{one} = {value}\n")
        assert told.startswith(f":5: settings.{one}")
        assert "rows [polar, azimuth] in degrees" in told
        assert "twice the angles of polarisers" in told


def test_angles_as_rows_are_sent_to_the_right_key(tmp_path: Path) -> None:
    told = refusal(tmp_path, f"{MARGINALS}[settings]\nalice = [0, 45]\nbob = [22.5, 67.5]\n")
    assert "angles go into alice_deg" in told
    for bad in ([0, 45], [[0], [45]], [[1, 2, 3]]):
        with pytest.raises(InputError, match=r"rows \[polar, azimuth\] in degrees.*twice the angles of polarisers"):
            ns.settings.from_angles(bad, [[0, 0]])
    with pytest.raises(InputError, match=r"from_angles"):
        ns.Settings([0, 45], [22.5, 67.5])


@pytest.mark.parametrize("key", ["phi_deg", "theta_deg"])
def test_degrees_beyond_a_turn_are_refused_in_files(tmp_path: Path, key: str) -> None:
    settings = f'[settings]\nfamily = "leggett_triads"\nphi_deg = {3687 if key == "phi_deg" else 30}\n'
    behaviour = '[behaviour]\nname = "partially_entangled"\ntheta_deg = -720.5\n' if key == "theta_deg" else ""
    assert f"{key}: must be in [-360, 360]" in refusal(tmp_path, MARGINALS + settings + behaviour)


def test_files_refuse_l3_where_it_needs_its_moduli(tmp_path: Path) -> None:
    text = 'schema = 1\nkind = "bound"\nmodel = {name = "leggett"}\nfunctional = {name = "leggett3"}\n'
    told = refusal(tmp_path, text + '[settings]\nfamily = "leggett_triads"\nphi_deg = 200\n')
    assert "functional.name" in told
    assert "without its moduli" in told


@pytest.mark.parametrize(
    ("key", "said"), [("n", "from_counts"), ("p", "from_probabilities"), ("rho", "from_state")]
)
def test_keys_of_the_behaviour(tmp_path: Path, key: str, said: str) -> None:
    assert said in refusal(tmp_path, f"{MARGINALS}[behaviour]\n{key} = [[1]]\n")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("L3", '"leggett3"'),
        ("cglmp", "two parties"),
        ("mermin", "two parties"),
        ("leggett-garg", "one system at several"),
    ],
)
def test_names_of_functionals(tmp_path: Path, name: str, said: str) -> None:
    assert said in refusal(tmp_path, BOUND.replace('"chsh"', f'"{name}"'))


anything: Any = ns
"""The package, whose arguments may be wrong here."""

CALLS: dict[str, tuple[Callable[[], object], str]] = {
    "Bell(2, 2)": (lambda: anything.Bell(2, 2), r"Bell: give the numbers of settings as one pair, Bell\(\(2, 2\)\)"),
    "NonSignalling(3, 4)": (lambda: anything.NonSignalling(3, 4), r"one pair, NonSignalling\(\(3, 4\)\)"),
    "Unbiased(2, 2)": (lambda: anything.Unbiased(2, 2), r"one pair, Unbiased\(\(2, 2\)\)"),
    "Quantum(2, 2)": (lambda: anything.Quantum(2, 2), r"one pair, Quantum\(\(2, 2\)\)"),
    "Bell(2, 2, 2)": (lambda: anything.Bell(2, 2, 2), MORE),
    "Bell((2, 2, 2))": (lambda: anything.Bell((2, 2, 2)), MORE),
    "Hull(a, b)": (lambda: anything.Hull(ns.Bell((1, 1)), ns.Unbiased((1, 1))), "Hull: give the models as one list"),
    "Leggett": (lambda: anything.Leggett(ns.settings.chsh(), 1.0, 0.5), "by name, eta_a= and eta_b="),
    "Settings": (lambda: anything.Settings([[0, 0, 1]], [[0, 0, 1]], [[0, 0, 1]]), MORE),
}


@pytest.mark.parametrize("name", CALLS)
def test_one_line_for_arguments_that_are_natural_elsewhere(name: str) -> None:
    call, said = CALLS[name]
    with pytest.raises(InputError, match=said) as caught:
        call()
    assert str(caught.value).isprintable()


WORDS = """L3 l3 L4 L6 L_N visibility V options tolerance noise hull certificate φ phi phi_deg η eta certified estimate
chsh CHSH chained singlet leggett_garg Leggett-Garg time_limit_s seed marginals bound kind model functional behavior
white pairs Werner
PR singlet tsirelson malus Poincaré polariser no-signalling counts p NaN collins-gisin status exit_code"""


@pytest.mark.parametrize("word", WORDS.split())
def test_words_are_explained(word: str) -> None:
    done = run("explain", word)
    assert done.exit_code == 0, done.stderr
    assert len(done.stdout.splitlines()) >= 3


def test_what_the_words_say() -> None:
    assert "about one system at several times: not here" in run("explain", "leggett_garg").stdout
    assert run("explain", "L3").stdout == run("explain", "leggett3").stdout
    assert "tolerance, time_limit_s, seed" in run("explain", "options").stdout
    assert "V·P + (1 − V)·noise" in run("explain", "visibility").stdout
    for word, meant in (("tolerence", "tolerance"), ("visibilty", "visibility"), ("leggett_grag", "leggett_garg")):
        done = run("explain", word)
        assert done.exit_code == 2
        assert f'did you mean "{meant}"?' in done.stderr


def test_every_key_of_a_problem_file_and_every_alias_is_explained() -> None:
    known = set(names()) | set(TOPICS)
    assert set(ALIASES.values()) <= known
    assert not set(ALIASES) & set(ELSEWHERE)
    keys = {*TABLES, *(key for keys in TABLES.values() for key in keys), "schema", "kind", "title", "source"}
    for word in (*sorted(keys), *ALIASES, *ELSEWHERE):
        assert run("explain", word).exit_code == 0, word


class Qobj:
    """What QuTiP's class offers and nothing else: no array protocol, no length."""

    def __init__(self, array: Any) -> None:
        self._array = np.array(array, dtype=complex)
        self.dims = [[2, 2], [1, 1] if self._array.shape[1] == 1 else [2, 2]]

    def full(self) -> Any:
        return self._array


SINGLET = np.array([0, 1, -1, 0]) / np.sqrt(2)
S = ns.settings.random(3, 4, seed=2)


@pytest.mark.parametrize(
    "state",
    [
        SINGLET,
        SINGLET.tolist(),
        SINGLET[:, None],
        SINGLET[None, :],
        1j * SINGLET,
        Qobj(SINGLET[:, None]),
        Qobj(SINGLET[None, :]),
        Qobj(np.outer(SINGLET, SINGLET)),
        np.outer(SINGLET, SINGLET),
    ],
)
def test_states_in_every_form(state: Any) -> None:
    box = ns.behaviours.from_state(state, S)
    exact = ns.behaviours.singlet(S)
    assert np.abs(box.correlators - exact.correlators).max() <= box.rounding + exact.rounding
    assert box.alice is not None
    assert np.abs(box.alice).max() <= box.rounding


def test_a_complex_ket_and_its_bra() -> None:
    rng = np.random.default_rng(3)
    ket = rng.normal(size=4) + 1j * rng.normal(size=4)
    ket /= np.linalg.norm(ket)
    rho = ns.behaviours.from_state(np.outer(ket, ket.conj()), S)
    for state in (ket, ket[:, None], ket.conj()[None, :], Qobj(ket[:, None])):
        box = ns.behaviours.from_state(state, S)
        assert np.abs(box.correlators - rho.correlators).max() <= 1e-14


class Broken:
    def full(self) -> Any:
        raise RuntimeError("no\nnumbers")


@pytest.mark.parametrize(
    ("state", "said"),
    [
        (np.array([0, 1, -1, 0]), "the ket has norm 1.41421356237; divide by it"),
        (Qobj([[0], [1], [-1], [0]]), "the ket has norm 1.414"),
        (np.zeros(4), "the ket has norm 0"),
        ([1e200, 0, 0, 0], "norm"),
        ([np.nan, 0, 0, 0], "not finite"),
        (np.ones(8) / np.sqrt(8), rf"shape \(8,\); a two-qubit state is .*; .*{MORE}"),
        (np.eye(8) / 8, MORE),
        (np.eye(9) / 9, MORE),
        (Qobj(np.ones((9, 1)) / 3), MORE),
        (np.ones(2) / np.sqrt(2), r"shape \(2,\); a two-qubit state is a density matrix, \(4, 4\), or a ket, \(4,\)"),
        (Qobj(np.eye(2) / 2), r"shape \(2, 2\)"),
        (Qobj(np.eye(4)), "trace 4"),
        (Qobj(np.triu(np.ones((4, 4)))), "not Hermitian"),
        (Qobj(np.diag([1.5, -0.5, 0, 0])), "eigenvalue -0.5"),
        (Broken(), r"gives no numbers \(RuntimeError from its full\(\)\)"),
        (Qobj, "not a table of complex numbers"),
        ("ket", "not a table of complex numbers"),
    ],
)
def test_what_is_no_state_is_refused_in_one_line(state: Any, said: str) -> None:
    with pytest.raises(InputError, match=said) as caught:
        ns.behaviours.from_state(state, S)
    assert str(caught.value).isprintable()


def answers() -> list[Any]:
    s = ns.settings.chsh()
    box = ns.behaviours.singlet(s)
    visibility = ns.decompose(box, ns.Bell((2, 2)))
    assert visibility.inequality is not None
    return [ns.bound(ns.functionals.chsh(), ns.Bell((2, 2))), visibility, ns.marginals(box), visibility.inequality]


def test_the_checker_and_the_commands_say_what_an_answer_alone_is(tmp_path: Path) -> None:
    path = tmp_path / "answer.json"
    for answer in answers():
        path.write_text(json.dumps(answer.to_json()))
        done = run("verify", path)
        assert done.exit_code == 1
        assert "it holds no problem, just as what to_json() gives" in done.stdout
        assert "write the question as a problem file and verify what `nsmodels run` writes" in done.stdout
        for command in ("derive", "run"):
            done = run(command, path)
            assert done.exit_code == 2
            assert "give a problem file (TOML)" in done.stderr
        done = run("report", path, "--out", tmp_path / "page.html")
        assert "give a file that `nsmodels run` wrote" in done.stderr
    for other in ([], {}, 3, "x", {"problem": 3}, {"value": None}):
        assert checker.check(other) == [(False, checker.NO_PROBLEM)]


def test_a_result_file_is_no_problem_file(tmp_path: Path) -> None:
    assert run("run", "visibility_l3_pairs", "--out", tmp_path).exit_code == 0
    result = tmp_path / "visibility_l3_pairs.json"
    done = run("run", result)
    assert done.exit_code == 2
    assert done.stderr.count("\n") == 1
    assert "this is a result file (JSON), which answers a problem; give its problem file (TOML)" in done.stderr
    derived = run("derive", result)  # which reads results as well
    assert derived.exit_code == 0
    assert "≤" in derived.stdout
    result.write_bytes(b"\xef\xbb\xbf \n" + result.read_bytes() + b" " * (9 << 20))
    assert "this is a result file (JSON)" in run("run", result).stderr
    result.write_text('{"colour": 1}')
    assert "this is JSON; give a problem file" in run("derive", result).stderr


def test_a_problem_is_no_result(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text(BOUND)
    for name in (tmp_path / "a.toml", "visibility_l3_pairs"):
        done = run("verify", name)
        assert done.exit_code == 2
        assert "this is a problem, not a result; `nsmodels run" in done.stderr
