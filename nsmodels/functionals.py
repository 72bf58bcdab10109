"""The named functionals (use as ``ns.functionals``), each with its source; signs make the singlet's value positive."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from .common.arguments import MOST_ROWS, check_noun, check_size, fraction, number, whole
from .core.functional import Functional
from .core.relabellings import Relabellings
from .core.settings import Settings
from .core.triangular_elimination import triangular_elimination
from .errors import InputError

__all__ = [
    "FUNCTIONALS",
    "FunctionalFamily",
    "a10",
    "biased_chsh",
    "ch",
    "chained",
    "chsh",
    "elegant",
    "hardy",
    "hardy_zeros",
    "i3322",
    "i3322_one",
    "imm22",
    "leggett3",
    "leggett_n",
    "relabellings",
    "tilted_chsh",
    "triangular_elimination",
]


def __dir__() -> list[str]:
    """Completion offers what makes something."""
    return [name for name in __all__ if name not in ("FUNCTIONALS", "FunctionalFamily")]



def chsh() -> Functional:
    """C_00 + C_01 + C_10 − C_11: at most 2 for local, 2√2 for quantum and 4 for non-signalling boxes.

    Source: Clauser, Horne, Shimony, Holt, PRL 23, 880 (1969).

    Examples
    --------
    >>> import nsmodels as ns
    >>> print(ns.functionals.chsh().text())
    C00 + C01 + C10 − C11
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


def imm22(n: int) -> Functional:
    """I_nn22 of n settings a side, in probabilities of the outcome +1: at most 0 for local boxes, n ≥ 2.

    −P(A_0) − Σ_j (n − 1 − j) P(B_j) + Σ_(i+j<n) P(A_i B_j) − Σ_(i+j=n) P(A_i B_j), counted from 0. n = 2 is the
    inequality of Clauser and Horne, n = 3 is I3322.

    Source: Collins and Gisin, J. Phys. A 37, 1775 (2004), quant-ph/0306129.
    """
    n = whole(n, "functionals: the argument n of imm22", 2, MOST_ROWS)
    check_size((n, n), "functionals")
    places = np.add.outer(np.arange(n), np.arange(n))
    table = np.zeros((n + 1, n + 1))
    table[1, 0], table[0, 1:] = -1.0, np.arange(n) - (n - 1.0)
    table[1:, 1:] = np.where(places < n, 1.0, np.where(places == n, -1.0, 0.0))
    source = "J. Phys. A 37, 1775 (2004), quant-ph/0306129"
    return Functional.from_collins_gisin(table, name="imm22", source=source, parameters={"n": n})


def _renamed(functional: Functional, name: str, source: str, more: float = 0.0) -> Functional:
    constant = functional.constant + more
    return Functional(functional.correlators, functional.alice, functional.bob, constant, name=name, source=source)


def ch() -> Functional:
    """P(A_0 B_0) + P(A_0 B_1) + P(A_1 B_0) − P(A_1 B_1) − P(A_0) − P(B_0) of outcomes +1: at most 0 for local boxes.

    It is (CHSH − 2)/4: at most (√2 − 1)/2 for quantum and ½ for non-signalling boxes.

    Source: Clauser and Horne, PRD 10, 526 (1974).
    """
    return _renamed(imm22(2), "ch", "PRD 10, 526 (1974)")


def i3322() -> Functional:
    """I3322 in probabilities of +1: at most 0 for local boxes, ¼ for two qubits and 1 for non-signalling boxes.

    −P(A_0) − 2P(B_0) − P(B_1) + P(A_0 B_0) + P(A_0 B_1) + P(A_0 B_2) + P(A_1 B_0) + P(A_1 B_1) − P(A_1 B_2)
    + P(A_2 B_0) − P(A_2 B_1).

    Source: Collins and Gisin, J. Phys. A 37, 1775 (2004), quant-ph/0306129.
    """
    return _renamed(imm22(3), "i3322", "J. Phys. A 37, 1775 (2004), quant-ph/0306129")


def i3322_one() -> Functional:
    """I3322 + 1, which is how some papers and toolkits write it: at most 1 for local boxes.

    Source: Collins and Gisin, J. Phys. A 37, 1775 (2004), quant-ph/0306129.
    """
    return _renamed(imm22(3), "i3322_one", "J. Phys. A 37, 1775 (2004), quant-ph/0306129", 1.0)


A10 = [[0, 0, 0, 0, -1, -1], [0, 0, 0, -1, 1, -1], [0, 0, -1, -1, 0, 1], [-1, -1, 0, 1, 1, 1], [-2, 1, 1, 0, 0, 1]]
"""Coefficients in Collins-Gisin notation."""


def a10() -> Functional:
    """A10 of the list of Avis, Imai and Ito, 4×5: at most 0 for local boxes and about 0.4158004 for quantum ones.

    It is the parachute inequality of the cut polytope of seven points (Deza and Laurent, Geometry of Cuts and Metrics,
    section 30.4) after `triangular_elimination` with the letters XAAABAB: the node on top of the parachute is the
    constant, and of the path u_3 u_2 u_1 v_1 v_2 v_3 below it v_1 and v_3 are Bob's. Two qubits reach 0.4153900 only.

    The list itself was not at hand: among all 4×5 inequalities that triangular elimination makes of facets of the cut
    polytopes of up to eight points it is the one whose quantum value is the published 0.4158004.

    Source: quant-ph/0505060; the value in Pál and Vértesi, PRA 79, 022120 (2009), arXiv:0810.1615.
    """
    source = "quant-ph/0505060; PRA 79, 022120 (2009), arXiv:0810.1615"
    return Functional.from_collins_gisin(A10, name="a10", source=source)


def tilted_chsh(beta: float) -> Functional:
    """β A_0 + CHSH: at most 2 + β for local and √(8 + 2β²) for quantum boxes, 0 ≤ β ≤ 2.

    Source: Acín, Massar, Pironio, PRL 108, 100402 (2012), arXiv:1107.2754.
    """
    beta = number(beta, "functionals: the argument beta of tilted_chsh")
    return Functional(
        [[1.0, 1.0], [1.0, -1.0]], [beta, 0.0], name="tilted_chsh",
        source="PRL 108, 100402 (2012), arXiv:1107.2754", parameters={"beta": beta},
    )  # fmt: skip


def biased_chsh(p: float, q: float) -> Functional:
    """CHSH with questions x = 0 of probability p and y = 0 of probability q: the bias of the game, ¼ CHSH at p = q = ½.

    pq C_00 + p(1−q) C_01 + (1−p)q C_10 − (1−p)(1−q) C_11. For p ≥ q ≥ ½ at most 1 − 2(1−p)(1−q) for local boxes,
    which quantum boxes exceed where 2pq < 1: √2 √(q² + (1−q)²) √(p² + (1−p)²).

    Source: Lawson, Linden, Popescu, arXiv:1011.6245.
    """
    p, q = (fraction(x, f"functionals: the argument {name} of biased_chsh") for x, name in ((p, "p"), (q, "q")))
    rows = [Fraction(p), 1 - Fraction(p)]
    columns = [Fraction(q), 1 - Fraction(q)]
    exact = [[(-1 if x and y else 1) * rows[x] * columns[y] for y in range(2)] for x in range(2)]
    table = [[float(x) for x in row] for row in exact]
    rounded = any(Fraction(x) != y for row, wanted in zip(table, exact) for x, y in zip(row, wanted))
    return Functional(
        table, name="biased_chsh", source="arXiv:1011.6245", parameters={"p": p, "q": q},
        relative_rounding=2.0**-53 if rounded else 0.0,
    )  # fmt: skip


def elegant() -> Functional:
    """Gisin's elegant inequality, 3×4: at most 6 for local, 4√3 for quantum and 12 for non-signalling boxes.

    Bob's directions are the corners of a tetrahedron, Alice's the three axes.

    Source: Gisin, quant-ph/0702021.
    """
    table = [[1.0, 1.0, -1.0, -1.0], [1.0, -1.0, 1.0, -1.0], [1.0, -1.0, -1.0, 1.0]]
    return Functional(table, name="elegant", source="quant-ph/0702021")


def hardy() -> Functional:
    """Hardy's paradox as an inequality: P(++|00) − P(+−|01) − P(−+|10) − P(++|11) ≤ 0 for local boxes.

    Where the last three probabilities vanish (`hardy_zeros`), it is P(++|00), which quantum boxes bring to
    (5√5 − 11)/2. No-signalling makes it the inequality of Clauser and Horne.

    Source: Hardy, PRL 71, 1665 (1993); Mermin, Am. J. Phys. 62, 880 (1994).
    """
    return _renamed(ch(), "hardy", "PRL 71, 1665 (1993)")


def hardy_zeros() -> tuple[Functional, Functional, Functional]:
    """The probabilities P(+−|01), P(−+|10) and P(++|11) that vanish in Hardy's paradox; see `hardy`."""
    tables = np.zeros((3, 2, 2, 2, 2))
    tables[0, 0, 1, 0, 1] = tables[1, 1, 0, 1, 0] = tables[2, 0, 0, 1, 1] = 1.0
    first, second, third = (Functional.from_probabilities(table) for table in tables)
    return first, second, third


def relabellings(functional: Functional, *, parties: bool = True) -> Relabellings:
    """All versions of an inequality, by the names of settings, outcomes and parties; ``.best(behaviour)`` finds one.

    Parameters
    ----------
    functional : Functional
    parties : bool
        Whether the parties may be exchanged as well.

    Returns
    -------
    Relabellings
        Iterable over the distinct versions; `Relabellings.best` gives the version with the largest value on given
        data, which may have more settings than the functional.
    """
    check_noun(functional, Functional, "functional", "relabellings")
    return Relabellings(functional, bool(parties))


AGAINST = 1e-9
"""Amount by which a sum b_i + b_i' may point against a_i by rounding alone: exactly opposite b and b' are accepted."""


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
        """The functional for the parameters of a problem file; n is the number of Alice's settings by default."""
        for key in parameters:
            if key not in self.parameters:
                known = ", ".join(self.parameters) or "none"
                raise InputError(f"functional: {self.name} has no parameter {key!r}; it has {known}")
        if self.needs_settings:
            if settings is None:
                raise InputError(f"functional: {self.name} needs settings")
            return self.function(settings, **parameters)
        if self.parameters == ("n",) and "n" not in parameters:
            if settings is None:
                raise InputError(f"functional: {self.name} needs the parameter 'n'")
            return self.function(settings.shape[0])
        for key in self.parameters:
            if key not in parameters:
                raise InputError(f"functional: {self.name} needs the parameter {key!r}")
        return self.function(**parameters)


FUNCTIONALS: Mapping[str, FunctionalFamily] = {
    family.name: family
    for family in (
        FunctionalFamily("chsh", chsh, (), False, "[[1, 1], [1, −1]]", "PRL 23, 880 (1969)"),
        FunctionalFamily("chained", chained, ("n",), False, "2n terms ±1 along a chain of neighbours",
                         "Ann. Phys. 202, 22 (1990); arXiv:0801.2218"),
        FunctionalFamily("ch", ch, (), False, "Clauser and Horne's, in probabilities of +1: at most 0 for local boxes",
                         "PRD 10, 526 (1974)"),
        FunctionalFamily("hardy", hardy, (), False, "P(++|00) − P(+−|01) − P(−+|10) − P(++|11)", "PRL 71, 1665 (1993)"),
        FunctionalFamily("i3322", i3322, (), False, "I3322 with the local bound 0, in probabilities of +1",
                         "J. Phys. A 37, 1775 (2004), quant-ph/0306129"),
        FunctionalFamily("i3322_one", i3322_one, (), False, "I3322 + 1, with the local bound 1",
                         "J. Phys. A 37, 1775 (2004), quant-ph/0306129"),
        FunctionalFamily("a10", a10, (), False, "A10 with the local bound 0, 4×5, in probabilities of +1",
                         "quant-ph/0505060; PRA 79, 022120 (2009), arXiv:0810.1615"),
        FunctionalFamily("imm22", imm22, ("n",), False, "I_nn22 of n settings a side, in probabilities of +1",
                         "J. Phys. A 37, 1775 (2004), quant-ph/0306129"),
        FunctionalFamily("tilted_chsh", tilted_chsh, ("beta",), False, "β A_0 + CHSH",
                         "PRL 108, 100402 (2012), arXiv:1107.2754"),
        FunctionalFamily("biased_chsh", biased_chsh, ("p", "q"), False, "CHSH with biased questions",
                         "arXiv:1011.6245"),
        FunctionalFamily("elegant", elegant, (), False, "Gisin's elegant inequality, 3×4", "quant-ph/0702021"),
        FunctionalFamily("leggett3", leggett3, (), True, "S = −1/3 on the pairs (i, 2i), (i, 2i+1), 3×6 settings",
                         "arXiv:0801.2241, eq. (4)"),
        FunctionalFamily("leggett_n", leggett_n, (), True, "S = −1/N on the pairs (i, 2i), (i, 2i+1), N×2N settings",
                         "arXiv:0801.2241, eq. (4), for more directions"),
    )
}  # fmt: skip
"""The functionals that a problem file may name."""
