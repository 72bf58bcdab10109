"""Published measurements of L3 that pictures and examples compare with, each with its source.

Values of the founding experiment are those printed in the paper. The correlators of the trapped-ion run are raw data;
their number of shots is inferred from their granularity.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ..common.angles import cos_sin_degrees
from ..common.arguments import number
from ..core.behaviour import Behaviour, StandardErrors
from ..core.settings import Settings
from ..errors import InputError
from ..functionals import leggett3

__all__ = ["PHOTONS", "TRAPPED_ION_ANGLES", "Measured", "trapped_ion", "trapped_ion_l3"]

_PAPER = "arXiv:0801.2241 (Nature Physics 4, 681 (2008)), experiment"
_IONS = "lts-rad/leggett_benchmark on GitHub, file leggett_results_ionq_forte_sequential_24qb.json"


@dataclass(frozen=True, slots=True)
class Measured:
    """A measured value of a functional at an opening angle φ, with one standard deviation."""

    phi_deg: float
    value: float
    error: float
    label: str
    source: str


PHOTONS: tuple[Measured, ...] = (
    Measured(-30.0, 1.9068, 0.0009, "photon pairs, 2008", _PAPER),
    Measured(30.0, 1.9005, 0.0010, "photon pairs, 2008", _PAPER),
)
"""L3 measured with photon pairs, 60 s for each correlator; arXiv:0801.2241."""

_SHOTS = 10_000
_TABLE: Mapping[float, tuple[float, ...]] = {
    -30.0: (-0.9430, -0.9470, -0.9606, -0.9598, -0.9434, -0.9480),
    15.0: (-0.9788, -0.9734, -0.9806, -0.9794, -0.9746, -0.9740),
    30.0: (-0.9508, -0.9536, -0.9580, -0.9478, -0.9518, -0.9522),
    60.0: (-0.8506, -0.8298, -0.8524, -0.8486, -0.8562, -0.8518),
}

TRAPPED_ION_ANGLES: tuple[float, ...] = tuple(_TABLE)
"""Opening angles φ, in degrees, at which `trapped_ion` has data."""


def trapped_ion(phi_deg: float) -> Behaviour:
    """The six correlators of L3 measured on one trapped-ion machine, with their settings and standard errors.

    a = x, y, z; b_1, b_1' = (c, ±s, 0); b_2, b_2' = (0, c, ±s); b_3, b_3' = (±s, 0, c) with c = cos(φ/2) and
    s = sin(φ/2): the settings of figure 1 of arXiv:0801.2241 up to a mirror image. Only the pairs (i, 2i), (i, 2i+1)
    are known. σ = √((1 − C²)/n) with n = 10000 shots for each correlator, which is inferred.

    Parameters
    ----------
    phi_deg : float
        One of `TRAPPED_ION_ANGLES`.

    Raises
    ------
    InputError
        For other angles.

    Source: the repository lts-rad/leggett_benchmark, file leggett_results_ionq_forte_sequential_24qb.json.
    """
    measured = _TABLE.get(number(phi_deg, "measurements: phi_deg"))
    if measured is None:
        angles = ", ".join(f"{angle:g}" for angle in _TABLE)
        raise InputError(f"measurements: there are no trapped-ion data at {phi_deg!r} degrees; there are at {angles}")
    c, s = cos_sin_degrees(float(phi_deg) / 2.0)
    settings = Settings(
        np.eye(3),
        [[c, s, 0.0], [c, -s, 0.0], [0.0, c, s], [0.0, c, -s], [s, 0.0, c], [-s, 0.0, c]],
        alice_labels=("a₁", "a₂", "a₃"),
        bob_labels=("b₁", "b₁'", "b₂", "b₂'", "b₃", "b₃'"),
    )
    table = np.zeros((3, 6))
    known = np.zeros((3, 6), dtype=bool)
    for k, value in enumerate(measured):
        table[k // 2, k], known[k // 2, k] = value, True
    errors = np.where(known, np.sqrt((1.0 - table**2) / _SHOTS), 0.0)
    return Behaviour(table, known=known, errors=StandardErrors(errors), settings=settings, name=None)


def trapped_ion_l3() -> tuple[Measured, ...]:
    """L3 of `trapped_ion` at every angle, with errors propagated from the shots."""
    points = []
    for phi_deg in TRAPPED_ION_ANGLES:
        data = trapped_ion(phi_deg)
        assert data.settings is not None
        functional = leggett3(data.settings)
        error = functional.standard_error(data)
        assert error is not None
        points.append(Measured(phi_deg, functional.value(data), error, "trapped ion, raw data", _IONS))
    return tuple(points)
