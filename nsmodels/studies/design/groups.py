"""Settings with a symmetry: unions of orbits of a rotation group.

A direction and its opposite are one setting with the outcomes exchanged, so orbits are counted as axes. An orbit has
as many axes as the group has rotations, unless its leader is on an axis of rotation (it does not move then), or
perpendicular to a twofold axis (it keeps to that plane; half as many).
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

import numpy as np

from ...common.arrays import Array
from ...errors import InputError
from .charts import Layout, random_units, units

__all__ = ["Orbit", "orbits", "rotation_group", "symmetric_layout"]


GOLDEN = (1.0 + math.sqrt(5.0)) / 2.0
LARGEST_ORDER = 12
"""Order of the largest cyclic group, C12, and of the axis of D12."""
REMEDY = "C2 to C12, D2 to D12, T, O or I"


@dataclass(frozen=True, eq=False)
class Orbit:
    """A kind of orbit: the rotations that make it from its leader, and where the leader has to be.

    Parameters
    ----------
    rotations : ndarray, shape (size, 3, 3)
    normal : ndarray, shape (3,)
        The normal of the leader's plane, or the leader itself where it is fixed; else zero.
    fixed : bool
    """

    rotations: Array
    normal: Array
    fixed: bool

    @property
    def size(self) -> int:
        """The number of axes."""
        return len(self.rotations)


def _turn(axis: Array, angle: float) -> Array:
    """The rotation about an axis (Rodrigues)."""
    x, y, z = units(axis)
    cross = np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
    turned: Array = np.eye(3) + math.sin(angle) * cross + (1.0 - math.cos(angle)) * (cross @ cross)
    return turned


def rotation_group(name: str) -> Array:
    """The rotations of a point group, shape (order, 3, 3); the main axis is z.

    Raises
    ------
    InputError
        If there is no such group.
    """
    match = re.fullmatch(r"([CD])(\d+)|[TOI]", name)
    x, z, body = np.array([1.0, 0.0, 0.0]), np.array([0.0, 0.0, 1.0]), np.array([1.0, 1.0, 1.0])
    if match is None or (match.group(2) and not 2 <= int(match.group(2)) <= LARGEST_ORDER):
        raise InputError(f"design: symmetric = {name!r} is not known; give {REMEDY}")
    if match.group(1):
        generators = [_turn(z, 2.0 * math.pi / int(match.group(2)))]
        generators += [_turn(x, math.pi)] if match.group(1) == "D" else []
    else:
        generators = [_turn(body, 2.0 * math.pi / 3.0), _turn(z, math.pi)]
        if name == "O":
            generators.append(_turn(z, math.pi / 2.0))
        if name == "I":
            generators.append(_turn(np.array([0.0, 1.0, GOLDEN]), 2.0 * math.pi / 5.0))
    group = [np.eye(3)]
    for element in group:  # grows while it is gone through
        for generator in generators:
            product = generator @ element
            if all(np.abs(product - other).max() > 1e-6 for other in group):
                group.append(product)
    return np.array(group)


def _images(group: Array, leader: Array) -> Array:
    """Rotations that take the leader to different axes."""
    chosen: list[Array] = []
    for rotation in group:
        image = rotation @ leader
        if all(min(np.abs(image - r @ leader).max(), np.abs(image + r @ leader).max()) > 1e-6 for r in chosen):
            chosen.append(rotation)
    return np.array(chosen)


def orbits(group: Array) -> list[Orbit]:
    """The kinds of orbits of a group, the generic one first."""
    rng = np.random.default_rng(0)
    generic = random_units(1, rng)[0]
    kinds = [Orbit(_images(group, generic), np.zeros(3), False)]
    axes: list[tuple[Array, bool]] = []
    for rotation in group[1:]:
        size, vectors = np.linalg.eig(rotation)
        axis = units(np.real(vectors[:, np.abs(size - 1.0).argmin()]))
        twofold = abs(np.trace(rotation) + 1.0) < 1e-6
        known = [k for k, (other, _) in enumerate(axes) if _same_class(group, axis, other)]
        if known:
            axes[known[0]] = (axes[known[0]][0], axes[known[0]][1] or twofold)
        else:
            axes.append((axis, twofold))
    for axis, twofold in axes:
        kinds.append(Orbit(_images(group, axis), axis, True))
        if twofold:
            leader = units(np.cross(axis, generic))
            kinds.append(Orbit(_images(group, leader), axis, False))
    return kinds


def _same_class(group: Array, axis: Array, other: Array) -> bool:
    images = group @ other
    return bool(min(np.abs(images - axis).max(axis=1).min(), np.abs(images + axis).max(axis=1).min()) < 1e-6)


def _fill(total: int, kinds: list[Orbit], rng: np.random.Generator) -> list[Orbit] | None:
    """A random multiset of orbits with so many axes; a fixed one occurs at most once."""
    for _ in range(50):
        left, chosen = total, list[Orbit]()
        while left > 0:
            fitting = [k for k in kinds if k.size <= left and not (k.fixed and any(k is c for c in chosen))]
            if not fitting:
                break
            orbit = fitting[int(rng.integers(len(fitting)))]
            chosen.append(orbit)
            left -= orbit.size
        if left == 0:
            return chosen
    return None


def symmetric_layout(name: str, n_alice: int, n_bob: int, rng: np.random.Generator) -> Layout | None:
    """A random way to make so many directions of orbits of the named group; None if there is none."""
    kinds = orbits(rotation_group(name))
    parties = [_fill(count, kinds, rng) for count in (n_alice, n_bob)]
    if parties[0] is None or parties[1] is None:
        return None
    chosen = [*parties[0], *parties[1]]
    return Layout(
        n_alice,
        np.repeat(np.arange(len(chosen)), [orbit.size for orbit in chosen]),
        np.concatenate([orbit.rotations for orbit in chosen]),
        np.array([orbit.normal for orbit in chosen]),
        np.array([orbit.fixed for orbit in chosen]),
        name,
    )
