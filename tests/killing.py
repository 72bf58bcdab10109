"""Kill writers of result files at random moments: what remains must be the old file or the new one."""

import json
import os
import random
import signal
import time
import warnings
from pathlib import Path
from typing import Any

from nsmodels.files import result as results


def sample(number: int, size: int = 20_000) -> dict[str, Any]:
    """A result file whose parts all carry the same number, so that a mixture of two would show."""
    return {"schema": 1, "problem": {"number": number}, "value": [number] * size, "certificate": {"number": number}}


def is_whole(content: dict[str, Any]) -> bool:
    """Whether every part belongs to one `sample`."""
    return content == sample(content["problem"]["number"])


def kill_writers(folder: Path, count: int, seed: int) -> int:
    """Fork `count` processes that rewrite one file for ever, and kill each; return how many files changed.

    A process tells through a pipe of every write that it begins; it dies at a random moment of the write after the
    first, second or third of them, however busy the machine is.

    Raises
    ------
    AssertionError
        If the file is ever anything but a whole sample.
    """
    chance = random.Random(seed)
    target = folder / "result.json"
    began = time.perf_counter()
    results.write(target, sample(-1))
    one_write = time.perf_counter() - began
    changed, before = 0, -1
    for number in range(count):
        heard, told = os.pipe()
        with warnings.catch_warnings():
            # newer Pythons warn of fork where a library keeps threads; the child only writes files
            warnings.simplefilter("ignore", DeprecationWarning)
            child = os.fork()
        if child == 0:
            try:
                content = sample(number)
                while True:
                    os.write(told, b".")
                    results.write(target, content)
            finally:
                os._exit(1)
        os.close(told)
        for _ in range(chance.randint(1, 3)):
            os.read(heard, 1)
        time.sleep(chance.uniform(0.0, one_write))
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        os.close(heard)
        assert os.WIFSIGNALED(status), "the writer ended by itself"
        content = json.loads(target.read_text())
        assert is_whole(content), f"kill {number} left a broken file"
        changed += content["problem"]["number"] != before
        before = content["problem"]["number"]
    results.write(target, sample(count))
    assert [path.name for path in folder.iterdir()] == ["result.json"], "temporary files were left behind"
    return changed
