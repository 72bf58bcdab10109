"""`Evaluation`: what an inequality says about a behaviour."""

from __future__ import annotations

from dataclasses import dataclass

from ..common.digits import at_least, at_most

__all__ = ["Evaluation"]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What an inequality says about a behaviour.

    Parameters
    ----------
    value : float
        f on the behaviour.
    bound : float
        The proved bound.
    violation : float
        ``value − bound``; positive means violated.
    sigma : float or None
        One standard deviation of the value.
    violation_sigma : float or None
        The violation in standard deviations; None where σ = 0: outcomes without spread promise nothing.
    p_value : float or None
        Of counted data: at most the probability that the model exceeds the bound by as much.
    """

    value: float
    bound: float
    violation: float
    sigma: float | None = None
    violation_sigma: float | None = None
    p_value: float | None = None

    @property
    def violated(self) -> bool:
        """Whether the value exceeds the bound."""
        return self.violation > 0.0

    def __repr__(self) -> str:
        error = "" if self.sigma is None else f" ± {self.sigma:.2g}"
        verdict = f"satisfied, {-self.violation:.6g} below"
        if self.violated:
            verdict = f"violated by {at_least(self.violation, 6)}"
        number = "" if self.violation_sigma is None or not self.violated else f" ({self.violation_sigma:.1f} σ)"
        return f"{self.value:.9g}{error}: bound {at_most(self.bound, 9)} {verdict}{number}"
