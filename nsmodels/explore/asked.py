"""What the page asks: a problem like any other, read with all the checks of problem files, and answered.

The page keeps no mathematics of its own. It sends the tables of a problem; what comes back is a certified enclosure
with its ends rounded outward, the singlet's value at the visibility of the slider, and a hidden state that attains the
bound.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from ..behaviours import werner
from ..common.digits import at_least, at_most, enclosure, plain
from ..core.enclosure import exceeds
from ..core.formula import html
from ..errors import InputError, SolverError
from ..files.problem import Problem, from_data
from ..models.registry import ENTRIES

__all__ = ["asks", "best", "bound", "first", "read", "written"]

MOST_SETTINGS = 40
"""At most so many directions of one party, which can still be told apart on a sphere."""

SECONDS, PATIENT_SECONDS = 2.0, 30.0
"""Seconds for a bound while somebody drags; and where the hand rests, or for the search for an inequality."""

KINDS = ("bound", "visibility")
COMPARED = ("singlet", "werner")


Watch = Callable[[float, float, int, float], None]
"""What a search calls now and then; it raises where nobody waits any more."""


def first(problem: Problem) -> dict[str, Any]:
    """What the page begins with: the tables of the problem, without what is said about its answer.

    Raises
    ------
    InputError
        If nothing about it can be dragged.
    """
    document, kind = problem.document, problem.kind
    if kind not in KINDS:
        document.refuse(("kind",), f'explore shows directions of kind = "bound" or "visibility", not "{kind}"',
                        "give a problem of these kinds")  # fmt: skip
    if problem.scenario is not None:
        document.refuse(("scenario",), "explore drags directions, and a scenario has none",
                        "give a problem with [settings]")  # fmt: skip
    if problem.settings is None:
        document.refuse(("settings",), "there are no directions to drag", "add a table [settings]")
    if max(problem.shape) > MOST_SETTINGS:
        document.refuse(("settings",), f"explore shows at most {MOST_SETTINGS} directions a side",
                        "take a smaller problem")  # fmt: skip
    target = problem.data.get("behaviour", problem.data.get("behavior", {}))
    if kind == "visibility" and target.get("name", "") not in COMPARED + ("",) * ("correlators" not in target):
        document.refuse(("behaviour",), "explore compares with the singlet, whose correlations follow the directions",
                        "leave out [behaviour], or name singlet or werner")  # fmt: skip
    kept = {key: value for key, value in problem.data.items() if key not in ("expected", "source", "title", "options")}
    return {
        "problem": kept,
        "title": problem.title,
        "visibility": float(target.get("visibility", 1.0)),
        "directions": _directions(problem),
        "sliders": _sliders(problem),
    }


def _directions(problem: Problem) -> dict[str, Any]:
    assert problem.settings is not None
    return {"alice": problem.settings.alice.tolist(), "bob": problem.settings.bob.tolist()}


PURITIES = {"eta": ("eta",), "eta_a": ("eta_a", "eta_b"), "eta_b": ("eta_a", "eta_b")}
"""Sliders beside the page, by the key that the table [model] has."""


def _sliders(problem: Problem) -> dict[str, float]:
    """The numbers that a slider can change: the angle of the family, the purities of the model."""
    settings, table = problem.data.get("settings", {}), problem.data["model"]
    found = {"phi_deg": float(settings["phi_deg"])} if "phi_deg" in settings else {}
    given = next((key for key in PURITIES if key in table), None)
    if given is None:
        takes = next(entry.parameters for entry in ENTRIES if entry.name == problem.resolved["model"]["name"])
        return found | ({"eta": 1.0} if "eta" in takes else {})
    return found | {key: float(table.get(key, 1.0)) for key in PURITIES[given]}


def read(asked: Mapping[str, Any], kind: str) -> tuple[Problem, float]:
    """The problem that the page has sent, and the visibility of its slider.

    Raises
    ------
    InputError
        For anything that is no small problem of this kind with directions.
    """
    data, visibility = asked.get("problem"), asked.get("visibility", 1.0)
    if not isinstance(data, dict) or data.get("kind") != kind:
        raise InputError(f'explore: the page asks for kind = "{kind}"; load it again')
    if isinstance(visibility, bool) or not isinstance(visibility, int | float) or not 0.0 <= visibility <= 1.0:
        raise InputError("explore: the visibility is a number from 0 to 1")
    problem = from_data(data, "explore")
    if problem.settings is None or max(problem.shape) > MOST_SETTINGS:
        raise InputError(f"explore: a problem with 1 to {MOST_SETTINGS} directions a side")
    return problem, float(visibility)


def bound(asked: Mapping[str, Any], watch: Watch) -> dict[str, Any]:
    """The certified bound, the singlet's value, the violation and a hidden state.

    Where it is ``wide`` the page asks once more, with ``patient``, when nothing is dragged any more.
    """
    seconds = PATIENT_SECONDS if asked.get("patient") is True else SECONDS
    problem, visibility = read(_within(asked, seconds), "bound")
    answer = _ask(problem, watch)
    assert problem.functional is not None
    assert problem.settings is not None
    value = problem.functional.value(werner(problem.settings, visibility))
    told: dict[str, Any] = {
        "directions": _directions(problem),
        "status": str(answer.status),
        "quantum": value,
        "quantum_text": plain(value, 9),
        "bound": None,
        "state": {},
    }
    if not math.isfinite(answer.upper) or answer.maximiser is None:
        return told | {"verdict": f"no bound: {answer.reason}"}
    shown = enclosure(answer.lower, answer.upper)
    told |= {"bound": {"lower": answer.lower, "upper": answer.upper, "text": shown}}
    told["wide"] = exceeds(answer.lower, answer.upper, problem.options.tolerance)
    told |= {"state": answer.maximiser.to_json(), "seconds": answer.stats["seconds"]}
    if value > answer.upper:
        return told | {"violated": True, "verdict": f"violated by {at_least(value - answer.upper, 6)}"}
    if value <= answer.lower:
        return told | {"violated": False, "verdict": f"not violated, {at_least(answer.lower - value, 6)} below"}
    return told | {"violated": False, "verdict": "open: the singlet's value lies inside the enclosure"}


def best(asked: Mapping[str, Any], watch: Watch) -> dict[str, Any]:
    """The inequality that excludes the model at the lowest visibility on these directions."""
    problem, _ = read(_within(asked, PATIENT_SECONDS), "visibility")
    answer = _ask(problem, watch)
    ends = answer.visibility
    told: dict[str, Any] = {"status": str(answer.status), "functional": None}
    if not 0.0 <= ends.lower <= ends.upper:
        return told | {"text": f"no answer: {answer.reason}"}
    told["visibility"] = {"lower": ends.lower, "upper": ends.upper, "text": enclosure(ends.lower, ends.upper)}
    if answer.inequality is None and ends.lower < 1.0:
        return told | {"text": f"no inequality: {answer.reason}"}
    if answer.inequality is None:
        return told | {"text": "The singlet itself has a model on these directions: no inequality excludes it."}
    functional, ceiling = answer.inequality.functional, answer.inequality.bound
    constant, alice, bob, correlators = functional.parts
    table = {"correlators": correlators.tolist(), "alice": alice.tolist(), "bob": bob.tolist()}
    told["functional"] = {name: rows for name, rows in table.items() if any(map(any, rows) if name == "correlators"
                                                                            else rows)}  # fmt: skip
    told["functional"] |= {"correlators": table["correlators"]} | ({"constant": constant} if constant else {})
    told["html"] = html(*functional.parts)
    return told | {
        "text": f"At most {at_most(ceiling, 9)} on these directions, which excludes the model above the visibility "
                f"{at_most(ends.upper, 6)}; below {at_least(ends.lower, 6)} there is an explicit model."
    }  # fmt: skip


def _within(asked: Mapping[str, Any], seconds: float) -> dict[str, Any]:
    """The same question with the time that somebody waits."""
    data = asked.get("problem")
    options = {"time_limit_s": seconds}
    return {**asked, "problem": {**data, "options": options}} if isinstance(data, dict) else dict(asked)


def _ask(problem: Problem, watch: Watch) -> Any:
    try:
        return problem.ask(watch)
    except SolverError as error:
        raise InputError(f"explore: a solver failed ({error}); move a direction a little") from None


def written(asked: Mapping[str, Any], title: str) -> tuple[dict[str, Any], str]:
    """The problem as it is saved, with its title, and a comment above it; it is checked once more.

    Of kind = "visibility" the slider's visibility is the one that the behaviour has already.
    """
    data = asked.get("problem")
    kind = data.get("kind") if isinstance(data, dict) else None
    if kind not in KINDS:
        raise InputError("explore: the page saves bounds and visibilities; load it again")
    problem, visibility = read(asked, str(kind))
    body = {key: value for key, value in problem.data.items() if key not in ("title", "schema", "kind", "options")}
    head: dict[str, Any] = {"schema": 1, "kind": kind, "title": title}
    note = f"saved by nsmodels explore; on the page the singlet had visibility V = {visibility!r}"
    if kind == "visibility":
        note = "saved by nsmodels explore"
    from_data({**head, **body}, "explore")
    return {**head, **body}, note


asks = {"bound": bound, "best": best}
"""What the page may ask, by the last part of the address."""
