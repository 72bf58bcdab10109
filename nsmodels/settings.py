"""`Settings`: the measurement directions of both parties, and the named families of them.

Directions are points of the Poincaré (Bloch) sphere, a row (x, y, z) each. The angle of a linear polariser is *half*
the angle on the Poincaré sphere: polarisers 45° apart are directions 90° apart. Angles are in radians; arguments that
end in ``_deg`` are in degrees and are reduced exactly.

Use the module as ``ns.settings``: ``ns.settings.leggett_triads(phi)``, ``ns.settings.half_circle(5)``, ….
"""

from __future__ import annotations

import math
import random as _random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .common.angles import FAMILY_ROUNDING, GOLDEN, cos_sin, cos_sin_degrees, cos_sin_turns, unit
from .common.arguments import MOST_SETTINGS, check_noun, floats, listed, number, one_of, radians, whole
from .core.settings import Settings, checked_units
from .core.wave_plates import direction, plates_before
from .errors import InputError

__all__ = [
    "DIRECTIONS",
    "FAMILIES",
    "Family",
    "Settings",
    "chsh",
    "directions",
    "fibonacci",
    "from_angles",
    "from_waveplates",
    "great_circle",
    "half_circle",
    "leggett_directions",
    "leggett_triads",
    "random",
    "to_waveplates",
]


def __dir__() -> list[str]:
    """Completion offers what makes settings."""
    return [name for name in __all__ if name.islower() and name != "directions"]


Row = tuple[float, float, float]


def _family(name: str, parameters: dict[str, Any], alice: Sequence[Row], bob: Sequence[Row]) -> Settings:
    return Settings(np.array(alice), np.array(bob), family=name, parameters=parameters, rounding=FAMILY_ROUNDING)


def _count(value: int, name: str) -> int:
    return whole(value, f"settings: {name}", most=MOST_SETTINGS)


def _half_opening(phi: float | None, phi_deg: float | None) -> tuple[float, float, dict[str, Any]]:
    """cos(φ/2), sin(φ/2) and the parameter as given; halving a double is exact."""
    if (phi is None) == (phi_deg is None):
        raise InputError("settings: give the opening angle once, as phi (radians) or as phi_deg (degrees)")
    if phi_deg is not None:
        phi_deg = number(phi_deg, "settings: phi_deg")
        return *cos_sin_degrees(phi_deg / 2.0), {"phi_deg": phi_deg}
    assert phi is not None
    phi = radians(phi, "settings: phi", "phi_deg")
    return *cos_sin(phi / 2.0), {"phi": phi}


def _pairs_about(cosine: float, sine: float, axes: Sequence[Row], along: Sequence[Row]) -> list[Row]:
    """The rows b_i, b_i' = cos(φ/2) a_i ± sin(φ/2) e_i, in the order b_1, b_1', b_2, b_2', …."""
    rows: list[Row] = []
    for e, a in zip(axes, along, strict=True):
        for sign in (1.0, -1.0):
            x, y, z = (cosine * a_k + sign * sine * e_k for a_k, e_k in zip(a, e, strict=True))
            rows.append((x, y, z))
    return rows


_TRIAD: tuple[Row, Row, Row] = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))


def leggett_triads(phi: float | None = None, *, phi_deg: float | None = None, mirror: bool = False) -> Settings:
    """Three of Alice's directions and six of Bob's, for the inequality L3.

    a = (e_2, e_3, e_1) and b_i, b_i' = cos(φ/2) a_i ± sin(φ/2) e_i, so that b_i − b_i' = 2 sin(φ/2) e_i with
    orthonormal e_i and a_i along b_i + b_i'. Bob's order is b_1, b_1', b_2, b_2', b_3, b_3'. φ is the full opening
    between b and b', in radians at most a full turn. Beyond 180° b_i + b_i' points against a_i: the directions are
    those of 360° − φ with Bob's outcomes reversed, and the functional leggett3, without moduli, refuses them.

    With ``mirror`` the mirror family of public tests on quantum computers: a = (e_1, e_2, e_3) and b_1, b_1' =
    (c, ±s, 0), b_2, b_2' = (0, c, ±s), b_3, b_3' = (±s, 0, c). Bounds and the singlet's values are the same.

    Source: arXiv:0801.2241, eq. (4) and figure 1.

    Raises
    ------
    InputError
        For |phi| above 2π, which were degrees.

    Examples
    --------
    >>> import nsmodels as ns
    >>> ns.settings.leggett_triads(phi_deg=30).shape
    (3, 6)
    """
    cosine, sine, parameters = _half_opening(phi, phi_deg)
    after = (_TRIAD[1], _TRIAD[2], _TRIAD[0])
    check_noun(mirror, bool, "argument mirror", "settings")
    if mirror:
        parameters["mirror"] = True
        return _family("leggett_triads", parameters, _TRIAD, _pairs_about(cosine, sine, after, _TRIAD))
    return _family("leggett_triads", parameters, after, _pairs_about(cosine, sine, _TRIAD, after))


def _golden_rows() -> dict[str, tuple[tuple[Fraction, ...], ...]]:
    one, nil, g = Fraction(1), Fraction(0), GOLDEN
    cube = ((one, one, one), (one, -one, -one), (-one, one, -one), (-one, -one, one))
    return {
        "triad": ((one, nil, nil), (nil, one, nil), (nil, nil, one)),
        "tetrahedron": cube,
        "icosahedron": ((nil, one, g), (nil, one, -g), (one, g, nil), (one, -g, nil), (g, nil, one), (-g, nil, one)),
        "dodecahedron": (
            *cube,
            (nil, one, g * g), (nil, one, -g * g), (one, g * g, nil), (one, -g * g, nil), (g * g, nil, one),
            (-g * g, nil, one),
        ),
    }  # fmt: skip


_DIRECTION_ROWS = _golden_rows()

DIRECTIONS: Mapping[str, str] = {
    "triad": "the 3 coordinate axes",
    "tetrahedron": "the 4 diagonals of the cube (1,1,1), (1,−1,−1), (−1,1,−1), (−1,−1,1)",
    "icosahedron": "6 axes through the vertices (0, 1, ±g), (1, ±g, 0), (±g, 0, 1), g = (1+√5)/2",
    "dodecahedron": "10 axes through the vertices: the cube diagonals and (0, 1, ±g²), (1, ±g², 0), (±g², 0, 1)",
}
"""Named sets of axes e_i for `leggett_directions`, one of each antipodal pair."""


def _direction_rows(name: str) -> tuple[tuple[Fraction, ...], ...]:
    return _DIRECTION_ROWS[one_of(name, DIRECTIONS, "settings: the name of directions")]


def directions(name: str) -> NDArray[np.float64]:
    """Unit vectors of a named set of axes (``DIRECTIONS`` says which), shape (n, 3), read-only."""
    array = np.array([unit(row) for row in _direction_rows(name)])
    array.setflags(write=False)
    return array


def _partner(e: Sequence[Fraction]) -> tuple[Fraction, ...]:
    """A rational vector along the a_i that goes with e_i: the rule of `leggett_directions`."""
    square = sum(x * x for x in e)
    start: tuple[Fraction, ...] = (e[2], e[0], e[1])
    product = sum((x * y for x, y in zip(start, e)), Fraction(0))
    if 10 * product > 9 * square:  # e is within 15° of ±(1, 1, 1), where its cyclic image says little
        start = (Fraction(1), Fraction(0), Fraction(0))
        product = e[0]
    return tuple(square * x - product * y for x, y in zip(start, e))


def leggett_directions(
    phi: float | None = None, directions: str | ArrayLike = "triad", *, phi_deg: float | None = None
) -> Settings:
    """One of Alice's directions and two of Bob's for each of N axes e_i, for the inequality L_N.

    b_i, b_i' = cos(φ/2) a_i ± sin(φ/2) e_i with a unit vector a_i ⟂ e_i, in the order b_1, b_1', b_2, b_2', ….

    The rule for a_i: cycle the coordinates, e = (x, y, z) → (z, x, y), which takes e_1 → e_2 → e_3 → e_1; remove the
    component along e; divide the length out. Where (z, x, y)·(x, y, z) > 0.9 |e|², that is within 15° of ±(1, 1, 1),
    start from (1, 0, 0) instead of the cycled vector. For the triad this is `leggett_triads`.

    Parameters
    ----------
    phi, phi_deg : float
        The full opening between b_i and b_i', in radians (at most 2π) or degrees (exactly one of the two).
    directions : str or array_like, shape (N, 3)
        A name of ``DIRECTIONS``, or the axes e_i (unit length within 1e-9; the length is divided out exactly).

    Source: the construction of arXiv:0801.2241, eq. (4), for more axes.
    """
    cosine, sine, parameters = _half_opening(phi, phi_deg)
    if isinstance(directions, str):
        rows: Sequence[Sequence[Fraction]] = _direction_rows(directions)
        parameters["directions"] = directions
    else:
        checked = checked_units(directions, "directions")
        rows = [[Fraction(x) for x in row] for row in checked.tolist()]
        parameters["directions"] = checked.tolist()
    alice = [unit(_partner(row)) for row in rows]
    axes = [unit(row) for row in rows]
    return _family("leggett_directions", parameters, alice, _pairs_about(cosine, sine, axes, alice))


ANGLE_ROWS = (
    "give rows [polar, azimuth] in degrees on the Poincaré sphere, twice the angles of polarisers: "
    "a polariser at 22.5 degrees is [45, 0]"
)


def from_angles(alice_deg: ArrayLike, bob_deg: ArrayLike) -> Settings:
    """Directions by polar angle and azimuth on the Poincaré sphere, in degrees.

    Each row (θ, φ) is the direction (sin θ cos φ, sin θ sin φ, cos θ). A linear polariser turned by an angle moves its
    direction on the Poincaré sphere by twice that angle: give the doubled angles here.

    Parameters
    ----------
    alice_deg, bob_deg : array_like, shapes (n_A, 2) and (n_B, 2)
        Rows [polar angle, azimuth].
    """
    sides: list[list[Row]] = []
    parameters: dict[str, Any] = {}
    for name, table in (("alice_deg", alice_deg), ("bob_deg", bob_deg)):
        array = floats(table, f"settings: {name} is not a list of rows of two numbers; {ANGLE_ROWS}")
        if array.ndim != 2 or array.shape[1] != 2 or len(array) == 0:
            raise InputError(f"settings: {name} has shape {array.shape}; {ANGLE_ROWS}")
        if not np.isfinite(array).all():
            index = int(np.argwhere(~np.isfinite(array))[0, 0])
            raise InputError(f"settings: row {index} of {name} is {array[index].tolist()}; angles must be finite")
        rows: list[Row] = []
        for polar, azimuth in array.tolist():
            cos_polar, sin_polar = cos_sin_degrees(polar)
            cos_azimuth, sin_azimuth = cos_sin_degrees(azimuth)
            rows.append((sin_polar * cos_azimuth, sin_polar * sin_azimuth, cos_polar))
        sides.append(rows)
        parameters[name] = array.tolist()
    return _family("from_angles", parameters, sides[0], sides[1])


PLATE_ROWS = (
    "give rows [polariser], [polariser, quarter] or [polariser, quarter, half] in degrees, the angles of the devices "
    "themselves; light passes half, quarter, polariser in that order"
)
"""What a row of analyser angles is."""


def from_waveplates(alice_deg: Sequence[Sequence[float]], bob_deg: Sequence[Sequence[float]]) -> Settings:
    """The directions of analysers: rows [polariser], [polariser, quarter] or [polariser, quarter, half], in degrees.

    Light passes the half-wave plate, the quarter-wave plate and the polariser, in that order, and what passes is the
    outcome +1. (x, y, z) = (S2, S3, S1): z is horizontal, x is +45°, and y is the field (1, i)/√2, which a quarter-wave
    plate with a horizontal fast axis makes of +45° (`nsmodels.core.wave_plates`).
    """
    sides: list[list[Row]] = []
    given = {"alice_waveplates_deg": alice_deg, "bob_waveplates_deg": bob_deg}
    kept: dict[str, Any] = {}
    for name, rows in given.items():
        plates = [listed(row, f"settings: a row of {name}", PLATE_ROWS) for row in listed(rows, name, PLATE_ROWS)]
        for row in plates:
            if not 1 <= len(row) <= 3:
                raise InputError(f"settings: a row of {name} has {len(row)} entries; {PLATE_ROWS}")
        if not plates:
            raise InputError(f"settings: {name} is empty; {PLATE_ROWS}")
        kept[name] = [[number(x, f"settings: an angle of {name}") for x in row] for row in plates]
        sides.append([direction(row) for row in kept[name]])
    return _family("from_waveplates", kept, sides[0], sides[1])


def to_waveplates(settings: Settings, *, polariser_deg: float = 0.0) -> tuple[list[list[float]], list[list[float]]]:
    """For each direction of both parties the angles that `from_waveplates` takes, in degrees, to rounding.

    Every polariser stays at ``polariser_deg``, in [-360, 360] (else `InputError`); 0 is horizontal. Quarter-wave plates
    are within 45° of it, half-wave plates within 45° of the horizontal.
    """
    check_noun(settings, Settings, "argument settings", "to_waveplates")
    within = "it must lie in [-360, 360]"
    fixed = number(polariser_deg, "to_waveplates: polariser_deg", within, lambda x: abs(x) <= 360.0)
    alice, bob = ([list(plates_before(fixed, a)) for a in rows.tolist()] for rows in (settings.alice, settings.bob))
    return alice, bob


def _from_z_towards_x(numerator: int, denominator: int) -> Row:
    """The direction at 2π · numerator/denominator from z towards x."""
    cosine, sine = cos_sin_turns(numerator, denominator)
    return sine, 0.0, cosine


def half_circle(n: int) -> Settings:
    """N directions a side on a half circle: a_k at kπ/N, b_k at (k + ½)π/N from z towards x, k = 0 … N−1.

    The chain of neighbours a_0, b_0, a_1, b_1, …, b_{N−1}, −a_0 has 2N steps of π/2N.

    Source: chained inequalities; Colbeck and Renner, PRL 101, 050403 (2008), arXiv:0801.2218.
    """
    n = _count(n, "n")
    alice = [_from_z_towards_x(2 * k, 4 * n) for k in range(n)]
    bob = [_from_z_towards_x(2 * k + 1, 4 * n) for k in range(n)]
    return _family("half_circle", {"n": n}, alice, bob)


def great_circle(n_alice: int, n_bob: int) -> Settings:
    """Evenly spread directions on a great circle: 2πk/n from z towards x, k = 0 … n−1, on each side."""
    n_alice, n_bob = _count(n_alice, "n_alice"), _count(n_bob, "n_bob")
    alice = [_from_z_towards_x(k, n_alice) for k in range(n_alice)]
    bob = [_from_z_towards_x(k, n_bob) for k in range(n_bob)]
    return _family("great_circle", {"n_alice": n_alice, "n_bob": n_bob}, alice, bob)


def _fibonacci_rows(n: int) -> list[Row]:
    """z_k = 1 − (2k+1)/n and azimuth kπ(3 − √5), that is k(3 − √5)/2 turns, reduced in integers of 90 and more bits."""
    rows: list[Row] = []
    for k in range(n):
        height = n - 2 * k - 1
        radius = math.sqrt((n - height) * (n + height)) / n
        turns = (3 * k << 90) - math.isqrt(5 * k * k << 180)  # over 2^91; off by less than 2^-91 turns
        cosine, sine = cos_sin_turns(turns, 1 << 91)
        rows.append((radius * cosine, radius * sine, height / n))
    return rows


def fibonacci(n_alice: int, n_bob: int) -> Settings:
    """Fibonacci lattices: z_k = 1 − (2k+1)/n, azimuth kπ(3 − √5), k = 0 … n−1, on each side."""
    n_alice, n_bob = _count(n_alice, "n_alice"), _count(n_bob, "n_bob")
    parameters = {"n_alice": n_alice, "n_bob": n_bob}
    return _family("fibonacci", parameters, _fibonacci_rows(n_alice), _fibonacci_rows(n_bob))


def chsh() -> Settings:
    """The settings on which the singlet, C = −a·b, reaches 2√2 of the functional ``chsh`` = [[1, 1], [1, −1]].

    a_0 = z, a_1 = x, b_0 = −(z + x)/√2, b_1 = (x − z)/√2.

    Source: Clauser, Horne, Shimony, Holt, PRL 23, 880 (1969); Tsirelson's bound.
    """
    bob = [unit((-1, 0, -1)), unit((1, 0, -1))]
    return _family("chsh", {}, [_TRIAD[2], _TRIAD[0]], bob)


def random(n_alice: int, n_bob: int, seed: int = 0) -> Settings:
    """Independent uniform directions, the same for the same seed on every machine.

    Rows are 2r − 1 for three draws r of Python's ``random.Random(seed).random()``, Alice's first, rejected unless
    ¼ ≤ x² + y² + z² ≤ 1 in doubles, added from left to right; the direction is the row divided by its exact length.
    """
    n_alice, n_bob = _count(n_alice, "n_alice"), _count(n_bob, "n_bob")
    seed = whole(seed, "settings: seed", 0)
    generator = _random.Random(seed)
    rows: list[Row] = []
    while len(rows) < n_alice + n_bob:
        x, y, z = (2.0 * generator.random() - 1.0 for _ in range(3))
        if 0.25 <= x * x + y * y + z * z <= 1.0:
            rows.append(unit((x, y, z)))
    parameters = {"n_alice": n_alice, "n_bob": n_bob, "seed": seed}
    return _family("random", parameters, rows[:n_alice], rows[n_alice:])


@dataclass(frozen=True, slots=True)
class Family:
    """An entry of ``FAMILIES``: how a problem file names these settings.

    ``build(parameters)`` calls the function with the parameters of the file (``phi_deg``, ``n``, …).
    """

    name: str
    function: Callable[..., Settings]
    parameters: tuple[str, ...]
    doc: str
    source: str

    def build(self, parameters: Mapping[str, Any]) -> Settings:
        """Settings for the parameters of a problem file; unknown and missing ones raise `InputError`."""
        for key in parameters:
            if key not in self.parameters:
                known = ", ".join(self.parameters) or "none"
                raise InputError(f"settings: family {self.name} has no parameter {key!r}; it has {known}")
        for key in self.parameters:
            if key not in parameters and key not in ("seed", "mirror"):
                raise InputError(f"settings: family {self.name} needs the parameter {key!r}")
        return self.function(**parameters)


FAMILIES: Mapping[str, Family] = {
    family.name: family
    for family in (
        Family("leggett_triads", leggett_triads, ("phi_deg", "mirror"),
               "3 of Alice's and 6 of Bob's directions about an orthogonal triad", "arXiv:0801.2241, eq. (4)"),
        Family("leggett_directions", leggett_directions, ("phi_deg", "directions"),
               "N of Alice's and 2N of Bob's directions about N axes", "arXiv:0801.2241, eq. (4), for more axes"),
        Family("half_circle", half_circle, ("n",),
               "n directions a side on a half circle, Bob's half a step behind", "arXiv:0801.2218"),
        Family("great_circle", great_circle, ("n_alice", "n_bob"),
               "evenly spread on a great circle from z towards x", "definition"),
        Family("fibonacci", fibonacci, ("n_alice", "n_bob"),
               "Fibonacci lattices on the sphere", "definition"),
        Family("chsh", chsh, (),
               "the singlet reaches 2√2 of the functional chsh", "PRL 23, 880 (1969)"),
        Family("random", random, ("n_alice", "n_bob", "seed"),
               "independent uniform directions from a seed", "definition"),
    )
}  # fmt: skip
"""The families that a problem file may name."""
