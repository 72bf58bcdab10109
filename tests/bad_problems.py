"""Bad problem files, each with the one line that answers it (after the name of the file)."""

BOUND = """\
schema = 1
kind = "bound"
[model]
name = "leggett"
eta = 1.0
[settings]
alice = [[0, 0, 1], [1, 0, 0]]
bob = [
  [0, 1, 0],
  [0, 0, 1],
  [1, 0, 0],
]
[functional]
correlators = [
  [1, 0, 1],  # two rows of three
  [0, 1, 0],
]
alice = [0, 0.5]
[options]
tolerance = 1e-6
[expected]
value = 1.5
"""

VISIBILITY = """\
schema = 1
kind = "visibility"
[model]
name = "bell"
[settings]
family = "chsh"
[behaviour]
name = "singlet"
"""

MARGINALS = """\
schema = 1
kind = "marginals"
[behaviour]
correlators = [[0.5, 0.5], [0.5, -0.5]]
alice = [0, 0]
bob = [0, 0]
"""

# (what is wrong, the good file, a piece of it, the piece to put instead, the line of the answer)
CASES = [
    (
        "unknown top key", BOUND,
        'kind = "bound"',
        'kind = "bound"\ntitel = "x"',
        ':3: titel: unknown key; did you mean "title"?',
    ),
    (
        "key of a table at the top", BOUND,
        'kind = "bound"',
        'kind = "bound"\neta = 1.0',
        ":3: eta: unknown key; it belongs in [model]",
    ),
    (
        "misspelt table", BOUND,
        "[functional]",
        "[functionnal]",
        ':13: functionnal: unknown key; did you mean "functional"?',
    ),
    (
        "misspelt key", BOUND,
        "eta = 1.0",
        "etta = 1.0",
        ':5: model.etta: unknown key; did you mean "eta"?',
    ),
    (
        "unknown keys come first", BOUND,
        'schema = 1\nkind = "bound"',
        'schema = 2\nkind = "bund"\nkindd = 1',
        ':3: kindd: unknown key; did you mean "kind"?',
    ),
    (
        "American normalize", BOUND,
        "alice = [[0, 0, 1]",
        "normalize = true\nalice = [[0, 0, 1]",
        ':7: settings.normalize: unknown key; did you mean "normalise"?',
    ),
    (
        "quoted key with a line break", BOUND,
        "eta = 1.0",
        '"e\\nta" = 1.0',
        ':5: model."e?ta": unknown key; did you mean "eta"?',
    ),
    (
        "unknown key in a part of a hull", VISIBILITY,
        'name = "bell"',
        'name = "hull"\nof = [{name = "bell"}, {name = "leggett", etaa = 1}]',
        ':5: model.of[1].etaa: unknown key; did you mean "eta_a"?',
    ),
    (
        "unknown key in noise", VISIBILITY,
        'name = "singlet"',
        "noise = {correlators = [[0,0],[0,0]], alise = [0,0]}",
        ':8: behaviour.noise.alise: unknown key; did you mean "alice"?',
    ),
    (
        "no schema", BOUND,
        "schema = 1\n",
        "",
        ":1: schema: missing; write schema = 1",
    ),
    (
        "schema of tomorrow", BOUND,
        "schema = 1",
        "schema = 2",
        ":1: schema: only schema 1 is known; write schema = 1",
    ),
    (
        "boolean schema", BOUND,
        "schema = 1",
        "schema = true",
        ":1: schema: must be an integer, is the boolean true",
    ),
    (
        "no kind", BOUND,
        'kind = "bound"\n',
        "",
        ':1: kind: missing; write kind = "bound", "visibility", "marginals" or "design"',
    ),
    (
        "unknown kind", BOUND,
        '"bound"',
        '"bounds"',
        ':2: kind: unknown name "bounds"; did you mean "bound"?',
    ),
    (
        "kind is a number", BOUND,
        '"bound"',
        "3",
        ':2: kind: must be a string, is the number 3; write kind = "…"',
    ),
    (
        "table of another kind", BOUND,
        "[options]",
        '[behaviour]\nname = "singlet"\n[options]',
        ':19: behaviour: a table not used by kind = "bound"; remove it; it is for kind = "visibility" or "marginals"',
    ),
    (
        "model in marginals", MARGINALS,
        "[behaviour]",
        '[model]\nname = "bell"\n[behaviour]',
        ':3: model: a table not used by kind = "marginals"; remove it; it is for kind = "bound" or "visibility" '
        'or "design"',
    ),
    (
        "purity that is nearly zero", BOUND,
        "eta = 1.0",
        "eta = 1e-31",
        ":5: model.eta: is 1e-31; a purity is 0, or lies in [1e-30, 1]",
    ),
    (
        "purity that is nearly zero in a hull", VISIBILITY,
        'name = "bell"',
        'name = "hull"\nof = [{name = "leggett", eta_a = 1, eta_b = 1e-40}]',
        ":5: model.of[0].eta_b: is 1e-40; a purity is 0, or lies in [1e-30, 1]",
    ),
    (
        "bell four times", VISIBILITY,
        'name = "bell"',
        'name = "hull"\nof = [{name = "bell"}, {name = "bell"}, {name = "bell"}, {name = "bell"}]',
        ":5: model.of: names bell more often than the limit of 3; once says as much",
    ),
    (
        "no model", BOUND,
        '[model]\nname = "leggett"\neta = 1.0\n',
        "",
        ':1: model: missing; kind = "bound" needs a table [model]',
    ),
    (
        "no functional", BOUND,
        "[functional]\ncorrelators = [\n  [1, 0, 1],  # two rows of three\n  [0, 1, 0],\n]\nalice = [0, 0.5]\n",
        "",
        ':1: functional: missing; kind = "bound" needs a table [functional]',
    ),
    (
        "model is no table", BOUND,
        '[model]\nname = "leggett"\neta = 1.0\n',
        'model = "leggett"\n',
        ':3: model: must be a table, is the string "leggett"; write [model] and its keys',
    ),
    (
        "title is a number", BOUND,
        'kind = "bound"',
        'kind = "bound"\ntitle = 7',
        ':3: title: must be a string, is the number 7; write title = "…"',
    ),
    (
        "no model name", BOUND,
        'name = "leggett"\n',
        "",
        ":3: model.name: missing; name the model, one of leggett, one_sided, bell, nonsignalling, unbiased, finite, "
        "hull, quantum",
    ),
    (
        "unknown model", BOUND,
        '"leggett"',
        '"legett"',
        ':4: model.name: unknown name "legett"; did you mean "leggett"?',
    ),
    (
        "eta above one", BOUND,
        "eta = 1.0",
        "eta = 1.5",
        ":5: model.eta: must be in [0, 1], is 1.5",
    ),
    (
        "eta is a boolean", BOUND,
        "eta = 1.0",
        "eta = true",
        ":5: model.eta: must be a number, is the boolean true",
    ),
    (
        "eta is a string", BOUND,
        "eta = 1.0",
        'eta = "one"',
        ':5: model.eta: must be a number, is the string "one"',
    ),
    (
        "eta is not a number", BOUND,
        "eta = 1.0",
        "eta = nan",
        ":5: model.eta: must be a finite number, is nan; the largest double is 1.8e308",
    ),
    (
        "eta beside eta_a", BOUND,
        "eta = 1.0",
        "eta = 1.0\neta_a = 0.5",
        ":6: model.eta_a: given beside eta; give eta, or eta_a and eta_b",
    ),
    (
        "eta_a alone", BOUND,
        "eta = 1.0",
        "eta_a = 0.5",
        ":3: model.eta_b: missing; give both eta_a and eta_b",
    ),
    (
        "eta for another model", VISIBILITY,
        'name = "bell"',
        'name = "bell"\neta = 1.0',
        ":5: model.eta: not used by the model bell; remove it",
    ),
    (
        "quantum has no visibility", VISIBILITY,
        '"bell"',
        '"quantum"',
        ':4: model.name: quantum is a model for kind = "bound" only, not for "visibility"; use another model',
    ),
    (
        "hull in a hull", VISIBILITY,
        'name = "bell"',
        'name = "hull"\nof = [{name = "hull", of = []}]',
        ":5: model.of[0].name: a hull cannot contain hull; list other models",
    ),
    (
        "empty hull", VISIBILITY,
        'name = "bell"',
        'name = "hull"\nof = []',
        ':5: model.of: must be a list of models that is not empty; for example [{name = "bell"}]',
    ),
    (
        "finite of two lengths", VISIBILITY,
        'name = "bell"',
        'name = "finite"\nalice = [[1, 1], [1, -1]]\nbob = [[1, 1]]',
        ":6: model.bob: number of rows is 1; 2 wanted, one for each row of alice",
    ),
    (
        "finite marginal above one", VISIBILITY,
        'name = "bell"',
        'name = "finite"\nalice = [[1, 1.5]]\nbob = [[1, 1]]',
        ":5: model.alice[0][1]: is 1.5; the limit is ±1",
    ),
    (
        "finite of another width", VISIBILITY,
        'name = "bell"',
        'name = "finite"\nalice = [[1, 1, 1]]\nbob = [[1, 1]]',
        ":5: model.alice[0]: number of entries is 3; 2 wanted, one for each setting",
    ),
    (
        "leggett without settings", BOUND,
        "[settings]\nalice = [[0, 0, 1], [1, 0, 0]]\nbob = [\n  [0, 1, 0],\n  [0, 0, 1],\n  [1, 0, 0],\n]\n",
        "",
        ":1: settings: missing; the model leggett is a law for directions: add a table [settings]",
    ),
    (
        "norm", BOUND,
        "  [0, 0, 1],\n",
        "  [0, 0.1, 1],\n",
        ":10: settings.bob[1]: has norm 1.00498756211, off 1 by more than 1e-09; "
        "give a unit vector, or set normalise = true in [settings]",
    ),
    (
        "zero row", BOUND,
        "  [0, 0, 1],\n",
        "  [0, 0, 0],\n",
        ":10: settings.bob[1]: is the zero vector; a direction needs a vector that is not zero",
    ),
    (
        "row of two numbers", BOUND,
        "  [0, 0, 1],\n",
        "  [0, 1],\n",
        ":10: settings.bob[1]: number of entries is 2; 3 wanted, x, y, z",
    ),
    (
        "infinite entry", BOUND,
        "  [0, 0, 1],\n",
        "  [0, 0, inf],\n",
        ":10: settings.bob[1][2]: must be a finite number, is inf; the largest double is 1.8e308",
    ),
    (
        "string in a row", BOUND,
        "  [0, 0, 1],\n",
        '  [0, 0, "1"],\n',
        ':10: settings.bob[1][2]: must be a number, is the string "1"',
    ),
    (
        "row is a number", BOUND,
        "  [0, 0, 1],\n",
        "  1.0,\n",
        ":10: settings.bob[1]: must be a list of numbers, is the number 1.0",
    ),
    (
        "no settings at all", BOUND,
        "alice = [[0, 0, 1], [1, 0, 0]]",
        "alice = []",
        ":7: settings.alice: is an empty list; give at least one row",
    ),
    (
        "empty settings table", VISIBILITY,
        'family = "chsh"\n',
        "",
        ":5: settings.family: missing; name a family, or give alice and bob as rows [x, y, z]",
    ),
    (
        "bob is missing", BOUND,
        "bob = [\n  [0, 1, 0],\n  [0, 0, 1],\n  [1, 0, 0],\n]\n",
        "",
        ":6: settings.bob: missing; give alice and bob",
    ),
    (
        "angles beside rows", BOUND,
        "alice = [[0, 0, 1]",
        "alice_deg = [[0, 0]]\nalice = [[0, 0, 1]",
        ":7: settings.alice_deg: not used by settings given by alice; remove it",
    ),
    (
        "normalise is a number", BOUND,
        "alice = [[0, 0, 1]",
        "normalise = 1\nalice = [[0, 0, 1]",
        ":7: settings.normalise: must be true or false, is the number 1",
    ),
    (
        "unknown family", VISIBILITY,
        '"chsh"',
        '"chhs"',
        ':6: settings.family: unknown name "chhs"; did you mean "chsh"?',
    ),
    (
        "family beside rows", VISIBILITY,
        'family = "chsh"',
        'family = "chsh"\nalice = [[0, 0, 1]]',
        ":7: settings.alice: given beside family; give a family, or rows",
    ),
    (
        "parameter of another family", VISIBILITY,
        'family = "chsh"',
        'family = "chsh"\nn = 3',
        ":7: settings.n: not used by the family chsh; remove it",
    ),
    (
        "family without its angle", VISIBILITY,
        'family = "chsh"',
        'family = "leggett_triads"',
        ":5: settings.phi_deg: missing; the family leggett_triads needs the full opening angle phi_deg",
    ),
    (
        "family with zero settings", VISIBILITY,
        'family = "chsh"',
        'family = "half_circle"\nn = 0',
        ":7: settings.n: must be at least 1, is 0",
    ),
    (
        "family with a broken count", VISIBILITY,
        'family = "chsh"',
        'family = "half_circle"\nn = 2.5',
        ":7: settings.n: must be an integer, is the number 2.5",
    ),
    (
        "a million settings", VISIBILITY,
        'family = "chsh"',
        'family = "half_circle"\nn = 1000000',
        ":7: settings.n: is 1000000, above the limit of 10000",
    ),
    (
        "too many pairs", VISIBILITY,
        'family = "chsh"',
        'family = "fibonacci"\nn_alice = 5000\nn_bob = 5000',
        ":7: settings.n_alice: 5000 × 5000 settings are 25000000 pairs, above the limit of 1000000; use fewer settings",
    ),
    (
        "unknown directions", VISIBILITY,
        'family = "chsh"',
        'family = "leggett_directions"\nphi_deg = 30\ndirections = "cube"',
        ':8: settings.directions: unknown name "cube"; known here: triad, tetrahedron, icosahedron, dodecahedron',
    ),
    (
        "coefficients of the wrong shape", BOUND,
        "  [0, 1, 0],\n]\nalice",
        "  [0, 1],\n]\nalice",
        ":16: functional.correlators[1]: number of entries is 2; 3 wanted, one for each of Bob's settings",
    ),
    (
        "too few rows of coefficients", BOUND,
        "  [1, 0, 1],  # two rows of three\n",
        "",
        ":14: functional.correlators: number of rows is 1; 2 wanted, one for each of Alice's settings",
    ),
    (
        "marginal coefficients of the wrong length", BOUND,
        "alice = [0, 0.5]",
        "alice = [0, 0.5, 1]",
        ":18: functional.alice: number of entries is 3; 2 wanted, one for each of Alice's settings",
    ),
    (
        "coefficient beyond the limit", BOUND,
        "alice = [0, 0.5]",
        "alice = [0, 1e13]",
        ":18: functional.alice[1]: is 1e+13; the limit is ±1e+12",
    ),
    (
        "name beside coefficients", BOUND,
        "alice = [0, 0.5]",
        'name = "chsh"',
        ":18: functional.name: given beside correlators; give a name, or correlators",
    ),
    (
        "unknown functional", BOUND,
        "correlators = [\n  [1, 0, 1],  # two rows of three\n  [0, 1, 0],\n]\nalice = [0, 0.5]",
        'name = "legget3"',
        ':14: functional.name: unknown name "legget3"; did you mean "leggett3"?',
    ),
    (
        "functional for other settings", BOUND,
        "correlators = [\n  [1, 0, 1],  # two rows of three\n  [0, 1, 0],\n]\nalice = [0, 0.5]",
        'name = "chsh"',
        ":14: functional.name: chsh belongs to 2×2 settings, and there are 2×3; "
        "change the settings, or give correlators",
    ),
    (
        "behaviour without settings", VISIBILITY,
        '[settings]\nfamily = "chsh"\n',
        "",
        ":6: behaviour.name: the behaviour singlet belongs to settings; add a table [settings]",
    ),
    (
        "werner without its visibility", VISIBILITY,
        '"singlet"',
        '"werner"',
        ":7: behaviour.visibility: missing; the behaviour werner needs visibility",
    ),
    (
        "visibility of the singlet", VISIBILITY,
        'name = "singlet"',
        'name = "singlet"\nvisibility = 0.5',
        ":9: behaviour.visibility: not used by the behaviour singlet; remove it",
    ),
    (
        "pair out of range", VISIBILITY,
        'name = "singlet"',
        'name = "singlet"\npairs = [[0, 0], [0, 2]]',
        ":9: behaviour.pairs[1]: there is no pair [0, 2]; alice is 0 to 1, bob 0 to 1",
    ),
    (
        "pair twice", VISIBILITY,
        'name = "singlet"',
        'name = "singlet"\npairs = [\n  [0, 0],\n  [0, 1],\n  [0, 0],\n]',
        ":12: behaviour.pairs[2]: the pair [0, 0] is given twice; remove one",
    ),
    (
        "pair of three", VISIBILITY,
        'name = "singlet"',
        'name = "singlet"\npairs = [[0, 0, 1]]',
        ":9: behaviour.pairs[0]: must be two whole numbers [alice, bob], counted from 0",
    ),
    (
        "pair of booleans", VISIBILITY,
        'name = "singlet"',
        'name = "singlet"\npairs = [[false, true]]',
        ":9: behaviour.pairs[0]: must be two whole numbers [alice, bob], counted from 0",
    ),
    (
        "marginals to be guessed", VISIBILITY,
        'name = "singlet"',
        'name = "singlet"\nmarginals = "guess"',
        ':9: behaviour.marginals: unknown name "guess"; known here: match, free',
    ),
    (
        "unknown noise", VISIBILITY,
        'name = "singlet"',
        'name = "singlet"\nnoise = "pink"',
        ':9: behaviour.noise: unknown name "pink"; write "white", or {correlators = …, alice = …, bob = …}',
    ),
    (
        "noise without marginals", VISIBILITY,
        'name = "singlet"',
        'name = "singlet"\nnoise = {correlators = [[0, 0], [0, 0]]}',
        ":9: behaviour.noise.alice: missing; give alice and bob, because the marginals are matched",
    ),
    (
        "noise with one marginal, though free", VISIBILITY,
        'name = "singlet"',
        'name = "singlet"\nmarginals = "free"\nnoise = {correlators = [[0, 0], [0, 0]], alice = [0, 0]}',
        ":10: behaviour.noise.bob: missing; give the marginals of both parties, or of neither",
    ),
    (
        "noise in marginals", MARGINALS,
        "bob = [0, 0]",
        'bob = [0, 0]\nnoise = "white"',
        ':7: behaviour.noise: not used by kind = "marginals"; remove it',
    ),
    (
        "correlator above one", MARGINALS,
        "0.5, -0.5",
        "0.5, -1.5",
        ":4: behaviour.correlators[1][1]: is -1.5; no box has |C| > 1",
    ),
    (
        "negative probability", MARGINALS,
        "alice = [0, 0]\nbob = [0, 0]",
        "alice = [0, 0.9]\nbob = [0.9, 0]",
        ":4: behaviour.correlators[0][0]: with A = 0, B = 0.9 and C = 0.5 a probability is -0.1; "
        "|A - B| <= 1 - C must hold",
    ),
    (
        "marginals of one party", MARGINALS,
        "bob = [0, 0]\n",
        "",
        ":3: behaviour.bob: missing; give the marginals of both parties, or of neither",
    ),
    (
        "two spellings", MARGINALS,
        "[behaviour]",
        '[behavior]\nname = "pr_box"\n[behaviour]',
        ':5: behaviour: "behaviour" is given twice, in two spellings; remove one',
    ),
    (
        "tolerance of zero", BOUND,
        "tolerance = 1e-6",
        "tolerance = 0",
        ":20: options.tolerance: must be greater than 0, is 0",
    ),
    (
        "negative time", BOUND,
        "tolerance = 1e-6",
        "time_limit_s = -1",
        ":20: options.time_limit_s: must be greater than 0, is -1",
    ),
    (
        "broken seed", BOUND,
        "tolerance = 1e-6",
        "seed = 1.0",
        ":20: options.seed: must be an integer, is the number 1.0",
    ),
    (
        "negative seed", BOUND,
        "tolerance = 1e-6",
        "seed = -1",
        ":20: options.seed: must be at least 0, is -1",
    ),
    (
        "nothing expected", BOUND,
        "value = 1.5",
        "tolerance = 1e-6",
        ":21: expected.value: missing; give value, or lower and upper",
    ),
    (
        "value beside lower", BOUND,
        "value = 1.5",
        "value = 1.5\nlower = 1",
        ":23: expected.lower: given beside value; give value, or lower and upper",
    ),
    (
        "expected ends exchanged", BOUND,
        "value = 1.5",
        "lower = 2\nupper = 1",
        ":22: expected.lower: 2.0 is above upper = 1.0; exchange them",
    ),
    (
        "expected is a date", BOUND,
        "value = 1.5",
        "value = 2008-01-16",
        ":22: expected.value: must be a number, is a date or time",
    ),
    (
        "not TOML", BOUND,
        "eta = 1.0",
        "eta =",
        ":5: file: not TOML: Invalid value at column 6",
    ),
    (
        "key given twice", BOUND,
        "eta = 1.0",
        "eta = 1.0\neta = 0.5",
        ":6: file: not TOML: Cannot overwrite a value at column 10",
    ),
    (
        "absurd exponent", BOUND,
        "eta = 1.0",
        "eta = 1e999999999",
        ':5: file: the exponent of "1e999999999" passes the limit of 324',
    ),
    (
        "absurd integer", BOUND,
        "eta = 1.0",
        "eta = 1" + "0" * 350 + "",
        ":5: model.eta: must be a finite number, is 1000000000000000000…; the largest double is 1.8e308",
    ),
    (
        "endless number", BOUND,
        "eta = 1.0",
        "eta = 0." + "1" * 500 + "",
        ":5: file: a number or key is longer than the limit of 400 characters",
    ),
    (
        "deeply nested", BOUND,
        "eta = 1.0",
        "eta = " + "[" * 50 + "]" * 50,
        ":5: file: brackets are nested deeper than the limit of 8",
    ),
    (
        "deep dotted key", BOUND,
        "eta = 1.0",
        "a" + ".a" * 50 + " = 1",
        ":5: file: a dotted key is deeper than the limit of 8",
    ),
    (
        "long string", BOUND,
        "eta = 1.0",
        'eta = "' + "x" * 20000 + '"',
        ":5: file: a string is longer than the limit of 10000 characters",
    ),
]  # fmt: skip
