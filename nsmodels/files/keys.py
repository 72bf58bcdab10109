"""Every key of a problem file: what it means, which values it takes, what holds where it is left out.

`nsmodels.files.schema` makes the JSON Schema of these, and the reference in the documentation is written from them. The
names themselves are in `nsmodels.files.toml.table`; a test holds both together.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from ..core.general_scenario import MOST_ENTRIES, MOST_PARTIES
from ..engines.moments.words import LEVELS
from ..settings import DIRECTIONS
from .options import MAX_SECONDS, MAX_TOLERANCE
from .sections.correlations import MAX_CHAIN, MAX_COEFFICIENT
from .sections.design import MOST_CORRELATORS, MOST_DIRECTIONS, MOST_STARTS, OBJECTIVES, PLANES, SHARING
from .sections.expected import VERDICTS
from .sections.scenario import MOST_LEVELS, SCENARIO_TABLES
from .sections.settings import MAX_DEGREES, MAX_SEED
from .toml.table import ALIASES, MAX_SETTINGS

__all__ = ["KEYS", "SCENARIO_KEYS", "TABLE_LINES", "Key"]

Schema = Mapping[str, Any]


@dataclass(frozen=True)
class Key:
    """One key of a table.

    Parameters
    ----------
    meaning : str
        What it says, in one sentence without its full stop.
    values : mapping
        The JSON Schema of its values.
    default : str
        What holds where it is left out; empty where something else must then be given.
    """

    meaning: str
    values: Schema
    default: str = ""


def _number(low: float | None = None, high: float | None = None, *, above: float | None = None) -> dict[str, Any]:
    limits = {"minimum": low, "maximum": high, "exclusiveMinimum": above}
    return {"type": "number", **{key: value for key, value in limits.items() if value is not None}}


def _integer(low: int, high: int) -> dict[str, Any]:
    return {"type": "integer", "minimum": low, "maximum": high}


def _word(*words: str) -> dict[str, Any]:
    """One of these words, or an American spelling of one."""
    return {"type": "string", "enum": [*words, *(other for other, word in ALIASES.items() if word in words)]}


def _vector(bound: float) -> dict[str, Any]:
    return {"type": "array", "items": _number(-bound, bound)}


def _rows(width: int | None = None, bound: float | None = None) -> dict[str, Any]:
    entries = {"type": "number"} if bound is None else _number(-bound, bound)
    row: dict[str, Any] = {"type": "array", "items": entries}
    if width is not None:
        row |= {"minItems": width, "maxItems": width}
    return {"type": "array", "minItems": 1, "maxItems": MAX_SETTINGS, "items": row}


_ROW_OF_COUNTS = {"type": "array", "items": _number(0.0), "minItems": 6, "maxItems": 6}
_COUNTS = {"type": "array", "minItems": 1, "items": _ROW_OF_COUNTS}
_CORRELATORS = {
    "type": "array",
    "minItems": 1,
    "items": {"type": "array", "items": {"type": "number"}, "minItems": 3, "maxItems": 3},
}
_ERRORS = {"type": "array", "minItems": 1, "items": _number(above=0.0)}
_SHARE = {"type": "number", "exclusiveMinimum": 0.0, "exclusiveMaximum": 1.0}
_PLATES = {
    "type": "array",
    "minItems": 1,
    "items": {"type": "array", "items": _number(-MAX_DEGREES, MAX_DEGREES), "minItems": 1, "maxItems": 3},
}
_TEXT = {"type": "string"}
_FLAG = {"type": "boolean"}
_PAIR = {"type": "array", "items": {"type": "integer", "minimum": 0}, "minItems": 2, "maxItems": 2}
_PAIRS = {"type": "array", "minItems": 1, "uniqueItems": True, "items": _PAIR}
_PURITY = _number(0.0, 1.0)
_LAW = {"anyOf": [_rows(bound=1.0), {"type": "array", "minItems": 1, "items": {"type": "number"}}]}
_ERROR = {"anyOf": [_number(0.0, 1.0), {"type": "array", "items": _number(0.0, 1.0), "minItems": 2, "maxItems": 2}]}
_POLAR = _rows(2, MAX_DEGREES)
_MARGINALS_FIRST = {**_rows(bound=MAX_COEFFICIENT), "minItems": 2, "maxItems": MAX_SETTINGS + 1}
_OUTCOMES = {"type": "array", "minItems": 2, "maxItems": 2}
_AXES = {"anyOf": [_word(*DIRECTIONS), _rows(3)]}

_COUNT = _integer(2, 100)
_CHANCES = {"type": "array", "items": _number(0.0)}
_EACH = {"type": "array", "minItems": 1, "maxItems": MOST_PARTIES,
         "items": {"type": "array", "minItems": 1, "items": _COUNT}}  # fmt: skip
_LEVELS = _integer(2, MOST_LEVELS)

TABLE_LINES: Mapping[str, str] = MappingProxyType({
    "model": "The law that the local marginals of hidden states obey.",
    "settings": "The directions that are measured: a family, rows of unit vectors, or angles.",
    "functional": "The left-hand side of the inequality: a name, or coefficients.",
    "behaviour": "The correlations in question: a name, or numbers. The singlet on the settings where it is left out.",
    "design": "The search for settings on which the singlet excludes the model.",
    "data": "What was measured: counts, a CSV file of them, or published correlators with the trials behind them.",
    "prediction": "What quantum theory predicts, before the data are looked at: one of the three keys.",
    "options": "What the run may cost and how narrow the answer shall be.",
    "expected": "What a theorem or a source says; a run that disagrees ends with exit code 1.",
    "scenario": "More outcomes or parties: problems with this table have keys of their own in the others.",
})  # fmt: skip
"""What each table is for."""

KEYS: Mapping[str, Mapping[str, Key]] = MappingProxyType({
    "": {
        "schema": Key("the version of this format", {"const": 1}),
        "kind": Key("what is asked", {}),
        "title": Key("a line for people", _TEXT, "the name of the file"),
        "source": Key("where the problem was published", _TEXT, "none"),
    },
    "model": {
        "name": Key("which model", {}),
        "eta": Key("η, the purity of hidden states of the parties that obey the law", _PURITY, "1"),
        "eta_a": Key("η of Alice's side, beside eta_b and instead of eta", _PURITY, "1"),
        "eta_b": Key("η of Bob's side, beside eta_a and instead of eta", _PURITY, "1"),
        "party": Key("who obeys the law", _word("bob", "alice"), '"bob"'),
        "alice": Key("Alice's marginals, a row for each hidden state; of a law its coefficients or knots", _LAW),
        "bob": Key("Bob's marginals, a row for each hidden state; of a law its coefficients or knots", _LAW),
        "hidden": Key("how v of a law depends on u", _word("free", "opposite", "equal"), '"free"'),
        "error": Key("how far the true laws may be from those given: for both, or [Alice's, Bob's]", _ERROR, "0"),
        "of": Key(
            "the models whose hidden states may be mixed, each a table like [model]",
            {"type": "array", "minItems": 1, "maxItems": 100, "items": {"type": "object"}},
        ),
        "level": Key("of the hierarchy of quantum boxes", {"enum": [*LEVELS, 1, 2, 3]}, "1, or Tsirelson's theorem"),
        "subject_to": Key(
            "constraints, each a table like [functional] with equals, at_most or at_least",
            {"type": "array", "minItems": 1, "items": {"type": "object"}}, "none",
        ),
    },
    "settings": {
        "family": Key("a named family of directions", {}),
        "alice": Key("Alice's directions, rows [x, y, z] of length 1", _rows(3)),
        "bob": Key("Bob's directions, rows [x, y, z] of length 1", _rows(3)),
        "alice_deg": Key("Alice's directions, rows [polar, azimuth] in degrees on the Poincaré sphere", _POLAR),
        "bob_deg": Key("Bob's directions, rows [polar, azimuth] in degrees on the Poincaré sphere", _POLAR),
        "alice_waveplates_deg": Key("Alice's analysers, rows [polariser], [polariser, quarter] or with half", _PLATES),
        "bob_waveplates_deg": Key("Bob's analysers, rows [polariser], [polariser, quarter] or with half", _PLATES),
        "normalise": Key("whether rows of any length are taken for their directions", _FLAG, "false"),
        "phi_deg": Key("φ, the full opening between b_i and b_i'", _number(-MAX_DEGREES, MAX_DEGREES)),
        "mirror": Key("whether leggett_triads is the mirror family", _FLAG, "false"),
        "directions": Key("the axes e_i: a name, or rows [x, y, z]", _AXES),
        "n": Key("how many directions each party has", _integer(1, MAX_SETTINGS)),
        "n_alice": Key("how many directions Alice has", _integer(1, MAX_SETTINGS)),
        "n_bob": Key("how many directions Bob has", _integer(1, MAX_SETTINGS)),
        "seed": Key("of the random directions", _integer(0, MAX_SEED), "0"),
        "uncertainty_deg": Key("each direction is known within this angle on the sphere", _number(0.0, 30.0), "0"),
        "waveplate_uncertainty_deg": Key("each plate and polariser is known within this", _number(0.0, 30.0), "0"),
    },
    "functional": {
        "name": Key("a named functional", {}),
        "correlators": Key("S_ij, rows for Alice and columns for Bob", _rows(bound=MAX_COEFFICIENT)),
        "alice": Key("the coefficients of Alice's marginals", _vector(MAX_COEFFICIENT), "zeros"),
        "bob": Key("the coefficients of Bob's marginals", _vector(MAX_COEFFICIENT), "zeros"),
        "constant": Key("what is added", _number(-MAX_COEFFICIENT, MAX_COEFFICIENT), "0"),
        "n": Key("of the functionals chained and imm22", _integer(1, MAX_CHAIN), "the number of Alice's settings"),
        "beta": Key("β of the functional tilted_chsh", _number(-MAX_COEFFICIENT, MAX_COEFFICIENT)),
        "p": Key("of biased_chsh, the probability of Alice's question 0", _number(0.0, 1.0)),
        "q": Key("of biased_chsh, the probability of Bob's question 0", _number(0.0, 1.0)),
        "collins_gisin": Key("coefficients of 1, P(+|b), P(+|a) and P(++|ab), marginals first", _MARGINALS_FIRST),
        "full_correlators": Key("coefficients of 1, B, A and C, marginals first", _MARGINALS_FIRST),
        "probabilities": Key("coefficients s[a][b][x][y] of p[a,b,x,y]", _OUTCOMES),
        "moduli": Key("whether the data choose which outcomes of Alice are exchanged; it is paid for", _FLAG, "false"),
    },
    "behaviour": {
        "name": Key("a named behaviour", {}, '"singlet", unless correlators are given'),
        "correlators": Key("C_ij, rows for Alice and columns for Bob", _rows()),
        "alice": Key("Alice's marginals", _vector(1.0), "unknown, hence free"),
        "bob": Key("Bob's marginals", _vector(1.0), "unknown, hence free"),
        "pairs": Key("the pairs [alice, bob] that are known, counted from 0", _PAIRS, "all"),
        "marginals": Key(
            "whether the model must give the marginals too", _word("match", "free"), '"match", with errors "free"'
        ),
        "noise": Key('what a visibility mixes in: "white", or a table (correlators, alice, bob)', {}, '"white"'),
        "visibility": Key("V of the behaviour werner", _number(0.0, 1.0)),
        "theta_deg": Key("θ of the behaviour partially_entangled", _number(-MAX_DEGREES, MAX_DEGREES)),
        "counts": Key("instead of correlators: rows [alice, bob, pp, pm, mp, mm]; rows of a pair add up", _COUNTS),
        "errors": Key("σ of correlators, alice and bob, a table with these keys", {}, "none: exact numbers"),
    },
    "design": {
        "n_alice": Key("how many directions Alice has", _integer(1, MOST_DIRECTIONS), "as in start"),
        "n_bob": Key("how many directions Bob has", _integer(1, MOST_DIRECTIONS), "as in start"),
        "pairs": Key("the pairs [alice, bob] that are measured, counted from 0", _PAIRS, "all"),
        "correlators": Key("how many pairs, the best ones being searched for", _integer(1, MOST_CORRELATORS)),
        "objective": Key("what is minimised: the visibility, or the pairs for 5 σ", _word(*OBJECTIVES), '"visibility"'),
        "visibility": Key("at which the significance is counted", _number(high=1.0, above=0.0), "0.98"),
        "sharing": Key("how the particles are shared among the pairs of settings", _word(*SHARING), '"optimal"'),
        "starts": Key("how many random starts", _integer(0, MOST_STARTS), "20"),
        "plane": Key("who measures in one plane", {"anyOf": [_FLAG, _word(*PLANES)]}, "false"),
        "symmetric": Key("a rotation group that the settings shall have", _TEXT, "none"),
        "minimum_angle_deg": Key("the least angle between directions of one party", _number(0.0, 89.0), "0"),
        "start": Key("settings to improve, a table like [settings]", {"type": "object"}, "none"),
    },
    "data": {
        "counts": Key("rows [alice, bob, pp, pm, mp, mm]; rows of a pair add up", _COUNTS),
        "file": Key("a CSV file beside the problem with the header alice,bob,pp,pm,mp,mm", _TEXT),
        "correlators": Key("rows [alice, bob, C], where only these were published", _CORRELATORS),
        "shots": Key("trials of each pair: one number, or one for each correlator", {}, "then errors"),
        "errors": Key("σ of each correlator, from which the trials are inferred", _ERRORS, "then shots"),
        "accidentals": Key("rows as in counts, subtracted for values and σ, never for p-values", _COUNTS, "none"),
        "random_settings": Key("whether settings were drawn at random in every trial", _FLAG, "false"),
    },
    "prediction": {
        "visibility": Key("of the singlet on the settings", _number(0.0, 1.0), "0.98"),
        "split": Key("the share of the trials that predicts, and is not judged", _SHARE),
        "correlators": Key("C_ij, rows for Alice and columns for Bob", _rows(bound=1.0)),
    },
    "options": {
        "tolerance": Key(
            "the wanted width of the enclosure", _number(high=MAX_TOLERANCE, above=0.0), "1e-6, for marginals 1e-9"
        ),
        "time_limit_s": Key("seconds that the question may take", _number(high=MAX_SECONDS, above=0.0), "60"),
        "seed": Key("of whatever is random in the search", _integer(0, 2**32 - 1), "0"),
        "confidence": Key("a model is excluded where p ≤ 1 − confidence", _SHARE, "0.99"),
        "allow_signalling": Key("whether data that signal are judged all the same", _FLAG, "false"),
    },
    "expected": {
        "value": Key("the expected value, instead of lower and upper", {"type": "number"}),
        "lower": Key("the lower end of what is expected", {"type": "number"}, "−∞"),
        "upper": Key("the upper end of what is expected", {"type": "number"}, "∞"),
        "tolerance": Key("how far the answer may be from it", _number(0.0), "the tolerance of [options]"),
        "source": Key("who says so", _TEXT, "none"),
        "verdict": Key("what an analysis shall conclude", _word(*VERDICTS), "not compared"),
    },
    "scenario": {
        "outcomes": Key("for each party the outcomes of each setting, or one number", {"anyOf": [_COUNT, _EACH]}),
        "parties": Key("how many parties, where all are alike", _integer(1, MOST_PARTIES), "as in outcomes"),
        "settings": Key("how many settings each, where all are alike", _integer(1, MOST_ENTRIES), "as in outcomes"),
    },
})  # fmt: skip
"""The keys of each table; those of no table under the empty name."""

SCENARIO_KEYS: Mapping[str, Mapping[str, Key]] = MappingProxyType({
    "scenario": KEYS["scenario"],
    "model": {
        "name": Key("which model", {}, 'for marginals "nonsignalling"'),
        "marginals": Key(
            "of finite: marginals[state][party][setting], the probabilities of the outcomes",
            {"type": "array", "minItems": 1, "items": {"type": "array", "items": {"type": "array", "items": _CHANCES}}},
        ),
    },
    "functional": {
        "name": Key("a named functional", {}),
        "d": Key("of cglmp, the number of outcomes", _LEVELS, "that of the scenario"),
        "probabilities": Key("coefficients s[a][b]…[x][y]… of the probabilities, outcomes first", {"type": "array"}),
    },
    "behaviour": {
        "name": Key("a named behaviour", {}),
        "d": Key("of maximally_entangled, the number of outcomes", _LEVELS, "that of the scenario"),
        "angles_deg": Key(
            "of ghz, a row of two angles for each party",
            {**_rows(2, MAX_DEGREES), "minItems": 3, "maxItems": 3}, "those that suit mermin",
        ),
        "probabilities": Key("p[a][b]…[x][y]…, outcomes first", {"type": "array"}),
        "noise": Key('what a visibility mixes in: "white", or a table with probabilities', {}, '"white"'),
    },
    "options": {key: KEYS["options"][key] for key in SCENARIO_TABLES["options"]},
    "expected": {key: KEYS["expected"][key] for key in SCENARIO_TABLES["expected"]},
})  # fmt: skip
"""The keys of each table in problems with a table [scenario]."""
