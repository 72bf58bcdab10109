"""What a run prints: a result file in a dozen lines."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from ..common.arrays import Array
from ..common.digits import at_least, at_most, counted, duration, enclosure, plain, printable
from ..core.enclosure import WIDE, Enclosure, Status, exceeds
from ..core.formula import without_noise
from ..core.wave_plates import plates_before

if TYPE_CHECKING:
    from ..core.functional import Inequality
    from ..files.problem import Problem
    from ..files.sweeps.result import SweepResult
    from ..general.results import ScenarioAnswer
    from ..questions.answer import Answer
    from ..questions.bias.result import MarginalsResult
    from ..questions.bound import BoundResult
    from ..questions.visibility.result import DecomposeResult
    from ..studies.analysis.result import AnalysisResult
    from ..studies.design.result import DesignResult
    from ..studies.local_weight import LocalContent

MAX_ROWS = 12
WIDTH = 20

Lines = Iterator[tuple[str, str]]


def summary(problem: Problem, answer: Answer) -> list[tuple[str, str]]:
    """Pairs (name, text) that tell a reader what was asked and answered."""
    own = KINDS[problem.subject](answer) if answer.answered else ()
    return [*_value(problem, answer.told), *own, *_expected(problem, answer), *_cost(answer)]


def as_text(title: str, lines: list[tuple[str, str]]) -> str:
    """The pairs under a title, aligned."""
    return "\n".join([printable(title), *(f"  {name:<{WIDTH}}{text}" for name, text in lines)])


def value_name(problem: Problem) -> str:
    """What the value of this problem is called."""
    if problem.scenario is not None and problem.kind != "visibility":
        return {"bound": f"{problem.scenario.model.name} bound", "marginals": "largest bias"}[problem.kind]
    if problem.kind in ("bound", "analysis"):
        assert problem.model is not None
        return f"{problem.model.name} bound"
    names = {"marginals": "largest marginal", "local_content": "local content"}
    return names.get(problem.kind, "critical visibility")


def _value(problem: Problem, told: Enclosure) -> Lines:
    if told.status == Status.NO_ANSWER:
        yield value_name(problem), f"no answer: {printable(told.reason)}"
        return
    reason = "" if told.reason == "tolerance_met" else f", {printable(told.reason)}"
    width = f"{told.upper - told.lower:.2g}"
    ends = enclosure(told.lower, told.upper)
    yield value_name(problem), f"{ends}   {worth(told, problem.options.tolerance)}, width {width}{reason}"


def worth(told: Enclosure, tolerance: float) -> str:
    """The status in words: a certified enclosure that is wider than the tolerance is called wide."""
    wide = told.status == Status.CERTIFIED and exceeds(told.lower, told.upper, tolerance)
    return f"{told.status}, {WIDE}" if wide else str(told.status)


def _bound(answer: BoundResult) -> Lines:
    quantum, state = answer.quantum, answer.maximiser
    if quantum is not None:
        yield "quantum value", f"{plain(quantum, 9)}   (singlet on these settings)"
        if quantum > answer.upper:
            yield "violation", f"{at_least(quantum - answer.upper, 6)} at least"
        elif quantum <= answer.lower:
            yield "violation", "none by the singlet"
        else:
            yield "violation", "open: the quantum value lies inside the enclosure"
    if state is None:
        return
    bare_a, bare_b = state.u is None, state.v is None
    for name, entries in (
        ("hidden state u", state.u),
        ("hidden state v", state.v),
        ("marginals A", state.alice if bare_a else None),
        ("marginals B", state.bob if bare_b else None),
    ):
        if entries is not None:
            yield name, _vector(entries)


def _visibility(answer: DecomposeResult) -> Lines:
    model, inequality = answer.decomposition, answer.inequality
    if model is not None and len(model):
        yield "explicit model", f"{counted(len(model), model.unit)}, largest weight {model.weights.max():.3g}"
    if answer.measured is not None:
        yield from answer.measured.lines()
    if inequality is not None:
        yield "inequality", inequality_text(inequality)
    elif answer.lower >= 1.0:
        yield "inequality", "none: the correlations themselves have a model"


def _scenario(answer: ScenarioAnswer) -> Lines:
    lines = answer.lines()
    yield from lines[:MAX_ROWS]
    if len(lines) > MAX_ROWS:
        yield "", f"and {len(lines) - MAX_ROWS} more settings"


def _local_content(answer: LocalContent) -> Lines:
    if len(answer):
        yield "local part", f"{counted(len(answer), 'deterministic table')}, largest weight {answer.weights.max():.3g}"


def _design(answer: DesignResult) -> Lines:
    rows_of = (("a", answer.settings.rows_alice), ("b", answer.settings.rows_bob))
    for letter, rows in rows_of:
        for index, direction in enumerate(rows[:MAX_ROWS]):
            _, quarter, half = plates_before(0.0, direction)
            yield f"{letter}{index}", f"{_vector(direction)}   λ/2 at {half:.3f}°, λ/4 at {quarter:.3f}°"
    yield "", "light passes λ/2, λ/4 and a horizontal polariser (explain wave_plates)"
    yield "pairs measured", str(int(answer.pairs.sum()))
    yield from _visibility(answer.answer)
    goal = answer.significance
    if goal is not None:
        where = f"at V = {goal.visibility:g}, {'equal' if goal.equally else 'optimal'} sharing"
        yield "pairs for 5 σ", f"{goal.text().removesuffix(' pairs')}   ({where})"
    yield "found", f"{counted(answer.search['hits'], 'time')} from {counted(answer.search['starts'], 'start')}"
    yield "", "certified is the value on these settings; that no better settings exist is not claimed"


def sweep_summary(sweep: SweepResult) -> list[tuple[str, str]]:
    """Pairs (name, text) about a sweep: how many points, the smallest and the largest value, and where they are."""
    lines = [("varied", printable(", ".join(sweep.parameters)))]
    told = f"{len(sweep)} of {sweep.total} finished"
    lines.append(("points", told + (f", {sweep.new} of them now" if sweep.new < len(sweep) else "")))
    states = Counter(str(row["status"]) for row in sweep.rows)
    lines += [("status", ", ".join(f"{number} {printable(state)}" for state, number in states.most_common()))]
    verdicts = Counter(str(row["verdict"]) for row in sweep.rows if row.get("verdict") is not None)
    if verdicts:
        lines.append(("verdicts", ", ".join(f"{n} {printable(said)}" for said, n in verdicts.most_common())))
    answered = [row for row in sweep.rows if row["lower"] is not None]
    if answered:
        for name, row in (
            ("smallest value", min(answered, key=lambda row: row["upper"])),
            ("largest value", max(answered, key=lambda row: row["lower"])),
        ):
            where = ", ".join(f"{key} = {printable(row[key], 40)}" for key in sweep.parameters)
            lines.append((name, f"{enclosure(row['lower'], row['upper'])}   ({where})"))
    lines.append(("written to", printable(sweep.folder, 400)))
    return lines


def _analysis(answer: AnalysisResult) -> Lines:
    p, signalling, purity = answer.p_value, answer.signalling, answer.excluded_purity
    many = "" if answer.sigmas is None else f", {answer.sigmas:.1f} σ"
    yield "observed", f"{answer.observed:.6f} ± {answer.sigma:.2g}"
    yield "violation", f"{answer.difference:+.6f}{many}"
    paid = f", {p.relabellings} relabellings" if p.relabellings > 1 else ""
    yield "p-value", f"at most {p.upper:.3g} (log10 {p.log10:.2f}; {printable(p.method)}{paid})"
    if signalling.p_value is not None:
        worst = "" if signalling.worst is None else f"   (largest: {printable(signalling.worst)})"
        yield "signalling", f"p = {signalling.p_value:.3g}{worst}"
    if purity is not None:
        text = "none is excluded" if purity.above is None else f"η ≥ {purity.above:.4g} excluded"
        yield "purities", f"{text} at confidence {plain(purity.confidence)}"
    yield "verdict", str(answer.verdict)
    yield "", printable(answer.conclusion.sentence, 600)


def inequality_text(inequality: Inequality) -> str:
    """The inequality as one line, or its size where it is long."""
    terms = sum(int(np.count_nonzero(part)) for part in without_noise(*inequality.functional.parts)[1:])
    bound = at_most(inequality.bound, 9)
    if terms > MAX_ROWS:
        return f"{counted(terms, 'term')} ≤ {bound}   (all of them: nsmodels derive)"
    return f"{inequality.functional.text()} ≤ {bound}"


def _marginals(answer: MarginalsResult) -> Lines:
    chains, tolerance = answer.chains, answer.question.tolerance
    if answer.measured is not None:
        yield from answer.measured.lines()
    for party, ends, begin in (("alice", answer.alice, 0), ("bob", answer.bob, len(answer.alice))):
        for index, (end, chain) in enumerate(zip(ends[:MAX_ROWS], chains[begin:], strict=False)):
            steps = " ".join(chain.nodes[:MAX_ROWS]) + (" …" if len(chain) > MAX_ROWS else "")
            wide = tolerance is not None and exceeds(end.lower, end.upper, tolerance)
            said = f"   {WIDE}" if wide and end.status == Status.CERTIFIED else ""
            letter = party[0].upper()
            yield f"|{letter}{index}| at most", f"{enclosure(end.lower, end.upper)}{said}   {steps}".rstrip()
        if len(ends) > MAX_ROWS:
            yield "", f"and {len(ends) - MAX_ROWS} more of {party}'s settings"


def _expected(problem: Problem, answer: Answer) -> Lines:
    expected = problem.expected
    if expected is None:
        return
    if expected.lower == expected.upper:
        text = plain(expected.lower)
    else:
        text = f"[{plain(expected.lower)}, {plain(expected.upper)}]"
    found = getattr(answer, "verdict", None)
    if expected.lower == -math.inf and expected.upper == math.inf and expected.verdict is not None:
        yield "expected", f"{expected.verdict}: {'agrees' if found == expected.verdict else 'DOES NOT AGREE'}"
        return
    verdict, told = "not compared", answer.told
    if told.status != Status.NO_ANSWER:
        verdict = "agrees" if expected.agrees(told.lower, told.upper) else "DOES NOT AGREE"
    yield "expected", f"{text} ± {expected.tolerance:g}: {verdict}"
    if expected.source:
        yield "", f"({printable(expected.source)})"


def _cost(answer: Answer) -> Lines:
    stats = answer.stats
    text = duration(float(stats["seconds"]))
    if float(stats.get("compile_seconds") or 0.0) > 0.05:
        text += f", and {duration(float(stats['compile_seconds']))} to load and compile"
    counted_things = ("node", "iteration", "round", "column", "row")
    counts = [counted(stats[f"{thing}s"], thing) for thing in counted_things if stats.get(f"{thing}s")]
    yield "time", ", ".join([text, *counts])


def _vector(entries: Array) -> str:
    numbers = ", ".join(f"{round(entry, 6) + 0.0:.6g}" for entry in entries[:MAX_ROWS].tolist())
    return f"({numbers}{', …' if len(entries) > MAX_ROWS else ''})"


KINDS: dict[str, Callable[[Any], Lines]] = {
    "bound": _bound,
    "visibility": _visibility,
    "marginals": _marginals,
    "design": _design,
    "analysis": _analysis,
    "local_content": _local_content,
    "scenario": _scenario,
}
"""What is told of the answers to each kind of problem."""
