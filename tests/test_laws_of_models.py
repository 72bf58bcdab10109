"""Every model obeys every law of `check_model`; models that break one are found out."""

from typing import Any

import numpy as np
import pytest

import nsmodels as ns
from nsmodels.core.hidden_states import HiddenStates
from nsmodels.models.base import Support
from nsmodels.models.registry import ENTRIES
from nsmodels.testing import check_model

RNG = np.random.default_rng(2)
SETTINGS = ns.Settings(RNG.normal(size=(2, 3)), RNG.normal(size=(3, 3)), normalise=True)
MODELS = {
    "leggett": ns.Leggett(SETTINGS),
    "leggett, unequal purities": ns.Leggett(SETTINGS, eta_a=0.9, eta_b=0.3),
    "leggett, no purity": ns.Leggett(SETTINGS, eta=0.0),
    "one_sided": ns.OneSided(SETTINGS),
    "one_sided, alice": ns.OneSided(SETTINGS, 0.5, party="alice"),
    "law": ns.Law(SETTINGS, [0.0, 0.5, 0.0, 0.5]),
    "law, not odd": ns.Law(SETTINGS, [0.2, 0.3, 0.4], [0.0, 1.0]),
    "law, opposite": ns.Law(SETTINGS, [0.0, -1.5, 0.0, 2.5], hidden="opposite"),
    "bell": ns.Bell((2, 3)),
    "nonsignalling": ns.NonSignalling((2, 3)),
    "unbiased": ns.Unbiased((2, 3)),
    "finite": ns.Finite(RNG.uniform(-1, 1, size=(12, 2)), RNG.uniform(-1, 1, size=(12, 3))),
    "finite, a grid": ns.Finite.sphere_grid(SETTINGS, 400),
    "hull": ns.Hull([ns.Bell((2, 3)), ns.Leggett(SETTINGS, eta=0.7)]),
    "quantum": ns.Quantum((2, 3)),
    "two_qubits": ns.TwoQubits(SETTINGS),
}


def test_every_registered_model_is_here() -> None:
    assert {entry.name for entry in ENTRIES} == {model.name for model in MODELS.values()}


@pytest.mark.parametrize("name", MODELS)
def test_a_model_obeys_every_law(name: str) -> None:
    # with so few settings minimisers form surfaces, along which the bands of laws narrow slowly
    check_model(MODELS[name], seed=1, time_limit_s=1.0 if isinstance(MODELS[name], ns.Law) else 20.0)


class Unsymmetric(ns.Finite):
    """Calls itself symmetric and is not."""

    symmetric = True  # type: ignore[assignment]


class Larger(ns.Bell):
    """Its oracle exceeds the non-signalling boxes."""

    def support(self, functional: ns.Functional, **options: Any) -> Support:
        true = super().support(functional, **options)
        moved = ns.Enclosure(true.value.lower + 100.0, true.value.upper + 100.0)
        return Support(moved, true.state, true.proof)


class Smaller(ns.Bell):
    """Its upper end is below what its own states reach."""

    def support(self, functional: ns.Functional, **options: Any) -> Support:
        true = super().support(functional, **options)
        moved = ns.Enclosure(true.value.lower - 1.0, true.value.upper - 1.0)
        return Support(moved, true.state, true.proof)


class Curved(ns.Bell):
    """h(2f) is not 2 h(f)."""

    def support(self, functional: ns.Functional, **options: Any) -> Support:
        true = super().support(functional, **options)
        size = float(np.abs(functional.correlators).sum()) ** 2
        return Support(ns.Enclosure(true.value.lower - size, true.value.upper - size), true.state, true.proof)


class Outsider(ns.Unbiased):
    """Proposes states that it does not contain."""

    def propose(self, functional: ns.Functional, count: int, **options: Any) -> HiddenStates:
        return HiddenStates(np.full((1, self.shape[0]), 0.5), np.zeros((1, self.shape[1])))


@pytest.mark.parametrize(
    ("model", "law"),
    [
        (Unsymmetric([[0.5, 0.5]], [[1.0, 0.0, 0.0]]), "symmetric"),
        (Larger((2, 3)), "less than the lower end|do not overlap|non-signalling"),
        (Smaller((2, 3)), "upper end|do not overlap"),
        (Curved((2, 3)), "do not overlap"),
        (Outsider((2, 3)), "not among the states|exceeds the upper end"),
    ],
    ids=lambda x: type(x).__name__ if not isinstance(x, str) else "",
)
def test_a_model_that_breaks_a_law_is_found_out(model: ns.models.Model, law: str) -> None:
    with pytest.raises(AssertionError, match=law):
        check_model(model, seed=1)
