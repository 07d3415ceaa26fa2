"""How unsure a model is of each item: probabilities in, one number per item out, higher is less sure, NaN where there is no answer."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import entr

Array = NDArray[np.float64]

TOLERANCE = 1e-2  # of the sum of a row: softmax in 16 bits is off by up to 0.004
BLOCK = 1 << 16  # items scored at a time, so that a pool's draws are never copied whole


def distributions(probabilities: ArrayLike) -> Array:
    """Blank what is no distribution: (..., K) -> the same, all NaN in rows that are not finite, negative, or do not sum to 1."""
    given = np.asarray(probabilities, dtype=float)
    if given.ndim < 2 or given.shape[-1] < 2:
        raise ValueError(f"probabilities of shape {given.shape}: (items, classes) with at least two classes are needed")
    with np.errstate(invalid="ignore"):
        sound = (given >= 0).all(axis=-1) & (np.abs(given.sum(axis=-1) - 1) <= TOLERANCE)
    return np.where(sound[..., None], given, np.nan)


def entropy(probabilities: ArrayLike) -> Array:
    """Entropy: (..., N, K) probabilities -> (..., N) nats in [0, ln K].

    >>> entropy([[0.5, 0.5], [1.0, 0.0]]).round(4).tolist()
    [0.6931, 0.0]
    """
    return np.asarray(entr(distributions(probabilities)).sum(axis=-1))


def margin(probabilities: ArrayLike) -> Array:
    """One less the lead of the first class over the second: (N, K) -> (N,) in [0, 1]."""
    first_two = np.partition(distributions(probabilities), -2, axis=-1)[..., -2:]
    return np.asarray(1 - (first_two[..., 1] - first_two[..., 0]))


def least_confidence(probabilities: ArrayLike) -> Array:
    """One less the highest probability: (N, K) -> (N,) in [0, 1 - 1/K]."""
    return np.asarray(1 - distributions(probabilities).max(axis=-1))


def mutual_information(draws: NDArray[Any]) -> Array:
    """What the draws of a model (dropout passes, folds) disagree on, BALD: (T, N, K) probabilities -> (N,) nats in [0, ln K].

    Entropy of the mean less mean of the entropies (Houlsby et al. 2011); an item that one draw has no answer for has none.
    """
    if draws.ndim != 3 or not len(draws):
        raise ValueError(f"draws of shape {draws.shape}: (draws, items, classes) are needed")
    blocks = (distributions(draws[:, start : start + BLOCK]) for start in range(0, draws.shape[1], BLOCK))
    disagreement = [entropy(block.mean(axis=0)) - entropy(block).mean(axis=0) for block in blocks]
    return np.asarray(np.maximum(np.concatenate([*disagreement, np.empty(0)]), 0.0))


OF_PROBABILITIES: dict[str, Callable[[ArrayLike], Array]] = {
    "entropy": entropy,
    "margin": margin,
    "least_confidence": least_confidence,
}
"""Scores of (N, K) probabilities; for two classes all three rank alike."""
