"""Threads and processes that are lost on the way."""

import subprocess

import numpy as np
import pytest

import nsmodels as ns
from nsmodels.common import workers
from nsmodels.engines import blas_threads, compiled
from nsmodels.engines.solvers.interior_point import interior_point
from nsmodels.engines.spheres import minimum as spheres
from nsmodels.errors import SolverError


def test_a_lost_thread_of_a_product_is_a_failure(monkeypatch):
    class Broken:
        def __init__(self, workers):
            pass

        def __enter__(self):
            raise RuntimeError("can't start new thread")

        def __exit__(self, *error):
            return False

    monkeypatch.setattr(blas_threads, "ThreadPoolExecutor", Broken)
    monkeypatch.setattr(blas_threads, "LARGE", 0.0)
    monkeypatch.setattr(blas_threads.os, "cpu_count", lambda: 2)
    with pytest.raises(SolverError, match="start new thread"):
        interior_point(np.ones((2, 3)), np.ones(2), np.arange(3.0), 1, tolerance=1e-8)


@pytest.mark.parametrize("fate", ["killed", "cannot start"])
def test_the_processes_that_compile_may_be_lost(monkeypatch, fate):
    """The answer does not depend on them: what they have not compiled is compiled here."""
    started = []
    honest = subprocess.Popen

    def popen(*arguments, **keywords):
        started.append(fate)
        if fate == "cannot start":
            raise OSError(11, "Resource temporarily unavailable")
        process = honest(*arguments, **keywords)
        process.kill()
        return process

    monkeypatch.setattr(workers.subprocess, "Popen", popen)
    monkeypatch.setattr(compiled, "_is_kept", lambda work: False)  # as on a first run
    spheres._compiled.cache_clear()
    s = ns.settings.leggett_triads(1.0)
    answer = ns.bound(ns.functionals.leggett3(s), ns.Leggett(s))
    assert started
    assert answer.lower - 1e-9 <= 2 - 2 / 3 * np.sin(0.5) <= answer.upper + 1e-9
