"""Data as people hand them over, and what is said of those that cannot be meant."""

import numpy as np
import pytest

import nsmodels as ns
from nsmodels import Data
from nsmodels.errors import InputError
from nsmodels.functionals import leggett3

PAIRS = [(0, 0), (0, 1), (1, 2), (1, 3), (2, 4), (2, 5)]


def test_rows_as_in_files_are_counts() -> None:
    rows = [[0, 0, 5, 7, 1, 2], [1, 2, 3, 4, 5, 6], [0, 0, 1, 1, 1, 1]]
    data = Data.from_counts(rows)
    assert data.shape == (2, 3)
    assert data.counts[:, :, 0, 0].ravel().tolist() == [6, 8, 2, 3]
    again = Data.from_correlators({(0, 0): -0.5}, shots={(0, 0): 40})
    assert again.trials == 40


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Data.from_counts({(0, 0): [1, 2, 3, 4]}, shape="ab"), "shape is 'ab'"),
        (lambda: Data.from_counts({(0, 0): [1, 2, 3, 4]}, shape=(0, 6)), "number of settings is 0"),
        (lambda: Data.from_counts({(0, 0): 7}), "counts of a pair is 7"),
        (lambda: Data.from_counts(np.ones((2, 2, 2))), "^Data: n"),
        (lambda: Data.from_counts([[0.5, 0, 1, 2, 3, 4]]), "a setting is 0.5"),
        (lambda: Data.from_csv(3), "name of a CSV file is 3"),
        (lambda: Data.from_correlators([[0.5]], shots=True), "shots is True"),
        (lambda: Data.from_correlators([[0.5]], shots=[[1, 2]]), "shots has shape"),
        (lambda: Data.from_bitstrings({(0, 0): {"01": 1}}, alice=1, bob=1, order="plain"), "both bit 1"),
        (lambda: Data.from_bitstrings([{"01": 1}], alice=0, bob=1, order="plain"), "bitstring: count"),
        (lambda: Data.from_bitstrings({(0, 0): ["01"]}, alice=0, bob=1, order="plain"), "bitstring: count"),
    ],
)
def test_relatives_of_bad_data_get_one_line(make, words) -> None:
    with pytest.raises(InputError, match=words) as caught:
        make()
    assert "\n" not in str(caught.value)


def test_what_belongs_to_other_settings_is_refused() -> None:
    model = ns.Leggett(ns.settings.leggett_triads(phi_deg=30))
    counts = {q: [30, 970, 960, 40] for q in PAIRS}
    with pytest.raises(InputError, match="not those of the model"):
        ns.analyse(Data.from_counts(counts), model, settings=ns.settings.leggett_triads(phi_deg=40))
    inequality = ns.bound(leggett3(model.settings), model).inequality
    few = Data.from_counts({PAIRS[0]: [30, 970, 960, 40]})
    with pytest.raises(InputError, match=r"needs the pair \[0, 1\]"):
        inequality.evaluate(few)


def test_another_bell_state_is_hinted_at() -> None:
    model = ns.Leggett(ns.settings.leggett_triads(phi_deg=30))
    data = Data.from_correlators(dict.fromkeys(PAIRS, 0.94), shots=1000)
    result = ns.analyse(data, model, functional=leggett3(model.settings))
    assert result.verdict == "not decided"
    assert "(moduli = true) the value is 1.88" in result.conclusion.sentence
    assert ns.analyse(data, model, functional=leggett3(model.settings), moduli=True).verdict == "excluded"


def test_what_chance_hardly_yields_is_not_called_compatible() -> None:
    """Not excluded at so high a confidence, and not compatible either, whatever χ² says."""
    model = ns.Leggett(ns.settings.leggett_triads(phi_deg=30))
    data = Data.from_counts({q: [30, 970, 960, 40] for q in PAIRS})
    result = ns.analyse(data, model, functional=leggett3(model.settings), confidence=0.9999999)
    assert 1e-7 < result.p_value.upper < 1e-4
    assert result.verdict == "not decided"
    assert "0.9999999" in result.conclusion.sentence
