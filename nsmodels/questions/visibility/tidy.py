"""Inequalities people can publish: coefficients rounded to small integers, and the bound proved again.

A functional from a linear program is normalised to a largest coefficient q and rounded to integers, for growing q,
until the rounded functional still proves nearly the same critical visibility. The oracle proves the bound of every
candidate anew: nothing of the unrounded inequality is taken over.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...common.arguments import check_noun, check_options, listed, number, whole
from ...common.digits import at_least, at_most
from ...core.enclosure import Enclosure
from ...core.functional import Functional, Inequality
from ...core.settings import Settings
from ...errors import InputError, NsmodelsError
from ...functionals import leggett3, leggett_n
from ...models.base import Model
from .bounds import difference
from .result import DecomposeResult
from .rows import Target, make_target
from .upper_end import UpperEnd

__all__ = ["TidyInequality", "tidy"]

SIZES = (*range(1, 13), 14, 15, 16, 18, 20, 24, 30, 36, 48, 60, 100, 200, 500, 1000)
"""Largest coefficients q that are tried, in this order."""


@dataclass(frozen=True, eq=False, repr=False)
class TidyInequality:
    """An inequality with small integer coefficients, proved, and what it says about a behaviour.

    Parameters
    ----------
    inequality : Inequality
        With integer coefficients and its proof.
    value : float
        On the behaviour (the quantum value, for a quantum behaviour).
    visibility : float
        Proved: above it the behaviour, mixed with the noise, violates the inequality.
    optimal : Enclosure
        The critical visibility of the best inequality on the same settings.
    standard : dict or None
        The inequality L_N of arXiv:0801.2241 on the same settings, where they are made for it: ``name``, ``bound``,
        ``value``, ``visibility``.
    settings : Settings or None
    """

    inequality: Inequality
    value: float
    visibility: float
    optimal: Enclosure
    standard: dict[str, Any] | None
    settings: Settings | None

    @property
    def violation(self) -> float:
        """Value minus bound."""
        return self.value - self.inequality.bound

    @property
    def used(self) -> tuple[list[int], list[int]]:
        """Settings with a coefficient that is not zero, Alice's and Bob's."""
        f = self.inequality.functional
        rows = np.flatnonzero(f.correlators.any(axis=1) | (f.alice != 0.0)).tolist()
        columns = np.flatnonzero(f.correlators.any(axis=0) | (f.bob != 0.0)).tolist()
        return rows, columns

    def text(self) -> str:
        """The inequality, its bound, the value and the critical visibility; then a table of the settings in use."""
        lines = [
            self.inequality.text(),
            f"  proved for          {self.inequality.model}",
            f"  value here          {self.value:.9g}",
            f"  violation           {at_least(self.violation, 6)}",
            f"  critical visibility {at_most(self.visibility, 7)} "
            f"(best possible on these settings: {at_most(self.optimal.upper, 7)})",
        ]
        if self.standard is not None:
            s = self.standard
            lines.append(f"  {s['name']} for comparison: value {s['value']:.7g}, bound {at_most(s['bound'], 7)}, "
                         f"critical visibility {at_most(s['visibility'], 7)}")  # fmt: skip
        return "\n".join([*lines, *self._table()])

    def _table(self) -> list[str]:
        if self.settings is None:
            return []
        out = ["settings in use (unit vectors)"]
        for letter, vectors, used in zip("AB", (self.settings.alice, self.settings.bob), self.used, strict=True):
            for index in used:
                out.append(f"  {letter}{index:<4}" + "".join(f"{x + 0.0:>13.9f}" for x in vectors[index].tolist()))
        return out

    def latex(self) -> str:
        """The inequality and a table of the settings in use, in LaTeX."""
        lines = [rf"\[ {self.inequality.latex()} \]"]
        if self.settings is not None:
            lines += [r"\begin{tabular}{lrrr}", r"setting & $x$ & $y$ & $z$ \\ \hline"]
            for letter, vectors, used in zip("AB", (self.settings.alice, self.settings.bob), self.used, strict=True):
                for index in used:
                    entries = " & ".join(f"${x + 0.0:.6f}$" for x in vectors[index].tolist())
                    lines.append(rf"${letter}_{{{index}}}$ & {entries} \\")
            lines.append(r"\end{tabular}")
        return "\n".join(lines)

    def to_json(self) -> dict[str, Any]:
        """Coefficients, bound, value, violation, visibility, settings in use, comparison."""
        rows, columns = self.used
        return {
            "inequality": self.inequality.to_json(),
            "model": self.inequality.model,
            "value": self.value,
            "violation": self.violation,
            "visibility": self.visibility,
            "optimal": {"lower": self.optimal.lower, "upper": self.optimal.upper},
            "standard": self.standard,
            "used": {"alice": rows, "bob": columns},
            "settings": None
            if self.settings is None
            else {"alice": self.settings.alice.tolist(), "bob": self.settings.bob.tolist()},
        }

    def __repr__(self) -> str:
        return f"TidyInequality({self.inequality.text()}, visibility {at_most(self.visibility, 7)})"


def tidy(
    result: DecomposeResult,
    *,
    loss: float = 1e-4,
    sizes: Sequence[int] = SIZES,
    time_limit_s: float = 20.0,
    seed: int = 0,
) -> TidyInequality:
    """The shortest inequality with integer coefficients that proves nearly the same critical visibility.

    Parameters
    ----------
    result : DecomposeResult
        With an inequality (V < 1).
    loss : float
        By how much the proved visibility may exceed that of the result. If no rounding is that good, the best is
        returned.
    sizes : sequence of int
        Largest coefficients to try.
    time_limit_s : float
        No further candidate is tried after so many seconds.
    seed : int

    Raises
    ------
    InputError
        If there is no inequality.
    """
    check_noun(result, DecomposeResult, "result", "tidy")
    if result.inequality is None:
        raise InputError("tidy: there is no inequality, because the behaviour itself has a model or nothing was proved")
    number(loss, "tidy: loss")
    sizes = [whole(q, "tidy: an entry of sizes") for q in listed(sizes, "tidy: sizes", "give a list of whole numbers")]
    check_options("tidy", time_limit_s=time_limit_s, seed=seed)
    begin = time.perf_counter()
    f = result.inequality.functional
    target = make_target(
        result.behaviour, result.noise, marginals="match" if f.alice.any() or f.bob.any() else "free",
        symmetric_model=False,
    )  # fmt: skip
    size = max(float(np.abs(x).max()) for x in (f.correlators, f.alice, f.bob))
    best: UpperEnd | None = None
    tried: set[Functional] = set()
    for q in sizes:
        left = time_limit_s - (time.perf_counter() - begin)
        if left <= 0.0 and best is not None:
            break
        table, alice, bob = (np.round(x * (q / size)) + 0.0 for x in (f.correlators, f.alice, f.bob))
        candidate = _reduced(Functional(table, alice, bob))
        if candidate in tried:
            continue
        tried.add(candidate)
        end = _prove(candidate, result.model, target, 0.1 * loss, max(left, 0.5), seed)
        if end is None:
            continue
        if best is None or end.visibility < best.visibility:
            best = end
        if end.visibility <= result.upper + loss:
            break
    if best is None:
        raise InputError("tidy: no rounding of the coefficients tells the behaviour from the noise; raise sizes")
    # the chosen one once more, as sharply as time allows
    sharp = _prove(
        best.functional, result.model, target, 1e-9, max(time_limit_s - (time.perf_counter() - begin), 2.0), seed
    )
    if sharp is not None and sharp.visibility < best.visibility:
        best = sharp
    settings = result.model.settings or result.behaviour.settings
    inequality = Inequality(best.functional, best.bound, best.proof, result.model.name)
    return TidyInequality(
        inequality, best.functional.value(result.behaviour), best.visibility, result.visibility,
        _standard(result, settings, target, seed), settings,
    )  # fmt: skip


def _reduced(functional: Functional) -> Functional:
    """Integer coefficients divided by their greatest common divisor."""
    values = np.concatenate([functional.correlators.ravel(), functional.alice, functional.bob]).astype(np.int64)
    divisor = int(np.gcd.reduce(np.abs(values)))
    if divisor <= 1:
        return functional
    return Functional(functional.correlators / divisor, functional.alice / divisor, functional.bob / divisor)


def _prove(
    functional: Functional, model: Model, target: Target, tolerance: float, time_limit_s: float, seed: int
) -> UpperEnd | None:
    """The proved upper end of a functional; tolerance is for the visibility."""
    step, _ = difference(functional, target)
    if not step > 0.0:
        return None
    support = model.support(functional, tolerance=tolerance * step, time_limit_s=time_limit_s, seed=seed)
    return UpperEnd.of(functional, support.value, support.proof, model, target)


def _standard(result: DecomposeResult, settings: Settings | None, target: Target, seed: int) -> dict[str, Any] | None:
    """L_N on settings that are made for it, for comparison."""
    if settings is None or settings.family not in ("leggett_triads", "leggett_directions"):
        return None
    build = leggett3 if settings.family == "leggett_triads" else leggett_n
    try:
        functional = build(settings)
        end = _prove(functional, result.model, target, 1e-7, 10.0, seed)
        if end is None:
            return None
        value = functional.value(result.behaviour)
    except NsmodelsError:
        return None
    return {
        "name": functional.name or "L_N",
        "bound": end.bound,
        "value": value,
        "visibility": end.visibility,
        "width": result.model.rounding_effect(functional),
    }
