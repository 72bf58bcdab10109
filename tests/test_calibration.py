"""A small version of `benchmarks/pvalues.py`: p-values that are small as rarely as they promise."""

import math

import numpy as np

import nsmodels as ns
from nsmodels.studies.analysis.closest import Cells
from nsmodels.studies.analysis.oracle import Limits
from nsmodels.studies.analysis.p_value import bets, judge


def test_p_values_of_other_models_are_calibrated() -> None:
    """CHSH = 2 exactly for Bell's; nothing that correlators say is against the non-signalling set."""
    sign, every, runs, shots = np.array([[1.0, 1.0], [1.0, -1.0]]), np.ones((2, 2), dtype=bool), 100, 60
    rng = np.random.default_rng(1)
    same = rng.binomial(shots, (1 + 0.5 * sign) / 2, size=(runs, 2, 2))
    cells = Cells.of(every, True)
    expected = cells.probabilities(np.zeros(2), np.zeros(2), 0.98 * sign / math.sqrt(2))
    for model, most in ((ns.Bell((2, 2)), 1.0), (ns.NonSignalling((2, 2)), 0.0)):
        for bet in bets(model, cells, expected, np.full((2, 2), shots), Limits()):
            p = np.array([judge(bet, ns.Data.from_correlators(2.0 * x / shots - 1.0, shots=shots)).upper for x in same])
            for level in (0.05, 0.01):
                assert (p <= level).mean() <= most * (level + 3.5 * math.sqrt(level / runs))
