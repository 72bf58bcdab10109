"""L3 with sliders in a notebook: the bound, the singlet's value and what is left between them follow the hand."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import functionals, settings
from ..behaviours import werner
from ..errors import MissingExtraError
from ..models.leggett import Leggett
from ..questions.bound import bound
from .bounds import opening_angle
from .style import GREY, INK, blank, finish

__all__ = ["l3_at", "l3_with_sliders"]

def l3_at(phi_deg: float = 36.87, eta: float = 1.0, visibility: float = 1.0) -> Any:
    """Picture L3 against the opening angle, with the certified bound and the singlet's value at one angle.

    Parameters
    ----------
    phi_deg : float
        φ in degrees, from 0 to 90.
    eta : float
        Purity of the hidden states.
    visibility : float
        V of the singlet's correlations −V a·b.

    Raises
    ------
    InputError
        If one of them is out of range.
    """
    here = settings.leggett_triads(phi_deg=phi_deg)
    functional = functionals.leggett3(here)
    result = bound(functional, Leggett(settings=here, eta=eta))
    value = functional.value(werner(here, visibility))
    figure, axes = blank(None, 5.6, 3.6)
    fine = np.radians(np.linspace(0.0, 90.0, 181)) / 2.0
    axes.plot(np.degrees(2.0 * fine), 2.0 * visibility * np.cos(fine), color=INK, label="singlet, 2 V cos(φ/2)")
    axes.plot(np.degrees(2.0 * fine), 2.0 - 2.0 / 3.0 * eta * np.sin(fine), color=GREY, linestyle=(0, (5, 2)),
              label="eq. (5), 2 − ⅔ η sin(φ/2)")  # fmt: skip
    axes.plot([opening_angle(result)], [result.upper], "s", color=GREY, label=f"certified bound ≤ {result.upper:.6f}")
    axes.plot([opening_angle(result)], [value], "o", color=INK, label=f"singlet {value:.6f}")
    excess = value - result.upper
    said = f"violated by {excess:.6f}" if excess > 0.0 else f"not violated: {-excess:.6f} below the bound"
    finish(axes, title=said, xlabel="opening angle φ (degrees)", ylabel="L3", legend="lower left")
    axes.set_ylim(1.2, 2.05)
    return figure


def l3_with_sliders() -> Any:
    """`l3_at` with sliders for φ, η and V: a widget for notebooks.

    Raises
    ------
    MissingExtraError
        Without ipywidgets; the message says how to add it.
    """
    try:
        from ipywidgets import FloatSlider, interactive
    except ImportError:
        raise MissingExtraError(
            'plots: sliders need ipywidgets; add them with: pip install "nsmodels[notebooks]"'
        ) from None
    return interactive(
        l3_at,
        phi_deg=FloatSlider(36.87, min=0.0, max=90.0, step=0.5, description="φ (degrees)"),
        eta=FloatSlider(1.0, min=0.0, max=1.0, step=0.05, description="η"),
        visibility=FloatSlider(1.0, min=0.8, max=1.0, step=0.01, description="V"),
    )
