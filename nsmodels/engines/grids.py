"""Grids of pairs of unit vectors, and a proved covering radius.

The radius is proved by subdivision: both spheres are cut into spherical triangles. A triangle whose centre is at
distance d from the nearest grid point, and whose points are within r of its centre, is covered to d + r. Triangles with
large d + r are cut in four until the largest d + r is close to the largest d, or a budget is used up; the largest d + r
left over is a valid bound either way. Distances are Euclidean (chords); 1e-9 is added for rounding.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..common.arrays import Array

__all__ = ["Grid", "covering_radius", "fibonacci_points", "product_grid", "random_grid"]


@dataclass(frozen=True, eq=False)
class Grid:
    """Pairs of unit vectors.

    Parameters
    ----------
    u, v : ndarray, shape (n, 3)
    factor : ndarray or None, shape (k, 3)
        For a product grid the points that are used on each sphere, n = k².
    """

    u: Array
    v: Array
    factor: Array | None = None


def fibonacci_points(count: int, *, half: bool = False) -> Array:
    """Fibonacci points on the unit sphere, or on its upper half (one of each antipodal pair), shape (count, 3)."""
    k = np.arange(count)
    height = 1.0 - (2 * k + 1) / (2 * count if half else count)
    azimuth = k * (np.pi * (3.0 - np.sqrt(5.0)))
    radius = np.sqrt(1.0 - height**2)
    return np.column_stack([radius * np.cos(azimuth), radius * np.sin(azimuth), height])


def product_grid(count: int) -> Grid:
    """All pairs of ``count`` points of a Fibonacci lattice."""
    points = fibonacci_points(count)
    return Grid(np.repeat(points, count, axis=0), np.tile(points, (count, 1)), points)


def random_grid(count: int, seed: int) -> Grid:
    """Independent uniform pairs."""
    rng = np.random.default_rng(seed)
    pairs = rng.standard_normal((count, 2, 3))
    pairs /= np.linalg.norm(pairs, axis=2, keepdims=True)
    return Grid(pairs[:, 0], pairs[:, 1])


def _octahedron() -> Array:
    signs = np.array([[x, y, z] for x in (1, -1) for y in (1, -1) for z in (1, -1)], dtype=np.float64)
    return signs[:, :, None] * np.eye(3)  # (8 triangles, 3 corners, 3 coordinates)


def _cut(triangles: Array) -> Array:
    """Each triangle in four, through the midpoints of its sides."""
    a, b, c = triangles[:, 0], triangles[:, 1], triangles[:, 2]
    ab, bc, ca = (_unit(x + y) for x, y in ((a, b), (b, c), (c, a)))
    parts = [(a, ab, ca), (ab, b, bc), (ca, bc, c), (ab, bc, ca)]
    return np.concatenate([np.stack(part, axis=1) for part in parts])


def _unit(vectors: Array) -> Array:
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)


def _centres(triangles: Array) -> tuple[Array, Array]:
    """Centres, and the largest distance of a point of each triangle from its centre (attained at a corner)."""
    centres = _unit(triangles.sum(axis=1))
    return centres, np.linalg.norm(triangles - centres[:, None, :], axis=2).max(axis=1)


def covering_radius(grid: Grid, *, relative: float | None = None, budget: int | None = None) -> float:
    """A proved ρ: every pair (u, v) has a grid pair with |u − u'| ≤ ρ and |v − v'| ≤ ρ.

    Parameters
    ----------
    grid : Grid
    relative : float, optional
        Stop when the bound is within this factor of the largest distance seen: 1 % for products, 25 % for pairs.
    budget : int, optional
        Largest number of nearest-neighbour queries, by default 400,000 for products and 2,000,000 for pairs.
    """
    from scipy.spatial import cKDTree

    if grid.factor is not None:
        tree = cKDTree(grid.factor)
        return _cover(tree, _octahedron()[:, None], 0.01 if relative is None else relative, budget or 400_000)
    tree = cKDTree(np.hstack([grid.u, grid.v]))
    eight = _octahedron()
    pairs = np.stack([np.repeat(eight, 8, axis=0), np.tile(eight, (8, 1, 1))], axis=1)
    return _cover(tree, pairs, 0.25 if relative is None else relative, budget or 2_000_000)


def _cover(tree: object, cells: Array, relative: float, budget: int) -> float:
    """Subdivide cells, products of triangles of shape (m, factors, 3 corners, 3); the worst d + r that is left."""
    seen, settled, queries = 0.0, 0.0, 0
    while True:
        factors = cells.shape[1]
        centres, radii = zip(*(_centres(cells[:, k]) for k in range(factors)))
        distance = tree.query(np.hstack(centres))[0]  # type: ignore[attr-defined] # a cKDTree, imported lazily
        reach = distance + np.sqrt(sum(r**2 for r in radii))
        queries += len(cells)
        seen = max(seen, float(distance.max()))
        target = max(settled, seen * (1.0 + relative))
        open_cells = reach > target
        settled = max(settled, float(reach[~open_cells].max(initial=0.0)))
        if not open_cells.any():
            return settled + 1e-9
        if queries + int(open_cells.sum()) * 4**factors > budget:
            return max(settled, float(reach.max())) + 1e-9
        cells = cells[open_cells]
        parts = [_cut(cells[:, k]).reshape(4, len(cells), 3, 3) for k in range(factors)]
        if factors == 1:
            cells = parts[0].reshape(-1, 1, 3, 3)
        else:
            first = np.repeat(parts[0], 4, axis=0).reshape(-1, 3, 3)
            second = np.tile(parts[1], (4, 1, 1, 1)).reshape(-1, 3, 3)
            cells = np.stack([first, second], axis=1)
