"""A decomposition is checked again from the data alone."""

import math

import numpy as np
import pytest

import nsmodels as ns


def check_model(d, tolerance=1e-12):
    """Re-check the lower end from the data alone."""
    model, target = d.decomposition, d.behaviour
    assert math.fsum(model.weights.tolist()) == 1.0
    assert model.weights.min() > 0.0
    mixture = model.boxes()  # refuses negative probabilities
    average = mixture.average()
    for name in ("correlators", "alice", "bob"):
        mine, p, noise = getattr(average, name), getattr(target, name), getattr(d.noise, name)
        if name != "correlators" and (p is None or noise is None):
            continue
        wanted = d.lower * p + (1.0 - d.lower) * noise
        known = target.known if name == "correlators" else slice(None)
        assert np.abs(mine - wanted)[known].max() <= tolerance + model.deviation
    hidden = ~np.isnan(model.u[:, 0])
    if hidden.any():
        for vectors in (model.u[hidden], model.v[hidden]):
            assert np.abs(np.linalg.norm(vectors, axis=1) - 1.0).max() <= 1e-15
    assert ((model.mixing >= 0.0) & (model.mixing <= 1.0)).all()


def check_inequality(d):
    """Re-check that the inequality gives the upper end, and that the states of the model obey it."""
    f, bound = d.inequality.functional, d.inequality.bound
    step = f.value(d.behaviour) - f.value(ns.Behaviour(d.noise.correlators, d.noise.alice, d.noise.bob))
    start = f.value(ns.Behaviour(d.noise.correlators, d.noise.alice, d.noise.bob))
    assert (bound - start) / step == pytest.approx(d.upper_end.visibility, abs=1e-12)
    for k in range(len(d.decomposition)):
        a, b = d.decomposition.alice[k], d.decomposition.bob[k]
        assert f.evaluate(a, b, d.decomposition.correlators(k)) <= bound + 1e-12
