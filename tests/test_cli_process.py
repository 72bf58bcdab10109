"""The command line in a process of its own: the contract's examples, streams that fail, and what --help loads."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from command_line import DATA, process

from nsmodels.files import result as results


def test_the_contract_examples(tmp_path: Path) -> None:
    bad = process("run", DATA / "bad_norm.toml", "--out", tmp_path)
    assert bad.returncode == 2
    assert bad.stderr.count("\n") == 1
    assert "bad_norm.toml:8: settings.alice[1]: has norm 1.00498756211" in bad.stderr
    assert list(tmp_path.iterdir()) == []
    chain = process("run", DATA / "chain.toml", "--out", tmp_path, "--json")
    assert (chain.returncode, chain.stderr) == (0, "")
    assert len(json.loads(chain.stdout)["marginals"]["alice"]) == 6


def test_the_first_problem_from_another_folder(tmp_path: Path) -> None:
    done = process("run", "leggett_l3", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    result = results.read(tmp_path / "results" / "leggett_l3.json")
    assert result["value"]["lower"] <= 1.789181489322108 <= result["value"]["upper"]
    assert process("verify", tmp_path / "results" / "leggett_l3.json").returncode == 0


@pytest.mark.skipif(not Path("/dev/full").is_char_device(), reason="needs /dev/full")
@pytest.mark.parametrize("command", ["list", "verify results/chsh_bell.json", "--help", "run nosuch"])
def test_streams_that_cannot_be_written(command: str) -> None:
    """Full, closed, or of another encoding: one line, or none where none can be said, and the right exit code."""
    right = 2 if "nosuch" in command else 0
    shown = f"{sys.executable} -m nsmodels {command}"
    root = Path(__file__).parent.parent
    for streams, code in (("> /dev/full", max(right, 1)), ("2> /dev/full", right), ("2>&-", right), ("", right)):
        done = subprocess.run(
            f"{shown} {streams}", shell=True, capture_output=True, text=True, cwd=root,
            env=os.environ | {"PYTHONIOENCODING": "ascii"}, timeout=60,
        )  # fmt: skip
        assert done.returncode == code, (streams, done.stderr)
        assert done.stderr.count("\n") <= 1
        assert "Traceback" not in done.stderr


def test_help_loads_nothing_heavy() -> None:
    code = "import sys, nsmodels.cli; print(sorted({m.split('.')[0] for m in sys.modules}))"
    modules = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert modules.count(",") < 150  # how long --help takes is how much it loads
    for name in ("numpy", "scipy", "numba", "cvxpy", "pydantic", "tomlkit", "matplotlib", "rich", "networkx"):
        assert f"'{name}'" not in modules


@pytest.mark.parametrize("more", [[], ["results/chsh_bell.json"]])
def test_verify_needs_the_standard_library_only(more: list[str]) -> None:
    root = Path(__file__).parent.parent
    code = (
        f"import sys; from nsmodels.cli import main; sys.argv[1:] = ['verify', 'results/leggett_l3.json', *{more}]\n"
        "try:\n    main()\nexcept SystemExit as end:\n    assert end.code == 0\n"
        "assert not {'numpy', 'scipy', 'numba', 'cvxpy', 'rich'} & set(sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=root, timeout=60)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("proved")


def test_kernels_leave_linear_algebra_to_those_who_need_it() -> None:
    """The compiler loads scipy.linalg to see whether it is there; here it need not, and still finds it when asked.

    What is kept on disk is loaded without what the compiler knows about arrays.
    """
    code = (
        "import sys, numpy, nsmodels.engines.compiled as compiled\n"
        "from nsmodels.engines.spheres.minimum import compile_kernels\n"
        "compile_kernels()\n"
        "assert not {'scipy.linalg', 'numba.np.linalg'} & set(sys.modules)\n"
        "dot = compiled.entry(lambda x: x @ x)\n"
        "assert dot(2.0 * numpy.eye(3))[2, 2] == 4.0\n"
        "assert not compiled.COMPILES or 'scipy.linalg' in sys.modules\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
