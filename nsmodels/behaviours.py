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
from numpy.typing import NDArray

from .common.angles import cos_sin, cos_sin_degrees
from .common.arguments import (
    MOST_ROWS,
    TWO_PARTIES,
    array_of,
    check_noun,
    check_size,
    fraction,
    kind_of,
    number,
    radians,
    small,
    whole,
)
from .core.behaviour import Behaviour
from .core.settings import Settings
from .errors import InputError

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


def __dir__() -> list[str]:
    """Completion offers what makes something."""
    return ["from_state", "partially_entangled", "pr_box", "singlet", "uniform", "werner"]



def _scalar_rounding(settings: Settings) -> float:
    """Bound on the error of the stored a·b: 2r(1 + r) and a little more than three roundings."""
    return 2.0 * settings.rounding * (1.0 + 1e-9) + 4e-16


def _check_settings(settings: Settings) -> None:
    check_noun(settings, Settings, "argument settings", "behaviours")
    check_size(settings.shape, "behaviours")


def singlet(settings: Settings) -> Behaviour:
    """The singlet's correlations C_ij = −a_i·b_j with vanishing marginals.

    Source: quantum mechanics; arXiv:0801.2241.

    Examples
    --------
    >>> import nsmodels as ns
    >>> ns.behaviours.singlet(ns.settings.chsh()).correlators.round(3).tolist()
    [[0.707, 0.707], [0.707, -0.707]]
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
"""Range of angles (they are doubled), and how to say so."""


def partially_entangled(settings: Settings, theta: float | None = None, *, theta_deg: float | None = None) -> Behaviour:
    """The state cos θ |00⟩ + sin θ |11⟩ (θ in radians, at most 2π, or ``theta_deg``).

    A = a_z cos 2θ, B = b_z cos 2θ, C = a_z b_z + sin 2θ (a_x b_x − a_y b_y).

    Source: quantum mechanics; the state of quant-ph/0412109.
    """
    _check_settings(settings)
    if (theta is None) == (theta_deg is None):
        raise InputError("behaviours: give the angle once, as theta (radians) or theta_deg (degrees)")
    if theta is not None:
        theta = radians(theta, "behaviours: theta", "theta_deg")
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


def _amplitudes(state: Any) -> NDArray[np.complex128]:
    """The numbers of a state: an array, or an object that hands them out by ``full()`` (QuTiP) or ``toarray()``."""
    for method in ("full", "toarray"):
        give = getattr(state, method, None)
        if callable(give) and not isinstance(state, type):
            try:
                state = give()
            except Exception as error:
                what = f"{type(error).__name__} from its {method}()"
                raise InputError(f"behaviours: rho is {kind_of(state)} that gives no numbers ({what})") from None
            break
    complaint = "behaviours: rho is not a table of complex numbers"
    array = array_of(state, complaint)
    try:
        return np.array(array, dtype=np.complex128)
    except (TypeError, ValueError, OverflowError):
        raise InputError(complaint) from None


_NOT_TWO_QUBITS = "a two-qubit state is a density matrix, (4, 4), or a ket, (4,)"


def _density_matrix(rho: Any, tolerance: float) -> NDArray[np.complex128]:
    """The Hermitian part of trace 1 of a two-qubit density matrix, or |ψ⟩⟨ψ|/⟨ψ|ψ⟩ of a ket."""
    state = _amplitudes(rho)
    ket = state.ndim == 1 or (state.ndim == 2 and 1 in state.shape)
    if state.shape not in ((4, 4), (4,), (4, 1), (1, 4)):
        dimension = max(state.shape, default=0)
        larger = f"; {TWO_PARTIES}" if dimension > 4 and (ket or state.shape == (dimension, dimension)) else ""
        raise InputError(f"behaviours: rho has shape {state.shape}; {_NOT_TWO_QUBITS}{larger}")
    if not np.isfinite(state).all():
        raise InputError("behaviours: rho has an entry that is not finite")
    if ket:
        vector = state.ravel().conj() if state.shape == (1, 4) else state.ravel()
        with np.errstate(over="ignore"):
            norm = float(np.linalg.norm(vector))
        if not abs(norm - 1.0) <= tolerance:
            raise InputError(f"behaviours: the ket has norm {norm:.12g}; divide by it")
        return np.outer(vector, vector.conj()) / norm**2
    with np.errstate(over="ignore"):
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
    return state


def from_state(rho: Any, settings: Settings, *, tolerance: float = 1e-9) -> Behaviour:
    """Correlations of a two-qubit state: A_i = tr ρ(a_i·σ ⊗ 1), B_j likewise, C_ij = tr ρ(a_i·σ ⊗ b_j·σ).

    Parameters
    ----------
    rho : array_like, complex, shape (4, 4) or (4,), or an object with ``full()``
        A density matrix: Hermitian, of trace 1, positive semidefinite, each within the tolerance, in the basis |00⟩,
        |01⟩, |10⟩, |11⟩ with |0⟩ the +1 eigenstate along z. What is used is its Hermitian part divided by its trace. Or
        a ket of norm 1 within the tolerance, of shape (4,) or (4, 1), which is divided by its norm; (1, 4) is a bra.
        A QuTiP ``Qobj`` of either kind is taken by its ``full()``, a sparse matrix by its ``toarray()``.

    Raises
    ------
    InputError
        If one of the properties fails; the defect is named.
    """
    _check_settings(settings)
    state = _density_matrix(rho, small(tolerance, "behaviours: tolerance"))
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
    check_size((n_alice, n_bob), "behaviours")
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
