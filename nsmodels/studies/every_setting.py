r"""All settings at once: up to which visibility a law of the marginals reproduces the singlet for every direction.

Let A = F(u·a) and B = G(v·b) with odd laws, and C = −V a·b for all a and b. The box conditions (arXiv:0801.2241, eq.
(7)) are invariant under rotations, so that only the angle γ between u and v matters; with the rotation average
φ(γ, θ) = E|F(u·a) + G(v·b)|, θ the angle between a and b, a model exists exactly when some distribution of γ obeys

    E_γ φ(γ, θ) ≤ 1 − V cos θ   for all θ in [0, π]

(the condition with A − B is the same one at π − θ). White noise always has a model, so the feasible V are an interval
[0, V_all]. Its ends here, for laws that rise (or fall):

- **Lower**, by v = −u. For one polynomial φ(π, θ) is a polynomial in s = sin(θ/2) with exact coefficients
  (`nsmodels.engines.laws.averages`), and 1 − φ − V (1 − 2 s²) ≥ 0 on [0, 1] is decided exactly by Sturm sequences.
- **Upper.** For every distribution V ≤ max_γ (1 − φ(γ, θ*))/cos θ*, at the angle θ* where v = −u is at its limit. For
  one polynomial the maximum over γ is enclosed by bisection with a bound of the slope; φ is a Legendre series with a
  proved tail.
- Knots, laws that differ, and the law of one party alone: `nsmodels.studies.pairs_of_laws`.

For Malus' law V_all = ½ (1 + 1/√2), at sin(θ*/2) = 1 − 1/√2.

**The vanishing-marginals theorem** in numbers. Cut the half great circle from b to −b into N steps; by eq. (8)
2 V cos(π/2N) ≤ 2 − E|B(b_i) − B(b_{i+1})| for each, and the sum over all steps gives, for an odd law,

    V_all ≤ (1 − m/N)/cos(π/2N),   m = E|G(v·b)|,

which is below 1 for N > π²/(8m): V_all < 1 for every law with m > 0, whatever the other party does.

**Theorem.** For two linear laws η_A x and η_B x, with S = η_A² + η_B², P = η_A η_B and r = √(1 − S/4),

    V_all = P (1 + r)/S   if 1 − r ≥ |η_A − η_B|/2,   else 1 − |η_A − η_B|/2.

*Proof.* E|w·x| = |w|/2, so φ(π, θ) = ½ √(S − 2P cos θ), and v = −u reaches these values: 1 − φ − V cos θ has a double
zero at cos θ* = (S − 4 (1 − r)²)/2P, or touches zero at θ* = 0. With v = −u turned by γ' = π − γ, φ(γ, θ) is the mean
of φ(π, ·) over a circle of radius γ' about a point at distance θ from the pole. At θ* = 0 that is φ(π, γ') ≥ φ(π, 0),
and nothing exceeds v = −u. Else write k = cos γ', c = cos θ*, A = S − 2P k c and D = 2P √(1 − k²) √(1 − c²): φ is half
of the mean over ψ of √(A − D cos ψ), which is the perimeter over 2π of the ellipse with semi-axes a, b = √(A ± D). Its
series π (a + b) (1 + h/4 + h²/64 + …), h = (a − b)²/(a + b)², has positive terms (Ivory), whence

    φ² ≥ (a + b)² (1 + h/2)/16 = (3A + √(A² − D²))/16.

We need φ ≥ φ(π, θ*), that is 3A + √(A² − D²) ≥ 4X with X = S − 2P c, and A = X + e, e = 2P c (1 − k). If 3e ≥ X that
is so. Else squares give 8 e (X − e) ≥ D², or 4c (X − e) ≥ P (1 + k)(1 − c²), linear in k: it is enough at k = 1, where
4cX − 2P (1 − c²) ≥ 2P (1 − c)(3c − 1) because S ≥ 2P, and where 3e = X: there it reads X (1 + 15 c²) ≥ 12 P c (1 − c²),
and X (1 + 15 c²) − 12 P c (1 − c²) ≥ 2P (1 − c)(3c − 1)². Both hold for c ≥ 1/3, and c ≥ 2r/(1 + r) > 0.8. ∎

**One party.** If Bob alone obeys η x, V_all = √(1 − η²/4): by eq. (8) 2 V cos θ ≤ 2 − η sin θ, least at sin θ = η/2;
and A = η cos θ · u·a with u = −v reaches it, by the theorem.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..common.arguments import number, shown
from ..common.rationals import round_down
from ..core.enclosure import Enclosure
from ..engines.laws.functions import LawFunction
from ..engines.laws.ranges import negative_place, value
from ..errors import InputError
from .pairs_of_laws import one_party, two_laws

__all__ = ["AllSettings", "all_settings", "chain_ceiling", "linear_laws", "step_law"]

Array = NDArray[np.float64]

WIDTH = 1e-6
"""Width of the enclosure of the maximum over γ."""


@dataclass(frozen=True)
class AllSettings:
    """What holds for all settings at once.

    Parameters
    ----------
    alice, bob : LawFunction
        The laws F and G.
    visibility : Enclosure
        Of V_all, the largest V for which −V a·b is reproduced for all directions; both ends are proved.
    angle : float
        θ*, the angle in radians between a and b at which the singlet of larger visibility is out of reach.
    mean : float
        m, the larger of the mean |marginals| of both parties.
    ceiling : float
        What chains of settings alone prove: V_all ≤ min_N (1 − m/N)/cos(π/2N), below 1 for every law but zero.
    one_sided : bool
        Whether Alice's marginals are free, and ``alice`` is what they are in the model that attains the lower end.
    """

    alice: LawFunction
    bob: LawFunction
    visibility: Enclosure
    angle: float
    mean: float
    ceiling: float
    one_sided: bool = False

    def __repr__(self) -> str:
        laws = f"A = {self.alice}" + (" = B" if self.alice == self.bob else f", B = {self.bob}")
        if self.one_sided:
            laws = f"B = {self.bob} for one party, the other free (below: A = {self.alice})"
        return (
            f"all settings at once, {laws}: {self.visibility}\n"
            f"  limit at    θ = {math.degrees(self.angle):.4g}°\n"
            f"  chains      V ≤ {self.ceiling:.6g} from mean |marginal| {self.mean:.6g}"
        )


def chain_ceiling(mean: float) -> float:
    """The least of (1 − m/N)/cos(π/2N) over N, an upper end of V_all for odd laws with mean |marginal| m.

    A number, not an enclosure: its rounding is a few units in the last place. It is below 1 for every m > 0; for
    m < 1e-7 double precision cannot tell.

    Parameters
    ----------
    mean : float
        m in [0, 1].
    """
    m = number(mean, "chain_ceiling: mean", "it must be a number in [0, 1]", lambda x: 0.0 <= x <= 1.0)
    if m == 0.0:
        return 1.0
    # (1 − m/N)(1 + π²/8N²) is least near N = π²/4m
    middle = int(math.pi**2 / (4.0 * max(m, 1e-12)))
    return min(1.0, min((1.0 - m / n) / math.cos(math.pi / (2 * n)) for n in range(max(2, middle - 50), middle + 50)))


def step_law(m: float) -> float:
    """V_all of the laws m·sgn(x), by v = −u: min over θ of (1 − 2mθ/π)/cos θ.

    With v = −u, E|sgn(u·a) − sgn(u·b)| = 2θ/π. No law with this mean |marginal| is harder to exclude; the number is
    that of v = −u, and is not enclosed.
    """
    m = number(m, "step_law: m", "it must be a number in [0, 1]", lambda x: 0.0 <= x <= 1.0)
    low, high = 0.0, 1.5
    for _ in range(80):  # tan θ (π/2m − θ) = 1, whose left-hand side rises
        middle = 0.5 * (low + high)
        if math.tan(middle) * (math.pi - 2.0 * m * middle) < 2.0 * m:
            low = middle
        else:
            high = middle
    return min(1.0, (1.0 - 2.0 * m * low / math.pi) / math.cos(low))


def linear_laws(eta_a: float, eta_b: float) -> float:
    """V_all of Leggett's model with purities η_A, η_B, in closed form (the theorem of the module's text).

    Parameters
    ----------
    eta_a, eta_b : float
        In [0, 1].
    """
    for eta in (eta_a, eta_b):
        number(eta, "linear_laws: a purity", "it must be a number in [0, 1]", lambda x: 0.0 <= x <= 1.0)
    return _linear(eta_a, eta_b)[0]


def _linear(eta_a: float, eta_b: float) -> tuple[float, float]:
    """V_all, and cos θ*."""
    square, product, apart = eta_a**2 + eta_b**2, eta_a * eta_b, abs(eta_a - eta_b)
    r = math.sqrt(max(0.0, 1.0 - square / 4.0))
    if product == 0.0 or 1.0 - r < apart / 2.0:
        return 1.0 - apart / 2.0, 1.0
    return product * (1.0 + r) / square, (square - 4.0 * (1.0 - r) ** 2) / (2.0 * product)


def all_settings(alice: Any, bob: Any = None, *, one_sided: bool = False) -> AllSettings:
    """Enclose V_all, the largest visibility of the singlet that a law reproduces for all settings at once.

    Parameters
    ----------
    alice : sequence of float, or sequence of (float, float)
        F, as for `Law`: coefficients [c0, c1, …] of a polynomial or knots [[−1, F(−1)], …, [1, F(1)]], odd, with values
        in [−1, 1], rising on all of [−1, 1] (or falling on all of it).
    bob : the same, optional
        G; F unless given.
    one_sided : bool
        Whether one party alone obeys the law, and the marginals of the other are free; it does not matter who.

    Returns
    -------
    AllSettings
        Both ends are proved. Laws so steep that E|F| + E|G| exceeds 1 + V, such as steps from −1 to 1, are no models
        with v = −u; nothing is shown below then, and the lower end is 0.

    Raises
    ------
    InputError
        For other laws.

    Source: arXiv:0801.2241, eqs. (7) to (12), for the conditions and the theorem; the numbers are derived here.
    """
    if not isinstance(one_sided, bool):
        raise InputError(f"all_settings: one_sided is {shown(one_sided)}; it is True or False")
    first = LawFunction.of(alice, "all_settings: alice")
    if one_sided and bob is not None:
        raise InputError("all_settings: one_sided takes the law of one party; leave bob out")
    second = first if bob is None else LawFunction.of(bob, "all_settings: bob")
    for law, party in ((first, "alice"), (second, "bob")):
        if not law.odd:
            remedy = "give odd powers alone, or knots that are each other's mirror images"
            raise InputError(
                f"all_settings: {party} is {law}, which is not odd, and the singlet's marginals vanish; {remedy}"
            )
        _check_monotone(law)
    mean = max(law.mean_size for law in (first, second))
    ceiling = chain_ceiling(min(1.0, mean))
    linear = _slope(first), _slope(second)
    if first.constant and second.constant:
        lower, upper, angle = 1.0, 1.0, 0.0
    elif one_sided:
        lower, upper, angle, first = _one_party(first)
    elif None not in linear:
        lower, upper, angle = _linear_ends(*(abs(x or 0.0) for x in linear))
    elif not first.knots and _rising(first) == _rising(second):
        lower, upper, angle = _equal_laws(first)
    else:
        from ..engines.laws.averages import CapAverage

        lower, upper, angle = two_laws(CapAverage(first, second))
    visibility = Enclosure(lower, max(lower, min(upper, ceiling, 1.0)))
    return AllSettings(first, second, visibility, angle, mean, ceiling, one_sided)


def _slope(law: LawFunction) -> float | None:
    """The slope of a linear law given by coefficients."""
    if law.knots or len(law.coefficients) > 2:
        return None
    return law.coefficients[1] if len(law.coefficients) == 2 else 0.0


def _one_party(law: LawFunction) -> tuple[float, float, float, LawFunction]:
    """The ends of V_all where one party alone obeys the law, θ*, and the law of the other in the model below."""
    slope = _slope(law)
    if slope is None:
        from ..engines.laws.averages import CapAverage

        return one_party(law, CapAverage)
    exact = math.sqrt(1.0 - slope * slope / 4.0)
    other = LawFunction((0.0, slope * exact))
    return exact - 1e-14, exact + 1e-14, math.asin(abs(slope) / 2.0), other


def _check_monotone(law: LawFunction) -> None:
    """Refuse a law that neither rises nor falls."""
    if law.knots:
        if all(x >= 0 for x in law.slopes) or all(x <= 0 for x in law.slopes):
            return
    elif _rising(law):
        return
    remedy = "give a monotone law, or finitely many settings to `decompose`"
    raise InputError(f"all_settings: {law} neither rises nor falls on all of [−1, 1]; {remedy}")


def _rising(law: LawFunction) -> list[Fraction]:
    """The exact coefficients of F, or of −F where F falls; [] where a polynomial does neither."""
    exact = [Fraction(c) for c in law.coefficients]
    for sign in (1, -1):
        if negative_place([sign * k * c for k, c in enumerate(exact)][1:]) is None:
            return [sign * c for c in exact]
    return []


def _equal_laws(law: LawFunction) -> tuple[float, float, float]:
    """The ends of V_all and θ* for one odd law that rises."""
    from ..engines.laws.averages import coefficients, opposite_average, series, slope_of_average, tail

    exact = _rising(law)
    average = opposite_average(exact)
    lower, s = _lower_end(average)
    cosine = 1.0 - 2.0 * s * s
    angle = math.acos(cosine)
    floats = [float(c) for c in exact]
    k = coefficients(floats)
    legendre = np.empty(len(k))
    legendre[0], legendre[1] = 1.0, cosine
    for n in range(2, len(k)):
        legendre[n] = ((2 * n - 1) * cosine * legendre[n - 1] - (n - 1) * legendre[n - 2]) / n
    weights, lost = k * legendre, tail(floats, math.sin(angle))

    def worth(gamma: Array) -> Array:
        out = np.empty(len(gamma))
        series(weights, np.cos(gamma), out)
        return np.asarray((1.0 - out + lost) / cosine)

    return lower, _highest(worth, slope_of_average(floats) / cosine, lower), angle


def _lower_end(average: Sequence[Fraction]) -> tuple[float, float]:
    """The largest V found with 1 − φ(π, θ) ≥ V cos θ for all θ, decided exactly, and the s = sin(θ/2) of equality."""
    floats = np.array([float(c) for c in average])

    def ratio(s: Array) -> Array:
        return np.asarray((1.0 - np.polynomial.polynomial.polyval(s, floats)) / (1.0 - 2.0 * s * s))

    low, high = 0.0, 0.7071
    for _ in range(12):
        grid = np.linspace(low, high, 2001)
        best = int(ratio(grid).argmin())
        low, high = float(grid[max(best - 2, 0)]), float(grid[min(best + 2, 2000)])
    s = 0.5 * (low + high)
    highest = min(float(ratio(np.array([s]))[0]), 1.0)
    for loss in (1e-13, 1e-12, 1e-11, 1e-10, 1e-9, 1e-8, 1e-6, 1e-4):
        v = round_down(Fraction(highest) - Fraction(loss))
        rest = [-Fraction(c) for c in average] + [Fraction(0)] * max(0, 3 - len(average))
        rest[0] += 1 - Fraction(v)
        rest[2] += 2 * Fraction(v)
        if negative_place(_on_unit_interval(rest)) is None:
            return v, s
    return 0.0, s


def _on_unit_interval(polynomial: Sequence[Fraction]) -> list[Fraction]:
    """The polynomial in x with s = (1 + x)/2, so that s in [0, 1] is x in [−1, 1]."""
    total: list[Fraction] = [Fraction(0)]
    for c in reversed(polynomial):
        half = [Fraction(1, 2) * x for x in total]
        total = [a + b for a, b in zip([*half, Fraction(0)], [Fraction(0), *half], strict=True)]
        total[0] += c
    assert value(total, Fraction(1)) == value(polynomial, Fraction(1))
    return total


def _linear_ends(eta_a: float, eta_b: float) -> tuple[float, float, float]:
    """The ends of V_all and θ* for two linear laws: the theorem, and rounding."""
    exact, cosine = _linear(eta_a, eta_b)
    return exact - 1e-14, exact + 1e-14, math.acos(min(cosine, 1.0))


def _highest(worth: Callable[[Array], Array], slope: float, hoped: float) -> float:
    """An upper end of a function of γ in [0, π] whose slope is bounded, `WIDTH` above its maximum at most.

    Parameters
    ----------
    worth : callable
        The function at points (m,).
    hoped : float
        What the maximum is thought to be: intervals that stay below are not cut.
    """
    half = math.pi / 256.0
    middles: Array = half * (2.0 * np.arange(128, dtype=np.float64) + 1.0)
    upper = hoped
    while len(middles):
        bounds = worth(middles) + slope * half
        small = slope * half <= 0.5 * WIDTH
        keep = (bounds > hoped + WIDTH) & (not small)
        upper = max(upper, float(bounds[~keep].max(initial=-math.inf)))
        half *= 0.5
        middles = np.concatenate([middles[keep] - half, middles[keep] + half]).astype(np.float64)
    return upper * (1.0 + 1e-14)
