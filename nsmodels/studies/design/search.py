"""From a starting point near to a local optimum: successive linear programs with a trust region.

In every round the coefficients and a step of the directions come from one small program (`programs`), in which every
hidden state that is tracked has a row, linearised with its multipliers. At the new settings the objective is evaluated
afresh (`inner`); what it has to say about missed hidden states is brought back if the step is refused.
"""

from __future__ import annotations

import time

import numpy as np

from ...behaviours import singlet
from ...common.arrays import Array
from ...errors import SolverError
from .charts import Chart, Layout
from .inner import Place, evaluate
from .programs import Step, minimum
from .tasks import Task
from .tracked import follow, values

__all__ = ["approach", "arrive"]


ROUNDS = 60
FIRST_RADIUS = 0.2
LARGEST_RADIUS = 0.5
SMALLEST_RADIUS = 1e-4
SMALLEST_GAIN = 1e-8
PATIENCE = 12
"""Rounds without an exclusion after which the descent is on its way to directions that coincide."""
PLATEAU = 1.0
"""Visibility above which nothing is excluded."""


def arrive(task: Task, directions: Array, rng: np.random.Generator) -> Place:
    """The objective at a starting point, roughly."""
    model = task.on(directions)
    behaviour = singlet(task.settings(directions))
    antipodal = model.symmetric
    states = model.seeds(behaviour, antipodal=antipodal, rng=rng)
    return evaluate(task, directions, states, None, rng, tolerance=1e-3)


def linearised(task: Task, chart: Chart, place: Place, radius: float) -> Step:
    """The derivatives that a step from this place needs."""
    S, X = place.coefficients, place.directions
    room, slopes = task.crowding(X)
    return Step(
        chart.pull(place.tracked.slopes(task, S, X)),
        chart.pull(task.gain(S, X)[2]),
        chart.pull(task.cost(S, X)[2]),
        (np.maximum(room, -0.2 * radius), chart.pull(slopes)),
        radius,
    )


def approach(
    task: Task, layout: Layout, place: Place, rng: np.random.Generator, deadline: float, radius: float = FIRST_RADIUS
) -> Place:
    """Descend from a place until the radius or what is promised gets small, or time is up.

    Raises
    ------
    SolverError
        If a solver fails.
    """
    for number in range(ROUNDS):
        if number >= PATIENCE and task.objective.visibility is None and place.value > PLATEAU - 1e-4:
            break
        if radius < SMALLEST_RADIUS or time.perf_counter() > deadline:
            break
        chart = layout.chart(place.directions)
        answer = minimum(task, place.directions, place.tracked.states, linearised(task, chart, place, radius))
        value = answer.value if not task.objective.equally else float(np.sqrt(2.0 * max(answer.value, 0.0)))
        promised = place.value - value
        if promised < SMALLEST_GAIN * max(1.0, abs(value)):
            break
        best = np.argsort(-values(task.functional(answer.coefficients), place.tracked.states), kind="stable")[:30]
        chosen = np.union1d(np.argsort(-answer.weights, kind="stable")[:40], best)
        try:
            new = evaluate(
                task, chart.point(answer.step), place.tracked.states.take(chosen), answer.coefficients, rng,
                tolerance=max(min(0.1 * promised, 1e-3), 1e-9), deadline=deadline,
            )  # fmt: skip
        except SolverError:
            radius *= 0.3
            continue
        ratio = (place.value - new.value) / promised
        if ratio > 0.1:
            place = new
            radius = min(2.0 * radius, LARGEST_RADIUS) if ratio > 0.6 else radius if ratio > 0.3 else 0.6 * radius
        else:
            missed = follow(task, new.coefficients, place.directions, new.tracked.states)
            place = Place(
                place.value, place.directions, place.coefficients, place.top, place.tracked.join(missed)
            )
            radius *= 0.6
    return place
