"""Functionals as formulas: plain text, LaTeX and HTML."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import numpy as np

from ..common.arrays import Array

__all__ = ["NOISE", "html", "latex", "number", "plain", "without_noise"]

NOISE = 1e-9
"""Share of the largest coefficient below which coefficients are left over by solvers: they are not shown."""


def without_noise(constant: float, alice: Array, bob: Array, correlators: Array) -> tuple[float, Array, Array, Array]:
    """The coefficients as they are shown; what is certified keeps all of them."""
    parts = (alice, bob, correlators)
    least = NOISE * max(float(np.abs(part).max(initial=0.0)) for part in parts)
    cut_alice, cut_bob, cut_correlators = (np.where(np.abs(part) <= least, 0.0, part) for part in parts)
    return (0.0 if abs(constant) <= least else constant), cut_alice, cut_bob, cut_correlators


def _short_fraction(value: float) -> Fraction | None:
    """The fraction with a denominator up to 64 whose nearest double is the value, if there is one."""
    fraction = Fraction(value).limit_denominator(64)
    return fraction if float(fraction) == value else None


def number(value: float, *, tex: bool = False) -> str:
    """A coefficient: a short fraction where the double is nearest to one, else six digits."""
    fraction = _short_fraction(value)
    if fraction is None:
        return f"{value:.6g}"
    if fraction.denominator == 1:
        return str(fraction.numerator)
    if tex:
        sign = "-" if fraction < 0 else ""
        return rf"{sign}\tfrac{{{abs(fraction.numerator)}}}{{{fraction.denominator}}}"
    return f"{fraction.numerator}/{fraction.denominator}"


def _name(letter: str, index: str, form: str) -> str:
    """A mean value with its index, as the form writes it."""
    return {"text": f"{letter}{index}", "latex": f"{letter}_{{{index}}}", "html": f"{letter}<sub>{index}</sub>"}[form]


def _terms(alice: Array, bob: Array, correlators: Array, form: str) -> Iterator[tuple[float, str]]:
    for letter, coefficients in (("A", alice), ("B", bob)):
        for index in np.flatnonzero(coefficients):
            yield float(coefficients[index]), _name(letter, str(index), form)
    separator = "," if max(correlators.shape) > 10 else ""
    for i, j in np.argwhere(correlators):
        yield float(correlators[i, j]), _name("C", f"{i}{separator}{j}", form)


def _joined(constant: float, alice: Array, bob: Array, correlators: Array, form: str, most: int | None) -> str:
    constant, alice, bob, correlators = without_noise(constant, alice, bob, correlators)
    terms = _terms(alice, bob, correlators, form)
    tex = form == "latex"
    minus = "-" if tex else "−"
    product = r"\," if tex else " "
    text = "" if constant == 0.0 else number(constant, tex=tex).replace("-", minus)
    for count, (coefficient, name) in enumerate(terms):
        if most is not None and count == most:
            left = 1 + sum(1 for _ in terms)
            return rf"{text} + \dots" if tex else f"{text} + … ({left} terms more)"
        size = number(abs(coefficient), tex=tex)
        body = name if size == "1" else f"{size}{product}{name}"
        if text:
            text += f" {minus if coefficient < 0 else '+'} {body}"
        else:
            text = f"{minus}{body}" if coefficient < 0 else body
    return text or "0"


def plain(constant: float, alice: Array, bob: Array, correlators: Array, most: int | None = None) -> str:
    """One line of text, such as ``C00 + C01 + C10 − C11``; at most so many terms where that is said."""
    return _joined(constant, alice, bob, correlators, "text", most)


def latex(constant: float, alice: Array, bob: Array, correlators: Array, most: int | None = None) -> str:
    r"""One line of LaTeX, such as ``C_{00} + C_{01} + C_{10} - C_{11}``."""
    return _joined(constant, alice, bob, correlators, "latex", most)


def html(constant: float, alice: Array, bob: Array, correlators: Array, most: int | None = None) -> str:
    """One line of HTML with subscripts, which needs no script to be read."""
    return _joined(constant, alice, bob, correlators, "html", most)
