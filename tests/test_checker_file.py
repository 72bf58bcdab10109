"""The checker as one file: it reads like a definition, runs as a script, and answers hostile files."""

import ast
import base64
import copy
import json
import os
import subprocess
import sys
import zlib
from itertools import product

import pytest
from handwritten import FILE, bell, digest, finite, leggett, nonsignalling, unbiased

from nsmodels import checker


def test_it_is_one_file_of_the_standard_library():
    text = FILE.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 2400
    assert max(map(len, text.splitlines())) <= 100
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            assert all(alias.name in sys.stdlib_module_names for alias in node.names)
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0
            assert node.module in sys.stdlib_module_names
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id not in ("eval", "exec", "compile", "__import__")


def test_it_reads_like_a_definition():
    """Two blank lines between definitions, headed sections in order, and rules and models that say what they are."""
    text = FILE.read_text(encoding="utf-8")
    lines = text.splitlines()
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)]) - 1
            assert lines[first - 2 : first] == ["", ""], node.name
            assert lines[first - 3] != "", node.name
            assert ast.get_docstring(node), node.name
    headings = [line[5:].rstrip(" -") for line in lines if line.startswith("# -- ")]
    assert headings == [
        "limits", "reading", "exact numbers", "from the problem to the inputs", "models", "patches of the sphere",
        "rules of upper ends: each gives a bound of f over the model", "states", "the three questions",
        "more outcomes and parties", "analyses", "tables of keys", "main",
    ]  # fmt: skip
    for name, rule in checker.RULES.items():
        said = [rule.prove.__doc__.find(word) for word in ("Claim: ", "Given: ", "Why it suffices: ", "Cost: ")]
        assert said == sorted(said), name
        assert said[0] == 0, name
    assert set(checker.MODELS) >= {"leggett", "one_sided", "bell", "finite", "hull", "quantum", "nonsignalling"}
    assert all(callable(model.member) and model.__doc__ for model in checker.MODELS.values())


def test_a_rule_speaks_of_its_own_models_only():
    models = {"bell": bell, "unbiased": unbiased, "nonsignalling": nonsignalling, "finite": finite, "leggett": leggett}
    for (name, make), rule in product(models.items(), checker.RULES):
        forged = copy.deepcopy(make())
        model = checker.MODELS[name]
        forged["certificate"]["upper"] = {"type": rule}
        if not issubclass(model, checker.RULES[rule].models):
            assert any("the rule is about another model" in text for _, text in checker.check(forged)), (name, rule)


def script(path, *extra):
    command = [sys.executable, "-I", "-S", str(FILE), str(path), *extra]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_it_runs_as_a_script(tmp_path):
    path = tmp_path / "result.json"
    path.write_text(json.dumps(leggett()))
    good = script(path)
    assert good.returncode == 0, good.stdout
    assert "all proved" in good.stdout
    path.write_text(json.dumps(leggett() | {"value": {"lower": 0.0, "upper": 0.5}}))
    bad = script(path)
    assert bad.returncode == 1
    assert "NOT PROVED" in bad.stdout
    assert "1.0000" in bad.stdout  # what the certificate does support
    assert script(tmp_path / "missing.json").returncode == 2
    assert script(path, "more").returncode == 2
    assert "Traceback" not in good.stderr + bad.stderr


def bomb():
    stream = zlib.compressobj(1)
    data = b"".join(stream.compress(bytes([6]) * (1 << 20)) for _ in range(300)) + stream.flush()
    return leggett_with("tree", base64.b64encode(data).decode())


def leggett_with(key, value):
    forged = leggett()
    forged["certificate"]["upper"][key] = value
    return json.dumps(forged)


def problem_with(**tables):
    forged = leggett()
    forged["problem"].update(tables)
    forged["problem_sha256"] = digest(forged["problem"])
    return json.dumps(forged)


HOSTILE = {
    "empty": lambda: "",
    "not JSON": lambda: "schema = 1",
    "not UTF-8": lambda: b"\xff\xfe\x00",
    "a list": lambda: "[1]",
    "deep lists": lambda: "[" * 10**6,
    "deep objects": lambda: '{"a":' * 10**5 + "1" + "}" * 10**5,
    "not a number": lambda: json.dumps(leggett() | {"value": {"lower": float("nan"), "upper": float("inf")}}),
    "overflow": lambda: json.dumps(leggett()).replace('"upper": 1.000000000001', '"upper": 1e999'),
    "giant integer": lambda: '{"schema": ' + "9" * 10**6 + "}",
    "giant rational": lambda: leggett_with("threshold", "1/" + "7" * 10**6),
    "repeated key": lambda: '{"schema": 1, ' + json.dumps(leggett())[1:],
    "bomb": bomb,
    "a million settings": lambda: problem_with(settings={"family": "fibonacci", "n_alice": 10**6, "n_bob": 1}),
    "many pairs": lambda: problem_with(settings={"family": "great_circle", "n_alice": 4096, "n_bob": 4096}),
    "negative settings": lambda: problem_with(settings={"family": "half_circle", "n": -1}),
    "huge angle": lambda: problem_with(settings={"family": "leggett_triads", "phi_deg": 1e300}),
    "absurd exponents": lambda: problem_with(
        settings={"alice": [[1e-300, 0, 1e300]], "bob": [[1, 0, 0]], "normalise": True}
    ),
    "surrogate": lambda: json.dumps(leggett() | {"problem": {"title": "\ud800", **leggett()["problem"]}}),
    "escape codes": lambda: json.dumps(leggett() | {"\x1b[2J": 1}),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_are_answered(tmp_path, capsys, name):
    content = HOSTILE[name]()
    path = tmp_path / "hostile.json"
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    code = checker.main([str(path)])
    assert code in (1, 2) or name == "absurd exponents"  # that row is the direction z
    out, err = capsys.readouterr()
    assert "Traceback" not in out + err
    assert "\x1b" not in out + err
    assert sorted(tmp_path.iterdir()) == [path]  # nothing is written


def test_what_is_not_a_regular_file_is_refused(tmp_path, capsys):
    assert checker.main([str(tmp_path)]) == 2
    assert checker.main(["\0"]) == 2
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    assert checker.main([str(pipe)]) == 2
    assert checker.main([]) == 2
    assert "unreadable" in capsys.readouterr().err
