"""The named behaviours (use as ``ns.behaviours``): two-qubit states on given settings, the PR box, noise.

The singlet is C = −a·b with vanishing marginals. Each behaviour carries ``rounding``, a proved bound on the distance of
every entry from the exact one: with directions within r of the exact ones and u = 2^-53, a product a·b of float vectors
is off by at most 2r + r² from the directions and 3.1u from the arithmetic.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .angles import cos_sin, cos_sin_degrees
from .arguments import MOST_ROWS, check_noun, fraction, number, small, whole
from .behaviour import Behaviour
from .errors import InputError
from .settings import Settings

__all__ = [
    "BEHAVIOURS",
    "BehaviourFamily",
    "from_state",
    "partially_entangled",
    "pr_box",
    "singlet",
    "uniform",
    "werner",
]


def _scalar_rounding(settings: Settings) -> float:
    """Bound on the error of the stored a·b: 2r(1 + r) and a little more than three roundings."""
    return 2.0 * settings.rounding * (1.0 + 1e-9) + 4e-16


def _check_settings(settings: Settings) -> None:
    check_noun(settings, Settings, "argument settings", "behaviours")


def singlet(settings: Settings) -> Behaviour:
    """The singlet's correlations C_ij = −a_i·b_j with vanishing marginals.

    Source: quantum mechanics; arXiv:0801.2241.
    """
    _check_settings(settings)
    products = settings.alice @ settings.bob.T
    n_alice, n_bob = settings.shape
    return Behaviour(
        np.clip(-products, -1.0, 1.0) + 0.0,
        np.zeros(n_alice),
        np.zeros(n_bob),
        settings=settings,
        rounding=_scalar_rounding(settings),
        name="singlet",
        parameters={},
    )


def werner(settings: Settings, visibility: float) -> Behaviour:
    """The singlet mixed with white noise: C_ij = −V a_i·b_j, vanishing marginals, 0 ≤ V ≤ 1.

    Source: Werner, PRA 40, 4277 (1989).
    """
    _check_settings(settings)
    visibility = fraction(visibility, "behaviours: visibility")
    products = visibility * np.clip(settings.alice @ settings.bob.T, -1.0, 1.0)
    n_alice, n_bob = settings.shape
    return Behaviour(
        -products + 0.0,
        np.zeros(n_alice),
        np.zeros(n_bob),
        settings=settings,
        rounding=_scalar_rounding(settings) + 2e-16,
        name="werner",
        parameters={"visibility": visibility},
    )


ANGLE: tuple[str, Callable[[float], bool]] = ("it must be a number below 1e300", lambda x: abs(x) < 1e300)
"""Angles are doubled."""


def partially_entangled(settings: Settings, theta: float | None = None, *, theta_deg: float | None = None) -> Behaviour:
    """The state cos θ |00⟩ + sin θ |11⟩ (θ in radians, or ``theta_deg``).

    A = a_z cos 2θ, B = b_z cos 2θ, C = a_z b_z + sin 2θ (a_x b_x − a_y b_y).

    Source: quantum mechanics; the state of quant-ph/0412109.
    """
    _check_settings(settings)
    if (theta is None) == (theta_deg is None):
        raise InputError("behaviours: give the angle once, as theta (radians) or theta_deg (degrees)")
    if theta is not None:
        theta = number(theta, "behaviours: theta", *ANGLE)
        (cosine, sine), parameters = cos_sin(2.0 * theta), {"theta": theta}
    else:
        theta_deg = number(theta_deg, "behaviours: theta_deg", *ANGLE)
        (cosine, sine), parameters = cos_sin_degrees(2.0 * theta_deg), {"theta_deg": theta_deg}
    alice, bob = settings.alice, settings.bob
    correlators = np.outer(alice[:, 2], bob[:, 2])
    correlators += sine * (np.outer(alice[:, 0], bob[:, 0]) - np.outer(alice[:, 1], bob[:, 1]))
    return Behaviour(
        np.clip(correlators, -1.0, 1.0),
        np.clip(alice[:, 2] * cosine, -1.0, 1.0),
        np.clip(bob[:, 2] * cosine, -1.0, 1.0),
        settings=settings,
        rounding=_scalar_rounding(settings) + 1e-15,  # cos 2θ, sin 2θ within 3e-16, and three more roundings
        name="partially_entangled",
        parameters=parameters,
    )


_PAULI: NDArray[np.complex128] = np.array(
    [[[1, 0], [0, 1]], [[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]]], dtype=np.complex128
)


def from_state(rho: ArrayLike, settings: Settings, *, tolerance: float = 1e-9) -> Behaviour:
    """Correlations of a two-qubit density matrix: A_i = tr ρ(a_i·σ ⊗ 1), B_j likewise, C_ij = tr ρ(a_i·σ ⊗ b_j·σ).

    Parameters
    ----------
    rho : array_like, complex, shape (4, 4)
        Hermitian, of trace 1, positive semidefinite, each within the tolerance, in the basis |00⟩, |01⟩, |10⟩, |11⟩
        with |0⟩ the +1 eigenstate along z. What is used is its Hermitian part divided by its trace.

    Raises
    ------
    InputError
        If one of the three properties fails; the defect is named.
    """
    _check_settings(settings)
    tolerance = small(tolerance, "behaviours: tolerance")
    try:
        state = np.array(rho, dtype=np.complex128)
    except (TypeError, ValueError, OverflowError):
        raise InputError("behaviours: rho is not a table of complex numbers") from None
    if state.shape != (4, 4):
        raise InputError(f"behaviours: rho has shape {state.shape}; a two-qubit density matrix is (4, 4)")
    if not np.isfinite(state).all():
        raise InputError("behaviours: rho has an entry that is not finite")
    gap = np.abs(state - state.conj().T)
    if gap.max() > tolerance:
        row, column = (int(k) for k in np.unravel_index(gap.argmax(), gap.shape))
        raise InputError(f"behaviours: rho is not Hermitian: entries [{row},{column}] and [{column},{row}] differ from "
                         f"conjugates by {gap.max():.3g}")  # fmt: skip
    trace = float(np.trace(state).real)
    if abs(trace - 1.0) > tolerance:
        raise InputError(f"behaviours: rho has trace {trace:.12g}; divide by it")
    state = 0.5 * (state + state.conj().T) / trace
    least = float(np.linalg.eigvalsh(state)[0])
    if least < -tolerance:
        raise InputError(f"behaviours: rho has the eigenvalue {least:.3g}; a density matrix is positive semidefinite")
    blocks = state.reshape(2, 2, 2, 2)  # rho[a b, a' b']
    pauli = np.einsum("abcd,mca,ndb->mn", blocks, _PAULI, _PAULI).real
    alice, bob = settings.alice, settings.bob
    return Behaviour(
        np.clip(alice @ pauli[1:, 1:] @ bob.T, -1.0, 1.0),
        np.clip(alice @ pauli[1:, 0], -1.0, 1.0),
        np.clip(bob @ pauli[0, 1:], -1.0, 1.0),
        settings=settings,
        # |tr ρ σ⊗σ| ≤ 1 for each of at most nine products: 9 · 5u in their entries, 6 roundings of sums below 3
        rounding=_scalar_rounding(settings) + 1e-14,
        name="from_state",
        parameters=None,
    )


def pr_box() -> Behaviour:
    """The Popescu-Rohrlich box on two settings a side: A = B = 0 and C_xy = (−1)^(xy); CHSH = 4.

    Source: Popescu and Rohrlich, Found. Phys. 24, 379 (1994).
    """
    return Behaviour([[1.0, 1.0], [1.0, -1.0]], [0.0, 0.0], [0.0, 0.0], name="pr_box", parameters={})


def uniform(n_alice: int, n_bob: int) -> Behaviour:
    """White noise: every mean value vanishes."""
    n_alice = whole(n_alice, "behaviours: n_alice", most=MOST_ROWS)
    n_bob = whole(n_bob, "behaviours: n_bob", most=MOST_ROWS)
    return Behaviour(np.zeros((n_alice, n_bob)), np.zeros(n_alice), np.zeros(n_bob), name="uniform", parameters={})


@dataclass(frozen=True, slots=True)
class BehaviourFamily:
    """An entry of ``BEHAVIOURS``: how a problem file names this behaviour.

    ``needs_settings`` says whether the function takes the settings first; ``parameters`` are its keys in the file.
    """

    name: str
    function: Callable[..., Behaviour]
    parameters: tuple[str, ...]
    needs_settings: bool
    doc: str
    source: str

    def build(self, settings: Settings | None, parameters: Mapping[str, Any]) -> Behaviour:
        """The behaviour for the parameters of a problem file; unknown and missing ones raise `InputError`."""
        for key in parameters:
            if key not in self.parameters:
                known = ", ".join(self.parameters) or "none"
                raise InputError(f"behaviour: {self.name} has no parameter {key!r}; it has {known}")
        for key in self.parameters:
            if key not in parameters:
                raise InputError(f"behaviour: {self.name} needs the parameter {key!r}")
        if self.needs_settings:
            if settings is None:
                raise InputError(f"behaviour: {self.name} needs settings")
            return self.function(settings, **parameters)
        if self.name == "uniform":
            if settings is None:
                raise InputError("behaviour: uniform needs settings, for their number")
            return self.function(*settings.shape)
        return self.function(**parameters)


BEHAVIOURS: Mapping[str, BehaviourFamily] = {
    family.name: family
    for family in (
        BehaviourFamily("singlet", singlet, (), True, "C = −a·b, vanishing marginals", "quantum mechanics"),
        BehaviourFamily("werner", werner, ("visibility",), True, "C = −V a·b", "PRA 40, 4277 (1989)"),
        BehaviourFamily("partially_entangled", partially_entangled, ("theta_deg",), True,
                        "cos θ |00⟩ + sin θ |11⟩", "quant-ph/0412109"),
        BehaviourFamily("pr_box", pr_box, (), False, "C_xy = (−1)^(xy) on 2×2 settings",
                        "Found. Phys. 24, 379 (1994)"),
        BehaviourFamily("uniform", uniform, (), False, "white noise: every mean value vanishes", "definition"),
    )
}  # fmt: skip
"""The behaviours that a problem file may name."""
