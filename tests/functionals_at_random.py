"""Functionals drawn at random, and models of their shape."""

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from numpy.typing import NDArray

import nsmodels as ns
from nsmodels.models.base import Model

few = settings(max_examples=25, derandomize=True, deadline=None)
SEEDS = st.integers(0, 2**32 - 1)
Array = NDArray[np.float64]


def random_functional(seed: int, most: int = 5) -> ns.Functional:
    """Integers or reals, with or without marginal terms, sometimes with zero rows."""
    rng = np.random.default_rng(seed)
    n, m = rng.integers(1, most + 1, size=2)
    if seed % 2:
        table = rng.normal(size=(n, m)) * 10.0 ** rng.integers(-3, 4)
    else:
        table = rng.integers(-3, 4, size=(n, m)).astype(float)
    if seed % 5 == 0:
        table[0] = 0
    sides = (rng.normal(size=n), rng.integers(-3, 4, size=m)) if seed % 3 else (None, None)
    return ns.Functional(table, sides[0], sides[1], rng.normal())


def simple_models(shape: tuple[int, int]) -> list[Model]:
    rng = np.random.default_rng(0)
    finite = ns.Finite(rng.uniform(-1, 1, size=(9, shape[0])), rng.uniform(-1, 1, size=(9, shape[1])))
    simple: list[Model] = [ns.Bell(shape), ns.NonSignalling(shape), ns.Unbiased(shape), finite]
    return [*simple, ns.Hull(simple)]
