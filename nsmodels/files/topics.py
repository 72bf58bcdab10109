"""The words that problem files, results and papers use, for ``nsmodels explain``: what they mean here."""

from __future__ import annotations

from collections.abc import Mapping

from .other_words import ALIASES, ELSEWHERE, plain_name
from .scenario_topics import SCENARIO_TOPICS

__all__ = ["ALIASES", "ELSEWHERE", "TOPICS", "plain_name"]

Topic = tuple[str, tuple[str, ...], str]

TOPICS: Mapping[str, Topic] = {
    **SCENARIO_TOPICS,
    "visibility": (
        "V in V·P + (1 − V)·noise, with white noise unless another is given",
        (
            'kind = "visibility" asks for the largest V in [0, 1] for which the mixture has a model: the critical '
            "visibility. V = 1 means that the correlations themselves have one; above the critical V an inequality "
            "of the model is violated, and `nsmodels derive` prints it.",
            "Both ends are proved: the lower one by a list of hidden states, the upper one by the inequality.",
            "As a parameter of the behaviour werner it is V in C = −V a·b.",
        ),
        "definition; arXiv:0801.2241",
    ),
    "bound": (
        "the largest value of a functional over a model, as an enclosure",
        (
            'kind = "bound": f ≤ upper is proved by the certificate, and lower is attained by the hidden state that is '
            "shown as maximiser.",
            "Needs a model and a functional, and settings where the model or the functional is about directions.",
        ),
        "definition",
    ),
    "marginals": (
        "the mean values A_i, B_j of one party's outcomes; as a kind: how biased hidden states can be",
        (
            'kind = "marginals" asks, setting by setting, for the largest mean |marginal| of hidden states that '
            "reproduce the correlations without signalling.",
            'In [behaviour], marginals = "match" asks a model for the given marginals as well, "free" for the '
            "correlators alone. Without alice and bob they are unknown, hence free.",
        ),
        "arXiv:0801.2241, eqs. (6), (7) and (10)",
    ),
    "correlators": (
        "C_ij, the mean of the product of both outcomes ±1 at Alice's setting i and Bob's setting j",
        (
            "A table of rows for Alice and columns for Bob. In [behaviour] the values C_ij in [−1, 1], in [functional] "
            "the coefficients S_ij of f = constant + Σ alice_i A_i + Σ bob_j B_j + Σ S_ij C_ij.",
            "A box is a probability table exactly when |A + B| ≤ 1 + C and |A − B| ≤ 1 − C.",
        ),
        "arXiv:0801.2241, eqs. (6) and (7)",
    ),
    "behaviour": (
        "the correlations in question: mean values A, B and C of two parties with outcomes ±1",
        (
            "Keys of [behaviour]: name (the singlet unless given), or correlators with alice and bob, or counts; "
            "pairs, marginals, noise, errors; visibility for werner, theta_deg for partially_entangled.",
            'For what was measured, kind = "visibility" or "marginals": counts = [[alice, bob, n_pp, n_pm, n_mp, '
            "n_mm], …], or errors = {correlators = [[σ]], alice = [σ], bob = [σ]} beside the numbers. Marginals are "
            'then free unless marginals = "match", where the nearest non-signalling box is asked about and the summary '
            "says how far it is. Counts that signal (p < 1e-4) are refused unless allow_signalling = true stands in "
            "[options].",
            "In Python, Behaviour.from_probabilities reads p[a,b,x,y], from_counts n[a,b,x,y] (order= names another "
            "order of the axes, NaN an unknown pair), behaviours.from_state a density matrix or a ket.",
        ),
        "arXiv:0801.2241, eq. (6)",
    ),
    "probabilities": (
        "p[a,b,x,y], outcome index 0 being +1: read in Python by Behaviour.from_probabilities",
        (
            "P(α, β | a, b) = ¼ (1 + α A + β B + αβ C). A block p[:,:,x,y] adds up to 1; one with a NaN is unknown.",
            'A table with another order of the axes, such as p[x,y,a,b], is read with order="xyab".',
            "In [functional] probabilities holds coefficients s[a][b][x][y], and f is the sum of s times p.",
        ),
        "arXiv:0801.2241, eq. (6)",
    ),
    "full_correlators": (
        "a table of mean values with constants and marginals first: [[1, B], [A, C]]",
        (
            "Behaviour.from_full_correlators reads it and to_full_correlators writes it.",
            "In [functional] full_correlators holds the coefficients [[k, β], [α, S]].",
        ),
        "definition",
    ),
    "game": (
        "questions x, y with probabilities π, and answers a, b that win or lose",
        (
            "Functional.from_game(pi, wins) is the probability of winning, wins a table or a rule "
            "wins(a, b, x, y); answer 0 is the outcome +1. In files write probabilities.",
        ),
        "Cleve, Høyer, Toner, Watrous, quant-ph/0404076",
    ),
    "subject_to": (
        "linear constraints on the mean values of quantum boxes",
        (
            'In [model]: subject_to = [{name = "hardy", at_most = 0.0}], a list of tables like [functional], each '
            "with equals, at_most or at_least. In Python subject_to=[(g, \"==\", 0.0)] of Quantum or of bound.",
            "The lower end is a mixture of two-qubit states that meets them exactly. For kind = \"bound\" only.",
        ),
        "definition",
    ),
    "counts": (
        "n[a,b,x,y], numbers of events: read in Python by Behaviour.from_counts",
        (
            "In files rows [alice, bob, n_pp, n_pm, n_mp, n_mm], of [data] and of [behaviour]; rows of a pair add up.",
            "C = (N_same − N_different)/N with σ = √((1 − C²)/N); no_signalling_test says whether marginals drift.",
            'A table with another order of the axes, such as n[x,y,a,b], is read with order="xyab". Counts that '
            "signal in the usual order and not in another one are refused.",
        ),
        "arXiv:0801.2241 (experiment)",
    ),
    "collins_gisin": (
        "a table of the probabilities of +1 alone: 1 at [0, 0], P(+|a), P(+|b), P(++|ab)",
        (
            "Behaviour.from_collins_gisin reads it and to_collins_gisin writes it; constants and marginals come first.",
            "In [functional] collins_gisin holds the coefficients of these probabilities, the constant at [0, 0].",
        ),
        "Collins and Gisin, J. Phys. A 37, 1775 (2004), quant-ph/0306129",
    ),
    "noise": (
        "what a visibility mixes in: V·P + (1 − V)·noise",
        (
            '"white" (the default): every mean value vanishes. Or a table {correlators = …, alice = …, bob = …} of the '
            "same shape, where the marginals are needed if they are matched.",
        ),
        "definition",
    ),
    "pairs": (
        "the pairs of settings [alice, bob], counted from 0, whose correlator is known",
        ("Most experiments measure some pairs only. Entries of the other pairs are ignored, and may be anything.",),
        "definition",
    ),
    "settings": (
        "the measurement directions of both parties, points on the Poincaré (Bloch) sphere",
        (
            "Keys of [settings]: family with its parameters; or alice and bob, rows [x, y, z]; or alice_deg and "
            "bob_deg, rows [polar, azimuth] in degrees. normalise = true accepts rows of any length.",
            "The angle of a linear polariser is half the angle on the sphere: a polariser at 22.5° is [45, 0]. A "
            "half-wave plate's angle counts four times.",
        ),
        "definition; arXiv:0801.2241",
    ),
    "phi": (
        "φ, the full opening angle between b_i and b_i'",
        (
            "b_i, b_i' = cos(φ/2) a_i ± sin(φ/2) e_i. In files phi_deg; in Python phi (radians, up to 2π) or phi_deg.",
            "Beyond 180° b_i + b_i' points against a_i: there eq. (4) needs its moduli, and leggett3 refuses.",
        ),
        "arXiv:0801.2241, eq. (4)",
    ),
    "theta": (
        "θ of the state cos θ |00⟩ + sin θ |11⟩, the behaviour partially_entangled",
        ("theta_deg in files; in Python theta (radians, at most 2π) or theta_deg. 45° is maximally entangled.",),
        "quant-ph/0412109",
    ),
    "eta": (
        "η, the purity of hidden states in Leggett's model, 0 ≤ η ≤ 1: the marginals are η u·a",
        (
            "η = 1 is pure polarisation (Malus' law), η = 0 unbiased outcomes. eta for both sides, or eta_a and eta_b.",
            "L3 ≤ 2 − ⅔ η |sin(φ/2)|.",
        ),
        "arXiv:0801.2241, eqs. (2), (3) and (5)",
    ),
    "eta_n": (
        "η_N, the least mean of |v·e_i| over unit vectors v, of N axes e_i",
        ("L_N ≤ 2 − 2 η η_N |sin(φ/2)|; 1/3 for the triad. `nsmodels explain leggett_directions` has other values.",),
        "arXiv:0801.2241, eq. (4), for more directions",
    ),
    "design": (
        "the search for settings that exclude a model at the lowest visibility, or with the fewest pairs",
        (
            'kind = "design" needs a model and the table [design]: n_alice and n_bob, with pairs = [[i, j], …] where '
            "not all are measured, or correlators = n for the best choice of n pairs.",
            'objective = "visibility" (unless given), or "significance" with visibility = V and sharing = "equal" or '
            '"optimal".',
            "starts: how many random starts; start: settings to improve; plane: one party or both in a plane; "
            "symmetric: a rotation group; minimum_angle_deg: the least angle between directions of one party.",
            "What is certified is the visibility on the settings found. That no better ones exist is never claimed.",
        ),
        "derived here",
    ),
    "sweep": (
        "one problem with some of its keys varied over a grid, a result file for every point",
        (
            '`nsmodels sweep SWEEP.toml --out DIR` answers a file with a table [sweep]: problem = "x.toml", and '
            '[sweep.vary] with dotted keys: "settings.phi_deg" = {from = 0, to = 90, steps = 91}, '
            '"model.eta" = [1.0, 0.8]. All combinations are answered; the last key varies fastest.',
            "DIR gets points/, table.csv, table.json and picture.svg. A point counts when its file is on the disk; "
            "what was interrupted or killed goes on with the same command, and `nsmodels verify DIR` re-checks it all.",
            "--workers N shares the points among processes, --scheduler tcp://… gives them to a Dask cluster; in "
            "Python ns.sweep takes anything with submit as workers.",
        ),
        "definition; docs/sweeps.md",
    ),
    "analysis": (
        "from counts to a conclusion: is a model excluded by measured data, for which purities, with what p-value",
        (
            'kind = "analysis" needs a model and the table [data]; [functional] is optional: without it the best '
            "inequality for these settings at the predicted visibility is judged, not fitted to the data.",
            "p-values are theorems, also for few trials: a bet R with Σ w P R ≤ c for every P of the model gives "
            "p ≤ c^N / Π R, and the oracle proves c. Where it promises more, the binomial test is used instead. The "
            "choice is made from the prediction alone.",
            "Assumed: fair sampling, one distribution of hidden states for all pairs, trials independent, settings "
            "chosen independently of the hidden states. With random_settings = true devices may have memory.",
            "moduli = true in [functional] takes the relabelling of outcomes that the data favour, of the party with "
            "fewer settings or of both where they have as many, and multiplies the p-value by how many there were.",
            'Verdicts: "excluded" (p ≤ 1 − confidence), "compatible within the noise", "data signal" (marginals depend '
            'on the other side, p < 1e-4; allow_signalling = true goes on), "not decided".',
        ),
        "Zhang, Glancy, Knill, PRA 84, 062118 (2011) and 88, 052119 (2013); Liang, Zhang, arXiv:1812.06236; Hoeffding, "
        "Ann. Math. Stat. 27, 713 (1956)",
    ),
    "data": (
        "the table [data] of kind = analysis: what was measured",
        (
            "counts = [[alice, bob, n_pp, n_pm, n_mp, n_mm], …], settings counted from 0, rows of a pair adding up; or "
            'file = "counts.csv" beside the problem, with the header alice,bob,pp,pm,mp,mm.',
            "Or correlators = [[alice, bob, C], …] with shots = n (one number or a list) or errors = [σ, …]; trials "
            "inferred from errors make the result an estimate.",
            "accidentals, in the form of counts, are subtracted for values and σ, never for p-values: a difference of "
            "counts is no number of trials.",
            "In Python ns.Data.from_counts, from_csv, from_correlators, and from_bitstrings(order = \"qiskit\" where "
            "bit 0 is the last character).",
        ),
        "definition",
    ),
    "prediction": (
        "the table [prediction] of kind = analysis: what quantum theory predicts, before the data are looked at",
        (
            "visibility = V of the singlet on the settings (0.98 unless anything is said), correlators = [[C_ij]], or "
            "split = s: that share of the trials, drawn at random, predicts and is not judged.",
            "A p-value is valid whatever is predicted; the better the prediction, the smaller it can be.",
        ),
        "Zhang, Glancy, Knill, PRA 84, 062118 (2011)",
    ),
    "wave_plates": (
        "directions given by the angles of wave plates and polarisers",
        (
            "alice_waveplates_deg and bob_waveplates_deg: rows [polariser], [polariser, quarter] or [polariser, "
            "quarter, half], in degrees, the angles of the devices themselves. Light passes half, quarter, polariser "
            "in that order; what passes is the outcome +1.",
            "Stokes convention: (x, y, z) = (S2, S3, S1), z horizontal, x +45°, y the field (1, i)/√2, which a "
            "quarter-wave plate with a horizontal fast axis, diag(1, i), makes of +45°.",
            "uncertainty_deg: each direction is known within this angle on the sphere. waveplate_uncertainty_deg: each "
            "plate within this; a direction moves by at most 2, √20 or √52 times that, for one, two, three plates.",
        ),
        "definition",
    ),
    "p_value": (
        "an upper bound, proved, of the probability that a model yields data like these or less likely ones",
        ("`nsmodels explain analysis` says how; it is multiplied by the number of relabellings to choose from.",),
        "PRA 84, 062118 (2011)",
    ),
    "options": (
        "the table [options]: tolerance, time_limit_s, seed",
        (
            "tolerance: the wanted width of the enclosure, 1e-6 unless given (1e-9 for marginals).",
            "time_limit_s: seconds, 60 unless given; then what is proved by then is the answer.",
            "seed: of whatever is random in the search, 0 unless given. Proofs do not depend on it.",
            "confidence (0.99 unless given) belongs to kind = analysis, allow_signalling (false) to that and to "
            "measured behaviours of visibility and marginals: data that signal, p < 1e-4, are refused without it.",
        ),
        "definition",
    ),
    "tolerance": (
        "the wanted width upper − lower of the enclosure: 1e-6 unless given, 1e-9 for marginals",
        (
            "A run whose enclosure is wider ends with exit code 1, although both ends are proved.",
            "In [expected] it is how far the answer may be from the expected value.",
        ),
        "definition",
    ),
    "time_limit_s": (
        "seconds that a question may take, 60 unless given",
        ("When it is over, the enclosure proved so far is the answer, with reason time_limit.",),
        "definition",
    ),
    "seed": (
        "the seed of whatever is random, 0 unless given",
        ("In [options] of the search; in [settings] of the family random, the same directions on every machine.",),
        "definition",
    ),
    "expected": (
        "the table [expected]: value, or lower and upper, with tolerance and source",
        ("What a theorem or a paper says. A run that disagrees ends with exit code 1.",),
        "definition",
    ),
    "kind": (
        'what a problem file asks: "bound", "visibility", "marginals", "local_content", "design" or "analysis"',
        ("`nsmodels explain bound`, `… visibility` and `… marginals` say more.",),
        "definition",
    ),
    "model": (
        "a law for the local marginals of hidden states; no-signalling does the rest",
        ("`nsmodels list models` names them. Every correlator that no signalling allows is free.",),
        "arXiv:0801.2241, eqs. (6) and (7)",
    ),
    "functional": (
        "f = constant + Σ alice_i A_i + Σ bob_j B_j + Σ S_ij C_ij, the left-hand side of an inequality",
        (
            "By name (`nsmodels list functionals`), by correlators = [[S_ij]], alice, bob, constant, or by one table: "
            "collins_gisin, full_correlators or probabilities. The value is the same in every notation.",
            "In Python Functional.from_collins_gisin, from_full_correlators, from_probabilities and from_game read, "
            "to_… write, and functionals.relabellings(f).best(behaviour) finds the best version on given data.",
        ),
        "definition",
    ),
    "inequality": (
        "f ≤ bound for every hidden state of a model; what violates it has no such model",
        ("A visibility below 1 comes with one, and `nsmodels derive PROBLEM.toml` prints it as text, LaTeX or JSON.",),
        "definition",
    ),
    "decomposition": (
        "hidden states with weights that make up the behaviour, with the mixing t_ij of their boxes",
        (
            "C_λ = (1 − t)(−1 + |A + B|) + t(1 − |A − B|) for every hidden state λ and every pair of settings.",
            "It shows the lower end of a visibility.",
            "Of quantum: boxes with weights, each with its marginals and correlators, and no mixing.",
        ),
        "arXiv:0801.2241, eqs. (6) and (7)",
    ),
    "local_content": (
        "the largest weight w of a Bell-local part: P = w P_local + (1 − w) P_rest, with P_rest non-signalling",
        (
            'kind = "local_content" needs a [behaviour] with all correlators and marginals; Python: '
            "`studies.local_content`.",
            "A PR box has none. On half_circle(N) the singlet's is the chained quantity I_N = N (1 − cos(π/2N)).",
            "The result lists the local part: deterministic boxes with weights whose sum is below P, entry by entry.",
        ),
        "Elitzur, Popescu, Rohrlich, Phys. Lett. A 162, 25 (1992)",
    ),
    "certificate": (
        "the proof in a result file, in integers and fractions",
        (
            "`nsmodels verify RESULT.json` re-checks every displayed number from it without any solver; checker.py "
            "does it with the standard library alone.",
        ),
        "definition",
    ),
    "status": (
        "certified, estimate or no_answer: what a result is worth",
        (
            "certified: both ends of the enclosure are proved, whatever its width.",
            "estimate: computed and not proved. no_answer: nothing can be said, and reason says why.",
        ),
        "definition",
    ),
    "certified": (
        "both ends of the enclosure are proved, whatever its width",
        ("The upper end by a certificate, the lower end by something that attains it. `nsmodels verify` checks both.",),
        "definition",
    ),
    "estimate": (
        "a number that was computed and is not proved: it is never called a bound",
        ("Exit code 1 of run. `nsmodels verify` does not accept it.",),
        "definition",
    ),
    "no_answer": (
        "nothing can be said; reason says why",
        ("Exit code 1 after a limit or Ctrl-C, 3 where a solver failed.",),
        "definition",
    ),
    "deviation": (
        "the largest distance of an entry of a decomposition from the mixture that it reproduces",
        ("0 where the model is exact.",),
        "definition",
    ),
    "exit_codes": (
        "0 certified and agreeing, 1 answered with a but, 2 bad input, 3 a solver failed",
        ("verify: 0 all proved, 1 some claim is not, 2 unreadable; of several files the worst.",),
        "definition",
    ),
    "no_signalling": (
        "no party's outcomes tell anything about the other's setting",
        (
            "Every hidden state obeys it here: P(α|a) is the same for all b. The model nonsignalling is all of these.",
            "Behaviour.no_signalling_test tests it on counts.",
        ),
        "arXiv:0801.2241, eq. (6)",
    ),
    "malus": (
        "Malus' law, here: a photon of polarisation u has the mean value u·a behind a polariser along a",
        ("On the Poincaré sphere u·a is cos 2α for a polariser turned by α. It is the law of Leggett's model.",),
        "arXiv:0801.2241, eq. (2)",
    ),
    "poincare": (
        "the sphere of polarisations: opposite points are orthogonal, the Bloch sphere of a qubit",
        ("A polariser turned by an angle moves its point by twice that angle. All directions here are on the sphere.",),
        "definition",
    ),
    "tsirelson": (
        "the largest quantum value of a functional: 2√2 for CHSH",
        ('model = {name = "quantum"} in a problem of kind "bound"; `nsmodels explain quantum` says for what.',),
        "Tsirelson, Lett. Math. Phys. 4, 93 (1980)",
    ),
}
