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
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

from forge_problems import Result, genuine
from forge_truth import Truth

from nsmodels import checker


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
