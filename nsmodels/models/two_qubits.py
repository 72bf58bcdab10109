r"""Two qubits measured along given directions: the largest value over all their states is an eigenvalue.

With A_i = a_i·σ ⊗ 1 and B_j = 1 ⊗ b_j·σ the functional is the mean value of an operator

.. math:: F = k + \sum_i \alpha_i\, a_i\cdot\sigma \otimes 1 + \sum_j \beta_j\, 1 \otimes b_j\cdot\sigma
          + \sum_{ij} S_{ij}\, a_i\cdot\sigma \otimes b_j\cdot\sigma ,

of four dimensions. Its largest eigenvalue is the maximum: t − F ⪰ 0 proves the upper end, a rational state near the
eigenvector attains the lower one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..common.arguments import check_noun, check_size
from ..common.rationals import rationals, round_down
from ..core.effort import Effort, Hint
from ..core.enclosure import Enclosure
from ..core.functional import Functional
from ..core.hidden_states import HiddenState
from ..core.proof import EigenvalueProof
from ..core.settings import Settings
from ..engines.solvers.sdp import is_positive_semidefinite
from ..errors import SolverError
from .base import Model, Support
from .quantum_mixtures import exact_value
from .qubits import bell_operator, exact_means

__all__ = ["MeasuredState", "TwoQubits"]

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False, repr=False)
class MeasuredState(HiddenState):
    """A pure state of two qubits, not normalised: its marginals along the directions, and its four amplitudes."""

    psi: NDArray[np.complex128] | None = None

    def certificate(self) -> dict[str, Any]:
        """``{"psi_re": […], "psi_im": […]}`` in exact rationals."""
        assert self.psi is not None
        return {"psi_re": rationals(self.psi.real.tolist()), "psi_im": rationals(self.psi.imag.tolist())}


class TwoQubits(Model):
    """All states of two qubits, measured along given directions (for `nsmodels.bound` only).

    Parameters
    ----------
    settings : Settings
        The directions on the Bloch spheres.
    """

    name = "two_qubits"
    settings: Settings

    def __init__(self, settings: Settings) -> None:
        check_noun(settings, Settings, "argument settings", "TwoQubits")
        check_size(settings.shape, "TwoQubits")
        self.settings = settings

    @property
    def shape(self) -> tuple[int, int]:
        """Numbers of settings (n_A, n_B)."""
        return self.settings.shape

    @classmethod
    def from_table(cls, table: Any, settings: Settings | None, shape: tuple[int, int]) -> TwoQubits:
        """The model on these directions; it has no keys."""
        assert settings is not None
        return cls(settings)

    def __repr__(self) -> str:
        return f"TwoQubits({self.shape[0]}×{self.shape[1]})"

    def _enclose(self, functional: Functional, effort: Effort, hint: Hint) -> Support:
        """The largest eigenvalue, raised until t − F is proved positive semidefinite."""
        alice, bob = (np.hstack([np.zeros((len(x), 1)), x]) for x in (self.settings.alice, self.settings.bob))
        table = functional.to_full_correlators()
        operator = bell_operator(table, alice, bob)
        values, vectors = np.linalg.eigh(operator)
        psi = vectors[:, -1] / np.abs(vectors[:, -1]).max()
        rows = [[[Fraction(x) for x in row] for row in side.tolist()] for side in (alice, bob)]
        real, imaginary = ([Fraction(x) for x in part.tolist()] for part in (psi.real, psi.imag))
        means = exact_means(real, imaginary, rows[0], rows[1])
        lower = round_down(exact_value(functional, means))
        size = float(np.abs(table).sum())
        upper = self._proved(operator, float(values[-1]), size, functional.shape)
        marginals = [np.clip([float(x) for x in side], -1.0, 1.0) for side in means[:2]]
        state = MeasuredState(marginals[0], marginals[1], psi=psi)
        # the proof is about the exact directions and coefficients, for which stored ones stand
        threshold = math.nextafter(upper + self.rounding_effect(functional), math.inf)
        reason = "tolerance_met" if upper - lower <= effort.tolerance else "the eigenvalue is rounded"
        return Support(Enclosure(lower, upper, reason=reason), state, EigenvalueProof(threshold))

    def _proved(self, operator: NDArray[np.complex128], value: float, size: float, shape: tuple[int, int]) -> float:
        """The least t found for which t − F ⪰ 0, in integers: sums in F err by at most (n_A + n_B + 16)u Σ|f|."""
        rounding = (sum(shape) + 16) * 2.0**-52 * size
        real = np.block([[operator.real, -operator.imag], [operator.imag, operator.real]])
        real = 0.5 * (real + real.T)
        margin = max(size, abs(value)) * 1e-15 + 5e-324
        for _ in range(12):
            top = value + margin
            if is_positive_semidefinite(top * np.eye(8) - real):
                return math.nextafter(top + 2.0 * rounding + 16.0 * 2.0**-52 * abs(top), math.inf)
            margin *= 10.0
        raise SolverError("no shift made t − F positive semidefinite: this is not an answer")
