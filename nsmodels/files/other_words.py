"""Other words for the names of the catalogue, and words of neighbouring subjects that are not here."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["ALIASES", "ELSEWHERE", "plain_name"]

_WORDS = {
    "leggett3": "l3 leggett_3 leggett_inequality leggetts_inequality",
    "leggett_n": "ln l_n l4 l5 l6 l7 l10 leggett4 leggett6",
    "leggett": "leggett_model nonlocal_realism nonlocal_realistic",
    "chained": "i_n chain braunstein_caves chained_inequality",
    "chsh": "s chsh_inequality clauser_horne_shimony_holt",
    "bell": "local lhv bell_local bell_model bell_inequality",
    "nonsignalling": "ns nonsignaling non_signalling non_signaling nonsignalling_box",
    "unbiased": "cerf_gisin_massar_popescu",
    "no_signalling": "no_signaling nosignalling nosignaling signalling signaling",
    "hull": "of convex_hull mixture",
    "quantum": "npa",
    "pr_box": "pr prbox popescu_rohrlich",
    "singlet": "psi_minus bell_state",
    "werner": "werner_state isotropic",
    "visibility": "v critical_visibility decompose threshold",
    "noise": "white white_noise",
    "phi": "phi_deg opening opening_angle",
    "theta": "theta_deg",
    "eta": "eta_a eta_b purity",
    "eta_n": "etan",
    "settings": "alice_deg bob_deg directions family families normalise normalize angle angles polar azimuth degrees "
    "radians n_alice n_bob rows polariser polarizer polarisers polarizers measurement",
    "options": "option",
    "analysis": "analyse experiment moduli confidence allow_signalling significance verdict signalling_data",
    "data": "file csv shots errors accidentals random_settings bitstrings qiskit",
    "prediction": "split predicted",
    "wave_plates": "alice_waveplates_deg bob_waveplates_deg waveplates waveplate uncertainty_deg "
    "waveplate_uncertainty_deg uncertainty quarter_wave_plate half_wave_plate stokes",
    "p_value": "p_values pvalue",
    "leggett_triads": "mirror",
    "tolerance": "tol",
    "time_limit_s": "time_limit timeout",
    "correlators": "c correlator",
    "behaviour": "behaviours behavior behaviors correlations state mean_values",
    "marginals": "marginal match free alice bob",
    "probabilities": "p probability",
    "counts": "n count order nan",
    "collins_gisin": "cg",
    "full_correlators": "fc full_correlator",
    "game": "games nonlocal_game xor_game wins from_game",
    "subject_to": "constraints constraint equals at_most at_least",
    "hardy": "hardys_paradox hardy_paradox",
    "ch": "clauser_horne",
    "tilted_chsh": "tilted beta",
    "biased_chsh": "biased q",
    "elegant": "elegant_inequality",
    "i3322": "i_3322",
    "imm22": "i_mm22 inn22 i4422 i_4422",
    "model": "models hidden_variables hidden_variable",
    "functional": "functionals coefficients constant",
    "inequality": "inequalities derive",
    "design": "designs objective sharing starts start plane symmetric minimum_angle_deg",
    "sweep": "sweeps vary grid steps workers scheduler dask",
    "decomposition": "mixing hidden_states hidden_state",
    "expected": "value source",
    "status": "lower upper reason result",
    "certified": "enclosure proved",
    "estimate": "uncertified",
    "certificate": "proof verify checker",
    "exit_codes": "exit exit_code",
    "malus": "malus_law",
    "poincare": "poincare_sphere bloch bloch_sphere",
    "tsirelson": "tsirelson_bound",
    "kind": "title schema problem name",
    "scenario": "outcomes outcome parties party d angles_deg three_parties multipartite three_outcomes qutrit qutrits "
    "qudit qudits",
    "mermin": "mermin_polynomial",
    "ghz": "ghz_state greenberger_horne_zeilinger",
}
ALIASES: Mapping[str, str] = {word: name for name, words in _WORDS.items() for word in words.split()}
"""Other words for names of the catalogue, in the spelling of `plain_name`."""

_MORE = "Ket.jl, QETLAB, toqito or ncpol2sdpa"
ELSEWHERE: Mapping[str, str] = {
    **dict.fromkeys(
        ("leggett_garg", "leggett_garg_inequality", "macrorealism", "lg", "lgi"),
        "Leggett-Garg inequalities are about one system at several times: not here; `nsmodels explain leggett3` is "
        "about Leggett's inequality for two systems",
    ),
    **dict.fromkeys(
        ("mermin", "ghz", "svetlichny", "w_state", "cglmp", "maximally_entangled"),
        "This is about more than two parties with outcomes ±1: local and non-signalling bounds, visibilities and "
        "marginals want a table [scenario] (`nsmodels explain scenario`), in Python nsmodels.general; for quantum ones "
        f"see {_MORE}",
    ),
    **dict.fromkeys(
        ("steering", "contextuality", "kochen_specker", "kcbs", "negativity", "concurrence", "entanglement"),
        "This is not here: nsmodels is about hidden-variable models of two parties without signalling",
    ),
}
"""Words of neighbouring subjects, and what to say about them."""


_SPELLINGS = {
    **{"φϕ": "phi", "η": "eta", "θϑ": "theta", "ψ": "psi", "⁻": "_minus", "é": "e", "₃": "3"},
    **{" -–—‑.": "_", "'’": ""},
}


def plain_name(name: str) -> str:
    """Lower case without blanks, hyphens, accents and Greek letters: ``"Leggett-Garg"`` is ``leggett_garg``."""
    word = name.strip().lower()
    for letters, plain in _SPELLINGS.items():
        for letter in letters:
            word = word.replace(letter, plain)
    return word
