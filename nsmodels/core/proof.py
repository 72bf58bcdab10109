"""Why upper ends hold: one small class for each kind of proof that a certificate can hold."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..common.arrays import Array
from ..common.rationals import rational, rationals

__all__ = [
    "ClosedFormProof",
    "DualProof",
    "EigenvalueProof",
    "EnumerationProof",
    "HullProof",
    "ListProof",
    "MomentProof",
    "OneSphereProof",
    "Proof",
    "SemidefiniteProof",
    "SpheresProof",
    "StoredProof",
]


class Proof(ABC):
    """Why an upper end holds. Small frozen classes; `to_json` uses integers, strings, lists and dictionaries only."""

    @abstractmethod
    def to_json(self) -> dict[str, Any]:
        """The proof as it stands in a certificate; its ``type`` says how to check it."""


@dataclass(frozen=True)
class EnumerationProof(Proof):
    """The upper end is the maximum over all assignments of the smaller side; whoever doubts it enumerates again."""

    def to_json(self) -> dict[str, Any]:
        """``{"type": "enumeration"}``."""
        return {"type": "enumeration"}


@dataclass(frozen=True)
class ListProof(Proof):
    """The upper end is the maximum over the list, which the problem contains."""

    def to_json(self) -> dict[str, Any]:
        """``{"type": "list"}``."""
        return {"type": "list"}


@dataclass(frozen=True)
class HullProof(Proof):
    """One proof for each part."""

    parts: tuple[Proof, ...]

    def to_json(self) -> dict[str, Any]:
        """``{"type": "hull", "parts": [proof, …]}``."""
        return {"type": "hull", "parts": [part.to_json() for part in self.parts]}


@dataclass(frozen=True, eq=False)
class SpheresProof(Proof):
    """A proof of min G ≥ threshold for the exact directions; f ≤ k + Σ|S| − threshold.

    Parameters
    ----------
    proof : nsmodels.engines.spheres.covering.Covering or nsmodels.engines.spheres.square_proof.SquareProof
    threshold : float
    """

    proof: Any
    threshold: float

    def to_json(self) -> dict[str, Any]:
        """``{"type": "covering", "threshold", …}``, or of type "square", with what the engine's proof writes down."""
        return {"threshold": rational(self.threshold), **self.proof.to_json()}


@dataclass(frozen=True, eq=False)
class DualProof(Proof):
    """Multipliers τ_ij in [−1, 1], shape (n_A, n_B): G ≥ −Σ|c_i| − Σ|d_j| (`nsmodels.models.nonsignalling`)."""

    tau: Array

    def to_json(self) -> dict[str, Any]:
        """``{"type": "dual", "tau": [[rational]]}``."""
        return {"type": "dual", "tau": [rationals(row) for row in self.tau.tolist()]}


@dataclass(frozen=True, eq=False)
class OneSphereProof(Proof):
    """A covering of one sphere that proves min G ≥ threshold for the exact directions; f ≤ k + Σ|S| − threshold.

    Parameters
    ----------
    covering : nsmodels.engines.spheres.one_sphere.OneSphereCovering
    threshold : float
    """

    covering: Any
    threshold: float

    def to_json(self) -> dict[str, Any]:
        """``{"type": "one_sphere", "threshold", "tree", "leaves", "multipliers"}``."""
        return {"type": "one_sphere", "threshold": rational(self.threshold), **self.covering.to_json()}


@dataclass(frozen=True, eq=False)
class SemidefiniteProof(Proof):
    """A diagonal that makes the matrix M of `nsmodels.models.quantum` positive semidefinite.

    Parameters
    ----------
    level : {"correlators", "1"}
        Whether M has the rows (A_i, B_j), or (1, A_i, B_j) and the off-diagonal entries −α_i, −β_j too.
    diagonal : ndarray
        One entry for each row of M.
    """

    level: str
    diagonal: Array

    def to_json(self) -> dict[str, Any]:
        """``{"type": "sdp", "level": …, "diagonal": [rational]}``."""
        return {"type": "sdp", "level": self.level, "diagonal": rationals(self.diagonal.tolist())}


@dataclass(frozen=True, eq=False)
class MomentProof(Proof):
    """A matrix Z ⪰ 0 on the words of a level of the hierarchy (`nsmodels.models.quantum_levels`).

    Parameters
    ----------
    level : {"1+AB", "2", "3"}
    matrix : ndarray of int, shape (n, n)
        Z in units of 2^−exponent, with rows in the order of `nsmodels.engines.moments.words.words`.
    exponent : int
    multipliers : tuple of float
        λ of each constraint: f − Σ λ (g − c) is what Z bounds.
    """

    level: str
    matrix: NDArray[np.int64]
    exponent: int
    multipliers: tuple[float, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """``{"type": "moments", "level", "exponent", "matrix": [[int]] (lower triangle), "multipliers"}``."""
        rows = [row[: k + 1] for k, row in enumerate(self.matrix.tolist())]
        proof: dict[str, Any] = {"type": "moments", "level": self.level, "exponent": self.exponent, "matrix": rows}
        return proof | ({"multipliers": rationals(self.multipliers)} if self.multipliers else {})


@dataclass(frozen=True)
class EigenvalueProof(Proof):
    """A number t with t − F ⪰ 0 for the operator F of the functional on two qubits, for the exact directions."""

    threshold: float

    def to_json(self) -> dict[str, Any]:
        """``{"type": "eigenvalue", "threshold": rational}``."""
        return {"type": "eigenvalue", "threshold": rational(self.threshold)}


@dataclass(frozen=True)
class ClosedFormProof(Proof):
    """The bound is k + Σ|S_ij|: anybody can add it up."""

    def to_json(self) -> dict[str, Any]:
        """``{"type": "closed_form"}``."""
        return {"type": "closed_form"}


@dataclass(frozen=True, eq=False)
class StoredProof(Proof):
    """A proof as it was read from a result file: whether it proves anything only the checker can say."""

    content: Mapping[str, Any]

    def to_json(self) -> dict[str, Any]:
        """What the file says."""
        return dict(self.content)
