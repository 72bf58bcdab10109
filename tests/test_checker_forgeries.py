"""Fixed forgeries of the certificates written by hand are refused."""

import copy
from itertools import product

import pytest
from handwritten import GENUINE, ONES, digest, hull, marginals, packed, quadratic, verdict, visibility

from nsmodels import checker

FORGERIES = [
    ("leggett", "value.upper", 0.999),
    ("leggett", "value.lower", 1.001),
    ("leggett", "value.lower", None),
    ("leggett", "value.upper", True),
    ("leggett", "value", None),
    ("leggett", "status", "estimate"),
    ("leggett", "status", "no_answer"),
    ("leggett", "kind", "visibility"),
    ("leggett", "schema", 2),
    ("leggett", "certificate.format", 2),
    ("leggett", "problem_sha256", "0" * 64),
    ("leggett", "certificate.upper.type", "enumeration"),
    ("leggett", "certificate.upper.threshold", "1/1000000"),
    ("leggett", "certificate.upper.threshold", "nan"),
    ("leggett", "certificate.upper.tree", packed([])),
    ("leggett", "certificate.upper.tree", packed([4, 6, 6])),
    ("leggett", "certificate.upper.tree", packed([6, 6])),
    ("leggett", "certificate.upper.tree", packed([0, 6, 6])),
    ("leggett", "certificate.upper.tree", packed([7])),
    ("leggett", "certificate.upper.tree", "AAAA"),
    ("leggett", "certificate.upper.tree", packed([6])[:-4]),
    ("leggett", "certificate.upper.multipliers", packed([100])),
    ("leggett", "certificate.upper.denominator", 0),
    ("leggett", "certificate.upper.denominator", 10**6),
    ("leggett", "certificate.lower.state.u", ["0", "0", "0"]),
    ("leggett", "certificate.lower.state.u", ["0", "1", "1"]),
    ("leggett", "certificate.lower.state.v", ["1/0", "0", "0"]),
    ("leggett", "maximiser.u", [0.0, 0.001, 1.0]),
    ("leggett", "maximiser", {}),
    ("leggett", "maximiser.alice", [1.0]),
    ("leggett", "quantum", 0.1),
    ("leggett", "problem.model.eta", 1.5),
    ("leggett", "problem.settings.alice.0", [0, 0, 2]),
    ("leggett", "problem.functional.correlators.0.0", 1.01),
    ("leggett", "problem.functional.constant", 0.01),
    ("leggett", "proven", 1.0),
    ("leggett", "problem.model.name", "bell"),  # which has no purity
    ("leggett", "problem.model.eta", 1e-70),  # zero to 200 bits, and not zero
    ("leggett", "problem.settings.bob", []),
    ("leggett", "problem.functional.n", 1),
    ("leggett", "certificate.lower.state.alice", ["1"]),
    ("leggett", "certificate.upper.quadratic", [{}]),
    ("leggett_faces", "certificate.upper.tree", packed([28, *([5, 6, 6, 6, 6, 6, 6] * 3)])),
    ("leggett_faces", "certificate.upper.tree", packed([28, *([5, 6, 6, 6] * 6)])),
    ("leggett_faces", "certificate.upper.multipliers", packed([127])),
    ("leggett_faces", "certificate.upper.multipliers", packed([128])),
    ("leggett_faces", "certificate.upper.multipliers", packed([0, 0])),
    ("leggett_faces", "problem.functional.alice.0", 0.75),
    ("bell", "value.upper", 1.9999999),
    ("bell", "value.lower", 2.0000001),
    ("bell", "certificate.lower.state.alice.0", "1/2"),
    ("bell", "certificate.lower.state.bob", ["1", "-1"]),
    ("bell", "problem.model.name", "nonsignalling"),
    ("bell", "problem.model.name", "anything"),
    ("bell", "problem.model.eta", 1.0),
    ("bell", "problem.functional.n", 7),
    ("bell", "quantum", 0.0),  # of no settings
    ("bell", "maximiser.u", [0.0, 0.0, 1.0]),
    ("unbiased", "certificate.lower.state", ONES),
    ("unbiased", "problem.model.name", "bell"),
    ("nonsignalling", "certificate.upper.tau.0.0", "2"),
    ("nonsignalling", "certificate.upper.tau", [["1/2", "1/2"]]),
    ("nonsignalling", "certificate.lower.state.alice.0", "3"),
    ("finite", "certificate.lower.state.bob.1", "1/8"),
    ("finite", "problem.model.bob.0", [0.5, 1.0]),
    ("hull", "certificate.upper.parts", [{"type": "enumeration"}]),
    ("hull", "certificate.upper.parts.0.type", "list"),
    ("hull", "value.upper", 3.9),
    ("hull", "certificate.lower.state.part", 0),
    ("hull", "certificate.lower.state.part", 2),
    ("quantum", "value.upper", 2.8284271247),
    ("quantum", "value.lower", 2.82842712475),
    ("quantum", "certificate.upper.diagonal.0", "1"),
    ("quantum", "certificate.upper.level", "2"),
    ("quantum", "certificate.lower.state.vectors.alice.0", ["1", "1"]),
    ("qubits", "certificate.lower.state.qubits.alice.0", ["1", "0", "0", "1"]),
    ("qubits", "certificate.lower.state.qubits.psi_re", ["0"] * 4),
    ("qubits", "certificate.upper.level", "correlators"),
    ("visibility", "value.lower", 0.501),
    ("visibility", "value.upper", 0.499),
    ("visibility", "value.lower", 0.25),  # true, and not what the displayed model reaches
    ("visibility", "certificate.lower.visibility", "51/100"),
    ("visibility", "certificate.lower.weights.0", "1/4"),
    ("visibility", "certificate.lower.weights", ["-1/8", "3/8", *["1/8"] * 6]),
    ("visibility", "certificate.lower.states.0.bob.0", "0"),
    ("visibility", "certificate.lower.states.0.alice", ["-1", "-1"]),
    ("visibility", "certificate.upper", None),
    ("visibility", "certificate.upper.bound", "1"),
    ("visibility", "certificate.upper.correlators.0.0", "2"),
    ("visibility", "inequality.correlators.0.0", 2.0),
    ("visibility", "inequality.bound", 1.5),
    ("visibility", "inequality", None),
    ("visibility", "decomposition.0.weight", 0.25),
    ("visibility", "decomposition.0.extra", 1.0),
    ("visibility", "mixing.0.0", 1.5),
    ("visibility", "mixing.0", [0.5, 0.5, 0.5]),
    ("visibility", "inequality.correlators", [[1.0, 1.0, 1.0, -1.0]]),
    ("visibility", "deviation", 0.1),
    ("visibility", "certificate.lower.repair", "1/10"),
    ("visibility", "problem.behaviour.visibility", 0.5),
    ("visibility", "problem.behaviour.pairs", []),
    ("visibility", "problem.behaviour.alice", [0, 0]),
    ("visibility", "problem.behaviour.noise", {}),
    ("visibility", "problem.behaviour.noise", {"correlators": [[0, 0], [0, 9]], "alice": [0, 0], "bob": [0, 0]}),
    ("visibility", "problem.behaviour.noise", {"correlators": [[0, 0, 0]] * 2, "alice": [0, 0], "bob": [0, 0, 0]}),
    ("visibility", "certificate.lower.deviation", "1/10"),
    ("visibility", "problem.behaviour.pairs", [[0, 0], [0, 1], [1, 0]]),
    ("visibility", "problem.behaviour.pairs", [[0, 0], [0, 0], [0, 1], [1, 0], [1, 1]]),
    ("marginals", "value.upper", 0.99),
    ("marginals", "marginals.alice.0.upper", 0.99),
    ("marginals", "certificate.alice.0.path", ["A0+", "A1+", "A0-"]),
    ("marginals", "certificate.alice.0.potentials", [4, 4, 1, 2]),
    ("marginals", "certificate.alice.0.potentials", [4, 4, 2]),
    ("marginals", "certificate.denominator", "3"),
    ("marginals", "certificate.denominator", "0"),
    ("marginals", "paths.alice.0", ["A0+", "A0-"]),
    ("marginals", "problem.behaviour.noise", "white"),
    ("marginals", "paths.alice.0", {"A0+": 1, "B0+": 2, "A0-": 3}),
    ("marginals", "problem.behaviour.correlators.0.0", 0.75),
    ("marginals", "problem.behaviour.correlators.0.0", 1.5),
    ("marginals_given", "problem.behaviour.correlators.0.0", 0.5),
    ("marginals_given", "problem.behaviour.bob", [0.5]),
    ("marginals_given", "certificate.alice.0.potentials", [1, -1]),
]


@pytest.mark.parametrize(("name", "path", "new"), FORGERIES)
def test_forgeries_are_rejected(name, path, new):
    forged = copy.deepcopy(GENUINE[name]())
    *keys, last = (int(key) if key.isdigit() else key for key in path.split("."))
    holder = forged
    for key in keys:
        holder = holder[key]
    holder[last] = new
    if keys and keys[0] == "problem":
        forged["problem_sha256"] = digest(forged["problem"])
    assert not verdict(forged)


def test_the_centre_of_a_quadratic_leaf_is_a_point_of_the_sphere():
    """19801² = 199² + 19800², but (0, 0, 199/19801) is not of length 1: with it, f would be at most 0.01005."""
    assert verdict(quadratic([0, 0, 1, 1]))
    assert not verdict(quadratic([0, 0, 199, 19800, 19801]))
    assert not verdict(quadratic([199, 19800, 0, 0, 199, 19801]))


def test_nothing_is_expanded_before_its_size_is_known():
    wide = marginals()
    wide["problem"]["behaviour"] = {"correlators": [[0.0]] * 2**17, "alice": [0.0] * 2**17, "bob": [0.0]}
    wide["problem_sha256"] = digest(wide["problem"])
    many = visibility()
    many["problem"]["behaviour"] = {"correlators": [[0.0] * 10**5]}
    many["problem_sha256"] = digest(many["problem"])
    many["certificate"]["lower"] |= {"weights": ["1/50000"] * 50_000, "states": [0] * 50_000}
    bells = hull()
    bells["problem"]["model"]["of"] = [{"name": "bell"}] * 4
    bells["problem_sha256"] = digest(bells["problem"])
    cases = ((wide, "too many settings"), (many, "too many hidden states"), (bells, "no such hull"))
    for forged, reason in cases:
        assert any(reason in text for _, text in checker.check(forged))


def every_object(value, path=()):
    """Paths of all objects in a JSON value."""
    if isinstance(value, dict):
        yield path
    for key, entry in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from every_object(entry, (*path, key))


@pytest.mark.parametrize("name", [*GENUINE, "quadratic"])
def test_unknown_keys_of_certificates_are_refused_at_every_depth(name):
    """And known ones in the wrong place: a state of no hull has no part, a closed form has no tree."""
    make = GENUINE.get(name, lambda: quadratic([0, 0, 1, 1]))
    assert verdict(make())
    paths = list(every_object(make()["certificate"]))
    assert () in paths
    for path, key in product(paths, ("comment", "part", "tree", "state", "upper", "case", "format", "vectors")):
        forged = copy.deepcopy(make())
        holder = forged["certificate"]
        for step in path:
            holder = holder[step]
        if key not in holder:
            holder[key] = 0
            assert not verdict(forged), (path, key)
