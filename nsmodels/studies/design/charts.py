"""Coordinates for the directions of both parties: which of them are free, and how they turn.

A point is an array (n_A + n_B, 3) of unit vectors, Alice's first. Every direction is the image x_i = R_i y of a leader
y; a leader is free, or keeps to a plane. So settings with a symmetry are orbits of few leaders, and settings without
are all leaders. A chart has the tangent steps of the leaders at one point as coordinates:

    y(δ) = (y + T δ)/|y + T δ|.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...common.arrays import Array

__all__ = ["Chart", "Layout", "random_units", "units"]


def units(rows: Array) -> Array:
    """The rows divided by their lengths."""
    return np.asarray(rows / np.linalg.norm(rows, axis=-1, keepdims=True), dtype=np.float64)


def random_units(count: int, rng: np.random.Generator) -> Array:
    """Independent uniform directions, shape (count, 3)."""
    return units(rng.normal(size=(count, 3)))


@dataclass(frozen=True, eq=False)
class Layout:
    """How directions follow from their leaders.

    Parameters
    ----------
    n_alice : int
        The first so many directions are Alice's.
    leaders : ndarray of int, shape (n,)
        The leader of each direction.
    rotations : ndarray, shape (n, 3, 3)
        Orthogonal; direction i is ``rotations[i] @ leader``.
    normals : ndarray, shape (m, 3)
        The normal of the plane to which a leader keeps; zero for a free one.
    fixed : ndarray of bool, shape (m,)
        Leaders that do not move at all.
    name : str
        The name of the symmetry group, "" where there is none.
    """

    n_alice: int
    leaders: NDArray[np.intp]
    rotations: Array
    normals: Array
    fixed: NDArray[np.bool_]
    name: str = ""

    @staticmethod
    def free(n_alice: int, n_bob: int, flat: tuple[bool, bool] = (False, False)) -> Layout:
        """All directions independent, those of ``flat`` parties in the plane of x and y."""
        n = n_alice + n_bob
        normals = np.zeros((n, 3))
        normals[:n_alice, 2] = flat[0]
        normals[n_alice:, 2] = flat[1]
        return Layout(n_alice, np.arange(n), np.tile(np.eye(3), (n, 1, 1)), normals, np.zeros(n, dtype=bool))

    @property
    def count(self) -> int:
        """The number of leaders."""
        return len(self.normals)

    def directions(self, leaders: Array) -> Array:
        """All directions from those of the leaders, shape (m, 3)."""
        return np.einsum("nij,nj->ni", self.rotations, leaders[self.leaders])

    def random(self, rng: np.random.Generator) -> Array:
        """Random directions of this layout."""
        leaders = random_units(self.count, rng)
        return self.directions(self.onto_planes(leaders))

    def onto_planes(self, leaders: Array) -> Array:
        """Leaders moved to where they have to be; fixed ones are at their normals."""
        inside = leaders - (leaders * self.normals).sum(axis=1)[:, None] * self.normals
        short = np.linalg.norm(inside, axis=1) < 1e-6
        inside[short] += np.cross(self.normals[short], [0.6, 0.64, 0.48])
        return np.where(self.fixed[:, None], self.normals, units(np.where(self.fixed[:, None], self.normals, inside)))

    def chart(self, directions: Array) -> Chart:
        """Coordinates about a point of this layout."""
        return Chart(self, directions)


@dataclass(frozen=True, eq=False)
class Chart:
    """Tangent steps of the leaders at a point; see the module's text.

    Parameters
    ----------
    layout : Layout
    origin : ndarray, shape (n, 3)
    """

    layout: Layout
    origin: Array

    @cached_property
    def _leaders(self) -> Array:
        """Directions of the leaders, shape (m, 3)."""
        _, first = np.unique(self.layout.leaders, return_index=True)
        turned: Array = np.einsum("nij,ni->nj", self.layout.rotations[first], self.origin[first])
        return turned

    @cached_property
    def _frames(self) -> Array:
        """Tangent vectors of the leaders, shape (m, 2, 3); those that are not used are zero."""
        frames = np.zeros((len(self._leaders), 2, 3))
        for k, (x, normal) in enumerate(zip(self._leaders, self.layout.normals)):
            if self.layout.fixed[k]:
                continue
            if normal.any():
                frames[k, 0] = np.cross(normal, x)
                continue
            e = np.zeros(3)
            e[np.abs(x).argmin()] = 1.0
            frames[k, 0] = units(e - (e @ x) * x)
            frames[k, 1] = np.cross(x, frames[k, 0])
        return frames

    @cached_property
    def _used(self) -> NDArray[np.bool_]:
        return np.asarray(self._frames.any(axis=2), dtype=bool)

    @property
    def size(self) -> int:
        """The number of coordinates."""
        return int(self._used.sum())

    def _steps(self, steps: Array) -> Array:
        full = np.zeros(self._used.shape)
        full[self._used] = steps
        return self._leaders + np.einsum("me,mec->mc", full, self._frames)

    def point(self, steps: Array) -> Array:
        """The directions at the given coordinates."""
        return self.layout.directions(units(self._steps(steps)))

    def pull(self, gradient: Array, steps: Array | None = None) -> Array:
        """Derivatives by the coordinates, shape (…, size), of something with these derivatives by the directions.

        Parameters
        ----------
        gradient : ndarray, shape (…, n, 3)
        steps : ndarray, optional
            Where; at the origin by default.
        """
        moved = self._leaders if steps is None else self._steps(steps)
        length = np.linalg.norm(moved, axis=1)
        x = moved / length[:, None]
        turned = np.einsum("nij,...ni->...nj", self.layout.rotations, gradient)
        if self.layout.count == gradient.shape[-2]:
            gathered: Any = turned
        else:
            gathered = np.zeros((*gradient.shape[:-2], self.layout.count, 3))
            np.add.at(np.moveaxis(gathered, -2, 0), self.layout.leaders, np.moveaxis(turned, -2, 0))
        tangent = (gathered - (gathered * x).sum(axis=-1, keepdims=True) * x) / length[:, None]
        pulled: Array = np.einsum("...mc,mec->...me", tangent, self._frames)[..., self._used]
        return pulled
