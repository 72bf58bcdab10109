"""A wrong argument is answered by one line that names the place: every public function, with values that are odd."""

import math
from collections.abc import Callable
from fractions import Fraction
from functools import partial
from typing import Any

import numpy as np
import pytest

import nsmodels as ns
from nsmodels.common import arguments
from nsmodels.core.boxes import BoxMixture
from nsmodels.errors import InputError
from nsmodels.questions.bias.marginals import marginal_on_directions
from nsmodels.questions.visibility.symmetry import Relabelling, Symmetry
from nsmodels.questions.visibility.tidy import tidy
from nsmodels.studies import finite_sets, measurements, protocols, vanishing
from nsmodels.studies.joint_bias import joint_marginals
from nsmodels.studies.local_weight import local_content
from nsmodels.studies.sums_of_squares import relax


class Raises:
    """Fails however it is asked for numbers."""

    def _fail(self, *arguments: Any, **keywords: Any) -> Any:
        raise RuntimeError("no numbers today\nnor tomorrow")

    __array__ = __iter__ = __len__ = __getitem__ = __float__ = __index__ = _fail


ODD: dict[str, Any] = {
    "raises": Raises(),
    "rows that raise": [Raises(), Raises()],
    "entries that raise": [[Raises(), 0.0, 0.0], [0.0, 0.0, 0.0]],
    "masked": np.ma.array([[0.1, 0.2, 0.3]], mask=[[False, True, False]]),
    "masked row": [np.ma.array([0.1, 0.2], mask=[True, False])],
    "masked list": np.ma.array([0.1, 0.2], mask=[True, False]),
    "enormous": np.broadcast_to(0.0, (10**4, 10**8)),
    "enormous list": np.broadcast_to(0.0, 10**9)[:, None],
    "None": None,
    "text": "x",
    "bytes": b"q",
    "object": object(),
    "class": ns.Bell,
    "[1]": [1],
    "ragged": [[1.0], [1.0, 2.0]],
    "texts": [["1", "0", "0"]],
    "complex table": np.array([[1j, 0.0, 0.0]]),
    "huge table": [[10**400, 0, 0]],
    "{}": {},
    "1j": 1j,
    "nan": math.nan,
    "inf": math.inf,
    "True": True,
    "np.True": np.True_,
    "huge": 10**400,
    "longer than Python writes": 10**5000,
    "-1": -1,
    "0.5": 0.5,
    "pair": np.array([1, 2]),
    "0-d text": np.array("a"),
    "0-d number": np.array(0.25),
}

S = ns.settings.leggett_triads(0.6)
F = ns.functionals.leggett3(S)
L = ns.Leggett(settings=S)
B = ns.behaviours.singlet(S)
CHAIN = ns.behaviours.singlet(ns.settings.half_circle(2))
SHAPED = "pair"
LABELS = {"None", "[1]", "texts", "complex table", "huge table", "masked", "masked row"}
SEED = {"huge", "longer than Python writes"}

CALLS: dict[str, tuple[Callable[[Any], Any], set[str]]] = {
    "bound functional": (lambda x: ns.bound(x, L), set()),
    "bound model": (lambda x: ns.bound(F, x), set()),
    "bound settings": (lambda x: ns.bound(F, L, settings=x), {"None"}),
    "bound tolerance": (lambda x: ns.bound(F, L, tolerance=x), {"0.5"}),
    "bound time_limit_s": (lambda x: ns.bound(F, L, time_limit_s=x), {"0.5", "inf"}),
    "bound seed": (lambda x: ns.bound(F, L, seed=x), SEED),
    "bound progress": (lambda x: ns.bound(F, L, progress=x), {"None", "class", "True"}),
    "decompose behaviour": (lambda x: ns.decompose(x, L), set()),
    "decompose model": (lambda x: ns.decompose(B, x), set()),
    "decompose noise": (lambda x: ns.decompose(B, L, noise=x), set()),
    "decompose marginals": (lambda x: ns.decompose(B, L, marginals=x), {"None"}),
    "decompose tolerance": (lambda x: ns.decompose(B, L, tolerance=x), {"0.5"}),
    "decompose time_limit_s": (lambda x: ns.decompose(B, L, time_limit_s=x), {"0.5", "inf"}),
    "decompose seed": (lambda x: ns.decompose(B, L, seed=x), SEED),
    "decompose symmetry": (lambda x: ns.decompose(B, L, symmetry=x), {"None"}),
    "decompose progress": (lambda x: ns.decompose(B, L, progress=x), {"None", "class", "True"}),
    "marginals behaviour": (lambda x: ns.marginals(x), set()),
    "marginals tolerance": (lambda x: ns.marginals(B, tolerance=x), {"0.5"}),
    "marginals time_limit_s": (lambda x: ns.marginals(B, time_limit_s=x), {"0.5", "inf"}),
    "marginals seed": (lambda x: ns.marginals(B, seed=x), SEED),
    "marginals progress": (lambda x: ns.marginals(B, progress=x), {"None", "class", "True"}),
    "marginals only": (lambda x: ns.marginals(B, only=x), {"None", "{}"}),
    "path": (lambda x: ns.marginals(B).path(x), set()),
    "Leggett settings": (lambda x: ns.Leggett(settings=x), set()),
    "Leggett eta": (lambda x: ns.Leggett(S, x), {"None", "0.5"}),
    "Leggett eta_a": (lambda x: ns.Leggett(S, eta_a=x), {"None", "0.5"}),
    "Leggett eta_b": (lambda x: ns.Leggett(S, eta_b=x), {"None", "0.5"}),
    "Bell": (ns.Bell, {SHAPED}),
    "Bell settings": (lambda x: ns.Bell(settings=x), set()),
    "Bell shape and settings": (lambda x: ns.Bell(x, settings=S), {"None"}),
    "Quantum": (ns.Quantum, {SHAPED}),
    "NonSignalling": (ns.NonSignalling, {SHAPED}),
    "Unbiased": (ns.Unbiased, {SHAPED}),
    "Hull": (ns.Hull, set()),
    "Hull of": (lambda x: ns.Hull([L, x]), set()),
    "Finite alice": (lambda x: ns.Finite(x, [[0.0]]), set()),
    "Finite bob": (lambda x: ns.Finite([[0.0]], x), set()),
    "sphere_grid settings": (lambda x: ns.Finite.sphere_grid(x, 4), set()),
    "sphere_grid n": (lambda x: ns.Finite.sphere_grid(S, x), set()),
    "sphere_grid eta": (lambda x: ns.Finite.sphere_grid(S, 4, x), {"0.5"}),
    "sphere_grid kind": (lambda x: ns.Finite.sphere_grid(S, 4, kind=x), set()),
    "sphere_grid seed": (lambda x: ns.Finite.sphere_grid(S, 4, kind="random", seed=x), SEED),
    "support": (lambda x: ns.Bell((3, 6)).support(x), set()),
    "to_waveplates": (ns.settings.to_waveplates, set()),
    "to_waveplates polariser": (lambda x: ns.settings.to_waveplates(S, polariser_deg=x), {"-1", "0.5"}),
    "Functional": (ns.Functional, set()),
    "Functional alice": (lambda x: ns.Functional([[1.0]], x), {"None", "[1]"}),
    "Functional constant": (lambda x: ns.Functional([[1.0]], constant=x), {"-1", "0.5"}),
    "Functional relative_rounding": (lambda x: ns.Functional([[1.0]], relative_rounding=x), {"0.5"}),
    "Functional.value": (F.value, set()),
    "Functional.standard_error": (F.standard_error, set()),
    "Functional.evaluate": (lambda x: F.evaluate(x, B.bob, B.correlators), set()),
    "Inequality functional": (lambda x: ns.Inequality(x, 1.0), set()),
    "Inequality bound": (lambda x: ns.Inequality(F, x), {"-1", "0.5", "inf"}),
    "Enclosure lower": (lambda x: ns.Enclosure(x, 1.0), {"-1", "0.5"}),
    "Enclosure upper": (lambda x: ns.Enclosure(-2.0, x), {"-1", "0.5", "inf"}),
    "Enclosure status": (lambda x: ns.Enclosure(0.0, 1.0, x), set()),
    "Behaviour": (ns.Behaviour, set()),
    "Behaviour alice": (lambda x: ns.Behaviour([[0.0]], x), {"None", "[1]"}),
    "Behaviour known": (lambda x: ns.Behaviour([[0.0]], known=x), {"None"}),
    "Behaviour errors": (lambda x: ns.Behaviour([[0.0]], errors=x), {"None"}),
    "Behaviour counts": (lambda x: ns.Behaviour([[0.0]], counts=x), {"None"}),
    "Behaviour settings": (lambda x: ns.Behaviour([[0.0]], settings=x), {"None"}),
    "Behaviour rounding": (lambda x: ns.Behaviour([[0.0]], rounding=x), {"0.5"}),
    "Behaviour parameters": (lambda x: ns.Behaviour([[0.0]], parameters=x), {"None", "{}"}),
    "from_probabilities": (ns.Behaviour.from_probabilities, set()),
    "from_probabilities tolerance": (lambda x: ns.Behaviour.from_probabilities(B.to_probabilities(), x), {"0.5"}),
    "from_full_correlators": (ns.Behaviour.from_full_correlators, set()),
    "from_collins_gisin": (ns.Behaviour.from_collins_gisin, set()),
    "from_counts": (ns.Behaviour.from_counts, set()),
    "is_nonsignalling_box": (B.is_nonsignalling_box, {"-1", "0.5"}),
    "mix": (lambda x: B.mix(x, 0.5), set()),
    "mix visibility": (lambda x: B.mix(B, x), {"0.5"}),
    "with_pairs": (B.with_pairs, {"{}"}),
    "with_pairs pair": (lambda x: B.with_pairs([x]), {"pair"}),
    "with_pairs number": (lambda x: B.with_pairs([(0, x)]), set()),
    "with_marginals": (lambda x: B.with_marginals(x, B.bob), {"None"}),
    "Settings alice": (lambda x: ns.Settings(x, [[0, 0, 1]]), set()),
    "Settings row": (lambda x: ns.Settings([[0, 0, 1], x], [[0, 0, 1]]), set()),
    "Settings labels": (lambda x: ns.Settings([[0, 0, 1]], [[0, 0, 1]], alice_labels=x), LABELS),
    "Settings parameters": (lambda x: ns.Settings([[0, 0, 1]], [[0, 0, 1]], parameters=x), {"None", "{}"}),
    "Settings rounding": (lambda x: ns.Settings([[0, 0, 1]], [[0, 0, 1]], rounding=x), {"None", "0.5"}),
    "leggett_triads": (ns.settings.leggett_triads, {"-1", "0.5"}),
    "leggett_triads deg": (lambda x: ns.settings.leggett_triads(phi_deg=x), {"-1", "0.5"}),
    "leggett_directions": (lambda x: ns.settings.leggett_directions(0.5, x), set()),
    "directions": (ns.settings.directions, set()),
    "from_angles": (lambda x: ns.settings.from_angles(x, [[0, 0]]), set()),
    "half_circle": (ns.settings.half_circle, set()),
    "great_circle": (lambda x: ns.settings.great_circle(2, x), set()),
    "fibonacci": (lambda x: ns.settings.fibonacci(x, 2), set()),
    "random": (lambda x: ns.settings.random(x, 2), set()),
    "random seed": (lambda x: ns.settings.random(1, 2, x), SEED),
    "leggett3": (ns.functionals.leggett3, set()),
    "leggett_n": (ns.functionals.leggett_n, set()),
    "chained": (ns.functionals.chained, set()),
    "singlet": (ns.behaviours.singlet, set()),
    "werner": (lambda x: ns.behaviours.werner(x, 0.5), set()),
    "werner visibility": (lambda x: ns.behaviours.werner(S, x), {"0.5"}),
    "partially_entangled": (lambda x: ns.behaviours.partially_entangled(x, 0.5), set()),
    "partially_entangled theta": (lambda x: ns.behaviours.partially_entangled(S, x), {"-1", "0.5"}),
    "partially_entangled deg": (lambda x: ns.behaviours.partially_entangled(S, theta_deg=x), {"-1", "0.5"}),
    "from_state": (lambda x: ns.behaviours.from_state(x, S), set()),
    "from_state settings": (lambda x: ns.behaviours.from_state(np.eye(4) / 4, x), set()),
    "from_state tolerance": (lambda x: ns.behaviours.from_state(np.eye(4) / 4, S, tolerance=x), {"0.5"}),
    "uniform": (lambda x: ns.behaviours.uniform(2, x), set()),
    "BoxMixture": (lambda x: BoxMixture(x, [[0.0]], [[0.0]], [[[0.0]]]), {"[1]"}),
    "trapped_ion": (measurements.trapped_ion, set()),
    "protocol": (lambda x: protocols.toner_bacon(x, 2), set()),
    "protocol count": (lambda x: protocols.cerf_gisin_massar_popescu(S, x), set()),
    "protocol seed": (lambda x: protocols.cerf_gisin_massar_popescu(S, 2, x), SEED),
    "chain_bound": (vanishing.chain_bound, set()),
    "best_chain": (vanishing.best_chain, {"0.5"}),
    "chained_quantity": (vanishing.chained_quantity, set()),
    "guessing_probability": (vanishing.guessing_probability, {"0.5"}),
    "fit_exponent": (lambda x: vanishing.fit_exponent(x, [1.0, 2.0]), {"pair"}),
    "marginal_on_directions": (marginal_on_directions, set()),
    "marginal_on_directions setting": (lambda x: marginal_on_directions(S, x), set()),
    "joint_marginals": (joint_marginals, set()),
    "joint_marginals weights": (lambda x: joint_marginals(CHAIN, x), {"None"}),
    "joint_marginals tolerance": (lambda x: joint_marginals(CHAIN, tolerance=x), {"0.5"}),
    "local_content": (local_content, set()),
    "local_content tolerance": (lambda x: local_content(ns.behaviours.uniform(1, 1), tolerance=x), {"0.5"}),
    "finite_set": (lambda x: finite_sets.finite_set(x, [[0.0]], [[0.0]]), set()),
    "finite_set alice": (lambda x: finite_sets.finite_set(ns.behaviours.uniform(1, 1), x, [[0.0]]), set()),
    "relax model": (lambda x: relax(F, x), set()),
    "relax order": (lambda x: relax(F, L, order=x), set()),
    "tidy": (tidy, set()),
}  # fmt: skip


def refusal(call: Callable[[], Any]) -> str:
    """The refusal of a call, which must be one printable line that is not long."""
    with pytest.raises(InputError) as caught:
        call()
    text = str(caught.value)
    assert text.isprintable()
    assert ": " in text
    assert len(text) < 250
    return text


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("name", CALLS)
def test_odd_values_are_refused_in_one_line(name: str) -> None:
    call, accepted = CALLS[name]
    for what, value in ODD.items():
        if what not in accepted:
            try:
                refusal(partial(call, value))
            except BaseException as error:
                error.add_note(f"{name} of {what}")
                raise


@pytest.mark.parametrize("name", [name for name in CALLS if name.split()[-1] not in ("progress", "seed")])
def test_what_is_accepted_is_accepted(name: str) -> None:
    call, accepted = CALLS[name]
    for what in accepted:
        call(ODD[what])


@pytest.mark.parametrize(
    "call",
    [
        lambda: ns.bound(F, L, tolerance=np.float64(1e-3), time_limit_s=np.int64(9), seed=np.int64(3)),
        lambda: ns.bound(F, ns.Bell(settings=S), tolerance=np.float32(0.5), seed=10**400),
        lambda: ns.decompose(B, L, tolerance=np.float64(0.1), time_limit_s=math.inf, seed=np.uint8(1)),
        lambda: ns.marginals(B, tolerance=Fraction(1, 10), seed=10**400, only=np.array(["A0", "B5"])),
        lambda: ns.Leggett(S, np.float64(0.5)),
        lambda: ns.Leggett(S, 1e-30),
        lambda: ns.Leggett(S, eta_a=np.int64(0), eta_b=np.float32(1.0)),
        lambda: ns.Bell(np.array([2, 3])),
        lambda: ns.Bell([np.int64(2), 3]),
        lambda: ns.Hull(part for part in (L, ns.Bell(settings=S))),
        lambda: ns.Functional(np.eye(2, dtype=np.int8), constant=np.float32(1.0)) * np.float64(2.0),
        lambda: ns.Functional([[Fraction(1, 3)]], constant=Fraction(1, 3)),
        lambda: ns.settings.half_circle(np.int64(3)),
        lambda: ns.settings.random(np.uint16(2), 3, np.int64(5)),
        lambda: ns.settings.leggett_triads(np.float32(0.5)),
        lambda: ns.functionals.chained(np.int64(3)),
        lambda: ns.behaviours.werner(S, np.float64(0.5)),
        lambda: ns.behaviours.partially_entangled(S, 1),
        lambda: ns.Enclosure(np.float64(0.0), np.int64(1)),
    ],
)
def test_numbers_of_numpy_are_numbers(call: Callable[[], Any]) -> None:
    call()


def test_refusals_name_place_value_and_remedy() -> None:
    wanted = {
        "bound: tolerance is 'x'; it must be a positive number": lambda: ns.bound(F, L, tolerance="x"),
        "marginals: time_limit_s is 0; it must be a positive number of seconds":
            lambda: ns.marginals(B, time_limit_s=0),
        "decompose: seed is -1; it must be a whole number ≥ 0": lambda: ns.decompose(B, L, seed=-1),
        "bound: progress is 1; it must be a function, or None": lambda: ns.bound(F, L, progress=1),
        "decompose: symmetry is 7; it must be one of auto, None, a Symmetry": lambda: ns.decompose(B, L, symmetry=7),
        "marginals: only is 'A0'; give a list of names of settings, such as [\"A0\", \"B3\"]":
            lambda: ns.marginals(B, only="A0"),
        "Bell: shape is 1; give the numbers of settings as shape=(n_A, n_B), or settings=": lambda: ns.Bell(1),
        "Leggett: eta is 1e-31; a purity is 0, or lies in [1e-30, 1]": lambda: ns.Leggett(S, 1e-31),
        "Leggett: eta_b is True; a purity is 0, or lies in [1e-30, 1]": lambda: ns.Leggett(S, eta_b=True),
        "Hull: the model is of type int; it must be a Model such as Leggett(settings)": lambda: ns.Hull([1]),
        "settings: n is 1000001; it may be at most 1000000": lambda: ns.settings.half_circle(1_000_001),
        "functionals: the argument settings is of type NoneType; it must be a Settings":
            lambda: ns.functionals.leggett3(None),
    }  # fmt: skip
    for text, call in wanted.items():
        assert refusal(call) == text


def test_a_symmetry_has_the_size_of_the_behaviour() -> None:
    small = Symmetry((Relabelling((0,), (1,), (0,), (1,)),))
    assert "the symmetry is not one of 3×6 settings" in refusal(lambda: ns.decompose(B, L, symmetry=small))


@pytest.mark.parametrize("model", [ns.Bell((2, 2)), ns.NonSignalling((2, 2)), ns.Leggett(ns.settings.chsh())])
def test_coefficients_whose_sum_is_no_double_are_refused(model: Any) -> None:
    large = ns.Functional([[1e308, -1e308], [1e308, 1e308]])
    assert "add up to more than 1e+300" in refusal(lambda: ns.bound(large, model))
    ns.bound(ns.Functional([[1e298, -1e298], [1e298, 1e298]]), ns.Bell((2, 2)))


def test_what_is_shown_is_short() -> None:
    assert arguments.shown(np.float64(0.5)) == "0.5"
    assert len(arguments.shown("x\n" * 500)) <= 60
    assert arguments.shown(10**5000) == "of type int"
    assert arguments.shown([1, 2]) == "of type list"


@pytest.mark.parametrize("make", [
    lambda s: ns.behaviours.singlet(s), lambda s: ns.behaviours.werner(s, 0.5),
    lambda s: ns.behaviours.partially_entangled(s, 0.5), lambda s: ns.behaviours.from_state(np.eye(4) / 4.0, s),
    lambda s: ns.behaviours.uniform(*s.shape), lambda s: ns.Behaviour(np.zeros(s.shape)),
    lambda s: ns.Functional(np.zeros(s.shape)), lambda s: ns.Leggett(s), lambda s: ns.OneSided(s),
    lambda s: ns.Bell(s.shape), lambda s: ns.Bell(settings=s), lambda s: ns.Quantum(s.shape),
    lambda s: ns.Unbiased(s), lambda s: ns.NonSignalling(s.shape), lambda s: protocols.toner_bacon(s, 1),
    lambda s: protocols.cerf_gisin_massar_popescu(s, 1), lambda s: ns.Finite.sphere_grid(s, 1),
    lambda s: ns.Finite(np.zeros((1, s.shape[0])), np.zeros((1, s.shape[1]))),
])  # fmt: skip
@pytest.mark.parametrize(("shape", "limit"), [((10_001, 2), 10_000), ((1_001, 1_000), 1_000_000)])
def test_tables_have_the_limits_of_files(
    make: Callable[[ns.Settings], Any], shape: tuple[int, int], limit: int
) -> None:
    settings = ns.settings.great_circle(*shape)
    with pytest.raises(InputError, match=f"(above the limit of|at most) {limit}") as refusal:
        make(settings)
    assert "\n" not in str(refusal.value)


def test_long_lists_for_many_pairs_are_refused_before_they_are_made() -> None:
    settings = ns.settings.fibonacci(100, 100)
    for make in (
        lambda: ns.Finite.sphere_grid(settings, 10**8), lambda: protocols.toner_bacon(settings, 10**6),
        lambda: protocols.cerf_gisin_massar_popescu(settings, 10**6), lambda: ns.functionals.chained(10**4),
    ):  # fmt: skip
        with pytest.raises(InputError, match="above the limit"):
            make()


def test_masked_arrays_are_refused_by_name() -> None:
    with pytest.raises(InputError, match="Behaviour: correlators is a masked array, whose mask would be lost; fill it"):
        ns.Behaviour(np.ma.array([[0.1, 0.2]], mask=[[False, True]]))
    with pytest.raises(InputError, match="RuntimeError when it was asked for its numbers"):
        ns.Functional(Raises())
