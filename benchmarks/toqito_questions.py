"""The same ten questions in toqito and here: code, values and times, as the table of docs/beside_toqito.md.

Usage: python benchmarks/toqito_questions.py

Where toqito is not installed its columns say so, and nothing else changes.
"""

import importlib.util
import time
from collections.abc import Callable
from typing import Any

import numpy as np

import nsmodels as ns

SIZE = 10
INSTALLED = importlib.util.find_spec("toqito") is not None
CHSH = np.array([[0, 0, 0], [0, 1, 1], [0, 1, -1]])
I3322 = ns.functionals.i3322().to_collins_gisin()
RANDOM = np.random.default_rng(3).standard_normal((SIZE + 1, SIZE + 1))
RANDOM[0, 0] = 0.0
WINS = np.array([[[[float((a ^ b) == x * y) for y in (0, 1)] for x in (0, 1)] for b in (0, 1)] for a in (0, 1)])


def theirs(table: Any, settings: int, notation: str, kind: str, level: Any = 1) -> Callable[[], float]:
    """A question to toqito about a functional."""

    def ask() -> float:
        from toqito.state_opt import bell_inequality_max

        return float(bell_inequality_max(table, [2, 2, settings, settings], notation, kind, level))

    return ask


def game(method: str) -> Callable[[], float]:
    """A question to toqito about the CHSH game."""

    def ask() -> float:
        from toqito.nonlocal_games.nonlocal_game import NonlocalGame

        return float(getattr(NonlocalGame(np.full((2, 2), 0.25), WINS), method)())

    return ask


def ours(functional: ns.Functional, model: Any) -> Callable[[], Any]:
    """A question to this package."""
    return lambda: ns.bound(functional, model)


def questions() -> list[tuple[str, Callable[[], float], Callable[[], Any]]]:
    """Ten questions: what is asked, there and here."""
    chsh, i3322 = ns.functionals.chsh(), ns.functionals.i3322()
    random = ns.Functional.from_full_correlators(RANDOM)
    won = ns.Functional.from_game(np.full((2, 2), 0.25), WINS)
    two, three, many = (2, 2), (3, 3), (SIZE, SIZE)
    return [
        ("CHSH, local", theirs(CHSH, 2, "fc", "classical"), ours(chsh, ns.Bell(two))),
        ("CHSH, non-signalling", theirs(CHSH, 2, "fc", "nosignal"), ours(chsh, ns.NonSignalling(two))),
        ("CHSH, quantum", theirs(CHSH, 2, "fc", "quantum"), ours(chsh, ns.Quantum(two))),
        ("I3322, local", theirs(I3322, 3, "cg", "classical"), ours(i3322, ns.Bell(three))),
        ("I3322, non-signalling", theirs(I3322, 3, "cg", "nosignal"), ours(i3322, ns.NonSignalling(three))),
        ("I3322, level 1+AB", theirs(I3322, 3, "cg", "quantum", "1+ab"), ours(i3322, ns.Quantum(three, level="1+AB"))),
        ("CHSH game, local", game("classical_value"), ours(won, ns.Bell(two))),
        ("CHSH game, quantum", game("commuting_measurement_value_upper_bound"), ours(won, ns.Quantum(two))),
        (f"random {SIZE}×{SIZE}, local", theirs(RANDOM, SIZE, "fc", "classical"), ours(random, ns.Bell(many))),
        (f"random {SIZE}×{SIZE}, non-signalling", theirs(RANDOM, SIZE, "fc", "nosignal"),
         ours(random, ns.NonSignalling(many))),
    ]  # fmt: skip


def timed(ask: Callable[[], Any]) -> tuple[Any, float]:
    """The answer of the second call, and its time: nothing is loaded or compiled any more."""
    ask()
    begin = time.perf_counter()
    answer = ask()
    return answer, time.perf_counter() - begin


def main() -> None:
    """Print the table."""
    print("| question | toqito | time | here | time |\n|---|---|---|---|---|")
    for name, there, here in questions():
        answer, seconds = timed(here)
        own = f"[{answer.lower:.10g}, {answer.upper:.10g}]"
        their, spent = "not installed", "–"
        if INSTALLED:
            value, took = timed(there)
            their, spent = f"{value:.10g}", f"{1000 * took:.3g} ms"
        print(f"| {name} | {their} | {spent} | {own} | {1000 * seconds:.3g} ms |", flush=True)


if __name__ == "__main__":
    main()
