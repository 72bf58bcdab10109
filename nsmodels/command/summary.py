"""What a run prints: a result file in a dozen lines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from ..common.digits import at_least, at_most, counted, duration, enclosure, plain, printable
from ..core.enclosure import WIDE, exceeds
from ..core.formula import without_noise
from ..core.functional import Functional
from ..questions.visibility.measured import measured_lines

if TYPE_CHECKING:
    from ..files.problem import Problem
    from ..files.sweeps.result import SweepResult

MAX_ROWS = 12
WIDTH = 20

Lines = Iterator[tuple[str, str]]


def summary(problem: Problem, result: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Pairs (name, text) that tell a reader what was asked and answered."""
    return [*_value(problem, result), *_kind(problem, result), *_expected(problem, result), *_cost(result)]


def as_text(title: str, lines: list[tuple[str, str]]) -> str:
    """The pairs under a title, aligned."""
    return "\n".join([printable(title), *(f"  {name:<{WIDTH}}{text}" for name, text in lines)])


def value_name(problem: Problem) -> str:
    """What the value of this problem is called."""
    if problem.kind in ("bound", "analysis"):
        assert problem.model is not None
        return f"{problem.model.name} bound"
    names = {"marginals": "largest marginal", "local_content": "local content"}
    return names.get(problem.kind, "critical visibility")


def _value(problem: Problem, result: Mapping[str, Any]) -> Lines:
    value = result["value"]
    if value is None:
        yield value_name(problem), f"no answer: {printable(result['reason'])}"
        return
    reason = "" if result["reason"] == "tolerance_met" else f", {printable(result['reason'])}"
    width = f"{value['upper'] - value['lower']:.2g}"
    ends = enclosure(value["lower"], value["upper"])
    yield value_name(problem), f"{ends}   {worth(problem, result)}, width {width}{reason}"


def worth(problem: Problem, result: Mapping[str, Any]) -> str:
    """The status in words: a certified enclosure that is wider than the tolerance is called wide."""
    status, value = printable(result["status"]), result["value"]
    wide = status == "certified" and exceeds(value["lower"], value["upper"], problem.options.tolerance)
    return f"{status}, {WIDE}" if wide else status


def _kind(problem: Problem, result: Mapping[str, Any]) -> Lines:
    if result["value"] is None:
        return
    yield from {
        "bound": _bound,
        "visibility": _visibility,
        "marginals": _marginals,
        "design": _design,
        "analysis": _analysis,
        "local_content": _local_content,
    }[problem.kind](problem, result)


def _bound(problem: Problem, result: Mapping[str, Any]) -> Lines:
    value, quantum = result["value"], result.get("quantum")
    if quantum is not None:
        yield "quantum value", f"{plain(quantum, 9)}   (singlet on these settings)"
        if quantum > value["upper"]:
            yield "violation", f"{at_least(quantum - value['upper'], 6)} at least"
        elif quantum <= value["lower"]:
            yield "violation", "none by the singlet"
        else:
            yield "violation", "open: the quantum value lies inside the enclosure"
    state = result.get("maximiser") or {}
    for name, key in (
        ("hidden state u", "u"),
        ("hidden state v", "v"),
        ("marginals A", "alice"),
        ("marginals B", "bob"),
    ):
        if state.get(key) is not None:
            yield name, _vector(state[key])


def _visibility(problem: Problem, result: Mapping[str, Any]) -> Lines:
    states = result.get("decomposition") or []
    if states:
        largest = max(state["weight"] for state in states)
        what = counted(len(states), "state" if "correlators" in states[0] else "hidden state")
        yield "explicit model", f"{what}, largest weight {largest:.3g}"
    if result.get("measured") is not None:
        yield from measured_lines(**result["measured"])
    inequality = result.get("inequality")
    if inequality is None:
        if result["value"]["lower"] >= 1.0:
            yield "inequality", "none: the correlations themselves have a model"
        return
    yield "inequality", inequality_text(inequality)


def _local_content(problem: Problem, result: Mapping[str, Any]) -> Lines:
    part = result.get("local_part") or []
    if part:
        largest = max(strategy["weight"] for strategy in part)
        yield "local part", f"{counted(len(part), 'deterministic table')}, largest weight {largest:.3g}"


def _design(problem: Problem, result: Mapping[str, Any]) -> Lines:
    settings, design = result["settings"], result["design"]
    for party, letter in (("alice", "a"), ("bob", "b")):
        for index, direction in enumerate(settings[party][:MAX_ROWS]):
            yield f"{letter}{index}", _vector(direction)
    yield "pairs measured", str(len(design["pairs"]))
    yield from _visibility(problem, result)
    significance = design.get("significance")
    if significance is not None:
        where = f"at V = {significance['visibility']:g}, {significance['sharing']} sharing"
        yield "pairs for 5 σ", f"{significance['pairs_for_5_sigma']:.0f}   ({where})"
    yield "found", f"{counted(design['hits'], 'time')} from {counted(design['starts'], 'start')}"
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


def _analysis(problem: Problem, result: Mapping[str, Any]) -> Lines:
    observed, violation, p = result["observed"], result["violation"], result["p_value"]
    sigmas = violation["sigmas"]
    many = "" if sigmas is None else f", {sigmas:.1f} σ"
    yield "observed", f"{observed['value']:.6f} ± {observed['sigma']:.2g}"
    yield "violation", f"{violation['difference']:+.6f}{many}"
    paid = f", {p['relabellings']} relabellings" if p["relabellings"] > 1 else ""
    yield "p-value", f"at most {p['upper']:.3g} (log10 {p['log10']:.2f}; {printable(p['method'])}{paid})"
    signalling = result["signalling"]
    if signalling["p_value"] is not None:
        worst = "" if signalling["worst"] is None else f"   (largest: {printable(signalling['worst'])})"
        yield "signalling", f"p = {signalling['p_value']:.3g}{worst}"
    purity = result["excluded_purity"]
    if purity is not None:
        none = purity["above"] is None
        text = "none is excluded" if none else f"η ≥ {purity['above']:.4g} excluded"
        yield "purities", f"{text} at confidence {plain(purity['confidence'])}"
    yield "verdict", printable(result["verdict"])
    yield "", printable(result["sentence"], 600)


def inequality_text(inequality: Mapping[str, Any]) -> str:
    """The inequality as one line, or its size where it is long."""
    functional = Functional(
        inequality["correlators"], inequality.get("alice"), inequality.get("bob"), inequality.get("constant") or 0.0
    )
    terms = sum(int(np.count_nonzero(part)) for part in without_noise(*functional.parts)[1:])
    bound = at_most(inequality["bound"], 9)
    if terms > MAX_ROWS:
        return f"{counted(terms, 'term')} ≤ {bound}   (all of them: nsmodels derive)"
    return f"{functional.text()} ≤ {bound}"


def _marginals(problem: Problem, result: Mapping[str, Any]) -> Lines:
    paths = result.get("paths") or {}
    for party, letter in (("alice", "A"), ("bob", "B")):
        entries = result["marginals"][party]
        chains = paths.get(party) or [[]] * len(entries)
        for index, (entry, chain) in enumerate(zip(entries[:MAX_ROWS], chains)):
            steps = " ".join(chain[:MAX_ROWS]) + (" …" if len(chain) > MAX_ROWS else "")
            wide = exceeds(entry["lower"], entry["upper"], problem.options.tolerance)
            said = f"   {WIDE}" if wide and result["status"] == "certified" else ""
            yield f"|{letter}{index}| at most", f"{enclosure(entry['lower'], entry['upper'])}{said}   {steps}".rstrip()
        if len(entries) > MAX_ROWS:
            yield "", f"and {len(entries) - MAX_ROWS} more of {party}'s settings"


def _expected(problem: Problem, result: Mapping[str, Any]) -> Lines:
    expected, value = problem.expected, result["value"]
    if expected is None:
        return
    if expected.lower == expected.upper:
        text = plain(expected.lower)
    else:
        text = f"[{plain(expected.lower)}, {plain(expected.upper)}]"
    verdict = "not compared"
    if value is not None:
        verdict = "agrees" if expected.agrees(value["lower"], value["upper"]) else "DOES NOT AGREE"
    yield "expected", f"{text} ± {expected.tolerance:g}: {verdict}"
    if expected.source:
        yield "", f"({printable(expected.source)})"


def _cost(result: Mapping[str, Any]) -> Lines:
    stats = result["stats"]
    text = duration(float(stats["seconds"]))
    if float(stats.get("compile_seconds") or 0.0) > 0.05:
        text += f", and {duration(float(stats['compile_seconds']))} to load and compile"
    counted_things = ("node", "iteration", "round", "column", "row")
    counts = [counted(stats[f"{thing}s"], thing) for thing in counted_things if stats.get(f"{thing}s")]
    yield "time", ", ".join([text, *counts])


def _vector(entries: list[float]) -> str:
    numbers = ", ".join(f"{round(entry, 6) + 0.0:.6g}" for entry in entries[:MAX_ROWS])
    return f"({numbers}{', …' if len(entries) > MAX_ROWS else ''})"
