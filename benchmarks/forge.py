"""Forgeries of result files: 10 000 seeded changes, of which the checker may accept none whose claim does not follow.

    python benchmarks/forge.py [--count 10000] [--seed 0]

Two games are played on valid results whose enclosures are 1e-2 wide (so that changed certificates often still prove
something), and in both the forger recomputes ``problem_sha256``:

*Lies.* A displayed number is moved to the wrong side of the truth, together with every number of the certificate that
merely states it; then up to three random changes are made to the certificate or to the displayed numbers, never to the
problem. The claim is false, so nothing can prove it: **every acceptance is harmful**, whatever was changed.

*Accidents.* One random change is made anywhere: a number, a sign, a patch or a multiplier (a byte inside the compressed
streams), a weight, a hidden vector, an entry of the problem, the digest, an entry removed, repeated or exchanged. The
result may still be a true statement with a valid proof, for example a multiplier that proves slightly less, or another
title. So **an acceptance is harmful if a displayed claim about the problem as it now stands is false**, and this is
decided without the checker: the problem is read and answered again by the package at a width of 1e-6 (for marginals: by
HiGHS from the constraints), the displayed inequality is bounded again, and the displayed model, maximiser and quantum
value are evaluated in floating point. Where the changed problem cannot even be read, its acceptance counts as harmful.

An acceptance that is harmless by this rule is a true claim. That an accepted certificate also *implies* its claim is
what the lies test: they leave the checker no true claim to hide behind.
"""

from __future__ import annotations

import argparse
import base64
import copy
import functools
import hashlib
import json
import math
import random
import sys
import time
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any

import nsmodels as ns
from nsmodels import checker
from nsmodels.errors import NsmodelsError
from nsmodels.files.problem import Problem, from_data
from nsmodels.files.result import assemble

Result = dict[str, Any]

WIDTH = 1e-2
PROBLEMS: dict[str, dict[str, Any]] = {
    "l3": {
        "kind": "bound",
        "model": {"name": "leggett", "eta": 1.0},
        "settings": {"family": "leggett_triads", "phi_deg": 36.87},
        "functional": {"name": "leggett3"},
    },
    "marginal_terms": {
        "kind": "bound",
        "model": {"name": "leggett", "eta_a": 0.9, "eta_b": 0.7},
        "settings": {"alice": [[0, 0, 1], [0.6, 0.8, 0]], "bob": [[1, 0, 0], [0, -0.8, 0.6]]},
        "functional": {"correlators": [[1, -0.5], [0.25, 0.75]], "alice": [0.2, 0], "bob": [0, -0.3], "constant": 0.1},
    },
    "quadratic": {
        "kind": "bound",
        "model": {"name": "leggett"},
        "settings": {"family": "random", "n_alice": 2, "n_bob": 3, "seed": 0},
        "functional": {"correlators": [[0.5, -1, 0.25], [1, 0.75, -0.5]]},
    },
    "square": {
        "kind": "bound",
        "model": {"name": "leggett", "eta_a": 1.0, "eta_b": 0.9},
        "settings": {"family": "leggett_triads", "phi_deg": 36.87},
        "functional": {"name": "leggett3"},
    },
    "flat": {
        "kind": "bound",
        "model": {"name": "leggett", "eta_a": 0.75, "eta_b": 1.0},
        "settings": {"alice": [[0, 0.6, 0.8]], "bob": [[0, 0, 1], [0.6, 0.8, 0], [1, 0, 0], [0, 0.6, 0.8]]},
        "functional": {"correlators": [[1, -0.5, 0.75, 0.25]], "alice": [0.125], "bob": [0.25, 0, -0.125, 0]},
    },
    "bell": {
        "kind": "bound",
        "model": {"name": "bell"},
        "functional": {"correlators": [[1, 1, 0], [1, -1, 0.5], [0.25, 0, 1]], "bob": [0.5, 0, 0]},
    },
    "nonsignalling": {
        "kind": "bound",
        "model": {"name": "nonsignalling"},
        "functional": {"correlators": [[1, 1], [1, -1]], "alice": [0.5, 0.25]},
    },
    "finite": {
        "kind": "bound",
        "model": {"name": "finite", "alice": [[1, 0.5], [0, 0.25]], "bob": [[0.5, 1], [-1, 0]]},
        "functional": {"name": "chsh"},
    },
    "hull": {
        "kind": "bound",
        "model": {"name": "hull", "of": [{"name": "bell"}, {"name": "unbiased"}]},
        "functional": {"correlators": [[1, 1], [1, -1]], "alice": [1.5, 0]},
    },
    "quantum": {"kind": "bound", "model": {"name": "quantum"}, "functional": {"name": "chained", "n": 3}},
    "visibility": {
        "kind": "visibility",
        "model": {"name": "leggett"},
        "settings": {"family": "leggett_triads", "phi_deg": 38.9},
        "behaviour": {"name": "singlet", "pairs": [[0, 0], [0, 1], [1, 2], [1, 3], [2, 4], [2, 5]]},
    },
    "visibility_bell": {
        "kind": "visibility",
        "model": {"name": "bell"},
        "settings": {"family": "chsh"},
        "behaviour": {"name": "singlet"},
    },
    "marginals": {"kind": "marginals", "settings": {"family": "half_circle", "n": 3}, "behaviour": {"name": "singlet"}},
    "marginals_given": {
        "kind": "marginals",
        "behaviour": {"correlators": [[0.5, 0.25], [0.25, -0.5]], "alice": [0.25, 0.125], "bob": [0, 0.25]},
    },
}
"""What is forged; every kind of result and every type of proof occurs."""

FREE = ("title", "source", "options", "expected")
"""Entries of a problem that its answer does not depend on."""


def read_problem(data: dict[str, Any]) -> Problem:
    """Read a problem as ``nsmodels run`` would, from its parsed form."""
    return from_data(data, "forged.toml")


def answer(data: dict[str, Any], tolerance: float) -> Result:
    """A fresh result for a parsed problem, as it stands in a file."""
    wanted = {key: value for key, value in data.items() if key not in FREE}
    problem = read_problem(wanted | {"options": {"tolerance": tolerance}})
    result: Result = json.loads(json.dumps(assemble(problem, problem.ask().to_json(), 0.0)))
    return result


def genuine() -> dict[str, Result]:
    """The valid results, by name."""
    widths = {"quadratic": 1e-6, "square": 1e-9, "flat": 1e-9}  # narrow enough for quadratic leaves, or too narrow
    return {name: answer({"schema": 1, **data}, widths.get(name, WIDTH)) for name, data in PROBLEMS.items()}


def sealed(result: Result) -> Result:
    """The result with its digest recomputed."""
    text = json.dumps(result["problem"], sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return result | {"problem_sha256": hashlib.sha256(text.encode()).hexdigest()}


# -- changes -----------------------------------------------------------------------------------------------------------


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Paths of all entries."""
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, entry in entries:
        yield (*path, key)
        yield from places(entry, (*path, key))


def _nudged(x: Fraction, rng: random.Random) -> Fraction:
    step = Fraction(10) ** -rng.randint(0, 15)
    return rng.choice([-x, x + step, x - step, x * (1 + step), x * (1 - step), Fraction(0), 1 - x, 2 * x])


def _blob(text: str, rng: random.Random) -> str:
    """Change one byte of a compressed stream."""
    data = bytearray(zlib.decompress(base64.b64decode(text))) or bytearray(1)
    at = rng.randrange(len(data))
    action = rng.randrange(5)
    if action == 0:
        data[at] = rng.randrange(256)
    elif action == 1:
        data[at] ^= 1 << rng.randrange(8)
    elif action == 2:
        data[at] = (data[at] + rng.choice([1, -1])) % 256
    elif action == 3:
        del data[at]
    else:
        data.insert(at, data[at])
    return base64.b64encode(zlib.compress(bytes(data))).decode()


def _other(value: Any, rng: random.Random) -> Any:
    """Some other value in the place of a leaf."""
    if isinstance(value, bool) or value is None:
        return rng.choice([not value, 1, "1"])
    if isinstance(value, int):
        return rng.choice([value + 1, value - 1, -value, 2 * value, 0])
    if isinstance(value, float):
        return rng.choice([float(_nudged(Fraction(value), rng)), math.nextafter(value, rng.choice([-9e9, 9e9]))])
    try:
        return str(_nudged(Fraction(value), rng))
    except ValueError:
        pass
    return rng.choice([value[::-1], value[:-1], value + "+", "-" + value[1:], "a" + value[1:]])


def _long_point(rng: random.Random) -> list[int]:
    """Integers whose squares add up to that of the last one: a point of a sphere, but of one in too many dimensions."""
    *x, s = (rng.randrange(-99, 100) for _ in range(rng.choice([3, 4, 5])))
    square = sum(y * y for y in x)
    point = [*(2 * s * y for y in x), square - s * s]
    rng.shuffle(point)
    return [*point, square + s * s]


def _at(result: Result) -> Callable[[tuple[Any, ...]], Any]:
    return lambda path: functools.reduce(lambda holder, key: holder[key], path, result)


def change(result: Result, rng: random.Random, where: tuple[str, ...]) -> str:
    """Make one random change in place, below one of the top-level keys; return what was changed."""
    paths = [path for path in places(result) if path[0] in where]
    blobs = [path for path in paths if path[-1] in ("tree", "multipliers")]
    path = rng.choice(blobs) if blobs and rng.random() < 0.3 else rng.choice(paths)
    holder = result
    for key in path[:-1]:
        holder = holder[key]
    key, value = path[-1], holder[path[-1]]
    if not isinstance(value, dict | list):
        holder[key] = _blob(value, rng) if key in ("tree", "multipliers") else _other(value, rng)
    elif path[-1] in ("u", "v") and "quadratic" in path and rng.random() < 0.5:
        holder[key] = _long_point(rng)
    elif isinstance(value, dict) and rng.random() < 0.5:  # a key that belongs elsewhere
        owners = [entry for entry in map(_at(result), paths) if isinstance(entry, dict) and entry]
        other, entry = rng.choice(list(rng.choice(owners or [value]).items()))
        value[other] = copy.deepcopy(entry)
    elif isinstance(value, dict) or not value:
        if rng.random() < 0.3:
            del holder[key]
        else:
            holder[key] = [] if isinstance(value, dict) else [0]
    else:
        i, j = rng.randrange(len(value)), rng.randrange(len(value))
        action = rng.randrange(5)
        if action == 0:
            del value[i]
        elif action == 4 and isinstance(value[i], list):  # the same numbers in another form
            value[i : i + 2] = [value[i] + (value[i + 1] if i + 1 < len(value) else [])]
        elif action == 1:
            value.insert(i, copy.deepcopy(value[j]))
        elif action == 2:
            value[i], value[j] = value[j], value[i]
        else:
            value[i] = copy.deepcopy(value[j])
    return ".".join(map(str, path))


CERTIFIED = (
    *("value", "certificate", "maximiser", "quantum"),
    *("decomposition", "mixing", "inequality", "marginals", "paths"),
)


def _weakened_lower(forged: Result, rng: random.Random) -> None:
    """Replace the lower end by a valid one far below, so that it does not contradict a false upper end."""
    certificate, kind, model = forged["certificate"], forged["kind"], forged["problem"].get("model", {}).get("name")
    if kind == "marginals":
        for party in ("alice", "bob"):
            for entry, end in zip(certificate[party], forged["marginals"][party], strict=True):
                entry["potentials"] = [0 for _ in entry["potentials"]]
                end["lower"] = 0.0
        forged["value"]["lower"] = 0.0
    elif kind == "visibility":
        alice, bob = forged["inequality"]["alice"], forged["inequality"]["bob"]
        bell = ({"alice": [1] * len(alice), "bob": [s] * len(bob)} for s in (1, -1))
        leggett = ({"u": [1, 0, 0], "v": [0, 0, s]} for s in (1, -1))
        states = list(leggett if model == "leggett" else bell)
        certificate["lower"] = {
            "visibility": "0",
            "weights": ["1/2", "1/2"],
            "states": [{key: [str(x) for x in vector] for key, vector in state.items()} for state in states],
            "antipodal": True,
        }
        negated = [{key: [-x for x in vector] for key, vector in state.items()} for state in states]
        forged["decomposition"] = [{"weight": 0.25, **state} for state in states + negated]
        forged["mixing"] = [[0.5] * len(bob) for _ in alice]
        forged["value"]["lower"] = 0.0
    else:
        state = certificate["lower"]["state"]
        if model == "quantum":
            state = {"vectors": {key: [["0"]] * len(rows) for key, rows in state["vectors"].items()}}
            forged["maximiser"] = {key: [0.0] * len(rows) for key, rows in state["vectors"].items()}
        elif "u" in state:
            state = {key: [str(rng.randint(1, 9)) for _ in range(3)] for key in ("u", "v")}
            lengths = {key: math.hypot(*map(int, row)) for key, row in state.items()}
            forged["maximiser"] = {key: [int(x) / lengths[key] for x in row] for key, row in state.items()}
        elif model == "finite":
            other = forged["problem"]["model"]
            forged["maximiser"] = {key: other[key][1] for key in ("alice", "bob")}
            state = {key: [str(Fraction(x)) for x in row] for key, row in forged["maximiser"].items()}
        else:
            state = {key: [rng.choice(["1", "-1"]) for _ in row] for key, row in state.items() if key != "part"}
            forged["maximiser"] = {key: [float(x) for x in row] for key, row in state.items()}
        certificate["lower"]["state"] = state
        forged["value"]["lower"] = -100.0


def _weakened_upper(forged: Result) -> None:
    """Replace the upper end by a valid one far above, so that it does not contradict a false lower end."""
    certificate = forged["certificate"]
    forged["value"]["upper"] = 1.0 if forged["kind"] != "bound" else 100.0
    if forged["kind"] == "visibility":
        certificate["upper"] = forged["inequality"] = None
    elif forged["kind"] == "bound":
        certificate["upper"] = {"type": "closed_form"}  # f is at most the sum of all moduli
    for party in ("alice", "bob") if forged["kind"] == "marginals" else ():
        letter = party[0].upper()
        caps = [[f"{letter}{k}+", f"{letter}{k}-"] for k in range(len(certificate[party]))]
        forged["paths"][party] = caps
        for entry, cap, end in zip(certificate[party], caps, forged["marginals"][party], strict=True):
            entry["path"], end["upper"] = list(cap), 1.0


def lie(result: Result, truth: tuple[float, float], rng: random.Random) -> tuple[Result, str]:
    """A result with a false claim, adjusted so that everything else fits together."""
    forged = copy.deepcopy(result)
    gap = 10.0 ** -rng.uniform(1.0, 5.0)
    value, certificate = forged["value"], forged["certificate"]
    if rng.random() < 0.4:
        _weakened_upper(forged)
        value["lower"] = truth[1] + gap
        if forged["kind"] == "visibility":
            certificate["lower"]["visibility"] = str(Fraction(value["lower"]))
        if forged["kind"] == "marginals":
            forged["marginals"]["alice"][0]["lower"] = value["lower"]
            scale = Fraction(value["lower"]) / Fraction(result["value"]["lower"])
            for entry in certificate["alice"] + certificate["bob"]:
                entry["potentials"] = [math.ceil(x * scale) for x in entry["potentials"]]
        what = "lower end above the truth"
    else:
        _weakened_lower(forged, rng)
        old = Fraction(value["upper"])
        value["upper"] = truth[0] - gap
        moved = old - Fraction(value["upper"])
        upper = certificate.get("upper") or {}
        if "threshold" in upper:
            upper["threshold"] = str(Fraction(upper["threshold"]) + moved)
        if "diagonal" in upper:
            share = 2 * moved / len(upper["diagonal"])
            upper["diagonal"] = [str(Fraction(x) - share) for x in upper["diagonal"]]
        if "visibility" in upper:
            lost = Fraction(upper["bound"]) * moved / old
            upper["visibility"] = str(Fraction(value["upper"]))
            upper["bound"] = str(Fraction(upper["bound"]) - lost)
            forged["inequality"]["bound"] = float(Fraction(upper["bound"]))
            if "threshold" in upper["proof"]:
                upper["proof"]["threshold"] = str(Fraction(upper["proof"]["threshold"]) + lost)
        if forged["kind"] == "marginals":
            for end in forged["marginals"]["alice"] + forged["marginals"]["bob"]:
                end["upper"] = min(end["upper"], value["upper"])
            for party in ("alice", "bob"):
                for k, (entry, shown) in enumerate(zip(certificate[party], forged["paths"][party], strict=True)):
                    if len(shown) > 3 and rng.random() < 0.5:  # leave a detour out
                        at = rng.randrange(1, len(shown) - 2)
                        forged["paths"][party][k] = entry["path"] = shown[:at] + shown[at + 2 :]
        what = "upper end below the truth"
    for _ in range(rng.choice([0, 0, 0, 1, 1, 2, 3])):
        try:
            what += ", " + change(forged, rng, CERTIFIED)
        except (LookupError, TypeError, ValueError):
            break
    value = forged.get("value")
    low, high = (value.get(end) if isinstance(value, dict) else None for end in ("lower", "upper"))
    if not (isinstance(low, float) and isinstance(high, float)) or (low <= truth[1] and truth[0] <= high):
        return lie(result, truth, rng)  # the changes made the claim true again, or removed it
    return sealed(forged), what


def accident(result: Result, rng: random.Random) -> tuple[Result, str]:
    """A result with one random change."""
    forged = copy.deepcopy(result)
    if rng.random() < 0.02:
        digest = forged["problem_sha256"]
        at = rng.randrange(64)
        forged["problem_sha256"] = digest[:at] + rng.choice("0123456789abcdef") + digest[at + 1 :]
        return forged, "problem_sha256"
    where = ("problem",) if rng.random() < 0.25 else (*CERTIFIED, "problem", "kind", "status", "schema")
    what = change(forged, rng, where)
    return (sealed(forged) if isinstance(forged.get("problem"), dict) else forged), what


# -- the truth, without the checker ------------------------------------------------------------------------------------


class Truth:
    """What is true of a problem, recomputed; answers are remembered."""

    def __init__(self) -> None:
        self.known: dict[str, Result] = {}

    def of(self, data: dict[str, Any]) -> Result:
        """The answer of the package at a width of 1e-6."""
        core = {key: value for key, value in data.items() if key not in FREE}
        name = json.dumps(core, sort_keys=True)
        if name not in self.known:
            self.known[name] = answer(core, 1e-6)
        return self.known[name]

    def interval(self, data: dict[str, Any]) -> tuple[float, float]:
        """Both ends of the true value."""
        value = self.of(data)["value"]
        return value["lower"], value["upper"]

    def falsehoods(self, result: Result) -> list[str]:
        """Displayed claims of a result that are false."""
        try:
            right = self.of(result["problem"])
            problem = read_problem({key: x for key, x in result["problem"].items() if key not in FREE})
        except NsmodelsError as error:
            return [f"the problem cannot be read: {error}"]
        wrong = []
        pairs = [("value", result["value"], right["value"])]
        for party in ("alice", "bob") if result["kind"] == "marginals" else ():
            ends = zip(result["marginals"][party], right["marginals"][party], strict=True)
            pairs += [(f"{party} {k}", shown, true) for k, (shown, true) in enumerate(ends)]
        for name, shown, true in pairs:
            if not (shown["lower"] <= true["upper"] and true["lower"] <= shown["upper"]):
                wrong.append(f"{name} {shown} is not {true}")
        wrong += getattr(self, "_" + result["kind"])(result, problem)
        return wrong

    def _bound(self, result: Result, problem: Problem) -> list[str]:
        f, model = problem.functional, problem.model
        assert f is not None
        assert model is not None
        wrong = []
        shown = result["maximiser"]
        if "u" in shown and problem.settings is not None:
            alice = model.eta_a * problem.settings.alice @ shown["u"]
            bob = model.eta_b * problem.settings.bob @ shown["v"]
        else:
            alice, bob = shown["alice"], shown["bob"]
        if model.name != "quantum":
            best = f.constant + sum(x * y for x, y in zip(f.alice, alice)) + sum(x * y for x, y in zip(f.bob, bob))
            for i, j in ((i, j) for i in range(f.shape[0]) for j in range(f.shape[1])):
                s = f.correlators[i, j]
                best += abs(s) * (1 - abs(alice[i] - math.copysign(1, s) * bob[j]))
            if best < result["value"]["lower"] - 1e-7:
                wrong.append(f"the maximiser gives {best}")
        if result.get("quantum") is not None:
            assert problem.settings is not None
            right = f.value(ns.behaviours.singlet(problem.settings))
            if abs(right - result["quantum"]) > 1e-8 * max(1.0, float(abs(f.correlators).sum())):
                wrong.append("the quantum value is wrong")
        return wrong

    def _visibility(self, result: Result, problem: Problem) -> list[str]:
        behaviour, choice = problem.behaviour, problem.model
        assert behaviour is not None
        assert choice is not None
        wrong = []
        if result["inequality"] is not None:
            show = result["inequality"]
            f = ns.Functional(show["correlators"], show["alice"], show["bob"], show["constant"])
            if ns.bound(f, choice).lower > show["bound"] + 1e-9:
                wrong.append("the inequality is violated by the model")
        low = [[-1.0] * behaviour.shape[1] for _ in range(behaviour.shape[0])]
        high = [[1.0] * behaviour.shape[1] for _ in range(behaviour.shape[0])]
        total = 0.0
        for entry in result["decomposition"]:
            total += entry["weight"]
            if "u" in entry:
                assert problem.settings is not None
                alice = choice.eta_a * problem.settings.alice @ entry["u"]
                bob = choice.eta_b * problem.settings.bob @ entry["v"]
            else:
                alice, bob = entry["alice"], entry["bob"]
            for i, a in enumerate(alice):
                for j, b in enumerate(bob):
                    low[i][j] += entry["weight"] * abs(a + b)
                    high[i][j] -= entry["weight"] * abs(a - b)
        if abs(total - 1) > 1e-7:
            wrong.append(f"the weights add up to {total}")
        for i, j in ((i, j) for i in range(behaviour.shape[0]) for j in range(behaviour.shape[1])):
            if behaviour.known[i, j]:
                t = result["mixing"][i][j]
                box = (1 - t) * low[i][j] + t * high[i][j]
                wanted = result["value"]["lower"] * behaviour.correlators[i, j]
                if abs(box - wanted) > 1e-6 + WIDTH * (t in (0.0, 1.0)):
                    wrong.append(f"the model gives {box} at [{i}, {j}]")
        return wrong

    def _marginals(self, result: Result, problem: Problem) -> list[str]:
        """Compare every end with the linear program over the vectors D (docs/certificates.md), solved by HiGHS."""
        import numpy as np
        from scipy.optimize import linprog

        behaviour = problem.behaviour
        assert behaviour is not None
        n_a, count = behaviour.shape[0], sum(behaviour.shape)
        given = None
        if behaviour.alice is not None and behaviour.bob is not None:
            given = np.concatenate([behaviour.alice, behaviour.bob])
        rows, limits = [], []
        for k in range(count):
            for x in range(k + 1, count):
                for sign in (1.0, -1.0):  # |D_k − D_x|, then |D_k + D_x|
                    if k < n_a <= x and behaviour.known[k, x - n_a]:
                        limit = 1.0 - sign * behaviour.correlators[k, x - n_a]
                    elif given is not None:
                        limit = 2.0 - abs(given[k] + sign * given[x])
                    else:
                        continue
                    row = np.zeros(count)
                    row[k], row[x] = 1.0, -sign
                    rows += [row, -row]
                    limits += [limit, limit]
        wrong = []
        for s, shown in enumerate(result["marginals"]["alice"] + result["marginals"]["bob"]):
            best = -linprog(-np.eye(count)[s], np.array(rows), limits, bounds=(-1.0, 1.0)).fun
            if not shown["lower"] - 1e-9 <= best <= shown["upper"] + 1e-9:
                wrong.append(f"setting {s}: the linear program gives {best}")
        return wrong


def play(count: int, seed: int, results: dict[str, Result]) -> tuple[Counter[str], list[str]]:
    """Forge `count` times; return how often what happened, and the harmful acceptances."""
    truth = Truth()
    tally: Counter[str] = Counter()
    harmful = []
    names = sorted(results)
    for k in range(count):
        rng = random.Random(f"{seed}/{k}")
        name = rng.choice(names)
        genuine_result = results[name]
        if k % 2:
            forged, what = lie(genuine_result, truth.interval(genuine_result["problem"]), rng)
            game = "lies"
        else:
            forged, what = accident(genuine_result, rng)
            game = "accidents"
        accepted = all(holds for holds, _ in checker.check(json.loads(json.dumps(forged))))
        tally[f"{game} {'accepted' if accepted else 'rejected'}"] += 1
        if accepted:
            if game == "lies":
                wrong = ["the claim is false"]
            else:
                wrong = truth.falsehoods(forged) if forged != genuine_result else []
            if wrong:
                harmful.append(f"{k}: {name}: {what}: {'; '.join(wrong)}")
    return tally, harmful


def main() -> int:
    """Play, and print the tally and every harmful acceptance."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    results = genuine()
    for name, result in results.items():
        if not all(holds for holds, _ in checker.check(result)):
            print(f"the genuine result {name} is refused: {checker.check(result)}")
            return 1
    start = time.perf_counter()
    tally, harmful = play(arguments.count, arguments.seed, results)
    for what, times in sorted(tally.items()):
        print(f"{times:7d}  {what}")
    print(f"{len(harmful):7d}  accepted with a false claim, in {time.perf_counter() - start:.1f} s")
    print(*harmful, sep="\n")
    return 1 if harmful else 0


if __name__ == "__main__":
    sys.exit(main())
