"""Two simulations of the singlet, as finite samples of hidden variables: one is non-signalling for every λ, one not.

Cerf, Gisin, Massar, Popescu, PRL 94, 220403 (2005), quant-ph/0410027: one Popescu-Rohrlich box and shared randomness.
Every λ has vanishing marginals and C = ±1, so it is a non-signalling decomposition (and an unbiased one).

Toner, Bacon, PRL 91, 187904 (2003), quant-ph/0304076: one bit of communication. Every λ is deterministic and signals
from Alice to Bob, although the average is exactly the singlet: `BoxMixture.from_probabilities` rejects it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..common.arguments import MOST_NUMBERS, MOST_SETTINGS, check_noun, check_size, whole
from ..common.arrays import Array
from ..core.boxes import BoxMixture
from ..core.settings import Settings
from ..errors import InputError

__all__ = ["cerf_gisin_massar_popescu", "toner_bacon"]


def _shared_vectors(settings: Settings, count: int, seed: int) -> tuple[Array, Array]:
    """Two lists of independent uniform unit vectors."""
    check_noun(settings, Settings, "argument settings", "protocols")
    check_size(settings.shape, "protocols")
    whole(count, "protocols: the number of hidden states", most=MOST_SETTINGS)
    if count * settings.shape[0] * settings.shape[1] > MOST_NUMBERS // 4:
        pairs = f"{count} hidden states for {settings.shape[0] * settings.shape[1]} pairs of settings"
        raise InputError(f"protocols: {pairs} are together above the limit of {MOST_NUMBERS // 4}; use fewer")
    points = np.random.default_rng(whole(seed, "protocols: seed", 0)).normal(size=(2, count, 3))
    points /= np.linalg.norm(points, axis=2, keepdims=True)
    return points[0], points[1]


def cerf_gisin_massar_popescu(settings: Settings, count: int = 1000, seed: int = 0) -> BoxMixture:
    """Sample the one-box protocol of quant-ph/0410027: ``count`` boxes of equal weight with A = B = 0 and C = ±1.

    With sg(x) = 1 for x ≥ 0 and 0 otherwise, and λ± = λ1 ± λ2, the inputs of the box are x = sg(a·λ1) + sg(a·λ2) and
    y = sg(b·λ+) + sg(b·λ−) modulo 2, and the outputs are its bits plus sg(a·λ1), and plus sg(b·λ+) + 1.

    Parameters
    ----------
    settings : Settings
    count : int
        Number of hidden states, ≥ 1.
    seed : int

    Raises
    ------
    InputError
        If the sample is empty.
    """
    first, second = _shared_vectors(settings, count, seed)

    def bits(directions: Array, vectors: Array) -> NDArray[np.int64]:
        return np.asarray(vectors @ directions.T >= 0.0, dtype=np.int64)

    a1, a2 = bits(settings.alice, first), bits(settings.alice, second)
    b_plus, b_minus = bits(settings.bob, first + second), bits(settings.bob, first - second)
    product = (a1 ^ a2)[:, :, None] & (b_plus ^ b_minus)[:, None, :]
    parity = np.asarray(product ^ a1[:, :, None] ^ b_plus[:, None, :] ^ 1, dtype=np.float64)
    n_alice, n_bob = settings.shape
    return BoxMixture(
        np.full(count, 1.0 / count), np.zeros((count, n_alice)), np.zeros((count, n_bob)), 1.0 - 2.0 * parity
    )


def toner_bacon(settings: Settings, count: int = 1000, seed: int = 0) -> Array:
    """Sample the one-bit protocol of quant-ph/0304076: deterministic tables p[λ, a, b, x, y], which signal.

    Alice outputs −sgn(a·λ1) and sends c = sgn(a·λ1) sgn(a·λ2); Bob outputs sgn(b·(λ1 + cλ2)).

    Parameters
    ----------
    settings : Settings
    count : int
        Number of hidden states, ≥ 1, of equal weight.
    seed : int

    Returns
    -------
    ndarray, shape (count, 2, 2, n_A, n_B)
        Outcome index 0 is +1.

    Raises
    ------
    InputError
        If the sample is empty.
    """
    first, second = _shared_vectors(settings, count, seed)

    def signs(products: Array) -> Array:
        return np.where(products >= 0.0, 1.0, -1.0)

    s1, s2 = signs(first @ settings.alice.T), signs(second @ settings.alice.T)
    message = s1 * s2
    alice = np.broadcast_to(-s1[:, :, None], (count, *settings.shape))
    bob = signs((first @ settings.bob.T)[:, None, :] + message[:, :, None] * (second @ settings.bob.T)[:, None, :])
    tables = np.zeros((count, 2, 2, *settings.shape))
    for a, alpha in enumerate((1.0, -1.0)):
        for b, beta in enumerate((1.0, -1.0)):
            tables[:, a, b] = (alice == alpha) & (bob == beta)
    return tables
