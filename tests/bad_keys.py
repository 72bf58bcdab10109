"""Problem files with a bad key, kind or model, and the line that answers each."""

from good_problems import BOUND, MARGINALS, VISIBILITY

# (what is wrong, the good file, a piece of it, the piece to put instead, the line of the answer)
KEYS_AND_MODELS = [
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
        ':1: kind: missing; write kind = "bound", "visibility", "marginals", "local_content", '
        '"design" or "analysis"',
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
        ':19: behaviour: a table not used by kind = "bound"; remove it; it is for kind = "visibility" or "marginals" '
        'or "local_content"',
    ),
    (
        "model in marginals", MARGINALS,
        "[behaviour]",
        '[model]\nname = "bell"\n[behaviour]',
        ':3: model: a table not used by kind = "marginals"; remove it; it is for kind = "bound" or "visibility" '
        'or "design" or "analysis"',
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
        ":3: model.name: missing; name the model, one of leggett, one_sided, law, bell, nonsignalling, unbiased, "
        "finite, hull, quantum, two_qubits",
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
        "two qubits have no visibility", VISIBILITY,
        '"bell"',
        '"two_qubits"',
        ':4: model.name: two_qubits is a model for kind = "bound" only, not for "visibility"; use another model',
    ),
    (
        "constraints have no visibility", VISIBILITY,
        'name = "bell"',
        'name = "quantum"\nsubject_to = [{name = "chsh", equals = 1.0}]',
        ':5: model.subject_to: not used by kind = "visibility"; remove it; bounds use it',
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
]  # fmt: skip
