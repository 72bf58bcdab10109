"""Grow records of the search for settings: from a smaller record by the best extra direction, and by hops from there.

    python benchmarks/grow_records.py NAME … [--starts N] [--random N] [--seconds S] [--candidates K] [--out FOLDER]

NAME is as in results/records, such as 5x7 or 8_correlators, with a suffix for other models and objectives (see
benchmarks/record_kinds.py). Every record with one direction (or pair) less is a base, and so are the record itself and
that of the same size for Leggett's model with η = 1, where there are such. Of K random extra directions those with the
lowest visibility are descended from; then N hops from the best, and random starts. The best result is certified and
replaces the record only if it is lower, so that more directions never need more visibility.
"""

import argparse
import json
import math
import time
from pathlib import Path
from typing import Any

import numpy as np
from record_kinds import KINDS, Kind, named, parts

from nsmodels.files import result as results
from nsmodels.files.problem import from_data
from nsmodels.studies.design.charts import random_units, units
from nsmodels.studies.design.question import check_design
from nsmodels.studies.design.race import Race
from nsmodels.studies.design.search import arrive

RECORDS = Path(__file__).resolve().parent.parent / "results" / "records"
DESCENTS = 3
"""So many of the candidates of each base are descended from."""
NEAR = 0.35
"""How far an extra direction is from a mixture of those of the other party."""


def value(record: dict[str, Any]) -> float:
    """What is minimised: the certified visibility, or the pairs for five standard deviations."""
    significance = record["design"].get("significance")
    return float(significance["pairs_for_5_sigma"] if significance else record["value"]["upper"])


def bases(kind: Kind, shape: tuple[int, ...], folder: Path) -> list[tuple[Any, Any]]:
    """Directions of both parties of the records one step smaller, parties exchanged where that is the same."""
    found = []
    smaller = [shape] if len(shape) == 1 else [shape, (shape[0] - 1, shape[1]), (shape[0], shape[1] - 1)]
    if len(shape) == 1:
        smaller.append((shape[0] - 1,))
    for size in smaller:
        for order in {size, size[::-1]} if kind.exchangeable else {size}:
            path = folder / f"{named(kind, order)}.json"
            if path.exists():
                settings = json.loads(path.read_text(encoding="utf-8"))["settings"]
                sides = [np.array(settings[party]) for party in ("alice", "bob")]
                found.append(tuple(sides if order == size else sides[::-1]))
    return found if kind is KINDS[0] else found + bases(KINDS[0], shape, folder)[:1]


def extended(sides: Any, shape: tuple[int, int], rng: np.random.Generator) -> Any:
    """The directions with random ones added, near to mixtures of the other party's, until there are enough."""
    sides = [side / np.linalg.norm(side, axis=1)[:, None] for side in sides]
    while (len(sides[0]), len(sides[1])) != shape:
        for k in (0, 1):
            if len(sides[k]) < shape[k]:
                other = sides[1 - k]
                shares = rng.dirichlet(np.full(len(other), 0.5)) * rng.choice([-1.0, 1.0], len(other))
                near = units(shares @ other)
                new = random_units(1, rng)[0] if rng.random() < 0.3 else units(near + NEAR * rng.normal(size=3))
                sides[k] = np.concatenate([sides[k], new[None]])
    return np.concatenate(sides)


def grown(name: str, starts: int, random: int, seconds: float, candidates: int, folder: Path) -> dict[str, Any] | None:
    """The best certified result, of the problem that improves the grown directions."""
    kind, shape = parts(name)
    begin = time.perf_counter()
    seed = sum(map(ord, name))
    rng = np.random.default_rng(seed)
    table = {"n_alice": shape[0], "n_bob": shape[-1], **kind.design}
    if len(shape) == 1:
        table["pairs"] = [[k, k] for k in range(shape[0])]
    _, (contest, *_), _ = check_design(kind.law, seed=seed, **table)
    full = (shape[0], shape[-1])
    race = Race([contest], rng, begin + seconds, groups=())
    for sides in bases(kind, shape, folder):
        extra = sum(full) - len(sides[0]) - len(sides[1])
        points = [extended(sides, full, rng) for _ in range(candidates if extra else 1)]
        visible = check_design(kind.law, seed=seed, **{**table, "objective": "visibility"})[1][0].task
        places = sorted((arrive(visible, X, rng) for X in points), key=lambda place: place.value)
        for place in places[: DESCENTS if extra else 1]:
            race._try("grown", 0, lambda _, place=place: place)
        print(f"{name}: base {len(sides[0])}+{len(sides[1])}, {len(race.optima)} optima, "
              f"best {min((o.place.value for o in race.optima), default=math.inf):.7f}, "
              f"{time.perf_counter() - begin:.0f} s", flush=True)
    race.run(random)
    for _ in range(starts):
        if race.optima and time.perf_counter() < race.deadline:
            race._hop()
    race.finish()
    best = race.best
    if best is None:
        print(f"{name}: nothing is excluded")
        return None
    alice, bob = np.split(np.round(best.place.directions, 12), [full[0]])
    data = {
        "schema": 1, "kind": "design", "title": kind.title(shape), "model": kind.model,
        "design": {**table, "start": {"alice": alice.tolist(), "bob": bob.tolist()}, "starts": 0},
        "options": {"time_limit_s": max(60.0, 0.5 * seconds), "seed": 0},
    }  # fmt: skip
    problem = from_data(data, name)
    answer = problem.ask()
    record = results.assemble(problem, answer.to_json(), time.perf_counter() - begin)
    print(f"{name}: {race.starts} starts, best {best.place.value:.9f}, certified {value(record):.9f} "
          f"[{answer.lower:.9f}, {answer.upper:.9f}], {time.perf_counter() - begin:.0f} s", flush=True)
    return record


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="+", metavar="NAME")
    parser.add_argument("--starts", type=int, default=4)
    parser.add_argument("--random", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=200.0)
    parser.add_argument("--candidates", type=int, default=16)
    parser.add_argument("--out", type=Path, default=RECORDS)
    given = parser.parse_args()
    for name in given.names:
        record = grown(name, given.starts, given.random, given.seconds, given.candidates, given.out)
        path = given.out / f"{name}.json"
        old = value(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else math.inf
        if record is not None and value(record) < old:
            given.out.mkdir(parents=True, exist_ok=True)
            results.write(path, record)
            print(f"{name}: {old:.9f} → {value(record):.9f}, {path.stat().st_size // 1000} kB", flush=True)
        else:
            print(f"{name}: not lower than {old:.9f}", flush=True)


if __name__ == "__main__":
    main()
