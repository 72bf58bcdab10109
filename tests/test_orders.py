"""Tables whose axes stand in another order are found out: counts by their signalling, probabilities by their sums."""

import itertools
import math
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import fisher_exact

import nsmodels as ns
from nsmodels.core.no_signalling import _hypergeometric, no_signalling_test, signalling_p_value
from nsmodels.errors import InputError

Array = NDArray[np.float64]
ORDERS = ["".join(letters) for letters in itertools.permutations("abxy")]
EXCHANGED = str.maketrans("abxy", "bayx")

# A published style of table, n[x,y,a,b]: four lines of four numbers, one for each pair of settings.
XYAB = np.array([[[[23, 3], [4, 23]], [[33, 11], [5, 30]]], [[[22, 10], [6, 24]], [[4, 20], [21, 6]]]])


def standing(table: Array, order: str) -> Array:
    """A table n[a,b,x,y] with its axes in another order."""
    return np.transpose(table, ["abxy".index(letter) for letter in order])


def sample(seed: int, mean: float, n_alice: int = 2, n_bob: int = 2) -> Array:
    """Counts of a strongly correlated state with different marginals on every setting."""
    s = ns.settings.random(n_alice, n_bob, seed=seed)
    p = ns.behaviours.partially_entangled(s, 0.4).to_probabilities()
    return np.random.default_rng(seed).poisson(mean * np.maximum(p, 0.0)).astype(np.float64)


def test_the_table_of_four_lines_is_refused_and_its_order_named() -> None:
    with pytest.raises(InputError, match=r"signal as n\[a,b,x,y\] \(p = 3.3e-07\), and not as n\[x,y,a,b\] \(p = 1\)"):
        ns.Behaviour.from_counts(XYAB)
    box = ns.Behaviour.from_counts(XYAB, order="xyab")
    chsh = ns.functionals.chsh()
    assert chsh.value(box) == pytest.approx(2.4225, abs=5e-5)
    assert chsh.standard_error(box) == pytest.approx(0.204, abs=5e-4)
    assert ns.Behaviour.from_counts(XYAB.transpose(2, 3, 0, 1)) == box
    exchanged = ns.Behaviour.from_counts(XYAB, order="yxba")
    assert np.array_equal(exchanged.correlators, box.correlators.T)
    assert ns.Behaviour.from_counts(XYAB, order="abxy").shape == (2, 2)  # at the user's word


@pytest.mark.parametrize("order", [order for order in ORDERS if order not in ("abxy", "bayx")])
def test_every_other_order_is_found_out(order: str) -> None:
    for seed in range(3):
        table = sample(seed, 3000.0)
        told = standing(table, order)
        with pytest.raises(InputError, match="order=") as caught:
            ns.Behaviour.from_counts(told)
        assert f'"{order}"' in str(caught.value)
        assert len(str(caught.value)) < 250
        assert ns.Behaviour.from_counts(told, order=order) == ns.Behaviour.from_counts(table)


def test_the_right_order_is_not_refused() -> None:
    for seed, mean in itertools.product(range(100), (8.0, 40.0, 2000.0)):
        table = sample(seed, mean, 2, 2 + seed % 3)
        assert ns.Behaviour.from_counts(table) == ns.Behaviour.from_counts(table, order="abxy")


def test_data_that_signal_in_every_order_are_taken() -> None:
    """A drifting source is no reason to refuse."""
    table = sample(1, 20_000.0)
    table[0, :, 0, 0] *= 1.2
    table[:, 0, 1, 0] *= 1.3
    assert ns.Behaviour.from_counts(table).no_signalling_test().p_value < 1e-10


@pytest.mark.parametrize(("order", "shape"), [("xyab", (3, 4)), ("axby", (3, 5)), ("xayb", (3, 3)), ("xbay", (3, 4))])
def test_the_shape_decides_with_more_settings(order: str, shape: tuple[int, int]) -> None:
    table = sample(3, 500.0, *shape)
    frequencies = table / table.sum(axis=(0, 1))
    for read, given in ((ns.Behaviour.from_counts, table), (ns.Behaviour.from_probabilities, frequencies)):
        told = standing(given, order)
        with pytest.raises(InputError, match=r"it must be \(2, 2, n_A, n_B\); as .* it fits") as caught:
            read(told)
        named = str(caught.value)
        assert f'"{order}"' in named or given is not table
    assert ns.Behaviour.from_counts(standing(table, order), order=order) == ns.Behaviour.from_counts(table)


@pytest.mark.parametrize("order", ["xyab", "axby", "xayb", "yxba"])
def test_probabilities_in_another_order_name_it(order: str) -> None:
    p = ns.behaviours.partially_entangled(ns.settings.random(2, 2, seed=5), 0.4).to_probabilities()
    with pytest.raises(InputError, match=r"the order of the axes is p\[a,b,x,y\], and read as") as caught:
        ns.Behaviour.from_probabilities(standing(p, order))
    assert f'"{order}"' in str(caught.value)
    again = ns.Behaviour.from_probabilities(standing(p, order), order=order).to_probabilities()
    assert again == pytest.approx(p, abs=1e-14)


def test_a_sum_that_is_off_names_the_order_in_any_case() -> None:
    p = np.full((2, 2, 2, 2), 0.25)
    p[0, 0, 1, 1] = 0.75
    with pytest.raises(InputError, match=r"p\[:,:,1,1\] adds up to 1.5.*; the order of the axes is p\[a,b,x,y\]$"):
        ns.Behaviour.from_probabilities(p)
    with pytest.raises(InputError, match="for counts use"):
        ns.Behaviour.from_probabilities(sample(0, 100.0))


@pytest.mark.parametrize(
    "counts",
    [
        ns.behaviours.singlet(ns.settings.chsh()).to_probabilities(),
        ns.behaviours.singlet(ns.settings.chsh()).to_probabilities().transpose(2, 3, 0, 1),
        XYAB / XYAB.sum(),
        np.array([[[[1.0, 1.0]], [[0.0, 0.0]]], [[[0.0, 0.0]], [[0.0, 0.0]]]]),  # deterministic
        100.0 * ns.behaviours.singlet(ns.settings.chsh()).to_probabilities(),
    ],
)
def test_relative_frequencies_are_no_counts(counts: Array) -> None:
    with pytest.raises(InputError, match=r"above 1: relative frequencies|percentages do"):
        ns.Behaviour.from_counts(counts)
    with pytest.raises(InputError, match=r"above 1: relative frequencies|percentages do"):
        ns.Behaviour(np.zeros(counts.shape[2:]), counts=counts)


@pytest.mark.parametrize("order", ["abx", "abxz", "aabx", 3, None.__class__, ["a", "b", "x", "y"], "ABXY"])
def test_an_order_is_a_word(order: object) -> None:
    for read in (ns.Behaviour.from_counts, ns.Behaviour.from_probabilities):
        with pytest.raises(InputError, match=r"order is .*; it must be a word such as"):
            read(XYAB, order=order)  # type: ignore[arg-type]  # the point


@pytest.mark.parametrize(
    "call",
    [
        lambda: ns.Behaviour.from_probabilities(np.full((3, 3, 2, 2), 1 / 9)),
        lambda: ns.Behaviour.from_probabilities(np.full((3, 3, 3, 3), 1 / 9)),
        lambda: ns.Behaviour.from_probabilities(np.full((2,) * 6, 1 / 8)),
        lambda: ns.Behaviour.from_counts(np.full((2,) * 6, 10)),
        lambda: ns.Behaviour.from_counts(np.full((4, 4, 3, 3), 10)),
        lambda: ns.Behaviour.from_counts(np.full((2,) * 8, 10)),
        lambda: ns.Behaviour(np.zeros((2, 2, 2))),
        lambda: ns.Behaviour.from_full_correlators(np.ones((3, 3, 3))),
        lambda: ns.Behaviour.from_collins_gisin(np.ones((3, 3, 3))),
        lambda: ns.Functional(np.ones((2, 2, 2))),
    ],
)
def test_more_parties_or_outcomes_are_for_other_toolkits(call: Callable[[], object]) -> None:
    with pytest.raises(InputError, match=r"two parties with outcomes ±1; .*Ket\.jl, QETLAB, toqito or ncpol2sdpa"):
        call()


def test_rows_of_four_are_told_how_to_be_given() -> None:
    rows = XYAB.reshape(4, 4)
    with pytest.raises(InputError, match=r'reshape\(n_A, n_B, 2, 2\) and order="xyab"'):
        ns.Behaviour.from_counts(rows)
    assert ns.Behaviour.from_counts(rows.reshape(2, 2, 2, 2), order="xyab").shape == (2, 2)


def test_the_test_of_signalling_keeps_its_level_at_few_counts() -> None:
    rng = np.random.default_rng(7)
    p = np.maximum(ns.behaviours.partially_entangled(ns.settings.random(2, 3, seed=4), 0.3).to_probabilities(), 0.0)
    for mean in (4.0, 15.0, 300.0):
        values = np.array([signalling_p_value(rng.poisson(mean * p).astype(np.float64)) for _ in range(400)])
        for level in (0.2, 0.05, 0.01):
            assert (values <= level).mean() <= level + 3 * math.sqrt(level * (1 - level) / 400)


def test_the_hypergeometric_tails_are_those_of_fisher() -> None:
    table = [[3, 17], [12, 5]]
    tails = [float(fisher_exact(table, alternative=side)[1]) for side in ("less", "greater")]
    assert _hypergeometric(3.0, 20.0, 15.0, 37.0) == pytest.approx(2 * min(tails))


def test_many_counts_agree_with_pearson() -> None:
    table = sample(2, 5000.0)
    assert 0.2 < signalling_p_value(table) / no_signalling_test(table).p_value < 5.0


def test_nan_is_unknown() -> None:
    box = ns.behaviours.partially_entangled(ns.settings.random(2, 3, seed=5), 0.4)
    p = box.to_probabilities()
    p[:, :, 0, 1] = math.nan
    p[1, 0, 1, 2] = math.nan
    mask = [[True, False, True], [True, True, False]]
    for given, keywords in ((p, {}), (p.transpose(2, 3, 0, 1), {"order": "xyab"})):
        read = ns.Behaviour.from_probabilities(given, **keywords)  # type: ignore[arg-type]  # a dictionary of keywords
        assert read.known.tolist() == mask
        assert read.alice == pytest.approx(box.alice)
        assert read.bob == pytest.approx(box.bob)
        assert np.abs(read.correlators - box.correlators)[read.known].max() < 1e-14
    narrower = ns.Behaviour.from_probabilities(p, known=[[True, True, True], [False, True, True]])
    assert narrower.known.tolist() == [[True, False, True], [False, True, False]]
    for table, read_it in (
        (box.to_full_correlators(), ns.Behaviour.from_full_correlators),
        (box.to_collins_gisin(), ns.Behaviour.from_collins_gisin),
    ):
        table[1, 2] = table[2, 3] = math.nan
        assert read_it(table).known.tolist() == mask
        table[0, 1] = math.nan
        with pytest.raises(InputError, match="nan"):
            read_it(table)
    counts = sample(0, 100.0)
    counts[0, 1, 1, 0] = math.nan
    assert ns.Behaviour.from_counts(counts).known.tolist() == [[True, True], [False, True]]
    p[:, :, 0] = math.nan
    with pytest.raises(InputError, match="setting 0 of Alice has no pair that is known; leave it out"):
        ns.Behaviour.from_probabilities(p)
    p[0, 0, 1, 1] = math.inf
    with pytest.raises(InputError, match="entries must be finite"):
        ns.Behaviour.from_probabilities(p)


def test_orders_that_nothing_tells_apart_are_all_named() -> None:
    """A table of the singlet is the same with x and y exchanged, as far as anybody can see."""
    counts = np.round(1000 * ns.behaviours.singlet(ns.settings.half_circle(3)).to_probabilities())
    for order, other in (("xyab", "yxab"), ("yxab", "xyab")):
        with pytest.raises(InputError, match="as well") as caught:
            ns.Behaviour.from_counts(standing(counts, order))
        assert f'"{order}"' in str(caught.value)
        assert f'"{other}"' in str(caught.value)
    with pytest.raises(InputError, match=r'as n\[x,y,a,b\].*"yxab" as well; order="abxy" if they do signal'):
        ns.Behaviour.from_counts(XYAB)
