"""The named functionals (use as ``ns.functionals``), each with its source; signs make the singlet's value positive."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from .common.arguments import MOST_ROWS, check_noun, check_size, whole
from .core.functional import Functional
from .core.settings import Settings
from .errors import InputError

__all__ = ["FUNCTIONALS", "FunctionalFamily", "chained", "chsh", "leggett3", "leggett_n"]


def __dir__() -> list[str]:
    """Completion offers what makes something."""
    return ["chained", "chsh", "leggett3", "leggett_n"]



def chsh() -> Functional:
    """C_00 + C_01 + C_10 − C_11: at most 2 for local, 2√2 for quantum and 4 for non-signalling boxes.

    Source: Clauser, Horne, Shimony, Holt, PRL 23, 880 (1969).
    """
    return Functional([[1.0, 1.0], [1.0, -1.0]], name="chsh", source="PRL 23, 880 (1969)")


def chained(n: int) -> Functional:
    """2n terms ±1 along the chain a_0, b_0, a_1, …, b_{n−1}, −a_0: at most 2n − 2 for local boxes, n ≥ 2.

    S = −1 on the pairs (k, k) and (k+1, k), and +1 on (0, n−1), so that the singlet on ``half_circle(n)`` reaches
    2n cos(π/2n).

    Source: Braunstein and Caves, Ann. Phys. 202, 22 (1990); used in PRL 101, 050403 (2008), arXiv:0801.2218.
    """
    n = whole(n, "functionals: the argument n of chained", 2, MOST_ROWS)
    check_size((n, n), "functionals")
    table = np.zeros((n, n))
    for k in range(n):
        table[k, k] = -1.0
        if k + 1 < n:
            table[k + 1, k] = -1.0
    table[0, n - 1] = 1.0
    return Functional(table, name="chained", source="Ann. Phys. 202, 22 (1990); arXiv:0801.2218")


AGAINST = 1e-9
"""How far against a_i a sum b_i + b_i' may point by rounding alone: exactly opposite b and b' are accepted."""


def _check_signs(settings: Settings, name: str) -> None:
    """Refuse settings where dropping the moduli of eq. (4) with S = −1/N gives another inequality."""
    along = ((settings.bob[::2] + settings.bob[1::2]) * settings.alice).sum(axis=1)
    i = int(along.argmin())
    if along[i] >= -AGAINST:
        return
    another = "eq. (4) without its moduli is another inequality there"
    place = f"functionals: {name}: b_{i} + b_{i}' points against a_{i}"
    parameters = settings.parameters or {}
    if "phi" in parameters or "phi_deg" in parameters:
        radians = "phi_deg" not in parameters
        given = parameters["phi"] if radians else parameters["phi_deg"]
        inside = math.remainder(math.degrees(given) if radians else given, 720.0)
        inside = math.copysign(360.0, inside) - inside
        said = f"{given:g} radians" if radians else f"{given:g} degrees"
        meant = f", or did you mean phi_deg={given:g}" if radians else ""
        raise InputError(
            f"{place}, because φ = {said} is beyond 180 degrees, and {another}; "
            f"phi_deg={inside:.10g} is the same with Bob's outcomes reversed{meant}"
        )
    raise InputError(f"{place}, and {another}; reverse that direction of Alice's")


def leggett_n(settings: Settings) -> Functional:
    """L_N: S = −1/N on the pairs (i, 2i) and (i, 2i+1), for N of Alice's and 2N of Bob's settings.

    For Leggett's model with a_i along b_i + b_i' and b_i − b_i' = 2 sin(φ/2) e_i it is at most 2 − 2 η η_N |sin(φ/2)|,
    where η_N is the least mean of |v·e_i| over unit v; the singlet reaches 2 cos(φ/2).

    Source: arXiv:0801.2241, eq. (4), for more directions.

    Raises
    ------
    InputError
        If Bob does not have twice as many settings as Alice, or b_i + b_i' points against a_i, as in `leggett3`.
    """
    check_noun(settings, Settings, "argument settings", "functionals")
    n_alice, n_bob = settings.shape
    if n_bob != 2 * n_alice:
        raise InputError(f"functionals: L_N needs twice as many of Bob's settings as of Alice's, got {n_alice}×{n_bob}")
    _check_signs(settings, "leggett_n")
    table = np.zeros((n_alice, n_bob))
    for i in range(n_alice):
        table[i, 2 * i : 2 * i + 2] = -1.0 / n_alice
    exact = n_alice & (n_alice - 1) == 0  # a power of two: −1/N is a double
    return Functional(
        table,
        name="leggett_n",
        source="arXiv:0801.2241, eq. (4), for more directions",
        relative_rounding=0.0 if exact else 2.0**-53,
    )


def leggett3(settings: Settings) -> Functional:
    """L3: S = −1/3 on the pairs (i, 2i) and (i, 2i+1), for 3 of Alice's and 6 of Bob's settings.

    Source: arXiv:0801.2241, eq. (4): ⅓ Σ |C(a_i, b_i) + C(a_i, b_i')| ≤ 2 − ⅔ η |sin(φ/2)|, here without the moduli,
    which a change of the sign of Alice's outcomes removes where the singlet's C(a_i, b_i) + C(a_i, b_i') is not
    positive. It is positive where b_i + b_i' points against a_i, as in a family whose opening angle φ is beyond 180°:
    without the moduli this functional would be another inequality there, which the singlet does not violate.

    Raises
    ------
    InputError
        If the settings are not 3×6, or b_i + b_i' points against a_i.
    """
    check_noun(settings, Settings, "argument settings", "functionals")
    if settings.shape != (3, 6):
        raise InputError(f"functionals: leggett3 needs 3×6 settings, got {settings.shape[0]}×{settings.shape[1]}")
    _check_signs(settings, "leggett3")
    table = leggett_n(settings)
    return Functional(table.correlators, name="leggett3", source="arXiv:0801.2241, eq. (4)", relative_rounding=2.0**-53)


@dataclass(frozen=True, slots=True)
class FunctionalFamily:
    """An entry of ``FUNCTIONALS``: how a problem file names this functional."""

    name: str
    function: Callable[..., Functional]
    parameters: tuple[str, ...]
    needs_settings: bool
    doc: str
    source: str

    def build(self, settings: Settings | None, parameters: Mapping[str, Any]) -> Functional:
        """The functional for the parameters of a problem file; ``chained`` takes n from Alice's settings by default."""
        for key in parameters:
            if key not in self.parameters:
                known = ", ".join(self.parameters) or "none"
                raise InputError(f"functional: {self.name} has no parameter {key!r}; it has {known}")
        if self.needs_settings:
            if settings is None:
                raise InputError(f"functional: {self.name} needs settings")
            return self.function(settings, **parameters)
        if self.name == "chained" and "n" not in parameters:
            if settings is None:
                raise InputError("functional: chained needs the parameter 'n'")
            return self.function(settings.shape[0])
        return self.function(**parameters)


FUNCTIONALS: Mapping[str, FunctionalFamily] = {
    family.name: family
    for family in (
        FunctionalFamily("chsh", chsh, (), False, "[[1, 1], [1, −1]]", "PRL 23, 880 (1969)"),
        FunctionalFamily("chained", chained, ("n",), False, "2n terms ±1 along a chain of neighbours",
                         "Ann. Phys. 202, 22 (1990); arXiv:0801.2218"),
        FunctionalFamily("leggett3", leggett3, (), True, "S = −1/3 on the pairs (i, 2i), (i, 2i+1), 3×6 settings",
                         "arXiv:0801.2241, eq. (4)"),
        FunctionalFamily("leggett_n", leggett_n, (), True, "S = −1/N on the pairs (i, 2i), (i, 2i+1), N×2N settings",
                         "arXiv:0801.2241, eq. (4), for more directions"),
    )
}  # fmt: skip
"""The functionals that a problem file may name."""
