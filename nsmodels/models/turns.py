"""Rotations that carry a relabelling of directions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..common.arrays import Array

__all__ = ["carrying"]


def carrying(directions: Array, permutation: Sequence[int], signs: Sequence[int]) -> Array:
    """The orthogonal 3×3 matrix that takes a_i to s_i a_π(i)."""
    images = np.array(signs)[:, None] * directions[list(permutation)]
    left, _, right = np.linalg.svd(images.T @ directions)
    return np.asarray(left @ right, dtype=np.float64)
