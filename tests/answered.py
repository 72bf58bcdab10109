"""Questions of every kind with their answers, and whether two results are the same in all public fields."""

import dataclasses
import inspect
import json
import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

import nsmodels as ns
from nsmodels.core.behaviour import StandardErrors
from nsmodels.files.problem import load as load_problem

TRIADS = ns.settings.leggett_triads(phi_deg=36.87)
RADIANS = ns.settings.leggett_triads(0.6)
ROWS = ns.Settings(2.0 * RADIANS.alice, [[1, 2, 3], [0, 0, 1], [0.6, 0.8, 0]], normalise=True)
ANGLES = ns.settings.from_angles([[10.0, 20.0], [90.0, 0.0]], [[45.0, 5.0], [300.0, 20.0]])
CHSH = ns.settings.chsh()
RNG = np.random.default_rng(5)
LIST = ns.Finite(RNG.uniform(-1, 1, (30, 2)), RNG.uniform(-1, 1, (30, 2)))
MIXED = ns.Functional([[1.0, 0.25], [0.5, -1.0]], [0.125, 0.0], [0.0, -0.3], 0.7)
STATE = ns.behaviours.partially_entangled(CHSH, theta_deg=20.0)
BIASED = ns.Behaviour(0.9 * STATE.correlators, 0.8 * STATE.alice, 0.8 * STATE.bob)
NOISE = ns.Behaviour(0.1 * np.ones((2, 2)), [0.05, 0.0], [0.0, -0.05])
LIKELY = ns.Behaviour([[0.5]], [0.8], [0.72], errors=StandardErrors([[0.05]], [0.1], [0.2]))
PARTLY = ns.Behaviour([[0.9, 0.7], [0.7, math.nan]], known=[[1, 1], [1, 0]])


def noisy() -> ns.Behaviour:
    """Counts of the singlet in few trials, whose table is no box."""
    settings, counts, rng = ns.settings.great_circle(4, 4), np.zeros((2, 2, 4, 4)), np.random.default_rng(1)
    p = ns.behaviours.werner(settings, 0.995).to_probabilities()
    for x, y in np.ndindex(4, 4):
        counts[:, :, x, y] = rng.multinomial(300, p[:, :, x, y].ravel()).reshape(2, 2)
    return ns.Behaviour.from_counts(counts)


NOISY = noisy()

CASES: dict[str, Callable[[], Any]] = {
    "bound leggett": lambda: ns.bound(ns.functionals.leggett3(TRIADS), ns.Leggett(TRIADS, 0.9)),
    "bound leggett radians": lambda: ns.bound(ns.functionals.leggett3(RADIANS), ns.Leggett(RADIANS)),
    "bound leggett purities": lambda: ns.bound(MIXED, ns.Leggett(CHSH, eta_a=0.5, eta_b=0.9), tolerance=1e-3),
    "bound leggett rows": lambda: ns.bound(ns.Functional(np.eye(3)), ns.Leggett(ROWS), tolerance=1e-4, seed=7),
    "bound leggett angles": lambda: ns.bound(ns.functionals.chsh(), ns.Leggett(ANGLES), tolerance=1e-4),
    "bound one_sided": lambda: ns.bound(ns.functionals.leggett3(TRIADS), ns.OneSided(TRIADS, 0.8)),
    "bound one_sided alice": lambda: ns.bound(MIXED, ns.OneSided(CHSH, 0.8, party="alice"), tolerance=1e-4),
    "bound bell": lambda: ns.bound(MIXED, ns.Bell((2, 2)), settings=CHSH),
    "bound bell third": lambda: ns.bound(ns.functionals.leggett3(TRIADS), ns.Bell((3, 6))),
    "bound chained": lambda: ns.bound(ns.functionals.chained(4), ns.NonSignalling((4, 4))),
    "bound unbiased": lambda: ns.bound(MIXED, ns.Unbiased((2, 2))),
    "bound finite": lambda: ns.bound(MIXED, LIST),
    "bound grid": lambda: ns.bound(ns.functionals.chsh(), ns.Finite.sphere_grid(CHSH, 49)),
    "bound hull": lambda: ns.bound(
        MIXED, ns.Hull([LIST, ns.OneSided(CHSH, 0.5), ns.Leggett(CHSH, 0.4)]), tolerance=1e-2
    ),
    "bound tsirelson": lambda: ns.bound(ns.functionals.chsh(), ns.Quantum((2, 2)), settings=CHSH),
    "bound quantum": lambda: ns.bound(MIXED, ns.Quantum((2, 2)), tolerance=0.5),
    "visibility leggett": lambda: ns.decompose(ns.behaviours.singlet(TRIADS), ns.Leggett(TRIADS), tolerance=1e-4),
    "visibility radians": lambda: ns.decompose(ns.behaviours.singlet(RADIANS), ns.Leggett(RADIANS), tolerance=1e-3),
    "visibility one_sided": lambda: ns.decompose(ns.behaviours.werner(CHSH, 0.99), ns.OneSided(CHSH), tolerance=1e-3),
    "visibility bell": lambda: ns.decompose(ns.behaviours.pr_box(), ns.Bell((2, 2))),
    "visibility bell named": lambda: ns.decompose(ns.behaviours.singlet(CHSH), ns.Bell((2, 2))),
    "visibility noise": lambda: ns.decompose(BIASED, ns.Bell((2, 2)), noise=NOISE, tolerance=1e-5),
    "visibility free": lambda: ns.decompose(STATE, ns.Bell((2, 2)), noise=NOISE, marginals="free", tolerance=1e-5),
    "visibility pairs": lambda: ns.decompose(PARTLY, ns.Bell((2, 2))),
    "visibility pairs named": lambda: ns.decompose(
        ns.behaviours.singlet(CHSH).with_pairs([(0, 0), (1, 1), (0, 1)]), ns.Unbiased((2, 2))
    ),
    "visibility finite": lambda: ns.decompose(ns.Behaviour([[0.5, 0.1], [0.0, 0.2]]), LIST),
    "visibility hull": lambda: ns.decompose(
        STATE, ns.Hull([ns.Leggett(CHSH, 0.7), ns.Unbiased((2, 2)), ns.Bell((2, 2))]), tolerance=1e-3
    ),
    "visibility none": lambda: ns.decompose(
        ns.Behaviour([[-1.0]], [0.0], [0.0]),
        ns.Finite([[1.0], [-1.0]], [[1.0], [-1.0]]),
        noise=ns.Behaviour([[-1.0]], [0.0], [0.0]),
    ),
    "marginals singlet": lambda: ns.marginals(ns.behaviours.singlet(ns.settings.half_circle(5))),
    "marginals radians": lambda: ns.marginals(ns.behaviours.werner(RADIANS, 0.95)),
    "marginals free": lambda: ns.marginals(PARTLY),
    "marginals given": lambda: ns.marginals(BIASED),
    "marginals state": lambda: ns.marginals(STATE),
    "design pairs": lambda: ns.design(
        lambda s: ns.Leggett(s, 0.9), 2, 3, pairs=[(0, 0), (0, 1), (1, 2)], starts=0, tolerance=1e-3
    ),
    "design significance": lambda: ns.design(
        ns.Leggett, objective="significance", start=CHSH, starts=0, plane="bob", tolerance=1e-3
    ),
    "marginals one": lambda: ns.marginals(ns.behaviours.pr_box(), only=["A1"]),
    "marginals moved": lambda: ns.marginals(NOISY),
    "marginals counts": lambda: ns.marginals(ns.Behaviour.from_counts(NOISY.counts[:, :, :1, :1])),
    "marginals errors": lambda: ns.marginals(LIKELY, allow_signalling=True),
    "local content": lambda: ns.studies.local_content(BIASED),
    "local content counts": lambda: ns.studies.local_content(ns.Behaviour.from_counts(NOISY.counts[:, :, :1, :1])),
    "analysis fit": lambda: load_problem("analysis_noise_bell").ask(),
    "analysis purity": lambda: load_problem("analysis_few_shots").ask(),
}


NOT_WRITTEN = {"bound bell third", "marginals one"}
"""A name that belongs to directions that are not there; why single settings are open."""


def plain(content: dict[str, Any]) -> Any:
    return json.loads(json.dumps(content))


LOST = {
    "bound bell third": {"functional.name", "functional.source", "functional.relative_rounding"},
    "visibility radians": {"behaviour.settings", "behaviour.rounding"},
    "visibility free": {"behaviour.alice", "behaviour.bob", "behaviour.rounding", "behaviour.name",
                        "behaviour.parameters", "noise.alice", "noise.bob", "noise.settings"},
    "marginals radians": {"behaviour.settings", "behaviour.rounding", "chains"},
    "marginals one": {"enclosures[0].reason", "enclosures[2].reason", "enclosures[3].reason"},
    "design significance": {"significance.inequality.proof"},
    "local content counts": {"behaviour.counts", "behaviour.errors"},
}  # fmt: skip
"""What no file says: names that make other numbers, free marginals, why single settings are open, a second proof."""


def written(noun: Any) -> Any:
    """What a proof, a state or a model writes into files; None of other things."""
    for method in ("certificate", "resolved", "to_json"):
        if hasattr(noun, method):
            many = method == "certificate" and "n_parts" in inspect.signature(noun.certificate).parameters
            return plain(getattr(noun, method)(*([2] if many else [])))
    return None


def lost(first: Any, second: Any, name: str = "") -> Iterator[str]:
    """The names of public fields, and of fields of fields, in which two results differ."""
    if dataclasses.is_dataclass(first) and type(first) is type(second):
        for field in dataclasses.fields(first):
            if not field.name.startswith("_") and field.name != "question":
                inner = (getattr(each, field.name) for each in (first, second))
                yield from lost(*inner, f"{name}.{field.name}".lstrip("."))
    elif isinstance(first, tuple) and isinstance(second, tuple) and len(first) == len(second):
        for k, pair in enumerate(zip(first, second, strict=True)):
            yield from lost(*pair, f"{name}[{k}]")
    elif isinstance(first, np.ndarray) and isinstance(second, np.ndarray):
        same = first.shape == second.shape
        if not same or not np.allclose(first, second, 0.0, 1e-12 if first.dtype == float else 0.0, equal_nan=True):
            yield name
    elif (mine := written(first)) is not None:
        if mine != written(second):
            yield name
    elif first is None or second is None:
        if first is not second:
            yield name
    elif first != second:
        yield name
