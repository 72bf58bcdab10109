"""What an analysis is asked besides its data, its model and its functional, as problem files say it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...common.arguments import number
from ...core.settings import Settings
from ...core.wave_plates import REACH
from ...errors import InputError

__all__ = ["CONFIDENCE", "LARGEST_UNCERTAINTY_DEG", "Arrangement", "angles_of"]

Array = NDArray[np.float64]

CONFIDENCE = 0.99
LARGEST_UNCERTAINTY_DEG = 30.0
"""Largest uncertainty: directions that are known no better are not known."""
_PLATES = ("alice_waveplates_deg", "bob_waveplates_deg")


@dataclass(frozen=True, eq=False)
class Arrangement:
    """How data are judged.

    Parameters
    ----------
    visibility, correlators, split
        The prediction: at most one of them; none: the singlet at visibility 0.98.
    moduli : bool
    uncertainty_deg, waveplate_uncertainty_deg : float
        The angle on the sphere within which each direction is known, and that of each wave plate and polariser.
    confidence : float
    allow_signalling : bool
    """

    visibility: float | None = None
    correlators: Array | None = None
    split: float | None = None
    moduli: bool = False
    uncertainty_deg: float = 0.0
    waveplate_uncertainty_deg: float = 0.0
    confidence: float = CONFIDENCE
    allow_signalling: bool = False

    @property
    def uncertain(self) -> bool:
        """Whether directions are known within angles only."""
        return self.uncertainty_deg > 0.0 or self.waveplate_uncertainty_deg > 0.0

    def check(self) -> None:
        """Refuse options out of range.

        Raises
        ------
        InputError
        """
        for name in ("uncertainty_deg", "waveplate_uncertainty_deg"):
            number(getattr(self, name), f"analyse: {name}", f"it must lie in [0, {LARGEST_UNCERTAINTY_DEG:g}] degrees",
                   lambda x: 0.0 <= x <= LARGEST_UNCERTAINTY_DEG)  # fmt: skip
        number(self.confidence, "analyse: confidence", "it must lie between 0 and 1, both excluded",
               lambda x: 0.0 < x < 1.0)  # fmt: skip

    def to_json(self) -> dict[str, Any]:
        """What is in force, without tables of numbers, as in the result file."""
        return {
            "moduli": self.moduli,
            "uncertainty_deg": self.uncertainty_deg,
            "waveplate_uncertainty_deg": self.waveplate_uncertainty_deg,
            "confidence": self.confidence,
            "allow_signalling": self.allow_signalling,
        }


def angles_of(arranged: Arrangement, settings: Settings | None) -> tuple[Array, Array] | None:
    """The angle (radians) within which each direction is known, for Alice and for Bob; None where they are exact.

    Raises
    ------
    InputError
        Where the uncertainty of wave plates is given, and the directions are not given by wave plates.
    """
    if not arranged.uncertain:
        return None
    if settings is None:
        raise InputError("analyse: an uncertainty belongs to directions; give settings")
    plates: Any = [(settings.parameters or {}).get(key) for key in _PLATES]
    if arranged.waveplate_uncertainty_deg > 0.0 and None in plates:
        raise InputError("analyse: waveplate_uncertainty_deg needs settings by wave plates (settings.from_waveplates)")
    sides = []
    for rows, count in zip(plates, settings.shape):
        reach = np.zeros(count) if rows is None else np.array([REACH[len(row)] for row in rows])
        degrees = arranged.uncertainty_deg + arranged.waveplate_uncertainty_deg * reach
        sides.append(np.minimum(np.radians(degrees) * (1.0 + 1e-15), 0.5 * math.pi))
    return sides[0], sides[1]
