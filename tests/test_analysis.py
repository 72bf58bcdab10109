"""From counts to a conclusion: p-values that hold under the model, and verdicts."""

import math
from functools import cache

import numpy as np
import pytest

import nsmodels as ns
from nsmodels.errors import InputError
from nsmodels.studies.analysis.closest import Cells, closest
from nsmodels.studies.analysis.data import Data
from nsmodels.studies.analysis.oracle import Limits
from nsmodels.studies.analysis.p_value import Bet, bets, judge

PAIRS = [(0, 0), (0, 1), (1, 2), (1, 3), (2, 4), (2, 5)]
USED = np.zeros((3, 6), dtype=bool)
USED[tuple(zip(*PAIRS))] = True
IONQ = {  # four public sets of correlators, 10000 trials each
    30.0: (-0.9508, -0.9536, -0.9580, -0.9478, -0.9518, -0.9522),
    -30.0: (-0.9430, -0.9470, -0.9606, -0.9598, -0.9434, -0.9480),
    15.0: (-0.9788, -0.9734, -0.9806, -0.9794, -0.9746, -0.9740),
    60.0: (-0.8506, -0.8298, -0.8524, -0.8486, -0.8562, -0.8518),
}


def triads(phi_deg: float, eta: float = 1.0) -> ns.Leggett:
    return ns.Leggett(ns.settings.leggett_triads(phi_deg=phi_deg), eta)


def leggett3(model: ns.Leggett) -> ns.Functional:
    return ns.functionals.leggett3(model.settings)


@cache
def l3_bets(phi_deg: float, visibility: float, shots: int, products: bool = True) -> list[Bet]:
    model = triads(phi_deg)
    cells = Cells.of(USED, products)
    table = ns.behaviours.werner(model.settings, visibility).correlators
    expected = cells.probabilities(np.zeros(3), np.zeros(6), table)
    return bets(model, cells, expected, np.where(USED, shots, 0), Limits())[::-1]  # ratio, binomial


# -- data -----------------------------------------------------------------------------------------------------------


def test_data_agree_with_behaviour_from_counts() -> None:
    counts = np.random.default_rng(0).integers(1, 90, size=(2, 2, 3, 4))
    data, behaviour = Data.from_counts(counts), ns.Behaviour.from_counts(counts)
    assert np.allclose(data.correlators, behaviour.correlators, atol=1e-14)
    assert behaviour.errors is not None
    assert np.allclose(data.errors, behaviour.errors.correlators, atol=1e-14)
    f = ns.Functional(np.ones((3, 4)), [1, 2, 3], [0.5, 0, 0, 1], 2.0)
    value, sigma = data.value(f)
    assert value == pytest.approx(f.value(behaviour), abs=1e-12)
    assert sigma == pytest.approx(f.standard_error(behaviour), rel=1e-12)


def test_pairs_csv_and_bitstrings_say_the_same(tmp_path) -> None:
    table = np.zeros((2, 2, 2, 3), dtype=int)
    table[:, :, 0, 1] = [[5, 7], [11, 2]]
    table[:, :, 1, 2] = [[1, 0], [3, 9]]
    (tmp_path / "c.csv").write_text("alice,bob,pp,pm,mp,mm\n0,1,4,7,11,2\n1,2,1,0,3,9\n\n0,1,1,0,0,0\n")
    plain = {(0, 1): {"00": 5, "01": 7, "10": 11, "11": 2}, (1, 2): {"00": 1, "10": 3, "11": 9}}
    turned = {pair: {text[::-1]: n for text, n in strings.items()} for pair, strings in plain.items()}
    for data in (
        Data.from_counts(table),
        Data.from_counts(np.transpose(table, (2, 3, 0, 1)), order="xyab"),
        Data.from_counts({(0, 1): [5, 7, 11, 2], (1, 2): [1, 0, 3, 9]}),
        Data.from_csv(tmp_path / "c.csv"),
        Data.from_bitstrings(plain, alice=0, bob=1, order="plain"),
        Data.from_bitstrings(turned, alice=0, bob=1, order="qiskit"),
    ):
        assert data.counts is not None
        assert np.array_equal(data.counts, table)
        assert data.trials == 38


def test_accidentals_change_values_and_not_p_values() -> None:
    model = triads(30.0)
    counts = {pair: [30, 970, 970, 30] for pair in PAIRS}
    off = {pair: [20, 20, 20, 20] for pair in PAIRS}
    plain = ns.analyse(Data.from_counts(counts), model, functional=leggett3(model))
    net = ns.analyse(Data.from_counts(counts, accidentals=off), model, functional=leggett3(model))
    assert plain.observed == pytest.approx(2 * 0.94)
    assert net.observed == pytest.approx(2 * 1880 / 1920)
    assert net.sigma > plain.sigma
    assert net.p_value.log10 == plain.p_value.log10


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Data.from_counts({(0, 0): [1, 2, -3, 4]}), "not negative"),
        (lambda: Data.from_counts({(0, 0): [1, 2, 3.5, 4]}), "whole numbers"),
        (lambda: Data.from_counts({(0, 0): [0, 0, 0, 0]}), "nothing was counted"),
        (lambda: Data.from_counts({(0, 5): [1, 2, 3, 4]}, shape=(2, 2)), "no pair"),
        (lambda: Data.from_counts({(0, 0): [1, 2, 3]}), "four numbers"),
        (lambda: Data.from_correlators({(0, 0): 1.5}, shots=5), r"\[−1, 1\]"),
        (lambda: Data.from_correlators({(0, 0): 0.5}), "shots"),
        (lambda: Data.from_correlators({(0, 0): 1.0}, errors={(0, 0): 0.1}), "shots"),
        (lambda: Data.from_bitstrings({(0, 0): {"00": 1}}, alice=0, bob=1, order="big"), "qiskit"),
        (lambda: Data.from_counts({(0, 0): [1, 1, 1, 1]}, accidentals={(0, 0): [2, 0, 0, 0]}), "accidental"),
    ],
)
def test_bad_data_get_one_line(make, words) -> None:
    with pytest.raises(InputError, match=words) as caught:
        make()
    assert "\n" not in str(caught.value)


def test_a_wrong_header_is_named(tmp_path) -> None:
    (tmp_path / "c.csv").write_text("a,b,n\n0,0,1\n")
    with pytest.raises(InputError, match="'a,b,n'"):
        Data.from_csv(tmp_path / "c.csv")
    (tmp_path / "d.csv").write_text("alice,bob,pp,pm,mp,mm\n0,0,1,2,3,x\n")
    with pytest.raises(InputError, match=r"d\.csv:2: mm"):
        Data.from_csv(tmp_path / "d.csv")


# -- p-values ---------------------------------------------------------------------------------------------------------


def test_the_closest_point_of_l3_has_the_relative_entropy_of_its_bound() -> None:
    """By symmetry P* spreads the bound 2 − ⅔ sin(φ/2) evenly over the six correlators."""
    phi, v = 36.87, 0.98
    c, q = 1.0 - math.sin(math.radians(phi) / 2) / 3.0, v * math.cos(math.radians(phi) / 2)
    exact = (1 + q) / 2 * math.log((1 + q) / (1 + c)) + (1 - q) / 2 * math.log((1 - q) / (1 - c))
    for products in (True, False):
        assert l3_bets(phi, v, 1000, products)[0].entropy == pytest.approx(exact, rel=2e-3)


def test_expected_power_is_the_relative_entropy() -> None:
    """Expected log10 p per trial within 10 % of the relative entropy, at V = 0.98."""
    for shots in (200, 1000, 10_000):
        bet = l3_bets(36.87, 0.98, shots)[0]
        best = 6 * shots * bet.entropy / math.log(10.0)
        assert 0.9 * best <= -bet.expected_log10 <= best * (1 + 1e-9)


def test_ratios_never_win_on_average() -> None:
    """Σ w P R ≤ c at hidden states of the model: random ones, and those where the functional is largest."""
    model = triads(30.0)
    rng = np.random.default_rng(5)
    for products in (True, False):
        for bet in l3_bets(30.0, 0.98, 1000, products):
            states = model.propose(bet.functional, 8, rng=rng)
            from nsmodels.models.values import values_at

            assert values_at(bet.functional, states.alice, states.bob).max() <= bet.oracle.value.upper
            assert float(bet.ceiling) * 6000 == pytest.approx(bet.oracle.value.upper, rel=1e-12)


def simulated(point: np.ndarray, shots: int, runs: int, seed: int) -> list[Data]:
    """Experiments with these correlators on the pairs of L3."""
    rng = np.random.default_rng(seed)
    same = rng.binomial(shots, np.where(USED, (1 + point) / 2, 0.0), size=(runs, 3, 6))
    c = np.where(USED, 2.0 * same / shots - 1.0, np.nan)
    return [Data.from_correlators(row, shots=shots) for row in c]


@pytest.mark.parametrize("shots", [20, 100, 500])
@pytest.mark.parametrize("uneven", [False, True])
def test_p_values_are_calibrated_where_the_bound_is_saturated(shots: int, uneven: bool) -> None:
    """On the boundary of Leggett's model a p-value ≤ α happens with a probability of at most α."""
    phi = 30.0
    s = math.sin(math.radians(phi) / 2)
    # saturating points: the loss 2 s of one pair of correlators, or a third of it for each
    loss = np.array([2 * s, 0.0, 0.0] if uneven else [2 * s / 3] * 3)
    point = np.where(USED, -(1.0 - np.repeat(loss, 6).reshape(3, 6) / 2), 0.0)
    runs = 300
    for bet in l3_bets(phi, 0.98, shots):  # both methods
        p = np.array([judge(bet, data).upper for data in simulated(point, shots, runs, 11 + shots)])
        for level in (0.05, 0.01):
            spread = math.sqrt(level / runs)
            assert (p <= level).mean() <= level + 3.5 * spread


def test_the_binomial_test_is_what_scipy_says() -> None:
    from scipy.stats import binom

    bet = l3_bets(36.87, 0.98, 300)[1]
    q = float(bet.ceiling)
    for wins in (1740, 1758, 1788, 1800):
        c = 1.0 - 2.0 * wins / 1800
        table = np.where(USED, c, np.nan)
        p = judge(bet, Data.from_correlators(table, shots=300)).upper
        exact = float(binom.sf(wins - 1, 1800, q))
        assert exact <= p <= 1.01 * exact


def test_few_trials_and_perfect_correlations_give_no_infinity() -> None:
    model = triads(15.0)
    data = Data.from_correlators(dict.fromkeys(PAIRS, -1.0), shots=50)
    result = ns.analyse(data, model, functional=leggett3(model))
    assert result.verdict == "excluded"
    assert 1.3e-3 < result.p_value.upper <= 1.4e-3
    assert result.sigmas is None
    assert "inf" not in repr(result)


@pytest.mark.parametrize(("phi", "sigmas"), [(30.0, 31.0), (-30.0, None), (15.0, None), (60.0, None)])
def test_public_correlators(phi: float, sigmas: float | None) -> None:
    model = triads(phi)
    data = Data.from_correlators(dict(zip(PAIRS, IONQ[phi])), shots=10_000)
    result = ns.analyse(data, model, functional=leggett3(model))
    bound = 2 - 2 / 3 * abs(math.sin(math.radians(phi) / 2))
    assert result.value.lower - 1e-9 <= bound <= result.value.upper + 1e-9
    assert result.value.upper - result.value.lower <= 1e-6
    assert (result.verdict == "excluded") == (result.difference > 0)
    assert result.observed == pytest.approx(np.abs(IONQ[phi]).sum() / 3, abs=1e-9)
    if sigmas is not None:
        assert result.observed == pytest.approx(1.904733, abs=1e-6)
        assert result.sigmas == pytest.approx(sigmas, abs=0.1)
        assert result.p_value.log10 < -100


def test_excluded_purities_are_an_interval() -> None:
    model = triads(30.0)
    data = Data.from_correlators(dict(zip(PAIRS, IONQ[30.0])), shots=10_000)
    purity = ns.analyse(data, model, functional=leggett3(model)).excluded_purity
    assert purity is not None
    assert purity.above is not None
    above = ns.analyse(data, triads(30.0, purity.above), functional=leggett3(model))
    below = ns.analyse(data, triads(30.0, purity.above - 0.03), functional=leggett3(model))
    assert above.verdict == "excluded"
    assert below.verdict != "excluded"
    # L3 alone: 2 − ⅔ η s = 1.9047 − 2.3 σ
    by_sigmas = (2 - 1.904733 + 2.3 * 0.00249) / (2 / 3 * math.sin(math.radians(15)))
    assert purity.above == pytest.approx(by_sigmas, abs=0.03)


def test_nothing_is_excluded_where_nothing_is_to_be() -> None:
    model = triads(30.0)
    data = Data.from_correlators(dict.fromkeys(PAIRS, -0.5), shots=200)
    result = ns.analyse(data, model, functional=leggett3(model))
    assert result.excluded_purity is not None
    assert result.excluded_purity.above is None
    assert result.verdict == "compatible within the noise"


# -- verdicts ---------------------------------------------------------------------------------------------------------

NOISE = [
    [[[12005, 22502], [21368, 44783]], [[11880, 54], [21423, 111]]],
    [[[11879, 21999], [60, 106]], [[11736, 45], [49, 0]]],
]


@pytest.mark.parametrize("model", [ns.NonSignalling((2, 2)), ns.Bell((2, 2))])
def test_noise_is_called_noise(model: ns.Bell) -> None:
    result = ns.analyse(Data.from_counts(NOISE), model, split=0.2)
    assert result.verdict == "compatible within the noise"
    assert result.p_value.upper == 1.0


def test_signalling_data_are_refused_and_may_be_allowed() -> None:
    model = triads(30.0)
    counts = {pair: [30, 970, 970, 30] for pair in PAIRS}
    counts[0, 1] = [60, 1140, 800, 0]
    for allow in (False, True):
        result = ns.analyse(Data.from_counts(counts), model, functional=leggett3(model), allow_signalling=allow)
        assert (result.verdict == "data signal") == (not allow)
        assert result.signalling.worst is not None
        assert result.signalling.worst.startswith("Alice 0")


def test_the_best_inequality_is_taken_where_none_is_given() -> None:
    model = triads(36.87)
    probabilities = ns.behaviours.werner(model.settings, 0.98).to_probabilities()
    rng = np.random.default_rng(3)
    counts = {p: rng.multinomial(2000, probabilities[:, :, p[0], p[1]].ravel()) for p in PAIRS}
    result = ns.analyse(Data.from_counts(counts), model)
    table = result.functional.correlators[USED]
    assert np.allclose(table, table[0], rtol=1e-3)  # L3 is the best inequality on these settings
    assert result.verdict == "excluded"
    assert ns.analyse(Data.from_counts(counts), ns.Bell((3, 6)), settings=model.settings).verdict == (
        "compatible within the noise"
    )


def test_a_bell_test_of_chsh() -> None:
    """Delft 2015 (arXiv:1508.05949): 196 of 245 wins, p = 0.039 by the binomial test with q = 3/4."""
    table = {(0, 0): [23, 3, 4, 23], (0, 1): [33, 11, 5, 30], (1, 0): [22, 10, 6, 24], (1, 1): [4, 20, 21, 6]}
    data = Data.from_counts(table)
    data = data.with_random_settings()
    result = ns.analyse(data, ns.Bell((2, 2)), functional=ns.functionals.chsh(),
                        prediction=0.85 * np.array([[1, 1], [1, -1]]) / math.sqrt(2))  # fmt: skip
    assert result.observed == pytest.approx(2.42, abs=0.005)
    assert result.sigma == pytest.approx(0.20, abs=0.01)
    assert result.p_value.upper == pytest.approx(0.039, abs=5e-4)
    assert result.verdict != "excluded"


@pytest.mark.parametrize(
    ("keywords", "words"),
    [
        ({"visibility": 1.2}, "visibility"),
        ({"split": 1.0}, "split"),
        ({"split": 0.2, "visibility": 0.9}, "one prediction"),
        ({"prediction": np.where([[1, 1], [1, 0]], 1.0, -1.0)}, "quantum"),
        ({"confidence": 1.0}, "confidence"),
        ({"uncertainty": 2.0}, "uncertainty"),
        ({"moduli": "yes", "split": 0.2}, "moduli is 'yes'"),
        ({"allow_signalling": 1, "split": 0.2}, "allow_signalling is 1"),
        ({"functional": ns.Functional([[1.0, 0.0]])}, "functional"),
        ({}, "settings"),
    ],
)
def test_bad_questions_get_one_line(keywords, words) -> None:
    data = Data.from_counts(NOISE)
    with pytest.raises(InputError, match=words):
        ns.analyse(data, ns.Bell((2, 2)), **keywords)


def test_a_pair_without_counts_is_named() -> None:
    model = triads(30.0)
    data = Data.from_correlators({pair: -0.95 for pair in PAIRS[:5]}, shots=100)
    with pytest.raises(InputError, match=r"pair \[2, 5\]"):
        ns.analyse(data, model, functional=leggett3(model))
    with pytest.raises(InputError, match="only 2×2"):
        ns.analyse(data, ns.Bell((2, 2)))
    with pytest.raises(InputError, match="hidden states"):
        ns.analyse(Data.from_counts(NOISE), ns.Quantum((2, 2)))


def test_p_values_of_a_model_without_symmetry() -> None:
    """A finite model whose states are biased: all four outcomes are looked at, and biased states are told apart."""
    finite = ns.Finite([[0.5]], [[0.5]])
    cells = Cells.of(np.ones((1, 1), dtype=bool), False)
    point = closest(finite, cells, np.full((1, 4), 0.25), np.ones(1), np.random.default_rng(0))
    # P(++) = ½ + x, P(+−) = P(−+) = ¼ − x, P(−−) = x with C = 4x: the likelihood of equal shares is concave in x
    grid = np.linspace(0.001, 0.249, 2000)
    likelihood = 0.25 * (np.log(0.5 + grid) + 2 * np.log(0.25 - grid) + np.log(grid))
    assert point.entropy == pytest.approx(math.log(0.25) - likelihood.max(), rel=1e-3)
    data = Data.from_counts({(0, 0): [500, 500, 500, 500]})
    assert ns.analyse(data, finite, prediction=[[0.0]]).verdict == "excluded"


def test_uncertain_directions_raise_the_bound_and_the_p_value() -> None:
    """Every model on directions within the uncertainty obeys the raised bound; blind models stay as they are."""
    model = triads(30.0)
    data = Data.from_correlators(dict(zip(PAIRS, IONQ[30.0])), shots=10_000)
    exact = ns.analyse(data, model, functional=leggett3(model))
    delta = math.radians(0.2)
    known = ns.analyse(data, model, functional=leggett3(model), uncertainty=delta)
    assert known.p_value.log10 > exact.p_value.log10 + 1.0
    assert known.verdict == "excluded"
    rng = np.random.default_rng(4)

    def turned(rows: np.ndarray) -> np.ndarray:
        side = np.cross(rows, rng.normal(size=rows.shape))
        return np.cos(delta) * rows + np.sin(delta) * side / np.linalg.norm(side, axis=1)[:, None]

    for _ in range(5):
        near = ns.Settings(turned(model.settings.alice), turned(model.settings.bob), normalise=True)
        assert ns.bound(leggett3(model), ns.Leggett(settings=near)).lower <= known.value.upper
    counts = Data.from_counts(NOISE)
    bell = ns.settings.chsh()
    plain, moved = (ns.analyse(counts, ns.Bell(settings=bell), uncertainty=x).value.upper for x in (0.0, delta))
    assert plain == moved


def test_an_inequality_judges_data() -> None:
    """Value, σ, and Hoeffding's p: at the bound 1, above it exp(−t²/(2 Σ S²/N)), and no infinity at σ = 0."""
    inequality = ns.bound(ns.functionals.chsh(), ns.Bell((2, 2))).inequality
    table = {(0, 0): [23, 3, 4, 23], (0, 1): [33, 11, 5, 30], (1, 0): [22, 10, 6, 24], (1, 1): [4, 20, 21, 6]}
    said = inequality.evaluate(Data.from_counts(table))
    assert said.value == pytest.approx(2.4225, abs=1e-4)
    assert said.sigma == pytest.approx(0.204, abs=1e-3)
    t, spread = said.value - 2.0, sum(1.0 / sum(n) for n in table.values())
    assert said.p_value == pytest.approx(math.exp(-t * t / (2 * spread)))
    perfect = inequality.evaluate(Data.from_correlators([[1, 1], [1, -1]], shots=5))
    assert perfect.violation_sigma is None
    assert inequality.evaluate(Data.from_correlators([[0, 0], [0, 0]], shots=6)).p_value == 1.0
