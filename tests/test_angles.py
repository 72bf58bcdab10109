"""Angles in radians beyond a full turn were degrees, and nowhere are the moduli of eq. (4) dropped in silence."""

import math
from collections.abc import Callable

import numpy as np
import pytest

import nsmodels as ns
from nsmodels.errors import InputError

S = ns.settings.chsh()

RADIANS: dict[str, Callable[[float], object]] = {
    "phi_deg": ns.settings.leggett_triads,
    "phi_deg ": lambda phi: ns.settings.leggett_directions(phi, "icosahedron"),
    "phi_deg  ": lambda phi: ns.settings.leggett_directions(phi, [[0.0, 0.0, 1.0]]),
    "theta_deg": lambda theta: ns.behaviours.partially_entangled(S, theta),
    "theta_deg ": lambda theta: ns.behaviours.partially_entangled(S, theta=theta),
}


@pytest.mark.parametrize("name", RADIANS)
@pytest.mark.parametrize("angle", [30, 36.87, -30.0, 6.3, 90, np.float64(180.0), -7, 1e6, 1e300])
def test_radians_beyond_a_full_turn_were_degrees(name: str, angle: float) -> None:
    with pytest.raises(InputError, match=rf"more than a full turn, 2π; did you mean {name.strip()}=") as caught:
        RADIANS[name](angle)
    assert f"={float(angle):.12g}?" in str(caught.value)


@pytest.mark.parametrize("name", RADIANS)
@pytest.mark.parametrize("angle", [0, 0.6, -0.6, math.pi, 2 * math.pi, -2 * math.pi, np.deg2rad(360.0), 1])
def test_a_full_turn_is_accepted(name: str, angle: float) -> None:
    RADIANS[name](angle)


def both(phi_deg: float, directions: str) -> list[ns.Settings]:
    return [
        ns.settings.leggett_directions(phi_deg=phi_deg, directions=directions),
        ns.settings.leggett_directions(math.radians(phi_deg), directions),
    ]


@pytest.mark.parametrize("phi_deg", [180.5, 200.0, -200.0, 286.0, 359.0, -359.0])
def test_the_founding_functional_refuses_what_needs_its_moduli(phi_deg: float) -> None:
    """There the singlet's C + C' is positive, and the sum without moduli is minus what eq. (4) bounds."""
    inside = math.copysign(360.0, phi_deg) - phi_deg
    for s in [*both(phi_deg, "triad"), ns.settings.leggett_triads(phi_deg=phi_deg)]:
        for functional in (ns.functionals.leggett3, ns.functionals.leggett_n):
            with pytest.raises(InputError, match=r"eq. \(4\) without its moduli is another inequality") as caught:
                functional(s)
            assert f"phi_deg={inside:.10g} is the same" in str(caught.value)
    for s in both(phi_deg, "icosahedron"):
        with pytest.raises(InputError, match="without its moduli"):
            ns.functionals.leggett_n(s)
    # what it says: the same directions with Bob's reversed, b for b'
    one, other = ns.settings.leggett_triads(phi_deg=phi_deg), ns.settings.leggett_triads(phi_deg=inside)
    swapped = -other.bob.reshape(3, 2, 3)[:, ::-1].reshape(6, 3)
    assert np.abs(one.bob - swapped).max() < 1e-14


def test_degrees_below_180_given_as_radians_are_guessed() -> None:
    with pytest.raises(InputError, match=r"φ = 5 radians is beyond 180 degrees.*did you mean phi_deg=5"):
        ns.functionals.leggett3(ns.settings.leggett_triads(5))


@pytest.mark.parametrize("phi_deg", [0.0, 30.0, -150.0, 180.0, -180.0, 720.0, 690.0])
def test_where_nothing_is_dropped_the_value_is_that_of_eq_4(phi_deg: float) -> None:
    wanted = 2.0 * abs(math.cos(math.radians(phi_deg) / 2.0))
    s = ns.settings.leggett_triads(phi_deg=phi_deg)
    assert ns.functionals.leggett3(s).value(ns.behaviours.singlet(s)) == pytest.approx(wanted, abs=1e-14)


def test_rows_against_the_sum_are_refused_too() -> None:
    s = ns.settings.leggett_triads(phi_deg=40.0)
    alice = s.alice * [[1.0], [-1.0], [1.0]]
    with pytest.raises(InputError, match=r"points against a_1.*reverse that direction of Alice's"):
        ns.functionals.leggett3(ns.Settings(alice, s.bob))
    with pytest.raises(InputError, match="points against a_0"):
        ns.functionals.leggett_n(ns.Settings(s.alice, -s.bob))
