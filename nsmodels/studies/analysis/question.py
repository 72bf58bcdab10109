"""`analyse`: whether a model is excluded by data, with what significance, and for which purities."""

from __future__ import annotations

import contextlib
import math
import time
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from ...common.arguments import check_noun, check_options, floats, number, shown
from ...common.arrays import Array
from ...common.interrupts import arrived, held, taken
from ...common.versions import versions
from ...core.behaviour import Behaviour
from ...core.functional import Functional
from ...core.settings import Settings
from ...errors import InputError, SolverError
from ...models.base import Model, Progress, require_model
from ...models.hidden_variables import HiddenVariableModel, along, with_safe_defaults
from ...questions.answer import Question
from ...questions.watching import tells_progress
from .asked import CONFIDENCE, Arrangement, angles_of
from .closest import Cells
from .data import Data
from .oracle import Limits, proved
from .p_value import METHODS, PValue, best_bet, guesses, judge, proven
from .prediction import Prediction, predicted
from .purity import excluded_purity
from .relabelling import favoured, flipped
from .result import AnalysisResult
from .verdict import Verdict, conclude, fit

__all__ = ["analyse"]

ROUGH, FINE = 1e-4, 1e-6
"""Tolerances of the bound, with an uncertainty of directions and without."""


@tells_progress("node")
@held()
def analyse(
    data: Data,
    model: Model,
    *,
    settings: Settings | None = None,
    functional: Functional | None = None,
    visibility: float | None = None,
    prediction: ArrayLike | Behaviour | None = None,
    split: float | None = None,
    moduli: bool = False,
    uncertainty: float = 0.0,
    uncertainty_deg: float | None = None,
    waveplate_uncertainty_deg: float = 0.0,
    confidence: float = CONFIDENCE,
    allow_signalling: bool = False,
    tolerance: float | None = None,
    time_limit_s: float = 60.0,
    seed: int = 0,
    progress: Progress | bool | None = None,
) -> AnalysisResult:
    """Judge a model by measured data.

    Parameters
    ----------
    data : Data
        ``ns.Data.from_counts``, ``from_csv``, ``from_correlators`` or ``from_bitstrings``.
    model : Model
        A model with hidden states: Leggett, OneSided, Bell, NonSignalling, Finite, Hull, ….
    settings : Settings, optional
        By default those of the model.
    functional : Functional, optional
        Whose value is reported. By default the best inequality for these settings at the predicted visibility, which is
        not fitted to the data.
    visibility, prediction, split : optional
        What is predicted: the singlet at this visibility (0.98 unless anything is said), correlators (n_A, n_B), or
        what this share of the trials shows, which is then not judged.
    moduli : bool
        Take the relabelling of outcomes, setting by setting, that the data favour, and pay for the choice: of the party
        with fewer settings, or of both where they have as many (`nsmodels.studies.analysis.relabelling`).
    uncertainty, uncertainty_deg : float
        Each direction is known within this angle on the sphere, in radians or in degrees.
    waveplate_uncertainty_deg : float
        For settings by wave plates (``settings.from_waveplates``): each plate is known within this angle.
    confidence : float
        In (0, 1): the model is excluded where the p-value is at most 1 − confidence.
    allow_signalling : bool
        Go on where the counts signal.
    tolerance : float, optional
        Of the bound: 1e-6, and with an uncertainty 1e-4, unless given.

    Returns
    -------
    AnalysisResult
        On Ctrl-C what is proved so far: the bound as far as it got, a p-value that is valid though not the best.

    Raises
    ------
    InputError
        For data that do not fit the model or the functional, and options out of range.
    SolverError
        If a solver fails and nothing can be said.

    Source: arXiv:0801.2241 (experiment); p-values: PRA 84, 062118 (2011), arXiv:1812.06236.
    """
    begin = time.perf_counter()
    place = "analyse"
    check_noun(data, Data, "argument data", place)
    require_model(model, place)
    hidden = with_safe_defaults(model)
    if hidden is None:
        raise InputError(f"analyse: {model.name} is no model with hidden states, so that no p-value can be had for it")
    table = prediction.correlators if isinstance(prediction, Behaviour) else prediction
    arranged = Arrangement(
        visibility, None if table is None else floats(table, "analyse: prediction is no table of correlators"), split,
        moduli, _degrees(uncertainty, uncertainty_deg), waveplate_uncertainty_deg, confidence, allow_signalling,
    )  # fmt: skip
    for name, flag in (("moduli", moduli), ("allow_signalling", allow_signalling)):
        if not isinstance(flag, bool):
            raise InputError(f"analyse: {name} is {shown(flag)}; it is True or False")
    arranged.check()
    wanted = (ROUGH if arranged.uncertain else FINE) if tolerance is None else tolerance
    check_options(place, tolerance=wanted, time_limit_s=time_limit_s, seed=seed, progress=progress)
    assert not isinstance(progress, bool)  # `tells_progress` has made a function of it
    if functional is not None:
        check_noun(functional, Functional, "functional", place)
    settings = model.settings if settings is None else settings
    if settings is not None:
        check_noun(settings, Settings, "argument settings", place)
        if model.settings is not None and not _same(settings, model.settings):
            raise InputError("analyse: the settings are not those of the model; leave settings= out")
    for shape, what in ((settings and settings.shape, "settings"), (functional and functional.shape, "functional")):
        if shape and shape != model.shape:
            raise InputError(f"analyse: the {what} are for {shape[0]}×{shape[1]} settings, the model for {model.shape}")
    data = data.reshaped(model.shape)
    limits = Limits(wanted, time_limit_s, seed, angles_of(arranged, settings), progress)
    expected = predicted(data, settings, visibility, table, split, seed)

    given = functional
    if functional is None:
        functional = _best_inequality(hidden, data, settings, expected, limits)
    value, sigma = data.value(functional)
    signs, relabellings = np.ones(sum(data.shape)), 1
    if moduli:
        signs, relabellings = favoured(functional.correlators, expected.judged)
        functional = flipped(functional, signs)
        value, sigma = data.value(functional)
        expected = expected.relabelled(signs)
    oracle = proved(functional, model, limits)
    limits = replace(limits, seeds=oracle.seeds)
    p = _p_value(hidden, expected, relabellings, limits)
    purity = excluded_purity(model, expected.judged, expected, p.method, relabellings, confidence, limits)
    signalling = data.signalling()
    found = None
    if not p.excludes(confidence) and not arrived():
        with contextlib.suppress(SolverError):
            found = fit(hidden, data, seed)
    conclusion = conclude(model.name, p, found, signalling, confidence, allow_signalling)
    if conclusion.verdict == Verdict.OPEN and not moduli:
        other = data.value(flipped(functional, favoured(functional.correlators, data)[0]))[0]
        if other > oracle.value.upper >= value:
            conclusion = conclusion.relabelled(other)
    if arrived():
        oracle = replace(oracle, value=replace(oracle.value, reason="interrupted"))
    taken()
    stats = {
        "seconds": time.perf_counter() - begin,
        "compile_seconds": float(oracle.stats.get("compile_seconds", 0.0)),
        "versions": versions(),
        "trials": p.trials,
    }
    return AnalysisResult(
        data, model, functional, expected, oracle, value, sigma, p, signalling, purity, found, conclusion,
        _told(signs, data.shape[0]), limits, arranged, stats, given,
        question=Question(wanted, time_limit_s, seed, settings),
    )  # fmt: skip


def _told(signs: Array, n_a: int) -> tuple[float, ...]:
    """Alice's signs, and Bob's where any outcome of his was exchanged."""
    return tuple((signs if (signs[n_a:] < 0.0).any() else signs[:n_a]).tolist())


def _same(settings: Settings, own: Settings) -> bool:
    """Whether these are the same directions; other numbers of them are refused elsewhere."""
    both = zip((settings.alice, settings.bob), (own.alice, own.bob))
    return settings.shape != own.shape or all(np.allclose(x, y, atol=1e-9) for x, y in both)


def _degrees(radians: float, degrees: float | None) -> float:
    """The uncertainty in degrees, given in either unit."""
    given = number(radians, "analyse: uncertainty", "it must be an angle in radians, at least 0", lambda x: x >= 0.0)
    if degrees is None:
        return math.degrees(given)
    if given:
        raise InputError("analyse: give the uncertainty once, as uncertainty= (radians) or as uncertainty_deg=")
    return number(degrees, "analyse: uncertainty_deg")


def _p_value(model: HiddenVariableModel, prediction: Prediction, relabellings: int, limits: Limits) -> PValue:
    """The p-value by products of outcomes, and by all outcomes where the model is not symmetric.

    For a symmetric model and vanishing predicted marginals P* has vanishing marginals, so that R depends on ab only.
    """
    judged = prediction.judged
    products = judged.counts is None or model.symmetric or arrived()
    cells = Cells.of(judged.known, products)
    n, m = judged.shape
    expected = cells.probabilities(np.zeros(n), np.zeros(m), prediction.correlators)
    methods = ("binomial",) if arrived() else METHODS  # after Ctrl-C the test that needs no search for P*
    made = guesses(model, cells, expected, judged.shots, limits, drawn=judged.drawn, methods=methods)
    return judge(proven(best_bet(made), model, limits, expected), judged, relabellings)


def _best_inequality(
    model: HiddenVariableModel, data: Data, settings: Settings | None, prediction: Prediction, limits: Limits
) -> Functional:
    """The inequality that the prediction violates most, on the measured pairs; if there is none, along it."""
    from ...questions.visibility.decompose import decompose

    known = data.known
    target = Behaviour(np.where(known, prediction.correlators, 0.0), known=known, settings=settings)
    answer = decompose(target, model, marginals="free", tolerance=1e-5, time_limit_s=limits.time_limit_s,
                       seed=limits.seed, progress=limits.progress)  # fmt: skip
    return along(target) if answer.inequality is None else answer.inequality.functional

