"""What a model is: the page to read first.

A non-signalling box with outcomes ±1 has, at each hidden state λ, marginals A_i, B_j and correlators C_ij, and is a
probability distribution exactly when (arXiv:0801.2241, eq. (7))

    −1 + |A_i + B_j| ≤ C_ij ≤ 1 − |A_i − B_j|.

So once the marginals are fixed every correlator is free in its own interval. A model is therefore nothing but a set M
of marginal vectors m = (A_1 … A_nA, B_1 … B_nB) in [−1, 1]^(nA + nB):

    Bell             every entry ±1 (then C = AB is forced)
    Leggett          A_i = η_A u·a_i, B_j = η_B v·b_j with unit vectors u and v
    Unbiased         m = 0
    NonSignalling    all of [−1, 1]^(nA + nB)
    Finite           a given list
    Hull             the union of several models (mixtures make it their hull)

One oracle answers everything. For f = k + Σ α_i A_i + Σ β_j B_j + Σ S_ij C_ij the maximum over the model's boxes, and
so over their mixtures, is

    h(f) = max_{m in M} [k + α·A + β·B + Σ |S_ij| (1 − |A_i − sgn(S_ij) B_j|)]
         = k + Σ|S_ij| − min_{m in M} [Σ |S_ij| |A_i − sgn(S_ij) B_j| − α·A − β·B].

`Model.support` returns an enclosure of h(f), a hidden state that attains the lower end, and a proof of the upper end.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NoReturn

import numpy as np
from numpy.typing import ArrayLike

from ..common.arguments import MOST_SETTINGS, TWO_PARTIES, check_noun, check_size, kind_of, listed, shown, whole
from ..common.interrupts import held
from ..core.effort import NO_HINT, Effort, Hint, Progress
from ..core.enclosure import Enclosure
from ..core.functional import Functional
from ..core.functional_notations import misfit
from ..core.hidden_states import HiddenState, HiddenStates
from ..core.proof import Proof
from ..core.settings import Settings
from ..errors import InputError
from .values import input_effect
from .whole_boxes import WholeBoxes

__all__ = ["Given", "Model", "Progress", "ShapedModel", "Support"]

Given = ArrayLike | None
"""Rows that a result file writes of hidden states, where it does."""


@dataclass(frozen=True)
class Support:
    """What the oracle answers.

    Parameters
    ----------
    value : Enclosure
        Of h(f), for the stored (floating-point) settings and coefficients taken as exact.
    state : HiddenState
        It attains at least ``value.lower``.
    proof : Proof
        It proves ``value.upper``.
    stats : mapping
        ``seconds``, ``compile_seconds``, and what the engine counts (``nodes``, ``iterations``, …).
    others : HiddenStates, optional
        Other local maximisers that the oracle met, where it looks for them.
    """

    value: Enclosure
    state: HiddenState
    proof: Proof
    stats: Mapping[str, Any] = field(default_factory=dict)
    others: HiddenStates | None = None


class Model(ABC):
    """A convex set of boxes known by one oracle. A new model is one small file with one subclass.

    A set of marginal vectors, which `decompose` can mix, is a `nsmodels.models.hidden_variables.HiddenVariableModel`.
    """

    name: str
    settings: Settings | None = None
    """The directions that the model looks at, if any."""
    purity: float | None = None
    """The purity η of the hidden states, of a model that has one."""

    @property
    @abstractmethod
    def shape(self) -> tuple[int, int]:
        """Numbers of settings (n_A, n_B)."""

    def support(
        self,
        functional: Functional,
        *,
        tolerance: float = 1e-6,
        time_limit_s: float = 60.0,
        seed: int = 0,
        progress: Progress | None = None,
        hint: Hint = NO_HINT,
    ) -> Support:
        """Enclose h(f), the maximum of the functional over the model.

        The same for all models: it checks, loads and compiles undisturbed, times, and asks `_enclose`.

        Parameters
        ----------
        functional : Functional
            Of the model's shape.
        tolerance, time_limit_s, seed, progress
            See `nsmodels.core.effort.Effort`.
        hint : Hint
            What is known already.
        """
        self._check(functional)
        with held():
            compiling = self.load()
        begin = time.perf_counter()
        answer = self._enclose(functional, Effort(tolerance, time_limit_s, seed, progress), hint)
        later = float(answer.stats.get("compile_seconds", 0.0))  # what could be compiled only on the way
        seconds = time.perf_counter() - begin - later
        stats = {"seconds": seconds, **answer.stats, "compile_seconds": compiling + later}
        return replace(answer, stats=stats)

    def _enclose(self, functional: Functional, effort: Effort, hint: Hint) -> Support:
        """The oracle itself: what `support` asks."""
        raise NotImplementedError(f"{type(self).__name__} has no oracle: write _enclose")

    def load(self) -> float:
        """Load and compile what the oracle needs, which takes time only once; the seconds of compilation."""
        return 0.0

    @classmethod
    def from_table(cls, table: Any, settings: Settings | None, shape: tuple[int, int]) -> Model:
        """The model that a table [model] of a problem file names.

        Parameters
        ----------
        table : Table
            Typed access to the keys (`nsmodels.files.toml.table.Table`); what it refuses is named with file and line.
        settings : Settings, optional
            There where the registry says that the model needs them.
        shape : (int, int)
            Numbers of settings.
        """
        raise NotImplementedError(f"{cls.__name__} is not read from problem files")

    def resolved(self) -> dict[str, Any]:
        """Name and parameters with all defaults, without tables of numbers, as in the result file."""
        return {"name": self.name}

    def to_table(self) -> dict[str, Any]:
        """The table [model] of a problem file that `from_table` reads: `resolved`, and the tables of numbers."""
        return self.resolved()

    def constrained(self, subject_to: Any) -> Model:
        """The boxes of the model that obey linear constraints (g, "==", c) on their mean values.

        Raises
        ------
        InputError
            For models that cannot be constrained.
        """
        raise InputError(f"{self.name}: this model takes no constraints; quantum does")

    def whole_boxes(self) -> WholeBoxes | None:
        """What `decompose` asks of a model whose states are boxes and not marginals alone; None for all others."""
        return None

    def part(self, index: int | None) -> Model:
        """The model that hidden states of this number belong to: itself, but for a hull."""
        return self

    def restored(self, *, alice: Given = None, bob: Given = None, u: Given = None, v: Given = None) -> HiddenStates:
        """Hidden states from what a result file writes of them, a row each: a party's marginals, or its hidden vectors.

        Raises
        ------
        InputError
            If something that the model's states are made of is missing.
        """
        if alice is None or bob is None:
            raise InputError(f"{self.name}: a hidden state without marginals; give alice and bob")
        return HiddenStates(np.asarray(alice, dtype=np.float64), np.asarray(bob, dtype=np.float64))

    def with_purity(self, eta: float) -> Model | None:
        """The same law with another purity of the hidden states; None for models that have no such number."""
        return None

    def rounding_effect(self, functional: Functional) -> float:
        """How far f, at any box of the model, may move when stored numbers are replaced by the exact ones.

        Unless a model says otherwise its marginals are taken to move no farther than a direction does, as they do for
        every law of purity η ≤ 1 (`input_effect`). A steeper law has to say so.
        """
        return input_effect(functional, 1.0, 1.0, 0.0 if self.settings is None else self.settings.rounding)

    def without_solver(self, functional: Functional, reason: str, seed: int = 0) -> Support | None:
        """What is proved about h(f) without asking the oracle, after Ctrl-C or a solver's failure; None: nothing."""
        return None

    def _check(self, functional: Functional) -> None:
        check_noun(functional, Functional, "functional", self.name)
        if functional.shape != self.shape:
            raise InputError(
                f"{self.name}: the functional is for {functional.shape[0]}×{functional.shape[1]} settings, "
                f"the model has {self.shape[0]}×{self.shape[1]}{misfit(functional.shape, self.shape)}"
            )


def require_model(model: object, question: str) -> None:
    """Refuse what is no model, a class without its parentheses above all.

    Raises
    ------
    InputError
    """
    if isinstance(model, type) and issubclass(model, Model):
        raise InputError(f"{question}: the model is the class {model.__name__}; make one of it: {model.__name__}(…)")
    if not isinstance(model, Model):
        raise InputError(f"{question}: the model is {kind_of(model)}; it must be a Model such as Leggett(settings)")


def _shape_of(shape: tuple[int, int] | None, settings: Settings | None, model: str) -> tuple[int, int]:
    """The shape a model is given directly or through its settings."""
    if settings is not None:
        check_noun(settings, Settings, "argument settings", model)
    if isinstance(shape, Settings):
        given = shape.shape
    elif shape is None and settings is not None:
        given = settings.shape
    else:
        remedy = "give the numbers of settings as shape=(n_A, n_B), or settings="
        numbers = listed(shape, f"{model}: shape", remedy)
        if len(numbers) != 2:
            remedy = TWO_PARTIES if len(numbers) > 2 else remedy
            raise InputError(f"{model}: shape has {len(numbers)} entries; {remedy}")
        n_alice, n_bob = (whole(n, f"{model}: an entry of shape", most=MOST_SETTINGS) for n in numbers)
        given = n_alice, n_bob
    check_size(given, model)
    if settings is not None and given != settings.shape:
        raise InputError(f"{model}: shape {given} differs from that of the settings, {settings.shape}")
    return given


def _refuse_numbers(given: tuple[object, ...], model: str) -> NoReturn:
    """Refuse numbers of settings that are given one by one."""
    if len(given) > 2:
        raise InputError(f"{model}: {len(given)} arguments are given; {TWO_PARTIES}")
    pair = ", ".join(map(shown, given))
    raise InputError(f"{model}: give the numbers of settings as one pair, {model}(({pair})), or settings=")


@dataclass(frozen=True, repr=False, init=False)
class ShapedModel(Model):
    """A model that needs to know nothing but the numbers of settings (abstract).

    Parameters
    ----------
    shape : (int, int), optional
        (n_A, n_B); or give ``settings=``, from which they are taken.
    """

    _shape: tuple[int, int]
    settings: Settings | None

    def __init__(self, shape: tuple[int, int] | None = None, *more: object, settings: Settings | None = None) -> None:
        if more:
            _refuse_numbers((shape, *more), type(self).__name__)
        object.__setattr__(self, "_shape", _shape_of(shape, settings, type(self).__name__))
        object.__setattr__(self, "settings", settings)

    @property
    def shape(self) -> tuple[int, int]:
        """Numbers of settings (n_A, n_B)."""
        return self._shape

    @classmethod
    def from_table(cls, table: Any, settings: Settings | None, shape: tuple[int, int]) -> Model:
        """The model of this shape; it has no keys."""
        return cls(shape)

    def rounding_effect(self, functional: Functional) -> float:
        """That of the coefficients alone: no direction enters."""
        return input_effect(functional, 0.0, 0.0, 0.0)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.shape[0]}×{self.shape[1]})"
