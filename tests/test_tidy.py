"""Inequalities to publish: small integers with the same bound."""

import math

import numpy as np
import pytest

import nsmodels as ns
from nsmodels.questions.visibility.decompose import decompose


def test_tidy_finds_small_integers():
    """At φ = 36.87° the best inequality is L3 itself; at 90° twelve signs with the bound 8."""
    from nsmodels.questions.visibility.tidy import tidy

    of_three = 6.0 - 2.0 * math.sin(math.radians(36.87) / 2)  # three times 2 − ⅔ sin(φ/2)
    for phi_deg, terms, bound in ((36.87, 6, of_three), (90.0, 12, 8.0)):
        s = ns.settings.leggett_triads(phi_deg=phi_deg)
        d = decompose(ns.behaviours.singlet(s), ns.Leggett(s))
        short = tidy(d)
        table = short.inequality.functional.correlators
        assert np.count_nonzero(table) == terms
        assert set(np.abs(table[table != 0.0]).tolist()) == {1.0}
        assert short.visibility <= d.upper + 1e-6
        assert short.inequality.bound == pytest.approx(bound, abs=2e-6)
        assert short.standard is not None
        assert short.standard["visibility"] >= d.lower
        assert short.text().startswith("−C00")
        assert r"\begin{tabular}" in short.latex()
        assert short.to_json()["used"]["alice"] == [0, 1, 2]


def test_tidy_needs_an_inequality():
    from nsmodels.questions.visibility.tidy import tidy

    with pytest.raises(ns.errors.InputError, match="no inequality"):
        tidy(decompose(ns.behaviours.pr_box(), ns.Unbiased((2, 2))))
