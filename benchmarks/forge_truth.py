"""Whether what a forged result displays is true, decided without the checker."""

from __future__ import annotations

import json
import math
from typing import Any

from forge_problems import FREE, WIDTH, Result, answer, read_problem

import nsmodels as ns
from nsmodels.errors import NsmodelsError
from nsmodels.files.problem import Problem


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
