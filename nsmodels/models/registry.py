"""The models by name: one entry each feeds problem files, `nsmodels list`, `nsmodels explain` and the tests.

A new model is one file with its class, one entry here, and one block in the checker. The class reads its own table of a
problem file (`nsmodels.models.base.Model.from_table`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from ..errors import InputError
from .base import Model

__all__ = ["ENTRIES", "Entry", "entry_of", "model_keys", "table_of"]


@dataclass(frozen=True)
class Entry:
    """What is known about a model before it is loaded.

    Parameters
    ----------
    name : str
        As problem files write it.
    home : str
        The module beside this one that has the class, and the name of the class.
    line : str
        What the model is, in one line.
    facts : tuple of str
        What is known about it, a theorem each.
    source : str
    parameters : tuple of str
        Keys of the table [model] besides ``name``.
    needs_settings : bool
        Whether the law refers to directions.
    mixable : bool
        Whether it has hidden states: for hulls, designs and analyses.
    whole_boxes : bool
        Whether its states are boxes that can be mixed, for visibilities.
    """

    name: str
    home: tuple[str, str]
    line: str
    facts: tuple[str, ...] = ()
    source: str = ""
    parameters: tuple[str, ...] = ()
    needs_settings: bool = False
    mixable: bool = True
    whole_boxes: bool = False

    def load(self) -> type[Model]:
        """The class; its module is imported only here."""
        module, name = self.home
        found: type[Model] = getattr(import_module(f".{module}", __package__), name)
        return found


ENTRIES = (
    Entry(
        "leggett",
        ("leggett", "Leggett"),
        "each hidden state is a pair of unit vectors u, v with marginals η_A u·a and η_B v·b",
        (
            "Every hidden state looks like a pure (η = 1) or mixed polarisation state to each party alone: Malus' law "
            "holds locally. The correlators are free within what no signalling and positivity allow.",
            "With a_i along b_i + b_i' and η_A = η_B = η it obeys L3 ≤ 2 − ⅔ η sin(φ/2), and that is tight.",
            "Leggett(η, η) reproduces the correlations −V a·b for all settings at once exactly when "
            "V ≤ ½(1 + √(1 − η²/2)), which is 0.853553 for η = 1; v = −u uniform on the sphere does it.",
            "Keys: eta, or eta_a and eta_b, each 0 or in [1e-30, 1]; 1 unless given.",
        ),
        "arXiv:0801.2241, eqs. (2), (3) and (5); the statement about all settings is derived here",
        ("eta", "eta_a", "eta_b"),
        needs_settings=True,
    ),
    Entry(
        "one_sided",
        ("one_sided", "OneSided"),
        "Malus' law for one party alone, η v·b; the other party's marginals are free",
        (
            "The derivation of L3 uses the law of Bob alone: L3 ≤ 2 − ⅔ η sin(φ/2) for every Alice, and that is tight.",
            "It reproduces the correlations −V a·b for all settings at once only if V ≤ √(1 − η²/4), which is "
            "0.866025 for η = 1. It contains Leggett(η_A, η) for every η_A.",
            'Keys: eta, 0 or in [1e-30, 1], 1 unless given; party, who obeys the law, "bob" unless given, or "alice".',
        ),
        "arXiv:0801.2241, eqs. (8) and (9); the statement about all settings is derived here",
        ("eta", "party"),
        needs_settings=True,
    ),
    Entry(
        "law",
        ("law", "Law"),
        "marginals by a law that you write down: A = F(u·a), B = G(v·b) with any polynomials F, G",
        (
            "F = G = x is Leggett's model. The inequality that excludes a law is found and proved like any other.",
            "Keys: alice and bob, coefficients [c0, c1, …] of a polynomial (at most degree 24) or knots "
            "[[-1, F(-1)], …, [1, F(1)]] of a piecewise linear law, with values in [−1, 1], which is decided exactly; "
            "bob is alice's unless given.",
            'hidden: "free" (u and v independent), "opposite" (v = −u) or "equal" (v = u); "free" unless given. error: '
            "how far the true laws may be from these, a number or [Alice's, Bob's]; bounds then hold for all of them.",
            "All settings at once: `nsmodels.studies.all_settings`.",
        ),
        "arXiv:0801.2241, last section: given a model with non-trivial marginals, find an inequality that tests it",
        ("alice", "bob", "hidden", "error"),
        needs_settings=True,
    ),
    Entry(
        "bell",
        ("bell", "Bell"),
        "every marginal is ±1: deterministic local hidden variables",
        (
            "At marginals ±1 positivity forces C = AB, so the mixtures are the Bell-local correlations.",
            "CHSH ≤ 2; the chained functional of N settings a side is at most 2N − 2.",
            "The bound is found by enumerating the smaller party's outcomes.",
        ),
        "Bell (1964); Clauser, Horne, Shimony, Holt, PRL 23, 880 (1969)",
    ),
    Entry(
        "nonsignalling",
        ("nonsignalling", "NonSignalling"),
        "all marginals in [−1, 1]: every box that does not signal",
        (
            "A box is a probability table exactly when |A + B| ≤ 1 + C and |A − B| ≤ 1 − C at every pair of settings.",
            "CHSH reaches 4, the chained functional 2N. Mixtures give every non-signalling behaviour.",
        ),
        "Popescu and Rohrlich, Found. Phys. 24, 379 (1994); arXiv:0801.2241, eqs. (6) and (7)",
    ),
    Entry(
        "unbiased",
        ("unbiased", "Unbiased"),
        "every marginal vanishes in each hidden state",
        (
            "Each correlator is then free in [−1, 1], so correlators alone never rule it out: the Cerf-Gisin-Massar-"
            "Popescu model, which reproduces the singlet with one PR box, is of this kind.",
        ),
        "Cerf, Gisin, Massar, Popescu, PRL 94, 220403 (2005), quant-ph/0410027",
    ),
    Entry(
        "finite",
        ("finite", "Finite"),
        "a given list of hidden states, a row of marginals each",
        (
            "A discretised hidden-variable set. What it reproduces is reproduced by the model that it samples; what it "
            "does not reproduce may still be reproduced by a finer list.",
            "Keys: alice = [[A_i]…] and bob = [[B_j]…], a row for each hidden state, entries in [−1, 1].",
        ),
        "definition",
        ("alice", "bob"),
    ),
    Entry(
        "hull",
        ("hull", "Hull"),
        "mixtures of hidden states from several models",
        ("The bound of a functional is the largest of the parts' bounds.", 'Key: of = [{name = "bell"}, …].'),
        "definition",
        ("of",),
    ),
    Entry(
        "quantum",
        ("quantum", "Quantum"),
        "quantum correlations, by levels of a hierarchy of semidefinite programmes",
        (
            "Without marginal terms: Tsirelson's bound by a semidefinite programme, attained, with an exact proof. "
            "CHSH ≤ 2√2, chained N ≤ 2N cos(π/2N).",
            "With marginal terms: the upper end is level 1 of the hierarchy of Navascués, Pironio and Acín, the lower "
            "end is attained by two qubits. Both are proved; they may be far apart.",
            "Key: level, 1, 1+AB, 2 or 3: higher levels prove sharper upper ends. I3322 is at most 0.375, 0.251471, "
            "0.250940 and 0.250876 there.",
            "Visibility: the largest V for which V·P + (1 − V)·noise is quantum; what excludes more is an inequality "
            "whose bound is proved at the level, what shows it is a mixture of states. The PR box reaches 1/√2.",
            'Key: subject_to, constraints such as [{name = "hardy", at_least = 0.0}]: tables like [functional] with '
            "equals, at_most or at_least.",
        ),
        "Tsirelson, Lett. Math. Phys. 4, 93 (1980); Navascués, Pironio, Acín, PRL 98, 010401 (2007)",
        ("level", "subject_to"),
        mixable=False,
        whole_boxes=True,
    ),
    Entry(
        "two_qubits",
        ("two_qubits", "TwoQubits"),
        "all states of two qubits, measured along the given directions (kind = bound only)",
        (
            "The largest value of a functional over all states, for given settings: the largest eigenvalue of an "
            "operator of four dimensions, enclosed and proved.",
            "On the settings chsh it is 2√2 for chsh, which the singlet reaches.",
        ),
        "definition",
        needs_settings=True,
        mixable=False,
    ),
)


def entry_of(table: Any, names: Sequence[str] = ()) -> Entry:
    """The entry that a table [model] names, one of these names (all by default); other models' keys are refused."""
    known = list(names) or [entry.name for entry in ENTRIES]
    name = table.choice("name", known, remedy=f"name the model, one of {', '.join(known)}")
    entry = next(entry for entry in ENTRIES if entry.name == name)
    table.only(("name", *entry.parameters), f"the model {name}")
    return entry


def table_of(model: Model) -> dict[str, Any]:
    """The table [model] of a problem file that names this model.

    Raises
    ------
    InputError
        If it is a model of the user's, which no file can name.
    """
    entry = next((entry for entry in ENTRIES if entry.name == model.name), None)
    if entry is None or type(model) is not entry.load():
        remedy = "only models that `nsmodels list models` shows have a name there"
        raise InputError(f"{type(model).__name__}: no problem file can name this model; {remedy}")
    return model.to_table()


def model_keys() -> tuple[str, ...]:
    """Every key that a table [model] of some model has."""
    return tuple(dict.fromkeys(["name", *(key for entry in ENTRIES for key in entry.parameters)]))
