"""The transport problem solved exactly: the largest Σ g q for q ≥ 0 with given sums of rows and columns.

Successive cheapest paths, in integers: what is still to be sent goes along a path of largest gain, which may take back
what went before. When all is sent no cycle gains, so that lengths of paths are multipliers: u_a + v_b ≥ g_ab everywhere
and Σ u P + Σ v Q = Σ g q, which proves that q is best.

Source: R. K. Ahuja, T. L. Magnanti, J. B. Orlin, Network Flows (1993), section 9.7.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..errors import SolverError

__all__ = ["transported"]


def transported(
    gain: Sequence[Sequence[int]], supply: Sequence[int], demand: Sequence[int]
) -> tuple[list[list[int]], list[int], list[int]]:
    """The best q, and the multipliers u of rows and v of columns.

    Parameters
    ----------
    gain : table of int, shape (n, m)
    supply, demand : sequences of int ≥ 0
        The sums of rows and columns, with the same total.

    Returns
    -------
    (q, u, v) : lists of int, shapes (n, m), (n,) and (m,)

    Raises
    ------
    SolverError
        If the totals differ.

    Examples
    --------
    >>> transported([[1, 0], [0, 1]], [2, 1], [1, 2])
    ([[1, 1], [0, 1]], [-1, 0], [2, 1])
    """
    rows, columns = len(supply), len(demand)
    if sum(supply) != sum(demand):
        raise SolverError("transport: the sums of rows and of columns differ")
    sent = [[0] * columns for _ in range(rows)]
    left, wanted = list(supply), list(demand)
    while any(left):
        far, near, before_row, before_column = _longest(gain, sent, [0 if x else None for x in left])
        end = max((b for b in range(columns) if wanted[b]), key=lambda b: _known(near[b]))
        path, column = [], end
        while True:
            row = before_column[column]
            path.append((row, column, 1))
            if before_row[row] < 0:
                break
            column = before_row[row]
            path.append((row, column, -1))
        amount = min(left[row], wanted[end], *(sent[a][b] for a, b, sign in path if sign < 0))
        left[row] -= amount
        wanted[end] -= amount
        for a, b, sign in path:
            sent[a][b] += sign * amount
    far, near, _, _ = _longest(gain, sent, [0] * rows)
    return sent, [-_known(x) for x in far], [_known(x) for x in near]


def _known(length: int | None) -> int:
    assert length is not None
    return length


def _longest(
    gain: Sequence[Sequence[int]], sent: list[list[int]], start: list[int | None]
) -> tuple[list[int | None], list[int | None], list[int], list[int]]:
    """Largest gains of paths from the start to rows and columns, and what comes before each (Bellman and Ford)."""
    rows, columns = range(len(start)), range(len(sent[0]))
    far = list(start)
    lengths: list[int | None] = [None for _ in columns]
    before_row, before_column = [-1 for _ in rows], [-1 for _ in columns]
    changed = True
    while changed:
        changed = False
        for a in rows:
            here = far[a]
            if here is None:
                continue
            for b in columns:
                there = lengths[b]
                if there is None or here + gain[a][b] > there:
                    lengths[b], before_column[b], changed = here + gain[a][b], a, True
        for b in columns:
            there = lengths[b]
            if there is None:
                continue
            for a in rows:
                here = far[a]
                if sent[a][b] and (here is None or there - gain[a][b] > here):
                    far[a], before_row[a], changed = there - gain[a][b], b, True
    return far, lengths, before_row, before_column
