"""From the measured grid to the stored image: points and masks by one affine."""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from medimg.io.mark import Point
from medimg.io.objects.film_result import Affine

Flags = NDArray[np.bool_]


def to_source(points: tuple[Point, ...], affine: Affine) -> NDArray[np.float64]:
    """Lead (row, column) pixel centres of the measured grid to those of the stored image: (N, 2)."""
    matrix = np.asarray(affine, dtype=float)
    placed: NDArray[np.float64] = np.asarray(points, dtype=float) @ matrix[:, :2].T + matrix[:, 2]
    return placed


def mask_on_source(mask: Flags, affine: Affine, shape: tuple[int, int]) -> Flags:
    """Lead a mask to the stored image's (rows, columns): between pixels linear, from a half on inside. What lies outside is lost."""
    rows, columns = np.nonzero(mask.any(1))[0], np.nonzero(mask.any(0))[0]
    found = np.zeros(shape, dtype=bool)
    if not len(rows):
        return found
    corners = [(row, column) for row in _reach(rows, mask.shape[0]) for column in _reach(columns, mask.shape[1])]
    reach = to_source(tuple(corners), affine)
    low = np.clip(np.ceil(reach.min(0)), 0, shape).astype(int)
    high = np.clip(np.floor(reach.max(0)) + 1, 0, shape).astype(int)
    if (high <= low).any():
        return found
    matrix = np.asarray(affine, dtype=float)
    back = np.linalg.inv(matrix[:, :2])
    part = ndimage.affine_transform(
        mask.astype(np.float32), back, back @ (low - matrix[:, 2]), output_shape=tuple(high - low), order=1, mode="nearest"
    )
    found[low[0] : high[0], low[1] : high[1]] = part >= 0.5
    return found


def _reach(taken: NDArray[np.intp], size: int) -> tuple[float, float]:
    """How far a mask can reach between pixels, and no farther than the grid's own edge."""
    return max(taken[0] - 1.0, -0.5), min(taken[-1] + 1.0, size - 0.5)
