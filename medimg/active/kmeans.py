"""Weighted k-means whose answer depends on its arguments only, not on threads: (n, D) float32 in."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

Matrix = NDArray[np.float32]
Ints = NDArray[np.intp]

ROUNDS = 20  # of Lloyd's steps, at most
BLOCK = 1 << 12  # rows at a time, so that their distances stay in the cache
CENTRES = 1 << 10  # at a time, so that memory does not grow with their number


def squares(x: Matrix) -> Matrix:
    """Squared length of each row: (n, D) -> (n,)."""
    return np.asarray(np.einsum("nd,nd->n", x, x))


def nearest_centre(x: Matrix, centres: Matrix) -> tuple[Ints, Matrix]:
    """Find the nearest centre of each row and its squared distance: (n, D), (k, D) -> (n,), (n,)."""
    nearest, lowest = np.zeros(len(x), dtype=np.intp), np.full(len(x), np.inf, dtype=np.float32)
    length = squares(centres)
    for first in range(0, len(centres), CENTRES):
        some, twice = slice(first, first + CENTRES), -2 * centres[first : first + CENTRES].T
        for start in range(0, len(x), BLOCK):
            rows = slice(start, start + BLOCK)
            apart = x[rows] @ twice + length[some]
            least = apart.min(axis=1)
            nearest[rows] = np.where(least < lowest[rows], first + apart.argmin(axis=1), nearest[rows])
            lowest[rows] = np.minimum(lowest[rows], least)
    return nearest, np.maximum(squares(x) + lowest, 0)


def sample(weight: NDArray[Any], draw: float) -> int:
    """Draw a place in proportion to its weight, from a number between 0 and 1; weights below 0 count as 0.

    Without any weight it is the first place of highest weight.
    """
    total = np.cumsum(np.maximum(weight, 0), dtype=float)
    return int(np.searchsorted(total, draw * total[-1])) if total[-1] > 0 else int(weight.argmax())


def kmeans(x: Matrix, weight: NDArray[Any], clusters: int, draws: NDArray[np.float64]) -> tuple[Ints, Matrix]:
    """Cluster rows: (n, D), (n,) weights above 0, (clusters,) draws between 0 and 1 -> (n,) cluster, (clusters, D) centres.

    Starts from k-means++ (Arthur and Vassilvitskii 2007). A cluster may stay empty where rows coincide.
    """
    centres = _starts(x, weight, draws[:clusters])
    cluster, _ = nearest_centre(x, centres)
    for _ in range(ROUNDS):
        member = csr_array((weight, (cluster, np.arange(len(x)))), shape=(clusters, len(x)))
        mass = member.sum(axis=1)
        centres[mass > 0] = (member @ x)[mass > 0] / mass[mass > 0, None]
        before, (cluster, _) = cluster, nearest_centre(x, centres)
        if (before == cluster).all():
            break
    return cluster, centres


def _starts(x: Matrix, weight: NDArray[Any], draws: NDArray[np.float64]) -> Matrix:
    length = squares(x)
    chosen = [sample(weight, draws[0])]
    nearest = np.full(len(x), np.inf, dtype=np.float32)
    for draw in draws[1:]:
        apart = length + length[chosen[-1]] - 2 * (x @ x[chosen[-1]])
        nearest = np.minimum(nearest, np.maximum(apart, 0))
        chosen.append(sample(weight * nearest, draw))
    return x[chosen]
