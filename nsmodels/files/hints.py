"""What to say about a key that a problem file does not have: the likely meaning, and what it means here."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from ..common.arguments import TWO_PARTIES
from .topics import ALIASES, ELSEWHERE, plain_name

__all__ = ["hint", "name_hint", "suggestion"]

_ANGLES = "alice_deg and bob_deg hold rows [polar, azimuth] in degrees on the Poincaré sphere"
_POLARISER = f"{_ANGLES}, twice the angles of polarisers: a polariser at 22.5 degrees is [45, 0]"
_PLATE = f"{_ANGLES}, four times the angle of a half-wave plate: one at 11.25 degrees is [45, 0]"
_TABLES = "give counts or correlators, alice, bob; in Python Behaviour.from_probabilities and from_counts read tables"
_STATE = "give correlators, alice and bob; in Python behaviours.from_state takes a density matrix or a ket"

_MORE = ("charlie", "carol", "clare", "parties", "outcomes", "n_charlie", "charlie_deg", "n_outcomes", "dimension")
_DATA = ("p", "q", "n", "counts", "probabilities", "probability", "table", "data", "frequencies", "joint", "events")
_STATES = ("state", "rho", "psi", "ket", "density_matrix", "density", "wavefunction")


def suggestion(word: str, known: Iterable[str]) -> str:
    """``did you mean "x"?`` or the list of what is known."""
    words = list(known)
    close = difflib.get_close_matches(str(word)[:80].lower(), words, n=1, cutoff=0.6)
    return f'did you mean "{close[0]}"?' if close else f"known here: {', '.join(words)}"


def name_hint(name: str, known: Iterable[str]) -> str:
    """The remedy for an unknown name: other words for it, neighbouring subjects, or a slip of the pen."""
    words, word = list(known), plain_name(name[:80])
    if word in ELSEWHERE:
        return ELSEWHERE[word]
    meant = word if word in words else ALIASES.get(word)
    return f'did you mean "{meant}"?' if meant in words else suggestion(name, words)


def hint(table: str, key: str, known: Iterable[str]) -> str:
    """The remedy for a key that the table does not have (of any table of the file: "")."""
    word = key[:80].lower()
    if word in _MORE:
        return TWO_PARTIES
    if table in ("settings", ""):
        if "polari" in word:
            return _POLARISER
        if "hwp" in word or "plate" in word:
            return _PLATE
    if table == "settings" and ("rad" in word or "angle" in word or word in ("polar", "azimuth", "theta", "theta_deg")):
        return _POLARISER
    if table == "behaviour" and word in _DATA:
        return _TABLES
    if table == "behaviour" and word in _STATES:
        return _STATE
    found = suggestion(key, known)
    if found.endswith(('alice_deg"?', 'bob_deg"?')):
        return f"{found} {_POLARISER}"
    return f"{found} in degrees" if found.endswith('_deg"?') and not word.endswith("_deg") else found
