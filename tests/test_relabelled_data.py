"""Outcomes that are exchanged, as by a source of another Bell state: the data choose, and the p-value pays."""

import json
import math
from pathlib import Path

import numpy as np
import pytest

import nsmodels as ns
from nsmodels import checker
from nsmodels.studies.analysis.data import Data

PAIRS = [(0, 0), (0, 1), (1, 2), (1, 3), (2, 4), (2, 5)]


def triads(phi_deg: float) -> ns.Leggett:
    return ns.Leggett(ns.settings.leggett_triads(phi_deg=phi_deg))


def leggett3(model: ns.Leggett) -> ns.Functional:
    return ns.functionals.leggett3(model.settings)


def test_another_bell_state_is_relabelled() -> None:
    model = triads(30.0)
    c = (-0.926, -0.952, 0.944, 0.942, -0.946, -0.922)
    data = Data.from_correlators(dict(zip(PAIRS, c)), shots=1000)
    result = ns.analyse(data, model, functional=leggett3(model), moduli=True)
    assert result.observed == pytest.approx(5.632 / 3)
    assert result.sigmas == pytest.approx(5.6, abs=0.05)
    assert result.p_value.relabellings == 8
    assert result.signs == (1.0, -1.0, 1.0)
    assert result.verdict == "excluded"
    plain = ns.analyse(data, model, functional=leggett3(model))
    assert plain.verdict != "excluded"
    turned = Data.from_correlators(dict(zip(PAIRS, -np.abs(c))), shots=1000)
    once = ns.analyse(turned, model, functional=leggett3(model))
    assert result.p_value.log10 == pytest.approx(once.p_value.log10 + math.log10(8), abs=0.01)


def test_relabelled_are_outcomes_of_the_party_with_fewer_settings(tmp_path: Path) -> None:
    """The same data with the parties exchanged; a forged flip at one of the other party's settings is refused."""
    model = triads(30.0)
    c = (-0.926, -0.952, 0.944, 0.942, -0.946, -0.922)
    assert model.settings is not None
    exchanged = ns.Leggett(ns.Settings(model.settings.bob, model.settings.alice))
    functional = ns.Functional(leggett3(model).correlators.T)
    data = Data.from_correlators({(j, i): x for (i, j), x in zip(PAIRS, c)}, shots=1000)
    result = ns.analyse(data, exchanged, functional=functional, moduli=True)
    assert result.verdict == "excluded"
    assert result.signs == (1.0,) * 6 + (1.0, -1.0, 1.0)
    assert result.p_value.relabellings == 8
    result.save(tmp_path / "r.json")
    assert ns.load(tmp_path / "r.json").signs == result.signs
    document = json.loads((tmp_path / "r.json").read_text())
    assert all(holds for holds, _ in checker.check(document))
    document["certificate"]["signs"][0] = -1
    assert not all(holds for holds, _ in checker.check(document))


@pytest.mark.parametrize("place", range(4))
def test_with_as_many_settings_both_parties_are_relabelled(place: int) -> None:
    """Eight versions of CHSH have three correlators alike: S = 2.8 in each, whichever is the odd one."""
    table = {(i, j): -0.7 if 2 * i + j == place else 0.7 for i in (0, 1) for j in (0, 1)}
    data = Data.from_correlators(table, shots=1000)
    result = ns.analyse(
        data, ns.Bell((2, 2)), settings=ns.settings.chsh(), functional=ns.functionals.chsh(), moduli=True
    )
    assert result.observed == pytest.approx(2.8)
    assert (result.verdict, result.p_value.relabellings) == ("excluded", 8)
    assert "all proved" in str(result.verify())
