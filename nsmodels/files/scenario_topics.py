"""Words of problems about more outcomes or parties, for ``nsmodels explain``."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["SCENARIO_TOPICS"]

_ASKED = "In files: [scenario] outcomes = {}, and this name in [{}]. In Python general.{}."

SCENARIO_TOPICS: Mapping[str, tuple[str, tuple[str, ...], str]] = {
    "scenario": (
        "the table [scenario]: more outcomes or more parties, where an exact linear program is enough",
        (
            "outcomes = [[3, 3], [2, 2, 2]]: for each party the numbers of outcomes of its settings. Or parties, "
            "settings and outcomes, three whole numbers, where all are alike.",
            'kind = "bound", "visibility" or "marginals". [model] name = "local", "nonsignalling" or "finite", the '
            "last with marginals[state][party][setting] = [probabilities of the outcomes].",
            "[functional]: name = cglmp, mermin or svetlichny, or probabilities = s[a][b]…[x][y]…, outcomes first; f "
            "is the sum of s times p. [behaviour]: name = maximally_entangled or ghz (angles_deg = [[φ_0, φ_1], …], a "
            "row for each party), or probabilities = p[a][b]…[x][y]…; noise = {probabilities = …}, white unless given. "
            "d of cglmp and maximally_entangled is the number of outcomes, that of the scenario.",
            'Both ends are the same rational number, rounded outward. kind = "marginals" gives (d g − 1)/(d − 1) for '
            "every setting, g being how well its outcome can be guessed by who knows the hidden state: for two "
            "outcomes the mean |marginal|.",
            "In Python ns.general. Laws for marginals such as Leggett's, and the quantum side, are for two parties "
            "with outcomes ±1, without [scenario].",
        ),
        "definition; docs/how_to/scenarios.md",
    ),
    "cglmp": (
        "the inequality for two parties with two settings of d outcomes each: local 2, non-signalling 4",
        (
            "The maximally entangled state reaches 2√2, 2.87293 and 2.89624 for d = 2, 3, 4, and its critical "
            "visibility for d = 3 is 0.69615.",
            _ASKED.format("[[d, d], [d, d]]", "functional", "cglmp(d)"),
        ),
        "Collins, Gisin, Linden, Massar, Popescu, PRL 88, 040404 (2002), quant-ph/0106024",
    ),
    "mermin": (
        "⟨A_0B_0C_1⟩ + ⟨A_0B_1C_0⟩ + ⟨A_1B_0C_0⟩ − ⟨A_1B_1C_1⟩: local 2, quantum and non-signalling 4",
        (_ASKED.format("[[2, 2], [2, 2], [2, 2]]", "functional", "mermin()"),),
        "Mermin, PRL 65, 1838 (1990)",
    ),
    "svetlichny": (
        "the sum of ± ⟨A_x B_y C_z⟩, − for two and three settings 1: local 4, quantum 4√2, non-signalling 8",
        (_ASKED.format("[[2, 2], [2, 2], [2, 2]]", "functional", "svetlichny()"),),
        "Svetlichny, PRD 35, 3066 (1987)",
    ),
    "ghz": (
        "(|000⟩ + |111⟩)/√2 with measurements cos φ σ_x + sin φ σ_y, a row of two angles for each party",
        (
            "⟨A B C⟩ = cos(φ_a + φ_b + φ_c). The angles left out, mermin is 4, and the critical visibility ½.",
            _ASKED.format("[[2, 2], [2, 2], [2, 2]]", "behaviour", "ghz(angles_deg=…)"),
        ),
        "PRL 65, 1838 (1990)",
    ),
    "maximally_entangled": (
        "the maximally entangled state of two d-level systems with the measurements that suit cglmp",
        (
            "p = |Σ_q e^(2πi q (a − b + α_x + β_y)/d)|²/d³ with α = (0, ½) and β = (¼, −¼), to the nearest double.",
            _ASKED.format("[[d, d], [d, d]]", "behaviour", "maximally_entangled(d)"),
        ),
        "quant-ph/0106024, eq. (13)",
    ),
}
