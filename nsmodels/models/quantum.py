r"""Quantum boxes, for the bound question only: Tsirelson's bound of correlation functionals.

The quantum set is not given by a law for the marginals, so this is no set M of marginal vectors: it has an oracle, but
it can neither be mixed with other models nor be decomposed into.

**Correlation functionals** (no marginal terms). Tsirelson's theorem: the maximum of Σ S_ij C_ij over quantum boxes is
the maximum of Σ S_ij x_i·y_j over unit vectors, with vanishing marginals. Any diagonal (λ, μ) with

.. math:: M = \begin{pmatrix} \mathrm{diag}\,\lambda & -S \\ -S^T & \mathrm{diag}\,\mu \end{pmatrix} \succeq 0
          \quad\text{proves}\quad f \le k + \tfrac12 \Big(\sum_i \lambda_i + \sum_j \mu_j\Big).

The solver proposes the diagonal; it is raised until M is proved positive semidefinite in integers. Vectors that are no
longer than one are completed in further dimensions, so that the value of rational vectors is attained exactly.

**With marginal terms** the theorem does not hold. One reference vector |ψ⟩ is added to the A_i|ψ⟩ and B_j|ψ⟩: this is
level 1 of the Navascués-Pironio-Acín hierarchy, an upper bound that need not be attained. The lower end is an explicit
pair of qubits found by a see-saw. Both ends are proved, and their distance may be large: the reason says so.

Sources: Tsirelson (Cirel'son), Lett. Math. Phys. 4, 93 (1980); Navascués, Pironio, Acín, PRL 98, 010401 (2007).
"""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from ..common.arrays import Array
from ..common.interrupts import loading
from ..common.rationals import round_down, round_up, to_integers
from ..core.effort import Effort, Hint
from ..core.enclosure import Enclosure
from ..core.functional import Functional
from ..core.hidden_states import HiddenState
from ..core.proof import SemidefiniteProof
from ..core.settings import Settings
from ..engines.solvers import sdp
from ..engines.unit_vectors import UnitVectorSearch, dominant_diagonal
from ..errors import InputError, SolverError
from .base import ShapedModel, Support
from .quantum_levels import LinearConstraint, check_level, check_subject_to, moment_bound
from .quantum_mixing import QuantumMixing
from .quantum_mixtures import constrained_state, exact_value
from .qubits import seesaw
from .vectors import VectorState, within_unit_ball

__all__ = ["Quantum", "VectorState"]

MANY_ROWS = 60
"""Rows of M above which no semidefinite solver is asked."""
SEARCH_SHARE = 0.9
"""Share of the time limit for looking; the rest is for proving."""
EXACT_PRODUCTS = 500_000
"""Products that are added up exactly."""
USUAL = Effort()
LEVEL = (
    "the upper end is level {} of the NPA hierarchy, the lower end is attained by two qubits: a higher level, or more "
    "dimensions, may bring them together"
)
LEVEL_ONE = (
    "with marginal terms Tsirelson's theorem does not hold: the upper end is level 1 of the NPA hierarchy, "
    "the lower end is attained by two qubits"
)


class Quantum(ShapedModel):
    """Quantum boxes of any dimension (for `nsmodels.bound` only).

    Parameters
    ----------
    shape : (int, int)
        Numbers of settings, or give ``settings=`` to take them from there; the directions do not matter.
    level : {"1", "1+AB", "2", "3"}, optional
        The level of the hierarchy that proves the upper end; 1 unless given, and Tsirelson's theorem where there are
        no marginal terms.
    subject_to : list of (Functional, {"==", "<=", ">="}, float)
        Linear constraints on the mean values, such as marginals that are given or probabilities that vanish.

    Raises
    ------
    InputError
        For another level, too many words, or a malformed constraint.
    """

    name = "quantum"
    level: str | None
    subject_to: tuple[LinearConstraint, ...]

    def __init__(
        self, shape: tuple[int, int] | None = None, *more: object, settings: Settings | None = None,
        level: str | int | None = None, subject_to: Sequence[tuple[Functional, str, float]] = (),
    ) -> None:  # fmt: skip
        super().__init__(shape, *more, settings=settings)
        object.__setattr__(self, "level", check_level(level, self.shape))
        object.__setattr__(self, "subject_to", check_subject_to(subject_to, self.shape))

    @classmethod
    def from_table(cls, table: Any, settings: Settings | None, shape: tuple[int, int]) -> Quantum:
        """The key ``level``."""
        if "level" not in table:
            return cls(shape)
        made: Quantum | None = None
        try:
            made = cls(shape, level=table.content["level"])
        except InputError as error:
            table.refuse("level", str(error).removeprefix("Quantum: "))
        assert made is not None
        return made

    def resolved(self) -> dict[str, Any]:
        """Name and level."""
        return {"name": self.name} | ({} if self.level is None else {"level": self.level})

    def to_table(self) -> dict[str, Any]:
        """Name, level, and the constraints by their coefficients."""
        keys = {"==": "equals", "<=": "at_most", ">=": "at_least"}
        constraints = [{**c.functional.to_json(), keys[c.sense]: c.value} for c in self.subject_to]
        return self.resolved() | ({"subject_to": constraints} if constraints else {})

    def constrained(self, subject_to: Any) -> Quantum:
        """The same with further constraints."""
        given = [(c.functional, c.sense, c.value) for c in self.subject_to]
        more = check_subject_to(subject_to, self.shape)
        both = [*given, *((c.functional, c.sense, c.value) for c in more)]
        return Quantum(self.shape, settings=self.settings, level=self.level, subject_to=both)

    def whole_boxes(self) -> QuantumMixing | None:
        """Mixtures of quantum boxes are quantum boxes; with constraints nothing is said of them."""
        return None if self.subject_to else QuantumMixing(self.shape, self.level or "1")

    def __repr__(self) -> str:
        more = "" if self.level is None else f", level {self.level}"
        more += f", {len(self.subject_to)} constraints" if self.subject_to else ""
        return f"Quantum({self.shape[0]}×{self.shape[1]}{more})"

    def _enclose(self, functional: Functional, effort: Effort, hint: Hint) -> Support:
        """Tsirelson's bound, or level 1 and two qubits; many settings go without a solver, which cannot be stopped."""
        if self.subject_to or self.level not in (None, "1"):
            return self._at_level(functional, effort)
        return self.enclose_by(None, functional, effort)

    def _at_level(self, functional: Functional, effort: Effort) -> Support:
        """The level's dual matrix above, two qubits below."""
        begin = time.perf_counter()
        level = self.level or "1"
        found, reason = None, ""
        try:
            found = moment_bound(functional, level, self.subject_to, SEARCH_SHARE * effort.time_limit_s)
        except KeyboardInterrupt:
            reason = "interrupted"
        except SolverError:
            if time.perf_counter() - begin < SEARCH_SHARE * effort.time_limit_s:
                raise
            reason = "time_limit"
        if found is None:
            anyway = self.without_solver(functional, reason)
            if anyway is None:
                raise SolverError(reason)
            return anyway
        if effort.progress is not None:
            effort.progress(-math.inf, found.upper, found.iterations or 0, time.perf_counter() - begin)
        rest = min(10.0, max(1.0, effort.time_limit_s - (time.perf_counter() - begin)))
        rng = np.random.default_rng(effort.seed)
        state: HiddenState
        if self.subject_to:
            reached = constrained_state(functional, self.subject_to, found.proof.multipliers, rng, rest)
            if reached is None:
                raise SolverError("no mixture of two-qubit states was found that meets the constraints")
            state, lower = reached[0], round_down(reached[1])
        else:
            state = seesaw(functional, rng=rng, time_limit_s=rest)
            lower = round_down(exact_value(functional, state.exact_behaviour()))
        reason = "tolerance_met" if found.upper - lower <= effort.tolerance else LEVEL.format(found.proof.level)
        stats = {"seconds": time.perf_counter() - begin, "iterations": found.iterations, "solver": found.solver}
        return Support(Enclosure(lower, found.upper, reason=reason), state, found.proof, stats)

    def load(self) -> float:
        """Load the semidefinite solvers."""
        sdp.load_solvers()
        return 0.0

    def enclose_by(
        self, solver: str | None, functional: Functional, effort: Effort = USUAL, **options: Any
    ) -> Support:
        """Enclose the quantum maximum of the functional, by a solver of your choice.

        Parameters
        ----------
        solver, **options
            As in `nsmodels.engines.solvers.sdp.maximise_over_unit_vectors`; None for the package's choice.
        functional : Functional
        effort : Effort

        Raises
        ------
        SolverError
            The solver gave no verified answer; nothing is concluded from it.
        """
        tolerance, time_limit_s, seed, progress = effort.tolerance, effort.time_limit_s, effort.seed, effort.progress
        self._check(functional)
        marginal_terms = bool(np.any(functional.alice) or np.any(functional.bob))
        matrix = _coupling(functional) if marginal_terms else _coupling(functional)[1:, 1:]
        if solver is None and not options and len(matrix) > MANY_ROWS:
            return self._large(functional, matrix, effort)
        with loading():
            sdp.load_solvers()
        begin = time.perf_counter()
        try:
            answer = sdp.maximise_over_unit_vectors(matrix / 2.0, solver=solver, time_limit_s=time_limit_s, **options)
        except KeyboardInterrupt:
            return self._at_once(functional, "interrupted")
        except SolverError:
            if time.perf_counter() - begin < time_limit_s:
                raise
            return self._at_once(functional, "time_limit")
        # diag(d) − W ⪰ 0 with W half of the coupling, hence the factor 2, which is exact.
        diagonal = 2.0 * answer.diagonal
        upper = _proved(functional, diagonal)
        state: HiddenState
        if marginal_terms:
            rest = max(1.0, time_limit_s - (time.perf_counter() - begin))
            state = seesaw(functional, rng=np.random.default_rng(seed), time_limit_s=min(rest, 10.0))
            lower = round_down(exact_value(functional, state.exact_behaviour()))
            reason = "tolerance_met" if upper - lower <= tolerance else LEVEL_ONE
        else:
            vectors = within_unit_ball(answer.vectors)
            x, y = vectors[: self.shape[0]], vectors[self.shape[0] :]
            state = VectorState(np.zeros(self.shape[0]), np.zeros(self.shape[1]), x=x, y=y)
            lower = round_down(_attained(functional, x, y))
            reason = "tolerance_met"
            if upper - lower > tolerance:
                reason = f"the semidefinite programme leaves a gap of {upper - lower:.3g}"
        level = "1" if marginal_terms else "correlators"
        if progress is not None:
            progress(lower, upper, answer.iterations or 0, time.perf_counter() - begin)
        stats = {
            "seconds": time.perf_counter() - begin,
            "iterations": answer.iterations,
            "solver": answer.solver,
        }
        return Support(Enclosure(lower, upper, reason=reason), state, SemidefiniteProof(level, diagonal), stats)

    def _large(self, functional: Functional, matrix: Array, effort: Effort) -> Support:
        """The same without a solver, whose steps take too long to be stopped; what is proved at the end is quick."""
        tolerance, time_limit_s, seed, progress = effort.tolerance, effort.time_limit_s, effort.seed, effort.progress
        begin = time.perf_counter()
        n_alice = self.shape[0]
        correlators_only = len(matrix) == sum(self.shape)
        first = 0 if correlators_only else 1
        blocks = [slice(0, first)] * first + [slice(first, first + n_alice), slice(first + n_alice, len(matrix))]
        search = UnitVectorSearch(matrix / 2.0, blocks, seed)
        k = functional.constant

        def told(value: float, sweeps: int) -> None:
            if progress is not None:
                progress(k + value, math.inf, sweeps, time.perf_counter() - begin)

        share = SEARCH_SHARE if correlators_only else 0.5 * SEARCH_SHARE
        try:
            reason = search.run(begin + share * time_limit_s, told, 0.3 * tolerance)
        except KeyboardInterrupt:
            reason = "interrupted"
        diagonal = 2.0 * search.diagonal()
        upper = _proved(functional, diagonal)
        nothing = np.zeros(self.shape[0]), np.zeros(self.shape[1])
        state: HiddenState = VectorState(*nothing, x=nothing[0][:, None], y=nothing[1][:, None])
        lower = k
        if correlators_only:
            vectors = np.where(np.abs(search.vectors) < 1e-18, 0.0, search.vectors)
            # as long as 1 within (d + 8)u: shorter than 1 for certain, at no cost that shows
            vectors = vectors * (1.0 - (vectors.shape[1] + 12) * 2.0**-52)
            x, y = vectors[:n_alice], vectors[n_alice:]
            reached = _reached(functional, x, y)
            if reached > lower:
                state, lower = VectorState(*nothing, x=x, y=y), reached
        elif reason != "interrupted":
            rest = begin + SEARCH_SHARE * time_limit_s - time.perf_counter()
            with contextlib.suppress(KeyboardInterrupt):
                qubits = seesaw(functional, rng=np.random.default_rng(seed), time_limit_s=min(max(rest, 0.1), 10.0))
                state, lower = qubits, round_down(exact_value(functional, qubits.exact_behaviour()))
            if reason == "tolerance_met" and upper - lower > tolerance:
                reason = LEVEL_ONE
        if upper - lower <= tolerance:
            reason = "tolerance_met"
        elif reason == "tolerance_met":
            reason = f"stationary vectors leave a gap of {upper - lower:.3g}"
        stats = {"iterations": search.sweeps, "solver": "none"}
        proof = SemidefiniteProof("correlators" if correlators_only else "1", diagonal)
        return Support(Enclosure(lower, upper, reason=reason), state, proof, stats)

    def without_solver(self, functional: Functional, reason: str, seed: int = 0) -> Support | None:
        """What is known without a solver: white noise attains k, and a dominant diagonal proves the sum of moduli."""
        return None if self.subject_to else self._at_once(functional, reason)  # noise need not meet constraints

    def _at_once(self, functional: Functional, reason: str) -> Support:
        marginal_terms = bool(np.any(functional.alice) or np.any(functional.bob))
        matrix = _coupling(functional) if marginal_terms else _coupling(functional)[1:, 1:]
        diagonal = dominant_diagonal(matrix)
        zeros = np.zeros(self.shape[0]), np.zeros(self.shape[1])
        state = VectorState(*zeros, x=zeros[0][:, None], y=zeros[1][:, None])
        value = Enclosure(functional.constant, _proved(functional, diagonal), reason=reason)
        return Support(value, state, SemidefiniteProof("1" if marginal_terms else "correlators", diagonal))


def _proved(functional: Functional, diagonal: Array) -> float:
    """K + ½ Σ diagonal, rounded up."""
    total, exponent = to_integers(diagonal.tolist())
    return round_up(Fraction(functional.constant) + Fraction(sum(total), 1 << (exponent + 1)))


def _reached(functional: Functional, x: Array, y: Array) -> float:
    """K + Σ S_ij x_i·y_j, rounded down: exactly, or in floating point minus what rounding may add where that is long.

    Sums of n_A n_B d products of numbers ≤ 1 in size err by at most (n_A + n_B + d + 4)u Σ|S|.
    """
    table = functional.correlators
    if table.size * x.shape[1] <= EXACT_PRODUCTS:
        return round_down(_attained(functional, x, y))
    size = float(np.abs(table).sum()) + abs(functional.constant)
    value = functional.constant + float(np.sum((table @ y) * x))
    return math.nextafter(value - (sum(table.shape) + x.shape[1] + 8) * 2.0**-52 * size, -math.inf)


def _coupling(functional: Functional) -> Array:
    """The symmetric matrix of α, β and S with rows (1, A, B); f − k = ½ Σ_rs coupling_rs ⟨r|s⟩."""
    n_alice, n_bob = functional.shape
    matrix = np.zeros((1 + n_alice + n_bob,) * 2)
    matrix[0, 1 : 1 + n_alice] = functional.alice
    matrix[0, 1 + n_alice :] = functional.bob
    matrix[1 : 1 + n_alice, 1 + n_alice :] = functional.correlators
    return matrix + matrix.T


def _attained(functional: Functional, x: Array, y: Array) -> Fraction:
    """K + Σ S_ij x_i·y_j, exactly."""
    d = x.shape[1]
    integers, exponent = to_integers([*x.ravel().tolist(), *y.ravel().tolist()])
    left = np.array(integers[: x.size], dtype=object).reshape(-1, d)
    right = np.array(integers[x.size :], dtype=object).reshape(-1, d)
    coefficients, scale = to_integers(functional.correlators.ravel().tolist())
    table = np.array(coefficients, dtype=object).reshape(functional.shape)
    total = int(np.sum((table @ right) * left))
    return Fraction(functional.constant) + Fraction(total, 1 << (2 * exponent + scale))

