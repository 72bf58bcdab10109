"""Random decompositions against plain linear programs: no verdict may be false.

Usage: python benchmarks/verdicts.py [count] [seed] [kind of model]

Tables of 2–5 × 2–5 settings, five kinds of noise (white, a deterministic box, a mixture of those, an unbiased box, any
non-signalling box), with and without marginals, for models that ship and for models as a user would write them. Every
answer is compared with HiGHS on all hidden states at once (for Leggett's model on a grid of states, which gives a lower
end), and what is called certified, or proved, is given to the checker where the model is one that files can name.

A verdict is false if a certified end excludes the optimum of the plain program, if a mixture exists where none is said
to, if `has_model` says otherwise, or if the checker refuses. What is left open is counted, not false.
"""

from __future__ import annotations

import collections
import json
import sys
import time
from itertools import product

import numpy as np
from scipy.optimize import linprog

import nsmodels as ns
from nsmodels import checker
from nsmodels.core.hidden_states import HiddenState
from nsmodels.files.problem import from_data
from nsmodels.files.result import assemble
from nsmodels.models.base import Support
from nsmodels.models.hidden_variables import HiddenVariableModel

NOISES = ("white", "deterministic", "mixture", "unbiased", "non-signalling")
MODELS = ("bell", "finite", "unbiased", "nonsignalling", "leggett", "hull", "listed by a user", "a user's, undeclared")
TOLERANCE = 2e-7
"""Accuracy of the plain program: optimal values of HiGHS are no better."""


class Mine(HiddenVariableModel):
    """A list of hidden states as a user would write it: an oracle, proposals, and which states are its own."""

    name = "mine"

    def __init__(self, alice, bob, *, declared):
        self._list, self._declared = ns.Finite(alice, bob), declared

    @property
    def shape(self):
        return self._list.shape

    def support(self, functional, **options):
        found = self._list.support(functional)
        return Support(found.value, HiddenState(found.state.alice, found.state.bob), found.proof, found.stats)

    def propose(self, functional, count, *, rng, starts=None):
        return self._list.propose(functional, count, rng=rng)

    def contains(self, states):
        return self._list.contains(states) if self._declared else super().contains(states)


def strategies(n_a, n_b):
    """All deterministic strategies, shape (2^(n_A + n_B), n_A + n_B)."""
    return np.array(list(product((1.0, -1.0), repeat=n_a + n_b)))


def deterministic(rng, shape):
    a, b = (rng.choice([-1.0, 1.0], size=n) for n in shape)
    return np.outer(a, b), a, b


def mixture(rng, shape):
    """A mixture of a few deterministic boxes whose weights are dyadic, so that the table is exact."""
    boxes = [deterministic(rng, shape) for _ in range(int(rng.integers(2, 9)))]
    counts = rng.multinomial(1024, rng.dirichlet(np.ones(len(boxes))))
    return tuple(sum(c * box[k] for c, box in zip(counts, boxes)) / 1024.0 for k in range(3))


def box(rng, shape, size=1.0):
    """Marginals of the given size, and correlators anywhere in their intervals."""
    a, b = (np.round(rng.uniform(-size, size, n), 4) for n in shape)
    low, high = np.abs(a[:, None] + b) - 1.0, 1.0 - np.abs(a[:, None] - b)
    share = rng.beta(0.6, 0.6, size=shape)
    return np.clip(np.round(low + share * (high - low), 3), low, high), a, b


def quantum(rng, shape):
    """Mean values of a partially entangled state on random directions."""
    settings = ns.settings.random(*shape, seed=int(rng.integers(1 << 30)))
    state = ns.behaviours.partially_entangled(settings, theta=float(rng.uniform(0.0, np.pi / 4)))
    return state.correlators, state.alice, state.bob


def target(rng, shape):
    kind = rng.integers(6)
    if kind == 0:
        return mixture(rng, shape)
    if kind == 1:
        return quantum(rng, shape)
    if kind == 2:
        return deterministic(rng, shape)
    return box(rng, shape, size=(1.0, 0.02, 0.0)[kind - 3])


def noise_of(rng, shape, kind):
    if kind == "white":
        return np.zeros(shape), np.zeros(shape[0]), np.zeros(shape[1])
    if kind == "deterministic":
        return deterministic(rng, shape)
    if kind == "mixture":
        return mixture(rng, shape)
    return box(rng, shape, size=0.0 if kind == "unbiased" else 1.0)


def directions(rng, shape):
    """Random directions, some of them parallel, opposite, repeated or nearly equal to others."""
    sides = []
    for n in shape:
        rows = rng.normal(size=(n, 3))
        rows /= np.linalg.norm(rows, axis=1)[:, None]
        for k in range(1, n):
            near = rng.integers(8)
            if near < 3:
                rows[k] = (1.0, -1.0, 1.0)[near] * rows[k - 1]
            if near == 2:
                rows[k] += 10.0 ** rng.uniform(-9, -2) * rng.normal(size=3)
        sides.append((rows / np.linalg.norm(rows, axis=1)[:, None]).tolist())
    return {"alice": sides[0], "bob": sides[1], "normalise": True}


def model_of(rng, shape, kind):
    """What the model is called in a problem file, its settings or None, and all of its states or a grid of them."""
    n_a, n_b = shape
    if kind == "leggett":
        settings = directions(rng, shape)
        etas = [round(float(x), 3) for x in rng.uniform(0.2, 1.0, 2)]
        return {"name": "leggett", "eta_a": etas[0], "eta_b": etas[1]}, settings, grid(settings, etas)
    if kind == "hull":
        settings = directions(rng, shape) if rng.integers(2) else None
        parts = [({"name": "unbiased"}, np.zeros((1, n_a + n_b)))]
        if settings is not None:
            parts.append(({"name": "leggett", "eta": 0.5}, grid(settings, [0.5, 0.5])))
        else:
            spec, _, states = model_of(rng, shape, "finite")
            parts.append((spec, states))
        return {"name": "hull", "of": [spec for spec, _ in parts]}, settings, np.concatenate([s for _, s in parts])
    if kind in ("finite", "listed by a user", "a user's, undeclared"):
        count = int(rng.integers(1, 24))
        states = rng.choice([-1.0, -0.5, 0.0, 0.25, 1.0], size=(count, n_a + n_b))
        if rng.integers(3) == 0:
            states = np.concatenate([states, -states])
        if rng.integers(3) == 0:
            states = np.concatenate([states, rng.choice([-1.0, 1.0], size=(24, n_a + n_b))])
        if rng.integers(4) == 0:
            states = np.round(rng.uniform(-1, 1, size=states.shape), 3)
        return {"name": "finite", "alice": states[:, :n_a].tolist(), "bob": states[:, n_a:].tolist()}, None, states
    states = {"bell": strategies(n_a, n_b), "unbiased": np.zeros((1, n_a + n_b)), "nonsignalling": None}[kind]
    return {"name": kind}, None, states


def grid(settings, etas, count=22):
    """Leggett's states for pairs of directions on a lattice, the settings themselves, and their opposites."""
    k = np.arange(count)
    z = 1.0 - (2 * k + 1) / count
    angle = np.pi * (3.0 - np.sqrt(5.0)) * k
    points = np.stack([np.sqrt(1 - z * z) * np.cos(angle), np.sqrt(1 - z * z) * np.sin(angle), z], axis=1)
    a, b = (np.array(settings[party]) for party in ("alice", "bob"))
    u, v = (np.concatenate([points, -points, x, -x, np.eye(3), -np.eye(3)]) for x in (a, b))
    first, second = (m.ravel() for m in np.meshgrid(np.arange(len(u)), np.arange(len(v))))
    return np.concatenate([etas[0] * u[first] @ a.T, etas[1] * v[second] @ b.T], axis=1)


def plain(states, shape, p, n, matched):
    """The largest V of the plain program over all states, −1 where there is none, and what it is worth."""
    n_a = shape[0]
    if states is None:  # every box is a non-signalling box
        return 1.0
    a, b = states[:, :n_a], states[:, n_a:]
    plus = np.abs(a[:, :, None] + b[:, None, :]).reshape(len(states), -1).T
    minus = np.abs(a[:, :, None] - b[:, None, :]).reshape(len(states), -1).T
    step = (p[0] - n[0]).ravel()[:, None]
    rows = np.concatenate([np.hstack([plus, -step]), np.hstack([minus, step])])
    right = np.concatenate([1.0 + n[0].ravel(), 1.0 - n[0].ravel()])
    equal, value = [np.append(np.ones(len(states)), 0.0)], [1.0]
    if matched:
        means, given = np.concatenate([p[1], p[2]]), np.concatenate([n[1], n[2]])
        equal += list(np.hstack([states.T, -(means - given)[:, None]]))
        value += given.tolist()
    cost = np.append(np.zeros(len(states)), -1.0)
    answer = linprog(
        cost, A_ub=rows, b_ub=right, A_eq=np.array(equal), b_eq=value, bounds=[(0, None)] * len(states) + [(0, 1)],
        method="highs-ds", options={"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10},
    )  # fmt: skip
    if answer.status == 2:
        return -1.0
    return -answer.fun if answer.status == 0 else np.nan


def table(p, matched):
    spec = {"correlators": p[0].tolist(), "alice": p[1].tolist(), "bob": p[2].tolist()}
    return spec if matched else {"correlators": spec["correlators"]}


def ask(spec, settings, kind, p, n, matched, limit=20.0):
    """The answer, its enclosure (or None), `has_model`, and whether the checker accepts it (None: not asked)."""
    if kind.startswith(("listed", "a user")):
        model = Mine(spec["alice"], spec["bob"], declared=kind.startswith("listed"))
        sides = (p[1:], n[1:]) if matched else ((), ())
        d = ns.decompose(ns.Behaviour(p[0], *sides[0]), model, noise=ns.Behaviour(n[0], *sides[1]), time_limit_s=limit)
        return d.to_json() | {"has_model": d.has_model}, None
    noise = "white" if not any(x.any() for x in n) else table(n, matched)
    data = {
        "schema": 1, "kind": "visibility", "model": spec, "behaviour": table(p, matched) | {"noise": noise},
        "options": {"time_limit_s": limit},
    }  # fmt: skip
    if settings is not None:
        data["settings"] = settings
    problem = from_data(data, "problem.toml")
    d = problem.ask()
    result = json.loads(json.dumps(assemble(problem, d.to_json(), 0.0)))
    said = None
    if result["status"] == "certified" or "(proved)" in result["reason"]:
        claims = checker.check(result)
        said = [text for holds, text in claims if not holds] or True
    return result | {"has_model": d.has_model}, said


def verdict(result, said, value, complete):
    """What is false about an answer, given the plain optimum (``complete``: over all states, else a lower end)."""
    wrong = []
    ends, reason = result["value"], result["reason"]
    if said is not None and said is not True:
        wrong.append(f"the checker refuses: {said}")
    certified = result["status"] == "certified"
    if np.isnan(value):
        return wrong
    if ends is None:
        if "(proved)" in reason and value >= 0.0:
            wrong.append(f"no mixture, but there is one at {value:.9g}")
    elif certified:
        if value > ends["upper"] + TOLERANCE:
            wrong.append(f"upper end {ends['upper']:.9g} below {value:.9g}")
        if complete and value < ends["lower"] - TOLERANCE:
            wrong.append(f"lower end {ends['lower']:.9g} above {value:.9g}")
        if result["deviation"]:
            wrong.append(f"certified with deviation {result['deviation']:.2g}")
    if result["has_model"] is False and value > 1.0 - 1e-12 and certified and ends["upper"] < 1.0 - TOLERANCE:
        wrong.append("has_model is False, but the behaviour has one")
    if result["has_model"] is True and complete and value < 1.0 - TOLERANCE:
        wrong.append(f"has_model is True, but V = {value:.9g}")
    return wrong


def cases(count, seed, only=None):
    for index in range(count):
        rng = np.random.default_rng([seed, index])
        shape = tuple(int(x) for x in rng.integers(2, 6, 2))
        kind = MODELS[index % len(MODELS)]
        noise = NOISES[(index // len(MODELS)) % len(NOISES)]
        matched = bool(rng.integers(2))
        if only is None or only == kind:
            yield index, rng, shape, kind, noise, matched


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    only = sys.argv[3] if len(sys.argv) > 3 else None
    outcomes: collections.Counter[tuple[str, str]] = collections.Counter()
    false, wide, slowest, done = 0, 0, 0.0, 0
    for index, rng, shape, kind, noise, matched in cases(count, seed, only):
        spec, settings, states = model_of(rng, shape, kind)
        p, n = target(rng, shape), noise_of(rng, shape, noise)
        complete = settings is None
        value = plain(states, shape, p, n, matched)
        began = time.perf_counter()
        result, said = ask(spec, settings, kind, p, n, matched)
        seconds = time.perf_counter() - began
        wrong = verdict(result, said, value, complete)
        ends = result["value"]
        if ends is None:
            word = "proved that there is none" if "(proved)" in result["reason"] else "no answer"
        else:
            narrow = ends["upper"] - ends["lower"] <= 1e-6
            word = result["status"] + ("" if narrow else ", wide")
        outcomes[kind, word] += 1
        done, slowest, false = done + 1, max(slowest, seconds), false + bool(wrong)
        wide += word not in ("certified", "proved that there is none")
        if wrong or word in ("no answer", "estimate", "certified, wide"):
            size = f"{shape[0]}×{shape[1]}"
            print(f"{index}: {kind} {size} {noise}{', marginals' if matched else ''}: {word} {ends} plain {value:.9g} "
                  f"({result['reason']}, deviation {result['deviation']}, {seconds:.1f} s){' FALSE: ' if wrong else ''}"
                  f"{'; '.join(wrong)}", flush=True)  # fmt: skip
    for (kind, word), number in sorted(outcomes.items()):
        print(f"{kind:<24}{word:<28}{number:>6}")
    print(f"{done} decompositions: {false} false verdicts, {wide} not closed, slowest {slowest:.1f} s")


if __name__ == "__main__":
    main()
