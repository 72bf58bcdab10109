"""Names of the arrays that pass between modules; their shapes are said where they are used."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["Array", "Index", "Mask"]

Array = NDArray[np.float64]
"""Doubles."""
Index = NDArray[np.intp]
"""Whole numbers that count entries of other arrays."""
Mask = NDArray[np.bool_]
"""True where an entry is meant."""
