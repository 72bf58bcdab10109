"""What is known about every name a problem file may use, each with its source."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from textwrap import fill
from typing import Any

from ..errors import InputError
from ..files.topics import ALIASES, ELSEWHERE, TOPICS, plain_name
from ..models.registry import ENTRIES

WIDTH = 100


@dataclass(frozen=True)
class Entry:
    """A name, one line about it, what is known, and where that stands."""

    name: str
    line: str
    facts: tuple[str, ...] = ()
    source: str = ""
    parameters: tuple[str, ...] = ()


FACTS: dict[str, dict[str, tuple[str, ...]]] = {
    "families": {
        "leggett_triads": (
            "a = (e_2, e_3, e_1); Bob's b_i, b_i' = cos(φ/2) a_i ± sin(φ/2) e_i in the order b_1, b_1', b_2, …. "
            "φ is the full opening between b_i and b_i'.",
            "The singlet violates L3 here for |φ| < 4 arctan(1/3) = 73.74°, most at 2 arctan(1/3) = 36.87°; the lowest "
            "threshold visibility, √8/3 = 94.3 %, belongs to the angle with sin(φ/2) = 1/3, which is 38.94°.",
            "On all 18 correlators L3 itself is the best inequality at 36.87° (visibility 0.942981); at 70° a "
            "far better one exists (0.9396, where L3 needs 0.9874).",
        ),
        "leggett_directions": (
            "The same construction about any axes e_i: triad, tetrahedron, icosahedron, dodecahedron, or rows.",
            "L_N ≤ 2 − 2 η η_N |sin(φ/2)| with η_N = min over |v| = 1 of the mean |v·e_i|: 1/3 for the triad, 1/√6 for "
            "the tetrahedron's 4 axes, 0.458794 for the icosahedron's 6, 1/2 for a uniform sphere. "
            "Threshold √(1 − η_N²).",
        ),
        "half_circle": (
            "a_k at kπ/n and b_k at (k + ½)π/n from z towards x: the chain a_0, b_0, a_1, …, −a_0 has 2n equal steps.",
            "The largest mean marginal of the singlet over all non-signalling decompositions is exactly "
            "n(1 − cos(π/2n)) = 2n sin²(π/4n) at every setting, which vanishes like π²/8n.",
        ),
        "great_circle": ("2πk/n from z towards x on each side.",),
        "fibonacci": ("z_k = 1 − (2k+1)/n, azimuth kπ(3 − √5): nearly even on the sphere for any n.",),
        "random": ("Uniform directions, the same for the same seed on every machine.",),
        "chsh": (
            "a_0 = z, a_1 = x and Bob's directions on the diagonals between them (with signs): the singlet, C = −a·b, "
            "reaches 2√2 of the functional chsh.",
            "The singlet's critical visibility for Bell models on these settings is 1/√2.",
        ),
    },
    "functionals": {
        "chained": (
            "2n terms along the chain of neighbours: at most 2n − 2 for local, 2n cos(π/2n) for quantum and 2n for "
            "non-signalling boxes.",
            "It bounds how well anybody can predict an outcome: the guessing probability is at most ½(1 + I_n) with "
            "I_n = n − ½ (value), n(1 − V cos(π/2n)) at visibility V. At V = 0.98, 0.99, 0.999 the best n is "
            "8, 11, 35.",
        ),
        "leggett3": (
            "⅓ Σ |C(a_i,b_i) + C(a_i,b_i')| ≤ 2 − ⅔ η |sin(φ/2)|: 3 settings for Alice, 6 for Bob, 6 correlators. "
            "The moduli are dropped by a choice of signs (S = −1/3), which makes the singlet's value "
            "2 cos(φ/2) positive.",
            "Measured: 1.9068 ± 0.0009 at φ = −30° and 1.9005 ± 0.0010 at +30°, above 1.8275.",
        ),
        "leggett_n": (
            "The mean over N axes: L_N ≤ 2 − 2 η η_N |sin(φ/2)|, tight when η_A = η_B (checked for N = 3, 4, 6).",
            "When η_A ≠ η_B the bound 2 − 2 η_B η_N |sin(φ/2)| is not tight: the true maximum is strictly lower.",
        ),
        "ch": (
            "P(A_0 B_0) + P(A_0 B_1) + P(A_1 B_0) − P(A_1 B_1) − P(A_0) − P(B_0) of outcomes +1, that is (CHSH − 2)/4: "
            "at most 0 for local, (√2 − 1)/2 for quantum and 1/2 for non-signalling boxes.",
        ),
        "hardy": (
            "At most 0 for local boxes. Where the last three probabilities vanish (ns.functionals.hardy_zeros()) it is "
            "P(++|00), which quantum boxes bring to (5√5 − 11)/2 = 0.0902. No-signalling makes it equal to ch.",
        ),
        "i3322": (
            "The only facet of 3×3 settings besides CHSH and positivity: at most 0 for local boxes, 1/4 for two "
            "qubits, 0.250876 for quantum and 1 for non-signalling boxes.",
        ),
        "a10": (
            "A facet of 4×5 settings: at most 0 for local boxes, about 0.4153900 for two qubits and 0.4158004 for "
            "quantum boxes. It comes from the parachute inequality of the cut polytope of seven points by "
            "ns.functionals.triangular_elimination.",
        ),
        "i3322_one": ("i3322 + 1, as some papers and toolkits write it: at most 1 for local boxes.",),
        "imm22": ("n = 2 is ch, n = 3 is i3322. At most 0 for local boxes.",),
        "tilted_chsh": ("At most 2 + β for local and √(8 + 2β²) for quantum boxes, 0 ≤ β ≤ 2. Key: beta.",),
        "biased_chsh": (
            "pq C_00 + p(1−q) C_01 + (1−p)q C_10 − (1−p)(1−q) C_11: for p ≥ q ≥ 1/2 at most 1 − 2(1−p)(1−q) for local "
            "boxes, and √2 √(q² + (1−q)²) √(p² + (1−p)²) for quantum ones where 2pq < 1. Keys: p and q.",
        ),
        "elegant": ("At most 6 for local, 4√3 for quantum and 12 for non-signalling boxes.",),
        "chsh": ("C_00 + C_01 + C_10 − C_11: at most 2 for local, 2√2 for quantum and 4 for non-signalling boxes.",),
    },
    "behaviours": {
        "singlet": ("C = −a·b with vanishing marginals: two spins, or two photons in the state (|HV⟩ − |VH⟩)/√2.",),
        "werner": (
            "V times the singlet plus white noise. Separable up to V = 1/3, Bell-local up to about 0.69, realised by "
            "Leggett's model for all settings up to 0.853553.",
        ),
        "partially_entangled": (
            "cos θ |00⟩ + sin θ |11⟩: A = a_z cos 2θ, B = b_z cos 2θ, C = a_z b_z + sin 2θ (a_x b_x − a_y b_y).",
        ),
        "pr_box": ("C_xy = (−1)^(xy), A = B = 0: CHSH = 4. Its hidden states must be unbiased.",),
        "uniform": ("Every mean value vanishes: the white noise of a visibility.",),
    },
}


def catalogue() -> dict[str, list[Entry]]:
    """Every name by section: problems, models, families, functionals, behaviours, words."""
    from ..behaviours import BEHAVIOURS
    from ..functionals import FUNCTIONALS
    from ..settings import FAMILIES

    def named(section: str, registry: Mapping[str, Any]) -> Iterator[Entry]:
        for item in registry.values():
            parameters = f" ({', '.join(item.parameters)})" if item.parameters else ""
            yield Entry(
                item.name, item.doc + parameters, FACTS[section].get(item.name, ()), item.source, item.parameters
            )

    return {
        "problems": list(_problems()),
        "records": list(_records()),
        "sweeps": list(_sweeps()),
        "models": [Entry(x.name, x.line, x.facts, x.source, x.parameters) for x in ENTRIES],
        "families": list(named("families", FAMILIES)),
        "functionals": list(named("functionals", FUNCTIONALS)),
        "behaviours": list(named("behaviours", BEHAVIOURS)),
        "words": [Entry(name, *topic) for name, topic in TOPICS.items()],
    }


def _problems() -> Iterator[Entry]:
    from ..files.problem import shipped

    for name, path in shipped().items():
        yield _problem(name, path)


def _records() -> Iterator[Entry]:
    from ..files.problem import shipped_records

    for name, path in shipped_records().items():
        yield _problem(name, path)


def _sweeps() -> Iterator[Entry]:
    from ..files.sweeps.grid import shipped_sweeps

    for name, path in shipped_sweeps().items():
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        varied = ", ".join(data["sweep"]["vary"])
        facts = f"Varies {varied} of {data['sweep']['problem']}. Run it with: nsmodels sweep {name} --out DIR"
        yield Entry(name, data["title"], (facts,), data["source"])


@cache  # shipped files stay as they are while a process runs, and one word asks for all of them three times
def _problem(name: str, path: Path) -> Entry:
    """An entry for a shipped problem, from its title, source and expected value."""
    data = tomllib.loads(path.read_text(encoding="utf-8"))
    facts = [f"kind = {data['kind']}. Run it with: nsmodels run {name}"]
    expected = data.get("expected", {})
    if expected:
        numbers = ", ".join(f"{key} = {expected[key]!r}" for key in ("value", "lower", "upper") if key in expected)
        facts.append(f"Expected: {numbers}. {expected.get('source', '')}")
    return Entry(name, data.get("title", name), tuple(facts), data.get("source", ""))


def names() -> list[str]:
    """Every name, for completion."""
    return sorted({entry.name for entries in catalogue().values() for entry in entries})


def explanation(name: str) -> str:
    """What is known about a name or a word, however it is spelt, in a few lines for every section that has it.

    Raises
    ------
    InputError
        If nothing has that name.
    """
    from ..files.toml import table as tables

    word = plain_name(name[:80])
    for wanted in dict.fromkeys((name, tables.ALIASES.get(name), word, tables.ALIASES.get(word), ALIASES.get(word))):
        parts = [
            _paragraphs(section, entry)
            for section, entries in catalogue().items()
            for entry in entries
            if entry.name == wanted
        ]
        if parts:
            return "\n\n".join(parts)
    owners = [(s, e) for s, entries in catalogue().items() for e in entries if word in e.parameters]
    if owners:  # a key that one model or family has
        title = f"{word} (key of {', '.join(entry.name for _, entry in owners)})"
        return "\n\n".join([title, *(_paragraphs(section, entry) for section, entry in owners)])
    if word in ELSEWHERE:
        return f"{word} (not here)\n" + fill(ELSEWHERE[word], WIDTH, initial_indent="  ", subsequent_indent="  ")
    known = [*names(), *ALIASES, *ELSEWHERE]
    close = get_close_matches(name[:80], known, n=1) or get_close_matches(word, known, n=1)
    hint = f'did you mean "{close[0]}"?' if close else "`nsmodels list` shows every name"
    raise InputError(f'explain: nothing is called "{name[:80]}"; {hint}')


def _paragraphs(section: str, entry: Entry) -> str:
    kind = {"families": "family of settings"}.get(section, section.removesuffix("s"))
    lines = [f"{entry.name} ({kind})", fill(entry.line, WIDTH, initial_indent="  ", subsequent_indent="  ")]
    lines += [fill(fact, WIDTH, initial_indent="  - ", subsequent_indent="    ") for fact in entry.facts]
    if entry.source:
        lines.append(fill(f"Source: {entry.source}", WIDTH, initial_indent="  ", subsequent_indent="  "))
    return "\n".join(lines)
