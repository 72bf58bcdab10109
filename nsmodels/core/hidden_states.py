"""Hidden states: marginal vectors of both parties, one or many, with the hidden vectors of models that have them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..common.arrays import Array
from ..common.rationals import rationals
from ..errors import InputError

__all__ = ["HiddenState", "HiddenStates", "StoredState"]


def _frozen(values: Any, ndim: int) -> Array:
    array = np.array(values, dtype=np.float64, order="C")
    if array.ndim != ndim:
        raise InputError(f"HiddenState: an array of shape {array.shape} where {ndim} dimensions are wanted")
    array.setflags(write=False)
    return array


@dataclass(frozen=True, eq=False, repr=False)
class HiddenState:
    """One hidden state: its marginals, and the hidden vectors of models that have them.

    Parameters
    ----------
    alice, bob : ndarray, shapes (n_A,) and (n_B,)
        The local marginals A_i, B_j.
    u, v : ndarray, shape (3,), optional
        The unit vectors of Leggett's model.
    part : int, optional
        The part of a hull that the state belongs to.
    """

    alice: Array
    bob: Array
    u: Array | None = None
    v: Array | None = None
    part: int | None = None

    def __post_init__(self) -> None:
        for name in ("alice", "bob", "u", "v"):
            values = getattr(self, name)
            if values is not None:
                object.__setattr__(self, name, _frozen(values, 1))

    def to_json(self) -> dict[str, Any]:
        """Each party's hidden vector, ``"u"`` or ``"v"``; without one its marginals, ``"alice"`` or ``"bob"``."""
        first = {"alice": self.alice.tolist()} if self.u is None else {"u": self.u.tolist()}
        second = {"bob": self.bob.tolist()} if self.v is None else {"v": self.v.tolist()}
        return {**first, **second}

    def certificate(self) -> dict[str, Any]:
        """The same in exact rationals, with the part of a hull."""
        state: dict[str, Any] = {key: rationals(values) for key, values in self.to_json().items()}
        return state if self.part is None else {**state, "part": self.part}

    def __repr__(self) -> str:
        with np.printoptions(precision=6, suppress=True):
            if self.u is not None:
                return f"HiddenState(u={self.u}, v={self.v})"
            return f"HiddenState(alice={self.alice}, bob={self.bob})"


@dataclass(frozen=True, eq=False, repr=False)
class StoredState(HiddenState):
    """A hidden state as it was read from a result file, with the exact numbers that stand there.

    Parameters
    ----------
    content : mapping
        What the certificate says of it.
    """

    content: Mapping[str, Any] = field(default_factory=dict, kw_only=True)

    def certificate(self) -> dict[str, Any]:
        """What the file says."""
        return dict(self.content)


@dataclass(frozen=True, eq=False)
class HiddenStates:
    """Several hidden states, a row each.

    Parameters
    ----------
    alice, bob : ndarray, shapes (m, n_A) and (m, n_B)
    u, v : ndarray, shape (m, 3), optional
    """

    alice: Array
    bob: Array
    u: Array | None = None
    v: Array | None = None

    def __post_init__(self) -> None:
        for name in ("alice", "bob", "u", "v"):
            values = getattr(self, name)
            if values is not None:
                object.__setattr__(self, name, _frozen(values, 2))

    def __len__(self) -> int:
        return len(self.alice)

    def __getitem__(self, index: int) -> HiddenState:
        return HiddenState(
            self.alice[index],
            self.bob[index],
            None if self.u is None else self.u[index],
            None if self.v is None else self.v[index],
        )

    @staticmethod
    def join(items: Sequence[HiddenStates]) -> HiddenStates:
        """All rows under each other; hidden vectors only where every item has them."""
        u = [item.u for item in items if item.u is not None]
        v = [item.v for item in items if item.v is not None]
        return HiddenStates(
            np.concatenate([item.alice for item in items]),
            np.concatenate([item.bob for item in items]),
            np.concatenate(u) if len(u) == len(items) else None,
            np.concatenate(v) if len(v) == len(items) else None,
        )

    def distinct(self, spacing: float, antipodal: bool) -> NDArray[np.intp]:
        """Indices of the first state in every cell of the given size, in order; antipodes are one where allowed.

        Cells are those of the hidden vectors, and of the marginals of a party that has none. Where neither party has
        hidden vectors they are 1e-9 wide.
        """
        if self.u is None and self.v is None:
            spacing = 1e-9
        rows = [self.alice if self.u is None else self.u, self.bob if self.v is None else self.v]
        cells = np.round(np.concatenate(rows, axis=1) / spacing)
        if antipodal and len(cells):
            lead = cells[np.arange(len(cells)), (cells != 0.0).argmax(axis=1)]
            cells[lead < 0.0] *= -1.0
        return np.sort(np.unique(cells + 0.0, axis=0, return_index=True)[1])

    def take(self, indices: NDArray[np.intp] | NDArray[np.bool_] | slice) -> HiddenStates:
        """The chosen rows."""
        return HiddenStates(
            self.alice[indices],
            self.bob[indices],
            None if self.u is None else self.u[indices],
            None if self.v is None else self.v[indices],
        )
