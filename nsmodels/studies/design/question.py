"""The question: which settings exclude a model at the lowest visibility, or with the fewest pairs.

The search (`race`) proposes settings; the answer is what `decompose` proves of them, written with twelve digits. Where
the proof meets hidden states that the search had missed, they are put back and the search goes on from there, until its
claim and the certificate agree.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...common.arguments import check_noun, check_options, kind_of, listed, number, one_of, whole
from ...common.interrupts import held, released, taken
from ...common.versions import versions
from ...common.workers import Submits, engine
from ...core.hidden_states import HiddenStates
from ...core.settings import Settings
from ...errors import InputError
from ...models.hidden_variables import prepared
from ...models.movable import MovableModel
from ...questions.answer import Question
from ...questions.bound import bound
from ...questions.visibility.decompose import decompose
from ...questions.visibility.result import DecomposeResult
from ...questions.watching import tells_progress
from .charts import Layout
from .gauge import in_gauge, rounded
from .graphs import MOST_LISTED, graphs, some_graphs
from .groups import rotation_group, symmetric_layout
from .race import Contest, Optimum, Race
from .result import SIGMAS, DesignResult, Significance, singlet_on
from .shared import run_shared
from .starts import GROUPS
from .symmetries import symmetry
from .tasks import Objective, Task

__all__ = ["check_design", "design"]

Progress = Callable[[float, float, int, float], None]

MOST_DIRECTIONS = 24
"""Directions of one party; the search works with dense tables."""
MOST_CORRELATORS = 60
SOME_GRAPHS = 8
"""Graphs that are looked at where there are too many to list."""
CORRECTIONS = 5
"""Times that hidden states from the certificate are put back."""
AGREE = 2e-8
"""Largest difference of claim and certificate where they agree."""
RESERVED = 0.15
"""Share of the time limit that is kept for the certificate."""
PLANES = ("none", "alice", "bob", "both")
NORTH = [0.0, 0.0, 1.0]


@tells_progress("start")
def design(
    model: MovableModel | Callable[[Settings], MovableModel],
    n_alice: int | None = None,
    n_bob: int | None = None,
    *,
    pairs: Iterable[tuple[int, int]] | None = None,
    correlators: int | None = None,
    objective: str = "visibility",
    visibility: float = 0.98,
    sharing: str = "optimal",
    starts: int = 20,
    plane: bool | str = False,
    symmetric: str | None = None,
    minimum_angle_deg: float = 0.0,
    start: Settings | None = None,
    tolerance: float = 1e-6,
    time_limit_s: float = 60.0,
    seed: int = 0,
    workers: int | Submits = 1,
    progress: Progress | bool | None = None,
) -> DesignResult:
    """Search for settings on which the singlet excludes a model, and prove what is found.

    Parameters
    ----------
    model : model, or function of settings
        A law for directions, on any settings: ``ns.Leggett``, or ``lambda s: ns.Leggett(s, eta=0.5)``.
    n_alice, n_bob : int
        Numbers of directions; all pairs are measured unless ``pairs`` lists them.
    pairs : iterable of (int, int), optional
        The measured pairs, zero-based.
    correlators : int, optional
        Instead of numbers of directions: so many pairs, over all bipartite graphs or, above 6, over some of them.
    objective : {"visibility", "significance"}
        Lowest critical visibility, or fewest pairs for a violation of five standard deviations at ``visibility``.
    visibility : float
        Of the singlet that is expected, for "significance".
    sharing : {"optimal", "equal"}
        How the pairs are shared among the settings, for "significance".
    starts : int
        Random starts, besides symmetric ones and hops from the best.
    plane : bool or {"alice", "bob", "both"}
        Whose directions keep to one plane (of the Poincaré sphere); True means both.
    symmetric : str, optional
        A rotation group, such as "C3", "D2" or "T": the directions are unions of its orbits.
    minimum_angle_deg : float
        Smallest angle allowed between two directions of one party, as axes; in degrees.
    start : Settings, optional
        Improve these first.
    tolerance : float
        Wanted width of the certified visibility.
    time_limit_s : float
    seed : int
    workers : int or executor
        Processes that share the starts; or anything with ``submit``, such as a Dask client. What they find depends on
        the order in which they end.
    progress : callable or bool, optional
        True says on stderr how far it is. A function is called with
        (best value, best value, starts, seconds).

    Returns
    -------
    DesignResult
        On Ctrl-C and at the time limit the best so far, certified.

    Raises
    ------
    InputError
        For options out of range or that do not fit each other, and models that do not look at directions.
    """
    check_options("design", tolerance=tolerance, time_limit_s=time_limit_s, seed=seed, progress=progress)
    assert not isinstance(progress, bool)  # `tells_progress` has made a function of it
    law, contests, rng = check_design(
        model, n_alice, n_bob, pairs=pairs, correlators=correlators, objective=objective, visibility=visibility,
        sharing=sharing, starts=starts, plane=plane, symmetric=symmetric, minimum_angle_deg=minimum_angle_deg,
        start=start, seed=seed,
    )  # fmt: skip
    table = {"objective": objective, "starts": starts, "plane": plane, "minimum_angle_deg": minimum_angle_deg}
    if correlators is not None:
        table["correlators"] = correlators
    else:
        table |= dict(zip(("n_alice", "n_bob"), contests[0].task.pairs.shape))
    if pairs is not None:
        table["pairs"] = np.argwhere(contests[0].task.pairs).tolist()
    if objective == "significance":
        table |= {"visibility": visibility, "sharing": sharing}
    table |= {key: value for key, value in (("symmetric", symmetric), ("start", start)) if value is not None}
    bent = symmetric is not None or any(_flat(plane)) or minimum_angle_deg > 0.0 or correlators is not None
    with held():
        ready = prepared([law])
        began = time.perf_counter()
        race = Race(contests, rng, began + (1.0 - RESERVED) * time_limit_s, began=began)
        race.groups = () if bent else GROUPS
        if progress is not None:
            race.told = lambda best, hits, number: progress(best, best, number, time.perf_counter() - began)
        given = None if start is None else np.concatenate([start.alice, start.bob])
        race.named, stopped = given, "tolerance_met"
        try:
            if not ready:
                raise KeyboardInterrupt
            if given is not None:
                with released():
                    race.look_at(given)
            with engine(workers) as where:
                if where.submits is not None:
                    run_shared(race, where, starts, given, seed)
            with released():
                if where.submits is None:
                    race.run(starts, given)
                if time.perf_counter() > race.last_start:
                    stopped = "time_limit"
                race.finish()
        except KeyboardInterrupt:
            stopped = "interrupted"
        race.deadline = began + time_limit_s
        result = _certified(race, tolerance, stopped, seed, time_limit_s)
        taken()
        asked = Question(tolerance, time_limit_s, seed, design=table)
        return replace(result, question=asked)


def check_design(
    model: Any, n_alice: int | None = None, n_bob: int | None = None, *, pairs: Any = None,
    correlators: int | None = None, objective: str = "visibility", visibility: float = 0.98, sharing: str = "optimal",
    starts: int = 20, plane: bool | str = False, symmetric: str | None = None, minimum_angle_deg: float = 0.0,
    start: Settings | None = None, seed: int = 0,
) -> tuple[MovableModel, list[Contest], np.random.Generator]:  # fmt: skip
    """The law, what competes, and the random numbers, for the arguments of `design`.

    Raises
    ------
    InputError
        For arguments out of range, or that do not fit each other.
    """
    whole(starts, "design: starts", 0, 1_000_000)
    one_of(objective, ("visibility", "significance"), "design: objective")
    one_of(sharing, ("optimal", "equal"), "design: sharing")
    number(visibility, "design: visibility", "it must lie in (0, 1]", lambda x: 0.0 < x <= 1.0)
    number(minimum_angle_deg, "design: minimum_angle_deg", "it must lie in [0, 90)", lambda x: 0.0 <= x < 90.0)
    law = _law(model)
    if start is not None and symmetric is not None:
        raise InputError("design: start and symmetric are both given; give one of them")
    tables = _tables(law, n_alice, n_bob, pairs, correlators, start, seed)
    goal = Objective() if objective == "visibility" else Objective(visibility, sharing == "equal")
    closest = math.cos(math.radians(minimum_angle_deg)) if minimum_angle_deg > 0.0 else 1.0
    flat, rng = _flat(plane), np.random.default_rng(seed)
    contests = [
        Contest(Task(law, table, goal, closest), _layout(table.shape, flat, symmetric, rng)) for table in tables
    ]
    return law, contests, rng


def _law(model: Any) -> MovableModel:
    """The model on one setting a side; only the law counts."""
    if callable(model) and not isinstance(model, MovableModel):
        model = model(Settings([NORTH], [NORTH]))
    if not isinstance(model, MovableModel):
        name = getattr(model, "name", None)
        if name is None:
            raise InputError(f"design: the model is {kind_of(model)}; give a model such as ns.Leggett")
        remedy = "use leggett, one_sided or law"
        raise InputError(f"design: the bounds of the model {name} cannot be followed as directions turn; {remedy}")
    return model


def _tables(
    law: MovableModel, n_alice: int | None, n_bob: int | None, pairs: Any, correlators: int | None,
    start: Settings | None, seed: int,
) -> list[NDArray[np.bool_]]:  # fmt: skip
    """The measured pairs, by graph."""
    if correlators is not None:
        if n_alice is not None or n_bob is not None or pairs is not None or start is not None:
            raise InputError("design: correlators is given beside directions; give one of the two")
        count = whole(correlators, "design: correlators", 1, MOST_CORRELATORS)
        if count <= MOST_LISTED:
            return graphs(count, exchangeable=law.exchangeable)
        return some_graphs(count, SOME_GRAPHS, np.random.default_rng(seed))
    if start is not None:
        check_noun(start, Settings, "argument start", "design")
        n_alice, n_bob = n_alice or start.shape[0], n_bob or start.shape[1]
        if (n_alice, n_bob) != start.shape:
            raise InputError(f"design: start has {start.shape[0]}×{start.shape[1]} directions, not {n_alice}×{n_bob}")
    if n_alice is None or n_bob is None:
        raise InputError("design: give n_alice and n_bob, or correlators, or start")
    shape = (
        whole(n_alice, "design: n_alice", 1, MOST_DIRECTIONS),
        whole(n_bob, "design: n_bob", 1, MOST_DIRECTIONS),
    )
    if pairs is None:
        return [np.ones(shape, dtype=bool)]
    table = np.zeros(shape, dtype=bool)
    for pair in listed(pairs, "design: pairs", "give a list of [alice, bob]"):
        members = listed(pair, "design: a pair", "give [alice, bob]")
        if len(members) != 2:
            raise InputError(f"design: a pair has {len(members)} entries; give [alice, bob]")
        i, j = (
            whole(k, f"design: {party}'s number of a pair", 0, n - 1)
            for k, party, n in zip(members, ("Alice", "Bob"), shape, strict=True)
        )
        table[i, j] = True
    idle = [f"{party}'s direction {k}" for party, axis in (("Alice", 1), ("Bob", 0))
            for k in np.flatnonzero(~table.any(axis=axis)).tolist()]  # fmt: skip
    if idle:
        raise InputError(f"design: {idle[0]} is in no pair; leave it out or add a pair")
    return [table]


def _flat(plane: bool | str) -> tuple[bool, bool]:
    """Whose directions keep to a plane."""
    if isinstance(plane, bool):
        return plane, plane
    word = one_of(plane, PLANES, "design: plane")
    return word in ("alice", "both"), word in ("bob", "both")


def _layout(shape: tuple[int, int], flat: tuple[bool, bool], symmetric: str | None, rng: np.random.Generator) -> Layout:
    if symmetric is None:
        return Layout.free(*shape, flat)
    if not isinstance(symmetric, str):
        raise InputError(f"design: symmetric is {kind_of(symmetric)}; give the name of a group, such as C3")
    rotation_group(symmetric)
    if any(flat):
        raise InputError("design: plane and symmetric are both given; give one of them")
    layout = symmetric_layout(symmetric, *shape, rng)
    if layout is None:
        raise InputError(
            f"design: {shape[0]} and {shape[1]} directions are no unions of orbits of {symmetric}; "
            "change the numbers or the group"
        )
    return layout


def _certified(race: Race, tolerance: float, stopped: str, seed: int, limit: float) -> DesignResult:
    """Prove the visibility on the best settings; put back what was missed until claim and certificate agree."""
    answers: list[tuple[float, DecomposeResult, Settings, Optimum]] = []
    for _ in range(CORRECTIONS):
        best = race.best or (race.untried() if stopped == "interrupted" else race.fallback())
        settings, answer = _proved(race, best, tolerance, seed, limit)
        answers.append((answer.upper, answer, settings, best))
        wanted = race.contests[best.contest].task.objective.visibility
        agree = wanted is not None or answer.upper <= best.place.value + max(AGREE, tolerance)
        if agree or stopped == "interrupted" or time.perf_counter() > race.deadline or answer.decomposition is None:
            break
        model = answer.decomposition
        u = None if np.isnan(model.u).any() else model.u
        v = None if np.isnan(model.v).any() else model.v
        try:
            with released():
                race.corrected(best, HiddenStates(model.alice, model.bob, u, v))
        except KeyboardInterrupt:
            stopped = "interrupted"
            break
    given, judged = race.given, race.contests[answers[0][3].contest].task.objective.visibility is None
    if judged and given is not None and given.place.value < min(answers, key=lambda item: item[0])[0]:
        settings, answer = _proved(race, given, tolerance, seed, limit)
        answers.append((answer.upper, answer, settings, given))
    if judged:
        _, answer, settings, best = min(answers, key=lambda item: item[0])
    else:
        _, answer, settings, best = answers[-1]
    task = race.contests[best.contest].task
    search = race.summary(best)
    search["symmetry"] = symmetry(settings, task.pairs).to_json()
    stats = {"seconds": time.perf_counter() - race.began, "starts": race.starts, "versions": versions()}
    significance = _significance(task, settings, best, seed, max(RESERVED * limit, 3.0))
    return DesignResult(settings, task.pairs, answer, significance, search, stats, stopped)


def _proved(race: Race, best: Optimum, tolerance: float, seed: int, limit: float) -> tuple[Settings, DecomposeResult]:
    """The settings in the gauge, with twelve digits, and what is proved of them."""
    task = race.contests[best.contest].task
    X, S = best.place.directions, np.abs(task.functional(best.place.coefficients).correlators)
    alice, bob = in_gauge(X[: task.n_alice], X[task.n_alice :], S)
    settings = Settings(rounded(alice), rounded(bob))
    left = max(race.deadline - time.perf_counter(), 0.1 * limit, 5.0)
    behaviour, model = singlet_on(task.pairs, settings), task.model.at(settings)
    answer = decompose(behaviour, model, tolerance=tolerance, time_limit_s=left, seed=seed)
    return settings, answer


def _significance(task: Task, settings: Settings, best: Optimum, seed: int, limit: float) -> Significance | None:
    """The inequality of the objective with its bound proved, and how many pairs it needs."""
    objective = task.objective
    if objective.visibility is None:
        return None
    X = np.concatenate([settings.alice, settings.bob])
    flips = np.sign(task.correlators(X)) * np.sign(task.correlators(best.place.directions))
    S = best.place.coefficients * flips
    functional = task.functional(S / np.abs(S).max())
    proved = bound(functional, task.model.at(settings), tolerance=1e-6, time_limit_s=limit, seed=seed)
    weights, correlators = functional.correlators[task.first, task.second], task.correlators(X)
    merit = objective.merit(weights, correlators, proved.upper)
    parts = np.abs(weights) * objective.spreads(correlators)
    shares = np.zeros(task.pairs.shape)
    shares[task.first, task.second] = 1.0 / len(parts) if objective.equally else parts / parts.sum()
    return Significance(proved.inequality, objective.visibility, objective.equally, shares, SIGMAS**2 * merit**2)
