"""The checker on certificates written by hand, on shipped results, and its parts by themselves."""

import json
from fractions import Fraction
from itertools import product

import pytest
from handwritten import FILE, GENUINE, TINY, bell, digest, leggett_faces, marginals, marginals_given, verdict

from nsmodels import checker


@pytest.mark.parametrize("name", GENUINE)
def test_genuine_certificates_are_accepted(name):
    claims = checker.check(GENUINE[name]())
    assert claims
    assert all(holds for holds, _ in claims), claims


def test_every_key_is_needed():
    for name, make in GENUINE.items():
        genuine = make()
        for key in set(genuine) - {"reason", "stats", "quantum", "deviation"}:
            assert not verdict({k: x for k, x in genuine.items() if k != key}), (name, key)


def test_size_does_not_matter():
    """Coefficients of any size: nothing may vanish by scaling."""
    for size in (2.0**-60, 2.0**60, 2.0**200):
        value = leggett_faces()
        value["problem"]["functional"] = {"correlators": [[size]], "alice": [size / 2]}
        value["problem_sha256"] = digest(value["problem"])
        value["value"] = {"lower": (1.5 - 1e-12) * size, "upper": (1.5 + 1e-12) * size}
        exact = (Fraction(-1, 2) - TINY) * Fraction(size)
        value["certificate"]["upper"]["threshold"] = str(exact)
        value["quantum"] = None
        assert verdict(value), size
        value["value"] = {"lower": -2 * size, "upper": 1.4 * size}
        value["certificate"]["lower"]["state"]["u"] = ["0", "0", "-1"]
        value["maximiser"]["u"] = [0.0, 0.0, -1.0]
        value["certificate"]["upper"]["threshold"] = str(Fraction(-2, 5) * Fraction(size))
        assert not verdict(value), size


def test_expected_is_no_claim():
    value = bell()
    value["problem"]["expected"] = {"value": 17.0}
    value["problem_sha256"] = digest(value["problem"])
    assert verdict(value)


@pytest.mark.parametrize("case", ["anything", "", None, True, ["given"], "given", "zero_or_free"])
def test_the_case_of_a_certificate_is_that_of_the_problem(case):
    for make, right in ((marginals, "zero_or_free"), (marginals_given, "given")):
        forged = make()
        assert forged["certificate"]["case"] == right
        forged["certificate"]["case"] = case
        assert verdict(forged) == (case == right)


def test_every_shipped_result_is_proved():
    """Result files in results/; other JSON files there are not results and carry no certificate."""
    for path in sorted((FILE.parent.parent / "results").glob("*.json")):
        result = checker.read(str(path))
        if isinstance(result, dict) and "certificate" in result:
            claims = checker.check(result)
            assert all(holds for holds, _ in claims), (path.name, claims)


def test_directions_are_those_of_the_package():
    import numpy as np

    from nsmodels import settings

    cases = [
        ("leggett_triads", {"phi_deg": 36.87}),
        ("leggett_directions", {"phi_deg": -500.25, "directions": "dodecahedron"}),
        ("leggett_directions", {"phi_deg": 20, "directions": "icosahedron"}),
        ("leggett_directions", {"phi_deg": 20, "directions": [[0.6, 0.8, 0.0], [0, 0, 1]]}),
        ("half_circle", {"n": 7}),
        ("great_circle", {"n_alice": 5, "n_bob": 3}),
        ("fibonacci", {"n_alice": 5, "n_bob": 30}),
        ("chsh", {}),
        ("random", {"n_alice": 4, "n_bob": 5, "seed": 3}),
    ]
    for name, parameters in cases:
        made = settings.FAMILIES[name].build(parameters)
        exact = checker.directions({"family": name, **parameters})
        for rows, wanted in zip(exact, (made.alice, made.bob), strict=True):
            got = np.array([[float(Fraction(x, checker.ONE)) for x in row] for row in rows])
            assert np.abs(got - wanted).max() <= made.rounding, name


def test_enumeration_is_the_maximum_over_all_strategies():
    import random

    rng = random.Random(1)
    for _ in range(20):
        n, m = rng.randint(1, 4), rng.randint(1, 4)
        numbers = [Fraction(rng.uniform(-1, 1)) for _ in range(n * m + n + m)]
        rows = [numbers[i * m : i * m + m] for i in range(n)]
        f = checker.Functional(Fraction(1, 3), rows, numbers[n * m : n * m + n], numbers[n * m + n :])
        best = max(
            f.value(a, b, [[x * y for y in b] for x in a])
            for a in map(list, product((1, -1), repeat=n))
            for b in map(list, product((1, -1), repeat=m))
        )
        assert checker.enumeration(None, f, None) == best


def test_positive_is_never_wrong_and_seldom_shy():
    import random

    rng = random.Random(2)
    for n in (1, 2, 6, 12):
        root = [[Fraction(rng.uniform(-1, 1)) for _ in range(n)] for _ in range(n)]
        gram = [[sum(x * y for x, y in zip(p, q)) for q in root] for p in root]
        assert checker.positive([[x + (i == j) * TINY for j, x in enumerate(row)] for i, row in enumerate(gram)])
        vector = [Fraction(rng.uniform(-1, 1)) for _ in range(n)]
        value = sum(x * y * gram[i][j] for i, x in enumerate(vector) for j, y in enumerate(vector))
        norm = sum(x * x for x in vector)
        share = (1 + TINY) * value / norm**2
        below = [[x - share * vector[i] * vector[j] for j, x in enumerate(r)] for i, r in enumerate(gram)]
        assert not checker.positive(below)  # vᵀ M v < 0


CONTRADICTIONS = {
    "settings by family and by rows": ("settings", {"alice": [[0, 0, 1], [1, 0, 0]], "bob": [[0, 0, 1], [1, 0, 0]]}),
    "settings by angles too": ("settings", {"alice_deg": [[0, 0], [90, 0]], "bob_deg": [[0, 0], [90, 0]]}),
    "purity in both forms": ("model", {"eta": 1.0, "eta_a": 0.5, "eta_b": 0.5}),
    "a model with hidden states of another": ("model", {"alice": [[1, 1]], "bob": [[1, 1]]}),
    "a functional by name and by numbers": ("functional", {"correlators": [[1, 0], [0, 0]]}),
    "an unknown key": ("functional", {"correlator": [[1, 0], [0, 0]]}),
}


@pytest.mark.parametrize("name", CONTRADICTIONS)
def test_problems_that_contradict_themselves_are_refused(name):
    table, more = CONTRADICTIONS[name]
    genuine = json.loads((FILE.parent.parent / "results" / "chsh_leggett.json").read_text(encoding="utf-8"))
    assert all(holds for holds, _ in checker.check(genuine))
    genuine["problem"][table] |= more
    genuine["problem_sha256"] = digest(genuine["problem"])
    assert not all(holds for holds, _ in checker.check(genuine))


@pytest.mark.parametrize(
    ("kind", "table"), [("bound", "behaviour"), ("marginals", "model"), ("visibility", "behavior")]
)
def test_tables_that_the_kind_does_not_use_are_refused(kind, table):
    name = {"bound": "chsh_leggett", "marginals": "chain_2", "visibility": "visibility_chsh_bell"}[kind]
    genuine = json.loads((FILE.parent.parent / "results" / f"{name}.json").read_text(encoding="utf-8"))
    genuine["problem"][table] = {"name": "bell" if table == "model" else "singlet"}
    genuine["problem_sha256"] = digest(genuine["problem"])
    assert not all(holds for holds, _ in checker.check(genuine))


STRAY = {
    "a bound that shows an inequality": ("chsh_leggett", lambda r: r.update(inequality={"bound": -7.0})),
    "a bound that shows marginals": ("chsh_leggett", lambda r: r.update(marginals={"alice": [], "bob": []})),
    "a visibility that shows a maximiser": ("visibility_chsh_bell", lambda r: r.update(maximiser={"u": [0, 0, 1]})),
    "a visibility that shows a quantum value": ("visibility_chsh_bell", lambda r: r.update(quantum=99.0)),
    "marginals that show a quantum value": ("chain_2", lambda r: r.update(quantum=99.0)),
    "a schema that is no number": ("chain_2", lambda r: r.update(schema=True)),
    "a format that is no number": ("chain_2", lambda r: r["certificate"].update(format=True)),
    "marginals treated in an unknown way": ("chain_2", lambda r: r["problem"]["behaviour"].update(marginals="maybe")),
}


@pytest.mark.parametrize("name", STRAY)
def test_what_nothing_proves_is_not_displayed(name):
    file, change = STRAY[name]
    genuine = json.loads((FILE.parent.parent / "results" / f"{file}.json").read_text(encoding="utf-8"))
    genuine["problem"].setdefault("behaviour", {"name": "singlet"}) if file == "chain_2" else None
    change(genuine)
    genuine["problem_sha256"] = digest(genuine["problem"])
    assert not all(holds for holds, _ in checker.check(genuine))
